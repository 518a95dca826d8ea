"""Exact numbers to floats: the nearest float64 or float32 of x·√q, proved by balls."""
from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from fractions import Fraction
from math import isqrt, ldexp

import numpy as np
from flint import arb

from .exact import precision
from .number import Number

FORMATS = {"float64": (53, -1074, 1024), "float32": (24, -149, 128)}  # bits, least and greatest exponent (IEEE 754)


def float_table(numbers: Sequence[Number], radicands: Sequence[Number], dtype="float64") -> np.ndarray:
    """The array of x_i √q_i, each rounded to the nearest float; equal pairs are rounded once.

    Complex numbers give complex128 (complex64 for float32), each part rounded.

    >>> from .field import Q
    >>> float_table([Q(1)], [Q(2)]).tolist()
    [1.4142135623730951]
    """
    name = format_name(dtype)
    seen: dict[tuple, complex] = {}
    values = []
    for x, q in zip(numbers, radicands):
        key = (x.key, q.key)
        if key not in seen:
            real = x.field.is_real or x.is_rational
            seen[key] = round_real(x, q, name) if real else round_complex(x, q, name)
        values.append(seen[key])
    complex_name = {"float64": "complex128", "float32": "complex64"}[name]
    return np.array(values, complex_name if any(isinstance(v, complex) for v in values) else name)


def format_name(dtype) -> str:
    """"float64" or "float32" from the name or dtype of a real or complex format; ValueError for another."""
    name = np.dtype(dtype).name
    name = {"complex128": "float64", "complex64": "float32"}.get(name, name)
    if name not in FORMATS:
        raise ValueError(f"dtype={name}: exact numbers are rounded to float64 or float32. Convert further from there.")
    return name


def round_real(x: Number, q: Number | None, dtype) -> float:
    """The float nearest to x√q (x when q is None), for real x and q ≥ 0."""
    name = format_name(dtype)
    if x.is_rational and (q is None or q == 1):
        return _nearest(x.to_fraction(), name)
    if x.is_rational and q is not None and q.is_rational:
        value = x.to_fraction()
        square = value ** 2 * q.to_fraction()
        with suppress(OverflowError):  # the balls below say by how much
            root = round_root(square.numerator, square.denominator, name)
            return -root if value < 0 else root
    return _rounded(lambda bits: x.ball(bits).real * _root(q, bits), x * x if q is None else x * x * q, name)


def round_root(numerator: int, denominator: int, dtype="float64") -> float:
    """The float nearest to √(p/q) for integers p ≥ 0 and q > 0, from one integer square root.

    With a remainder the last bit kept is made odd, so that the second rounding sees on which side of a tie it lies.

    >>> round_root(1, 2), round_root(1, 2, "float32")
    (0.7071067811865476, 0.7071067690849304)
    """
    if not numerator:
        return 0.0
    bits = 110 if dtype == "float64" else 100
    half = (bits - numerator.bit_length() + denominator.bit_length()) // 2
    value, rest = divmod(numerator << max(2 * half, 0), denominator << max(-2 * half, 0))
    root = isqrt(value)
    odd = 2 * root + bool(rest or root * root != value)
    nearest = odd / (1 << half + 1) if half >= 0 else float(odd << -half - 1)  # int / int rounds once, to the nearest
    if dtype == "float64":
        return nearest
    if nearest >= 2.0 ** 128 - 2.0 ** 103:
        raise OverflowError(f"a number near {nearest:.3g} is larger than every float32. Ask for float64.")
    return float(np.float32(nearest))  # from at most 53 bits, which a float64 holds


def round_complex(x: Number, q: Number | None, dtype) -> complex:
    """The complex float whose parts are nearest to those of x√q."""
    name, conjugate = format_name(dtype), x.conj()
    twice = {"real": x + conjugate, "imag": x - conjugate}
    factor = {"real": Fraction(1, 4), "imag": Fraction(-1, 4)}

    def part(which: str) -> float:
        square = twice[which] * twice[which] * factor[which]
        radicand = square if q is None else square * q
        return _rounded(lambda bits: getattr(x.ball(bits), which) * _root(q, bits), radicand, name)
    return complex(part("real"), part("imag"))


def to_mpmath(x: Number, dps: int):
    """The mpmath number with `dps` correct digits in each part, from balls refined until they are that small."""
    import mpmath

    conjugate = x.conj()
    zero = {"real": (x + conjugate).is_zero, "imag": (x - conjugate).is_zero}
    bits, parts = int(dps * 3.33) + 32, {}
    for which in zero:
        parts[which], working = mpmath.mpf(0), bits
        while not zero[which]:
            ball = getattr(x.ball(working), which)
            if ball.rel_accuracy_bits() > bits - 16:
                mantissa, exponent = (int(v) for v in ball.mid().man_exp())
                with mpmath.workprec(bits):
                    parts[which] = mpmath.ldexp(mpmath.mpf(mantissa), exponent)
                break
            working *= 2
    return parts["real"] if zero["imag"] else mpmath.mpc(parts["real"], parts["imag"])


def _nearest(value: Fraction, dtype: str) -> float:
    """The nearest float, ties to even, subnormal ones included; OverflowError beyond the largest."""
    bits, least, greatest = FORMATS[dtype]
    if not value:
        return 0.0
    size = abs(value.numerator).bit_length() - value.denominator.bit_length()  # 2^(size−1) < |value| < 2^(size+1)
    if abs(value) < Fraction(2) ** size:
        size -= 1
    exponent = max(size + 1 - bits, least)
    mantissa = round(value / Fraction(2) ** exponent)
    if mantissa and abs(mantissa).bit_length() + exponent > greatest:
        raise OverflowError(f"a number near 2^{size} is larger than every {dtype}. Use to_mpmath(dps).")
    return ldexp(mantissa, exponent)


def _root(q: Number | None, bits: int) -> arb:
    if q is None:
        return arb(1)
    with precision(bits):
        return q.ball(bits).real.sqrt()


def _rounded(ball: Callable[[int], arb], square: Number, dtype: str) -> float:
    """The float nearest to the number in a ball, given its exact square: refined until both ends round alike (Ziv).

    Only a rational number can lie half-way between two floats, and its square tells: then it is rounded exactly.
    """
    bits = FORMATS[dtype][0] + 40
    exact = _rational_root(square)
    while True:
        with precision(bits):
            value = ball(bits)
        if exact is not None and (not exact or value > 0 or value < 0):
            return _nearest(exact if value > 0 else -exact, dtype)
        if exact is None and value.rel_accuracy_bits() > 0:
            centre, spread = _fraction(value.mid()), _fraction(value.rad().upper())
            low, high = _nearest(centre - spread, dtype), _nearest(centre + spread, dtype)
            if low == high:
                return low
        bits *= 2


def _rational_root(square: Number) -> Fraction | None:
    """√square when it is rational."""
    if not square.is_rational:
        return None
    value = square.to_fraction()
    top, bottom = isqrt(value.numerator), isqrt(value.denominator)
    return Fraction(top, bottom) if top * top == value.numerator and bottom * bottom == value.denominator else None


def _fraction(x: arb) -> Fraction:
    mantissa, exponent = (int(v) for v in x.man_exp())
    return Fraction(mantissa) * Fraction(2) ** exponent
