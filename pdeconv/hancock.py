"""Hancock: MUSCL in one stage, its values at faces moved by half a time step."""
from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sympy
from sympy import Expr

from .coefficients import Coefficients
from .laurent import Laurent, Offset
from .limiter import Limiter
from .muscl import Muscl
from .numerical_flux import State, numerical_flux, physical
from .reconstruction import Let, plain, reconstruction
from .runge_kutta import runge_kutta
from .scheme import NotDefined, NotLinear, Scheme
from .system import System
from .tvd import EXACT, OF_ONE


class Hancock(Scheme):
    """F(u⁺_j*, u⁻_{j+1}*) with u^±_j* = u^±_j − Δt/2Δx (f(u⁺_j) − f(u⁻_j)) and u^±_j the values of a limited line at
    the faces of cell j: second order in one stage, in one dimension.

    For linear systems with an upwind flux it is the exact evolution of the lines, averaged. Source: van Leer, SIAM J.
    Sci. Stat. Comput. 5 (1984) 1; Toro, Riemann Solvers, section 14.4.
    """

    @staticmethod
    def make(system: System, courant: Expr | None, printed: tuple[tuple[str, str], ...], given: Mapping[str, Any],
             ratio: Expr) -> Hancock:
        """The scheme with a flux, "rusanov", a limiter, and what it limits."""
        if system.ndim > 1:
            raise NotDefined(f"'muscl-hancock' is a scheme in one dimension, and {system.expression} has "
                             f"{system.ndim}. Give splitting='strang', or use 'muscl'.")
        if any(system.source):
            raise NotDefined(f"'muscl-hancock' takes its step at once, and the source of {system.expression} has no "
                             "place in it. Use 'muscl', whose stages take the source too.")
        rows = reconstruction(given.get("reconstruction", "muscl"), given.get("limiter"), given.get("on"))
        if not isinstance(rows, Muscl) or given.get("time", "euler") != "euler":
            raise NotDefined("'muscl-hancock' has limited lines and one stage, so reconstruction and time have no "
                             "place in it. Leave them out, or use 'muscl'.")
        flux = numerical_flux(given.get("flux", "rusanov"), system, ratio, given.get("fix"))
        return Hancock(system, "muscl-hancock", courant, printed, flux, rows, runge_kutta("euler"))

    @property
    def lines(self) -> Muscl:
        """The limited lines in the cells."""
        assert isinstance(self.reconstruction, Muscl)
        return self.reconstruction

    @property
    def limiter(self) -> Limiter:
        """The limiter of the lines."""
        return self.lines.limiter

    @property
    def is_upwind(self) -> bool:
        """Whether it moves every characteristic of a linear system by itself, exactly."""
        assert self.flux is not None
        return self.flux.name in EXACT or (self.system.size == 1 and self.flux.name in OF_ONE)

    @property
    def is_linear(self) -> bool:
        """False: the limiter is not linear."""
        return False

    @property
    def order(self) -> int:
        """2 away from extrema where φ(1) = 1, otherwise 1."""
        return self.lines.order

    @property
    def tvd_bound(self) -> Expr | None:
        """1 for linear systems of one unknown, or limited on characteristics, with an upwind flux and φ(r), φ(r)/r in
        [0, 2]: uⁿ⁺¹ = u − C Δu with C = ν (1 + (1 − ν)/2 (L_j − L_{j−1})/Δu_{j−1/2}) in [ν², ν (2 − ν)], so in [0, 1]
        (Harten's lemma; Sweby, 1984)."""
        alone = self.system.size == 1 or self.lines.on == "characteristics"
        return sympy.S.One if self.system.is_linear and self.limiter.is_tvd and alone and self.is_upwind else None

    def linear(self, ring: Coefficients) -> Laurent:
        """Not defined: NotLinear."""
        raise NotLinear("'muscl-hancock' limits its slopes, so it is not linear. Use 'fromm' for the scheme without a "
                        "limiter.")

    def face_offsets(self, axis: str) -> tuple[Offset, ...]:
        """Two cells on each side."""
        return tuple((k,) for k in range(-1, 3))

    def face_flux(self, axis: str, cells: Mapping[Offset, State], let: Let = plain) -> State:
        """The flux of the values that half a step has moved."""
        assert self.flux is not None
        u, sides = [cells[k] for k in self.face_offsets(axis)], []
        for k, right in ((1, True), (2, False)):
            ends = [tuple(map(let, e)) for e in self.lines.edges(u[k - 1:k + 2], self.system, axis, let)]
            f, g = (physical(self.system, e, axis) for e in ends)
            sides.append(tuple(let(e - self.ratio * (b - a) / 2) for e, a, b in zip(ends[right], f, g)))
        return self.flux.flux(sides[0], sides[1], axis, let)

    def _facts(self) -> str:
        assert self.flux is not None
        return f"{self.flux.name} flux, {self.lines.name}, half a step ahead"
