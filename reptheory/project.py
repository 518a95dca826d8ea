"""Projections on the kernels κ: X → Hom(V, W), and whether two of them commute, decided exactly.

    rt.reynolds(H)                      Π_G, the mean over G, onto Hom(V, W, on=X); commute takes H itself as well
    rt.support(H, points)               Π_L for a mask: taps, entries, a boolean array; layer_space has other kinds
    rt.subspace(H, matrices)            Π_L for a span of exact kernels
    rt.conv_layer(V, W, kernel_size, …) Π_L for a convolution between images: padding and stride; see tap_window
    rt.parametrisation(H, matrices)     weights → kernels: is_unitary, orthonormal, .space is Π_L
    P.dim  P.hom  P.project(κ)  P.matrix  κ in P  P == Q  P & Q (meet)  P | Q (join)  P @ Q (product, or DoNotCommute)
    c = rt.commute(P, Q)                truthy when [Π_P, Π_Q] = 0, otherwise falsy; always with
    c.witness  c.norm  c.norm_squared  c.angles  c.dims
    c.meet (E)  c.join  c.smallest (P + Π_Q P)  c.largest ((P ∩ Q) ⊕ (P ∩ Q^⊥))  c.closure (span of gP, for Q = Π_G)

A projection is stored structurally: for each pair of summands A of V and B of W the channel pairs are cut into classes
that have the same span of κ: X → Hom(A, B), and channels are never expanded, unless the span couples them.
"""
from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, reduce
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from .angle import projector
from .field import Number, Q
from .group import TooLarge
from .hom import Hom
from .kernel import Kernel, _plain, channel_slices, exact_kernel
from .matrix import Matrix
from .piece import SignedPiece
from .rep import Rep
from .solve import weights_of
from .span import Span, components

if TYPE_CHECKING:
    from .commutation import Commutation

ENTRIES = 2 ** 24    # the most entries that channels are expanded to, for spans that couple them
PROJECTOR = 2000     # the most unknowns for which the matrix of a projection is written down


class DifferentSpaces(TypeError):
    """Two projections that act on different spaces of kernels."""


class NotOrthogonal(ValueError):
    """A representation that is not orthogonal in its metric, so that the mean over G is no orthogonal projection."""


class DoNotCommute(ValueError):
    """A product of projections that is no projection, with the witness."""


@dataclass(frozen=True, eq=False)
class Part:
    """A span of κ: X → Hom(A, B) for the channel pairs marked in the boolean array `channels` (n, m), each its own
    copy; or, with no pair (b, a) of summands, a span of whole kernels flattened in C order."""

    pair: tuple[int, int] | None
    channels: np.ndarray
    span: Span

    @property
    def copies(self) -> int:
        """The number of channel pairs."""
        return int(self.channels.sum())


@dataclass(frozen=True, eq=False)
class Projection:
    """The orthogonal projection onto a space of kernels κ: X → Hom(V, W), for the metric of lowered coordinates.

    ‖κ‖² = Σ_x c_x Σ_ij |κ(x)_ij|² D_W,i / D_V,j, with c_x = 1 unless `taps` says otherwise.

    >>> import reptheory as rt
    >>> G = rt.C(4); H = rt.Hom(G.trivial, G.trivial, on=rt.grid(3)); rt.support(H, [(1, 1), (0, 1)]).dim
    2
    """

    hom: Hom
    parts: tuple[Part, ...]
    name: str = "L"
    taps: tuple[Number, ...] | None = None
    reynolds: bool = False

    @cached_property
    def dim(self) -> int:
        """The dimension of the space, which is the trace of the projection."""
        return sum(part.copies * part.span.count for part in self.parts)

    def weights(self, pair: tuple[int, int] | None) -> list[Number] | None:
        """The metric of the unknowns of a part; None where it is 1."""
        if pair is None:
            return self._all_weights
        (_, target), (_, source) = self.hom.target.summands[pair[0]], self.hom.source.summands[pair[1]]
        stalk = weights_of(source, target)
        if self.taps is None:
            return None if stalk is None else stalk * self.hom.on.size
        return [c * w for c in self.taps for w in stalk or [Q(1)] * (source.dim * target.dim)]

    @cached_property
    def _all_weights(self) -> list[Number] | None:
        found = np.empty(self.hom.unknowns, object)
        trivial = True
        for pair, channels in channel_pairs(self.hom):
            weights = self.weights(pair)
            trivial = trivial and weights is None
            for j, i in np.argwhere(channels):
                found[places(self.hom, pair, j, i)] = Q(1) if weights is None else weights
        return None if trivial else found.tolist()

    @cached_property
    def expanded(self) -> Projection:
        """The same projection with one span of whole kernels; TooLarge above 2²⁴ entries."""
        if all(part.pair is None for part in self.parts):
            return self
        entries = sum(part.copies * len(part.span.row) for part in self.parts)
        if max(entries, self.hom.unknowns) > ENTRIES:
            raise TooLarge(f"one of the spaces couples channels of {self.hom.expression}, and expanding {self.name} "
                           f"over them takes {max(entries, self.hom.unknowns)} entries; the limit is {ENTRIES}. Give a "
                           "span without coupled channels, such as support(H, mask), or fewer channels.")
        spans = [part.span.moved(places(self.hom, part.pair, j, i), self.hom.unknowns)
                 for part in self.parts if part.pair is not None for j, i in np.argwhere(part.channels)]
        whole = Part(None, np.ones((1, 1), bool), Span.union(spans, self.hom.unknowns))
        return Projection(self.hom, (whole,), self.name, self.taps, self.reynolds)

    def project(self, kernel: Any) -> Kernel:
        """The exact orthogonal projection of a kernel given exactly.

        >>> import reptheory as rt
        >>> V = rt.S(2).natural; rt.support(V >> V, [(0, 0)]).project([[1, 2], [3, 4]]).to_numpy().tolist()
        [[1.0, 0.0], [0.0, 0.0]]
        """
        given = exact_kernel(kernel, self.hom.shape).entries.ravel()
        out = np.zeros(len(given), object)
        for part in self.parts:
            weights = self.weights(part.pair)
            at = [np.arange(self.hom.unknowns)] if part.pair is None else [
                places(self.hom, part.pair, j, i) for j, i in np.argwhere(part.channels)]
            for component in components([part.span]):
                matrix = projector(component.matrix(0), pick(weights, component.columns))
                columns = [where[component.columns] for where in at]
                image = matrix @ Matrix.of([[given[c] for c in row] for row in zip(*columns)])
                for n, row in enumerate(image.rows()):
                    for where, value in zip(columns, row):
                        out[where[n]] = _plain(value)
        return Kernel(out.reshape(self.hom.shape))

    def __contains__(self, kernel: Any) -> bool:
        return self.project(kernel) == exact_kernel(kernel, self.hom.shape)

    @cached_property
    def matrix(self) -> Matrix:
        """The matrix of `project` on kernels flattened in C order; TooLarge above 2000 unknowns."""
        size = self.hom.unknowns
        if size > PROJECTOR:
            raise TooLarge(f"the projection is a {size}×{size} matrix, and the limit is {PROJECTOR} unknowns. Use "
                           "P.project(kernel) and rt.commute(P, Q), which need no matrix.")
        whole = self.expanded
        return projector(whole.parts[0].span.matrix(), self._all_weights) if whole.parts else Matrix.zeros(size, size)

    def basis(self) -> Iterator[Kernel]:
        """The rows of the spans as exact kernels: a basis of the space, orthogonal where they are."""
        for part in self.parts:
            at = [np.arange(self.hom.unknowns)] if part.pair is None else [
                places(self.hom, part.pair, j, i) for j, i in np.argwhere(part.channels)]
            for where, row in product(at, part.span.matrix().rows() if part.span.count else ()):
                flat = np.zeros(self.hom.unknowns, object)
                flat[where] = [_plain(x) for x in row]
                yield Kernel(flat.reshape(self.hom.shape))

    @cached_property
    def mask(self) -> np.ndarray:
        """The boolean array (*X, dim W, dim V) of the entries where some kernel of the space is not 0."""
        out = np.zeros(self.hom.unknowns, bool)
        for part in self.parts:
            if part.pair is None:
                out[part.span.column] = True
            else:
                for j, i in np.argwhere(part.channels):
                    out[places(self.hom, part.pair, j, i)[part.span.column]] = True
        return out.reshape(self.hom.shape)

    def __le__(self, other: Projection) -> bool:
        from .commutation import commute
        return commute(self, other).dims["meet"] == self.dim

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Projection):
            return NotImplemented
        return self.hom == other.hom and self.taps == other.taps and self.dim == other.dim and self <= other

    def __hash__(self) -> int:
        return hash((self.hom, self.dim))

    def __and__(self, other: Any) -> Projection:
        return self._with(other).meet

    def __or__(self, other: Any) -> Projection:
        return self._with(other).join

    def __matmul__(self, other: Any) -> Projection:
        found = self._with(other)
        if not found:
            raise DoNotCommute(f"Π_{found.first.name} Π_{found.second.name} is no projection: {found.witness}. Use "
                               "rt.commute(P, Q).smallest or .largest, whose projections commute.")
        return found.meet

    def _with(self, other: Any) -> Commutation:
        from .commutation import commute
        return commute(self, other)

    def __repr__(self) -> str:
        return f"<Projection onto {self.name} in the kernels of {self.hom.expression}: dim {self.dim} of " \
               f"{self.hom.unknowns}>"


def reynolds(hom: Hom, taps: tuple[Number, ...] | None = None) -> Projection:
    """Π_G κ(x) = ∫ ρ_W(g) κ(g⁻¹x) ρ_V(g)⁻¹ dg: the orthogonal projection onto Hom(V, W, on=X), from its exact basis.

    The mean over a compact group of orthogonal operators is the orthogonal projection onto the vectors it fixes
    (Reynolds; Haar), so that no mean is taken. Raises NotOrthogonal, with an invariant Gram matrix, for a
    representation that is not orthogonal in its metric.

    >>> import reptheory as rt
    >>> rt.reynolds(rt.S(3).natural >> rt.S(3).natural).dim
    2
    """
    check_orthogonal(hom.source)
    check_orthogonal(hom.target)
    parts, spans = [], {}
    for (b, a), channels in channel_pairs(hom):
        piece = hom.basis.pieces[_pair(hom, b, a)]
        if id(piece) not in spans:
            spans[id(piece)] = Span.labelled(piece.labels, piece.signs) if isinstance(piece, SignedPiece) else Span.of(
                [list(piece.support(d)) for d in range(piece.dim)], hom.on.size * piece.stalk)
        parts.append(Part((b, a), channels, spans[id(piece)]))
    return used(Projection(hom, tuple(parts), "Hom_G", taps, True))


def used(projection: Projection) -> Projection:
    """The projection without the taps of weight 0, which no linear map sees."""
    if projection.taps is None or all(projection.taps):
        return projection
    seen = np.array([bool(c) for c in projection.taps])
    parts = []
    for part in projection.parts:
        span = part.span
        keep = np.repeat(seen, span.size // len(seen))
        if not keep[span.column].all():
            alive = keep[span.column]
            if len(np.unique(span.column)) == len(span.column):  # disjoint rows stay independent
                _, row = np.unique(span.row[alive], return_inverse=True)
                span = Span(span.size, int(row.max(initial=-1)) + 1, row, span.column[alive], span.value[alive])
            else:
                mask = Matrix.diagonal([int(k) for k in keep])
                span = Span.spanned(span.matrix() @ mask)
        parts.append(Part(part.pair, part.channels, span))
    return Projection(projection.hom, tuple(parts), projection.name, projection.taps, projection.reynolds)


def channel_pairs(hom: Hom) -> list[tuple[tuple[int, int], np.ndarray]]:
    """For each pair (b, a) of summands the array (n, m) of all its channel pairs."""
    return [((b, a), np.ones((n, m), bool)) for b, (n, _) in enumerate(hom.target.summands)
            for a, (m, _) in enumerate(hom.source.summands)]


def places(hom: Hom, pair: tuple[int, int] | None, j: int, i: int) -> np.ndarray:
    """Where the unknowns of output channel j and input channel i of a pair of summands stand in a flattened kernel."""
    assert pair is not None
    (n, target), (m, source) = hom.target.summands[pair[0]], hom.source.summands[pair[1]]
    row = channel_slices(hom.target)[pair[0]].start + n * np.arange(target.dim) + j
    column = channel_slices(hom.source)[pair[1]].start + m * np.arange(source.dim) + i
    x = np.arange(hom.on.size)[:, None, None] * hom.target.dim
    return ((x + row[None, :, None]) * hom.source.dim + column[None, None, :]).ravel()


def pick(weights: Sequence[Number] | None, columns: np.ndarray) -> list[Number] | None:
    """The weights of some columns."""
    return None if weights is None else [weights[c] for c in columns]


def check_orthogonal(rep: Rep) -> None:
    """Raise NotOrthogonal, naming a summand, a generator and an invariant Gram matrix, unless ρ(g)ᴴ D ρ(g) = D."""
    for _, part in rep.summands:
        if not part.is_unitary:
            raise NotOrthogonal(
                f"{part.expression} is not orthogonal in its metric D = {Matrix.diagonal(part.gram)}, so the mean over "
                f"{part.group.expression} is no orthogonal projection. {_invariant(part)}")


def _invariant(rep: Rep) -> str:
    """The Gram matrix Σ_g ρ(g)ᴴ D ρ(g) / |G| in words."""
    group: Any = rep.group
    if group.is_lie or group.order > PROJECTOR:
        return "Choose an invariant metric: rep(gram=[…], …) with ρ(g)ᴴ D ρ(g) = D."
    metric = Matrix.diagonal(rep.gram)
    total = reduce(Matrix.__add__, (rep(g).H @ metric @ rep(g) for g in group.elements))
    mean = total * (Q(1) / group.order)
    if Matrix.diagonal([mean[k, k] for k in range(rep.dim)]) == mean:
        return (f"The Gram matrix {mean} makes it so: give gram="
                f"[{', '.join(str(mean[k, k]) for k in range(rep.dim))}] with its matrices.")
    return (f"The Gram matrix {mean} makes it so: change to a basis that is orthogonal for it, and give the squared "
            "lengths as gram=[…].")


def _pair(hom: Hom, b: int, a: int) -> tuple[Rep, Rep]:
    return hom.source.summands[a][1], hom.target.summands[b][1]


