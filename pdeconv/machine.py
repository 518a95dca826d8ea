"""Machine: the compiled stages of a step on grids of one size, in arrays that are allocated once."""
from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from sys import getrefcount
from threading import Lock

import numpy as np

from .boundary import Boundary
from .fused import Fused
from .lower import Kernel
from .padded import Layout
from .stages import Stage, stages

KEPT = 4  # arrays that are used again


@dataclass(frozen=True)
class Passes:
    """The compiled passes of the stages of a kernel's steps; `in_place` where they write what they read, which is right
    for the second half of a staggered step."""

    kernel: Kernel
    in_place: bool = False

    @property
    def chain(self) -> tuple[Passes, ...]:
        """These and those of the kernels that follow in a step."""
        return tuple(kernel.passes for kernel in self.kernel.chain)

    @property
    def between(self) -> int:
        """The arrays that a whole step needs apart from uⁿ and uⁿ⁺¹."""
        of_stages = {k for one in self.chain for k in {k for s in one.stages for k in (s.target, s.rate)
                                                       if k is not None} - {one.stages[-1].target}}
        return len(of_stages) + any(not one.in_place for one in self.chain[1:])

    @cached_property
    def march(self) -> Callable:
        """Many steps as one compiled function; see `march.compiled`."""
        from .march import compiled
        return compiled(self)

    @cached_property
    def stages(self) -> tuple[Stage, ...]:
        """The stages of a step."""
        return stages(self.kernel.scheme.time)

    @cached_property
    def plain(self) -> tuple[Fused, ...]:
        """The pass of each stage, equal ones once."""
        made: dict[tuple, Fused] = {}
        return tuple(made.setdefault((f.coefficients, f.weight, f.keeps), f) for f in map(self._fused, self.stages))

    @cached_property
    def measured(self) -> Fused:
        """The pass of the last stage that reduces speeds by the way."""
        return self._fused(self.stages[-1], True)

    def _fused(self, stage: Stage, speeds: bool = False) -> Fused:
        return Fused(self.kernel, tuple(a for a, _ in stage.terms), stage.weight, stage.rate is not None, speeds,
                     self.in_place)


@dataclass(frozen=True)
class Machine:
    """Steps of fields of one layout. Bands of rows go to threads; the results do not depend on how many."""

    passes: Passes
    boundary: Boundary
    spacing: tuple[float, ...]
    layout: Layout
    threads: int = 1

    def __call__(self, u: np.ndarray, step: float, at: float = 0.0) -> np.ndarray:
        """The field after a time step, in a new array."""
        with self._lock:
            return self._steps(u, step, at, False)

    def measured(self, u: np.ndarray, step: float, at: float = 0.0) -> tuple[np.ndarray, list[float] | None]:
        """The field, and its largest speeds by axis; None in their place where a cell is not finite."""
        with self._lock:
            after = self._steps(u, step, at, True)
            *speeds, check = np.max([[work[k * self.layout.lanes:(k + 1) * self.layout.lanes] for work in self._works]
                                     for k in range(len(self.spacing) + 1)], (1, 2))
        return after, None if np.isnan(check) else [float(s) for s in speeds]

    def _steps(self, u: np.ndarray, step: float, at: float, speeds: bool) -> np.ndarray:
        layout, made = self.layout, self.passes.stages
        before = layout.whole(u)
        if before is None:
            before = self._unused()
            layout.cells_of(before)[...] = u
        after = before if self.passes.in_place else self._unused()
        numbers = np.array([step, *(step / d for d in self.spacing)], layout.dtype)
        arrays = {**self._between, 0: before, made[-1].target: after}
        for work in self._works:
            work[:(len(self.spacing) + 1) * layout.lanes] = 0
        nodes = self.passes.kernel.scheme.time.nodes
        for stage, fused in zip(made, self.passes.plain):
            self.boundary.fill(layout.padded(arrays[stage.source]), layout.reach, at + nodes[stage.number] * step)
            if speeds and stage is made[-1]:
                fused = self.passes.measured
            used = (stage.target, stage.target if stage.rate is None else stage.rate, *(k for _, k in stage.terms))
            self._run(fused, numbers, arrays[stage.source], tuple(arrays[k] for k in used))
        return layout.cells_of(after)

    def _unused(self) -> np.ndarray:
        """The flat array of a field that nobody holds: a former one whose views are all gone, or a new one."""
        counts = [getrefcount(owner) for owner in self._owners]
        for owner, count in zip(self._owners[1:], counts[1:]):
            if count <= counts[0]:
                return self.layout.within(owner)
        self._owners[KEPT:] = [self.layout.owner()]
        return self.layout.within(self._owners[-1])

    def _run(self, fused: Fused, numbers: np.ndarray, padded: np.ndarray, others: tuple[np.ndarray, ...]) -> None:
        shape = fused.shape(self.layout)

        def band(work: np.ndarray, rows: tuple[int, int]) -> None:
            fused.compiled((padded, work, *others), numbers, shape, *rows)
        if self._pool is None:
            band(self._works[0], self._bands[0])
        else:
            for done in [self._pool.submit(band, *given) for given in zip(self._works, self._bands)]:
                done.result()

    @cached_property
    def _lock(self) -> Lock:
        return Lock()

    @cached_property
    def _bands(self) -> list[tuple[int, int]]:
        rows = self.layout.cells[-1] if len(self.layout.cells) > 1 else 1
        count = min(self.threads, rows)
        cuts = [rows * k // count for k in range(count + 1)]
        return list(pairwise(cuts))

    @cached_property
    def _pool(self) -> ThreadPoolExecutor | None:
        return ThreadPoolExecutor(len(self._bands)) if len(self._bands) > 1 else None

    @cached_property
    def _works(self) -> list[np.ndarray]:
        length = self.passes.measured.sizes(self.layout)[2]
        return [self.layout.aligned(np.zeros(length + 3 * self.layout.lanes, self.layout.dtype), length)
                for _ in self._bands]

    @cached_property
    def _between(self) -> dict[int, np.ndarray]:
        made = self.passes.stages
        used = {k for s in made for k in (s.target, s.rate) if k is not None} - {made[-1].target}
        return {k: self.layout.within(self.layout.owner()) for k in used}

    @cached_property
    def _owners(self) -> list[np.ndarray]:
        return [np.empty(0)]  # one that nobody else holds, to compare with
