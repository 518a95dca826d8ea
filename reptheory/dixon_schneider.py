"""Character tables by Dixon–Schneider: eigenvectors of class matrices modulo a prime, lifted exactly."""
from __future__ import annotations

from itertools import count
from math import isqrt

import numpy as np
from flint import fmpz, nmod_mat, nmod_poly

from .conjugacy import labels
from .element import Word
from .group import Group
from .listing import Listing
from .number import Number
from .root_sum import root_sum

Values = list[tuple[Number, ...]]


def dixon_schneider(group: Group) -> Values:
    """The irreducible characters of a listed group, each as its values on G.classes, those of small degree first.

    The functions ω_χ(C) = |C| χ(C) / χ(1) are the common eigenvectors of the class matrices
    (M_j)_{st} = #{x ∈ C_j : x⁻¹ z_t ∈ C_s}. Modulo a prime p ≡ 1 mod the exponent, p > 2√|G|, a random combination of
    some M_j has them as eigenvectors with distinct eigenvalues; the multiplicity of ζ^s as an eigenvalue of ρ(g), at
    most χ(1) < p/2, is read off the characters of the powers of g, which lifts χ(g) to Σ m_s ζ^s exactly.
    Source: J. D. Dixon, High speed computation of group characters, Numer. Math. 10 (1967); G. J. A. Schneider,
    Dixon's character table algorithm revisited, J. Symb. Comput. 9 (1990).

    >>> import reptheory as rt
    >>> [[int(x.to_fraction()) for x in row] for row in dixon_schneider(rt.Q8())]
    [[1, 1, 1, 1, 1], [1, 1, -1, 1, -1], [1, -1, 1, 1, -1], [1, -1, -1, 1, 1], [2, 0, 0, -2, 0]]
    """
    p = _prime(group)
    modular = _degrees(group, _eigenvectors(group, p), p)
    rows = _lift(group, modular, p)
    return [values for _, values in sorted(rows, key=lambda row: row[0])]


def _prime(group: Group) -> int:
    """The smallest prime p ≡ 1 mod the exponent above 2√|G| and 2²⁰, where eigenvalues seldom meet by chance."""
    e = group.exponent
    start = max(2 * isqrt(group.order) + 2, 1 << 20)
    return next(p for p in count(start - start % e + 1, e) if p > start and fmpz(p).is_prime())


def _eigenvectors(group: Group, p: int) -> np.ndarray:
    """The rows ω_χ modulo p, with ω_χ(1) = 1.

    M acts on the span of u, Mu, M²u, …; with c the characteristic polynomial of M and all roots λ simple, the vector
    (c(x) / (x − λ))(M) u is an eigenvector of λ.
    """
    k = len(group.classes)
    if k == 1:
        return np.ones((1, 1), np.int64)
    total = np.zeros((k, k), object)
    by_size = sorted(range(k), key=lambda j: group.classes[j].size)[1:]  # the class of 1 has the identity matrix
    random = np.random.default_rng(0)
    classes, words = labels(group), [group.listing.word(group.index(c.representative)) for c in group.classes]
    used, chunk = 0, 2
    while True:
        for j in by_size[used:used + chunk]:
            total = total + int(random.integers(1, p)) * _class_matrix(group.listing, classes, words, j).astype(object)
        used, chunk = used + chunk, 2 * used + 2
        matrix = nmod_mat(k, k, [int(x) % p for x in total.ravel()], p)
        poly = matrix.charpoly()
        roots = [int(root) for root, power in poly.roots() if power == 1]
        if len(roots) == k:
            vectors = _krylov(matrix, poly, roots, random)
            if all(int(vectors[i, 0]) for i in range(k)):
                return np.array([[int(x) for x in row] for row in _unit_rows(vectors, k, p).tolist()], np.int64)
        if used >= len(by_size):  # all matrices are there: only the coefficients were unlucky
            total, used, chunk = np.zeros((k, k), object), 0, len(by_size)


def _class_matrix(listing: Listing, classes: np.ndarray, words: list[Word], j: int) -> np.ndarray:
    """The matrix #{x ∈ C_j : x⁻¹ z_t ∈ C_s} over (s, t), by right multiplication of the inverses of the class."""
    inverses = listing.inverse[np.flatnonzero(classes == j)]
    columns = []
    for word in words:
        here = inverses
        for t, _ in word:  # words in the listing have no inverse letters
            here = listing.right[t][here]
        columns.append(np.bincount(classes[here], minlength=len(words)))
    return np.array(columns).T


def _krylov(matrix: nmod_mat, poly: nmod_poly, roots: list[int], random) -> nmod_mat:
    """One eigenvector a row, (c(x) / (x − λ))(M) u for a random u."""
    k, p = matrix.nrows(), matrix.modulus()
    u = nmod_mat(k, 1, [int(x) for x in random.integers(1, p, k)], p)
    orbit = [u]
    for _ in range(k - 1):
        orbit.append(matrix * orbit[-1])
    span = nmod_mat(k, k, [int(w[i, 0]) for w in orbit for i in range(k)], p)
    coefficients = [int(c) for c in poly.coeffs()]
    quotients = []
    for root in roots:
        quotient, carry = [0] * k, 0
        for i in range(k, 0, -1):  # synthetic division by x − λ
            carry = (coefficients[i] + carry * root) % p
            quotient[i - 1] = carry
        quotients += quotient
    return nmod_mat(k, k, quotients, p) * span


def _unit_rows(vectors: nmod_mat, k: int, p: int) -> nmod_mat:
    """The rows scaled to have the first entry 1, that of the class of the identity."""
    scales = nmod_mat(k, k, [pow(int(vectors[i, 0]), -1, p) if i == j else 0 for i in range(k) for j in range(k)], p)
    return scales * vectors


def _degrees(group: Group, omega: np.ndarray, p: int) -> list[list[int]]:
    """The characters modulo p: χ(1)² = |G| / Σ_C ω(C) ω(C⁻¹) / |C|, and χ(C) = χ(1) ω(C) / |C|."""
    order, classes = group.order, group.classes
    back = [group.class_of(c.representative.inverse) for c in classes]
    weights = [pow(c.size, -1, p) for c in classes]
    square = {d * d % p: d for d in range(1, isqrt(order) + 1) if order % d == 0}
    rows = []
    for row in omega.tolist():
        norm = sum(x * row[b] % p * w for x, b, w in zip(row, back, weights)) % p
        d = square[order * pow(norm, -1, p) % p]
        rows.append([d * x * w % p for x, w in zip(row, weights)])
    return rows


def _lift(group: Group, modular: list[list[int]], p: int) -> list[tuple[list[int], tuple[Number, ...]]]:
    """The exact values, with a key that sorts by degree and then by multiplicities, the trivial character first."""
    e, k = group.exponent, len(modular)
    z = next(z for z in (pow(a, (p - 1) // e, p) for a in count(2)) if _has_order(z, e, p))
    found: dict[bytes, Number] = {}
    inverses: dict[int, nmod_mat] = {}  # of the matrices (ζ_n^{is}), which take multiplicities to characters
    columns, keys = [], [np.array([[row[0]] for row in modular])]
    for powers in _powers(group):
        n = len(powers)
        if n not in inverses:
            zeta, scale = pow(z, e // n, p), pow(n, -1, p)
            roots = [pow(zeta, s, p) * scale % p for s in range(n)]
            inverses[n] = nmod_mat(n, n, [roots[-i * s % n] for i in range(n) for s in range(n)], p)
        values = nmod_mat(k, n, [row[q] for row in modular for q in powers], p)
        m = np.array([int(x) for x in (values * inverses[n]).entries()]).reshape(k, n)
        rows = [row.tobytes() for row in m]
        for row, data in zip(m, rows):
            if data not in found:
                found[data] = root_sum(row.tolist())
        columns.append([found[data] for data in rows])
        keys.append(-m)
    return list(zip(np.hstack(keys).tolist(), zip(*columns)))


def _powers(group: Group) -> list[list[int]]:
    """The classes of 1, g, g², … for g in each class."""
    listing, classes, found = group.listing, labels(group), []
    for c in group.classes:
        g, now, powers = np.array(c.representative.images, listing.rows.dtype), listing.rows[0], []
        for _ in range(c.order):
            powers.append(int(classes[listing.place[now.tobytes()]]))
            now = g[now]
        found.append(powers)
    return found


def _has_order(z: int, e: int, p: int) -> bool:
    return all(pow(z, e // int(q), p) != 1 for q, _ in fmpz(e).factor()) if e > 1 else True
