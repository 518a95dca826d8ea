"""Numbers as sympy expressions, and back: sympy parses and prints, it decides nothing."""
from __future__ import annotations

from fractions import Fraction
from math import isqrt
from typing import Any

from flint import acb, arb, fmpz

from .embedding import nearest
from .exact import NotExact, precision, shown
from .field import Field, number_field, quadratic
from .number import Number

DIGITS = 60


def to_sympy(x: Number):
    """Σ c_k α^k with α in radicals, as a cosine or e^{2πi/n}, or as a CRootOf.

    >>> to_sympy(quadratic(5).number("1/2", "1/2"))
    1/2 + sqrt(5)/2
    """
    import sympy

    if x.is_rational:
        return sympy.Rational(str(x.poly[0]))
    root = _generator(x.field)
    return sympy.expand(sum(sympy.Rational(str(c)) * root ** k for k, c in enumerate(x.poly.coeffs())))


def from_sympy(x: Any) -> Number:
    """The algebraic number that a sympy expression is, in the field of its minimal polynomial.

    Raises NotExact for floats, transcendental numbers and what is no number.

    >>> import sympy; from_sympy((1 + sympy.sqrt(5)) / 2)
    quadratic(5).number('1/2', '1/2')
    """
    if not type(x).__module__.startswith("sympy"):
        raise NotExact(f"{shown(x)} is no exact number. Write an integer, a Fraction, \"p/q\", a sympy number or a "
                       "Number.")
    import sympy

    t = sympy.Symbol("t")
    if not getattr(x, "is_number", False) or not x.is_finite or x.has(sympy.Float):
        raise NotExact(f"{x} is no exact number: it is infinite, or holds a symbol or a float. Write "
                       "sympy.Rational(1, 2), sympy.sqrt(2), ….")
    try:
        coefficients = sympy.Poly(sympy.minimal_polynomial(x, t), t).all_coeffs()[::-1]
    except sympy.polys.polyerrors.NotAlgebraic:
        raise NotExact(f"{x} is not algebraic, so it lies in no number field. Use an algebraic number.") from None
    minpoly = tuple(Fraction(int(c), int(coefficients[-1])) for c in coefficients)
    near = _ball(x)
    if len(minpoly) != 3:
        return number_field(minpoly, near).generator if len(minpoly) > 2 else quadratic(0)(-minpoly[0])
    c, b, a = (int(v) for v in coefficients)
    free = _squarefree(b * b - 4 * a * c)
    root = quadratic(free).generator * isqrt((b * b - 4 * a * c) // free)
    sign = 1 if nearest(minpoly, near) else -1  # the roots by real part, then imaginary part: minus, plus
    return (sign * (root if a > 0 else -root) - b) / (2 * a)


def _ball(x: Any) -> acb:
    """The value of a sympy number to 60 digits."""
    with precision(4 * DIGITS):
        return acb(*(arb(str(part.evalf(DIGITS))) for part in x.as_real_imag()))


def _generator(field: Field):
    """α as a sympy expression."""
    import sympy

    if field.conductor:
        n, real = field.conductor
        value = 2 * sympy.cos(2 * sympy.pi / n) if real else sympy.exp(2 * sympy.pi * sympy.I / n)
        short = real or n in (3, 4, 6, 8, 12)
        return sympy.expand(value.rewrite(sympy.cos), complex=True) if short else value
    if field.degree == 2 and field.minpoly[1] == 0:
        root = sympy.sqrt(sympy.Rational(str(-field.minpoly[0])))
        return root if field.index else -root
    poly = sympy.Poly([sympy.Rational(str(c)) for c in reversed(field.minpoly)], sympy.Symbol("t"))
    return next(r for r in poly.all_roots() if nearest(field.minpoly, _ball(r)) == field.index)


def _squarefree(n: int) -> int:
    """The integer d with Q(√d) = Q(√n) that no square but 1 divides."""
    result = 1 if n > 0 else -1
    for p, e in fmpz(abs(n)).factor():
        result *= int(p) if e % 2 else 1
    return result
