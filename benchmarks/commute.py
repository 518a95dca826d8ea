"""Whether a layer commutes with the mean over the group: rt.commute beside the dense projections in numpy.

No other tool decides this. The dense road has the exact answer only up to rounding, and a matrix of N² entries for N
entries of the kernels: above DENSE entries it is not tried.
"""
from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import paired

sys.path.insert(0, str(Path(__file__).parents[1]))

import reptheory as rt

DENSE = 2500
G, S = rt.D(4), rt.S(10)
SKEW = [(0, 0), (0, 1), (1, 0), (1, 2), (2, 1)]


def skew(channels: int) -> rt.Projection:
    """A 3×3 layer without its centre and three corners."""
    V = channels * G.trivial
    return rt.support(rt.Hom(V, V, on=rt.grid(3)), SKEW)


def strided() -> rt.Projection:
    """64 channels of D(4).regular between images of 28×28 pixels, with stride 2."""
    return rt.conv_layer(8 * G.regular, 8 * G.regular, 3, size=28, stride=2, padding=1)


def graphs(n: int) -> rt.Projection:
    """All maps between n×n adjacency matrices that read other entries only through a mask."""
    matrices = rt.S(n).natural * rt.S(n).natural
    H = matrices >> matrices
    return rt.support(H, np.arange(H.unknowns).reshape(H.shape) % 7 > 0)


def ours(make: Callable[[], rt.Projection]) -> rt.Commutation:
    """The exact norm, with the basis of Hom_G."""
    space = make()
    found = rt.commute(space, space.hom)
    _ = found.norm_squared
    return found


def dense(make: Callable[[], rt.Projection]) -> float:
    """‖[Π_L, Π_G]‖² of matrices of floats, for spaces that are masks."""
    space = make()
    basis = space.hom.basis.to_numpy().reshape(space.hom.dim, -1)
    group, mask = basis.T @ basis, space.mask.ravel().astype(float)
    return float(np.linalg.norm(mask[:, None] * group - group * mask) ** 2)


if __name__ == "__main__":
    print("| layer | entries of kernels | ‖[Π_L, Π_G]‖² | ours | dense | dense / ours |\n|---|---|---|---|---|---|")
    cases: list[tuple[str, Callable[[], rt.Projection]]] = [
        ("skew 3×3, 4 → 4 channels, D(4)", lambda: skew(4)), ("skew 3×3, 16 → 16 channels, D(4)", lambda: skew(16)),
        ("skew 3×3, 64 → 64 channels, D(4)", lambda: skew(64)), ("stride 2, 28×28, 8 → 8 regular, D(4)", strided),
        ("graphs on 7 nodes with a mask", lambda: graphs(7)), ("graphs on 10 nodes with a mask", lambda: graphs(10))]
    for name, make in cases:
        found = ours(make)
        size, took = found.first.hom.unknowns, paired.shortest(partial(ours, make))
        if size <= DENSE:
            there = paired.shortest(partial(dense, make))
            assert np.isclose(dense(make), float(found.norm_squared))
            rest = f"{1e3 * there:.1f} ms | {there / took:.1f}"
        else:
            rest = "– | –"
        print(f"| {name} | {size} | {found.norm_squared} | {1e3 * took:.1f} ms | {rest} |")
