"""Elements of a finite group: permutations of its points, written as words in the generators."""
from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from keyword import iskeyword
from math import lcm
from typing import TYPE_CHECKING, Any
from unicodedata import normalize

import numpy as np

from .exact import clipped, shown

if TYPE_CHECKING:
    from .group import Group

Word = tuple[tuple[int, int], ...]
LETTERS = 1_000_000  # the most letters that the powers in a word write out
POINTS = 1_000_000   # the most points that cycles name
NAME = r"[^\W\d]\w*"


@dataclass(frozen=True, repr=False)
class Element:
    """An element g of a group, the permutation i ↦ images[i] of its points; (g·h)(i) = g(h(i)).

    >>> import reptheory as rt
    >>> r, s = rt.D(4).generators; (r * s).word, (r * s).order
    ('r*s', 2)
    """

    group: Group
    images: tuple[int, ...]

    def __mul__(self, other: Element) -> Element:
        if not isinstance(other, Element):
            return NotImplemented
        group = self.group if other.group is self.group else self._common_group(other)
        return Element(group, tuple(self.images[i] for i in other.images))

    def _common_group(self, other: Element) -> Group:
        """The group of one factor that holds both."""
        if self.group == other.group or self.group.contains(other.images):
            return self.group
        if other.group.contains(self.images):
            return other.group
        from .group import DifferentGroups
        raise DifferentGroups(f"{self!r} and {other!r} lie in no common group, so they have no product. Take both from "
                              "one group, or map one along a rt.Homomorphism.")

    def __pow__(self, k: int) -> Element:
        if not isinstance(k, (int, np.integer)):
            return NotImplemented
        base = self if k >= 0 else self.inverse
        k, result = abs(k), self.group.identity
        while k:
            if k & 1:
                result = result * base
            base, k = base * base, k >> 1
        return result

    @property
    def inverse(self) -> Element:
        """g⁻¹."""
        return Element(self.group, invert(self.images))

    @property
    def is_identity(self) -> bool:
        """Whether g = 1."""
        return all(i == image for i, image in enumerate(self.images))

    @property
    def cycles(self) -> tuple[tuple[int, ...], ...]:
        """The cycles of length at least 2, each from its smallest point."""
        return cycles(self.images)

    @property
    def order(self) -> int:
        """The order of g, the least common multiple of its cycle lengths."""
        return reduce(lcm, map(len, self.cycles), 1)

    @property
    def word(self) -> str:
        """A shortest word in the generators where the group is listed, such as 'r*s^-1'; '1' for the identity."""
        return write(self.group.word(self), self.group.names)

    def __call__(self, point: int) -> int:
        return self.images[point]

    def __str__(self) -> str:
        return self.word

    def __repr__(self) -> str:
        return f"{self.group.atom}.element({self.word!r})"


@dataclass(frozen=True, repr=False)
class Elements(Sequence):
    """The elements of a group as a sequence, made when asked for."""

    group: Group

    def __len__(self) -> int:
        return self.group.order

    def __getitem__(self, i):
        if isinstance(i, slice):
            return [self[k] for k in range(*i.indices(len(self)))]
        if not -len(self) <= i < len(self):
            raise IndexError(f"{self.group.expression} has {len(self)} elements, and {i} is not one of their numbers.")
        return self.group.evaluate(self.group.listing.word(int(i) % len(self)))

    def __iter__(self) -> Iterator[Element]:
        listing, level = self.group.listing, [self.group.identity.images]
        yield self.group.identity
        for above, start, stop in zip(listing.levels, listing.levels[1:], listing.levels[2:]):
            steps = zip(listing.letter[start:stop].tolist(), (listing.parent[start:stop] - above).tolist())
            level = [tuple(map(self.group.images[s].__getitem__, level[i])) for s, i in steps]
            yield from (Element(self.group, images) for images in level)

    def __contains__(self, x: object) -> bool:
        return isinstance(x, Element) and self.group.contains(x.images)

    def __repr__(self) -> str:
        return f"{self.group.atom}.elements  # {len(self)} of them"


def invert(images: Sequence[int]) -> tuple[int, ...]:
    """The images of the inverse permutation."""
    found = [0] * len(images)
    for i, image in enumerate(images):
        found[image] = i
    return tuple(found)


def cycles(images: Sequence[int]) -> tuple[tuple[int, ...], ...]:
    """The cycles of length at least 2."""
    seen: set[int] = set()
    found = []
    for start in range(len(images)):
        if start in seen:
            continue
        cycle, i = [], start
        while i not in seen:
            seen.add(i)
            cycle.append(i)
            i = images[i]
        if len(cycle) > 1:
            found.append(tuple(cycle))
    return tuple(found)


def write(word: Word, names: Sequence[str]) -> str:
    """The word as text, equal neighbours as powers: 'r^2*s^-1'."""
    parts: list[list[Any]] = []
    for i, e in word:
        if parts and parts[-1][0] == i and (parts[-1][1] > 0) == (e > 0):
            parts[-1][1] += e
        else:
            parts.append([i, e])
    return "*".join(names[i] if e == 1 else f"{names[i]}^{e}" for i, e in parts) or "1"


def reduced(word: Sequence[tuple[int, int]]) -> Word:
    """The word freely reduced."""
    letters: list[tuple[int, int]] = []
    for i, e in word:
        if letters and letters[-1] == (i, -e):
            letters.pop()
        else:
            letters.append((i, e))
    return tuple(letters)


def cyclically_reduced(word: Sequence[tuple[int, int]]) -> Word:
    """The word freely and cyclically reduced."""
    letters = reduced(word)
    while len(letters) > 1 and letters[0] == (letters[-1][0], -letters[-1][1]):
        letters = letters[1:-1]
    return letters


def generator_names(names: Iterable[str]) -> tuple[str, ...]:
    """The names, once they are distinct and fit for words and for Python; ValueError names the first that is not."""
    names = tuple(names)
    seen: set[str] = set()
    for n in names:
        # Python reads names in their NFKC form, so only those come back from a repr.
        if not re.fullmatch(NAME, n) or not n.isidentifier() or iskeyword(n) or n in seen or normalize("NFKC", n) != n:
            raise ValueError(f"{shown(n)} cannot be one of the names {clipped(', '.join(names))}. Give distinct "
                             "generator names that Python can read: r, s, a1.")
        seen.add(n)
    return names


def parse_word(text: str, names: Sequence[str], limit: int = LETTERS) -> Word:
    """The letters of a word such as 'r*s^-1*(r*s)^2'; ValueError names the letter that is no generator.

    Brackets nest to any depth; raises TooLarge where the powers write out more than `limit` letters.

    >>> parse_word("(r*s)^2", ["r", "s"])
    ((0, 1), (1, 1), (0, 1), (1, 1))
    """
    tokens = re.findall(rf"{NAME}|\d+|\*\*|\S", text)
    letter = {n: ((k, 1),) for k, n in reversed(list(enumerate(names)))}
    letters: list[tuple[int, int]] = []
    opened: list[int] = []      # where the letters of each open bracket begin
    factor: int | None = None   # where those of the last factor begin; None where a factor has to come
    position = 0

    def fail(token: str) -> ValueError:
        return ValueError(f"{shown(text)} is no word in the generators {clipped(', '.join(names))}: {shown(token)} "
                          "cannot be read. Write products and powers of generators, 'r*s^-1'.")

    while position < len(tokens):
        token = tokens[position]
        position += 1
        if token in ("^", "**") and factor is not None:
            sign = -1 if tokens[position:position + 1] == ["-"] else 1
            position += sign < 0
            if position >= len(tokens) or not tokens[position].isdecimal():
                raise fail(tokens[position] if position < len(tokens) else "^")
            base = letters[factor:]
            k = _exponent(text, tokens[position], len(base), limit)
            position += 1
            limit -= len(base) * k if (sign, k) != (1, 1) else 0
            letters[factor:] = (base if sign > 0 else [(i, -e) for i, e in reversed(base)]) * k
        elif token == ")" and factor is not None and opened:
            factor = opened.pop()
        elif token == "*" and factor is not None:
            factor = None
        elif token == "(":
            opened.append(len(letters))
            factor = None
        elif token in letter or token in ("1", "e"):
            factor = len(letters)
            letters += letter.get(token, ())
        else:
            raise fail(token)
    if tokens and (factor is None or opened):
        raise fail("the end" if factor is None else "(")
    return tuple(letters)


def _exponent(text: str, digits: str, length: int, limit: int) -> int:
    """The exponent of a power of so many letters, once the power is short enough to write out."""
    if len(digits) > 20:
        many = f"has an exponent of {len(digits)} digits"
    elif length * (k := int(digits)) > limit:
        many = f"writes out {length * k} letters" if limit == LETTERS else f"writes out more than {LETTERS} letters"
    else:
        return k
    from .group import TooLarge
    raise TooLarge(f"{shown(text)} {many}, and words are read up to {LETTERS} of them. Reduce the exponents by the "
                   "orders of the factors, or take powers of elements: G.element('r') ** k.")


def parse_permutation(value: Any, degree: int | None = None) -> tuple[int, ...]:
    """The image tuple of cycles '(0 1 2)(3 4)', of an image list, or of a sympy Permutation, on `degree` points.

    Raises TooLarge for points past 10⁶, which are all points up to the largest that is named.

    >>> parse_permutation("(0 1 2)(3 4)")
    (1, 2, 0, 4, 3)
    """
    if hasattr(value, "array_form") and hasattr(value, "size"):
        value = list(value.array_form)
    if isinstance(value, str):
        return _from_cycles(value, degree)
    if isinstance(value, np.ndarray) and np.issubdtype(value.dtype, np.integer):
        value = value.tolist()
    images = tuple(value) if isinstance(value, Sequence) and not isinstance(value, bytes) else (None,)
    if not all(isinstance(i, (int, np.integer)) and not isinstance(i, bool) for i in images):
        raise ValueError(f"{shown(value)} is no permutation: its entries are not all integers. Write cycles "
                         "\"(0 1 2)\" or the list of images [1, 2, 0].")
    images = tuple(int(i) for i in images)
    if sorted(images) != list(range(len(images))):
        missing = next(iter(set(range(len(images))) - set(images)))
        raise ValueError(f"{shown(list(images))} is no permutation of 0…{len(images) - 1}: {missing} is no image. "
                         "Every point is the image of exactly one point.")
    return images + tuple(range(len(images), degree or 0))


def _from_cycles(text: str, degree: int | None) -> tuple[int, ...]:
    body = text.strip()
    found = re.findall(r"\(([^()]*)\)", body)
    if body != "()" and (not found or re.sub(r"\([^()]*\)", "", body).strip()):
        raise ValueError(f"{shown(text)} is no product of cycles. Write \"(0 1 2)(3 4)\", or \"()\" for the "
                         "identity.")
    images: dict[int, int] = {}
    for cycle in found:
        points = [_point(text, p) for p in re.split(r"[\s,]+", cycle) if p]
        for here, there in zip(points, points[1:] + points[:1]):
            if here in images:
                raise ValueError(f"{shown(text)} moves the point {here} twice. Write disjoint cycles.")
            images[here] = there
    return tuple(images.get(i, i) for i in range(max([*images, (degree or 0) - 1], default=-1) + 1))


def _point(text: str, digits: str) -> int:
    if not re.fullmatch(r"-?\d+", digits):
        raise ValueError(f"{shown(text)} has a point that is no integer. Points are 0, 1, 2, …")
    if digits[0] == "-":
        raise ValueError(f"{shown(text)} has the point {clipped(digits)}. Points are 0, 1, 2, …")
    if len(digits) > 20 or int(digits) >= POINTS:
        from .group import TooLarge
        raise TooLarge(f"{shown(text)} has the point {clipped(digits)}, and points are read up to {POINTS - 1}. "
                       "Number the points 0, 1, 2, … without gaps.")
    return int(digits)


def cycle_text(images: Sequence[int]) -> str:
    """The permutation as a product of cycles, '(0 1 2)(3 4)'."""
    return "".join("(" + " ".join(map(str, c)) + ")" for c in cycles(images)) or "()"
