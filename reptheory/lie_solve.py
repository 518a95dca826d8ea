"""Intertwiners of a Lie group: unknowns folded by exact elements, the equations of the Lie algebra on what is left,
then the components."""
from __future__ import annotations

import numpy as np

from .equations import Equations
from .folding import Folding, fold, signed
from .generating import generating
from .linalg import nullspace, rref
from .matrix import Matrix
from .monomial import Monomial, contragredient
from .piece import unfolded
from .rep import Action, Rep
from .residual import moved
from .tensor import factors_of
from .tensor_derivation import WORD, TensorDerivation


def intertwiners(source: Rep, target: Rep) -> Matrix:
    """All κ with dρ_B(X) κ = κ dρ_A(X) and ρ_B(c) κ = κ ρ_A(c): the echelon basis, one row each, κ_ij at i·dim A + j.

    On the connected component the equations of the Lie algebra are those of the group (exp is a local diffeomorphism),
    and a generating set of it is enough.

    >>> import reptheory as rt
    >>> intertwiners(rt.SO(3).vector, rt.SO(3).vector)
    [1 0 0 0 1 0 0 0 1]
    """
    folding, coordinates = folded_intertwiners(source, target)
    return unfolded(coordinates, folding.labels, folding.signs)


def folded_intertwiners(source: Rep, target: Rep) -> tuple[Folding, Matrix]:
    """The same as coordinates on the orbits of unknowns. These are numbered by first unknown, so that the echelon form
    there is that of the maps themselves, whatever the orbits."""
    action = TensorDerivation.over(source, target)
    folding = fold(source, target, action)
    coordinates = equations(action, folding, generating(action, folding.turns)).nullspace()
    for s in range(len(source.group.generators)):
        actions = [signed(f.actions[s]) for f in factors_of(target)]
        actions += [contragredient(signed(f.actions[s])) for f in factors_of(source)]
        if coordinates.shape[0] and not all(isinstance(a, Monomial) for a in actions):
            coordinates = _fixed(coordinates, folding, actions)
    return folding, coordinates


def equations(action: TensorDerivation, folding: Folding, chosen: list[int]) -> Equations:
    """The equations of these X_a in the coordinates of the folding."""
    rows, columns, values = [], [], []
    labels, signs, size = folding.labels, folding.signs.astype(np.int64), action.size
    for height, a in enumerate(chosen):
        if action.bound(a) >= WORD:
            raise OverflowError(f"X_{a} has coefficients beyond 2⁶² in an integral form")
        for row, column, value in action.terms(a):
            kept = labels[column] >= 0
            row, column = row[kept], column[kept]
            rows.append(row + height * size)
            columns.append(labels[column])
            values.append(signs[column] * np.array(value, np.int64)[:, None])
    shape = (len(chosen) * size, folding.count)
    if not rows:
        empty = np.zeros(0, np.int64)
        return Equations.of(action.field, shape, empty, empty, np.zeros((action.field.degree, 0), np.int64))
    return Equations.of(action.field, shape, np.concatenate(rows), np.concatenate(columns),
                        np.concatenate(values, axis=1))


def _fixed(coordinates: Matrix, folding: Folding, actions: list[Action]) -> Matrix:
    """The combinations of these maps that one component generator fixes, by an equation in their number of unknowns."""
    table = unfolded(coordinates, folding.labels, folding.signs)
    kept = nullspace((moved(actions, table) - table).T)
    return rref(kept @ coordinates)[0] if kept.shape[0] else Matrix.zeros(0, coordinates.shape[1], coordinates.field)
