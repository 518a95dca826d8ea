"""VectorField: an infinitesimal transformation of the coordinates and the unknowns."""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import sympy
from sympy import Expr


@dataclass(frozen=True)
class VectorField:
    """The vector field X = Σ_ν ξ^ν ∂_ν + Σ_k φ^k ∂_{u_k} on (t, x, u), with `components` (ξ, φ) in the order of
    `variables`.

    >>> t, x, u = sympy.symbols("t x u")
    >>> boost = VectorField((t, x, u), (0, t, 1)); boost
    t*∂_x + ∂_u
    >>> boost.bracket(VectorField((t, x, u), (1, 0, 0)))
    -∂_x
    """

    variables: tuple[sympy.Symbol, ...]
    components: tuple[Expr, ...]

    def __post_init__(self) -> None:
        if len(self.components) != len(self.variables):
            raise ValueError(f"a vector field in {', '.join(map(str, self.variables))} has {len(self.variables)} "
                             f"components, and {len(self.components)} are given. Give one for each variable.")
        object.__setattr__(self, "components", tuple(map(sympy.sympify, self.components)))

    def apply(self, function: Expr) -> Expr:
        """The derivative X f = Σ X^a ∂f/∂z_a."""
        return sum((c * sympy.diff(function, z) for z, c in zip(self.variables, self.components)), sympy.S.Zero)

    def bracket(self, other: VectorField) -> VectorField:
        """The Lie bracket [X, Y]^a = X Y^a − Y X^a."""
        return VectorField(self.variables, tuple(sympy.expand(self.apply(b) - other.apply(a))
                                                 for a, b in zip(self.components, other.components)))

    @cached_property
    def coefficients(self) -> Mapping[tuple[int, tuple[int, ...]], Expr]:
        """The coefficients by component and exponents of the monomial; sympy's PolynomialError for other functions."""
        return {(a, e): c for a, f in enumerate(self.components) if f
                for e, c in sympy.Poly(f, *self.variables).terms()}

    def __repr__(self) -> str:
        return self._sum(str, lambda z: f"∂_{z}", "*")

    def _repr_latex_(self) -> str:
        return f"${self.latex()}$"

    def latex(self) -> str:
        r"""The formula in LaTeX.

        >>> x, u = sympy.symbols("x u")
        >>> print(VectorField((x, u), (x, u + 1)).latex())
        x\,\partial_{x} + \left(u + 1\right)\,\partial_{u}
        """
        return self._sum(sympy.latex, lambda z: rf"\partial_{{{sympy.latex(z)}}}", r"\,")

    def _sum(self, write, derivative, times: str) -> str:
        left, right = ("(", ")") if times == "*" else (r"\left(", r"\right)")
        parts = []
        for z, c in zip(self.variables, self.components):
            if c == 0:
                continue
            if c in (1, -1):
                parts.append(("-" if c == -1 else "") + derivative(z))
            else:
                inner = write(c)
                parts.append((f"{left}{inner}{right}" if c.is_Add else inner) + times + derivative(z))
        return " + ".join(parts).replace("+ -", "- ") or "0"


__all__ = ["VectorField"]
