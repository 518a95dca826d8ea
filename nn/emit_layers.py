"""The classes of our layers in emitted source: plans by their plan, the others by the forward pass written out."""
from __future__ import annotations

from typing import Any

import torch

import reptheory as rt
from reptheory.plan import Plan, Table

from .activation import Gate, NormActivation, Pointwise, identity
from .change import Pullback, Reorder, Restrict
from .dropout import FieldDropout
from .emit_class import ClassText
from .emit_hyperbolic import HYPERBOLIC
from .emit_plan import PlanText
from .emit_text import quoted
from .emit_torch import NoSource, constructor, function_name, refuse_changed
from .linear import EquivariantLinear
from .module import PlanModule
from .norm import EquivariantBatchNorm, Statistics
from .permutation import PermutationLinear
from .pool import AvgPool, BlurPool, InvariantPool, MaxPool, Upsample
from .symmetric_contraction import SymmetricContraction
from .tensor_product import TensorProduct

CHANGES = (Pullback, Reorder, Restrict)
POOLS = "(F.{0}_pool1d, F.{0}_pool2d, F.{0}_pool3d)[x.ndim - 3]"


def class_text(layer: torch.nn.Module) -> ClassText:
    """The class of a layer of ours, or of a module that runs a plan; NoSource for others and for changed ones.

    >>> print(*class_text(Pointwise(rt.D(4).regular, "tanh")).lines("Tanh", "")[-2:], sep="\\n")
        def forward(self, x):
            return torch.tanh(x)
    """
    kind = type(layer)
    refuse_changed(layer)
    refuse_overridden(kind)
    for known, writer in WRITERS.items():
        if isinstance(layer, known) and kind.forward is known.forward:
            return writer(layer)
    if isinstance(layer, PlanModule) and _runs_its_plan(layer):
        return plan_text(layer).text(_summary(layer))
    if isinstance(layer, PermutationLinear):
        raise NoSource("PermutationLinear runs at every n, and its plan at one: write layer.at(n)")
    raise NoSource(f"{kind.__name__} is not one of them, and runs no plan")


def is_ours(layer: torch.nn.Module) -> bool:
    """Whether a layer is of a class of nn, or of one derived from it."""
    return any(map(_of_nn, type(layer).__mro__))


def plan_text(layer: PlanModule) -> PlanText:
    """The names and lines of a layer that runs a plan."""
    return PlanText(layer.plan, rows=isinstance(layer, EquivariantLinear) and layer.plan.steps[-1].op != "conv")


def facts(plan: Plan) -> list[str]:
    """Dimension, certificate and address of a plan, as lines."""
    hom = plan.origin if isinstance(plan.origin, rt.Hom) else None
    lines = [plan.note] * bool(hom is None and plan.note)
    if hom is not None:
        certificate = repr(hom.certificate).removeprefix("<Certificate: ").removesuffix(">")
        lines += [f"Dimension: {repr(hom).partition('  # dim ')[2]}.", f"Certificate: {certificate}."]
    return [*lines, f"Plan: {plan.digest}."]


def _of_nn(kind: type) -> bool:
    return kind.__module__.partition(".")[0] == __package__


def refuse_overridden(kind: type) -> None:
    """Raise NoSource for a class derived from one of ours that has another method or property of the same name."""
    ours = next((c for c in kind.__mro__ if _of_nn(c)), None)
    for c in () if ours is None else kind.__mro__[:kind.__mro__.index(ours)]:
        for name, value in vars(c).items():
            public = name == "__call__" or not (name.startswith("__") or name == "extra_repr")
            if public and hasattr(ours, name) and (callable(value) or isinstance(value, property)):
                raise NoSource(f"{c.__name__} has a {name} of its own")


def _runs_its_plan(layer: PlanModule) -> bool:
    """Whether its forward pass is one of ours: a subclass may have another."""
    owner = next(c for c in type(layer).__mro__ if "forward" in vars(c))
    own = (PlanModule, EquivariantLinear, SymmetricContraction, TensorProduct)
    return owner.__module__ in (*(c.__module__ for c in own), "nn.conv")


def _summary(layer: PlanModule) -> str:
    return "\n".join([repr(layer) if hasattr(layer, "hom") else "The map of a plan.", "", *facts(layer.plan)])


def _simple(layer: torch.nn.Module, *body: str, start: tuple[str, ...] = (), **options: Any) -> ClassText:
    """A class with a forward pass of these lines."""
    lines = [f"        {line}" if line else "" for line in body]
    return ClassText(repr(layer), tuple(f"        {line}" for line in start),
                     ("    def forward(self, x):", *lines), **options)


def _function(fn: Any, attribute: str) -> tuple[tuple[str, ...], str]:
    """The lines that a function needs in `__init__`, and its call with a gap for the argument."""
    if isinstance(fn, torch.nn.Module):
        return (f"self.{attribute} = {constructor(fn)}",), f"self.{attribute}({{}})"
    return (), "{}" if fn is identity else f"{function_name(fn)}({{}})"


def _layout(rep: rt.Rep) -> str:
    return repr(tuple((m, a.dim) for m, a in rep.summands))


def _pointwise(layer: Pointwise) -> ClassText:
    start, call = _function(layer.fn, "fn")
    return _simple(layer, f"return {call.format('x')}", start=start)


def _norm_activation(layer: NormActivation) -> ClassText:
    start, call = _function(layer.fn, "fn")
    fields = sum(m for m, _ in layer.in_type.summands)
    if layer.bias is not None:
        start = (*start, f"self.bias = torch.nn.Parameter(torch.zeros({fields}, device=device, dtype=dtype))")
    biased = [
        "    copies = part.shape[2]",
        "    length = safe + self.bias[start:start + copies].reshape(copies, *(1,) * (part.ndim - 3))",
        "    start += copies",
    ] if layer.bias is not None else []
    return _simple(
        layer,
        "parts, start = [], 0" if biased else "parts = []",
        f"for part in fields(x, {_layout(layer.in_type)}):",
        "    energy = squared_norm(part)",
        "    alive = energy > 0",
        "    safe = torch.where(alive, energy, torch.ones_like(energy)).sqrt()",
        *biased,
        f"    factor = {call.format('length' if biased else 'safe')} / safe",
        "    factor = torch.where(alive, factor, torch.zeros_like(safe))",
        "    parts.append((part * factor).to(part.dtype))",
        "return joined(parts)", start=start)


def _gate(layer: Gate) -> ClassText:
    first, scalars = _function(layer.scalars, "scalars")
    second, gates = _function(layer.gates, "gates")
    count = layer._count
    body = ["body, gates = x, None"]
    if count:
        body = [f"body, gates = x[:, :x.shape[1] - {count}], x[:, x.shape[1] - {count}:]",
                f"gates = {gates.format('gates.real if gates.is_complex() else gates')}"]
    return _simple(
        layer, *body, "parts, start = [], 0",
        f"for part, invariant in zip(fields(body, {_layout(layer.out_type)}), {layer._invariant}):",
        "    if invariant:",
        f"        parts.append({scalars.format('part')})",
        "        continue",
        "    copies = part.shape[2]",
        "    parts.append(part * gates[:, None, start:start + copies])",
        "    start += copies",
        "return joined(parts)", start=first + second)


def _batch_norm(layer: EquivariantBatchNorm) -> ClassText:
    tables = {f"{name}_{k}": Table.of(table) for k, (part, exact) in enumerate(zip(layer._parts, layer._exact))
              for name, table in exact.items() if not part.uniform}
    rows = [f"({p.copies}, {p.dim}, {_blocks(p)}, {p.degrees}, {p.invariants}, {p.uniform})" for p in layer._parts]
    momentum = None if layer.momentum is None else float(layer.momentum)
    attributes = (
        "    summands = (", *(f"        {row}," for row in rows), "    )",
        f"    eps, momentum, affine, tracked = {float(layer.eps)!r}, {momentum!r}, {bool(layer.affine)}, "
        f"{bool(layer.track_running_stats)}",
        f"    is_complex = {layer.in_type.scalars == 'C'}",
    )
    return ClassText(repr(layer), None, (), tables, base="FieldNorm", attributes=attributes)


def _blocks(part: Statistics) -> str:
    """The block of each row, as a person would write it."""
    return f"(0,) * {part.dim}" if len(part.degrees) == 1 else repr(part.blocks)


def _ordered(order: torch.Tensor | None) -> tuple[list[str], dict[str, Table]]:
    """The line that reorders channels, and its table."""
    if order is None:
        return [], {}
    return ["x = x[:, self.order]"], {"order": Table.of(order.numpy())}


def _change(layer: Any) -> ClassText:
    lines, tables = _ordered(layer._exact.get("_order"))
    return _simple(layer, *lines, "return x", tables=tables)


def _invariant_pool(layer: InvariantPool) -> ClassText:
    lines, tables = _ordered(layer._exact.get("_order"))
    what = {"norm": "torch.linalg.vector_norm(field, dim=1)", "mean": "field.mean(1)", "max": "field.amax(1)"}
    body = [
        *lines, "parts = []",
        f"for field in fields(x, {layer._runs}):",
        f"    parts.append({what[layer.kind]})",
        "y = parts[0] if len(parts) == 1 else torch.cat(parts, dim=1)",
    ]
    reduced = {"mean": "mean(2)", "max": "amax(2)", "sum": "sum(2)"}
    spatial = reduced.get(layer.spatial or "")
    return _simple(layer, *body, f"return y if y.ndim == 2 else y.flatten(2).{spatial}" if spatial else "return y",
                   tables=tables)


def _field_dropout(layer: FieldDropout) -> ClassText:
    copies = [m for m, _ in layer._fields]
    return _simple(
        layer, f"if not self.training or {layer.p} == 0:", "    return x",
        "real = x.real.dtype if x.is_complex() else x.dtype",
        f"kept = torch.full((len(x), {sum(copies)}), {1 - layer.p!r}, dtype=real, device=x.device)",
        f"mask = torch.bernoulli(kept) / {1 - layer.p!r}",
        f"parts = mask.split({copies}, dim=1)",
        f"channels = torch.cat([part.repeat(1, dim) for part, dim in zip(parts, {[d for _, d in layer._fields]})], "
        "dim=1)",
        "return x * channels.reshape(*channels.shape, *(1,) * (x.ndim - 2))")


def _size(value: Any) -> int | tuple[int, ...]:
    """A number of pixels, or one for each axis; NoSource for anything else."""
    values = tuple(value) if isinstance(value, tuple | list) else (value,)
    if any(type(v) is not int for v in values):
        raise NoSource(f"the size {value!r} is no integer, and no tuple of them")
    return values if isinstance(value, tuple | list) else value


def _windows(layer: Any) -> str:
    """The line that refuses sizes which the windows do not fit from both ends."""
    mirrored = tuple(axes.reversed for axes in layer._axes)
    return f"check_windows(x, {_size(layer.kernel_size)}, {_size(layer.stride)}, {_size(layer.padding)}, {mirrored})"


def _parts(layer: Any, call: str) -> str:
    """A real map of x, on real and imaginary parts where the type is complex."""
    return f"return each_part(lambda x: {call}, x)" if layer.in_type.scalars == "C" else f"return {call}"


def _avg_pool(layer: AvgPool) -> ClassText:
    call = f"{POOLS.format('avg')}(x, {_size(layer.kernel_size)}, {_size(layer.stride)}, {_size(layer.padding)})"
    return _simple(layer, _windows(layer), _parts(layer, call))


def _max_pool(layer: MaxPool) -> ClassText:
    call = f"{POOLS.format('max')}(x, {_size(layer.kernel_size)}, {_size(layer.stride)}, {_size(layer.padding)})"
    return _simple(layer, _windows(layer), f"return {call}")


def _blur_pool(layer: BlurPool) -> ClassText:
    p = _size(layer.padding)
    widths = f"[{p}] * (2 * x.ndim - 4)" if isinstance(p, int) else repr([q for q in p for _ in (0, 1)])
    some = any(p) if isinstance(p, tuple) else p
    padded = layer.padding_mode != "zeros"
    taps = layer._exact["_taps"].numpy()
    body = [
        "    def smooth(self, x):",
        *([f"        x = F.pad(x, {widths}, mode={quoted(layer.padding_mode)})"] if padded and some else []),
        "        taps = window = self.taps.to(x.dtype)",
        "        for _ in range(x.ndim - 3):",
        "            window = window[..., None] * taps",
        "        window = window.expand(x.shape[1], 1, *window.shape)",
        f"        return (F.conv1d, F.conv2d, F.conv3d)[x.ndim - 3](x, window, None, {_size(layer.stride)}, "
        f"{0 if padded else p}, 1, x.shape[1])",
    ]
    plain = _simple(layer, _windows(layer), _parts(layer, "self.smooth(x)"), tables={"taps": Table.of(taps)})
    return ClassText(plain.summary, plain.start, (*plain.methods, "", *body), plain.tables)


def _upsample(layer: Upsample) -> ClassText:
    factor = _size(layer.factor)
    size = (f"[n * {factor} for n in x.shape[2:]]" if isinstance(factor, int) else
            f"[n * f for n, f in zip(x.shape[2:], {factor})]")
    mode = ('mode="nearest"' if layer.mode == "nearest" else
            'mode=("linear", "bilinear", "trilinear")[x.ndim - 3], align_corners=False')
    return _simple(layer, f"size = {size}", _parts(layer, f"F.interpolate(x, size, {mode})"))


WRITERS: dict[type[torch.nn.Module], Any] = {
    Pointwise: _pointwise, NormActivation: _norm_activation, Gate: _gate, EquivariantBatchNorm: _batch_norm,
    **dict.fromkeys(CHANGES, _change), InvariantPool: _invariant_pool, FieldDropout: _field_dropout,
    AvgPool: _avg_pool, MaxPool: _max_pool, BlurPool: _blur_pool, Upsample: _upsample,
    **HYPERBOLIC,
}
