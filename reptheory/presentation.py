"""Groups by generators and relations: Todd–Coxeter coset enumeration."""
from __future__ import annotations

import re

from .element import LETTERS, Word, cyclically_reduced, generator_names, invert, parse_word
from .exact import clipped, shown
from .group import Group, InfiniteGroup, TooLarge
from .todd_coxeter import CosetTable, OutOfSteps

COSETS = 100_000  # the most cosets that are kept, unless limit=… says otherwise
GENERATORS, RELATIONS = 200, 25_000  # the most that are read; S(n) has n − 1 and n(n − 1)/2 by Coxeter


def presentation(generators: str, relations: str, limit: int = COSETS) -> Group:
    """The group ⟨generators | relations⟩ acting on itself, by Todd–Coxeter over the trivial subgroup.

    Relations are words or equations, separated by commas. Raises InfiniteGroup when the abelianisation is infinite, and
    TooLarge when the enumeration needs more than `limit` cosets.

    >>> presentation("r s", "r^4, s^2, (r*s)^2").order
    8
    """
    names = generator_names(n for n in re.split(r"[\s,]+", generators.strip()) if n)
    if not names:
        raise ValueError(f"presentation({shown(generators)}, …): give distinct generator names, \"r s\".")
    texts = relations.split(",")
    _at_most(len(names), GENERATORS, "generators")
    _at_most(len(texts), RELATIONS, "relations")
    words, letters = [], 0
    for text in texts:
        words.append(cyclically_reduced(_relator(text, names)))
        letters += len(words[-1])
        if letters > LETTERS:
            raise TooLarge(f"the relations {shown(relations)} have more than {LETTERS} letters when written out, and "
                           "no more are read. Use shorter relations.")
    relators = tuple(filter(None, words))
    text = f"presentation({generators!r}, {relations!r}{f', limit={limit}' if limit > COSETS else ''})"
    free = _free_rank(names, relators)
    if free:
        raise InfiniteGroup(f"{clipped(text)} is infinite: its abelianisation has free rank {free}, so it maps onto Z. "
                            f"Add a relation, for instance a power of {names[0]}.")
    table = CosetTable(len(names), relators)
    try:
        if not table.enumerate(limit):
            raise TooLarge(f"{clipped(text)} needs more than {limit} cosets: the group is infinite, large, or hard to "
                           "enumerate. Add relations, or raise limit=….")
    except OutOfSteps:
        raise TooLarge(f"{clipped(text)} takes more than {table.allowed} steps to enumerate, and {limit} cosets are "
                       "given no more. Use shorter relations, or raise limit=….") from None
    # Cosets are acted on from the right; i ↦ i·g⁻¹ is the action from the left.
    images = tuple(map(invert, table.images(len(names))))
    return Group(names, images, table.live, expression=text, known_order=table.live, base=(0,),
                 relators=relators)


def _relator(text: str, names: tuple[str, ...]) -> Word:
    """The word of a relation 'u' or 'u = v', the latter as u v⁻¹."""
    left, *right = map(str.strip, text.split("="))
    if right and not (left and all(right)):
        raise ValueError(f"{text.strip()!r} is no relation: a side is empty. Write 1 for the identity, \"a^2 = 1\".")
    word = parse_word(left, names)
    for other in right:
        word += tuple((i, -e) for i, e in reversed(parse_word(other, names)))
    return word


def _free_rank(names: tuple[str, ...], words: tuple[Word, ...]) -> int:
    """The free rank of the abelianisation: generators less the rank of the matrix of exponent sums."""
    from flint import fmpz_mat
    sums = []
    for word in words:
        sums.append([0] * len(names))
        for i, e in word:
            sums[-1][i] += e
    return len(names) - (fmpz_mat(sums).rank() if sums else 0)


def _at_most(count: int, limit: int, what: str) -> None:
    if count > limit:
        raise TooLarge(f"the presentation has {count} {what}, and up to {limit} are read. Leave out those that follow "
                       "from others.")
