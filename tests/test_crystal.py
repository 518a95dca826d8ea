"""The point groups of crystals and of wallpaper, by name."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from itertools import product

import numpy as np
import pytest

import reptheory as rt
from reptheory.crystal import CLASSES, WALLPAPER
from reptheory.matrix import Matrix
from reptheory.monomial import as_matrix

NAMES = {name: getattr(rt, name) for name in rt.__all__}


def listed(group: rt.Group) -> int:
    """The order, found without the formula and without the base that the source states."""
    return replace(group, known_order=None, base=None).order


def shape(group: rt.Group) -> list[tuple[int, int]]:
    """Orders and sizes of the classes, equal for isomorphic groups."""
    return sorted((c.order, c.size) for c in group.classes)


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
    """Wikipedia, Crystallographic point group: isomorphisms."""
    assert {row.symbols[0]: (row.symbols[1], row.order) for row in CLASSES} == POINT_GROUPS
    assert len({tuple(shape(rt.point_group(name))) for name in POINT_GROUPS}) == 18
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


REFUSALS = [
    (lambda: rt.point_group("4/mm"), ValueError, "none of the 32.*Did you mean '4/mmm' or .*4/mmm = D4h.*rt.group"),
    (lambda: rt.point_group("D5h"), ValueError, "Did you mean 'D6h'"),
    (lambda: rt.point_group("d4h"), ValueError, "Did you mean .*'D4h'"),
    (lambda: rt.point_group(4), TypeError, r"point_group\(4\): the name is a text, such as '4/mmm'"),
    (lambda: rt.wallpaper("p5"), ValueError, "none of the 17 wallpaper groups. Did you mean .*They are p1, p2, pm"),
    (lambda: rt.wallpaper("x" * 10_000), ValueError, "none of the 17"),
]


@pytest.mark.parametrize("act, kind, message", REFUSALS)
def test_refusals(act, kind, message):
    with pytest.raises(kind, match=message) as caught:
        act()
    assert re.search(r"[.)…]$", str(caught.value))
