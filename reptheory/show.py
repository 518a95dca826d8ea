"""LaTeX and HTML of representations, Homs, bases and tables, for notebooks and pages; every page is valid XML."""
from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING

from .picture import kernel_svg, svg, values_figure
from .space import POINT

if TYPE_CHECKING:
    from .basis import Basis
    from .character_table import CharacterTable
    from .hom import Hom
    from .kernel import Kernel
    from .number import Number
    from .rep import Rep

ROWS = 60  # the most rows of a table that a page shows; a line says how many more there are
LEGEND = ("One tile for each matrix entry i,j, one cell for each point: cells with one number share one weight, "
          "hatched ones with a minus; empty cells are zero.")
ESCAPES = {"\\": r"\backslash ", "{": r"\{", "}": r"\}", "_": r"\_", "^": r"\hat{\ }", "#": r"\#", "&": r"\&",
           "%": r"\%", "$": r"\$", "~": r"\sim ", "'": r"\text{'}", " ": r"\ ", "*": r"{*}"}


def latex_text(text: str) -> str:
    r"""An expression in upright typewriter, inside a formula, for LaTeX, MathJax and KaTeX.

    >>> latex_text("D(4).irrep('sign_1')")
    "\\mathtt{D(4).irrep(\\text{'}sign\\_1\\text{'})}"
    """
    return rf"\mathtt{{{''.join(ESCAPES.get(c, c) for c in text)}}}"


def rep_latex(rep: Rep) -> str:
    r"""The type as a sum with multiplicities, 2A ⊕ B, with its dimension.

    >>> import reptheory as rt
    >>> G = rt.D(4); rep_latex(2*G.regular + G.trivial)
    '$2\\,\\mathtt{D(4).regular} \\oplus \\mathtt{D(4).trivial}, \\quad \\dim = 17$'
    """
    terms = [(rf"{m}\," if m > 1 else "") + latex_text(a.expression) for m, a in rep.summands]
    total = r" \oplus ".join(terms)
    return rf"${total}, \quad \dim = {rep.dim}$"


def hom_latex(hom: Hom) -> str:
    """The statement dim Hom_G(V, W) = d, on a space with the constraint that defines it."""
    v, w = latex_text(hom.source.expression), latex_text(hom.target.expression)
    if hom.on == POINT:
        return rf"$\dim \mathrm{{Hom}}_G({v}, {w}) = {hom.dim}, \quad G = {latex_text(hom.group.expression)}$"
    return (rf"$\dim\{{\kappa : X \to \mathrm{{Hom}}({v}, {w}) \mid "
            rf"\kappa(gx) = \rho_W(g)\,\kappa(x)\,\rho_V(g)^{{-1}}\}} = {hom.dim},\quad "
            rf"X = {latex_text(repr(hom.on))}$")


def rep_html(rep: Rep) -> str:
    """The table of summands."""
    cells = [["multiplicity", "representation", "dim"]]
    cells += [[str(m), a.expression, str(a.dim)] for m, a in rep.summands]
    return f"<div><code>{escape(repr(rep))}</code>{table_html(cells)}</div>"


def hom_html(hom: Hom) -> str:
    """The question, its certificate, the picture of the basis and the table of orbits."""
    return (f"<div><code>{escape(repr(hom))}</code><br/><code>{escape(repr(hom.certificate))}</code>"
            f"{basis_html(hom.basis)}{table_html(hom.blocks.cells)}</div>")


def basis_html(basis: Basis) -> str:
    """One figure for each distinct pair of summands, and what the tiles and cells mean."""
    drawn = any(piece.dim for piece in basis.pieces.values()) and basis.hom.on != POINT
    return f"<div>{kernel_svg(basis.hom)}{f'<p><small>{LEGEND}</small></p>' if drawn else ''}</div>"


def kernel_html(kernel: Kernel) -> str:
    """The exact values of one kernel: a tile for each matrix entry i,j, a cell for each point."""
    shape = "×".join(map(str, kernel.shape))
    return f"<div>{svg([values_figure(kernel.entries)], f'A kernel of shape {shape}')}</div>"


def character_table_latex(table: CharacterTable) -> str:
    r"""The table as a LaTeX array: a column for each class with its size, a row for each irreducible character.

    >>> import reptheory as rt
    >>> print(character_table_latex(rt.C(2).character_table))
    $\begin{array}{r|rr}
     & 1 & r \\
     & 1 & 1 \\ \hline
    \chi_{0} & 1 & 1 \\
    \chi_{1} & 1 & -1
    \end{array}$
    """
    known: dict[Number, str] = {}

    def value(x: Number) -> str:
        if x not in known:
            known[x] = x._repr_latex_().strip("$")
        return known[x]

    heads = " & ".join(["", *(_latex_word(c.label) for c in table.classes)])
    sizes = " & ".join(["", *(str(c.size) for c in table.classes)])
    rows = [" & ".join([rf"\chi_{{{_latex_key(key)}}}", *map(value, row)])
            for key, row in zip(table.keys, table.values)]
    columns = "r" * len(table.classes)
    body = " \\\\\n".join(rows)
    return f"$\\begin{{array}}{{r|{columns}}}\n{heads} \\\\\n{sizes} \\\\ \\hline\n{body}\n\\end{{array}}$"


def _latex_word(text: str) -> str:
    """A word or a cycle type as a formula: r^{2}\\,s."""
    spaced = re.sub(r"\^(-?\d+)", r"^{\1}", text).replace("_", r"\_")
    return spaced.replace("*", r"\,").replace(" ", r"\,")


def _latex_key(key: object) -> str:
    """The key as an index: partitions and letters upright."""
    text = str(key).replace("'", "").replace(" ", "").replace(",)", ")")
    return text if isinstance(key, (int, tuple)) else rf"\mathrm{{{text}}}"


def table_html(cells: list[list[str]]) -> str:
    """A table whose first row is the heading; past sixty rows a line says how many more there are.

    >>> table_html([["x", "dim"], ["(0, 0)", "1"]])
    '<table><thead><tr><th>x</th><th>dim</th></tr></thead><tbody><tr><td>(0, 0)</td><td>1</td></tr></tbody></table>'
    """
    head = "".join(f"<th>{escape(c)}</th>" for c in cells[0])
    rows = ["".join(f"<td>{escape(c)}</td>" for c in row) for row in cells[1:ROWS + 1]]
    if len(cells) > ROWS + 1:
        rows.append(f'<td colspan="{len(cells[0])}">… and {len(cells) - ROWS - 1} rows more</td>')
    body = "".join(f"<tr>{row}</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
