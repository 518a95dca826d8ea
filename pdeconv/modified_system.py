"""ModifiedSystem: the system that a linear scheme in several dimensions solves, to one order more than its own."""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import sympy
from sympy import Expr, Rational

from .coefficients import normal, of_system
from .laurent import Laurent, Offset
from .modified_equation import logarithm, series

if TYPE_CHECKING:
    from .scheme import Scheme
    from .system import System


@dataclass(frozen=True, eq=False)
class ModifiedSystem:
    """u_t + Σ_j A_j ∂_j u = h^p Σ_{|k| = p+1} B_k ∂^k u + O(h^{p+1}): `terms` maps the powers k to the matrices B_k.

    From log G(θ) = −i Σ θ_j M_j + Σ_k L_k (iθ)^k: B_k = L_k Δx/Δt for the lowest |k| > 1 (Warming and Hyett, J. Comput.
    Phys. 14, 1974).
    """

    system: System
    order: int
    terms: Mapping[Offset, sympy.ImmutableMatrix]

    def term(self, **powers: int) -> sympy.ImmutableMatrix:
        """The matrix B_k of these powers: term(x=2), term(x=1, y=1)."""
        zero = sympy.zeros(self.system.size).as_immutable()
        return self.terms.get(tuple(powers.get(a, 0) for a in self.system.axes), zero)

    def _right(self, show: Any, times: str, derivative: str) -> str:
        parts = []
        for k, m in sorted(self.terms.items(), reverse=True):
            names = "".join(a * n for a, n in zip(self.system.axes, k))
            parts.append(f"{show(m)}{times}{derivative.format(names)}")
        power = "h" if self.order == 1 else f"h**{self.order}"
        return f"{power}{times}({' + '.join(parts)})"

    def __repr__(self) -> str:
        left = " + ".join(["u_t", *(f"A_{a}*u_{a}" for a in self.system.axes)])
        return f"<{left} = {self._right(lambda m: m.tolist(), '*', 'u_{}')} + …>"

    def _repr_latex_(self) -> str:
        left = " + ".join(["u_t", *(f"A_{a} u_{a}" for a in self.system.axes)])
        right = self._right(sympy.latex, r"\,", "u_{{{}}}").replace("**", "^")
        return rf"${left} = {right} + \cdots$"


def modified_system(scheme: Scheme) -> ModifiedSystem:
    """The leading error of a linear scheme as a system, in the symbol dt/dx or at the Courant number given.

    >>> from pdeconv import catalog
    >>> modified_system(catalog.advection(ndim=2).at(a_x=1, a_y=1).scheme("upwind", courant="1/4"))
    <u_t + A_x*u_x + A_y*u_y = h*([[3/8]]*u_xx + [[-1/4]]*u_xy + [[3/8]]*u_yy) + …>
    """
    scheme._linear_only("modified equation")
    p = scheme.order
    found = {k: (m / scheme.ratio).applyfunc(normal).as_immutable() for k, m in _leading(scheme, p + 1).items()}
    return ModifiedSystem(scheme.system, p, {k: m for k, m in found.items() if any(e != 0 for e in m)})


def _leading(scheme: Scheme, degree: int) -> dict[Offset, sympy.Matrix]:
    """The terms of log G of this degree. R(Z) = exp(Z) + δ Z^{q+1} + … makes them those of Z and of δ Z^{q+1}."""
    from .runge_kutta import runge_kutta
    from .semi_discrete import SemiDiscrete
    from .staggered import Staggered
    ring, d = of_system(scheme.system, scheme.ratio), scheme.system.ndim
    one = Laurent({(0,) * d: ring.one})
    if isinstance(scheme, Staggered):  # in units of half a cell
        terms = logarithm(scheme.symmetric_step, degree, ring.one, d).terms
        return {k: m * Rational(1, 2 ** degree) for k, m in terms.items() if sum(k) == degree}
    reach = scheme.reconstruction.order if scheme.reconstruction is not None else 0
    if not isinstance(scheme, SemiDiscrete) or min(reach, scheme.time.order) != degree - 1:
        terms = logarithm(scheme.operator, degree, ring.one, d).terms
        return {k: m for k, m in terms.items() if sum(k) == degree}
    z = replace(scheme, time=runge_kutta("euler")).linear(ring) - one
    total = Laurent({k: m for k, m in series(z, degree, d).terms.items() if sum(k) == degree})
    if scheme.time.order == degree - 1:
        r = scheme.time.stability_polynomial
        defect: Expr = (r[degree] if degree < len(r) else sympy.S.Zero) - Rational(1, sympy.factorial(degree))
        first = Laurent({tuple(int(i == j) for i in range(d)): -m for j, m in enumerate(ring.matrices)})
        power = first
        for _ in range(degree - 1):
            power = power * first
        total = total + power.scaled(defect)
    return dict(total.terms)
