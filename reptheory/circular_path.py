"""Paths between irreps of SO(2) and O(2), in closed form: products of complex numbers."""
from __future__ import annotations

import numpy as np

from .matrix import Matrix
from .rotation_irrep import CircularIrrep


def circular_intertwiners(degree: int, source: CircularIrrep, target: CircularIrrep) -> Matrix:
    """All T: H_J ⊗ A → B for irreps k of A and k' of B, one row each, orthogonal.

    With H_J, A and B as (lines in) C, on which a turn by θ is e^{iJθ}, e^{ikθ}, e^{ik'θ} and the reflection conjugates
    ("0o" is the line iR): T(h, a) is h a where J + k = k', h ā where J − k = k', h̄ a where k − J = k', composed with
    the projection on B; for SO(2) also i times it, since End = C.

    >>> import reptheory as rt
    >>> circular_intertwiners(1, rt.O(2).irrep(1), rt.O(2).irrep(2))
    [1 0 0 -1 0 1 1 0]
    """
    h, a, b = _line(degree, None), _line(source.k, source.parity), _line(target.k, target.parity)
    left, right = h[:, None], a[None, :]
    if degree + source.k == target.k:
        product = left * right
    elif degree - source.k == target.k:
        product = left * right.conj()
    elif source.k - degree == target.k:
        product = left.conj() * right
    else:
        return Matrix.zeros(0, len(h) * len(a) * len(b))
    found = []
    for unit in (1,) if target.group.components else (1, 1j):
        row = np.stack([(unit * product * axis.conj()).real for axis in b]).ravel()
        lead = np.flatnonzero(row)
        if len(lead):
            found.append(row * np.sign(row[lead[0]]))
    return Matrix.from_integers(np.array(found).reshape(len(found), -1).astype(np.int64)) if found else Matrix.zeros(
        0, len(h) * len(a) * len(b))


def _line(k: int, parity: str | None) -> np.ndarray:
    """The real basis in C: 1 and i, or one of them for k = 0."""
    return np.array([1, 1j]) if k else np.array([1j]) if parity == "o" else np.array([1 + 0j])
