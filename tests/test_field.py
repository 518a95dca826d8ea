"""Exact numbers: field axioms, embeddings, conjugation, and floats within one unit in the last place."""

from __future__ import annotations

import math
from fractions import Fraction

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import reptheory as rt
from reptheory.rounding import float_table

FIELDS = [rt.Q, rt.quadratic(5), rt.quadratic(-1), rt.quadratic(-3), rt.cyclotomic(5), rt.cyclotomic(8),
          rt.real_cyclotomic(7), rt.number_field([-2, 0, 0, 1], root=1.26)]
NAMES = {name: getattr(rt, name) for name in rt.__all__}
fractions = st.fractions(min_value=-50, max_value=50, max_denominator=40)


@st.composite
def numbers(draw, field=None) -> rt.Number:
    field = field or draw(st.sampled_from(FIELDS))
    total = field(0)
    for k in range(field.degree):
        total = total + draw(fractions) * field.generator**k
    return total


@given(st.data())
def test_the_field_axioms(data):
    field = data.draw(st.sampled_from(FIELDS))
    x, y, z = (data.draw(numbers(field)) for _ in range(3))
    assert x * (y + z) == x * y + x * z and (x * y) * z == x * (y * z) and x + y == y + x
    assert x - x == 0 and (x.is_zero or x / x == 1)


@given(numbers())
def test_arithmetic_agrees_with_balls_of_200_bits(x):
    y = x * x - 3 * x + Fraction(1, 7)
    with mpmath.workprec(200):
        value = x.to_mpmath(60)
        assert abs(y.to_mpmath(60) - (value**2 - 3 * value + mpmath.mpf(1) / 7)) < mpmath.mpf(10) ** -40


@given(numbers())
def test_a_number_evaluates_back_and_hashes_by_value(x):
    assert eval(repr(x), dict(NAMES)) == x
    larger = x.field.compositum(rt.quadratic(7))(x)
    assert larger == x and hash(larger) == hash(x)


@pytest.mark.parametrize("field", [f for f in FIELDS if f.degree != 3], ids=repr)
def test_conjugation_is_an_involution_that_fixes_the_real_subfield(field):
    alpha = field.generator
    assert alpha.conj().conj() == alpha
    norm = alpha * alpha.conj()
    assert norm == norm.conj() and norm.sign() >= 0
    assert 2 * field.real_subfield().degree == field.degree or field.is_real
    assert field.real_subfield()(norm) == norm


def test_a_field_without_its_conjugates_says_so():
    cubic = rt.number_field([-2, 0, 0, 1], root=-0.63 + 1.09j)
    with pytest.raises(rt.FieldTooSmall, match="conjugate"):
        _ = cubic.conjugate_generator
    assert cubic.generator.conj() ** 3 == 2  # it lives in the conjugate field


def test_cyclotomic_fields_nest_and_meet_quadratic_ones():
    """√5 = 1 + 2·2cos(2π/5), i = ζ₈² and √2 = ζ₈ + ζ₈⁻¹ (Washington, Introduction to Cyclotomic Fields)."""
    assert rt.real_cyclotomic(5)(rt.quadratic(5).generator) == 1 + 2 * rt.real_cyclotomic(5).generator
    zeta = rt.cyclotomic(8).generator
    assert rt.quadratic(-1).generator == zeta**2 and rt.quadratic(2).generator == zeta + zeta.inverse()
    assert rt.cyclotomic(10000).degree == 4000 and rt.real_cyclotomic(10000).degree == 2000


@pytest.mark.parametrize(("minpoly", "root"), [([-2, 0, 1], -1.41), (["-1/2", 0, 1], 0.7), ([2, 0, 1], -1.41j)])
def test_a_field_that_is_named_by_another_root_embeds_at_that_root(minpoly, root):
    """Q(√2) with α = −√2 or α = √½, and Q(√−2) with α = −√−2, all lie in Q(ζ₈)."""
    alpha = rt.number_field(minpoly, root=root).generator
    assert abs(complex(rt.cyclotomic(8)(alpha)) - root) < 0.01
    assert abs(complex(alpha + rt.cyclotomic(8).generator - rt.cyclotomic(8).generator) - root) < 0.01


def test_numbers_of_different_fields_are_told_apart_without_a_common_field(monkeypatch):
    """Roots of unity of order 2^k have the traces of their squares and themselves 0, so one hash."""
    numbers = [rt.cyclotomic(n).generator ** k for n in (8, 16, 32) for k in range(1, n, 2)]
    numbers += [rt.quadratic(2).generator, rt.real_cyclotomic(32).generator, rt.Q(1), rt.quadratic(3)(1)]
    fresh = [x * rt.cyclotomic(32)(1) for x in numbers]
    monkeypatch.setattr(rt.field.Field, "compositum", lambda self, other: pytest.fail(f"{self} and {other}"))
    assert len(set(numbers)) == len(numbers) - 1
    assert fresh[0] != numbers[1]


def test_a_cyclotomic_field_and_a_square_root_in_it_have_that_field():
    """The conductor of Q(√d) is |d| or 4|d| (Washington, Introduction to Cyclotomic Fields)."""
    K, L = rt.cyclotomic(840), rt.real_cyclotomic(840)
    for d in (2, 3, 5, 21, -1, -7, -30):
        assert rt.quadratic(d).compositum(K) is K and K.compositum(rt.quadratic(d)) is K
        assert d < 0 or rt.quadratic(d).compositum(L) is L
    assert rt.real_cyclotomic(7).compositum(rt.quadratic(-7)).degree == 6
    assert rt.real_cyclotomic(5).compositum(rt.quadratic(-5)).degree == 4
    assert rt.cyclotomic(5).compositum(rt.quadratic(2)).degree == 8


@given(numbers(rt.real_cyclotomic(7)), st.integers(-400, 400))
def test_signs_and_order_are_those_of_the_reals(x, shift):
    with mpmath.workprec(200):
        assert x.sign() == int(mpmath.sign(x.to_mpmath(60)))
        assert (x < shift) == (x.to_mpmath(60) < shift)


def ulps(value: float, exact: mpmath.mpf, dtype) -> float:
    return float(abs(mpmath.mpf(float(value)) - exact) / mpmath.mpf(float(np.spacing(abs(dtype(value))))))


@pytest.mark.parametrize(("name", "dtype"), [("float64", np.float64), ("float32", np.float32)])
@given(st.data())
def test_floats_are_the_nearest(name, dtype, data):
    field = data.draw(st.sampled_from([f for f in FIELDS if f.is_real]))
    x = data.draw(numbers(field)) * Fraction(10) ** data.draw(st.integers(-30, 30))
    q = abs(data.draw(numbers(field))) + Fraction(1, 9)
    with mpmath.workprec(300):
        for radicand in (rt.Q(1), q):
            found = float_table([x], [radicand], name)[0]
            exact = x.to_mpmath(80) * mpmath.sqrt(radicand.to_mpmath(80))
            assert ulps(found, exact, dtype) <= 0.5000001 if not x.is_zero else found == 0


def test_famous_roots_round_like_their_decimals():
    assert float(rt.quadratic(2).generator) == math.sqrt(2)
    assert rt.Q(2).sqrt_to_float() == math.sqrt(2)
    assert complex(rt.quadratic(-1).generator) == 1j
    assert float(rt.Q("1/3")) == 1 / 3
    assert str(rt.quadratic(5).generator.to_sympy()) == "sqrt(5)"
    with mpmath.workdps(60):
        assert abs(rt.quadratic(2).generator.to_mpmath(60) - mpmath.sqrt(2)) < mpmath.mpf(10) ** -58


@pytest.mark.parametrize("value", [0.5, float("nan"), float("inf"), np.float64(0.25), 1 + 2j, True, "half"])
def test_inexact_input_is_refused_with_the_exact_way_to_write_it(value):
    with pytest.raises(rt.NotExact, match=r"Write|write"):
        rt.Q(value)


def test_a_reducible_or_ambiguous_field_is_refused():
    with pytest.raises(ValueError, match="reducible"):
        rt.number_field([-1, 0, 1], root=1)
    with pytest.raises(ValueError, match="single out"):
        rt.number_field([-2, 0, 1], root=0)
