"""What counts as an exact number on input: integers, fractions and their spellings; never a float."""
from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from fractions import Fraction
from numbers import Complex, Rational
from typing import Any

import flint
from flint import fmpq, fmpq_poly, fmpz

DIGITS = 4000  # the most characters of a number given as text, and the largest exponent in it
SHOWN = 120    # the most characters of a value that a message repeats
DEGREE = 200   # the largest degree of a polynomial given as text
TERM = r"([-+]?)(?=.)(\d+(?:/\d+)?)?(?:(?<=\d)\*(?=\D))?(?:([^\W\d_])(?:(?:\*\*|\^)(\d+))?)?"  # c*x**k


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
        return _read(x)
    if isinstance(x, Complex):  # Python's and numpy's floats and complex numbers
        raise NotExact(float_message(x))
    if hasattr(x, "__index__"):
        try:
            return fmpq(int(x.__index__()))
        except TypeError:
            raise NotExact(f"{shown(x)} is no exact number. Write an integer or a fraction \"p/q\".") from None
    return None


def _read(text: str) -> fmpq:
    """The rational number that text spells; NotExact past 4000 digits, also where an exponent makes them."""
    exponent = re.search(r"[eE]([-+]?[\d_]+)\s*$", text[:DIGITS])
    if len(text) > DIGITS:
        many = f"{shown(text)} has {len(text)} characters"
    elif exponent and abs(int(exponent[1].replace("_", "")[:20])) > DIGITS:
        many = f"{shown(text)} has the exponent {clipped(exponent[1])}"
    else:
        many = ""
    if many:
        raise NotExact(f"{many}, and text is read up to {DIGITS} digits. Compute the number: Fraction(10) ** k.")
    try:
        value = Fraction(text)
    except (ValueError, ZeroDivisionError):
        raise NotExact(f"{shown(text)} is no rational number. Write it as \"p/q\", or as a number of a field: "
                       "quadratic(5).generator.") from None
    return fmpq(value.numerator, value.denominator)


def polynomial(text: str) -> list[fmpq]:
    """The coefficients, ascending, of a polynomial in one letter written as a sum of terms c·xᵏ.

    >>> polynomial("x**3 - 1/2*x + 2")
    [2, -1/2, 0, 1]
    """
    body = re.sub(r"\s*([-+*/^])\s*", r"\1", text.strip())
    terms = [re.fullmatch(TERM, term) for term in re.findall(r"^[^-+]+|[-+][^-+]*", body)] or [None]
    parts = [term.groups() for term in terms if term]
    if len(parts) < len(terms) or len({letter for _, _, letter, _ in parts if letter}) > 1:
        raise ValueError(f"{shown(text)} is no polynomial in one letter. Write \"x**3 - 2\", or the coefficients, "
                         "ascending: [-2, 0, 0, 1].")
    degrees = [int(power[:20]) if power else int(letter is not None) for _, _, letter, power in parts]
    if max(degrees) > DEGREE:
        raise ValueError(f"{shown(text)} has a term of degree ≥ {max(degrees)}, and polynomials are read up to degree "
                         f"{DEGREE}. Write one of lower degree.")
    found = [fmpq(0)] * (max(degrees) + 1)
    for (sign, c, _, _), k in zip(parts, degrees):
        found[k] += (-1 if sign == "-" else 1) * _read(c or "1")
    return found


def shown(value: Any) -> str:
    """The repr of a value, clipped for a message."""
    return clipped(repr(value))


def clipped(text: str, most: int = SHOWN) -> str:
    """The text, or its ends where it is long."""
    return text if len(text) <= most else f"{text[:most - 30]}…{text[-20:]}"


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
