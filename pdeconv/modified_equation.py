"""The modified equation: the PDE that a linear scheme solves to every order, from the logarithm of its symbol."""
from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import sympy
from sympy import Expr, Poly, Rational

from .coefficients import NU
from .factorisation import factored
from .laurent import Laurent

if TYPE_CHECKING:
    from .modified_system import ModifiedSystem
    from .scheme import Scheme


class NotConsistent(ValueError):
    """A scheme whose first-order terms are not those of the system."""


@dataclass(frozen=True)
class ModifiedEquation:
    """u_t + a u_x = Σ_k a h^{k−1} c_k(ν)/ν ∂_x^k u, with log g(e^{iε}) = −iνε + Σ_k c_k(ν) (iε)^k.

    `coefficients` are the c_k, k = 2, 3, …, as far as they were asked for (Warming and Hyett, J. Comput. Phys. 14,
    1974).
    """

    coefficients: tuple[Expr, ...]
    nu: sympy.Symbol

    @cached_property
    def order(self) -> int | None:
        """The order p of accuracy: c_{p+1} is the first that does not vanish; None where all here vanish."""
        return next((k for k, c in enumerate(self.coefficients, 1) if c != 0), None)

    @property
    def leading(self) -> Expr:
        """The term c_{p+1} (iε)^{p+1} / ε^{p+1} of log g + iνε, factored; 0 where none is known."""
        if self.order is None:
            return sympy.S.Zero
        return factored(self.coefficients[self.order - 1]) * sympy.I ** (self.order + 1)

    def term(self, k: int) -> Expr:
        """The factor a h^{k−1} c_k/ν of ∂_x^k u."""
        a, h = sympy.symbols("a h")
        return factored(sympy.cancel(self.coefficients[k - 2] / self.nu) * a * h ** (k - 1))

    @property
    def is_dissipative(self) -> bool:
        """Whether the leading term is of even order, so that it damps; otherwise it is dispersive."""
        return self.order is not None and self.order % 2 == 1

    def _right(self, latex: bool) -> str:
        parts = []
        for k in range(2, len(self.coefficients) + 2):
            if self.coefficients[k - 2] != 0:
                factor = self.term(k)
                parts.append(rf"{sympy.latex(factor)}\,\partial_x^{{{k}}} u" if latex else f"{factor}*u_{'x' * k}")
        return " + ".join(parts) or "0"

    def __repr__(self) -> str:
        return f"<u_t + a*u_x = {self._right(False)} + …>"

    def _repr_latex_(self) -> str:
        return rf"$u_t + a u_x = {self._right(True)} + \cdots$"


def series(g: Laurent, degree: int, ndim: int) -> Laurent:
    """Σ_k a_k e^{k·w} as a polynomial in w of total degree up to `degree`."""
    from math import factorial, prod
    found = Laurent({})
    for offset, a in g.terms.items():
        for powers in _powers(ndim, degree):
            factor = prod(Rational(offset[j] ** m, factorial(m)) for j, m in enumerate(powers))
            if factor:
                found = found + Laurent({powers: factor * a})
    return found


def logarithm(g: Laurent, degree: int, one: Any, ndim: int) -> Laurent:
    """log Σ_k a_k e^{k·w} as a polynomial in w of total degree up to `degree`; products in the ring's own order."""
    rest = series(g, degree, ndim) - Laurent({(0,) * ndim: one})
    total, power = Laurent({}), Laurent({(0,) * ndim: one})
    for k in range(1, degree + 1):
        power = power.product(rest, degree)
        total = total + power.scaled(Rational((-1) ** (k + 1), k))
    return total


def _powers(ndim: int, degree: int) -> list[tuple[int, ...]]:
    from itertools import product
    return [p for p in product(range(degree + 1), repeat=ndim) if sum(p) <= degree]


def modified_equation(g: Laurent, nu: sympy.Symbol, terms: int = 3, most: int = 9) -> ModifiedEquation:
    """The modified equation of a scalar scheme g(E) with polynomial coefficients, with so many terms beside zero.

    Raises NotConsistent where log g does not begin with −iνε.
    """
    degree = 3
    while True:
        c = _series(g, degree)
        if c[0] != 0 or (c[1] + nu).expand() != 0:
            raise NotConsistent(f"the scheme is not consistent: log g begins with {c[0]} + ({c[1]})·iε, and −ν·iε is "
                                "what advection needs. Check the weights.")
        found = [k for k in range(2, degree + 1) if c[k] != 0]
        if len(found) >= terms or degree >= most:
            last = found[terms - 1] if len(found) >= terms else degree
            return ModifiedEquation(tuple(c[2:last + 1]), nu)
        degree += 1


def _series(g: Laurent, degree: int) -> list[Expr]:
    """The coefficients of log g in powers of w = iε, by n ℓ_n = n g_n − Σ_{0<k<n} k ℓ_k g_{n−k}."""
    def poly(e: Any) -> Any:
        return e if isinstance(e, Poly) else sympy.expand(e)
    moments = [sum((Rational(k ** n, sympy.factorial(n)) * poly(a) for (k,), a in g.terms.items()), sympy.S.Zero)
               for n in range(degree + 1)]
    first = moments[0].as_expr() if isinstance(moments[0], Poly) else sympy.expand(moments[0])
    if first != 1:
        raise NotConsistent(f"the scheme does not keep constants: its coefficients add up to {first}, not to 1.")
    logs: list[Any] = [sympy.S.Zero]
    for n in range(1, degree + 1):
        total = n * moments[n] - sum((k * logs[k] * moments[n - k] for k in range(1, n)), sympy.S.Zero)
        logs.append(Rational(1, n) * total)
    return [sympy.expand(e.as_expr() if isinstance(e, Poly) else e) for e in logs]


def of_scheme(scheme: Scheme, terms: int, bend: int = 0) -> ModifiedEquation | ModifiedSystem:
    """That of one characteristic in one dimension; the leading one where a limited scheme meets smooth solutions; the
    leading matrices in several dimensions and of staggered schemes."""
    from .staggered import Staggered
    if not scheme.is_linear and not any(scheme.system.source):
        from .smooth_region import tangent
        return modified_equation(tangent(scheme, bend), NU, 1)
    if scheme.system.ndim > 1 or isinstance(scheme, Staggered):
        from .modified_system import modified_system
        return modified_system(scheme)
    return modified_equation(scheme.characteristic, NU, terms)
