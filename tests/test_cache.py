"""The cache on disk: what comes back is certified; what is damaged, wrong or old is derived again."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import load_file, save_file

import reptheory as rt
from reptheory import cache, derivation
from tests.symmetries import homs


def question() -> rt.Hom:
    """Two dense pieces, a monomial one (number 1), and another dense one."""
    G = rt.icosahedral()
    return rt.Hom(G.vector + G.natural, G.natural + G.vector)


def entry(folder: Path) -> Path:
    (found,) = folder.iterdir()
    return found


@pytest.fixture
def derivations(monkeypatch) -> list[rt.Hom]:
    """The questions that were derived, rather than read."""
    done: list[rt.Hom] = []
    derived = derivation.derived
    monkeypatch.setattr(derivation, "derived", lambda hom, *rest: done.append(hom) or derived(hom, *rest))
    return done


def test_a_basis_is_derived_once_and_certified_each_time(tmp_path, derivations):
    first = rt.derive(question(), cache=tmp_path)
    again = rt.derive(question(), cache=str(tmp_path))
    assert len(derivations) == 1 and "certificate" in again.__dict__ and "certificate" not in first.__dict__
    assert again.certificate.digest == first.certificate.digest and again.certificate.verify()
    assert entry(tmp_path).name == f"{cache.key(first)}.safetensors"


@settings(max_examples=40, deadline=None)
@given(homs())
def test_every_basis_comes_back_bit_for_bit(hom):
    with tempfile.TemporaryDirectory() as folder:
        cache.store(hom.basis, Path(folder))
        found = cache.load(rt.Hom(hom.source, hom.target, on=hom.on), Path(folder))
        assert found is not None and found.digest == hom.certificate.digest


def test_other_questions_have_other_keys():
    G = rt.D(4)
    V, W = G.vector, G.regular
    questions = [V >> W, W >> V, 2*V >> W, rt.Hom(V, W, on=rt.grid(3)), rt.Hom(V, W, on=rt.grid(5)),
                 rt.D(5).vector >> rt.D(5).regular, V >> G.rep(r=[[0, -1], [1, 0]], s=[[1, 0], [0, -1]])]
    assert len({cache.key(hom) for hom in questions}) == len(questions)


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_a_damaged_entry_is_derived_again(data):
    with tempfile.TemporaryDirectory() as folder:
        expected = rt.derive(question(), cache=folder).certificate.digest
        path = entry(Path(folder))
        whole = bytearray(path.read_bytes())
        if data.draw(st.booleans()):
            whole = whole[:data.draw(st.integers(0, len(whole) - 1))]
        else:
            for _ in range(data.draw(st.integers(1, 4))):
                whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
        path.write_bytes(whole)
        assert rt.derive(question(), cache=folder).certificate.digest == expected


@pytest.mark.parametrize("change", [
    lambda a: a.pop("0.tables"),
    lambda a: a.update({"0.tables": np.frombuffer(b"[" * 100_000, np.uint8)}),
    lambda a: a.update({"0.tables": np.frombuffer(b'[{"shape": [1, 36], "field": "Q", "parts": []}]', np.uint8)}),
    lambda a: a.update({"0.tables": np.frombuffer(a["0.tables"].tobytes().replace(b'"1"', b'"2"', 1), np.uint8)}),
    lambda a: a.update({"0.tables": np.frombuffer(a["0.tables"].tobytes().replace(b'"1"', b'"1/0"', 1), np.uint8)}),
    lambda a: a.update({"0.tables": np.frombuffer(a["0.tables"].tobytes().replace(b'"1"', b'"3"'), np.uint8)}),
    lambda a: a.update({"0.tables": np.frombuffer(a["0.tables"].tobytes().replace(b'"1"', b'1'), np.uint8)}),
    lambda a: a.update(digest=np.zeros(64, np.uint8)),
    lambda a: a.update({"1.labels": a["1.labels"] * 2**20}),
    lambda a: a.update({"1.labels": np.zeros_like(a["1.labels"])}),
    lambda a: a.update({"1.labels": a["1.labels"].max() - a["1.labels"]}),
    lambda a: a.update({"1.signs": -a["1.signs"]}),
    lambda a: a.update({"1.signs": a["1.signs"].astype(np.float64)}),
])
def test_a_wrong_entry_is_derived_again_and_replaced(change, tmp_path, derivations):
    expected = rt.derive(question(), cache=tmp_path).certificate.digest
    path = entry(tmp_path)
    arrays = load_file(path)
    change(arrays)
    save_file(arrays, path)
    assert rt.derive(question(), cache=tmp_path).certificate.digest == expected and len(derivations) == 2
    assert rt.derive(question(), cache=tmp_path).certificate.digest == expected and len(derivations) == 2


def test_the_answer_to_another_question_is_no_entry(tmp_path, derivations):
    V, W = rt.D(4).vector, rt.D(4).regular
    first = rt.derive(V >> W, cache=tmp_path)
    other = W >> V
    shutil.copy(entry(tmp_path), tmp_path / f"{cache.key(other)}.safetensors")
    assert rt.derive(other, cache=tmp_path).certificate.ok and len(derivations) == 2
    assert first.dim == other.dim


def test_another_version_has_entries_of_its_own(tmp_path, derivations, monkeypatch):
    rt.derive(question(), cache=tmp_path)
    monkeypatch.setattr(rt, "__version__", "0.0.0")
    rt.derive(question(), cache=tmp_path)
    assert len(derivations) == 2 and len(list(tmp_path.iterdir())) == 2


def write_often(folder: str) -> list[str]:
    """Derive and read one question again and again, removing the entry now and then."""
    digests = []
    for n in range(6):
        if n % 3 == 2:
            for path in Path(folder).glob("*.safetensors"):
                path.unlink(missing_ok=True)
        digests.append(rt.derive(question(), cache=folder).certificate.digest)
    return digests


def test_concurrent_writers_leave_one_whole_entry(tmp_path):
    with ProcessPoolExecutor(3, mp_context=get_context("spawn")) as pool:
        found = [pool.submit(write_often, str(tmp_path)) for _ in range(3)]
        digests = {d for future in found for d in future.result()}
    assert digests == {question().certificate.digest}
    assert all(path.suffix == ".safetensors" and path.name[0] != "." for path in tmp_path.iterdir())
    assert cache.load(question(), tmp_path) is not None or not list(tmp_path.iterdir())


def test_an_interrupted_write_leaves_no_file(tmp_path, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt
    monkeypatch.setattr(os, "replace", interrupt)
    hom = question()
    with pytest.raises(KeyboardInterrupt):
        rt.derive(hom, cache=tmp_path)
    assert not list(tmp_path.iterdir()) and hom.certificate.ok


@pytest.mark.parametrize("platform, variable, folder", [
    ("linux", "XDG_CACHE_HOME", "intertwiner"), ("win32", "LOCALAPPDATA", "intertwiner"),
    ("linux", None, ".cache/intertwiner"), ("darwin", None, "Library/Caches/intertwiner"),
    ("win32", None, "AppData/Local/intertwiner"),
])
def test_the_users_cache_folder(platform, variable, folder, tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "platform", platform)
    for name in ("XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    if variable:
        monkeypatch.setenv(variable, str(tmp_path))
    assert cache.folder(True) == tmp_path / folder and (tmp_path / folder).is_dir()


def test_a_folder_that_cannot_be_made_is_an_error_before_the_work(tmp_path, derivations):
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError):
        rt.derive(question(), cache=tmp_path / "file" / "cache")
    assert not derivations
