"""Wigner's d and D: exact values, floats beside mpmath and sympy, homomorphisms, refusals."""

from __future__ import annotations

from fractions import Fraction

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import reptheory as rt
from reptheory.signed_root import SignedRoot
from reptheory.wigner_d import NotACosine, _quarter_turn

spins = st.integers(0, 9).map(lambda n: Fraction(n, 2))
degrees = st.integers(0, 6)
angles = st.floats(-7, 7)
cosines = st.fractions(-1, 1, max_denominator=30)


def by_mpmath(j: int, row: int, column: int, beta: float):
    """d_{m'm}(β) for the float β by its definition's finite sum, with 120 digits."""
    with mpmath.workdps(120):
        u, v, b = mpmath.cos(mpmath.mpf(beta) / 2), mpmath.sin(mpmath.mpf(beta) / 2), mpmath.binomial
        total = sum((-1) ** (k + column - row) * b(2 * j - column, k) * b(column, row - k)
                    * u ** (2 * j - 2 * k + row - column) * v ** (2 * k + column - row)
                    for k in range(max(0, row - column), min(2 * j - column, row) + 1))
        return total * mpmath.sqrt(b(2 * j, column) / b(2 * j, row))


def test_known_entries():
    d = rt.wigner_d(2, 0)  # Varshalovich, Moskalev, Khersonskii, Quantum Theory of Angular Momentum, table 4.6
    assert d[0, 0] == SignedRoot.of(Fraction(1, 4)) and d[0, 2] == SignedRoot.of(1, Fraction(3, 8))
    assert d[0, 1] == SignedRoot.of(Fraction(-1, 2)) and d[2, 2] == SignedRoot.of(Fraction(-1, 2))


def test_the_ends_of_the_meridian():
    assert (rt.wigner_d("5/2", 1).to_numpy() == np.eye(6)).all()
    turned = rt.wigner_d("3/2", -1)  # (−1)^(j−m) δ_{m',−m}
    assert turned.entries == {(3 - c, c): SignedRoot.of((-1) ** c) for c in range(4)}


@pytest.mark.parametrize("j", [Fraction(1, 2), 1, Fraction(3, 2)])
def test_sympy_has_the_same_matrix(j):
    from sympy import Rational, acos
    from sympy.physics.quantum.spin import Rotation
    cos, weights = Fraction(7, 25), [Rational(str(j)) - k for k in range(int(2 * j) + 1)]
    theirs = [[Rotation.d(Rational(str(j)), a, b, acos(Rational(7, 25))).doit() for b in weights] for a in weights]
    ours = rt.wigner_d(j, cos).to_numpy()
    assert np.abs(np.array(theirs, float) - ours).max() < 1e-14


@settings(max_examples=25, deadline=None)
@given(spins, cosines)
def test_exact_matrices_are_orthogonal_and_near_the_float_ones(j, cos):
    d = rt.wigner_d(j, cos)
    norms = [Fraction(0)] * d.shape[0]
    for (_, k), root in d.entries.items():
        norms[k] += root.square
    assert norms == [1] * len(norms)
    beta = float(mpmath.acos(mpmath.mpf(cos.numerator) / cos.denominator))
    assert np.abs(d.to_numpy() - rt.wigner_d_numpy(j, beta)).max() < 1e-14


@settings(max_examples=15, deadline=None)
@given(st.integers(1, 5).map(lambda n: Fraction(n, 2)), st.fractions(0, 5, max_denominator=9))
def test_exact_matrices_are_those_of_the_irrep(j, t):
    u, v = (1 - t * t) / (1 + t * t), 2 * t / (1 + t * t)  # cos(β/2) ≥ 0 wants t ≤ 1
    if u < 0:
        u, v = v, -u
    V, d = rt.SU(2).irrep(str(j)), rt.wigner_d(j, u * u - v * v)
    rho = V(rt.Matrix.of([[u, -v], [v, u]]))
    for i, k in np.ndindex(d.shape):
        ratio = V.gram[i] / V.gram[k]
        assert SignedRoot.of(rho[i, k].to_fraction(), ratio.to_fraction()) == d[i, k]


@pytest.mark.parametrize("beta", [0.3, 1.5707963267948966, 3.0, 1e-5, -40.0])
def test_floats_of_spin_100(beta):
    d = rt.wigner_d_numpy(100, beta)
    assert np.abs(d @ d.T - np.eye(201)).max() < 1e-14
    for row, column in [(0, 0), (100, 100), (3, 50), (77, 131), (200, 0), (120, 121)]:
        assert abs(d[row, column] - float(by_mpmath(100, row, column, beta))) < 1e-14


@pytest.mark.parametrize("n", range(9))
def test_quarter_turns_are_correctly_rounded(n):
    assert (_quarter_turn(n) == rt.wigner_d(Fraction(n, 2), 0).to_numpy()).all()


@settings(max_examples=25, deadline=None)
@given(spins, st.lists(angles, min_size=6, max_size=6))
def test_D_is_a_homomorphism(j, six):
    half = rt.wigner_D("1/2", *six[:3]) @ rt.wigner_D("1/2", *six[3:])
    (a, _), (c, _) = half
    both, beta = 2 * np.angle(a), 2 * np.arctan2(abs(c), abs(a))  # a = e^(−i(α+γ)/2) cos(β/2), c: e^(i(α−γ)/2) sin
    apart = 2 * np.angle(c)
    product = rt.wigner_D(j, (apart - both) / 2, beta, (-both - apart) / 2)
    assert np.abs(rt.wigner_D("1/2", (apart - both) / 2, beta, (-both - apart) / 2) - half).max() < 1e-14
    assert np.abs(rt.wigner_D(j, *six[:3]) @ rt.wigner_D(j, *six[3:]) - product).max() < 1e-13


@settings(max_examples=20, deadline=None)
@given(degrees, st.integers(0, 10**6))
def test_real_matrices_are_those_of_the_irrep(l, seed):
    g = rt.SO(3).sample(seed)
    angles = rt.euler_angles(g.matrix.to_numpy())
    assert np.abs(rt.wigner_D_real(l, *angles) - rt.SO(3).irrep(l).to_numpy(g)).max() < 1e-14


@given(st.lists(angles, min_size=3, max_size=3) | st.sampled_from([[1.0, 1e-9, 2.0], [0.5, np.pi, 0.25], [1, 0, 2]]))
def test_euler_angles_give_the_rotation_back(three):
    g = rt.wigner_D_real(1, *three)
    assert np.abs(rt.wigner_D_real(1, *rt.euler_angles(g)) - g).max() < 1e-14


def test_angles_broadcast():
    alpha, beta, gamma = np.linspace(0, 1, 4)[:, None], np.linspace(0, 2, 3), 0.5
    many = rt.wigner_D_real(3, alpha, beta, gamma)
    assert many.shape == (4, 3, 7, 7) and rt.wigner_D("1/2", alpha, beta, gamma).shape == (4, 3, 2, 2)
    assert np.abs(many[2, 1] - rt.wigner_D_real(3, alpha[2, 0], beta[1], gamma)).max() < 1e-15
    assert rt.euler_angles(rt.wigner_D_real(1, alpha, beta, gamma))[0].shape == (4, 3)


def test_scipy_has_the_same_angles():
    from scipy.spatial.transform import Rotation
    assert np.abs(Rotation.from_euler("ZYZ", [0.3, 1.2, -2.0]).as_matrix()
                  - rt.wigner_D_real(1, 0.3, 1.2, -2.0)).max() < 1e-15


@pytest.mark.parametrize("call, kind, pieces", [
    (lambda: rt.wigner_d(1, 2), NotACosine, ["2 is no cosine", "from -1 to 1"]),
    (lambda: rt.wigner_d(1, 0.5), rt.NotExact, ["0.5 is a float"]),
    (lambda: rt.wigner_d("1/3", 0), rt.NotASpin, ["is no spin"]),
    (lambda: rt.wigner_D_real("1/2", 0, 0, 0), rt.NotASpin, ["no harmonics of degree 1/2", "wigner_D"]),
    (lambda: rt.wigner_d_numpy(1, float("nan")), ValueError, ["no finite angle"]),
    (lambda: rt.euler_angles(-np.eye(3)), ValueError, ["is no rotation", "inversion"]),
])
def test_refusals(call, kind, pieces):
    with pytest.raises(kind) as caught:
        call()
    assert all(piece in str(caught.value) for piece in pieces), str(caught.value)
