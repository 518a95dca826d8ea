"""Calls of a traced network at random points: whether they act on each channel alone, or on positions alone."""
from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import fx

from .intertwiners import as_columns, derivatives, echelon_null_space, points, rounded, size_of

Axes = tuple[int, ...]


def as_function(node: fx.Node, inputs: Sequence[fx.Node], values: dict[fx.Node, Any],
                lists: dict[fx.Node, fx.Node], module: torch.nn.Module | None) -> Callable[..., torch.Tensor]:
    """The call of a node as a function of some of the tensors that enter it, the others as they were."""
    def function(*tensors: torch.Tensor) -> torch.Tensor:
        given = dict(zip(inputs, tensors))

        def value(n: fx.Node) -> Any:
            if n in given:
                return given[n].clone()
            return run(n) if n in lists else values[n]

        def run(n: fx.Node) -> Any:
            args, kwargs = fx.node.map_arg((n.args, n.kwargs), value)
            if n.op == "call_module":
                assert module is not None
                return module(*args, **kwargs)
            target: Any = n.target
            return getattr(args[0], target)(*args[1:], **kwargs) if n.op == "call_method" else target(*args, **kwargs)

        return run(node)

    return function


def acts_on_positions(function: Callable[..., torch.Tensor], shape: torch.Size, axes: Axes, out_axes: Axes) -> bool:
    """Whether φ(Mu) = Mφ(u) for random matrices M of the channels: φ is linear and the same on every channel."""
    draw = torch.Generator().manual_seed(1)
    for _ in range(3):
        (u,) = points([shape], draw)
        n = size_of(shape, axes)
        m = torch.randn(n, n, generator=draw, dtype=torch.float64)
        y = function(u)
        if size_of(y.shape, out_axes) != n or not bool((y != 0).any()):
            return False
        left, right = as_columns(function(_moved(u, axes, m)), out_axes), as_columns(y, out_axes) @ m.T
        if not bool(((left - right).abs() <= 1e-10 * right.abs().max()).all()):
            return False
    return True


def acts_on_each_channel(function: Callable[..., torch.Tensor], shapes: Sequence[torch.Size],
                         axes: Sequence[Axes | None], out_axes: Axes) -> bool:
    """Whether the derivative of φ along some of the channels vanishes on the others, at random points, and that along
    its own is not the same at all: an affine function mixes channels with others of its kind."""
    draw = torch.Generator().manual_seed(2)
    for _ in range(3):
        u = points(shapes, draw)
        n = size_of(function(*u).shape, out_axes)
        mask = (torch.rand(n, generator=draw) < 0.5).double().diag()
        for k, a in enumerate(axes):
            if a is not None:
                if size_of(shapes[k], a) != n:
                    return False
                y = as_columns(derivatives(function, u, k, _moved(u[k], a, mask)[None])[0], out_axes)
                if bool((y[:, mask.diagonal() == 0] != 0).any()):
                    return False
    along = [torch.randn(shape, generator=draw, dtype=torch.float64) for shape in shapes]
    first, curved = None, torch.tensor(False)
    for _ in range(60):  # half of the points are on each side of a bend
        u = points(shapes, draw)
        slope = torch.cat([as_columns(derivatives(function, u, k, along[k][None])[0], out_axes)
                           for k, a in enumerate(axes) if a is not None])
        first = slope if first is None else first
        curved = curved | ((slope - first).abs() > 1e-10 * (1 + first.abs())).any(0)
        if bool(curved.all()):
            return True
    return False


def by_channel(function: Callable[..., torch.Tensor], shapes: Sequence[torch.Size], axes: Sequence[Axes | None],
               out_axes: Axes) -> list[np.ndarray]:
    """For each channel a basis of the numbers (x₁, …, x_k, y) with Σ x_i u_i ∂_iφ(u) = y φ(u), in echelon form."""
    draw, tables = torch.Generator().manual_seed(3), []
    for _ in range(24):
        u = points(shapes, draw)
        columns = [as_columns(derivatives(function, u, k, u[k][None])[0], out_axes)
                   for k, a in enumerate(axes) if a is not None]
        tables.append(torch.stack([*columns, -as_columns(function(*u), out_axes)], 2).detach())
    table = torch.cat(tables).numpy()
    found = []
    for rows in table.transpose(1, 0, 2):
        length = np.linalg.norm(rows, axis=1)
        good = np.isfinite(length) & (length > 1e-200)
        basis = echelon_null_space(rows[good] / length[good, None])
        rational = rounded(basis)
        found.append(basis if rational is None else rational)
    return found


def _moved(u: torch.Tensor, axes: Axes, m: torch.Tensor) -> torch.Tensor:
    """M on the channels of u."""
    order = [a for a in range(u.ndim) if a not in axes] + list(axes)
    columns = u.permute(order)
    moved = (columns.reshape(-1, len(m)) @ m.T).reshape(columns.shape)
    return moved.permute([order.index(a) for a in range(u.ndim)])

