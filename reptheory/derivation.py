"""Derivations: the solves behind a basis as tasks, for one process or for any executor."""
from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, as_completed
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .basis import Basis
from .hom import Hom
from .matrix import Matrix
from .piece import DensePiece, FoldedPiece, Orbit, Piece, SignedPiece
from .rep import Rep
from .solve import is_signed, orbits_of, solve, solve_lie, solve_orbits

UNKNOWNS = 4096  # a task takes orbits until it has as many unknowns

Progress = Callable[[int, int, str], Any]


@dataclass(frozen=True, eq=False)
class Task:
    """One pair of summands over some orbits of X: all that a worker needs, and it can be pickled."""

    source: Rep
    target: Rep
    points: int
    moves: tuple[np.ndarray, ...]
    orbits: tuple[Orbit, ...]

    @property
    def label(self) -> str:
        """What it solves, for reports."""
        return f"{self.source.expression} → {self.target.expression}"


def derive(hom: Hom, *, executor: Executor | None = None, progress: Progress | None = None,
           cache: bool | str | os.PathLike[str] = False) -> Hom:
    """The same Hom with its basis derived: one task for each distinct pair of summands and chunk of orbits of X.

    Any executor with the interface of concurrent.futures may run the tasks: threads, processes, those of Dask, Ray or
    MPI; the basis is the one that a single process finds, bit for bit. `progress(done, total, label)` is called after
    each task, here and not in the workers. An interruption cancels the tasks that have not begun.

    `cache` keeps the basis on disk under the digest of the question, in the folder named or, for True, in the user's
    cache folder. What is read from there is certified before it is used; what fails is derived again and replaced.

    >>> import reptheory as rt
    >>> from concurrent.futures import ThreadPoolExecutor
    >>> V = rt.icosahedral().vector
    >>> with ThreadPoolExecutor() as pool:
    ...     derive(V >> V, executor=pool, progress=lambda done, total, label: print(done, total))
    1 1
    Hom(icosahedral().vector, icosahedral().vector)  # dim 1 of 9, exact over quadratic(5)
    """
    if "basis" in hom.__dict__ or type(hom).basis is not Hom.basis:
        return hom  # kernels on Rⁿ and their samples come from paths, which are found when they are asked for
    from .cache import folder, load, store
    place = folder(cache) if cache else None
    known = load(hom, place) if place else None
    if known is not None:
        hom.__dict__.update(basis=known.basis, certificate=known)  # where cached_property keeps them
        return hom
    hom.__dict__["basis"] = derived(hom, executor, progress)
    if place:
        store(hom.basis, place)
    return hom


def derived(hom: Hom, executor: Executor | None = None, progress: Progress | None = None) -> Basis:
    """The basis of a Hom: each distinct pair of summands is solved once, whatever its multiplicity."""
    orbits = orbits_of(hom.on.size, hom.moves)
    todo = tasks(hom, orbits)
    found: list[Any] = [None] * len(todo)
    for done, (n, result) in enumerate(_results(todo, executor), 1):
        found[n] = result
        if progress is not None:
            progress(done, len(todo), todo[n].label)
    pieces: dict[tuple[Rep, Rep], Piece] = {}
    tables: dict[tuple[Rep, Rep], tuple[Matrix, ...]] = {}
    for task, result in zip(todo, found):
        pair = task.source, task.target
        if isinstance(result, SignedPiece | FoldedPiece):
            pieces[pair] = replace(result, source=task.source, target=task.target, orbits=orbits)
        else:
            tables[pair] = tables.get(pair, ()) + result
            pieces[pair] = DensePiece(*pair, task.points, orbits, tables[pair])
    return Basis(hom, orbits, pieces)


def tasks(hom: Hom, orbits: tuple[Orbit, ...]) -> list[Task]:
    """The tasks behind a basis, in the order of its pieces; a monomial pair is one task, since it is solved at once."""
    pairs = dict.fromkeys((source, target) for _, target in hom.target.summands for _, source in hom.source.summands)
    return [Task(source, target, hom.on.size, hom.moves, chunk) for source, target in pairs
            for chunk in ([orbits] if is_signed(source, target) else _chunks(orbits, source.dim * target.dim))]


def carry_out(task: Task) -> SignedPiece | FoldedPiece | tuple[Matrix, ...]:
    """The piece of a monomial pair or a Lie group, otherwise the tables over the orbits of the task."""
    if is_signed(task.source, task.target):
        return solve(task.source, task.target, task.points, task.moves, task.orbits)
    if task.source.group.is_lie:
        return solve_lie(task.source, task.target, task.orbits)
    return solve_orbits(task.source, task.target, task.moves, task.orbits)


def _results(todo: list[Task], executor: Executor | None) -> Iterator[tuple[int, Any]]:
    """The numbers of the tasks and their results, as they come in."""
    if executor is None:
        yield from ((n, carry_out(task)) for n, task in enumerate(todo))
        return
    futures = {executor.submit(carry_out, task): n for n, task in enumerate(todo)}
    try:
        for future in as_completed(futures):
            yield futures[future], future.result()
    finally:
        for future in futures:
            future.cancel()


def _chunks(orbits: tuple[Orbit, ...], stalk: int) -> list[tuple[Orbit, ...]]:
    chunks: list[tuple[Orbit, ...]] = []
    start = size = 0
    for n, orbit in enumerate(orbits, 1):
        size += orbit.size * stalk
        if size >= UNKNOWNS or n == len(orbits):
            chunks.append(orbits[start:n])
            start, size = n, 0
    return chunks
