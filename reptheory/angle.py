"""Two subspaces at a point: their principal angles, exactly, and what they say about the projections."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import acos, degrees, isqrt, sqrt

import numpy as np
from flint import acb, fmpq, fmpq_mat, fmpq_poly

from .embedding import complex_roots, monic
from .field import Number, Q, number_field, quadratic
from .linalg import inverse, nullspace, rank, rref, scaled
from .matrix import Matrix

SMALL = 1000  # primes up to here are taken out of square roots
EXACT = 12  # the largest degree of cos² that is named by its minimal polynomial


@dataclass(frozen=True)
class Angle:
    """A principal angle strictly between 0 and 90°, by its cos²: an exact Number, or a float where `is_exact` is
    false."""

    cos_squared: Number | float
    multiplicity: int

    @property
    def is_exact(self) -> bool:
        """Whether cos² is an exact number rather than a float."""
        return isinstance(self.cos_squared, Number)

    @property
    def degrees(self) -> float:
        """The angle in degrees, a float.

        >>> Angle(Q("1/2"), 1).degrees
        45.0
        """
        return round(degrees(acos(sqrt(min(1.0, max(0.0, float(self.cos_squared)))))), 12)

    def __repr__(self) -> str:
        value = self.cos_squared
        if not isinstance(value, Number):
            text = f"≈ {value:.12g}"
        elif value.field.degree > 2:
            text = f"= {float(value):.6g}…, of degree {value.field.degree}"
        else:
            text = f"= {value}"
        return f"cos² {text} ({self.multiplicity}×, {self.degrees:.4g}°)"


@dataclass(frozen=True, eq=False)
class Units:
    """The rows of unit vectors, for these columns of `size`, written down as a matrix only when they have to be."""

    columns: Sequence[int]
    size: int

    @property
    def shape(self) -> tuple[int, int]:
        """The shape of the matrix."""
        return len(self.columns), self.size

    @cached_property
    def matrix(self) -> Matrix:
        """The matrix of the rows."""
        table = np.zeros(self.shape, np.int64)
        table[np.arange(len(self.columns)), list(self.columns)] = 1
        return Matrix.from_integers(table)


@dataclass(frozen=True, eq=False)
class Pair:
    """Two subspaces P, Q by independent rows, for ⟨x, y⟩ = Σ w_i x_i conj(y_i).

    With the Gram matrices A = P W Pᴴ, B = Q W Qᴴ and C = P W Qᴴ the eigenvalues of K = A⁻¹ C B⁻¹ Cᴴ are the cos² of the
    principal angles (Björck and Golub 1973). On each of the planes into which two projections split (Halmos 1969) the
    commutator is cos θ sin θ times a rotation by 90°, so that ‖[Π_P, Π_Q]‖² = 2 Σ cos²(1 − cos²) = 2 (tr K − tr K²),
    and they commute exactly when this number is 0. Where P is a mask, no matrix is larger than Q.

    >>> line = Pair(Matrix.of([[1, 0]]), Matrix.of([[1, 1]])); line.norm_squared
    Q('1/2')
    """

    first: Matrix | Units
    second: Matrix
    weights: Sequence[Number] | None = None

    @cached_property
    def rows(self) -> Matrix:
        """The rows of P as a matrix."""
        return self.first.matrix if isinstance(self.first, Units) else self.first

    @cached_property
    def _weighted(self) -> Matrix:
        """Q W."""
        return self.second if self.weights is None else scaled(self.second, self.weights)

    @cached_property
    def cross(self) -> Matrix:
        """C = P W Qᴴ."""
        if isinstance(self.first, Units):
            return self._weighted.submatrix(range(self.second.shape[0]), self.first.columns).H
        return self.first @ self._weighted.H

    @cached_property
    def _gram(self) -> Matrix:
        """B⁻¹."""
        return inverse(self._weighted @ self.second.H)

    @cached_property
    def cosines(self) -> Matrix:
        """The smaller of K = A⁻¹ C B⁻¹ Cᴴ and B⁻¹ Cᴴ A⁻¹ C, whose eigenvalues are the cos²."""
        if isinstance(self.first, Units):
            inside = self.second.submatrix(range(self.second.shape[0]), self.first.columns)  # A⁻¹ C = Q̄ᵀ on the mask
            return self._gram @ (self.cross.H @ inside.H)
        weighted = self.first if self.weights is None else scaled(self.first, self.weights)
        left, right = inverse(weighted @ self.first.H) @ self.cross, self._gram @ self.cross.H
        return left @ right if self.first.shape[0] <= self.second.shape[0] else right @ left

    @cached_property
    def norm_squared(self) -> Number:
        """‖[Π_P, Π_Q]‖² = 2 (tr K − tr K²)."""
        if not self.first.shape[0] or not self.second.shape[0] or self.cross.is_zero:
            return Q(0)
        k = self.cosines
        return 2 * (k.trace() - (k @ k).trace())

    @cached_property
    def dims(self) -> tuple[int, int, int, int]:
        """dim P, dim Q, dim P ∩ Q (angle 0), and the number of angles strictly between 0 and 90°."""
        p, q = self.first.shape[0], self.second.shape[0]
        if not p or not q or self.cross.is_zero:
            return p, q, 0, 0
        k = self.cosines
        if self.norm_squared == 0:
            return p, q, int(k.trace().to_fraction()), 0
        meet = k.shape[0] - rank(k - Matrix.identity(k.shape[0]))
        return p, q, meet, rank(k) - meet

    @cached_property
    def angles(self) -> tuple[Angle, ...]:
        """The principal angles strictly between 0 and 90°, the smallest first: exact where the minimal polynomials of
        their cos² have degree up to 12; otherwise floats."""
        if not self.dims[3]:
            return ()
        k = self.cosines
        if k.shape == (1, 1):
            value = k[0, 0]
            return (Angle(Q(value.to_fraction()) if value.is_rational else value, 1),)
        if k.is_rational:
            found = [angle for factor, e in k.parts[0].charpoly().factor()[1] for angle in _roots(factor, e)]
        else:
            values = np.sort(np.linalg.eigvals(k.to_numpy()).real)
            zeros = k.shape[0] - self.dims[2] - self.dims[3]
            found = _named(_over_rationals(k), values[zeros:zeros + self.dims[3]].tolist())
        return tuple(sorted(found, key=lambda angle: -float(angle.cos_squared)))

    # Spaces --------------------------------------------------------------------------------------------
    @cached_property
    def meet(self) -> Matrix:
        """Rows that span P ∩ Q."""
        if not self.dims[2]:
            return self.second.submatrix([], range(self.second.shape[1]))
        if self.dims[2] == self.second.shape[0]:
            return self.second
        if isinstance(self.first, Units):
            outside = np.setdiff1d(np.arange(self.first.size), self.first.columns).tolist()
            return nullspace(self.second.submatrix(range(self.second.shape[0]), outside).T) @ self.second
        both = nullspace(Matrix.vstack([self.first, self.second]).T)
        return both.submatrix(range(both.shape[0]), range(self.first.shape[0])) @ self.first

    @cached_property
    def join(self) -> Matrix:
        """Rows that span P + Q."""
        return _spanning(Matrix.vstack([self.rows, self.second]))

    @cached_property
    def projected(self) -> Matrix:
        """The rows Π_Q P."""
        return self.cross @ self._gram @ self.second if self.dims[0] and self.dims[1] else self.rows * 0

    @cached_property
    def smallest(self) -> Matrix:
        """Rows that span P + Π_Q P, the smallest space containing P whose projection commutes with Π_Q."""
        return _spanning(Matrix.vstack([self.rows, self.projected])) if self.dims[3] else self.rows

    @cached_property
    def largest(self) -> Matrix:
        """Rows that span (P ∩ Q) ⊕ (P ∩ Q^⊥), the largest subspace of P whose projection commutes with Π_Q."""
        if not self.dims[3]:
            return self.rows
        return Matrix.vstack([self.meet, nullspace(self.cross.T) @ self.rows])


def image(rows: Matrix | Units, weights: Sequence[Number] | None, x: Matrix) -> Matrix:
    """The orthogonal projection of a column onto the span of the rows.

    >>> image(Matrix.of([[1, 1]]), None, Matrix.of([[1], [0]])).T
    [1/2 1/2]
    """
    if isinstance(rows, Units):
        inside = set(rows.columns)
        return Matrix.of([[x[k, 0] if k in inside else 0] for k in range(rows.size)])
    if not rows.shape[0]:
        return x * 0
    weighted = rows.conj() if weights is None else scaled(rows.conj(), weights)
    return rows.T @ (inverse(weighted @ rows.T) @ (weighted @ x))


def projector(rows: Matrix, weights: Sequence[Number] | None) -> Matrix:
    """The orthogonal projection Rᵀ (R̄ W Rᵀ)⁻¹ R̄ W onto the span of the rows of R, acting on columns.

    >>> projector(Matrix.of([[1, 1]]), None)
    [1/2 1/2; 1/2 1/2]
    """
    if not rows.shape[0]:
        return Matrix.zeros(rows.shape[1], rows.shape[1])
    weighted = rows.conj() if weights is None else scaled(rows.conj(), weights)
    return rows.T @ inverse(weighted @ rows.T) @ weighted


def square_root(x: Number) -> Number:
    """The exact √x of a real number x ≥ 0, in Q(√d) where x is rational and otherwise in the field it generates.

    >>> square_root(Q("3/8")) ** 2
    Q('3/8')
    """
    if x.is_zero:
        return Q(0)
    if x.is_rational:
        value = x.to_fraction()
        inside, outside = 1, 1
        for p, e in quadratic_factors(value.numerator * value.denominator):
            inside, outside = inside * p ** (e % 2), outside * p ** (e // 2)
        root = Q(1) if inside == 1 else quadratic(inside).generator
        return root * outside / value.denominator
    minimal = x.minimal_polynomial().coeffs()
    doubled = fmpq_poly([c for pair in zip(minimal, [0] * len(minimal)) for c in pair])
    near = sqrt(float(x))
    factors = [f for f, _ in doubled.factor()[1]]
    best = min(factors, key=lambda f: min(abs(complex(r) - near) for r in _complex(f)))
    return _root(best, near)


def quadratic_factors(n: int) -> list[tuple[int, int]]:
    """Factors of n with their exponents: the small primes, and what is left, as a square where it is one.

    >>> quadratic_factors(2 ** 3 * 1000003 ** 2)
    [(2, 3), (1000003, 2)]
    """
    found, p = [], 2
    while p <= SMALL and p * p <= n:
        e = 0
        while n % p == 0:
            n, e = n // p, e + 1
        found += [(p, e)] if e else []
        p += 1 + p % 2
    root = isqrt(n)
    return found + ([(root, 2)] if root * root == n > 1 else [(n, 1)] if n > 1 else [])


def _root(poly: fmpq_poly, near: float) -> Number:
    """The root of an irreducible polynomial nearest to a float."""
    if poly.degree() == 1:
        return Q(-poly[0] / poly[1])
    if poly.degree() == 2:
        c, b, a = (Q(x) for x in poly.coeffs())
        root = square_root(b * b - 4 * a * c)
        return min(((-b + root) / (2 * a), (-b - root) / (2 * a)), key=lambda x: abs(float(x) - near))
    return number_field([Q(c) for c in poly.coeffs()], near).generator


def _roots(factor: fmpq_poly, multiplicity: int) -> list[Angle]:
    """The angles whose cos² are the roots strictly between 0 and 1 of an irreducible polynomial with real roots."""
    if factor.degree() == 1:
        value = -factor[0] / factor[1]
        return [Angle(Q(value), multiplicity)] if 0 < value < 1 else []
    floats = sorted(complex(r).real for r in _complex(factor))
    return [Angle(_root(factor, x) if factor.degree() <= EXACT else x, multiplicity) for x in floats]


def _over_rationals(k: Matrix) -> fmpq_mat:
    """K as a rational matrix on Q(α)ʳ = Q^{rd}: its eigenvalues are those of K and of its conjugates."""
    r, d = k.shape[0], k.field.degree
    powers = k.field.powers
    table = [[fmpq(0)] * (r * d) for _ in range(r * d)]
    for n, part in enumerate(k.parts):
        for i, row in enumerate(part.tolist()):
            for j, c in enumerate(row):
                for m in range(d):
                    for l in range(d):
                        table[i * d + l][j * d + m] += c * powers[n + m][l]
    return fmpq_mat(table)


def _named(matrix: fmpq_mat, floats: list[float]) -> list[Angle]:
    """The eigenvalues near these floats, exact where one of small degree is nearest by far."""
    roots = [(complex(r), factor) for factor, _ in matrix.charpoly().factor()[1] for r in _complex(factor)]
    found: dict[Number | float, int] = {}
    for x in floats:
        near = sorted((abs(r - x), n) for n, (r, _) in enumerate(roots))
        factor = roots[near[0][1]][1]
        clear = near[0][0] < 1e-9 and (len(near) == 1 or near[1][0] > 1e-6)
        value: Number | float = _root(factor, x) if clear and factor.degree() <= EXACT else x
        found[value] = found.get(value, 0) + 1
    return [Angle(value, n) for value, n in found.items()]


def _complex(factor: fmpq_poly) -> list[acb]:
    """The roots of an irreducible polynomial."""
    return list(complex_roots(monic(factor)))


def _spanning(rows: Matrix) -> Matrix:
    reduced, pivots = rref(rows)
    return reduced.submatrix(range(len(pivots)), range(rows.shape[1]))
