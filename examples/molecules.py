"""Atomisation energies of the G2 molecules by a network that commutes with O(3), beside one that sees distances only.

The 140-odd molecules and their enthalpies ship with ASE (extra `molecules`); a line of the table is the mean absolute
error over five held-out fifths. The energy does not change when a molecule is turned or mirrored, and the forces, its
gradient, turn with it: both are measured at the end. `--epochs 3` is a quick look.
"""
from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import torch
from tqdm import tqdm

import nn
import reptheory as rt

G = rt.O(3)
CUTOFF = 3.0           # Å
KCAL = 0.0433641       # eV
FIFTHS = 5


def molecules() -> list[tuple[str, list[int], torch.Tensor, float]]:
    """Name, atomic numbers, positions in Å, and energy ΣD_e in eV, from enthalpies of formation at 298 K.

    ΔH(0 K) of a molecule is that at 298 K less its thermal correction plus those of its elements; atoms are given at
    0 K, and the zero-point energy is added. Source: Curtiss et al., J. Chem. Phys. 106, 1063 (1997).
    """
    from ase.data import atomic_numbers, g2
    from ase.symbols import string2symbols
    found = []
    for name in g2.molecule_names:
        entry = g2.data[name]
        symbols = string2symbols(entry["symbols"])
        if len(symbols) < 2:
            continue
        atoms = [g2.data[s] for s in symbols]
        formation = entry["enthalpy"] - entry["thermal correction"] + sum(a["thermal correction"] for a in atoms)
        energy = (sum(a["enthalpy"] for a in atoms) - formation + entry["ZPE"]) * KCAL
        numbers = [atomic_numbers[s] for s in symbols]
        found.append((name, numbers, torch.tensor(entry["positions"], dtype=torch.float64), energy))
    return found


class Elements(torch.nn.Module):
    """Scalars for each element from its place in the periodic table: rare elements learn from their neighbours."""

    def __init__(self, numbers: list[int], scalars: int) -> None:
        super().__init__()
        from ase.data import covalent_radii
        rows = []
        for z in numbers:
            period, start, length = (1, 0, 2) if z <= 2 else (2, 2, 8) if z <= 10 else (3, 10, 8)
            valence = (z - start) / 4
            rows.append([1, period - 2, valence - 1, length / 4 - valence - 1, covalent_radii[z] - 0.8, z == 1])
        self.register_buffer("table", torch.tensor(rows, dtype=torch.float32))
        self.net = torch.nn.Sequential(torch.nn.Linear(6, 32), torch.nn.SiLU(), torch.nn.Linear(32, scalars))

    def forward(self, kinds: torch.Tensor) -> torch.Tensor:
        """The scalars of atoms of these kinds."""
        return self.net(self.table)[kinds]


class Network(torch.nn.Module):
    """E(atoms, positions) = Σ_i (e(Z_i) + h(x_i)) with features x of `hidden` type, by two steerable convolutions."""

    def __init__(self, elements: list[int], hidden: rt.Rep, scalars: int) -> None:
        super().__init__()
        self.embedding = Elements(elements, scalars)
        self.reference = torch.nn.Embedding(len(elements), 1)
        torch.nn.init.zeros_(self.reference.weight)
        self.gate = nn.Gate(hidden)
        first = scalars * G.irrep("0e")
        self.convs = torch.nn.ModuleList(
            nn.PointConv(V, self.gate.in_type, cutoff=CUTOFF, average_degree=6, hidden=(32,)) for V in (first, hidden))
        self.own = nn.EquivariantLinear(hidden, self.gate.in_type)
        self.scalars = sum(m for m, a in hidden.summands if a == G.irrep("0e"))
        self.head = torch.nn.Sequential(torch.nn.Linear(self.scalars, 32), torch.nn.SiLU(), torch.nn.Linear(32, 1))

    def forward(self, kinds: torch.Tensor, pos: torch.Tensor, edges: torch.Tensor, molecule: torch.Tensor,
                count: int) -> torch.Tensor:
        """The energies of the molecules of a batch."""
        first, second = self.convs
        x = self.gate(first(self.embedding(kinds), edges, pos))
        x = self.gate(second(x, edges, pos) + self.own(x))
        atoms = self.reference(kinds) + self.head(x[:, :self.scalars])
        return atoms.new_zeros(count).index_add(0, molecule, atoms[:, 0])


Batch = tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor, int]


def batch_of(chosen: list, elements: list[int], dtype: torch.dtype) -> tuple[Batch, torch.Tensor]:
    """Molecules side by side: kinds, positions, edges up to the cut-off, the molecule of each atom; and energies."""
    kinds = torch.tensor([elements.index(z) for _, numbers, _, _ in chosen for z in numbers])
    pos = torch.cat([p for _, _, p, _ in chosen])
    molecule = torch.cat([torch.full((len(n),), k) for k, (_, n, _, _) in enumerate(chosen)])
    near = (torch.cdist(pos, pos) < CUTOFF) & (molecule[:, None] == molecule)
    edges = near.fill_diagonal_(False).nonzero().T.contiguous()
    energy = torch.tensor([e for *_, e in chosen], dtype=dtype)
    return (kinds, pos.to(dtype), edges, molecule, len(chosen)), energy


def fitted(train: list, elements: list[int], hidden: rt.Rep, epochs: int, bar: tqdm) -> Network:
    """A network trained on these molecules, from the least-squares energies of the elements."""
    network = Network(elements, hidden, 16)
    (kinds, *_, molecule, count), energy = batch_of(train, elements, torch.float32)
    counts = torch.zeros(count, len(elements)).index_put_((molecule, kinds), torch.tensor(1.), accumulate=True)
    with torch.no_grad():
        network.reference.weight.copy_(torch.linalg.lstsq(counts, energy[:, None], driver="gelsd").solution)
        network.head[-1].weight.mul_(0.1)
    optimiser = torch.optim.AdamW(network.parameters(), lr=6e-3, weight_decay=0.1)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, epochs * -(-len(train) // 16))
    for _ in range(epochs):
        order = torch.randperm(len(train)).tolist()
        for start in range(0, len(train), 16):
            inputs, target = batch_of([train[i] for i in order[start:start + 16]], elements, torch.float32)
            optimiser.zero_grad()
            torch.nn.functional.l1_loss(network(*inputs), target).backward()
            torch.nn.utils.clip_grad_norm_(network.parameters(), 10)
            optimiser.step()
            schedule.step()
        bar.update()
    return network.eval()


def additive(train: list, test: list, elements: list[int]) -> torch.Tensor:
    """Errors of the sum of one energy for each element."""
    def counts(chosen: list) -> torch.Tensor:
        return torch.tensor([[float(n.count(z)) for z in elements] for _, n, _, _ in chosen])
    known = torch.tensor([[e] for *_, e in train])
    fit = torch.linalg.lstsq(counts(train), known, driver="gelsd").solution
    return (counts(test) @ fit)[:, 0] - torch.tensor([e for *_, e in test])


def rotations(network: Network, chosen: list, elements: list[int]) -> tuple[float, float]:
    """How much energies change, and forces fail to turn, under reflections and rotations in float64, relative."""
    network = network.double()
    inputs, _ = batch_of(chosen, elements, torch.float64)
    kinds, pos, *rest = inputs

    def answer(p: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        p = p.clone().requires_grad_()
        energy = network(kinds, p, *rest)
        return energy.detach(), -torch.autograd.grad(energy.sum(), p)[0]
    energy, forces = answer(pos)
    worst_energy = worst_force = 0.0
    for seed in range(8):
        g = torch.from_numpy(G.vector.to_numpy(G.sample(seed)))
        moved, turned = answer(pos @ g.T)
        worst_energy = max(worst_energy, float((moved - energy).abs().max() / energy.abs().max()))
        worst_force = max(worst_force, float((turned - forces @ g.T).abs().max() / forces.abs().max()))
    return worst_energy, worst_force


def draw(results: dict[str, torch.Tensor], target: torch.Tensor, path: Path) -> None:
    """Held-out errors against energies, and how they are distributed."""
    import matplotlib
    matplotlib.use("Agg")
    from matplotlib import pyplot
    figure, (left, right) = pyplot.subplots(1, 2, figsize=(10, 4), layout="constrained")
    for (name, errors), colour in zip(results.items(), ("#bbbbbb", "#d08030", "#2060a0")):
        left.scatter(target, errors, s=9, label=name, color=colour)
        ordered = errors.abs().sort().values
        right.step(ordered, torch.arange(1, len(ordered) + 1) / len(ordered), where="post", color=colour, label=name)
    left.axhline(0, color="black", linewidth=0.5)
    left.set(xlabel="atomisation energy [eV]", ylabel="held-out error [eV]", ylim=(-3, 3))
    right.set(xlabel="|error| [eV]", ylabel="fraction of molecules", xscale="log", ylim=(0, 1))
    right.legend(loc="upper left", frameon=False)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=120)


def main() -> None:
    """Five fifths, three models, one table, one picture."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=200)
    parser.add_argument("--out", type=Path, default=Path("out/molecules"))
    given = parser.parse_args()
    torch.set_num_threads(1)  # molecules are small
    torch.manual_seed(0)
    every = molecules()
    elements = sorted({z for _, n, _, _ in every for z in n})
    order = torch.randperm(len(every), generator=torch.Generator().manual_seed(1)).tolist()
    types = {"distances only": 40 * G.irrep("0e"),
             "O(3)-equivariant": 24 * G.irrep("0e") + 8 * G.irrep("1o") + 4 * G.irrep("2e")}
    results: dict[str, list[torch.Tensor]] = {"sum over elements": []} | {name: [] for name in types}
    target, weights, begin = [], {}, time.perf_counter()
    bar = tqdm(total=FIFTHS * len(types) * given.epochs, unit="epoch", disable=not sys.stderr.isatty())
    for fifth in range(FIFTHS):
        test = [every[i] for i in order[fifth::FIFTHS]]
        train = [every[i] for k in range(FIFTHS) if k != fifth for i in order[k::FIFTHS]]
        results["sum over elements"].append(additive(train, test, elements))
        target += [e for *_, e in test]
        for name, hidden in types.items():
            torch.manual_seed(fifth)
            network = fitted(train, elements, hidden, given.epochs, bar)
            inputs, energy = batch_of(test, elements, torch.float32)
            with torch.no_grad():
                results[name].append(network(*inputs) - energy)
            weights[name] = sum(p.numel() for p in network.parameters())
    bar.close()
    joined = {name: torch.cat(errors) for name, errors in results.items()}
    print(f"{len(every)} molecules, held out in fifths, {time.perf_counter() - begin:.0f} s")
    print(f"{'model':20}{'weights':>9}{'mean |error| [eV]':>20}{'median':>9}")
    for name, errors in joined.items():
        print(f"{name:20}{weights.get(name, len(elements)):9}{errors.abs().mean():20.3f}{errors.abs().median():9.3f}")
    energy, force = rotations(network, test, elements)
    print(f"turned and mirrored, in float64: energies move by {energy:.0e}, forces miss by {force:.0e}, relatively")
    draw(joined, torch.tensor(target), given.out / "molecules.png")
    print(f"wrote {given.out / 'molecules.png'}")


if __name__ == "__main__":
    main()
