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
ELEMENTS = [G.element(word) for word in ("1", "r", "r^2", "r^3", "s", "r*s", "r^2*s", "r^3*s")]
NAMES = ["1", "r", "r²", "r³", "s", "rs", "r²s", "r³s"]  # r turns by 90°, s reflects


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


def digits() -> list[torch.Tensor]:
    """Train images, test images (integers 0…16, one channel of 8×8), train labels, test labels: one fixed split."""
    found = load_digits()
    x, y = torch.tensor(found.images)[:, None], torch.tensor(found.target)
    return train_test_split(x, y, test_size=597, random_state=0, stratify=y)


def scaled(images: torch.Tensor, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    """Pixels between −1/2 and 1/2."""
    return images.to(dtype) / 16 - 0.5


def train(net: torch.nn.Module, x: torch.Tensor, y: torch.Tensor, epochs: int, bar: tqdm) -> None:
    """Adam with a one-cycle learning rate, batches of 64."""
    optimiser = torch.optim.Adam(net.parameters(), weight_decay=1e-4)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 1e-2, total_steps=epochs * -(-len(x) // 64))
    net.train()
    for _ in range(epochs):
        for batch in torch.randperm(len(x)).split(64):
            loss = torch.nn.functional.cross_entropy(net(x[batch]), y[batch])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
        bar.update()


def logits_under_the_group(net: torch.nn.Module, images: torch.Tensor) -> torch.Tensor:
    """The logits (|G|, n, 10) on g·x for each g, in float64."""
    net = net.double().eval()
    with torch.no_grad():
        return torch.stack([net(nn.transform(scaled(images, torch.float64), G.trivial, g)) for g in ELEMENTS])


def accuracies(logits: torch.Tensor, labels: torch.Tensor) -> list[float]:
    """The share of right answers for each element of the group."""
    return [float((z.argmax(1) == labels).double().mean()) for z in logits]


def stability(logits: torch.Tensor) -> tuple[float, float]:
    """The largest change of a logit under the group, and the smallest margin between the two largest logits.

    An answer can only flip if twice the change reaches its margin, so a wide ratio proves that rounding flips none.
    Raises RuntimeError when any single answer differs between two elements.
    """
    answers = logits.argmax(2)
    moved = (answers != answers[0]).any(0)
    drift = float((logits - logits[0]).abs().max())
    best = logits.topk(2, dim=2).values
    margin = float((best[..., 0] - best[..., 1]).min())
    if moved.any() or 2 * drift >= margin:
        raise RuntimeError(f"{int(moved.sum())} of {logits.shape[1]} answers change under the group: logits move by "
                           f"{drift:.1e}, and the smallest margin is {margin:.1e}. The network is not invariant.")
    return drift, margin


def exact_in_torch(hom: rt.Hom, images: torch.Tensor) -> bool:
    """Whether f(g·x) and g·f(x) agree in every bit for every g, for an integer kernel of the Hom on integer pixels."""
    layer = nn.PlanModule(rt.lower(hom, normalise=False))
    with torch.no_grad():
        layer.weight.copy_(torch.arange(layer.weight.numel()).reshape(layer.weight.shape))
        x = images.float()
        return all(torch.equal(layer(nn.transform(x, hom.source, g)), nn.transform(layer(x), hom.target, g))
                   for g in ELEMENTS)


ALONE = """
import importlib.util, runpy, sys
sys.path.append({site!r})
found = [name for name in ("reptheory", "nn", "pdeconv") if importlib.util.find_spec(name)]
if found:
    sys.exit(f"this process can import {{found}}")
import torch
layer = runpy.run_path({source!r})["FirstLayer"]()
state, x, y = torch.load({data!r})
layer.load_state_dict(state)
sys.exit(0 if torch.equal(layer(x), y) else "its outputs differ")
"""


def run_alone(layer: torch.nn.Module, folder: Path, x: torch.Tensor) -> Path:
    """Write the layer's source, and run it on x in a process that finds torch but not this project; torch.equal."""
    source, data = folder.resolve() / "first_layer.py", folder.resolve() / "first_layer.pt"
    source.write_text(nn.source(layer, name="FirstLayer"), encoding="utf-8")
    torch.save((layer.state_dict(), x, layer(x).detach()), data)
    code = ALONE.format(site=str(Path(torch.__file__).parents[1]), source=str(source), data=str(data))
    done = subprocess.run([sys.executable, "-I", "-S", "-c", code], cwd=folder, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"the stand-alone source failed: {done.stdout}{done.stderr}")
    return source


def draw(hom: rt.Hom, digit: np.ndarray, curves: dict[str, list[float]], path: Path) -> None:
    """A column for each g: the kernel into channel g, tied weights in one colour; a digit moved by g; accuracies."""
    basis = hom.basis.to_numpy(normalise=False)[..., 0]  # (weight, y, x, channel): entries 0 and 1, disjoint
    order = [G.index(g) for g in ELEMENTS]               # the channels of a regular representation are the elements
    grey, width = "#555555", len(ELEMENTS)
    figure = plt.figure(figsize=(11.5, 7.6))
    grid = figure.add_gridspec(3, width, height_ratios=(1, 1, 2.9), hspace=0.12, wspace=0.16,
                               left=0.075, right=0.985, top=0.86, bottom=0.075)
    figure.text(0.075, 0.955, f"{hom.dim} weights, tied by the symmetries of the square", fontsize=17, weight="bold")
    figure.text(0.075, 0.918, f"All 3×3 kernels from D(4).trivial to D(4).regular, derived exactly: {basis[0].size} "
                "entries, and those of one colour are one weight.", fontsize=11, color=grey)
    for column, (channel, g) in enumerate(zip(order, ELEMENTS)):
        axis = figure.add_subplot(grid[0, column])
        labels = basis[..., channel].argmax(0)
        axis.imshow([[matplotlib.colors.to_rgb(tied_colour(n)) for n in row] for row in labels])
        for (y, x), label in np.ndenumerate(labels):
            axis.text(x, y, str(label), ha="center", va="center", fontsize=11)
        axis.set_xticks(np.arange(0.5, 2), minor=True)
        axis.set_yticks(np.arange(0.5, 2), minor=True)
        axis.grid(which="minor", color="white", linewidth=1.5)
        axis.set_title(NAMES[column], fontsize=13)
        moved = figure.add_subplot(grid[1, column])
        moved.imshow(nn.transform(torch.tensor(digit)[None, None], G.trivial, g)[0, 0].numpy(), cmap="gray_r")
        for a in (axis, moved):
            a.tick_params(which="both", length=0, labelbottom=False, labelleft=False)
            a.spines[:].set_visible(False)
        if column == 0:
            axis.set_ylabel("kernel into\nchannel g", fontsize=10, color=grey)
            moved.set_ylabel("a digit\nmoved by g", fontsize=10, color=grey)
    axis = figure.add_subplot(grid[2, :])
    axis.axhline(10, color="#bbbbbb", linestyle=":", linewidth=1.5)
    axis.text(-0.5, 11.5, "chance", color=grey, fontsize=10)
    for (name, values), colour, marker, up in zip(curves.items(), ("#0072B2", "#D55E00"), "os", (-1, 1)):
        percent = [100 * v for v in values]
        axis.plot(range(width), percent, color=colour, marker=marker, markersize=8, linewidth=2.2)
        for n, v in enumerate(percent):
            below = up < 0 or v < 20  # clear of the lines, which come from above into a low point
            axis.annotate(f"{v:.1f}", (n, v), (-24 if n + up < 0 else 0, -10 if below else 10),
                          textcoords="offset points", ha="center", va="top" if below else "bottom", color=colour,
                          fontsize=10)
        axis.annotate(name, (width - 1, percent[-1]), (4, 30 * up), textcoords="offset points", ha="center",
                      va="center", color=colour, fontsize=12, weight="bold")
    axis.set(xlim=(-0.53, width - 0.47), ylim=(0, 112), xticks=range(width), yticks=range(0, 101, 20),
             ylabel="accuracy on the test digits, %")
    axis.set_xticklabels([f"g = {name}" for name in NAMES], fontsize=11)
    axis.spines[["top", "right"]].set_visible(False)
    axis.grid(axis="y", color="#eeeeee")
    axis.set_axisbelow(True)
    figure.savefig(path, dpi=130)
    plt.close(figure)


def main(epochs: int, folder: Path) -> None:
    """The whole road, printed."""
    began = time.time()
    torch.set_num_threads(1)  # the tensors are small, and threads that wait for a busy core cost more than they bring
    torch.manual_seed(0)
    folder.mkdir(parents=True, exist_ok=True)

    print("1. Derive: all kernels that commute with the symmetries of the square, with proof\n")
    equivariant = equivariant_net()
    for layer in equivariant:
        if isinstance(layer, nn.EquivariantConv2d):
            print(layer.hom, layer.hom.certificate, sep="\n")
            layer.hom.certificate.verify()  # again, without the solver; NotCertified otherwise
    first = rt.Hom(G.trivial, G.regular, on=rt.grid(3))
    print("\nOne derivation: each orbit of the grid, its stabiliser, and the maps that this leaves\n",
          first, first.blocks, first.certificate, sep="\n")

    print("\n2. Compile: the same answer as a program that knows no groups\n")
    print(rt.lower(first))

    train_x, test_x, train_y, test_y = digits()
    plain = matched_plain_net(parameters(equivariant))
    ours, theirs = parameters(equivariant), parameters(plain)
    print(f"\n3. Train on {len(train_x)} upright digits: {ours} parameters (equivariant), {theirs} (plain CNN), "
          f"{100 * abs(ours - theirs) / ours:.1f}% apart")
    with tqdm(total=2 * epochs, desc="training", unit="epoch", disable=None) as bar:
        for net in (equivariant, plain):
            torch.manual_seed(1)
            train(net, scaled(train_x), train_y, epochs, bar)

    source = run_alone(equivariant[0].eval(), folder, scaled(test_x[:16]))
    print(f"\n4. Test on {len(test_x)} digits moved by each element of D(4)\n")
    logits = logits_under_the_group(equivariant, test_x)
    curves = {"equivariant": accuracies(logits, test_y),
              "plain CNN": accuracies(logits_under_the_group(plain, test_x), test_y)}
    print(f"{'element':>9}  {'equivariant':>12}  {'plain CNN':>10}")
    for g, a, b in zip(NAMES, *curves.values()):
        print(f"{g:>9}  {100 * a:>11.2f}%  {100 * b:>9.2f}%")
    drift, margin = stability(logits)
    print(f"\nThe equivariant accuracy does not move at all: all {len(test_y)} answers are the same under all "
          f"{len(ELEMENTS)} elements.\nLogits move by at most {drift:.0e} (rounding in float64), and the smallest "
          f"margin between two of them is {margin:.0e}.")
    wrong = [tuple(sorted(p)) for p in zip(test_y.tolist(), logits[0].argmax(1).tolist()) if p[0] != p[1]]
    print(f"What invariance costs: {sum(p in ((2, 5), (6, 9)) for p in wrong)} of its {len(wrong)} mistakes are "
          "between 2 and 5 or 6 and 9, which look alike once turned or reflected.")
    same = exact_in_torch(first, test_x[:16])
    print(f"With an integer kernel, f(g·x) = g·f(x) in every bit, for every g: {same}")
    if not same:
        raise RuntimeError("an integer kernel does not commute with the group in every bit.")

    draw(first, test_x[int((test_y == 2).nonzero()[0])][0].numpy(), curves, folder / "demo.png")
    print(f"\n5. Emit: the first layer as source that needs torch only, in a process that cannot import this project:\n"
          f"   outputs equal in every bit (torch.equal)\n\nWritten: {folder / 'demo.png'}\n         {source}\n"
          f"({time.time() - began:.0f} s)")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=40)
    parser.add_argument("--out", type=Path, default=Path("out/demo"))
    arguments = parser.parse_args()
    main(arguments.epochs, arguments.out)
