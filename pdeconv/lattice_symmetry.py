"""Lattice symmetry: the representation on the state by which a finite group of rotations acts on a system."""
from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from typing import TYPE_CHECKING, Any

import sympy

if TYPE_CHECKING:
    from reptheory import Group, Rep

    from .system import System

Signed = tuple[tuple[int, int], ...]  # the image of each unknown, and its sign


class NotSymmetric(ValueError):
    """A system on which no signed permutations of the unknowns make the group act."""


def lattice_symmetry(system: System, group: Group, space: Rep | None = None) -> Rep:
    """The representation V on the state with T A_j(u) T⁻¹ = Σ_k R_kj A_k(T u) and T s(u) = s(T u) for each generator.

    R is its matrix in `space`, by default group.vector, and T a signed permutation of the unknowns: then u(x) ↦
    T u(R⁻¹x) maps solutions to solutions, and V is what `scheme.is_equivariant` and Hom(V, V, on=grid) ask for. Among
    several the one that permutes fewest unknowns is chosen, then that with fewest minus signs. Positive unknowns keep
    their sign. Raises NotSymmetric with the generator for which there is none.

    >>> import reptheory as rt
    >>> from pdeconv import catalog
    >>> V = lattice_symmetry(catalog.acoustics(ndim=2), rt.D(4))
    >>> V.character == (rt.D(4).trivial + rt.D(4).vector).character
    True
    """
    from reptheory.check import NotARepresentation
    from reptheory.monomial import as_matrix
    turns = [as_matrix(a).to_sympy() for a in (group.vector if space is None else space).actions]
    if any(R.shape != (system.ndim,) * 2 for R in turns):
        raise ValueError(f"{system.expression} has {system.ndim} axes, and the matrices of {group.expression} have "
                         f"size {turns[0].shape[0]}. Give space=, a representation on the axes.")
    found = []
    for name, R in zip(group.names, turns):
        maps = sorted(_maps(system, R), key=_moved)
        if not maps:
            raise NotSymmetric(f"no signed permutation of {', '.join(system.names)} makes the generator {name} of "
                               f"{group.expression} a symmetry of {system.expression}. Take a subgroup without it, or "
                               "other unknowns.")
        found.append(maps)
    for choice in sorted(product(*found), key=lambda choice: _moved([x for T in choice for x in T], system.size)):
        try:
            return group.rep(**{name: _table(T) for name, T in zip(group.names, choice)})
        except NotARepresentation:
            continue
    raise NotSymmetric(f"each generator of {group.expression} is a symmetry of {system.expression} by signed "
                       "permutations, and no choice of them satisfies its relations. Take a subgroup.")


def _moved(T: Sequence[tuple[int, int]], period: int = 0) -> tuple[int, int]:
    """How many unknowns go to others, and how many signs change."""
    moved = sum(image != i % (period or len(T)) for i, (image, _) in enumerate(T))
    return moved, sum(sign < 0 for _, sign in T)


def _table(T: Signed) -> list[list[int]]:
    rows = [[0] * len(T) for _ in T]
    for i, (image, sign) in enumerate(T):
        rows[image][i] = sign
    return rows


def _maps(system: System, R: sympy.Matrix) -> Iterator[Signed]:
    """All signed permutations T with T A_j(u) T⁻¹ = Σ_k R_kj A_k(T u), unknown by unknown."""
    n, states = system.size, system.state
    before = system.matrices
    after = [sum((R[k, j] * m for k, m in enumerate(before)), sympy.zeros(n)) for j in range(system.ndim)]
    unknowns = set(states)

    def fits(T: Sequence[tuple[int, int]]) -> bool:
        """Whether zeros and constants agree in the rows and columns of the last unknown."""
        last = len(T) - 1
        return all(_agree(A[i, k], B[T[i][0], T[k][0]], T[i][1] * T[k][1], unknowns)
                   for A, B in zip(before, after) for a in range(last + 1) for i, k in ((last, a), (a, last)))

    def extend(T: list[tuple[int, int]]) -> Iterator[Signed]:
        if len(T) == n:
            if _exact(system, after, T):
                yield tuple(T)
            return
        old = states[len(T)]
        for image in range(n):
            if any(image == used for used, _ in T) or states[image].is_positive != old.is_positive:
                continue
            for sign in (1,) if old.is_positive else (1, -1):
                if fits(longer := [*T, (image, sign)]):
                    yield from extend(longer)
    yield from extend([])


def _agree(a: Any, b: Any, sign: int, unknowns: set) -> bool:
    if (a.free_symbols | b.free_symbols) & unknowns:
        return bool(a.free_symbols & unknowns) == bool(b.free_symbols & unknowns)
    return sympy.cancel(a * sign - b) == 0


def _exact(system: System, after: Sequence[Any], T: Sequence[tuple[int, int]]) -> bool:
    """T A_j(u) T⁻¹ = B_j(T u) and T s(u) = s(T u), entry by entry."""
    at = {system.state[image]: sign * u for u, (image, sign) in zip(system.state, T)}
    pairs = [(A[i, k] * T[i][1] * T[k][1], B[T[i][0], T[k][0]]) for A, B in zip(system.matrices, after)
             for i in range(len(T)) for k in range(len(T))]
    pairs += [(system.source[i] * T[i][1], system.source[T[i][0]]) for i in range(len(T))]
    return all(sympy.simplify(a - b.subs(at, simultaneous=True)) == 0 for a, b in pairs)


__all__ = ["NotSymmetric", "lattice_symmetry"]
