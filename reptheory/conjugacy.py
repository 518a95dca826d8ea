"""Conjugacy classes: by listing, and in closed form for direct products, symmetric and alternating groups."""
from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import factorial
from typing import TYPE_CHECKING, Any

import numpy as np

from .element import Element

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


def conjugacy(group: Group) -> Conjugacy:
    """The classes of a group, in closed form where its order or its factors show what it is."""
    if group.factors:
        return Product(group)
    return Listed(group)


def is_symmetric(group: Group) -> bool:
    """Whether the group is all of Sym(degree): its order is degree!."""
    return group.order == factorial(group.degree)


def is_alternating(group: Group) -> bool:
    """Whether the group is Alt(degree), the only subgroup of index 2 of Sym(degree)."""
    return group.degree > 2 and 2 * group.order == factorial(group.degree)
