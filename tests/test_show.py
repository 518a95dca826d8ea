"""Pictures and tables are valid, say what they should, and stay small."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

import reptheory as rt
from reptheory.show import TILES, tied_colour

D4 = rt.D(4)


def parsed(html: str) -> ElementTree.Element:
    return ElementTree.fromstring(html.replace("<br>", "<br/>"))


@pytest.mark.parametrize("hom", [
    rt.Hom(D4.trivial, D4.regular, on=rt.grid(3)),
    rt.Hom(D4.vector, D4.regular, on=rt.grid(4)),
    rt.Hom(rt.D(6).vector, rt.D(6).vector, on=rt.lattice("hexagonal", 1)),
    rt.Hom(rt.octahedral().vector, rt.octahedral().trivial, on=rt.grid(3, ndim=3)),
    D4.regular >> D4.vector,
    rt.Hom(D4.trivial, D4.natural, on=rt.gset(D4.natural)),
    D4.trivial >> D4.vector,
], ids=lambda hom: hom.expression)
def test_every_hom_has_a_valid_picture_and_formula(hom):
    page = hom._repr_html_()
    tree = parsed(page)
    assert repr(hom) in "".join(tree.itertext())
    assert str(hom.dim) in hom._repr_latex_() and hom._repr_latex_().count("$") == 2
    assert len(page) < 100_000


def test_tied_cells_have_one_colour_and_minus_signs_show_signs():
    hom = rt.Hom(D4.trivial, D4.vector, on=rt.grid(3))
    tree = parsed(hom.basis._repr_html_())
    fills = [e.get("fill") for e in tree.iter() if e.tag.endswith("rect")]
    (piece,) = hom.basis.pieces.values()
    for d in range(piece.dim):
        assert fills.count(tied_colour(d)) == int((piece.labels == d).sum())
    minus = [e for e in tree.iter() if e.tag.endswith("path")]
    assert len(minus) == int((piece.signs < 0).sum())
    assert fills.count("none") == int((piece.labels < 0).sum())


def test_large_bases_are_cut_and_say_so():
    page = rt.Hom(D4.regular, D4.regular, on=rt.grid(3)).basis._repr_html_()
    assert f"… and {64 - TILES} more" in page


def test_types_and_tables():
    v = 2 * D4.regular + D4.vector
    assert r"\oplus" in v._repr_latex_()
    assert "".join(parsed(v._repr_html_()).itertext()).count("D(4).regular") >= 2
    table = rt.mackey(D4.stabiliser(0).trivial, D4.stabiliser(0).trivial, D4)
    assert len(list(parsed(table._repr_html_()).iter("tr"))) == len(table) + 1
