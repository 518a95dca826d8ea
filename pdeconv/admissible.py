"""Admissible: states with what has to be positive positive, and finite speeds."""
from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import sympy

from .eigenstructure import primitive_inverse
from .operations import NUMPY
from .program import Program, program
from .system import System


class NotAdmissible(ValueError):
    """A state that the system does not have: a dry bed, a vacuum, a negative pressure; `.cell` says where."""

    def __init__(self, message: str, cell: tuple[int, ...]) -> None:
        super().__init__(message)
        self.cell = cell


@dataclass(frozen=True)
class Admissible:
    """The set {u : q(u) > 0 for the unknowns and primitive unknowns q that the system says are positive}; those
    named in `may_vanish` only have to be q ≥ 0, which a scheme with dry cells asks for.

    >>> from pdeconv import catalog
    >>> Admissible(catalog.euler().at(gamma="7/5")).names
    ('rho', 'p')
    """

    system: System
    may_vanish: tuple[str, ...] = ()

    @cached_property
    def _formulas(self) -> dict[str, sympy.Expr]:
        inverse = primitive_inverse(self.system)
        found = {s.name: s for s in self.system.state if s.is_positive}
        if self.system.primitive is not None:
            found |= {s.name: inverse.get(s, s) for s in self.system.primitive_symbols if s.is_positive}
        return found

    @property
    def names(self) -> tuple[str, ...]:
        """The quantities that have to be positive."""
        return tuple(self._formulas)

    @cached_property
    def _program(self) -> Program:
        return program(list(self._formulas.values()), {s: f"q{k}" for k, s in enumerate(self.system.state)})

    def require(self, u: np.ndarray, what: str = "the initial field") -> None:
        """Raise NotAdmissible at the first cell of a field (unknowns, …) that is not finite or not in the set."""
        bad = ~np.isfinite(u).all(0)
        if bad.any():
            cell = _first(bad)
            raise NotAdmissible(f"{what} is not finite in cell {cell}, where it is {self._state(u, cell)}. "
                                "Change it there.", cell)
        with np.errstate(all="ignore"):
            values = self._program(NUMPY, {f"q{k}": f for k, f in enumerate(u)})
        for name, value in zip(self.names, values):
            bad = ~(np.broadcast_to(value, u.shape[1:]) > 0)
            if name in self.may_vanish:
                bad &= ~(np.broadcast_to(value, u.shape[1:]) == 0)
            if bad.any():
                cell = _first(bad)
                found = f"{name} = {np.broadcast_to(value, u.shape[1:])[cell]:g}"
                raise NotAdmissible(
                    f"{what} has {found} in cell {cell}, at {self._state(u, cell)}, and {name} has to be "
                    "positive: this scheme is not proved to hold at a vacuum or a dry bed. Put a small positive number "
                    "there, such as 1e-6; over a bottom, 'hydrostatic' takes dry beds.", cell)

    def _state(self, u: np.ndarray, cell: tuple[int, ...]) -> str:
        return ", ".join(f"{name} = {x[cell]:g}" for name, x in zip(self.system.names, u))


def _first(bad: np.ndarray) -> tuple[int, ...]:
    return tuple(int(i) for i in np.argwhere(bad)[0])
