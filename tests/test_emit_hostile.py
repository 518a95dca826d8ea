"""Text that wants to be code: in emitted source it stays in docstrings and string literals, whatever it holds."""

from __future__ import annotations

import ast
from collections import OrderedDict
from dataclasses import replace
from fractions import Fraction
from types import ModuleType

import pytest
import torch
from hypothesis import assume, example, given
from hypothesis import strategies as st

import nn
import reptheory as rt
from nn.emit import source
from nn.emit_text import docstring, quoted
from nn.module import PlanModule
from reptheory.plan import Const, Param, Plan, Step, Table

EVIL = "raise_if_run"
PIECES = ['"', "'", '"""', "'''", "\\", "\n", "\r", "\x00", "\x0c", "\t", "{", "}", "{x}", "\u2028", "\u2029", "\x85",
          "\ud800", "\udfff", "\u202e", "#", "%s", "\\N{BULLET}", "\\u", "\\x", " ", "\N{BULLET}", "𝔤", f"{EVIL}()",
          f'"""\n{EVIL}()\n"""', f"\n{EVIL}()\n", "table(", "circular(", "F.", "OrderedDict(", "(Tabled):"]
texts = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=5), st.text("ab ", max_size=200)), max_size=8).map(
    "".join)
encodable = texts.map(lambda text: text.encode("utf-8", "replace").decode())  # as the digest of a certificate needs
H = rt.D(4).regular >> rt.D(4).vector


def run(text: str) -> ModuleType:
    """The emitted module, after a look at its tree: nothing hostile is a name in it."""
    tree = ast.parse(text)
    text.encode("utf-8")  # a file can hold it
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    names |= {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    assert EVIL not in names
    assert not any(isinstance(node, ast.Import | ast.ImportFrom) and
                   {alias.name.split(".")[0] for alias in node.names} - {"torch", "base64", "OrderedDict"}
                   for node in ast.walk(tree))
    module = ModuleType("emitted")
    exec(compile(text, "emitted", "exec"), module.__dict__)
    return module


@given(texts)
@example('"')
@example('\\"""')
@example('ends in """')
@example("\\" * 300)
@example('"' * 300)
@example("\x00" * 300)
def test_a_docstring_reads_back(text: str):
    lines = docstring(text, 4)
    (statement,) = ast.parse("\n".join(["class C:", *lines])).body
    found = ast.get_docstring(statement, clean=False)
    shown = "".join(c if c.isprintable() or c == "\n" else c.encode("unicode_escape").decode() for c in text)
    assert "".join(found.split()) == "".join(shown.split())  # the same characters; lines may be broken
    assert all(line.isprintable() and len(line) <= 120 for line in lines)


@given(texts)
def test_a_string_literal_reads_back(text: str):
    assert ast.literal_eval(quoted(text)) == text and quoted(text).isprintable()


@given(texts)
def test_a_hostile_note_is_a_note(note: str):
    step = Step.make("y", "mul", "x", "w")
    plan = Plan(("x",), (Param("w", (2,), Fraction(1)),), (), (step,), "y", note)
    assert run(source(plan)).Layer()(torch.ones(3, 2)).shape == (3, 2)


@given(texts, encodable, encodable)
def test_hostile_titles_and_expressions_are_text(title: str, expression: str, name: str):
    group = rt.D(4).named(title)
    group = replace(group, expression=expression)
    rep = replace(group.regular, expression=name)
    hom = replace(H, source=rep)
    module = run(source(rt.lower(hom)))
    assert module.Layer().self_check() == 0.0


@given(texts)
def test_hostile_names_of_layers_and_functions_are_text(name: str):
    name = name.replace(".", "") or "a"
    taken = hasattr(torch.nn.Sequential(), name)
    layer = nn.Pointwise(rt.D(4).regular, torch.nn.ReLU())
    layer.name = name
    network = torch.nn.Sequential(OrderedDict([(name if not taken else "a", nn.EquivariantLinear(H.source, H.source)),
                                               ("b" * (len(name) + 1), layer)]))
    other = run(source(network)).Network()
    assert list(other.state_dict()) == list(network.state_dict()) and other.self_check() == 0.0


def test_a_hostile_option_is_a_literal():
    layer = torch.nn.ReLU()
    layer.inplace = f"{EVIL}()"
    text = source(torch.nn.Sequential(nn.Pointwise(rt.D(4).regular, "relu"), layer))
    assert run(text).Network()[1].inplace == f"{EVIL}()"


NAMES = ["__w", "__x__", "ﬁ", "ª", "µ", "print", "type", "float", "torch", "self", "points", "out", "self_",
         "largest_error", "moved", "copies", "layer", "draw", "weight", "tables", "x", "é"]


@given(st.lists(st.sampled_from(NAMES), min_size=5, max_size=5, unique=True))
def test_names_that_python_rewrites_or_the_text_needs_keep_their_meaning(names: list[str]):
    x, w, c, kernel, y = names
    assume(w not in ("type", "float", "tables"))  # what a module has already is refused, below
    steps = (Step.make(kernel, "mul", w, c), Step.make(y, "mul", x, kernel))
    plan = Plan((x,), (Param(w, (3,), Fraction(1)),), (Const(c, Table.of([0.1, 0.2, 0.3])),), steps, y)
    module = PlanModule(plan)
    other = run(source(plan)).Layer()
    assert list(other.state_dict()) == [w]
    other.load_state_dict(module.state_dict())
    features = torch.randn(2, 3)
    assert torch.equal(other.double()(features.double()), module.double()(features.double()))


@pytest.mark.parametrize("name", ["self_check", "tables", "forward", "reset_parameters", "type"])
def test_a_weight_with_the_name_of_a_method_is_refused(name: str):
    plan = Plan(("x",), (Param(name, (2,), Fraction(1)),), (), (Step.make("y", "mul", "x", name),), "y")
    with pytest.raises(ValueError, match=f"a parameter '{name}' would hide what every emitted module has under this"):
        source(plan)


@pytest.mark.parametrize("name", ["print", "float", "Tabled", "ACTIONS", "__layer", "ｔorch", "moved", 'A"'])
def test_a_class_that_hides_what_the_text_needs_is_refused(name: str):
    with pytest.raises(ValueError, match=f"'{name}' cannot be the name of the class"):
        source(rt.lower(H), name)
