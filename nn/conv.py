"""Equivariant convolutions on square grids in 1, 2 and 3 dimensions and on the hexagonal lattice."""
from __future__ import annotations

from typing import Any

import torch

import reptheory as rt
from reptheory.plan_ops import PADDINGS
from reptheory.space import Hexagonal, Lattice

from .domain import Axes, Size, WindowsDoNotFit, per_axis
from .feature import WrongChannels, check_features
from .linear import Intertwiner, copied

PLAIN: tuple[Any, ...] = (torch.nn.Conv1d, torch.nn.Conv2d, torch.nn.Conv3d)


class _EquivariantConv(Intertwiner):
    """The convolution of features by an equivariant kernel, in as many dimensions as the class says."""

    def __init__(self, in_type: rt.Rep, out_type: rt.Rep, kernel_size: Size | None = None, stride: Size = 1,
                 padding: Size | str = 0, padding_mode: str = "zeros", dilation: Size = 1, bias: bool = True,
                 init: str = "he", action: rt.Rep | None = None, on: Lattice | None = None, device=None,
                 dtype=None):
        ndim = self.spatial_ndim
        on = self._space(kernel_size, action, on)
        hom = rt.Hom(in_type, out_type, on=on)
        axes = Axes.of(hom.group, on)
        stride, dilation = per_axis(stride, ndim, "stride"), per_axis(dilation, ndim, "dilation")
        padding = _padding(padding, on.box, stride, dilation)
        axes.check_equal(stride=stride, padding=padding, dilation=dilation)
        if padding_mode not in PADDINGS:
            raise ValueError(f"padding_mode={padding_mode!r}: choose one of {', '.join(PADDINGS)}.")
        if isinstance(on, Hexagonal) and padding_mode in ("reflect", "replicate"):
            raise ValueError(f"padding_mode={padding_mode!r} continues a square, and {on!r} is turned by "
                             "60° and 120°, which do not preserve it. Use 'zeros' or 'circular'.")
        super().__init__(hom, bias, init, device, dtype, stride=stride, padding=padding,
                         padding_mode=padding_mode, dilation=dilation)
        self.kernel_size, self.stride, self.dilation = on.box, stride, dilation
        self.padding, self.padding_mode = padding, padding_mode

    def _space(self, kernel_size: Size | None, action: rt.Rep | None, on: Lattice | None) -> Lattice:
        """The grid of side kernel_size, or the lattice given."""
        name, ndim = type(self).__name__, self.spatial_ndim
        if on is None:
            if kernel_size is None:
                raise TypeError(f"{name} needs kernel_size, the side of its kernel, or on=, a lattice.")
            sides = per_axis(kernel_size, ndim, "kernel_size")
            if len(set(sides)) > 1:
                raise ValueError(f"kernel_size={kernel_size}: kernels of {name} have one side, so that "
                                 "every group of the square or cube preserves them. Use "
                                 f"kernel_size={max(sides)}.")
            return rt.grid(sides[0], ndim, action)
        if not isinstance(on, Lattice) or len(on.box) != ndim:
            raise ValueError(f"on={on!r}: {name} convolves over a grid or lattice in {ndim} dimensions. "
                             "Use rt.grid(n, ndim) or rt.lattice('hexagonal', radius).")
        if action is not None:
            raise TypeError(f"{on!r} has its own action. Give it there, rt.grid(n, action=rep), not beside "
                            "it.")
        if kernel_size is not None and per_axis(kernel_size, ndim, "kernel_size") != on.box:
            raise ValueError(f"kernel_size={kernel_size}, but kernels on {on!r} are stored in {on.box}. "
                             "Leave it out.")
        return on

    def forward(self, x: torch.Tensor) -> torch.Tensor:  # type: ignore[override]  # one input, where a plan takes any number
        """The features of type W, (batch, dim W, *spatial), of the sizes that torch's convolution gives."""
        check_features(x, self.in_type)
        if x.ndim != self.spatial_ndim + 2:
            raise WrongChannels(f"{type(self).__name__} takes features with {self.spatial_ndim} spatial "
                                f"axes, (batch, {x.shape[1]}, *spatial), and this tensor has the shape "
                                f"{tuple(x.shape)}.")
        return super().forward(x)

    @torch.no_grad()
    def _plain(self):
        kernel, bias = self.filter(), self.expanded_bias()
        plain = PLAIN[self.spatial_ndim - 1](
            kernel.shape[1], kernel.shape[0], self.kernel_size, self.stride, self.padding, self.dilation,
            bias=bias is not None, padding_mode=self.padding_mode, device=kernel.device, dtype=kernel.dtype)
        return copied(plain, kernel, bias).train(self.training)

    def __repr__(self) -> str:
        space = self.hom.on
        side = f"on={space!r}" if isinstance(space, Hexagonal) else str(self.kernel_size[0])
        options = (("stride", self.stride, 1), ("padding", self.padding, 0), ("dilation", self.dilation, 1))
        text = "".join(f", {name}={value[0] if len(set(value)) == 1 else value}"
                       for name, value, usual in options if set(value) != {usual})
        mode = "" if self.padding_mode == "zeros" else f", padding_mode={self.padding_mode!r}"
        action = getattr(space, "action", None)
        moved = "" if action is None or isinstance(space, Hexagonal) else f", action={action.expression}"
        return (f"{type(self).__name__}({self.in_type.expression}, {self.out_type.expression}, "
                f"{side}{text}{mode}{moved}{self._tail()}")


class EquivariantConv1d(_EquivariantConv):
    """The convolution y(p) = Σ_q κ(q) f(p + q) + b with κ(gq) = ρ_W(g) κ(q) ρ_V(g)⁻¹: all on a line.

    Options are those of EquivariantConv2d; the group needs a one-dimensional `action`, such as its sign.

    >>> G = rt.C(2); flip = G.rep(r=[[-1]])
    >>> EquivariantConv1d(G.regular, G.regular, 5, padding=2, action=flip)(torch.ones(1, 2, 9)).shape
    torch.Size([1, 2, 9])
    """

    spatial_ndim = 1

    def to_conv1d(self) -> torch.nn.Conv1d:
        """The plain torch.nn.Conv1d with the expanded kernel: the same outputs in every bit."""
        return self._plain()


class EquivariantConv2d(_EquivariantConv):
    """The convolution y(p) = Σ_q κ(q) f(p + q) + b with κ(gq) = ρ_W(g) κ(q) ρ_V(g)⁻¹: all in the plane.

    The group moves the plane by G.vector, or by `action` (integer matrices); `on=rt.lattice("hexagonal", r)`
    takes the place of kernel_size. Strides, every padding mode of torch and dilation are as in
    torch.nn.Conv2d; with strides it commutes with the group on sizes n for which the stride divides
    n + 2·padding − dilation·(kernel_size − 1) − 1. padding="same" needs an odd kernel.
    Raises EmptyHom, NotPreserved, WindowsDoNotFit, WrongChannels.
    Source: Weiler and Cesa, General E(2)-equivariant steerable CNNs, arXiv 1911.08251.

    >>> G = rt.D(4); layer = EquivariantConv2d(G.trivial, 2*G.regular, 3, padding=1); layer
    EquivariantConv2d(D(4).trivial, 2*D(4).regular, 3, padding=1)  # 20 weights
    >>> x = torch.randn(1, 1, 7, 7); torch.equal(layer.to_conv2d()(x), layer(x))
    True
    """

    spatial_ndim = 2

    def to_conv2d(self) -> torch.nn.Conv2d:
        """The plain torch.nn.Conv2d with the expanded kernel: the same outputs in every bit."""
        return self._plain()


class EquivariantConv3d(_EquivariantConv):
    """The convolution y(p) = Σ_q κ(q) f(p + q) + b with κ(gq) = ρ_W(g) κ(q) ρ_V(g)⁻¹: all in space.

    Options are those of EquivariantConv2d. Source: Weiler et al., 3D steerable CNNs, arXiv 1807.02547.

    >>> G = rt.octahedral(); EquivariantConv3d(G.trivial, G.vector, 3)
    EquivariantConv3d(octahedral().trivial, octahedral().vector, 3, bias=False)  # 3 weights
    """

    spatial_ndim = 3

    def to_conv3d(self) -> torch.nn.Conv3d:
        """The plain torch.nn.Conv3d with the expanded kernel: the same outputs in every bit."""
        return self._plain()


def _padding(padding: Size | str, box: tuple[int, ...], stride: tuple[int, ...],
             dilation: tuple[int, ...]) -> tuple[int, ...]:
    """The padding on each axis: that given, or what keeps the size, for "same", or none, for "valid"."""
    if not isinstance(padding, str):
        return per_axis(padding, len(box), "padding", minimum=0)
    if padding == "valid":
        return (0,) * len(box)
    if padding != "same":
        raise ValueError(f"padding={padding!r}: give an integer, 'same' or 'valid'.")
    if set(stride) != {1}:
        raise ValueError(f"padding='same' with stride={stride}: sizes stay the same only with stride 1. "
                         "Give an integer.")
    total = [d * (k - 1) for d, k in zip(dilation, box)]
    if any(t % 2 for t in total):
        raise WindowsDoNotFit(
            f"padding='same' with kernel_size={box[0]} pads one end of an axis by one pixel more than the "
            "other, which no group that reverses an axis preserves. Use an odd kernel, or "
            f"padding={total[0] // 2}, one pixel less.")
    return tuple(t // 2 for t in total)
