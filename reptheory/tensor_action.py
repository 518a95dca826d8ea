"""Group elements acting on tensors modulo primes, one index at a time: no Kronecker product is formed."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from math import isqrt, lcm

import numpy as np
from flint import fmpq_mat

from .field import Field, Q
from .matrix import Matrix
from .modular import reduce_mod, split_prime
from .monomial import Monomial, contragredient
from .piece import Orbit
from .rep import Action, Rep
from .tensor import factors_of

Image = Monomial | np.ndarray
BLOCK = 2 ** 14  # integers written out at a time


@dataclass(frozen=True, eq=False)
class TensorAction:
    """How the generators act on κ: X → Hom(A, B) over one orbit of X: factors[k][s] is the action on index k.

    The indices are the points of the orbit, those of the factors of B, those of the duals of the factors of A, so that
    the tensors are flattened as the rows of a dense piece.
    """

    factors: tuple[tuple[Action, ...], ...]

    @staticmethod
    def over(orbit: Orbit, moves: tuple[np.ndarray, ...], source: Rep, target: Rep) -> TensorAction:
        """The action of the generators over an orbit."""
        place = np.empty(max(orbit.members) + 1, np.int64)
        members = np.array(orbit.members)
        place[members] = np.arange(orbit.size)
        points = tuple(Monomial.of(place[move[members]]) for move in moves)
        duals = [tuple(contragredient(a) for a in f.actions) for f in factors_of(source)]
        return TensorAction((points, *(f.actions for f in factors_of(target)), *duals))

    @property
    def field(self) -> Field:
        """The field of the matrices."""
        return reduce(lambda k, a: k.compositum(a.field), (a for factor in self.factors for a in factor), Q)

    @property
    def matrices(self) -> list[Matrix]:
        """The matrices among the actions."""
        return [a for factor in self.factors for a in factor if isinstance(a, Matrix)]

    def prime(self, field: Field, below: int | None = None) -> tuple[int, tuple[int, ...]]:
        """The largest prime below 2²⁴ (or `below`) that splits in the field and keeps products of floats exact, and the
        roots of the minimal polynomial."""
        largest = max([*(m.shape[0] for m in self.matrices), 32])
        return split_prime(field, *(m.over(field) for m in self.matrices), below=below or isqrt(2 ** 53 // largest))

    def images(self, field: Field, p: int, root: int) -> list[list[Image]]:
        """The actions modulo the prime ideal (p, α − root)."""
        return [[image(a.over(field), p, root) if isinstance(a, Matrix) else a for a in factor]
                for factor in self.factors]


def image(matrix: Matrix, p: int, root: int) -> np.ndarray:
    """A matrix modulo (p, α − root), as floats that are integers in 0 … p − 1."""
    return np.array([[int(x) for x in row] for row in reduce_mod(matrix, p, root).tolist()], np.float64)


def cleared(table: Matrix) -> tuple[list[int], list[list[int]]]:
    """A common denominator for each row, and the entries of the parts of the rows times that.

    >>> cleared(Matrix.of([["1/2", "1/3"], [1, 5]]))
    ([6, 1], [[3, 2, 1, 5]])
    """
    width = table.shape[1]
    denominators: list[int] = []
    parts: list[list[int]] = [[] for _ in table.parts]
    entries = [part.entries() for part in table.parts]
    for start in range(0, table.shape[0] * width, width or 1):
        rows = [fmpq_mat(1, width, part[start:start + width]).numer_denom() for part in entries]
        denominators.append(lcm(*(int(own) for _, own in rows)))
        for part, (row, own) in zip(parts, rows):
            scale = denominators[-1] // int(own)
            part += [int(c) for c in row.entries()] if scale == 1 else [int(c) * scale for c in row.entries()]
    return denominators, parts


def residues(numbers: Sequence[int], primes: Sequence[int]) -> np.ndarray:
    """The integers modulo each of the primes below 2²⁶, one row a prime, as floats.

    Large ones are written in base 2¹⁶, and then all residues are one product of matrices.

    >>> residues([5, -1, 2**100], [7, 11]).tolist()
    [[5.0, 6.0, 2.0], [5.0, 10.0, 1.0]]
    """
    try:
        return np.array(numbers, np.int64) % np.array(primes, np.int64)[:, None] * 1.0
    except OverflowError:
        width = max(n.bit_length() for n in numbers) // 16 + 1
    data = b"".join(n.to_bytes(2 * width, "little", signed=True) for n in numbers)
    digits = np.frombuffer(data, "<u2").reshape(len(numbers), width)
    powers = np.array([[pow(2, 16 * k, p) for p in primes] for k in range(width + 1)], np.float64)
    found = np.empty((len(primes), len(numbers)))
    moduli = np.array(primes, np.float64)[:, None]
    for start in range(0, len(numbers), BLOCK):
        block = digits[start:start + BLOCK]
        total = (block @ powers[:width]).T - np.where(block[:, -1] >= 2 ** 15, powers[width][:, None], 0)
        found[:, start:start + BLOCK] = total - moduli * np.floor(total / moduli)
    return np.where(found < 0, found + moduli, np.where(found >= moduli, found - moduli, found))


def apply(factors: Sequence[Image], x: np.ndarray, p: int) -> np.ndarray:
    """(ρ₁ ⊗ … ⊗ ρ_k) x modulo p for each row x: each index in turn is acted on and becomes the last."""
    rows = len(x)
    for a in factors:
        d = a.shape[0]
        x = x.reshape(rows, d, -1)
        if isinstance(a, Monomial):
            back = a.inverse()
            x = x[:, back.images]
            if not back.is_permutation:
                x = np.where(back.signs[:, None] < 0, (p - x) % p, x)
            x = x.transpose(0, 2, 1)
        else:
            x = reduced(x.transpose(0, 2, 1) @ a.T, p)
        x = np.ascontiguousarray(x).reshape(rows, -1)
    return x


def reduced(x: np.ndarray, p: int) -> np.ndarray:
    """Floats that are integers below 2⁵³, modulo p."""
    x = x - p * np.floor(x / p)
    x[x < 0] += p
    x[x >= p] -= p
    return x


def product(a: Image, b: Image, p: int) -> Image:
    """ρ(gh) from ρ(g) and ρ(h), modulo p."""
    if isinstance(a, Monomial) and isinstance(b, Monomial):
        return a @ b
    left, right = (m.to_integers() % p if isinstance(m, Monomial) else m for m in (a, b))
    return reduced(left @ right, p)
