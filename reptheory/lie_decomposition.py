"""Decompositions of representations of reductive Lie groups: multiplicities by weights, bases by highest vectors."""
from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from itertools import product
from typing import Any

from .chevalley import ChevalleyAction
from .construct import Realification
from .field import Q, quadratic
from .frame import Frame
from .irreps import NoIrreps
from .lie import LieGroup, NotReductive
from .lie_solve import intertwiners
from .linalg import rank
from .matrix import Matrix
from .rep import Rep
from .root_datum import RootDatum, Weight
from .subtorus import torus_basis
from .weight_count import ComponentCharacters, characters
from .weight_irrep import WeightIrrep


def adapted(rep: Rep, terms: Iterable[tuple[int, Rep]]) -> Matrix:
    """A basis of V adapted to V ≅ ⊕ m_i A_i, as columns: ρ_V T⁻¹ = T⁻¹ (⊕ m_i A_i).

    >>> import reptheory as rt
    >>> V = rt.SO(2).vector; adapted(V * V.dual, constituents(V * V.dual))
    [1 0 1 0; 0 1 0 1; 0 1 0 -1; -1 0 1 0]
    """
    return Matrix.hstack(_isotypic(rep, terms))


def coordinates(rep: Rep, terms: Iterable[tuple[int, Rep]]) -> Matrix:
    """The inverse T of that basis B. Isotypic components B_i of a unitary V are orthogonal for its metric D, so that
    T_i = (B_iᴴ D B_i)⁻¹ B_iᴴ D."""
    parts = _isotypic(rep, terms)
    if not rep.is_unitary:
        return Matrix.hstack(parts).inverse()
    metric = Matrix.diagonal(rep.gram)
    rows = [part.H @ metric for part in parts]
    return Matrix.vstack([(row @ part).inverse() @ row for row, part in zip(rows, parts)])


def _isotypic(rep: Rep, terms: Iterable[tuple[int, Rep]]) -> list[Matrix]:
    """For each irrep a basis of its isotypic component, index slow and copy fast."""
    group: Any = rep.group
    frame = None if group.factors else Frame.of(group.family)
    acting = None if frame is None else ChevalleyAction(rep, frame)
    found = []
    for m, irreducible in terms:
        chosen: list[Matrix] = []
        for candidate in _embeddings(irreducible, rep, acting):
            if len(chosen) < m and rank(Matrix.hstack([*chosen, candidate])) == (len(chosen) + 1) * irreducible.dim:
                chosen.append(candidate)
        copies = Matrix.hstack(chosen)
        d = irreducible.dim
        found.append(copies.submatrix(range(rep.dim), [c * d + i for i in range(d) for c in range(len(chosen))]))
    return found


def _embeddings(irreducible: Rep, rep: Rep, acting: ChevalleyAction | None) -> list[Matrix]:
    """Matrices that span Hom(A, V) over End(A): from highest weight vectors where A is a module of highest weight."""
    base: Any = irreducible.base if isinstance(irreducible, Realification) else irreducible
    if isinstance(base, WeightIrrep) and acting is not None and not _has_reflections(base):
        images = base.embeddings(acting)
        if rep.scalars == "C" and all(b.is_rational for b in images):
            return [Matrix(Q, b.parts[:1]) for b in images]
        found = [b.over(quadratic(-1)) for b in images]
        if isinstance(irreducible, Realification):  # z = a + bθ ↦ Re(B z), with θ = 2i
            parts = [(Matrix(Q, b.parts[:1]), Matrix(Q, (b.parts[1] * -2,))) for b in found]
            return [Matrix.hstack([p.submatrix(range(rep.dim), [k]) for k in range(base.dim) for p in pair])
                    for pair in parts]
        if irreducible.scalars == rep.scalars == "R":  # B is real up to a complex factor, and so are its parts
            return [Matrix(Q, (part,)) for b in found for part in b.parts]
        return found
    rows = intertwiners(irreducible, rep)
    return [_reshaped(rows, i, rep.dim, irreducible.dim) for i in range(rows.shape[0])]


def constituents(rep: Rep) -> list[tuple[int, Rep]]:
    """The irreps of V with their multiplicities, by weights alone, the highest first; of a real V over a real group
    they are real where they have a real form that is known, and over a group of complex matrices complex.

    Raises NotReductive where the group is not reductive, NoWeights where V is not made from G.vector and irreps, and
    NoIrreps where irreps of a product have no keys.

    >>> import reptheory as rt
    >>> [(m, A.expression) for m, A in constituents(rt.SU(3).vector * rt.SU(3).adjoint)]
    [(1, 'SU(3).irrep((2, 1))'), (1, 'SU(3).irrep((0, 2))'), (1, 'SU(3).irrep((1, 0))')]
    """
    group: Any = rep.group
    if not group.is_reductive:
        raise NotReductive(f"{group.expression} is not reductive, so its representations need not be sums of irreps. "
                           "Hom, its basis and the certificate exist: ask for V >> W.")
    found = characters(rep)
    real = rep.scalars == "R" and group.over == "R"
    datum = found.connected.datum
    terms: list[tuple[int, Rep]] = []
    done: set[Rep] = set()
    for weight in found.connected.decompose():
        for key in keys(group, datum, weight):
            irreducible = group.irrep(key)
            if irreducible in done:
                continue
            done.add(irreducible)
            theirs: ComponentCharacters = characters(irreducible)
            m = found.hom(theirs)
            if group.factors and irreducible.type is None:
                raise NoIrreps(f"{rep.expression} has a constituent of {irreducible.expression}, which splits, as two "
                               "of its factors are not of real type; its parts have no keys. Ask for V >> W.")
            if irreducible.scalars == "R":
                m //= theirs.hom(theirs)  # 2 for the planes of SO(2)
            elif real and not getattr(irreducible, "is_folded", False):
                done |= {group.irrep(k) for k in keys(group, datum, _conjugate(group, datum, weight))}
                irreducible = irreducible.realify()
            if m:
                terms.append((m, irreducible))
    return terms


def type_of(rep: Rep) -> str | None:
    """"real", "complex" or "quaternionic" for an irreducible representation of a reductive Lie group, or None.

    Over R the complexification of an irreducible V is A of real type, A ⊕ Ā of complex or 2A of quaternionic type.

    >>> import reptheory as rt
    >>> type_of(rt.SU(2).vector.realify()), type_of(rt.SO(2).vector), type_of(rt.SO(3).vector**2)
    ('quaternionic', 'complex', None)
    """
    if isinstance(rep, Realification):
        kind = type_of(rep.base)
        return None if kind == "real" else kind
    terms = constituents(rep)
    counts = [m for m, _ in terms]
    types = {known_type(irreducible) for _, irreducible in terms}
    if rep.scalars == "C" or all(a.scalars == "R" for _, a in terms):
        return types.pop() if counts == [1] else None
    kind = types.pop() if len(types) == 1 else None
    return kind if (counts, kind) in (([1], "real"), ([1, 1], "complex"), ([2], "quaternionic")) else None


def known_type(irreducible: Rep) -> str | None:
    """The type of an irrep that `constituents` names."""
    return known_type(irreducible.base) if isinstance(irreducible, Realification) else irreducible.type


def keys(group: LieGroup, datum: RootDatum, weight: Weight) -> list[Any]:
    """The keys of the irreps that hold V_λ: of O(n) both, V_λ and its product with det.

    >>> import reptheory as rt
    >>> keys(rt.O(3), rt.RootDatum(1, ((1,),), ((2,),)), (2,)), keys(rt.SU(2), rt.RootDatum.simple("A", 1), (3,))
    (['2e', '2o'], ['3/2'])
    """
    if group.factors:
        return list(product(*(keys(*part) for part in _factors(group, weight))))
    family: Any = group.family
    top = weight[0]
    if family in (("SO", 3), ("SO", 2)):
        return [abs(top)]
    if family == ("O", 3):
        return [f"{top}e", f"{top}o"]
    if family == ("O", 2):
        return [abs(top)] if top else ["0e", "0o"]
    if family == ("SU", 2):
        return [str(Fraction(top, 2))]
    labels = datum.labels(weight) if len(datum.roots) == datum.rank else weight
    return [(labels, "+"), (labels, "-")] if family[0] == "O" else [labels]


def _conjugate(group: LieGroup, datum: RootDatum, weight: Weight) -> Weight:
    """The highest weight of the complex conjugate: that of the dual for compact groups; diag(1ᵖ, −1^q) turns the one of
    SO(p, q) into it, and changes the sign of λ_m where it has determinant −1 in even dimension."""
    if group.factors:
        return tuple(x for part in _factors(group, weight) for x in _conjugate(*part))
    family: Any = group.family
    dual = datum.dual(weight)
    mixed = family[0] == "SO" and len(family) > 2 and family[2] % 2 and not sum(family[1:]) % 2
    return (*dual[:-1], -dual[-1]) if mixed else dual


def _factors(group: LieGroup, weight: Weight) -> Iterator[tuple[LieGroup, RootDatum, Weight]]:
    """The factors of a product of classical groups, with their root data and their parts of a weight."""
    start = 0
    for factor in group.factors:
        known = torus_basis(factor)
        assert known is not None  # or the product had no weights
        yield factor, known[0], weight[start:start + known[0].rank]
        start += known[0].rank


def _has_reflections(irreducible: Rep) -> bool:
    group: Any = irreducible.group
    return group.family[0] == "O"


def _reshaped(rows: Matrix, i: int, m: int, n: int) -> Matrix:
    entries = rows.submatrix([i], range(m * n)).rows()[0]
    return Matrix.of([entries[k * n:(k + 1) * n] for k in range(m)], rows.field)
