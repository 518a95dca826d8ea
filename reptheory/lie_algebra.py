"""Algebra: a Lie algebra of exact matrices, closed under the bracket."""
from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, reduce
from itertools import combinations

from .field import Number
from .linalg import nullspace, rank, rref
from .matrix import Matrix


class NotALieAlgebra(ValueError):
    """Matrices whose commutators leave their span."""


@dataclass(frozen=True)
class Algebra:
    """The real Lie algebra spanned by these independent matrices X_a.

    Complex entries are split into real and imaginary parts, since coordinates are real.

    >>> import reptheory as rt
    >>> g = rt.SO(3).lie_algebra; g.structure[0][1]   # [Lx, Ly] = Lz
    (0, 0, 1)
    """

    names: tuple[str, ...]
    matrices: tuple[Matrix, ...]

    @cached_property
    def _span(self) -> tuple[Matrix, Matrix, tuple[int, ...]]:
        """(R, T, pivots): the rows of real entries are B, its echelon form is R = T B."""
        rows = Matrix.vstack([real_row(m) for m in self.matrices])
        d, n = rows.shape
        reduced, pivots = rref(Matrix.hstack([rows, Matrix.identity(d)]))
        return reduced.submatrix(range(d), range(n)), reduced.submatrix(range(d), range(n, n + d)), pivots

    def outside(self, matrix: Matrix) -> bool:
        """Whether a matrix is no real combination of the basis."""
        return self._coordinates(matrix) is None

    def _coordinates(self, matrix: Matrix) -> Matrix | None:
        if not self.matrices:
            return Matrix.zeros(1, 0) if matrix.is_zero else None
        reduced, transform, pivots = self._span
        row = real_row(matrix)
        leading = row.submatrix([0], pivots)
        return leading @ transform if leading @ reduced == row else None

    def coordinates(self, matrix: Matrix) -> tuple[Number, ...]:
        """The real coordinates c of M = Σ c_a X_a; ValueError outside."""
        found = self._coordinates(matrix)
        if found is None:
            raise ValueError(f"the matrix {matrix} is no combination of {', '.join(self.names)}. Give one in the Lie "
                             "algebra.")
        return found.rows()[0]

    @cached_property
    def structure(self) -> tuple[tuple[tuple[Number, ...], ...], ...]:
        """The structure constants c[a][b], the coordinates of [X_a, X_b]; NotALieAlgebra where one escapes."""
        d = len(self.matrices)
        table: list[list[tuple[Number, ...]]] = [[()] * d for _ in range(d)]
        for a in range(d):
            for b in range(a + 1):
                bracket = commutator(self.matrices[a], self.matrices[b])
                found = self._coordinates(bracket)
                if found is None:
                    raise NotALieAlgebra(
                        f"the matrices {', '.join(self.names)} do not span a Lie algebra of dimension {d}: the "
                        f"commutator [{self.names[b]}, {self.names[a]}] = {-bracket} is no combination of them. Add "
                        "it to the generators, or give dim= the dimension that they generate.")
                table[a][b] = found.rows()[0]
                table[b][a] = tuple(-x for x in table[a][b])
        return tuple(map(tuple, table))

    @cached_property
    def adjoint(self) -> tuple[Matrix, ...]:
        """The matrices ad X_a, with column b the coordinates of [X_a, X_b]."""
        return tuple(Matrix.of(rows).T for rows in self.structure)

    @cached_property
    def killing(self) -> Matrix:
        """The Killing form tr(ad X ad Y)."""
        return Matrix.of([[(x @ y).trace() for y in self.adjoint] for x in self.adjoint])

    @cached_property
    def centre(self) -> Matrix:
        """A basis of the centre, coordinates as rows."""
        return nullspace(Matrix.vstack(list(self.adjoint)))

    @cached_property
    def derived(self) -> Matrix:
        """A basis of [g, g], coordinates as rows."""
        rows = Matrix.of([self.structure[a][b] for a, b in combinations(range(len(self.matrices)), 2)]
                         or [[0] * len(self.matrices)])
        reduced, pivots = rref(rows)
        return reduced.submatrix(range(len(pivots)), range(len(self.matrices)))

    @cached_property
    def is_reductive(self) -> bool:
        """Whether the matrices act completely reducibly: g = z ⊕ [g, g], [g, g] semisimple by Cartan's criterion, and z
        of semisimple matrices. Source: Bourbaki, Lie groups and Lie algebras I, §6, theorem 4."""
        if not self.matrices:
            return True
        derived, centre = self.derived, self.centre
        if derived.shape[0] + centre.shape[0] != len(self.matrices):
            return False
        if derived.shape[0] and rank(derived @ self.killing @ derived.T) < derived.shape[0]:
            return False
        return all(is_semisimple(self.element(row)) for row in centre.rows())

    def element(self, coordinates) -> Matrix:
        """Σ c_a X_a."""
        zero = Matrix.zeros(*self.matrices[0].shape)
        return reduce(Matrix.__add__, (x * c for c, x in zip(coordinates, self.matrices) if c), zero)


def commutator(x: Matrix, y: Matrix) -> Matrix:
    """The bracket [X, Y] = XY − YX."""
    return x @ y - y @ x


def real_row(matrix: Matrix) -> Matrix:
    """The entries of a matrix as one row of real numbers: those of a complex one by real and imaginary parts."""
    from .construct import real_block

    entries = [x for row in matrix.rows() for x in row]
    if matrix.field.is_real:
        return Matrix.of([[y for x in entries for y in (x, 0)]])
    theta = matrix.field.generator - matrix.field.generator.conj()
    blocks = [real_block(x, theta) for x in entries]
    return Matrix.of([[y for block in blocks for y in (block[0][0], block[1][0])]])


def minimal_polynomial(matrix: Matrix) -> tuple[Number, ...]:
    """The coefficients p_0, …, p_k = 1 of the minimal polynomial, from the first dependency among the powers.

    >>> minimal_polynomial(Matrix.of([[0, -1], [1, 0]]))
    (1, 0, 1)
    """
    powers = [Matrix.identity(matrix.shape[0])]
    while True:
        flat = Matrix.of([[x for row in m.rows() for x in row] for m in powers])
        relation = nullspace(flat.T)
        if relation.shape[0]:
            row = relation.rows()[0]
            return tuple(c / row[-1] for c in row)
        powers.append(powers[-1] @ matrix)


def evaluated(polynomial, matrix: Matrix) -> Matrix:
    """p(M) by Horner's rule."""
    one, value = Matrix.identity(matrix.shape[0]), Matrix.zeros(*matrix.shape)
    for c in reversed(polynomial):
        value = value @ matrix + one * c
    return value


def is_semisimple(matrix: Matrix) -> bool:
    """Whether a matrix is diagonalisable over C: its minimal polynomial p has no multiple root, p′(M) is invertible."""
    p = minimal_polynomial(matrix)
    return not evaluated([k * c for k, c in enumerate(p)][1:], matrix).det().is_zero
