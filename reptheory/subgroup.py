"""Subgroups: stabilisers, intersections, conjugates, and the groups that chosen elements generate."""
from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from .element import Element, cycle_text, invert, parse_permutation

if TYPE_CHECKING:
    from .group import Group

Images = tuple[int, ...]


def generated(group: Group, names: Sequence[str], images: Sequence[Images], expression: str,
              order: int | None = None) -> Group:
    """The subgroup with these generators, which inherits the action on space."""
    on_space = None
    if group.on_space is not None:
        from .monomial import as_matrix
        from .on_space import Given
        vector = group.vector
        on_space = Given(tuple(as_matrix(vector.action(Element(group, g))) for g in images), vector.gram)
    return replace(group, names=tuple(names), images=tuple(images), on_space=on_space, expression=expression,
                   title=None, known_order=order, relators=None, factors=())


def from_images(group: Group, images: Iterable[Images], letter: str, order: int | None = None) -> Group:
    """The subgroup with these generators, named t, or t1, t2, …, and written by its cycles."""
    one = tuple(range(group.degree))
    kept = [g for g in dict.fromkeys(images) if g != one] or [one]  # a group has a generator, the identity if need be
    names = (letter,) if len(kept) == 1 else tuple(f"{letter}{k + 1}" for k in range(len(kept)))
    text = ", ".join(f"{n}={cycle_text(g)!r}" for n, g in zip(names, kept))
    return generated(group, names, kept, f"{group.atom}.subgroup({text})", order)


def spanned(group: Group, elements: Iterable[Element], letter: str, order: int) -> Group:
    """The subgroup of this order whose elements these are, with generators chosen greedily in order."""
    chosen: list[Images] = []
    grown = from_images(group, [], letter, 1)
    for g in elements:
        if grown.order == order:
            break
        if not grown.contains(g.images):
            chosen.append(g.images)
            names = tuple(f"g{k}" for k in range(len(chosen)))
            grown = replace(group, names=names, images=tuple(chosen), on_space=None, known_order=None, relators=None,
                            factors=())
    return from_images(group, chosen, letter, order)


def text_of(value: Any) -> str:
    """The literal that names a generator again: a string, a word, or a list of images."""
    if isinstance(value, Element):
        return repr(value.word)
    return repr(value) if isinstance(value, str) else repr(list(parse_permutation(value)))


def printed(names: Sequence[str], images: Sequence[Images]) -> str:
    """The expression `group(…)` of these permutations: cycles, and a list of images where none moves the end."""
    last = len(images[0]) - 1
    fixed = all(g[last] == last for g in images)
    texts = [str(list(g)) if fixed and k == 0 else repr(cycle_text(g)) for k, g in enumerate(images)]
    return f"group({', '.join(f'{name}={text}' for name, text in zip(names, texts))})"


def stabiliser(group: Group, point: int) -> Group:
    """The subgroup that fixes a point, of order |G| / |orbit|."""
    order = group.order // len(group.orbit(point))
    if not group.is_listed:
        fixing = group.schreier.stabilizer(point).generators
        return from_images(group, [tuple(g.array_form) for g in fixing], "t", order)
    listing, moves = group.listing, np.array(group.images)
    image = np.full(listing.size, point)  # image[i] = h_i(point), along the tree h_i = letter · h_parent
    for start, stop in zip(listing.levels[1:], listing.levels[2:]):
        image[start:stop] = moves[listing.letter[start:stop], image[listing.parent[start:stop]]]
    return spanned(group, (group.elements[int(i)] for i in np.flatnonzero(image == point)), "t", order)


def intersection(group: Group, other: Group) -> Group:
    """The subgroup of elements in both, listed from the smaller one."""
    if group.degree != other.degree:
        from .group import DifferentGroups
        raise DifferentGroups(f"{group.expression} permutes {group.degree} points and {other.expression} "
                              f"{other.degree}, so they have no elements in common. Take subgroups of one group.")
    small, large = sorted((group, other), key=lambda g: g.order)
    common = [g for g in small.elements if large.contains(g.images)]
    return spanned(small, common, "t", len(common))


def conjugate(group: Group, g: Element) -> Group:
    """The subgroup gHg⁻¹ of the group of g, or the group of those permutations where H does not lie in that one."""
    back = invert(g.images)
    images = [tuple(g.images[k[j]] for j in back) for k in group.images]
    text = ", ".join(f"{n}={cycle_text(i)!r}" for n, i in zip(group.names, images))
    if group.is_subgroup(g.group):
        return generated(g.group, group.names, images, f"{g.group.atom}.subgroup({text})", group.order)
    whole = replace(group, on_space=None, relators=None, factors=(), base=None, title=None)
    return replace(whole, images=tuple(images), expression=f"group({text})")
