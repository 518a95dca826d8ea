"""A time of a hyperbolic system, linear or not, by a scheme whose parameters are learnt."""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import torch

from .precision import not_cast, wide
from .scheme_layer import TooFast

MOST = 10_000  # steps of one call


class SchemeStep(torch.nn.Module):
    """The map u(t) ↦ u(t + Δt) of a system u_t + Σ_j ∂_j f_j(u; p) = s(u; p), by steps of a scheme, with p to learn.

    `scheme` is that of a System of `pdeconv` with the parameters named in `learn`, which gives their first values; any
    flux, reconstruction, limiter and time stepping that lowers to torch. Each call takes as many steps as the Courant
    number of the scheme demands of the largest speeds at the time, so that no values of the parameters break it.
    Parameters that the system knows to be positive are exponentials of weights. Differentiable in u and in p; a
    derivative is that of the steps taken, whose lengths it takes as given. Where speeds are functions of p, a fast
    system costs more steps: TooFast above 10 000, or where a value is not finite. Computed without autocast. Weights:
    a number for each parameter. Shapes: (batch, n, *spatial) to itself, rows running down and y up.

    >>> from pdeconv import catalog
    >>> water = catalog.shallow_water(ndim=1).scheme("muscl", courant="2/5")
    >>> layer = SchemeStep(water, 0.1, (0.05,), {"g": 9.8}); layer
    SchemeStep(muscl, time=0.1, g=9.8)
    >>> u = torch.stack([torch.linspace(1, 2, 20), torch.zeros(20)])[None]; layer(u).shape
    torch.Size([1, 2, 20])
    """

    def __init__(self, scheme: Any, time: float, spacing: tuple[float, ...], learn: Mapping[str, float], *,
                 boundary: Any = "periodic", device=None, dtype=None) -> None:
        from pdeconv import boundary as conditions  # loads sympy
        from pdeconv import lower
        from pdeconv.stepper import Stepper

        super().__init__()
        known = {s.name: s for s in scheme.system.parameters}
        if unknown := sorted(set(learn) - set(known)):
            raise ValueError(f"{scheme.system.expression} has no parameter {', '.join(unknown)}. Learn some of "
                             f"{', '.join(sorted(known)) or 'those of another system'}.")
        if scheme.courant is None:
            raise ValueError(f"{scheme.expression} has no Courant number, which sets the steps. Give one: "
                             "system.scheme(…, courant='2/5').")
        if len(spacing) != scheme.system.ndim or not min(spacing) > 0 or not 0 < time < float("inf"):
            raise ValueError(f"time={time!r}, spacing={spacing!r}: give a positive time, and a positive side of the "
                             f"cells for each of the axes {', '.join(scheme.system.axes)}.")
        self.names, self.time, self.courant = tuple(learn), float(time), float(scheme.courant)
        self.positive = frozenset(name for name in learn if known[name].is_positive)
        self.stepper = Stepper(lower(scheme, self.names), conditions(scheme.system, boundary),
                               tuple(map(float, spacing)), "torch")
        self.coefficients = torch.nn.ParameterDict()
        for name, value in learn.items():
            if name in self.positive and not value > 0:
                raise ValueError(f"{name}={value!r}, and the system takes {name} to be positive. Give such a value.")
            start = torch.tensor(float(value), device=device, dtype=dtype)
            self.coefficients[name] = torch.nn.Parameter(start.log() if name in self.positive else start)

    def parameter_values(self) -> dict[str, torch.Tensor]:
        """The parameters of the system by name, as the weights have them."""
        return {name: wide(p).exp() if name in self.positive else wide(p) for name, p in self.coefficients.items()}

    def forward(self, u: torch.Tensor) -> torch.Tensor:
        """The fields a time later."""
        kernel = self.stepper.kernel
        if u.ndim != 2 + kernel.ndim or u.shape[1] != kernel.size:
            axes = ", ".join(("layers", "rows", "columns")[-kernel.ndim:])
            raise ValueError(f"fields of shape {tuple(u.shape)} do not fit {kernel.size} unknowns in {kernel.ndim} "
                             f"dimensions. Give (batch, {kernel.size}, {axes}).")
        with not_cast(u):
            values, now, count = self.parameter_values(), 0.0, 0
            u = u.to(torch.promote_types(u.dtype, torch.float32))
            while now < self.time * (1 - 1e-12):
                step = min(self._longest(u, values), self.time - now)
                count += 1
                if not step > self.time / MOST or count > MOST:
                    raise TooFast(f"a step of {step:.3g} at the time {now:.6g} of {self.time:g}: the speeds are too "
                                  "large, or not finite. Begin nearer to the truth, lower the learning rate, or take "
                                  "a shorter time.")
                advance = partial(self._stages, step=step, values=values)
                u = torch.func.vmap(advance)(u) if len(u) else u
                now += step
        return u

    def _stages(self, u: torch.Tensor, step: float, values: Mapping[str, torch.Tensor]) -> torch.Tensor:
        """The Runge–Kutta stages u⁽ⁱ⁾ = Σ_k α_ik u⁽ᵏ⁾ + β_ik Δt L(u⁽ᵏ⁾) of one step of one sample."""
        from pdeconv.operations import torch_operations

        kernel, fields, rates = self.stepper.kernel, [u], dict[int, torch.Tensor]()
        ratios = [step / d for d in self.stepper.spacing]
        for alpha, beta in zip(kernel.scheme.time.alpha, kernel.scheme.time.beta):
            for k, b in enumerate(beta):
                if b and k not in rates:
                    padded = self.stepper.boundary.pad(fields[k], kernel.reach)
                    rates[k] = kernel.rate(padded, ratios, step, torch_operations(), torch.stack, values)
            parts = [float(a) * v for a, v in zip(alpha, fields) if a]
            parts += [float(b) * rates[k] for k, b in enumerate(beta) if b]
            fields.append(sum(parts[1:], parts[0]))
        return fields[-1]

    def _longest(self, u: torch.Tensor, values: Mapping[str, torch.Tensor]) -> float:
        """The step of this Courant number at the largest speeds of a batch."""
        speeds = self.stepper.kernel.speeds_of(u.detach().unbind(1), {k: v.detach() for k, v in values.items()})
        rate = max(float(s.max()) / d for s, d in zip(speeds, self.stepper.spacing)) if u.numel() else 0.0
        return self.courant / rate if rate > 0 else (self.time if rate == 0 else 0.0)

    def __getstate__(self) -> dict[str, Any]:
        """The state without what the boundary has computed, which holds functions."""
        return {**self.__dict__, "stepper": replace(self.stepper, boundary=replace(self.stepper.boundary))}

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.extra_repr()})"

    def extra_repr(self) -> str:
        """The scheme, the time and the values."""
        values = ", ".join(f"{k}={float(v.detach()):.6g}" for k, v in self.parameter_values().items())
        return f"{self.stepper.kernel.scheme.name}, time={self.time:g}, {values}"
