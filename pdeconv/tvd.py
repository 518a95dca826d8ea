"""Total variation: Courant numbers up to which a nonlinear scheme is proved not to increase it."""
from __future__ import annotations

from typing import TYPE_CHECKING

import sympy
from sympy import Expr

if TYPE_CHECKING:
    from .scheme import Scheme


def bound(scheme: Scheme) -> Expr:
    """The Courant number up to which Σ |u_{j+1} − u_j| does not grow, for each unknown or each characteristic.

    Harten's lemma (1983): uⁿ⁺¹ = u − C_{j−1/2} Δu_{j−1/2} + D_{j+1/2} Δu_{j+1/2} with C, D ≥ 0 and C + D ≤ 1 does so.
    One unknown, constant reconstruction, dissipation s ≥ |a| for the secant speed a: C + D = Δt/Δx s, hence 1.
    Linear advection (each characteristic of a linear system, with the upwind flux), slopes L with L(a, b)/a ≤ M and
    L(a, b)/b ≤ 2: C = ν (1 + L_j/2Δu_{j−1/2} − L_{j−1}/2Δu_{j−1/2}) ≤ ν (1 + M/2), hence 1/(1 + M/2). Convex
    combinations of Euler steps multiply it by their coefficient. Otherwise NotLinear: nothing is proved.

    >>> from pdeconv import catalog
    >>> bound(catalog.advection().at(a_x=1).scheme("muscl")), bound(catalog.burgers().scheme("rusanov"))
    (2/3, 1)
    """
    from .muscl import Muscl
    from .scheme import NotLinear
    from .semi_discrete import SemiDiscrete
    from .wave_propagation import WavePropagation
    system, found = scheme.system, None
    if isinstance(scheme, WavePropagation):
        found = scheme.tvd_bound
    elif isinstance(scheme, SemiDiscrete) and scheme.flux is not None and system.ndim == 1 and not any(system.source):
        rows, flux = scheme.reconstruction, scheme.flux.name
        if system.size == 1 and rows is not None and rows.name == "constant" and flux in ("rusanov", "upwind",
                                                                                          "lax-friedrichs"):
            found = sympy.S.One
        elif system.is_linear and isinstance(rows, Muscl) and rows.limiter.is_tvd and (
                (system.size == 1 and flux in ("rusanov", "upwind")) or (rows.on == "characteristics"
                                                                         and flux == "upwind")):
            found = 1 / (1 + rows.limiter.bounds[0] / 2)
        if found is not None:
            found *= scheme.time.ssp_coefficient
    if not found:
        raise NotLinear(f"{scheme.expression} is not linear, and no bound on its total variation is proved. Ask for "
                        "the limit of the linearised scheme, scheme.at(…), or take one unknown, a TVD limiter and an "
                        "SSP method.")
    return found
