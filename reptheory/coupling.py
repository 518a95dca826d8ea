"""Couplings V1 ⊗ V2 → V3 of any group, with multiplicities: exact, orthonormal, in an order and with signs by rule."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from flint import fmpq

from .field import FieldTooSmall, Number, Q
from .hom import Hom
from .linalg import gram_schmidt, nullspace, rref
from .matrix import Matrix, float_table
from .rep import Rep
from .signed_root import RootTensor, SignedRoot
from .weight_irrep import WeightIrrep

Vector = dict[tuple[int, int], fmpq]  # of a tensor product, by the numbers of its basis vectors
Columns = list[list[tuple[int, fmpq]]]


@dataclass(frozen=True, eq=False, repr=False)
class Couplings:
    """An orthonormal basis C_1, …, C_n of Hom(V1 ⊗ V2, V3), of shape (n, d1, d2, d3); see `couplings`.

    >>> import reptheory as rt
    >>> octet = rt.SU(3).irrep((1, 1)); C = couplings(octet, octet, octet); C
    couplings(SU(3).irrep((1, 1)), SU(3).irrep((1, 1)), SU(3).irrep((1, 1)))  # 2 of shape (8, 8, 8)
    >>> C[0, 0, 3, 0], C[1, 0, 3, 0]
    (√(3/20), √(1/12))
    """

    reps: tuple[Rep, Rep, Rep]
    rows: Matrix                # row a: the entries of C_a at (i, j, k) in the bases as they are, up to a factor
    norms: tuple[Number, ...]   # Σ |Ĉ_ijk|² of each row

    def __len__(self) -> int:
        return self.rows.shape[0]

    @property
    def shape(self) -> tuple[int, ...]:
        """(n, d1, d2, d3)."""
        return (len(self), *(v.dim for v in self.reps))

    def __getitem__(self, place: tuple[int, int, int, int]) -> SignedRoot:
        return self.tensor[place]

    def map(self, a: int) -> Matrix:
        """C_a up to a positive factor, the exact d3 × d1·d2 matrix K with K ρ1(g) ⊗ ρ2(g) = ρ3(g) K."""
        n, d = self.reps[2].dim, self.rows.shape[1] // self.reps[2].dim
        entries = self.rows.submatrix([a], range(self.rows.shape[1])).rows()[0]
        return Matrix.of([entries[k::n] for k in range(n)], self.rows.field) if d else Matrix.zeros(n, 0)

    @cached_property
    def _entries(self) -> list[tuple[tuple[int, ...], Number, Number]]:
        """The places of nonzero entries, and the x and q with C = x√q there."""
        found, weights = [], _weights(self.reps)
        for a, (row, norm) in enumerate(zip(self.rows.rows(), self.norms)):
            scale = self.reps[2].dim / norm
            found += [((a, *map(int, np.unravel_index(place, self.shape[1:]))), x, weights[place] * scale)
                      for place, x in enumerate(row) if x]
        return found

    @cached_property
    def tensor(self) -> RootTensor:
        """The entries as signed roots; FieldTooSmall where K is not rational (use `map` and `to_numpy` there)."""
        if not self.rows.is_rational:
            raise FieldTooSmall(f"the entries of these couplings lie over {self.rows.field}, so that they are no roots "
                                "of rational numbers. Use C.map(a), exact up to a factor, or C.to_numpy().")
        return RootTensor.of(self.shape, {place: SignedRoot.of(x.to_fraction(), q.to_fraction())
                                          for place, x, q in self._entries})

    def to_numpy(self, dtype="float64") -> np.ndarray:
        """The (n, d1, d2, d3) array in orthonormal coordinates, each entry the nearest float."""
        if self.rows.is_rational:
            return self.tensor.to_numpy(dtype)
        places, numbers, radicands = zip(*self._entries)
        values = float_table(numbers, radicands, dtype)
        dense = np.zeros(self.shape, values.dtype)
        dense[tuple(np.array(places).T)] = values
        return dense

    def to_sympy(self):
        """The sympy array of shape (n, d1, d2, d3)."""
        import sympy
        return sympy.ImmutableSparseNDimArray(
            {place: x.to_sympy() * sympy.sqrt(q.to_sympy()) for place, x, q in self._entries}, self.shape)

    def __repr__(self) -> str:
        return f"couplings({', '.join(v.expression for v in self.reps)})  # {len(self)} of shape {self.shape[1:]}"


def couplings(first: Rep, second: Rep, target: Rep) -> Couplings:
    """An orthonormal basis of Hom(V1 ⊗ V2, V3): Σ_ijk C_a conj(C_b) = d3 δ_ab, and for an irreducible V3 each C_a is a
    co-isometry, Σ_ij C_ijk conj(C_ijk') = δ_kk', by Schur's lemma.

    The rule for order and signs: the reduced echelon form of the maps as rows over (i, j, k), made orthogonal from the
    last row up; so the first nonzero entry of each C_a is positive, and that of C_{a+1} stands later. For V1 = V2 the
    symmetric ones come first and then the antisymmetric ones, each by this rule: d and f for SU(n). Coordinates are
    orthonormal for the metrics of the representations; for groups that are not compact these are not invariant, and
    the maps are intertwiners but no co-isometries. Irreps of connected compact groups are coupled by highest weight
    vectors, sought in one weight space of V1 ⊗ V2, the others by Hom(V1*V2, V3). (Humphreys, Introduction to Lie
    Algebras and Representation Theory, 1972, 20.3)

    >>> import reptheory as rt
    >>> V = rt.S(3).irrep((2, 1)); couplings(V, V, rt.S(3).irrep((1, 1, 1))).tensor.entries
    {(0, 0, 1, 0): √(1/2), (0, 1, 0, 0): -√(1/2)}
    """
    reps = first, second, target
    candidates = _by_weights(*reps)
    if candidates is None:
        basis = Hom(first * second, target).basis
        rows = [[x for column in Matrix.of(basis[a].entries.tolist()).T.rows() for x in column]
                for a in range(basis.dim)]
        candidates = Matrix.of(rows) if rows else Matrix.zeros(0, first.dim * second.dim * target.dim)
    parts = [candidates]
    if first == second:
        d, n = first.dim, target.dim
        swapped = candidates.submatrix(range(candidates.shape[0]), [
            (j * d + i) * n + k for i in range(d) for j in range(d) for k in range(n)])
        parts = [candidates + swapped, candidates - swapped]
    bases = [_orthogonal(part, _weights(reps)) for part in parts]
    return Couplings(reps, Matrix.vstack([rows for rows, _ in bases]), tuple(x for _, norms in bases for x in norms))


def _orthogonal(rows: Matrix, weights: list[Number]) -> tuple[Matrix, tuple[Number, ...]]:
    """The echelon form made orthogonal from its last row up, and the squared norms."""
    if not rows.shape[0]:
        return rows, ()
    echelon, pivots = rref(rows)
    upward = range(len(pivots) - 1, -1, -1)
    found, norms = gram_schmidt(echelon.submatrix(upward, range(rows.shape[1])), weights)
    return found.submatrix(upward, range(rows.shape[1])), norms[::-1]


def _weights(reps: Sequence[Rep]) -> list[Number]:
    """The q_ijk with Ĉ = √q C in orthonormal coordinates: D3_k / D1_i D2_j."""
    first, second, target = (v.gram for v in reps)
    return [t / (x * y) for x in first for y in second for t in target]


# By highest weights --------------------------------------------------------------------------------------------------
def _by_weights(first: Rep, second: Rep, target: Rep) -> Matrix | None:
    """Rows that span the maps, the adjoints of V3 → V1 ⊗ V2; None where these are no irreps by Dynkin labels of a
    connected compact group (of different groups Hom tells)."""
    reps: list[Any] = [first, second, target]
    group: Any = first.group
    if not all(isinstance(v, WeightIrrep) and v.group == group for v in reps) or group.components or \
            not group.is_compact:
        return None
    found = [_in_bases(images, reps) for images in embedded(*reps)]
    if not found:
        return Matrix.zeros(0, first.dim * second.dim * target.dim)
    rows = Matrix.vstack(found)
    if all(v.scalars == "R" for v in reps):  # real up to a complex factor, so that the parts span the same
        return Matrix.vstack([Matrix(Q, (part,)) for part in rows.parts])
    return rows


def embedded(first: WeightIrrep, second: WeightIrrep, target: WeightIrrep) -> list[list[Vector]]:
    """The maps V_λ → V1 ⊗ V2, as the images of the basis of the module V_λ: one for each vector in a basis of those of
    weight λ that all e_i annihilate; v_λ goes to it, and f_i x to f_i of the image of x.

    >>> import reptheory as rt
    >>> W = rt.SU(3).irrep((1, 0)); [len(v) for v in embedded(W, W, rt.SU(3).irrep((0, 1)))[0]]
    [2, 2, 2]
    """
    left, right, module = (v.framed.module for v in (first, second, target))
    simple = range(len(module.datum.roots))
    ups, downs = ([[_columns(m.raising(i) if up else m.lowering(i)) for m in (left, right)] for i in simple]
                  for up in (True, False))
    pairs = [(i, j) for i, mu in enumerate(left.weights) for j, nu in enumerate(right.weights)
             if all(x + y == z for x, y, z in zip(mu, nu, module.highest))]
    equations: dict[tuple[int, tuple[int, int]], dict[int, fmpq]] = {}
    for column, pair in enumerate(pairs):
        for i in simple:
            for place, x in _applied(ups[i], {pair: fmpq(1)}).items():
                equations.setdefault((i, place), {})[column] = x
    if not pairs:
        return []
    table = [[row.get(c, 0) for c in range(len(pairs))] for row in equations.values()]
    starts = nullspace(Matrix.of(table)) if table else Matrix.identity(len(pairs))
    maps = []
    for row in starts.parts[0].tolist():
        images = {module.highest: [{pair: x for pair, x in zip(pairs, row) if x}]}
        for mu, (candidates, transform) in module.words.items():
            moved = [_applied(downs[i], images[tuple(x + a for x, a in zip(mu, module.datum.roots[i]))][k])
                     for i, k in candidates]
            images[mu] = [_combined(coefficients, moved) for coefficients in transform.parts[0].tolist()]
        maps.append([vector for mu in module.starts for vector in images[mu]])
    return maps


def _in_bases(images: list[Vector], reps: list[Any]) -> Matrix:
    """The adjoint V1 ⊗ V2 → V3 as one row over (i, j, k), from the bases of the modules to those of the irreps."""
    d1, d2, d3 = (v.dim for v in reps)
    pieces = [Matrix.of([[image.get((i, j), 0) for j in range(d2)] for i in range(d1)]) for image in images]
    left, right, target = (v._real for v in reps)
    if left is not None:
        pieces = [left[1] @ p for p in pieces]
    if right is not None:
        pieces = [p @ right[1].T for p in pieces]
    flat = Matrix.vstack([Matrix.of([[x for row in p.rows() for x in row]], p.field) for p in pieces])  # (k, ij)
    if target is not None:
        flat = target[0].T @ flat
    flat = Matrix.diagonal([1 / d for d in reps[2].gram]) @ flat.conj() @ Matrix.diagonal(
        [x * y for x in reps[0].gram for y in reps[1].gram])
    rows = flat.rows()
    return Matrix.of([[rows[k][place] for place in range(d1 * d2) for k in range(d3)]], flat.field)


def _columns(matrix: Matrix) -> Columns:
    """The nonzero entries of a rational matrix by columns."""
    table = matrix.parts[0].tolist()
    return [[(i, row[j]) for i, row in enumerate(table) if row[j]] for j in range(matrix.shape[1])]


def _applied(factors: list[Columns], vector: Vector) -> Vector:
    """(X ⊗ 1 + 1 ⊗ X) v."""
    found: Vector = {}
    left, right = factors
    for (i, j), x in vector.items():
        for k, c in left[i]:
            found[k, j] = found.get((k, j), 0) + c * x
        for k, c in right[j]:
            found[i, k] = found.get((i, k), 0) + c * x
    return {place: x for place, x in found.items() if x}


def _combined(coefficients: list[fmpq], vectors: list[Vector]) -> Vector:
    found: Vector = {}
    for c, vector in zip(coefficients, vectors):
        if c:
            for place, x in vector.items():
                found[place] = found.get(place, 0) + c * x
    return {place: x for place, x in found.items() if x}
