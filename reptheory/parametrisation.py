"""Parametrisations of a layer: linear maps from weights to kernels, and whether they are unitary."""
from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from .field import Number, Q
from .hom import Hom
from .kernel import exact_kernel
from .layer_space import subspace
from .linalg import gram_schmidt, rref, scaled
from .matrix import Matrix, float_table
from .project import Projection, check_orthogonal, reynolds


@dataclass(frozen=True, eq=False, repr=False)
class Parametrisation:
    """The linear map L: c ↦ Σ c_k κ_k from weights to kernels; `rt.parametrisation` makes it.

    Gradient descent on c moves the kernel by −L L* ∇R. It is unitary when L L* = Π_L; then this is the gradient flow on
    the space L, whatever the weights are called (Nordenfors, Ohlsson and Flinth, arXiv 2303.13458).
    """

    hom: Hom
    rows: Matrix

    @cached_property
    def space(self) -> Projection:
        """Π_L, the projection onto the span of the κ_k."""
        return subspace(self.hom, [np.array([list(row)], object).reshape(self.hom.shape) for row in self.rows.rows()])

    @cached_property
    def _weights(self) -> list[Number]:
        return self.space.weights(None) or [Q(1)] * self.hom.unknowns

    @cached_property
    def gram(self) -> Matrix:
        """The matrix L* L of inner products ⟨κ_k, κ_l⟩."""
        return scaled(self.rows, self._weights) @ self.rows.H

    @cached_property
    def is_unitary(self) -> bool:
        """Whether L L* = Π_L: (L* L)² = L* L, and for independent κ_k exactly L* L = 1."""
        return self.gram @ self.gram == self.gram

    @cached_property
    def witness(self) -> str | None:
        """Which κ_k are not orthonormal, in words; None for a unitary one."""
        if self.is_unitary:
            return None
        n = self.rows.shape[0]
        for k in range(n):
            for l in range(k + 1):
                value = self.gram[k, l]
                if value != int(k == l):
                    return (f"vector {k} has squared length {value}" if k == l else
                            f"vectors {l} and {k} have inner product {value}")
        raise AssertionError("a Gram matrix that is not idempotent is not the identity")

    @cached_property
    def orthonormal(self) -> tuple[Matrix, tuple[Number, ...]]:
        """Orthogonal rows and their squared lengths d: the rows over √d parametrise L unitarily (Gram–Schmidt)."""
        _, pivots = rref(self.rows.T)
        kept = self.rows.submatrix(pivots, range(self.hom.unknowns))
        return gram_schmidt(kept, self._weights)

    def to_numpy(self, dtype="float64") -> np.ndarray:
        """The orthonormal kernels as floats, (dim L, *X, dim W, dim V), each entry within 1 ulp."""
        rows, norms = self.orthonormal
        entries = [x for row in rows.rows() for x in row]
        inverse = [1 / d for d in norms for _ in range(self.hom.unknowns)]
        return float_table(entries, inverse, dtype).reshape(len(norms), *self.hom.shape)

    def keeps(self, hom: Hom | None = None) -> bool:
        """Whether L L* commutes with Π_G, so that the augmented flow −L L* Π_G ∇R started in E stays there.

        A compatible and unitary L does; so does one whose vectors are longer on some orbits than on others, as the taps
        of a zero-padded convolution between images are.
        """
        fixed = reynolds(hom or self.hom).expanded.parts[0].span.matrix()
        if not fixed.shape[0]:
            return True
        image = scaled(fixed, self._weights) @ self.rows.H @ self.rows
        return len(rref(Matrix.vstack([fixed, image]))[1]) == fixed.shape[0]

    def __repr__(self) -> str:
        unitary = "unitary" if self.is_unitary else f"not unitary: {self.witness}"
        return f"<Parametrisation of {self.space.dim} dimensions by {self.rows.shape[0]} weights, {unitary}>"


def parametrisation(hom: Hom, matrices: Iterable[Any]) -> Parametrisation:
    """The map c ↦ Σ c_k κ_k for exact kernels κ_k of shape (*X, dim W, dim V), one for each weight.

    Raises ValueError for no kernels, NotExact for floats, NotOrthogonal as `rt.support` does.

    >>> import reptheory as rt
    >>> rt.parametrisation(rt.S(2).trivial >> rt.S(2).natural, [[[1], [1]], [[0], [1]]])
    <Parametrisation of 2 dimensions by 2 weights, not unitary: vector 0 has squared length 2>
    """
    check_orthogonal(hom.source)
    check_orthogonal(hom.target)
    rows = [exact_kernel(kernel, hom.shape).entries.ravel().tolist() for kernel in matrices]
    if not rows:
        raise ValueError("a parametrisation needs a kernel for each weight, and none is given. Use rt.support(H, []) "
                         "for the zero space.")
    return Parametrisation(hom, Matrix.of(rows))
