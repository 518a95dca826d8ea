"""Exact decompositions: the change of basis, the isotypic projectors and the commutant, over random groups."""

from __future__ import annotations

import pytest
import tables
import zoo
from hypothesis import given, settings
from hypothesis import strategies as st
from symmetries import groups, reps

import reptheory as rt
from reptheory.decomposition import constituents, multiplicities
from reptheory.linalg import rank
from reptheory.matrix import Matrix
from reptheory.spinning import intertwiners


def check(v: rt.Rep) -> None:
    """T ρ(g) = (⊕ m_i A_i)(g) T with T invertible, and the multiplicities of the character."""
    found = v.decompose()
    t = found.change
    assert t.shape == (v.dim, v.dim) and rank(t) == v.dim
    for i, g in enumerate(v.group.generators):
        assert t @ v(g) == found.type(g) @ t, v.group.names[i]
    assert all(a.is_irreducible for _, a in found.multiplicities)
    assert found.multiplicities == multiplicities(v)
    assert sum(m * a.dim for m, a in found.multiplicities) == v.dim and found.type.character == v.character


@given(st.data())
def test_the_change_of_basis_decomposes_over_r_and_over_c(data):
    group = data.draw(groups())
    v = data.draw(reps(group, 10))
    check(v)
    check(v.complexify())


@given(st.data())
def test_products_of_irreps_decompose_as_their_characters(data):
    """Clebsch and Gordan: the multiplicities in A ⊗ B are the table of products."""
    group = data.draw(groups())
    table = group.character_table
    i, j = (data.draw(st.integers(0, len(table.keys) - 1)) for _ in range(2))
    v, w = (group.irrep(table.keys[k], over="C") for k in (i, j))
    if v.dim * w.dim <= 16:
        check(v * w)
        found = {key: m for m, key in constituents(v * w)}
        assert [found.get(key, 0) for key in table.keys] == table.products[i, j].tolist()


@given(st.data())
@settings(max_examples=10)
def test_projectors_are_averages_over_the_group(data):
    """P_i = χ_i(1) |G|⁻¹ Σ_g conj χ_i(g) ρ(g) over C (Serre, §2.6): idempotent, orthogonal, of sum 1."""
    group = data.draw(groups().filter(lambda g: g.order <= 24))
    v = data.draw(reps(group, 6)).complexify()
    found = v.decompose()
    total = Matrix.zeros(v.dim, v.dim)
    for k, ((m, a), p) in enumerate(zip(found.multiplicities, found.projectors, strict=True)):
        average = Matrix.zeros(v.dim, v.dim)
        for g in group.elements:
            average = average + v(g) * a.character(g).conj()
        assert average * rt.Q(f"{a.dim}/{group.order}") == p
        assert p @ p == p and rank(p) == m * a.dim
        assert all(p @ q == Matrix.zeros(v.dim, v.dim) for q in found.projectors[:k])
        total = total + p
    assert total.is_identity


@given(st.data())
@settings(max_examples=10)
def test_the_commutant_has_the_dimension_of_the_multiplicities(data):
    """dim End(V) = Σ m_i² dim End(A_i), and its elements commute with the group."""
    group = data.draw(groups())
    v = data.draw(reps(group, 6))
    kinds = {"real": 1, "complex": 2, "quaternionic": 4}
    assert v.commutant.dim == sum(m * m * kinds[a.type] for m, a in v.decompose().multiplicities)
    for d in range(v.commutant.dim):
        matrix = Matrix.of(v.commutant.basis[d].entries.tolist())
        assert all(matrix @ v(g) == v(g) @ matrix for g in group.generators)


@pytest.mark.parametrize("make", [
    lambda: rt.Q8().regular, lambda: rt.SL(2, 3).regular, lambda: tables.binary_octahedral().regular,
    lambda: rt.frobenius(7, 3).regular, lambda: rt.Dic(5).regular, lambda: rt.C(15).regular, lambda: rt.A(4).regular,
    lambda: rt.D(9).regular, lambda: rt.A(5).natural ** 2, lambda: rt.S(5).natural ** 2,
    lambda: rt.SL(2, 5).natural.complexify(), lambda: (rt.Q8() * rt.C(3)).regular,
    lambda: rt.S(4).irrep((3, 1)) * rt.S(4).irrep((2, 1, 1)),
    lambda: 2 * rt.icosahedral().vector + rt.icosahedral().sign,
], ids=lambda make: "")
def test_real_complex_and_quaternionic_constituents(make):
    check(make())


def test_pairs_of_points_of_m11():
    """M11 is sharply 4-transitive on 11 points (Atlas, p. 18), so dim End(V ⊗ V) is Bell(4) = 15."""
    found = (zoo.m11().natural ** 2).decompose()
    assert [(m, a.dim) for m, a in found.multiplicities] == [(2, 1), (3, 10), (1, 44), (1, 45)]
    assert sum(m * m for m, _ in found.multiplicities) == zoo.BELL[4]


def test_young_s_form_in_third_tensor_powers():
    check(rt.S(5).natural ** 3)


# Intertwiners by eigenvectors ----------------------------------------------------------------------------


@given(st.data())
def test_intertwiners_by_eigenvectors_span_what_elimination_finds(data):
    group = data.draw(groups())
    v = data.draw(reps(group, 8)).complexify()
    for m, key in constituents(v):
        a = group.irrep(key, over="C")
        found = intertwiners(v, a, m)
        assert found is not None and len(found) == m
        for t in found:
            assert all(t @ v(g) == a(g) @ t for g in group.generators)
        flat = Matrix.vstack([Matrix.of([[x for row in t.rows() for x in row]]) for t in found])
        assert rank(flat) == m == (v >> a).dim


def test_a_wrong_multiplicity_finds_nothing():
    group = rt.S(4)
    assert intertwiners(group.natural, group.irrep((3, 1)), 2) is None
    assert intertwiners(group.natural, group.irrep((2, 2)), 1) is None


def test_large_denominators_need_several_primes():
    """A basis with entries of 40 digits: the answer is lifted by the Chinese remainder theorem."""
    group, n = rt.S(4), 10**40 + 1
    change = Matrix.of([[1, n, 0], [0, 1, f"1/{n}"], [0, 0, 3]])
    a = group.irrep((3, 1))
    b = group.rep(**{name: change @ a(name) @ change.inverse() for name in group.names})
    (t,) = intertwiners(group.natural, b, 1)
    assert all(t @ group.natural(g) == b(g) @ t for g in group.generators) and rank(t) == 3


def test_decompositions_do_not_depend_on_the_run():
    one, two = ((rt.S(4).natural ** 2).decompose() for _ in range(2))
    assert one.change == two.change and (one.change @ two.inverse).is_identity


@pytest.mark.parametrize("make", [lambda: rt.SL(2, 3).natural, lambda: rt.S(4).natural, lambda: rt.C(5).regular])
def test_elimination_decides_where_no_eigenvector_serves(monkeypatch, make):
    monkeypatch.setattr("reptheory.decomposition.intertwiners", lambda *given: None)
    check(make())
