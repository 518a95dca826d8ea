"""Plots: the fields of a solution as lines, as images with y up, or as slices through the middle of a box."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .grid import Grid
from .solution import Series, Solution

WIDTH, HEIGHT, TITLE = 5.8, 1.65, 0.6  # inches
BAR = 0.12


@dataclass(frozen=True)
class Picture:
    """A figure with an artist for each field; `show` puts other fields of the same grid in it."""

    figure: Any
    artists: Mapping[str, Any]
    grid: Grid

    def show(self, solution: Solution) -> None:
        """Draw the fields of a solution and its time."""
        for name, artist in self.artists.items():
            values = _visible(solution[name], self.grid)
            artist.set_ydata(values) if values.ndim == 1 else artist.set_data(values)
        self.figure.suptitle(_title(self.grid, solution.time), fontsize="medium")


def plot(solution: Solution, names: Any = None, labels: Mapping[str, str] | None = None) -> Any:
    """A figure of matplotlib with a panel for each unknown, or for those named: lines on a grid of one axis, images
    with equal aspect and y up on one of two, and the slice through the middle of z on one of three.

    `labels` replaces names of unknowns and axes: {"h": "depth [m]", "x": "x [km]"}. Nothing is shown: figure.savefig,
    or a notebook, does that. Raises KeyError for a name that is no unknown; ImportError without matplotlib.

    >>> from pdeconv import Grid, catalog, solve
    >>> found = solve(catalog.burgers(), "rusanov", Grid(x=(0, 1, 50)), [1], 1, courant="9/10")
    >>> [axes.get_ylabel() for axes in plot(found, labels={"u": "velocity [m/s]"}).axes]
    ['velocity [m/s]']
    """
    one = Series(solution.names, solution.grid, solution.scheme, (solution.time,), (solution.steps,), (solution.u,))
    return picture(one, names, labels).figure


def picture(series: Series, names: Any = None, labels: Mapping[str, str] | None = None) -> Picture:
    """The picture of the first snapshot, with the limits of all of them."""
    figure_of = _matplotlib()
    chosen = series.names if names is None else (names,) if isinstance(names, str) else tuple(names)
    grid, first, given = series.grid, series[0], dict(labels or {})
    ranges = {name: _range(series, name) for name in chosen}
    text = {name: given.get(name, _symbol(name)) for name in (*chosen, *grid.axes)}
    if len(grid.axes) == 1:
        figure = figure_of(figsize=(WIDTH, TITLE + HEIGHT * max(1.6, len(chosen))), layout="constrained")
        panels = figure.subplots(len(chosen), 1, sharex=True, squeeze=False)[:, 0]
        artists = {name: _line(p, grid, first[name], ranges[name], text[name]) for name, p in zip(chosen, panels)}
        panels[-1].set_xlabel(text[grid.axes[0]])
        figure.align_ylabels()
    else:
        wide, tall = _size(grid)
        columns = 1 if tall < wide / 2 else min(3, len(chosen))
        rows = -(-len(chosen) // columns)
        figure = figure_of(figsize=(columns * (wide + 1.9), TITLE + rows * (tall + 0.8)), layout="constrained")
        panels = figure.subplots(rows, columns, squeeze=False).ravel()
        for panel in panels[len(chosen):]:
            panel.remove()
        artists = {name: _image(figure, p, grid, first[name], ranges[name], text, name)
                   for name, p in zip(chosen, panels)}
    made = Picture(figure, artists, grid)
    made.show(first)
    return made


def _line(panel: Any, grid: Grid, values: np.ndarray, limits: tuple[float, float], label: str) -> Any:
    (line,) = panel.plot(grid.centres(grid.axes[0]), values, ".-" if len(values) <= 60 else "-", linewidth=1)
    pad = 0.05 * (limits[1] - limits[0]) or 0.05 * abs(limits[0]) or 1
    panel.set(xlim=(grid.low[0], grid.high[0]), ylim=(limits[0] - pad, limits[1] + pad), ylabel=label)
    return line


def _image(figure: Any, panel: Any, grid: Grid, values: np.ndarray, limits: tuple[float, float],
           text: Mapping[str, str], name: str) -> Any:
    low, high = limits
    signed = low < 0 < high
    if signed:
        low, high = -max(-low, high), max(-low, high)
    if low == high:
        low, high = low - 0.5, high + 0.5
    extent = (grid.low[0], grid.high[0], grid.low[1], grid.high[1])
    shown = panel.imshow(_visible(values, grid), cmap="RdBu_r" if signed else "viridis", vmin=low, vmax=high,
                         extent=extent, origin="upper", aspect="equal", interpolation="nearest")
    panel.set_title(text[name], fontsize="medium")
    panel.set(xlabel=text[grid.axes[0]], ylabel=text[grid.axes[1]])
    wide, tall = _size(grid)
    _ticks(panel.xaxis, wide / 0.7)
    _ticks(panel.yaxis, tall / 0.4)
    bar = figure.colorbar(shown, ax=panel, fraction=BAR / wide, pad=BAR / wide, aspect=tall / BAR)
    _ticks(bar, tall / 0.4)
    return shown


def _size(grid: Grid) -> tuple[float, float]:
    """The size of an image in inches, whose aspect is that of the box."""
    tall = (grid.high[1] - grid.low[1]) / (grid.high[0] - grid.low[0])
    wide = 5.5 if tall < 0.5 else min(2.6, 5 / tall)
    return wide, wide * tall


def _ticks(axis: Any, count: float) -> None:
    """At most so many intervals between ticks."""
    from matplotlib.ticker import MaxNLocator
    locator = MaxNLocator(min(6, max(1, int(count))))
    if hasattr(axis, "set_ticks_position") and hasattr(axis, "set_major_locator"):
        axis.set_major_locator(locator)
    else:
        axis.locator = locator
        axis.update_ticks()


def _visible(values: np.ndarray, grid: Grid) -> np.ndarray:
    """What is drawn of a field: all of it, or the cells next to the middle of z."""
    return values if len(grid.axes) < 3 else values[grid.cells[2] // 2]


def _title(grid: Grid, time: float) -> str:
    if len(grid.axes) < 3:
        return f"t = {time:.4g}"
    return f"t = {time:.4g}, {grid.axes[2]} = {grid.centres(grid.axes[2]).ravel()[grid.cells[2] // 2]:.4g}"


def _range(series: Series, name: str) -> tuple[float, float]:
    found = [_visible(s[name], s.grid) for s in series]
    finite = [f[np.isfinite(f)] for f in found]
    return (float(min(f.min(initial=np.inf) for f in finite)), float(max(f.max(initial=-np.inf) for f in finite)))


def _symbol(name: str) -> str:
    """The name as mathematics: h, m_x, rho."""
    import sympy
    return f"${sympy.latex(sympy.Symbol(name))}$"


def _matplotlib() -> Any:
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise ImportError("pictures need matplotlib: pip install 'intertwiner[demo]'.") from None
    return Figure


__all__: Sequence[str] = ["Picture", "picture", "plot"]
