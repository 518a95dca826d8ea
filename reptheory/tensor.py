"""Tensor products of representations."""
from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from math import prod
from typing import Any

import numpy as np

from .direct_sum import Sum
from .field import Field, Number, Q
from .group import Group
from .matrix import Matrix
from .monomial import kron
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
        return int(np.prod([f.dim for f in self.factors]))

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

    def trace(self, g: Any) -> Number:
        """The product of the traces."""
        return reduce(lambda t, f: t * f.trace(g), self.factors, ONE)

    @property
    def expression(self) -> str:  # type: ignore[override]
        """The product of its factors; a power where they are equal."""
        text = [f"({f.expression})" if isinstance(f, Sum) else f.expression for f in self.factors]
        return f"{text[0]}**{len(text)}" if len(set(text)) == 1 else " * ".join(text)
