"""The spaces that layers span in the kernels κ: X → Hom(V, W): masks, tied weights, circulants, low rank, any span."""
from __future__ import annotations

from collections.abc import Iterable, Sequence
from operator import index
from typing import Any

import numpy as np

from .hom import Hom
from .kernel import exact_kernel
from .matrix import Matrix
from .project import Part, Projection, channel_pairs, check_orthogonal, places
from .span import Span
from .witness import entry_of


class OutsideKernel(ValueError):
    """A support with a point or an entry that the kernels do not have."""


def support(hom: Hom, points: Any = None) -> Projection:
    """Π_L onto the kernels that vanish outside a support: the projection with a diagonal matrix of zeros and ones.

    `points`: taps as index tuples of the array of X, entries (*tap, output, input), or a boolean array of shape X or
    (*X, dim W, dim V); None for all. So adjacency, block and causal masks are supports. Raises OutsideKernel.

    >>> import reptheory as rt
    >>> H = rt.Hom(rt.C(4).trivial, 2*rt.C(4).trivial, on=rt.grid(3)); rt.support(H, [(1, 1), (0, 1, 1, 0)]).dim
    3
    """
    mask = np.ones(hom.on.shape, bool) if points is None else _mask(hom, points)
    return tied(hom, np.where(mask, np.arange(mask.size).reshape(mask.shape), -1))


def full(hom: Hom) -> Projection:
    """Π_L = 1, the fully connected layer or the convolution with every tap: it commutes with every projection."""
    return support(hom)


def tied(hom: Hom, labels: Any, signs: Any = None) -> Projection:
    """Π_L onto the kernels whose entries with equal labels are equal, up to the signs given, and 0 where labels are
    negative; an integer array of shape X (each channel pair its own weights) or (*X, dim W, dim V).

    >>> import reptheory as rt
    >>> H = rt.Hom(rt.C(4).trivial, rt.C(4).trivial, on=rt.grid(3)); rt.tied(H, [[0, 1, 0]] * 3).dim
    2
    """
    check_orthogonal(hom.source)
    check_orthogonal(hom.target)
    labels = np.asarray(labels)
    signs = np.ones(labels.shape, np.int64) if signs is None else np.asarray(signs)
    if labels.shape not in (hom.on.shape, hom.shape) or signs.shape != labels.shape:
        raise ValueError(f"the labels of kernels of {hom.expression} have shape {hom.on.shape} or {hom.shape}, and "
                         f"these have {labels.shape}, with signs of shape {signs.shape}. Reshape them.")
    if not (np.issubdtype(labels.dtype, np.integer) and np.isin(signs, (-1, 1)).all()):
        raise ValueError("labels are integers, −1 for entries that are 0, and signs are 1 or −1. Cast the labels.")
    if labels.shape != hom.shape or hom.unknowns == hom.on.size:
        return _of_taps(hom, labels.ravel(), signs.ravel())
    return _of_labels(hom, labels.ravel(), signs.ravel())


def circulant(hom: Hom, shape: Sequence[int] | None = None) -> Projection:
    """Π_L onto the circulant matrices κ_ij = w_(i − j mod n): convolutions with circular padding.

    `shape` (n₁, n₂, …) makes them circulant in each index of pixels numbered in C order; where dim V and dim W
    are multiples of Π n_k, each pixel holds channels, numbered fast.

    >>> import reptheory as rt
    >>> rt.circulant(rt.C(6).regular >> rt.C(6).regular).dim
    6
    """
    return _shifts(hom, shape, lambda row, column, n: (row - column) % n)


def toeplitz(hom: Hom, shape: Sequence[int] | None = None) -> Projection:
    """Π_L onto the Toeplitz matrices κ_ij = w_(i − j): convolutions with zero padding, in each index of `shape`.

    >>> import reptheory as rt
    >>> rt.toeplitz(rt.C(6).regular >> rt.C(6).regular).dim
    11
    """
    return _shifts(hom, shape, lambda row, column, n: row - column + n - 1)


def causal(hom: Hom, blocks: int | None = None) -> Projection:
    """Π_L onto the block lower triangular matrices, κ_ij = 0 where the block of i comes before that of j: masked
    attention and causal mixing; `blocks` of equal size, one entry each when None.

    >>> import reptheory as rt
    >>> rt.causal(rt.C(4).regular >> rt.C(4).regular).dim
    10
    """
    n, m = hom.target.dim, hom.source.dim
    blocks = n if blocks is None else blocks
    if n % blocks or m % blocks:
        raise ValueError(f"causal(H, blocks={blocks}): dim W = {n} and dim V = {m} are not multiples of it. Give a "
                         "common divisor.")
    mask = np.arange(n)[:, None] // (n // blocks) >= np.arange(m) // (m // blocks)
    return support(hom, np.broadcast_to(mask, hom.shape))


def low_rank(hom: Hom, left: Any, right: Any) -> Projection:
    """Π_L onto {κ(x) = U M_x Vᵀ}, low rank of a fixed pattern: exact matrices U (dim W × r) and V (dim V × s).

    Its projection is Π_U ⊗ Π_V at each point.

    >>> import reptheory as rt
    >>> low_rank(rt.S(3).natural >> rt.S(3).natural, [[1], [1], [1]], [[1], [1], [1]]).dim
    1
    """
    u, v = Matrix.of(left), Matrix.of(right)
    if u.shape[0] != hom.target.dim or v.shape[0] != hom.source.dim:
        raise ValueError(f"low_rank needs U with dim W = {hom.target.dim} rows and V with dim V = "
                         f"{hom.source.dim}, and these have {u.shape[0]} and {v.shape[0]}. Transpose them, perhaps.")
    outer = u.T.kron(v.T)
    fibre = Span.spanned(outer)
    spans = [fibre.moved(x * fibre.size + np.arange(fibre.size), hom.unknowns) for x in range(hom.on.size)]
    return _whole(hom, Span.union(spans, hom.unknowns))


def subspace(hom: Hom, matrices: Iterable[Any]) -> Projection:
    """Π_L onto the span of exact kernels, each of shape (*X, dim W, dim V), dependent ones allowed.

    >>> import reptheory as rt
    >>> rt.subspace(rt.S(2).natural >> rt.S(2).natural, [[[1, 0], [0, 1]], [[2, 0], [0, 2]]]).dim
    1
    """
    rows = [exact_kernel(kernel, hom.shape).entries.ravel().tolist() for kernel in matrices]
    return _whole(hom, Span.spanned(Matrix.of(rows)) if rows else Span.coordinates(np.zeros(0, np.int64), hom.unknowns))


def _whole(hom: Hom, span: Span) -> Projection:
    """The projection onto a span of whole kernels; one pair of single summands needs no coupling."""
    check_orthogonal(hom.source)
    check_orthogonal(hom.target)
    pairs = channel_pairs(hom)
    pair = pairs[0][0] if len(pairs) == 1 and pairs[0][1].size == 1 else None
    return Projection(hom, (Part(pair, np.ones((1, 1), bool), span),), "L")


def _of_taps(hom: Hom, labels: np.ndarray, signs: np.ndarray) -> Projection:
    """Every entry of a tap has weights of its own, so that all channel pairs of two summands share a span."""
    spans: dict[int, Span] = {}
    parts = []
    for (b, a), channels in channel_pairs(hom):
        fibre = hom.target.summands[b][1].dim * hom.source.summands[a][1].dim
        if fibre not in spans:
            entries = np.where(labels[:, None] >= 0, labels[:, None] * fibre + np.arange(fibre), -1)
            spans[fibre] = Span.labelled(entries.ravel(), np.repeat(signs, fibre))
        parts.append(Part((b, a), channels, spans[fibre]))
    return Projection(hom, tuple(parts), "L")


def _of_labels(hom: Hom, labels: np.ndarray, signs: np.ndarray) -> Projection:
    """Channel pairs with equal patterns of labels share a span; a label in two channel pairs couples them."""
    classes: dict[tuple, tuple[np.ndarray, Span]] = {}
    owner = np.full(int(labels.max(initial=-1)) + 1, -1)
    for number, (pair, j, i) in enumerate((pair, j, i) for pair, channels in channel_pairs(hom)
                                          for j, i in np.argwhere(channels)):
        where = places(hom, pair, j, i)
        mine, sign = labels[where], signs[where]
        alive = mine[mine >= 0]
        if ((owner[alive] >= 0) & (owner[alive] != number)).any():
            return _whole(hom, Span.labelled(labels, signs))
        owner[alive] = number
        _, first, pattern = np.unique(mine, return_index=True, return_inverse=True)
        pattern = np.where(mine >= 0, first[pattern], -1)
        key = pair, pattern.tobytes(), sign[mine >= 0].tobytes()
        if key not in classes:
            n, m = hom.target.summands[pair[0]][0], hom.source.summands[pair[1]][0]
            classes[key] = np.zeros((n, m), bool), Span.labelled(pattern, sign)
        classes[key][0][j, i] = True
    return Projection(hom, tuple(Part(key[0], channels, span) for key, (channels, span) in classes.items()), "L")


def _mask(hom: Hom, points: Any) -> np.ndarray:
    """The boolean array, of shape X where it is the same for all entries of a tap, otherwise (*X, dim W, dim V)."""
    points = list(points) if isinstance(points, (set, frozenset)) else points
    if (isinstance(points, (np.ndarray, np.bool_)) and points.dtype == bool) or (
            isinstance(points, list) and points and isinstance(points[0], list) and np.asarray(points).dtype == bool):
        points = np.asarray(points)
        if points.shape in (hom.shape, hom.on.shape):
            return points
        raise OutsideKernel(f"a mask of kernels of {hom.expression} has shape {hom.on.shape} or {hom.shape}, and this "
                            f"one has {points.shape}. Reshape it.")
    try:
        indices = [(index(point),) if np.ndim(point) == 0 else tuple(map(index, point)) for point in points]
    except TypeError as error:
        raise TypeError(f"a support is a collection of taps or entries, tuples of integers, and this is {points!r}. "
                        "Give such tuples, or a boolean array.") from error
    whole = bool(hom.on.shape) and all(len(at) == len(hom.on.shape) for at in indices)
    mask = np.zeros(hom.on.shape if whole else hom.shape, bool)
    for at in indices:
        if len(at) not in (len(hom.on.shape), len(hom.shape)) or not all(
                0 <= k < n for k, n in zip(at, hom.shape)):
            ranges = " × ".join(f"0…{n - 1}" for n in hom.shape)
            raise OutsideKernel(f"the support has {at}, which is outside the kernel: taps and entries (*tap, "
                                f"output, input) lie in {ranges}. Give indices into the array of the kernel.")
        mask[at] = True
    return mask


def _shifts(hom: Hom, shape: Sequence[int] | None, code) -> Projection:
    """The labels code(row, column, n) in each index of pixels, one set for each pair of channels inside a pixel."""
    sides = tuple(shape) if shape is not None else (min(hom.target.dim, hom.source.dim),)
    size = int(np.prod(sides))
    if hom.on.size != 1 or size == 0 or hom.target.dim % size or hom.source.dim % size:
        raise ValueError(f"maps between functions on {'×'.join(map(str, sides))} pixels need dim V and dim W to be "
                         f"multiples of {size} on a point, and those of {hom.expression} are {hom.source.dim} and "
                         f"{hom.target.dim}. Give another shape.")
    n, m = hom.target.dim // size, hom.source.dim // size
    row = np.array(np.unravel_index(np.arange(size), sides))
    label = np.zeros((size, size), np.int64)
    for k, side in enumerate(sides):
        label = label * (2 * side) + code(row[k][:, None], row[k][None, :], side)
    channel = np.arange(n)[:, None] * m + np.arange(m)
    labels = label[:, None, :, None] * (n * m) + channel[None, :, None, :]
    return tied(hom, labels.reshape(hom.shape))


def describe(projection: Projection) -> list[str]:
    """The entries of a support in words, for messages."""
    return [str(entry_of(projection.hom, int(n))) for n in np.flatnonzero(projection.mask)]
