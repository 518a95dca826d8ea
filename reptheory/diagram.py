"""Set partitions as diagrams: the maps between tensor powers of R^n that every permutation leaves alone, for all n."""
from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import comb, factorial, prod
from string import ascii_letters

import numpy as np

from .group import TooLarge

ENTRIES = 2 ** 26  # the largest dense matrix of a diagram
Labels = tuple[int, ...]


class NotADiagram(ValueError):
    """Blocks that are no partition of the indices, a text that is none, or diagrams that do not fit together."""


@dataclass(frozen=True, repr=False)
class Diagram:
    """The map D: (R^n)^{⊗k} → (R^n)^{⊗l} with D[j, i] = 1 where indices in one block are equal, and 0 elsewhere.

    The blocks part the positions of the k indices of the input, 0 … k−1, and of the l indices of the output, k … k+l−1.
    Written as an einsum: "aab->bc" is y[b, c] = Σ_a x[a, a, b]. These are the diagrams of the partition algebra; see
    Godfrey, Rawson, Brown and Kvinge, arXiv 2303.06208. Raises NotADiagram, and TooLarge above 52 indices.

    >>> Diagram.of("xxy->yz")
    Diagram.of('aab->bc')
    >>> Diagram(2, 1, ((0, 2), (1,))) == Diagram.of("ab->a")
    True
    """

    k: int
    l: int
    blocks: tuple[tuple[int, ...], ...]

    def __post_init__(self) -> None:
        blocks = tuple(sorted(tuple(sorted(block)) for block in self.blocks))
        if self.k + self.l > len(ascii_letters):
            raise TooLarge(f"a diagram of {self.k} + {self.l} indices: the limit is {len(ascii_letters)}, a letter for "
                           "each. Use tensors of lower order.")
        positions = sorted(i for block in blocks for i in block)
        if min(self.k, self.l) < 0 or positions != list(range(self.k + self.l)) or () in blocks:
            raise NotADiagram(f"{self.blocks} is no partition of the positions 0 … {self.k + self.l - 1}. Put each of "
                              "them into one block, and leave no block empty.")
        object.__setattr__(self, "blocks", blocks)

    @staticmethod
    def of(text: str) -> Diagram:
        """The diagram of an einsum without the arrays: equal letters share a block.

        >>> Diagram.of("ij->ji").blocks
        ((0, 3), (1, 2))
        """
        source, arrow, target = text.partition("->")
        if not arrow or not all(c in ascii_letters for c in source + target):
            raise NotADiagram(f"{text[:60]!r} is no diagram. Write a letter a to z or A to Z for each index, and one "
                              "arrow, as in 'aab->bc'.")
        return Diagram.from_labels(len(source), source + target)

    @staticmethod
    def from_labels(k: int, labels: Sequence) -> Diagram:
        """The diagram whose blocks are the positions of equal labels; the first k are the input's.

        >>> Diagram.from_labels(1, [5, 5, 7])
        Diagram.of('a->ab')
        """
        blocks: dict[object, list[int]] = {}
        for i, label in enumerate(labels):
            blocks.setdefault(label, []).append(i)
        return Diagram(k, len(labels) - k, tuple(map(tuple, blocks.values())))

    @cached_property
    def labels(self) -> Labels:
        """The restricted growth string: the number of the block of each position, in order of first appearance."""
        of = {i: number for number, block in enumerate(self.blocks) for i in block}
        return tuple(of[i] for i in range(self.k + self.l))

    @property
    def source(self) -> Labels:
        """The labels of the input's indices: equal ones are read on a diagonal."""
        return self.labels[:self.k]

    @property
    def target(self) -> Labels:
        """The labels of the output's indices: equal ones are written on a diagonal."""
        return self.labels[self.k:]

    @property
    def through(self) -> Labels:
        """The labels that input and output share, in increasing order; the input's other ones are summed over.

        >>> Diagram.of("aab->cb").through
        (1,)
        """
        return tuple(sorted(set(self.source) & set(self.target)))

    @property
    def summed(self) -> Labels:
        """The labels of the input alone, over which the diagram sums."""
        return tuple(sorted(set(self.source) - set(self.target)))

    # Algebra -------------------------------------------------------------------------------------------
    @property
    def T(self) -> Diagram:
        """The transpose (R^n)^{⊗l} → (R^n)^{⊗k}, the diagram turned upside down."""
        return Diagram.from_labels(self.l, self.target + self.source)

    def __mul__(self, other: Diagram) -> Diagram:
        """The tensor product D ⊗ E, side by side, the indices of D first.

        >>> Diagram.of("a->a") * Diagram.of("a->b")
        Diagram.of('ab->ac')
        """
        if not isinstance(other, Diagram):
            return NotImplemented
        shift = len(self.blocks)
        source, target = (tuple(label + shift for label in part) for part in (other.source, other.target))
        return Diagram.from_labels(self.k + other.k, self.source + source + self.target + target)

    def after(self, other: Diagram) -> tuple[Diagram, int]:
        """The diagram F and the number c of lost blocks with D ∘ E = n^c F: those that touch the middle indices only.

        >>> Diagram.of("a->b").after(Diagram.of("a->b"))
        (Diagram.of('a->b'), 1)
        """
        if self.k != other.l:
            raise NotADiagram(f"{self!r} takes tensors of order {self.k}, but {other!r} gives order {other.l}. Compose "
                              "diagrams where the two agree.")
        ends = (*range(other.k), *(other.k + other.l + i for i in range(self.l)))
        moved = (tuple(other.k + i for i in block) for block in self.blocks)
        merged = _merge(other.k + other.l + self.l, (*other.blocks, *moved))
        labels = [merged[i] for i in ends]
        return Diagram.from_labels(other.k, labels), len({*merged}) - len({*labels})

    def __le__(self, other: Diagram) -> bool:
        """Whether every block lies in one block of the other: D is finer, so it has a 1 wherever the other has."""
        if not isinstance(other, Diagram):
            return NotImplemented
        return self._fits(other) and len({*zip(self.labels, other.labels)}) == len(self.blocks)

    def __lt__(self, other: Diagram) -> bool:
        if not isinstance(other, Diagram):
            return NotImplemented
        return self != other and self <= other

    def join(self, other: Diagram) -> Diagram:
        """The finest diagram coarser than both: ⟨D, E⟩ = n^b, with b its number of blocks.

        >>> Diagram.of("ab->ac").join(Diagram.of("ab->cb"))
        Diagram.of('ab->ab')
        """
        self._fits(other)
        return Diagram.from_labels(self.k, _merge(self.k + self.l, self.blocks + other.blocks))

    def mobius(self, other: Diagram) -> int:
        """The Möbius function μ(D, E) = ∏ (−1)^{m−1} (m−1)! over the blocks of E, where m blocks of D make one; 0
        unless D ≤ E.

        Source: Rota, On the foundations of combinatorial theory I (1964).

        >>> Diagram.of("ab->c").mobius(Diagram.of("aa->a"))
        2
        """
        if not self <= other:
            return 0
        merged = (sum(set(block) <= set(large) for block in self.blocks) for large in other.blocks)
        return prod((-1) ** (m - 1) * factorial(m - 1) for m in merged)

    def coarser(self, kinds: Sequence | None = None) -> Iterator[Diagram]:
        """The diagrams E ≥ D, D last; with a kind for each position, those that join blocks of one kind only.

        >>> list(Diagram.of("a->b").coarser())
        [Diagram.of('a->a'), Diagram.of('a->b')]
        """
        of_blocks = [0 if kinds is None else kinds[block[0]] for block in self.blocks]
        for parts in growth_strings(of_blocks):
            yield Diagram.from_labels(self.k, [parts[label] for label in self.labels])

    def _fits(self, other: Diagram) -> bool:
        if (self.k, self.l) != (other.k, other.l):
            raise NotADiagram(f"{self!r} and {other!r} act between different tensor powers, so neither is finer. "
                              "Compare diagrams with equal k and equal l.")
        return True

    # Meaning -------------------------------------------------------------------------------------------
    def __call__(self, x: object, shape: Sequence[int] | None = None) -> np.ndarray:
        """The tensor y = D x, of the given shape: read diagonals, sum out, broadcast, write on diagonals.

        Exact on integers. The shape is needed where the input has no index, or indices differ in size.

        >>> Diagram.of("ab->bb")([[1, 2], [3, 4]])
        array([[4, 0],
               [0, 6]])
        """
        x = np.asarray(x)
        if x.ndim != self.k or (shape is None and self.l and len(set(x.shape)) != 1):
            raise NotADiagram(f"{self!r} takes a tensor of order {self.k}, not of shape {x.shape}; where that has no "
                              "index, or indices of different sizes, say the shape of the output: D(x, shape).")
        y = np.zeros(x.shape[:1] * self.l if shape is None else tuple(shape), x.dtype)
        written = tuple(dict.fromkeys(self.target))
        kept = [label for label in written if label in self.through]
        read = np.einsum(f"{_letters(self.source)}->{_letters(kept)}", x)
        missing = [axis for axis, label in enumerate(written) if label not in kept]
        _diagonal(y, self.target)[...] = np.expand_dims(read, missing)
        return y

    def matrix(self, n: int | Sequence[int]) -> np.ndarray:
        """The dense integer matrix (n^l, n^k); for kinds of different sizes give the size of each position. TooLarge
        above 2²⁶ entries.

        >>> Diagram.of("aa->").matrix(2)
        array([[1, 0, 0, 1]])
        """
        sizes = (n,) * (self.k + self.l) if isinstance(n, int) else tuple(n)
        if prod(sizes) > ENTRIES:
            raise TooLarge(f"the matrix of {self!r} has {prod(sizes)} entries, and the limit is {ENTRIES}. Apply the "
                           "diagram instead, D(x), which costs as much as the tensors.")
        dense = np.zeros(sizes, np.int64)
        _diagonal(dense, self.labels)[...] = 1
        return dense.reshape(prod(sizes[:self.k]), prod(sizes[self.k:])).T

    def __str__(self) -> str:
        return f"{_letters(self.source)}->{_letters(self.target)}"

    def __repr__(self) -> str:
        return f"Diagram.of('{self}')"


def _letters(labels: Iterable[int]) -> str:
    return "".join(ascii_letters[label] for label in labels)


def _diagonal(array: np.ndarray, labels: Labels) -> np.ndarray:
    """The writable view of the entries whose indices are equal where the labels are, with one axis a label."""
    return np.einsum(f"{_letters(labels)}->{_letters(dict.fromkeys(labels))}", array) if labels else array


def _merge(size: int, blocks: Iterable[Sequence[int]]) -> list[int]:
    """The smallest position that each one is joined to by overlapping blocks."""
    found = list(range(size))
    for block in blocks:
        roots = {found[i] for i in block}
        least = min(roots)
        found = [least if root in roots else root for root in found]
    return found


def growth_strings(kinds: Sequence, prefix: Labels = ()) -> Iterator[Labels]:
    """The restricted growth strings of the set partitions whose blocks hold one kind each, in lexicographic order.

    >>> list(growth_strings("uuv"))
    [(0, 0, 1), (0, 1, 2)]
    """
    if len(prefix) == len(kinds):
        yield prefix
        return
    of = dict(zip(prefix, kinds))
    for label in (*(b for b in sorted(of) if of[b] == kinds[len(prefix)]), len(of)):
        yield from growth_strings(kinds, (*prefix, label))


def stirling(m: int, b: int) -> int:
    """The Stirling number S(m, b) = Σ_j (−1)^{b−j} j^m / (j! (b−j)!) of partitions of m letters into b blocks.

    >>> [stirling(4, b) for b in range(5)]
    [0, 1, 7, 6, 1]
    """
    return sum((-1) ** (b - j) * comb(b, j) * j ** m for j in range(b + 1)) // factorial(b)


def bell(m: int, most: int | None = None) -> int:
    """The Bell number B(m) = Σ_b S(m, b) of partitions of m letters (OEIS A000110), or those with b ≤ `most` blocks.

    >>> [bell(m) for m in range(7)], [bell(4, n) for n in range(1, 5)]
    ([1, 1, 2, 5, 15, 52, 203], [1, 8, 14, 15])
    """
    return sum(stirling(m, b) for b in range(min(m, m if most is None else most) + 1))
