"""Signs of expressions, decided by the assumptions on their symbols, never by sampling."""
from __future__ import annotations

from collections.abc import Sequence

import sympy
from sympy import Expr

from .factorisation import factor_list, factored


def sign(e: Expr, unit: Sequence[Expr] = ()) -> int | None:
    """1, 0 or −1 where the expression has that sign for all values of its symbols; None where that is not decided.

    Factors are decided one by one: by sympy's assumptions, as definite quadratic forms, or as polynomials with
    coefficients of one sign in positive symbols. `unit` are the components of a unit vector.

    >>> from pdeconv.formula import formula
    >>> sign(formula("g*h", ["g", "h"])), sign(formula("-a**2 - b**2 - 1")), sign(formula("a*b"))
    (1, -1, None)
    """
    e = factored(e)
    if e == 0:
        return 0
    if not e.is_rational_function(*e.free_symbols):
        return _by_parts(e)
    total = 1
    for factor, power in (factor_list(sympy.fraction(e)[0])[1] + factor_list(sympy.fraction(e)[1])[1]):
        found = _factor(factor, unit)
        if found is None and power % 2:
            return None
        if found is None:
            return None  # an even power may vanish
        total *= found ** power
    content = factor_list(sympy.fraction(e)[0])[0] * factor_list(sympy.fraction(e)[1])[0]
    return total if content > 0 else -total


def is_nonnegative(e: Expr, unit: Sequence[Expr] = ()) -> bool:
    """Whether the expression is certainly ≥ 0: a product of squares and of factors that are certainly positive."""
    e = factored(e)
    if e == 0:
        return True
    total = 1
    for part in sympy.fraction(e):
        content, factors = factor_list(part)
        total *= 1 if content > 0 else -1
        for factor, power in factors:
            if power % 2 == 0:
                continue
            found = _factor(factor, unit)
            if found is None:
                if factor.is_nonnegative or (-factor).is_nonnegative:
                    total *= 1 if factor.is_nonnegative else -1
                    continue
                return False
            total *= found
    return total > 0


def _by_parts(e: Expr) -> int | None:
    """The sign of a product with radicals or logarithms, factor by factor, by the assumptions on its symbols."""
    total = 1
    for part in sympy.Mul.make_args(sympy.powsimp(e)):
        found = 1 if part.is_positive else -1 if part.is_negative else None
        if found is None and part.is_Add and part.is_rational_function(*part.free_symbols):
            found = sign(part)
        if not found:
            return None
        total *= found
    return total


def _factor(e: Expr, unit: Sequence[Expr]) -> int | None:
    """The sign of an irreducible factor."""
    if e.is_positive:
        return 1
    if e.is_negative:
        return -1
    symbols = [n for n in unit if n.is_Symbol]
    if symbols and e.has(*symbols) and len(symbols) > 1:
        return _on_sphere(e, symbols)
    return _definite(e)


def _on_sphere(e: Expr, symbols: list[sympy.Symbol]) -> int | None:
    """The sign of a quadratic form in a unit vector, by the leading minors of its matrix."""
    poly = sympy.Poly(e, *symbols)
    degrees = {sum(m) for m in poly.monoms()}
    if not degrees <= {0, 2}:
        return None
    constant = poly.coeff_monomial(tuple(0 for _ in symbols))
    form = sympy.hessian(e - constant, symbols) / 2 + constant * sympy.eye(len(symbols))
    for direction in (1, -1):
        if all(sign((direction * form)[:k, :k].det()) == 1 for k in range(1, len(symbols) + 1)):
            return direction
    return None


def _definite(e: Expr) -> int | None:
    """The sign of a polynomial that is a definite quadratic form plus constant, or has coefficients of one sign."""
    symbols = sorted(e.free_symbols, key=lambda s: s.name)
    if not symbols or not e.is_polynomial(*symbols):
        return None
    poly = sympy.Poly(e, *symbols)
    signs = {(1 if c > 0 else -1) if all(s.is_positive or k % 2 == 0 for s, k in zip(symbols, m)) else None
             for m, c in poly.terms()}
    certain = any(all(s.is_positive or k == 0 for s, k in zip(symbols, m)) for m in poly.monoms())
    if len(signs) == 1 and None not in signs and certain:
        return signs.pop()
    free = [s for s in symbols if not s.is_positive]
    if free and poly.total_degree() == 2 and len(free) == len(symbols):
        w = sympy.Dummy("w")
        form = sum(c * sympy.prod(s ** k for s, k in zip(symbols, m)) * w ** (2 - sum(m)) for m, c in poly.terms())
        extended = sympy.hessian(form, [*symbols, w])
        for direction in (1, -1):
            if all(((direction * extended)[:k, :k].det()) > 0 for k in range(1, len(symbols) + 2)):
                return direction
    return None
