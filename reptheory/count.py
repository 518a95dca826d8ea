"""The dimension of Hom by characters: a road that shares nothing with solving."""
from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import TYPE_CHECKING

import numpy as np

from .conjugacy import symmetric_kind
from .element import Element
from .field import Q
from .group import Group
from .on_points import needs_words
from .rep import Rep
from .space import GSet, Point

if TYPE_CHECKING:
    from .hom import Hom

LISTED = 50_000  # groups up to this order are listed to average characters
CLASSES = 2_000  # over at most this many classes
DEGREE = 25      # those of S(n) are the partitions of n, 1958 for n = 25


def by_characters(hom: Hom) -> tuple[int | None, str]:
    """dim Hom = |G|⁻¹ Σ_g |X^g| χ_W(g) conj χ_V(g), summed by classes; None and the reason where the classes, or words
    for their elements, take long to find.

    >>> import reptheory as rt
    >>> by_characters(rt.S(12).natural >> rt.S(12).natural)
    (2, '')
    """
    on = hom.on
    if hom.group.is_lie:
        from .weight_count import NoWeights, by_weights
        if not isinstance(on, Point):
            return None, "a Lie group moves more than points"
        try:
            return by_weights(hom.source, hom.target), ""
        except NoWeights as error:
            return None, str(error).partition(". ")[0]
    if isinstance(on, Point):
        return dimension(hom.source, hom.target)
    if isinstance(on, GSet):
        rep = on.rep
        return dimension(hom.source, hom.target, lambda g: int(rep.trace(g).to_fraction()), needs_words(rep))
    return dimension(hom.source, hom.target, lambda g: fixed_points(hom.group, hom.moves, on.size, g), True)


def dimension(source: Rep, target: Rep, fixed: Callable[[Element], int] = lambda g: 1,
              words: bool = False) -> tuple[int | None, str]:
    """|G|⁻¹ Σ_g fixed(g) χ_W(g) conj χ_V(g); `words` says whether fixed(g) needs a word for g."""
    group = source.group
    if group.order > LISTED:
        if not _in_closed_form(group):
            return None, f"a group of order {group.order} is not listed"
        if words or needs_words(target) or needs_words(source):
            return None, f"words for the elements of a group of order {group.order} take long to find"
    classes = group.classes
    if len(classes) > CLASSES:
        return None, f"{len(classes)} classes are too many to average over"
    total = Q(0)
    for c in classes:
        points = fixed(c.representative)
        if points:
            total = total + c.size * points * (target.trace(c.representative) * source.trace(c.representative).conj())
    return int((total / group.order).to_fraction()), ""


def fixed_points(group: Group, moves: tuple[np.ndarray, ...], size: int, g: Element) -> int:
    """The number of points that g fixes, where generator s moves point x to moves[s][x]."""
    here = np.arange(size)
    letters = group.word(g)
    inverses = {i: np.argsort(moves[i]) for i, e in letters if e < 0}
    moved = reduce(lambda points, letter: (moves if letter[1] > 0 else inverses)[letter[0]][points],
                   reversed(letters), here)
    return int((moved == here).sum())


def _in_closed_form(group: Group) -> bool:
    """Whether the classes are known without listing the group, and are few."""
    if group.factors:
        return all(factor.order <= LISTED or _in_closed_form(factor) for factor in group.factors)
    return symmetric_kind(group) is not None and group.degree <= DEGREE
