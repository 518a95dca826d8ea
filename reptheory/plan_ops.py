"""The closed list of operations of a Plan: what each takes, and the shape that it gives."""
from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

POINTWISE = (
    "abs", "cos", "elu", "exp", "gelu", "log", "negative", "reciprocal", "relu",
    "sigmoid", "sign", "silu", "sin", "softplus", "sqrt", "square", "tanh",
)
REDUCTIONS = ("max", "mean", "sum", "var")
PADDINGS = ("circular", "reflect", "replicate", "zeros")
Shape = tuple[int, ...]


@dataclass(frozen=True)
class Op:
    """An operation: its fewest and most arguments, what its attributes must be ("" if so), its shape."""

    fewest: int
    most: float
    attrs: Mapping[str, Callable[[object], str]]
    shape: Callable[..., Shape]
    defaults: tuple[tuple[str, object], ...] = ()


def _int(value: object) -> str:
    return "" if type(value) is int else "an integer"


def _bool(value: object) -> str:
    return "" if type(value) is bool else "True or False"


def _ints(value: object) -> str:
    return "" if isinstance(value, tuple) and all(type(v) is int for v in value) else "a tuple of integers"


def _pairs(value: object) -> str:
    fits = isinstance(value, tuple) and all(not _ints(v) and len(v) == 2 and min(v) >= 0 for v in value)
    return "" if fits else "a tuple of pairs of integers ≥ 0"


def _one_of(*names: str) -> Callable[[object], str]:
    return lambda value: "" if value in names else "one of " + ", ".join(names)


def _equation(value: object) -> str:
    terms, arrow, target = value.partition("->") if isinstance(value, str) else ("", "", "")
    letters = terms.replace(",", "")
    ascii_ = all(c.isascii() and c.isalpha() for c in letters + target)
    fits = arrow and ascii_ and set(target) <= set(letters) and len(set(target)) == len(target)
    return "" if fits else "letters with an explicit output, as in 'bi,oi->bo'"


def _axis(axis: int, ndim: int) -> int:
    if not -ndim <= axis < ndim:
        raise ValueError(f"axis {axis} is not one of the {ndim} axes")
    return axis % ndim


def _axes(axes: Shape, ndim: int) -> Shape:
    found = tuple(_axis(a, ndim) for a in axes)
    if len(set(found)) != len(found):
        raise ValueError(f"the axes {axes} are not distinct")
    return found


def _gather(w: Shape, index: Shape, sign: Shape | None = None) -> Shape:
    if not w or len(index) != 1 or (sign is not None and sign != index):
        raise ValueError(f"gather needs w (D, …), index (N,) and sign (N,), not {w}, {index}, {sign}")
    return index + w[1:]


def _expand(table: Shape, w: Shape) -> Shape:
    if len(table) != 2 or not w or table[1] != w[0]:
        raise ValueError(f"expand needs a table (N, D) and w (D, …), not {table} and {w}")
    return table[:1] + w[1:]


def einsum_sizes(equation: str, shapes: tuple[Shape, ...]) -> dict[str, int]:
    """The size of each letter of an einsum equation: the product of all of them is its number of products."""
    sizes: dict[str, int] = {}
    terms = equation.partition("->")[0].split(",")
    if len(terms) != len(shapes):
        raise ValueError(f"{equation!r} has {len(terms)} terms for {len(shapes)} arrays")
    for term, shape in zip(terms, shapes):
        if len(term) != len(shape):
            raise ValueError(f"{equation!r} gives the letters {term!r} to an array of shape {shape}")
        for letter, size in zip(term, shape):
            if sizes.setdefault(letter, size) != size:
                raise ValueError(f"in {equation!r} the letter {letter} is both {sizes[letter]} and {size}")
    return sizes


def _einsum(*xs: Shape, equation: str) -> Shape:
    sizes = einsum_sizes(equation, xs)
    return tuple(sizes[letter] for letter in equation.partition("->")[2])


def _reshape(x: Shape, *, shape: Shape) -> Shape:
    if shape.count(-1) > 1 or any(n < -1 for n in shape):
        raise ValueError(f"{shape} is not a shape with at most one -1")
    size, known = math.prod(x), math.prod(n for n in shape if n != -1)
    if (size != known) if -1 not in shape else (known == 0 or size % known):
        raise ValueError(f"an array of shape {x} does not have the shape {shape}")
    return tuple(size // known if n == -1 else n for n in shape)


def _permute(x: Shape, *, axes: Shape) -> Shape:
    if len(axes) != len(x):
        raise ValueError(f"axes {axes} do not permute the {len(x)} axes of {x}")
    return tuple(x[a] for a in _axes(axes, len(x)))


def _concat(*xs: Shape, axis: int) -> Shape:
    axis = _axis(axis, len(xs[0]))
    if any(len(x) != len(xs[0]) or x[:axis] + x[axis + 1:] != xs[0][:axis] + xs[0][axis + 1:] for x in xs):
        raise ValueError(f"the shapes {', '.join(map(str, xs))} differ outside axis {axis}")
    return (*xs[0][:axis], sum(x[axis] for x in xs), *xs[0][axis + 1:])


def _slice(x: Shape, *, axis: int, start: int, stop: int) -> Shape:
    axis = _axis(axis, len(x))
    if not 0 <= start <= stop <= x[axis]:
        raise ValueError(f"{start}:{stop} is not inside axis {axis} of {x}")
    return (*x[:axis], stop - start, *x[axis + 1:])


def _pad(x: Shape, *, widths: tuple[tuple[int, int], ...], mode: str) -> Shape:
    n = len(widths)
    if len(x) != n + 2 or not 1 <= n <= 3:
        raise ValueError(f"widths for {n} spatial axes do not pad (batch, channels, *spatial) of shape {x}")
    for size, width in zip(x[2:], widths):
        if mode == "reflect" and max(width) >= size:
            raise ValueError(f"reflection by {max(width)} needs more than {size} points")
    return x[:2] + tuple(lo + size + hi for size, (lo, hi) in zip(x[2:], widths))


def _conv(x: Shape, w: Shape, bias: Shape | None = None, *, stride: Shape, dilation: Shape, padding: Shape,
          groups: int) -> Shape:
    n = len(w) - 2
    if not 0 <= n <= 3 or not len(stride) == len(dilation) == len(padding) == n:
        raise ValueError(f"a filter {w} needs stride, dilation and padding for {n} spatial axes, at most 3")
    if len(x) < 2 or (n and len(x) != n + 2) or (n == 0 and groups != 1):
        raise ValueError(f"a filter {w} in {groups} groups does not act on an array of shape {x}")
    if groups < 1 or w[0] % groups or x[1] != groups * w[1]:
        raise ValueError(f"a filter {w} in {groups} groups takes {groups * w[1]} channels, not {x[1]}")
    if bias is not None and bias != w[:1]:
        raise ValueError(f"a bias of shape {bias} does not fit {w[0]} output channels")
    if min((*stride, *dilation, 1)) < 1 or min((*padding, 0)) < 0:
        raise ValueError("stride and dilation are at least 1, padding at least 0")
    spans = (d * (k - 1) + 1 for d, k in zip(dilation, w[2:]))
    steps = tuple((size + 2 * p - span) // s + 1 for size, p, span, s in zip(x[2:], padding, spans, stride))
    spatial = steps if n else x[2:]
    if min((*spatial, 1)) < 1:
        raise ValueError(f"a filter {w} does not fit into an array of shape {x}")
    return (x[0], w[0], *spatial)


def _broadcast(x: Shape, y: Shape) -> Shape:
    n = max(len(x), len(y))
    pairs = list(zip((1,) * (n - len(x)) + x, (1,) * (n - len(y)) + y))
    if any(a != b and 1 not in (a, b) for a, b in pairs):
        raise ValueError(f"the shapes {x} and {y} do not broadcast")
    return tuple(b if a == 1 else a for a, b in pairs)


def _pointwise(x: Shape, *, fn: str) -> Shape:
    return x


def _reduce(x: Shape, *, kind: str, axes: Shape, keepdims: bool) -> Shape:
    gone = _axes(axes, len(x))
    if not gone:
        raise ValueError("reduce needs at least one axis")
    return tuple(1 if a in gone else n for a, n in enumerate(x) if keepdims or a not in gone)


def _shift(x: Shape, *, offsets: Shape, axes: Shape) -> Shape:
    if len(offsets) != len(_axes(axes, len(x))):
        raise ValueError(f"{len(offsets)} offsets for {len(axes)} axes")
    return x


_NONE: Mapping[str, Callable[[object], str]] = MappingProxyType({})
OPS: Mapping[str, Op] = MappingProxyType({
    "gather": Op(2, 3, _NONE, _gather),
    "expand": Op(2, 2, _NONE, _expand),
    "einsum": Op(1, math.inf, {"equation": _equation}, _einsum),
    "reshape": Op(1, 1, {"shape": _ints}, _reshape),
    "permute": Op(1, 1, {"axes": _ints}, _permute),
    "concat": Op(1, math.inf, {"axis": _int}, _concat),
    "slice": Op(1, 1, {"axis": _int, "start": _int, "stop": _int}, _slice),
    "pad": Op(1, 1, {"widths": _pairs, "mode": _one_of(*PADDINGS)}, _pad),
    "conv": Op(2, 3, {"stride": _ints, "dilation": _ints, "padding": _ints, "groups": _int}, _conv,
               (("groups", 1),)),
    "add": Op(2, 2, _NONE, _broadcast),
    "mul": Op(2, 2, _NONE, _broadcast),
    "pointwise": Op(1, 1, {"fn": _one_of(*POINTWISE)}, _pointwise),
    "reduce": Op(1, 1, {"kind": _one_of(*REDUCTIONS), "axes": _ints, "keepdims": _bool}, _reduce,
                 (("keepdims", False),)),
    "shift": Op(1, 1, {"offsets": _ints, "axes": _ints}, _shift),
})
