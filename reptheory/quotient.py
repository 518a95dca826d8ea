"""The quotient of a group by a normal subgroup, as a group of permutations."""
from __future__ import annotations

from dataclasses import replace

import numpy as np

from .element import Element, cycle_text
from .group import Group, TooLarge
from .homomorphism import Homomorphism
from .listing import components
from .subgroup import Images

INDEX = 100_000  # the largest quotient that acts on itself


class NotNormal(ValueError):
    """A subgroup that a conjugation moves, where a normal one is needed."""


def quotient_group(group: Group, normal: Group) -> Group:
    """The quotient G/N, on the orbits of N where that is faithful, and on itself otherwise.

    G permutes the orbits of its normal subgroup N, and N acts trivially on them. The generators are the cosets of those
    of G, and keep their names. Raises NotASubgroup, NotNormal with a conjugate that lies outside N, and TooLarge.

    >>> import reptheory as rt
    >>> G = rt.S(4); V4 = G.subgroup(a="(0 1)(2 3)", b="(0 2)(1 3)")
    >>> quotient_group(G, V4)
    quotient_group(S(4), S(4).subgroup(a='(0 1)(2 3)', b='(0 2)(1 3)'))  # order 6
    """
    group._require(normal)
    _require_normal(group, normal)
    index = group.order // normal.order
    text = f"quotient_group({group.expression}, {normal.expression})"
    images = on_orbits(group.degree, list(map(np.array, group.images)), list(map(np.array, normal.images)))
    found = Group(group.names, images, len(images[0]), expression=text)
    if found.order == index:
        return replace(found, known_order=index)
    if index > INDEX:
        raise TooLarge(f"{text} has order {index}; it is not faithful on the orbits of {normal.expression}, and groups "
                       f"of order up to {INDEX} act on themselves. Take a larger normal subgroup.")
    moves = tuple(tuple(map(int, move)) for move in group.cosets(normal).images)
    return Group(group.names, moves, index, expression=text, known_order=index, base=(0,))


def natural_projection(group: Group, normal: Group) -> Homomorphism:
    """The homomorphism G → G/N, g ↦ gN; its target is quotient_group(G, N), its kernel N.

    Representations of G/N are pulled back along it.

    >>> import reptheory as rt
    >>> f = natural_projection(rt.Q8(), rt.Q8().center); f.target.order, f.kernel.order
    (4, 2)
    >>> f.target.natural.pullback(f).dim
    4
    """
    target = quotient_group(group, normal)
    images = dict(zip(group.names, target.generators))
    text = f"natural_projection({group.expression}, {normal.expression})"
    return Homomorphism.trusted(group, target, images, text)


def _require_normal(group: Group, normal: Group) -> None:
    for name, g in zip(group.names, group.generators):
        for letter, image in zip(normal.names, normal.images):
            conjugate = g * Element(group, image) * g.inverse
            if not normal.contains(conjugate.images):
                shown = conjugate if group.is_listed else cycle_text(conjugate.images)  # words take long otherwise
                raise NotNormal(f"{normal.expression} is not normal in {group.expression}: {name}·{letter}·{name}⁻¹ = "
                                f"{shown} is not in it. Take a normal subgroup, such as G.center or f.kernel.")


def on_orbits(points: int, moves: list[np.ndarray], normal: list[np.ndarray]) -> tuple[Images, ...]:
    """How permutations move the orbits of others that they normalise.

    >>> on_orbits(4, [np.array([1, 2, 3, 0])], [np.array([2, 3, 0, 1])])
    ((1, 0),)
    """
    label = components(points, normal)
    first = np.unique(label, return_index=True)[1]
    return tuple(tuple(label[move[first]].tolist()) for move in moves)
