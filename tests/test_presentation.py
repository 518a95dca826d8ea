"""Groups by generators and relations."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from symmetries import groups, permutation_groups

import reptheory as rt
from reptheory.element import write

NAMES = {name: getattr(rt, name) for name in rt.__all__}


def coxeter(n: int) -> tuple[str, str]:
    """Moore's presentation of the symmetric group of degree n + 1 by adjacent transpositions."""
    names = "abcdefgh"[:n]
    braids = [f"({names[i]}*{names[j]})^{3 if j == i + 1 else 2}" for i in range(n) for j in range(i + 1, n)]
    return " ".join(names), ", ".join([f"{x}^2" for x in names] + braids)


@pytest.mark.parametrize("generators, relations, order, classes", [
    ("r s", "r^4, s^2, (r*s)^2", 8, 5),
    ("i j", "i^4, i^2 = j^2, j^-1*i*j = i^-1", 8, 5),
    ("a", "a^12", 12, 12),
    ("a b", "a^2, b^3, (a*b)^5", 60, 5),                                 # von Dyck: A(5)
    ("a b", "a^2, b^3, (a*b)^4", 24, 5),                                 # von Dyck: S(4)
    ("a b", "a^2, b^3, (a*b)^7, (a^-1*b^-1*a*b)^4", 168, 6),             # (2, 3, 7; 4): Coxeter (1939), PSL(2, 7)
    ("a b", "a^11, b^2, (a*b)^3, (a^4*b*a^6*b)^2", 660, 8),              # PSL(2, 11): Coxeter and Moser, chapter 7
    ("a b", "a^3, b^3, (a*b)^3, (a*b^-1)^3", 27, 11),                    # Burnside's B(2, 3)
    # M11: Wilson et al., Atlas of Finite Group Representations, version 3
    ("a b", "a^2, b^4, (a*b)^11, (a*b^2)^6, (a*b)^2*a*b^-1*a*b*a*b^2*a*b^-1*a*b*a*b^-1*a*b^-1", 7920, 10),
    (*coxeter(5), 720, 11),
], ids=["D4", "Q8", "C12", "A5", "S4", "PSL(2, 7)", "PSL(2, 11)", "B(2, 3)", "M11", "S6"])
def test_known_presentations(generators, relations, order, classes):
    group = rt.presentation(generators, relations)
    assert group.order == order == group.listing.size and len(group.classes) == classes
    assert all(group.evaluate(word).is_identity for word in group.relations)
    assert eval(repr(group), dict(NAMES)) == group


@pytest.mark.parametrize("generators, relations", [
    ("x y", "x*y*x^-1 = y^2, y*x*y^-1 = x^2"),
    ("r s t", "t^-1*r*t = r^2, r^-1*s*r = s^2, s^-1*t*s = t^2"),  # Higman (1951): trivial on three generators
    ("a", "a^3, a^5"),
    ("a b", "a, b"),
])
def test_the_trivial_group_is_recognised(generators, relations):
    assert rt.presentation(generators, relations).order == 1


@given(st.one_of(groups(), permutation_groups()), st.data())
def test_presentations_do_not_depend_on_how_relations_are_written(group, data):
    words = list(group.relations)
    turned = [word[k:] + word[:k] for word in words for k in [data.draw(st.integers(0, len(word)))]]
    spoiled = [((0, 1), (0, -1), *word) for word in data.draw(st.permutations(turned))]
    text = " , ".join(write(word, group.names).replace("*", " ") for word in spoiled)
    found = rt.presentation(", ".join(group.names), text + ", ")
    assert found.order == group.order
    assert sorted((c.size, c.order) for c in found.classes) == sorted((c.size, c.order) for c in group.classes)


def test_a_presented_group_acts_on_itself():
    group = rt.presentation("r s", "r^4, s^2, (r*s)^2")
    assert group.degree == group.order and all(not any(g(i) == i for i in range(8)) for g in group.elements[1:])


def test_long_powers_and_many_cosets_are_enumerated():
    assert rt.presentation("a", "a^50000").order == 50_000
    assert rt.presentation(*coxeter(6)).order == 5040


def test_a_raised_limit_is_part_of_the_expression():
    group = rt.presentation("a", "a^100003", limit=200_000)
    assert group.expression == "presentation('a', 'a^100003', limit=200000)" and group.order == 100_003


@pytest.mark.parametrize("act, kind, message", [
    (lambda: rt.presentation("a b", "a^2, b^3"), rt.TooLarge, "needs more than 100000 cosets: the group is infin"),
    (lambda: rt.presentation("a b", "a^2, b^3, (a*b)^7", limit=500), rt.TooLarge, "500 cosets.*raise limit=…"),
    (lambda: rt.presentation("a b", "a^2"), rt.InfiniteGroup, "abelianisation has free rank 1, so it maps onto Z. A"),
    (lambda: rt.presentation("a b", ""), rt.InfiniteGroup, "free rank 2"),
    (lambda: rt.presentation("a b", "a*b*a^-1*b^-1"), rt.InfiniteGroup, "for instance a power of a"),
    (lambda: rt.presentation("", "a"), ValueError, r"give distinct generator names, \"r s\""),
    (lambda: rt.presentation("a a", "a^2"), ValueError, "distinct generator names"),
    (lambda: rt.presentation("a 2", "a^2"), ValueError, "distinct generator names"),
    (lambda: rt.presentation("a", "a^2, c^2"), ValueError, r"'c\^2' is no word in the generators a: 'c' cannot"),
    (lambda: rt.presentation("a", "a^2 ="), ValueError, r"'a\^2 =' is no relation: a side is empty. Write 1"),
    (lambda: rt.presentation("a", "a^^2"), ValueError, r"'\^' cannot be read"),
])
def test_refusals(act, kind, message):
    with pytest.raises(kind, match=message):
        act()
