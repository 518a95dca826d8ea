"""Wigner's 3j, 6j and 9j symbols: each is one signed root of a rational number, in integers throughout."""
from __future__ import annotations

from fractions import Fraction
from math import comb, factorial, gcd
from typing import Any

import numpy as np

from .exact import rational, shown
from .signed_root import RootTensor, SignedRoot


class NotASpin(ValueError):
    """A number that is no spin j, or no weight m of it."""


def wigner_3j(j1, j2, j3, m1, m2, m3) -> SignedRoot:
    """( j1 j2 j3 ; m1 m2 m3 ): up to scale the one invariant of V(j1) ⊗ V(j2) ⊗ V(j3), by Racah's sum.

    Spins are 0, 1/2, 1, … ("1/2" or Fraction(1, 2)); the symbol is 0 unless m1 + m2 + m3 = 0 and the spins make a
    triangle. NotASpin for an m that j does not have. (NIST DLMF, eq. 34.2.4)

    >>> wigner_3j(1, 1, 0, 0, 0, 0), wigner_3j("1/2", "1/2", 1, "1/2", "-1/2", 0)
    (-√(1/3), √(1/6))
    """
    spins = tuple(twice_spin(j) for j in (j1, j2, j3))
    weights = tuple(_twice_weight(j, m) for j, m in zip(spins, (m1, m2, m3)))
    if sum(weights) or not triangle(*spins):
        return SignedRoot(0, Fraction(0))
    (a, b, c), (x, y, z) = spins, weights
    inner, left, right = (a + b - c) // 2, (a - b + c) // 2, (b + c - a) // 2
    u, v = (a - x) // 2, (b + y) // 2
    total = sum((-1) ** t * comb(inner, t) * comb(left, u - t) * comb(right, v - t)
                for t in range(max(0, u - left, v - right), min(inner, u, v) + 1))
    square = Fraction(*scale(*spins)) / (comb(a, u) * comb(b, v) * comb(c, (c + z) // 2))
    return SignedRoot.of((-1) ** ((a - b - z) // 2 % 2) * total, square)


def wigner_3j_table(j1, j2, j3) -> RootTensor:
    """All ( j1 j2 j3 ; m1 m2 m3 ) of three spins at once, of shape (2j1+1, 2j2+1, 2j3+1), each m from j down to −j.

    Up to binomials the symbol is the coefficient of xᵘyᵛ in (1 − xy)^(j1+j2−j3) (1 + x)^(j1−j2+j3) (1 + y)^(j2+j3−j1),
    u = j1 − m1 and v = j2 + m2. An empty tensor where the spins make no triangle.

    >>> wigner_3j_table(1, 1, 1)[0, 1, 2] == wigner_3j(1, 1, 1, 1, 0, -1)
    True
    """
    spins = a, b, c = tuple(twice_spin(j) for j in (j1, j2, j3))
    shape = a + 1, b + 1, c + 1
    if not triangle(*spins):
        return RootTensor.of_columns(shape, [], [], [], [])
    top, bottom = scale(*spins)
    sums = racah_sums(*spins).tolist()
    rows = [[comb(n, k) for k in range(n + 1)] for n in spins]
    places, signs, numerators, denominators = [], [], [], []
    for u in range(a + 1):
        for j in range(b + 1):
            k = (a + b + c) // 2 - u - j  # of m3 = −m1 − m2
            if not 0 <= k <= c or not (total := sums[u][b - j]):
                continue
            p, q = total * total * top, rows[0][u] * rows[1][j] * rows[2][k] * bottom
            common = gcd(p, q)
            places.append((u, j, k))
            signs.append((1 if total > 0 else -1) * (-1) ** (((a - b - c) // 2 + k) % 2))
            numerators.append(p // common)
            denominators.append(q // common)
    return RootTensor.of_columns(shape, places, signs, numerators, denominators)


def racah_sums(a: int, b: int, c: int) -> np.ndarray:
    """The integers [xᵘyᵛ] (1 − xy)^((a+b−c)/2) (1 + x)^((a−b+c)/2) (1 + y)^((b+c−a)/2) of spins a/2, b/2, c/2.

    No sum exceeds 2^((a+b+c)/2), so int64 holds them up to a + b + c = 124; beyond, Python's integers do.
    """
    inner, left, right = (a + b - c) // 2, (a - b + c) // 2, (b + c - a) // 2
    dtype = np.int64 if a + b + c <= 124 else object
    outer = np.multiply.outer(np.array([comb(left, k) for k in range(left + 1)], dtype),
                              np.array([comb(right, k) for k in range(right + 1)], dtype))
    sums = np.zeros((a + 1, b + 1), dtype)
    for t in range(inner + 1):
        sums[t:t + left + 1, t:t + right + 1] += (-1) ** t * comb(inner, t) * outer
    return sums


def wigner_6j(j1, j2, j3, j4, j5, j6) -> SignedRoot:
    """{ j1 j2 j3 ; j4 j5 j6 }: the recoupling of three spins, by Racah's sum; 0 where a triad is no triangle.

    The triads are (j1 j2 j3), (j1 j5 j6), (j4 j2 j6) and (j4 j5 j3). (NIST DLMF, eq. 34.4.3)

    >>> wigner_6j(1, 1, 1, 1, 1, 1), wigner_6j("1/2", "1/2", 1, "1/2", "1/2", 0)
    (1/6, 1/2)
    """
    a, b, c, d, e, f = (twice_spin(j) for j in (j1, j2, j3, j4, j5, j6))
    triads = (a, b, c), (a, e, f), (d, b, f), (d, e, c)
    if not all(triangle(*triad) for triad in triads):
        return SignedRoot(0, Fraction(0))
    square = Fraction(1)
    for triad in triads:
        square *= _delta_square(*triad)
    return SignedRoot.of(_sum_6j(a, b, c, d, e, f), square)


def wigner_9j(j1, j2, j3, j4, j5, j6, j7, j8, j9) -> SignedRoot:
    """Σ_x (−1)^(2x) (2x+1) { j1 j4 j7 ; j8 j9 x } { j2 j5 j8 ; j4 x j6 } { j3 j6 j9 ; x j1 j2 }, which recouples four.

    The triads with x stand in two of the factors each, so that the sum is a rational times one root: the product over
    the rows and columns. 0 where one of those is no triangle. (NIST DLMF, eq. 34.6.2)

    >>> wigner_9j(1, 1, 0, 1, 1, 0, 0, 0, 0)
    1/3
    """
    a, b, c, d, e, f, g, h, i = (twice_spin(j) for j in (j1, j2, j3, j4, j5, j6, j7, j8, j9))
    square = Fraction(1)
    for triad in ((a, b, c), (d, e, f), (g, h, i), (a, d, g), (b, e, h), (c, f, i)):
        if not triangle(*triad):
            return SignedRoot(0, Fraction(0))
        square *= _delta_square(*triad)
    total = Fraction(0)
    for x in range(max(abs(a - i), abs(d - h), abs(b - f)), min(a + i, d + h, b + f) + 1, 2):
        inner = _delta_square(a, i, x) * _delta_square(d, h, x) * _delta_square(b, f, x) * (-1) ** x * (x + 1)
        total += inner * _sum_6j(a, d, g, h, i, x) * _sum_6j(b, e, h, d, x, f) * _sum_6j(c, f, i, x, a, b)
    return SignedRoot.of(total, square)


# Spins, as twice their value -----------------------------------------------------------------------------------------
def twice_spin(j: Any) -> int:
    """2j for a spin j = 0, 1/2, 1, …; NotASpin for anything else."""
    q = rational(j)
    if q is None or q < 0 or int(q.q) > 2:
        raise NotASpin(f"{shown(j)} is no spin. Spins are 0, 1/2, 1, 3/2, …: write 1, '3/2' or Fraction(3, 2).")
    return int(2 * q)


def triangle(a: int, b: int, c: int) -> bool:
    """Whether V(a/2) ⊗ V(b/2) holds V(c/2): |a − b| ≤ c ≤ a + b and a + b + c is even."""
    return abs(a - b) <= c <= a + b and (a + b + c) % 2 == 0


def spin_name(twice: int) -> str:
    """"1/2", "1", "3/2", …"""
    return str(Fraction(twice, 2))


def _twice_weight(spin: int, m: Any) -> int:
    q = rational(m)
    if q is None or int(q.q) > 2 or abs(2 * q) > spin or (spin - int(2 * q)) % 2:
        raise NotASpin(f"m = {shown(m)} is no weight of spin {spin_name(spin)}. The weights are "
                       f"{spin_name(spin)} down to {spin_name(-spin)} in steps of 1.")
    return int(2 * q)


# Factors -------------------------------------------------------------------------------------------------------------
def scale(a: int, b: int, c: int) -> tuple[int, int]:
    """Top and bottom of a! b! c! / ((J + 1)! (J − a)! (J − b)! (J − c)!), J = (a + b + c)/2: the 3j symbol is
    a sum of Racah times the root of this over three binomials."""
    half = (a + b + c) // 2
    top = factorial(a) * factorial(b) * factorial(c)
    bottom = factorial(half + 1) * factorial(half - a) * factorial(half - b) * factorial(half - c)
    return top, bottom


def _delta_square(a: int, b: int, c: int) -> Fraction:
    """Δ² = (J − a)! (J − b)! (J − c)! / (J + 1)!, J = (a + b + c)/2."""
    half = (a + b + c) // 2
    return Fraction(factorial(half - a) * factorial(half - b) * factorial(half - c), factorial(half + 1))


def _sum_6j(a: int, b: int, c: int, d: int, e: int, f: int) -> Fraction:
    """Σ_t (−1)ᵗ (t + 1)! / (Π (t − triads)! Π (pairs of columns − t)!): the 6j symbol over its four Δ."""
    low = [(a + b + c) // 2, (a + e + f) // 2, (d + b + f) // 2, (d + e + c) // 2]
    high = [(a + b + d + e) // 2, (b + c + e + f) // 2, (c + a + f + d) // 2]
    total = Fraction(0)
    for t in range(max(low), min(high) + 1):
        bottom = 1
        for n in (*(t - x for x in low), *(x - t for x in high)):
            bottom *= factorial(n)
        total += Fraction((-1) ** t * factorial(t + 1), bottom)
    return total
