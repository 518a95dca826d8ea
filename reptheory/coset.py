"""Cosets and double cosets of a finite group."""
from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .element import Element, Word
from .listing import components

if TYPE_CHECKING:
    from .group import Group


@dataclass(frozen=True)
class Cosets:
    """The left cosets t_i K of a subgroup: representatives, and for each generator g the array i ↦ j with g t_i K = t_j K."""

    representatives: tuple[Element, ...]
    images: tuple[np.ndarray, ...]


def listed_cosets(group: Group, subgroup: Group) -> Cosets:
    """The cosets as components of the listing under right multiplication by K."""
    moves = [group.listing.times(group.word(Element(group, g))) for g in subgroup.images]
    label = components(group.order, moves)
    first = np.unique(label, return_index=True)[1]
    return Cosets(tuple(group.elements[int(i)] for i in first),
                  tuple(label[group.listing.left[s][first]] for s in range(len(group.names))))


def searched_cosets(group: Group, subgroup: Group) -> Cosets:
    """The cosets of a group too large to list, breadth-first, with u⁻¹v ∈ K as the test for uK = vK."""
    found, images = [group.identity], [[] for _ in group.names]  # type: ignore[var-annotated]
    for t in found:
        for s, g in enumerate(group.generators):
            moved = g * t
            number = next((j for j, u in enumerate(found) if subgroup.contains((u.inverse * moved).images)), len(found))
            if number == len(found):
                found.append(moved)
            images[s].append(number)
    return Cosets(tuple(found), tuple(np.array(row) for row in images))


def double_cosets(group: Group, k: Group, h: Group) -> tuple[tuple[Element, int], ...]:
    """The double cosets K x H as (representative, size): the orbits of K on G/H."""
    cosets = group.cosets(h)
    n = len(cosets.representatives)

    def move(word: Word) -> np.ndarray:
        here = np.arange(n)
        for s, e in reversed(word):
            here = cosets.images[s][here] if e > 0 else np.argsort(cosets.images[s])[here]
        return here

    label = components(n, [move(group.word(Element(group, g))) for g in k.images])
    first, sizes = np.unique(label, return_index=True, return_counts=True)[1:]
    return tuple((cosets.representatives[int(i)], int(size) * h.order) for i, size in zip(first, sizes))
