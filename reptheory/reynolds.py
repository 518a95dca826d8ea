"""Fixed vectors as images of the Reynolds operator modulo primes, along chains of transversals; lifted, verified."""
from __future__ import annotations

import numpy as np
from flint import nmod_mat

from .group import Group
from .matrix import Matrix
from .modular import combined, interpolate, lifted
from .monomial import Monomial
from .residual import is_fixed
from .tensor_action import Image, TensorAction, apply, product, reduced

PRIMES = 40  # after so many primes without a lift the answer is left to elimination


def fixed_rows(group: Group, action: TensorAction, dim: int) -> Matrix | None:
    """The vectors that every generator fixes, as the rows of a matrix in reduced echelon form; None when not found.

    The Reynolds operator |G|⁻¹ Σ_g ρ(g) projects onto them. For G = T₁T₂…T_k, transversals along a chain of subgroups,
    it is the product of the sums over the T_i, here of random vectors modulo a prime that splits in the field, in each
    embedding. `dim`, the dimension by characters, is known, so images of that rank span; their echelon form is lifted
    by rational reconstruction and accepted once the generators fix it exactly.
    """
    size = int(np.prod([factor[0].shape[0] for factor in action.factors]))
    field, modulus, below = action.field, 1, None
    pivots: tuple[int, ...] | None = None
    residues: list[int] = []
    levels = chain(group)
    random = np.random.default_rng(size)
    for _ in range(PRIMES):
        p, roots = action.prime(field, below=below)
        below = p
        if group.order % p == 0:
            continue
        echelon = [_echelon(group, levels, action.images(field, p, root), dim, size, p, random) for root in roots]
        found = {columns for columns, _ in echelon}
        if len(found) > 1 or any(len(columns) < dim for columns in found):
            continue  # a bad prime, or unlucky vectors
        columns = found.pop()
        if columns != pivots:
            if pivots is not None and columns > pivots:
                continue
            modulus, pivots, residues = 1, columns, []
        fresh = interpolate([table for _, table in echelon], roots, p, dim, size)
        residues, modulus = combined(residues, modulus, fresh, p)
        table = lifted(field, (dim, size), residues, modulus)
        if table is not None and is_fixed(action, table):
            return table
    return None


def chain(group: Group) -> list[list[int]]:
    """Numbers of elements T₁, T₂, … with every element of G in one way a product t₁t₂…: transversals of the stabilisers
    of more and more points.

    >>> import reptheory as rt
    >>> [len(level) for level in chain(rt.S(4))]
    [4, 3, 2]
    """
    listing = group.listing
    left, levels = np.arange(listing.size), []
    for column, point in enumerate(listing.base):
        images = listing.rows[left, column]
        _, first = np.unique(images, return_index=True)
        if len(first) > 1:
            levels.append(left[first].tolist())
            left = left[images == point]
    return levels


def _echelon(group: Group, levels: list[list[int]], factors: list[list[Image]], dim: int, size: int, p: int,
             random: np.random.Generator) -> tuple[tuple[int, ...], nmod_mat]:
    """The pivots and the reduced echelon form of the images of `dim` random vectors under the Reynolds operator."""
    x = random.integers(0, p, (dim, size)).astype(np.float64)
    known: list[dict[int, Image]] = [{0: Monomial.identity(factor[0].shape[0])} for factor in factors]
    for level in reversed(levels):
        total = np.zeros_like(x)
        for number in level:
            element = [_element(group, number, factor, seen, p) for factor, seen in zip(factors, known)]
            total += apply(element, x, p)
        x = reduced(total, p)
    table, rank = nmod_mat(dim, size, x.astype(np.int64).ravel().tolist(), p).rref()
    dense = np.array([int(c) for c in table.entries()], np.int64).reshape(dim, size)
    return tuple((dense[:rank] != 0).argmax(1).tolist()), table


def _element(group: Group, number: int, generators: list[Image], known: dict[int, Image], p: int) -> Image:
    """The action of a listed element on one index, by h = letter · parent."""
    path = []
    while number not in known:
        path.append(number)
        number = int(group.listing.parent[number])
    for n in reversed(path):
        parent = int(group.listing.parent[n])
        known[n] = product(generators[int(group.listing.letter[n])], known[parent], p)
    return known[path[0] if path else number]
