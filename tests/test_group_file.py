"""Groups as JSON files: what is written is read back, and every fault is named with its place."""

from __future__ import annotations

import json
import os
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from symmetries import groups, subgroups

import reptheory as rt
from reptheory import group_file
from reptheory.on_space import Polygon

SQUARE = {"version": 1, "name": "square", "generators": {"r": "(0 1 2 3)", "s": "(0 3)(1 2)"}, "degree": 4,
          "vector": {"r": [[0, -1], [1, 0]], "s": [[1, 0], [0, -1]]}, "gram": [1, 1]}
GOLDEN = "quadratic(5).number('-1/2', '1/2')"  # 2 cos 2π/5

FAULTS = {  # the file, and pieces of the message
    "no JSON": ("{", ["$: this is no JSON in line 1, column 2"]),
    "no object": ("[1]", ["at $: [1] is not an object"]),
    "nothing": ("{}", ["no source of the group", "generators, presentation, table"]),
    "two sources": ({"generators": {"r": "(0 1)"}, "presentation": {}}, ["more than one source"]),
    "an unknown key": ({"generator": {"r": "(0 1)"}}, ["'generator' is not known", "The keys are version"]),
    "another version": ({"version": 2, "generators": {"r": "(0 1)"}}, ["$.version", "version 2", '"version": 1']),
    "true as a version": ({"version": True, "generators": {"r": "(0 1)"}}, ["$.version", "True"]),
    "a key twice": ('{"generators": {"r": "(0 1)", "r": "(0 2)"}}', ["'r' stands twice", "Keep one"]),
    "no generators": ({"generators": {}}, ["$.generators: there are 0 generators"]),
    "a list": ({"generators": ["(0 1)"]}, ["$.generators", "a generator for each name"]),
    "a number": ({"generators": {"r": 3}}, ["$.generators.r: 3 is no generator", "cycles"]),
    "a float": ('{"generators": {"r": [[0.5]]}}', ["'0.5' is no exact number", '"1/2"']),
    "infinity": ('{"generators": {"r": [[Infinity]]}}', ["'Infinity' is no exact number"]),
    "a long number": ('{"generators": {"r": [[' + "9" * 5000 + "]]}}", ["is no exact number"]),
    "a long fraction": ({"generators": {"r": [["1e99999999999"]]}}, ["$.generators.r[0][0]"]),
    "cycles": ({"generators": {"r": "(0 1)(1 2)"}}, ["$.generators.r", "moves the point 1 twice"]),
    "images": ({"generators": {"r": [0, 0]}}, ["$.generators.r", "no permutation"]),
    "a far point": ({"generators": {"r": "(0 100000)"}}, ["$.generators.r: it moves the point 100000", "0…99999"]),
    "past the degree": ({"generators": {"r": "(0 5)"}, "degree": 4}, ["the point 5", "0…3", "degree"]),
    "no degree": ({"generators": {"r": "(0 5)"}, "degree": "4"}, ["$.degree: '4' is no number of points"]),
    "a name": ({"generators": {"class": "(0 1)"}}, ["$.generators", "'class' cannot be one of the names"]),
    "a reserved name": ({"generators": {"limit": "(0 1)"}}, ["the name limit", "Choose another"]),
    "a row": ({"generators": {"r": [[1, 0], [1]]}}, ["$.generators.r[1]: the row has 1 entries", "square"]),
    "an entry": ({"generators": {"r": [[1, 0], [0, None]]}}, ["$.generators.r[1][1]: None is no exact number"]),
    "an expression": ({"generators": {"r": [["C(4)"]]}}, ["$.generators.r[0][0]: 'C(4)' is no exact number"]),
    "a bad expression": ({"generators": {"r": [["__import__('os')"]]}}, ["$.generators.r[0][0]", "is not known"]),
    "both kinds": ({"generators": {"r": [[1]], "s": "(0 1)"}}, ["$.generators", "is no matrix, but other"]),
    "an infinite group": ({"generators": {"r": [[1, 1], [0, 1]]}}, ["$.generators", "infinite order"]),
    "relations": ({"presentation": {"generators": "r", "relations": "q"}}, ["$.presentation", "'q'"]),
    "no end": ({"presentation": {"generators": "r", "relations": ""}}, ["$.presentation", "infinite"]),
    "no relations": ({"presentation": {"generators": "r"}}, ["the keys generators, relations"]),
    "a limit": ({"presentation": {"generators": "r", "relations": "r^2", "limit": 10 ** 9}}, ["$.presentation.limit"]),
    "a table": ({"table": [[0, 1], [1, 1]]}, ["$.table", "1 has no inverse"]),
    "a ragged table": ({"table": [[0, 1], [1]]}, ["$.table"]),
    "a table of lists": ({"table": [[[]]]}, ["$.table[0][0]: [] is no element"]),
    "elements": ({"table": [[0]], "elements": [1]}, ["$.elements", "Write texts"]),
    "elements alone": ({"generators": {"r": "(0 1)"}, "elements": ["a"]}, ["$.elements", "without a table"]),
    "a degree of a table": ({"table": [[0]], "degree": 3}, ["$.degree", "Leave it out"]),
    "a vector": ({**SQUARE, "vector": {"r": [[1, 1], [0, 1]], "s": [[1, 0], [0, -1]]}}, ["$.vector", "r⁴ = 1"]),
    "a missing vector": ({**SQUARE, "vector": {"r": [[1]]}}, ["$.vector", "none for s"]),
    "a metric": ({**SQUARE, "gram": [1, 2]}, ["$.vector", "not invariant"]),
    "a metric alone": ({"generators": {"r": "(0 1)"}, "gram": [1]}, ["$.gram", "Give \"vector\" as well"]),
    "an entry of the metric": ({**SQUARE, "gram": [1, []]}, ["$.gram[1]: [] is no exact number"]),
    "a title": ({**SQUARE, "name": "a\nb"}, ["$.name", "no title"]),
    "no text": ({**SQUARE, "name": 4}, ["$.name: 4 is not a text"]),
}
BOMBS = ["[" * 100_000, '{"generators":' * 10_000, '{"generators": {"r": "(0 99999999999)"}}',
         '{"generators": {"r": "' + "(" * 10_000 + '"}}',
         json.dumps({"generators": {"r": [[1] * 300] * 300}}),
         json.dumps({"presentation": {"generators": "a b", "relations": "a^99999999"}}),
         json.dumps({"presentation": {"generators": "a b", "relations": "(" * 50_000}}),
         json.dumps({"generators": {f"g{k}": "(0 1)" for k in range(5000)}}),
         json.dumps({"table": [[0] * 1000] * 1000})]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "group.json"


def write(path, content) -> None:
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")


@given(st.data())
def test_a_saved_group_comes_back(tmp_path_factory, data):
    group = data.draw(groups())
    group = data.draw(st.sampled_from([group, data.draw(subgroups(group)), group.named("a group, é")]))
    path = tmp_path_factory.mktemp("groups") / "group.json"
    rt.save_group(group, path)
    again = rt.load_group(path)
    assert (again.names, again.images, again.degree, again.title) == (
        group.names, group.images, group.degree, group.title)
    assert again.order == group.order and rt.read(repr(again)) == again
    if group.on_space is not None:
        assert again.on_space.matrices == group.on_space.matrices and again.on_space.gram == group.on_space.gram
    if not isinstance(group.on_space, Polygon):
        assert again == group
    written = path.read_bytes()
    rt.save_group(again, path)
    assert path.read_bytes() == written


def test_every_form_of_a_generator(path):
    write(path, SQUARE)
    square = rt.load_group(path)
    assert square.order == 8 and square.title == "square" and square.vector.dim == 2
    assert rt.Hom(square.natural, square.natural, on=rt.grid(3)).dim == rt.Hom(
        rt.D(4).natural, rt.D(4).natural, on=rt.grid(3)).dim
    write(path, {"generators": {"r": [1, 2, 0]}})
    assert rt.load_group(path) == rt.group(r=[1, 2, 0])
    write(path, {"generators": {"r": [[0, "-1/2"], [2, 0]]}})
    assert rt.load_group(path) == rt.group(r=[[0, "-1/2"], [2, 0]])
    write(path, {"generators": {"r": [[0, -1], [1, GOLDEN]]}})
    assert rt.load_group(path).order == 5
    write(path, {"generators": {"s": "(0 1)"}, "degree": 5})
    assert rt.load_group(path).degree == 5
    write(path, {"presentation": {"generators": ["r", "s"], "relations": ["r^4", "s^2", "(r*s)^2"]}})
    assert rt.load_group(path) == rt.presentation("r s", "r^4, s^2, (r*s)^2")
    write(path, {"table": ["eab", "abe", "bea"], "elements": ["e", "a", "b"]})
    with pytest.raises(rt.GroupFileError, match="is not a row"):
        rt.load_group(path)
    write(path, {"table": [list("eab"), list("abe"), list("bea")], "elements": ["e", "a", "b"]})
    assert rt.load_group(path) == rt.group(a="(0 1 2)")
    write(path, {"table": [[0, 1], [1, 0]], "vector": {"g1": [[-1]]}})
    assert rt.load_group(path).vector.dim == 1
    path.write_bytes("\ufeff".encode() + json.dumps(SQUARE).encode())  # with a byte order mark
    assert rt.load_group(path) == square


@pytest.mark.parametrize("content, pieces", FAULTS.values(), ids=FAULTS)
def test_every_fault_is_named_with_its_place(path, content, pieces):
    write(path, content)
    with pytest.raises(rt.GroupFileError) as caught:
        rt.load_group(path)
    message = str(caught.value)
    assert message.startswith(f"{path}, at $") and all(piece in message for piece in pieces), message


def test_the_cause_of_a_fault_is_kept(path):
    write(path, {"generators": {"r": [[1, 1], [0, 1]]}})
    with pytest.raises(rt.GroupFileError) as caught:
        rt.load_group(path)
    assert isinstance(caught.value.__cause__, rt.InfiniteGroup)


@pytest.mark.parametrize("content", BOMBS, ids=lambda text: text[:40])
def test_no_file_hangs(path, content):
    write(path, content)
    start = time.process_time()
    with pytest.raises(rt.GroupFileError) as caught:
        rt.load_group(path)
    assert time.process_time() - start < 2 and len(str(caught.value)) < 2000


def test_large_and_strange_files_are_refused(path, monkeypatch):
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(rt.GroupFileError, match="byte 0 is not UTF-8"):
        rt.load_group(path)
    with pytest.raises(FileNotFoundError):
        rt.load_group(path.with_name("nothing.json"))
    monkeypatch.setattr(group_file, "BYTES", 10)
    write(path, SQUARE)
    with pytest.raises(rt.GroupFileError, match="more than 10 bytes"):
        rt.load_group(path)


def test_a_failed_write_leaves_the_old_file(path, monkeypatch):
    rt.save_group(rt.D(4), path)
    before = path.read_bytes()
    monkeypatch.setattr(os, "replace", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        rt.save_group(rt.S(4), path)
    assert path.read_bytes() == before and os.listdir(path.parent) == [path.name]


def test_links_and_pipes_stay_what_they_are(path):
    link = path.with_name("link.json")
    rt.save_group(rt.D(4), path)
    link.symlink_to(path)
    rt.save_group(rt.S(4), link)
    assert link.is_symlink() and rt.load_group(path) == rt.S(4)
    rt.save_group(rt.S(4), os.devnull)
    assert not os.path.isfile(os.devnull)


# Fuzz --------------------------------------------------------------------------------------------------------
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-3, 5), st.floats(), st.text(max_size=5),
              st.sampled_from(["(0 1 2)", "()", "r^2", "1/2", "C(4)", "r s", GOLDEN])),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(
        st.sampled_from([*group_file.KEYS, "r", "s", "relations", "limit"]), inner, max_size=4)), max_leaves=12)


def attempt(path, content) -> None:
    """Either a group or a GroupFileError, and soon."""
    write(path, content)
    start = time.process_time()
    try:
        assert isinstance(rt.load_group(path), rt.Group)
    except rt.GroupFileError as error:
        assert str(error).startswith(f"{path}, at $")
    assert time.process_time() - start < 5


@settings(max_examples=200)
@given(VALUES)
def test_random_json(tmp_path_factory, value):
    attempt(tmp_path_factory.getbasetemp() / "random.json", value)


@settings(max_examples=200)
@given(st.sampled_from(list(SQUARE)), st.sampled_from(["r", "s", None]), VALUES)
def test_mutated_files(tmp_path_factory, key, generator, value):
    content = json.loads(json.dumps(SQUARE))
    if generator and isinstance(content[key], dict):
        content[key][generator] = value
    else:
        content[key] = value
    attempt(tmp_path_factory.getbasetemp() / "mutated.json", content)


@settings(max_examples=200)
@given(st.integers(0, len(json.dumps(SQUARE)) - 1), st.sampled_from('{}[]",:0123456789-/() \\e\x00é'))
def test_changed_characters(tmp_path_factory, place, character):
    text = json.dumps(SQUARE)
    attempt(tmp_path_factory.getbasetemp() / "changed.json", text[:place] + character + text[place + 1:])
