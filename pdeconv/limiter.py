"""Limiters: L(a, b), a slope from the backward and forward differences that keeps total variation from growing."""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import sympy
from sympy import Expr, Max, Min, Piecewise, Rational


def minmod(*values: Expr) -> Expr:
    """The value nearest to zero where all have one sign, otherwise 0: max(0, min) + min(0, max)."""
    return Max(0, Min(*values)) + Min(0, Max(*values))


def _where_alike(e: Callable[[Expr, Expr], Expr]) -> Callable[[Expr, Expr], Expr]:
    return lambda a, b: Piecewise((e(a, b), a * b > 0), (sympy.S.Zero, True))


def _superbee(a: Expr, b: Expr) -> Expr:
    return Max(0, Min(2 * a, b), Min(a, 2 * b)) + Min(0, Max(2 * a, b), Max(a, 2 * b))


LIMITERS: dict[str, Callable[[Expr, Expr], Expr]] = {
    "minmod": minmod,
    "mc": lambda a, b: minmod(2 * a, 2 * b, (a + b) / 2),
    "superbee": _superbee,
    "van-leer": _where_alike(lambda a, b: 2 * a * b / (a + b)),
    "van-albada": _where_alike(lambda a, b: a * b * (a + b) / (a ** 2 + b ** 2)),
    "ospre": _where_alike(lambda a, b: Rational(3, 2) * a * b * (a + b) / (a ** 2 + a * b + b ** 2)),
    "koren": lambda a, b: minmod(2 * a, 2 * b, (a + 2 * b) / 3),
    "umist": lambda a, b: minmod(2 * a, 2 * b, (a + 3 * b) / 4, (3 * a + b) / 4),  # Lien and Leschziner, 1994
}


@dataclass(frozen=True)
class Limiter:
    """The limiter of this name, as a function L(a, b) homogeneous of degree one; φ(r) = L(r, 1) (Sweby, 1984).

    >>> limiter("minmod").bounds, limiter("superbee").bounds
    ((1, 1), (2, 2))
    """

    name: str

    def __call__(self, a: Expr, b: Expr) -> Expr:
        """L(a, b) for the backward difference a and the forward difference b."""
        return LIMITERS[self.name](sympy.sympify(a), sympy.sympify(b))

    def phi(self, r: Expr) -> Expr:
        """φ(r) = L(r, 1)."""
        return self(r, sympy.S.One)

    @cached_property
    def bounds(self) -> tuple[Expr, Expr]:
        """The suprema of φ(r)/r and of φ(r) over r > 0, exactly: a limiter is TVD where neither exceeds 2."""
        r = sympy.Symbol("r", positive=True)
        return _supremum(self.phi(r) / r, r), _supremum(self.phi(r), r)

    @cached_property
    def is_tvd(self) -> bool:
        """Whether 0 ≤ φ(r) ≤ 2 and 0 ≤ φ(r)/r ≤ 2 for r > 0, and φ(r) = 0 for r ≤ 0 (Harten 1983, Sweby 1984)."""
        r = sympy.Symbol("r", negative=True)
        return all(b <= 2 for b in self.bounds) and self.phi(r) == 0 and self.phi(sympy.S.Zero) == 0

    @cached_property
    def is_symmetric(self) -> bool:
        """Whether L(a, b) = L(b, a), so that left and right are treated alike."""
        points = [(Rational(x, 7), Rational(y, 5)) for x in range(-9, 10, 2) for y in range(-9, 10, 4)]
        return all(self(x, y) == self(y, x) for x, y in points)

    @cached_property
    def is_second_order(self) -> bool:
        """Whether φ(1) = 1: then the slope is of first order and the scheme of second, away from extrema."""
        return self.phi(sympy.S.One) == 1


def limiter(name: str) -> Limiter:
    """The limiter of this name: "minmod", "mc", "superbee", "van-leer", "van-albada", "ospre", "koren", "umist".

    Raises UnknownScheme.
    """
    if name not in LIMITERS:
        from .scheme import UnknownScheme
        raise UnknownScheme(f"there is no limiter {name!r}. The names are {', '.join(map(repr, LIMITERS))}.")
    return Limiter(name)


def _supremum(e: Expr, r: sympy.Symbol) -> Expr:
    """The supremum over r > 0 of a function that is rational between finitely many breaks: values at breaks, critical
    points and limits at both ends."""
    rational, breaks = pieces(e, r)
    points = [sympy.limit(p, r, s, d) for p in rational for s, d in ((0, "+"), (sympy.oo, "-"))
              if _is_piece(p, e, r, s, breaks)]
    for p in rational:
        slope = sympy.fraction(sympy.together(sympy.diff(p, r)))[0]
        breaks = breaks | {x for x in sympy.real_roots(sympy.Poly(slope, r)) if x > 0} if slope.has(r) else breaks
    points += [e.subs(r, x) for x in breaks]
    return sympy.Max(*map(sympy.nsimplify, points))


def _is_piece(p: Expr, e: Expr, r: sympy.Symbol, end: Expr, breaks: set[Expr]) -> bool:
    """Whether the function is this piece near the end 0 or ∞."""
    at = min(breaks, default=sympy.S.One) / 3 if end == 0 else max(breaks, default=sympy.S.One) * 3
    return sympy.simplify(e.subs(r, at) - p.subs(r, at)) == 0


def pieces(e: Expr, r: sympy.Symbol) -> tuple[set[Expr], set[Expr]]:
    """The rational functions that occur, and the points where they meet."""
    inner: set[Expr] = set()
    for part in e.atoms(Max, Min):
        inner |= {a for a in part.args if not a.has(Max, Min)}
    for part in e.atoms(Piecewise):
        inner |= {a for a, _ in part.args}
    if not inner:
        return {e}, set()
    scale = sympy.S.One if not e.is_Mul else sympy.Mul(*[f for f in e.args if not f.has(Max, Min, Piecewise)])
    breaks: set[Expr] = set()
    for a in inner:
        for b in inner:
            top = sympy.fraction(sympy.together(a - b))[0]
            if top.has(r):
                breaks |= {x for x in sympy.real_roots(sympy.Poly(top, r)) if x > 0}
    return {sympy.cancel(a * scale) for a in inner}, breaks
