"""The dictionary of stencils and operators: exact both ways, with the order that refinement of the grid shows."""
from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from pdeconv import DifferentialOperator, FormulaError, NotAKernel

entries = st.fractions(-5, 5, max_denominator=9)


@given(st.sampled_from([1, 3, 5]), st.integers(1, 3), st.data())
def test_kernels_and_operators_are_the_same_thing(k, ndim, data):
    if ndim == 3 and k == 5:
        k = 3
    kernel = np.array(data.draw(st.lists(entries, min_size=k ** ndim, max_size=k ** ndim)), object).reshape((k,) * ndim)
    h = data.draw(st.sampled_from([1, Fraction(1, 3), 2]))
    found = DifferentialOperator.of_kernel(kernel, h)
    assert (found.kernel(k, h) == kernel).all()
    assert eval(repr(found), {"DifferentialOperator": DifferentialOperator}) == found
    assert DifferentialOperator(found.coefficients or {(0,) * ndim: 0}) == found


def test_the_basis_of_three_points():
    # the tensor products of [0, 1, 0], [−1, 0, 1]/2 and [1, −2, 1]: an invertible 9×9 matrix
    rows = [[0, 1, 0], [Fraction(-1, 2), 0, Fraction(1, 2)], [1, -2, 1]]
    for a in range(3):
        for b in range(3):
            kernel = DifferentialOperator({(a, b): 1}).kernel(3)
            assert (kernel == np.multiply.outer(rows[b][::-1], rows[a])).all()  # y points up
    table = [DifferentialOperator({(a, b): 1}).kernel(3).ravel().tolist() for a in range(3) for b in range(3)]
    assert sympy.Matrix(table).det() != 0


@pytest.mark.parametrize("kernel, terms", [
    ([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]], {(1, 0): 8, (1, 2): 2}),                      # Sobel: 8 ∂x (1 + ∂y²/4)
    ([[1, 2, 1], [0, 0, 0], [-1, -2, -1]], {(0, 1): 8, (2, 1): 2}),                      # y points up
    ([["1/16", "1/8", "1/16"], ["1/8", "1/4", "1/8"], ["1/16", "1/8", "1/16"]],
     {(0, 0): 1, (2, 0): "1/4", (0, 2): "1/4", (2, 2): "1/16"}),                         # binomial: 1 + Δ/4 + …
    ([[0, 1, 0], [1, -4, 1], [0, 1, 0]], {(2, 0): 1, (0, 2): 1}),                        # the 5-point Laplacian
    ([1, -8, 0, 8, -1], {(1,): 12}),                                                     # Fornberg (1988), order 4
    ([-1, 16, -30, 16, -1], {(2,): 12}),
])
def test_known_stencils(kernel, terms):
    expected = DifferentialOperator(terms)
    assert DifferentialOperator.of_kernel(kernel) == expected


@given(st.integers(0, 4), st.integers(0, 4), st.integers(0, 4), st.integers(0, 4))
def test_stencils_differentiate_polynomials_exactly(a, b, m, n):
    kernel = DifferentialOperator({(a, b): 1}).kernel(5)
    value = sum(kernel[2 - y, 2 + x] * (x + 7) ** m * (y - 3) ** n for x in range(-2, 3) for y in range(-2, 3))
    s, t = sympy.symbols("s t")
    assert value == Fraction(int(sympy.diff(s ** m * t ** n, s, a, t, b).subs({s: 7, t: -3})))


@pytest.mark.parametrize("terms, size", [({(1,): 1}, 3), ({(2,): 1}, 3), ({(1,): 1}, 5), ({(2,): 1}, 5), ({(3,): 1}, 5),
                                         ({(4,): 1}, 5), ({(1,): 2, (2,): 1}, 5)])
def test_the_accuracy_is_what_refinement_shows(terms, size):
    operator = DifferentialOperator(terms)
    x = sympy.symbols("x")
    exact = float(sum(c * sympy.diff(sympy.exp(x), x, a) for (a,), c in operator.terms).subs(x, 0))
    errors = []
    for h in (Fraction(1, 4), Fraction(1, 8)):
        kernel = operator.kernel(size, h)
        errors.append(abs(sum(float(c) * np.exp(float(h) * (i - size // 2)) for i, c in enumerate(kernel)) - exact))
    assert abs(np.log2(errors[0] / errors[1]) - operator.accuracy(size)) < 0.1
    assert DifferentialOperator({(0,): 3}).accuracy(3) is None


def test_floats_are_the_exact_numbers_that_they_are():
    found = DifferentialOperator.of_kernel([0.0, 0.1, 0.0])
    assert found.coefficients == {(0,): Fraction(0.1)} != {(0,): Fraction(1, 10)}


def test_text():
    operator = DifferentialOperator({(1, 0): "-1/2", (0, 2): 1, (0, 0): 3})
    assert str(operator) == "3 + ∂y² − 1/2 ∂x"
    assert operator.latex() == r"3 + \partial_y^{2} - \frac{1}{2} \, \partial_x"
    assert str(DifferentialOperator({(0,): 0})) == "0" and operator.order == 2


@pytest.mark.parametrize("make, kind, words", [
    (lambda: DifferentialOperator.of_kernel([1, 2]), NotAKernel, "all sides are odd"),
    (lambda: DifferentialOperator({(3,): 1}).kernel(3), NotAKernel, "Take 5 or a larger odd number"),
    (lambda: DifferentialOperator({(1,): 1, (1, 0): 1}), FormulaError, "the same number in each term"),
    (lambda: DifferentialOperator({"x": 1}), FormulaError, "is no list of orders"),
    (lambda: DifferentialOperator({(1,): "a"}), FormulaError, "is no rational number"),
    (lambda: DifferentialOperator.of_kernel([float("nan")]), FormulaError, "Check the weights")])
def test_bad_input(make, kind, words):
    with pytest.raises(kind, match=words):
        make()
