"""Stabilisers: the subgroup that fixes a vector, a tensor, or a set of patterns; no list of the group is needed."""
from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from random import Random
from typing import Any

import numpy as np

from .exact import shown
from .field import Field, Number, exact
from .group import Group, TooLarge
from .matrix import Matrix
from .monomial import Monomial, as_matrix
from .rep import Rep
from .subgroup import Images, from_images, spanned

ORBIT = 100_000     # the most vectors, or sets of them, that are followed, unless limit=… says otherwise
READABLE = 2_000    # the largest order for which the generators that move the fewest points are sought
UP_TO = ("", "sign", "scale")
State = tuple[int, ...]


def stabiliser(rep: Rep | Group, x: Any, up_to: str = "", limit: int = ORBIT) -> Group:
    """The subgroup {g ∈ G : ρ(g)x = x}, of order |G| / |orbit of x|.

    x is exact: a vector, a tensor as a nested list, a matrix, several of them (each is fixed), or a set of points of a
    permutation representation, which stands for its indicator. `up_to="sign"` asks for ρ(g)x = ±x, `up_to="scale"` for
    ρ(g)x = c·x. A group stands for its natural representation. The orbit-stabiliser theorem gives the order, products
    of random elements with a transversal of the orbit give the generators: Seress, Permutation Group Algorithms (2003),
    4.1. TooLarge where the orbit has more than `limit` vectors.

    >>> import reptheory as rt
    >>> G = rt.octahedral(); rt.stabiliser(G.vector, [1, 1, 0]).order
    2
    >>> rt.stabiliser(G.vector ** 2, [[1, 0, 0], [0, 1, 0], [0, 0, 2]]).order
    8
    """
    rep = rep.natural if isinstance(rep, Group) else rep
    vectors = _vectors(rep, x)
    orbit = _Vectors.of(rep, vectors, up_to, limit)
    return _fixing(rep.group, orbit, tuple(orbit.number(v) for v in vectors), lambda state: state, limit)


def setwise_stabiliser(rep: Rep | Group, patterns: Iterable[Any], up_to: str = "", limit: int = ORBIT) -> Group:
    """The subgroup {g ∈ G : {ρ(g)x : x ∈ X} = X} for a finite set X of vectors, tensors or sets of points.

    What x may be, and `up_to`, are those of `stabiliser`. TooLarge where the patterns have more than `limit` images, or
    X has.

    >>> import reptheory as rt
    >>> rows = [[3*i, 3*i + 1, 3*i + 2] for i in range(3)]; columns = [[i, i + 3, i + 6] for i in range(3)]
    >>> rt.setwise_stabiliser(rt.S(9), map(set, rows + columns + [[0, 4, 8], [2, 4, 6]])).order
    8
    """
    rep = rep.natural if isinstance(rep, Group) else rep
    vectors = [v for pattern in patterns for v in _vectors(rep, pattern, 1)]
    orbit = _Vectors.of(rep, vectors, up_to, limit)
    return _fixing(rep.group, orbit, tuple(sorted({orbit.number(v) for v in vectors})),
                   lambda state: tuple(sorted(state)), limit)


@dataclass(frozen=True, eq=False)
class _Vectors:
    """The orbits of some vectors: how each generator permutes them, and the number of a vector by its key."""

    key: Callable[[Any], tuple[Any, Any]]
    place: dict[Any, int]
    moves: tuple[np.ndarray, ...]

    def number(self, vector: Sequence[Number]) -> int:
        """The number of a vector, or of the line or pair ±x that it spans."""
        return self.place[self.key(vector)[0]]

    @staticmethod
    def of(rep: Rep, vectors: Sequence[Sequence[Number]], up_to: str, limit: int) -> _Vectors:
        """The orbits, breadth-first; TooLarge past the limit."""
        if up_to not in UP_TO:
            raise ValueError(f"up_to={up_to!r} is none of {', '.join(map(repr, UP_TO))}. Leave it out to fix the "
                             "vector itself.")
        key, act = _coded(rep, vectors, up_to) if rep.is_monomial and up_to != "scale" else _dense(rep, vectors, up_to)
        first = dict(map(key, vectors))
        queue, place = list(first.values()), {name: k for k, name in enumerate(first)}
        moves: list[list[int]] = [[] for _ in rep.actions]
        for v in queue:
            for i, row in enumerate(moves):
                name, image = act(i, v)
                number = place.setdefault(name, len(queue))
                if number == len(queue):
                    if number >= limit:
                        raise TooLarge(f"the orbit in {rep.expression} has more than {limit} vectors. Raise limit=…, "
                                       "or fix a vector with a larger stabiliser first and start from its stabiliser.")
                    queue.append(image)
                row.append(number)
        return _Vectors(key, place, tuple(np.array(row, np.int64) for row in moves))


def _coded(rep: Rep, vectors: Sequence[Sequence[Number]], up_to: str):
    """Vectors of a monomial representation as integers: 0 for 0 and ±k for ±c_k, which signed permutations move."""
    codes: dict[Number, int] = {}
    for x in (x for v in vectors for x in v):
        if x not in codes:
            codes[x] = 0 if x.is_zero else len(codes) + 1
            codes[-x] = -codes[x]
    back = [a.inverse() for a in rep.actions if isinstance(a, Monomial)]

    def named(array: np.ndarray):
        if up_to and (first := array[array != 0][:1]).size and first[0] < 0:
            array = -array
        return array.tobytes(), array

    return (lambda v: named(np.array([codes[x] for x in v], np.int64)),
            lambda i, array: named(array[back[i].images] * back[i].signs))


def _dense(rep: Rep, vectors: Sequence[Sequence[Number]], up_to: str):
    """Vectors as exact columns over a field that holds them and the matrices."""
    field = reduce(Field.compositum, {x.field for v in vectors for x in v}, rep.field)
    matrices = [as_matrix(a).over(field) for a in rep.actions]

    def named(column: Matrix):
        lead = next((x for row in column.rows() for x in row if not x.is_zero), None) if up_to else None
        if lead is not None and up_to == "scale":
            column = column * lead.inverse()
        elif lead is not None and next(c for c in lead.coefficients if c) < 0:
            column = -column
        return column.over(field).key, column

    return lambda v: named(Matrix.of([[x] for x in v], field)), lambda i, column: named(matrices[i] @ column)


def _fixing(group: Group, orbit: _Vectors, start: State, form: Callable[[State], State], limit: int) -> Group:
    """The stabiliser of a tuple of numbered vectors, brought into a normal form after each move."""
    moves = [move.tolist() for move in orbit.moves]
    states, place, above, letter = [start], {start: 0}, [-1], [-1]
    for k, state in enumerate(states):
        for s, move in enumerate(moves):
            image = form(tuple(map(move.__getitem__, state)))
            if place.setdefault(image, len(states)) == len(states):
                if len(states) >= limit:
                    raise TooLarge(f"the patterns have more than {limit} images under {group.expression}. Raise "
                                   "limit=…, or start from a subgroup that fixes one of them.")
                states.append(image)
                above.append(k)
                letter.append(s)
    # Elements act on the points of G and on the vectors at once: two permutations, side by side.
    n = group.degree
    pairs = [np.concatenate([np.array(g, np.int64), n + move]) for g, move in zip(group.images, orbit.moves)]
    back = [np.argsort(pair) for pair in pairs]

    def returned(g: np.ndarray) -> Images:
        """u⁻¹g for the word u of the transversal that takes the start where g takes it."""
        k = place[form(tuple(int(g[n + i]) - n for i in start))]
        while k:
            g, k = back[letter[k]][g], above[k]
        return tuple(g[:n].tolist())

    return _grown(group, map(returned, _random(pairs)), group.order // len(states))


def _grown(group: Group, elements: Iterator[Images], order: int) -> Group:
    """The subgroup of this order that elements of it generate; of two chosen at random one is new, on the average."""
    grown, chosen = from_images(group, [], "t", 1), list[Images]()
    while grown.order < order:
        g = next(elements)
        if not grown.contains(g):
            chosen.append(g)
            names = tuple(f"t{k}" for k in range(len(chosen)))
            grown = replace(group, names=names, images=tuple(chosen), on_space=None, known_order=None, relators=None,
                            factors=())
    if 1 < order <= READABLE:
        few = sorted(grown.elements, key=lambda g: (sum(i != j for i, j in enumerate(g.images)), g.images))
        chosen = list(spanned(grown, few, "t", order).images)
        for g in list(chosen):
            rest = [h for h in chosen if h != g]
            if rest and from_images(group, rest, "t").order == order:
                chosen = rest
    return from_images(group, chosen, "t", order)


def _random(pairs: Sequence[np.ndarray]) -> Iterator[np.ndarray]:
    """Nearly uniform elements of the group that these generate, the same in every run.

    F. Celler, C. Leedham-Green, S. Murray, A. Niemeyer, E. O'Brien, Generating random elements of a finite group,
    Communications in Algebra 23 (1995) 4931–4948: product replacement.
    """
    rng = Random(0)
    slots = [pairs[k % len(pairs)] for k in range(max(10, len(pairs) + 1))]
    total = slots[0]
    for step in range(10**9):
        i, j = rng.sample(range(len(slots)), 2)
        other = slots[j] if rng.random() < 0.5 else np.argsort(slots[j])
        slots[i] = slots[i][other] if rng.random() < 0.5 else other[slots[i]]
        total = total[slots[i]]
        if step >= 50:
            yield total


# Reading -------------------------------------------------------------------------------------------------------------
def _vectors(rep: Rep, x: Any, most: int | None = None) -> list[tuple[Number, ...]]:
    """The vectors that x spells: one, or a list of them."""
    if isinstance(x, (set, frozenset)):
        if not rep.is_permutation or not all(isinstance(i, int) and 0 <= i < rep.dim for i in x):
            raise ValueError(f"{shown(x)} is no set of points of {rep.expression}. Give points 0…{rep.dim - 1} of a "
                             "permutation representation, or vectors.")
        return [tuple(exact(int(i in x)) for i in range(rep.dim))]
    flat = list(_flat(x))
    count, left = divmod(len(flat), rep.dim)
    several = isinstance(x, (list, tuple)) and len(x) == count and most is None
    if left or not (count == 1 or several):
        raise ValueError(f"a vector of {rep.expression} has {rep.dim} entries, and {shown(x)} has {len(flat)}. Give "
                         "one vector, or a list of vectors.")
    return [tuple(flat[k * rep.dim:(k + 1) * rep.dim]) for k in range(count)]


def _flat(x: Any) -> Iterator[Number]:
    """The exact entries of a nested list, row by row."""
    if isinstance(x, Matrix):
        x = x.rows()
    x = x.tolist() if hasattr(x, "tolist") else x
    for entry in x if isinstance(x, Sequence) and not isinstance(x, str) else [x]:
        if isinstance(entry, (Sequence, np.ndarray, Matrix)) and not isinstance(entry, str):
            yield from _flat(entry)
        else:
            yield exact(entry)
