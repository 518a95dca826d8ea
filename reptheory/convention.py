"""Exact changes of basis from the irreps of SO(3) and O(3) here to e3nn's, sphericart's and scipy's."""
from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from . import rotation
from .exact import shown
from .harmonic import Harmonics
from .matrix import Matrix
from .monomial import Monomial
from .rep import Rep
from .rotation_irrep import SphericalIrrep
from .signed_root import RootTensor, SignedRoot

CYCLE = Matrix.of([[0, 0, 1], [1, 0, 0], [0, 1, 0]])  # (x, y, z) ↦ (z, x, y): e3nn's polar axis is y
ONE, HALF = SignedRoot.of(1), Fraction(1, 2)
Block = dict[tuple[int, ...], SignedRoot]


class NoConvention(ValueError):
    """A name of no convention, or a representation that the conventions do not order."""


def convention(rep: Rep, name: str) -> Monomial | RootTensor:
    """The exact unitary T with theirs = T·ours for features of an irrep, or a sum of irreps, of SO(3) or O(3).

    Ours: orthonormal real harmonics x̂ = √gram·Y in the order m = l, −l, …, 1, −1, 0, channels fast. Theirs: each copy
    of an irrep on its own (`V.copies`, e3nn's and cuequivariance's layout mul_ir), in it m = −l, …, l, and

    - "sphericart": real, cosines for m > 0, sines for m < 0, no Condon–Shortley sign: T is a permutation.
    - "e3nn": the same functions at (z, x, y), so that 1o is (x, y, z). T ρ̂(g) Tᵀ is e3nn's D of the same rotation g.
    - "scipy": Y^m = (−1)^m (c_m + i s_m)/√2 and Y^−m = (c_m − i s_m)/√2 for m > 0, as `scipy.special.sph_harm_y` with
      Condon and Shortley's sign. conj(T) ρ̂(g) Tᵀ, rows and columns reversed, is Wigner's D(g) of SU(2).irrep(l).

    Their spherical harmonics are √((2l+1)/4π)·T·Ŷ ("component" ones in e3nn √(2l+1)). Returns a Monomial where T is a
    signed permutation, otherwise a RootTensor of shape (dim, dim). Raises NoConvention.

    >>> import reptheory as rt
    >>> convention(rt.SO(3).irrep(1), "sphericart"), convention(rt.O(3).irrep("1o"), "e3nn")
    (Monomial([2, 0, 1]), Monomial([0, 1, 2]))
    >>> convention(rt.SO(3).irrep(2), "e3nn")[4, 0]
    -1/2
    >>> convention(2*rt.O(3).irrep("1o"), "e3nn")
    Monomial([0, 3, 1, 4, 2, 5])
    """
    if name not in BLOCKS:
        raise NoConvention(f"{shown(name)} is no convention here. Use one of {', '.join(map(repr, BLOCKS))}.")
    blocks: dict[int, Block] = {}
    entries: Block = {}
    start = 0
    for m, irrep in rep.summands:
        if not isinstance(irrep, SphericalIrrep):
            raise NoConvention(f"{irrep.expression} is no irrep of SO(3) or O(3), which are what {name} orders. "
                               "Decompose it first: V.decompose().")
        block = blocks.setdefault(irrep.l, BLOCKS[name](irrep.l))
        entries |= {(start + copy * irrep.dim + i, start + j * m + copy): root
                    for copy in range(m) for (i, j), root in block.items()}
        start += m * irrep.dim
    if len(entries) == rep.dim:  # one a row
        images, signs = np.empty(rep.dim, np.int64), np.empty(rep.dim, np.int8)
        for (i, j), root in entries.items():
            images[j], signs[j] = i, root.sign
        return Monomial(images, signs)
    return RootTensor.of((rep.dim, rep.dim), entries)


def _rising(l: int) -> Block:
    return {(l + m, rotation.index(l, m)): ONE for m in range(-l, l + 1)}


def _cycled(l: int) -> Block:
    rows, gram = rotation.matrix(l, CYCLE).rows(), Harmonics(l).gram
    place = {rotation.index(l, m): l + m for m in range(-l, l + 1)}
    return {(place[i], j): SignedRoot.of(x.to_fraction(), (gram[i] / gram[j]).to_fraction())
            for i, row in enumerate(rows) for j, x in enumerate(row) if not x.is_zero}


def _complex(l: int) -> Block:
    found: Block = {(l, rotation.index(l, 0)): ONE}
    for m in range(1, l + 1):
        cos, sin = rotation.index(l, m), rotation.index(l, -m)
        found |= {(l + m, cos): SignedRoot((-1) ** m, HALF), (l + m, sin): SignedRoot((-1) ** m, -HALF),
                  (l - m, cos): SignedRoot(1, HALF), (l - m, sin): SignedRoot(-1, -HALF)}
    return found


BLOCKS: dict[str, Any] = {"sphericart": _rising, "e3nn": _cycled, "scipy": _complex}
