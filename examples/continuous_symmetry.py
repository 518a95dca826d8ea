"""A trained network whose weights move along a continuous group while every answer stays.

The network of arXiv 2308.01621, small, and a ReLU ResNet of similar size learn the scanned digits of scikit-learn. Then
the weights around both stages are moved along random one-parameter groups exp(tX): X skew-symmetric, and for the same
network with its ball's metric written out any X at all. Batch normalisation is folded in first.
"""
from __future__ import annotations

import argparse
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

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # after the backend is chosen

LABELS = {"hyperbolic": "hyperbolic network, exp(tX) in O(16) × O(32)",
          "metric": "the same with a metric, exp(tX) in GL(16) × GL(32)",
          "relu": "ReLU ResNet, exp(tX) in O(16) × O(32)"}
COLOURS = {"hyperbolic": "#0072B2", "metric": "#009E73", "relu": "#D55E00"}


def stem(channels: int = 16) -> list[torch.nn.Module]:
    """For images of 8×8: a 3×3 convolution and batch normalisation."""
    return [torch.nn.Conv2d(1, channels, 3, padding=1, bias=False), torch.nn.BatchNorm2d(channels)]


def hyperbolic_net() -> nn.HyperbolicResNet:
    """Two stages of two blocks, 16 and 32 channels; a ball where channels change and before the head."""
    return nn.HyperbolicResNet(10, (2, 2), (16, 32), stem=torch.nn.Sequential(*stem()),
                               expansion=lambda n: 4 if n <= 16 else 2)


class ReLUBlock(torch.nn.Module):
    """relu(skip(x) + conv(relu(conv(x)))), each convolution 3×3 with batch normalisation."""

    def __init__(self, n: int, m: int, stride: int) -> None:
        super().__init__()
        conv, norm = torch.nn.Conv2d, torch.nn.BatchNorm2d
        self.conv1 = torch.nn.Sequential(conv(n, m, 3, stride, 1, bias=False), norm(m))
        self.conv2 = torch.nn.Sequential(conv(m, m, 3, 1, 1, bias=False), norm(m))
        torch.nn.init.zeros_(self.conv2[1].weight)
        self.skip = torch.nn.Sequential(conv(n, m, 1, stride, bias=False), norm(m)) if n != m else torch.nn.Identity()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """One residual block."""
        return torch.relu(self.skip(x) + self.conv2(torch.relu(self.conv1(x))))


class ReLUResNet(torch.nn.Module):
    """The control: the same plan with ReLU in the basis of the channels, which freezes that basis."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = torch.nn.Sequential(*stem(), torch.nn.ReLU())
        self.first = torch.nn.Sequential(ReLUBlock(16, 16, 1), ReLUBlock(16, 16, 1))
        self.last = torch.nn.Sequential(ReLUBlock(16, 32, 2), ReLUBlock(32, 32, 1))
        self.head = torch.nn.Linear(32, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The logits."""
        return self.head(self.last(self.first(self.stem(x))).mean((2, 3)))

    def stream(self, stage: int) -> nn.Stream:
        """The features of stage 0 or 1."""
        a, b, c, d = *self.first, *self.last
        if stage == 0:
            into, out = (self.stem[:-1], a.conv2, b.conv2), (a.conv1, b.conv1, c.conv1, c.skip)
        else:
            into, out = (c.conv2, c.skip, d.conv2), (d.conv1, self.head)
        return nn.Stream(into, (torch.nn.ReLU(),), out, f"stage {stage}")


def digits() -> list[torch.Tensor]:
    """Train images, test images (one channel of 8×8), train labels, test labels: one fixed split, 1200 and 597."""
    found = load_digits()
    x, y = torch.tensor(found.images, dtype=torch.float32)[:, None] / 16 - 0.5, torch.tensor(found.target)
    return train_test_split(x, y, test_size=597, random_state=0, stratify=y)


def train(net: torch.nn.Module, x: torch.Tensor, y: torch.Tensor, epochs: int, bar: tqdm) -> None:
    """Adam with a one-cycle learning rate, batches of 64, gradients of norm at most 1."""
    optimiser = torch.optim.Adam(net.parameters(), weight_decay=1e-4)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 1e-2, total_steps=epochs * -(-len(x) // 64))
    net.train()
    for _ in range(epochs):
        for batch in torch.randperm(len(x)).split(64):
            loss = torch.nn.functional.cross_entropy(net(x[batch]), y[batch])
            optimiser.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            optimiser.step()
            schedule.step()
        bar.update()
    net.eval()


@torch.no_grad()
def with_metric(net: nn.HyperbolicResNet) -> nn.HyperbolicResNet:
    """The same function with each ball's metric written out, yᵀHy with H = 1: now all of GL(n) moves the weights."""
    other = nn.fuse_batch_norm(net)
    for module in [module for module in other.modules() if isinstance(getattr(module, "ball", None), nn.HardBall)]:
        n = round(module.ball.radius ** 2)
        module.ball = nn.MetricBall(n, module.ball.radius, dtype=torch.float64)
    return other


def accuracy(logits: torch.Tensor, labels: torch.Tensor) -> float:
    """The share of right answers in per cent."""
    return 100 * float((logits.argmax(1) == labels).double().mean())


def generator(n: int, skew: bool, seed: int) -> torch.Tensor:
    """A random n×n matrix of norm 1, or a skew-symmetric one of norm π."""
    a = torch.randn(n, n, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    a, length = (a - a.T, torch.pi) if skew else (a, 1.0)
    return length * a / torch.linalg.matrix_norm(a, 2)


def moved_along(net: torch.nn.Module, t: float, skew: bool, seed: int, check: bool = True) -> torch.nn.Module:
    """The network with both stages moved by exp(tX)."""
    for stage, n in enumerate((16, 32)):
        net = nn.act_on_weights(net, stage, torch.linalg.matrix_exp(t * generator(n, skew, seed)), check=check)
    return net


@torch.no_grad()
def curves(net: torch.nn.Module, images: torch.Tensor, labels: torch.Tensor, skew: bool, times: np.ndarray, count: int,
           bar: tqdm, check: bool = True) -> tuple[np.ndarray, np.ndarray]:
    """Accuracies and the largest changes of a logit relative to the largest logit, (count, times)."""
    before = net(images)
    found = []
    for seed in range(count):
        for t in times:
            logits = moved_along(net, t, skew, seed, check)(images)
            found.append((accuracy(logits, labels), float((logits - before).abs().max() / before.abs().max())))
            bar.update()
    table = np.array(found).reshape(count, len(times), 2)
    return table[..., 0], table[..., 1]


def draw(times: np.ndarray, results: dict[str, tuple[np.ndarray, np.ndarray]], path: Path) -> None:
    """Accuracy, and the change of logits, along each one-parameter group."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(11.5, 4.6))
    figure.subplots_adjust(left=0.065, right=0.985, top=0.82, bottom=0.12, wspace=0.2)
    figure.text(0.065, 0.93, "Weights move along a continuous group, and no answer changes", fontsize=16, weight="bold")
    for name, (right_answers, moved) in results.items():
        width, order = (5, 2) if name == "metric" else (1.8, 3)
        style = {"color": COLOURS[name], "linewidth": width, "zorder": order}
        for k in range(len(moved)):
            left.plot(times, right_answers[k], label=None if k else LABELS[name], **style)
            right.semilogy(times[1:], moved[k][1:], **style)
    left.axhline(10, color="#bbbbbb", linestyle=":", linewidth=1.5)
    left.text(0, 11.5, "chance", color="#555555")
    left.set(ylim=(0, 104), ylabel="accuracy on the test digits, %", xlabel="time t along exp(tX)")
    handles = left.get_legend_handles_labels()
    figure.legend(*handles, frameon=False, ncols=3, columnspacing=1.2, fontsize=9, loc="upper left",
                  bbox_to_anchor=(0.057, 0.925))
    right.set(ylabel="largest change of a logit / largest logit", xlabel="time t along exp(tX)", xlim=left.get_xlim(),
              ylim=(1e-17, 30))
    for axis in (left, right):
        axis.spines[["top", "right"]].set_visible(False)
        axis.grid(axis="y", color="#eeeeee")
        axis.set_axisbelow(True)
    figure.savefig(path, dpi=130)
    plt.close(figure)


def main(epochs: int, count: int, folder: Path) -> None:
    """Train both, move the weights of both, draw."""
    began = time.time()
    torch.set_num_threads(1)  # the tensors are small
    torch.manual_seed(0)
    folder.mkdir(parents=True, exist_ok=True)
    images, test_images, labels, test_labels = digits()
    nets: dict[str, torch.nn.Module] = {"hyperbolic": hyperbolic_net(), "relu": ReLUResNet()}
    with tqdm(total=2 * epochs, desc="train", unit="epoch", disable=not sys.stderr.isatty()) as bar:
        for net in nets.values():
            train(net, images, labels, epochs, bar)
    for name, net in nets.items():
        with torch.no_grad():
            size = sum(p.numel() for p in net.parameters())
            print(f"{name:10}  {size} weights  {accuracy(net(test_images), test_labels):.2f} % of 597 digits")
    single, x = nn.fuse_batch_norm(nets["hyperbolic"]), test_images.double()
    nets = {name: net.double() for name, net in nets.items()}
    nets["metric"] = with_metric(nets["hyperbolic"])
    times = np.linspace(0, 2, 13)
    results = {}
    with tqdm(total=3 * count * len(times), desc="move", unit="network", disable=not sys.stderr.isatty()) as bar:
        for name in ("hyperbolic", "metric", "relu"):
            results[name] = curves(nets[name], x, test_labels, name != "metric", times, count, bar, name != "relu")
    for name, (found, moved) in results.items():
        print(f"{LABELS[name]}: {found.min():.2f} to {found.max():.2f} %, logits change by {moved.max():.1e}")
    with torch.no_grad():
        order = torch.eye(32)[torch.randperm(32)].double()
        change = float((moved_along(single, 1, True, 0)(test_images) - single(test_images)).abs().max())
        permuted = nn.act_on_weights(nets["relu"], 1, order)(x)
        same = float((permuted - nets["relu"](x)).abs().max())
    tangent = nn.weight_tangent(nn.fuse_batch_norm(nets["hyperbolic"]), 1, generator(32, True, 0))
    flat = nn.directional_derivative(nn.fuse_batch_norm(nets["hyperbolic"]), tangent, x)
    print(f"in float32 a logit changes by {change:.1e}; derivative along X in float64: {float(flat.abs().max()):.1e}")
    print(f"the ReLU ResNet under a permutation: {same:.1e}; under a rotation:")
    try:
        moved_along(nets["relu"], 1, True, 0)
    except nn.NotAdmitted as error:
        print(f"  {error}")
    draw(times, results, folder / "continuous_symmetry.png")
    print(f"{folder / 'continuous_symmetry.png'}, {time.time() - began:.0f} s")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--count", type=int, default=4, help="random one-parameter groups")
    parser.add_argument("--out", type=Path, default=Path("out"))
    arguments = parser.parse_args()
    main(arguments.epochs, arguments.count, arguments.out)
