"""Boundary conditions as padding: each fills the cells beyond one side of the grid from those within."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import Any

import numpy as np
import sympy

from .numerical_flux import physical
from .program import program
from .system import System


class NotWellPosed(ValueError):
    """A number of boundary conditions that is not the number of incoming characteristics."""


class NotASide(ValueError):
    """A boundary condition that does not exist for this system, or sides that are not described."""


@dataclass(frozen=True)
class Condition:
    """What is beyond one side: `ghost` maps the cells within to as many cells beyond."""

    def conditions(self, system: System, axis: str) -> int | None:
        """How many scalar conditions it imposes; None where the count does not apply."""
        raise NotImplementedError  # abstract

    def ghost(self, inside: Any, across: Any, system: System, axis: str, xp: Any) -> Any:
        """The cells beyond, in the order of the array, from the cells next to this side and next to the other one, both
        of shape (n, …, width) along the last axis with the side at the end of `inside` (the cell at the side last)."""
        raise NotImplementedError  # abstract


@dataclass(frozen=True)
class Periodic(Condition):
    """The other side follows: u(x + L) = u(x)."""

    def conditions(self, system: System, axis: str) -> None:
        """Nothing is imposed."""
        return None

    def ghost(self, inside: Any, across: Any, system: System, axis: str, xp: Any) -> Any:
        """The cells at the other side."""
        return across


@dataclass(frozen=True)
class Outflow(Condition):
    """The last cell is continued, so that waves leave: the incoming ones carry nothing."""

    def conditions(self, system: System, axis: str) -> int:
        """0, beyond those that the numerical flux takes from the continuation."""
        return 0

    def ghost(self, inside: Any, across: Any, system: System, axis: str, xp: Any) -> Any:
        """The last cell, repeated."""
        return xp.concatenate([inside[..., -1:]] * inside.shape[-1], -1)


@dataclass(frozen=True)
class Wall(Condition):
    """The mirror image u(−x) = S u(x), S = diag(±1) with S f(S u) = −f(u) along the axis and S g(S u) = g(u) along the
    others, so that the reflected flow solves the same system and nothing crosses the wall.

    `odd` names the unknowns that change sign; otherwise they are found: the fewest, among which the first unknown is
    not, if possible.

    >>> from pdeconv import catalog
    >>> reflection(catalog.euler(ndim=2), "y")
    ('m_y',)
    """

    odd: tuple[str, ...] | None = None

    def conditions(self, system: System, axis: str) -> int:
        """One for each unknown that changes sign: it vanishes at the wall."""
        return len(self._odd(system, axis))

    def ghost(self, inside: Any, across: Any, system: System, axis: str, xp: Any) -> Any:
        """The mirror image."""
        odd = self._odd(system, axis)
        signs = xp.asarray([-1.0 if name in odd else 1.0 for name in system.names], dtype=inside.dtype)
        return xp.flip(inside, -1) * signs.reshape(-1, *[1] * (len(inside.shape) - 1))

    def _odd(self, system: System, axis: str) -> tuple[str, ...]:
        if self.odd is None:
            return reflection(system, axis)
        if not is_reflection(system, axis, self.odd):
            raise NotASide(f"changing the sign of {', '.join(self.odd) or 'nothing'} along {axis} is no reflection of "
                           f"{system.expression}. Leave `odd` out to have one found.")
        return self.odd


@dataclass(frozen=True)
class Dirichlet(Condition):
    """Values for some unknowns, as many as characteristics enter; the other unknowns are continued."""

    values: tuple[tuple[str, float], ...]

    def conditions(self, system: System, axis: str) -> int:
        """The number of values."""
        return len(self.values)

    def ghost(self, inside: Any, across: Any, system: System, axis: str, xp: Any) -> Any:
        """The values, and the last cell repeated."""
        given = dict(self.values)
        last = xp.concatenate([inside[..., -1:]] * inside.shape[-1], -1)
        return xp.stack([last[k] * 0 + given[name] if name in given else last[k]
                         for k, name in enumerate(system.names)])


def dirichlet(**values: float) -> Dirichlet:
    """The condition u_k = value for the unknowns named.

    >>> dirichlet(u=1)
    Dirichlet(values=(('u', 1),))
    """
    return Dirichlet(tuple(values.items()))


def is_reflection(system: System, axis: str, odd: Sequence[str]) -> bool:
    """Whether S f_axis(S u) = −f_axis(u) and S f_k(S u) = f_k(u) for the other axes and the source, exactly."""
    signs = [-1 if name in odd else 1 for name in system.names]
    mirrored = [s * u for s, u in zip(signs, system.state)]
    rows = [(physical(system, system.state, a), physical(system, mirrored, a), -1 if a == axis else 1)
            for a in system.axes]
    at = dict(zip(system.state, mirrored))
    rows.append((system.source, tuple(s.subs(at, simultaneous=True) for s in system.source), 1))
    return all(sympy.cancel(s * b - sign * a) == 0 for f, g, sign in rows for s, a, b in zip(signs, f, g))


def reflection(system: System, axis: str) -> tuple[str, ...]:
    """The unknowns that change sign under x ↦ −x, exactly: the fewest; NotASide where no choice of signs does it."""
    names = system.names
    for first in (False, True):
        for count in range(len(names) + 1):
            for odd in combinations(names, count):
                plausible = not any(system.state[names.index(name)].is_positive for name in odd)
                if (names[0] in odd) == first and plausible and is_reflection(system, axis, odd):
                    return odd
    raise NotASide(f"{system.expression} has no wall across {axis}: no change of signs of {', '.join(names)} turns its "
                   "flux around. Use 'outflow', 'periodic' or dirichlet(…).")


NAMED: dict[str, Condition] = {"periodic": Periodic(), "wall": Wall(), "reflect": Wall(), "outflow": Outflow()}


@dataclass(frozen=True)
class Boundary:
    """The conditions on the low and the high side of every axis; see `boundary`."""

    system: System
    sides: tuple[tuple[Condition, Condition], ...]

    def pad(self, u: Any, width: int, time: float = 0.0) -> Any:
        """The array (n, …, y, x) with `width` more cells on every side; NumPy arrays or torch tensors, differentiable.

        >>> from pdeconv import catalog
        >>> boundary(catalog.burgers(), "periodic").pad(np.array([[1., 2., 3.]]), 1)
        array([[3., 1., 2., 3., 1.]])
        """
        xp = _namespace(u)
        for j, axis in enumerate(self.system.axes):
            low, high = self._beyond(u, j, axis, width, xp)
            u = xp.concatenate([low, u, high], -1 - j)
        return u

    def fill(self, padded: np.ndarray, width: int, time: float = 0.0) -> None:
        """The cells beyond the sides of a padded NumPy array, set in place from those within."""
        ndim = self.system.ndim
        for j, axis in enumerate(self.system.axes):
            inner = [slice(None)] * (ndim + 1)
            for k in range(j, ndim):
                inner[ndim - k] = slice(width, -width)
            view = padded[tuple(inner)]
            low, high = self._beyond(view, j, axis, width, np)
            for place, values in ((slice(None, width), low), (slice(-width, None), high)):
                inner[ndim - j] = place
                padded[tuple(inner)] = values

    def _beyond(self, u: Any, j: int, axis: str, width: int, xp: Any) -> tuple[Any, Any]:
        """What lies before and after the array along an axis; y runs against the rows."""
        line = xp.moveaxis(u, -1 - j, -1)
        if line.shape[-1] < width:
            raise NotASide(f"{line.shape[-1]} cells along {axis} are fewer than the {width} that the scheme reads "
                           "beyond a side. Take a finer grid.")
        first, last = line[..., :width], line[..., -width:]
        low, high = self.sides[j] if j != 1 else self.sides[j][::-1]
        before = xp.flip(low.ghost(xp.flip(first, -1), xp.flip(last, -1), self.system, axis, xp), -1)
        after = high.ghost(last, first, self.system, axis, xp)
        return xp.moveaxis(before, -1, -1 - j), xp.moveaxis(after, -1, -1 - j)

    def check(self, u: np.ndarray) -> None:
        """Counts the characteristics that enter through each side at the states next to it, in floats, against the
        conditions given; NotWellPosed with the cell where they differ."""
        for j, axis in enumerate(self.system.axes):
            line = np.moveaxis(u, -1 - j, -1)
            for high, condition in enumerate(self.sides[j]):
                given = condition.conditions(self.system, axis)
                if given is None:
                    continue
                at_end = bool(high) != (j == 1)
                states = line[..., -1 if at_end else 0].reshape(self.system.size, -1)
                if isinstance(condition, Wall):
                    odd = reflection(self.system, axis) if condition.odd is None else condition.odd
                    states = np.where([[name in odd] for name in self.system.names], 0.0, states)
                entering = self._speeds(j, states) * (1 if high == 0 else -1)
                scale = 1e-12 * np.abs(entering).max(initial=1.0)
                counts = (entering > scale).sum(-1)
                wrong = counts == self.system.size if isinstance(condition, Outflow) else counts != given
                if wrong.any():
                    self._refuse(axis, high, condition, given, int(counts[wrong][0]), states[:, wrong][:, 0])

    def _speeds(self, j: int, states: np.ndarray) -> np.ndarray:
        """The characteristic speeds at states (n, cells), shape (cells, n)."""
        from .operations import NUMPY
        n = self.system.size
        entries = program(list(self.system.matrices[j]), {s: f"q{k}" for k, s in enumerate(self.system.state)})
        made = entries(NUMPY, {f"q{k}": f for k, f in enumerate(states)})
        table = np.stack([np.broadcast_to(e, states.shape[1:]) for e in made], -1)
        return np.linalg.eigvals(table.reshape(-1, n, n)).real

    def _refuse(self, axis: str, high: int, condition: Condition, given: int, count: int, state: np.ndarray) -> None:
        side = f"the {'high' if high else 'low'} side of {axis}"
        values = ", ".join(f"{name} = {x:g}" for name, x in zip(self.system.names, state))
        what = "characteristic enters" if count == 1 else "characteristics enter"
        if isinstance(condition, Outflow):
            raise NotWellPosed(f"{side} is an outflow, and all {count} characteristics enter there, at {values}: "
                               f"nothing flows out. Give the {count} values with dirichlet(…).")
        raise NotWellPosed(f"{count} {what} through {side}, at {values}, and {given} "
                           f"condition{' is' if given == 1 else 's are'} given. Give {count}: "
                           + ("'outflow'." if count == 0 else "dirichlet(…) with that many unknowns, or 'outflow'."))


def boundary(system: System, given: Any = "periodic") -> Boundary:
    """The conditions on all sides: one for all, a mapping from axes to one or to a pair (low side, high side).

    A condition is "periodic", "wall", "outflow", dirichlet(…), Wall(odd=…). Raises NotASide.

    >>> from pdeconv import catalog
    >>> boundary(catalog.advection(), {"x": (dirichlet(u=1), "outflow")}).sides
    ((Dirichlet(values=(('u', 1),)), Outflow()),)
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
        low, high = (_condition(c) for c in pair)
        if isinstance(low, Periodic) != isinstance(high, Periodic):
            raise NotASide(f"one side of {axis} is periodic and the other is not. Make both periodic, or none.")
        for c in (low, high):
            c.conditions(system, axis)
            strange = [name for name, _ in c.values if name not in system.names] if isinstance(c, Dirichlet) else []
            if strange:
                raise NotASide(f"{', '.join(strange)} is no unknown of {system.expression}. They are "
                               f"{', '.join(system.names)}.")
        sides.append((low, high))
    return Boundary(system, tuple(sides))


def _condition(given: Any) -> Condition:
    if isinstance(given, Condition):
        return given
    if isinstance(given, str) and given in NAMED:
        return NAMED[given]
    raise NotASide(f"{given!r} is no boundary condition. Use {', '.join(map(repr, NAMED))}, or dirichlet(…).")


class _Torch:
    """The few functions of NumPy that conditions use, for tensors."""

    @cached_property
    def torch(self) -> Any:
        import torch
        return torch

    def concatenate(self, parts: Any, axis: int) -> Any:
        return self.torch.cat(parts, axis)

    def flip(self, u: Any, axis: int) -> Any:
        return self.torch.flip(u, (axis,))

    def __getattr__(self, name: str) -> Any:
        return getattr(self.torch, {"moveaxis": "movedim"}.get(name, name))


def _namespace(u: Any) -> Any:
    return np if isinstance(u, np.ndarray) else _Torch()
