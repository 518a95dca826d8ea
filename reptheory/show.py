"""Text, LaTeX, HTML and SVG of representations, Homs and bases, for notebooks and pages."""
from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import numpy as np

from .piece import SignedPiece
from .space import Lattice

if TYPE_CHECKING:
    from .basis import Basis
    from .hom import Hom
    from .piece import Piece
    from .rep import Rep

TILES = 16   # the most small pictures that one figure draws; a line says how many more there are
CELL = 14    # the side of a pixel


def rep_latex(rep: Rep) -> str:
    """The type as a sum with multiplicities, 2A ⊕ B, with its dimension."""
    terms = r" \oplus ".join((str(m) if m > 1 else "") + rf"\mathtt{{{_tex(a.expression)}}}" for m, a in rep.summands)
    return rf"${terms}, \quad \dim = {rep.dim}$"


def hom_latex(hom: Hom) -> str:
    """The statement dim Hom_G(V, W) with the constraint it solves."""
    v, w = (rf"\mathtt{{{_tex(r.expression)}}}" for r in (hom.source, hom.target))
    return (rf"$\dim\{{\kappa : X \to \mathrm{{Hom}}({v}, {w}) \mid "
            rf"\kappa(gx) = \rho_W(g)\,\kappa(x)\,\rho_V(g)^{{-1}}\}} = {hom.dim},\quad "
            rf"X = \mathtt{{{_tex(repr(hom.on))}}}$")


def rep_html(rep: Rep) -> str:
    """The table of summands."""
    cells = [["multiplicity", "representation", "dim"]]
    cells += [[str(m), a.expression, str(a.dim)] for m, a in rep.summands]
    return f"<div><code>{escape(repr(rep))}</code>{table_html(cells)}</div>"


def hom_html(hom: Hom) -> str:
    """The question, its certificate, the picture of the basis and the table of orbits."""
    return (f"<div><code>{escape(repr(hom))}</code><br><code>{escape(repr(hom.certificate))}</code>"
            f"{basis_html(hom.basis)}{table_html(hom.blocks.cells)}</div>")


def table_html(cells: list[list[str]]) -> str:
    """A table whose first row is the heading."""
    head = "".join(f"<th>{escape(c)}</th>" for c in cells[0])
    body = "".join("<tr>" + "".join(f"<td>{escape(c)}</td>" for c in row) + "</tr>" for row in cells[1:])
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def basis_html(basis: Basis) -> str:
    """One picture for each distinct pair of summands."""
    parts = [f"<p><code>{escape(s.expression)} → {escape(t.expression)}</code>: {piece.dim} elements</p>"
             f"{piece_svg(basis.hom, piece)}" for (s, t), piece in basis.pieces.items() if piece.dim]
    return "<div>" + "".join(parts) + "</div>"


def piece_svg(hom: Hom, piece: Piece) -> str:
    """The kernels of one pair of summands as tied colours.

    Where supports are disjoint there is one tile for each matrix entry (i, j): cells of one colour share one weight, a
    minus says with which sign, and blank cells are zero. Otherwise there is one tile for each basis element and entry.
    """
    tiles = tied_tiles(hom, piece) if isinstance(piece, SignedPiece) else element_tiles(hom, piece)
    shown, hidden = tiles[:TILES], max(0, len(tiles) - TILES)
    rows, columns = shown[0][1].shape
    step_x, step_y = columns * CELL + 16, rows * CELL + 26
    across = min(len(shown), 8)
    width, height = across * step_x + 8, -(-len(shown) // across) * step_y + (18 if hidden else 0)
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
             f'viewBox="0 0 {width} {height}" font-family="monospace" font-size="10">']
    for n, (title, values, colours) in enumerate(shown):
        x0, y0 = 8 + n % across * step_x, 16 + n // across * step_y
        parts.append(f'<text x="{x0}" y="{y0 - 4}" fill="currentColor">{escape(title)}</text>')
        for r in range(rows):
            for c in range(columns):
                parts.append(_cell(x0 + c * CELL, y0 + r * CELL, values[r, c], colours[r, c]))
    if hidden:
        parts.append(f'<text x="8" y="{height - 4}" fill="currentColor">… and {hidden} more</text>')
    return "".join(parts) + "</svg>"


def tied_tiles(hom: Hom, piece: SignedPiece) -> list[tuple[str, np.ndarray, np.ndarray]]:
    """For each entry (i, j): a title, the signs and the weight numbers, as pictures over space."""
    shape = (piece.points, piece.target.dim, piece.source.dim)
    labels, signs = piece.labels.reshape(shape), piece.signs.reshape(shape)
    return [(f"{i},{j}", _picture(hom, signs[:, i, j].astype(float), 0.0), _picture(hom, labels[:, i, j], -1))
            for i in range(shape[1]) for j in range(shape[2])]


def element_tiles(hom: Hom, piece: Piece) -> list[tuple[str, np.ndarray, np.ndarray]]:
    """For each basis element d and entry (i, j): a title, the values over the largest one, and d as colour."""
    table = piece.table(normalise=True).real
    values = table.T.reshape(piece.dim, piece.points, piece.target.dim, piece.source.dim)
    found = []
    for d in range(piece.dim):
        top = np.abs(values[d]).max()
        for i in range(values.shape[2]):
            for j in range(values.shape[3]):
                entry = values[d, :, i, j] / top
                found.append((f"κ{d} {i},{j}", _picture(hom, entry, 0.0),
                              _picture(hom, np.where(entry != 0, d, -1), -1)))
    return found


def _picture(hom: Hom, values: np.ndarray, blank) -> np.ndarray:
    """Values on the points of X as a picture of two axes: the space itself, slices of a volume, or one row."""
    if not isinstance(hom.on, Lattice):
        return values.reshape(1, -1)
    box = np.full(int(np.prod(hom.on.box)), blank, dtype=values.dtype)
    box[hom.on.embed()] = values
    return box.reshape(-1, hom.on.box[-1])


def _cell(x: int, y: int, value: float, colour: int) -> str:
    frame = 'stroke="#888" stroke-opacity="0.4" stroke-width="0.5"'
    box = f'<rect x="{x}" y="{y}" width="{CELL}" height="{CELL}"'
    if colour < 0:
        return f'{box} fill="none" {frame}/>'
    fill = f'{box} fill="{tied_colour(int(colour))}" fill-opacity="{0.25 + 0.75 * abs(value):.2f}" {frame}/>'
    if value >= 0:
        return fill
    bar = f'<path d="M{x + 4} {y + CELL / 2}h{CELL - 8}" stroke="#000" stroke-width="1.6"/>'
    return fill + bar


def tied_colour(n: int) -> str:
    """The colour of weight n: hues a golden angle apart, in two lightnesses, so that neighbours differ.

    >>> tied_colour(0)
    'hsl(210.0,65%,62%)'
    """
    return f"hsl({(210 + 137.508 * n) % 360:.1f},65%,{62 if n % 2 == 0 else 76}%)"


def _tex(text: str) -> str:
    return text.replace("\\", r"\backslash ").replace("_", r"\_").replace("{", r"\{").replace("}", r"\}").replace(
        "^", r"\hat{}").replace("#", r"\#").replace("&", r"\&").replace("%", r"\%").replace("**", r"{*}{*}")
