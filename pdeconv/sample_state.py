"""Sample states: rational states of a system in some cells, admissible by its primitive unknowns."""
from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from sympy import Expr, Rational

from .ratio import RATIO

if TYPE_CHECKING:
    from .system import System

KINDS = ((1, 8), (4, 8), (1, 2), (Rational(1, 4), 2), (16, 2))  # sizes of what has a sign, 1/how far cells differ


def sample_states(system: System, cells: Iterable[Any], count: int) -> Iterator[tuple[dict[Expr, Any], dict]]:
    """Numbers for the parameters, and a state for each cell: `count` times, slow and fast, smooth and rough.

    Parameters and positive unknowns lie between 1 and 2, so that γ > 1 does; nothing is drawn from the clock.

    >>> from pdeconv import catalog
    >>> next(sample_states(catalog.burgers(), [0, 1], 1))
    ({dt/dx: 15/8}, {0: (46501/129152,), 1: (49413/129152,)})
    """
    draw = random.Random(0)
    w = system.primitive_symbols
    formulas = system.state if system.primitive is None else system.primitive
    known = {*system.state, *w}
    names = {s for e in formulas for s in e.free_symbols} | set(system.parameters) | {RATIO}
    cells = list(cells)
    for k in range(count):
        size, steps = KINDS[k % len(KINDS)]
        numbers = {s: 1 + Rational(draw.randrange(1, 16), 16) for s in sorted(names - known, key=str)}
        base = {s: (1 if s.is_positive else 0) + Rational(draw.randrange(1, 32), 32) for s in w}
        base = {s: x if s.is_positive else size * draw.choice((-1, 1)) * x for s, x in base.items()}
        states = {}
        for cell in cells:
            here = {s: x * (1 + Rational(draw.randrange(-1000, 1001), 1009 * steps)) for s, x in base.items()}
            states[cell] = tuple(e.subs(here | numbers, simultaneous=True) for e in formulas)
        yield numbers, states


__all__ = ["sample_states"]
