"""A time of a hyperbolic system, linear or not, by a scheme whose parameters are learnt."""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import torch

from .precision import wide
from .scheme_layer import TooFast

MOST = 10_000     # steps of one call
ROUNDING = 1e-12  # the share of the time that sums of steps may miss


class SchemeStep(torch.nn.Module):
    """The map u(t) ↦ u(t + Δt) of a system u_t + Σ_j ∂_j f_j(u; p) = s(u; p), by steps of a scheme, with p to learn.

    `scheme` is that of a System of `pdeconv` with the parameters named in `learn`, which gives their first values; any
    flux, reconstruction, limiter and time stepping that lowers to torch. Each call takes as many steps as the Courant
    number of the scheme demands of the largest speeds at the time, so that no values of the parameters break it.
    Parameters that the system knows to be positive are exponentials of weights. Differentiable in u and in p; a
    derivative is that of the steps taken, whose lengths it takes as given. Where speeds are functions of p, a fast
    system costs more steps: TooFast above 10 000, or where a value is not finite. torch.export and
    torch.compile(fullgraph=True) write the steps as a loop of the graph, which takes as many as here with any batch
    (and, exported with strict=True, any number of cells), and there RuntimeError stands for TooFast. Computed without
    autocast. Weights: a number for each parameter. Shapes: (batch, n, *spatial) to itself, rows running down and y up.

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
        self.stepper = Stepper(lower(scheme.with_stages(), self.names), conditions(scheme.system, boundary),
                               tuple(map(float, spacing)), "torch")
        _ = self.stepper.boundary._ghosts  # made here, so that graphs find them
        self.tableaux = [tuple([tuple(map(float, row)) for row in rows] for rows in (time.alpha, time.beta))
                        for time in (kernel.scheme.time for kernel in self.stepper.kernel.chain)]
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
        u = u.to(torch.promote_types(u.dtype, torch.float32))  # autocast leaves what is computed of these alone
        if u.shape[0] == 0:
            return u
        return self._looped(u) if torch.compiler.is_compiling() else self._advanced(u, self.parameter_values())

    def _advanced(self, u: torch.Tensor, values: Mapping[str, torch.Tensor]) -> torch.Tensor:
        """The fields after the steps, whose lengths are numbers."""
        now, count = 0.0, 0
        while now < self.time * (1 - ROUNDING):
            rate = max(self._rates(u, values))
            step = min(self.courant / rate if rate > 0 else self.time if rate == 0 else 0.0, self.time - now)
            count += 1
            if not step > self.time / MOST or count > MOST:
                raise TooFast(f"a step of {step:.3g} at the time {now:.6g} of {self.time:g}: the speeds are too "
                              "large, or not finite. Begin nearer to the truth, lower the learning rate, or take "
                              "a shorter time.")
            u, now = self._stepped(u, step, values), now + step
        return u

    def _looped(self, u: torch.Tensor) -> torch.Tensor:
        """The same as a graph: a loop whose number of steps depends on data, and the refusal as an assertion."""
        from torch._higher_order_ops.while_loop import while_loop

        like = u.detach()

        def runs(x: torch.Tensor, now: torch.Tensor, step: torch.Tensor, count: torch.Tensor) -> torch.Tensor:
            return (now < self.time * (1 - ROUNDING)) & (step > self.time / MOST) & (count < MOST)

        def one(x: torch.Tensor, now: torch.Tensor, step: torch.Tensor, count: torch.Tensor) -> tuple:
            values = self.parameter_values()
            after, now = self._stepped(x.view(like.shape), step, values), now + step
            step = torch.minimum(self._longest(after, values), self.time - now)
            return after.reshape(-1), now, step, count + 1  # flat, since a loop keeps the strides of what it carries

        start = torch.zeros((), dtype=torch.float64, device=u.device)
        first = self._longest(u, self.parameter_values()).clamp(max=self.time)
        count = torch.zeros_like(start, dtype=torch.int64)
        after, now, _, _ = while_loop(runs, one, (u.reshape(-1), start, first, count))
        torch._assert_async(now >= self.time * (1 - ROUNDING), "the speeds are too large, or not finite: begin nearer "
                            "to the truth, lower the learning rate, or take a shorter time")
        return after.view(u.shape)

    def _stepped(self, u: torch.Tensor, step: Any, values: Mapping[str, torch.Tensor]) -> torch.Tensor:
        """One step: of a staggered scheme both halves, of a split one all sweeps."""
        for kernel, tableau in zip(self.stepper.kernel.chain, self.tableaux):
            u = self._stages(kernel, tableau, u, kernel.span[1] * step, values)
        return u

    def _stages(self, kernel: Any, tableau: tuple[Any, ...], u: torch.Tensor, step: Any,
                values: Mapping[str, torch.Tensor]) -> torch.Tensor:
        """The Runge–Kutta stages u⁽ⁱ⁾ = Σ_k α_ik u⁽ᵏ⁾ + β_ik Δt L(u⁽ᵏ⁾) of a kernel."""
        from pdeconv.operations import torch_operations

        fields = [u]
        rates: dict[int, torch.Tensor] = {}
        ratios = [step / d for d in self.stepper.spacing]
        for alpha, beta in zip(*tableau):
            for k, b in enumerate(beta):
                if b and k not in rates:
                    padded = self.stepper.boundary.pad(fields[k].movedim(1, 0), kernel.reach)
                    rate = kernel.rate(padded.movedim(1, -1), ratios, step, torch_operations(), torch.stack, values)
                    rates[k] = rate.movedim(-1, 0)  # kernels cut the first axes, so that the batch comes last
            parts = [a * v for a, v in zip(alpha, fields) if a]
            parts += [b * rates[k] for k, b in enumerate(beta) if b]
            fields.append(sum(parts[1:], parts[0]))
        return fields[-1]

    def _longest(self, u: torch.Tensor, values: Mapping[str, torch.Tensor]) -> torch.Tensor:
        """The step of this Courant number as a tensor, 0 where a speed is not finite."""
        rate = torch.stack(self._rates(u, values)).amax()
        return torch.where(rate > 0, self.courant / rate, torch.where(rate == 0, self.time, 0.0))

    def _rates(self, u: torch.Tensor, values: Mapping[str, torch.Tensor]) -> list:
        """The largest speeds of a batch by axis, in cells a time; in float64, as numbers are, where it is a graph."""
        speeds = self.stepper.kernel.speeds_of(u.detach().unbind(1), {k: v.detach() for k, v in values.items()})
        largest = [s.amax().double() if torch.compiler.is_compiling() else float(s.amax()) for s in speeds]
        return [s / d for s, d in zip(largest, self.stepper.spacing)]

    def __setstate__(self, state: dict[str, Any]) -> None:
        """A layer read back, whose boundary has computed what it needs, so that graphs find it."""
        super().__setstate__(state)
        _ = self.stepper.boundary._ghosts

    def __getstate__(self) -> dict[str, Any]:
        """The state without what the boundary has computed, which holds functions."""
        return {**self.__dict__, "stepper": replace(self.stepper, boundary=replace(self.stepper.boundary))}

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.extra_repr()})"

    def extra_repr(self) -> str:
        """The scheme, the time and the values."""
        values = ", ".join(f"{k}={float(v.detach()):.6g}" for k, v in self.parameter_values().items())
        return f"{self.stepper.kernel.scheme.name}, time={self.time:g}, {values}"
