"""Characters: exact class functions, their inner product and the Frobenius–Schur indicator."""
from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

from .field import Number, Q
from .group import DifferentGroups, Group


@dataclass(frozen=True)
class Character:
    """A class function χ of a finite group: one exact value for each class of `group.classes`.

    >>> import reptheory as rt
    >>> chi = rt.S(3).natural.character; chi.inner(chi)
    2
    """

    group: Group
    values: tuple[Number, ...]

    def __call__(self, g: Any) -> Number:
        """χ(g) for an element or word g."""
        return self.values[self.group.class_of(g)]

    def inner(self, other: Character) -> Number:
        """⟨χ, ψ⟩ = |G|⁻¹ Σ_g χ(g) conj ψ(g), summed by classes."""
        self._same_group(other, "⟨χ, ψ⟩")
        total = sum((c.size * x * y.conj() for c, x, y in zip(self.group.classes, self.values, other.values)), Q(0))
        return total / self.group.order

    @cached_property
    def norm(self) -> Number:
        """⟨χ, χ⟩, the dimension of the commutant over C: 1 exactly for irreducible characters."""
        return self.inner(self)

    @cached_property
    def indicator(self) -> Number:
        """The Frobenius–Schur sum |G|⁻¹ Σ_g χ(g²): 1, 0 or −1 for real, complex or quaternionic irreducible χ."""
        squares = (self(c.representative * c.representative) for c in self.group.classes)
        return sum((c.size * x for c, x in zip(self.group.classes, squares)), Q(0)) / self.group.order

    def _same_group(self, other: Character, formula: str) -> None:
        if self.group != other.group:
            raise DifferentGroups(f"{formula} needs one group, but χ lives on {self.group.expression} and ψ on "
                                  f"{other.group.expression}. Restrict one of them.")

    def __add__(self, other: Character) -> Character:
        self._same_group(other, "χ + ψ")
        return Character(self.group, tuple(x + y for x, y in zip(self.values, other.values)))

    def __mul__(self, other: Character) -> Character:
        self._same_group(other, "χ · ψ")
        return Character(self.group, tuple(x * y for x, y in zip(self.values, other.values)))

    def conj(self) -> Character:
        """The conjugate character, that of the dual."""
        return Character(self.group, tuple(x.conj() for x in self.values))

    def __repr__(self) -> str:
        return f"<Character of {self.group.expression}: {', '.join(map(str, self.values))}>"


def real_type(character: Character) -> str | None:
    """The type of the real representation with this character, None when it is reducible over R.

    Over C an irreducible V is U (real), U ⊕ Ū (complex) or 2U (quaternionic), which the pair
    (⟨χ, χ⟩, Σ χ(g²)/|G|) = (1, 1), (2, 0), (4, −2) tells from everything reducible
    (Serre, Linear Representations of Finite Groups, §13.2).
    """
    kinds = {(1, 1): "real", (2, 0): "complex", (4, -2): "quaternionic"}
    pair = character.norm.to_fraction(), character.indicator.to_fraction()
    return next((kind for key, kind in kinds.items() if tuple(map(Fraction, key)) == pair), None)
