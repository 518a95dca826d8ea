"""Factors of polynomials in several symbols: what they multiply to, and that finding them draws nothing at random."""
from __future__ import annotations

import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy.core.random import rng

from pdeconv import catalog
from pdeconv.factorisation import factor_list, factored

X = sympy.symbols("x y z")
A = sympy.Symbol("a", positive=True)
forms = st.tuples(*[st.integers(-3, 3)] * 4).filter(lambda c: any(c[1:])).map(
    lambda c: c[0] + sum(n * x for n, x in zip(c[1:], X)))


@settings(max_examples=60, deadline=None)
@given(st.lists(forms, min_size=1, max_size=4), st.fractions(-4, 4, max_denominator=6).filter(bool))
def test_a_product_of_linear_forms_is_found_again(given, c):
    content, found = factor_list(sympy.Rational(c) * sympy.expand(sympy.prod(given)))
    assert sum(k for _, k in found) == len(given)
    assert sympy.expand(content * sympy.prod(f ** k for f, k in found) - sympy.Rational(c) * sympy.prod(given)) == 0
    assert {f for f, _ in found} <= {s * sympy.primitive(g)[1] for g in given for s in (1, -1)}


@settings(max_examples=60, deadline=None)
@given(forms, forms, forms, st.sampled_from([X[0], A, sympy.sqrt(A), sympy.log(A), sympy.sqrt(2)]))
def test_formulas_are_written_as_sympy_writes_them(one, two, three, atom):
    e = sympy.expand(one * two * (atom + 1)) / (three + atom ** 2) + 1
    assert str(factored(e)) == str(sympy.factor(e))
    assert sympy.cancel(sympy.together(factored(e) - e)) == 0


@pytest.mark.parametrize("e, expected", [
    (0, "0"), (6, "6"), (-X[0] - X[1], "-x - y"), (2 * X[0] + 2 * X[1], "2*(x + y)"),
    (sympy.sqrt(A ** 2 * X[0] + A ** 2), "a*sqrt(x + 1)"), (X[0] ** 2 + X[1] ** 2, "x**2 + y**2"),
    (X[0] / 2 + X[1] / 3, "(3*x + 2*y)/6"), (X[0] ** 2 - 1, "(x - 1)*(x + 1)"),
    (sympy.exp(2 * X[0]) - 1, "(exp(x) - 1)*(exp(x) + 1)"), (X[0] ** A * X[1] + X[0] ** A, "x**a*(y + 1)"),
    (sympy.I * X[0] ** 2 - sympy.I * X[1] ** 2, "I*(x - y)*(x + y)"),
    (2 ** X[0] * (X[1] ** 2 - 1), "2**x*(y - 1)*(y + 1)"), (sympy.I, "I"),
    (sympy.sqrt(8) * (X[0] + 1), "2*sqrt(2)*(x + 1)"),
])
def test_known_factors(e, expected):
    assert str(factored(e)) == expected


def test_coefficients_in_symbols():
    x, y, _ = X
    assert factor_list(sympy.Poly(x ** 2 - y ** 2, x)) == (1, [(sympy.Poly(x - y, x), 1), (sympy.Poly(x + y, x), 1)])
    assert factor_list((x ** 2 / 4 - y ** 2) ** 3, x) == (
        sympy.Rational(1, 64), [(x - 2 * y, 3), (x + 2 * y, 3)])


def test_the_speeds_of_magnetohydrodynamics_draw_nothing():
    """Wang's algorithm, with points drawn at random, does not end for their quartic in one draw of a few hundred."""
    system = catalog.mhd()
    before = rng.getstate()
    degrees = sorted(f.degree for f in system.eigenstructure([1]).factors)
    assert degrees == [1, 2, 4]
    assert rng.getstate() == before
