"""The operations of a Plan in torch: small functions, in one closed table."""
from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import torch
import torch.nn.functional as F

Tensor = torch.Tensor


def gather(w: Tensor, index: Tensor, sign: Tensor | None = None) -> Tensor:
    """out[i, …] = sign[i] · w[index[i], …]: whole rows are read, so m·n channels are contiguous."""
    rows = w.index_select(0, index)
    return rows if sign is None else rows * sign.view(-1, *[1] * (w.ndim - 1))


def slice_(x: Tensor, *, axis: int, start: int, stop: int) -> Tensor:
    """The entries start, …, stop − 1 of an axis."""
    return x.narrow(axis, start, stop - start)


def split(x: Tensor, *, axis: int, bounds: tuple[tuple[int, int], ...]) -> tuple[Tensor, ...]:
    """Several slices of an axis that follow each other without overlap, as views with one gradient."""
    ends = [end for bound in bounds for end in bound]
    sizes = [stop - start for start, stop in pairwise([0, *ends])]
    return x.split([*sizes, x.shape[axis] - ends[-1]], axis)[1:-1:2]


def pad(x: Tensor, *, widths: tuple[tuple[int, int], ...], mode: str) -> Tensor:
    """Continue the last axes by zeros, reflection, the last value, or periodically any number of times."""
    if mode == "circular":
        return circular(x, widths)
    flat = [n for width in reversed(widths) for n in width]  # torch counts from the last axis
    return F.pad(x, flat, mode="constant" if mode == "zeros" else mode)


def circular(x: Tensor, widths: tuple[tuple[int, int], ...]) -> Tensor:
    """Continue the last axes periodically, even more than once around, which torch's own padding refuses."""
    for axis, (low, high) in enumerate(widths, start=x.ndim - len(widths)):
        size = x.shape[axis]
        x = x.index_select(axis, torch.arange(-low, size + high, device=x.device) % size)
    return x


def conv(x: Tensor, w: Tensor, bias: Tensor | None = None, *, stride: tuple[int, ...],
         dilation: tuple[int, ...], padding: tuple[int, ...], groups: int) -> Tensor:
    """Cross-correlation over the spatial axes of w; without any, a matrix product over the channels."""
    if w.ndim == 2:
        return F.linear(x.movedim(1, -1), w, bias).movedim(-1, 1)
    function = (F.conv1d, F.conv2d, F.conv3d)[w.ndim - 3]
    return function(x, w, bias, stride, padding, dilation, groups)


def reduce(x: Tensor, *, kind: str, axes: tuple[int, ...], keepdims: bool) -> Tensor:
    """The mean, the sum, the maximum or the (population) variance over axes."""
    if kind == "var":
        return x.var(axes, correction=0, keepdim=keepdims)
    if kind == "max":
        return x.amax(axes, keepdim=keepdims)
    return x.mean(axes, keepdim=keepdims) if kind == "mean" else x.sum(axes, keepdim=keepdims)


def softplus(x: Tensor) -> Tensor:
    """log(1 + eˣ), taken for x only from 40 on: no dtype sees the difference there (torch's bound is 20)."""
    return F.softplus(x, threshold=40)


FUNCTIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "abs": torch.abs, "cos": torch.cos, "elu": F.elu, "exp": torch.exp, "gelu": F.gelu, "log": torch.log,
    "negative": torch.neg, "reciprocal": torch.reciprocal, "relu": torch.relu, "sigmoid": torch.sigmoid,
    "sign": torch.sign, "silu": F.silu, "sin": torch.sin, "softplus": softplus, "sqrt": torch.sqrt,
    "square": torch.square, "tanh": torch.tanh,
}
OPS: dict[str, Callable[..., Tensor]] = {
    "gather": gather,
    "expand": lambda table, w: torch.tensordot(table, w, dims=1),
    "einsum": lambda *xs, equation: torch.einsum(equation, *xs),
    "reshape": lambda x, *, shape: x.reshape(shape),
    "permute": lambda x, *, axes: x.permute(axes),
    "concat": lambda *xs, axis: torch.cat(xs, axis),
    "slice": slice_,
    "pad": pad,
    "conv": conv,
    "add": torch.add,
    "mul": torch.mul,
    "pointwise": lambda x, *, fn: FUNCTIONS[fn](x),
    "reduce": reduce,
    "shift": lambda x, *, offsets, axes: torch.roll(x, offsets, axes),
}
