"""source(plan): the stand-alone text of a layer that needs torch only."""
from __future__ import annotations

import keyword
import textwrap
from fractions import Fraction
from typing import Any

import torch

from reptheory.plan import Plan, Step
from reptheory.plan_ops import OPS, Shape

from .literal import DECODER, WIDTH, literal, needs_decoder, scalar, shape_text

RESERVED = {"self", "torch", "F", "base64", "table", "circular", "TABLES"}
POSTFIX = {"reshape", "permute", "slice", "reduce", "gather"}  # written after what they act on, so they chain
FUNCTIONS = {
    "elu": "F.elu({})", "gelu": "F.gelu({})", "silu": "F.silu({})", "negative": "torch.neg({})",
    "softplus": "F.softplus({}, threshold=40)",
}
CIRCULAR = '''\
def circular(x, widths):
    """Continue the last axes of x periodically, also more than once around."""
    for axis, (low, high) in enumerate(widths, start=x.ndim - len(widths)):
        size = x.shape[axis]
        x = x.index_select(axis, torch.arange(-low, size + high, device=x.device) % size)
    return x
'''
APPLY = '''\
    def _apply(self, fn, recurse=True):
        """Follow .to and .double; constants are rounded from TABLES again, so that no digit is lost."""
        super()._apply(fn, recurse)
        for key, value in TABLES.items():
            buffer = self._buffers[key]
            self._buffers[key] = value.to(buffer.device, buffer.dtype)
        return self
'''


def source(plan: Plan | torch.nn.Module, name: str = "Layer") -> str:
    """The text of a module that needs torch only, with the parameters of the plan, or of a layer's plan.

    Checkpoints go from one to the other, and outputs are equal bit by bit. Raises TypeError for a module that
    runs no plan, ValueError for a name that no class can have.

    >>> from reptheory.plan import Param, Plan, Step
    >>> w = Param("weight", (3, 2), Fraction(1))
    >>> step = Step.make("y", "conv", "x", "weight", stride=(), padding=(), dilation=())
    >>> print(source(Plan(("x",), (w,), (), (step,), "y")).partition("def forward")[2])
    (self, x):
            return F.linear(x.movedim(1, -1), self.weight).movedim(-1, 1)
    <BLANKLINE>
    """
    found = plan if isinstance(plan, Plan) else getattr(plan, "plan", None)
    if not isinstance(found, Plan):
        raise TypeError(f"source takes a Plan or a layer that runs one, not {type(plan).__name__}. "
                        "Emit the layers that it contains one by one.")
    if not name.isidentifier() or keyword.iskeyword(name) or name in RESERVED:
        raise ValueError(f"{name!r} cannot be the name of the class. Choose another, as in name='Layer'.")
    return _Text(found.prune(), found.digest, name).module()


class _Text:
    """The names and lines of one emitted module."""

    def __init__(self, plan: Plan, digest: str, name: str) -> None:
        self.plan, self.digest, self.name = plan, digest, name
        self.method = "filters" if "filters" not in {p.name for p in plan.params} else "filters_"
        taken = {p.name for p in plan.params} | set(dir(torch.nn.Module())) | {self.method}
        uses = [arg for step in plan.steps for arg in step.args] + [plan.output]
        self.uses = {name: uses.count(name) for name in uses}
        self.expressions = {p.name: f"self.{p.name}" for p in plan.params}
        self.tables = {}
        moving = {*plan.inputs, *(p.name for p in plan.params)}
        moving |= {step.name for step in plan.fold().steps}
        for const in plan.consts:
            number = scalar(const.value)
            if number is not None and self._is_factor(const.name, moving):
                self.expressions[const.name] = number
                continue
            attribute = _free(const.name, taken)
            self.tables[attribute] = const.value
            self.expressions[const.name] = f"self.{attribute}"
        for local in (*plan.inputs, *(step.name for step in plan.steps)):
            self.expressions[local] = _free(local, RESERVED)
        self.shapes: dict[str, Shape] = {p.name: p.shape for p in plan.params}
        self.shapes |= {c.name: c.value.shape for c in plan.consts}
        for step in plan.weight_steps:
            self.shapes[step.name] = OPS[step.op].shape(*map(self.shapes.get, step.args), **dict(step.attrs))

    def module(self) -> str:
        """The whole text."""
        plan = self.plan
        body = [f"class {self.name}(torch.nn.Module):", *self._quoted(self._summary(), 4), *self._init()]
        if self.tables:
            body += ["", *APPLY.splitlines()]
        if plan.kept:
            kept = ", ".join(self.expressions[name] for name in plan.kept)
            title = "The filter" if len(plan.kept) == 1 else "The filters"
            body += ["", f"    def {self.method}(self):", f'        """{title}, from the weights."""']
            body += self._block(plan.weight_steps, kept)
        arguments = ", ".join(["self", *(self.expressions[x] for x in plan.inputs)])
        body += ["", _opened("    def forward(", arguments, "):")]
        if plan.kept:
            line = f"        {kept} = self.{self.method}()"
            body.append(line if _fits(line) else _opened("        (", kept, f") = self.{self.method}()"))
        body += self._block(plan.data_steps, self.expressions[plan.output])
        tables = self._tables()
        text = "\n".join(body)
        blocks = [tables] if tables else []
        if "circular(" in text:
            blocks.insert(0, CIRCULAR)
        if needs_decoder(tables):
            blocks.insert(0, DECODER)
        imports = ["import torch"] + ["import torch.nn.functional as F"] * ("F." in text)
        if needs_decoder(tables):
            imports = ["import base64", "", *imports]
        note = plan.note or f"The map of a plan, as {self.name}."
        head = [*self._quoted(f"{note}\n\nEmitted from the plan {self.digest}.", 0), "", *imports]
        gap = "\n\n" if blocks and blocks[0] == tables else "\n\n\n"
        return "\n".join(head) + gap + "\n\n\n".join([*(b.rstrip("\n") for b in blocks), text]) + "\n"

    def _is_factor(self, const: str, moving: set[str]) -> bool:
        """Whether a constant is only added to, or multiplied by, what varies: a number may stand for it."""
        uses = [step for step in self.plan.steps if const in step.args]
        return self.plan.output != const and all(
            step.op in ("add", "mul") and not moving.isdisjoint(step.args) for step in uses)

    def _summary(self) -> str:
        ends = f"{', '.join(self.plan.inputs)} -> {self.plan.output}"
        return f"{ends}, with {self.plan.size} weights."

    def _quoted(self, text: str, indent: int) -> list[str]:
        """A docstring, wrapped, with nothing in it that could end it early."""
        safe = text.replace("\\", "\\\\").replace('"""', "'''")
        width = WIDTH - indent - 6
        lines = [line for part in safe.split("\n") for line in textwrap.wrap(part, width) or [""]]
        if lines[-1].endswith('"'):
            lines[-1] += " "
        lines[0], pad = '"""' + lines[0], " " * indent
        ending = ['"""'] if len(lines) > 1 else []
        if not ending:
            lines[0] += '"""'
        return [(pad + line).rstrip() for line in lines + ending]

    def _tables(self) -> str:
        if not self.tables:
            return ""
        entries = [f'    "{name}": {literal(value, 4)},' for name, value in self.tables.items()]
        return "\n".join(["TABLES = {", *entries, "}"])

    def _init(self) -> list[str]:
        plan = self.plan
        lines = ["", "    def __init__(self, device=None, dtype=None):", "        super().__init__()"]
        if self.tables:
            lines.append("        device = torch.get_default_device() if device is None else device")
        if self.tables or plan.is_complex:
            lines.append("        dtype = torch.get_default_dtype() if dtype is None else dtype")
        for p in plan.params:
            kind = "dtype.to_complex()" if p.scalars == "C" else "dtype"
            empty = f"torch.empty({shape_text(p.shape)}, device=device, dtype={kind})"
            lines.append(f"        self.{p.name} = torch.nn.Parameter({empty})")
        if self.tables:
            working = "dtype.to_complex()" if plan.is_complex else "dtype"
            inexact = "value.is_floating_point()" + " or value.is_complex()" * plan.is_complex
            lines += [
                "        for key, value in TABLES.items():  # constants, which no checkpoint holds",
                f"            kind = {working} if {inexact} else value.dtype",
                "            self.register_buffer(key, value.to(device, kind), persistent=False)",
            ]
        if plan.params:
            lines += ["        self.reset_parameters()", "", "    def reset_parameters(self):",
                      '        """Draw the weights anew, with the exact variances of the plan."""']
        for p in plan.params:
            v = Fraction(p.variance)
            ratio = f"{v.numerator}" if v.denominator == 1 else f"({v.numerator} / {v.denominator})"
            start = f"normal_(self.{p.name}, std={ratio} ** 0.5)" if v else f"zeros_(self.{p.name})"
            lines.append(f"        torch.nn.init.{start}")
        return lines

    def _block(self, steps: tuple[Step, ...], result: str) -> list[str]:
        """Straight-line code: a step a line, but reshapes and their like follow on what they act on."""
        local = {step.name for step in steps}
        lines: list[tuple[str, str]] = []
        open_: dict[str, str] = {}  # values that are written where they are used, once
        for step in steps:
            first = open_.pop(step.args[0], None) if step.op in POSTFIX and step.args[0] in open_ else None
            args = [self.expressions[a] for a in step.args]
            text = self._expression(step, [first or args[0], *args[1:]])
            if first is not None and not _fits(f"        {self.expressions[step.name]} = {text}"):
                lines.append((args[0], first))
                text = self._expression(step, args)
            chained = [s for s in steps if s.args[0] == step.name and s.op in POSTFIX]
            once = self.uses.get(step.name, 0) == 1 and step.name not in self.plan.kept
            if once and chained and step.op in POSTFIX and len(step.args) < 3:  # signs make a product
                open_[step.name] = text
            else:
                lines.append((self.expressions[step.name], text))
        if lines and lines[-1][0] == result and local:
            last = self._assigned("return ", lines.pop()[1])
        else:
            last = f"        return {result}"
        return [*(self._assigned(f"{n} = ", t) for n, t in lines), last]

    def _assigned(self, head: str, text: str) -> str:
        """A line; when it is too long, its brackets are opened up, or put around it."""
        line = f"        {head}{text}"
        if _fits(line):
            return line
        function, bracket, inner = text.partition("(")
        if not bracket or not _closes_last(inner):
            function, inner = "", text + ")"
        return _opened(f"        {head}{function}(", inner[:-1], ")")

    def _expression(self, step: Step, args: list[str]) -> str:
        """The torch expression of a step."""
        a: dict[str, Any] = dict(step.attrs)
        x = args[0]
        match step.op:
            case "gather":
                rows = f"{x}.index_select(0, {args[1]})"
                return rows if len(args) == 2 else f"{rows} * {self._column(args[2], step.args[0], x)}"
            case "expand":
                return f"torch.tensordot({x}, {args[1]}, dims=1)"
            case "einsum":
                return f'torch.einsum("{a["equation"]}", {", ".join(args)})'
            case "reshape":
                return f"{x}.reshape({shape_text(a['shape'])})"
            case "permute":
                return f"{x}.permute({shape_text(a['axes'])})"
            case "concat":
                return f"torch.cat({_tuple(args)}, dim={a['axis']})"
            case "slice":
                if a["axis"] < 0:
                    return f"{x}.narrow({a['axis']}, {a['start']}, {a['stop'] - a['start']})"
                return f"{x}[{':, ' * a['axis']}{a['start']}:{a['stop']}]"
            case "pad":
                if a["mode"] == "circular":
                    return f"circular({x}, {a['widths']})"
                flat = tuple(n for width in reversed(a["widths"]) for n in width)
                return f"F.pad({x}, {flat}" + ("" if a["mode"] == "zeros" else f', mode="{a["mode"]}"') + ")"
            case "conv":
                return _conv(args, a)
            case "add" | "mul":
                return f"{x} {'+' if step.op == 'add' else '*'} {args[1]}"
            case "pointwise":
                return FUNCTIONS.get(a["fn"], f"torch.{a['fn']}({{}})").format(x)
            case "reduce":
                kind = "amax" if a["kind"] == "max" else a["kind"]
                keep = ", keepdim=True" if a["keepdims"] else ""
                return f"{x}.{kind}({a['axes']}{', correction=0' if kind == 'var' else ''}{keep})"
            case "shift":
                return f"torch.roll({x}, {a['offsets']}, {a['axes']})"
        raise AssertionError(step.op)  # the table of operations is closed, and plans are checked against it

    def _column(self, sign: str, w: str, text: str) -> str:
        """A vector of signs, shaped to multiply the rows of w."""
        if w not in self.shapes:
            return f"{sign}.reshape(-1, *[1] * ({text}.ndim - 1))"
        trailing = len(self.shapes[w]) - 1
        return f"{sign}[:{', None' * trailing}]" if trailing else sign


def _conv(args: list[str], a: dict) -> str:
    n = len(a["stride"])
    if n == 0:
        return f"F.linear({args[0]}.movedim(1, -1), {', '.join(args[1:])}).movedim(-1, 1)"
    options = [f"{key}={_same(a[key])}" for key, usual in (("stride", 1), ("padding", 0), ("dilation", 1))
               if a[key] != (usual,) * n]
    options += [f"groups={a['groups']}"] * (a["groups"] != 1)
    return f"F.conv{n}d({', '.join([*args, *options])})"


def _fits(line: str) -> bool:
    return len(line) <= WIDTH


def _opened(head: str, inner: str, tail: str) -> str:
    """What stands in brackets, on lines of its own where one line is too short."""
    if _fits(head + inner + tail):
        return head + inner + tail
    outer = " " * (len(head) - len(head.lstrip()))
    lines = textwrap.fill(inner, WIDTH, initial_indent=outer + "    ", subsequent_indent=outer + "    ",
                          break_long_words=False, break_on_hyphens=False)
    return f"{head}\n{lines}\n{outer}{tail}"


def _closes_last(text: str) -> bool:
    """Whether the bracket that is open before the text is closed by its last character."""
    depth = 1
    for place, c in enumerate(text):
        depth += (c == "(") - (c == ")")
        if depth == 0:
            return place == len(text) - 1
    return False


def _same(values: tuple[int, ...]) -> str:
    """One number where all are equal, as torch allows."""
    return str(values[0]) if len(set(values)) == 1 else str(values)


def _tuple(names: list[str]) -> str:
    return f"({', '.join(names)}{',' if len(names) == 1 else ''})"


def _free(name: str, taken: set[str]) -> str:
    while name in taken:
        name += "_"
    return name
