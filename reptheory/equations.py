"""Null spaces of sparse equations over a number field: modulo split primes, lifted, and checked exactly."""
from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from math import lcm

import numpy as np
from flint import nmod_mat
from scipy.sparse import csr_array

from .field import Field
from .matrix import Matrix
from .modular import combined, interpolate, lifted, split_prime
from .sparse_elimination import echelon, null_rows
from .tensor_action import cleared
from .tensor_derivation import WORD

PRIME = 2 ** 31  # products of two residues are exact in int64
TRIES = 4        # after which rows are no longer combined


@dataclass(frozen=True, eq=False)
class Equations:
    """The equations Σ_k parts[k] α^k · c = 0, with sparse integer parts."""

    field: Field
    parts: tuple[csr_array, ...]

    @staticmethod
    def of(field: Field, shape: tuple[int, int], row: np.ndarray, column: np.ndarray, values: np.ndarray) -> Equations:
        """The equations with these coefficients, values[k] those of α^k; equal and opposite ones are kept once.

        >>> from reptheory.field import Q
        >>> ones = np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1]), np.array([[1, 1, -1, -1]])
        >>> Equations.of(Q, (2, 2), *ones).parts[0].toarray().tolist()
        [[1, 1]]
        """
        parts = [csr_array((v, (row, column)), shape) for v in values]
        for part in parts:
            part.sum_duplicates()
            part.eliminate_zeros()
        random = np.random.default_rng(shape[1])
        sums = np.zeros(shape[0], np.int64)
        for part in parts:
            sums += part @ random.integers(-2 ** 63, 2 ** 63 - 1, shape[1])  # modulo 2⁶⁴
        _, kept = np.unique(np.minimum(sums.view(np.uint64), (-sums).view(np.uint64)), return_index=True)
        filled = sum(np.diff(part.indptr) for part in parts) > 0
        kept = np.sort(kept[filled[kept]])
        return Equations(field, tuple(part[kept] for part in parts))

    @property
    def width(self) -> int:
        """The number of unknowns."""
        return self.parts[0].shape[1]

    def image(self, p: int, root: int) -> csr_array:
        """The equations modulo (p, α − root)."""
        total, power = self.parts[0] * 0, 1
        for part in self.parts:
            reduced = part.copy()
            reduced.data = part.data % p * power % p
            total, power = total + reduced, power * root % p
        total.data %= p
        total.eliminate_zeros()
        return total

    def annihilates(self, table: Matrix) -> bool:
        """Whether every row of a table over the field solves the equations, exactly."""
        _, numerators = cleared(table.over(self.field))
        rows, d = table.shape[0], self.field.degree
        tops = [max(map(abs, part), default=0) for part in numerators]
        sizes = [int(abs(part).sum(1).max()) if part.nnz else 0 for part in self.parts]
        kind = np.int64 if d * max(tops) * max(sizes) < WORD else object
        columns = [np.array(part, kind).reshape(rows, -1).T for part in numerators]
        raw = [sum((_product(a, columns[k - i]) for i, a in enumerate(self.parts) if 0 <= k - i < d), np.int64(0))
               for k in range(2 * d - 1)]
        powers = [[self.field.powers[k][j] for j in range(d)] for k in range(2 * d - 1)]
        scale = reduce(lcm, (int(c.q) for row in powers for c in row), 1)
        if d == 1:
            return not np.any(raw[0])
        lifted = [np.asarray(x).astype(object) for x in raw]
        return not any(np.any(sum((lifted[k] * int(powers[k][j] * scale) for k in range(2 * d - 1) if powers[k][j]),
                                  np.zeros(1, object))) for j in range(d))

    def nullspace(self) -> Matrix:
        """The basis of the solutions in reduced row echelon form, as rows.

        The nullity modulo p is at least that over the field, so that as many exact solutions are all of them.
        """
        n, d = self.width, self.field.degree
        if not n:
            return Matrix.zeros(0, 0, self.field)
        below, modulus, tries = PRIME, 1, 0
        pivots: tuple[int, ...] | None = None
        residues: list[int] = []
        while True:
            p, roots = split_prime(self.field, below=below)
            below, tries = p, tries + 1
            images = [echelon(null_rows(self.image(p, root), p, tries <= TRIES), p) for root in roots]
            found = {columns for columns, _ in images}
            if len(found) > 1:
                continue
            columns = found.pop()
            if pivots is not None and (len(columns), columns) > (len(pivots), pivots):
                continue
            if columns != pivots:
                modulus, pivots, residues = 1, columns, []
            if not columns:
                return Matrix.zeros(0, n, self.field)
            fresh = (images[0][1].ravel().tolist() if d == 1 else interpolate(
                [nmod_mat(len(columns), n, table.ravel().tolist(), p) for _, table in images], roots, p,
                len(columns), n))
            residues, modulus = combined(residues, modulus, fresh, p)
            table = lifted(self.field, (len(columns), n), residues, modulus)
            if table is not None and self.annihilates(table):
                return table


def _product(a: csr_array, columns: np.ndarray) -> np.ndarray:
    if columns.dtype != object:
        return a @ columns
    out = np.zeros((a.shape[0], columns.shape[1]), object)
    for i in range(a.shape[0]):
        for k in range(a.indptr[i], a.indptr[i + 1]):
            out[i] += int(a.data[k]) * columns[a.indices[k]]
    return out
