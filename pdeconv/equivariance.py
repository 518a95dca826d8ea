"""Equivariance: whether a step of a scheme commutes with a group that acts on the grid and on the state."""
from __future__ import annotations

from typing import TYPE_CHECKING

import sympy
from sympy import Expr

from .hll import NoSuchFlux
from .laurent import Offset

if TYPE_CHECKING:
    from reptheory import Group, Rep

    from .scheme import Scheme


class Undecided(ArithmeticError):
    """Two formulas that agree at a point, and that are not seen to be equal."""


def is_equivariant(scheme: Scheme, group: Group, rep: Rep) -> bool:
    """Whether N(g·u) = g·N(u) for the step N and (g·u)(x) = ρ(g) u(g⁻¹x), on every generator g.

    For a linear scheme: its stencil is in Hom(V, V). Otherwise the forward Euler step is compared; Runge–Kutta methods
    combine such steps. A rational state at which the two sides differ, in certified arithmetic, refutes. The proof is
    that of one face: reconstructed values are carried to reconstructed values, and F_{g·axis}(ρu⁻, ρu⁺) = ρ F_axis(u⁻,
    u⁺), with the sides exchanged and the sign changed where g turns the axis around. Programs are compared line by line
    up to sign, as rational functions of roots, maxima and cases (`value_numbering`), wherever they are defined; where
    a comparison in a case holds with equality the branches are compared again. There the fluxes by name are continuous,
    so that they are equal by continuity, "godunov" up to the rounding to which it is found. Undecided, with the part
    that is not seen to be covariant, where no state refutes.

    >>> import reptheory as rt
    >>> from pdeconv import catalog
    >>> G = rt.D(4); catalog.shallow_water(ndim=2).scheme("hllc").is_equivariant(G, G.trivial + G.vector)
    True
    """
    import reptheory as rt
    from reptheory.monomial import as_matrix

    from .covariance import Motion, prove
    from .refutation import Refutation
    from .step_program import StepProgram
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
    motions = [Motion(sympy.Matrix(space.tolist()), as_matrix(action).to_sympy())
               for space, action in zip(grid.lattice_matrices(group), rep.actions)]
    try:
        program = StepProgram(scheme)
        if any(map(Refutation(program), motions)):
            return False
        for motion in motions:
            prove(program, motion)
    except NoSuchFlux as error:
        raise Undecided(f"the step of {scheme.expression} is not seen as a formula: {error}") from None
    return True


# The step -----------------------------------------------------------------------------------------------------
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
