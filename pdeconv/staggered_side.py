"""StaggeredSide: mirror images of unknowns half a cell apart, of which some lie on the side itself."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

import numpy as np

from .boundary import Boundary
from .condition import Condition, Copies, Dirichlet, Ghost, Periodic, Place, Wall
from .reflection import NotASide, is_reflection
from .scheme import Scheme
from .staggered import Staggered
from .system import System


@dataclass(frozen=True)
class StaggeredSide(Condition):
    """g + S (u(−x) − g) with S = diag(±1) beyond one side, which is a face: unknowns at centres are mirrored across it,
    those on faces about it.

    On the side itself what is odd has the value g. The high side is stored with the last cell, where such a value never
    changes, because it is the difference of a cell and its image that moves it; the low side is not stored.
    """

    odd: tuple[str, ...]
    on_faces: tuple[str, ...]
    is_high: bool
    values: tuple[tuple[str, float], ...] = ()

    def count(self) -> None:
        """As many as enter."""
        return None

    def _affine(self, system: System) -> tuple[list[float], list[float]]:
        """Factor and addend of the mirror image, by unknown; −0 keeps every bit."""
        values = dict(self.values)
        return ([-1.0 if name in self.odd else 1.0 for name in system.names],
                [2 * values[name] if values.get(name) else -0.0 for name in system.names])

    def _on_side(self, name: str) -> float:
        """The value on the low side; and what is put on the last faces beyond the high side, which nothing reads."""
        return 0.0 if self.is_high else dict(self.values).get(name, 0.0)

    def ghost(self, system: System, axis: str) -> Ghost:
        """The mirror image."""
        factors, addends = self._affine(system)
        on_side = [self._on_side(name) for name in system.names]
        faces = [float(name in self.on_faces) for name in system.names]

        def beyond(inside: Any, across: Any, place: Place) -> Any:
            width, xp = place.width, place.xp
            if inside.shape[-1] < width:
                raise NotASide(f"{inside.shape[-1]} cells along {axis} are fewer than the {width} that the scheme "
                               "reads beyond a wall. Take a finer grid.")

            def column(row: Sequence[float]) -> Any:
                return xp.asarray(row, dtype=inside.dtype).reshape(-1, *[1] * (len(inside.shape) - 1))
            image = column(factors) * xp.flip(inside[..., inside.shape[-1] - width:], -1) + column(addends)
            first = xp.zeros_like(image[..., :1]) + column(on_side)
            moved = [image[..., 1:], first] if self.is_high else [first, image[..., :-1]]
            return xp.where(column(faces) != 0, xp.concatenate(moved, -1), image)
        return beyond

    def copies(self, system: System, axis: str, cells: int, width: int) -> Copies | None:
        """The mirror image, in the one cell that is read."""
        if width != 1:
            return None
        rows = [(0.0, self._on_side(name)) if name in self.on_faces else pair
                for name, pair in zip(system.names, zip(*self._affine(system)))]
        return Copies((0,), *zip(*rows))


def staggered_sides(scheme: Scheme, boundary: Boundary) -> Boundary:
    """The sides as a scheme's unknowns need them: those of 'yee' by mirror images about faces, others as they are.

    Raises NotASide where a side is neither periodic, a reflection, nor given by numbers; and where an unknown that is
    not known on the low side lies there, since the faces of cells are those after them.

    >>> from pdeconv import boundary, catalog
    >>> maxwell = catalog.maxwell("te")
    >>> staggered_sides(maxwell.scheme("yee"), boundary(maxwell, "conductor")).sides[0][1].on_faces
    ('E_y',)
    """
    if not isinstance(scheme, Staggered):
        return boundary
    made = replace(boundary, sides=tuple((_side(scheme, axis, low, False), _side(scheme, axis, high, True))
                                         for axis, (low, high) in zip(scheme.axes, boundary.sides)))
    _ = made._ghosts  # made here, so that torch.compile finds them
    return made


def _side(scheme: Staggered, axis: str, given: Condition, high: bool) -> Condition:
    if isinstance(given, (Periodic, StaggeredSide)):
        return given
    odd, values = reflected(scheme, axis, given)
    j, names = scheme.axes.index(axis), scheme.system.names
    on_faces = tuple(name for name, place in zip(names, scheme.places) if place[j])
    loose = [name for name in on_faces if name in _read(scheme.system, axis) and name not in odd]
    if loose and not high:
        raise NotASide(f"{', '.join(loose)} of {scheme.expression} lie on the low side of {axis}, where {given!r} "
                       "leaves them free, and faces are stored with the cell before. Use scheme.beside(boundary), "
                       "which puts there what is odd, or the name 'yee' in solve.")
    return StaggeredSide(odd, on_faces, high, values)


def reflected(scheme: Staggered, axis: str, given: Condition) -> tuple[tuple[str, ...], tuple[tuple[str, float], ...]]:
    """The unknowns u of which u − g is odd at a side, and their values g where they are not 0; NotASide."""
    system = scheme.system
    values: tuple[tuple[str, float], ...] = ()
    if isinstance(given, Dirichlet) and given.formulas(system) is None:
        values = tuple((name, float(v)) for name, v in given.values if not callable(v))
    if isinstance(given, Wall):
        odd = given.signs(system, axis)
    elif isinstance(given, Dirichlet) and len(values) == len(given.values):
        odd = given.names
    else:
        raise NotASide(f"{scheme.expression} keeps unknowns half a cell apart, for which {given!r} along {axis} is not "
                       "defined. Use 'periodic', 'wall', 'conductor', Wall(odd=…) or dirichlet(…) with numbers, or the "
                       "scheme 'lax-wendroff'.")
    if is_reflection(system, axis, odd):
        return odd, values
    read = _read(system, axis)
    others = [name for name in system.names if name not in read and name not in odd]
    whole = next(((*odd, *more) for k in range(1, len(others) + 1) for more in combinations(others, k)
                  if is_reflection(system, axis, (*odd, *more))), None)
    if whole is not None and values:
        return whole, values
    way = "Use the scheme 'lax-wendroff'." if whole is None else f"Use Wall(odd={whole!r})."
    raise NotASide(f"changing the sign of {', '.join(odd)} along {axis} turns the flux of {system.expression} around "
                   f"and is no reflection of the whole system, which unknowns half a cell apart need. {way}")


def _read(system: System, axis: str) -> list[str]:
    """The unknowns whose derivative along an axis occurs."""
    matrix = system.matrices[system.axes.index(axis)]
    return [name for k, name in enumerate(system.names) if any(matrix.col(k))]


def settled(scheme: Scheme, boundary: Boundary, u: np.ndarray) -> np.ndarray:
    """The field with the values that a reflection gives to unknowns on high sides, in place."""
    for j, (_, high) in enumerate(staggered_sides(scheme, boundary).sides):
        if isinstance(high, StaggeredSide):
            last = np.moveaxis(u, -1 - j, -1)[..., 0 if j == 1 else -1]
            for k, name in enumerate(scheme.system.names):
                if name in high.on_faces and name in high.odd:
                    last[k] = dict(high.values).get(name, 0.0)
    return u
