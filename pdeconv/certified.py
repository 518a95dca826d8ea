"""Certified numbers: formulas at rational points in ball arithmetic, where what is not zero is proved not to be."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

import sympy
from flint import arb, ctx, fmpq
from sympy import Expr
from sympy.printing.pycode import SymPyPrinter

PRECISION = 200


class NotCertified(ArithmeticError):
    """Balls that overlap, or that hold no number."""


class _Exact(SymPyPrinter):
    """Code in which fractions stay exact and comparisons are calls."""

    def _print_Rational(self, expr: sympy.Rational) -> str:
        return f"Rational({expr.p}, {expr.q})"

    _print_Half = _print_Rational

    def _print_Relational(self, expr: Any) -> str:
        return f"compared({self._print(expr.lhs)}, {expr.rel_op!r}, {self._print(expr.rhs)})"


def _compared(a: Any, relation: str, b: Any) -> bool:
    difference = arb(0) + a - b
    if not (difference > 0 or difference < 0):
        raise NotCertified(f"{a} and {b} are not told apart.")
    return (difference > 0) == (relation in (">", ">=")) or relation == "!="


def _extreme(relation: str) -> Any:
    def chosen(*args: Any) -> Any:
        best = args[0]
        for x in args[1:]:
            best = x if _compared(x, relation, best) else best
        return best
    return chosen


def _cases(*cases: Any) -> Any:
    return next(value for value, holds in cases if holds)


NAMES = {"Rational": lambda p, q: arb(fmpq(p, q)), "compared": _compared, "Piecewise": _cases,
         "case": lambda s, a, b: a if _compared(s, ">", 0) else b,
         "Abs": lambda x: abs(arb(0) + x), "sqrt": lambda x: (arb(0) + x).sqrt(), "Max": _extreme(">"),
         "Min": _extreme("<"), "greatest": _extreme(">"), "least": _extreme("<"),
         "log": lambda x: (arb(0) + x).log(), "exp": lambda x: (arb(0) + x).exp()}


class Certified:
    """Real formulas at rational points, as balls that hold their values.

    >>> x = sympy.Symbol("x", real=True); read = Certified([sympy.sqrt(x) * sympy.Max(x, 1)])
    >>> read({x: sympy.Integer(4)})[0] == 8
    True
    """

    def __init__(self, expressions: Sequence[Expr]) -> None:
        self.symbols = tuple(sorted({s for e in expressions for s in e.free_symbols}, key=str))
        self._read = sympy.lambdify(self.symbols, list(expressions), modules=[NAMES], cse=True,
                                    printer=_Exact({"fully_qualified_modules": False}))

    def __call__(self, at: Mapping[Any, sympy.Rational]) -> list[arb]:
        """The values; NotCertified where two cases are not told apart, or where a formula is not real."""
        before, ctx.prec = ctx.prec, PRECISION
        try:
            found = [arb(0) + x for x in self._read(*[arb(fmpq(int(at[s].p), int(at[s].q))) for s in self.symbols])]
        except ZeroDivisionError:
            raise NotCertified("a formula divides by zero there.") from None
        finally:
            ctx.prec = before
        if not all(x.is_finite() for x in found):
            raise NotCertified("a formula is not real there.")
        return found


def kernel(rows: Sequence[Sequence[arb]], columns: int) -> tuple[int, list[list[sympy.Rational]]]:
    """(rank, candidates): a rank that the matrix has at least, and vectors of small fractions that the balls of
    M x = 0 hold, one for each column without a pivot; to be proved by other means.

    >>> kernel([[arb(2), arb(-1)], [arb(4), arb(-2)]], 2)
    (1, [[1/2, 1]])
    """
    before, ctx.prec = ctx.prec, PRECISION
    try:
        left, pivots = [list(row) for row in rows], []
        chosen: list[list[arb]] = []
        for j in range(columns):
            best = max((row for row in left if not row[j].contains(0)), key=lambda row: float(abs(row[j]).mid()),
                       default=None)
            if best is None:
                continue
            left = [row for row in left if row is not best]
            best = [x / best[j] for x in best]
            left, chosen = ([[x - row[j] * y for x, y in zip(row, best)] for row in part] for part in (left, chosen))
            chosen.append(best)
            pivots.append(j)
        found = []
        for free in (j for j in range(columns) if j not in pivots):
            vector = [sympy.S.Zero] * columns
            vector[free] = sympy.S.One
            for p, row in zip(pivots, chosen):
                vector[p] = _fraction(-row[free])
            found.append(vector)
        return len(pivots), found
    finally:
        ctx.prec = before


def _fraction(x: arb) -> sympy.Rational:
    near = Fraction(float(x.mid())).limit_denominator(1000)
    return sympy.Rational(near.numerator, near.denominator)


__all__ = ["Certified", "NotCertified", "kernel"]
