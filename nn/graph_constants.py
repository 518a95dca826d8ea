"""What the nodes of a traced network read: parameters, parts of them, and constants."""
from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import fx


class Part(NamedTuple):
    """The name of a parameter, which of its rows where not all, and whether it is transposed."""

    name: str
    rows: tuple[int, int] | None = None
    transposed: bool = False


@dataclass
class Reader:
    """Parameters by name, the one name of each by its identity, and the values of all nodes."""

    parameters: dict[str, torch.nn.Parameter]
    names: dict[int, str]
    values: dict[fx.Node, Any]

    def parameter(self, node: Any) -> str | None:
        """The name of the parameter that a node reads."""
        found = isinstance(node, fx.Node) and node.op == "get_attr" and str(node.target) in self.parameters
        return self.names.get(id(self.parameters[str(node.target)])) if found else None

    def part(self, node: Any) -> Part | None:
        """The part of a parameter that a node is: all of it, w[a:b], or w.T; None for other nodes."""
        if name := self.parameter(node):
            return Part(name)
        if not isinstance(node, fx.Node) or not node.args or not (part := self.part(node.args[0])):
            return None
        call, rest = getattr(node.target, "__name__", str(node.target)), node.args[1:]
        if self.values[node].ndim == 2 and (call, rest) in (("t", ()), ("getattr", ("T",)), ("transpose", (0, 1))):
            return part._replace(transposed=not part.transposed)
        if call == "getitem" and isinstance(rest[0], slice) and part == Part(part.name):
            start, stop, step = rest[0].indices(len(self.parameters[part.name]))
            return part._replace(rows=(start, stop)) if step == 1 else None
        return None

    def vectors(self, a: Any, shape: torch.Size, axes: Sequence[int]) -> np.ndarray | None:
        """The vectors along these axes of a constant that is broadcast to a shape, (count, n); None for what depends
        on inputs or weights, or is not finite."""
        if isinstance(a, fx.Node) and not self._constant(a):
            return None
        value = torch.as_tensor(self.values.get(a, a)).double()
        rest = [b for b in range(len(shape)) if b not in axes]
        flat = value.expand(shape).permute(*rest, *axes).reshape(-1, math.prod(shape[b] for b in axes))
        return flat.unique(dim=0).numpy() if bool(flat.isfinite().all()) else None

    def _constant(self, node: fx.Node) -> bool:
        if node.op == "get_attr":
            return str(node.target) not in self.parameters
        return bool(node.all_input_nodes) and all(map(self._constant, node.all_input_nodes))
