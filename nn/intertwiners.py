"""The linear maps that pass through a nonlinear function, found from its derivatives at random points."""
from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import torch

import reptheory as rt

MOST = 2500  # unknowns: the entries of all matrices of one function
DENOMINATOR = 64  # the largest that is tried when floats are read as fractions
GAP = 1e-9  # relative size of singular values that count as zero; one between it and GAP^(1/2) is no verdict


class NoVerdict(ArithmeticError):
    """Equations at random points whose rank floats do not tell."""


@dataclass(frozen=True, eq=False)
class Intertwiners:
    """A basis of the {(X₁, …, X_k, Y)} with Σ_i D_iφ(u) X_i u_i = Y φ(u) for all u, for a function φ of u₁, …, u_k.

    The function then commutes with the groups: φ(e^{tX} u) = e^{tY} φ(u). `sizes` are the numbers of channels of
    u₁, …, u_k and φ(u), `basis` holds the matrices one after the other, (dim, Σ n²). Where `exact`, they are Fractions;
    otherwise floats. `error` is the largest defect of the equations at points that were not used to find them.
    """

    sizes: tuple[int, ...]
    basis: np.ndarray
    exact: bool
    error: float

    @property
    def dim(self) -> int:
        """The dimension of the space of (X₁, …, X_k, Y)."""
        return len(self.basis)

    @property
    def trivial(self) -> int:
        """The dimension of the sum of {(X, 0)} and {(0, Y)}: Dφ(u) X u = 0, and Y φ = 0."""
        table, cut = self.basis.astype(float), sum(n * n for n in self.sizes[:-1])
        if not len(table):
            return 0
        ranks = [np.linalg.matrix_rank(part) if part.size else 0 for part in (table[:, :cut], table[:, cut:])]
        return int(2 * len(table) - sum(ranks))

    def matrices(self, k: int) -> tuple[np.ndarray, ...]:
        """X₁, …, X_k and Y of the k-th basis element."""
        places = np.cumsum([0, *(n * n for n in self.sizes)])
        return tuple(self.basis[k, a:b].reshape(n, n) for a, b, n in zip(places, places[1:], self.sizes))

    def __repr__(self) -> str:
        kind = "rational" if self.exact else "floats"
        return f"<Intertwiners: dim {self.dim}, {kind}, error {self.error:.1e}>"


def intertwiners(function: Callable[..., torch.Tensor], *channels: int, seed: int = 0) -> Intertwiners:
    """The solutions (X₁, …, X_k, Y) of Σ_i D_iφ(u) X_i u_i = Y φ(u), for tensors u_i of shape (batch, channels[i]).

    Directional derivatives at random points of many sizes give the equations, singular values their rank, and the basis
    in echelon form is read as fractions where they satisfy the equations at fresh points too. This is no proof: a
    function that is special on a set that no point met is missed. All is done in float64; modules are copied.
    Raises TooLarge above 2500 unknowns, NoVerdict where no gap tells the rank. Source: Zhao, Ganev, Walters, Yu and
    Dehmamy, Symmetries, flat minima, and the conserved quantities of gradient flow (arXiv 2210.17216).

    >>> intertwiners(torch.relu, 4).dim, intertwiners(torch.tanh, 4).dim, intertwiners(torch.mul, 4, 4).dim
    (4, 0, 8)
    >>> [[int(e) for e in row] for row in intertwiners(torch.square, 2).matrices(0)[1]]
    [[2, 0], [0, 0]]
    """
    if not channels or min(channels) < 1:
        raise ValueError(f"channels={channels}: give the positive number of channels of each input, as in "
                         "intertwiners(torch.mul, 4, 4).")
    shapes = [torch.Size((4, n)) for n in channels]
    return sampled(function, shapes, [(1,)] * len(shapes), (1,), seed)


def sampled(function: Callable[..., torch.Tensor], shapes: Sequence[torch.Size],
            axes: Sequence[tuple[int, ...] | None], out_axes: tuple[int, ...], seed: int = 0) -> Intertwiners:
    """The intertwiners of a function of tensors of any rank, of which `axes` are the channels; X = 0 where None."""
    draw = torch.Generator().manual_seed(seed)
    moving = [k for k, a in enumerate(axes) if a is not None]
    with torch.no_grad():
        out = function(*points(shapes, draw))
    n = [size_of(shapes[k], axes[k]) for k in moving] + [size_of(out.shape, out_axes)]
    unknowns = sum(m * m for m in n)
    if unknowns > MOST:
        raise rt.TooLarge(f"functions of {', '.join(map(str, n[:-1]))} channels to {n[-1]} have {unknowns} unknowns, "
                          f"above {MOST} that are sampled.")
    batches, count = [], 0
    for _ in range(200):
        rows = _equations(function, points(shapes, draw), axes, out_axes, 1 + unknowns // 3, draw)
        batches.append(rows)
        count += len(rows)
        if count > 2 * unknowns + 20 and len(batches) > 7:
            break
    found = echelon_null_space(np.concatenate(batches))
    fresh = np.concatenate([_equations(function, points(shapes, draw), axes, out_axes, 1 + unknowns, draw)
                            for _ in range(3)])
    rational = rounded(found)
    for basis, exact in ((rational, True), (found, False)):
        if basis is not None:
            error = float(np.abs(fresh @ basis.astype(float).T).max(initial=0.))
            if not exact or error < 1e-9:
                return Intertwiners(tuple(n), basis, exact, error)
    raise AssertionError("the floats themselves are the last choice")


def points(shapes: Sequence[torch.Size], draw: torch.Generator) -> list[torch.Tensor]:
    """Normal tensors, the size of each sample of a batch between 0.03 and 30."""
    found = []
    for shape in shapes:
        size = 10 ** (3 * torch.rand(shape[:1] + (1,) * (len(shape) - 1), generator=draw, dtype=torch.float64) - 1.5)
        found.append(size * torch.randn(shape, generator=draw, dtype=torch.float64))
    return found


def size_of(shape: torch.Size, axes: tuple[int, ...] | None) -> int:
    return int(np.prod([shape[a] for a in axes or ()], dtype=int))


def as_columns(x: torch.Tensor, axes: tuple[int, ...], batch: int = 0) -> torch.Tensor:
    """(…, channels) with the positions in one axis, after so many axes of a batch."""
    places = [a + batch for a in axes]
    rest = [a for a in range(batch, x.ndim) if a not in places]
    n = int(np.prod([x.shape[a] for a in places], dtype=int))
    return x.permute(*range(batch), *rest, *places).reshape(*x.shape[:batch], -1, n)


def _from_columns(x: torch.Tensor, shape: torch.Size, axes: tuple[int, ...]) -> torch.Tensor:
    """The inverse of `as_columns` with one axis of a batch."""
    rest = [a for a in range(len(shape)) if a not in axes]
    order = [*rest, *axes]
    back = [1 + order.index(a) for a in range(len(shape))]
    return x.reshape(len(x), *(shape[a] for a in order)).permute(0, *back)


def _equations(function: Any, u: list[torch.Tensor], axes: Sequence[tuple[int, ...] | None],
               out_axes: tuple[int, ...], most: int, draw: torch.Generator) -> np.ndarray:
    """Rows of unit length, one for each entry of φ(u), at most so many: its coefficients at X₁, …, X_k, Y."""
    with torch.no_grad():
        y = as_columns(function(*u), out_axes)
    parts = []
    for k, a in enumerate(axes):
        if a is not None:
            columns = as_columns(u[k], a)
            n = columns.shape[1]
            tangents = torch.zeros(n, n, len(columns), n, dtype=torch.float64)
            for i in range(n):
                tangents[i, :, :, i] = columns.T
            moved = _from_columns(tangents.reshape(n * n, len(columns), n), u[k].shape, a)
            parts.append(as_columns(derivatives(function, u, k, moved), out_axes, 1).flatten(1).T)
    m = y.shape[1]
    last = -torch.einsum("pc,ij->pijc", y, torch.eye(m, dtype=torch.float64)).reshape(-1, m * m)
    rows = torch.cat([*parts, last], 1)
    rows = rows[rows.isfinite().all(1)]
    length = torch.linalg.vector_norm(rows, dim=1)
    rows, length = rows[length > 1e-200], length[length > 1e-200]
    chosen = torch.randperm(len(rows), generator=draw)[:most]
    return (rows[chosen] / length[chosen, None]).numpy()


def derivatives(function: Any, u: list[torch.Tensor], k: int, tangents: torch.Tensor) -> torch.Tensor:
    """D_kφ(u) on each tangent."""
    def along(x: torch.Tensor) -> torch.Tensor:
        return function(*u[:k], x, *u[k + 1:])

    with warnings.catch_warnings():  # the first use in a process loads torch.jit, which says that it is deprecated
        warnings.simplefilter("ignore", DeprecationWarning)
        warnings.filterwarnings("ignore", "There is a performance drop", UserWarning)
        return torch.func.vmap(lambda t: torch.func.jvp(along, (u[k],), (t,))[1], randomness="same")(tangents).detach()


def echelon_null_space(rows: np.ndarray) -> np.ndarray:
    """A basis in echelon form of what all rows vanish on."""
    values, vectors = (t.numpy() for t in torch.linalg.svd(torch.from_numpy(rows), full_matrices=False)[1:])
    if len(vectors) < rows.shape[1]:  # fewer equations than unknowns
        raise NoVerdict(f"{len(rows)} equations for {rows.shape[1]} unknowns: the function is constant or not finite "
                        "at random points.")
    most = values[0]
    between = values[(values > GAP * most) & (values < GAP ** 0.5 * most)]
    if len(between):
        raise NoVerdict(f"a singular value of {between[-1] / most:.1e} is neither zero nor not, so that floats do not "
                        "tell the dimension. Smooth the function or write it out as others.")
    basis, pivots = vectors[values <= GAP * most].copy(), 0
    for column in range(basis.shape[1]):
        if pivots == len(basis):
            break
        row = pivots + int(np.abs(basis[pivots:, column]).argmax())
        if abs(basis[row, column]) > 1e-6:
            basis[[pivots, row]] = basis[[row, pivots]]
            basis[pivots] /= basis[pivots, column]
            others = np.arange(len(basis)) != pivots
            basis[others] -= np.outer(basis[others, column], basis[pivots])
            pivots += 1
    return basis


def rounded(basis: np.ndarray) -> np.ndarray | None:
    """The nearest fractions, or None where one is not near."""
    found = np.full(basis.shape, Fraction(0), object)
    for place in zip(*np.nonzero(np.abs(basis) > 1e-7)):
        value = Fraction(float(basis[place])).limit_denominator(DENOMINATOR)
        if abs(float(value) - basis[place]) > 1e-7 * max(1, abs(basis[place])):
            return None
        found[place] = value
    return found
