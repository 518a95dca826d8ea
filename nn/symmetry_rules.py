"""The equations that each call of a traced network imposes on the matrices of its channels."""
from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import fx

import reptheory as rt

from .ball import HardBall, MetricBall
from .bilinear_rule import Contraction
from .call_sampling import acts_on_each_channel, acts_on_positions, as_function, by_channel
from .channel_rules import FIXED, Channels, carry, rearrangement
from .fuse import LINEAR, NORMS
from .generator_system import GeneratorSystem
from .graph_constants import Reader
from .intertwiners import NoVerdict, sampled
from .moves import Kind, Move, Moves

FREE = {"dropout", "dropout1d", "dropout2d", "identity", "contiguous", "neg", "clone", "to", "float", "double"}
POSITIVE = {"relu", "relu_", "leaky_relu", "leakyrelu", "leaky_relu_", "abs", "prelu"}
POINTWISE = {"gelu", "tanh", "silu", "sigmoid", "elu", "selu", "mish", "softplus", "hardswish", "exp", "sin", "cos"}
ADD, PRODUCT, QUOTIENT = {"add", "iadd", "add_", "sub", "isub"}, {"mul", "imul", "mul_"}, {"div", "truediv", "itruediv"}
AFFINE = (torch.nn.LayerNorm, torch.nn.RMSNorm, torch.nn.GroupNorm, torch.nn.modules.instancenorm._InstanceNorm)
MOST = 30_000_000  # unknowns, of some 350 bytes: the paper's network has 21 million


class NoRule(LookupError):
    """A call whose symmetries are neither in the table nor found by sampling."""


@dataclass
class Rules:
    """The equations of each call, in turn, and what moves each weight. `values` are those of all nodes, in float64."""

    model: torch.nn.Module
    values: dict[fx.Node, Any]

    def __post_init__(self) -> None:
        self.system, self.channels = GeneratorSystem(), dict[fx.Node, Channels]()
        self.modules, parameters = dict(self.model.named_modules()), dict(self.model.named_parameters())
        names = {id(p): name for name, p in parameters.items()}
        self.moves = Moves(self.system, names)
        self.reader = Reader(dict(self.model.named_parameters(remove_duplicate=False)), names, self.values)
        self.lists: dict[fx.Node, fx.Node] = {}

    def take(self, node: fx.Node) -> None:
        """Add the equations of one node."""
        if node.op == "output":
            self._zero(*node.all_input_nodes)
        elif isinstance(self.values.get(node), (tuple, list)):
            if any(a in self.lists for a in node.all_input_nodes) or (
                    node.op == "call_module" and any(a in self.channels for a in node.all_input_nodes)):
                raise NoRule(f"{node.format_node()} gives several tensors, and its symmetries are not known. Write it "
                             "out with Linear and functions of torch.")
            if node.all_input_nodes:
                self.lists[node] = node.all_input_nodes[0]
        elif isinstance(self.values.get(node), torch.Tensor) and not self.reader.part(node):
            if any(a in self.lists for a in node.all_input_nodes) or node.op not in ("placeholder", "get_attr"):
                self.channels[node] = self._call(node)
            if self.system.size > MOST:
                raise rt.TooLarge(f"{self.system.size} unknowns, above {MOST}. Ask about fewer blocks.")

    def _of(self, node: Any) -> Channels:
        """The channels of a node; a parameter that enters a sum or product is given its own."""
        if not isinstance(node, fx.Node):
            return FIXED
        node = self.lists.get(node, node)
        if node not in self.channels and (name := self.reader.parameter(node)):
            wide = [a for a, size in enumerate(self._shape(node)) if size > 1]
            self.channels[node] = self._new(node, tuple(wide[-1:]))
            self._add(node, Move(name, None, None, self.channels[node].edge, "vector", 1, node.name, tuple(wide[-1:])))
        elif node not in self.channels and self.reader.part(node):
            self.channels[node] = self._call(node)
        return self.channels.get(node, FIXED)

    def _shape(self, node: fx.Node) -> torch.Size:
        return self.values[node].shape

    def _new(self, node: fx.Node, axes: tuple[int, ...]) -> Channels:
        axes = tuple(a % self.values[node].ndim for a in axes)
        return Channels(self.system.edge(Channels(None, axes).count(self._shape(node))), axes)

    def _zero(self, *nodes: Any) -> Channels:
        for node in nodes:
            if (e := self._of(node).edge) is not None:
                self.system.zero(e)
        return FIXED

    def _add(self, node: fx.Node, move: Move) -> None:
        if not self.moves.add(move):
            raise NoRule(f"{node.format_node()} uses {move.weight} in another way than elsewhere, and it would move in "
                         "two ways. Copy it.")

    def _call(self, node: fx.Node) -> Channels:
        module = self.modules.get(str(node.target)) if node.op == "call_module" else None
        name = type(module).__name__ if module is not None else getattr(node.target, "__name__", str(node.target))
        name, tensors = name.lower().strip("_"), [a for a in node.all_input_nodes if a in self.values]
        if isinstance(module, (*LINEAR, *NORMS, MetricBall, torch.nn.Embedding)):
            return self._layer(node, module, tensors[0])
        if found := self._functional(node, name):
            return found
        sources = [self.lists.get(a, a) for a in tensors]
        moving = [a for a in dict.fromkeys(sources) if self._of(a).edge is not None]
        if not moving:
            return FIXED
        if sources != tensors:  # one of several parts
            return self._generic(node, moving)
        if name in ADD | PRODUCT | QUOTIENT:
            return self._arithmetic(node, name)
        if name in ("layer_norm", "rms_norm") or isinstance(module, AFFINE):
            return self._norm(node, module, name, moving[0])
        if module is not None and name != "prelu" and next(module.parameters(), None) is not None:
            raise NoRule(f"{node.format_node()}: {type(module).__name__} holds weights that no rule moves. Write it "
                         "out with Linear, convolutions and functions of torch, such as scaled_dot_product_attention.")
        if name == "scaled_dot_product_attention":
            return self._attention(node)
        if contraction := Contraction.of(node, name, self.values):
            pair = [a for a in node.all_input_nodes if self.values[a].ndim][:2]
            return contraction.impose(self.system, *(self._of(a) for a in pair))
        if name in ("softmax", "log_softmax", "logsoftmax", "softmin"):
            return self._softmax(node, module, moving[0])
        if name in ("cat", "concat", "stack") and (found := self._joined(node, name, moving)):
            return found
        return self._single(node, module, name, moving[0]) if len(moving) == 1 else self._generic(node, moving)

    def _layer(self, node: fx.Node, module: Any, source: fx.Node) -> Channels:
        """A layer of torch with weights."""
        system, before = self.system, self._of(source)
        dense, norm = isinstance(module, torch.nn.Linear), isinstance(module, NORMS)
        table, ball = isinstance(module, torch.nn.Embedding), isinstance(module, MetricBall)
        axis = self.values[source].ndim - 1 if dense else 1
        if before.edge is not None and before.axes != (axis,):
            if dense and axis not in before.axes:  # it acts on the positions, and a bias is a constant there
                if module.bias is not None:
                    for row in system.at(before.edge):
                        system.row({int(k): 1 for k in row})
                return before
            raise self._misplaced(node, axis, before)
        if norm and module.weight is None:
            raise NoRule(f"{node.format_node()} has no scale, so its statistics fix a basis. Use affine=True.")
        here = self._new(node, (-1,) if dense or table else (1,))
        assert here.edge is not None
        groups = int(getattr(module, "groups", 1))
        for e in (before.edge, here.edge):
            if e is not None and not table and not ball:
                system.block_diagonal(e, module.num_features if norm else groups)
            if ball:
                system.equal(e, here.edge) if e is not None else system.zero(here.edge)
        kind: Kind = "embedding" if table else "metric" if ball else "norm" if norm else "linear"
        weight, bias = module.factor if ball else module.weight, getattr(module, "bias", None)
        self._add(node, Move(self.moves.name(weight), self.moves.name(bias), before.edge, here.edge, kind, groups,
                             str(node.target)))
        return here

    def _misplaced(self, node: fx.Node, axis: int, before: Channels) -> NoRule:
        return NoRule(f"{node.format_node()} acts on axis {axis}, and the channels of its input are "
                      f"{'axis ' if len(before.axes) == 1 else 'the axes '}{', '.join(map(str, before.axes))}. Move "
                      "the channels there.")

    def _functional(self, node: fx.Node, name: str) -> Channels | None:
        """F.linear, F.conv and x @ W with weights that are parameters of the model, rows of them or transposed."""
        names = ["input", "weight", "bias"]
        given = {**dict(zip(names, node.args)), **{k: v for k, v in node.kwargs.items() if k in names}}
        source, weight, bias = (given.get(k) for k in names)
        part, flat = self.reader.part(weight), name == "matmul"
        if not (part and isinstance(source, fx.Node) and isinstance(weight, fx.Node)):
            return None
        if name not in ("matmul", "linear", "conv1d", "conv2d", "conv3d") or (flat and self.values[weight].ndim != 2):
            return None
        before, axis = self._of(source), self.values[source].ndim - 1 if name in ("linear", "matmul") else 1
        if before.edge is not None and before.axes != (axis,):
            raise self._misplaced(node, axis, before)
        here = self._new(node, (axis,))
        assert here.edge is not None
        groups = self._shape(source)[1] // self._shape(weight)[1] if name.startswith("conv") else 1
        for e in (before.edge, here.edge):
            if e is not None:
                self.system.block_diagonal(e, groups)
        kind: Kind = "linear" if flat == part.transposed else "transposed"
        self._add(node, Move(part.name, None, before.edge, here.edge, kind, groups, node.name, rows=part.rows))
        if shift := self.reader.part(bias):
            self._add(node, Move(None, shift.name, None, here.edge, "linear", 1, node.name, rows=shift.rows))
        elif bias is not None:
            self.system.zero(here.edge)
        return here

    def _arithmetic(self, node: fx.Node, name: str) -> Channels:
        """Sums, differences, products and quotients of two."""
        pair: list[Any] = [*node.args, *(v for k, v in node.kwargs.items() if k == "other")][:2]
        moving = [a for a in pair if self._of(a).edge is not None]
        rank = self.values[node].ndim
        places = [tuple(b + rank - self.values[a].ndim for b in self._of(a).axes) for a in moving]
        axes = max(places, key=len)
        if any(p not in (axes, ()) for p in places):
            raise NoRule(f"{node.format_node()}: the channels of its terms are on the axes {places[0]} and {places[1]} "
                         "of the result. Move them to the same.")
        system, edges = self.system, [self._of(a).edge for a in pair]
        fixed = [a for a, e in zip(pair, edges) if e is None]
        vectors = self.reader.vectors(fixed[0], self._shape(node), axes) if fixed else None
        if name in ADD and fixed and vectors is None:
            return self._zero(*moving)
        here = self._new(node, axes)
        assert here.edge is not None
        if name in ADD:
            for e in edges:
                if e is not None:
                    system.equal(e, here.edge)
            if vectors is not None:
                system.annihilate(here.edge, vectors)
            return here
        power = -1 if name in QUOTIENT else 1
        if edges[0] is not None and edges[1] is not None:
            system.product(edges[0], edges[1], here.edge, power)
        elif edges[0] is None and edges[1] is not None and power < 0:  # c/x
            system.product(self._nothing(system.sizes[here.edge]), edges[1], here.edge, -1)
        else:
            (e,) = (e for e in edges if e is not None)
            value = self.values.get(fixed[0])
            wide = isinstance(value, torch.Tensor) and any(
                a - rank >= -value.ndim and value.shape[a - rank] > 1 for a in axes)
            if wide and vectors is not None and (power > 0 or vectors.all()):
                system.rescaled(e, here.edge, vectors, power)
                return here
            system.equal(e, here.edge)
            if wide:
                system.block_diagonal(e, system.sizes[e])
        return here

    def _nothing(self, n: int) -> int:
        e = self.system.edge(n)
        self.system.zero(e)
        return e

    def _norm(self, node: fx.Node, module: Any, name: str, source: fx.Node) -> Channels:
        """Layer, root mean square, group and instance normalisation, and the scale and shift after them."""
        before, system = self._of(source), self.system
        assert before.edge is not None
        if module is not None:
            weight, bias = (self.moves.name(getattr(module, k, None)) for k in ("weight", "bias"))
            eps, shape = module.eps, getattr(module, "normalized_shape", None)
        else:
            names = ["input", "normalized_shape", "weight", *(["bias"] if name == "layer_norm" else []), "eps"]
            given = {**dict(zip(names, node.args)), **node.kwargs}
            weight, bias = (self.reader.parameter(given.get(k)) for k in ("weight", "bias"))
            eps, shape = given.get("eps", 1e-5 if name == "layer_norm" else None), given["normalized_shape"]
        if shape is None and weight is None:
            return self._single(node, module, name, source)
        axis = 1 if shape is None else self.values[source].ndim - 1
        if before.axes != (axis,) or (shape is not None and len(tuple(shape)) != 1):
            raise self._misplaced(node, axis, before)
        here = self._new(node, before.axes)
        assert here.edge is not None
        if shape is None:  # what is not a scale is no rotation after the diagonal, and the scale is broken by eps
            system.zero(before.edge)
        else:  # eps=None is the rounding of floats
            mean = isinstance(module, torch.nn.LayerNorm) or name == "layer_norm"
            system.normalised(before.edge, here.edge if weight is None else None, mean, not eps)
        if weight is not None:
            system.block_diagonal(here.edge, system.sizes[here.edge])
            for p in (weight, bias):
                if p is not None:
                    self._add(node, Move(p, None, None, here.edge, "vector", 1, node.name))
        return here

    def _softmax(self, node: fx.Node, module: Any, source: fx.Node) -> Channels:
        """Y = 0, and X adds the same to all entries along an axis of channels: X u = 1 ⊗ (…)."""
        before, shape = self._of(source), self._shape(source)
        axis = module.dim if module is not None else node.kwargs.get("dim", (*node.args, None, None)[1])
        if not isinstance(axis, int):
            raise NoRule(f"{node.format_node()} names no axis. Give dim=….")
        if axis % len(shape) not in before.axes:
            return self._zero(source)
        assert before.edge is not None
        place, sizes = before.axes.index(axis % len(shape)), [shape[a] for a in before.axes]
        x = np.moveaxis(self.system.at(before.edge).reshape(*sizes, -1), place, 0)
        self.system.join(x, np.broadcast_to(x[:1], x.shape))
        return FIXED

    def _attention(self, node: fx.Node) -> Channels:
        """softmax(q kᵀ) v: X_qᵀ = −X_k in each head, and v as it is."""
        three: Any = (*node.args, *(node.kwargs[s] for s in ("query", "key", "value") if s in node.kwargs))[:3]
        q, k, v = three
        if any(self.values[a].shape[:-2] != self.values[q].shape[:-2] for a in (k, v)):
            raise NoRule(f"{node.format_node()}: heads that share keys are not in the table. Expand k and v.")
        rank = self.values[q].ndim
        batch = "abcdefgh"[:rank - 2]
        sizes = dict(zip(batch + "tdse", (*self._shape(q), self._shape(k)[-2], self._shape(v)[-1])))
        scores = Contraction(batch + "td", batch + "sd", batch + "ts", sizes).impose(
            self.system, self._of(q), self._of(k))
        if scores.edge is not None:
            self.system.zero(scores.edge)
        return Contraction(batch + "ts", batch + "se", batch + "te", sizes).impose(self.system, FIXED, self._of(v))

    def _joined(self, node: fx.Node, name: str, moving: list[fx.Node]) -> Channels | None:
        """Tensors side by side along an axis of positions: all with one matrix."""
        axis = node.kwargs.get("dim", (*node.args, 0)[1])
        if not isinstance(axis, int):
            return None
        axis %= self.values[node].ndim
        first = self._of(moving[0])
        if any(self._of(a).axes != first.axes for a in moving) or (name != "stack" and axis in first.axes):
            return None
        if len(moving) < len([a for a in node.all_input_nodes if a in self.values]):
            return self._zero(*moving)
        here = self._new(node, tuple(a + (name == "stack" and a >= axis) for a in first.axes))
        for a in moving:
            e = self._of(a).edge
            assert e is not None and here.edge is not None
            self.system.equal(e, here.edge)
        return here

    def _single(self, node: fx.Node, module: Any, name: str, source: fx.Node) -> Channels:
        """A function of one moving tensor: by name, as a rearrangement, or as a map of positions; otherwise sampled."""
        before, system, same = self._of(source), self.system, self._shape(source) == self.values[node].shape
        assert before.edge is not None
        if isinstance(module, HardBall) and before.axes == (1,):
            system.skew(before.edge)
            return before
        if same and name in POINTWISE:
            return self._zero(source)
        if same and name in FREE:
            return before
        if same and name in POSITIVE:
            system.block_diagonal(before.edge, system.sizes[before.edge])
            return before
        return self._generic(node, [source])

    def _generic(self, node: fx.Node, moving: list[fx.Node]) -> Channels:
        """Any other function."""
        try:
            return self._sampled(node, moving)
        except (rt.TooLarge, NoVerdict) as error:
            raise NoRule(f"{node.format_node()}: {error} Split it into functions that are known, or ask about fewer "
                         "channels.") from error

    def _sampled(self, node: fx.Node, moving: list[fx.Node]) -> Channels:
        system, values = self.system, self.values
        inputs = [*moving, *(a for a in node.all_input_nodes if a not in moving and a.op != "get_attr" and isinstance(
            values.get(a), torch.Tensor) and values[a].is_floating_point())]
        module = self.modules.get(str(node.target)) if node.op == "call_module" else None
        function = as_function(node, inputs, values, self.lists, module)
        shapes, sources = [self._shape(a) for a in inputs], [self._of(a) for a in inputs]
        origin = rearrangement(function, shapes)
        if origin is not None and (found := carry(system, sources, shapes, origin)):
            return found
        axes = [source.axes if source.edge is not None else None for source in sources]
        candidates = self._candidates(node, inputs[0])
        for out in candidates:
            if len(inputs) == 1 and acts_on_positions(function, shapes[0], sources[0].axes, out):
                return Channels(sources[0].edge, out)
        here = self._new(node, candidates[0])
        edges = [*(source.edge for source in sources if source.edge is not None), here.edge]
        squares = [system.at(e) for e in edges if e is not None]
        if acts_on_each_channel(function, shapes, axes, here.axes):
            for x in squares:
                system.vanish(x[~np.eye(len(x), dtype=bool)])
            for c, basis in enumerate(by_channel(function, shapes, axes, here.axes)):
                system.span(np.array([x[c, c] for x in squares]), basis)
        else:
            system.span(np.concatenate([x.ravel() for x in squares]), sampled(function, shapes, axes, here.axes).basis)
        return here

    def _candidates(self, node: fx.Node, source: fx.Node) -> list[tuple[int, ...]]:
        """Axes of the result that may be its channels: those of the input, counted from the left or from the right
        with what is summed over left out; no axis at last, where the result is one number at each position."""
        rank, axes = self.values[source].ndim, self._of(source).axes
        left = self.values[node].ndim
        dims = node.kwargs.get("dim", (*node.args, None)[1] if len(node.args) > 1 else None)
        dims = [dims] if isinstance(dims, int) else dims
        found = []
        if isinstance(dims, (list, tuple)) and all(isinstance(d, int) for d in dims) and left == rank - len(dims):
            gone = {int(d) % rank for d in dims}
            found.append(tuple(a - sum(g < a for g in gone) for a in axes if a not in gone))
        found += [axes, tuple(a + left - rank for a in axes)]
        return [a for a in found if all(0 <= b < left for b in a)] + [()]
