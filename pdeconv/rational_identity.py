"""Rational identities: whether a quotient of polynomials in independent symbols is zero."""
from __future__ import annotations

import random

from flint import Ordering, fmpq, fmpq_mpoly, fmpq_mpoly_ctx
from sympy import Expr

PRIME = 2 ** 61 - 1


def is_zero(e: Expr) -> bool:
    """Whether a rational function is 0, wherever no denominator is; a random point modulo a prime refutes most others.

    False where a denominator is 0 everywhere.

    >>> import sympy; x, y = sympy.symbols("x y"); is_zero((x**2 - y**2) / (x - y) - x - y), is_zero(x - y)
    (True, False)
    """
    residue = _residue(e)
    if residue is not None and residue != 0:
        return False  # not zero at a point modulo a prime where every quotient exists
    names = sorted({str(s) for s in e.free_symbols})
    if len(names) < len(e.free_symbols):
        raise ValueError(f"two symbols of {e} have one name. Rename one.")
    ring = fmpq_mpoly_ctx.get(names, Ordering.lex)
    gens = dict(zip(names, ring.gens()))
    top, bottom = _fraction(e, gens, ring, {})
    return top.is_zero() and not bottom.is_zero()


def _residue(e: Expr) -> int | None:
    """The value at a random point modulo a prime; None where a denominator vanishes there."""
    draw = random.Random(7)
    known: dict[Expr, int] = {s: draw.randrange(1, PRIME) for s in sorted(e.free_symbols, key=str)}

    def value(x: Expr) -> int:
        if x in known:
            return known[x]
        if x.is_Rational:
            found = x.p * pow(x.q, -1, PRIME)
        elif x.is_Add:
            found = sum(map(value, x.args))
        elif x.is_Mul:
            found = 1
            for a in x.args:
                found = found * value(a) % PRIME
        else:
            found = pow(value(x.base), int(x.exp), PRIME)
        known[x] = found = found % PRIME
        return found
    try:
        return value(e)
    except ValueError:  # a base that is not invertible
        return None


def _fraction(e: Expr, gens: dict[str, fmpq_mpoly], ring: fmpq_mpoly_ctx,
              known: dict[Expr, tuple[fmpq_mpoly, fmpq_mpoly]]) -> tuple[fmpq_mpoly, fmpq_mpoly]:
    """Numerator and denominator."""
    if e in known:
        return known[e]
    one = ring.constant(1)
    if e.is_Rational:
        found = ring.constant(fmpq(int(e.p), int(e.q))), one
    elif e.is_Symbol:
        found = gens[str(e)], one
    elif e.is_Pow:
        n, d = _fraction(e.base, gens, ring, known)
        k = int(e.exp)
        found = (n ** k, d ** k) if k >= 0 else (d ** -k, n ** -k)
    else:
        top, bottom = (ring.constant(0), one) if e.is_Add else (one, one)
        for n, d in (_fraction(a, gens, ring, known) for a in e.args):
            if e.is_Mul:
                top, bottom = top * n, bottom * d
            elif d == bottom:
                top = top + n
            else:
                common = bottom.gcd(d) if not (bottom.is_zero() and d.is_zero()) else one
                top, bottom = top * (d / common) + n * (bottom / common), bottom * (d / common)
        found = top, bottom
    known[e] = found
    return found


__all__ = ["is_zero"]
