"""Riemann problems: exact self-similar solutions, in floats to rounding, with their waves."""
from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy
import sympy
from sympy import Expr

from .formula import formula

if TYPE_CHECKING:
    from .system import System

Floats = numpy.ndarray


class NoRiemannSolver(ValueError):
    """A system for which no exact solver of Riemann problems is known here."""


class BadState(ValueError):
    """A state outside the domain of the system: negative depth, density or pressure."""


@dataclass(frozen=True, eq=False)
class Wave:
    """A wave of kind "shock", "rarefaction" or "contact" between the speeds `head` and `tail`, which are equal unless
    it is a rarefaction; `left` and `right` are the states beside it."""

    kind: str
    head: float
    tail: float
    left: Floats
    right: Floats

    def __repr__(self) -> str:
        speed = f"{self.head:.6g}" if self.head == self.tail else f"{self.head:.6g} … {self.tail:.6g}"
        return f"<{self.kind} of speed {speed}>"


@dataclass(frozen=True, eq=False)
class RiemannSolution:
    """u(x/t): the entropy solution of u_t + f(u)_x = 0 with u = left for x < 0 and right for x > 0.

    `star` names the values between the acoustic waves, where there are such. Computed in float64; the star values solve
    their equation to rounding.
    """

    system: System
    waves: tuple[Wave, ...]
    star: Mapping[str, float]
    fan: Callable[[float], Floats]

    def __call__(self, xi: Any) -> Floats:
        """The states at x/t = ξ, of shape (n, *ξ.shape)."""
        points = numpy.asarray(xi, dtype=float)
        values = [self.fan(float(x)) for x in points.ravel()]
        return numpy.array(values).T.reshape(self.system.size, *points.shape)

    def __repr__(self) -> str:
        return f"<solution of a Riemann problem of {self.system.expression}: {', '.join(map(repr, self.waves))}>"


def riemann(system: System, left: Any, right: Any, axis: str | None = None) -> RiemannSolution:
    """The exact solution for two constant states, given in the order of the state or by names, also primitive ones.

    Scalar laws: u(ξ) is the point of [uL, uR] where f(u) − ξu is least (greatest for uL > uR), which is the hull
    construction of Oleĭnik (Osher, SIAM J. Numer. Anal. 21 (1984) 217). Linear systems: by characteristics. Systems
    h_t + m_x = 0, m_t + (m²/h + P(h))_x = 0 (shallow water, isentropic gas), the p-system, and the Euler equations of
    an ideal gas: the star state by one equation, with dry beds and vacuum (Toro, Riemann Solvers, chapters 4 and 9).
    Raises NoRiemannSolver, BadState; parameters need numbers, system.at(g=1).

    >>> from pdeconv import catalog
    >>> found = riemann(catalog.shallow_water(ndim=1).at(g=1), {"h": 1, "v_x": 0}, {"h": "1/2", "v_x": 0})
    >>> round(found.star["h"], 12), found.waves
    (0.726920446187, (<rarefaction of speed -1 … -0.557789>, <shock of speed 0.944391>))
    """
    from .riemann_gas import gas_solution
    along = system.axes[0] if axis is None else axis
    system._axis(along)
    if system.parameters:
        names = ", ".join(s.name for s in system.parameters)
        raise NoRiemannSolver(f"{system.expression} has the parameters {names}. Give them numbers, system.at("
                              f"{system.parameters[0].name}=1).")
    u, v = (state_of(system, x) for x in (left, right))
    if system.is_linear:
        return _linear(system, along, u, v)
    if system.size == 1:
        return _scalar(system, along, u, v)
    return gas_solution(system, along, u, v)


def state_of(system: System, given: Any) -> Floats:
    """The state as floats, from a sequence or from names of the state or of the primitive unknowns; BadState.

    >>> from pdeconv import catalog
    >>> state_of(catalog.euler().at(gamma="7/5"), {"rho": 1, "v_x": 0, "p": 1})
    array([1. , 0. , 2.5])
    """
    if isinstance(given, Mapping):
        if set(given) == set(system.names):
            values = [_float(given[name]) for name in system.names]
        elif system.primitive is not None and set(given) == set(system.primitive_names):
            at = {w: _float(given[w.name]) for w in system.primitive_symbols}
            for w in system.primitive_symbols:
                if w.is_positive and at[w] < 0:
                    raise BadState(f"{w.name} = {at[w]:g} is negative, and it has to be positive, or 0 where it is a "
                                   "vacuum or a dry bed. Change the state.")
            values = [float(e.subs(at)) for e in system.primitive]
        else:
            raise BadState(f"the state names {', '.join(map(str, given))}. Give {', '.join(system.names)}"
                           + (f" or {', '.join(system.primitive_names)}." if system.primitive is not None else "."))
    else:
        values = [_float(x) for x in given]
    if len(values) != system.size:
        raise BadState(f"({', '.join(f'{x:g}' for x in values)}) is no state of {system.expression}, which is "
                       f"{', '.join(system.names)}. Give a number for each.")
    for u, x in zip(system.state, values):
        if u.is_positive and x < 0:
            raise BadState(f"{u.name} = {x:g} is negative, and it has to be positive, or 0 where it is a vacuum or a "
                           "dry bed. Change the state.")
    if not all(map(numpy.isfinite, values)):
        raise BadState(f"the state {values} is not finite. Change it.")
    return numpy.array(values)


def _float(x: Any) -> float:
    return float(x) if isinstance(x, (float, int, numpy.floating)) else float(formula(x))


def evaluated(values: Sequence[Expr], symbols: Sequence[sympy.Symbol]) -> Callable[[Floats], Floats]:
    """A function from an array of the symbols' values to the values of formulas."""
    made = sympy.lambdify([*symbols], list(values), modules=["numpy"], cse=True)
    return lambda u: numpy.array([float(x) for x in made(*u)])


def _linear(system: System, axis: str, left: Floats, right: Floats) -> RiemannSolution:
    """u(ξ) = uL + Σ_{λ_k < ξ} (l_k · [[u]]) r_k."""
    unit = [1 if a == axis else 0 for a in system.axes]
    found = system.eigenstructure(unit).in_state
    speeds = [float(s) for s in found.speeds]
    r, l = (numpy.array(m.evalf(30).tolist(), dtype=float) for m in (found.right, found.left))
    strengths = l @ (right - left)
    waves, state = [], left
    for speed in sorted(set(speeds)):
        change = sum(strengths[k] * r[:, k] for k, s in enumerate(speeds) if s == speed)
        if numpy.any(change != 0):
            waves.append(Wave("contact", speed, speed, state, state + change))
            state = state + change
    return RiemannSolution(system, tuple(waves), {}, _from_waves(left, right, waves, None))


def _from_waves(left: Floats, right: Floats, waves: Sequence[Wave],
                inside: Callable[[Wave, float], Floats] | None) -> Callable[[float], Floats]:
    """The state at ξ from the waves, with the interiors of rarefactions."""
    def fan(xi: float) -> Floats:
        state = left
        for wave in waves:
            if xi < wave.head:
                return state
            if xi < wave.tail and inside is not None:
                return inside(wave, xi)
            state = wave.right
        return state
    return fan


def _scalar(system: System, axis: str, left: Floats, right: Floats) -> RiemannSolution:
    """Osher's formula, and the waves from the convex hull of f between the states."""
    u = system.state[0]
    f = system.flux(axis)[0]
    flux = sympy.lambdify([u], f, modules=["math"])
    xi = sympy.Symbol("xi", real=True)
    top = sympy.fraction(sympy.together(sympy.diff(f, u) - xi))[0]
    if not top.is_polynomial(u):
        raise NoRiemannSolver(f"f′(u) = ξ is not polynomial for {system.expression}. Give a rational flux.")
    coefficients = sympy.lambdify([xi], sympy.Poly(top, u).all_coeffs(), modules=["math"])
    a, b = float(left[0]), float(right[0])
    sense = 1 if a < b else -1

    def fan(x: float) -> Floats:
        roots = numpy.roots(coefficients(x))
        inner = [r.real for r in roots if abs(r.imag) <= 1e-9 * (1 + abs(r)) and min(a, b) < r.real < max(a, b)]
        points = [b, a, *inner]  # the right state where both are as good: continuity from the right
        return numpy.array([min(points, key=lambda v: sense * (flux(v) - x * v))])
    slope = sympy.lambdify([u], sympy.diff(f, u), modules=["math"])
    waves = _hull(flux, slope, f, u, a, b) if a != b else []
    return RiemannSolution(system, tuple(waves), {}, fan)


def _hull(flux: Any, slope: Any, f: Expr, u: sympy.Symbol, a: float, b: float) -> list[Wave]:
    """The lower (upper for a > b) convex hull of f between a and b: chords are shocks, arcs are rarefactions."""
    second = sympy.fraction(sympy.together(sympy.diff(f, u, 2)))[0]
    turns = [float(r) for r in sympy.Poly(second, u).nroots(n=20) if abs(sympy.im(r)) < 1e-12] if second.has(u) else []
    nodes = sorted({a, b, *(t for t in turns if min(a, b) < t < max(a, b))}, reverse=a > b)
    points = sorted({*nodes, *(x + (y - x) * k / 200 for x, y in pairwise(nodes) for k in range(201))},
                    reverse=a > b)
    hull: list[float] = []
    for p in points:
        while len(hull) > 1 and (flux(hull[-1]) - flux(hull[-2])) * (p - hull[-1]) * 1 >= (
                flux(p) - flux(hull[-1])) * (hull[-1] - hull[-2]):
            hull.pop()
        hull.append(p)
    step = max(abs(y - x) for x, y in pairwise(points))
    found: list[Wave] = []
    for x, y in pairwise(hull):
        smooth = abs(y - x) <= step * 1.0001 and slope(x) < slope(y) and (
            not _is_chord(flux, slope, x, y))
        s = (flux(y) - flux(x)) / (y - x)
        if smooth and found and found[-1].kind == "rarefaction" and found[-1].right[0] == x:
            found[-1] = Wave("rarefaction", found[-1].head, slope(y), found[-1].left, numpy.array([y]))
        elif smooth:
            found.append(Wave("rarefaction", slope(x), slope(y), numpy.array([x]), numpy.array([y])))
        else:
            found.append(Wave("shock", s, s, numpy.array([x]), numpy.array([y])))
    return found


def _is_chord(flux: Any, slope: Any, x: float, y: float) -> bool:
    """Whether the slopes at the ends do not enclose that of the chord, so that it is no arc of the hull."""
    s = (flux(y) - flux(x)) / (y - x)
    return not min(slope(x), slope(y)) <= s <= max(slope(x), slope(y))
