"""Conjugacy classes: by listing, and in closed form for direct products, symmetric and alternating groups."""
from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from math import factorial
from typing import TYPE_CHECKING, Any

import numpy as np

from .alternating import (
    Key,
    alternating_class,
    alternating_class_size,
    alternating_classes,
    alternating_representative,
    parted,
)
from .element import Element
from .partition import Partition, class_size, cycle_type, partitions, representative

if TYPE_CHECKING:
    from .group import Group


@dataclass(frozen=True)
class ConjugacyClass:
    """A conjugacy class: its number in G.classes, and its size."""

    group: Group
    number: int
    size: int

    @cached_property
    def representative(self) -> Element:
        """An element of the class, the first of G.elements in it where the group is listed."""
        return self.group.conjugacy.representative(self.number)

    @cached_property
    def order(self) -> int:
        """The order of its elements."""
        return self.representative.order

    @property
    def label(self) -> str:
        """A word for the representative; in S(n) and A(n) the cycle type, "2^2 1" for (0 1)(2 3)."""
        return self.group.conjugacy.label(self.number)

    def __contains__(self, g: Any) -> bool:
        return self.group.class_of(g) == self.number

    def __repr__(self) -> str:
        return f"<the class of {self.representative}: {self.size} of order {self.order}>"


class Conjugacy:
    """The classes of a group: their sizes, a representative of each, and the class of any element."""

    sizes: tuple[int, ...]

    def representative(self, number: int) -> Element:
        """An element of class `number`."""
        raise NotImplementedError  # abstract: every kind below defines it

    def number(self, images: tuple[int, ...]) -> int:
        """The class of the element with these images."""
        raise NotImplementedError  # abstract: every kind below defines it

    def label(self, number: int) -> str:
        """What heads the column of a class in a table."""
        return str(self.representative(number))


@dataclass(frozen=True, eq=False)
class Listed(Conjugacy):
    """The classes of a listed group, ordered by their first elements."""

    group: Group

    @cached_property
    def _found(self) -> tuple[np.ndarray, np.ndarray]:
        _, first, sizes = np.unique(self.group.listing.class_of, return_index=True, return_counts=True)
        return first, sizes

    @property
    def sizes(self) -> tuple[int, ...]:  # type: ignore[override]
        """The sizes, counted."""
        return tuple(self._found[1].tolist())

    def representative(self, number: int) -> Element:
        """The first element of the class."""
        return self.group.elements[int(self._found[0][number])]

    def number(self, images: tuple[int, ...]) -> int:
        """The class, by its number in the listing."""
        listing = self.group.listing
        place = listing.find(images)
        assert place is not None
        return int(listing.class_of[place])


@dataclass(frozen=True, eq=False)
class Product(Conjugacy):
    """The classes of G × H: pairs of classes, those of H fastest."""

    group: Group

    @cached_property
    def sizes(self) -> tuple[int, ...]:  # type: ignore[override]
        """The products of the sizes."""
        one, two = (factor.conjugacy for factor in self.group.factors)
        return tuple(m * n for m in one.sizes for n in two.sizes)

    def representative(self, number: int) -> Element:
        """The pair of representatives."""
        one, two = (factor.conjugacy for factor in self.group.factors)
        i, j = divmod(number, len(two.sizes))
        g, h = one.representative(i).images, two.representative(j).images
        return Element(self.group, (*g, *(len(g) + k for k in h)))

    def number(self, images: tuple[int, ...]) -> int:
        """The pair of classes."""
        first, second = self.group.factors
        n = first.degree
        j = second.conjugacy.number(tuple(i - n for i in images[n:]))
        return first.conjugacy.number(images[:n]) * len(second.conjugacy.sizes) + j

    def label(self, number: int) -> str:
        """The labels of the pair."""
        one, two = (factor.conjugacy for factor in self.group.factors)
        i, j = divmod(number, len(two.sizes))
        return f"{one.label(i)}, {two.label(j)}"


@dataclass(frozen=True, eq=False)
class Symmetric(Conjugacy):
    """The classes of Sym(n): the cycle types, that of the identity first."""

    group: Group

    @cached_property
    def types(self) -> tuple[Partition, ...]:
        """The cycle types, in the order of the classes."""
        return partitions(self.group.degree)[::-1]

    @cached_property
    def _places(self) -> dict[Partition, int]:
        return {mu: i for i, mu in enumerate(self.types)}

    @cached_property
    def sizes(self) -> tuple[int, ...]:  # type: ignore[override]
        """n! over the orders of the centralisers."""
        return tuple(map(class_size, self.types))

    def representative(self, number: int) -> Element:
        """The permutation with cycles of consecutive points."""
        return Element(self.group, representative(self.types[number]))

    def number(self, images: tuple[int, ...]) -> int:
        """The class, by the cycle type."""
        return self._places[cycle_type(images)]

    def label(self, number: int) -> str:
        """The cycle type."""
        return _powers(self.types[number])


@dataclass(frozen=True, eq=False)
class Alternating(Conjugacy):
    """The classes of Alt(n): the even cycle types, in two halves where the parts are odd and distinct."""

    group: Group

    @cached_property
    def types(self) -> tuple[Key, ...]:
        """The cycle types and halves, in the order of the classes."""
        return alternating_classes(self.group.degree)[::-1]

    @cached_property
    def _places(self) -> dict[Key, int]:
        return {mu: i for i, mu in enumerate(self.types)}

    @cached_property
    def sizes(self) -> tuple[int, ...]:  # type: ignore[override]
        """The sizes of the cycle types, halved where they split."""
        return tuple(map(alternating_class_size, self.types))

    def representative(self, number: int) -> Element:
        """A permutation of the type, in the half."""
        return Element(self.group, alternating_representative(self.types[number]))

    def number(self, images: tuple[int, ...]) -> int:
        """The class, by the cycle type and the parity of a conjugating permutation."""
        return self._places[alternating_class(images)]

    def label(self, number: int) -> str:
        """The cycle type, and the half where it splits."""
        shape, sign = parted(self.types[number])
        return _powers(shape) + sign


def _powers(mu: Partition) -> str:
    """A partition with powers: "2^2 1"."""
    return " ".join(f"{k}^{m}" if m > 1 else str(k) for k, m in Counter(mu).items())


def conjugacy(group: Group) -> Conjugacy:
    """The classes of a group, in closed form where its order or its factors show what it is."""
    if group.factors:
        return Product(group)
    kind = symmetric_kind(group)
    return {"symmetric": Symmetric, "alternating": Alternating, None: Listed}[kind](group)


def labels(group: Group) -> np.ndarray:
    """The number in G.classes of the class of each listed element."""
    found = group.listing.class_of
    order = np.empty(len(group.classes), np.int64)
    for c in group.classes:
        order[found[group.index(c.representative)]] = c.number
    return order[found]


def symmetric_kind(group: Group) -> str | None:
    """"symmetric" or "alternating" where a group of permutations is all of Sym(n) or Alt(n), by its order: Alt(n) is
    the only subgroup of index 2.

    None for what moves space and for cyclic groups, whose irreps have names of their own.

    >>> import reptheory as rt
    >>> symmetric_kind(rt.group(a="(0 1 2 3 4)", b="(0 1 2)")), symmetric_kind(rt.D(3))
    ('alternating', None)
    """
    if group.on_space is not None or len(group.generators) < 2 or group.degree < 3:
        return None
    return {1: "symmetric", 2: "alternating"}.get(factorial(group.degree) // group.order)
