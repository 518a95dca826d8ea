"""Refutation: a rational state at which a step of a scheme does not commute with a motion, in ball arithmetic."""
from __future__ import annotations

from collections.abc import Mapping, Sequence

import sympy
from flint import arb, ctx
from sympy import Expr

from .ball import evaluate, run
from .certified import PRECISION, NotCertified
from .covariance import Motion
from .eigenstructure import primitive_inverse
from .equivariance import _offsets
from .laurent import Offset
from .sample_state import sample_states
from .step_program import Assignments, StepProgram

STATES = 5
State = list[arb]


class Refutation:
    """Whether some state refutes N(g·u) = g·N(u): balls of the two sides that do not meet, or a g·u that is no state.

    The step is run line by line, so that it is never one formula. False says nothing.
    """

    def __init__(self, program: StepProgram) -> None:
        self.program, self.offsets = program, _offsets(program.scheme)
        inverse, system = primitive_inverse(program.scheme.system), program.scheme.system
        self.positive = [inverse.get(s, s) for s in dict.fromkeys((*system.state, *system.primitive_symbols))
                         if s.is_positive]

    def __call__(self, motion: Motion) -> bool:
        with ctx.workprec(PRECISION):
            return self._refutes(motion)

    def _refutes(self, motion: Motion) -> bool:
        system = self.program.scheme.system
        cells = sorted(self.offsets | {motion.source(k) for k in self.offsets})
        rho = [[evaluate(e, {}) for e in row] for row in motion.rho.tolist()]

        def turned(u: State) -> State:
            return [sum((a * x for a, x in zip(row, u)), arb(0)) for row in rho]
        for numbers, states in sample_states(system, cells, STATES):
            at = {s: evaluate(x, {}) for s, x in numbers.items()}
            u = {k: [evaluate(x, {}) for x in state] for k, state in states.items()}
            moved = {k: turned(u[motion.source(k)]) for k in self.offsets}
            if not all(self._is_state(v, at) for v in moved.values()):
                return True
            try:
                a, b = self._step(moved, at), turned(self._step(u, at))
            except NotCertified:
                continue
            if not all((x - y).contains(0) for x, y in zip(a, b)):
                return True
        return False

    def _is_state(self, u: State, at: Mapping[Expr, arb]) -> bool:
        """Whether what is positive, as h, or the pressure among the primitive unknowns, is not seen to be otherwise."""
        here = dict(at) | dict(zip(self.program.scheme.system.state, u))
        for e in self.positive:
            try:
                if evaluate(e, here) <= 0:
                    return False
            except NotCertified:
                continue
        return True

    def _step(self, u: Mapping[Offset, State], at: Mapping[Expr, arb]) -> State:
        """Σ_axis F_{j+1/2} − F_{j−1/2} less the source, whose factors are none of the step."""
        system = self.program.scheme.system
        here = dict(at) | dict(zip(system.state, u[(0,) * system.ndim]))

        def balls(part: Assignments, states: Sequence[Sequence[arb]]) -> list[list[arb]]:
            known = dict(at) | {s: x for names, state in zip(part.inputs, states) for s, x in zip(names, state)}
            values = run(part.lines, known)
            return [[evaluate(sympy.sympify(e), values) for e in row] for row in part.outputs]
        return [x - evaluate(e, here) for x, e in zip(self.program.step(u, balls), system.source)]


__all__ = ["Refutation"]
