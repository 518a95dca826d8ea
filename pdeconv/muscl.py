"""Muscl: piecewise linear reconstruction with limited slopes, on components, characteristics or primitive unknowns."""
from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import sympy
from sympy import Expr

from .eigenstructure import primitive_inverse
from .limiter import Limiter
from .numerical_flux import at
from .reconstruction import Let, Reconstruction, State, plain

if TYPE_CHECKING:
    from .system import System


@dataclass(frozen=True)
class Muscl(Reconstruction):
    """u⁻ = u_j + L(u_j − u_{j−1}, u_{j+1} − u_j)/2 (van Leer, J. Comput. Phys. 32, 1979).

    On components the slopes are limited one unknown at a time: this commutes with a linear change T of the unknowns
    only where T is diagonal (or permutes, with signs). On characteristics differences are written in the eigenvectors
    of A at the mean of the two states beside the face, which commutes with every T. On primitive unknowns the values
    at faces lie between those of neighbouring cells where φ(r) ≤ 2 min(r, 1): none that is positive in all cells, such
    as a pressure, is negative there.
    """

    limiter: Limiter
    on: str = "components"

    @property
    def reach(self) -> int:
        """2."""
        return 2

    @property
    def order(self) -> int:
        """2 where φ(1) = 1, away from extrema; otherwise 1."""
        return 2 if self.limiter.is_second_order else 1

    def values(self, cells: Sequence[State], system: System, axis: str, let: Let = plain) -> tuple[State, State]:
        """(u⁻, u⁺) at the face in the middle of four cells."""
        if self.on == "primitive":
            turned, back_again = _in_primitive(cells, system, let)
            low, high = replace(self, on="components").values(turned, system, axis, let)
            return back_again(low), back_again(high)
        back, middle, ahead = ([let(y - x) for x, y in zip(cells[k], cells[k + 1])] for k in range(3))
        if self.on == "components":
            left, right = self._slopes(back, middle), self._slopes([-e for e in ahead], [-e for e in middle])
        else:
            mean = [let((a + b) / 2) for a, b in zip(cells[1], cells[2])]
            r, l = (m.applyfunc(let) for m in eigenvectors(system, axis, mean))
            b, m, a = ([let(e) for e in l * sympy.Matrix(d)] for d in (back, middle, ahead))
            left = list(r * sympy.Matrix(self._slopes(b, m)))
            right = list(r * sympy.Matrix(self._slopes([-e for e in a], [-e for e in m])))
        return (tuple(u + s / 2 for u, s in zip(cells[1], left)), tuple(u + s / 2 for u, s in zip(cells[2], right)))

    def edges(self, cells: Sequence[State], system: System, axis: str, let: Let = plain) -> tuple[State, State]:
        """The values at the left and right faces of the middle one of three cells, by one slope; characteristics are
        those of A at the middle cell."""
        if self.on == "primitive":
            turned, back_again = _in_primitive(cells, system, let)
            low, high = replace(self, on="components").edges(turned, system, axis, let)
            return back_again(low), back_again(high)
        back, ahead = ([let(y - x) for x, y in zip(cells[k], cells[k + 1])] for k in range(2))
        if self.on == "components":
            slopes = [let(s) for s in self._slopes(back, ahead)]
        else:
            r, l = (m.applyfunc(let) for m in eigenvectors(system, axis, cells[1]))
            b, a = ([let(e) for e in l * sympy.Matrix(d)] for d in (back, ahead))
            slopes = [let(s) for s in r * sympy.Matrix(self._slopes(b, a))]
        return tuple(u - s / 2 for u, s in zip(cells[1], slopes)), tuple(u + s / 2 for u, s in zip(cells[1], slopes))

    def _slopes(self, back: Sequence[Expr], ahead: Sequence[Expr]) -> list[Expr]:
        return [self.limiter(a, b) for a, b in zip(back, ahead)]


def _in_primitive(cells: Sequence[State], system: System, let: Let) -> tuple[list[State], Callable[[State], State]]:
    """The cells in primitive unknowns, and the function back to the state; parts are named."""
    there, back_again = primitive_change(system)

    def back(values: State) -> State:
        return tuple(let(e) for e in back_again(tuple(map(let, values))))
    return [tuple(let(at(system, e, c)) for e in there) for c in cells], back


def primitive_change(system: System) -> tuple[list[Expr], Callable[[State], State]]:
    """The primitive unknowns in the state, and the function from given primitive unknowns to the state."""
    assert system.primitive is not None  # which schemes are made with
    inverse, formulas = primitive_inverse(system), system.primitive

    def back(values: State) -> State:
        named = dict(zip(system.primitive_symbols, values))
        return tuple(e.xreplace(named) for e in formulas)
    return [inverse.get(s, s) for s in system.primitive_symbols], back


def eigenvectors(system: System, axis: str, state: Sequence[Expr]) -> tuple[sympy.Matrix, sympy.Matrix]:
    """The right and left eigenvectors of A at a state, as matrices R and R⁻¹."""
    unit = tuple(sympy.Integer(a == axis) for a in system.axes)
    found = system.eigenstructure(unit).in_state
    return tuple(m.applyfunc(lambda e: at(system, e, state)) for m in (found.right, found.left))
