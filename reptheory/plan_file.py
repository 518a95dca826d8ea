"""Plans as files: safetensors, with the constants as tensors and the program as JSON in the metadata."""
from __future__ import annotations

import hashlib
import json
import os
from fractions import Fraction
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save as to_bytes

from .plan import FORMAT, BadPlan, Const, Param, Plan, Step, Table

KEY = "intertwiner"
AGAIN = "Write it again with rt.save."


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
    text = json.dumps({**plan.to_json(), "note": plan.note, "digest": plan.digest}, ensure_ascii=False)
    metadata = {KEY: str(FORMAT), "plan": text, "sha256": hashlib.sha256(text.encode()).hexdigest()}
    data = to_bytes({c.name: _real(c.value) for c in plan.consts}, metadata)
    path = Path(path)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        draft.write_bytes(data)
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)


def load(path: str | os.PathLike[str]) -> Plan:
    """Read a plan that `save` wrote. PlanFileError if the file is corrupted, edited, or of another format."""
    try:
        with safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
            program = _program(path, metadata)
            stored = {name: file.get_tensor(name) for name in file.keys()}
    except SafetensorError as error:
        raise PlanFileError(f"{path} is not a whole safetensors file: {error}. {AGAIN}") from None
    for name in sorted(stored.keys() ^ {name for name, *_ in program["consts"]}):
        state = "is not in its program" if name in stored else "is missing"
        raise PlanFileError(f"{path} was changed: the constant {name!r} {state}. {AGAIN}")
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
    except BadPlan as error:
        raise PlanFileError(f"{path} holds no valid plan: {error}") from None
    if plan.digest != program["digest"]:
        raise PlanFileError(f"{path} was changed: its program has the digest {plan.digest[:12]}, but states "
                            f"{program['digest'][:12]}. {AGAIN}")
    return plan


def _program(path: str | os.PathLike[str], metadata: dict[str, str]) -> dict:
    if KEY not in metadata:
        raise PlanFileError(f"{path} is a safetensors file, but not of a plan. Write plans with rt.save.")
    if metadata[KEY] != str(FORMAT):
        raise PlanFileError(f"{path} is a plan of format {metadata[KEY]}, but this one takes {FORMAT}. "
                            "Load it with the version that wrote it, or derive the plan again.")
    text = metadata.get("plan", "")
    if hashlib.sha256(text.encode()).hexdigest() != metadata.get("sha256"):
        raise PlanFileError(f"{path} was changed: its program does not have the SHA-256 that it states. {AGAIN}")
    return json.loads(text)


def _real(table: Table) -> np.ndarray:
    """Complex numbers as pairs of real ones, which every safetensors reader knows."""
    array = table.array
    return np.stack([array.real, array.imag], axis=-1) if table.dtype == "complex128" else array.copy()


def _table(path: str | os.PathLike[str], name: str, dtype: str, shape: list[int], sha256: str,
           stored: np.ndarray) -> Table:
    if dtype == "complex128" and stored.dtype == np.float64 and stored.shape == (*shape, 2):
        stored = stored[..., 0] + 1j * stored[..., 1]
    table = Table(str(stored.dtype), stored.shape, stored.tobytes())
    same = table.dtype == dtype and table.shape == tuple(shape)
    if not same or hashlib.sha256(table.data).hexdigest() != sha256:
        raise PlanFileError(f"{path} was changed: the constant {name!r} is not what it was at first. {AGAIN}")
    return table
