"""Subfields of cyclotomic fields: conductors, the automorphisms ζ ↦ ζ^a, and homomorphisms to F_p."""
from __future__ import annotations

from collections.abc import Iterator
from itertools import count

from flint import fmpz, nmod, nmod_poly

from .field import Field, cyclotomic
from .number import Number


def conductor(field: Field) -> int:
    """An n with the field in Q(ζ_n), for Q, Q(√d) and the (real) cyclotomic fields: |d| or 4|d| for Q(√d).

    >>> from reptheory import quadratic
    >>> conductor(quadratic(5)), conductor(quadratic(2))
    (5, 8)
    """
    if field.conductor:
        return field.conductor[0]
    if field.degree == 1:
        return 1
    d = -int(field.minpoly[0])
    return abs(d) if d % 4 == 1 else 4 * abs(d)


def conjugate(x: Number, a: int) -> Number:
    """σ_a x, where σ_a ζ_n = ζ_n^a for a prime to the conductor n of the field of x.

    >>> from reptheory import quadratic
    >>> conjugate(quadratic(5)(1) + quadratic(5).generator, 2)
    quadratic(5).number(1, -1)
    """
    field = x.field
    return x if field.degree == 1 else x.image(_moved_generator(field, a))


def _moved_generator(field: Field, a: int) -> Number:
    """σ_a α for the generator α of the field."""
    n = conductor(field)
    big = cyclotomic(n)
    alpha = big(field.generator)
    return field(alpha.image(big._zeta(a)))


def unit_generators(n: int) -> list[int]:
    """Generators of (Z/n)*, the group of automorphisms of Q(ζ_n): by the Chinese remainder theorem one for each odd
    prime power, and −1 and 5 for the power of 2.

    >>> unit_generators(24)
    [7, 13, 17]
    """
    found = []
    for prime, power in fmpz(n).factor():
        q = int(prime) ** power
        local = [3] if q == 4 else [q - 1, 5] if prime == 2 and q > 4 else [] if q == 2 else [_primitive_root(q)]
        rest = n // q
        found += [int((g - 1) * rest * pow(rest, -1, q) + 1) % n for g in local]
    return sorted(found)


def _primitive_root(q: int) -> int:
    """A generator of the cyclic group (Z/q)* for a power q of an odd prime."""
    prime = int(fmpz(q).factor()[0][0])
    order = q - q // prime
    return next(g for g in count(2) if g % prime and _has_order(g, order, q))


def splitting_primes(n: int, below: int) -> Iterator[tuple[int, int]]:
    """The primes p ≡ 1 mod n below a bound, downwards, each with an element of order n modulo p.

    >>> next(splitting_primes(4, 20))
    (17, 13)
    """
    first = below - 1 - (below - 2) % n
    for p in range(first, 1, -n):
        if fmpz(p).is_probable_prime() and fmpz(p).is_prime():
            yield p, next(z for z in (pow(a, (p - 1) // n, p) for a in count(1)) if _has_order(z, n, p))


def root_modulo(field: Field, n: int, z: int, p: int) -> nmod:
    """The image of the generator under Z[ζ_n] → F_p, ζ_n ↦ z, for a field in Q(ζ_n)."""
    m = conductor(field)
    root = nmod(pow(z, n // m, p), p)
    if field.degree == 1 or (field.conductor and not field.conductor[1]):
        return root
    return value_modulo(cyclotomic(m)(field.generator), root, p)


def value_modulo(x: Number, root: nmod, p: int) -> nmod:
    """The image of a number whose field has its generator mapped to `root`."""
    coefficients = [nmod(int(c.p), p) / nmod(int(c.q), p) for c in x.poly.coeffs()]
    return nmod_poly([int(c) for c in coefficients], p)(root)


def _has_order(z: int, n: int, p: int) -> bool:
    return all(pow(z, n // int(q), p) != 1 for q, _ in fmpz(n).factor()) if n > 1 else z == 1
