"""Root data: connected compact (or complex reductive) groups by roots and coroots, and all that dominance gives."""
from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import prod

from flint import fmpq

from .field import Number, Q

Weight = tuple[int, ...]
ROOTS = 100_000      # the most positive roots; E8 has 120, A(100) has 5050
WEIGHTS = 1_000_000  # the most weights of one irrep that are listed
# For each series its smallest and largest rank.
SERIES = {"A": (1, 400), "B": (2, 300), "C": (2, 300), "D": (3, 300), "E": (6, 8), "F": (4, 4), "G": (2, 2)}


class NotDominant(ValueError):
    """A weight, or Dynkin labels, that are the highest weight of no irrep of the group."""


@dataclass(frozen=True)
class RootDatum:
    """The weight lattice Zʳ of a maximal torus with simple roots α_i and simple coroots α_i^∨ in Zʳ.

    The matrix ⟨α_i, α_j^∨⟩ is a Cartan matrix; r exceeds the number of roots by the dimension of the centre. Root data
    classify connected compact groups, and connected complex reductive ones.
    Source: Springer, Linear Algebraic Groups, 7.4, 9.6 and 10.1.

    >>> A2 = RootDatum.simple("A", 2); A2.dimension((1, 1)), A2.dim, len(A2.positive)
    (8, 8, 3)
    """

    rank: int
    roots: tuple[Weight, ...]
    coroots: tuple[Weight, ...]

    @staticmethod
    def simple(series: str, n: int) -> RootDatum:
        """The simply connected simple group of this series and rank; its weights are Dynkin labels ⟨λ, α_i^∨⟩.

        >>> RootDatum.simple("G", 2).dimension((1, 0)), RootDatum.simple("E", 8).dimension((0,) * 7 + (1,))
        (7, 248)
        """
        return RootDatum(n, cartan_matrix(series, n), tuple(unit(i, n) for i in range(n)))

    def __mul__(self, other: RootDatum) -> RootDatum:
        """The root datum of the direct product of the groups: weights stand one after the other."""
        def join(mine: tuple[Weight, ...], theirs: tuple[Weight, ...]) -> tuple[Weight, ...]:
            return (*((*a, *(0,) * other.rank) for a in mine), *((*(0,) * self.rank, *b) for b in theirs))
        return RootDatum(self.rank + other.rank, join(self.roots, other.roots), join(self.coroots, other.coroots))

    @property
    def dim(self) -> int:
        """r + 2|Φ⁺|, the dimension of the group."""
        return self.rank + 2 * len(self.positive)

    # Roots ---------------------------------------------------------------------------------------------
    @cached_property
    def cartan(self) -> tuple[Weight, ...]:
        """The Cartan matrix A_ij = ⟨α_i, α_j^∨⟩: row i has the Dynkin labels of α_i."""
        return tuple(self.labels(alpha) for alpha in self.roots)

    @cached_property
    def positive(self) -> tuple[tuple[Weight, Weight], ...]:
        """The positive roots β with their coroots β^∨, by height.

        s_i permutes the positive roots other than α_i, and s_i(β) is higher where ⟨β, α_i^∨⟩ < 0, so that all are
        reached from the simple ones. Raises TooLarge where they do not end: the matrix is then of no finite type.
        """
        found = dict(zip(self.roots, self.coroots))
        level = dict(found)
        while level:
            after: dict[Weight, Weight] = {}
            for beta, dual in level.items():
                for alpha, check in zip(self.roots, self.coroots):
                    n = pairing(beta, check)
                    if n < 0:
                        after[shifted(beta, alpha, -n)] = shifted(dual, check, -pairing(alpha, dual))
            level = {beta: dual for beta, dual in after.items() if beta not in found}
            found |= level
            if len(found) > ROOTS:
                from .group import TooLarge
                raise TooLarge(f"more than {ROOTS} roots come from the simple roots, so ⟨α_i, α_j^∨⟩ is no Cartan "
                               "matrix of finite type. Take RootDatum.simple(series, n) or a product of these.")
        levels = added(found.values(), self.rank)
        return tuple(sorted(found.items(), key=lambda pair: (pairing(pair[0], levels), pair[0])))

    @cached_property
    def two_rho(self) -> Weight:
        """2ρ, the sum of the positive roots: ⟨2ρ, α_i^∨⟩ = 2."""
        return added((beta for beta, _ in self.positive), self.rank)

    @cached_property
    def levels(self) -> Weight:
        """2ρ^∨, the sum of the positive coroots: ⟨α_i, 2ρ^∨⟩ = 2, so that ⟨μ, 2ρ^∨⟩ is the level of a weight."""
        return added((check for _, check in self.positive), self.rank)

    def labels(self, weight: Sequence[int]) -> Weight:
        """The Dynkin labels ⟨λ, α_i^∨⟩.

        >>> RootDatum(2, ((1, -1),), ((1, -1),)).labels((5, 2))
        (3,)
        """
        return tuple(pairing(weight, check) for check in self.coroots)

    @cached_property
    def form(self) -> tuple[tuple[fmpq, ...], ...]:
        """The W-invariant form (x, y) = Σ_β c_β ⟨x, β^∨⟩⟨y, β^∨⟩ for which long roots have (β, β) = 2.

        c_β depends on the simple factor of β only. The form vanishes on the characters of the centre.

        >>> RootDatum.simple("A", 1).form
        ((1/2,),)
        """
        def gram(pairs: list[tuple[Weight, Weight]]) -> list[list[int]]:
            return [[sum(c[i] * c[j] for _, c in pairs) for j in range(self.rank)] for i in range(self.rank)]
        whole = [[fmpq(0)] * self.rank for _ in range(self.rank)]
        for factor in self.factors:
            pairs = [(b, c) for b, c in self.positive if any(pairing(b, self.coroots[i]) for i in factor)]
            table = gram(pairs)
            longest = max(pairing(b, [pairing(row, b) for row in table]) for b, _ in pairs)
            for i, row in enumerate(table):
                for j, x in enumerate(row):
                    whole[i][j] += fmpq(2 * x, longest)
        return tuple(map(tuple, whole))

    @cached_property
    def factors(self) -> tuple[tuple[int, ...], ...]:
        """The connected components of the Dynkin diagram, as numbers of simple roots."""
        left, found = set(range(len(self.roots))), []
        while left:
            part, waiting = set(), {min(left)}
            while waiting:
                part |= waiting
                waiting = {j for i in waiting for j in left if self.cartan[i][j]} - part
            left -= part
            found.append(tuple(sorted(part)))
        return tuple(found)

    # Highest weights -----------------------------------------------------------------------------------
    def is_dominant(self, weight: Sequence[int]) -> bool:
        """Whether ⟨λ, α_i^∨⟩ ≥ 0 for every i."""
        return len(weight) == self.rank and all(label >= 0 for label in self.labels(weight))

    def highest(self, weight: Iterable[int]) -> Weight:
        """The weight as a tuple when it is dominant; NotDominant otherwise.

        >>> RootDatum.simple("A", 2).highest([2, 0])
        (2, 0)
        """
        found = tuple(weight)
        if len(found) != self.rank or not all(isinstance(x, int) and not isinstance(x, bool) for x in found):
            raise NotDominant(f"{found} is no weight of this group: it has {self.rank} integer coordinates. Give "
                              f"{self.rank} integers, as in {(0,) * self.rank}.")
        if not self.is_dominant(found):
            raise NotDominant(f"{found} has the Dynkin labels {self.labels(found)}, and highest weights have none "
                              f"below 0. The highest weight with the same orbit is {self.dominant(found)}.")
        return found

    def dominant(self, weight: Sequence[int]) -> Weight:
        """The dominant weight of the Weyl orbit Wμ: reflect where a label is negative.

        >>> RootDatum.simple("A", 2).dominant((-1, 0))
        (0, 1)
        """
        now = tuple(weight)
        while True:
            for alpha, check in zip(self.roots, self.coroots):
                n = pairing(now, check)
                if n < 0:
                    now = shifted(now, alpha, -n)
                    break
            else:
                return now

    def straightened(self, weight: Sequence[int]) -> tuple[int, Weight]:
        """(sgn w, w(μ+ρ) − ρ) with w(μ+ρ) dominant, or (0, μ') where μ+ρ lies on a wall: Weyl's formula then gives 0.

        >>> RootDatum.simple("A", 1).straightened((-3,)), RootDatum.simple("A", 1).straightened((-1,))
        ((-1, (1,)), (0, (-1,)))
        """
        now, sign = tuple(weight), 1
        while True:
            for alpha, check in zip(self.roots, self.coroots):
                n = pairing(now, check) + 1
                if n == 0:
                    return 0, now
                if n < 0:
                    now, sign = shifted(now, alpha, -n), -sign
                    break
            else:
                return sign, now

    def orbit(self, weight: Sequence[int]) -> tuple[Weight, ...]:
        """The Weyl orbit of a dominant weight, level by level from the top.

        >>> RootDatum.simple("A", 2).orbit((1, 0))
        ((1, 0), (-1, 1), (0, -1))
        """
        queue = [self.highest(weight)]
        found = set(queue)
        for mu in queue:
            for alpha, check in zip(self.roots, self.coroots):
                n = pairing(mu, check)
                if n > 0 and (lower := shifted(mu, alpha, -n)) not in found:
                    found.add(lower)
                    queue.append(lower)
            if len(queue) > WEIGHTS:
                from .group import TooLarge
                raise TooLarge(f"the orbit of {tuple(weight)} has more than {WEIGHTS} weights. Ask for dimension or "
                               "dominant_weights, which list none of it.")
        return tuple(queue)

    def dual(self, weight: Sequence[int]) -> Weight:
        """The highest weight −w₀λ of the dual.

        >>> RootDatum.simple("A", 2).dual((2, 1))
        (1, 2)
        """
        return self.dominant([-x for x in self.highest(weight)])

    def dimension(self, weight: Sequence[int]) -> int:
        """dim V_λ = ∏_{β>0} ⟨λ + ρ, β^∨⟩ / ⟨ρ, β^∨⟩, Weyl's formula.

        >>> RootDatum.simple("A", 2).dimension((2, 2)), RootDatum.simple("B", 3).dimension((1, 1, 0))
        (27, 105)
        """
        top = tuple(2 * x + r for x, r in zip(self.highest(weight), self.two_rho))
        return (prod(pairing(top, c) for _, c in self.positive)
                // prod(pairing(self.two_rho, c) for _, c in self.positive))

    def casimir(self, weight: Sequence[int]) -> Number:
        """(λ, λ + 2ρ), by which the Casimir element Σ x_a x^a of the semisimple part acts on V_λ, long roots having
        squared length 2.

        >>> RootDatum.simple("A", 1).casimir((2,)), RootDatum.simple("G", 2).casimir((0, 1))
        (4, 8)
        """
        top = self.highest(weight)
        other = [x + r for x, r in zip(top, self.two_rho)]
        value = sum((x * c * y for x, row in zip(top, self.form) for c, y in zip(row, other)), fmpq(0))
        return Q(1) * value

    def indicator(self, weight: Sequence[int]) -> int:
        """1 for V_λ of real type, −1 for quaternionic, 0 for complex: (−1)^⟨λ, 2ρ^∨⟩ where λ = −w₀λ.

        Source: Bourbaki, Lie VIII, §7.5, proposition 12.

        >>> [RootDatum.simple("A", 1).indicator((n,)) for n in range(3)], RootDatum.simple("A", 2).indicator((1, 0))
        ([1, -1, 1], 0)
        """
        top = self.highest(weight)
        return 0 if self.dual(top) != top else -1 if pairing(top, self.levels) % 2 else 1

    # Weights -------------------------------------------------------------------------------------------
    def dominant_weights(self, weight: Sequence[int]) -> dict[Weight, int]:
        """The dominant weights of V_λ with their multiplicities, by Freudenthal's formula, from the top level down:

        ((λ+ρ, λ+ρ) − (μ+ρ, μ+ρ)) m_μ = 2 Σ_{β>0} Σ_{k≥1} (μ + kβ, β) m_{μ+kβ}.

        Every dominant μ < λ is reached from λ by subtracting positive roots through dominant weights (Stembridge, The
        partial order of dominant weights, 1998). Source: Humphreys, Introduction to Lie Algebras, 22.3.

        >>> RootDatum.simple("A", 2).dominant_weights((2, 2))
        {(2, 2): 1, (0, 3): 1, (3, 0): 1, (1, 1): 2, (0, 0): 3}
        """
        top = self.highest(weight)
        queue = [top]
        below = set(queue)
        for mu in queue:
            for beta, _ in self.positive:
                lower = shifted(mu, beta, -1)
                if lower not in below and self.is_dominant(lower):
                    below.add(lower)
                    queue.append(lower)
        order = sorted(queue, key=lambda mu: (-pairing(mu, self.levels), mu))
        found, folded = {top: 1}, dict[Weight, Weight]()
        # Any invariant form serves: the centre drops out of λ − μ and β, and factors cancel on both sides.
        lowered = [[pairing(row, beta) for row in self.form] for beta, _ in self.positive]
        for mu in order[1:]:
            sum_ = fmpq(0)
            for (beta, _), form in zip(self.positive, lowered):
                now = shifted(mu, beta, 1)
                while True:
                    if now not in folded:
                        folded[now] = self.dominant(now)
                    m = found.get(folded[now], 0)
                    if not m:
                        break
                    sum_ += m * pairing(now, form)
                    now = shifted(now, beta, 1)
            gap = [pairing(row, [x - y for x, y in zip(top, mu)]) for row in self.form]
            found[mu] = int(2 * sum_ / pairing([x + y + r for x, y, r in zip(top, mu, self.two_rho)], gap))
        return found

    def weights(self, weight: Sequence[int]) -> dict[Weight, int]:
        """The weights of V_λ with their multiplicities, from the top level down.

        TooLarge beyond a million weights.

        >>> RootDatum.simple("A", 2).weights((1, 0))
        {(1, 0): 1, (-1, 1): 1, (0, -1): 1}
        """
        found = {nu: m for mu, m in self.dominant_weights(weight).items() for nu in self.orbit(mu)}
        return dict(sorted(found.items(), key=lambda pair: -pairing(pair[0], self.levels)))


def cartan_matrix(series: str, n: int) -> tuple[Weight, ...]:
    """The Cartan matrix A_ij = ⟨α_i, α_j^∨⟩, simple roots numbered as in Bourbaki, Lie VI, plates I–IX.

    >>> cartan_matrix("B", 2), cartan_matrix("G", 2)
    (((2, -2), (-1, 2)), ((2, -1), (-3, 2)))
    """
    if series not in SERIES or not SERIES[series][0] <= n <= SERIES[series][1]:
        known = ", ".join(f"{s} with {a} ≤ n ≤ {b}" for s, (a, b) in SERIES.items())
        raise ValueError(f"there is no Cartan matrix {series}{n}. The simple types are {known}.")
    edges = [(i, i + 1) for i in range(n - 1)]
    if series == "D":
        edges[-1] = (n - 3, n - 1)
    if series == "E":
        edges = [(0, 2), (1, 3), *((i, i + 1) for i in range(2, n - 1))]
    table = [[2 * (i == j) for j in range(n)] for i in range(n)]
    for i, j in edges:
        table[i][j] = table[j][i] = -1
    if series == "B":    # the last root is short
        table[n - 2][n - 1] = -2
    elif series == "C":  # the last root is long
        table[n - 1][n - 2] = -2
    elif series == "F":
        table[1][2] = -2
    elif series == "G":  # the first root is short
        table[1][0] = -3
    return tuple(map(tuple, table))


def unit(i: int, n: int) -> Weight:
    """The i-th unit vector of Zⁿ.

    >>> unit(1, 3)
    (0, 1, 0)
    """
    return tuple(int(i == j) for j in range(n))


def pairing(x: Sequence, y: Sequence):
    """⟨x, y⟩ = Σ x_i y_i.

    >>> pairing((1, 2), (3, 4))
    11
    """
    return sum(a * b for a, b in zip(x, y))


def shifted(x: Weight, y: Weight, n: int) -> Weight:
    """x + n y.

    >>> shifted((1, 2), (1, -1), 3)
    (4, -1)
    """
    return tuple([a + n * b for a, b in zip(x, y)])


def added(vectors: Iterable[Weight], n: int) -> Weight:
    """The sum of vectors of Zⁿ.

    >>> added([(1, 2), (3, 4)], 2)
    (4, 6)
    """
    return tuple(map(sum, zip(*vectors, (0,) * n)))

