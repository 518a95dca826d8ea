"""S_n in every dimension: the equivariant maps between tensor powers of R^n, for all n at once."""
from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property, reduce
from math import prod
from operator import add, mul
from string import ascii_letters
from typing import TYPE_CHECKING

import numpy as np

from .diagram import Diagram, Labels, bell, growth_strings, stirling
from .group import TooLarge

if TYPE_CHECKING:
    from .hom import Hom
    from .plan import Plan
    from .rep import Rep

LIMIT = 2 ** 17     # the most diagrams that are listed for one pair of summands
ORDER = 26          # the highest order of a tensor
ENTRIES = 2 ** 27   # the largest dense basis
TERM = re.compile(r"\s*(?:([0-9]{1,9})\s*\*\s*)?([a-zA-Z]+|1)\s*")
Terms = tuple[tuple[int, str], ...]
Layout = tuple[tuple[int, int, int, int, tuple[Diagram, ...]], ...]


class NotATensorType(ValueError):
    """What is neither an order k, nor a sum such as "8*uu + 4*u"."""


class WrongSizes(ValueError):
    """Sizes of kinds that are missing, unknown or not positive."""


@dataclass(frozen=True)
class Relation:
    """One diagram that depends on others at some n, exactly: D = Σ c E, between the words of a pair of summands.

    >>> print(permutation_family(1, 1).dependent(1)[0])
    a->b = a->a
    """

    source: str
    target: str
    diagram: Diagram
    combination: tuple[tuple[int, Diagram], ...]

    def __str__(self) -> str:
        terms = [f"{'-' if c < 0 else '+'} {'' if abs(c) == 1 else f'{abs(c)}·'}{d}" for c, d in self.combination]
        return f"{self.diagram} = {' '.join(terms).removeprefix('+ ')}"


@dataclass(frozen=True, repr=False)
class PermutationFamily:
    """The maps between sums of tensor powers that commute with S_n for every n: a basis is all set partitions.

    Every index has a kind, a letter, and S_{n_u} × S_{n_v} × … permutes the indices of each kind. For every pair of
    words the partitions of their letters into blocks of one kind are a basis as soon as each n is at least the number
    of letters of its kind: Maron, Ben-Hamu, Shamir and Lipman, arXiv 1812.09902; the basis of diagrams is that of
    Godfrey, Rawson, Brown and Kvinge, arXiv 2303.06208. Made by `permutation_family`.
    """

    source: Terms
    target: Terms

    # Counting ------------------------------------------------------------------------------------------
    @property
    def kinds(self) -> str:
        """The letters of the kinds, in order of first appearance; of a family given by orders "n"."""
        return "".join(dict.fromkeys("".join(word for _, word in self.source + self.target)))

    @property
    def dim(self) -> int:
        """Σ m m' ∏ B(letters of a kind) over pairs of summands, B the Bell numbers: the dimension for all large n.

        >>> [permutation_family(k, k).dim for k in range(4)], permutation_family("8*nn + n", "4*n").dim
        ([1, 2, 15, 203], 168)
        """
        return self._count(dict.fromkeys(self.kinds))

    def dim_at(self, n: int | None = None, /, **sizes: int) -> int:
        """The dimension at one n: only partitions into at most n blocks (of each kind) are independent.

        >>> [permutation_family(2, 2).dim_at(n) for n in range(1, 6)], permutation_family("uv", "uv").dim_at(u=1, v=5)
        ([1, 8, 14, 15, 15], 2)
        """
        return self._count(self.sizes(n, **sizes))

    @property
    def stable_from(self) -> dict[str, int]:
        """For each kind the least n from which on no diagram depends on others: the letters of that kind in a pair.

        >>> permutation_family("uuv", "uv").stable_from
        {'u': 3, 'v': 2}
        """
        pairs = [w + v for _, v in self.source for _, w in self.target]
        return {kind: max(pair.count(kind) for pair in pairs) for kind in self.kinds}

    def _count(self, most) -> int:
        return sum(m * n * prod(bell((v + w).count(kind), most[kind]) for kind in self.kinds)
                   for n, w in self.target for m, v in self.source)

    def sizes(self, n: int | None = None, /, **sizes: int) -> dict[str, int]:
        """The size of each kind: one number where there is one kind, u=3, v=4 where there are more; or WrongSizes.

        >>> permutation_family("u", "uv").sizes(u=3, v=4)
        {'u': 3, 'v': 4}
        """
        if n is not None and not sizes and len(self.kinds) <= 1:
            sizes = dict.fromkeys(self.kinds, n)
        elif n is not None:
            raise WrongSizes(f"{self.expression} has the kinds {', '.join(self.kinds)}, and one number does not say "
                             f"which. Give each by its name: {', '.join(f'{kind}={n}' for kind in self.kinds)}.")
        for kind in sorted(set(self.kinds) ^ sizes.keys()):
            state = "has no size" if kind in self.kinds else "is none of them"
            raise WrongSizes(f"{self.expression} has the kinds {', '.join(self.kinds) or 'none'}, and {kind} {state}. "
                             "Give one size for each.")
        for kind, size in sizes.items():
            if not isinstance(size, int) or size < 1:
                raise WrongSizes(f"the size of the kind {kind} is {size!r}, and sizes are integers from 1 on.")
        return {kind: sizes[kind] for kind in self.kinds}

    # Diagrams ------------------------------------------------------------------------------------------
    @cached_property
    def layout(self) -> Layout:
        """For each pair of summands: their positions b, a, their multiplicities, and the diagrams; as Basis.layout.

        Raises TooLarge where a pair has more than 2¹⁷ diagrams.
        """
        found = []
        for b, (n, w) in enumerate(self.target):
            for a, (m, v) in enumerate(self.source):
                found.append((b, a, n, m, _diagrams(v, w)))
        return tuple(found)

    @property
    def diagrams(self) -> tuple[Diagram, ...]:
        """The diagrams of all pairs of summands, without multiplicities, in lexicographic order within a pair.

        >>> permutation_family("uv", "u").diagrams
        (Diagram.of('ab->a'), Diagram.of('ab->c'))
        """
        return tuple(d for *_, diagrams in self.layout for d in diagrams)

    @cached_property
    def invariants(self) -> tuple[tuple[Diagram, ...], ...]:
        """For each summand of the target the invariant tensors, the diagrams without an input: what a bias may be.

        >>> permutation_family(1, 2).invariants
        ((Diagram.of('->aa'), Diagram.of('->ab')),)
        """
        return tuple(_diagrams("", w) for _, w in self.target)

    def dependent(self, n: int | None = None, /, **sizes: int) -> tuple[Relation, ...]:
        """The diagrams with more than n blocks, each as the exact combination of coarser ones that it is at this n.

        An orbit sum with more than n blocks is zero, and Möbius inversion turns that into D = Σ_E c(E) E: for each kind
        c(E) is the sum of the coefficients of t^0 … t^n in ∏ Σ_b S(m, b) (−1)^{b−1} (b−1)! t^b, over the blocks of E,
        made of m blocks of D each.

        >>> print(*permutation_family(1, 2).dependent(2), sep="\\n")
        a->bc = - 2·a->aa + a->ab + a->ba + a->bb
        """
        most = self.sizes(n, **sizes)
        return tuple(Relation(v, w, d, _combination(d, v + w, most)) for v, w, diagrams in self._pairs()
                     for d in diagrams if not _fits(d, v + w, most))

    def orbit(self, number: int) -> dict[Diagram, int]:
        """The orbit sum O_D = Σ_{E ≥ D} μ(D, E) E: 1 where indices are equal exactly if they share a block of D.

        Orbit sums have disjoint supports, so they are orthogonal, but cost as much as their dense matrices.

        >>> permutation_family(1, 1).orbit(1)
        {Diagram.of('a->a'): -1, Diagram.of('a->b'): 1}
        """
        v, w, d = [(v, w, d) for v, w, diagrams in self._pairs() for d in diagrams][number]
        return {e: d.mobius(e) for e in d.coarser(v + w)}

    def _pairs(self) -> Iterator[tuple[str, str, tuple[Diagram, ...]]]:
        for b, a, _, _, diagrams in self.layout:
            yield self.source[a][1], self.target[b][1], diagrams

    # One n ---------------------------------------------------------------------------------------------
    def at(self, n: int | None = None, /, **sizes: int) -> Hom:
        """The exact question at one n: Hom between the tensor powers of the natural representations.

        >>> permutation_family(2, 1).at(3)
        Hom(S(3).natural**2, S(3).natural)  # dim 5 of 27, exact over Q
        """
        from .hom import Hom
        from .named import S

        (kind, size), *others = (self.sizes(n, **sizes) or {"": 1}).items()
        group = S(size)
        natural = {kind: group.natural}
        for kind, size in others:
            group = group * S(size)
            first, second = group.projections
            natural = {c: rep.pullback(first) for c, rep in natural.items()}
            natural[kind] = group.factors[1].natural.pullback(second)

        def power(word: str) -> Rep:
            return reduce(mul, (natural[c] for c in word)) if word else group.trivial
        V, W = (reduce(add, (m * power(word) for m, word in terms)) for terms in (self.source, self.target))
        return Hom(V, W)

    def to_numpy(self, n: int | None = None, /, *, normalise: bool = True, **sizes: int) -> np.ndarray:
        """The orbit basis (dim_at(n), dim W, dim V) at one n, read off without any solving; orthonormal, or 0 and 1.

        For one summand on either side and multiplicity one. Raises TooLarge above 2²⁷ entries.

        >>> permutation_family(1, 1).to_numpy(2, normalise=False).astype(int).tolist()
        [[[1, 0], [0, 1]], [[0, 1], [1, 0]]]
        """
        if len(self.layout) > 1 or self.layout[0][2:4] != (1, 1):
            raise NotATensorType(f"{self.expression} has several summands or channels, and an orbit basis is written "
                                 "for one of each. Ask for a pair, or use family.at(n).basis.")
        most = self.sizes(n, **sizes)
        (_, v), (_, w) = self.source[0], self.target[0]
        shape = tuple(most[c] for c in w + v)
        count = self.dim_at(**most)
        if count * prod(shape) > ENTRIES:
            raise TooLarge(f"the orbit basis of {self.expression} has {count} × {prod(shape)} entries, and the limit "
                           f"is {ENTRIES}. Apply family.plan(n), which costs as much as the tensors.")
        kept = [d for d in self.diagrams if _fits(d, v + w, most)]
        codes = np.array([_code(d.T) for d in kept])  # arrays have the output's indices first
        order = np.argsort(codes)
        labels = order[np.searchsorted(codes[order], _orbit_codes(w + v, shape).ravel())]
        dense = (labels == np.arange(count)[:, None]).astype(np.float64)
        if normalise:
            dense /= np.sqrt(np.bincount(labels, minlength=count))[:, None]
        return dense.reshape(count, prod(shape[:len(w)]), prod(shape[len(w):]))

    def variances(self, init: str = "he") -> dict[tuple[int, int], Fraction]:
        """The initial variance of the weights of each pair b, a: gain / fan, with means for sums.

        fan is the number of weights that reach an output whose indices all differ: Σ_a m_a · diagrams that write on no
        diagonal. Then E y² ≤ gain there, at every n, for inputs with E x² ≤ 1, and equality holds for inputs that are
        the same at all indices. `init` is "he" (gain 2), "lecun" (1), or "xavier" (2, both fans added).

        >>> permutation_family("3*nn", "nn").variances("lecun")
        {(0, 0): Fraction(1, 30)}
        """
        from .lower import INITS
        if init not in INITS:
            raise ValueError(f"init={init!r}: initial variances are {', '.join(map(repr, INITS))}.")
        fan_in, fan_out = [0] * len(self.target), [0] * len(self.source)
        for b, a, n, m, diagrams in self.layout:
            fan_in[b] += m * sum(len(set(d.target)) == d.l for d in diagrams)
            fan_out[a] += n * sum(len(set(d.source)) == d.k for d in diagrams)
        gain = 1 if init == "lecun" else 2
        return {(b, a): Fraction(gain, fan_in[b] + (fan_out[a] if init == "xavier" else 0))
                for b, a, *_ in self.layout}

    def plan(self, n: int | None = None, /, *, average: bool = True, bias: bool = False, init: str = "he",
             **sizes: int) -> Plan:
        """The map at one n as a plan on features of `at(n)`: its cost grows as the tensors, not as their product.

        The parameters, weight (diagrams, m', m) for each pair and bias (invariants, m'), have the same shapes at every
        n, so weights found at one n are those of all. `average` takes means where diagrams sum.

        >>> plan = permutation_family(2, 2).plan(3); plan.size, plan(np.ones(15), np.ones((1, 9)))[0, 1]
        (15, np.float64(10.0))
        """
        from .permutation_plan import plan
        return plan(self, self.sizes(n, **sizes), average, bias, init)

    @property
    def expression(self) -> str:
        """The text that makes it."""
        return f"permutation_family({_text(self.source)}, {_text(self.target)})"

    def __repr__(self) -> str:
        sizes = ", ".join(f"{kind} ≥ {size}" for kind, size in self.stable_from.items())
        return f"{self.expression}  # dim {self.dim}{f' for {sizes}' if sizes else ''}"


def permutation_family(source: int | str | Sequence, target: int | str | Sequence) -> PermutationFamily:
    """All maps (R^n)^{⊗k} → (R^n)^{⊗l} that commute with S_n, for all n at once: one a partition of k + l letters.

    Types are orders k; words with a letter for each index, its kind, as in "uuv"; sums of them with multiplicities, as
    in "8*nn + 4*n + 1", where 1 has no index; or pairs [(8, 2), (4, "n")]. Orders are words in the kind n. Raises
    NotATensorType, and TooLarge for orders above 26.

    >>> permutation_family(2, 2)
    permutation_family(2, 2)  # dim 15 for n ≥ 4
    >>> permutation_family("uuv", "4*uv")
    permutation_family('uuv', '4*uv')  # dim 40 for u ≥ 3, v ≥ 2
    """
    return PermutationFamily(_terms(source), _terms(target))


def _terms(given: object) -> Terms:
    """The summands (multiplicity, word) of a type."""
    if isinstance(given, int):
        given = [(1, given)]
    pairs: list = []
    if isinstance(given, str):
        matches = [TERM.fullmatch(part) for part in given.split("+")]
        pairs = [(int(m[1] or 1), "" if m[2] == "1" else m[2]) for m in matches if m] if all(matches) else []
    elif isinstance(given, (list, tuple)):
        pairs = [(p[0], _word(p[1])) if isinstance(p, (list, tuple)) and len(p) == 2 else (0, "") for p in given]
    if not pairs or not all(type(m) is int and m > 0 and word is not None for m, word in pairs):
        raise NotATensorType(f"{str(given)[:60]!r} is no type of tensors. Write an order such as 2, a letter for each "
                             "index such as 'uuv', a sum such as '8*nn + 4*n + 1', or pairs such as [(8, 2), (4, 1)].")
    if max(len(word) for _, word in pairs) > ORDER:
        raise TooLarge(f"{str(given)[:60]!r} has a tensor of order above the limit, which is {ORDER}. Lower its order.")
    return tuple(pairs)


def _word(given: object) -> str | None:
    """The word of an order or a word; None for anything else."""
    if type(given) is int and given >= 0:
        return "n" * min(given, ORDER + 1)
    return given if isinstance(given, str) and all(c in ascii_letters for c in given) else None


def _text(terms: Terms) -> str:
    """The shortest way to write a type: an order, or a quoted sum."""
    if len(terms) == 1 and terms[0][0] == 1 and set(terms[0][1]) <= {"n"}:
        return str(len(terms[0][1]))
    return repr(" + ".join(f"{m}*{word or '1'}" if m > 1 else word or "1" for m, word in terms))


def _diagrams(source: str, target: str) -> tuple[Diagram, ...]:
    """The diagrams between two words, whose blocks hold letters of one kind."""
    word = source + target
    count = prod(bell(word.count(kind)) for kind in set(word))
    if count > LIMIT:
        raise TooLarge(f"there are {count} diagrams from {source!r} to {target!r}, and the limit is {LIMIT}. Use "
                       "tensors of lower order; dim and dim_at count without listing.")
    return tuple(Diagram.from_labels(len(source), labels) for labels in growth_strings(word))


def _fits(diagram: Diagram, word: str, most: dict[str, int]) -> bool:
    """Whether the diagram has at most n blocks of each kind."""
    kinds = [word[block[0]] for block in diagram.blocks]
    return all(kinds.count(kind) <= most[kind] for kind in set(kinds))


def _combination(diagram: Diagram, word: str, most: dict[str, int]) -> tuple[tuple[int, Diagram], ...]:
    """The coefficients of the kept diagrams that add up to one with too many blocks."""
    found = []
    for coarse in diagram.coarser(word):
        if not _fits(coarse, word, most):
            continue
        c = 1
        for kind in set(word):
            blocks = [set(block) for block in coarse.blocks if word[block[0]] == kind]
            series = reduce(np.convolve, (_series(sum(set(b) <= block for b in diagram.blocks)) for block in blocks))
            c *= int(sum(series[:most[kind] + 1]))
        if c:
            found.append((c, coarse))
    return tuple(found)


def _series(m: int) -> np.ndarray:
    """The coefficients of Σ_b S(m, b) (−1)^{b−1} (b−1)! t^b, as exact integers."""
    values, factor = [0], 1
    for b in range(1, m + 1):
        values.append(stirling(m, b) * factor)
        factor *= -b
    return np.array(values, object)


def _code(diagram: Diagram) -> int:
    """The number whose digits are the first positions of the block of each position."""
    first = {i: block[0] for block in diagram.blocks for i in block}
    size = diagram.k + diagram.l
    return sum(first[i] * size ** i for i in range(size))


def _orbit_codes(word: str, shape: Labels) -> np.ndarray:
    """For each entry of a tensor the code of the diagram of its equal indices of equal kinds."""
    codes = np.zeros(shape, np.int64)
    size = len(word)
    axes = [np.arange(n).reshape(-1, *[1] * (size - 1 - i)) for i, n in enumerate(shape)]
    for i in range(size):
        first = np.full((1,) * size, i)
        for j in reversed(range(i)):
            if word[i] == word[j]:
                first = np.where(axes[i] == axes[j], j, first)
        codes += first * size ** i
    return codes
