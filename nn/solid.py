"""Solid harmonics of torch tensors: orthonormal values by recurrences, and a fused gradient on R³."""
from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import pi, sqrt
from typing import Any

import torch
from torch.nn.functional import pad

from reptheory.harmonic import Harmonics, branching_norm

SCALES = ("norm", "component", "integral")
Steps = tuple[tuple[tuple[float, float], ...], ...]


def degree_scale(l: int, n: int, scale: str) -> float:
    """The factor of degree l: Σ Y_i² = 1 on the unit sphere ("norm"), d ("component"), or ∫ Y_i² = 1 ("integral").

    >>> degree_scale(2, 3, "component") == 5 ** 0.5
    True
    """
    if scale == "norm":
        return 1.0
    dim = Harmonics(l, n).dim
    return sqrt(dim) if scale == "component" else sqrt(dim / _area(n))


def _area(n: int) -> float:
    """The area of the unit sphere of Rⁿ: A_n = 2π A_{n−2}/(n − 2), from A_1 = 2 and A_2 = 2π."""
    return (2.0, 2 * pi)[n - 1] if n < 3 else 2 * pi / (n - 2) * _area(n - 2)


def branching(n: int, degree: int, scale: str = "norm") -> tuple[tuple[float, ...], Steps]:
    """The coefficients of the recurrence that takes harmonics of Rⁿ⁻¹ to those of Rⁿ: starts c_k and steps (a, b).

    Y = Π_{l,k} Y' with Π_{k,k} = c_k and Π_{l,k} = a_{l,k} x_n Π_{l−1,k} − b_{l,k} |x|² Π_{l−2,k}, from
    d C_d = 2(d + λ − 1) t C_{d−1} − (d + 2λ − 2) C_{d−2} with d = l − k and λ = k + n/2 − 1.
    Steps are by l, then k < l.

    >>> branching(3, 1)
    ((1.0, 1.0), ((), ((1.0, 0.0),)))
    """
    def norm(l: int, k: int) -> Fraction:
        return Fraction(Harmonics(k, n - 1).dim) / (Harmonics(l, n).dim * branching_norm(n, l, k))
    factor = [degree_scale(l, n, scale) for l in range(degree + 1)]
    starts = tuple(sqrt(norm(k, k)) * factor[k] for k in range(degree + 1))
    steps = []
    for l in range(degree + 1):
        row = []
        for k in range(l):
            d, index = l - k, k + Fraction(n - 2, 2)
            a = 2 * (d + index - 1) / d
            b = (d + 2 * index - 2) / d
            one = sqrt(a * a * norm(l, k) / norm(l - 1, k)) * (factor[l] / factor[l - 1])
            two = sqrt(b * b * norm(l, k) / norm(l - 2, k)) * (factor[l] / factor[l - 2]) if d > 1 else 0.0
            row.append((one, two))
        steps.append(tuple(row))
    return starts, tuple(steps)


class Recurrence:
    """The harmonics Y_l(x), l ≤ degree, of points x of Rⁿ: (n, N) ↦ (Σ dim, N), in the order of `spherical_harmonics`.

    Recurrences in plain operations, from R² up: any degree and dimension, differentiable to any order, traceable by
    torch.compile and torch.export. In float64 values are within about 10·l rounding errors of the exact ones, relative
    to |x|^l.

    >>> Recurrence(3, 1)(torch.tensor([[1.], [2.], [3.]]))[:, 0]
    tensor([1., 1., 2., 3.])
    """

    def __init__(self, n: int, degree: int, scale: str = "norm") -> None:
        self.n, self.degree, self.scale = n, degree, scale
        self.circle = [degree_scale(l, 2, scale) if n == 2 else 1.0 for l in range(degree + 1)]
        self.tables = [branching(k, degree, scale if k == n else "norm") for k in range(3, n + 1)]

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        """The values, a row for each harmonic."""
        rows = x.unbind(0)
        one = 1 + 0 * x.sum(0)  # NaN where the point is
        levels = [[one]]
        for l in range(1, self.degree + 1):
            c, s = levels[-1] if l > 1 else (one, torch.zeros_like(one))
            levels.append([rows[0] * c - rows[1] * s, rows[0] * s + rows[1] * c])
        levels = [row if f == 1 else [y * f for y in row] for row, f in zip(levels, self.circle)]
        square = rows[0] * rows[0] + rows[1] * rows[1]
        for z, table in zip(rows[2:], self.tables):
            square = square + z * z
            levels = _branched(levels, z, square, *table)
        return torch.stack([y for row in levels for y in row])


def _branched(levels: list[list[torch.Tensor]], z: torch.Tensor, square: torch.Tensor, starts: Sequence[float],
              steps: Steps) -> list[list[torch.Tensor]]:
    found: list[list[torch.Tensor]] = []
    before: dict[int, Any] = {}
    last: dict[int, Any] = {}
    for l, row in enumerate(steps):
        now: dict[int, Any] = {l: starts[l]}
        for k, (a, b) in enumerate(row):
            now[k] = a * z * last[k] - b * square * before[k] if k in before else a * z * last[k]
        found.append([y * now[k] for k in range(l, -1, -1) for y in levels[k]])
        before, last = last, now
    return found


def unit(x: torch.Tensor) -> torch.Tensor:
    """x/|x| for each column, without overflow; 0 at 0, with the gradient 0 there.

    >>> unit(torch.tensor([[3e30, 0.], [4e30, 0.]]))
    tensor([[0.6000, 0.0000],
            [0.8000, 0.0000]])
    """
    size = x.detach().abs().amax(0)
    alive = size != 0
    scaled = x / torch.where(alive, size, 1)
    length = torch.where(alive, (scaled * scaled).sum(0), 1).sqrt()
    return torch.where(alive, scaled / length, 0)


class Unit(torch.autograd.Function):
    """`unit` with its gradient (g − u (u·g))/|x| in a few passes; differentiable to any order."""

    @staticmethod
    def forward(ctx, x: torch.Tensor) -> torch.Tensor:
        """x/|x|."""
        size = x.abs().amax(0)
        alive = size != 0
        size = torch.where(alive, size, 1)
        found = x / size
        length = torch.where(alive, (found * found).sum(0), 1).sqrt_()
        found.div_(length)
        ctx.save_for_backward(x, found, torch.where(alive, 1 / length.mul_(size), 0))
        return found

    @staticmethod
    def backward(ctx, *grads: Any) -> Any:
        """The gradient in x."""
        x, found, inverse = ctx.saved_tensors
        if torch.is_grad_enabled():
            return torch.autograd.grad(unit(x), x, grads[0], create_graph=True)[0]
        return torch.addcmul(grads[0], found, (found * grads[0]).sum(0), value=-1).mul_(inverse)


# Fused on R³ ----------------------------------------------------------------------------------------------------------
def tables(degree: int, scale: str = "norm") -> tuple[torch.Tensor, list[int]]:
    """The coefficients of `Solid`, one column with the lengths of its pieces: starts, then for l = 1, 2, … by falling m
    the steps a and b, and the gradients z, up and down.

    In p = x + iy and the orthonormal basis, ∂_z Y_{l,m} = √((l + m)(l − m)) Y_{l−1,m}, and ∂_p and ∂_p̄ lead from m to
    m − 1 and m + 1 with ½√((l + m)(l + m − 1)) and −½√((l − m)(l − m − 1)), √2 times that between m = 0 and 1.

    >>> tables(1)[0].shape, tables(1)[1]
    (torch.Size([4, 1]), [2, 1, 0, 1, 0, 0])
    """
    starts, steps = branching(3, degree, scale)
    pieces: list[list[float]] = [list(starts)]
    for l in range(1, degree + 1):
        f = degree_scale(l, 3, scale) / degree_scale(l - 1, 3, scale)
        pieces.append([steps[l][m][0] for m in range(l - 1, -1, -1)])
        pieces.append([steps[l][m][1] for m in range(l - 2, -1, -1)])
        orders = range(l - 1, 0, -1)
        pieces.append([sqrt((l + m) * (l - m)) * f for m in orders for _ in (0, 1)] + [l * f])
        pieces.append([sqrt((l + k + 1) * (l + k)) * f / 2 for k in orders])
        down = [sqrt((l - k + 1) * (l - k)) * f / 2 for k in orders for _ in (0, 1)]
        pieces.append(down[:-2] + [sqrt(2) * c for c in down[-2:-1]] + [0.0] * bool(down))
    column = torch.tensor([[c] for piece in pieces for c in piece], dtype=torch.float64)
    return column, [len(piece) for piece in pieces]


class Solid(torch.autograd.Function):
    """Y(x) on R³ with its gradient by ladders, ∂_k Y_l = G_k Y_{l−1}: points (3, N) ↦ ((degree + 1)², N).

    The backward pass reads the values that the forward pass wrote, and makes no array of derivatives. It is
    differentiable itself, to any order.
    """

    @staticmethod
    def forward(ctx, x: torch.Tensor, table: torch.Tensor, sizes: list[int]) -> torch.Tensor:
        """The values, row by row of the recurrence."""
        pieces, degree = table.split(sizes), sizes[0] - 1
        found = _values(x, pieces, degree)
        ctx.save_for_backward(found, table)
        ctx.sizes = sizes
        return found

    @staticmethod
    def backward(ctx, *grads: Any) -> Any:
        """Σ g_i ∂_k Y_i."""
        found, table = ctx.saved_tensors
        return _ladder(found, grads[0].contiguous(), table.split(ctx.sizes), ctx.sizes[0] - 1), None, None


def _values(x: torch.Tensor, pieces: Sequence[torch.Tensor], degree: int) -> torch.Tensor:
    z, square, n = x[2], (x * x).sum(0), x.shape[1]
    circle = x.new_empty(degree + 1, 2, n)  # Re and Im of (x + iy)^m, by falling m
    circle[degree, 0] = 1
    circle[degree, 1] = 0
    for m in range(degree - 1, -1, -1):
        (c, s), (re, im) = circle[m + 1], circle[m]
        torch.mul(x[0], c, out=re).addcmul_(x[1], s, value=-1)
        torch.mul(x[0], s, out=im).addcmul_(x[1], c)
    found = x.new_empty((degree + 1) ** 2, n)
    starts = pieces[0]
    found[0] = starts[0] + 0 * x.sum(0)  # NaN where the point is
    before, last = found[:0], found[:1]
    for l in range(1, degree + 1):
        a, b = pieces[5 * l - 4:5 * l - 2]
        now = x.new_empty(l + 1, n)
        now[0] = starts[l]
        torch.mul(last, z, out=now[1:]).mul_(a)
        if l > 1:
            now[2:].addcmul_(before * b, square, value=-1)
        level = found[l * l:(l + 1) ** 2]
        torch.mul(now[:l, None], circle[degree - l:degree], out=level[:-1].unflatten(0, (l, 2)))
        level[-1] = now[l]
        before, last = last, now
    return found


def _ladder(found: torch.Tensor, grad: torch.Tensor, pieces: Sequence[torch.Tensor], degree: int) -> torch.Tensor:
    """Σ_i g_i ∂_k Y_i as (3, N): each order m of degree l − 1 meets the orders m, m + 1 and m − 1 of g."""
    total = [found.new_zeros(found.shape[1]) for _ in range(3)]
    for l in range(1, degree + 1):
        along, up, down = pieces[5 * l - 2:5 * l + 1]
        g, y = grad[l * l:(l + 1) ** 2], found[(l - 1) ** 2:l * l]
        total[2] = total[2] + (along.T @ (g[2:] * y))[0]
        middle = y[-1] * along[-1] * ((l + 1) / (2 * l)) ** 0.5  # between m = 1 and m = 0
        total[0] = total[0] + g[-3] * middle
        total[1] = total[1] + g[-2] * middle
        if l == 1:
            continue
        pairs, high = (rows.unflatten(0, (l - 1, 2)) for rows in (y[:-1], g[:2 * l - 2]))
        high = high * up[:, None]
        low = grad[l * l + 4:(l + 1) ** 2 + 1] if l < degree else pad(g[4:], (0, 0, 0, 1))  # the last row has weight 0
        low, weight = low.unflatten(0, (l - 1, 2)), down.unflatten(0, (l - 1, 2))
        total[0] = total[0] + torch.addcmul(high, low, weight, value=-1).mul_(pairs).sum((0, 1))
        high.addcmul_(low, weight)
        turned = (high[:, 1] * pairs[:, 0]).addcmul_(high[:, 0], pairs[:, 1], value=-1)
        total[1] = total[1] + turned.sum(0)
    return torch.stack(total)
