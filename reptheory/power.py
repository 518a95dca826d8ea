"""Symmetric and exterior powers."""
from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property, reduce
from itertools import combinations, combinations_with_replacement, permutations
from math import factorial, prod

import numpy as np

from .construct import Derived, bracket
from .field import Number, Q
from .group import Group, TooLarge
from .matrix import Matrix
from .monomial import Monomial
from .rep import Action, Rep

POWER_LIMIT = 4096  # the largest dim V^k whose matrix a symmetric or exterior power is read off


@dataclass(frozen=True, repr=False)
class Power(Derived):
    """Sym^k V or Λ^k V, on non-decreasing or increasing index tuples in lexicographic order.

    The matrix is E ρ^{⊗k} F, where F picks one order of each tuple and E adds the orders up (with signs for Λ).
    """

    base: Rep
    degree: int
    kind: str

    def __post_init__(self) -> None:
        if not isinstance(self.degree, int) or self.degree < 0:
            raise ValueError(f"{self.kind}({self.degree!r}): the degree of a power is an integer k ≥ 0.")
        if self.kind == "alt" and self.degree > self.base.dim:
            raise ValueError(f"alt({self.degree}) of a representation of dimension {self.base.dim} is zero. "
                             f"Use k ≤ {self.base.dim}.")

    @property
    def group(self) -> Group:  # type: ignore[override]
        """The group of the base."""
        return self.base.group

    @cached_property
    def tuples(self) -> list[tuple[int, ...]]:
        """The index tuples that number the basis."""
        choose = combinations_with_replacement if self.kind == "sym" else combinations
        return list(choose(range(self.base.dim), self.degree))

    @property
    def dim(self) -> int:  # type: ignore[override]
        """C(n + k − 1, k) for Sym, C(n, k) for Λ."""
        return len(self.tuples)

    @property
    def gram(self) -> tuple[Number, ...]:
        """∏ D_i over the number of orders of the tuple: the norm of the (anti)symmetrised tensor."""
        def orders(t: tuple[int, ...]) -> int:
            return factorial(len(t)) // prod(map(factorial, Counter(t).values())) if self.kind == "sym" else 1
        metric = self.base.gram
        return tuple(prod((metric[i] for i in t), start=Q(1)) / orders(t) for t in self.tuples)

    def _act(self, i: int) -> Action:
        action = self.base.actions[i]
        return self._monomial(action) if isinstance(action, Monomial) else self._matrix(action)

    def _at(self, g: Matrix) -> Matrix:
        return self._matrix(self.base._at(g))

    def _derive(self, a: int) -> Matrix:
        base, table = self.base.derivatives[a], [[Q(0)] * self.dim for _ in range(self.dim)]
        columns = [[(i, x) for i, x in enumerate(column) if x] for column in base.T.rows()]
        for t, column in self._place.items():  # X(e_i e_j …) = (X e_i) e_j … + e_i (X e_j) … + …
            for k, (i, x) in ((at, term) for at in range(len(t)) for term in columns[t[at]]):
                target = (*t[:k], i, *t[k + 1:])
                if self.kind == "alt" and len(set(target)) < len(target):
                    continue
                order = sorted(range(len(t)), key=target.__getitem__)
                sign = _sign(tuple(order)) if self.kind == "alt" else 1
                row = self._place[tuple(target[j] for j in order)]
                table[row][column] = table[row][column] + sign * x
        return Matrix.of(table)

    @cached_property
    def _place(self) -> dict[tuple[int, ...], int]:
        """The number of each index tuple."""
        return {t: n for n, t in enumerate(self.tuples)}

    def _matrix(self, action: Matrix) -> Matrix:
        n, k = self.base.dim, self.degree
        if n ** k > POWER_LIMIT:
            raise TooLarge(f"{self.expression} needs the matrix of {n}^{k} = {n ** k} dimensions, and the limit is "
                           f"{POWER_LIMIT}. Use a basis in which the group acts by signed permutations.")
        full = reduce(Matrix.kron, [action] * k, Matrix.identity(1))
        gather = np.zeros((self.dim, n ** k), np.int64)
        pick = np.zeros((n ** k, self.dim), np.int64)
        weights = n ** np.arange(k - 1, -1, -1)
        for t, column in self._place.items():
            pick[int(np.dot(t, weights)), column] = 1
            for order in set(permutations(range(k))) if self.kind == "alt" else {tuple(p) for p in permutations(t)}:
                index, sign = ([t[j] for j in order], _sign(order)) if self.kind == "alt" else (order, 1)
                gather[column, int(np.dot(index, weights))] = sign
        return Matrix.from_integers(gather) @ full @ Matrix.from_integers(pick)

    def _monomial(self, action: Monomial) -> Monomial:
        images, signs = [], []
        for t in self.tuples:
            target = [int(action.images[j]) for j in t]
            order = sorted(range(len(t)), key=target.__getitem__)
            images.append(self._place[tuple(target[j] for j in order)])
            swap = _sign(tuple(order)) if self.kind == "alt" else 1
            signs.append(swap * prod(int(action.signs[j]) for j in t))
        return Monomial.of(images, signs)

    @property
    def expression(self) -> str:  # type: ignore[override]
        """`V.sym(k)` or `V.alt(k)`."""
        return f"{bracket(self.base)}.{self.kind}({self.degree})"


def _sign(order: tuple[int, ...]) -> int:
    """The sign of a permutation, by counting inversions."""
    return (-1) ** sum(order[i] > order[j] for i, j in combinations(range(len(order)), 2))
