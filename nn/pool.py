"""Pooling: features to invariants, and windows over space that the group preserves."""
from __future__ import annotations

import torch
import torch.nn.functional as F

import reptheory as rt
from reptheory.monomial import Monomial
from reptheory.plan_ops import PADDINGS
from reptheory.solve import orbits_of

from .activation import DoesNotCommute, refuse_motion
from .constants import Constants
from .domain import Axes, Size, axes_by_ndim, per_axis
from .feature import check_features, check_type

KINDS = ("mean", "max", "norm")
SPATIAL = (None, "mean", "max", "sum")


class InvariantPool(Constants):
    """The map of each field to invariants: mean or maximum over orbits of a permutation, or the norm |x̂|.

    "mean" and "max" need summands that permute their basis and give one number an orbit; "norm" needs unitary
    ones and gives one a field. `spatial` ("mean", "max" or "sum") reduces the spatial axes afterwards. Raises
    DoesNotCommute.

    >>> G = rt.D(4); InvariantPool(8*G.regular, "max").out_type.expression
    '8*D(4).trivial'
    """

    _order: torch.Tensor | None

    def __init__(self, in_type: rt.Rep, kind: str = "mean", spatial: str | None = None):
        super().__init__()
        check_type(in_type)
        if kind not in KINDS or spatial not in SPATIAL:
            raise ValueError(f"kind={kind!r}, spatial={spatial!r}: kinds are {', '.join(map(repr, KINDS))}, "
                             f"and spatial reductions {', '.join(map(repr, SPATIAL))}.")
        self.in_type, self.kind, self.spatial = in_type, kind, spatial
        runs = []  # (orbits of one size, channels, size), so that an orbit is one axis
        order: list[int] = []
        start = count = 0
        for m, a in in_type.summands:
            orbits = [tuple(range(a.dim))] if kind == "norm" else _orbits(a, kind)
            for members in orbits:
                order += [start + i * m + c for i in members for c in range(m)]
                runs.append((m, len(members)))
                count += m
            if kind == "norm" and not a.is_unitary:
                raise DoesNotCommute(
                    f"the norm is no invariant of {a.expression}: ρ(g) is not unitary for its metric. "
                    "Give the representation an invariant metric, G.rep(…, gram=…).")
            start += m * a.dim
        self._runs = tuple(runs)
        same = order == list(range(in_type.dim))
        self.constant("_order", None if same else torch.tensor(order, device="cpu"))
        trivial = in_type.group.trivial
        complex_ = in_type.scalars == "C" and kind != "norm"
        self.out_type = count * (trivial.complexify() if complex_ else trivial)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The invariants, (batch, out_type.dim, *spatial), without spatial axes where `spatial` is given."""
        check_features(x, self.in_type)
        x = x if self._order is None else x[:, self._order]
        parts = []
        for part, (m, size) in zip(x.split([m * size for m, size in self._runs], dim=1), self._runs):
            field = part.unflatten(1, (size, m))
            if self.kind == "norm":
                parts.append(torch.linalg.vector_norm(field, dim=1))
            else:
                parts.append(field.mean(1) if self.kind == "mean" else field.amax(1))
        y = parts[0] if len(parts) == 1 else torch.cat(parts, dim=1)
        if self.spatial is None or y.ndim == 2:
            return y
        y = y.flatten(2)
        return y.mean(2) if self.spatial == "mean" else y.amax(2) if self.spatial == "max" else y.sum(2)

    def extra_repr(self) -> str:
        """The type, the kind and the spatial reduction."""
        spatial = f", spatial={self.spatial!r}" if self.spatial else ""
        return f"{self.in_type.expression}, {self.kind!r}{spatial}"


class _Window(Constants):
    """A layer that acts in the same way on every channel, by windows that the group has to preserve."""

    def __init__(self, in_type: rt.Rep, action: rt.Rep | None):
        super().__init__()
        check_type(in_type)
        self.in_type = self.out_type = in_type
        self.action = action
        self._axes = axes_by_ndim(in_type.group, action)

    def _spatial(self, x: torch.Tensor) -> Axes:
        check_features(x, self.in_type)
        if not 3 <= x.ndim <= 5:
            raise ValueError(f"{type(self).__name__} needs 1 to 3 spatial axes, (batch, {self.in_type.dim}, "
                             f"*spatial), and the input has shape {tuple(x.shape)}.")
        return self._axes[x.ndim - 3]

    def _windows(self, x: torch.Tensor, window: Size, stride: Size, padding: Size):
        """The options per axis, checked against the sizes of x."""
        axes = self._spatial(x)
        k = per_axis(window, axes.ndim, "kernel_size")
        s = per_axis(stride, axes.ndim, "stride")
        p = per_axis(padding, axes.ndim, "padding", minimum=0)
        axes.check_equal(kernel_size=k, stride=s, padding=p)
        axes.check_sizes(type(self).__name__, x.shape[2:], k, s, p)
        return k, s, p


class AvgPool(_Window):
    """The mean over windows of each channel, zeros beyond the border counted, for every representation.

    The number of spatial axes is that of the input. Raises WindowsDoNotFit for sizes whose windows are not
    the same from both ends of an axis that the group reverses (`action`, G.vector when none is given).

    >>> AvgPool(rt.D(4).regular, 2)(torch.ones(1, 8, 6, 6)).shape
    torch.Size([1, 8, 3, 3])
    """

    def __init__(self, in_type: rt.Rep, kernel_size: Size, stride: Size | None = None, padding: Size = 0,
                 action: rt.Rep | None = None):
        super().__init__(in_type, action)
        self.kernel_size, self.padding = kernel_size, padding
        self.stride = kernel_size if stride is None else stride

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The means, (batch, channels, *smaller)."""
        k, s, p = self._windows(x, self.kernel_size, self.stride, self.padding)
        pool = (F.avg_pool1d, F.avg_pool2d, F.avg_pool3d)[len(k) - 1]
        return _each_part(lambda part: pool(part, k, s, p), x)

    def extra_repr(self) -> str:
        """The type and the window."""
        return _window_repr(self)


class MaxPool(_Window):
    """The maximum over windows of each channel, for representations that permute the channels.

    Raises DoesNotCommute for all others, and WindowsDoNotFit as AvgPool does.

    >>> MaxPool(rt.D(4).regular, 3, stride=2)(torch.ones(1, 8, 7, 7)).shape
    torch.Size([1, 8, 3, 3])
    """

    def __init__(self, in_type: rt.Rep, kernel_size: Size, stride: Size | None = None, padding: Size = 0,
                 action: rt.Rep | None = None):
        super().__init__(in_type, action)
        _permutes(in_type, "the maximum")
        self.kernel_size, self.padding = kernel_size, padding
        self.stride = kernel_size if stride is None else stride

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The maxima, (batch, channels, *smaller)."""
        k, s, p = self._windows(x, self.kernel_size, self.stride, self.padding)
        return (F.max_pool1d, F.max_pool2d, F.max_pool3d)[len(k) - 1](x, k, s, p)

    def extra_repr(self) -> str:
        """The type and the window."""
        return _window_repr(self)


class BlurPool(_Window):
    """Every `stride`-th pixel after smoothing by the binomial window ((1 + z)/2)^(taps − 1) on each axis.

    Source: Zhang, Making convolutional networks shift-invariant again, arXiv 1904.11486. The weights are
    exact in binary. `padding` is (taps − 1) // 2 unless given; even taps fit even sizes at stride 2, odd taps
    odd sizes. Raises WindowsDoNotFit as AvgPool does.

    >>> BlurPool(rt.D(4).regular)(torch.ones(1, 8, 6, 6)).shape
    torch.Size([1, 8, 3, 3])
    """

    _taps: torch.Tensor

    def __init__(self, in_type: rt.Rep, stride: Size = 2, taps: int = 4, padding: int | None = None,
                 padding_mode: str = "reflect", action: rt.Rep | None = None):
        super().__init__(in_type, action)
        if not isinstance(taps, int) or not 1 <= taps <= 24:
            raise ValueError(f"taps={taps!r}: a binomial window has 1 to 24 taps, exact in float32.")
        if padding_mode not in PADDINGS:
            raise ValueError(f"padding_mode={padding_mode!r}: choose one of {', '.join(PADDINGS)}.")
        self.stride, self.kernel_size, self.padding_mode = stride, taps, padding_mode
        self.padding = (taps - 1) // 2 if padding is None else padding
        row = [1]
        for _ in range(taps - 1):
            row = [a + b for a, b in zip([0, *row], [*row, 0])]
        weights = [c / 2 ** (taps - 1) for c in row]
        self.constant("_taps", torch.tensor(weights, dtype=torch.float64, device="cpu"))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The smoothed features, (batch, channels, *smaller)."""
        k, s, p = self._windows(x, self.kernel_size, self.stride, self.padding)
        return _each_part(lambda part: self._smooth(part, len(k), s, p), x)

    def _smooth(self, x: torch.Tensor, ndim: int, stride: tuple[int, ...],
                padding: tuple[int, ...]) -> torch.Tensor:
        if self.padding_mode != "zeros" and self.padding:
            x = F.pad(x, [q for q in padding for _ in (0, 1)], mode=self.padding_mode)
            padding = (0,) * ndim
        taps = self._taps.to(x.dtype)
        window = taps
        for _ in range(ndim - 1):
            window = window[..., None] * taps
        window = window.expand(x.shape[1], 1, *window.shape)
        return (F.conv1d, F.conv2d, F.conv3d)[ndim - 1](x, window, None, stride, padding, 1, x.shape[1])

    def extra_repr(self) -> str:
        """The type, stride, taps and padding."""
        return (f"{self.in_type.expression}, stride={self.stride}, taps={self.kernel_size}, "
                f"padding={self.padding}, padding_mode={self.padding_mode!r}")


class Upsample(_Window):
    """The refinement of each pixel into factorⁿ: "nearest" copies it, "linear" goes between pixel centres.

    Both commute with the flips and turns of the grid, for any size; "bilinear" and "trilinear" are other
    names of "linear".

    >>> Upsample(rt.D(4).trivial, 2)(torch.tensor([[[[1., 2.]]]])).tolist()
    [[[[1.0, 1.0, 2.0, 2.0], [1.0, 1.0, 2.0, 2.0]]]]
    """

    def __init__(self, in_type: rt.Rep, factor: Size = 2, mode: str = "nearest",
                 action: rt.Rep | None = None):
        super().__init__(in_type, action)
        if mode not in ("nearest", "linear", "bilinear", "trilinear"):
            raise ValueError(f"mode={mode!r}: choose nearest or linear (also called bilinear, trilinear).")
        self.factor, self.mode = factor, mode

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The refined features, (batch, channels, *larger)."""
        axes = self._spatial(x)
        factor = per_axis(self.factor, axes.ndim, "factor")
        axes.check_equal(factor=factor)
        size = [n * f for n, f in zip(x.shape[2:], factor)]
        if self.mode == "nearest":
            return _each_part(lambda part: F.interpolate(part, size, mode="nearest"), x)
        mode = ("linear", "bilinear", "trilinear")[axes.ndim - 1]
        return _each_part(lambda part: F.interpolate(part, size, mode=mode, align_corners=False), x)

    def extra_repr(self) -> str:
        """The type, factor and mode."""
        return f"{self.in_type.expression}, factor={self.factor}, mode={self.mode!r}"


def _each_part(layer, x: torch.Tensor) -> torch.Tensor:
    """A real linear map on the real and imaginary parts, where torch has no complex kernel."""
    return torch.complex(layer(x.real), layer(x.imag)) if x.is_complex() else layer(x)


def _orbits(rep: rt.Rep, kind: str) -> list[tuple[int, ...]]:
    """The orbits of the basis that a representation permutes."""
    _permutes(rep, f"the {kind} over a field")
    moves = tuple(a.images for a in rep.actions if isinstance(a, Monomial))
    return [orbit.members for orbit in orbits_of(rep.dim, moves)]


def _permutes(rep: rt.Rep, what: str) -> None:
    """Raise DoesNotCommute, with summand and generator, unless every summand permutes its basis."""
    for _, a in rep.summands:
        refuse_motion(a, what)
        if not a.is_permutation or a.scalars == "C":
            names = [n for n, action in zip(a.group.names, a.actions)
                     if not (isinstance(action, Monomial) and action.is_permutation)]
            moving = [n for n, x in zip(getattr(a.group, "algebra_names", ()), a.derivatives) if not x.is_zero]
            why = (f"{names[0]} acts by {a(names[0])}" if names else f"{moving[0]} of the Lie algebra acts"
                   if moving else "its scalars are complex")
            raise DoesNotCommute(
                f"{what} needs a group that permutes the channels, and in {a.expression} {why}. "
                "Use nn.InvariantPool(V, 'norm'), nn.AvgPool or nn.BlurPool, or a permutation "
                "representation.")


def _window_repr(layer) -> str:
    return (f"{layer.in_type.expression}, kernel_size={layer.kernel_size}, stride={layer.stride}, "
            f"padding={layer.padding}")
