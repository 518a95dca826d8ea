"""A kernel on Rⁿ whose entries are exact polynomials: its values, and where it breaks equivariance."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from .field import Number, exact
from .matrix import Matrix
from .monomial import as_matrix
from .polynomial import Polynomial
from .substitution import along, divided_by_square, substituted, value

if TYPE_CHECKING:
    from .steerable import SteerableHom


@dataclass(frozen=True, eq=False)
class PolynomialKernel:
    """The kernel κ: Rⁿ → Hom(V, W) with these polynomials κ_ij in the coordinates of the action on space.

    `kernel(x)` is its exact value at exact coordinates; sums and multiples by polynomials, such as invariant ones of
    |x|², are kernels again.

    >>> import reptheory as rt
    >>> V = rt.SO(3).vector; kernel = rt.Hom(V, V, on=rt.R(3)).paths[1].kernel; kernel
    [0, -z, y; z, 0, -x; -y, x, 0]
    >>> kernel(1, 2, 2)
    [0 -2 2; 2 0 -1; -2 1 0]
    """

    entries: tuple[tuple[Polynomial, ...], ...]

    @property
    def shape(self) -> tuple[int, int]:
        """(dim W, dim V)."""
        return len(self.entries), len(self.entries[0])

    def __call__(self, *point: Any) -> Matrix:
        """The exact matrix κ(x) at n exact numbers; NotExact for floats."""
        n = self.entries[0][0].n
        if len(point) != n:
            raise ValueError(f"a kernel on R^{n} has no value at {len(point)} coordinates. Give {n} exact numbers.")
        return Matrix.of([[value(f, point) for f in row] for row in self.entries])

    def __add__(self, other: PolynomialKernel) -> PolynomialKernel:
        return PolynomialKernel(tuple(tuple(f + g for f, g in zip(*rows)) for rows in zip(self.entries, other.entries)))

    def __mul__(self, factor: Any) -> PolynomialKernel:
        by = factor if isinstance(factor, Polynomial) else exact(factor)
        return PolynomialKernel(tuple(tuple(f * by for f in row) for row in self.entries))

    __rmul__ = __mul__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PolynomialKernel) and self.entries == other.entries

    def __hash__(self) -> int:
        return hash(self.entries)

    def __repr__(self) -> str:
        return "[" + "; ".join(", ".join(map(repr, row)) for row in self.entries) + "]"

    def to_sympy(self):
        """The sympy matrix in x, y, z."""
        import sympy
        return sympy.Matrix([[f.to_sympy() for f in row] for row in self.entries])

    def violation(self, hom: SteerableHom) -> str | None:
        """The generator and entry where κ(gx) ρ_V(g) ≠ ρ_W(g) κ(x), or an angular frequency that is too large."""
        group: Any = hom.group
        action, table = hom.action, np.array(self.entries, object)
        for i, name in enumerate(group.names):
            moved = substituted([f for row in self.entries for f in row], as_matrix(action.actions[i]))
            left = _product(np.array(moved, object).reshape(table.shape), as_matrix(hom.source.actions[i]))
            right = _product(table.T, as_matrix(hom.target.actions[i]).T).T
            found = _difference(left, right)
            if found:
                return f"for the generator {name}, " + found.format(f"κ({name}x) ρ_V({name}) = ρ_W({name}) κ(x)")
        for a, x in enumerate(action.derivatives):
            left = np.array([[along(f, x) for f in row] for row in self.entries], object)
            right = _product(table.T, hom.target.derivatives[a].T).T - _product(table, hom.source.derivatives[a])
            found = _difference(left, right)
            if found:
                name = group.algebra_names[a]
                return f"for {name} in the Lie algebra, " + found.format(
                    f"d/dt κ(exp(t{name})x) = dρ_W({name}) κ(x) − κ(x) dρ_V({name})")
        return None if hom.on.max_frequency is None else self._too_fast(hom.on.max_frequency, hom.action.gram)

    def _too_fast(self, limit: int, metric: Sequence[Number]) -> str | None:
        """An entry with harmonics above the limit: |x|^{2k} divides a part of degree d without those above d − 2k."""
        for i, row in enumerate(self.entries):
            for j, f in enumerate(row):
                for d in {sum(a) for a in f.terms}:
                    part: Polynomial | None = Polynomial(f.n, {a: c for a, c in f.terms.items() if sum(a) == d})
                    for _ in range(-(-(d - limit) // 2)):
                        part = None if part is None else divided_by_square(part, metric)
                    if part is None:
                        return f"entry ({i}, {j}), {f}, has harmonics of degree above {limit}."
        return None


def polynomial_kernel(kernel: Any, n: int, shape: tuple[int, int]) -> PolynomialKernel:
    """The kernel with its entries made polynomials in n variables and its shape checked to be (dim W, dim V).

    Entries are polynomials or exact numbers; ValueError for another shape, NotExact for floats.
    """
    if isinstance(kernel, PolynomialKernel):
        rows: Sequence[Sequence[Any]] = kernel.entries
    else:
        rows = kernel.rows() if isinstance(kernel, Matrix) else kernel
    made = tuple(tuple(_polynomial(x, n) for x in row) for row in rows)
    if {len(row) for row in made} != {shape[1]} or len(made) != shape[0]:
        raise ValueError(f"a kernel of this space has shape {shape}, that is (dim W, dim V) with polynomials in {n} "
                         "variables for entries. Give as many rows and columns.")
    wrong = next((f for row in made for f in row if f.n != n), None)
    if wrong is not None:
        raise ValueError(f"{wrong} is a polynomial in {wrong.n} variables, and kernels are on R^{n}. Give {n}.")
    return PolynomialKernel(made)


def _polynomial(x: Any, n: int) -> Polynomial:
    return x if isinstance(x, Polynomial) else Polynomial.constant(n, exact(x))


def _product(table: np.ndarray, matrix: Matrix) -> np.ndarray:
    """The product of a table of polynomials and an exact matrix."""
    n = table.flat[0].n
    rows = matrix.rows()
    out = np.empty((table.shape[0], matrix.shape[1]), object)
    for i in range(table.shape[0]):
        for j in range(matrix.shape[1]):
            terms = [f * row[j] for f, row in zip(table[i], rows) if row[j]]
            out[i, j] = sum(terms, Polynomial(n, {}))
    return out


def _difference(left: np.ndarray, right: np.ndarray) -> str | None:
    """The first entry where two tables differ, in words, with a place for the equation."""
    for i in range(left.shape[0]):
        for j in range(left.shape[1]):
            if (left[i, j] - right[i, j]).terms:
                return (f"entry ({i}, {j}) is {_braced(left[i, j])} on the left of {{}}, and {_braced(right[i, j])} on "
                        "the right.")
    return None


def _braced(f: Polynomial) -> str:
    return str(f).replace("{", "{{").replace("}", "}}")


