"""Several dimensions: exact limits of isotropic systems and of one unknown, and enclosures of all others."""
from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import sympy
from sympy import Expr, Poly, Rational

from .coefficients import COURANT, NU, of_characteristic, of_system
from .enclosure import Enclosure, search, without_parameters
from .factorisation import factor_list
from .numerical_range import hull_limit, is_convex, is_symmetrisable, lax_wendroff_limit, parts, spread
from .radical import tidy
from .speed import max_speed
from .stability import least, ratios_to
from .von_neumann import (
    C,
    X,
    courant_interval,
    imaginary_limit,
    modulus_deficit,
    nonnegative_on_box,
)

if TYPE_CHECKING:
    from .scheme import Scheme
    from .system import System


def several_dimensions(scheme: Scheme) -> Expr | Enclosure | None:
    """Exactly for scalar dissipation and isotropic systems, for one unknown where a bound is sharp, and where bounds
    meet; otherwise the best of the bounds that are proved, and the least wave that is found to grow."""
    from .semi_discrete import SemiDiscrete
    from .staggered import Staggered
    if isinstance(scheme, Staggered):
        return scheme.limit
    ratios, kind = isotropic_ratios(scheme.system), dissipation_of(scheme)
    if isinstance(scheme, SemiDiscrete) and ratios is not None and (
            kind in ("none", "scalar", "constant")) and (
            len(ratios) > 1 or scheme.time.name == "euler" or kind == "none"):
        return isotropic(scheme, ratios)
    plain = without_parameters(scheme)
    line = courant_interval(_line(scheme))
    if line is None:
        return None
    lower, reason = proved_limit(plain or scheme)
    upper = line if plain is None else corner(plain, line)
    if are_equal(lower, upper):
        return lower
    from .one_step import LaxWendroff
    if plain is not None and scheme.system.size == 1 and (
            isinstance(scheme, LaxWendroff) or kind == "none"):
        return lower  # necessary as well: for small θ, and where all sin θ_j are largest
    witness = search(plain, lower, upper) if plain is not None else None
    return Enclosure(lower, upper if witness is None else witness.courant, reason, witness)


def are_equal(a: Expr, b: Expr) -> bool:
    """Whether two real algebraic numbers are equal: one irreducible polynomial, and one root of it beside both.

    >>> are_equal(sympy.CRootOf(16*X**3 - 12*X**2 + 6*X - 3, 0), sympy.CRootOf(2*X**3 - 3*X**2 + 3*X - 3, 0) / 2)
    True
    """
    if a == b or sympy.oo in (a, b) or abs(sympy.N(a - b, 30)) > sympy.Float(10) ** -25:
        return bool(a == b)
    first, second = (Poly(sympy.minimal_polynomial(x, X), X) for x in (a, b))
    near = Rational(sympy.N(a, 40))
    return first == second and first.count_roots(near - Rational(1, 10 ** 20), near + Rational(1, 10 ** 20)) == 1


def _line(scheme: Any) -> Expr:
    """1 − |g|² of waves along one axis, with ν = C."""
    return sympy.expand(modulus_deficit(scheme.characteristic_of(True)).subs({NU: C, COURANT: C}))


def dissipation_of(scheme: Any) -> str:
    """Which dissipation the flux has on one characteristic ν of Courant number C: "none" for 0, "upwind" for |ν|,
    "scalar" for C, "constant" for a number, or "other"; "" for schemes without a flux."""
    if scheme.flux is None:
        return ""
    from .scheme import NotLinear
    try:
        found = scheme.flux.dissipation(of_characteristic(False), 0).as_expr()
    except NotLinear:
        return "other"
    known = {NU: "upwind", COURANT: "scalar", sympy.S.Zero: "none"}
    return known.get(found, "constant" if found.is_number else "other")


def proved_limit(scheme: Any) -> tuple[Expr, str]:
    """The largest Courant number for which one of the norm estimates holds, and which: 0 for none of them.

    Σ_j r_j = Σ_j ρ(A_j)/max ρ takes the place of d: a step is the convex combination of steps along each axis.
    """
    from .one_step import LaxWendroff, MacCormack
    from .runge_kutta import runge_kutta
    if not is_symmetrisable(scheme.system):
        return sympy.S.Zero, "no symmetriser is known, so that no norm is common to all axes"
    if isinstance(scheme, LaxWendroff):
        return lax_wendroff_limit(scheme.system), "numerical radius at most 1 (Lax and Wendroff, 1964)"
    if isinstance(scheme, MacCormack):
        return sympy.S.Zero, ("the numerical radius exceeds 1 for every Courant number, where Σ M_j (e^{iθ_j} − 1) has "
                              "an imaginary eigenvalue, so that no norm estimate is known")
    total = sum(spread(scheme.system), sympy.S.Zero)
    kind = dissipation_of(scheme)
    if kind == "none":  # the symbol is similar to a function of a skew matrix
        y = imaginary_limit(scheme.time.stability_polynomial) or sympy.S.Zero
        return y / sympy.sqrt(_maximum(parts(scheme.reconstruction.weights)[1])) / total, "the symbol is normal"
    found: list[tuple[Expr, str]] = [(sympy.S.Zero, "no norm estimate holds")]
    if scheme.time.ssp_coefficient > 0:
        euler = courant_interval(_line(replace(scheme, time=runge_kutta("euler"))))
        if euler is not None:
            found.append((euler * scheme.time.ssp_coefficient / total, "convex combinations of steps along each axis"))
    if kind in ("upwind", "scalar") and scheme.time.name != "euler":
        convex = is_convex(*parts(scheme.reconstruction.weights))
        along = courant_interval(_line(scheme)) if convex else hull_limit(scheme)
        found.append(((along or sympy.S.Zero) / total, "the numerical range lies where |R| ≤ 1 (Crouzeix and Palencia, "
                      "2017)"))
    return max(found, key=lambda x: x[0])


def isotropic_ratios(system: System) -> list[Rational] | None:
    """|λ_k| / max |λ|, where no speed depends on the direction; [1] for the largest alone where others are no rational
    numbers.

    >>> from pdeconv import catalog
    >>> isotropic_ratios(catalog.wave(ndim=2)), isotropic_ratios(catalog.elasticity())
    ([0, 1], [1])
    """
    from .eigenstructure import NoClosedForm, characteristic_factors
    try:
        speeds = [tidy(f.mean + s * c, system.direction) for f in characteristic_factors(system)
                  for c in f.offsets for s in (1, -1)]
    except NoClosedForm:
        return None
    if any(s.has(n) for s in speeds for n in system.direction if n.is_Symbol):
        return None
    return ratios_to(system, speeds) or [sympy.S.One]


def isotropic(scheme: Any, ratios: list[Rational]) -> Expr | Enclosure | None:
    """The limit for G = R(−C Σ p_j − i S) with S = Σ s_j M_j, whose eigenvalues are ± C r (Σ s_j²)^{1/2}.

    S is similar to a skew matrix, uniformly in θ, so that the eigenvalues decide. p and s² are polynomials in
    x_j = cos θ_j. The limit on the diagonals θ_1 = … = θ_k, others 0, is necessary; Bernstein coefficients on the box
    prove it sufficient. Ratios r below the largest that are unknown are all those of [0, 1]; a step of Euler is linear
    in r², so that its ends decide.
    """
    d = scheme.system.ndim
    p, q = parts(scheme.reconstruction.weights)
    r = scheme.time.stability_polynomial
    kind = dissipation_of(scheme)
    if kind == "none":
        y = imaginary_limit(r)
        return None if y is None else sympy.sqrt(y ** 2 / (d * _maximum(q)))
    xs = sympy.symbols(f"x_1:{d + 1}")
    factor = C if kind == "scalar" else Rational(1, d)
    damping = factor * sum((p.subs(X, x) for x in xs), sympy.S.Zero)
    deficits = [_deficit(r, damping, C ** 2 * ratio ** 2 * sum((q.subs(X, x) for x in xs), sympy.S.Zero))
                for ratio in (ratios if len(ratios) > 1 else [sympy.S.Zero, sympy.S.One])]
    upper = least([courant_interval(sympy.expand(e.subs({x: X if i < k else 1 for i, x in enumerate(xs)})))
                   for e in deficits for k in range(1, d + 1)])
    if upper is None:
        return None
    if _is_proved(deficits, xs, upper):
        return upper
    by_norm, reason = proved_limit(scheme)
    if are_equal(by_norm, upper):
        return upper
    if by_norm > 0:
        return Enclosure(by_norm, upper, f"{reason}, and the diagonals")
    lower = next((c for c in (Rational(k, 16) * sympy.floor(upper * 1024) / 1024 for k in (15, 12, 8, 4))
                  if _holds(deficits, xs, c)), sympy.S.Zero)
    return Enclosure(lower, upper, "Bernstein coefficients, and the diagonals")


def _deficit(r: tuple[Expr, ...], damping: Expr, square: Expr) -> Expr:
    """1 − |R(−damping + i b)|² with b² = square."""
    a, b = sympy.symbols("a b", real=True)
    value = sympy.expand(sum(c * (a + sympy.I * b) ** k for k, c in enumerate(r)))
    powers = Poly(sympy.expand(sympy.re(value) ** 2 + sympy.im(value) ** 2), b).as_dict()
    return sympy.expand(1 - sum((c * square ** (k // 2) for (k,), c in powers.items()), sympy.S.Zero).subs(a, -damping))


def _holds(deficits: list[Expr], xs: Any, c: Expr) -> bool:
    return all(nonnegative_on_box(_without_content(e, xs), [*[(-1, 1)] * len(xs), (0, c)]) for e in deficits)


def _is_proved(deficits: list[Expr], xs: Any, upper: Expr) -> bool:
    """Whether all are ≥ 0 for 0 ≤ C ≤ upper: by Bernstein coefficients in x and C, or in x and C² and at its ends."""
    boxes = [(-1, 1)] * len(xs)
    if upper.is_Rational and _holds(deficits, xs, upper):
        return True
    if not (upper ** 2).is_Rational or any(k % 2 for e in deficits for *_, k in Poly(e, *xs, C).monoms()):
        return False
    squares = [_without_content(e.subs(C, sympy.sqrt(C)), xs) for e in deficits]
    return all(nonnegative_on_box(e, [*boxes, (0, upper ** 2)]) or (e.degree(C) <= 1 and all(
        _is_square_sum(e, xs, t) or nonnegative_on_box(e.eval(C, t), boxes) for t in (0, upper ** 2)))
        for e in squares)


def _without_content(e: Expr, xs: Any) -> Poly:
    poly = Poly(e, *xs, C)
    low = min((m[-1] for m in poly.monoms()), default=0)
    return Poly(sympy.expand(e / C ** low), *xs, C)


def _is_square_sum(poly: Poly, xs: Any, t: Expr) -> bool:
    """Whether a polynomial of degree two in x, at C = t, is a sum of squares."""
    at, one = Poly(poly.as_expr().subs(C, t), *xs), sympy.Dummy("w")
    if at.total_degree() > 2:
        return False
    form = sum((c * sympy.prod([x ** k for x, k in zip(xs, m)]) * one ** (2 - sum(m)) for m, c in at.terms()),
               sympy.S.Zero)
    return bool(sympy.hessian(form, [*xs, one]).is_positive_semidefinite)


def _maximum(q: Expr) -> Expr:
    """The maximum of a polynomial over −1 ≤ x ≤ 1."""
    points = [sympy.S.NegativeOne, sympy.S.One, *sympy.real_roots(Poly(sympy.diff(q, X), X), multiple=True)]
    found = [sympy.nsimplify(q.subs(X, x)) if x.is_Rational else sympy.expand(q.subs(X, x)) for x in points
             if -1 <= x <= 1]
    return max(found)


def corner(scheme: Any, line: Expr) -> Expr:
    """The least of the limit along one axis and of those that rational eigenvalues of the matrix at θ = (π, …, π) set,
    for systems without symbols: there differences vanish, and R(−p Σ_j |M_j|) or the like is left."""
    ring = of_system(scheme.system, C / max_speed(scheme.system))
    total, stages = sympy.zeros(scheme.system.size), [sympy.S.Zero, sympy.S.One]
    if scheme.flux is not None:
        p = parts(scheme.reconstruction.weights)[0].subs(X, -1)
        total -= sum((p * scheme.flux.dissipation(ring, j) for j in range(ring.ndim)), total)
        stages = scheme.time.stability_polynomial
    else:
        for k, m in scheme.linear(ring).terms.items():
            total += (-1) ** (sum(k) % 2) * m
    value = sympy.Symbol("lambda")
    limits: list[Expr] = [line]
    for f, _ in factor_list(total.applyfunc(tidy).charpoly(value).as_expr(), value)[1]:
        if sympy.degree(f, value) == 1:
            found = sympy.cancel(sympy.solve(f, value)[0])
            if found.is_polynomial(C) and found.free_symbols <= {C} and found not in (0, 1) and all(
                    c.is_Rational for c in Poly(found, C).all_coeffs()):
                growth = sum((c * found ** k for k, c in enumerate(stages)), sympy.S.Zero)
                limits.append(courant_interval(sympy.expand(1 - growth ** 2)) or sympy.S.Zero)
    return min(limits)
