"""A Lie algebra acting on tensors by derivations, one index at a time: no Kronecker product is formed."""
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, reduce
from math import lcm, prod

import numpy as np

from .field import Field, Q
from .matrix import Matrix
from .rep import Rep
from .tensor import factors_of

WORD = 2 ** 62  # sums of integers below it are exact in int64


@dataclass(frozen=True, eq=False)
class TensorDerivation:
    """How X_a acts on κ ∈ B ⊗ A*: by Σ_k 1 ⊗ … ⊗ factors[k][a] ⊗ … ⊗ 1, the sum over the indices of κ.

    The indices are those of the factors of B and of the duals of the factors of A, where X acts by −dρ(X)ᵀ, so that κ
    is flattened as unknown i·dim A + j.

    >>> import reptheory as rt
    >>> V = rt.SO(2).vector; d = TensorDerivation.over(V, V * V); d.sizes, d.factors[2][0]
    ((2, 2, 2), [0 -1; 1 0])
    """

    sizes: tuple[int, ...]
    factors: tuple[tuple[Matrix, ...], ...]

    @staticmethod
    def over(source: Rep, target: Rep) -> TensorDerivation:
        """The action of the Lie algebra on Hom(A, B)."""
        reps = factors_of(target) + factors_of(source)
        duals = [tuple(-d.T for d in f.derivatives) for f in factors_of(source)]
        return TensorDerivation(tuple(f.dim for f in reps), (*(f.derivatives for f in factors_of(target)), *duals))

    @cached_property
    def field(self) -> Field:
        """The field of the matrices."""
        return reduce(lambda k, x: k.compositum(x.field), (x for factor in self.factors for x in factor), Q)

    @property
    def size(self) -> int:
        """The number of unknowns."""
        return prod(self.sizes)

    @property
    def dim(self) -> int:
        """The dimension of the Lie algebra."""
        return len(self.factors[0])

    @cached_property
    def integral(self) -> tuple[tuple[tuple[np.ndarray, np.ndarray, tuple[tuple[int, ...], ...]], ...], ...]:
        """For each a and k the nonzero entries of factors[k][a], times a common denominator of X_a: their rows and
        columns, and for each its coefficients in the powers of the generator of the field."""
        out = []
        for a in range(self.dim):
            lifted = [factor[a].over(self.field) for factor in self.factors]
            scale = reduce(lcm, (m.denominator for m in lifted), 1)
            out.append(tuple(_entries(m, scale) for m in lifted))
        return tuple(out)

    def terms(self, a: int) -> Iterator[tuple[np.ndarray, np.ndarray, tuple[int, ...]]]:
        """The nonzero entries of the action of X_a, in blocks (rows, columns, coefficients) of one value each."""
        here = np.arange(self.size)
        for k, (rows, columns, values) in enumerate(self.integral[a]):
            split = here.reshape(prod(self.sizes[:k]), self.sizes[k], -1)
            for i, j, value in zip(rows.tolist(), columns.tolist(), values):
                yield split[:, i].ravel(), split[:, j].ravel(), value

    def bound(self, a: int) -> int:
        """A bound on the sum of the absolute coefficients in one row of the action of X_a."""
        total = 0
        for rows, _, values in self.integral[a]:
            sums: dict[int, int] = {}
            for i, value in zip(rows.tolist(), values):
                sums[i] = sums.get(i, 0) + sum(map(abs, value))
            total += max(sums.values(), default=0)
        return total

    def is_diagonal(self, a: int) -> bool:
        """Whether X_a acts by a diagonal matrix."""
        return all(np.array_equal(rows, columns) for rows, columns, _ in self.integral[a])


def _entries(matrix: Matrix, scale: int) -> tuple[np.ndarray, np.ndarray, tuple[tuple[int, ...], ...]]:
    n = matrix.shape[1]
    tables = [part.entries() for part in matrix.parts]
    places = sorted({k for table in tables for k, c in enumerate(table) if c})
    values = tuple(tuple(int(table[k].p) * (scale // int(table[k].q)) for table in tables) for k in places)
    at = np.array(places, np.int64)
    return at // n, at % n, values
