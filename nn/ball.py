"""Balls: radial nonlinearities of the channels at a pixel, which commute with every rotation of them."""
from __future__ import annotations

from typing import Literal

import torch

Ball = Literal["hard", "soft", "metric"] | None


class HardBall(torch.nn.Module):
    """The projection y ↦ y · min(1, R/‖y‖) onto the ball of radius R, at each pixel.

    It commutes with Q exactly where ‖Qy‖ = ‖y‖ for all y: with O(n). Shapes: (batch, n, *spatial) to itself.
    ValueError unless R > 0. Source: Liu, Shao and Bai, A novel ConvNet architecture with a continuous symmetry (arXiv
    2308.01621).

    >>> HardBall(5.)(torch.tensor([[3., 4.], [6., 8.]]))
    tensor([[3., 4.],
            [3., 4.]])
    """

    def __init__(self, radius: float) -> None:
        super().__init__()
        self.radius = _positive(radius)

    def forward(self, y: torch.Tensor) -> torch.Tensor:
        """The projected features; those inside the ball unchanged in every bit."""
        return y * (self.radius / self.length(y).clamp(min=self.radius))

    def length(self, y: torch.Tensor) -> torch.Tensor:
        """‖y‖ at each pixel, of shape (batch, 1, *spatial)."""
        return torch.linalg.vector_norm(y, dim=1, keepdim=True)

    def extra_repr(self) -> str:
        """The radius."""
        return f"{self.radius:g}"


class SoftBall(HardBall):
    """The map y ↦ y/√(1 + ‖y‖²/R²) into the ball of radius R, smooth, with the symmetry O(n) of the hard one.

    >>> SoftBall(1.)(torch.tensor([[3 ** 0.5]]))
    tensor([[0.8660]])
    """

    def forward(self, y: torch.Tensor) -> torch.Tensor:
        """The features, shortened."""
        return y * torch.rsqrt(1 + (self.length(y) / self.radius) ** 2)


class MetricBall(HardBall):
    """The projection y ↦ y · min(1, R/√(yᵀHy)) onto an ellipsoid, H = LᵀL with a weight L of shape (n, n).

    (Ty)ᵀ H′ (Ty) = yᵀHy for H′ = T⁻ᵀHT⁻¹, so that L is moved to LT⁻¹ and the symmetry is the whole of GL(n). L starts
    as 1, where it is the hard ball.

    >>> ball = MetricBall(2, 5.); ball.factor.data *= 5; ball(torch.tensor([[3., 4.]])).detach()
    tensor([[0.6000, 0.8000]])
    """

    def __init__(self, channels: int, radius: float, device=None, dtype=None) -> None:
        super().__init__(radius)
        self.factor = torch.nn.Parameter(torch.eye(channels, device=device, dtype=dtype))

    @property
    def metric(self) -> torch.Tensor:
        """H = LᵀL, of shape (n, n)."""
        return self.factor.T @ self.factor

    def length(self, y: torch.Tensor) -> torch.Tensor:
        """√(yᵀHy) at each pixel, of shape (batch, 1, *spatial)."""
        return torch.linalg.vector_norm(torch.einsum("ij,bj...->bi...", self.factor, y), dim=1, keepdim=True)

    def extra_repr(self) -> str:
        """The number of channels and the radius."""
        return f"{len(self.factor)}, {self.radius:g}"


def ball_layer(kind: Ball, channels: int, device=None, dtype=None) -> torch.nn.Module:
    """The ball of radius √channels of this kind, or the identity for None.

    >>> ball_layer("hard", 64)
    HardBall(8)
    """
    radius = channels ** 0.5
    match kind:
        case "hard":
            return HardBall(radius)
        case "soft":
            return SoftBall(radius)
        case "metric":
            return MetricBall(channels, radius, device, dtype)
        case None:
            return torch.nn.Identity()
    raise ValueError(f'ball={kind!r}: the balls are "hard", "soft" and "metric", and None is no ball.')


def _positive(radius: float) -> float:
    if not 0 < radius < float("inf"):
        raise ValueError(f"a ball of radius {radius!r}: the radius is a positive number.")
    return float(radius)
