"""Stability: the largest Courant number of a scheme, exactly where the question has one parameter."""
from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING, Any

import sympy
from sympy import Expr, Poly, Rational

from .coefficients import COURANT, NU, of_system
from .laurent import Laurent, on_axis, shift
from .radical import tidy
from .speed import max_speed
from .von_neumann import C, X, courant_interval, imaginary_limit, modulus_deficit, nonnegative_on_box

if TYPE_CHECKING:
    from .scheme import Scheme
    from .system import System


@dataclass(frozen=True)
class Enclosure:
    """A limit that is only enclosed: stable up to `lower`, which is proved, unstable beyond `upper`, also proved."""

    lower: Expr
    upper: Expr
    reason: str

    def __repr__(self) -> str:
        return f"<between {self.lower} and {self.upper}: {self.reason}>"


def courant_max(scheme: Scheme) -> Expr | Enclosure | None:
    """The largest c such that the scheme is stable for all Courant numbers up to c; None where there is no c > 0.

    Linear systems in one dimension: |g(θ)| ≤ 1 on each characteristic, by a decomposition with one parameter. In more
    dimensions: exactly where the symbol is a polynomial in Σ s_j A_j of an isotropic system and Bernstein coefficients
    prove what the diagonals suggest; otherwise an Enclosure. Nonlinear schemes: the bound up to which they are proved
    to be total variation diminishing; NotLinear where there is no such proof. Raises NotHyperbolic.
    """
    if not scheme.is_linear:
        from .tvd import bound
        return bound(scheme)
    scheme.system.hyperbolicity.require()
    if scheme.system.ndim == 1:
        return one_dimension(scheme)
    return many_dimensions(scheme)


def require(scheme: Scheme) -> None:
    """Raise Unstable where the Courant number exceeds what is proved to be the limit."""
    from .scheme import NotDefined, NotLinear, Unstable
    try:
        limit = scheme.courant_max
    except (NotLinear, NotDefined):
        return
    if limit is None:
        raise Unstable(f"{scheme.name!r} is unstable for every Courant number: |g(θ)| > 1 for some θ. Use another "
                       "scheme or time stepping, or say beyond_limit=True.")
    upper = limit.upper if isinstance(limit, Enclosure) else limit
    if scheme.courant is not None and scheme.courant > upper:
        digits = "" if upper.is_Rational else f" = {sympy.N(upper, 8)}"
        shown = "" if len(str(upper)) > 60 else f" {upper}"
        fault = "beyond which |g(θ)| > 1 for some θ" if scheme.is_linear else "up to which total variation is proved " \
            "not to grow"
        raise Unstable(f"courant={str(scheme.courant)!r} is above the limit{shown}{digits} of {scheme.name!r}, "
                       f"{fault}. Take a smaller number, or say beyond_limit=True.")


def one_dimension(scheme: Scheme) -> Expr | Enclosure | None:
    """The limit over all characteristics λ, whose ν is C |λ|/max |λ|."""
    from .staggered import Staggered
    if isinstance(scheme, Staggered):
        return scheme.limit
    deficit = modulus_deficit(scheme.characteristic)
    if not deficit.has(COURANT):
        return courant_interval(deficit.subs(NU, C))
    ratios = _ratios(scheme.system)
    if sympy.degree(deficit, NU) <= 2 or ratios is None:  # linear in ν²: the ends decide all between
        found = _least([courant_interval(sympy.expand(deficit.subs({NU: r * C, COURANT: C}))) for r in (0, 1)])
        if found is None or sympy.degree(deficit, NU) <= 2:
            return found
        return Enclosure(sympy.S.Zero, found, "the ratios of the characteristic speeds are no rational numbers")
    return _least([courant_interval(sympy.expand(deficit.subs({NU: r * C, COURANT: C}))) for r in ratios])


def _least(values: list[Expr | None]) -> Expr | None:
    return None if any(v is None for v in values) else reduce(lambda a, b: a if a <= b else b, values)  # type: ignore


def _ratios(system: System, speeds: Any = None) -> list[Rational] | None:
    """|λ_k| / max |λ| where all are rational."""
    if speeds is None:
        speeds = system.eigenstructure().in_state.speeds
    largest = max_speed(system)
    if largest == 0:
        return [sympy.S.Zero]
    found = {sympy.Abs(tidy(s / largest)) for s in speeds}
    return sorted(found) if all(r.is_Rational for r in found) else None


def many_dimensions(scheme: Scheme) -> Expr | Enclosure | None:
    """Exactly for scalar dissipation and isotropic systems, and where enclosing bounds meet."""
    from .one_step import LaxWendroff
    from .semi_discrete import SemiDiscrete
    from .staggered import Staggered
    ratios = isotropic_ratios(scheme.system)
    if isinstance(scheme, SemiDiscrete) and scheme.flux is not None and ratios is not None and scheme.flux.name in (
            "central", "rusanov", "lax-friedrichs"):
        return isotropic(scheme, ratios)
    if isinstance(scheme, Staggered):
        return scheme.limit
    d, upper = scheme.system.ndim, _corner(scheme)
    symmetric = is_symmetrisable(scheme.system)
    if isinstance(scheme, LaxWendroff):
        proved = 1 / sympy.sqrt(d) ** 3 if symmetric else sympy.S.Zero
        return Enclosure(proved, upper, "numerical radius ≤ 1 up to d^(−3/2) for symmetric systems "
                         "(Lax and Wendroff, 1964), and the value at θ = (π, …, π)")
    lower: Expr = sympy.S.Zero
    if isinstance(scheme, SemiDiscrete) and scheme.flux is not None and symmetric and scheme.time.ssp_coefficient > 0:
        line = _euler_line(scheme)
        lower = sympy.S.Zero if line is None else line * scheme.time.ssp_coefficient / d
    if lower == upper:
        return lower
    return Enclosure(lower, upper, "convex combinations of schemes in one dimension, and the value at θ = (π, …, π)")


def is_symmetrisable(system: System) -> bool:
    """Whether a positive diagonal D makes every D A_j symmetric, so that all axes share one norm."""
    n, scale = system.size, dict[int, Expr]()
    for start in range(n):
        if start in scale:
            continue
        scale[start], waiting = sympy.S.One, [start]
        while waiting:
            i = waiting.pop()
            for m in system.matrices:
                for k in range(n):
                    if m[i, k] == 0 and m[k, i] == 0:
                        continue
                    if m[k, i] == 0 or not (ratio := sympy.cancel(m[i, k] / m[k, i])).is_positive:
                        return False
                    if k not in scale:
                        scale[k] = sympy.cancel(scale[i] * ratio)
                        waiting.append(k)
                    elif sympy.cancel(scale[k] - scale[i] * ratio) != 0:
                        return False
    return True


def isotropic_ratios(system: System) -> list[Rational] | None:
    """|λ_k| / max |λ|, where no speed depends on the direction."""
    from .eigenstructure import NoClosedForm
    from .hyperbolicity import NotHyperbolic
    try:
        speeds = system.eigenstructure().in_state.speeds
    except (NoClosedForm, NotHyperbolic):
        return None
    if any(s.has(n) for s in speeds for n in system.direction if n.is_Symbol):
        return None
    return _ratios(system, speeds)


def isotropic(scheme: Any, ratios: list[Rational]) -> Expr | Enclosure | None:
    """The limit for G = R(−C Σ p_j − i S) with S = Σ s_j M_j, whose eigenvalues are ± C r (Σ s_j²)^{1/2}.

    S is similar to a skew matrix, uniformly in θ, so that the eigenvalues decide. p and s² are polynomials in
    x_j = cos θ_j. The limit on the diagonals θ_1 = … = θ_k, others 0, is necessary; Bernstein coefficients on the box
    prove it sufficient.
    """
    d, weights = scheme.system.ndim, scheme.reconstruction.weights
    one, half = sympy.S.One, sympy.S.Half
    left, right = on_axis(weights, 0, 1, one), on_axis({1 - k: w for k, w in weights.items()}, 0, 1, one)
    difference = Laurent({(0,): one}) - shift(0, 1, -1, one)
    central, spread = difference * (left + right).scaled(half), (difference * (left - right)).scaled(half)
    q = sympy.expand(1 - modulus_deficit(central))
    p = sum((c * sympy.chebyshevt(abs(k), X) for (k,), c in spread.terms.items()), sympy.S.Zero)
    r = scheme.time.stability_polynomial
    if scheme.flux.name == "central":
        y = imaginary_limit(r)
        return None if y is None else sympy.sqrt(y ** 2 / (d * _maximum(q)))
    xs = sympy.symbols(f"x_1:{d + 1}")
    factor = C if scheme.flux.name == "rusanov" else Rational(1, d)
    damping = factor * sum((p.subs(X, x) for x in xs), sympy.S.Zero)
    a, b = sympy.symbols("a b", real=True)
    value = sympy.expand(sum(c * (a + sympy.I * b) ** k for k, c in enumerate(r)))
    modulus = sympy.expand(sympy.re(value) ** 2 + sympy.im(value) ** 2)
    limits, deficits = [], []
    for ratio in ratios:
        square = C ** 2 * ratio ** 2 * sum((q.subs(X, x) for x in xs), sympy.S.Zero)
        powers = Poly(modulus, b).as_dict()
        deficit = sympy.expand(1 - sum((c * square ** (k // 2) for (k,), c in powers.items()),
                                       sympy.S.Zero).subs(a, -damping))
        deficits.append(deficit)
        limits += [courant_interval(sympy.expand(deficit.subs({x: X if i < k else 1 for i, x in enumerate(xs)})))
                   for k in range(1, d + 1)]
    upper = _least(limits)
    if upper is None:
        return None

    boxes = [(-1, 1)] * d

    def proved(c: Expr) -> bool:
        return all(nonnegative_on_box(_without_content(e, xs), [*boxes, (0, c)]) for e in deficits)
    if upper.is_Rational and proved(upper):
        return upper
    if (upper ** 2).is_Rational and all(not k % 2 for e in deficits for *_, k in Poly(e, *xs, C).monoms()):
        squares = [_without_content(e.subs(C, sympy.sqrt(C)), xs) for e in deficits]
        if all(nonnegative_on_box(e, [*boxes, (0, upper ** 2)]) or (e.degree(C) <= 1 and all(
                _is_square_sum(e, xs, t) or nonnegative_on_box(e.eval(C, t), boxes) for t in (0, upper ** 2)))
                for e in squares):
            return upper
    lower = next((c for c in (Rational(k, 16) * sympy.floor(upper * 1024) / 1024 for k in (15, 12, 8, 4)) if proved(c)),
                 sympy.S.Zero)
    return Enclosure(lower, upper, "Bernstein coefficients, and the diagonals")


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
    return reduce(lambda a, b: a if a >= b else b, [sympy.nsimplify(q.subs(X, x)) if x.is_Rational else
                                                    sympy.expand(q.subs(X, x)) for x in points if -1 <= x <= 1])


def _euler_line(scheme: Any) -> Expr | None:
    """The limit of the scheme with forward Euler steps on one characteristic."""
    from dataclasses import replace

    from .runge_kutta import runge_kutta
    euler = replace(scheme, time=runge_kutta("euler"))
    deficit = modulus_deficit(euler.characteristic_of(True)).subs(COURANT, NU)
    return courant_interval(sympy.expand(deficit.subs(NU, C)))


def _corner(scheme: Any) -> Expr:
    """The limits that one axis and the matrix at θ = (π, …, π) set, by the factors of its characteristic polynomial."""
    line = modulus_deficit(scheme.characteristic_of(True)).subs(NU, C).subs(COURANT, C)
    first = courant_interval(sympy.expand(line))
    ring = of_system(scheme.system, C / max_speed(scheme.system))
    operator = scheme.linear(ring)
    total = sympy.zeros(scheme.system.size)
    for k, m in operator.terms.items():
        total += (-1) ** (sum(k) % 2) * m
    total = total.applyfunc(tidy)
    if first is None or not total.free_symbols <= {C}:
        return first or sympy.S.Zero
    value = sympy.Symbol("lambda")
    polynomial = total.charpoly(value).as_expr()
    limits: list[Expr] = [first]
    for f, _ in sympy.factor_list(polynomial, value)[1]:
        if sympy.degree(f, value) == 1:
            found = sympy.cancel(sympy.solve(f, value)[0])
            if found.is_polynomial(C) and found.free_symbols <= {C} and found != 1:
                limit = courant_interval(sympy.expand(1 - found ** 2))
                limits.append(sympy.S.Zero if limit is None else limit)
    return _least(limits) or sympy.S.Zero
