"""System: a first-order system of balance laws, exactly."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import sympy
from sympy import Expr

from .formula import FormulaError, formula, positive_names, substituted, symbol, text

if TYPE_CHECKING:
    from reptheory import Group, Rep

    from .characteristic_field import CharacteristicField
    from .eigenstructure import Eigenstructure
    from .entropy import Entropy
    from .hyperbolicity import Hyperbolicity
    from .numeric_speed import Speed
    from .report import Report
    from .scheme import Scheme
    from .symmetriser import Symmetriser
    from .symmetry import Symmetries


class NotASystem(ValueError):
    """Data that define no first-order system."""


@dataclass(frozen=True, init=False, repr=False, eq=False)
class System:
    """The system u_t + Σ_j ∂_j f_j(u) = s(u), or u_t + Σ_j A_j(u) u_{x_j} = s(u), over real symbols.

    Formulas are texts, sympy expressions or exact numbers. `state` names the unknowns in order, `positive` the symbols
    known to be positive; every other symbol is a parameter. `primitive` writes the state in other unknowns, in which
    the eigenvalue problem is simpler: {"h": "h", "m": "h*v"}. Raises NotASystem, FormulaError, NotExactFormula.

    >>> burgers = System(fluxes={"x": ["u**2/2"]}, state=["u"]); burgers
    System(fluxes={'x': ('u**2/2',)}, state=('u',))  # 1 unknown in x
    >>> burgers.jacobian("x")
    Matrix([[u]])
    """

    axes: tuple[str, ...]
    names: tuple[str, ...]
    positive: frozenset[str]
    fluxes: tuple[tuple[Expr, ...], ...] | None
    matrices: tuple[sympy.ImmutableMatrix, ...]
    source: tuple[Expr, ...]
    primitive: tuple[Expr, ...] | None
    expression: str = field(default="", compare=False)

    def __init__(self, fluxes: Mapping[str, Sequence[Any]] | None = None, state: Sequence[Any] | None = None,
                 source: Sequence[Any] | None = None, *, positive: Sequence[str] = (),
                 primitive: Mapping[str, Any] | None = None, **matrices: Any) -> None:
        if bool(fluxes) == bool(matrices):
            raise NotASystem("a System needs either fluxes={'x': (…), …} with the state, or matrices x=[[…]], y=[[…]].")
        given: list[Any] = [*(f for row in (fluxes or {}).values() for f in _sequence(row, "the flux")),
                            *(e for m in matrices.values() for row in _rows(m) for e in row), *(source or ()),
                            *(state or ())]
        known = frozenset(positive) | positive_names(given)
        axes = tuple(fluxes or matrices)
        for axis in axes:
            symbol(axis)
        names = _state_names(state, fluxes, matrices)
        n = len(names)
        states = [symbol(name, known) for name in names]
        made: tuple[tuple[Expr, ...], ...] | None = None
        if fluxes is not None:
            made = tuple(tuple(formula(f, known) for f in _sequence(row, f"the flux along {axis}"))
                         for axis, row in fluxes.items())
            for axis, row in zip(axes, made):
                if len(row) != n:
                    raise NotASystem(f"the flux along {axis} has {len(row)} entries, and the state {', '.join(names)} "
                                     f"has {n}. Give one entry for each unknown.")
            jacobians = [sympy.ImmutableMatrix(n, n, [sympy.diff(f, u) for f in row for u in states]) for row in made]
        else:
            jacobians = []
            for axis, rows in matrices.items():
                table = [[formula(e, known) for e in row] for row in _rows(rows)]
                if len(table) != n or any(len(row) != n for row in table):
                    raise NotASystem(f"the matrix along {axis} is not {n}×{n}, as the state {', '.join(names)} needs. "
                                     "Give square matrices of one size.")
                jacobians.append(sympy.ImmutableMatrix(table))
        terms = tuple(formula(s, known) for s in source) if source is not None else (sympy.S.Zero,) * n
        if len(terms) != n:
            raise NotASystem(f"the source has {len(terms)} entries, and the state has {n}. Give one for each unknown.")
        clash = {s.name for row in [*jacobians, *terms] for s in row.free_symbols} & set(axes)
        if clash:
            raise NotASystem(f"{', '.join(sorted(clash))} names an axis and stands in a formula: fluxes are functions "
                             "of the state alone. Rename the axis, or the symbol.")
        chosen = None
        if primitive is not None:
            missing = [name for name in names if name not in primitive]
            if missing or len(primitive) != n:
                raise NotASystem(f"primitive writes each unknown in new ones, and {', '.join(missing) or 'more'} is "
                                 f"given otherwise. Give formulas for {', '.join(names)}.")
            chosen = tuple(formula(primitive[name], known | positive_names(primitive.values())) for name in names)
        values = {"axes": axes, "names": names, "positive": known, "fluxes": made, "matrices": tuple(jacobians),
                  "source": terms, "primitive": chosen}
        for name, value in values.items():
            object.__setattr__(self, name, value)
        object.__setattr__(self, "expression", self._expression())

    # Reading -------------------------------------------------------------------------------------------
    @property
    def size(self) -> int:
        """The number of unknowns."""
        return len(self.names)

    @property
    def ndim(self) -> int:
        """The number of space dimensions."""
        return len(self.axes)

    @cached_property
    def state(self) -> tuple[sympy.Symbol, ...]:
        """The symbols of the unknowns."""
        return tuple(symbol(name, self.positive) for name in self.names)

    @cached_property
    def parameters(self) -> tuple[sympy.Symbol, ...]:
        """The symbols that are not unknowns, by name."""
        found = {s for m in self.matrices for s in m.free_symbols} | {s for e in self.source for s in e.free_symbols}
        return tuple(sorted(found - set(self.state), key=lambda s: s.name))

    @property
    def is_conservative(self) -> bool:
        """Whether fluxes are given, so that the system is in divergence form."""
        return self.fluxes is not None

    @cached_property
    def is_linear(self) -> bool:
        """Whether the matrices do not depend on the state and the source is linear in it."""
        unknowns = set(self.state)
        return not any(m.free_symbols & unknowns for m in self.matrices) and all(
            not sympy.diff(s, u).free_symbols & unknowns for s in self.source for u in self.state)

    def flux(self, axis: str) -> tuple[Expr, ...]:
        """The flux f_j along an axis; NotASystem where only matrices are given."""
        if self.fluxes is None:
            raise NotASystem(f"{self.expression} is given by matrices, so it has no flux. Give fluxes={{'x': (…)}}, or "
                             "use jacobian(axis).")
        return self.fluxes[self._axis(axis)]

    def jacobian(self, axis: str) -> sympy.ImmutableMatrix:
        """The matrix A_j(u) = f_j′(u) along an axis."""
        return self.matrices[self._axis(axis)]

    def _axis(self, axis: str) -> int:
        if axis not in self.axes:
            raise ValueError(f"{axis!r} is no axis of {self.expression}, which has {', '.join(self.axes)}.")
        return self.axes.index(axis)

    @cached_property
    def direction(self) -> tuple[sympy.Symbol, ...]:
        """The symbols n_x, n_y … of a direction; in one dimension the number 1."""
        return (sympy.S.One,) if self.ndim == 1 else tuple(symbol(f"n_{axis}") for axis in self.axes)

    def matrix(self, direction: Sequence[Any] | None = None) -> sympy.ImmutableMatrix:
        """The principal symbol A(u, n) = Σ_j n_j A_j(u), with symbols n_x, n_y … where no direction is given."""
        total = sympy.zeros(self.size)
        for n, m in zip(self._along(direction), self.matrices):
            total += n * m
        return sympy.ImmutableMatrix(total)

    def _along(self, direction: Sequence[Any] | None) -> tuple[Any, ...]:
        values = self.direction if direction is None else tuple(formula(x) for x in direction)
        if len(values) != self.ndim:
            raise ValueError(f"{self.expression} has {self.ndim} axes, and the direction has {len(values)} entries. "
                             f"Give one for each of {', '.join(self.axes)}.")
        return values

    @cached_property
    def primitive_names(self) -> tuple[str, ...]:
        """The names of the primitive unknowns, in the order in which they appear."""
        if self.primitive is None:
            return self.names
        known = {s.name for s in self.parameters}
        order: list[str] = []
        for e in self.primitive:
            order += [s.name for s in sorted(e.free_symbols, key=lambda s: s.name)
                      if s.name not in known and s.name not in order]
        return tuple(order)

    @cached_property
    def primitive_symbols(self) -> tuple[sympy.Symbol, ...]:
        """The symbols of the primitive unknowns; those of the state where none are named."""
        if self.primitive is None:
            return self.state
        found = {s.name: s for e in self.primitive for s in e.free_symbols}
        return tuple(found[name] for name in self.primitive_names)

    def at(self, **values: Any) -> System:
        """The system with formulas or numbers for these symbols; unknowns turn its matrices to constants.

        >>> System(fluxes={"x": ["u**2/2"]}, state=["u"]).at(u=3).jacobian("x")
        Matrix([[3]])
        """
        known = {s.name for s in self.parameters} | set(self.names)
        strange = [name for name in values if name not in known]
        if strange:
            raise ValueError(f"{', '.join(strange)} does not stand in {self.expression}, whose symbols are "
                             f"{', '.join(sorted(known))}.")
        positive = tuple(self.positive)
        if set(values) & set(self.names):
            return System(state=self.names, positive=positive, **self._tables(values))
        source = [substituted(s, values) for s in self.source]
        primitive = None if self.primitive is None else {
            name: substituted(e, values) for name, e in zip(self.names, self.primitive)}
        if self.fluxes is not None:
            fluxes = {axis: [substituted(f, values) for f in row] for axis, row in zip(self.axes, self.fluxes)}
            return System(fluxes, self.names, source, positive=positive, primitive=primitive)
        return System(state=self.names, source=source, positive=positive, primitive=primitive, **self._tables(values))

    def homogeneous(self, *axes: str, scale: Mapping[str, Any] | None = None) -> System:
        """The system without its source, for fields that vary along these axes alone; fluxes times `scale`.

        >>> from pdeconv import catalog
        >>> catalog.shallow_water(ndim=2).homogeneous("y").fluxes
        ((m_y, m_x*m_y/h, g*h**2/2 + m_y**2/h),)
        """
        c = scale or dict.fromkeys(axes, sympy.S.One)
        known: dict[str, Any] = {"state": self.names, "positive": tuple(self.positive)}
        if self.primitive is not None:
            known["primitive"] = dict(zip(self.names, self.primitive))
        if self.is_conservative:
            return System({axis: [c[axis] * f for f in self.flux(axis)] for axis in axes}, **known)
        return System(**known, **{axis: (c[axis] * self.jacobian(axis)).tolist() for axis in axes})

    def _tables(self, values: dict[str, Any]) -> dict[str, Any]:
        return {axis: [[substituted(e, values) for e in m.row(i)] for i in range(self.size)]
                for axis, m in zip(self.axes, self.matrices)}

    # Analysis, in the files that bear the names ----------------------------------------------------------
    def eigenstructure(self, direction: Sequence[Any] | None = None) -> Eigenstructure:
        """Characteristic speeds and vectors along a direction; see `eigenstructure.eigenstructure`."""
        from .eigenstructure import eigenstructure
        return eigenstructure(self, direction)

    def speeds(self, direction: Sequence[Any] | None = None, **values: Any) -> tuple[Speed, ...]:
        """Speeds at numbers as algebraic numbers in certified intervals, with radicals or without; see `numeric_speed`.

        >>> System(fluxes={"x": ["u**3/3"]}, state=["u"]).speeds(u=2)[0].root
        4
        """
        from .numeric_speed import speeds
        return speeds(self, direction, **values)

    @cached_property
    def _primitive_matrices(self) -> tuple:
        from .eigenstructure import primitive_matrices
        return primitive_matrices(self)

    @cached_property
    def _factors(self) -> tuple:
        from .eigenstructure import _factors, primitive_matrix
        return _factors(primitive_matrix(self)[0])

    @cached_property
    def hyperbolicity(self) -> Hyperbolicity:
        """Whether it is hyperbolic, strictly, symmetric, and where; see `hyperbolicity.hyperbolicity`."""
        from .hyperbolicity import hyperbolicity
        return hyperbolicity(self)

    def scheme(self, name: str, courant: Any = None, **options: Any) -> Scheme:
        """The discretisation of this name, with flux, reconstruction, limiter, on, time, splitting where given; see
        `scheme.scheme`.

        >>> System(x=[[1]]).scheme("upwind").courant_max
        1
        """
        from .scheme import scheme
        return scheme(self, name, courant, **options)

    def symmetries(self, degree: int = 2) -> Symmetries:
        """The point symmetries with polynomial coefficients up to a degree; see `symmetry.symmetries`."""
        from .symmetry import symmetries
        return symmetries(self, degree)

    def characteristic_fields(self, direction: Sequence[Any] | None = None) -> tuple[CharacteristicField, ...]:
        """Nonlinear or degenerate fields, Riemann invariants; see `characteristic_field.characteristic_fields`."""
        from .characteristic_field import characteristic_fields
        return characteristic_fields(self, direction)

    @cached_property
    def symmetriser(self) -> Symmetriser:
        """A positive definite S with S A_j symmetric; see `symmetriser.symmetriser`."""
        from .symmetriser import symmetriser
        return symmetriser(self)

    @cached_property
    def entropy(self) -> Entropy:
        """A convex entropy found within an ansatz; see `entropy.entropy`."""
        from .entropy import entropy
        return entropy(self)

    def report(self) -> Report:
        """Everything that is known: speeds, fields, invariants, entropy, symmetriser; see `report.report`."""
        from .report import report
        return report(self)

    def _repr_latex_(self) -> str:
        from .report import system_latex
        return f"$${system_latex(self)}$$"

    def lattice_symmetry(self, group: Group, space: Rep | None = None) -> Rep:
        """The representation on the state by which a finite group acts; see `lattice_symmetry.lattice_symmetry`."""
        from .lattice_symmetry import lattice_symmetry
        return lattice_symmetry(self, group, space)

    def named(self, expression: str) -> System:
        """The same system, printed by this expression, such as that of the catalog."""
        other = object.__new__(System)
        for name in self.__dataclass_fields__:
            object.__setattr__(other, name, getattr(self, name))
        object.__setattr__(other, "expression", expression)
        return other

    # Printing ------------------------------------------------------------------------------------------
    @property
    def _key(self) -> tuple:
        return self.axes, self.names, self.positive, self.fluxes, self.matrices, self.source

    def __eq__(self, other: object) -> bool:
        return isinstance(other, System) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)

    def _expression(self) -> str:
        def row(values: Sequence[Any]) -> str:
            inner = ", ".join(repr(text(v)) for v in values)
            return f"({inner},)" if len(values) == 1 else f"({inner})"
        if self.fluxes is not None:
            fluxes = ", ".join(f"{a!r}: {row(f)}" for a, f in zip(self.axes, self.fluxes))
            parts = [f"fluxes={{{fluxes}}}", f"state={self.names!r}"]
        else:
            parts = [f"{a}=[" + ", ".join("[" + ", ".join(repr(text(e)) for e in m.row(i)) + "]"
                                          for i in range(self.size)) + "]" for a, m in zip(self.axes, self.matrices)]
            parts.append(f"state={self.names!r}")
        if any(self.source):
            parts.append(f"source={row(self.source)}")
        if self.positive:
            parts.append(f"positive={tuple(sorted(self.positive))!r}")
        if self.primitive is not None:
            inner = ", ".join(f"{n!r}: {text(e)!r}" for n, e in zip(self.names, self.primitive))
            parts.append(f"primitive={{{inner}}}")
        return f"System({', '.join(parts)})"

    def __repr__(self) -> str:
        return f"{self.expression}  # {self.size} unknown{'s' if self.size > 1 else ''} in {', '.join(self.axes)}"

    def __deepcopy__(self, memo) -> System:
        return self  # immutable


def _state_names(state: Sequence[Any] | None, fluxes: Any, matrices: Mapping[str, Any]) -> tuple[str, ...]:
    if state is None:
        if fluxes is not None:
            raise NotASystem("fluxes are functions of the state: name its unknowns, state=('h', 'm').")
        n = len(_rows(next(iter(matrices.values()))))
        return tuple(f"u_{i + 1}" for i in range(n))
    if isinstance(state, str):
        state = state.split()
    names = tuple(s.name if isinstance(s, sympy.Symbol) else s for s in state)
    if not names or len(set(names)) < len(names):
        raise NotASystem(f"the state {names!r} needs one distinct name for each unknown.")
    for name in names:
        symbol(name)
    return names


def _sequence(row: Any, what: str) -> Sequence[Any]:
    if isinstance(row, (str, sympy.Expr, int)):
        return [row]
    try:
        return list(row)
    except TypeError:
        raise FormulaError(f"{what} is {row!r}, and it has to be a list of formulas, one for each unknown.") from None


def _rows(matrix: Any) -> list[list[Any]]:
    if isinstance(matrix, sympy.MatrixBase):
        return matrix.tolist()
    try:
        return [list(row) for row in matrix]
    except TypeError:
        raise NotASystem(f"{matrix!r} is no matrix. Write a list of rows, [[0, 1], [1, 0]].") from None
