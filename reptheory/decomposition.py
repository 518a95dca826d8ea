"""Exact decomposition of a representation into irreducible ones."""
from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, pairwise

from .irreps import irrep, real_rows
from .linalg import rank
from .matrix import Matrix
from .rep import Rep, Sum


@dataclass(frozen=True)
class Decomposition:
    """V ≅ ⊕ m_i A_i: the type with the irreps of V, and the exact matrix T with T ρ_V(g) = (⊕ m_i A_i)(g) T."""

    type: Rep
    change: Matrix

    @property
    def multiplicities(self) -> tuple[tuple[int, Rep], ...]:
        """The pairs (m_i, A_i)."""
        return self.type.summands

    @cached_property
    def inverse(self) -> Matrix:
        """T⁻¹, whose columns are a basis of V adapted to the irreps."""
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
    """The exact decomposition of V: multiplicities from characters, the change of basis from Hom(V, A_i).

    A basis of Hom(V, A) over the irreducible A has m·e elements, e = dim End(A); of each choose m that are
    independent over End(A), greedily by rank. Raises NoIrreps.

    >>> import reptheory as rt
    >>> rt.D(4).natural.decompose()
    <Decomposition: D(4).irrep('A1') + D(4).irrep('B2') + D(4).irrep(1)>
    """
    from .hom import Hom

    terms, blocks = [], []
    for m, irreducible in multiplicities(rep):
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


def multiplicities(rep: Rep) -> tuple[tuple[int, Rep], ...]:
    """The pairs (m_i, A_i) with V ≅ ⊕ m_i A_i over the scalars of V, m_i > 0, from the character table.

    >>> import reptheory as rt
    >>> [(m, A.expression) for m, A in multiplicities(rt.S(3).regular)]
    [(1, 'S(3).irrep((3,))'), (2, 'S(3).irrep((2, 1))'), (1, 'S(3).irrep((1, 1, 1))')]
    """
    group, table = rep.group, rep.group.character_table
    if rep.scalars == "C":
        found = [(m, key) for m, key in zip(table.multiplicities(rep.character), table.keys)]
    else:
        found = [(int(rep.character.inner(table.characters[i]).to_fraction()) // (1 + (kind == "quaternionic")),
                  table.keys[i]) for i, kind in real_rows(group)]
    return tuple((m, irrep(group, key, rep.scalars)) for m, key in found if m)
