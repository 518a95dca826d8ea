"""Whether exact sections are equivariant, decided modulo enough primes to prove it."""
from __future__ import annotations

from math import lcm

import numpy as np

from .field import Field
from .matrix import Matrix
from .tensor_action import TensorAction, apply, image


def is_fixed(action: TensorAction, table: Matrix) -> bool:
    """Whether ρ(s) κ = κ for every generator s and every row κ of an exact table.

    Cleared of denominators, ρ(s) κ − κ has coefficients in Z (in the powers of α) of at most B in absolute value, where
    B comes from the sizes of the entries. They vanish when they vanish modulo primes with product beyond B, in every
    embedding of a prime that splits (Vandermonde).
    """
    field = action.field.compositum(table.field)
    table = table.over(field)
    bound, modulus, below = _bound(action, table, field), 1, None
    while modulus <= bound:
        p, roots = action.prime(field, table, below=below)
        for root in roots:
            images, rows = action.images(field, p, root), image(table, p, root)
            for s in range(len(action.factors[0])):
                if not np.array_equal(apply([factor[s] for factor in images], rows, p), rows):
                    return False
        modulus, below = modulus * p, p
    return True


def _bound(action: TensorAction, table: Matrix, field: Field) -> int:
    """A bound on the coefficients of the common denominator times ρ(s) κ − κ.

    A product in Z[α] has coefficients at most C times those of its factors; where the minimal polynomial has
    denominators they are cleared, once for each product.
    """
    powers = field.powers
    clear = lcm(*(int(c.q) for power in powers for c in power))
    d = field.degree
    growth = max(sum(abs(int((powers[i + j][k] * clear).p)) for i in range(d) for j in range(d)) for k in range(d))
    bound, scale = _height(table), 1
    for factor in action.factors:
        matrices = [a.over(field) for a in factor if isinstance(a, Matrix)]
        if matrices:
            bound *= growth * matrices[0].shape[0] * max(_height(m) for m in matrices)
            scale *= clear * max(m.denominator for m in matrices)
    return bound + _height(table) * scale


def _height(matrix: Matrix) -> int:
    """The largest coefficient of the matrix times its denominator."""
    scale = matrix.denominator
    return max((abs(int(c.p)) * (scale // int(c.q)) for part in matrix.parts for c in part.entries()), default=0)
