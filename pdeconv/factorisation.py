"""Factors of polynomials in several symbols, by a method that draws no random points and so always ends soon."""
from __future__ import annotations

from collections import defaultdict
from typing import Any

import sympy
from flint import Ordering, fmpz_mpoly_ctx
from sympy import Expr, Mul, Poly


def factored(e: Any) -> Expr:
    """e = c Π f_k^{n_k} with irreducible f_k, as `sympy.factor` writes it.

    Factors over the integers come from FLINT. Wang's algorithm in sympy draws points of evaluation, and for some
    polynomials, such as that of the speeds of magnetohydrodynamics, one draw in a few hundred does not end. Source:
    Wang, Math. Comp. 32 (1978) 1215, section 3; the manual of FLINT, fmpz_mpoly_factor.

    >>> x, y = sympy.symbols("x y"); factored((x**2 - y**2) / (2*x - 2*y) ** 2)
    (x + y)/(4*(x - y))
    """
    c, found = _factors(sympy.together(sympy.sympify(e)), ())
    powers = [f.as_expr() ** k for f, k in found]
    if len(powers) == 1 and powers[0].is_Add and c not in (1, -1):
        return Mul(*Mul.make_args(c), powers[0], evaluate=False)  # sympy would multiply it out
    return Mul(c, *powers)


def factor_list(e: Any, *gens: Expr) -> tuple[Expr, list[tuple[Any, int]]]:
    """(c, [(f_k, n_k)]) of a polynomial c Π f_k^{n_k}, in a fixed order; the factors of a `Poly` are of that kind.

    >>> x, y = sympy.symbols("x y"); factor_list(3*x**2 - 3*y**2)
    (3, [(x - y, 1), (x + y, 1)])
    """
    if isinstance(e, Poly):
        c, irreducible = _irreducible(e)
        return c, sorted(irreducible, key=_order)
    c, found = _factors(sympy.sympify(e), gens)
    polynomials = [(f if isinstance(f, Poly) else Poly(f, *gens), k) for f, k in found]
    return c, [(f.as_expr(), k) for f, k in sorted(polynomials, key=_order)]


def _order(item: tuple[Poly, Any]) -> tuple[Any, ...]:
    f, k = item
    return len(f.rep.to_list()), len(f.gens), k, str(f.domain), f.rep.to_list()


def _factors(e: Expr, gens: tuple[Expr, ...]) -> tuple[Expr, list[tuple[Any, Expr]]]:
    """The number and the irreducible factors of a product, as `Poly` where they are polynomials, with exponents."""
    c: Expr = sympy.S.One
    powers: dict[Any, Expr] = defaultdict(lambda: sympy.S.Zero)
    for part in Mul.make_args(e):
        base, n = part.as_base_exp() if part.is_Pow and part.base is not sympy.E else (part, sympy.S.One)
        if base.is_Number and n.is_Number:
            c *= part
            continue
        try:
            number, found = _irreducible(Poly(base, *gens))
        except (sympy.PolynomialError, sympy.GeneratorsNeeded):  # such as 2ˣ, and i
            powers[base] += n
            continue
        if n.is_integer:
            c *= number ** n
            for f, k in found:
                powers[f] += k * n
            continue
        rest = number
        for f, k in found:  # (ab)ⁿ = aⁿ bⁿ where a is positive
            if f.as_expr().is_positive:
                powers[f] += k * n
            else:
                rest *= f.as_expr() ** k
        if rest.is_positive and rest.is_Rational:
            c *= rest ** n
        else:
            powers[rest] += n
    return c, [(f, k) for f, k in powers.items() if k != 0]


def _irreducible(p: Poly) -> tuple[Expr, list[tuple[Poly, int]]]:
    domain = p.domain
    if domain.is_Poly and (domain.domain.is_ZZ or domain.domain.is_QQ):
        c, found = _irreducible(p.inject())
        return c, [(Poly(f.as_expr(), *p.gens, domain=domain), k) for f, k in found]
    if len(p.gens) == 1 or p.is_zero or not (domain.is_ZZ or domain.is_QQ):
        return p.factor_list()
    denominator, whole = p.clear_denoms(convert=True)
    ring = fmpz_mpoly_ctx.get([f"x{k}" for k in range(len(p.gens))], Ordering.lex)
    content, found = ring.from_dict({m: int(a) for m, a in whole.terms()}).factor()
    return sympy.Rational(int(content)) / denominator, [
        (Poly.from_dict({tuple(map(int, m)): int(a) for m, a in f.to_dict().items()}, *p.gens, domain=domain), int(k))
        for f, k in found]


__all__ = ["factor_list", "factored"]
