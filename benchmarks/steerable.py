"""Sampled steerable convolutions of O(2) and SO(2): time to a layer, and the error under turns, ours and escnn's."""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Callable, Iterator

import paired

ANGLES = tuple(math.radians(a) for a in (13, 30, 45, 77, 90))


def field(turn: float, size: int, width: float):
    """Smooth scalars: Gaussians of this width about points that the turn moves, on a grid about the origin."""
    import torch

    axis = torch.arange(size, dtype=torch.float64) - (size - 1) / 2
    x, y = axis[None, :], -axis[:, None]
    total = torch.zeros(size, size, dtype=torch.float64)
    for a, b, c in ((1.5, 0.3, 1.0), (-0.8, 1.9, -0.7), (0.4, -1.6, 0.5), (-2.1, -0.9, 0.8)):
        u, v = math.cos(turn) * a - math.sin(turn) * b, math.sin(turn) * a + math.cos(turn) * b
        total += c * torch.exp(-((x - u) ** 2 + (y - v) ** 2) / (2 * width**2))
    return total[None, None]


def worst(layer: Callable, frequency: int, size: int, width: float) -> float:
    """max |f(gx) − ρ(g) f(x)| / |f(x)| at the centre, which every turn about it fixes: no interpolation enters."""
    import torch

    at = layer(field(0.0, size, width))[0, :, 0, 0]
    errors = []
    for turn in ANGLES:
        c, s = math.cos(frequency * turn), math.sin(frequency * turn)
        expected = torch.tensor([[c, -s], [s, c]], dtype=torch.float64) @ at
        errors.append(((layer(field(turn, size, width))[0, :, 0, 0] - expected).norm() / at.norm()).item())
    return max(errors)


def ours(task: str, size: int, frequency: int, width: float) -> paired.Result:
    """A layer of nn."""
    import torch

    import nn
    import reptheory as rt

    torch.manual_seed(0)
    start = time.perf_counter()
    G = rt.O(2)
    if task == "build":
        V = sum((G.irrep(k) for k in range(1, frequency + 1)), G.irrep("0e"))
        layer = nn.SteerableConv2d(V, V, size, bias=False)
        weights = sum(w.numel() for w in layer.parameters())
        return {"build": time.perf_counter() - start, "dim": weights}
    layer = nn.SteerableConv2d(G.irrep("0e"), G.irrep(frequency), size, bias=False, dtype=torch.float64)
    with torch.no_grad():
        return {"error": worst(layer, frequency, size, width)}


def escnn(task: str, size: int, frequency: int, width: float) -> paired.Result:
    """R2Conv on its first run after an installation."""
    import torch

    paired.forget_escnn_cache()
    torch.manual_seed(0)
    start = time.perf_counter()
    from escnn import gspaces
    from escnn.nn import FieldType, GeometricTensor, R2Conv

    space = gspaces.flipRot2dOnR2(-1, maximum_frequency=12)
    group = space.fibergroup
    if task == "build":
        irreps = [group.irrep(0, 0), *(group.irrep(1, k) for k in range(1, frequency + 1))]
        V = FieldType(space, irreps)
        weights = R2Conv(V, V, size, bias=False).weights.numel()
        return {"build": time.perf_counter() - start, "dim": weights}
    V, W = FieldType(space, [space.trivial_repr]), FieldType(space, [group.irrep(1, frequency)])
    layer = R2Conv(V, W, size, bias=False).double().eval()
    with torch.no_grad():
        return {"error": worst(lambda x: layer(GeometricTensor(x, V)).tensor, frequency, size, width)}


CASES = {
    "O(2), irreps 0 to 5, 5×5: layer": ("build", 5, 5, 0.0),
    **{f"O(2), 0 → {k}, {n}×{n}, features of width {w} pixels": ("error", n, k, w)
       for n, k, w in ((5, 1, 1.5), (7, 1, 1.5), (7, 2, 1.5), (7, 1, 2.5), (7, 2, 2.5))},
}


def rows(asked: argparse.Namespace) -> Iterator[list[str]]:
    for name, (task, size, frequency, width) in CASES.items():
        if asked.only not in name:
            continue
        case: paired.Case = {"task": task, "size": size, "frequency": frequency, "width": width}
        found = paired.compare(__file__, ("ours", "escnn"), case, asked.repeats, threads=asked.threads)
        key, mine, theirs = "build" if task == "build" else "error", found["ours"], found["escnn"]
        assert mine is not None
        times = f"{theirs[key] / mine[key]:.2f}" if theirs else "–"
        yield [name, paired.number(mine, "dim") if task == "build" else "–",
               paired.number(theirs, "dim") if task == "build" else "–",
               f"{mine[key]:.2e}", f"{theirs[key]:.2e}" if theirs else "–", times]


def parent(asked: argparse.Namespace) -> None:
    head = ("question", "weights", "escnn", "ours: seconds or error", "escnn", "ratio")
    paired.table("Sampled steerable convolutions: ours and escnn", head, rows(asked))


if __name__ == "__main__":
    paired.main(__file__, {"ours": ours, "escnn": escnn}, parent)
