"""Stepper: one time step of a scheme on a grid, by a chosen back end."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from importlib.util import find_spec
from typing import Any

import numpy as np

from .boundary import Boundary
from .lower import Kernel, NotLowered
from .machine import Machine
from .march import March, Marched, Rule
from .padded import Layout
from .staggered_side import staggered_sides
from .tensor_kernel import TensorStepper

BACKENDS = ("numpy", "numba", "torch")


class NoBackend(ValueError):
    """A back end that does not exist, or is not installed."""


@dataclass(frozen=True)
class Stepper:
    """uⁿ ↦ uⁿ⁺¹ by the Runge–Kutta stages u⁽ⁱ⁾ = Σ_k α_ik u⁽ᵏ⁾ + β_ik Δt L(u⁽ᵏ⁾), where L pads and applies a kernel.

    `spacing` is Δx by axis. Back ends: "numpy", "torch" (takes tensors, differentiable), "numba" (the extra fast): its
    `threads` share the rows without changing a bit of the result, which is that of NumPy wherever operations are
    correctly rounded. Raises NoBackend; NotLowered where parameters are left to learn; ValueError where a flux contains
    Δt/Δx and the cells are not square.

    >>> from pdeconv import boundary, catalog, lower
    >>> system = catalog.advection().at(a_x=1)
    >>> step = Stepper(lower(system.scheme("upwind")), boundary(system), (1.0,))
    >>> step(np.array([[0., 1., 0., 0.]]), 0.5)
    array([[0. , 0.5, 0.5, 0. ]])
    """

    kernel: Kernel
    boundary: Boundary
    spacing: tuple[float, ...]
    backend: str = "numpy"
    threads: int = 1

    def __post_init__(self) -> None:
        if self.backend not in BACKENDS:
            raise NoBackend(f"there is no back end {self.backend!r}. Use one of {', '.join(map(repr, BACKENDS))}.")
        if self.backend == "numba" and not find_spec("numba"):
            raise NoBackend("the back end 'numba' needs numba. Install intertwiner[fast], or use 'numpy'.")
        if self.threads < 1:
            raise ValueError(f"threads={self.threads} is no number of threads. Give a positive one.")
        object.__setattr__(self, "boundary", staggered_sides(self.kernel.scheme, self.boundary))
        if self.backend != "torch":  # nn.SchemeStep gives tensors for them
            self._require_numbers()
        else:
            tensors = TensorStepper.of(self.kernel, self.boundary, self.spacing)
            object.__setattr__(self, "_tensors", tensors)  # made here, so that torch.compile finds it
        second = None if self.kernel.then is None else replace(self, kernel=self.kernel.then)
        object.__setattr__(self, "_second", second)  # half of a staggered step, or the next sweep of a split one
        if self.kernel.needs_square_cells and max(self.spacing) > min(self.spacing) * (1 + 1e-12):
            raise ValueError(f"a flux of {self.kernel.scheme.expression} contains Δt/Δx, and the cells have sides "
                             f"{', '.join(f'{d:g}' for d in self.spacing)}. Take square cells, splitting='strang', "
                             "or 'rusanov'.")

    def __call__(self, u: Any, step: Any, at: float = 0.0) -> Any:
        """The field after a time step from the time `at`, which boundary values may depend on."""
        self._require_numbers()
        after = self._once(u, step, at)
        return after if self._second is None else self._second(after, step, at)  # type: ignore[attr-defined]

    def _require_numbers(self) -> None:
        if names := self.kernel.learnt:
            raise NotLowered(f"the kernel of {self.kernel.scheme.expression} keeps {', '.join(names)} to learn, and a "
                             f"Stepper runs on numbers. Give them, system.at({names[0]}=…), or use nn.SchemeStep.")

    def _part(self, step: Any, at: float) -> tuple[Any, float]:
        """The part of a time step that the kernel takes, and when it begins."""
        start, length = self.kernel.span
        if (start, length) == (0.0, 1.0):
            return step, at
        return length * step, at + start * step

    def _once(self, u: Any, step: Any, at: float) -> Any:
        step, at = self._part(step, at)
        if self.backend == "numba":
            return self._machine(u)(u, step, at)
        if self.backend == "torch":
            return self._tensors(u, step, at)  # type: ignore[attr-defined]
        time = self.kernel.scheme.time
        when = [at + c * step for c in time.nodes]
        fields, rates = [u], {}
        uses = [k for row in time.beta for k, b in enumerate(row) if b]
        for alpha, beta in zip(time.alpha, time.beta):
            active = [k for k, b in enumerate(beta) if b]
            base = _combination(alpha, fields)
            if len(active) == 1 and uses.count(active[0]) == 1:
                k = active[0]
                fields.append(self._advance(fields[k], base, float(beta[k]), step, when[k]))
                continue
            for k in active:
                if k not in rates:
                    rates[k] = self._advance(fields[k], None, 1.0, step, when[k])
                base = base + float(beta[k]) * rates[k]
            fields.append(base)
        return fields[-1]

    def _advance(self, u: Any, base: Any, weight: float, step: Any, at: float) -> Any:
        """base + weight · Δt L(u)."""
        ratios, padded = [step / d for d in self.spacing], self.boundary.pad(u, self.kernel.reach, at)
        change = weight * self.kernel.numpy(padded, ratios, step)
        return change if base is None else base + change

    def measured(self, u: Any, step: float, at: float = 0.0) -> tuple[Any, list[float] | None]:
        """The field after a time step and its largest speeds by axis, None where a cell may not be finite."""
        if self.backend == "numba":
            if self._second is not None:  # type: ignore[attr-defined]
                return self._second.measured(self._once(u, step, at), step, at)  # type: ignore[attr-defined]
            return self._machine(u).measured(u, *self._part(step, at))
        after = self(u, step, at)
        speeds = self.kernel.max_speeds(after)
        return after, speeds if np.isfinite([*speeds, float(after.sum())]).all() else None

    def march(self, u: Any, time: float, speeds: Sequence[float], rule: Rule, most: int = 1) -> Marched:
        """Steps by a rule from a field with these largest speeds, until its target is met, a cell may not be finite, or
        there were `most`: in compiled code where the back end is "numba", one thread is asked for and the cells beyond
        the sides are copies; otherwise one step.

        >>> from pdeconv import boundary, catalog, lower
        >>> system = catalog.burgers()
        >>> step = Stepper(lower(system.scheme("rusanov")), boundary(system), (1.0,))
        >>> step.march(np.array([[1., 1., 2., 2.]]), 0.0, [2.0], Rule(0.5, 9.0, 9.0, 9.0)).time
        0.25
        """
        compiled = self._march(u)
        if compiled is not None:
            return compiled(u, time, speeds, rule, most)
        step, after = rule.next(time, speeds, self.spacing)
        field, found = self.measured(u, step, time)
        return Marched(field, found, after, 1, u, time)

    def _march(self, u: np.ndarray) -> March | None:
        if self.backend != "numba" or self.threads > 1:
            return None
        layout = self._machine(u).layout
        if layout not in self._marches:
            known = self.boundary.copies(layout.cells, layout.reach) is not None
            self._marches[layout] = March(self.kernel, self.boundary, self.spacing, layout) if known else None
        return self._marches[layout]

    @cached_property
    def _marches(self) -> dict[Layout, March | None]:
        return {}

    def _machine(self, u: np.ndarray) -> Machine:
        if u.dtype not in (np.float32, np.float64):
            raise TypeError(f"the field holds {u.dtype}, and kernels are made for float32 and float64. Convert it: "
                            "u.astype(float).")
        key = (u.shape, u.dtype)
        if key not in self._machines:
            layout = Layout(u.shape[0], u.shape[:0:-1], self.kernel.reach, u.dtype)
            self._machines[key] = Machine(self.kernel.passes, self.boundary, self.spacing, layout, self.threads)
        return self._machines[key]

    @cached_property
    def _machines(self) -> dict[tuple, Machine]:
        return {}


def _combination(alpha: Sequence[Any], fields: Sequence[Any]) -> Any:
    total = None
    for a, u in zip(alpha, fields):
        if a:
            term = u if a == 1 else float(a) * u
            total = term if total is None else total + term
    return total
