"""TensorStepper: time steps in few passes over torch tensors, eager, compiled or exported."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .condition import Periodic
from .convolution import MANY, Convolution
from .neighbours import Load, Rolls, Slices
from .operations import torch_operations
from .straight import Straight, straight

if TYPE_CHECKING:
    from .boundary import Boundary
    from .lower import Face, Kernel


@dataclass(frozen=True)
class TensorKernel:
    """(padded, base, weight, ratios, step) ↦ base + weight · rate(padded), on slices of one padded tensor.

    On processors this form was the fastest of those written by hand where nothing is compiled: benchmarks/pde_torch.py.
    Numbers stay Python floats, so the step has the type and the device of the field. Differentiable in the fields, the
    ratios and the step.
    """

    kernel: Kernel
    cell: Straight
    faces: tuple[Straight, ...]
    source: Straight | None

    @staticmethod
    def of(kernel: Kernel) -> TensorKernel:
        """That of a kernel."""
        source = kernel.source
        return TensorKernel(kernel, straight(kernel.cell), tuple(straight(face.program) for face in kernel.faces),
                            None if source is None else straight(source))

    def __call__(self, padded: Any, base: Any, weight: float, ratios: Sequence[Any], step: Any) -> Any:
        """The field after the step; the rate alone where base is None and the weight 1."""
        return self.step(padded, base, weight, ratios, step, Slices(self.kernel, padded.shape))

    def step(self, u: Any, base: Any, weight: float, ratios: Sequence[Any], step: Any, beside: Slices | Rolls) -> Any:
        """The same, bit for bit, of a field that is padded as these neighbours need."""
        import torch
        operations, kernel = torch_operations(), self.kernel
        fields = list(u.unbind(0))
        fields += self.cell(operations, {f"q{k}": f for k, f in enumerate(fields)})
        total: list[Any] = [None] * kernel.size if base is None else list(base.unbind(0))
        for face, program, r in zip(kernel.faces, self.faces, ratios):
            def flux(load: Load, face: Face = face, program: Straight = program, r: Any = r) -> list[Any]:
                reads = {name: fields[k] if isinstance(fields[k], float) else load(fields[k], o)
                         for name, (k, o) in face.loads.items()}
                return list(program(operations, {**reads, "r": r}))
            before, after = beside.sides(face.axis, flux)
            for k in range(kernel.size):
                f, g = before[k + kernel.size if kernel.is_two_sided else k], after[k]
                parts = [(g, -1), (f, 1)] if kernel.is_two_sided else [(f - g, 1)]
                for change, sign in parts:
                    if isinstance(change, torch.Tensor):
                        total[k] = _plus(total[k], change, sign * weight * r)
        if self.source is not None:
            made = self.source(operations, {f"q{k}": beside.inner(f) for k, f in enumerate(fields[:kernel.size])})
            total = [_plus(t, s, weight * step) for t, s in zip(total, made)]
        return torch.stack([torch.zeros_like(beside.inner(u[0])) if t is None else t for t in total])


def _plus(total: Any, change: Any, factor: Any) -> Any:
    """total + factor · change, in one pass where the factor is a number."""
    import torch
    if total is None:
        return factor * change
    if isinstance(factor, torch.Tensor) or not isinstance(change, torch.Tensor):
        return total + factor * change
    return torch.add(total, change, alpha=factor)


@dataclass(frozen=True)
class TensorStepper:
    """(u, step, time) ↦ the field after the Runge–Kutta stages u⁽ⁱ⁾ = Σ_k α_ik u⁽ᵏ⁾ + β_ik Δt L(u⁽ᵏ⁾), all numbers
    floats: what `Stepper` runs on tensors, and what torch.compile takes whole (fullgraph=True).

    `rolls` says that compiled steps roll rows: where the sides along all axes but x are periodic, and faces read the
    cells beside them alone. The `convolution` of linear systems of many unknowns runs in float32 on processors, where
    it was the faster form; accelerators may round the factors of a convolution."""

    kernel: TensorKernel
    boundary: Boundary
    spacing: tuple[float, ...]
    alpha: tuple[tuple[float, ...], ...]
    beta: tuple[tuple[float, ...], ...]
    nodes: tuple[float, ...]
    rolls: bool
    convolution: Convolution | None

    @staticmethod
    def of(kernel: Kernel, boundary: Boundary, spacing: tuple[float, ...]) -> TensorStepper:
        """The stepper of a kernel on cells with these sides."""
        time = kernel.scheme.time
        alpha, beta = (tuple(tuple(map(float, row)) for row in rows) for rows in (time.alpha, time.beta))
        periodic = all(isinstance(side, Periodic) for pair in boundary.sides[1:] for side in pair)
        return TensorStepper(TensorKernel.of(kernel), boundary, spacing, alpha, beta, time.nodes,
                             periodic and kernel.ndim > 1 and kernel.reach == 1,
                             Convolution.of(kernel) if kernel.size >= MANY else None)

    def __call__(self, u: Any, step: Any, at: Any = 0.0) -> Any:
        """The field after a step."""
        import torch
        fields, rates = [u], {}
        uses = [k for row in self.beta for k, b in enumerate(row) if b]
        length = step.detach() if isinstance(step, torch.Tensor) else step
        for alpha, beta in zip(self.alpha, self.beta):
            total = None
            for a, field in zip(alpha, fields):
                if a:
                    total = _plus(total, field, a) if total is not None or a != 1 else field
            for k, b in enumerate(beta):
                if b and uses.count(k) == 1:
                    total = self._advance(fields[k], total, b, step, at + self.nodes[k] * length)
                elif b:
                    if k not in rates:
                        rates[k] = self._advance(fields[k], None, 1.0, step, at + self.nodes[k] * length)
                    total = _plus(total, rates[k], b)
            fields.append(total)
        return fields[-1]

    def _advance(self, u: Any, base: Any, weight: float, step: Any, at: Any) -> Any:
        import torch
        reach, ratios = self.kernel.kernel.reach, [step / d for d in self.spacing]
        if self.convolution is not None and u.dtype == torch.float32 and u.device.type == "cpu":
            return self.convolution(self.boundary.pad(u, reach, at), base, weight, ratios, step)
        if self.rolls and torch.compiler.is_compiling():
            wide = self.boundary.pad(u, reach, at, axes=1)
            return self.kernel.step(wide, base, weight, ratios, step, Rolls(reach, u.shape[-1]))
        return self.kernel(self.boundary.pad(u, reach, at), base, weight, ratios, step)
