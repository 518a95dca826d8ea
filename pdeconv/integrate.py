"""Integration in closed form: antiderivatives term by term, potentials of closed forms, and honest failure."""
from __future__ import annotations

from collections.abc import Sequence

import sympy
from sympy import Expr


class NotIntegrated(ValueError):
    """An integral or an equation without a solution in closed form."""


def antiderivative(e: Expr, x: sympy.Symbol) -> Expr:
    """F with dF/dx = e, term by term: powers c x^p, polynomials times logarithms, and else by sympy; NotIntegrated.

    >>> h, g = sympy.symbols("h g", positive=True); antiderivative(sympy.sqrt(g / h), h)
    2*sqrt(g)*sqrt(h)
    """
    total: Expr = sympy.S.Zero
    for term in sympy.Add.make_args(sympy.expand(sympy.expand_log(sympy.powdenest(e)), power_base=False)):
        outside, inside = term.as_independent(x, as_Add=False)
        inside = sympy.powsimp(inside)
        base, power = inside.as_base_exp()
        if inside == 1:
            total += outside * x
        elif base == x and not power.has(x):
            total += outside * (sympy.log(x) if power == -1 else x ** (power + 1) / (power + 1))
        else:
            found = sympy.integrate(inside, x)
            if found.has(sympy.Integral, sympy.Piecewise):
                raise NotIntegrated(f"∫ {inside} d{x} has no closed form here. Give parameters numbers, or other "
                                    "unknowns.")
            total += outside * found
    return total


def potential(form: Sequence[Expr], unknowns: Sequence[sympy.Symbol]) -> Expr:
    """q with ∂q/∂w_i = form_i, one unknown after the other; NotIntegrated where the form is not closed.

    >>> x, y = sympy.symbols("x y"); potential([y, x + 1], [x, y])
    x*y + y
    """
    total: Expr = sympy.S.Zero
    for k, w in enumerate(unknowns):
        rest = sympy.expand(sympy.cancel(form[k] - sympy.diff(total, w)))
        if any(rest.has(v) for v in unknowns[:k]):
            raise NotIntegrated(f"the form ({', '.join(map(str, form))}) is not closed: no function has this gradient.")
        if rest != 0:
            total += antiderivative(rest, w)
    return sympy.expand(total)


def solve_for(e: Expr, x: sympy.Symbol) -> Expr | None:
    """The one solution x of e = 0 where sympy finds it in closed form, else None.

    >>> x, y = sympy.symbols("x y", positive=True); solve_for(x**2 * y - 1, x)
    1/sqrt(y)
    """
    try:
        found = sympy.solve(e, x)
    except NotImplementedError:
        return None
    return found[0] if len(found) == 1 and not found[0].has(x, sympy.LambertW) else None
