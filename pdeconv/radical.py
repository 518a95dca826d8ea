"""Radicals: square roots with squares taken out, and quotients in lowest terms that hold them."""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sympy
from sympy import Expr

from .factorisation import factor_list, factored


def root(square: Expr) -> Expr:
    """√x with the squares among its factors taken out, up to sign: ± both occur where it is used.

    >>> a, b = sympy.symbols("a b", positive=True); root(a**3 * b / 4)
    a**(3/2)*sqrt(b)/2
    """
    if square == 0:
        return sympy.S.Zero
    if not square.is_rational_function(*square.free_symbols):  # x^γ, x^(2/5): no polynomial
        return sympy.sqrt(sympy.powsimp(square))
    numerator, denominator = sympy.fraction(factored(square))
    content, factors = factor_list(sympy.expand(numerator * denominator))
    outside, inside = 1 / denominator, sympy.S.One
    for f, k in factors:
        outside *= f ** (k // 2)
        inside *= f ** (k % 2)
    if content < 0:  # one root of a product: √−1 √x is −√−x where x < 0
        content, inside = -content, -inside
    return sympy.cancel(outside) * sympy.sqrt(content) * sympy.sqrt(sympy.factor_terms(inside))


def tidy(e: Any, unit: Sequence[Expr] = ()) -> Expr:
    """The expression in lowest terms, with √x · √x = x and n·n = 1 for the symbols of a unit vector."""
    e = sympy.sympify(e)
    symbols = [n for n in unit if n.is_Symbol]
    if len(symbols) > 1 and e.has(*symbols):
        e = e.replace(lambda x: x.is_Pow and x.exp.is_Rational and x.exp.q == 2,
                      lambda x: root(on_sphere(x.base, symbols)) ** (2 * x.exp))
        top, bottom = sympy.fraction(sympy.together(e))
        e = on_sphere(top, symbols) / on_sphere(bottom, symbols)
    return lowest(e)


def lowest(e: Expr) -> Expr:
    """The quotient in lowest terms, radicals taken as symbols and their squares replaced."""
    radicals = sorted((p for p in e.atoms(sympy.Pow) if p.exp.is_Rational and p.exp.q == 2), key=str)
    names = {b: sympy.Dummy(f"r{i}", positive=True) for i, b in enumerate(dict.fromkeys(p.base for p in radicals))}
    if not names:
        return sympy.cancel(e)
    top, bottom = sympy.fraction(sympy.cancel(e.xreplace({p: names[p.base] ** (2 * p.exp) for p in radicals})))
    for b, r in names.items():
        relation = sympy.Poly(r ** 2 - b, r)
        top, bottom = (sympy.rem(sympy.Poly(x, r), relation).as_expr() if x.has(r) else x for x in (top, bottom))
    return sympy.cancel(top / bottom).xreplace({r: sympy.sqrt(b) for b, r in names.items()})


def on_sphere(e: Expr, symbols: Sequence[sympy.Symbol]) -> Expr:
    """A polynomial with the square of the last component of a unit vector replaced by 1 − the others."""
    last = symbols[-1]
    expanded = sympy.expand(e)
    if not expanded.is_polynomial(*symbols):
        return e
    return factored(sympy.rem(expanded, last ** 2 - 1 + sum(n ** 2 for n in symbols[:-1]), last))
