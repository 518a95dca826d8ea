"""Tensors with an index symmetry decomposed into irreps of SO(3) or O(3), exactly, by highest-weight vectors."""
from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import isqrt, lcm, prod
from typing import TYPE_CHECKING, Any

import numpy as np

from .certificate import NotCertified
from .direct_sum import Sum
from .ladder import Block, Ladder, Vector, primitive, spherical, times
from .matrix import Matrix
from .reduced import ReducedTensors
from .rep import Rep
from .rotation import index
from .rotation_irrep import PARITIES, SphericalIrrep
from .rounding import format_name, round_root

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, eq=False)
class Copy:
    """A copy of an irrep in the tensors: Φ(ê_k) = √squares[k] · Σ_O rows[k, O] b_O, orthonormal.

    ê_k = e_k/√D_k are the orthonormal coordinates of the irrep; `orbits` number the b_O, those of one block; `rows` are
    integers without common factor.
    """

    irrep: SphericalIrrep
    labels: tuple[int, ...]
    orbits: np.ndarray
    rows: np.ndarray
    squares: tuple[Fraction, ...]


@dataclass(frozen=True, eq=False)
class Reduction:
    """T ≅ ⊕ m_A A for tensors T with an index symmetry: an orthonormal change of basis, exact up to square roots.

    The irreps are in order of l, even before odd. Their copies are in the order of blocks: the copies of irreps that
    the indices lie in, the least such tuple under the symmetry, in lexicographic order. In a block, the highest-weight
    vectors are the echelon basis of the null space of the raising operator, orthogonalised in order. The sign of a copy
    makes the first nonzero entry of its first component positive, in C order of the tensor: for two indices it is
    `clebsch_gordan` up to that sign. Nothing in this depends on a machine, and `digest` names the basis.

    >>> import reptheory as rt
    >>> R = rt.reduced_tensor_product("ij=-ji", i=rt.SO(3).vector).reduction(); R.keys
    (1,)
    >>> R.to_numpy().round(3)[0].tolist()   # (y z' − z y')/√2
    [[0.0, 0.0, 0.0], [0.0, 0.0, 0.707], [0.0, -0.707, 0.0]]
    """

    tensors: ReducedTensors
    copies: tuple[Copy, ...]
    is_complete: bool

    @property
    def keys(self) -> tuple[Any, ...]:
        """The key of the irrep of each copy."""
        return tuple(c.irrep.key for c in self.copies)

    @cached_property
    def type(self) -> Rep:
        """⊕ m_A A, the type of the features Q·T: representation index slow, copy fast."""
        terms = tuple((m, a) for a, m in Counter(c.irrep for c in self.copies).items())
        return terms[0][1] if len(terms) == 1 and terms[0][0] == 1 else Sum(terms)

    @cached_property
    def positions(self) -> tuple[range, ...]:
        """For each copy, the coordinates of its components in the type."""
        counts, found, start, seen = Counter(c.irrep for c in self.copies), [], 0, 0
        for i, c in enumerate(self.copies):
            if i and self.copies[i - 1].irrep != c.irrep:
                before = self.copies[i - 1].irrep
                start, seen = start + counts[before] * before.dim, 0
            found.append(range(start + seen, start + counts[c.irrep] * c.irrep.dim, counts[c.irrep]))
            seen += 1
        return tuple(found)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the exact change of basis: the formula, the shape, the irreps, and their integers and squares."""
        found = hashlib.sha256(repr((str(self.tensors.symmetry), self.tensors.shape)).encode())
        for c in self.copies:
            rows = [[int(x) for x in row] for row in c.rows]
            found.update(repr((c.irrep.key, c.orbits.tolist(), rows, [str(s) for s in c.squares])).encode())
        return found.hexdigest()

    def coordinates(self, dtype="float64", folded: bool = False) -> np.ndarray:
        """The array (dim, orbits) of the nearest floats to the entries of Q at the least index tuple of each orbit.

        `folded`: times the size of the orbit, so that for symmetric tensors these are the coefficients of monomials.
        """
        name, metrics = format_name(dtype), [_metric(f) for f in self.tensors.factors]
        tuples = self.tensors.orbits.representatives.tolist()
        sizes = self.tensors.orbits.sizes.tolist() if folded else [1] * len(tuples)
        weights = [prod((d[i] for d, i in zip(metrics, t)), start=Fraction(s * s)) for t, s in zip(tuples, sizes)]
        classes = {w: n for n, w in enumerate(dict.fromkeys(weights))}
        names, values = [classes[w] for w in weights], list(classes)
        dense = np.zeros((sum(c.irrep.dim for c in self.copies), len(tuples)), name)
        for c, rows in zip(self.copies, self.positions):
            orbits = c.orbits.tolist()
            for row, square, integers in zip(rows, c.squares, c.rows):
                known: dict[tuple[int, int], float] = {}
                for j, value in enumerate(integers.tolist()):
                    if value:
                        key = (abs(value), names[orbits[j]])
                        if key not in known:
                            exact = square * values[key[1]] * value * value
                            known[key] = round_root(exact.numerator, exact.denominator, name)
                        dense[row, orbits[j]] = known[key] if value > 0 else -known[key]
        return dense

    def to_numpy(self, dtype="float64") -> np.ndarray:
        """The array Q of shape (type.dim, dim V_i, dim V_j, …) with orthonormal rows: Q·T is a feature of `type`."""
        table, orbits = self.coordinates(dtype), self.tensors.orbits
        dense = table[:, orbits.numbers] * orbits.signs.astype(table.dtype)  # the sign is 0 where the number is −1
        return (dense + 0.0).reshape(len(table), *self.tensors.shape)

    def to_torch(self, dtype=None, device=None) -> torch.Tensor:
        """`to_numpy` as a torch tensor of this dtype (the default one when none is given) on this device."""
        import torch

        dtype = dtype or torch.get_default_dtype()
        array = self.to_numpy("float32" if dtype == torch.float32 else "float64")
        return torch.from_numpy(array).to(dtype=dtype, device=device)

    def verify(self) -> None:
        """Prove the decomposition again; raises NotCertified unless it is equivariant, orthonormal and complete.

        The multiplicities are those of the character |S|⁻¹ Σ_p s(p) ∏_cycles χ(g^|c|), which knows no orbits; the
        residual dρ(X)Φ − Φ dρ_l(X) is exactly zero for X = L_x, L_y, which generate so(3); and the copies of an irrep
        are orthonormal at one component, hence by Schur's lemma at all.
        """
        counted = Ladder(self.tensors).multiplicities()
        if self.is_complete and sum(m * (2 * l + 1) for (l, _), m in counted.items()) != self.tensors.dim:
            raise NotCertified(f"{self.tensors.expression} has dimension {self.tensors.dim}, and its character says "
                               f"{sum(m * (2 * l + 1) for (l, _), m in counted.items())}.")
        found = Counter((c.irrep.l, PARITIES.get(c.irrep.parity or "e", 1)) for c in self.copies)
        for key in counted.keys() if self.is_complete else found:
            if counted.get(key, 0) != found[key]:
                raise NotCertified(f"l = {key[0]} was found {found[key]} times in {self.tensors.expression}, and its "
                                   f"character says {counted.get(key, 0)}.")
        gram = [d.to_fraction() for d in self.tensors.gram]
        moves = [self._moves(a) for a in (0, 1)]
        blocks: dict[tuple[int, ...], list[Copy]] = {}
        for c in self.copies:
            blocks.setdefault(c.labels, []).append(c)
        for copies in blocks.values():
            derivatives = [_dense(move, copies[0].orbits) for move in moves]
            for i, c in enumerate(copies):
                phi = Matrix.of([[int(x) * r for x in row] for row, r in zip(c.rows, _ratios(c))])
                for (matrix, denominator), small in zip(derivatives, c.irrep.derivatives):
                    if phi @ matrix != (small.T @ phi) * denominator:
                        raise NotCertified(f"the copy of {c.irrep.expression} in the block {c.labels} does not commute "
                                           "with so(3).")
                for other in copies[:i + 1]:
                    inner = sum(int(x) * int(y) * gram[o]
                                for x, y, o in zip(c.rows[0], other.rows[0], c.orbits.tolist()))
                    if other.irrep == c.irrep and inner * c.squares[0] != (1 if other is c else 0):
                        raise NotCertified(f"the copies of {c.irrep.expression} in the block {c.labels} are not "
                                           "orthonormal.")

    def _moves(self, a: int) -> list[list[tuple[int, Fraction]]]:
        """The nonzero entries of each row of dρ(X_a) on the tensors, from the matrices of the factors."""
        tensors = self.tensors
        rows = [[[(j, x.to_fraction()) for j, x in enumerate(row) if not x.is_zero] for row in f.derivatives[a].rows()]
                for f in tensors.factors]
        strides, found = tensors.strides, []
        for t in tensors.orbits.representatives.tolist():
            flat, entries = sum(i * s for i, s in zip(t, strides)), []
            for axis, i in enumerate(t):
                for j, x in rows[axis][i]:
                    place = flat + (j - i) * strides[axis]
                    if tensors.orbits.signs[place]:
                        entries.append((int(tensors.orbits.numbers[place]), x * int(tensors.orbits.signs[place])))
            found.append(entries)
        return found

    def __repr__(self) -> str:
        return f"<Reduction: {self.type.expression}>"


def reduce_tensors(tensors: ReducedTensors, keep: Collection[Any] | None = None) -> Reduction:
    """The decomposition of tensors with an index symmetry over SO(3) or O(3): all irreps, or those with these keys.

    In each block the operators R = i dρ(L_x) + dρ(L_y) and S = i dρ(L_x) − dρ(L_y) are integer matrices on orbits of
    weight vectors; highest-weight vectors span ker R, and S gives the rest of each copy. Raises NotSpherical where the
    factors are not sums of irreps.
    """
    ladder = Ladder(tensors)
    wanted = None if keep is None else {tensors.group.irrep(key) for key in keep}
    found: list[tuple[Any, Copy]] = []
    for block in ladder.blocks():
        irreps = [axis.irreps[c] for axis, c in zip(ladder.axes, block.labels)]
        natural = sum(a.l for a in irreps) % 2
        parity = None if irreps[0].parity is None else "eo"[sum(a.parity == "o" for a in irreps) % 2]
        for l in range(int(block.weights.max()), -1, -1):
            irrep = spherical(tensors.group.irrep(l if parity is None else f"{l}{parity}"))
            if wanted is None or irrep in wanted:
                for h in block.highest(l):
                    vector = block.descend(l, h, ladder.raising[l])
                    found.append(((l, parity), _copy(irrep, block, vector, odd=(natural + l) % 2 == 1)))
    found.sort(key=lambda pair: pair[0])  # a stable sort keeps the order of blocks
    return Reduction(tensors, tuple(c for _, c in found), keep is None)


def _copy(irrep: SphericalIrrep, block: Block, vector: Vector, odd: bool) -> Copy:
    """The real basis Φ(e_m) = Re iᵒΦ(u_m), Φ(e_{−m}) = −Im iᵒΦ(u_m), with o = 1 where Σ l_i + l is odd."""
    l, metric = irrep.l, _metric(irrep)
    rows = np.zeros((irrep.dim, len(block.orbits)), object)
    squares = [Fraction(0)] * irrep.dim
    norm = metric[0] * (2 if l else 1) / vector.length
    turns = np.where(block.sines // 2 % 2, -1, 1)
    for m in range(l, -1, -1):
        entries = times(block.real[:, block.at(m)], vector.vectors[m])
        for sign in (1, -1) if m else (1,):
            k = index(l, sign * m)
            real = block.sines % 2 == (odd if sign > 0 else not odd)
            row, factor = primitive(np.where(real, entries * turns, 0) * (-1 if odd and sign < 0 else 1))
            rows[k], squares[k] = row, norm * (vector.scales[m] * factor) ** 2 / metric[k]
    if next(x for x in rows[0] if x) < 0:
        rows = -rows
    return Copy(irrep, block.labels, block.orbits, rows, tuple(squares))


def _dense(moves: list[list[tuple[int, Fraction]]], members: np.ndarray) -> tuple[Matrix, int]:
    """The transpose of the block of an operator on these orbits as an integer matrix, and its denominator."""
    place = {o: n for n, o in enumerate(members.tolist())}
    denominator = lcm(*(x.denominator for o in place for _, x in moves[o]))
    table = np.zeros((len(place), len(place)), np.int64)
    for o, n in place.items():
        for column, x in moves[o]:
            table[place[column], n] += int(x * denominator)
    return Matrix.from_integers(table), denominator


def _metric(rep: Rep) -> list[Fraction]:
    return [d.to_fraction() for d in rep.gram]


def _ratios(c: Copy) -> list[Fraction]:
    """√(squares[k] D_k) in units of that for k = 0: rational, since Φ(e_k) are integers up to one common factor."""
    metric, found = _metric(spherical(c.irrep)), []
    for square, d in zip(c.squares, metric):
        ratio = square * d / (c.squares[0] * metric[0])
        root = Fraction(isqrt(ratio.numerator), isqrt(ratio.denominator))
        if root * root != ratio:
            raise NotCertified(f"the components of a copy of {c.irrep.expression} differ by irrational factors.")
        found.append(root)
    return found
