"""Solution and Series: the fields at one time of a run, and at several."""
from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from .grid import Grid


@dataclass(frozen=True, eq=False, repr=False)
class Series:
    """The snapshots of a run by time: series[k] is a Solution, series[::2] a Series, series["h"] the field of
    an unknown at all times.

    `fields` has the shape (times, unknowns, …, N_y, N_x): a NumPy array, or a zarr array that is read when asked.
    """

    names: tuple[str, ...]
    grid: Grid
    scheme: str
    times: tuple[float, ...] = ()
    steps: tuple[int, ...] = ()
    fields: Any = ()

    def __len__(self) -> int:
        return len(self.times)

    def __iter__(self) -> Iterator[Solution]:
        return (self[k] for k in range(len(self)))

    def __getitem__(self, k: Any) -> Any:
        if isinstance(k, str):
            j = _place(self.names, k)
            return np.stack([np.asarray(self.fields[i])[j] for i in range(len(self))])
        if isinstance(k, slice):
            rows = range(len(self))[k]
            return Series(self.names, self.grid, self.scheme, self.times[k], self.steps[k],
                          np.stack([np.asarray(self.fields[i]) for i in rows]) if rows else ())
        i = range(len(self))[k]
        return Solution(self.names, self.grid, self.scheme, self.times[i], self.steps[i], np.asarray(self.fields[i]))

    def animate(self, path: str | Path, names: Any = None, labels: Mapping[str, str] | None = None,
                frames_per_second: float = 10, progress: bool | None = None) -> Path:
        """Plots of all snapshots in one moving picture, GIF or MP4; see `animation.animate`."""
        from .animation import animate
        return animate(self, path, names, labels, frames_per_second, progress)

    def __repr__(self) -> str:
        span = f" from time {self.times[0]:g} to {self.times[-1]:g}" if self.times else ""
        return f"<Series of {len(self)} snapshots{span} on {self.grid}>"


@dataclass(frozen=True, eq=False, repr=False)
class Solution:
    """The fields u at a time of a run, (unknowns, …, N_y, N_x), with the number of steps and the snapshots."""

    names: tuple[str, ...]
    grid: Grid
    scheme: str
    time: float
    steps: int
    u: np.ndarray
    series: Series | None = None

    def __getitem__(self, name: str) -> np.ndarray:
        """The field of an unknown."""
        return self.u[_place(self.names, name)]

    @property
    def total(self) -> np.ndarray:
        """∫ u by unknown, which conservative schemes keep on periodic grids, to rounding."""
        return self.u.reshape(len(self.u), -1).sum(-1) * float(np.prod(self.grid.spacing))

    def plot(self, names: Any = None, labels: Mapping[str, str] | None = None) -> Any:
        """A figure of matplotlib: lines, images, or slices through the middle; see `plot.plot`."""
        from .plot import plot
        return plot(self, names, labels)

    def __repr__(self) -> str:
        kept = f", {len(self.series)} snapshots" if self.series else ""
        return f"<Solution at time {self.time:g} after {self.steps} steps on {self.grid}{kept}>"


def _place(names: tuple[str, ...], name: str) -> int:
    if name not in names:
        raise KeyError(f"{name!r} is no unknown. They are {', '.join(names)}.")
    return names.index(name)
