"""The point groups of crystals by name: 32 in space, and those of the 17 wallpaper groups in the plane."""
from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches

from .exact import clipped, shown
from .field import Number, Q
from .group import Group
from .matrix import Matrix
from .named import POINTS, _orbit
from .on_space import Given

Rows = list[list[int | str]]

# Operations, in the basis (x, y, z); in trigonal and hexagonal groups y is e_y / sin 60°, with the metric (1, 4/3, 1).
TURN: dict[int, Rows] = {  # about z
    1: [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
    2: [[-1, 0, 0], [0, -1, 0], [0, 0, 1]],
    3: [["-1/2", -1, 0], ["3/4", "-1/2", 0], [0, 0, 1]],
    4: [[0, -1, 0], [1, 0, 0], [0, 0, 1]],
    6: [["1/2", -1, 0], ["3/4", "1/2", 0], [0, 0, 1]],
}
HALF: dict[str, Rows] = {  # half turns about the axes
    "x": [[1, 0, 0], [0, -1, 0], [0, 0, -1]],
    "y": [[-1, 0, 0], [0, 1, 0], [0, 0, -1]],
    "z": [[-1, 0, 0], [0, -1, 0], [0, 0, 1]],
}
DIAGONAL: Rows = [[0, 0, 1], [1, 0, 0], [0, 1, 0]]  # by 2π/3 about (1, 1, 1)


@dataclass(frozen=True)
class Class:
    """A row of the table: symbols (Hermann–Mauguin, Schoenflies, others), order, and the operations that generate."""

    symbols: tuple[str, ...]
    order: int
    operations: tuple[str, ...]
    setting: tuple[str, ...] = ()  # symbols of the same class in another orientation, and their operations
    other: tuple[str, ...] = ()


def _row(symbols: str, order: int, operations: str, setting: str = "", other: str = "") -> Class:
    return Class(tuple(symbols.split()), order, tuple(operations.split()), tuple(setting.split()), tuple(other.split()))


CLASSES = (
    _row("1 C1", 1, "r1"),
    _row("-1 Ci S2", 2, "i1"),
    _row("2 C2 112", 2, "r2", "121", "ty"),
    _row("m Cs C1h 11m", 2, "mz", "1m1", "my"),
    _row("2/m C2h 112/m", 4, "r2 hz", "12/m1", "ty my"),
    _row("222 D2 V", 4, "r2 tx"),
    _row("mm2 C2v", 4, "r2 mx"),
    _row("mmm D2h Vh", 8, "r2 mx hz"),
    _row("4 C4", 4, "r4"),
    _row("-4 S4", 4, "s4"),
    _row("4/m C4h", 8, "r4 hz"),
    _row("422 D4", 8, "r4 tx"),
    _row("4mm C4v", 8, "r4 mx"),
    _row("-42m D2d Vd", 8, "s4 tx", "-4m2", "s4 mx"),
    _row("4/mmm D4h", 16, "r4 mx hz"),
    _row("3 C3", 3, "r3"),
    _row("-3 S6 C3i", 6, "s3"),
    _row("32 D3 321", 6, "r3 tx", "312", "r3 ty"),
    _row("3m C3v 3m1", 6, "r3 mx", "31m", "r3 my"),
    _row("-3m D3d -3m1", 12, "s3 mx", "-31m", "s3 my"),
    _row("6 C6", 6, "r6"),
    _row("-6 C3h S3", 6, "s6"),
    _row("6/m C6h", 12, "r6 hz"),
    _row("622 D6", 12, "r6 tx"),
    _row("6mm C6v", 12, "r6 mx"),
    _row("-6m2 D3h", 12, "s6 mx", "-62m", "s6 tx"),
    _row("6/mmm D6h", 24, "r6 mx hz"),
    _row("23 T", 12, "d3 r2"),
    _row("m-3 Th m3", 24, "d3 hz"),
    _row("432 O", 24, "d3 r4"),
    _row("-43m Td", 24, "d3 s4"),
    _row("m-3m Oh m3m", 48, "d3 r4 hz"),
)
WALLPAPER = {  # ITA symbol, other symbols: order of the rotations, mirror, point group, lattice
    "p1 p111": (1, "", "1", "oblique"),
    "p2 p211": (2, "", "2", "oblique"),
    "pm p1m1": (1, "mx", "m", "rectangular"),
    "pg p1g1": (1, "mx", "m", "rectangular"),
    "cm c1m1": (1, "swap", "m", "centred rectangular"),
    "p2mm pmm": (2, "mx", "2mm", "rectangular"),
    "p2mg pmg": (2, "mx", "2mm", "rectangular"),
    "p2gg pgg": (2, "mx", "2mm", "rectangular"),
    "c2mm cmm": (2, "swap", "2mm", "centred rectangular"),
    "p4": (4, "", "4", "square"),
    "p4mm p4m": (4, "mx", "4mm", "square"),
    "p4gm p4g": (4, "mx", "4mm", "square"),
    "p3": (3, "", "3", "hexagonal"),
    "p3m1": (3, "mx", "3m", "hexagonal"),
    "p31m": (3, "my", "3m", "hexagonal"),
    "p6": (6, "", "6", "hexagonal"),
    "p6mm p6m": (6, "mx", "6mm", "hexagonal"),
}


def operation(symbol: str) -> Matrix:
    """The matrix of r4 (a turn about z), s4 (a turn times the inversion), tx (a half turn), mx and hz (the mirror ⊥ to
    an axis, the half turn times the inversion), i1 (the inversion) or d3.

    >>> operation("mx")
    [-1 0 0; 0 1 0; 0 0 1]
    """
    kind, which = symbol[0], symbol[1]
    if kind == "d":
        return Matrix.of(DIAGONAL)
    proper = Matrix.of(HALF[which] if kind in "tmh" else TURN[int(which)])
    return proper if kind in "rt" else -proper


def point_group(name: str) -> Group:
    """The crystallographic point group with this Hermann–Mauguin or Schoenflies symbol, by exact matrices on space.

    Source: International Tables for Crystallography A (2006), Table 10.1.2.2. Other names stand after a semicolon, and
    the same class in another orientation after a bar:

        triclinic      1 = C1, -1 = Ci; S2
        monoclinic     2 = C2; 112 | 121,  m = Cs; C1h 11m | 1m1,  2/m = C2h; 112/m | 12/m1
        orthorhombic   222 = D2; V,  mm2 = C2v,  mmm = D2h; Vh
        tetragonal     4 = C4, -4 = S4, 4/m = C4h, 422 = D4, 4mm = C4v, -42m = D2d; Vd | -4m2, 4/mmm = D4h
        trigonal       3 = C3, -3 = S6; C3i, 32 = D3; 321 | 312, 3m = C3v; 3m1 | 31m, -3m = D3d; -3m1 | -31m
        hexagonal      6 = C6, -6 = C3h; S3, 6/m = C6h, 622 = D6, 6mm = C6v, -6m2 = D3h | -62m, 6/mmm = D6h
        cubic          23 = T, m-3 = Th; m3, 432 = O, -43m = Td, m-3m = Oh; m3m

    The principal axis is z, also in 2, m and 2/m; 121, 1m1 and 12/m1 take y. Generators: r turns about z, and s is such
    a turn times the inversion i; t is a half turn about x (y in 121, 12/m1, 312); h is the mirror ⊥ z, m a mirror ⊥ x
    (⊥ z in m, ⊥ y in 1m1, 12/m1, 31m, -31m); d turns by 2π/3 about (1, 1, 1). In trigonal and hexagonal groups the
    basis is (e_x, e_y / sin 60°, e_z), x along a lattice vector, with the metric (1, 4/3, 1), as for C(6).

    >>> G = point_group("D4h"); G
    point_group('4/mmm')  # D4h, order 16
    >>> G.names, G.vector("r*h")
    (('r', 'm', 'h'), [0 -1 0; 1 0 0; 0 0 -1])
    """
    wanted = _spelt(name, "point_group", "'4/mmm' or 'D4h'")
    for row in CLASSES:
        if wanted in row.symbols:
            return _crystal(row, row.symbols[0], row.operations)
        if wanted in row.setting:
            return _crystal(row, wanted, row.other)
    every = [symbol for row in CLASSES for symbol in (*row.symbols, *row.setting)]
    main = ", ".join(f"{row.symbols[0]} = {row.symbols[1]}" for row in CLASSES)
    raise ValueError(f"{shown(name)} is none of the 32 crystallographic point groups.{_near(wanted, every)} They are "
                     f"{main}. Other groups in space are made from matrices, rt.group(r=[[…]]), or by name, "
                     "rt.icosahedral().")


def wallpaper(name: str) -> Group:
    """The point group G/T of the wallpaper group G with translations T, by exact matrices on the plane of its lattice.

    Source: International Tables for Crystallography A (2006), part 6. The 17 names, and older ones in brackets:

        oblique              p1 (p111), p2 (p211)
        rectangular          pm (p1m1), pg (p1g1), p2mm (pmm), p2mg (pmg), p2gg (pgg)
        centred rectangular  cm (c1m1), c2mm (cmm)
        square               p4, p4mm (p4m), p4gm (p4g)
        hexagonal            p3, p3m1, p31m, p6, p6mm (p6m)

    r turns counter-clockwise, and m reflects: x ↦ −x on rectangular and square lattices, and glides count as the
    reflections that they are up to translations, so pg and pm have one point group. On centred lattices m swaps the two
    lattice vectors, which are e_x and e_y here, so that it preserves the pixel grid. On the hexagonal lattice, with a
    lattice vector along x, the mirror of p3m1 is ⊥ x, and that of p31m contains x. All but the hexagonal ones preserve
    rt.grid(n); those preserve rt.lattice("hexagonal", r).

    >>> import reptheory as rt
    >>> wallpaper("p4g")
    wallpaper('p4gm')  # 4mm on the square lattice, order 8
    >>> G, H = wallpaper("p3m1"), wallpaper("p31m")
    >>> [rt.Hom(K.trivial, K.trivial, on=rt.lattice("hexagonal", 2)).dim for K in (G, H)]
    [5, 6]
    """
    wanted = _spelt(name, "wallpaper", "'p4m'")
    for symbols, (n, mirror, title, lattice) in WALLPAPER.items():
        first, *others = symbols.split()
        if wanted == first or wanted in others:
            plane = {} if n == 1 and mirror else {"r": operation(f"r{n}").submatrix([0, 1], [0, 1])}
            if mirror == "swap":
                plane["m"] = Matrix.of([[0, 1], [1, 0]])
            elif mirror:
                plane["m"] = operation(mirror).submatrix([0, 1], [0, 1])
            return _moved(plane, n in (3, 6), f"wallpaper({first!r})", f"{title} on the {lattice} lattice",
                          2 * n if mirror else n)
    every = [symbol for symbols in WALLPAPER for symbol in symbols.split()]
    raise ValueError(f"{shown(name)} is none of the 17 wallpaper groups.{_near(wanted, every)} They are "
                     f"{', '.join(symbols.split()[0] for symbols in WALLPAPER)}. Other groups in the plane are C(n), "
                     "D(n), or made from matrices.")


def _crystal(row: Class, name: str, operations: tuple[str, ...]) -> Group:
    matrices = {symbol[0]: operation(symbol) for symbol in operations}
    hexagonal = operations[0][1:] in ("3", "6") and operations[0] != "d3"
    return _moved(matrices, hexagonal, f"point_group({name!r})", row.symbols[1], row.order)


def _moved(matrices: dict[str, Matrix], hexagonal: bool, text: str, title: str, order: int) -> Group:
    """The group of these matrices on the orbits of the basis vectors."""
    n = next(iter(matrices.values())).shape[0]
    images = _orbit(matrices, [[int(i == j) for j in range(n)] for i in range(n)], POINTS)[1]
    gram: tuple[Number, ...] = (Q(1), Q("4/3") if hexagonal else Q(1), Q(1))[:n]
    return Group(tuple(matrices), images, len(images[0]), Given(tuple(matrices.values()), gram), text, title, order,
                 tuple(range(n)))


def _spelt(name: str, function: str, example: str) -> str:
    """The symbol without spaces and underscores, a bar or a long minus as '-'."""
    if not isinstance(name, str):
        raise TypeError(f"{function}({shown(name)}): the name is a text, such as {example}.")
    return clipped(name).replace(" ", "").replace("_", "").replace("−", "-").replace("–", "-")


def _near(wanted: str, every: list[str]) -> str:
    close = get_close_matches(wanted, every, 3, 0.5)
    return f" Did you mean {' or '.join(map(repr, close))}?" if close else ""
