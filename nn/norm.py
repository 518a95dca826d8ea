"""Batch normalisation that commutes with a representation."""
from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

import reptheory as rt
from reptheory.matrix import float_table
from reptheory.monomial import Monomial

from .activation import check_unitary
from .feature import check_features, check_type, join, split

State = tuple[torch.Tensor | None, torch.Tensor | None, torch.Tensor | None, torch.Tensor | None]


class TooFewValues(ValueError):
    """A batch in training from which a field gets no more values than its mean takes up."""


@dataclass(frozen=True)
class Statistics:
    """What is averaged in a summand m*A: `blocks` numbers, for each coordinate, the coordinates the group
    mixes it with.

    Each block has one variance, over `degrees` = (size, number of its invariants), and A has `invariants`
    means in all. `uniform`: one block with the invariant (1, …, 1), so that coordinates are as good as a
    longer batch.
    """

    name: str
    copies: int
    dim: int
    blocks: tuple[int, ...]
    degrees: tuple[tuple[int, int], ...]
    invariants: int
    uniform: bool


class EquivariantBatchNorm(torch.nn.Module):
    """Batch normalisation y = (x − μ)/√(σ² + ε) · w + b of each field, μ and b along its invariant vectors
    only.

    In a summand A the mean is that of the projection onto A^G, found exactly as Hom(trivial, A), and the
    variance that of all components of the field over batch and space, so both commute with every unitary ρ. A
    transitive permutation has one mean and one variance a field, the trivial representation is torch's
    BatchNorm, and other irreducible ones have a variance only; coordinates that the group does not mix are
    normalised apart. `momentum`, `affine` and `track_running_stats` are torch's. Raises DoesNotCommute where
    ρ(g)ᴴ D ρ(g) ≠ D.

    >>> G = rt.D(4); norm = EquivariantBatchNorm(8*G.regular + 4*G.vector)
    >>> tuple(norm.running_var.shape), tuple(norm.running_mean.shape)
    ((12,), (8,))
    """

    weight: torch.nn.Parameter | None
    bias: torch.nn.Parameter | None
    running_mean: torch.Tensor | None
    running_var: torch.Tensor | None
    num_batches_tracked: torch.Tensor | None

    def __init__(self, in_type: rt.Rep, eps: float = 1e-5, momentum: float | None = 0.1, affine: bool = True,
                 track_running_stats: bool = True, device=None, dtype=None):
        super().__init__()
        check_type(in_type)
        for _, a in in_type.summands:
            check_unitary(a, "the variance of a field")
        self.in_type = self.out_type = in_type
        self.eps, self.momentum, self.affine = eps, momentum, affine
        self.track_running_stats = track_running_stats
        known = {a: _statistics(a) for a in dict.fromkeys(a for _, a in in_type.summands)}
        self._parts = tuple(Statistics(a.expression, m, a.dim, *known[a][0]) for m, a in in_type.summands)
        self._exact = tuple(known[a][1] for _, a in in_type.summands)
        real = torch.empty(0, dtype=dtype or torch.get_default_dtype()).real
        kind = real.dtype if in_type.scalars == "R" else torch.complex(real, real).dtype
        variances = sum(p.copies * len(p.degrees) for p in self._parts)
        means = sum(p.copies * p.invariants for p in self._parts)
        ones = torch.ones(variances, device=device, dtype=real.dtype)
        zeros = torch.zeros(means, device=device, dtype=kind)
        self.weight = torch.nn.Parameter(ones.clone()) if affine else None
        self.bias = torch.nn.Parameter(zeros.clone()) if affine else None
        self.register_buffer("running_mean", zeros if track_running_stats else None)
        self.register_buffer("running_var", ones if track_running_stats else None)
        count = torch.tensor(0, device=device) if track_running_stats else None
        self.register_buffer("num_batches_tracked", count)
        for k, (part, tables) in enumerate(zip(self._parts, self._exact)):
            for name, table in tables.items() if not part.uniform else ():
                rounded = torch.from_numpy(table).to(zeros.device, kind)
                self.register_buffer(f"_{name}_{k}", rounded, persistent=False)

    def _apply(self, fn, recurse=True):
        """Convert as torch does, then round the constants once, from their exact values, to the new dtype."""
        super()._apply(fn, recurse)
        for k, (part, tables) in enumerate(zip(self._parts, self._exact)):
            for name, table in tables.items() if not part.uniform else ():
                buffer = getattr(self, f"_{name}_{k}")
                if buffer.device.type != "meta":
                    setattr(self, f"_{name}_{k}", torch.from_numpy(table).to(buffer.device, buffer.dtype))
        return self

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The normalised features; in training the running statistics take one step."""
        check_features(x, self.in_type)
        factor = self._step()
        parts, mean, spread = [], 0, 0
        for k, (field, part) in enumerate(zip(split(x, self.in_type), self._parts)):
            means = slice(mean, mean := mean + part.copies * part.invariants)
            spreads = slice(spread, spread := spread + part.copies * len(part.degrees))
            state = (_part(self.running_mean, means), _part(self.running_var, spreads),
                     _part(self.weight, spreads), _part(self.bias, means))
            if self._from_batch:
                _check_values(field, part)
            if part.uniform:
                y = self._uniform(field.reshape(-1, *field.shape[2:]), state, factor)
            else:
                points = field.flatten(3) if field.ndim > 3 else field.unsqueeze(3)
                y = self._general(points, part, k, state, factor)
            parts.append(y.reshape(field.shape))
        return join(parts)

    @property
    def _from_batch(self) -> bool:
        return self.training or not self.track_running_stats

    def _step(self) -> float:
        """The weight of this batch in the running statistics, as in torch: 1/count where momentum is None."""
        if not (self.training and self.num_batches_tracked is not None):
            return 0.0
        self.num_batches_tracked.add_(1)
        return 1.0 / float(self.num_batches_tracked) if self.momentum is None else self.momentum

    def _uniform(self, rows: torch.Tensor, state: State, factor: float) -> torch.Tensor:
        """torch's batch norm, with the coordinates of a field as part of the batch: rows is (batch · dim A,
        m, *spatial)."""
        running_mean, running_var, weight, bias = state
        if running_mean is None or running_var is None or not self.training:
            return F.batch_norm(rows, running_mean, running_var, weight, bias, self._from_batch, eps=self.eps)
        # On copies: autograd keeps these, and later summands update statistics in the same storage.
        mean, var = running_mean.clone(), running_var.clone()
        y = F.batch_norm(rows, mean, var, weight, bias, True, factor, self.eps)
        _advance(running_mean, mean, 1.0)
        _advance(running_var, var, 1.0)
        return y

    def _general(self, x: torch.Tensor, part: Statistics, k: int, state: State,
                 factor: float) -> torch.Tensor:
        """The same for any unitary summand: x is (batch, dim A, m, points)."""
        running_mean, running_var, weight, bias = state
        tables = (getattr(self, f"_{name}_{k}") for name in ("invariants", "dual", "average"))
        invariants, dual, average = tables
        shape, kind = (part.invariants, part.copies), torch.promote_types(x.dtype, invariants.dtype)
        dtype, x = x.dtype, x.to(kind)
        invariants, dual, average = invariants.to(kind), dual.to(kind), average.to(kind).real
        if self._from_batch:
            mean = torch.einsum("dk,bdms->km", dual.conj(), x) / (x.shape[0] * x.shape[3])
            x = x - (invariants @ mean)[:, :, None]
            var = average @ (x * x.conj()).real.mean((0, 3))
            if running_mean is not None and running_var is not None and self.training:
                counts = [(x.shape[0] * x.shape[3] * size, inner) for size, inner in part.degrees]
                unbiased = torch.cat([v * (n / (n - inner)) for v, (n, inner) in zip(var.split(1), counts)])
                _advance(running_mean, mean.reshape(-1), factor)
                _advance(running_var, unbiased.reshape(-1), factor)
        else:
            assert running_mean is not None and running_var is not None  # tracked, or we would not be here
            x = x - (invariants @ running_mean.reshape(shape).to(kind))[:, :, None]
            var = running_var.reshape(len(part.degrees), part.copies)
        scale = torch.rsqrt(var + self.eps)
        if weight is not None:
            scale = scale * weight.reshape(scale.shape)
        x = x * scale[list(part.blocks)][:, :, None]
        if bias is not None:
            x = x + (invariants @ bias.reshape(shape).to(kind))[:, :, None]
        return x.to(dtype)

    def extra_repr(self) -> str:
        """The type and torch's options."""
        return (f"{self.in_type.expression}, eps={self.eps}, momentum={self.momentum}, affine={self.affine}, "
                f"track_running_stats={self.track_running_stats}")

    def __repr__(self) -> str:
        return f"EquivariantBatchNorm({self.extra_repr()})"


def _part(values: torch.Tensor | None, where: slice) -> torch.Tensor | None:
    return None if values is None else values[where]


def _advance(running: torch.Tensor, new: torch.Tensor, factor: float) -> None:
    """running ← (1 − factor) running + factor new, in place."""
    with torch.no_grad():
        new = new.detach().to(running.dtype)
        running.copy_(new if factor == 1 else (1 - factor) * running + factor * new)


def _check_values(field: torch.Tensor, part: Statistics) -> None:
    """Raise TooFewValues unless each block has more values than means."""
    points = field.shape[0] * field[0, 0, 0].numel() if field.shape[0] else 0
    for size, inner in part.degrees:
        if points * size <= inner:
            raise TooFewValues(
                f"a variance needs more values than its mean takes up, and in training this batch of "
                f"{field.shape[0]} gives a field of {part.name} {points * size} of them for {inner}. "
                "Use a larger batch, or call eval().")


def _statistics(rep: rt.Rep) -> tuple[tuple, dict[str, np.ndarray]]:
    """The last fields of `Statistics`, and the tables: invariants e_k in layer coordinates, e_k/‖e_k‖²,
    averages by block."""
    hom = rt.Hom(rep.group.trivial, rep)
    piece = next(iter(hom.basis.pieces.values()))
    blocks = _blocks(rep)
    shape = (rep.dim, piece.dim)
    kind = np.complex128 if rep.scalars == "C" else np.float64
    invariants, dual = np.zeros(shape, kind), np.zeros(shape, kind)
    inner = [0] * (max(blocks) + 1)
    for k in range(piece.dim):
        where, values = zip(*piece.support(k))
        lengths = [rep.gram[i] for i in where]
        invariants[where, k] = float_table(values, lengths, "float64")
        dual[where, k] = float_table([v / piece.norms[k] for v in values], lengths, "float64")
        inner[blocks[where[0]]] += 1
    sizes = np.bincount(blocks)
    average = np.equal.outer(np.arange(len(sizes)), blocks) / sizes[:, None]
    uniform = len(sizes) == 1 and shape[1] == 1 and bool((invariants == 1).all()) and rep.scalars == "R"
    fields = (blocks, tuple(zip(sizes.tolist(), inner)), piece.dim, uniform)
    return fields, {"invariants": invariants, "dual": dual, "average": average}


def _blocks(rep: rt.Rep) -> tuple[int, ...]:
    """The connected components of the coordinates, i ~ j where some generator has ρ(g)_ij ≠ 0 or
    dρ(X)_ij ≠ 0: each is a subrepresentation."""
    rows: list[int] = list(range(rep.dim))
    columns: list[int] = list(range(rep.dim))
    for action in (*rep.actions, *rep.derivatives):
        if isinstance(action, Monomial):
            rows += action.images.tolist()
            columns += range(rep.dim)
        else:
            for i, row in enumerate(action.rows()):
                found = [j for j, v in enumerate(row) if not v.is_zero]
                rows += [i] * len(found)
                columns += found
    graph = coo_array((np.ones(len(rows), np.int8), (rows, columns)), (rep.dim, rep.dim))
    return tuple(connected_components(graph, directed=False)[1].tolist())
