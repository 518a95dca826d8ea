"""Signed permutation matrices, stored as two arrays: the actions that need no linear algebra."""
from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate

import numpy as np

from .field import Number, Q
from .matrix import Matrix


@dataclass(frozen=True, eq=False, repr=False)
class Monomial:
    """The signed permutation matrix e_i ↦ signs[i] · e_{images[i]} of shape (n, n), signs in {−1, 1}.

    >>> s = Monomial.of([1, 0], [1, -1]); s
    Monomial([1, 0], [1, -1])
    >>> (s @ s).to_matrix() == -Matrix.identity(2)
    True
    """

    images: np.ndarray
    signs: np.ndarray

    @staticmethod
    def of(images, signs=None) -> Monomial:
        """The signed permutation with these images and signs (all +1 when none are given)."""
        images = np.ascontiguousarray(images, dtype=np.int64)
        signs = np.ones(len(images), np.int8) if signs is None else np.ascontiguousarray(signs, np.int8)
        return Monomial(images, signs)

    @staticmethod
    def identity(n: int) -> Monomial:
        """The identity e_i ↦ e_i on n points."""
        return Monomial.of(np.arange(n))

    @property
    def shape(self) -> tuple[int, int]:
        """(n, n)."""
        return len(self.images), len(self.images)

    @property
    def field(self):
        """Q: the entries are 0, 1 and −1."""
        return Q

    @property
    def is_permutation(self) -> bool:
        """Whether every sign is +1."""
        return bool((self.signs == 1).all())

    @property
    def is_identity(self) -> bool:
        """Whether e_i ↦ e_i for all i."""
        return self.is_permutation and bool((self.images == np.arange(len(self.images))).all())

    def __matmul__(self, other: Monomial) -> Monomial:
        return Monomial(self.images[other.images], self.signs[other.images] * other.signs)

    def inverse(self) -> Monomial:
        """The inverse, which is the transpose: e_{images[i]} ↦ signs[i] e_i."""
        images, signs = np.empty_like(self.images), np.empty_like(self.signs)
        images[self.images] = np.arange(len(self.images))
        signs[self.images] = self.signs
        return Monomial(images, signs)

    def contragredient(self) -> Monomial:
        """The inverse transpose, which is the matrix itself: signed permutations are orthogonal."""
        return self

    def kron(self, other: Monomial | Matrix) -> Monomial | Matrix:
        """The Kronecker product e_i ⊗ e_j ↦ (self e_i) ⊗ (other e_j), index i slow."""
        if isinstance(other, Matrix):
            return self.to_matrix().kron(other)
        n = len(other.images)
        images = (self.images[:, None] * n + other.images).ravel()
        return Monomial(images, (self.signs[:, None] * other.signs).ravel())

    def trace(self) -> Number:
        """The sum of the signs of the fixed points."""
        return Q(int(self.signs[self.images == np.arange(len(self.images))].sum()))

    def to_integers(self) -> np.ndarray:
        """The (n, n) int64 array of the matrix."""
        dense = np.zeros(self.shape, np.int64)
        dense[self.images, np.arange(len(self.images))] = self.signs
        return dense

    def to_matrix(self) -> Matrix:
        """The exact dense matrix."""
        return Matrix.from_integers(self.to_integers())

    def __eq__(self, other: object) -> bool:
        return (isinstance(other, Monomial) and np.array_equal(self.images, other.images)
                and np.array_equal(self.signs, other.signs))

    def __hash__(self) -> int:
        return hash((self.images.tobytes(), self.signs.tobytes()))

    def __repr__(self) -> str:
        signs = "" if self.is_permutation else f", {self.signs.tolist()}"
        return f"Monomial({self.images.tolist()}{signs})"


def direct_sum(*actions: Monomial | Matrix) -> Monomial | Matrix:
    """The block diagonal action ρ₁ ⊕ … ⊕ ρ_k: monomial when every block is."""
    signed = [a for a in actions if isinstance(a, Monomial)]
    if len(signed) < len(actions):
        return Matrix.block_diagonal([as_matrix(a) for a in actions])
    offsets = accumulate((len(a.images) for a in signed), initial=0)
    images = [a.images + offset for a, offset in zip(signed, offsets)]
    return Monomial.of(np.concatenate(images), np.concatenate([a.signs for a in signed]))


def kron(a: Monomial | Matrix, b: Monomial | Matrix) -> Monomial | Matrix:
    """The Kronecker product of two actions: monomial when both are."""
    if isinstance(a, Monomial):
        return a.kron(b)
    return a.kron(as_matrix(b))


def compose(a: Monomial | Matrix, b: Monomial | Matrix) -> Monomial | Matrix:
    """The product of two actions: monomial when both are."""
    if isinstance(a, Monomial) and isinstance(b, Monomial):
        return a @ b
    return as_matrix(a) @ as_matrix(b)


def as_matrix(action: Monomial | Matrix) -> Matrix:
    """The action as an exact dense matrix."""
    return action.to_matrix() if isinstance(action, Monomial) else action


def contragredient(action: Monomial | Matrix) -> Monomial | Matrix:
    """The inverse transpose ρ(g)^(−T), which acts on the dual space."""
    return action if isinstance(action, Monomial) else action.inverse().T


def monomial_if(matrix: Matrix) -> Monomial | Matrix:
    """The signed permutation that a matrix is, otherwise the matrix."""
    if not matrix.is_integer:
        return matrix
    dense = matrix.to_integers()
    if (np.abs(dense).sum(0) == 1).all() and (np.abs(dense).sum(1) == 1).all():
        return Monomial.of(np.abs(dense).argmax(0), dense.sum(0))
    return matrix
