"""Pictures of kernels as inline SVG: tied weights in one colour, on light and on dark pages."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from html import escape
from itertools import product
from math import sqrt
from typing import TYPE_CHECKING, Any

import numpy as np

from .field import Number
from .piece import SignedPiece
from .space import Hexagonal, Lattice

if TYPE_CHECKING:
    from .hom import Hom
    from .piece import Piece
    from .space import Space

CELL = 18      # the side of a cell, in pixels: room for a sign and two digits
CELLS = 640    # the most cells that one figure draws, unless one tile alone has more
LARGE = 2500   # the most cells that a tile may have to be drawn at all
ACROSS = 900   # the width that a figure keeps to, in pixels
FIGURES = 6    # the most pairs of summands that are drawn

# Okabe and Ito, Color Universal Design (2008): told apart by every kind of colour vision.
HUES = ((86, 180, 233), (230, 159, 0), (0, 158, 115), (240, 228, 66), (204, 121, 167), (213, 94, 0), (0, 114, 178))
TINTS = (0.2, 0.5, 0.75)  # shares of white; black figures stay readable on all of them
POSITIVE, NEGATIVE = HUES[0], HUES[1]


def tied_colour(n: int) -> str:
    """The colour of weight n: seven hues of Okabe and Ito in three tints, then over again (cells bear the number).

    >>> tied_colour(0), tied_colour(7)
    ('#78c3ed', '#aadaf4')
    """
    return tint(HUES[n % len(HUES)], TINTS[n // len(HUES) % len(TINTS)])


def tint(hue: tuple[int, int, int], white: float) -> str:
    """The colour (1 − t)·hue + t·white, in hexadecimal."""
    return "#" + "".join(f"{round(255 * white + c * (1 - white)):02x}" for c in hue)


@dataclass(frozen=True)
class Frame:
    """Where the cells of one tile are: their top left corners, their outline, and the size of the tile."""

    corners: tuple[tuple[float, float], ...]
    outline: str
    width: float
    height: float

    def cell(self, place: int, x: float, y: float) -> str:
        """The path of a cell of the tile whose corner is at (x, y)."""
        left, top = self.corners[place]
        return f"M{x + left:g} {y + top:g}{self.outline}"


@dataclass(frozen=True)
class Figure:
    """Drawn markup with its size."""

    body: str
    width: float
    height: float


def squares(rows: int, columns: int, slices: int = 1) -> Frame:
    """The frame of an array of square cells; slices of a volume stand side by side."""
    step = columns * CELL + 4
    corners = tuple((s * step + c * CELL, r * CELL) for s, r, c in product(range(slices), range(rows), range(columns)))
    return Frame(corners, f"h{CELL}v{CELL}h-{CELL}z", slices * step - 4, rows * CELL)


def hexagons(space: Hexagonal) -> Frame:
    """The frame of the hexagonal lattice: cell (a, b) stands at a·e_x + b·(e_x turned by 60°)."""
    a, b = space.coordinates.T
    side = CELL / sqrt(3)
    x = np.round((a + b / 2 + space.radius) * CELL + CELL / 2, 2)
    y = np.round((space.radius - b) * 1.5 * side, 2)
    low, high = f"{side / 2:.2f}", f"{side:.2f}"
    outline = f"l{CELL / 2:g} {low}v{high}l-{CELL / 2:g} {low}l-{CELL / 2:g} -{low}v-{high}z"  # from the top corner
    return Frame(tuple(zip(x.tolist(), y.tolist())), outline, (2 * space.radius + 1) * CELL,
                 (3 * space.radius + 2) * side)


def frame_of(space: Space) -> Frame | None:
    """The frame in which functions on a space with coordinates are drawn; None for a point and for G-sets."""
    if isinstance(space, Hexagonal):
        return hexagons(space)
    if not isinstance(space, Lattice):
        return None
    rows, columns = (1, *space.shape)[-2:]
    return squares(rows, columns, space.size // (rows * columns))


def tiles_of(hom: Hom, piece: Piece) -> tuple[Frame, np.ndarray, list[list[str]]]:
    """The frame, the unknowns as an array (tile rows, tile columns, cells), and the titles of the tiles.

    A space with coordinates has one tile for each matrix entry (i, j); a point or a G-set one for each point.
    """
    shape = (hom.on.size, piece.target.dim, piece.source.dim)
    unknowns = np.arange(int(np.prod(shape))).reshape(shape)
    frame = frame_of(hom.on)
    if frame is not None:
        return (frame, *entry_tiles(unknowns))
    titles = [[f"x={hom.on.label(x)}" if shape[0] > 1 else "" for x in range(shape[0])]]
    return squares(*shape[1:]), unknowns.reshape(1, shape[0], -1), titles


def entry_tiles(values: np.ndarray) -> tuple[np.ndarray, list[list[str]]]:
    """Values (points, rows, columns) as tiles by matrix entry (i, j) with their titles; one column lies as a row."""
    tiles = values.transpose(1, 2, 0)
    titles = [[f"{i},{j}" for j in range(tiles.shape[1])] for i in range(tiles.shape[0])]
    return (tiles, titles) if tiles.shape[1] > 1 else (tiles.transpose(1, 0, 2), [[row[0] for row in titles]])


def piece_figure(hom: Hom, piece: Piece) -> Figure:
    """The kernels of one pair of summands.

    Where supports are disjoint every cell bears the number of its weight, hatched and with a minus where it enters with
    the other sign, and cells of one number share one colour; empty cells are zero. Otherwise there is one row of tiles
    for each basis element, and the cells bear exact values.
    """
    frame, unknowns, titles = tiles_of(hom, piece)
    if len(frame.corners) > LARGE:
        return note(f"{len(frame.corners)} cells are too many to draw; see H.blocks")
    frame = wide_enough(frame, titles, 0 if isinstance(piece, SignedPiece) else len(f"κ{piece.dim - 1} "))
    if isinstance(piece, SignedPiece):
        rows, columns = fit(frame, *unknowns.shape[:2])
        shown = unknowns[:rows, :columns]
        body = tied_cells(frame, piece.labels[shown], piece.signs[shown])
        total, names = unknowns.shape[0] * unknowns.shape[1], titles
    else:
        flat, line = unknowns.reshape(-1, unknowns.shape[2]), [t for row in titles for t in row]
        rows, columns = fit(frame, piece.dim, len(flat))
        body = valued_cells(frame, [[[values.get(int(n)) for n in tile] for tile in flat[:columns]]
                                    for values in (dict(piece.support(d)) for d in range(rows))])
        total, names = piece.dim * len(flat), [[f"κ{d} {t}".strip() for t in line[:columns]] for d in range(rows)]
    return figure(frame, names, body, rows, columns, total)


def values_figure(entries: np.ndarray) -> Figure:
    """One exact kernel, given by its entries (*X, dim W, dim V), with the values in the cells."""
    *space, n, m = entries.shape
    flat = entries.reshape(-1, n, m)
    frame = squares(n, m)
    tiles = flat.reshape(1, len(flat), -1)
    titles = [[f"x={x}" if len(flat) > 1 else "" for x in range(len(flat))]]
    if 1 <= len(space) <= 3:
        *depth, rows, columns = (1, *space)[-max(2, len(space)):]
        frame = squares(rows, columns, *depth)
        tiles, titles = entry_tiles(flat)
    if len(frame.corners) > LARGE:
        return note(f"{len(frame.corners)} cells are too many to draw")
    frame = wide_enough(frame, titles)
    rows, columns = fit(frame, *tiles.shape[:2])
    body = valued_cells(frame, [[[v or None for v in tile] for tile in row[:columns]] for row in tiles[:rows]])
    return figure(frame, titles, body, rows, columns, tiles.shape[0] * tiles.shape[1])


def wide_enough(frame: Frame, titles: list[list[str]], more: int = 0) -> Frame:
    """The frame with room for the longest title above a tile, and for so many characters more."""
    longest = max(len(t) for row in titles for t in row)
    return replace(frame, width=max(frame.width, 6.1 * (longest + more) - 6)) if longest else frame


def fit(frame: Frame, rows: int, columns: int) -> tuple[int, int]:
    """How many rows and columns of tiles keep to the width and to the number of cells of a figure; at least one."""
    columns = max(1, min(columns, int((ACROSS + 14) // (frame.width + 14)), CELLS // len(frame.corners)))
    return max(1, min(rows, CELLS // (columns * len(frame.corners)))), columns


def place(frame: Frame, row: int, column: int) -> tuple[float, float]:
    """The corner of a tile, below its title."""
    return column * (frame.width + 14), 16 + row * (frame.height + 24)


def figure(frame: Frame, titles: Sequence[Sequence[str]], body: str, rows: int, columns: int, total: int) -> Figure:
    """The cells with the titles above the tiles, and a line that says how many tiles are not drawn."""
    names = [f'<text x="{x:g}" y="{y - 4:g}">{escape(titles[r][c])}</text>'
             for r, c in product(range(rows), range(columns)) for x, y in [place(frame, r, c)] if titles[r][c]]
    width, bottom = place(frame, rows, columns)
    height = bottom - 20.0
    if rows * columns < total:
        names.append(f'<text x="0" y="{height + 10:g}">… and {total - rows * columns} of {total} tiles more</text>')
        height += 18
    return Figure(f'<g fill="currentColor" font-size="10">{"".join(names)}</g>{body}', width - 14, height)


def note(text: str) -> Figure:
    """A line of text in place of a picture."""
    return Figure(f'<text x="0" y="12" font-size="10" fill="currentColor">{escape(text)}</text>', 7.0 * len(text), 18)


def tied_cells(frame: Frame, labels: np.ndarray, signs: np.ndarray) -> str:
    """The cells of all tiles, as one path for each weight, so that pointing at a cell names its weight."""
    paths: dict[int, list[str]] = {}
    hatches, texts = [], []
    for (r, c, k), label in np.ndenumerate(labels):
        x, y = place(frame, r, c)
        paths.setdefault(int(label), []).append(frame.cell(k, x, y))
        if label < 0:
            continue
        negative = signs[r, c, k] < 0
        if negative:
            hatches.append(hatch(frame, k, x, y))
        texts.append(inscription(frame, k, x, y, f"−{label}" if negative else str(label)))
    cells = [f'<path d="{"".join(paths.pop(-1))}" fill="none"/>'] if -1 in paths else []
    cells += [f'<path d="{"".join(d)}" fill="{tied_colour(n)}"><title>weight {n}</title></path>'
              for n, d in sorted(paths.items())]
    return group(cells, hatches, texts)


def valued_cells(frame: Frame, tiles: Sequence[Sequence[Sequence[Any]]]) -> str:
    """The cells of all tiles with exact values; None is an empty cell. Each row of tiles has a scale of its own."""
    empty, cells, hatches, texts = [], [], [], []
    for r, row in enumerate(tiles):
        top = max((abs(complex(v)) for tile in row for v in tile if v is not None), default=1.0)
        for c, tile in enumerate(row):
            x, y = place(frame, r, c)
            for k, value in enumerate(tile):
                if value is None:
                    empty.append(frame.cell(k, x, y))
                    continue
                number, text = complex(value), exact(value)
                negative = number.real < 0
                colour = tint(NEGATIVE if negative else POSITIVE, 0.75 - 0.55 * abs(number) / top)
                cells.append(f'<path d="{frame.cell(k, x, y)}" fill="{colour}"><title>{escape(text)}</title></path>')
                if negative:
                    hatches.append(hatch(frame, k, x, y))
                if len(text) <= 4:
                    texts.append(inscription(frame, k, x, y, text))
    return group([f'<path d="{"".join(empty)}" fill="none"/>'] if empty else [], cells, hatches, texts)


def exact(value: Any) -> str:
    """An exact number as text, with a true minus."""
    return (str(value) if isinstance(value, Number) else f"{value}").replace("-", "−")


def hatch(frame: Frame, k: int, x: float, y: float) -> str:
    """Two strokes across the upper left and lower right corners of a cell, clear of the figures in the middle."""
    left, top = frame.corners[k]
    if frame.outline.startswith("l"):  # a hexagon is drawn from its top corner
        left, top = left - CELL / 2, top + CELL / (2 * sqrt(3)) - 4
    return f"M{x + left:g} {y + top + 7:g}l7 -7M{x + left + CELL - 7:g} {y + top + CELL:g}l7 -7"


def inscription(frame: Frame, k: int, x: float, y: float, text: str) -> str:
    """Text in the middle of a cell."""
    left, top = frame.corners[k]
    if frame.outline.startswith("l"):
        left, top = left - CELL / 2, top + CELL / sqrt(3) - CELL / 2
    small = ' font-size="7"' if len(text) > 3 else ""
    return f'<text x="{x + left + CELL / 2:g}" y="{y + top + 12.5:g}"{small}>{escape(text)}</text>'


def group(*layers: list[str]) -> str:
    """Cells, then hatches, then figures, with the frames that they share."""
    *cells, hatches, texts = layers
    shapes = "".join("".join(layer) for layer in cells)
    return (f'<g stroke="#808080" stroke-width="0.6">{shapes}</g>'
            + (f'<path d="{"".join(hatches)}" stroke="#000" stroke-opacity="0.6" fill="none"/>' if hatches else "")
            + f'<g fill="#000" font-size="9" text-anchor="middle" pointer-events="none">{"".join(texts)}</g>')


def kernel_svg(hom: Hom) -> str:
    """The basis of a Hom as one SVG image: a figure for each distinct pair of summands that has solutions.

    >>> import reptheory as rt
    >>> G = rt.D(4); kernel_svg(rt.Hom(G.trivial, G.vector, on=rt.grid(3))).count("<title>weight")
    2
    """
    found = [(s, t, piece) for (s, t), piece in hom.basis.pieces.items() if piece.dim]
    figures = []
    for source, target, piece in found[:FIGURES]:
        elements = "1 element" if piece.dim == 1 else f"{piece.dim} elements"
        figures += [note(f"{source.expression} → {target.expression}: {elements}"), piece_figure(hom, piece)]
    if not found:
        figures.append(note(f"{hom.expression} is zero"))
    if len(found) > FIGURES:
        figures.append(note(f"… and {len(found) - FIGURES} more pairs of summands"))
    return svg(figures, f"The basis of {hom.expression}, dimension {hom.dim}")


def svg(figures: Sequence[Figure], label: str) -> str:
    """Figures one below the other as one SVG image, which takes the colour of text from the page."""
    width, height, body = max(f.width for f in figures) + 8, 4.0, []
    for f in figures:
        body.append(f'<g transform="translate(4 {height:g})">{f.body}</g>')
        height += f.height + 6
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}" height="{height:g}" '
            f'viewBox="0 0 {width:g} {height:g}" role="img" aria-label="{escape(label)}" '
            f'font-family="monospace">{"".join(body)}</svg>')
