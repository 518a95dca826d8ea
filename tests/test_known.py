"""Numbers that others found first; the sources stand in zoo.py."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
import zoo

import reptheory as rt

NAMES = {name: getattr(rt, name) for name in rt.__all__}


@pytest.mark.parametrize("n", range(1, 7))
@pytest.mark.parametrize(("k", "l"), [(1, 0), (1, 1), (2, 0), (2, 1), (2, 2), (3, 1), (3, 2), (3, 3)])
def test_maps_of_tensor_powers_of_the_symmetric_group(n, k, l):
    v = rt.S(n).natural
    assert (v**k >> v**l).dim == sum(zoo.STIRLING[k + l][:n])
    if n >= k + l:
        assert (v**k >> v**l).dim == zoo.BELL[k + l]


@pytest.mark.parametrize("name", zoo.SQUARE_ORBITS)
@pytest.mark.parametrize("n", range(1, 8))
def test_orbits_of_wallpaper_point_groups_on_square_grids(name, n):
    group = eval(name, NAMES)
    assert rt.Hom(group.trivial, group.trivial, on=rt.grid(n)).dim == zoo.SQUARE_ORBITS[name](n)


@pytest.mark.parametrize("name", zoo.HEXAGON_ORBITS)
@pytest.mark.parametrize("radius", range(5))
def test_orbits_on_hexagons(name, radius):
    group = eval(name, NAMES)
    hom = rt.Hom(group.trivial, group.trivial, on=rt.lattice("hexagonal", radius))
    assert hom.dim == zoo.HEXAGON_ORBITS[name](radius)


@pytest.mark.parametrize(("name", "n"), zoo.REGULAR)
def test_regular_to_regular_kernels_are_all_there(name, n):
    group = eval(name, NAMES)
    hom = rt.Hom(group.regular, group.regular, on=rt.grid(n))
    assert hom.dim == zoo.REGULAR[name, n]
    assert hom.certificate.by_characters == hom.dim


@pytest.mark.parametrize("name", zoo.ORDERS)
def test_orders_and_class_numbers(name):
    group = eval(name, NAMES)
    assert (group.order, len(group.classes)) == zoo.ORDERS[name]


def test_mathieu_groups():
    assert (zoo.m11().order, len(zoo.m11().classes)) == (7920, 10)
    assert zoo.m12().order == 95040


def test_m11_has_8_orbitals_on_triples():
    """M11 on its 165 3-subsets has rank 8 (Atlas; also found by sparse elimination)."""
    group = zoo.m11()
    subsets = {s: n for n, s in enumerate(combinations(range(11), 3))}
    images = {name: [subsets[tuple(sorted(g(i) for i in s))] for s in subsets]
              for name, g in zip(group.names, group.generators)}
    triples = group.permutation(**images)
    assert (triples >> triples).dim == 8


def test_the_pocket_cube_is_answered_without_listing_it():
    group = zoo.pocket_cube()
    assert group.order == 88_179_840
    assert len(group.orbits()) == 1 and group.stabiliser(0).order == 88_179_840 // 24
    hom = group.natural >> group.natural
    # stickers of one corner turn together: equal, the next two around the corner, any other corner
    assert hom.dim == 4
    assert hom.certificate.verify() and hom.certificate.by_characters is None
    assert "88179840" in repr(hom.certificate)


def test_the_symmetric_group_of_degree_12_is_answered_without_listing_it():
    group = rt.S(12)
    assert group.order == 479_001_600 and group.stabiliser(3).order == 39_916_800
    assert (group.natural**2 >> group.natural).dim == zoo.BELL[3]


@pytest.mark.parametrize(("point", "size", "rank"), [((1, 1, 1), 8, 4), ((1, 0, 0), 6, 3), ((1, 1, 0), 12, 7)])
def test_mackey_rows_of_the_cube(point, size, rank):
    """Vertices, faces and edges of the cube: distances 0, 1, √2, √3 of vertices; equal, adjacent, opposite faces; the
    half turn that fixes an edge fixes the opposite one too, and pairs up the other ten: 7 orbits."""
    group = rt.octahedral()
    solid = group.vector.orbit(point)
    assert solid.dim == size
    assert (solid >> solid).dim == rank
    images = [np.asarray(a.images) for a in solid.actions]
    fixing = [g for g in group.elements if _image(group, images, g) == 0]
    stabiliser = group.subgroup(**{f"t{k}": g for k, g in enumerate(fixing)})
    table = rt.mackey(stabiliser.trivial, stabiliser.trivial, group)
    assert len(table) == table.dim == rank


def _image(group, images, g) -> int:
    point = 0
    for s, e in reversed(group.word(g)):
        point = int(images[s][point]) if e > 0 else int(np.flatnonzero(images[s] == point)[0])
    return point


def test_mackey_rows_of_the_icosahedron():
    """The 12 vertices have four distances, and the rotations are transitive on the pairs of each: rank 4."""
    group = rt.icosahedral()
    vertex = group.stabiliser(0)
    table = rt.mackey(vertex.trivial, vertex.trivial, group)
    assert [row.size for row in table] == [5, 25, 25, 5] or sorted(row.size for row in table) == [5, 5, 25, 25]
    assert (group.natural >> group.natural).dim == table.dim == 4


def test_double_cosets_of_papers():
    """S4/S3 trivial → trivial: 2. S4 over S3 and S2 (the sign, the permutation of two points): 6. Any → D4 over 1
    from C4: 8."""
    s4 = rt.S(4)
    s3 = s4.stabiliser(3)
    assert rt.mackey(s3.trivial, s3.trivial, s4).dim == 2
    s2 = s4.subgroup(t="(0 1)")
    two = s2.permutation(t="(0 1)")
    assert rt.mackey(s3.sign, two, s4).dim == (s3.sign.induce(s4) >> two.induce(s4)).dim == 4
    d4 = rt.D(4)
    one, c4 = d4.subgroup(t="r^4"), d4.subgroup(t="r")
    assert rt.mackey(c4.regular, one.trivial, d4).dim == 8


@pytest.mark.parametrize("n", range(3, 7))
def test_invariants_of_the_alternating_group(n):
    """Λⁿ of the natural representation is the sign: A_n fixes it, S_n does not; below n they have the same
    invariants."""
    a, s = rt.A(n), rt.S(n)
    assert (a.trivial >> a.natural.alt(n)).dim == 1 and (s.trivial >> s.natural.alt(n)).dim == 0
    for k in range(1, n - 1):
        assert (a.trivial >> a.natural**k).dim == (s.trivial >> s.natural**k).dim


def test_the_icosahedron_has_one_quadratic_invariant_and_none_of_degree_4_but_its_square():
    """Molien: invariants of the icosahedral rotations in degrees 2, 4, 6: 1, 1, 2 (Klein)."""
    v = rt.icosahedral().vector
    assert [(v.group.trivial >> v.sym(k)).dim for k in (1, 2, 3, 4)] == [0, 1, 0, 1]


def test_dihedral_regular_maps_on_a_point():
    """Hom(regular, regular) are the right translations: |G|."""
    for n in (4, 8, 16):
        assert (rt.D(n).regular >> rt.D(n).regular).dim == 2 * n


def test_the_quaternion_group_has_a_quaternionic_representation():
    """Q8 in H = R⁴ by left multiplication: irreducible over R, of quaternionic type, commutant of dimension 4."""
    i = [[0, -1, 0, 0], [1, 0, 0, 0], [0, 0, 0, -1], [0, 0, 1, 0]]
    j = [[0, 0, -1, 0], [0, 0, 0, 1], [1, 0, 0, 0], [0, -1, 0, 0]]
    h = rt.Q8().rep(i=i, j=j)
    assert h.is_irreducible and h.type == "quaternionic" and (h >> h).dim == 4
    assert rt.C(4).vector.type == "complex" and rt.D(4).vector.type == "real"
