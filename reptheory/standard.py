"""The representations every group has, and those given on generators: permutations and exact matrices."""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .check import homomorphism_check, matrix_values, named_values
from .element import parse_permutation
from .field import Number
from .group import Group
from .matrix import Matrix
from .monomial import Monomial, monomial_if
from .rep import ONE, Explicit, Rep
from .subgroup import text_of


def trivial(group: Group) -> Rep:
    """The trivial representation ρ(g) = 1 of dimension 1."""
    given = (Monomial.identity(1),) * len(group.generators)
    return Explicit(group, given, (ONE,), "R", f"{group.atom}.trivial")


def regular(group: Group) -> Rep:
    """The regular representation (ρ(g)f)(h) = f(g⁻¹h), that is e_h ↦ e_{gh}, in the order of G.elements."""
    given = tuple(Monomial.of(images) for images in group.listing.left)
    return Explicit(group, given, (ONE,) * group.order, "R", f"{group.atom}.regular")


def natural(group: Group) -> Rep:
    """The permutation representation e_i ↦ e_{g(i)} on the points that the group permutes."""
    given = tuple(Monomial.of(g.images) for g in group.generators)
    return Explicit(group, given, (ONE,) * group.degree, "R", f"{group.atom}.natural")


def sign(group: Group) -> Rep:
    """The sign of the permutation of the points given, det of G.natural; the determinant on space is
    G.vector.alt(n)."""
    given = tuple(Monomial.of([0], [_parity(np.asarray(g.images))]) for g in group.generators)
    return Explicit(group, given, (ONE,), "R", f"{group.atom}.sign")


def vector(group: Group) -> Rep:
    """The defining representation on space; an error where the group names none."""
    if group.on_space is None:
        raise ValueError(f"{group.expression} names no action on space, so it has no vector representation. Give one: "
                         "G.rep(r=[[0, -1], [1, 0]], …), or make the group from matrices.")
    given = tuple(monomial_if(m) for m in group.on_space.matrices)
    over = _scalars(group.on_space.matrices)
    return Explicit(group, given, group.on_space.gram, over, f"{group.atom}.vector")


def quotient(group: Group, subgroup: Group) -> Rep:
    """The permutation representation e_{tK} ↦ e_{gtK} on the cosets G/K."""
    given = tuple(Monomial.of(images) for images in group.cosets(subgroup).images)
    return Explicit(group, given, (ONE,) * given[0].shape[0], "R",
                    f"{group.atom}.quotient({subgroup.expression})")


def permutation(group: Group, **images: Any) -> Rep:
    """The permutation representation with these cycles or image lists on the generators, checked.

    >>> import reptheory as rt
    >>> rt.D(4).permutation(r="(0 1)", s="(0 1)").dim
    2
    """
    values = named_values(group, images)
    degree = max(1, *(len(parse_permutation(v)) for v in values))
    given = tuple(Monomial.of(parse_permutation(v, degree)) for v in values)
    text = ", ".join(f"{n}={text_of(v)}" for n, v in zip(group.names, values))
    homomorphism_check(group, given)
    return Explicit(group, given, (ONE,) * degree, "R", f"{group.atom}.permutation({text})")


def matrices(group: Group, gram: Sequence | None = None, **given: Any) -> Rep:
    """The representation with these exact matrices on the generators, checked against the relations of the group.

    `gram` is an invariant diagonal metric; without it the layers use the coordinates of the matrices as they are.
    Raises NotARepresentation (with the shortest failing relation) and NotExact for floats.

    >>> import reptheory as rt
    >>> rt.D(3).rep(r=[[0, -1], [1, -1]], s=[[0, 1], [1, 0]]).dim
    2
    """
    values = matrix_values(group, given)
    homomorphism_check(group, values)
    over = _scalars(values)
    text = ", ".join(f"{n}={_literal(m)}" for n, m in zip(group.names, values))
    dim = values[0].shape[0] if values else 1
    metric = (ONE,) * dim if gram is None else metric_of(gram, dim)
    text += "" if gram is None else f", gram=[{', '.join(map(literal, metric))}]"
    rep = Explicit(group, tuple(monomial_if(m) for m in values), metric, over, f"{group.atom}.rep({text})")
    if gram is not None and not rep.is_unitary:
        raise ValueError(f"the metric diag{tuple(str(d) for d in metric)} is not invariant: ρ(g)ᴴ D ρ(g) ≠ D for some "
                         "generator. Leave gram out, or give the metric of this basis.")
    return rep


def metric_of(gram: Sequence, dim: int) -> tuple[Number, ...]:
    """The entries of a diagonal metric as exact positive numbers, one for each dimension."""
    metric = tuple(Matrix.of([[d]])[0, 0] for d in gram)
    if len(metric) != dim:
        raise ValueError(f"the metric has {len(metric)} entries, and the representation has dimension {dim}. Give one "
                         "positive number for each dimension.")
    bad = next((d for d in metric if d.conj() != d or d.sign() <= 0), None)
    if bad is not None:
        raise ValueError(f"the entry {bad} of the metric is not positive, and lengths are √d. Give positive numbers.")
    return metric


def _scalars(values: Sequence[Matrix]) -> str:
    """"R" where every matrix has its entries in a real field, "C" otherwise."""
    return "R" if all(m.field.is_real for m in values) else "C"


def _parity(images: np.ndarray) -> int:
    """The sign of a permutation, by counting cycles."""
    seen, sign = np.zeros(len(images), bool), 1
    for start in range(len(images)):
        i = start
        while not seen[i]:
            seen[i] = True
            i = images[i]
            sign = -sign if i != start else sign
    return sign


def _literal(matrix: Matrix) -> str:
    """The nested list that evaluates to the matrix; irrational entries print as expressions of their field."""
    return "[" + ", ".join("[" + ", ".join(map(literal, row)) + "]" for row in matrix.rows()) + "]"


def literal(x: Number) -> str:
    """The text that evaluates to the number, or to the rational number that it is: 2, '1/2'."""
    if not x.is_rational:
        return repr(x)
    value = x.to_fraction()
    return str(value) if value.denominator == 1 else f"'{value}'"
