"""Spans: exact subspaces of a coordinate space by sparse independent rows, and the components into which two split."""
from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from .angle import Units
from .field import Number
from .kernel import _plain
from .linalg import rref
from .matrix import Matrix


@dataclass(frozen=True, eq=False)
class Span:
    """The subspace of K^size spanned by `count` independent rows, entry `value[n]` at (row[n], column[n]), others 0.

    >>> Span.labelled(np.array([0, 1, 0, -1])).count
    2
    """

    size: int
    count: int
    row: np.ndarray
    column: np.ndarray
    value: np.ndarray  # int64, or objects: ints, Fractions and Numbers

    @staticmethod
    def coordinates(chosen: np.ndarray, size: int) -> Span:
        """The span of the unit vectors with these numbers."""
        return Span(size, len(chosen), np.arange(len(chosen)), np.asarray(chosen), np.ones(len(chosen), np.int64))

    @staticmethod
    def labelled(labels: np.ndarray, signs: np.ndarray | None = None) -> Span:
        """The vectors constant, up to the signs, where labels are equal, and 0 where they are negative."""
        alive = np.flatnonzero(labels >= 0)
        names, row = np.unique(labels[alive], return_inverse=True)
        value = np.ones(len(alive), np.int64) if signs is None else signs[alive].astype(np.int64)
        return Span(len(labels), len(names), row, alive, value)

    @staticmethod
    def of(rows: Sequence[Sequence[tuple[int, Any]]], size: int) -> Span:
        """The independent rows given as pairs (column, exact value)."""
        entries = [(r, c, _plain(v) if isinstance(v, Number) else v) for r, row in enumerate(rows) for c, v in row]
        return Span(size, len(rows), np.array([e[0] for e in entries], np.int64),
                    np.array([e[1] for e in entries], np.int64), _values([e[2] for e in entries]))

    @staticmethod
    def spanned(matrix: Matrix) -> Span:
        """The span of the rows of a matrix, which may depend on one another."""
        reduced, pivots = rref(matrix)
        return Span.placed([(np.arange(matrix.shape[1]), reduced.submatrix(range(len(pivots)), range(matrix.shape[1])))]
                           , matrix.shape[1])

    @staticmethod
    def placed(blocks: Sequence[tuple[np.ndarray, Matrix]], size: int) -> Span:
        """The rows of each matrix, on the columns that stand with it."""
        rows = [[(int(columns[k]), v) for k, v in enumerate(row) if not v.is_zero]
                for columns, table in blocks for row in table.rows()]
        return Span.of(rows, size)

    @cached_property
    def is_coordinate(self) -> bool:
        """Whether it is a span of unit vectors."""
        return len(self.row) == self.count

    def matrix(self) -> Matrix:
        """The dense matrix of the rows."""
        return dense(self.count, self.size, self.row, self.column, self.value)

    def moved(self, places: np.ndarray, size: int) -> Span:
        """The same rows where column c is column places[c] of a larger space."""
        return Span(size, self.count, self.row, places[self.column], self.value)

    @staticmethod
    def union(spans: Sequence[Span], size: int) -> Span:
        """The rows of all, which are independent together."""
        starts = np.cumsum([0, *(s.count for s in spans)])
        if not spans:
            return Span.coordinates(np.zeros(0, np.int64), size)
        value = [s.value for s in spans]
        if len({v.dtype for v in value}) > 1:
            value = [v.astype(object) for v in value]
        return Span(size, int(starts[-1]), np.concatenate([s.row + k for s, k in zip(spans, starts)]),
                    np.concatenate([s.column for s in spans]), np.concatenate(value))


@dataclass(frozen=True, eq=False)
class Component:
    """The part of some spans on columns that no row of them joins to others: a dense table for each."""

    columns: np.ndarray
    tables: tuple[tuple[int, np.ndarray, np.ndarray, np.ndarray], ...]

    @cached_property
    def key(self) -> tuple:
        """Equal for components with equal tables."""
        return len(self.columns), *((n, r.tobytes(), c.tobytes(), v.tobytes() if v.dtype != object else tuple(v))
                                    for n, r, c, v in self.tables)

    def units(self, k: int) -> Units:
        """The rows of span k, which are unit vectors."""
        return Units(self.tables[k][2].tolist(), len(self.columns))

    def matrix(self, k: int) -> Matrix:
        """The dense rows of span k on the columns."""
        count, row, column, value = self.tables[k]
        return dense(count, len(self.columns), row, column, value)


def components(spans: Sequence[Span], edges: Sequence[tuple[np.ndarray, np.ndarray]] = ()) -> Iterator[Component]:
    """The components of the graph of columns and rows, with more edges between columns, in order of first column.

    Every span is the orthogonal sum of its parts on them, for a diagonal metric.
    """
    size = spans[0].size
    starts = size + np.cumsum([0, *(s.count for s in spans)])
    one = np.concatenate([*(s.column for s in spans), *(e[0] for e in edges)])
    other = np.concatenate([*(s.row + k for s, k in zip(spans, starts)), *(e[1] for e in edges)])
    graph = coo_array((np.ones(len(one), np.int8), (one, other)), shape=(starts[-1], starts[-1]))
    _, label = connected_components(graph, directed=False)
    used = np.zeros(size, bool)
    for s in spans:
        used[s.column] = True
    if edges:
        touched = np.zeros(len(label), bool)
        touched[label[:size][used]] = True
        used = touched[label[:size]]
    columns = np.flatnonzero(used)
    names, first, number = np.unique(label[columns], return_index=True, return_inverse=True)
    rank = np.empty(len(names), np.int64)
    rank[np.argsort(first)] = np.arange(len(names))
    comp = np.full(size, -1)
    comp[columns] = rank[number]
    place, members = _positions(comp[columns], len(names), columns)
    position = np.empty(size, np.int64)
    position[columns] = place
    cuts = [_split(s, comp, position, len(names)) for s in spans]
    for k in range(len(names)):
        yield Component(members[k], tuple(cut[k] for cut in cuts))


def dense(count: int, size: int, row: np.ndarray, column: np.ndarray, value: np.ndarray) -> Matrix:
    """The exact matrix with these entries."""
    table = np.zeros((count, size), value.dtype)
    table[row, column] = value
    return Matrix.from_integers(table) if value.dtype != object else Matrix.of(table.tolist())


def _values(values: list[Any]) -> np.ndarray:
    if all(isinstance(v, int) and abs(v) < 2 ** 40 for v in values):
        return np.array(values, np.int64)
    out = np.empty(len(values), object)
    out[:] = values
    return out


def _positions(number: np.ndarray, count: int, columns: np.ndarray) -> tuple[np.ndarray, list[np.ndarray]]:
    """The position of each column in its component, and the columns of each."""
    order = np.argsort(number, kind="stable")
    starts = np.searchsorted(number[order], np.arange(count + 1))
    place = np.empty(len(number), np.int64)
    place[order] = np.arange(len(number)) - starts[number[order]]
    return place, [columns[order[a:b]] for a, b in pairwise(starts)]


def _split(span: Span, comp: np.ndarray, position: np.ndarray, count: int):
    """For each component the rows of a span in it: their number, and local (row, column, value)."""
    where = comp[span.column]
    owner = np.empty(span.count, np.int64)
    owner[span.row] = where
    local, _ = _positions(owner, count, np.arange(span.count))
    rows = np.bincount(owner, minlength=count)
    order = np.lexsort((position[span.column], local[span.row], where))
    starts = np.searchsorted(where[order], np.arange(count + 1))
    row, column, value = local[span.row][order], position[span.column][order], span.value[order]
    return [(int(rows[k]), row[a:b], column[a:b], value[a:b]) for k, (a, b) in enumerate(pairwise(starts))]
