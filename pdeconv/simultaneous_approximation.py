"""Simultaneous approximation: summation by parts with boundary terms that let no energy in."""
from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import sympy

from .coefficients import absolute, normal
from .summation_by_parts import SummationByParts, summation_by_parts

if TYPE_CHECKING:
    from .system import System


@dataclass(frozen=True, eq=False)
class SimultaneousApproximation:
    """u_t = −(A ⊗ D) u − (A⁺ ⊗ H⁻¹ e_0 e_0ᵀ) u + (A⁻ ⊗ H⁻¹ e_n e_nᵀ) u on n points at distance h: an interval into
    which nothing comes.

    With A⁺ = (A + |A|)/2, A⁻ = (A − |A|)/2 and a symmetriser S, the energy E = uᵀ(S ⊗ H) u has
    dE/dt = −u_0ᵀ S|A| u_0 − u_nᵀ S|A| u_n ≤ 0: Q + Qᵀ leaves the ends alone, and the penalties take twice the incoming
    part away (Carpenter, Gottlieb and Abarbanel, J. Comput. Phys. 111, 1994). Time steps of a method that is stable
    where Re z ≤ 0 near 0, such as "rk4", keep that for small Δt/h.
    """

    system: System
    operator: SummationByParts
    points: int

    @cached_property
    def matrix(self) -> sympy.ImmutableMatrix:
        """L with u_t = L u / h, unknowns outside and points inside: blocks n × n."""
        n = self.points
        (a,), (axis,) = self.system.matrices, self.system.axes
        size = absolute(self.system, axis)
        d, inverse = self.operator.derivative(n), self.operator.norm(n).inv()
        ends = [sympy.zeros(n), sympy.zeros(n)]
        for end, at in zip(ends, (0, n - 1)):
            end[at, at] = inverse[at, at]
        kron = sympy.kronecker_product
        incoming, outgoing = (a + size) / 2, (a - size) / 2
        return (-kron(sympy.Matrix(a), d) - kron(incoming, ends[0]) + kron(outgoing, ends[1])).applyfunc(
            normal).as_immutable()

    @cached_property
    def energy(self) -> sympy.ImmutableMatrix:
        """S ⊗ H."""
        s = sympy.Matrix(self.system.symmetriser.in_state)
        return sympy.kronecker_product(s, self.operator.norm(self.points)).as_immutable()

    def verify(self) -> bool:
        """Whether (S ⊗ H) L + Lᵀ (S ⊗ H) = −S|A| ⊗ (e_0 e_0ᵀ + e_n e_nᵀ), exactly."""
        n, corners = self.points, sympy.zeros(self.points)
        corners[0, 0] = corners[n - 1, n - 1] = 1
        size = sympy.Matrix(self.system.symmetriser.in_state) * absolute(self.system, self.system.axes[0])
        growth = self.energy * self.matrix + self.matrix.T * self.energy + sympy.kronecker_product(size, corners)
        return all(normal(e) == 0 for e in growth)

    def to_numpy(self) -> np.ndarray:
        """L in floats, shape (unknowns · points, unknowns · points); NotANumber where symbols remain."""
        from .stencil import NotANumber
        symbols = sorted(map(str, self.matrix.free_symbols))
        if symbols:
            raise NotANumber(f"the matrix holds {', '.join(symbols)}. Give numbers for them, system.at(…).")
        return np.array(self.matrix.evalf().tolist(), float)

    def __repr__(self) -> str:
        return (f"simultaneous_approximation({self.system.expression}, {self.operator.order}, {self.points})"
                "  # E = uᵀ(S ⊗ H)u does not grow")


def simultaneous_approximation(system: System, order: int, points: int) -> SimultaneousApproximation:
    """A linear system on an interval into which nothing comes, by operators of order 2, 4 or 6 with boundary terms.

    Raises NotLinear for nonlinear systems, NotDefined in several dimensions, ValueError for too few points.

    >>> from pdeconv import catalog
    >>> simultaneous_approximation(catalog.acoustics(), 4, 9).verify()
    True
    """
    from .scheme import NotDefined, NotLinear
    if not system.is_linear or any(system.source):
        raise NotLinear(f"{system.expression} is not linear and homogeneous, and the energy estimate is for those. "
                        f"Linearise it, system.at({', '.join(f'{n}=…' for n in system.names)}).")
    if system.ndim > 1:
        raise NotDefined(f"{system.expression} has {system.ndim} dimensions, and the boundary terms are given in one. "
                         "Take one axis.")
    operator = summation_by_parts(order)
    operator.norm(points)  # refuses too few points
    return SimultaneousApproximation(system, operator, points)
