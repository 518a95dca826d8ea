"""Exact dense matrices over a number field, as d rational matrices: M = Σ parts[k] α^k."""
from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property, reduce
from itertools import chain
from math import lcm
from typing import Any

import numpy as np
from flint import fmpq, fmpq_mat, fmpq_poly, fmpz_mat

from .exact import shown
from .field import Field, Number, Q, exact
from .rounding import float_table

__all__ = ["Matrix", "float_table"]


class Matrix:
    """An immutable exact matrix over a field.

    >>> M = Matrix.of([[1, "1/2"], [0, 1]]); M @ M
    [1 1; 0 1]
    """

    def __init__(self, field: Field, parts: tuple[fmpq_mat, ...]) -> None:
        self.field, self.parts = field, parts

    # Making --------------------------------------------------------------------------------------------
    @staticmethod
    def of(rows: Any, field: Field | None = None) -> Matrix:
        """The matrix with these exact rows (ints, Fractions, "p/q", Numbers, sympy); NotExact for floats."""
        if isinstance(rows, Matrix):
            return rows if field is None else rows.over(field)
        if isinstance(rows, np.ndarray) and np.issubdtype(rows.dtype, np.integer):
            return Matrix.from_integers(rows)
        if hasattr(rows, "tolist"):
            rows = rows.tolist()
        if not isinstance(rows, Sequence) or isinstance(rows, str) or not all(
                isinstance(row, Sequence) and not isinstance(row, str) for row in rows):
            raise ValueError(f"{shown(rows)} is no matrix. Write a list of rows, [[1, 0], [0, 1]].")
        if len({len(row) for row in rows}) > 1:
            raise ValueError(f"the rows have lengths {', '.join(str(len(row)) for row in rows)}. Give equal lengths.")
        numbers = [[exact(x) for x in row] for row in rows]
        common = reduce(Field.compositum, {x.field for row in numbers for x in row}, field or Q)
        numbers = [[common(x) for x in row] for row in numbers]
        m, n = len(rows), len(rows[0]) if rows else 0
        flat = [x.coefficients for row in numbers for x in row]
        return Matrix(common, tuple(fmpq_mat(m, n, [c[k] for c in flat]) for k in range(common.degree)))

    @staticmethod
    def from_integers(array: np.ndarray) -> Matrix:
        """The rational matrix of an integer array."""
        m, n = array.shape
        return Matrix(Q, (fmpq_mat(fmpz_mat(m, n, array.ravel().tolist())),))

    @staticmethod
    def zeros(m: int, n: int, field: Field = Q) -> Matrix:
        """The m×n zero matrix."""
        return Matrix(field, tuple(fmpq_mat(m, n) for _ in range(field.degree)))

    @staticmethod
    def identity(n: int, field: Field = Q) -> Matrix:
        """The n×n identity."""
        return Matrix.from_integers(np.eye(n, dtype=np.int64)).over(field)

    @staticmethod
    def diagonal(numbers: Sequence[Any]) -> Matrix:
        """The diagonal matrix of these numbers."""
        column = Matrix.of([[x] for x in numbers])
        parts = tuple(fmpq_mat(len(numbers), len(numbers)) for _ in column.parts)
        for part, entries in zip(parts, column.parts):
            for i in range(len(numbers)):
                part[i, i] = entries[i, 0]
        return Matrix(column.field, parts)

    @staticmethod
    def vstack(blocks: Sequence[Matrix]) -> Matrix:
        """The blocks above one another."""
        return Matrix.of_parts(list(blocks), lambda tables: [row for t in tables for row in t])

    @staticmethod
    def hstack(blocks: Sequence[Matrix]) -> Matrix:
        """The blocks beside one another."""
        return Matrix.of_parts(list(blocks), lambda tables: [list(chain(*rows)) for rows in zip(*tables)],
                               sum(b.shape[1] for b in blocks))

    @staticmethod
    def block_diagonal(blocks: Sequence[Matrix]) -> Matrix:
        """The blocks down the diagonal, zero elsewhere."""
        widths = [b.shape[1] for b in blocks]
        total = sum(widths)

        def place(tables):
            rows, start = [], 0
            for table, width in zip(tables, widths):
                rows += [[0] * start + row + [0] * (total - start - width) for row in table]
                start += width
            return rows
        return Matrix.of_parts(list(blocks), place, total)

    @staticmethod
    def of_parts(blocks: list[Matrix], arrange, width: int | None = None) -> Matrix:
        """The matrix whose rational parts are arranged from the rows of the blocks' parts."""
        field = reduce(Field.compositum, (b.field for b in blocks), Q)
        lifted = [b.over(field) for b in blocks]
        width = blocks[0].shape[1] if width is None else width
        parts = []
        for k in range(field.degree):
            rows = arrange([b.parts[k].tolist() if b.shape[0] else [] for b in lifted])
            parts.append(fmpq_mat(len(rows), width, [c for row in rows for c in row]))
        return Matrix(field, tuple(parts))

    # Reading -------------------------------------------------------------------------------------------
    @property
    def shape(self) -> tuple[int, int]:
        """(rows, columns)."""
        return self.parts[0].nrows(), self.parts[0].ncols()

    def __getitem__(self, index: tuple[int, int]) -> Number:
        return Number(self.field, fmpq_poly([part[index] for part in self.parts]))

    def rows(self) -> tuple[tuple[Number, ...], ...]:
        """The entries, row by row."""
        if not self.shape[0]:
            return ()
        tables = [part.tolist() for part in self.parts]
        return tuple(tuple(Number(self.field, fmpq_poly(list(entry))) for entry in zip(*row)) for row in zip(*tables))

    def submatrix(self, rows: Sequence[int], columns: Sequence[int]) -> Matrix:
        """The entries in these rows and columns."""
        rows, columns = list(rows), list(columns)
        parts = []
        for part in self.parts:
            table = part.tolist() if self.shape[0] else []
            parts.append(fmpq_mat(len(rows), len(columns), [table[i][j] for i in rows for j in columns]))
        return Matrix(self.field, tuple(parts))

    @cached_property
    def denominator(self) -> int:
        """A common multiple of the denominators of the entries."""
        return lcm(*(int(part.numer_denom()[1]) for part in self.parts))

    @cached_property
    def key(self) -> tuple:
        """A cheap key that tells matrices over one field apart."""
        return self.shape, *(tuple((int(c.p), int(c.q)) for c in part.entries()) for part in self.parts)

    @cached_property
    def is_zero(self) -> bool:
        """Whether every entry is 0."""
        return all(part == fmpq_mat(*self.shape) for part in self.parts)

    @property
    def is_identity(self) -> bool:
        """Whether it is the identity."""
        return self == Matrix.identity(self.shape[0])

    @property
    def is_rational(self) -> bool:
        """Whether every entry lies in Q."""
        return all(part == fmpq_mat(*self.shape) for part in self.parts[1:])

    @property
    def is_integer(self) -> bool:
        """Whether every entry is an integer."""
        return self.is_rational and self.parts[0].numer_denom()[1] == 1

    # Arithmetic ----------------------------------------------------------------------------------------
    def over(self, field: Field) -> Matrix:
        """The same matrix over a larger field; FieldTooSmall when the field does not hold it."""
        if field == self.field:
            return self
        if self.field.degree == 1:
            zero = fmpq_mat(*self.shape)
            return Matrix(field, (self.parts[0],) + (zero,) * (field.degree - 1))
        image = [(field.embed(self.field) ** k).coefficients for k in range(self.field.degree)]
        parts = [fmpq_mat(*self.shape) for _ in range(field.degree)]
        for part, coefficients in zip(self.parts, image):
            for k, c in enumerate(coefficients):
                if c:
                    parts[k] = parts[k] + part * c
        return Matrix(field, tuple(parts))

    def _pair(self, other: Matrix) -> tuple[Matrix, Matrix]:
        if self.field == other.field:
            return self, other
        field = self.field.compositum(other.field)
        return self.over(field), other.over(field)

    def __add__(self, other: Matrix) -> Matrix:
        a, b = self._pair(other)
        return Matrix(a.field, tuple(x + y for x, y in zip(a.parts, b.parts)))

    def __sub__(self, other: Matrix) -> Matrix:
        a, b = self._pair(other)
        return Matrix(a.field, tuple(x - y for x, y in zip(a.parts, b.parts)))

    def __neg__(self) -> Matrix:
        return Matrix(self.field, tuple(-part for part in self.parts))

    def __matmul__(self, other: Matrix) -> Matrix:
        if not isinstance(other, Matrix):
            return NotImplemented
        if self.shape[1] != other.shape[0]:
            raise ValueError(f"a {self.shape[0]}×{self.shape[1]} matrix times a {other.shape[0]}×{other.shape[1]} is "
                             "not defined. The columns of the first are the rows of the second.")
        if self.field.degree == other.field.degree == 1:
            return Matrix(Q, (self.parts[0] * other.parts[0],))
        a, b = self._pair(other)
        pairs = [(x, y) for x in a.parts for y in b.parts]
        return _collect(a.field, pairs, lambda x, y: x * y, (self.shape[0], other.shape[1]))

    def __mul__(self, scalar: Any) -> Matrix:
        number = scalar if isinstance(scalar, Number) else Q(scalar)
        if number.is_rational:
            c = number.poly[0]
            return Matrix(self.field, tuple(part * c for part in self.parts))
        field = self.field.compositum(number.field)
        a, coefficients = self.over(field), field(number).coefficients
        return _collect(field, [(x, c) for x in a.parts for c in coefficients], lambda x, c: x * c, self.shape)

    __rmul__ = __mul__

    def __pow__(self, k: int) -> Matrix:
        base = self if k >= 0 else self.inverse()
        return reduce(Matrix.__matmul__, [base] * abs(k), Matrix.identity(self.shape[0], self.field))

    @property
    def T(self) -> Matrix:
        """The transpose."""
        return Matrix(self.field, tuple(part.transpose() for part in self.parts))

    def conj(self) -> Matrix:
        """The complex conjugate, entry by entry."""
        if self.field.is_real:
            return self
        bar = self.field.conjugate_generator
        parts = [fmpq_mat(*self.shape) for _ in self.parts]
        for k, part in enumerate(self.parts):
            for j, c in enumerate((bar ** k).coefficients):
                if c:
                    parts[j] = parts[j] + part * c
        return Matrix(self.field, tuple(parts))

    @property
    def H(self) -> Matrix:
        """The conjugate transpose."""
        return self.T.conj()

    def trace(self) -> Number:
        """The sum of the diagonal."""
        return sum((self[i, i] for i in range(self.shape[0])), self.field(0))

    def kron(self, other: Matrix) -> Matrix:
        """The Kronecker product, indices of self slow."""
        a, b = self._pair(other)
        shape = (a.shape[0] * b.shape[0], a.shape[1] * b.shape[1])
        return _collect(a.field, [(x, y) for x in a.parts for y in b.parts], _kron, shape)

    def det(self) -> Number:
        """The determinant."""
        from .linalg import det
        return det(self)

    def inverse(self) -> Matrix:
        """The inverse, found once; ZeroDivisionError for a singular matrix."""
        return self._inverse

    @cached_property
    def _inverse(self) -> Matrix:
        from .linalg import inverse
        return inverse(self)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Matrix) or self.shape != other.shape:
            return NotImplemented if not isinstance(other, Matrix) else False
        a, b = self._pair(other)
        return a.parts == b.parts

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def _hash(self) -> int:
        return hash((self.shape, tuple(x for row in self.rows() for x in row)))

    # Conversion ----------------------------------------------------------------------------------------
    def to_integers(self) -> np.ndarray:
        """The int64 array of an integer matrix."""
        return np.array([[int(c.p) for c in row] for row in self.parts[0].tolist()], np.int64).reshape(self.shape)

    def to_numpy(self, dtype="float64") -> np.ndarray:
        """The nearest floats; complex128 over a complex field."""
        entries = [x for row in self.rows() for x in row]
        return float_table(entries, [Q(1)] * len(entries), dtype).reshape(self.shape)

    def __array__(self, dtype=None, copy=None) -> np.ndarray:
        return self.to_numpy().astype(dtype or float)

    def to_sympy(self):
        """The sympy matrix."""
        import sympy
        return sympy.Matrix(*self.shape, [x.to_sympy() for row in self.rows() for x in row])

    def to_mpmath(self, dps: int = 50):
        """The mpmath matrix with `dps` correct digits."""
        import mpmath
        return mpmath.matrix([[x.to_mpmath(dps) for x in row] for row in self.rows()])

    def __repr__(self) -> str:
        return "[" + "; ".join(" ".join(str(x).replace(" ", "") for x in row) for row in self.rows()) + "]"

    def _repr_latex_(self) -> str:
        import sympy
        return f"${sympy.latex(self.to_sympy())}$"

    def __deepcopy__(self, memo) -> Matrix:
        return self

    def __reduce__(self):
        tables = tuple(tuple(str(c) for row in part.tolist() for c in row) if self.shape[0] else ()
                       for part in self.parts)
        return _unpickle, (self.field, self.shape, tables)


def _unpickle(field: Field, shape: tuple[int, int], tables: tuple[tuple[str, ...], ...]) -> Matrix:
    return Matrix(field, tuple(fmpq_mat(*shape, [fmpq(*map(int, c.split("/"))) for c in table]) for table in tables))


def _collect(field: Field, pairs: list, multiply, shape: tuple[int, int]) -> Matrix:
    """Σ_ij multiply(x_i, y_j) α^{i+j}, with the powers of α reduced."""
    d = field.degree
    raw: list[Any] = [None] * (2 * d - 1)
    for n, (x, y) in enumerate(pairs):
        k = n // d + n % d
        product = multiply(x, y)
        raw[k] = product if raw[k] is None else raw[k] + product
    parts = [raw[k] for k in range(d)]
    for k in range(d, 2 * d - 1):
        for j, c in enumerate(field.powers[k]):
            if c:
                parts[j] = parts[j] + raw[k] * c
    return Matrix(field, tuple(parts))


def _kron(a: fmpq_mat, b: fmpq_mat) -> fmpq_mat:
    left, right = (t.tolist() if t.nrows() else [] for t in (a, b))
    zero = fmpq(0)
    entries = [x * y if x and y else zero for row in left for other in right for x in row for y in other]
    return fmpq_mat(a.nrows() * b.nrows(), a.ncols() * b.ncols(), entries)
