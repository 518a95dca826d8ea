"""Files of plans: read back equal, and refused with the reason when changed."""

from __future__ import annotations

import json
import os
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from safetensors import safe_open
from safetensors.numpy import load_file, save_file
from strategies import plans

from reptheory.plan import Const, Param, Plan, Step, Table
from reptheory.plan_file import PlanFileError, load, save


def example(note: str = "a note, with ρ and \n a second line") -> Plan:
    consts = (
        Const("phase", Table.of([[1j, -1], [0.5, 2]])),
        Const("empty", Table.of(np.zeros((0, 3)))),
        Const("half", Table.of(0.5)),
        Const("truth", Table.of([True, False])),
        Const("index", Table.of([1, 0, 1])),
    )
    steps = (Step.make("rows", "gather", "w", "index"), Step.make("y", "expand", "phase", "w"))
    return Plan(("x",), (Param("w", (2, 2), Fraction(2, 7), "C"),), consts, steps, "y", note)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "layer.plan"


def rewrite(path: Path, change) -> None:
    """Write the file again, by hand, with changed tensors and metadata."""
    tensors = load_file(path)
    with safe_open(path, framework="numpy") as file:
        metadata = dict(file.metadata())
    change(tensors, metadata)
    save_file(tensors, path, metadata)


@given(plans())
def test_a_plan_comes_back_equal(tmp_path_factory, drawn):
    path = tmp_path_factory.mktemp("plans") / "layer.plan"
    save(drawn[0], path)
    again = load(path)
    assert again == drawn[0] and again.digest == drawn[0].digest and again.note == drawn[0].note


def test_every_kind_of_constant_comes_back(path):
    save(example(), path)
    again = load(str(path))
    assert again == example() and again.note == example().note
    assert again.params[0].variance == Fraction(2, 7)
    assert [p.name for p in path.parent.iterdir()] == ["layer.plan"]  # no draft is left


def test_a_failed_write_leaves_the_old_file(path, monkeypatch):
    save(example(), path)
    monkeypatch.setattr(os, "replace", lambda *_: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        save(Plan(("x",), (), (), (), "x"), path)
    assert load(path) == example()
    assert [p.name for p in path.parent.iterdir()] == ["layer.plan"]


@pytest.mark.parametrize("keep", [0, 4, 100, -1])
def test_a_cut_file_is_refused(path, keep):
    save(example(), path)
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(PlanFileError, match=r"layer.plan is not a whole safetensors file: .* Write it again with"):
        load(path)


def test_every_flipped_bit_of_a_constant_is_seen(path):
    save(example(), path)
    data = path.read_bytes()
    start = 8 + int.from_bytes(data[:8], "little")
    for place in range(start, len(data)):
        path.write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1:])
        with pytest.raises(PlanFileError, match=r"was changed: the constant '.*' is not what it was"):
            load(path)


def test_an_edited_constant_is_refused_by_name(path):
    save(example(), path)
    rewrite(path, lambda tensors, _: tensors.update(index=np.array([0, 0, 1])))
    with pytest.raises(PlanFileError, match=r"the constant 'index' is not what it was at first. Write it again"):
        load(path)
    save(example(), path)
    rewrite(path, lambda tensors, _: tensors.update(index=tensors["index"].astype(np.int32)))
    with pytest.raises(PlanFileError, match="the constant 'index' is not what it was"):
        load(path)


def test_a_constant_too_few_or_too_many_is_refused_by_name(path):
    save(example(), path)
    rewrite(path, lambda tensors, _: tensors.pop("half"))
    with pytest.raises(PlanFileError, match="was changed: the constant 'half' is missing"):
        load(path)
    save(example(), path)
    rewrite(path, lambda tensors, _: tensors.update(more=np.zeros(1)))
    with pytest.raises(PlanFileError, match="was changed: the constant 'more' is not in its program"):
        load(path)


@pytest.mark.parametrize("old, new", [("2/7", "2/5"), ("gather", "expand"), ("a note", "no note")])
def test_an_edited_program_is_refused(path, old, new):
    save(example(), path)
    rewrite(path, lambda _, metadata: metadata.update(plan=metadata["plan"].replace(old, new)))
    with pytest.raises(PlanFileError, match="its program does not have the SHA-256 that it states"):
        load(path)


def resealed(metadata: dict[str, str], change) -> None:
    """Change the program and its seal together, as someone would who read our source."""
    import hashlib

    program = json.loads(metadata["plan"])
    change(program)
    metadata["plan"] = json.dumps(program)
    metadata["sha256"] = hashlib.sha256(metadata["plan"].encode()).hexdigest()


def test_an_edited_program_with_a_new_seal_is_refused(path):
    save(example(), path)
    rewrite(path, lambda _, metadata: resealed(metadata, lambda program: program.update(output="rows")))
    with pytest.raises(PlanFileError, match=r"its program has the digest .*, but states"):
        load(path)
    save(example(), path)
    rewrite(path, lambda _, metadata: resealed(metadata, lambda program: program.update(output="z")))
    with pytest.raises(PlanFileError, match="holds no valid plan: the output 'z' is not defined"):
        load(path)


def test_another_format_is_refused(path):
    save(example(), path)
    rewrite(path, lambda _, metadata: metadata.update(intertwiner="2"))
    with pytest.raises(PlanFileError, match=r"is a plan of format 2, but this one .* 1. Load it with the version"):
        load(path)


def test_other_files_are_refused(path):
    save_file({"w": np.zeros(2)}, path)
    with pytest.raises(PlanFileError, match="is a safetensors file, but not of a plan"):
        load(path)
    path.write_text("hello", encoding="utf-8")
    with pytest.raises(PlanFileError, match="is not a whole safetensors file"):
        load(path)
    with pytest.raises(FileNotFoundError):
        load(path.with_name("none"))
