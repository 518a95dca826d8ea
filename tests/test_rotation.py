"""The irreps of SO(3), SU(2) and the circle as exact matrices: brackets, products and metrics, with zero tolerance."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import reptheory as rt
from reptheory.harmonic import Harmonics
from reptheory.matrix import Matrix
from reptheory.polynomial import Polynomial
from reptheory.rotation import (
    NotARotation,
    circular_matrix,
    derivatives,
    form_derivative,
    form_gram,
    form_matrix,
    gradients,
    matrix,
)

degrees = st.integers(0, 5)
I = rt.quadratic(-1).generator


def rotation(a: int, b: int, c: int, d: int) -> Matrix:
    """The rotation v ↦ qvq⁻¹ of the quaternion q = a + bi + cj + dk."""
    rows = [[a * a + b * b - c * c - d * d, 2 * (b * c - a * d), 2 * (b * d + a * c)],
            [2 * (b * c + a * d), a * a - b * b + c * c - d * d, 2 * (c * d - a * b)],
            [2 * (b * d - a * c), 2 * (c * d + a * b), a * a - b * b - c * c + d * d]]
    return Matrix.of(rows) * Fraction(1, a * a + b * b + c * c + d * d)


@st.composite
def rotations(draw, mirror: bool = False):
    """Rational rotations, from quaternions with integer entries."""
    q = draw(st.tuples(*[st.integers(-4, 4)] * 4))
    assume(any(q))
    return -rotation(*q) if mirror and draw(st.booleans()) else rotation(*q)


def applied(m: Matrix, polynomials) -> list[Polynomial]:
    zero = Polynomial(3, {})
    return [sum((y * c.to_fraction() for c, y in zip(row, polynomials) if c), zero) for row in m.rows()]


@pytest.mark.parametrize("l", range(6))
def test_derivatives_and_gradients_are_those_of_the_polynomials(l):
    ys = Harmonics(l).polynomials
    x, y, z = Polynomial.variables(3)
    fields = ((0 * x, -z, y), (z, 0 * x, -x), (-y, x, 0 * x))
    for field, derivative in zip(fields, derivatives(l)):
        along = [sum((g * v for g, v in zip(f.gradient, field)), 0 * x) for f in ys]
        assert applied(derivative, ys) == along
    for k, step in enumerate(gradients(l) if l else ()):
        assert applied(step, Harmonics(l - 1).polynomials) == [f.gradient[k] for f in ys]


@given(st.integers(0, 12))
def test_the_bracket_is_kept_and_the_casimir_is_a_scalar(l):
    x, y, z = derivatives(l)
    assert (x @ y - y @ x, y @ z - z @ y, z @ x - x @ z) == (z, x, y)
    assert x @ x + y @ y + z @ z == Matrix.identity(2 * l + 1) * (-l * (l + 1))
    metric = Matrix.diagonal(Harmonics(l).gram)
    assert all((metric @ d).T == -(metric @ d) for d in (x, y, z))


@given(degrees, rotations(mirror=True), rotations(mirror=True))
def test_matrices_multiply_and_preserve_the_metric(l, g, h):
    assert matrix(l, g) @ matrix(l, h) == matrix(l, g @ h)
    metric = Matrix.diagonal(Harmonics(l).gram)
    assert matrix(l, g).T @ metric @ matrix(l, g) == metric


@given(degrees, rotations(mirror=True), st.tuples(*[st.fractions(-2, 2, max_denominator=3)] * 3))
def test_matrices_move_the_values(l, g, point):
    moved = [row[0] for row in (g @ Matrix.of([[x] for x in point])).rows()]
    assert matrix(l, g) @ Matrix.of([[v] for v in Harmonics(l)(*point)]) == Matrix.of(
        [[v] for v in Harmonics(l)(*moved)])


def test_the_matrix_over_a_number_field():
    root = rt.quadratic(2).generator / 2
    g = Matrix.of([[root, -root, 0], [root, root, 0], [0, 0, 1]])
    assert (matrix(3, g) ** 8).is_identity and matrix(3, g).field == rt.quadratic(2)


@given(st.integers(0, 7))
def test_forms_keep_the_bracket(degree):
    x = Matrix.of([[0, -I / 2], [-I / 2, 0]])
    y = Matrix.of([[0, Fraction(-1, 2)], [Fraction(1, 2), 0]])
    z = Matrix.of([[-I / 2, 0], [0, I / 2]])
    a, b, c = (form_derivative(degree, m) for m in (x, y, z))
    assert (a @ b - b @ a, b @ c - c @ b, c @ a - a @ c) == (c, a, b)
    spin = Fraction(degree, 2)
    assert a @ a + b @ b + c @ c == Matrix.identity(degree + 1) * (-spin * (spin + 1))


@given(st.integers(0, 6), st.tuples(*[st.integers(-3, 3)] * 4), st.tuples(*[st.integers(-3, 3)] * 4))
def test_forms_multiply_and_preserve_the_metric(degree, p, q):
    assume(any(p) and any(q))
    g, h = (Matrix.of([[a + b * I, c + d * I], [-c + d * I, a - b * I]]) for a, b, c, d in (p, q))
    assert form_matrix(degree, g) @ form_matrix(degree, h) == form_matrix(degree, g @ h)
    metric, size = Matrix.diagonal(form_gram(degree)), sum(x * x for x in p) ** degree
    assert form_matrix(degree, g).H @ metric @ form_matrix(degree, g) == metric * size


@given(st.integers(0, 6))
def test_circular_matrices_multiply(k):
    g = Matrix.of([["3/5", "-4/5"], ["4/5", "3/5"]])
    s = Matrix.of([[1, 0], [0, -1]])
    for a in (g, s, g @ s):
        for b in (g, s):
            assert circular_matrix(k, a) @ circular_matrix(k, b) == circular_matrix(k, a @ b)


def test_matrices_that_do_not_turn_are_refused():
    with pytest.raises(NotARotation, match=r"no orthogonal 3×3 matrix\. Give one with gᵀg = 1"):
        matrix(2, Matrix.diagonal([1, 1, 2]))
    with pytest.raises(NotARotation, match="no orthogonal 2×2 matrix"):
        circular_matrix(2, Matrix.identity(3))
