"""What a Plan means, in NumPy. torch and the emitted source are tested against this file."""
from math import erf

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


def gather(w, index, sign=None):
    """out[i, …] = sign[i] · w[index[i], …]."""
    return w[index] if sign is None else w[index] * sign.reshape(-1, *[1] * (w.ndim - 1))


def pad(x, *, widths, mode):
    """Continue the last axes; circular may wrap more than once."""
    modes: dict = {"zeros": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}
    return np.pad(x, ((0, 0),) * (x.ndim - len(widths)) + widths, mode=modes[mode])


def conv(x, w, bias=None, *, stride, dilation, padding, groups):
    """y[b, o, p] = Σ_{i, q} w[o, i, q] x[b, i, stride·p + dilation·q − padding] + bias[o]."""
    n = w.ndim - 2
    x = np.pad(x, ((0, 0),) * (x.ndim - n) + tuple((p, p) for p in padding))
    spans = tuple(d * (k - 1) + 1 for d, k in zip(dilation, w.shape[2:]))
    x = sliding_window_view(x, spans, axis=tuple(range(2, 2 + n)))
    x = x[(..., *(slice(None, None, s) for s in stride + dilation))]
    over = ([1, *range(2 + n, 2 + 2 * n)], range(1, n + 2))
    parts = [np.tensordot(a, b, over) for a, b in zip(np.split(x, groups, 1), np.split(w, groups))]
    y = np.moveaxis(np.concatenate(parts, axis=-1), -1, 1)
    return y if bias is None else y + bias.reshape(-1, *[1] * (y.ndim - 2))


def sigmoid(x):
    """1 / (1 + e⁻ˣ), without overflow."""
    return np.exp(-np.logaddexp(0, -x))


FUNCTIONS = {
    **{fn: getattr(np, fn) for fn in "abs cos exp log negative reciprocal sign sin sqrt square tanh".split()},
    "relu": lambda x: np.maximum(x, 0),
    "elu": lambda x: np.where(x > 0, x, np.expm1(np.minimum(x, 0))),
    "sigmoid": sigmoid, "silu": lambda x: x * sigmoid(x), "softplus": lambda x: np.logaddexp(0, x),
    "gelu": lambda x: x / 2 * (1 + np.vectorize(erf, otypes=[x.dtype])(x / np.sqrt(2).astype(x.dtype))),
}
MEANING: dict = {
    "gather": gather, "expand": lambda table, w: np.tensordot(table, w, 1), "conv": conv, "pad": pad,
    "einsum": lambda *xs, equation: np.einsum(equation, *xs, optimize=True),
    "add": np.add, "mul": np.multiply,
    "reshape": lambda x, *, shape: x.reshape(shape), "permute": lambda x, *, axes: x.transpose(axes),
    "concat": lambda *xs, axis: np.concatenate(xs, axis), "pointwise": lambda x, *, fn: FUNCTIONS[fn](x),
    "slice": lambda x, *, axis, start, stop: x[(slice(None),) * (axis % x.ndim) + (slice(start, stop),)],
    "reduce": lambda x, *, kind, axes, keepdims: getattr(np, kind)(x, axis=axes, keepdims=keepdims),
    "shift": lambda x, *, offsets, axes: np.roll(x, offsets, axes),
}


def evaluate(steps, values):
    """The values of all names of a program, from those of its inputs, parameters and constants."""
    for step in steps:
        values[step.name] = MEANING[step.op](*(values[a] for a in step.args), **dict(step.attrs))
    return values
