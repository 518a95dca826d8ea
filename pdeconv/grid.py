"""Grid: a box of equal cells."""
from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np


class BadGrid(ValueError):
    """Data that are no grid, or fields that do not fit one."""


@dataclass(frozen=True, init=False, repr=False)
class Grid:
    """The box Π_j [a_j, b_j] in N_j cells along each axis: Grid(x=(0, 1, 100), y=(0, 1, 50)).

    Fields on it have the shape (unknowns, N_y, N_x), with rows running down and y up. Raises BadGrid.

    >>> grid = Grid(x=(0, 2, 4)); grid.spacing, grid.centres("x").tolist()
    ((0.5,), [0.25, 0.75, 1.25, 1.75])
    """

    axes: tuple[str, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    cells: tuple[int, ...]

    def __init__(self, **axes: tuple[Any, Any, int]) -> None:
        if not axes:
            raise BadGrid("a grid needs at least one axis: Grid(x=(0, 1, 100)).")
        for name, row in axes.items():
            if not _is_axis(row):
                raise BadGrid(f"{name}={row!r} is no axis. Give its ends in rising order and its number of cells: "
                              f"{name}=(0, 1, 100).")
        values = {"axes": tuple(axes), "low": tuple(float(a) for a, _, _ in axes.values()),
                  "high": tuple(float(b) for _, b, _ in axes.values()),
                  "cells": tuple(int(n) for _, _, n in axes.values())}
        for name, value in values.items():
            object.__setattr__(self, name, value)

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of a scalar field: (…, N_y, N_x)."""
        return self.cells[::-1]

    @property
    def spacing(self) -> tuple[float, ...]:
        """Δx_j, by axis."""
        return tuple((b - a) / n for a, b, n in zip(self.low, self.high, self.cells))

    def centres(self, axis: str) -> np.ndarray:
        """The coordinates of the cells' centres along an axis, in the shape of a field of this grid up to broadcasting;
        one-dimensional and rising on a grid of one axis."""
        j = self.axes.index(axis)
        return self.at(j, np.arange(self.cells[j])).reshape([-1 if i == j else 1 for i in range(len(self.axes))][::-1])

    def at(self, j: int, index: np.ndarray) -> np.ndarray:
        """The coordinates of cells by their index in arrays along the axis of this number, also beyond the sides."""
        rising = self.cells[j] - 1 - index if j == 1 else index
        return self.low[j] + (rising + 0.5) * self.spacing[j]

    def field(self, given: Any, names: tuple[str, ...]) -> np.ndarray:
        """The field, shape (unknowns, *shape), of an array or tensor, of a mapping from names to values, or of a
        function of the coordinates that returns one of them. Raises BadGrid."""
        if callable(given):
            self.takes(given)
            given = given(**{axis: self.centres(axis) for axis in self.axes})
        if isinstance(given, Mapping):
            if set(given) != set(names):
                raise BadGrid(f"values are given for {', '.join(given)}, and the unknowns are {', '.join(names)}. Give "
                              "one for each.")
            given = [given[name] for name in names]
        if type(given).__module__ == "torch":
            if given.requires_grad:
                raise BadGrid("the field asks for gradients, and a run keeps none. Give u0.detach(), or take "
                              "the steps, which are differentiable, of Stepper(…, backend='torch').")
            given = given.numpy(force=True)
        if not isinstance(given, np.ndarray):
            listed = hasattr(given, "__len__") and not isinstance(given, str)
            if not listed or len(given) != len(names):
                count = f"{len(given)} field{' is' if len(given) == 1 else 's are'}" if listed else f"{given!r} is"
                raise BadGrid(f"{count} given, and one is needed for each of {', '.join(names)}. Give one field for "
                              "each.")
            given = np.stack([self._one(f, name) for f, name in zip(given, names)])
        if given.dtype.kind not in "biuf":
            raise BadGrid(f"the field holds {given.dtype}, and fields are real. Convert it.")
        if given.shape != (len(names), *self.shape):
            raise BadGrid(f"the field has the shape {given.shape}, and {', '.join(names)} on {self} "
                          f"need{'s' * (len(names) == 1)} {(len(names), *self.shape)}. Reshape it.")
        return np.array(given, dtype=given.dtype if given.dtype == np.float32 else np.float64)

    def _one(self, given: Any, name: str) -> np.ndarray:
        """The field of one unknown."""
        try:
            if np.iscomplexobj(given):
                raise TypeError("it is complex")
            return np.broadcast_to(np.asarray(given, dtype=float), self.shape)
        except (TypeError, ValueError) as error:
            raise BadGrid(f"the field of {name} is none on {self}: {error}. Give a number, or an array {self.shape}."
                          ) from error

    def takes(self, function: Callable) -> None:
        """Whether a function can be called with the coordinates by name; BadGrid."""
        try:
            inspect.signature(function).bind(**dict.fromkeys(self.axes))
        except TypeError as error:
            raise BadGrid(f"the initial field is a function that does not take {', '.join(self.axes)}: {error}. Name "
                          f"its arguments so: lambda {', '.join(self.axes)}: …") from error

    def __repr__(self) -> str:
        rows = zip(self.axes, self.low, self.high, self.cells)
        inner = ", ".join(f"{a}=({_short(x)}, {_short(y)}, {n})" for a, x, y, n in rows)
        return f"Grid({inner})"


def _is_axis(row: Any) -> bool:
    """Whether (low, high, cells) describes an axis."""
    if not isinstance(row, (tuple, list)) or len(row) != 3:
        return False
    low, high, cells = row
    if not isinstance(cells, (int, np.integer)) or isinstance(cells, bool) or cells < 1:
        return False
    try:
        return bool(np.isfinite([float(low), float(high)]).all() and float(low) < float(high))
    except (TypeError, ValueError):
        return False


def _short(x: float) -> str:
    """The shortest text of this float."""
    return f"{x:g}" if float(f"{x:g}") == x else repr(x)
