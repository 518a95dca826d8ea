"""Tensor products of representations."""
from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, reduce
from math import prod
from typing import Any

from .direct_sum import Sum
from .field import Field, Number, Q
from .group import Group
from .matrix import Matrix
from .monomial import Monomial, kron
from .rep import ONE, Action, Rep


def tensor(first: Rep, second: Rep) -> Rep:
    """The tensor product V ⊗ W, with the factors of V and W side by side."""
    return Tensor(factors_of(first) + factors_of(second))


def factors_of(rep: Rep) -> tuple[Rep, ...]:
    """The factors of a tensor product, or the representation alone."""
    return rep.factors if isinstance(rep, Tensor) else (rep,)


@dataclass(frozen=True, repr=False)
class Tensor(Rep):
    """The tensor product ρ₁(g) ⊗ ρ₂(g) ⊗ …, first index slowest."""

    factors: tuple[Rep, ...]

    @property
    def group(self) -> Group:  # type: ignore[override]
        """The group of the first factor, which is that of all."""
        return self.factors[0].group

    @property
    def dim(self) -> int:  # type: ignore[override]
        """The product of the dimensions."""
        return prod(f.dim for f in self.factors)

    @property
    def gram(self) -> tuple[Number, ...]:
        """The product metric."""
        if all(d == 1 for f in self.factors for d in f.gram):
            return (ONE,) * self.dim
        return tuple(reduce(lambda d, f: [x * y for x in d for y in f.gram], self.factors, [ONE]))

    @property
    def scalars(self) -> str:
        """Complex as soon as one factor is."""
        return "C" if any(f.scalars == "C" for f in self.factors) else "R"

    @property
    def field(self) -> Field:
        """That of the products; of a Lie group the compositum of the fields of the factors."""
        if not self.group.is_lie:
            return super().field
        return reduce(lambda k, f: k.compositum(f.field), self.factors, Q)

    def _act(self, i: int) -> Action:
        return reduce(kron, (f.actions[i] for f in self.factors))

    def _derive(self, a: int) -> Matrix:
        sizes = [f.dim for f in self.factors]
        return reduce(Matrix.__add__, (
            Matrix.identity(prod(sizes[:k])).kron(f.derivatives[a]).kron(Matrix.identity(prod(sizes[k + 1:])))
            for k, f in enumerate(self.factors)))

    def _at(self, g: Matrix) -> Matrix:
        return reduce(Matrix.kron, (f._at(g) for f in self.factors))

    # These read the factors, so that no matrix of the whole product is built to answer them.
    @cached_property
    def is_monomial(self) -> bool:
        """Whether every factor is, for the generators, and the Lie algebra acts by zero."""
        return all(isinstance(a, Monomial) for f in self.factors for a in f.actions) and self._kills_algebra

    @cached_property
    def is_trivial(self) -> bool:
        """Whether ρ(g) = 1 for every g."""
        return self._kills_algebra and all(a.is_identity for a in self.actions)

    @cached_property
    def is_unitary(self) -> bool:
        """Whether ρ(g) preserves the product metric, as it does when every factor preserves its own."""
        return all(f.is_unitary for f in self.factors) or self._is_unitary_as_a_whole

    @cached_property
    def _is_unitary_as_a_whole(self) -> bool:
        return Rep.is_unitary.func(self)  # type: ignore[attr-defined]

    @property
    def _kills_algebra(self) -> bool:
        """Whether Σ_k 1 ⊗ dρ_k(X) ⊗ 1 = 0 for each X: every dρ_k(X) is a scalar c_k, and Σ_k c_k = 0."""
        for parts in zip(*(f.derivatives for f in self.factors)):
            scalars = [d[0, 0] for d in parts]
            if any(d != Matrix.identity(d.shape[0]) * c for d, c in zip(parts, scalars)) or sum(scalars, Q(0)) != 0:
                return False
        return True

    def trace(self, g: Any) -> Number:
        """The product of the traces."""
        return reduce(lambda t, f: t * f.trace(g), self.factors, ONE)

    @property
    def expression(self) -> str:  # type: ignore[override]
        """The product of its factors; a power where they are equal."""
        text = [f"({f.expression})" if isinstance(f, Sum) else f.expression for f in self.factors]
        return f"{text[0]}**{len(text)}" if len(set(text)) == 1 else " * ".join(text)
