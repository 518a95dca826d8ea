"""Programs for reading: LaTeX of programs and of the kernels of schemes, a back end like the others."""
from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING

import sympy

from .program import Argument, Program

if TYPE_CHECKING:
    from .lower import Face, Kernel

SUM, PRODUCT, ATOM = 1, 2, 4  # how tightly the parts of a formula hold together
RELATIONS = {"lt": "<", "le": r"\le", "gt": ">", "ge": r"\ge", "eq": "=", "ne": r"\ne", "and": r"\land", "or": r"\lor"}
FUNCTIONS = {"min": r"\min", "max": r"\max", "log": r"\log", "sin": r"\sin", "cos": r"\cos", "tan": r"\tan",
             "tanh": r"\tanh", "sign": r"\operatorname{sign}", "exp": r"\exp"}
Text = tuple[str, int]


def program_latex(program: Program, names: Mapping[str, str] | None = None,
                  outputs: Sequence[str] | None = None) -> str:
    """The program as aligned equations; what is used once is written where it is used.

    >>> x, y = sympy.symbols("x y")
    >>> from .program import program
    >>> print(program_latex(program([sympy.Max(x, 0) - y / 2], {x: "x", y: "y"})))
    \\begin{aligned}
    w_{1} &= \\max\\left(0, x\\right) - \\tfrac{1}{2} y
    \\end{aligned}
    """
    return _aligned(_lines(program, names or {}, outputs or [f"w_{{{k + 1}}}" for k in range(len(program.outputs))]))


def kernel_latex(kernel: Kernel) -> str:
    """One time step of a scheme: the fields of single cells, the fluxes through the faces, the update and the stages;
    of staggered and split schemes all that follow each other, whose fields are numbered u^{n,1}, u^{n,2}, …

    >>> from pdeconv import catalog, lower
    >>> print(kernel_latex(lower(catalog.advection().at(a_x=1).scheme("upwind"))))
    \\begin{aligned}
    F^{x}_{u, i+1/2} &= u_{i} \\\\
    L(u)_{i} &= -\\tfrac{\\Delta t}{\\Delta x} \\left(F^{x}_{u, i+1/2} - F^{x}_{u, i-1/2}\\right) \\\\
    u^{n+1} &= u^{n} + L(u^{n})
    \\end{aligned}
    """
    last = len(kernel.chain)
    names = ["n", *(f"n,{k}" for k in range(1, last)), "n+1"]
    return _aligned([line for k, one in enumerate(kernel.chain) for line in _kernel(one, names[k], names[k + 1])])


def _kernel(kernel: Kernel, before: str, after: str) -> list[tuple[str, str]]:
    """The equations of one kernel of a step, from the field of one name to that of another."""
    system = kernel.scheme.system
    index = "ijk"[:system.ndim]
    step = r"\Delta t" if kernel.span[1] == 1 else rf"{_number(Fraction(kernel.span[1]))[0]} \Delta t"
    ratios = [rf"\tfrac{{\Delta t}}{{{'' if kernel.span[1] == 1 else int(1 / kernel.span[1])}\Delta {a}}}"
              for a in system.axes]
    symbols = [_symbol(s.name) for s in system.state]
    fields = [*symbols, *(rf"\varphi^{{{k + 1}}}" for k in range(len(kernel.cell.outputs)))]
    here = {f"q{k}": _at(f, index, (0,) * system.ndim) for k, f in enumerate(symbols)}
    letters = _Letters()
    lines = _lines(kernel.cell, here, [_at(f, index, (0,) * system.ndim) for f in fields[system.size:]], letters)
    ends = ("-", "+") if kernel.is_two_sided else ("", "")  # what leaves one cell, and what enters the next
    faces = [f for f in kernel.faces if any(out != 0 for out in f.program.outputs)]  # a sweep has those of one axis
    axes = [(face.axis, system.axes[face.axis]) for face in faces]
    for face in faces:
        lines += _face(face, fields, symbols, index, system.axes, ends, letters, ratios[face.axis])
    sources = _lines(kernel.source, here, [rf"S_{{{s}}}" for s in symbols], letters) if kernel.source else []
    lines += sources
    for s in symbols:
        change = "".join(rf"-{ratios[j]} \left({_flux(s, a, j, index, '+', ends[0])} - "
                         rf"{_flux(s, a, j, index, '-', ends[1])}\right) " for j, a in axes)
        change += rf"+ {step} S_{{{s}}}" if sources else ""
        lines.append((f"L({s})_{{{','.join(index)}}}", change.strip() or "0"))
    return lines + _stages(kernel, before, after)


def _stages(kernel: Kernel, before: str, after: str) -> list[tuple[str, str]]:
    """The field after by the Runge–Kutta method, in the whole state."""
    time, size = kernel.scheme.time, kernel.size
    u = _symbol(kernel.scheme.system.names[0]) if size == 1 else "u"

    def name(k: int) -> str:
        return f"{u}^{{{before}}}" if k == 0 else f"{u}^{{{after}}}" if k == time.stages else f"{u}^{{({k})}}"
    lines = []
    for i, (alpha, beta) in enumerate(zip(time.alpha, time.beta)):
        terms = [(a, name(k)) for k, a in enumerate(alpha)] + [(b, f"L({name(k)})") for k, b in enumerate(beta)]
        text = " + ".join(t if c == 1 else f"{_number(Fraction(int(c.p), int(c.q)))[0]} {t}" for c, t in terms if c)
        lines.append((name(i + 1), text.replace("+ -", "- ")))
    return lines


def _face(face: Face, fields: Sequence[str], symbols: Sequence[str], index: str, axes: Sequence[str],
          ends: tuple[str, str], letters: _Letters, ratio: str) -> list[tuple[str, str]]:
    names = {x: _at(fields[k], index, o) for x, (k, o) in face.loads.items()}
    axis = axes[face.axis]
    return _lines(face.program, names | {"r": ratio},
                  [_flux(s, axis, face.axis, index, "+", end) for end in ends for s in symbols], letters)


def _flux(unknown: str, axis: str, j: int, index: str, sign: str, end: str) -> str:
    place = ",".join(f"{i}{sign}1/2" if k == j else i for k, i in enumerate(index))
    return f"F^{{{axis}{end}}}_{{{unknown}, {place}}}"


def _at(name: str, index: str, offset: Sequence[int]) -> str:
    """The field in the cell at an offset."""
    place = ",".join(i if not o else f"{i}{o:+d}" for i, o in zip(index, offset))
    base, _, sub = name.partition("_")
    return f"{base}_{{{sub.strip('{}')}, {place}}}" if sub else f"{base}_{{{place}}}"


def _symbol(name: str) -> str:
    return sympy.latex(sympy.Symbol(name))


def _aligned(lines: Sequence[tuple[str, str]]) -> str:
    body = " \\\\\n".join(f"{left} &= {right}" for left, right in lines)
    return f"\\begin{{aligned}}\n{body}\n\\end{{aligned}}"


@dataclass
class _Letters:
    """Names for what is used more than once: t_1, t_2, …"""

    count: int = 0

    def __call__(self) -> str:
        self.count += 1
        return f"t_{{{self.count}}}"


@dataclass
class _Writer:
    known: dict[str, Text]
    lines: list[tuple[str, str]] = field(default_factory=list)

    def text(self, a: Argument) -> Text:
        return self.known[a] if isinstance(a, str) else _number(a)

    def inside(self, a: Argument, bound: int) -> str:
        """The text of an argument, in brackets where it holds less tightly than the bound."""
        text, level = self.text(a)
        return text if level >= bound else rf"\left({text}\right)"

    def operation(self, op: str, args: Sequence[Argument]) -> Text:
        if op in ("add", "sub"):
            sign = "+" if op == "add" else "-"
            right = self.inside(args[1], PRODUCT if op == "sub" or self.text(args[1])[0].startswith("-") else SUM)
            return f"{self.inside(args[0], SUM)} {sign} {right}", SUM
        if op == "mul" and args[0] == args[1]:
            return f"{self.inside(args[0], ATOM)}^{{2}}", PRODUCT + 1
        if op == "mul":
            return " ".join(self.inside(a, PRODUCT) for a in args), PRODUCT
        if op in RELATIONS:
            return f" {RELATIONS[op]} ".join(self.inside(a, SUM) for a in args), 0
        if op == "select":
            condition, a, b = (self.text(x)[0] for x in args)
            return rf"\begin{{cases}} {a} & {condition} \\ {b} & \text{{otherwise}} \end{{cases}}", ATOM
        simple: Mapping[str, Callable[[], Text]] = {
            "neg": lambda: (f"-{self.inside(args[0], PRODUCT)}", SUM), "pi": lambda: (r"\pi", ATOM),
            "div": lambda: (rf"\frac{{{self.text(args[0])[0]}}}{{{self.text(args[1])[0]}}}", ATOM - 1),
            "abs": lambda: (rf"\left|{self.text(args[0])[0]}\right|", ATOM),
            "sqrt": lambda: (rf"\sqrt{{{self.text(args[0])[0]}}}", ATOM - 1),
            "not": lambda: (rf"\lnot {self.inside(args[0], ATOM)}", PRODUCT),
            "pow": lambda: (f"{self.inside(args[0], ATOM)}^{{{self.text(args[1])[0]}}}", ATOM - 1)}
        if op in simple:
            return simple[op]()
        return rf"{FUNCTIONS[op]}\left({', '.join(self.text(a)[0] for a in args)}\right)", ATOM


def _number(a: Fraction) -> Text:
    if a.denominator == 1:
        return str(a.numerator), ATOM if a >= 0 else SUM
    sign = "-" if a < 0 else ""
    return rf"{sign}\tfrac{{{abs(a.numerator)}}}{{{a.denominator}}}", ATOM - 1 if a > 0 else SUM


def _lines(program: Program, names: Mapping[str, str], outputs: Sequence[str],
           letters: _Letters | None = None) -> list[tuple[str, str]]:
    """(left, right) by equations: first what is used more than once, then the outputs."""
    letters = letters or _Letters()
    uses = [a for step in program.steps for a in set(step.args)] + list(program.outputs)
    writer = _Writer({x: (names.get(x, _symbol(x)), ATOM) for x in program.inputs})
    for step in program.steps:
        made = writer.operation(step.op, step.args)
        if uses.count(step.name) > 1:
            letter = letters()
            writer.lines.append((letter, made[0]))
            made = letter, ATOM
        writer.known[step.name] = made
    return writer.lines + [(left, writer.text(a)[0]) for left, a in zip(outputs, program.outputs)]
