"""Contractions of two tensors: which axes meet, and the matrices that pass through."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from math import prod
from string import ascii_letters
from typing import Any

import numpy as np
import torch
from torch import fx

from .channel_rules import Channels
from .generator_system import GeneratorSystem


@dataclass(frozen=True)
class Contraction:
    """out[…] = Σ a[…] b[…], a letter for each axis; `sizes` by letter."""

    a: str
    b: str
    out: str
    sizes: dict[str, int]

    @classmethod
    def of(cls, node: fx.Node, name: str, values: dict[fx.Node, Any]) -> Contraction | None:
        """The contraction that a call of matmul, bmm or einsum of two tensors is; None for other calls."""
        operands: Any = [x for x in node.args if isinstance(x, fx.Node)]
        if name == "einsum" and len(node.args) in (2, 3) and isinstance(node.args[0], str):
            operands = node.args[1] if isinstance(node.args[1], (tuple, list)) else operands
            text = node.args[0].replace(" ", "")
            left, _, out = text.partition("->")
            terms = left.split(",")
            if "." in text or "->" not in text or len(terms) != 2 or any(len({*t}) < len(t) for t in terms):
                return None
            a, b = terms
        elif name in ("matmul", "bmm") and len(operands) == 2:
            m, n = (values[x].ndim for x in operands)
            if min(m, n) < 2:
                return None
            batch = ascii_letters[:max(m, n) - 2]
            a, b, out = batch[len(batch) - m + 2:] + "XY", batch[len(batch) - n + 2:] + "YZ", batch + "XZ"
        else:
            return None
        shapes = [values[x].shape for x in operands]
        if len(operands) != 2 or operands[0] is operands[1]:
            return None
        sizes = {k: max(s for letters, shape in zip((a, b), shapes) for j, s in zip(letters, shape) if j == k)
                 for k in a + b}
        full = all(sizes[k] == s for letters, shape in zip((a, b), shapes) for k, s in zip(letters, shape))
        return cls(a, b, out, sizes) if full else None

    def shape(self, letters: str) -> torch.Size:
        """The sizes of these axes."""
        return torch.Size(self.sizes[k] for k in letters)

    def impose(self, system: GeneratorSystem, a: Channels, b: Channels) -> Channels:
        """The channels of the result, with the equations X_a = α ⊗ 1 + 1 ⊗ κ, X_b = β ⊗ 1 − 1 ⊗ κᵀ, Y = α ⊗ 1 + 1 ⊗ β
        for each value of the channels that a, b and the result share; α, β, κ act on the channels of a alone, of b
        alone, and on those that are summed. What is summed against entries that do not move along is fixed.
        """
        of_a, of_b = ("".join(letters[i] for i in c.axes) for letters, c in ((self.a, a), (self.b, b)))
        summed = [k for k in self.a if k in self.b and k not in self.out]
        alone = [k for k in self.a + self.b if (k in self.a) != (k in self.b) and k not in self.out]
        moved = {*of_a, *of_b}
        inner = [k for k in summed if k in moved]
        if any(k in moved for k in alone) or any((k in of_a) != (k in of_b) for k in inner):
            for c in (a, b):  # entries of a moving tensor against numbers that do not move along
                if c.edge is not None:
                    system.zero(c.edge)
            return Channels(None)
        shared = [k for k in self.out if k in self.a and k in self.b and k in moved]
        left, right = [k for k in of_a if k not in self.b], [k for k in of_b if k not in self.a]
        axes = tuple(i for i, k in enumerate(self.out) if k in (*shared, *left, *right))
        here = system.edge(prod(self.sizes[self.out[i]] for i in axes))
        order = "".join(self.out[i] for i in axes)
        for e, letters in ((a.edge, of_a), (b.edge, of_b), (here, order)):
            if e is not None:
                self._split(system, e, letters, [k for k in shared if k in letters])
        for place in product(*(range(self.sizes[k]) for k in shared)):
            fixed = dict(zip(shared, place))
            alpha, beta, kappa = (system.edge(prod(self.sizes[k] for k in part)) for part in (left, right, inner))
            if a.edge is not None and b.edge is not None:  # (α, κ, β) and (α + s, κ − s, β − s) are the same
                system.vanish(system.at(alpha if inner else kappa)[:1, :1])
            else:
                for part in (kappa, alpha if a.edge is None else beta):
                    system.zero(part)
            for e, letters, parts in ((a.edge, of_a, ((alpha, left, 1), (kappa, inner, 1))),
                                      (b.edge, of_b, ((beta, right, 1), (kappa, inner, -1))),
                                      (here, order, ((alpha, left, 1), (beta, right, 1)))):
                if e is not None:
                    self._sum(system, e, letters, fixed, parts)
        return Channels(here, axes)

    def _indices(self, letters: str, fixed: dict[str, int]) -> tuple[np.ndarray, list[str]]:
        """The channels of one tensor at these values of some letters, in the order of the other letters."""
        table = np.arange(prod(self.sizes[k] for k in letters)).reshape([self.sizes[k] for k in letters])
        return table[tuple(fixed.get(k, slice(None)) for k in letters)].ravel(), [k for k in letters if k not in fixed]

    def _grid(self, letters: Sequence[str]) -> np.ndarray:
        """The coordinates of all channels, (letters, channels)."""
        sizes = [self.sizes[k] for k in letters]
        return np.array(np.unravel_index(np.arange(prod(sizes)), sizes or [1]))[:len(letters)]

    def _split(self, system: GeneratorSystem, e: int, letters: str, shared: list[str]) -> None:
        """X is block-diagonal in the shared channels."""
        grid = self._grid(letters)
        key = np.zeros(grid.shape[1], int)
        for k in shared:
            key = key * self.sizes[k] + grid[letters.index(k)]
        system.vanish(system.at(e)[key[:, None] != key])

    def _sum(self, system: GeneratorSystem, e: int, letters: str, fixed: dict[str, int],
             parts: tuple[tuple[int, list[str], int], ...]) -> None:
        """A diagonal block of X is a sum of matrices on its factors, transposed where the sign is −1."""
        rows, rest = self._indices(letters, fixed)
        block = system.at(e)[np.ix_(rows, rows)]
        grid = self._grid(rest)
        n = len(rows)
        where = []
        for part, own, sign in parts:
            index = np.zeros(n, int)
            for k in own:
                index = index * self.sizes[k] + grid[rest.index(k)]
            others = np.zeros(n, int)
            for k in rest:
                if k not in own:
                    others = others * self.sizes[k] + grid[rest.index(k)]
            where.append((system.at(part), index, others, sign))
        for i in range(n):
            for j in range(n):
                row: dict[int, Any] = {int(block[i, j]): -1}
                for x, index, others, sign in where:
                    if others[i] == others[j]:
                        key = int(x[index[i], index[j]] if sign > 0 else x[index[j], index[i]])
                        row[key] = row.get(key, 0) + sign
                system.row(row)
