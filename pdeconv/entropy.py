"""Entropy: convex functions that smooth solutions conserve, their variables and fluxes, exactly."""
from __future__ import annotations

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import TYPE_CHECKING, Any

import sympy
from sympy import Expr
from sympy.polys.matrices import DomainMatrix
from sympy.printing.pycode import SymPyPrinter

from .eigenstructure import _inverted, _primitive, sample_point
from .factorisation import factored
from .formula import formula
from .integrate import potential
from .jump import vanishes
from .sign import sign

if TYPE_CHECKING:
    from .system import System


class _Exact(SymPyPrinter):
    """Code in which fractions stay exact and functions have short names, as they have in sympy."""

    def __init__(self, settings: dict[str, Any] | None = None) -> None:
        super().__init__({**(settings or {}), "fully_qualified_modules": False})

    def _print_Rational(self, expr: sympy.Rational) -> str:
        return f"Rational({expr.p}, {expr.q})"

    _print_Half = _print_Rational


class NoEntropy(ValueError):
    """A system without an entropy in the ansatz, or a function that is none."""


@dataclass(frozen=True, eq=False)
class Entropy:
    """η with η″ A_j symmetric for every axis j, so that η_t + Σ ∂_j q_j = 0 for smooth solutions, ∇q_j = ∇η A_j.

    Everything is in primitive unknowns. `conditions` are the leading minors of η″ whose sign the assumptions do not
    decide: it is convex where all are positive. Source: Godunov, 1961; Friedrichs and Lax, Proc. Nat. Acad. Sci. 68
    (1971) 1686.
    """

    system: System
    density: Expr
    conditions: tuple[Expr, ...]

    @cached_property
    def variables(self) -> tuple[Expr, ...]:
        """The entropy variables v = ∇_u η, in which the system is symmetric."""
        return tuple(_variables(self.system, self.density))

    @cached_property
    def hessian(self) -> sympy.ImmutableMatrix:
        """Mᵀ η″ M with M = ∂u/∂w: the Hessian in the state, brought to primitive unknowns; a symmetriser of M⁻¹ A M."""
        return _hessian(self.system, self.density)

    def flux(self, axis: str) -> Expr:
        """The entropy flux q_j with ∇q_j = ∇η A_j, by integration; NotIntegrated."""
        a = self.system._primitive_matrices[0][self.system._axis(axis)]
        row = sympy.Matrix([[sympy.diff(self.density, w) for w in self.system.primitive_symbols]]) * a
        return potential([sympy.expand(e) for e in row], self.system.primitive_symbols)

    def potential(self, axis: str) -> Expr:
        """The potential ψ_j = v·f_j − q_j, whose gradient in v is f_j; needs fluxes.

        >>> from pdeconv import catalog
        >>> catalog.shallow_water(ndim=1).entropy.potential("x")
        g*h**2*v_x/2
        """
        total = sum(v * f for v, f in zip(self.variables, _primitive_flux(self.system, axis))) - self.flux(axis)
        return sympy.expand(sympy.cancel(sympy.expand_log(sympy.expand(total), force=True)))

    @property
    def in_state(self) -> Expr:
        """η as a function of the state."""
        from .eigenstructure import primitive_inverse
        return sympy.simplify(self.density.subs(primitive_inverse(self.system)))

    def __repr__(self) -> str:
        where = " where " + ", ".join(f"{c} > 0" for c in self.conditions) if self.conditions else ""
        return f"<entropy {self.density} of {self.system.expression}{where}>"


def entropy(system: System, given: Any = None) -> Entropy:
    """The entropy `given`, verified, or one found in the ansatz below; NoEntropy otherwise.

    Scalar laws: u²/2. Constant matrices: uᵀ S u/2 with the symmetriser S. Otherwise η = Σ a_k φ_k over the products of
    squares and positive unknowns w₊, w₊² , 1/w₊, w₊ log w₊′, w² w₊, and the powers in the fluxes, with a_k rational in
    the parameters: η″ A_j symmetric is linear in a, and the member that is convex is proved so by leading minors.

    >>> from pdeconv import catalog
    >>> entropy(catalog.shallow_water(ndim=1))
    <entropy g*h**2/2 + h*v_x**2/2 of catalog.shallow_water(ndim=1)>
    """
    if given is not None:
        names = set(system.primitive_names)
        value = formula(given, system.positive | {w.name for w in system.primitive_symbols if w.is_positive})
        if system.primitive is not None and {s.name for s in value.free_symbols} & (set(system.names) - names):
            value = value.subs(dict(zip(system.state, system.primitive)), simultaneous=True)
        return _verified(system, value)
    w = system.primitive_symbols
    if system.size == 1:
        return _verified(system, system.state[0] ** 2 / 2)
    if not any(m.free_symbols & set(w) for m in system._primitive_matrices[0]) and system.primitive is None:
        matrix = system.symmetriser.matrix
        u = sympy.Matrix(system.state)
        return _verified(system, sympy.expand((u.T * matrix * u)[0] / 2))
    found = _solved(system)
    for density in found:
        try:
            return _verified(system, density)
        except NoEntropy:
            continue
    raise NoEntropy(f"{system.expression} has no convex entropy Σ a_k φ_k over {', '.join(map(str, _ansatz(system)))}. "
                    "Give one to be verified: entropy(system, 'h*v**2/2 + g*h**2/2').")


def _verified(system: System, density: Expr) -> Entropy:
    """The entropy, after η″ A_j = (η″ A_j)ᵀ is proved and the minors of η″ are positive or undecided."""
    hessian = _hessian(system, density)
    for axis, a in zip(system.axes, system._primitive_matrices[0]):
        product = hessian * a
        for i in range(system.size):
            for j in range(i):
                if not vanishes(product[i, j] - product[j, i]):
                    raise NoEntropy(f"{density} is no entropy of {system.expression}: entry ({i + 1}, {j + 1}) of η″ A "
                                    f"along {axis} differs from its mirror image by "
                                    f"{factored(product[i, j] - product[j, i])}. Give another function.")
    states, conditions = _states(system), []
    for k in range(1, system.size + 1):
        minor = factored(hessian[:k, :k].det(method="berkowitz"))
        found = sign(minor)
        if found is not None and found <= 0:
            raise NoEntropy(f"{density} is not convex: the leading minor {minor} of its second derivatives is not "
                            "positive. Give −η, or another function.")
        if found is None:
            states = [x for x in states if minor.subs(x).evalf() > 0]
            if not states:
                raise NoEntropy(f"{density} is convex at none of the states that were tried, where the leading minor "
                                f"{minor} of its second derivatives is not positive. Give −η, or another function.")
            conditions.append(_essential(minor))
    signed = {sign * c for c in conditions for sign in (1, -1)}
    return Entropy(system, density, tuple(c for c in dict.fromkeys(conditions) if not (  # not 0, as its sign is asked
        c.is_Pow and c.exp == 2 and c.base in signed)))


def _essential(minor: Expr) -> Expr:
    """A condition of the same sign without the factors that are known to be positive; even powers become squares."""
    total: Expr = sympy.S.One
    for part in sympy.Mul.make_args(minor):
        base, power = part.as_base_exp()
        if part.is_number:
            total *= sympy.sign(part)
        elif not part.is_positive:
            total *= base ** (2 - power % 2) if power.is_integer else part
    return total


def _variables(system: System, density: Expr) -> list[Expr]:
    gradient = sympy.Matrix([sympy.diff(density, w) for w in system.primitive_symbols])
    if system.primitive is None:
        return list(gradient)
    return [sympy.expand(sympy.cancel(e)) for e in _inverted(sympy.Matrix(system._primitive_matrices[1])).T * gradient]


def _hessian(system: System, density: Expr) -> sympy.ImmutableMatrix:
    v = sympy.Matrix(_variables(system, density))
    total = system._primitive_matrices[1].T * v.jacobian(system.primitive_symbols)
    return total.applyfunc(lambda e: sympy.cancel(sympy.expand(e))).as_immutable()


def _primitive_flux(system: System, axis: str) -> tuple[Expr, ...]:
    """The flux along an axis in primitive unknowns, in lowest terms."""
    if system.primitive is None:
        return system.flux(axis)
    back = dict(zip(system.state, system.primitive))
    return tuple(sympy.expand(sympy.cancel(f.subs(back, simultaneous=True))) for f in system.flux(axis))


def _ansatz(system: System) -> list[Expr]:
    """The functions among which an entropy is sought."""
    w = system.primitive_symbols
    positive = [x for x in w if x.is_positive]
    found: list[Expr] = []
    for x in w:
        found += [x, x ** 2] + ([1 / x, sympy.log(x)] if x.is_positive else [])
        found += [x ** 2 * p for p in positive if p != x]
    found += [p * sympy.log(q) for p in positive for q in positive]
    found += [p * q for p, q in combinations(positive, 2)]
    for row in system.fluxes or ():
        for f in row:
            back = f if system.primitive is None else sympy.cancel(f.subs(dict(zip(system.state, system.primitive)),
                                                                          simultaneous=True))
            for term in sympy.Add.make_args(sympy.expand(back)):
                power = term.as_independent(*w, as_Add=False)[1]
                if power.is_Pow and power.base in positive:
                    found += [power, power * power.base]
                elif len(power.free_symbols & set(w)) == 1 and power.is_polynomial(*w):
                    found += [power * x for x in w if power.has(x)]
    return list(dict.fromkeys(found))


def _solved(system: System) -> Iterator[Expr]:
    """Candidates: the terms that occur at one choice of the parameters, then their coefficients for all.

    η″ A_j − (η″ A_j)ᵀ = 0 is linear in the coefficients; it is imposed at points of the state, and proved afterwards.
    """
    numbers: dict[Expr, Expr] = {x: sympy.Integer(k + 3) for k, x in enumerate(system.parameters)}
    terms = _ansatz(system)
    conditions, hessians = _rows(system, terms, numbers)
    affine = _null(hessians)
    solutions = _null(conditions)
    basis = sympy.Matrix.hstack(*affine, *solutions).T.rref()[0] if affine else sympy.Matrix.hstack(*solutions).T
    pivots = {next(k for k, x in enumerate(a) if x != 0) for a in
              (sympy.Matrix.hstack(*affine).T.rref()[0].tolist() if affine else [])}
    kept = [k for k in range(len(terms)) if k not in pivots and any(row[k] != 0 for row in basis.tolist())]
    few = [terms[k] for k in kept]
    conditions, hessians = _rows(system, few, {})
    found = []
    for s in _null(conditions):
        density = sympy.expand(sum(a * t for a, t in zip(s, few)))
        found.append(sympy.expand(_scaled(density, system)))
    sums = [c for a, b in combinations(found, 2) for c in (a + b, a - b)][:20]
    ordered = sorted([*found, *sums], key=lambda d: (d.has(sympy.log), len(sympy.Add.make_args(d))))
    return (s * d for d in ordered for s in (1, -1) if _may_be_convex(system, s * d))


def _states(system: System) -> list[dict[Expr, Any]]:
    """States and parameters at which convexity is tried: one of moderate size, and those around it."""
    found = [sample_point(system, ())]
    chance = random.Random(3)
    for _ in range(8):
        values = {x: chance.choice((1, 2, 3, 5)) * v / 3 for x, v in found[0].items()}
        if system.primitive is not None:
            values |= {u: e.subs(values) for u, e in zip(system.state, system.primitive) if u != e}
        found.append(values)
    return found


def _may_be_convex(system: System, density: Expr) -> bool:
    """Whether the second derivatives are positive definite at one state: those that are not need no proof."""
    w = system.primitive_symbols
    change = sympy.Matrix(system._primitive_matrices[1])
    g = sympy.Matrix([sympy.diff(density, x) for x in w])
    left = _inverted(change).T if system.primitive is not None else sympy.eye(system.size)
    rate = sympy.Matrix.hstack(*[(left.diff(x) * g + left * g.diff(x)) for x in w])
    total = change.T * rate
    for here in _states(system):
        value = total.subs(here).evalf(30)
        if all(value[:k, :k].det() > 0 for k in range(1, system.size + 1)):
            return True
    return False


def _rows(system: System, terms: list[Expr], numbers: dict[Expr, Expr]) -> tuple[sympy.Matrix, ...]:
    """The entries of η″ A_j − (η″ A_j)ᵀ, and of η″, at points of the state: a column for each term."""
    w, n = system.primitive_symbols, system.size
    exponents = [p.exp for t in terms for p in t.atoms(sympy.Pow)]
    root = math.lcm(1, *[int(e.q) for e in exponents if e.is_Rational])
    powers = not numbers and any(not e.is_number for e in exponents)
    tables = [t.subs(numbers) for t in terms]
    gradients = [[sympy.diff(t, x) for x in w] for t in tables]
    seconds = [[[sympy.diff(g, x) for x in w] for g in row] for row in gradients]
    logs = {x: sympy.Dummy(f"l{k}") for k, x in enumerate(sorted({
        x for row in gradients for e in row for x in e.atoms(sympy.log)}, key=str))}
    change = sympy.Matrix(system._primitive_matrices[1]).subs(numbers)
    left = _inverted(change).T if system.primitive is not None else sympy.eye(n)
    symbols = [*w, *logs.values(), *system.parameters]
    reads = [sympy.lambdify(symbols, m, modules=[{"Rational": sympy.Rational}, "sympy"], printer=_Exact) for m in [
        left, *[left.diff(x) for x in w], change, *[m.subs(numbers) for m in system._primitive_matrices[0]]]]
    jets = [sympy.lambdify(symbols, [e.xreplace(logs) for row in (g, *h) for e in row],
                           modules=[{"Rational": sympy.Rational}, "sympy"], printer=_Exact)
            for g, h in zip(gradients, seconds)]
    chance = random.Random(5)
    conditions: list[list[Expr]] = []
    hessians: list[list[Expr]] = []
    for _ in range(2 * len(terms) // max(1, n * (n - 1) // 2 * system.ndim) + 4):
        point = [sympy.Integer((chance.choice([1, 2, 3, 5]) if powers else chance.randint(1, 9)) ** root
                               ) if x.is_positive else
                 sympy.Integer(chance.choice([-7, -5, -3, -2, -1, 1, 2, 4, 6])) for x in w]
        point += [sympy.Integer(chance.randint(-9, 9)) for _ in logs] + list(system.parameters)
        inverse, *rates, frame = (read(*point) for read in reads[:n + 2])
        matrices = [read(*point) for read in reads[n + 2:]]
        columns, flat = [], []
        for jet in jets:
            values = [sympy.sympify(v) for v in jet(*point)]
            g, h = sympy.Matrix(values[:n]), sympy.Matrix(n, n, values[n:])
            hessian = frame.T * (sympy.Matrix.hstack(*[r * g for r in rates]) + inverse * h)
            products = [hessian * a for a in matrices]
            columns.append([p[i, j] - p[j, i] for p in products for i in range(n) for j in range(i)])
            flat.append(list(hessian))
        conditions += [list(row) for row in zip(*columns)]
        hessians += [list(row) for row in zip(*flat)]
    found = sympy.Matrix(conditions), sympy.Matrix(hessians)
    return found if numbers or not system.parameters else tuple(m.applyfunc(sympy.cancel) for m in found)


def _scaled(density: Expr, system: System) -> Expr:
    """The density with the factor 1/2 at its kinetic part, as physicists write it."""
    w = system.primitive_symbols
    for x in w:
        if not x.is_positive and density.is_polynomial(x) and sympy.degree(density, x) == 2:
            outside = factored(density.coeff(x, 2)).as_independent(*w, as_Add=False)[0]
            parts: dict[Expr, Expr] = {}
            for term in sympy.Add.make_args(sympy.expand(density)):
                constant, inside = term.as_independent(*w, as_Add=False)
                parts[inside] = parts.get(inside, 0) + constant
            return sympy.Add(*[sympy.cancel(c / (2 * outside)) * inside for inside, c in parts.items()])
    return density


def _null(matrix: sympy.Matrix) -> list[sympy.Matrix]:
    """A basis of the null space, where powers of numbers such as 2^γ are independent of the parameters."""
    powers = {p: sympy.Dummy(f"P{k}") for k, p in enumerate(sorted(
        {p for e in matrix for p in e.atoms(sympy.Pow) if p.base.is_number and not p.exp.is_number}, key=str))}
    found = DomainMatrix.from_Matrix(matrix.xreplace(powers)).to_field().nullspace().to_Matrix()
    rows = [_primitive(found.row(i).T) for i in range(found.rows)]
    return [row for row in rows if not row.free_symbols & set(powers.values())]
