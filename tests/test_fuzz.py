"""Hostile text: every parser gives an object or one of our errors, within its limits, and executes nothing."""

from __future__ import annotations

import json
import struct
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from safetensors.numpy import save as to_bytes

import reptheory as rt
from reptheory.element import LETTERS, POINTS, parse_permutation, parse_word
from reptheory.exact import DIGITS
from reptheory.plan import Const, Param, Plan, Step, Table
from reptheory.plan_file import PROGRAM

HOSTILE = "__import__('os').abort()"
WORDS = st.one_of(
    st.text(alphabet="rs1e()*^-0123456789 ,=²٣\0", max_size=40),
    st.lists(st.sampled_from(["r", "s", "(", ")", "*", "^", "**", "^-1", "^2", "^999999999999", "^0", " ", "1"]),
             max_size=30).map("".join),
    st.text(max_size=20),
)


def ends_with_a_way_out(error: Exception) -> bool:
    """Whether a message is ours: not Python's, and ended as a sentence."""
    return len(str(error)) < 1500 and str(error)[-1] in ".)…\""


# Words ---------------------------------------------------------------------------------------------------------------
@given(WORDS)
@example("(" * 100_000 + "r" + ")" * 100_000)
@example("r^" + "9" * 10_000)
@example("(" * 30 + "r" + "^999)" * 30)
@example("(" * 50_000 + "r^1000000" + ")^-1" * 50_000)
@example("r*(" * 50_000 + "r" + ")" * 50_000)
def test_a_word_is_read_or_refused(text):
    try:
        word = parse_word(text, ["r", "s"])
    except ValueError as error:
        assert ends_with_a_way_out(error), error
    else:
        assert len(word) <= LETTERS + len(text) and set(word) <= {(i, e) for i in (0, 1) for e in (1, -1)}


@pytest.mark.parametrize("text, kind, message", [
    ("r^²", ValueError, "'²' cannot be read"),
    ("r^999999999999", rt.TooLarge, r"writes out 999999999999 letters, and words are read up to 1000000 of them. Redu"),
    ("(r^1000*s)^1000", rt.TooLarge, "more than 1000000"),
    ("r^" + "9" * 5000, rt.TooLarge, "an exponent of 5000 digits"),
])
def test_powers_have_a_limit(text, kind, message):
    with pytest.raises(kind, match=message):
        parse_word(text, ["r", "s"])


def test_brackets_nest_as_deep_as_they_like():
    assert parse_word("(" * 50_000 + "r*s" + ")" * 50_000 + "^2", ["r", "s"]) == ((0, 1), (1, 1)) * 2
    assert parse_word("s*(r*(s*r)^2)^-1*1^999999999999", ["r", "s"]) == parse_word("s*r^-1*s^-1*r^-1*s^-1*r^-1",
                                                                                  ["r", "s"])


@pytest.mark.parametrize("name", ["x̄", "ﬁ", "𝐝𝐞𝐟", "a·", "r²", "", "r s", "lambda", "1"])
def test_names_are_those_that_words_and_python_read_back(name):
    with pytest.raises(ValueError, match="Give distinct generator names"):
        rt.group(**{name: "(0 1)"})


# Permutations --------------------------------------------------------------------------------------------------------
@given(st.one_of(
    st.text(alphabet="() ,0123456789-+_²٣", max_size=30), st.text(max_size=20),
    st.lists(st.one_of(st.integers(-2, 6), st.booleans(), st.none(), st.floats(), st.text(max_size=2)), max_size=6),
    st.dictionaries(st.integers(0, 3), st.integers(0, 3)), st.binary(max_size=4), st.none(), st.sets(st.integers(0, 3)),
))
@example("(0 99999999999)")
@example("(0 " + "9" * 10_000 + ")")
@example("(" * 100_000)
@example("(" + "1 " * 200_000)
@example("(" + " ".join(map(str, range(200_000))) + ")")
def test_a_permutation_is_read_or_refused(value):
    try:
        images = parse_permutation(value, 3)
    except ValueError as error:
        assert ends_with_a_way_out(error), error
    else:
        assert sorted(images) == list(range(len(images))) and isinstance(value, (str, list))


@pytest.mark.parametrize("value, kind, message", [
    ("(0 99999999999)", rt.TooLarge, f"the point 99999999999, and points are read up to {POINTS - 1}. Number the"),
    ({0: 1, 1: 0}, ValueError, r"\{0: 1, 1: 0\} is no permutation"),
    (b"\1\0", ValueError, "is no permutation"),
    (iter([1, 0]), ValueError, "is no permutation"),
])
def test_points_have_a_limit_and_images_an_order(value, kind, message):
    for read in lambda r: rt.group(r=r), lambda r: rt.C(2).permutation(r=r):
        with pytest.raises(kind, match=message):
            read(value)


# Presentations -------------------------------------------------------------------------------------------------------
@given(st.text(alphabet="ab ,1²", max_size=8),
       st.lists(WORDS | st.sampled_from(["a^2", "b^3", "(a*b)^4", "a=b", "a=", "="]), max_size=5).map(",".join))
@example("a", "a^999999999999")
@example("a b", "a^2, b^3, (a*b)^7")
@example("a b", "a^999999, b^999999, (a*b)^999")
@example("a", ", ".join(["a^500000"] * 50))
def test_a_presentation_is_enumerated_or_refused(generators, relations):
    try:
        group = rt.presentation(generators, relations, limit=500)
    except ValueError as error:
        assert ends_with_a_way_out(error), error
    else:
        assert group.order <= 500


@pytest.mark.parametrize("relations, message", [
    ("a^20003, b", "needs more than 1000 cosets"),
    ("a^9999, b^9999, a^5000*b^5000", "takes more than 10500000 steps to enumerate, and 1000 cosets are given no more"),
    ("a^600000, b^600000", r"more than 1000000 letters"),
    (", ".join(f"a^{k}" for k in range(1, 30000)), r"has 29999 relations, and up to 25000 are read"),
])
def test_the_work_of_an_enumeration_has_a_limit(relations, message):
    with pytest.raises(rt.TooLarge, match=message):
        rt.presentation("a b", relations, limit=1000)


def test_a_presentation_has_a_limit_of_generators():
    names = " ".join(f"a{k}" for k in range(500))
    with pytest.raises(rt.TooLarge, match="500 generators, and up to 200 are read"):
        rt.presentation(names, "a0^2")


# Exact numbers -------------------------------------------------------------------------------------------------------
@given(st.one_of(st.text(alphabet="0123456789/.eE+-_* ", max_size=12), st.text(max_size=10), st.floats(), st.none(),
                 st.complex_numbers(), st.lists(st.integers(), max_size=2), st.fractions(), st.integers()))
@example("1/0")
@example("1e999999999")
@example("1e-999999999")
@example("9" * 10**6)
@example("1/" + "9" * 10**6)
@example("10**10**10")
@example(HOSTILE)
def test_an_exact_number_is_read_or_refused(value):
    try:
        number = rt.Q(value)
    except rt.NotExact as error:
        assert ends_with_a_way_out(error), error
    else:
        assert number.to_fraction() == Fraction(value)


@pytest.mark.parametrize("text, message", [
    ("1e999999999", f"the exponent 999999999, and text is read up to {DIGITS} digits. Compute the number"),
    ("9" * 10**6, f"has 1000000 characters, and text is read up to {DIGITS} digits. Compute the number"),
    ("1/0", "'1/0' is no rational number"),
])
def test_digits_have_a_limit(text, message):
    for read in rt.Q, lambda x: rt.group(r=[[x]]), lambda x: rt.quadratic(5).number(0, x):
        with pytest.raises(rt.NotExact, match=message):
            read(text)


@given(st.one_of(st.text(alphabet="xy0123456789/.+-*^ ()", max_size=12), st.text(max_size=10)))
@example(HOSTILE)
@example(f"x**2 - 2 + 0*{HOSTILE}")
@example("x**999999999")
@example("x**" + "9" * 5000)
@example("x^2 - " + "9" * 10**6)
@example("x**2 + y")
def test_a_polynomial_is_read_or_refused(text):
    try:
        field = rt.number_field(text, 1.4)
    except (ValueError, rt.NotExact) as error:
        assert ends_with_a_way_out(error), error
    else:
        assert field.degree < 100


@pytest.mark.parametrize("text", ["x**2 - 2", "x^2-2", "-1/2*x^2 + 1", "x*x - 2", " 2*t**2 + 0*t - 4"])
def test_polynomials_as_text(text):
    if "x*x" in text:
        with pytest.raises(ValueError, match=r"no polynomial.*Write \"x\*\*3 - 2\""):
            rt.number_field(text, 1.4)
    else:
        assert rt.number_field(text, 1.4) == rt.quadratic(2)


@given(st.recursive(st.one_of(st.integers(-3, 3), st.floats(), st.text(max_size=3), st.none(), st.booleans()),
                    lambda inner: st.lists(inner, max_size=3), max_leaves=9))
@example(np.zeros((0, 0), int))
@example(np.zeros((2, 2, 2), int))
@example([[10**4000, 1], [0, 1]])
@example([["1", "1e999999999"], ["0", "1"]])
def test_generators_of_any_kind_are_read_or_refused(value):
    try:
        group = rt.group(r=value, limit=50)
    except (ValueError, rt.NotExact) as error:
        assert ends_with_a_way_out(error), error
    else:
        assert group.order <= 50


# Saved plans ---------------------------------------------------------------------------------------------------------
CONSTS = (Const("index", Table.of([1, 0, 1])), Const("half", Table.of(0.5)), Const("i", Table.of([1j, 2])))
PLAN = Plan(("x",), (Param("w", (2, 2), Fraction(2, 7), "C"),), CONSTS,
            (Step.make("rows", "gather", "w", "index"), Step.make("y", "mul", "rows", "half"),
             Step.make("z", "einsum", "y", "x", equation="oi,bi->bo")), "z", "a note")


def refused_or_equal(path, data: bytes) -> None:
    path.write_bytes(data)
    try:
        plan = rt.load(path)
    except rt.PlanFileError as error:
        assert ends_with_a_way_out(error), error
    else:
        assert plan == PLAN or plan.digest != PLAN.digest


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return tmp_path_factory.mktemp("plans") / "fuzzed.plan"


@pytest.fixture(scope="module")
def whole(path) -> bytes:
    rt.save(PLAN, path)
    return path.read_bytes()


def sealed(program: object, tensors=None) -> bytes:
    """A plan file with any program at all, its seal made as `save` makes it."""
    import hashlib

    text = program if isinstance(program, str) else json.dumps(program)
    seal = {"intertwiner": "1", "plan": text, "sha256": hashlib.sha256(text.encode()).hexdigest()}
    return to_bytes({"index": np.array([1, 0, 1]), "half": np.array(0.5), "i": np.array([[0., 1.], [2., 0.]])}
                    if tensors is None else tensors, seal)


def program() -> dict:
    return json.loads(json.dumps({**PLAN.to_json(), "note": "", "digest": PLAN.digest}))


@given(st.data())
def test_flipped_bits_and_cuts_of_a_plan_are_seen(path, whole, data):
    changed = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 3))):
        changed[data.draw(st.integers(0, len(whole) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    refused_or_equal(path, bytes(changed[:data.draw(st.integers(0, len(whole)))]))
    refused_or_equal(path, bytes(changed))


@given(st.binary(max_size=60))
def test_other_bytes_are_no_plan(path, data):
    refused_or_equal(path, data)


@pytest.mark.parametrize("header", [
    b"", b"{", b"[" * 100_000, b'{"w":' * 50_000, b'{"__metadata__":{"plan":[[]]}}', b"{}",
    b'{"w":{"dtype":"F64","shape":[1000000000000],"data_offsets":[0,8000000000000]}}',
    b'{"w":{"dtype":"F64","shape":[4294967296,4294967296],"data_offsets":[0,0]}}',
    b'{"w":{"dtype":"F64","shape":[0,1000000000000000000],"data_offsets":[0,0]}}',
    b'{"w":{"dtype":"BF16","shape":[0],"data_offsets":[0,0]}}',
])
@pytest.mark.parametrize("size", [None, 0, 2**62, 2**64 - 1])
def test_headers_that_lie_are_refused(path, header, size):
    path.write_bytes(struct.pack("<Q", len(header) if size is None else size) + header)
    with pytest.raises(rt.PlanFileError):
        rt.load(path)


VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5),
              st.sampled_from(["x", "w", "index", "1e999999999", "1/0", "gather", HOSTILE, 10**30, -1, "complex128"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["name", "op", "axis", "a"]), inner,
                                                                max_size=2), max_leaves=6)


@given(st.data())
def test_a_sealed_program_of_any_shape_is_refused_with_a_reason(path, whole, data):
    changed = program()
    here, key = changed, data.draw(st.sampled_from(sorted(changed)))
    while isinstance(here[key], (list, dict)) and here[key] and data.draw(st.booleans()):
        here = here[key]
        key = data.draw(st.sampled_from(sorted(here) if isinstance(here, dict) else range(len(here))))
    if data.draw(st.booleans()):
        here[key] = data.draw(VALUES)
    else:
        del here[key]
    refused_or_equal(path, sealed(changed))


@pytest.mark.parametrize("text", [
    "", "null", "[]", "{}", "NaN", '"a"', "{" * 100_000, "[" * 100_000 + "]" * 100_000, "9" * 100_000,
    '{"steps": ' + "[" * 5000 + "]" * 5000 + "}", " " * (PROGRAM + 1),
])
def test_other_json_is_refused(path, text):
    path.write_bytes(sealed(text))
    with pytest.raises(rt.PlanFileError):
        rt.load(path)


@pytest.mark.parametrize("place, value", [
    (("params", 0, 2), "1e999999999"), (("params", 0, 2), "1/0"), (("params", 0, 1), [-1]), (("params", 0, 2), 0.5),
    (("params", 0, 1), [10**400]), (("params", 0, 1), [True]), (("consts", 0, 2), "abc"), (("steps", 0, 3), {"op": 1}),
    (("steps", 0, 3), {"name": 1}), (("steps", 0, 1), ["gather"]), (("steps", 0, 2), [["w"]]), (("digest",), 7),
    (("note",), ["a"]), (("inputs",), "x"), (("output",), ["z"]), (("params", 0, 3), ["R"]),
    (("steps", 2, 3), {"equation": [[]] * 3}), (("steps",), {"a": 1}),
])
def test_hostile_fields_of_a_program_are_refused(path, place, value):
    changed = program()
    here = changed
    for key in place[:-1]:
        here = here[key]
    here[place[-1]] = value
    path.write_bytes(sealed(changed))
    with pytest.raises(rt.PlanFileError, match=r"(holds no valid plan|was changed): .*\.$"):
        rt.load(path)


def test_a_constant_that_is_no_number_is_refused(path):
    import hashlib

    changed = program()
    bad = np.array(np.nan)
    next(c for c in changed["consts"] if c[0] == "half")[3] = hashlib.sha256(bad.tobytes()).hexdigest()
    path.write_bytes(sealed(changed, {"index": np.array([1, 0, 1]), "half": bad, "i": np.array([[0., 1.], [2., 0.]])}))
    with pytest.raises(rt.PlanFileError, match="a table holds finite numbers"):
        rt.load(path)


def test_the_size_of_a_file_has_a_limit(path, whole):
    path.write_bytes(whole)
    with pytest.raises(rt.PlanFileError, match=r"has \d+ bytes, and plans are read up to 100 of them. Raise limit=…"):
        rt.load(path, limit=100)


def test_a_note_of_any_text_comes_back(path):
    rt.save(Plan(("x",), (), (), (), "x", "\ud800 \0 \x1b[31m " + HOSTILE), path)
    assert rt.load(path).note == "\ud800 \0 \x1b[31m " + HOSTILE
