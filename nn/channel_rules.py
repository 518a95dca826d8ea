"""Where the channels of a tensor are, and how calls that only move or copy entries carry the matrices on them."""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch

from .generator_system import GeneratorSystem


@dataclass(frozen=True)
class Channels:
    """The axes of a tensor that are its channels, flattened in this order, and the number of the matrix that moves
    them; None where nothing moves."""

    edge: int | None
    axes: tuple[int, ...] = ()

    def count(self, shape: torch.Size) -> int:
        """How many channels there are."""
        return int(np.prod([shape[a] for a in self.axes], dtype=int))

    def labels(self, shape: torch.Size) -> tuple[np.ndarray, np.ndarray]:
        """The channel and the position of each entry."""
        channel, position = np.zeros(shape, int), np.zeros(shape, int)
        for axes, found in ((self.axes, channel), ([a for a in range(len(shape)) if a not in self.axes], position)):
            for a in axes:
                index = np.arange(shape[a]).reshape([-1 if b == a else 1 for b in range(len(shape))])
                found *= shape[a]
                found += index
        return channel, position


FIXED = Channels(None)


def rearrangement(call: Callable[..., torch.Tensor], shapes: list[torch.Size]) -> np.ndarray | None:
    """Where each entry of the result of a call comes from, as a number among the entries of all its arguments, one
    argument after the other; None where the call does more than to move, copy and drop entries."""
    found: list[np.ndarray] = []
    for seed in range(2):
        draw = torch.Generator().manual_seed(seed)
        u = [torch.randn(shape, generator=draw, dtype=torch.float64) for shape in shapes]
        try:
            out = call(*u)
        except Exception:  # whatever a call raises in float64, it is no rearrangement then
            return None
        if not isinstance(out, torch.Tensor) or out.dtype != torch.float64 or not out.numel():
            return None
        values = np.concatenate([x.numpy().ravel() for x in u])
        order = np.argsort(values)
        place = order[np.searchsorted(values[order], out.detach().numpy()).clip(max=len(values) - 1)]
        if not np.array_equal(values[place], out.detach().numpy()):
            return None
        found.append(place)
    return found[0] if np.array_equal(found[0], found[1]) else None


def carry(system: GeneratorSystem, sources: list[Channels], shapes: list[torch.Size],
          origin: np.ndarray) -> Channels | None:
    """The channels of a rearranged tensor, with Y S = S X as equations; None where no axes are channels throughout.

    `origin` says where each entry comes from. An axis is one of channels where the channel varies along it; Y has the
    entries of X between channels of one source and position, and zeros elsewhere.
    """
    labels = [source.labels(shape) for source, shape in zip(sources, shapes)]
    sizes = [source.count(shape) for source, shape in zip(sources, shapes)]
    starts = np.cumsum([0, *sizes])
    channel = np.concatenate([c.ravel() + start for (c, _), start in zip(labels, starts)])[origin]
    spots = np.cumsum([0, *(p.max() + 1 for _, p in labels)])
    position = np.concatenate([p.ravel() + start for (_, p), start in zip(labels, spots)])[origin]
    axes = tuple(a for a in range(origin.ndim) if origin.shape[a] > 1 and
                 bool((channel != np.take(channel, [0], a)).any()))
    rest = [a for a in range(origin.ndim) if a not in axes]
    n = int(np.prod([origin.shape[a] for a in axes], dtype=int))
    channel, position = (x.transpose(*rest, *axes).reshape(-1, n) for x in (channel, position))
    same = _together(position)
    if bool((channel != channel[0]).any()) or same is None:
        return None
    here = system.edge(n)
    y, channels = system.at(here), channel[0]
    system.vanish(y[~same])
    for e, start, stop in zip((source.edge for source in sources), starts, starts[1:]):
        inside = np.flatnonzero((channels >= start) & (channels < stop))
        if e is None:
            system.vanish(y[inside])
            system.vanish(y[:, inside])
            continue
        x = system.at(e)
        i, j = (inside[k] for k in np.nonzero(same[np.ix_(inside, inside)]))
        system.join(y[i, j], x[channels[i] - start, channels[j] - start])
        for o in inside:  # what enters an entry and is not in the result
            missing = np.setdiff1d(np.arange(stop - start), channels[same[o]] - start)
            system.vanish(x[channels[o] - start, missing])
    return Channels(here, axes)


def _together(position: np.ndarray) -> np.ndarray | None:
    """Which channels of the result have the same position of the source, (n, n); None where it depends on the row."""
    groups = np.unique(position[0], return_inverse=True)[1]
    for row in position[:64]:
        again = np.unique(row, return_inverse=True)[1]
        first: dict[int, int] = {}
        if any(first.setdefault(int(a), int(b)) != b for a, b in zip(groups, again)) or len({*first.values()}) < len(
                first):
            return None
    return groups[:, None] == groups
