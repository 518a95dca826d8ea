"""Eigenstructure: characteristic speeds and vectors of A(u, n), exactly."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import sympy
from sympy.polys.matrices import DomainMatrix

from .formula import formula, symbol
from .system import System

Expr = sympy.Expr
LAMBDA = sympy.Symbol("lambda")
ROOT = sympy.Symbol("s_root", positive=True)


class NoClosedForm(ValueError):
    """Characteristic speeds that are roots of a polynomial without radicals of degree up to two, or biquadratic."""


@dataclass(frozen=True)
class Factor:
    """An irreducible factor of the characteristic polynomial in λ, with its multiplicity."""

    polynomial: Expr
    multiplicity: int

    @cached_property
    def coefficients(self) -> tuple[Expr, ...]:
        """The coefficients by falling degree."""
        return tuple(sympy.Poly(self.polynomial, LAMBDA).all_coeffs())

    @property
    def degree(self) -> int:
        """The degree in λ."""
        return len(self.coefficients) - 1

    @cached_property
    def hermite(self) -> sympy.Matrix:
        """The matrix of power sums (p_{i+j}), i, j < d: positive definite exactly where all roots are real and distinct.

        Source: Sylvester; Basu, Pollack, Roy, Algorithms in Real Algebraic Geometry, theorem 4.57.
        """
        lead, *rest = self.coefficients
        e = [c / lead for c in rest]  # λ^d + e₁ λ^{d−1} + …
        d = self.degree
        sums: list[Expr] = [sympy.Integer(d)]
        for k in range(1, 2 * d - 1):  # Newton's identities
            total = sum((e[i - 1] * sums[k - i] for i in range(1, min(k, d + 1))), sympy.S.Zero)
            sums.append(sympy.cancel(-total - (k * e[k - 1] if k <= d else 0)))
        return sympy.Matrix(d, d, lambda i, j: sums[i + j])

    @cached_property
    def conditions(self) -> tuple[Expr, ...]:
        """Expressions that are all positive exactly where the roots of the factor are real and distinct."""
        if self.degree == 1:
            return ()
        return tuple(sympy.factor(self.hermite[:k, :k].det()) for k in range(2, self.degree + 1))

    @cached_property
    def roots(self) -> tuple[Expr, ...]:
        """The roots by radicals, of degree one, two, or biquadratic about their mean; NoClosedForm otherwise."""
        c = self.coefficients
        if self.degree == 1:
            return (sympy.cancel(-c[1] / c[0]),)
        mean = sympy.cancel(-c[1] / (self.degree * c[0]))
        if self.degree == 2:
            half = _root(sympy.cancel((c[1] ** 2 - 4 * c[0] * c[2]) / (4 * c[0] ** 2)))
            return (mean - half, mean + half)
        if self.degree == 4:
            mu = sympy.Symbol("mu")
            shifted = sympy.Poly(sympy.expand(self.polynomial.subs(LAMBDA, mu + mean)), mu)
            a, b3, b, b1, d = (sympy.cancel(x) for x in shifted.all_coeffs())
            if b3 == 0 and b1 == 0:
                b, d = sympy.cancel(b / a), sympy.cancel(d / a)
                inner = _root(sympy.cancel(b ** 2 / 4 - d))
                slow, fast = sympy.sqrt(-b / 2 - inner), sympy.sqrt(-b / 2 + inner)
                return (mean - fast, mean - slow, mean + slow, mean + fast)
        raise NoClosedForm(f"the characteristic speeds are roots of {self.polynomial}, of degree {self.degree} in λ, "
                           "which has no solution by square roots of square roots. Give numbers for the state and "
                           "parameters, system.at(…), and read speeds in floats by System.speeds_at.")


@dataclass(frozen=True, eq=False)
class Eigenstructure:
    """A(u, n) R = R Λ and L R = 1, with Λ the speeds: column k of `right` and row k of `left` belong to speeds[k].

    Directions are unit vectors: n_x² + n_y² + … = 1 is used in every entry. Speeds are ordered by their values at one
    state with all positive symbols 1, for reading only.
    """

    system: System
    direction: tuple[Expr, ...]
    factors: tuple[Factor, ...]
    speeds: tuple[Expr, ...]
    right: sympy.ImmutableMatrix
    left: sympy.ImmutableMatrix

    @property
    def multiplicities(self) -> dict[Expr, int]:
        """How often each speed occurs."""
        return {speed: self.speeds.count(speed) for speed in dict.fromkeys(self.speeds)}

    def verify(self, state: dict[str, Any] | None = None) -> bool:
        """Whether A R = R Λ and L R = 1 at a rational state and direction, to 50 digits; see the tests for many."""
        values = sample_point(self.system, self.direction, state)
        a = self.system.matrix(self.direction).subs(values).evalf(60)
        r, l = (m.subs(values).evalf(60) for m in (self.right, self.left))
        diagonal = sympy.diag(*[s.subs(values).evalf(60) for s in self.speeds])
        errors = [*(a * r - r * diagonal), *(l * r - sympy.eye(self.system.size))]
        return max(abs(sympy.N(e, 60)) for e in errors) < sympy.Float(10) ** -45

    def __repr__(self) -> str:
        return f"<Eigenstructure of {self.system.expression}: speeds {', '.join(map(str, self.speeds))}>"


def characteristic_factors(system: System, direction: Sequence[Any] | None = None) -> tuple[Factor, ...]:
    """The irreducible factors over Q(symbols) of det(λ − A(u, n)), in primitive unknowns where the system names them.

    >>> from pdeconv import catalog
    >>> [(f.polynomial, f.multiplicity) for f in characteristic_factors(catalog.shallow_water(ndim=1))]
    [(g*h - lambda**2 + 2*lambda*v_x - v_x**2, 1)]
    """
    return _factors(primitive_matrix(system, direction)[0])


def _factors(matrix: sympy.Matrix) -> tuple[Factor, ...]:
    n = matrix.shape[0]
    coefficients = _characteristic(matrix)
    polynomial = sum(c * LAMBDA ** (n - k) for k, c in enumerate(coefficients))
    _, found = sympy.factor_list(sympy.together(polynomial).as_numer_denom()[0], LAMBDA)
    return tuple(Factor(f, k) for f, k in found if f.has(LAMBDA))


def _characteristic(matrix: sympy.Matrix) -> list[Expr]:
    """The coefficients of det(λ − M), by falling degree."""
    domain = _domain(matrix)
    return [domain.domain.to_sympy(c) for c in domain.charpoly()]


def eigenstructure(system: System, direction: Sequence[Any] | None = None) -> Eigenstructure:
    """The characteristic speeds and biorthonormal vectors of A(u, n) = Σ n_j A_j(u), for every direction n.

    In primitive unknowns w the matrix is M⁻¹ A M with M = ∂u/∂w. Each factor of its characteristic polynomial is treated
    by itself: where √D enters, one symbol of D is eliminated by D = s², so that vectors come from linear algebra over
    a field of rational functions. Raises NotHyperbolic where the matrix is not diagonalisable, NoClosedForm.

    >>> from pdeconv import catalog
    >>> eigenstructure(catalog.advection(ndim=1)).speeds
    (a_x,)
    """
    from .hyperbolicity import NotHyperbolic

    matrix, change = primitive_matrix(system, direction)
    unit = tuple(system.direction if direction is None else map(formula, direction))
    factors = _factors(matrix)
    groups: list[tuple[Expr, list[sympy.Matrix], list[sympy.Matrix]]] = []
    for factor in factors:
        for k in range(len(factor.roots)):
            right, left = (_vectors(m, factor, k) for m in (matrix, matrix.T))
            if len(right) != factor.multiplicity:
                raise NotHyperbolic(f"{system.expression} is not hyperbolic: its speed {factor.roots[k]} has multiplicity "
                                    f"{factor.multiplicity}, but only {len(right)} eigenvectors. Change the fluxes.")
            groups.append((factor.roots[k], right, left))
    values = sample_point(system, unit)
    groups.sort(key=lambda g: _number(g[0], values))
    speeds, columns, rows = [], [], []
    for speed, right, left in groups:
        gram = sympy.Matrix([[_tidy((l.T * r)[0], unit) for r in right] for l in left]).inv()
        inverse = gram * sympy.Matrix.vstack(*[l.T for l in left])
        speeds += [_tidy(speed, unit)] * len(right)
        columns += right
        rows += [inverse.row(i) for i in range(len(right))]
    back = {} if system.primitive is None else _inverse(system)
    right_matrix = sympy.Matrix.hstack(*columns)
    left_matrix = sympy.Matrix.vstack(*rows)
    if system.primitive is not None:
        right_matrix, left_matrix = change * right_matrix, left_matrix * change.inv()
    finish = lambda e: _tidy(e.subs(back) if back else e, unit)  # noqa: E731
    return Eigenstructure(system, unit, factors, tuple(map(finish, speeds)),
                          sympy.ImmutableMatrix(right_matrix.applyfunc(finish)),
                          sympy.ImmutableMatrix(left_matrix.applyfunc(finish)))


def primitive_matrix(system: System, direction: Sequence[Any] | None = None) -> tuple[sympy.Matrix, sympy.Matrix]:
    """M⁻¹ A M in primitive unknowns and M = ∂u/∂w; A and 1 where the system names none."""
    a = sympy.Matrix(system.matrix(direction))
    if system.primitive is None:
        return a.applyfunc(sympy.cancel), sympy.eye(system.size)
    w = [symbol(name, system.positive | {s.name for e in system.primitive for s in e.free_symbols if s.is_positive})
         for name in system.primitive_names]
    change = sympy.Matrix([[sympy.diff(e, x) for x in w] for e in system.primitive])
    there = dict(zip(system.state, system.primitive))
    a = a.subs(there, simultaneous=True)
    product = _domain(change).to_field().inv() if not change.has(sympy.Function) else None
    inverse = product.to_Matrix() if product is not None else change.inv()
    return (inverse * a * change).applyfunc(sympy.cancel), change


def _inverse(system: System) -> dict[Expr, Expr]:
    """The primitive unknowns in terms of the state."""
    assert system.primitive is not None
    w = [s for name in system.primitive_names for s in
         {x for e in system.primitive for x in e.free_symbols if x.name == name}]
    fresh = [sympy.Dummy(name, **u.assumptions0) for name, u in zip(system.names, system.state)]
    found = sympy.solve([e - u for e, u in zip(system.primitive, fresh)], w, dict=True)
    if not found:
        raise NoClosedForm(f"the primitive unknowns {', '.join(system.primitive_names)} could not be written in the state. "
                           "Give others, or none.")
    names = dict(zip(fresh, system.state))
    return {x: e.xreplace(names) for x, e in found[0].items()}


def _vectors(matrix: sympy.Matrix, factor: Factor, k: int) -> list[sympy.Matrix]:
    """A basis of the null space of M − λ_k for root k of the factor."""
    root = factor.roots[k]
    n = matrix.shape[0]
    radicals = [p for p in root.atoms(sympy.Pow) if p.exp == sympy.Rational(1, 2)]
    if not radicals:
        return _nullspace(matrix - root * sympy.eye(n))
    if len(radicals) == 1:
        square = radicals[0].base
        for v in sorted(square.free_symbols & matrix.free_symbols, key=lambda s: s.name):
            numerator, denominator = sympy.fraction(sympy.together(square - ROOT ** 2))
            poly = sympy.Poly(numerator, v)
            if poly.degree() == 1 and not denominator.has(v) or poly.degree() == 1:
                value = sympy.cancel(sympy.solve(numerator, v)[0])
                inside = (matrix - root.xreplace({radicals[0]: ROOT}) * sympy.eye(n)).subs(v, value).applyfunc(sympy.cancel)
                return [x.subs(ROOT, radicals[0]) for x in _nullspace(inside)]
        if square.is_number:
            return _nullspace(matrix - root * sympy.eye(n), extension=True)
    return _adjugate(matrix, factor, root)


def _nullspace(matrix: sympy.Matrix, extension: bool = False) -> list[sympy.Matrix]:
    domain = _domain(matrix, extension).to_field()
    rows = domain.nullspace().to_Matrix()
    return [_primitive(rows.row(i).T) for i in range(rows.rows)]


def _adjugate(matrix: sympy.Matrix, factor: Factor, root: Expr) -> list[sympy.Matrix]:
    """The first nonzero column of adj(λ − M) modulo the factor, for a simple root (Faddeev and LeVerrier)."""
    if factor.multiplicity > 1:
        raise NoClosedForm(f"the factor {factor.polynomial} occurs {factor.multiplicity} times, and its eigenvectors are "
                           "not found symbolically. Give numbers by system.at(…).")
    n = matrix.shape[0]
    coefficients = _characteristic(matrix)
    blocks, power = [sympy.eye(n)], sympy.eye(n)
    for k in range(1, n):
        power = (matrix * power + coefficients[k] * sympy.eye(n)).applyfunc(sympy.cancel)
        blocks.append(power)
    for column in range(n):
        entries = [sum(blocks[n - 1 - d][i, column] * LAMBDA ** d for d in range(n)) for i in range(n)]
        reduced = [sympy.rem(sympy.Poly(e, LAMBDA), sympy.Poly(factor.polynomial, LAMBDA)).as_expr() for e in entries]
        if any(sympy.cancel(e) != 0 for e in reduced):
            return [_primitive(sympy.Matrix(reduced)).subs(LAMBDA, root)]
    return []


def _primitive(column: sympy.Matrix) -> sympy.Matrix:
    """The column without common factors and denominators."""
    denominators = [sympy.fraction(sympy.together(e))[1] for e in column]
    common = sympy.lcm_list(denominators) if denominators else 1
    cleared = [sympy.cancel(e * common) for e in column]
    content = sympy.gcd_list([e for e in cleared if e != 0])
    return sympy.Matrix([sympy.cancel(e / content) for e in cleared])


def _root(square: Expr) -> Expr:
    """√x with the squares among its factors taken out, nonnegative or not: ± both occur."""
    if square == 0:
        return sympy.S.Zero
    numerator, denominator = sympy.fraction(sympy.factor(square))
    content, factors = sympy.factor_list(sympy.expand(numerator * denominator))
    outside, inside = 1 / denominator, content
    for f, k in factors:
        outside *= f ** (k // 2)
        inside *= f ** (k % 2)
    number = sympy.sqrt(content)
    rational = number if number.is_Rational else None
    if rational is not None:
        outside, inside = outside * rational, inside / content
    return sympy.cancel(outside) * sympy.sqrt(sympy.expand(inside) if inside.is_Add else sympy.factor_terms(inside))


def _tidy(e: Any, unit: tuple[Expr, ...]) -> Expr:
    """The expression simplified by n·n = 1."""
    e = sympy.sympify(e)
    symbols = [n for n in unit if n.is_Symbol]
    if len(symbols) >= 2:
        squares = sum(n ** 2 for n in symbols)
        e = e.subs(sympy.expand(squares), 1)
        e = e.replace(lambda x: x.is_Pow and x.exp == sympy.Rational(1, 2),
                      lambda x: _root(sympy.factor(_on_sphere(x.base, symbols))))
    return _cancelled(e)


def _cancelled(e: Expr) -> Expr:
    """The quotient in lowest terms, radicals taken as symbols with their squares replaced."""
    radicals = sorted((p for p in e.atoms(sympy.Pow) if p.exp.is_Rational and p.exp.q == 2), key=str)
    bases = list(dict.fromkeys(p.base for p in radicals))
    names = {b: sympy.Dummy(f"r{i}") for i, b in enumerate(bases)}
    if not names:
        return sympy.cancel(e)
    replaced = e.xreplace({p: names[p.base] ** (2 * p.exp) for p in radicals})
    numerator, denominator = sympy.fraction(sympy.cancel(replaced))
    for b, r in names.items():
        numerator = sympy.rem(sympy.Poly(numerator, r), sympy.Poly(r ** 2 - b, r)).as_expr() if numerator.has(r) else numerator
        denominator = (sympy.rem(sympy.Poly(denominator, r), sympy.Poly(r ** 2 - b, r)).as_expr()
                       if denominator.has(r) else denominator)
    return sympy.cancel(numerator / denominator).xreplace({r: sympy.sqrt(b) for b, r in names.items()})


def _on_sphere(e: Expr, symbols: list[sympy.Symbol]) -> Expr:
    """The expression with the last n² replaced by 1 − the others."""
    last = symbols[-1]
    poly = sympy.expand(e)
    if not poly.is_polynomial(*symbols):
        return e
    return sympy.factor(sympy.rem(poly, last ** 2 - 1 + sum(n ** 2 for n in symbols[:-1]), last))


def _domain(matrix: sympy.Matrix, extension: bool = False) -> DomainMatrix:
    return DomainMatrix.from_Matrix(matrix, extension=True) if extension else DomainMatrix.from_Matrix(matrix)


def sample_point(system: System, unit: Sequence[Expr], state: dict[str, Any] | None = None) -> dict[Expr, Any]:
    """Rational numbers for all symbols: the given state, otherwise fixed ones that respect the assumptions."""
    given = {name: formula(x) for name, x in (state or {}).items()}
    symbols = sorted({*system.parameters, *system.state}, key=lambda s: s.name)
    values: dict[Expr, Any] = {}
    for k, s in enumerate(symbols):
        values[s] = given.get(s.name, sympy.Rational(k + 7, k + 5) if s.is_positive else sympy.Rational(k + 1, 7 * k + 9))
    if system.primitive is not None and not given:
        w = {x for e in system.primitive for x in e.free_symbols} - set(system.parameters)
        chosen = {x: sympy.Rational(k + 3, k + 2) if x.is_positive else sympy.Rational(1, k + 3)
                  for k, x in enumerate(sorted(w, key=lambda s: s.name))}
        values.update({u: e.subs(values | chosen) for u, e in zip(system.state, system.primitive)})
        values.update(chosen)
    axes = [n for n in unit if n.is_Symbol]
    points = {1: (1,), 2: (sympy.Rational(3, 5), sympy.Rational(4, 5)),
              3: (sympy.Rational(2, 7), sympy.Rational(3, 7), sympy.Rational(6, 7))}
    values.update(dict(zip(axes, points.get(len(axes), ()))))
    return values


def _number(e: Expr, values: dict[Expr, Any]) -> float:
    return float(sympy.re(sympy.N(e.subs(values))))
