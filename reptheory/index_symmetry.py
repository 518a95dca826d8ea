"""Symmetries of tensor indices: the group of signed permutations that a formula such as "ijk=-jik" generates."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import Any

import numpy as np

from .group import TooLarge

INDICES = 8          # the most indices of a formula
TENSOR = 20_000_000  # the most entries of a tensor whose orbits are listed


class BadFormula(ValueError):
    """A formula that is no symmetry of tensor indices, or that only the tensor 0 has."""


@dataclass(frozen=True)
class Orbits:
    """The orbits of index tuples: T[t] = signs[t] · c[numbers[t]], and T[t] = 0 where numbers[t] = −1.

    `representatives` (orbits, k) are the least tuples, with sign +1, in lexicographic order; `sizes` those of the
    orbits.
    """

    representatives: np.ndarray
    sizes: np.ndarray
    numbers: np.ndarray
    signs: np.ndarray


@dataclass(frozen=True)
class IndexSymmetry:
    """The symmetry T_t = s · T_{t∘p} of tensors with k indices, for a group of signed permutations (p, s).

    >>> S = IndexSymmetry("ijk=-jik"); S.order, S.letters
    (2, 'ijk')
    """

    formula: str

    def __post_init__(self) -> None:
        if not isinstance(self.formula, str):
            raise TypeError(f"a formula is a text such as 'ij=ji', not {self.formula!r}.")
        _ = self.elements  # a formula that forces T = 0 is an error here, not later

    @cached_property
    def terms(self) -> tuple[tuple[int, str], ...]:
        """The sign and the letters of each side of the formula."""
        found = []
        for text in "".join(self.formula.split()).split("="):
            sign, letters = (-1, text[1:]) if text[:1] in ("-", "−") else (1, text)
            if not letters or not (letters.isascii() and letters.isalpha()):
                raise BadFormula(f"{text!r} in {self.formula!r} is no list of indices. Write letters and perhaps a "
                                 "minus sign, as in 'ijk=-jik'.")
            if len(set(letters)) < len(letters):
                twice = next(c for c in letters if letters.count(c) > 1)
                raise BadFormula(f"the index {twice} occurs twice in {text!r}. Give each index a letter of its own: "
                                 "traces are no symmetries under permutations.")
            found.append((sign, letters))
        first = found[0][1]
        odd = next((letters for _, letters in found if sorted(letters) != sorted(first)), None)
        if odd is not None:
            raise BadFormula(f"{odd!r} is no permutation of the indices of {first!r}. Use the same letters on every "
                             "side of =.")
        if len(first) > INDICES:
            raise TooLarge(f"{self.formula!r} has {len(first)} indices, and the limit is {INDICES}.")
        return tuple(found)

    @property
    def letters(self) -> str:
        """The indices, in the order of the axes of the tensor."""
        return self.terms[0][1]

    @cached_property
    def generators(self) -> tuple[tuple[tuple[int, ...], int], ...]:
        """(p, s) for each further side of the formula: T_t = s · T_u with u_a = t_{p(a)}."""
        sign, first = self.terms[0]
        return tuple((tuple(first.index(c) for c in letters), sign * s) for s, letters in self.terms[1:])

    @cached_property
    def elements(self) -> dict[tuple[int, ...], int]:
        """The sign of each permutation of the group; BadFormula where one has both signs."""
        one = tuple(range(len(self.letters)))
        found = {one: 1}
        before: dict[tuple[int, ...], tuple[tuple[tuple[int, ...], int], ...]] = {one: ((one, 1),)}
        queue = [one]
        for p in queue:
            for q, s in self.generators:
                image, sign = tuple(p[j] for j in q), found[p] * s
                if image not in found:
                    found[image], before[image] = sign, (*before[p], (image, sign))
                    queue.append(image)
                elif found[image] != sign:
                    chain = [*before[p], (image, sign)]
                    raise BadFormula(
                        f"{self.formula!r} forces T = 0: {' = '.join(map(self._side, chain))} by its rules, but also "
                        f"{' = '.join(map(self._side, before[image]))}. Change a sign of the formula.")
        return found

    def _side(self, element: tuple[tuple[int, ...], int]) -> str:
        return ("−" if element[1] < 0 else "") + "T_" + "".join(self.letters[j] for j in element[0])

    @property
    def order(self) -> int:
        """The number of permutations."""
        return len(self.elements)

    @cached_property
    def classes(self) -> tuple[int, ...]:
        """For each position, the least one that the group moves it to: such positions hold equal representations."""
        return tuple(min(p[a] for p in self.elements) for a in range(len(self.letters)))

    def link(self, a: int, b: int) -> str:
        """The side of the formula, or product of them, that takes the position a to b."""
        p = next(p for p in self.elements if p[a] == b)
        return f"{self._side((tuple(range(len(p))), 1))} = {self._side((p, self.elements[p]))}"

    def orbits(self, sizes: Sequence[int]) -> Orbits:
        """The orbits of the index tuples t, 0 ≤ t_a < sizes[a].

        >>> IndexSymmetry("ij=-ji").orbits((3, 3)).representatives.tolist()
        [[0, 1], [0, 2], [1, 2]]
        """
        total = prod(sizes)
        if total > TENSOR:
            raise TooLarge(f"a tensor of shape {'×'.join(map(str, sizes))} has {total} entries, and the limit is "
                           f"{TENSOR}. Take fewer indices, or smaller summands one at a time.")
        digits = np.indices(sizes).reshape(len(sizes), total)
        strides = [prod(sizes[a + 1:]) for a in range(len(sizes))]
        least, signs, alive = np.arange(total), np.ones(total, np.int8), np.ones(total, bool)
        size = np.zeros(total, np.int64)
        for p, s in self.elements.items():
            image = sum(digits[j] * stride for j, stride in zip(p, strides))
            alive &= (image != np.arange(total)) | (s > 0)
            size += image == np.arange(total)
            lower = image < least
            least[lower], signs[lower] = image[lower], s
        kept = (least == np.arange(total)) & alive
        numbers = np.where(alive, (np.cumsum(kept) - 1)[least], -1)
        return Orbits(digits.T[kept], self.order // size[kept], numbers, np.where(alive, signs, 0).astype(np.int64))

    def dimension(self, traces: Sequence[Sequence[Any]]) -> Any:
        """|S|⁻¹ Σ_p s(p) ∏ over cycles c of p of traces[a][|c| − 1], a in c: tr of g on the tensors, by Pólya.

        `traces[a][n − 1]` is tr g^n on the representation at position a: an integer, or a polynomial over the integers.

        >>> IndexSymmetry("ij=ji").dimension([[3, 3], [3, 3]])
        6
        """
        total = sum((self._product(p, traces) * s for p, s in self.elements.items()), start=0)
        return total // self.order

    def _product(self, p: tuple[int, ...], traces):
        value, seen = 1, set()
        for a in range(len(p)):
            if a not in seen:
                cycle = [a]
                while p[cycle[-1]] != a:
                    cycle.append(p[cycle[-1]])
                seen.update(cycle)
                value = value * traces[a][len(cycle) - 1]
        return value

    def __str__(self) -> str:
        return "=".join(("-" if s < 0 else "") + letters for s, letters in self.terms)




def symmetric(k: int) -> IndexSymmetry:
    """All permutations of k indices with sign +1: the symmetric tensors.

    >>> symmetric(3).formula
    'abc=bac=bca'
    """
    letters = "abcdefgh"[:k]
    sides = [letters] if k < 2 else [letters, letters[1] + letters[0] + letters[2:], letters[1:] + letters[0]]
    return IndexSymmetry("=".join(dict.fromkeys(sides)))
