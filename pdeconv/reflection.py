"""Reflections: the signs S = diag(±1) of the unknowns under x ↦ −x."""
from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import sympy

from .numerical_flux import physical
from .system import System


class NotASide(ValueError):
    """A boundary condition that does not exist for this system, or sides that are not described."""


def is_reflection(system: System, axis: str, odd: Sequence[str]) -> bool:
    """Whether S f_axis(S u) = −f_axis(u) and S f_k(S u) = f_k(u) for the other axes and the source, exactly.

    >>> from pdeconv import catalog
    >>> is_reflection(catalog.euler(), "x", ["m_x"]), is_reflection(catalog.euler(), "x", ["rho"])
    (True, False)
    """
    signs = [-1 if name in odd else 1 for name in system.names]
    if not system.is_conservative and not system.is_linear:  # S A(S u) S = ∓A(u)
        turned = dict(zip(system.state, (s * u for s, u in zip(signs, system.state))))
        turn = sympy.diag(*signs)
        return not any(system.source) and all(
            sympy.cancel(e) == 0 for a, m in zip(system.axes, system.matrices)
            for e in turn * m.subs(turned, simultaneous=True) * turn - (-1 if a == axis else 1) * m)
    mirrored = [s * u for s, u in zip(signs, system.state)]
    rows = [(physical(system, system.state, a), physical(system, mirrored, a), -1 if a == axis else 1)
            for a in system.axes]
    at = dict(zip(system.state, mirrored))
    rows.append((system.source, tuple(s.subs(at, simultaneous=True) for s in system.source), 1))
    return all(sympy.cancel(s * b - sign * a) == 0 for f, g, sign in rows for s, a, b in zip(signs, f, g))


def is_mirror(system: System, axis: str, odd: Sequence[str]) -> bool:
    """Whether S f(S u) = −f(u) for the flux f across the side, in the rows of the unknowns that f reads, exactly: then
    waves that meet the side at right angles come back from their mirror image.

    >>> from pdeconv import catalog
    >>> is_mirror(catalog.elasticity(), "x", ["s_xx", "s_xy"])
    True
    """
    signs = [-1 if name in odd else 1 for name in system.names]
    f = physical(system, system.state, axis)
    g = physical(system, [s * u for s, u in zip(signs, system.state)], axis)
    read = {u for e in f for u in sympy.sympify(e).free_symbols}
    return all(sympy.cancel(s * b + a) == 0 for u, s, a, b in zip(system.state, signs, f, g) if u in read)


def reflection(system: System, axis: str) -> tuple[str, ...]:
    """The unknowns that change sign under x ↦ −x, exactly: the fewest, among which the first one is not, if possible.

    Raises NotASide where no choice of signs does it, and for electromagnetic fields, which have two.

    >>> from pdeconv import catalog
    >>> reflection(catalog.euler(ndim=2), "y")
    ('m_y',)
    """
    names = system.names
    if {"E", "H"} <= {name[0] for name in names if name[1:2] == "_"}:
        raise NotASide(f"{system.expression} has two kinds of walls across {axis}, where E or where H is tangential. "
                       "Use 'conductor', or Wall(odd=…) with the unknowns that change sign.")
    for first in (False, True):
        for count in range(len(names) + 1):
            for odd in combinations(names, count):
                plausible = not any(system.state[names.index(name)].is_positive for name in odd)
                if (names[0] in odd) == first and plausible and is_reflection(system, axis, odd):
                    return odd
    raise NotASide(f"{system.expression} has no wall across {axis}: no change of signs of {', '.join(names)} turns its "
                   "flux around. Use 'outflow', 'periodic' or dirichlet(…).")
