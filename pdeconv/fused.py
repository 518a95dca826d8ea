"""Fused kernels: a step as one loop over rows, compiled by numba (the extra `fast`).

Rows of cell fields live in a ring of 2·reach + 1 rows and faces in rows of their own, so that a step reads and writes
each unknown once. Every loop runs along a row and is a vector loop; the names in the source are all made here.
"""
from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

from .lower import Face, Kernel
from .program import Argument, Program

INFIX = {"add": "+", "sub": "-", "mul": "*", "div": "/", "lt": "<", "le": "<=", "gt": ">", "ge": ">=", "eq": "==",
         "ne": "!=", "and": "&", "or": "|"}
CALLS = {"sqrt": "math.sqrt", "abs": "abs", "min": "min", "max": "max", "exp": "math.exp", "log": "math.log",
         "sin": "math.sin", "cos": "math.cos", "tan": "math.tan", "tanh": "math.tanh", "pow": "pow"}


def fused(kernel: Kernel) -> Callable:
    """The compiled function (padded, base, weight, ratios, step, out): out = base + weight · rate, inside the padding.

    The three arrays have the same padded shape (unknowns, …, y, x); base may be padded itself. Sums are reassociated,
    so results agree with other back ends to rounding. Raises NoBackend without numba, or in three dimensions.
    """
    from .stepper import NoBackend
    try:
        import numba
    except ImportError:
        raise NoBackend("the back end 'numba' needs numba. Install intertwiner[fast], or use 'numpy'.") from None
    if kernel.ndim > 2:
        raise NoBackend("the back end 'numba' makes kernels in one and two dimensions. Use 'numpy' or 'torch'.")
    text = source(kernel)
    scope: dict[str, Any] = {}
    exec(compile(text, "<fused kernel>", "exec"), scope)
    return numba.njit(error_model="numpy", fastmath=True, nogil=True)(scope["step"])


def source(kernel: Kernel) -> str:
    """The Python source of a fused kernel.

    >>> from pdeconv import catalog, lower
    >>> print(source(lower(catalog.advection().at(a_x=1).scheme("upwind"))).splitlines()[2])
    def step(P, B, weight, ratios, dt, O):
    """
    return "\n".join(_lines(kernel)) + "\n"


def _lines(kernel: Kernel) -> Iterator[str]:
    n, h, m = kernel.size, kernel.reach, len(kernel.cell.outputs)
    flat = kernel.ndim == 1
    depth = 1 if flat else 2 * h + 1
    here = "0" if flat else f"i + {h}"
    yield "import math"
    yield "import numpy as np"
    yield "def step(P, B, weight, ratios, dt, O):"
    yield "    T = P.dtype.type"
    yield "    W = P.shape[-1]"
    yield f"    N = W - {2 * h}"
    if flat:
        yield from (f"    {a} = {a}.reshape(({n}, 1, W))" for a in "PBO")
    yield f"    C = np.empty(({max(m, 1)}, {depth}, W), P.dtype)"
    yield f"    F = np.empty(({n}, W), P.dtype)"
    yield f"    G = np.empty(({n}, 2, W), P.dtype)"
    yield "    r_x = ratios[0]"
    if not flat:
        yield "    r_y = ratios[1]"
        yield f"    for p in range({2 * h}):"
        yield from _cell(kernel, "p", depth, "        ")
        yield from _face(kernel, kernel.faces[1], h, depth, f"{h}", "0", "    ")
    yield f"    for i in range({1 if flat else f'P.shape[1] - {2 * h}'}):"
    if flat:
        yield from _cell(kernel, "0", depth, "        ")
    else:
        yield f"        p = i + {2 * h}"
        yield from _cell(kernel, "p", depth, "        ")
    yield from _face(kernel, kernel.faces[0], h, depth, here, "0", "        ")
    if not flat:
        yield from _face(kernel, kernel.faces[1], h, depth, f"i + {h + 1}", "(i + 1) % 2", "        ")
    if kernel.source is not None:
        for k in range(n):
            yield f"        p{k} = P[{k}, {here}, {h}:{h} + N]"
    for k in range(n):
        yield f"        f, b, o = F[{k}], B[{k}, {here}, {h}:{h} + N], O[{k}, {here}, {h}:{h} + N]"
        change = "r_x * (f[j] - f[j + 1])"
        if not flat:
            yield f"        g, e = G[{k}, i % 2], G[{k}, (i + 1) % 2]"
            change += " + r_y * (e[j] - g[j])"
        yield "        for j in range(N):"
        if kernel.source is not None:
            yield from _program(Program(kernel.source.inputs, kernel.source.steps, (kernel.source.outputs[k],)),
                                {f"q{i}": f"p{i}[j]" for i in range(n)}, ["s"], "            ")
            change += " + dt * s"
        yield f"            o[j] = b[j] + weight * ({change})"


def _cell(kernel: Kernel, row: str, depth: int, indent: str) -> Iterator[str]:
    """The cell fields of one padded row."""
    if not kernel.cell.outputs:
        yield f"{indent}pass"
        return
    for k in range(kernel.size):
        yield f"{indent}q{k} = P[{k}, {row}]"
    for k in range(len(kernel.cell.outputs)):
        yield f"{indent}c{k} = C[{k}, {row} % {depth}]"
    yield f"{indent}for j in range(W):"
    yield from _program(kernel.cell, {f"q{k}": f"q{k}[j]" for k in range(kernel.size)},
                        [f"c{k}[j]" for k in range(len(kernel.cell.outputs))], indent + "    ")


def _face(kernel: Kernel, face: Face, h: int, depth: int, row: str, slot: str, indent: str) -> Iterator[str]:
    """The fluxes through a row of faces: those of x in F, those of y before a padded row in G."""
    x = face.axis == 0
    inputs: dict[str, str] = {"r": "r_x" if x else "r_y"}
    views: dict[tuple[int, int, int], str] = {}
    for name, (field, offset) in face.loads.items():
        dx = offset[0] + (h - 1 if x else h)
        dy = 0 if kernel.ndim == 1 else (-offset[1])
        key = (field, dy, dx)
        if key not in views:
            views[key] = f"v{len(views)}"
            at = row if not dy else f"{row} {'+' if dy > 0 else '-'} {abs(dy)}"
            place = f"P[{field}, {at}" if field < kernel.size else f"C[{field - kernel.size}, ({at}) % {depth}"
            yield f"{indent}{views[key]} = {place}, {dx}:{dx} + N{' + 1' if x else ''}]"
        inputs[name] = f"{views[key]}[j]"
    for k in range(kernel.size):
        yield f"{indent}w{k} = {f'F[{k}]' if x else f'G[{k}, {slot}]'}"
    yield f"{indent}for j in range(N{' + 1' if x else ''}):"
    yield from _program(face.program, inputs, [f"w{k}[j]" for k in range(kernel.size)], indent + "    ")


def _program(made: Program, names: dict[str, str], targets: list[str], indent: str) -> Iterator[str]:
    """The assignments of a program."""
    def value(a: Argument) -> str:
        return names.get(a, a) if isinstance(a, str) else _number(a)
    needed = {a for a in made.outputs if isinstance(a, str)}
    kept = []
    for step in reversed(made.steps):
        if step.name in needed:
            kept.append(step)
            needed |= {a for a in step.args if isinstance(a, str)}
    for name in sorted(needed & set(names)):
        local = f"l_{name}"
        yield f"{indent}{local} = {names[name]}"
        names = {**names, name: local}
    for step in kept[::-1]:
        args = [value(a) for a in step.args]
        yield f"{indent}{step.name} = {_call(step.op, args)}"
    for target, a in zip(targets, made.outputs):
        yield f"{indent}{target} = {value(a)}"


def _call(op: str, args: list[str]) -> str:
    if op in INFIX:
        return f" {INFIX[op]} ".join(args)
    if op in CALLS:
        return f"{CALLS[op]}({', '.join(args)})"
    special = {"neg": "-{0}", "pi": "math.pi", "not": "not {0}", "select": "{1} if {0} else {2}",
               "sign": "(1.0 if {0} > 0 else (-1.0 if {0} < 0 else 0.0))"}
    return special[op].format(*args)


def _number(a: Fraction) -> str:
    return f"T({float(a)!r})"
