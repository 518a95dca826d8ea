"""FaceProgram: the flux through a face as assignments, one formula a name, in order."""
from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sympy
from sympy import Expr

from .laurent import Offset
from .reconstruction import Let

if TYPE_CHECKING:
    from .scheme import Scheme


@dataclass(frozen=True)
class FaceProgram:
    """F_{j+1/2} from the cells around the face: `lines` bind names to formulas in earlier names and in the cells.

    `cells` maps offsets from the cell on the left of the face to the symbols of its unknowns; `flux` are the entries of
    the flux. Parameters of the system, and dt/dx, stay symbols. min, max, abs, sqrt and select (Piecewise) occur.
    """

    axis: str
    cells: tuple[tuple[Offset, tuple[sympy.Symbol, ...]], ...]
    lines: tuple[tuple[sympy.Symbol, Expr], ...]
    flux: tuple[Expr, ...]

    def inlined(self) -> tuple[Expr, ...]:
        """The flux with every name replaced by its formula."""
        values: dict[sympy.Symbol, Expr] = {}
        for name, e in self.lines:
            values[name] = e.xreplace(values)
        return tuple(e.xreplace(values) for e in self.flux)

    def __repr__(self) -> str:
        lines = [f"{name} = {e}" for name, e in self.lines]
        return "\n".join([*lines, *(f"F_{i} = {e}" for i, e in enumerate(self.flux))])


def face_program(scheme: Scheme, axis: str) -> FaceProgram:
    """The program of the flux through the faces across an axis.

    >>> from pdeconv import catalog
    >>> print(face_program(catalog.advection().at(a_x=1).scheme("rusanov"), "x"))
    t0 = u[0]
    t1 = u[1]
    F_0 = t0
    """
    cells = {k: tuple(cell_symbol(s, k) for s in scheme.system.state) for k in scheme.face_offsets(axis)}
    lines, let = naming()
    flux = scheme.face_flux(axis, cells, let)
    return FaceProgram(axis, tuple(cells.items()), tuple(lines), tuple(map(sympy.sympify, flux)))


def naming() -> tuple[list[tuple[sympy.Symbol, Expr]], Let]:
    """A list of names with their formulas, and the function that adds a formula to it and returns the name."""
    lines: list[tuple[sympy.Symbol, Expr]] = []

    def let(e: Expr) -> Expr:
        if e.is_number:
            return e
        lines.append((sympy.Symbol(f"t{len(lines)}", real=True, positive=e.is_positive or None), e))
        return lines[-1][0]
    return lines, let


def cell_symbol(unknown: sympy.Symbol, offset: Offset) -> sympy.Symbol:
    """The unknown in the cell at this offset: h[1], h[0,-1], with the assumptions of h."""
    return sympy.Symbol(f"{unknown.name}[{','.join(map(str, offset))}]", **unknown.assumptions0)
