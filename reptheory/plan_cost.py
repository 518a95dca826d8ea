"""What a Plan costs: operations, bytes and weights, from shapes alone."""
from __future__ import annotations

import math
from dataclasses import dataclass

from .plan_ops import OPS, Shape, einsum_sizes


@dataclass(frozen=True)
class Cost:
    """Operations on inputs, operations that make filters (once, in eval mode), bytes moved, weights."""

    flops: int
    filter_flops: int
    bytes: int
    weights: int

    def __repr__(self) -> str:
        work = f"{_short(self.flops)}FLOP on inputs, {_short(self.filter_flops)}FLOP to make filters"
        return f"<Cost: {work}, {_short(self.bytes)}B moved, {self.weights} weights>"


def shapes_of(plan, inputs: dict[str, Shape]) -> dict[str, Shape]:
    """The shape of every name of a plan. ValueError, naming the step, when the inputs do not fit."""
    shapes = {name: tuple(shape) for name, shape in inputs.items()}
    shapes |= {p.name: p.shape for p in plan.params} | {c.name: c.value.shape for c in plan.consts}
    for step in plan.steps:
        try:
            shapes[step.name] = OPS[step.op].shape(*(shapes[a] for a in step.args), **dict(step.attrs))
        except ValueError as error:
            raise ValueError(f"step {str(step)!r}: {error}.") from None
    return shapes


def cost(plan, inputs: dict[str, Shape], itemsize: int) -> Cost:
    """The sum over steps: contractions count products and sums, the rest one an entry, moves nothing."""
    shapes = shapes_of(plan, inputs)
    still = set(plan.weight_steps)
    flops, filter_flops, moved = 0, 0, 0
    for step in plan.steps:
        args, out = [shapes[a] for a in step.args], shapes[step.name]
        if step in still:
            filter_flops += _flops(step, args, out)
        else:
            flops += _flops(step, args, out)
        moved += itemsize * sum(math.prod(s) for s in [*args, out])
    return Cost(flops, filter_flops, moved, plan.size)


def _flops(step, args: list[Shape], out: Shape) -> int:
    if step.op == "conv":
        return 2 * math.prod(out) * math.prod(args[1][1:]) + math.prod(out) * (len(args) == 3)
    if step.op == "expand":
        return 2 * math.prod(args[0]) * math.prod(args[1][1:])
    if step.op == "einsum":
        sizes = einsum_sizes(dict(step.attrs)["equation"], tuple(args))
        return len(args) * math.prod(sizes.values())
    if step.op == "gather":
        return math.prod(out) * (len(args) == 3)
    if step.op == "reduce":
        return math.prod(args[0])
    return math.prod(out) if step.op in ("add", "mul", "pointwise") else 0


def _short(count: int) -> str:
    for power, prefix in ((12, "T"), (9, "G"), (6, "M"), (3, "k")):
        if count >= 10**power:
            return f"{count / 10**power:.3g} {prefix}"
    return f"{count} "
