"""Elimination modulo a prime: sparse pivots while rows are short, dense ones for what fills in."""
from __future__ import annotations

import numpy as np
from flint import nmod_mat
from scipy.sparse import csr_array

SHORT = 8    # longer rows wait for the dense elimination
SPARE = 32   # more random combinations of rows than unknowns
TERMS = 8    # combinations in which each row takes part

Row = dict[int, int]


def null_rows(matrix: csr_array, p: int, combine: bool = True) -> np.ndarray:
    """A basis of {x : M x = 0} modulo a prime p < 2³¹, as rows.

    Rows that stay dense are replaced by a few random combinations if there are many and `combine` allows it: what is
    found then contains the solutions, and is larger with small probability.

    >>> null_rows(csr_array(np.array([[1, 1, 0], [0, 1, 1]])), 7).tolist()
    [[6, 1, 6]]
    """
    n = matrix.shape[1]
    pivots, dense = _sparse_pivots(matrix, p)
    free = np.array([j for j in range(n) if j not in pivots], np.int64)
    rows = _dense_null_rows(dense, free, n, p, combine)
    for column, terms in reversed(pivots.items()):  # x_column = Σ terms, each free or a later pivot
        for j, v in terms.items():
            rows[:, column] = (rows[:, column] + rows[:, j] * v) % p
    return rows


def echelon(rows: np.ndarray, p: int) -> tuple[tuple[int, ...], np.ndarray]:
    """The pivots and the reduced row echelon form of independent rows modulo p.

    >>> echelon(np.array([[2, 4], [0, 3]]), 7)[1].tolist()
    [[1, 0], [0, 1]]
    """
    count, n = rows.shape
    if not count:
        return (), rows
    reduced, _ = nmod_mat(count, n, rows.ravel().tolist(), p).rref()
    table = np.array([int(x) for x in reduced.entries()], np.int64).reshape(count, n)
    return tuple((table != 0).argmax(1).tolist()), table


def _sparse_pivots(matrix: csr_array, p: int) -> tuple[dict[int, Row], list[Row]]:
    """x_c = Σ v x_j for each pivot c, in an order in which no pivot before it occurs; and the rows that are left."""
    indptr, indices, data = matrix.indptr.tolist(), matrix.indices.tolist(), matrix.data.tolist()
    uses = np.bincount(matrix.indices, minlength=matrix.shape[1]).tolist()
    pivots: dict[int, Row] = {}
    waiting: list[Row] = []
    for r in np.argsort(np.diff(matrix.indptr), kind="stable").tolist():
        span = slice(indptr[r], indptr[r + 1])
        row = dict(zip(indices[span], data[span]))
        _substitute(row, pivots, p)
        if not row:
            continue
        if len(row) > SHORT:
            waiting.append(row)
            continue
        column = min(row, key=lambda j: (uses[j], j))
        inverse = -pow(row.pop(column), -1, p)
        pivots[column] = {j: v * inverse % p for j, v in row.items()}
    for row in waiting:
        _substitute(row, pivots, p)
    return pivots, [row for row in waiting if row]


def _substitute(row: Row, pivots: dict[int, Row], p: int) -> None:
    """Replace the pivots in a row until there are none."""
    found = [c for c in row if c in pivots]
    while found:
        for c in found:
            v = row.pop(c, 0)
            if v:
                for j, w in pivots[c].items():
                    total = (row.get(j, 0) + v * w) % p
                    if total:
                        row[j] = total
                    else:
                        row.pop(j, None)
        found = [c for c in row if c in pivots]


def _dense_null_rows(dense: list[Row], free: np.ndarray, n: int, p: int, combine: bool) -> np.ndarray:
    """The solutions of the dense rows in the free columns, as rows of length n."""
    if not dense:
        rows = np.zeros((len(free), n), np.int64)
        rows[np.arange(len(free)), free] = 1
        return rows
    place = np.full(n, -1)
    place[free] = np.arange(len(free))
    column = np.fromiter((j for row in dense for j in row), np.int64)
    value = np.fromiter((v for row in dense for v in row.values()), np.int64)
    count = np.repeat(np.arange(len(dense)), [len(row) for row in dense])
    matrix = csr_array((value, (count, place[column])), (len(dense), len(free)))
    if combine and len(dense) > len(free) + 2 * SPARE:
        random = np.random.default_rng(p)
        few = len(free) + SPARE
        rows = random.integers(0, few, TERMS * len(dense))
        largest = max(2, 2 ** 62 // (p * int(np.bincount(rows).max())))  # so that sums of products stay exact
        mixing = csr_array((random.integers(1, min(largest, p), len(rows)), (rows, np.repeat(
            np.arange(len(dense)), TERMS))), (few, len(dense)))
        matrix = mixing @ matrix
    table = matrix.toarray() % p
    reduced, rank = nmod_mat(table.shape[0], table.shape[1], table.ravel().tolist(), p).rref()
    lead, r = [], 0
    for j in range(len(free)):  # the pivots of the dense part: row r starts at the first column where it is not 0
        if r < rank and int(reduced[r, j]):
            lead.append(j)
            r += 1
    rest = [j for j in range(len(free)) if j not in set(lead)]
    rows = np.zeros((len(rest), n), np.int64)
    rows[np.arange(len(rest)), free[rest]] = 1
    values = np.array([[-int(reduced[r, j]) for r in range(rank)] for j in rest], np.int64).reshape(len(rest), rank)
    rows[:, free[lead]] = values % p
    return rows
