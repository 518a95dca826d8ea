"""Coefficients: the elements M_j = Δt/Δx A_j, |M_j| and Courant numbers from which a linear scheme is built."""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sympy
from sympy import Expr, Poly

from .radical import tidy
from .speed import spectral_radius

if TYPE_CHECKING:
    from .system import System

NU, COURANT = sympy.symbols("nu C")


@dataclass(frozen=True, eq=False)
class Coefficients:
    """A ring with one, the elements M_j and |M_j| in it, and the Courant number ρ(M_j) of each axis."""

    matrices: tuple[Any, ...]
    courants: tuple[Any, ...]
    one: Any
    absolute: Callable[[int], Any]

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.matrices)


def of_system(system: System, ratio: Expr) -> Coefficients:
    """The matrices M_j = Δt/Δx A_j of a linear system."""
    def reduced(m: Any) -> sympy.ImmutableMatrix:
        return sympy.ImmutableMatrix((ratio * m).applyfunc(normal))
    courants = tuple(tidy(ratio * spectral_radius(system, axis)) for axis in system.axes)
    return Coefficients(tuple(reduced(m) for m in system.matrices), courants,
                        sympy.ImmutableMatrix(sympy.eye(system.size)),
                        lambda j: reduced(absolute(system, system.axes[j])))


def of_characteristic(equal: bool) -> Coefficients:
    """The polynomials ν = |ν| and the Courant number C of the whole system, or ν where they are equal."""
    gens = (NU, COURANT)
    nu, courant, one = (Poly(e, *gens) for e in (NU, COURANT, 1))
    return Coefficients((nu,), (nu if equal else courant,), one, lambda j: nu)


def normal(e: Expr) -> Expr:
    """A quotient in lowest terms; a number with square roots with a rational denominator, expanded."""
    e = tidy(e)
    return sympy.expand(sympy.radsimp(e)) if e.is_number and not e.is_Rational else e


def absolute(system: System, axis: str) -> sympy.Matrix:
    """|A_j| = R |Λ| R⁻¹.

    >>> from pdeconv import catalog
    >>> absolute(catalog.wave(), "x")
    Matrix([
    [c, 0],
    [0, c]])
    """
    unit = tuple(sympy.Integer(a == axis) for a in system.axes)
    found = system.eigenstructure(unit).in_state
    diagonal = sympy.diag(*[sympy.Abs(s) for s in found.speeds])
    return (found.right * diagonal * found.left).applyfunc(normal)
