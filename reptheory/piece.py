"""Pieces of a basis: all equivariant κ: X → Hom(A, B) for one pair of summands, orbit by orbit."""
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from flint import fmpq, fmpq_mat

from .field import Number, Q
from .linalg import scaled
from .matrix import Matrix, float_table
from .rep import Rep


@dataclass(frozen=True)
class Orbit:
    """An orbit of X under the group: its smallest point, its points in increasing order."""

    representative: int
    members: tuple[int, ...]

    @property
    def size(self) -> int:
        """The number of points."""
        return len(self.members)


class Piece:
    """A basis of {κ: X → Hom(A, B), κ(gx) = ρ_B(g) κ(x) ρ_A(g)⁻¹}, orthogonal, each element on one orbit of X.

    An unknown is numbered (x·dim B + i)·dim A + j. Norms are those of lowered coordinates:
    ‖κ‖² = Σ_x Σ_ij |κ(x)_ij|² D_B,i / D_A,j.
    """

    source: Rep
    target: Rep
    points: int
    orbits: tuple[Orbit, ...]

    @property
    def dim(self) -> int:
        """The number of basis elements."""
        raise NotImplementedError  # abstract: SignedPiece and DensePiece define it

    @property
    def stalk(self) -> int:
        """dim B · dim A, the number of unknowns at one point."""
        return self.source.dim * self.target.dim

    @cached_property
    def weights(self) -> tuple[Number, ...] | None:
        """D_B,i / D_A,j for each unknown (i, j) at a point; None where all are 1."""
        target, source = self.target.gram, self.source.gram
        ratios = {(b, a): b / a for b in set(target) for a in set(source)}
        return None if all(w == 1 for w in ratios.values()) else tuple(ratios[b, a] for b in target for a in source)

    @cached_property
    def norms(self) -> tuple[Number, ...]:
        """The squared norm ‖κ_d‖² of each basis element, exactly."""
        raise NotImplementedError  # abstract: SignedPiece and DensePiece define it

    def support(self, d: int) -> Iterator[tuple[int, Number]]:
        """The nonzero unknowns of basis element d, with their exact values."""
        raise NotImplementedError  # abstract: SignedPiece and DensePiece define it

    def dims(self) -> tuple[int, ...]:
        """The dimension on each orbit of X."""
        raise NotImplementedError  # abstract: SignedPiece and DensePiece define it

    def scale(self, dtype="float64") -> np.ndarray:
        """1/‖κ_d‖ for each basis element, within 1 ulp."""
        return float_table([Q(1)] * self.dim, [1 / n for n in self.norms], dtype)

    def frame(self, dtype="float64") -> np.ndarray:
        """√(D_B,i / D_A,j) for each unknown at a point: the change to orthonormal coordinates."""
        weights = self.weights or (Q(1),) * self.stalk
        return float_table([Q(1)] * self.stalk, list(weights), dtype)

    def table(self, normalise: bool = True, dtype="float64") -> np.ndarray:
        """The dense floats (points · dim B · dim A, dim): column d is κ_d, of norm 1 in orthonormal coordinates
        when `normalise`, otherwise in the bases of A and B as they are."""
        stalk = self.stalk
        weights = self.weights or (Q(1),) * stalk
        where, values, radicands = [], [], []
        for d in range(self.dim):
            for unknown, value in self.support(d):
                where.append((unknown, d))
                values.append(value)
                radicands.append(weights[unknown % stalk] / self.norms[d] if normalise else Q(1))
        entries = float_table(values, radicands, dtype)
        dense = np.zeros((self.points * self.stalk, self.dim), entries.dtype)
        if where:
            dense[tuple(np.array(where).T)] = entries
        return dense


@dataclass(frozen=True, eq=False)
class SignedPiece(Piece):
    """A basis with entries 0 and ±1 and disjoint supports: unknown n is signs[n] times coordinate labels[n].

    labels[n] = −1 where every equivariant map vanishes. Elements are ordered by first unknown, where the sign is +.
    """

    source: Rep
    target: Rep
    points: int
    orbits: tuple[Orbit, ...]
    labels: np.ndarray
    signs: np.ndarray

    @cached_property
    def dim(self) -> int:
        """The number of surviving orbits of unknowns."""
        return int(self.labels.max(initial=-1)) + 1

    @cached_property
    def norms(self) -> tuple[Number, ...]:
        """The size of each orbit of unknowns, weighted by the metrics."""
        alive = self.labels >= 0
        if self.weights is None:
            return tuple(Q(int(c)) for c in np.bincount(self.labels[alive], minlength=self.dim))
        totals = [Q(0)] * self.dim
        for k, weight in enumerate(self.weights):
            column = self.labels[k::self.stalk]
            counts = np.bincount(column[column >= 0], minlength=self.dim)
            totals = [t + int(c) * weight if c else t for t, c in zip(totals, counts)]
        return tuple(totals)

    def support(self, d: int) -> Iterator[tuple[int, Number]]:
        """The unknowns with label d and their signs."""
        for n in np.flatnonzero(self.labels == d):
            yield int(n), Q(int(self.signs[n]))

    def table(self, normalise: bool = True, dtype="float64") -> np.ndarray:
        """The dense floats, filled by labels."""
        alive = np.flatnonzero(self.labels >= 0)
        values = self.signs[alive].astype(dtype)
        if normalise and self.weights is None:
            values *= self.scale(dtype)[self.labels[alive]]
        elif normalise:
            return super().table(normalise, dtype)
        dense = np.zeros((len(self.labels), self.dim), dtype)
        dense[alive, self.labels[alive]] = values
        return dense

    @cached_property
    def firsts(self) -> np.ndarray:
        """The first unknown of each basis element."""
        alive = np.flatnonzero(self.labels >= 0)
        found = np.empty(self.dim, np.int64)
        found[self.labels[alive[::-1]]] = alive[::-1]  # of equal labels the last one assigned stays
        return found

    def dims(self) -> tuple[int, ...]:
        """The surviving orbits of unknowns over each orbit of X."""
        owner = np.empty(self.points, np.int64)
        for n, orbit in enumerate(self.orbits):
            owner[list(orbit.members)] = n
        return tuple(np.bincount(owner[self.firsts // self.stalk], minlength=len(self.orbits)).tolist())


@dataclass(frozen=True, eq=False)
class DensePiece(Piece):
    """A basis by exact linear algebra: for each orbit a matrix whose rows are basis elements.

    Columns run over the points of the orbit in increasing order, then (i, j). Rows are orthogonal; at the orbit's first
    point they are coprime integers with a positive leading entry over Q, and lead with 1 over a larger field.
    """

    source: Rep
    target: Rep
    points: int
    orbits: tuple[Orbit, ...]
    tables: tuple[Matrix, ...]

    @cached_property
    def dim(self) -> int:
        """The sum of the dimensions on the orbits."""
        return sum(t.shape[0] for t in self.tables)

    @cached_property
    def norms(self) -> tuple[Number, ...]:
        """The diagonal of T W Tᴴ on each orbit."""
        found: list[Number] = []
        for orbit, table in zip(self.orbits, self.tables):
            gram = (scaled(table, self.weights * orbit.size) if self.weights else table) @ table.H
            found += [gram[d, d] for d in range(table.shape[0])]
        return tuple(found)

    @cached_property
    def _rows(self) -> list[tuple[Orbit, tuple[Number, ...]]]:
        return [(orbit, row) for orbit, table in zip(self.orbits, self.tables) for row in table.rows()]

    def support(self, d: int) -> Iterator[tuple[int, Number]]:
        """The nonzero entries of row d."""
        orbit, row = self._rows[d]
        stalk = self.stalk
        for n, value in enumerate(row):
            if not value.is_zero:
                yield orbit.members[n // stalk] * stalk + n % stalk, value

    def dims(self) -> tuple[int, ...]:
        """The number of rows on each orbit."""
        return tuple(t.shape[0] for t in self.tables)


@dataclass(frozen=True, eq=False)
class FoldedPiece(Piece):
    """A basis over a Lie group on a point, by coordinates on orbits of unknowns: unknown n of element d is signs[n]
    times coordinates[d, labels[n]], and 0 where labels[n] = −1.

    Labels are numbered by first unknown, where the sign is +. Rows are orthogonal for the diagonal metrics of A and B
    (of any group: where the metrics are not invariant, neither is the form), and scaled as those of a dense piece.
    """

    source: Rep
    target: Rep
    points: int
    orbits: tuple[Orbit, ...]
    labels: np.ndarray
    signs: np.ndarray
    coordinates: Matrix

    @property
    def dim(self) -> int:
        """The number of rows of coordinates."""
        return self.coordinates.shape[0]

    @cached_property
    def metric(self) -> list[Number]:
        """Σ D_B,i / D_A,j over the unknowns (i, j) of each label."""
        target, source = ({d: k for k, d in enumerate(dict.fromkeys(rep.gram))} for rep in (self.target, self.source))
        code = (np.array([target[d] for d in self.target.gram])[:, None] * len(source)
                + np.array([source[d] for d in self.source.gram])).ravel()
        alive = self.labels >= 0
        sizes = np.zeros((len(target) * len(source), self.coordinates.shape[1]), np.int64)
        np.add.at(sizes, (code[alive], self.labels[alive]), 1)
        ratios = [b / a for b in target for a in source]
        return [sum((w * m for w, m in zip(ratios, column) if m), start=Q(0)) for column in sizes.T.tolist()]

    @cached_property
    def norms(self) -> tuple[Number, ...]:
        """The diagonal of C W Cᴴ, with the coordinates C and their metric W."""
        gram = scaled(self.coordinates, self.metric) @ self.coordinates.H
        return tuple(gram[d, d] for d in range(self.dim))

    @cached_property
    def tables(self) -> tuple[Matrix, ...]:
        """The elements as rows of one dense matrix, as a dense piece has them."""
        return (unfolded(self.coordinates, self.labels, self.signs),)

    @cached_property
    def _rows(self) -> tuple[tuple[Number, ...], ...]:
        return self.coordinates.rows()

    def support(self, d: int) -> Iterator[tuple[int, Number]]:
        """The unknowns whose coordinate is not zero, with their values."""
        row = self._rows[d]
        both = [(x, -x) for x in row]
        for n in np.flatnonzero(np.array([bool(x) for x in row] + [False])[self.labels]).tolist():
            yield n, both[self.labels[n]][int(self.signs[n] < 0)]

    def table(self, normalise: bool = True, dtype="float64") -> np.ndarray:
        """The dense floats, spread by labels where no metric differs between the unknowns of a label."""
        if normalise and self.weights is not None:
            return super().table(normalise, dtype)
        count, width = self.coordinates.shape
        places = np.zeros((count, width + 1), np.int64)  # in the list of distinct values; label −1: the last column
        values, radicands = [Q(0)], [Q(1)]
        for d, row in enumerate(self._rows):
            known: dict[tuple, int] = {}
            for k, x in enumerate(row):
                if x:
                    places[d, k] = known.setdefault(x.key, len(values))
                    if places[d, k] == len(values):
                        values.append(x)
                        radicands.append(1 / self.norms[d] if normalise else Q(1))
        distinct = float_table(values, radicands, dtype)
        return np.ascontiguousarray((distinct[places][:, self.labels] * self.signs).T.astype(distinct.dtype))

    def dims(self) -> tuple[int, ...]:
        """The dimension, on the only orbit."""
        return (self.dim,)


def unfolded(coordinates: Matrix, labels: np.ndarray, signs: np.ndarray) -> Matrix:
    """The rows κ[n] = signs[n] · coordinates[labels[n]], 0 for the label −1.

    >>> unfolded(Matrix.of([[1, 2]]), np.array([0, 1, -1, 1]), np.array([1, 1, 0, -1]))
    [1 2 0 -2]
    """
    zero = fmpq(0)
    places = list(zip(labels.tolist(), signs.tolist()))
    parts = []
    for part in coordinates.parts:
        entries: list[fmpq] = []
        for row in part.tolist() if coordinates.shape[0] else []:
            entries += [zero if n < 0 else row[n] if s > 0 else -row[n] for n, s in places]
        parts.append(fmpq_mat(coordinates.shape[0], len(places), entries))
    return Matrix(coordinates.field, tuple(parts))
