"""Cosets and double cosets of a finite group."""
from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from .element import Element
from .listing import components
from .schreier import CosetKey

if TYPE_CHECKING:
    from .group import Group

INDEX_LIMIT = 100_000  # the most cosets that are searched for in a group too large to list


@dataclass(frozen=True, eq=False, repr=False)
class Cosets:
    """The left cosets t_i K of a subgroup, and for each generator g the array i ↦ j with g t_i K = t_j K.

    >>> import reptheory as rt
    >>> G = rt.D(4); C = G.cosets(G.subgroup(s="s")); C
    <4 cosets of D(4).subgroup(s='s') in D(4)>
    >>> C.number(G.element("r*s")), C.number(G.element("r"))
    (1, 1)
    """

    group: Group
    subgroup: Group
    representatives: tuple[Element, ...]
    images: tuple[np.ndarray, ...]
    key: CosetKey | None = field(default=None)
    numbers: np.ndarray | dict = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.representatives)

    def number(self, g: Element) -> int:
        """The number i of the coset t_i K that holds g."""
        if self.key is None:
            return int(self.numbers[self.group.index(g)])
        return int(self.numbers[self.key(g.images)])

    def permutation(self, g: Element) -> np.ndarray:
        """The array i ↦ j with g t_i K = t_j K, for any element g."""
        moved = (Element(self.group, tuple(map(g.images.__getitem__, t.images))) for t in self.representatives)
        return np.array([self.number(h) for h in moved])

    def __repr__(self) -> str:
        return f"<{len(self)} cosets of {self.subgroup.expression} in {self.group.expression}>"


def listed_cosets(group: Group, subgroup: Group) -> Cosets:
    """The cosets as components of the listing under right multiplication by K."""
    moves = [group.listing.times(group.word(Element(group, g))) for g in subgroup.images]
    label = components(group.order, moves)
    first = np.unique(label, return_index=True)[1]
    return Cosets(group, subgroup, tuple(group.elements[int(i)] for i in first),
                  tuple(label[left[first]] for left in group.listing.left), None, label)


def searched_cosets(group: Group, subgroup: Group) -> Cosets:
    """The cosets of a group too large to list, breadth-first; `CosetKey` tells them apart."""
    if group.order // subgroup.order > INDEX_LIMIT:
        from .group import TooLarge
        raise TooLarge(f"{subgroup.expression} has {group.order // subgroup.order} cosets in {group.expression}, and "
                       f"up to {INDEX_LIMIT} are listed. Take a larger subgroup.")
    key = CosetKey(subgroup)
    found, numbers = [group.identity], {key(group.identity.images): 0}
    images: list[list[int]] = [[] for _ in group.names]
    for t in found:
        for s, g in enumerate(group.generators):
            moved = g * t
            number = numbers.setdefault(key(moved.images), len(found))
            if number == len(found):
                found.append(moved)
            images[s].append(number)
    return Cosets(group, subgroup, tuple(found), tuple(np.array(row) for row in images), key, numbers)


def double_cosets(group: Group, k: Group, h: Group) -> tuple[tuple[Element, int], ...]:
    """The double cosets K x H as (representative, size): the orbits of K on G/H."""
    cosets = group.cosets(h)
    label = components(len(cosets), [cosets.permutation(Element(group, g)) for g in k.images])
    first, sizes = np.unique(label, return_index=True, return_counts=True)[1:]
    return tuple((cosets.representatives[int(i)], int(size) * h.order) for i, size in zip(first, sizes))
