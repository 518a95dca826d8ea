"""Jumps: the exact difference of a function across a face, linear in the jumps of its unknowns."""
from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import Any

import numpy
import sympy
from sympy import Expr

NEAR = sympy.Rational(1, 1000)


class NoJump(NotImplementedError):
    """An expression has no rule for its jump."""


class log_mean(sympy.Function):
    """The logarithmic mean (b − a)/(log b − log a), which is a where a = b.

    >>> log_mean(sympy.Integer(2), sympy.Integer(2))
    2
    """

    @classmethod
    def eval(cls, a: Expr, b: Expr) -> Expr | None:
        """a where both are equal; symmetric in its arguments."""
        if a == b:
            return a
        return cls(b, a) if sympy.default_sort_key(b) < sympy.default_sort_key(a) else None

    def _eval_is_positive(self) -> bool | None:
        return True if all(a.is_positive for a in self.args) else None

    def _eval_evalf(self, prec: int) -> Expr:
        a, b = self.args
        return ((b - a) / (sympy.log(b) - sympy.log(a)))._eval_evalf(prec)

    def in_floats(self) -> Expr:
        """For programs: with f = (b − a)/(b + a) it is m/(1 + f²/3 + f⁴/5 + …), m the arithmetic mean, cut off after
        f¹⁰ where f² < 1/1000, so that the rest is below 10⁻¹⁹ of it; elsewhere the quotient, where log(b/a) ≥ 0.063.

        Source: Ismail and Roe, J. Comput. Phys. 228 (2009) 5410, appendix B.
        """
        a, b = self.args
        f = ((b - a) / (b + a)) ** 2
        series = (a + b) / (2 * sum(f ** k / (2 * k + 1) for k in range(6)))
        ratio = sympy.Piecewise((sympy.Integer(2), f < NEAR), (b / a, True))  # no logarithm of 1 in either branch
        return sympy.Piecewise((series, f < NEAR), ((b - a) / sympy.log(ratio), True))


class power_jump(sympy.Function):
    """The divided difference (b^p − a^p)/(b − a), which is p a^(p−1) where a = b; power_jump(a, b, p).

    >>> power_jump(sympy.Integer(3), sympy.Integer(3), sympy.Symbol("p"))
    3**(p - 1)*p
    """

    @classmethod
    def eval(cls, a: Expr, b: Expr, p: Expr) -> Expr | None:
        """The derivative where both are equal; symmetric in them."""
        if a == b:
            return p * a ** (p - 1)
        return cls(b, a, p) if sympy.default_sort_key(b) < sympy.default_sort_key(a) else None

    def _eval_evalf(self, prec: int) -> Expr:
        a, b, p = self.args
        return ((b ** p - a ** p) / (b - a))._eval_evalf(prec)

    def in_floats(self) -> Expr:
        """For programs: m^(p−1) Σ_k C(p, 2k+1) f^(2k) with m = (a + b)/2 and f = (b − a)/(b + a), cut off after f¹⁰
        where f² < 1/1000, so that the rest is below 10⁻¹⁸ |C(p, 13)| of m^(p−1); elsewhere the quotient."""
        a, b, p = self.args
        f, m = (b - a) / (b + a), (a + b) / 2
        series = m ** (p - 1) * sum(sympy.expand_func(sympy.binomial(p, 2 * k + 1)) * f ** (2 * k) for k in range(6))
        width = sympy.Piecewise((sympy.S.One, f ** 2 < NEAR), (b - a, True))
        return sympy.Piecewise((series, f ** 2 < NEAR), ((b ** p - a ** p) / width, True))


def numeric_log_mean(a: Any, b: Any) -> Any:
    """The logarithmic mean in floats, by its series where a ≈ b.

    Source: Ismail and Roe, J. Comput. Phys. 228 (2009) 5410, appendix B.

    >>> float(numeric_log_mean(1.0, 1.0))
    1.0
    """
    a, b = numpy.asarray(a, dtype=float), numpy.asarray(b, dtype=float)
    f = (b - a) / (b + a)
    u = f * f
    series = 1 + u / 3 + u ** 2 / 5 + u ** 3 / 7 + u ** 4 / 9 + u ** 5 / 11
    ratio = numpy.where(u < 1e-3, 1.0, b / a)
    return numpy.where(u < 1e-3, (a + b) / (2 * series), (b - a) / numpy.where(u < 1e-3, 1.0, numpy.log(ratio)))


def numeric_power_jump(a: Any, b: Any, p: Any) -> Any:
    """(b^p − a^p)/(b − a) in floats, by the Taylor polynomial at the middle where a ≈ b.

    >>> float(numeric_power_jump(2.0, 2.0, 3.0))
    12.0
    """
    a, b = numpy.asarray(a, dtype=float), numpy.asarray(b, dtype=float)
    m, d = (a + b) / 2, b - a
    near = numpy.abs(d) < 1e-4 * m
    taylor = p * m ** (p - 1) * (1 + (p - 1) * (p - 2) * (d / m) ** 2 / 24)
    return numpy.where(near, taylor, (b ** p - a ** p) / numpy.where(near, 1.0, d))


NUMERIC = {"log_mean": numeric_log_mean, "power_jump": numeric_power_jump}


def sides(unknowns: Sequence[sympy.Symbol]) -> tuple[tuple[sympy.Symbol, ...], tuple[sympy.Symbol, ...]]:
    """The symbols of the unknowns left and right of a face: h_L, h_R.

    >>> sides([sympy.Symbol("h", real=True)])
    ((h_L,), (h_R,))
    """
    left, right = (tuple(sympy.Symbol(f"{u.name}_{s}", **u.assumptions0) for u in unknowns) for s in "LR")
    return left, right


def jump(e: Expr, unknowns: Sequence[sympy.Symbol]) -> sympy.ImmutableMatrix:
    """The row J with e(R) − e(L) = Σ_k J_k (w_k(R) − w_k(L)), exactly, and J → ∇e where both states agree.

    The product rule [[ab]] = ā[[b]] + b̄[[a]] with arithmetic means, telescoping for powers, the logarithmic mean for
    logarithms. Raises NoJump with the part that has no rule. Source: Tadmor, Acta Numerica 12 (2003) 451;
    Ismail and Roe, J. Comput. Phys. 228 (2009) 5410.

    >>> h = sympy.Symbol("h", positive=True); jump(h**2, [h])
    Matrix([[h_L + h_R]])
    """
    left, right = sides(unknowns)
    at_left, at_right = dict(zip(unknowns, left)), dict(zip(unknowns, right))

    def mean(x: Expr) -> Expr:
        return (x.xreplace(at_left) + x.xreplace(at_right)) / 2

    def row(x: Expr) -> sympy.Matrix:
        if not x.has(*unknowns):
            return sympy.zeros(1, len(unknowns))
        if x in unknowns:
            return sympy.Matrix([[1 if x == w else 0 for w in unknowns]])
        if x.is_Add:
            return reduce(lambda a, b: a + b, map(row, x.args))
        if x.is_Mul:
            constant, rest = x.as_independent(*unknowns, as_Add=False)
            parts = sympy.Mul.make_args(rest)
            if len(parts) == 1:
                return constant * row(parts[0])
            first, others = parts[0], sympy.Mul(*parts[1:])
            return constant * (mean(first) * row(others) + mean(others) * row(first))
        if x.is_Pow and not x.exp.has(*unknowns):
            return row(x.base) * _power(x.base.xreplace(at_left), x.base.xreplace(at_right), x.exp)
        if isinstance(x, sympy.log):
            inside = sympy.expand_log(x, force=True)
            if inside != x:
                return row(inside)
            return row(x.args[0]) / log_mean(x.args[0].xreplace(at_left), x.args[0].xreplace(at_right))
        if isinstance(x, sympy.exp):
            a, b = x.args[0].xreplace(at_left), x.args[0].xreplace(at_right)
            return row(x.args[0]) * log_mean(sympy.exp(a), sympy.exp(b))
        raise NoJump(f"{x} has no rule for its jump. Write it with + − · / powers, log and exp.")

    return row(sympy.expand(e)).as_immutable()


def _power(a: Expr, b: Expr, p: Expr) -> Expr:
    """(b^p − a^p)/(b − a) without dividing by b − a."""
    if not p.is_Rational:
        return power_jump(a, b, p)
    if p.is_negative:
        return -_power(a, b, -p) / (a * b) ** -p
    n, q = p.p, p.q
    s, t = a ** sympy.Rational(1, q), b ** sympy.Rational(1, q)
    return sum(t ** k * s ** (n - 1 - k) for k in range(n)) / sum(t ** k * s ** (q - 1 - k) for k in range(q))


def resolved(e: Expr) -> Expr:
    """The expression with means written out as quotients of differences, in which identities are rational.

    >>> resolved(log_mean(sympy.Symbol("a", positive=True), sympy.Symbol("b", positive=True)))
    (-a + b)/(-log(a) + log(b))
    """
    e = e.replace(log_mean, lambda a, b: (b - a) / (sympy.expand_log(sympy.log(b), force=True)
                                                    - sympy.expand_log(sympy.log(a), force=True)))
    return e.replace(power_jump, lambda a, b, p: (b ** p - a ** p) / (b - a))


def vanishes(e: Expr) -> bool:
    """Whether an expression in rational functions, logarithms and powers is zero: these are independent symbols."""
    e = sympy.expand_log(resolved(sympy.sympify(e)), force=True)
    logs = {x: sympy.Dummy(f"l{k}") for k, x in enumerate(sorted(e.atoms(sympy.log), key=sympy.default_sort_key))}
    e = e.xreplace(logs)
    return e == 0 or sympy.cancel(sympy.together(e)) == 0
