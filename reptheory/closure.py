"""The closure of a space of kernels under the group: span{ρ(g)κ}, without its elements."""
from __future__ import annotations

import numpy as np

from .hom import Hom
from .linalg import rref
from .matrix import Matrix
from .monomial import Monomial, as_matrix
from .project import Part, Projection, used
from .rep import Action
from .solve import stalk_action
from .span import Span, components


def closure(projection: Projection, hom: Hom) -> Projection:
    """span{ρ(g)κ: g ∈ G, κ ∈ L} for (ρ(g)κ)(gx) = ρ_W(g) κ(x) ρ_V(g)⁻¹: the rows are moved by the generators (and by
    the Lie algebra) until their rank no longer grows.

    >>> import reptheory as rt
    >>> H = rt.Hom(rt.C(4).trivial, rt.C(4).trivial, on=rt.grid(3)); closure(rt.support(H, [(0, 1)]), H).dim
    4
    """
    known: dict[tuple, Span] = {}
    parts = []
    for part in projection.parts:
        key = id(part.span), _summands(hom, part.pair)
        if key not in known:
            known[key] = _closed(part.span, _moves(hom, part.pair))
        parts.append(Part(part.pair, part.channels, known[key]))
    return used(Projection(hom, tuple(parts), f"span G {projection.name}", projection.taps))


Move = tuple[np.ndarray, np.ndarray, np.ndarray]   # entries (to, from, value) of a sparse matrix on the unknowns


def _summands(hom: Hom, pair: tuple[int, int] | None):
    if pair is None:
        return hom.source, hom.target
    return hom.source.summands[pair[1]][1], hom.target.summands[pair[0]][1]


def _moves(hom: Hom, pair: tuple[int, int] | None) -> list[Move]:
    """The action of the generators and of the Lie algebra on the unknowns of a part."""
    source, target = _summands(hom, pair)
    found = [_move(hom.moves[s], stalk_action(a, b)) for s, (a, b) in enumerate(zip(source.actions, target.actions))]
    here = np.arange(hom.on.size)
    for a, b in zip(source.derivatives, target.derivatives):
        one_a, one_b = Matrix.identity(source.dim), Matrix.identity(target.dim)
        found.append(_move(here, b.kron(one_a) - one_b.kron(a.T)))
    return found


def _move(points: np.ndarray, action: Action) -> Move:
    """(x, k) ↦ Σ_l action[l, k] (points[x], l)."""
    stalk = action.shape[0]
    if isinstance(action, Monomial):
        to, start, value = action.images, np.arange(stalk), action.signs.astype(np.int64)
    else:
        table = action.rows()
        entries = [(l, k, table[l][k]) for l in range(stalk) for k in range(stalk) if not table[l][k].is_zero]
        span = Span.of([[(k, v)] for _, k, v in entries], stalk)
        to, start, value = np.array([e[0] for e in entries], np.int64), span.column, span.value
    x = np.arange(len(points))[:, None]
    return ((points[:, None] * stalk + to).ravel(), (x * stalk + start).ravel(), np.tile(value, len(points)))


def _closed(span: Span, moves: list[Move]) -> Span:
    monomial = all(len(to) == span.size and len(np.unique(to)) == span.size for to, _, _ in moves)
    blocks: list[tuple[np.ndarray, Matrix | None]] = []
    for component in components([span], [(to, start) for to, start, _ in moves]):
        if not component.tables[0][0]:
            continue
        size = len(component.columns)
        if monomial and span.is_coordinate:
            blocks.append((component.columns, None))
            continue
        local = np.full(span.size, -1)
        local[component.columns] = np.arange(size)
        matrices = [_local(move, local, size) for move in moves]
        rows, count = component.matrix(0), -1
        while rows.shape[0] != count and rows.shape[0] < size:
            count = rows.shape[0]
            reduced, pivots = rref(Matrix.vstack([rows, *(rows @ m for m in matrices)]))
            rows = reduced.submatrix(range(len(pivots)), range(size))
        blocks.append((component.columns, rows))
    if all(rows is None for _, rows in blocks):
        chosen = np.sort(np.concatenate([c for c, _ in blocks])) if blocks else np.zeros(0, np.int64)
        return Span.coordinates(chosen, span.size)
    return Span.placed([(columns, rows) for columns, rows in blocks if rows is not None], span.size)


def _local(move: Move, local: np.ndarray, size: int) -> Matrix:
    """The matrix that moves rows: entry (from, to)."""
    to, start, value = move
    inside = local[start] >= 0
    table = np.zeros((size, size), value.dtype)
    table[local[start[inside]], local[to[inside]]] = value[inside]
    return as_matrix(Matrix.from_integers(table) if value.dtype != object else Matrix.of(table.tolist()))
