"""Reduced tensor products: the tensors in V_i ⊗ V_j ⊗ … with a symmetry of their indices, as a representation."""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, reduce
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from .direct_sum import Sum
from .field import Number, Q
from .group import DifferentGroups, Group, TooLarge
from .index_symmetry import BadFormula, IndexSymmetry, Orbits
from .matrix import Matrix
from .monomial import Monomial, as_matrix
from .rep import ONE, Action, Rep

if TYPE_CHECKING:
    from .reduction import Reduction

PRODUCTS = 4_000_000  # the most products of entries that the matrix of a group element takes


@dataclass(frozen=True, repr=False)
class ReducedTensors(Rep):
    """The tensors T in V_i ⊗ V_j ⊗ … with the index symmetry of a formula, a subrepresentation.

    Its basis are the sums b_O = Σ_{t ∈ O} s_t e_t over the orbits O of index tuples under the signed permutations, so
    that the coordinates of T are its entries at the least tuple of each orbit. They are orthogonal: the metric is
    |O| ∏ D_t. `embedding` is the array of T ↦ full tensor, and `reduction()` decomposes it. `reduced_tensor_product`
    makes it.
    """

    symmetry: IndexSymmetry
    factors: tuple[Rep, ...]

    @property
    def group(self) -> Group:  # type: ignore[override]
        """The group of the factors."""
        return self.factors[0].group

    @cached_property
    def shape(self) -> tuple[int, ...]:
        """The dimensions of the axes of the full tensors."""
        return tuple(f.dim for f in self.factors)

    @cached_property
    def orbits(self) -> Orbits:
        """The orbits of index tuples that number the basis."""
        return self.symmetry.orbits(self.shape)

    @property
    def dim(self) -> int:  # type: ignore[override]
        """The number of orbits that do not vanish."""
        return len(self.orbits.sizes)

    @cached_property
    def gram(self) -> tuple[Number, ...]:
        """|O| ∏ D_t, the squared length of Σ s_t e_t."""
        metrics = [f.gram for f in self.factors]
        if all(d == 1 for metric in metrics for d in metric):
            known = {size: Q(size) for size in set(self.orbits.sizes.tolist())}
            return tuple(known[size] for size in self.orbits.sizes.tolist())
        return tuple(prod((metric[i] for metric, i in zip(metrics, t)), start=Q(size))
                     for t, size in zip(self.orbits.representatives.tolist(), self.orbits.sizes.tolist()))

    @property
    def scalars(self) -> str:
        """Complex as soon as one factor is."""
        return "C" if any(f.scalars == "C" for f in self.factors) else "R"

    @cached_property
    def embedding(self) -> np.ndarray:
        """The int64 array E of shape (*shape, dim), entries −1, 0, 1: the full tensor is T_t = Σ_O E_tO c_O."""
        dense = np.zeros((prod(self.shape), self.dim), np.int64)
        where = np.flatnonzero(self.orbits.signs)
        dense[where, self.orbits.numbers[where]] = self.orbits.signs[where]
        return dense.reshape(*self.shape, self.dim)

    # Actions -------------------------------------------------------------------------------------------
    def _act(self, i: int) -> Action:
        actions = [f.actions[i] for f in self.factors]
        if not all(isinstance(a, Monomial) for a in actions):
            return self._matrix([as_matrix(a) for a in actions])
        t = self.orbits.representatives.T
        place = self._place([a.images[x] for a, x in zip(actions, t)])  # type: ignore[union-attr]
        signs = prod(a.signs[x].astype(np.int64) for a, x in zip(actions, t))  # type: ignore[union-attr]
        return Monomial.of(self.orbits.numbers[place], self.orbits.signs[place] * signs)

    def _at(self, g: Matrix) -> Matrix:
        return self._matrix([f._at(g) for f in self.factors])

    def _derive(self, a: int) -> Matrix:
        table = [[Q(0)] * self.dim for _ in range(self.dim)]
        rows = [_sparse(f.derivatives[a]) for f in self.factors]
        strides = self.strides
        for r, t in enumerate(self.orbits.representatives.tolist()):
            flat = sum(i * s for i, s in zip(t, strides))
            for axis, i in enumerate(t):
                for j, x in rows[axis][i]:
                    place = flat + (j - i) * strides[axis]
                    column = int(self.orbits.numbers[place])
                    if column >= 0:
                        table[r][column] = table[r][column] + x * int(self.orbits.signs[place])
        return Matrix.of(table)

    def _matrix(self, matrices: list[Matrix]) -> Matrix:
        """R (ρ ⊗ ρ ⊗ …) E: row r of ρ ⊗ … is the product of the rows r_a, folded along orbits."""
        rows = [_sparse(m) for m in matrices]
        tuples = self.orbits.representatives.tolist()
        work = sum(prod(len(rows[a][i]) for a, i in enumerate(t)) for t in tuples)
        if work > PRODUCTS:
            raise TooLarge(f"the matrix of a group element on {self.expression} takes {work} products, and the limit "
                           f"is {PRODUCTS}. Use a basis in which the group acts by signed permutations.")
        table = [[Q(0)] * self.dim for _ in tuples]
        for r, t in enumerate(tuples):
            terms = [(0, ONE)]
            for axis, i in enumerate(t):
                stride = self.strides[axis]
                terms = [(place + j * stride, x * y) for place, x in terms for j, y in rows[axis][i]]
            for place, x in terms:
                column = int(self.orbits.numbers[place])
                if column >= 0:
                    table[r][column] = table[r][column] + x * int(self.orbits.signs[place])
        return Matrix.of(table)

    @property
    def strides(self) -> tuple[int, ...]:
        """How far the axes of a full tensor in C order lead."""
        return tuple(prod(self.shape[a + 1:]) for a in range(len(self.shape)))

    def _place(self, digits: list[np.ndarray]) -> np.ndarray:
        """The numbers of index tuples among all, from their digits."""
        return reduce(np.add, (d * s for d, s in zip(digits, self.strides)))

    def reduction(self, keep: Any = None) -> Reduction:
        """The exact decomposition into irreps of SO(3) or O(3), with a change of basis; see `reduction.reduce_tensors`.

        `keep` lists the keys of the irreps wanted; all of them by default.

        >>> import reptheory as rt
        >>> T = rt.reduced_tensor_product("ij=ji", i=rt.SO(3).irrep(1)); T.reduction()
        <Reduction: SO(3).irrep(0) + SO(3).irrep(2)>
        """
        from .reduction import reduce_tensors
        return reduce_tensors(self, keep)

    @property
    def expression(self) -> str:  # type: ignore[override]
        """`reduced_tensor_product(formula, i=V, …)`, with one index for each class of them."""
        letters, classes = self.symmetry.letters, self.symmetry.classes
        given = ", ".join(f"{letters[a]}={self.factors[a].expression}" for a in sorted(set(classes)))
        return f"reduced_tensor_product({str(self.symmetry)!r}, {given})"


def reduced_tensor_product(formula: str, **representations: Rep) -> ReducedTensors:
    """The tensors in V_i ⊗ V_j ⊗ … with T_{ijk} = −T_{jik}, say, for the formula "ijk=-jik", as a representation.

    The sides of the formula are signed permutations of the indices of the first, all equal as entries of the tensor.
    Each index has a representation by name, of any group; indices that the formula exchanges share one, given once.
    Coordinates are the independent entries: those at the least index tuple of each orbit. Raises BadFormula where the
    formula is none, or forces T = 0, with the chain of sides that shows it; DifferentGroups.

    "ij=ji" is Sym², "ij=-ji" Λ²; "ijkl=-jikl=-ijlk=klij" are the symmetries of a curvature tensor but for Bianchi's.

    >>> import reptheory as rt
    >>> V = rt.O(3).vector; rt.reduced_tensor_product("ijkl=jikl=ijlk=klij", i=V).dim   # elasticity
    21
    """
    symmetry = IndexSymmetry(formula)
    factors = tuple(_factor(symmetry, a, representations) for a in range(len(symmetry.letters)))
    unknown = next((name for name in representations if name not in symmetry.letters or len(name) != 1), None)
    if unknown is not None:
        raise BadFormula(f"{unknown!r} is no index of {formula!r}. Its indices are {', '.join(symmetry.letters)}.")
    for letter, f in zip(symmetry.letters, factors):
        if f.group != factors[0].group:
            raise DifferentGroups(f"{symmetry.letters[0]} is a representation of {factors[0].group.expression} and "
                                  f"{letter} of {f.group.expression}. Restrict, induce or pull back one of them first.")
    found = ReducedTensors(symmetry, factors)
    if not found.dim:
        raise BadFormula(f"{formula!r} leaves no tensor but 0 in {'×'.join(map(str, found.shape))}: each entry is "
                         "minus itself by a permutation that fixes its indices. Antisymmetrise at most dim V indices.")
    return found


def _factor(symmetry: IndexSymmetry, a: int, given: Mapping[str, Rep]) -> Rep:
    """The representation at position a: its own, or that of an index that the formula exchanges with it."""
    letters, classes = symmetry.letters, symmetry.classes
    linked = [b for b, c in enumerate(classes) if c == classes[a] and letters[b] in given]
    if not linked:
        raise BadFormula(f"the index {letters[a]} of {symmetry.formula!r} has no representation. "
                         f"Give {letters[a]}=V.")
    first = given[letters[linked[0]]]
    if not isinstance(first, Rep):
        raise TypeError(f"{letters[linked[0]]}={first!r} is no representation. Give one such as G.vector.")
    for b in linked:
        if given[letters[b]] != first:
            raise BadFormula(
                f"{letters[linked[0]]} and {letters[b]} have different representations, {first.expression} and "
                f"{given[letters[b]].expression}, but {symmetry.link(linked[0], b)} exchanges them. Give them one "
                "representation, or leave that side out of the formula.")
    return first


def _sparse(matrix: Matrix) -> list[list[tuple[int, Number]]]:
    """The nonzero (column, entry) of each row."""
    return [[(j, x) for j, x in enumerate(row) if not x.is_zero] for row in matrix.rows()]


def copies_of(rep: Rep) -> list[tuple[Rep, list[int]]]:
    """Each copy of each summand of a type, with the positions of its coordinates.

    >>> import reptheory as rt
    >>> [places for _, places in copies_of(2*rt.C(3).vector)]
    [[0, 2], [1, 3]]
    """
    found, start = [], 0
    for m, a in (rep.summands if isinstance(rep, Sum) else ((1, rep),)):
        found += [(a, [start + i * m + c for i in range(a.dim)]) for c in range(m)]
        start += m * a.dim
    return found
