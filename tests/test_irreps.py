"""Irreducible representations of cyclic and dihedral groups in closed form, and exact decomposition."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from symmetries import reps

import reptheory as rt
from reptheory.linalg import rank
from reptheory.matrix import Matrix

NAMES = {name: getattr(rt, name) for name in rt.__all__}
CYCLIC, DIHEDRAL = [rt.C(n) for n in range(1, 10)], [rt.D(n) for n in range(1, 9)]
CLOSED = [*CYCLIC, *DIHEDRAL, rt.S(1), rt.S(2), rt.S(3), rt.A(1), rt.A(2), rt.A(3), rt.D(4).subgroup(t="r"),
          rt.D(6).subgroup(a="r^2", b="r*s"), rt.presentation("x y", "x^5, y^2, (x*y)^2"), rt.group(g="(0 1)(2 3 4)")]
each = pytest.mark.parametrize("group", CLOSED, ids=lambda group: group.expression)
each_over = pytest.mark.parametrize("over", ["R", "C"])


@each
def test_over_c_there_are_as_many_as_classes_and_the_squares_of_dimensions_add_up_to_the_order(group):
    found = group.irreps(over="C")
    assert len(found) == len(group.classes) and sum(v.dim**2 for v in found) == group.order
    for i, v in enumerate(found):
        assert [v.character.inner(w.character) for w in found] == [int(i == j) for j in range(len(found))]
        assert v.is_irreducible and v.scalars == "C" and v.is_unitary


@each
def test_over_r_the_squares_over_the_commutants_add_up_to_the_order(group):
    """R[G] = ⊕ M_{d/e}(D) with D of dimension e, and the columns of the character table over R are orthogonal."""
    found = group.irreps()
    commutants = [int(v.character.norm.to_fraction()) for v in found]
    assert sum(v.dim**2 // e for v, e in zip(found, commutants)) == group.order
    for i, v in enumerate(found):
        assert [v.character.inner(w.character) for w in found] == [
            commutants[i] if i == j else 0 for j in range(len(found))]
        assert v.is_irreducible and v.scalars == "R" and v.is_unitary and v.field.is_real
        assert v.type == {1: "real", 2: "complex"}[commutants[i]]


@each
@each_over
def test_each_irrep_is_a_representation_named_by_its_key(group, over):
    for v in group.irreps(over):
        assert eval(repr(v), dict(NAMES)) == v
        for word in group.relations:
            product = Matrix.identity(v.dim)
            for i, e in word:
                product = product @ (v(group.generators[i]) if e > 0 else v(group.generators[i]).inverse())
            assert product.is_identity


def test_keys_and_dimensions():
    assert [v.expression for v in rt.C(5).irreps()] == ["C(5).irrep(0)", "C(5).irrep(1)", "C(5).irrep(2)"]
    assert [v.dim for v in rt.C(6).irreps()] == [1, 2, 2, 1] and [v.dim for v in rt.C(6).irreps("C")] == [1] * 6
    assert [v.dim for v in rt.D(6).irreps()] == [1, 1, 1, 1, 2, 2] and [v.dim for v in rt.D(5).irreps()] == [1, 1, 2, 2]
    assert rt.D(5).irrep(True) == rt.D(5).irrep(1.0) == rt.D(5).irrep(np.int64(1)) == rt.D(5).irrep(1)
    assert repr(rt.D(5).irrep(np.int64(2))) == "D(5).irrep(2)  # dim 2"
    assert rt.C(4).irrep(1, over="C") == rt.C(4).irreps("C")[1]


def test_signs_of_the_dihedral_group():
    """A1 is trivial, A2 the determinant; B1 is 1 on s and B2 on rs: Serre, §5.3."""
    group = rt.D(6)
    signs = {key: (group.irrep(key).trace("r"), group.irrep(key).trace("s")) for key in ("A1", "A2", "B1", "B2")}
    assert signs == {"A1": (1, 1), "A2": (1, -1), "B1": (-1, 1), "B2": (-1, -1)}
    assert group.irrep("A1").character == group.trivial.character
    assert group.irrep("A2").character == group.vector.alt(2).character
    assert rt.D(2).irrep("A2").character == rt.D(2).vector.alt(2).character


@pytest.mark.parametrize("n", range(3, 13))
def test_planes_turn_by_multiples(n):
    for group in (rt.C(n), rt.D(n)):
        for k in range(1, (n + 1) // 2):
            angle = 2 * np.pi * k / n
            turn = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
            np.testing.assert_allclose(group.irrep(k).to_numpy("r"), turn, atol=1e-15)
        assert group.irrep(1).actions == group.vector.actions and group.irrep(1).gram == group.vector.gram
    for k in range(n):
        assert abs(complex(rt.C(n).irrep(k, over="C")("r")[0, 0]) - np.exp(2j * np.pi * k / n)) < 1e-15


@pytest.mark.parametrize("n", [5, 8, 12])
def test_products_of_planes_by_the_addition_of_angles(n):
    """The plane k times the plane l is k + l and k − l, where 0 is A1 + A2 and n/2 is B1 + B2."""
    group = rt.D(n)

    def plane(k: int):
        k = min(k % n, -k % n)
        if k == 0:
            return (group.irrep("A1") + group.irrep("A2")).character
        if 2 * k == n:
            return (group.irrep("B1") + group.irrep("B2")).character
        return group.irrep(k).character

    for k in range(1, (n + 1) // 2):
        for j in range(1, k + 1):
            product = (group.irrep(k) * group.irrep(j)).character
            assert product == plane(k + j) + plane(k - j)


# Decomposition -------------------------------------------------------------------------------------------


def check(v: rt.Rep) -> Counter:
    """Decompose, prove the change of basis, and count the pieces."""
    found = v.decompose()
    t = found.change
    assert found.type.dim == v.dim and t.shape == (v.dim, v.dim) and rank(t) == v.dim
    for g in v.group.generators:
        assert t @ v(g) == found.type(g) @ t
    assert found.type.character == v.character
    assert repr(found) == f"<Decomposition: {found.type.expression}>"
    assert found.multiplicities == found.type.summands
    return Counter({a: m for m, a in found.multiplicities})


@given(st.data())
def test_the_change_of_basis_makes_the_pieces(data):
    group = data.draw(st.sampled_from([*CYCLIC[1:8], *DIHEDRAL[:6], rt.S(3), rt.D(4).subgroup(t="r")]))
    v = data.draw(reps(group, 8))
    pieces = check(v)
    for a in group.irreps(v.scalars):
        commutant = a.character.norm if v.scalars == "R" else 1
        assert pieces[a] * commutant == v.character.inner(a.character)


@given(st.data())
def test_the_change_of_basis_makes_the_pieces_over_c(data):
    group = data.draw(st.sampled_from([*CYCLIC[1:6], *DIHEDRAL[:5]]))
    pieces = check(data.draw(reps(group, 6)).complexify())
    assert all(a.scalars == "C" for a in pieces)


@each
@each_over
def test_the_regular_representation_holds_each_irrep_as_often_as_its_dimension_over_its_commutant(group, over):
    v = group.regular if over == "R" else group.regular.complexify()
    pieces = check(v)
    for a in group.irreps(over):
        commutant = int(a.character.norm.to_fraction()) if over == "R" else 1
        assert pieces[a] == a.dim // commutant


def test_the_pixels_of_a_square():
    """Vertices of the square: 1, the diagonal sign, the plane."""
    pieces = check(rt.D(4).natural)
    assert {a.expression: m for a, m in pieces.items()} == {
        "D(4).irrep('A1')": 1, "D(4).irrep('B2')": 1, "D(4).irrep(1)": 1}
    single = check(rt.D(7).irrep(2))
    assert single == {rt.D(7).irrep(2): 1} and rt.D(7).irrep(2).decompose().type == rt.D(7).irrep(2)


def test_a_basis_without_metric_decomposes_too():
    """An integral plane of D(3), whose invariant metric is not diagonal."""
    plane = rt.D(3).rep(r=[[0, -1], [1, -1]], s=[[0, 1], [1, 0]])
    assert check(2 * plane) == {rt.D(3).irrep(1): 2} and not plane.is_unitary


# Refusals ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("act, kind, message", [
    (lambda: rt.Q8().irrep(0), ValueError, r"Q8\(\) has no irrep 0 over R. Its keys are '1a', '1b', '1c', '1d', '2a'"),
    (lambda: rt.D(4).irrep("E"), ValueError, r"D\(4\) has no irrep 'E' over R. Its keys are 'A1', 'A2', 'B1', 'B2', 1"),
    (lambda: rt.D(4).irrep(2), ValueError, "has no irrep 2"),
    (lambda: rt.D(5).irrep("B1"), ValueError, "Its keys are 'A1', 'A2', 1, 2"),
    (lambda: rt.C(4).irrep(3), ValueError, r"C\(4\) has no irrep 3 over R. Its keys are 0, 1, 2"),
    (lambda: rt.C(4).irrep(-1, over="C"), ValueError, "Its keys are 0, 1, 2, 3"),
    (lambda: rt.C(4).irreps("H"), ValueError, "over='H': irreps are taken over \"R\" or \"C\""),
    (lambda: rt.S(4).irrep((2, 1)), ValueError, r"Its keys are \(4,\), \(3, 1\), \(2, 2\)"),
])
def test_refusals(act, kind, message):
    with pytest.raises(kind, match=message):
        act()


def test_an_irrep_that_is_not_found_is_named(monkeypatch):
    monkeypatch.setattr("reptheory.spherical.subgroups", lambda group: iter(()))
    with pytest.raises(rt.NoIrreps, match=r"no subgroup H of tetrahedral\(\) with a linear .* '1a' of type real"):
        rt.tetrahedral().irreps()
