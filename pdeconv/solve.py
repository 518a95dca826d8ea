"""Solve: time steps under the Courant condition, with snapshots that survive."""
from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import sympy

from .admissible import Admissible
from .boundary import Boundary, boundary
from .enclosure import Enclosure
from .formula import text
from .grid import BadGrid, Grid
from .lower import Kernel, lower
from .march import Marched, Rule
from .operations import NUMPY
from .program import program
from .reflection import NotASide
from .scheme import NotDefined, NotLinear, Scheme, Unstable
from .snapshot import Memory, NotResumable, State, store
from .solution import Solution
from .speed import spectral_radius
from .staggered import Staggered
from .staggered_side import settled
from .stepper import Stepper
from .system import System

PAUSE = 0.1  # seconds between looks at interrupts, progress and snapshots


class Diverged(ArithmeticError):
    """A field that is no longer finite; `.step`, `.time`, `.cell` and `.last` say when, where, and what was before."""

    def __init__(self, message: str, step: int, time: float, cell: tuple[int, ...], last: np.ndarray) -> None:
        super().__init__(message)
        self.step, self.time, self.cell, self.last = step, time, cell, last


def solve(system: System, scheme: Scheme | str, grid: Grid, u0: Any, t_end: float, *, boundary: Any = "periodic",
          courant: Any = None, beyond_limit: bool = False, max_step: float | None = None, backend: str = "numpy",
          threads: int = 1, snapshots: Sequence[float] | None = None, every: float | None = None,
          path: str | Path | None = None, checkpoint: int = 100, progress: bool | None = None) -> Solution:
    """The solution at t_end by steps Δt = C / max_j (s_j/Δx_j), where s_j is the largest speed along axis j over all
    cells, exact formulas in floats, and C is the Courant number; no step is longer than `max_step`.

    u0 is an array or tensor (unknowns, …, N_y, N_x), a mapping by names of the state or of the primitive unknowns, or a
    function of the coordinates, which 'yee' takes where each unknown lies. `boundary` is as in `boundary.boundary`; C
    is `courant`, that of the scheme, or 9/10 of its proved limit on these cells. The `.series` of the solution holds
    the fields at the times `snapshots`, or at 0, `every`, 2·`every`, …, t_end: steps are shortened to meet them. With a
    `path`, .npz or .zarr, the state is written there at the start, at these times and after every `checkpoint` steps,
    and a run that finds its own file, of the same scheme, grid, boundary and u0, goes on from it to the same bits.
    `threads` share the rows with the back end "numba". Progress is shown on terminals. Raises NotAdmissible, Diverged,
    BadGrid, NotWellPosed, Unstable, NotDefined, NotLowered, NotResumable, NoBackend; ValueError for times that are
    none.

    >>> from pdeconv import Grid, catalog
    >>> wave = lambda x: [np.sin(2 * np.pi * x)]
    >>> found = solve(catalog.burgers(), "rusanov", Grid(x=(0, 1, 50)), wave, 0.1, courant="9/10", every=0.05); found
    <Solution at time 0.1 after 6 steps on Grid(x=(0, 1, 50)), 3 snapshots>
    >>> found.series.times
    (0.0, 0.05, 0.1)
    """
    made = _scheme(system, scheme, courant, beyond_limit)
    if grid.axes != system.axes:
        raise BadGrid(f"the grid has the axes {', '.join(grid.axes)}, and the system {', '.join(system.axes)}. Give "
                      "(low, high, cells) for each.")
    end = _number("t_end", t_end)
    times = _times(snapshots, every, end)
    longest = np.inf if max_step is None else _number("max_step", max_step, positive=True)
    if not isinstance(checkpoint, (int, np.integer)) or checkpoint < 1:
        raise ValueError(f"checkpoint={checkpoint!r} is no number of steps. Give a positive integer.")
    sides = _sides(system, boundary, grid)
    if isinstance(made, Staggered):
        made = made.beside(sides) if isinstance(scheme, str) else made
        u0 = _sampled(made, grid, u0) if callable(u0) else u0
    kernel, number, u = lower(made), _courant(made, grid), _field(system, grid, u0)
    Admissible(system, made.may_vanish).require(u)
    stepper = Stepper(kernel, sides, grid.spacing, backend, threads)
    u = settled(made, sides, u)
    sides.check(u)
    name = replace(made, courant=None).expression
    about = f"{name} on {grid!r} with {sides.sides!r} at courant {number!r}"
    if longest < np.inf:
        about += f" and max_step {longest!r}"
    about += f" from the {u.dtype} field {sha256(u.tobytes()).hexdigest()[:12]}"
    kept = store(path, system.names, grid, name, about)
    run = _Run(name, kernel, stepper, grid, number, longest, times, end, kept, checkpoint)
    return run(u, sys.stderr.isatty() if progress is None else progress)


def _number(name: str, given: Any, positive: bool = False) -> float:
    try:
        value = float(given)
    except (TypeError, ValueError):
        value = np.nan
    if not np.isfinite(value) or value < 0 or (positive and value == 0):
        raise ValueError(f"{name}={given!r} is no time. Give a finite number that is "
                         f"{'positive' if positive else 'not negative'}.")
    return value


def _times(snapshots: Sequence[float] | None, every: float | None, end: float) -> tuple[float, ...]:
    """The times of the snapshots, rising."""
    if snapshots is not None and every is not None:
        raise ValueError("snapshots and every both say when snapshots are taken. Give one of them.")
    if every is not None:
        gap = _number("every", every, positive=True)
        count = int(np.ceil(end / gap * (1 - 1e-12)))
        return (*(k * gap for k in range(count)), end)
    if not isinstance(snapshots, (Iterable, type(None))):
        raise ValueError(f"snapshots={snapshots!r} are no times. Give a list of them, or every=Δt.")
    times = tuple(_number("snapshots", t) for t in (() if snapshots is None else snapshots))
    if any(a >= b for a, b in pairwise(times)) or (times and times[-1] > end):
        raise ValueError(f"the times of snapshots {', '.join(f'{t:g}' for t in times)} do not rise from 0 to "
                         f"t_end={end:g}. Sort them, or give a later t_end.")
    return times


def _field(system: System, grid: Grid, given: Any) -> np.ndarray:
    """The field of the state, from values of the state or of the primitive unknowns."""
    if callable(given):
        grid.takes(given)
        given = given(**{axis: grid.centres(axis) for axis in grid.axes})
    if system.primitive is None or not isinstance(given, Mapping) or set(given) == set(system.names):
        return grid.field(given, system.names)
    if set(given) != set(system.primitive_names):
        raise BadGrid(f"values are given for {', '.join(given)}, and the unknowns are {', '.join(system.names)}, or "
                      f"{', '.join(system.primitive_names)}. Give one for each of these or of those.")
    values = grid.field(given, system.primitive_names)
    made = program(system.primitive, {s: s.name for s in system.primitive_symbols})
    found = made(NUMPY, dict(zip(system.primitive_names, values)))
    return np.stack([np.broadcast_to(np.asarray(f, values.dtype), grid.shape) for f in found])


def _sampled(scheme: Staggered, grid: Grid, given: Callable) -> Any:
    """The values of a function, of each unknown where it lies."""
    grid.takes(given)
    names, found = scheme.system.names, [given(**at) for at in scheme.coordinates(grid).values()]
    if isinstance(found[0], Mapping):
        return {name: table.get(name) for name, table in zip(names, found)} if set(found[0]) == set(names) else found[0]
    return [row[k] for k, row in enumerate(found)] if len(found[0]) == len(names) else found[0]


def _scheme(system: System, scheme: Scheme | str, courant: Any, beyond_limit: bool) -> Scheme:
    if isinstance(scheme, str):
        return system.scheme(scheme, courant, **({"beyond_limit": True} if beyond_limit else {})).with_stages()
    if scheme.system != system:
        raise ValueError(f"the scheme is one of {scheme.system.expression}, not of {system.expression}. Make it with "
                         "system.scheme(…).")
    if courant is not None:
        raise ValueError(f"the scheme has its Courant number {scheme.courant}. Make it with system.scheme(name, "
                         f"courant={courant!r}).")
    return scheme.with_stages()


def _on_cells(scheme: Scheme, grid: Grid) -> Scheme:
    """The scheme on cells of side 1, A_j ↦ A_j/Δx_j: itself, where no axis takes a larger share of the fastest there.
    Limits are those of square cells."""
    system = scheme.system
    if not system.is_linear or system.ndim == 1:
        return scheme
    speeds = np.array([float(spectral_radius(system, axis)) for axis in system.axes])
    rates = speeds / np.array(grid.spacing)
    if (rates * speeds.max() <= speeds * rates.max() * (1 + 1e-9)).all():
        return scheme
    scale = {axis: sympy.Rational(max(grid.spacing) / d).limit_denominator(10 ** 6)
             for axis, d in zip(grid.axes, grid.spacing)}
    return replace(scheme, courant=None).of(system.homogeneous(*system.axes, scale=scale))


def _courant(scheme: Scheme, grid: Grid) -> float:
    """The Courant number of the scheme, or 9/10 of what is proved: stability, total variation, else positivity."""
    overridden = ("beyond_limit", "True") in scheme.options
    there = _on_cells(scheme, grid)
    try:
        limit = there.courant_max
    except NotLinear:
        kept = scheme.positivity()
        limit = kept.courant if kept else None
        if limit is not None and scheme.courant is not None and scheme.courant > limit and not overridden:
            raise Unstable(f"courant={text(scheme.courant)!r} is above the limit {limit} up to which {scheme.name!r} "
                           f"keeps {', '.join(kept.unknowns)} positive. Take a smaller number, or say "
                           "beyond_limit=True.") from None
    except NotDefined:  # no limit is known
        if scheme.courant is None:
            raise
    else:
        if limit is None and scheme.courant is None:
            raise Unstable(f"{scheme.expression} is stable for no Courant number. Use another scheme, or give "
                           "courant=… and beyond_limit=True.")
        upper = limit.upper if isinstance(limit, Enclosure) else limit
        if there is not scheme and scheme.courant is not None and not overridden and scheme.courant > upper:
            sides = ", ".join(f"{d:g}" for d in grid.spacing)
            raise Unstable(f"courant={text(scheme.courant)!r} is above the limit {text(upper)} of {scheme.name!r} on "
                           f"cells with the sides {sides}, beyond which a wave grows. Take a smaller number, or say "
                           "beyond_limit=True.")
    if scheme.courant is not None:
        return float(scheme.courant)
    if isinstance(limit, Enclosure):
        limit = limit.lower
    if limit is None or not sympy.sympify(limit).is_positive:
        raise ValueError(f"no Courant number is proved for {scheme.expression}. Give one: courant='9/20'.")
    return 0.9 * float(limit)


def _sides(system: System, given: Any, grid: Grid) -> Boundary:
    if not isinstance(given, Boundary):
        return boundary(system, given, grid)
    if given.system != system:
        raise NotASide(f"the boundary is one of {given.system.expression}, not of {system.expression}. Make it with "
                       "boundary(system, …), or give the conditions alone.")
    return replace(given, grid=grid)


@dataclass(frozen=True)
class _Run:
    name: str
    kernel: Kernel
    stepper: Stepper
    grid: Grid
    courant: float
    max_step: float
    times: tuple[float, ...]
    t_end: float
    store: Memory
    checkpoint: int

    def __call__(self, u: np.ndarray, progress: bool) -> Solution:
        from tqdm import tqdm
        state = self._begun(u)
        speeds = self.kernel.max_speeds(state.u)
        with np.errstate(all="ignore"), tqdm(
                total=self.t_end, initial=state.time, disable=not progress, unit="t", leave=False,
                bar_format="{l_bar}{bar}| {n:.4g}/{total:.4g} [{elapsed}<{remaining}]{postfix}") as bar:
            most = 1
            while state.time < self.t_end:
                time, began = state.time, perf_counter()
                found = self._advanced(state, speeds, min(most, self.checkpoint - state.steps % self.checkpoint))
                state = State(found.u, found.time, state.steps + found.steps)
                speeds = found.speeds or self._speeds(state, State(found.before, found.earlier, state.steps - 1))
                bar.update(state.time - time)
                most = max(1, 2 * most if perf_counter() - began < PAUSE else most // 2)
                met = state.time in self.times
                if met:
                    self.store.keep(state)
                if met or state.steps % self.checkpoint == 0:
                    self.store.save(state)
        self.store.save(state)
        return Solution(self.kernel.scheme.system.names, self.grid, self.name, state.time, state.steps, state.u.copy(),
                        self.store.series)

    def _begun(self, u: np.ndarray) -> State:
        """The state from which to go on, or the first one."""
        found = self.store.load()
        if found is None:
            state = State(u, 0.0, 0)
            if 0.0 in self.times:
                self.store.keep(state)
            self.store.save(state)  # a path where nothing can be written is known before the run, not after it
            return state
        if found.time > self.t_end:
            raise NotResumable(f"the run that was saved is at time {found.time:g}, after t_end={self.t_end:g}. Give a "
                               "later t_end, or another path.")
        return found

    def _advanced(self, state: State, speeds: Sequence[float], most: int) -> Marched:
        """The field after some steps, to the next snapshot or the end at most; valid until the second next call."""
        target = next((t for t in self.times if t > state.time + 1e-12 * self.t_end), self.t_end)
        rule = Rule(self.courant, self.max_step, self.t_end, target)
        if self.stepper.backend != "torch":
            return self.stepper.march(state.u, state.time, speeds, rule, most)
        import torch
        step, time = rule.next(state.time, speeds, self.grid.spacing)
        after = self.stepper(torch.from_numpy(state.u), step, state.time).numpy()
        found = self.kernel.max_speeds(after)
        finite = np.isfinite([*found, float(after.sum())]).all()
        return Marched(after, found if finite else None, time, 1, state.u, state.time)

    def _speeds(self, after: State, before: State) -> list[float]:
        """The largest speeds. Raises Diverged at the first cell that is not finite, or whose speeds are not, with the
        state before saved."""
        bad = ~np.isfinite(after.u).all(0)
        for s in self.kernel.speeds(NUMPY, {f"q{k}": f for k, f in enumerate(after.u)}):
            bad = bad | ~np.isfinite(s)
        if not bad.any():
            return self.kernel.max_speeds(after.u)  # finite numbers may have a sum that is not
        cell = tuple(int(i) for i in np.argwhere(bad)[0])
        state = ", ".join(f"{name} = {f[cell]:g}" for name, f in zip(self.kernel.scheme.system.names, before.u))
        where = self.store.save(before)
        kept = f" The field before is in {where}." if where else ""
        raise Diverged(f"step {after.steps} from time {before.time:g} gave no finite state in cell {cell}, where it "
                       f"was {state}.{kept} Take a smaller Courant number, or a scheme that keeps states positive.",
                       after.steps, before.time, cell, before.u.copy())
