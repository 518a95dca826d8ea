"""Sparse exact matrices and their rank modulo a prime ideal, for certificates."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np

from .field import Field, Number, Q
from .matrix import Matrix
from .modular import split_prime

__all__ = ["Sparse", "rank_mod", "split_prime"]


@dataclass(frozen=True, eq=False, repr=False)
class Sparse:
    """An exact matrix by coordinates: entries[k] stands at (row[k], column[k]); repeated places add up.

    >>> Sparse.of((2, 2), [0, 1], [0, 1], [1, 2]).to_dense()
    [1 0; 0 2]
    """

    field: Field
    shape: tuple[int, int]
    row: np.ndarray
    column: np.ndarray
    entries: tuple[Number, ...]

    @staticmethod
    def of(shape: tuple[int, int], row: Sequence[int], column: Sequence[int], entries: Sequence) -> Sparse:
        """The matrix of this shape with these entries."""
        numbers = tuple(x if isinstance(x, Number) else Q(x) for x in entries)
        field = reduce(Field.compositum, {x.field for x in numbers}, Q)
        return Sparse(field, shape, np.asarray(row, np.int64), np.asarray(column, np.int64), numbers)

    @staticmethod
    def from_dense(matrix: Matrix) -> Sparse:
        """The nonzero entries of a dense matrix."""
        found = [(i, j, x) for i, row in enumerate(matrix.rows()) for j, x in enumerate(row) if x]
        row, column, entries = zip(*found) if found else ((), (), ())
        return Sparse(matrix.field, matrix.shape, np.array(row, np.int64), np.array(column, np.int64), tuple(entries))

    @property
    def denominator(self) -> int:
        """A common multiple of the denominators of the entries."""
        from math import lcm
        return reduce(lcm, {int(c.q) for x in set(self.entries) for c in x.poly.coeffs()}, 1)

    def to_dense(self) -> Matrix:
        """The dense matrix."""
        table = [[self.field(0)] * self.shape[1] for _ in range(self.shape[0])]
        for i, j, x in zip(self.row.tolist(), self.column.tolist(), self.entries):
            table[i][j] = table[i][j] + x
        return Matrix.of(table, self.field) if self.shape[0] else Matrix.zeros(*self.shape, self.field)

    def annihilates(self, matrix: Matrix) -> bool:
        """Whether the product with a dense matrix is exactly zero."""
        table = matrix.rows()
        sums: dict[int, list[Number]] = {}
        for i, j, x in zip(self.row.tolist(), self.column.tolist(), self.entries):
            before = sums.get(i)
            terms = [x * y if y else y for y in table[j]]
            sums[i] = terms if before is None else [a + b if b else a for a, b in zip(before, terms)]
        return all(x.is_zero for row in sums.values() for x in row)


def rank_mod(matrix: Sparse, p: int, root: int) -> int:
    """The rank of the image modulo the prime ideal (p, α − root), at most the rank over the field.

    Sparse elimination, shortest rows first.
    """
    images: dict[tuple, int] = {}
    rows: list[dict[int, int]] = [{} for _ in range(matrix.shape[0])]
    for i, j, x in zip(matrix.row.tolist(), matrix.column.tolist(), matrix.entries):
        key = x.key
        if key not in images:
            images[key] = _image(x, p, root, matrix.field)
        value = (rows[i].get(j, 0) + images[key]) % p
        rows[i][j] = value
    queue = sorted(({j: v for j, v in row.items() if v} for row in rows), key=len)
    pivots: dict[int, dict[int, int]] = {}
    for row in queue:
        while row:
            lead = min(row)
            if lead not in pivots:
                inverse = pow(row[lead], -1, p)
                pivots[lead] = {j: v * inverse % p for j, v in row.items()}
                break
            factor = row[lead]
            for j, v in pivots[lead].items():
                value = (row.get(j, 0) - factor * v) % p
                if value:
                    row[j] = value
                else:
                    row.pop(j, None)
    return len(pivots)


def _image(x: Number, p: int, root: int, field: Field) -> int:
    total = 0
    for c in reversed(field(x).poly.coeffs()):
        total = (total * root + int(c.p) * pow(int(c.q), -1, p)) % p
    return total


