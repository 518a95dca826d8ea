"""Branching rules: how irreps of a classical group decompose under a connected subgroup, by projecting weights."""
from __future__ import annotations

from typing import Any

from .frame import Frame
from .lie_decomposition import keys
from .rep import Rep
from .subtorus import NotAnEmbedding, projection
from .weight_count import characters


def branching(rep: Rep, vector: Rep) -> list[tuple[int, Rep]]:
    """The irreps over C of V restricted along the map H → G that `vector` is, a representation of H on the space of
    G.vector, with multiplicities.

    Weights of G are integer combinations of those of G.vector, whose images are the weights of `vector`: to choose
    these in order is to choose the torus of H in that of G. SU(3) ⊃ SO(3) is rt.SO(3).vector, SO(n) ⊃ SO(n − 1) is
    vector + trivial, SO(2n) ⊃ U(n) is vector + vector.dual. Where SO(2m) has two classes of such maps, exchanged by a
    reflection, the one with the higher weights first is meant. Raises NotAnEmbedding.

    >>> import reptheory as rt
    >>> H = rt.SO(3); [(m, A.key) for m, A in branching(rt.SU(3).irrep((2, 2)), H.vector)]
    [(1, 4), (1, 3), (2, 2), (1, 0)]
    """
    for given in (rep, vector):
        if not isinstance(given, Rep):
            raise TypeError(f"branching(V, vector) takes two representations, V of the group and the one of the "
                            f"subgroup on the space of G.vector, and {given!r} is none. Write "
                            "rt.branching(rt.SU(3).irrep((1, 1)), rt.SO(3).vector).")
    for other in (rep.group, vector.group):
        if not other.is_lie:
            raise NotAnEmbedding(f"branching projects weights, and {other.expression} is finite, so it has none. "
                                 "Restrict and count with characters: V.restrict(H).decompose().")
    group: Any = rep.group
    frame = Frame.of(group.family) if group.family else None
    whole, small = characters(rep).connected, characters(vector)
    if frame is None or small.reflected is not None:
        raise NotAnEmbedding(f"branching needs classical groups, the subgroup connected, and these are "
                             f"{group.expression} and {vector.group.expression}. Take SO(n) for O(n).")
    n = len(frame.weights)
    if vector.dim != n:
        raise NotAnEmbedding(f"{vector.expression} has dimension {vector.dim}, and {group.expression} acts on one "
                             f"of dimension {n}. Give a representation of dimension {n}: add trivial ones, as in "
                             "rt.SO(2).vector + rt.SO(2).trivial.")
    datum = small.connected.datum
    found = whole.pulled_back(datum, projection(group, small.connected)).decompose()
    terms: dict[Rep, int] = {}
    below: Any = vector.group
    for weight, m in found.items():
        irreducible = below.irrep(keys(below, datum, weight)[0])
        terms[irreducible] = m  # both weights ±k of the plane k of SO(2) have the multiplicity of the plane
    return [(m, irreducible) for irreducible, m in terms.items()]
