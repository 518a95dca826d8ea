"""Entropy-conservative fluxes: [[v]]·F = [[ψ]], derived by jumps and proved."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import permutations
from typing import TYPE_CHECKING, Any

import sympy
from sympy import Expr
from sympy.polys.matrices import DomainMatrix

from .eigenstructure import primitive_inverse
from .entropy import Entropy
from .factorisation import factored
from .formula import formula, symbol
from .jump import jump, sides, vanishes

if TYPE_CHECKING:
    from .system import System


@dataclass(frozen=True, eq=False)
class EntropyFlux:
    """A two-point flux F with (v(R) − v(L))·F = ψ(R) − ψ(L): its scheme conserves η exactly, by telescoping.

    `unknowns` are those in which it is derived, `back` writes the primitive unknowns in them, `value` is F in the
    symbols w_L, w_R. `dissipation` is 0, or 1 for − s [[u]]/2 with the largest speed s, where η decreases, because
    [[v]]·[[u]] ≥ 0 for convex η. Source: Tadmor, Math. Comp. 49 (1987) 91.
    """

    entropy: Entropy
    axis: str
    unknowns: tuple[sympy.Symbol, ...]
    back: tuple[Expr, ...]
    value: tuple[Expr, ...]

    @cached_property
    def is_conservative(self) -> bool:
        """Whether [[v]]·F = [[ψ]], exactly: logarithms and powers are independent symbols."""
        at_left, at_right = self._sides()
        v = [x.subs(self._renamed()) for x in self.entropy.variables]
        psi = self.entropy.potential(self.axis).subs(self._renamed())
        total = sum((x.subs(at_right) - x.subs(at_left)) * f for x, f in zip(v, self.value))
        return vanishes(total - psi.subs(at_right) + psi.subs(at_left))

    @cached_property
    def is_consistent(self) -> bool:
        """Whether F(u, u) = f(u), exactly."""
        from .entropy import _primitive_flux
        at_left, at_right = self._sides()
        both = {r: l for l, r in zip(at_left.values(), at_right.values())}
        back = {l: u for u, l in at_left.items()}
        return all(vanishes(f.subs(both).subs(back) - g.subs(self._renamed()))
                   for f, g in zip(self.value, _primitive_flux(self.entropy.system, self.axis)))

    def flux(self, left: Sequence[Any], right: Sequence[Any], axis: str | None = None) -> tuple[Expr, ...]:
        """F(u⁻, u⁺) for two states, in formulas."""
        if axis not in (None, self.axis):
            raise ValueError(f"this flux was derived along {self.axis}, not along {axis}. Derive it along {axis}.")
        values: dict[Expr, Any] = {}
        system = self.entropy.system
        inverse = primitive_inverse(system)
        for state, names in zip((left, right), sides(self.unknowns)):
            here = dict(zip(system.state, map(sympy.sympify, state)))
            primitive = {w: inverse.get(w, w).subs(here) for w in system.primitive_symbols}
            for u, name in zip(self.unknowns, names):
                values[name] = self._forward[u].subs(primitive)
        return tuple(f.subs(values, simultaneous=True) for f in self.value)

    def _renamed(self) -> dict[Expr, Expr]:
        return {w: b for w, b in zip(self.entropy.system.primitive_symbols, self.back) if w != b}

    @cached_property
    def _forward(self) -> dict[Expr, Expr]:
        w = self.entropy.system.primitive_symbols
        if tuple(w) == tuple(self.unknowns):
            return {u: u for u in w}
        fresh = [sympy.Dummy(x.name, **x.assumptions0) for x in w]
        found = sympy.solve([b - x for b, x in zip(self.back, fresh)], self.unknowns, dict=True)
        return {u: found[0][u].xreplace(dict(zip(fresh, w))) for u in self.unknowns}

    def _sides(self) -> tuple[dict[Expr, Expr], dict[Expr, Expr]]:
        left, right = sides(self.unknowns)
        return dict(zip(self.unknowns, left)), dict(zip(self.unknowns, right))

    def __repr__(self) -> str:
        return f"<entropy-conservative flux of {self.entropy.system.expression} along {self.axis}: {self.value}>"


def entropy_flux(entropy: Entropy, axis: str, unknowns: Mapping[str, Any] | None = None,
                 positive: Sequence[str] = ()) -> EntropyFlux:
    """F = J⁻ᵀ p, where [[v]] = J [[w]] and [[ψ]] = p [[w]] by the rules of `jump`: then [[v]]·F = [[ψ]].

    `unknowns` writes primitive unknowns in others, on which the flux depends: {"p": "rho/(2*beta)"} gives that of
    Chandrashekar (Comm. Comput. Phys. 14 (2013) 1252) for the Euler equations, {"rho": "z_1*z_3", "v_x": "z_2/z_1",
    "p": "z_3/z_1"} that of Ismail and Roe (J. Comput. Phys. 228 (2009) 5410).

    >>> from pdeconv import catalog
    >>> entropy_flux(catalog.burgers().entropy, "x").value
    (u_L**2/6 + u_L*u_R/6 + u_R**2/6,)
    """
    if not hasattr(entropy, "density"):
        raise TypeError(f"entropy_flux takes an entropy, and {entropy!r} is none. Give system.entropy.")
    system = entropy.system
    w = system.primitive_symbols
    given = dict(unknowns or {})
    known = {x.name for x in w if x.is_positive} | set(positive) | {s.name for s in system.parameters if s.is_positive}
    strange = set(given) - {x.name for x in w}
    if strange:
        raise ValueError(f"{', '.join(sorted(strange))} is no primitive unknown of {system.expression}, which has "
                         f"{', '.join(system.primitive_names)}.")
    back = tuple(formula(given[x.name], known) if x.name in given else x for x in w)
    parameters = set(system.parameters)
    names = sorted({s.name for b in back for s in b.free_symbols if s not in parameters})
    kept = [x.name for x in w if x.name in names] + [n for n in names if n not in {x.name for x in w}]
    made = tuple(next(s for b in back for s in b.free_symbols if s.name == n) for n in kept)
    if len(made) != len(w):
        raise ValueError(f"the unknowns {', '.join(kept)} are not {len(w)}. Write each primitive unknown in as many "
                         "new ones.")
    change = dict(zip(w, back))
    v = [sympy.expand(sympy.expand_log(x.subs(change, simultaneous=True), force=True)) for x in entropy.variables]
    psi = sympy.expand(sympy.expand_log(entropy.potential(axis).subs(change, simultaneous=True), force=True))
    slopes = sympy.Matrix.vstack(*[sympy.Matrix(jump(x, made)) for x in v])
    gradient = sympy.Matrix(jump(psi, made))
    value = _quotient(slopes.T, gradient.T) if len(w) > 1 else sympy.Matrix([gradient[0] / slopes[0, 0]])
    finish = factored if len(w) > 1 else (lambda e: sympy.expand(sympy.cancel(e)))
    return EntropyFlux(entropy, axis, made, back, tuple(finish(sympy.together(e)) for e in value))


def suited_flux(system: System, axis: str) -> EntropyFlux:
    """The entropy-conservative flux in the unknowns in which its denominators are positive.

    Where the entropy variables contain quotients r/q of two positive unknowns, such as ρ/p, β = r/2q takes the place of
    q: that is the flux of Chandrashekar for a gas. Otherwise it is derived in the primitive unknowns.

    >>> from pdeconv import catalog
    >>> suited_flux(catalog.euler().at(gamma="7/5"), "x").unknowns
    (rho, v_x, beta)
    """
    entropy = system.entropy
    positive = [x for x in system.primitive_symbols if x.is_positive]
    terms = [t for v in entropy.variables for t in sympy.Add.make_args(sympy.expand(v))]
    for r, q in permutations(positive, 2):
        if any(t.as_coeff_Mul()[1] == r / q for t in terms) and "beta" not in {s.name for s in system.parameters}:
            return entropy_flux(entropy, axis, {q.name: f"{r.name}/(2*beta)"}, ["beta"])
    return entropy_flux(entropy, axis)


def _quotient(matrix: sympy.Matrix, column: sympy.Matrix) -> sympy.Matrix:
    """M⁻¹ c: rows with one unknown left give it, and the rest is solved over the rational functions."""
    found: dict[int, Expr] = {}
    open_rows = list(range(matrix.rows))
    while ready := [(i, free[0]) for i in open_rows
                    if len(free := [j for j in range(matrix.cols) if matrix[i, j] != 0 and j not in found]) == 1]:
        i, j = ready[0]
        found[j] = factored((column[i] - sum(matrix[i, k] * x for k, x in found.items())) / matrix[i, j])
        open_rows.remove(i)
    rest = [j for j in range(matrix.cols) if j not in found]
    if rest:
        known = sympy.Matrix([column[i] - sum(matrix[i, k] * x for k, x in found.items()) for i in open_rows])
        found |= dict(zip(rest, _dense_quotient(matrix.extract(open_rows, rest), known)))
    return sympy.Matrix([found[j] for j in range(matrix.cols)])


def _dense_quotient(matrix: sympy.Matrix, column: sympy.Matrix) -> sympy.Matrix:
    """M⁻¹ c with one symbol for each entry that differs: few, and the determinant stays the generic one."""
    names: dict[Expr, Expr] = {sympy.S.Zero: sympy.S.Zero}
    left, right = (DomainMatrix.from_Matrix(m.applyfunc(
        lambda e: names.setdefault(e, sympy.Dummy(f"e{len(names)}")))).to_field() for m in (matrix, column))
    left, right = left.unify(right)
    return left.lu_solve(right).to_Matrix().xreplace({s: e for e, s in names.items()})


def entropy_flux_family(entropy: Entropy, axis: str) -> tuple[tuple[Expr, ...], tuple[sympy.Symbol, ...]]:
    """All entropy-conservative fluxes whose terms are products of means of the factors of the terms of f, and the
    parameters that they have: a linear system, for polynomial fluxes and entropy variables.

    Each monomial of the flux in primitive unknowns is split into blocks in all ways, and the mean of each block taken.

    >>> from pdeconv import catalog
    >>> flux, free = entropy_flux_family(catalog.shallow_water(ndim=1).entropy, "x"); len(free)
    1
    """
    from .entropy import _primitive_flux
    system = entropy.system
    w = system.primitive_symbols
    left, right = sides(w)
    flux = _primitive_flux(system, axis)
    if not all(e.is_polynomial(*w) for e in (*flux, *entropy.variables)):
        raise ValueError(f"the fluxes or entropy variables of {system.expression} are not polynomial in the primitive "
                         "unknowns. Use entropy_flux, whose jumps need no ansatz.")
    values: list[Expr] = []
    unknowns: list[sympy.Symbol] = []
    constraints: list[Expr] = []
    for f in flux:
        total: Expr = sympy.S.Zero
        for term in sympy.Add.make_args(f):
            outside, inside = term.as_independent(*w, as_Add=False)
            factors = [x for x in w for _ in range(int(sympy.degree(inside, x)))]
            products = dict.fromkeys(sympy.Mul(*[_mean(sympy.Mul(*b), w, left, right) for b in blocks])
                                     for blocks in _partitions(factors))
            weights = [sympy.Symbol(f"a_{len(unknowns) + k + 1}") for k in range(len(products))]
            unknowns += weights
            constraints.append(sum(weights) - 1)
            total += outside * sum(a * p for a, p in zip(weights, products))
        values.append(total)
    at_left, at_right = dict(zip(w, left)), dict(zip(w, right))
    psi = entropy.potential(axis)
    identity = sum((x.subs(at_right) - x.subs(at_left)) * f for x, f in zip(entropy.variables, values)) - (
        psi.subs(at_right) - psi.subs(at_left))
    equations = sympy.Poly(sympy.expand(identity), *left, *right).coeffs() + constraints
    found = sympy.linsolve(equations, unknowns)
    if not found:
        raise ValueError(f"no product of means is an entropy-conservative flux of {system.expression}. Use "
                         "entropy_flux.")
    solution = dict(zip(unknowns, next(iter(found))))
    free = tuple(a for a in unknowns if solution[a] == a)
    members = [x.subs(solution) for x in values]
    independent = [a for a in free if any(sympy.expand(sympy.diff(x, a)) != 0 for x in members)]
    rows = sympy.Matrix([[sympy.expand(sympy.diff(x, a)) for a in independent] for x in members])
    columns = _independent(rows, (*left, *right))
    renamed = {independent[k]: symbol(f"c_{j + 1}") for j, k in enumerate(columns)}
    others = {a: 0 for a in free if a not in renamed}
    return tuple(sympy.factor_terms(x.subs(others).subs(renamed)) for x in members), tuple(renamed.values())


def _independent(rows: sympy.Matrix, symbols: Sequence[sympy.Symbol]) -> tuple[int, ...]:
    """The columns of polynomials that are linearly independent."""
    monomials: dict[tuple, dict[int, Expr]] = {}
    for i in range(rows.rows):
        for k in range(rows.cols):
            for m, c in sympy.Poly(rows[i, k], *symbols).terms():
                monomials.setdefault((i, m), {})[k] = c
    table = sympy.Matrix([[row.get(k, 0) for k in range(rows.cols)] for row in monomials.values()])
    return table.rref()[1] if table.rows else ()


def _mean(e: Expr, w: Sequence[sympy.Symbol], left: Sequence[sympy.Symbol], right: Sequence[sympy.Symbol]) -> Expr:
    return (e.subs(dict(zip(w, left))) + e.subs(dict(zip(w, right)))) / 2


def _partitions(items: list[Any]) -> list[list[list[Any]]]:
    """The ways to split a list into blocks."""
    if not items:
        return [[]]
    first, *rest = items
    found = []
    for blocks in _partitions(rest):
        found.append([[first], *blocks])
        found += [[*blocks[:k], [first, *blocks[k]], *blocks[k + 1:]] for k in range(len(blocks))]
    return found
