"""How matrices on channels move weights."""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
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
    """

    weight: str | None
    bias: str | None
    before: int | None
    after: int | None
    kind: Kind
    groups: int
    name: str
    axes: tuple[int, ...] = (-1,)

    def tangent(self, model: torch.nn.Module, generator: Mapping[int, np.ndarray]) -> dict[str, torch.Tensor]:
        """The velocities of its weights by name; what stays is left out."""
        known = dict(model.named_parameters())
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
        """Note a move, or tie it to the one of the same weight; whether the two can be tied."""
        for other in self.found:
            if {other.weight, other.bias} & {move.weight, move.bias} - {None}:
                return self._tie(other, move)
        self.found.append(move)
        return True

    def _tie(self, one: Move, two: Move) -> bool:
        """Y W − W X is the same for all W: X′ = X + c and Y′ = Y + c, with c = 0 where a bias moves by Y or the move
        is of one side; between an embedding and a linear map Y₁ᵀ = c − X₂ and Y₂ = c."""
        kinds = {one.kind, two.kind}
        if kinds == {"embedding", "linear"}:
            table, linear = (one, two) if one.kind == "embedding" else (two, one)
            return self._tie_to_embedding(table, linear)
        if len(kinds) > 1 or (one.bias, one.groups) != (two.bias, two.groups) or one.weight != two.weight:
            return False
        free = one.kind in ("linear", "transposed") and one.bias is None
        pairs = []
        for a, b in ((one.before, two.before), (one.after, two.after)):
            if a is None and b is None:
                free = False
            elif a is None or b is None:
                found = a if b is None else b
                assert found is not None
                nothing = self.system.edge(self.system.sizes[found])
                self.system.zero(nothing)
                pairs.append((found, nothing) if b is None else (nothing, found))
            else:
                pairs.append((a, b))
        if free:
            self.system.scalars(pairs, one.groups)
        else:
            for a, b in pairs:
                self.system.equal(a, b)
        return True

    def _tie_to_embedding(self, table: Move, linear: Move) -> bool:
        if linear.groups > 1 or table.after is None:
            return False
        if linear.bias is not None:
            self.found.append(Move(None, linear.bias, None, linear.after, "linear", 1, linear.name))
        s = self.system
        c = s.edge(1)
        if linear.bias is not None or linear.after is None:
            s.zero(c)
        y, one = s.at(table.after), int(s.at(c)[0, 0])
        x = 0 * y - 1 if linear.before is None else s.at(linear.before)
        for i, j in np.ndindex(*y.shape):
            s.row({int(y[j, i]): 1, **({int(x[i, j]): 1} if linear.before is not None else {}),
                   **({one: -1} if i == j else {})})
        if linear.after is not None:
            z = s.at(linear.after)
            for i, j in np.ndindex(*z.shape):
                s.row({int(z[i, j]): 1, **({one: -1} if i == j else {})})
        return True
