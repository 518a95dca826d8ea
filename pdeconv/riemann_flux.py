"""Fluxes of Riemann solvers: HLL, HLLC, Roe with entropy fix, exact Godunov, and entropy-conservative and -stable."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy
import sympy
from sympy import Abs, Expr, Max, Piecewise

from .coefficients import Coefficients
from .face_program import naming
from .formula import rational, text
from .godunov import godunov
from .hll import NoSuchFlux, davis, decompose, hll, hll_dissipation, hllc
from .jump import sides, vanishes
from .numerical_flux import NumericalFlux, State, physical
from .operations import NUMPY
from .program import program
from .reconstruction import Let, plain
from .roe_flux import roe

NAMES = ("hll", "hllc", "roe", "godunov", "entropy-conservative", "entropy-stable")


@dataclass(frozen=True)
class RiemannFlux(NumericalFlux):
    """The two-point flux F(u⁻, u⁺) of a Riemann solver, for schemes: F(u, u) = f(u). Names:

    "hll": two waves of the speeds S⁻ = min(0, λ₁(u⁻), λ₁(u⁺)) and S⁺ = max(0, λ_n(u⁻), λ_n(u⁺)). "hllc": with the
    contact, for fluxes f = v u + p d. "roe": (f⁻ + f⁺)/2 − Σ |λ̂_k| α_k r̂_k/2 with the fix of Harten and Hyman, or with
    that of Harten, where |λ̂| < δ = fix · the largest speed; fix=0 is none. "godunov": f at ξ = 0 of the exact solution;
    a formula for scalar laws with a convex or concave flux and for linear systems, a program for ideal gases and for
    pressures k ρ^γ, numbers otherwise.
    "entropy-conservative": Tadmor's, and "entropy-stable": the same less s (u⁺ − u⁻)/2. Sources in `hll`, `roe_flux`,
    `godunov`, `entropy_flux`.

    >>> from pdeconv import catalog
    >>> RiemannFlux(catalog.burgers(), "entropy-conservative").flux([1], [0])
    (1/6,)
    """

    name: str
    fix: Any = None

    def __post_init__(self) -> None:
        if self.name not in NAMES:
            raise NoSuchFlux(f"there is no Riemann flux {self.name!r}. The names are {', '.join(NAMES)}.")
        if self.fix is not None:
            width = rational(self.fix)
            if self.name != "roe" or not 0 <= width <= 1:
                raise NoSuchFlux(f"fix={self.fix!r}: the entropy fix is a number from 0 to 1 for the flux 'roe'. Leave "
                                 "it out, or give fix='1/10'.")
            object.__setattr__(self, "fix", width)

    def flux(self, left: Sequence[Any], right: Sequence[Any], axis: str | None = None, let: Let = plain) -> State:
        """F(u⁻, u⁺) along the axis, as formulas.

        >>> from pdeconv import catalog
        >>> RiemannFlux(catalog.burgers(), "godunov").flux([1], [0])
        (1/2,)
        """
        along = self.system.axes[0] if axis is None else axis
        u, v = (tuple(map(sympy.sympify, x)) for x in (left, right))
        match self.name:
            case "hll":
                return hll(self.system, u, v, along, let)
            case "hllc":
                return hllc(self.system, u, v, along, let)
            case "roe":
                return roe(self.system, u, v, along, let, self.fix)
            case "godunov":
                return godunov(self.system, u, v, along, let)
        central = self._central_flux(u, v, along)
        if self.name == "entropy-conservative":
            return central
        speed = let(Max(*map(Abs, davis(self.system, u, v, along))))
        return tuple(a - speed * (y - x) / 2 for a, x, y in zip(central, u, v))

    def _central_flux(self, u: State, v: State, axis: str) -> State:
        """Tadmor's flux; for linear systems A (u⁻ + u⁺)/2, which it is for every quadratic entropy."""
        if self.system.is_linear:
            return self._mean(u, v, axis)
        from .entropy_flux import suited_flux
        return suited_flux(self.system, axis).flux(u, v)

    def dissipation(self, ring: Coefficients, axis: int) -> Any:
        """Δt/Δx · Q for constant coefficients: |M| for exact solvers, α M + β for HLL, ρ(M) for "entropy-stable"."""
        if self.name == "entropy-conservative":
            return 0 * ring.one
        if self.name == "entropy-stable":
            return ring.courants[axis] * ring.one
        if self.name != "hll" or self.system.size == 1:
            return ring.absolute(axis)
        alpha, beta = hll_dissipation(self.system, self.system.axes[axis])
        if alpha == 0:
            return ring.courants[axis] * ring.one
        if beta == 0:
            return ring.absolute(axis)
        if isinstance(ring.one, sympy.Poly):
            from .scheme import NotLinear
            raise NotLinear(f"the dissipation of 'hll' is {alpha}·A + {beta} for {self.system.expression}, not even in "
                            "the speeds, so that one characteristic does not stand for all. Use 'rusanov' or 'upwind'.")
        return alpha * ring.matrices[axis] + self.ratio * beta * ring.one

    def evaluate(self, left: Any, right: Any, axis: str | None = None) -> numpy.ndarray:
        """F for arrays of states of shape (n, …), in NumPy; "godunov" solves faces exactly, one by one,
        where it has no formula and beside a vacuum."""
        along = self.system.axes[0] if axis is None else axis
        u, v = numpy.asarray(left, dtype=float), numpy.asarray(right, dtype=float)
        names, (lines, let) = sides(self.system.state), naming()
        try:
            values = self.flux(*names, along, let)
        except NoSuchFlux:
            if self.name != "godunov":
                raise
            return self._solved(u, v, along)
        inputs = {s: s.name for row in names for s in row}
        made = program(values, inputs, lines)
        with numpy.errstate(divide="ignore", invalid="ignore"):
            out = made(NUMPY, {s.name: x for row, given in zip(names, (u, v)) for s, x in zip(row, given)})
        found = numpy.array([numpy.broadcast_to(x, u.shape[1:]) for x in out], dtype=float)
        empty = ~numpy.isfinite(found).all(0)
        if self.name == "godunov" and empty.any():  # beside a vacuum, where speeds are 0/0
            found[:, empty] = self._solved(u[:, empty], v[:, empty], along)
        return found

    def _solved(self, u: numpy.ndarray, v: numpy.ndarray, axis: str) -> numpy.ndarray:
        from .riemann import evaluated, riemann
        f = evaluated(self.system.flux(axis), self.system.state)
        faces = zip(u.reshape(len(u), -1).T, v.reshape(len(v), -1).T)
        here = [riemann(self.system, a, b, axis)(0.0) for a, b in faces]
        return numpy.array([f(x) if x.any() or len(u) == 1 else x for x in here]).T.reshape(u.shape)  # 0 in a vacuum

    def is_consistent(self, axis: str) -> bool:
        """Whether F(u, u) = f(u), exactly: a rational identity in every branch, whatever the speeds are."""
        system = self.system
        u = system.state if system.primitive is None else system.primitive
        if self.name == "godunov" and system.size == 1 and not system.is_linear:
            return _is_consistent_at_extremes(self, axis)
        if self.name == "godunov" and not system.is_linear:
            return _is_consistent_by_flow(self, u, axis)
        return all(_agrees(a, b) for a, b in zip(self.flux(u, u, axis), physical(system, u, axis)))

    @property
    def expression(self) -> str:
        """The name, as schemes print it."""
        return repr(self.name) if self.fix is None else repr(self)

    def __repr__(self) -> str:
        fix = "" if self.fix is None else f", {text(self.fix)!r}"
        return f"RiemannFlux({self.system.expression}, {self.name!r}{fix})"


def _agrees(a: Expr, b: Expr) -> bool:
    """Whether two expressions are equal in every branch, with each min, max, |·| a symbol of its own."""
    if isinstance(a, Piecewise):
        return all(_agrees(piece, b) for piece, _ in a.args)
    difference = sympy.sympify(a - b)
    inner = {e: sympy.Dummy() for e in difference.atoms(Max, sympy.Min, Abs, Piecewise)}
    return vanishes(difference.xreplace(inner))


def _is_consistent_at_extremes(flux: RiemannFlux, axis: str) -> bool:
    """One of max(u, s) and min(u, s) is u and the other is s, where f is least: so both sides are f(u) and f(s), and
    f(u) − f(s) has the sign of f″, by the mean value theorem."""
    from .godunov import sonic
    bend, rest = sonic(flux.system, axis)
    u, step = flux.system.state[0], sympy.Dummy("d", positive=True)
    f = flux.system.flux(axis)[0]
    for near in (rest, rest + step, rest - step):
        value, expected = flux.flux([near], [near], axis)[0], f.subs(u, near)
        if value not in (expected, sympy.expand(expected)) and not (
                {sympy.expand(e) for e in value.args} == {sympy.expand(expected), sympy.expand(f.subs(u, rest))}):
            return False
    return bend != 0


def _is_consistent_by_flow(flux: RiemannFlux, u: Sequence[Expr], axis: str) -> bool:
    """At equal states the guess is the state, where no step of Newton's moves it: seen line by line, for either
    direction of the flow and for none."""
    def settled(e: Expr) -> Expr:
        return sympy.powdenest(sympy.cancel(sympy.sympify(e)), force=True)
    free = sorted({s for e in u for s in e.free_symbols if not s.is_positive}, key=str)
    step = [sympy.Dummy("w", positive=True) for _ in free]
    for sign in (1, -1, 0):
        now = [e.subs({s: sign * w for s, w in zip(free, step)}, simultaneous=True) for e in u]
        made, expected = flux.flux(now, now, axis, settled), physical(flux.system, now, axis)
        if not all(vanishes(a - b) for a, b in zip(made, expected)):
            return False
    return True


__all__ = ["NAMES", "NoSuchFlux", "RiemannFlux", "decompose"]
