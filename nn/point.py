"""Convolutions with steerable kernels on point clouds and graphs."""
from __future__ import annotations

from typing import Any

import torch

import reptheory as rt
from reptheory.harmonic import Harmonics
from reptheory.steerable import SteerableHom, orthonormal

from .constants import Constants
from .feature import check_features, check_type
from .linear import EmptyHom
from .radial import BesselBasis, envelope
from .sphere import SphericalHarmonics

REDUCTIONS = ("sum", "mean")


class BadGraph(ValueError):
    """Edges or positions that are no graph in space."""


class PointConv(Constants):
    """The convolution y_i = c Σ_{j → i} κ(x_j − x_i) f_j over the edges of a graph in Rⁿ, κ a steerable kernel.

    κ(x) = Σ_p L_p φ_p(|x|) κ_p(x/|x|) over all paths p of `rt.Hom(V, W, on=rt.R(n))`: the φ_p, one for each path and
    input channel, come from a network on a smooth radial basis, and the matrices L_p mix channels. So the layer
    commutes with the group and with translations. Messages are products of small kernels with the channels: no array
    has a row for each edge and an entry for each pair of channels.

    `radial` is the number K of functions of a `BesselBasis` up to `cutoff`, or a module (E,) ↦ (E, K), and `hidden`
    the widths of the network on them; beyond the cut-off edges have no effect, and forces are smooth there. `reduce` is
    "sum", with c = 1/√average_degree, or "mean" over the edges at i. Groups that are not transitive on the sphere need
    `max_frequency`. Edges with x_j = x_i carry the paths of J = 0 only, and have zero gradient in the positions.
    NaN in a position or a feature gives NaN at the nodes that it reaches. Indices out of range are an error of torch,
    on a GPU one that ends the process; check=True looks at indices and positions first, where they are on the CPU.

    Shapes: x (N, dim V), edge_index (2, E) with rows j and i as in torch_geometric, positions (N, n) or edge vectors
    (E, n) ↦ (N, dim W). Raises EmptyHom, TooLarge, WrongChannels, BadGraph.
    Sources: Thomas et al., Tensor field networks, arXiv 1802.08219; Batzner et al., NequIP, arXiv 2101.03164.

    >>> G = rt.O(3); conv = PointConv(G.irrep("0e"), 2*G.irrep("1o"), cutoff=2.)
    >>> pos, edges = torch.tensor([[0., 0., 0.], [0., 0., 1.]]), torch.tensor([[1], [0]])
    >>> y = conv(torch.ones(2, 1), edges, pos); y.shape, y[1].abs().max().item(), y[0, :4].abs().max().item()
    (torch.Size([2, 6]), 0.0, 0.0)
    """

    def __init__(self, in_type: rt.Rep, out_type: rt.Rep, dim: int = 3, cutoff: float = 1.0,
                 radial: int | torch.nn.Module = 8, hidden: tuple[int, ...] = (64,), max_frequency: int | None = None,
                 reduce: str = "sum", average_degree: float = 1.0, action: rt.Rep | None = None, check: bool = False,
                 device=None, dtype=None) -> None:
        super().__init__()
        check_type(in_type)
        check_type(out_type)
        if reduce not in REDUCTIONS:
            raise ValueError(f"reduce={reduce!r}: messages are combined by 'sum' or 'mean'.")
        if not 0 < average_degree < float("inf"):
            raise ValueError(f"average_degree={average_degree!r}: give the mean number of edges at a node, above 0.")
        if "C" in (in_type.scalars, out_type.scalars):
            raise ValueError("PointConv takes real types, as positions are real. Use V.realify().")
        hom = rt.Hom(in_type, out_type, on=rt.R(dim, max_frequency, action))
        assert isinstance(hom, SteerableHom)
        if not hom.certificate.ok:
            raise rt.NotCertified(f"the paths of {hom.expression} changed after they were certified. Derive them "
                                  "again.")
        self.hom, self.in_type, self.out_type, self.dim, self.cutoff = hom, in_type, out_type, dim, float(cutoff)
        self.reduce, self.average_degree, self.check = reduce, float(average_degree), check
        self.degree = max((path.degree for path in hom.paths), default=0)
        self.harmonics = SphericalHarmonics(self.degree, scale="component", n=dim, device=device)
        self._paths(device, dtype)
        basis = BesselBasis(radial, cutoff, device) if isinstance(radial, int) else radial
        width = basis.size if isinstance(basis, BesselBasis) else self._width(basis, device, dtype)
        layers: list[torch.nn.Module] = []
        for size in hidden:
            layers += [torch.nn.Linear(width, size, device=device, dtype=dtype), torch.nn.SiLU()]
            width = size
        layers.append(torch.nn.Linear(width, sum(self._sizes), device=device, dtype=dtype))
        self.radial_basis, self.radial = basis, torch.nn.Sequential(*layers)
        self.to(device=device, dtype=dtype)

    def _paths(self, device, dtype) -> None:
        """For each input summand one table, harmonics ↦ all its small kernels, rows by output summand and path."""
        hom = self.hom
        starts = [0]
        for degree in range(self.degree + 1):
            starts.append(starts[-1] + Harmonics(degree, self.dim).dim)
        counts = [[0] * len(hom.source.summands) for _ in hom.target.summands]
        self._sizes: list[int] = []  # radial functions of each input summand: paths times channels
        for a, (m, source) in enumerate(hom.source.summands):
            blocks, rows, path = [torch.zeros(starts[-1], 0, source.dim, dtype=torch.float64)], [], 0
            for b, (_, target) in enumerate(hom.target.summands):
                for degree, piece in hom.pieces[source, target].items():
                    exact = torch.from_numpy(orthonormal(piece).copy())
                    exact = exact.reshape(target.dim, -1, source.dim, piece.dim) * target.dim ** 0.5
                    block = exact.new_zeros(starts[-1], piece.dim * target.dim, source.dim)
                    block[starts[degree]:starts[degree + 1]] = exact.permute(1, 3, 0, 2).flatten(1, 2)
                    blocks.append(block)
                    counts[b][a] += piece.dim
                    rows += [path + k for k in range(piece.dim) for _ in range(target.dim)]
                    path += piece.dim
            self.constant(f"table_{a}", torch.cat(blocks, 1).flatten(1), device)
            self.constant(f"path_{a}", torch.tensor(rows, dtype=torch.int64), device)
            self._sizes.append(path * m)
        self._counts = counts
        for b, (n, target) in enumerate(hom.target.summands):
            fan = sum(k * m for k, (m, _) in zip(counts[b], hom.source.summands))
            if not fan:
                raise EmptyHom(f"{hom.expression} is zero into {target.expression}: no kernel that commutes with "
                               f"{hom.group.expression} reaches it. Leave {target.expression} out of the output, or "
                               "give the input a representation that maps to it.")
            for a, (m, _) in enumerate(hom.source.summands):
                if counts[b][a]:
                    start = torch.randn(n, counts[b][a], m, device=device, dtype=dtype) / fan ** 0.5
                    self.register_parameter(f"mix_{b}_{a}", torch.nn.Parameter(start))

    @staticmethod
    def _width(basis: torch.nn.Module, device, dtype) -> int:
        """The number of radial functions of a module."""
        with torch.no_grad():
            found = basis(torch.ones(1, device=device, dtype=dtype))
        if found.ndim != 2 or found.shape[0] != 1:
            raise ValueError(f"radial takes distances (E,) to (E, K), and gave the shape {tuple(found.shape)} for "
                             "E = 1. Give a module with a row for each distance.")
        return found.shape[1]

    def forward(self, x: torch.Tensor, edge_index: torch.Tensor, pos: torch.Tensor | None = None,
                edge_vectors: torch.Tensor | None = None) -> torch.Tensor:
        """The features of type W at the nodes."""
        check_features(x, self.in_type)
        source, target, vectors = self._edges(x, edge_index, pos, edge_vectors)
        square = (vectors * vectors).sum(-1)
        origin = square == 0
        distance = torch.where(origin, torch.zeros_like(square), torch.where(origin, 1, square).sqrt())
        radial = self.radial(self.radial_basis(distance)) * envelope(distance / self.cutoff)[:, None]
        harmonics = self.harmonics(vectors)
        gathered = self._messages(x, source, target, harmonics, radial)
        outputs = []
        for b, (_, w) in enumerate(self.out_type.summands):
            total: Any = 0
            for a, sums in enumerate(gathered):
                count = self._counts[b][a]
                if count:
                    start = sum(self._counts[c][a] * t.dim for c, (_, t) in enumerate(self.out_type.summands[:b]))
                    part = sums.narrow(1, start, count * w.dim).unflatten(1, (count, w.dim))
                    total = total + torch.einsum("zpim,npm->zin", part, getattr(self, f"mix_{b}_{a}"))
            outputs.append(total.flatten(1))
        y = outputs[0] if len(outputs) == 1 else torch.cat(outputs, 1)
        if self.reduce == "sum":
            return y * self.average_degree ** -0.5
        degree = torch.zeros(len(x), dtype=x.dtype, device=x.device).index_add(0, target, torch.ones_like(distance))
        return y / degree.clamp(min=1)[:, None]

    def _messages(self, x: torch.Tensor, source: torch.Tensor, target: torch.Tensor, harmonics: torch.Tensor,
                  radial: torch.Tensor) -> list[torch.Tensor]:
        """For each input summand the sums (N, rows, m) of its messages, before channels are mixed."""
        found = []
        parts = zip(self.in_type.summands, x.split([m * v.dim for m, v in self.in_type.summands], 1),
                    radial.split(self._sizes, 1))
        for a, ((m, v), features, weights) in enumerate(parts):
            table, path = getattr(self, f"table_{a}"), getattr(self, f"path_{a}")
            kernels = (harmonics @ table).unflatten(1, (len(path), v.dim))
            values = torch.bmm(kernels, features.index_select(0, source).unflatten(1, (v.dim, m)))
            values = values * weights.unflatten(1, (weights.shape[1] // m, m)).index_select(1, path)
            found.append(values.new_zeros(len(x), len(path), m).index_add(0, target, values))
        return found

    def _edges(self, x: torch.Tensor, edge_index: torch.Tensor, pos: torch.Tensor | None,
               edge_vectors: torch.Tensor | None) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """The sources j, the targets i and the vectors x_j − x_i of the edges."""
        if edge_index.ndim != 2 or edge_index.shape[0] != 2 or edge_index.dtype != torch.int64:
            raise BadGraph(f"edge_index has the shape {tuple(edge_index.shape)} and dtype {edge_index.dtype}. Give an "
                           "int64 tensor (2, E): the sources j, then the targets i.")
        given = edge_vectors if pos is None else pos
        rows = edge_index.shape[1] if pos is None else len(x)
        if given is None or (pos is not None and edge_vectors is not None):
            raise BadGraph("PointConv needs positions pos=(N, n) or edge_vectors=(E, n), one of them.")
        if given.shape != (rows, self.dim):
            raise BadGraph(f"{'edge_vectors' if pos is None else 'pos'} has the shape {tuple(given.shape)}, where "
                           f"({rows}, {self.dim}) is needed: a row for each {'edge' if pos is None else 'node'}.")
        if self.check and not torch.compiler.is_compiling() and given.device.type == "cpu":
            _look(edge_index, len(x), given)
        source, target = edge_index
        vectors = given if pos is None else given.index_select(0, source) - given.index_select(0, target)
        return source, target, vectors

    def extra_repr(self) -> str:
        """The types and options."""
        limit = self.hom.on.max_frequency
        options = [("dim", self.dim, 3), ("cutoff", self.cutoff, None), ("max_frequency", limit, None),
                   ("reduce", self.reduce, "sum"), ("average_degree", self.average_degree, 1.0)]
        shown = "".join(f", {name}={value!r}" for name, value, usual in options if value != usual)
        return f"{self.in_type.expression}, {self.out_type.expression}{shown}"

    def __repr__(self) -> str:
        size = sum(p.numel() for p in self.parameters())
        return f"PointConv({self.extra_repr()})  # {len(self.hom.paths)} paths, {size} weights"


def _look(edge_index: torch.Tensor, nodes: int, given: torch.Tensor) -> None:
    """Raise BadGraph for the first index outside 0, …, N − 1, or position that is not finite."""
    wrong = ((edge_index < 0) | (edge_index >= nodes)).nonzero()
    if len(wrong):
        row, edge = wrong[0].tolist()
        raise BadGraph(f"edge {edge} has the {'target' if row else 'source'} {edge_index[row, edge].item()}, and there "
                       f"are {nodes} nodes, numbered from 0. Correct edge_index.")
    bad = (~torch.isfinite(given)).any(1).nonzero()
    if len(bad):
        raise BadGraph(f"row {bad[0].item()} of the positions is {given[bad[0, 0]].tolist()}. Give finite numbers.")
