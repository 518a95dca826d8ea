"""The Lie algebra that moves the weights of a network and leaves what it computes, from one exact linear system."""
from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch
from torch import fx

import reptheory as rt

from .ball import HardBall, MetricBall
from .fuse import fuse_batch_norm
from .generator_system import GeneratorSystem

LINEAR = (torch.nn.Linear, torch.nn.Conv1d, torch.nn.Conv2d, torch.nn.Conv3d)
NORMS = (torch.nn.BatchNorm1d, torch.nn.BatchNorm2d, torch.nn.BatchNorm3d)
FREE = {"identity", "dropout", "dropout2d", "mean", "sum", "avg_pool2d", "adaptive_avg_pool2d", "avgpool2d",
        "interpolate", "adaptiveavgpool2d", "avgpool1d", "adaptiveavgpool1d", "dropout1d", "upsample", "contiguous",
        "neg"}
POSITIVE = {"relu", "relu_", "leaky_relu", "leakyrelu", "maxpool2d", "max_pool2d", "adaptivemaxpool2d", "abs", "amax"}
POINTWISE = {"gelu", "tanh", "silu", "sigmoid", "elu", "selu", "mish", "softplus", "hardswish", "exp", "sin", "cos"}
MOST = 20_000_000  # unknowns


class NoRule(LookupError):
    """A call whose symmetries are not in the table."""


class LeafTracer(fx.Tracer):
    """torch.fx down to the modules of torch and to balls."""

    def is_leaf_module(self, m: torch.nn.Module, qualified: str) -> bool:
        """Whether a module is one call."""
        return isinstance(m, HardBall) or super().is_leaf_module(m, qualified)


@dataclass(frozen=True, eq=False)
class WeightSymmetry:
    """Generators X_e ∈ gl(n_e), one for the channels of each edge of the graph, with Ẇ = X_out W − W X_in on the linear
    maps, that change no output, whatever the weights. `dim` of them are independent; `factors` names the summands."""

    model: torch.nn.Module
    system: GeneratorSystem
    layers: tuple[tuple[str, int, int], ...]

    @property
    def dim(self) -> int:
        """The dimension of the algebra."""
        return self.system.dim

    def generator(self, k: int) -> dict[int, np.ndarray]:
        """The matrices X_e ≠ 0 of the k-th basis element, by edge."""
        return self.system.matrices(k)

    def tangent(self, k: int) -> dict[str, torch.Tensor]:
        """The velocity of the weights along the k-th generator, by name: `directional_derivative` along it is zero."""
        generator, found = self.generator(k), {}
        modules = dict(self.model.named_modules())
        for name, before, after in self.layers:
            layer: Any = modules[name]
            matrices = (_tensor(generator.get(e), layer.weight if hasattr(layer, "weight") else layer.factor)
                        for e in (after, before))
            out, into = matrices
            if isinstance(layer, MetricBall):
                if into is not None:
                    found[f"{name}.factor"] = -layer.factor.detach() @ into
                continue
            w = layer.weight.detach()
            g = getattr(layer, "groups", 1)
            blocks = w.reshape(g, w.shape[0] // g, *w.shape[1:]) if w.ndim > 1 else w.reshape(-1, 1, 1)
            moved = torch.zeros_like(blocks)
            if out is not None:
                moved = moved + torch.einsum("gij,gjk...->gik...", _diagonal_blocks(out, blocks.shape[0]), blocks)
            if into is not None:
                moved = moved - torch.einsum("gij...,gjk->gik...", blocks, _diagonal_blocks(into, blocks.shape[0]))
            if out is not None or into is not None:
                found[f"{name}.weight"] = moved.reshape(w.shape)
            if layer.bias is not None and (out is not None or (into is not None and isinstance(layer, NORMS))):
                shift = torch.zeros_like(layer.bias) if out is None else out @ layer.bias.detach()
                if into is not None and isinstance(layer, NORMS):  # the mean is a constant in the basis of the input
                    norm: Any = layer
                    shift = shift - w * (into @ norm.running_mean) * torch.rsqrt(norm.running_var + norm.eps)
                found[f"{name}.bias"] = shift
        return found

    @cached_property
    def factors(self) -> tuple[tuple[str, int], ...]:
        """The summands by name with their numbers: gl(n), so(n), R."""
        return tuple(sorted(Counter(self.system.names()).items(), key=lambda item: (item[0] == "R", item[0])))

    def __repr__(self) -> str:
        names = " + ".join(name + (f"^{m}" if m > 1 else "") for name, m in self.factors)
        return f"<WeightSymmetry: dim {self.dim}{' = ' if names else ''}{names}>"


def weight_symmetry(model: torch.nn.Module, *inputs: torch.Tensor) -> WeightSymmetry:
    """The Lie algebra of {X_e : Dφ(u) X_in u = X_out φ(u)} over all nonlinear calls φ of the model, X = 0 on inputs and
    outputs.

    Linear maps of all channels impose nothing; grouped ones block-diagonal X; sums X = X₁ = X₂; products diagonal
    X = X₁ + X₂; ReLU diagonals; GELU, tanh, SiLU 0; balls so(n), with a metric gl(n); RMSNorm so(n) + R. The model is
    traced by torch.fx on the inputs in evaluation mode, with batch normalisation folded in where a Sequential allows
    it; what is left of it keeps diagonals. Channels are the second axis of every tensor. Unknowns that are equal up to
    sign are joined, the rest is eliminated over Q. Raises NoRule for other calls, TooLarge. Source of the equations:
    Zhao, Ganev, Walters, Yu and Dehmamy (arXiv 2210.17216).

    >>> net = torch.nn.Sequential(torch.nn.Linear(2, 5), torch.nn.ReLU(), torch.nn.Linear(5, 4), torch.nn.Linear(4, 1))
    >>> weight_symmetry(net, torch.ones(1, 2))
    <WeightSymmetry: dim 21 = gl(4) + R^5>
    """
    fused = fuse_batch_norm(model)
    graph = fx.GraphModule(fused, LeafTracer().trace(fused))
    shapes = _Shapes(graph)
    with torch.no_grad():
        shapes.run(*inputs)
    system = GeneratorSystem()
    rules = _Rules(fused, system, shapes.found)
    for node in graph.graph.nodes:
        rules.take(node)
    system.solve()
    return WeightSymmetry(fused, system, tuple(rules.layers))


class _Shapes(fx.Interpreter):
    """The shapes of all tensors of a graph."""

    def __init__(self, graph: fx.GraphModule) -> None:
        super().__init__(graph)
        self.found: dict[str, torch.Size] = {}

    def run_node(self, n: fx.Node) -> Any:
        """The value of a node, its shape noted."""
        value = super().run_node(n)
        if isinstance(value, torch.Tensor):
            self.found[n.name] = value.shape
        return value


class _Rules:
    """The equations of each call."""

    def __init__(self, model: torch.nn.Module, system: GeneratorSystem, shapes: dict[str, torch.Size]) -> None:
        self.modules, self.system, self.shapes = dict(model.named_modules()), system, shapes
        self.edges: dict[str, int] = {}
        self.parts: dict[str, list[int]] = {}
        self.layers: list[tuple[str, int, int]] = []

    def take(self, node: fx.Node) -> None:
        """Add the equations of one node."""
        tensors = [a for a in node.all_input_nodes if a.name in self.edges or a.name in self.parts]
        if node.op == "output":
            for a in tensors:
                self.system.zero(self.edges[a.name] if a.name in self.edges else self.parts[a.name][0])
            return
        if node.op == "get_attr" or (node.op != "placeholder" and node.name not in self.shapes and not tensors):
            return
        module = self.modules.get(str(node.target)) if node.op == "call_module" else None
        name = type(module).__name__ if module is not None else getattr(node.target, "__name__", str(node.target))
        if name in ("chunk", "split") and isinstance((*node.args, 0)[1], int):
            self.parts[node.name] = [self.edges[tensors[0].name]]
            return
        if node.name not in self.shapes:
            raise NoRule(f"{node.format_node()} gives no tensor, and its symmetries are not known.")
        shape = self.shapes[node.name]
        here = self.edges[node.name] = self.system.edge(shape[1] if len(shape) > 1 else 1)
        if self.system.size > MOST:
            raise rt.TooLarge(f"{self.system.size} unknowns, above {MOST}. Ask about fewer blocks.")
        if node.op == "placeholder":
            self.system.zero(here)
        else:
            self._call(node, module, name.lower(), [e.name for e in tensors], here)

    def _call(self, node: fx.Node, module: Any, name: str, before: list[str], here: int) -> None:
        system = self.system
        edges = [self.edges[b] for b in before if b in self.edges]
        if isinstance(module, (*LINEAR, *NORMS, MetricBall)):
            if any(done == str(node.target) for done, _, _ in self.layers):
                raise NoRule(f"{node.target} is called twice, and its weight would move in two ways. Copy it.")
            self.layers.append((str(node.target), edges[0], here))
        rank = len(self.shapes[before[0]]) if before and before[0] in self.shapes else 0
        fits = rank == 2 or not isinstance(module, (torch.nn.Linear, torch.nn.RMSNorm))
        if name in ("mean", "sum", "amax"):
            axes = node.kwargs.get("dim", (*node.args, None)[1])
            axes = [axes] if isinstance(axes, int) else axes
            fits = isinstance(axes, (list, tuple)) and all(isinstance(a, int) and a % rank > 1 for a in axes)
        if isinstance(module, NORMS) and module.weight is None:
            fits = False
        if not fits:
            raise NoRule(f"{node.format_node()} on {rank} axes does not act on the second one alone, or fixes a basis. "
                         "Move the channels there.")
        if isinstance(module, LINEAR):
            system.block_diagonal(edges[0], groups := int(getattr(module, "groups", 1)))
            system.block_diagonal(here, groups)
        elif isinstance(module, NORMS):
            system.block_diagonal(edges[0], system.sizes[edges[0]])
            system.block_diagonal(here, system.sizes[here])
        elif name in FREE or isinstance(module, MetricBall):
            system.equal(edges[0], here)
        elif isinstance(module, HardBall):
            system.equal(edges[0], here)
            system.skew(here)
        elif isinstance(module, torch.nn.RMSNorm) and module.weight is None:
            system.skew(here)
            system.equal_up_to_scalar(edges[0], here)
        elif name in POSITIVE:
            system.block_diagonal(here, system.sizes[here])
            system.equal(edges[0], here)
        elif name in POINTWISE:
            system.zero(edges[0])
            system.zero(here)
        elif name in ("add", "iadd", "sub") and len({system.sizes[e] for e in (*edges, here)}) == 1 and all(
                isinstance(a, fx.Node) and a.name in self.edges for a in node.args):
            for e in edges:
                system.equal(e, here)
        elif name in ("mul", "imul") and all(isinstance(a, fx.Node) and a.name in self.edges for a in node.args):
            pair = [self.edges[a.name] for a in node.args if isinstance(a, fx.Node)]
            system.product(pair[0], pair[1], here)
        elif name == "getitem" and before[0] in self.parts and isinstance(node.args[1], int):
            source = self.parts[before[0]][0]
            width = system.sizes[here]
            if system.sizes[source] % width or system.sizes[source] == width:
                raise NoRule(f"{before[0]} does not cut the channels into equal parts. Cut them along the second axis.")
            start = node.args[1] * width if node.args[1] >= 0 else system.sizes[source] + node.args[1] * width
            system.restrict(source, here, start)
        elif name == "cat":
            start = 0
            for a in node.args[0]:  # type: ignore[union-attr]
                e = self.edges[a.name]  # type: ignore[union-attr, index]
                system.embed(e, here, start)
                start += system.sizes[e]
        elif name == "flatten" and system.sizes[here] % system.sizes[edges[0]] == 0:
            system.inflate(edges[0], here)
        else:
            raise NoRule(f"{node.format_node()}: the symmetries of {name} are not in the table. Replace it by one of "
                         f"{', '.join(sorted(POSITIVE | POINTWISE))}, a ball, a product, or a linear layer.")


def _tensor(matrix: np.ndarray | None, like: torch.Tensor) -> torch.Tensor | None:
    return None if matrix is None else torch.tensor(matrix.astype(float), dtype=like.dtype, device=like.device)


def _diagonal_blocks(matrix: torch.Tensor, count: int) -> torch.Tensor:
    n = len(matrix) // count
    return torch.stack([matrix[g * n:(g + 1) * n, g * n:(g + 1) * n] for g in range(count)])


