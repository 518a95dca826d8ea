"""The domains on which a module can be tested: sides that all its windows fit the same from both ends."""
from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

import reptheory as rt
from reptheory.plan import Step
from reptheory.space import Hexagonal

from .domain import Axes, per_axis
from .module import PlanModule

Model = torch.nn.Module | Callable[[torch.Tensor], torch.Tensor]
Action = rt.Rep | Hexagonal | None
LARGEST = {1: 512, 2: 160, 3: 48}  # the largest side that is tried, by the number of axes


class NoPreservedDomain(ValueError):
    """A module that no square domain suits, with the layer and the sides tried."""


class _Misfit(Exception):
    """A layer whose windows leave pixels over at one end of its input."""


def spatial_ndim(module: Model, group: rt.Group, action: Action,
                 size: int | None) -> tuple[int, Action]:
    """The number of spatial axes that a module takes, and the action on them that its layers were made for.

    The first layer that says so decides; a layer that has only windows or an action, or a size, means the
    dimension of the action.
    """
    layers = list(module.modules()) if isinstance(module, torch.nn.Module) else []
    if action is None:
        action = next((own for layer in layers if (own := _own_action(layer, group)) is not None), None)
    declared = next((found for layer in layers if (found := _declared(layer)) is not None), None)
    if declared is not None and (declared or size is None):
        return declared, action
    if size is None and not any(_windows(layer) or hasattr(layer, "action") for layer in layers):
        return 0, action
    if action is None:
        return group.vector.dim, None
    return (2 if isinstance(action, Hexagonal) else action.dim), action


def preserved_side(module: Model, group: rt.Group, sample: torch.Tensor, ndim: int,
                   action: rt.Rep | Hexagonal) -> int:
    """The smallest side n on which (n + 2p − d(k − 1) − 1) mod stride = 0 for every layer, and every window
    is full.

    Where no side gives full windows everywhere, the largest on which the layers fit. `sample` is a tensor (1,
    channels) of the right kind. Raises NoPreservedDomain with the layer and the sides tried.
    """
    space = Hexagonal(1, action.action) if isinstance(action, Hexagonal) else rt.grid(1, ndim, action)
    axes = Axes.of(group, space)
    plain = getattr(module, "_orig_mod", module)  # what torch.compile wraps: not compiled once for every side
    inside = plain.named_modules() if isinstance(plain, torch.nn.Module) else []
    names = {layer: name for name, layer in inside}
    full = True

    def look(layer: torch.nn.Module, args: tuple[torch.Tensor, ...]) -> None:
        nonlocal full
        x = next((a for a in args if torch.is_tensor(a) and a.ndim == ndim + 2), None)
        if x is not None:
            full = _fits(layer, names[layer], tuple(x.shape[2:]), axes) and full

    hooks = [layer.register_forward_pre_hook(look) for layer in names if _windows(layer)]
    odd = isinstance(action, Hexagonal)
    sides = range(1, LARGEST[ndim] + 1, 2 if odd else 1)
    best, reason = 0, ""
    try:
        for n in sides:
            full = True
            try:
                plain(sample.reshape(*sample.shape, *(1,) * ndim).expand(*sample.shape, *(n,) * ndim))
            except (_Misfit, RuntimeError, ValueError, IndexError) as error:
                reason = f"on side {n}: {error}"
                continue
            best = n
            if full:
                return n
    finally:
        for hook in hooks:
            hook.remove()
    if best:
        return best
    raise NoPreservedDomain(
        f"the module runs on no square domain of side {sides[0]} to {sides[-1]} that {group.expression} "
        f"preserves. The last obstacle is, {reason}\nGive size=, or change kernel_size, stride or padding so "
        "that they leave nothing over at one end.")


def _fits(layer: torch.nn.Module, name: str, sizes: tuple[int, ...], axes: Axes) -> bool:
    """Whether every window is full; _Misfit where one end of a reversed axis is treated unlike the other."""
    ndim = len(sizes)
    kernel, stride, dilation = (per_axis(option, ndim, "kernel_size") for option in _windows(layer))
    reach = [d * (k - 1) + 1 for k, d in zip(kernel, dilation)]
    full = all(n >= r for n, r in zip(sizes, reach))
    label = f"{name or 'the module'} ({type(layer).__name__})"
    if isinstance(layer, torch.nn.modules.conv._ConvTransposeNd):
        if any(layer.output_padding[a] for a in axes.reversed):
            raise _Misfit(f"{label} has output_padding={layer.output_padding}, which adds pixels at one end.")
        return True
    padding = _plan_padding(layer) if _convolution(layer) else getattr(layer, "padding", 0)
    if padding == "same":
        if any((reach[a] - 1) % 2 for a in axes.reversed):
            raise _Misfit(f"{label} has padding='same' with an even window, which pads one end more.")
        return full
    for a in axes.reversed:
        p = per_axis(0 if padding == "valid" else padding, ndim, "padding", minimum=0)[a]
        left = (sizes[a] + 2 * p - reach[a]) % stride[a]
        if left:
            raise _Misfit(f"{label}: windows of {reach[a]} with stride {stride[a]} and padding {p} leave "
                          f"{left} of {sizes[a]} pixels over at one end.")
    return full


def _windows(layer: torch.nn.Module) -> tuple:
    """(kernel_size, stride, dilation) of a layer with windows, otherwise ()."""
    step = _convolution(layer)
    if step is not None:
        assert isinstance(layer, PlanModule)
        options = dict(step.attrs)
        return tuple(layer.value(step.args[1]).shape[2:]), options["stride"], options["dilation"]
    kernel = getattr(layer, "kernel_size", None)
    if not isinstance(kernel, (int, tuple)):
        return ()
    stride = getattr(layer, "stride", None)
    return kernel, stride if isinstance(stride, (int, tuple)) else kernel, getattr(layer, "dilation", 1)


def _convolution(layer: torch.nn.Module) -> Step | None:
    """The convolution of a bare PlanModule by a filter made from its weights, where its plan has just one."""
    if not isinstance(layer, PlanModule) or hasattr(layer, "kernel_size"):
        return None
    plan = layer.plan
    known = {p.name for p in plan.params} | {c.name for c in plan.consts} | {s.name for s in plan.weight_steps}
    found = [step for step in plan.data_steps if step.op == "conv"]
    return found[0] if len(found) == 1 and found[0].args[1] in known else None


def _plan_padding(layer: torch.nn.Module) -> tuple[int, ...]:
    """The padding of the convolution of a plan, together with that of a step `pad` before it."""
    step = _convolution(layer)
    assert step is not None and isinstance(layer, PlanModule)
    options: dict[str, Any] = dict(step.attrs)
    own: tuple[int, ...] = options["padding"]
    before: list[dict[str, Any]] = [dict(s.attrs) for s in layer.plan.data_steps
                                    if s.op == "pad" and s.name == step.args[0]]
    widths = before[0]["widths"] if before else ((0, 0),) * len(own)
    return tuple(p + low for p, (low, _) in zip(own, widths))


def _declared(layer: torch.nn.Module) -> int | None:
    """The number of spatial axes that a layer states: ours by `spatial_ndim`, torch's by their class."""
    found = getattr(layer, "spatial_ndim", None)
    if isinstance(found, int):
        return found
    step = _convolution(layer)
    if step is not None:
        options: dict[str, Any] = dict(step.attrs)
        return len(options["stride"])
    if isinstance(layer, torch.nn.modules.conv._ConvNd):
        return len(layer.kernel_size)
    if isinstance(layer, torch.nn.Linear):
        return 0
    name, home = type(layer).__name__, type(layer).__module__
    return int(name[-2]) if home.startswith("torch.nn") and name[-2:] in ("1d", "2d", "3d") else None


def _own_action(layer: torch.nn.Module, group: rt.Group) -> Action:
    """The action of the group on space that a layer was made for: the lattice of its Hom, or its own
    `action`."""
    on = getattr(getattr(layer, "hom", None), "on", None)
    found = getattr(on, "action", None) or getattr(layer, "action", None)
    moved = _restricted(found, group) if isinstance(found, rt.Rep) else None
    return Hexagonal(1, moved) if isinstance(on, Hexagonal) else moved


def _restricted(action: rt.Rep, group: rt.Group) -> rt.Rep | None:
    """The action as one of this group, where it is one of a larger group."""
    if action.group == group:
        return action
    return action.restrict(group) if group.is_subgroup(action.group) else None
