"""Families of groups beside the named ones: abelian, hyperoctahedral, Frobenius."""
from __future__ import annotations

from dataclasses import replace
from functools import reduce
from itertools import combinations
from math import factorial, prod

import numpy as np
from flint import fmpz

from .element import Word
from .exact import shown
from .field import Q
from .group import Group, TooLarge
from .matrix import Matrix
from .named import C
from .on_space import Given
from .product import direct

FACTORS = 100      # the most factors of an abelian group
AXES = 64          # the most axes of a hyperoctahedral group
POINTS = 100_000   # the most points of a Frobenius group
LETTERS = "abcdfghijklmnopqrstuvwxyz"  # e is the identity of words


def abelian(*orders: int) -> Group:
    """The abelian group C(n_1) × … × C(n_k) with generators a, b, c, …, on the disjoint union of cycles.

    Every finite abelian group is one, with orders that divide one another, or that are prime powers. The elementary
    abelian group of order p^k is abelian(p, …, p). Past 25 factors the generators are a1, a2, …

    >>> G = abelian(2, 4, 6); G, G.names
    (abelian(2, 4, 6)  # order 48, ('a', 'b', 'c'))
    """
    bad = next((n for n in orders if not isinstance(n, int) or isinstance(n, bool) or n < 1), None)
    if not orders or bad is not None:
        what = f"{shown(bad)} is no positive integer" if orders else "there are no orders"
        raise ValueError(f"abelian({', '.join(map(shown, orders))}): {what}. Give the orders of cyclic factors, "
                         "abelian(2, 4).")
    k = len(orders)
    if k > FACTORS:
        raise TooLarge(f"abelian has {k} factors here, and up to {FACTORS} are made. Take fewer.")
    names = tuple(LETTERS[:k]) if k <= len(LETTERS) else tuple(f"a{i + 1}" for i in range(k))
    whole = reduce(direct, map(C, orders))
    return replace(whole, names=names, on_space=None, expression=f"abelian({', '.join(map(str, orders))})",
                   known_order=prod(orders))


def hyperoctahedral(n: int) -> Group:
    """The group B_n of signed permutations of n axes, the symmetries of the n-cube: order 2ⁿ n!, on the points ±e_i.

    s_i swaps the axes i and i + 1, and m reflects the last one; Coxeter's relations present it. G.vector are the signed
    permutation matrices. Source: Humphreys, Reflection Groups and Coxeter Groups, §1.1 and §2.10.

    >>> B = hyperoctahedral(4); B, B.vector.dim
    (hyperoctahedral(4)  # order 384, 4)
    """
    if not isinstance(n, int) or isinstance(n, bool) or n < 1:
        raise ValueError(f"hyperoctahedral({shown(n)}): n is a positive integer, the number of axes.")
    if n > AXES:
        raise TooLarge(f"hyperoctahedral({n}) has {n} axes, and up to {AXES} are made. Take fewer.")
    names = (*(f"s{i + 1}" for i in range(n - 1)), "m")
    matrices, images = [], []
    for i in range(n):
        order, sign = list(range(n)), np.ones(n, np.int64)
        if i < n - 1:
            order[i], order[i + 1] = i + 1, i
        else:
            sign[i] = -1
        matrices.append(Matrix.from_integers(np.eye(n, dtype=np.int64)[order] * sign))
        there = [order[j] + (0 if sign[j] > 0 else n) for j in range(n)]  # point j is e_j, and n + j is −e_j
        images.append((*there, *((j + n) % (2 * n) for j in there)))
    relators: list[Word] = [((i, 1),) * 2 for i in range(n)]
    for i, j in combinations(range(n), 2):
        order_ = 2 if j > i + 1 else 4 if j == n - 1 else 3
        relators.append(((i, 1), (j, 1)) * order_)
    return Group(names, tuple(images), 2 * n, Given(tuple(matrices), (Q(1),) * n), f"hyperoctahedral({n})", None,
                 2 ** n * factorial(n), tuple(range(n)), tuple(relators))


def frobenius(p: int, q: int) -> Group:
    """The Frobenius group C_p ⋊ C_q of the maps x ↦ kx + c of GF(p) with k^q = 1, for a prime p and q | p − 1.

    a: x ↦ x + 1, b: x ↦ kx with the smallest k of order q; b a b⁻¹ = a^k. For q = 1 it is cyclic, and for q = p − 1
    AGL(1, p). Other metacyclic groups: semidirect(C(n), C(m), {"r": {"r": "r^k"}}).

    >>> frobenius(7, 3)
    frobenius(7, 3)  # order 21
    """
    if any(not isinstance(x, int) or isinstance(x, bool) for x in (p, q)) or not fmpz(p).is_prime():
        raise ValueError(f"frobenius({shown(p)}, {shown(q)}): p is a prime number, the number of points. Give "
                         "frobenius(7, 3).")
    if p > POINTS:
        raise TooLarge(f"frobenius({p}, {q}) permutes {p} points, and up to {POINTS} are numbered. Take a smaller "
                       "prime.")
    if q < 1 or (p - 1) % q:
        divisors = ", ".join(str(d) for d in range(1, p) if (p - 1) % d == 0)
        raise ValueError(f"frobenius({p}, {q}): q = {q} does not divide p − 1 = {p - 1}, so x^{q} = 1 has fewer "
                         f"than {q} roots in GF({p}). Give one of {divisors}.")
    parts = [q // int(r) for r, _ in fmpz(q).factor()]
    k = next(x for x in range(1, p) if pow(x, q, p) == 1 and all(pow(x, d, p) != 1 for d in parts))
    images = (tuple((x + 1) % p for x in range(p)), tuple(k * x % p for x in range(p)))
    relators = (((0, 1),) * p, ((1, 1),) * q, ((1, 1), (0, 1), (1, -1), *((0, -1),) * k))
    return Group(("a", "b"), images, p, expression=f"frobenius({p}, {q})", known_order=p * q, base=(0, 1),
                 relators=relators)
