"""Total variation: Courant numbers up to which a nonlinear scheme is proved not to increase it."""
from __future__ import annotations

from typing import TYPE_CHECKING

import sympy
from sympy import Expr

if TYPE_CHECKING:
    from .numerical_flux import NumericalFlux
    from .scheme import Scheme
    from .system import System


EXACT = ("upwind", "hllc", "roe", "godunov")  # for linear systems |A|, wave by wave
OF_ONE = (*EXACT, "rusanov", "hll", "entropy-stable")  # |a| for linear laws of one unknown
MONOTONE = ("rusanov", "upwind", "lax-friedrichs", "hll", "godunov")


def bound(scheme: Scheme) -> Expr:
    """The Courant number up to which Σ |u_{j+1} − u_j| does not grow, for each unknown or each characteristic.

    Harten's lemma (1983): uⁿ⁺¹ = u − C_{j−1/2} Δu_{j−1/2} + D_{j+1/2} Δu_{j+1/2} with C, D ≥ 0 and C + D ≤ 1 does so.
    One unknown with f″ ≠ 0, constant reconstruction: the secant speed a lies between f′(u⁻) and f′(u⁺), so that the
    dissipation q has |a| ≤ q ≤ max |f′|, C + D = Δt/Δx q, hence 1; for "roe" with Hyman's fix q ≤ 2 max |f′|, hence
    1/2 unless f is quadratic. Linear advection (each characteristic of a linear system, with a flux that is upwind
    there), slopes L with L(a, b)/a ≤ M and L(a, b)/b ≤ 2: C = ν (1 + L_j/2Δu_{j−1/2} − L_{j−1}/2Δu_{j−1/2}) ≤ ν (1 +
    M/2), hence 1/(1 + M/2). Convex combinations of Euler steps multiply it by their coefficient. Otherwise NotLinear:
    nothing is proved.

    >>> from pdeconv import catalog
    >>> bound(catalog.advection().at(a_x=1).scheme("muscl")), bound(catalog.burgers().scheme("upwind", flux="hll"))
    (2/3, 1)
    """
    from .hancock import Hancock
    from .muscl import Muscl
    from .scheme import NotLinear
    from .semi_discrete import SemiDiscrete
    from .wave_propagation import WavePropagation
    system, found = scheme.system, None
    if any(system.source):
        pass  # it changes the variation by itself
    elif isinstance(scheme, (Hancock, WavePropagation)):
        found = scheme.tvd_bound
    elif isinstance(scheme, SemiDiscrete) and scheme.flux is not None and system.ndim == 1:
        rows, flux = scheme.reconstruction, scheme.flux
        if system.size == 1 and rows is not None and rows.name == "constant" and not system.is_linear:
            found = _of_one_law(system, flux)
        elif system.is_linear and isinstance(rows, Muscl) and rows.limiter.is_tvd and (
                (system.size == 1 and flux.name in OF_ONE) or (rows.on == "characteristics" and flux.name in EXACT)):
            found = 1 / (1 + rows.limiter.bounds[0] / 2)
        if found is not None:
            found *= scheme.time.ssp_coefficient
    if not found:
        raise NotLinear(f"{scheme.expression} is not linear, and no bound on its total variation is proved. Ask for "
                        "the limit of the linearised scheme, scheme.at(…), or take one unknown with a convex flux, a "
                        "TVD limiter and an SSP method.")
    return found


def _of_one_law(system: System, flux: NumericalFlux) -> Expr | None:
    """The bound of a flux for one nonlinear unknown; None where f″ has no sign: then a secant can be steeper than f′ at
    both of its ends, which the flux does not see."""
    from .godunov import sonic
    axis = system.axes[0]
    if not sonic(system, axis)[0]:
        return None
    if flux.name in MONOTONE:
        return sympy.S.One
    if flux.name == "roe":
        quadratic = sympy.diff(system.flux(axis)[0], system.state[0], 3) == 0
        return sympy.S.One if quadratic or getattr(flux, "fix", None) is not None else sympy.S.Half
    return None
