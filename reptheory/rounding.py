"""Exact numbers to floats: the nearest float64 or float32 of x·√q, proved by balls."""
from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from flint import arb

from .field import Number, _precision

BITS = {"float64": 53, "float32": 24}


def float_table(numbers: Sequence[Number], radicands: Sequence[Number], dtype="float64") -> np.ndarray:
    """The array of x_i √q_i, each rounded to the nearest float; equal pairs are rounded once.

    Complex numbers give complex128 (complex64 for float32), each part rounded.

    >>> from .field import Q
    >>> float_table([Q(1)], [Q(2)]).tolist()
    [1.4142135623730951]
    """
    name = np.dtype(dtype).name
    name = {"complex128": "float64", "complex64": "float32"}.get(name, name)
    seen: dict[tuple, complex] = {}
    values = []
    for x, q in zip(numbers, radicands):
        key = (x.key, q.key)
        if key not in seen:
            real = x.field.is_real or x.is_rational
            seen[key] = round_real(x, q, name) if real else round_complex(x, q, name)
        values.append(seen[key])
    kind = {"float64": "complex128", "float32": "complex64"}[name] if any(isinstance(v, complex) for v in values) else name
    return np.array(values, kind)


def round_real(x: Number, q: Number | None, dtype: str) -> float:
    """The float nearest to x√q (x when q is None)."""
    if x.is_zero:
        return 0.0
    if x.is_rational and (q is None or q == 1):
        return _nearest_rational(x.to_fraction(), dtype)
    return _ziv(lambda bits: _real(x, q, bits), dtype)


def round_complex(x: Number, q: Number | None, dtype: str) -> complex:
    """The complex float whose parts are nearest to those of x√q."""
    def part(select: str, exact: Number) -> float:
        if exact.is_zero:
            return 0.0
        return _ziv(lambda bits: getattr(x.ball(bits), select) * _root(q, bits), dtype)
    conjugate = x.conj()
    return complex(part("real", x + conjugate), part("imag", x - conjugate))


def _nearest_rational(value: Fraction, dtype: str) -> float:
    if dtype == "float64":
        return value.numerator / value.denominator
    low = np.float32(value.numerator / value.denominator)
    near = [low, np.nextafter(low, np.float32(np.inf)), np.nextafter(low, np.float32(-np.inf))]
    return float(min(near, key=lambda f: abs(Fraction(float(f)) - value)))


def _real(x: Number, q: Number | None, bits: int) -> arb:
    return x.ball(bits).real * _root(q, bits)


def _root(q: Number | None, bits: int) -> arb:
    if q is None:
        return arb(1)
    with _precision(bits):
        return q.ball(bits).real.sqrt()


def _ziv(ball, dtype: str) -> float:
    """Refine a ball until both ends round to one float."""
    bits = BITS[dtype] + 40
    while True:
        with _precision(bits):
            value = ball(bits)
            middle, radius, exponent = value.mid().man_exp(), value.rad(), None
            del exponent
            centre = _fraction(middle)
            spread = _fraction(radius.upper().man_exp()) if radius != 0 else Fraction(0)
        ends = {_nearest_rational(centre - spread, dtype), _nearest_rational(centre + spread, dtype)}
        if len(ends) == 1:
            return ends.pop()
        if bits > 4000:  # an exact tie of an algebraic value: either end is within half an ulp
            return _nearest_rational(centre, dtype)
        bits *= 2


def _fraction(man_exp) -> Fraction:
    mantissa, exponent = (int(v) for v in man_exp)
    return Fraction(mantissa) * Fraction(2) ** exponent


