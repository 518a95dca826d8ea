"""The modular engine: reduced row echelon forms over Q(α) by split primes, CRT and rational reconstruction."""
from __future__ import annotations

from collections.abc import Iterable
from math import isqrt
from typing import Any

from flint import fmpq, fmpq_mat, fmpz, nmod, nmod_mat, nmod_poly

from .field import Field
from .matrix import Matrix

FIRST = 2 ** 62


def split_prime(field: Field, *matrices: Any, below: int = FIRST) -> tuple[int, tuple[int, ...]]:
    """The largest prime p < below that splits completely in the field and divides no denominator, and the roots mod p.

    Each root of the minimal polynomial mod p is an embedding of the p-integers of Q(α) in F_p.
    """
    denominator = _denominator(field, matrices)
    p = below - 1 if below % 2 == 0 else below - 2
    while True:
        if fmpz(p).is_probable_prime() and fmpz(p).is_prime() and denominator % p:
            roots = _roots(field, p)
            if len(roots) == field.degree:
                return p, roots
        p -= 2


def reduce_mod(matrix: Matrix, p: int, root: int) -> nmod_mat:
    """The image Σ parts[k] root^k mod p of a matrix under one embedding."""
    m, n = matrix.shape
    total, power = nmod_mat(m, n, p), nmod(1, p)
    for part in matrix.parts:
        numerator, denominator = part.numer_denom()
        total = total + nmod_mat(numerator, p) * (power / nmod(int(denominator), p))
        power = power * root
    return total


def modular_rref(matrix: Matrix) -> tuple[Matrix, tuple[int, ...]]:
    """The reduced row echelon form over Q(α) and its pivots, verified exactly.

    A prime that lowers the rank or moves a pivot is met by one that does not; the answer R is accepted when
    M = M[:, pivots] R, which makes the row space of R that of M (rank mod p ≤ rank gives the other inclusion).
    """
    field, (m, n) = matrix.field, matrix.shape
    below, pivots, modulus = FIRST, None, 1
    residues: list[int] = []
    while True:
        p, roots = split_prime(field, matrix, below=below)
        below = p
        images = [reduce_mod(matrix, p, root).rref() for root in roots]
        found = {_pivots(image, rank) for image, rank in images}
        best = min(found, key=lambda t: (-len(t), t))
        if len(found) > 1 or (pivots is not None and (-len(best), best) > (-len(pivots), pivots)):
            if pivots is None or (-len(best), best) >= (-len(pivots), pivots):
                continue
        if pivots is None or (-len(best), best) < (-len(pivots), pivots):
            pivots, modulus, residues = best, 1, []
            if len(found) > 1:
                pivots = None
                continue
        rows = len(pivots)
        fresh = interpolate([image for image, _ in images], roots, p, rows, n)
        residues, modulus = combined(residues, modulus, fresh, p)
        reduced = lifted(field, (rows, n), residues, modulus)
        if reduced is not None and matrix.submatrix(range(m), pivots) @ reduced == matrix:
            return Matrix.vstack([reduced, Matrix.zeros(m - rows, n, field)]) if m > rows else reduced, pivots


def _pivots(image: nmod_mat, rank: int) -> tuple[int, ...]:
    table = image.tolist()
    return tuple(next(j for j, x in enumerate(table[i]) if int(x)) for i in range(rank))


def interpolate(images: list[nmod_mat], roots: tuple[int, ...], p: int, rows: int, n: int) -> list[int]:
    """The coefficients in 1, α, …, α^{d−1} of the entries with these images, by the inverse Vandermonde matrix."""
    d = len(roots)
    vandermonde = nmod_mat(d, d, [pow(r, k, p) for r in roots for k in range(d)], p)
    flat = nmod_mat(d, rows * n, [int(x) for image in images for row in image.tolist()[:rows] for x in row], p)
    return [int(x) for row in (vandermonde.inv() * flat).tolist() for x in row]


def combined(residues: list[int], modulus: int, fresh: list[int], p: int) -> tuple[list[int], int]:
    """The residues modulo modulus · p from those modulo each (Chinese remainders); modulus 1 has none yet.

    >>> combined([2], 3, [3], 5)
    ([8], 15)
    """
    if modulus == 1:
        return fresh, p
    inverse = pow(modulus, -1, p)
    return [a + modulus * ((b - a) * inverse % p) for a, b in zip(residues, fresh)], modulus * p


def lifted(field: Field, shape: tuple[int, int], residues: list[int], modulus: int) -> Matrix | None:
    """The matrix over the field whose coefficients in 1, α, … have these residues; None where one has no small
    fraction."""
    values, count = reconstruct(residues, modulus), shape[0] * shape[1]
    if values is None:
        return None
    return Matrix(field, tuple(fmpq_mat(*shape, values[k * count:(k + 1) * count]) for k in range(field.degree)))


def reconstruct(residues: list[int], modulus: int) -> list[fmpq] | None:
    """The fractions a/b with |a|, b ≤ √(modulus/2) congruent to the residues; None when one has none."""
    bound = isqrt(modulus // 2)
    seen: dict[int, fmpq] = {}
    out = []
    for residue in residues:
        if residue not in seen:
            a, b, x, y = modulus, residue, 0, 1
            while b > bound:
                q = a // b
                a, b, x, y = b, a - q * b, y, x - q * y
            if y == 0 or abs(y) > bound:
                return None
            seen[residue] = fmpq(b, y)
        out.append(seen[residue])
    return out


def _denominator(field: Field, matrices: Iterable[Any]) -> int:
    total = 1
    for c in field.minpoly:
        total *= c.denominator
    for matrix in matrices:
        total *= matrix.denominator
    return total


def _roots(field: Field, p: int) -> tuple[int, ...]:
    """The distinct roots of the minimal polynomial mod p, in increasing order."""
    if field.degree == 1:
        return (0,)
    coefficients = [int(nmod(c.numerator % p, p) / nmod(c.denominator % p, p)) for c in field.minpoly]
    if field.conductor:
        n, real = field.conductor
        if p % n != 1 and not (real and p % n == n - 1):
            return ()  # p splits completely in Q(ζ_n) when p ≡ 1, and in its real subfield when p ≡ ±1 mod n
    factors = nmod_poly(coefficients, p).factor()[1]
    return tuple(sorted(int(-f[0] / f[1]) for f, e in factors if f.degree() == 1 and e == 1))
