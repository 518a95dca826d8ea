"""Groups by name and from matrices: orders, classes, relations, and how they move space."""

from __future__ import annotations

from collections import Counter
from itertools import product
from math import factorial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import reptheory as rt
from reptheory.element import write
from reptheory.matrix import Matrix
from reptheory.monomial import as_matrix

NAMES = {name: getattr(rt, name) for name in rt.__all__}
FAMILIES = [make(n) for make in (rt.C, rt.D, rt.S, rt.A, rt.Dic) for n in range(1, 7)]
SPACE = [rt.tetrahedral(), rt.octahedral(), rt.icosahedral(), *(f(full=True) for f in (rt.tetrahedral, rt.octahedral,
                                                                                      rt.icosahedral))]
NAMED = [*FAMILIES, rt.Q8(), *SPACE]
each = pytest.mark.parametrize("group", NAMED, ids=lambda group: group.expression)
each_in_space = pytest.mark.parametrize("group", SPACE, ids=lambda group: group.expression)


@each
def test_the_order_that_is_known_is_the_order_that_is_listed(group):
    assert group.order == len(list(group.elements)) == len({g.images for g in group.elements})


@each
def test_the_presentation_of_the_family_presents_it(group):
    text = ", ".join(write(word, group.names) for word in group.relations)
    assert all(group.evaluate(word).is_identity for word in group.relations)
    assert rt.presentation(" ".join(group.names), text).order == group.order


@pytest.mark.parametrize("n", range(1, 10))
def test_orders_of_the_families(n):
    assert [make(n).order for make in (rt.C, rt.D, rt.S, rt.Dic)] == [n, 2 * n, factorial(n), 4 * n]
    assert rt.A(n).order == max(1, factorial(n) // 2)


@pytest.mark.parametrize("n", range(1, 13))
def test_class_numbers_of_cyclic_and_dihedral_groups(n):
    assert len(rt.C(n).classes) == n
    assert len(rt.D(n).classes) == ((n + 3) // 2 if n % 2 else n // 2 + 3)  # Serre, Linear Representations 5.3
    assert len(rt.Dic(n).classes) == n + 3


def test_the_square_is_generated_as_the_documents_say():
    assert rt.D(4).images == ((1, 2, 3, 0), (3, 2, 1, 0))
    assert rt.D(4).vector(rt.D(4).generators[0]) == Matrix.of([[0, -1], [1, 0]])


@pytest.mark.parametrize("n", range(3, 10))
def test_polygons_turn_counter_clockwise_and_move_their_vertices(n):
    """Vertex k is at angle (2k + 1)π/n; the orthonormal matrix of g takes vertex k to vertex g(k)."""
    group = rt.D(n)
    angles = (2 * np.arange(n) + 1) * np.pi / n
    vertices = np.stack([np.cos(angles), np.sin(angles)])
    for g in group.elements:
        np.testing.assert_allclose(group.vector.to_numpy(g) @ vertices, vertices[:, list(g.images)], atol=1e-14)
    np.testing.assert_array_equal(rt.C(n).vector.to_numpy(rt.C(n).generators[0]),
                                  group.vector.to_numpy(group.generators[0]))


@pytest.mark.parametrize("group", [make(n) for make in (rt.C, rt.D) for n in range(1, 9)], ids=lambda g: g.expression)
def test_polygon_groups_are_faithful_on_the_plane(group):
    assert len({as_matrix(group.vector.action(g)) for g in group.elements}) == group.order
    assert group.vector.is_unitary and group.vector.dim == 2


def test_alternating_groups_are_the_even_permutations():
    for n in range(3, 7):
        even = {g.images for g in rt.S(n).elements if sum(len(c) - 1 for c in g.cycles) % 2 == 0}
        assert {g.images for g in rt.A(n).elements} == even


@pytest.mark.parametrize("n", [8, 10, 30])
def test_relations_of_alternating_groups_need_no_list(n):
    group = rt.A(n)
    assert all(group.evaluate(word).is_identity for word in group.relations) and len(group.relations) == (n - 2) * (
        n - 1) // 2
    with pytest.raises(rt.NotARepresentation, match=rf"in A\({n}\) we have a1³ = 1"):
        group.rep(**{name: [[-1]] for name in group.names})


def test_quaternions():
    group = rt.Q8()
    i, j = group.generators
    k, minus = i * j, i * i
    assert j * j == k * k == minus and (minus * minus).is_identity
    assert j * k == i and k * i == j and j * i == minus * k
    assert Counter(g.order for g in group.elements) == {1: 1, 2: 1, 4: 6}
    assert Counter(g.order for g in rt.Dic(2).elements) == {1: 1, 2: 1, 4: 6}


@pytest.mark.parametrize("group, orders", [  # rotations by axis: Coxeter, Regular Polytopes, 3.4–3.5
    (rt.tetrahedral(), {1: 1, 2: 3, 3: 8}),
    (rt.octahedral(), {1: 1, 2: 9, 3: 8, 4: 6}),
    (rt.icosahedral(), {1: 1, 2: 15, 3: 20, 5: 24}),
    (rt.tetrahedral(full=True), {1: 1, 2: 9, 3: 8, 4: 6}),
    (rt.octahedral(full=True), {1: 1, 2: 19, 3: 8, 4: 12, 6: 8}),
    (rt.icosahedral(full=True), {1: 1, 2: 31, 3: 20, 5: 24, 6: 20, 10: 24}),
], ids=lambda value: getattr(value, "expression", ""))
def test_polyhedral_groups_have_the_rotations_of_their_axes(group, orders):
    assert Counter(g.order for g in group.elements) == orders


@each_in_space
def test_polyhedral_groups_are_orthogonal_and_half_of_a_full_one_are_rotations(group):
    one = Matrix.identity(3)
    matrices = [as_matrix(group.vector.action(g)) for g in group.elements]
    assert all(m.T @ m == one for m in matrices) and len(set(matrices)) == group.order
    signs = Counter(int(m.det().to_fraction()) for m in matrices)
    assert signs == ({1: group.order // 2, -1: group.order // 2} if "full" in group.expression else {1: group.order})


@pytest.mark.parametrize("group, vertex", [
    (rt.tetrahedral(full=True), (1, 1, 1)), (rt.octahedral(), (1, 1, 1)),
    (rt.icosahedral(), (0, 1, (1 + rt.quadratic(5).generator) / 2)),
], ids=["tetrahedron", "cube", "icosahedron"])
def test_the_points_are_the_vertices(group, vertex):
    orbit = group.vector.orbit(vertex)
    assert all(orbit.action(g) == group.natural.action(g) for g in group.generators)


@each_in_space
def test_rotations_and_full_groups_share_their_generators(group):
    rotations = {"t": rt.tetrahedral, "o": rt.octahedral, "i": rt.icosahedral}[group.expression[0]]()
    assert group.images[:2] == rotations.images and group.names[:2] == rotations.names == ("r", "s")
    assert rotations.is_subgroup(group) and group.vector.restrict(rotations).dim == 3
    assert [as_matrix(group.vector.action(g)) for g in group.generators[:2]] == [
        as_matrix(rotations.vector.action(g)) for g in rotations.generators]


# Groups of matrices --------------------------------------------------------------------------------------


def weyl(cartan: list[list[int]]) -> rt.Group:
    """The Weyl group of a Cartan matrix, on simple roots: s_i takes α_j to α_j − c_ji α_i."""
    n = len(cartan)
    return rt.group(**{f"s{i}": [[int(a == b) - (cartan[b][i] if a == i else 0) for b in range(n)] for a in range(n)]
                       for i in range(n)})


def simply_laced(n: int, *edges: tuple[int, int]) -> list[list[int]]:
    linked = {frozenset(edge) for edge in edges}
    return [[2 if i == j else -int(frozenset((i, j)) in linked) for j in range(n)] for i in range(n)]


@pytest.mark.parametrize("group, order, classes", [  # Carter, Conjugacy classes in the Weyl group (1972)
    (weyl([[2, -1], [-1, 2]]), 6, 3),
    (weyl([[2, -1], [-3, 2]]), 12, 6),
    (weyl([[2, -1, 0, 0], [-1, 2, -2, 0], [0, -1, 2, -1], [0, 0, -1, 2]]), 1152, 25),
    (weyl(simply_laced(6, (0, 1), (1, 2), (2, 3), (3, 4), (2, 5))), 51_840, 25),
], ids=["A2", "G2", "F4", "E6"])
def test_weyl_groups(group, order, classes):
    assert group.order == order and len(group.classes) == classes
    assert group.vector.dim == len(group.names)


def test_matrix_groups_over_number_fields():
    i = rt.cyclotomic(4).generator
    quaternions = rt.group(i=[[i, 0], [0, -i]], j=[[0, 1], [-1, 0]])
    assert [c.size for c in quaternions.classes] == [c.size for c in rt.Q8().classes]
    assert rt.group(a=[[rt.cyclotomic(8).generator]], b=[["-1"]]).order == 8
    for group in (quaternions, rt.group(a=[["1/2", "-3/4"], [1, "1/2"]])):
        assert eval(repr(group), dict(NAMES)) == group
        assert all(as_matrix(group.vector.action(g)) == m for g, m in zip(group.generators, group.on_space.matrices))


def test_matrix_groups_permute_an_orbit_that_spans():
    cube = rt.octahedral(full=True)
    group = rt.group(**{n: as_matrix(cube.vector.action(g)) for n, g in zip(cube.names, cube.generators)})
    assert group.degree == 6 and group.order == 48 and len(group.classes) == 10


def test_matrices_may_come_from_sympy_and_numpy_integers():
    import sympy

    rows = [[0, -1], [1, 0]]
    given = (rows, sympy.Matrix(rows), np.array(rows), Matrix.of(rows))
    assert len({rt.group(r=matrix) for matrix in given}) == 1


SIGNED = [[[a, 0], [0, b]] for a in (1, -1) for b in (1, -1)] + [[[0, a], [b, 0]] for a in (1, -1) for b in (1, -1)]


@given(st.lists(st.sampled_from(SIGNED), min_size=1, max_size=3))
def test_groups_of_signed_permutations_multiply_as_their_matrices(matrices):
    group = rt.group(**{f"g{k}": m for k, m in enumerate(matrices)})
    matrix = {g: as_matrix(group.vector.action(g)) for g in group.elements}
    assert len(set(matrix.values())) == group.order and 8 % group.order == 0
    assert all(matrix[g * h] == matrix[g] @ matrix[h] for g, h in product(matrix, matrix))


@pytest.mark.parametrize("act, kind, message", [
    (lambda: rt.C(0), ValueError, r"C\(0\): n is a positive integer"),
    (lambda: rt.D(True), ValueError, r"D\(True\): n is a positive integer"),
    (lambda: rt.S("3"), ValueError, r"S\('3'\): n is a positive integer"),
    (lambda: rt.A(-1), ValueError, r"A\(-1\)"),
    (lambda: rt.Dic(2.0), ValueError, r"Dic\(2\.0\)"),
    (lambda: rt.group(a=[[1, 0], [0, 1], [0, 0]]), ValueError, "matrix of a has shape 3×2. Give square matrices"),
    (lambda: rt.group(a=[(0, 1, 2)]), ValueError, r"shape 1×3.*cycles as text \"\(0 1 2\)\""),
    (lambda: rt.group(limit="(0 1)", a="(0 1 2)"), TypeError, "limit is the most vectors.*Give a generator another"),
    (lambda: rt.group(a=[[1]], b=[[1, 0], [0, 1]]), ValueError, "sizes 1, 2. Give square matrices of one size"),
    (lambda: rt.group(a=[[1, 1], [1, 1]]), ValueError, "matrix of a is singular, det = 0.*Give invertible ones"),
    (lambda: rt.group(a=[[0, 1], [1, 0]], b="(0 1)"), ValueError, r"b = '\(0 1\)' is no matrix, but other"),
    (lambda: rt.group(a=[[0.5]]), rt.NotExact, "0.5 is a float"),
    (lambda: rt.group(a=[[float("nan")]]), rt.NotExact, "nan"),
    (lambda: rt.group(a=np.array([[1.0]])), rt.NotExact, "float"),
    (lambda: rt.group(a=[[1, 1], [0, 1]]), rt.InfiniteGroup, r"matrix of a, \[1 1; 0 1\], has infinite order"),
    (lambda: rt.group(a=[[2]]), rt.InfiniteGroup, "roots of unity as eigenvalues, so no power of it is 1. Change it"),
    (lambda: rt.group(a=[["3/5", "-4/5"], ["4/5", "3/5"]]), rt.InfiniteGroup, "has infinite order"),
    (lambda: rt.group(a=[[-1, 0], [0, 1]], b=[[-1, 1], [0, 1]], limit=200), rt.TooLarge,
     "orbit of the basis vectors under a, b has more than 200 vectors.*Raise limit="),
])
def test_refusals(act, kind, message):
    with pytest.raises(kind, match=message):
        act()
