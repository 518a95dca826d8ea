"""Groups: the laws of elements, subgroups, cosets and classes; large groups; refusals."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys
from itertools import product
from math import factorial, lcm
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from symmetries import groups, permutation_groups, subgroups
from zoo import m11, m12, pocket_cube

import reptheory as rt
from reptheory.coset import listed_cosets, searched_cosets
from reptheory.element import parse_permutation, parse_word, write
from reptheory.schreier import Transversals

ROOT = Path(__file__).parents[1]
NAMES = {name: getattr(rt, name) for name in rt.__all__}
PARTITIONS = (1, 2, 3, 5, 7, 11, 15, 22)  # p(1), p(2), …: OEIS A000041
every_group = given(groups())


@st.composite
def pairs(draw, count: int = 1):
    """A group with `count` subgroups."""
    group = draw(st.one_of(groups(), permutation_groups()))
    return (group, *(draw(subgroups(group)) for _ in range(count)))


def images(elements) -> set:
    return {g.images for g in elements}


# Elements ------------------------------------------------------------------------------------------------


@given(groups(), st.data())
def test_words_multiply_left_to_right_and_products_compose(group, data):
    g, h = (data.draw(st.sampled_from(group.elements[:40])) for _ in range(2))
    assert all((g * h)(i) == g(h(i)) for i in range(group.degree))
    assert group.element(f"({g.word})*({h.word})") == g * h
    assert (g * h).inverse == h.inverse * g.inverse


@every_group
def test_every_element_is_its_word_and_its_repr(group):
    for g in group.elements[:40]:
        assert group.element(g.word) == g == group.evaluate(group.word(g))
        assert group.element(list(g.images)) == g
    assert eval(repr(g), dict(NAMES)) == g


@every_group
def test_words_of_listed_groups_are_shortest(group):
    reached, length = {group.identity.images}, 0
    frontier = [group.identity]
    while frontier:
        assert all(len(group.word(g)) == length for g in frontier)
        step = {(s * g).images: s * g for s in group.generators for g in frontier}
        frontier, length = [g for key, g in step.items() if key not in reached], length + 1
        reached |= set(step)
    assert len(reached) == group.order


@every_group
def test_the_listing_is_the_multiplication_table(group):
    listing = group.listing
    elements = list(group.elements)
    assert elements == [group.elements[i] for i in range(group.order)] and elements[0] == group.identity
    assert len(images(elements)) == group.order
    for i, g in enumerate(elements[:30]):
        assert group.index(g) == i and elements[listing.inverse[i]] == g.inverse and g in group.elements
        for s, generator in enumerate(group.generators):
            assert elements[listing.left[s, i]] == generator * g
            assert elements[listing.right[s, i]] == g * generator


@every_group
def test_orders_of_elements_divide_the_exponent(group):
    orders = [g.order for g in group.elements]
    assert group.exponent == lcm(*orders) and group.order % group.exponent == 0
    assert all((g**n).is_identity and not any((g**k).is_identity for k in range(1, n))
               for g, n in list(zip(group.elements, orders))[:20])


def test_powers_and_indices():
    group = rt.D(4)
    r, s = group.generators
    assert r**-1 == r.inverse == r**3 and r**0 == group.identity and (r * s) ** 2 == group.identity
    assert group.elements[-1] == group.elements[7] and len(group.elements[2:5]) == 3
    assert str(r * s) == "r*s" and repr(r) == "D(4).element('r')"
    with pytest.raises(IndexError, match=r"D\(4\) has 8 elements, and 8 is not one of their numbers"):
        group.elements[8]
    with pytest.raises(TypeError):
        r**0.5


def test_products_of_elements_of_different_groups_are_refused_unless_one_group_holds_both():
    group = rt.D(4)
    sub = group.subgroup(t="r^2")
    assert (sub.generators[0] * group.generators[1]).group == group
    assert (group.generators[1] * sub.generators[0]).group == group
    with pytest.raises(rt.DifferentGroups, match=r"lie in no common group.*Take both from one group"):
        rt.C(5).generators[0] * group.generators[0]


@pytest.mark.parametrize("text, word", [
    ("r*s", "r*s"), ("r s", "r*s"), ("(r*s)^2", "r*s*r*s"), ("r**3", "r^3"), ("(r*s)^-1", "s^-1*r^-1"), ("1", "1"),
    ("e", "1"), ("r^2*r", "r^3"), ("r2*r^-2", "r2*r^-2"), ("r^0", "1"), ("((r))", "r"),
])
def test_words_are_read_and_written(text, word):
    assert write(parse_word(text, ("r", "s", "r2")), ("r", "s", "r2")) == word


@pytest.mark.parametrize("value, images", [
    ("(0 1 2)(3 4)", (1, 2, 0, 4, 3)), ("()", ()), ("(0,1)", (1, 0)), ([2, 0, 1], (2, 0, 1)), ("(3)", (0, 1, 2, 3)),
    (np.array([1, 0]), (1, 0)),
])
def test_permutations_are_read(value, images):
    assert parse_permutation(value) == images


def test_sympy_permutations_are_read_and_written():
    from sympy.combinatorics import Permutation

    group = rt.group(a=Permutation(0, 1, 2), b=Permutation(3)(0, 1))
    assert group.degree == 4 and group.order == 6
    sub = rt.S(4).subgroup(t=Permutation(3)(0, 1))
    for x in (group, sub):
        assert eval(repr(x), dict(NAMES)) == x
    assert rt.S(4).element(Permutation(0, 1)) == rt.S(4).element("(0 1)") == rt.S(4).element("s")


# Subgroups and cosets ------------------------------------------------------------------------------------


@given(pairs())
def test_lagrange(drawn):
    group, sub = drawn
    assert group.order == len(group.cosets(sub)) * sub.order
    assert sub.is_subgroup(group) and images(sub.elements) <= images(group.elements)


@given(pairs())
def test_cosets_partition_the_group(drawn):
    group, sub = drawn
    cosets = group.cosets(sub)
    inside = [group.element(k) for k in sub.elements]
    found = [images(t * k for k in inside) for t in cosets.representatives]
    assert set().union(*found) == images(group.elements) and sum(map(len, found)) == group.order
    for g in group.elements[:30]:
        assert g.images in found[cosets.number(g)]
        moved = cosets.permutation(g)
        assert all((g * t).images in found[j] for t, j in zip(cosets.representatives, moved))
    for g, moved in zip(group.generators, cosets.images):
        assert (moved == cosets.permutation(g)).all()


@given(pairs())
def test_cosets_searched_without_a_list_are_the_listed_ones(drawn):
    group, sub = drawn
    listed, searched = listed_cosets(group, sub), searched_cosets(group, sub)
    place = [listed.number(t) for t in searched.representatives]
    assert sorted(place) == list(range(len(listed)))
    assert all(place[searched.number(g)] == listed.number(g) for g in group.elements[:40])


@given(pairs(2))
def test_double_cosets_have_size_h_k_over_their_meet(drawn):
    group, k, h = drawn
    found = group.double_cosets(k, h)
    left, right = [group.element(x) for x in k.elements], [group.element(x) for x in h.elements]
    assume(len(left) * len(right) * len(found) <= 20_000)
    sets = [images(a * x * b for a, b in product(left, right)) for x, _ in found]
    assert [len(s) for s in sets] == [size for _, size in found]
    assert len(set().union(*sets)) == sum(size for _, size in found) == group.order
    for x, size in found:
        assert size == k.order * h.order // k.intersection(h.conjugate(x)).order


@given(groups(), st.data())
def test_orbit_and_stabiliser(group, data):
    point = data.draw(st.integers(0, group.degree - 1))
    stabiliser = group.stabiliser(point)
    assert group.order == len(group.orbit(point)) * stabiliser.order
    assert images(stabiliser.elements) == images(g for g in group.elements if g(point) == point)
    assert sorted(p for orbit in group.orbits() for p in orbit) == list(range(group.degree))
    assert tuple(sorted(group.orbit(point))) in group.orbits()


@given(pairs(2), st.data())
def test_intersections_and_conjugates_are_the_sets_of_those_elements(drawn, data):
    group, k, h = drawn
    g = data.draw(st.sampled_from(group.elements[:40]))
    assert images(k.intersection(h).elements) == images(k.elements) & images(h.elements)
    moved = h.conjugate(g)
    assert images(moved.elements) == images(g * group.element(x) * g.inverse for x in h.elements)
    for x in (k.intersection(h), moved, group.center):
        assert eval(repr(x), dict(NAMES)) == x


@every_group
def test_the_center_is_what_commutes_with_all(group):
    expected = [g for g in group.elements if all(g * s == s * g for s in group.generators)]
    assert images(group.center.elements) == images(expected)
    assert group.is_abelian == (group.center.order == group.order)


@given(st.sampled_from([rt.D(3), rt.D(4), rt.C(6), rt.octahedral(), rt.tetrahedral(full=True)]), st.data())
def test_a_subgroup_moves_space_as_the_group_does(group, data):
    sub = data.draw(subgroups(group))
    assert all(sub.vector(t) == group.vector(group.element(t)) for t in sub.generators)


# Classes and relations -----------------------------------------------------------------------------------


@every_group
def test_the_class_equation(group):
    assert sum(c.size for c in group.classes) == group.order
    assert sum(c.size == 1 for c in group.classes) == group.center.order
    for c in group.classes:
        x = c.representative
        centraliser = sum(g * x == x * g for g in group.elements)
        assert c.size * centraliser == group.order and c.order == x.order


@every_group
def test_classes_are_the_orbits_of_conjugation(group):
    label = group.listing.class_of
    for i, x in enumerate(group.elements[:20]):
        assert {label[group.index(g * x * g.inverse)] for g in group.elements[:20]} == {label[i]}
    for c in group.classes:
        assert c.size == int((label == label[group.index(c.representative)]).sum())


@given(st.one_of(groups(), permutation_groups()))
def test_the_relations_present_the_group(group):
    for word in group.relations:
        assert group.evaluate(word).is_identity
    for words in (group.relations, group.listing.relations()):  # of the family, and by Cannon's algorithm
        text = ", ".join(write(word, group.names) for word in words)
        assert rt.presentation(" ".join(group.names), text).order == group.order


@pytest.mark.parametrize("n, count", list(enumerate(PARTITIONS, 1)))
def test_classes_of_the_symmetric_group_are_the_partitions(n, count):
    assert rt.S(n).order == factorial(n) and len(rt.S(n).classes) == count


@pytest.mark.parametrize("group, order, classes", [  # Conway et al., Atlas of Finite Groups (1985)
    (rt.group(a="(0 1 2 3 4 5 6)", b="(1 2)(3 6)"), 168, 6),  # PSL(2, 7) on the Fano plane
    (rt.group(a="(0 1 2 3 4 5 6 7 8 9 10)", b="(1 3 9 5 4)(2 6 7 10 8)", c="(0 11)(1 10)(2 5)(3 7)(4 8)(6 9)"), 660, 8),
    (m11(), 7920, 10),
    (m12(), 95040, 15),
], ids=["PSL(2, 7)", "PSL(2, 11)", "M11", "M12"])
def test_orders_and_class_numbers_of_simple_groups(group, order, classes):
    assert group.order == order and len(group.classes) == classes
    assert sum(c.size for c in group.classes) == order and group.center.order == 1


# Large groups --------------------------------------------------------------------------------------------


@given(st.one_of(groups(), permutation_groups(7)))
def test_words_along_a_base_evaluate_to_the_element(group):
    table = Transversals(group)
    assert table.complete
    for g in group.elements[:40]:
        assert group.evaluate(table.word(g.images)) == g


@pytest.mark.parametrize("group", [pocket_cube(), rt.S(12)], ids=["pocket cube", "S(12)"])
def test_large_groups_answer_without_a_list(group):
    assert group.order in (88_179_840, factorial(12))  # 8!·3⁷: Singmaster, Notes on Rubik's Magic Cube
    orbit = group.orbit(0)
    stabiliser = group.stabiliser(0)
    assert stabiliser.order * len(orbit) == group.order and all(g(0) == 0 for g in stabiliser.generators)
    cosets = group.cosets(stabiliser)
    assert sorted(t(0) for t in cosets.representatives) == sorted(orbit)
    assert sum(size for _, size in group.double_cosets(stabiliser, stabiliser)) == group.order
    g = group.evaluate(((0, 1), (1, -1), (0, 1), (1, 1)) * 7)
    word = group.word(g)
    assert group.evaluate(word) == g and len(word) < 300
    assert g.images in images([group.element(list(g.images))])
    assert "listing" not in group.__dict__
    with pytest.raises(rt.TooLarge, match=r"has order \d+, and elements are listed up to 1000000.*need no list"):
        group.elements[0]
    with pytest.raises(rt.TooLarge, match="relations are sought up to"):
        group.subgroup(**dict(zip(group.names, group.generators))).relations  # noqa: B018


def test_too_many_cosets_are_refused_before_they_are_sought():
    group = rt.S(12)
    with pytest.raises(rt.TooLarge, match=r"has 239500800 cosets in S\(12\), and up to 100000 are listed"):
        group.cosets(group.subgroup(t="s"))


def test_a_hundred_thousand_elements_are_listed():
    group = rt.wreath(rt.C(3), 5) * rt.C(3)  # 3⁵·5!·3
    assert group.order == len(group.listing.parent) == 87_480
    assert len(group.classes) == 3 * 108  # triples of partitions of 5 in all: James and Kerber 4.2; OEIS A000716


def test_many_points_need_a_base():
    n = 300
    group = rt.group(r=[(i + 1) % n for i in range(n)], s=[n - 1 - i for i in range(n)])
    assert group.order == 2 * n and len(group.classes) == n // 2 + 3


# Values --------------------------------------------------------------------------------------------------


@given(st.one_of(groups(), permutation_groups()))
def test_a_group_is_its_repr_its_copy_and_its_pickle(group):
    group.classes  # noqa: B018 (what is worked out does not count)
    assert repr(group).startswith(group.expression + "  # ") and f"order {group.order}" in repr(group)
    for other in (eval(repr(group), dict(NAMES)), copy.deepcopy(group), pickle.loads(pickle.dumps(group))):
        assert other == group and hash(other) == hash(group)
    assert "listing" not in pickle.loads(pickle.dumps(group)).__dict__


def test_a_pickle_hashes_as_its_equals_in_another_process():
    group = rt.D(4)
    hash(group)
    code = "import pickle, sys, reptheory as rt; print({rt.D(4): 'found'}[pickle.loads(sys.stdin.buffer.read())])"
    command = [sys.executable, "-c", code]
    run = subprocess.run(command, input=pickle.dumps(group), cwd=ROOT, capture_output=True, check=True)
    assert run.stdout.split() == [b"found"]


def test_classes_show_an_element_their_size_and_its_order():
    assert [repr(c) for c in rt.S(3).classes] == [
        "<the class of 1: 1 of order 1>", "<the class of s: 3 of order 2>", "<the class of r: 2 of order 3>"]


def test_titles_are_shown_and_not_compared():
    cube = rt.octahedral().named("cube")
    assert repr(cube) == "octahedral()  # cube, order 24" and cube == rt.octahedral()


def test_different_groups_differ():
    assert rt.C(4) != rt.D(4) and rt.C(4) != rt.group(r="(0 1 2 3)")  # the second does not move space
    assert rt.group(a="(0 1)") != rt.group(b="(0 1)")


@pytest.mark.parametrize("act, kind, message", [
    (lambda: rt.D(4).element("(0 1)"), ValueError, r"'\(0 1\)' is no element of D\(4\).*\(0 1\)\. Give a word in r, s"),
    (lambda: rt.D(4).element([1, 0, 2, 3]), ValueError, r"no element of D\(4\)"),
    (lambda: rt.D(4).element("r*t"), ValueError, r"'r\*t' is no word in the generators r, s: 't' cannot be read"),
    (lambda: rt.D(4).element("r^"), ValueError, r"'\^' cannot be read"),
    (lambda: rt.D(4).element("(r*s"), ValueError, r"'\(r\*s' is no word.*'\(' cannot be read"),
    (lambda: rt.D(4).element("0 1"), ValueError, "'0' cannot be read. Write products and powers of generators"),
    (lambda: rt.D(4).orbit(4), ValueError, r"D\(4\) permutes the points 0…3, and 4 is none of them"),
    (lambda: rt.D(4).stabiliser(-1), ValueError, "-1 is none of them"),
    (lambda: rt.D(4).subgroup(), ValueError, r"D\(4\)\.subgroup\(\) needs generators.*t='1'"),
    (lambda: rt.A(4).subgroup(t="(0 1)"), rt.NotASubgroup, r"no subgroup of A\(4\).*no element"),
    (lambda: rt.D(4).cosets(rt.S(4)), rt.NotASubgroup, r"S\(4\) is not a subgroup of D\(4\): its generator s is no"),
    (lambda: rt.D(4).cosets(rt.C(3)), rt.NotASubgroup, r"C\(3\) is not a subgroup of D\(4\).*G\.subgroup"),
    (lambda: rt.D(4).double_cosets(rt.C(3), rt.D(4)), rt.NotASubgroup, r"C\(3\) is not a subgroup"),
    (lambda: rt.D(4).intersection(rt.C(3)), rt.DifferentGroups, "4 points and C\\(3\\) 3.*Take subgroups of one group"),
    (lambda: rt.group(r="(0 1)(1 2)"), ValueError, "moves the point 1 twice. Write disjoint cycles"),
    (lambda: rt.group(r="0 1"), ValueError, r"no product of cycles. Write \"\(0 1 2\)\(3 4\)\""),
    (lambda: rt.group(r="(-1 0)"), ValueError, "has the point -1. Points are 0, 1, 2"),
    (lambda: rt.group(r="(a b)"), ValueError, "has a point that is no integer"),
    (lambda: rt.group(r=[0, 0]), ValueError, r"\[0, 0\] is no permutation of 0…1: 1 is no image"),
    (lambda: rt.group(r=[0.5, 1]), ValueError, "its entries are not all integers"),
    (lambda: rt.group(**{"a b": "(0 1)"}), ValueError, "'a b' cannot be one of the names a b. Give distinct generator"),
    (lambda: rt.group(**{"lambda": "(0 1)"}), ValueError, "names that Python can read: r, s, a1"),
    (lambda: rt.D(4).subgroup(**{"1": "r"}), ValueError, "'1' cannot be one of the names 1"),
    (lambda: rt.D(4).element(3), ValueError, "3 is no permutation: its entries are not all integers"),
    (lambda: rt.group(), ValueError, "needs generators.*The trivial group is C\\(1\\)"),
])
def test_refusals(act, kind, message):
    with pytest.raises(kind, match=message):
        act()
