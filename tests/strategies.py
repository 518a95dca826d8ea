"""Hypothesis strategies: random plans with inputs that fit them, and formulas."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from hypothesis import strategies as st

from reptheory.plan import Const, Param, Plan, Step, Table
from reptheory.plan_ops import OPS

SMOOTH = ("abs", "cos", "elu", "gelu", "negative", "relu", "sigmoid", "silu", "sin", "softplus", "square", "tanh")


class Program:
    """A plan while it is drawn: parameters, constants and steps with their shapes."""

    def __init__(self, draw):
        self.draw = draw
        self.params: list[Param] = []
        self.consts: list[Const] = []
        self.steps: list[Step] = []
        self.shapes: dict[str, tuple[int, ...]] = {}

    def integer(self, low: int, high: int) -> int:
        return self.draw(st.integers(low, high))

    def one_of(self, *values):
        return self.draw(st.sampled_from(values))

    def rng(self) -> np.random.Generator:
        return np.random.default_rng(self.integer(0, 99))

    def param(self, *shape: int) -> str:
        name = f"weight_{len(self.params)}"
        self.params.append(Param(name, shape, Fraction(self.integer(1, 3), self.integer(1, 5))))
        self.shapes[name] = shape
        return name

    def const(self, value) -> str:
        name = f"const_{len(self.consts)}"
        self.consts.append(Const(name, Table.of(value)))
        self.shapes[name] = np.shape(value)
        return name

    def step(self, op: str, *args: str, **attrs) -> str:
        step = Step.make(f"v_{len(self.steps)}", op, *args, **attrs)
        self.steps.append(step)
        self.shapes[step.name] = OPS[op].shape(*(self.shapes[a] for a in args), **dict(step.attrs))
        return step.name

    def rows(self, count: int) -> str:
        """Weights, spread to an array whose first axis has the given length."""
        inputs = self.integer(1, 4)
        weight = self.param(inputs, *[self.integer(1, 2) for _ in range(self.integer(0, 2))])
        rng = self.rng()
        if self.one_of("gather", "expand") == "expand":
            return self.step("expand", self.const(rng.normal(size=(count, inputs))), weight)
        args = [weight, self.const(rng.integers(0, inputs, count))]
        if self.draw(st.booleans()):
            args.append(self.const(rng.integers(-1, 2, count).astype(float)))
        return self.step("gather", *args)

    def filter(self, *shape: int) -> str:
        """A filter of the given shape."""
        flat = self.rows(int(np.prod(shape)))
        for axis in range(len(self.shapes[flat]) - 1, 0, -1):  # channels are summed away, one way or another
            if self.draw(st.booleans()):
                flat = self.step("reduce", flat, kind=self.one_of("sum", "mean", "max", "var"), axes=(axis,))
            else:
                flat = self.step("slice", flat, axis=axis, start=0, stop=1)
                flat = self.step("reshape", flat, shape=self.shapes[flat][:axis])
        if self.draw(st.booleans()):
            turned = self.step("reshape", flat, shape=shape[::-1])
            return self.step("permute", turned, axes=tuple(range(len(shape)))[::-1])
        return self.step("reshape", flat, shape=shape)

    def change(self, x: str) -> str:
        """Anything that keeps (batch, channels, …), save for the number of channels."""
        shape = self.shapes[x]
        match self.one_of("pointwise", "scale", "translate", "shift", "twice", "half", "mix", "center"):
            case "pointwise":
                return self.step("pointwise", x, fn=self.one_of(*SMOOTH))
            case "scale":
                return self.step("mul", x, self.const(self.one_of(2.0, -0.5, 0.3, 3)))
            case "translate":
                return self.step("add", self.const(self.rng().normal(size=(shape[1], *[1] * (len(shape) - 2)))), x)
            case "shift":
                return self.step("shift", x, offsets=(self.integer(-3, 3),), axes=(self.integer(-1, 1),))
            case "twice":
                return self.step("concat", x, self.step("pointwise", x, fn="negative"), axis=1)
            case "half":
                return self.step("slice", x, axis=1, start=(shape[1] - 1) // 2, stop=shape[1])
            case "mix":
                letters = "bi" + "xyz"[: len(shape) - 2]
                weight = self.step("mul", self.param(shape[1], 2), self.const(0.25))
                return self.step("einsum", x, weight, equation=f"{letters},io->{letters.replace('i', 'o')}")
            case _:
                mean = self.step("reduce", x, kind="mean", axes=(1,), keepdims=True)
                return self.step("add", x, self.step("pointwise", mean, fn="negative"))

    def convolve(self, x: str) -> str:
        """A convolution, or a matrix product over the channels, with or without bias and padding."""
        channels, spatial = self.shapes[x][1], self.shapes[x][2:]
        n = self.one_of(0, len(spatial))
        if n and self.draw(st.booleans()):
            mode = self.one_of("zeros", "reflect", "replicate", "circular")
            most = min(spatial) - 1 if mode == "reflect" else 7 if mode == "circular" else 3
            widths = tuple((self.integer(0, most), self.integer(0, most)) for _ in range(n))
            x = self.step("pad", x, widths=widths, mode=mode)
            spatial = self.shapes[x][2:]
        groups = self.one_of(*sorted({1, *(g for g in (2, channels) if n and channels % g == 0)}))
        kernel = tuple(self.integer(1, min(3, size)) for size in spatial[:n])
        dilation = tuple(self.integer(1, 2 if 2 * (k - 1) < size else 1) for k, size in zip(kernel, spatial))
        args = [x, self.filter(groups * self.integer(1, 2), channels // groups, *kernel)]
        if self.draw(st.booleans()):
            args.append(self.filter(self.shapes[args[1]][0]))
        stride, padding = (tuple(self.integer(low, 2) for _ in range(n)) for low in (1, 0))
        return self.step("conv", *args, stride=stride, dilation=dilation, padding=padding, groups=groups)


@st.composite
def plans(draw) -> tuple[Plan, np.ndarray]:
    """A random plan of every kind of step, and an input for it."""
    program = Program(draw)
    spatial = tuple(program.integer(2, 5) for _ in range(program.integer(0, 3)))
    x = "x"
    program.shapes[x] = (2, program.integer(1, 4), *spatial)
    for _ in range(program.integer(0, 2)):
        x = program.change(x)
    x = program.convolve(x)
    for _ in range(program.integer(0, 3)):
        x = program.change(x)
    if spatial and draw(st.booleans()):
        x = program.step("reduce", x, kind=program.one_of("mean", "sum", "max", "var"), axes=(2,))
    if draw(st.booleans()):
        program.step("mul", program.const([1.0, 2.0]), program.const(0.5))  # a step that nothing needs
    if draw(st.booleans()):
        x = program.step("reshape", x, shape=(2, -1))
    note = "Drawn at random: a \\ and \"\"\" are harmless."
    plan = Plan(("x",), tuple(program.params), tuple(program.consts), tuple(program.steps), x, note)
    return plan, program.rng().normal(size=program.shapes["x"])


def formulas() -> st.SearchStrategy[str]:
    """Real formulas in x and y, as text, that are finite everywhere."""
    return st.recursive(st.sampled_from(["x", "y", "2", "3", "1/4", "7/5"]), lambda e: st.one_of(
        st.tuples(st.sampled_from(["+", "-", "*"]), e, e).map(lambda t: f"({t[1]}){t[0]}({t[2]})"),
        e.map(lambda a: f"sqrt(({a})**2 + 1)"), e.map(lambda a: f"1/(({a})**2 + 2)"), e.map(lambda a: f"Abs({a})"),
        st.tuples(e, e).map(lambda t: f"Max({t[0]}, {t[1]})")), max_leaves=8)
