"""Recipes: which flux, reconstruction and time stepping the classical names stand for."""
from __future__ import annotations

from typing import Any

from sympy import Expr

from .numerical_flux import numerical_flux
from .reconstruction import reconstruction
from .runge_kutta import runge_kutta
from .scheme import RATIO, NotDefined, Scheme, UnknownScheme
from .semi_discrete import SemiDiscrete
from .speed import max_speed
from .system import System

SEMI_DISCRETE = {  # name: flux, reconstruction, time stepping
    "ftcs": ("central", "constant", "euler"),
    "upwind": ("upwind", "constant", "euler"),
    "lax-friedrichs": ("lax-friedrichs", "constant", "euler"),
    "rusanov": ("rusanov", "constant", "euler"),
    "roe": ("roe", "constant", "euler"),
    "hll": ("hll", "constant", "euler"),
    "hllc": ("hllc", "constant", "euler"),
    "godunov": ("godunov", "constant", "euler"),
    "entropy-stable": ("entropy-stable", "constant", "euler"),
    "central2": ("central", "central2", "rk4"),
    "central4": ("central", "central4", "rk4"),
    "upwind3": ("upwind", "upwind3", "ssp-rk3"),
    "upwind5": ("upwind", "upwind5", "ssp-rk3"),
    "muscl": ("rusanov", "muscl", "ssp-rk2"),
    "weno3": ("rusanov", "weno3", "ssp-rk3"),
    "weno5": ("rusanov", "weno5", "ssp-rk3"),
    "weno7": ("rusanov", "weno7", "ssp-rk3"),
}
ONE_STEP = {"lax-wendroff": "LaxWendroff", "maccormack": "MacCormack", "beam-warming": "Interpolating",
            "fromm": "Interpolating", "quickest": "Interpolating", "yee": "Staggered"}
NAMES = (*SEMI_DISCRETE, *ONE_STEP, "muscl-hancock", "wave-propagation", "hydrostatic")


def make(system: System, name: str, courant: Expr | None, given: dict[str, Any], beyond_limit: bool) -> Scheme:
    """The scheme of a name with the parts that are given; UnknownScheme, NotDefined."""
    printed = tuple((k, v.__name__ if isinstance(v, type) else getattr(v, "expression", repr(v)))
                    for k, v in given.items())
    if beyond_limit:
        printed += (("beyond_limit", "True"),)
    if "splitting" in given:
        from .split import Split
        return Split.make(system, name, courant, printed, given)
    if name == "hydrostatic":
        from .hydrostatic import Hydrostatic
        return Hydrostatic.make(system, courant, printed, given)
    if not system.is_conservative and not system.is_linear:
        raise NotDefined(f"{system.expression} is given by matrices that depend on the state, and schemes need fluxes. "
                         "Give fluxes={'x': (…)}, or numbers for the state; 'hydrostatic' is for water over a bottom.")
    ratio = RATIO if courant is None or not system.is_linear else courant / max_speed(system)
    if given.get("on") == "primitive" and system.primitive is None:
        raise NotDefined(f"{system.expression} has no primitive unknowns to take slopes of. Give System(…, "
                         "primitive={…}), or use on='components'.")
    if name in SEMI_DISCRETE:
        flux, rows, time = SEMI_DISCRETE[name]
        return SemiDiscrete(system, name, courant, printed,
                            numerical_flux(given.get("flux", flux), system, ratio, given.get("fix")),
                            reconstruction(given.get("reconstruction", rows), given.get("limiter"), given.get("on")),
                            runge_kutta(given.get("time", time)))
    if name == "wave-propagation":
        from .wave_propagation import WavePropagation
        return WavePropagation.make(system, courant, printed, given)
    if name == "muscl-hancock":
        from .hancock import Hancock
        return Hancock.make(system, courant, printed, given, ratio)
    if name in ONE_STEP:
        from . import one_step, staggered
        if given:
            raise NotDefined(f"{name!r} steps in time by itself, so {', '.join(given)} has no place. Leave it out, or "
                             f"use one of {', '.join(map(repr, SEMI_DISCRETE))}.")
        return getattr(staggered if name == "yee" else one_step, ONE_STEP[name])(
            system, name, courant, printed, None, None, runge_kutta("euler"))
    raise UnknownScheme(f"there is no scheme {name!r}. The names are {', '.join(map(repr, NAMES))}.")
