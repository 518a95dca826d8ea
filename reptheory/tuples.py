"""Orbits of index tuples under signed permutations: the bases that need no linear algebra, and no stalk action."""
from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import Any

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from .monomial import Monomial, kron

FIBRE = 32          # shorter fibres are not worth transporting
CHUNK = 2 ** 18     # unknowns compared at a time


def signed_orbits(sizes: Sequence[int], factors: Sequence[tuple[Monomial, ...]]) -> tuple[np.ndarray, np.ndarray]:
    """Labels and signs of the orbits on tuples, where each generator acts on index k by factors[k][generator].

    The tuples are those of Π sizes, last index fastest; unknown n is signs[n] times coordinate labels[n]. An orbit
    survives exactly when no element of the group maps an unknown of it to minus itself; others have label −1.
    Surviving orbits are counted by first unknown, where the sign is +. Orbits on a product F × R are those of the
    stabilisers of representatives of F on R, carried over F: only the fibres over the representatives are searched.

    >>> swap = Monomial.of([1, 0]); signed_orbits([2, 2], [(swap,), (swap,)])[0].tolist()
    [0, 1, 1, 0]
    """
    cut = min(range(len(sizes) + 1), key=lambda k: max(_size(sizes[:k]), _size(sizes[k:])))
    total = _size(sizes)
    moves = range(len(factors[0]) if factors else 0)
    if _size(sizes[cut:]) < FIBRE:
        cut = 0
    over = [_product([f[s] for f in factors[:cut]]) for s in moves]
    along = [_product([f[s] for f in factors[cut:]]) for s in moves]
    base, fibre = _size(sizes[:cut]), _size(sizes[cut:])
    code, nodes = _transport(base, fibre, over, along, np.int32 if total < 2 ** 30 else np.int64)
    root = np.arange(2 * nodes, dtype=code.dtype)
    step = max(1, max(CHUNK, 4 * nodes) // fibre)  # joining costs as many steps as there are nodes
    for start in range(0, base, step):
        rows = np.arange(start, min(start + step, base))
        one, other = [], []
        for a, b in zip(over, along):
            there, here = np.take(code[a.images[rows]], b.images, axis=1), _signed(code[rows], a, b, rows)
            wrong = there != here
            one.append(root[there[wrong]])
            other.append(root[here[wrong]])
        if one:
            root = _merged(root, np.concatenate(one), np.concatenate(other))
    plus, minus = root[::2], root[1::2]
    firsts = np.flatnonzero((plus != minus) & (plus >> 1 == np.arange(nodes)))
    rank = np.full(nodes, -1, code.dtype)
    rank[firsts] = np.arange(len(firsts))
    survives = np.repeat(plus != minus, 2)
    label = np.where(survives, rank[root >> 1], -1).astype(code.dtype)
    sign = np.where(survives, 1 - 2 * (root & 1), 0).astype(np.int8)
    return label[code].ravel(), sign[code].ravel()


def orbit_numbers(size: int, moves: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """The number of the orbit of each point, counted by smallest point, and those smallest points."""
    here = np.arange(size)
    return _numbered(size, [here] * len(moves), list(moves))


def _transport(base: int, fibre: int, over: list[Monomial], along: list[Monomial],
               dtype: Any) -> tuple[np.ndarray, int]:
    """For each unknown (f, r) the unknown of the fibre over a representative to which it is carried, with its sign.

    That unknown is coded 2n + side, n counting those of all the fibres searched, side = 1 for minus. Points of F are
    reached breadth-first, all orbits at once.
    """
    _, representatives = orbit_numbers(base, [a.images for a in over])
    code: np.ndarray = np.empty((base, fibre), dtype)
    code[representatives] = 2 * np.arange(len(representatives) * fibre, dtype=dtype).reshape(-1, fibre)
    seen = np.zeros(base, bool)
    seen[representatives] = True
    frontier, back = representatives, [b.inverse().images for b in along]
    while len(frontier):
        reached = []
        for a, b, inverse in zip(over, along, back):
            fresh = frontier[~seen[a.images[frontier]]]
            there = a.images[fresh]
            code[there] = np.take(_signed(code[fresh], a, b, fresh), inverse, axis=1)
            seen[there] = True
            reached.append(there)
        frontier = np.concatenate(reached) if reached else frontier[:0]
    return code, len(representatives) * fibre


def _signed(code: np.ndarray, a: Monomial, b: Monomial, rows: np.ndarray) -> np.ndarray:
    """The codes (a copy of them) at these points of F, turned over where the generator changes the sign."""
    if not a.is_permutation:
        code ^= (a.signs[rows] < 0)[:, None]
    if not b.is_permutation:
        code ^= b.signs < 0
    return code


def _merged(root: np.ndarray, one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """The smallest codes after joining these roots, and their negatives."""
    apart = one != other
    if not apart.any():
        return root
    size = len(root)
    one, other = one[apart], other[apart]
    number, first = _numbered(size, [one, root[one ^ 1]], [other, root[other ^ 1]])
    return first[number][root].astype(root.dtype)


def _numbered(size: int, starts: list[np.ndarray], ends: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """The components of a graph, numbered by smallest node, and those nodes."""
    here = np.arange(size)
    if not starts or size == 1:
        return here, here
    row, column = np.concatenate(starts), np.concatenate(ends)
    graph = coo_array((np.ones(len(row), np.int32), (row, column)), shape=(size, size))
    count, label = connected_components(graph, directed=False)
    first = np.empty(count, np.int64)
    first[label[::-1]] = here[::-1]  # of equal indices the last one assigned stays
    order = np.argsort(first)
    place = np.empty(count, np.int64)
    place[order] = np.arange(count)
    return place[label], first[order]


def _product(actions: list[Monomial]) -> Monomial:
    return reduce(lambda a, b: kron(a, b), actions, Monomial.identity(1))  # type: ignore[arg-type,return-value]


def _size(sizes: Sequence[int]) -> int:
    return int(np.prod(sizes, dtype=np.int64))
