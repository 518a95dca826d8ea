"""Vector: programs as LLVM instructions on several neighbouring cells at once, without reassociation.

Every operation is the one that NumPy does, in the same order, so that results are equal bit for bit wherever the
operations are correctly rounded: all but exp, log, sin, cos, tan, tanh and pow.
"""
from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from .program import Program

BYTES = 64  # of a vector; narrower machines do it in parts
COMPARE = {"lt": "<", "le": "<=", "gt": ">", "ge": ">=", "eq": "=="}
BINARY = {"add": "fadd", "sub": "fsub", "mul": "fmul", "div": "fdiv", "and": "and_", "or": "or_"}
INTRINSIC = ("sqrt", "exp", "log", "sin", "cos", "tan", "tanh", "pow")
OF_NUMBERS: dict[str, Callable] = {
    "add": lambda a, b: a + b, "sub": lambda a, b: a - b, "mul": lambda a, b: a * b, "div": lambda a, b: a / b,
    "neg": lambda a: -a, "abs": abs, "min": min, "max": max, "pi": lambda: math.pi,
    "sign": lambda a: float((a > 0) - (a < 0)), **{name: getattr(math, name) for name in INTRINSIC}}


class Lanes:
    """The instructions of one width in an LLVM builder; values are vectors, and constants are Python floats."""

    def __init__(self, builder: Any, number: Any) -> None:
        from llvmlite import ir
        self.ir, self.builder, self.number = ir, builder, number
        self.width = BYTES // (8 if isinstance(number, ir.DoubleType) else 4)
        self.type = ir.VectorType(number, self.width)

    def integer(self, value: int) -> Any:
        """An index."""
        return self.ir.Constant(self.ir.IntType(64), value)

    def vector(self, value: Any) -> Any:
        """A vector of equal entries from a number; vectors stay."""
        if isinstance(value, (int, float)):
            return self.ir.Constant(self.type, [self.ir.Constant(self.number, float(value))] * self.width)
        if value.type != self.number:
            return value
        one = self.builder.insert_element(self.ir.Constant(self.type, self.ir.Undefined), value,
                                          self.ir.Constant(self.ir.IntType(32), 0))
        return self.shuffled(one, one, [0] * self.width)

    def shuffled(self, a: Any, b: Any, places: Sequence[int]) -> Any:
        """The entries of two vectors at these places."""
        kind = self.ir.VectorType(self.ir.IntType(32), len(places))
        return self.builder.shuffle_vector(a, b, self.ir.Constant(kind, list(places)))

    def _place(self, pointer: Any, index: Any) -> Any:
        return self.builder.bitcast(self.builder.gep(pointer, [index]), self.type.as_pointer())

    def load(self, pointer: Any, index: Any) -> Any:
        """The vector that begins at an index."""
        return self.builder.load(self._place(pointer, index), align=self.number_bytes)

    def store(self, value: Any, pointer: Any, index: Any) -> None:
        """Write a vector."""
        self.builder.store(self.vector(value), self._place(pointer, index), align=self.number_bytes)

    @property
    def number_bytes(self) -> int:
        """The size of an entry."""
        return BYTES // self.width

    @contextmanager
    def loop(self, start: Any, stop: Any) -> Any:
        """A loop over the indices start, start + width, … below stop; yields the index."""
        builder, ir = self.builder, self.ir
        before, head = builder.block, builder.append_basic_block("row")
        body, after = builder.append_basic_block("cells"), builder.append_basic_block("end")
        builder.branch(head)
        builder.position_at_end(head)
        index = builder.phi(ir.IntType(64))
        index.add_incoming(start, before)
        builder.cbranch(builder.icmp_signed("<", index, stop), body, after)
        builder.position_at_end(body)
        yield index
        index.add_incoming(builder.add(index, self.integer(self.width)), builder.block)
        builder.branch(head)
        builder.position_at_end(after)

    def variable(self, value: Any) -> Any:
        """A place on the stack that holds a vector, which LLVM turns into a register."""
        with self.builder.goto_entry_block():
            place = self.builder.alloca(self.type)
        self.builder.store(self.vector(value), place)
        return place

    def run(self, made: Program, values: Mapping[str, Any]) -> list[Any]:
        """The outputs of a program."""
        known = dict(values)

        def value(a: Any) -> Any:
            return known[a] if isinstance(a, str) else float(a)
        for step in made.steps:
            known[step.name] = self.apply(step.op, *map(value, step.args))
        return [value(a) for a in made.outputs]

    def apply(self, op: str, *args: Any) -> Any:
        """One operation."""
        if op in OF_NUMBERS and all(isinstance(a, float) for a in args):
            return OF_NUMBERS[op](*args)
        builder = self.builder
        if op == "select":
            return builder.select(args[0], *map(self.vector, args[1:]))
        if op == "not":
            return builder.not_(args[0])
        if op in ("and", "or"):
            return getattr(builder, BINARY[op])(*args)
        vectors = [self.vector(a) for a in args]
        if op in BINARY:
            return getattr(builder, BINARY[op])(*vectors)
        if op in COMPARE:
            return builder.fcmp_ordered(COMPARE[op], *vectors)
        if op == "ne":
            return builder.fcmp_unordered("!=", *vectors)
        return self._special(op, vectors)

    def _special(self, op: str, vectors: list[Any]) -> Any:
        builder, a = self.builder, vectors[0]
        match op:
            case "neg":
                return builder.fneg(a)
            case "min" | "max":  # what is no number stays so, as in NumPy, so that runs stop
                found = builder.select(builder.fcmp_ordered("<" if op == "min" else ">", *vectors), *vectors)
                return builder.select(builder.fcmp_unordered("uno", a, a), a, found)
            case "abs":
                return self._call("fabs", [a])
            case "sign":
                up, down = (builder.fcmp_ordered(c, a, self.vector(0)) for c in "><")
                rest = builder.select(builder.fcmp_ordered("==", a, self.vector(0)), self.vector(0), a)
                return builder.select(up, self.vector(1), builder.select(down, self.vector(-1), rest))
        return self._call(op, vectors)

    def _call(self, name: str, vectors: list[Any]) -> Any:
        from llvmlite import ir
        full = f"llvm.{name}.v{self.width}f{8 * self.number_bytes}"
        function = self.builder.module.globals.get(full) or ir.Function(
            self.builder.module, ir.FunctionType(self.type, [v.type for v in vectors]), full)
        return self.builder.call(function, vectors)
