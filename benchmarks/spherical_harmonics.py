"""Spherical harmonics of 100 000 vectors: forward, with gradients, and with gradients of those (training on forces).

Each side in its own order and memory layout: components are the slow axis of ours, the fast one of the peers'.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator

import paired

POINTS = 100_000


def measure(layer: Callable, work: str, rounds: int) -> paired.Result:
    """The median seconds of a layer on unit normal vectors, float32."""
    import os

    import torch

    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    x = torch.randn(POINTS, 3, generator=torch.Generator().manual_seed(0)).requires_grad_()
    cotangent = torch.randn_like(layer(x).detach())
    direction = torch.randn(POINTS, 3)

    def forward():
        with torch.no_grad():
            layer(x)

    def backward():
        torch.autograd.grad(layer(x), x, cotangent)

    def twice():
        (force,) = torch.autograd.grad(layer(x), x, cotangent, create_graph=True)
        torch.autograd.grad(force, x, direction)

    calls = {"forward": forward, "gradient": backward, "gradient of the gradient": twice}
    return {"time": paired.interleaved([calls[work]], rounds)[0]}


def ours(degree: int, work: str, rounds: int) -> paired.Result:
    import nn

    return measure(nn.SphericalHarmonics(degree), work, rounds)


def e3nn(degree: int, work: str, rounds: int) -> paired.Result:
    from e3nn import o3

    return measure(o3.SphericalHarmonics(list(range(degree + 1)), True, "norm"), work, rounds)


def sphericart(degree: int, work: str, rounds: int) -> paired.Result:
    from sphericart.torch import SphericalHarmonics

    return measure(SphericalHarmonics(degree), work, rounds)


SIDES = {"ours": ours, "e3nn": e3nn, "e3nn_sphericart": sphericart}


def rows(asked: argparse.Namespace) -> Iterator[list[str]]:
    for work in ("forward", "gradient", "gradient of the gradient"):
        for degree in (2, 6, 10):
            name = f"{work}, l ≤ {degree}"
            if asked.only in name:
                case = {"degree": degree, "work": work, "rounds": 9}
                found = paired.compare(__file__, tuple(SIDES), case, asked.repeats, threads=asked.threads,
                                       **paired.ALLOCATOR)
                mine = found["ours"]
                yield [name, *paired.ratio(found["e3nn"], mine, "time"),
                       *paired.ratio(found["e3nn_sphericart"], mine, "time")[1:]]


def parent(asked: argparse.Namespace) -> None:
    title = f"{POINTS} vectors, float32, threads: {asked.threads}"
    paired.table(title, ("", "ours", "e3nn", "ratio", "sphericart", "ratio"), rows(asked))


if __name__ == "__main__":
    paired.main(__file__, SIDES, parent)
