"""Characteristic fields: genuinely nonlinear or linearly degenerate, and their Riemann invariants."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import sympy
from sympy import Expr

from .eigenstructure import LAMBDA, Eigenstructure, Factor, _inverted, _primitive, _product, _radicals
from .factorisation import factored
from .integrate import NotIntegrated, antiderivative, solve_for
from .radical import tidy
from .sign import sign

if TYPE_CHECKING:
    from .system import System


@dataclass(frozen=True, eq=False)
class CharacteristicField:
    """The eigenspace of one speed λ: `vectors` are its basis r in primitive unknowns w, a column each.

    `nonlinearity` is ∇λ·r for each vector. The field is "linearly degenerate" where all vanish identically, "genuinely
    nonlinear" where it is simple and ∇λ·r has one sign for all states, otherwise "nonlinear": ∇λ·r vanishes at some
    states, or its sign is not decided. Source: Lax, Comm. Pure Appl. Math. 10 (1957) 537.
    """

    system: System
    direction: tuple[Expr, ...]
    speed: Expr
    vectors: sympy.ImmutableMatrix
    nonlinearity: tuple[Expr, ...]
    abbreviations: tuple[tuple[sympy.Symbol, Expr], ...]

    @property
    def multiplicity(self) -> int:
        """The dimension of the eigenspace."""
        return self.vectors.cols

    @cached_property
    def kind(self) -> str:
        """"linearly degenerate", "genuinely nonlinear" or "nonlinear"."""
        if not any(self.nonlinearity):
            return "linearly degenerate"
        one = self.multiplicity == 1 and sign(self.nonlinearity[0], self.direction)
        return "genuinely nonlinear" if one else "nonlinear"

    @cached_property
    def riemann_invariants(self) -> tuple[Expr, ...]:
        """n − m independent functions I(w) with ∇I·r = 0 for all m vectors r, in primitive unknowns.

        Of the equations dw_i/dw_j = r_i/r_j of an integral curve those are integrated that hold two unknowns, one at a
        time; what they leave constant is put into the others. Raises NotIntegrated with the equation that was left.

        >>> from pdeconv import catalog
        >>> [f.riemann_invariants for f in catalog.shallow_water(ndim=1).characteristic_fields()]
        [(2*sqrt(g)*sqrt(h) + v_x,), (-2*sqrt(g)*sqrt(h) + v_x,)]
        """
        found = _linear_invariants(self) if self.multiplicity > 1 or _is_constant(self) else _integrated(self)
        for invariant in found:  # proved, however they were found
            if any(self._along(invariant, k) != 0 for k in range(self.multiplicity)):
                raise NotIntegrated(f"{invariant} was found as a Riemann invariant of {self!r}, and ∇I·r = 0 could not "
                                    "be proved. Check invariants by hand.")
        return found

    def _along(self, function: Expr, k: int) -> Expr:
        """∇I·r for vector k, without abbreviations."""
        back = dict(self.abbreviations)
        r = self.vectors[:, k].subs(back)
        total = sum(sympy.diff(function.subs(back), w) * x for w, x in zip(self.system.primitive_symbols, r))
        return sympy.S.Zero if total == 0 else tidy(sympy.powsimp(sympy.expand(total), force=False), self.direction)

    def __repr__(self) -> str:
        times = f", {self.multiplicity}-fold" if self.multiplicity > 1 else ""
        return f"<{self.kind} field of speed {self.speed}{times}>"


def characteristic_fields(system: System, direction: Sequence[Any] | None = None) -> tuple[CharacteristicField, ...]:
    """The characteristic fields of A(u, n), by rising speed, each with ∇λ·r decided exactly.

    The gradient of a speed that is a root of f(λ, w) is −∇f / f_λ, reduced modulo f. Raises NotHyperbolic,
    NoClosedForm.

    >>> from pdeconv import catalog
    >>> for field in characteristic_fields(catalog.euler()):
    ...     field
    <genuinely nonlinear field of speed -c + v_x>
    <linearly degenerate field of speed v_x>
    <genuinely nonlinear field of speed c + v_x>
    """
    found = system.eigenstructure(direction)
    vectors = _in_primitive(found)
    made = []
    for speed in found.multiplicities:
        columns = [k for k, s in enumerate(found.speeds) if s == speed]
        r = vectors[:, columns]
        gradient = _gradient(found, speed)
        values = tuple(_reduced(sum(g * x for g, x in zip(gradient, r[:, k])), found, speed) if any(gradient) else
                       sympy.S.Zero for k in range(r.cols))
        made.append(CharacteristicField(system, found.direction, speed, r.as_immutable(), values, found.abbreviations))
    return tuple(made)


def _in_primitive(found: Eigenstructure) -> sympy.Matrix:
    """The right vectors in primitive unknowns, M⁻¹ r."""
    if found.system.primitive is None:
        return sympy.Matrix(found.right)
    change = sympy.Matrix(found.system._primitive_matrices[1])
    product = sympy.Matrix(_product(_inverted(change), sympy.Matrix(found.right)))
    return product.applyfunc(lambda e: tidy(e, found.direction))


def _relation(found: Eigenstructure, short: sympy.Symbol) -> tuple[Expr, Factor]:
    """The polynomial in c that the abbreviated offset of a speed satisfies."""
    value = dict(found.abbreviations)[short]
    for factor in found.factors:
        for offset in factor.offsets:
            if tidy(offset, found.direction) in (value, -value):
                shifted = sympy.together(factor.polynomial.subs(LAMBDA, factor.mean + short))
                return sympy.expand(sympy.fraction(shifted)[0]), factor
    raise NotIntegrated(f"{short} = {value} belongs to no speed.")


def _gradient(found: Eigenstructure, speed: Expr) -> list[Expr]:
    """∂λ/∂w with the offset differentiated through its polynomial."""
    w = found.system.primitive_symbols
    shorts = [c for c, _ in found.abbreviations if speed.has(c)]
    total = [sympy.diff(speed, x) for x in w]
    for c in shorts:
        relation, _ = _relation(found, c)
        slope, weight = sympy.diff(relation, c), sympy.diff(speed, c)
        total = [t - weight * sympy.diff(relation, x) / slope for t, x in zip(total, w)]
    return total


def _reduced(value: Expr, found: Eigenstructure, speed: Expr) -> Expr:
    """The value modulo the polynomial of c, in lowest terms and with n·n = 1, factored."""
    for c in [c for c, _ in found.abbreviations if speed.has(c)]:
        relation, _ = _relation(found, c)
        modulus = sympy.Poly(relation, c)
        top, bottom = sympy.fraction(sympy.together(value))
        top, bottom = (sympy.rem(sympy.Poly(x, c), modulus).as_expr() for x in (top, bottom))
        value = top / bottom
    return factored(tidy(value, found.direction))


def _is_constant(field: CharacteristicField) -> bool:
    return not field.vectors.subs(dict(field.abbreviations)).free_symbols & set(field.system.primitive_symbols)


def _linear_invariants(field: CharacteristicField) -> tuple[Expr, ...]:
    """l·w for the constant vectors l that annihilate the eigenspace, where they are enough."""
    w = field.system.primitive_symbols
    unknowns = set(w) | {c for c, e in field.abbreviations if e.free_symbols & set(w)}
    reduced = field.vectors.T.rref(iszerofunc=lambda e: sympy.cancel(e) == 0, simplify=sympy.cancel)[0]
    reduced = reduced.applyfunc(lambda e: tidy(e, field.direction))
    if reduced.free_symbols & unknowns:
        raise NotIntegrated(f"the {field.multiplicity}-fold eigenspace of the speed {field.speed} turns with the "
                            "state, and its invariants solve more than one equation at once. Give another direction, "
                            "or other primitive unknowns.")
    return tuple(sympy.expand(sum(tidy(x, field.direction) * y for x, y in zip(_primitive(sympy.Matrix(l)), w)))
                 for l in reduced.nullspace())


def _integrated(field: CharacteristicField) -> tuple[Expr, ...]:
    w = field.system.primitive_symbols
    nested = {c for c, e in field.abbreviations if any(_radicals(p.base) for p in _radicals(e))}  # kept as they are
    back = {c: e for c, e in field.abbreviations if c not in nested}
    r = [tidy(e.subs(back), field.direction) for e in field.vectors]
    moving = [k for k, x in enumerate(r) if x != 0]
    still = {x for x, e in zip(w, r) if e == 0}
    found: list[Expr] = [x for x in w if x in still]
    moves = set(w) - still | nested
    part = {k: {k} for k in moving}  # the unknowns that are functions of one another along the curve
    waiting: list[tuple[int, Expr, Expr]] = []  # w_i from its invariant: not yet put into the other equations
    constants: dict[Expr, Expr] = {}
    while len(found) < len(w) - 1:
        pairs = ((i, j) for j in moving for i in moving if i not in part[j])
        step = next((s for i, j in pairs if (s := _one_step(r, w, i, j, moves))), None)
        if step is not None:
            i, j, invariant = step
            found.append(invariant)
            stands = sympy.Dummy(f"K_{w[i].name}", real=True, positive=invariant.is_positive)
            solved = solve_for(invariant - stands, w[i])
            if solved is not None:
                waiting.append((i, stands, solved))
                constants[stands] = invariant
            joined = part[i] | part[j]
            part |= dict.fromkeys(joined, joined)
        elif waiting and not any(x.has(*nested) for x in r if nested):
            i, _, solved = waiting.pop(0)
            r = [sympy.powsimp(sympy.powdenest(sympy.powsimp(x.subs(w[i], solved)))) for x in r]
        else:
            j, i = next((j, i) for j in moving for i in moving if i not in part[j])
            raise NotIntegrated(f"d{w[i]}/d{w[j]} = {_brief(r[i] / r[j])} along the field of speed {field.speed} could "
                                "not be integrated in two unknowns. Give numbers for parameters, or verify an "
                                "invariant by ∇I·r = 0.")
    while any(x.has(*constants) for x in found if constants):
        found = [x.subs(constants) for x in found]
    return tuple(sympy.Add(*[_factored(t) for t in sympy.Add.make_args(x)]) for x in found)


def _factored(term: Expr) -> Expr:
    """A product with powers of one base joined and rational numbers taken out of its factors."""
    top, bottom = sympy.fraction(sympy.together(sympy.powsimp(term)))
    return sympy.powsimp(sympy.factor_terms(top) / sympy.factor_terms(factored(bottom)))


def _one_step(r: list[Expr], w: Sequence[sympy.Symbol], i: int, j: int,
              moves: set[sympy.Symbol]) -> tuple[int, int, Expr] | None:
    """Integrate dw_i/dw_j where it holds no other moving unknown and its variables separate."""
    slope = sympy.powsimp(r[i] / r[j])
    if slope.free_symbols & moves - {w[i], w[j]}:
        slope = sympy.powsimp(tidy(slope))
        if slope.free_symbols & moves - {w[i], w[j]}:
            return None
    try:
        if not slope.has(w[i]):
            return i, j, _plain(w[i] - antiderivative(slope, w[j]))
        apart = sympy.separatevars(slope, symbols=[w[i], w[j]], dict=True)
        if not apart:
            return None
        return i, j, _plain(antiderivative(1 / apart[w[i]], w[i]) - antiderivative(apart["coeff"] * apart[w[j]], w[j]))
    except NotIntegrated:
        return None


def _plain(invariant: Expr) -> Expr:
    """a log x + b log y as x^a y^b, which is as constant; a multiple without a common factor."""
    terms = sympy.Add.make_args(sympy.expand(invariant))
    if all(t.has(sympy.log) for t in terms):
        return sympy.powsimp(sympy.simplify(sympy.exp(sympy.expand_log(invariant))))
    return invariant


def _brief(e: Expr) -> str:
    shown = str(e)
    return shown if len(shown) < 200 else shown[:200] + " …"
