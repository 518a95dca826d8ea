"""The irreducible representations of every finite group, exact, over R and over C."""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .alternating import alternating_irreps, parted
from .closed_form import rotation_family
from .conjugacy import symmetric_kind
from .field import Q, cyclotomic, real_cyclotomic
from .group import Group
from .matrix import Matrix
from .monomial import Monomial, kron, monomial_if
from .partition import partitions
from .rep import ONE, Action, Explicit, Rep


class NoIrreps(ValueError):
    """A group for which some irreducible representation was not found."""


def irreps(group: Group, over: str = "R") -> tuple[Rep, ...]:
    """The irreducible representations of a finite group, up to isomorphism, in the order of their keys.

    Over C there are as many as conjugacy classes. Over R a pair χ, χ̄ of complex type is one of twice the degree, and
    so is a χ of quaternionic type. Source: Serre, Linear Representations of Finite Groups, §13.2.

    >>> import reptheory as rt
    >>> [V.dim for V in rt.D(4).irreps()], [V.dim for V in rt.Q8().irreps()]
    ([1, 1, 1, 1, 2], [1, 1, 1, 1, 4])
    """
    found = keys(group, over)
    _prepare(group, found, over)
    return tuple(irrep(group, key, over) for key in found)


def keys(group: Group, over: str = "R") -> tuple[Any, ...]:
    """The keys of `G.irrep(key)`: integers for C(n), "A1", "A2", "B1", "B2" and integers for D(n), partitions for S(n),
    partitions and halves for A(n), a tuple of keys for G * H, and the degree over C with a letter, "2a", for the rest.

    Over R a representation has the key of its first complex constituent.
    """
    if over not in ("R", "C"):
        raise ValueError(f"over={over!r}: irreps are taken over \"R\" or \"C\".")
    found = family_keys(group)
    if found is None:
        found = group.character_table.keys
    if over == "C":
        return found
    kind, n = _family(group)
    if kind == "cyclic":
        return tuple(range(n // 2 + 1))
    if kind in ("dihedral", "symmetric"):
        return found
    return tuple(found[i] for i, _ in real_rows(group))


def family_keys(group: Group) -> tuple[Any, ...] | None:
    """The keys over C of a cyclic, dihedral, symmetric or alternating group; None for the rest."""
    kind, n = _family(group)
    if kind == "cyclic":
        return tuple(range(n))
    if kind == "dihedral":
        lines = ("A1", "A2", "B1", "B2") if n % 2 == 0 else ("A1", "A2")
        return (*lines, *range(1, (n + 1) // 2))
    if kind == "symmetric":
        return partitions(n)
    return alternating_irreps(n) if kind == "alternating" else None


def irrep(group: Group, key: Any, over: str = "R") -> Rep:
    """The irreducible representation with this key; ValueError lists the keys there are.

    Closed forms for C(n) and D(n), Young's seminormal form for S(n) and A(n), tensor products for G * H, spherical
    functions for the rest; NoIrreps where these find none.

    >>> import reptheory as rt
    >>> rt.S(4).irrep((2, 2))
    S(4).irrep((2, 2))  # dim 2
    """
    memo = group.known_irreps
    try:
        if (key, over) in memo:
            return memo[key, over]
    except TypeError:
        key = tuple(key)  # a partition given as a list
    if not _is_partition(group, key) or over not in ("R", "C"):
        found = keys(group, over)
        if key not in found:
            raise ValueError(f"{group.expression} has no irrep {key!r} over {over}. Its keys are "
                             f"{', '.join(map(repr, found[:50]))}{', …' if len(found) > 50 else ''}.")
        key = found[found.index(key)]  # 1 where True or 1.0 was asked for
    suffix = ", over='C'" if over == "C" else ""
    text = f"{group.atom}.irrep({key!r}{suffix})"
    given, metric = _matrices(group, key, over)
    memo[key, over] = Explicit(group, given, metric, over, text)
    return memo[key, over]


def _is_partition(group: Group, key: Any) -> bool:
    """Whether the group is S(n) and the key a partition of n, which is seen without listing all partitions."""
    kind, n = _family(group)
    return (kind == "symmetric" and isinstance(key, tuple) and all(type(part) is int and part > 0 for part in key)
            and sum(key) == n and list(key) == sorted(key, reverse=True))


Form = tuple[tuple[Action, ...], tuple]


def _matrices(group: Group, key: Any, over: str) -> Form:
    """The actions of the generators, and the metric."""
    kind, n = _family(group)
    if kind == "cyclic":
        return _cyclic(group, n, key, over)
    if kind == "dihedral":
        return _dihedral(n, key)
    if kind in ("symmetric", "alternating"):
        return _young(group, key, over)
    table = group.character_table
    row = table.keys.index(key)
    if table.types[row] != "real" and over == "R":
        real = irrep(group, key, "C").realify()
        return real.actions, real.gram
    if group.factors:
        first, second = (factor.character_table for factor in group.factors)
        i, j = divmod(row, len(second.keys))
        if over == "C" or first.types[i] == second.types[j] == "real":
            return _product(group, (first.keys[i], second.keys[j]), over)
    return _spherical(group, [row])[row]


def _cyclic(group: Group, n: int, key: int, over: str) -> Form:
    if over == "C":
        zeta = cyclotomic(n)
        root = (zeta.generator if n > 2 else Q(1 if n == 1 else -1)) ** key
        return (monomial_if(Matrix.of([[root]])),) * len(group.generators), (ONE,)
    if 2 * key in (0, n):
        return (Monomial.of([0], [1 if key == 0 else -1]),), (ONE,)
    turn, metric = rotation(n, key)
    return (turn,), metric


def _dihedral(n: int, key: Any) -> Form:
    if isinstance(key, str):
        r, s = {"A1": (1, 1), "A2": (1, -1), "B1": (-1, 1), "B2": (-1, -1)}[key]
        return (Monomial.of([0], [r]), Monomial.of([0], [s])), (ONE,)
    turn, metric = rotation(n, key)
    return (turn, Monomial.of([0, 1], [1, -1])), metric


def _young(group: Group, key: Any, over: str) -> Form:
    """Young's seminormal form; over R two conjugate halves of an alternating group are the whole again."""
    from .young import seminormal
    form = seminormal(key)
    if over == "R" and any(not form.matrix(images).field.is_real for images in group.images):
        form = seminormal(parted(key)[0])
    return tuple(monomial_if(form.matrix(images)) for images in group.images), form.metric


def _product(group: Group, keys: tuple, over: str) -> Form:
    """V ⊗ W on G × H, for the keys of V and W."""
    v, w = (irrep(factor, key, over) for factor, key in zip(group.factors, keys))
    one, two = Monomial.identity(v.dim), Monomial.identity(w.dim)
    actions = (*(kron(a, two) for a in v.actions), *(kron(one, b) for b in w.actions))
    return actions, tuple(x * y for x in v.gram for y in w.gram)


def _spherical(group: Group, rows: Sequence[int]) -> dict[int, Form]:
    """The matrices for these rows of the character table, by one search for subgroups."""
    from .real_structure import real_structure
    from .spherical import find_pairs, spherical_matrices
    table, found = group.character_table, {}
    for row, pair in zip(rows, find_pairs(group, rows)):
        form = None
        if pair is not None:
            form = spherical_matrices(table.characters[row], pair)
            if table.types[row] == "real" and not pair.field.is_real:
                form = real_structure(Explicit(group, *form, "C"))
        if form is None:
            raise NoIrreps(f"no subgroup H of {group.expression} with a linear character λ and ⟨χ|_H, λ⟩ = 1 was found "
                           f"for the irreducible character {table.keys[row]!r} of type {table.types[row]}. Give its "
                           "matrices by G.rep(…); Hom and characters need no irreps.")
        found[row] = tuple(map(monomial_if, form[0])), form[1]
    return found


def _prepare(group: Group, wanted: Sequence[Any], over: str) -> None:
    """Find the matrices of all these irreps by one search."""
    if family_keys(group) is not None or group.factors:
        return
    table, memo = group.character_table, group.known_irreps
    rows = [table.keys.index(key) for key in wanted]
    scalars = {row: over if table.types[row] == "real" else "C" for row in rows}
    rows = [row for row in rows if (table.keys[row], scalars[row]) not in memo]
    for row, (given, metric) in _spherical(group, rows).items():
        key, kind = table.keys[row], scalars[row]
        suffix = ", over='C'" if kind == "C" else ""
        memo[key, kind] = Explicit(group, given, metric, kind, f"{group.atom}.irrep({key!r}{suffix})")


def real_rows(group: Group) -> tuple[tuple[int, str], ...]:
    """The rows of the character table that number the irreps over R, with their types: χ for the pair χ, χ̄."""
    table = group.character_table
    return tuple((i, kind) for i, (kind, bar) in enumerate(zip(table.types, table.conjugates)) if bar >= i)


def rotation(n: int, k: int) -> tuple[Action, tuple]:
    """The rotation by 2πk/n on (e_x, e_y / sin): [c, −1; 1 − c², c] with metric (1, 1/(1 − c²)), exact over Q(2cos
    2π/n).

    No sine is needed: cos is T_k(cos 2π/n), and the metric absorbs the rest.
    """
    if 4 * k == n or 4 * k == 3 * n:
        return Monomial.of([1, 0], [1, -1] if 4 * k == n else [-1, 1]), (ONE, ONE)
    cosine = _cosine(n)
    before, c = Q(1), cosine
    for _ in range(k - 1):
        before, c = c, 2 * cosine * c - before
    square = 1 - c * c
    return Matrix.of([[c, -1], [square, c]]), (ONE, 1 / square)


def _cosine(n: int):
    """cos(2π/n) as an exact number of Q(2cos 2π/n)."""
    rational = {1: "1", 2: "-1", 3: "-1/2", 4: "0", 6: "1/2"}
    return Q(rational[n]) if n in rational else real_cyclotomic(n).generator / 2


def _family(group: Group) -> tuple[str, int]:
    """("cyclic", n), ("dihedral", n), ("symmetric", n), ("alternating", n), or ("", 0) for a group of no such family.

    It is read off the generators: one, or a pair with s² = (rs)² = 1 and |G| = 2 ord r, or all (even) permutations.
    """
    generators = group.generators
    if group.factors:
        return "", 0
    kind = symmetric_kind(group)
    if kind is not None:
        return kind, group.degree
    if len(generators) == 1:
        return "cyclic", group.order
    found = rotation_family(group)
    return ("dihedral", found[0]) if found is not None and not found[1] else ("", 0)
