"""Names of the summands of a Lie algebra of matrices on edges: gl(n), sl(n), so(n), R."""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

Entry = tuple[int, int, int, Any]  # edge, row, column, value
LARGEST = 64  # generators of one summand whose brackets are taken


def named_summands(basis: Sequence[Sequence[Entry]]) -> list[str]:
    """gl(n), sl(n), so(n) or R for each summand, and its dimension for others: elements that mix the same channels are
    of one.

    An element that moves each channel by itself belongs to the summand that mixes those channels, or is a scale R.

    >>> e, f = [(0, 0, 1, 1), (0, 1, 0, -1)], [(0, 0, 0, 1), (0, 1, 1, 1)]
    >>> named_summands([e, f]), named_summands([e, [(1, 0, 0, 1)]])
    (['R', 'R'], ['so(2)', 'R'])
    """
    parent = list(range(len(basis)))

    def root(k: int) -> int:
        while parent[k] != k:
            parent[k] = parent[parent[k]]  # paths stay short
            k = parent[k]
        return k

    owner: dict[tuple[int, int], int] = {}
    mixing = [any(i != j for _, i, j, _ in entries) for entries in basis]
    for k, entries in enumerate(basis):
        for channel in {(e, c) for e, i, j, _ in entries if i != j for c in (i, j)}:
            parent[root(owner.setdefault(channel, k))] = root(k)
    groups: dict[int, list[int]] = {}
    scales = 0
    for k in filter(mixing.__getitem__, range(len(basis))):
        groups.setdefault(root(k), []).append(k)
    for k in (k for k in range(len(basis)) if not mixing[k]):
        channels = {(e, i) for e, i, _, _ in basis[k]}
        owners = {root(owner[c]) for c in channels if c in owner}
        if len(owners) == 1 and all(c in owner for c in channels):
            groups[owners.pop()].append(k)
        else:
            scales += 1
    return [name for group in groups.values() for name in _names([basis[k] for k in group])] + ["R"] * scales


def _names(basis: list[Sequence[Entry]]) -> list[str]:
    """The names of the parts of one summand: its centre, and what is left where that is simple."""
    k = len(basis)
    edges: dict[int, list[int]] = {}
    for entries in basis:
        for e, i, j, _ in entries:
            edges.setdefault(e, []).extend((i, j))
    channels = {e: {c: p for p, c in enumerate(sorted({*found}))} for e, found in edges.items()}
    most = max(map(len, channels.values()))
    mixes_only = all(i != j for entries in basis for _, i, j, _ in entries)
    if k == most ** 2:
        return [f"gl({most})"]
    if mixes_only and 2 * k == most * (most - 1):
        return [f"so({most})"]
    if k > LARGEST:
        return [f"[dim {k}]"]
    blocks = {e: np.zeros((k, len(places), len(places))) for e, places in channels.items()}
    for g, entries in enumerate(basis):
        for e, i, j, value in entries:
            blocks[e][g, channels[e][i], channels[e][j]] = float(value)
    vectors = np.concatenate([b.reshape(k, -1) for b in blocks.values()], 1)
    brackets = np.concatenate([(np.einsum("aij,bjk->abik", b, b) - np.einsum("bij,ajk->abik", b, b)).reshape(k * k, -1)
                               for b in blocks.values()], 1)
    structure = np.linalg.lstsq(vectors.T, brackets.T, rcond=None)[0]
    if np.abs(vectors.T @ structure - brackets.T).max() > 1e-8 * max(1, np.abs(brackets).max()):
        return [f"[dim {k}]"]
    return _by_killing_form(structure.T.reshape(k, k, k))


def _by_killing_form(structure: np.ndarray) -> list[str]:
    """The names by the dimensions of the centre and of the derived algebra, and the signature of its Killing form."""
    k = len(structure)
    derived = int(np.linalg.matrix_rank(structure.reshape(k * k, k), tol=1e-8))
    centre = k - int(np.linalg.matrix_rank(structure.reshape(k, k * k), tol=1e-8))
    values = np.linalg.eigvalsh(np.einsum("aij,bji->ab", structure, structure))
    plus, minus = int((values > 1e-8).sum()), int((values < -1e-8).sum())
    if centre + derived == k and plus + minus == derived:  # reductive
        n = plus - minus + 1
        if plus and n * n - 1 == derived:
            return [f"gl({n})", *["R"] * (centre - 1)] if centre else [f"sl({n})"]
        n = round((1 + (1 + 8 * minus) ** 0.5) / 2)
        if not plus and n * (n - 1) == 2 * derived and n != 4:
            return [*([f"so({n})"] if derived else []), *["R"] * centre]
        if derived == 6 and not plus:
            return ["so(4)", *["R"] * centre]
    return [f"[dim {k}]"]
