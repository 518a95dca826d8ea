"""Convolution: a step of a linear system of many unknowns as one convolution with exact weights."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import sympy

from .coefficients import Coefficients, of_system
from .laurent import Laurent, Offset
from .runge_kutta import runge_kutta
from .scheme import NotLinear
from .semi_discrete import SemiDiscrete
from .staggered import Staggered
from .stencil import Stencil

if TYPE_CHECKING:
    from .lower import Kernel

MANY = 16  # unknowns, from which on a convolution in float32 was the faster form on processors; float64 was not


@dataclass(frozen=True)
class Convolution:
    """(padded, base, weight, ratios, step) ↦ base + weight Σ_k κ(k) u(x + k): to rounding that of `TensorKernel`.

    1 + Σ_k κ(k) E^k is the stencil of a forward Euler step, a polynomial in the ratios Δt/Δx_j: `weights` has the
    nearest floats of the kernel of each monomial, by the exponents `powers`. Differentiable in all its tensors.

    >>> from pdeconv import catalog, lower
    >>> made = Convolution.of(lower(catalog.advection().at(a_x=1).scheme("upwind"))); made.powers, made.weights.tolist()
    (((1,),), [[[[1.0, -1.0, 0.0]]]])
    """

    powers: tuple[tuple[int, ...], ...]
    weights: Any
    reach: int

    @staticmethod
    def of(kernel: Kernel) -> Convolution | None:
        """That of a kernel; None where its step is not linear with constant coefficients, or has a source."""
        import torch
        scheme = kernel.scheme
        plain = not kernel.learnt and kernel.source is None and not isinstance(scheme, Staggered)
        if not (plain and scheme.is_linear and kernel.ndim <= 3):
            return None
        if isinstance(scheme, SemiDiscrete):
            scheme = replace(scheme, time=runge_kutta("euler"))
        ratios, unit = sympy.symbols(f"r:{kernel.ndim}", positive=True), of_system(scheme.system, sympy.S.One)
        ring = Coefficients(tuple(r * m for r, m in zip(ratios, unit.matrices)),
                            tuple(r * c for r, c in zip(ratios, unit.courants)), unit.one,
                            lambda j: ratios[j] * unit.absolute(j))
        try:
            operator = scheme.linear(ring) - Laurent({(0,) * kernel.ndim: ring.one})
        except NotLinear:
            return None
        parts: dict[tuple[int, ...], dict[Offset, sympy.MutableDenseMatrix]] = {}
        for k, m in operator.terms.items():
            for (i, j), e in m.todok().items():
                for power, c in sympy.Poly(e, *ratios).terms():
                    found = parts.setdefault(power, {}).setdefault(k, sympy.zeros(kernel.size))
                    found[i, j] += c
        made = [Stencil(Laurent(p), kernel.ndim, kernel.size).to_conv(radius=kernel.reach) for p in parts.values()]
        return Convolution(tuple(parts), torch.from_numpy(np.stack(made)), kernel.reach)

    def __call__(self, padded: Any, base: Any, weight: float, ratios: Sequence[Any], step: Any) -> Any:
        """The field after the step; the rate alone where base is None and the weight 1."""
        import torch
        parts = list(self.weights.to(padded.device, padded.dtype))
        for i, power in enumerate(self.powers):
            for r, k in zip(ratios, power):
                parts[i] = parts[i] * r ** k if k else parts[i]
        convolve = (torch.conv1d, torch.conv2d, torch.conv3d)[padded.ndim - 2]
        found = convolve(padded[None], weight * sum(parts[1:], parts[0]))[0]
        return found if base is None else base + found
