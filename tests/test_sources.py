"""Sources of groups: central products and quotients, multiplication tables, families."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import reduce
from itertools import product
from math import factorial, prod

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from symmetries import groups, subgroups

import reptheory as rt
from reptheory.element import write

NAMES = {name: getattr(rt, name) for name in rt.__all__}


def listed(group: rt.Group) -> int:
    """The order, found without the formula and without the base that the source states."""
    return replace(group, known_order=None, base=None).order


def shape(group: rt.Group) -> list[tuple[int, int]]:
    """Orders and sizes of the classes, equal for isomorphic groups."""
    return sorted((c.order, c.size) for c in group.classes)


# Central products and quotients ------------------------------------------------------------------------------


@pytest.mark.parametrize("group, order, involutions", [  # Gorenstein, Finite Groups, 5.5: x² = 1 in 2^{1+2n}
    (rt.central_product(rt.Q8(), rt.D(4), {"i^2": "r^2"}), 32, 11),
    (rt.central_product(rt.D(4), rt.D(4), {"r^2": "r^2"}), 32, 19),
    (rt.central_product(rt.Q8(), rt.Q8(), {"i^2": "i^2"}), 32, 19),
    (rt.central_product(rt.C(4), rt.D(4), {"r^2": "r^2"}), 16, 7),   # the Pauli group
    (rt.central_product(rt.C(4), rt.Q8(), {"r^2": "i^2"}), 16, 7),
    (rt.central_product(rt.D(2), rt.D(2), {"r": "r", "s": "s"}), 4, 3),
    (rt.central_product(rt.SL(2, q=3), rt.C(4), {"w^2": "r^2"}), 48, 7),
    (rt.central_product(rt.S(3), rt.S(4), {"1": "1"}), 144, 4 * 10 - 1),
], ids=lambda value: getattr(value, "expression", ""))
def test_central_products(group, order, involutions):
    assert group.order == order == listed(group)
    assert sum(g.order == 2 for g in group.elements) == involutions
    assert eval(repr(group), dict(NAMES)) == group and rt.read(repr(group)) == group


@given(st.sampled_from([rt.Q8(), rt.D(4), rt.Dic(3), rt.D(6), rt.C(4), rt.C(6), rt.C(2) * rt.C(4)]),
       st.sampled_from([rt.Q8(), rt.D(4), rt.C(2), rt.SL(2, q=3), rt.C(2) * rt.S(3)]), st.data())
def test_a_central_product_is_the_quotient_of_the_direct_one(one, two, data):
    z, w = (data.draw(st.sampled_from([g for g in G.center.elements if g.order == 2])) for G in (one, two))
    z, w = one.element(z.images), two.element(w.images)
    both = one * two
    group = rt.central_product(one, two, {z.word: w.word})
    pair = both.embeddings[0](z) * both.embeddings[1](w)
    wanted = rt.quotient_group(both, both.subgroup(t=pair))
    f = rt.Homomorphism(wanted, group, dict(zip(wanted.names, group.generators)))  # checks every relation
    assert f.is_injective and f.image.order == group.order == one.order * two.order // 2


@given(groups(), st.data())
def test_quotients_by_normal_subgroups(group, data):
    generators = data.draw(st.lists(st.sampled_from(group.elements[:60]), min_size=1, max_size=1))
    normal = group.subgroup(**{f"n{i}": x for i, x in enumerate(_closure(group, generators))})
    f = rt.natural_projection(group, normal)
    assert f.target == rt.quotient_group(group, normal)
    assert f.target.order == group.order // normal.order == listed(f.target)
    assert f.kernel.order == normal.order and all(f(g).is_identity for g in normal.generators)
    assert rt.read(repr(f.target)) == f.target
    if group.order <= 24:
        assert rt.Homomorphism(group, f.target, dict(zip(group.names, f.target.generators))).images == f.images


def _closure(group: rt.Group, generators: list) -> list:
    """All conjugates."""
    return list(dict.fromkeys(g * x * g.inverse for x in generators for g in group.elements))


def test_central_products_of_large_groups_need_no_words():
    group = rt.central_product(rt.SL(4, q=5), rt.C(4), {"w^4": "r^2"})  # SL(4, 5) has order 2.9·10¹⁰
    assert group.order == rt.SL(4, q=5).order * 2 and group.degree == 624 * 4 // 2
    assert group.generators[1] ** 4 == group.generators[2] ** 2 != group.identity


def test_quotients_on_few_points():
    group = rt.wreath(rt.C(3), 4)
    base = group.subgroup(**{f"n{i}": g for i, g in enumerate(_closure(group, [group.generators[0]]))})
    assert rt.quotient_group(group, base).degree == 4 and rt.quotient_group(group, base).order == 24
    assert rt.quotient_group(rt.S(12), rt.A(12)).order == 2  # neither is listed


# Multiplication tables ---------------------------------------------------------------------------------------


def table_of(group: rt.Group) -> list[list[int]]:
    number = {g.images: i for i, g in enumerate(group.elements)}
    return [[number[(g * h).images] for h in group.elements] for g in group.elements]


@given(groups().filter(lambda G: G.order <= 60), st.data())
def test_the_table_of_a_group_gives_the_group(group, data):
    table = table_of(group)
    order = data.draw(st.permutations(range(group.order)))  # the identity may stand anywhere
    place = {x: i for i, x in enumerate(order)}
    found = rt.from_table([[place[table[a][b]] for b in order] for a in order])
    assert shape(found) == shape(group) and eval(repr(found), dict(NAMES)) == found
    assert 2 ** len(found.generators) <= max(2, found.order)  # each generator at least doubles what they span
    assert found.is_abelian == group.is_abelian and found.center.order == group.center.order


@given(st.integers(3, 7), st.randoms(use_true_random=False))
def test_what_light_accepts_is_associative(n, random):
    """The table of C(n) with two entries swapped in two rows, the row and column of 0 left as they are."""
    table = [[(a + b) % n for b in range(n)] for a in range(n)]
    a, b = random.sample(range(1, n), 2)
    c, d = random.sample(range(1, n), 2)
    table[a][c], table[a][d] = table[a][d], table[a][c]
    table[b][c], table[b][d] = table[b][d], table[b][c]
    associative = all(table[table[x][y]][z] == table[x][table[y][z]] for x, y, z in product(range(n), repeat=3))
    try:
        rt.from_table(table)
    except rt.NotAGroup as error:
        assert not associative
        found = re.search(r"\((\d)·(\d)\)·(\d) = (\d), and (\d)·\((\d)·(\d)\) = (\d)", str(error))
        if found:
            x, y, z, left, *_, right = map(int, found.groups())
            assert table[table[x][y]][z] == left != right == table[x][table[y][z]]
    else:
        assert associative


def test_a_loop_that_is_no_group_is_refused_with_a_triple():
    loop = [[0, 1, 2, 3, 4], [1, 0, 3, 4, 2], [2, 4, 0, 1, 3], [3, 2, 4, 0, 1], [4, 3, 1, 2, 0]]
    with pytest.raises(rt.NotAGroup, match=r"not associative: \(\d·1\)·\d = \d, and \d·\(1·\d\) = \d\. Check the rows"):
        rt.from_table(loop)


def test_names_of_a_table_name_the_generators():
    klein = rt.from_table(["1abc", "a1cb", "bc1a", "cba1"], names="1abc")
    assert klein.names == ("a", "b") and klein.order == 4 and repr(klein) == (
        "group(a='(0 1)(2 3)', b='(0 2)(1 3)')  # order 4")
    signs = rt.from_table([["+", "-"], ["-", "+"]], names="+-")
    assert signs.names == ("g1",) and rt.from_table([[0]]).order == 1
    assert rt.from_table(np.array([[0, 1], [1, 0]])) == rt.from_table([[0, 1], [1, 0]])


# Families ----------------------------------------------------------------------------------------------------


@given(st.lists(st.integers(1, 6), min_size=1, max_size=4))
def test_abelian_groups(orders):
    group = rt.abelian(*orders)
    assert group.order == prod(orders) == listed(group) and group.is_abelian
    assert [g.order for g in group.generators] == orders and len(group.classes) == group.order
    assert eval(repr(group), dict(NAMES)) == group
    assert all(group.evaluate(word).is_identity for word in group.relations)
    for f in group.projections if len(orders) > 1 else ():
        assert f.image.order == f.target.order


@pytest.mark.parametrize("n", range(1, 6))
def test_signed_permutations(n):
    group = rt.hyperoctahedral(n)
    assert group.order == 2**n * factorial(n) == listed(group)
    assert eval(repr(group), dict(NAMES)) == group and rt.read(repr(group)) == group
    assert group.vector.is_unitary and group.vector.is_irreducible
    points = np.vstack([np.eye(n), -np.eye(n)])
    for g in group.generators:
        assert (points @ group.vector.to_numpy(g).T == points[list(g.images)]).all()
    text = ", ".join(write(word, group.names) for word in group.relations)
    assert rt.presentation(" ".join(group.names), text).order == group.order
    if n <= 3:
        assert rt.Hom(group.vector, group.vector, on=rt.grid(3, ndim=n)).dim >= 1


def test_class_numbers_of_hyperoctahedral_groups():
    """Pairs of partitions of total size n, OEIS A000712."""
    assert [len(rt.hyperoctahedral(n).classes) for n in range(1, 6)] == [2, 5, 10, 20, 36]


@pytest.mark.parametrize("p, q", [(2, 1), (3, 2), (7, 3), (7, 6), (11, 5), (13, 4)])
def test_frobenius_groups(p, q):
    group = rt.frobenius(p, q)
    assert group.order == p * q == listed(group)
    assert len(group.classes) == q + (p - 1) // q  # James and Liebeck, Representations and Characters, 25.10
    a, b = group.generators
    assert a.order == p and b.order == q
    for g in group.elements:  # no element but 1 fixes two points
        assert g.is_identity or sum(g(x) == x for x in range(p)) <= 1
    assert all(group.evaluate(word).is_identity for word in group.relations)
    assert eval(repr(group), dict(NAMES)) == group


# Refusals ----------------------------------------------------------------------------------------------------
Q8, D4, S3 = rt.Q8(), rt.D(4), rt.S(3)
EIGHT = reduce(lambda G, H: G * H, [rt.S(4)] * 8)  # S(4) modulo the Klein group is S(3), but this has one orbit
KLEIN = {"a": "({} {})({} {})", "b": "({0} {2})({1} {3})"}
REFUSALS = [
    (lambda: rt.central_product(Q8, D4, {}), ValueError, "needs central elements.*direct product"),
    (lambda: rt.central_product(Q8, D4, {"i": "r^2"}), ValueError, r"i is not central in Q8\(\): j·i ≠ i·j"),
    (lambda: rt.central_product(Q8, D4, {"i^2": "s"}), ValueError, r"s is not central in D\(4\): r·s ≠ s·r.*G.center"),
    (lambda: rt.central_product(rt.C(4), D4, {"r": "r^2"}), ValueError, r"r has order 4 in C\(4\), and r\^2 has"),
    (lambda: rt.central_product(rt.D(2), rt.C(2) * rt.C(2), {"r": "r1", "s": "r1"}), ValueError,
     "r ↦ r1, s ↦ r1 is no isomorphism of central subgroups: 2 elements go to 1. Identify"),
    (lambda: rt.central_product(rt.C(4), rt.C(4) * rt.C(4), {"r": "r1", "r^-1": "r2"}), ValueError,
     "no isomorphism of central subgroups"),
    (lambda: rt.central_product(rt.C(1000), rt.C(1000), {"1": "1"}), rt.TooLarge, "permutes 1000000 points, and up to"),
    (lambda: rt.quotient_group(S3, S3.subgroup(t="s")), rt.NotNormal, r"not normal in S\(3\): r·t·r⁻¹ = .* is not in"),
    (lambda: rt.quotient_group(S3, rt.C(2)), rt.NotASubgroup, "not a subgroup"),
    (lambda: rt.quotient_group(EIGHT, EIGHT.subgroup(**{f"{x}{k}": KLEIN[x].format(*range(4 * k, 4 * k + 4))
                                                        for k in range(8) for x in KLEIN})),
     rt.TooLarge, "has order 1679616; it is not faithful on the orbits of .* Take a larger normal subgroup"),
    (lambda: rt.abelian(), ValueError, "there are no orders. Give the orders"),
    (lambda: rt.abelian(2, 0), ValueError, r"abelian\(2, 0\): 0 is no positive integer"),
    (lambda: rt.abelian(*[2] * 101), rt.TooLarge, "101 factors here, and up to 100"),
    (lambda: rt.hyperoctahedral(0), ValueError, "n is a positive integer, the number of axes"),
    (lambda: rt.hyperoctahedral(65), rt.TooLarge, "has 65 axes, and up to 64"),
    (lambda: rt.frobenius(9, 2), ValueError, "p is a prime number"),
    (lambda: rt.frobenius(7, 4), ValueError, r"q = 4 does not divide p − 1 = 6.*Give one of 1, 2, 3, 6"),
    (lambda: rt.frobenius(100_003, 2), rt.TooLarge, "permutes 100003 points"),
    (lambda: rt.from_table(3), rt.NotAGroup, "3 is no table. Give a list of rows"),
    (lambda: rt.from_table([]), rt.NotAGroup, "has 0 rows"),
    (lambda: rt.from_table([[0, 1]]), rt.NotAGroup, r"1 rows of lengths \[2\]. Give one row and one column"),
    (lambda: rt.from_table([[0, 1], [1, 2]]), rt.NotAGroup, r"not closed: 1·1 = 2 is no element"),
    (lambda: rt.from_table([[0, 1], [1, 0.0]]), rt.NotAGroup, r"not closed: 1·1 = 0.0"),
    (lambda: rt.from_table([[1, 1], [1, 1]]), rt.NotAGroup, "no identity, .*Check the order of rows and columns"),
    (lambda: rt.from_table([[0, 1], [0, 1]]), rt.NotAGroup, r"\(0 is one on the left, but 1·0 = 0\)"),
    (lambda: rt.from_table([[0, 1], [1, 1]]), rt.NotAGroup, "1 has no inverse: no x has 1·x = 0 = x·1"),
    (lambda: rt.from_table([[0, 1], [1, 0]], names="aa"), rt.NotAGroup, "1 distinct names. Give one name for each row"),
    (lambda: rt.from_table([[0] * 2001] * 2001), rt.TooLarge, "2001 rows, and tables are read up to 2000"),
]


@pytest.mark.parametrize("act, kind, message", REFUSALS)
def test_refusals(act, kind, message):
    with pytest.raises(kind, match=message) as caught:
        act()
    assert re.search(r"[.)…]$", str(caught.value))


@given(st.data())
def test_a_subgroup_that_is_not_normal_is_refused_with_a_conjugate(data):
    group = data.draw(st.sampled_from([rt.S(4), rt.D(6), rt.A(5), rt.octahedral(full=True)]))
    sub = data.draw(subgroups(group))
    inside = {g.images for g in sub.elements}
    normal = all((g * h * g.inverse).images in inside for g in group.generators for h in sub.elements)
    if normal:
        assert rt.quotient_group(group, sub).order == group.order // sub.order
    else:
        with pytest.raises(rt.NotNormal, match="is not normal in"):
            rt.quotient_group(group, sub)
