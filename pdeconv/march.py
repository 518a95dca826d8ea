"""March: many time steps in compiled code, with the sides, the stages and the Courant condition."""
from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from .boundary import Boundary
from .lower import Kernel
from .machine import Passes
from .padded import Layout

BEFORE, AFTER, WORK = range(3)  # the arrays of a march; from the last on those between stages


@dataclass(frozen=True)
class Rule:
    """Δt = min(C / max_j (s_j/Δx_j), longest, end), shortened where it would pass the target; s_j are largest speeds.

    >>> Rule(0.5, 9.0, 9.0, 0.3).next(0.0, [2.0], [1.0])
    (0.25, 0.25)
    >>> Rule(0.5, 9.0, 9.0, 0.3).next(0.25, [2.0], [1.0])[1]
    0.3
    """

    courant: float
    longest: float
    end: float
    target: float

    def next(self, time: float, speeds: Sequence[float], spacing: Sequence[float]) -> tuple[float, float]:
        """The step and the time after it."""
        rate = max(s / d for s, d in zip(speeds, spacing))
        step = min(self.longest, self.courant / rate if rate > 0 else np.inf, self.end)
        if time + step >= self.target - 1e-14 * self.end:
            return self.target - time, self.target
        return step, time + step


class Marched(NamedTuple):
    """The field after some steps, its largest speeds (None where a cell may not be finite), the time and the number of
    the steps; and the field before the last of them, until the next march, with its time."""

    u: np.ndarray
    speeds: list[float] | None
    time: float
    steps: int
    before: np.ndarray
    earlier: float


@dataclass(frozen=True)
class March:
    """Steps of fields of one layout by one thread, where all cells beyond the sides are copies of cells within.

    Every step is that of a Machine, bit for bit.
    """

    kernel: Kernel
    boundary: Boundary
    spacing: tuple[float, ...]
    layout: Layout

    def __call__(self, u: np.ndarray, time: float, speeds: Sequence[float], rule: Rule, most: int) -> Marched:
        """Steps until the target is met, a cell is not finite, or there were `most`."""
        layout, (pair, others) = self.layout, self._arrays
        layout.cells_of(pair[0])[...] = u
        clock = np.array([time, time, *speeds])
        given = np.array([rule.courant, rule.longest, rule.end, rule.target, *self.spacing])
        taken, finite = self.kernel.passes.march(pair, others, clock, given, *self._geometry, most)
        after, before = (layout.cells_of(pair[(taken - k) % 2]) for k in (0, 1))
        now, earlier, *found = clock.tolist()
        return Marched(after.copy(), found if finite else None, now, taken, before, earlier)

    @cached_property
    def _arrays(self) -> tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, ...]]:
        """Two fields, and the work array with those between stages."""
        layout, passes = self.layout, self.kernel.passes
        length = max(one.measured.sizes(layout)[2] for one in passes.chain)
        work = layout.aligned(np.zeros(length + 3 * layout.lanes, layout.dtype), length)
        first, last, *between = (layout.within(layout.owner()) for _ in range(2 + passes.between))
        return (first, last), (work, *between)

    @cached_property
    def _geometry(self) -> tuple[Any, ...]:
        """The numbers of cells, for passes; loops over lines of cells by axis, and the copies there."""
        layout, reach, ndim = self.layout, self.layout.reach, len(self.layout.cells)
        found = self.boundary.copies(layout.cells, reach)
        assert found is not None
        places, factors = found
        plane = layout.rows * layout.pitch
        inner, long = (layout.cells[1] if ndim > 1 else 1), layout.cells[0] + 2 * reach
        above = layout.cells[2] if ndim > 2 else 1
        begin = layout.margin - reach
        within = begin + (reach * plane if ndim > 2 else 0)
        box = [(within + (reach * layout.pitch if ndim > 1 else 0), above, plane, inner, layout.pitch),
               (within, above, plane, long, 1), (begin, layout.rows, layout.pitch, long, 1)]
        loops = tuple((first, layout.size, layout.planes * plane, *rest) for first, *rest in box[:ndim])
        steps = np.array([1, layout.pitch, plane][:ndim])
        numbers = np.empty(1 + ndim, layout.dtype)
        return (numbers, self.kernel.passes.measured.shape(layout), (layout.lanes, layout.cells[-1] if ndim > 1 else 1),
                loops, places * steps[:, None, None], factors.astype(layout.dtype))


def compiled(passes: Passes) -> Callable:
    """The function (pair, others, clock, rule, numbers, shape, box, loops, places, factors, most) ↦ (steps, whether all
    is finite); the clock holds the time, the one before, and the speeds, and is kept up to date."""
    import numba
    advance = _chain(_stages(passes))

    def march(pair, others, clock, rule, numbers, shape, box, loops, places, factors, most):
        ndim, lanes, work = len(numbers) - 1, box[0], others[0]
        taken, finite, met = 0, True, False
        while taken < most and finite and not met:
            time, rate = clock[0], 0.0
            for j in range(ndim):
                if clock[2 + j] / rule[4 + j] > rate:
                    rate = clock[2 + j] / rule[4 + j]
            step = rule[1] if rule[1] < rule[2] else rule[2]
            if rate > 0 and rule[0] / rate < step:
                step = rule[0] / rate
            after = time + step
            if after >= rule[3] - 1e-14 * rule[2]:
                step, after, met = rule[3] - time, rule[3], True
            numbers[0] = step
            for j in range(ndim):
                numbers[1 + j] = step / rule[4 + j]
            for k in range((ndim + 1) * lanes):
                work[k] = 0
            advance(pair + others, numbers, shape, box, loops, places, factors)
            pair = (pair[1], pair[0])
            clock[0], clock[1] = after, time
            for j in range(ndim):
                clock[2 + j] = work[j * lanes]
                for k in range(j * lanes, (j + 1) * lanes):
                    if work[k] > clock[2 + j]:
                        clock[2 + j] = work[k]
            for k in range(ndim * lanes, (ndim + 1) * lanes):
                if not work[k] == 0:
                    finite = False
            taken += 1
        return taken, finite
    return numba.njit(nogil=True, error_model="numpy")(march)


def _stages(passes: Passes) -> list[Callable]:
    """The stages of a step and those of the kernels that follow in it: the second half of a staggered step writes what
    it reads, sweeps write to another array."""
    chain, fill, found = passes.chain, _fill(), []
    between: dict[int, int] = {}
    results = [AFTER]
    for one in reversed(chain[1:]):
        results.append(results[-1] if one.in_place else WORK + passes.between if results[-1] == AFTER else AFTER)
    source_of = BEFORE
    for one, result in zip(chain, reversed(results)):
        numbers = {0: source_of, one.stages[-1].target: result}
        last = one.measured if one is chain[-1] else one.plain[-1]
        for stage, fused in zip(one.stages, (*one.plain[:-1], last)):
            used = (stage.source, stage.target, stage.target if stage.rate is None else stage.rate,
                    *(k for _, k in stage.terms))
            source, *rest = (numbers[k] if k in numbers else between.setdefault(k, WORK + 1 + len(between))
                             for k in used)
            found.append(_stage(fill, fused.compiled, source, (source, WORK, *rest), one.kernel.span[1]))
        source_of = result
    return found


def _stage(fill: Callable, fused: Callable, source: int, used: tuple[int, ...], length: float) -> Callable:
    import numba
    chosen = _chosen(used)

    def stage(arrays, numbers, shape, box, loops, places, factors):
        fill(arrays[source], loops, places, factors)
        fused(chosen(arrays), numbers, shape, 0, box[1])

    def part(arrays, numbers, shape, box, loops, places, factors):
        for k in range(len(numbers)):
            numbers[k] *= length  # a power of two, so exact
        whole(arrays, numbers, shape, box, loops, places, factors)
        for k in range(len(numbers)):
            numbers[k] /= length
    whole = numba.njit(inline="always")(stage)
    return whole if length == 1 else numba.njit(inline="always")(part)


def _chain(stages: list[Callable]) -> Callable:
    import numba
    first, *rest = stages
    if not rest:
        return first
    later = _chain(rest)

    def chain(arrays, numbers, shape, box, loops, places, factors):
        first(arrays, numbers, shape, box, loops, places, factors)
        later(arrays, numbers, shape, box, loops, places, factors)
    return numba.njit(inline="always")(chain)


def _chosen(used: tuple[int, ...]) -> Callable:
    """The tuple of these arrays."""
    from numba.core import types
    from numba.core.imputils import impl_ret_borrowed
    from numba.extending import intrinsic

    @intrinsic
    def chosen(typing: Any, arrays: Any) -> Any:
        kind = types.UniTuple(arrays.dtype, len(used))

        def emit(context, builder, signature, args):
            made = context.make_tuple(builder, kind, [builder.extract_value(args[0], k) for k in used])
            return impl_ret_borrowed(context, builder, kind, made)
        return kind(arrays), emit
    return chosen


def _fill() -> Callable:
    """The function that sets the cells beyond the sides, x first, so that corners come from the last axis."""
    import numba

    def fill(whole, loops, places, factors):
        for j in range(len(loops)):
            first, size, of_field, lines, of_line, length, of_cell = loops[j]
            for k in range(size):
                for i in range(places.shape[1]):
                    a, b = factors[j, i, k, 0], factors[j, i, k, 1]
                    for line in range(lines):
                        to = first + k * of_field + line * of_line + places[j, i, 0]
                        of = first + k * of_field + line * of_line + places[j, i, 1]
                        for x in range(0, length * of_cell, of_cell):
                            whole[to + x] = a * whole[of + x] + b
    return numba.njit(nogil=True)(fill)
