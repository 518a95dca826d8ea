"""Hyperbolicity: decided by factoring the characteristic polynomial, with conditions on the state."""
from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import combinations, product
from typing import TYPE_CHECKING

import sympy
from sympy import Expr
from sympy.polys.matrices import DomainMatrix

from .factorisation import factor_list, factored
from .sign import is_nonnegative, sign

if TYPE_CHECKING:
    from .eigenstructure import Factor
    from .symmetriser import Symmetriser
    from .system import System


class NotHyperbolic(ValueError):
    """A system with a direction in which an eigenvalue is not real, or eigenvectors are missing."""


@dataclass(frozen=True)
class Witness:
    """A direction ξ and the eigenvalue of A(u, ξ) there that is not real, or has too few eigenvectors."""

    direction: tuple[Expr, ...]
    eigenvalue: Expr
    defective: bool
    state: tuple[tuple[str, Expr], ...] = ()

    def __str__(self) -> str:
        where = ", ".join(f"{name} = {value}" for name, value in self.state)
        at = f" at {where}" if where else ""
        ξ = ", ".join(map(str, self.direction))
        fault = "has fewer eigenvectors than its multiplicity" if self.defective else "is not real"
        return f"in the direction ξ = ({ξ}){at} the eigenvalue {self.eigenvalue} {fault}"


@dataclass(frozen=True, eq=False)
class Hyperbolicity:
    """The verdict: `kind` is "strict", "strong" (real speeds, complete vectors), "conditional" or "not hyperbolic".

    Strict: all speeds are real and distinct in every direction. Strong, that is hyperbolic: all real, with a complete
    set of eigenvectors. Conditional: strong wherever all `conditions` are positive. It is true where hyperbolic without
    conditions.
    """

    system: System
    kind: str
    conditions: tuple[Expr, ...]
    witness: Witness | None

    def __bool__(self) -> bool:
        return self.kind in ("strict", "strong")

    @property
    def is_strict(self) -> bool:
        """Whether the speeds are distinct for every state and direction."""
        return self.kind == "strict"

    @property
    def is_symmetric(self) -> bool:
        """Whether it is symmetric hyperbolic for all states: a positive definite symmetriser without conditions is
        found.

        >>> from pdeconv import catalog
        >>> catalog.elasticity().hyperbolicity.is_symmetric
        True
        """
        from .symmetriser import NotSymmetrisable
        try:
            return not self.symmetriser.conditions
        except NotSymmetrisable:
            return False

    @property
    def symmetriser(self) -> Symmetriser:
        """Friedrichs' symmetriser; see `symmetriser.symmetriser`. Raises NotSymmetrisable."""
        return self.system.symmetriser

    def require(self) -> None:
        """Raise NotHyperbolic with the witness, or with the conditions that are not known to hold."""
        if self.kind == "not hyperbolic":
            raise NotHyperbolic(f"{self.system.expression} is not hyperbolic: {self.witness}. Change the fluxes, or "
                                "the state at which it is taken.")

    def __repr__(self) -> str:
        if self.kind == "not hyperbolic":
            return f"<not hyperbolic: {self.witness}>"
        where = " where " + ", ".join(f"{c} > 0" for c in self.conditions) if self.conditions else ""
        words = {"strict": "strictly hyperbolic", "strong": "hyperbolic", "conditional": "hyperbolic"}[self.kind]
        return f"<{words}{where}>"


def hyperbolicity(system: System) -> Hyperbolicity:
    """Whether A(u, n) has real eigenvalues and complete eigenvectors for every direction n, by factors of det(λ − A).

    A factor has real, distinct roots exactly where the leading minors of its Hermite matrix are positive (Sylvester).
    Where signs follow from the assumptions the answer is unconditional; otherwise they are its conditions. Completeness
    is the dimension of the null space of each factor over the field of rational functions and, where speeds of two
    factors may meet, a symmetriser, or else that no spectral projector has a pole there: poles are conditions too.
    Symmetric matrices need no conditions (spectral theorem).

    >>> from pdeconv import System
    >>> System(x=[[0, 1], [1, 0]]).hyperbolicity
    <strictly hyperbolic>
    >>> System(x=[[0, 1], [-1, 0]]).hyperbolicity
    <not hyperbolic: in the direction ξ = (1) the eigenvalue -I is not real>
    """
    from .eigenstructure import characteristic_factors

    unit = system.direction
    factors = characteristic_factors(system)
    if all(m == m.T for m in system._primitive_matrices[0]):
        simple = all(sign(_spherical(c, unit), unit) == 1 for f in factors for c in f.conditions)
        return Hyperbolicity(system, "strict" if simple and not _meetings(factors, unit) else "strong", (), None)
    conditions: list[Expr] = []
    for factor in factors:
        for condition in factor.conditions:
            reduced = _spherical(condition, unit)
            found = sign(reduced, unit)
            if found is not None and found <= 0:
                return Hyperbolicity(system, "not hyperbolic", (), _not_real(system, factor))
            if found is None:
                if not reduced.free_symbols - set(unit):
                    witness = _not_real(system, factor)
                    if witness is not None:
                        return Hyperbolicity(system, "not hyperbolic", (), witness)
                conditions.append(_essential(reduced, unit))
    defect = _defective(system, factors)
    if defect is not None:
        return Hyperbolicity(system, "not hyperbolic", (), defect)
    meetings = _meetings(factors, unit)
    uncertain = [m for m in meetings if m != 0]
    directed = [c for c in conditions if c.has(*unit)] if system.ndim > 1 else []
    if uncertain or directed:
        defect = next(filter(None, (_in_a_direction(system, c) for c in directed)), None)
        certain = _symmetriser_conditions(system) if defect is None else None
        if certain is not None:
            return Hyperbolicity(system, "conditional" if certain else "strong", certain, None)
    poles = _poles(system, factors) if uncertain and defect is None else []
    defect = defect or next(filter(None, (_in_a_direction(system, p) for p in poles)), None)
    if defect is not None:
        return Hyperbolicity(system, "not hyperbolic", (), defect)
    conditions += [p ** 2 for p in poles]
    if conditions:
        return Hyperbolicity(system, "conditional", tuple(dict.fromkeys(conditions)), None)
    return Hyperbolicity(system, "strong" if meetings else "strict", (), None)


def _spherical(e: Expr, unit: tuple[Expr, ...]) -> Expr:
    symbols = [n for n in unit if n.is_Symbol]
    return factored(e.subs(sympy.expand(sum(n ** 2 for n in symbols)), 1)) if len(symbols) > 1 else factored(e)


def _essential(e: Expr, unit: tuple[Expr, ...]) -> Expr:
    """The factors of a condition whose sign is not known."""
    total: Expr = sympy.S.One
    for part in sympy.fraction(factored(e)):
        content, factors = factor_list(part)
        total *= sympy.sign(content)
        for f, k in factors:
            found = sign(f, unit)
            total *= found ** k if found else f ** (k % 2 or 2)
    return total


def _meetings(factors: tuple[Factor, ...], unit: tuple[Expr, ...]) -> list[Expr]:
    """Expressions that vanish where two speeds may be equal: resultants of factors; 0 for a repeated factor."""
    from .eigenstructure import LAMBDA
    found: list[Expr] = [sympy.S.Zero for f in factors if f.multiplicity > 1]
    for f, g in combinations(factors, 2):
        meeting = _spherical(sympy.resultant(f.polynomial, g.polynomial, LAMBDA), unit)
        if not sign(meeting, unit):
            found.append(meeting)
    return found


def _symmetriser_conditions(system: System) -> tuple[Expr, ...] | None:
    """Conditions on the parameters alone under which a positive definite S with S A_j symmetric is found, so that
    speeds are real and vectors complete at all states; None where there is none."""
    from .entropy import NoEntropy
    from .symmetriser import NotSymmetrisable, _constant, family
    unknowns = set(system.primitive_symbols)
    try:
        if any(m.free_symbols & unknowns for m in system._primitive_matrices[0]):
            conditions = system.entropy.conditions
        elif system.ndim > 1:
            conditions = _constant(system, family(system)).conditions
        else:
            return None
    except (NoEntropy, NotSymmetrisable):
        return None
    return None if any(c.free_symbols & unknowns for c in conditions) else conditions


def _poles(system: System, factors: tuple[Factor, ...]) -> list[Expr]:
    """The factors of unknown sign of the denominators of the spectral projectors: where none vanishes, they are the
    projectors onto complete eigenspaces.

    That of f is w(M) with w = 1 modulo f and w = 0 modulo the other factors.
    """
    from .eigenstructure import LAMBDA, primitive_matrix
    matrix, _ = primitive_matrix(system)
    unit = system.direction
    found: dict[Expr, None] = {}
    for factor in factors:
        others = sympy.prod(g.polynomial for g in factors if g != factor)
        inverse = sympy.invert(others, factor.polynomial, LAMBDA)
        value = sympy.zeros(system.size)
        for c in sympy.Poly(others * inverse, LAMBDA).all_coeffs():
            value = (value * matrix + c * sympy.eye(system.size)).applyfunc(sympy.cancel)
        for e in value:
            for part, _ in factor_list(_spherical(sympy.fraction(sympy.together(e))[1], unit))[1]:
                if not sign(part, unit):
                    found[part] = None
    return list(found)


def _in_a_direction(system: System, condition: Expr) -> Witness | None:
    """A direction of small integers in which a condition fails at all states, if A is not hyperbolic there."""
    from .system import System
    unit = [n for n in system.direction if n.is_Symbol]
    if not condition.has(*unit):
        return None
    directions: list[tuple[int, ...]] = sorted((v for v in product((-1, 0, 1), repeat=len(unit)) if any(v)),
                                               key=lambda v: (sum(map(abs, v)), [-x for x in v]))
    if len(unit) == 2 and condition.free_symbols <= set(unit):
        slopes = sympy.roots(sympy.Poly(condition.subs(unit[0], 1), unit[1]), filter="Q")
        directions += [(int(t.q), int(t.p)) for t in slopes]
    for direction in directions:
        length = sympy.sqrt(sum(x * x for x in direction))
        found = sign(sympy.expand(condition.subs({n: x / length for n, x in zip(unit, direction)}, simultaneous=True)))
        if found is None or found > 0:
            continue
        along = System(state=system.names, positive=tuple(system.positive), x=system.matrix(direction).tolist())
        witness = along.hyperbolicity.witness
        if witness is not None:
            return replace(witness, direction=tuple(map(sympy.Integer, direction)))
    return None


def _defective(system: System, factors: tuple[Factor, ...]) -> Witness | None:
    """A repeated factor with too few eigenvectors, generically."""
    from .eigenstructure import primitive_matrix
    if all(f.multiplicity == 1 for f in factors):
        return None
    matrix, _ = primitive_matrix(system)
    for factor in (f for f in factors if f.multiplicity > 1):  # f(M) has the rank n − deg f · multiplicity, or more
        value = sympy.zeros(system.size)
        for c in factor.coefficients:
            value = (value * matrix + c * sympy.eye(system.size)).applyfunc(sympy.cancel)
        rank = DomainMatrix.from_Matrix(value).to_field().rank()
        if system.size - rank < factor.degree * factor.multiplicity:
            return Witness(tuple(system.direction), factor.roots[0], True)
    return None


def _not_real(system: System, factor: Factor) -> Witness | None:
    """A direction of small integers, at a state that respects the assumptions, where the factor has a root that is not
    real: a witness is checked, however it was found."""
    from .eigenstructure import LAMBDA, sample_point
    symbols = [n for n in system.direction if n.is_Symbol]
    state = dict(sample_point(system, ()).items())
    used = [s for s in factor.polynomial.free_symbols if s in state]
    for values in sorted(product(range(-3, 4), repeat=len(symbols)), key=lambda v: (sum(map(abs, v)), [-x for x in v])):
        if symbols and not any(values):
            continue
        at = factor.polynomial.subs({**dict(zip(symbols, values)), **state})
        poly = sympy.Poly(at, LAMBDA).sqf_part()
        if poly.count_roots() < poly.degree():
            root = next(r for r in poly.nroots() if not r.is_real) if poly.degree() > 2 else next(
                r for r in sympy.roots(poly) if not r.is_real)
            direction = tuple(map(sympy.Integer, values)) if symbols else (sympy.S.One,)
            return Witness(direction, root, False, tuple((s.name, state[s]) for s in used))
    return None


__all__ = ["Hyperbolicity", "NotHyperbolic", "Witness", "hyperbolicity", "is_nonnegative"]
