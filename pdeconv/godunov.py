"""The exact flux of Godunov: f at x/t = 0 of the solution of the Riemann problem, as a formula or as a program."""
from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import sympy
from sympy import Expr, Max, Min, Piecewise

from .hll import NoSuchFlux
from .numerical_flux import State, upwind
from .reconstruction import Let, plain

if TYPE_CHECKING:
    from .star_state import Side
    from .system import System


def godunov(system: System, u: Sequence[Expr], v: Sequence[Expr], axis: str, let: Let = plain) -> State:
    """For one unknown with f″ ≠ 0: max(f(max(u⁻, s)), f(min(u⁺, s))) with f′(s) = 0 for convex f, its mirror image for
    concave f (Osher, SIAM J. Numer. Anal. 21 (1984) 217). For linear systems: upwind. For ideal gases, shallow water
    and other pressures k ρ^γ, in Euler's coordinates and in Lagrange's: from the `star_state`, whose error is rounding,
    by `sampled`. NoSuchFlux otherwise.

    >>> from pdeconv import catalog
    >>> godunov(catalog.burgers(), [sympy.Integer(-1)], [sympy.Integer(1)], "x")
    (0,)
    """
    if system.is_linear:
        return upwind(system, u, v, axis)
    if system.size == 1:
        bend, rest = sonic(system, axis)
        if bend and rest is not None:
            x, f = system.state[0], system.flux(axis)[0]
            pick = Max if bend > 0 else Min
            ends = let(Max(u[0], rest)), let(Min(v[0], rest))
            return (pick(*(f.subs(x, e) for e in ends)),)
        raise NoSuchFlux(f"the flux of {system.expression} is neither convex nor concave with one sonic point, so the "
                         "least of f between two states has no formula here. Evaluate it in numbers, "
                         "RiemannFlux(system, 'godunov').evaluate(left, right), or use 'rusanov'.")
    return _of_gas(system, u, v, axis, let)


def _of_gas(system: System, u: Sequence[Expr], v: Sequence[Expr], axis: str, let: Let) -> State:
    """The flux by density, velocity and pressure at x/t = 0; what is carried comes from the side of the contact."""
    from .star_state import Side, sides_of, star_state
    if let is plain:
        if not all(sympy.sympify(x).is_number for x in (*u, *v)):
            sides_of(system, u, v, axis)
            raise NoSuchFlux(f"the exact Godunov flux of {system.expression} is a program, which is too long as one "
                             "formula of symbols. Read scheme.face_program(axis), give numbers, or take 'hllc'.")
        let = sympy.N  # steps in floats
    left, right, (i, k) = sides_of(system, u, v, axis, let)
    z, middle = star_state(left, right, let)
    gas = left.gas
    if system.flux(axis)[i] != system.state[k]:  # Lagrange's coordinates: the waves leave to both sides
        pressure = left.pressure * (z / left.z) ** gas.power
        return tuple(-middle if j == i else pressure for j in range(2))

    def chosen(a: Expr, b: Expr) -> Expr:
        return let(Piecewise((a, middle > 0), (b, True)))
    side = Side(gas, *(chosen(getattr(left, name), sign * getattr(right, name)) for name, sign in (
        ("rho", 1), ("velocity", -1), ("pressure", 1), ("sound", 1), ("z", 1))))
    rho, velocity, pressure = map(let, sampled(side, z, chosen(middle, -middle), let))
    mass, energy = let(chosen(rho, -rho) * velocity), system.size - 1 if gas.is_ideal else None
    found = {i: mass, k: rho * velocity ** 2 + pressure}
    carried = {j: chosen(u[j] / u[i], v[j] / v[i]) for j in range(system.size) if j not in (i, k, energy)}
    found |= {j: mass * e for j, e in carried.items()}
    if energy is not None:
        kinetic = (velocity ** 2 + sum(e ** 2 for e in carried.values())) / 2
        found[energy] = mass * kinetic + gas.gamma / (gas.gamma - 1) * pressure * chosen(velocity, -velocity)
    return tuple(found[j] for j in range(system.size))


def sampled(side: Side, z: Expr, middle: Expr, let: Let = plain) -> State:
    """Density, velocity and pressure at x/t = 0, where the contact has a speed u* ≥ 0 and the wave of this side is on
    its left.

    A shock has passed where ρ_K u_K is less than the mass that enters it. In a fan u = c, so z/z_K = (2 + (γ−1)
    u_K/c_K)/(γ + 1), cut off at its ends: 1 before the fan, and z*/z_K behind it.
    """
    from .star_state import Y
    gas = side.gas
    y = let(z / side.z)
    fan = let((2 + (gas.gamma - 1) * side.velocity / side.sound) / (gas.gamma + 1))
    shock = let(Max(1, y))
    entering = let(side.sound * gas.mach.subs(Y, shock))
    here = let(Piecewise((Piecewise((1, side.velocity > entering), (y, True)), y > 1), (Min(1, Max(y, fan)), True)))
    velocity = Piecewise((middle, sympy.Eq(here, y)),
                         (side.velocity + 2 * side.sound / (gas.gamma - 1) * (1 - here), True))
    grown = Piecewise((gas.compression.subs(Y, shock), here > 1), (here ** (2 / (gas.gamma - 1)), True))
    return side.rho * grown, velocity, side.pressure * here ** gas.power


def sonic(system: System, axis: str) -> tuple[int, Expr | None]:
    """The sign of f″ of a law for one unknown, 0 where it is not known, and the s with f′(s) = 0 where there is one."""
    from .sign import sign
    x, f = system.state[0], system.flux(axis)[0]
    bend = sign(sympy.diff(f, x, 2)) or 0
    found = sympy.solve(sympy.diff(f, x), x) if bend else []
    return bend, found[0] if len(found) == 1 else None
