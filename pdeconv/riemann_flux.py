"""Fluxes of Riemann solvers: Roe with entropy fix, HLL, HLLC, exact Godunov, and entropy-stable ones."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy
import sympy
from sympy import Expr, Max, Min

from .jump import NUMERIC, sides, vanishes

if TYPE_CHECKING:
    from .system import System

NAMES = ("hll", "hllc", "roe", "godunov", "entropy-stable")


class NoSuchFlux(ValueError):
    """A Riemann flux that a system does not have, or an unknown name."""


@dataclass(frozen=True)
class RiemannFlux:
    """The two-point flux F(u⁻, u⁺) of a Riemann solver, for schemes: F(u, u) = f(u). Names:

    "hll": two waves of the speeds S⁻ = min(0, λ₁(u⁻), λ₁(u⁺)) and S⁺ = max(0, λ_n(u⁻), λ_n(u⁺)) (Harten, Lax and van
    Leer, SIAM Rev. 25 (1983) 35; speeds of Davis). "hllc": with the contact, for fluxes f = v u + p d (Toro, Spruce and
    Speares, Shock Waves 4 (1994) 25). "roe": (f⁻ + f⁺)/2 − Σ |λ̂_k| α_k r̂_k/2 with the fix of Harten and Hyman (J.
    Comput. Phys. 50 (1983) 235). "godunov": f at ξ = 0 of the exact solution; a formula for scalar laws with a convex
    or concave flux and for linear systems, numbers otherwise. "entropy-stable": the entropy-conservative flux less s
    (u⁺ − u⁻)/2.
    """

    system: System
    name: str

    def __post_init__(self) -> None:
        if self.name not in NAMES:
            raise NoSuchFlux(f"there is no Riemann flux {self.name!r}. The names are {', '.join(NAMES)}.")

    def flux(self, left: Sequence[Any], right: Sequence[Any], axis: str | None = None) -> tuple[Expr, ...]:
        """F(u⁻, u⁺) along the axis, as formulas.

        >>> from pdeconv import catalog
        >>> RiemannFlux(catalog.burgers(), "godunov").flux([1], [0])
        (1/2,)
        """
        along = self.system.axes[0] if axis is None else axis
        u, v = (tuple(map(sympy.sympify, x)) for x in (left, right))
        make = {"hll": _hll, "hllc": _hllc, "roe": _roe, "godunov": _godunov, "entropy-stable": _entropy_stable}
        return make[self.name](self.system, u, v, along)

    def evaluate(self, left: Any, right: Any, axis: str | None = None) -> numpy.ndarray:
        """F for arrays of states of shape (n, …), in NumPy; "godunov" without a formula solves each face exactly."""
        along = self.system.axes[0] if axis is None else axis
        u, v = numpy.asarray(left, dtype=float), numpy.asarray(right, dtype=float)
        names = sides(self.system.state)
        try:
            values = self.flux(*names, along)
        except NoSuchFlux:
            if self.name != "godunov":
                raise
            return self._solved(u, v, along)
        made = sympy.lambdify([*names[0], *names[1]], list(values), modules=[NUMERIC, "numpy"], cse=True)
        with numpy.errstate(divide="ignore", invalid="ignore"):
            return numpy.array([numpy.broadcast_to(x, u.shape[1:]) for x in made(*u, *v)], dtype=float)

    def _solved(self, u: numpy.ndarray, v: numpy.ndarray, axis: str) -> numpy.ndarray:
        from .riemann import evaluated, riemann
        f = evaluated(self.system.flux(axis), self.system.state)
        faces = zip(u.reshape(len(u), -1).T, v.reshape(len(v), -1).T)
        flat = [f(riemann(self.system, a, b, axis)(0.0)) for a, b in faces]
        return numpy.array(flat).T.reshape(u.shape)

    def is_consistent(self, axis: str) -> bool:
        """Whether F(u, u) = f(u), exactly where F is a formula."""
        u = self.system.state
        values = self.flux(u, u, axis)
        return all(vanishes(sympy.simplify(a - b)) for a, b in zip(values, self.system.flux(axis)))

    @property
    def expression(self) -> str:
        """The name, as schemes print it."""
        return repr(self.name)

    def __repr__(self) -> str:
        return f"RiemannFlux({self.system.expression}, {self.name!r})"


def _f(system: System, u: Sequence[Expr], axis: str) -> list[Expr]:
    return [f.subs(dict(zip(system.state, u)), simultaneous=True) for f in system.flux(axis)]


def _speeds(system: System, axis: str) -> tuple[Expr, Expr]:
    """The least and the greatest speed along an axis, in the state."""
    found = system.eigenstructure([1 if a == axis else 0 for a in system.axes]).in_state
    return found.speeds[0], found.speeds[-1]


def _outer(system: System, u: Sequence[Expr], v: Sequence[Expr], axis: str) -> tuple[Expr, Expr]:
    """S_L and S_R of Davis: the extreme speeds of both states."""
    low, high = _speeds(system, axis)
    at = [dict(zip(system.state, x)) for x in (u, v)]
    return (Min(*(low.subs(a, simultaneous=True) for a in at)), Max(*(high.subs(a, simultaneous=True) for a in at)))


def _hll(system: System, u: Sequence[Expr], v: Sequence[Expr], axis: str) -> tuple[Expr, ...]:
    low, high = _outer(system, u, v, axis)
    low, high = Min(0, low), Max(0, high)
    f, g = _f(system, u, axis), _f(system, v, axis)
    if high - low == 0:
        return tuple(f)
    return tuple((high * a - low * b + high * low * (y - x)) / (high - low) for a, b, x, y in zip(f, g, u, v))


def decompose(system: System, axis: str) -> tuple[int, int, Expr, tuple[Expr, ...]]:
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


def _hllc(system: System, u: Sequence[Expr], v: Sequence[Expr], axis: str) -> tuple[Expr, ...]:
    """The middle speed S and pressure p with ρ_K (S_K − v_K)(S − v_K) = p − p_K on both sides, from the jumps of mass
    and momentum; the states beside the contact from S_K (u* − u_K) = S u* + p d(S) − f_K."""
    i, k, pressure, d = decompose(system, axis)
    low, high = _outer(system, u, v, axis)
    (rl, vl, pl, fl), (rr, vr, pr, fr) = (
        (x[i], x[k] / x[i], pressure.subs(dict(zip(system.state, x)), simultaneous=True), _f(system, x, axis))
        for x in (u, v))
    ml, mr = rl * (low - vl), rr * (high - vr)  # the mass that enters each wave: ml ≤ 0 ≤ mr
    middle = (pr - pl + ml * vl - mr * vr) / (ml - mr)
    star = pl + ml * (middle - vl)
    at_star = [e.subs({system.state[k]: middle * system.state[i]}).subs(system.state[i], 1) for e in d]
    found = []
    for j in range(system.size):
        sides_of = []
        for x, f, s in ((u, fl, low), (v, fr, high)):
            there = (s * x[j] - f[j] + star * at_star[j]) / (s - middle)
            sides_of.append(f[j] + s * (there - x[j]))
        found.append(sympy.Piecewise((fl[j], low >= 0), (sides_of[0], middle >= 0), (sides_of[1], high > 0),
                                     (fr[j], True)))
    return tuple(found)


def _roe(system: System, u: Sequence[Expr], v: Sequence[Expr], axis: str) -> tuple[Expr, ...]:
    from .roe import roe_matrix
    unit = [1 if a == axis else 0 for a in system.axes]
    structure = system.eigenstructure(unit)
    found = roe_matrix(system, axis)
    if found.average is None:
        raise NoSuchFlux(f"the Roe matrix of {system.expression} is by {found.origin}, and is f′(û) at no known state, "
                         "so its vectors are not known. Use 'hll'.")
    back = dict(structure.abbreviations)
    from .eigenstructure import primitive_inverse
    inverse = primitive_inverse(system)
    w = system.primitive_symbols
    both = {}
    for x, names in zip((u, v), sides(w)):
        here = dict(zip(system.state, x))
        both.update({n: sympy.sympify(inverse.get(y, y)).subs(here, simultaneous=True) for y, n in zip(w, names)})
    hat = dict(zip(w, (e.subs(both, simultaneous=True) for e in found.average)))

    def at_hat(e: Expr) -> Expr:
        return e.subs(back).subs(hat, simultaneous=True)
    f, g = _f(system, u, axis), _f(system, v, axis)
    total = [(a + b) / 2 for a, b in zip(f, g)]
    jump = [y - x for x, y in zip(u, v)]
    side = [dict(zip(w, (both[n] for n in names))) for names in sides(w)]
    for k, speed in enumerate(structure.speeds):
        strength = sum(at_hat(structure.left[k, j]) * jump[j] for j in range(system.size))
        s = at_hat(speed)
        low, high = (speed.subs(back).subs(x, simultaneous=True) for x in side)
        width = Max(0, s - low, high - s)
        size = sympy.Piecewise((sympy.Abs(s), sympy.Abs(s) >= width), ((s ** 2 / width + width) / 2, True)
                               ) if speed.free_symbols & set(w) | set(back) and not system.is_linear else sympy.Abs(s)
        for j in range(system.size):
            total[j] -= size * strength * at_hat(structure.right[j, k]) / 2
    return tuple(total)


def _godunov(system: System, u: Sequence[Expr], v: Sequence[Expr], axis: str) -> tuple[Expr, ...]:
    from .sign import sign
    if system.is_linear:
        unit = [1 if a == axis else 0 for a in system.axes]
        found = system.eigenstructure(unit).in_state
        size = found.right * sympy.diag(*map(sympy.Abs, found.speeds)) * found.left
        change = size * sympy.Matrix([y - x for x, y in zip(u, v)])
        return tuple((a + b - c) / 2 for a, b, c in zip(_f(system, u, axis), _f(system, v, axis), change))
    if system.size == 1:
        x, f = system.state[0], system.flux(axis)[0]
        bend = sign(sympy.diff(f, x, 2))
        if bend:
            rest = sympy.solve(sympy.diff(f, x), x)
            if len(rest) == 1:  # convex: F = max(f(max(u⁻, s)), f(min(u⁺, s))); concave: the mirror image
                pick = Max if bend > 0 else Min
                return (pick(f.subs(x, Max(u[0], rest[0])), f.subs(x, Min(v[0], rest[0]))),)
    raise NoSuchFlux(f"the exact Godunov flux of {system.expression} has no formula here. Evaluate it in numbers, "
                     ".evaluate(left, right), or use 'hll'.")


def _entropy_stable(system: System, u: Sequence[Expr], v: Sequence[Expr], axis: str) -> tuple[Expr, ...]:
    from .entropy_flux import entropy_flux
    central = entropy_flux(system.entropy, axis).flux(u, v)
    low, high = _outer(system, u, v, axis)
    speed = Max(sympy.Abs(low), sympy.Abs(high))
    return tuple(a - speed * (y - x) / 2 for a, x, y in zip(central, u, v))
