"""Steerable kernels sampled on a grid: Gaussian rings times harmonics, in floats from exact paths."""
from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import product
from math import floor, isfinite, pi
from typing import Any

import numpy as np

from .basis import Basis
from .count import dimension
from .euclidean_space import Euclidean
from .field import Number
from .group import TooLarge
from .harmonic import Harmonics
from .hom import Hom
from .matrix import float_table
from .piece import Orbit, Piece
from .rep import ONE, Rep
from .space import Grid, Lattice
from .steerable import Paths, SteerableHom, orthonormal
from .steerable_certificate import SteerableCertificate
from .tensor import tensor

ENTRIES = 2 ** 26  # the most samples of one pair of summands: half a gigabyte
VANISHING = 1e-12  # of the norm of a filter: where every sample is a rounding error


@dataclass(frozen=True)
class Sampling(Lattice):
    """The grid {0, …, side − 1}ⁿ about its centre, with the kernels Σ_r w_r exp(−(|x| − r)²/2σ_r²) κ_J(x/|x|).

    On the ring of radius r the harmonics have degrees J ≤ `frequencies`[r]. `R(n).sample(side)` makes it. Elements that
    preserve the grid act exactly; for the others of a larger group the kernels are steerable up to the sampling.
    """

    space: Euclidean
    side: int
    rings: tuple[float, ...]
    sigma: tuple[float, ...]
    frequencies: tuple[int, ...]

    @property
    def shape(self) -> tuple[int, ...]:  # type: ignore[override]
        """(side,) * n."""
        return (self.side,) * self.space.n

    @property
    def grid(self) -> Grid:
        """The grid, without the action."""
        return Grid(self.side, self.space.n)

    @property
    def coordinates(self) -> np.ndarray:
        """Twice the position from the centre, as (x, y, z)."""
        return self.grid.coordinates

    @property
    def angular(self) -> Euclidean:
        """The space with its frequencies bounded by those of the rings."""
        limit = max(self.frequencies)
        own = self.space.max_frequency
        return replace(self.space, max_frequency=limit if own is None else min(own, limit))

    @property
    def hom_class(self) -> type:
        """SampledHom."""
        return SampledHom

    def action_name(self, group: Any) -> Rep:
        """The representation that moves Rⁿ."""
        return self.space.action_name(group)

    def lattice_matrices(self, group: Any) -> list[np.ndarray]:
        """The integer matrices of the generators; NotPreserved for those that do not preserve the grid."""
        return Grid(self.side, self.space.n, self.action_name(group)).lattice_matrices(group)

    def label(self, point: int) -> str:
        """The position (x, y) from the centre, in pixels."""
        return self.grid.label(point)

    def radial(self) -> np.ndarray:
        """The rings at the points, of shape (points, rings)."""
        radius = np.sqrt((self.coordinates ** 2).sum(1)) / 2
        return np.exp(-(radius[:, None] - np.array(self.rings)) ** 2 / (2 * np.array(self.sigma) ** 2))

    def harmonics(self, degree: int) -> np.ndarray:
        """√d times the orthonormal harmonics at x/|x|, of shape (points, d): mean square 1 on the sphere, each.

        Polynomials are evaluated at integers, so each value has a few rounding errors. At x = 0 they vanish, except for
        J = 0.
        """
        standard, points = Harmonics(degree, self.space.n), self.coordinates
        reach = int(np.abs(points).max(initial=1)) ** degree * max(
            sum(abs(c) for c in y.terms.values()) for y in standard.polynomials)
        exact = points.astype(object if reach >= 2 ** 62 else np.int64)
        columns = [sum(int(c) * np.prod(exact ** np.array(a), axis=1) for a, c in y.terms.items())
                   for y in standard.polynomials]
        metric = float_table([ONE] * standard.dim, standard.gram)
        square = (points ** 2).sum(1)
        length = np.where(square, np.sqrt(square) ** degree, 1)
        return np.stack(columns, 1).astype(float) * metric * np.sqrt(standard.dim) / length[:, None]

    def __repr__(self) -> str:
        usual = sampling(self.space, self.side, None, None, None)
        rings = "" if self.rings == usual.rings else f", rings={list(self.rings)}"
        usual = sampling(self.space, self.side, self.rings, None, None)
        sigma = "" if self.sigma == usual.sigma else f", sigma={list(self.sigma)}"
        limit = "" if self.frequencies == usual.frequencies else f", frequencies={list(self.frequencies)}"
        return f"{self.space!r}.sample({self.side}{rings}{sigma}{limit})"


def sampling(space: Euclidean, side: int, rings: Any, sigma: Any, frequencies: Any) -> Sampling:
    """The grid with these rings, checked, with the usual ones for None; see `Euclidean.sample`."""
    if not isinstance(side, int) or isinstance(side, bool) or side < 1:
        raise ValueError(f"sample({side!r}): the side of a grid is a positive integer.")
    half = (side - 1) / 2
    radii = tuple(half - k for k in range(int(half), -1, -1)) if rings is None else _numbers(rings, "rings")
    if not radii or any(r < 0 for r in radii) or len(set(radii)) < len(radii):
        raise ValueError(f"rings={rings!r}: give at least one radius, each at least 0, and no two equal.")
    usual = tuple(0.4 if k and r == max(radii) else 0.6 for k, r in enumerate(radii))
    widths = usual if sigma is None else _each(sigma, len(radii), "sigma")
    if any(s <= 0 for s in widths):
        raise ValueError(f"sigma={sigma!r}: the widths of rings are positive numbers.")
    limits = tuple(floor(pi * r) for r in radii) if frequencies is None else _each(frequencies, len(radii),
                                                                                  "frequencies")
    if any(int(j) != j or j < 0 for j in limits):
        raise ValueError(f"frequencies={frequencies!r}: the largest degrees are integers ≥ 0.")
    return Sampling(space, side, radii, widths, tuple(map(int, limits)))


@dataclass(frozen=True, eq=False)
class SampledPiece(Piece):
    """The samples of the paths A → B on each ring, scaled to norm 1 on the grid; those that vanish there are left out.

    `labels` says for each element its degree J, the number of the path, and the ring.
    """

    source: Rep
    target: Rep
    points: int
    orbits: tuple[Orbit, ...]
    samples: np.ndarray
    labels: tuple[tuple[int, int, int], ...]

    @property
    def dim(self) -> int:
        """The number of filters."""
        return self.samples.shape[1]

    @property
    def norms(self) -> tuple[Any, ...]:
        """1 for each."""
        return (ONE,) * self.dim

    def support(self, d: int) -> Iterator[tuple[int, Number]]:
        """TypeError: samples are floats."""
        raise TypeError("sampled filters are floats, and have no exact entries. The exact paths are in hom.steerable.")

    def table(self, normalise: bool = True, dtype="float64") -> np.ndarray:
        """The samples (points · dim B · dim A, dim) in orthonormal coordinates."""
        return self.samples.astype(np.result_type(dtype, self.samples.dtype) if dtype == "float64" else dtype)

    def dims(self) -> tuple[int, ...]:
        """None: orbits of the points are not used."""
        return ()


@dataclass(frozen=True, repr=False)
class SampledHom(Hom):
    """The filters on a grid that are samples of steerable kernels, spanned by path and ring; floats from exact paths.

    >>> import reptheory as rt
    >>> G = rt.O(2); rt.Hom(G.irrep(1), G.irrep(2), on=rt.R(2).sample(5))
    Hom(O(2).irrep(1), O(2).irrep(2), on=R(2).sample(5))  # dim 4 of 100, sampled from 2 paths J = 1, 3
    """

    on: Sampling

    @cached_property
    def steerable(self) -> SteerableHom:
        """The exact space of kernels on Rⁿ that is sampled."""
        return SteerableHom(self.source, self.target, self.on.angular)

    @property
    def moves(self) -> tuple[np.ndarray, ...]:
        """None: the group need not permute the points. Checks that it acts on Rⁿ."""
        _ = self.steerable
        return ()

    @cached_property
    def basis(self) -> Basis:
        """The filters, of norm 1 each and grouped by pair of summands; they need not be orthogonal. TooLarge above 2²⁶
        samples for a pair."""
        self._refuse_large()
        rings = self.on.radial()
        harmonics: dict[int, np.ndarray] = {}
        pieces: dict[tuple[Rep, Rep], Piece] = {}
        for (source, target), by_degree in self.steerable.pieces.items():
            tables, labels = [np.zeros((self.on.size * target.dim * source.dim, 0))], []
            for degree, piece in by_degree.items():
                kept = [k for k, limit in enumerate(self.on.frequencies) if degree <= limit]
                if degree not in harmonics:
                    harmonics[degree] = self.on.harmonics(degree)
                exact = orthonormal(piece).reshape(target.dim, -1, source.dim, piece.dim)
                angular = np.einsum("xc,icjp->xijp", harmonics[degree], exact)
                values = np.einsum("xijp,xr->xijpr", angular, rings[:, kept]).reshape(len(tables[0]), -1)
                tables.append(values)
                labels += [(degree, p, k) for p in range(piece.dim) for k in kept]
            table = np.concatenate(tables, 1)
            norms = np.sqrt((np.abs(table) ** 2).sum(0))
            alive = np.flatnonzero(norms > VANISHING)
            pieces[source, target] = SampledPiece(source, target, self.on.size, (), table[:, alive] / norms[alive],
                                                  tuple(labels[k] for k in alive))
        return Basis(self, (), pieces)

    @property
    def blocks(self) -> Paths:  # type: ignore[override]
        """The paths that are sampled."""
        return self.steerable.paths

    def _refuse_large(self) -> None:
        """Raise TooLarge, before any path is derived, where those of a finite group have more than 2²⁶ samples."""
        if self.group.is_lie:
            return
        for target, source in product({b for _, b in self.target.summands}, {a for _, a in self.source.summands}):
            filters = 0
            for degree in range(max(self.on.frequencies) + 1):
                count, _ = dimension(tensor(self.steerable.harmonics(degree), source), target)
                filters += (count or 0) * sum(degree <= limit for limit in self.on.frequencies)
            entries = self.on.size * target.dim * source.dim * filters
            if entries > ENTRIES:
                raise TooLarge(f"{source.expression} → {target.expression} has {filters} filters on {self.on!r}, with "
                               f"{entries} samples, and the limit is {ENTRIES}. Use irreps, a smaller kernel or lower "
                               "frequencies; or a layer with a weight for each orbit of taps, "
                               f"nn.EquivariantConv{self.on.space.n}d.")

    @cached_property
    def certificate(self) -> SteerableCertificate:  # type: ignore[override]
        """The proof of the paths that are sampled."""
        return self.steerable.certificate

    def violation(self, kernel: Any) -> str | None:
        """TypeError: a sampled kernel is in floats."""
        raise TypeError(f"{self.expression} is a space of floats, in which membership is not decided. Ask "
                        "hom.steerable, the exact space of kernels on Rⁿ, or rt.grid(n).")

    def project(self, kernel: Any) -> Any:
        """TypeError, as for `violation`."""
        self.violation(kernel)

    def __repr__(self) -> str:
        found = sorted({path.degree for path in self.steerable.paths})
        count = self.steerable.dim
        listed = f" J = {', '.join(map(str, found))}" if found else ""
        return (f"{self.expression}  # dim {self.dim} of {self.unknowns}, sampled from {count} "
                f"path{'' if count == 1 else 's'}{listed}")

    def _repr_html_(self) -> str:
        return self.steerable._repr_html_()


def _numbers(values: Any, name: str) -> tuple[float, ...]:
    try:
        found = tuple(float(v) for v in values)
    except (TypeError, ValueError):
        raise ValueError(f"{name}={values!r}: give a list of numbers.") from None
    if not all(map(isfinite, found)):
        raise ValueError(f"{name}={values!r}: give finite numbers.")
    return found


def _each(values: Any, count: int, name: str) -> tuple[float, ...]:
    """One number for each ring, from one for all or a sequence."""
    found = _numbers(values if isinstance(values, Sequence) else (values,) * count, name)
    if len(found) != count:
        raise ValueError(f"{name}={values!r}: give one number for all {count} rings, or one for each.")
    return found
