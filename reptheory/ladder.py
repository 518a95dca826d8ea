"""Weights of tensors under so(3): ladder operators on orbits of index tuples, and highest-weight vectors in them."""
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import product
from math import gcd, lcm, prod
from typing import Any

import numpy as np
from flint import fmpz_poly

from . import rotation
from .linalg import nullspace
from .matrix import Matrix
from .reduced import ReducedTensors, copies_of
from .rep import Rep
from .rotation_irrep import PARITIES, SphericalIrrep

SAFE = 2 ** 62  # products below it are formed in int64


class NotSpherical(ValueError):
    """A representation that is not given as a sum of the irreps of SO(3) or O(3)."""


def spherical(rep: Rep) -> SphericalIrrep:
    """The irrep whose matrices these are: itself, or that of G.trivial, G.vector and so on; NotSpherical otherwise.

    >>> import reptheory as rt
    >>> spherical(rt.O(3).vector)
    O(3).irrep('1o')  # dim 3
    """
    if isinstance(rep, SphericalIrrep):
        return rep
    group: Any = rep.group
    if group.is_lie and group.family in (("SO", 3), ("O", 3)) and rep.dim % 2 and rep.scalars == "R":
        for parity in (None,) if group.family == ("SO", 3) else ("e", "o"):
            irrep = SphericalIrrep(group, rep.dim // 2, parity)
            if (rep.derivatives, rep.actions, rep.gram) == (irrep.derivatives, irrep.actions, irrep.gram):
                return irrep
    raise NotSpherical(f"{rep.expression} is not one of the irreps of SO(3) or O(3), in whose basis tensors are "
                       "decomposed. Write it as a sum of them: G.irrep(0) + 2*G.irrep(1).")


def raising(l: int) -> dict[int, Fraction]:
    """The r_m with R u_m = r_m u_{m+1}, where R = i dρ(L_x) + dρ(L_y), u_{±m} = e_m ∓ i e_{−m} and u_0 = e_0.

    Then S = i dρ(L_x) − dρ(L_y) has S u_{−m} = −r_m u_{−m−1}.

    >>> raising(1)
    {-1: Fraction(-2, 1), 0: Fraction(1, 1)}
    """
    lx, ly, _ = rotation.derivatives(l)
    at = rotation.index
    found = {0: ly[at(l, 1), at(l, 0)]} if l else {}
    for m in range(1, l):
        found[m] = ly[at(l, m + 1), at(l, m)] + lx[at(l, m + 1), at(l, -m)]
    for m in range(1, l + 1):
        found[-m] = ly[at(l, m - 1), at(l, m)] - lx[at(l, m - 1), at(l, -m)]
    return {m: found[m].to_fraction() for m in sorted(found)}


@dataclass(frozen=True)
class Axis:
    """The coordinates of V = ⊕ A_c: for each the copy c, the order m, and the places of −m, m + 1 and m − 1 in it.

    `up` and `down` are −1 where there is none; `raised` and `lowered` the coefficients there; `metric` that of the u_m.
    """

    irreps: tuple[SphericalIrrep, ...]
    copy: np.ndarray
    order: np.ndarray
    flip: np.ndarray
    up: np.ndarray
    down: np.ndarray
    raised: tuple[Fraction, ...]
    lowered: tuple[Fraction, ...]
    metric: tuple[Fraction, ...]

    @staticmethod
    def of(rep: Rep) -> Axis:
        """The coordinates of a sum of irreps."""
        copies = [(spherical(a), places) for a, places in copies_of(rep)]
        copy, order, flip, up, down = (np.full(rep.dim, -1) for _ in range(5))
        raised, lowered, metric = ([Fraction(0)] * rep.dim for _ in range(3))
        for c, (a, places) in enumerate(copies):
            r = raising(a.l)
            for m in range(-a.l, a.l + 1):
                i = places[rotation.index(a.l, m)]
                copy[i], order[i], flip[i] = c, m, places[rotation.index(a.l, -m)]
                metric[i] = a.gram[rotation.index(a.l, m)].to_fraction() * (2 if m else 1)
                if m < a.l:
                    up[i], raised[i] = places[rotation.index(a.l, m + 1)], r[m]
                if m > -a.l:
                    down[i], lowered[i] = places[rotation.index(a.l, m - 1)], -r[-m]
        return Axis(tuple(a for a, _ in copies), copy, order, flip, up, down,
                    tuple(raised), tuple(lowered), tuple(metric))

    def character(self, n: int, sign: int) -> fmpz_poly:
        """q^{nL} χ(g^n) for g = ±diag(q^m) and L = max l, for O(3) with the sign of −1."""
        top = max(a.l for a in self.irreps)
        coefficients = [0] * (2 * n * top + 1)
        for a in self.irreps:
            parity = PARITIES[a.parity] if a.parity else 1
            for m in range(-a.l, a.l + 1):
                coefficients[n * (m + top)] += parity ** n if sign < 0 else 1
        return fmpz_poly(coefficients)


@dataclass(frozen=True)
class Vector:
    """A highest-weight vector of degree l and its descendants: Φ(u_m) = scales[m] · vectors[m], m = l, …, 0.

    `vectors[m]` are primitive integers on the orbits of weight m of a block, and <Φ(u_l), Φ(u_l)> = `length`.
    """

    l: int
    vectors: dict[int, np.ndarray]
    scales: dict[int, Fraction]
    length: Fraction


@dataclass(frozen=True)
class Block:
    """The tensors whose indices lie in given copies of irreps: numbers of orbits, and ladder operators on them.

    `raise_` and `lower` are R and S times `denominator`, and `real` takes the coefficients of ⊗u to entries on ⊗e,
    up to (−i)^s for s sines.
    """

    labels: tuple[int, ...]
    orbits: np.ndarray
    weights: np.ndarray
    sines: np.ndarray
    metric: list[Fraction]
    raise_: np.ndarray
    lower: np.ndarray
    real: np.ndarray
    denominator: int

    def at(self, m: int) -> np.ndarray:
        """The places of the orbits of weight m."""
        return np.flatnonzero(self.weights == m)

    def highest(self, l: int) -> list[np.ndarray]:
        """An orthogonal basis of the vectors of weight l with R h = 0: the echelon basis, orthogonalised in order."""
        here, above = self.at(l), self.at(l + 1)
        if len(here) <= len(above):
            return []
        rows = nullspace(Matrix.from_integers(self.raise_[np.ix_(above, here)])) if len(above) else (
            Matrix.identity(len(here)))
        metric = [self.metric[i] for i in here]
        found: list[tuple[np.ndarray, Fraction]] = []
        for row in rows.rows():
            h = [x.to_fraction() for x in row]
            for other, length in found:
                inner = sum(x * int(y) * g for x, y, g in zip(h, other, metric) if x)
                h = [x - inner / length * int(y) for x, y in zip(h, other)] if inner else h
            whole = primitive(np.array([int(x * lcm(*(y.denominator for y in h))) for x in h], object))[0]
            found.append((whole, Fraction(sum(int(x) ** 2 * g for x, g in zip(whole, metric)))))
        return [h for h, _ in found]

    def descend(self, l: int, h: np.ndarray, raised: dict[int, Fraction]) -> Vector:
        """Φ(u_m) for m = l, …, 0 from Φ(u_l) = h, by S; `raised` is `raising(l)`."""
        vectors, scales = {l: h}, {l: Fraction(1)}
        for m in range(l, 0, -1):
            matrix = self.lower[np.ix_(self.at(m - 1), self.at(m))]
            vector, factor = primitive(times(matrix, vectors[m]))
            scale = scales[m] * factor / (-raised[-m] * self.denominator)
            vectors[m - 1], scales[m - 1] = (vector, scale) if scale > 0 else (-vector, -scale)
        length = sum((int(x) ** 2 * self.metric[i] for x, i in zip(h, self.at(l))), start=Fraction(0))
        return Vector(l, vectors, scales, length)


@dataclass(frozen=True)
class Ladder:
    """The blocks of tensors with an index symmetry, over SO(3) or O(3)."""

    tensors: ReducedTensors

    @cached_property
    def axes(self) -> tuple[Axis, ...]:
        """The coordinates of each V_i."""
        known = {f: Axis.of(f) for f in dict.fromkeys(self.tensors.factors)}
        return tuple(known[f] for f in self.tensors.factors)

    @cached_property
    def raising(self) -> tuple[dict[int, Fraction], ...]:
        """`raising(l)` for each l up to the largest weight."""
        return tuple(raising(l) for l in range(sum(max(a.l for a in axis.irreps) for axis in self.axes) + 1))

    @cached_property
    def labels(self) -> tuple[list[tuple[int, ...]], np.ndarray]:
        """The tuples of copies that name the blocks, in lexicographic order, and the block of each orbit."""
        tuples = self.tensors.orbits.representatives
        copies = np.stack([axis.copy[t] for axis, t in zip(self.axes, tuples.T)])
        counts = [len(axis.irreps) for axis in self.axes]
        strides = [prod(counts[a + 1:]) for a in range(len(counts))]
        least = np.full(len(tuples), prod(counts))
        for p in self.tensors.symmetry.elements:
            least = np.minimum(least, sum(copies[j] * s for j, s in zip(p, strides)))
        names, number = np.unique(least, return_inverse=True)
        return [tuple(int(n) // s % c for s, c in zip(strides, counts)) for n in names], number

    def _step(self, moves: list[np.ndarray], values: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(row, column, value) of Σ_a of the operator with (X T)_t = Σ_a values_a[t_a] T[t_a → moves_a[t_a]]."""
        orbits, parts = self.tensors.orbits, []
        tuples = orbits.representatives
        flat = tuples @ np.array(self.tensors.strides)
        for a, stride in enumerate(self.tensors.strides):
            source = moves[a][tuples[:, a]]
            place = np.where(source >= 0, flat + (source - tuples[:, a]) * stride, 0)
            columns = orbits.numbers[place]
            kept = (source >= 0) & (columns >= 0)
            parts.append((np.flatnonzero(kept), columns[kept],
                          (values[a][tuples[:, a]] * orbits.signs[place])[kept]))
        rows, columns, entries = (np.concatenate(x) for x in zip(*parts))
        return rows, columns, entries

    def blocks(self) -> Iterator[Block]:
        """The blocks, in order."""
        orbits, axes = self.tensors.orbits, self.axes
        tuples = orbits.representatives
        names, number = self.labels
        orders = np.stack([axis.order[t] for axis, t in zip(axes, tuples.T)])
        weights, sines = orders.sum(0), (orders < 0).sum(0)
        denominator = lcm(*(x.denominator for axis in axes for x in (*axis.raised, *axis.lowered)))
        up = [np.array([int(x * denominator) for x in axis.raised]) for axis in axes]
        down = [np.array([int(x * denominator) for x in axis.lowered]) for axis in axes]
        # (R T)_t takes the coefficient of the lower neighbour, (S T)_t that of the upper one.
        raise_ = self._step([axis.down for axis in axes], [u[axis.down] for u, axis in zip(up, axes)])
        lower = self._step([axis.up for axis in axes], [d[axis.up] for d, axis in zip(down, axes)])
        real = self._real(orders)
        place, sorted_ = np.empty(len(tuples), np.int64), np.argsort(number, kind="stable")
        starts = np.searchsorted(number[sorted_], np.arange(len(names) + 1))
        place[sorted_] = np.arange(len(tuples)) - starts[number[sorted_]]
        split = [_by_block(table, number, len(names)) for table in (raise_, lower, real)]
        for b, labels in enumerate(names):
            members = sorted_[starts[b]:starts[b + 1]]
            dense = [np.zeros((len(members),) * 2, np.int64) for _ in range(3)]
            for matrix, table in zip(dense, split):
                rows, columns, entries = (part[b] for part in table)
                np.add.at(matrix, (place[rows], place[columns]), entries)
            metric = [prod((axis.metric[i] for axis, i in zip(axes, t)), start=Fraction(size))
                      for t, size in zip(tuples[members].tolist(), orbits.sizes[members].tolist())]
            yield Block(labels, members, weights[members], sines[members], metric, dense[0], dense[1], dense[2],
                        denominator)

    def _real(self, orders: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(real tuple, complex orbit, ±1): entries on ⊗e of ⊗u, where u_{±m} = e_m ∓ i e_{−m}, up to (−i)^sines."""
        orbits, parts = self.tensors.orbits, []
        tuples, strides = orbits.representatives, np.array(self.tensors.strides)
        flipped = np.stack([axis.flip[t] for axis, t in zip(self.axes, tuples.T)])
        for choice in product((False, True), repeat=len(strides)):
            chosen = np.array(choice)[:, None]
            place = np.where(chosen, flipped, tuples.T).T @ strides
            columns = orbits.numbers[place]
            kept = ~(chosen & (orders == 0)).any(0) & (columns >= 0)
            signs = np.where((orders < 0) & ~chosen, -1, 1).prod(0) * orbits.signs[place]
            parts.append((np.flatnonzero(kept), columns[kept], signs[kept]))
        rows, columns, entries = (np.concatenate(x) for x in zip(*parts))
        return rows, columns, entries

    def multiplicities(self) -> dict[tuple[int, int], int]:
        """How often (l, parity) occurs, by the character |S|⁻¹ Σ_p s(p) ∏_cycles χ(g^|c|): no orbits are used."""
        k = len(self.axes)
        found: dict[tuple[int, int], int] = {}
        top = sum(max(a.l for a in axis.irreps) for axis in self.axes)
        signs = (1, -1) if any(a.parity for axis in self.axes for a in axis.irreps) else (1,)
        traces = [self.tensors.symmetry.dimension([[axis.character(n, sign) for n in range(1, k + 1)]
                                                   for axis in self.axes]) for sign in signs]
        for parity in signs:
            total = sum(((t if s > 0 else t * parity) for s, t in zip(signs, traces)), start=fmpz_poly(0))
            for l in range(top + 1):
                count = (int(total[top + l]) - int(total[top + l + 1])) // len(signs)
                if count:
                    found[l, parity] = count
        return found


def times(matrix: np.ndarray, vector: np.ndarray) -> np.ndarray:
    """The product of integers, in int64 where it is sure to fit."""
    largest = max((abs(int(x)) for x in vector), default=0)
    if int(np.abs(matrix).sum(1).max(initial=0)) * largest < SAFE:
        return (matrix @ vector.astype(np.int64)).astype(object)
    return matrix.astype(object) @ vector


def primitive(vector: np.ndarray) -> tuple[np.ndarray, int]:
    """Integers over their greatest common divisor, and that divisor."""
    factor = gcd(*(int(x) for x in vector)) or 1
    return vector // factor, factor


def _by_block(table: tuple[np.ndarray, ...], number: np.ndarray, count: int) -> tuple[list[np.ndarray], ...]:
    """(row, column, value) split by the block of the row."""
    owner = number[table[0]]
    order = np.argsort(owner, kind="stable")
    cuts = np.searchsorted(owner[order], np.arange(1, count))
    return tuple(np.split(part[order], cuts) for part in table)
