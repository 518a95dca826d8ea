"""Spherical harmonics of vectors, such as the edges of a graph, as a layer."""
from __future__ import annotations

from functools import reduce
from typing import Any

import torch

import reptheory as rt
from reptheory.harmonic import Harmonics
from reptheory.rotation_irrep import CircularIrrep, SphericalIrrep

from .constants import Constants
from .solid import SCALES, Recurrence, Solid, Unit, degree_scale, tables, unit

ENGINES = ("torch", "sphericart")


class NotHarmonic(ValueError):
    """A type, a degree or an option that spherical harmonics do not have."""


class SphericalHarmonics(Constants):
    """The map x ↦ Y(x̂), x̂ = x/|x|, from Rⁿ to a sum of the irreps on harmonics: Y(gx) = ρ(g) Y(x) for orthogonal g.

    `of` is the largest degree L, for the irreps 0e + 1o + 2e + … of O(3), or a type: a sum of irreps of SO(3) or O(3),
    or of SO(2) or O(2) on the plane, in any order and with multiplicities (each copy is the same).
    SphericalHarmonics(L, n=4) gives those of any Rⁿ, without a type. Values are orthonormal coordinates in the order of
    `rt.spherical_harmonics`, with Σ Y_i² = 1 for each degree (scale="norm"), dim ("component"), or integral 1 over the
    sphere ("integral"). With normalise=False they are the solid harmonics Y(x), polynomials in x.

    Shapes: (…, n) ↦ (…, dim). Components are the slow axis in memory; `.contiguous()` makes rows. At x = 0 the value is
    that of the polynomials, 0 for l > 0, and with normalise=True the gradient there is taken to be 0. NaN gives NaN in
    every component. Half precision is computed in float32, and float64 is exact to about 10·L rounding errors. On R³
    the backward pass is fused, to any order; torch.compile, torch.export and torch.func run the same recurrences in
    plain operations. engine="sphericart" evaluates on R³ by sphericart, with its order changed to ours.
    Raises NotHarmonic for a type that is no sum of these irreps, ImportError without sphericart.

    >>> layer = SphericalHarmonics(2); layer
    SphericalHarmonics(O(3).irrep('0e') + O(3).irrep('1o') + O(3).irrep('2e'))
    >>> layer(torch.tensor([[0., 0., 2.]]))
    tensor([[1., 0., 0., 1., 0., 0., 0., 0., 1.]])
    """

    order: torch.Tensor | None
    table: torch.Tensor | None

    def __init__(self, of: int | rt.Rep, normalise: bool = True, scale: str = "norm", n: int = 3,
                 engine: str = "torch", device=None) -> None:
        super().__init__()
        self.out_type, self.n, levels = _levels(of, n)
        if scale not in SCALES:
            raise NotHarmonic(f"scale={scale!r} is not known. Use \"norm\", \"component\" or \"integral\".")
        if engine not in ENGINES or (engine == "sphericart" and self.n != 3):
            raise NotHarmonic(f"engine={engine!r} on R^{self.n}: \"torch\" is for every Rⁿ, \"sphericart\" for R³. Use "
                              "one of these.")
        self.normalise, self.scale, self.engine = normalise, scale, engine
        self.degree = max(l for l, _ in levels)
        self.in_type = rt.O(self.n).vector if self.out_type is None else self.out_type.group.vector
        self.recurrence = Recurrence(self.n, self.degree, scale)
        ladder, self._sizes = tables(self.degree, scale) if self.n == 3 else (None, [])
        self.constant("table", ladder, device)
        starts = [0]
        for l in range(self.degree + 1):
            starts.append(starts[-1] + Harmonics(l, self.n).dim)
        rows = [i for l, m in levels for i in range(starts[l], starts[l + 1]) for _ in range(m)]
        self.dim = len(rows)
        standard = rows == list(range(starts[-1]))
        self.constant("order", None if standard else torch.tensor(rows), device)
        self._sphericart = _Sphericart(self.degree, scale, device) if engine == "sphericart" else None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The harmonics of the vectors in the last axis."""
        if x.ndim < 1 or x.shape[-1] != self.n:
            raise ValueError(f"vectors of R^{self.n} have {self.n} coordinates in the last axis, and this tensor has "
                             f"the shape {tuple(x.shape)}. Give x of shape (…, {self.n}).")
        if not x.dtype.is_floating_point:
            raise TypeError(f"the vectors are of dtype {x.dtype}, and harmonics are real numbers. Give x.double() or "
                            "x.float().")
        work = x if x.dtype in (torch.float32, torch.float64) else x.float()
        points = work.reshape(-1, self.n).T.contiguous()
        fused = not _is_traced()
        if self.normalise:
            points = Unit.apply(points) if fused else unit(points)
        found = self._values(points, fused)
        if self.order is not None:
            found = found.index_select(0, self.order)
        return found.to(x.dtype).T.reshape(*x.shape[:-1], self.dim)

    def _values(self, points: torch.Tensor, fused: bool) -> torch.Tensor:
        if self._sphericart is not None:
            return self._sphericart(points)
        if self.table is None or not fused:
            return self.recurrence(points)
        return Solid.apply(points, self.table.to(points.dtype), self._sizes)

    def extra_repr(self) -> str:
        """The type, and the options that are not the usual ones."""
        text = f"{self.degree}, n={self.n}" if self.out_type is None else self.out_type.expression
        options = {"normalise": (self.normalise, True), "scale": (self.scale, "norm"), "engine": (self.engine, "torch")}
        return ", ".join([text, *(f"{name}={now!r}" for name, (now, usual) in options.items() if now != usual)])

    def __repr__(self) -> str:
        return f"SphericalHarmonics({self.extra_repr()})"


class _Sphericart(Constants):
    """Y(x) by sphericart, whose order is m = −l, …, l and whose integrals over the sphere are 1."""

    place: torch.Tensor
    factor: torch.Tensor

    def __init__(self, degree: int, scale: str, device=None) -> None:
        super().__init__()
        try:
            from sphericart.torch import SolidHarmonics
        except ImportError as error:
            raise ImportError("engine=\"sphericart\" needs the package sphericart-torch. Install intertwiner[sphere], "
                              "or leave engine out.") from error
        self.solid = SolidHarmonics(degree)
        orders = [(l, m) for l in range(degree + 1) for (m,) in Harmonics(l).orders]
        self.constant("place", torch.tensor([l * l + l + m for l, m in orders]), device)
        ratios = [degree_scale(l, 3, scale) / degree_scale(l, 3, "integral") for l, _ in orders]
        self.constant("factor", torch.tensor(ratios, dtype=torch.float64), device)

    def forward(self, points: torch.Tensor) -> torch.Tensor:
        """(3, N) ↦ ((degree + 1)², N)."""
        found = self.solid(points.T.contiguous()).index_select(1, self.place) * self.factor.to(points.dtype)
        return (found + 0 * points.sum(0)[:, None]).T


def _is_traced() -> bool:
    """Whether something other than plain autograd is looking on: compilers, functional transforms, dual numbers."""
    return (torch.compiler.is_compiling() or torch._C._functorch.peek_interpreter_stack() is not None
            or torch.autograd.forward_ad._current_level >= 0)


def _levels(of: Any, n: int) -> tuple[rt.Rep | None, int, list[tuple[int, int]]]:
    """The type, the dimension of space, and the pairs (degree, multiplicity)."""
    if isinstance(of, rt.Rep):
        levels = [(harmonic_degree(a), m) for m, a in of.summands]
        return of, 3 if isinstance(of.summands[0][1], SphericalIrrep) else 2, levels
    if not isinstance(of, int) or isinstance(of, bool) or of < 0:
        raise NotHarmonic(f"SphericalHarmonics({of!r}): give the largest degree, an integer l ≥ 0, or a type such as "
                          "rt.O(3).irrep('0e') + rt.O(3).irrep('1o').")
    Harmonics(of, n)  # NoHarmonics
    levels = [(l, 1) for l in range(of + 1)]
    if n > 3:
        return None, n, levels
    terms = [rt.O(3).irrep(f"{l}{'eo'[l % 2]}") if n == 3 else rt.O(2).irrep(l or "0e") for l in range(of + 1)]
    return reduce(lambda total, term: total + term, terms), n, levels


def harmonic_degree(a: rt.Rep) -> int:
    """The degree of the harmonics that carry an irrep; NotHarmonic where there are none."""
    if isinstance(a, SphericalIrrep):
        degree, natural = a.l, "eo"[a.l % 2]
    elif isinstance(a, CircularIrrep):
        degree, natural = a.k, "e"
    else:
        raise NotHarmonic(f"{a.expression} is no irrep on spherical harmonics. Give a sum of irreps of SO(3), O(3), "
                          "SO(2) or O(2), such as rt.O(3).irrep('0e') + rt.O(3).irrep('1o').")
    if a.parity not in (None, natural):
        raise NotHarmonic(f"{a.expression} is no irrep on spherical harmonics: those of degree {degree} have the "
                          f"parity {natural!r}. Use {a.group.expression}.irrep('{degree}{natural}').")
    return degree
