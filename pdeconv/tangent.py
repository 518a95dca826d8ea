"""Tangents: the derivative of a formula along a vector field, with homogeneity read off where it is there."""
from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import sympy
from sympy import Expr

from .equivariance import Undecided

SHORT = 300  # operations: longer derivatives are left as they are


class case(sympy.Function):
    """case(s, a, b) is a where s > 0, and b elsewhere; kept as it is, where sympy would rewrite conditions."""

    nargs = 3

    @classmethod
    def eval(cls, s: Expr, a: Expr, b: Expr) -> Expr | None:
        """a where both are equal."""
        return a if a == b else None


class greatest(sympy.Function):
    """Max, left as it is written: sympy's compares its arguments each time that one is made."""


class least(sympy.Function):
    """Min, left as it is written."""


def inert(e: Expr) -> Expr:
    """The formula with `greatest` and `least` for Max and Min.

    >>> u, v = sympy.symbols("u v", real=True); inert(2 * sympy.Max(u, v))
    2*greatest(u, v)
    """
    if not e.has(sympy.Max, sympy.Min):
        return e
    made = {sympy.Max: greatest, sympy.Min: least}.get(e.func, e.func)
    return made(*[inert(a) for a in (e.args if made is e.func else sympy.ordered(e.args))])


@dataclass(frozen=True)
class Tangent:
    """X e = `value`; where it is w e + k with w and k constant along the field, these are `weight` and `constant`."""

    value: Expr
    weight: Expr | None = None
    constant: Expr = sympy.S.Zero

    @property
    def is_scaling(self) -> bool:
        """Whether X e = w e."""
        return self.weight is not None and self.constant == 0


def weighted(e: Expr, weight: Expr, constant: Expr = sympy.S.Zero) -> Tangent:
    """X e = w e + k."""
    return Tangent(weight * e + constant, weight, constant)


class Tangents:
    """X e for formulas e, by the chain rule from X of their symbols, in `of`; other symbols are constant.

    |e|, max and min have no derivative where their arguments change order; X|e| = w|e| follows from X e = w e without
    cases, X max(a, b) = w max(a, b) + k from X a = w a + k and X b = w b + k. Elsewhere the derivative is by cases, and
    holds on the open set where no two cases meet: enough for continuous formulas, which are what their flow carries.

    >>> u, v = sympy.symbols("u v", real=True); X = Tangents({u: weighted(u, sympy.S.One), v: weighted(v, sympy.S.One)})
    >>> X(sympy.Max(u, v) * sympy.Abs(u - v)).weight
    2
    """

    def __init__(self, of: Mapping[sympy.Symbol, Tangent]) -> None:
        self.of = dict(of)
        self._known: dict[Expr, Tangent] = {}
        self._guesses: dict[tuple[Expr, int], float] = {}

    def moves(self, e: Expr) -> bool:
        """Whether a formula holds a symbol that the field moves."""
        return not e.free_symbols.isdisjoint(self.of)

    def __call__(self, e: Expr) -> Tangent:
        found = self._known.get(e)
        if found is None:
            found = self._known[e] = self._derive(e)
        return found

    def _derive(self, e: Expr) -> Tangent:
        if e.is_Symbol:
            return self.of.get(e, Tangent(sympy.S.Zero, sympy.S.Zero))
        if not self.moves(e):
            return Tangent(sympy.S.Zero, sympy.S.Zero)
        if e.is_Add:
            return self._sum(e)
        if e.is_Mul:
            return self._product(e)
        if e.is_Pow and not self.moves(e.exp):
            base = self(e.base)
            if base.is_scaling:
                return weighted(e, base.weight * e.exp)
            return self.tidied(e, e.exp * e.base ** (e.exp - 1) * base.value)
        if isinstance(e, sympy.Abs):
            inside = self(e.args[0])
            return weighted(e, inside.weight) if inside.is_scaling else self.tidied(
                e, inside.value * case(e.args[0], 1, -1))
        if isinstance(e, (sympy.Max, sympy.Min, greatest, least)):
            return self._extreme(e)
        if isinstance(e, sympy.Piecewise):
            return self._cases(e)
        parts = [sympy.diff(e.func(*[a if k != j else x for k, a in enumerate(e.args)]), x).xreplace({x: e.args[j]})
                 * self(e.args[j]).value for j in range(len(e.args)) if self.moves(e.args[j])
                 for x in [sympy.Dummy(real=True, positive=e.args[j].is_positive)]]
        return self.tidied(e, sympy.Add(*parts))

    def _sum(self, e: Expr) -> Tangent:
        moving, still = [], sympy.S.Zero
        for term in e.args:
            if self.moves(term):
                moving.append(self(term))
            else:
                still += term
        weights = {t.weight for t in moving}
        if len(weights) == 1 and None not in weights:
            w = weights.pop()
            return weighted(e, w, sympy.expand(sum((t.constant for t in moving), sympy.S.Zero) - w * still))
        return self.tidied(e, sympy.Add(*[t.value for t in moving]))

    def _product(self, e: Expr) -> Tangent:
        tangents = [self(f) for f in e.args]
        moving = [k for k, f in enumerate(e.args) if self.moves(f)]
        if all(tangents[k].is_scaling for k in moving):
            return weighted(e, sympy.Add(*[tangents[k].weight for k in moving]))
        if len(moving) == 1 and tangents[moving[0]].weight is not None:
            only = tangents[moving[0]]
            return weighted(e, only.weight, only.constant * e / e.args[moving[0]])
        return self.tidied(e, sympy.Add(*[tangents[k].value * sympy.Mul(*[f for j, f in enumerate(e.args) if j != k])
                                          for k in moving]))

    def _together(self, e: Expr, parts: list[Expr]) -> Tangent | None:
        """X of a formula that equals one of the parts at a time, where all have X a = w a + k."""
        tangents = [(a, self(a)) for a in parts]
        w = next((t.weight for a, t in tangents if self.moves(a)), None)
        if w is None:
            return None
        constants = set()
        for a, t in tangents:
            if self.moves(a) and t.weight != w:
                return None
            constants.add(t.constant if self.moves(a) else sympy.expand(-w * a))
        return weighted(e, w, constants.pop()) if len(constants) == 1 else None

    def _extreme(self, e: Expr) -> Tangent:
        found = self._together(e, list(e.args))
        if found is not None:
            return found
        first, rest = e.args[0], e.func(*e.args[1:]) if len(e.args) > 2 else e.args[1]
        above = first - rest if isinstance(e, (sympy.Max, greatest)) else rest - first
        return self.tidied(e, case(above, self(first).value, self(rest).value))

    def _cases(self, e: Expr) -> Tangent:
        found = self._together(e, [a for a, _ in e.args])
        if found is not None:
            return found
        total = self(e.args[-1][0]).value
        for a, c in reversed(e.args[:-1]):
            above = c.gts - c.lts if isinstance(c, (sympy.StrictGreaterThan, sympy.StrictLessThan,
                                                    sympy.GreaterThan, sympy.LessThan)) else None
            if above is None:
                raise Undecided(f"{e} is given by {c}, and cases are followed where they are inequalities. Write "
                                "it with Max, Min or Abs.")
            total = case(above, self(a).value, total)
        return Tangent(total)

    def tidied(self, e: Expr, value: Expr) -> Tangent:
        """The derivative as w e + k, where it is that: guessed from three points, and proved in lowest terms."""
        if value == 0:
            return Tangent(value, sympy.S.Zero)
        if value.has(case) or value.count_ops() + e.count_ops() > SHORT:
            return Tangent(value)
        (a, x), (b, y), (c, z) = ((self.guess(value, k), self.guess(e, k)) for k in range(3))
        w = (b - a) / (y - x) if x != y else 0
        k = a - w * x
        if not abs(c - w * z - k) <= 1e-9 * (abs(c) + abs(w * z) + abs(k)):
            return Tangent(value)
        if abs(w * x) <= 1e-9 * abs(k):
            constant = sympy.cancel(value)
            return Tangent(value) if self.moves(constant) else Tangent(constant, sympy.S.Zero, constant)
        ratio = sympy.cancel(value / e)
        return Tangent(value) if self.moves(ratio) else weighted(e, ratio)

    def guess(self, e: Expr, point: int) -> float:
        """A float of a formula at a point, to guess from: nothing is decided by it."""
        found = self._guesses.get((e, point))
        if found is None:
            try:
                found = self._float(e, point)
            except (TypeError, ValueError, ZeroDivisionError, OverflowError):
                found = math.nan
            self._guesses[e, point] = found
        return found

    def _float(self, e: Expr, point: int) -> float:
        if e.is_Symbol:
            fixed = self.of.get(e) is None  # parameters stay the same at all points
            return random.Random(f"{e.name}{0 if fixed else point + 1}").uniform(1, 2)
        if e.is_Number:
            return float(e)
        if isinstance(e, sympy.Piecewise):
            return next(self.guess(a, point) for a, c in e.args if c == True or (  # noqa: E712
                self.guess(c.gts, point) > self.guess(c.lts, point)))
        parts = [self.guess(a, point) for a in e.args]
        made: dict[Any, Callable[..., Any]] = {
            sympy.Add: lambda *a: math.fsum(a), sympy.Mul: lambda *a: math.prod(a), sympy.Pow: pow, sympy.Abs: abs,
            sympy.Max: max,
            sympy.Min: min, greatest: max, least: min, sympy.log: math.log, sympy.exp: math.exp}
        found = made[e.func](*parts) if e.func in made else math.nan
        return math.nan if isinstance(found, complex) else found


__all__ = ["Tangent", "Tangents", "case", "greatest", "inert", "least", "weighted"]
