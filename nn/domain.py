"""The axes of a spatial tensor under a group: exchanged, reversed, and the sizes that windows fit."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

import reptheory as rt

Size = int | tuple[int, ...]


class WindowsDoNotFit(ValueError):
    """Windows that are not the same from both ends of an axis, or on two axes, as the group demands."""


@dataclass(frozen=True)
class Axes:
    """The spatial axes of a tensor (batch, channels, *spatial), moved by a group.

    Axes of one class are exchanged with each other, those in `reversed` are run backwards by some element.
    Windows of side k and stride s commute with the reversal of an axis of n pixels exactly when s divides
    n + 2p − d(k − 1) − 1: the first window starts at one end and the last stops at the other.
    """

    group: str
    ndim: int
    classes: tuple[tuple[int, ...], ...]
    reversed: tuple[int, ...]

    @staticmethod
    def of(group: rt.Group, space) -> Axes:
        """The axes of a grid or lattice under its group, read off the integer matrices of the generators.

        >>> Axes.of(rt.D(4), rt.grid(3))
        Axes(group='D(4)', ndim=2, classes=((0, 1),), reversed=(0, 1))
        """
        ndim = len(space.box)
        flip = np.array([-1 if axis == ndim - 2 else 1 for axis in range(ndim)])  # rows run down, y points up
        moves = [flip[:, None] * m[::-1, ::-1] * flip for m in space.lattice_matrices(group)]
        classes = [{axis} for axis in range(ndim)]
        for a, b in np.argwhere(sum((np.abs(m) for m in moves), np.zeros((ndim, ndim)))):
            joined = set().union(*(c for c in classes if a in c or b in c))
            classes = [c for c in classes if not c & joined] + [joined]
        backwards = {int(a) for m in moves for ab in np.argwhere(m < 0) for a in ab}
        found = sorted(tuple(sorted(map(int, c))) for c in classes)
        return Axes(group.expression, ndim, tuple(found),
                    tuple(a for c in found if backwards & set(c) for a in c))

    @staticmethod
    def unknown(group: rt.Group, ndim: int) -> Axes:
        """Axes of which nothing is known: each may be reversed, none is exchanged."""
        return Axes(group.expression, ndim, tuple((a,) for a in range(ndim)), tuple(range(ndim)))

    def check_equal(self, **options: tuple[int, ...]) -> None:
        """Raise WindowsDoNotFit where exchanged axes have different options."""
        for name, values in options.items():
            for axes in self.classes:
                if len({values[a] for a in axes}) > 1:
                    raise WindowsDoNotFit(
                        f"{name}={values} differs on the axes {', '.join(map(str, axes))}, which "
                        f"{self.group} exchanges, so the layer would not commute with it. Use one {name} "
                        "for these axes.")

    def check_sizes(self, layer: str, sizes: Sequence[int], window: tuple[int, ...], stride: tuple[int, ...],
                    padding: tuple[int, ...]) -> None:
        """Raise WindowsDoNotFit on the first reversed axis whose size leaves pixels over at one end."""
        for axis in self.reversed:
            n, k, s, p = sizes[axis], window[axis], stride[axis], padding[axis]
            left = (n + 2 * p - k) % s
            if left:
                below = n - left
                near = f"{below} and {below + s}" if below + 2 * p >= k else f"{below + s}"
                raise WindowsDoNotFit(
                    f"{layer}: windows of {k} with stride {s} and padding {p} leave {left} of the {n} "
                    f"pixels of spatial axis {axis} over at one end, and {self.group} reverses this axis, "
                    f"so pooling would not commute with it. The nearest sizes that fit are {near}; or "
                    "change kernel_size, stride or padding.")


def axes_by_ndim(group: rt.Group, action: rt.Rep | None) -> tuple[Axes, Axes, Axes]:
    """The axes of tensors with 1, 2 and 3 spatial axes: known in the dimension of `action` or G.vector."""
    if action is None:
        action = _vector(group)

    def axes(ndim: int) -> Axes:
        known = action is not None and action.dim == ndim
        return Axes.of(group, rt.grid(1, ndim, action)) if known else Axes.unknown(group, ndim)

    return axes(1), axes(2), axes(3)


def _vector(group: rt.Group) -> rt.Rep | None:
    """G.vector, or None for a group that names no action on space."""
    try:
        return group.vector
    except ValueError:
        return None


def per_axis(value: Size, ndim: int, name: str, minimum: int = 1) -> tuple[int, ...]:
    """One integer for each spatial axis, from one for all or one for each."""
    values = tuple(value) if isinstance(value, (tuple, list)) else (value,) * ndim
    if len(values) != ndim or any(type(v) is not int or v < minimum for v in values):
        raise ValueError(f"{name}={value!r}: give an integer ≥ {minimum}, or a tuple of {ndim} of them.")
    return values
