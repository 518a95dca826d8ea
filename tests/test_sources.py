"""Sources of groups: matrices over GF(p), crystals, tables, central products and quotients, families."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from fractions import Fraction
from functools import reduce
from itertools import product
from math import factorial, gcd, prod

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from symmetries import groups, subgroups

import reptheory as rt
from reptheory.crystal import CLASSES, WALLPAPER
from reptheory.element import write
from reptheory.matrix import Matrix
from reptheory.monomial import as_matrix

NAMES = {name: getattr(rt, name) for name in rt.__all__}
small_primes = st.sampled_from([2, 3, 5, 7])


def listed(group: rt.Group) -> int:
    """The order, found without the formula and without the base that the source states."""
    return replace(group, known_order=None, base=None).order


def shape(group: rt.Group) -> list[tuple[int, int]]:
    """Orders and sizes of the classes, equal for isomorphic groups."""
    return sorted((c.order, c.size) for c in group.classes)


# Matrices over finite fields ---------------------------------------------------------------------------------


@pytest.mark.parametrize("n, p", [(1, 2), (1, 7), (2, 2), (2, 3), (2, 5), (2, 7), (2, 11), (3, 2), (3, 3), (4, 2),
                                  (4, 3), (5, 2)])
def test_orders_of_linear_groups(n, p):
    general = prod(p**n - p**i for i in range(n))  # ordered bases
    special = general // (p - 1)
    wanted = {rt.GL: general, rt.SL: special, rt.PGL: special, rt.PSL: special // gcd(n, p - 1),
              rt.AGL: p**n * general, rt.unitriangular: p ** (n * (n - 1) // 2)}
    for make, order in wanted.items():
        group = make(n, q=p)
        assert group.order == order == listed(group)
        assert eval(repr(group), dict(NAMES)) == group
        if order < 3000:
            assert group.listing.size == order  # the stated base tells the elements apart
    assert rt.SL(n, q=p).is_subgroup(rt.GL(n, q=p)) and rt.PSL(n, q=p).is_subgroup(rt.PGL(n, q=p))


@pytest.mark.parametrize("group, classes", [  # Dornhoff, Group Representation Theory A, §38; Steinberg (1951)
    (rt.SL(2, q=5), 9), (rt.SL(2, q=7), 11), (rt.GL(2, q=3), 8), (rt.GL(2, q=5), 24), (rt.PSL(2, q=5), 5),
    (rt.PSL(2, q=7), 6), (rt.PSL(2, q=11), 8), (rt.PGL(2, q=7), 9), (rt.GL(3, q=3), 24), (rt.SL(3, q=3), 12),
    (rt.GL(4, q=2), 14), (rt.unitriangular(3, q=5), 29), (rt.AGL(1, q=7), 7),
], ids=lambda value: getattr(value, "expression", ""))
def test_class_numbers_of_linear_groups(group, classes):
    assert len(group.classes) == classes


@pytest.mark.parametrize("one, two", [  # Dickson; Conway et al., ATLAS of Finite Groups, p. 3
    (rt.PSL(2, q=7), rt.GL(3, q=2)), (rt.PSL(2, q=2), rt.S(3)), (rt.PSL(2, q=3), rt.A(4)), (rt.PSL(2, q=5), rt.A(5)),
    (rt.PGL(2, q=3), rt.S(4)), (rt.PGL(2, q=5), rt.S(5)), (rt.GL(4, q=2), rt.A(8)), (rt.AGL(2, q=2), rt.S(4)),
    (rt.AGL(1, q=5), rt.semidirect(rt.C(5), rt.C(4), {"r": {"r": "r^2"}})),
    (rt.SL(2, q=3), rt.semidirect(rt.Q8(), rt.C(3), {"r": {"i": "j", "j": "i*j"}})),  # the binary tetrahedral group
    (rt.SL(2, q=5), rt.presentation("s t", "s^3 = t^5, t^5 = (s*t)^2")),              # the binary icosahedral group
    (rt.unitriangular(3, q=2), rt.D(4)), (rt.wallpaper("p6m"), rt.D(6)), (rt.point_group("Td"), rt.S(4)),
    (rt.hyperoctahedral(2), rt.D(4)), (rt.hyperoctahedral(3), rt.octahedral(full=True)),
    (rt.hyperoctahedral(4), rt.wreath(rt.C(2), 4)), (rt.point_group("T"), rt.tetrahedral()),
    (rt.frobenius(7, 3), rt.semidirect(rt.C(7), rt.C(3), {"r": {"r": "r^2"}})), (rt.frobenius(7, 6), rt.AGL(1, q=7)),
], ids=lambda group: group.expression)
def test_exceptional_isomorphisms(one, two):
    assert shape(one) == shape(two)


@given(small_primes.filter(lambda p: p < 7), st.data())
def test_matrices_act_on_vectors_as_they_multiply(p, data):
    entry = st.integers(-p, 2 * p)
    matrices = data.draw(st.lists(st.tuples(*[st.lists(entry, min_size=2, max_size=2)] * 2).filter(
        lambda m: (m[0][0] * m[1][1] - m[0][1] * m[1][0]) % p), min_size=1, max_size=2))
    group = rt.matrix_group(p, **{f"g{k}": list(m) for k, m in enumerate(matrices)})
    vectors = [v for v in product(range(p), repeat=2) if any(v)]
    assert group.degree == len(vectors)
    for g, m in zip(group.generators, matrices):
        for i, v in enumerate(vectors):
            assert vectors[g(i)] == tuple(sum(x * y for x, y in zip(row, v)) % p for row in m)
    assert eval(repr(group), dict(NAMES)) == group and rt.read(repr(group)) == group
    assert rt.GL(2, q=p).order % group.order == 0 and group.is_subgroup(rt.GL(2, q=p))


@given(st.sampled_from([2, 3, 5]), st.integers(2, 3), st.data())
def test_the_kernel_of_the_action_on_lines_is_the_scalars(p, n, data):
    matrix = st.lists(st.lists(st.integers(0, p - 1), min_size=n, max_size=n), min_size=n, max_size=n).filter(
        lambda m: int(Matrix.of(m).det().to_fraction()) % p)
    given_ = {f"g{k}": data.draw(matrix) for k in range(data.draw(st.integers(1, 2)))}
    upstairs, downstairs = (rt.matrix_group(p, on=on, **given_) for on in ("vectors", "lines"))
    assert downstairs.degree == (p**n - 1) // (p - 1)
    kernel = rt.Homomorphism(upstairs, downstairs, {name: name for name in given_}).kernel
    scalars = [rt.matrix_group(p, s=(c * np.eye(n, dtype=int)).tolist()).generators[0] for c in range(1, p)]
    assert kernel.order == sum(upstairs.contains(s.images) for s in scalars)
    assert kernel.order * downstairs.order == upstairs.order


def test_projective_groups_are_the_linear_ones_modulo_scalars():
    for p in (3, 5, 7):
        up = rt.SL(2, q=p)
        center = rt.Homomorphism(up, rt.PSL(2, q=p), {"x": "x", "w": "w"}).kernel
        assert center.order == 2 == up.center.order
        assert shape(rt.quotient_group(up, up.center)) == shape(rt.PSL(2, q=p))


def test_large_linear_groups_need_no_list():
    group = rt.SL(4, q=5)
    assert group.order == 29_016_000_000 and group.orbits() == (tuple(range(624)),)
    assert (group.natural >> group.natural).dim == 4 + 1  # the pairs (v, λv), and the independent ones


# Crystals ----------------------------------------------------------------------------------------------------
POINT_GROUPS = {  # International Tables for Crystallography A (2006), Table 10.1.2.2: symbols and orders
    "1": ("C1", 1), "-1": ("Ci", 2), "2": ("C2", 2), "m": ("Cs", 2), "2/m": ("C2h", 4), "222": ("D2", 4),
    "mm2": ("C2v", 4), "mmm": ("D2h", 8), "4": ("C4", 4), "-4": ("S4", 4), "4/m": ("C4h", 8), "422": ("D4", 8),
    "4mm": ("C4v", 8), "-42m": ("D2d", 8), "4/mmm": ("D4h", 16), "3": ("C3", 3), "-3": ("S6", 6), "32": ("D3", 6),
    "3m": ("C3v", 6), "-3m": ("D3d", 12), "6": ("C6", 6), "-6": ("C3h", 6), "6/m": ("C6h", 12), "622": ("D6", 12),
    "6mm": ("C6v", 12), "-6m2": ("D3h", 12), "6/mmm": ("D6h", 24), "23": ("T", 12), "m-3": ("Th", 24), "432": ("O", 24),
    "-43m": ("Td", 24), "m-3m": ("Oh", 48),
}
CHIRAL = {"1", "2", "222", "3", "32", "4", "422", "6", "622", "23", "432"}                         # only rotations
CENTRIC = {"-1", "2/m", "mmm", "4/m", "4/mmm", "-3", "-3m", "6/m", "6/mmm", "m-3", "m-3m"}         # Laue classes
SETTINGS = {"121": "2", "1m1": "m", "12/m1": "2/m", "-4m2": "-42m", "312": "32", "31m": "3m", "-31m": "-3m",
            "-62m": "-6m2"}
every_class = pytest.mark.parametrize("name", POINT_GROUPS)


def matrices(group: rt.Group) -> list[Matrix]:
    return [as_matrix(group.vector.action(g)) for g in group.elements]


@every_class
def test_point_groups_by_both_names(name):
    schoenflies, order = POINT_GROUPS[name]
    group = rt.point_group(name)
    assert group == rt.point_group(schoenflies) and group.title == schoenflies
    assert group.order == order == listed(group) == group.listing.size
    assert eval(repr(group), dict(NAMES)) == group and rt.read(repr(group)) == group
    found = matrices(group)
    assert len(set(found)) == order and group.vector.is_unitary and group.vector.dim == 3
    signs = [int(m.det().to_fraction()) for m in found]
    assert signs.count(-1) == (0 if name in CHIRAL else order // 2)
    assert (-Matrix.identity(3) in found) == (name in CENTRIC)


# The elements of each kind, by the trace that crystallographers read them off: Boisen and Gibbs, Mathematical
# Crystallography (1990), §3. A symbol as keys of rotation orders; −n for a rotoinversion, −2 for a mirror.
CONTENT = {
    "2/m": {1: 1, 2: 1, -1: 1, -2: 1}, "mm2": {1: 1, 2: 1, -2: 2}, "-4": {1: 1, 2: 1, -4: 2},
    "-42m": {1: 1, 2: 3, -2: 2, -4: 2}, "4/mmm": {1: 1, 2: 5, 4: 2, -1: 1, -2: 5, -4: 2},
    "-3": {1: 1, 3: 2, -1: 1, -3: 2},
    "-3m": {1: 1, 2: 3, 3: 2, -1: 1, -2: 3, -3: 2}, "-6": {1: 1, 3: 2, -2: 1, -6: 2},
    "-6m2": {1: 1, 2: 3, 3: 2, -2: 4, -6: 2}, "6/mmm": {1: 1, 2: 7, 3: 2, 6: 2, -1: 1, -2: 7, -3: 2, -6: 2},
    "m-3": {1: 1, 2: 3, 3: 8, -1: 1, -2: 3, -3: 8}, "-43m": {1: 1, 2: 3, 3: 8, -2: 6, -4: 6},
    "m-3m": {1: 1, 2: 9, 3: 8, 4: 6, -1: 1, -2: 9, -3: 8, -4: 6},
}


@pytest.mark.parametrize("name", CONTENT)
def test_the_operations_of_a_point_group(name):
    kinds = {3: 1, -1: 2, 0: 3, 1: 4, 2: 6}  # trace of a rotation
    found: Counter[int] = Counter()
    for m in matrices(rt.point_group(name)):
        det, trace = int(m.det().to_fraction()), int(m.trace().to_fraction())
        found[det * kinds[det * trace]] += 1
    assert found == CONTENT[name]


def test_the_32_classes_are_distinct_and_make_18_groups():
    assert {row.symbols[0]: (row.symbols[1], row.order) for row in CLASSES} == POINT_GROUPS
    assert len({tuple(shape(rt.point_group(name))) for name in POINT_GROUPS}) == 18  # ITA (2006), Table 10.1.4.1
    characters = {tuple(sorted(Counter((c.order, c.size, str(G.vector.character(c.representative)))
                                       for c in G.classes).items())) for G in map(rt.point_group, POINT_GROUPS)}
    assert len(characters) == 32


@pytest.mark.parametrize("setting", SETTINGS)
def test_other_settings_are_other_orientations_of_the_class(setting):
    group, standard = rt.point_group(setting), rt.point_group(SETTINGS[setting])
    assert eval(repr(group), dict(NAMES)) == group != standard
    assert shape(group) == shape(standard) and group.vector.is_unitary
    assert set(matrices(group)) != set(matrices(standard))
    assert sorted(map(str, (m.trace() for m in matrices(group)))) == sorted(
        map(str, (m.trace() for m in matrices(standard))))


@pytest.mark.parametrize("sub, whole", [
    ("4", "4mm"), ("4mm", "4/mmm"), ("-42m", "4/mmm"), ("4/mmm", "m-3m"), ("3m1", "6mm"), ("31m", "6mm"),
    ("-62m", "6/mmm"), ("-6m2", "6/mmm"), ("-31m", "6/mmm"), ("321", "622"), ("312", "622"), ("T", "Th"), ("Td", "Oh"),
])
def test_point_groups_of_one_system_lie_in_one_another(sub, whole):
    assert set(matrices(rt.point_group(sub))) < set(matrices(rt.point_group(whole)))


def test_cubic_groups_are_the_polyhedral_ones():
    for name, group in (("T", rt.tetrahedral()), ("Td", rt.tetrahedral(full=True)), ("O", rt.octahedral()),
                        ("Oh", rt.octahedral(full=True))):
        assert set(matrices(rt.point_group(name))) == set(matrices(group))


@pytest.mark.parametrize("name", [name for name in POINT_GROUPS if name[-1] not in "36" and "6" not in name
                                  and not re.fullmatch(r"-?3(2|m)?", name)])
def test_point_groups_without_a_hexagonal_axis_move_voxels(name):
    group = rt.point_group(name)
    hom = rt.Hom(group.trivial, group.vector, on=rt.grid(3, ndim=3))
    assert hom.certificate.verify()


LATTICES = {  # ITA (2006), part 6: order of the point group and number of classes; which lattice
    "p1": (1, "oblique"), "p2": (2, "oblique"), "pm": (2, "rectangular"), "pg": (2, "rectangular"),
    "cm": (2, "centred rectangular"), "p2mm": (4, "rectangular"), "p2mg": (4, "rectangular"),
    "p2gg": (4, "rectangular"), "c2mm": (4, "centred rectangular"), "p4": (4, "square"), "p4mm": (8, "square"),
    "p4gm": (8, "square"), "p3": (3, "hexagonal"), "p3m1": (6, "hexagonal"), "p31m": (6, "hexagonal"),
    "p6": (6, "hexagonal"), "p6mm": (12, "hexagonal"),
}
OLDER = {"pmm": "p2mm", "pmg": "p2mg", "pgg": "p2gg", "cmm": "c2mm", "p4m": "p4mm", "p4g": "p4gm", "p6m": "p6mm",
         "p1m1": "pm", "p1g1": "pg", "c1m1": "cm", "p111": "p1", "p211": "p2"}


@pytest.mark.parametrize("name", LATTICES)
def test_wallpaper_groups(name):
    order, lattice = LATTICES[name]
    group = rt.wallpaper(name)
    assert group.order == order == listed(group) and group.title.endswith(f" on the {lattice} lattice")
    assert eval(repr(group), dict(NAMES)) == group and rt.read(repr(group)) == group
    assert group.vector.dim == 2 and group.vector.is_unitary and len(set(matrices(group))) == order
    space = rt.lattice("hexagonal", 2) if lattice == "hexagonal" else rt.grid(4)
    assert all(len(set(p.tolist())) == space.size for p in space.permutations(group))
    if lattice == "hexagonal":
        with pytest.raises(rt.NotPreserved):
            rt.grid(3).permutations(group)


def test_there_are_17_wallpaper_groups_and_13_actions_on_lattices():
    """The arithmetic classes: groups of integer matrices up to a change of the lattice basis. ITA (2006), §8.2.3."""
    assert {symbols.split()[0] for symbols in WALLPAPER} == LATTICES.keys() and len(LATTICES) == 17
    assert {old: rt.wallpaper(old) for old in OLDER} == {old: rt.wallpaper(new) for old, new in OLDER.items()}
    found = set()
    units = [np.array(m).reshape(2, 2) for m in product(range(-2, 3), repeat=4) if abs(m[0] * m[3] - m[1] * m[2]) == 1]
    for name, (_, lattice) in LATTICES.items():
        basis = Matrix.of([[1, "1/2"], [0, "3/4"]]) if lattice == "hexagonal" else Matrix.identity(2)
        integers = [(basis.inverse() @ m @ basis).to_integers() for m in matrices(rt.wallpaper(name))]
        found.add(min(tuple(sorted(tuple((u @ m @ _back(u)).ravel().tolist()) for m in integers)) for u in units))
    assert len(found) == 13


def _back(u: np.ndarray) -> np.ndarray:
    (a, b), (c, d) = u.tolist()
    return np.array([[d, -b], [-c, a]]) // (a * d - b * c)


def test_centred_mirrors_swap_the_lattice_vectors_and_the_two_trigonal_settings_differ():
    assert rt.wallpaper("cm").vector("m") == Matrix.of([[0, 1], [1, 0]])
    along, across = rt.wallpaper("p31m"), rt.wallpaper("p3m1")
    assert shape(along) == shape(across) and not set(matrices(along)) == set(matrices(across))
    first = rt.lattice("hexagonal", 1).coordinates.tolist().index([1, 0])  # the lattice vector along x
    moved = [rt.lattice("hexagonal", 1).permutations(G)[1][first] == first for G in (along, across)]
    assert moved == [True, False]
    assert set(matrices(along)) == set(matrices(rt.D(3))) and set(matrices(rt.wallpaper("p6m"))) == set(
        matrices(rt.D(6)))


@pytest.mark.parametrize("spelling", ["4/m m m", "D_4h", " 4/mmm"])
def test_spaces_and_underscores_do_not_matter(spelling):
    assert rt.point_group(spelling) == rt.point_group("4/mmm")
    assert rt.point_group("−43m") == rt.point_group("Td")


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
    (lambda: rt.GL(2), ValueError, r"GL\(2\) without q is the real Lie group GL\(2, R\).*Write GL\(2, q"),
    (lambda: rt.SL(3), ValueError, "Lie groups cannot be made yet"),
    (lambda: rt.GL(2, q=4), ValueError, r"prime fields GF\(p\), and q = 4 is no prime up to 100000. Give a prime"),
    (lambda: rt.SL(2, q=1), ValueError, "q = 1 is no prime"),
    (lambda: rt.PSL(2, q="7"), ValueError, "q = '7' is no prime"),
    (lambda: rt.PGL(2, q=True), ValueError, "q = True is no prime"),
    (lambda: rt.AGL(0, q=3), ValueError, r"AGL\(0, …\): n is a positive integer"),
    (lambda: rt.GL(2, q=2147483647), ValueError, "no prime up to 100000"),
    (lambda: rt.SL(65, q=2), rt.TooLarge, r"SL\(65, q=2\) has matrices of size 65.*up to 64. Take a smaller n"),
    (lambda: rt.SL(17, q=2), rt.TooLarge, r"permutes 131071 vectors, and up to 100000 are numbered"),
    (lambda: rt.PSL(40, q=3), rt.TooLarge, r"permutes more than 10\^12 lines"),
    (lambda: rt.matrix_group(6, a=[[1]]), ValueError, "q = 6 is no prime"),
    (lambda: rt.matrix_group(7), ValueError, r"needs generators: matrix_group\(7, a="),
    (lambda: rt.matrix_group(7, on="planes", a=[[1]]), ValueError, "on=\"vectors\" or on=\"lines\""),
    (lambda: rt.matrix_group(7, on=[[1]]), ValueError, "A generator needs another name than on"),
    (lambda: rt.matrix_group(7, a=[[7, 0], [0, 1]]), ValueError, "matrix of a is singular modulo 7, det = 0"),
    (lambda: rt.matrix_group(7, a=[[1, 0]]), ValueError, r"rows of lengths \[2\]. Give square"),
    (lambda: rt.matrix_group(7, a=[[1]], b=[[1, 0], [0, 1]]), ValueError, "sizes 1, 2. Give square matrices of one"),
    (lambda: rt.matrix_group(7, a=[[0.5]]), ValueError, r"entry 0.5, which is no integer.*c \* pow\(d, -1, 7\)"),
    (lambda: rt.matrix_group(7, a=[[Fraction(1, 2)]]), ValueError, "no integer"),
    (lambda: rt.matrix_group(7, a="(0 1)"), ValueError, r"a = '\(0 1\)' is no matrix. Give a list of rows"),
    (lambda: rt.matrix_group(7, a=[]), ValueError, "Give square"),
    (lambda: rt.point_group("4/mm"), ValueError, "none of the 32.*Did you mean '4/mmm' or .*4/mmm = D4h.*rt.group"),
    (lambda: rt.point_group("D5h"), ValueError, "Did you mean 'D6h'"),
    (lambda: rt.point_group("d4h"), ValueError, "Did you mean .*'D4h'"),
    (lambda: rt.point_group(4), TypeError, r"point_group\(4\): the name is a text, such as '4/mmm'"),
    (lambda: rt.wallpaper("p5"), ValueError, "none of the 17 wallpaper groups. Did you mean .*They are p1, p2, pm"),
    (lambda: rt.wallpaper("x" * 10_000), ValueError, "none of the 17"),
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
