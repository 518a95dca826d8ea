"""Hom between large representations by Schur's lemma: through the irreducible ones that both hold."""
from __future__ import annotations

from collections.abc import Callable

from flint import fmpq, fmpq_mat

from .group import TooLarge
from .irreps import NoIrreps, irrep
from .matrix import Matrix
from .rep import Rep
from .tensor import factors_of


def by_schur(source: Rep, target: Rep, sections: Callable[[Rep, Rep], Matrix]) -> Matrix | None:
    """Hom(V, W) = ⊕_A Hom(A, W) ∘ Hom(V, A) over the irreducible A: the maps β_j α_k, one row each.

    With orthogonal bases α_k of Hom(V, A) and β_j of Hom(A, W), which `sections` finds, these are orthogonal, since
    αα'* and β'*β are multiples of the identity where End(A) is the field (Serre, Linear Representations of Finite
    Groups, §2.2). Their entries stay small where orthogonalising all of Hom(V, W) makes them large. None where the
    metric of a representation is not invariant, or an A needs a larger field than V and W, or has a larger End(A).

    >>> import reptheory as rt
    >>> V = rt.S(3).natural
    >>> by_schur(V, V, lambda A, B: Matrix.of([(A >> B).basis[0].entries.ravel().tolist()]))
    [1 1 1 1 1 1 1 1 1; 4 -2 -2 -2 4 -2 -2 -2 4]
    """
    from .decomposition import constituents
    if source.scalars != target.scalars or not all(f.is_unitary for f in (*factors_of(source), *factors_of(target))):
        return None
    group, field = source.group, source.field.compositum(target.field)
    try:
        theirs = {key for _, key in constituents(target)}
        shared = [key for _, key in constituents(source) if key in theirs]
        table = group.character_table
        if source.scalars == "R" and any(table.types[table.keys.index(key)] != "real" for key in shared):
            return None
        units = [irrep(group, key, source.scalars) for key in shared]
    except (NoIrreps, TooLarge):
        return None
    if not all(unit.is_unitary and field.compositum(unit.field).degree == field.degree for unit in units):
        return None
    rows: list[list[fmpq]] = [[] for _ in range(field.degree)]
    for unit in units:
        inward = _maps(sections(source, unit), unit.dim, source.dim)
        for b in _maps(sections(unit, target), target.dim, unit.dim):
            for a in inward:
                for entries, part in zip(rows, (b @ a).over(field).parts):
                    entries += part.entries()
    size = source.dim * target.dim
    return Matrix(field, tuple(fmpq_mat(len(entries) // size, size, entries) for entries in rows))


def _maps(table: Matrix, m: int, n: int) -> list[Matrix]:
    """The rows of a table as m×n matrices."""
    parts = [part.entries() for part in table.parts]
    return [Matrix(table.field, tuple(fmpq_mat(m, n, part[start:start + m * n]) for part in parts))
            for start in range(0, table.shape[0] * m * n, m * n)]
