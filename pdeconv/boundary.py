"""Boundary conditions as padding: each fills the cells beyond one side of the grid from those within."""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
import sympy

from .admissible import Admissible
from .condition import Condition, Copies, Dirichlet, Ghost, Outflow, Periodic, Place, condition
from .grid import Grid
from .operations import NUMPY
from .program import Program, program
from .reflection import NotASide
from .system import System

_Known = tuple[Any, np.ndarray | None, np.ndarray | None] | None  # cells inwards, factors and addends


class NotWellPosed(ValueError):
    """A number of boundary conditions that is not the number of incoming characteristics."""


@dataclass(frozen=True)
class Boundary:
    """The conditions on the low and the high side of every axis; see `boundary`."""

    system: System
    sides: tuple[tuple[Condition, Condition], ...]
    grid: Grid | None = None

    def pad(self, u: Any, width: int, time: float = 0.0, axes: int | None = None) -> Any:
        """The array (n, …, y, x) with `width` more cells on every side, or on those of the first `axes`; NumPy arrays
        or torch tensors, differentiable.

        Corners come from the side of the last axis, which continues what was padded before.

        >>> from pdeconv import catalog
        >>> boundary(catalog.burgers(), "periodic").pad(np.array([[1., 2., 3.]]), 1)
        array([[3., 1., 2., 3., 1.]])
        """
        xp = _namespace(u)
        for j in range(self.system.ndim if axes is None else axes):
            line = xp.moveaxis(u, -1 - j, -1)
            low, high = (self._beyond(line, j, end, width, time, xp) for end in (0, 1))
            u = xp.concatenate([xp.moveaxis(xp.flip(low, -1), -1, -1 - j), u, xp.moveaxis(high, -1, -1 - j)], -1 - j)
        return u

    def fill(self, padded: np.ndarray, width: int, time: float = 0.0) -> None:
        """The cells beyond the sides of a padded NumPy array, set in place from those within."""
        ndim = self.system.ndim
        for j in range(ndim):
            inner = [slice(None)] * (ndim + 1)
            for k in range(j + 1, ndim):
                inner[ndim - k] = slice(width, -width)
            whole = np.moveaxis(padded[tuple(inner)], ndim - j, -1)
            line, n = whole[..., width:-width], whole.shape[-1] - 2 * width
            for end, known in enumerate(self._copied(j, n, width, padded.dtype)):
                if known is None:
                    made = self._beyond(line, j, end, width, time, np)
                else:
                    cells, a, b = known
                    made = (line[..., ::-1] if end else line)[..., cells]
                    made = made if a is None else a * made + b
                (whole[..., width + n:] if end else whole[..., width - 1::-1])[...] = made  # outwards

    def copies(self, cells: tuple[int, ...], width: int) -> tuple[np.ndarray, np.ndarray] | None:
        """`fill` by tables, where the cells beyond all sides are a·u + b of cells within, otherwise None: by axis the
        index of each and that of its cell in a padded array, (ndim, 2·width, 2); and a, b by
        unknown, (ndim, 2·width, n, 2)."""
        places, factors = [], []
        for j, (axis, pair) in enumerate(zip(self.system.axes, self.sides)):
            found = [c.copies(self.system, axis, cells[j], width) for c in (reversed(pair) if j == 1 else pair)]
            if found[0] is None or found[1] is None:
                return None
            high = cells[j] + 2 * width - 1
            places.append([(width - 1 - k, width + at) for k, at in enumerate(found[0].cells)]
                          + [(high - width + 1 + k, high - width - at) for k, at in enumerate(found[1].cells)])
            factors.append([np.transpose((c.factors, c.addends)) for c in found if c for _ in c.cells])
        return np.array(places), np.array(factors)

    @cached_property
    def _ghosts(self) -> tuple[tuple[Ghost, Ghost], ...]:
        """What each condition does, by axis, in the order of the array: y runs against the rows."""
        made = [tuple(c.ghost(self.system, axis) for c in pair) for axis, pair in zip(self.system.axes, self.sides)]
        return tuple((b, a) if j == 1 else (a, b) for j, (a, b) in enumerate(made))

    def __getstate__(self) -> dict[str, Any]:
        """The state without the functions, which are made again."""
        return {name: value for name, value in self.__dict__.items() if name != "_ghosts"}

    def _copied(self, j: int, n: int, width: int, dtype: Any) -> tuple[_Known, _Known]:
        """The cells beyond the two ends of an axis as factor · cell + addend, where they are; kept for other steps."""
        key = (j, n, width, dtype)
        if key not in self._tables:
            low, high = (_known(c.copies(self.system, self.system.axes[j], n, width), self.system.ndim, dtype)
                         for c in (reversed(self.sides[j]) if j == 1 else self.sides[j]))
            self._tables[key] = low, high
        return self._tables[key]

    @cached_property
    def _tables(self) -> dict[tuple, tuple[_Known, _Known]]:
        return {}

    def _beyond(self, line: Any, j: int, end: int, width: int, time: float, xp: Any) -> Any:
        """What lies before (0) or after (1) an array along axis j, which stands last; outwards."""
        first, last = line[..., :width], line[..., -width:]
        ghost, place = self._ghosts[j][end], self._place(j, end, width, tuple(line.shape[1:]), time, xp)
        return ghost(last, first, place) if end else ghost(xp.flip(first, -1), xp.flip(last, -1), place)

    def _place(self, j: int, end: int, width: int, shape: tuple[int, ...], time: float, xp: Any) -> Place:
        """The cells before (0) or after (1) the array along axis j, which stands last in the shape."""
        if self.grid is None:
            return Place(width, None, time, xp)
        order = [*(k for k in reversed(range(self.system.ndim)) if k != j), j]
        found = {}
        for at, k in enumerate(order):
            n = self.grid.cells[k]
            if k == j:
                index = np.arange(n, n + width) if end else -1 - np.arange(width)
            else:
                index = np.arange(shape[at]) - (shape[at] - n) // 2
            found[self.grid.axes[k]] = self.grid.at(k, index).reshape([-1 if i == at else 1 for i in range(len(order))])
        return Place(width, found, time, xp)

    # Well-posedness --------------------------------------------------------------------------------------
    def check(self, u: np.ndarray) -> None:
        """Counts the characteristics that enter through each side, at the states that the conditions put there at time
        0, in floats, against the conditions given, and sees that these determine them; NotWellPosed with the state."""
        for j, axis in enumerate(self.system.axes):
            line = np.moveaxis(u, -1 - j, -1)
            for high, side in enumerate(self.sides[j]):
                given = side.count()
                if given is None:
                    continue
                end = int(bool(high) != (j == 1))
                inside = line[..., -1:] if end else line[..., :1]
                place = self._place(j, end, 1, inside.shape[1:], 0.0, np)
                states = self._ghosts[j][end](inside, inside, place).reshape(self.system.size, -1)
                with np.errstate(all="ignore"):  # where a cell is dry there is nothing to count
                    states = states[:, np.isfinite(_table(self._matrices[j], states)).all((1, 2))]
                if not states.size:
                    continue
                if isinstance(side, Dirichlet):
                    allowed = Admissible(self.system)
                    replace(allowed, may_vanish=allowed.names).require(states, f"the state at {_side(axis, high)}")
                speeds, vectors = self._characteristics(j, states)
                entering = speeds * (1 if high == 0 else -1)
                scale = 1e-12 * np.abs(entering).max(initial=1.0)
                counts = (entering > scale).sum(-1)
                wrong = counts == self.system.size if isinstance(side, Outflow) else counts != given
                if wrong.any():
                    k = int(np.argmax(wrong))
                    self._refuse(axis, high, side, given, int(counts[k]), states[:, k], speeds[k])
                if isinstance(side, Dirichlet):
                    self._determines(axis, high, side, states, vectors, entering > scale)

    @cached_property
    def _matrices(self) -> list[Program]:
        inputs = {s: f"q{k}" for k, s in enumerate(self.system.state)}
        return [program(list(m), inputs) for m in self.system.matrices]

    def _characteristics(self, j: int, states: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The speeds, shape (cells, n), and right eigenvectors at states (n, cells)."""
        values, vectors = np.linalg.eig(_table(self._matrices[j], states))
        return values.real, vectors.real

    def _determines(self, axis: str, high: int, side: Dirichlet, states: np.ndarray, vectors: np.ndarray,
                    entering: np.ndarray) -> None:
        """Whether the values given determine the amplitudes of the entering waves: det(∂values/∂u · R₊) ≠ 0."""
        system, formulas = self.system, side.formulas(self.system)
        of = dict(zip(system.primitive_names, formulas)) if formulas else dict(zip(system.names, system.state))
        rows = [sympy.diff(of[name], s) for name in side.names for s in system.state]
        made = program(rows, {s: f"q{k}" for k, s in enumerate(system.state)})
        found = _table(made, states).reshape(states.shape[1], len(side.values), system.size)
        for k in range(states.shape[1]):
            waves = found[k] @ vectors[k][:, entering[k]]
            scale = np.linalg.norm(found[k], axis=1).prod()
            if abs(np.linalg.det(waves)) <= 1e-9 * scale:
                values = ", ".join(f"{name} = {x:g}" for name, x in zip(system.names, states[:, k]))
                raise NotWellPosed(f"{', '.join(side.names)} on {_side(axis, high)} do not determine the waves that "
                                   f"enter there, at {values}: some of them carry none of these. Give other unknowns.")

    def _refuse(self, axis: str, high: int, side: Condition, given: int, count: int, state: np.ndarray,
                speeds: np.ndarray) -> None:
        values = ", ".join(f"{name} = {x:g}" for name, x in zip(self.system.names, state))
        what = "characteristic enters" if count == 1 else "characteristics enter"
        where = f"at {values}, where the speeds along {axis} are {', '.join(f'{s:.4g}' for s in sorted(speeds))}"
        if isinstance(side, Outflow):
            raise NotWellPosed(f"{_side(axis, high)} is an outflow, and all {count} characteristics enter there, "
                               f"{where}: nothing flows out. Give the {count} values with dirichlet(…).")
        raise NotWellPosed(f"{count} {what} through {_side(axis, high)}, {where}, and {given} "
                           f"condition{' is' if given == 1 else 's are'} given. Give {count}: "
                           + ("'outflow'." if count == 0 else "dirichlet(…) with that many unknowns, or 'outflow'."))


def _known(given: Copies | None, ndim: int, dtype: Any) -> _Known:
    """Copies as an index that makes a view, if one does; without factors and addends where these keep every bit."""
    if given is None:
        return None
    first, *rest = cells = given.cells
    way = {b - a for a, b in pairwise(cells)} or {0}
    found: Any = [*cells]
    if way == {0}:
        found = slice(first, first + 1)
    elif way in ({1}, {-1}):
        step = way.pop()
        found = slice(first, rest[-1] + step if rest[-1] + step >= 0 else None, step)
    a, b = (np.array(row, dtype).reshape(-1, *[1] * ndim) for row in (given.factors, given.addends))
    return (found, None, None) if (a == 1).all() and (np.signbit(b) & (b == 0)).all() else (found, a, b)


def _side(axis: str, high: int) -> str:
    return f"the {'high' if high else 'low'} side of {axis}"


def _table(made: Program, states: np.ndarray) -> np.ndarray:
    """The outputs at states (n, cells), shape (cells, n, ·)."""
    found = made(NUMPY, {f"q{k}": f for k, f in enumerate(states)})
    return np.stack([np.broadcast_to(e, states.shape[1:]) for e in found], -1).reshape(states.shape[1], -1, len(states))


def boundary(system: System, given: Any = "periodic", grid: Grid | None = None) -> Boundary:
    """The conditions on all sides: one for all, a mapping from axes to one or to a pair (low side, high side).

    A condition is "periodic", "wall" (or "reflect"), "outflow", "conductor", "free-surface", dirichlet(…), Wall(odd=…).
    The grid is what functions of coordinates need. Raises NotASide.

    >>> from pdeconv import catalog, dirichlet
    >>> boundary(catalog.advection(), {"x": (dirichlet(u=1), "outflow")}).sides
    ((dirichlet(u=1), Outflow()),)
    """
    table = given if isinstance(given, Mapping) else dict.fromkeys(system.axes, given)
    if set(table) != set(system.axes):
        raise NotASide(f"conditions are given along {', '.join(table)}, and the axes are {', '.join(system.axes)}. "
                       "Give one or a pair for each.")
    sides = []
    for axis in system.axes:
        pair = table[axis] if isinstance(table[axis], (tuple, list)) else (table[axis],) * 2
        if len(pair) != 2:
            raise NotASide(f"{len(pair)} conditions are given along {axis}. Give one for both sides, or a pair.")
        low, high = (condition(c) for c in pair)
        if isinstance(low, Periodic) != isinstance(high, Periodic):
            raise NotASide(f"one side of {axis} is periodic and the other is not. Make both periodic, or none.")
        sides.append((low, high))
    made = Boundary(system, tuple(sides), grid)
    _ = made._ghosts  # conditions that do not exist for the system are refused here
    return made


class _Torch:
    """The few functions of NumPy that conditions use, for tensors of a device."""

    def __init__(self, device: Any) -> None:
        self.device = device

    @property
    def torch(self) -> Any:
        import torch
        return torch

    def concatenate(self, parts: Any, axis: int) -> Any:
        return self.torch.cat(parts, axis)

    def asarray(self, a: Any, dtype: Any) -> Any:
        return self.torch.asarray(a, dtype=dtype, device=self.device)

    def flip(self, u: Any, axis: int) -> Any:
        return self.torch.flip(u, (axis,))

    def __getattr__(self, name: str) -> Any:
        return getattr(self.torch, {"moveaxis": "movedim"}.get(name, name))


def _namespace(u: Any) -> Any:
    return np if isinstance(u, np.ndarray) else _Torch(u.device)
