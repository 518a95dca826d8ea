"""Muscl: piecewise linear reconstruction with limited slopes, on components or on characteristics."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import sympy
from sympy import Expr

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
    of A at the mean of the two states beside the face, which commutes with every T.
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

    def _slopes(self, back: Sequence[Expr], ahead: Sequence[Expr]) -> list[Expr]:
        return [self.limiter(a, b) for a, b in zip(back, ahead)]


def eigenvectors(system: System, axis: str, state: Sequence[Expr]) -> tuple[sympy.Matrix, sympy.Matrix]:
    """The right and left eigenvectors of A at a state, as matrices R and R⁻¹."""
    unit = tuple(sympy.Integer(a == axis) for a in system.axes)
    found = system.eigenstructure(unit).in_state
    return tuple(m.applyfunc(lambda e: at(system, e, state)) for m in (found.right, found.left))
