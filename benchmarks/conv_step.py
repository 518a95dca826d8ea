"""A training step and an inference of an equivariant convolution, over the plain conv2d of the same size."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator

import paired

FIELDS, SIZE, BATCH, SIDE = 8, 5, 16, 33
CHANNELS = 8 * FIELDS  # D(4).regular has dimension 8


def same(value):
    return value


def measure(layer: object, wrap: Callable, unwrap: Callable, train: bool, rounds: int) -> paired.Result:
    """The median seconds of the layer and of a plain convolution, in turn in one process, and their ratio."""
    import torch

    torch.manual_seed(0)
    plain = torch.nn.Conv2d(CHANNELS, CHANNELS, SIZE, padding=SIZE // 2)
    x = torch.randn(BATCH, CHANNELS, SIDE, SIDE, requires_grad=train)
    cotangent = torch.randn(BATCH, CHANNELS, SIDE, SIDE)

    def call(module, wrapped, unwrapped):
        module.train(train)
        weights = [x, *module.parameters()]
        given = wrapped(x)

        def step():
            for weight in weights:
                weight.grad = None
            unwrapped(module(given)).backward(cotangent)

        def infer():
            with torch.no_grad():
                module(given)

        return step if train else infer

    taken, reference = paired.interleaved([call(layer, wrap, unwrap), call(plain, same, same)], rounds)
    return {"layer": taken, "plain": reference, "ratio": taken / reference}


def ours(train: bool, rounds: int) -> paired.Result:
    import nn
    import reptheory as rt

    V = FIELDS * rt.D(4).regular
    layer = nn.EquivariantConv2d(V, V, SIZE, padding=SIZE // 2)
    return measure(layer, same, same, train, rounds)


def escnn(train: bool, rounds: int) -> paired.Result:
    from escnn import gspaces
    from escnn.nn import FieldType, GeometricTensor, R2Conv

    space = gspaces.flipRot2dOnR2(4)
    V = FieldType(space, FIELDS * [space.regular_repr])
    layer = R2Conv(V, V, SIZE, padding=SIZE // 2, initialize=False)
    return measure(layer, lambda x: GeometricTensor(x, V), lambda y: y.tensor, train, rounds)


def rows(asked: argparse.Namespace) -> Iterator[list[str]]:
    for name, train in (("training step", True), ("inference", False)):
        case = {"train": train, "rounds": 30}
        answers = paired.compare(
            __file__, ("ours", "escnn"), case, asked.repeats, threads=asked.threads, **paired.ALLOCATOR
        )
        for side, answer in answers.items():
            if answer is not None:
                yield [
                    f"{name}, {side}", paired.seconds(answer["layer"]), paired.seconds(answer["plain"]),
                    f"{answer['ratio']:.3f}×",
                ]


def parent(asked: argparse.Namespace) -> None:
    title = (
        f"{CHANNELS} → {CHANNELS} channels, {SIZE}×{SIZE}, batch {BATCH}, {SIDE}×{SIDE}, float32, "
        f"threads: {asked.threads}"
    )
    paired.table(title, ("", "layer", "plain conv2d beside it", "ratio"), rows(asked))


if __name__ == "__main__":
    paired.main(__file__, {"ours": ours, "escnn": escnn}, parent)
