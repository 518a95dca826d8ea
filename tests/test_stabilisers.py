"""Stabilisers of vectors, tensors and sets of patterns: brute force, the orbit-stabiliser theorem, known orders."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from symmetries import groups, permutation_groups, reps

import reptheory as rt

NAMES = {name: getattr(rt, name) for name in rt.__all__}
LINES = [{0, 1, 2}, {3, 4, 5}, {6, 7, 8}, {0, 3, 6}, {1, 4, 7}, {2, 5, 8}, {0, 4, 8}, {2, 4, 6}]


def column(v) -> rt.Matrix:
    return rt.Matrix.of([[x] for x in v])


def same(one: rt.Group, two: rt.Group) -> bool:
    return one.is_subgroup(two) and two.is_subgroup(one)


# Stabilisers ---------------------------------------------------------------------------------------------------------
@st.composite
def fixed(draw):
    """A representation of dimension at most 6 and one or two short integer vectors of it."""
    group = draw(groups())
    rep = draw(reps(group, 6))
    entry = st.lists(st.integers(-1, 1), min_size=rep.dim, max_size=rep.dim)
    return rep, draw(st.lists(entry, min_size=1, max_size=2))


@given(fixed(), st.sampled_from(["", "sign", "scale"]))
def test_a_stabiliser_is_what_brute_force_finds(drawn, up_to):
    rep, vectors = drawn
    found = rt.stabiliser(rep, vectors, up_to)
    columns = [column(v) for v in vectors]

    def fixes(g) -> bool:
        images = [(rep(g) @ v, v) for v in columns]
        if up_to == "scale":
            return all(parallel(a, b) for a, b in images)
        return all(a == b or (up_to and a == -b) for a, b in images)

    assert found.order == sum(map(fixes, rep.group.elements))
    assert all(fixes(rep.group.element(list(images))) for images in found.images)
    assert found.is_subgroup(rep.group) and rep.group.order % found.order == 0


def parallel(a: rt.Matrix, b: rt.Matrix) -> bool:
    return all((a[i, 0] * b[j, 0] - a[j, 0] * b[i, 0]).is_zero for i, j in itertools.combinations(range(a.shape[0]), 2))


@given(fixed())
def test_orbit_times_stabiliser_is_the_group(drawn):
    rep, (vector, *_) = drawn
    assert rep.orbit(vector).dim * rt.stabiliser(rep, vector).order == rep.group.order


@given(fixed())
def test_a_setwise_stabiliser_is_what_brute_force_finds(drawn):
    rep, vectors = drawn
    columns = [column(v) for v in vectors]
    keep = [g for g in rep.group.elements if all(rep(g) @ v in columns for v in columns)]
    found = rt.setwise_stabiliser(rep, vectors)
    assert found.order == len(keep) and all(found.contains(g.images) for g in keep)


@given(fixed())
def test_stabilisers_of_parts_meet_in_the_stabiliser_of_all(drawn):
    rep, vectors = drawn
    parts = [rt.stabiliser(rep, v) for v in vectors]
    whole = parts[0] if len(parts) == 1 else parts[0].intersection(parts[1])
    assert same(rt.stabiliser(rep, vectors), whole)
    assert rt.stabiliser(rep, vectors).is_subgroup(rt.setwise_stabiliser(rep, vectors))


@given(permutation_groups(5), st.sets(st.integers(0, 4)))
def test_a_set_of_points_stands_for_its_indicator(group, points):
    degree = group.degree
    points = {p for p in points if p < degree}
    found = rt.stabiliser(group, points)
    assert found.order == sum({g(p) for p in points} == points for g in group.elements)
    assert same(found, rt.stabiliser(group.natural, [int(i in points) for i in range(degree)]))


@given(fixed())
def test_the_result_prints_as_what_makes_it(drawn):
    rep, vectors = drawn
    found = rt.stabiliser(rep, vectors)
    again = eval(found.expression, dict(NAMES))
    assert again == found and len(found.names) <= max(1, found.order.bit_length() - 1)


@pytest.mark.parametrize("make, order", [
    # the automorphisms of the 8 winning lines of tic-tac-toe are the symmetries of the square
    (lambda: rt.setwise_stabiliser(rt.S(9), LINES), 8),
    # S_6 × S_6 in S_12; S_3 wr S_3 in S_9 (set partitions 3 + 3 + 3): 6³·6
    (lambda: rt.stabiliser(rt.S(12), set(range(6))), 720 * 720),
    (lambda: rt.setwise_stabiliser(rt.S(9), LINES[:3]), 1296),
    # the seven lines of the Fano plane in S_7: PSL(3, 2), order 168; M11 on 4-sets: 7920/330
    (lambda: rt.setwise_stabiliser(rt.S(7), [{i % 7, (i + 1) % 7, (i + 3) % 7} for i in range(7)]), 168),
    (lambda: rt.stabiliser(rt.group(a="(0 1 2 3 4 5 6 7 8 9 10)", b="(2 6 10 7)(3 9 4 5)"), {0, 1, 2, 3}), 24),
    # a large group, not listed: S_20 on 3-sets, 3!·17!
    (lambda: rt.stabiliser(rt.S(20), {0, 1, 2}), 6 * 355687428096000),
])
def test_known_orders(make, order):
    assert make().order == order


def test_tensors_under_the_symmetries_of_the_cube():
    G = rt.hyperoctahedral(3)  # the signed permutations, B_3
    V = G.vector
    epsilon = np.zeros((3, 3, 3), int)
    for p in itertools.permutations(range(3)):
        epsilon[p] = round(np.linalg.det(np.eye(3)[list(p)]))
    rotations = rt.stabiliser(V**3, epsilon)  # g·ε = det(g) ε
    assert rotations.order == 24 and all(V(g).det() == 1 for g in map(G.element, map(list, rotations.images)))
    assert rt.stabiliser(V**3, epsilon, up_to="sign").order == 48
    assert rt.stabiliser(V**3, np.abs(epsilon)).order == 24  # xyz is invariant under the full group of the tetrahedron
    assert rt.stabiliser(V**2, np.diag([1, 1, 2])).order == 16  # uniaxial: D_4h
    assert rt.stabiliser(V**2, np.diag([1, 2, 3])).order == 8  # biaxial: D_2h
    assert rt.stabiliser(V, [[1, 0, 0], [0, 1, 0]]).order == 2


def test_the_symmetries_of_a_pattern_of_shared_weights():
    G = rt.D(4)
    on_grid = G.permutation(**{n: p.tolist() for n, p in zip(G.names, rt.grid(3).permutations(G))})
    cross = [[0, 1, 0], [1, 2, 1], [0, 1, 0]]
    stripes = [[1, 2, 3], [1, 2, 3], [1, 2, 3]]
    assert rt.stabiliser(on_grid, cross).order == 8
    assert rt.stabiliser(on_grid, stripes).order == 2  # the weights keep their names
    cells = [{3 * row + k for row in range(3)} for k in range(3)]
    assert rt.setwise_stabiliser(on_grid, cells).order == 4  # the partition may permute its parts


def test_irrational_vectors():
    G = rt.icosahedral()
    root = rt.quadratic(5).generator
    assert rt.stabiliser(G.vector, [0, 1, (1 + root) / 2]).order == 5
    assert rt.stabiliser(G.vector, [0, 1, (1 + root) / 2], up_to="sign").order == 10
    i = rt.quadratic(-1).generator
    turn = rt.C(4).natural
    assert rt.stabiliser(turn, [1, i, -1, -i]).order == 1
    assert rt.stabiliser(turn, [1, i, -1, -i], up_to="scale").order == 4


@pytest.mark.parametrize("act, kind, message", [
    (lambda: rt.stabiliser(rt.S(9), [1, 2]), ValueError, r"has 9 entries, and \[1, 2\] has 2. Give one vector, or a"),
    (lambda: rt.stabiliser(rt.S(3), [0.5, 1, 1]), rt.NotExact, "0.5 is a float"),
    (lambda: rt.stabiliser(rt.S(3), {7}), ValueError, r"\{7\} is no set of points of S\(3\).natural. Give points 0…2"),
    (lambda: rt.stabiliser(rt.D(4).vector, {0}), ValueError, "of a permutation representation, or vectors"),
    (lambda: rt.stabiliser(rt.S(3), [1, 2, 3], up_to="scalar"), ValueError, "up_to='scalar' is none of '', 'sign', 's"),
    (lambda: rt.stabiliser(rt.S(12), list(range(12)), limit=500), rt.TooLarge, "more than 500 vectors. Raise limit=…"),
    (lambda: rt.setwise_stabiliser(rt.S(12), [{2 * i, 2 * i + 1} for i in range(6)], limit=500), rt.TooLarge,
     r"the patterns have more than 500 images under S\(12\). Raise limit=…"),
    (lambda: rt.setwise_stabiliser(rt.S(3), [[[1, 2, 3], [3, 2, 1]]]), ValueError, "has 3 entries"),
])
def test_refusals(act, kind, message):
    with pytest.raises(kind, match=message):
        act()
