"""Formal characters: the weights of a representation of a torus, and what they say about the group around it."""
from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType

from .root_datum import RootDatum, Weight, pairing


class NotACharacter(ValueError):
    """Weights with multiplicities that no representation of the group has."""


@dataclass(frozen=True)
class FormalCharacter:
    """The formal character Σ m_μ e^μ of a representation, μ in the weight lattice of a root datum.

    Sums, products, duals, symmetric and exterior powers of representations are those of their characters, and a
    representation of a connected compact group is determined by its character.

    >>> A2 = RootDatum.simple("A", 2); V = FormalCharacter.irrep(A2, (1, 1))
    >>> V.dim, (V * V).decompose()
    (8, {(2, 2): 1, (0, 3): 1, (3, 0): 1, (1, 1): 2, (0, 0): 1})
    """

    datum: RootDatum
    terms: tuple[tuple[Weight, int], ...]

    @staticmethod
    def of(datum: RootDatum, weights: Mapping[Weight, int]) -> FormalCharacter:
        """Σ m_μ e^μ, the highest weights first; multiplicity 0 is dropped."""
        kept = [(mu, m) for mu, m in weights.items() if m]
        wrong = next((mu for mu, _ in kept if len(mu) != datum.rank), None)
        if wrong is not None:
            raise ValueError(f"the weight {wrong} has {len(wrong)} coordinates, and the torus has rank {datum.rank}. "
                             "Give one integer for each coordinate of the torus.")
        return FormalCharacter(datum, tuple(sorted(kept, key=lambda t: (-pairing(t[0], datum.levels), t[0]))))

    @staticmethod
    def irrep(datum: RootDatum, weight: Iterable[int]) -> FormalCharacter:
        """The character of V_λ, by Freudenthal's formula; NotDominant where λ is no highest weight."""
        return FormalCharacter.of(datum, datum.weights(datum.highest(weight)))

    @staticmethod
    def trivial(datum: RootDatum, multiplicity: int = 1) -> FormalCharacter:
        """m e⁰."""
        return FormalCharacter.of(datum, {(0,) * datum.rank: multiplicity})

    @staticmethod
    def adjoint(datum: RootDatum) -> FormalCharacter:
        """r + Σ_β e^β over the roots, the character of the Lie algebra.

        >>> FormalCharacter.adjoint(RootDatum.simple("E", 8)).dim
        248
        """
        roots = {mu: 1 for beta, _ in datum.positive for mu in (beta, tuple(-x for x in beta))}
        return FormalCharacter.of(datum, {**roots, (0,) * datum.rank: datum.rank})

    @cached_property
    def weights(self) -> Mapping[Weight, int]:
        """The multiplicities m_μ, read-only."""
        return MappingProxyType(dict(self.terms))

    @property
    def dim(self) -> int:
        """Σ m_μ."""
        return sum(m for _, m in self.terms)

    # Arithmetic ----------------------------------------------------------------------------------------
    def _same(self, other: FormalCharacter) -> None:
        if self.datum != other.datum:
            raise ValueError("the characters belong to groups with different root data. Restrict one of them with "
                             "`pulled_back`, or take both on the product of the groups.")

    def __add__(self, other: FormalCharacter) -> FormalCharacter:
        self._same(other)
        found = dict(self.terms)
        for mu, m in other.terms:
            found[mu] = found.get(mu, 0) + m
        return FormalCharacter.of(self.datum, found)

    def __mul__(self, other: FormalCharacter) -> FormalCharacter:
        self._same(other)
        return FormalCharacter.of(self.datum, convolved(dict(self.terms), dict(other.terms)))

    def __rmul__(self, m: int) -> FormalCharacter:
        return FormalCharacter.of(self.datum, {mu: m * n for mu, n in self.terms})

    @property
    def dual(self) -> FormalCharacter:
        """Σ m_μ e^{−μ}."""
        return self.adams(-1)

    def adams(self, k: int) -> FormalCharacter:
        """ψᵏ: Σ m_μ e^{kμ}, the function g ↦ χ(gᵏ)."""
        found: dict[Weight, int] = {}
        for mu, m in self.terms:
            image = tuple([k * x for x in mu])
            found[image] = found.get(image, 0) + m
        return FormalCharacter.of(self.datum, found)

    def sym(self, k: int) -> FormalCharacter:
        """The character of Sym^k V, by Newton's identity k h_k = Σ_{i=1}^k ψ^i h_{k−i}.

        >>> FormalCharacter.irrep(RootDatum.simple("A", 2), (1, 0)).sym(2).decompose()
        {(2, 0): 1}
        """
        return self._power(k, 1)

    def alt(self, k: int) -> FormalCharacter:
        """The character of Λ^k V, by Newton's identity k e_k = Σ_{i=1}^k (−1)^{i−1} ψ^i e_{k−i}.

        >>> FormalCharacter.irrep(RootDatum.simple("A", 3), (1, 0, 0)).alt(2).decompose()
        {(0, 1, 0): 1}
        """
        return self._power(k, -1)

    def _power(self, k: int, sign: int) -> FormalCharacter:
        if k < 0:
            raise ValueError(f"the power {k} of a character is not defined. Give k ≥ 0, and use V.dual.")
        psi = [dict(self.adams(i).terms) for i in range(1, k + 1)]
        found: list[dict[Weight, int]] = [{(0,) * self.datum.rank: 1}]
        for n in range(1, k + 1):
            sums: dict[Weight, int] = {}
            for i in range(1, n + 1):
                for mu, m in convolved(psi[i - 1], found[n - i]).items():
                    sums[mu] = sums.get(mu, 0) + (m if i % 2 or sign > 0 else -m)
            found.append({mu: m // n for mu, m in sums.items() if m})
        return FormalCharacter.of(self.datum, found[k])

    # Irreps --------------------------------------------------------------------------------------------
    def decompose(self) -> dict[Weight, int]:
        """The highest weights λ with the multiplicities of V_λ, the highest first.

        By Weyl's formula χ = Σ_μ m_μ sgn(w_μ) χ_{w_μ(μ+ρ)−ρ}, each weight straightened, for W-invariant m. Raises
        NotACharacter where the weights are not W-invariant or a multiplicity is negative.
        Source: Brauer 1937; Klimyk 1967; Humphreys, Introduction to Lie Algebras, 24, exercise 9.
        """
        for mu, m in self.terms:
            for i, alpha in enumerate(self.datum.roots):
                other = tuple(x - pairing(mu, self.datum.coroots[i]) * a for x, a in zip(mu, alpha))
                if self.weights.get(other, 0) != m:
                    raise NotACharacter(f"the weight {mu} occurs {m} times, but its image {other} under the reflection "
                                        f"s_{i + 1} occurs {self.weights.get(other, 0)} times. Characters are "
                                        "invariant under the Weyl group: give all weights of the representation.")
        found = straightened(self.datum, dict(self.terms), (0,) * self.datum.rank)
        wrong = next((mu for mu, m in found.items() if m < 0), None)
        if wrong is not None:
            raise NotACharacter(f"V_λ, λ = {wrong}, would occur {found[wrong]} times, so this difference of characters "
                                "is that of no representation. Check the multiplicities of the weights.")
        return found

    def tensor_irrep(self, weight: Iterable[int]) -> dict[Weight, int]:
        """The irreps of V ⊗ V_λ: Σ_μ m_μ χ_{λ+μ}, each λ + μ straightened (Racah–Speiser, Brauer–Klimyk).

        >>> A2 = RootDatum.simple("A", 2); sum(FormalCharacter.irrep(A2, (2, 2)).tensor_irrep((2, 2)).values())
        19
        """
        return straightened(self.datum, dict(self.terms), self.datum.highest(weight))

    def invariants(self) -> int:
        """dim V^G = Σ_μ m_μ sgn(w_μ) over the μ with w_μ(μ + ρ) = ρ: Weyl's integration formula, term by term.

        >>> (FormalCharacter.irrep(RootDatum.simple("G", 2), (1, 0)).alt(3)).invariants()
        1
        """
        zero, found = (0,) * self.datum.rank, 0
        for mu, m in self.terms:
            sign, top = self.datum.straightened(mu)
            found += m * sign if top == zero else 0
        return found

    def hom(self, other: FormalCharacter) -> int:
        """dim Hom_G(V, W) = Σ_λ m_λ(V) m_λ(W) for a connected group and complex scalars (Schur).

        >>> V = FormalCharacter.irrep(RootDatum.simple("A", 1), (2,)); (V * V).hom(V * V)
        3
        """
        self._same(other)
        there = other.decompose()
        return sum(m * there.get(mu, 0) for mu, m in self.decompose().items())

    def pulled_back(self, datum: RootDatum, projection: Iterable[Weight]) -> FormalCharacter:
        """The restriction to a subgroup: μ ↦ P μ, where P holds the torus of the subgroup in that of the group.

        >>> A2, A1 = RootDatum.simple("A", 2), RootDatum.simple("A", 1)
        >>> FormalCharacter.irrep(A2, (1, 1)).pulled_back(A1, [(2, 2)]).decompose()
        {(4,): 1, (2,): 1}
        """
        rows = tuple(projection)
        if len(rows) != datum.rank or any(len(row) != self.datum.rank for row in rows):
            raise ValueError(f"the projection of weights has {len(rows)} rows, and it is a {datum.rank}×"
                             f"{self.datum.rank} matrix. Give one row for each coordinate of the smaller torus.")
        found: dict[Weight, int] = {}
        for mu, m in self.terms:
            image = tuple([pairing(row, mu) for row in rows])
            found[image] = found.get(image, 0) + m
        return FormalCharacter.of(datum, found)

    @property
    def on_torus(self) -> FormalCharacter:
        """The restriction to the maximal torus, whose irreps are the weights."""
        return FormalCharacter.of(RootDatum(self.datum.rank, (), ()), dict(self.terms))


def torus(rank: int) -> RootDatum:
    """The root datum of the torus U(1)ʳ, with no roots.

    >>> FormalCharacter.irrep(torus(2), (3, -1)).dim
    1
    """
    return RootDatum(rank, (), ())


def convolved(a: dict[Weight, int], b: dict[Weight, int]) -> dict[Weight, int]:
    """Σ a_μ b_ν e^{μ+ν}.

    >>> convolved({(1,): 1, (-1,): 1}, {(1,): 1, (-1,): 1})
    {(2,): 1, (0,): 2, (-2,): 1}
    """
    found: dict[Weight, int] = {}
    for mu, m in a.items():
        for nu, n in b.items():
            total = tuple([x + y for x, y in zip(mu, nu)])
            found[total] = found.get(total, 0) + m * n
    return found


def straightened(datum: RootDatum, weights: dict[Weight, int], start: Weight) -> dict[Weight, int]:
    """Σ_μ m_μ sgn(w) e^{w(λ+μ+ρ)−ρ}, the irreps of V_λ ⊗ Σ m_μ e^μ, the highest first.

    >>> straightened(RootDatum.simple("A", 1), {(1,): 1, (-1,): 1}, (1,))
    {(2,): 1, (0,): 1}
    """
    found: dict[Weight, int] = {}
    for mu, m in weights.items():
        sign, top = datum.straightened([x + y for x, y in zip(start, mu)])
        if sign:
            found[top] = found.get(top, 0) + sign * m
    kept = [(mu, m) for mu, m in found.items() if m]
    return dict(sorted(kept, key=lambda t: (-pairing(t[0], datum.levels), t[0])))
