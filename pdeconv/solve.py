"""Solve: time steps under the Courant condition, with snapshots that survive."""
from __future__ import annotations

import os
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import sympy

from .boundary import Boundary, boundary
from .grid import BadGrid, Grid
from .lower import Kernel, lower
from .scheme import NotLinear, Scheme, Unstable
from .stability import Enclosure
from .stepper import Stepper
from .system import System


class Diverged(ArithmeticError):
    """A field that is no longer finite; `.step`, `.time`, `.cell` and `.last` say when, where, and what was before."""

    def __init__(self, message: str, step: int, time: float, cell: tuple[int, ...], last: np.ndarray) -> None:
        super().__init__(message)
        self.step, self.time, self.cell, self.last = step, time, cell, last


class NotResumable(ValueError):
    """A snapshot of another run."""


@dataclass(frozen=True, eq=False, repr=False)
class Solution:
    """The fields at the end of a run, (unknowns, …, N_y, N_x), with the time, the number of steps and the grid."""

    scheme: Scheme
    grid: Grid
    time: float
    steps: int
    u: np.ndarray

    def __getitem__(self, name: str) -> np.ndarray:
        """The field of an unknown."""
        return self.u[self.scheme.system.names.index(name)]

    @property
    def total(self) -> np.ndarray:
        """∫ u by unknown, which conservative schemes keep on periodic grids, to rounding."""
        return self.u.reshape(len(self.u), -1).sum(-1) * float(np.prod(self.grid.spacing))

    def __repr__(self) -> str:
        return f"<Solution at time {self.time:g} after {self.steps} steps on {self.grid}>"


def solve(system: System, scheme: Scheme | str, grid: Grid, u0: Any, t_end: float, *, boundary: Any = "periodic",
          courant: Any = None, backend: str = "numpy", snapshot: str | Path | None = None, every: int = 100,
          progress: bool | None = None) -> Solution:
    """The solution at t_end by steps Δt = C / max_j (s_j/Δx_j), where s_j is the largest speed along axis j over all
    cells, exact formulas in floats, and C is the Courant number; the last step is shortened.

    u0 is an array (unknowns, …, N_y, N_x), a mapping by names, or a function of the coordinates. `boundary` is as in
    `boundary.boundary`; C is `courant`, that of the scheme, or 9/10 of its proved limit. With `snapshot` the state is
    written there (npz, by renaming a finished file) every so many steps and at the end, and a run that finds its own
    snapshot goes on from it. Progress is shown on terminals. Raises Diverged, BadGrid, NotWellPosed, Unstable,
    NotLowered, NotResumable, NoBackend.

    >>> from pdeconv import Grid, catalog
    >>> solve(catalog.burgers(), "rusanov", Grid(x=(0, 1, 50)), lambda x: [np.sin(2 * np.pi * x)], 0.1, courant="9/10")
    <Solution at time 0.1 after 6 steps on Grid(x=(0, 1, 50))>
    """
    made = _scheme(system, scheme, courant)
    number = _courant(made)
    if grid.axes != system.axes:
        raise BadGrid(f"the grid has the axes {', '.join(grid.axes)}, and the system {', '.join(system.axes)}. Give "
                      "(low, high, cells) for each.")
    if not float(t_end) >= 0 or not np.isfinite(t_end):
        raise ValueError(f"t_end={t_end!r} is no time to reach. Give a finite number that is not negative.")
    kernel, sides = lower(made), _sides(system, boundary)
    u = grid.field(u0, system.names)
    _finite(u, u, 0, 0.0, None, kernel)
    sides.check(u)
    run = _Run(kernel, Stepper(kernel, sides, grid.spacing, backend), grid, number, float(t_end),
               None if snapshot is None else Path(snapshot), every)
    return run(u, sys.stderr.isatty() if progress is None else progress)


def _scheme(system: System, scheme: Scheme | str, courant: Any) -> Scheme:
    if isinstance(scheme, str):
        return system.scheme(scheme, courant)
    if scheme.system != system:
        raise ValueError(f"the scheme is one of {scheme.system.expression}, not of {system.expression}. Make it with "
                         "system.scheme(…).")
    if courant is not None:
        raise ValueError(f"the scheme has its Courant number {scheme.courant}. Make it with system.scheme(name, "
                         f"courant={courant!r}).")
    return scheme


def _courant(scheme: Scheme) -> float:
    if scheme.courant is not None:
        return float(scheme.courant)
    try:
        limit = scheme.courant_max
    except NotLinear:
        limit = None
    else:
        if limit is None:
            raise Unstable(f"{scheme.expression} is stable for no Courant number. Use another scheme, or give "
                           "courant=… and beyond_limit=True to system.scheme.")
    if isinstance(limit, Enclosure):
        limit = limit.lower
    if limit is None or not sympy.sympify(limit).is_positive:
        raise ValueError(f"no Courant number is proved for {scheme.expression}. Give one: courant='9/20'.")
    return 0.9 * float(limit)


def _sides(system: System, given: Any) -> Boundary:
    return given if isinstance(given, Boundary) else boundary(system, given)


@dataclass(frozen=True)
class _Run:
    kernel: Kernel
    stepper: Stepper
    grid: Grid
    courant: float
    t_end: float
    path: Path | None
    every: int

    def __call__(self, u: np.ndarray, progress: bool) -> Solution:
        from tqdm import tqdm
        u, time, steps = self._resumed(u)
        with tqdm(total=self.t_end, initial=time, disable=not progress, unit="t",
                  bar_format="{l_bar}{bar}| {n:.4g}/{total:.4g} [{elapsed}<{remaining}]{postfix}") as bar:
            while time < self.t_end:
                step, last = self._step(u), False
                if time + step >= self.t_end * (1 - 1e-14):
                    step, last = self.t_end - time, True
                after = self._advanced(u, step)
                _finite(after, u, steps + 1, time, self._save if self.path else None, self.kernel)
                u, steps, before = after, steps + 1, time
                time = self.t_end if last else time + step
                bar.update(time - before)
                if self.path is not None and steps % self.every == 0:
                    self._save(u, time, steps)
        if self.path is not None:
            self._save(u, time, steps)
        return Solution(self.kernel.scheme, self.grid, time, steps, u)

    def _step(self, u: np.ndarray) -> float:
        with np.errstate(all="ignore"):
            speeds = self.kernel.max_speeds(u)
        rate = max(s / d for s, d in zip(speeds, self.grid.spacing))
        if not rate > 0:
            return self.t_end
        return self.courant / rate

    def _advanced(self, u: np.ndarray, step: float) -> np.ndarray:
        with np.errstate(all="ignore"):
            if self.stepper.backend != "torch":
                return self.stepper(u, step)
            import torch
            return self.stepper(torch.from_numpy(u), step).numpy()

    @property
    def _about(self) -> str:
        sides = self.stepper.boundary.sides
        return f"{self.kernel.scheme.expression} on {self.grid!r} with {sides!r} at courant {self.courant!r}"

    def _save(self, u: np.ndarray, time: float, steps: int) -> Path:
        assert self.path is not None
        self.path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=self.path.parent, suffix=".part")
        try:
            with os.fdopen(handle, "wb") as file:
                np.savez(file, u=u, time=time, steps=steps, about=self._about)
            os.replace(name, self.path)
        except BaseException:
            os.unlink(name)
            raise
        return self.path

    def _resumed(self, u: np.ndarray) -> tuple[np.ndarray, float, int]:
        if self.path is None or not self.path.exists():
            return u, 0.0, 0
        with np.load(self.path) as saved:
            if str(saved["about"]) != self._about or saved["u"].shape != u.shape:
                raise NotResumable(f"{self.path} holds a run of {saved['about']}, not of {self._about}. Give another "
                                   "file, or remove it.")
            time = float(saved["time"])
            if time > self.t_end:
                raise NotResumable(f"{self.path} is at time {time:g}, after t_end={self.t_end:g}. Give a later t_end, "
                                   "or remove it.")
            return saved["u"].astype(u.dtype), time, int(saved["steps"])


def _finite(u: np.ndarray, before: np.ndarray, steps: int, time: float, save: Any, kernel: Kernel) -> None:
    """Raise Diverged at the first cell that is not finite, or whose speeds are not, with the field before saved."""
    bad = ~np.isfinite(u).all(0)
    with np.errstate(all="ignore"):
        from .operations import NUMPY
        for s in kernel.speeds(NUMPY, {f"q{k}": f for k, f in enumerate(u)}):
            bad = bad | ~np.isfinite(s)
    if not bad.any():
        return
    cell = tuple(int(i) for i in np.argwhere(bad)[0])
    states = before.reshape(len(u), -1)[:, np.ravel_multi_index(cell, bad.shape)]
    state = ", ".join(f"{name} = {x:g}" for name, x in zip(kernel.scheme.system.names, states))
    if steps == 0:
        raise Diverged(f"the initial field has no finite speeds in cell {cell}, at {state}: a vacuum, a dry state, or "
                       "not a number. Change it there.", 0, 0.0, cell, before)
    kept = ""
    if save is not None:
        kept = f" The field before is in {save(before, time, steps - 1)}."
    raise Diverged(f"step {steps} from time {time:g} gave no finite state in cell {cell}, where it was {state}.{kept} "
                   "Take a smaller Courant number, or a scheme that keeps states positive.", steps, time, cell, before)
