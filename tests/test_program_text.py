"""LaTeX of programs and schemes: what it says is what the other back ends compute."""
from __future__ import annotations

import re

import pytest
import sympy
from hypothesis import given, settings
from strategies import formulas

import pdeconv as pde
from pdeconv import catalog
from pdeconv.program import program
from pdeconv.program_text import kernel_latex, program_latex

WORDS = {r"\left(": "(", r"\right)": ")", r"\left|": "Abs(", r"\right|": ")", r"\max": "Max", r"\min": "Min",
         " + ": "+", " - ": "-", ", ": ",", r"\sqrt{": "sqrt{"}


def braces(text: str, at: int) -> int:
    """Where the group that opens at this place closes."""
    depth = 0
    for k in range(at, len(text)):
        depth += {"{": 1, "}": -1}.get(text[k], 0)
        if depth == 0:
            return k
    raise ValueError(text)


def read(text: str) -> sympy.Expr:
    """The formula that a line of LaTeX says: products are spaces."""
    text = re.sub(r"([a-z])_\{(\d+)\}", r"\1\2", text)
    while (found := re.search(r"\\t?frac\{", text)) is not None:
        end = braces(text, found.end() - 1)
        last = braces(text, end + 1)
        text = f"{text[:found.start()]}(({text[found.end():end]})/({text[end + 2:last]})){text[last + 1:]}"
    for word, meaning in WORDS.items():
        text = text.replace(word, meaning)
    text = text.replace("^{", "**{").replace("{", "(").replace("}", ")").replace(" ", "*")
    return sympy.sympify(text, locals={f"t{k}": sympy.Symbol(f"t{k}") for k in range(1, 40)})


@settings(max_examples=60, deadline=None)
@given(formulas())
def test_the_equations_say_what_the_program_computes(text):
    e = sympy.sympify(text)
    x, y = sympy.symbols("x y")
    lines = program_latex(program([e], {x: "x", y: "y"})).splitlines()[1:-1]
    at = {x: sympy.Rational(3, 10), y: sympy.Rational(-17, 10)}
    values: dict[sympy.Symbol, sympy.Expr] = dict(at)
    for line in lines:
        left, right = line.removesuffix(r" \\").split(" &= ")
        found = read(right).subs(values).evalf(30)
        values[sympy.Symbol(re.sub(r"[_{}]", "", left))] = found
    assert abs(found - e.subs(at)) < 1e-20


def test_the_scheme_of_burgers_is_read_off():
    """F = (u²_i + u²_{i+1})/4 − (u_{i+1} − u_i) max(|u_i|, |u_{i+1}|)/2 (Rusanov 1961)."""
    text = pde.lower(catalog.burgers().scheme("rusanov", time="ssp-rk2"))._repr_latex_()
    assert text.startswith("$$\\begin{aligned}\n") and text.endswith("\\end{aligned}$$")
    assert r"\varphi^{1}_{i} &= \left|u_{i}\right|" in text and r"\varphi^{2}_{i} &= \tfrac{1}{4} u_{i}^{2}" in text
    assert (r"F^{x}_{u, i+1/2} &= \varphi^{2}_{i} + \varphi^{2}_{i+1} - \tfrac{1}{2} \left(u_{i+1} - u_{i}\right) "
            r"\max\left(\varphi^{1}_{i}, \varphi^{1}_{i+1}\right)") in text
    assert r"L(u)_{i} &= -\tfrac{\Delta t}{\Delta x} \left(F^{x}_{u, i+1/2} - F^{x}_{u, i-1/2}\right)" in text
    assert r"u^{n+1} &= \tfrac{1}{2} u^{n} + \tfrac{1}{2} u^{(1)} + \tfrac{1}{2} L(u^{(1)})" in text


@pytest.mark.parametrize("system, name", [
    (catalog.euler(ndim=3).at(gamma="7/5"), "rusanov"), (catalog.shallow_water(ndim=2).at(g=1), "muscl"),
    (catalog.burgers(), "weno5"), (pde.System({"x": ["u"]}, ["u"], source=["-u**3"]), "rusanov")])
def test_equations_are_whole(system, name):
    mathtext = pytest.importorskip("matplotlib.mathtext").MathTextParser("path")
    text = kernel_latex(pde.lower(system.scheme(name)))
    assert text.count("{") == text.count("}") and text.count(r"\left") == text.count(r"\right")
    for line in text.splitlines()[1:-1][:60]:
        mathtext.parse(f"${line.removesuffix(' ' + chr(92) * 2).replace('&', '').replace('tfrac', 'frac')}$")
    assert ("S_{u}" in text) == any(system.source)


def test_amounts_of_two_sides_have_two_names():
    text = kernel_latex(pde.lower(catalog.shallow_water(ndim=1, bottom=True).at(g=1).scheme("hydrostatic")))
    assert r"\left(F^{x-}_{h, i+1/2} - F^{x+}_{h, i-1/2}\right)" in text
    assert all(rf"F^{{x{end}}}_{{h, i+1/2}} &= " in text for end in "+-")


def test_all_sweeps_of_a_split_step_are_written():
    text = kernel_latex(pde.lower(catalog.advection(ndim=2).at(a_x=1, a_y=1).scheme("upwind", splitting="strang")))
    assert [text.count(f"u^{{{n}}} &= ") for n in ("n,1", "n,2", "n+1")] == [1, 1, 1]
    assert text.count(r"F^{x}_{u, i+1/2,j} &= u_{i,j}") == 2 and text.count(r"\tfrac{\Delta t}{2\Delta x}") == 2
    both = kernel_latex(pde.lower(catalog.wave().at(c=1).scheme("yee")))
    assert both.count("u^{n,1} &= ") == both.count("u^{n+1} &= u^{n,1} + ") == 1


def test_choices_are_cases():
    x = sympy.Symbol("x")
    text = program_latex(program([sympy.Piecewise((x, x > 0), (-x, True))], {x: "x"}))
    assert r"\begin{cases} x & x > 0 \\ -x & \text{otherwise} \end{cases}" in text
