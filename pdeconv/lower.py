"""Lowering: a scheme to programs on shifted fields, the one form that all back ends run.

Fields are arrays (unknowns, …, y, x) with rows running down and y up, as stencils are. What a flux needs of one cell
alone (its own flux, its speed, its pressure) becomes a field of its own, computed once a cell and not once a face.
"""
from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import sympy
from sympy import Expr
from sympy.functions.elementary.piecewise import ExprCondPair

from .face_program import FaceProgram, cell_symbol
from .laurent import Offset
from .program import Argument, NotLowered, Program, program
from .scheme import RATIO, Scheme
from .split import Split
from .staggered import Staggered

if TYPE_CHECKING:
    from .machine import Passes

Load = tuple[int, Offset]  # field, offset


@dataclass(frozen=True)
class Face:
    """The flux through the faces of one axis: a program whose inputs are fields at offsets from the cell on the left,
    and r, the ratio Δt/Δx."""

    axis: int
    loads: Mapping[str, Load]
    program: Program


@dataclass(frozen=True)
class Kernel:
    """A forward Euler step of a scheme as programs: cell fields, face fluxes, source, and largest speeds by axis.

    Fields 0 … n − 1 are the unknowns, the next ones are the outputs of `cell`, whose inputs are q0 … q{n−1}. `reach`
    is the width of the padding. `needs_ratio` says whether a flux contains Δt/Δx. Parameters of the system that were
    kept are inputs of all programs, p_name for each of `learnt`. `then` is the second half of a staggered step, or the
    next sweep of a split one; `span` is where in the time step it begins, and how much of it it takes.

    >>> from pdeconv import catalog
    >>> lower(catalog.burgers().scheme("rusanov")).cell.cost
    {'abs': 1, 'mul': 2}
    """

    scheme: Scheme
    cell: Program
    faces: tuple[Face, ...]
    source: Program | None
    speeds: Program
    reach: int
    learnt: tuple[str, ...] = ()
    then: Kernel | None = None
    span: tuple[float, float] = (0.0, 1.0)

    @property
    def size(self) -> int:
        """The number of unknowns."""
        return self.scheme.system.size

    @property
    def ndim(self) -> int:
        """The number of space dimensions."""
        return self.scheme.system.ndim

    @property
    def is_two_sided(self) -> bool:
        """Whether faces give another amount to the cell on the right than they take from that on the left: programs
        then have the outputs of both, one after the other."""
        return any(len(face.program.outputs) > self.size for face in self.faces)

    @property
    def needs_ratio(self) -> bool:
        """Whether a flux contains Δt/Δx."""
        return any("r" in step.args for face in self.faces for step in face.program.steps)

    @property
    def needs_square_cells(self) -> bool:
        """Whether a flux contains Δt/Δx, and there are fluxes along several axes, for which it is one number."""
        moving = [face for face in self.faces if any(isinstance(out, str) for out in face.program.outputs)]
        return self.needs_ratio and len(moving) > 1

    @property
    def chain(self) -> tuple[Kernel, ...]:
        """It and what follows it in a step."""
        return (self, *(() if self.then is None else self.then.chain))

    @cached_property
    def passes(self) -> Passes:
        """Its compiled passes, which are kept with it: not where it is copied or pickled."""
        from .machine import Passes
        return Passes(self, self.scheme.name == "yee" and self.then is None)

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "passes"}

    def rate(self, padded: Any, ratios: Sequence[Any], step: Any, operations: Mapping[str, Callable],
             stack: Callable, learnt: Mapping[str, Any] | None = None) -> Any:
        """−Σ_j Δt/Δx_j (F_{+} − F_{−}) + Δt s(u), from an array padded by `reach` cells on every side."""
        fields, given = list(padded), {f"p_{name}": (learnt or {})[name] for name in self.learnt}
        fields += self.cell(operations, {f"q{k}": f for k, f in enumerate(fields)} | given)
        total: list[Any] = [None] * self.size
        for face, r in zip(self.faces, ratios):
            values = {name: fields[k][self.faces_at(face.axis, o, padded.shape)] for name, (k, o) in face.loads.items()}
            flux = face.program(operations, {**values, **given, "r": r})
            lower, upper = self.sides_of(face.axis)
            for k, (f, g) in enumerate(zip(flux, flux[self.size:] or flux)):
                if getattr(f, "ndim", 0):
                    change = r * (g[lower] - f[upper])
                    total[k] = change if total[k] is None else total[k] + change
        inner = (slice(self.reach, -self.reach),) * self.ndim
        if self.source is not None:
            made = self.source(operations, {f"q{k}": f[inner] for k, f in enumerate(padded)} | given)
            total = [step * s if t is None else t + step * s for t, s in zip(total, made)]
        zero = 0 * padded[0][inner]
        return stack([zero + t if t is not None else zero for t in total])

    def faces_at(self, axis: int, offset: Offset, shape: Sequence[int]) -> tuple[slice, ...]:
        """Where in a padded field the cells lie at this offset from the left of each face of an axis."""
        found = []
        for dim in range(self.ndim):
            j = self.ndim - 1 - dim
            inner, start = shape[1 + dim] - 2 * self.reach, self.reach
            if j == axis:
                inner, start = inner + 1, start - (j != 1)
            start += -offset[j] if j == 1 else offset[j]
            found.append(slice(start, start + inner))
        return tuple(found)

    def sides_of(self, axis: int) -> tuple[tuple[slice, ...], tuple[slice, ...]]:
        """Where the faces before and after each cell lie among those of an axis; y runs against the rows."""
        first, last = ([slice(None)] * self.ndim for _ in range(2))
        dim = self.ndim - 1 - axis
        first[dim], last[dim] = slice(None, -1), slice(1, None)
        return (tuple(last), tuple(first)) if axis == 1 else (tuple(first), tuple(last))

    def _repr_latex_(self) -> str:
        from .program_text import kernel_latex
        return f"$${kernel_latex(self)}$$"

    def max_speeds(self, u: Any) -> list[float]:
        """The largest characteristic speed along each axis, over the cells of an array (unknowns, …)."""
        from .operations import NUMPY
        found = self.speeds(NUMPY, {f"q{k}": f for k, f in enumerate(u)})
        return [float(s.max()) if hasattr(s, "max") else float(s) for s in found]

    def speeds_of(self, u: Sequence[Any], learnt: Mapping[str, Any]) -> list[Any]:
        """The largest characteristic speeds along each axis at every cell, from a torch tensor for each unknown."""
        from .operations import torch_operations
        given = {f"q{k}": f for k, f in enumerate(u)} | {f"p_{name}": learnt[name] for name in self.learnt}
        zero = 0 * u[0]
        return [zero + s for s in self.speeds(torch_operations(), given)]

    def numpy(self, padded: Any, ratios: Sequence[float], step: float) -> Any:
        """The rate of a NumPy array."""
        import numpy as np

        from .operations import NUMPY
        with np.errstate(divide="ignore", invalid="ignore"):  # in branches that are not selected
            return self.rate(padded, ratios, step, NUMPY, np.stack)

    def torch(self, padded: Any, ratios: Sequence[Any], step: Any) -> Any:
        """The rate of a torch tensor, differentiable in the fields, the ratios and the step."""
        from .tensor_kernel import TensorKernel
        return TensorKernel.of(self)(padded, None, 1.0, ratios, step)


def lower(scheme: Scheme, learn: Collection[str] = ()) -> Kernel:
    """The programs of one forward Euler step of a scheme whose system has numbers for its parameters, but for those to
    `learn`, which are inputs.

    Without any to learn they are kept with the scheme, and what is compiled of them with them, so that a second run
    begins at once. Raises NotLowered where parameters remain or a function has no back end; NotLinear where the scheme
    has no fluxes.

    >>> from pdeconv import catalog
    >>> lower(catalog.wave().at(c=1).scheme("rusanov")).reach
    1
    """
    return scheme.kernel if not learn else kernel(scheme, learn)


def kernel(scheme: Scheme, learn: Collection[str] = ()) -> Kernel:
    """What `lower` returns, made anew."""
    system = scheme.system
    kept = {s: f"p_{s.name}" for s in system.parameters if s.name in learn}
    if missing := [s.name for s in system.parameters if s not in kept]:
        raise NotLowered(f"{system.expression} has the parameters {', '.join(missing)}, and programs run on numbers. "
                         f"Give them: system.at({missing[0]}=…).")
    scheme = scheme.with_symbolic_ratio()
    if isinstance(scheme, Staggered):
        return _lowered(scheme, _half(scheme, 0), kept, _lowered(scheme, _half(scheme, 1), kept))
    if isinstance(scheme, Split):
        return _swept(scheme, kept)
    return _lowered(scheme, [scheme.face_program(axis) for axis in system.axes], kept)


def _swept(scheme: Split, kept: Mapping[sympy.Symbol, str]) -> Kernel:
    """The sweeps of a split step, one after the other, on fields padded alike."""
    made = [_lowered(sweep, [sweep.face_program(axis) for axis in sweep.axes], kept) for sweep in scheme.sweeps]
    reach, then = max(k.reach for k in made), None
    for sweep, one in zip(reversed(scheme.sweeps), reversed(made)):
        then = replace(one, reach=reach, then=then, span=sweep.span)
    assert then is not None
    return then


def _half(scheme: Staggered, target: int) -> list[FaceProgram]:
    """The fluxes of half of a staggered step."""
    found, d = [], scheme.system.ndim
    for j, axis in enumerate(scheme.axes):
        offsets = [(0,) * d, tuple(int(i == j) for i in range(d))]
        cells = {k: tuple(cell_symbol(s, k) for s in scheme.system.state) for k in offsets}
        found.append(FaceProgram(axis, tuple(cells.items()), (), scheme.half_flux(axis, target, cells)))
    return found


def _lowered(scheme: Scheme, given: Sequence[FaceProgram], kept: Mapping[sympy.Symbol, str],
             then: Kernel | None = None) -> Kernel:
    system = scheme.system
    split = _Cells(system.state, kept)
    faces = tuple(_face(j, made, split) for j, made in enumerate(given))
    inputs: dict[sympy.Symbol, str] = {s: f"q{k}" for k, s in enumerate(system.state)} | dict(kept)
    source = program(system.source, inputs) if any(system.source) else None
    speeds = program([scheme.speed(axis) for axis in system.axes], inputs)
    reach = max((max(o[face.axis], 1 - o[face.axis], *(abs(x) for j, x in enumerate(o) if j != face.axis), 1)
                 for face in faces for _, o in face.loads.values()), default=1)
    return Kernel(scheme, program(split.fields, inputs), faces, source, speeds, reach,
                  tuple(s.name for s in kept), then)


def _face(axis: int, given: FaceProgram, split: _Cells) -> Face:
    table: dict[sympy.Symbol, Load] = {s: (k, o) for o, state in given.cells for k, s in enumerate(state)}
    of_cells: dict[sympy.Symbol, Expr] = {}
    lines: list[tuple[sympy.Symbol, Expr]] = []
    for name, e in given.lines:
        e = e.xreplace(of_cells)
        if split.reads(e, table) is not None:
            of_cells[name] = e
        else:
            lines.append((name, split(e, table)))
    flux = [split(e.xreplace(of_cells), table) for e in given.flux]
    loads = table | split.loads
    used = sorted({s for e in [*flux, *(e for _, e in lines)] for s in e.free_symbols if s in loads},
                  key=lambda s: (loads[s][1], loads[s][0]))
    names = {s: f"x{k}" for k, s in enumerate(used)}
    return Face(axis, {names[s]: loads[s] for s in used}, program(flux, {**names, **split.kept, RATIO: "r"}, lines))


class _Cells:
    """Replaces what depends on one cell alone by a field, the same at every offset."""

    def __init__(self, state: Sequence[sympy.Symbol], kept: Mapping[sympy.Symbol, str]) -> None:
        self.state, self.kept = state, kept
        self.fields: list[Expr] = []
        self.loads: dict[sympy.Symbol, Load] = {}
        self.named: dict[Expr, tuple[int, Expr]] = {}  # the number of a field, and its scale

    def __call__(self, e: Expr, table: Mapping[sympy.Symbol, Load]) -> Expr:
        """The expression over fields."""
        offset = self.reads(e, table)
        if offset is not None and not isinstance(e, ExprCondPair):  # a piece is no value
            return self._field(e, offset, table)
        if not e.args or not e.free_symbols & set(table):
            return e
        if not isinstance(e, (sympy.Add, sympy.Mul)):
            return e.func(*(self(a, table) for a in e.args))
        groups: dict[Offset, list[Expr]] = {}
        kept = []
        for a in e.args:
            at = self.reads(a, table)
            if at is None:
                kept.append(self(a, table))
            else:
                groups.setdefault(at, []).append(a)
        return e.func(*kept, *(self._field(e.func(*part), o, table) for o, part in groups.items()))

    def reads(self, e: Expr, table: Mapping[sympy.Symbol, Load]) -> Offset | None:
        """The one cell of which an expression is a function; None where there is none, or more."""
        found = {table[s][1] if s in table else None for s in e.free_symbols if s not in self.kept}
        return found.pop() if len(found) == 1 else None

    def _field(self, e: Expr, offset: Offset, table: Mapping[sympy.Symbol, Load]) -> Expr:
        if isinstance(e, sympy.logic.boolalg.Boolean):
            return e
        c, rest = e.as_coeff_Mul() if not e.is_Add else (sympy.S.One, e)
        if rest.is_Add:
            content, rest = rest.primitive()
            c *= content
            if rest.could_extract_minus_sign():
                c, rest = -c, -rest
        if rest.is_Symbol:
            return e
        canonical = rest.xreplace({s: self.state[k] for s, (k, o) in table.items() if o == offset})
        if canonical not in self.named:
            self.named[canonical] = len(self.fields), abs(c)
            self.fields.append(abs(c) * canonical)
        k, scale = self.named[canonical]
        k += len(self.state)
        s = sympy.Symbol(f"f{k}@{offset}", real=True)
        self.loads[s] = (k, offset)
        return c / scale * s


__all__ = ["Argument", "Face", "Kernel", "NotLowered", "lower"]
