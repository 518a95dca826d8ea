"""Speed: the spectral radius of A_j(u), the largest |characteristic speed| along an axis."""
from __future__ import annotations

from typing import TYPE_CHECKING

import sympy
from sympy import Expr

from .eigenstructure import LAMBDA, Factor, NoClosedForm, characteristic_factors, primitive_inverse
from .radical import tidy
from .sign import sign

if TYPE_CHECKING:
    from .system import System


def spectral_radius(system: System, axis: str) -> Expr:
    """max_k |λ_k(A_j(u))| in the unknowns of the state: max over the irreducible factors of |mean| + max |offset|.

    Speeds of rational matrices are algebraic numbers, as roots of their polynomials where they have no square roots.
    Raises NoClosedForm for other speeds that are no square roots.

    >>> from pdeconv import catalog
    >>> spectral_radius(catalog.burgers(), "x")
    Abs(u)
    """
    return sympy.Max(*dict.fromkeys(sympy.Abs(m) + c for m, c in _branches(system, axis)))


def extreme_speeds(system: System, axis: str) -> tuple[Expr, Expr]:
    """The least and the greatest speed along an axis, in the unknowns of the state; NoClosedForm.

    >>> from pdeconv import catalog
    >>> extreme_speeds(catalog.shallow_water(ndim=1), "x")
    (-sqrt(g)*sqrt(h) + m_x/h, sqrt(g)*sqrt(h) + m_x/h)
    """
    found = _branches(system, axis)
    return sympy.Min(*(m - c for m, c in found)), sympy.Max(*(m + c for m, c in found))


def _branches(system: System, axis: str) -> list[tuple[Expr, Expr]]:
    """The speeds m ± c that are not seen to lie between others."""
    unit = tuple(sympy.Integer(a == axis) for a in system.axes)
    inverse = primitive_inverse(system)
    found: list[tuple[Expr, Expr]] = []
    for factor in characteristic_factors(system, unit):
        if factor.degree > 2 and all(c.is_Rational for c in factor.coefficients):
            found += [(x, sympy.S.Zero) for x in _algebraic(system, factor)]
            continue
        mean, offset = (tidy(sympy.sympify(e).subs(inverse)) for e in (factor.mean, factor.offsets[-1]))
        found.append((mean, sympy.Abs(offset)))
    return [(m, c) for m, c in found if not any((m, c) != (n, d) and sympy.cancel(m - n) == 0 and _below(c, d)
                                                for n, d in found)]


def _algebraic(system: System, factor: Factor) -> tuple[Expr, Expr]:
    """The least and the greatest root of a factor with rational coefficients, all of whose roots are real."""
    from .hyperbolicity import NotHyperbolic
    polynomial = sympy.Poly(factor.polynomial.subs(LAMBDA, sympy.Symbol("x")))
    real = polynomial.count_roots()
    if real < factor.degree:
        raise NotHyperbolic(f"{system.expression} is not hyperbolic: {factor.degree - real} of the roots of "
                            f"{factor.polynomial} are not real. Change the fluxes, or the state at which it is taken.")
    return sympy.rootof(polynomial, 0), sympy.rootof(polynomial, real - 1)


def max_speed(system: System) -> Expr:
    """The largest spectral radius over the axes: Courant numbers are Δt/Δx times it.

    >>> from pdeconv import catalog
    >>> max_speed(catalog.wave(ndim=2))
    c
    """
    return sympy.Max(*dict.fromkeys(spectral_radius(system, axis) for axis in system.axes))


def _below(c: Expr, d: Expr) -> bool:
    if c == 0:
        return bool(d != 0)
    return (sign(d ** 2 - c ** 2) or 0) > 0


__all__ = ["NoClosedForm", "extreme_speeds", "max_speed", "spectral_radius"]
