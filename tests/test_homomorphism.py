"""Homomorphisms: laws, kernels and images, refusals."""

from __future__ import annotations

from math import factorial

import pytest
from hypothesis import given
from hypothesis import strategies as st
from symmetries import groups, permutation_groups, subgroups
from zoo import pocket_cube

import reptheory as rt
from reptheory.homomorphism import NotAHomomorphism

NAMES = {name: getattr(rt, name) for name in rt.__all__}


@st.composite
def homomorphisms(draw):
    """The action of a random group on the cosets of a random subgroup, as a map onto a permutation group."""
    group = draw(st.one_of(groups(), permutation_groups()))
    cosets = group.cosets(draw(subgroups(group)))
    images = {n: [int(i) for i in p] for n, p in zip(group.names, cosets.images)}
    target = rt.group(**images)
    return rt.Homomorphism(group, target, {n: n for n in group.names}), cosets.subgroup


@given(homomorphisms(), st.data())
def test_products_go_to_products(drawn, data):
    f, _ = drawn
    g, h = (data.draw(st.sampled_from(f.source.elements[:40])) for _ in range(2))
    assert f(g * h) == f(g) * f(h) and f(g.inverse) == f(g).inverse and f(f.source.identity).is_identity
    assert f(g.word) == f(g)


@given(homomorphisms())
def test_the_order_is_that_of_kernel_times_image(drawn):
    f, _ = drawn
    assert f.kernel.order * f.image.order == f.source.order
    assert f.is_injective == (f.kernel.order == 1)
    assert {g.images for g in f.image.elements} == {f(g).images for g in f.source.elements}


@given(homomorphisms())
def test_the_kernel_of_the_action_on_cosets_is_the_normal_core(drawn):
    f, sub = drawn
    core = sub
    for g in f.source.elements:
        core = core.intersection(sub.conjugate(g))
    assert {g.images for g in f.kernel.elements} == {g.images for g in core.elements}
    assert all(f.kernel.conjugate(g).is_subgroup(f.kernel) for g in f.source.generators)


@given(homomorphisms())
def test_a_homomorphism_is_its_repr(drawn):
    f, _ = drawn
    assert eval(repr(f), dict(NAMES)) == f
    for group in (f.kernel, f.image):
        assert eval(repr(group), dict(NAMES)) == group


def test_maps_compose():
    group = rt.D(6)
    onto = rt.Homomorphism(group, rt.D(3), {"r": "r", "s": "s"})
    sign = rt.Homomorphism(rt.D(3), rt.C(2), {"r": "1", "s": "r"})
    both = sign @ onto
    assert both.source == group and both.target == rt.C(2)
    assert all(both(g) == sign(onto(g)) for g in group.elements)
    assert onto.kernel.order == 2 and both.kernel.order == 6 and not onto.is_injective
    with pytest.raises(rt.DifferentGroups, match=r"g ends in C\(2\) and f starts in D\(6\). Compose maps that meet"):
        onto @ sign


def test_signs_of_large_groups_have_large_kernels():
    sign = rt.Homomorphism(rt.S(12), rt.C(2), {"r": "r", "s": "r"})
    assert sign.kernel.order == factorial(12) // 2 and sign.kernel.is_subgroup(rt.S(12))
    assert sign("r*s*r").is_identity is False
    cube = pocket_cube()
    parity = rt.Homomorphism(cube, rt.C(2), dict.fromkeys(cube.names, "r"))  # a turn is a 4-cycle of the corners
    assert parity.kernel.order == cube.order // 2
    assert all(parity(g).is_identity for g in parity.kernel.generators)


@pytest.mark.parametrize("act, kind, message", [
    (lambda: rt.Homomorphism(rt.D(4), rt.C(4), {"r": "r", "s": "1"}), NotAHomomorphism,
     r"(?s)in D\(4\) we have .* = 1, but the images do not satisfy it.*Change the images, or use a source without"),
    (lambda: rt.Homomorphism(rt.D(4), rt.C(4), {"r": "r"}), TypeError, r"D\(4\) has generators r, s.*none for s"),
    (lambda: rt.Homomorphism(rt.D(4), rt.C(4), {"r": "r", "s": "q"}), ValueError, "'q' cannot be read"),
    (lambda: rt.Homomorphism(rt.S(12), rt.C(3), {"r": "r", "s": "1"}), NotAHomomorphism, r"in S\(12\) we have"),
])
def test_refusals(act, kind, message):
    with pytest.raises(kind, match=message):
        act()
