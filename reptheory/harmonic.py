"""Harmonic polynomials: circular (n = 2), spherical (n = 3) and hyperspherical ones, with integer coefficients."""
from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import comb, factorial, gcd, lcm
from typing import Any

from .field import Number, Q
from .polynomial import Polynomial


class NoHarmonics(ValueError):
    """A degree or a dimension that has no harmonic polynomials."""


@dataclass(frozen=True)
class Harmonics:
    """The harmonic polynomials Y₁, …, Y_d of degree l on Rⁿ, orthogonal on the sphere: Δ Y_i = 0, ∫ Y_i Y_j = 0.

    They branch along R² ⊂ R³ ⊂ … ⊂ Rⁿ: Y(x) = P_{l,k}(x_n, |x|²) Y'(x₁, …, x_{n−1}) for each Y' of degree k ≤ l on
    Rⁿ⁻¹, where P_{l,k} is the primitive integer multiple of the homogeneous Gegenbauer polynomial of degree l − k and
    index k + n/2 − 1, with positive leading coefficient. On R² they are Re and Im of (x + iy)^l. The order is by
    falling k: on R³ (cos, sin) pairs m = l, −l, …, 1, −1, and then m = 0, so that degree 1 is x, y, z. There is no
    Condon–Shortley sign. The diagonal metric D satisfies Σ D_i Y_i(x)² = |x|^{2l}.

    `spherical_harmonics(l, n)` makes them. Source: Vilenkin, Special Functions and the Theory of Group Representations
    (1968), chapter IX; Axler, Bourdon, Ramey, Harmonic Function Theory (2001), chapter 5.
    """

    l: int
    n: int = 3

    def __post_init__(self) -> None:
        if not _is_integer(self.n) or self.n < 2:
            raise NoHarmonics(f"harmonics on R^{self.n}: the circle in R^2 is the first sphere that is connected. Give "
                              "n ≥ 2.")
        if not _is_integer(self.l) or self.l < 0:
            raise NoHarmonics(f"{self.l!r} is no degree of a harmonic polynomial. Give an integer l ≥ 0.")

    @property
    def dim(self) -> int:
        """C(l + n − 1, n − 1) − C(l + n − 3, n − 1): 2 on the circle and 2l + 1 on R³, except for l = 0."""
        return comb(self.l + self.n - 1, self.n - 1) - (comb(self.l + self.n - 3, self.n - 1) if self.l > 1 else 0)

    @cached_property
    def orders(self) -> tuple[tuple[int, ...], ...]:
        """The labels (k_{n−1}, …, k_3, m) along the chain of subspheres; on R³ the orders (m,), negative for sines.

        >>> Harmonics(1).orders
        ((1,), (-1,), (0,))
        """
        if self.n == 2:
            return ((),) if self.l == 0 else ((1,), (-1,))
        if self.n == 3:
            return (*((s * m,) for m in range(self.l, 0, -1) for s in (1, -1)), (0,))
        return tuple((k, *rest) for k in range(self.l, -1, -1) for rest in Harmonics(k, self.n - 1).orders)

    @cached_property
    def polynomials(self) -> tuple[Polynomial, ...]:
        """The polynomials Y_i in their order.

        >>> Harmonics(2).polynomials
        (x^2 - y^2, 2*x*y, x*z, y*z, -x^2 - y^2 + 2*z^2)
        """
        if self.n == 2:
            return _circular(self.l)
        found = []
        for k in range(self.l, -1, -1):
            factor = self._factor(k)
            found += [factor * _widened(y) for y in Harmonics(k, self.n - 1).polynomials]
        return tuple(found)

    @cached_property
    def gram(self) -> tuple[Number, ...]:
        """The metric D_i = 1/(d ⟨Y_i²⟩), a positive rational, where ⟨ ⟩ is the mean over the unit sphere.

        >>> Harmonics(2).gram
        (Q('3/4'), Q('3/4'), 3, 3, Q('1/4'))
        """
        return tuple(Q(1 / (self.dim * mean)) for mean in self._squares)

    @cached_property
    def _squares(self) -> tuple[Fraction, ...]:
        """The means ⟨Y_i²⟩, from the norm of the Gegenbauer polynomials."""
        if self.n == 2:
            return (Fraction(1),) if self.l == 0 else (Fraction(1, 2),) * 2
        found: list[Fraction] = []
        for k in range(self.l, -1, -1):
            scale = gegenbauer_scale(self.l - k, k + Fraction(self.n - 2, 2))
            found += [scale * scale * branching_norm(self.n, self.l, k) * y for y in Harmonics(k, self.n - 1)._squares]
        return tuple(found)

    def _factor(self, k: int) -> Polynomial:
        """P_{l,k}(x_n, |x|²), expanded in the n variables."""
        variables = Polynomial.variables(self.n)
        square = sum((x * x for x in variables), Polynomial(self.n, {}))
        total, power = Polynomial(self.n, {}), Polynomial.constant(self.n, 1)
        for j, c in enumerate(gegenbauer(self.l - k, k + Fraction(self.n - 2, 2))):
            top = Polynomial(self.n, {(*(0,) * (self.n - 1), self.l - k - 2 * j): c})
            total, power = total + top * power, power * square
        return total

    def __call__(self, *point: Any) -> tuple[Number, ...]:
        """The exact values (Y₁(x), …, Y_d(x)) at n exact numbers; NotExact for floats.

        >>> Harmonics(2)(1, 2, 2)
        (-3, 4, 2, 4, 3)
        """
        return tuple(y(*point) for y in self.polynomials)

    def to_sympy(self):
        """The column of the polynomials as sympy expressions in x, y, z."""
        import sympy
        return sympy.Matrix([y.to_sympy() for y in self.polynomials])

    def __repr__(self) -> str:
        dimension = "" if self.n == 3 else f", n={self.n}"
        return f"spherical_harmonics({self.l}{dimension})"


def spherical_harmonics(l: int, n: int = 3) -> Harmonics:
    """The orthogonal basis of the harmonic polynomials of degree l on Rⁿ with integer coefficients: Δ Y = 0.

    They carry the irrep l of SO(3): Y(gx) = ρ(g) Y(x) and ρ(g)ᵀ D ρ(g) = D. Raises NoHarmonics for l < 0 or n < 2.

    >>> spherical_harmonics(2).polynomials[-1], spherical_harmonics(20).dim
    (-x^2 - y^2 + 2*z^2, 41)
    >>> spherical_harmonics(3, n=2).polynomials
    (x^3 - 3*x*y^2, 3*x^2*y - y^3)
    """
    return Harmonics(l, n)


def gegenbauer(degree: int, index: Fraction) -> tuple[int, ...]:
    """The coefficients p_j of the primitive integer polynomial Σ p_j t^{d−2j} with p_0 > 0 proportional to C_d^{(λ)}.

    C_d^{(λ)}(t) = Σ_j (−1)^j (λ)_{d−j} / (j! (d − 2j)!) (2t)^{d−2j}.

    >>> gegenbauer(4, Fraction(1, 2))
    (35, -30, 3)
    """
    row = _series(degree, index)
    scale = _content(row)
    return tuple(int(c / scale) for c in row)


def gegenbauer_scale(degree: int, index: Fraction) -> Fraction:
    """The rational s > 0 with primitive polynomial = s C_d^{(λ)}.

    >>> gegenbauer_scale(2, Fraction(1, 2))
    Fraction(2, 1)
    """
    return 1 / _content(_series(degree, index))


def branching_norm(n: int, l: int, k: int) -> Fraction:
    """The mean of (1 − t²)^k C_{l−k}^{(k+λ)}(t)² over the weight (1 − t²)^{λ−1/2}, λ = n/2 − 1: how squares branch.

    It is (2λ)_{l+k} λ / (4^k (l − k)! (l + λ) (λ)_k²). Source: Abramowitz and Stegun, 22.2.3.

    >>> branching_norm(3, 2, 0)  # the mean of P_2² is 1/5
    Fraction(1, 5)
    """
    half = Fraction(n - 2, 2)
    return rising(2 * half, l + k) * half / (4 ** k * factorial(l - k) * (l + half) * rising(half, k) ** 2)


def rising(x: Fraction, k: int) -> Fraction:
    """The rising factorial (x)_k = x (x + 1) ⋯ (x + k − 1).

    >>> rising(Fraction(1, 2), 2)
    Fraction(3, 4)
    """
    value = Fraction(1)
    for j in range(k):
        value *= x + j
    return value


def _series(degree: int, index: Fraction) -> list[Fraction]:
    """The coefficients of C_d^{(λ)}, by the ratio of neighbours."""
    if degree and not index:
        raise ValueError("Gegenbauer polynomials of index 0 vanish. Give an index λ > 0.")
    c = rising(index, degree) * 2 ** degree / factorial(degree)
    row = [c]
    for j in range(degree // 2):
        a = degree - 2 * j
        c = -c * a * (a - 1) / (4 * (j + 1) * (index + degree - j - 1))
        row.append(c)
    return row


def _content(row: list[Fraction]) -> Fraction:
    return Fraction(gcd(*(c.numerator for c in row)), lcm(*(c.denominator for c in row)))


def _circular(k: int) -> tuple[Polynomial, ...]:
    """Re and Im of (x + iy)^k; 1 alone for k = 0."""
    parts: list[dict[tuple[int, ...], int]] = [
        {(k - j, j): (-1) ** (j // 2) * comb(k, j) for j in range(start, k + 1, 2)} for start in (0, 1)]
    return tuple(Polynomial(2, part) for part in parts[:1 if k == 0 else 2])


def _widened(y: Polynomial) -> Polynomial:
    """The polynomial in one variable more, which it does not use."""
    return Polynomial(y.n + 1, {(*a, 0): c for a, c in y.terms.items()})


def _is_integer(x: Any) -> bool:
    return isinstance(x, int) and not isinstance(x, bool)
