"""Whether two projections commute: decided exactly on small components, with the angles, spaces and a witness."""
from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from .angle import Angle, Pair, square_root
from .closure import closure
from .field import Number, Q
from .hom import Hom
from .matrix import Matrix
from .project import DifferentSpaces, Part, Projection, pick, reynolds
from .span import Component, Span, components
from .witness import Witness, find


@dataclass(frozen=True, eq=False)
class Cell:
    """Channel pairs on which each of two projections has one span, and the components of the two."""

    pair: tuple[int, int] | None
    channels: np.ndarray
    spans: tuple[Span, Span]
    components: tuple[tuple[Component, Pair], ...]

    @property
    def copies(self) -> int:
        """The number of channel pairs."""
        return int(self.channels.sum())


@dataclass(frozen=True, eq=False, repr=False)
class Commutation:
    """The answer of `commute(P, Q)`: true when Π_P Π_Q = Π_Q Π_P, and what the pair of spaces looks like.

    >>> import reptheory as rt
    >>> H = rt.Hom(rt.C(4).trivial, rt.C(4).trivial, on=rt.grid(3))
    >>> c = rt.commute(rt.support(H, [(0, 0), (0, 1), (1, 0), (1, 2), (2, 1)]), H)
    >>> bool(c), c.norm_squared, c.dims["meet"]
    (False, Q('3/8'), 1)
    """

    first: Projection
    second: Projection

    @cached_property
    def cells(self) -> tuple[Cell, ...]:
        """The common refinement of the classes of channel pairs of both."""
        p, q = self.first, self.second
        if any(part.pair is None for part in p.parts + q.parts):
            p, q = p.expanded, q.expanded
        known: dict[tuple, tuple[tuple[Component, Pair], ...]] = {}
        found = []
        for left in p.parts:
            for right in q.parts:
                if left.pair == right.pair and (left.channels & right.channels).any():
                    weights = p.weights(left.pair)
                    key = id(left.span), id(right.span), None if weights is None else tuple(weights)
                    if key not in known:
                        known[key] = tuple(_pairs(left.span, right.span, weights))
                    found.append(Cell(left.pair, left.channels & right.channels, (left.span, right.span), known[key]))
        return tuple(found)

    @cached_property
    def _counted(self) -> list[tuple[int, Pair]]:
        """The distinct pairs of subspaces, each with how often it occurs."""
        count: dict[int, tuple[int, Pair]] = {}
        for cell in self.cells:
            for _, pair in cell.components:
                count[id(pair)] = (count.get(id(pair), (0, pair))[0] + cell.copies, pair)
        return list(count.values())

    def __bool__(self) -> bool:
        return self.norm_squared == 0

    @cached_property
    def norm_squared(self) -> Number:
        """‖Π_P Π_Q − Π_Q Π_P‖² in the Frobenius norm, exactly: 2 Σ cos²θ sin²θ over the principal angles."""
        return sum((n * pair.norm_squared for n, pair in self._counted), Q(0))

    @cached_property
    def norm(self) -> Number:
        """‖[Π_P, Π_Q]‖ in the Frobenius norm, an exact algebraic number."""
        return square_root(self.norm_squared)

    @cached_property
    def dims(self) -> dict[str, int]:
        """The dimensions: "first" (L), "second" (Hom_G), "meet" (E = L ∩ Hom_G), "join" (L + Hom_G), "smallest"
        (L + Π_G L), "largest" ((L ∩ Hom_G) ⊕ (L ∩ Hom_G^⊥))."""
        p, q = self.first.dim, self.second.dim
        meet = sum(n * pair.dims[2] for n, pair in self._counted)
        strict = sum(n * pair.dims[3] for n, pair in self._counted)
        return {"first": p, "second": q, "meet": meet, "join": p + q - meet,
                "smallest": p + strict, "largest": p - strict}

    @cached_property
    def angles(self) -> tuple[Angle, ...]:
        """The principal angles strictly between 0 and 90° with their multiplicities; none when they commute."""
        count: dict[Any, int] = {}
        for n, pair in self._counted:
            for angle in pair.angles:
                count[angle.cos_squared] = count.get(angle.cos_squared, 0) + n * angle.multiplicity
        return tuple(sorted((Angle(c, n) for c, n in count.items()), key=lambda a: -float(a.cos_squared)))

    @cached_property
    def witness(self) -> Witness | None:
        """The first unit kernel on which the two products differ, and where, in words; None when they commute."""
        for cell in self.cells:
            for component, pair in cell.components:
                if pair.norm_squared != 0:
                    return find(self, cell, component, pair)
        return None

    # Spaces --------------------------------------------------------------------------------------------
    @cached_property
    def meet(self) -> Projection:
        """P ∩ Q. When they commute its projection is Π_P Π_Q (von Neumann)."""
        return self._space("meet", lambda pair: pair.meet)

    @cached_property
    def join(self) -> Projection:
        """P + Q. When they commute its projection is Π_P + Π_Q − Π_P Π_Q."""
        return self._space("join", lambda pair: pair.join)

    @cached_property
    def smallest(self) -> Projection:
        """P + Π_Q P, the smallest space that contains P and whose projection commutes with Π_Q.

        A space commutes with Π_Q exactly when Π_Q maps it into itself, and P + Π_Q P is the smallest such.
        """
        return self._space("smallest", lambda pair: pair.smallest)

    @cached_property
    def largest(self) -> Projection:
        """(P ∩ Q) ⊕ (P ∩ Q^⊥), the largest subspace of P whose projection commutes with Π_Q."""
        return self._space("largest", lambda pair: pair.largest)

    @cached_property
    def closure(self) -> Projection:
        """span{ρ(g)κ: g ∈ G, κ ∈ P}, the smallest G-stable space that contains P; Q must be Π_G.

        A G-stable space commutes with Π_G, since Π_G is a mean of the ρ(g); it is the support to give a layer.
        """
        if not self.second.reynolds:
            raise ValueError(f"the closure is taken under the group of Π_G, and the second projection is onto "
                             f"{self.second.name}. Write rt.commute(P, H).closure.")
        return closure(self.first, self.second.hom)

    def _space(self, name: str, rows: Callable[[Pair], Matrix]) -> Projection:
        parts = [Part(cell.pair, cell.channels, Span.placed(
            [(component.columns, rows(pair)) for component, pair in cell.components], cell.spans[0].size))
            for cell in self.cells]
        title = {"meet": "{0} ∩ {1}", "join": "{0} + {1}", "smallest": "{0} + Π {0}", "largest": "{0} ∩ ({1} ⊕ {1}^⊥)"}
        return Projection(self.first.hom, tuple(parts), title[name].format(self.first.name, self.second.name),
                          self.first.taps)

    def __repr__(self) -> str:
        d = self.dims
        head = f"dim {self.first.name} = {d['first']}, dim {self.second.name} = {d['second']}, dim E = {d['meet']}"
        if self:
            return f"<Commute: {head}>"
        norm = str(self.norm) if len(str(self.norm_squared)) < 60 else f"{float(self.norm):.12g}…"
        return (f"<Do not commute: {head}, ‖[Π, Π]‖ = {norm}, smallest {d['smallest']}, largest {d['largest']}\n"
                f" {self.witness}>")


def commute(first: Any, second: Any) -> Commutation:
    """Whether Π_P Π_Q = Π_Q Π_P, exactly: when every principal angle between P and Q is 0 or 90° (Halmos 1969).

    For Q = Π_G this is the compatibility of augmentation with an architecture (Nordenfors, Ohlsson and Flinth, arXiv
    2303.13458): exactly then Π_L Π_G is the projection onto E = L ∩ Hom_G. Projections are those of `rt.support` and
    its neighbours, a Hom (its Π_G), or an exact matrix like H.projector. Decided on the connected components of the two
    spaces, one for each class of channel pairs. Raises DifferentSpaces, NotOrthogonal for a representation that is not
    orthogonal in its metric, and ValueError for a matrix that is no orthogonal projection.

    >>> import reptheory as rt
    >>> H = rt.Hom(rt.C(4).trivial, rt.C(4).trivial, on=rt.grid(3))
    >>> rt.commute(rt.support(H, [(1, 1), (0, 1), (1, 0), (1, 2), (2, 1)]), H)
    <Commute: dim L = 5, dim Hom_G = 3, dim E = 2>
    """
    p, q = _coerced(first, second), _coerced(second, first)
    if p.hom != q.hom or p.taps != q.taps:
        same = "with different metrics on the taps" if p.hom == q.hom else f"and {q.hom.expression}"
        raise DifferentSpaces(f"commute(P, Q) compares projections on one space of kernels, and these act on the "
                              f"kernels of {p.hom.expression} {same}. Make both from one Hom.")
    found = Commutation(p, q)
    _ = found.cells  # spaces too large to compare are an error here, not later
    return found


def _coerced(given: Any, other: Any) -> Projection:
    given = getattr(given, "space", given)
    if isinstance(given, Projection):
        return given
    if isinstance(given, Hom):
        return reynolds(given, other.taps if isinstance(other, Projection) else None)
    hom = other if isinstance(other, Hom) else getattr(getattr(other, "space", other), "hom", None)
    return from_matrix(Matrix.of(given), hom)


def from_matrix(matrix: Matrix, hom: Hom | None = None) -> Projection:
    """The projection given by its exact matrix on kernels flattened in C order, checked: Π² = Π and W Π = Πᴴ W.

    >>> from_matrix(Matrix.of([["1/2", "1/2"], ["1/2", "1/2"]])).dim
    1
    """
    n = matrix.shape[0]
    if hom is None:
        from .named import C
        trivial = C(1).trivial
        hom = trivial >> n * trivial
    if matrix.shape != (hom.unknowns, hom.unknowns):
        raise DifferentSpaces(f"the kernels of {hom.expression} have {hom.unknowns} entries, and the matrix is "
                              f"{matrix.shape[0]}×{matrix.shape[1]}. Give a projection of these kernels.")
    if hom.unknowns <= 2000 and hom.source.is_unitary and hom.target.is_unitary and matrix == hom.projector:
        return reynolds(hom)
    whole = np.ones((1, 1), bool)
    found = Projection(hom, (Part(None, whole, Span.spanned(matrix.T)),), "L")
    weights = found.weights(None)
    metric = Matrix.identity(n) if weights is None else Matrix.diagonal(weights)
    for fact, left, right, cure in (("Π² = Π", matrix @ matrix, matrix, "Give a projection"),
                                    ("W Π = Πᴴ W", metric @ matrix, matrix.H @ metric,
                                     "Give the orthogonal projection for the metric W of the representations")):
        if left != right:
            i, j = next((i, j) for i in range(n) for j in range(n) if left[i, j] != right[i, j])
            raise ValueError(f"the matrix is no orthogonal projection: {fact} fails at entry ({i}, {j}), which is "
                             f"{left[i, j]} on the left and {right[i, j]} on the right. {cure}, or its space: "
                             "rt.subspace(H, matrices).")
    return found


def _pairs(left: Span, right: Span, weights: list[Number] | None) -> Iterator[tuple[Component, Pair]]:
    """The components of two spans, equal ones with one Pair."""
    known: dict[tuple, Pair] = {}
    for component in components([left, right]):
        metric = pick(weights, component.columns)
        key = component.key, None if metric is None else tuple(metric)
        if key not in known:
            first = component.units(0) if left.is_coordinate else component.matrix(0)
            known[key] = Pair(first, component.matrix(1), metric)
        yield component, known[key]


