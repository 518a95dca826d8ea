"""The precision in which layers take matrices apart, also where torch casts to half of it, and equal maxima."""
from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

import torch


def not_cast(x: torch.Tensor) -> AbstractContextManager:
    """A context in which autocast leaves the precision of what is computed from a tensor alone.

    >>> with torch.autocast("cpu", torch.bfloat16), not_cast(torch.ones(1)): (torch.ones(2, 2) @ torch.ones(2, 2)).dtype
    torch.float32
    """
    kind = x.device.type
    return torch.autocast(kind, enabled=False) if torch.amp.is_autocast_available(kind) else nullcontext()


def wide(x: torch.Tensor) -> torch.Tensor:
    """The tensor in at least float32, which eigenvalues and inverses need.

    >>> wide(torch.ones(1, dtype=torch.bfloat16)).dtype, wide(torch.ones(1, dtype=torch.float64)).dtype
    (torch.float32, torch.float64)
    """
    return x.to(torch.promote_types(x.dtype, torch.float32))


def largest(x: torch.Tensor, dim: int) -> torch.Tensor:
    """The maximum of positive numbers, the mean of those that are equal to rounding: a symmetry that exchanges them
    keeps the derivative.

    >>> x = torch.tensor([1, 1 + 2e-16, 0.5], dtype=torch.float64, requires_grad=True)
    >>> torch.autograd.grad(largest(x, 0), x)[0]
    tensor([0.5000, 0.5000, 0.0000], dtype=torch.float64)
    """
    near = x.detach() >= x.detach().amax(dim, keepdim=True) * (1 - 64 * torch.finfo(x.dtype).eps)
    return torch.where(near, x, 0).sum(dim) / near.sum(dim)
