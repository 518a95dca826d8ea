"""The exact flux of Godunov: f at x/t = 0 of the solution of the Riemann problem, where it is a formula."""
from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import sympy
from sympy import Expr, Max, Min

from .hll import NoSuchFlux
from .numerical_flux import State, upwind
from .reconstruction import Let, plain

if TYPE_CHECKING:
    from .system import System


def godunov(system: System, u: Sequence[Expr], v: Sequence[Expr], axis: str, let: Let = plain) -> State:
    """For one unknown with f″ ≠ 0: max(f(max(u⁻, s)), f(min(u⁺, s))) with f′(s) = 0 for convex f, its mirror image for
    concave f (Osher, SIAM J. Numer. Anal. 21 (1984) 217). For linear systems: upwind. NoSuchFlux otherwise.

    >>> from pdeconv import catalog
    >>> godunov(catalog.burgers(), [sympy.Integer(-1)], [sympy.Integer(1)], "x")
    (0,)
    """
    if system.is_linear:
        return upwind(system, u, v, axis)
    if system.size == 1:
        bend, rest = sonic(system, axis)
        if bend and rest is not None:
            x, f = system.state[0], system.flux(axis)[0]
            pick = Max if bend > 0 else Min
            ends = let(Max(u[0], rest)), let(Min(v[0], rest))
            return (pick(*(f.subs(x, e) for e in ends)),)
        raise NoSuchFlux(f"the flux of {system.expression} is neither convex nor concave with one sonic point, so the "
                         "least of f between two states has no formula here. Evaluate it in numbers, "
                         "RiemannFlux(system, 'godunov').evaluate(left, right), or use 'rusanov'.")
    raise NoSuchFlux(f"the exact Godunov flux of {system.expression} has no formula here: its star state solves an "
                     "equation without a closed solution. Evaluate it in numbers, .evaluate(left, right), or use "
                     "'hll'.")


def sonic(system: System, axis: str) -> tuple[int, Expr | None]:
    """The sign of f″ of a law for one unknown, 0 where it is not known, and the s with f′(s) = 0 where there is one."""
    from .sign import sign
    x, f = system.state[0], system.flux(axis)[0]
    bend = sign(sympy.diff(f, x, 2)) or 0
    found = sympy.solve(sympy.diff(f, x), x) if bend else []
    return bend, found[0] if len(found) == 1 else None
