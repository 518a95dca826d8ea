"""Convolutions with steerable kernels sampled on a grid: SO(2), O(2), SO(3), O(3) and their finite subgroups."""
from __future__ import annotations

from collections.abc import Sequence

import torch

import reptheory as rt
from reptheory.plan_ops import PADDINGS
from reptheory.sampling import Sampling

from .conv import _EquivariantConv, _padding
from .domain import Axes, Size, per_axis
from .linear import Intertwiner


class _SteerableConv(_EquivariantConv):
    """The convolution by samples of a steerable kernel, in as many dimensions as the class says."""

    def __init__(self, in_type: rt.Rep, out_type: rt.Rep, kernel_size: int, stride: Size = 1,
                 padding: Size | str = 0, padding_mode: str = "zeros", dilation: Size = 1, bias: bool = True,
                 init: str = "he", rings: Sequence[float] | None = None, sigma: float | Sequence[float] | None = None,
                 max_frequency: int | Sequence[int] | None = None, action: rt.Rep | None = None, device=None,
                 dtype=None):
        ndim = self.spatial_ndim
        space = rt.R(ndim, action=action)
        on = space.sample(per_axis(kernel_size, 1, "kernel_size")[0], rings, sigma, max_frequency)
        hom = rt.Hom(in_type, out_type, on=on)
        every = tuple(range(ndim))
        stride, dilation = per_axis(stride, ndim, "stride"), per_axis(dilation, ndim, "dilation")
        padding = _padding(padding, on.box, stride, dilation)
        Axes(hom.group.expression, ndim, (every,), every).check_equal(stride=stride, padding=padding, dilation=dilation)
        if padding_mode not in PADDINGS:
            raise ValueError(f"padding_mode={padding_mode!r}: choose one of {', '.join(PADDINGS)}.")
        Intertwiner.__init__(self, hom, bias, init, device, dtype, stride=stride, padding=padding,
                             padding_mode=padding_mode, dilation=dilation)
        self.kernel_size, self.stride, self.dilation = on.box, stride, dilation
        self.padding, self.padding_mode = padding, padding_mode

    def __repr__(self) -> str:
        on, options = self.hom.on, ""
        assert isinstance(on, Sampling)
        usual = rt.R(self.spatial_ndim).sample(on.side)
        for name, value, default in (("stride", self.stride[0], 1), ("padding", self.padding[0], 0),
                                     ("dilation", self.dilation[0], 1), ("padding_mode", self.padding_mode, "zeros"),
                                     ("rings", on.rings, usual.rings), ("sigma", on.sigma, usual.sigma),
                                     ("max_frequency", on.frequencies, usual.frequencies)):
            options += "" if value == default else f", {name}={value!r}"
        moved = "" if on.space.action is None else f", action={on.space.action.expression}"
        return (f"{type(self).__name__}({self.in_type.expression}, {self.out_type.expression}, {on.side}{options}"
                f"{moved}{self._tail()}")


class SteerableConv2d(_SteerableConv):
    """The convolution y(p) = Σ_q κ(q) f(p + q) + b with κ = Σ w φ_r(|q|) κ_J(q/|q|): steerable kernels of the plane.

    For SO(2), O(2) and their finite subgroups C(n), D(n), which move the plane by G.vector, or by `action`. The exact
    angular parts κ_J are `hom.steerable.paths`; the radial ones are Gaussian rings of radii `rings` and widths `sigma`,
    with frequencies J up to `max_frequency`, one for all rings or one for each: by default the Nyquist frequency π r.
    Each sampled filter has norm 1 on the grid and those that vanish there are left out, so that `init` has its exact
    variance and no weight is without effect. Elements that preserve the grid, such as turns by 90°, commute with the
    layer to rounding; others up to the sampling, which is small for features that are smooth on the grid.
    Options are those of EquivariantConv2d, equal on both axes. Raises EmptyHom, WindowsDoNotFit, WrongChannels.
    Source: Weiler and Cesa, General E(2)-equivariant steerable CNNs, arXiv 1911.08251.

    >>> G = rt.O(2); layer = SteerableConv2d(G.irrep("0e"), 4*G.irrep(1), 5, padding=2); layer
    SteerableConv2d(O(2).irrep('0e'), 4*O(2).irrep(1), 5, padding=2, bias=False)  # 8 weights
    >>> x = torch.randn(1, 1, 9, 9); torch.equal(layer.to_conv2d()(x), layer(x))
    True
    """

    spatial_ndim = 2

    def to_conv2d(self) -> torch.nn.Conv2d:
        """The plain torch.nn.Conv2d with the expanded kernel: the same outputs in every bit."""
        return self._plain()


class SteerableConv3d(_SteerableConv):
    """The convolution y(p) = Σ_q κ(q) f(p + q) + b with κ = Σ w φ_r(|q|) κ_J(q/|q|): steerable kernels of space.

    For SO(3), O(3) and their subgroups; options are those of SteerableConv2d. On a grid of side k the rings through the
    pixels keep harmonics of degree J ≤ π r. Source: Weiler et al., 3D steerable CNNs, arXiv 1807.02547; Cesa, Lang and
    Weiler, A program to build E(N)-equivariant steerable CNNs (ICLR 2022).

    >>> G = rt.SO(3); SteerableConv3d(G.irrep(0), G.irrep(1), 3, padding=1)
    SteerableConv3d(SO(3).irrep(0), SO(3).irrep(1), 3, padding=1, bias=False)  # 1 weights
    """

    spatial_ndim = 3

    def to_conv3d(self) -> torch.nn.Conv3d:
        """The plain torch.nn.Conv3d with the expanded kernel: the same outputs in every bit."""
        return self._plain()
