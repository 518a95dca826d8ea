"""Character tables in closed form: abelian, dihedral, dicyclic, symmetric and alternating groups, direct products."""
from __future__ import annotations

from functools import reduce
from math import gcd, lcm
from typing import TYPE_CHECKING

import numpy as np
from flint import fmpz_mat

from .alternating import alternating_table
from .field import Q, cyclotomic
from .galois import conductor
from .group import Group
from .listing import Listing
from .murnaghan import symmetric_table
from .number import Number
from .root_sum import smallest

if TYPE_CHECKING:
    from .character_table import CharacterTable

Values = list[tuple[Number, ...]]


def roots_of_unity(n: int) -> list[Number]:
    """1, ζ_n, ζ_n², …, each in the smallest cyclotomic field.

    >>> roots_of_unity(4)
    [1, cyclotomic(4).number(0, 1), -1, cyclotomic(4).number(0, -1)]
    """
    found = []
    for k in range(n):
        order = n // gcd(k, n)
        found.append(Q(1) if order == 1 else Q(-1) if order == 2 else cyclotomic(order)._zeta(k // gcd(k, n)))
    return found


def dual_group(listing: Listing, e: int) -> np.ndarray:
    """The linear characters of a group: row λ holds c with λ(s_i) = ζ_e^{c_i} on the generators, λ = 1 first.

    Here e is a multiple of their orders. With L the lattice of relations among the generators of G/[G, G], in Hermite
    form with diagonal n_i, a character is a choice of n_i-th roots from the last generator to the first.

    >>> import reptheory as rt
    >>> dual_group((rt.C(2) * rt.C(2)).listing, 2).tolist()
    [[0, 0], [0, 1], [1, 0], [1, 1]]
    """
    r, counts = len(listing.left), letter_counts(listing)
    differences = [counts + np.eye(r, dtype=np.int64)[s] - counts[row] for s, row in enumerate(listing.left)]
    relations = np.unique(np.concatenate(differences), axis=0)
    lattice = np.array(fmpz_mat(relations.tolist()).hnf().tolist()[:r], object)
    found = [[0] * r]
    for i in reversed(range(r)):
        n, after = int(lattice[i, i]), []
        for c in found:
            tail = -sum(int(lattice[i, j]) * c[j] for j in range(i + 1, r)) % e
            after += [[*c[:i], (tail // n + k * e // n) % e, *c[i + 1:]] for k in range(n)]
        found = after
    return np.array(sorted(found), np.int64).reshape(-1, r)


def letter_counts(listing: Listing) -> np.ndarray:
    """How often each generator occurs in the word of each element."""
    table = np.zeros((listing.size, len(listing.left)), np.int64)
    for start, stop in zip(listing.levels[1:], listing.levels[2:]):
        table[start:stop] = table[listing.parent[start:stop]]
        table[np.arange(start, stop), listing.letter[start:stop]] += 1
    return table


def abelian_characters(group: Group) -> Values:
    """The characters of an abelian group, χ(∏ s_i^{a_i}) = ζ_e^{Σ a_i c_i}."""
    e = reduce(lcm, (g.order for g in group.generators), 1)
    counts = letter_counts(group.listing)[[group.index(c.representative) for c in group.classes]]
    roots = roots_of_unity(e)
    return [tuple(roots[k] for k in row) for row in ((dual_group(group.listing, e) @ counts.T) % e).tolist()]


def rotation_family(group: Group) -> tuple[int, bool] | None:
    """(m, dicyclic) where the group is ⟨r, s⟩ with r^m = 1, s r s⁻¹ = r⁻¹, and s² = 1 or s² = r^{m/2}; else None.

    >>> import reptheory as rt
    >>> rotation_family(rt.D(5)), rotation_family(rt.Q8())
    ((5, False), (4, True))
    """
    if len(group.generators) != 2:
        return None
    r, s = group.generators
    m = r.order
    if group.order != 2 * m or s * r * s.inverse != r.inverse or s.is_identity:
        return None
    if (s * s).is_identity:
        return m, False
    return (m, True) if m % 2 == 0 and s * s == r ** (m // 2) else None


def rotation_characters(group: Group, m: int, dicyclic: bool) -> Values:
    """The characters of a dihedral or dicyclic group: lines, then planes with χ_k(r^j) = 2cos 2πjk/m, χ_k(s r^j) = 0.

    Source: Serre, Linear Representations of Finite Groups, §5.3; the dicyclic ones are induced from ⟨r⟩ as well.
    """
    r = group.generators[0]
    power, g = {}, group.identity
    for j in range(m):
        power[g.images] = j
        g = g * r
    places = []
    for c in group.classes:
        turned = (group.generators[1].inverse * c.representative).images
        side = c.representative.images not in power
        places.append((side, power[turned if side else c.representative.images]))
    roots = roots_of_unity(m)
    quarter = roots_of_unity(4)
    lines = [(0, 0), (0, 2)]  # exponents of i for r and s
    if m % 2 == 0:
        lines += [(2, 1), (2, 3)] if dicyclic and m % 4 else [(2, 0), (2, 2)]
    rows = [tuple(quarter[(a * j + b * side) % 4] for side, j in places) for a, b in lines]
    planes = {k: _real(roots[k] + roots[-k]) for k in range(m)}
    rows += [tuple(Q(0) if side else planes[j * k % m] for side, j in places) for k in range(1, (m + 1) // 2)]
    return rows


def _real(x: Number) -> Number:
    """A number of a cyclotomic field in the smallest field."""
    return smallest(x, x.field.conductor[0] if x.field.conductor else 1)


def product_characters(first: CharacterTable, second: CharacterTable) -> Values:
    """The characters (χ ⊗ ψ)(g, h) = χ(g) ψ(h) of G × H, those of H fastest.

    >>> import reptheory as rt
    >>> product_characters(rt.C(2).character_table, rt.C(2).character_table)[3]
    (1, -1, -1, 1)
    """
    (one, xs), (two, ys) = first.distinct, second.distinct
    size = one.shape[0] * two.shape[0]
    index = (one[:, None, :, None] * len(ys) + two[None, :, None, :]).reshape(size, size)
    values = [_product(x, y) for x in xs for y in ys]
    return [tuple(values[i] for i in row) for row in index.tolist()]


def _product(x: Number, y: Number) -> Number:
    """xy in the smallest field: a product of irrational numbers may lie in a field that holds neither."""
    if x.is_rational or y.is_rational:
        value = x * y
        return Q(value.to_fraction()) if value.is_rational else value
    n = lcm(conductor(x.field), conductor(y.field))
    return smallest(cyclotomic(n)(x) * cyclotomic(n)(y), n)


def symmetric_characters(group: Group) -> Values:
    """The characters of Sym(n) by Murnaghan–Nakayama, rows by partitions, the identity's column first."""
    table = symmetric_table(group.degree)[:, ::-1]
    numbers = {x: Q(x) for x in np.unique(table).tolist()}
    return [tuple(numbers[x] for x in row) for row in table.tolist()]


def alternating_characters(group: Group) -> Values:
    """The characters of Alt(n), the identity's column first."""
    return [row[::-1] for row in alternating_table(group.degree)]
