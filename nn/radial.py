"""Radial functions of distances: a smooth basis with a cut-off."""
from __future__ import annotations

import torch

from .constants import Constants


class BesselBasis(Constants):
    """The functions b_k(r) = √2 sin(kπt)/t · u(t), t = r/cutoff, k = 1, …, K: zero from the cut-off on, C² there.

    sin(kπt)/t are the solutions of Δf + λf = 0 in the ball that vanish on its boundary, and u(t) = 1 − 28 t⁶ + 48 t⁷ −
    21 t⁸. Shapes: distances (E,) ↦ (E, K). At r = 0 the value is the limit √2 kπ and the gradient 0. Source: Gasteiger,
    Groß and Günnemann, Directional message passing for molecular graphs (ICLR 2020), equations 7 and 8.

    >>> BesselBasis(2, 5.)(torch.tensor([0., 5.])).abs().round(decimals=3)
    tensor([[4.4430, 8.8860],
            [0.0000, 0.0000]])
    """

    numbers: torch.Tensor

    def __init__(self, size: int, cutoff: float, device=None) -> None:
        super().__init__()
        if not isinstance(size, int) or size < 1:
            raise ValueError(f"BesselBasis({size!r}, …): the number of functions is a positive integer.")
        if not 0 < cutoff < float("inf"):
            raise ValueError(f"cutoff={cutoff!r}: the radius beyond which there are no edges is a positive number.")
        self.size, self.cutoff = size, float(cutoff)
        self.constant("numbers", torch.pi * torch.arange(1, size + 1, dtype=torch.float64), device)

    def forward(self, distances: torch.Tensor) -> torch.Tensor:
        """The values of the functions."""
        t = (distances / self.cutoff).unsqueeze(-1)
        origin = t == 0
        safe = torch.where(origin, torch.ones_like(t), t)
        waves = torch.where(origin, self.numbers.expand(*t.shape[:-1], -1), torch.sin(self.numbers * safe) / safe)
        return 2 ** 0.5 * waves * envelope(t)

    def extra_repr(self) -> str:
        """The size and the cut-off."""
        return f"{self.size}, cutoff={self.cutoff}"


def envelope(t: torch.Tensor) -> torch.Tensor:
    """u(t) = 1 − 28 t⁶ + 48 t⁷ − 21 t⁸ for t < 1 and 0 beyond; u, u' and u'' vanish at 1.

    >>> envelope(torch.tensor([0., 0.5, 1., 2.]))
    tensor([1.0000, 0.8555, 0.0000, 0.0000])
    """
    t = t.clamp(max=1)
    return 1 - t ** 6 * (28 - 48 * t + 21 * t * t)
