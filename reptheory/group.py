"""Group: a finite group is its generators, and nothing else."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cached_property, reduce
from itertools import groupby
from math import lcm
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from . import subgroup
from .conjugacy import Conjugacy, ConjugacyClass, conjugacy
from .coset import Cosets, double_cosets, listed_cosets, searched_cosets
from .element import Element, Elements, Word, cycle_text, generator_names, parse_permutation, parse_word
from .listing import Listing, ListingOverflow, components
from .schreier import Transversals, sifted_word

if TYPE_CHECKING:
    from .character_table import CharacterTable
    from .homomorphism import Homomorphism
    from .on_space import Given, Polygon
    from .rep import Rep
    from .space import GSet

LIMIT = 1_000_000     # the most elements that are listed
PROBE = 100_000       # a group of unknown order is listed up to here before Schreier–Sims is asked
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
    """A finite group: named generators that permute points faithfully, and move space where matrices say how.

    >>> import reptheory as rt
    >>> rt.group(r="(0 1 2 3)", s="(0 3)(1 2)")
    group(r='(0 1 2 3)', s='(0 3)(1 2)')  # order 8
    """

    is_lie: ClassVar[bool] = False
    algebra: ClassVar[tuple] = ()  # the Lie algebra of a finite group is zero

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
        return self._probed.size if self._probed else int(self.schreier.order())

    @cached_property
    def schreier(self):
        """The group for sympy.combinatorics, which answers by Schreier–Sims without listing elements."""
        from sympy.combinatorics import Permutation, PermutationGroup
        return PermutationGroup([Permutation(list(images), size=self.degree) for images in self.images]
                                or [Permutation(size=self.degree)])

    @cached_property
    def transversals(self) -> Transversals:
        """Short words along a base, for a group too large to list."""
        return Transversals(self)

    @property
    def is_listed(self) -> bool:
        """Whether the group is small enough to list its elements."""
        return self.order <= LIMIT

    @cached_property
    def _probed(self) -> Listing | None:
        try:
            return self._list(PROBE)
        except ListingOverflow:
            return None

    def _list(self, limit: int) -> Listing:
        base = self.base
        if base is None:
            moved = [i for i in range(self.degree) if any(images[i] != i for images in self.images)]
            base = tuple(moved or [0]) if len(moved) <= 256 else tuple(self.schreier.base)
        return Listing.of(self.images, self.degree, base, limit)

    @cached_property
    def listing(self) -> Listing:
        """All elements with multiplication tables; TooLarge above 10⁶."""
        if not self.is_listed:
            raise TooLarge(f"{self.expression} has order {self.order}, and elements are listed up to {LIMIT}. Orders, "
                           "orbits, stabilisers and Hom of permutation representations need no list.")
        return self._list(LIMIT) if self.order > PROBE or not self._probed else self._probed

    @property
    def elements(self) -> Elements:
        """All elements, breadth-first from the identity."""
        return Elements(self)

    def element(self, x: Any) -> Element:
        """The element that a word 'r*s^-1', cycles '(0 1)', an image list or an element names; ValueError outside."""
        if isinstance(x, Element) and x.group is self:
            return x
        if isinstance(x, str) and ("(" not in x or any(c.isalpha() or c in "*^" for c in x)):  # else cycles
            return self.evaluate(parse_word(x, self.names))
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
        if not self.contains(g.images):
            raise ValueError(f"{cycle_text(g.images)} is no element of {self.expression}.")
        return self.listing.word(self.index(g)) if self.is_listed else sifted_word(self, g.images)

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
        if self.is_listed:
            number = self.listing.find(images)
            return number is not None and self.elements[number].images == images
        from sympy.combinatorics import Permutation
        return bool(self.schreier.contains(Permutation(list(images))))

    # Structure -----------------------------------------------------------------------------------------
    @cached_property
    def conjugacy(self) -> Conjugacy:
        """Sizes, representatives and membership of the conjugacy classes."""
        return conjugacy(self)

    @cached_property
    def classes(self) -> tuple[ConjugacyClass, ...]:
        """The conjugacy classes: by their first elements where the group is listed, by cycle types in S(n) and A(n)."""
        return tuple(ConjugacyClass(self, i, size) for i, size in enumerate(self.conjugacy.sizes))

    def class_of(self, g: Any) -> int:
        """The number in `classes` of the class of an element or word."""
        return self.conjugacy.number(self.element(g).images)

    @cached_property
    def character_table(self) -> CharacterTable:
        """The exact table of the irreducible complex characters; see `character_table`."""
        from .character_table import character_table
        return character_table(self)

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
        central = [c.representative for c in self.classes if c.size == 1]
        return subgroup.spanned(self, central, "z", len(central))

    def orbit(self, point: int) -> tuple[int, ...]:
        """The orbit of a point, breadth-first."""
        if not 0 <= point < self.degree:
            raise ValueError(f"{self.expression} permutes the points 0…{self.degree - 1}, and {point} is none of them.")
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
        return subgroup.stabiliser(self, point)

    def subgroup(self, **generators: Any) -> Group:
        """The subgroup that these words, cycles or elements generate, with its own generator names.

        >>> import reptheory as rt
        >>> rt.D(4).subgroup(t="r^2").order
        2
        """
        if not generators:
            raise ValueError(f"{self.atom}.subgroup() needs generators. The trivial subgroup is subgroup(t='1').")
        generator_names(generators)
        try:
            chosen = [self.element(x) for x in generators.values()]
        except ValueError as error:
            raise NotASubgroup(f"no subgroup of {self.expression}: {error}") from None
        text = ", ".join(f"{n}={subgroup.text_of(x)}" for n, x in generators.items())
        return subgroup.generated(self, tuple(generators), [g.images for g in chosen], f"{self.atom}.subgroup({text})")

    def is_subgroup(self, group: Group) -> bool:
        """Whether every generator of this group is an element of the other."""
        return self.degree == group.degree and all(group.contains(images) for images in self.images)

    def _require(self, group: Group) -> None:
        outside = next((n for n, g in zip(group.names, group.images) if not self.contains(g)), None)
        if outside:
            raise NotASubgroup(f"{group.expression} is not a subgroup of {self.expression}: its generator {outside} is "
                               "no element there. Make it by G.subgroup(…).")

    def cosets(self, subgroup: Group) -> Cosets:
        """The left cosets G/K and how the generators permute them."""
        self._require(subgroup)
        return (listed_cosets if self.is_listed else searched_cosets)(self, subgroup)

    def double_cosets(self, k: Group, h: Group) -> tuple[tuple[Element, int], ...]:
        """The double cosets K x H as (representative, size): the orbits of K on G/H."""
        self._require(k)
        return double_cosets(self, k, h)

    def intersection(self, other: Group) -> Group:
        """The subgroup of elements in both groups of permutations of the same points."""
        return subgroup.intersection(self, other)

    def conjugate(self, g: Element) -> Group:
        """The group gHg⁻¹, a subgroup of the group of g where H is one."""
        return subgroup.conjugate(self, g)

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

    @cached_property
    def known_irreps(self) -> dict[tuple[Any, str], Rep]:
        """The irreps made so far, by key and scalars."""
        return {}

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

    def __mul__(self, other: Group) -> Group:
        if not isinstance(other, Group):
            return NotImplemented
        from .product import direct
        return direct(self, other)

    @property
    def projections(self) -> tuple[Homomorphism, ...]:
        """Those of a direct product onto its factors."""
        from .product import projections
        return projections(self)

    @property
    def embeddings(self) -> tuple[Homomorphism, ...]:
        """The embeddings of the factors into a direct product."""
        from .product import embeddings
        return embeddings(self)

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

    def __getstate__(self) -> dict[str, Any]:
        return {f.name: getattr(self, f.name) for f in fields(self)}  # no lists, and no hash: strings hash by process

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def _hash(self) -> int:
        return hash((self.names, self.images, self.on_space is None))
