"""The emitted source: equal to the module bit by bit, alone in its process, and what a person would write."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from strategies import plans
from test_module import convolution, features, layer

from nn.emit import source
from nn.emit_text import docstring
from nn.emit_torch import NoSource
from nn.module import PlanModule
from reptheory.plan import Const, Param, Plan, Step, Table

ALONE = """
import json, sys

class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {"reptheory", "pdeconv", "nn", "numpy", "flint", "sympy"}:
            raise ModuleNotFoundError(name + " is not here")

sys.meta_path.insert(0, Refuse())
import warnings
warnings.filterwarnings("ignore", message="Failed to initialize NumPy")
import importlib.util
import torch

wrong = []
for number in range(int(sys.argv[2])):
    stem = f"{sys.argv[1]}/layer_{number}"
    spec = importlib.util.spec_from_file_location(f"layer_{number}", stem + ".py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    case = torch.load(stem + ".pt", weights_only=True)
    layer = module.Layer(dtype=case["x"].dtype)
    layer.load_state_dict(case["weights"])
    if not torch.equal(layer(case["x"]), case["y"]):
        wrong.append(number)
print(json.dumps({"wrong": wrong, "here": sorted({"reptheory", "nn", "pdeconv"} & set(sys.modules))}))
"""


def imported(plan: Plan | torch.nn.Module, name: str = "Layer") -> ModuleType:
    module = ModuleType("emitted")
    exec(compile(source(plan, name), "emitted", "exec"), module.__dict__)
    return module


def emitted(plan: Plan | torch.nn.Module, **options) -> torch.nn.Module:
    return imported(plan).Layer(**options)


def both(plan: Plan, dtype: torch.dtype) -> tuple[torch.nn.Module, PlanModule]:
    """The emitted layer and the module, with the same weights."""
    module = PlanModule(plan, dtype=dtype, generator=torch.Generator().manual_seed(0))
    other = emitted(plan, dtype=dtype)
    other.load_state_dict(module.state_dict())
    return other, module


@given(plans())
def test_emitted_source_is_the_module(drawn):
    plan, x = drawn
    for dtype in (torch.float32, torch.float64):
        other, module = both(plan, dtype)
        assert torch.equal(other(torch.from_numpy(x).to(dtype)), module(torch.from_numpy(x).to(dtype)))


def test_emitted_source_runs_where_our_packages_are_not(tmp_path: Path):
    cases = []

    @settings(max_examples=25)
    @given(plans())
    def collect(drawn):
        cases.append(drawn)

    collect()
    for number, (plan, x) in enumerate(cases):
        module = PlanModule(plan, generator=torch.Generator().manual_seed(0))
        stem = tmp_path / f"layer_{number}"
        stem.with_suffix(".py").write_text(source(plan), encoding="utf-8")
        x = torch.from_numpy(x).float()
        torch.save({"weights": module.state_dict(), "x": x, "y": module(x).detach()}, stem.with_suffix(".pt"))
    run = subprocess.run([sys.executable, "-I", "-c", ALONE, str(tmp_path), str(len(cases))],
                         capture_output=True, text=True, cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    assert len(cases) >= 20 and json.loads(run.stdout) == {"wrong": [], "here": []}


@given(plans())
def test_emitted_source_is_tidy(drawn):
    text = source(drawn[0])
    tree = ast.parse(text)
    assert max(map(len, text.splitlines())) <= 110
    assert not any(line != line.rstrip() for line in text.splitlines())
    assert not any(isinstance(node, ast.For | ast.While | ast.If) for node in ast.walk(function(tree, "forward")))
    modules = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    assert modules <= {"torch", "torch.nn.functional", "base64"}
    assert ast.get_docstring(tree).startswith('Drawn at random: a \\ and """ are harmless.')
    assert drawn[0].digest in text


def function(tree: ast.Module, name: str) -> ast.FunctionDef:
    return next(node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name == name)


def test_emitted_source_is_what_a_person_would_write():
    text = source(convolution(), "Convolution")
    start = text.index("    def filters")
    assert text[start:] == '''\
    def filters(self):
        """The filters, from the weights."""
        scaled = self.weight * self.length
        rows = scaled.index_select(0, self.index) * self.sign[:, None, None]
        kernel = rows.reshape(2, 2, 9, 2, 2).permute(0, 3, 1, 4, 2).reshape(4, 4, 3, 3)
        shared = self.bias.index_select(0, self.zero)
        return kernel, shared

    def forward(self, x):
        kernel, shared = self.filters()
        return F.conv2d(x, kernel, shared, padding=1)
'''
    assert "class Convolution(Tabled):" in text
    assert "self.weight = torch.nn.Parameter(torch.empty(18, 2, 2, device=device, dtype=dtype))" in text
    assert "torch.nn.init.normal_(self.weight, std=(1 / 9) ** 0.5)" in text


def test_lines_of_a_docstring_end_between_calls():
    text = " + ".join(f"{n}*PSL(2, q=7).irrep('{n}a')" for n in range(1, 30))
    lines = docstring(text, 0)
    assert len(lines) > 5 and all(line.count("(") == line.count(")") for line in lines)
    assert " ".join(ast.literal_eval("\n".join(lines)).split()) == text


def test_emitted_source_starts_from_the_same_weights():
    module = layer()
    torch.manual_seed(0)
    other = emitted(module)
    assert torch.equal(other.weight, module.weight) and torch.equal(other(features()), module(features()))
    assert other.state_dict().keys() == module.state_dict().keys()


@pytest.mark.parametrize("convert, dtype", [
    (lambda m: m.double(), torch.float64), (lambda m: m.half().double(), torch.float64),
    (lambda m: m.bfloat16(), torch.bfloat16), (lambda m: m.half(), torch.float16),
])
def test_emitted_constants_follow_the_dtype(convert, dtype):
    module = layer()
    other = emitted(module)
    other.load_state_dict(module.state_dict())
    x = features(dtype)
    assert torch.equal(convert(other)(x), convert(module)(x))


@pytest.mark.parametrize("value", [
    np.arange(1000).reshape(10, 100) - 500,
    np.arange(300),
    np.array([2**40, -(2**62)]),
    np.random.default_rng(0).normal(size=(7, 9)),
    np.random.default_rng(0).choice([-1.0, 0.0, 1.0], size=500),
    np.array([1 / 3, -0.0, 1e-300, 1e300, 5e-324]),
    np.array([-0.0] * 2), np.array(-0.0), np.array(0.1), np.array(2), np.array(-3.0), np.array(2.0**70),
    np.array([1.5, 2.0]), np.zeros((0, 3)), np.zeros((0,), dtype=np.int64), np.array([[True, False]]),
    np.arange(300) % 3 == 0, np.array([1j, -0.0 + 2j]), np.array(1j), np.full((2, 2, 2, 40), 0.1),
])
def test_constants_are_written_exactly(value):
    table = Table.of(value)
    made = imported(Plan((), (), (Const("value", table),), (), "value")).TABLES["value"]
    assert made.shape == table.shape and str(made.dtype) == f"torch.{table.dtype}"
    assert made.numpy().tobytes() == table.data


@pytest.mark.parametrize("number", [2, -1, 0.5, 100.0, 0.1, 257.0, 0.0, -0.0, 1e30])
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16])
def test_numbers_in_the_text_are_those_of_the_table(number, dtype):
    plan = Plan(("x",), (), (Const("c", Table.of(number)),), (Step.make("y", "mul", "c", "x"),), "y")
    other, module = both(plan, dtype)
    x = torch.linspace(-1, 1, 33).to(dtype)
    assert torch.equal(other(x), module(x))


@pytest.mark.parametrize("name", ["self", "torch", "F", "table", "TABLES", "circular", "base64", "filters", "forward"])
def test_names_that_the_text_needs_are_still_free(name):
    rng = np.random.default_rng(0)
    steps = (
        Step.make(name, "expand", "basis", "w"),
        Step.make("kernel", "reshape", name, shape=(1, 1, 50)),
        Step.make("around", "pad", "x", widths=((30, 30),), mode="circular"),
        Step.make("y", "conv", "around", "kernel", stride=(1,), dilation=(1,), padding=(0,)),
    )
    consts = (Const("basis", Table.of(rng.normal(size=(50, 2)))),)
    plan = Plan(("x",), (Param("w", (2,), Fraction(1)),), consts, steps, "y")
    other, module = both(plan, torch.float64)
    x = torch.randn(1, 1, 3, dtype=torch.float64)
    assert torch.equal(other(x), module(x))
    as_const = Plan(("x",), (), (Const(name, Table.of([0.1, 0.2])),), (Step.make("y", "mul", "x", name),), "y")
    other, module = both(as_const, torch.float64)
    assert torch.equal(other(torch.ones(2).double()), module(torch.ones(2).double()))


def test_long_lines_are_opened_up():
    names = [f"a_rather_long_name_for_an_input_{n}" for n in range(6)]
    steps = (
        Step.make("together", "concat", *names, axis=1),
        Step.make("a_rather_long_name_for_a_sum_of_everything_that_there_is_in_this_plan", "add", names[0], names[1]),
        Step.make("y", "add", "together", "a_rather_long_name_for_a_sum_of_everything_that_there_is_in_this_plan"),
    )
    plan = Plan(tuple(names), (), (), steps, "y")
    text = source(plan)
    assert max(map(len, text.splitlines())) <= 110
    xs = [torch.randn(2, 1) for _ in names]
    assert torch.equal(emitted(plan)(*xs), PlanModule(plan)(*xs))


def test_emitted_source_compiles_and_exports():
    other = emitted(convolution())
    x = features()
    assert torch.equal(torch.compile(other, fullgraph=True, backend="aot_eager")(x), other(x))
    assert torch.equal(torch.export.export(other, (x,)).module()(x), other(x))


def test_what_has_no_source_is_refused():
    with pytest.raises(NoSource, match=r"source writes plans, layers of nn, .* Linear is not one of them, and runs"):
        source(torch.nn.Linear(2, 2))
    with pytest.raises(NoSource, match=r"source writes plans, layers of nn, and torch.nn.Sequential of them, not int"):
        source(3)
    for name in ("2d", "class", "torch", "a b"):
        with pytest.raises(ValueError, match=f"'{name}' cannot be the name of the class"):
            source(convolution(), name)
