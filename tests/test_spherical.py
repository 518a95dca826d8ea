"""Irreps of every finite group by spherical functions: matrices, types, fields and metrics, over many groups."""

from __future__ import annotations

from functools import reduce

import pytest
import tables
import zoo
from hypothesis import given, settings
from hypothesis import strategies as st
from symmetries import groups, permutation_groups

import reptheory as rt
from reptheory.check import homomorphism_check
from reptheory.field import Field
from reptheory.linalg import rank
from reptheory.matrix import Matrix
from reptheory.real_structure import real_structure, square_root
from reptheory.rep import Explicit
from reptheory.spherical import find_pairs, subgroups


def one_group(group: rt.Group) -> rt.Group:
    """The same permutations without their family: what a user who knows no names writes down."""
    return rt.group(**{f"g{k}": list(images) for k, images in enumerate(group.images)})


def check(group: rt.Group, over: str) -> None:
    """Homomorphisms, unitary for their metrics, inequivalent, complete, of the type that the table says."""
    table, found = group.character_table, group.irreps(over)
    dims = {"real": 1, "complex": 2, "quaternionic": 4}  # of the commutant over R
    for v in found:
        homomorphism_check(group, v.actions)
        assert v.is_unitary and v.is_irreducible and all(d.sign() > 0 for d in v.gram)
        assert over == "C" or v.field.is_real
    if over == "C":
        assert [v.character for v in found] == list(table.characters)
        assert [v.type for v in found] == list(table.types)
    else:
        assert len({v.character for v in found}) == len(found)
        assert sum(v.dim**2 // dims[v.type] for v in found) == group.order
        assert sorted(v.type for v in found) == sorted(
            t for i, t in enumerate(table.types)
            if t != "complex" or table.values.index(tuple(x.conj() for x in table.values[i])) > i)


@given(st.one_of(groups(), permutation_groups(5)), st.sampled_from("RC"))
def test_the_irreps_of_random_groups(group, over):
    check(group, over)


@given(groups().map(one_group), st.sampled_from("RC"))
def test_the_irreps_of_groups_that_hide_their_families(group, over):
    check(group, over)


MANY = {
    "Q8": lambda: rt.Q8(), "SL(2,3)": lambda: rt.SL(2, 3), "SL(2,5)": lambda: rt.SL(2, 5),
    "2O": tables.binary_octahedral, "GL(2,3)": lambda: rt.GL(2, 3), "PSL(2,7)": lambda: rt.PSL(2, 7),
    "7:3": lambda: rt.frobenius(7, 3), "13:4": lambda: rt.frobenius(13, 4),
    "3^(1+2)": lambda: rt.unitriangular(3, 3), "U(4,2)": lambda: rt.unitriangular(4, 2),
    "2^(1+4)+": lambda: rt.central_product(rt.Q8(), rt.Q8(), {"i^2": "i^2"}),
    "2^(1+4)-": lambda: rt.central_product(rt.Q8(), rt.D(4), {"i^2": "r^2"}), "C3 wr S3": lambda: rt.wreath(rt.C(3), 3),
    "Q8 wr S2": lambda: rt.wreath(rt.Q8(), 2), "3^2:4": lambda: rt.group(a="(0 1 2)", b="(3 4 5)", c="(0 3 1 4)(2 5)"),
    "PGL(2,5)": lambda: rt.PGL(2, 5), "I_h": lambda: rt.icosahedral(full=True), "AGL(2,3)": lambda: rt.AGL(2, 3),
    "Q8 * Dic3": lambda: rt.Q8() * rt.Dic(3), "SL(2,3) * C4": lambda: rt.SL(2, 3) * rt.C(4),
    "Dic3 and Q8 in one": lambda: one_group(rt.Dic(3) * rt.Q8()), "hyperoctahedral(3)": lambda: rt.hyperoctahedral(3),
}


@pytest.mark.parametrize("over", ["R", "C"])
@pytest.mark.parametrize("name", MANY)
def test_the_irreps_of_many_groups(name, over):
    check(MANY[name](), over)


def test_the_irreps_of_m11_are_rational_where_their_characters_are():
    """Atlas of Finite Groups, p. 18."""
    found = zoo.m11().irreps("C")
    assert [(v.dim, v.field) for v in found] == [
        (1, rt.Q), (10, rt.Q), (10, rt.quadratic(-2)), (10, rt.quadratic(-2)), (11, rt.Q), (16, rt.quadratic(-11)),
        (16, rt.quadratic(-11)), (44, rt.Q), (45, rt.Q), (55, rt.Q)]
    for v in found[:5]:
        homomorphism_check(v.group, v.actions)
        assert v.is_unitary


@pytest.mark.slow
def test_the_large_irreps_of_m11_are_representations():
    for v in zoo.m11().irreps("C")[5:]:
        homomorphism_check(v.group, v.actions)
        assert v.is_unitary


# Fields --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [name for name in MANY if " * " not in name])
def test_fields_are_as_small_as_the_types_allow(name):
    """Q(χ) for a real or complex type of Schur index 1, twice its degree for a quaternionic one."""
    group = MANY[name]()
    table = group.character_table
    for v, row, kind in zip(group.irreps("C"), table.values, table.types, strict=True):
        values = reduce(Field.compositum, (x.field for x in row), rt.Q)
        larger = v.field.degree // values.degree
        if name == "Dic3 and Q8 in one" and v.dim == 4 and kind == "real":
            # (−1, −1) ⊗ (−1, −3) is a division algebra over Q_2 and Q_3: this real character has Schur index 2 over Q
            assert larger == 2 and v.field.is_real
        else:
            assert larger == (2 if kind == "quaternionic" else 1)
            assert v.field.is_real == (kind == "real")


@pytest.mark.parametrize("turn", ["a^-15", "a", "a^-17"])
def test_two_groups_with_many_fields(turn):
    """Semidihedral, generalised quaternion and modular groups of order 64: every field is in Q(ζ₃₂)."""
    square = "b^2*a^-16" if turn == "a" else "b^2"
    G = rt.presentation("a b", f"a^32, {square}, b*a*b^-1*{turn}")
    assert G.order == 64
    for V in G.irreps():
        homomorphism_check(G, V.actions)
        assert V.is_unitary and V.field.is_real and rt.cyclotomic(32).compositum(V.field).degree == 16


def test_q8_needs_the_square_root_of_minus_one():
    v = rt.Q8().irrep("2a", over="C")
    assert v.field == rt.cyclotomic(4) and v.type == "quaternionic"
    assert rt.Q8().irrep("2a").dim == 4 and rt.Q8().irrep("2a").field == rt.Q


@pytest.mark.parametrize("make", [lambda: rt.SL(2, 5), lambda: tables.binary_octahedral(), lambda: rt.Dic(7)])
def test_quaternionic_irreps_over_r_are_twice_the_complex_ones(make):
    group = make()
    table = group.character_table
    for key, kind in zip(table.keys, table.types, strict=True):
        if kind == "quaternionic":
            v = group.irrep(key)
            assert v.dim == 2 * table.degrees[table.keys.index(key)] and v.commutant.dim == 4 and v.field.is_real


# Pairs ---------------------------------------------------------------------------------------------------


@given(permutation_groups(5))
@settings(max_examples=15)
def test_pairs_have_multiplicity_one_and_their_field(group):
    table = group.character_table
    for chi, pair in zip(table.characters, find_pairs(group, range(len(table.values))), strict=True):
        h = pair.subgroup
        e = rt.cyclotomic(h.e)
        root = e.generator if h.e > 2 else rt.Q(-1 if h.e == 2 else 1)
        values = [root ** int(k) for k in h.exponents[pair.number]]
        total = sum((chi.values[h.classes[g]] * x.conj() for g, x in zip(h.numbers, values, strict=True)), rt.Q(0))
        assert total == h.own.size
        assert pair.field.degree == pair.degree
        assert all(pair.field(x) == x for x in (*chi.values, *values))


@given(permutation_groups(5))
@settings(max_examples=10)
def test_subgroups_are_subgroups_and_their_linear_characters_are_all(group):
    for h, _ in zip(subgroups(group), range(10), strict=False):
        assert group.order % h.own.size == 0
        own = rt.group(**{f"h{k}": list(group.elements[int(h.numbers[row[0]])].images)
                          for k, row in enumerate(h.own.left)}) if h.own.size > 1 else rt.C(1)
        assert own.order == h.own.size
        assert len(h.exponents) == sum(d == 1 for d in own.character_table.degrees)


# Real forms ----------------------------------------------------------------------------------------------


@given(st.integers(3, 9), st.integers(1, 4))
def test_the_real_form_of_the_planes_of_the_dihedral_group(n, k):
    """ρ(r) = diag(ζ^k, ζ^−k) and ρ(s) = the swap are of real type."""
    zeta, group = rt.cyclotomic(n).generator ** k, rt.D(n)
    if (2 * k) % n:
        turn, swap = Matrix.diagonal([zeta, zeta.inverse()]), Matrix.of([[0, 1], [1, 0]])
        v = Explicit(group, (turn, swap), (rt.Q(1),) * 2, "C")
        matrices, metric = real_structure(v)
        real = Explicit(group, matrices, metric)
        homomorphism_check(group, matrices)
        assert real.field.is_real and real.is_unitary and real.character == v.character


@pytest.mark.parametrize(("q", "degree"), [("9/4", 1), (8, 2), ("3/5", 2)])
def test_square_roots_of_rational_numbers(q, degree):
    root = square_root(rt.Q(q))
    assert root * root == rt.Q(q) and root.sign() > 0 and root.field.degree == degree


def test_square_roots_in_the_field_and_outside():
    a = rt.quadratic(5).generator
    inside = square_root((3 + a) / 2)  # the square of (1 + √5)/2
    assert inside == (1 + a) / 2 and inside.field.degree == 2
    outside = square_root(2 + a)
    assert outside * outside == 2 + a and outside.field.degree == 4 and outside.sign() > 0


def test_a_representation_of_complex_type_has_no_real_form():
    v = rt.SL(2, 3).irrep("2b", over="C")
    assert v.type == "complex" and real_structure(v) is None
    assert real_structure(rt.Q8().irrep("2a", over="C")) is None


def test_the_rank_of_the_matrix_coefficients_is_the_square_of_the_dimension():
    """Burnside: the ρ(g) span all matrices."""
    v = rt.PSL(2, 7).irreps("C")[1]
    rows = Matrix.vstack([Matrix.of([[x for row in v(g).rows() for x in row]]) for g in v.group.elements[:40]])
    assert rank(rows) == v.dim**2 == 9
