"""Young's seminormal form: every irrep of S_n over Q, and of A_n over the field of its character, with a metric."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from math import gcd, lcm

import numpy as np
from flint import fmpq, fmpq_mat, fmpq_poly, fmpz_mat

from .alternating import Key, associator_root, parted
from .field import Number, Q
from .matrix import Matrix
from .partition import Partition, conjugate, cycle_type, diagonal_hooks, dimension, partition, sign

LIMIT = 2500     # the largest dimension: S(11) has irreps up to 2310
WORD = 1 << 62   # int64 entries stay below


def seminormal(key: Key) -> Seminormal | Half:
    """The irrep of S_n with key λ, and of A_n with key λ ≠ λ', (λ, "+") or (λ, "-"), as exact matrices with a metric.

    >>> form = seminormal(((2, 2), "+")); form.matrix((1, 2, 0, 3)), form.metric
    ([-1/2+1/2*√-3], (1,))
    """
    shape, which = parted(key)
    return Half(partition(shape), which) if which else Seminormal(partition(shape))


@dataclass(frozen=True)
class Seminormal:
    """The irrep S^λ of S_n on the standard tableaux t of shape λ: s_i v_t = v_t/d + (1 + 1/d) v_{s_i t}.

    s_i = (i i+1), d = c(i+1) − c(i) is the difference of the contents (column − row) of these entries of t, and
    v_{s_i t} = 0 where s_i t is not standard. Tableaux are ordered by the rows of 0, 1, 2, …. The rational matrices
    preserve the diagonal metric D with D_{s_i t} = D_t (d − 1)/(d + 1), which is 1 on the first tableau.
    Source: Young, On quantitative substitutional analysis VI (1932); James and Kerber, The Representation Theory of
    the Symmetric Group, 3.2 and 3.3.

    >>> Seminormal((2, 1)).matrix((0, 2, 1)), Seminormal((2, 1)).metric
    ([-1/2 3/2; 1/2 1/2], (1, 3))
    """

    shape: Partition

    @property
    def degree(self) -> int:
        """n, where λ is a partition of n."""
        return sum(self.shape)

    @property
    def dim(self) -> int:
        """f^λ, by the hook formula."""
        return dimension(self.shape)

    @cached_property
    def _tableaux(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The rows and the contents of the entries of each tableau, and for each i the number of s_i t, or of t where
        that is not standard."""
        if self.dim > LIMIT:
            from .group import TooLarge
            raise TooLarge(f"S^{self.shape} has dimension {self.dim}, and matrices are made up to dimension {LIMIT}. "
                           "Ask for characters: character_value(shape, cycle_type).")
        capacity = np.array(self.shape, np.int64)
        used = np.zeros((1, len(capacity)), np.int64)  # of each row, by the entries so far
        rows, contents, partners = (np.zeros((1, 0), np.int64) for _ in range(3))
        children: list[np.ndarray] = []  # of the tableaux without the last entry, by its row
        for m in range(self.degree):
            room = used < capacity
            room[:, 1:] &= used[:, :-1] > used[:, 1:]
            parent, row = np.nonzero(room)
            child = np.full(room.shape, -1)
            child[parent, row] = own = np.arange(len(parent))
            swapped = child[partners[parent], row[:, None]]  # s_i moves entries of the parent only, for i < m − 1
            if m:
                before, last = np.nonzero(children[-1] >= 0)
                other = children[-1][before[parent], row]    # the last two entries the other way round
                found = np.where(other >= 0, child[other, last[parent]], -1)
                swapped = np.column_stack([swapped, np.where(found >= 0, found, own)])
            rows = np.column_stack([rows[parent], row])
            contents = np.column_stack([contents[parent], used[parent, row] - row])
            used, partners = used[parent], swapped
            used[own, row] += 1
            children.append(child)
        return rows, contents, partners

    @cached_property
    def steps(self) -> tuple[tuple[np.ndarray, np.ndarray], ...]:
        """For each s_i = (i i+1) the numbers of the tableaux s_i t and the distances d, one for each tableau t."""
        _, contents, partners = self._tableaux
        return tuple((partners[:, i], contents[:, i + 1] - contents[:, i]) for i in range(self.degree - 1))

    @cached_property
    def signed_metric(self) -> tuple[fmpq, ...]:
        """sgn(t) D_t for each tableau t, where sgn(s_i t) = −sgn(t).

        For λ = λ' it is the associator A v_t = sgn(t) D_t v_{t'}, which satisfies A ρ(s_i) = −ρ(s_i) A: t ↦ t' turns d
        into −d in the formula of s_i.
        """
        descents = (np.diff(self._tableaux[0]) < 0).argmax(axis=1).tolist() if self.degree > 1 else [0]
        found = [fmpq(1)]
        for t in range(1, self.dim):  # undoing a descent leads to a tableau before t
            partner, distance = self.steps[descents[t]]
            d = int(distance[partner[t]])
            found.append(found[partner[t]] * fmpq(1 - d, d + 1))
        return tuple(found)

    @cached_property
    def metric(self) -> tuple[Number, ...]:
        """The positive rationals D_t with ρ(g)ᵀ D ρ(g) = D."""
        return tuple(Number(Q, fmpq_poly([abs(x)])) for x in self.signed_metric)

    def scaled(self, images: Sequence[int]) -> tuple[np.ndarray, int]:
        """An integer matrix and a denominator that give ρ(g): int64, or Python integers where those may overflow."""
        word = sorting_word(images)
        if len(images) != self.degree:
            raise ValueError(f"S^{self.shape} is a representation of S({self.degree}), and {list(images)} permutes "
                             f"{len(images)} points. Give the images of 0…{self.degree - 1}.")
        steps = self.steps  # these refuse what is too large
        table, denominator, bound = np.eye(self.dim, dtype=np.int64), 1, 1
        for i in word:
            partner, distance = steps[i]
            scale = lcm(*set(distance.tolist()))
            stay = scale // distance
            move = np.where(partner == np.arange(self.dim), 0, scale - stay)  # (s_i M)_t = M_t/d + (1 − 1/d) M_{s_i t}
            growth = int((abs(stay) + abs(move)).max())
            if bound * growth >= WORD:
                common = gcd(denominator, int(np.gcd.reduce(table, axis=None)))
                table, denominator = table // common, denominator // common
                bound = int(abs(table).max())
                if bound * growth >= WORD:
                    table = table.astype(object)
            table = stay[:, None] * table + move[:, None] * table[partner]
            denominator, bound = denominator * scale, bound * growth
        return table, denominator

    def matrix(self, images: Sequence[int]) -> Matrix:
        """ρ(g) for the permutation g: i ↦ images[i], a product along a shortest word in the s_i; ρ(gh) = ρ(g) ρ(h)."""
        return Matrix(Q, (_rational(*self.scaled(images)),))


@dataclass(frozen=True)
class Half:
    """A half of S^λ, λ = λ', as an irrep of A_n: the eigenspace of the associator A for one of its two eigenvalues.

    A v_t = sgn(t) D_t v_{t'} anticommutes with the s_i, so it commutes with A_n, and A² = ε D_t D_{t'} is a scalar α².
    With the tableaux t that have 1 in the first row, the vectors v_t + A v_t/α are a basis; the metric stays diagonal,
    2D_t, and is taken as D_t. Over Q(α) = Q(√(ε ∏ h_ii)), ε = (−1)^{(n−k)/2}: the half is real for ε = 1, and for
    ε = −1 the two halves are conjugate. "+" is the half with character (ε + √(ε ∏ h_ii))/2 on the class
    ((h_00, h_11, …), "+"). Source: Thrall, Young's semi-normal representation of the symmetric group (1941); Headley,
    On Young's orthogonal form and the characters of the alternating group (1996).

    >>> Half((3, 1, 1), "+").matrix((1, 2, 3, 4, 0)).trace()
    quadratic(5).number('1/2', '1/2')
    """

    shape: Partition
    which: str

    def __post_init__(self) -> None:
        if self.which not in ("+", "-") or self.degree < 2 or conjugate(self.shape) != self.shape:
            raise ValueError(f"({self.shape}, {self.which!r}) is no half of an irrep: halves (λ, \"+\") and (λ, \"-\") "
                             f"belong to λ = λ' of n ≥ 2, and {self.shape}' is {conjugate(self.shape)}. Use an unsplit "
                             "irrep by its partition.")

    @property
    def degree(self) -> int:
        """n, where λ is a partition of n."""
        return sum(self.shape)

    @property
    def dim(self) -> int:
        """f^λ/2."""
        return dimension(self.shape) // 2

    @cached_property
    def whole(self) -> Seminormal:
        """S^λ."""
        return Seminormal(self.shape)

    @cached_property
    def metric(self) -> tuple[Number, ...]:
        """The positive rationals D_t with ρ(g)ᴴ D ρ(g) = D, for the tableaux t with 1 in the first row."""
        return self.whole.metric[:self.dim]

    @cached_property
    def eigenvalue(self) -> Number:
        """α = tr(A ρ(g)) / √(ε ∏ h_ii) for g = (0 1 … h_00−1)(h_00 …)…, negated for "-".

        As g = ∏ s_i over the i inside a cycle, v_{t'} occurs in g v_t only if each cycle fills a hook, its corner
        first and then two by two a cell and its transpose: the path from t to t' then swaps in each pair and stays
        elsewhere.
        """
        hooks = diagonal_hooks(self.shape)
        starts = [0, *accumulate(hooks)]
        pairs = {i for start, h in zip(starts, hooks) for i in range(start + 1, start + h, 2)}
        order = [i for i in reversed(range(self.degree - 1)) if i + 1 not in starts]
        steps, associator = self.whole.steps, self.whole.signed_metric
        end = np.arange(2 * self.dim)
        for i in pairs:
            end = steps[i][0][end]
        total = fmpq(0)
        transposed = np.arange(2 * self.dim)[::-1]  # t ↦ t' reverses the order
        for t in np.flatnonzero(end == transposed).tolist():
            now, product = t, fmpq(1)
            for i in order:
                partner, distance = steps[i]
                d = int(distance[now])
                product *= fmpq(d + 1, d) if i in pairs else fmpq(1, d)
                now = int(partner[now]) if i in pairs else now
            total += product * associator[now]
        alpha = associator_root(self.shape).inverse() * total
        return alpha if self.which == "+" else -alpha

    def matrix(self, images: Sequence[int]) -> Matrix:
        """ρ(g) for an even permutation g: i ↦ images[i], (ρ_{st} + sgn(t) D_t ρ_{st'}/α)_{st} over the t with 1
        in the first row."""
        mu = cycle_type(images)
        if sign(mu) < 0:
            raise ValueError(f"{list(images)} has cycle type {mu} and is odd, and ({self.shape}, {self.which!r}) is an "
                             f"irrep of A({self.degree}). Use S^{self.shape}, Seminormal({self.shape}).")
        table, denominator = self.whole.scaled(images)
        inverse = self.eigenvalue.inverse()
        factors = [a * inverse.poly.coeffs()[-1] for a in self.whole.signed_metric[:self.dim]]
        common = lcm(*(int(x.q) for x in factors))
        weights = np.array([int(x.p) * (common // int(x.q)) for x in factors], object)
        kept = _rational(table[:self.dim, :self.dim], denominator)
        crossed = _rational(table[:self.dim, :self.dim - 1:-1] * weights, denominator * common)
        parts = (kept, crossed) if inverse.field.degree == 2 else (kept + crossed,)
        return Matrix(inverse.field, parts)


def sorting_word(images: Sequence[int]) -> list[int]:
    """The i_1, …, i_k of a shortest word g = s_{i_k} ⋯ s_{i_1}, k the number of inversions.

    >>> sorting_word((1, 2, 0))
    [1, 0]
    """
    now, word = list(images), []
    if sorted(now) != list(range(len(now))):
        raise ValueError(f"{now} is no permutation of 0…{len(now) - 1}. Give the image of each point once.")
    for end in range(1, len(now)):
        for i in range(end - 1, -1, -1):
            if now[i] < now[i + 1]:
                break
            now[i], now[i + 1] = now[i + 1], now[i]
            word.append(i)
    return word


def _rational(table: np.ndarray, denominator: int) -> fmpq_mat:
    filled, (row, column) = fmpz_mat(table.shape[0], table.shape[1]), np.nonzero(table)
    for i, j, x in zip(row.tolist(), column.tolist(), table[row, column].tolist()):  # most entries are 0
        filled[i, j] = x
    return fmpq_mat(filled) * fmpq(1, denominator)
