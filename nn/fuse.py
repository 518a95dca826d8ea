"""Batch normalisation folded into the linear map before it."""
from __future__ import annotations

import copy
from collections import Counter

import torch

Linear = torch.nn.Linear | torch.nn.Conv1d | torch.nn.Conv2d | torch.nn.Conv3d
LINEAR = (torch.nn.Linear, torch.nn.Conv1d, torch.nn.Conv2d, torch.nn.Conv3d)
NORMS = (torch.nn.BatchNorm1d, torch.nn.BatchNorm2d, torch.nn.BatchNorm3d)


class NotFusable(ValueError):
    """Batch normalisation with no fixed statistics to fold into a weight."""


def fuse_batch_norm(model: torch.nn.Module) -> torch.nn.Module:
    """A copy in evaluation mode, W′ = W·γ/√(σ² + ε), b′ = β + (b − μ)·γ/√(σ² + ε) for each linear map and batch
    normalisation that follow each other in a Sequential.

    It computes what model.eval() does, to rounding, and the original is left as it was. A map that stands in several
    places keeps its normalisation. Raises NotFusable where the normalisation keeps no running statistics.

    >>> net = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.BatchNorm1d(3)); fuse_batch_norm(net)
    Sequential(
      (0): Linear(in_features=2, out_features=3, bias=True)
    )
    """
    fused = copy.deepcopy(model).eval()
    places = Counter(id(child) for module in fused.modules() for child in module._modules.values())
    for name, module in fused.named_modules():
        if isinstance(module, torch.nn.Sequential):
            kept: list[torch.nn.Module] = []
            for layer in module:
                if kept and isinstance(layer, NORMS) and isinstance(kept[-1], LINEAR) and places[id(kept[-1])] == 1:
                    _fold(kept[-1], layer, name)
                else:
                    kept.append(layer)
            if len(kept) < len(module):
                module._modules.clear()
                for place, layer in enumerate(kept):
                    module.add_module(str(place), layer)
    return fused


@torch.no_grad()
def _fold(linear: Linear, norm: torch.nn.modules.batchnorm._BatchNorm, where: str) -> None:
    mean, var = norm.running_mean, norm.running_var
    if mean is None or var is None:
        raise NotFusable(f"the batch normalisation in {where or 'the model'} keeps no running statistics, so its scale "
                         "depends on the batch. Use track_running_stats=True.")
    dtype, one = linear.weight.dtype, torch.ones_like(var, dtype=torch.float64)
    scale = (one if norm.weight is None else norm.weight.double()) * torch.rsqrt(var.double() + norm.eps)
    shift = (0 * one if norm.bias is None else norm.bias.double())
    before = 0 * one if linear.bias is None else linear.bias.double()
    weight = linear.weight.double() * scale.reshape(-1, *(1,) * (linear.weight.ndim - 1))
    trained = linear.weight.requires_grad
    linear.weight = torch.nn.Parameter(weight.to(dtype), requires_grad=trained)
    linear.bias = torch.nn.Parameter((shift + (before - mean.double()) * scale).to(dtype), requires_grad=trained)
