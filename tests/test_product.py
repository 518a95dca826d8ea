"""Direct, semidirect and wreath products."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from symmetries import groups, subgroups

import reptheory as rt
from reptheory.element import write

NAMES = {name: getattr(rt, name) for name in rt.__all__}
SMALL = [rt.C(1), rt.C(2), rt.C(3), rt.D(3), rt.D(4), rt.Q8(), rt.A(4)]
small = st.sampled_from(SMALL)


# Direct products -----------------------------------------------------------------------------------------


@given(small, small)
def test_orders_and_class_numbers_multiply(one, two):
    both = one * two
    assert both.order == one.order * two.order == len(list(both.elements))
    assert sorted(c.size for c in both.classes) == sorted(a.size * b.size for a in one.classes for b in two.classes)
    assert both.center.order == one.center.order * two.center.order


@given(groups(), small)
def test_projections_and_embeddings(one, two):
    assume(one.order * two.order <= 300)
    both = one * two
    for k, factor in enumerate((one, two)):
        into, onto = both.embeddings[k], both.projections[k]
        assert into.is_injective and onto.image.order == factor.order
        assert all(onto(into(g)) == g for g in factor.elements[:20])
        assert all(both.projections[1 - k](into(g)).is_identity for g in factor.generators)
    for g, h in product(both.embeddings[0].images, both.embeddings[1].images):
        assert g * h == h * g
    for g in both.elements[:20]:
        assert g == both.embeddings[0](both.projections[0](g)) * both.embeddings[1](both.projections[1](g))


@given(small, small, small)
def test_products_of_three_print_as_they_were_made(a, b, c):
    assume(a.order * b.order * c.order <= 200)
    for group in ((a * b) * c, a * (b * c)):
        assert eval(repr(group), dict(NAMES)) == group and len(set(group.names)) == len(group.names)
        assert group.order == a.order * b.order * c.order
        sub = group.subgroup(t=group.elements[-1].word)
        assert eval(repr(sub), dict(NAMES)) == sub


@given(small, small)
def test_the_relations_of_a_product_present_it(one, two):
    both = one * two
    text = ", ".join(write(word, both.names) for word in both.relations)
    assert rt.presentation(" ".join(both.names), text).order == both.order


def test_names_are_kept_until_they_clash():
    assert (rt.C(4) * rt.Q8()).names == ("r", "i", "j")
    assert (rt.C(4) * rt.S(3)).names == ("r1", "r2", "s2")
    assert (rt.C(2) * rt.C(3) * rt.C(5)).names == ("r1", "r2", "r")
    assert repr(rt.C(4) * rt.S(3)) == "C(4) * S(3)  # order 24"


def test_the_product_of_two_and_three_is_cyclic_of_order_six():
    group = rt.C(2) * rt.C(3)
    assert group.is_abelian and (group.generators[0] * group.generators[1]).order == 6


def test_only_products_have_projections_and_embeddings():
    for attribute in ("projections", "embeddings"):
        with pytest.raises(ValueError, match=r"D\(4\) was not made as a direct product G \* H.*rt\.Homomorphism"):
            getattr(rt.D(4), attribute)
    with pytest.raises(TypeError):
        rt.D(4) * 2


# Semidirect products -------------------------------------------------------------------------------------


@pytest.mark.parametrize("normal, top, action, order, classes", [
    (rt.C(7), rt.C(3), {"r": {"r": "r^2"}}, 21, 5),                             # the Frobenius group F21
    (rt.C(5), rt.C(4), {"r": {"r": "r^2"}}, 20, 5),                             # F20, the affine group of F5
    (rt.C(6), rt.C(2), {"r": {"r": "r^-1"}}, 12, 6),                            # D(6)
    (rt.C(3), rt.C(4), {"r": {"r": "r^-1"}}, 12, 6),                            # Dic(3)
    (rt.C(2) * rt.C(2), rt.C(3), {"r": {"r1": "r2", "r2": "r1*r2"}}, 12, 4),    # A(4)
    (rt.C(2) * rt.C(2), rt.S(3), {"r": {"r1": "r2", "r2": "r1*r2"}, "s": {"r1": "r2", "r2": "r1"}}, 24, 5),  # S(4)
    (rt.Q8(), rt.C(3), {"r": {"i": "j", "j": "i*j"}}, 24, 7),                   # SL(2, 3)
    (rt.C(4), rt.D(2), {"r": {"r": "r"}, "s": {"r": "r^3"}}, 16, 10),           # D(4) × C(2)
], ids=["F21", "F20", "D6", "Dic3", "A4", "S4", "SL(2, 3)", "D4 x C2"])
def test_semidirect_products(normal, top, action, order, classes):
    group = rt.semidirect(normal, top, action)
    assert group.order == order == len(list(group.elements)) and len(group.classes) == classes
    assert eval(repr(group), dict(NAMES)) == group
    n, k = len(normal.names), len(top.names)
    for i in range(n):
        for j in range(k):
            moved = normal.element(action[top.names[j]][normal.names[i]])
            word = group.evaluate(normal.word(moved))  # the generators of N come first, so words carry over
            a, h = group.generators[i], group.generators[n + j]
            assert h * a * h.inverse == word


def test_images_may_be_elements():
    group = rt.C(7)
    r = group.generators[0]
    assert rt.semidirect(group, rt.C(3), {"r": {"r": r**2}}) == rt.semidirect(group, rt.C(3), {"r": {"r": "r^2"}})


@pytest.mark.parametrize("act, message", [
    (lambda: rt.semidirect(rt.C(7), rt.C(3), {"r": {"r": "r^3"}}), r"no action of C\(3\) on C\(7\)"),
    (lambda: rt.semidirect(rt.C(6), rt.C(2), {"r": {"r": "r^2"}}), r"φ_r is no automorphism of C\(6\): the images r ↦"),
    (lambda: rt.semidirect(rt.D(4), rt.C(2), {"r": {"r": "s", "s": "r"}}), "break a relation or are not onto"),
    (lambda: rt.semidirect(rt.D(4), rt.C(2), {"r": {"r": "r"}}), "φ_r has no image for s. Give a word for each of r,"),
    (lambda: rt.semidirect(rt.C(7), rt.C(3), {}), r"one entry for each generator of C\(3\) \(r\); check r"),
    (lambda: rt.semidirect(rt.C(7), rt.C(3), {"r": {"r": "r"}, "q": {}}), "check q"),
    (lambda: rt.semidirect(rt.C(7), rt.C(3), {"r": {"r": "q"}}), "'q' cannot be read"),
    (lambda: rt.semidirect(rt.C(7), rt.C(3), {"r": {"r": "r^2", "q": "r"}}), r"an image for q, no generator of C\(7\)"),
    (lambda: rt.wreath(rt.D(4), 0), r"wreath\(D\(4\), 0\): the number of copies is a positive integer"),
])
def test_what_is_no_action_is_refused(act, message):
    with pytest.raises(ValueError, match=message):
        act()


# Wreath products -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("group, n, classes", [  # tuples of partitions: James and Kerber, Symmetric Group, 4.2
    (rt.C(2), 1, 2), (rt.C(2), 2, 5), (rt.C(2), 3, 10), (rt.C(2), 4, 20), (rt.C(3), 3, 22), (rt.S(3), 2, 9),
])
def test_wreath_products(group, n, classes):
    found = rt.wreath(group, n)
    assert found.order == group.order**n * rt.S(n).order == len(list(found.elements))
    assert len(found.classes) == classes and eval(repr(found), dict(NAMES)) == found
    copies = {tuple(sorted(g(i) for i in range(group.degree))) for g in found.elements}
    assert copies == {tuple(range(c * group.degree, (c + 1) * group.degree)) for c in range(n)}  # imprimitive


def test_signed_permutations_of_three_axes_are_the_cube():
    cube, signed = rt.octahedral(full=True), rt.wreath(rt.C(2), 3)
    assert sorted((c.size, c.order) for c in cube.classes) == sorted((c.size, c.order) for c in signed.classes)


@given(st.data())
def test_subgroups_of_products_move_space_along_a_factor(data):
    group = rt.C(4) * rt.S(3)
    turn = rt.C(4).vector.pullback(group.projections[0])
    sub = data.draw(subgroups(group))
    assert turn.restrict(sub).dim == 2
