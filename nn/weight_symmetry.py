"""The Lie algebra that moves the weights of a network and leaves what it computes, from one exact linear system."""
from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import torch
from torch import fx

from .ball import HardBall
from .fuse import fuse_batch_norm
from .generator_system import GeneratorSystem
from .moves import Move
from .stream import NotAdmitted
from .symmetry_rules import NoRule, Rules
from .written_out import written_out

FEW = 600  # unknowns of a user's function that is sampled as a whole

class LeafTracer(fx.Tracer):
    """torch.fx down to the modules of torch, to balls, and to the modules named."""

    def __init__(self, leaves: Collection[torch.nn.Module] = ()) -> None:
        super().__init__()
        self.leaves = {id(m) for m in leaves}

    def is_leaf_module(self, m: torch.nn.Module, qualified: str) -> bool:
        """Whether a module is one call."""
        return isinstance(m, HardBall) or id(m) in self.leaves or super().is_leaf_module(m, qualified)


@dataclass(frozen=True, eq=False)
class WeightSymmetry:
    """Generators X_e ∈ gl(n_e), one for the channels of each edge of the graph, with Ẇ = X_out W − W X_in on the linear
    maps, that change no output, whatever the weights. `dim` of them are independent; `factors` names the summands."""

    model: torch.nn.Module
    system: GeneratorSystem
    moves: tuple[Move, ...]

    @property
    def dim(self) -> int:
        """The dimension of the algebra."""
        return self.system.dim

    def generator(self, k: int) -> dict[int, np.ndarray]:
        """The matrices X_e ≠ 0 of the k-th basis element, by edge."""
        return self.system.matrices(k)

    def tangent(self, k: int) -> dict[str, torch.Tensor]:
        """The velocity of the weights along the k-th generator, by name: `directional_derivative` along it is zero."""
        generator = self.generator(k)
        found: dict[str, torch.Tensor] = {}
        for move in self.moves:
            for name, velocity in move.tangent(self.model, generator).items():
                found[name] = found[name] + velocity if name in found else velocity  # other rows of a parameter
        return found

    @cached_property
    def _symmetric(self) -> WeightSymmetry:
        """The part {X : X_e = X_eᵀ on the edges next to weights}, whose elements have charges."""
        edges = {e for move in self.moves for e in (move.before, move.after) if e is not None}
        return replace(self, system=self.system.symmetric_part(sorted(edges)))

    def charges(self, model: torch.nn.Module | None = None) -> torch.Tensor:
        """½⟨W, Ẇ_k⟩ for the basis of the symmetric part, (count,): constant along gradient flow of any loss.

        The loss does not change along Ẇ = TW, so ∇L ⊥ TW; for X = Xᵀ the matrix T is symmetric too, and the derivative
        of ½⟨W, TW⟩ along −∇L is zero (Noether). Steps of size η over a fixed time change it by O(η), which makes it a
        monitor. `model` has the names of weights of `self.model`, which is taken otherwise. Raises NotAdmitted where
        batch normalisation is not folded in. Source: Zhao, Ganev, Walters, Yu and Dehmamy (arXiv 2210.17216).

        >>> net = torch.nn.Sequential(torch.nn.Linear(2, 3, bias=False), torch.nn.Linear(3, 2, bias=False))
        >>> weight_symmetry(net, torch.ones(1, 2)).charges().shape  # the 6 entries of W₁W₁ᵀ − W₂ᵀW₂
        torch.Size([6])
        """
        if any(move.kind == "norm" for move in self.moves):
            raise NotAdmitted("the batch normalisation of this model is not folded in, and its statistics are not "
                              "moved by gradient flow. Put it behind its linear map in a Sequential.")
        other = self._symmetric if model is None else replace(self._symmetric, model=model)
        known = dict(other.model.named_parameters())
        found = [sum((known[name].detach() * v).sum() for name, v in other.tangent(k).items()) / 2
                 for k in range(other.dim)]
        return torch.stack([torch.as_tensor(c, dtype=next(iter(known.values())).dtype) for c in found]) if found else (
            torch.zeros(0))

    @property
    def error(self) -> float | None:
        """The largest defect of an equation of length 1, where some are in floats; None where all are rational."""
        return self.system.error

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

    Linear maps impose nothing, grouped ones block-diagonal X; sums X = X₁ = X₂; products diagonal X = X₁ + X₂; ReLU
    diagonals; GELU, tanh, SiLU 0; balls so(n), with a metric gl(n); RMSNorm so(n), and R where its eps is None; layer
    normalisation and softmax what leaves the mean and shifts out; contractions, so attention, gl of each head's q and
    k, and of its v, also in MultiheadAttention and the transformers of torch. What moves entries (views, permutations,
    parts) carries X along; a constant c that is added leaves Xc = 0. Scales and shifts of normalisations and parameters
    that are added or multiplied move too, and a weight that is used twice, transposed or not, moves once.
    Every other call is sampled as in `intertwiners`, and so is a module of the user without weights, as one function.

    The model is copied, in float64 and evaluation mode, with batch normalisation folded in where a Sequential allows
    it, and traced by torch.fx on the inputs. A matrix acts on the channels of an edge alone: the last axis after
    Linear, the second one after convolutions. Motions that hold for some weights only, or that shift biases, are not
    in the algebra. Unknowns that are equal up to sign are joined, the rest is eliminated over Q; where a sampled
    function has no rational basis, by singular values, and `error` says how well. Raises NoRule with the call for what
    is not known, TooLarge. Source of the equations: Zhao, Ganev, Walters, Yu and Dehmamy (arXiv 2210.17216).

    >>> net = torch.nn.Sequential(torch.nn.Linear(2, 5), torch.nn.ReLU(), torch.nn.Linear(5, 4), torch.nn.Linear(4, 1))
    >>> weight_symmetry(net, torch.ones(1, 2))
    <WeightSymmetry: dim 21 = gl(4) + R^5>
    """
    fused = fuse_batch_norm(model)
    exact = written_out(copy.deepcopy(fused).double())
    inputs = tuple(x.double() if isinstance(x, torch.Tensor) and x.is_floating_point() else x for x in inputs)
    try:
        graph = LeafTracer(functions_of(exact, inputs)).trace(exact)
    except (fx.proxy.TraceError, TypeError) as error:
        raise NoRule(f"torch.fx cannot follow {type(model).__name__}: {error}. Write its forward without branches on "
                     "tensors, or move what it cannot follow into a module without weights.") from error
    values = Values(fx.GraphModule(exact, graph))
    with torch.no_grad():
        values.run(*inputs)
    rules = Rules(exact, values.found)
    for node in graph.nodes:
        rules.take(node)
    rules.system.solve()
    return WeightSymmetry(fused, rules.system, tuple(rules.moves.found))


def functions_of(model: torch.nn.Module, inputs: tuple[Any, ...]) -> list[torch.nn.Module]:
    """The modules of a user that hold no weights and act on few channels: each is sampled as one function."""
    found: list[torch.nn.Module] = []

    def note(module: torch.nn.Module, given: Any, out: Any) -> None:
        tensors = [x for x in (*given, out) if isinstance(x, torch.Tensor)]
        sizes = {(x.shape[1] if x.ndim in (2, 4, 5) else max(x.shape[1:])) for x in tensors if x.ndim > 1}
        if isinstance(out, torch.Tensor) and sum(n * n for n in sizes) * len(tensors) <= FEW * len(sizes):
            found.append(module)

    own = [m for m in model.modules() if m is not model and not type(m).__module__.startswith("torch.nn")
           and not isinstance(m, HardBall) and not list(m.parameters()) and not list(m.children())]
    hooks = [m.register_forward_hook(note) for m in own]
    try:
        with torch.no_grad():
            model(*inputs)
    finally:
        for hook in hooks:
            hook.remove()
    return found


class Values(fx.Interpreter):
    """The values of all nodes of a graph, as they were when they were computed."""

    def __init__(self, graph: fx.GraphModule) -> None:
        super().__init__(graph)
        self.found: dict[fx.Node, Any] = {}

    def run_node(self, n: fx.Node) -> Any:
        """The value of a node, noted."""
        value = super().run_node(n)
        self.found[n] = fx.node.map_aggregate(value, lambda x: x.clone() if isinstance(x, torch.Tensor) else x)
        return value
