"""What the audit says of each call: the spaces of its weights, whether it commutes, and the type of its result."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
import torch.nn.functional as F

import reptheory as rt

from .activation import DoesNotCommute, Pointwise
from .audit_row import Row
from .feature import WrongChannels
from .field_type import Block, FieldType, candidates, commuting, flat, same
from .layer_kind import Window, bias, convolution, linear, misfit, scale
from .step_space import step_change, step_weights
from .walk import WHOLE, Call
from .weight_span import NotDecided, Source, Weights, source_of

CONVS = (torch.nn.Conv1d, torch.nn.Conv2d, torch.nn.Conv3d)
TRANSPOSED = (torch.nn.ConvTranspose1d, torch.nn.ConvTranspose2d, torch.nn.ConvTranspose3d)
NORMS = (torch.nn.modules.batchnorm._NormBase, torch.nn.GroupNorm, torch.nn.LayerNorm, torch.nn.RMSNorm)
F_CONVS = {F.conv1d: False, F.conv2d: False, F.conv3d: False, F.conv_transpose1d: True, F.conv_transpose2d: True,
           F.conv_transpose3d: True, torch.conv1d: False, torch.conv2d: False, torch.conv3d: False}
SILENT = {"getattr", "getitem", "size", "flatten", "view", "reshape", "permute", "transpose", "contiguous", "unsqueeze",
          "squeeze", "unflatten", "movedim", "chunk", "split", "unbind", "expand", "Identity", "Flatten", "Unflatten",
          "Dropout", "Dropout1d", "Dropout2d", "Dropout3d", "dropout", "clone", "float", "double", "to", "detach"}


@dataclass(eq=False)
class Judgement:
    """The rows so far, and the type of every tensor seen, which it keeps alive."""

    group: Any
    hidden: dict[str, rt.Rep]
    output: rt.Rep | None
    leaves: Mapping[str, torch.Tensor]
    rows: list[Row] = field(default_factory=list)
    assumptions: list[tuple[str, str]] = field(default_factory=list)
    types: dict[int, tuple[torch.Tensor, FieldType]] = field(default_factory=dict)
    seen: dict[int, str] = field(default_factory=dict)

    def __call__(self, call: Call, y: Any) -> Any:
        """Judge one call; its result, with its type noted."""
        typed = [t for t in call.tensors if id(t) in self.types]
        types = [self.types[id(t)][1] for t in typed]
        before = [t.detach().clone() for t in typed]
        has_weights = call.module is not None and next(call.module.parameters(), None) is not None
        if y is None:
            y = call.again((), ())
        if not typed:
            if has_weights:
                self._unseen(call)
            return y
        mixed = [t for t in call.tensors if id(t) not in self.types and t.requires_grad]
        if has_weights or mixed:
            try:
                out = self.weighed(call, typed, types, mixed, y)
            except WrongChannels:
                raise
            except (NotDecided, ValueError, TypeError) as error:
                out = None
                self._row(Row(call.name, call.kind, commutes=None, change=f"unknown: {_sentence(error)}",
                              parameters=self._names(call, mixed)))
            self._note(y, out if out is not None else self._assumed(call, types, y))
        else:
            self._free(call, typed, before, types, y)
        return _detached(y, self.types)

    # Calls with weights --------------------------------------------------------------------------------
    def weighed(self, call: Call, typed: list[torch.Tensor], types: list[FieldType], mixed: list[torch.Tensor],
                y: Any) -> FieldType | None:
        """The row of a call with weights, and the type of its result; NotDecided for kinds that are not known."""
        m: Any = call.module
        x = types[0]
        if hasattr(m, "hom") and hasattr(m, "out_type"):
            self._row(Row(call.name, call.kind, change=f"equivariant by construction: {m.hom.dim} weights"))
            return _channelled(x, m.out_type, y)
        if isinstance(m, (*CONVS, *TRANSPOSED)):
            window = Window.of(m.kernel_size, m.stride, m.padding, m.dilation, m.groups, m.padding_mode,
                               isinstance(m, TRANSPOSED))
            return self._conv(call, x, m.weight, m.bias, window, y)
        if isinstance(m, torch.nn.Linear):
            return self._linear(call, x, m.weight, m.bias, y)
        if isinstance(m, NORMS):
            return self._norm(call, x, typed, m, y)
        if isinstance(m, torch.nn.MultiheadAttention):
            return self._attention(call, typed, types, m, y)
        if isinstance(m, torch.nn.PReLU):
            if m.weight.numel() == 1:
                self._free(call, typed, typed, types, y)
                return x
            block, _ = x.axis(1)
            self._row(self._made(call, scale(block.rep, self._source(m.weight), block.order)))
            return x
        if isinstance(m, WHOLE):
            return self._step(call, x, m)
        if m is not None or len(typed) != 1:
            raise NotDecided("the audit knows no such layer. Judge its weights with rt.commute(P, H)")
        return self._function(call, x, mixed, y)

    def _function(self, call: Call, x: FieldType, mixed: list[torch.Tensor], y: torch.Tensor) -> FieldType | None:
        args = [*call.args, *call.kwargs.values()]
        if call.target in F_CONVS:
            tail = ["output_padding", "groups", "dilation"] if F_CONVS[call.target] else ["dilation", "groups"]
            given = dict(zip(["input", "weight", "bias", "stride", "padding", *tail], call.args)) | call.kwargs
            weight = given["weight"]
            window = Window.of(tuple(weight.shape[2:]), given.get("stride", 1), given.get("padding", 0),
                               given.get("dilation", 1), given.get("groups", 1), transposed=F_CONVS[call.target])
            return self._conv(call, x, weight, given.get("bias"), window, y)
        if call.target is F.linear:
            weight = call.args[1] if len(call.args) > 1 else call.kwargs["weight"]
            offset = call.args[2] if len(call.args) > 2 else call.kwargs.get("bias")
            return self._linear(call, x, weight, offset, y)
        name = call.kind.strip("_")
        if name == "matmul" and len(mixed) == 1 and args[1] is mixed[0] and mixed[0].ndim == 2:
            return self._linear(call, x, mixed[0].T, None, y)
        if name in ("add", "iadd", "mul", "imul", "sub") and len(mixed) == 1 and y.shape == torch.Size(x.shape):
            return self._broadcast(call, x, mixed[0], name in ("mul", "imul"))
        raise NotDecided(f"{call.kind} with weights is not one of the layers that the audit knows. Judge its weights "
                         "with rt.commute(P, H)")

    def _conv(self, call: Call, x: FieldType, weight: torch.Tensor, offset: torch.Tensor | None, window: Window,
              y: torch.Tensor) -> FieldType:
        out = self._out(call, int(y.shape[1]))
        found = [convolution(x, out, self._source(weight), window, tuple(y.shape[2:]))]
        if offset is not None:
            found.append(bias(out, self._source(offset)))
        row = self._made(call, *found)
        if row.compatible is False and not found[0].answer:
            fit = misfit(window, x.blocks[2].sides)
            row = Row(row.name, row.kind, row.weights, True, self._advice(found[0], fit), row.parameters)
        self._row(row)
        space = x.blocks[2]
        return FieldType((x.blocks[0], Block((out.dim,), self.group, out),
                          Block(tuple(y.shape[2:]), self.group, action=space.action)))

    def _linear(self, call: Call, x: FieldType, weight: torch.Tensor, offset: torch.Tensor | None,
                y: torch.Tensor) -> FieldType:
        out = self._out(call, int(y.shape[-1]))
        found = [linear(x, out, self._source(weight))]
        if offset is not None:
            found.append(bias(out, self._source(offset)))
        row = self._made(call, *found)
        if not found[0].answer:
            row = Row(row.name, row.kind, row.weights, True, self._advice(found[0], None), row.parameters)
        self._row(row)
        return x.replaced(len(x.blocks) - 1, Block((out.dim,), self.group, out))

    def _norm(self, call: Call, x: FieldType, typed: list[torch.Tensor], m: Any, y: torch.Tensor) -> FieldType:
        """The scale and bias of a normalisation, and whether what is left commutes."""
        weight, offset = getattr(m, "weight", None), getattr(m, "bias", None)
        found = []
        if isinstance(m, (torch.nn.LayerNorm, torch.nn.RMSNorm)):
            number = len(m.normalized_shape)
            blocks: list[Block] = []
            left = number
            for block in reversed(x.blocks):
                if left > 0:
                    blocks.insert(0, block)
                    left -= len(block.sides)
            if left:
                raise NotDecided("it normalises over some of the axes that the group moves together")
            affine = blocks[0] if len(blocks) == 1 and blocks[0].channels is not None else flat(blocks)
        else:
            affine, _ = x.axis(1)
        if weight is not None:
            found.append(scale(affine.rep, self._source(weight), affine.order))
        if offset is not None:
            found.append(bias(affine.rep, self._source(offset), affine.order))
        reason = commuting(lambda z: _bare(m, z), typed, [x], x, _bare(m, typed[0]))
        row = self._made(call, *found)
        change = row.change if reason is None else f"{reason}: normalise over whole orbits, as nn.EquivariantBatchNorm"
        self._row(Row(row.name, row.kind, row.weights, reason is None, change, row.parameters))
        return x

    def _attention(self, call: Call, typed: list[torch.Tensor], types: list[FieldType], m: Any, y: Any) -> FieldType:
        """Query, key, value and output projections, each of all linear maps of channels; keys that it adds stay."""
        x = types[0]
        block = x.blocks[-1]
        if block.channels is None or len({len(t.shape) for t in types}) > 1:
            raise NotDecided("attention of this form: the last axis has to be channels")
        if not block.is_trivial:
            raise NotDecided(f"its heads cut {block.text} into slices of channels. Use channels that the group fixes")
        found = []
        if m.in_proj_weight is not None:
            source = self._source(m.in_proj_weight)
            found.append(linear(x, 3 * block.rep, source))
        else:
            for weight, t in zip((m.q_proj_weight, m.k_proj_weight, m.v_proj_weight), types):
                found.append(linear(t, block.rep, self._source(weight)))
        found.append(linear(x, block.rep, self._source(m.out_proj.weight)))
        for offset in (m.in_proj_bias, m.out_proj.bias, m.bias_k, m.bias_v):
            if offset is not None:
                found.append(bias(offset.numel() // block.rep.dim * block.rep, self._source(offset)))
        self._row(self._made(call, *found))
        return x

    def _step(self, call: Call, x: FieldType, m: torch.nn.Module) -> FieldType:
        """A step of a scheme, which keeps the type, and whose weights the group moves orthogonally."""
        row = self._made(call, *step_weights(m, x))
        kept, change = step_change(m, row.weights, x, self.hidden.get(call.name, self.output if call.is_last else None))
        self._row(Row(call.name, call.kind, row.weights, kept, change, row.parameters))
        return x

    def _broadcast(self, call: Call, x: FieldType, weight: torch.Tensor, is_scale: bool) -> FieldType:
        """A parameter added to features or multiplied with them, the same along the axes where its side is 1."""
        sides = (1,) * (len(x.shape) - weight.ndim) + tuple(weight.shape)
        blocks, axis = [], 0
        for block in x.blocks:
            here = sides[axis:axis + len(block.sides)]
            axis += len(block.sides)
            if here == block.sides:
                blocks.append(block)
            elif any(n != 1 for n in here):
                raise NotDecided(f"weights of shape {tuple(weight.shape)} are the same along some of the axes that the "
                                 "group moves together")
        if not blocks:
            blocks = [Block((1,), self.group, self.group.trivial)]
        whole = flat(blocks) if len(blocks) != 1 or blocks[0].channels is None else blocks[0]
        make = scale if is_scale else bias
        self._row(self._made(call, make(whole.rep, self._source(weight), whole.order)))
        return x

    # Calls without weights -----------------------------------------------------------------------------
    def _free(self, call: Call, typed: list[torch.Tensor], before: list[torch.Tensor], types: list[FieldType],
              y: Any) -> None:
        """Whether a call without weights commutes, tried on the features that reach it, and the type of its result."""
        silent = call.kind in SILENT
        for number, part in _tensors(y):
            def again(*xs: torch.Tensor, number: int | None = number) -> torch.Tensor:
                found = call.again(typed, [x.clone() for x in xs])
                return found if number is None else found[number]

            if not part.is_floating_point():
                continue
            tried = candidates(types, part.shape)
            reason: str | None = "no type of its result fits"
            for out in tried:
                found = commuting(again, before, types, out, part)
                if found is None:
                    self._note(part, out, whole=False)
                    reason = None
                    break
                reason = found if out is tried[0] else reason
            if reason is not None:
                self._note(part, self._assumed(call, types, part), whole=False)
                self._row(Row(call.name, call.kind, commutes=False, change=self._why(call, types, reason)))
                silent = True
        if not silent:
            self._row(Row(call.name, call.kind))

    def _why(self, call: Call, types: list[FieldType], reason: str) -> str:
        """What to change where a function does not commute with the representation that it meets."""
        if len(types) > 1:
            texts = " and ".join(dict.fromkeys(t.text for t in types))
            known = all(len(types[0].blocks) == len(t.blocks) and all(map(same, types[0].blocks, t.blocks))
                        for t in types)
            if not known:
                return f"the branches disagree: {texts}. Give them one representation with hidden={{…}}"
        block = types[0].blocks[1] if len(types[0].blocks) > 1 else types[0].blocks[0]
        if block.channels is not None and not block.is_trivial and call.module is not None:
            try:
                Pointwise(block.channels, call.module)
            except DoesNotCommute as error:
                return str(error)
            except (TypeError, ValueError):
                pass
        module: Any = call.module
        stride = getattr(module, "stride", None)
        spaces = [b for b in types[0].blocks if b.channels is None]
        if spaces and stride is not None and hasattr(module, "kernel_size"):
            n = len(spaces[0].sides)
            values = (module.kernel_size, stride, getattr(module, "padding", 0), getattr(module, "dilation", 1))
            kernel, step, padding, dilation = ((v,) * n if isinstance(v, int) else tuple(v) for v in values)
            window = Window.of(kernel, step, padding, dilation)
            fit = misfit(window, spaces[0].sides)
            if fit:
                return f"windows leave pixels over at one end of {spaces[0].text}: use {fit}"
        return reason

    # Types ---------------------------------------------------------------------------------------------
    def _out(self, call: Call, channels: int) -> rt.Rep:
        """The representation of the result of a layer: the one given, otherwise trivial channels, an assumption."""
        given = self.hidden.get(call.name, self.hidden.get(call.owner))
        if given is None and call.is_last and self.output is not None and self.output.dim == channels:
            return self.output
        if given is not None:
            if given.dim != channels:
                raise WrongChannels(f"hidden gives {call.name} the type {given.expression} of dimension {given.dim}, "
                                    f"and it has {channels} channels. Give a representation of that dimension.")
            return given
        found = channels * self.group.trivial
        self.assumptions.append((call.name, "channels"))
        return found

    def _assumed(self, call: Call, types: Sequence[FieldType], y: Any) -> FieldType:
        part = next((t for _, t in _tensors(y)), None)
        if part is None:
            return types[0]
        found = candidates(types, part.shape)[0]
        self.assumptions.append((f"after {call.name}", found.text))
        return found

    def _note(self, y: Any, found: FieldType, whole: bool = True) -> None:
        for _, part in _tensors(y):
            if tuple(part.shape) == found.shape:
                self.types[id(part)] = part, found
            elif whole:
                self.types[id(part)] = part, candidates([found], part.shape)[0]

    # Rows ----------------------------------------------------------------------------------------------
    def _source(self, weight: torch.Tensor) -> Source:
        return source_of(weight, tuple(self.leaves.values()))

    def _made(self, call: Call, *found: Weights) -> Row:
        names = tuple(name for name, leaf in self.leaves.items()
                      if any(leaf is one for w in found for one in w.source.leaves))
        crooked = [w for w in found if not w.source.is_unitary]
        change = "orthonormal weights: nn.make_compatible" if crooked else ""
        return Row(call.name, call.kind, found, True, change, names)

    def _advice(self, found: Weights, fit: str | None) -> str:
        witness = found.answer.witness
        if fit is not None and witness is not None:
            return f"tap {witness.start.tap} goes to {witness.entry.tap}, outside the kernel: use {fit}"
        closed = found.answer.closure
        return f"{witness}; the closed support has dimension {closed.dim} of {closed.hom.unknowns}: nn.make_compatible"

    def _row(self, row: Row) -> None:
        tied = [self.seen[id(self.leaves[p])] for p in row.parameters if self.seen.get(id(self.leaves[p]), "") not in
                ("", row.name)]
        again = [r for r in self.rows if r.name == row.name and row.parameters]
        earlier = again or [r for r in self.rows if r.name in tied]
        if earlier and row.weights:
            alike = all(r.weights and r.weights[0].space.hom == row.weights[0].space.hom for r in earlier)
            text = f"tied with {earlier[0].name}" if not again else "called again with the same weights"
            row = Row(row.name, row.kind, row.weights, row.commutes if alike else None,
                      f"{text}{'' if alike else ' on another type: not decided. Untie them'}"
                      f"{'; ' + row.change if row.change else ''}", row.parameters)
        for p in row.parameters:
            self.seen.setdefault(id(self.leaves[p]), row.name)
        self.rows.append(row)

    def _names(self, call: Call, mixed: Sequence[torch.Tensor]) -> tuple[str, ...]:
        mine = list(call.module.parameters()) if call.module is not None else list(mixed)
        return tuple(n for n, leaf in self.leaves.items() if any(leaf is p for p in mine))

    def _unseen(self, call: Call) -> None:
        self._row(Row(call.name, call.kind, commutes=None, parameters=self._names(call, ()),
                      change="unknown: its input does not come from features of a known type"))


def _bare(m: Any, x: torch.Tensor) -> torch.Tensor:
    """A normalisation without its affine part, with the statistics of the batch."""
    if isinstance(m, torch.nn.LayerNorm):
        return F.layer_norm(x, m.normalized_shape, eps=m.eps)
    if isinstance(m, torch.nn.RMSNorm):
        return F.rms_norm(x, m.normalized_shape, eps=m.eps)
    if isinstance(m, torch.nn.GroupNorm):
        return F.group_norm(x, m.num_groups, eps=m.eps)
    if isinstance(m, torch.nn.modules.instancenorm._InstanceNorm):
        return F.instance_norm(x, eps=m.eps)
    return F.batch_norm(x, None, None, training=True, eps=m.eps)


def _channelled(x: FieldType, rep: rt.Rep, y: torch.Tensor) -> FieldType:
    blocks = [x.blocks[0], Block((rep.dim,), rep.group, rep)]
    if y.ndim > 2 and len(x.blocks) > 2:
        blocks.append(Block(tuple(y.shape[2:]), rep.group, action=x.blocks[2].action))
    return FieldType(tuple(blocks))


def _tensors(y: Any) -> list[tuple[int | None, torch.Tensor]]:
    if isinstance(y, torch.Tensor):
        return [(None, y)]
    if isinstance(y, (tuple, list)):
        return [(k, t) for k, t in enumerate(y) if isinstance(t, torch.Tensor)]
    return []


def _detached(y: Any, types: dict[int, tuple[torch.Tensor, FieldType]]) -> Any:
    """The same result cut off from the weights, with the same types."""
    if type(y) in (tuple, list):
        return type(y)(_detached(t, types) for t in y)
    if not isinstance(y, torch.Tensor):
        return y
    new = y.detach()
    if id(y) in types:
        types[id(new)] = new, types[id(y)][1]
    return new


def _sentence(error: Exception) -> str:
    text = str(error)
    return text[0].lower() + text[1:] if text[:2] != "Π_" else text
