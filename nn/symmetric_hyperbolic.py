"""A layer that is a stable step of a symmetric hyperbolic system, whatever its weights."""
from __future__ import annotations

import math

import torch

from .precision import largest, not_cast, wide


class SymmetricHyperbolicBlock(torch.nn.Module):
    """A step of u_t + Σ_j ∂_j f_j(u) = 0 with f_j(u) = Wᵀ(s_j ⊙ (Wu)²) = ∇ψ_j, ψ_j(u) = Σ_r s_jr (Wu)_r³/3.

    A_j = f_j′ = 2Wᵀ diag(s_j ⊙ Wu) W is symmetric, so the system is hyperbolic at every state, with the entropy ‖u‖²/2.
    The flux between two cells, Wᵀ(s_j/3 ⊙ (a² + ab + b²)) for a = Wu and b = Wv, satisfies (v − u)·F = ψ_j(v) − ψ_j(u)
    and conserves the energy E = Σ ‖u‖²/2; half the difference times λ = 2‖W‖² max |s_jr (Wu)_r| is taken off. With the
    step ν/(4dλ) in d dimensions, ν = sigmoid(a weight) < 1,

        E(y) ≤ E(x) − ν(1 − ν)/(8d) · Σ over faces ‖Δu‖².

    It is homogeneous: a multiple of x gives that multiple of y. `padding_mode` "circular", or "zeros" with cells of
    zeros outside; the estimate holds for both. Weights: W (width, n), s (d, width), ν. Shapes: (batch, n, *spatial)
    to itself.
    Sources: Friedrichs (1954) for symmetric systems; Tadmor, The numerical viscosity of entropy stable schemes (1987).

    >>> block = SymmetricHyperbolicBlock(3, ndim=1); x = torch.randn(1, 3, 8); bool(block(x).norm() < x.norm())
    True
    """

    def __init__(self, channels: int, width: int | None = None, ndim: int = 2, *, courant: float = 0.5,
                 padding_mode: str = "circular", device=None, dtype=None) -> None:
        super().__init__()
        width = 2 * channels if width is None else width
        for name, value in (("channels", channels), ("width", width), ("ndim", ndim)):
            if not isinstance(value, int) or value < 1:
                raise ValueError(f"{name}={value!r} of a SymmetricHyperbolicBlock: it is a positive integer.")
        if not 0 < courant < 1:
            raise ValueError(f"courant={courant!r}: the energy estimate holds for 0 < ν < 1, and ν starts there.")
        if padding_mode not in ("circular", "zeros"):
            raise ValueError(f'padding_mode={padding_mode!r}: energy is conserved with "circular" and with "zeros".')
        self.ndim, self.padding_mode = ndim, padding_mode
        made = {"device": device, "dtype": dtype}
        self.weight = torch.nn.Parameter(torch.randn(width, channels, **made) / channels ** 0.5)
        self.scale = torch.nn.Parameter(torch.randn(ndim, width, **made))
        self.logit = torch.nn.Parameter(torch.tensor(math.log(courant / (1 - courant)), **made))

    @property
    def courant(self) -> torch.Tensor:
        """ν = sigmoid(logit), between 0 and 1 for every weight."""
        return torch.sigmoid(self.logit)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """One step, in the precision of the weights also under autocast."""
        with not_cast(x):
            return self._step(x.to(torch.promote_types(x.dtype, self.weight.dtype)))

    def _step(self, x: torch.Tensor) -> torch.Tensor:
        speed = self.speed(x).clamp(min=torch.finfo(x.dtype).tiny)
        smooth = sum((self._difference(self._difference(x, j, True), j, False) for j in range(self.ndim)),
                     torch.zeros_like(x))
        return x + self.courant / (4 * self.ndim) * (self.rate(x) / speed + smooth / 2)

    def rate(self, x: torch.Tensor) -> torch.Tensor:
        """−Σ_j (F_{i+1/2} − F_{i−1/2}), the conservative semi-discretisation: Σ u · rate(u) = 0 to rounding."""
        self._check(x)
        a = torch.einsum("rk,bk...->br...", self.weight, x)
        total = torch.zeros_like(a)
        for j in range(self.ndim):
            low, high = self._sides(a, j)
            s = self.scale[j].reshape(-1, *(1,) * self.ndim)
            total = total - self._difference(s / 3 * (low * low + low * high + high * high), j, False)
        return torch.einsum("rk,br...->bk...", self.weight, total)

    def flux(self, u: torch.Tensor, v: torch.Tensor, axis: int) -> torch.Tensor:
        """F(u, v) = Wᵀ(s/3 ⊙ (a² + ab + b²)) of states (…, n), symmetric, with F(u, u) = f(u)."""
        a, b = u @ self.weight.T, v @ self.weight.T
        return (self.scale[axis] / 3 * (a * a + a * b + b * b)) @ self.weight

    def potential(self, u: torch.Tensor, axis: int) -> torch.Tensor:
        """ψ(u) = Σ_r s_r (Wu)_r³/3 of states (…, n), whose gradient is the flux."""
        return (self.scale[axis] / 3 * (u @ self.weight.T) ** 3).sum(-1)

    def jacobian(self, u: torch.Tensor, axis: int) -> torch.Tensor:
        """A(u) = 2Wᵀ diag(s ⊙ Wu) W, symmetric, of states (…, n); shape (…, n, n)."""
        return 2 * torch.einsum("rk,...r,rl->...kl", self.weight, self.scale[axis] * (u @ self.weight.T), self.weight)

    def speed(self, x: torch.Tensor) -> torch.Tensor:
        """λ = 2‖W‖² max |s_jr (Wu)_r|, at least every characteristic speed along an axis; (batch, 1, …, 1)."""
        self._check(x)
        w = wide(self.weight)
        norm = torch.linalg.eigvalsh(w.T @ w)[-1].to(self.weight.dtype)
        a = torch.einsum("rk,bk...->br...", self.weight, x).abs().flatten(2).amax(2)
        return (2 * norm * (a * largest(self.scale.abs(), 0)).amax(1)).reshape(-1, *(1,) * (x.ndim - 1))

    def energy(self, x: torch.Tensor) -> torch.Tensor:
        """Σ ‖u‖²/2 over the cells, of each sample."""
        return (x * x).flatten(1).sum(1) / 2

    def variation(self, x: torch.Tensor) -> torch.Tensor:
        """Σ ‖Δu‖² over the faces, of each sample."""
        return sum(((self._difference(x, j, True) ** 2).flatten(1).sum(1) for j in range(self.ndim)),
                   torch.zeros_like(x[:, 0].flatten(1).sum(1)))

    def _sides(self, x: torch.Tensor, j: int) -> tuple[torch.Tensor, torch.Tensor]:
        """The states before and after each of the N + 1 faces along an axis."""
        axis = 2 + j
        first, last = x.narrow(axis, 0, 1), x.narrow(axis, x.shape[axis] - 1, 1)
        if self.padding_mode == "zeros":
            first, last = torch.zeros_like(first), torch.zeros_like(last)
        return torch.cat([last, x], axis), torch.cat([x, first], axis)

    def _difference(self, x: torch.Tensor, j: int, outside: bool) -> torch.Tensor:
        """From cells to faces with the cells outside, or from faces to cells."""
        low, high = self._sides(x, j) if outside else (
            x.narrow(2 + j, 0, x.shape[2 + j] - 1), x.narrow(2 + j, 1, x.shape[2 + j] - 1))
        return high - low

    def _check(self, x: torch.Tensor) -> None:
        if x.ndim != 2 + self.ndim or x.shape[1] != self.weight.shape[1]:
            axes = ", ".join(("depth", "height", "width")[-self.ndim:]) if self.ndim < 4 else "…"
            raise ValueError(f"features of shape {tuple(x.shape)} do not fit a block of {self.weight.shape[1]} "
                             f"channels in {self.ndim} dimensions. Give (batch, {self.weight.shape[1]}, {axes}).")

    def extra_repr(self) -> str:
        """The sizes and the boundary."""
        width, channels = self.weight.shape
        return f"{channels}, {width}, ndim={self.ndim}, padding_mode={self.padding_mode!r}"
