"""Convolutions between images, strided and padded, decided on their taps."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from .field import Number, Q
from .hom import Hom
from .layer_space import OutsideKernel, support
from .project import Projection, used
from .rep import Rep
from .space import Grid, grid


class NoWindow(ValueError):
    """Images or kernels whose taps no square window turned about one centre can hold."""


@dataclass(frozen=True)
class TapWindow:
    """The smallest square window of taps, turned about the centre of the images, that holds those of a layer.

    The tap t of a strided layer is the linear map T_t = Σ_q E(q, s q − p + t) between images of side n and m. An
    element of G that reverses an axis about the centres of the images takes T_t to T_{t'} with t' = k − 1 − t + r and
    r = n + 2p − k − s(m − 1): a reflection about the centre of 0, …, k − 1 only when r = 0. Otherwise the kernel
    moves in a window of side k + |r|, where it is a support off centre.
    """

    side: int
    offset: tuple[int, ...]
    counts: tuple[int, ...] | None

    @property
    def is_centred(self) -> bool:
        """Whether the group turns the kernel about its own centre."""
        return len(set(self.offset)) <= 1 and self.offset[0] == 0 if self.offset else True


def tap_window(kernel_size: Sequence[int], size: Sequence[int], stride: Sequence[int], padding: Sequence[int],
               dilation: Sequence[int], circular: bool) -> TapWindow:
    """The window of a layer, one number for each axis; with zero padding also ‖T_t‖², the number of positions at
    which a tap meets the image, for each tap of the window in C order. Raises NoWindow.

    >>> tap_window([3, 3], [8, 8], [2, 2], [1, 1], [1, 1], False).side
    4
    """
    starts, stops = [], []
    for k, n, s, p, d in zip(kernel_size, size, stride, padding, dilation):
        extent = d * (k - 1) + 1
        m = n // s if circular else (n + 2 * p - extent) // s + 1
        if m < 1 or (circular and n % s):
            raise NoWindow(f"a kernel of {k} taps with dilation {d}, padding {p} and stride {s} has no output on {n} "
                           "pixels that the translations by the stride move. Use larger images, or a stride that "
                           "divides them.")
        r = n + 2 * p - extent - s * (m - 1)
        starts.append(min(0, r))
        stops.append(max(extent, extent + r))
        if circular and stops[-1] - starts[-1] > n:
            raise NoWindow(f"the taps cover {stops[-1] - starts[-1]} of {n} pixels and meet themselves around the "
                           "image. Use larger images.")
    sides = [stop - start for start, stop in zip(starts, stops)]
    side = max(sides)
    if any((side - one) % 2 for one in sides):
        raise NoWindow(f"the taps turn in windows of sides {', '.join(map(str, sides))}, whose centres differ by half "
                       "a pixel, so that no square holds them. Give the axes equal kernels, strides and paddings.")
    offset = tuple((side - one) // 2 - start for one, start in zip(sides, starts))
    counts = None if circular else tuple(_met(side, offset, kernel_size, size, stride, padding, dilation))
    return TapWindow(side, offset, counts)


def conv_layer(source: Rep, target: Rep, kernel_size: int | Sequence[int], size: int | Sequence[int],
               stride: int | Sequence[int] = 1, padding: int | Sequence[int] = 0, dilation: int | Sequence[int] = 1,
               padding_mode: str = "zeros", support_: Any = None, action: Rep | None = None) -> Projection:
    """Π_L of a convolution between images of side `size`, in the kernels of a window that G turns; compare it with its
    Hom: `rt.commute(L, L.hom)`.

    Theorem. Deciding on taps is deciding in the space of all linear maps between the images, where G acts by
    A ↦ ρ(g) A ρ(g)⁻¹ with the action on pixels, and gives the same angles, norm up to the sizes of the taps, and
    witness. Proof. ι: κ ↦ Σ_t T_t ⊗ κ(t) is G-equivariant and its image T is G-stable, so Π_G preserves T and T^⊥.
    On T^⊥ the projection onto ι(L) ⊂ T vanishes before and after Π_G, so the commutator lives on T. The T_t have
    disjoint entries and ‖T_t‖² = c_t; with ‖κ‖² = Σ c_t |κ(t)|² the map ι is an isometry onto T. For circular padding
    c_t is the number of output pixels for every t, and a common factor changes no projection. ∎

    `support_` is a mask on the kernel, or a list of taps of it. Raises NoWindow, OutsideKernel.

    >>> import reptheory as rt
    >>> V = rt.C(4).trivial; L = rt.conv_layer(V, V, 3, size=8, stride=2, padding=1); bool(rt.commute(L, L.hom))
    False
    """
    on = grid(1, ndim=_ndim(source, kernel_size, action), action=action)
    ndim = on.ndim
    kernel, image, s, p, d = (_each(x, ndim) for x in (kernel_size, size, stride, padding, dilation))
    if padding_mode not in ("zeros", "circular"):
        raise ValueError(f"padding_mode={padding_mode!r}: the taps decide for 'zeros' and 'circular'. Reflected "
                         "borders are no translations; audit them as linear maps with rt.subspace.")
    if len(set(image)) > 1 and not _diagonal(source, on):
        raise NoWindow(f"{source.group.expression} does not act on images of {'×'.join(map(str, image))} pixels: it "
                       "turns rows into columns. Use square images.")
    window = tap_window(kernel, image, s, p, d, padding_mode == "circular")
    hom = Hom(source, target, on=Grid(window.side, ndim, action))
    mask = np.zeros(hom.on.shape, bool)
    for tap in _taps(support_, kernel):
        mask[tuple(o + e * t for o, e, t in zip(window.offset, d, tap))] = True
    taps: tuple[Number, ...] | None = None if window.counts is None else tuple(Q(c) for c in window.counts)
    found = support(hom, mask)
    return used(Projection(hom, found.parts, "L", taps))


def _met(side, offset, kernel, size, stride, padding, dilation) -> list[int]:
    """For each tap of the window the number of output positions whose pixel lies in the image."""
    axes = []
    for o, k, n, s, p, d in zip(offset, kernel, size, stride, padding, dilation):
        m = (n + 2 * p - d * (k - 1) - 1) // s + 1
        axes.append([sum(0 <= s * q - p + t - o < n for q in range(m)) for t in range(side)])
    return [int(np.prod(c)) for c in product(*axes)]


def _taps(chosen: Any, kernel: tuple[int, ...]) -> list[tuple[int, ...]]:
    if chosen is None:
        return list(product(*map(range, kernel)))
    if isinstance(chosen, np.ndarray) and chosen.dtype == bool:
        if chosen.shape != kernel:
            raise OutsideKernel(f"the mask has shape {chosen.shape} and the kernel {kernel}. Reshape it.")
        return [tuple(map(int, t)) for t in np.argwhere(chosen)]
    taps = [(int(t),) if np.ndim(t) == 0 else tuple(int(k) for k in t) for t in chosen]
    for tap in taps:
        if len(tap) != len(kernel) or not all(0 <= t < k for t, k in zip(tap, kernel)):
            raise OutsideKernel(f"the support has the tap {tap}, which is outside the kernel "
                                f"{'×'.join(map(str, kernel))}. Give indices into its array.")
    return taps


def _ndim(source: Rep, kernel_size: int | Sequence[int], action: Rep | None) -> int:
    if not isinstance(kernel_size, int):
        return len(kernel_size)
    return (action or source.group.vector).dim


def _each(x: int | Sequence[int], ndim: int) -> tuple[int, ...]:
    return (x,) * ndim if isinstance(x, int) else tuple(x)


def _diagonal(source: Rep, on: Grid) -> bool:
    return all((np.abs(m) == np.eye(on.ndim)).all() for m in on.lattice_matrices(source.group))
