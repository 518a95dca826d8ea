"""A plan while it is being written."""
from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from .plan import Const, Param, Plan, Step, Table


@dataclass
class Draft:
    """The parameters, constants and steps of a plan while it is being written.

    >>> draft = Draft(); draft.step("y", "mul", "x", draft.const("two", np.array(2.0)))
    'y'
    >>> draft.plan(("x",), "y", "twice the input")([], [3.0]).tolist()
    [6.0]
    """

    params: list[Param] = field(default_factory=list, init=False)
    consts: list[Const] = field(default_factory=list, init=False)
    steps: list[Step] = field(default_factory=list, init=False)

    def step(self, name: str, op: str, *args: str, **attrs: object) -> str:
        """Add a step, unless it is there, and return its name."""
        step = Step.make(name, op, *args, **attrs)
        if step not in self.steps:
            self.steps.append(step)
        return name

    def const(self, name: str, value: np.ndarray) -> str:
        """Add a constant, unless one of this name is there, and return its name."""
        if all(c.name != name for c in self.consts):
            self.consts.append(Const(name, Table.of(value)))
        return name

    def plan(self, inputs: tuple[str, ...], output: str, note: str, origin: object = None) -> Plan:
        """The plan with what was added."""
        return Plan(inputs, tuple(self.params), tuple(self.consts), tuple(self.steps), output, note, origin)
