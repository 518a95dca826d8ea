"""Stability: the largest Courant number of a scheme, exactly where the question has one parameter."""
from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING, Any

import sympy
from sympy import Expr, Rational

from .coefficients import COURANT, NU
from .enclosure import Enclosure
from .radical import tidy
from .speed import NoClosedForm, max_speed
from .von_neumann import C, courant_interval, modulus_deficit

if TYPE_CHECKING:
    from .scheme import Scheme
    from .system import System


def courant_max(scheme: Scheme) -> Expr | Enclosure | None:
    """The largest c such that the scheme is stable for all Courant numbers up to c; None where there is no c > 0.

    Linear systems in one dimension: |g(θ)| ≤ 1 on each characteristic, by a decomposition with one parameter. In more
    dimensions: exactly where the symbol is a polynomial in Σ s_j A_j of an isotropic system and Bernstein coefficients
    prove what the diagonals suggest; otherwise an Enclosure. Nonlinear schemes: the bound up to which they are proved
    to be total variation diminishing; NotLinear where there is no such proof. Raises NotHyperbolic.
    """
    from .split import Split
    if not scheme.is_linear:
        from .tvd import bound
        return bound(scheme)
    scheme.system.hyperbolicity.require()
    if isinstance(scheme, Split):
        return scheme.limit
    if scheme.system.ndim == 1:
        return one_dimension(scheme)
    from .several_dimensions import several_dimensions
    return several_dimensions(scheme)


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
        witness = getattr(limit, "witness", None)
        if not scheme.is_linear:
            fault = "up to which total variation is proved not to grow"
        else:
            fault = f"where {witness}" if witness is not None else "beyond which |g(θ)| > 1 for some θ"
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
    ratios = ratios_to(scheme.system)
    if sympy.degree(deficit, NU) <= 2 or ratios is None:  # linear in ν²: the ends decide all between
        found = least([courant_interval(sympy.expand(deficit.subs({NU: r * C, COURANT: C}))) for r in (0, 1)])
        if found is None or sympy.degree(deficit, NU) <= 2:
            return found
        from .several_dimensions import proved_limit
        lower, reason = proved_limit(scheme)
        if lower == found:
            return found
        return Enclosure(lower, found, f"{reason}; ratios of characteristic speeds are no rational numbers")
    return least([courant_interval(sympy.expand(deficit.subs({NU: r * C, COURANT: C}))) for r in ratios])


def least(values: list[Expr | None]) -> Expr | None:
    """The least value, None where one is None."""
    return None if any(v is None for v in values) else reduce(lambda a, b: a if a <= b else b, values)  # type: ignore


def ratios_to(system: System, speeds: Any = None) -> list[Rational] | None:
    """|λ_k| / max |λ| where all are rational; None where one is not, or speeds are no square roots."""
    try:
        speeds = system.eigenstructure().in_state.speeds if speeds is None else speeds
    except NoClosedForm:
        return None
    largest = max_speed(system)
    if largest == 0:
        return [sympy.S.Zero]
    found = {sympy.Abs(tidy(s / largest)) for s in speeds}
    return sorted(found) if all(r.is_Rational for r in found) else None
