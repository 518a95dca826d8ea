"""Snapshots: where a run keeps its state and its series, in memory, in npz files and in zarr groups.

`keep` adds to the series; `save` makes the state, with all that was kept, what a reader finds: a process killed at any
moment leaves the save before. npz files are written beside and renamed. In zarr groups the rows and the state are
written where nobody looks, and then the attributes, one file that zarr renames into place, point to them.
"""
from __future__ import annotations

import io
import json
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from reptheory.whole_file import write_whole

from .grid import Grid
from .solution import Series


class NotResumable(ValueError):
    """A file that holds another run, or none."""


@dataclass(frozen=True)
class State:
    """The field after so many steps, at a time."""

    u: np.ndarray
    time: float
    steps: int


@dataclass
class Memory:
    """The series of a run that writes nothing. `about` says which run it is."""

    names: tuple[str, ...]
    grid: Grid
    scheme: str
    about: str = ""
    kept: list[State] = field(default_factory=list)

    def load(self) -> State | None:
        """The state that was saved, if any."""
        return None

    def keep(self, state: State) -> None:
        """Add a snapshot."""
        self.kept.append(State(state.u.copy(), state.time, state.steps))

    def save(self, state: State) -> str:
        """Save the state and the snapshots; returns where they are."""
        return ""

    @property
    def last(self) -> float:
        """The time of the last snapshot, −∞ where there is none."""
        return self.kept[-1].time if self.kept else -np.inf

    @property
    def series(self) -> Series:
        """All snapshots."""
        fields = np.stack([s.u for s in self.kept]) if self.kept else ()
        return Series(self.names, self.grid, self.scheme, tuple(s.time for s in self.kept),
                      tuple(s.steps for s in self.kept), fields)

    @property
    def _header(self) -> dict[str, Any]:
        g = self.grid
        return {"names": list(self.names), "scheme": self.scheme, "about": self.about, "axes": list(g.axes),
                "low": list(g.low), "high": list(g.high), "cells": list(g.cells)}


@dataclass
class Npz(Memory):
    """One file, written whole at every save."""

    path: Path = Path("run.npz")

    def load(self) -> State | None:
        """The state and, into the series, the snapshots of the file."""
        if not self.path.exists():
            return None
        saved = _arrays(self.path)
        _same(self.path, json.loads(str(saved["header"])), self.about)
        self.kept = [State(u, float(t), int(k)) for u, t, k in zip(saved["fields"], saved["times"], saved["at_steps"])]
        return State(saved["u"], float(saved["time"]), int(saved["steps"]))

    def save(self, state: State) -> str:
        """Write a file beside, and rename it."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        series, file = self.series, io.BytesIO()
        np.savez(file, u=state.u, time=state.time, steps=state.steps, header=json.dumps(self._header),
                 fields=np.asarray(series.fields, state.u.dtype), times=np.array(series.times),
                 at_steps=np.array(series.steps, int))
        write_whole(self.path, file.getvalue())
        return str(self.path)


@dataclass
class Zarr(Memory):
    """A group with the arrays `fields`, `times`, `at_steps` along time, and `u` with two states in turn."""

    path: Path = Path("run.zarr")
    group: Any = None
    count: int = 0

    def load(self) -> State | None:
        """The state and the number of snapshots to which the attributes point."""
        if not self.path.exists() or (self.path.is_dir() and not any(self.path.iterdir())):
            return None
        group = _group(self.path)
        _same(self.path, dict(group.attrs), self.about)
        if "slot" not in group.attrs:
            return None
        self.group, self.count = group, int(group.attrs["snapshots"])
        return State(group["u"][group.attrs["slot"]], float(group.attrs["time"]), int(group.attrs["steps"]))

    def keep(self, state: State) -> None:
        """Write a row, which counts from the next save on."""
        group = self._opened(state.u)
        for name, value in (("fields", state.u), ("times", state.time), ("at_steps", state.steps)):
            rows = group[name]
            if rows.shape[0] <= self.count:
                rows.resize((self.count + 1, *rows.shape[1:]))
            rows[self.count] = value
        self.count += 1

    def save(self, state: State) -> str:
        """Write the state in the slot that is not in use, and turn to it."""
        group = self._opened(state.u)
        slot = 1 - int(group.attrs.get("slot", 1))
        group["u"][slot] = state.u
        at = {"slot": slot, "time": state.time, "steps": state.steps, "snapshots": self.count}
        self.group = group.update_attributes(at)  # one write; attrs.update would write key by key
        return str(self.path)

    @property
    def last(self) -> float:
        """The time of the last snapshot, −∞ where there is none."""
        return float(self.group["times"][self.count - 1]) if self.count else -np.inf

    @property
    def series(self) -> Series:
        """All snapshots, read when asked."""
        if not self.count:
            return Series(self.names, self.grid, self.scheme)
        times, steps = self.group["times"][:self.count], self.group["at_steps"][:self.count]
        return Series(self.names, self.grid, self.scheme, tuple(map(float, times)), tuple(map(int, steps)),
                      self.group["fields"])

    def _opened(self, u: np.ndarray) -> Any:
        if self.group is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            zarr = _zarr()
            group = zarr.open_group(self.path, mode="w", attributes=self._header)
            one = (1, *u.shape)
            group.create_array("u", shape=(2, *u.shape), chunks=one, dtype=u.dtype)
            group.create_array("fields", shape=(0, *u.shape), chunks=one, dtype=u.dtype)
            group.create_array("times", shape=(0,), chunks=(1,), dtype=np.float64)
            group.create_array("at_steps", shape=(0,), chunks=(1,), dtype=np.int64)
            self.group = group
        return self.group


def store(path: str | Path | None, names: tuple[str, ...], grid: Grid, scheme: str, about: str) -> Memory:
    """Where a run is kept, by the ending of the path: .npz, .zarr (the extra zarr); in memory where there is none."""
    if path is None:
        return Memory(names, grid, scheme, about)
    path = Path(path)
    if path.suffix == ".npz":
        return Npz(names, grid, scheme, about, path=path)
    if path.suffix == ".zarr":
        _zarr()
        return Zarr(names, grid, scheme, about, path=path)
    raise NotResumable(f"{path} ends with neither .npz nor .zarr, and these are the forms in which runs are kept. "
                       "Rename it.")


def series(path: str | Path) -> Series:
    """The snapshots that a run has written to a file, while it goes on or afterwards. Raises NotResumable.

    >>> from pdeconv import Grid, catalog, solve
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "run.npz"
    ...     _ = solve(catalog.burgers(), "rusanov", Grid(x=(0, 1, 8)), [1], 1, courant=1, every=0.5, path=path)
    ...     series(path)
    <Series of 3 snapshots from time 0 to 1 on Grid(x=(0, 1, 8))>
    """
    path = Path(path)
    if not path.exists():
        raise NotResumable(f"{path} does not exist. Give the path of a run: solve(…, path=…).")
    if path.suffix == ".zarr":
        header = dict(_group(path).attrs)
    else:
        header = json.loads(str(_arrays(path)["header"]))
    ends = zip(header["low"], header["high"], header["cells"])
    grid = Grid(**dict(zip(header["axes"], ends)))
    found = store(path, tuple(header["names"]), grid, header["scheme"], header["about"])
    found.load()
    return found.series


def _same(path: Path, header: dict[str, Any], about: str) -> None:
    if header.get("about") != about:
        raise NotResumable(f"{path} holds a run of {header.get('about')}, not of {about}. Give another file, or remove "
                           "it.")


def _arrays(path: Path) -> dict[str, np.ndarray]:
    try:
        with np.load(path) as saved:
            found = {name: saved[name] for name in saved.files}
    except (OSError, ValueError, zipfile.BadZipFile, EOFError) as error:  # ValueError advises to unpickle what it is
        why = "its bytes are no archive of arrays" if isinstance(error, ValueError) else error
        raise NotResumable(f"{path} is no npz file: {why}. Give another file, or remove it.") from error
    missing = {"u", "time", "steps", "header", "fields", "times", "at_steps"} - set(found)
    if missing:
        raise NotResumable(f"{path} has no {', '.join(sorted(missing))}, so it is no run. Give another file, or remove "
                           "it.")
    return found


def _group(path: Path) -> Any:
    zarr = _zarr()
    try:
        group = zarr.open_group(path, mode="r+")
    except Exception as error:  # zarr raises a dozen kinds, none of its own
        raise NotResumable(f"{path} is no zarr group: {error}. Give another path, or remove it.") from error
    if "about" not in group.attrs:
        raise NotResumable(f"{path} is a zarr group, but no run. Give another path, or remove it.")
    return group


def _zarr() -> Any:
    try:
        import zarr
    except ImportError:
        raise ImportError("zarr groups need the extra: pip install 'intertwiner[zarr]'. Or use a path that ends with "
                          ".npz.") from None
    return zarr
