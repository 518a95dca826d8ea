"""Groups of matrices over the prime fields GF(p), acting on nonzero vectors, on lines, or on affine space."""
from __future__ import annotations

from collections.abc import Callable, Sequence
from math import gcd, prod
from typing import Any, NoReturn

import numpy as np
from flint import fmpz, nmod_mat

from .element import generator_names
from .exact import shown
from .group import Group, TooLarge
from .lie import LieGroup
from .lie_named import general_linear, special_linear

POINTS = 100_000  # the most vectors or lines that are permuted
SIDE = 64         # the largest matrices


def GL(n: int, q: int | None = None) -> Group | LieGroup:
    """GL(n, R) without q; with it the general linear group of GF(p)ⁿ on its pⁿ − 1 nonzero vectors, q = p.

    Its order is ∏ (pⁿ − pⁱ), 0 ≤ i < n.

    a = diag(ξ, 1, …, 1) with a primitive root ξ, and b takes e_1 to −e_1 − e_2, e_i to −e_{i+1} and e_n to e_1; for
    p = 2 it is SL(n, 2) with x and w. Source: D. E. Taylor, Pairs of generators for matrix groups I, The Cayley
    Bulletin 3 (1987).

    >>> GL(2, q=3)
    GL(2, q=3)  # order 48
    """
    if q is None:
        return general_linear(n)
    p = _field("GL", n, q)
    return _made(f"GL({n}, q={p})", _general(n, p), p, "vectors", _general_order(n, p))


def SL(n: int, q: int | None = None) -> Group | LieGroup:
    """SL(n, R) without q; with it the special linear group, the kernel of det on GL(n, p), on the nonzero vectors.

    Its order is |GL(n, p)| / (p − 1).

    x is the transvection 1 + E_12, and w takes e_i to −e_{i+1} and e_n to e_1. They generate: the conjugates of x by
    the powers of w are 1 ± E_{i,i+1} and 1 ± E_{n1}, commutators of these give all 1 ± E_ij, and powers, p being prime,
    all elementary matrices.

    >>> SL(2, q=5)
    SL(2, q=5)  # order 120
    """
    if q is None:
        return special_linear(n)
    p = _field("SL", n, q)
    return _made(f"SL({n}, q={p})", _special(n, p), p, "vectors", _general_order(n, p) // (p - 1))


def PGL(n: int, q: int | None = None) -> Group:
    """The projective group GL(n, p) / scalars on the (pⁿ − 1)/(p − 1) lines: order |GL(n, p)| / (p − 1).

    >>> PGL(2, q=5)
    PGL(2, q=5)  # order 120
    """
    p = _field("PGL", n, q)
    return _made(f"PGL({n}, q={p})", _general(n, p), p, "lines", _general_order(n, p) // (p - 1))


def PSL(n: int, q: int | None = None) -> Group:
    """The image of SL(n, p) on the lines, SL / scalars: order |GL(n, p)| / ((p − 1) gcd(n, p − 1)).

    It is simple for n ≥ 2, but for PSL(2, 2) and PSL(2, 3) (Jordan, Dickson). The kernel of SL → PSL, scalars with
    λⁿ = 1:

    >>> import reptheory as rt
    >>> rt.Homomorphism(SL(2, q=7), PSL(2, q=7), {"x": "x", "w": "w"}).kernel.order
    2
    >>> PSL(2, q=7)
    PSL(2, q=7)  # order 168
    """
    p = _field("PSL", n, q)
    order = _general_order(n, p) // ((p - 1) * gcd(n, p - 1))
    return _made(f"PSL({n}, q={p})", _special(n, p), p, "lines", order)


def AGL(n: int, q: int | None = None) -> Group:
    """The affine group v ↦ Mv + u of GF(p)ⁿ on its pⁿ points: order pⁿ |GL(n, p)|.

    The generators of GL(n, p), and the translation t by e_1.

    >>> AGL(1, q=7)
    AGL(1, q=7)  # order 42
    """
    p = _field("AGL", n, q)
    linear = {name: _bordered(m) for name, m in _general(n, p).items()}
    shift = np.eye(n + 1, dtype=np.int64)
    shift[0, n] = 1
    return _made(f"AGL({n}, q={p})", {**linear, "t": shift}, p, "affine", p ** n * _general_order(n, p))


def unitriangular(n: int, q: int) -> Group:
    """The upper triangular n×n matrices over GF(p) with ones on the diagonal: order p^{n(n−1)/2}, a Sylow p-subgroup
    of GL(n, p).

    x_i = 1 + E_{i,i+1}, on the p^{n−1} vectors with last entry 1. For n = 3 it is the Heisenberg group of GF(p).

    >>> H = unitriangular(3, q=3); H, H.center.order
    (unitriangular(3, q=3)  # order 27, 3)
    """
    p = _field("unitriangular", n, q)
    matrices = {"x1": np.eye(1, dtype=np.int64)} if n == 1 else {
        f"x{i + 1}": _elementary(n, i, i + 1) for i in range(n - 1)}
    return _made(f"unitriangular({n}, q={p})", matrices, p, "affine", p ** (n * (n - 1) // 2))


def matrix_group(q: int, /, on: str = "vectors", **generators: Any) -> Group:
    """The group that these matrices over GF(p), q = p, generate, on the nonzero vectors or on the lines of GF(p)ⁿ.

    Entries are integers, read modulo p. On vectors the action is faithful. On lines the scalar matrices act trivially,
    and the group is the image, the matrices modulo the scalars among them; how many these are, the map tells:

    >>> import reptheory as rt
    >>> a, b = [[1, 1], [0, 1]], [[0, 1], [-1, 0]]
    >>> matrix_group(5, a=a, b=b, on="lines")
    matrix_group(5, a=[[1, 1], [0, 1]], b=[[0, 1], [4, 0]], on='lines')  # order 60
    >>> on_vectors, on_lines = matrix_group(5, a=a, b=b), matrix_group(5, a=a, b=b, on="lines")
    >>> rt.Homomorphism(on_vectors, on_lines, {"a": "a", "b": "b"}).kernel.order
    2
    """
    p = _prime(f"matrix_group({shown(q)}, …)", q)
    if on not in ("vectors", "lines"):
        raise ValueError(f"matrix_group({p}, …, on={shown(on)}): the matrices act on=\"vectors\" or on=\"lines\". A "
                         "generator needs another name than on.")
    if not generators:
        raise ValueError(f"matrix_group({p}) needs generators: matrix_group({p}, a=[[1, 1], [0, 1]]).")
    generator_names(generators)
    matrices = {name: _matrix(name, value, p) for name, value in generators.items()}
    sizes = sorted({len(m) for m in matrices.values()})
    if len(sizes) > 1:
        raise ValueError(f"the matrices have sizes {', '.join(map(str, sizes))}. Give square matrices of one size.")
    text = ", ".join(f"{name}={m.tolist()}" for name, m in matrices.items())
    text += ", on='lines'" if on == "lines" else ""
    return _made(f"matrix_group({p}, {text})", matrices, p, on, None)


# Generators --------------------------------------------------------------------------------------------------
Matrices = dict[str, np.ndarray]


def _special(n: int, p: int) -> Matrices:
    """x and w of SL(n, p); the identity for n = 1."""
    if n == 1:
        return {"x": np.eye(1, dtype=np.int64)}
    w = -np.eye(n, k=-1, dtype=np.int64)
    w[0, n - 1] = 1
    return {"x": _elementary(n, 0, 1), "w": w % p}


def _general(n: int, p: int) -> Matrices:
    """a and b of GL(n, p), x and w for p = 2."""
    if p == 2:
        return _special(n, p)
    a = np.eye(n, dtype=np.int64)
    a[0, 0] = _primitive_root(p)
    if n == 1:
        return {"a": a}
    b = -np.eye(n, k=-1, dtype=np.int64)
    b[0, 0], b[0, n - 1] = -1, 1
    return {"a": a, "b": b % p}


def _elementary(n: int, i: int, j: int) -> np.ndarray:
    """1 + E_ij."""
    m = np.eye(n, dtype=np.int64)
    m[i, j] = 1
    return m


def _bordered(m: np.ndarray) -> np.ndarray:
    """The matrix of v ↦ Mv on the vectors (v, 1)."""
    whole = np.eye(len(m) + 1, dtype=np.int64)
    whole[:-1, :-1] = m
    return whole


def _general_order(n: int, p: int) -> int:
    return prod(p ** n - p ** i for i in range(n))


def _primitive_root(p: int) -> int:
    """The smallest generator of the cyclic group GF(p)*."""
    cofactors = [(p - 1) // int(r) for r, _ in fmpz(p - 1).factor()]
    return next(x for x in range(1, p) if all(pow(x, k, p) != 1 for k in cofactors))


# Points ------------------------------------------------------------------------------------------------------
def _made(text: str, matrices: Matrices, p: int, on: str, order: int | None) -> Group:
    """The group of these matrices on the points of a kind, numbered in the order of their digits."""
    n = len(next(iter(matrices.values())))
    count = {"vectors": p ** n - 1, "lines": (p ** n - 1) // (p - 1), "affine": p ** (n - 1)}[on]
    if count > POINTS:
        many = f"{count}" if count < 10 ** 12 else "more than 10^12"
        raise TooLarge(f"{text if len(text) < 200 else text[:200] + '…'} permutes {many} "
                       f"{'lines' if on == 'lines' else 'vectors'}, and up to {POINTS} are numbered. Take a smaller n "
                       "or p.")
    vectors, number = {"vectors": _vectors, "lines": _lines, "affine": _affine}[on](n, p)
    images = tuple(tuple(number(vectors @ m.T % p).tolist()) for m in matrices.values())
    frame = np.eye(n, dtype=np.int64)  # a matrix is known by its values on a basis; up to a scalar, on a frame
    if on == "lines":
        frame = np.vstack([frame, np.ones(n, np.int64)])
    if on == "affine":
        frame[:, -1] = 1
    base = tuple(dict.fromkeys(number(frame).tolist()))
    return Group(tuple(matrices), images, count, expression=text, known_order=order, base=base)


Numbered = tuple[np.ndarray, Callable[[np.ndarray], np.ndarray]]


def _digits(n: int, p: int, count: int) -> np.ndarray:
    """The vectors of GF(p)ⁿ whose entries are the base p digits of 0, 1, …, count − 1, first entry slowest."""
    return np.arange(count)[:, None] // p ** np.arange(n - 1, -1, -1) % p


def _vectors(n: int, p: int) -> Numbered:
    """The nonzero vectors."""
    return _digits(n, p, p ** n)[1:], lambda v: v @ p ** np.arange(n - 1, -1, -1) - 1


def _affine(n: int, p: int) -> Numbered:
    """The vectors with last entry 1."""
    points = np.hstack([_digits(n - 1, p, p ** (n - 1)), np.ones((p ** (n - 1), 1), np.int64)])
    return points, lambda v: v[:, :-1] @ p ** np.arange(n - 2, -1, -1)


def _lines(n: int, p: int) -> Numbered:
    """The lines, each by its vector with first nonzero entry 1."""
    inverse = np.array([0, *(pow(x, -1, p) for x in range(1, p))])
    weights = p ** np.arange(n - 1, -1, -1)
    # Those that start with k zeros and a 1 are numbered p^j, …, 2p^j − 1 by their digits, j = n − k − 1.
    points = np.vstack([_digits(n, p, 2 * p ** j)[p ** j:] for j in range(n)])
    codes = points @ weights

    def number(v: np.ndarray) -> np.ndarray:
        lead = v[np.arange(len(v)), (v != 0).argmax(1)]
        return np.searchsorted(codes, (v * inverse[lead][:, None] % p) @ weights)
    return points, number


# Input -------------------------------------------------------------------------------------------------------
def _field(name: str, n: Any, q: Any) -> int:
    """The prime q, once n and q are what a group of this name takes."""
    if not isinstance(n, int) or isinstance(n, bool) or n < 1:
        raise ValueError(f"{name}({shown(n)}, …): n is a positive integer, the size of the matrices.")
    if q is None:
        _refuse_real(name, n)
    p = _prime(f"{name}({n}, q={shown(q)})", q)
    if n > SIDE:
        raise TooLarge(f"{name}({n}, q={p}) has matrices of size {n}, and they are made up to {SIDE}. Take a smaller "
                       "n.")
    return p


def _refuse_real(name: str, n: int) -> NoReturn:
    raise ValueError(f"{name}({n}) without q would be the real Lie group {name}({n}, R), which is not among the "
                     f"named ones. Write {name}({n}, q=3) for the group over the prime field GF(3), or give the real "
                     "group by matrices: rt.lie_group.")


def _prime(text: str, q: Any) -> int:
    """q as an integer, once it is a prime."""
    if not isinstance(q, (int, np.integer)) or isinstance(q, bool) or not (
            2 <= q <= POINTS and fmpz(int(q)).is_prime()):
        raise ValueError(f"{text}: matrices are taken over the prime fields GF(p), and q = {shown(q)} is no prime up "
                         f"to {POINTS}. Give a prime: 2, 3, 5, 7, …")
    return int(q)


def _matrix(name: str, value: Any, p: int) -> np.ndarray:
    """The entries modulo p of an invertible square matrix of integers."""
    rows = value.tolist() if hasattr(value, "tolist") else value
    if not isinstance(rows, Sequence) or any(isinstance(r, str) or not isinstance(r, Sequence) for r in rows):
        raise ValueError(f"{name} = {shown(value)} is no matrix. Give a list of rows, [[1, 1], [0, 1]].")
    if not rows or any(len(row) != len(rows) for row in rows) or len(rows) > SIDE:
        raise ValueError(f"the matrix of {name} has rows of lengths {shown([len(row) for row in rows])}. Give square "
                         f"matrices of size at most {SIDE}.")
    bad = next((x for row in rows for x in row if not isinstance(x, int) or isinstance(x, bool)), None)
    if bad is not None:
        raise ValueError(f"the matrix of {name} has the entry {shown(bad)}, which is no integer. Entries are integers, "
                         f"read modulo {p}; write a fraction c/d as c * pow(d, -1, {p}).")
    m = np.array([[x % p for x in row] for row in rows], np.int64)
    if nmod_mat(len(m), len(m), m.ravel().tolist(), p).rank() < len(m):
        raise ValueError(f"the matrix of {name} is singular modulo {p}, det = 0, so it generates no group. Give "
                         "invertible ones.")
    return m
