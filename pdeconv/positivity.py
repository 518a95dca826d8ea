"""Positivity: unknowns that a scheme keeps positive, and up to which Courant number."""
from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sympy
from sympy import Expr

if TYPE_CHECKING:
    from .scheme import Scheme
    from .system import System


@dataclass(frozen=True)
class Positivity:
    """The unknowns that stay positive for Courant numbers up to `courant`, with the largest speed of all cells."""

    unknowns: tuple[str, ...]
    courant: Expr

    def __bool__(self) -> bool:
        return bool(self.unknowns)

    def __repr__(self) -> str:
        if not self.unknowns:
            return "<Positivity: nothing is proved>"
        return f"<Positivity: {', '.join(self.unknowns)} > 0 up to the Courant number {self.courant}>"


COURANT = {"rusanov": sympy.S.One, "hll": sympy.S.One, "hllc": sympy.S.Half, "godunov": sympy.S.Half}  # in 1-D


def positivity(scheme: Scheme) -> Positivity:
    """The unknowns q > 0 that are carried by a velocity, f_j(q) = q w_j, and the pressure of an ideal gas with a number
    for γ, kept positive by forward Euler steps with constant reconstruction up to C = 1/d for "rusanov" and "hll", 1/2d
    for "hllc" and "godunov", which is proved to keep the density alone.

    The states with q > 0 (and p > 0) are a convex cone, and s u − f, f − s′ u lie in it where s ≥ w + c and s′ ≤ w −
    c: for the pressure because (s − w)² > (γ − 1) p/2ρ. HLL: F = (S⁺(f⁻ − S⁻u⁻) + S⁻(S⁺u⁺ − f⁺))/(S⁺ − S⁻), so what
    neighbours give is in the cone; what stays is u − Δt/Δx (a u + b f) with the speed λ = w ± c in place of f/u at
    least 1 − Δt/Δx max |S| ≥ 0 of it. Rusanov: the same with S⁺ = −S⁻. HLLC: the cell's new state is the mean of
    those in the fans, all in the cone where S_L ≤ w − c, S_R ≥ w + c on both sides and ρ c² ≥ p, and the fans do not
    meet (Einfeldt et al., J. Comput. Phys. 92, 1991; Batten et al., SIAM J. Sci. Comput. 18, 1997). Godunov: at a face
    u⁻ | u⁺ no more mass than ρ⁻ max(w⁻, c⁻) leaves to the right, since a shock at a speed S < 0 gives ρ w = ρ⁻w⁻ + S (ρ
    − ρ⁻) ≤ ρ⁻w⁻, and a rarefaction has ρ ≤ ρ⁻ and w ≤ c ≤ c⁻ behind its head. In d dimensions
    the step is the mean of d steps along axes, d times as long. Convex combinations of Euler steps multiply the
    number by their coefficient; other reconstructions and fluxes are not covered (Perthame and Shu, Numer. Math. 73,
    1996).

    >>> from pdeconv import catalog
    >>> positivity(catalog.shallow_water(ndim=2).scheme("rusanov"))
    <Positivity: h > 0 up to the Courant number 1/2>
    >>> positivity(catalog.euler().at(gamma="7/5").scheme("upwind", flux="hllc"))
    <Positivity: rho, p > 0 up to the Courant number 1/2>
    """
    system = scheme.system
    covered = scheme.flux is not None and scheme.flux.name in COURANT and scheme.reconstruction is not None and (
        scheme.reconstruction.name == "constant") and system.is_conservative and not any(system.source)
    ssp = scheme.time.ssp_coefficient
    if not covered or scheme.flux is None or ssp == 0 or (scheme.flux.name == "hllc" and not _is_stiff(system)):
        return Positivity((), sympy.S.Zero)
    found = tuple(u.name for i, u in enumerate(system.state) if u.is_positive and _is_carried(system, i))
    found += _pressure(system) if scheme.flux.name != "godunov" else ()
    return Positivity(found, COURANT[scheme.flux.name] * ssp / system.ndim if found else sympy.S.Zero)


def _pressure(system: System) -> tuple[str, ...]:
    """The name of the pressure of an ideal gas, where γ > 1 is a number."""
    from .eigenstructure import primitive_inverse
    from .riemann_gas import _ideal_gas
    gamma, *others = (_ideal_gas(system, axis) for axis in system.axes)
    if gamma is None or any(g != gamma for g in others):
        return ()
    u = system.state
    p = (gamma - 1) * (u[-1] - sum(m ** 2 for m in u[1:-1]) / (2 * u[0]))
    return tuple(x.name for x, e in primitive_inverse(system).items() if sympy.cancel(e - p) == 0)


def _is_stiff(system: System) -> bool:
    """Whether ρ c² ≥ p along every axis, for the pressure of "hllc" and the fastest waves w ± c."""
    from .eigenstructure import characteristic_factors
    from .hll import NoSuchFlux, decompose
    from .sign import is_nonnegative, sign
    back = {} if system.primitive is None else dict(zip(system.state, system.primitive))
    for axis in system.axes:
        try:
            i, _, pressure, _ = decompose(system, axis)
        except NoSuchFlux:
            return False
        unit = tuple(sympy.Integer(a == axis) for a in system.axes)
        squares = [f.offsets[-1] ** 2 for f in characteristic_factors(system, unit)]
        rest = [sympy.cancel((system.state[i] * c - pressure).subs(back, simultaneous=True)) for c in squares]
        if not any(is_nonnegative(e) or (sign(e) or 0) > 0 for e in rest):
            return False
    return True


def _is_carried(system: System, i: int) -> bool:
    """Whether f_j(u)_i = u_i w_j along every axis, with w_j the mean of a factor of the characteristic polynomial."""
    from .eigenstructure import characteristic_factors, primitive_inverse
    inverse = primitive_inverse(system)
    for axis in system.axes:
        unit = tuple(sympy.Integer(a == axis) for a in system.axes)
        w = sympy.cancel(system.flux(axis)[i] / system.state[i])
        means = [sympy.sympify(f.mean).subs(inverse) for f in characteristic_factors(system, unit)]
        if not any(sympy.cancel(m - w) == 0 for m in means):
            return False
    return True
