"""Eigenstructure: characteristic speeds and vectors of A(u, n), exactly."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import sympy
from sympy import Expr
from sympy.polys.matrices import DomainMatrix

from .factorisation import factor_list, factored
from .formula import formula, symbol
from .radical import root, tidy
from .system import System

LAMBDA = sympy.Symbol("lambda")


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
        """The matrix of power sums p_{i+j}, i, j < d: positive definite exactly where all roots are real and distinct.

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
        return tuple(factored(self.hermite[:k, :k].det()) for k in range(2, self.degree + 1))

    @cached_property
    def mean(self) -> Expr:
        """The mean of the roots."""
        c = self.coefficients
        return sympy.cancel(-c[1] / (self.degree * c[0]))

    @cached_property
    def offsets(self) -> tuple[Expr, ...]:
        """The roots less their mean, by square roots: of degree one, two, or biquadratic; NoClosedForm otherwise."""
        if self.degree == 1:
            return (sympy.S.Zero,)
        mu = sympy.Symbol("mu")
        lead, *rest = sympy.Poly(sympy.expand(self.polynomial.subs(LAMBDA, mu + self.mean)), mu).all_coeffs()
        c = [sympy.cancel(x / lead) for x in rest]
        if self.degree == 2:
            half = root(-c[1])
            return (-half, half)
        if self.degree == 4 and c[0] == 0 and c[2] == 0:
            inner = root(c[1] ** 2 / 4 - c[3])
            slow, fast = sympy.sqrt(-c[1] / 2 - inner), sympy.sqrt(-c[1] / 2 + inner)
            return (-fast, -slow, slow, fast)
        raise NoClosedForm(f"the characteristic speeds are roots of {self.polynomial}, of degree {self.degree} in λ, "
                           "and square roots do not give them. system.speeds(…) isolates them in certified "
                           "intervals, for numbers in place of all symbols.")

    @property
    def roots(self) -> tuple[Expr, ...]:
        """The roots by square roots; NoClosedForm."""
        return tuple(self.mean + x for x in self.offsets)


@dataclass(frozen=True, eq=False)
class Eigenstructure:
    """A(u, n) R = R Λ and L R = 1, with Λ the speeds: column k of `right` and row k of `left` belong to speeds[k].

    Entries are in the primitive unknowns, where the system names them, and in wave speeds c, whose values are in
    `abbreviations`; directions are unit vectors. Speeds are ordered by their values at one state, for reading only.
    """

    system: System
    direction: tuple[Expr, ...]
    factors: tuple[Factor, ...]
    abbreviations: tuple[tuple[sympy.Symbol, Expr], ...]
    speeds: tuple[Expr, ...]
    right: sympy.ImmutableMatrix
    left: sympy.ImmutableMatrix

    @cached_property
    def in_state(self) -> Eigenstructure:
        """The same with every entry in the unknowns of the state and without abbreviations."""
        back = dict(self.abbreviations)
        inverse = primitive_inverse(self.system)

        def finish(e: Any) -> Expr:
            return tidy(sympy.sympify(e).subs(back).subs(inverse), self.direction)
        return Eigenstructure(self.system, self.direction, self.factors, (), tuple(map(finish, self.speeds)),
                              self.right.applyfunc(finish), self.left.applyfunc(finish))

    @property
    def multiplicities(self) -> dict[Expr, int]:
        """How often each speed occurs."""
        return {speed: self.speeds.count(speed) for speed in dict.fromkeys(self.speeds)}

    def residual(self, digits: int = 50) -> sympy.Float:
        """The largest entry of A R − R Λ and L R − 1 at one rational state and direction, in so many digits."""
        values = sample_point(self.system, self.direction)
        extended = {**values, **{c: e.subs(values) for c, e in self.abbreviations}}
        a = self.system.matrix(self.direction).subs(values).evalf(digits)
        r, l = (m.subs(extended).evalf(digits) for m in (self.right, self.left))
        diagonal = sympy.diag(*[s.subs(extended) for s in self.speeds]).evalf(digits)
        return max(abs(sympy.N(e, digits)) for e in [*(a * r - r * diagonal), *(l * r - sympy.eye(self.system.size))])

    def __repr__(self) -> str:
        where = "".join(f", {c} = {e}" for c, e in self.abbreviations)
        return f"<Eigenstructure of {self.system.expression}: speeds {', '.join(map(str, self.speeds))}{where}>"


def characteristic_factors(system: System, direction: Sequence[Any] | None = None) -> tuple[Factor, ...]:
    """The irreducible factors over Q(symbols) of det(λ − A(u, n)), in primitive unknowns where the system names them.

    >>> from pdeconv import catalog
    >>> [(f.polynomial, f.multiplicity) for f in characteristic_factors(catalog.burgers())]
    [(lambda - u, 1)]
    """
    return system._factors if direction is None else _factors(primitive_matrix(system, direction)[0])


def eigenstructure(system: System, direction: Sequence[Any] | None = None) -> Eigenstructure:
    """The characteristic speeds and biorthonormal vectors of A(u, n) = Σ n_j A_j(u), for every unit vector n.

    In primitive unknowns w the matrix is M⁻¹ A M with M = ∂u/∂w. Where the speeds are λ = m ± c, one symbol of
    f(m + c) = 0, in which it is linear, is eliminated, so that vectors come from linear algebra over a field of
    rational functions. Raises NotHyperbolic where the matrix is not diagonalisable or a speed not real, NoClosedForm.

    >>> from pdeconv import catalog
    >>> eigenstructure(catalog.shallow_water(ndim=1))
    <Eigenstructure of catalog.shallow_water(ndim=1): speeds -c + v_x, c + v_x, c = sqrt(g)*sqrt(h)>
    """
    from .hyperbolicity import NotHyperbolic

    matrix, change = primitive_matrix(system, direction)
    unit = tuple(system.direction if direction is None else map(formula, direction))
    factors = characteristic_factors(system, direction)
    taken = {s.name for m in system.matrices for s in m.free_symbols} | set(system.primitive_names)
    shorter: dict[Expr, sympy.Symbol] = {}
    groups: list[tuple[Expr, list[sympy.Matrix], list[sympy.Matrix]]] = []
    for factor in factors:
        for offset in factor.offsets:
            value = tidy(offset, unit)
            if value.is_real is False:
                raise NotHyperbolic(f"{system.expression} is not hyperbolic: in the direction "
                                    f"({', '.join(map(str, unit))}) its speed {factor.mean + value} is not real. "
                                    "Change the fluxes, or the state.")
            short = _short(value, shorter, taken)
            right, left = (_vectors(m, factor, offset, value, short, unit) for m in (matrix, matrix.T))
            if len(right) != factor.multiplicity:
                raise NotHyperbolic(f"{system.expression} is not hyperbolic: its speed {factor.mean + offset} has "
                                    f"multiplicity {factor.multiplicity}, but only {len(right)} eigenvectors. Change "
                                    "the fluxes.")
            groups.append((factor.mean + short, right, left))
    values = sample_point(system, unit)
    values.update({c: e.subs(values) for e, c in shorter.items()})
    groups.sort(key=lambda g: _number(g[0], values))
    speeds, columns, rows = [], [], []
    for speed, right, left in groups:
        gram = sympy.Matrix([[tidy((l.T * r)[0], unit) for r in right] for l in left])
        inverse = (gram.inv() * sympy.Matrix.vstack(*[l.T for l in left]))
        speeds += [tidy(speed, unit)] * len(right)
        columns += right
        rows += [inverse.row(i) for i in range(len(right))]
    right_matrix, left_matrix = sympy.Matrix.hstack(*columns), sympy.Matrix.vstack(*rows)
    if system.primitive is not None:
        right_matrix, left_matrix = change * right_matrix, left_matrix * _inverted(change)

    def finish(e: Expr) -> Expr:
        return tidy(e, unit)
    return Eigenstructure(system, unit, factors, tuple((c, e) for e, c in shorter.items()), tuple(speeds),
                          sympy.ImmutableMatrix(right_matrix.applyfunc(finish)),
                          sympy.ImmutableMatrix(left_matrix.applyfunc(finish)))


def primitive_matrix(system: System, direction: Sequence[Any] | None = None) -> tuple[sympy.Matrix, sympy.Matrix]:
    """M⁻¹ A M in primitive unknowns and M = ∂u/∂w; A and 1 where the system names none."""
    tables, change = system._primitive_matrices
    total = sum((n * m for n, m in zip(system._along(direction), tables)), sympy.zeros(system.size))
    return total.applyfunc(sympy.cancel), sympy.Matrix(change)


def primitive_matrices(system: System) -> tuple[tuple[sympy.ImmutableMatrix, ...], sympy.ImmutableMatrix]:
    """M⁻¹ A_j M for each axis, and M = ∂u/∂w.

    >>> from pdeconv import catalog
    >>> primitive_matrices(catalog.shallow_water(ndim=1))[0]
    (Matrix([
    [v_x,   h],
    [  g, v_x]]),)
    """
    tables = [sympy.Matrix(m) for m in system.matrices]
    if system.primitive is None:
        return tuple(m.applyfunc(sympy.cancel).as_immutable() for m in tables), sympy.eye(system.size).as_immutable()
    change = sympy.Matrix([[sympy.diff(e, x) for x in system.primitive_symbols] for e in system.primitive])
    inverse, back = _inverted(change), dict(zip(system.state, system.primitive))
    return tuple(_product(inverse, m.subs(back, simultaneous=True), change) for m in tables), change.as_immutable()


def _product(*given: sympy.Matrix) -> sympy.ImmutableMatrix:
    """The product, in lowest terms, by arithmetic in one field of rational functions where there are no radicals."""
    try:
        first, *rest = DomainMatrix.from_Matrix(given[0]).unify(*map(DomainMatrix.from_Matrix, given[1:]))
        total = first.to_field()
        for m in rest:
            total = total * m.to_field()
        return total.to_Matrix().as_immutable()
    except (sympy.CoercionFailed, NotImplementedError, ValueError):
        return sympy.prod(given).applyfunc(sympy.cancel).as_immutable()


def _inverted(matrix: sympy.Matrix) -> sympy.Matrix:
    return DomainMatrix.from_Matrix(matrix).to_field().inv().to_Matrix()


def _factors(matrix: sympy.Matrix) -> tuple[Factor, ...]:
    n = matrix.shape[0]
    mean = sympy.cancel(matrix.trace() / n)  # λ is taken relative to it: fewer symbols, so that factoring is short
    coefficients = _characteristic((matrix - mean * sympy.eye(n)).applyfunc(sympy.cancel))
    polynomial = sum(c * LAMBDA ** (n - k) for k, c in enumerate(coefficients))
    _, found = factor_list(sympy.together(polynomial).as_numer_denom()[0], LAMBDA)
    if mean == 0:
        return tuple(Factor(f, k) for f, k in found if f.has(LAMBDA))
    shifted = [(sympy.fraction(sympy.together(f.subs(LAMBDA, LAMBDA - mean)))[0], k) for f, k in found if f.has(LAMBDA)]
    return tuple(Factor(sympy.Poly(f, LAMBDA).primitive()[1].as_expr(), k) for f, k in shifted)


def _characteristic(matrix: sympy.Matrix) -> list[Expr]:
    """The coefficients of det(λ − M), by falling degree."""
    domain = DomainMatrix.from_Matrix(matrix)
    return [domain.domain.to_sympy(c) for c in domain.charpoly()]


def primitive_inverse(system: System) -> dict[Expr, Expr]:
    """The primitive unknowns in terms of the state."""
    if system.primitive is None:
        return {}
    fresh = [sympy.Dummy(name, **u.assumptions0) for name, u in zip(system.names, system.state)]
    found = sympy.solve([e - u for e, u in zip(system.primitive, fresh)], system.primitive_symbols, dict=True)
    if not found:
        raise NoClosedForm(f"the primitive unknowns {', '.join(system.primitive_names)} could not be written in the "
                           "state. Give others, or none.")
    names = dict(zip(fresh, system.state))
    return {x: e.xreplace(names) for x, e in found[0].items()}


def _short(value: Expr, shorter: dict[Expr, sympy.Symbol], taken: set[str]) -> Expr:
    """±c for a value that is ± a root, with a new symbol for each; the value itself where it has no root."""
    if not any(p.exp.is_Rational and p.exp.q == 2 for p in value.atoms(sympy.Pow)):
        return value
    sign, size = (-1, -value) if value.could_extract_minus_sign() else (1, value)
    if size not in shorter:
        name = next(n for n in ("c", *(f"c_{k}" for k in range(2, 99))) if n not in taken)
        taken.add(name)
        shorter[size] = symbol(name, [name])
    return sign * shorter[size]


def _vectors(matrix: sympy.Matrix, factor: Factor, offset: Expr, value: Expr, short: Expr,
             unit: tuple[Expr, ...]) -> list[sympy.Matrix]:
    """A basis of the null space of M − (mean + offset), in terms of the symbol ±c of the offset."""
    n = matrix.shape[0]
    one = sympy.eye(n)
    if short == value and not offset.atoms(sympy.Pow) & _radicals(offset):
        return _nullspace(matrix - (factor.mean + offset) * one)
    if short.free_symbols and not short.is_number:
        relation = sympy.expand(factor.polynomial.subs(LAMBDA, factor.mean + short))
        for v in sorted(relation.free_symbols & matrix.free_symbols - set(unit) - short.free_symbols, key=str):
            top = sympy.fraction(sympy.together(relation))[0]
            if top.is_polynomial(v) and sympy.degree(top, v) == 1 and not factor.mean.has(v):
                solved = sympy.cancel(sympy.solve(relation, v)[0])
                if solved == 0:
                    continue
                inside = (matrix - (factor.mean + short) * one).subs(v, solved).applyfunc(sympy.cancel)
                return _nullspace(inside)
    if not (matrix - factor.mean * one).free_symbols - set(unit) or factor.multiplicity > 1:
        return _projected(matrix, factor, value, unit)
    return _adjugate(matrix, factor, factor.mean + short)


def _radicals(e: Expr) -> set[Expr]:
    return {p for p in e.atoms(sympy.Pow) if p.exp.is_Rational and p.exp.q == 2}


def _nullspace(matrix: sympy.Matrix) -> list[sympy.Matrix]:
    constant = not matrix.free_symbols and matrix.atoms(sympy.Pow)
    made = DomainMatrix.from_Matrix(matrix, extension=True) if constant else DomainMatrix.from_Matrix(matrix)
    found = made.to_field().nullspace().to_Matrix()
    return [_primitive(found.row(i).T) for i in range(found.rows)]


def _projected(matrix: sympy.Matrix, factor: Factor, value: Expr, unit: tuple[Expr, ...]) -> list[sympy.Matrix]:
    """Independent columns of ∏ (M − λ_j) over the other speeds λ_j, which span the eigenspace of a diagonalisable M.

    They are independent where they are so at one direction, hence in almost all.
    """
    n = matrix.shape[0]
    others = dict.fromkeys(tidy(f.mean + o, unit) for f in _factors(matrix) for o in f.offsets)
    here = tidy(factor.mean + value, unit)
    product = sympy.eye(n)
    for speed in others:
        if sympy.cancel(speed - here) != 0:
            product = (product * (matrix - speed * sympy.eye(n))).applyfunc(lambda e: tidy(e, unit))
    points = {1: (1,), 2: (sympy.Rational(3, 5), sympy.Rational(4, 5)),
              3: (sympy.Rational(2, 7), sympy.Rational(3, 7), sympy.Rational(6, 7))}
    symbols = [x for x in unit if x.is_Symbol]
    at = product.subs(dict(zip(symbols, points.get(len(symbols), ()))))
    return [_primitive(product[:, k]) for k in at.rref()[1]]


def _adjugate(matrix: sympy.Matrix, factor: Factor, speed: Expr) -> list[sympy.Matrix]:
    """The first nonzero column of adj(λ − M) modulo the factor, for a simple root (Faddeev and LeVerrier)."""
    n, coefficients = matrix.shape[0], _characteristic(matrix)
    domain = DomainMatrix.from_Matrix(matrix).to_field()
    one = DomainMatrix.eye(n, domain.domain)
    blocks = [one]
    for k in range(1, n):
        blocks.append(domain * blocks[-1] + one.scalarmul(domain.domain.from_sympy(coefficients[k])))
    tables = [b.to_Matrix() for b in blocks]
    modulus = sympy.Poly(factor.polynomial, LAMBDA)
    for column in range(n):
        entries = [sympy.Poly([t[i, column] for t in tables], LAMBDA) for i in range(n)]
        reduced = [sympy.rem(e, modulus).as_expr() for e in entries]
        if any(sympy.cancel(e) != 0 for e in reduced):
            return [_primitive(sympy.Matrix(reduced)).subs(LAMBDA, speed)]
    return []


def _primitive(column: sympy.Matrix) -> sympy.Matrix:
    """The column without common factors and denominators."""
    denominators = [sympy.fraction(sympy.together(e))[1] for e in column]
    common = sympy.lcm_list(denominators) if denominators else 1
    cleared = [sympy.cancel(e * common) for e in column]
    content = sympy.gcd_list([e for e in cleared if e != 0])
    return sympy.Matrix([sympy.cancel(e / content) for e in cleared])


def _number(e: Expr, values: dict[Expr, Any]) -> float:
    return float(sympy.re(sympy.N(e.subs(values))))


def sample_point(system: System, unit: Sequence[Expr]) -> dict[Expr, Any]:
    """Rational numbers for all symbols that respect the assumptions, the state by primitive unknowns, a unit vector."""
    symbols = sorted({*system.parameters, *system.state, *system.primitive_symbols}, key=lambda s: s.name)
    values: dict[Expr, Any] = {s: sympy.Rational(k + 7, k + 5) if s.is_positive else sympy.Rational(k + 1, 7 * k + 9)
                               for k, s in enumerate(symbols)}
    if system.primitive is not None:
        values.update({u: e.subs(values) for u, e in zip(system.state, system.primitive) if e != u})
    axes = [n for n in unit if n.is_Symbol]
    points = {1: (1,), 2: (sympy.Rational(3, 5), sympy.Rational(4, 5)),
              3: (sympy.Rational(2, 7), sympy.Rational(3, 7), sympy.Rational(6, 7))}
    values.update(dict(zip(axes, points.get(len(axes), ()))))
    return values
