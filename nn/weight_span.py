"""The space that the weights of a layer span, found from how they depend on parameters, beside Hom_G."""
from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
import torch

import reptheory as rt
from reptheory.kernel import channel_slices
from reptheory.project import Part, Projection, used
from reptheory.span import Span

DENSE = 1600          # the most entries of a weight whose dependence is written down as a matrix
DENOMINATOR = 4096    # the largest denominator by which a float is recognised as a rational


class NotDecided(ValueError):
    """Weights that are no linear function of parameters, or one that is too large or irrational to decide exactly."""


@dataclass(frozen=True, eq=False)
class Source:
    """How a tensor of weights depends on the leaves that are trained: w = L θ + w₀, through M = L L*.

    M is 1 (`kind` "free"), a diagonal `diagonal`, or on each channel pair of a kernel the same matrix `taps`, or the
    matrix `dense`; each recognised by probing and then checked on a random vector. It is Π_L, "orthogonal", where the
    layer is known.
    """

    weight: torch.Tensor
    leaves: tuple[torch.Tensor, ...]
    kind: str
    matrix: torch.Tensor | None = None

    def pull(self, v: torch.Tensor, graph: bool = False) -> tuple[torch.Tensor, ...]:
        """L* v, by a backward pass."""
        if self.kind == "free":
            return (v,)
        return torch.autograd.grad(self.weight, self.leaves, v, create_graph=graph, retain_graph=True,
                                   materialize_grads=True)

    def push(self, u: Sequence[torch.Tensor]) -> torch.Tensor:
        """L u, the gradient of v ↦ ⟨L* v, u⟩."""
        if self.kind == "free":
            return u[0]
        probe = torch.zeros_like(self.weight).requires_grad_()
        inner = torch.stack([(p * q.detach()).sum() for p, q in zip(self.pull(probe, graph=True), u)]).sum()
        return torch.autograd.grad(inner, probe)[0]

    def gram(self, v: torch.Tensor) -> torch.Tensor:
        """M v = L L* v."""
        return self.push(self.pull(v))

    def solve(self, change: torch.Tensor, steps: int = 500) -> tuple[torch.Tensor, ...]:
        """The smallest u with ‖L u − change‖ least, by conjugate gradients on L* L u = L* change, to rounding."""
        if self.kind == "free":
            return (change,)
        left = list(self.pull(change))
        found, way = [torch.zeros_like(r) for r in left], list(left)
        first = size = float(sum((r * r).sum() for r in left))
        for _ in range(steps):
            if size <= 1e-30 * first:
                break
            image = self.pull(self.push(way))
            along = size / float(sum((p * q).sum() for p, q in zip(way, image)))
            found = [f + along * p for f, p in zip(found, way)]
            left = [r - along * q for r, q in zip(left, image)]
            size, before = float(sum((r * r).sum() for r in left)), size
            way = [r + size / before * p for r, p in zip(left, way)]
        return tuple(found)

    @cached_property
    def is_unitary(self) -> bool:
        """Whether L L* = Π_L, that is M² = M: orthonormal weights, as plain ones are."""
        if self.kind in ("free", "orthogonal"):
            return True
        assert self.matrix is not None
        square = self.matrix ** 2 if self.kind == "diagonal" else self.matrix @ self.matrix
        return bool(torch.allclose(square, self.matrix, rtol=0, atol=1e-9 * max(1.0, float(self.matrix.abs().max()))))

    @cached_property
    def projector(self) -> np.ndarray:
        """Π_L on taps or on all entries, a float matrix: M M⁺."""
        assert self.matrix is not None
        values, vectors = np.linalg.eigh(self.matrix.numpy())
        kept = vectors[:, values > 1e-9 * max(float(values.max(initial=0.0)), 1e-300)]
        return kept @ kept.T


def source_of(weight: torch.Tensor, leaves: Sequence[torch.Tensor]) -> Source:
    """How a weight depends on these leaves. Raises NotDecided where it is not linear, or couples too many entries."""
    if any(weight is leaf for leaf in leaves):
        return Source(weight, (weight,), "free")
    leaves = tuple(leaf for leaf in leaves if leaf.requires_grad)
    probe = torch.ones_like(weight)
    slopes = torch.autograd.grad(weight, leaves, probe, create_graph=True, retain_graph=True, allow_unused=True)
    leaves = tuple(leaf for leaf, slope in zip(leaves, slopes) if slope is not None)
    if not leaves:
        raise NotDecided("the weights do not depend on parameters")
    if any(_depends(slope, leaves) for slope in slopes if slope is not None):
        raise NotDecided("the weights are no linear function of the parameters, as under weight normalisation")
    rough = Source(weight, leaves, "probe")
    if not _close(rough.push([leaf.detach() for leaf in leaves]), weight.detach()):
        raise NotDecided("the weights have a fixed part beside those that are trained. Decide it with rt.affine")
    draw = torch.Generator().manual_seed(0)
    trial = torch.randn(weight.shape, generator=draw, dtype=weight.dtype)
    image = rough.gram(trial)
    diagonal = rough.gram(torch.ones_like(weight))
    if _close(diagonal * trial, image):
        return Source(weight, leaves, "diagonal", diagonal)
    if weight.ndim > 2:
        taps = int(np.prod(weight.shape[2:]))
        matrix = torch.empty(taps, taps, dtype=weight.dtype)
        for t in range(taps):
            unit = torch.zeros(*weight.shape[:2], taps, dtype=weight.dtype)
            unit[0, 0, t] = 1
            matrix[t] = rough.gram(unit.reshape(weight.shape))[0, 0].ravel()
        if _close((trial.flatten(2) @ matrix).reshape(weight.shape), image):
            return Source(weight, leaves, "taps", matrix)
    if weight.numel() > DENSE:
        raise NotDecided(f"the weights couple {weight.numel()} entries, and the limit is {DENSE}")
    units = torch.eye(weight.numel(), dtype=weight.dtype)
    return Source(weight, leaves, "dense", torch.stack([rough.gram(u.reshape(weight.shape)).ravel() for u in units]))


def _depends(slope: torch.Tensor, leaves: Sequence[torch.Tensor]) -> bool:
    if not slope.requires_grad:
        return False
    second = torch.autograd.grad(slope.sum(), leaves, retain_graph=True, allow_unused=True)
    return any(s is not None and bool(s.any()) for s in second)


def _close(a: torch.Tensor, b: torch.Tensor) -> bool:
    return bool(torch.allclose(a, b, rtol=0, atol=1e-9 * max(1.0, float(b.abs().max()))))


def rational(matrix: np.ndarray) -> list[list[Fraction]]:
    """The rational matrix of small denominators at these floats; NotDecided where there is none within 1e-9."""
    found = [[Fraction(float(x)).limit_denominator(DENOMINATOR) for x in row] for row in matrix]
    if np.abs(np.array(found, float) - matrix).max(initial=0.0) > 1e-9:
        raise NotDecided("the projection onto the space of the weights is not rational, so no exact answer is known")
    return found


@dataclass(frozen=True, eq=False)
class Weights:
    """A tensor of weights as a space L of kernels: its projection, that of the group, and the kernel at present.

    `index` is, for each entry of the tensor, its place in a flattened kernel of `space.hom`.
    """

    name: str
    source: Source
    space: Projection
    index: np.ndarray

    @cached_property
    def answer(self) -> rt.Commutation:
        """Whether Π_L and Π_G commute, exactly."""
        return rt.commute(self.space, self.space.hom)

    @cached_property
    def onto(self) -> Callable[[np.ndarray], np.ndarray]:
        """Π_E on flattened kernels, a float path."""
        return float_projection(self.answer.meet)

    def kernel(self, weight: torch.Tensor) -> np.ndarray:
        """The flattened kernel of a tensor of weights."""
        out = np.zeros(self.space.hom.unknowns)
        out[self.index] = weight.detach().double().numpy()
        return out

    def projected(self, weight: torch.Tensor) -> torch.Tensor:
        """Π_E w, as a tensor of weights."""
        return torch.as_tensor(self.onto(self.kernel(weight))[self.index]).to(weight.dtype)  # one number has no axes

    def distance(self, weight: torch.Tensor) -> float:
        """‖w − Π_E w‖."""
        flat = self.kernel(weight)
        return float(np.linalg.norm(flat - self.onto(flat)))


def weights_in(name: str, source: Source, whole: Projection, index: np.ndarray) -> Weights:
    """The weights whose entries stand at `index` in the kernels of `whole`, the space of all such weights.

    Raises NotDecided as `rational` does.
    """
    hom, taps = whole.hom, whole.taps
    if source.kind == "free":
        return Weights(name, source, whole, index)
    assert source.matrix is not None
    if source.kind == "diagonal":
        flat = np.zeros(hom.unknowns, bool)
        flat[index[source.matrix.numpy() != 0]] = True
        mask: Any = flat.reshape(hom.shape)
        if mask.any((-1, -2)).sum() * hom.target.dim * hom.source.dim == mask.sum() and hom.on.shape:
            mask = mask.any((-1, -2))
        found = Projection(hom, rt.support(hom, mask).parts, "L", taps)
        return Weights(name, source, used(found), index)
    table = rational(source.projector)
    places = index.reshape(-1, len(table)) if source.kind == "taps" else index.reshape(1, -1)
    rows = Span.spanned(rt.Matrix.of(table))
    if source.kind == "taps" and all(a.is_trivial and a.dim == 1 for v in (hom.source, hom.target)
                                     for _, a in v.summands) and (index.shape[:2] == hom.shape[-2:]):
        at = places[0] // (hom.source.dim * hom.target.dim)  # the tap of each entry, the same for every channel pair
        span = rows.moved(at, hom.on.size)
        parts = tuple(Part(part.pair, part.channels, span) for part in whole.parts)
        return Weights(name, source, used(Projection(hom, parts, "L", taps)), index)
    if len(places) * len(table) > 40 * DENSE:
        raise NotDecided(f"the weights couple taps of {len(places)} channel pairs of a type that is not trivial")
    whole_span = Span.union([rows.moved(where, hom.unknowns) for where in places], hom.unknowns)
    part = Part(None, np.ones((1, 1), bool), whole_span)
    return Weights(name, source, used(Projection(hom, (part,), "L", taps)), index)


def float_projection(space: Projection) -> Callable[[np.ndarray], np.ndarray]:
    """The orthogonal projection onto a space of kernels on flattened float kernels in lowered coordinates."""
    from scipy.sparse import csr_array
    hom = space.hom
    known: dict[int, Any] = {}
    for part in space.parts:
        if id(part.span) not in known:
            span, weights = part.span, Projection(hom, space.parts).weights(part.pair)
            value = span.value.astype(float) if span.value.dtype != object else np.array(
                [float(v) for v in span.value])
            if weights is not None:
                value = value * np.sqrt([float(weights[c]) for c in span.column])
            rows = csr_array((value, (span.row, span.column)), shape=(span.count, span.size))
            gram = rows @ rows.T
            known[id(part.span)] = rows, gram

    def apply(flat: np.ndarray) -> np.ndarray:
        out = np.zeros_like(flat)
        for part in space.parts:
            rows, gram = known[id(part.span)]
            if not rows.shape[0]:
                continue
            if part.pair is None:
                out += rows.T @ _solved(gram, rows @ flat)
                continue
            view, shown = _block(flat, hom, part.pair), _block(out, hom, part.pair)
            j, i = part.channels.nonzero()
            x = view[:, :, :, j, :, i]  # (pairs, points, dim B, dim A)
            image = rows.T @ _solved(gram, rows @ x.reshape(len(j), -1).T)
            shown[:, :, :, j, :, i] += image.T.reshape(x.shape)
        return out
    return apply


def _block(flat: np.ndarray, hom: rt.Hom, pair: tuple[int, int]) -> np.ndarray:
    """A view (points, 1, dim B, n, dim A, m) of the channels of a pair of summands."""
    rows, columns = channel_slices(hom.target)[pair[0]], channel_slices(hom.source)[pair[1]]
    (n, b), (m, a) = hom.target.summands[pair[0]], hom.source.summands[pair[1]]
    part = flat.reshape(hom.on.size, hom.target.dim, hom.source.dim)[:, rows, columns]
    s = part.strides
    return np.lib.stride_tricks.as_strided(
        part, (hom.on.size, 1, b.dim, n, a.dim, m), (s[0], s[0], n * s[1], s[1], m * s[2], s[2]))


def _solved(gram: Any, values: np.ndarray) -> np.ndarray:
    """gram⁻¹ values; at once where the rows are orthogonal."""
    diagonal = gram.diagonal()
    if gram.nnz == np.count_nonzero(diagonal):
        return (values.T / diagonal).T
    return np.linalg.solve(gram.toarray(), values)
