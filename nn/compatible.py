"""Models changed as an audit says: weights projected onto E, kernels and parametrisations that are compatible."""
from __future__ import annotations

from copy import deepcopy
from typing import Any

import numpy as np
import torch
from torch.nn.utils import parametrize

from reptheory.project import Projection

from .audit import Audit
from .audit_row import Row
from .walk import traced
from .weight_span import NotDecided, Weights

ENLARGED = (torch.nn.Conv1d, torch.nn.Conv2d, torch.nn.Conv3d)
TRANSPOSED = (torch.nn.ConvTranspose1d, torch.nn.ConvTranspose2d, torch.nn.ConvTranspose3d)
POOLS = (torch.nn.MaxPool1d, torch.nn.MaxPool2d, torch.nn.MaxPool3d, torch.nn.AvgPool1d, torch.nn.AvgPool2d,
         torch.nn.AvgPool3d)


@torch.no_grad()
def project_(model: torch.nn.Module, audit: Audit) -> torch.nn.Module:
    """w ↦ Π_E w for the weights of every layer that the audit knows, in place: the nearest equivariant model.

    A float path, in float64. Weights L θ get the smallest change of θ. Returns the model.

    >>> from .audit import audit
    >>> G = __import__("reptheory").C(4); conv = torch.nn.Conv2d(1, 1, 3, padding=1)
    >>> table = audit(conv, G.trivial, input_shape=(1, 5, 5)); kernel = project_(conv, table).weight[0, 0]
    >>> torch.allclose(kernel, kernel.rot90(), atol=1e-6)
    True
    """
    names = dict(model.named_parameters())
    rows, _, copy = audit.question.judged(model)
    leaves = dict(copy.named_parameters())
    done: set[int] = set()
    for row in rows:
        for w in row.weights:
            if any(id(leaf) in done for leaf in w.source.leaves):
                continue
            change = w.projected(w.source.weight) - w.source.weight.detach()
            with torch.enable_grad():
                found = w.source.solve(change)
            for leaf, step in zip(w.source.leaves, found):
                leaf += step.detach()
                done.add(id(leaf))
    for name, leaf in leaves.items():
        if id(leaf) in done:
            names[name].copy_(leaf)
    return model


class Onto(torch.nn.Module):
    """The parametrisation θ ↦ Π θ of a tensor of weights by all tensors of its shape: L = Π, so that L L* = Π.

    `matrix` is a mask of the shape of the weights, or a projection of the taps of every channel pair, or of all
    entries.
    """

    matrix: torch.Tensor

    def __init__(self, matrix: torch.Tensor):
        super().__init__()
        self.register_buffer("matrix", matrix)

    def forward(self, theta: torch.Tensor) -> torch.Tensor:
        """Π θ."""
        if self.matrix.dtype == torch.bool:
            return theta * self.matrix
        flat = theta.flatten(2) if theta.ndim > 2 and theta[0, 0].numel() == len(self.matrix) else theta.reshape(1, -1)
        return (flat @ self.matrix).reshape(theta.shape)

    def right_inverse(self, weight: torch.Tensor) -> torch.Tensor:
        """A θ with Π θ = w, for w in the space."""
        return weight


class Held(torch.nn.Module):
    """Weights Π θ as the result of a call without arguments."""

    def __init__(self, theta: torch.Tensor, onto: Onto):
        super().__init__()
        self.theta, self.onto = torch.nn.Parameter(theta), onto

    def forward(self) -> torch.Tensor:
        """Π θ."""
        return self.onto(self.theta)


def make_compatible(model: torch.nn.Module, audit: Audit) -> torch.nn.Module:
    """A copy of the model in which every layer is compatible and unitary, and which computes the same function.

    Strided kernels and pooling windows are enlarged to those that the group turns about their own centre (kernels by
    zeros, so pooling then takes larger windows: only there the function changes); supports are replaced by their
    closures under the group, other parametrisations by orthonormal ones. Functions that do not commute stay.
    Raises NotDecided where a layer is unknown, or no larger layer of its kind will do.

    >>> from .audit import audit
    >>> G = __import__("reptheory").D(4); conv = torch.nn.Conv2d(1, 4, 3, stride=2, padding=1)
    >>> table = audit(conv, G.trivial, input_shape=(1, 8, 8)); better = make_compatible(conv, table)
    >>> better.kernel_size, bool(table), bool(table.question.of(better))
    ((4, 4), False, True)
    """
    rows, _, _ = audit.question.judged(model)  # with the weights at present
    unknown = [row for row in rows if not row.is_known]
    if unknown:
        raise NotDecided(f"{unknown[0].name} ({unknown[0].kind}) is not decided, so it cannot be made compatible: "
                         f"{unknown[0].change}.")
    result = deepcopy(model)
    for row in rows:
        if row.compatible and row.unitary is not False:
            continue
        name = row.name
        module = dict(result.named_modules()).get(name)
        if name == "model" and module is None:  # a single layer
            name, module = "", result
        if isinstance(module, (*ENLARGED, *TRANSPOSED, *POOLS)) and not parametrize.is_parametrized(module):
            result = _replaced(result, name, _enlarged(module, row))
        elif module is not None:
            for w in row.weights:
                if not (w.answer and w.source.is_unitary):
                    weight = getattr(module, w.name).detach()
                    if parametrize.is_parametrized(module, w.name):
                        parametrize.remove_parametrizations(module, w.name, leave_parametrized=True)
                    with torch.no_grad():
                        getattr(module, w.name).copy_(weight)
                    parametrize.register_parametrization(module, w.name, _onto(w, weight))
        elif row.weights:
            result = _rewired(result, row)
    return result


def _enlarged(module: Any, row: Row) -> torch.nn.Module:
    """The layer with the window of taps that the group turns about its own centre."""
    found: Any = deepcopy(module)
    if isinstance(module, POOLS):
        if "kernel of side " not in row.change:
            return found
        found.kernel_size = int(row.change.rpartition(" ")[2])
        return found
    w = row.weights[0]
    box, outside = w.space.hom.on.shape, tuple(range(len(w.space.hom.on.shape)))
    if (w.answer.closure.mask.any(outside) & ~w.space.mask.any(outside)).any():
        raise NotDecided(f"the group takes the {module.groups} groups of channels of {row.name} apart. Use groups=1, "
                         "or channels of which each group is a representation")
    extent = [d * (k - 1) + 1 for k, d in zip(module.kernel_size, module.dilation)]
    if isinstance(module, TRANSPOSED):  # pixels added at one end, as if by taps that are 0
        start, fits = [0] * len(box), list(box) == [e + m for e, m in zip(extent, module.output_padding)]
        found.output_padding = (0,) * len(box)
    else:
        tap = int(w.index.min()) // (w.space.hom.target.dim * w.space.hom.source.dim)
        start = [int(o) for o in np.unravel_index(tap, box)]
        fits = all(n >= e and o in (0, (n - e) / 2) for n, e, o in zip(box, extent, start))
    if not fits or module.padding_mode != "zeros" or isinstance(module.padding, str):
        raise NotDecided(f"{row.name} has no larger kernel that the group turns about its centre. {row.change}")
    weight = torch.zeros(*module.weight.shape[:2], *box, dtype=module.weight.dtype, device=module.weight.device)
    taps: Any = (..., *(slice(o, o + e, d) for o, e, d in zip(start, extent, module.dilation)))
    weight[taps] = module.weight.detach()
    found.padding = tuple(p + o for p, o in zip(module.padding, start))
    found.kernel_size, found.dilation = tuple(box), (1,) * len(box)
    found.weight = torch.nn.Parameter(weight)
    if module.dilation != found.dilation:  # the holes stay holes: the closure of the taps is a support
        channels = w.index.reshape(*weight.shape[:2], -1)[..., 0] % (w.space.hom.target.dim * w.space.hom.source.dim)
        mask = np.moveaxis(w.answer.closure.mask.reshape(*box, -1)[..., channels], (-2, -1), (0, 1))
        parametrize.register_parametrization(found, "weight", Onto(torch.from_numpy(np.ascontiguousarray(mask))))
    return found


def _onto(w: Weights, like: torch.Tensor) -> Onto:
    """The projection onto the closure of the space of some weights, on the entries of their tensor."""
    space: Projection = w.space if w.answer else w.answer.closure
    if all(part.span.is_coordinate for part in space.parts):
        mask = space.mask.ravel()
        if mask.sum() != mask[w.index].sum():
            raise NotDecided("the closed support is larger than the kernel. Use a larger kernel, or images whose sides "
                             "its windows fit")
        return Onto(torch.from_numpy(mask[w.index]).to(like.device))
    first = space.parts[0]
    if first.pair is not None and all(part.span is first.span for part in space.parts) and like.ndim > 2 and (
            first.span.size == w.space.hom.on.size):
        rows = first.span.matrix().to_numpy()
        at = (w.index[0, 0] // (w.space.hom.target.dim * w.space.hom.source.dim)).ravel()
    else:
        rows, at = space.expanded.parts[0].span.matrix().to_numpy(), w.index.ravel()
    q = np.linalg.qr(rows.T)[0]
    if not np.isclose((q ** 2).sum(), (q[at] ** 2).sum()):
        raise NotDecided("the closed space is larger than the kernel. Use a larger kernel")
    return Onto(torch.from_numpy(q[at] @ q[at].T).to(like.dtype).to(like.device))


def _rewired(model: torch.nn.Module, row: Row) -> torch.nn.Module:
    """The graph of the model with other weights for one call of a function."""
    graph = model if isinstance(model, torch.fx.GraphModule) else traced(model)
    assert graph is not None
    node = next(n for n in graph.graph.nodes if n.name == row.name.rpartition(".")[2])
    w = row.weights[0]
    old = node.args[1] if len(node.args) > 1 else node.kwargs["weight"]
    kind = next(model.parameters())
    weight = w.source.weight.detach().to(kind.dtype).to(kind.device)
    name = f"{node.name}_weight"
    graph.add_submodule(name, Held(weight.clone(), _onto(w, weight)))
    with graph.graph.inserting_before(node):
        new = graph.graph.call_module(name)
    node.replace_input_with(old, new)
    graph.graph.eliminate_dead_code()
    graph.delete_all_unused_submodules()
    used = {str(n.target) for n in graph.graph.nodes if n.op in ("get_attr", "call_module")}
    for path in [path for path, _ in graph.named_parameters()]:
        if not any(path == one or path.startswith(f"{one}.") for one in used):
            owner, _, leaf = path.rpartition(".")
            delattr(graph.get_submodule(owner), leaf)  # the weights that it was computed from
    graph.recompile()
    return graph


def _replaced(model: torch.nn.Module, name: str, module: torch.nn.Module) -> torch.nn.Module:
    if not name:
        return module
    model.set_submodule(name, module)
    return model
