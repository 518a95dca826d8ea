"""Program: a scalar program in single assignment form, which every back end runs or prints."""
from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import sympy
from sympy import Expr
from sympy.core.relational import Relational

UNARY = {sympy.Abs: "abs", sympy.sign: "sign", sympy.exp: "exp", sympy.log: "log", sympy.sin: "sin", sympy.cos: "cos",
         sympy.tan: "tan", sympy.tanh: "tanh", sympy.Not: "not"}
COMPARE = {sympy.StrictLessThan: "lt", sympy.LessThan: "le", sympy.StrictGreaterThan: "gt", sympy.GreaterThan: "ge",
           sympy.Equality: "eq", sympy.Unequality: "ne"}
CHAINED = {sympy.Max: "max", sympy.Min: "min", sympy.And: "and", sympy.Or: "or"}
POWERS = 16  # integer powers up to this one are products
Argument = str | Fraction


class NotLowered(ValueError):
    """A function that no back end has."""


@dataclass(frozen=True)
class Operation:
    """One assignment, name = op(*args); arguments are earlier names, inputs, or exact numbers."""

    name: str
    op: str
    args: tuple[Argument, ...]

    def __str__(self) -> str:
        return f"{self.name} = {self.op}({', '.join(map(str, self.args))})"


@dataclass(frozen=True)
class Program:
    """inputs ↦ outputs by scalar operations, each name assigned once: add sub mul div neg min max abs sqrt pow select
    and comparisons. Applied to arrays it is pointwise.

    >>> x, y = sympy.symbols("x y")
    >>> print(program([sympy.Max(x, 0) - y / 2], {x: "x", y: "y"}))
    t0 = max(0, x)
    t1 = mul(1/2, y)
    t2 = sub(t0, t1)
    return t2
    """

    inputs: tuple[str, ...]
    steps: tuple[Operation, ...]
    outputs: tuple[Argument, ...]

    def __call__(self, operations: Mapping[str, Any], values: Mapping[str, Any]) -> list[Any]:
        """The outputs at these values of the inputs, by a back end's table of operations."""
        known = dict(values)

        def value(a: Argument) -> Any:
            return known[a] if isinstance(a, str) else operations["number"](a)
        for step in self.steps:
            known[step.name] = operations[step.op](*map(value, step.args))
        return [value(a) for a in self.outputs]

    @property
    def cost(self) -> dict[str, int]:
        """How many operations of each kind."""
        found: dict[str, int] = {}
        for step in self.steps:
            found[step.op] = found.get(step.op, 0) + 1
        return dict(sorted(found.items()))

    def _repr_latex_(self) -> str:
        from .program_text import program_latex
        return f"$${program_latex(self)}$$"

    def __str__(self) -> str:
        return "\n".join([*map(str, self.steps), "return " + ", ".join(map(str, self.outputs))])


def program(outputs: Iterable[Expr], inputs: Mapping[sympy.Symbol, str],
            lines: Iterable[tuple[sympy.Symbol, Expr]] = ()) -> Program:
    """The program that computes these expressions, common subexpressions once (sympy's `cse`); `lines` bind names to
    formulas before.

    Raises NotLowered for a function that no back end has, or a symbol that is no input.
    """
    writer = _Writer(dict(inputs))
    for name, e in lines:
        writer.names[name] = writer.value(e)
    shared, rest = sympy.cse([sympy.sympify(e) for e in outputs], symbols=sympy.numbered_symbols(cls=sympy.Dummy))
    for name, e in shared:
        writer.names[name] = writer.value(e)
    found = tuple(writer.value(e) for e in rest)
    return _pruned(Program(tuple(inputs.values()), tuple(writer.steps), found))


class _Writer:
    """Expressions to operations, equal operations once."""

    def __init__(self, names: dict[Any, Argument]) -> None:
        self.names = names
        self.steps: list[Operation] = []
        self.known: dict[tuple, str] = {}

    def emit(self, op: str, *args: Argument) -> Argument:
        if (op, args) not in self.known:
            name = f"t{len(self.steps)}"
            self.steps.append(Operation(name, op, args))
            self.known[op, args] = name
        return self.known[op, args]

    def _step(self, a: Argument) -> Operation | None:
        return next((step for step in reversed(self.steps) if step.name == a), None)

    def value(self, e: Any) -> Argument:
        if e in self.names:
            return self.names[e]
        if e.is_Rational:
            return Fraction(int(e.p), int(e.q))
        if e is sympy.pi:
            return self.emit("pi")
        if e is sympy.E:
            return self.emit("exp", Fraction(1))
        match e:
            case sympy.Add():
                return self._sum(e)
            case sympy.Mul():
                return self._product(e)
            case sympy.Pow():
                return self._power(e.base, e.exp)
            case sympy.Piecewise():
                return self._select(e.args)
            case sympy.ITE():
                return self.emit("select", *map(self.value, e.args))
            case Relational() if type(e) in COMPARE:
                return self.emit(COMPARE[type(e)], *map(self.value, e.args))
            case sympy.exp():
                return self.emit("exp", self.value(e.args[0]))
        if type(e) in CHAINED:
            found, *rest = (self.value(a) for a in sorted(e.args, key=sympy.default_sort_key))
            for a in rest:
                found = self.emit(CHAINED[type(e)], found, a)
            return found
        if type(e) in UNARY:
            op, found = UNARY[type(e)], self.value(e.args[0])
            made = self._step(found)
            if op == "abs" and made is not None and made.op in ("sqrt", "abs", "exp"):
                return found
            return self.emit(op, found)
        if hasattr(e, "in_floats"):
            return self.value(e.in_floats())
        if e.is_Symbol:
            raise NotLowered(f"{e} is a symbol without a value. Give it a number: system.at({e}=…).")
        raise NotLowered(f"{e} applies {type(e).__name__}, which no back end computes. Write it by + − · /, powers, "
                         f"Max, Min, Piecewise, {', '.join(f.__name__ for f in UNARY)}.")

    def _sum(self, e: Expr) -> Argument:
        """Terms with the same coefficient, up to sign, are multiplied by it together."""
        groups: dict[Expr, list[tuple[bool, Expr]]] = {}
        for t in e.as_ordered_terms():
            c, rest = t.as_coeff_Mul()
            groups.setdefault(abs(c) if rest != 1 else sympy.S.Zero, []).append((bool(c.is_negative), t))
        found: Argument | None = None
        for c, terms in sorted(groups.items(), key=lambda pair: all(minus for minus, _ in pair[1])):
            if len(terms) == 1 or c in (0, 1):
                for minus, t in sorted(terms, key=lambda pair: pair[0]):
                    found = self._added(found, minus, -t if minus else t)
                continue
            minus = all(m for m, _ in terms)
            inner = None
            for m, t in sorted(terms, key=lambda pair: pair[0]):
                inner = self._added(inner, m != minus, (-t if m else t) / c)
            assert inner is not None
            found = self._joined(found, minus, self.emit("mul", Fraction(int(c.p), int(c.q)), inner))
        return found if found is not None else Fraction(0)

    def _added(self, found: Argument | None, minus: bool, term: Expr) -> Argument:
        return self._joined(found, minus, self.value(term))

    def _joined(self, found: Argument | None, minus: bool, value: Argument) -> Argument:
        if found is None:
            return self.emit("neg", value) if minus else value
        return self.emit("sub" if minus else "add", found, value)

    def _chain(self, op: str, terms: Sequence[Expr]) -> Argument:
        found, *rest = (self.value(t) for t in terms)
        for a in rest:
            found = self.emit(op, found, a)
        return found

    def _product(self, e: Expr) -> Argument:
        if _negative(e):
            return self.emit("neg", self.value(-e))
        below = [f for f in e.args if f.is_Pow and f.exp.is_Rational and f.exp < 0]
        above = [f for f in e.args if f not in below]
        rational = sympy.Mul(*[f for f in above if f.is_Rational])  # a factor, because quotients are slow
        top = [rational] * (rational != 1) + [f for f in above if not f.is_Rational] or [sympy.S.One]
        bottom = [f.base ** -f.exp for f in below]
        found = self._chain("mul", top)
        return self.emit("div", found, self._chain("mul", bottom)) if bottom else found

    def _power(self, base: Expr, exponent: Expr) -> Argument:
        if not exponent.is_Rational:
            return self.emit("pow", self.value(base), self.value(exponent))
        if exponent < 0:
            return self.emit("div", Fraction(1), self._power(base, -exponent))
        if exponent.q == 2 and exponent.p <= 2 * POWERS:
            root = self.emit("sqrt", self.value(base))
            whole = exponent.p // 2
            return root if not whole else self.emit("mul", self._power(base, sympy.Integer(whole)), root)
        if exponent.q == 1 and exponent.p <= POWERS:
            half = self._power(base, sympy.Integer(exponent.p // 2)) if exponent.p > 1 else None
            x = self.value(base)
            if half is None:
                return x
            square = self.emit("mul", half, half)
            return self.emit("mul", square, x) if exponent.p % 2 else square
        return self.emit("pow", self.value(base), Fraction(int(exponent.p), int(exponent.q)))

    def _select(self, pieces: Sequence[Any]) -> Argument:
        (value, condition), *rest = pieces
        if condition == sympy.true:
            return self.value(value)
        if not rest:
            raise NotLowered(f"a Piecewise has no value where {condition} fails. Give it a last piece (value, True).")
        chosen, found = self.value(condition), self.value(value)
        step = self._step(found)
        if step is not None and step.op in ("div", "sqrt"):  # of 1 where it is not chosen, so derivatives are finite
            *first, last = step.args
            found = self.emit(step.op, *first, self.emit("select", chosen, last, Fraction(1)))
        return self.emit("select", chosen, found, self._select(rest))


def _negative(e: Expr) -> bool:
    return bool(e.as_coeff_Mul()[0].is_negative)


def _pruned(made: Program) -> Program:
    """The program without the operations that no output needs."""
    needed = {a for a in made.outputs if isinstance(a, str)}
    kept = []
    for step in reversed(made.steps):
        if step.name in needed:
            kept.append(step)
            needed |= {a for a in step.args if isinstance(a, str)}
    return Program(made.inputs, tuple(kept[::-1]), made.outputs)
