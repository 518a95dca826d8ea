"""Step programs: one forward Euler step as assignments, derived once an axis and run on values of any kind."""
from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import sympy
from sympy import Expr

from .face_program import cell_symbol, naming
from .laurent import Offset
from .numerical_flux import NumericalFlux
from .reconstruction import Let
from .semi_discrete import SemiDiscrete
from .tangent import inert

if TYPE_CHECKING:
    from .scheme import Scheme

Names = tuple[sympy.Symbol, ...]
Run = Callable[["Assignments", Sequence[Sequence[Any]]], list[list[Any]]]


@dataclass(frozen=True)
class Assignments:
    """`outputs` in the names of `lines`, formulas in earlier names and in those of `inputs`, with inert extremes."""

    inputs: tuple[Names, ...]
    lines: tuple[tuple[Any, Expr], ...]
    outputs: tuple[tuple[Expr, ...], ...]

    def __call__(self, states: Sequence[Sequence[Any]], let: Let) -> list[list[Expr]]:
        """The outputs for these inputs, with `let` of every formula in the place of its name."""
        known = {s: x for names, state in zip(self.inputs, states) for s, x in zip(names, state)}
        for name, e in self.lines:
            known[name] = let(e.xreplace(known))
        return [[let(e.xreplace(known)) for e in row] for row in self.outputs]


def assignments(inputs: Sequence[Names], made: Callable[[Let], Sequence[Sequence[Expr]]]) -> Assignments:
    """What a function that names its parts gives."""
    lines, let = naming()
    outputs = tuple(tuple(inert(sympy.sympify(e)) for e in row) for row in made(let))
    return Assignments(tuple(inputs), tuple((name, inert(e)) for name, e in lines), outputs)


class StepProgram:
    """Σ_axis F_{j+1/2} − F_{j−1/2} of a scheme, in parts: `reconstruction` and `flux` of two states where the scheme is
    made of these, and otherwise `face`, with what leaves the left cell and what enters the right; one an axis.

    >>> from pdeconv import catalog
    >>> StepProgram(catalog.burgers().scheme("rusanov")).flux[0].inputs
    ((u[left],), (u[right],))
    """

    def __init__(self, scheme: Scheme) -> None:
        self.scheme = scheme
        self.reconstruction: list[Assignments] = []
        self.flux: list[Assignments] = []
        self.face: list[Assignments] = []
        state, axes = scheme.system.state, scheme.axes
        self.rows = [tuple(scheme.face_offsets(axis)) for axis in axes]
        left, right = (tuple(sympy.Symbol(f"{s.name}[{side}]", **s.assumptions0) for s in state)
                       for side in ("left", "right"))
        for axis, row in zip(axes, self.rows):
            cells = tuple(tuple(cell_symbol(s, k) for s in state) for k in row)
            if type(scheme) is not SemiDiscrete:
                self.face.append(assignments(cells, partial(scheme.face_sides, axis, dict(zip(row, cells)))))
                continue
            assert scheme.reconstruction is not None and scheme.flux is not None
            self.reconstruction.append(assignments(cells, partial(
                scheme.reconstruction.values, cells, scheme.system, axis)))
            self.flux.append(assignments((left, right), partial(_row, scheme.flux, (left, right), axis)))

    def sides(self, j: int, cells: Mapping[Offset, Sequence[Any]], run: Run) -> list[list[Any]]:
        """What leaves the cell on the left of a face across axis j, and what enters that on the right."""
        row = [cells[k] for k in self.rows[j]]
        if self.face:
            return run(self.face[j], row)
        return 2 * run(self.flux[j], run(self.reconstruction[j], row))

    def step(self, cells: Mapping[Offset, Sequence[Any]], run: Run) -> list[Any]:
        """Σ_axis F_{j+1/2} − F_{j−1/2} around the cell 0."""
        total: list[Any] | None = None
        for j in range(len(self.rows)):
            ahead = self.sides(j, cells, run)[0]
            shifted = {k: cells[tuple(x - (i == j) for i, x in enumerate(k))] for k in self.rows[j]}
            change = [a - b for a, b in zip(ahead, self.sides(j, shifted, run)[1])]
            total = change if total is None else [t + x for t, x in zip(total, change)]
        assert total is not None
        return total


def _row(flux: NumericalFlux, pair: tuple[Names, Names], axis: str, let: Let) -> list[Sequence[Expr]]:
    return [flux.flux(pair[0], pair[1], axis, let)]


__all__ = ["Assignments", "StepProgram", "assignments"]
