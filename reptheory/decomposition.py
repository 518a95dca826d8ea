"""Exact decomposition of a representation into irreducible ones."""
from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, pairwise
from typing import Any

from .basis import Basis
from .direct_sum import Sum
from .hom import Hom
from .irreps import irrep, real_rows
from .matrix import Matrix
from .modular import reduce_mod, split_prime
from .rep import Rep
from .spinning import intertwiners, real_form


@dataclass(frozen=True)
class Decomposition:
    """V ≅ ⊕ m_i A_i: the type with the irreps of V, counted by characters or weights; and the exact matrix T with
    T ρ_V(g) = (⊕ m_i A_i)(g) T, found when it is asked for."""

    rep: Rep
    type: Rep

    @property
    def multiplicities(self) -> tuple[tuple[int, Rep], ...]:
        """The pairs (m_i, A_i)."""
        return self.type.summands

    @cached_property
    def change(self) -> Matrix:
        """T, whose rows are grouped by irrep, index slow and copy fast; from matrices that span the Hom(V, A_i)."""
        group: Any = self.rep.group
        if group.is_lie:
            from .lie_decomposition import coordinates
            return coordinates(self.rep, self.multiplicities)
        return _change(self.rep)

    @cached_property
    def inverse(self) -> Matrix:
        """T⁻¹, whose columns are a basis of V adapted to the irreps."""
        group: Any = self.rep.group
        if group.is_lie:
            from .lie_decomposition import adapted
            return adapted(self.rep, self.multiplicities)
        return self.change.inverse()

    @cached_property
    def projectors(self) -> tuple[Matrix, ...]:
        """The projectors onto the isotypic components, T⁻¹ E_i T = χ_i(1) |G|⁻¹ Σ_g conj χ_i(g) ρ(g) over C.

        >>> import reptheory as rt
        >>> rt.C(2).regular.decompose().projectors
        ([1/2 1/2; 1/2 1/2], [1/2 -1/2; -1/2 1/2])
        """
        stops = list(accumulate((m * a.dim for m, a in self.multiplicities), initial=0))
        n = range(self.change.shape[0])
        return tuple(self.inverse.submatrix(n, range(a, b)) @ self.change.submatrix(range(a, b), n)
                     for a, b in pairwise(stops))

    def __repr__(self) -> str:
        return f"<Decomposition: {self.type.expression}>"


def decompose(rep: Rep) -> Decomposition:
    """The exact decomposition V ≅ ⊕ m_i A_i: m_i = ⟨χ_V, χ_i⟩ from characters, by weights for a Lie group; the change
    of basis when it is asked for. Raises NoIrreps, and for a Lie group NotReductive and NoWeights.

    >>> import reptheory as rt
    >>> rt.D(4).natural.decompose()
    <Decomposition: D(4).irrep('A1') + D(4).irrep('B2') + D(4).irrep(1)>
    """
    group: Any = rep.group
    if group.is_lie:
        from .lie_decomposition import constituents as by_weights
        terms = tuple(by_weights(rep))
    else:
        terms = multiplicities(rep)
    return Decomposition(rep, terms[0][1] if terms[0][0] == len(terms) == 1 else Sum(terms))


def _change(rep: Rep) -> Matrix:
    """T for a finite group: of matrices that span Hom(V, A) over End(A) m independent ones, greedily by rank."""
    blocks = []
    for m, key in constituents(rep):
        irreducible = irrep(rep.group, key, rep.scalars)
        chosen: list[Matrix] = []
        for candidate in _intertwiners(rep, irreducible, m, key):
            if len(chosen) < m and _independent([*chosen, candidate]):
                chosen.append(candidate)
        blocks += [chosen[c].submatrix([i], range(rep.dim)) for i in range(irreducible.dim) for c in range(m)]
    return Matrix.vstack(blocks)


def _intertwiners(rep: Rep, irreducible: Rep, m: int, key: Any) -> Iterable[Matrix]:
    """Matrices that span Hom(V, A) over End(A), where A occurs m times.

    Orbits of unknowns give them where V and A are monomial. Otherwise they come from eigenvectors: over R, where A is
    a real form of an irreducible B over C, as the real and imaginary parts of the maps to B.
    """
    if rep.is_monomial and irreducible.is_monomial:
        return _matrices(Hom(rep, irreducible).basis)
    table = rep.group.character_table
    kind = "real" if rep.scalars == "C" else table.types[table.keys.index(key)]
    if kind == "real":
        found = intertwiners(rep, irreducible, m)
        return _matrices(Hom(rep, irreducible).basis) if found is None else found
    complex_ = irrep(rep.group, key, "C")
    found = intertwiners(rep, complex_, m if kind == "complex" else 2 * m)
    if found is None:
        return _matrices(Hom(rep, irreducible).basis)
    real, form = complex_.realify(), Matrix.identity(irreducible.dim)
    if real.actions != irreducible.actions:
        form = _matrices(Hom(real, irreducible).basis)[0]
    return tuple(form @ real_form(t, complex_) for t in found)


def _matrices(basis: Basis) -> list[Matrix]:
    return [Matrix.of(basis[d].entries.tolist()) for d in range(basis.dim)]


def _independent(blocks: list[Matrix]) -> bool:
    """Whether the rows of all blocks are independent modulo a prime, so that they are."""
    rows = Matrix.vstack(blocks)
    p, roots = split_prime(rows.field, rows)
    return reduce_mod(rows, p, roots[0]).rank() == rows.shape[0]


def multiplicities(rep: Rep) -> tuple[tuple[int, Rep], ...]:
    """The pairs (m_i, A_i) with V ≅ ⊕ m_i A_i over the scalars of V, m_i > 0, from the character table.

    >>> import reptheory as rt
    >>> [(m, A.expression) for m, A in multiplicities(rt.S(3).regular)]
    [(1, 'S(3).irrep((3,))'), (2, 'S(3).irrep((2, 1))'), (1, 'S(3).irrep((1, 1, 1))')]
    """
    return tuple((m, irrep(rep.group, key, rep.scalars)) for m, key in constituents(rep))


def constituents(rep: Rep) -> tuple[tuple[int, Any], ...]:
    """The multiplicities m_i > 0 and the keys of the A_i, for which no matrices are made.

    >>> import reptheory as rt
    >>> constituents(rt.D(4).natural)
    ((1, 'A1'), (1, 'B2'), (1, 1))
    """
    group, table = rep.group, rep.group.character_table
    if rep.scalars == "C":
        found = list(zip(table.multiplicities(rep.character), table.keys))
    else:
        found = [(int(rep.character.inner(table.characters[i]).to_fraction()) // (1 + (kind == "quaternionic")),
                  table.keys[i]) for i, kind in real_rows(group)]
    return tuple((m, key) for m, key in found if m)
