"""Paths between irreps of SO(3) and O(3), in closed form: Clebsch–Gordan coefficients in rational coordinates."""
from __future__ import annotations

from fractions import Fraction
from math import isqrt

from flint import fmpq, fmpq_mat

from .clebsch_gordan import clebsch_gordan
from .field import Q
from .matrix import Matrix
from .rotation_irrep import SphericalIrrep


def spherical_intertwiner(degree: int, source: SphericalIrrep, target: SphericalIrrep) -> Matrix:
    """T: H_J ⊗ V_l → V_l', one row with T_{k,ij} at (k · dim H_J + i) · dim V_l + j, led by 1.

    Orthonormal coordinates are √D x, so T_{k,ij} = C_ijk √(D_i D_j / D_k): up to a common factor these are rational,
    as the matrices are and the solution is unique (Schur).

    >>> import reptheory as rt
    >>> spherical_intertwiner(1, rt.SO(3).irrep(0), rt.SO(3).irrep(1))
    [1 0 0 0 1 0 0 0 1]
    """
    harmonics = SphericalIrrep(target.group, degree)
    grams = [[d.to_fraction() for d in rep.gram] for rep in (harmonics, source, target)]
    tensor = clebsch_gordan(degree, source.l, target.l).tensor
    row = fmpq_mat(1, harmonics.dim * source.dim * target.dim)
    first = None
    places = sorted(zip(tensor.indices.tolist(), tensor.signs.tolist(), tensor.numerators, tensor.denominators),
                    key=lambda entry: (entry[0][2], entry[0][0], entry[0][1]))
    for (i, j, k), sign, p, q in places:
        square = Fraction(p, q) * grams[0][i] * grams[1][j] / grams[2][k]
        if first is None:
            first = sign, square
        ratio = square / first[1]
        value = fmpq(sign * first[0] * isqrt(ratio.numerator), isqrt(ratio.denominator))
        row[0, (k * harmonics.dim + i) * source.dim + j] = value
    return Matrix(Q, (row,))
