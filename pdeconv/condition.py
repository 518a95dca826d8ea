"""Conditions: what lies beyond one side of a grid, as a function of what lies within."""
from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
import sympy

from .eigenstructure import primitive_inverse
from .operations import NUMPY, torch_operations
from .program import program
from .reflection import NotASide, is_mirror, is_reflection, reflection
from .system import System

Ghost = Callable[[Any, Any, "Place"], Any]
Value = float | Callable[..., Any]


@dataclass(frozen=True)
class Place:
    """The cells beyond a side: how many, the coordinates of their centres by axis (None without a grid), the time, and
    the functions of NumPy or of torch."""

    width: int
    coordinates: Mapping[str, np.ndarray] | None
    time: float
    xp: Any


@dataclass(frozen=True)
class Copies:
    """Cells beyond a side as a·u + b of cells within: the k-th outwards of the one that `cells[k]` counts inwards, with
    a and b by unknown; b = −0 where nothing is added, which keeps every bit."""

    cells: tuple[int, ...]
    factors: tuple[float, ...]
    addends: tuple[float, ...]


@dataclass(frozen=True)
class Condition:
    """What is beyond one side. `ghost` makes the function (inside, across, place) ↦ the cells beyond, outwards: inside
    are the cells next to this side, across those next to the other one, of shape (n, …, ·) with the side at the end."""

    def count(self) -> int | None:
        """How many scalar conditions it imposes; None where it is as many as characteristics enter, by its kind."""
        raise NotImplementedError  # abstract

    def ghost(self, system: System, axis: str) -> Ghost:
        """The function for a system across an axis; NotASide where there is none."""
        raise NotImplementedError  # abstract

    def copies(self, system: System, axis: str, cells: int, width: int) -> Copies | None:
        """The same on an axis of so many cells, where it is of this form; otherwise None."""
        return None


@dataclass(frozen=True)
class Periodic(Condition):
    """The other side follows: u(x + L) = u(x)."""

    def count(self) -> None:
        """Nothing is imposed."""
        return None

    def ghost(self, system: System, axis: str) -> Ghost:
        """The cells at the other side, again and again where there are few."""
        def beyond(inside: Any, across: Any, place: Place) -> Any:
            n = across.shape[-1]  # from the other side inwards, so the side is at the beginning
            parts = [across] * -(-place.width // n)
            return place.xp.concatenate(parts, -1)[..., :place.width]
        return beyond

    def copies(self, system: System, axis: str, cells: int, width: int) -> Copies:
        """The cells at the other side."""
        return _copies(system, [cells - 1 - k % cells for k in range(width)])


@dataclass(frozen=True)
class Outflow(Condition):
    """The last cell is continued, so that waves leave: the incoming ones carry nothing."""

    def count(self) -> int:
        """0, beyond those that the numerical flux takes from the continuation."""
        return 0

    def ghost(self, system: System, axis: str) -> Ghost:
        """The last cell, repeated."""
        return _continued

    def copies(self, system: System, axis: str, cells: int, width: int) -> Copies:
        """The last cell."""
        return _copies(system, [0] * width)


def _copies(system: System, cells: Sequence[int], odd: Collection[str] = (),
            values: Mapping[str, float] = MappingProxyType({})) -> Copies:
    """Copies with some signs changed, or with some values in their place."""
    factors = [0.0 if name in values else -1.0 if name in odd else 1.0 for name in system.names]
    return Copies(tuple(cells), tuple(factors), tuple(values.get(name, -0.0) for name in system.names))


def _continued(inside: Any, across: Any, place: Place) -> Any:
    return place.xp.concatenate([inside[..., -1:]] * place.width, -1)


@dataclass(frozen=True)
class Wall(Condition):
    """The mirror image u(−x) = S u(x), S = diag(±1) with S f(S u) = −f(u) along the axis and S g(S u) = g(u) along the
    others, so that the reflected flow solves the same system and nothing crosses the wall. It imposes as many
    conditions as characteristics enter, because S turns the speeds around.

    `odd` names the unknowns that change sign; otherwise they are found: the fewest, among which the first unknown is
    not, if possible. When given, S f(S u) = −f(u) across the side is enough: see `reflection.is_mirror`.
    """

    odd: tuple[str, ...] | None = None

    def count(self) -> None:
        """As many as enter."""
        return None

    def signs(self, system: System, axis: str) -> tuple[str, ...]:
        """The unknowns that change sign; NotASide."""
        if self.odd is None:
            return reflection(system, axis)
        strange = [name for name in self.odd if name not in system.names]
        if strange or not is_mirror(system, axis, self.odd):
            raise NotASide(f"changing the sign of {', '.join(self.odd) or 'nothing'} along {axis} is no reflection of "
                           f"{system.expression}. Leave `odd` out to have one found.")
        return tuple(self.odd)

    def ghost(self, system: System, axis: str) -> Ghost:
        """The mirror image."""
        odd = self.signs(system, axis)
        signs = [-1.0 if name in odd else 1.0 for name in system.names]

        def beyond(inside: Any, across: Any, place: Place) -> Any:
            if inside.shape[-1] < place.width:
                raise NotASide(f"{inside.shape[-1]} cells along {axis} are fewer than the {place.width} that the "
                               "scheme reads beyond a wall. Take a finer grid.")
            xp = place.xp
            s = xp.asarray(signs, dtype=inside.dtype).reshape(-1, *[1] * (len(inside.shape) - 1))
            return xp.flip(inside[..., inside.shape[-1] - place.width:], -1) * s
        return beyond

    def copies(self, system: System, axis: str, cells: int, width: int) -> Copies | None:
        """The mirror image, where there are cells enough."""
        return _copies(system, range(width), self.signs(system, axis)) if cells >= width else None


@dataclass(frozen=True)
class Conductor(Wall):
    """A perfect conductor in Maxwell's equations: the tangential E and the normal H vanish."""

    def signs(self, system: System, axis: str) -> tuple[str, ...]:
        """The tangential components of E and the normal one of H; NotASide."""
        odd = tuple(name for name in system.names
                    if name == f"H_{axis}" or (name.startswith("E_") and name != f"E_{axis}"))
        if not odd or not is_reflection(system, axis, odd):
            raise NotASide(f"{system.expression} has no conductors, which are walls for E and H. Use 'wall'.")
        return odd


@dataclass(frozen=True)
class FreeSurface(Wall):
    """A surface without traction in elasticity: the stresses across it vanish, the others and the velocity are even."""

    def signs(self, system: System, axis: str) -> tuple[str, ...]:
        """The stresses that act on the surface; NotASide."""
        odd = tuple(name for name in system.names if name.startswith("s_") and axis in name[2:])
        if not odd or not is_mirror(system, axis, odd):
            raise NotASide(f"{system.expression} has no free surfaces, on which the stresses s_{axis}… vanish. Use "
                           "'wall' or 'outflow'.")
        return odd


@dataclass(frozen=True, repr=False)
class Dirichlet(Condition):
    """Values for some unknowns, or for some primitive ones, as many as characteristics enter; the others are continued.

    A value is a number, or a function of coordinates and t, which it names: lambda y, t: np.sin(y - t)."""

    values: tuple[tuple[str, Value], ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The unknowns that are given."""
        return tuple(name for name, _ in self.values)

    def count(self) -> int:
        """The number of values."""
        return len(self.values)

    def formulas(self, system: System) -> list[sympy.Expr] | None:
        """The primitive unknowns in the state, where they are meant; None where the state is. NotASide."""
        if set(self.names) <= set(system.names):
            return None
        if not set(self.names) <= set(system.primitive_names):
            known = system.names if system.primitive is None else (*system.names, *system.primitive_names)
            strange = [name for name in self.names if name not in known]
            if not strange:
                raise NotASide(f"{', '.join(self.names)} are partly unknowns and partly primitive unknowns. Give all "
                               f"of one kind: {', '.join(system.names)}; {', '.join(system.primitive_names)}.")
            raise NotASide(f"{', '.join(strange)} is no unknown of {system.expression}. They are "
                           f"{', '.join(dict.fromkeys(known))}.")
        inverse = primitive_inverse(system)
        return [inverse.get(s, s) for s in system.primitive_symbols]

    def ghost(self, system: System, axis: str) -> Ghost:
        """The values, and the last cell repeated."""
        known = {*system.axes, "t"}
        for name, f in self.values:
            strange = set(inspect.signature(f).parameters) - known if callable(f) else set()
            if strange:
                raise NotASide(f"the value of {name} is a function of {', '.join(sorted(strange))}. Name its arguments "
                               f"among {', '.join(sorted(known))}.")
        formulas = self.formulas(system)
        if formulas is None:
            return lambda inside, across, place: place.xp.stack(
                self._put(dict(zip(system.names, _continued(inside, across, place))), place))
        assert system.primitive is not None
        there = program(formulas, {s: f"q{k}" for k, s in enumerate(system.state)})
        back = program(system.primitive, {s: s.name for s in system.primitive_symbols})

        def beyond(inside: Any, across: Any, place: Place) -> Any:
            last = _continued(inside, across, place)
            operations = NUMPY if place.xp is np else torch_operations()
            values = there(operations, {f"q{k}": f for k, f in enumerate(last)})
            made = back(operations, dict(zip(system.primitive_names, self._put(
                dict(zip(system.primitive_names, (0 * last[0] + v for v in values))), place))))
            return place.xp.stack([0 * last[0] + v for v in made])
        return beyond

    def copies(self, system: System, axis: str, cells: int, width: int) -> Copies | None:
        """Numbers for unknowns of the state, and the last cell for the others."""
        if self.formulas(system) is not None:
            return None
        values = {name: float(v) for name, v in self.values if not callable(v)}
        return _copies(system, [0] * width, (), values) if len(values) == len(self.values) else None

    def _put(self, fields: dict[str, Any], place: Place) -> list[Any]:
        """The fields, with the values in place of those that are given."""
        for name, given in self.values:
            like = fields[name]
            value = _at(given, place) if callable(given) else given
            made = place.xp.asarray(value, dtype=like.dtype)
            try:
                fields[name] = like * 0 + made
            except (ValueError, RuntimeError):  # shapes that do not broadcast
                fields[name] = made
            if fields[name].shape != like.shape:
                raise NotASide(f"the value of {name} has the shape {tuple(made.shape)}, and the cells beyond the side "
                               f"{tuple(like.shape)}. Compute it from the coordinates, whose shapes fit.")
        return list(fields.values())

    def __repr__(self) -> str:
        inner = ", ".join(f"{name}={getattr(f, '__qualname__', f)}" for name, f in self.values)
        return f"dirichlet({inner})"


def _at(f: Callable[..., Any], place: Place) -> Any:
    names = list(inspect.signature(f).parameters)
    if place.coordinates is None and names != ["t"]:
        raise NotASide(f"a value is a function of {', '.join(names)}, and there is no grid to read coordinates from. "
                       "Give one: boundary(system, …, grid=grid).")
    known = {**(place.coordinates or {}), "t": place.time}
    return f(**{name: known[name] for name in names})


def dirichlet(**values: Value) -> Dirichlet:
    """The condition u_k = value for the unknowns, or the primitive unknowns, named; see `Dirichlet`.

    >>> dirichlet(rho=1, v_x=2)
    dirichlet(rho=1, v_x=2)
    """
    if not values:
        raise NotASide("dirichlet() gives no values, and that is an outflow. Use 'outflow', or give some.")
    for name, value in values.items():
        try:
            good = callable(value) or bool(np.isfinite(float(value)))
        except (TypeError, ValueError):
            good = False
        if not good:
            raise NotASide(f"{name}={value!r} is no value. Give a finite number, or a function of coordinates and t.")
    return Dirichlet(tuple(values.items()))


NAMED: dict[str, Condition] = {"periodic": Periodic(), "wall": Wall(), "reflect": Wall(), "outflow": Outflow(),
                               "conductor": Conductor(), "free-surface": FreeSurface()}


def condition(given: Any) -> Condition:
    """The condition of this name, or itself; NotASide."""
    if isinstance(given, Condition):
        return given
    if isinstance(given, str) and given in NAMED:
        return NAMED[given]
    raise NotASide(f"{given!r} is no boundary condition. Use {', '.join(map(repr, NAMED))}, or dirichlet(…).")
