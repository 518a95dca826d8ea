"""What each kind of layer with weights is as a space of kernels: convolutions, linear maps, biases and scales."""
from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

import reptheory as rt
from reptheory.project import Part, Projection
from reptheory.span import Span
from reptheory.tap_window import tap_window

from .field_type import Block, FieldType
from .weight_span import NotDecided, Source, Weights, weights_in


@dataclass(frozen=True)
class Window:
    """The options of a convolution, a number for each spatial axis."""

    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    padding: tuple[int, ...]
    dilation: tuple[int, ...]
    groups: int = 1
    mode: str = "zeros"
    transposed: bool = False

    @staticmethod
    def of(kernel: tuple[int, ...], stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1,
           mode: str = "zeros", transposed: bool = False) -> Window:
        """The options as torch takes them, "same" and "valid" included."""
        n = len(kernel)
        s, d = _each(stride, n), _each(dilation, n)
        if padding == "valid":
            padding = 0
        if padding == "same":
            extent = [e * (k - 1) for e, k in zip(d, kernel)]
            if any(x % 2 for x in extent):
                raise NotDecided(f"padding='same' with a kernel of {'×'.join(map(str, kernel))} taps pads one end more "
                                 "than the other, which no reflection preserves. Use odd kernels")
            padding = tuple(x // 2 for x in extent)
        return Window(tuple(kernel), s, _each(padding, n), d, groups, mode, transposed)


def _each(x: Any, n: int) -> tuple[int, ...]:
    return (int(x),) * n if isinstance(x, int) else tuple(map(int, x)) * (n if len(x) == 1 else 1)


def convolution(x: FieldType, out: rt.Rep, source: Source, window: Window, sides: tuple[int, ...]) -> Weights:
    """The kernels of a convolution on features of type x, with output sides as they are; NotDecided, NoWindow."""
    if len(x.blocks) != 3 or x.blocks[2].channels is not None or not x.blocks[0].is_trivial:
        raise NotDecided(f"a convolution acts on (batch, channels, *pixels), and its input is {x.text}")
    channels, space = x.blocks[1], x.blocks[2]
    group: Any = space.group
    image, first, second = space.sides, channels.rep, out
    if window.transposed:
        image, first, second = sides, out, channels.rep  # the adjoint of the convolution back
    padding, mode = window.padding, window.mode
    if mode not in ("zeros", "circular"):  # a border that commutes with G, then no padding
        image, padding, mode = tuple(n + 2 * p for n, p in zip(image, padding)), (0,) * len(image), "zeros"
    action = space.action
    if action is not None and _is_vector(group, action):
        action = None
    whole = rt.conv_layer(first, second, window.kernel, size=image, stride=window.stride, padding=padding,
                          dilation=window.dilation, padding_mode=mode, action=action)
    found = tap_window(window.kernel, image, window.stride, padding, window.dilation, mode == "circular")
    hom = whole.hom
    taps = np.zeros(window.kernel, np.int64)
    for axis, (k, o, d) in enumerate(zip(window.kernel, found.offset, window.dilation)):
        at = (o + d * np.arange(k)).reshape(-1, *(1,) * (len(window.kernel) - axis - 1))
        taps = taps * found.side + at
    index, mask = _channel_index(source.weight.shape, window, hom, channels)
    place = index.reshape(*index.shape, *(1,) * taps.ndim) + taps * (hom.target.dim * hom.source.dim)
    if window.groups > 1:
        whole = _grouped(whole, mask)
    return weights_in("weight", source, whole, place)


def _channel_index(shape: Any, window: Window, hom: rt.Hom, channels: Block) -> tuple[np.ndarray, np.ndarray]:
    """For each pair of channels of a weight its place (W index · dim V + V index), and the boolean array (W, V)."""
    a, b = int(shape[0]), int(shape[1])
    first, second = np.ogrid[:a, :b]
    other = first // (a // window.groups) * b + second
    order = channels.order if channels.order is not None else np.arange(channels.rep.dim)
    if window.transposed:  # weight[in, out]: the kernel of the convolution back goes from out to in
        row, column = order[first] + 0 * other, other
    else:
        row, column = first + 0 * other, order[other]
    mask = np.zeros((hom.target.dim, hom.source.dim), bool)
    mask[row, column] = True
    return row * hom.source.dim + column, mask


def _grouped(whole: Projection, mask: np.ndarray) -> Projection:
    """The space with the blocks of a mask (W, V) only: by channel pairs, where no fibre is cut."""
    hom, parts = whole.hom, []
    for part in whole.parts:
        assert part.pair is not None
        (n, b), (m, a) = hom.target.summands[part.pair[0]], hom.source.summands[part.pair[1]]
        rows = sum(k * c.dim for k, c in hom.target.summands[:part.pair[0]])
        columns = sum(k * c.dim for k, c in hom.source.summands[:part.pair[1]])
        block = mask[rows:rows + n * b.dim, columns:columns + m * a.dim].reshape(b.dim, n, a.dim, m)
        chosen: Any = block.any((0, 2))
        if (block.all((0, 2)) == chosen).all():
            parts.append(Part(part.pair, chosen, part.span))
            continue
        spread = np.broadcast_to(mask, hom.shape) & whole.mask
        return Projection(hom, rt.support(hom, spread).parts, "L", whole.taps)
    return Projection(hom, tuple(parts), "L", whole.taps)


def linear(x: FieldType, out: rt.Rep, source: Source) -> Weights:
    """The matrices of a linear map on the last axis of features of type x."""
    block = x.blocks[-1]
    if block.channels is None:
        raise NotDecided(f"a linear map acts on the last axis, and in {x.text} it is one of several that move "
                         "together. Flatten them first")
    order = block.order if block.order is not None else np.arange(block.rep.dim)
    hom = block.rep >> out
    index = np.arange(out.dim)[:, None] * hom.source.dim + order
    return weights_in("weight", source, rt.full(hom), index)


def bias(rep: rt.Rep, source: Source, order: np.ndarray | None = None, name: str = "bias") -> Weights:
    """The vectors of a representation, as maps from the trivial one: E are the invariant ones."""
    hom = rep.group.trivial >> rep
    index = np.arange(rep.dim) if order is None else order
    return weights_in(name, source, rt.full(hom), index.reshape(source.weight.shape))


def scale(rep: rt.Rep, source: Source, order: np.ndarray | None = None, name: str = "weight") -> Weights:
    """The diagonal matrices on a representation."""
    hom = rep >> rep
    parts = []
    for a, (m, one) in enumerate(rep.summands):
        diagonal = np.arange(one.dim) * (one.dim + 1)
        parts.append(Part((a, a), np.eye(m, dtype=bool), Span.coordinates(diagonal, one.dim ** 2)))
    index = (np.arange(rep.dim) if order is None else order) * (rep.dim + 1)
    return weights_in(name, source, Projection(hom, tuple(parts), "L"), index.reshape(source.weight.shape))


def misfit(window: Window, sides: tuple[int, ...]) -> str | None:
    """What to change where the taps turn about a point beside the centre of the kernel: sides or kernel that fit."""
    if window.transposed:
        return None
    left = [(n + 2 * p - d * (k - 1) - 1) % s for n, k, s, p, d in
            zip(sides, window.kernel, window.stride, window.padding, window.dilation)]
    if not any(left):
        return None
    axis = next(a for a, r in enumerate(left) if r)
    n, k = sides[axis], window.kernel[axis]
    if window.mode == "circular":  # the stride divides the side already
        return f"a kernel of side {k + left[axis]}" if window.dilation[axis] == 1 else "a stride of 1"
    text = f"images of side {n - left[axis]} or {n - left[axis] + window.stride[axis]}"
    return text + (f", or a kernel of side {k + left[axis]}" if window.dilation[axis] == 1 else "")


def _is_vector(group: Any, action: rt.Rep) -> bool:
    try:
        return bool(group.vector == action)
    except ValueError:
        return False
