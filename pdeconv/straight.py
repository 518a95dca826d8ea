"""Straight: a program put in order for arrays, where each operation is a pass over memory."""
from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .operations import NUMPY
from .program import Argument, Operation, Program

Value = str | float
FOLDED = {"add": "axpy", "sub": "axmy"}  # add(x, mul(c, y)) is x + c y


@dataclass(frozen=True)
class Straight:
    """The same map as a program: numbers folded, each output computed as late as it may be, names forgotten after their
    last use, and sums with a product in one pass: axpy(x, y, c) = x + c y and axmy(x, y, c) = x − c y for numbers c,
    fma(x, y, z) = x + y z and fms(x, y, z) = x − y z.

    `parts` has for each output its operations, (name, op, arguments, names to forget), and the argument that it is.
    """

    parts: tuple[tuple[tuple[tuple[str, str, tuple[Value, ...], tuple[str, ...]], ...], Value], ...]

    def __call__(self, operations: Mapping[str, Callable], values: Mapping[str, Any]) -> Iterator[Any]:
        """The outputs in turn, by a table of operations."""
        known = dict(values)
        for lines, out in self.parts:
            for name, op, args, dead in lines:
                known[name] = operations[op](*[known[a] if isinstance(a, str) else a for a in args])
                for a in dead:
                    del known[a]
            yield known[out] if isinstance(out, str) else out


def straight(program: Program) -> Straight:
    """A program in this order.

    >>> from pdeconv import catalog, lower
    >>> face, = lower(catalog.burgers().scheme("rusanov")).faces
    >>> [line[:3] for line in straight(face.program).parts[0][0]][-1][1]
    'fms'
    """
    steps, outputs = _folded(program)
    steps = _joined(steps, outputs)
    order: list[str] = []
    ends: list[int] = []
    seen: set[str] = set()
    for out in outputs:
        _after(out, steps, seen, order)
        ends.append(len(order))
    last: dict[str, int] = {}
    for k, name in enumerate(order):
        last.update({a: k for a in steps[name][1] if isinstance(a, str)})
    last.update({out: len(order) for out in outputs if isinstance(out, str)})  # kept: the caller has them anyway
    lines = [(name, *steps[name], tuple(sorted(a for a in {*steps[name][1]} if isinstance(a, str) and last[a] == k)))
             for k, name in enumerate(order)]
    starts = [0, *ends]
    return Straight(tuple((tuple(lines[a:b]), out) for a, b, out in zip(starts, ends, outputs)))


Steps = dict[str, tuple[str, tuple[Value, ...]]]


def _folded(program: Program) -> tuple[Steps, list[Value]]:
    """Operations of numbers replaced by their values, in floats."""
    values: dict[str, float] = {}
    steps: Steps = {}

    def value(a: Argument) -> Value:
        return values.get(a, a) if isinstance(a, str) else float(a)
    for step in program.steps:
        args = tuple(map(value, step.args))
        if all(isinstance(a, float) for a in args) and _is_number(step):
            values[step.name] = float(NUMPY[step.op](*args))
        else:
            steps[step.name] = (step.op, args)
    return steps, [value(a) for a in program.outputs]


def _is_number(step: Operation) -> bool:
    return step.op not in ("lt", "le", "gt", "ge", "eq", "ne", "and", "or", "not", "select")


def _joined(steps: Steps, outputs: Sequence[Value]) -> Steps:
    """Products that one sum alone reads become part of it; a common number factor of both terms is taken out."""
    uses = Counter(a for _, args in steps.values() for a in args if isinstance(a, str))
    uses.update(a for a in outputs if isinstance(a, str))
    made = dict(steps)

    def product(a: Value) -> tuple[Value, ...] | None:
        return made[a][1] if isinstance(a, str) and a in made and made[a][0] == "mul" and uses[a] == 1 else None
    for name, (op, (x, *rest)) in steps.items():
        if op not in FOLDED:
            continue
        y, = rest
        left, right = product(x), product(y)
        if op == "add" and right is None and left is not None:
            x, y, left, right = y, x, None, left
        if right is None or isinstance(x, float):
            continue
        number = next((a for a in right if isinstance(a, float)), None)
        if number is None:
            made[name] = ("fma" if op == "add" else "fms", (x, *right))
        else:
            other = next(a for a in right if a is not number)
            made[name] = (FOLDED[op], (x, other, number))
    return made


def _after(name: Value, steps: Steps, seen: set[str], order: list[str]) -> None:
    """Append what a name needs, and then itself, to the order."""
    waiting: list[tuple[Value, bool]] = [(name, False)]
    while waiting:
        a, ready = waiting.pop()
        if not isinstance(a, str) or a not in steps:
            continue
        if ready:
            order.append(a)
        elif a not in seen:
            seen.add(a)
            waiting.append((a, True))
            waiting.extend((b, False) for b in reversed(steps[a][1]))
