"""Plans as files: safetensors, with the constants as tensors and the program as JSON in the metadata."""
from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Callable, Mapping
from fractions import Fraction
from types import MappingProxyType

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save as to_bytes

from .exact import clipped, shown
from .plan import FORMAT, BadPlan, Const, Param, Plan, Step, Table
from .whole_file import write_whole

KEY = "intertwiner"
AGAIN = "Write it again with rt.save."
LIMIT = 2**32    # the most bytes of a file, unless limit=… says otherwise
PROGRAM = 2**24  # the most characters of its program


class PlanFileError(ValueError):
    """A file that is not a plan, was changed after it was written, or is of another format."""


def save(plan: Plan, path: str | os.PathLike[str]) -> None:
    """Write a plan to one file, whole or not at all; `load` gives back an equal plan, note included.

    >>> import os, tempfile
    >>> plan = Plan(("x",), (), (Const("two", Table.of(2.0)),), (Step.make("y", "mul", "x", "two"),), "y")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, "double.plan")
    ...     save(plan, path)
    ...     load(path) == plan
    True
    """
    # in ASCII: a note may hold half of a surrogate pair
    text = json.dumps({**plan.to_json(), "note": plan.note, "digest": plan.digest})
    metadata = {KEY: str(FORMAT), "plan": text, "sha256": hashlib.sha256(text.encode()).hexdigest()}
    data = to_bytes({c.name: _real(c.value) for c in plan.consts}, metadata)
    write_whole(path, data)


def load(path: str | os.PathLike[str], limit: int = LIMIT) -> Plan:
    """Read a plan that `save` wrote. PlanFileError if the file is corrupted, edited, of another format or too large."""
    size = os.stat(path).st_size
    if size > limit:
        raise PlanFileError(f"{path} has {size} bytes, and plans are read up to {limit} of them. Raise limit=… if you "
                            "know the file.")
    try:
        with safe_open(path, framework="numpy") as file:
            program = _program(path, file.metadata() or {})
            stored = {name: file.get_tensor(name) for name in file.keys()}
    except SafetensorError as error:
        raise PlanFileError(f"{path} is not a whole safetensors file: {_plain(error)}. {AGAIN}") from None
    except (TypeError, ValueError, OverflowError) as error:
        if isinstance(error, PlanFileError):
            raise
        raise PlanFileError(f"{path} has a constant of a type or shape that NumPy has not: {_plain(error)}. "
                            f"{AGAIN}") from None
    for name in sorted(stored.keys() ^ {name for name, *_ in program["consts"]}):
        state = "is not in its program" if name in stored else "is missing"
        raise PlanFileError(f"{path} was changed: the constant {shown(name)} {state}. {AGAIN}")
    try:
        plan = Plan(
            tuple(program["inputs"]),
            tuple(Param(name, tuple(shape), Fraction(v), over) for name, shape, v, over in program["params"]),
            tuple(Const(name, _table(path, name, dtype, shape, sha256, stored[name]))
                  for name, dtype, shape, sha256 in program["consts"]),
            tuple(Step.make(name, op, *args, **attrs) for name, op, args, attrs in program["steps"]),
            program["output"],
            program["note"],
        )
    except (BadPlan, RecursionError) as error:
        raise PlanFileError(f"{path} holds no valid plan: {_plain(error)}. {AGAIN}") from None
    if plan.digest != program["digest"]:
        raise PlanFileError(f"{path} was changed: its program has the digest {plan.digest[:12]}, but states "
                            f"{clipped(program['digest'])}. {AGAIN}")
    return plan


def _program(path: str | os.PathLike[str], metadata: dict[str, str]) -> dict:
    """The program in the metadata, every field of it of the right kind."""
    if KEY not in metadata:
        raise PlanFileError(f"{path} is a safetensors file, but not of a plan. Write plans with rt.save.")
    if metadata[KEY] != str(FORMAT):
        raise PlanFileError(f"{path} is a plan of format {clipped(metadata[KEY])}, but this one takes {FORMAT}. "
                            "Load it with the version that wrote it, or derive the plan again.")
    text = metadata.get("plan", "")
    if len(text) > PROGRAM:
        raise PlanFileError(f"{path} holds no valid plan: its program has {len(text)} characters, and up to {PROGRAM} "
                            f"are read. {AGAIN}")
    if hashlib.sha256(text.encode()).hexdigest() != metadata.get("sha256"):
        raise PlanFileError(f"{path} was changed: its program does not have the SHA-256 that it states. {AGAIN}")
    try:
        program = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise PlanFileError(f"{path} holds no valid plan: its program is no JSON, {_plain(error)}. {AGAIN}") from None
    for place, fits in FIELDS.items():
        if not (isinstance(program, dict) and place in program and fits(program[place])):
            raise PlanFileError(f"{path} holds no valid plan: its field {place!r} is missing or of another kind. "
                                f"{AGAIN}")
    return program


def _texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(v, str) for v in value)


def _sizes(value: object) -> bool:
    return isinstance(value, list) and all(type(v) is int and 0 <= v < 2**63 for v in value)


def _rows(*kinds: Callable[[object], bool]) -> Callable[[object], bool]:
    """A list of lists, each with entries of these kinds in order."""
    return lambda value: isinstance(value, list) and all(
        isinstance(row, list) and len(row) == len(kinds) and all(fits(v) for fits, v in zip(kinds, row))
        for row in value)


def _text(value: object) -> bool:
    return isinstance(value, str)


def _fraction(value: object) -> bool:
    return isinstance(value, str) and bool(re.fullmatch(r"\d{1,4000}(/0*[1-9]\d{0,3999})?", value, re.ASCII))


def _attrs(value: object) -> bool:
    return isinstance(value, dict) and not value.keys() & {"cls", "name", "op"}


FIELDS: Mapping[str, Callable[[object], bool]] = MappingProxyType({
    "inputs": _texts, "params": _rows(_text, _sizes, _fraction, _text), "consts": _rows(_text, _text, _sizes, _text),
    "steps": _rows(_text, _text, _texts, _attrs), "output": _text, "note": _text, "digest": _text,
})


def _plain(error: Exception) -> str:
    """What an error says, clipped and without its full stop."""
    return clipped(str(error), 400).rstrip(".")


def _real(table: Table) -> np.ndarray:
    """Complex numbers as pairs of real ones, which every safetensors reader knows."""
    array = table.array
    return np.stack([array.real, array.imag], axis=-1) if table.dtype == "complex128" else array.copy()


def _table(path: str | os.PathLike[str], name: str, dtype: str, shape: list[int], sha256: str,
           stored: np.ndarray) -> Table:
    if dtype == "complex128" and stored.dtype == np.float64 and stored.shape == (*shape, 2):
        stored = stored[..., 0] + 1j * stored[..., 1]
    try:
        table = Table.of(stored)
    except ValueError as error:
        raise PlanFileError(f"{path} holds no valid plan: constant {shown(name)}: {_plain(error)}. {AGAIN}") from None
    same = str(stored.dtype) == dtype == table.dtype and table.shape == tuple(shape)
    if not same or hashlib.sha256(table.data).hexdigest() != sha256:
        raise PlanFileError(f"{path} was changed: the constant {shown(name)} is not what it was at first. "
                            f"{AGAIN}")
    return table
