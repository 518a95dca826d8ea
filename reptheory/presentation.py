"""Groups by generators and relations: Todd–Coxeter coset enumeration."""
from __future__ import annotations

import re

from .element import Word, invert, parse_word
from .group import Group, InfiniteGroup, TooLarge


def presentation(generators: str, relations: str, limit: int = 20_000) -> Group:
    """The group ⟨generators | relations⟩ acting on itself, by Todd–Coxeter over the trivial subgroup.

    Relations are words or equations, separated by commas. Raises InfiniteGroup when the abelianisation is infinite, and
    TooLarge when the enumeration needs more than `limit` cosets.

    >>> presentation("r s", "r^4, s^2, (r*s)^2").order
    8
    """
    names = tuple(n for n in re.split(r"[\s,]+", generators.strip()) if n)
    if not names or len(set(names)) < len(names) or not all(n.isidentifier() for n in names):
        raise ValueError(f"presentation({generators!r}, …): give distinct generator names, \"r s\".")
    words = tuple(_relator(text, names) for text in relations.split(",") if text.strip())
    text = f"presentation({generators!r}, {relations!r})"
    free = _free_rank(names, words)
    if free:
        raise InfiniteGroup(f"{text} is infinite: its abelianisation has free rank {free}, so it maps onto Z. Add a relation, "
                            f"for instance a power of {names[0]}.")
    table = _enumerate(names, words, limit, text)
    # Cosets are acted on from the right; i ↦ i·g⁻¹ is the action from the left.
    images = tuple(invert([row[k] for row in table]) for k in range(len(names)))
    return Group(names, images, len(table), expression=text, known_order=len(table), base=(0,), relators=words)


def _relator(text: str, names: tuple[str, ...]) -> Word:
    """The word of a relation 'u' or 'u = v', the latter as u v⁻¹."""
    left, *right = text.split("=")
    word = parse_word(left.strip(), names)
    for other in right:
        word += tuple((i, -e) for i, e in reversed(parse_word(other.strip(), names)))
    return word


def _free_rank(names: tuple[str, ...], words: tuple[Word, ...]) -> int:
    """The free rank of the abelianisation: generators less the rank of the matrix of exponent sums."""
    from flint import fmpz_mat
    sums = [[sum(e for i, e in word if i == k) for k in range(len(names))] for word in words]
    return len(names) - (fmpz_mat(sums).rank() if sums else 0)


def _enumerate(names: tuple[str, ...], words: tuple[Word, ...], limit: int, text: str) -> list[list[int]]:
    """The coset table of the trivial subgroup: row i, column k is the coset i·g_k, the first coset being 1."""
    from sympy.combinatorics.coset_table import coset_enumeration_r
    from sympy.combinatorics.fp_groups import FpGroup
    from sympy.combinatorics.free_groups import free_group

    free, *letters = free_group(" ".join(names))
    relators = []
    for word in words:
        product = free.identity
        for i, e in word:
            product = product * letters[i] ** e
        relators.append(product)
    try:
        table = coset_enumeration_r(FpGroup(free, relators), [], max_cosets=limit)
    except ValueError:
        raise TooLarge(f"{text} needs more than {limit} cosets: the group is infinite, large, or hard to enumerate. Add "
                       "relations, or raise limit=….") from None
    table.compress()
    table.standardize()
    return [[row[2 * k] for k in range(len(names))] for row in table.table]
