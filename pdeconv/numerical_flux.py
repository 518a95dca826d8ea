"""NumericalFlux: F(u⁻, u⁺) through a face, consistent with the flux, F(u, u) = f(u)."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import sympy
from sympy import Expr

from .ratio import RATIO
from .reconstruction import Let, plain
from .speed import spectral_radius

if TYPE_CHECKING:
    from .coefficients import Coefficients
    from .system import System

State = tuple[Expr, ...]


@dataclass(frozen=True)
class NumericalFlux:
    """A two-point flux F(u⁻, u⁺) of a system, in symbols: subclasses give `flux`, and `dissipation` where they can.

    `ratio` is Δt/Δx, which the flux of Lax and Friedrichs contains.
    """

    system: System
    ratio: Expr = field(default=RATIO, kw_only=True)

    name = ""

    def flux(self, left: Sequence[Expr], right: Sequence[Expr], axis: str, let: Let = plain) -> State:
        """F(u⁻, u⁺) along the axis; `let` names parts of it."""
        raise NotImplementedError  # abstract

    def dissipation(self, ring: Coefficients, axis: int) -> Any:
        """Δt/Δx · Q for constant coefficients, where F = A (u⁻ + u⁺)/2 − Q (u⁺ − u⁻)/2; NotLinear where it is none."""
        from .scheme import NotLinear
        raise NotLinear(f"the flux {self.name!r} is not linear, even for systems that are. Use 'rusanov' or 'upwind'.")

    def is_consistent(self, axis: str) -> bool:
        """Whether F(u, u) = f(u), exactly.

        >>> from pdeconv import catalog
        >>> catalog.euler().scheme("rusanov").flux.is_consistent("x")
        True
        """
        u = self.system.state
        return all(sympy.cancel(a - b) == 0 for a, b in zip(self.flux(u, u, axis), physical(self.system, u, axis)))

    @property
    def expression(self) -> str:
        """The name, as schemes print it."""
        return repr(self.name)

    def _mean(self, left: Sequence[Expr], right: Sequence[Expr], axis: str) -> State:
        f, g = physical(self.system, left, axis), physical(self.system, right, axis)
        return tuple((a + b) / 2 for a, b in zip(f, g))

    def _central(self, left: Sequence[Expr], right: Sequence[Expr], axis: str, speed: Any) -> State:
        """(f(u⁻) + f(u⁺))/2 − s (u⁺ − u⁻)/2."""
        return tuple(m - speed * (r - l) / 2 for m, l, r in zip(self._mean(left, right, axis), left, right))


class Central(NumericalFlux):
    """(f(u⁻) + f(u⁺))/2."""

    name = "central"

    def flux(self, left: Sequence[Expr], right: Sequence[Expr], axis: str, let: Let = plain) -> State:
        """(f(u⁻) + f(u⁺))/2."""
        return self._mean(left, right, axis)

    def dissipation(self, ring: Coefficients, axis: int) -> Any:
        """0."""
        return 0 * ring.one


class LaxFriedrichs(NumericalFlux):
    """(f(u⁻) + f(u⁺))/2 − Δx/Δt (u⁺ − u⁻)/2d, so that the update is the mean of the 2d neighbours plus differences."""

    name = "lax-friedrichs"

    def flux(self, left: Sequence[Expr], right: Sequence[Expr], axis: str, let: Let = plain) -> State:
        """(f(u⁻) + f(u⁺))/2 − Δx/Δt (u⁺ − u⁻)/2d."""
        return self._central(left, right, axis, 1 / (self.system.ndim * self.ratio))

    def dissipation(self, ring: Coefficients, axis: int) -> Any:
        """1/d."""
        return sympy.Rational(1, self.system.ndim) * ring.one


class Rusanov(NumericalFlux):
    """(f(u⁻) + f(u⁺))/2 − s (u⁺ − u⁻)/2 with s the larger spectral radius of the two states (Rusanov, 1961)."""

    name = "rusanov"

    def flux(self, left: Sequence[Expr], right: Sequence[Expr], axis: str, let: Let = plain) -> State:
        """(f(u⁻) + f(u⁺))/2 − max(ρ(A(u⁻)), ρ(A(u⁺))) (u⁺ − u⁻)/2."""
        radius = spectral_radius(self.system, axis)
        return self._central(left, right, axis, sympy.Max(*(at(self.system, radius, u) for u in (left, right))))

    def dissipation(self, ring: Coefficients, axis: int) -> Any:
        """The Courant number of the axis."""
        return ring.courants[axis] * ring.one


class Upwind(NumericalFlux):
    """(f(u⁻) + f(u⁺))/2 − |A| (u⁺ − u⁻)/2 (Courant, Isaacson and Rees, 1952).

    For one nonlinear unknown A is the secant (f(u⁺) − f(u⁻))/(u⁺ − u⁻), Murman's; it admits entropy-violating shocks.
    """

    name = "upwind"

    def flux(self, left: Sequence[Expr], right: Sequence[Expr], axis: str, let: Let = plain) -> State:
        """(f(u⁻) + f(u⁺))/2 − |A| (u⁺ − u⁻)/2; NotLinear for nonlinear systems of several unknowns."""
        system = self.system
        if system.is_linear:
            return upwind(system, left, right, axis)
        if system.size > 1:
            from .scheme import NotLinear
            raise NotLinear(f"{system.expression} is not linear, and |A| of two states needs a Roe matrix. Use "
                            "the flux 'rusanov', or one of a Riemann solver.")
        names = [sympy.Dummy("l", real=True), sympy.Dummy("r", real=True)]
        f, g = (physical(system, [u], axis)[0] for u in names)
        secant = sympy.cancel((g - f) / (names[1] - names[0])).subs(dict(zip(names, (left[0], right[0]))))
        return self._central(left, right, axis, sympy.Abs(secant))

    def dissipation(self, ring: Coefficients, axis: int) -> Any:
        """|M_j|."""
        return ring.absolute(axis)


FLUXES: dict[str, type[NumericalFlux]] = {f.name: f for f in (Central, LaxFriedrichs, Rusanov, Upwind)}


def flux_names() -> tuple[str, ...]:
    """The names of all fluxes.

    >>> flux_names()[4:]
    ('hll', 'hllc', 'roe', 'godunov', 'entropy-conservative', 'entropy-stable')
    """
    from .riemann_flux import NAMES
    return (*FLUXES, *NAMES)


def numerical_flux(name: Any, system: System, ratio: Expr, fix: Any = None) -> NumericalFlux:
    """The flux of this name: "central", "lax-friedrichs", "rusanov", "upwind", or one of `RiemannFlux`; a class of
    fluxes, or a flux, is taken for this system. `fix` is the entropy fix of "roe". Raises UnknownScheme, NotDefined."""
    from .riemann_flux import NAMES, RiemannFlux
    from .scheme import NotDefined, UnknownScheme
    if fix is not None and name != "roe":
        raise NotDefined(f"fix={fix!r} is the entropy fix of the flux 'roe', and {name!r} has none. Leave it out, or "
                         "use flux='roe'.")
    if isinstance(name, type) and issubclass(name, NumericalFlux):
        return name(system, ratio=ratio)
    if isinstance(name, NumericalFlux):
        return replace(name, system=system, ratio=ratio)
    if hasattr(name, "flux"):
        return name
    if name in NAMES:
        return RiemannFlux(system, name, fix, ratio=ratio)
    if name in FLUXES:
        return FLUXES[name](system, ratio=ratio)
    raise UnknownScheme(f"there is no numerical flux {name!r}. The names are {', '.join(map(repr, flux_names()))}.")


def upwind(system: System, left: Sequence[Expr], right: Sequence[Expr], axis: str) -> State:
    """A (u⁻ + u⁺)/2 − |A| (u⁺ − u⁻)/2 of a linear system, by which every exact solver of its Riemann problems is."""
    from .coefficients import absolute
    change = absolute(system, axis) * sympy.Matrix([r - l for l, r in zip(left, right)])
    f, g = physical(system, left, axis), physical(system, right, axis)
    return tuple((a + b - e) / 2 for a, b, e in zip(f, g, change))


def physical(system: System, u: Sequence[Expr], axis: str) -> State:
    """f(u) along the axis; A u for linear systems given by matrices."""
    if system.fluxes is None and system.is_linear:
        return tuple(system.jacobian(axis) * sympy.Matrix(list(u)))
    return tuple(at(system, f, u) for f in system.flux(axis))


def at(system: System, e: Expr, u: Sequence[Expr]) -> Expr:
    """A formula in the unknowns at this state."""
    return e.subs(dict(zip(system.state, u)), simultaneous=True)
