"""PlanModule: run any Plan in torch."""
from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import Any

import torch

from reptheory.plan import Plan, Step, Table

from .ops import OPS, split

Program = tuple[tuple[tuple[str, ...], str, tuple[str, ...], dict], ...]


class PlanModule(torch.nn.Module):
    """The map of a Plan as a layer: one Parameter of the same name for each of its parameters.

    Weights start normal, with the exact variances of the plan. A checkpoint holds the weights, nothing else:
    constants are rounded from the plan, once, to whatever dtype the module is in. In eval mode what depends
    on weights alone (filters) is kept, unless gradients of the weights are asked for, and made again when a
    weight has changed. On a GPU changes through `.data` escape the comparison: call `eval()` after them.

    >>> from fractions import Fraction
    >>> from reptheory.plan import Param, Plan, Step
    >>> w = Param("w", (1,), Fraction(1))
    >>> layer = PlanModule(Plan(("x",), (w,), (), (Step.make("y", "mul", "x", "w"),), "y"))
    >>> layer(torch.ones(3)).shape, list(layer.state_dict())
    (torch.Size([3]), ['w'])
    """

    def __init__(self, plan: Plan, *, device: torch.device | str | None = None,
                 dtype: torch.dtype | None = None, generator: torch.Generator | None = None) -> None:
        super().__init__()
        if not isinstance(plan, Plan):
            raise TypeError(f"PlanModule runs a Plan, and this is a {type(plan).__name__}. Make one by rt.lower(H), "
                            "or read one by rt.load.")
        self.plan = plan
        device = torch.get_default_device() if device is None else torch.device(device)
        real = (torch.get_default_dtype() if dtype is None else dtype).to_real()
        working = real.to_complex() if plan.is_complex else real
        for p in plan.params:
            _check_name(self, p.name)
            start = torch.empty(p.shape, device=device, dtype=real.to_complex() if p.scalars == "C" else real)
            self.register_parameter(p.name, torch.nn.Parameter(start))
        self._consts = {c.name: f"const_{c.name}" for c in plan.consts}
        for c in plan.consts:
            self.register_buffer(self._consts[c.name], _rounded(c.value, working, device), persistent=False)
        self._kept = {name: f"kept_{name}" for name in plan.kept}
        for name in self._kept.values():
            self.register_buffer(name, None, persistent=False)
        self._made_from: tuple[tuple[torch.Tensor, int, torch.Tensor | None], ...] | None = None
        self._weight_program, self._data_program = _program(plan.weight_steps), _program(plan.data_steps)
        used = {arg for step in plan.weight_steps for arg in step.args}
        self._sources = tuple(p.name for p in plan.params if p.name in used)
        self.reset_parameters(generator)

    def reset_parameters(self, generator: torch.Generator | None = None) -> None:
        """Draw the weights anew: normal, of mean 0 and the variances of the plan."""
        with torch.no_grad():
            for p in self.plan.params:
                weight = getattr(self, p.name)
                if p.variance:
                    weight.normal_(0, float(p.variance) ** 0.5, generator=generator)
                else:
                    weight.zero_()

    def forward(self, *inputs: torch.Tensor) -> torch.Tensor:
        """The output of the plan."""
        return self.run_to(self.plan.output, *inputs)

    def run_to(self, name: str, *inputs: torch.Tensor) -> torch.Tensor:
        """The value of a name that inputs enter: the output, or a step on the way to it."""
        if len(inputs) != len(self.plan.inputs):
            names = ", ".join(self.plan.inputs)
            raise ValueError(f"the plan has the inputs {names}, but {len(inputs)} were given.")
        values = self._leaves() | self._filters()
        values.update(zip(self.plan.inputs, inputs))
        return _run(self._data_program, values)[name]

    def value(self, name: str) -> torch.Tensor:
        """The value of a name that no input enters, such as a filter; differentiable in the weights."""
        values = _run(self._weight_program, self._leaves())
        if name not in values:
            raise ValueError(f"{name!r} is not made from weights alone. These are: {', '.join(values)}.")
        return values[name]

    def extra_repr(self) -> str:
        """What the module prints: its plan."""
        return repr(self.plan)

    def train(self, mode: bool = True) -> PlanModule:
        """Training mode keeps no filters; eval mode makes them, once."""
        super().train(mode)
        self._forget()
        if not mode and self._keeps():
            self._make()
        return self

    def _leaves(self) -> dict[str, torch.Tensor]:
        """The parameters and constants by their names in the plan."""
        leaves = {p.name: getattr(self, p.name) for p in self.plan.params}
        leaves.update({name: getattr(self, buffer) for name, buffer in self._consts.items()})
        return leaves

    def _filters(self) -> dict[str, torch.Tensor]:
        """What the steps on data need of the steps on weights: kept, or made now."""
        if self.training or torch.compiler.is_compiling() or not self._keeps() or self._needs_gradients():
            values = _run(self._weight_program, self._leaves())
            return {name: values[name] for name in self._kept}
        if not self._is_fresh():
            self._make()
        return {name: getattr(self, buffer) for name, buffer in self._kept.items()}

    def _needs_gradients(self) -> bool:
        return torch.is_grad_enabled() and any(getattr(self, name).requires_grad for name in self._sources)

    def _keeps(self) -> bool:
        """Whether filters may be kept: the weights are parameters, not what a transform put there."""
        if not self._kept or torch._C._functorch.peek_interpreter_stack() is not None:
            return False
        weights = [getattr(self, name) for name in self._sources]
        return all(type(w) is torch.nn.Parameter and not (w.is_inference() or w.is_meta) for w in weights)

    def _is_fresh(self) -> bool:
        """Whether the kept filters come from the weights as they are: same tensors, not written to since.

        Writing through `.data` leaves no trace in the version, so on a CPU the values are compared as well.
        """
        if self._made_from is None:
            return False
        return all(
            getattr(self, name) is weight and weight._version == version
            and (copy is None or torch.equal(weight.detach(), copy))
            for name, (weight, version, copy) in zip(self._sources, self._made_from))

    def _make(self) -> None:
        """Make the filters and keep them, in the weights' own precision and fit for a later backward pass."""
        weights = [getattr(self, name) for name in self._sources]
        device = weights[0].device.type if weights else "cpu"
        with torch.inference_mode(False), torch.no_grad(), torch.autocast(device, enabled=False):
            values = _run(self._weight_program, self._leaves())
            self._made_from = tuple(
                (w, w._version, w.detach().clone() if w.device.type == "cpu" else None) for w in weights)
        for name, buffer in self._kept.items():
            self._buffers[buffer] = values[name]

    def _forget(self) -> None:
        self._made_from = None
        for buffer in self._kept.values():
            self._buffers[buffer] = None

    def _apply(self, fn, recurse: bool = True) -> PlanModule:
        """Follow .to, .double, .cuda …; constants are rounded from the plan again: no digit is lost."""
        self._forget()
        before = dict(self._buffers)
        super()._apply(fn, recurse)
        for const in self.plan.consts:
            name = self._consts[const.name]
            moved = self._buffers[name]
            if moved is not None and moved is not before[name]:
                self._buffers[name] = _rounded(const.value, moved.dtype, moved.device)
        return self

    def __getstate__(self) -> dict:
        """Copies and pickles hold no kept filters: they make their own."""
        state = self.__dict__.copy()
        state["_made_from"] = None
        state["_buffers"] = {name: None if name in self._kept.values() else buffer
                             for name, buffer in self._buffers.items()}
        return state


def _program(steps: Iterable[Step]) -> Program:
    """The steps, where slices of one tensor that do not overlap are read together, at the first of them.

    The gradient of a slice is the whole tensor, with zeros outside; that of a split puts the parts side by side once.
    """
    steps = tuple(steps)
    groups: dict[tuple[tuple[str, ...], object], list[tuple[int, int, str]]] = {}
    for step in steps:
        if step.op == "slice":
            a: dict[str, Any] = dict(step.attrs)
            groups.setdefault((step.args, a["axis"]), []).append((a["start"], a["stop"], step.name))
    ordered = {key: sorted(parts) for key, parts in groups.items() if len(parts) > 1}
    together = {key: parts for key, parts in ordered.items() if all(p[1] <= q[0] for p, q in pairwise(parts))}
    program: list[tuple[tuple[str, ...], str, tuple[str, ...], dict]] = []
    done = set()
    for step in steps:
        attrs = dict(step.attrs)
        key = step.args, attrs.get("axis")
        if step.op != "slice" or key not in together:
            program.append(((step.name,), step.op, step.args, attrs))
        elif key not in done:
            done.add(key)
            bounds = tuple((start, stop) for start, stop, _ in together[key])
            names = tuple(name for _, _, name in together[key])
            program.append((names, "split", step.args, {"axis": attrs["axis"], "bounds": bounds}))
    return tuple(program)


def _run(program: Program, values: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Carry out the steps in order: a loop that torch.compile unrolls."""
    for names, op, args, attrs in program:
        if op == "split":
            values.update(zip(names, split(values[args[0]], **attrs)))
        else:
            values[names[0]] = OPS[op](*[values[arg] for arg in args], **attrs)
    return values


def _rounded(table: Table, working: torch.dtype, device: torch.device) -> torch.Tensor:
    """A constant as a tensor: integers and truth values as they are, other numbers rounded once."""
    tensor = torch.from_numpy(table.array.copy())
    exact = table.dtype in ("int64", "bool")
    return tensor.to(device) if exact else tensor.to(device, working)


def _check_name(module: torch.nn.Module, name: str) -> None:
    if hasattr(module, name):
        raise ValueError(f"a torch module has an attribute {name!r} already. Rename this parameter.")
