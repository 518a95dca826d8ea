"""The solver: one small problem per orbit of X and per distinct pair of summands."""
from __future__ import annotations

from functools import reduce
from math import gcd, lcm

import numpy as np
from flint import fmpq, fmpq_poly

from .count import LISTED, dimension, fixed_points
from .field import Number, Q
from .lie_solve import folded_intertwiners
from .linalg import gram_schmidt, nullspace, orthogonal_rows, rref
from .matrix import Matrix
from .monomial import Monomial, as_matrix, contragredient, kron
from .piece import DensePiece, FoldedPiece, Orbit, SignedPiece
from .rep import Action, Rep
from .reynolds import fixed_rows
from .schur import by_schur
from .tensor import factors_of
from .tensor_action import TensorAction
from .tuples import orbit_numbers, signed_orbits

LARGE = 64  # unknowns over an orbit from which the Reynolds operator is faster than elimination
MANY = 24   # solutions from which maps through irreducible representations are simpler than orthogonalised ones


def solve(source: Rep, target: Rep, points: int, moves: tuple[np.ndarray, ...],
          orbits: tuple[Orbit, ...]) -> SignedPiece:
    """All κ: X → Hom(A, B) with κ(gx) = ρ_B(g) κ(x) ρ_A(g)⁻¹ for a monomial pair, where generator s moves point x to
    moves[s][x]: the orbits of unknowns on which no element of the group changes the sign."""
    factors = factors_of(target) + factors_of(source)
    indices = [tuple(Monomial.of(move) for move in moves), *(factor.actions for factor in factors)]
    labels, signs = signed_orbits([points, *(f.dim for f in factors)], indices)  # type: ignore[arg-type]
    return SignedPiece(source, target, points, orbits, labels, signs)


def solve_orbits(source: Rep, target: Rep, moves: tuple[np.ndarray, ...],
                 orbits: tuple[Orbit, ...]) -> tuple[Matrix, ...]:
    """The same for any pair, one table for each orbit of X: one linear problem in the unknowns at one point (Frobenius
    reciprocity: κ is determined by κ(x₀) ∈ Hom over the stabiliser of x₀)."""
    weights = weights_of(source, target)
    return tuple(solve_orbit(orbit, moves, source, target, weights) for orbit in orbits)


def solve_lie(source: Rep, target: Rep, orbits: tuple[Orbit, ...]) -> FoldedPiece:
    """The intertwiners A → B of a Lie group, orthogonal for the metrics of A and B."""
    folding, coordinates = folded_intertwiners(source, target)
    piece = FoldedPiece(source, target, 1, orbits, folding.labels, folding.signs, coordinates)
    rows = orthogonal_rows(coordinates, piece.metric)
    if not rows.shape[0]:
        return piece
    return FoldedPiece(source, target, 1, orbits, folding.labels, folding.signs, _scaled(rows, rows.shape[1]))


def weights_of(source: Rep, target: Rep) -> list[Number] | None:
    """The metric of the unknowns at one point, None where it is 1."""
    weights = DensePiece(source, target, 0, (), ()).weights
    return None if weights is None else list(weights)


def is_signed(source: Rep, target: Rep) -> bool:
    """Whether both act by signed permutations, so that their maps need no linear algebra."""
    return all(factor.is_monomial for factor in factors_of(target) + factors_of(source))


def stalk_action(a: Action, b: Action) -> Action:
    """The action ρ_B ⊗ ρ_A^(−T) of one group element on Hom(A, B), unknown (i, j) numbered i·dim A + j."""
    return kron(b, contragredient(a))


def orbits_of(points: int, moves: tuple[np.ndarray, ...]) -> tuple[Orbit, ...]:
    """The orbits of X, ordered by their smallest points."""
    number, _ = orbit_numbers(points, moves)
    order = np.argsort(number, kind="stable")
    groups = np.split(order, np.flatnonzero(np.diff(number[order])) + 1)
    return tuple(Orbit(int(g[0]), tuple(g.tolist())) for g in groups)


def solve_orbit(orbit: Orbit, moves: tuple[np.ndarray, ...], source: Rep, target: Rep,
                weights: list[Number] | None, split: bool = True) -> Matrix:
    """The orthogonal basis of equivariant sections over one orbit, one row each, in canonical form: the Gram–Schmidt
    basis of the reduced echelon form, scaled; at a fixed point many solutions are `split` by irreducible ones."""
    table = None
    stalk = source.dim * target.dim
    if LARGE <= orbit.size * stalk and source.group.order <= LISTED and moves:
        place = {x: n for n, x in enumerate(orbit.members)}
        local = tuple(np.array([place[int(move[x])] for x in orbit.members]) for move in moves)
        dim, _ = dimension(source, target, lambda g: fixed_points(source.group, local, orbit.size, g))
        if dim == 0:
            return Matrix.zeros(0, orbit.size * stalk)
        if split and orbit.size == 1 and dim is not None and dim >= MANY:
            rows = by_schur(source, target, lambda a, b: solve_orbit(orbit, moves, a, b, weights_of(a, b), False))
            if rows is not None:
                return _scaled(rows, stalk)
        if dim is not None:
            table = fixed_rows(source.group, TensorAction.over(orbit, moves, source, target), dim)
    if table is None:
        table = propagated(orbit, moves, source, target)
    first = orbit.members.index(orbit.representative) * stalk
    return _orthogonal(table, None if weights is None else weights * orbit.size, stalk, first)


def _orthogonal(table: Matrix, weights: list[Number] | None, stalk: int = 0, first: int = 0) -> Matrix:
    """The orthogonal basis of the row space of an echelon form, scaled to be canonical."""
    if not table.shape[0]:
        return table
    return _scaled(gram_schmidt(table, weights)[0], stalk or table.shape[1], first)


def _scaled(rows: Matrix, stalk: int, first: int = 0) -> Matrix:
    """The rows scaled by what makes their entries at one point canonical: coprime integers with a positive lead where
    they are rational, a lead of 1 otherwise."""
    width, factors = rows.shape[1], []
    parts = [part.entries() for part in rows.parts]
    for start in range(first, first + rows.shape[0] * width, width):
        at = [part[start:start + stalk] for part in parts]
        lead = next(n for n, c in enumerate(zip(*at)) if any(c))
        if any(c for part in at[1:] for c in part):
            factors.append(1 / Number(rows.field, fmpq_poly([part[lead] for part in at])))
            continue
        fractions = [c for c in at[0] if c]
        content = fmpq(reduce(gcd, (int(c.p) for c in fractions)), reduce(lcm, (int(c.q) for c in fractions)))
        factors.append(Q(1 / (content if fractions[0] > 0 else -content)))
    return Matrix.diagonal(factors) @ rows


def propagated(orbit: Orbit, moves: tuple[np.ndarray, ...], source: Rep, target: Rep) -> Matrix:
    """The sections by carrying all values at x₀ along the orbit: wherever two ways around disagree, they are cut down
    to those that agree."""
    actions = [as_matrix(stalk_action(a, b)) for a, b in zip(source.actions, target.actions)]
    transposed = [a.T for a in actions]
    stalk = source.dim * target.dim
    start = nullspace_at(orbit.representative, moves, transposed, stalk)
    canonical, _ = rref(start)
    rows = canonical.submatrix(range(start.shape[0]), range(stalk))
    sections = _carry(orbit, moves, transposed, rows)
    return Matrix.hstack([sections[x] for x in orbit.members])


def nullspace_at(x0: int, moves: tuple[np.ndarray, ...], transposed: list[Matrix], stalk: int) -> Matrix:
    """The values at x₀ of equivariant sections, as rows: those on which every closed walk from x₀ acts trivially."""
    sections = {x0: Matrix.identity(stalk)}
    queue = [x0]
    for x in queue:
        for move, action in zip(moves, transposed):
            y, image = int(move[x]), sections[x] @ action
            if y not in sections:
                sections[y] = image
                queue.append(y)
            elif sections[y] != image:
                kept = nullspace((image - sections[y]).T)
                sections = {z: kept @ rows for z, rows in sections.items()}
                if not kept.shape[0]:
                    return sections[x0]
    return sections[x0]


def _carry(orbit: Orbit, moves: tuple[np.ndarray, ...], transposed: list[Matrix], rows: Matrix) -> dict[int, Matrix]:
    """The sections with these values at the representative, along a spanning tree of the orbit."""
    sections, queue = {orbit.representative: rows}, [orbit.representative]
    for x in queue:
        for move, action in zip(moves, transposed):
            y = int(move[x])
            if y not in sections:
                sections[y] = sections[x] @ action
                queue.append(y)
    return sections
