"""Balls: formulas at points in ball arithmetic, by walking their trees, so that programs are read line by line."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sympy
from flint import arb, ctx, fmpq
from sympy import Abs, Expr, Max, Min, Piecewise

from .certified import PRECISION, NotCertified
from .jump import log_mean, power_jump
from .tangent import greatest, least

CLOSE = sympy.Rational(1, 10 ** 60)


def ball(x: Any) -> arb:
    """A rational number."""
    return arb(fmpq(int(x.p), int(x.q)))


def evaluate(e: Expr, at: Mapping[Expr, arb]) -> arb:
    """The value, as a ball that holds it; NotCertified where two cases are not told apart, or where it is not real.

    >>> x = sympy.Symbol("x", real=True); (3 * evaluate(Max(x, 1) / 3, {x: arb(2)})).contains(2)
    True
    """
    before, ctx.prec = ctx.prec, PRECISION
    try:
        found = _value(e, at)
    finally:
        ctx.prec = before
    if not found.is_finite():
        raise NotCertified(f"{e} is not real there.")
    return found


def run(lines: Sequence[tuple[Any, Expr]], at: Mapping[Expr, arb]) -> dict[Expr, arb]:
    """The values of all names of a program."""
    values = dict(at)
    for name, e in lines:
        values[name] = evaluate(e, values)
    return values


def _value(e: Expr, at: Mapping[Expr, arb]) -> arb:
    if e in at:
        return at[e]
    if e.is_Rational:
        return ball(e)
    if isinstance(e, Piecewise):
        chosen = next((a for a, c in e.args if _holds(c, at)), None)
        if chosen is None:
            raise NotCertified("no case holds.")
        return _value(chosen, at)
    if e is sympy.pi or e is sympy.E:
        return arb.pi() if e is sympy.pi else arb(1).exp()
    if isinstance(e, sympy.CRootOf) and e.is_real:
        return ball(e.eval_rational(CLOSE)) + arb(0, 1e-59)
    parts = [_value(sympy.sympify(a), at) for a in e.args]
    return applied(e.func, parts, e)


def applied(func: Any, parts: Sequence[arb], e: Expr | None = None) -> arb:
    """A function of balls; the greatest of several is the very same ball as one of them where that is known."""
    if func is sympy.Add:
        return sum(parts[1:], parts[0])
    if func is sympy.Mul:
        found = parts[0]
        for x in parts[1:]:
            found = found * x
        return found
    if func is sympy.Pow:
        if e is not None and e.exp.is_Integer:
            return parts[0] ** int(e.exp)
        return parts[0].sqrt() if e is not None and e.exp == sympy.S.Half else parts[0] ** parts[1]
    if func is Abs:
        return abs(parts[0])
    if func in (Max, Min, greatest, least):
        best = parts[0]
        for x in parts[1:]:
            best = _extreme(best, x, func in (Max, greatest))
        return best
    if func is log_mean:
        a, b = parts
        return a if a is b else (b - a) / (b.log() - a.log())
    if func is power_jump:
        a, b, p = parts
        return (b ** p - a ** p) / (b - a)
    if hasattr(arb, func.__name__) and len(parts) == 1:
        return getattr(parts[0], func.__name__)()
    raise NotCertified(f"{func.__name__} has no value in ball arithmetic.")


def _extreme(a: arb, b: arb, upper: bool) -> arb:
    if a is b or (a > b if upper else a < b):
        return a
    if a < b if upper else a > b:
        return b
    return a.max(b) if upper else a.min(b)


def _holds(condition: Any, at: Mapping[Expr, arb]) -> bool:
    if condition in (True, False, sympy.true, sympy.false):
        return bool(condition)
    if isinstance(condition, sympy.And):
        return all(_holds(c, at) for c in condition.args)
    if isinstance(condition, sympy.Or):
        return any(_holds(c, at) for c in condition.args)
    return true_at(condition.rel_op, _sign(_value(condition.lhs, at), _value(condition.rhs, at)))


def true_at(relation: str, sign: int) -> bool:
    """Whether a relation between a and b holds, from the sign of a − b."""
    return {">": sign > 0, ">=": sign >= 0, "<": sign < 0, "<=": sign <= 0, "==": sign == 0, "!=": sign != 0}[relation]


def _sign(a: arb, b: arb) -> int:
    if a is b:
        return 0
    difference = a - b
    if difference > 0 or difference < 0:
        return 1 if difference > 0 else -1
    if difference.is_zero():
        return 0
    raise NotCertified(f"{a} and {b} are not told apart.")


__all__ = ["applied", "ball", "evaluate", "run", "true_at"]
