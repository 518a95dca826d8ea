"""What counts as an exact number on input: integers, fractions and their spellings; never a float."""
from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from fractions import Fraction
from numbers import Complex, Rational
from typing import Any

import flint
from flint import fmpq, fmpq_poly, fmpz


class NotExact(TypeError):
    """A float where an exact number is needed."""


def rational(x: Any) -> fmpq | None:
    """The rational number that x spells (an integer, a Fraction, "p/q", a numpy integer); None for other exact things.

    Raises NotExact for floats, truth values and text that is no fraction.

    >>> rational("-3/6")
    -1/2
    """
    if isinstance(x, (bool, fmpq, int, fmpz, Rational)):
        if isinstance(x, bool):
            raise NotExact(f"{x!r} is a truth value where an exact number is needed. Write 0 or 1.")
        return x if isinstance(x, fmpq) else fmpq(int(x.numerator), int(x.denominator))
    if isinstance(x, str):
        try:
            value = Fraction(x)
        except (ValueError, ZeroDivisionError):
            raise NotExact(f"{x!r} is no rational number. Write it as \"p/q\", or as a number of a field: "
                           "quadratic(5).generator.") from None
        return fmpq(value.numerator, value.denominator)
    if isinstance(x, Complex):  # Python's and numpy's floats and complex numbers
        raise NotExact(float_message(x))
    if hasattr(x, "__index__"):
        try:
            return fmpq(int(x.__index__()))
        except TypeError:
            raise NotExact(f"{x!r} is no exact number. Write an integer or a fraction \"p/q\".") from None
    return None


def float_message(x: Any) -> str:
    """Why a float is refused, and how to write exactly what it looks like."""
    try:
        written = Fraction(str(x))
    except ValueError:
        if isinstance(x, complex) and x == x:
            return (f"{x!r} is a complex float, and exact numbers are needed here. Write a + b*i with the number "
                    "i = quadratic(-1).generator.")
        return f"{x!r} is not a number, and exact numbers are needed here. Write an integer or a fraction \"p/q\"."
    return (f"{x!r} is a float, and exact numbers are needed here. Write \"{written}\" or "
            f"Fraction({written.numerator}, {written.denominator}) if that is what you mean, or a root of a polynomial "
            "as a number of a field: quadratic(2).generator.")


def fraction(c: fmpq) -> Fraction:
    """The same number as a Fraction."""
    return Fraction(int(c.p), int(c.q))


def padded(poly: fmpq_poly, degree: int) -> tuple[fmpq, ...]:
    """The first `degree` coefficients of a polynomial, zeros included."""
    found = tuple(poly.coeffs())
    return found + (fmpq(0),) * (degree - len(found))


def spelled(coefficients: Sequence[Fraction]) -> str:
    """Rational numbers as Python writes them without rounding: 1, '1/2'."""
    return ", ".join(str(c) if c.denominator == 1 else f"'{c}'" for c in coefficients)


@contextmanager
def precision(bits: int) -> Iterator[None]:
    """The working precision of flint's balls (with 32 guard bits) inside a `with`, put back afterwards."""
    before, flint.ctx.prec = flint.ctx.prec, bits + 32
    try:
        yield
    finally:
        flint.ctx.prec = before
