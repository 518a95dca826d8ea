"""The proof behind a basis of intertwiners of a Lie group: residuals on full tensors, and ranks of what is left."""
from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import reduce
from math import lcm, prod

import numpy as np
from flint import nmod_mat
from scipy.sparse import csr_array, identity, kron

from .field import Field
from .folding import turns
from .matrix import Matrix
from .modular import interpolate, lifted, reduce_mod, split_prime
from .monomial import Monomial, as_matrix, contragredient
from .piece import FoldedPiece, Orbit, unfolded
from .pointer_jumping import roots
from .residual import is_fixed
from .tensor import factors_of
from .tensor_action import TensorAction, cleared
from .tensor_derivation import WORD, TensorDerivation

PRIME = 2 ** 31    # products of residues are exact in int64
CHUNK = 2 ** 20    # entries of tensors treated at a time
SPARE = 40         # more random combinations of equations than unknowns
TERMS = 10         # combinations in which each equation takes part

Roots = tuple[int, tuple[int, ...]]


def flaw(piece: FoldedPiece) -> tuple[str | None, int]:
    """What is wrong with a basis of Hom(A, B), None where it is proved, and the prime of the proof.

    Lower bound: X κ = 0 for every X_a and c κ = κ for every component generator, exactly, one index at a time, and the
    rank of the coordinates modulo the prime is their number. Upper bound: equivariant maps are constant, up to signs,
    on orbits of unknowns under elements of the group; the equations on these orbits have at least their rank modulo a
    prime ideal.
    """
    action = TensorDerivation.over(piece.source, piece.target)
    field = reduce(Field.compositum, (action.field, piece.coordinates.field, piece.source.field, piece.target.field))
    prime = split_prime(field, piece.coordinates, below=PRIME)
    reason = _malformed(piece) or _residual(piece, action, field)
    if reason is None and reduce_mod(piece.coordinates.over(field), prime[0], prime[1][0]).rank() < piece.dim:
        reason = f"has dependent elements modulo {prime[0]}."
    if reason is None:
        left = nullity(piece, action, field, prime)
        if left != piece.dim:
            reason = f"has nullity {left} modulo {prime[0]}, but {piece.dim} elements."
    return reason, prime[0]


def _malformed(piece: FoldedPiece) -> str | None:
    count, size = piece.coordinates.shape[1], piece.stalk
    if piece.labels.shape != (size,) or piece.signs.shape != (size,):
        return f"has labels of {len(piece.labels)} unknowns, and there are {size}."
    alive = piece.labels >= 0
    if piece.labels.min(initial=-1) < -1 or piece.labels.max(initial=-1) >= count or not np.array_equal(
            alive, np.abs(piece.signs)):
        return "has a sign other than ±1, or other than 0 outside."
    if not np.bincount(piece.labels[alive], minlength=count).all():
        return "has a coordinate of no unknown."
    return None


def _residual(piece: FoldedPiece, action: TensorDerivation, field: Field) -> str | None:
    """The first X_a or component generator with a nonzero residual on a basis of the same span."""
    if not piece.dim:
        return None
    table = spanning(piece.coordinates.over(field))
    _, numerators = cleared(table)
    reps = factors_of(piece.target) + factors_of(piece.source)
    top = max((abs(c) for part in numerators for c in part), default=0)
    largest = max((action.bound(a) for a in range(action.dim)), default=0)
    kind = np.int64 if field.degree * top * largest < WORD else object
    step = max(1, CHUNK // piece.stalk)
    for start in range(0, piece.dim, step):
        rows = slice(start, min(start + step, piece.dim))
        parts = [np.array(part, kind).reshape(piece.dim, -1)[rows] for part in numerators]
        tensors = [_spread(part, piece.labels, piece.signs) for part in parts]
        for a, name in enumerate(piece.source.group.algebra_names):  # type: ignore[attr-defined]
            if any(x.any() for x in derived(action, a, tensors, field)):
                return f"has a nonzero residual on {name} of the Lie algebra."
        for s, name in enumerate(piece.source.group.names):
            images = [f.actions[s] for f in reps]
            if all(isinstance(g, Monomial) for g in images):
                whole = _product(images)  # type: ignore[arg-type]
                fixed = all(np.array_equal(x[:, whole.images], x * whole.signs) for x in tensors)
            else:
                fixed = is_fixed(_single(piece, s), unfolded(table, piece.labels, piece.signs))
            if not fixed:
                return f"has a nonzero residual on the generator {name}."
    return None


def _single(piece: FoldedPiece, s: int) -> TensorAction:
    """The action of one component generator."""
    still = (np.zeros(1, np.int64),) * len(piece.source.group.generators)
    whole = TensorAction.over(Orbit(0, (0,)), still, piece.source, piece.target)
    return TensorAction(tuple((factor[s],) for factor in whole.factors))


def _product(turn: Sequence[Monomial]) -> Monomial:
    return reduce(lambda a, b: a.kron(b), turn, Monomial.identity(1))  # type: ignore[arg-type,return-value]


def spanning(table: Matrix) -> Matrix:
    """A basis of the row space with small entries where there is one: M[:, J]⁻¹ M for the first J that allow it.

    It is lifted from a prime, and taken when M = M[:, J] R exactly; otherwise M itself is returned.
    """
    m, n = table.shape
    p, roots = split_prime(table.field, table)
    images = [reduce_mod(table, p, root).rref() for root in roots]
    if any(rank < m for _, rank in images):
        return table
    reduced = lifted(table.field, (m, n), interpolate([image for image, _ in images], roots, p, m, n), p)
    if reduced is None:
        return table
    first = [next(j for j, x in enumerate(row) if int(x)) for row in images[0][0].tolist()]
    return reduced if table.submatrix(range(m), first) @ reduced == table else table


def derived(action: TensorDerivation, a: int, parts: list[np.ndarray], field: Field) -> list[np.ndarray]:
    """A multiple of X_a κ for each row κ, whose coefficients in the powers of the generator are in `parts`."""
    d, rows = field.degree, parts[0].shape[0]
    raw = [np.zeros_like(parts[0]) for _ in range(2 * d - 1)]
    matrices = [factor[a].over(field) for factor in action.factors]
    scale = reduce(lcm, (m.denominator for m in matrices), 1)
    for k, matrix in enumerate(matrices):
        shape = (rows, prod(action.sizes[:k]), action.sizes[k], -1)
        for power, part in enumerate(matrix.parts):
            for place, c in enumerate(part.entries()):
                if c:
                    i, j = divmod(place, action.sizes[k])
                    value = int(c.p) * (scale // int(c.q))
                    for q, x in enumerate(parts):
                        raw[power + q].reshape(shape)[:, :, i] += value * x.reshape(shape)[:, :, j]
    if d == 1:
        return raw
    clear = reduce(lcm, (int(c.q) for row in field.powers for c in row), 1)
    return [sum((raw[k].astype(object) * int(field.powers[k][j] * clear) for k in range(2 * d - 1)
                 if field.powers[k][j]), np.zeros(1, object)) for j in range(d)]


def nullity(piece: FoldedPiece, action: TensorDerivation, field: Field, prime: Roots) -> int:
    """The unknowns left by orbits, minus the rank of the equations on them modulo the prime ideal."""
    p, root = prime[0], prime[1][0]
    orbits, signs = signed_components(piece)
    count = int(orbits.max(initial=-1)) + 1
    if not count:
        return 0
    rows, columns, values = [], [], []
    for a in range(action.dim):
        shift = a * action.size
        for k, factor in enumerate(action.factors):
            matrix = reduce_mod(factor[a].over(field), p, root)
            here = np.arange(action.size).reshape(prod(action.sizes[:k]), action.sizes[k], -1)
            for place, v in enumerate(matrix.entries()):
                if int(v):
                    i, j = divmod(place, action.sizes[k])
                    at, of = here[:, i].ravel(), here[:, j].ravel()
                    alive = orbits[of] >= 0
                    rows.append(at[alive] + shift)
                    columns.append(orbits[of[alive]])
                    values.append(signs[of[alive]] * int(v))
    height = action.dim * action.size
    for equations in _component_equations(piece, field, prime):
        entries = equations.tocoo()
        alive = orbits[entries.col] >= 0
        rows.append(entries.row[alive] + height)
        columns.append(orbits[entries.col[alive]])
        values.append(signs[entries.col[alive]] * entries.data[alive] % p)
        height += action.size
    if not rows:
        return count
    sparse = csr_array((np.concatenate(values), (np.concatenate(rows), np.concatenate(columns))), (height, count))
    sparse.data %= p
    sparse.eliminate_zeros()
    sparse = sparse[np.flatnonzero(np.diff(sparse.indptr))]
    sparse, gone = _without_single(sparse)
    left = count - gone - _rank(_mixed(sparse, p), p)
    return left if left == piece.dim else count - gone - _rank(sparse, p)  # combinations may have lost some


def _component_equations(piece: FoldedPiece, field: Field, prime: Roots) -> Iterator[csr_array]:
    """The matrices of κ ↦ c κ − κ modulo the prime ideal for the component generators c that are no signed permutation
    on some index; the others are among the turns."""
    p, root = prime[0], prime[1][0]
    for s in range(len(piece.source.group.generators)):
        factors = [f.actions[s] for f in factors_of(piece.target)]
        factors += [contragredient(f.actions[s]) for f in factors_of(piece.source)]
        if all(isinstance(g, Monomial) for g in factors):
            continue
        whole = csr_array(np.ones((1, 1), np.int64))
        for g in factors:
            image = reduce_mod(as_matrix(g).over(field), p, root)
            whole = csr_array(kron(whole, csr_array(np.array([[int(x) for x in row] for row in image.tolist()]))))
            whole.data %= p
        yield whole - csr_array(identity(piece.stalk, dtype=np.int64))


def signed_components(piece: FoldedPiece) -> tuple[np.ndarray, np.ndarray]:
    """The number of the orbit of each unknown under exact elements of the group, −1 where one of them maps it to its
    negative, and its sign against the smallest unknown of the orbit."""
    size = piece.stalk
    here, edges = np.arange(size), []
    for turn in turns(factors_of(piece.target) + factors_of(piece.source)):
        whole = _product(turn)
        minus = (whole.signs < 0) * size
        edges += [(here, whole.images + minus), (here + size, whole.images + (size - minus))]
    root = roots(2 * size, edges)
    plus, minus = root[:size], root[size:]
    representative = np.minimum(plus, minus)
    numbers = np.cumsum((plus == here) & (plus < minus)) - 1
    return np.where(plus == minus, -1, numbers[representative % size]), np.where(plus < minus, 1, -1)


def _mixed(matrix: csr_array, p: int) -> csr_array:
    """Few random combinations of the equations: their rank is at most that of the equations."""
    few = matrix.shape[1] + SPARE
    if matrix.shape[0] <= 2 * few:
        return matrix
    random = np.random.default_rng(p)
    rows = random.integers(0, few, TERMS * matrix.shape[0])
    largest = max(2, WORD // (p * int(np.bincount(rows).max())))  # so that sums of products stay exact
    mixing = csr_array((random.integers(1, min(largest, p), len(rows)), (rows, np.repeat(
        np.arange(matrix.shape[0]), TERMS))), (few, matrix.shape[0]))
    mixed = mixing @ matrix
    mixed.data %= p
    return mixed


def _rank(matrix: csr_array, p: int) -> int:
    dense = matrix.toarray()
    m, n = dense.shape
    return nmod_mat(m, n, dense.ravel().tolist(), p).rank() if dense.size else 0


def _without_single(matrix: csr_array) -> tuple[csr_array, int]:
    """The equations without the unknowns that one equation alone makes zero, and the number of these."""
    gone = 0
    while True:
        lone = np.unique(matrix.indices[matrix.indptr[:-1][np.diff(matrix.indptr) == 1]])
        if not len(lone):
            return matrix, gone
        gone += len(lone)
        matrix = matrix[:, np.setdiff1d(np.arange(matrix.shape[1]), lone)]
        matrix = matrix[np.flatnonzero(np.diff(matrix.indptr))]


def _spread(part: np.ndarray, labels: np.ndarray, signs: np.ndarray) -> np.ndarray:
    """The tensors with these coordinates."""
    return np.hstack([part, np.zeros((len(part), 1), part.dtype)])[:, labels] * signs.astype(part.dtype)
