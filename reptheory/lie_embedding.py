"""Embedding: how a finite or Lie group lies in a Lie group, by its defining matrices."""
from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .field import FieldTooSmall, Number, quadratic
from .group import NotASubgroup
from .lie import LieGroup
from .matrix import Matrix
from .on_space import Polygon


@dataclass(frozen=True)
class Embedding:
    """The inclusion H → G: each generator of the Lie algebra of H in the basis of that of G, each component generator
    (or generator of a finite H) as a matrix of G."""

    differential: tuple[tuple[Number, ...], ...]
    components: tuple[Matrix, ...]


def embedding(group: LieGroup, other: Any) -> Embedding:
    """The embedding of a Lie group of matrices of the same size, or of a finite group that moves space by G.vector.

    A finite group with a metric is turned to orthonormal coordinates first: D(3) ⊂ O(2) over Q(√3). Raises NotASubgroup
    with the generator outside, FieldTooSmall where √(D_i/D_j) is in no field that is tried.

    >>> import reptheory as rt
    >>> V = rt.SO(3).vector.restrict(rt.octahedral()); V.dim, V.is_permutation
    (3, False)
    """
    if other.is_lie:
        algebra, matrices = other.algebra, other.components
    else:
        algebra, matrices = (), _orthonormal(other)
    for name, g in zip(other.names, matrices):
        reason = group.defect(g)
        if reason:
            larger = f", or O{group.expression[2:]}" if group.family and group.family[0] == "SO" else ""
            raise NotASubgroup(f"{other.expression} is not a subgroup of {group.expression}: its generator {name} is "
                               f"{g} on space, and {reason}. Use matrices in {group.expression}{larger}.")
    differential = []
    for name, x in zip(getattr(other, "algebra_names", ()), algebra):
        if x.shape[0] != group.size or group.lie_algebra.outside(x):
            raise NotASubgroup(f"{other.expression} is not a subgroup of {group.expression}: the element {name} of its "
                               "Lie algebra is outside. Use a group of matrices in it, or V.pullback.")
        differential.append(group.coefficient(x))
    return Embedding(tuple(differential), tuple(matrices))


def _orthonormal(group: Any) -> tuple[Matrix, ...]:
    """The matrices √D m √D⁻¹ of the generators on space."""
    space = group.on_space
    if space is None:
        raise NotASubgroup(f"{group.expression} names no action on space, so it lies in no matrix group. Give it "
                           "one by rt.in_space(group, r=…).")
    if isinstance(space, Polygon):
        return _polygon(space)
    gram = space.gram
    if len(set(gram)) <= 1:
        return space.matrices
    n = len(gram)
    roots = [[_root(gram[i] / gram[j]) if any(m[i, j] for m in space.matrices) else gram[0] for j in range(n)]
             for i in range(n)]
    return tuple(Matrix.of([[m[i, j] * roots[i][j] if m[i, j] else 0 for j in range(n)] for i in range(n)])
                 for m in space.matrices)


def _polygon(space: Polygon) -> tuple[Matrix, ...]:
    """Rotation by 2π/n with entries in Q(2cos 2π/n, 2 sin 2π/n), and the reflection."""
    from .field import real_cyclotomic
    turn = space.matrices[0]
    if len(set(space.gram)) > 1:
        n = space.n
        field = real_cyclotomic(4 * n)
        cos = _cosine(field, 4, 4 * n)
        sin = _cosine(field, n - 4, 4 * n)  # sin(2π/n) = cos(π/2 − 2π/n)
        turn = Matrix.of([[cos, -sin], [sin, cos]])
    return (turn, *space.matrices[1:])


def _cosine(field, k: int, n: int) -> Number:
    """cos(2πk/n) in Q(2cos 2π/n), by Chebyshev's recurrence."""
    x = field.generator
    before, here = field(2), x
    for _ in range(abs(k)):
        before, here = here, here * x - before
    return before / 2


def _root(x: Number) -> Number:
    """√x for a positive rational x."""
    if not x.is_rational:
        raise FieldTooSmall(f"√({x}) is needed to turn the metric into an orthonormal one, and roots are taken of "
                            "rational numbers only. Give the group by matrices in orthonormal coordinates.")
    value = x.to_fraction()
    product = value.numerator * value.denominator
    square = 1
    k = 2
    while k * k <= product:
        while product % (k * k) == 0:
            product //= k * k
            square *= k
        k += 1
    root = quadratic(product).generator if product > 1 else 1
    return Matrix.of([[root]])[0, 0] * square / value.denominator
