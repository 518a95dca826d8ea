"""Formulas: text ↔ sympy over symbols with assumptions, read by a syntax tree and never by eval."""
from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from math import isfinite
from typing import Any

import sympy

LENGTH = 10_000  # the longest formula that is read
FUNCTIONS = {name: getattr(sympy, name) for name in ("sqrt", "exp", "log", "sin", "cos", "tan", "tanh", "Abs", "sign")}
FUNCTIONS["abs"] = sympy.Abs
CHOICES = {"Min": sympy.Min, "Max": sympy.Max, "min": sympy.Min, "max": sympy.Max}


class FormulaError(ValueError):
    """A text that is no formula."""


class NotExactFormula(TypeError):
    """A decimal number where an exact one is needed."""


def symbol(name: str, positive: Iterable[str] = ()) -> sympy.Symbol:
    """The real symbol with this name, positive where it is among `positive`.

    >>> symbol("h", ["h"]).is_positive, symbol("u").is_real
    (True, True)
    """
    if not isinstance(name, str) or not name.isidentifier():
        raise FormulaError(f"{name!r} is no name. Use letters, digits and underscores: u, h_1.")
    return sympy.Symbol(name, real=True, positive=True) if name in positive else sympy.Symbol(name, real=True)


def formula(given: Any, positive: Iterable[str] = ()) -> sympy.Expr:
    """The exact expression that a text, a sympy expression, an integer or a fraction names, over `symbol(name)`.

    Minima and maxima become cases, Piecewise, whose derivatives are functions again and not distributions. Raises
    FormulaError where the text is none, NotExactFormula for decimal numbers.

    >>> formula("m**2/h + g*h**2/2")
    g*h**2/2 + m**2/h
    >>> formula("min(u, (1 - u)/4)")
    Piecewise((u, u <= 1/4 - u/4), (1/4 - u/4, True))
    """
    if isinstance(given, str):
        if len(given) > LENGTH:
            raise FormulaError(f"a formula of {len(given)} letters is too long: at most {LENGTH} are read.")
        try:
            tree = ast.parse(given.strip(), mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            raise FormulaError(f"{given[:80]!r} is no formula. Write it as in Python: m**2/h + g*h**2/2.") from None
        return _real(_cases(_expression(tree, given, tuple(positive))))
    if isinstance(given, bool) or (not isinstance(given, (int, sympy.Basic)) and not hasattr(given, "numerator")):
        if isinstance(given, float):
            raise NotExactFormula(f"{given!r} is a decimal number, and systems are exact. Write {_fraction(given)!r}.")
        raise FormulaError(f"{given!r} is no formula. Give a text or a sympy expression.")
    if isinstance(given, float):
        raise NotExactFormula(f"{given!r} is a decimal number, and systems are exact. Write {_fraction(given)!r}.")
    value = sympy.sympify(given if isinstance(given, (int, sympy.Basic)) else sympy.Rational(
        given.numerator, given.denominator))
    decimal = next(iter(value.atoms(sympy.Float)), None)
    if decimal is not None:
        raise NotExactFormula(f"{value} holds the decimal number {decimal}, and systems are exact. Write a fraction.")
    return _real(canonical(value, positive))


def _real(value: Any) -> Any:
    """The expression, unless √−1 or a quotient by 0 stands in it."""
    if value.has(sympy.I, sympy.zoo, sympy.nan, sympy.oo, -sympy.oo):
        raise FormulaError(f"{value} is no formula of finite real numbers: √−1, or a quotient by 0, stands in it. Take "
                           "real formulas, and numbers at which they are defined.")
    return value


def _fraction(given: float) -> str:
    """The fraction that the shortest decimal of a float is: '9/20' for 0.45."""
    return str(sympy.Rational(repr(float(given)))) if isfinite(given) else "1/2"


def canonical(value: sympy.Basic, positive: Iterable[str] = ()) -> Any:
    """The expression with each symbol replaced by `symbol(name)`; positive symbols of sympy stay positive."""
    names = set(positive)
    return _cases(value.xreplace({s: symbol(s.name, names | ({s.name} if s.is_positive else set()))
                                  for s in value.free_symbols}))


def _cases(value: sympy.Basic) -> Any:
    """The expression with cases in place of minima and maxima, also of nested ones."""
    return value.replace(lambda e: isinstance(e, (sympy.Min, sympy.Max)), lambda e: sympy.piecewise_fold(
        e.rewrite((sympy.Min, sympy.Max), sympy.Piecewise))) if value.has(sympy.Min, sympy.Max) else value


def positive_names(values: Iterable[Any]) -> set[str]:
    """The names of the symbols that sympy assumes positive."""
    return {s.name for v in values if isinstance(v, sympy.Basic) for s in v.free_symbols if s.is_positive}


def text(value: sympy.Basic) -> str:
    """The formula as text that `formula` reads.

    >>> text(formula("a/2 - sqrt(b)"))
    'a/2 - sqrt(b)'
    """
    return str(value)


def rational(value: Any) -> sympy.Rational:
    """An exact rational number: 1, "1/2", Fraction(1, 2), sympy.Rational(1, 2)."""
    found = formula(value)
    if not found.is_Rational:
        raise FormulaError(f"{value!r} is no rational number. Write 1, '1/2' or Fraction(1, 2).")
    return found


def substituted(value: sympy.Basic, at: Mapping[str, Any]) -> Any:
    """The expression with numbers or formulas for the symbols of these names."""
    named = {s.name: s for s in value.free_symbols}
    return value.subs({named[name]: formula(x) for name, x in at.items() if name in named})


OPERATORS = {ast.Add: lambda x, y: x + y, ast.Sub: lambda x, y: x - y, ast.Mult: lambda x, y: x * y,
             ast.Div: lambda x, y: x / y, ast.Pow: lambda x, y: x ** y}
RELATIONS = {ast.Lt: sympy.Lt, ast.LtE: sympy.Le, ast.Gt: sympy.Gt, ast.GtE: sympy.Ge}


def _expression(node: ast.AST, source: str, positive: tuple[str, ...]) -> sympy.Expr:
    match node:
        case ast.BinOp(left, op, right) if type(op) in OPERATORS:
            x, y = _expression(left, source, positive), _expression(right, source, positive)
            if isinstance(op, ast.Pow) and not (y.is_Rational and abs(y) <= 64) and not y.free_symbols:
                raise FormulaError(f"{source!r}: the exponent {y} is not a rational number up to 64.")
            if isinstance(op, ast.Div) and y.is_zero:
                raise FormulaError(f"{source!r} divides by zero.")
            return OPERATORS[type(op)](x, y)
        case ast.UnaryOp(ast.USub(), operand):
            return -_expression(operand, source, positive)
        case ast.UnaryOp(ast.UAdd(), operand):
            return _expression(operand, source, positive)
        case ast.Constant(int() as value) if not isinstance(value, bool):
            return sympy.Integer(value)
        case ast.Constant(float() as value):
            raise NotExactFormula(f"{source!r} holds the decimal number {value}, and systems are exact. Write a "
                                  "fraction.")
        case ast.Name("pi"):
            return sympy.pi
        case ast.Name(name):
            return symbol(name, positive)
        case ast.Call(ast.Name(name), [argument], []) if name in FUNCTIONS:
            return FUNCTIONS[name](_expression(argument, source, positive))
        case ast.Call(ast.Name(name), [_, *_] as arguments, []) if name in CHOICES:
            return CHOICES[name](*(_expression(a, source, positive) for a in arguments))
        case ast.Call(ast.Name("Piecewise"), [_, *_] as arguments, []):
            return sympy.Piecewise(*(_case(a, source, positive) for a in arguments))
    raise FormulaError(f"{source!r}: {ast.unparse(node)!r} is no part of a formula. Use names, numbers, + - * / ** and "
                       f"{', '.join(FUNCTIONS)}, min, max, Piecewise((…, u < 1), (…, True)).")


def _case(node: ast.AST, source: str, positive: tuple[str, ...]) -> tuple[sympy.Expr, Any]:
    """A value and the condition under which it is taken."""
    match node:
        case ast.Tuple([value, ast.Constant(True)]):
            return _expression(value, source, positive), sympy.true
        case ast.Tuple([value, condition]):
            return _expression(value, source, positive), _condition(condition, source, positive)
    raise FormulaError(f"{source!r}: {ast.unparse(node)!r} is no case. Write (value, condition), and (value, True) "
                       "at the end.")


def _condition(node: ast.AST, source: str, positive: tuple[str, ...]) -> Any:
    """A comparison, or several joined by & and |."""
    match node:
        case ast.Compare(left, [op], [right]) if type(op) in RELATIONS:
            return RELATIONS[type(op)](_expression(left, source, positive), _expression(right, source, positive))
        case ast.BinOp(left, ast.BitAnd() | ast.BitOr() as op, right):
            joined = sympy.And if isinstance(op, ast.BitAnd) else sympy.Or
            return joined(_condition(left, source, positive), _condition(right, source, positive))
    raise FormulaError(f"{source!r}: {ast.unparse(node)!r} is no condition. Write a comparison: u < 1.")
