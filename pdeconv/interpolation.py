"""Interpolation: the weights of polynomials through values at points, or with given means over cells, exactly."""
from __future__ import annotations

from collections.abc import Sequence

import sympy
from sympy import Expr, Rational


def lagrange(points: Sequence[int], at: Expr) -> dict[int, Expr]:
    """The weights w_k with p(at) = Σ_k w_k p(k) for every polynomial of degree below the number of points.

    >>> nu = sympy.Symbol("nu"); lagrange([-1, 0], -nu)
    {-1: nu, 0: 1 - nu}
    """
    return {k: sympy.expand(sympy.prod([(at - m) / Rational(k - m) for m in points if m != k])) for k in points}


def face_weights(cells: Sequence[int], at: Expr = sympy.S.Half) -> dict[int, Expr]:
    """The weights w_k with p(at) = Σ_k w_k ∫_{k−1/2}^{k+1/2} p for polynomials of degree below the number of cells.

    The primitive of p is interpolated at the faces of the cells and differentiated (Harten, Engquist, Osher and
    Chakravarthy, J. Comput. Phys. 71, 1987). Cells are consecutive.

    >>> face_weights([-1, 0, 1])
    {-1: -1/6, 0: 5/6, 1: 1/3}
    """
    x = sympy.Dummy("x")
    faces = [k - sympy.S.Half for k in cells] + [cells[-1] + sympy.S.Half]
    slopes = []
    for i, f in enumerate(faces):
        basis = sympy.prod([(x - g) / (f - g) for j, g in enumerate(faces) if j != i])
        slopes.append(sympy.expand(sympy.diff(basis, x).subs(x, at)))
    return {k: sympy.expand(sum(slopes[n + 1:], sympy.S.Zero)) for n, k in enumerate(cells)}
