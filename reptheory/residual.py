"""Whether exact sections are equivariant, by acting on them one index at a time, exactly."""
from __future__ import annotations

import numpy as np
from flint import fmpq_mat

from .matrix import Matrix
from .monomial import Monomial
from .rep import Action
from .tensor_action import TensorAction


def is_fixed(action: TensorAction, table: Matrix) -> bool:
    """Whether ρ(s) κ = κ for every generator s and every row κ of an exact table."""
    field = action.field.compositum(table.field)
    start = [_array(part, table.shape) for part in table.over(field).parts]
    for s in range(len(action.factors[0])):
        x = start
        for factor in action.factors:
            x = _act(factor[s], x, table.shape[0], field)
        if any((a != b).any() for a, b in zip(x, start)):
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
