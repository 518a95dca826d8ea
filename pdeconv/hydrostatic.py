"""Hydrostatic: shallow water over a bottom, exactly at rest where the surface is level, with dry cells."""
from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sympy
from sympy import Expr, Max, Piecewise, Rational

from .formula import text
from .laurent import Offset
from .numerical_flux import State, numerical_flux
from .positivity import Positivity
from .reconstruction import Let, plain, reconstruction
from .runge_kutta import runge_kutta
from .scheme import RATIO, NotDefined
from .semi_discrete import SemiDiscrete
from .system import System

DRY = Rational(1, 10 ** 12)  # the depth below which a cell does not move


class Hydrostatic(SemiDiscrete):
    """The reconstruction of Audusse, Bouchut, Bristeau, Klein and Perthame (SIAM J. Sci. Comput. 25 (2004) 2050).

    At a face the bottom is b* = max(b⁻, b⁺) and the depths are h*⁻ = max(0, h⁻ + b⁻ − b*), h*⁺ likewise, with the
    velocities of the cells. F is a flux of flat shallow water at these states, and the momentum of a cell changes by
    F − P(h*) of its own side. At rest, where h + b is one float in all wet cells and no dry bottom lies below it,
    h*⁻ = h*⁺ on every face and F is (0, P(h*)) by the same operations: nothing moves by a bit. A flux that keeps h ≥ 0
    on a flat bottom keeps it here, because h* ≤ h. Cells with h < 10⁻¹² have the velocity 0.
    """

    @staticmethod
    def make(system: System, courant: Expr | None, printed: tuple[tuple[str, str], ...],
             given: dict[str, Any]) -> Hydrostatic:
        """The scheme with the flux "rusanov" or "hll", which divide by no depth; NotDefined."""
        flat_system(system)
        strange = [k for k in given if k not in ("flux", "time")]
        if strange:
            raise NotDefined(f"'hydrostatic' takes a flux and a time stepping, and {', '.join(strange)} has no place "
                             "in it: the states at faces are those of the cells, moved to one bottom. Leave it out.")
        flux = numerical_flux(given.get("flux", "hll"), flat_system(system), RATIO)
        if flux.name not in ("rusanov", "hll"):
            raise NotDefined(f"the flux {flux.name!r} may divide by the depth, which is 0 beside a step of the bottom. "
                             "Use 'rusanov' or 'hll'.")
        return Hydrostatic(system, "hydrostatic", courant, printed, flux, reconstruction("constant"),
                           runge_kutta(given.get("time", "euler")))

    @property
    def is_linear(self) -> bool:
        """False."""
        return False

    def face_sides(self, axis: str, cells: Mapping[Offset, State], let: Let = plain) -> tuple[State, State]:
        """What leaves the cell on the left, and what enters the cell on the right: F less the pressure of each side."""
        assert self.flux is not None
        n, k = len(self.axes) + 1, 1 + self.axes.index(axis)
        left, right = (cells[o] for o in self.face_offsets(axis))
        top = let(Max(left[n], right[n]))
        depths = [let(Max(0, let(u[0] + u[n]) - top)) for u in (left, right)]
        wet = [sympy.Dummy("h", positive=True) for _ in depths]  # so that h v/h is v, also where h is 0
        first, second = [(h, *(h * let(_velocity(u[0], m)) for m in u[1:n])) for h, u in zip(wet, (left, right))]

        def named(e: Expr) -> Expr:
            return let(_rooted(e.xreplace(dict(zip(wet, depths))), let))
        flux = [named(e) for e in self.flux.flux(first, second, axis, named)]
        here, *momenta = self.flux.system.state
        pressure = self.flux.system.flux(axis)[k].subs(dict.fromkeys(momenta, 0))
        sides = []
        for h in depths:
            made = [*flux, sympy.S.Zero]
            made[k] = made[k] - let(pressure.subs(here, h))
            sides.append(tuple(made))
        return sides[0], sides[1]

    def face_flux(self, axis: str, cells: Mapping[Offset, State], let: Let = plain) -> State:
        """Both sides, one after the other."""
        left, right = self.face_sides(axis, cells, let)
        return (*left, *right)

    def speed(self, axis: str) -> Expr:
        """|v| + √(P′(h)), and the small √(P′(10⁻¹²)) in dry cells, where the root of 0 would have no derivative."""
        assert self.flux is not None
        k = 1 + self.axes.index(axis)
        h, *momenta = self.flux.system.state
        slope = sympy.diff(self.flux.system.flux(axis)[k].subs(dict.fromkeys(momenta, 0)), h)
        return sympy.Abs(_velocity(h, self.system.state[k])) + sympy.sqrt(slope.subs(h, Max(h, DRY)))

    @property
    def may_vanish(self) -> tuple[str, ...]:
        """The depth: cells may be dry."""
        return self.system.names[:1]

    def positivity(self) -> Positivity:
        """h ≥ 0 up to C = 1/d times the coefficient of the Runge–Kutta method."""
        return Positivity((self.system.names[0],), self.time.ssp_coefficient / self.system.ndim)

    def conservation(self) -> Any:
        """NotConservative: the bottom pushes."""
        from .conservation import NotConservative
        raise NotConservative(f"{self.expression} keeps the sum of {self.system.names[0]} and not those of momenta, "
                              "which the bottom changes. Ask for the scheme of the system without a bottom.")

    def _facts(self) -> str:
        assert self.flux is not None
        return f"{self.flux.name} flux, hydrostatic reconstruction, {self.time.name}"


def _rooted(e: Expr, let: Let = plain) -> Expr:
    """The same with √x as a choice of 0 where x = 0, whose derivative there is 0: what multiplies it vanishes too."""
    roots = [r for r in e.atoms(sympy.Pow) if r.exp == Rational(1, 2) and not r.is_number]
    return e.xreplace({r: let(Piecewise((r, r.base > 0), (sympy.S.Zero, True))) for r in roots})


def _velocity(h: Expr, m: Expr) -> Expr:
    return Piecewise((m / Max(h, DRY), h > DRY), (sympy.S.Zero, True))


def flat_system(system: System) -> System:
    """The conservation laws h_t + Σ m_j,j = 0, m_t + … = 0 over a flat bottom, from the matrices over a bottom b, the
    last unknown, which stays and pushes by P′(h) b_x; NotDefined with what differs.

    >>> from pdeconv import catalog
    >>> flat_system(catalog.shallow_water(bottom=True)).fluxes
    ((m_x, g*h**2/2 + m_x**2/h),)
    """
    d = system.ndim
    if system.is_conservative or system.size != d + 2 or any(system.source):
        raise NotDefined(f"{system.expression} is not shallow water over a bottom, with the unknowns depth, {d} "
                         "momenta and bottom. Use catalog.shallow_water(bottom=True).")
    h, *momenta, b = system.state
    slope = sympy.cancel(system.matrices[0][1, d + 1])
    pressure = sympy.integrate(slope, h)
    rows = [[m, *(m * x / h + (pressure if x == m else 0) for x in momenta)] for m in momenta]
    for matrix, row, m in zip(system.matrices, rows, momenta):
        push = [slope if x == m else sympy.S.Zero for x in system.state[:-1]]
        expected = [[*(sympy.diff(f, u) for u in system.state[:-1]), p] for f, p in zip(row, push)]
        expected.append([sympy.S.Zero] * system.size)
        if slope.has(b) or any(sympy.cancel(x - y) != 0 for x, y in zip(matrix, (e for r in expected for e in r))):
            raise NotDefined(f"the matrices of {system.expression} are not those of shallow water over a bottom that "
                             "stays and pushes by P′(h) b_x. Use catalog.shallow_water(bottom=True).")
    return System({a: [text(f) for f in row] for a, row in zip(system.axes, rows)}, system.names[:-1],
                  positive=sorted(system.positive), primitive=None if system.primitive is None else {
                      n: text(e) for n, e in zip(system.names[:-1], system.primitive)})


__all__ = ["DRY", "Hydrostatic", "flat_system"]
