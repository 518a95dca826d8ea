"""Group: a finite group is its generators, and nothing else."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, reduce
from itertools import groupby
from math import lcm
from typing import TYPE_CHECKING, Any

import numpy as np

from .coset import Cosets, double_cosets, listed_cosets, searched_cosets
from .element import (
    ConjugacyClass,
    Element,
    Elements,
    Word,
    cycle_text,
    invert,
    is_word,
    parse_permutation,
    parse_word,
)
from .listing import Listing, ListingOverflow, components

if TYPE_CHECKING:
    from .homomorphism import Homomorphism
    from .on_space import Given, Polygon
    from .rep import Rep
    from .space import GSet

LIMIT = 1_000_000     # the most elements that are listed
PROBE = 20_000        # a group of unknown order is listed up to here before Schreier–Sims is asked
PRESENTED = 20_000    # the largest order for which relations are sought in the Cayley graph


class TooLarge(ValueError):
    """A request past a stated limit."""


class InfiniteGroup(ValueError):
    """A group that is not finite."""


class NotASubgroup(ValueError):
    """A group with a generator outside the group it should lie in."""


class DifferentGroups(TypeError):
    """Representations or maps of different groups where one group is needed."""


@dataclass(frozen=True, repr=False)
class Group:
    """A finite group: named generators that permute points faithfully, with their matrices on space where there are any.

    >>> import reptheory as rt
    >>> rt.group(r="(0 1 2 3)", s="(0 3)(1 2)")
    group(r='(0 1 2 3)', s='(0 3)(1 2)')  # order 8
    """

    names: tuple[str, ...]
    images: tuple[tuple[int, ...], ...]
    degree: int
    on_space: Given | Polygon | None = None
    expression: str = field(default="", compare=False)
    title: str | None = field(default=None, compare=False)
    known_order: int | None = field(default=None, compare=False)
    base: tuple[int, ...] | None = field(default=None, compare=False)
    relators: tuple[Word, ...] | None = field(default=None, compare=False)
    factors: tuple[Group, ...] = field(default=(), compare=False)

    # Elements ------------------------------------------------------------------------------------------
    @cached_property
    def generators(self) -> tuple[Element, ...]:
        """The generators, in order."""
        return tuple(Element(self, images) for images in self.images)

    @cached_property
    def identity(self) -> Element:
        """The identity."""
        return Element(self, tuple(range(self.degree)))

    @cached_property
    def order(self) -> int:
        """The number of elements, by listing small groups and by Schreier–Sims otherwise."""
        if self.known_order is not None:
            return self.known_order
        try:
            return self._list(PROBE).size
        except ListingOverflow:
            return int(self.schreier.order())

    @cached_property
    def schreier(self):
        """The group for sympy.combinatorics, which answers by Schreier–Sims without listing elements."""
        from sympy.combinatorics import Permutation, PermutationGroup
        return PermutationGroup([Permutation(list(images), size=self.degree) for images in self.images]
                                or [Permutation(size=self.degree)])

    def _list(self, limit: int) -> Listing:
        base = self.base
        if base is None:
            moved = [i for i in range(self.degree) if any(images[i] != i for images in self.images)]
            base = tuple(moved or [0]) if len(moved) <= 256 else tuple(self.schreier.base)
        return Listing.of(self.images, self.degree, base, limit)

    @cached_property
    def listing(self) -> Listing:
        """All elements with multiplication tables; TooLarge above 10⁶."""
        if self.order > LIMIT:
            raise TooLarge(f"{self.expression} has order {self.order}, and elements are listed up to {LIMIT}. Orders, "
                           "orbits, stabilisers and Hom of permutation representations need no list.")
        return self._list(LIMIT)

    @property
    def elements(self) -> Elements:
        """All elements, breadth-first from the identity."""
        return Elements(self)

    def element(self, x: Any) -> Element:
        """The element that a word 'r*s^-1', cycles '(0 1)', an image list or an element names; ValueError outside."""
        if isinstance(x, Element) and x.group is self:
            return x
        if isinstance(x, str) and (x.strip() in ("", "()") or not any(c.isdigit() or c == "(" for c in x.strip()[:2])
                                   or is_word(x, self.names)):
            return self.evaluate(parse_word("1" if x.strip() in ("", "()") else x, self.names))
        images = x.images if isinstance(x, Element) else parse_permutation(x, self.degree)
        if not self.contains(images):
            raise ValueError(f"{x!r} is no element of {self.expression}: the generators do not produce the permutation "
                             f"{cycle_text(images)}. Give a word in {', '.join(self.names)}.")
        return Element(self, tuple(images))

    def evaluate(self, word: Word) -> Element:
        """The product of the letters of a word."""
        result = self.identity
        for (i, e), run in groupby(word):
            result = result * self.generators[i] ** (e * len(list(run)))
        return result

    def word(self, g: Element) -> Word:
        """A word for an element: shortest where the group is listed, from the Schreier–Sims chain otherwise."""
        if g.is_identity:
            return ()
        if g.images in self.images:
            return ((self.images.index(g.images), 1),)
        if self.order <= LIMIT:
            number = self.listing.find(g.images)
            if number is None:
                raise ValueError(f"{cycle_text(g.images)} is no element of {self.expression}.")
            return self.listing.word(number)
        from sympy.combinatorics import Permutation
        letters: list[tuple[int, int]] = []
        for factor in self.schreier.generator_product(Permutation(list(g.images)), original=True):
            images = tuple(factor.array_form)
            letters.append((self.images.index(images), 1) if images in self.images
                           else (self.images.index(invert(images)), -1))
        word = tuple(letters) if self.evaluate(tuple(letters)).images == g.images else tuple(reversed(letters))
        assert self.evaluate(word).images == g.images
        return word

    def index(self, g: Element) -> int:
        """The number of an element in `elements`."""
        number = self.listing.find(g.images)
        assert number is not None
        return number

    def contains(self, images: Sequence[int]) -> bool:
        """Whether the permutation with these images is in the group."""
        images = tuple(images)
        if len(images) != self.degree:
            return False
        if self.order <= LIMIT:
            number = self.listing.find(images)
            return number is not None and self.elements[number].images == images
        from sympy.combinatorics import Permutation
        return bool(self.schreier.contains(Permutation(list(images))))

    # Structure -----------------------------------------------------------------------------------------
    @cached_property
    def classes(self) -> tuple[ConjugacyClass, ...]:
        """The conjugacy classes, ordered by their first elements."""
        _, first, sizes = np.unique(self.listing.class_of, return_index=True, return_counts=True)
        return tuple(ConjugacyClass(self, int(i), int(size)) for i, size in zip(first, sizes))

    @cached_property
    def relations(self) -> tuple[Word, ...]:
        """Words that present the group; TooLarge where neither the family nor the Cayley graph gives them."""
        if self.relators is not None:
            return self.relators
        if self.order > PRESENTED:
            raise TooLarge(f"{self.expression} has order {self.order}, and relations are sought up to {PRESENTED}.")
        return self.listing.relations()

    @property
    def is_abelian(self) -> bool:
        """Whether the generators commute."""
        return all(g * h == h * g for g in self.generators for h in self.generators)

    @property
    def exponent(self) -> int:
        """The least common multiple of the orders of the elements."""
        return reduce(lcm, (c.order for c in self.classes), 1)

    @property
    def center(self) -> Group:
        """The subgroup of elements that commute with all."""
        return self._spanned([c.representative for c in self.classes if c.size == 1], "z")

    def orbit(self, point: int) -> tuple[int, ...]:
        """The orbit of a point, breadth-first."""
        queue, seen = [point], {point}
        for i in queue:
            for images in self.images:
                if images[i] not in seen:
                    seen.add(images[i])
                    queue.append(images[i])
        return tuple(queue)

    def orbits(self) -> tuple[tuple[int, ...], ...]:
        """The orbits of the points, each in increasing order."""
        label = components(self.degree, [np.array(images) for images in self.images])
        return tuple(tuple(np.flatnonzero(label == k).tolist()) for k in range(int(label.max(initial=-1)) + 1))

    def stabiliser(self, point: int) -> Group:
        """The subgroup that fixes a point."""
        if not 0 <= point < self.degree:
            raise ValueError(f"{self.expression} permutes the points 0…{self.degree - 1}, and {point} is none of them.")
        if self.order <= PROBE:
            return self._spanned([g for g in self.elements if g.images[point] == point], "t")
        return self._named([tuple(p.array_form) for p in self.schreier.stabilizer(point).generators], "t",
                           self.order // len(self.orbit(point)))

    def subgroup(self, **generators: Any) -> Group:
        """The subgroup that these words, cycles or elements generate, with its own generator names.

        >>> import reptheory as rt
        >>> rt.D(4).subgroup(t="r^2").order
        2
        """
        try:
            chosen = [self.element(x) for x in generators.values()]
        except ValueError as error:
            raise NotASubgroup(f"no subgroup of {self.expression}: {error}") from None
        text = ", ".join(f"{n}={x.word!r}" if isinstance(x, Element) else f"{n}={x!r}" for n, x in generators.items())
        return self._make(tuple(generators), [g.images for g in chosen], f"{self.atom}.subgroup({text})")

    def _make(self, names: tuple[str, ...], images: list[tuple[int, ...]], expression: str, order: int | None = None) -> Group:
        """A subgroup, which inherits the action on space."""
        on_space = None
        if self.on_space is not None:
            from .monomial import as_matrix
            from .on_space import Given
            vector = self.vector
            on_space = Given(tuple(as_matrix(vector.action(Element(self, g))) for g in images), vector.gram)
        return Group(names, tuple(images), self.degree, on_space, expression, None, order, self.base)

    def _named(self, images: list[tuple[int, ...]], letter: str, order: int | None = None) -> Group:
        """The subgroup with these generators, named t, or t1, t2, …, and written by its cycles."""
        one = tuple(range(self.degree))
        images = [g for g in images if g != one] or [one]  # a group has a generator, the identity if need be
        names = (letter,) if len(images) == 1 else tuple(f"{letter}{k + 1}" for k in range(len(images)))
        text = ", ".join(f"{n}={cycle_text(g)!r}" for n, g in zip(names, images))
        return self._make(names, images, f"{self.atom}.subgroup({text})", order)

    def _spanned(self, elements: list[Element], letter: str) -> Group:
        """The subgroup whose elements are exactly these, with generators chosen greedily in order."""
        chosen: list[tuple[int, ...]] = []
        seen = {self.identity.images}
        for g in elements:
            if g.images not in seen:
                chosen.append(g.images)
                grown = Group(tuple(f"g{k}" for k in range(len(chosen))), tuple(chosen), self.degree, base=self.base)
                seen = {h.images for h in grown.elements}
        return self._named(chosen, letter, len(elements))

    def is_subgroup(self, group: Group) -> bool:
        """Whether every generator of this group is an element of the other."""
        return self.degree == group.degree and all(group.contains(images) for images in self.images)

    def _require(self, subgroup: Group) -> None:
        if not subgroup.is_subgroup(self):
            outside = next((n for n, g in zip(subgroup.names, subgroup.images) if not self.contains(g)), "it")
            raise NotASubgroup(f"{subgroup.expression} is not a subgroup of {self.expression}: its generator {outside} is no "
                               "element there. Make it by G.subgroup(…).")

    def cosets(self, subgroup: Group) -> Cosets:
        """The left cosets G/K and how the generators permute them."""
        self._require(subgroup)
        return (listed_cosets if self.order <= LIMIT else searched_cosets)(self, subgroup)

    def double_cosets(self, k: Group, h: Group) -> tuple[tuple[Element, int], ...]:
        """The double cosets K x H as (representative, size): the orbits of K on G/H."""
        self._require(k)
        return double_cosets(self, k, h)

    def intersection(self, other: Group) -> Group:
        """The subgroup of elements in both groups of permutations of the same points."""
        small, large = sorted((self, other), key=lambda g: g.order)
        return self._spanned([g for g in small.elements if large.contains(g.images)], "t")

    def conjugate(self, g: Element) -> Group:
        """The group gHg⁻¹, for a permutation g of the same points."""
        h = invert(g.images)
        images = tuple(tuple(g.images[k[j]] for j in h) for k in self.images)
        text = ", ".join(f"{n}={cycle_text(i)!r}" for n, i in zip(self.names, images))
        return Group(self.names, images, self.degree, None, f"group({text})", None, self.known_order)

    # Representations and spaces, in the files that bear their names ---------------------------------------
    @property
    def trivial(self) -> Rep:
        """The trivial representation."""
        from .standard import trivial
        return trivial(self)

    @cached_property
    def regular(self) -> Rep:
        """The regular representation on functions on the group."""
        from .standard import regular
        return regular(self)

    @cached_property
    def natural(self) -> Rep:
        """The permutation representation on the points given."""
        from .standard import natural
        return natural(self)

    @cached_property
    def vector(self) -> Rep:
        """The defining representation on space; an error where none is named."""
        from .standard import vector
        return vector(self)

    @cached_property
    def sign(self) -> Rep:
        """The sign of the permutation of the points given."""
        from .standard import sign
        return sign(self)

    def irreps(self, over: str = "R") -> tuple[Rep, ...]:
        """The irreducible representations; see `irreps.irreps`."""
        from .irreps import irreps
        return irreps(self, over)

    def irrep(self, key: Any, over: str = "R") -> Rep:
        """The irreducible representation with this key; see `irreps.irrep`."""
        from .irreps import irrep
        return irrep(self, key, over)

    def quotient(self, subgroup: Group) -> Rep:
        """The permutation representation on the cosets G/K."""
        from .standard import quotient
        return quotient(self, subgroup)

    def permutation(self, **images: Any) -> Rep:
        """The permutation representation with these cycles or image lists on the generators, checked."""
        from .standard import permutation
        return permutation(self, **images)

    def rep(self, gram: Sequence | None = None, **matrices: Any) -> Rep:
        """The representation with these exact matrices on the generators, checked."""
        from .standard import matrices as make
        return make(self, gram, **matrices)

    def space(self, subgroup: Group) -> GSet:
        """The homogeneous space G/K."""
        from .space import quotient
        return quotient(self, subgroup)

    # Products and names --------------------------------------------------------------------------------
    def __mul__(self, other: Group) -> Group:
        if not isinstance(other, Group):
            return NotImplemented
        from .product import direct
        return direct(self, other)

    @property
    def projections(self) -> tuple[Homomorphism, ...]:
        """The projections of a direct product onto its factors."""
        from .product import projections
        return projections(self)

    def named(self, title: str) -> Group:
        """The same group with a title for reports."""
        return replace(self, title=title)

    @property
    def atom(self) -> str:
        """The expression, in brackets where an attribute of it could be misread."""
        return f"({self.expression})" if " * " in self.expression else self.expression

    def __repr__(self) -> str:
        title = f"{self.title}, " if self.title else ""
        return f"{self.expression}  # {title}order {self.order}"

    def __deepcopy__(self, memo) -> Group:
        return self  # immutable

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def _hash(self) -> int:
        return hash((self.names, self.images, self.on_space is None))
