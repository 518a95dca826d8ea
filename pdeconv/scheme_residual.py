"""X(scheme): what is left of a step of a scheme when a vector field acts on the cells that it reads, on Δt and Δx."""
from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any

import sympy
from sympy import Expr

from .coefficients import of_system
from .equivariance import Undecided, _offsets, _step
from .face_program import FaceProgram, cell_symbol, face_program
from .formula import symbol
from .laurent import Offset
from .scheme import RATIO, Scheme
from .system import System
from .tangent import Tangent, Tangents, case, inert, weighted

STEP = sympy.Symbol("dx", positive=True)


@dataclass(frozen=True)
class GridField:
    """A field that maps grids to grids: φ on (t, x, u), δΔt = α Δt, δΔx = β Δx, δw_j = c_j + (β − α) w_j."""

    variables: tuple[sympy.Symbol, ...]
    internal: tuple[Expr, ...]
    alpha: Expr
    beta: Expr
    drift: tuple[Expr, ...]

    @property
    def unknowns(self) -> tuple[sympy.Symbol, ...]:
        """The symbols of the state."""
        return self.variables[-len(self.internal):]

    @cached_property
    def is_affine(self) -> bool:
        """Whether φ = Φ u + b with constant Φ and b."""
        return not any(sympy.diff(e, z).free_symbols & set(self.variables) or (sympy.diff(e, z) != 0 and z not in
                       self.unknowns) for e in self.internal for z in self.variables)

    def at(self, place: tuple[Expr, ...], values: tuple[Expr, ...]) -> list[Expr]:
        """φ at a place (t, x) and a state."""
        here = dict(zip(self.variables, (*place, *values)))
        return [e.subs(here, simultaneous=True) for e in self.internal]


class Residuals:
    """X(u^{n+1} − N(u)) on solutions, for a scheme u^{n+1} = N(u; Δt/Δx), field by field; `velocities` are the symbols
    w_j of a grid that drifts, and the scheme is then that of the drifting frame, `drifting(scheme)`."""

    def __init__(self, scheme: Scheme, velocities: tuple[sympy.Symbol, ...] = ()) -> None:
        self.scheme = _free(scheme)
        self.system = self.scheme.system
        self.velocities = velocities

    def __call__(self, field: GridField) -> list[Expr]:
        """Formulas that all vanish, in the symbols of cells, Δt/Δx and Δx, exactly where X(scheme) = 0 on solutions."""
        if self.scheme.is_linear and not any(self.system.source):
            return self._whole(field, self._linear)
        if field.is_affine:
            return self._by_faces(field)
        if self.scheme.time.stages > 1 and any(
                sympy.Poly(e, *field.variables[:1], *field.unknowns).total_degree() > 1 for e in field.internal):
            raise Undecided(f"{self.scheme.expression} has {self.scheme.time.stages} stages, and a field that is not "
                            "of degree 1 in time and state acts on each otherwise. Take time='euler', or degree=1.")
        return self._whole(field, self._update)

    @property
    def _still(self) -> set[sympy.Symbol]:
        return set(self.system.parameters) - set(self.velocities)

    # One step -------------------------------------------------------------------------------------------
    @cached_property
    def cells(self) -> dict[Offset, tuple[sympy.Symbol, ...]]:
        """The symbols of the cells that a step reads."""
        linear = self.scheme.is_linear and not any(self.system.source)
        offsets = set(self._operator.terms) if linear else _offsets(self.scheme)
        offsets |= {(0,) * self.system.ndim}
        return {k: tuple(cell_symbol(s, k) for s in self.system.state) for k in sorted(offsets)}

    @cached_property
    def _operator(self) -> Any:
        return self.scheme.linear(of_system(self.system, RATIO))

    @cached_property
    def _linear(self) -> list[Expr]:
        total = sympy.zeros(self.system.size, 1)
        for k, m in self._operator.terms.items():
            total += sympy.Matrix(m) * sympy.Matrix(self.cells[k])
        return list(total)

    @cached_property
    def _update(self) -> list[Expr]:
        here = self.cells[(0,) * self.system.ndim]
        at = dict(zip(self.system.state, here))
        return [u - RATIO * inert(f) + RATIO * STEP * s.subs(at, simultaneous=True)
                for u, f, s in zip(here, _step(self.scheme, self.cells), self.system.source)]

    def _whole(self, field: GridField, step: list[Expr]) -> list[Expr]:
        """φ(t + Δt, x + w Δt, N) − X N."""
        t, *x = field.variables[: 1 + self.system.ndim]
        speeds = self.velocities or (sympy.S.Zero,) * len(x)
        of = self._lattice(field)
        for k, state in self.cells.items():
            values = field.at((t, *(a + j * STEP for a, j in zip(x, k))), state)
            of |= {u: _tangent(e, u, self._still) for u, e in zip(state, values)}
        tangents = Tangents(of)
        later = (t + RATIO * STEP, *(a + w * RATIO * STEP for a, w in zip(x, speeds)))
        return [_short(a - tangents(n).value) for a, n in zip(field.at(later, tuple(step)), step)]

    def _lattice(self, field: GridField) -> dict[sympy.Symbol, Tangent]:
        """X of Δt/Δx, Δx and w."""
        of = {RATIO: weighted(RATIO, field.alpha - field.beta)} if field.alpha != field.beta else {}
        if field.beta != 0:
            of[STEP] = weighted(STEP, field.beta)
        for w, c in zip(self.velocities, field.drift):
            if c != 0 or field.alpha != field.beta:
                of[w] = weighted(w, field.beta - field.alpha, c)
        return of

    # Faces ----------------------------------------------------------------------------------------------
    @cached_property
    def _programs(self) -> tuple[FaceProgram, ...]:
        made = [face_program(self.scheme, axis) for axis in self.system.axes]
        return tuple(replace(p, lines=tuple((name, inert(e)) for name, e in p.lines), flux=tuple(map(inert, p.flux)))
                     for p in made)

    def _by_faces(self, field: GridField) -> list[Expr]:
        """With G = Φ F − X F − (α − β) F for each face: Σ_axis G_{j+1/2} − G_{j−1/2}; and Φ s − X s − α s."""
        n = self.system.size
        total = [sympy.S.Zero] * n
        for j, program in enumerate(self._programs):
            left = self._face(field, program)
            back = {s: cell_symbol(u, tuple(x - (i == j) for i, x in enumerate(k))) for k, state in program.cells
                    for s, u in zip(state, self.system.state)}
            total = [t if g == 0 else t + g - g.xreplace(back) for t, g in zip(total, left)]
        if any(self.system.source):
            tangents = Tangents({u: _tangent(e, u, self._still) for u, e in zip(self.system.state, field.internal)})
            source = self.system.source
            rows = [_of(field, source, i) for i in range(n)]
            rest = [_short(a - tangents(s).value - field.alpha * s) for a, s in zip(rows, source)]
            here = dict(zip(self.system.state, self.cells[(0,) * self.system.ndim]))
            total += [e.xreplace(here) for e in rest]
        return total

    def _face(self, field: GridField, program: FaceProgram) -> list[Expr]:
        """G, by the lines of the program, and where that does not show it constant by one formula."""
        of = self._lattice(field)
        for _, state in program.cells:
            values = field.at(field.variables[: 1 + self.system.ndim], state)
            of |= {u: _tangent(e, u, self._still) for u, e in zip(state, values)}
        cells = {s for _, state in program.cells for s in state}
        tangents, inlined = Tangents(of), dict[Expr, Expr]()
        for name, e in program.lines:
            found, inlined[name] = tangents(e), e.xreplace(inlined)
            if found.weight is None and inlined[name].count_ops() < 400:
                found = tangents.tidied(inlined[name], found.value.xreplace(inlined))
            if tangents.moves(e):
                tangents.of[name] = found if found.weight is None else weighted(name, found.weight, found.constant)
        made = []
        for i, f in enumerate(program.flux):
            g = self._rest(field, tangents, program.flux, i)
            if g != 0 and g.free_symbols & (cells | set(inlined)):
                g = _short(g.xreplace(inlined))
            if g != 0 and g.free_symbols & cells and f.xreplace(inlined).count_ops() < 3000:
                whole = tuple(x.xreplace(inlined) for x in program.flux)
                g = self._rest(field, Tangents(of), whole, i)
            made.append(g if g.free_symbols & cells else sympy.S.Zero)
        return made

    def _rest(self, field: GridField, tangents: Tangents, flux: tuple[Expr, ...], i: int) -> Expr:
        """(Φ F − X F − (α − β) F)_i."""
        return _short(_of(field, flux, i) - tangents(flux[i]).value - (field.alpha - field.beta) * flux[i])

    # Points ---------------------------------------------------------------------------------------------
    def points(self, symbols: set[sympy.Symbol]) -> Iterator[dict[Expr, Expr]]:
        """Rational values of these symbols, with states that respect the assumptions."""
        chance = random.Random(11)
        system = self.system

        def number(s: sympy.Symbol) -> sympy.Rational:
            return sympy.Rational(chance.randint(5, 60) * (1 if s.is_positive else chance.choice((-1, 1))), 16)
        while True:
            values: dict[Expr, Expr] = {}
            parameters = {s: abs(number(s)) + 1 for s in system.parameters}
            for state in self.cells.values():
                primitive = {w: number(w) for w in system.primitive_symbols}
                if system.primitive is None:
                    values |= dict(zip(state, primitive.values()))
                else:
                    values |= {u: e.subs({**parameters, **primitive}) for u, e in zip(state, system.primitive)}
            values |= parameters
            yield {s: values[s] if s in values else number(s) for s in sorted(symbols, key=str)}


def drifting(scheme: Scheme) -> tuple[Scheme, tuple[sympy.Symbol, ...]]:
    """The same scheme in a frame that moves with velocities w_j: of the fluxes f_j(u) − w_j u.

    >>> from pdeconv import catalog
    >>> drifting(catalog.burgers().scheme("upwind"))[0].system.flux("x")
    (u**2/2 - u*w_x,)
    """
    from .recipe import make
    system = scheme.system
    taken = {s.name for s in (*system.parameters, *system.state, *system.primitive_symbols)}
    names = [next(n for n in (f"{'w' * k}_{axis}" for k in range(1, 9)) if n not in taken) for axis in system.axes]
    speeds = tuple(symbol(name) for name in names)
    positive = tuple(system.positive)
    primitive = None if system.primitive is None else dict(zip(system.names, system.primitive))
    if system.fluxes is not None:
        frame = System({a: [sympy.expand(f - w * u) for f, u in zip(row, system.state)] for a, w, row in
                        zip(system.axes, speeds, system.fluxes)}, system.names, system.source, positive=positive,
                       primitive=primitive)
    else:
        frame = System(state=system.names, source=system.source, positive=positive, primitive=primitive,
                       **{a: (m - w * sympy.eye(system.size)).tolist() for a, w, m in
                          zip(system.axes, speeds, system.matrices)})
    given: dict[str, Any] = {"reconstruction": scheme.reconstruction} if scheme.reconstruction is not None else {}
    if scheme.flux is not None:
        given |= {"flux": replace(scheme.flux, system=frame), "time": scheme.time.name}
    return replace(make(frame, scheme.name, None, given, False), options=scheme.options), speeds


def _free(scheme: Scheme) -> Scheme:
    """The scheme with the symbol dt/dx in place of its Courant number."""
    flux = scheme.flux
    if flux is not None and any(f.name == "ratio" for f in fields(flux)):
        flux = replace(flux, ratio=RATIO)
    return replace(scheme, courant=None, flux=flux)


def _tangent(e: Expr, u: sympy.Symbol, still: set[sympy.Symbol]) -> Tangent:
    """X u = e, as w u + k where it is, with w and k in symbols that stand still."""
    slope = sympy.diff(e, u)
    rest = sympy.expand(e - slope * u)
    return weighted(u, slope, rest) if (slope.free_symbols | rest.free_symbols) <= still else Tangent(e)


def _of(field: GridField, values: tuple[Expr, ...], i: int) -> Expr:
    """(Φ v)_i."""
    return sum((sympy.diff(field.internal[i], u) * v for u, v in zip(field.unknowns, values)), sympy.S.Zero)


def _short(e: Expr) -> Expr:
    """The formula in lowest terms, where it is short enough for that."""
    if e == 0 or e.has(case) or e.count_ops() > 3000:
        return e
    return sympy.cancel(e) if e.count_ops() < 600 else sympy.expand(e)


__all__ = ["GridField", "Residuals", "drifting"]
