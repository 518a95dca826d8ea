"""Character tables: against tables in books, against GAP, and the laws of characters over random groups."""

from __future__ import annotations

import re
import shutil
import subprocess
from functools import reduce
from math import gcd

import numpy as np
import pytest
import tables
import zoo
from hypothesis import given
from hypothesis import strategies as st
from symmetries import groups, permutation_groups, reps, subgroups

import reptheory as rt
from reptheory.character_table import CharacterTable
from reptheory.closed_form import rotation_family
from reptheory.conjugacy import symmetric_kind
from reptheory.dixon_schneider import dixon_schneider


def keyed(table: CharacterTable, rows, e: int) -> list[tuple]:
    """Rows of numbers as coefficients over ζ_e, so that tables compare as lists."""
    big, known = rt.cyclotomic(e), {}
    return sorted(tuple(known.setdefault(x, big(x).coefficients) for x in row) for row in rows)


# Tables in books -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", tables.STORED)
def test_the_table_is_the_printed_one(name):
    stored = tables.STORED[name]
    table = stored.make().character_table
    e = table.group.exponent
    assert table.verify()
    mine = keyed(table, table.values, e)
    numbers = [[rt.Q(x) if isinstance(x, int) else x for x in row] for row in stored.rows]
    ways = tables.matchings([(c.size, c.order) for c in table.classes], stored.classes)
    assert any(keyed(table, [[row[t] for t in way] for row in numbers], e) == mine for way in ways)


def test_indicators_in_books():
    """2I, 2O and Q8 have the quaternionic characters that the Atlas marks −, M11 four complex ones."""
    signs = {name: sorted(zip(t.degrees, t.indicators, strict=True)) for name in ("Q8", "2I", "2O", "M11", "GL(2,3)")
             for t in [tables.STORED[name].make().character_table]}
    assert signs["Q8"] == [(1, 1)] * 4 + [(2, -1)]
    assert signs["2I"] == [(1, 1), (2, -1), (2, -1), (3, 1), (3, 1), (4, -1), (4, 1), (5, 1), (6, -1)]
    assert signs["2O"] == [(1, 1), (1, 1), (2, -1), (2, -1), (2, 1), (3, 1), (3, 1), (4, -1)]
    assert [d for d, s in signs["M11"] if s == 0] == [10, 10, 16, 16] and min(s for _, s in signs["M11"]) == 0
    assert signs["GL(2,3)"] == [(1, 1), (1, 1), (2, 0), (2, 0), (2, 1), (3, 1), (3, 1), (4, 1)]


# Laws ----------------------------------------------------------------------------------------------------

each = st.one_of(groups(), permutation_groups(6))


@given(each)
def test_rows_and_columns_are_orthogonal_and_the_squares_of_the_degrees_add_up(group):
    table = group.character_table
    assert table.verify() and sum(d * d for d in table.degrees) == group.order
    assert all(group.order % d == 0 for d in table.degrees)
    for s, c in enumerate(table.classes):
        for t in range(len(table.classes)):
            total = sum((row[s] * row[t].conj() for row in table.values), rt.Q(0))
            assert total == (group.order // c.size if s == t else 0)


@given(each)
def test_real_classes_are_as_many_as_real_characters(group):
    table = group.character_table
    assert sum(q == i for i, q in enumerate(table.power_map(-1))) == sum(
        all(x == x.conj() for x in row) for row in table.values)


@given(each)
def test_conjugates_are_the_rows_of_the_conjugate_values(group):
    table = group.character_table
    for row, bar in zip(table.values, table.conjugates):
        assert table.values[bar] == tuple(x.conj() for x in row)


@given(each)
def test_frobenius_and_schur_count_the_square_roots_of_one(group):
    table = group.character_table
    roots = sum((g * g).is_identity for g in group.elements)
    assert sum(s * d for s, d in zip(table.indicators, table.degrees, strict=True)) == roots
    assert list(table.indicators) == [int(chi.indicator.to_fraction()) for chi in table.characters]


@given(each)
def test_tensor_products_form_a_commutative_ring(group):
    table = group.character_table
    n = table.products
    assert (n >= 0).all() and (n == n.transpose(1, 0, 2)).all()
    assert (np.einsum("ijm,mkl->ijkl", n, n) == np.einsum("jkm,iml->ijkl", n, n)).all()
    d = np.array(table.degrees)
    assert (n @ d == np.outer(d, d)).all()


@given(st.data())
def test_tensor_products_are_inner_products_of_characters(data):
    table = data.draw(each).character_table
    i, j = (data.draw(st.integers(0, len(table.values) - 1)) for _ in range(2))
    both = table.characters[i] * table.characters[j]
    assert table.products[i, j].tolist() == [both.inner(chi) for chi in table.characters]
    assert table.products[i, j].tolist() == list(table.multiplicities(both))


@given(each, st.integers(-7, 30))
def test_power_maps_raise_elements_and_galois_conjugation_permutes_rows(group, n):
    table = group.character_table
    powers = table.power_map(n)
    for g in group.elements[:60]:
        assert group.class_of(g ** n) == powers[group.class_of(g)]
    if gcd(n, group.exponent) == 1:  # σ_n χ(g) = χ(gⁿ)
        moved = [[row[q] for q in powers] for row in table.values]
        e = group.exponent
        assert keyed(table, moved, e) == keyed(table, table.values, e)


@given(each)
def test_burnside_counts_the_commuting_pairs(group):
    images = np.array([g.images for g in group.elements], np.int64).reshape(group.order, -1)
    pairs = sum(int((g[images] == images[:, g]).all(axis=1).sum()) for g in images)
    assert pairs == group.order * len(group.character_table.classes)


@given(each)
def test_the_lines_are_the_characters_of_the_abelian_quotient(group):
    """G' is generated by the commutators of elements with generators, since x[g, s]x⁻¹ = [xg, s][x, s]⁻¹."""
    table = group.character_table
    commutators = {g * s * g.inverse * s.inverse for g in group.elements for s in group.generators}
    derived = group.subgroup(**{f"c{k}": g for k, g in enumerate(sorted(commutators, key=lambda g: g.images))})
    lines = [row for row, d in zip(table.values, table.degrees, strict=True) if d == 1]
    assert len(lines) * derived.order == group.order
    assert all(row[group.class_of(g)] == 1 for row in lines for g in commutators)


@given(st.data())
def test_frobenius_reciprocity(data):
    """⟨Ind φ, χ⟩_G = ⟨φ, Res χ⟩_H for every irreducible φ of a subgroup and χ of the group."""
    group = data.draw(st.one_of(groups(), permutation_groups(5)).filter(lambda g: g.order <= 60))
    h = data.draw(subgroups(group))
    for v in h.irreps():
        induced = group.character_table.multiplicities(v.induce(group).character)
        for chi, m in zip(group.character_table.characters, induced, strict=True):
            restricted = tuple(chi(group.element(c.representative)) for c in h.classes)
            assert m == v.character.inner(type(chi)(h, restricted))


@given(st.data())
def test_the_character_of_a_representation_is_the_sum_of_its_constituents(data):
    group = data.draw(groups())
    v = data.draw(reps(group, 8))
    table = group.character_table
    counts = table.multiplicities(v.character)
    total = reduce(lambda a, b: a + b, (chi for m, chi in zip(counts, table.characters, strict=True) for _ in range(m)))
    assert total == v.character and all(m >= 0 for m in counts)


# Closed forms --------------------------------------------------------------------------------------------

CLOSED = [
    *(rt.C(n) for n in (1, 2, 3, 5, 8, 12)), *(rt.D(n) for n in (1, 2, 3, 4, 5, 6, 7, 8)),
    *(rt.Dic(n) for n in (1, 2, 3, 4, 5, 6)), rt.Q8(), *(rt.S(n) for n in (1, 2, 3, 4, 5, 6)),
    *(rt.A(n) for n in (1, 2, 3, 4, 5, 6, 7)), rt.abelian(2, 2, 4), rt.abelian(3, 6), rt.C(2) * rt.D(3),
    rt.D(4) * rt.A(4), rt.Q8() * rt.C(3), rt.abelian(2, 2) * rt.S(3), rt.tetrahedral(), rt.octahedral(full=True),
    rt.presentation("x y", "x^5, y^2, (x*y)^2"), rt.group(a="(0 1 2 3 4)", b="(0 1 2)"),
    rt.group(a="(0 1)(2 3)", b="(0 2)"),
]


@pytest.mark.parametrize("group", CLOSED, ids=lambda group: group.expression)
def test_closed_forms_are_what_dixon_and_schneider_find(group):
    table = group.character_table
    e = group.exponent
    assert keyed(table, table.values, e) == keyed(table, dixon_schneider(group), e)


@given(st.permutations(range(6)))
def test_the_table_does_not_depend_on_the_names_of_the_points(images):
    """S6 and A6 are recognised by their orders alone; relabelling the points leaves the table."""
    for named in (rt.S(6), rt.A(6), rt.D(6)):
        moved = rt.group(**{name: [images[g[images.index(i)]] for i in range(6)]
                            for name, g in zip(named.names, named.images, strict=True)})
        table = moved.character_table
        assert symmetric_kind(moved) == symmetric_kind(named) and rotation_family(moved) == rotation_family(named)
        back = [named.class_of([images.index(c.representative.images[images[i]]) for i in range(6)])
                for c in table.classes]
        mine = [[row[q] for q in back] for row in named.character_table.values]
        assert keyed(table, mine, moved.exponent) == keyed(table, table.values, moved.exponent)


# A table that is wrong -----------------------------------------------------------------------------------


@given(st.data())
def test_no_changed_entry_passes_the_check(data):
    group = data.draw(groups().filter(lambda g: g.order > 1))
    table = group.character_table
    i, j = (data.draw(st.integers(0, len(table.values) - 1)) for _ in range(2))
    one = group.class_of(group.identity)
    values = [list(row) for row in table.values]
    values[i][j if j != one else (one + 1) % len(values)] += data.draw(st.sampled_from([-2, -1, 1, 3]))
    with pytest.raises(rt.NotCertified, match=r"are not orthonormal|a conjugate of the character"):
        CharacterTable(group, table.keys, tuple(map(tuple, values))).verify()


def test_a_table_that_is_too_short_is_refused():
    table = rt.S(4).character_table
    with pytest.raises(rt.NotCertified, match=r"S\(4\) has 5 classes and order 24, which 4 characters"):
        CharacterTable(table.group, table.keys[1:], table.values[1:]).verify()
    with pytest.raises(ValueError, match=r"has no irreducible character 'x'. The keys are \(4,\)"):
        table.character("x")


# GAP -----------------------------------------------------------------------------------------------------

gap = pytest.mark.skipif(shutil.which("gap") is None, reason="GAP is not installed (Debian: gap-core)")

ORACLE = {
    "C(12)": lambda: rt.C(12), "abelian(2, 4, 3)": lambda: rt.abelian(2, 4, 3), "D(7)": lambda: rt.D(7),
    "Dic(5)": lambda: rt.Dic(5), "S(6)": lambda: rt.S(6), "A(7)": lambda: rt.A(7), "Q8 * C3": lambda: rt.Q8() * rt.C(3),
    "SL(2,3)": lambda: rt.SL(2, 3), "SL(2,5)": lambda: rt.SL(2, 5), "SL(2,7)": lambda: rt.SL(2, 7),
    "GL(2,5)": lambda: rt.GL(2, 5), "PSL(2,13)": lambda: rt.PSL(2, 13), "PSL(3,3)": lambda: rt.PSL(3, 3),
    "AGL(3,2)": lambda: rt.AGL(3, 2), "3^(1+2)": lambda: rt.unitriangular(3, 3), "M11": zoo.m11,
    "U(4,2)": lambda: rt.unitriangular(4, 2), "13:4": lambda: rt.frobenius(13, 4), "2O": tables.binary_octahedral,
    "2^(1+4)": lambda: rt.central_product(rt.Q8(), rt.D(4), {"i^2": "r^2"}),
    "C3 wr S3": lambda: rt.wreath(rt.C(3), 3), "S4 wr S2": lambda: rt.wreath(rt.S(4), 2),
    "I_h": lambda: rt.icosahedral(full=True), "2^3:7": lambda: rt.group(a="(0 1)(2 3)(4 5)(6 7)", b="(1 2 4 3 6 7 5)"),
    **{f"random {k}": lambda k=k: random_group(k) for k in range(8)},
}


def random_group(seed: int) -> rt.Group:
    """Two random permutations of given orbits, so that not all are symmetric groups."""
    random = np.random.default_rng(seed)
    blocks = [[3, 4], [2, 3, 4], [4, 4], [6], [5, 2], [2, 2, 3], [3, 3, 3], [7]][seed]
    images = []
    for _ in range(2):
        image, start = [], 0
        for size in blocks:
            image += (start + random.permutation(size)).tolist()
            start += size
        images.append(image)
    return rt.group(a=images[0], b=images[1])


def ask_gap(made: dict[str, rt.Group]) -> dict[str, list[str]]:
    """For each group GAP's representatives, indicators, second and third power maps and irreducible characters."""
    script = ["SizeScreen([4000, 1000]);;"]
    for group in made.values():
        images = ", ".join(f"PermList({[i + 1 for i in g]})" for g in group.images)
        script.append(
            f"G := Group([{images}]);; t := CharacterTable(G);; irr := List(Irr(t), x -> List(x));;"
            f"Print(List(ConjugacyClasses(t), c -> ListPerm(Representative(c), {group.degree})), \"|\");"
            "Print(Indicator(t, 2), \"|\", PowerMap(t, 2), \"|\", PowerMap(t, 3), \"|\", irr, \"\\n#\\n\");")
    answer = subprocess.run(["gap", "-q", "-T"], input="\n".join(script), capture_output=True, text=True,
                            timeout=300)
    texts, said = "".join(answer.stdout.split()).split("#")[:-1], answer.stdout + answer.stderr
    assert len(texts) == len(made) and "Error" not in said, said[-4000:]
    return {name: text.split("|") for name, text in zip(made, texts, strict=True)}


def lists(text: str) -> list:
    """GAP's nested list of integers, ranges, and sums of roots of unity as text."""
    text = re.sub(r"\[(-?\d+)\.\.(-?\d+)\]", lambda m: str([*range(int(m[1]), int(m[2]) + 1)]), text)
    if not text.startswith("[["):
        return [int(x) for x in text[1:-1].split(",")]
    return [row.split(",") for row in text.replace(" ", "")[2:-2].split("],[")]


def cyclotomic_value(text: str) -> rt.Number:
    """-E(5)-2*E(5)^4 and the like as a number."""
    total = rt.Q(0)
    for sign, factor, n, power, integer in re.findall(
            r"([+-]?)(?:(?:(\d+)\*)?E\((\d+)\)(?:\^(\d+))?|(\d+))", text):
        size = int(sign + (factor or integer or "1"))
        total = total + size * (rt.cyclotomic(int(n)).generator ** int(power or 1) if n else 1)
    return total


def test_gap_numbers_are_read():
    zeta = rt.cyclotomic(5).generator
    assert cyclotomic_value("-E(5)-2*E(5)^4") == -zeta - 2 * zeta**4 and cyclotomic_value("-3") == -3
    assert cyclotomic_value("1+E(4)") == 1 + rt.cyclotomic(4).generator
    assert lists("[1,-1,0]") == [1, -1, 0] and lists("[[1..3],[2,E(3)^2,1]]") == [["1", "2", "3"], ["2", "E(3)^2", "1"]]


@gap
def test_tables_indicators_and_power_maps_are_those_of_gap():
    """Column by column: our class of each of GAP's representatives."""
    made = {name: make() for name, make in ORACLE.items()}
    for name, (classes, signs, squares, cubes, irr) in ask_gap(made).items():
        group = made[name]
        table, e = group.character_table, group.exponent
        place = [group.class_of([int(i) - 1 for i in row]) for row in lists(classes)]
        assert sorted(place) == list(range(len(table.classes)))
        rows = [[cyclotomic_value(x) for x in row] for row in lists(irr)]
        columns = [[row[k] for k in place] for row in table.values]
        assert keyed(table, columns, e) == keyed(table, rows, e), name
        by_row = dict(zip(map(tuple, rows), lists(signs), strict=True))
        assert [by_row[tuple(row)] for row in columns] == list(table.indicators), name
        for n, theirs in ((2, squares), (3, cubes)):
            mine = table.power_map(n)
            assert [place[t - 1] for t in lists(theirs)] == [mine[k] for k in place], name
