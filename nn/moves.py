"""How matrices on channels move weights."""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
import torch

from .generator_system import GeneratorSystem

Kind = Literal["linear", "transposed", "norm", "embedding", "metric", "vector"]


@dataclass(frozen=True)
class Move:
    """A weight that moves with the matrices X and Y on the channels before and after it, None where those are fixed.

    "linear": Ẇ = Y W − W X, ḃ = Y b, for groups of diagonal blocks; "transposed": Ẇ = W Yᵀ − Xᵀ W; "embedding":
    Ẇ = W Yᵀ; "metric": L̇ = −L X; "vector": ṗ = Y p along `axes`; "norm": batch normalisation with its `name`d module.
    `rows` are those of the parameter, from and to, where it is packed of several weights.
    """

    weight: str | None
    bias: str | None
    before: int | None
    after: int | None
    kind: Kind
    groups: int
    name: str
    axes: tuple[int, ...] = (-1,)
    rows: tuple[int, int] | None = None

    def tangent(self, model: torch.nn.Module, generator: Mapping[int, np.ndarray]) -> dict[str, torch.Tensor]:
        """The velocities of its weights by name; what stays is left out."""
        known = dict(model.named_parameters())
        if self.rows is None:
            return self._velocities(model, known, generator)
        start, stop = self.rows
        parts = {name: known[name][start:stop] for name in (self.weight, self.bias) if name is not None}
        return {name: torch.nn.functional.pad(v, (0, 0) * (v.ndim - 1) + (start, len(known[name]) - stop))
                for name, v in self._velocities(model, parts, generator).items()}

    def _velocities(self, model: torch.nn.Module, known: Mapping[str, torch.Tensor],
                    generator: Mapping[int, np.ndarray]) -> dict[str, torch.Tensor]:
        first = known[self.weight or self.bias or ""].detach()
        into, out = (None if e is None or e not in generator else torch.tensor(
            generator[e].astype(float), dtype=first.dtype, device=first.device) for e in (self.before, self.after))
        found: dict[str, torch.Tensor] = {}
        if into is None and out is None:
            return found
        w, b = (None if p is None else known[p].detach() for p in (self.weight, self.bias))
        match self.kind:
            case "metric" if into is not None and w is not None:
                found[str(self.weight)] = -w @ into
            case "embedding" if out is not None and w is not None:
                found[str(self.weight)] = w @ out.T
            case "transposed" if w is not None:
                found[str(self.weight)] = _two_sided(w.T, into, out, 1).T
            case "vector" if out is not None and w is not None:
                moved = w.movedim(self.axes, tuple(range(-len(self.axes), 0)))
                found[str(self.weight)] = (moved.flatten(-len(self.axes)) @ out.T).reshape(moved.shape).movedim(
                    tuple(range(-len(self.axes), 0)), self.axes)
            case "linear" | "norm" if w is not None:
                found[str(self.weight)] = _two_sided(w, into, out, self.groups if w.ndim > 1 else len(w))
        if b is not None and self.kind in ("linear", "norm", "transposed"):
            shift = 0 * b if out is None else out @ b
            if self.kind == "norm" and into is not None and w is not None:
                norm: Any = model.get_submodule(self.name)  # its mean is a constant in the basis of the input
                shift = shift - w * (into @ norm.running_mean) * torch.rsqrt(norm.running_var + norm.eps)
            found[str(self.bias)] = shift
        return found


def _two_sided(w: torch.Tensor, into: torch.Tensor | None, out: torch.Tensor | None, groups: int) -> torch.Tensor:
    """Y W − W X with the diagonal blocks of Y and X."""
    blocks = w.reshape(groups, w.shape[0] // groups, *(w.shape[1:] or (1,)))
    moved = torch.zeros_like(blocks)
    if out is not None:
        moved = moved + torch.einsum("gij,gjk...->gik...", _diagonal_blocks(out, groups), blocks)
    if into is not None:
        moved = moved - torch.einsum("gij...,gjk->gik...", blocks, _diagonal_blocks(into, groups))
    return moved.reshape(w.shape)


def _diagonal_blocks(matrix: torch.Tensor, count: int) -> torch.Tensor:
    n = len(matrix) // count
    return torch.stack([matrix[g * n:(g + 1) * n, g * n:(g + 1) * n] for g in range(count)])


@dataclass
class Moves:
    """The weights that move, each once: a weight that is used again ties the matrices around both places."""

    system: GeneratorSystem
    names: dict[int, str]  # by the identity of the parameter, so that tied ones have one name
    found: list[Move] = field(default_factory=list)

    def name(self, parameter: Any) -> str | None:
        """The name of a parameter."""
        return None if parameter is None else self.names.get(id(parameter))

    def add(self, move: Move) -> bool:
        """Note a move, or tie it to those of the same weight and of the same bias; whether they can be tied."""
        alike = [other for other in self.found if {other.weight, other.bias} & {move.weight, move.bias} - {None}]
        near = [other for other in alike if _meet(other.rows, move.rows)]
        if not near:
            self.found.append(move)
            return True
        if any(other.rows != move.rows for other in near):
            return False
        if "norm" in {move.kind, *(other.kind for other in near)}:  # its statistics belong to one module
            return all(other.name == move.name for other in near) and self._same(near[0], move)
        if move.weight is not None and move.bias is not None:
            return self.add(replace(move, bias=None)) and self.add(replace(move, weight=None, before=None))
        other = near[0]
        if move.weight is not None:
            return other.weight == move.weight and self._tie(other, move)
        return other.bias == move.bias and self._same(replace(other, before=None), move)

    def _same(self, one: Move, two: Move) -> bool:
        """One pair of matrices moves both."""
        for e, f in ((one.before, two.before), (one.after, two.after)):
            if e is not None and f is not None:
                self.system.equal(e, f)
            else:
                for one_sided in (e, f):
                    if one_sided is not None:
                        self.system.zero(one_sided)
        return True

    def _tie(self, one: Move, two: Move) -> bool:
        """Y W − W X is the same for all W: X′ = X + c and Y′ = Y + c, a number c for each group."""
        if not {one.kind, two.kind} <= {"linear", "transposed", "embedding"}:
            return one.kind == two.kind and one.axes == two.axes and self._same(one, two)
        if one.groups != two.groups:
            return False
        self.system.scalars(list(zip(self._sides(one), self._sides(two))), one.groups)
        return True

    def _sides(self, move: Move) -> list[tuple[np.ndarray | None, int]]:
        """The matrices Y and X of Ẇ = Y W − W X as numbers of unknowns with a sign, None where they vanish."""
        before, after = (None if e is None else self.system.at(e) for e in (move.before, move.after))
        if move.kind == "linear":
            return [(after, 1), (before, 1)]
        return [(None if before is None else before.T, -1), (None if after is None else after.T, -1)]


def _meet(one: tuple[int, int] | None, two: tuple[int, int] | None) -> bool:
    """Whether rows of a parameter are in both parts."""
    return one is None or two is None or max(one[0], two[0]) < min(one[1], two[1])
