"""The real form of an irreducible representation of real type that is given over a complex field."""
from __future__ import annotations

from fractions import Fraction
from itertools import product
from math import isqrt

from flint import acb, fmpq_poly, fmpz_poly

from .construct import real_block
from .exact import precision
from .field import Q, number_field, quadratic
from .linalg import orthogonal, rref
from .matrix import Matrix
from .monomial import as_matrix
from .number import Number
from .rep import Explicit, Rep
from .root_sum import squarefree
from .spinning import intertwiners

SEARCH = 6      # the coefficients a, b, c that are tried are at most this
LAST = 1 << 62  # after all squarefree numbers


def real_structure(rep: Rep) -> tuple[tuple[Matrix, ...], tuple[Number, ...]] | None:
    """The matrices of the generators and the metric of V₀, V = C ⊗ V₀, over a real field; None where none is found.

    Let S ρ̄(g) = ρ(g) S, Jv = S v̄, and θ imaginary with K = K⁺(θ) the field of V. On V as a real space J and θ commute
    with G, Jθ = −θJ, and J² = s > 0 for a real type. So M = aJ + bθJ + cθ has M² = a²s − b²θ²s + c²θ², a number q; for
    q > 0 the space V₀ = {v : Mv = √q v} is a real form over K⁺(√q). Small a, b, c are tried for a small q, best
    a square: then the Schur index over K⁺ is 1. Source: Serre, Linear Representations of Finite Groups, §13.2.

    >>> import reptheory as rt
    >>> i = rt.cyclotomic(4).generator
    >>> V = Explicit(rt.D(4), (Matrix.of([[i, 0], [0, -i]]), Matrix.of([[0, 1], [1, 0]])), (rt.Q(1), rt.Q(1)), "C")
    >>> real_structure(V)
    (([0 -2; 1/2 0], [0 2; 1/2 0]), (2, 8))
    """
    real, theta = rep.realify(), rep.field.generator - rep.field.generator.conj()
    bar = Explicit(rep.group, tuple(as_matrix(a).conj() for a in rep.actions), rep.gram, "C")
    found = intertwiners(bar, rep, 1)
    turn = _blocks(Matrix.diagonal([theta] * rep.dim), theta)
    conj = Matrix.diagonal([1, -1] * rep.dim)
    if found is None:
        return None
    j = _blocks(found[0], theta) @ conj
    best: tuple[int, Number, Matrix] | None = None
    for a, b, c in product(range(SEARCH + 1), repeat=3):
        m = j * a + (turn @ j) * b + turn * c
        q = (m @ m)[0, 0]
        size = squarefree(q.to_fraction()) if q.is_rational else LAST
        if q.sign() > 0 and (best is None or size < best[0]):
            best = size, q, m
        if best is not None and best[0] == 1:
            break
    if best is None:
        return None
    _, q, m = best
    m = m + Matrix.identity(2 * rep.dim) * square_root(q)
    basis, pivots = rref(m.T)
    basis = basis.submatrix(range(rep.dim), range(2 * rep.dim))
    inverse, metric = orthogonal(basis @ Matrix.diagonal(real.gram) @ basis.T)
    back = inverse.H
    upper = back.inverse()
    return tuple(upper @ (as_matrix(g) @ basis.T).submatrix(pivots, range(rep.dim)) @ back
                 for g in real.actions), metric


def square_root(q: Number) -> Number:
    """√q > 0 for a real q > 0, in Q, Q(√d) or a number field.

    >>> square_root(Q("9/2"))
    quadratic(2).number(0, '3/2')
    """
    if q.is_rational:
        d = squarefree(q.to_fraction())
        ratio = q.to_fraction() / d
        return Fraction(isqrt(ratio.numerator), isqrt(ratio.denominator)) * (
            Q(1) if d == 1 else quadratic(d).generator)
    poly = q.minimal_polynomial()
    doubled = fmpq_poly([c for k in poly.coeffs() for c in (k, 0)])
    factors, bits = [f for f, _ in fmpz_poly([int(c) for c in (doubled * doubled.denom()).coeffs()]).factor()[1]], 128
    while True:
        with precision(bits):
            root = acb(q.ball(bits).real.sqrt())
            near = [f for f in factors
                    if sum((int(c) * root ** k for k, c in enumerate(f.coeffs())), acb(0)).contains(0)]
        if len(near) == 1:
            break
        bits *= 2
    return number_field([Fraction(int(c)) for c in near[0].coeffs()], root).generator


def _blocks(matrix: Matrix, theta: Number) -> Matrix:
    """A complex matrix on the real basis (1, θ) of each coordinate."""
    rows = [[real_block(z, theta) for z in row] for row in matrix.rows()]
    return Matrix.of([[x for block in row for x in block[half]] for row in rows for half in (0, 1)])
