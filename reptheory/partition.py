"""Partitions: the classes and the irreps of the symmetric group, and what is counted on their diagrams."""
from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from math import factorial, prod

Partition = tuple[int, ...]
LISTED = 60  # the largest number whose partitions are listed


class NotAPartition(ValueError):
    """Numbers that are not positive and weakly decreasing."""


def partition(parts: Iterable[int]) -> Partition:
    """The partition λ₁ ≥ λ₂ ≥ … ≥ λ_k > 0 with these parts; NotAPartition otherwise.

    >>> partition([3, 1, 1])
    (3, 1, 1)
    """
    found = tuple(parts)
    if not all(isinstance(p, int) and p > 0 for p in found):
        raise NotAPartition(f"{found} is no partition: its parts are positive integers. Write (3, 1, 1).")
    if list(found) != sorted(found, reverse=True):
        raise NotAPartition(f"{found} is no partition: its parts do not decrease. "
                            f"Write {tuple(sorted(found, reverse=True))}.")
    return found


def partitions(n: int, largest: int | None = None) -> tuple[Partition, ...]:
    """The partitions of n with parts at most `largest`, in reverse lexicographic order: (n) first, (1, …, 1) last.

    TooLarge for n > 60 without `largest`, since 61 has over 10⁶ of them (OEIS A000041).

    >>> partitions(4)
    ((4,), (3, 1), (2, 2), (2, 1, 1), (1, 1, 1, 1))
    """
    if n < 0:
        raise ValueError(f"partitions({n}): a number that is partitioned is not negative. Give n ≥ 0.")
    if n == 0:
        return ((),)
    if n > LISTED and largest is None:
        from .group import TooLarge
        raise TooLarge(f"{n} has more than a million partitions, and they are listed up to n = {LISTED}. Name the ones "
                       "you need, as in G.irrep((n - 1, 1)), or take a smaller n.")
    largest = n if largest is None else largest
    found, now = [], _greedy(n, largest)
    while now:
        found.append(tuple(now))
        ones = 0
        while now and now[-1] == 1:
            now.pop()
            ones += 1
        if now:  # the last part above 1 gives one up, and what is left fills up greedily below it
            part = now.pop() - 1
            now += [part, *_greedy(ones + 1, part)]
    return tuple(found)


def _greedy(n: int, largest: int) -> list[int]:
    """The first partition of n with parts at most `largest`; nothing when there is none."""
    if largest < 1:
        return []
    return [largest] * (n // largest) + ([n % largest] if n % largest else [])


def conjugate(shape: Partition) -> Partition:
    """The conjugate partition λ'_j = |{i : λ_i > j}|, whose diagram is the transpose.

    >>> conjugate((3, 1))
    (2, 1, 1)
    """
    found, rows = [], len(shape)
    for j in range(shape[0] if shape else 0):
        while shape[rows - 1] <= j:
            rows -= 1
        found.append(rows)
    return tuple(found)


def hook_lengths(shape: Partition) -> tuple[tuple[int, ...], ...]:
    """The hook lengths h_ij = λ_i − j + λ'_j − i − 1 of the cells, row by row, i and j from 0.

    >>> hook_lengths((3, 1))
    ((4, 2, 1), (1,))
    """
    columns = conjugate(shape)
    return tuple(tuple(row - j + columns[j] - i - 1 for j in range(row)) for i, row in enumerate(shape))


def diagonal_hooks(shape: Partition) -> Partition:
    """The hook lengths h_00 > h_11 > … on the diagonal: for a self-conjugate λ a partition into distinct odd parts.

    >>> diagonal_hooks((3, 2, 1))
    (5, 1)
    """
    columns = conjugate(shape)
    return tuple(row + columns[i] - 2 * i - 1 for i, row in enumerate(shape) if row > i)


def dimension(shape: Partition) -> int:
    """f^λ = n! / ∏ h_ij, the number of standard tableaux and the degree of χ^λ.

    Source: Frame, Robinson and Thrall, The hook graphs of the symmetric group (1954).

    >>> [dimension(shape) for shape in partitions(4)]
    [1, 3, 2, 3, 1]
    """
    return factorial(sum(shape)) // prod(h for row in hook_lengths(shape) for h in row)


def cycle_type(images: Sequence[int]) -> Partition:
    """The lengths of the cycles of the permutation i ↦ images[i], fixed points too, in decreasing order.

    >>> cycle_type([1, 2, 0, 3])
    (3, 1)
    """
    return tuple(len(cycle) for cycle in cycles_by_length(images))


def cycles_by_length(images: Sequence[int]) -> list[list[int]]:
    """The cycles (i, g(i), g(g(i)), …), the longest first, then by their smallest points."""
    left, found = [True] * len(images), []
    for start in range(len(images)):
        if left[start]:
            cycle, i = [], start
            while left[i]:
                left[i] = False
                cycle.append(i)
                i = images[i]
            found.append(cycle)
    return sorted(found, key=len, reverse=True)


def representative(mu: Partition) -> tuple[int, ...]:
    """The images of (0 1 … μ₁−1)(μ₁ … μ₁+μ₂−1)…, a permutation of cycle type μ.

    >>> representative((3, 2))
    (1, 2, 0, 4, 3)
    """
    images: list[int] = []
    for k in mu:
        start = len(images)
        images += [*range(start + 1, start + k), start]
    return tuple(images)


def centraliser_order(mu: Partition) -> int:
    """z_μ = ∏ k^{m_k} m_k! for m_k cycles of length k, the order of the centraliser in S_n.

    >>> centraliser_order((2, 2, 1))
    8
    """
    return prod(k**m * factorial(m) for k, m in Counter(mu).items())


def class_size(mu: Partition) -> int:
    """n! / z_μ, the number of permutations of cycle type μ.

    >>> class_size((2, 2, 1))
    15
    """
    return factorial(sum(mu)) // centraliser_order(mu)


def sign(mu: Partition) -> int:
    """(−1)^{n − ℓ(μ)}, the sign of the permutations of cycle type μ.

    >>> sign((2, 2, 1)), sign((2, 1))
    (1, -1)
    """
    return -1 if (sum(mu) - len(mu)) % 2 else 1
