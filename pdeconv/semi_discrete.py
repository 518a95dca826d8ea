"""SemiDiscrete: schemes made of a reconstruction, a numerical flux and a Runge–Kutta method."""
from __future__ import annotations

from collections.abc import Mapping

import sympy

from .coefficients import Coefficients
from .laurent import Laurent, Offset, on_axis, shift
from .numerical_flux import State
from .reconstruction import Let, plain
from .scheme import NotLinear, Scheme


class SemiDiscrete(Scheme):
    """du_j/dt = −Σ_axis (F(u⁻, u⁺)_{j+1/2} − F(u⁻, u⁺)_{j−1/2})/Δx, stepped by a Runge–Kutta method."""

    @property
    def takes_source(self) -> bool:
        """True."""
        return True

    def linear(self, ring: Coefficients) -> Laurent:
        """R(Z) with Z = −Σ_axis (1 − E⁻¹)(M (u⁻ + u⁺)/2 − Q (u⁺ − u⁻)/2) and R the stability polynomial."""
        assert self.flux is not None and self.reconstruction is not None
        weights = self.reconstruction.weights
        if weights is None:
            raise NotLinear(f"{self.expression} is not linear, because its reconstruction {self.reconstruction.name!r} "
                            "is not. Take a linear one, such as 'fromm'.")
        half, d = sympy.S.Half, ring.ndim
        z = Laurent({})
        for axis in range(d):
            left = on_axis(weights, axis, d, ring.one)
            right = on_axis({1 - k: w for k, w in weights.items()}, axis, d, ring.one)
            dissipation = self.flux.dissipation(ring, axis)
            face = (left + right).scaled(half * ring.matrices[axis]) - (right - left).scaled(half * dissipation)
            z = z - (face - face * shift(axis, d, -1, ring.one))
        total, power = Laurent({}), Laurent({(0,) * d: ring.one})
        for k, c in enumerate(self.time.stability_polynomial):
            power = power * z if k else power
            total = total + power.scaled(c)
        return total

    def face_offsets(self, axis: str) -> tuple[Offset, ...]:
        """The 2·reach cells along the axis around a face."""
        assert self.reconstruction is not None
        r, at = self.reconstruction.reach, self.axes.index(axis)
        return tuple(tuple(k if j == at else 0 for j in range(len(self.axes))) for k in range(1 - r, r + 1))

    def face_flux(self, axis: str, cells: Mapping[Offset, State], let: Let = plain) -> State:
        """F(u⁻, u⁺) of the reconstructed values."""
        assert self.reconstruction is not None and self.flux is not None
        row = [cells[k] for k in self.face_offsets(axis)]
        left, right = (tuple(map(let, u)) for u in self.reconstruction.values(row, self.system, axis, let))
        return self.flux.flux(left, right, axis, let)

    def _facts(self) -> str:
        assert self.reconstruction is not None and self.flux is not None
        return f"{self.flux.name} flux, {self.reconstruction.name}, {self.time.name}"
