"""Classes of emitted source, and the file that holds them: what they share is written once."""
from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from reptheory.plan import Table

from .emit_text import docstring
from .literal import DECODER, literal

TABLED = '''\
class Tabled(torch.nn.Module):
    """A module with constants, its `tables`: in no checkpoint, and rounded once to the dtype it is in."""

    def __init__(self, device=None, dtype=None):
        super().__init__()
        device = torch.get_default_device() if device is None else device
        dtype = torch.get_default_dtype() if dtype is None else dtype
        for key, value in self.tables.items():
            exact = value.dtype in (torch.int64, torch.bool)
            self.register_buffer(key, value.to(device, value.dtype if exact else dtype), persistent=False)

    def _apply(self, fn, recurse=True):
        """Follow .to and .double; constants are rounded from the tables again, so that no digit is lost."""
        super()._apply(fn, recurse)
        for key, value in self.tables.items():
            buffer = self._buffers[key]
            self._buffers[key] = value.to(buffer.device, buffer.dtype)
        return self
'''
CIRCULAR = '''\
def circular(x, widths):
    """Continue the last axes of x periodically, also more than once around."""
    for axis, (low, high) in enumerate(widths, start=x.ndim - len(widths)):
        size = x.shape[axis]
        x = x.index_select(axis, torch.arange(-low, size + high, device=x.device) % size)
    return x
'''
FIELDS = '''\
def fields(x, summands):
    """The views (batch, dim, copies, *spatial) of the summands: representation index slow, copies fast."""
    parts = x.split([copies * dim for copies, dim in summands], 1)
    return [part.unflatten(1, (dim, copies)) for part, (copies, dim) in zip(parts, summands)]
'''
JOINED = '''\
def joined(parts):
    """The features (batch, channels, *spatial) whose summands are these parts."""
    flat = [part.flatten(1, 2) for part in parts]
    return flat[0] if len(flat) == 1 else torch.cat(flat, 1)
'''
SQUARED_NORM = '''\
def squared_norm(part):
    """The square of the length of each field of (batch, dim, copies, *spatial), in float32 at least."""
    if part.is_complex():
        part = torch.view_as_real(part)
        return part.square().sum(-1).sum(1, keepdim=True)
    wide = part.float() if part.dtype in (torch.float16, torch.bfloat16) else part
    return wide.square().sum(1, keepdim=True)
'''
SHARED = {"table": DECODER, "circular": CIRCULAR, "fields": FIELDS, "joined": JOINED, "squared_norm": SQUARED_NORM}
RESERVED = {"self", "torch", "F", "base64", "TABLES", "Tabled", "points", "out", "moved", "largest_error", "INPUT",
            "OUTPUT", "ACTIONS", "TURNS", *SHARED}


@dataclass(frozen=True)
class ClassText:
    """A class that is still without a name: what `__init__` does after that of its base, methods, constants."""

    summary: str
    start: tuple[str, ...]
    methods: tuple[str, ...]
    tables: dict[str, Table] = field(default_factory=dict)
    is_complex: bool = False

    def lines(self, name: str, tables: str) -> list[str]:
        """The class under this name, with its constants in a dictionary of that name."""
        base = "Tabled" if self.tables else "torch.nn.Module"
        lines = [f"class {name}({base}):", *docstring(self.summary, 4), ""]
        if self.tables:
            lines += [f"    tables = {tables}", ""]
        lines.append("    def __init__(self, device=None, dtype=None):")
        if self.is_complex:
            lines.append("        dtype = torch.get_default_dtype() if dtype is None else dtype")
        working = "dtype.to_complex()" if self.is_complex else "dtype"
        lines.append(f"        super().__init__(device, {working})" if self.tables else "        super().__init__()")
        lines += self.start
        return [*lines, *([""] if self.methods and self.methods[0] else []), *self.methods]

    def constants(self, name: str) -> str:
        """The assignment of the dictionary, or nothing where there are no constants."""
        if not self.tables:
            return ""
        entries = [f'    "{key}": {literal(value, 4)},' for key, value in self.tables.items()]
        return "\n".join([f"{name} = {{", *entries, "}"])


def file_text(title: str, constants: Sequence[str], classes: Sequence[Sequence[str]], ending: str = "") -> str:
    """The whole file: docstring, imports, the functions that the classes call, constants, classes."""
    blocks = ["\n".join(lines) for lines in classes]
    tables = [text for text in constants if text]
    code = "\n".join([*tables, *blocks, ending])
    shared = [text for name, text in SHARED.items() if re.search(rf"(?<![\w.]){name}\(", code)]
    if any("(Tabled):" in block for block in blocks):
        shared.append(TABLED)
    whole = [*(text.rstrip("\n") for text in shared), *blocks]
    imports = ["import base64", ""] * (DECODER in shared) + ["import torch"]
    imports += ["import torch.nn.functional as F"] * ("F." in "\n".join(whole))
    head = "\n".join([*docstring(title, 0), "", *imports])
    functions = "\n\n\n".join(text.rstrip("\n") for text in shared)
    start = [head, *([functions] if functions else [])]
    text = "\n\n\n".join(start)
    if tables:
        text += ("\n\n\n" if functions else "\n\n") + "\n\n".join(tables)
    text += "\n\n\n" + "\n\n\n".join(blocks)
    return text + (f"\n\n\n{ending}\n" if ending else "\n")
