"""Homomorphisms of finite groups, checked."""
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from .check import NotARepresentation, homomorphism_check
from .element import Element
from .group import DifferentGroups, Group
from .monomial import Monomial
from .subgroup import from_images, spanned


class NotAHomomorphism(ValueError):
    """Images of generators that break a relation of the source."""


@dataclass(frozen=True, repr=False)
class Homomorphism:
    """The homomorphism f: G → H with these images of the generators: `Homomorphism(G, H, {"r": "a*b"})`.

    >>> import reptheory as rt
    >>> f = rt.Homomorphism(rt.D(4), rt.C(2), {"r": "1", "s": "r"}); str(f("r*s")), f.kernel.order
    ('r', 4)
    """

    source: Group
    target: Group
    images: tuple[Element, ...]
    expression: str = field(default="", compare=False)

    def __init__(self, source: Group, target: Group, images: dict[str, Any]) -> None:
        from .check import named_values

        values = tuple(target.element(x) for x in named_values(source, images))
        try:
            homomorphism_check(source, tuple(Monomial.of(g.images) for g in values))
        except NotARepresentation as error:
            text = str(error).splitlines()[0].replace("these matrices give", "the images do not satisfy it")
            raise NotAHomomorphism(f"{text}\nChange the images, or use a source without this relation.") from None
        words = {n: g.word for n, g in zip(source.names, values)}
        self._set(source, target, values, f"Homomorphism({source.expression}, {target.expression}, {words!r})")

    def _set(self, source: Group, target: Group, images: tuple[Element, ...], expression: str) -> None:
        for name, value in (("source", source), ("target", target), ("images", images), ("expression", expression)):
            object.__setattr__(self, name, value)

    @classmethod
    def trusted(cls, source: Group, target: Group, images: dict[str, Element], expression: str) -> Homomorphism:
        """A map known to be a homomorphism, such as a projection, written by its own expression."""
        f = cls.__new__(cls)
        f._set(source, target, tuple(images[n] for n in source.names), expression)
        return f

    def __call__(self, g: Any) -> Element:
        """f(g), along a word of g."""
        result = self.target.identity
        for i, e in self.source.word(self.source.element(g)):
            result = result * (self.images[i] if e > 0 else self.images[i].inverse)
        return result

    def __matmul__(self, other: Homomorphism) -> Homomorphism:
        if other.target != self.source:
            raise DifferentGroups(f"f @ g needs g to end where f starts, but g ends in {other.target.expression} and f "
                                  f"starts in {self.source.expression}. Compose maps that meet.")
        return Homomorphism(other.source, self.target, {n: self(g) for n, g in zip(other.source.names, other.images)})

    @property
    def kernel(self) -> Group:
        """The subgroup of elements with f(g) = 1."""
        order = self.source.order // self.image.order
        if self.source.is_listed:
            return spanned(self.source, (g for g, value in self._table() if value.is_identity), "k", order)
        # Too large to list: in the group of pairs (g, f(g)), the elements that fix the points of the target.
        n = self.source.degree
        images = tuple((*g, *(n + i for i in f.images)) for g, f in zip(self.source.images, self.images))
        pairs = replace(self.source, images=images, degree=n + self.target.degree, on_space=None, base=None,
                        known_order=None, relators=None, factors=())
        fixing = pairs.schreier.pointwise_stabilizer(list(range(n, pairs.degree))).generators
        return from_images(self.source, [tuple(g.array_form[:n]) for g in fixing], "k", order)

    def _table(self) -> Iterator[tuple[Element, Element]]:
        """All (g, f(g)), breadth-first: f(s·h) = f(s) f(h)."""
        listing, values = self.source.listing, [self.target.identity]
        for s, i in zip(listing.letter[1:].tolist(), listing.parent[1:].tolist()):
            values.append(self.images[s] * values[i])
        return zip(self.source.elements, values)

    @property
    def image(self) -> Group:
        """The subgroup of values."""
        return from_images(self.target, [g.images for g in self.images], "f")

    @property
    def is_injective(self) -> bool:
        """Whether the kernel is trivial, |f(G)| = |G|."""
        return self.image.order == self.source.order

    def __repr__(self) -> str:
        return self.expression
