"""Direct sums of representations, with multiplicities kept in the type."""
from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, reduce
from typing import Any

from .field import Field, Number, Q
from .group import Group
from .matrix import Matrix
from .monomial import Monomial, direct_sum, kron
from .rep import Action, Rep


@dataclass(frozen=True, repr=False)
class Sum(Rep):
    """The direct sum m₁A₁ ⊕ m₂A₂ ⊕ …, where (mA)(g) = ρ_A(g) ⊗ I_m: representation index slow, channel fast."""

    terms: tuple[tuple[int, Rep], ...]

    @property
    def group(self) -> Group:  # type: ignore[override]
        """The group of the first summand, which is that of all."""
        return self.terms[0][1].group

    @property
    def dim(self) -> int:  # type: ignore[override]
        """Σ m_i dim A_i."""
        return sum(m * a.dim for m, a in self.terms)

    @property
    def summands(self) -> tuple[tuple[int, Rep], ...]:
        """The pairs (m_i, A_i)."""
        return self.terms

    @property
    def gram(self) -> tuple[Number, ...]:
        """The metrics of the summands, each entry once per channel."""
        return tuple(d for m, a in self.terms for d in a.gram for _ in range(m))

    @property
    def scalars(self) -> str:
        """Complex as soon as one summand is."""
        return "C" if any(a.scalars == "C" for _, a in self.terms) else "R"

    def _act(self, i: int) -> Action:
        return direct_sum(*(kron(a.actions[i], Monomial.identity(m)) for m, a in self.terms))

    def _derive(self, a: int) -> Matrix:
        return Matrix.block_diagonal([v.derivatives[a].kron(Matrix.identity(m)) for m, v in self.terms])

    def _at(self, g: Matrix) -> Matrix:
        return Matrix.block_diagonal([v._at(g).kron(Matrix.identity(m)) for m, v in self.terms])

    # These read the summands, so that no matrix of the whole sum is built to answer them.
    @cached_property
    def is_monomial(self) -> bool:
        """Whether every summand is monomial."""
        return all(a.is_monomial for _, a in self.terms)

    @cached_property
    def is_permutation(self) -> bool:
        """Whether every summand is a permutation representation."""
        return all(a.is_permutation for _, a in self.terms)

    @cached_property
    def is_trivial(self) -> bool:
        """Whether every summand is trivial."""
        return all(a.is_trivial for _, a in self.terms)

    @cached_property
    def is_unitary(self) -> bool:
        """Whether every summand is unitary."""
        return all(a.is_unitary for _, a in self.terms)

    @property
    def field(self) -> Field:
        """The compositum of the fields of the summands."""
        return reduce(lambda k, term: k.compositum(term[1].field), self.terms, Q)

    def trace(self, g: Any) -> Number:
        """Σ m_i tr ρ_{A_i}(g)."""
        return sum((m * a.trace(g) for m, a in self.terms), Q(0))

    @property
    def expression(self) -> str:  # type: ignore[override]
        """The sum of its terms, `2*A + B`."""
        return " + ".join(_term(m, a) for m, a in self.terms)


def _term(m: int, rep: Rep) -> str:
    text = rep.expression
    if m == 1:
        return text
    return f"{m}*({text})" if " * " in text or "**" in text else f"{m}*{text}"
