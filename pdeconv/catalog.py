"""The catalog: the classical hyperbolic systems, each a few lines through System."""
from __future__ import annotations

from typing import Any

from .system import System

AXES = ("x", "y", "z")


def _axes(ndim: int, most: int = 3) -> tuple[str, ...]:
    if not isinstance(ndim, int) or isinstance(ndim, bool) or not 1 <= ndim <= most:
        raise ValueError(f"ndim={ndim!r}: this system has 1 to {most} space dimensions." if most > 1 else
                         f"ndim={ndim!r}: this system has one space dimension.")
    return AXES[:ndim]


def advection(ndim: int = 1) -> System:
    """Linear advection u_t + a·∇u = 0.

    >>> advection()
    catalog.advection(ndim=1)  # 1 unknown in x
    """
    return System({a: [f"a_{a}*u"] for a in _axes(ndim)}, ["u"]).named(f"catalog.advection(ndim={ndim})")


def burgers(ndim: int = 1) -> System:
    """Burgers' equation u_t + Σ_j ∂_j u²/2 = 0.

    >>> burgers().jacobian("x")
    Matrix([[u]])
    """
    return System({a: ["u**2/2"] for a in _axes(ndim)}, ["u"]).named(f"catalog.burgers(ndim={ndim})")


def traffic() -> System:
    """Lighthill–Whitham–Richards traffic: ρ_t + (v ρ (1 − ρ/r))_x = 0, with the free speed v and the jam density r.

    >>> traffic().eigenstructure().speeds
    ((r*v - 2*rho*v)/r,)
    """
    return System({"x": ["v*rho*(1 - rho/r)"]}, ["rho"], positive=["r", "v"]).named("catalog.traffic()")


def wave(ndim: int = 1) -> System:
    """The wave equation φ_tt = c² Δφ as the system of p = φ_t and the velocities v = −c ∇φ: p_t + c ∇·v = 0,
    v_t + c ∇p = 0, symmetric hyperbolic.

    >>> wave(ndim=2).size
    3
    """
    axes = _axes(ndim)
    return System({a: [f"c*v_{a}", *("c*p" if a == b else 0 for b in axes)] for a in axes},
                  ["p", *(f"v_{a}" for a in axes)], positive=["c"]).named(f"catalog.wave(ndim={ndim})")


def acoustics(ndim: int = 1) -> System:
    """Linear acoustics p_t + K ∇·v = 0, ρ v_t + ∇p = 0, with the bulk modulus K and the density ρ.

    >>> acoustics().eigenstructure().speeds
    (-c, c)
    """
    axes = _axes(ndim)
    return System({a: [f"K*v_{a}", *("p/rho" if a == b else 0 for b in axes)] for a in axes},
                  ["p", *(f"v_{a}" for a in axes)], positive=["K", "rho"]).named(f"catalog.acoustics(ndim={ndim})")


def elasticity() -> System:
    """Plane-strain elasticity (P and SV waves) in stress and velocity, with Lamé's λ (named la) and μ (mu).

    >>> elasticity().size
    5
    """
    return System({"x": ["-(la + 2*mu)*v_x", "-la*v_x", "-mu*v_y", "-s_xx/rho", "-s_xy/rho"],
                   "y": ["-la*v_y", "-(la + 2*mu)*v_y", "-mu*v_x", "-s_xy/rho", "-s_yy/rho"]},
                  ["s_xx", "s_yy", "s_xy", "v_x", "v_y"], positive=["la", "mu", "rho"]).named("catalog.elasticity()")


def shallow_water(ndim: int = 1, bottom: bool = False) -> System:
    """The shallow water equations of depth h and discharge m = h v, with gravity g.

    With a bottom, its height b is the last unknown: b_t = 0, and it pushes by −g h ∇b, which is no flux, so the system
    is given by matrices; `scheme("hydrostatic")` keeps a lake at rest exactly.

    >>> shallow_water(ndim=1).eigenstructure().speeds
    (-c + v_x, c + v_x)
    """
    axes = _axes(ndim, 2)
    fluxes = {a: [f"m_{a}", *(f"m_{a}*m_{b}/h" + (" + g*h**2/2" if a == b else "") for b in axes)] for a in axes}
    primitive = {"h": "h"} | {f"m_{a}": f"h*v_{a}" for a in axes}
    flat = System(fluxes, list(primitive), positive=["g", "h"], primitive=primitive)
    if not bottom:
        return flat.named(f"catalog.shallow_water(ndim={ndim})")
    tables: dict[str, Any] = {
        a: [*([*map(str, flat.jacobian(a).row(i)), "g*h" if i == 1 + j else "0"] for i in range(ndim + 1)),
            ["0"] * (ndim + 2)] for j, a in enumerate(axes)}
    return System(state=[*primitive, "b"], positive=["g", "h"], primitive=primitive | {"b": "b"}, **tables).named(
        f"catalog.shallow_water(ndim={ndim}, bottom=True)")


def p_system() -> System:
    """Isentropic gas in Lagrangian coordinates: v_t − w_x = 0, w_t + p(v)_x = 0 with p = k v^(−2).

    >>> p_system().hyperbolicity
    <strictly hyperbolic>
    """
    return System({"x": ["-w", "k/v**2"]}, ["v", "w"], positive=["k", "v"]).named("catalog.p_system()")


def euler(ndim: int = 1) -> System:
    """The Euler equations of an ideal gas: density ρ, momentum m, energy E, with γ (named gamma) > 1.

    The pressure p = (γ − 1)(E − |m|²/2ρ) is positive, which the primitive unknowns (ρ, v, p) say.

    >>> euler().size, euler(ndim=3).size
    (3, 5)
    """
    axes = _axes(ndim)
    kinetic = "(" + " + ".join(f"m_{a}**2" for a in axes) + ")/(2*rho)"
    p = f"(gamma - 1)*(E - {kinetic})"
    fluxes = {a: [f"m_{a}", *(f"m_{a}*m_{b}/rho" + (f" + {p}" if a == b else "") for b in axes), f"(E + {p})*m_{a}/rho"]
              for a in axes}
    squares = " + ".join(f"v_{a}**2" for a in axes)
    primitive = {"rho": "rho"} | {f"m_{a}": f"rho*v_{a}" for a in axes} | {"E": f"p/(gamma - 1) + rho*({squares})/2"}
    return System(fluxes, list(primitive), positive=["gamma", "p", "rho"], primitive=primitive).named(
        f"catalog.euler(ndim={ndim})")


def maxwell(kind: str = "3d") -> System:
    """Maxwell's equations in vacuum with c = 1: "tm" for (E_z, H_x, H_y), "te" for (H_z, E_x, E_y), "3d" for E and H.

    >>> maxwell("tm").size, maxwell("te").size, maxwell().size
    (3, 3, 6)
    """
    if kind == "tm":
        made = System({"x": ["-H_y", 0, "-E_z"], "y": ["H_x", "E_z", 0]}, ["E_z", "H_x", "H_y"])
    elif kind == "te":
        made = System({"x": ["E_y", 0, "H_z"], "y": ["-E_x", "-H_z", 0]}, ["H_z", "E_x", "E_y"])
    elif kind == "3d":
        made = System({"x": [0, "H_z", "-H_y", 0, "-E_z", "E_y"], "y": ["-H_z", 0, "H_x", "E_z", 0, "-E_x"],
                       "z": ["H_y", "-H_x", 0, "-E_y", "E_x", 0]}, ["E_x", "E_y", "E_z", "H_x", "H_y", "H_z"])
    else:
        raise ValueError(f"maxwell({kind!r}): the kinds are 'tm', 'te' and '3d'.")
    return made.named(f"catalog.maxwell({kind!r})")


def mhd() -> System:
    """Ideal magnetohydrodynamics in one dimension, with the constant normal field B_x: ρ, m, B_y, B_z and E.

    >>> mhd().size
    7
    """
    axes = AXES
    magnetic = "(B_x**2 + B_y**2 + B_z**2)/2"
    kinetic = "(" + " + ".join(f"m_{a}**2" for a in axes) + ")/(2*rho)"
    p = f"(gamma - 1)*(E - {kinetic} - {magnetic})"
    vb = "(m_x*B_x + m_y*B_y + m_z*B_z)/rho"
    flux = ["m_x", f"m_x**2/rho + {p} + {magnetic} - B_x**2", "m_x*m_y/rho - B_x*B_y", "m_x*m_z/rho - B_x*B_z",
            "(m_x*B_y - m_y*B_x)/rho", "(m_x*B_z - m_z*B_x)/rho", f"(E + {p} + {magnetic})*m_x/rho - B_x*{vb}"]
    squares = " + ".join(f"v_{a}**2" for a in axes)
    primitive = {"rho": "rho"} | {f"m_{a}": f"rho*v_{a}" for a in axes} | {
        "B_y": "B_y", "B_z": "B_z", "E": f"p/(gamma - 1) + rho*({squares})/2 + {magnetic}"}
    return System({"x": flux}, list(primitive), positive=["gamma", "p", "rho"], primitive=primitive).named(
        "catalog.mhd()")
