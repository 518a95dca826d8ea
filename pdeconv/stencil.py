"""Stencil: one step of a linear scheme as an exact convolution kernel."""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
import sympy

from .coefficients import normal
from .laurent import Laurent, Offset

if TYPE_CHECKING:
    from reptheory.kernel import Kernel


class NotANumber(ValueError):
    """A kernel whose entries hold symbols, where numbers are needed."""


@dataclass(frozen=True)
class Stencil:
    """The kernel κ with uⁿ⁺¹(x) = Σ_k κ(k) uⁿ(x + k), as torch's cross-correlation: `taps` maps offsets to matrices.

    As an array it has the shape (2r + 1, …, n, n) with rows running down, y up and the last axis x, so that
    `stencil in rt.Hom(V, V, on=rt.grid(2r + 1))` decides the lattice symmetry of the scheme.

    >>> from pdeconv import catalog
    >>> catalog.advection().at(a_x=1).scheme("upwind", courant="1/4").stencil.to_numpy().ravel().tolist()
    [0.25, 0.75, 0.0]
    """

    operator: Laurent
    ndim: int
    size: int

    @property
    def taps(self) -> Mapping[Offset, sympy.ImmutableMatrix]:
        """The matrices by offsets (x, y, …)."""
        return self.operator.terms

    @property
    def radius(self) -> int:
        """The largest offset along an axis, at least 1."""
        return max(self.operator.radius, 1)

    def kernel(self, radius: int | None = None) -> Kernel:
        """The exact kernel on the grid of side 2·radius + 1, padded with zeros; NotANumber where symbols remain."""
        from reptheory.field import exact
        from reptheory.kernel import Kernel
        r = self.radius if radius is None else radius
        if r < self.radius:
            raise ValueError(f"radius={r} cuts off taps at distance {self.radius}. Give at least that.")
        entries = np.zeros((2 * r + 1,) * self.ndim + (self.size, self.size), object)
        for k, m in self.taps.items():
            symbols = sorted(map(str, m.free_symbols))
            if symbols:
                raise NotANumber(f"the taps hold {', '.join(symbols)}: at {k} {m.tolist()}. Give courant=… and "
                                 "numbers, system.at(…), for what does not cancel.")
            for i, j in product(range(self.size), repeat=2):
                entries[(*self._index(k, r), i, j)] = exact(m[i, j])
        return Kernel(entries)

    def _index(self, k: Offset, r: int) -> tuple[int, ...]:
        """The place in the array of an offset (x, y, z): rows run down and y points up."""
        flipped = [r - x if j == 1 else r + x for j, x in enumerate(k)]
        return tuple(flipped[::-1])

    def tolist(self) -> list:
        """The nested lists of exact entries, which a Hom reads."""
        return self.kernel().entries.tolist()

    def to_numpy(self, dtype: Any = "float64") -> np.ndarray:
        """The nearest floats, shape (2r + 1, …, n, n)."""
        return self.kernel().to_numpy(dtype)

    def to_conv(self, dtype: Any = "float64", radius: int | None = None) -> np.ndarray:
        """The weights of a torch convolution, shape (n, n, 2r + 1, …), padded with zeros to a larger radius r."""
        return np.moveaxis(self.kernel(radius).to_numpy(dtype), (-2, -1), (0, 1))

    @cached_property
    def total(self) -> sympy.ImmutableMatrix:
        """Σ_k κ(k): the identity, for a scheme that keeps constants."""
        return sum(self.taps.values(), sympy.zeros(self.size)).applyfunc(normal).as_immutable()

    def __repr__(self) -> str:
        inner = ", ".join(f"{k}: {m.tolist()}" for k, m in sorted(self.taps.items()))
        return f"<Stencil {{{inner}}}>"
