"""Exact linear algebra: flint over Q, split primes with CRT and an exact check over number fields."""
from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

from flint import fmpq, fmpq_mat, fmpz, fmpz_mat

from .field import Number, Q
from .matrix import Matrix
from .modular import modular_rref


class Inconsistent(ArithmeticError):
    """A linear system without a solution."""


def rref(matrix: Matrix) -> tuple[Matrix, tuple[int, ...]]:
    """The reduced row echelon form, zero rows at the end, and its pivot columns: it depends on the row space only.

    >>> rref(Matrix.of([[2, 4], [1, 2]]))
    ([1 2; 0 0], (0,))
    """
    m, n = matrix.shape
    if not m or not n:
        return matrix, ()
    if matrix.field.degree > 1 and not matrix.is_rational:
        return modular_rref(matrix)
    integral, denominator, rank = matrix.parts[0].numer_denom()[0].rref()
    reduced = fmpq_mat(integral) / denominator
    table = integral.tolist()
    pivots = tuple(next(j for j in range(n) if table[i][j]) for i in range(rank))
    return Matrix(Q, (reduced,)).over(matrix.field), pivots


def rank(matrix: Matrix) -> int:
    """The rank."""
    return len(rref(matrix)[1])


def nullspace(matrix: Matrix) -> Matrix:
    """The basis of {x : M x = 0} in reduced row echelon form, as rows.

    >>> nullspace(Matrix.of([[1, 1, 1]]))
    [1 0 -1; 0 1 -1]
    """
    m, n = matrix.shape
    if not m:
        return Matrix.identity(n, matrix.field)
    # With the columns reversed, the solutions that are 1 on one free column and 0 on the others lead with that 1.
    reversed_, pivots = rref(matrix.submatrix(range(m), range(n - 1, -1, -1)))
    used = set(pivots)
    free = [j for j in range(n - 1, -1, -1) if j not in used]
    parts = []
    for k, part in enumerate(reversed_.parts):
        table = part.tolist()
        block = fmpq_mat(len(free), n)
        for row, f in enumerate(free):
            if k == 0:
                block[row, n - 1 - f] = fmpq(1)
            for i, p in enumerate(pivots):
                if table[i][f]:
                    block[row, n - 1 - p] = -table[i][f]
        parts.append(block)
    return Matrix(reversed_.field, tuple(parts))


def solve(a: Matrix, b: Matrix) -> Matrix:
    """A matrix X with A X = B; Inconsistent names a row combination that gives 0 = c otherwise.

    >>> solve(Matrix.of([[2, 0], [0, 4]]), Matrix.of([[1], [1]]))
    [1/2; 1/4]
    """
    n = a.shape[1]
    reduced, pivots = rref(Matrix.hstack([a, b]))
    if pivots and pivots[-1] >= n:
        row = next(i for i, p in enumerate(pivots) if p >= n)
        raise Inconsistent(f"A X = B has no solution: some combination of its rows reads 0 = 1 in column "
                           f"{pivots[-1] - n} of B "
                           f"(row {row} of the echelon form). Check that B lies in the span of the columns of A.")
    table, place = reduced.rows(), {p: i for i, p in enumerate(pivots)}
    rows = [[table[place[j]][n + k] if j in place else 0 for k in range(b.shape[1])] for j in range(n)]
    return Matrix.of(rows, reduced.field) if rows else Matrix.zeros(n, b.shape[1], reduced.field)


def inverse(matrix: Matrix) -> Matrix:
    """The inverse; ZeroDivisionError for a singular matrix."""
    m, n = matrix.shape
    if m != n:
        raise ValueError(f"a {m}×{n} matrix has no inverse: it is not square.")
    if matrix.field.degree == 1:
        return Matrix(Q, (matrix.parts[0].inv(),))
    try:
        return solve(matrix, Matrix.identity(n, matrix.field))
    except Inconsistent:
        raise ZeroDivisionError(f"the matrix {matrix} is singular. Give one of full rank.") from None


def det(matrix: Matrix) -> Number:
    """The determinant, over Q by flint and otherwise by elimination."""
    if matrix.field.degree == 1:
        return Q(matrix.parts[0].det())
    rows, value = [list(r) for r in matrix.rows()], matrix.field(1)
    for k in range(len(rows)):
        pivot = next((i for i in range(k, len(rows)) if rows[i][k]), None)
        if pivot is None:
            return matrix.field(0)
        if pivot != k:
            rows[k], rows[pivot], value = rows[pivot], rows[k], -value
        value = value * rows[k][k]
        for i in range(k + 1, len(rows)):
            if rows[i][k]:
                factor = rows[i][k] / rows[k][k]
                rows[i] = [x - factor * y for x, y in zip(rows[i], rows[k])]
    return value


def kron(a: Matrix, b: Matrix) -> Matrix:
    """The Kronecker product, indices of the first factor slow."""
    return a.kron(b)


def gram_schmidt(rows: Matrix, weights: Sequence[Number] | None = None) -> tuple[Matrix, tuple[Number, ...]]:
    """Orthogonal rows of the same flags and their squared norms, for ⟨x, y⟩ = Σ w_i x_i conj(y_i), without roots.

    From the L D Lᴴ factorisation of the Gram matrix: the orthogonal rows are L⁻¹ times the rows.

    >>> gram_schmidt(Matrix.of([[1, 1], [1, 0]]))
    ([1 1; 1/2 -1/2], (2, Q('1/2')))
    """
    if not rows.shape[0]:
        return rows, ()
    weighted = rows if weights is None else scaled(rows, weights)
    transform, norms = orthogonal(weighted @ rows.H, 0)
    return transform @ rows, norms


def orthogonal_rows(rows: Matrix, weights: Sequence[Number]) -> Matrix:
    """Rows of the same flags, orthogonal for ⟨x, y⟩ = Σ w_i x_i conj(y_i), each up to a factor.

    Over Q by Bareiss' elimination of [G, 1], G the Gram matrix, without fractions: its row i is a multiple of row i of
    [LᵀD, L⁻¹]. Otherwise, and where a weight is not positive, as `gram_schmidt`.

    >>> orthogonal_rows(Matrix.of([[1, 1], [1, 0]]), [Q(1), Q(1)])
    [1 1; 1 -1]
    """
    m = rows.shape[0]
    rational = rows.field.degree == 1 and all(w.is_rational and w.poly[0] > 0 for w in weights)
    if not m or not rational:
        return gram_schmidt(rows, weights)[0] if m else rows
    integral, _ = rows.parts[0].numer_denom()
    measured, _ = scaled(rows, weights).parts[0].numer_denom()
    gram = (measured * integral.transpose()).tolist()
    one = [[fmpz(i == j) for j in range(m)] for i in range(m)]
    upper = fmpz_mat([[*g, *e] for g, e in zip(gram, one)]).fflu()[3].tolist()
    transform: list[fmpz] = []
    for row in upper:
        content = reduce(lambda a, b: a.gcd(b), row[m:], fmpz(0))
        transform += [x // content for x in row[m:]]
    return Matrix(Q, (fmpq_mat(fmpz_mat(m, m, transform) * integral),))


def orthogonal(gram: Matrix, start: int = 0) -> tuple[Matrix, tuple[Number, ...]]:
    """L⁻¹ and D of a Gram matrix L D Lᴴ, by halves: L = [L₁ 0; C L₁, L₂] with C = G₂₁ L₁⁻ᴴ D₁⁻¹ L₁⁻¹.

    Raises ZeroDivisionError, naming the row counted from `start`, where the Gram matrix is singular.

    >>> orthogonal(Matrix.of([[2, 1], [1, 1]]))
    ([1 0; -1/2 1], (2, Q('1/2')))
    """
    n = gram.shape[0]
    if n == 1:
        if gram.is_zero:
            raise ZeroDivisionError(f"row {start} depends on the rows before it. Give independent rows.")
        return Matrix.identity(1, gram.field), (gram[0, 0],)
    first, last = range(n // 2), range(n // 2, n)
    one, norms = orthogonal(gram.submatrix(first, first), start)
    across = gram.submatrix(last, first) @ one.H @ Matrix.diagonal([1 / d for d in norms])
    rest = gram.submatrix(last, last) - across @ Matrix.diagonal(norms) @ across.H
    two, more = orthogonal(rest, start + n // 2)
    corner = -(two @ across @ one)
    zero = Matrix.zeros(n // 2, n - n // 2, gram.field)
    return Matrix.vstack([Matrix.hstack([one, zero]), Matrix.hstack([corner, two])]), norms + more


def scaled(rows: Matrix, weights: Sequence[Number]) -> Matrix:
    """The rows with column i multiplied by weights[i].

    >>> scaled(Matrix.of([[1, 2]]), [Q(3), Q(5)])
    [3 10]
    """
    if not rows.shape[0]:
        return rows
    if all(w.is_rational for w in weights):
        factors = [w.poly[0] for w in weights] * rows.shape[0]
        return Matrix(rows.field, tuple(fmpq_mat(*rows.shape, [x * w if x else x for x, w in zip(part.entries(),
                                                                                            factors)])
                                        for part in rows.parts))
    return Matrix.of([[x * w for x, w in zip(row, weights)] for row in rows.rows()])
