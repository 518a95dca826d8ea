"""Value numbering: one name for all formulas of programs that are proved equal, up to sign."""
from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import sympy
from flint import arb, ctx
from sympy import Abs, Expr, Max, Min, Piecewise

from .ball import applied, evaluate, true_at
from .certified import PRECISION, NotCertified
from .jump import log_mean
from .rational_identity import is_zero
from .tangent import greatest, least

Signs = dict[Expr, int]
Sample = tuple["arb | None", ...]


class NotNumbered(ArithmeticError):
    """A condition of a case that is no comparison, or a quotient by 0."""


class Values:
    """values(e) is ±a for a name a, or a number; the same for two formulas only where they are proved equal.

    Sums, products and quotients are rational functions of names; |·|, max, roots and cases are names of their own, by
    their arguments: max(a, b) = −min(−a, −b), |−a| = |a|, and a case by the sign of s with its branches exchanged is
    one by that of −s. Each new rational function is compared with the names that have its value at all of `points`, and
    is that name where their difference is zero, with names replaced by what they stand for, the last one first, until
    it is. Points only guess; what is equal is proved, wherever all formulas so far are real and divide by no zero.
    (a/b)^q is a^q/b^q where a, b ≥ 0: by assumptions, or because roots of them are taken.

    With `generic`, the branch of a case where s = 0 is left out, and `ties` are the names s of cases that are the same
    without it and differ in it: then equality is proved where no tie is 0. Names whose numbers are in `zeros` are 0.
    Source: Alpern, Wegman and Zadeck, POPL 1988; SAT sweeping, Kuehlmann, ICCAD 2004.

    >>> x, y = sympy.symbols("x y", real=True); values = Values([{x: arb(2), y: arb(3)}, {x: arb(5), y: arb(1)}])
    >>> values(sympy.Max(x, y) * (x + y)) == -values(sympy.Min(-x, -y) * (x**2 - y**2) / (x - y))
    True
    """

    def __init__(self, points: Sequence[Mapping[Expr, arb]], generic: bool = False, zeros: frozenset[int] = frozenset()
                 ) -> None:
        self.points, self.generic, self.zeros = points, generic, zeros
        self.ties: dict[int, Expr] = {}  # numbers of names, with what they stand for
        self._inside = 0
        self._numbers: dict[Expr, int] = {}
        self._meaning: dict[Expr, Expr] = {}
        self._samples: dict[Expr, Sample] = {}
        self._nodes: dict[Any, Expr] = {}
        self._known: dict[Expr, Expr] = {}
        self._rational: dict[Expr, Expr] = {}
        self._alike: dict[Any, list[Expr]] = {}
        self._at_zero: dict[Expr, Expr] = {}
        self._not_negative: set[Expr] = set()
        self._radicand: dict[Expr, Expr] = {}
        self._degrees: dict[Expr, set[int]] = {}

    def __call__(self, e: Expr) -> Expr:
        return self._number(self._read(sympy.sympify(e)))

    # Rational functions of names ------------------------------------------------------------------------------
    def _read(self, e: Expr) -> Expr:
        """The formula as a rational function of names."""
        if e.is_Rational or e in self._numbers:
            return e if e.is_Rational else self._kept(e)
        found = self._rational.get(e)
        if found is None:
            found = self._rational[e] = self._read_new(e)
        return found

    def _read_new(self, e: Expr) -> Expr:
        if e.is_Symbol:
            return self._input(e)
        if e.is_Add or e.is_Mul:
            return e.func(*map(self._read, e.args))
        if e.is_Pow and e.base is not sympy.E:
            base = self._read(e.base)
            return base ** e.exp if e.exp.is_Integer else self._power(base, e.exp)
        if isinstance(e, Abs):
            return self._absolute(self(e.args[0]))
        if isinstance(e, (Max, greatest)):
            return self._greatest([self(a) for a in e.args])
        if isinstance(e, (Min, least)):
            return -self._greatest([-self(a) for a in e.args])
        if isinstance(e, Piecewise):
            return self._cases(e.args, {})
        if not e.free_symbols:
            return self._node(("number", e), lambda k: evaluate(e, {}))
        parts = [self(a) for a in e.args]
        if isinstance(e, log_mean):
            parts.sort(key=self._order)
        return self._node((e.func, *parts), lambda k: applied(e.func, [self._at(a, k) for a in parts]),
                          isinstance(e, (sympy.exp, log_mean)))

    def _input(self, e: Expr) -> Expr:
        self._register(e, tuple(point.get(e) for point in self.points))
        if e.is_nonnegative:
            self._not_negative.add(e)
        return self._kept(e)

    def _number(self, r: Expr) -> Expr:
        """±a or a number for a rational function of names."""
        if r.is_Rational or r in self._numbers or -r in self._numbers:
            return r
        if r in self._known:
            return self._known[r]
        if r.has(sympy.zoo, sympy.nan):
            raise NotNumbered("a formula divides by zero. Write it for what is not zero, as a case.")
        sample = self._sample(lambda k: self._at(r, k))
        found = self._found(r, sample)
        if found is None:
            found = self._new(sample, r, self._is_not_negative(r))
        self._known[r], self._known[-r] = found, -found
        return found

    def _found(self, r: Expr, sample: Sample) -> Expr | None:
        if None in sample:
            return None
        if all(x is not None and x.contains(0) for x in sample) and self.vanishes(r):
            return sympy.S.Zero
        key, sign = _signature(sample)
        for name in self._alike.get(key, ()):
            value = sign * _signature(self._samples[name])[1] * name
            if self.vanishes(r - value):
                return value.xreplace({name: self._kept(name)})
        return None

    def vanishes(self, r: Expr) -> bool:
        """Whether a rational function of names is 0 once some names are replaced by what they stand for."""
        while not is_zero(r) and not is_zero(self._by_roots(r)):
            last = max((s for s in r.free_symbols if s in self._meaning), key=self._numbers.__getitem__, default=None)
            if last is None:
                return False
            r = r.xreplace({last: self._meaning[last]})
        return True

    def _by_roots(self, r: Expr) -> Expr:
        """r with b and the roots of b as powers of one symbol, for each name b of which it holds a root."""
        change: dict[Expr, Expr] = {}
        for b in {self._radicand[s] for s in r.free_symbols if s in self._radicand}:
            roots = {q: t for q in self._degrees[b] if (t := self._nodes["root", b, q]) != 0}
            whole = sympy.ilcm(1, *roots)
            finest = sympy.Symbol(f"{b}^1/{whole}", positive=True)
            change |= {t: finest ** (whole // q) for q, t in roots.items()} | {b: finest ** whole}
        return r.xreplace(change) if change else r

    # Names ------------------------------------------------------------------------------------------------------
    def _new(self, sample: Sample, meaning: Expr | None = None, not_negative: bool = False) -> Expr:
        name = sympy.Symbol(f"_{len(self._numbers)}", real=True)
        self._register(name, sample)
        if meaning is not None:
            self._meaning[name] = meaning
        if not_negative:
            self._not_negative.add(name)
        return self._kept(name)

    def _kept(self, name: Expr) -> Expr:
        return sympy.S.Zero if self._numbers[name] in self.zeros else name

    def _register(self, name: Expr, sample: Sample) -> None:
        self._numbers[name] = len(self._numbers)
        self._samples[name] = sample
        if None not in sample:
            self._alike.setdefault(_signature(sample)[0], []).append(name)

    def _node(self, key: Any, value: Callable[[int], arb], not_negative: bool = False) -> Expr:
        """The name of what is no rational function."""
        found = self._nodes.get(key)
        if found is None:
            found = self._nodes[key] = self._new(self._sample(value), None, not_negative)
        return found

    def _sample(self, value: Callable[[int], arb]) -> Sample:
        found: list[arb | None] = []
        before, ctx.prec = ctx.prec, PRECISION
        try:
            for k in range(len(self.points)):
                try:
                    x = value(k)
                    found.append(x if x.is_finite() else None)
                except (NotCertified, ZeroDivisionError, TypeError):
                    found.append(None)
        finally:
            ctx.prec = before
        return tuple(found)

    def _at(self, r: Expr, k: int) -> arb:
        at: dict[Expr, arb] = {}
        for s in r.free_symbols:
            x = self._samples[s][k]
            if x is None:
                raise NotCertified("a part is not real there.")
            at[s] = x
        return evaluate(r, at)

    def _order(self, value: Expr) -> tuple[Any, ...]:
        c, name = value.as_coeff_Mul()
        return (self._numbers[name], c) if name in self._numbers else (-1, value)

    # Roots, extremes and cases ------------------------------------------------------------------------------------
    def _is_not_negative(self, r: Expr) -> bool:
        if r.is_Rational:
            return bool(r >= 0)
        if r.is_Add or r.is_Mul:
            return all(map(self._is_not_negative, r.args))
        if r.is_Pow:
            return r.exp % 2 == 0 or self._is_not_negative(r.base)
        return r in self._not_negative

    def _power(self, base: Expr, exponent: Expr) -> Expr:
        """base^q, by the factors of a base that is a product of what is not negative."""
        if not exponent.is_Rational:
            q = self(exponent)
            b = self._number(base)
            return self._node(("power", b, q), lambda k: self._at(b, k) ** self._at(q, k), self._is_not_negative(b))
        whole = self._number(base)
        if whole.is_Rational and whole in (0, 1):
            return whole
        if ("root", whole, exponent.q) in self._nodes:
            return self._root(whole, exponent)
        product = self._product(base)
        if product.is_Mul or product.is_Pow:
            if all(map(self._is_not_negative, product.args if product.is_Mul else (product.base,))):
                parts = [f.as_base_exp() if f.is_Pow else (f, sympy.S.One) for f in sympy.Mul.make_args(product)]
                return sympy.Mul(*[self._root(b, n * exponent) for b, n in parts])
        return self._root(whole, exponent)

    def _root(self, b: Expr, q: Expr) -> Expr:
        """b^q as a power of a root of b, which is not negative where it is real."""
        if q.is_Integer:
            return b ** q
        of = sympy.Rational(1, q.q)
        found = self._node(("root", b, q.q), lambda k: applied(sympy.Pow, [self._at(b, k), evaluate(of, {})]), True)
        if b in self._numbers and found != 0:
            self._radicand[found] = b
            self._degrees.setdefault(b, set()).add(q.q)
        if b in self._numbers and not self._inside:  # in a case it is real where the case holds
            self._not_negative.add(b)
        return found ** q.p

    def _product(self, r: Expr) -> Expr:
        """A rational function with names that stand for products written out."""
        while True:
            change = {s: self._meaning[s] for f in sympy.Mul.make_args(r) for s in [f.base if f.is_Pow else f]
                      if s in self._meaning and not self._meaning[s].is_Add}
            if not change:
                return r
            r = r.xreplace(change)

    def _absolute(self, value: Expr) -> Expr:
        c, name = value.as_coeff_Mul()
        if value.is_Rational or name in self._not_negative:
            return abs(c) * name
        return self._node(("absolute", name), lambda k: abs(self._at(name, k)), True)

    def _greatest(self, values: Sequence[Expr]) -> Expr:
        found = sorted(set(values), key=self._order)
        if len(found) == 1:
            return found[0]
        return self._node(("greatest", *found), lambda k: applied(Max, [self._at(v, k) for v in found]),
                          any(map(self._is_not_negative, found)))

    def _cases(self, cases: Sequence[Any], signs: Signs) -> Expr:
        """The value of a Piecewise where these names have these signs."""
        if not cases:
            raise NotNumbered("no case holds everywhere else. End the cases with (value, True).")
        (e, condition), *rest = cases
        return self._branch(condition, signs, lambda s: self._leaf(e, s), lambda s: self._cases(rest, s))

    def _leaf(self, e: Expr, signs: Signs) -> Expr:
        self._inside += 1
        try:
            return self._number(self._cases(e.args, signs)) if isinstance(e, Piecewise) else self(e)
        finally:
            self._inside -= 1

    def _branch(self, condition: Any, signs: Signs, yes: Callable[[Signs], Expr], no: Callable[[Signs], Expr]) -> Expr:
        if condition in (True, False, sympy.true, sympy.false):
            return yes(signs) if condition else no(signs)
        if isinstance(condition, (sympy.And, sympy.Or)):
            first, *rest = sympy.ordered(condition.args)
            other = condition.func(*rest)
            if isinstance(condition, sympy.And):
                return self._branch(first, signs, lambda s: self._branch(other, s, yes, no), no)
            return self._branch(first, signs, yes, lambda s: self._branch(other, s, yes, no))
        if not isinstance(condition, sympy.core.relational.Relational):
            raise NotNumbered(f"{condition} is no comparison of two formulas. Write cases with <, ≤, >, ≥.")
        c, name = self(condition.lhs - condition.rhs).as_coeff_Mul()
        if name == 1 or c == 0:
            return (yes if true_at(condition.rel_op, int(sympy.sign(c))) else no)(signs)

        def where(sign: int) -> Expr:
            return (yes if true_at(condition.rel_op, sign * int(c)) else no)({**signs, name: sign})
        if name in signs:
            return where(signs[name])
        if name in self._not_negative:
            return self._selected(name, where(1), where(0), None)
        return self._selected(name, where(1), where(0), where(-1))

    def _selected(self, s: Expr, above: Expr, zero: Expr, below: Expr | None) -> Expr:
        """above where s > 0, zero where s = 0, below where s < 0; None where s ≥ 0 always."""
        if above == (above if below is None else below) and (zero == above or (self.generic and self._tie(s))):
            return above
        sign = -1 if next(v for v in (above, zero, below) if v).as_coeff_Mul()[0] < 0 else 1
        above, zero, below = sign * above, sign * zero, None if below is None else sign * below

        def value(k: int) -> arb:
            x = self._at(s, k)
            return self._at(above if x > 0 else zero if below is None or x.contains(0) else below, k)
        found = self._node(("case", s, above, below) if self.generic else ("case", s, above, zero, below), value,
                           all(map(self._is_not_negative, (above, zero, above if below is None else below))))
        if self._at_zero.setdefault(found, zero) != zero:
            self._tie(s)
        return sign * found

    def _tie(self, s: Expr) -> bool:
        self.ties[self._numbers[s]] = self.meaning(s)
        return True

    def meaning(self, value: Expr, depth: int = 2) -> Expr:
        """What a value stands for, some names deep: for messages."""
        for _ in range(depth):
            value = value.xreplace({s: self._meaning[s] for s in value.free_symbols if s in self._meaning})
        return value


def _signature(sample: Sample) -> tuple[tuple[str, ...], int]:
    """A key of values at all points, up to their common sign, and that sign."""
    values = [x for x in sample if x is not None]
    first = next((x for x in values if not x.contains(0)), None)
    sign = -1 if first is not None and first < 0 else 1
    return tuple((sign * x).str(20, radius=False) for x in values), sign


__all__ = ["NotNumbered", "Values"]
