"""Equivariance: whether a step of a scheme commutes with a group that acts on the grid and on the state."""
from __future__ import annotations

from typing import TYPE_CHECKING

import sympy
from sympy import Expr

from .face_program import cell_symbol
from .hll import NoSuchFlux
from .laurent import Offset

if TYPE_CHECKING:
    from reptheory import Group, Rep

    from .scheme import Scheme


class Undecided(ArithmeticError):
    """Two formulas that agree at a point, and that are not seen to be equal."""


def is_equivariant(scheme: Scheme, group: Group, rep: Rep) -> bool:
    """Whether N(g·u) = g·N(u) for the step N and (g·u)(x) = ρ(g) u(g⁻¹x), on every generator g.

    For a linear scheme: its stencil is in Hom(V, V). Otherwise the forward Euler step is compared, in the symbols of
    the cells it reads; Runge–Kutta methods combine such steps. A rational point where the two sides differ refutes;
    equality is proved in symbols, Undecided where it is not seen.

    >>> import reptheory as rt
    >>> from pdeconv import catalog
    >>> G = rt.D(4); catalog.shallow_water(ndim=2).scheme("rusanov").is_equivariant(G, G.trivial + G.vector)
    True
    """
    import reptheory as rt
    from reptheory.monomial import as_matrix

    from .tangent import inert
    if rep.dim != scheme.system.size:
        raise ValueError(f"{rep.expression} has dimension {rep.dim}, and {scheme.system.expression} has "
                         f"{scheme.system.size} unknowns. Give a representation on the state.")
    grid = rt.grid(3, ndim=scheme.system.ndim)
    if scheme.is_linear:
        from .stencil import NotANumber
        try:
            return scheme.stencil in rt.Hom(rep, rep, on=rt.grid(2 * scheme.stencil.radius + 1, ndim=grid.ndim))
        except NotANumber:
            pass  # symbols remain: compared as formulas
    offsets = _offsets(scheme)
    cells = {k: tuple(cell_symbol(s, k) for s in scheme.system.state) for k in offsets}
    try:
        plain = [inert(e) for e in _step(scheme, cells)]
    except NoSuchFlux as error:
        raise Undecided(f"the step of {scheme.expression} is not seen as a formula: {error}") from None
    for space, action in zip(grid.lattice_matrices(group), rep.actions):
        rho = as_matrix(action).to_sympy()
        back = sympy.Matrix(space.tolist()).inv()
        moved: dict[Expr, Expr] = {}
        for k in offsets:
            source = tuple(int(x) for x in back * sympy.Matrix(k))
            values = cells.get(source) or tuple(cell_symbol(s, source) for s in scheme.system.state)
            moved |= dict(zip(cells[k], rho * sympy.Matrix(values)))
        left, right = [e.xreplace(moved) for e in plain], rho * sympy.Matrix(plain)
        if not all(_equal(a, b) for a, b in zip(left, right)):
            return False
    return True


def _offsets(scheme: Scheme) -> set[Offset]:
    """The cells that one forward Euler step of cell 0 reads."""
    found = set()
    for j, axis in enumerate(scheme.axes):
        for k in scheme.face_offsets(axis):
            found |= {k, tuple(x - (i == j) for i, x in enumerate(k))}
    return found


def _step(scheme: Scheme, cells: dict[Offset, tuple[Expr, ...]]) -> list[Expr]:
    """Σ_axis F_{j+1/2} − F_{j−1/2}."""
    total = [sympy.S.Zero] * scheme.system.size
    for j, axis in enumerate(scheme.axes):
        for side, sign in ((0, 1), (-1, -1)):  # what leaves to the right, what enters from the left
            row = {k: cells[tuple(x + side * (i == j) for i, x in enumerate(k))] for k in scheme.face_offsets(axis)}
            total = [t + sign * f for t, f in zip(total, scheme.face_sides(axis, row)[side])]
    return total


def _equal(a: Expr, b: Expr) -> bool:
    """Whether two formulas are equal: refuted in ball arithmetic at a point, or proved in one way of writing them."""
    from .certified import Certified, NotCertified
    from .tangent import greatest, least
    difference = sympy.sympify(a - b)
    if difference == 0:
        return True
    read = Certified([difference])
    for shift in range(4):
        signs = [1 if s.is_positive or (n + shift) % 2 else -1 for n, s in enumerate(read.symbols)]
        point = {s: signs[n] * sympy.Rational(7 * n + 3, 5 + (3 * n + shift) % 11) for n, s in enumerate(read.symbols)}
        try:
            if not read(point)[0].contains(0):
                return False
            break
        except NotCertified:
            continue
    else:
        plain = difference.replace(greatest, sympy.Max).replace(least, sympy.Min)
        value = sympy.N(plain.subs(point), 60)
        if abs(value) > sympy.Float(10) ** -30:
            return False
    one = _written(difference)
    if one == 0 or sympy.expand(one) == 0 or sympy.cancel(one) == 0 or (
            one.count_ops() < 300 and sympy.simplify(one) == 0):
        return True
    raise Undecided(f"{difference} vanishes at one point, and is not seen to vanish everywhere. Give numbers for the "
                    "parameters, system.at(…).")


def _written(e: Expr) -> Expr:
    """The formula with expanded arguments, with −max(−a, …) for min(a, …) and one sign for cases that are ±v or 0."""
    from .tangent import case, greatest, least
    if not e.args:
        return e
    if isinstance(e, sympy.Piecewise) and len(e.args) == 2 and hasattr(e.args[0][1], "gts"):
        (value, above), (rest, _) = e.args
        a, b = (sympy.cancel(_written(x)) for x in (value, rest))
        sign = -1 if b == 0 and a.could_extract_minus_sign() else 1
        return sign * case(sympy.expand(_written(above.gts - above.lts)), sign * a, b)
    parts = [_written(a) for a in e.args]
    if isinstance(e, (greatest, least)):
        sign = 1 if isinstance(e, greatest) else -1
        return sign * greatest(*sympy.ordered({sympy.expand(sign * a) for a in parts}))
    return e.func(*parts)
