"""Pointwise functions of signals on the sphere or the circle: synthesis on a grid, the function, quadrature back."""
from __future__ import annotations

import math

import numpy as np
import torch

import reptheory as rt
from reptheory.harmonic import Harmonics
from reptheory.rotation_irrep import CircularIrrep

from .activation import Function, named
from .constants import Constants
from .feature import check_features, check_type, transform
from .solid import Recurrence
from .sphere import NotHarmonic, harmonic_degree


class SphereActivation(Constants):
    """The map f ↦ P(fn ∘ f) of signals on S² or S¹: P projects orthogonally onto the degrees of the output type.

    A feature of type C*l₁ + C*l₂ + … (degrees of SO(3) or O(3), or frequencies of SO(2) or O(2), with one multiplicity)
    holds C signals f(p) = Σ x_i Y_i(p)/√K, where K is the number of their components and Y_i has the mean square 1, so
    that independent x_i of variance 1 give signals of variance 1. Coefficients come back by Gauss–Legendre quadrature
    in cos θ and equispaced φ. For polynomials fn of degree `exact_for` the integrals are exact, hence so is the
    equivariance, to rounding; for others the error falls as `exact_for` grows, fast for smooth fn: measure yours by
    `equivariance_error`. `out_type` is in_type unless given.

    Shapes: (batch, in_type.dim, *spatial) ↦ (batch, out_type.dim, *spatial). Raises NotHarmonic for other types.
    Source: Cohen, Geiger, Köhler, Welling, Spherical CNNs (2018); Driscoll and Healy (1994).

    >>> G = rt.O(3); V = 4*G.irrep("0e") + 4*G.irrep("1o") + 4*G.irrep("2e"); layer = SphereActivation(V, "silu"); layer
    SphereActivation(4*O(3).irrep('0e') + 4*O(3).irrep('1o') + 4*O(3).irrep('2e'), 'silu', 45 points)
    >>> layer(torch.randn(2, 36)).shape
    torch.Size([2, 36])
    """

    to_grid_matrix: torch.Tensor
    from_grid_matrix: torch.Tensor
    points: torch.Tensor

    def __init__(self, in_type: rt.Rep, fn: str | Function = "silu", exact_for: int = 3,
                 out_type: rt.Rep | None = None, device=None) -> None:
        super().__init__()
        self.in_type, self.out_type = in_type, in_type if out_type is None else out_type
        self.fn, self.name = named(fn)
        if not isinstance(exact_for, int) or exact_for < 1:
            raise ValueError(f"exact_for={exact_for!r}: the grid is made for polynomials of a degree ≥ 1. Give 3, or "
                             "more for a smaller error of equivariance.")
        degrees, self.channels = _signal(self.in_type)
        back, channels = _signal(self.out_type)
        if channels != self.channels or self.in_type.group != self.out_type.group:
            raise NotHarmonic(f"{self.in_type.expression} holds {self.channels} signals and {self.out_type.expression} "
                              f"{channels}. Give both types one group and one multiplicity.")
        circle = isinstance(self.in_type.summands[0][1], CircularIrrep)
        self.exact_for = exact_for
        points, weights = (circle_grid if circle else sphere_grid)(exact_for * max(degrees) + max(back))
        values = [_rows(points, found) for found in (degrees, back)]
        size = math.sqrt(len(values[0]))
        self.constant("points", torch.from_numpy(points), device)
        self.constant("to_grid_matrix", values[0].T.contiguous() / size, device)
        self.constant("from_grid_matrix", values[1] * torch.from_numpy(weights) * size, device)

    def to_grid(self, x: torch.Tensor) -> torch.Tensor:
        """The values of the signals at `points`: (batch, in_type.dim, *spatial) ↦ (batch, points, C, *spatial)."""
        check_features(x, self.in_type)
        return torch.einsum("pk,bk...->bp...", self.to_grid_matrix.to(x.dtype), x.unflatten(1, (-1, self.channels)))

    def from_grid(self, f: torch.Tensor) -> torch.Tensor:
        """The coefficients of signals by quadrature: (batch, points, C, *spatial) ↦ (batch, out_type.dim, *spatial)."""
        return torch.einsum("kp,bp...->bk...", self.from_grid_matrix.to(f.dtype), f).flatten(1, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The projection of fn ∘ f."""
        return self.from_grid(self.fn(self.to_grid(x)))

    def equivariance_error(self, samples: int = 4, seed: int = 0) -> float:
        """The largest |f(gx) − g f(x)|/|f(x)| at random exact rotations g and normal features x, in the layer's dtype.

        >>> layer = SphereActivation(rt.SO(3).irrep(1) + rt.SO(3).irrep(2), "square").double()
        >>> layer.equivariance_error() < 1e-13
        True
        """
        like, group = self.points, self.in_type.group
        assert isinstance(group, rt.LieGroup)  # harmonics are of no other
        generator = torch.Generator().manual_seed(seed)
        x = torch.randn(16, self.in_type.dim, generator=generator, dtype=torch.float64).to(like)
        worst = 0.0
        with torch.no_grad():
            y = self(x)
            for k in range(samples):
                g = group.sample(seed + k + 1)
                moved = transform(y, self.out_type, g)
                worst = max(worst, float((self(transform(x, self.in_type, g)) - moved).norm() / y.norm()))
        return worst

    def extra_repr(self) -> str:
        """The types, the function and the grid."""
        out = "" if self.out_type == self.in_type else f" → {self.out_type.expression}"
        return f"{self.in_type.expression}{out}, {self.name!r}, {len(self.points)} points"

    def __repr__(self) -> str:
        return f"SphereActivation({self.extra_repr()})"


def sphere_grid(degree: int) -> tuple[np.ndarray, np.ndarray]:
    """Points of S² and weights that give the mean of every polynomial up to this degree, to rounding.

    Gauss–Legendre nodes in z, ⌊degree/2⌋ + 1 of them, times degree + 1 equispaced angles. Source: Abramowitz and
    Stegun, 25.4.29.

    >>> points, weights = sphere_grid(4); points.shape, float(abs((weights * points[:, 2]**4).sum() - 1/5)) < 1e-15
    ((15, 3), True)
    """
    z, weight = np.polynomial.legendre.leggauss(degree // 2 + 1)
    circle, _ = circle_grid(degree)
    radius = np.sqrt((1 - z) * (1 + z))
    points = np.concatenate([np.column_stack([r * circle, np.full(len(circle), h)]) for r, h in zip(radius, z)])
    return points, np.repeat(weight / weight.sum() / len(circle), len(circle))


def circle_grid(degree: int) -> tuple[np.ndarray, np.ndarray]:
    """degree + 1 equispaced points of S¹, and weights that give the mean of every polynomial up to this degree.

    >>> circle_grid(3)[0].round(12).tolist()
    [[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0], [-0.0, -1.0]]
    """
    angles = 2 * np.pi * np.arange(degree + 1) / (degree + 1)
    return np.column_stack([np.cos(angles), np.sin(angles)]), np.full(degree + 1, 1 / (degree + 1))


def _rows(points: np.ndarray, degrees: list[int]) -> torch.Tensor:
    """The harmonics of these degrees, of mean square 1, at the points, in float64: (K, points)."""
    n = points.shape[1]
    found = Recurrence(n, max(degrees), "component")(torch.from_numpy(points.T.copy()))
    sizes = [Harmonics(l, n).dim for l in range(max(degrees) + 1)]
    levels = found.split(sizes)
    return torch.cat([levels[l] for l in degrees])


def _signal(rep: rt.Rep) -> tuple[list[int], int]:
    """The degrees of a type and its multiplicity; NotHarmonic where it holds no signals."""
    check_type(rep)
    degrees = [harmonic_degree(a) for _, a in rep.summands]
    copies = {m for m, _ in rep.summands}
    if len(copies) > 1 or len(set(degrees)) < len(degrees):
        raise NotHarmonic(f"{rep.expression} holds no signals on a sphere: each degree has to occur once, and all with "
                          "one multiplicity. Write C*A + C*B with one number C of channels.")
    return degrees, copies.pop()
