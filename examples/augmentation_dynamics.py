"""Which networks stay equivariant when they are trained with augmentation? The experiment, on scanned digits.

A net is trained among the equivariant weights E, then by plain SGD on moved examples, and its distance to E is recorded
at every step (Nordenfors, Ohlsson and Flinth, arXiv 2303.13458). `--task digits` turns 12×12 digits by C(4) under
convolutions with cross-shaped, skew and full supports, and with a cross whose weights are not orthonormal; `graphs`
renumbers the 10 nodes of graphs by S(10), is a graph connected?; `translations` shifts 8×8 digits sideways;
both under fully connected layers, beside the same training without augmentation.
"""
from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import matplotlib
import numpy as np
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from tqdm import tqdm

import nn
import reptheory as rt

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # after the backend is chosen

CROSS = [(0, 1), (1, 0), (1, 1), (1, 2), (2, 1)]
SKEW = [(0, 0), (0, 1), (1, 0), (1, 2), (2, 1)]
PLAIN = "not augmented"


class Spanned(torch.nn.Module):
    """Kernels (out, in, size) = Σ_k c_k ⊗ row_k: the weights c are the coordinates in the rows, all entries if None."""

    rows: torch.Tensor

    def __init__(self, rows: torch.Tensor | None, outputs: int, inputs: int, shape: tuple[int, ...]):
        super().__init__()
        self.free, self.shape = rows is None, shape
        self.register_buffer("rows", torch.zeros(0) if rows is None else rows)
        size = int(np.prod(shape)) if rows is None else len(rows)
        self.weights = torch.nn.Parameter(torch.randn(outputs, inputs, size) / (inputs * size) ** 0.5)

    def kernel(self) -> torch.Tensor:
        """The kernels, of the shape (out, in, *shape)."""
        flat = self.weights if self.free else self.weights @ self.rows
        return flat.unflatten(2, self.shape)

    @torch.no_grad()
    def load(self, kernel: torch.Tensor) -> None:
        """The weights with this kernel, which has to lie in the span."""
        flat = kernel.flatten(2)
        self.weights.copy_(flat if self.free else flat @ torch.linalg.pinv(self.rows))


class ConvNet(torch.nn.Module):
    """Three 3×3 convolutions with tanh and layer normalisation on 12×12, 6×6 and 3×3 pixels, and a linear map."""

    def __init__(self, taps: torch.Tensor | None, last: torch.Tensor | None):
        super().__init__()
        self.layers = torch.nn.ModuleList([Spanned(taps, 8, 1, (3, 3)), Spanned(taps, 16, 8, (3, 3)),
                                           Spanned(taps, 16, 16, (3, 3)), Spanned(last, 10, 16, (9,))])

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The logits (batch, 10) of images (batch, 1, 12, 12)."""
        for layer, side in zip(self.layers, (6, 3, None)):
            x = torch.tanh(F.conv2d(x, layer.kernel(), padding=1))
            x = x if side is None else F.avg_pool2d(x, 2)
            x = F.layer_norm(x, x.shape[2:])
        return F.linear(x.flatten(1), self.layers[3].kernel().flatten(1))


class DenseNet(torch.nn.Module):
    """Fully connected layers between functions on `size` points, with tanh and layer normalisation."""

    def __init__(self, middle: torch.Tensor | None, last: torch.Tensor | None, size: int, classes: int):
        super().__init__()
        self.layers = torch.nn.ModuleList([Spanned(middle, 4, 1, (size, size)), Spanned(middle, 8, 4, (size, size)),
                                           Spanned(last, classes, 8, (size,))])

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The logits (batch, classes) of functions (batch, 1, size)."""
        for layer in self.layers[:2]:
            x = torch.tanh(torch.einsum("bip,oiqp->boq", x, layer.kernel()))
            x = F.layer_norm(x, x.shape[2:])
        return F.linear(x.flatten(1), self.layers[2].kernel().flatten(1))


@dataclass(frozen=True)
class Task:
    """A data set, the orthonormal bases of E for its layers, the nets to compare, and a random element of the group."""

    x: torch.Tensor
    y: torch.Tensor
    make: Callable[[list[torch.Tensor | None]], torch.nn.Module]
    frames: dict[str, list[torch.Tensor]]
    rows: dict[str, list[torch.Tensor | None]]
    moved: Callable[[torch.Tensor, int], torch.Tensor]
    orbit: int


def frame(space: rt.Projection) -> torch.Tensor:
    """Orthonormal rows that span a space of kernels between single channels."""
    rows = np.array([kernel.to_numpy().ravel() for kernel in space.basis()])
    return torch.from_numpy(np.linalg.qr(rows.T)[0].T.copy())


def digits(side: int) -> tuple[torch.Tensor, torch.Tensor]:
    """600 scanned digits, upsampled to this side and standardised."""
    found = load_digits()
    x = F.interpolate(torch.from_numpy(found.images[:600])[:, None], size=(side, side), mode="bilinear")
    return (x - x.mean()) / x.std(), torch.from_numpy(found.target[:600])


def turning_digits() -> Task:
    """Quarter turns of digits under convolutions."""
    G = rt.C(4)
    H = rt.Hom(G.trivial, G.trivial, on=rt.grid(3))
    crooked = torch.randn(5, 5, generator=torch.Generator().manual_seed(3), dtype=torch.float64)
    crooked = crooked / crooked.norm(dim=1, keepdim=True)  # unit vectors, not orthogonal
    supports = {"cross": rt.support(H, CROSS), "skew": rt.support(H, SKEW), "full": rt.full(H)}
    rows = {name: frame(space) for name, space in supports.items()}
    answers = {name: rt.commute(space, H) for name, space in supports.items()}
    for name, found in answers.items():
        print(f"{name:>12}: {found!r}")
    rows["non-unitary"], answers["non-unitary"] = crooked @ rows["cross"], answers["cross"]
    pixels = G.permutation(r=rt.grid(3).permutations(G)[0].tolist())
    last = frame(rt.reynolds(pixels >> G.trivial))
    x, y = digits(12)
    return Task(x, y, lambda r: ConvNet(*r), {name: [frame(a.meet), last] for name, a in answers.items()},
                {name: [r, None] for name, r in rows.items()}, lambda x, k: torch.rot90(x, k, (2, 3)), 4)


def dense_task(x: torch.Tensor, y: torch.Tensor, V: rt.Rep, moved: Callable[[torch.Tensor, int], torch.Tensor],
               orbit: int) -> Task:
    """All matrices, trained with augmentation and without."""
    H, last = V >> V, V >> V.group.trivial
    print(f"All matrices commute with every mean over a group: dim L = {H.unknowns}, dim E = {H.dim}, and {last.dim} "
          "invariant functions")
    frames = [torch.from_numpy(h.basis.to_numpy().reshape(h.dim, -1)) for h in (H, last)]
    names = ("augmented", PLAIN)
    return Task(x, y, lambda r: DenseNet(*r, V.dim, int(y.max()) + 1), dict.fromkeys(names, frames),
                {name: [None, None] for name in names}, moved, orbit)


def graphs() -> Task:
    """Connectivity of random graphs with two blocks of five nodes (p = 1/2 inside, 1/20 between), under S(10)."""
    rng = np.random.default_rng(0)
    block = np.arange(10) // 5
    p = np.where(block[:, None] == block, 0.5, 0.05)
    upper = np.triu(rng.random((400, 10, 10)) < p, 1).astype(float)
    a = upper + upper.transpose(0, 2, 1)
    laplacian = a.sum(2)[:, :, None] * np.eye(10) - a
    connected = np.linalg.eigvalsh(laplacian)[:, 1] > 1e-9
    orders = [torch.from_numpy(rng.permutation(10)) for _ in range(64)]

    def moved(x: torch.Tensor, k: int) -> torch.Tensor:
        table = x.unflatten(2, (10, 10))
        return table[:, :, orders[k]][:, :, :, orders[k]].flatten(2)
    x = torch.from_numpy(a.reshape(400, 1, 100))
    y = torch.from_numpy(connected.astype(int))
    return dense_task((x - x.mean()) / x.std(), y, rt.S(10).natural ** 2, moved, len(orders))


def shifted_digits() -> Task:
    """Cyclic shifts of 8×8 digits along x, by a permutation of their pixels."""
    n = 8
    shift = [n * i + (j + 1) % n for i in range(n) for j in range(n)]
    x, y = digits(n)
    return dense_task(x.flatten(2), y, rt.C(n).permutation(r=shift),
                      lambda x, k: torch.roll(x.unflatten(2, (n, n)), k, 3).flatten(2), n)


TASKS = {"digits": turning_digits, "graphs": graphs, "translations": shifted_digits}


def distance(net: torch.nn.Module, frames: list[torch.Tensor]) -> float:
    """√Σ‖A − Π_E A‖² over the layers."""
    total = 0.0
    with torch.no_grad():
        for n, layer in enumerate(net.layers):
            q = frames[0] if n + 1 < len(net.layers) else frames[1]
            flat = layer.kernel().flatten(2)
            total += float((flat - flat @ q.T @ q).square().sum())
    return total ** 0.5


def loss(net: torch.nn.Module, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """The mean squared error to one-hot labels, as in the paper."""
    z = net(x)
    return F.mse_loss(z, F.one_hot(y, z.shape[1]).to(z.dtype))


def descend(net: torch.nn.Module, x: torch.Tensor, y: torch.Tensor, rate: float) -> None:
    """One step of gradient descent."""
    gradients = torch.autograd.grad(loss(net, x, y), list(net.parameters()))
    with torch.no_grad():
        for p, g in zip(net.parameters(), gradients):
            p -= rate * g


def run(task: Task, name: str, seed: int, epochs: tuple[int, int], rate: float, bar: tqdm) -> tuple[list[float], float]:
    """The distance to E after each augmented step, and after one step on the whole orbit."""
    torch.manual_seed(seed)
    small = task.make(task.frames[name])  # the weights are coordinates on E
    for _ in range(epochs[0]):
        for batch in torch.randperm(len(task.x)).split(100):
            descend(small, task.x[batch], task.y[batch], rate)
        bar.update()
    net, exact = task.make(task.rows[name]), task.make(task.rows[name])
    for copy in (net, exact):
        for layer, found in zip(copy.layers, small.layers):
            layer.load(found.kernel())
    turns = 1 if name == PLAIN else task.orbit
    orbit = torch.cat([task.moved(task.x[:100], k) for k in range(turns)])
    descend(exact, orbit, task.y[:100].repeat(turns), rate)
    distances = [distance(net, task.frames[name])]
    for _ in range(epochs[1]):
        for batch in torch.randperm(task.orbit * len(task.x))[:4 * len(task.x)].split(100):
            which, turn = batch % len(task.x), batch // len(task.x)
            x = task.x[which]
            for k in turn.unique().tolist() if name != PLAIN else ():
                x[turn == k] = task.moved(x[turn == k], k)
            descend(net, x, task.y[which], rate / 2)
            distances.append(distance(net, task.frames[name]))
        bar.update()
    return distances, distance(exact, task.frames[name])


def draw(curves: dict[str, np.ndarray], per_epoch: int, title: str, path: Path) -> None:
    """The two figures of the paper: the distance to E by epochs, and by steps in the first one."""
    figure, (whole, first) = plt.subplots(1, 2, figsize=(11, 4.4), layout="constrained")
    colours = dict(zip(curves, ("#0072B2", "#D55E00", "#009E73", "#CC79A7")))
    for name, values in curves.items():
        for axis, stop, scale in ((whole, values.shape[1], per_epoch), (first, per_epoch + 1, 1)):
            steps, shown = np.arange(stop)[1:] / scale, values[:, 1:stop]  # at step 0 all are on E
            axis.plot(steps, shown.mean(0), color=colours[name], linewidth=2, label=name,
                      linestyle="--" if name == "full" else "-")
            axis.fill_between(steps, shown.min(0), shown.max(0), color=colours[name], alpha=0.15, linewidth=0)
    whole.set(xlabel="epoch of training with augmentation", ylabel="distance to E", ylim=(0, None))
    first.set(xlabel="step in the first epoch", ylabel="distance to E", yscale="log")
    whole.legend(frameon=False)
    for axis in (whole, first):
        axis.spines[["top", "right"]].set_visible(False)
        axis.grid(color="#eeeeee")
        axis.set_axisbelow(True)
        axis.margins(x=0)
    figure.suptitle(title, fontsize=13)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=130)
    plt.close(figure)


def main(task_name: str, epochs: tuple[int, int], runs: int, rate: float, out: Path) -> None:
    """The whole experiment, printed and drawn."""
    began = time.time()
    torch.set_num_threads(1)  # the tensors are small
    torch.set_default_dtype(torch.float64)
    torch.manual_seed(0)
    print("Do the spaces of the layers commute with the group? Decided exactly:\n")
    task = TASKS[task_name]()
    if task_name == "digits":
        G = rt.C(4)
        print("\nThe audit of the nets that are trained with augmentation:")
        for name, rows in task.rows.items():
            print(f"\n{name}\n{nn.audit(task.make(rows), G.trivial, 10 * G.trivial, input_shape=(1, 12, 12))!r}")
    curves, exact = {}, {}
    with tqdm(total=len(task.rows) * runs * sum(epochs), desc="training", unit="epoch", disable=None) as bar:
        for name in task.rows:
            found = [run(task, name, seed, epochs, rate, bar) for seed in range(runs)]
            curves[name] = np.array([distances for distances, _ in found])
            exact[name] = max(drift for _, drift in found)
    per_epoch = -(-4 * len(task.x) // 100)
    whole = "the whole orbit" if task_name != "graphs" else "64 renumberings"
    print(f"\n{'':>12}  {'one step on ' + whole:>28}  {'first epoch of SGD':>18}  {'last':>8}")
    for name, values in curves.items():
        mean = values.mean(0)
        print(f"{name:>12}  {exact[name]:>28.1e}  {mean[per_epoch]:>18.2e}  {mean[-1]:>8.2e}")
    picture = out / f"augmentation_{task_name}.png"
    draw(curves, per_epoch, f"Distance to the equivariant weights: {task_name}", picture)
    print(f"\nWritten: {picture}\n({time.time() - began:.0f} s)")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--task", choices=TASKS, default="digits")
    parser.add_argument("--epochs", type=int, nargs=2, default=(30, 10), metavar=("EQUIVARIANT", "AUGMENTED"))
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--rate", type=float, help="the learning rate: 0.1 for digits, otherwise 0.002")
    parser.add_argument("--out", type=Path, default=Path("out"))
    given = parser.parse_args()
    chosen = given.rate or (0.1 if given.task == "digits" else 0.002)
    main(given.task, tuple(given.epochs), given.runs, chosen, given.out)
