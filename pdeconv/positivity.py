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


def positivity(scheme: Scheme) -> Positivity:
    """The unknowns q > 0 that are carried by a velocity, f_j(q) = q w_j, kept positive by Rusanov's flux for C ≤ 1/d.

    q_new = q (1 − Δt/Δx Σ (s₊ + s₋)/2) + Δt/2Δx Σ (q₊ (s₊ − w₊) + q₋ (s₋ + w₋)) is a sum of terms ≥ 0 where s ≥ |w|,
    which holds where w is the mean of speeds w ± c. Convex combinations of Euler steps multiply the number by their
    coefficient; other reconstructions and fluxes are not covered (Perthame and Shu, Numer. Math. 73, 1996).

    >>> from pdeconv import catalog
    >>> positivity(catalog.shallow_water(ndim=2).scheme("rusanov"))
    <Positivity: h > 0 up to the Courant number 1/2>
    """
    system = scheme.system
    covered = scheme.flux is not None and scheme.flux.name == "rusanov" and scheme.reconstruction is not None and (
        scheme.reconstruction.name == "constant") and system.is_conservative and not any(system.source)
    ssp = scheme.time.ssp_coefficient
    if not covered or ssp == 0:
        return Positivity((), sympy.S.Zero)
    found = tuple(u.name for i, u in enumerate(system.state) if u.is_positive and _is_carried(system, i))
    return Positivity(found, ssp / system.ndim if found else sympy.S.Zero)


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
