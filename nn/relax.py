"""Equivariant layers with a free part that a schedule takes away, and an exact projection at the end."""
from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from math import prod
from typing import Any

import torch

from .linear import EquivariantLinear, Intertwiner
from .weight_span import source_of

Schedule = Callable[[float], float]


def hill(t: float) -> float:
    """The schedule that rises from 0 at t = 0 to 1 at t = 1/2 and falls to 0 at t = 1.

    >>> [hill(t) for t in (0.0, 0.25, 0.5, 1.0)]
    [0.0, 0.5, 1.0, 0.0]
    """
    return max(0.0, 1.0 - abs(2.0 * t - 1.0))


class Relaxed(torch.nn.Module):
    """The layer x ↦ (κ + α w) x + b with κ in Hom(V, W) and any w: equivariant where α = 0.

    `schedule` maps the part t of the training that is done to α, set by `step(t)`. `penalty()` is ‖α (1 − Π_G) w‖², the
    squared distance to Hom_G, and `projected()` the equivariant layer with the kernel κ + α Π_G w. After
    Pertigkiozoglou, Chatzipantazis, Trivedi and Daniilidis, arXiv 2408.13242. Raises TypeError for other layers.

    >>> import reptheory as rt
    >>> from .linear import EquivariantLinear
    >>> G = rt.C(4); layer = Relaxed(EquivariantLinear(G.regular, G.regular)); layer.step(0.5).alpha
    1.0
    """

    frame: torch.Tensor

    def __init__(self, layer: Any, schedule: Schedule = hill, seed: int | None = None):
        super().__init__()
        if not isinstance(layer, Intertwiner):
            raise TypeError(f"Relaxed adds a free part to nn.EquivariantLinear and nn.EquivariantConv layers, and this "
                            f"is {type(layer).__name__}. Use nn.audit and nn.project_ for other modules.")
        self.layer, self.schedule, self.alpha = layer, schedule, 0.0
        given: Any = layer
        self.plain: Any = given.to_linear() if isinstance(layer, EquivariantLinear) else given._plain()
        self.plain.bias = None
        kernel, on = self.plain.weight.detach(), layer.hom.on
        draw = None if seed is None else torch.Generator().manual_seed(seed)
        start = torch.randn(kernel.shape, generator=draw, dtype=kernel.dtype, device=kernel.device)
        basis = layer.hom.basis.to_torch(kernel.dtype, kernel.device)
        whole = basis.new_zeros(len(basis), prod(on.box), *kernel.shape[:2])
        places = torch.as_tensor(on.embed(), device=kernel.device)
        whole[:, places] = basis.reshape(len(basis), on.size, *kernel.shape[:2])
        self.register_buffer("frame", whole.movedim(1, -1).flatten(1), persistent=False)
        inside = torch.zeros(prod(on.box), dtype=torch.bool, device=kernel.device)
        inside[places] = True
        with torch.no_grad():
            self.plain.weight.copy_(start * kernel.std() * inside.reshape(kernel.shape[2:]))

    @property
    def free(self) -> torch.Tensor:
        """The free part w."""
        return self.plain.weight

    def step(self, t: float) -> Relaxed:
        """Set α = schedule(t) for the part t of the training, 0 ≤ t ≤ 1; returns the layer."""
        self.alpha = float(self.schedule(t))
        return self

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(κ + α w) x + b."""
        y = self.layer(x)
        if not self.alpha:
            return y
        if x.ndim > 2 and self.free.ndim == 2:
            return y + self.alpha * self.plain(x.movedim(1, -1)).movedim(-1, 1)
        return y + self.alpha * self.plain(x)

    def _inside(self) -> torch.Tensor:
        """Π_G w."""
        flat = self.free.flatten()
        return (self.frame.mH @ (self.frame @ flat.conj()).conj()).reshape(self.free.shape)

    def penalty(self) -> torch.Tensor:
        """‖α (1 − Π_G) w‖²: γ/2 of it in the loss pulls the layer back to Hom_G."""
        return self.alpha ** 2 * (self.free - self._inside()).abs().square().sum()

    def projected(self) -> Intertwiner:
        """The equivariant layer whose kernel is κ + α Π_G w, the orthogonal projection of the present one."""
        layer = deepcopy(self.layer)
        with torch.enable_grad():
            kernel = layer.filter()
            source = source_of(kernel, [p for p in layer.parameters() if p.requires_grad])
            found = source.solve((self.alpha * self._inside()).detach())
        with torch.no_grad():
            for leaf, change in zip(source.leaves, found):
                leaf += change
        return layer
