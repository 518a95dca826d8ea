"""The architecture, read from the source: what may import what, and what an import loads."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("reptheory", "pdeconv", "nn", "intertwiner")
SPINE = ("field", "matrix", "linalg", "group", "rep", "space", "hom", "basis", "lower")
LINES = 400


class Source:
    """One module: the names that it imports when it is itself imported, and those it imports anywhere."""

    def __init__(self, path: Path):
        self.path = path
        parts = path.relative_to(ROOT).with_suffix("").parts
        self.package = parts[:-1]
        self.name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.path.read_text(encoding="utf-8"))

    @cached_property
    def at_import(self) -> set[str]:
        return set(self._names(executed(self.tree)))

    @cached_property
    def anywhere(self) -> set[str]:
        return set(self._names(ast.walk(self.tree)))

    def _names(self, nodes: Iterator[ast.AST]) -> Iterator[str]:
        for node in nodes:
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                base = self.package[: len(self.package) - node.level + 1] if node.level else ()
                origin = ".".join((*base, *((node.module,) if node.module else ())))
                yield origin
                yield from (f"{origin}.{alias.name}" for alias in node.names)


def executed(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes that run on import: not the bodies of functions, nor of `if TYPE_CHECKING:`."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(child, ast.If) and ast.unparse(child.test).endswith("TYPE_CHECKING"):
            for other in child.orelse:
                yield other
                yield from executed(other)
            continue
        yield child
        yield from executed(child)


SOURCES = [Source(path) for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]
MODULES = {source.name: source for source in SOURCES}
every_source = pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name)


def imported_modules(source: Source) -> set[str]:
    """The modules of this repository that the source loads, the `__init__` of its own package left out."""
    own = {".".join(source.package[:depth]) for depth in range(1, len(source.package) + 1)}
    return (source.at_import & MODULES.keys()) - own


def reached(name: str) -> set[str]:
    """Everything that importing the module loads from this repository."""
    seen: set[str] = set()
    waiting = [name]
    while waiting:
        new = imported_modules(MODULES[waiting.pop()]) - seen
        seen |= new
        waiting += new
    return seen


def test_there_is_something_to_read():
    assert {"reptheory", "reptheory.group", "reptheory.hom"} <= MODULES.keys()


@every_source
def test_the_exact_packages_load_neither_torch_nor_what_is_downstream(source: Source):
    forbidden = {"reptheory": {"torch", "nn", "pdeconv", "intertwiner"}, "pdeconv": {"torch", "nn", "intertwiner"},
                 "nn": {"intertwiner"}, "intertwiner": {"torch", "nn"}}
    assert not {name.split(".")[0] for name in source.at_import} & forbidden[source.name.split(".")[0]]


@every_source
def test_nothing_imports_itself_in_a_circle(source: Source):
    assert source.name not in reached(source.name)


@pytest.mark.parametrize("place", range(len(SPINE)), ids=SPINE)
def test_the_spine_is_imported_in_one_direction(place: int):
    downstream = {f"reptheory.{name}" for name in SPINE[place + 1 :]}
    assert not reached(f"reptheory.{SPINE[place]}") & downstream


def test_a_plan_knows_no_groups():
    plan = {name for name in MODULES if name.startswith("reptheory.plan")}
    assert plan
    for name in plan:
        assert not reached(name) & {f"reptheory.{noun}" for noun in SPINE}


@every_source
def test_a_file_is_one_noun_of_readable_length(source: Source):
    assert len(source.path.read_text(encoding="utf-8").splitlines()) <= LINES
    assert "util" not in source.path.stem and "helper" not in source.path.stem


@every_source
def test_no_module_keeps_a_cache(source: Source):
    assert not source.anywhere & {"functools.cache", "functools.lru_cache"}


@every_source
def test_torch_nn_is_written_out(source: Source):
    assert "torch.nn" not in {
        f"{node.module}.{alias.name}"
        for node in ast.walk(source.tree)
        if isinstance(node, ast.ImportFrom) and not node.level
        for alias in node.names
    }


def loaded_by(statement: str) -> set[str]:
    """The top-level names of what a fresh interpreter holds after the statement."""
    code = f"{statement}; import sys; print(*{{name.split('.')[0] for name in sys.modules}})"
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return set(run.stdout.split())


@pytest.mark.parametrize("package", [name for name in PACKAGES if name != "nn" and name in MODULES])
def test_importing_an_exact_package_loads_no_torch(package: str):
    loaded = loaded_by(f"import {package}")
    assert package in loaded
    assert not loaded & {"torch", "nn", "matplotlib", "sklearn"}


def test_importing_the_layers_loads_no_compiler():
    run = subprocess.run([sys.executable, "-c", "import nn, sys; print('torch._dynamo' in sys.modules)"], cwd=ROOT,
                         capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "False"
