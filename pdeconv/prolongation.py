"""Determining equations: when a vector field maps solutions to solutions, as one sparse linear system."""
from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations_with_replacement
from typing import TYPE_CHECKING, Any

import sympy
from sympy import QQ, Expr
from sympy.polys.matrices import DomainMatrix
from sympy.polys.polyerrors import PolynomialError
from sympy.polys.rings import PolyElement, ring

if TYPE_CHECKING:
    from .system import System

Exponents = tuple[int, ...]
Unknown = tuple[int, Exponents]             # a component and a monomial of the ansatz
Terms = tuple[tuple[Exponents, Any], ...]   # exponents of the unknowns and slopes, coefficient in Q[parameters]


class NotRational(ValueError):
    """A system whose matrices or source are not rational functions of the unknowns and parameters."""


@dataclass(frozen=True, eq=False)
class DeterminingEquations:
    """The linear map (ξ, φ) ↦ E with E_i = pr X (u_t + Σ_j A_j u_j − s)_i where u_t = s − Σ_j A_j u_j.

    With D_μ = ∂_μ + Σ_k u^k_μ ∂_{u_k} and A_t = 1 the prolongation formula gives
    E = Σ_μ A_μ (D_μ φ − Σ_ν u_ν D_μ ξ^ν) + Σ_j (φ·∂_u A_j) u_j − φ·∂_u s,
    linear in ξ, φ and their first derivatives, with coefficients that are rational in u and in the slopes u_j. These
    are found once; the column of a monomial is a shift of their exponents. Source: Olver, Applications of Lie groups
    to differential equations, theorems 2.36 and 2.71.
    """

    system: System
    unknowns: tuple[sympy.Symbol, ...]
    matrices: tuple[sympy.Matrix, ...]
    source: tuple[Expr, ...]

    @cached_property
    def coordinates(self) -> tuple[sympy.Symbol, ...]:
        """The symbols t, x, …"""
        return tuple(sympy.Symbol(name, real=True) for name in ("t", *self.system.axes))

    @property
    def variables(self) -> tuple[sympy.Symbol, ...]:
        """The symbols of coordinates and unknowns."""
        return self.coordinates + self.unknowns

    @cached_property
    def parameters(self) -> tuple[sympy.Symbol, ...]:
        """The other symbols, generic unless numbers are given by system.at(…)."""
        found = {s for e in self._entries for s in e.free_symbols} - set(self.unknowns)
        return tuple(sorted(found, key=lambda s: s.name))

    @property
    def _entries(self) -> list[Expr]:
        return [*(e for m in self.matrices for e in m), *self.source]

    @cached_property
    def field(self) -> Any:
        """Q, or the field of rational functions of the parameters."""
        return QQ.frac_field(*self.parameters) if self.parameters else QQ

    @cached_property
    def _ring(self) -> tuple[Any, tuple[PolyElement, ...]]:
        slopes = [sympy.Symbol(f"_{u}_{a}") for a in self.system.axes for u in self.unknowns]
        made, *generators = ring([*self.parameters, *self.unknowns, *slopes], QQ)
        return made, tuple(generators)

    def _polynomial(self, value: Expr, whole: Expr) -> PolyElement:
        try:
            return self._ring[0].from_expr(sympy.expand(value))
        except (ValueError, PolynomialError):
            raise NotRational(
                f"{whole} in {self.system.expression} is not a rational function, and polynomial determining equations "
                "need one. Name unknowns in which it is rational, System(…, primitive={…}) (for sqrt(h) the "
                "unknown c with h = c**2), and a new parameter for a root of parameters.") from None

    @cached_property
    def _coefficients(self) -> tuple[list[list[list[Terms]]], list[list[Terms]]]:
        """(first, zeroth): by component a of the field, first[a][b][i] multiplies ∂_b of it in E_i, zeroth[a][i] it.

        All is multiplied by D², with D the common denominator of the matrices and the source.
        """
        n, d = len(self.unknowns), self.system.ndim
        polynomials, generators = self._ring
        split = [sympy.fraction(sympy.together(e)) for e in self._entries]
        ratios = [(self._polynomial(p, e), self._polynomial(q, e)) for (p, q), e in zip(split, self._entries)]
        D = polynomials.one
        for _, q in ratios:
            D = D.lcm(q)
        cleared = [p * D.exquo(q) for p, q in ratios]
        B = [[cleared[(j * n + i) * n: (j * n + i + 1) * n] for i in range(n)] for j in range(d)]
        s = cleared[d * n * n:]
        m = len(self.parameters)
        u, slopes = generators[m: m + n], generators[m + n:]
        zero = polynomials.zero
        jet = [[zero] * n, *([D * slopes[j * n + k] for k in range(n)] for j in range(d))]       # D u_μ
        jet[0] = [s[i] - sum((B[j][i][k] * slopes[j * n + k] for j in range(d) for k in range(n)), zero)
                  for i in range(n)]
        A = [[[D if i == k else zero for k in range(n)] for i in range(n)], *B]                  # D A_μ
        first: list[list[list[Terms]]] = []
        zeroth: list[list[Terms]] = []
        for nu in range(1 + d):
            flow = [[sum((A[mu][i][k] * jet[nu][k] for k in range(n)), zero) for i in range(n)] for mu in range(1 + d)]
            table = [[-f for f in row] for row in flow]
            table += [[-sum((self._cleared(A, mu, i, nu, jet, k, D) for mu in range(1 + d)), zero) for i in range(n)]
                      for k in range(n)]
            first.append([[self._terms(f) for f in row] for row in table])
            zeroth.append([()] * n)
        for k in range(n):
            table = [[A[mu][i][k] * D for i in range(n)] for mu in range(1 + d)]
            table += [[sum((A[mu][i][k] * jet[mu][other] for mu in range(1 + d)), zero) for i in range(n)]
                      for other in range(n)]
            first.append([[self._terms(f) for f in row] for row in table])
            dD = D.diff(u[k])
            zeroth.append([self._terms(
                sum(((B[j][i][c].diff(u[k]) * D - B[j][i][c] * dD) * slopes[j * n + c]
                     for j in range(d) for c in range(n)), zero) - (s[i].diff(u[k]) * D - s[i] * dD))
                for i in range(n)])
        return first, zeroth

    def _cleared(self, A, mu: int, i: int, nu: int, jet, k: int, D: PolyElement) -> PolyElement:
        """D² (A_μ u_ν)_i u^k_μ: of A_μ, u_ν and u_μ one is free of D, because A_t = 1 and u_j are."""
        n = len(self.unknowns)
        if mu == 0:
            return jet[nu][i] * jet[0][k]
        slope = self._ring[1][len(self.parameters) + n + (mu - 1) * n + k]
        return sum((A[mu][i][c] * jet[nu][c] for c in range(n)), self._ring[0].zero) * slope

    def _terms(self, f: PolyElement) -> Terms:
        m = len(self.parameters)
        if not m:
            return tuple(f.terms())
        found: dict[Exponents, dict] = {}
        for e, c in f.terms():
            found.setdefault(e[m:], {})[e[:m]] = c
        fractions = self.field.field
        return tuple((e, fractions(fractions.ring.from_dict(c))) for e, c in found.items())

    def matrix(self, ansatz: Sequence[Unknown]) -> list[dict[int, Any]]:
        """The rows of the linear system for the coefficients of the ansatz, one for each monomial of each E_i."""
        first, zeroth = self._coefficients
        width = self.system.ndim + 1
        rows: dict[tuple, dict[int, Any]] = {}

        def add(column: int, table: Sequence[Terms], monomial: Exponents, factor: int) -> None:
            space, state = monomial[:width], monomial[width:]
            for i, terms in enumerate(table):
                for e, c in terms:
                    key = (i, space, tuple(map(int.__add__, e, state)) + e[len(state):])
                    row = rows.setdefault(key, {})
                    row[column] = row.get(column, 0) + factor * c
        for column, (a, e) in enumerate(ansatz):
            add(column, zeroth[a], e, 1)
            for b, power in enumerate(e):
                if power:
                    add(column, first[a][b], (*e[:b], power - 1, *e[b + 1:]), power)
        return [kept for row in rows.values() if (kept := {j: c for j, c in row.items() if c})]

    def monomials(self, degree: int) -> list[Exponents]:
        """The exponents of all monomials in coordinates and unknowns up to a degree, low degrees first."""
        size = len(self.variables)
        return [tuple(chosen.count(a) for a in range(size)) for k in range(degree + 1)
                for chosen in combinations_with_replacement(range(size), k)]


def determining_equations(system: System, state: bool = False) -> DeterminingEquations:
    """The determining equations in the primitive unknowns, where the system names them, or in its `state`: for
    u = U(w) and M = ∂U/∂w the matrices are M⁻¹ A_j M and the source is M⁻¹ s."""
    if system.primitive is None or state:
        return DeterminingEquations(system, system.state, system.matrices, system.source)
    unknowns = system.primitive_symbols
    at = dict(zip(system.state, system.primitive))
    change = sympy.Matrix(system.primitive).jacobian(unknowns)
    back = change.inv()
    matrices = tuple((back * m.xreplace(at) * change).applyfunc(sympy.cancel) for m in system.matrices)
    source = tuple(sympy.cancel(e) for e in back * sympy.Matrix(system.source).xreplace(at))
    return DeterminingEquations(system, unknowns, matrices, source)


def null_space(rows: Iterable[dict[int, Any]], size: int, field: Any) -> list[dict[int, Any]]:
    """A basis of {x : Σ_j row_j x_j = 0} over a field, in reduced echelon form, with unknowns that single equations
    make zero removed first, which is nearly all of them.

    >>> null_space([{0: QQ(2)}, {0: QQ(1), 1: QQ(1), 2: QQ(1)}], 3, QQ)
    [{1: -1, 2: 1}]
    """
    left = [row for row in rows if row]
    zero: set[int] = set()
    while True:
        found = {j for row in left if len(row) == 1 for j in row}
        if not found:
            break
        zero |= found
        left = [kept for row in left if (kept := {j: c for j, c in row.items() if j not in found})]
    distinct = {}
    for row in left:
        lead = row[min(row)]
        scaled = {j: c / lead for j, c in sorted(row.items())}
        distinct[tuple(scaled.items())] = scaled
    used = [j for j in range(size) if j not in zero]
    place = {j: k for k, j in enumerate(used)}
    if not used:
        return []
    entries = {i: {place[j]: c for j, c in row.items()} for i, row in enumerate(distinct.values())}
    matrix = DomainMatrix(entries, (len(entries), len(used)), field)
    basis = matrix.to_sparse().nullspace()
    return [{used[k]: c for k, c in sorted(row.items())} for _, row in sorted(basis.rep.to_sdm().items())]


__all__ = ["DeterminingEquations", "NotRational", "determining_equations", "null_space"]
