"""Irreducible representations in closed form (cyclic and dihedral groups) and exact decomposition into them."""
from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .field import Q, cyclotomic, real_cyclotomic
from .group import Group
from .matrix import Matrix
from .monomial import Monomial
from .rep import ONE, Action, Explicit, Rep, Sum


class NoIrreps(ValueError):
    """A group whose irreps are not known in closed form."""


def irreps(group: Group, over: str = "R") -> tuple[Rep, ...]:
    """The irreducible representations of a cyclic or dihedral group, up to isomorphism, in the order of their keys.

    Over R: the trivial one, the signs, and the planes k on which r turns by 2πk/n. Over C a cyclic group has the n
    characters r ↦ ζ_n^k instead. Source: Serre, Linear Representations of Finite Groups, §5.1 and §5.3.

    >>> import reptheory as rt
    >>> [V.dim for V in rt.D(4).irreps()]
    [1, 1, 1, 1, 2]
    """
    return tuple(irrep(group, key, over) for key in keys(group, over))


def keys(group: Group, over: str = "R") -> tuple[Any, ...]:
    """The keys of `G.irrep(key)`: integers for C(n), "A1", "A2", "B1", "B2" and integers for D(n)."""
    if over not in ("R", "C"):
        raise ValueError(f"over={over!r}: irreps are taken over \"R\" or \"C\".")
    kind, n = _family(group)
    if kind == "cyclic":
        return tuple(range(n)) if over == "C" else tuple(range(n // 2 + 1))
    lines = ("A1", "A2", "B1", "B2") if n % 2 == 0 else ("A1", "A2")
    return (*lines, *range(1, (n + 1) // 2))


def irrep(group: Group, key: Any, over: str = "R") -> Rep:
    """The irreducible representation with this key; ValueError lists the keys there are."""
    found = keys(group, over)
    if key not in found:
        raise ValueError(f"{group.expression} has no irrep {key!r} over {over}. Its keys are "
                         f"{', '.join(map(repr, found))}.")
    key = found[found.index(key)]  # 1 where True or 1.0 was asked for
    kind, n = _family(group)
    suffix = ", over='C'" if over == "C" else ""
    text = f"{group.atom}.irrep({key!r}{suffix})"
    if kind == "cyclic" and over == "C":
        zeta = cyclotomic(n)
        root = (zeta.generator if n > 2 else Q(1 if n == 1 else -1)) ** key
        return Explicit(group, (Matrix.of([[root]]),) * len(group.generators), (ONE,), "C", text)
    if kind == "cyclic":
        if 2 * key in (0, n):
            return Explicit(group, (Monomial.of([0], [1 if key == 0 else -1]),), (ONE,), "R", text)
        turn, metric = rotation(n, key)
        return Explicit(group, (turn,), metric, "R", text)
    if isinstance(key, str):
        r, s = {"A1": (1, 1), "A2": (1, -1), "B1": (-1, 1), "B2": (-1, -1)}[key]
        given: tuple[Action, ...] = (Monomial.of([0], [r]), Monomial.of([0], [s]))
        return Explicit(group, given, (ONE,), over, text)
    turn, metric = rotation(n, key)
    return Explicit(group, (turn, Monomial.of([0, 1], [1, -1])), metric, over, text)


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
    """("cyclic", n) or ("dihedral", n), read off the generators: one, or a pair with s² = (rs)² = 1 and |G| = 2 ord
    r."""
    generators = group.generators
    if len(generators) == 1:
        return "cyclic", group.order
    if len(generators) == 2:
        r, s = generators
        if (s * s).is_identity and (r * s * r * s).is_identity and not s.is_identity and group.order == 2 * r.order:
            return "dihedral", r.order
    raise NoIrreps(f"the irreps of {group.expression} are not known in closed form: those of C(n), D(n) and groups "
                   "with the same generators are. Hom, characters and V.type need no irreps.")


@dataclass(frozen=True)
class Decomposition:
    """V ≅ ⊕ m_i A_i: the type with the irreps of V, and the exact matrix T with T ρ_V(g) = (⊕ m_i A_i)(g) T."""

    type: Rep
    change: Matrix

    @property
    def multiplicities(self) -> tuple[tuple[int, Rep], ...]:
        """The pairs (m_i, A_i)."""
        return self.type.summands

    def __repr__(self) -> str:
        return f"<Decomposition: {self.type.expression}>"


def decompose(rep: Rep) -> Decomposition:
    """The exact decomposition of V: multiplicities from characters, the change of basis from Hom(V, A_i).

    A basis of Hom(V, A) over the irreducible A has m·e elements, e = dim End(A); of each choose m that are
    independent over End(A), greedily by rank. Raises NoIrreps.

    >>> import reptheory as rt
    >>> rt.D(4).natural.decompose()
    <Decomposition: D(4).irrep('A1') + D(4).irrep('B2') + D(4).irrep(1)>
    """
    from .hom import Hom
    from .linalg import rank

    terms, blocks = [], []
    for irreducible in irreps(rep.group, rep.scalars):
        commutant = int(irreducible.character.norm.to_fraction()) if rep.scalars == "R" else 1
        m = int((rep.character.inner(irreducible.character) / commutant).to_fraction())
        if not m:
            continue
        basis = Hom(rep, irreducible).basis
        chosen: list[Matrix] = []
        for d in range(basis.dim):
            candidate = Matrix.of(basis[d].entries.tolist())
            if rank(Matrix.vstack([*chosen, candidate])) == (len(chosen) + 1) * irreducible.dim:
                chosen.append(candidate)
            if len(chosen) == m:
                break
        rows = [chosen[c].submatrix([i], range(rep.dim)) for i in range(irreducible.dim) for c in range(m)]
        terms.append((m, irreducible))
        blocks.append(Matrix.vstack(rows))
    return Decomposition(terms[0][1] if terms == [(1, terms[0][1])] else Sum(tuple(terms)), Matrix.vstack(blocks))


