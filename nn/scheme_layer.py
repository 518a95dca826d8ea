"""A layer that is a stable difference scheme of a linear symmetric hyperbolic system, whatever its weights."""
from __future__ import annotations

from itertools import product
from typing import Any

import torch
import torch.nn.functional as F

from .precision import largest, not_cast, wide

SCHEMES = ("rusanov", "lax-friedrichs", "upwind", "lax-wendroff")
PADDINGS = {"circular": "circular", "zeros": "constant", "replicate": "replicate"}
CONV = (F.conv1d, F.conv2d, F.conv3d)


class TooFast(ValueError):
    """A matrix whose Courant number is beyond what the layer can hold: beyond the proved limit, or `courant`."""


class SchemeConv(torch.nn.Module):
    """Steps u ↦ u − Σ_j (F_{j+1/2} − F_{j−1/2}) of u_t + Σ_j A_j ∂_j u = 0 with symmetric M_j = Δt/Δx A_j to learn.

    F = M_j (u⁻ + u⁺)/2 − D_j (u⁺ − u⁻)/2 with D_j = ‖M_j‖ ("rusanov"), 1/d ("lax-friedrichs"), |M_j| ("upwind"), or
    D_j that of Lax and Wendroff with its mixed differences. The matrices are M_j = 2c S_j (1 + S_j²)⁻¹ for symmetric
    S_j = (W_j + W_jᵀ)/2: as |2s/(1 + s²)| ≤ 1, the weights W reach all M_j with ‖M_j‖ ≤ c and no others. Here
    c = courant · limit, and in d dimensions the limit is
      1/d for the first three: I − Σ_j D_j and D_j ± M_j are then positive and the step is positive (Friedrichs, 1954),
          so the energy Σ‖u‖² of no output is above that of its input;
      d^(−3/2) for Lax–Wendroff (1964): the symbol G(θ) has numerical radius ≤ 1, so ‖Gⁿ‖ ≤ 2, and 1 for d = 1.
    The energy is that of periodic images, padding_mode="circular", or of cells of zeros outside, "zeros"; "replicate"
    lets waves out, with no estimate. Σu is conserved where the image is periodic. In floats all this holds to rounding.
    Axes as in `pdeconv`: x is the last, y runs up the rows. Weights: W (d, n, n). Shapes: (batch, n, *spatial) to
    itself. Second derivatives in the weights are wrong for "upwind", which is not smooth in them.

    >>> layer = SchemeConv(3, 2, "lax-wendroff"); x = torch.randn(4, 3, 8, 8)
    >>> layer(x).shape, layer, bool(torch.allclose(layer(x).sum((2, 3)), x.sum((2, 3)), atol=1e-4))
    (torch.Size([4, 3, 8, 8]), SchemeConv(3, 2, 'lax-wendroff', steps=1, courant=1.0, padding_mode='circular'), True)
    """

    identity: torch.Tensor
    first: torch.Tensor
    second: torch.Tensor
    mixed: torch.Tensor

    def __init__(self, channels: int, ndim: int = 2, scheme: str = "rusanov", *, steps: int = 1, courant: float = 1.,
                 padding_mode: str = "circular", device=None, dtype=None,
                 generator: torch.Generator | None = None) -> None:
        super().__init__()
        for name, value in (("channels", channels), ("ndim", ndim), ("steps", steps)):
            if not isinstance(value, int) or value < 1 or (name == "ndim" and value > 3):
                raise ValueError(f"{name}={value!r} of a SchemeConv: it is a positive integer, and ndim at most 3.")
        if scheme not in SCHEMES:
            raise ValueError(f"scheme={scheme!r}: a SchemeConv is one of {', '.join(map(repr, SCHEMES))}.")
        if padding_mode not in PADDINGS:
            raise ValueError(f"padding_mode={padding_mode!r}: it is one of {', '.join(map(repr, PADDINGS))}.")
        if not 0 < courant <= 1:
            raise ValueError(f"courant={courant!r} is the part of the proved limit that is used. Give 0 < courant ≤ 1.")
        self.channels, self.ndim, self.scheme, self.steps = channels, ndim, scheme, steps
        self.courant, self.padding_mode = float(courant), padding_mode
        self.weight = torch.nn.Parameter(torch.empty(ndim, channels, channels, device=device, dtype=dtype))
        for name, taps in zip(("identity", "first", "second", "mixed"), _taps(ndim)):
            self.register_buffer(name, taps.to(self.weight), persistent=False)
        self.reset_parameters(generator)

    @classmethod
    def of(cls, scheme: Any, **options: Any) -> SchemeConv:
        """The layer that begins as this Scheme of `pdeconv`, with numbers: its kernel is scheme.stencil to rounding.

        Raises ValueError for other schemes and for matrices that are not symmetric, TooFast.

        >>> from pdeconv import catalog
        >>> scheme = catalog.wave().scheme("upwind", courant="1/2")
        >>> SchemeConv.of(scheme).matrices()[0].tolist()
        [[0.0, 0.5], [0.5, 0.0]]
        """
        layer = cls(scheme.system.size, scheme.system.ndim, scheme.name, **options)
        found = [(scheme.ratio * scheme.system.jacobian(axis)).applyfunc(lambda e: e.simplify())
                 for axis in scheme.axes]
        symbols = sorted({str(s) for m in found for s in m.free_symbols})
        if symbols:
            raise ValueError(f"the matrices of {scheme.expression} hold {', '.join(symbols)}. Give courant=… and "
                             "numbers, system.at(…).")
        values = torch.tensor([[float(e) for e in m] for m in found], dtype=torch.float64)
        return layer.set_matrices(values.view(layer.weight.shape))

    def reset_parameters(self, generator: torch.Generator | None = None) -> None:
        """Draw the weights anew: normal, so that ‖S_j‖ is about 1/2 and the Courant numbers about 4/5 of theirs."""
        with torch.no_grad():
            self.weight.normal_(0, (8 * self.channels) ** -0.5, generator=generator)

    @property
    def limit(self) -> float:
        """The Courant number Δt/Δx ‖A_j‖ of each axis up to which the scheme is proved stable.

        >>> SchemeConv(3, 2).limit, SchemeConv(3, 1, "lax-wendroff").limit
        (0.5, 1.0)
        """
        return self.ndim ** -1.5 if self.scheme == "lax-wendroff" else 1 / self.ndim

    def matrices(self) -> torch.Tensor:
        """The matrices M_j = Δt/Δx A_j, (d, n, n), symmetric and of norm at most courant · limit."""
        with not_cast(self.weight):
            w = wide(self.weight)
            s = (w + w.mT) / 2
            m = 2 * self.courant * self.limit * torch.linalg.solve(self._one() + s @ s, s)
            return (m + m.mT) / 2

    def set_matrices(self, matrices: torch.Tensor) -> SchemeConv:
        """Set the weights, ‖S_j‖ ≤ 1, so that these are the matrices M_j; ValueError, TooFast. Returns the layer."""
        m = torch.as_tensor(matrices).detach().to(torch.float64)
        if m.shape != self.weight.shape or not torch.allclose(m, m.mT, rtol=1e-12, atol=1e-14):
            raise ValueError(f"matrices of shape {tuple(m.shape)} are given. Give {self.ndim} symmetric matrices, a "
                             f"tensor of shape {tuple(self.weight.shape)}; a symmetrisable system becomes symmetric in "
                             "other unknowns.")
        speeds, q = torch.linalg.eigh((m + m.mT) / 2)
        most = self.courant * self.limit
        if speeds.abs().max() > most * (1 + 1e-12):
            raise TooFast(f"the Courant number {float(speeds.abs().max()):.6g} is above {most:.6g}, up to which "
                          f"{self.scheme!r} is stable here. Take a smaller time step.")
        x = (speeds / most).clamp(-1, 1)
        with torch.no_grad():
            self.weight.copy_((q * (x / (1 + (1 - x * x).sqrt())).unsqueeze(-2)) @ q.mT)
        return self

    def kernel(self) -> torch.Tensor:
        """One step as the weights of a convolution, (n, n, 3, …): Σ of its taps is the identity, so Σu is conserved."""
        m, one = self.matrices(), self._one()
        with not_cast(m):
            kernel = _spread(one[None], self.identity) - _spread(m, self.first)
            if self.scheme == "lax-wendroff":
                kernel = kernel + _spread(torch.einsum("jab,kbc->jkac", m, m).flatten(0, 1), self.mixed) / 2
                return kernel + _spread(m @ m, self.second) / 2
            return kernel + _spread(self._dissipation(m), self.second) / 2

    def _one(self) -> torch.Tensor:
        return wide(torch.eye(self.channels, device=self.weight.device, dtype=self.weight.dtype))

    def _dissipation(self, m: torch.Tensor) -> torch.Tensor:
        one = self._one()
        if self.scheme == "upwind":
            return _absolute(m)
        if self.scheme == "rusanov":
            return largest(torch.linalg.eigvalsh(m).abs(), -1)[:, None, None] * one
        return (one / self.ndim).expand_as(m)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """`steps` steps; the kernel is made in float32 at least, also under autocast."""
        kernel, sides = self.kernel(), [1] * (2 * self.ndim)
        kernel = kernel if self.weight.dtype == kernel.dtype else kernel.to(self.weight.dtype)
        for _ in range(self.steps):
            x = CONV[self.ndim - 1](F.pad(x, sides, mode=PADDINGS[self.padding_mode]), kernel)
        return x

    def extra_repr(self) -> str:
        """The arguments."""
        return (f"{self.channels}, {self.ndim}, {self.scheme!r}, steps={self.steps}, courant={self.courant}, "
                f"padding_mode={self.padding_mode!r}")


def _absolute(m: torch.Tensor) -> torch.Tensor:
    """|M| with its derivative d|M| = Q (T ⊙ (Qᵀ dM Q)) Qᵀ, T_ij = (λ_i + λ_j)/(|λ_i| + |λ_j|) (Daleckii and Krein).

    T holds the divided differences of |·|, so that equal eigenvalues do no harm; it is a constant for autograd, and
    the value |λ_i| = T_ii λ_i comes out as well.
    """
    speeds, q = torch.linalg.eigh(m.detach())
    size = speeds.abs()
    below = size.unsqueeze(-1) + size.unsqueeze(-2)
    t = (speeds.unsqueeze(-1) + speeds.unsqueeze(-2)) / below.where(below > 0, torch.ones_like(below))
    return q @ (t * (q.mT @ m @ q)) @ q.mT


def _spread(matrices: torch.Tensor, taps: torch.Tensor) -> torch.Tensor:
    """Σ_r matrices[r] ⊗ taps[r], (n, n, 3, …)."""
    return torch.tensordot(matrices, taps.to(matrices.dtype), ([0], [0]))


def _taps(ndim: int) -> tuple[torch.Tensor, ...]:
    """1, δ_j, δ²_j and, for each pair j ≠ k, δ_j δ_k on the 3^d taps; x is the last axis and y runs up the rows."""
    lines = {"1": [0., 1., 0.], "first": [-.5, 0., .5], "second": [1., -2., 1.]}

    def outer(**kinds: str) -> torch.Tensor:
        found = torch.ones(())
        for j in reversed(range(ndim)):
            line = torch.tensor(lines[kinds.get(f"axis{j}", "1")], dtype=torch.float64)
            found = found[..., None] * (line.flip(0) if j == 1 else line)
        return found

    axes = range(ndim)
    single = [torch.stack([outer(**{f"axis{j}": kind}) for j in axes]) for kind in ("first", "second")]
    pairs = [outer(**{f"axis{j}": "first", f"axis{k}": "first"}) * (j != k) for j, k in product(axes, axes)]
    return outer()[None], *single, torch.stack(pairs)
