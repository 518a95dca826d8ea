"""The irreps of SO(3) on spherical harmonics and of SU(2) on binary forms: exact derivatives and matrices."""
from __future__ import annotations

from fractions import Fraction
from functools import reduce
from math import comb

from flint import fmpq, fmpq_mat

from .field import Number, Q
from .harmonic import Harmonics, gegenbauer_scale
from .matrix import Matrix

Entries = dict[tuple[int, int], Fraction]


class NotARotation(ValueError):
    """A matrix that is not orthogonal, or not of the size asked for."""


def index(l: int, m: int) -> int:
    """The place of the order m among m = l, −l, …, 1, −1, 0.

    >>> [index(1, m) for m in (1, -1, 0)]
    [0, 1, 2]
    """
    return 2 * (l - abs(m)) + (m < 0)


def scale(l: int, m: int) -> Fraction:
    """The rational c_{l,m} > 0 with P_{l,m} = c_{l,m} d^m P_l/dt^m, where P_l is Legendre's polynomial.

    >>> scale(2, 0), scale(2, 1)
    (Fraction(2, 1), Fraction(1, 3))
    """
    odd = reduce(lambda product, j: product * j, range(1, 2 * m, 2), 1)
    return gegenbauer_scale(l - m, m + Fraction(1, 2)) / odd


def derivatives(l: int) -> tuple[Matrix, Matrix, Matrix]:
    """The matrices (dρ(L_x), dρ(L_y), dρ(L_z)) with d/dt Y(exp(tL) x) = dρ(L) Y(x) at t = 0, sparse and rational.

    With Z_m = c_m (x + iy)^m P_l^{(m)}, whose real and imaginary parts are Y_m and Y_{−m}:
    L_z Z_m = i m Z_m, L_x Z_m = −(i/2)(α_m Z_{m+1} + β_m Z_{m−1}), L_y Z_m = (β_m Z_{m−1} − α_m Z_{m+1})/2 for m > 0,
    where α_m = c_m/c_{m+1} and β_m = (l + m)(l − m + 1) c_m/c_{m−1}. Source: Edmonds, Angular Momentum in Quantum
    Mechanics (1957), 2.3, by Legendre's differential equation.

    >>> derivatives(1)[2], derivatives(2)[2].shape
    ([0 -1 0; 1 0 0; 0 0 0], (5, 5))
    """
    c = [scale(l, m) for m in range(l + 1)]
    tables: tuple[Entries, Entries, Entries] = ({}, {}, {})

    def put(axis: int, m: int, k: int, value: Fraction | int) -> None:
        if abs(k) <= l and value:
            tables[axis][index(l, m), index(l, k)] = Fraction(value)
    if l:
        up = c[0] / c[1]
        put(0, 0, -1, up)
        put(1, 0, 1, -up)
    for m in range(1, l + 1):
        up = c[m] / c[m + 1] / 2 if m < l else Fraction(0)
        down = (l + m) * (l - m + 1) * c[m] / c[m - 1] / 2
        put(2, m, -m, -m)
        put(2, -m, m, m)
        put(0, m, -m - 1, up)
        put(0, -m, m + 1, -up)
        put(0, -m, m - 1, -down)
        put(1, m, m + 1, -up)
        put(1, -m, -m - 1, -up)
        put(1, m, m - 1, down)
        if m > 1:
            put(0, m, 1 - m, down)
            put(1, -m, 1 - m, down)
    x, y, z = (_sparse(2 * l + 1, 2 * l + 1, table) for table in tables)
    return x, y, z


def gradients(l: int) -> tuple[Matrix, Matrix, Matrix]:
    """The matrices (G_x, G_y, G_z) of shape (2l + 1, 2l − 1) with ∂_k Y_l = G_k Y_{l−1}, for l ≥ 1.

    In p = x + iy: ∂_z Z_{l,m} = (l + m) (c_{l,m}/c_{l−1,m}) Z_{l−1,m},
    ∂_p̄ Z_{l,m} = −½ (c_{l,m}/c_{l−1,m+1}) Z_{l−1,m+1}, and for m > 0
    ∂_p Z_{l,m} = ½ (l + m)(l + m − 1) (c_{l,m}/c_{l−1,m−1}) Z_{l−1,m−1}.

    >>> gradients(1)[2]
    [0; 0; 1]
    """
    here, below = ([scale(j, m) for m in range(j + 1)] for j in (l, l - 1))
    tables: tuple[Entries, Entries, Entries] = ({}, {}, {})

    def put(axis: int, m: int, k: int, value: Fraction | int) -> None:
        if abs(k) < l and value:
            tables[axis][index(l, m), index(l - 1, k)] = Fraction(value)
    for m in range(l + 1):
        if m < l:
            along = (l + m) * here[m] / below[m]
            put(2, m, m, along)
            if m:
                put(2, -m, -m, along)
        a = -here[m] / below[m + 1] / 2 if m + 1 < l else Fraction(0)
        if m == 0:
            put(0, 0, 1, 2 * a)
            put(1, 0, -1, 2 * a)
            continue
        b = (l + m) * (l + m - 1) * here[m] / below[m - 1] / 2
        put(0, m, m + 1, a)
        put(0, m, m - 1, b)
        put(0, -m, -m - 1, a)
        put(1, m, -m - 1, a)
        put(1, -m, m + 1, -a)
        put(1, -m, m - 1, b)
        if m > 1:
            put(0, -m, 1 - m, b)
            put(1, m, 1 - m, -b)
    x, y, z = (_sparse(2 * l + 1, 2 * l - 1, table) for table in tables)
    return x, y, z


def matrix(l: int, g: Matrix) -> Matrix:
    """The exact matrix ρ_l(g) with Y(gx) = ρ_l(g) Y(x), for an exact orthogonal 3×3 matrix g over any field.

    From degree to degree: ∂_k Y_l = G_k Y_{l−1} is equivariant, and Σ G_k D_{l−1}⁻¹ G_kᵀ = l(2l − 1) D_l⁻¹ by Schur's
    lemma, so that ρ_l(g) = Σ_{jk} g_{jk} G_j ρ_{l−1}(g) D_{l−1}⁻¹ G_kᵀ D_l / l(2l − 1). For det g = −1 it is the action
    on polynomials, where ρ_l(−1) = (−1)^l. Raises NotARotation for a matrix that is not orthogonal.

    >>> matrix(1, Matrix.of([[0, -1, 0], [1, 0, 0], [0, 0, 1]]))
    [0 -1 0; 1 0 0; 0 0 1]
    """
    if g.shape != (3, 3) or not (g.T @ g).is_identity:
        raise NotARotation(f"{g} is no orthogonal 3×3 matrix. Give one with gᵀg = 1, exactly: integer quaternions give "
                           "rational rotations.")
    found, before = Matrix.identity(1), Matrix.identity(1)
    for j in range(1, l + 1):
        metric = Matrix.diagonal(Harmonics(j).gram)
        steps = gradients(j)
        back = [before @ s.T @ metric * Fraction(1, j * (2 * j - 1)) for s in steps]
        terms = [s @ found @ _sum([b * g[i, k] for k, b in enumerate(back)]) for i, s in enumerate(steps)]
        found, before = _sum(terms), Matrix.diagonal([1 / d for d in Harmonics(j).gram])
    return found


# Binary forms ---------------------------------------------------------------------------------------------------------
def form_gram(degree: int) -> tuple[Number, ...]:
    """The metric D_k = C(n, k) of the forms u^{n−k} v^k: Σ D_k |u^{n−k} v^k|² = (|u|² + |v|²)ⁿ.

    >>> form_gram(2)
    (1, 2, 1)
    """
    return tuple(Q(comb(degree, k)) for k in range(degree + 1))


def form_derivative(degree: int, x: Matrix) -> Matrix:
    """dρ(X) on the forms (uⁿ, u^{n−1}v, …, vⁿ) of degree n, for a 2×2 matrix X: tridiagonal.

    d(u^{n−k}v^k) = (n − k) u^{n−k−1} v^k du + k u^{n−k} v^{k−1} dv with (du, dv) = X(u, v).

    >>> form_derivative(2, Matrix.of([[0, 1], [0, 0]]))
    [0 2 0; 0 0 1; 0 0 0]
    """
    n = degree
    rows = [[x.field(0)] * (n + 1) for _ in range(n + 1)]
    for k in range(n + 1):
        rows[k][k] = (n - k) * x[0, 0] + k * x[1, 1]
        if k < n:
            rows[k][k + 1] = (n - k) * x[0, 1]
        if k:
            rows[k][k - 1] = k * x[1, 0]
    return Matrix.of(rows)


def form_matrix(degree: int, g: Matrix) -> Matrix:
    """The exact matrix Symⁿ(g) on the forms (uⁿ, u^{n−1}v, …, vⁿ): row k holds (au + bv)^{n−k} (cu + dv)^k.

    >>> form_matrix(2, Matrix.of([[1, 1], [0, 1]]))
    [1 2 1; 0 1 1; 0 0 1]
    """
    one, zero = g.field(1), g.field(0)
    powers: list[list[list[Number]]] = []
    for i in range(2):
        chain = [[one]]
        for _ in range(degree):
            chain.append(_times(chain[-1], [g[i, 0], g[i, 1]], zero))
        powers.append(chain)
    return Matrix.of([_times(powers[0][degree - k], powers[1][k], zero) for k in range(degree + 1)])


def circular_matrix(k: int, g: Matrix) -> Matrix:
    """The exact matrix on (Re, Im) z^k, z = x + iy, of an orthogonal 2×2 matrix g: z ↦ wz or z ↦ wz̄.

    >>> circular_matrix(2, Matrix.of([[0, -1], [1, 0]]))
    [-1 0; 0 -1]
    """
    if g.shape != (2, 2) or not (g.T @ g).is_identity:
        raise NotARotation(f"{g} is no orthogonal 2×2 matrix. Give one with gᵀg = 1, exactly, such as "
                           "[[3/5, -4/5], [4/5, 3/5]].")
    a, b = g[0, 0], g[1, 0]
    turn = Matrix.of([[a, -b], [b, a]]) ** k
    return turn if g.det() == 1 else turn @ Matrix.diagonal([1, -1])


def _times(f: list[Number], g: list[Number], zero: Number) -> list[Number]:
    """The product of two polynomials by their coefficients."""
    found = [zero] * (len(f) + len(g) - 1)
    for i, a in enumerate(f):
        if a:
            for j, b in enumerate(g):
                found[i + j] = found[i + j] + a * b
    return found


def _sum(matrices: list[Matrix]) -> Matrix:
    return reduce(Matrix.__add__, matrices)


def _sparse(m: int, n: int, entries: Entries) -> Matrix:
    table = fmpq_mat(m, n)
    for place, value in entries.items():
        table[place] = fmpq(value.numerator, value.denominator)
    return Matrix(Q, (table,))
