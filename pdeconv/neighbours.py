"""Neighbours: what torch tensors give through the faces before and after each cell, by slices or by rolls."""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .laurent import Offset

if TYPE_CHECKING:
    from .lower import Kernel

Load = Callable[[Any, Offset], Any]  # a field at an offset from the cell on the left of each face
Sides = tuple[list[Any], list[Any]]


@dataclass(frozen=True)
class Slices:
    """Views of fields that are padded by the reach of a kernel on every side."""

    kernel: Kernel
    shape: tuple[int, ...]

    def sides(self, axis: int, flux: Callable[[Load], list[Any]]) -> Sides:
        """The flux through the faces before and after each cell along an axis."""
        made = flux(lambda field, o: field[self.kernel.faces_at(axis, o, self.shape)])
        before, after = self.kernel.sides_of(axis)
        return [_part(f, before) for f in made], [_part(f, after) for f in made]

    def inner(self, field: Any) -> Any:
        """The cells themselves."""
        return field[(slice(self.kernel.reach, -self.kernel.reach),) * self.kernel.ndim]


@dataclass(frozen=True)
class Rolls:
    """Fields that are padded along x alone, and periodic along the other axes, where rows come in turn.

    Compilers join all into one loop that reads rows in place, where `Slices` need a second copy. Along the other axes a
    flux is computed for both cells beside a face, as such a loop does anyhow.
    """

    reach: int
    columns: int

    def sides(self, axis: int, flux: Callable[[Load], list[Any]]) -> Sides:
        """The flux through the faces before and after each cell along an axis."""
        if axis:
            here = flux(self._load)
            return flux(lambda field, o: self._load(field, tuple(x - (j == axis) for j, x in enumerate(o)))), here
        made = flux(lambda field, o: self._load(field, o, 1))
        return [_part(f, (..., slice(None, -1))) for f in made], [_part(f, (..., slice(1, None))) for f in made]

    def inner(self, field: Any) -> Any:
        """The cells themselves."""
        return self._load(field, (0,))

    def _load(self, field: Any, offset: Offset, more: int = 0) -> Any:
        """The cells at an offset, and as many more before them along x."""
        moved = {-1 - j: o if j == 1 else -o for j, o in enumerate(offset) if j and o}  # y runs against the rows
        if moved:
            field = field.roll(tuple(moved.values()), tuple(moved))
        start = self.reach + offset[0] - more
        return field[..., start:start + self.columns + more]


def _part(flux: Any, place: Any) -> Any:
    return flux if isinstance(flux, float) else flux[place]
