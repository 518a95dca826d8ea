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


# The representations ----------------------------------------------------------------------------------------------
def irreps(most: int = 3) -> list[rt.Rep]:
    return ([rt.SO(3).irrep(l) for l in range(most + 1)]
            + [rt.O(3).irrep(f"{l}{p}") for l in range(most + 1) for p in "eo"]
            + [rt.SU(2).irrep(key) for key in (0, "1/2", 1, "3/2", 2)]
            + [rt.SO(2).irrep(k) for k in range(most + 1)] + [rt.O(2).irrep(key) for key in ("0e", "0o", 1, 2)])


every_irrep = pytest.mark.parametrize("rep", irreps(), ids=lambda rep: rep.expression)


@every_irrep
def test_irreps_are_unitary_representations(rep):
    group = rep.group
    basis = rep.derivatives
    for a, x in enumerate(basis):
        for b, y in enumerate(basis):
            structure = zip(group.lie_algebra.structure[a][b], basis)
            expected = sum((z * c for c, z in structure if c), Matrix.zeros(rep.dim, rep.dim))
            assert x @ y - y @ x == expected
    assert rep.is_unitary
    g, h = group.sample(1), group.sample(2)
    for left in (g, *group.generators):
        assert rep(left) @ rep(h) == rep(left * h)
    casimir = sum((x @ x for x in basis), Matrix.zeros(rep.dim, rep.dim))
    assert -casimir == Matrix.identity(rep.dim) * rep.casimir


@every_irrep
def test_the_matrix_of_an_exponential_is_the_exponential_of_the_derivative(rep):
    g = rep.group.sample(3)
    floats = rep.to_numpy(g)
    assert abs(floats.conj().T @ floats - Matrix.identity(rep.dim).to_numpy()).max() < 1e-13
    assert rt.read(rep.expression) == rep


def test_the_first_irreps_are_the_defining_ones():
    for rep, vector in ((rt.SO(3).irrep(1), rt.SO(3).vector), (rt.O(3).irrep("1o"), rt.O(3).vector),
                        (rt.SU(2).irrep("1/2"), rt.SU(2).vector), (rt.SO(2).irrep(1), rt.SO(2).vector),
                        (rt.O(2).irrep(1), rt.O(2).vector)):
        g = rep.group.sample(4)
        assert rep.derivatives == vector.derivatives and rep(g) == vector(g) and rep.actions == vector.actions
        assert rep.gram == vector.gram


def test_hom_counts_irreps():
    V = rt.SO(3).irrep
    assert rt.Hom(V(1) * V(2), V(3)).dim == 1 and rt.Hom(V(2), V(1)).dim == 0
    O = rt.O(3).irrep
    assert rt.Hom(O("1o") * O("1o"), O("1e")).dim == 1 and rt.Hom(O("1o") * O("1o"), O("1o")).dim == 0
    S = rt.SU(2).irrep
    assert rt.Hom(S("1/2") * S("1/2"), S(1)).dim == 1
    assert rt.Hom(rt.SO(2).irrep(2), rt.SO(2).irrep(2)).dim == 2 and rt.Hom(rt.O(2).irrep(2), rt.O(2).irrep(2)).dim == 1


def test_keys_name_one_object():
    assert rt.SU(2).irrep("2/2") == rt.SU(2).irrep(1) == rt.SU(2).irrep("1")
    assert rt.SU(2).irrep(Fraction(1, 2)).key == "1/2"
    assert rt.SO(3).irrep(2) != rt.O(3).irrep("2e")


@pytest.mark.parametrize(("make", "words"), [
    (lambda: rt.SO(3).irrep("1/2"), ["no irrep '1/2'", "half-integer", "rt.SU(2).irrep('1/2')"]),
    (lambda: rt.SO(3).irrep(Fraction(3, 2)), ["no irrep '3/2'", "rt.SU(2).irrep('3/2')"]),
    (lambda: rt.SO(3).irrep("1o"), ["parity", "no rotation", "rt.SO(3).irrep(1), or rt.O(3).irrep('1o')"]),
    (lambda: rt.SO(3).irrep(-1), ["no irrep -1", "l = 0, 1, 2"]),
    (lambda: rt.O(3).irrep(1), ["two irreps of degree 1", "rt.O(3).irrep('1o')"]),
    (lambda: rt.O(3).irrep("1/2"), ["half-integer", "rt.SU(2)"]),
    (lambda: rt.O(3).irrep("-1o"), ["no irrep '-1o'", "rt.O(3).irrep('1o')"]),
    (lambda: rt.SU(2).irrep("1/3"), ["no irrep '1/3'", "rt.SU(2).irrep('1/2')"]),
    (lambda: rt.SU(2).irrep(-1), ["no irrep -1"]),
    (lambda: rt.SO(2).irrep(-2), ["no real irrep -2", "isomorphic", "rt.SO(2).irrep(1)"]),
    (lambda: rt.O(2).irrep(0), ["no irrep 0", "rt.O(2).irrep('0e')"]),
])
def test_keys_that_name_no_irrep(make, words):
    with pytest.raises(rt.NoSuchIrrep) as error:
        make()
    assert all(word in str(error.value) for word in words)
