"""Classes of emitted source, and the file that holds them: what they share is written once."""
from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from reptheory.plan import Table

from .emit_shared import BASES, SHARED
from .emit_text import docstring
from .literal import DECODER, literal

RESERVED = {"self", "torch", "F", "base64", "TABLES", "Tabled", "points", "out", "moved", "largest_error", "INPUT",
            "OUTPUT", "ACTIONS", "TURNS", "inside", "OrderedDict", *SHARED, *BASES}


@dataclass(frozen=True)
class ClassText:
    """A class that is still without a name: its base, what `__init__` does after that of the base, methods, constants.

    `attributes` are lines of the class body, and `start` is None where the base has the whole `__init__`.
    """

    summary: str
    start: tuple[str, ...] | None
    methods: tuple[str, ...]
    tables: dict[str, Table] = field(default_factory=dict)
    is_complex: bool = False
    base: str = ""
    attributes: tuple[str, ...] = ()

    def lines(self, name: str, tables: str) -> list[str]:
        """The class under this name, with its constants in a dictionary of that name."""
        base = self.base or ("Tabled" if self.tables else "torch.nn.Module")
        head = [f"class {name}({base}):", *docstring(self.summary, 4)]
        attributes = [*self.attributes, *([f"    tables = {tables}"] if self.tables else [])]
        parts = [head, attributes, self._init(), list(self.methods)]
        lines: list[str] = []
        for part in parts:
            lines += [""] * bool(lines and part) + part
        return lines

    def constants(self, name: str) -> str:
        """The assignment of the dictionary, or nothing where there are no constants."""
        if not self.tables:
            return ""
        entries = [f'    "{key}": {literal(value, 4)},' for key, value in self.tables.items()]
        return "\n".join([f"{name} = {{", *entries, "}"])

    def _init(self) -> list[str]:
        if self.start is None:
            return []
        lines = ["    def __init__(self, device=None, dtype=None):"]
        if self.is_complex:
            lines.append("        dtype = torch.get_default_dtype() if dtype is None else dtype")
        working = "dtype.to_complex()" if self.is_complex else "dtype"
        lines.append(f"        super().__init__(device, {working})" if self.tables else "        super().__init__()")
        return lines + list(self.start)


def file_text(title: str, constants: Sequence[str], classes: Sequence[Sequence[str]], ending: str = "") -> str:
    """The whole file: docstring, imports, the functions that the classes call, constants, classes."""
    blocks = ["\n".join(lines) for lines in classes]
    tables = [text for text in constants if text]
    code = "\n".join([*tables, *blocks, ending])
    shared: list[str] = []
    for name, text in reversed(BASES.items()):
        if f"({name}):" in code:
            shared.insert(0, text)
            code += text
    shared = [text for name, text in SHARED.items() if re.search(rf"(?<![\w.]){name}\(", code)] + shared
    functions = [text.rstrip("\n") for text in shared]
    whole = "\n".join([*functions, *blocks])
    imports = ["import base64"] * (DECODER in shared)
    imports += ["from collections import OrderedDict"] * ("OrderedDict(" in whole)
    imports += [""] * bool(imports) + ["import torch"] + ["import torch.nn.functional as F"] * ("F." in whole)
    text = "\n\n\n".join(["\n".join([*docstring(title, 0), "", *imports]), *functions])
    if tables:
        text += ("\n\n\n" if functions else "\n\n") + "\n\n".join(tables)
    text += "\n\n\n" + "\n\n\n".join(blocks)
    return text + (f"\n\n\n{ending}\n" if ending else "\n")
