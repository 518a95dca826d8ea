"""Symmetries: the Lie algebra of the transformations that map solutions of a system to solutions."""
from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import sympy
from sympy.polys.matrices import DomainMatrix

from .prolongation import DeterminingEquations, Unknown, determining_equations, null_space
from .vector_field import VectorField

if TYPE_CHECKING:
    from reptheory.lie_algebra import Algebra

    from .special_value import SpecialValue
    from .system import System

LIMIT = 20_000  # the most unknowns of an ansatz


class TooManyUnknowns(ValueError):
    """An ansatz of a degree for which the linear system is too large."""


class NotClosed(ValueError):
    """Fields whose brackets leave their span, as where a degree cuts an infinite-dimensional algebra."""


@dataclass(frozen=True, eq=False)
class Symmetries:
    """The vector fields of a system's symmetries within an ansatz: `basis`, with a name for each field in `names`.

    It is complete within the ansatz: the basis spans the null space of the determining equations over the rational
    functions of the parameters. Parameters are generic; `special_values` are those that have more.
    """

    system: System
    ansatz: str
    names: tuple[str, ...]
    basis: tuple[VectorField, ...]
    equations: DeterminingEquations
    unknowns: tuple[Unknown, ...]

    def special_values(self) -> tuple[SpecialValue, ...]:
        """The parameters at which there are more, as γ = 2 for gas in the plane; see `special_value`."""
        from .special_value import special_values
        return special_values(self)

    @property
    def dim(self) -> int:
        """The dimension of the algebra."""
        return len(self.basis)

    def __len__(self) -> int:
        return self.dim

    def __iter__(self) -> Iterator[VectorField]:
        return iter(self.basis)

    @property
    def variables(self) -> tuple[sympy.Symbol, ...]:
        """The symbols of the coordinates and of the unknowns."""
        return self.equations.variables

    def __getitem__(self, name: str) -> VectorField:
        """The field of this name; KeyError with the names that there are."""
        if name not in self.names:
            raise KeyError(f"{name!r} is no symmetry of {self.system.expression}, which has {', '.join(self.names)}.")
        return self.basis[self.names.index(name)]

    def __contains__(self, field: object) -> bool:
        """Whether a vector field is a combination of the basis."""
        return isinstance(field, VectorField) and self._coordinates(field) is not None

    @cached_property
    def _span(self) -> tuple[dict, DomainMatrix, tuple[int, ...]]:
        """The columns, and the echelon form of [basis | 1] with its pivots."""
        columns: dict = {}
        for field in self.basis:
            for key in field.coefficients:
                columns.setdefault(key, len(columns))
        rows = [self._row(f, columns, len(columns) + self.dim) for f in self.basis]
        for k, row in enumerate(rows):
            row[len(columns) + k] = self.equations.field.one
        matrix = DomainMatrix(dict(enumerate(rows)), (self.dim, len(columns) + self.dim), self.equations.field)
        reduced, pivots = matrix.rref()
        return columns, reduced, pivots

    def _row(self, field: VectorField, columns: dict, width: int) -> dict:
        convert = self.equations.field.from_sympy
        return {columns[key]: convert(c) for key, c in field.coefficients.items()}

    def _coordinates(self, field: VectorField) -> tuple[Any, ...] | None:
        columns, reduced, pivots = self._span
        if any(key not in columns for key in field.coefficients):
            return None
        row = self._row(field, columns, len(columns))
        table, zero, width = reduced.rep.to_sdm(), self.equations.field.zero, len(columns)
        found = [zero] * self.dim
        for i, p in enumerate(pivots):
            c = row.get(p, zero)
            if c:
                for j, x in table[i].items():
                    if j >= width:
                        found[j - width] += c * x
                    else:
                        row[j] = row.get(j, zero) - c * x
        return None if any(row.values()) else tuple(found)

    def coordinates(self, field: VectorField) -> tuple[sympy.Expr, ...]:
        """The coordinates c of X = Σ c_a X_a; ValueError outside the span."""
        found = self._coordinates(field)
        if found is None:
            raise ValueError(f"{field} is no combination of the {self.dim} symmetries of {self.system.expression} "
                             f"within {self.ansatz}. Give one of them, or a larger degree.")
        return tuple(map(self.equations.field.to_sympy, found))

    @cached_property
    def structure(self) -> tuple[tuple[tuple[sympy.Expr, ...], ...], ...]:
        """The structure constants c[a][b], the coordinates of [X_a, X_b]; NotClosed where one escapes."""
        table = [[(sympy.S.Zero,) * self.dim for _ in self.basis] for _ in self.basis]
        for a, x in enumerate(self.basis):
            for b, y in enumerate(self.basis[:a]):
                bracket = x.bracket(y)
                found = self._coordinates(bracket)
                if found is None:
                    raise NotClosed(
                        f"[{x}, {y}] = {bracket} is no combination of the symmetries of {self.system.expression} "
                        f"within {self.ansatz}, so the algebra is larger, possibly of infinite dimension. Take another "
                        "degree, or linear_symmetries, which always close.")
                table[a][b] = tuple(map(self.equations.field.to_sympy, found))
                table[b][a] = tuple(-c for c in table[a][b])
        return tuple(map(tuple, table))

    @cached_property
    def algebra(self) -> Algebra:
        """The Lie algebra by exact matrices: by the adjoint representation, where the centre is zero, and otherwise by
        the affine action on (t, x, u, 1), where the fields have degree 1. ValueError where neither is faithful."""
        from reptheory.field import exact
        from reptheory.lie_algebra import Algebra
        from reptheory.linalg import rank
        from reptheory.matrix import Matrix
        if not self.basis:
            raise ValueError(f"{self.system.expression} has no symmetries within {self.ansatz}, so there is no algebra "
                             "to represent. Take a larger degree.")
        symbols = {s for x in self.structure for row in x for c in row for s in c.free_symbols}
        if not symbols:
            adjoint = [Matrix.of([[exact(x) for x in row] for row in rows]).T for rows in self.structure]
            flat = Matrix.of([[x for row in m.rows() for x in row] for m in adjoint])
            if rank(flat) == self.dim:
                return Algebra(self.names, tuple(adjoint))
            if all(sum(e) <= 1 and c.is_Rational for f in self.basis for (_, e), c in f.coefficients.items()):
                return Algebra(self.names, tuple(_affine(f) for f in self.basis))
        fault = f"the structure constants hold {', '.join(map(str, symbols))}" if symbols else "the centre is not zero"
        raise ValueError(f"the symmetries of {self.system.expression} have no exact matrices here: {fault}, and the "
                         "fields are not affine. Give numbers by system.at(…), or read .structure.")

    def __repr__(self) -> str:
        shown = [f"  {name}: {field}" for name, field in zip(self.names, self.basis)]
        head = f"{self.dim} symmetr{'y' if self.dim == 1 else 'ies'} of {self.system.expression}, {self.ansatz}"
        return "\n".join([head, *shown])

    def latex(self) -> str:
        """The basis in LaTeX, one field a line."""
        lines = [rf"{f.latex()} && \text{{{name}}}" for name, f in zip(self.names, self.basis)]
        return "\\begin{align*}\n" + " \\\\\n".join("& " + line for line in lines) + "\n\\end{align*}"

    def _repr_latex_(self) -> str:
        return self.latex()


def symmetries(system: System, degree: int = 2) -> Symmetries:
    """The point symmetries X = Σ ξ^ν(t, x, u) ∂_ν + Σ φ^k(t, x, u) ∂_{u_k} with ξ, φ polynomials up to a degree.

    In the primitive unknowns, where the system names them. Complete for this degree: scalar and linear equations have
    more for each larger one. Raises NotRational, TooManyUnknowns. Source: Olver, Applications of Lie groups to
    differential equations, theorem 2.36.

    >>> from pdeconv import catalog
    >>> symmetries(catalog.shallow_water(ndim=2)).dim
    9
    """
    if isinstance(degree, bool) or not isinstance(degree, int) or degree < 0:
        raise ValueError(f"degree={degree!r} is no degree of polynomials. Give 0, 1, 2, …")
    equations = determining_equations(system)
    size = len(equations.variables)
    if (count := size * int(sympy.binomial(size + degree, degree))) > LIMIT:
        raise TooManyUnknowns(f"polynomials of degree {degree} in {size} variables have {count} coefficients, and at "
                              f"most {LIMIT} are solved for. Take a smaller degree, or linear_symmetries.")
    monomials = equations.monomials(degree)
    ansatz = [(a, e) for a in range(size) for e in monomials]
    return _solved(equations, ansatz, f"polynomials up to degree {degree}")


def linear_symmetries(system: System, space: bool = True) -> Symmetries:
    """The linear maps u ↦ X u with (t, x) ↦ M (t, x) that act on a system: internal × space-time.

    The equations are [X, A_j(u)] − DA_j(u)[X u] = Σ_k M_jk A_k(u) + σ A_j(u), for linear systems
    A^μ X + Y A^μ + Σ_ν M^μ_ν A^ν = 0, in the state itself. With space=False only maps of the unknowns: M = 0. For A_j
    linear in u these are the derivations of the algebras u ∘_j v = A_j(u) v. Raises NotRational.

    >>> from pdeconv import catalog
    >>> [linear_symmetries(s).dim for s in (catalog.maxwell(), catalog.acoustics(ndim=2), catalog.elasticity())]
    [6, 3, 3]
    """
    equations = determining_equations(system, state=True)
    width, size = system.ndim + 1, len(equations.variables)
    unit = [tuple(int(a == b) for b in range(size)) for a in range(size)]
    ansatz = [(a, unit[b]) for a in range(size) for b in range(size)
              if (a < width) == (b < width) and (space or a >= width)]
    return _solved(equations, ansatz, "linear maps" if space else "linear maps of the unknowns")


def _solved(equations: DeterminingEquations, ansatz: Sequence[Unknown], words: str) -> Symmetries:
    found = null_space(equations.matrix(ansatz), len(ansatz), equations.field)
    names, rows = named(equations, ansatz, found)
    basis = tuple(_field(equations, ansatz, row) for row in rows)
    return Symmetries(equations.system, words, names, basis, equations, tuple(ansatz))


def _field(equations: DeterminingEquations, ansatz: Sequence[Unknown], row: dict[int, Any]) -> VectorField:
    components = [sympy.S.Zero] * len(equations.variables)
    for j, c in row.items():
        a, e = ansatz[j]
        components[a] += equations.field.to_sympy(c) * sympy.prod(z ** k for z, k in zip(equations.variables, e))
    return VectorField(equations.variables, tuple(components))


def _affine(field: VectorField) -> Any:
    """The matrix of a field of degree 1 on (z, 1), with the sign by which brackets become commutators."""
    from reptheory.field import exact
    from reptheory.matrix import Matrix
    n = len(field.variables)
    rows: list[list[Any]] = [[0] * (n + 1) for _ in range(n + 1)]
    for (a, e), c in field.coefficients.items():
        rows[a][e.index(1) if any(e) else n] = -exact(c)
    return Matrix.of(rows)


def named(equations: DeterminingEquations, ansatz: Sequence[Unknown],
          found: list[dict[int, Any]]) -> tuple[tuple[str, ...], list[dict[int, Any]]]:
    """A basis of the same space that begins with the motions of space-time it contains, each with its name.

    A field belongs to a motion if its part ξ is that of the motion; it is then unique up to fields with ξ = 0, which
    are chosen to have the fewest terms in echelon form.
    """
    K, width, size = equations.field, equations.system.ndim + 1, len(ansatz)
    order = sorted(range(size), key=lambda j: ansatz[j][0] >= width)      # ξ first, so that ξ = 0 ends the echelon
    place = {j: k for k, j in enumerate(order)}
    if not found:
        return (), []
    matrix = DomainMatrix({i: {place[j]: c for j, c in row.items()} for i, row in enumerate(found)},
                          (len(found), size), K)
    reduced, pivots = matrix.rref()
    table = reduced.rep.to_sdm()
    boundary = sum(a < width for a, _ in ansatz)
    names: list[str] = []
    chosen: list[dict[int, Any]] = []
    index = {key: place[j] for j, key in enumerate(ansatz)}
    for name, motion in motions(equations):
        if any(key not in index for key in motion):
            continue
        wanted = {index[key]: K(c) for key, c in motion.items()}
        field: dict[int, Any] = {}
        for i, p in enumerate(pivots):
            c = wanted.get(p)
            if c:
                for j, x in table[i].items():
                    field[j] = field.get(j, K.zero) + c * x
        field = {j: c for j, c in field.items() if c}
        if {j: c for j, c in field.items() if j < boundary} == wanted and _independent([*chosen, field], size, K):
            names.append(name)
            chosen.append(field)
    for i in range(len(found)):
        row = {j: c for j, c in table[i].items() if c}
        if len(chosen) < len(found) and _independent([*chosen, row], size, K):
            chosen.append(row)
            names.append(_kind([ansatz[order[j]] for j in row], row, boundary, width))
    numbered = tuple(f"{name} {names[:k + 1].count(name)}" if names.count(name) > 1 else name
                     for k, name in enumerate(names))
    return numbered, [{order[j]: c for j, c in row.items()} for row in chosen]


def _independent(rows: list[dict[int, Any]], size: int, K: Any) -> bool:
    return DomainMatrix(dict(enumerate(rows)), (len(rows), size), K).rank() == len(rows)


def _kind(keys: list[Unknown], row: dict[int, Any], boundary: int, width: int) -> str:
    if any(j < boundary for j in row):
        return "motion"
    degrees = {sum(e[width:]) for _, e in keys}
    if degrees == {0}:
        return "superposition"
    diagonal = all(sum(e) == 1 and e[a] == 1 for a, e in keys)
    return "scaling" if diagonal else "internal"


def motions(equations: DeterminingEquations) -> Iterator[tuple[str, dict[Unknown, int]]]:
    """The fields ξ of the classical motions of space-time, by name."""
    axes, size = equations.system.axes, len(equations.variables)
    zero = (0,) * size
    unit = [tuple(int(a == b) for b in range(size)) for a in range(size)]

    def times(a: int, b: int) -> tuple[int, ...]:
        return tuple(x + y for x, y in zip(unit[a], unit[b]))
    space = range(1, 1 + len(axes))
    yield "translation of t", {(0, zero): 1}
    for j, axis in enumerate(axes, 1):
        yield f"translation of {axis}", {(j, zero): 1}
    for j in space:
        for k in range(j + 1, 1 + len(axes)):
            yield f"rotation of {axes[j - 1]}, {axes[k - 1]}", {(k, unit[j]): 1, (j, unit[k]): -1}
    for j, axis in enumerate(axes, 1):
        yield f"Galilean boost along {axis}", {(j, unit[0]): 1}
    yield "dilation", {(a, unit[a]): 1 for a in (0, *space)}
    yield "scaling of t", {(0, unit[0]): 1}
    for j, axis in enumerate(axes, 1):
        yield f"scaling of {axis}", {(j, unit[j]): 1}
    yield "projective", {(0, times(0, 0)): 1} | {(j, times(0, j)): 1 for j in space}


__all__ = ["NotClosed", "Symmetries", "TooManyUnknowns", "linear_symmetries", "named", "symmetries"]
