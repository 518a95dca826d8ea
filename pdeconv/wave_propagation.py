"""WavePropagation: upwind waves with limited second-order corrections."""
from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sympy
from sympy import Expr, Piecewise

from .coefficients import Coefficients
from .laurent import Laurent, Offset
from .limiter import Limiter, limiter
from .muscl import eigenvectors
from .numerical_flux import State, at, physical
from .reconstruction import Let, plain
from .runge_kutta import runge_kutta
from .scheme import NotDefined, NotLinear, Scheme
from .system import System


class WavePropagation(Scheme):
    """Lax–Wendroff with its correction limited wave by wave: F = (f_L + f_R)/2 − Σ_p |λ_p| W_p/2 + Σ_p |λ_p| (1 −
    Δt/Δx |λ_p|) W̃_p/2, with Δu = Σ W_p and W̃_p = L(strength of the wave upwind, its own) r_p.

    LeVeque, J. Comput. Phys. 131 (1997). Vectors and speeds are those of A at Roe's average of the two states, or
    at their mean where that has no closed form; exact for linear systems. In one dimension.
    """

    @staticmethod
    def make(system: System, courant: Expr | None, printed: tuple[tuple[str, str], ...],
             given: dict[str, Any]) -> WavePropagation:
        """The scheme with a limiter, "mc" where none is given."""
        if system.ndim > 1:
            raise NotDefined(f"'wave-propagation' is a scheme in one dimension, and {system.expression} has "
                             f"{system.ndim}. Give splitting='godunov', or use 'muscl'.")
        strange = [k for k in given if k != "limiter"]
        if strange:
            raise NotDefined(f"'wave-propagation' takes a limiter alone, and {', '.join(strange)} has no place in it. "
                             "Leave it out, or use 'muscl'.")
        limiter(given.get("limiter", "mc"))  # refuses a name that there is not
        return WavePropagation(system, "wave-propagation", courant, printed, None, None, runge_kutta("euler"))

    @property
    def limiter(self) -> Limiter:
        """The limiter of the waves."""
        return limiter(dict(self.options).get("limiter", "'mc'").strip("'"))

    @property
    def is_linear(self) -> bool:
        """False: the limiter is not linear."""
        return False

    @property
    def order(self) -> int:
        """2 away from extrema, where φ(1) = 1 turns the correction into that of Lax and Wendroff; otherwise, and with a
        source, 1."""
        return 2 if self.limiter.is_second_order and not any(self.system.source) else 1

    @property
    def tvd_bound(self) -> Expr | None:
        """1 for linear systems and limiters with φ(r), φ(r)/r in [0, 2] (Sweby, 1984); nothing is proved otherwise."""
        return sympy.S.One if self.system.is_linear and self.limiter.is_tvd else None

    def linear(self, ring: Coefficients) -> Laurent:
        """Not defined: NotLinear."""
        raise NotLinear("'wave-propagation' limits its waves, so it is not linear. Use 'lax-wendroff' for the scheme "
                        "without a limiter.")

    def face_offsets(self, axis: str) -> tuple[Offset, ...]:
        """Two cells on each side."""
        return tuple((k,) for k in range(-1, 3))

    def face_flux(self, axis: str, cells: Mapping[Offset, State], let: Let = plain) -> State:
        """The upwind flux and the limited correction."""
        system = self.system
        u = [cells[k] for k in self.face_offsets(axis)]
        mean = self._mean(u[1], u[2], axis, let)
        right, left = (m.applyfunc(let) for m in eigenvectors(system, axis, mean))
        speeds = [let(at(system, s, mean)) for s in system.eigenstructure().in_state.speeds]
        back, own, ahead = ([let(e) for e in left * sympy.Matrix([y - x for x, y in zip(u[k], u[k + 1])])]
                            for k in range(3))
        amounts = []
        for s, b, o, a in zip(speeds, back, own, ahead):
            upwind = Piecewise((b, s > 0), (a, True))
            limited = let(self.limiter(let(upwind), o))
            amounts.append(let(sympy.Abs(s) * (limited * (1 - self.ratio * sympy.Abs(s)) - o) / 2))
        f, g = (physical(system, w, axis) for w in u[1:3])
        return tuple((x + y) / 2 + e for x, y, e in zip(f, g, right * sympy.Matrix(amounts)))

    def _mean(self, u: State, v: State, axis: str, let: Let) -> list[Expr]:
        """The state of which the waves are: Roe's where it is known in closed form, otherwise the mean."""
        from .hll import NoSuchFlux
        from .roe import NoRoeMatrix
        from .roe_flux import roe_average
        system = self.system
        if not system.is_linear and system.size > 1:
            try:
                hat = roe_average(system, u, v, axis, let)[1]
            except (NoSuchFlux, NoRoeMatrix):
                pass
            else:
                return [let(e.subs(hat, simultaneous=True)) for e in system.primitive or system.primitive_symbols]
        return [let((a + b) / 2) for a, b in zip(u, v)]

    def _facts(self) -> str:
        return f"{self.limiter.name} on waves"
