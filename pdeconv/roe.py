"""Roe matrices: A(uL, uR) (uR − uL) = f(uR) − f(uL), by parameter vectors, path integrals or jumps, and proved."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import sympy
from sympy import Expr

from .factorisation import factored
from .jump import NoJump, jump, sides, vanishes

if TYPE_CHECKING:
    from .system import System


class NoRoeMatrix(ValueError):
    """A Roe matrix that no step could give in closed form."""


@dataclass(frozen=True, eq=False)
class RoeMatrix:
    """A matrix A with A [[u]] = [[f]] and A(u, u) = f′(u).

    `origin` says how it was made: "parameter vector" (u and f quadratic in z, up to pressures P(w₊); A = f′(û) at a
    state û of the mean of z, so hyperbolic where f is), "path integral" (∫₀¹ f′(uL + s [[u]]) ds), "jumps" (product
    rules: real speeds are not promised). `failed` tells the steps that were tried before. Entries are in primitive
    unknowns w_L, w_R; `average` is û in primitive unknowns, for a parameter vector. Source: Roe, J. Comput. Phys. 43
    (1981) 357.
    """

    system: System
    axis: str
    matrix: sympy.ImmutableMatrix
    origin: str
    average: tuple[Expr, ...] | None
    parameter_vector: tuple[Expr, ...] | None
    failed: tuple[str, ...]

    @cached_property
    def is_exact(self) -> bool:
        """Whether A [[u]] = [[f]], exactly."""
        system = self.system
        w = system.primitive_symbols
        left, right = (dict(zip(w, s)) for s in sides(w))
        u = system.state if system.primitive is None else system.primitive
        back = {} if system.primitive is None else dict(zip(system.state, system.primitive))
        f = [e.subs(back, simultaneous=True) for e in system.flux(self.axis)]
        change, difference = (sympy.Matrix([e.subs(right, simultaneous=True) - e.subs(left, simultaneous=True)
                                            for e in x]) for x in (u, f))
        return all(_zero(e) for e in self.matrix * change - difference)

    @cached_property
    def is_consistent(self) -> bool:
        """Whether A(u, u) = f′(u), exactly."""
        w = self.system.primitive_symbols
        left, right = sides(w)
        back = {} if self.system.primitive is None else dict(zip(self.system.state, self.system.primitive))
        a = self.system.jacobian(self.axis).subs(back, simultaneous=True)
        both = {**dict(zip(left, w)), **dict(zip(right, w))}
        return all(_zero(e) for e in self.matrix.xreplace(both) - a)

    def __repr__(self) -> str:
        return f"<Roe matrix of {self.system.expression} along {self.axis}, by {self.origin}>"


def _zero(e: Expr) -> bool:
    """Whether an expression in square roots of positive symbols vanishes."""
    symbols = {s: sympy.Symbol(f"{s.name}_", positive=True) ** 2 for s in e.free_symbols if s.is_positive}
    return vanishes(sympy.powdenest(e.subs(symbols, simultaneous=True), force=True))


def roe_matrix(system: System, axis: str) -> RoeMatrix:
    """A Roe matrix in closed form, by the first step that succeeds; NotASystem without fluxes, NoRoeMatrix.

    1. A parameter vector: z = u, or z = √w₊ (1, w …) with a positive unknown w₊ and, in place of one other, a quotient
    of fluxes such as the enthalpy; u and f have to be quadratic in z. 2. The path integral where it is polynomial.
    3. Jumps: A = [[f]]/[[w]] ([[u]]/[[w]])⁻¹ by the rules of `jump`.

    >>> from pdeconv import catalog
    >>> found = roe_matrix(catalog.shallow_water(ndim=1), "x"); found.origin, found.is_exact
    ('parameter vector', True)
    >>> found.average
    (h_L/2 + h_R/2, (sqrt(h_L)*v_x_L + sqrt(h_R)*v_x_R)/(sqrt(h_L) + sqrt(h_R)))
    """
    system.flux(axis)
    failed: list[str] = []
    for z in _candidates(system, axis):
        found = _by_parameter_vector(system, axis, z, failed)
        if found is not None:
            return found
    failed.append("no z = √w₊ (1, w …) makes state and flux quadratic")
    if system.primitive is None and all(f.is_polynomial(*system.state) for f in system.flux(axis)):
        return _by_path(system, axis, tuple(failed))
    failed.append("the path integral ∫₀¹ f′(uL + s [[u]]) ds is not that of polynomials")
    try:
        return _by_jumps(system, axis, tuple(failed))
    except NoJump as error:
        raise NoRoeMatrix(f"{system.expression} has no Roe matrix in closed form along {axis}: {'; '.join(failed)}; "
                          f"{error} In numbers: path_integral(system, axis, left, right).") from None


def path_integral(system: System, axis: str, left: Sequence[Any], right: Sequence[Any]) -> sympy.ImmutableMatrix:
    """∫₀¹ f′(uL + s (uR − uL)) ds, unevaluated: .evalf() gives numbers, .doit() tries a closed form.

    >>> from pdeconv import catalog
    >>> path_integral(catalog.burgers(), "x", [0], [2]).doit()
    Matrix([[1]])
    """
    s = sympy.Symbol("s", nonnegative=True)
    path = {u: a + s * (sympy.sympify(b) - a) for u, a, b in zip(system.state, map(sympy.sympify, left), right)}
    return system.jacobian(axis).subs(path, simultaneous=True).applyfunc(lambda e: sympy.Integral(e, (s, 0, 1)))


def _candidates(system: System, axis: str) -> list[tuple[Expr, ...]]:
    """Parameter vectors in primitive unknowns."""
    from .entropy import _primitive_flux
    w = system.primitive_symbols
    found: list[tuple[Expr, ...]] = []
    if system.primitive is None:
        found.append(tuple(w))
    flux = _primitive_flux(system, axis)
    for first in (x for x in w if x.is_positive):
        others = [x for x in w if x != first]
        weight = sympy.sqrt(first)
        found.append((weight, *(weight * x for x in others)))
        carrier = next((f for f in flux if f.is_Mul and f.has(first)), None)
        if carrier is not None and others:
            quotients = [sympy.cancel(f / carrier) for f in flux]
            for q in quotients:
                if q.has(others[-1]) and not q.has(sympy.zoo) and q not in others:
                    found.append((weight, *(weight * x for x in others[:-1]), weight * q))
    return found


def _by_parameter_vector(system: System, axis: str, z: tuple[Expr, ...], failed: list[str]) -> RoeMatrix | None:
    w = system.primitive_symbols
    names = [sympy.Dummy(f"z{k}", positive=True) for k in range(len(z))]
    if tuple(z) == tuple(w):
        solution: dict[Expr, Expr] = dict(zip(w, names))
    else:
        first = next(x for x in w if z[0] == sympy.sqrt(x))
        solution = {first: names[0] ** 2}
        for k, x in enumerate(y for y in w if y != first):
            ratio = sympy.cancel(z[k + 1] / z[0]) - names[k + 1] / names[0]
            solved = sympy.solve(ratio.subs(solution), x)
            if len(solved) != 1:
                return None
            solution[x] = sympy.cancel(solved[0].subs(solution))
    state = system.state if system.primitive is None else system.primitive
    u = [sympy.expand(sympy.cancel(e.subs(solution, simultaneous=True))) for e in state]
    f = [sympy.expand(sympy.cancel(e.subs(dict(zip(system.state, u)), simultaneous=True))) for e in system.flux(axis)]
    extra: list[Expr] = [sympy.S.Zero] * len(f)  # pressures, functions of w₊ alone
    if z != tuple(w) and names[0] ** 2 in u:
        for i, e in enumerate(f):
            alone = sum((t for t in sympy.Add.make_args(e) if t.has(names[0]) and not t.has(*names[1:])
                         and sympy.cancel(t / names[0] ** 2).has(names[0])), sympy.S.Zero)
            extra[i], f[i] = alone, e - alone
    for e in (*u, *f):
        if not e.is_polynomial(*names) or sympy.Poly(e, *names).total_degree() > 2:
            return None
    if z != tuple(w) and any(sum(m) != 2 for e in (*u, *f) if e != 0 for m in sympy.Poly(e, *names).monoms()):
        return None
    left, right = (dict(zip(w, s)) for s in sides(w))
    means = [(e.subs(left, simultaneous=True) + e.subs(right, simultaneous=True)) / 2 for e in z]
    values = dict(zip(names, means))
    mean = {x: factored(sympy.cancel(solution[x].subs(values, simultaneous=True))) for x in w}
    u_z, f_z = sympy.Matrix(u).jacobian(names), sympy.Matrix(f).jacobian(names)
    a = (f_z * u_z.inv()).applyfunc(sympy.cancel)
    matrix = a.xreplace(values)
    average: tuple[Expr, ...] | None = tuple(means)
    if z != tuple(w):
        density = next(k for k, x in enumerate(w) if z[0] == sympy.sqrt(x))
        if any(extra):
            column = u.index(names[0] ** 2)
            for i, e in enumerate(extra):
                slope = jump(sympy.powdenest(e.subs(names[0], sympy.sqrt(w[density])), force=True), [w[density]])[0]
                matrix[i, column] += slope
            average = tuple((left[x] + right[x]) / 2 if k == density else mean[x] for k, x in enumerate(w))
            back = {} if system.primitive is None else dict(zip(system.state, system.primitive))
            here = system.jacobian(axis).subs(back, simultaneous=True).subs(dict(zip(w, average)), simultaneous=True)
            if not all(_zero(e) for e in here - matrix):
                average = None
        else:
            average = _average(system, axis, a, names, values, mean, density, left, right)
    return RoeMatrix(system, axis, sympy.ImmutableMatrix(matrix), "parameter vector", average, tuple(z), tuple(failed))


def _average(system: System, axis: str, a: sympy.Matrix, names: list[sympy.Symbol], values: dict[Expr, Expr],
             mean: dict[Expr, Expr], density: int, left: dict[Expr, Expr], right: dict[Expr, Expr]) -> tuple[Expr, ...]:
    """A state û with f′(û) = A: quotients of means of z, and the density that is left by the equations."""
    w = system.primitive_symbols
    back = {} if system.primitive is None else dict(zip(system.state, system.primitive))
    jacobian = system.jacobian(axis).subs(back, simultaneous=True)
    entries = [e for e in (jacobian - a).applyfunc(sympy.cancel) if e != 0]
    ratios = [n / names[0] for n in names]
    plain = {n: sympy.Dummy(f"q{k}") for k, n in enumerate(names[1:], 1)}
    entries = [sympy.fraction(sympy.together(sympy.cancel(e.subs({n: names[0] * q for n, q in plain.items()}))))[0]
               for e in entries]
    found = sympy.solve(entries, [x for x in w if any(e.has(x) for e in entries)], dict=True)
    if not found:
        return tuple(mean[x] for x in w)
    solved = {x: sympy.cancel(e.subs(dict(zip(plain.values(), ratios[1:])))) for x, e in found[0].items()}
    free = {x: sympy.sqrt(left[x] * right[x]) for x in w if x not in solved}
    return tuple(factored(solved[x].subs(free).subs(values, simultaneous=True)) if x in solved else free[x]
                 for x in w)


def _by_path(system: System, axis: str, failed: tuple[str, ...]) -> RoeMatrix:
    left, right = sides(system.state)
    return RoeMatrix(system, axis, path_integral(system, axis, left, right).doit().applyfunc(factored),
                     "path integral", None, None, failed)


def _by_jumps(system: System, axis: str, failed: tuple[str, ...]) -> RoeMatrix:
    from .entropy import _primitive_flux
    w = system.primitive_symbols
    f = sympy.Matrix.vstack(*[sympy.Matrix(jump(e, w)) for e in _primitive_flux(system, axis)])
    if system.primitive is None:
        return RoeMatrix(system, axis, f.as_immutable(), "jumps", None, None, failed)
    u = sympy.Matrix.vstack(*[sympy.Matrix(jump(e, w)) for e in system.primitive])
    return RoeMatrix(system, axis, (f * u.inv()).applyfunc(factored).as_immutable(), "jumps", None, None, failed)


__all__ = ["NoRoeMatrix", "RoeMatrix", "path_integral", "roe_matrix"]
