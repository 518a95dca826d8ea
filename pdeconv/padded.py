"""Layout: arrays with room around the cells, where rows begin at whole vectors."""
from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from .vector import BYTES


@dataclass(frozen=True)
class Layout:
    """Fields of `size` unknowns on a box of `cells` (x first) with at least `reach` more cells around.

    The cells are a view of a longer array, and the way back from the view is arithmetic: `whole` finds the array.
    """

    size: int
    cells: tuple[int, ...]
    reach: int
    dtype: Any

    @property
    def lanes(self) -> int:
        """The cells in a vector."""
        return BYTES // np.dtype(self.dtype).itemsize

    @property
    def margin(self) -> int:
        """The cells before a row: whole vectors."""
        return -(-self.reach // self.lanes) * self.lanes

    @property
    def pitch(self) -> int:
        """The length of a row."""
        return -(-self.cells[0] // self.lanes) * self.lanes + 2 * self.margin

    @property
    def rows(self) -> int:
        """The rows of a plane, with those around."""
        return self.cells[1] + 2 * self.reach if len(self.cells) > 1 else 1

    @property
    def planes(self) -> int:
        """The planes, with those around."""
        return self.cells[2] + 2 * self.reach if len(self.cells) > 2 else 1

    @property
    def _length(self) -> int:
        return self.size * self.planes * self.rows * self.pitch

    def empty(self) -> np.ndarray:
        """A new field: the view of its cells, shape (unknowns, …, y, x)."""
        return self.cells_of(self.within(self.owner()))

    def owner(self) -> np.ndarray:
        """A new array with room for a field that begins at a whole vector."""
        return np.empty(self._length + 3 * self.lanes, self.dtype)

    def within(self, owner: np.ndarray) -> np.ndarray:
        """The flat array of a field in an array with room for it."""
        return self.aligned(owner, self._length)

    def aligned(self, owner: np.ndarray, length: int) -> np.ndarray:
        """The part of an array that begins at a whole vector, with room before and after."""
        skip = -owner.ctypes.data % BYTES // owner.itemsize + self.lanes
        return owner[skip:skip + length]

    def _box(self, whole: np.ndarray) -> np.ndarray:
        outer = (self.planes, self.rows)[2 - max(len(self.cells) - 1, 0):]
        return whole.reshape(self.size, *outer, self.pitch)

    def cells_of(self, whole: np.ndarray) -> np.ndarray:
        """The cells of a flat array."""
        inner = (slice(self.reach, -self.reach),) * (len(self.cells) - 1)
        return self._box(whole)[(slice(None), *inner, slice(self.margin, self.margin + self.cells[0]))]

    def padded(self, whole: np.ndarray) -> np.ndarray:
        """The cells and `reach` more on every side."""
        return self._box(whole)[..., self.margin - self.reach:self.margin + self.cells[0] + self.reach]

    def whole(self, u: np.ndarray) -> np.ndarray | None:
        """The flat array whose cells these are, if there is one."""
        owner = u.base
        if type(owner) is np.ndarray and owner.shape == (self._length + 3 * self.lanes,) and owner.dtype == self.dtype:
            found = self.within(owner)
            cells = self.cells_of(found)
            if (cells.ctypes.data, cells.strides, cells.shape) == (u.ctypes.data, u.strides, u.shape):
                return found
        return None
