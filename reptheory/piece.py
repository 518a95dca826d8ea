"""Pieces of a basis: all equivariant κ: X → Hom(A, B) for one pair of summands, orbit by orbit."""
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

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
        weights = self.weights or (Q(1),) * self.stalk
        where, values, radicands = [], [], []
        for d in range(self.dim):
            for unknown, value in self.support(d):
                where.append((unknown, d))
                values.append(value)
                radicands.append(weights[unknown % self.stalk] / self.norms[d] if normalise else Q(1))
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
        for n, value in enumerate(row):
            if not value.is_zero:
                yield orbit.members[n // self.stalk] * self.stalk + n % self.stalk, value

    def dims(self) -> tuple[int, ...]:
        """The number of rows on each orbit."""
        return tuple(t.shape[0] for t in self.tables)
