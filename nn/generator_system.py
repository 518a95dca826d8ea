"""Equations between the generators on the edges of a network, solved exactly."""
from __future__ import annotations

from bisect import bisect
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

import reptheory as rt

from .summand_names import named_summands

MOST_FLOATS = 3000


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
        self._rows: list[dict[int, Any]] = []
        self._vectors: list[dict[int, Any]] = []
        self.error: float | None = None  # that of equations in floats; None where all are rational

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
            self.join(self.at(e), self.at(f))

    def scalars(self, pairs: Sequence[tuple[tuple[np.ndarray | None, int], ...]], count: int = 1) -> None:
        """±X = ±Y + diag(c₁, …, c₁, c₂, …) for all pairs of squares of unknowns with their signs, None where they
        vanish, with this many numbers c, each on a block of one size."""
        c = self._diagonal(count)
        for (x, s), (y, t) in pairs:
            squares = [(a, sign) for a, sign in ((x, s), (y, -t)) if a is not None]
            if not squares:
                self.vanish(c)
                continue
            n = len(squares[0][0])
            first, *more = (a[~np.eye(n, dtype=bool)] for a, _ in squares)
            if more:
                self.join(first, more[0], s * t)
            else:
                self.vanish(first)
            for i in range(n):
                row = {int(c[i * count // n]): -1}
                for a, sign in squares:
                    row[int(a[i, i])] = row.get(int(a[i, i]), 0) + sign
                self.row(row)

    def normalised(self, e: int, f: int | None, mean: bool, scale: bool) -> None:
        """X = R + 1aᵀ + s and Y = R + b1ᵀ for layer normalisation: R = −Rᵀ with R1 = 0, any a, b and s; without a and
        b and R1 = 0 where no `mean` is taken off, without s where there is no `scale`. Where f is None, Y = R = 0."""
        n, x = self.sizes[e], self.at(e)
        none = np.full((n, n), -1)
        r, a, b, y = none, none[0], none[0], none
        if f is not None:
            turn = self.edge(n)
            self.skew(turn)
            r, y = self.at(turn), self.at(f)
        if mean:
            a, b = self._diagonal(n), none[0] if f is None else self._diagonal(n)
            for row in r if f is not None else ():
                self.row({int(k): 1 for k in row})
        s = int(self._diagonal(1)[0]) if scale else -1
        for i, j in np.ndindex(n, n):
            for z, others in ((x[i, j], (r[i, j], a[j], s if i == j else -1)), (y[i, j], (r[i, j], b[i]))):
                if z >= 0:
                    self.row({int(z): -1, **{int(k): 1 for k in others if k >= 0}})

    def _diagonal(self, n: int) -> np.ndarray:
        """The unknowns of a new diagonal matrix."""
        e = self.edge(n)
        self.block_diagonal(e, n)
        return self.at(e).diagonal()

    def skew(self, e: int) -> None:
        """X = −Xᵀ."""
        self.join(self.at(e), self.at(e).T, -1)

    def block_diagonal(self, e: int, count: int) -> None:
        """X has this many diagonal blocks of one size."""
        block = np.arange(self.sizes[e]) // (self.sizes[e] // count)
        self._zeros.append(self.at(e)[block[:, None] != block])

    def product(self, e: int, f: int, g: int, power: int = 1) -> None:
        """Z = X + power · Y, diagonal, for products and quotients of channels; a factor of one channel is a scalar."""
        n = self.sizes[g]
        if n > 1 and 1 in (self.sizes[e], self.sizes[f]):
            wide, one, sign = (e, f, power) if self.sizes[f] == 1 else (f, e, 1)
            if wide == f and power < 0:  # 1/y for each channel of y
                self.block_diagonal(f, n)
            c = int(self.at(one)[0, 0])
            x, z, factor = self.at(wide), self.at(g), power if wide == f else 1
            off = ~np.eye(n, dtype=bool)
            self.join(z[off], x[off])
            for i in range(n):
                self.row({int(z[i, i]): -1, int(x[i, i]): factor, c: sign})
            return
        for edge in (e, f, g):
            self.block_diagonal(edge, self.sizes[edge])
        x, y, z = (self.at(edge).diagonal() for edge in (e, f, g))
        for i in range(n):
            row = {int(z[i]): -1}
            for k, c in ((int(x[i]), 1), (int(y[i]), power)):
                row[k] = row.get(k, 0) + c
            self.row(row)

    def annihilate(self, e: int, vectors: np.ndarray) -> None:
        """X c = 0 for vectors of floats, as they are."""
        if np.linalg.matrix_rank(vectors) == self.sizes[e]:
            return self.zero(e)
        for vector in vectors:
            for row in self.at(e):
                self.row({int(k): Fraction(float(c)) for k, c in zip(row, vector)})

    def rescaled(self, e: int, f: int, vectors: np.ndarray, power: int = 1) -> None:
        """Y diag(c) = diag(c) X for vectors c of floats, as they are, or for 1/c where the power is −1."""
        for (i, j), x in np.ndenumerate(self.at(e)):
            y = int(self.at(f)[i, j])
            pairs = [tuple(Fraction(float(a)) ** power for a in pair) for pair in vectors[:, [i, j]] if pair.any()]
            if any(a * pairs[0][1] != b * pairs[0][0] for a, b in pairs):
                self.vanish(np.array([x, y]))
            elif pairs:
                self.row({y: pairs[0][1], int(x): -pairs[0][0]})

    def vanish(self, a: np.ndarray) -> None:
        """x = 0 for unknowns by their numbers."""
        self._zeros.append(a.ravel())

    def row(self, row: Mapping[int, Any]) -> None:
        """Σ c x = 0 for unknowns by their numbers; c are integers, Fractions or floats."""
        row = {place: c for place, c in row.items() if c}
        if len(row) == 1:
            self._zeros.append(np.array([*row]))
        elif len(row) == 2 and len({abs(c) for c in row.values()}) == 1:
            (a, c), (b, d) = row.items()
            self.join(np.array([a]), np.array([b]), -1 if c == d else 1)
        elif row:
            self._rows.append(row)

    def span(self, places: np.ndarray, basis: np.ndarray) -> None:
        """The unknowns of these numbers are a combination of the rows of `basis`, which is in echelon form."""
        pivots = [int(np.flatnonzero(row)[0]) for row in basis]
        for column in sorted(set(range(len(places))) - set(pivots)):
            row: dict[int, Any] = {int(places[column]): -1}
            for k in np.flatnonzero(basis[:, column]):
                key = int(places[pivots[k]])
                row[key] = row.get(key, 0) + basis[k, column]
            self.row(row)

    def symmetric_part(self, edges: Iterable[int]) -> GeneratorSystem:
        """The solutions with X = Xᵀ on these edges."""
        other = GeneratorSystem()
        other.sizes, other.starts, other.size = self.sizes, self.starts, self.size
        other._joined, other._zeros, other._rows = [*self._joined], [*self._zeros], self._rows
        for e in edges:
            other.join(self.at(e), self.at(e).T)
        other.solve()
        return other

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
        """The summands; see `named_summands`."""
        return named_summands([list(self._entries(k)) for k in range(self.dim)])

    def _entries(self, k: int) -> Iterator[tuple[int, int, int, Fraction]]:
        """The edges, rows, columns and values of what is not zero in a solution."""
        for c, value in self._vectors[k].items():
            for place in self._members[c].tolist():
                e = bisect(self.starts, place) - 1
                yield (e, *divmod(place - self.starts[e], self.sizes[e]), value * int(self._sign[place]))

    def join(self, x: np.ndarray, y: np.ndarray, sign: int = 1) -> None:
        self._joined.append((x.ravel(), y.ravel(), sign))

    def _null(self, count: int) -> Iterator[dict[int, Any]]:
        """A basis of the classes that satisfy the rows, by elimination."""
        pivots: dict[int, dict[int, Fraction]] = {}
        rows = [row for row in map(self._of_classes, self._rows) if row]
        if any(isinstance(c, float) for row in rows for c in row.values()):
            yield from self._null_of_floats(count, rows)
            return
        for given in rows:
            row = _reduced(given, pivots)
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


    def _of_classes(self, given: Mapping[int, Any]) -> dict[int, Any]:
        """A row with its unknowns replaced by their classes."""
        row: dict[int, Any] = {}
        for place, c in given.items():
            if self._class[place] >= 0:
                key = int(self._class[place])
                row[key] = row.get(key, Fraction(0)) + c * int(self._sign[place])
        return {k: v for k, v in row.items() if v}

    def _null_of_floats(self, count: int, rows: list[dict[int, Any]]) -> Iterator[dict[int, Any]]:
        """The same by singular values, with the largest defect of a row of length one in `error`."""
        columns = sorted({k for row in rows for k in row})
        if len(columns) > MOST_FLOATS:
            raise rt.TooLarge(f"{len(columns)} unknowns are coupled by equations in floats, above {MOST_FLOATS} whose "
                              "singular values are taken. Ask about fewer blocks.")
        place = {k: i for i, k in enumerate(columns)}
        table = np.zeros((max(len(rows), len(columns)), len(columns)))
        for i, row in enumerate(rows):
            for k, c in row.items():
                table[i, place[k]] = float(c)
            table[i] /= np.linalg.norm(table[i])
        values, vectors = np.linalg.svd(table, full_matrices=False)[1:]
        null = vectors[values <= 1e-9 * values[0]]
        self.error = float(np.abs(table @ null.T).max(initial=0.))
        for vector in null:
            yield {k: float(vector[i]) for k, i in place.items() if abs(vector[i]) > 1e-14}
        for k in sorted(set(range(count)) - set(columns)):
            yield {k: Fraction(1)}


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
