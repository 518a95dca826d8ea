"""The elements of a finite group, listed breadth-first, with its multiplication by generators as tables."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from .element import Word, cyclically_reduced


class ListingOverflow(Exception):
    """A listing that passed its limit; Group turns it into TooLarge or another method."""


@dataclass(frozen=True, eq=False, repr=False)
class Listing:
    """The elements h_0 = 1, h_1, … of a group: h_i = letter[i] · h_{parent[i]}, each known by its images of a base.

    left[s][i] is the number of s·h_i. A base is a sequence of points that only the identity fixes, so images of the
    base tell elements apart, and left multiplication by s needs no others: (s·h)(b) = s(h(b)).
    """

    base: tuple[int, ...]
    rows: np.ndarray
    left: np.ndarray
    parent: np.ndarray
    letter: np.ndarray
    levels: tuple[int, ...]
    place: dict[bytes, int]

    @staticmethod
    def of(generators: Sequence[Sequence[int]], degree: int, base: Sequence[int], limit: int) -> Listing:
        """List the group that these permutations generate; ListingOverflow past the limit."""
        kind = np.uint8 if degree <= 256 else np.uint16 if degree <= 65536 else np.uint32
        moves = np.array(generators, kind).reshape(len(generators), degree)
        base_ = np.array(base, kind)
        width = base_.nbytes
        place = {base_.tobytes(): 0}
        rows, left, parent, letter, levels = [base_[None]], [], [-1], [-1], [0, 1]
        frontier = base_[None]
        while len(frontier):
            images = np.ascontiguousarray(moves[:, frontier].transpose(1, 0, 2))
            data, fresh, first = images.tobytes(), [], levels[-2]
            numbers = []
            for k in range(images.shape[0] * images.shape[1]):
                key = data[k * width:(k + 1) * width] if width else b""
                number = place.setdefault(key, len(place))
                if number == len(parent):
                    parent.append(first + k // len(moves))
                    letter.append(k % len(moves))
                    fresh.append(k)
                numbers.append(number)
            left.append(np.array(numbers, np.int64).reshape(-1, len(moves)))
            if len(place) > limit:
                raise ListingOverflow
            frontier = images.reshape(-1, images.shape[2])[fresh]
            rows.append(frontier)
            levels.append(len(place))
        return Listing(tuple(base), np.concatenate(rows), np.concatenate(left).T, np.array(parent), np.array(letter),
                       tuple(levels[:-1]), place)

    @property
    def size(self) -> int:
        """The order of the group."""
        return len(self.parent)

    def find(self, images: Sequence[int]) -> int | None:
        """The number of the element with these images of the base, or None."""
        return self.place.get(np.array([images[b] for b in self.base], self.rows.dtype).tobytes())

    def word(self, i: int) -> Word:
        """A shortest word for element i."""
        letters = []
        while i:
            letters.append((int(self.letter[i]), 1))
            i = int(self.parent[i])
        return tuple(letters)

    @cached_property
    def right(self) -> np.ndarray:
        """right[t][i] is the number of h_i·t, by h_i·t = letter · (h_parent·t), level by level."""
        table = np.zeros_like(self.left)
        table[:, 0] = self.left[:, 0]
        for start, stop in zip(self.levels[1:], self.levels[2:]):
            letters, parents = self.letter[start:stop], self.parent[start:stop]
            for t in range(len(table)):
                table[t, start:stop] = self.left[letters, table[t, parents]]
        return table

    @cached_property
    def back(self) -> np.ndarray:
        """back[t][i] is the number of h_i·t⁻¹."""
        table = np.empty_like(self.right)
        for t, row in enumerate(self.right):
            table[t, row] = np.arange(self.size)
        return table

    @cached_property
    def undo(self) -> np.ndarray:
        """undo[s][i] is the number of s⁻¹·h_i."""
        return np.argsort(self.left, axis=1)

    @cached_property
    def inverse(self) -> np.ndarray:
        """The number of h_i⁻¹ = h_parent⁻¹ · letter⁻¹."""
        table = np.zeros(self.size, np.int64)
        for start, stop in zip(self.levels[1:], self.levels[2:]):
            table[start:stop] = self.back[self.letter[start:stop], table[self.parent[start:stop]]]
        return table

    @cached_property
    def class_of(self) -> np.ndarray:
        """The conjugacy class of each element, numbered by smallest element: components of h ↦ s·h·s⁻¹."""
        moves = [back[left] for back, left in zip(self.back, self.left)]
        return components(self.size, moves)

    def times(self, word: Word) -> np.ndarray:
        """The numbers of h_i·w for all i."""
        here = np.arange(self.size)
        for t, e in word:
            here = (self.right if e > 0 else self.back)[t][here]
        return here

    def relations(self) -> tuple[Word, ...]:
        """Words that present the group, by Cannon's algorithm on the Cayley graph, short ones first.

        Edges of the spanning tree are free. The shortest loop through an edge that does not follow becomes a relation,
        and everywhere in the graph its loops prove edges of which they have one unproved, until all edges are proved.
        J. J. Cannon, Construction of defining relators for finite groups, Discrete Mathematics 5 (1973) 105–129.
        """
        count = len(self.left)
        known = np.zeros((count, self.size), bool)
        known[self.letter[1:], self.parent[1:]] = True
        depth = np.zeros(self.size, np.int64)
        for level, (start, stop) in enumerate(zip(self.levels, self.levels[1:])):
            depth[start:stop] = level
        cost = depth[None] + depth[self.left]
        walks: list[np.ndarray] = []
        found: list[Word] = []
        while not known.all():
            s, i = np.unravel_index(np.where(known, np.iinfo(np.int64).max, cost).argmin(), known.shape)
            there = self.word(int(self.left[s, i]))
            loop = _positive((*((t, -e) for t, e in reversed(there)), (int(s), 1), *self.word(int(i))))
            found.append(loop)
            walks.append(self._edges(loop))
            changed = True
            while changed:
                changed = False
                for walk in walks:
                    missing = ~known.ravel()[walk]
                    single = np.flatnonzero(missing.sum(0) == 1)
                    if len(single):
                        edge = walk[missing[:, single].argmax(0), single]
                        known.ravel()[edge] = True
                        changed = True
        return tuple(found)

    def _edges(self, word: Word) -> np.ndarray:
        """For each start, the numbers of the edges that left multiplication by the word walks, last letter first."""
        here, edges = np.arange(self.size), []
        for t, e in reversed(word):
            if e > 0:
                edges.append(t * self.size + here)
                here = self.left[t][here]
            else:
                back = np.empty(self.size, np.int64)
                back[self.left[t]] = np.arange(self.size)
                here = back[here]
                edges.append(t * self.size + here)
        return np.array(edges)


def _positive(word: Word) -> Word:
    """The word cyclically reduced, or its inverse where that has more positive letters."""
    word = cyclically_reduced(word)
    return word if sum(e for _, e in word) >= 0 else tuple((t, -e) for t, e in reversed(word))


def components(size: int, moves: Sequence[np.ndarray]) -> np.ndarray:
    """The component of each of `size` points under these maps, numbered by smallest point."""
    if not len(moves):
        return np.arange(size)
    row, column = np.tile(np.arange(size), len(moves)), np.concatenate(list(moves))
    graph = coo_array((np.ones(len(row), np.int8), (row, column)), shape=(size, size))
    _, label = connected_components(graph, directed=False)
    _, first, inverse = np.unique(label, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[inverse]
