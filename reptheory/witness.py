"""The smallest witness that two projections do not commute: a unit kernel and an entry where the products differ."""
from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .angle import Pair, image
from .field import Number
from .hom import Hom
from .matrix import Matrix
from .project import places
from .span import Component

if TYPE_CHECKING:
    from .commutation import Cell, Commutation


@dataclass(frozen=True)
class Entry:
    """An entry of a kernel: the tap as an index into the array of X, and the channels."""

    tap: tuple[int, ...]
    output: int
    input: int

    def __str__(self) -> str:
        place = f"tap {self.tap}, " if self.tap else ""
        return f"{place}output channel {self.output}, input channel {self.input}"


@dataclass(frozen=True)
class Witness:
    """A unit kernel at `start` whose images under Π_P Π_Q and Π_Q Π_P differ at `entry`, with the two values."""

    start: Entry
    entry: Entry
    values: tuple[Number, Number]
    names: tuple[str, str]

    def __str__(self) -> str:
        p, q = ("Π_G" if name == "Hom_G" else f"Π_{name}" if name.isalnum() else f"Π({name})" for name in self.names)
        same = self.entry.tap and (self.entry.output, self.entry.input) == (self.start.output, self.start.input)
        entry = f"tap {self.entry.tap}" if same else str(self.entry)
        return (f"the unit kernel at {self.start} has {self.values[0]} at {entry} after {p} {q}, and {self.values[1]} "
                f"after {q} {p}")


def find(commutation: Commutation, cell: Cell, component: Component, pair: Pair) -> Witness:
    """The first unit kernel e_n of a component with Π_P Π_Q e_n ≠ Π_Q Π_P e_n, at the first entry where they differ.

    Some unit kernel shows it, as they span the component.
    """
    size = len(component.columns)
    for n in range(size):
        unit = Matrix.of([[int(m == n)] for m in range(size)])
        left = image(pair.first, pair.weights, image(pair.second, pair.weights, unit))
        right = image(pair.second, pair.weights, image(pair.first, pair.weights, unit))
        if left != right:
            m = next(m for m in range(size) if left[m, 0] != right[m, 0])
            hom = commutation.first.hom
            start, end = (entry(hom, cell, int(component.columns[k])) for k in (n, m))
            return Witness(start, end, (left[m, 0], right[m, 0]), (commutation.first.name, commutation.second.name))
    raise AssertionError("projections that do not commute differ on some unit vector")


def entry(hom: Hom, cell: Cell, unknown: int) -> Entry:
    """The entry of an unknown of a cell, on its first channel pair."""
    if cell.pair is None:
        flat = unknown
    else:
        j, i = (int(k[0]) for k in cell.channels.nonzero())
        flat = int(places(hom, cell.pair, j, i)[unknown])
    return entry_of(hom, flat)


def entry_of(hom: Hom, flat: int) -> Entry:
    """The entry with this number in a kernel flattened in C order."""
    x, rest = divmod(flat, hom.target.dim * hom.source.dim)
    tap: list[int] = []
    for n in reversed(hom.on.shape):
        x, k = divmod(x, n)
        tap.insert(0, k)
    return Entry(tuple(tap), *divmod(rest, hom.source.dim))
