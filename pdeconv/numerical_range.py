"""Numerical range: Courant numbers up to which the norm of a symmetric system proves a scheme stable."""
from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import sympy
from sympy import Expr, Poly, Rational

from .factorisation import factor_list
from .laurent import Laurent, on_axis, shift
from .von_neumann import X, modulus_deficit, nonnegative_on_interval

if TYPE_CHECKING:
    from .scheme import Scheme
    from .system import System

Vertex = tuple[Rational, Rational]


def is_symmetrisable(system: System) -> bool:
    """Whether one positive definite S makes every S A_j symmetric, for all values of the symbols."""
    from .symmetriser import NotSymmetrisable
    try:
        return not system.symmetriser.conditions
    except NotSymmetrisable:
        return False


def spread(system: System) -> list[Expr]:
    """ρ(A_j)/max_k ρ(A_k) where they are numbers, otherwise the bound 1."""
    from .speed import max_speed, spectral_radius
    largest = max_speed(system)
    found = [sympy.cancel(spectral_radius(system, a) / largest) if largest != 0 else sympy.S.Zero
             for a in system.axes]
    return [r if r.is_number else sympy.S.One for r in found]


def lax_wendroff_limit(system: System) -> Expr:
    """A Courant number up to which the numerical radius of the symbol of Lax and Wendroff is at most 1.

    With P = Σ M_j sin θ_j, x_j = 1 − cos θ_j, m_j = |M_j v|, a = |Pv|², b = Σ x_j² m_j², a unit vector has |v*Gv|² ≤
    1 − b + (a + b)²/4, so that a + b ≤ 2 √b is enough; then ‖Gⁿ‖ ≤ 2 (Lax and Wendroff, 1964; Berger, 1965). By Hölder
    a + b ≤ 2 (Σ m_j^{2/3})^{3/2} √b, which gives (Σ r_j^{2/3})^{−3/2} for r_j = ρ(A_j)/max ρ; for one unknown small θ
    show that this is necessary (Turkel, 1977). Where all A_j exchange two classes of unknowns, √b is concave, so that
    each class may be taken alone, with Σ m_j² ≤ κ C²: this gives 1/(d√κ), and 1/√κ where A_jA_k = −A_kA_j there.

    >>> from pdeconv import catalog
    >>> lax_wendroff_limit(catalog.advection(ndim=2).at(a_x=1, a_y=1)), lax_wendroff_limit(catalog.wave(2).at(c=1))
    (sqrt(2)/4, 1/2)
    """
    ratios = spread(system)
    general = 1 / sum(r ** Rational(2, 3) for r in ratios) ** Rational(3, 2)
    if all(r in (0, 1) for r in ratios):
        general = 1 / sympy.sqrt(sum(ratios)) ** 3
    by_class = [_class_limit(system, rows) for rows in _classes(system)]
    return max(general, min(x for x in by_class if x is not None)) if None not in by_class else general


def _classes(system: System) -> list[list[int]]:
    """The two classes of unknowns that all A_j exchange, or all unknowns as one."""
    colour: dict[int, int] = {}
    for start in range(system.size):
        if start in colour:
            continue
        colour[start], waiting = 0, [start]
        while waiting:
            i = waiting.pop()
            for k in range(system.size):
                if any(m[i, k] != 0 or m[k, i] != 0 for m in system.matrices):
                    if k not in colour:
                        colour[k] = 1 - colour[i]
                        waiting.append(k)
                    elif colour[k] == colour[i]:
                        return [list(range(system.size))]
    return [found for c in (0, 1) if (found := [i for i in range(system.size) if colour[i] == c])]


def _class_limit(system: System, rows: list[int]) -> Expr | None:
    """1/(d√κ) or 1/√κ for κ = ρ(Σ A_j²)/max ρ(A_j)² on one class of unknowns; None where κ is no rational number."""
    from .speed import max_speed
    squares = [[(a * b).extract(rows, rows) for b in system.matrices] for a in system.matrices]
    total = sum((squares[j][j] for j in range(system.ndim)), sympy.zeros(len(rows)))
    scaled = (total / max_speed(system) ** 2).applyfunc(sympy.cancel)
    if not all(e.is_Rational for e in scaled):
        return None
    kappa = max(sympy.real_roots(scaled.charpoly(X).as_expr()))
    if not kappa.is_Rational or kappa == 0:
        return None
    pairs = [(j, k) for j in range(system.ndim) for k in range(j)]
    apart = all(sympy.cancel(e) == 0 for j, k in pairs for e in squares[j][k] + squares[k][j])
    return 1 / ((1 if apart else system.ndim) * sympy.sqrt(kappa))


def hull_limit(scheme: Scheme) -> Rational:
    """A Courant number c such that the convex hull of the spectra in one dimension lies where |R(z)| ≤ 1.

    The numerical range of Σ_j Z_j(θ_j) in the norm of a symmetriser lies in the sum of these hulls, since each Z_j is
    normal; so |R| ≤ 1 on d hulls proves ‖R(Z)ⁿ‖ ≤ 1 + √2 (Crouzeix and Palencia, SIAM J. Matrix Anal. Appl. 38, 2017).
    The hull is enclosed by a polygon with rational corners; |R|² − 1 is a polynomial on each side, and the maximum
    principle does the rest. 0 where the polygon fails.
    """
    assert scheme.reconstruction is not None and scheme.reconstruction.weights is not None
    p, q = parts(scheme.reconstruction.weights)
    corners = _polygon(p, q)
    if corners is None:
        return sympy.S.Zero
    r = scheme.time.stability_polynomial
    outline = np.array([complex(a, b) for a, b in corners])
    t = np.linspace(0, 1, 64)[:, None]
    sides = (outline[:-1] + t * (outline[1:] - outline[:-1])).ravel()

    def fits(c: float) -> bool:
        return bool(np.abs(np.polyval([float(x) for x in r[::-1]], c * sides)).max() <= 1 + 1e-9)
    low, high = 0., 16.
    for _ in range(16):
        middle = (low + high) / 2
        low, high = (middle, high) if fits(middle) else (low, middle)
    for k in (0, 1, 4):
        c = Rational(int(low * 256) - k, 256)
        if c > 0 and all(_side_fits(r, c, u, v) for u, v in pairwise(corners)):
            return c
    return sympy.S.Zero


def parts(weights: dict[int, Expr]) -> tuple[Expr, Expr]:
    """p and q² with (1 − E⁻¹)(u⁻ + u⁺)/2 = i q and (1 − E⁻¹)(u⁻ − u⁺)/2 = p, as polynomials in x = cos θ."""
    one, half = sympy.S.One, sympy.S.Half
    left, right = on_axis(weights, 0, 1, one), on_axis({1 - k: w for k, w in weights.items()}, 0, 1, one)
    difference = Laurent({(0,): one}) - shift(0, 1, -1, one)
    central, damping = difference * (left + right).scaled(half), (difference * (left - right)).scaled(half)
    q = sympy.expand(1 - modulus_deficit(central))
    p = sum((c * sympy.chebyshevt(abs(k), X) for (k,), c in damping.terms.items()), sympy.S.Zero)
    return sympy.expand(p), q


def is_convex(p: Expr, q: Expr) -> bool:
    """Whether −p(cos θ) + i q(θ), with the q² of `parts`, bounds a convex set: then |R| ≤ 1 on its hull as soon as the
    scheme is stable in one dimension, by the maximum principle.

    With q = sin θ r(cos θ): p falls strictly in x = cos θ, so that the tangent is vertical at θ = 0 and π alone, and
    the curvature p_x s² (s² r_xx − 3x r_x − r) − (x r − s² r_x)(x p_x − s² p_xx), s² = 1 − x², keeps its sign.

    >>> from pdeconv import reconstruction
    >>> [is_convex(*parts(reconstruction(name).weights)) for name in ("constant", "fromm", "upwind3", "upwind5")]
    [True, True, True, True]
    """
    square = Poly(sympy.cancel(q / (1 - X ** 2)), X)
    content, factors = factor_list(square)
    if any(k % 2 for _, k in factors) or content <= 0 or Poly(p, X).degree() < 1:
        return False
    r = sympy.sqrt(content) * sympy.prod([f.as_expr() ** (k // 2) for f, k in factors])
    r = r / sympy.sqrt(content) if not sympy.sqrt(content).is_Rational else r  # its scale turns no sign
    s, (px, pxx), (rx, rxx) = 1 - X ** 2, *([sympy.diff(e, X), sympy.diff(e, X, 2)] for e in (p, r))
    bend = sympy.expand(px * s * (s * rxx - 3 * X * rx - r) - (X * r - s * rx) * (X * px - s * pxx))
    falling = Poly(-px, X)
    inside = falling.degree() == 0 or falling.count_roots(-1, 1) == sum(falling.eval(e) == 0 for e in (-1, 1))
    return nonnegative_on_interval(falling) and inside and any(
        nonnegative_on_interval(Poly(sign * bend, X)) for sign in (1, -1))


def _polygon(p: Expr, q: Expr, sides: int = 20) -> list[Vertex] | None:
    """Corners of a polygon around the upper half of the hull of −p ± iq, from 0 to the real axis; None where p < 0."""
    if not nonnegative_on_interval(Poly(p, X)):
        return None
    x = np.cos(np.linspace(0, np.pi, 2001))
    real = -np.array([float(v) for v in np.polyval([float(c) for c in Poly(p, X).all_coeffs()], x) + 0 * x])
    imaginary = np.sqrt(np.maximum(np.polyval([float(c) for c in Poly(q, X).all_coeffs()], x), 0))
    lines: list[tuple[Rational, Rational, Rational]] = [(sympy.S.One, sympy.S.Zero, sympy.S.Zero)]
    for k in range(1, sides + 1):
        normal = (Rational(round(64 * np.cos(np.pi * k / sides)), 64), Rational(round(64 * np.sin(np.pi * k / sides)),
                                                                               64))
        height = float((float(normal[0]) * real + float(normal[1]) * imaginary).max())
        bound = Rational(int(np.ceil(height * 1.0005 * 2 ** 16 + 1)), 2 ** 16)
        inside = Poly(bound + normal[0] * p, X)  # bound − n·z ≥ 0 on both branches
        if not nonnegative_on_interval(inside) or not nonnegative_on_interval(
                Poly(sympy.expand(inside.as_expr() ** 2 - normal[1] ** 2 * q), X)):
            return None
        lines.append((*normal, bound))
    corners: list[Vertex] = [(sympy.S.Zero, sympy.S.Zero)]
    for (a, b, h), (c, d, k) in pairwise(lines):
        turn = a * d - b * c
        if turn <= 0:
            return None
        corners.append(((h * d - k * b) / turn, (a * k - c * h) / turn))
    return [*corners, (corners[-1][0], sympy.S.Zero)]


def _side_fits(r: tuple[Expr, ...], c: Rational, u: Vertex, v: Vertex) -> bool:
    """Whether |R(c z)| ≤ 1 on the segment from u to v, by a polynomial on [−1, 1]."""
    real, imaginary = ((a + b) / 2 + (b - a) / 2 * X for a, b in zip(u, v))
    total = [Poly(0, X), Poly(0, X)]
    for coefficient in r[::-1]:  # Horner's rule in pairs
        a, b = (Poly(c * e, X) for e in (real, imaginary))
        total = [total[0] * a - total[1] * b + coefficient, total[0] * b + total[1] * a]
    return nonnegative_on_interval(1 - total[0] ** 2 - total[1] ** 2)
