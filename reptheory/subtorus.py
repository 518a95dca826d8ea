"""Subtori: how the torus of a subgroup lies in that of a classical group, so that weights restrict."""
from __future__ import annotations

from typing import Any

from .formal_character import FormalCharacter
from .frame import ORTHOGONAL, Frame
from .linalg import rank
from .matrix import Matrix
from .root_datum import RootDatum, Weight


class NotAnEmbedding(ValueError):
    """A representation of a group that does not map it into the classical group named."""


def projection(group: Any, small: FormalCharacter, flip: bool = False) -> list[Weight]:
    """The matrix P of μ ↦ Pμ from weights of a classical group G to those of a subgroup that has the character `small`
    on the space of G.vector.

    Weights of G are integer combinations of those of G.vector, whose images are the weights of `small`: to choose these
    in order is to choose the torus of the subgroup in that of G. In SO(2m) there are two classes of choices, exchanged
    by a reflection: positive weights first, or with `flip` the last one negative. Raises NotAnEmbedding.

    >>> import reptheory as rt
    >>> projection(rt.SU(3), rt.SO(3).vector.weights)
    [(1, 1)]
    """
    frame = Frame.of(group.family)
    assert frame is not None
    size, n = frame.datum.rank, len(frame.weights)
    images = _images(group, small, size, n)
    if flip:
        images[-1] = tuple(-x for x in images[-1])
    table = Matrix.of(frame.weights[:size]).inverse() @ Matrix.of(images)
    return [tuple(int(x.to_fraction()) for x in row) for row in table.T.rows()]


def restricted(whole: FormalCharacter, group: Any, small: FormalCharacter, basis: Matrix,
               weights: list[Weight]) -> FormalCharacter:
    """The character of a connected subgroup of matrices, from that of G; the columns of `basis` are vectors of these
    weights, which tell the two classes of maps into SO(2m) apart.

    Maximal isotropic subspaces L, L' of C²ᵐ are of one class where dim L ∩ L' ≡ m modulo 2 (Bourbaki, Algèbre IX.6).
    """
    frame = Frame.of(group.family)
    assert frame is not None
    flip, n, zero = False, len(frame.weights), (0,) * small.datum.rank
    if group.family[0] in ORTHOGONAL and n % 2 == 0 and zero not in weights:
        ours = basis.submatrix(range(n), [j for j, mu in enumerate(weights) if mu > zero])
        theirs = frame.basis.submatrix(range(n), range(n // 2))
        flip = (rank(Matrix.hstack([ours, theirs])) - n // 2) % 2 == 1
    return whole.pulled_back(small.datum, projection(group, small, flip))


def torus_basis(group: Any) -> tuple[RootDatum, Matrix, list[Weight]] | None:
    """The root datum of a classical group or of a product of them, with a basis of weight vectors of G.vector and their
    weights; None where some factor is of no such family, or one of several components, O(n).

    >>> import reptheory as rt
    >>> torus_basis(rt.SO(2) * rt.SU(2))[2]
    [(1, 0), (-1, 0), (0, 1), (0, -1)]
    """
    if not group.is_lie:
        return None
    if not group.factors:
        frame = Frame.of(group.family) if group.family else None
        return None if frame is None else (frame.datum, frame.basis, list(frame.weights))
    parts = [torus_basis(factor) for factor in group.factors]
    if any(part is None or factor.family[0] == "O" for part, factor in zip(parts, group.factors)):
        return None
    datum, weights, before = RootDatum(0, (), ()), [], 0
    total = sum(part[0].rank for part in parts if part)
    for here, _, found in filter(None, parts):
        weights += [(*(0,) * before, *mu, *(0,) * (total - before - here.rank)) for mu in found]
        datum, before = datum * here, before + here.rank
    return datum, Matrix.block_diagonal([part[1] for part in parts if part]), weights


def _images(group: Any, small: FormalCharacter, size: int, n: int) -> list[Weight]:
    """The weights of H on the first weight vectors of G.vector."""
    listed = [mu for mu, m in small.terms for _ in range(m)]
    name = group.family[0]
    if name in (*ORTHOGONAL, "Sp"):
        zero = (0,) * small.datum.rank
        if small.dual != small:
            raise NotAnEmbedding(f"the weights {listed} are not symmetric under μ ↦ −μ, so that no form is preserved. "
                                 "Add the dual.")
        positive = [mu for mu in listed if mu > zero]
        return sorted(positive, reverse=True) + [zero] * (size - len(positive))
    if name in ("SU", "SL") and any(sum(column) for column in zip(*listed)):
        raise NotAnEmbedding(f"the weights {listed} do not add up to 0, so determinants are not 1. Take "
                             f"{'U' if name == 'SU' else 'GL'}({n}).")
    return listed[:size]
