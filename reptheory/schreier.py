"""Groups too large to list: short words and canonical coset representatives along a base."""
from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from .element import Word, invert, reduced

if TYPE_CHECKING:
    from .group import Group

Images = tuple[int, ...]
TRIES = 50_000   # the most words that are sifted for short transversals
IMPROVE = 1_000  # sifted words between two rounds that multiply the transversals found


def after(g: Images, h: Images) -> Images:
    """The product g·h, x ↦ g(h(x))."""
    return tuple(map(g.__getitem__, h))


class Transversals:
    """For each base point b_k, words that move it over its orbit under the stabiliser of b_1 … b_{k−1}.

    Every element is then a product of one word for each base point. T. Minkwitz, An algorithm for solving the
    factorization problem in permutation groups, J. Symbolic Computation 26 (1998) 89–95: words in the generators are
    sifted, shortest first, and the shortest one that reaches each point is kept.
    """

    def __init__(self, group: Group) -> None:
        chain = group.schreier
        self.base: Images = tuple(chain.base)
        self.sizes = [len(orbit) for orbit in chain.basic_orbits]
        one = tuple(range(group.degree))
        letters = [(g, ((i, 1),)) for i, g in enumerate(group.images)]
        letters += [(h, ((i, -1),)) for i, g in enumerate(group.images) if (h := invert(g)) != g]
        self.found: list[dict[int, tuple[Images, Images, Word]]] = [{b: (one, one, ())} for b in self.base]
        queue: list[tuple[Images, Word]] = [(one, ())]
        seen = {one}
        for tried, (g, word) in enumerate(queue):
            if self.complete or tried > TRIES:
                break
            if tried % IMPROVE == IMPROVE - 1:
                self._multiply(2 * len(word) + tried // IMPROVE)
            self._sift(g, word)
            for h, letter in letters:
                product = after(g, h)
                if len(queue) < TRIES and product not in seen:
                    seen.add(product)
                    queue.append((product, word + letter))
        for _ in range(3):
            self._multiply(max((len(word) for level in self.found for *_, word in level.values()), default=0))

    @property
    def complete(self) -> bool:
        """Whether every orbit is filled, so that every element has a word."""
        return prod(map(len, self.found)) == prod(self.sizes)

    def _sift(self, g: Images, word: Word) -> None:
        """Keep the word where it reaches a new point or is shorter than the one kept; pass on what is left of it."""
        for level, b in zip(self.found, self.base):
            there = g[b]
            if there not in level:
                level[there] = (g, invert(g), word)
                return
            old, back, known = level[there]
            if len(word) < len(known):
                level[there] = (g, invert(g), word)
                g, word, back, known = old, known, invert(g), word
            g, word = after(back, g), reduced(tuple((i, -e) for i, e in reversed(known)) + word)

    def _multiply(self, length: int) -> None:
        """Sift the products of two kept words of at most this total length."""
        for k, level in enumerate(self.found):
            below = [kept for deeper in self.found[k:] for kept in deeper.values() if kept[2]]
            for g, _, u in list(level.values()):
                for h, _, v in below:
                    if len(u) + len(v) <= length:
                        self._sift(after(h, g), reduced(v + u))

    def word(self, g: Images) -> Word | None:
        """A word for g, or None where g is not in the group or an orbit was not filled."""
        word: Word = ()
        for level, b in zip(self.found, self.base):
            if g[b] not in level:
                return None
            _, back, known = level[g[b]]
            g, word = after(back, g), word + known
        return reduced(word) if all(i == x for i, x in enumerate(g)) else None


def sifted_word(group: Group, g: Images) -> Word:
    """A word for an element along the base, from short transversals where they fill the orbits, else from sympy's."""
    word = group.transversals.word(g)
    if word is None:
        from sympy.combinatorics import Permutation
        factors = group.schreier.generator_product(Permutation(list(g)), original=True)
        images = [tuple(factor.array_form) for factor in factors]
        word = tuple((group.images.index(h), 1) if h in group.images else (group.images.index(invert(h)), -1)
                     for h in images)
        if group.evaluate(word).images != g:  # sympy multiplies permutations from the left
            word = word[::-1]
    assert group.evaluate(word).images == g
    return word


class CosetKey:
    """The first element of tK in the order of the images of a base of K: one key for each left coset."""

    def __init__(self, subgroup: Group) -> None:
        chain = subgroup.schreier
        self.levels = [(b, {p: tuple(u.array_form) for p, u in level.items()})
                       for b, level in zip(chain.base, chain.basic_transversals)]

    def __call__(self, t: Images) -> Images:
        for _, level in self.levels:
            t = after(t, level[min(level, key=t.__getitem__)])
        return t
