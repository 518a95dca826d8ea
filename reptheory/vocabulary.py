"""The closed table of the names that an expression may use: constructors, methods, and the kinds of their arguments."""
from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from math import comb, prod
from typing import Any

from .crystal import point_group, wallpaper
from .element import Element
from .euclidean_space import Euclidean, R, sphere
from .family import abelian, frobenius, hyperoctahedral
from .field import Field, Number, Q, cyclotomic, number_field, quadratic, real_cyclotomic
from .finite_field import AGL, GL, PGL, PSL, SL, matrix_group, unitriangular
from .group import Group
from .hom import Hom
from .homomorphism import Homomorphism
from .lie import LieGroup
from .lie_named import G2, SO, SU, O, Sp, U, lie_group, torus
from .lie_product import Projection
from .named import Q8, A, C, D, Dic, S, group, icosahedral, octahedral, tetrahedral
from .on_space import in_space
from .permutation_family import PermutationFamily, permutation_family
from .presentation import presentation
from .product import central_product, semidirect, wreath
from .quotient import natural_projection, quotient_group
from .reduced import reduced_tensor_product
from .rep import Rep
from .space import POINT, Space, grid, gset, lattice

SIZE = 1_000_000   # the largest dimension, number of points of a space, or degree that an expression makes
FACTORS = 64       # the most factors of a tensor product
FIELD = 256         # the largest degree of a field that the numbers of one argument generate
EXACT = re.compile(r"-?\d{1,1000}(/\d{1,1000})?")


@dataclass(frozen=True)
class Kind:
    """What an argument may be, in words and as a test."""

    words: str
    accepts: Callable[[Any], bool]


def integer(limit: int) -> Kind:
    """An integer of at most this size."""
    return Kind(f"an integer up to {limit}", lambda x: is_integer(x) and abs(x) <= limit)


def a(kind: type, words: str) -> Kind:
    """An object of this class."""
    return Kind(words, lambda x: isinstance(x, kind))


def is_integer(x: Any) -> bool:
    """Whether x is an integer, and no truth value."""
    return isinstance(x, int) and not isinstance(x, bool)


def _is_exact(x: Any) -> bool:
    return is_integer(x) or isinstance(x, Number) or (isinstance(x, str) and EXACT.fullmatch(x) is not None)


def _is_length(x: Any) -> bool:
    return (is_integer(x) or isinstance(x, float)) and 0 <= x <= 100


def _are(x: Any, test: Callable[[Any], bool]) -> bool:
    return isinstance(x, (list, tuple)) and all(map(test, x))


def _is_matrix(x: Any) -> bool:
    return _are(x, lambda row: _are(row, _is_exact))


def _is_images(x: Any) -> bool:
    return isinstance(x, str) or _are(x, is_integer)


def _is_words(x: Any) -> bool:
    return isinstance(x, dict) and all(map(_is_images, x.values()))


def _is_key(x: Any) -> bool:
    return isinstance(x, str) or is_integer(x) or _are(x, _is_key)


GROUP, REP = a(Group, "a group"), a(Rep, "a representation")
ANY_GROUP = Kind("a group", lambda x: isinstance(x, (Group, LieGroup)))
MAP = Kind("a homomorphism", lambda x: isinstance(x, (Homomorphism, Projection)))
SPACE, CLASSICAL = a(Space, "a space"), integer(12)
TEXT, FLAG = a(str, "a text in quotes"), a(bool, "True or False")
SIDE, PRIME = integer(64), integer(100_000)
NUMBER = Kind("an exact number: 2, '1/2', quadratic(5).number(0, 1)", _is_exact)
NUMBERS = Kind("a list of exact numbers", lambda x: _are(x, _is_exact))
MATRIX = Kind("a list of rows of exact numbers", _is_matrix)
IMAGES = Kind("cycles '(0 1 2)', a word 'r*s', or a list of images", _is_images)
GENERATOR = Kind("cycles '(0 1 2)', a list of images, or a matrix", lambda x: _is_images(x) or _is_matrix(x))
WORDS = Kind("a table of words {'r': 'r^2'}", _is_words)
ACTION = Kind("a table of tables of words {'r': {'r': 'r^2'}}",
              lambda x: isinstance(x, dict) and all(map(_is_words, x.values())))
MATRICES = Kind("a list of exact matrices, or a table of them by name",
                lambda x: _are(x, _is_matrix) or (isinstance(x, dict) and all(map(_is_matrix, x.values()))))
KEY = Kind("the key of an irrep: 1, 'A1', (3, 1)", _is_key)
ROOT = Kind("an approximate number", lambda x: is_integer(x) or isinstance(x, (float, complex)))
LENGTHS = Kind("a number from 0 to 100, or a list of them", lambda x: _is_length(x) or _are(x, _is_length))
DEGREES = Kind("an integer from 0 to 100, or a list of them",
               lambda x: (is_integer(x) and _is_length(x)) or _are(x, lambda j: is_integer(j) and _is_length(j)))

# Everything an expression may name. A new constructor is one line: what it calls, and the kind of each argument;
# "*" stands for more arguments by position, "**" for one by name for each generator.
CONSTANTS: dict[str, Any] = {"POINT": POINT, "Q": Q, "True": True, "False": False}
TENSORS = Kind("an order up to 5, or a sum of words such as '8*uu + 4*u'",
               lambda x: (is_integer(x) and 0 <= x <= 5) or (isinstance(x, str) and len(x) <= 200))
CONSTRUCTORS: dict[str, tuple[Callable[..., Any], dict[str, Kind]]] = {
    "C": (C, {"n": integer(20_000)}),
    "D": (D, {"n": integer(20_000)}),
    "S": (S, {"n": integer(500)}),
    "A": (A, {"n": integer(500)}),
    "Dic": (Dic, {"n": integer(10_000)}),
    "Q8": (Q8, {}),
    "tetrahedral": (tetrahedral, {"full": FLAG}),
    "octahedral": (octahedral, {"full": FLAG}),
    "icosahedral": (icosahedral, {"full": FLAG}),
    "group": (group, {"limit": integer(SIZE), "**": GENERATOR}),
    "permutation_family": (permutation_family, {"source": TENSORS, "target": TENSORS}),
    "reduced_tensor_product": (reduced_tensor_product, {"formula": TEXT, "**": REP}),
    "presentation": (presentation, {"generators": TEXT, "relations": TEXT, "limit": integer(SIZE)}),
    "semidirect": (semidirect, {"normal": GROUP, "top": GROUP, "action": ACTION}),
    "wreath": (wreath, {"group": GROUP, "n": integer(100)}),
    "central_product": (central_product, {"first": GROUP, "second": GROUP, "identify": WORDS}),
    "quotient_group": (quotient_group, {"group": GROUP, "normal": GROUP}),
    "SO": (SO, {"p": CLASSICAL, "q": CLASSICAL}),
    "O": (O, {"p": CLASSICAL, "q": CLASSICAL}),
    "SU": (SU, {"n": CLASSICAL}),
    "U": (U, {"n": CLASSICAL}),
    "Sp": (Sp, {"n": CLASSICAL, "over": TEXT}),
    "G2": (G2, {}),
    "torus": (torus, {"n": CLASSICAL}),
    "lie_group": (lie_group, {"algebra": MATRICES, "components": MATRICES, "name": TEXT, "dim": integer(256)}),
    "GL": (GL, {"n": SIDE, "q": PRIME}),
    "SL": (SL, {"n": SIDE, "q": PRIME}),
    "PGL": (PGL, {"n": SIDE, "q": PRIME}),
    "PSL": (PSL, {"n": SIDE, "q": PRIME}),
    "AGL": (AGL, {"n": SIDE, "q": PRIME}),
    "unitriangular": (unitriangular, {"n": SIDE, "q": PRIME}),
    "matrix_group": (matrix_group, {"q": PRIME, "on": TEXT, "**": MATRIX}),
    "point_group": (point_group, {"name": TEXT}),
    "wallpaper": (wallpaper, {"name": TEXT}),
    "abelian": (abelian, {"*": integer(100_000)}),
    "hyperoctahedral": (hyperoctahedral, {"n": SIDE}),
    "frobenius": (frobenius, {"p": PRIME, "q": PRIME}),
    "in_space": (in_space, {"group": GROUP, "gram": NUMBERS, "**": MATRIX}),
    "Homomorphism": (Homomorphism, {"source": GROUP, "target": GROUP, "images": WORDS}),
    "natural_projection": (natural_projection, {"group": GROUP, "normal": GROUP}),
    "Q": (Q, {"x": NUMBER}),
    "quadratic": (quadratic, {"d": integer(10 ** 100)}),
    "cyclotomic": (cyclotomic, {"n": integer(1_000)}),
    "real_cyclotomic": (real_cyclotomic, {"n": integer(1_000)}),
    "number_field": (number_field, {"minpoly": NUMBERS, "root": ROOT}),
    "grid": (grid, {"n": integer(SIZE), "ndim": integer(3), "action": REP}),
    "lattice": (lattice, {"kind": TEXT, "radius": integer(1_000), "action": REP}),
    "gset": (gset, {"rep": REP}),
    "R": (R, {"n": integer(3), "max_frequency": integer(64), "action": REP}),
    "sphere": (sphere, {"n": integer(3), "max_frequency": integer(64), "action": REP}),
    "Hom": (Hom, {"source": REP, "target": REP, "on": SPACE}),
}
# What may stand after a dot: None for an attribute, the kinds of the arguments for a method.
METHODS: dict[type, dict[str, dict[str, Kind] | None]] = {
    Group: {
        "trivial": None, "regular": None, "natural": None, "vector": None, "sign": None,
        "irrep": {"key": KEY, "over": TEXT},
        "quotient": {"subgroup": GROUP},
        "permutation": {"**": IMAGES},
        "rep": {"gram": NUMBERS, "**": MATRIX},
        "space": {"subgroup": GROUP},
        "subgroup": {"**": IMAGES},
        "stabiliser": {"point": integer(SIZE)},
        "intersection": {"other": GROUP},
        "center": None, "projections": None, "embeddings": None,
        "element": {"x": IMAGES},
        "named": {"title": TEXT},
    },
    LieGroup: {
        "trivial": None, "vector": None, "adjoint": None, "projections": None,
        "irrep": {"key": KEY},
        "rep": {"gram": NUMBERS, "**": MATRIX},
        "named": {"title": TEXT},
    },
    Rep: {
        "dual": None,
        "sym": {"k": integer(FACTORS)},
        "alt": {"k": integer(FACTORS)},
        "restrict": {"subgroup": ANY_GROUP},
        "induce": {"group": GROUP},
        "pullback": {"f": MAP},
        "complexify": {}, "realify": {},
        "orbit": {"vector": NUMBERS},
    },
    Euclidean: {"sample": {"side": SIDE, "rings": LENGTHS, "sigma": LENGTHS, "frequencies": DEGREES}},
    Homomorphism: {"kernel": None, "image": None},
    Field: {"generator": None, "number": {"*": NUMBER}},
}
# The size of what a call makes, where that is not bounded by an argument alone.
SIZES: dict[str, Callable[..., int]] = {
    "sym": lambda v, k: comb(max(v.dim + k - 1, 0), max(k, 0)),
    "alt": lambda v, k: comb(v.dim, max(k, 0)),
    "induce": lambda v, group: v.dim * (group.order // v.group.order),
    "grid": lambda n, ndim=2, action=None: n ** max(ndim, 0),
    "semidirect": lambda normal, top, action: normal.order + top.degree,
    "wreath": lambda group, n: group.degree * n,
    "abelian": lambda *orders: sum(orders),
}
NOUNS = {Group: "a group", LieGroup: "a Lie group", Projection: "a projection", Rep: "a representation",
         Homomorphism: "a homomorphism", Field: "a field", Number: "a number", PermutationFamily: "a family of maps",
         Space: "a space", Hom: "a space of equivariant maps", Element: "an element",
         bool: "a truth value", int: "an integer", float: "a decimal number", complex: "a decimal number",
         str: "a text", list: "a list", tuple: "a tuple", dict: "a table"}


def degree(value: Any) -> int:
    """A bound of the degree of the field that the numbers in a list generate: the product over the fields they name.

    >>> degree([[quadratic(2).generator, cyclotomic(5).generator], [1, quadratic(2).generator]])
    8
    """
    def fields(x: Any) -> set[Field]:
        return {x.field} if isinstance(x, Number) else set().union(*map(fields, x)) if isinstance(x, list) else set()
    return prod(field.degree for field in fields(value))


def noun(value: Any) -> str:
    """What the value is, with its article.

    >>> noun(C(4)), noun("r")
    ('a group', 'a text')
    """
    return next(words for kind, words in NOUNS.items() if isinstance(value, kind))


def usage(name: str, kinds: dict[str, Kind]) -> str:
    """How a call is written.

    >>> usage("C", CONSTRUCTORS["C"][1])
    'It is written C(n), where n is an integer up to 20000.'
    """
    shown = [{"*": "…", "**": "r=…, …"}.get(key, key) for key in kinds]
    words = "; ".join(f"{'each other one' if key == '**' else 'each' if key == '*' else key} is {kind.words}"
                      for key, kind in kinds.items())
    return f"It is written {name}({', '.join(shown)}){f', where {words}' if words else ''}."
