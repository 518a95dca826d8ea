"""Von Neumann analysis: for which Courant numbers |g(θ)| ≤ 1 for all θ, decided exactly."""
from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise, product
from typing import Any

import sympy
from flint import Ordering, fmpz, fmpz_mpoly, fmpz_mpoly_ctx, fmpz_poly
from sympy import Expr, Poly, Rational

from .factorisation import factor_list
from .laurent import Laurent

X, C = sympy.symbols("x C")


def modulus_deficit(g: Laurent) -> Expr:
    """1 − |g(θ)|² as a polynomial in x = cos θ, for a Laurent polynomial in one shift with real coefficients.

    |Σ a_k e^{ikθ}|² = Σ_m b_m T_m(cos θ), with the autocorrelation b of the coefficients and Chebyshev's T_m.
    """
    b: dict[int, Any] = {}
    for (k,), a in g.terms.items():
        for (m,), c in g.terms.items():
            b[abs(k - m)] = b.get(abs(k - m), 0) + a * c
    total = sum((_expr(c) * sympy.chebyshevt(m, X) for m, c in b.items()), sympy.S.Zero)
    return sympy.expand(1 - total)


def courant_interval(deficit: Expr, variable: sympy.Symbol = C) -> Expr | None:
    """The largest c such that deficit(x, C) ≥ 0 for all −1 ≤ x ≤ 1 and 0 ≤ C ≤ c; None where there is none but 0.

    Cylindrical algebraic decomposition with one parameter: between consecutive positive roots of the values at x = ±1,
    the leading coefficients, the discriminants and the resultants of the factors, the real roots in x neither meet nor
    cross the ends, so that one rational sample decides each cell; there real roots are isolated exactly. The answer is
    an algebraic number, or infinity (Collins, 1975).

    >>> x, c = X, C; courant_interval(sympy.expand(c * (1 - c) * (1 - x)))
    1
    """
    poly = Poly(deficit, X, variable)
    if poly.is_zero:
        return sympy.oo
    poly = poly.clear_denoms(convert=True)[1]
    factors = [f for f, _ in _factored(poly)]
    candidates = _critical_values(factors, variable)
    best: Expr = sympy.S.Zero
    for k, sample in enumerate(_samples(candidates)):
        if not nonnegative_on_interval(Poly(poly.as_expr().subs(variable, sample), X)):
            return None if k == 0 else best
        best = candidates[k] if k < len(candidates) else sympy.oo
    return best


def _factored(poly: Poly) -> list[tuple[fmpz_mpoly, int]]:
    ring = fmpz_mpoly_ctx.get(("x", "C"), Ordering.lex)
    made = ring.from_dict({m: int(c) for m, c in poly.as_dict().items()})
    return made.factor()[1]


def _critical_values(factors: Sequence[fmpz_mpoly], variable: sympy.Symbol) -> list[Expr]:
    """The positive real roots of everything at which the signs on [−1, 1] can change, in order."""
    found: list[fmpz_mpoly] = []
    for i, f in enumerate(factors):
        degree = f.degrees()[0]
        if degree == 0:
            found.append(f)
            continue
        found += [f.compose(f.context().constant(s), f.context().gen(1)) for s in (-1, 1)]
        lead = {m: c for m, c in f.to_dict().items() if m[0] == degree}
        found.append(f.context().from_dict({(0, m[1]): c for m, c in lead.items()}))
        if degree > 1:
            found.append(f.discriminant(0))
        found += [f.resultant(g, 0) for g in factors[:i] if g.degrees()[0]]
    parts: set[tuple[int, ...]] = set()
    for h in found:
        if not h.is_constant():
            for part, _ in _univariate(h).factor()[1]:
                parts.add(tuple(int(c) for c in part.coeffs()))
    whole = sympy.S.One
    for coefficients in parts:
        if any(coefficients[:-1]):  # C itself has no positive root
            whole *= Poly(coefficients[::-1], variable)
    if whole == 1:
        return []
    return [r for r in sympy.real_roots(whole, multiple=True) if r > 0]


def _univariate(h: fmpz_mpoly) -> fmpz_poly:
    coefficients = [fmpz(0)] * (h.degrees()[1] + 1)
    for m, c in h.to_dict().items():
        coefficients[m[1]] = c
    return fmpz_poly(coefficients)


def _samples(values: Sequence[Expr]) -> list[Rational]:
    """A rational number in each of the open intervals that the ordered positive values cut out of (0, ∞)."""
    ends = [sympy.S.Zero, *values]
    return [_between(a, b) for a, b in pairwise(ends)] + [sympy.ceiling(ends[-1]) + 1]


def _between(a: Expr, b: Expr) -> Rational:
    """A rational number with a small denominator strictly between two real algebraic numbers."""
    digits = 1
    while True:
        scale = 2 ** digits
        middle = Rational(sympy.floor(a * scale) + 1, scale)
        if a < middle < b:
            return middle
        digits += 1


def nonnegative_on_interval(poly: Poly) -> bool:
    """Whether a rational polynomial is ≥ 0 on [−1, 1]: no root of odd multiplicity inside, and positive somewhere."""
    if poly.is_zero:
        return True
    odd = sympy.S.One
    for f, k in factor_list(poly)[1]:
        if k % 2:
            odd *= f
    at = next(p for p in (Rational(k, 64) for k in range(64)) if poly.eval(p) != 0)
    if poly.eval(at) < 0:
        return False
    if odd == 1:
        return True
    inside = odd.count_roots(-1, 1) - sum(odd.eval(s) == 0 for s in (-1, 1))
    return inside == 0


def nonnegative_on_box(poly: Poly, box: Sequence[tuple[Rational, Rational]], depth: int = 5) -> bool:
    """Whether the Bernstein coefficients prove poly ≥ 0 on a box, cut in halves up to `depth` times; False decides
    nothing.

    A polynomial is a convex combination of its Bernstein coefficients (Garloff, 1986).

    >>> x, y = sympy.symbols("x y"); nonnegative_on_box(Poly(1 - x * y, x, y), [(0, 1), (0, 1)])
    True
    """
    unit = Poly(poly.as_expr().subs({g: a + (b - a) * g for g, (a, b) in zip(poly.gens, box)}, simultaneous=True),
                *poly.gens)
    degrees = [max(unit.degree(g), 0) for g in unit.gens]
    terms = unit.as_dict()
    worst = min(sum((c * sympy.prod([sympy.binomial(i, m) / sympy.binomial(d, m) for i, m, d in
                                     zip(index, powers, degrees)]) for powers, c in terms.items()
                     if all(m <= i for m, i in zip(powers, index))), sympy.S.Zero)
                for index in product(*(range(d + 1) for d in degrees)))
    if worst >= 0:
        return True
    if depth == 0:
        return False
    widest = max(range(len(box)), key=lambda k: (box[k][1] - box[k][0], -k))
    a, b = box[widest]
    middle = (Rational(a) + Rational(b)) / 2
    halves = [[*box[:widest], half, *box[widest + 1:]] for half in ((a, middle), (middle, b))]
    return all(nonnegative_on_box(poly, half, depth - 1) for half in halves)


def imaginary_limit(stability: Sequence[Expr]) -> Expr | None:
    """The largest y with |R(iη)| ≤ 1 for 0 ≤ η ≤ y, from the coefficients of R; None where it is 0.

    >>> imaginary_limit([1, 1, Rational(1, 2), Rational(1, 6), Rational(1, 24)])
    2*sqrt(2)
    """
    y = C
    real = sum((c * (-1) ** (k // 2) * y ** k for k, c in enumerate(stability) if k % 2 == 0), sympy.S.Zero)
    imaginary = sum((c * (-1) ** (k // 2) * y ** k for k, c in enumerate(stability) if k % 2), sympy.S.Zero)
    return courant_interval(sympy.expand(1 - real ** 2 - imaginary ** 2))


def _expr(a: Any) -> Expr:
    return a.as_expr() if isinstance(a, Poly) else sympy.sympify(a)
