"""Is it equivariant? Measured on random features over a domain that the group preserves."""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import prod

import torch

import reptheory as rt
from reptheory.space import Hexagonal

from .feature import action_on_space, hexagon_of, transform
from .preserved import Model, preserved_side, spatial_ndim

Action = rt.Rep | Hexagonal | None


class BrokenEquivariance(rt.NotEquivariant, AssertionError):
    """A module f with f(g·x) ≠ g·f(x), with the generator, the entry and both values."""


@dataclass(frozen=True)
class Violation:
    """The largest |f(g·x) − g·f(x)| over the generators g: where it is, both values, and max |f(x)|."""

    generator: str
    entry: tuple[int, ...]
    left: complex
    right: complex
    scale: float
    shape: tuple[int, ...]

    @property
    def error(self) -> float:
        """|f(g·x) − g·f(x)| / max |f(x)| at the entry; 0 where both agree, also where f(x) = 0."""
        difference = abs(self.left - self.right)
        return difference / self.scale if difference and self.scale else difference


def equivariance_error(module: Model, in_type: rt.Rep, out_type: rt.Rep, *, size: int | None = None, batch: int = 2,
                       action: Action = None, seed: int = 0) -> float:
    """max_g max |f(g·x) − g·f(x)| / max |f(x)| over the generators g, on random features x of type V.

    The module is run in evaluation mode in its own dtype and device, and left as it was. Spatial features live on a square
    of side `size`, by default the smallest on which every kernel, stride and padding inside fits the same from both ends
    (otherwise even an equivariant layer fails at the border). An output without spatial axes is moved on channels only.

    >>> G = rt.D(4); equivariance_error(torch.nn.Linear(8, 8, bias=False), G.regular, G.regular) > 0.1
    True
    """
    return _measure(module, in_type, out_type, size, batch, action, seed, integers=False).error


def assert_equivariant(module: Model, in_type: rt.Rep, out_type: rt.Rep, *, tolerance: float | None = None,
                       exact: bool = False, size: int | None = None, batch: int = 2, action: Action = None,
                       seed: int = 0) -> None:
    """Raise BrokenEquivariance unless `equivariance_error` is at most the tolerance.

    The tolerance is eps · Σ (numbers summed into one output of each layer) by default. With exact=True the features are
    small integers and f(g·x) has to equal g·f(x) in every bit, as it does for integer weights (normalise=False).

    >>> G = rt.D(4); assert_equivariant(torch.nn.ReLU(), G.regular, G.regular, exact=True)
    """
    found = _measure(module, in_type, out_type, size, batch, action, seed, integers=exact)
    allowed = 0.0 if exact else _tolerance(module, in_type, out_type) if tolerance is None else tolerance
    if found.error <= allowed:
        return
    batch_, channel, *place = found.entry
    at = f", position {tuple(place)}" if place else ""
    name = type(module).__name__ if isinstance(module, torch.nn.Module) else getattr(module, "__name__", repr(module))
    raise BrokenEquivariance(
        f"{name} is not equivariant from {in_type.expression} to {out_type.expression}: for the generator "
        f"{found.generator}, on features of shape {found.shape}, at batch {batch_}, channel {channel}{at}\n"
        f"  f({found.generator}·x) = {found.left}\n  {found.generator}·f(x) = {found.right}\n"
        f"a difference of {found.error:.3g} of max |f(x)| = {found.scale:.6g}, and {allowed:.3g} is allowed.\n"
        f"{_advice(module, found, in_type, action, batch, seed, exact)}")


def _measure(module: Model, in_type: rt.Rep, out_type: rt.Rep, size: int | None, batch: int, action: Action, seed: int,
             integers: bool) -> Violation:
    """The worst violation over the generators; the module's modes are restored whatever happens."""
    if in_type.group != out_type.group:
        raise rt.DifferentGroups(f"the module is checked under one group, but V is a representation of "
                                 f"{in_type.group.expression} and W of {out_type.group.expression}. Restrict one of them.")
    with _evaluation(module), torch.no_grad():
        x, action = _features(module, in_type, size, batch, action, seed, integers)
        y = _output(module, x)
        scale = float(y.abs().max()) if y.numel() else 0.0
        worst = Violation("1", (0,) * y.ndim, 0.0, 0.0, scale, tuple(x.shape))
        for name in in_type.group.names:
            left = _output(module, transform(x, in_type, name, action))
            right = _inside(transform(y, out_type, name, action), action)
            left = _inside(left, action)
            if left.shape != right.shape:
                raise ValueError(f"f({name}·x) has the shape {tuple(left.shape)} and {name}·f(x) has {tuple(right.shape)}. "
                                 "Give a module whose output shape does not depend on the orientation of its input.")
            worst = max(worst, _worst(name, left, right, scale, tuple(x.shape)), key=_rank)
    return worst


def _rank(found: Violation) -> float:
    return float("inf") if found.error != found.error else found.error  # NaN is the worst


def _worst(name: str, left: torch.Tensor, right: torch.Tensor, scale: float, shape: tuple[int, ...]) -> Violation:
    difference = torch.where(left == right, torch.zeros_like(left), left - right).abs()  # inf = inf agrees
    if not difference.numel():
        return Violation(name, (0,) * left.ndim, 0.0, 0.0, scale, shape)
    flat = int(torch.where(difference.isnan(), torch.full_like(difference, float("inf")), difference).argmax())
    entry = tuple(int(i) for i in torch.unravel_index(torch.tensor(flat), left.shape))
    return Violation(name, entry, left[entry].item(), right[entry].item(), scale, shape)


def _features(module: Model, in_type: rt.Rep, size: int | None, batch: int, action: Action, seed: int,
              integers: bool) -> tuple[torch.Tensor, Action]:
    """Random features of type V on a domain that the group preserves, and the action that moves them."""
    ndim, action = spatial_ndim(module, in_type.group, action, size)
    dtype, device = _kind(module, in_type)
    side = size
    if ndim:
        if not isinstance(action, Hexagonal):
            action = action_on_space(in_type.group, ndim, action)
        if side is None:
            side = preserved_side(module, in_type.group, torch.zeros(1, in_type.dim, dtype=dtype, device=device), ndim,
                                  action)
    shape = (batch, in_type.dim, *(side or 1,) * ndim)
    draw = torch.Generator().manual_seed(seed)
    real = torch.empty(0, dtype=dtype).real.dtype
    parts = [torch.randint(-4, 5, shape, generator=draw).to(real) if integers
             else torch.randn(shape, generator=draw, dtype=torch.float64).to(real) for _ in range(2)]
    x = (torch.complex(*parts) if dtype.is_complex else parts[0]).to(device)
    return _inside(x, action), action


def _inside(x: torch.Tensor, action: Action) -> torch.Tensor:
    """The features with zeros outside the hexagon, where the domain is one."""
    if not isinstance(action, Hexagonal) or x.ndim == 2:
        return x
    mask = torch.zeros(prod(x.shape[2:]), dtype=torch.bool, device=x.device)
    mask[torch.as_tensor(hexagon_of(x, action).embed(), device=x.device)] = True
    return x.masked_fill(~mask.reshape(x.shape[2:]), 0)


def _output(module: Model, x: torch.Tensor) -> torch.Tensor:
    y = module(x)
    if not isinstance(y, torch.Tensor):
        raise TypeError(f"the module gives {type(y).__name__}, and equivariance is checked on one tensor. Wrap it in a "
                        "function that returns the features to check.")
    return y.detach()


def _kind(module: Model, in_type: rt.Rep) -> tuple[torch.dtype, torch.device]:
    """The dtype and device of the module's first floating parameter or buffer, otherwise the default ones."""
    tensors = [*module.parameters(), *module.buffers()] if isinstance(module, torch.nn.Module) else []
    found = next((t for t in tensors if t.is_floating_point() or t.is_complex()), None)
    dtype = torch.get_default_dtype() if found is None else found.dtype
    if in_type.scalars == "C" and not dtype.is_complex:
        dtype = torch.complex128 if dtype == torch.float64 else torch.complex64
    elif in_type.scalars == "R" and dtype.is_complex:
        dtype = torch.empty(0, dtype=dtype).real.dtype
    return dtype, torch.get_default_device() if found is None else found.device


def _tolerance(module: Model, in_type: rt.Rep, out_type: rt.Rep) -> float:
    """eps · Σ over the layers of the numbers summed into one output."""
    terms, (dtype, _) = in_type.dim + out_type.dim, _kind(module, in_type)
    for layer in module.modules() if isinstance(module, torch.nn.Module) else []:
        kernel = getattr(layer, "kernel_size", None)
        points = 1 if not isinstance(kernel, (int, tuple)) else kernel if isinstance(kernel, int) else prod(kernel)
        own = [p for p in layer.parameters(recurse=False) if p.ndim > 1]
        typed = getattr(layer, "in_type", None)
        width = typed.dim if isinstance(typed, rt.Rep) else max((p.shape[1] for p in own), default=0)
        terms += width * points
    return 8 * torch.finfo(dtype).eps * terms


class _evaluation:
    """Evaluation mode while the block runs; afterwards every submodule is in the mode that it was in."""

    def __init__(self, module: Model):
        self.module = module if isinstance(module, torch.nn.Module) else None

    def __enter__(self) -> None:
        if self.module is not None:
            self.modes = [(m, m.training) for m in self.module.modules()]
            self.module.eval()

    def __exit__(self, *error: object) -> None:
        if self.module is not None:
            for layer, mode in self.modes:  # parents before children, as train() sets those too
                layer.train(mode)


def _advice(module: Model, found: Violation, in_type: rt.Rep, action: Action, batch: int, seed: int, exact: bool) -> str:
    """What to change: the first layer with types whose own output breaks, when the module has several."""
    layers = [] if not isinstance(module, torch.nn.Module) else [
        (name, m) for name, m in module.named_modules() if name and isinstance(getattr(m, "out_type", None), rt.Rep)]
    seen: list[tuple[str, str, torch.Tensor]] = []

    def watch(name: str, layer: torch.nn.Module) -> Callable[..., None]:
        return lambda _, args, y: seen.append((name, type(layer).__name__, y)) if torch.is_tensor(y) else None

    hooks = [layer.register_forward_hook(watch(name, layer)) for name, layer in layers]
    try:
        with _evaluation(module), torch.no_grad():
            side = found.shape[2] if len(found.shape) > 2 else None
            x, action = _features(module, in_type, side, batch, action, seed, integers=exact)
            _output(module, x)
            plain, seen = seen, []
            _output(module, transform(x, in_type, found.generator, action))
    finally:
        for hook in hooks:
            hook.remove()
    types, last = dict(layers), "its input"
    for (name, kind, y), (_, _, moved) in zip(plain, seen):
        expected = _inside(transform(y, types[name].out_type, found.generator, action), action)
        difference = float((expected - _inside(moved, action)).abs().max())
        if not difference <= (0.0 if exact else found.error / 4) * max(float(y.abs().max()), 1e-300):
            return f"It is equivariant up to {last}, and broken after {name} ({kind}). Change what lies between."
        last = f"{name} ({kind})"
    if seen:
        return f"It is equivariant up to {last}, and broken after it. Change what comes after, or the output type."
    return "Build it from layers of nn with these types, symmetrise it, or check the types and the action given."
