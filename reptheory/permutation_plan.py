"""A family at one n as a plan: read diagonals, reduce, mix channels, broadcast, write on diagonals."""
from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from fractions import Fraction
from math import prod
from string import ascii_lowercase
from typing import TYPE_CHECKING

import numpy as np

from .diagram import Diagram, Labels
from .draft import Draft
from .plan import Param, Plan

if TYPE_CHECKING:
    from .permutation_family import PermutationFamily


Total = tuple[str, frozenset[int]]  # the name of a tensor, and the axes in which it is not of size 1


@dataclass(frozen=True)
class Path:
    """The diagrams of a pair that end in the same way: their inputs are one stack, mixed by one matrix product.

    `write` labels the output's indices, equal on a diagonal; `axes` are the labels among them that come from the input.
    Each member is the number of a diagram, the labels of the input's indices, and those kept of them, in the order of
    `axes`.
    """

    write: Labels
    axes: Labels
    members: tuple[tuple[int, Labels, Labels], ...]

    @property
    def numbers(self) -> tuple[int, ...]:
        """The numbers of the diagrams."""
        return tuple(number for number, _, _ in self.members)

    @property
    def letters(self) -> int:
        """The number of distinct labels of the output's indices."""
        return len(set(self.write))


def paths(diagrams: Iterable[Diagram]) -> tuple[Path, ...]:
    """Diagrams grouped by what they write: for k = l = 2 the 15 are 6 paths, out of the input and 5 contractions.

    >>> from .permutation_family import permutation_family
    >>> [len(path.members) for path in paths(permutation_family(2, 2).diagrams)]
    [3, 3, 3, 2, 2, 2]
    """
    found: dict[tuple[Labels, Labels], list[tuple[int, Labels, Labels]]] = {}
    for number, diagram in enumerate(diagrams):
        written = list(dict.fromkeys(diagram.target))
        write = tuple(map(written.index, diagram.target))
        kept = tuple(label for label in written if label in diagram.through)
        found.setdefault((write, tuple(map(written.index, kept))), []).append((number, diagram.source, kept))
    return tuple(Path(write, axes, tuple(members)) for (write, axes), members in found.items())


def step_up(source: Labels, kept: Labels) -> tuple[Labels, int] | None:
    """The contraction that is one reduction away, and the axis to reduce; None where nothing is summed over.

    >>> step_up((0, 1, 2), (2,))
    ((0, 2), 0)
    """
    missing = sorted(set(source) - set(kept))
    if not missing:
        return None
    larger = tuple(sorted((*kept, missing[0])))
    return larger, larger.index(missing[0])


def plan(family: PermutationFamily, sizes: dict[str, int], average: bool, bias: bool, init: str) -> Plan:
    """The plan of a family at these sizes, on features of `family.at`."""
    builder = _Builder(family, sizes, "mean" if average else "sum")
    variances = family.variances(init)
    start = 0
    for a, (m, word) in enumerate(family.source):
        stop = start + m * prod(sizes[c] for c in word)
        part = "x"
        if len(family.source) > 1:
            part = builder.step(f"part_{a}", "slice", "x", axis=1, start=start, stop=stop)
        builder.step(f"x{a}", "reshape", part, shape=(-1, *(sizes[c] for c in word), m))
        start = stop
    outputs = []
    for b, (n, word) in enumerate(family.target):
        totals: dict[Labels, Total] = {}
        for b_, a, _, m, diagrams in family.layout:
            if b_ == b:
                weight = "weight" if len(family.layout) == 1 else f"weight_{b}_{a}"
                builder.params.append(Param(weight, (len(diagrams), n, m), variances[b, a]))
                builder.pair(f"{b}_{a}", weight, word, totals, (a, n, m, diagrams))
        if bias:
            invariants = family.invariants[b]
            name = "bias" if len(family.target) == 1 else f"bias_{b}"
            builder.params.append(Param(name, (len(invariants), n), Fraction(0)))
            for number, invariant in enumerate(invariants):
                row = builder.step(f"{name}_row_{number}", "slice", name, axis=0, start=number, stop=number + 1)
                flat = builder.step(f"{name}_at_{number}", "reshape", row,
                                    shape=(*[1] * (len(invariant.blocks) + 1), n))
                builder.add(totals, invariant.labels, (flat, frozenset()), f"{name}_on_{number}")
        outputs.append(builder.output(b, n, word, totals))
    if len(outputs) > 1:
        builder.step("y", "concat", *outputs, axis=1)
    hom = family.at(**sizes) if family.kinds else family.at()
    at = ", ".join(f"{kind} = {size}" for kind, size in sizes.items())
    note = f"{family!r}{f', at {at}' if at else ''}, by {builder.kind}s"
    return builder.plan(("x",), builder.steps[-1].name, note, hom)


@dataclass
class _Builder(Draft):
    """The plan of a family while it is being written; tensors are (batch, *indices, channels)."""

    family: PermutationFamily
    sizes: dict[str, int]
    kind: str
    stacks: dict[tuple[str, ...], str] = field(default_factory=dict)

    def contraction(self, a: int, source: Labels, kept: Labels) -> str:
        """The input a with indices equal where labels are, reduced to the kept labels, in their order."""
        name, word = f"x{a}", _letters(source)
        ordered = tuple(sorted(kept))
        if ordered != kept:
            axes = (0, *(1 + ordered.index(label) for label in kept), 1 + len(kept))
            return self.step(f"{name}_{word}_to_{_letters(kept)}", "permute", self.contraction(a, source, ordered),
                             axes=axes)
        up = step_up(source, kept)
        if up is None:
            if len(set(source)) == len(source):
                return name
            return self.step(f"{name}_{word}", "einsum", name, equation=f"Z{word}C->Z{_letters(kept)}C")
        larger, axis = up
        return self.step(f"{name}_{word}_to_{_letters(kept) or '1'}", "reduce", self.contraction(a, source, larger),
                         kind=self.kind, axes=(1 + axis,))

    def stack(self, parts: tuple[str, ...], axis: int) -> str:
        """Contractions side by side as channels; made once."""
        if parts not in self.stacks:
            self.stacks[parts] = self.step(f"stack_{len(self.stacks)}", "concat", *parts, axis=axis)
        return self.stacks[parts]

    def pair(self, key: str, weight: str, word: str, totals: dict[Labels, Total], block: tuple) -> None:
        """Add what one summand of the input gives to the totals of a summand of the output."""
        a, n, m, diagrams = block
        for number, path in enumerate(paths(diagrams)):
            name, count = f"{key}_{number}", len(path.members)
            parts = [self.contraction(a, source, kept) for _, source, kept in path.members]
            stack = parts[0] if count == 1 else self.stack(tuple(parts), 1 + len(path.axes))
            index = self.const(f"index_{name}", np.array(path.numbers))
            self.step(f"rows_{name}", "gather", weight, index)
            self.step(f"turned_{name}", "permute", f"rows_{name}", axes=(0, 2, 1))
            self.step(f"matrix_{name}", "reshape", f"turned_{name}", shape=(count * m, n))
            letters = _letters(path.axes)
            mixed = self.step(f"mixed_{name}", "einsum", stack, f"matrix_{name}",
                              equation=f"Z{letters}C,CO->Z{letters}O")
            if len(path.axes) < path.letters:
                kinds = dict(zip(path.write, word))
                shape = (self.sizes[kinds[label]] if label in path.axes else 1 for label in sorted(kinds))
                mixed = self.step(f"open_{name}", "reshape", mixed, shape=(-1, *shape, n))
            self.add(totals, path.write, (mixed, frozenset(path.axes)), f"sum_{name}")

    def add(self, totals: dict[Labels, Total], write: Labels, term: Total, name: str) -> None:
        """Add a term to the total of what is written in one way."""
        if write in totals:
            old, axes = totals[write]
            term = self.step(name, "add", old, term[0]), axes | term[1]
        totals[write] = term

    def output(self, b: int, n: int, word: str, totals: dict[Labels, Total]) -> str:
        """The sum of the totals, each written on its diagonal, as features (batch, entries · channels)."""
        found = ""
        for write, (total, axes) in totals.items():
            kinds = [word[write.index(label)] for label in sorted(set(write))]
            if len(axes) < len(kinds):
                ones = self.const(f"ones_{''.join(kinds)}", np.ones((1, *(self.sizes[c] for c in kinds), 1)))
                total = self.step(f"full_{b}_{_letters(write)}", "mul", total, ones)
            first = {label: write.index(label) for label in set(write)}
            again = [(first[label], i) for i, label in enumerate(write) if first[label] != i]
            if again:
                terms = ["Z" + _letters(first[label] for label in sorted(first)) + "O"]
                terms += [_letters(pair) for pair in again]
                eyes = [self.const(f"eye_{word[i]}", np.eye(self.sizes[word[i]])) for _, i in again]
                total = self.step(f"placed_{b}_{_letters(write)}", "einsum", total, *eyes,
                                  equation=f"{','.join(terms)}->Z{_letters(range(len(word)))}O")
            found = self.step(f"y{b}_{_letters(write)}", "add", found, total) if found else total
        return self.step(f"y{b}", "reshape", found, shape=(-1, prod(self.sizes[c] for c in word) * n))


def _letters(labels: Iterable[int]) -> str:
    return "".join(ascii_lowercase[label] for label in labels)
