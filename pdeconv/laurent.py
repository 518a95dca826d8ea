"""Laurent: polynomials in the shifts E_1, …, E_d and their inverses, over any ring of coefficients."""
from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import sympy

Offset = tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Laurent:
    """Σ_k a_k E^k with (E_j u)(x) = u(x + e_j): a constant-coefficient operator on functions on the lattice Z^d.

    `terms` holds the a_k ≠ 0 by offsets; they are elements of one ring (sympy expressions, polynomials, square
    matrices), so that products of operators are products of Laurent polynomials, in the order written.

    >>> E = Laurent({(1,): sympy.Integer(1)}); back = Laurent({(-1,): sympy.Integer(1)})
    >>> ((E - back) * (E - back)).terms == {(2,): 1, (0,): -2, (-2,): 1}
    True
    """

    terms: Mapping[Offset, Any]

    def __add__(self, other: Laurent) -> Laurent:
        found = dict(self.terms)
        for k, a in other.terms.items():
            found[k] = found[k] + a if k in found else a
        return Laurent({k: a for k, a in found.items() if not _is_zero(a)})

    def __neg__(self) -> Laurent:
        return Laurent({k: -a for k, a in self.terms.items()})

    def __sub__(self, other: Laurent) -> Laurent:
        return self + (-other)

    def __mul__(self, other: Laurent) -> Laurent:
        return self.product(other, None)

    def product(self, other: Laurent, degree: int | None) -> Laurent:
        """The product, without the terms of total degree above `degree` where one is given."""
        found: dict[Offset, Any] = {}
        for k, a in self.terms.items():
            for m, b in other.terms.items():
                if degree is not None and sum(k) + sum(m) > degree:
                    continue
                key = tuple(x + y for x, y in zip(k, m))
                found[key] = found[key] + a * b if key in found else a * b
        return Laurent({k: a for k, a in found.items() if not _is_zero(a)})

    def scaled(self, factor: Any) -> Laurent:
        """The factor, a number or an element of the ring, times the operator, from the left."""
        found = {k: factor * a for k, a in self.terms.items()}
        return Laurent({k: a for k, a in found.items() if not _is_zero(a)})

    def map(self, function: Callable[[Any], Any]) -> Laurent:
        """The operator with this function of each coefficient."""
        found = {k: function(a) for k, a in self.terms.items()}
        return Laurent({k: a for k, a in found.items() if not _is_zero(a)})

    def mirrored(self) -> Laurent:
        """The operator with every E replaced by E⁻¹."""
        return Laurent({tuple(-x for x in k): a for k, a in self.terms.items()})

    @property
    def radius(self) -> int:
        """The largest |k_j| over all offsets."""
        return max((abs(x) for k in self.terms for x in k), default=0)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Laurent) and not (self - other).map(_expanded).terms

    def __hash__(self) -> int:
        return hash(frozenset(self.terms))

    def __repr__(self) -> str:
        return " + ".join(f"({a})*E^{k[0] if len(k) == 1 else k}" for k, a in sorted(self.terms.items()))


def shift(axis: int, ndim: int, steps: int, one: Any) -> Laurent:
    """E_axis^steps, with this unit of the ring."""
    return Laurent({tuple(steps if j == axis else 0 for j in range(ndim)): one})


def on_axis(taps: Mapping[int, Any], axis: int, ndim: int, one: Any) -> Laurent:
    """Σ taps[k] E_axis^k for numbers or ring elements taps[k]."""
    return Laurent({tuple(k if j == axis else 0 for j in range(ndim)): c * one for k, c in taps.items() if c != 0})


def _is_zero(a: Any) -> bool:
    if isinstance(a, sympy.MatrixBase):
        return all(e == 0 for e in a)
    return bool(a == 0) or bool(getattr(a, "is_zero", False))


def _expanded(a: Any) -> Any:
    if isinstance(a, sympy.MatrixBase):
        return a.applyfunc(sympy.cancel)
    return sympy.cancel(a) if isinstance(a, sympy.Expr) else a
