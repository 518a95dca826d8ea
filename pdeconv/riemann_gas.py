"""Riemann problems of gases and shallow water: the star state by one equation, with vacuum."""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import inf, sqrt
from typing import TYPE_CHECKING, Any

import numpy
import sympy
from scipy.integrate import quad
from scipy.optimize import brentq
from sympy import Expr

from .factorisation import factored
from .jump import vanishes
from .riemann import Floats, NoRiemannSolver, RiemannSolution, Wave

if TYPE_CHECKING:
    from .system import System


@dataclass(frozen=True, eq=False)
class Side:
    """One side of the problem: the wave curve u = v ∓ φ(s), its density, and the speeds of its wave.

    `s` is the strength: the pressure, or the depth. `rank` orders it: φ rises. `sense` is −1 left and +1 right.
    """

    sense: int
    value: float
    velocity: float
    phi: Callable[[float], float]
    speeds: Callable[[float], tuple[float, float]]
    inside: Callable[[float], tuple[float, ...]]
    vacuum: float


def gas_solution(system: System, axis: str, left: Floats, right: Floats) -> RiemannSolution:
    """The exact solution for the systems that are recognised; NoRiemannSolver with what was looked for."""
    density = _barotropic(system, axis)
    if density is not None:
        return _solve_barotropic(system, axis, left, right, *density)
    gamma = _ideal_gas(system, axis)
    if gamma is not None:
        return _solve_euler(system, axis, left, right, gamma)
    pressure = _lagrangian(system, axis)
    if pressure is not None:
        return _solve_lagrangian(system, left, right, *pressure)
    raise NoRiemannSolver(f"{system.expression} is none of the systems that are solved exactly: scalar laws, linear "
                          "systems, h_t + m_x = 0, m_t + (m²/h + P(h))_x = 0, the p-system, and the Euler equations of "
                          "an ideal gas. Use an approximate solver, riemann_flux(system, 'hll').")


# Recognition --------------------------------------------------------------------------------------------------
def _barotropic(system: System, axis: str) -> tuple[int, int, Expr] | None:
    """The places of density and momentum, and the pressure P(h), where the others are carried with the flow."""
    u, f = system.state, system.flux(axis)
    for i, h in enumerate(u):
        if f[i] not in u or f[i] == h:
            continue
        k = u.index(f[i])
        pressure = sympy.cancel(f[k] - u[k] ** 2 / h)
        if pressure.free_symbols <= {h} and pressure != 0 and all(
                sympy.cancel(f[j] - u[j] * u[k] / h) == 0 for j in range(len(u)) if j not in (i, k)):
            return i, k, pressure
    return None


def _lagrangian(system: System, axis: str) -> tuple[int, int, Expr] | None:
    """v_t − w_x = 0, w_t + p(v)_x = 0: the places of v and w, and p."""
    u, f = system.state, system.flux(axis)
    for i, k in ((0, 1), (1, 0)):
        if len(u) == 2 and f[i] == -u[k] and f[k].free_symbols == {u[i]}:
            return i, k, f[k]
    return None


def _ideal_gas(system: System, axis: str) -> Expr | None:
    """γ where the fluxes are those of the Euler equations in the order density, momenta, energy."""
    u, f = system.state, system.flux(axis)
    n = len(u)
    if n < 3 or f[0] not in u[1:-1]:
        return None
    k = u.index(f[0])
    energy, rho = u[-1], u[0]
    kinetic = sum(m ** 2 for m in u[1:-1]) / (2 * rho)
    gamma = sympy.cancel(1 + sympy.diff(f[k], energy))
    if gamma.free_symbols or gamma <= 1:
        return None
    p = (gamma - 1) * (energy - kinetic)
    expected = [u[k], *(u[j] * u[k] / rho + (p if j == k else 0) for j in range(1, n - 1)), (energy + p) * u[k] / rho]
    return gamma if all(vanishes(a - b) for a, b in zip(f, expected)) else None


# The star state --------------------------------------------------------------------------------------------------
def _star(left: Side, right: Side, low: float, start: float) -> tuple[float, float]:
    """s* and u* with uL − φ_L(s) = uR + φ_R(s), by bisection and inverse quadratic steps to rounding."""
    def gap(s: float) -> float:
        return left.phi(s) + right.phi(s) + right.velocity - left.velocity
    high = max(start, 1e-12)
    while gap(high) < 0:
        high *= 2
    small = low
    s = float(brentq(gap, small, high, xtol=1e-300, rtol=8.9e-16, maxiter=500)) if gap(small) < 0 else small
    return s, 0.5 * (left.velocity + right.velocity) + 0.5 * (right.phi(s) - left.phi(s))


def _assemble(system: System, sides: tuple[Side, Side], state: Callable[[Side, tuple[float, ...]], Floats],
              star: tuple[float, float], ends: tuple[Floats, Floats], contact: bool, names: dict[str, float],
              starred: tuple[Floats, Floats]) -> RiemannSolution:
    """The waves from left to right, and the interiors of rarefactions."""
    left, right = sides
    s, u = star
    waves = []
    head, tail = left.speeds(s)
    if head != tail or s != left.value:
        waves.append(Wave("rarefaction" if s < left.value else "shock", head, tail, ends[0], starred[0]))
    if contact and numpy.any(starred[0] != starred[1]):
        waves.append(Wave("contact", u, u, starred[0], starred[1]))
    head, tail = right.speeds(s)
    if head != tail or s != right.value:
        waves.append(Wave("rarefaction" if s < right.value else "shock", head, tail, starred[1], ends[1]))

    def fan(xi: float) -> Floats:
        now = ends[0]
        for wave in waves:
            if xi < wave.head:
                return now
            if xi < wave.tail:
                side = left if wave.left is ends[0] else right
                return state(side, side.inside(xi))
            now = wave.right
        return now
    return RiemannSolution(system, tuple(waves), names, fan)


def _parted(system: System, sides: tuple[Side, Side], state: Callable[[Floats, tuple[float, ...]], Floats],
            heads: tuple[float | None, float | None], ends: tuple[Floats, Floats], name: str) -> RiemannSolution:
    """Two rarefactions with vacuum between them; one where the other side, without a head, is itself empty."""
    (left, right), (first, last), void = sides, heads, numpy.zeros(system.size)
    waves = []
    if first is not None:
        waves.append(Wave("rarefaction", first, left.vacuum, ends[0], void))
    if last is not None:
        waves.append(Wave("rarefaction", right.vacuum, last, void, ends[1]))

    def fan(xi: float) -> Floats:
        if first is not None and xi < left.vacuum:
            return ends[0] if xi < first else state(ends[0], left.inside(xi))
        if last is not None and xi > right.vacuum:
            return ends[1] if xi > last else state(ends[1], right.inside(xi))
        return void
    return RiemannSolution(system, tuple(waves), {name: 0.0}, fan)


def _solve_euler(system: System, axis: str, left: Floats, right: Floats, exact: Expr) -> RiemannSolution:
    g = float(exact)
    k = system.state.index(system.flux(axis)[0])

    def primitive(u: Floats) -> tuple[float, float, float]:
        rho = float(u[0])
        if rho == 0:
            return 0.0, 0.0, 0.0
        return rho, float(u[k]) / rho, (g - 1) * float(u[-1] - numpy.sum(u[1:-1] ** 2) / (2 * rho))

    def side(u: Floats, sense: int) -> Side:
        rho, v, p = primitive(u)
        if p < 0:
            from .riemann import BadState
            raise BadState(f"the pressure is {p:g}, and it has to be positive. Change the energy.")
        c = sqrt(g * p / rho) if rho else 0.0

        def phi(s: float) -> float:
            if s > p:
                return (s - p) * sqrt(2 / rho / ((g + 1) * s + (g - 1) * p))
            return 2 * c / (g - 1) * ((s / p) ** ((g - 1) / (2 * g)) - 1)

        def speeds(s: float) -> tuple[float, float]:
            if s > p:
                shock = v + sense * c * sqrt((g + 1) / (2 * g) * s / p + (g - 1) / (2 * g))
                return shock, shock
            end = v + sense * phi(s) + sense * c * (s / p) ** ((g - 1) / (2 * g))
            return (v - c, end) if sense < 0 else (end, v + c)

        def inside(xi: float) -> tuple[float, ...]:
            now = 2 / (g + 1) * (c + (g - 1) / 2 * sense * (xi - v))  # the sound speed in the fan
            ratio = now / c
            return rho * ratio ** (2 / (g - 1)), xi - sense * now, p * ratio ** (2 * g / (g - 1))
        return Side(sense, p, v, phi, speeds, inside, v + sense * (-2 * c / (g - 1)) if rho else v)

    def state(u: Floats, values: tuple[float, ...]) -> Floats:
        rho, v, p = values
        made = numpy.array(u, dtype=float)
        made[1:-1] *= rho / u[0] if u[0] else 0
        made[0], made[k] = rho, rho * v
        made[-1] = p / (g - 1) + (float(numpy.sum(made[1:-1] ** 2)) / (2 * rho) if rho else 0.0)
        return made
    sides = side(left, -1), side(right, 1)
    (rl, ul, pl), (rr, ur, pr) = primitive(left), primitive(right)
    if rl == 0 or rr == 0 or (sides[0].vacuum <= sides[1].vacuum and sides[0].vacuum < inf):
        heads = ul - sqrt(g * pl / rl) if rl else None, ur + sqrt(g * pr / rr) if rr else None
        return _parted(system, sides, state, heads, (left, right), "p")
    s, u = _star(*sides, low=0.0, start=max(pl, pr))

    def density(rho: float, p: float) -> float:
        if s > p:
            ratio, q = s / p, (g - 1) / (g + 1)
            return rho * (ratio + q) / (q * ratio + 1)
        return rho * (s / p) ** (1 / g)
    dl, dr = density(rl, pl), density(rr, pr)
    return _assemble(system, sides, lambda side, x: state(left if side.sense < 0 else right, x), (s, u), (left, right),
                     True, {"p": s, "u": u, "rho_left": dl, "rho_right": dr},
                     (state(left, (dl, u, s)), state(right, (dr, u, s))))


def _solve_barotropic(system: System, axis: str, left: Floats, right: Floats, i: int, k: int,
                      exact: Expr) -> RiemannSolution:
    h = system.state[i]
    pressure = sympy.lambdify([h], exact, modules=["math"])
    slope = sympy.cancel(sympy.diff(exact, h))
    sound = sympy.lambdify([h], sympy.sqrt(slope), modules=["math"])
    integrand = sympy.powdenest(sympy.powsimp(sympy.sqrt(slope) / h), force=True)
    potential = sympy.integrate(integrand, h)
    closed = not potential.has(sympy.Integral)
    integral = sympy.lambdify([h], potential, modules=["math"]) if closed else None
    origin: Any = sympy.limit(potential, h, 0) if closed else None
    finite = bool(closed and origin.is_finite)

    def between(a: float, b: float) -> float:
        if integral is not None:
            def at(x: float) -> float:
                return integral(x) if x > 0 else float(origin)
            return at(b) - at(a)
        return quad(lambda x: sound(x) / x, a, b, epsabs=1e-15, epsrel=1e-14)[0]

    def side(u: Floats, sense: int) -> Side:
        depth, v = float(u[i]), float(u[k] / u[i]) if u[i] else 0.0

        def phi(s: float) -> float:
            if s > depth:
                return sqrt((s - depth) * (pressure(s) - pressure(depth)) / (s * depth))
            return between(depth, s)

        def speeds(s: float) -> tuple[float, float]:
            if s > depth:
                shock = v + sense * sqrt(s / depth * (pressure(s) - pressure(depth)) / (s - depth))
                return shock, shock
            end = v + sense * phi(s) + sense * (sound(s) if s > 0 else 0.0)
            return (v - sound(depth), end) if sense < 0 else (end, v + sound(depth))

        def inside(xi: float) -> tuple[float, ...]:
            def gap(x: float) -> float:
                return sense * (xi - v) - between(depth, x) - sound(x)
            low = 1e-300 if finite else 1e-12 * depth
            if gap(low) <= 0:
                return 0.0, 0.0
            x = brentq(gap, low, depth, xtol=1e-300, rtol=8.9e-16, maxiter=500)
            return x, v + sense * between(depth, x)
        return Side(sense, depth, v, phi, speeds, inside,
                    v + sense * between(depth, 0.0) if depth and finite else sense * -inf if depth else v)

    def state(u: Floats, values: tuple[float, ...]) -> Floats:
        made = numpy.array(u, dtype=float) * (values[0] / u[i] if u[i] else 0.0)
        made[i], made[k] = values[0], values[0] * values[1]
        return made
    sides = side(left, -1), side(right, 1)
    hl, hr = sides[0].value, sides[1].value
    if hl == 0 or hr == 0 or sides[0].vacuum <= sides[1].vacuum:
        heads = sides[0].velocity - sound(hl) if hl else None, sides[1].velocity + sound(hr) if hr else None
        return _parted(system, sides, state, heads, (left, right), h.name)
    low = 0.0 if finite else 1e-14 * min(hl, hr)
    s, u = _star(*sides, low=low, start=max(hl, hr))
    return _assemble(system, sides, lambda side, x: state(left if side.sense < 0 else right, x), (s, u), (left, right),
                     system.size > 2, {h.name: s, "u": u}, (state(left, (s, u)), state(right, (s, u))))


def _solve_lagrangian(system: System, left: Floats, right: Floats, i: int, k: int, exact: Expr) -> RiemannSolution:
    """v_t − w_x = 0, w_t + p(v)_x = 0 with p′ < 0 < p″; the strength is −v, rising with compression."""
    x = system.state[i]
    pressure = sympy.lambdify([x], exact, modules=["math"])
    sound = sympy.lambdify([x], sympy.sqrt(-sympy.diff(exact, x)), modules=["math"])
    whole = sympy.integrate(sympy.powdenest(sympy.sqrt(factored(-sympy.diff(exact, x))), force=True), x)
    if whole.has(sympy.Integral):
        raise NoRiemannSolver(f"∫ √(−p′) has no closed form for {system.expression}. Give another pressure.")
    integral = sympy.lambdify([x], whole, modules=["math"])
    (vl, wl), (vr, wr) = ((float(u[i]), float(u[k])) for u in (left, right))

    def phi(s: float, v: float) -> float:  # the fall of w across the wave, rising with compression
        return sqrt((v - s) * (pressure(s) - pressure(v))) if s < v else integral(v) - integral(s)

    def gap(s: float) -> float:
        return phi(s, vl) + phi(s, vr) + wr - wl
    low, high = min(vl, vr), max(vl, vr)
    while gap(low) < 0:
        low /= 2
    while gap(high) > 0:
        high *= 2
        if high > 1e300:
            raise NoRiemannSolver("the states move apart so fast that no specific volume lies between: a vacuum, which "
                                  "Lagrangian coordinates do not hold. Use Eulerian ones.")
    s = float(brentq(gap, low, high, xtol=1e-300, rtol=8.9e-16, maxiter=500))
    w = 0.5 * (wl + wr) + 0.5 * (phi(s, vr) - phi(s, vl))
    star = numpy.zeros(2)
    star[i], star[k] = s, w
    waves = []
    for v, sense, (a, b) in ((vl, -1, (left, star)), (vr, 1, (star, right))):
        if s < v:
            speed = sense * sqrt((pressure(s) - pressure(v)) / (v - s))
            waves.append(Wave("shock", speed, speed, a, b))
        elif s > v:
            ends = sorted((sense * sound(v), sense * sound(s)))
            waves.append(Wave("rarefaction", ends[0], ends[1], a, b))

    def fan(xi: float) -> Floats:
        now = left
        for wave in waves:
            if xi < wave.head:
                return now
            if xi < wave.tail:
                v, w0, sense = (vl, wl, -1) if wave.left is left else (vr, wr, 1)
                y = brentq(lambda y: sound(y) - abs(xi), min(v, s), max(v, s), rtol=8.9e-16)
                made = numpy.zeros(2)
                made[i], made[k] = y, w0 + sense * (integral(v) - integral(y))
                return made
            now = wave.right
        return now
    return RiemannSolution(system, tuple(waves), {x.name: s, system.names[k]: w}, fan)
