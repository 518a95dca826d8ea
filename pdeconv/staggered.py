"""Staggered: leapfrog in time with unknowns half a cell and half a step apart, after Yee."""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import sympy
from sympy import Expr

from .coefficients import Coefficients, of_system
from .laurent import Laurent, Offset, on_axis
from .modified_equation import logarithm
from .numerical_flux import State
from .reconstruction import Let, plain
from .scheme import NotDefined, Scheme

if TYPE_CHECKING:
    from .grid import Grid


@dataclass(frozen=True, eq=False, repr=False)
class Staggered(Scheme):
    """p ← p − Δt Σ B_j δ_j v, then v ← v − Δt Σ C_j δ_j p with differences between neighbouring half cells (Yee, 1966;
    Virieux, 1986, for elasticity).

    The unknowns fall in two classes that A_j exchange, and get half-integer places such that every ∂_j joins places
    half a cell apart; both are found. Raises NotDefined where there are none. An unknown at a half place is stored with
    the cell below. v is known half a step after p.

    `odd` has for each axis the unknowns that vanish on the low side, which then have half places; see `beside`.
    """

    odd: tuple[tuple[str, ...], ...] = ()

    def beside(self, sides: Any) -> Staggered:
        """The same scheme with the unknowns that a reflection at the low sides makes odd on the faces, so on the side.

        Such places exist: S A_j S = −A_j across the side exchanges parities where A_j exchanges places, S A_k S = A_k
        along it keeps both. In a closed box Σ W (pⁿ·H pⁿ + vⁿ⁻¹ᐟ²·H vⁿ⁺¹ᐟ²) stays as it is, with a symmetriser H and
        weights W = 1/2 on high sides, because Σ p_i (v_i − v_{i−1}) + Σ v_i (p_{i+1} − p_i) = p_N v_{N−1} − p_0 v_{−1}.
        `sides` is what `boundary` takes. NotASide.

        >>> from pdeconv import catalog
        >>> maxwell = catalog.maxwell("tm")  # E_z, H_x, H_y: twice their places, and their class
        >>> maxwell.scheme("yee").places
        ((0, 0, 0), (0, 1, 1), (1, 0, 1))
        >>> maxwell.scheme("yee").beside("conductor").places
        ((1, 1, 0), (1, 0, 1), (0, 1, 1))
        """
        from .boundary import Boundary, boundary
        from .condition import Periodic
        from .staggered_side import reflected
        made = sides if isinstance(sides, Boundary) else boundary(self.system, sides)
        return replace(self, odd=tuple(() if isinstance(low, Periodic) else reflected(self, axis, low)[0]
                                       for axis, (low, _) in zip(self.axes, made.sides)))

    def at(self, **state: Any) -> Staggered:
        """The same scheme with numbers for these symbols."""
        made = super().at(**state)
        assert isinstance(made, Staggered)
        return replace(made, odd=self.odd)

    def coordinates(self, grid: Grid) -> dict[str, dict[str, np.ndarray]]:
        """Where each unknown lies, by its name and by axis, in the shape of `grid.centres`.

        >>> from pdeconv import Grid, catalog
        >>> catalog.wave().scheme("yee").coordinates(Grid(x=(0, 1, 2)))["v_x"]["x"].tolist()
        [0.5, 1.0]
        """
        return {name: {axis: grid.centres(axis) + place[j] * grid.spacing[j] / 2 for j, axis in enumerate(self.axes)}
                for name, place in zip(self.system.names, self.places)}

    @property
    def expression(self) -> str:
        """The text that makes it."""
        if not any(self.odd):
            return super().expression
        sides = ", ".join(f"{axis!r}: {f'Wall(odd={odd!r})' if odd else repr('periodic')}"
                          for axis, odd in zip(self.axes, self.odd))
        return f"{super().expression}.beside({{{sides}}})"

    @property
    def _key(self) -> tuple:
        return *super()._key, self.odd

    @cached_property
    def places(self) -> tuple[tuple[int, ...], ...]:
        """Twice the place of each unknown in its cell: 0 or 1 along each axis; and last its class, 0 or 1."""
        system = self.system
        if not system.is_linear:
            raise NotDefined(f"'yee' needs a linear system, and {system.expression} is not. Use 'rusanov', or "
                             "system.at(…).")
        n, d = system.size, system.ndim
        found: dict[int, tuple[int, ...]] = {}
        for start in range(n):
            if start in found:
                continue
            first = (int(system.names[start] in odd) for odd in self.odd or ((),) * d)
            found[start], waiting = (*first, 0), [start]
            while waiting:
                i = waiting.pop()
                for j, m in enumerate(system.matrices):
                    for k in range(n):
                        if m[i, k] == 0 and m[k, i] == 0:
                            continue
                        place = tuple((x + (a in (j, d))) % 2 for a, x in enumerate(found[i]))
                        if k not in found:
                            found[k] = place
                            waiting.append(k)
                        elif found[k] != place:
                            raise NotDefined(f"no half places stagger {system.expression}: {system.names[k]} would "
                                             "have two. Use 'lax-wendroff' or 'rusanov'.")
        return tuple(found[i] for i in range(n))

    def _half_steps(self, ring: Coefficients, places: tuple[tuple[int, ...], ...]) -> list[Laurent]:
        """The two increments, −Σ M_j δ_j cut down to the rows of one class."""
        d, n, steps = ring.ndim, self.system.size, []
        for target in (0, 1):
            z = Laurent({})
            for j, m in enumerate(ring.matrices):
                for ahead in (0, 1):  # from place 0 to 1/2 it is u_{j+1} − u_j, from 1/2 to 0 it is u_j − u_{j−1}
                    part = sympy.ImmutableMatrix(n, n, lambda r, c, ahead=ahead, j=j, m=m, target=target: m[r, c] if (
                        places[r][d] == target and places[r][j] == ahead) else 0)
                    taps = {1: 1, 0: -1} if ahead else {0: 1, -1: -1}
                    z = z - on_axis(taps, j, d, ring.one).scaled(part)
            steps.append(z)
        return steps

    def linear(self, ring: Coefficients) -> Laurent:
        """(1 + Z_1)(1 + Z_0): first the unknowns of class 0, then those of class 1 with the new values."""
        one = Laurent({(0,) * ring.ndim: ring.one})
        first, second = self._half_steps(ring, self.places)
        return (one + second) * (one + first)

    @cached_property
    def limit(self) -> Expr:
        """1/√d for isotropic systems: the eigenvalues of G are those of g + 1/g = 2 − 4 C² r² Σ sin²(θ_j/2), of modulus
        1 exactly where C² r² Σ sin²(θ_j/2) ≤ 1 (Courant, Friedrichs and Lewy, 1928). NotDefined otherwise."""
        from .several_dimensions import isotropic_ratios
        _ = self.places
        if self.system.ndim > 1 and isotropic_ratios(self.system) is None:
            raise NotDefined(f"the speeds of {self.system.expression} depend on the direction, and the limit of 'yee' "
                             "is not known then. Use 'rusanov'.")
        return 1 / sympy.sqrt(self.system.ndim)

    def dispersion(self) -> sympy.Eq:
        """sin²(ω Δt/2) = C² Σ_j sin²(θ_j/2) for waves of the largest speed, with θ_j = k_j Δx."""
        omega, c = sympy.symbols("omega_dt C", real=True)
        angles = [sympy.Symbol(f"theta_{a}", real=True) for a in self.axes]
        return sympy.Eq(sympy.sin(omega / 2) ** 2, c ** 2 * sum(sympy.sin(t / 2) ** 2 for t in angles))

    @cached_property
    def symmetric_step(self) -> Laurent:
        """The step v/2, p, v/2 with differences across ±1/2 of a cell, in shifts by half a cell: similar to G."""
        ring = of_system(self.system, self.ratio)
        d, n, m = ring.ndim, self.system.size, ring.matrices
        one = Laurent({(0,) * d: ring.one})
        parts: list[Laurent] = []
        for target in (0, 1):
            z = Laurent({})
            for j in range(d):
                part = sympy.ImmutableMatrix(n, n, lambda r, c, j=j, target=target: m[j][r, c] if (
                    self.places[r][d] == target) else 0)
                z = z - on_axis({1: 1, -1: -1}, j, d, ring.one).scaled(part)  # in units of half a cell
            parts.append(z)
        half = one + parts[1].scaled(sympy.S.Half)
        return half * (one + parts[0]) * half

    @cached_property
    def staggered_order(self) -> int:
        """The order, by the logarithm of the symmetric step."""
        ring = of_system(self.system, self.ratio)
        d, m, step = ring.ndim, ring.matrices, self.symmetric_step
        for degree in range(2, 6):
            log = logarithm(step, degree, ring.one, d)
            log = log + Laurent({tuple(int(i == j) for i in range(d)): 2 * a for j, a in enumerate(m)})
            left = {sum(k) for k, a in log.terms.items() if any(sympy.cancel(e) != 0 for e in a)}
            if left:
                return min(left) - 1
        return 5

    def half_flux(self, axis: str, target: int, cells: Mapping[Offset, State]) -> State:
        """The flux whose differences change the unknowns of class `target` in a half step, and no others: A_j u of the
        cell after the face where the unknown lies half a cell ahead, otherwise of the cell before."""
        system, j = self.system, self.axes.index(axis)
        zero = (0,) * len(self.axes)
        ahead = tuple(int(i == j) for i in range(len(self.axes)))
        return tuple(sum((system.matrices[j][r, c] * cells[ahead if place[j] else zero][c]
                          for c in range(system.size)), sympy.S.Zero) if place[-1] == target else sympy.S.Zero
                     for r, place in enumerate(self.places))

    def face_offsets(self, axis: str) -> tuple[Offset, ...]:
        """Not defined: NotDefined."""
        raise NotDefined("'yee' steps half of the unknowns at a time, so it has no face flux. Use .operator, "
                         ".stencil or half_flux.")

    def face_flux(self, axis: str, cells: Mapping[Offset, State], let: Let = plain) -> State:
        """Not defined: NotDefined."""
        self.face_offsets(axis)
        raise AssertionError

    def _facts(self) -> str:
        return "staggered leapfrog"


