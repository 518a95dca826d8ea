"""Speeds in numbers: the roots of characteristic polynomials without radicals, isolated in certified intervals."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import sympy
from flint import acb, arb, ctx, fmpz_poly
from sympy import Expr

if TYPE_CHECKING:
    from .system import System


@dataclass(frozen=True)
class Speed:
    """A characteristic speed at a state of rational numbers: the algebraic number `root`, in `low` ≤ root ≤ `high`."""

    root: Expr
    low: Fraction
    high: Fraction
    multiplicity: int

    def __float__(self) -> float:
        return float((self.low + self.high) / 2)

    def __repr__(self) -> str:
        times = f", {self.multiplicity}-fold" if self.multiplicity > 1 else ""
        return f"<Speed {float(self):.15g} ± {float(self.high - self.low):.1g}, {self.root}{times}>"


def speeds(system: System, direction: Sequence[Any] | None = None, **values: Any) -> tuple[Speed, ...]:
    """The characteristic speeds along a direction, for rational values of all symbols, rising, each as a root of an
    irreducible polynomial over Q in an interval of ball arithmetic that holds it and no other root.

    Raises NotHyperbolic where a root is not real, with the ball that excludes it, and ValueError where symbols are
    left. Source: Johansson, Arb, IEEE Trans. Comput. 66 (2017) 1281.

    >>> from pdeconv import System
    >>> rows = [[0, 1, 0, 0, 0], [0, 0, 1, 0, 0], [0, 0, 0, 1, 0], [0, 0, 0, 0, 1], [1, -4, 0, 5, 0]]
    >>> found = speeds(System(x=rows))[4]; found.root, round(float(found), 12)
    (CRootOf(x**5 - 5*x**3 + 4*x - 1, 4), 2.038495291037)
    """
    from .eigenstructure import LAMBDA, characteristic_factors
    from .hyperbolicity import NotHyperbolic
    at = system.at(**values) if values else system
    left = {s.name for m in at.matrices for s in m.free_symbols}
    if direction is None and at.ndim > 1:
        raise ValueError(f"{system.expression} has {at.ndim} axes, so its speeds need a direction. Give rational "
                         "numbers, (1, 0).")
    if left:
        raise ValueError(f"{', '.join(sorted(left))} stands in the matrices of {at.expression}, and intervals are "
                         f"those of numbers. Give rational values, speeds({next(iter(sorted(left)))}=…).")
    found = []
    for factor in characteristic_factors(at, direction):
        polynomial = sympy.Poly(factor.polynomial, LAMBDA)
        if not all(c.is_Rational for c in polynomial.all_coeffs()):
            raise ValueError(f"{factor.polynomial} has irrational coefficients. Give rational values whose roots are "
                             "rational too.")
        real = 0
        for ball in _roots(polynomial):
            if not ball.imag.is_zero():
                raise NotHyperbolic(f"{at.expression} is not hyperbolic: its speed {ball.str(5)} has an imaginary part "
                                    "that is certified not to be zero. Change the state, or the fluxes.")
            low, high = _ends(ball.real)
            root = sympy.rootof(polynomial.as_expr().subs(LAMBDA, sympy.Symbol("x")), real)
            found.append(Speed(root, low, high, factor.multiplicity))
            real += 1
    return tuple(sorted(found, key=lambda s: s.low))


def _roots(polynomial: sympy.Poly) -> list[acb]:
    """The roots, real ones first and rising."""
    _, whole = polynomial.clear_denoms(convert=True)
    before, ctx.prec = ctx.prec, 128
    try:
        pairs: Any = fmpz_poly([int(c) for c in reversed(whole.all_coeffs())]).complex_roots()
    finally:
        ctx.prec = before
    return sorted((r for r, _ in pairs), key=lambda r: (not r.imag.is_zero(), float(r.real.mid())))


def _ends(x: arb) -> tuple[Fraction, Fraction]:
    """The ends of a ball, exactly."""
    (m, k), (r, j) = (y.man_exp() for y in (x.mid(), x.rad()))
    middle, radius = Fraction(int(m)) * Fraction(2) ** int(k), Fraction(int(r)) * Fraction(2) ** int(j)
    return middle - radius, middle + radius


__all__ = ["Speed", "speeds"]
