"""The main job on one page: derive, certify, compile, train, test under the group, and emit.

A small network that commutes with the symmetries of the square, D(4), is derived exactly and trained on the scanned
digits of scikit-learn, beside a plain CNN with as many parameters, trained the same way on upright digits only. Both
are then tested on the digits turned and reflected by each element of the group.
"""
from __future__ import annotations

import argparse
import subprocess
import sys
import time
from pathlib import Path

import matplotlib
import numpy as np
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from tqdm import tqdm

import nn
import reptheory as rt
from reptheory.picture import tied_colour

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # after the backend is chosen

G = rt.D(4)


def equivariant_net() -> torch.nn.Module:
    """Three convolutions between regular representations, the maximum over the group, ten logits."""
    first, second, third = 2 * G.regular, 4 * G.regular, 8 * G.regular
    return torch.nn.Sequential(
        nn.EquivariantConv2d(G.trivial, first, 3, padding=1, bias=False), nn.EquivariantBatchNorm(first),
        nn.Pointwise(first, "relu"),
        nn.EquivariantConv2d(first, second, 3, padding=1, bias=False), nn.EquivariantBatchNorm(second),
        nn.Pointwise(second, "relu"), nn.AvgPool(second, 2),
        nn.EquivariantConv2d(second, third, 4, bias=False), nn.EquivariantBatchNorm(third),
        nn.Pointwise(third, "relu"), nn.InvariantPool(third, "max", spatial="mean"),
        torch.nn.Linear(8, 10))


def plain_net(width: int, last: int) -> torch.nn.Module:
    """The same stack without the symmetry: `width`, 2·width and `last` channels."""
    return torch.nn.Sequential(
        torch.nn.Conv2d(1, width, 3, padding=1, bias=False), torch.nn.BatchNorm2d(width), torch.nn.ReLU(),
        torch.nn.Conv2d(width, 2 * width, 3, padding=1, bias=False), torch.nn.BatchNorm2d(2 * width), torch.nn.ReLU(),
        torch.nn.AvgPool2d(2),
        torch.nn.Conv2d(2 * width, last, 4, bias=False), torch.nn.BatchNorm2d(last), torch.nn.ReLU(),
        torch.nn.Flatten(), torch.nn.Linear(last, 10))


def parameters(net: torch.nn.Module) -> int:
    """The number of trained numbers."""
    return sum(p.numel() for p in net.parameters())


def matched_plain_net(target: int) -> torch.nn.Module:
    """The plain net whose parameter count is nearest to the target."""
    sizes = [(width, last) for width in range(6, 16) for last in range(8, 40)]
    return plain_net(*min(sizes, key=lambda size: abs(parameters(plain_net(*size)) - target)))


def train(net: torch.nn.Module, x: torch.Tensor, y: torch.Tensor, epochs: int, bar: tqdm) -> None:
    """Adam with a one-cycle learning rate, batches of 64."""
    optimiser = torch.optim.Adam(net.parameters(), weight_decay=1e-4)
    steps = epochs * -(-len(x) // 64)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 1e-2, total_steps=steps)
    net.train()
    for _ in range(epochs):
        for batch in torch.randperm(len(x)).split(64):
            loss = torch.nn.functional.cross_entropy(net(x[batch]), y[batch])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
        bar.update()


def under_the_group(net: torch.nn.Module, x: torch.Tensor, y: torch.Tensor) -> tuple[list[float], torch.Tensor]:
    """The accuracy on g·x for each g, and all logits (|G|, n, 10), in float64 so that rounding cannot flip a digit."""
    net = net.double().eval()
    with torch.no_grad():
        logits = torch.stack([net(nn.transform(x.double(), G.trivial, g)) for g in G.elements])
    return [float((z.argmax(1) == y).double().mean()) for z in logits], logits


def draw(hom: rt.Hom, curves: dict[str, list[float]], path: Path) -> None:
    """The kernels with tied weights in one colour, above the accuracies under the eight elements."""
    basis = hom.basis.to_numpy(normalise=False)[..., 0]          # (weight, y, x, i), entries 0 and ±1, disjoint
    tiles = [(basis[..., i].sum(0), np.abs(basis[..., i]).argmax(0)) for i in range(hom.target.dim)]
    figure = plt.figure(figsize=(11, 6.4), constrained_layout=True)
    top, bottom = figure.subfigures(2, 1, height_ratios=(1, 2))
    top.suptitle(f"All kernels D(4).trivial → D(4).regular on a 3×3 grid: {hom.dim} weights, equal colours are tied")
    for axis, (signs, labels), g in zip(top.subplots(1, len(tiles)), tiles, G.elements):
        axis.imshow([[matplotlib.colors.to_rgb(tied_colour(n)) for n in row] for row in labels])
        for (r, c), label in np.ndenumerate(labels):
            axis.text(c, r, f"{'−' if signs[r, c] < 0 else ''}{label}", ha="center", va="center", fontsize=9)
        axis.set(xticks=[], yticks=[], title=str(g))
    axis = bottom.subplots()
    names = [str(g) for g in G.elements]
    for (name, values), style in zip(curves.items(), ("o-", "s--")):
        axis.plot(names, [100 * v for v in values], style, label=name, linewidth=2)
    axis.set(xlabel="test digits moved by", ylabel="accuracy, %", ylim=(0, 103))
    axis.grid(alpha=0.3)
    axis.legend(loc="center right")
    figure.savefig(path, dpi=130)
    plt.close(figure)


ALONE = """
import sys
sys.path.append({site!r})
try:
    import reptheory
except ImportError:
    pass
else:
    sys.exit("this process can import the project")
import torch, runpy
layer = runpy.run_path({source!r})[{name!r}]()
state, x, y = torch.load({data!r})
layer.load_state_dict(state)
print("stand-alone layer equal in every bit:", torch.equal(layer(x), y))
sys.exit(not torch.equal(layer(x), y))
"""


def run_alone(layer: torch.nn.Module, folder: Path, x: torch.Tensor) -> str:
    """Write the layer's source, and run it in a process that finds torch but not this project."""
    source, data = folder.resolve() / "first_layer.py", folder.resolve() / "first_layer.pt"
    source.write_text(nn.source(layer, name="FirstLayer"), encoding="utf-8")
    torch.save((layer.state_dict(), x, layer(x).detach()), data)
    site = str(Path(torch.__file__).parent.parent)
    code = ALONE.format(site=site, source=str(source), name="FirstLayer", data=str(data))
    done = subprocess.run([sys.executable, "-I", "-S", "-c", code], cwd=folder, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"the stand-alone source failed:\n{done.stdout}{done.stderr}")
    return done.stdout.strip()


def main(epochs: int, folder: Path) -> None:
    """The whole road, printed."""
    began = time.time()
    torch.manual_seed(0)
    folder.mkdir(parents=True, exist_ok=True)

    print("1. Derive: all kernels that commute with the symmetries of the square, with proof\n")
    first = rt.Hom(G.trivial, G.regular, on=rt.grid(3))
    deep = rt.Hom(4 * G.regular, 8 * G.regular, on=rt.grid(4))
    print(first, first.certificate, first.blocks, "", deep, deep.certificate, sep="\n")
    assert deep.certificate.verify()

    print("\n2. Compile: the same answer as a program without groups\n")
    print(rt.lower(first))

    digits = load_digits()
    x = torch.tensor(digits.images / 16 - 0.5, dtype=torch.float32)[:, None]
    y = torch.tensor(digits.target)
    train_x, test_x, train_y, test_y = train_test_split(x, y, test_size=597, random_state=0, stratify=y)

    equivariant = equivariant_net()
    plain = matched_plain_net(parameters(equivariant))
    print(f"\n3. Train on {len(train_x)} upright digits: {parameters(equivariant)} parameters (equivariant), "
          f"{parameters(plain)} (plain CNN)")
    with tqdm(total=2 * epochs, desc="training", unit="epoch", disable=None) as bar:
        for net in (equivariant, plain):
            torch.manual_seed(1)
            train(net, train_x, train_y, epochs, bar)

    print(f"\n4. Test on {len(test_x)} digits moved by each element of D(4)\n")
    source_layer = equivariant[0].eval()
    alone = run_alone(source_layer, folder, test_x[:16])
    ours, logits = under_the_group(equivariant, test_x, test_y)
    theirs, _ = under_the_group(plain, test_x, test_y)
    print(f"{'element':>10}  {'equivariant':>12}  {'plain CNN':>10}")
    for g, a, b in zip(G.elements, ours, theirs):
        print(f"{g!s:>10}  {100 * a:>11.2f}%  {100 * b:>9.2f}%")
    drift = float((logits - logits[0]).abs().max())
    print(f"\nmax |change of a logit| of the equivariant net under the group: {drift:.1e} (float64)")
    if len(set(ours)) > 1:
        raise AssertionError("the equivariant accuracy moved under the group")
    print("the equivariant accuracy did not move at all")

    draw(first, {"equivariant": ours, "plain CNN": theirs}, folder / "demo.png")
    print(f"\n5. {alone}\n\nWritten: {folder / 'demo.png'}, {folder / 'first_layer.py'} ({time.time() - began:.0f} s)")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=40)
    parser.add_argument("--out", type=Path, default=Path("out/demo"))
    arguments = parser.parse_args()
    main(arguments.epochs, arguments.out)
