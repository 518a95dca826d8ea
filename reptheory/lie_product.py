"""Direct products of Lie groups, also with finite groups, as block-diagonal matrices."""
from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .field import Number, Q
from .group import Group
from .lie import LieGroup
from .lie_element import LieElement
from .matrix import Matrix
from .monomial import Monomial


def direct(first: Any, second: Any) -> Any:
    """The direct product G × H of block-diagonal matrices; a finite factor takes part by permutations of its points.

    >>> import reptheory as rt
    >>> G = rt.SO(3) * rt.S(5); G.dim, G.names
    (3, ('r', 's'))
    """
    for x in (first, second):
        if not isinstance(x, (LieGroup, Group)):
            return NotImplemented
    factors = (*_factors(first), *_factors(second))
    sizes = [_size(f) for f in factors]
    total = sum(sizes)
    algebra: dict[str, Matrix] = {}
    components: dict[str, Matrix] = {}
    clash = _clashes([n for f in factors for n in (*getattr(f, "algebra_names", ()), *f.names)])
    start = 0
    for k, (factor, size) in enumerate(zip(factors, sizes)):
        mark = f"{k + 1}"
        for name, x in zip(getattr(factor, "algebra_names", ()), factor.algebra):
            algebra[name + "_" * clash + mark * clash] = _placed(x, start, total, 0)
        for name, c in zip(factor.names, _matrices(factor)):
            components[name + "_" * clash + mark * clash] = _placed(c, start, total, 1)
        start += size
    complex_ = any(f.is_lie and f.over == "C" for f in factors)
    text = f"{first.expression} * {second.atom if ' * ' in second.expression else second.expression}"
    return LieGroup(tuple(algebra), tuple(algebra.values()), tuple(components), tuple(components.values()),
                    "C" if complex_ else "R", family=("product", *(f.family if f.is_lie else ("finite",)
                                                                   for f in factors)),
                    expression=text, factors=factors)


@dataclass(frozen=True, repr=False)
class Projection:
    """The projection of a direct product onto a factor, along which representations are pulled back.

    >>> import reptheory as rt
    >>> G = rt.SO(3) * rt.SO(2); rt.SO(2).vector.pullback(G.projections[1]).dim
    2
    """

    source: LieGroup
    number: int

    @property
    def target(self) -> Any:
        """The factor."""
        return self.source.factors[self.number]

    @property
    def _slice(self) -> range:
        sizes = [_size(f) for f in self.source.factors]
        start = sum(sizes[:self.number])
        return range(start, start + sizes[self.number])

    def __call__(self, g: LieElement) -> Any:
        """The block of an element."""
        return _element(self.target, g.matrix.submatrix(self._slice, self._slice))

    @property
    def differential(self) -> tuple[tuple[Number, ...], ...]:
        """The image of each X_a of the product in the basis of the factor's Lie algebra."""
        zero = (Q(0),) * len(self.target.algebra)
        rows: list[tuple[Number, ...]] = []
        for k, factor in enumerate(self.source.factors):
            for a in range(len(factor.algebra)):
                rows.append(tuple(Q(int(a == b)) for b in range(len(zero))) if k == self.number else zero)
        return tuple(rows)

    @property
    def expression(self) -> str:
        """`G.projections[k]`."""
        return f"{self.source.atom}.projections[{self.number}]"

    def __repr__(self) -> str:
        return self.expression


def projections(group: LieGroup) -> tuple[Projection, ...]:
    """The projections of a direct product onto its factors."""
    if not group.factors:
        raise ValueError(f"{group.expression} was not made as a direct product G * H, so it has no projections.")
    return tuple(Projection(group, k) for k in range(len(group.factors)))


def defect(group: LieGroup, g: Matrix) -> str | None:
    """Why a matrix is outside a direct product: a block off the diagonal, or one outside its factor."""
    start = 0
    for k, factor in enumerate(group.factors):
        inside = range(start, start + _size(factor))
        rest = [j for j in range(group.size) if j not in inside]
        if rest and not g.submatrix(inside, rest).is_zero:
            return f"it mixes the factor {factor.expression} with others"
        block = g.submatrix(inside, inside)
        try:
            _element(factor, block)
        except ValueError as error:
            return f"its block {k + 1} is outside the factor: {error}"
        start = inside.stop
    return None


def _factors(group: Any) -> tuple[Any, ...]:
    return group.factors if group.is_lie and group.factors else (group,)


def _size(group: Any) -> int:
    return group.size if group.is_lie else group.degree


def _matrices(group: Any) -> tuple[Matrix, ...]:
    return group.components if group.is_lie else tuple(Monomial.of(g).to_matrix() for g in group.images)


def _element(group: Any, block: Matrix) -> Any:
    """The element of a factor with this block: of a finite one, the permutation that the block is."""
    if block.is_rational:
        block = Matrix(Q, block.parts[:1])  # beside a complex factor
    if group.is_lie:
        return group.element(block)
    from .monomial import monomial_if
    action = monomial_if(block)
    if not isinstance(action, Monomial) or not action.is_permutation:
        raise ValueError(f"{block} permutes no points. Give a permutation matrix of {group.expression}.")
    return group.element(action.images.tolist())


def _placed(block: Matrix, start: int, total: int, diagonal: int) -> Matrix:
    """The block on the diagonal at `start`, 0 or 1 on the rest of it."""
    def rest(n: int) -> Matrix:
        return Matrix.identity(n) if diagonal else Matrix.zeros(n, n)
    parts = [rest(start), block, rest(total - start - block.shape[0])]
    return Matrix.block_diagonal([p for p in parts if p.shape[0]])


def _clashes(names: list[str]) -> bool:
    return len(set(names)) < len(names)
