"""The class of a plan in emitted source: its weights, the filter made from them, and the forward pass."""
from __future__ import annotations

from fractions import Fraction
from typing import Any

import torch

from reptheory.plan import Plan, Step, Table
from reptheory.plan_ops import OPS, Shape

from .emit_class import RESERVED, ClassText
from .emit_text import assigned, fits, free, is_plain, opened, sequence
from .literal import scalar, shape_text

POSTFIX = {"reshape", "permute", "slice", "reduce", "gather"}  # written after what they act on, so they chain
FUNCTIONS = {
    "elu": "F.elu({})", "gelu": "F.gelu({})", "silu": "F.silu({})", "negative": "torch.neg({})",
    "softplus": "F.softplus({}, threshold=40)",
}
METHODS = {"tables", "self_check", "reset_parameters", "forward"}


class PlanText:
    """The names and lines of the class that runs a plan.

    `rows`: whether the plan takes (batch, channels) and the layer also features with further axes.
    """

    def __init__(self, plan: Plan, rows: bool = False) -> None:
        self.plan = plan = plan.prune()
        self.rows = rows
        names = {p.name for p in plan.params}
        reserved = (set(dir(torch.nn.Module())) | METHODS) & names
        if reserved:
            raise ValueError(f"a parameter {min(reserved)!r} would hide what every emitted module has under this name. "
                             "Rename the parameter.")
        self.method = free("filters", names)
        taken = names | set(dir(torch.nn.Module())) | METHODS | {self.method}
        uses = [arg for step in plan.steps for arg in step.args] + [plan.output]
        self.uses = {name: uses.count(name) for name in uses}
        self.expressions = {name: f"self.{name}" if is_plain(name) else f"getattr(self, {name!r})" for name in names}
        self.tables: dict[str, Table] = {}
        self.attributes: dict[str, str] = {}  # of the constants that are tables
        moving = {*plan.inputs, *names}
        moving |= {step.name for step in plan.fold().steps}
        for const in plan.consts:
            number = scalar(const.value)
            if number is not None and self._is_factor(const.name, moving):
                self.expressions[const.name] = number
                continue
            attribute = free(const.name if is_plain(const.name) else f"const_{len(self.tables)}", taken)
            taken.add(attribute)
            self.tables[attribute] = const.value
            self.attributes[const.name] = attribute
            self.expressions[const.name] = f"self.{attribute}"
        locals_ = set(RESERVED)
        for local in (*plan.inputs, *(step.name for step in plan.steps)):
            self.expressions[local] = free(local if is_plain(local) else f"value_{len(locals_)}", locals_)
            locals_.add(self.expressions[local])
        self.shapes: dict[str, Shape] = {p.name: p.shape for p in plan.params}
        self.shapes |= {c.name: c.value.shape for c in plan.consts}
        for step in plan.weight_steps:
            self.shapes[step.name] = OPS[step.op].shape(*map(self.shapes.get, step.args), **dict(step.attrs))

    def text(self, summary: str = "") -> ClassText:
        """The class, with a summary of its own."""
        ends = f"{', '.join(self.plan.inputs)} -> {self.plan.output}"
        summary = summary or f"{ends}, with {self.plan.size} weights."
        return ClassText(summary, tuple(self._start()), tuple(self._methods()), self.tables, self.plan.is_complex)

    def _methods(self) -> list[str]:
        """The methods that every instance needs, from the initial weights to the forward pass."""
        plan, lines = self.plan, []
        if plan.params:
            lines += ["    def reset_parameters(self):",
                      '        """Draw the weights anew, with the exact variances of the plan."""']
            lines += [self._initial(p.name, Fraction(p.variance)) for p in plan.params]
        if plan.kept:
            title = "The filter" if len(plan.kept) == 1 else "The filters"
            lines += ["", f"    def {self.method}(self):", f'        """{title}, from the weights."""']
            lines += self._block(plan.weight_steps, ", ".join(self.expressions[name] for name in plan.kept))
        arguments = ", ".join(["self", *(self.expressions[x] for x in plan.inputs)])
        lines += ["", opened("    def forward(", arguments, "):")]
        if plan.kept:
            kept = ", ".join(self.expressions[name] for name in plan.kept)
            line = f"        {kept} = self.{self.method}()"
            lines.append(line if fits(line) else opened("        (", kept, f") = self.{self.method}()"))
        body = self._block(plan.data_steps, self.expressions[plan.output])
        if self.rows:
            x = self.expressions[plan.inputs[0]]
            lines += [f"        points = {x}.movedim(1, -1)  # the map acts at each of them",
                      f"        {x} = points.reshape(-1, {x}.shape[1])"]
            body[-1] = body[-1].replace("        return ", "        out = ", 1)
            body.append("        return out.reshape(*points.shape[:-1], -1).movedim(-1, 1)")
        return lines + body

    def _is_factor(self, const: str, moving: set[str]) -> bool:
        """Whether a constant is only added to, or multiplied by, what varies: a number may stand for it."""
        uses = [step for step in self.plan.steps if const in step.args]
        return self.plan.output != const and all(
            step.op in ("add", "mul") and not moving.isdisjoint(step.args) for step in uses)

    def _start(self) -> list[str]:
        """The lines of `__init__` that make the weights."""
        lines = []
        for p in self.plan.params:
            kind = "dtype.to_complex()" if p.scalars == "C" else "dtype"
            empty = f"torch.nn.Parameter(torch.empty({shape_text(p.shape)}, device=device, dtype={kind}))"
            lines.append(f"        self.{p.name} = {empty}" if is_plain(p.name)
                         else f"        self.register_parameter({p.name!r}, {empty})")
        return lines + ["        self.reset_parameters()"] * bool(self.plan.params)

    def _initial(self, name: str, variance: Fraction) -> str:
        """The line that starts a parameter."""
        v, weight = variance, self.expressions[name]
        ratio = f"{v.numerator}" if v.denominator == 1 else f"({v.numerator} / {v.denominator})"
        start = f"normal_({weight}, std={ratio} ** 0.5)" if v else f"zeros_({weight})"
        return f"        torch.nn.init.{start}"

    def _block(self, steps: tuple[Step, ...], result: str) -> list[str]:
        """Straight-line code: a step a line, but reshapes and their like follow on what they act on."""
        local = {step.name for step in steps}
        lines: list[tuple[str, str]] = []
        open_: dict[str, str] = {}  # values that are written where they are used, once
        for step in steps:
            first = open_.pop(step.args[0], None) if step.op in POSTFIX and step.args[0] in open_ else None
            args = [self.expressions[a] for a in step.args]
            text = self._expression(step, [first or args[0], *args[1:]])
            if first is not None and not fits(f"        {self.expressions[step.name]} = {text}"):
                lines.append((args[0], first))
                text = self._expression(step, args)
            chained = [s for s in steps if s.args[0] == step.name and s.op in POSTFIX]
            once = self.uses.get(step.name, 0) == 1 and step.name not in self.plan.kept
            if once and chained and step.op in POSTFIX and len(step.args) < 3:  # signs make a product
                open_[step.name] = text
            else:
                lines.append((self.expressions[step.name], text))
        if lines and lines[-1][0] == result and local:
            last = assigned("return ", lines.pop()[1])
        else:
            last = f"        return {result}"
        return [*(assigned(f"{n} = ", t) for n, t in lines), last]

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
                return f"torch.cat({sequence(args)}, dim={a['axis']})"
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


def _same(values: tuple[int, ...]) -> str:
    """One number where all are equal, as torch allows."""
    return str(values[0]) if len(set(values)) == 1 else str(values)
