"""Fused kernels: a stage of a step as one pass over the rows, in vectors of cells, compiled by numba (extra `fast`).

Cell fields live in a ring of 2·reach + 1 rows (planes in three dimensions), tile by tile along x so that they stay in
the cache; fluxes across x go from one vector to the next in registers, those across y and z wait for the next row.
"""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from .lower import Face, Kernel
from .padded import Layout
from .vector import Lanes

TILE = 256  # cells along x; its buffers are those of a core's cache
P, WORK, OUT, RATE, TERMS = range(5)  # the arrays of a pass; from the last on those of the combination
Place = tuple[int, int, int, int]  # field, then planes, rows and cells from the centre


@dataclass(frozen=True)
class Fused:
    """out = Σ_m a_m · term_m + weight · rate(padded) over rows lo ≤ i < hi, as a compiled function.

    `keeps` says whether the rate is written too, `speeds` whether the largest speeds of what is written are reduced
    by the way, `in_place` that out is padded, so that what does not change need not be written.
    """

    kernel: Kernel
    coefficients: tuple[float, ...] = (1.0,)
    weight: float = 1.0
    keeps: bool = False
    speeds: bool = False
    in_place: bool = False

    @cached_property
    def compiled(self) -> Callable:
        """The function (arrays, numbers, shape, lo, hi): arrays are padded, work, out, rate, terms, flat as Layout has
        them; numbers are the step and the ratios; shape is as `shape` says; lo and hi bound the rows of the last axis.
        """
        import numba
        return numba.njit(nogil=True)((_line, _plane, _box)[self.kernel.ndim - 1](self))

    def sizes(self, layout: Layout) -> tuple[int, int, int]:
        """Where in the work array cell fields begin, where fluxes across z, and its length."""
        n, width = self.kernel.size, layout.lanes
        start = (self.kernel.ndim + 1) * width + n * TILE
        box = self.kernel.ndim == 3
        across = n * TILE * layout.cells[1] if box else 0
        rows = layout.rows if box else 1
        depth = 1 if self.kernel.ndim == 1 else 2 * self.kernel.reach + 1
        return start + across, start, start + across + len(self.kernel.cell.outputs) * depth * rows * (
            TILE + 2 * layout.margin) + width

    def shape(self, layout: Layout) -> tuple[int, ...]:
        """The integers that describe a layout."""
        cells, across, _ = self.sizes(layout)
        return (layout.cells[0], layout.cells[1] if self.kernel.ndim == 3 else 1, layout.pitch, layout.rows,
                layout.planes, cells, across)


def _line(fused: Fused) -> Callable:
    cells, row = _cells(fused), _row(fused)

    def run(arrays, numbers, shape, lo, hi):
        for a in range(0, shape[0], TILE):
            at = (a, min(TILE, shape[0] - a), 0, 0)
            cells(arrays, numbers, shape, at)
            row(arrays, numbers, shape, at)
    return run


def _plane(fused: Fused) -> Callable:
    cells, first, row, h = _cells(fused), _first(fused, 1), _row(fused), fused.kernel.reach

    def run(arrays, numbers, shape, lo, hi):
        for a in range(0, shape[0], TILE):
            n = min(TILE, shape[0] - a)
            for i in range(lo, lo + 2 * h):
                cells(arrays, numbers, shape, (a, n, i, 0))
            first(arrays, numbers, shape, (a, n, lo + h - 1, 0))
            for i in range(lo, hi):
                cells(arrays, numbers, shape, (a, n, i + 2 * h, 0))
                row(arrays, numbers, shape, (a, n, i + h, 0))
    return run


def _box(fused: Fused) -> Callable:
    cells, first, above, row, h = _cells(fused), _first(fused, 1), _first(fused, 2), _row(fused), fused.kernel.reach

    def run(arrays, numbers, shape, lo, hi):
        for a in range(0, shape[0], TILE):
            n = min(TILE, shape[0] - a)
            for k in range(lo, lo + 2 * h):
                for i in range(shape[3]):
                    cells(arrays, numbers, shape, (a, n, i, k))
            for i in range(shape[1]):
                above(arrays, numbers, shape, (a, n, i + h, lo + h - 1))
            for k in range(lo, hi):
                for i in range(shape[3]):
                    cells(arrays, numbers, shape, (a, n, i, k + 2 * h))
                first(arrays, numbers, shape, (a, n, h - 1, k + h))
                for i in range(shape[1]):
                    row(arrays, numbers, shape, (a, n, i + h, k + h))
    return run


def _intrinsic(fused: Fused, write: Callable[[_Row], None]) -> Callable:
    """The function (arrays, numbers, shape, at) whose instructions `write` emits."""
    from numba.core import types
    from numba.extending import intrinsic

    @intrinsic
    def function(typing, arrays, numbers, shape, at):
        def emit(context, builder, signature, args):
            write(_Row(fused, context, builder, signature.args, args))
            return context.get_dummy_value()
        return types.void(arrays, numbers, shape, at), emit
    return function


def _cells(fused: Fused) -> Callable:
    def write(row: _Row) -> None:
        made, h = fused.kernel.cell, row.margin
        if not made.outputs:
            return
        inputs = {f"q{k}": row.place((k, 0, 0, -h)) for k in range(row.size)}
        targets = [row.place((row.size + k, 0, 0, -h)) for k in range(len(made.outputs))]
        with row.lanes.loop(row.integer(0), row.builder.add(row.count, row.integer(2 * h))) as j:
            found = row.lanes.run(made, {name: row.lanes.load(p, j) for name, p in inputs.items()})
            for target, value in zip(targets, found):
                row.lanes.store(value, target, j)
    return _intrinsic(fused, write)


def _first(fused: Fused, axis: int) -> Callable:
    def write(row: _Row) -> None:
        face = fused.kernel.faces[axis]
        loads = row.loads(face)
        with row.lanes.loop(row.integer(0), row.count) as j:
            given, taken = row.flux(face, loads, j)
            for k, f in enumerate(taken if axis == 1 else given):
                if not isinstance(f, float) or (face.axis and fused.kernel.is_two_sided):
                    row.lanes.store(f, row.waiting(axis, k), j)
    return _intrinsic(fused, write)


def _row(fused: Fused) -> Callable:
    return _intrinsic(fused, lambda row: row.write())


class _Row:
    """The instructions of one row of cells."""

    def __init__(self, fused: Fused, context: Any, builder: Any, types: Any, args: Any) -> None:
        self.fused, self.kernel, self.builder = fused, fused.kernel, builder
        self.size, self.h = fused.kernel.size, fused.kernel.reach
        number = context.get_value_type(types[1].dtype)
        self.lanes = Lanes(builder, number)
        self.integer = self.lanes.integer
        array = context.make_array(types[0].dtype)
        self.arrays = [array(context, builder, builder.extract_value(args[0], k)).data for k in range(len(types[0]))]
        data = context.make_array(types[1])(context, builder, args[1]).data
        self.step, *self.ratios = (builder.load(builder.gep(data, [self.integer(k)]))
                                   for k in range(1 + self.kernel.ndim))
        _, self.ny, self.pitch, self.rows, self.planes, self.of_cells, self.of_z = (
            builder.extract_value(args[2], k) for k in range(7))
        self.a, self.count, self.i, self.k = (builder.extract_value(args[3], k) for k in range(4))
        width = self.lanes.width
        self.margin = -(-self.h // width) * width
        self.places: dict[Place, Any] = {}

    def _sum(self, *terms: Any) -> Any:
        found, *rest = (self.integer(t) if isinstance(t, int) else t for t in terms)
        for t in rest:
            found = self.builder.add(found, t)
        return found

    def _times(self, *factors: Any) -> Any:
        found, *rest = (self.integer(t) if isinstance(t, int) else t for t in factors)
        for t in rest:
            found = self.builder.mul(found, t)
        return found

    def place(self, place: Place) -> Any:
        """The pointer to the cell of index 0 of a field, of the unknowns or of what is computed of one cell."""
        if place not in self.places:
            field, dz, dy, dx = place
            z, y = self._sum(self.k, dz), self._sum(self.i, dy)
            if field < self.size:
                self.places[place] = self.builder.gep(self.arrays[P], [self._at(field, z, y, dx)])
            else:
                depth = 2 * self.h + 1
                slot = (self.integer(0), self.builder.srem(y, self.integer(depth)),
                        self.builder.srem(z, self.integer(depth)))[self.kernel.ndim - 1]
                row = self._times(self._sum(self._times(slot, len(self.kernel.cell.outputs)), field - self.size),
                                  TILE + 2 * self.margin)
                if self.kernel.ndim == 3:
                    row = self._sum(self._times(row, self.rows), self._times(y, TILE + 2 * self.margin))
                at = self._sum(self.of_cells, row, self.margin + dx)
                self.places[place] = self.builder.gep(self.arrays[WORK], [at])
        return self.places[place]

    def _at(self, field: int, z: Any, y: Any, dx: int) -> Any:
        plane = self._sum(self._times(field, self.planes), z)
        return self._sum(self._times(self._sum(self._times(plane, self.rows), y), self.pitch), self.a, self.margin + dx)

    def waiting(self, axis: int, k: int) -> Any:
        """The pointer to the fluxes across y or z that the next row subtracts."""
        if axis == 1:
            at = self.integer((self.kernel.ndim + 1) * self.lanes.width + k * TILE)
        else:
            y = self._sum(self._times(k, self.ny), self.i, -self.h)
            at = self._sum(self.of_z, self._times(y, TILE))
        return self.builder.gep(self.arrays[WORK], [at])

    def loads(self, face: Face) -> dict[str, Any]:
        """The pointers to what a face reads, the one after the row's cell along its axis (y: before)."""
        found = {}
        for name, (field, offset) in face.loads.items():
            x, y, z = (*offset, 0, 0)[:3]
            found[name] = self.place((field, z, (face.axis == 1) - y, x))
        return found

    def flux(self, face: Face, loads: dict[str, Any], j: Any) -> tuple[list[Any], list[Any]]:
        """What the faces of a vector of cells give to the cells after them, and what they take from those before."""
        values = {name: self.lanes.load(p, j) for name, p in loads.items()}
        found = self.lanes.run(face.program, {**values, "r": self.ratios[face.axis]})
        return found[self.size:] or found, found[:self.size]

    def write(self) -> None:
        """All of a row: the fluxes, the combination, and the largest speeds."""
        lanes, n = self.lanes, self.size
        loads = [self.loads(face) for face in self.kernel.faces]
        centre = [self.place((k, 0, 0, 0)) for k in range(n)]
        offsets = [self._at(k, self.k, self.i, 0) for k in range(n)]
        pointers = {m: [self.builder.gep(self.arrays[m], [o]) for o in offsets]
                    for m in range(OUT, TERMS + len(self.fused.coefficients))}
        waiting = {axis: [self.waiting(axis, k) for k in range(n)] for axis in range(1, self.kernel.ndim)}
        before = [lanes.variable(f) for f in self.flux(self.kernel.faces[0], loads[0], self.integer(-lanes.width))[0]]
        kept = self._maxima() if self.fused.speeds else []
        with lanes.loop(self.integer(0), self.count) as j:
            changes = self._changes(loads, waiting, before, j)
            kept_as_it_is = [self.fused.in_place and c is None for c in changes]
            self._add_source(changes, centre, j)
            terms = [pointers[TERMS + m] for m in range(len(self.fused.coefficients))]
            written = [self._combined(changes[k], [term[k] for term in terms], j) for k in range(n)]
            for k in range(n):
                if not kept_as_it_is[k]:
                    lanes.store(written[k], pointers[OUT][k], j)
                if self.fused.keeps:
                    lanes.store(changes[k], pointers[RATE][k], j)
            if self.fused.speeds:
                self._reduce(kept, written, j)
        for k, place in enumerate(kept):
            lanes.store(self.builder.load(place), self.arrays[WORK], self.integer(k * lanes.width))

    def _changes(self, loads: list, waiting: dict, before: list, j: Any) -> list[Any]:
        """Σ_j r_j (F₋ − F₊), in the order of Kernel.rate."""
        lanes, width = self.lanes, self.lanes.width
        total: list[Any] = [None] * self.size
        for face, r in zip(self.kernel.faces, self.ratios):
            for k, (f, g) in enumerate(zip(*self.flux(face, loads[face.axis], j))):
                if isinstance(f, float) and isinstance(g, float):
                    continue
                given, taken = lanes.vector(f), lanes.vector(g)
                if face.axis == 0:
                    last = self.builder.load(before[k])
                    self.builder.store(given, before[k])
                    lower, upper = lanes.shuffled(last, given, range(width - 1, 2 * width - 1)), taken
                else:
                    last = lanes.load(waiting[face.axis][k], j)
                    lanes.store(taken if face.axis == 1 else given, waiting[face.axis][k], j)
                    lower, upper = (given, last) if face.axis == 1 else (last, taken)
                change = lanes.apply("mul", r, lanes.apply("sub", lower, upper))
                total[k] = change if total[k] is None else lanes.apply("add", total[k], change)
        return total

    def _add_source(self, changes: list[Any], centre: list[Any], j: Any) -> None:
        lanes, source = self.lanes, self.kernel.source
        made = [0.0] * self.size
        if source is not None:
            made = lanes.run(source, {f"q{k}": lanes.load(p, j) for k, p in enumerate(centre)})
        for k, s in enumerate(made):
            if source is not None:
                s = lanes.apply("mul", self.step, s)
                changes[k] = s if changes[k] is None else lanes.apply("add", changes[k], s)
            elif changes[k] is None:
                changes[k] = lanes.vector(0.0)

    def _combined(self, change: Any, terms: list[Any], j: Any) -> Any:
        lanes, fused = self.lanes, self.fused
        parts = [(a, lanes.load(p, j)) for a, p in zip(fused.coefficients, terms)] + [(fused.weight, change)]
        found, *rest = (e if a == 1 else lanes.apply("mul", a, e) for a, e in parts)
        for e in rest:
            found = lanes.apply("add", found, e)
        return found

    def _maxima(self) -> list[Any]:
        """The largest speeds so far, by axis; and a sum of zeros, which is no number where anything was not finite."""
        width = self.lanes.width
        return [self.lanes.variable(self.lanes.load(self.arrays[WORK], self.integer(k * width)))
                for k in range(self.kernel.ndim + 1)]

    def _reduce(self, kept: list[Any], written: list[Any], j: Any) -> None:
        lanes, builder, ir = self.lanes, self.builder, self.lanes.ir
        kind = ir.VectorType(ir.IntType(64), lanes.width)
        left = builder.insert_element(ir.Constant(kind, ir.Undefined), builder.sub(self.count, j),
                                      ir.Constant(ir.IntType(32), 0))
        inside = builder.icmp_signed("<", ir.Constant(kind, list(range(lanes.width))),
                                     lanes.shuffled(left, left, [0] * lanes.width))
        speeds = [lanes.vector(s) for s in lanes.run(self.kernel.speeds, {f"q{k}": w for k, w in enumerate(written)})]
        for place, s in zip(kept, speeds):
            old = builder.load(place)
            builder.store(lanes.apply("max", builder.select(inside, s, lanes.vector(0.0)), old), place)
        total = written[0]
        for e in [*written[1:], *speeds]:
            total = lanes.apply("add", total, e)
        zero = lanes.apply("mul", 0.0, builder.select(inside, total, lanes.vector(0.0)))
        builder.store(lanes.apply("add", builder.load(kept[-1]), zero), kept[-1])


