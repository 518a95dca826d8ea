"""Intertwiners of a Lie group: the null space of the equations of its Lie algebra, then of its components."""
from __future__ import annotations

from .linalg import nullspace, rref
from .matrix import Matrix
from .monomial import as_matrix, contragredient
from .rep import Rep


def intertwiners(source: Rep, target: Rep) -> Matrix:
    """All κ with dρ_B(X) κ = κ dρ_A(X) and ρ_B(c) κ = κ ρ_A(c): the echelon basis, one row each, κ_ij at i·dim A + j.

    On the connected component the equations of the Lie algebra are those of the group (exp is a local diffeomorphism),
    and a generating set of it is enough.
    """
    one_a, one_b = Matrix.identity(source.dim), Matrix.identity(target.dim)
    equations = [b.kron(one_a) - one_b.kron(a.T) for a, b in zip(source.derivatives, target.derivatives)]
    rows = nullspace(Matrix.vstack(equations)) if equations else Matrix.identity(source.dim * target.dim)
    for a, b in zip(source.actions, target.actions):
        if rows.shape[0]:
            action = as_matrix(b).kron(as_matrix(contragredient(a)))
            rows = nullspace((rows @ action.T - rows).T) @ rows
    return rref(rows)[0] if rows.shape[0] else rows
