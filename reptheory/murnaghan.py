"""The characters of the symmetric group, by the Murnaghan–Nakayama rule on sets of beads."""
from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from .partition import Partition, dimension, partition, partitions

LIMIT = 30  # the largest degree of a table: 5604 classes, 250 MB


def symmetric_table(n: int) -> np.ndarray:
    """The character table χ^λ(μ) of S_n: rows λ and columns μ in the order of `partitions(n)`, int64.

    p_k s_ν = Σ (−1)^{height} s_λ over the λ that add a rim hook of length k to ν (Murnaghan–Nakayama: Macdonald,
    Symmetric Functions and Hall Polynomials, I.3 example 11), so the columns with μ₁ = k are a sparse matrix of signs
    times columns of the table of S_{n−k}. No sum overflows: the ν that arise from λ by removing rim hooks of length k
    are distinct summands of χ^λ restricted to S_{n−k}, so |partial sums| ≤ f^λ ≤ √n! < 2⁶³ for n ≤ 33. Raises TooLarge
    for n > 30.

    >>> symmetric_table(3).tolist()
    [[1, 1, 1], [-1, 0, 2], [1, -1, 1]]
    """
    if n > LIMIT:
        from .group import TooLarge
        raise TooLarge(f"symmetric_table({n}): the table of S({n}) has {len(partitions(n))}² entries, and tables are "
                       f"made up to n = {LIMIT}. Ask for single values: character_value(shape, cycle_type).")
    shapes = [partitions(m) for m in range(n + 1)]
    numbers = [{beads(shape, n): i for i, shape in enumerate(level)} for level in shapes]
    tables = [np.ones((1, 1), np.int64)]
    for m in range(1, n + 1):
        tables.append(np.zeros((len(shapes[m]), len(shapes[m])), np.int64))
        end = len(shapes[m])
        for k in range(1, m + 1):  # the columns with largest part k stand before those with smaller ones
            small = tables[m - k]
            width = len(partitions(m - k, k))
            found = [(row, numbers[m - k][after], sign) for mask, row in numbers[m].items()
                     for after, sign in rim_hooks(mask, k)]
            rows, sources, signs = np.array(found).T
            np.add.at(tables[m][:, end - width:end], rows, signs[:, None] * small[sources, small.shape[1] - width:])
            end -= width
    return tables[n]


def character_value(shape: Partition, mu: Partition) -> int:
    """χ^λ(μ) alone: rim hooks of lengths μ₁, μ₂, … are removed in turn, and f^ν counts what only 1s are left for.

    >>> character_value((3, 1, 1), (5,)), character_value((10, 10, 10), (3,) * 10)
    (1, 4200)
    """
    shape, mu = partition(shape), partition(mu)
    if sum(shape) != sum(mu):
        raise ValueError(f"χ^λ(μ) needs partitions of one number, but {shape} is one of {sum(shape)} and {mu} one of "
                         f"{sum(mu)}. Add or remove parts 1 of μ.")
    terms = {beads(shape, len(shape)): 1}
    for part in (k for k in mu if k > 1):
        smaller: dict[int, int] = {}
        for mask, c in terms.items():
            for after, sign in rim_hooks(mask, part):
                smaller[after] = smaller.get(after, 0) + sign * c
        terms = smaller
    return sum(c * dimension(shape_of(mask)) for mask, c in terms.items())


def beads(shape: Partition, count: int) -> int:
    """The set {λ_i + count − 1 − i : i < count} of first-column hook lengths, as the bits of an integer."""
    padded = (*shape, *(0,) * (count - len(shape)))
    return sum(1 << (part + count - 1 - i) for i, part in enumerate(padded))


def shape_of(mask: int) -> Partition:
    """The partition with this set of beads: each bead counts the gaps below it."""
    found, gaps = [], 0
    while mask:
        if mask & 1:
            found.append(gaps)
        else:
            gaps += 1
        mask >>= 1
    return tuple(part for part in reversed(found) if part)


def rim_hooks(mask: int, k: int) -> Iterator[tuple[int, int]]:
    """(the beads left, (−1)^{height}) for every rim hook of length k: a bead moves down k places to a gap.

    The height is the number of beads it passes.
    """
    gaps = mask >> k & ~mask
    while gaps:
        low = gaps & -gaps
        gaps ^= low
        passed = (mask & ((low << k) - (low << 1))).bit_count()
        yield mask ^ low ^ low << k, -1 if passed % 2 else 1
