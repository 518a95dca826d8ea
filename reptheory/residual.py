"""Whether exact sections are equivariant, decided modulo enough primes to prove it."""
from __future__ import annotations

from functools import reduce
from math import lcm, prod

import numpy as np

from .field import Field
from .matrix import Matrix
from .tensor_action import TensorAction, apply, numerator, reduced, residues


def is_fixed(action: TensorAction, table: Matrix) -> bool:
    """Whether ρ(s) κ = κ for every generator s and every row κ of an exact table.

    Cleared of denominators, ρ(s) κ − κ has coefficients in Z (in the powers of α) of at most B in absolute value, where
    B comes from the sizes of the entries. They vanish when they vanish modulo primes with product beyond B, in every
    embedding of a prime that splits (Vandermonde).
    """
    field = action.field.compositum(table.field)
    numerators = [numerator(part, table.denominator) for part in table.over(field).parts]
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
    return max((abs(c) for part in matrix.parts for c in numerator(part, matrix.denominator)), default=0)
