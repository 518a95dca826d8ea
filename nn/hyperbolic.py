"""ConvNets that are discretised hyperbolic systems, whose weights move along a continuous group."""
from __future__ import annotations

from collections.abc import Callable, Sequence

import torch

from .ball import Ball, ball_layer
from .fuse import LINEAR
from .stream import NoStream, Stream


def usual_expansion(channels: int) -> int:
    """The width of a block by its input: k = 4 up to 128 channels, 2 beyond.

    >>> usual_expansion(128), usual_expansion(256)
    (4, 2)
    """
    return 4 if channels <= 128 else 2


class HyperbolicBlock(torch.nn.Module):
    """The block y = S x + C K((P x) ⊙ (Q x)): a step of forward Euler for u_t = Σ_j ∂_j f_j(u) + …, quadratic in u.

    P and Q are 1×1 convolutions n → w = kn, K a depthwise 3×3 one w → 2w, C a 1×1 one 2w → m, each with batch
    normalisation, that of C with scale zero at first. S is the identity, or a 1×1 convolution where the stride is not 1
    or m ≠ n; only then a ball of radius √m follows. The product is the only other nonlinearity, in a basis of its own:
    x ↦ Tx is undone by P, Q ↦ PT⁻¹, QT⁻¹, C ↦ TC. Shapes: (batch, n, h, w) to (batch, m, ⌈h/stride⌉, ⌈w/stride⌉).
    Source: Liu, Shao and Bai (arXiv 2308.01621) and their code.

    >>> HyperbolicBlock(8)(torch.ones(1, 8, 4, 4)).shape, HyperbolicBlock(8, 16, stride=2)(torch.ones(1, 8, 4, 4)).shape
    (torch.Size([1, 8, 4, 4]), torch.Size([1, 16, 2, 2]))
    """

    conv1: torch.nn.Sequential
    conv2: torch.nn.Sequential
    conv3: torch.nn.Sequential
    skip: torch.nn.Module
    ball: torch.nn.Module

    def __init__(self, channels: int, out_channels: int | None = None, stride: int = 1, *, expansion: int | None = None,
                 ball: Ball = "hard", device=None, dtype=None) -> None:
        super().__init__()
        out = channels if out_channels is None else out_channels
        width = channels * (usual_expansion(channels) if expansion is None else expansion)
        for name, value in (("channels", channels), ("out_channels", out), ("stride", stride), ("expansion", width)):
            if not isinstance(value, int) or value < 1:
                raise ValueError(f"{name}={value!r} of a HyperbolicBlock: it is a positive integer.")
        made = {"device": device, "dtype": dtype}
        self.conv1 = _normalised(channels, 2 * width, 1, **made)
        self.conv2 = _normalised(width, 2 * width, 3, stride=stride, padding=1, groups=width, **made)
        self.conv3 = _normalised(2 * width, out, 1, last=True, **made)
        changes = stride != 1 or out != channels
        self.skip = _normalised(channels, out, 1, stride=stride, **made) if changes else torch.nn.Identity()
        self.ball = ball_layer(ball if changes else None, out, **made)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """One step."""
        p, q = self.conv1(x).chunk(2, dim=1)
        return self.ball(self.skip(x) + self.conv3(self.conv2(p * q)))

    @property
    def changes_channels(self) -> bool:
        """Whether the skip is a convolution, so that the output is a stream of its own."""
        return not isinstance(self.skip, torch.nn.Identity)


class HyperbolicResNet(torch.nn.Module):
    """The network of hyperbolic blocks in stages, a stem before and a linear head after the mean over space.

    The defaults are the paper's: 7×7 stem of stride 2 with ReLU and maximum, stages of 3, 4, 6, 3 blocks with 64 to
    512 channels, each but the first halving the image, a ball in the blocks that change channels and before the head.
    Weights move along O(n) in each stage but the first, which begins with the ReLU of the stem, and along GL(n) with
    ball=None or "metric": see `act_on_weights`. `stem` is any Sequential that ends in widths[0] channels. Shapes:
    (batch, 3, h, w) to (batch, classes). Source: Liu, Shao and Bai (arXiv 2308.01621) and their code.

    >>> sum(p.numel() for p in HyperbolicResNet(100, device="meta").parameters())
    9531940
    """

    stages: torch.nn.ModuleList
    ball: torch.nn.Module

    def __init__(self, classes: int, depths: Sequence[int] = (3, 4, 6, 3), widths: Sequence[int] = (64, 128, 256, 512),
                 *, stem: torch.nn.Sequential | None = None, ball: Ball = "hard",
                 expansion: Callable[[int], int] = usual_expansion, device=None, dtype=None) -> None:
        super().__init__()
        if len(depths) != len(widths) or not depths or min(depths) < 1:
            raise ValueError(f"depths={tuple(depths)} and widths={tuple(widths)}: each stage has one positive number "
                             "of blocks and one of channels.")
        made = {"device": device, "dtype": dtype}
        self.stem = usual_stem(widths[0], **made) if stem is None else stem
        stages, before = [], widths[0]
        for place, (depth, width) in enumerate(zip(depths, widths)):
            first = HyperbolicBlock(before, width, 2 if place else 1, expansion=expansion(before), ball=ball, **made)
            more = (HyperbolicBlock(width, expansion=expansion(width), ball=ball, **made) for _ in range(depth - 1))
            stages.append(torch.nn.Sequential(first, *more))
            before = width
        self.stages = torch.nn.ModuleList(stages)
        self.ball = ball_layer(ball, before, **made)
        self.head = torch.nn.Linear(before, classes, **made)
        for module in self.modules():
            if isinstance(module, torch.nn.Conv2d):
                torch.nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="linear")

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The logits."""
        x = self.stem(x)
        for stage in self.stages:
            x = stage(x)
        return self.head(self.ball(x).mean((2, 3)))

    def stream(self, stage: int) -> Stream:
        """What writes the features of this stage, counted from 0, what acts on them, and what reads them."""
        if not isinstance(stage, int) or not 0 <= stage < len(self.stages):
            raise NoStream(f"stage {stage!r}: this network has the stages 0 to {len(self.stages) - 1}.")
        blocks = self._blocks(stage)
        first = blocks[0]
        inner = blocks[1:] if first.changes_channels else blocks
        writers: list[torch.nn.Module] = [block.conv3 for block in blocks]
        through: list[torch.nn.Module] = [first.ball]
        if first.changes_channels:
            writers.append(first.skip)
        else:
            tail = list(self.stem)
            while tail and not isinstance(tail[-1], (*LINEAR, torch.nn.modules.batchnorm._BatchNorm)):
                through.append(tail.pop())
            writers.append(torch.nn.Sequential(*tail))
        readers: list[torch.nn.Module] = [block.conv1 for block in inner]
        if stage + 1 < len(self.stages):
            following = self._blocks(stage + 1)[0]
            readers += [following.conv1, following.skip]
        else:
            through.append(self.ball)
            readers.append(self.head)
        return Stream(tuple(writers), tuple(through), tuple(readers), f"stage {stage}")

    def _blocks(self, stage: int) -> list[HyperbolicBlock]:
        return [block for block in self.stages[stage].children() if isinstance(block, HyperbolicBlock)]


def usual_stem(channels: int, in_channels: int = 3, device=None, dtype=None) -> torch.nn.Sequential:
    """The stem of residual networks: 7×7 convolution of stride 2, batch normalisation, ReLU, 3×3 maximum of stride 2.

    >>> usual_stem(64)(torch.ones(1, 3, 64, 64)).shape
    torch.Size([1, 64, 16, 16])
    """
    first = _normalised(in_channels, channels, 7, stride=2, padding=3, device=device, dtype=dtype)
    return torch.nn.Sequential(*first, torch.nn.ReLU(inplace=True), torch.nn.MaxPool2d(3, 2, 1))


def _normalised(n: int, m: int, size: int, device=None, dtype=None, last: bool = False,
                **options) -> torch.nn.Sequential:
    """A convolution without bias, and batch normalisation, its scale zero at first where it is the last of a block."""
    norm = torch.nn.BatchNorm2d(m, device=device, dtype=dtype)
    if last:
        torch.nn.init.zeros_(norm.weight)
    return torch.nn.Sequential(torch.nn.Conv2d(n, m, size, bias=False, device=device, dtype=dtype, **options), norm)
