"""Covariance: whether the flux through a face, moved by a group, is the moved flux through the face there."""
from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sympy
from sympy import Expr

from .ball import evaluate
from .equivariance import Undecided, _offsets
from .face_program import cell_symbol
from .laurent import Offset
from .muscl import Muscl
from .numerical_flux import State
from .reconstruction import Linear
from .riemann_flux import RiemannFlux
from .sample_state import sample_states
from .step_program import Assignments, StepProgram, assignments
from .value_numbering import NotNumbered, Values
from .weno import Weno

if TYPE_CHECKING:
    from .scheme import Scheme
    from .system import System

POINTS = 3  # states at which values are compared before they are proved equal
Point = Mapping[Expr, Any]
Pair = tuple[Sequence[Expr], Sequence[Expr]]  # two values that have to be equal, entry by entry
Question = Callable[[Values], Pair]


@dataclass(frozen=True)
class Motion:
    """A generator: a signed permutation of the axes, and ρ on the state."""

    space: sympy.Matrix
    rho: sympy.Matrix

    def axis(self, j: int) -> tuple[int, int]:
        """The axis to which axis j goes, and the sign of its direction."""
        return next((k, int(x)) for k, x in enumerate(self.space.col(j)) if x)

    def source(self, k: Offset) -> Offset:
        """The offset that goes to k."""
        return tuple(int(x) for x in self.space.T * sympy.Matrix(k))

    def state(self, u: Sequence[Expr]) -> State:
        """ρ u."""
        return tuple(self.rho * sympy.Matrix(list(u)))


@dataclass(frozen=True)
class Verdict:
    """Whether two values are seen to be equal; where not everywhere, the formulas that must not vanish."""

    equal: bool
    ties: tuple[Expr, ...] = ()


def covariance(question: Question, points: Sequence[Point]) -> Verdict:
    """Whether both values are equal: everywhere, or else with the ties of cases left out, each of them then set to 0.

    >>> x = sympy.Symbol("x", real=True); from flint import arb
    >>> covariance(lambda let: ([sympy.Piecewise((x, x > 0), (0, True))], [sympy.Max(x, 0) * 1]), [{x: arb(2)}])
    Verdict(equal=False, ties=())
    """
    if _agree(question, Values(points)):
        return Verdict(True)
    values = Values(points, generic=True)
    if not _agree(question, values):
        return Verdict(False)
    return Verdict(True, tuple(_open_ties(question, points, frozenset(), values)))


def _agree(question: Question, values: Values) -> bool:
    try:
        a, b = question(values)
        return all(values(x - y) == 0 for x, y in zip(map(values, a), map(values, b)))
    except NotNumbered:
        return False


def _open_ties(question: Question, points: Sequence[Point], zeros: frozenset[int], values: Values) -> list[Expr]:
    """The ties at which the values are not seen to agree; several at once in the order in which they are numbered, as
    a name that is 0 changes the numbers of later ones alone."""
    found = []
    for number, meaning in sorted(values.ties.items()):
        if number <= max(zeros, default=-1):
            continue
        there = Values(points, generic=True, zeros=zeros | {number})
        if not _agree(question, there):
            found.append(meaning)
        elif len(zeros) < 2:
            found += _open_ties(question, points, there.zeros, there)
        elif there.ties:
            found.append(meaning)
    return found


# Questions -------------------------------------------------------------------------------------------------------
def parts(program: StepProgram, motion: Motion) -> dict[str, list[Question]]:
    """What is enough for the face fluxes to be covariant, by part: its reconstruction and its numerical flux where it
    is made of these, otherwise the whole.

    F_{g·axis} on moved cells is ρ F_axis; where g turns the axis around, the face lies on the other side of its cell
    and the flux changes its sign.
    """
    axes = range(len(program.rows))
    found: dict[str, list[Question]] = {}
    if any(program.scheme.system.source):
        found["source"] = [_source(program.scheme.system, motion)]
    if program.face:
        return found | {"face flux": [_face(program, motion, j) for j in axes]}
    return found | {"reconstruction": [_reconstruction(program, motion, j) for j in axes],
                    "numerical flux": [_flux(program, motion, j) for j in axes]}


def _source(system: System, motion: Motion) -> Question:
    source = assignments([system.state], lambda let: [system.source])

    def question(values: Values) -> Pair:
        (plain,), (moved,) = (source([u], values) for u in (system.state, motion.state(system.state)))
        return motion.state(plain), moved
    return question


def _reconstruction(program: StepProgram, motion: Motion, j: int) -> Question:
    k, sign = motion.axis(j)
    row = program.reconstruction[j].inputs

    def question(values: Values) -> Pair:
        plain = program.reconstruction[j](row, values)
        moved = program.reconstruction[k]([list(map(values, motion.state(u))) for u in row[::sign]], values)
        return [e for u in plain for e in motion.state(u)], [e for u in moved[::sign] for e in u]
    return question


def _flux(program: StepProgram, motion: Motion, j: int) -> Question:
    k, sign = motion.axis(j)
    pair = program.flux[j].inputs

    def question(values: Values) -> Pair:
        (plain,) = program.flux[j](pair, values)
        (moved,) = program.flux[k]([list(map(values, motion.state(u))) for u in pair[::sign]], values)
        return [sign * e for e in motion.state(plain)], moved
    return question


def _face(program: StepProgram, motion: Motion, j: int) -> Question:
    (k, sign), state = motion.axis(j), program.scheme.system.state
    back = tuple(int(i == k and sign < 0) for i in range(len(program.rows)))

    def question(values: Values) -> Pair:
        plain = program.face[j](program.face[j].inputs, values)
        cells = []
        for o in program.rows[k]:
            source = motion.source(tuple(x - b for x, b in zip(o, back)))
            cells.append(list(map(values, motion.state([cell_symbol(s, source) for s in state]))))
        moved = program.face[k](cells, values)
        return [sign * e for u in plain for e in motion.state(u)], [e for u in moved[::sign] for e in u]
    return question


def _whole(program: StepProgram, motion: Motion) -> Question:
    state, offsets = program.scheme.system.state, _offsets(program.scheme)

    def question(values: Values) -> Pair:
        def run(part: Assignments, states: Sequence[Sequence[Any]]) -> list[list[Expr]]:
            return part(states, values)
        plain = {k: tuple(cell_symbol(s, k) for s in state) for k in offsets}
        moved = {k: list(map(values, motion.state([cell_symbol(s, motion.source(k)) for s in state])))
                 for k in offsets}
        return motion.state(program.step(plain, run)), program.step(moved, run)
    return question


# Proofs --------------------------------------------------------------------------------------------------------
def prove(program: StepProgram, motion: Motion) -> None:
    """Undecided with the part of the step that is not seen to be covariant; otherwise it is proved to be."""
    scheme = program.scheme
    points = _points(program, motion)
    for part, questions in parts(program, motion).items():
        for j, question in enumerate(questions):
            found = covariance(question, points)
            if not found.equal:
                if _is_proved_as_a_whole(program, motion, points):
                    return
                raise Undecided(f"the {part} of {scheme.expression} along {scheme.axes[j]} is not seen to go to that "
                                f"along {scheme.axes[motion.axis(j)[0]]} by {motion.rho.tolist()} on the state, and "
                                "none of the states tried refutes it. Give numbers for the parameters, system.at(…).")
            if found.ties and not is_continuous(scheme):
                raise Undecided(f"the {part} of {scheme.expression} is seen to be covariant where {found.ties[0]} is "
                                "not 0, and not where it is. Write the flux with equal values on both sides there, or "
                                "with their mean.")


def is_continuous(scheme: Scheme) -> bool:
    """Whether the flux is that of Godunov, which is continuous (f at 0 of the solution), on values by name.

    Its program takes one side or the other where u* = 0, and both give the same there, up to Newton's remainder.
    """
    return type(scheme.flux) is RiemannFlux and scheme.flux.name == "godunov" and type(scheme.reconstruction) in (
        Linear, Muscl, Weno)


def _is_proved_as_a_whole(program: StepProgram, motion: Motion, points: Sequence[Point]) -> bool:
    """Whether the whole step is seen to be covariant, where the flux through one face is not."""
    found = covariance(_whole(program, motion), points)
    return found.equal and (not found.ties or is_continuous(program.scheme))


def _points(program: StepProgram, motion: Motion) -> list[Point]:
    """Values of all symbols, from which it is guessed what may be equal."""
    state, offsets = program.scheme.system.state, _offsets(program.scheme)
    rows = [tuple(cell_symbol(s, k) for s in state) for k in sorted(offsets | {motion.source(k) for k in offsets})]
    rows += [names for part in (program.reconstruction, program.flux, program.face) for p in part for names in p.inputs]
    rows = list(dict.fromkeys([state, *rows]))
    found: list[Point] = []
    for numbers, states in sample_states(program.scheme.system, rows, POINTS):
        values = numbers | {s: x for names, u in states.items() for s, x in zip(names, u)}
        found.append({s: evaluate(x, {}) for s, x in values.items()})
    return found


__all__ = ["Motion", "Verdict", "covariance", "is_continuous", "prove"]
