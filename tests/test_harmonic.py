"""Harmonic polynomials: harmonic, orthogonal by exact integration, and in the conventions that they state."""

from __future__ import annotations

from fractions import Fraction
from math import prod

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import reptheory as rt
from reptheory.harmonic import Harmonics, gegenbauer
from reptheory.polynomial import Polynomial

spaces = st.tuples(st.integers(0, 5), st.integers(2, 5)).map(lambda pair: Harmonics(*pair))
rationals = st.fractions(-3, 3, max_denominator=5)


def radius(n: int, power: int) -> Polynomial:
    """|x|^{2·power}."""
    square = sum((x * x for x in Polynomial.variables(n)), Polynomial(n, {}))
    found = Polynomial.constant(n, 1)
    for _ in range(power):
        found = found * square
    return found


@given(spaces)
def test_the_polynomials_are_harmonic_homogeneous_and_as_many_as_the_dimension(space):
    assert space.dim == len(space.polynomials) == len(space.gram) == len(space.orders)
    for y in space.polynomials:
        assert y.laplacian == Polynomial(space.n, {})
        assert {sum(a) for a in y.terms} == {space.l}
        assert all(isinstance(c, int) for c in y.terms.values())


@given(spaces)
def test_they_are_orthogonal_over_the_sphere_with_the_metric_by_exact_integration(space):
    for i, (y, d) in enumerate(zip(space.polynomials, space.gram)):
        assert rt.Q((y * y).sphere_mean()) * d * space.dim == 1
        assert all(not (y * other).sphere_mean() for other in space.polynomials[:i])


@given(spaces)
def test_the_squares_sum_to_the_radius(space):
    terms = [y * y * d.to_fraction() for y, d in zip(space.polynomials, space.gram)]
    assert sum(terms, Polynomial(space.n, {})) == radius(space.n, space.l)


@given(st.integers(1, 4), st.integers(2, 4), st.data())
def test_values_at_exact_points_are_those_of_the_polynomials(l, n, data):
    point = data.draw(st.tuples(*[rationals] * n))
    space = rt.spherical_harmonics(l, n)
    values = space(*point)
    assert sum((d * v * v for d, v in zip(space.gram, values)), rt.Q(0)) == rt.Q(sum(x * x for x in point)) ** l
    assert space(*map(rt.Q, point)) == values


def test_degree_one_is_the_vector_itself():
    for n in (2, 3, 4, 6):
        assert Harmonics(1, n).polynomials == Polynomial.variables(n)
        assert all(d == 1 for d in Harmonics(1, n).gram)


def test_degree_two_and_three_in_three_dimensions():
    # The primitive integer multiples of the table in Abramowitz and Stegun, 8.6.
    x, y, z = Polynomial.variables(3)
    r = radius(3, 1)
    assert Harmonics(2).polynomials == (x * x - y * y, 2 * x * y, x * z, y * z, 3 * z * z - r)
    assert Harmonics(3).polynomials[6] == 5 * z * z * z - 3 * z * r
    assert Harmonics(3).polynomials[0] == x * x * x - 3 * x * y * y
    assert [h.orders[0] for h in map(Harmonics, range(3))] == [(0,), (1,), (2,)]


def test_gegenbauer_of_index_one_half_are_legendre_polynomials():
    assert gegenbauer(5, Fraction(1, 2)) == (63, -70, 15)  # P_5 = (63t⁵ − 70t³ + 15t)/8, Abramowitz and Stegun 22.3
    assert gegenbauer(3, Fraction(1)) == (2, -1)           # U_3 = 8t³ − 4t


def test_values_lie_in_the_field_of_the_point():
    root = rt.quadratic(2).generator
    assert Harmonics(2)(root, 1, 0)[:2] == (rt.Q(1), 2 * root)


def test_high_degrees_cost_little():
    assert len(Harmonics(24).polynomials) == 49
    assert Harmonics(24).gram[0] == Fraction(2 * prod(range(1, 48, 2)), prod(range(2, 49, 2)))  # 2 (2l)!/(2ˡ l!)²
    assert Harmonics(24)(0, 0, 1)[-1] > 0


@pytest.mark.parametrize("l", [0, 1, 2, 5, 9])
def test_agreement_with_scipy(l, rng):
    special = pytest.importorskip("scipy.special")
    points = rng.normal(size=(5, 3))
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    theta, phi = np.arccos(points[:, 2]), np.arctan2(points[:, 1], points[:, 0])
    ours = np.array([[float(v) for v in Harmonics(l)(*map(Fraction, map(float, p)))] for p in points])
    ours *= np.sqrt([float(d) for d in Harmonics(l).gram])
    for i, (m,) in enumerate(Harmonics(l).orders):
        theirs = special.sph_harm_y(l, abs(m), theta, phi) * (-1) ** m * np.sqrt(4 * np.pi / (2 * l + 1))
        theirs = np.sqrt(2) * (theirs.real if m > 0 else theirs.imag) if m else theirs.real
        np.testing.assert_allclose(ours[:, i], theirs, atol=1e-13)


@pytest.mark.parametrize(("make", "words"), [
    (lambda: rt.spherical_harmonics(-1), ["-1 is no degree", "Give an integer l ≥ 0"]),
    (lambda: rt.spherical_harmonics("1/2"), ["'1/2' is no degree", "l ≥ 0"]),
    (lambda: rt.spherical_harmonics(2, n=1), ["R^1", "Give n ≥ 2"]),
])
def test_refusals(make, words):
    with pytest.raises(rt.NoHarmonics) as error:
        make()
    assert all(word in str(error.value) for word in words)


def test_floats_and_wrong_points_are_refused():
    with pytest.raises(rt.NotExact):
        Harmonics(1)(0.5, 0, 0)
    with pytest.raises(ValueError, match="in 3 variables has no value at 2 coordinates"):
        Harmonics(1)(1, 0)


def test_expressions_and_sympy():
    sympy = pytest.importorskip("sympy")
    x, y, z = sympy.symbols("x y z", real=True)
    assert sympy.expand(Harmonics(2).to_sympy()[4] - (2 * z ** 2 - x ** 2 - y ** 2)) == 0
    assert repr(rt.spherical_harmonics(2)) == "spherical_harmonics(2)"
    assert repr(rt.spherical_harmonics(2, n=4)) == "spherical_harmonics(2, n=4)"
    assert str(Polynomial(2, {(0, 0): Fraction(-1, 2), (2, 1): 1, (1, 0): -1})) == "x^2*y - x - 1/2"
    assert str(Polynomial(2, {})) == "0"
