"""Groups from sympy's objects, and back."""

from __future__ import annotations

import pytest
from hypothesis import given
from symmetries import groups
from sympy import sqrt
from sympy.combinatorics import Permutation, PermutationGroup
from sympy.combinatorics import named_groups as named
from sympy.combinatorics.fp_groups import FpGroup
from sympy.combinatorics.free_groups import free_group
from sympy.combinatorics.polyhedron import cube

import reptheory as rt

NAMES = {name: getattr(rt, name) for name in rt.__all__}


@given(groups())
def test_there_and_back_is_the_same_group(group):
    moving = [n for n, g in zip(group.names, group.generators) if not g.is_identity] or list(group.names[:1])
    again = rt.from_sympy(rt.to_sympy(group), moving)
    assert again.degree == group.degree and again.names == tuple(moving)
    assert again.images == tuple(group.element(n).images for n in moving)
    assert again.order == group.order == rt.to_sympy(group).order()
    assert eval(again.expression, dict(NAMES)) == again


@given(groups())
def test_relations_go_there_and_back(group):
    presented = rt.to_sympy(group, presented=True)
    assert rt.from_sympy(presented).order == group.order
    assert rt.from_sympy(presented).names == group.names


@pytest.mark.parametrize("given_, order", [
    (named.SymmetricGroup(5), 120), (named.AlternatingGroup(6), 360), (named.DihedralGroup(7), 14),
    (named.CyclicGroup(9), 9), (named.AbelianGroup(2, 3, 4), 24), (named.SymmetricGroup(1), 1),
    (named.SymmetricGroup(20), 2432902008176640000), (named.RubikGroup(2), 3674160), (PermutationGroup(), 1),
    (PermutationGroup(Permutation(3)), 1), (PermutationGroup(Permutation(0, 1, size=5)), 2), (cube, 24),
])
def test_named_groups_keep_their_order_and_degree(given_, order):
    group = rt.from_sympy(given_)
    assert group.order == order
    assert eval(group.expression, dict(NAMES)) == group


def test_finitely_presented_groups():
    free, x, y = free_group("x, y")
    group = rt.from_sympy(FpGroup(free, [x**2, y**3, (x * y) ** 5]))
    assert group.order == 60 and group.names == ("x", "y")
    assert rt.from_sympy(FpGroup(free, [x**2, y**-3, (x * y) ** 4]), "r s").names == ("r", "s")
    with pytest.raises(rt.InfiniteGroup, match="free rank 2"):
        rt.from_sympy(free)
    with pytest.raises(rt.TooLarge, match="more than 50 cosets"):
        rt.from_sympy(FpGroup(free, [x**2, y**3, (x * y) ** 7]), limit=50)


def test_sympy_multiplies_the_other_way_round():
    p, q = Permutation(0, 1, size=3), Permutation(1, 2, size=3)
    group = rt.from_sympy(PermutationGroup(p, q), "p q")
    assert rt.to_sympy(group.element("p*q")) == q * p
    assert group.element(p * q) == group.element("q*p")


def test_permutations_of_sympy_are_generators():
    group = rt.group(r=Permutation(0, 1, 2, 3), s=Permutation(0, 3)(1, 2))
    assert group.order == 8 and eval(group.expression, dict(NAMES)) == group
    V = rt.C(2).permutation(r=Permutation(0, 1, size=4))
    assert V.dim == 4 and eval(V.expression, dict(NAMES)) == V


@pytest.mark.parametrize("act, kind, message", [
    (lambda: rt.from_sympy(sqrt(2)), TypeError, r"sqrt\(2\) is no PermutationGroup or FpGroup of sympy. Single"),
    (lambda: rt.from_sympy(named.CyclicGroup(3), "a b"), ValueError, "has 1 generators, and 2 names are given. Give o"),
    (lambda: rt.from_sympy(named.CyclicGroup(3), "1"), ValueError, "Give distinct generator names"),
    (lambda: rt.to_sympy(3), TypeError, "3 is no group and no element of one. Give a Group"),
])
def test_refusals(act, kind, message):
    with pytest.raises(kind, match=message):
        act()
