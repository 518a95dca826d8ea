"""The precision in which layers take matrices apart, also where torch casts to half of it."""
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
