"""Symmetries of a scheme: which point symmetries of its system map solutions on grids to solutions on grids."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sympy
from sympy import Expr

from .certified import Certified, NotCertified, kernel
from .eigenstructure import primitive_inverse
from .equivariance import Undecided
from .jump import vanishes
from .prolongation import null_space
from .scheme_residual import GridField, Residuals, drifting
from .symmetry import Symmetries, _field, _independent, named
from .tangent import case
from .vector_field import VectorField

if TYPE_CHECKING:
    from .scheme import Scheme

Row = dict[int, Any]


@dataclass(frozen=True)
class Lost:
    """A symmetry of the system that the scheme has not, with the term that does not vanish: of X t or X x where it maps
    no grid to a grid, otherwise of X(scheme)."""

    name: str
    field: VectorField
    witness: Expr
    reason: str

    def __repr__(self) -> str:
        return f"{self.name}: {self.field}  # lost: {self.reason}"


@dataclass(frozen=True, eq=False, repr=False)
class SchemeSymmetries(Symmetries):
    """The symmetries of the system that the scheme keeps, and those `lost`; together a basis of all."""

    scheme: Scheme
    lost: tuple[Lost, ...]

    @property
    def in_state(self) -> tuple[VectorField, ...]:
        """The basis in the unknowns of the state.

        >>> from pdeconv import catalog
        >>> catalog.shallow_water(ndim=1).scheme("lax-friedrichs").symmetries().in_state[-1]  # weights h : m = 2 : 3
        t*∂_t - 2*h*∂_h - 3*m_x*∂_m_x
        """
        return tuple(_in_state(self, f) for f in self.basis)

    def __repr__(self) -> str:
        shown = [f"  {name}: {field}" for name, field in zip(self.names, self.basis)]
        count = f"{self.dim} of {self.dim + len(self.lost)}"
        head = f"{count} symmetries, {self.ansatz}, are kept by {self.scheme.expression}"
        return "\n".join([head, *shown, *(f"  {x!r}" for x in self.lost)])


def scheme_symmetries(scheme: Scheme, degree: int = 1, moving: bool = False) -> SchemeSymmetries:
    """The fields X of system.symmetries(degree) with X(scheme) = 0 on its solutions, for all values in the stencil.

    X acts on the values of each cell at its place, on Δt and on Δx, the same for every axis; it has to map grids to
    grids: ξ^t = a + α t, ξ^j = b_j + β x_j. With moving=True cells may drift with velocities w_j, on which X acts too:
    the scheme is that of the fluxes f_j − w_j u, and Galilean boosts are asked for. Of Runge–Kutta methods it is the
    forward Euler step that X has to map to itself. Formulas by cases (|·|, max, min) are followed by homogeneity where
    that is enough, case by case elsewhere. What is kept is proved; what is lost is refuted by the rank of X(scheme) at
    rational points, in certified arithmetic; Undecided between the two. Raises NotRational, as system.symmetries does.
    Source: Dorodnitsyn, Applications of Lie groups to difference equations, 2011.

    >>> from pdeconv import catalog
    >>> scheme_symmetries(catalog.burgers().scheme("lax-friedrichs"))
    4 of 7 symmetries, polynomials up to degree 1, are kept by catalog.burgers(ndim=1).scheme('lax-friedrichs')
      translation of t: ∂_t
      translation of x: ∂_x
      dilation: t*∂_t + x*∂_x
      scaling of t: t*∂_t - u*∂_u
      Galilean boost along x: t*∂_x + ∂_u  # lost: t*∂_x moves cells; moving=True asks for a grid that drifts
      motion 1: u*∂_t  # lost: u*∂_t makes the grid depend on the values
      motion 2: u*∂_x  # lost: u*∂_x makes the grid depend on the values
    >>> scheme_symmetries(catalog.burgers().scheme("upwind"), moving=True)["Galilean boost along x"]
    t*∂_x + ∂_u
    """
    found = scheme.system.symmetries(degree)
    made, speeds = drifting(scheme) if moving else (scheme, ())
    residuals = Residuals(made, speeds)
    ansatz = list(dict.fromkeys(key for field in found.basis for key in field.coefficients))
    place = {key: k for k, key in enumerate(ansatz)}
    convert = found.equations.field.from_sympy
    rows = [{place[key]: convert(c) for key, c in f.coefficients.items()} for f in found.basis]
    names, lattice = named(found.equations, ansatz, _on_lattice(found, rows, ansatz, moving))
    values = [_residual(residuals, found, _field(found.equations, ansatz, row)) for row in lattice]
    refuted: dict[int, tuple[Expr, str]] = {}
    kept = [row for row, value in zip(lattice, values) if not any(value)]
    if len(kept) < len(lattice):
        open_ = [k for k, value in enumerate(values) if any(value)]
        combinations = _combinations([values[k] for k in open_], residuals, scheme)
        kept += [_sum(lattice, dict(zip(open_, map(convert, c)))) for c in combinations]
        refuted = {k: _witness(values[k], residuals) for k in open_}
    names, kept = named(found.equations, ansatz, kept)
    lost: list[Lost] = []
    span = list(kept)
    size, K = len(ansatz), found.equations.field
    for k, row in enumerate(lattice):
        if _independent([*span, row], size, K):
            span.append(row)
            field = _field(found.equations, ansatz, row)
            lost.append(Lost(_name(found, field), field, *refuted[k]))
    for name, field, row in zip(found.names, found.basis, rows):
        if _independent([*span, row], size, K):
            span.append(row)
            lost.append(Lost(name, field, *_off_lattice(found, field, moving)))
    basis = tuple(_field(found.equations, ansatz, row) for row in kept)
    return SchemeSymmetries(scheme.system, found.ansatz, names, basis, found.equations, found.unknowns, scheme,
                            tuple(lost))


def _sum(rows: Sequence[Row], weights: dict[int, Any]) -> Row:
    total: Row = {}
    for k, c in weights.items():
        for j, x in rows[k].items():
            total[j] = total.get(j, 0) + c * x
    return {j: x for j, x in total.items() if x}


def _name(found: Symmetries, field: VectorField) -> str:
    return next((n for n, f in zip(found.names, found.basis) if f == field), "combination")


# Grids ----------------------------------------------------------------------------------------------------
def _fault(found: Symmetries, component: int, monomial: tuple[int, ...], moving: bool) -> str | None:
    """Why a field with this monomial in ξ maps no grid to a grid; None where it does."""
    width = found.system.ndim + 1
    if any(monomial[width:]):
        return "makes the grid depend on the values"
    if sum(monomial) > 1:
        return "makes steps unequal"
    if not any(monomial) or monomial[component] or (moving and monomial[0]):
        return None
    if component == 0:
        return "tilts the levels of time"
    return "moves cells; moving=True asks for a grid that drifts" if monomial[0] else "turns or shears the axes"


def _on_lattice(found: Symmetries, rows: Sequence[Row], ansatz: Sequence[Any], moving: bool) -> list[Row]:
    """The combinations of the fields, over the ansatz, that map grids to grids."""
    width, size = found.system.ndim + 1, len(found.variables)
    unit = [tuple(int(a == b) for b in range(size)) for a in range(size)]
    conditions: dict[Any, Row] = {}
    for a, row in enumerate(rows):
        for j, c in row.items():
            component, monomial = ansatz[j]
            if component >= width:
                continue
            if _fault(found, component, monomial, moving) is not None:
                conditions.setdefault(j, {})[a] = c
            elif component and monomial == unit[component]:  # Δx is scaled alike along every axis
                for axis in range(1, width - 1):
                    sign = (component == axis) - (component == axis + 1)
                    if sign:
                        here = conditions.setdefault(("axis", axis), {})
                        here[a] = here.get(a, 0) + sign * c
    kept = [{a: c for a, c in row.items() if c} for row in conditions.values()]
    null = null_space([row for row in kept if row], len(rows), found.equations.field)
    return [_sum(rows, weights) for weights in null]


def _off_lattice(found: Symmetries, field: VectorField, moving: bool) -> tuple[Expr, str]:
    """The first term of ξ that maps no grid to a grid, and why."""
    width = found.system.ndim + 1
    for (component, monomial), c in sorted(field.coefficients.items(), key=lambda item: (sum(item[0][1]), item[0][0])):
        if component < width and (fault := _fault(found, component, monomial, moving)):
            term = c * sympy.prod(z ** k for z, k in zip(found.variables, monomial))
            return term, f"{_times(term)}∂_{found.variables[component]} {fault}"
    term = next(e for e in field.components[1:width] if e != 0)
    return term, f"{_times(term)}∂_{found.variables[1 + field.components[1:width].index(term)]} makes cells oblong"


def _times(term: Expr) -> str:
    return f"({term})*" if term.is_Add else f"{term}*"


# X(scheme) -------------------------------------------------------------------------------------------------
def _in_state(found: Symmetries, field: VectorField) -> VectorField:
    """The field in the unknowns of the state: φ_u = ∂U/∂w φ_w."""
    system = found.system
    if tuple(found.equations.unknowns) == tuple(system.state) or system.primitive is None:
        return field
    width = system.ndim + 1
    change = sympy.Matrix(system.primitive).jacobian(system.primitive_symbols)
    inverse = primitive_inverse(system)
    moved = [sympy.cancel(e.subs(inverse, simultaneous=True))
             for e in change * sympy.Matrix(field.components[width:])]
    return VectorField(field.variables[:width] + system.state, (*field.components[:width], *moved))


def _residual(residuals: Residuals, found: Symmetries, field: VectorField) -> list[Expr]:
    width = found.system.ndim + 1
    t, *x = found.variables[:width]
    inside = _in_state(found, field)
    ξ = field.components[:width]
    grid = GridField(inside.variables, inside.components[width:], sympy.diff(ξ[0], t), sympy.diff(ξ[1], x[0]),
                     tuple(sympy.diff(e, t) for e in ξ[1:]))
    return residuals(grid)


def _points(values: Sequence[Sequence[Expr]], residuals: Residuals, count: int) -> list[tuple[dict, list]]:
    """Values of all residuals, row by row, at points where they are certified."""
    read = Certified([e for row in values for e in row])
    made: list[tuple[dict, list]] = []
    for tries, at in enumerate(residuals.points(set(read.symbols))):
        try:
            made.append((at, read(at)))
        except NotCertified:
            pass
        if len(made) == count or tries > 20 * count:
            return made
    raise AssertionError


def _combinations(values: list[list[Expr]], residuals: Residuals, scheme: Scheme) -> list[list[sympy.Rational]]:
    """The combinations of the residuals that vanish, proved; the others are independent at some points."""
    n, length = len(values), len(values[0])
    rows = [[x[k * length + i] for k in range(n)] for _, x in _points(values, residuals, 2 * n + 1)
            for i in range(length)]
    _, candidates = kernel(rows, n)
    for candidate in candidates:
        total = [sympy.Add(*[c * row[i] for c, row in zip(candidate, values)]) for i in range(length)]
        if not all(vanishes(e) for e in total):
            raise Undecided(f"X({scheme.expression}) vanishes at {2 * n + 1} states for a symmetry X of its system, "
                            "and is not seen to vanish everywhere. Give numbers for the parameters, system.at(…).")
    return candidates


def _witness(value: list[Expr], residuals: Residuals) -> tuple[Expr, str]:
    """The smallest term of a residual, or its value at a point where it is given by cases."""
    short = [e for e in value if e != 0 and not e.has(case) and e.count_ops() < 400]
    for e in short:
        top = sympy.expand(sympy.fraction(sympy.together(e))[0])
        if top != 0:
            term = min(sympy.Add.make_args(top), key=lambda x: (x.count_ops(), str(x)))
            return term, f"X(scheme) holds {term}"
    for at, numbers in _points([value], residuals, 3):
        for x in numbers:
            if not x.contains(0):
                near = sympy.Float(str(x.mid().str(5, radius=False)), 5)
                return near, f"X(scheme) is {near} at {', '.join(f'{s} = {v}' for s, v in at.items())}"
    return sympy.nan, "it is no symmetry together with those that are kept"


__all__ = ["Lost", "SchemeSymmetries", "scheme_symmetries"]
