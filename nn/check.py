"""Is it equivariant? Measured on random features over a domain that the group preserves."""
from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import Any

import torch

import reptheory as rt
from reptheory.folding import quarter_turns
from reptheory.monomial import Monomial, monomial_if
from reptheory.space import Hexagonal

from .feature import action_on_space, check_type, hexagon_of, transform
from .preserved import Action, Model, preserved_side, spatial_ndim

TIME = 0.7  # of the one-parameter groups on which Lie groups are tried


class BrokenEquivariance(rt.NotEquivariant, AssertionError):
    """A module f with f(g·x) ≠ g·f(x), with the generator, the entry and both values."""


def equivariance_error(module: Model, in_type: rt.Rep, out_type: rt.Rep, *, size: int | None = None,
                       batch: int = 2, action: Action = None, seed: int = 0) -> float:
    """max_g max |f(g·x) − g·f(x)| / max |f(x)| over the generators g, on random features x of type V.

    For a Lie group g runs over its component generators and the exp(0.7 X_a) of the basis of its Lie algebra.

    The module is run in evaluation mode in its own dtype and device, and left as it was. Spatial features
    live on a square of side `size`, by default the smallest on which every kernel, stride and padding inside
    fits the same from both ends (otherwise even an equivariant layer fails at the border). An output without
    spatial axes is moved on channels only. `action` moves space, as in `transform`; by default that of the
    layers, or G.vector.

    >>> G = rt.D(4); equivariance_error(torch.nn.Linear(8, 8, bias=False), G.regular, G.regular) > 0.1
    True
    """
    return Trial(module, in_type, out_type, size, batch, action, seed).worst().error


def assert_equivariant(module: Model, in_type: rt.Rep, out_type: rt.Rep, *, tolerance: float | None = None,
                       exact: bool = False, size: int | None = None, batch: int = 2, action: Action = None,
                       seed: int = 0) -> None:
    """Raise BrokenEquivariance unless `equivariance_error` is at most the tolerance.

    The tolerance is 8 eps · Σ (numbers summed into one output of each layer) by default. With exact=True the
    features are small integers and f(g·x) has to equal g·f(x) in every bit, as it does for integer weights
    (normalise=False).

    >>> G = rt.D(4); assert_equivariant(torch.nn.ReLU(), G.regular, G.regular, exact=True)
    """
    trial = Trial(module, in_type, out_type, size, batch, action, seed, exact)
    found = trial.worst()
    allowed = 0.0 if exact else trial.tolerance if tolerance is None else tolerance
    if found.error <= allowed:
        return
    batch_, channel, *place = found.entry
    at = f", position {tuple(place)}" if place else ""
    g = found.generator
    raise BrokenEquivariance(
        f"{_name(module)} is not equivariant from {in_type.expression} to {out_type.expression}: for the "
        f"generator {g}, on features of shape {tuple(trial.x.shape)}, at batch {batch_}, channel {channel}"
        f"{at}\n"
        f"  f({g}·x) = {found.left}\n  {g}·f(x) = {found.right}\n"
        f"a difference of {found.error:.3g} of max |f(x)| = {found.scale:.6g}; {allowed:.3g} is allowed.\n"
        f"{trial.advice(found)}")


@dataclass(frozen=True)
class Violation:
    """The largest |f(g·x) − g·f(x)| for a generator g: where it is, both values, and max |f(x)|."""

    generator: str
    entry: tuple[int, ...]
    left: complex
    right: complex
    scale: float

    @property
    def error(self) -> float:
        """|f(g·x) − g·f(x)| / max |f(x)| at the entry; the plain difference where f(x) = 0."""
        if self.left == self.right:  # ∞ = ∞ agrees, and so do equal numbers beside a NaN
            return 0.0
        difference = abs(self.left - self.right)
        return difference / self.scale if self.scale else difference

    @property
    def rank(self) -> float:
        """The error, infinite where it is NaN."""
        return float("inf") if self.error != self.error else self.error


@dataclass(frozen=True, eq=False)
class Trial:
    """One question: this module, between these types, on these random features."""

    module: Model
    in_type: rt.Rep
    out_type: rt.Rep
    size: int | None
    batch: int
    given: Action
    seed: int
    integers: bool = False

    def __post_init__(self) -> None:
        check_type(self.in_type)
        check_type(self.out_type)
        if self.in_type.group != self.out_type.group:
            raise rt.DifferentGroups(
                "the module is checked under one group, but V is a representation of "
                f"{self.in_type.group.expression} and W of {self.out_type.group.expression}. Restrict one of "
                "them.")

    @cached_property
    def space(self) -> tuple[int, Action]:
        """The number of spatial axes of the input, and the action that moves them."""
        ndim, action = spatial_ndim(self.module, self.in_type.group, self.given, self.size)
        if ndim and not isinstance(action, Hexagonal):
            action = action_on_space(self.in_type.group, ndim, action)
        return ndim, action

    @cached_property
    def kind(self) -> tuple[torch.dtype, torch.device]:
        """The dtype and device of the module's first floating parameter or buffer, otherwise the default
        ones."""
        module = self.module
        tensors = [*module.parameters(), *module.buffers()] if isinstance(module, torch.nn.Module) else []
        found = next((t for t in tensors if t.is_floating_point() or t.is_complex()), None)
        dtype = torch.get_default_dtype() if found is None else found.dtype
        dtype = dtype.to_complex() if self.in_type.scalars == "C" else dtype.to_real()
        return dtype, torch.get_default_device() if found is None else found.device

    @cached_property
    def x(self) -> torch.Tensor:
        """Random features of type V on a domain that the group preserves; small integers when asked for."""
        (ndim, action), (dtype, device), side = self.space, self.kind, self.size
        if ndim and side is None:
            assert action is not None
            sample = torch.zeros(1, self.in_type.dim, dtype=dtype, device=device)
            side = preserved_side(self.module, self.in_type.group, sample, ndim, action)
        shape = (self.batch, self.in_type.dim, *(side or 1,) * ndim)
        draw = torch.Generator().manual_seed(self.seed)
        x = torch.randn((2, *shape), generator=draw, dtype=torch.float64, device="cpu")
        x = (3 * x).round() if self.integers else x
        return _inside((torch.complex(x[0], x[1]) if dtype.is_complex else x[0]).to(device, dtype), action)

    def moved(self, y: torch.Tensor, rep: rt.Rep, g: str) -> torch.Tensor:
        """g·y on the domain."""
        return _inside(transform(y, rep, self.elements[g], self.space[1]), self.space[1])

    @cached_property
    def elements(self) -> dict[str, Any]:
        """The generators by name; of a Lie group also exp(0.7 X_a), which with them are dense (in Zariski's sense),
        and instead of these the exp(½πX_a) that move entries only, where the answer has to be exact."""
        group: Any = self.in_type.group
        found: dict[str, Any] = {name: name for name in group.names}
        if group.is_lie and self.integers:
            summands = [a for rep in (self.in_type, self.out_type) for _, a in rep.summands]
            return found | {name: g for name, g in quarter_turns(group).items()
                            if all(isinstance(monomial_if(a(g)), Monomial) for a in summands)}
        return found | {f"exp({TIME}·{name})": group.exp(**{name: TIME})
                        for name in (group.algebra_names if group.is_lie else ())}

    def output(self, x: torch.Tensor) -> torch.Tensor:
        """f(x), which has to be one tensor, on the domain."""
        y = self.module(x)
        if not isinstance(y, torch.Tensor):
            raise TypeError(f"the module gives {type(y).__name__}, and equivariance is checked on one "
                            "tensor. Wrap it in a function that returns the features to check.")
        return _inside(y.detach(), self.space[1])

    def worst(self) -> Violation:
        """The worst violation over the generators; the module's modes are restored whatever happens."""
        with _evaluation(self.module), torch.no_grad():
            y = self.output(self.x)
            scale = float(y.abs().max()) if y.numel() else 0.0
            found = [Violation("1", (0,) * y.ndim, 0.0, 0.0, scale)]
            for g in self.elements:
                left = self.output(self.moved(self.x, self.in_type, g))
                right = self.moved(y, self.out_type, g)
                if left.shape != right.shape:
                    raise ValueError(
                        f"f({g}·x) has the shape {tuple(left.shape)} and {g}·f(x) has {tuple(right.shape)}. "
                        "Give a module whose output shape does not depend on the orientation of its input.")
                found.append(_largest(g, left, right, scale))
        return max(found, key=lambda violation: violation.rank)

    @property
    def tolerance(self) -> float:
        """8 eps · Σ over the layers of the numbers summed into one output."""
        terms = self.in_type.dim + self.out_type.dim
        for layer in self.module.modules() if isinstance(self.module, torch.nn.Module) else []:
            typed, kernel = getattr(layer, "in_type", None), getattr(layer, "kernel_size", 1)
            points = prod(kernel) if isinstance(kernel, tuple) else kernel if isinstance(kernel, int) else 1
            wide = max((p.shape[1] for p in layer.parameters(recurse=False) if p.ndim > 1), default=0)
            terms += points * (typed.dim if isinstance(typed, rt.Rep) else wide)
        return 8 * torch.finfo(self.kind[0]).eps * terms

    def advice(self, found: Violation) -> str:
        """What to change: the first layer with types whose own output breaks, when the module has several."""
        layers = dict(self.module.named_modules()) if isinstance(self.module, torch.nn.Module) else {}
        types = {name: layer.out_type for name, layer in layers.items() if name and
                 getattr(getattr(layer, "out_type", None), "group", None) == self.in_type.group}
        plain, moved = (self._outputs({name: layers[name] for name in types}, x)
                        for x in (self.x, self.moved(self.x, self.in_type, found.generator)))
        last = "its input"
        for (name, y), (_, left) in zip(plain, moved):
            scale = float(y.abs().max()) if y.numel() else 0.0
            here = _largest(found.generator, left, self.moved(y, types[name], found.generator), scale)
            label = f"{name} ({type(layers[name]).__name__})"
            if here.rank > (0.0 if self.integers else found.rank / 4):
                return f"It is equivariant up to {last}, and broken after {label}. Change what lies between."
            last = label
        if plain:
            return (f"It is equivariant up to {last}, and broken after it. Change what comes after, or the "
                    "output type.")
        return "Build it from layers of nn with these types, or check the types and the action given."

    def _outputs(self, layers: dict[str, torch.nn.Module], x: torch.Tensor) -> list[tuple[str, torch.Tensor]]:
        """The outputs of these layers inside the module, in the order in which they come."""
        seen: list[tuple[str, torch.Tensor]] = []
        hooks = [layer.register_forward_hook(
            lambda _, args, y, name=name: seen.append((name, _inside(y.detach(), self.space[1]))))
            for name, layer in layers.items()]
        try:
            with _evaluation(self.module), torch.no_grad():
                self.output(x)
        finally:
            for hook in hooks:
                hook.remove()
        return seen


def _largest(g: str, left: torch.Tensor, right: torch.Tensor, scale: float) -> Violation:
    """The entry at which the two differ most, NaN more than anything."""
    difference = torch.where(left == right, torch.zeros_like(left), left - right).abs()
    if not difference.numel():
        return Violation(g, (0,) * left.ndim, 0.0, 0.0, scale)
    flat = int(difference.nan_to_num(nan=float("inf")).argmax())
    entry = tuple(int(i) for i in torch.unravel_index(torch.tensor(flat), left.shape))
    return Violation(g, entry, left[entry].item(), right[entry].item(), scale)


def _inside(x: torch.Tensor, action: Action) -> torch.Tensor:
    """The features with zeros outside the hexagon, where the domain is one."""
    if not isinstance(action, Hexagonal) or x.ndim == 2:
        return x
    mask = torch.zeros(prod(x.shape[2:]), dtype=torch.bool, device=x.device)
    mask[torch.as_tensor(hexagon_of(x, action).embed(), device=x.device)] = True
    return x.masked_fill(~mask.reshape(x.shape[2:]), 0)


@contextmanager
def _evaluation(module: Model) -> Iterator[None]:
    """Evaluation mode while the block runs; afterwards every submodule is in the mode that it was in."""
    if not isinstance(module, torch.nn.Module):
        yield
        return
    modes = [(layer, layer.training) for layer in module.modules()]
    module.eval()
    try:
        yield
    finally:
        for layer, mode in modes:  # parents before children, because train() sets those too
            layer.train(mode)


def _name(module: Model) -> str:
    return type(module).__name__ if isinstance(module, torch.nn.Module) else getattr(
        module, "__name__", type(module).__name__)
