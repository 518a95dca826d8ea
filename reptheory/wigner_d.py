"""Wigner's matrices d(β) and D(α, β, γ): exact at every rational cos β, and in floats for spins of hundreds."""
from __future__ import annotations

from math import comb, gcd
from typing import Any

import numpy as np

from .exact import rational, shown
from .rounding import round_root
from .signed_root import RootTensor
from .wigner_symbol import NotASpin, spin_name, twice_spin

SPLIT = 2.0 ** 27 + 1  # Veltkamp's constant: halves of 26 bits, whose products with |2m| < 2²⁶ are exact


class NotACosine(ValueError):
    """A number outside [−1, 1] where cos β is needed."""


def wigner_d(j: Any, cos: Any) -> RootTensor:
    """d_{m'm}(β) = ⟨j m'| exp(−iβJ_y) |j m⟩ exactly at 0 ≤ β ≤ π with rational cos β, rows and columns m = j, …, −j.

    In u = cos(β/2), v = sin(β/2) it is √(C(2j, j+m)/C(2j, j+m')) times the coefficient of x^(j−m') in
    (u + vx)^(j+m) (−v + ux)^(j−m): since u² and v² are rational, each entry is one signed root. d(−β) is the transpose.
    Raises NotASpin, NotACosine, and NotExact for a float. (Wigner, Group Theory, 1959, eq. 15.27; Wikipedia, Wigner
    D-matrix)

    >>> d = wigner_d(1, "1/2"); d[0, 0], d[0, 1], d[1, 0], d[1, 1]  # β = π/3
    (3/4, -√(3/8), √(3/8), 1/2)
    """
    n, x = twice_spin(j), rational(cos)
    if x is None or abs(x) > 1:
        raise NotACosine(f"{shown(cos)} is no cosine. Give the rational number cos β, from -1 to 1.")
    top, bottom = int(x.p), int(x.q)
    squares = bottom + top, bottom - top  # 2b u², 2b v²
    powers = [[p ** k for k in range(n // 2 + 1)] for p in squares]
    whole = (2 * bottom) ** n
    places, signs, numerators, denominators = [], [], [], []
    for row in range(n + 1):        # j − m'
        for column in range(n + 1):  # j − m
            sines = column - row     # m' − m: v stands 2k + m' − m times
            total = sum((-1) ** (k + sines) * comb(n - column, k) * comb(column, row - k)
                        * powers[0][(n - 2 * k - sines) // 2] * powers[1][(2 * k + sines) // 2]
                        for k in range(max(0, row - column), min(n - column, row) + 1))
            p = total * total * comb(n, column) * (squares[1] if sines % 2 else 1)
            if not (p := p * (squares[0] if (n - sines) % 2 else 1)):
                continue
            q = whole * comb(n, row)
            common = gcd(p, q)
            places.append((row, column))
            signs.append(1 if total > 0 else -1)
            numerators.append(p // common)
            denominators.append(q // common)
    return RootTensor.of_columns((n + 1, n + 1), places, signs, numerators, denominators)


def wigner_d_numpy(j: Any, beta: Any) -> np.ndarray:
    """d_{m'm}(β) in float64 for an array of angles, of shape (*β.shape, 2j+1, 2j+1): errors below 10⁻¹⁴.

    d(β) = Z(π/2) Δ Z(β) Δᵀ Z(−π/2) with Δ = d(π/2), whose entries are correctly rounded, and mβ without rounding: no
    recurrence in floats, so nothing grows; tested to j = 100. (Risbo, J. Geodesy 70 (1996) 383–396)

    >>> wigner_d_numpy("1/2", np.pi / 2).round(4).tolist()
    [[0.7071, -0.7071], [0.7071, 0.7071]]
    """
    n = twice_spin(j)
    beta = _angles(beta)
    half = _quarter_turn(n)
    cos, sin = _turns(n, beta)
    even, odd = ((half * part[..., None, :]) @ half.T for part in (cos, sin))
    order = np.subtract.outer(np.arange(n + 1), np.arange(n + 1)) % 4  # m − m' = row − column
    return np.select([order == 0, order == 1, order == 2], [even, odd, -even], -odd)


def wigner_D(j: Any, alpha: Any, beta: Any, gamma: Any) -> np.ndarray:
    """D_{m'm}(α, β, γ) = e^(−im'α) d_{m'm}(β) e^(−imγ) in complex128: the element Z(α) Y(β) Z(γ) of SU(2) in spin j.

    The angles broadcast; rows and columns m = j, …, −j, as in the irreps of SU(2), so that D(g) D(h) = D(gh) and the
    functions Y^m go to Y^m(g⁻¹x) = Σ_m' Y^m'(x) D_{m'm}(g). Errors as in `wigner_d_numpy`.

    >>> np.allclose(wigner_D(1, 0.1, 0.2, 0.3) @ wigner_D(1, -0.3, -0.2, -0.1), np.eye(3))
    True
    """
    n = twice_spin(j)
    (left_cos, left_sin), (right_cos, right_sin) = (_turns(n, _angles(angle)) for angle in (alpha, gamma))
    left, right = left_cos - 1j * left_sin, right_cos - 1j * right_sin
    return left[..., :, None] * wigner_d_numpy(j, beta) * right[..., None, :]


def wigner_D_real(l: Any, alpha: Any, beta: Any, gamma: Any) -> np.ndarray:
    """The real float64 matrix of Z(α) Y(β) Z(γ) in the orthonormal real harmonics of degree l: Y(gx) = ρ(g) Y(x).

    Rows and columns m = l, −l, …, 1, −1, 0, as in SO(3).irrep(l): it is `rt.SO(3).irrep(l).to_numpy(g)`, for all
    angles. On cosines and sines Y(β) is (−1)^(m+m') d_{m'm} ± (−1)^m' d_{m',−m}. Errors as in `wigner_d_numpy`.

    >>> wigner_D_real(1, 0.0, np.pi / 2, 0.0).round(12).tolist()  # z → x → −z
    [[0.0, 0.0, 1.0], [0.0, 1.0, 0.0], [-1.0, 0.0, 0.0]]
    """
    n = twice_spin(l)
    if n % 2:
        raise NotASpin(f"there are no harmonics of degree {spin_name(n)}. Give l = 0, 1, 2, …, or use wigner_D.")
    degree, beta = n // 2, _angles(beta)
    d = wigner_d_numpy(degree, beta)
    m = np.arange(degree, 0, -1)
    sign = (-1.0) ** m
    same = sign[:, None] * sign * d[..., :degree, :degree]
    swapped = sign[:, None] * d[..., :degree, :degree:-1]  # −m for m = l, …, 1
    turned = np.zeros(d.shape)
    turned[..., 0:-1:2, 0:-1:2] = same + swapped
    turned[..., 1:-1:2, 1:-1:2] = same - swapped
    turned[..., 0:-1:2, -1] = np.sqrt(2) * sign * d[..., :degree, degree]
    turned[..., -1, 0:-1:2] = np.sqrt(2) * sign * d[..., degree, :degree]
    turned[..., -1, -1] = d[..., degree, degree]
    back = _planes(degree, _angles(gamma), np.swapaxes(turned, -1, -2), -1)  # (Z(−γ) Y(β)ᵀ)ᵀ = Y(β) Z(γ)
    return _planes(degree, _angles(alpha), np.swapaxes(back, -1, -2), 1)


def euler_angles(g: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(α, β, γ) with g = Z(α) Y(β) Z(γ) and 0 ≤ β ≤ π for float rotation matrices of shape (…, 3, 3).

    γ is read off Z(−α) g, so that the product is g to rounding also where β is near 0 or π, and α alone means nothing.
    ValueError for matrices that are not rotations to 10⁻⁶.

    >>> [round(float(x), 6) for x in euler_angles([[0, -1, 0], [1, 0, 0], [0, 0, 1]])]
    [0.0, 0.0, 1.570796]
    """
    g = np.asarray(g, float)
    if g.shape[-2:] != (3, 3) or not (np.abs(np.swapaxes(g, -1, -2) @ g - np.eye(3)) < 1e-6).all() or \
            not (np.linalg.det(g) > 0).all():
        raise ValueError(f"{shown(g)} is no rotation, gᵀg = 1 and det g = 1. Split an inversion off first: ρ(−g).")
    alpha = np.arctan2(g[..., 1, 2], g[..., 0, 2])
    cos, sin = np.cos(alpha), np.sin(alpha)
    beta = np.arctan2(cos * g[..., 0, 2] + sin * g[..., 1, 2], g[..., 2, 2])
    gamma = np.arctan2(cos * g[..., 1, 0] - sin * g[..., 0, 0], cos * g[..., 1, 1] - sin * g[..., 0, 1])
    return alpha, beta, gamma


# Parts ---------------------------------------------------------------------------------------------------------------
def _angles(angle: Any) -> np.ndarray:
    found = np.asarray(angle, float)
    if not np.isfinite(found).all():
        raise ValueError(f"{shown(angle)} is no finite angle. Give radians.")
    return found


def _turns(n: int, angle: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """cos(mθ) and sin(mθ) for m = n/2, …, −n/2 on a new last axis: θ = h + l, where m h and m l have no rounding."""
    big = SPLIT * angle
    high = big - (big - angle)
    m = np.arange(n, -n - 1, -2) / 2
    first, second = m * high[..., None], m * (angle - high)[..., None]
    cos, sin = np.cos(first), np.sin(first)
    return cos * np.cos(second) - sin * np.sin(second), sin * np.cos(second) + cos * np.sin(second)


def _planes(degree: int, angle: np.ndarray, rows: np.ndarray, sign: int) -> np.ndarray:
    """Z(±θ) times a matrix in real harmonics: the planes (m, −m) of its rows turned by ±mθ."""
    cos, sin = (part[..., :degree, None] for part in _turns(2 * degree, angle))
    shape = np.broadcast_shapes(angle.shape, rows.shape[:-2]) + rows.shape[-2:]
    found = np.array(np.broadcast_to(rows, shape))
    first, second = rows[..., 0:-1:2, :], rows[..., 1:-1:2, :]
    found[..., 0:-1:2, :] = cos * first - sign * sin * second
    found[..., 1:-1:2, :] = cos * second + sign * sin * first
    return found


def _quarter_turn(n: int) -> np.ndarray:
    """Δ = d(π/2) with every entry the nearest float: 2^(−j) √(C(2j, j+m)/C(2j, j+m')) K, where K is the coefficient of
    x^(j−m') in (1 + x)^(j+m) (x − 1)^(j−m), by one addition each from the column before. (Krawtchouk polynomials)"""
    binomials = [comb(n, k) for k in range(n + 1)]
    column, found = list(binomials), np.zeros((n + 1, n + 1))
    for c in range(n // 2 + 1):
        for r in range(c, n // 2 + 1):  # the rest: d_{m'm} = ±d_{mm'} = ±d_{m',−m} = ±d_{−m',m}, signs as below
            size = round_root(column[r] ** 2 * binomials[c], binomials[r] << n)
            found[r, c] = size if column[r] >= 0 else -size
            found[c, r] = (-1) ** (r - c) * found[r, c]
        before, column = column, [0] * (n + 1)
        for r in range(n + 1):  # (1 + x) f_{c+1} = (x − 1) f_c
            column[r] = (before[r - 1] - column[r - 1] if r else 0) - before[r]
    half, places = n // 2 + 1, np.arange(n + 1)
    found[:half, n + 1 - half:] = ((-1.0) ** (n - places[:half, None])) * found[:half, half - 1::-1]
    found[n + 1 - half:] = (-1.0) ** places * found[half - 1::-1]
    return found
