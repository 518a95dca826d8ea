"""Dropout by whole fields: the only mask on channels that commutes with every representation."""
from __future__ import annotations

import torch

import reptheory as rt

from .feature import check_features, check_type


class FieldDropout(torch.nn.Module):
    """Dropout of whole fields, x_f ↦ x_f · B_f / (1 − p), one coin B_f for each copy f of a summand.

    A field is dropped with all its components at every pixel, so the mask is a multiple of 1 on each copy and
    commutes with ρ(g). In evaluation mode, and for p = 0, it is the identity. ValueError unless 0 ≤ p < 1.

    >>> import reptheory as rt
    >>> FieldDropout(2*rt.D(4).regular, p=0.1)
    FieldDropout(2*D(4).regular, p=0.1)
    """

    def __init__(self, in_type: rt.Rep, p: float = 0.5):
        super().__init__()
        check_type(in_type)
        if not 0 <= p < 1:
            raise ValueError(f"p={p!r}: a field is dropped with a probability at least 0 and less than 1.")
        self.in_type = self.out_type = in_type
        self.p = float(p)
        self._fields = tuple((m, a.dim) for m, a in in_type.summands)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The features with whole fields set to zero, scaled so that their mean is kept."""
        check_features(x, self.in_type)
        if not self.training or self.p == 0:
            return x
        real = x.real.dtype if x.is_complex() else x.dtype
        kept = torch.full((len(x), sum(m for m, _ in self._fields)), 1 - self.p, dtype=real, device=x.device)
        mask = torch.bernoulli(kept) / (1 - self.p)
        parts = mask.split([m for m, _ in self._fields], dim=1)
        channels = torch.cat([part.repeat(1, dim) for part, (_, dim) in zip(parts, self._fields)], dim=1)
        return x * channels.reshape(*channels.shape, *(1,) * (x.ndim - 2))

    def extra_repr(self) -> str:
        """The type and the probability."""
        return f"{self.in_type.expression}, p={self.p}"
