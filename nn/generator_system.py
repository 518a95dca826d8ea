"""Equations between the generators on the edges of a network, solved exactly."""
from __future__ import annotations

from bisect import bisect
from collections.abc import Iterator
from fractions import Fraction

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components


class GeneratorSystem:
    """Unknown matrices X_e, entries that vanish or agree up to sign, and a few rows Σ c x = 0, over Q.

    Agreement and vanishing are components of the signed double cover of the unknowns: those joined to their negatives
    are zero. What is left is eliminated with fractions.

    >>> s = GeneratorSystem(); a, b = s.edge(3), s.edge(3); s.equal(a, b); s.skew(b); s.solve(); s.dim, s.names()
    (3, ['so(3)'])
    """

    def __init__(self) -> None:
        self.sizes: list[int] = []
        self.starts: list[int] = []
        self.size = 0
        self._joined: list[tuple[np.ndarray, np.ndarray, int]] = []
        self._zeros: list[np.ndarray] = []
        self._rows: list[dict[int, int]] = []
        self._vectors: list[dict[int, Fraction]] = []

    def edge(self, n: int) -> int:
        """A new unknown n×n matrix."""
        self.sizes.append(n)
        self.starts.append(self.size)
        self.size += n * n
        return len(self.sizes) - 1

    def at(self, e: int) -> np.ndarray:
        """The numbers of the unknowns of an edge, (n, n)."""
        n = self.sizes[e]
        return self.starts[e] + np.arange(n * n).reshape(n, n)

    def zero(self, e: int) -> None:
        """X = 0."""
        self._zeros.append(self.at(e).ravel())

    def equal(self, e: int, f: int) -> None:
        """X = Y; vanishing where a single channel is broadcast over many."""
        if self.sizes[e] != self.sizes[f]:
            self.zero(e)
            self.zero(f)
        else:
            self._join(self.at(e), self.at(f))

    def skew(self, e: int) -> None:
        """X = −Xᵀ."""
        self._join(self.at(e), self.at(e).T, -1)

    def block_diagonal(self, e: int, count: int) -> None:
        """X has this many diagonal blocks of one size."""
        block = np.arange(self.sizes[e]) // (self.sizes[e] // count)
        self._zeros.append(self.at(e)[block[:, None] != block])

    def equal_up_to_scalar(self, e: int, f: int) -> None:
        """X = Y + c for a number c."""
        x, y, n = self.at(e), self.at(f), self.sizes[e]
        off = ~np.eye(n, dtype=bool)
        self._join(x[off], y[off])
        c = int(self.at(self.edge(1))[0, 0])
        self._rows += [{int(x[i, i]): 1, int(y[i, i]): -1, c: -1} for i in range(n)]

    def product(self, e: int, f: int, g: int) -> None:
        """Diagonal X + Y = Z, for a product of channels; a factor of one channel is a scalar."""
        n = self.sizes[g]
        for edge in (e, f, g):
            self.block_diagonal(edge, self.sizes[edge])
        x, y, z = (np.broadcast_to(self.at(edge).diagonal(), n) for edge in (e, f, g))
        for i in range(n):
            row = {int(z[i]): -1}
            for k in (int(x[i]), int(y[i])):
                row[k] = row.get(k, 0) + 1
            self._rows.append(row)

    def restrict(self, e: int, f: int, start: int) -> None:
        """Y S = S X for the channels of S that begin at `start`."""
        stop = start + self.sizes[f]
        rows = self.at(e)[start:stop]
        self._join(rows[:, start:stop], self.at(f))
        self._zeros += [rows[:, :start].ravel(), rows[:, stop:].ravel()]

    def embed(self, e: int, f: int, start: int) -> None:
        """Y S = S X for the inclusion S of channels from `start` on."""
        stop = start + self.sizes[e]
        columns = self.at(f)[:, start:stop]
        self._join(columns[start:stop], self.at(e))
        self._zeros += [columns[:start].ravel(), columns[stop:].ravel()]

    def inflate(self, e: int, f: int) -> None:
        """Y = X ⊗ 1, for channels written out with their positions."""
        n = self.sizes[e]
        m = self.sizes[f] // n
        y = self.at(f).reshape(n, m, n, m)
        for i in range(m):
            for j in range(m):
                if i == j:
                    self._join(self.at(e), y[:, i, :, j])
                else:
                    self._zeros.append(y[:, i, :, j].ravel())

    def solve(self) -> None:
        """Find a basis of the solutions."""
        a = np.concatenate([np.zeros(0, int), *(x for x, _, _ in self._joined)])
        b = np.concatenate([np.zeros(0, int), *(y for _, y, _ in self._joined)])
        signs = np.concatenate([np.zeros(0, int), *(np.full(len(x), s) for x, _, s in self._joined)])
        gone, n = np.concatenate([np.zeros(0, int), *self._zeros]), self.size
        other = np.where(signs > 0, b, b + n)
        left = np.concatenate([a, a + n, gone])
        right = np.concatenate([other, (other + n) % (2 * n), gone + n])
        graph = coo_array((np.ones(len(left), np.int8), (left, right)), (2 * n, 2 * n))
        label = connected_components(graph, directed=False)[1]
        plus, minus = label[:n], label[n:]
        free = plus != minus
        classes, first, place = np.unique(np.minimum(plus, minus)[free], return_index=True, return_inverse=True)
        positive = plus[free][first][place] == plus[free]
        self._class = np.full(n, -1)
        self._class[free] = place
        self._sign = np.zeros(n, int)
        self._sign[free] = np.where(positive, 1, -1)
        order = np.argsort(place, kind="stable")
        self._members = np.split(np.flatnonzero(free)[order], np.searchsorted(place[order], np.arange(1, len(classes))))
        self._vectors = list(self._null(len(classes)))

    @property
    def dim(self) -> int:
        """The dimension of the solutions."""
        return len(self._vectors)

    def matrices(self, k: int) -> dict[int, np.ndarray]:
        """The k-th solution: its matrices X_e ≠ 0 of Fractions."""
        found: dict[int, np.ndarray] = {}
        for e, i, j, value in self._entries(k):
            if e not in found:
                found[e] = np.full((self.sizes[e],) * 2, Fraction(0), object)
            found[e][i, j] = value
        return found

    def names(self) -> list[str]:
        """gl(n), so(n) or R for each summand: solutions that mix the same channels are one."""
        owner: dict[tuple[int, int], int] = {}
        parent = list(range(self.dim))

        def root(k: int) -> int:
            while parent[k] != k:
                k = parent[k]
            return k

        spread: list[set[tuple[int, int]]] = [set() for _ in parent]
        diagonal = [False] * self.dim
        for k in range(self.dim):
            for e, i, j, _ in self._entries(k):
                diagonal[k] |= i == j
                if i != j:
                    spread[k] |= {(e, i), (e, j)}
            for channel in spread[k]:
                parent[root(owner.setdefault(channel, k))] = root(k)
        mixed: dict[int, list[int]] = {}
        lonely = []
        for k in range(self.dim):
            if spread[k]:
                mixed.setdefault(root(k), []).append(k)
            else:
                lonely.append(k)
        for k in lonely:  # a diagonal generator belongs to a summand whose channels it moves one by one
            touched = {(e, i) for e, i, _, _ in self._entries(k)}
            owners = {root(owner[c]) for c in touched if c in owner}
            if len(owners) == 1 and len(touched) <= len({e for e, _ in touched}):
                mixed[owners.pop()].append(k)
            else:
                mixed[-1 - k] = [k]
        return [self._name(group, spread, diagonal) for group in mixed.values()]

    def _name(self, group: list[int], spread: list[set[tuple[int, int]]], diagonal: list[bool]) -> str:
        channels = set().union(*(spread[k] for k in group))
        if not channels:
            return "R"
        n = max(sum(e == f for f, _ in channels) for e in {e for e, _ in channels})
        if len(group) == n * n:
            return f"gl({n})"
        if len(group) == n * (n - 1) // 2 and not any(diagonal[k] for k in group):
            return f"so({n})"
        return f"[dim {len(group)}]"

    def _entries(self, k: int) -> Iterator[tuple[int, int, int, Fraction]]:
        """The edges, rows, columns and values of what is not zero in a solution."""
        for c, value in self._vectors[k].items():
            for place in self._members[c].tolist():
                e = bisect(self.starts, place) - 1
                yield (e, *divmod(place - self.starts[e], self.sizes[e]), value * int(self._sign[place]))

    def _join(self, x: np.ndarray, y: np.ndarray, sign: int = 1) -> None:
        self._joined.append((x.ravel(), y.ravel(), sign))

    def _null(self, count: int) -> Iterator[dict[int, Fraction]]:
        """A basis of the classes that satisfy the rows, by elimination."""
        pivots: dict[int, dict[int, Fraction]] = {}
        for given in self._rows:
            row: dict[int, Fraction] = {}
            for place, c in given.items():
                if self._class[place] >= 0:
                    key = int(self._class[place])
                    row[key] = row.get(key, Fraction(0)) + c * int(self._sign[place])
            row = _reduced({k: v for k, v in row.items() if v}, pivots)
            if row:
                column = max(row)
                inverse = -1 / row.pop(column)
                pivots[column] = {k: v * inverse for k, v in row.items()}
        columns = {c: _reduced({c: Fraction(1)}, pivots) for c in pivots}
        dependent: dict[int, list[tuple[int, Fraction]]] = {}
        for c, row in columns.items():
            for k, v in row.items():
                dependent.setdefault(k, []).append((c, v))
        for k in range(count):
            if k not in pivots:
                yield {k: Fraction(1), **dict(dependent.get(k, []))}


def _reduced(row: dict[int, Fraction], pivots: dict[int, dict[int, Fraction]]) -> dict[int, Fraction]:
    """The row with pivots replaced until there are none."""
    while found := [c for c in row if c in pivots]:
        for c in found:
            factor = row.pop(c)
            for k, v in pivots[c].items():
                total = row.get(k, Fraction(0)) + factor * v
                if total:
                    row[k] = total
                else:
                    row.pop(k, None)
    return row
