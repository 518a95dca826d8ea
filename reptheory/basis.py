"""Basis: the solutions of a Hom, pieced together from its distinct pairs of summands."""
from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import product
from math import inf
from typing import TYPE_CHECKING

import numpy as np

from .field import Number, Q
from .group import TooLarge
from .hom import Hom
from .kernel import Kernel, _plain, channel_slices
from .matrix import Matrix
from .piece import Orbit, Piece
from .rep import Rep
from .tabular import Tabular

if TYPE_CHECKING:
    import torch

ENTRIES = 2 ** 27      # the largest dense array that to_numpy makes: 1 GiB of float64
PROJECTOR = 2000       # the most unknowns for which the matrix of the projector is written down


@dataclass(frozen=True)
class Block:
    """One row of `H.blocks`: a pair of summands over one orbit of X; dim = n · m · dim Hom over the stabiliser."""

    source: Rep
    target: Rep
    copies: tuple[int, int]
    point: str
    orbit: int
    stabiliser: float
    dim: int


@dataclass(frozen=True, repr=False)
class Blocks(Tabular):
    """The table of the orbits behind a basis, one `Block` a row; its dimensions add up to H.dim."""

    rows: tuple[Block, ...]

    @property
    def cells(self) -> list[list[str]]:
        """The table as text, the heading first."""
        head = ["source", "target", "copies", "x", "orbit", "stabiliser", "dim"]
        return [head] + [[r.source.expression, r.target.expression, f"{r.copies[1]}×{r.copies[0]}", r.point,
                          str(r.orbit), "∞" if r.stabiliser == inf else str(r.stabiliser), str(r.dim)]
                         for r in self.rows]


@dataclass(frozen=True, eq=False)
class Basis:
    """An orthogonal basis of Hom(V, W, on=X): for each pair of summands a piece, shared by equal pairs.

    Coordinates are numbered by target summand, source summand, element of the piece, target channel, source channel.
    """

    hom: Hom
    orbits: tuple[Orbit, ...]
    pieces: dict[tuple[Rep, Rep], Piece]

    @property
    def layout(self) -> list[tuple[int, int, int, int, Piece]]:
        """For each pair of summands: their positions b, a, their multiplicities n, m, and the piece."""
        return [(b, a, n, m, self.pieces[source, target])
                for b, (n, target) in enumerate(self.hom.target.summands)
                for a, (m, source) in enumerate(self.hom.source.summands)]

    @cached_property
    def dim(self) -> int:
        """Σ n m dim Hom(A, B)."""
        return sum(n * m * piece.dim for _, _, n, m, piece in self.layout)

    def __len__(self) -> int:
        return self.dim

    @cached_property
    def blocks(self) -> Blocks:
        """One row for each pair of summands and orbit of X on which it has a solution."""
        order, on = self.hom.group.order, self.hom.on
        return Blocks(tuple(
            Block(piece.source, piece.target, (m, n), on.label(orbit.representative), orbit.size,
                  order // orbit.size if order < inf else inf, n * m * dim)
            for _, _, n, m, piece in self.layout for orbit, dim in zip(self.orbits, piece.dims()) if dim))

    def to_numpy(self, dtype="float64", normalise: bool = True) -> np.ndarray:
        """The dense basis (dim, *X, dim W, dim V), orthonormal in the coordinates of layers when `normalise`.

        Otherwise the exact entries in the bases of V and W as they are. Every float is within 1 ulp; TooLarge above
        2²⁷ entries, where `.blocks` and `rt.lower` stay small.
        """
        self._fits()
        rows, columns = channel_slices(self.hom.target), channel_slices(self.hom.source)
        tables = {id(p): p.table(normalise, dtype) for p in self.pieces.values()}
        kind = np.result_type(dtype, *tables.values())
        dense = np.zeros((self.dim, self.hom.on.size, self.hom.target.dim, self.hom.source.dim), kind)
        start = 0
        for b, a, n, m, piece in self.layout:
            values = tables[id(piece)].T.reshape(piece.dim, self.hom.on.size, piece.target.dim, piece.source.dim)
            view = dense[start:start + piece.dim * n * m, :, rows[b], columns[a]]
            view = view.reshape(piece.dim, n, m, self.hom.on.size, piece.target.dim, n, piece.source.dim, m)
            for j, i in product(range(n), range(m)):
                view[:, j, i, :, :, j, :, i] = values
            dense[start:start + piece.dim * n * m, :, rows[b], columns[a]] = view.reshape(
                piece.dim * n * m, self.hom.on.size, n * piece.target.dim, m * piece.source.dim)
            start += piece.dim * n * m
        return dense.reshape(self.dim, *self.hom.shape)

    def to_torch(self, dtype=None, device=None, normalise: bool = True) -> torch.Tensor:
        """`to_numpy` as a torch tensor of this dtype (the default one when none is given) on this device."""
        import torch

        dtype = dtype or torch.get_default_dtype()
        single = dtype in (torch.float32, torch.complex64)
        array = self.to_numpy("float32" if single else "float64", normalise)
        return torch.from_numpy(array).to(dtype=dtype, device=device)

    def to_sympy(self, normalise: bool = True):
        """The dense basis as a sympy array, square roots and all when `normalise`."""
        import sympy

        self._fits()
        flat = [0] * (self.dim * self.hom.unknowns)
        for d in range(self.dim):
            piece, values = self._element(d)
            norm = piece[0].norms[piece[1]]
            for place, unknown, value in values:
                entry = value.to_sympy()
                if normalise:
                    weight = piece[0].weights[unknown % piece[0].stalk] if piece[0].weights else Q(1)
                    entry = entry * sympy.sqrt((weight / norm).to_sympy())
                flat[d * self.hom.unknowns + place] = entry
        return sympy.ImmutableDenseNDimArray(flat, (self.dim, *self.hom.shape))

    def __getitem__(self, d: int) -> Kernel:
        """Basis element d as an exact kernel, in the bases of V and W as they are."""
        if not -self.dim <= d < self.dim:
            raise IndexError(f"the basis has {self.dim} elements, and {d} is not one of their numbers.")
        flat = np.zeros(self.hom.unknowns, object)
        for place, _, value in self._element(d % self.dim)[1]:
            flat[place] = _plain(value)
        return Kernel(flat.reshape(self.hom.shape))

    def _element(self, d: int):
        """The (piece, element) behind coordinate d, and its (flat entry, unknown, value) triples."""
        rows, columns = channel_slices(self.hom.target), channel_slices(self.hom.source)
        for target, source, n, m, piece in self.layout:  # noqa: B007 (the one that d falls in)
            if d < piece.dim * n * m:
                break
            d -= piece.dim * n * m
        element, j, i = d // (n * m), d // m % n, d % m
        found = []
        for unknown, value in piece.support(element):
            x, k, l = unknown // piece.stalk, unknown // piece.source.dim % piece.target.dim, unknown % piece.source.dim
            row, column = rows[target].start + k * n + j, columns[source].start + l * m + i
            found.append(((x * self.hom.target.dim + row) * self.hom.source.dim + column, unknown, value))
        return (piece, element), found

    def project(self, kernel: Kernel) -> Kernel:
        """The exact orthogonal projection of a kernel, for the norm of lowered coordinates."""
        rows, columns = channel_slices(self.hom.target), channel_slices(self.hom.source)
        out = np.zeros(kernel.shape, object)
        for b, a, n, m, piece in self.layout:
            part = kernel.block(rows[b], columns[a], piece.target.dim, piece.source.dim)
            image = np.zeros_like(part)
            for d in range(piece.dim):
                support = list(piece.support(d))
                weights = [piece.weights[u % piece.stalk] if piece.weights else Q(1) for u, _ in support]
                places = [u for u, _ in support]
                row = np.array([_plain(v.conj() * w / piece.norms[d]) for (_, v), w in zip(support, weights)], object)
                image[places] += np.array([[_plain(v)] for _, v in support], object) * (row @ part[places])
            shape = (-1, piece.target.dim, piece.source.dim, n, m)
            full = image.reshape(shape).transpose(0, 1, 3, 2, 4).reshape(
                *kernel.shape[:-2], n * piece.target.dim, m * piece.source.dim)
            out[..., rows[b], columns[a]] = full
        flat = np.array([_plain(x) if isinstance(x, Number) else x for x in out.ravel()], object)
        return Kernel(flat.reshape(kernel.shape))

    @cached_property
    def projector(self) -> Matrix:
        """The matrix of `project`, P² = P, on kernels flattened in C order."""
        size = self.hom.unknowns
        if size > PROJECTOR:
            raise TooLarge(f"the projector of {self.hom.expression} is a {size}×{size} matrix, and the limit is "
                           f"{PROJECTOR} unknowns. Use H.project(kernel), which needs no matrix.")
        out = np.zeros((size, size), object)
        for d in range(self.dim):
            (piece, element), entries = self._element(d)
            for place, unknown, value in entries:
                weight = piece.weights[unknown % piece.stalk] if piece.weights else Q(1)
                factor = value.conj() * weight / piece.norms[element]
                for other, _, coefficient in entries:
                    out[other, place] += _plain(coefficient * factor)
        return Matrix.of(out.tolist())

    def _fits(self) -> None:
        entries = self.dim * self.hom.unknowns
        if entries > ENTRIES:
            raise TooLarge(f"the dense basis has {self.dim} × {self.hom.unknowns} = {entries} entries, and the limit "
                           f"is {ENTRIES}. Use H.blocks, or rt.lower(H), which keep the basis in orbits.")

    def __repr__(self) -> str:
        return f"<Basis of {self.hom.expression}: {self.dim} elements in {len(self.pieces)} pieces>"

    def _repr_html_(self) -> str:
        from .show import basis_html
        return basis_html(self)
