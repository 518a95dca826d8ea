"""Plan: the frozen program between the symbolic and the numeric world. It knows no groups."""
from __future__ import annotations

import hashlib
import json
import keyword
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property

import numpy as np

from .plan_cost import Cost, cost
from .plan_meaning import evaluate
from .plan_ops import OPS, Shape

FORMAT = 1  # of the JSON program, hence of digests and files
DTYPES = ("int64", "float64", "complex128", "bool")
Weights = Mapping[str, object] | Sequence[float] | np.ndarray  # by name, or one flat vector


class BadPlan(ValueError):
    """A program that is not in single assignment form, or has a step that its operation does not allow."""


@dataclass(frozen=True)
class Table:
    """A constant array, immutable and hashable: its dtype, its shape, its little-endian bytes in C order.

    >>> Table.of([[1, 0], [0, 1]]).array.trace().item()
    2
    """

    dtype: str
    shape: Shape
    data: bytes = field(repr=False)

    @classmethod
    def of(cls, value: object) -> Table:
        """The table of an array, in int64, float64, complex128 or bool. ValueError otherwise, or for NaN."""
        array = np.asarray(value)
        names = {"b": "bool", "i": "int64", "u": "int64", "f": "float64", "c": "complex128"}
        name = names.get(array.dtype.kind)
        if name is None or array.dtype.itemsize > np.dtype(name).itemsize:
            raise ValueError(f"a table holds {', '.join(DTYPES)}, not {array.dtype}. Convert the array.")
        array = np.ascontiguousarray(array, dtype=np.dtype(name).newbyteorder("<")).reshape(array.shape)
        if not np.isfinite(array).all():
            where = tuple(int(i) for i in np.argwhere(~np.isfinite(array))[0])
            raise ValueError(f"a table holds finite numbers, but entry {where} is {array[where]}.")
        return cls(name, array.shape, array.tobytes())

    @property
    def array(self) -> np.ndarray:
        """The table as a read-only NumPy array."""
        return np.frombuffer(self.data, dtype=np.dtype(self.dtype).newbyteorder("<")).reshape(self.shape)

    def __array__(self, dtype=None, copy=None) -> np.ndarray:
        return np.array(self.array, dtype=dtype)

    def __str__(self) -> str:
        text = np.array2string(self.array, threshold=8, edgeitems=3, separator=", ").replace("\n", "")
        return f"{self.dtype} {self.shape} {' '.join(text.split())}"


@dataclass(frozen=True)
class Param:
    """Weights: real (or complex) independent entries w, at the start of mean 0 and exact variance E|w|²."""

    name: str
    shape: Shape
    variance: Fraction
    scalars: str = "R"

    @property
    def size(self) -> int:
        """The number of weights."""
        return int(np.prod(self.shape, dtype=int))


@dataclass(frozen=True)
class Const:
    """A named constant array."""

    name: str
    value: Table


@dataclass(frozen=True)
class Step:
    """One assignment, name = op(*args, **attrs); attrs sorted by name."""

    name: str
    op: str
    args: tuple[str, ...]
    attrs: tuple[tuple[str, object], ...] = ()

    @classmethod
    def make(cls, name: str, op: str, *args: str, **attrs: object) -> Step:
        """The step with attributes sorted, lists made tuples, and defaults of the operation filled in.

        >>> str(Step.make("y", "reduce", "x", kind="mean", axes=[2, 3]))
        "y = reduce(x, axes=(2, 3), keepdims=False, kind='mean')"
        """
        defaults = dict(OPS[op].defaults) if op in OPS else {}
        return cls(name, op, args, tuple(sorted((k, _frozen(v)) for k, v in {**defaults, **attrs}.items())))

    def __str__(self) -> str:
        attrs = [f"{k}={v!r}" for k, v in self.attrs]
        return f"{self.name} = {self.op}({', '.join([*self.args, *attrs])})"


@dataclass(frozen=True)
class Plan:
    """A program in single assignment form: inputs, parameters, constants ↦ output.

    Parameters are coordinates; `plan(weights, x)` is its meaning in NumPy, `print(plan)` its text and
    `plan.digest` its address by content. `note` says where it came from, and `origin` is the question that it answers,
    for those who write it out; neither is compared or digested, and the origin is neither saved nor pickled.
    BadPlan when a name is not new or not defined, or an operation does not take what it is given.

    >>> w = Param("w", (1, 3), Fraction(1, 3))
    >>> index = Const("index", Table.of([0, 0, 0]))
    >>> steps = Step.make("rows", "gather", "w", "index"), Step.make("y", "mul", "x", "rows")
    >>> plan = Plan(("x",), (w,), (index,), steps, "y")
    >>> plan({"w": [[1, 2, 3]]}, [10]).tolist()
    [[10.0, 20.0, 30.0], [10.0, 20.0, 30.0], [10.0, 20.0, 30.0]]
    """

    inputs: tuple[str, ...]
    params: tuple[Param, ...]
    consts: tuple[Const, ...]
    steps: tuple[Step, ...]
    output: str
    note: str = field(default="", compare=False)
    origin: object = field(default=None, compare=False, repr=False)

    def __post_init__(self) -> None:
        known: set[str] = set()
        for name in self.inputs:
            _introduce(name, known, "input")
        for param in self.params:
            _introduce(param.name, known, "parameter")
            _check_param(param)
        for const in self.consts:
            _introduce(const.name, known, "constant")
        shapes = {p.name: p.shape for p in self.params} | {c.name: c.value.shape for c in self.consts}
        for step in self.steps:
            _check_step(step, known, shapes)
            _introduce(step.name, known, "step")
        if self.output not in known:
            raise BadPlan(f"the output {self.output!r} is not defined. Name an input, a parameter or a step.")

    def __call__(self, weights: Weights, *inputs: object) -> np.ndarray:
        """The output at the given weights (arrays by name, or one flat vector) and inputs, in NumPy.

        Arrays of exact numbers (dtype object: Fraction, int) are computed with exactly; the constants are then the
        fractions that their floats are, which for plans lowered with normalise=False are the exact ones.
        """
        self._check_count(len(inputs))
        values: dict[str, np.ndarray] = dict(zip(self.inputs, map(np.asarray, inputs)))
        exact = any(x.dtype == object for x in values.values())
        values |= self.unflatten(weights) | {c.name: _exact(c.value.array) if exact else c.value.array
                                             for c in self.consts}
        return evaluate(self.steps, values)[self.output]

    def unflatten(self, weights: Weights) -> dict[str, np.ndarray]:
        """Weights by name: from a flat vector (parameters in order, each in C order), or as they are."""
        if not isinstance(weights, Mapping):
            flat = _inexact(weights)
            if flat.shape != (self.size,):
                raise ValueError(f"the plan has {self.size} weights, but the vector has shape {flat.shape}.")
            ends = np.cumsum([p.size for p in self.params])[:-1]
            weights = {p.name: part.reshape(p.shape) for p, part in zip(self.params, np.split(flat, ends))}
        found = {name: _inexact(w) for name, w in weights.items()}
        needed = {p.name: p.shape for p in self.params}
        for name in sorted(needed.keys() ^ found.keys()):
            state = "missing" if name in needed else "not one of them"
            raise ValueError(f"the parameters are {', '.join(needed) or 'none'}, and {name!r} is {state}.")
        for name, shape in needed.items():
            if found[name].shape != shape:
                raise ValueError(f"parameter {name!r} has shape {shape}, not {found[name].shape}.")
        return found

    def initial(self, rng: np.random.Generator | int) -> dict[str, np.ndarray]:
        """Normal weights of mean 0 and exactly the variance of each parameter."""
        rng, weights = np.random.default_rng(rng), {}
        for p in self.params:
            parts = rng.normal(size=(1 if p.scalars == "R" else 2, *p.shape)) * np.sqrt(float(p.variance))
            weights[p.name] = parts[0] if p.scalars == "R" else (parts[0] + 1j * parts[1]) / np.sqrt(2)
        return weights

    @property
    def size(self) -> int:
        """The number of weights."""
        return sum(p.size for p in self.params)

    @property
    def is_complex(self) -> bool:
        """Whether a parameter or a constant is complex."""
        return "C" in {p.scalars for p in self.params} or "complex128" in {c.value.dtype for c in self.consts}

    @cached_property
    def weight_steps(self) -> tuple[Step, ...]:
        """The steps that do not depend on the inputs: what makes the filters."""
        moving = set(self.inputs)
        return tuple(s for s in self.steps if not _depends(s, moving))

    @cached_property
    def data_steps(self) -> tuple[Step, ...]:
        """The steps that depend on the inputs."""
        still = set(self.weight_steps)
        return tuple(s for s in self.steps if s not in still)

    @cached_property
    def kept(self) -> tuple[str, ...]:
        """The names of the weight steps that data steps, or the output, use: all that inference needs."""
        used = {a for s in self.data_steps for a in s.args} | {self.output}
        return tuple(s.name for s in self.weight_steps if s.name in used)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the program and its constants: equal plans, and only they, have equal digests."""
        text = json.dumps(self.to_json(), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    def to_json(self) -> dict[str, object]:
        """The program as JSON: fractions as strings, constants by dtype, shape and SHA-256 of their bytes."""
        return {
            "format": FORMAT,
            "inputs": list(self.inputs),
            "params": [[p.name, list(p.shape), str(Fraction(p.variance)), p.scalars] for p in self.params],
            "consts": [[c.name, c.value.dtype, list(c.value.shape), hashlib.sha256(c.value.data).hexdigest()]
                       for c in self.consts],
            "steps": [[s.name, s.op, list(s.args), dict(s.attrs)] for s in self.steps],
            "output": self.output,
        }

    def cost(self, *shapes: Shape, itemsize: int = 4) -> Cost:
        """Operations, bytes moved and weights, for inputs of these shapes. ValueError if they do not fit."""
        self._check_count(len(shapes))
        return cost(self, dict(zip(self.inputs, shapes)), itemsize)

    def fold(self) -> Plan:
        """The same map, with every step that depends on constants alone made a constant."""
        values = {c.name: c.value.array for c in self.consts}
        moving = {*self.inputs, *(p.name for p in self.params)}
        still = [s for s in self.steps if not _depends(s, moving)]
        evaluate(still, values)
        consts = self.consts + tuple(Const(s.name, Table.of(values[s.name])) for s in still)
        return replace(self, consts=consts, steps=tuple(s for s in self.steps if s not in still))

    def prune(self) -> Plan:
        """The same map, without steps and constants it does not need. Parameters stay, for their layout."""
        needed = {self.output}
        for step in reversed(self.steps):
            if step.name in needed:
                needed.update(step.args)
        return replace(self, consts=tuple(c for c in self.consts if c.name in needed),
                       steps=tuple(s for s in self.steps if s.name in needed))

    def __deepcopy__(self, memo: dict) -> Plan:
        return self

    def __getstate__(self) -> dict[str, object]:
        return {name: value for name, value in self.__dict__.items() if name != "origin"}

    def __repr__(self) -> str:
        ends = f"{', '.join(self.inputs)} -> {self.output}"
        return f"<Plan {self.digest[:12]}: {ends}, {len(self.steps)} steps, {self.size} weights>"

    def __str__(self) -> str:
        return "\n".join(self._lines())

    def _check_count(self, count: int) -> None:
        if count != len(self.inputs):
            raise ValueError(f"the plan has the inputs {', '.join(self.inputs)}, but {count} were given.")

    def _lines(self) -> Iterator[str]:
        yield from (f"# {line}" for line in self.note.splitlines())
        yield f"plan({', '.join(self.inputs)}):  # {self.size} weights, digest {self.digest[:12]}"
        for p in self.params:
            yield f"    {p.name} = param {p.shape}, variance {p.variance}" + ", complex" * (p.scalars == "C")
        for c in self.consts:
            yield f"    {c.name} = {c.value}"
        for step in self.steps:
            yield f"    {step}"
        yield f"    return {self.output}"


def _frozen(value: object) -> object:
    """Lists as tuples, and NumPy integers as integers, at any depth."""
    if isinstance(value, list | tuple):
        return tuple(map(_frozen, value))
    return value.item() if isinstance(value, np.generic) else value


def _exact(array: np.ndarray) -> np.ndarray:
    """Floats as the fractions that they are; indices as they are."""
    if array.dtype.kind != "f":
        return array
    return np.array([Fraction(x) for x in array.ravel().tolist()], object).reshape(array.shape)


def _inexact(value: object) -> np.ndarray:
    """An array of floats, integers becoming float64, or of exact numbers."""
    array = np.asarray(value)
    return array if array.dtype.kind in "fcO" else array.astype(np.float64)


def _depends(step: Step, moving: set[str]) -> bool:
    """Whether a step uses a moving name; if so its own moves too."""
    if moving.isdisjoint(step.args):
        return False
    moving.add(step.name)
    return True


def _introduce(name: str, known: set[str], kind: str) -> None:
    if not name.isidentifier() or keyword.iskeyword(name):
        raise BadPlan(f"{kind} {name!r}: names are Python identifiers, for the emitted source. Rename it.")
    if name in known:
        raise BadPlan(f"{kind} {name!r}: the name is taken; a plan assigns each name once. Rename it.")
    known.add(name)


def _check_param(param: Param) -> None:
    if not isinstance(param.variance, Fraction | int) or param.variance < 0:
        raise BadPlan(f"parameter {param.name!r}: variance {param.variance!r} is not an exact number ≥ 0. "
                      "Write it as a Fraction.")
    if param.scalars not in ("R", "C"):
        raise BadPlan(f"parameter {param.name!r}: scalars are 'R' or 'C', not {param.scalars!r}.")


def _check_step(step: Step, known: set[str], shapes: dict[str, Shape]) -> None:
    """Refuse a step that its operation does not allow; enter its shape when it depends on no input."""
    where = f"step {str(step)!r}"
    op = OPS.get(step.op)
    if op is None:
        raise BadPlan(f"{where}: there is no operation {step.op!r}. The operations are {', '.join(OPS)}.")
    for arg in step.args:
        if arg not in known:
            raise BadPlan(f"{where}: {arg!r} is not defined before it is used. Define it before this step.")
    if not op.fewest <= len(step.args) <= op.most:
        most = "or more" if op.most == float("inf") else f"to {op.most}"
        raise BadPlan(f"{where}: {step.op} takes {op.fewest} {most} arguments, not {len(step.args)}.")
    attrs = dict(step.attrs)
    if attrs.keys() != op.attrs.keys() or step.attrs != tuple(sorted(attrs.items())):
        needed = ", ".join(sorted(op.attrs)) or "none"
        raise BadPlan(f"{where}: the attributes of {step.op} are {needed}, in this order. Use Step.make.")
    for name, expected in op.attrs.items():
        if reason := expected(attrs[name]):
            raise BadPlan(f"{where}: {name}={attrs[name]!r} is not {reason}.")
    if all(arg in shapes for arg in step.args):
        try:
            shapes[step.name] = op.shape(*(shapes[arg] for arg in step.args), **attrs)
        except ValueError as error:
            raise BadPlan(f"{where}: {error}.") from None
