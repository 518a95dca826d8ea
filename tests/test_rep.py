"""Representations: the homomorphism law, metrics, characters, types with multiplicity, refusals."""

from __future__ import annotations

import copy
import pickle
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from symmetries import groups, reps, subgroups, typed
from zoo import m11, pocket_cube

import reptheory as rt
from reptheory.matrix import Matrix
from reptheory.monomial import Monomial, as_matrix

NAMES = {name: getattr(rt, name) for name in rt.__all__}
every_rep = given(typed(1, 8), st.data())


def some(data, group, count: int = 2):
    """Random elements of a group."""
    return [group.elements[data.draw(st.integers(0, group.order - 1))] for _ in range(count)]


# The laws ------------------------------------------------------------------------------------------------


@every_rep
def test_a_representation_is_a_homomorphism(drawn, data):
    group, v = drawn
    g, h = some(data, group)
    assert v(g * h) == v(g) @ v(h) and v(g.inverse) == v(g).inverse()
    assert v(group.identity) == Matrix.identity(v.dim) and v(g).shape == (v.dim, v.dim)
    assert v(g.word) == v(g) == as_matrix(v.action(list(g.images)))


@every_rep
def test_the_metric_is_invariant(drawn, data):
    """Permutations, planes and what the functors make of them: ρ(g)ᴴ D ρ(g) = D, with D positive."""
    group, v = drawn
    metric = Matrix.diagonal(v.gram)
    assert v.is_unitary and len(v.gram) == v.dim and all(d.sign() > 0 for d in v.gram)
    for g in some(data, group):
        assert v(g).H @ metric @ v(g) == metric


@every_rep
def test_floats_are_the_exact_matrix_in_orthonormal_coordinates(drawn, data):
    group, v = drawn
    (g,) = some(data, group, 1)
    root = np.sqrt([float(d) for d in v.gram])
    exact = np.array([[complex(x) for x in row] for row in v(g).rows()])
    got = v.to_numpy(g)
    np.testing.assert_allclose(got, exact * root[:, None] / root, rtol=1e-14, atol=1e-15)
    assert v.to_numpy(g, "float32").dtype in (np.float32, np.complex64)
    np.testing.assert_allclose(got.conj().T @ got, np.eye(v.dim), atol=1e-13)


@every_rep
def test_characters_are_traces_constant_on_classes(drawn, data):
    group, v = drawn
    assert v.character.values[0] == v.dim and len(v.character.values) == len(group.classes)
    g, h = some(data, group)
    assert v.character(g) == v.trace(g) == v(g).trace() == v.character(h * g * h.inverse)
    assert v.character(g.inverse) == v.character(g).conj()


@given(typed(2, 6))
def test_characters_add_multiply_and_conjugate(drawn):
    _, v, w = drawn
    assert (v + w).character == v.character + w.character
    assert (v * w).character == v.character * w.character
    assert v.dual.character == v.character.conj()
    assert v.character.inner(w.character) == w.character.inner(v.character).conj()
    assert v.character.norm.to_fraction().denominator == 1


@given(typed(1, 8))
def test_a_representation_is_its_repr_its_copy_and_its_pickle(drawn):
    _, v = drawn
    v.character  # noqa: B018 (what is worked out does not count)
    for other in (eval(repr(v), dict(NAMES)), copy.deepcopy(v), pickle.loads(pickle.dumps(v))):
        assert other == v and hash(other) == hash(v) and other.actions == v.actions
    assert repr(v) == f"{v.expression}  # dim {v.dim}" + (", complex" if v.scalars == "C" else "")


# The representations every group has ---------------------------------------------------------------------


@given(groups())
def test_the_regular_representation_has_character_order_at_1_and_0_elsewhere(group):
    regular = group.regular
    assert regular.character.values == (group.order, *(0,) * (len(group.classes) - 1))
    for g in group.generators:
        assert all(group.elements[int(j)] == g * group.elements[i]
                   for i, j in list(enumerate(regular.action(g).images))[:20])


@given(groups())
def test_burnside_counts_orbits_by_fixed_points(group):
    chi = group.natural.character
    for c, value in zip(group.classes, chi.values):
        assert value == sum(c.representative(i) == i for i in range(group.degree))
    assert chi.inner(group.trivial.character) == len(group.orbits())


@given(groups(), st.data())
def test_the_sign_is_the_determinant_of_the_natural_representation(group, data):
    (g,) = some(data, group, 1)
    assert group.sign(g)[0, 0] == group.natural(g).det()
    assert group.sign.character * group.sign.character == group.trivial.character
    assert group.trivial.is_trivial and group.trivial(g).is_identity


@given(groups(), st.data())
def test_quotients_permute_cosets(group, data):
    sub = data.draw(subgroups(group))
    v = group.quotient(sub)
    assert v.dim * sub.order == group.order and v.is_permutation
    assert v.character.inner(group.trivial.character) == 1  # transitive
    assert v.restrict(sub).trace(sub.generators[0]) >= 1    # a subgroup fixes its own coset


@given(groups(), st.data())
def test_matrices_of_a_representation_make_it_again(group, data):
    v = data.draw(reps(group, 4))
    again = group.rep(**{name: v(name) for name in group.names})
    assert [again(g) for g in group.generators] == [v(g) for g in group.generators]
    assert again.scalars == v.scalars and eval(repr(again), dict(NAMES)) == again
    assert again.is_monomial or not v.is_monomial


@given(groups(), st.data())
def test_permutations_of_points_make_a_representation(group, data):
    sub = data.draw(subgroups(group))
    images = {name: a.images.tolist() for name, a in zip(group.names, group.quotient(sub).actions)}
    v = group.permutation(**images)
    assert v.actions == group.quotient(sub).actions and eval(repr(v), dict(NAMES)) == v


# Types ---------------------------------------------------------------------------------------------------


@given(typed(2, 5), st.integers(1, 3), st.data())
def test_sums_keep_their_summands_with_the_representation_slow_and_the_channel_fast(drawn, m, data):
    group, v, w = drawn
    (g,) = some(data, group, 1)
    copies = m * v
    assert copies.dim == m * v.dim == len(copies.gram) and copies.trace(g) == m * v.trace(g)
    assert [k for k, _ in copies.summands] == [m * k for k, _ in v.summands]
    assert (v + w)(g) == Matrix.block_diagonal([v(g), w(g)])
    assert copies(g) == Matrix.block_diagonal([a(g).kron(Matrix.identity(k)) for k, a in copies.summands])


@given(typed(2, 5), st.data())
def test_a_permutation_of_channels_intertwines_types_in_another_order(drawn, data):
    group, v, w = drawn
    one = 2 * v + w
    for other in (one.copies, w + 2 * v, v + w + v):
        p = as_matrix(one.permutation_to(other))
        for g in some(data, group):
            assert p @ one(g) == other(g) @ p
        assert other.permutation_to(one) == one.permutation_to(other).inverse()


def test_multiplicity_is_part_of_the_type():
    v = rt.D(4).vector
    assert 2 * v != v + v and (2 * v).copies == v + v and 1 * v == v and v * 3 == 3 * v
    assert 2 * (2 * v + v) == 4 * v + 2 * v
    assert [(m, a.expression) for m, a in (2 * v + rt.D(4).trivial).summands] == [
        (2, "D(4).vector"), (1, "D(4).trivial")]
    with pytest.raises(ValueError, match=r"do not have the same summands.*Compare V\.summands"):
        (2 * v).permutation_to(3 * v)


def test_large_sums_are_asked_summand_by_summand():
    """64 copies of the regular representation: nothing of dimension 512 is built."""
    many = 64 * rt.D(4).regular
    assert many.dim == 512 and many.is_permutation and many.is_monomial and many.is_unitary and not many.is_trivial
    assert many.trace("r") == 0 and many.character.values[0] == 512 and many.field == rt.Q
    assert "actions" not in many.__dict__


@pytest.mark.parametrize("text", [
    "3*(V * V)", "(V + V) * V", "V * (V + W)", "V**3", "(2*V)**2", "2*V.dual + V", "(V * W).dual", "(V + W).sym(2)",
    "V * V.dual", "2*(V * W) + W", "(V + W).complexify()", "2*V.sym(2) + W",
])
def test_expressions_of_sums_and_products_evaluate_back(text):
    v = eval(text, {"V": rt.D(4).vector, "W": rt.D(4).natural})
    assert eval(repr(v), dict(NAMES)) == v and v.actions == eval(repr(v), dict(NAMES)).actions


def test_powers():
    v = rt.D(3).vector
    assert v**0 == rt.D(3).trivial and v**1 == v and v**2 == v * v and v**3 == v * (v * v) == (v * v) * v
    assert (v**3)("r") == v("r").kron(v("r")).kron(v("r"))


# Invariants ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rep, kind", [
    (rt.S(5).natural, None), (rt.D(5).vector, "real"), (rt.C(5).vector, "complex"), (rt.C(2).vector, None),
    (rt.octahedral().vector, "real"), (rt.icosahedral().vector, "real"), (rt.S(4).sign, "real"),
    (rt.D(4).vector + rt.D(4).vector, None), (rt.tetrahedral().vector.sym(2), None),
    (rt.C(4).rep(r=[[rt.cyclotomic(4).generator]]), "complex"), (rt.C(2).irrep(1, over="C"), "real"),
])
def test_types_by_frobenius_and_schur(rep, kind):
    assert rep.type == kind and rep.is_irreducible == (kind is not None)


def test_the_quaternions_over_both_fields():
    """Serre, Linear Representations of Finite Groups, §13.2: of dimension 2 over C, and 4 over R, irreducible."""
    i = rt.cyclotomic(4).generator
    plane = rt.Q8().rep(i=[[i, 0], [0, -i]], j=[[0, -1], [1, 0]])
    assert plane.scalars == "C" and plane.is_irreducible and plane.type == "quaternionic" and plane.is_unitary
    real = plane.realify()
    assert real.dim == 4 and real.is_irreducible and real.type == "quaternionic" and real.character.norm == 4


def test_the_mathieu_group_is_doubly_transitive():
    """Sharply 4-transitive on 11 points: the permutation character is 1 + χ with χ irreducible (Atlas: 10a)."""
    chi = m11().natural.character
    assert chi.norm == 2 and chi.inner(m11().trivial.character) == 1


# Groups too large to list --------------------------------------------------------------------------------


def test_representations_of_large_groups_are_checked_without_a_list():
    cube = pocket_cube()  # no relations are known for it: the pairs (g, ρ(g)) are counted
    again = cube.permutation(**{n: g.cycles and list(g.images) for n, g in zip(cube.names, cube.generators)})
    assert again.actions == cube.natural.actions
    signs = cube.rep(**{n: cube.sign(n) for n in cube.names})
    assert [signs.trace(n) for n in cube.names] == [cube.sign.trace(n) for n in cube.names]
    assert rt.S(12).rep(r=[[-1]], s=[[-1]]).trace("r*s") == 1
    for matrix in ([[1, 0], [0, -1]], [[-1]], [["2"]]):
        values = {n: matrix if n == "u" else Matrix.identity(len(matrix)) for n in cube.names}
        with pytest.raises(rt.NotARepresentation, match=r"of order \d+|infinite order"):
            cube.rep(**values)
    with pytest.raises(rt.TooLarge):
        cube.natural.character  # noqa: B018


# Refusals ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("act, kind, message", [
    (lambda: rt.D(4).rep(r=[[1]], s=[[2]]), rt.NotARepresentation, r"in D\(4\) we have s² = 1(.|\n)*ρ\(s²\) = \[4\]"),
    (lambda: rt.Q8().rep(i=[[1]], j=[[0]]), rt.NotARepresentation, r"matrix of j is singular, det ρ\(j\) = 0"),
    (lambda: rt.D(4).rep(r=[[1, 0]], s=[[1]]), ValueError, r"ρ\(r\) has shape 1×2 where 1×1 is needed"),
    (lambda: rt.D(4).rep(r=[[1]]), TypeError, "none for s.*Give one value for each generator"),
    (lambda: rt.D(4).rep(r=[[1]], s=[[1]], t=[[1]]), TypeError, "t unknown"),
    (lambda: rt.C(2).rep(r=[[1.0]]), rt.NotExact, "1.0 is a float"),
    (lambda: rt.C(2).rep(r=[[1]], gram=(2, 6)), ValueError, "the metric has 2 entries.*dimension 1"),
    (lambda: rt.C(2).rep(r=[[1]], gram=()), ValueError, "the metric has 0 entries"),
    (lambda: rt.C(2).rep(r=[[1]], gram=(-2,)), ValueError, "entry -2 of the metric is not positive"),
    (lambda: rt.C(2).rep(r=[[1]], gram=(0,)), ValueError, "entry 0 of the metric is not positive"),
    (lambda: rt.C(2).rep(r=[[1]], gram=(0.5,)), rt.NotExact, "0.5 is a float"),
    (lambda: rt.C(2).rep(r=[[1]], gram=(rt.cyclotomic(4).generator,)), ValueError, "of the metric is not positive"),
    (lambda: rt.C(2).rep(r=[[0, 1], [1, 0]], gram=(1, 2)), ValueError, "is not invariant.*Leave gram out"),
    (lambda: rt.D(4).permutation(r="(0 1 2 3)", s="(0 1)"), rt.NotARepresentation, r"D\(4\) we have"),
    (lambda: rt.D(4).permutation(r="(0 1)"), TypeError, "none for s"),
    (lambda: rt.S(4).vector, ValueError, "names no action on space"),
    (lambda: rt.D(4).quotient(rt.C(3)), rt.NotASubgroup, r"C\(3\) is not a subgroup of D\(4\)"),
    (lambda: rt.D(4).vector("r*q"), ValueError, "'q' cannot be read"),
    (lambda: 0 * rt.D(4).vector, ValueError, "a multiplicity is a positive integer, and 0 is not"),
    (lambda: 2.0 * rt.D(4).vector, ValueError, "and 2.0 is not"),
    (lambda: rt.D(4).vector ** -1, ValueError, r"V\*\*-1: tensor powers.*V\.dual"),
    (lambda: rt.D(4).vector ** 1.5, ValueError, r"V\*\*1\.5: tensor powers"),
    (lambda: rt.D(4).vector + 1, TypeError, r"V \+ W needs two representations, and 1 is not one"),
    (lambda: rt.D(4).vector * rt.S(3).sign, rt.DifferentGroups, r"V \* W needs one group.*Restrict, induce"),
    (lambda: rt.D(4).sign.character + rt.D(3).sign.character, rt.DifferentGroups, "χ \\+ ψ needs one group"),
    (lambda: rt.D(4).sign.character * rt.C(5).trivial.character, rt.DifferentGroups, "χ · ψ needs one group"),
    (lambda: rt.D(4).sign.character.inner(rt.C(5).trivial.character), rt.DifferentGroups, "⟨χ, ψ⟩ needs one group"),
])
def test_refusals(act, kind, message):
    with pytest.raises(kind, match=message):
        act()


def test_metrics_are_given_exactly_and_shown():
    plane = rt.D(3).rep(r=[["-1/2", "-3/2"], ["1/2", "-1/2"]], s=[[1, 0], [0, -1]], gram=(Fraction(1, 3), 1))
    assert plane.is_unitary and plane.gram == (Fraction(1, 3), 1) and plane.dual.gram == (3, 1)
    assert eval(repr(plane), dict(NAMES)) == plane
    assert not rt.D(3).rep(r=[[0, -1], [1, -1]], s=[[0, 1], [1, 0]]).is_unitary
    phi = (1 + rt.quadratic(5).generator) / 2
    line = rt.C(2).rep(r=[[-1]], gram=(phi,))
    assert line.gram == (phi,) and eval(repr(line), dict(NAMES)) == line
    assert rt.D(4).rep(r=[[0, -1], [1, 0]], s=[[1, 0], [0, -1]]).actions[0] == Monomial.of([1, 0], [1, -1])


def test_traces_modulo_a_prime_are_those_of_the_matrices():
    for group in (rt.S(5), rt.PSL(2, q=7), rt.SL(2, q=5)):
        for V in (*group.irreps(), *group.irreps("C")):
            for c in group.classes:
                found = V.traces.of(group.word(c.representative))
                assert found is None or found == V.action(c.representative).trace()
                assert V.trace(c.representative) == V.action(c.representative).trace()
