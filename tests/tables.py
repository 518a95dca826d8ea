"""Known character tables, each with a book that prints it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, permutations, product

import zoo

import reptheory as rt
from reptheory.number import Number

w, i = rt.cyclotomic(3).generator, rt.cyclotomic(4).generator
phi = (1 + rt.quadratic(5).generator) / 2
phi_ = 1 - phi
b7 = (rt.quadratic(-7).generator - 1) / 2
b11 = (rt.quadratic(-11).generator - 1) / 2
r2, i2 = rt.quadratic(2).generator, rt.quadratic(-2).generator
W, c7, c11 = w * w, -1 - b7, -1 - b11

ATLAS = "Conway, Curtis, Norton, Parker, Wilson: Atlas of Finite Groups"
JAMES_LIEBECK = "James, Liebeck: Representations and Characters of Groups"
POINT_GROUPS = "Altmann, Herzig: Point-Group Theory Tables"


@dataclass(frozen=True)
class Stored:
    """A printed table: for each class its size and the order of its elements, then the rows."""

    make: Callable[[], rt.Group]
    source: str
    classes: tuple[tuple[int, int], ...]
    rows: tuple[tuple[int | Number, ...], ...]


def rows(*table: Sequence) -> tuple[tuple, ...]:
    """Rows in which single numbers are written out."""
    return tuple(tuple(row) for row in table)


def with_inversion(classes: tuple, table: tuple) -> tuple[tuple, tuple]:
    """The classes and rows of G × {1, i}: the even and the odd copy of each row."""
    doubled = {1: 2, 2: 2, 3: 6, 4: 4, 5: 10}
    return ((*classes, *((size, doubled[order]) for size, order in classes)),
            tuple((*row, *(sign * x for x in row)) for sign in (1, -1) for row in table))


_O = ((1, 1), (8, 3), (6, 2), (6, 4), (3, 2)), rows(  # E, 8C3, 6C2', 6C4, 3C2
    (1, 1, 1, 1, 1), (1, 1, -1, -1, 1), (2, -1, 0, 0, 2), (3, 0, -1, 1, -1), (3, 0, 1, -1, -1))
_I = ((1, 1), (12, 5), (12, 5), (20, 3), (15, 2)), rows(  # E, 12C5, 12C5², 20C3, 15C2
    (1, 1, 1, 1, 1), (3, phi, phi_, 0, -1), (3, phi_, phi, 0, -1), (4, -1, -1, 1, 0), (5, 0, 0, -1, 1))


def binary_octahedral() -> rt.Group:
    """2O = ⟨r, s, t | r² = s³ = t⁴ = rst⟩ (Coxeter and Moser, Generators and Relations)."""
    return rt.presentation("r s t", "r^2*s^-3, s^3*t^-4, t^4*(r*s*t)^-1")


STORED = {
    "S4": Stored(lambda: rt.S(4), JAMES_LIEBECK, ((1, 1), (6, 2), (8, 3), (3, 2), (6, 4)), rows(
        (1, 1, 1, 1, 1), (1, -1, 1, 1, -1), (2, 0, -1, 2, 0), (3, 1, 0, -1, -1), (3, -1, 0, -1, 1))),
    "A5": Stored(lambda: rt.A(5), ATLAS, ((1, 1), (15, 2), (20, 3), (12, 5), (12, 5)), rows(
        (1, 1, 1, 1, 1), (3, -1, 0, phi_, phi), (3, -1, 0, phi, phi_), (4, 0, 1, -1, -1), (5, 1, -1, 0, 0))),
    "A6": Stored(
        lambda: rt.A(6), ATLAS, ((1, 1), (45, 2), (40, 3), (40, 3), (90, 4), (72, 5), (72, 5)), rows(
            (1, 1, 1, 1, 1, 1, 1), (5, 1, 2, -1, -1, 0, 0), (5, 1, -1, 2, -1, 0, 0), (8, 0, -1, -1, 0, phi, phi_),
            (8, 0, -1, -1, 0, phi_, phi), (9, 1, 0, 0, 1, -1, -1), (10, -2, 1, 1, 0, 0, 0))),
    "PSL(2,7)": Stored(
        lambda: rt.PSL(2, 7), ATLAS, ((1, 1), (21, 2), (56, 3), (42, 4), (24, 7), (24, 7)), rows(
            (1, 1, 1, 1, 1, 1), (3, -1, 0, 1, b7, c7), (3, -1, 0, 1, c7, b7), (6, 2, 0, 0, -1, -1),
            (7, -1, 1, -1, 0, 0), (8, 0, -1, 0, 1, 1))),
    "PSL(2,11)": Stored(
        lambda: rt.PSL(2, 11), ATLAS,
        ((1, 1), (55, 2), (110, 3), (132, 5), (132, 5), (110, 6), (60, 11), (60, 11)), rows(
            (1, 1, 1, 1, 1, 1, 1, 1), (5, 1, -1, 0, 0, 1, b11, c11), (5, 1, -1, 0, 0, 1, c11, b11),
            (10, -2, 1, 0, 0, 1, -1, -1), (10, 2, 1, 0, 0, -1, -1, -1), (11, -1, -1, 1, 1, -1, 0, 0),
            (12, 0, 0, -phi, -phi_, 0, 1, 1), (12, 0, 0, -phi_, -phi, 0, 1, 1))),
    "M11": Stored(
        zoo.m11, ATLAS,
        ((1, 1), (165, 2), (440, 3), (990, 4), (1584, 5), (1320, 6), (990, 8), (990, 8), (720, 11), (720, 11)), rows(
            (1, 1, 1, 1, 1, 1, 1, 1, 1, 1), (10, 2, 1, 2, 0, -1, 0, 0, -1, -1),
            (10, -2, 1, 0, 0, 1, i2, -i2, -1, -1), (10, -2, 1, 0, 0, 1, -i2, i2, -1, -1),
            (11, 3, 2, -1, 1, 0, -1, -1, 0, 0), (16, 0, -2, 0, 1, 0, 0, 0, b11, c11),
            (16, 0, -2, 0, 1, 0, 0, 0, c11, b11), (44, 4, -1, 0, -1, 1, 0, 0, 0, 0),
            (45, -3, 0, 1, 0, 0, -1, -1, 1, 1), (55, -1, 1, -1, 0, -1, 1, 1, 0, 0))),
    "Q8": Stored(lambda: rt.Q8(), JAMES_LIEBECK, ((1, 1), (1, 2), (2, 4), (2, 4), (2, 4)), rows(
        (1, 1, 1, 1, 1), (1, 1, 1, -1, -1), (1, 1, -1, 1, -1), (1, 1, -1, -1, 1), (2, -2, 0, 0, 0))),
    "Dic(3)": Stored(
        lambda: rt.Dic(3), JAMES_LIEBECK, ((1, 1), (1, 2), (2, 6), (2, 3), (3, 4), (3, 4)), rows(
            (1, 1, 1, 1, 1, 1), (1, -1, -1, 1, i, -i), (1, 1, 1, 1, -1, -1), (1, -1, -1, 1, -i, i),
            (2, -2, 1, -1, 0, 0), (2, 2, -1, -1, 0, 0))),
    "7:3": Stored(
        lambda: rt.frobenius(7, 3), JAMES_LIEBECK, ((1, 1), (7, 3), (7, 3), (3, 7), (3, 7)), rows(
            (1, 1, 1, 1, 1), (1, w, W, 1, 1), (1, W, w, 1, 1), (3, 0, 0, b7, c7), (3, 0, 0, c7, b7))),
    "5:4": Stored(
        lambda: rt.frobenius(5, 4), JAMES_LIEBECK, ((1, 1), (4, 5), (5, 4), (5, 2), (5, 4)), rows(
            (1, 1, 1, 1, 1), (1, 1, i, -1, -i), (1, 1, -1, 1, -1), (1, 1, -i, -1, i), (4, -1, 0, 0, 0))),
    "SL(2,3)": Stored(
        lambda: rt.SL(2, 3), JAMES_LIEBECK,
        ((1, 1), (1, 2), (6, 4), (4, 3), (4, 3), (4, 6), (4, 6)), rows(
            (1, 1, 1, 1, 1, 1, 1), (1, 1, 1, w, W, w, W), (1, 1, 1, W, w, W, w), (3, 3, -1, 0, 0, 0, 0),
            (2, -2, 0, -1, -1, 1, 1), (2, -2, 0, -w, -W, w, W), (2, -2, 0, -W, -w, W, w))),
    "2I": Stored(
        lambda: rt.SL(2, 5), POINT_GROUPS,
        ((1, 1), (1, 2), (30, 4), (20, 3), (20, 6), (12, 5), (12, 5), (12, 10), (12, 10)), rows(
            (1, 1, 1, 1, 1, 1, 1, 1, 1), (3, 3, -1, 0, 0, phi, phi_, phi, phi_), (3, 3, -1, 0, 0, phi_, phi, phi_, phi),
            (4, 4, 0, 1, 1, -1, -1, -1, -1), (5, 5, 1, -1, -1, 0, 0, 0, 0),
            (2, -2, 0, -1, 1, -phi, -phi_, phi, phi_), (2, -2, 0, -1, 1, -phi_, -phi, phi_, phi),
            (4, -4, 0, 1, -1, -1, -1, 1, 1), (6, -6, 0, 0, 0, 1, 1, -1, -1))),
    "2O": Stored(
        binary_octahedral, POINT_GROUPS,
        ((1, 1), (1, 2), (6, 4), (12, 4), (8, 6), (8, 3), (6, 8), (6, 8)), rows(
            (1, 1, 1, 1, 1, 1, 1, 1), (1, 1, 1, -1, 1, 1, -1, -1), (2, 2, 2, 0, -1, -1, 0, 0),
            (3, 3, -1, -1, 0, 0, 1, 1), (3, 3, -1, 1, 0, 0, -1, -1), (2, -2, 0, 0, 1, -1, r2, -r2),
            (2, -2, 0, 0, 1, -1, -r2, r2), (4, -4, 0, 0, -1, 1, 0, 0))),
    "GL(2,3)": Stored(
        lambda: rt.GL(2, 3), JAMES_LIEBECK,
        ((1, 1), (1, 2), (6, 4), (8, 3), (8, 6), (12, 2), (6, 8), (6, 8)), rows(
            (1, 1, 1, 1, 1, 1, 1, 1), (1, 1, 1, 1, 1, -1, -1, -1), (2, 2, 2, -1, -1, 0, 0, 0),
            (3, 3, -1, 0, 0, 1, -1, -1), (3, 3, -1, 0, 0, -1, 1, 1), (2, -2, 0, -1, 1, 0, i2, -i2),
            (2, -2, 0, -1, 1, 0, -i2, i2), (4, -4, 0, 1, -1, 0, 0, 0))),
    "O": Stored(lambda: rt.octahedral(), POINT_GROUPS, *_O),
    "O_h": Stored(lambda: rt.octahedral(full=True), POINT_GROUPS, *with_inversion(*_O)),
    "I_h": Stored(lambda: rt.icosahedral(full=True), POINT_GROUPS, *with_inversion(*_I)),
    "C2 wr S3": Stored(lambda: rt.wreath(rt.C(2), 3), POINT_GROUPS, *with_inversion(*_O)),
    "S4 x C2": Stored(lambda: rt.S(4) * rt.C(2), POINT_GROUPS, *with_inversion(*_O)),
}


def matchings(mine: Sequence[tuple[int, int]], theirs: Sequence[tuple[int, int]]) -> Iterator[list[int]]:
    """All ways to number my classes by theirs with the same sizes and orders."""
    assert sorted(mine) == sorted(theirs)
    here, there = (sorted(range(len(c)), key=c.__getitem__) for c in (mine, theirs))
    blocks = [list(block) for _, block in groupby(there, key=theirs.__getitem__)]
    for choice in product(*map(permutations, blocks)):
        places = dict(zip(here, (t for block in choice for t in block), strict=True))
        yield [places[column] for column in range(len(mine))]
