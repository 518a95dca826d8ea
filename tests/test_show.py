"""Pictures and tables are valid XML, draw exactly the basis, say what they leave out, and are readable by everyone."""

from __future__ import annotations

import re
from collections import Counter
from fractions import Fraction
from itertools import combinations
from xml.etree import ElementTree

import numpy as np
import pytest

import reptheory as rt
from reptheory.picture import HUES, TINTS, frame_of, kernel_svg, tied_colour
from reptheory.show import ROWS, latex_text, table_html

D4, D6 = rt.D(4), rt.D(6)
HOMS = [
    rt.Hom(D4.trivial, D4.regular, on=rt.grid(3)),
    rt.Hom(D4.vector, D4.regular, on=rt.grid(4)),
    rt.Hom(D6.vector, D6.vector, on=rt.lattice("hexagonal", 1)),
    rt.Hom(rt.octahedral().vector, rt.octahedral().trivial, on=rt.grid(3, ndim=3)),
    rt.Hom(rt.C(2).sign, rt.C(2).regular, on=rt.grid(5, action=rt.C(2).sign)),
    D4.regular >> D4.vector,
    rt.C(5).vector >> rt.C(5).vector,
    rt.C(4).vector.complexify() >> rt.C(4).regular.complexify(),
    rt.Hom(D4.trivial, D4.natural, on=rt.gset(D4.natural)),
    rt.Hom(D6.vector, D6.natural, on=rt.gset(D6.natural)),
    (2 * D4.regular + D4.trivial) >> (D4.vector + D4.trivial),
    D4.trivial >> D4.vector,
    rt.group(r="(0 1 2 3)").natural >> rt.group(r="(0 1 2 3)").sign,
]


def parsed(page: str) -> ElementTree.Element:
    return ElementTree.fromstring(page)


def tags(tree: ElementTree.Element, name: str) -> list[ElementTree.Element]:
    return [e for e in tree.iter() if e.tag.split("}")[-1] == name]


def weights(tree: ElementTree.Element) -> dict[str, int]:
    """The number of cells drawn for each titled path."""
    return {path[0].text: path.get("d").count("M") for path in tags(tree, "path") if len(path)}


def inscriptions(tree: ElementTree.Element) -> Counter[str]:
    return Counter(t.text for g in tags(tree, "g") if g.get("text-anchor") for t in tags(g, "text"))


every_hom = pytest.mark.parametrize("hom", HOMS, ids=lambda hom: hom.expression)


@every_hom
def test_every_hom_has_a_valid_page_and_formula(hom):
    page = hom._repr_html_()
    words = "".join(parsed(page).itertext())
    assert repr(hom) in words and repr(hom.certificate) in words
    assert str(hom.dim) in hom._repr_latex_() and hom._repr_latex_().count("$") == 2
    assert len(page) < 60_000


@every_hom
def test_formulas_are_read_by_a_mathtext_parser(hom):
    from matplotlib.mathtext import MathTextParser

    for formula in (hom._repr_latex_(), hom.source._repr_latex_()):
        MathTextParser("path").parse(formula.replace(r"\mathtt", r"\mathrm"))  # its fonts name typewriter otherwise


def test_formulas_keep_every_character_of_an_expression():
    assert latex_text("group(r_1='(0 1)')^2") == r"\mathtt{group(r\_1=\text{'}(0\ 1)\text{'})\hat{\ }2}"
    assert r"X = " not in (D4.regular >> D4.regular)._repr_latex_()
    assert r"2\,\mathtt{D(4).regular} \oplus" in (2 * D4.regular + D4.vector)._repr_latex_()


@every_hom
def test_every_cell_is_inside_the_picture(hom):
    tree = parsed(kernel_svg(hom))
    width, height = float(tree.get("width")), float(tree.get("height"))
    for g in tree:
        down = float(re.fullmatch(r"translate\(4 ([\d.]+)\)", g.get("transform"))[1])
        for path in tags(g, "path"):
            room = 7 if path.get("stroke") else 18 if "h18" in path.get("d") else 9  # hatches, squares, hexagons
            for x, y in re.findall(r"M([-\d.]+) ([-\d.]+)", path.get("d")):
                assert 0 <= float(x) <= width - 4 - room and 0 <= down + float(y) <= height - (room if room > 9 else 0)
    assert hom.expression in tree.get("aria-label")


@pytest.mark.parametrize("hom", [HOMS[0], HOMS[1], HOMS[3], HOMS[4], HOMS[5], HOMS[8]], ids=lambda hom: hom.expression)
def test_tied_cells_share_one_path_and_minus_cells_are_hatched(hom):
    tree = parsed(kernel_svg(hom))
    (piece,) = hom.basis.pieces.values()
    assert weights(tree) == {f"weight {d}": int((piece.labels == d).sum()) for d in range(piece.dim)}
    assert len({p.get("fill") for p in tags(tree, "path") if len(p)}) == min(piece.dim, 21)
    expected = Counter(f"{'−' if s < 0 else ''}{n}" for n, s in zip(piece.labels, piece.signs) if n >= 0)
    assert inscriptions(tree) == expected
    hatches = [p.get("d").count("M") // 2 for p in tags(tree, "path") if p.get("stroke") == "#000"]
    assert sum(hatches) == int((piece.signs < 0).sum())
    empty = [p.get("d").count("M") for p in tags(tree, "path") if p.get("fill") == "none" and not p.get("stroke")]
    assert sum(empty) == int((piece.labels < 0).sum())


def test_cells_stand_where_the_points_are():
    """Without symmetry every point has a weight of its own, numbered along the rows from the top."""
    group = rt.C(1)
    tree = parsed(kernel_svg(rt.Hom(group.trivial, group.trivial, on=rt.grid(3, action=2 * group.trivial))))
    for path in (p for p in tags(tree, "path") if len(p)):
        row, column = divmod(int(path[0].text.split()[1]), 3)
        assert path.get("d") == f"M{18 * column} {16 + 18 * row}h18v18h-18z"
    a, b = (np.array(frame_of(rt.lattice("hexagonal", 1)).corners)[k] for k in (3, 4))
    assert np.allclose(b - a, (18, 0))


def test_dense_bases_show_their_exact_values():
    hom = HOMS[2]
    tree = parsed(kernel_svg(hom))
    drawn = Counter()
    for path in tags(tree, "path"):
        if len(path):
            drawn[Fraction(path[0].text.replace("−", "-"))] += path.get("d").count("M")
    exact = Counter(Fraction(str(v)) for d in range(hom.dim) for v in hom.basis[d].entries.ravel() if v)
    assert drawn == exact
    (golden,) = (rt.C(5).vector >> rt.C(5).vector).basis.pieces.values()
    page = kernel_svg(rt.C(5).vector >> rt.C(5).vector)
    assert all(str(v).replace("-", "−") in page for d in range(2) for _, v in golden.support(d))


def test_a_kernel_shows_its_exact_values():
    hom = rt.Hom(D4.vector, D4.vector, on=rt.grid(4))
    tree = parsed(hom.basis[3]._repr_html_())
    values = [v for v in hom.basis[3].entries.ravel() if v]
    assert inscriptions(tree) == Counter(str(v).replace("-", "−") for v in values)
    assert sum(p.get("d").count("M") for p in tags(tree, "path") if not p.get("stroke")) == 64
    parsed((D4.regular >> D4.regular).basis[0]._repr_html_())
    parsed(HOMS[2].basis[0]._repr_html_())
    parsed(HOMS[3].basis[0]._repr_html_())


def test_large_bases_are_cut_and_say_so():
    whole = kernel_svg(rt.Hom(D4.regular, D4.regular, on=rt.grid(3)))
    assert "more" not in whole and sum(weights(parsed(whole)).values()) == 576
    cut = kernel_svg(rt.Hom(D4.regular, D4.regular, on=rt.grid(5)))
    assert "… and 40 of 64 tiles more" in cut and sum(weights(parsed(cut)).values()) == 24 * 25
    assert "14400 cells are too many to draw" in kernel_svg(rt.S(5).regular >> rt.S(5).regular)
    many = D4.vector + D4.regular + D4.natural
    assert "… and 3 more pairs of summands" in kernel_svg(many >> many)
    assert "Hom(D(4).trivial, D(4).vector) is zero" in kernel_svg(D4.trivial >> D4.vector)


def test_types_and_tables():
    v = 2 * D4.regular + D4.vector
    assert "".join(parsed(v._repr_html_()).itertext()).count("D(4).regular") >= 2
    table = rt.mackey(D4.stabiliser(0).trivial, D4.stabiliser(0).trivial, D4)
    assert len(tags(parsed(table._repr_html_()), "tr")) == len(table) + 1
    long = parsed(table_html([["<n>"], *[[str(n)] for n in range(ROWS + 5)]]))
    assert len(tags(long, "tr")) == ROWS + 2 and "… and 5 rows more" in "".join(long.itertext())


# Readable by everyone --------------------------------------------------------------------------------------

# Machado, Oliveira and Fernandes, IEEE TVCG 15 (2009), severity 1.0: what linear RGB looks like without one cone.
DICHROMATS = {
    "protanope": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranope": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritanope": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}
TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])


def linear(colour: str) -> np.ndarray:
    c = np.array([int(colour[k:k + 2], 16) for k in (1, 3, 5)]) / 255
    return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)


def lab(rgb: np.ndarray) -> np.ndarray:
    """CIELAB with the white of sRGB."""
    t = TO_XYZ @ rgb.clip(0, 1) / TO_XYZ.sum(1)
    f = np.where(t > (6 / 29) ** 3, np.cbrt(t), t * (29 / 6) ** 2 / 3 + 4 / 29)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("eyes", ["all cones", *DICHROMATS])
def test_the_first_seven_colours_differ_for_every_kind_of_colour_vision(eyes):
    seen = np.array(DICHROMATS.get(eyes, np.eye(3)))
    colours = [lab(seen @ linear(tied_colour(n))) for n in range(len(HUES))]
    assert min(np.linalg.norm(a - b) for a, b in combinations(colours, 2)) > 9  # 2.3 is just noticeable


def test_black_figures_are_readable_on_every_colour():
    """Contrast at least 4.5, WCAG 2.1 success criterion 1.4.3."""
    colours = {tied_colour(n) for n in range(len(HUES) * len(TINTS))}
    assert len(colours) == len(HUES) * len(TINTS)
    for colour in colours:
        assert (TO_XYZ[1] @ linear(colour) + 0.05) / 0.05 > 4.5
