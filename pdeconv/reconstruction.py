"""Reconstruction: the values at a face, from the means over the cells around it."""
from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import sympy
from sympy import Expr

from .interpolation import face_weights

if TYPE_CHECKING:
    from .system import System

CELLS = {"constant": (0,), "central2": (0, 1), "central4": (-1, 0, 1, 2), "upwind3": (-1, 0, 1),
         "upwind5": (-2, -1, 0, 1, 2)}
State = tuple[Expr, ...]
Let = Callable[[Expr], Expr]  # names a part of a formula, so that long ones are not copied


def plain(e: Expr) -> Expr:
    """The formula itself: nothing is named."""
    return e


@dataclass(frozen=True)
class Reconstruction:
    """The value u⁻ at the right face of a cell from the cells around it; u⁺ is its mirror image.

    Subclasses give `reach`, `order` and `values`; `weights` where the value is linear in the cells.
    """

    name: str

    @property
    def reach(self) -> int:
        """How many cells on each side of a face are read."""
        raise NotImplementedError  # abstract

    @property
    def order(self) -> int:
        """The p with u⁻ − u(x_{j+1/2}) = O(h^p) on smooth functions (limiters: away from extrema)."""
        raise NotImplementedError  # abstract

    @property
    def weights(self) -> dict[int, Expr] | None:
        """The weights w_k with u⁻ = Σ w_k u_{j+k}; None where the reconstruction is not linear."""
        return None

    def values(self, cells: Sequence[State], system: System, axis: str, let: Let = plain) -> tuple[State, State]:
        """(u⁻, u⁺) at the face between cells[reach − 1] and cells[reach], for 2·reach cells; `let` names parts."""
        raise NotImplementedError  # abstract

    @property
    def expression(self) -> str:
        """The name, as schemes print it."""
        return repr(self.name)


@dataclass(frozen=True)
class Linear(Reconstruction):
    """The value at the face of the polynomial with given means over some cells, exact for degrees below their number.

    "constant", "central2", "central4", "upwind3", "upwind5"; "fromm" is the mean of those over (−1, 0) and (0, 1), the
    line of slope (u_{j+1} − u_{j−1})/2.

    >>> reconstruction("fromm").weights
    {-1: -1/4, 0: 1, 1: 1/4}
    """

    @cached_property
    def weights(self) -> dict[int, Expr]:
        """The weights, derived (`interpolation.face_weights`)."""
        if self.name == "fromm":
            back, central = face_weights((-1, 0)), face_weights((0, 1))
            return {k: (back.get(k, 0) + central.get(k, 0)) * sympy.S.Half for k in (-1, 0, 1)}
        return face_weights(CELLS[self.name])

    @property
    def reach(self) -> int:
        """How many cells on each side of a face are read."""
        return max(max(1 - k, k) for k in self.weights)

    @cached_property
    def order(self) -> int:
        """The p for which u⁻ is exact on polynomials of degree below p, by their means over cells."""
        p = 1
        while True:
            means = {k: ((k + sympy.S.Half) ** (p + 1) - (k - sympy.S.Half) ** (p + 1)) / (p + 1) for k in self.weights}
            if sum(w * means[k] for k, w in self.weights.items()) != sympy.S.Half ** p:
                return p
            p += 1

    def values(self, cells: Sequence[State], system: System, axis: str, let: Let = plain) -> tuple[State, State]:
        """(u⁻, u⁺) at the face in the middle of the cells."""
        def value(row: Sequence[State]) -> State:
            return tuple(sum((w * row[self.reach - 1 + k][i] for k, w in self.weights.items()), sympy.S.Zero)
                         for i in range(len(row[0])))
        return value(cells), value(cells[::-1])


def reconstruction(name: Any, limiter: str | None = None, on: str | None = None) -> Reconstruction:
    """The reconstruction of this name: "constant", "central2", "central4", "upwind3", "upwind5", "fromm"; "muscl" with
    a limiter; "weno3", "weno5", "weno7" and, with Borges' weights, "weno5-z", "weno7-z".

    The last two kinds work on="components" or on="characteristics", "muscl" on="primitive" unknowns too, whose means
    are those of the cells to second order only. A Reconstruction is itself. Raises UnknownScheme,
    NotDefined.
    """
    from .limiter import limiter as limiter_of
    from .muscl import Muscl
    from .scheme import NotDefined, UnknownScheme
    from .weno import Weno, weno_names
    where = "components" if on is None else on
    if where not in ("components", "characteristics", "primitive"):
        raise UnknownScheme(f"on={on!r}: slopes are taken on 'components', 'characteristics' or 'primitive' unknowns.")
    if name == "muscl":
        return Muscl("muscl", limiter_of(limiter or "minmod"), where)
    if limiter is not None:
        raise NotDefined(f"the reconstruction {name!r} takes no limiter. Leave it out, or use 'muscl'.")
    if name in weno_names():
        if where == "primitive":
            raise NotDefined(f"{name!r} on primitive unknowns would be of order 2: means of those are not those of "
                             "means. Use on='characteristics', or 'muscl'.")
        return Weno(name, where)
    if on is not None:
        raise NotDefined(f"the reconstruction {name!r} is linear, hence the same on components and characteristics. "
                         "Leave on=… out.")
    if isinstance(name, Reconstruction):
        return name
    if name in CELLS or name == "fromm":
        return Linear(name)
    raise UnknownScheme(f"there is no reconstruction {name!r}. The names are "
                        f"{', '.join(map(repr, (*CELLS, 'fromm', 'muscl', *weno_names())))}.")
