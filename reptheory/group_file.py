"""Groups as JSON files that people write by hand: generators or a presentation, and how they move space."""
from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from functools import partial
from typing import Any

from .element import cycle_text, parse_permutation
from .exact import shown
from .expression import read
from .field import Number
from .group import Group
from .multiplication_table import from_table
from .named import group as group_of
from .on_space import in_space
from .presentation import COSETS, presentation
from .standard import literal
from .vocabulary import EXACT, is_integer
from .whole_file import write_whole

VERSION = 1
BYTES = 2 ** 22        # the largest file that is read
GENERATORS = 100       # the most generators
POINTS = 100_000       # the most points
SIDE = 100             # the largest side of a matrix
KEYS = ("version", "name", "generators", "presentation", "table", "elements", "degree", "vector", "gram")
SOURCES = ("generators", "presentation", "table")


class GroupFileError(ValueError):
    """A file that describes no group, with the place in it: $.generators.r[0][1]."""


class _Fault(ValueError):
    """What is wrong, and where; `load_group` adds the file."""

    def __init__(self, where: str, fact: str) -> None:
        super().__init__(f"at {where}: {fact}")


def load_group(path: str | os.PathLike[str]) -> Group:
    """The group that a JSON file describes: {"name": "cube", "generators": {"r": "(0 1 2 3)(4 5 6 7)", …}}.

    Generators are cycles, lists of images, or exact matrices of integers, "1/2" and "quadratic(5).number(0, 1)". A
    "presentation": {"generators": "r s", "relations": "r^4, s^2, (r*s)^2"} may stand in their place. "vector" holds the
    matrices by which generators move space, with an invariant metric "gram" where there is one. A "table" is that of
    `from_table`, with "elements" as its names. GroupFileError names the file and the place of a fault.

    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "square.json")
    ...     _ = path.write_text('{"version": 1, "generators": {"r": "(0 1 2 3)", "s": "(0 3)(1 2)"}}')
    ...     load_group(path)
    group(r='(0 1 2 3)', s='(0 3)(1 2)')  # order 8
    """
    try:
        with open(path, "rb") as file:
            data = file.read(BYTES + 1)
        if len(data) > BYTES:
            raise _Fault("$", f"the file has more than {BYTES} bytes, and no more are read. Give fewer generators.")
        return _group(_document(data))
    except _Fault as fault:
        raise GroupFileError(f"{os.fspath(path)}, {fault}") from fault.__cause__


def save_group(group: Group, path: str | os.PathLike[str]) -> None:
    """Write a group as its generators, whole or not at all; `load_group` gives back an equal one.

    The matrices of G.vector are written beside the cycles, and its title as the name.

    >>> import reptheory as rt, tempfile
    >>> from pathlib import Path
    >>> G = rt.octahedral(full=True)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_group(G, Path(folder, "cube.json")); load_group(Path(folder, "cube.json")) == G
    True
    """
    entries: dict[str, Any] = {"version": VERSION}
    if group.title is not None:
        entries["name"] = group.title
    entries["generators"] = {n: cycle_text(images) for n, images in zip(group.names, group.images)}
    entries["degree"] = group.degree
    if group.on_space is not None:
        matrices = zip(group.names, group.on_space.matrices)
        entries["vector"] = {n: [list(map(json_number, row)) for row in m.rows()] for n, m in matrices}
        if any(d != 1 for d in group.on_space.gram):
            entries["gram"] = list(map(json_number, group.on_space.gram))
    write_whole(path, (_laid_out(entries) + "\n").encode())


def json_number(x: Number) -> int | str:
    """A number as JSON holds it: 2, "1/2", "quadratic(5).number(0, 1)".

    >>> json_number(read("-3")), json_number(read("Q('1/2')"))
    (-3, '1/2')
    """
    text = literal(x).strip("'")
    return int(text) if re.fullmatch(r"-?\d+", text) else text


def _laid_out(entries: dict[str, Any]) -> str:
    """JSON with one line for each entry, and for each generator."""
    lines = []
    for key, value in entries.items():
        if isinstance(value, dict):
            inner = ",\n".join(f"    {json.dumps(n)}: {json.dumps(v)}" for n, v in value.items())
            lines.append(f"  {json.dumps(key)}: {{\n{inner}\n  }}")
        else:
            lines.append(f"  {json.dumps(key)}: {json.dumps(value)}")
    return "{\n" + ",\n".join(lines) + "\n}"


def _document(data: bytes) -> dict[str, Any]:
    """The object that a file holds: UTF-8, no key twice, integers of a readable length, no other numbers."""
    def refused(text: str) -> Any:
        raise _Fault("$", f"{shown(text)} is no exact number. Write integers, and fractions as text: \"1/2\".")

    def integer(text: str) -> int:
        return int(text) if len(text) <= 1000 else refused(text)

    try:
        found = json.loads(data.decode("utf-8-sig"), object_pairs_hook=_distinct, parse_float=refused,
                           parse_constant=refused, parse_int=integer)
    except UnicodeDecodeError as error:
        raise _Fault("$", f"byte {error.start} is not UTF-8. Save the file as UTF-8.") from None
    except json.JSONDecodeError as error:
        raise _Fault("$", f"this is no JSON in line {error.lineno}, column {error.colno}: {error.msg}.") from None
    except RecursionError:
        raise _Fault("$", "the brackets are nested too deep. Matrices are lists of rows.") from None
    return _is(found, dict, "$", "an object {…} with the generators of a group")


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise _Fault("$", f"the key {shown(key)} stands twice in one object. Keep one of the two.")
        found[key] = value
    return found


def _group(entries: dict[str, Any]) -> Group:
    """The group of a document."""
    for key in entries:
        if key not in KEYS:
            raise _Fault("$", f"the key {shown(key)} is not known. The keys are {', '.join(KEYS)}.")
    if entries.get("version", VERSION) != VERSION or isinstance(entries.get("version"), bool):
        raise _Fault("$.version", f"this is version {shown(entries['version'])}, and version {VERSION} is read. Write "
                     f"\"version\": {VERSION}.")
    sources = [key for key in SOURCES if key in entries]
    if len(sources) != 1:
        raise _Fault("$", f"there is {'more than one source' if sources else 'no source'} of the group. Give one of "
                     f"{', '.join(SOURCES)}.")
    if "elements" in entries and sources != ["table"]:
        raise _Fault("$.elements", "names of elements stand here without a table. Leave them out.")
    makers = {"generators": _from_generators, "presentation": _from_presentation, "table": _from_table}
    made = makers[sources[0]](entries)
    if "vector" in entries:
        made = _in_space(made, entries)
    elif "gram" in entries:
        raise _Fault("$.gram", "a metric stands here without matrices. Give \"vector\" as well.")
    if "name" not in entries:
        return made
    name = _is(entries["name"], str, "$.name", "a text")
    if not name.strip() or not name.isprintable() or len(name) > 100:
        raise _Fault("$.name", f"{shown(name)} is no title. Write up to 100 letters on one line.")
    return made.named(name)


def _from_generators(entries: dict[str, Any]) -> Group:
    where = "$.generators"
    given = _generators(entries["generators"], where)
    degree = entries.get("degree")
    if degree is not None and not (is_integer(degree) and 1 <= degree <= POINTS):
        raise _Fault("$.degree", f"{shown(degree)} is no number of points. Give an integer from 1 to {POINTS}.")
    values: dict[str, Any] = {}
    padded: dict[str, list[int]] = {}  # as images of all points, which say how many there are
    for name, value in given.items():
        here = f"{where}.{name}"
        if isinstance(value, list) and any(isinstance(x, list) for x in value):
            if degree is not None:
                raise _Fault(here, "a matrix has no degree. Leave \"degree\" out, or give cycles.")
            values[name] = _matrix(value, here)
            continue
        if not isinstance(value, (str, list)):
            raise _Fault(here, f"{shown(value)} is no generator. Give cycles \"(0 1 2)\", a list of images, or a "
                         "matrix.")
        images = _guarded(here, partial(parse_permutation, value, degree))
        if len(images) > (degree or POINTS):
            raise _Fault(here, f"it moves the point {len(images) - 1}, and the points are 0…{(degree or POINTS) - 1}. "
                         "Number the points without gaps, or raise \"degree\".")
        values[name], padded[name] = value, list(images)
    if degree is not None and all(images[-1] == degree - 1 for images in padded.values()):
        values = padded
    return _guarded(where, lambda: group_of(**values))


def _from_presentation(entries: dict[str, Any]) -> Group:
    where = "$.presentation"
    given = _is(entries["presentation"], dict, where, "an object with \"generators\" and \"relations\"")
    if set(given) - {"limit"} != {"generators", "relations"} or "degree" in entries:
        raise _Fault(where, "a presentation has the keys generators, relations and, if need be, limit.")
    texts = []
    for key, comma in (("generators", " "), ("relations", ", ")):
        value = given[key]
        if isinstance(value, list) and all(isinstance(x, str) for x in value):
            value = comma.join(value)
        texts.append(_is(value, str, f"{where}.{key}", "a text, or a list of texts"))
    limit = given.get("limit", COSETS)
    if not (is_integer(limit) and 1 <= limit <= 10 ** 6):
        raise _Fault(f"{where}.limit", f"{shown(limit)} is no limit. Give an integer from 1 to 1000000.")
    return _guarded(where, partial(presentation, texts[0], texts[1], limit))


def _from_table(entries: dict[str, Any]) -> Group:
    where = "$.table"
    rows = _is(entries["table"], list, where, "a multiplication table, a list of rows")
    for i, row in enumerate(rows):
        for j, x in enumerate(_is(row, list, f"{where}[{i}]", "a row, a list of elements")):
            if not (is_integer(x) or isinstance(x, str)):
                raise _Fault(f"{where}[{i}][{j}]", f"{shown(x)} is no element. Write its number, or its name.")
    names = entries.get("elements")
    if names is not None and not all(isinstance(x, str) for x in _is(names, list, "$.elements", "a list of names")):
        raise _Fault("$.elements", "an element has a name that is no text. Write texts.")
    if "degree" in entries:
        raise _Fault("$.degree", "a table has no degree. Leave it out.")
    return _guarded(where, partial(from_table, rows, names))


def _in_space(group: Group, entries: dict[str, Any]) -> Group:
    where = "$.vector"
    given = {n: _matrix(m, f"{where}.{n}") for n, m in _generators(entries["vector"], where).items()}
    gram = entries.get("gram")
    if gram is not None:
        gram = [_number(x, f"$.gram[{k}]") for k, x in enumerate(_is(gram, list, "$.gram", "a list of numbers"))]
    return _guarded(where, lambda: in_space(group, gram, **given))


def _generators(value: Any, where: str) -> dict[str, Any]:
    """The table of generators, not too many, by names that keywords can have."""
    found = _is(value, dict, where, "an object with a generator for each name")
    if not 1 <= len(found) <= GENERATORS:
        raise _Fault(where, f"there are {len(found)} generators. Give from 1 to {GENERATORS}.")
    for name in found:
        if name in ("limit", "gram"):
            raise _Fault(where, f"a generator cannot have the name {name}. Choose another.")
    return found


def _matrix(value: Any, where: str) -> list[list[Any]]:
    rows = _is(value, list, where, "a matrix, a list of rows")
    if not 1 <= len(rows) <= SIDE:
        raise _Fault(where, f"the matrix has {len(rows)} rows. Give from 1 to {SIDE}.")
    found = []
    for i, row in enumerate(rows):
        if len(_is(row, list, f"{where}[{i}]", "a row, a list of numbers")) != len(rows):
            raise _Fault(f"{where}[{i}]", f"the row has {len(row)} entries, and there are {len(rows)} rows. Give a "
                         "square matrix.")
        found.append([_number(x, f"{where}[{i}][{j}]") for j, x in enumerate(row)])
    return found


def _number(value: Any, where: str) -> Any:
    if is_integer(value) or (isinstance(value, str) and EXACT.fullmatch(value)):
        return value
    number = _guarded(where, lambda: read(value)) if isinstance(value, str) else None
    if not isinstance(number, Number):
        raise _Fault(where, f"{shown(value)} is no exact number. Write 2, \"1/2\" or \"quadratic(5).number(0, 1)\".")
    return number


def _is(value: Any, kind: type, where: str, words: str) -> Any:
    """The value, which has to be of this kind."""
    if not isinstance(value, kind):
        raise _Fault(where, f"{shown(value)} is not {words}. Write {words}.")
    return value


def _guarded(where: str, make: Callable[[], Any]) -> Any:
    """What a constructor makes; its refusal is a fault of this place."""
    try:
        return make()
    except _Fault:
        raise
    except (ValueError, TypeError, ArithmeticError, LookupError) as error:
        raise _Fault(where, str(error)) from error
