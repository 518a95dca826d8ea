"""HLL and HLLC: two-point fluxes of two waves, and of three."""
from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import sympy
from sympy import Expr, Max, Min, Piecewise

from .numerical_flux import State, at, physical, upwind
from .reconstruction import Let, plain
from .speed import extreme_speeds

if TYPE_CHECKING:
    from .system import System


class NoSuchFlux(ValueError):
    """A Riemann flux that a system does not have, or an unknown name."""


def davis(system: System, u: Sequence[Expr], v: Sequence[Expr], axis: str, let: Let = plain) -> tuple[Expr, Expr]:
    """S_L and S_R of Davis (SIAM J. Sci. Stat. Comput. 9 (1988) 445): the extreme speeds of both states."""
    low, high = extreme_speeds(system, axis)
    return (let(Min(*(at(system, low, x) for x in (u, v)))), let(Max(*(at(system, high, x) for x in (u, v)))))


def hll(system: System, u: Sequence[Expr], v: Sequence[Expr], axis: str, let: Let = plain) -> State:
    """(S⁺ f⁻ − S⁻ f⁺ + S⁺S⁻ (u⁺ − u⁻))/(S⁺ − S⁻) with S⁻ = min(0, S_L), S⁺ = max(0, S_R); (f⁻ + f⁺)/2 where both are 0.

    Written as the mean and a difference, which is its own mirror image, and exactly f(u) in floats where u⁻ = u⁺.

    Source: Harten, Lax and van Leer, SIAM Rev. 25 (1983) 35.

    >>> from pdeconv import catalog
    >>> hll(catalog.burgers(), [sympy.Integer(-1)], [sympy.Integer(2)], "x")
    (-1,)
    """
    if system.is_linear and system.size == 1:
        return upwind(system, u, v, axis)
    first, last = davis(system, u, v, axis, let)
    low, high = let(Min(0, first)), let(Max(0, last))
    width = let(Piecewise((high - low, high - low > 0), (sympy.S.One, True)))  # nothing moves where it is 0
    share, product = let((high + low) / (2 * width)), let(high * low / width)
    f, g = physical(system, u, axis), physical(system, v, axis)
    return tuple((a + b) / 2 + share * (a - b) + product * (y - x) for a, b, x, y in zip(f, g, u, v))


def hll_dissipation(system: System, axis: str) -> tuple[Expr, Expr]:
    """α, β with F = A (u⁻ + u⁺)/2 − (α A + β) (u⁺ − u⁻)/2 for linear systems: (S⁺ + S⁻)/(S⁺ − S⁻), −2S⁺S⁻/(S⁺ − S⁻)."""
    low, high = extreme_speeds(system, axis)
    low, high = Min(0, low), Max(0, high)
    if high - low == 0:
        return sympy.S.Zero, sympy.S.Zero
    return sympy.cancel((high + low) / (high - low)), sympy.cancel(-2 * high * low / (high - low))


def decompose(system: System, axis: str) -> tuple[int, int, Expr, State]:
    """f = v u + p d with v = m/h: the places of h and m, the pressure p, and d, affine in v with d_h = 0, d_m = 1.

    >>> from pdeconv import catalog
    >>> decompose(catalog.shallow_water(ndim=1), "x")
    (0, 1, g*h**2/2, (0, 1))
    """
    u, f = system.state, system.flux(axis)
    i = next((i for i, e in enumerate(f) if e in u and u.index(e) != i and u[i].is_positive), None)
    if i is None:
        raise NoSuchFlux(f"{system.expression} has no density h_t + m_x = 0, so 'hllc' has no contact. Use 'hll'.")
    k = u.index(f[i])
    velocity = u[k] / u[i]
    rest = [sympy.cancel(e - velocity * x) for e, x in zip(f, u)]
    pressure = rest[k]
    d = tuple(sympy.cancel(e / pressure) for e in rest)
    v = sympy.Dummy("v", real=True)
    affine = [sympy.cancel(e.subs(u[k], v * u[i])) for e in d]
    if any(e.free_symbols - {v} or sympy.degree(e, v) > 1 for e in affine if e != 0):
        raise NoSuchFlux(f"the flux of {system.expression} is not v u + p d(v): the pressure is not one number, as in "
                         "gases. Use 'hll'.")
    return i, k, pressure, tuple(e.subs(v, velocity) for e in affine)


def hllc(system: System, u: Sequence[Expr], v: Sequence[Expr], axis: str, let: Let = plain) -> State:
    """The middle speed S and pressure p with ρ_K (S_K − v_K)(S − v_K) = p − p_K on both sides, from the jumps of mass
    and momentum; the states beside the contact from S_K (u* − u_K) = S u* + p d(S) − f_K.

    For linear systems the flux is upwind, which resolves all their contacts. Source: Toro, Spruce and Speares, Shock
    Waves 4 (1994) 25.
    """
    if system.is_linear:
        return upwind(system, u, v, axis)
    i, k, pressure, d = decompose(system, axis)
    low, high = davis(system, u, v, axis, let)
    (rl, vl, pl, fl), (rr, vr, pr, fr) = (
        (x[i], let(x[k] / x[i]), let(at(system, pressure, x)), physical(system, x, axis)) for x in (u, v))
    ml, mr = let(rl * (low - vl)), let(rr * (high - vr))  # the mass that enters each wave: ml < 0 < mr
    middle = let((pr - pl + ml * vl - mr * vr) / (ml - mr))
    star = let(pl + ml * (middle - vl))
    at_star = [e.subs({system.state[k]: middle * system.state[i]}).subs(system.state[i], 1) for e in d]
    clipped = let(Min(0, low)), let(Max(0, high))
    found = []
    for j in range(system.size):
        left, right = (f[j] + c * ((s * x[j] - f[j] + star * at_star[j]) / (s - middle) - x[j])
                       for x, f, s, c in ((u, fl, low, clipped[0]), (v, fr, high, clipped[1])))
        found.append(Piecewise((left, middle > 0), (right, middle < 0), ((left + right) / 2, True)))
    return tuple(found)
