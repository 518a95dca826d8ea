"""Split: schemes in several dimensions as sweeps of schemes in one."""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import sympy
from sympy import Expr, Rational

from .coefficients import Coefficients
from .enclosure import Enclosure
from .face_program import FaceProgram, cell_symbol
from .laurent import Laurent, Offset
from .numerical_flux import State
from .reconstruction import Let, plain
from .scheme import NotDefined, Scheme, UnknownScheme
from .speed import max_speed, spectral_radius
from .symmetriser import NotSymmetrisable, symmetriser
from .system import System

if TYPE_CHECKING:
    from reptheory import Group, Rep

    from .conservation import Conservation
    from .positivity import Positivity
    from .scheme_symmetry import SchemeSymmetries

SPLITTINGS = ("godunov", "strang")


@dataclass(frozen=True, eq=False, repr=False)
class Split(Scheme):
    """S_d(Δt) ⋯ S_1(Δt), or S_1(Δt/2) ⋯ S_d(Δt) ⋯ S_1(Δt/2), with S_j the one-dimensional scheme along the axis j.

    Each sweep sees one axis, so that what is defined in one dimension runs in several, with the Courant number of one.
    "godunov" is of first order unless the matrices commute, "strang" of second. A source acts once, in the last sweep
    or in the middle one. Fields between sweeps are states of no one time, so values given at sides that vary along
    them, or in time, leave errors of first order there. Source: Strang, SIAM J. Numer. Anal. 5 (1968) 506; LeVeque,
    Finite Volume Methods, 17.
    """

    along: tuple[Scheme, ...]
    splitting: str

    @staticmethod
    def make(system: System, name: str, courant: Expr | None, printed: tuple[tuple[str, str], ...],
             given: Mapping[str, Any]) -> Split:
        """The scheme with the one of this name along each axis; UnknownScheme, NotDefined."""
        from .recipe import make
        rest = dict(given)
        splitting = rest.pop("splitting")
        if splitting not in SPLITTINGS:
            raise UnknownScheme(f"there is no splitting {splitting!r}. Use one of {', '.join(map(repr, SPLITTINGS))}.")
        if system.ndim == 1:
            raise NotDefined(f"{system.expression} has one axis, and nothing is there to split. Leave "
                             f"splitting={splitting!r} out.")
        if name in ("yee", "hydrostatic"):
            raise NotDefined(f"{name!r} is no scheme of one axis at a time. Use 'rusanov' or 'muscl', or leave "
                             f"splitting={splitting!r} out.")
        schemes = tuple(make(system.homogeneous(axis), name, number, rest, False)
                        for axis, number in zip(system.axes, _numbers(system, courant)))
        return Split(system, name, courant, printed, None, None, schemes[0].time, schemes, splitting)

    @property
    def parts(self) -> tuple[tuple[int, Rational, Rational], ...]:
        """The sweeps: the axis, and where in the time step it begins and how much of it it takes."""
        last, one, half = len(self.along) - 1, sympy.S.One, sympy.S.Half
        if self.splitting == "godunov":
            return tuple((j, sympy.S.Zero, one) for j in range(last + 1))
        return (*((j, sympy.S.Zero, half) for j in range(last)), (last, sympy.S.Zero, one),
                *((j, half, half) for j in reversed(range(last))))

    @property
    def sweeps(self) -> tuple[Sweep, ...]:
        """The sweeps as schemes of the whole system; the source is in one of them alone."""
        bare = self.system.homogeneous(*self.axes)
        whole = len(self.along) - 1  # the axis whose sweep takes all of the time step
        return tuple(Sweep(self.system if j == whole else bare, self.name, None, self.options, None, None,
                           self.along[j].time, self.along[j], j, (float(start), float(length)))
                     for j, start, length in self.parts)

    @property
    def takes_source(self) -> bool:
        """Whether the stages of its sweeps do."""
        return self.along[0].takes_source

    @property
    def is_linear(self) -> bool:
        """Whether all sweeps are."""
        return self.system.is_linear and all(scheme.is_linear for scheme in self.along)

    def linear(self, ring: Coefficients) -> Laurent:
        """The product of the sweeps, the first on the right."""
        total = Laurent({(0,) * ring.ndim: ring.one})
        for j, _, length in self.parts:
            total = _on_axis(self.along[j], j, length, ring) * total
        return total

    def characteristic_of(self, equal: bool) -> Laurent:
        """Not defined: NotDefined."""
        raise NotDefined(f"{self.expression} takes {len(self.parts)} sweeps a step, and no one characteristic stands "
                         "for them. Use .operator, or .along[0].characteristic of the sweep along the first axis.")

    def face_offsets(self, axis: str) -> tuple[Offset, ...]:
        """Not defined: NotDefined."""
        raise NotDefined(f"{self.expression} takes one axis after the other, so a step has no face fluxes of its own. "
                         "Use .sweeps, each of which has.")

    def face_flux(self, axis: str, cells: Mapping[Offset, State], let: Let = plain) -> State:
        """Not defined: NotDefined."""
        self.face_offsets(axis)
        raise AssertionError

    @cached_property
    def commutes(self) -> bool:
        """Whether the matrices are constant and commute: then so do the flows along axes, and splitting is exact."""
        m = self.system.matrices
        return self.system.is_linear and not any(self.system.source) and all(
            (a * b - b * a).applyfunc(sympy.cancel).is_zero_matrix for a in m for b in m)

    @cached_property
    def order(self) -> int:
        """That along the axes, where flows commute; otherwise 1 for "godunov" and at most 2 for "strang"."""
        along = min(scheme.order for scheme in self.along)
        if any(self.system.source) and not self.takes_source:
            return 1  # the source takes a step of Euler's
        return along if self.commutes else min(along, 1 if self.splitting == "godunov" else 2)

    @cached_property
    def limit(self) -> Expr | Enclosure | None:
        """The largest stable Courant number of a linear scheme: the least over sweeps of the limit along their axis.

        In the norm of a symmetriser S of all A_j the symbols of the sweeps are normal, so that each is a contraction
        where it is stable along its axis; and waves along one axis meet its sweeps alone.
        """
        self._linear_only("limit")
        found: list[Expr] = []
        lower: list[Expr] = []
        largest, decided = max_speed(self.system), True
        for j, _, length in self.parts:
            own, ratio = self.along[j].courant_max, sympy.cancel(max_speed(self.along[j].system) / largest)
            if own is None:
                return None
            if not ratio.is_number:  # at most 1, and 1 for the fastest axis
                ratio, decided = sympy.S.One, False
            if ratio != 0:
                found.append((own.upper if isinstance(own, Enclosure) else own) / (ratio * length))
                lower.append((own.lower if isinstance(own, Enclosure) else own) / (ratio * length))
        upper = sympy.Min(*found) if decided else sympy.Max(*found)
        try:
            undecided = symmetriser(self.system.homogeneous(*self.axes)).conditions
        except NotSymmetrisable:
            undecided = (sympy.S.Zero,)
        if undecided:
            return Enclosure(sympy.S.Zero, upper, "no norm is known in which all sweeps contract")
        if sympy.Min(*lower) == upper:
            return upper
        return Enclosure(sympy.Min(*lower), upper, "the limits along the axes are enclosed" if decided else
                         "parameters decide which axis is the fastest")

    def of(self, system: System) -> Split:
        """The same sweeps of another system."""
        return replace(self, system=system, along=tuple(
            replace(scheme, courant=number).of(system.homogeneous(axis))
            for scheme, axis, number in zip(self.along, system.axes, _numbers(system, self.courant))))

    def conservation(self) -> Conservation:
        """The proof for each sweep: their product changes sums through the boundary alone, as they do."""
        from .conservation import Conservation, require_no_source
        require_no_source(self)
        return Conservation(self, tuple(scheme.conservation() for scheme in self.along))

    def positivity(self) -> Positivity:
        """Nothing is proved: speeds may grow from sweep to sweep, and the time step is chosen before the first."""
        from .positivity import Positivity
        return Positivity((), sympy.S.Zero)

    def is_equivariant(self, group: Group, rep: Rep) -> bool:
        """Whether a step commutes with a group; of linear schemes alone, by their stencil: NotDefined otherwise."""
        if not self.is_linear:
            raise NotDefined(f"{self.expression} takes the axes in turn, which symmetries that exchange axes undo. Ask "
                             "for the symmetry of the scheme without splitting.")
        return super().is_equivariant(group, rep)

    def symmetries(self, degree: int = 1, moving: bool = False) -> SchemeSymmetries:
        """Not defined: NotDefined."""
        raise NotDefined(f"point symmetries are sought of a step with face fluxes, and {self.expression} has none. Ask "
                         "for those of a sweep, .along[0].symmetries().")

    def _facts(self) -> str:
        return f"{self.along[0]._facts()}, {self.splitting} splitting"

    def _repr_latex_(self) -> str:
        names = [rf"S_{self.axes[j]}(\Delta t)" if length == 1 else rf"S_{self.axes[j]}(\Delta t/2)"
                 for j, _, length in reversed(self.parts)]
        return f"$u^{{n+1}} = {' '.join(names)} u^n$"


@dataclass(frozen=True, eq=False, repr=False)
class Sweep(Scheme):
    """One sweep of a split step: the scheme `inner` along one axis, with no flux along the others; `span` is where in
    the time step it begins, and how much of it it takes."""

    inner: Scheme
    number: int
    span: tuple[float, float]

    @property
    def is_linear(self) -> bool:
        """False: what runs it reads its programs."""
        return False

    @property
    def order(self) -> int:
        """That of the inner scheme."""
        return self.inner.order

    @property
    def _key(self) -> tuple:
        return *super()._key, self.inner, self.number, self.span

    def face_program(self, axis: str) -> FaceProgram:
        """The program of the inner scheme along its axis; none along the others."""
        j, d = self.axes.index(axis), len(self.axes)
        if j != self.number:
            nothing = tuple(sympy.S.Zero for _ in self.system.state)
            pair = ((0,) * d, tuple(int(i == j) for i in range(d)))
            return FaceProgram(axis, tuple((k, tuple(cell_symbol(s, k) for s in self.system.state)) for k in pair), (),
                               nothing)
        made = self.inner.with_symbolic_ratio().face_program(axis)
        return FaceProgram(axis, tuple((_place(k[0], j, d), state) for k, state in made.cells), made.lines, made.flux)

    def face_offsets(self, axis: str) -> tuple[Offset, ...]:
        """The offsets of the cells that its flux reads."""
        return tuple(k for k, _ in self.face_program(axis).cells)

    def face_flux(self, axis: str, cells: Mapping[Offset, State], let: Let = plain) -> State:
        """The flux of the inner scheme along its axis; 0 along the others."""
        if self.axes.index(axis) != self.number:
            return tuple(sympy.S.Zero for _ in self.system.state)
        return self.inner.face_flux(self.inner.axes[0], {(k[self.number],): state for k, state in cells.items()}, let)


def _numbers(system: System, courant: Expr | None) -> list[Expr | None]:
    """The Courant number along each axis, where speeds are constant."""
    if courant is None or not system.is_linear:
        return [None for _ in system.axes]
    return [sympy.cancel(courant * spectral_radius(system, axis) / max_speed(system)) for axis in system.axes]


def _place(k: int, axis: int, ndim: int) -> Offset:
    return tuple(k if i == axis else 0 for i in range(ndim))


def _on_axis(scheme: Scheme, axis: int, length: Rational, ring: Coefficients) -> Laurent:
    """The sweep of a linear scheme over a part of the time step, in all dimensions."""
    own = Coefficients((length * ring.matrices[axis],), (length * ring.courants[axis],), ring.one,
                       lambda _: length * ring.absolute(axis))
    made = scheme.linear(own)
    return Laurent({_place(k, axis, ring.ndim): m for (k,), m in made.terms.items()})


__all__ = ["SPLITTINGS", "Split", "Sweep"]
