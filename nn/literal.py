"""Constants as the text of emitted source: lists where a person would read them, otherwise base64."""
from __future__ import annotations

import base64
import textwrap

import numpy as np

from reptheory.plan import Table

WIDTH = 108
FEW_INTEGERS, FEW_NUMBERS = 256, 32  # the longest lists written out
NARROW = ("int8", "int16", "int32", "int64")

DECODER = '''\
def table(text, dtype):
    """Numbers from their little-endian bytes in base64."""
    return torch.frombuffer(bytearray(base64.b64decode(text)), dtype=dtype)
'''


def literal(table: Table, indent: int) -> str:
    """An expression for the tensor of a table, exactly; its later lines are indented."""
    array = _as_integers(table.array)
    flat = array.ravel()
    if not flat.size:
        return f"torch.zeros({table.shape}, dtype=torch.{table.dtype})"
    few = FEW_INTEGERS if array.dtype.kind in "ib" else FEW_NUMBERS
    if flat.size <= few and array.dtype.kind != "c":
        return _listed(table, array, indent)
    if array.dtype.kind == "i":
        flat = flat.astype(next(kind for kind in NARROW if (flat == flat.astype(kind)).all()))
    cast = "" if flat.dtype.name == table.dtype else f".to(torch.{table.dtype})"
    shape = f".reshape({shape_text(table.shape)})" if len(table.shape) != 1 else ""
    text = base64.b64encode(flat.tobytes()).decode()
    pad = " " * (indent + 4)
    lines = "\n".join(pad + line for line in textwrap.wrap(text, WIDTH - len(pad)))
    return f'table("""\n{lines}\n{" " * indent}""", torch.{flat.dtype.name}){cast}{shape}'


def shape_text(shape: tuple[int, ...]) -> str:
    """A shape as arguments, as a person would write it; the empty shape stays a tuple."""
    return ", ".join(map(str, shape)) if shape else "()"


def needs_decoder(text: str) -> bool:
    """Whether the emitted text calls the decoder."""
    return "table(" in text


def scalar(table: Table) -> str | None:
    """A number that every floating type holds exactly, for a table with no axes; None for others."""
    if table.shape or table.dtype not in ("int64", "float64"):
        return None
    number = table.array.item()
    if abs(number) > 1 or number * 128 != int(number * 128):  # at most seven bits: bfloat16 has eight
        return repr(number) if abs(number) <= 128 and number == int(number) else None
    return repr(number)


def _as_integers(array: np.ndarray) -> np.ndarray:
    """Signs and small integers, which read better without points; other arrays as they are."""
    if array.dtype.kind != "f" or (np.abs(array) >= 2**31).any() or np.signbit(array[array == 0]).any():
        return array
    return array.astype(np.int64) if (array == np.rint(array)).all() else array


def _listed(table: Table, array: np.ndarray, indent: int) -> str:
    """torch.tensor([...]), wrapped; flat lists are reshaped when they take more than a line."""
    kind = "" if table.dtype in ("int64", "bool") else f", dtype=torch.{table.dtype}"
    short = f"torch.tensor({array.tolist()!r}{kind})"
    if len(short) + indent + 20 <= WIDTH:
        return short
    pad = " " * (indent + 4)
    entries = textwrap.fill(", ".join(map(repr, array.ravel().tolist())), WIDTH, initial_indent=pad,
                            subsequent_indent=pad, break_long_words=False, break_on_hyphens=False)
    shape = f".reshape({shape_text(table.shape)})" if len(table.shape) != 1 else ""
    return f"torch.tensor([\n{entries}\n{' ' * indent}]{kind}){shape}"
