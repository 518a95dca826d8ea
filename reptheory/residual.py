"""Whether exact sections are equivariant: exactly, one index at a time, or modulo enough primes to prove it."""
from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from math import lcm, prod

import numpy as np
from flint import fmpq_mat

from .field import Field
from .matrix import Matrix
from .monomial import Monomial
from .rep import Action
from .tensor_action import TensorAction, apply, cleared, reduced, residues

LARGE = 5000  # entries of a table from which primes are faster, if the matrices are few beside it


def is_fixed(action: TensorAction, table: Matrix) -> bool:
    """Whether ρ(s) κ = κ for every generator s and every row κ of an exact table."""
    entries = table.shape[0] * table.shape[1]
    large = entries >= max(LARGE, 8 * sum(m.shape[0] ** 2 for m in action.matrices))
    return (is_fixed_modulo_primes if large else is_fixed_exactly)(action, table)


def is_fixed_exactly(action: TensorAction, table: Matrix) -> bool:
    """The same by products of exact matrices."""
    if not table.shape[0]:
        return True
    field = action.field.compositum(table.field)
    start = [_array(part, table.shape) for part in table.over(field).parts]
    for s in range(len(action.factors[0])):
        x = start
        for factor in action.factors:
            x = _act(factor[s], x, table.shape[0], field)
        if any((a != b).any() for a, b in zip(x, start)):
            return False
    return True


def moved(actions: Sequence[Action], table: Matrix) -> Matrix:
    """The rows of a table of tensors with actions[k] applied to index k, exactly.

    >>> moved([Monomial.of([1, 0])], Matrix.of([[1, 2]]))
    [2 1]
    """
    field = reduce(lambda k, a: k.compositum(a.field), actions, table.field)
    x = [_array(part, table.shape) for part in table.over(field).parts]
    for a in actions:
        x = _act(a, x, table.shape[0], field)
    return Matrix(field, tuple(fmpq_mat(*table.shape, part.ravel().tolist()) for part in x))


def is_fixed_modulo_primes(action: TensorAction, table: Matrix) -> bool:
    """The same modulo primes that prove it.

    Cleared of denominators row by row, ρ(s) κ − κ has coefficients in Z (in the powers of α) of at most B in absolute
    value, B from the sizes of the entries. They vanish when they vanish modulo primes with product beyond B, in every
    embedding of primes that split (Vandermonde).
    """
    field = action.field.compositum(table.field)
    _, numerators = cleared(table.over(field))
    height = max((abs(c) for part in numerators for c in part), default=0)
    bound = _bound(action, height, field)
    primes: list[tuple[int, tuple[int, ...]]] = []
    while prod(p for p, _ in primes) <= bound:
        primes.append(action.prime(field, below=primes[-1][0] if primes else None))
    parts = np.array([residues(part, [p for p, _ in primes]) for part in numerators]).reshape(
        field.degree, len(primes), *table.shape)
    for n, (p, roots) in enumerate(primes):
        for root in roots:
            rows = reduce(lambda total, part: reduced(total * root + part, p), parts[::-1, n], np.zeros(table.shape))
            images = action.images(field, p, root)
            for s in range(len(action.factors[0])):
                if not np.array_equal(apply([factor[s] for factor in images], rows, p), rows):
                    return False
    return True


def _act(a: Action, parts: list[np.ndarray], rows: int, field) -> list[np.ndarray]:
    """The action on the first index of each row, which becomes the last; parts are the coefficients of powers of α."""
    d = a.shape[0]
    slices = [x.reshape(rows, d, -1) for x in parts]
    if isinstance(a, Monomial):
        back = a.inverse()
        moved = [x[:, back.images] * back.signs[:, None] if not back.is_permutation else x[:, back.images]
                 for x in slices]
        return [x.transpose(0, 2, 1).reshape(rows, -1) for x in moved]
    columns = slices[0].size // d
    flat = Matrix(field, tuple(fmpq_mat(d, columns, x.transpose(1, 0, 2).ravel().tolist()) for x in slices))
    image = a.over(field) @ flat
    return [_array(part, image.shape).reshape(d, rows, -1).transpose(1, 2, 0).reshape(rows, -1)
            for part in image.parts]


def _array(part: fmpq_mat, shape: tuple[int, int]) -> np.ndarray:
    return np.array(part.entries(), object).reshape(shape)


def _bound(action: TensorAction, height: int, field: Field) -> int:
    """A bound on the coefficients of the common denominator times ρ(s) κ − κ, where those of κ are at most `height`.

    A product in Z[α] has coefficients at most C times those of its factors; where the minimal polynomial has
    denominators they are cleared, once for each product.
    """
    powers = field.powers
    clear = lcm(*(int(c.q) for power in powers for c in power))
    d = field.degree
    growth = max(sum(abs(int((powers[i + j][k] * clear).p)) for i in range(d) for j in range(d)) for k in range(d))
    bound, scale = height, 1
    for factor in action.factors:
        matrices = [a.over(field) for a in factor if isinstance(a, Matrix)]
        if matrices:
            bound *= growth * matrices[0].shape[0] * max(_height(m) for m in matrices)
            scale *= clear * max(m.denominator for m in matrices)
    return bound + height * scale


def _height(matrix: Matrix) -> int:
    """The largest coefficient of the matrix times its denominator."""
    return max((abs(int(c.p)) * (matrix.denominator // int(c.q)) for part in matrix.parts for c in part.entries()),
               default=0)
