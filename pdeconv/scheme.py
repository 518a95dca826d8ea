"""Scheme: a discretisation of a system, as one symbolic object that proofs and back ends read.

The interface. With r = scheme.ratio = Δt/Δx and cells numbered by offsets, one forward Euler step is
    u_j − r Σ_axis (F_{j+1/2} − F_{j−1/2}),   F_{j+1/2} = scheme.face_flux(axis, cells),
where `cells` maps the offsets scheme.face_offsets(axis), relative to the cell on the left of the face, to tuples of
expressions; scheme.time is the Runge–Kutta method (rows of α and β) that combines such steps. scheme.flux is a
NumericalFlux with flux(left, right, axis), scheme.reconstruction makes its arguments. scheme.operator is the update of
a linear system as a Laurent polynomial with matrices for coefficients. Back ends read scheme.face_program(axis): the
face flux as a list of named assignments.
"""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import sympy
from sympy import Expr

from .coefficients import Coefficients, normal, of_characteristic, of_system
from .factorisation import factored
from .formula import rational, text
from .laurent import Laurent, Offset
from .numerical_flux import NumericalFlux, State
from .ratio import RATIO
from .reconstruction import Let, Reconstruction, plain
from .runge_kutta import RungeKutta
from .speed import max_speed, spectral_radius
from .system import System

if TYPE_CHECKING:
    from reptheory import Group, Rep

    from .conservation import Conservation
    from .face_program import FaceProgram
    from .lower import Kernel
    from .modified_equation import ModifiedEquation
    from .modified_system import ModifiedSystem
    from .positivity import Positivity
    from .scheme_symmetry import SchemeSymmetries
    from .stencil import Stencil


class UnknownScheme(ValueError):
    """A name that no scheme, flux, reconstruction, limiter or time stepping has."""


class NotLinear(TypeError):
    """A question about linear schemes, asked of one that is not."""


class Unstable(ValueError):
    """A Courant number beyond the limit that is proved."""


class NotDefined(ValueError):
    """A scheme that does not exist for this system or this number of dimensions."""


@dataclass(frozen=True, eq=False, repr=False)
class Scheme:
    """A scheme of a system, made by `system.scheme(name, …)`; courant = Δt/Δx · max speed where it is a number.

    >>> from pdeconv import catalog
    >>> scheme = catalog.advection().at(a_x=1).scheme("lax-wendroff"); scheme.order, scheme.courant_max
    (2, 1)
    """

    system: System
    name: str
    courant: Expr | None
    options: tuple[tuple[str, str], ...]
    flux: NumericalFlux | None
    reconstruction: Reconstruction | None
    time: RungeKutta

    # What the kinds of schemes define ---------------------------------------------------------------------
    def linear(self, ring: Coefficients) -> Laurent:
        """The update as a Laurent polynomial over a ring that holds M_j = Δt/Δx A_j; NotLinear."""
        raise NotImplementedError  # abstract

    def face_offsets(self, axis: str) -> tuple[Offset, ...]:
        """The offsets, from the cell on the left of a face, of the cells that its flux reads."""
        raise NotImplementedError  # abstract

    def face_flux(self, axis: str, cells: Mapping[Offset, State], let: Let = plain) -> State:
        """The flux F_{j+1/2} through the face on the right of cell 0; `let` names parts of it."""
        raise NotImplementedError  # abstract

    def face_sides(self, axis: str, cells: Mapping[Offset, State], let: Let = plain) -> tuple[State, State]:
        """What leaves the cell on the left of a face and what enters that on the right: the flux, for conservation."""
        flux = self.face_flux(axis, cells, let)
        return flux, flux

    def speed(self, axis: str) -> Expr:
        """The largest characteristic speed along an axis, from which steps are chosen."""
        return spectral_radius(self.system, axis)

    def face_program(self, axis: str) -> FaceProgram:
        """The face flux with its parts named in order, which back ends read; see `face_program`."""
        from .face_program import face_program
        return face_program(self, axis)

    @property
    def may_vanish(self) -> tuple[str, ...]:
        """The positive unknowns that may be 0 in a run: none, except for schemes that are proved to hold there."""
        return ()

    # Numbers ---------------------------------------------------------------------------------------------
    @cached_property
    def ratio(self) -> Expr:
        """Δt/Δx: from the Courant number of a linear system, otherwise the symbol dt/dx."""
        if self.courant is None or not self.system.is_linear:
            return RATIO
        return self.courant / max_speed(self.system)

    @cached_property
    def kernel(self) -> Kernel:
        """Its programs, for all back ends; see `lower`."""
        from .lower import kernel
        return kernel(self)

    @property
    def is_linear(self) -> bool:
        """Whether the update is linear: a linear system, and neither limiters nor weights that depend on the state."""
        return self.system.is_linear and (self.reconstruction is None or self.reconstruction.weights is not None)

    @property
    def takes_source(self) -> bool:
        """Whether its stages take a source too; one step for the homogeneous system does not."""
        return False

    def with_stages(self) -> Scheme:
        """Itself, where the system has no source or its stages take it; NotDefined."""
        if any(self.system.source) and not self.takes_source:
            raise NotDefined(f"{self.name!r} is one step for the homogeneous system, and with the source of "
                             f"{self.system.expression} it would be of order 1. Use 'muscl' or another scheme with a "
                             "Runge–Kutta method, whose stages take the source too.")
        return self

    def with_symbolic_ratio(self) -> Scheme:
        """Itself with Δt/Δx left as a symbol, for which back ends take a number."""
        flux = None if self.flux is None else replace(self.flux, ratio=RATIO)
        return replace(self, courant=None, flux=flux)

    def at(self, **state: Any) -> Scheme:
        """The same scheme of the system linearised at a state, with numbers for these symbols: `system.at`.

        At a constant state it is the derivative of the update, because F(u⁻, u⁺) has the derivative of the flux of the
        linearised system there; limiters and WENO weights have none, and stay as they are.

        >>> from pdeconv import catalog
        >>> catalog.burgers().scheme("rusanov", courant="1/2").at(u=3).stencil.to_numpy().ravel().tolist()
        [0.5, 0.5, 0.0]
        """
        return self.of(self.system.at(**state))

    def of(self, system: System) -> Scheme:
        """The same scheme of another system."""
        from .recipe import make
        given: dict[str, Any] = {"reconstruction": self.reconstruction} if self.reconstruction is not None else {}
        if self.flux is not None:
            given |= {"flux": self.flux, "time": self.time.name}
        return replace(make(system, self.name, self.courant, given, False), options=self.options)

    def conservation(self) -> Conservation:
        """The proof that the sum of all cells changes through the boundary alone; see `conservation`."""
        from .conservation import conservation
        return conservation(self)

    def positivity(self) -> Positivity:
        """The unknowns that the scheme keeps positive, and up to which Courant number; see `positivity`."""
        from .positivity import positivity
        return positivity(self)

    def is_equivariant(self, group: Group, rep: Rep) -> bool:
        """Whether a step commutes with a group, by `rep` on the state and G.vector on the grid; see `equivariance`."""
        from .equivariance import is_equivariant
        return is_equivariant(self, group, rep)

    def symmetries(self, degree: int = 1, moving: bool = False) -> SchemeSymmetries:
        """The point symmetries of the system that the scheme keeps, and those it loses; see `scheme_symmetry`."""
        from .scheme_symmetry import scheme_symmetries
        return scheme_symmetries(self, degree, moving)

    @property
    def axes(self) -> tuple[str, ...]:
        """The axes of the system."""
        return self.system.axes

    def _linear_only(self, what: str) -> None:
        if not self.system.is_linear:
            raise NotLinear(f"{self.system.expression} is not linear, so {self.expression} has no {what} of its own. "
                            f"Ask for that of the linearised scheme at a state, "
                            f"scheme.at({', '.join(f'{n}=…' for n in self.system.names)}).")
        if any(self.system.source):
            raise NotLinear(f"{self.system.expression} has a source, and {what} is that of the homogeneous part. Make "
                            "the system without its source.")

    @cached_property
    def operator(self) -> Laurent:
        """One step as Σ_k G_k E^k with exact matrices G_k, for linear systems; NotLinear."""
        self._linear_only("stencil")
        made = self.linear(of_system(self.system, self.ratio))
        return made.map(lambda m: sympy.ImmutableMatrix(m.applyfunc(normal)))

    @cached_property
    def characteristic(self) -> Laurent:
        """The scheme for one characteristic of Courant number ν > 0, in one dimension: polynomials in ν and in the
        Courant number C of the whole system where the flux contains it."""
        self._linear_only("symbol")
        return self.characteristic_of(self.system.size == 1)

    def characteristic_of(self, equal: bool) -> Laurent:
        """The scalar scheme in one dimension, with C = ν where `equal`."""
        return self.linear(of_characteristic(equal))

    def symbol(self) -> Any:
        """The von Neumann symbol: g(θ, ν) on each characteristic in one dimension, the amplification matrix in more.

        E becomes e^{iθ}; ν = Δt/Δx λ. Raises NotLinear.
        """
        if self.system.ndim > 1:
            return self.amplification_matrix()
        theta = sympy.Symbol("theta", real=True)
        return sum((factored(a.as_expr()) * sympy.exp(sympy.I * k * theta)
                    for (k,), a in sorted(self.characteristic.terms.items())), sympy.S.Zero)

    def amplification_matrix(self) -> sympy.Matrix:
        """G(θ) = Σ_k G_k e^{i k·θ}, in the angles theta_x, theta_y, …"""
        angles = [sympy.Symbol(f"theta_{axis}" if self.system.ndim > 1 else "theta", real=True) for axis in self.axes]
        total = sympy.zeros(self.system.size)
        for k, m in self.operator.terms.items():
            total += m * sympy.exp(sympy.I * sum(x * t for x, t in zip(k, angles)))
        return total

    # Analysis, in the files that bear the names ------------------------------------------------------------
    @cached_property
    def order(self) -> int:
        """The order of accuracy on smooth solutions; see `accuracy.order`."""
        from .accuracy import order
        return order(self)

    def modified_equation(self, terms: int = 2, bend: int = 0) -> ModifiedEquation | ModifiedSystem:
        """The PDE that a linear scheme solves: of one characteristic in one dimension, in matrices in more, to leading
        order. Of limited schemes and WENO the leading term where u is smooth and u_x ≠ 0; `bend` is the sign of
        u_x u_xx, for limiters with a corner such as "minmod". See `modified_equation`, `modified_system`.

        >>> from pdeconv import catalog
        >>> catalog.advection().at(a_x=1).scheme("wave-propagation", limiter="van-leer").modified_equation()
        <u_t + a*u_x = a*h**2*(nu - 1)*(2*nu - 1)/12*u_xxx + …>
        """
        from .modified_equation import of_scheme
        return of_scheme(self, terms, bend)

    @cached_property
    def courant_max(self) -> Any:
        """The largest Courant number up to which the scheme is stable, exactly; None where none is. See
        `stability.courant_max`."""
        from .stability import courant_max
        return courant_max(self)

    @cached_property
    def stencil(self) -> Stencil:
        """One step of a linear scheme as an exact convolution kernel, which `in rt.Hom(V, V, on=rt.grid(n))` accepts.

        >>> from pdeconv import catalog
        >>> catalog.wave().scheme("upwind", courant="1/2").stencil.taps[(0,)]
        Matrix([
        [1/2,   0],
        [  0, 1/2]])
        """
        from .stencil import Stencil
        return Stencil(self.operator, self.system.ndim, self.system.size)

    # Printing --------------------------------------------------------------------------------------------
    @property
    def expression(self) -> str:
        """The text that makes it."""
        courant = "" if self.courant is None else f", courant={text(self.courant)!r}"
        options = "".join(f", {k}={v}" for k, v in self.options)
        return f"{self.system.expression}.scheme({self.name!r}{courant}{options})"

    def __repr__(self) -> str:
        return f"{self.expression}  # {self._facts()}"

    def _facts(self) -> str:
        return "one step"

    def _repr_latex_(self) -> str:
        from .scheme_text import latex
        return latex(self)

    @property
    def _key(self) -> tuple:
        return self.system, self.name, self.courant, self.options

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Scheme) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)

    def __deepcopy__(self, memo) -> Scheme:
        return self  # immutable


def scheme(system: System, name: str, courant: Any = None, *, flux: Any = None, reconstruction: Any = None,
           limiter: str | None = None, on: str | None = None, time: str | None = None, fix: Any = None,
           splitting: str | None = None, beyond_limit: bool = False) -> Scheme:
    """The scheme of this name for a system, with parts of the recipe replaced where they are given.

    `courant` is exact: 1, "1/2". `fix` is Harten's entropy fix of flux="roe", a fraction of the largest speed.
    `splitting`, "godunov" or "strang", takes the scheme of one dimension along one axis after the other: see `split`.
    Raises UnknownScheme, NotDefined, Unstable where courant exceeds the proved limit, unless beyond_limit=True.

    >>> from pdeconv import catalog
    >>> scheme(catalog.burgers(), "rusanov", time="ssp-rk2")
    catalog.burgers(ndim=1).scheme('rusanov', time='ssp-rk2')  # rusanov flux, constant, ssp-rk2
    """
    from .recipe import make
    number = None if courant is None else rational(courant)
    if number is not None and number <= 0:
        raise Unstable(f"courant={courant!r} is not positive, and time runs forward. Give a positive number.")
    options = {"flux": flux, "reconstruction": reconstruction, "limiter": limiter, "on": on, "time": time,
               "fix": None if fix is None else text(rational(fix)), "splitting": splitting}
    given = {k: v for k, v in options.items() if v is not None}
    made = make(system, name, number, given, beyond_limit)
    if number is not None and not beyond_limit:
        from .stability import require
        require(made)
    return made
