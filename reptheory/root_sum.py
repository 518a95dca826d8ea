"""Sums of roots of unity Σ m_s ζ^s, and the smallest field of the library that holds one."""
from __future__ import annotations

from collections.abc import Sequence
from math import gcd
from typing import Any

from flint import fmpq_poly, fmpz

from .field import Q, cyclotomic, quadratic, real_cyclotomic
from .number import Number


def root_sum(multiplicities: Sequence[int]) -> Number:
    """Σ_s m_s ζ_n^s with n = len(m), in Q, Q(√d) or the smallest (real) cyclotomic field that holds it.

    >>> root_sum([1, 1, 0, 0, 1])
    quadratic(5).number('1/2', '1/2')
    """
    n = len(multiplicities)
    big = cyclotomic(n)
    if big.degree == 1:
        return Q(int(sum(m * (-1) ** s for s, m in enumerate(multiplicities))))
    return smallest(Number(big, fmpq_poly([int(m) for m in multiplicities]) % big.modulus), n)


def smallest(x: Number, n: int) -> Number:
    """A number of Q(ζ_n) in the smallest field of the library that holds it.

    The degree of x is the index of {a mod n : σ_a x = x}, where σ_a ζ = ζ^a; x lies in Q(ζ_m) when all a ≡ 1 mod m
    fix it.
    """
    if x.is_rational:
        return Q(x.to_fraction())
    units = [a for a in range(1, n) if gcd(a, n) == 1]
    conjugates = {a: _conjugate(x, a, n) for a in units}
    fixing = {a for a in units if conjugates[a] == x.poly}
    if len(units) == 2 * len(fixing):
        other = next(c for a, c in conjugates.items() if a not in fixing)
        square = Number(x.field, x.poly - other) ** 2
        d = squarefree(square.to_fraction())
        return {-1: cyclotomic(4), -3: cyclotomic(3)}.get(d, quadratic(d))(x)
    m = next(m for m in range(3, n + 1) if n % m == 0 and all(a in fixing for a in units if a % m == 1))
    return (real_cyclotomic if n - 1 in fixing else cyclotomic)(m)(x)


def _conjugate(x: Number, a: int, n: int) -> fmpq_poly:
    """σ_a x, as a polynomial in ζ_n."""
    spread: list[Any] = [0] * n
    for s, c in enumerate(x.poly.coeffs()):
        spread[s * a % n] = c
    return fmpq_poly(spread) % x.field.modulus


def squarefree(x) -> int:
    """The squarefree integer d with √x in Q(√d)."""
    product = x.numerator * x.denominator
    d = 1 if product > 0 else -1
    for prime, power in fmpz(abs(product)).factor():
        d *= int(prime) if power % 2 else 1
    return d
