"""Weno: weighted essentially non-oscillatory reconstruction of any odd order, derived."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import TYPE_CHECKING

import sympy
from sympy import Expr, Rational

from .interpolation import face_weights
from .muscl import eigenvectors
from .reconstruction import Let, Reconstruction, State, plain

if TYPE_CHECKING:
    from .system import System

EPSILON = Rational(1, 10 ** 6)


@dataclass(frozen=True)
class Weno(Reconstruction):
    """u⁻ = Σ_k ω_k q_k with ω_k ∝ d_k/(ε + β_k)², from r polynomials of degree r − 1 (Jiang and Shu, 1996).

    The candidates q_k, the optimal weights d_k, for which Σ d_k q_k is the value of order 2r − 1, and the smoothness
    indicators β_k = Σ_l ∫ h^{2l−1} (p_k^{(l)})² over the cell are solved for, not typed in.

    >>> Weno("weno5").optimal
    (1/10, 3/5, 3/10)
    """

    on: str = "components"

    @property
    def size(self) -> int:
        """The number r of candidates."""
        return (int(self.name[4:].removesuffix("-z")) + 1) // 2

    @property
    def reach(self) -> int:
        """r."""
        return self.size

    @cached_property
    def stencils(self) -> tuple[tuple[int, ...], ...]:
        """The cells of each candidate, relative to the cell on the left of the face, from the left."""
        r = self.size
        return tuple(tuple(range(k - r + 1, k + 1)) for k in range(r))

    @cached_property
    def candidates(self) -> tuple[dict[int, Expr], ...]:
        """The weights of each q_k."""
        return tuple(face_weights(cells) for cells in self.stencils)

    @cached_property
    def optimal(self) -> tuple[Expr, ...]:
        """The d_k with Σ d_k q_k = the value at the face of the polynomial over all 2r − 1 cells."""
        r = self.size
        full = face_weights(range(1 - r, r))
        d = sympy.symbols(f"d_0:{r}")
        equations = [sum((d[k] * q.get(m, 0) for k, q in enumerate(self.candidates)), sympy.S.Zero) - w
                     for m, w in full.items()]
        (found,) = sympy.linsolve(equations, d)
        return tuple(found)

    @cached_property
    def smoothness(self) -> tuple[sympy.ImmutableMatrix, ...]:
        """The quadratic forms of the β_k in the means over the cells of each candidate."""
        x = sympy.Dummy("x")
        found = []
        for cells in self.stencils:
            weights = face_weights(cells, x)  # the polynomial p_k(x) = Σ w_m(x) u_m
            form = sympy.zeros(len(cells))
            for l in range(1, self.size):
                rows = [sympy.Poly(weights[m], x).diff((x, l)) for m in cells]
                form += sympy.Matrix(len(cells), len(cells), lambda i, j, rows=rows: _over_cell(rows[i] * rows[j]))
            found.append(form.as_immutable())
        return tuple(found)

    @cached_property
    def order(self) -> int:
        """min(2r − 1, r + κ), where the β_k agree up to the relative order h^κ at points with u′ ≠ 0, by Taylor."""
        r = self.size
        h, jets = sympy.Symbol("h"), sympy.symbols(f"u_1:{r + 2}")
        series = []
        for cells, form in zip(self.stencils, self.smoothness):
            means = [sum((s * h ** n * ((k + sympy.S.Half) ** (n + 1) - (k - sympy.S.Half) ** (n + 1))
                          / sympy.factorial(n + 1) for n, s in enumerate(jets, 1)), sympy.S.Zero) for k in cells]
            column = sympy.Matrix(means)
            series.append(sympy.Poly(sympy.expand((column.T * form * column)[0]), h))
        agree = 0
        while agree < r and len({s.coeff_monomial(h ** (2 + agree)) for s in series}) == 1:
            agree += 1
        return min(2 * r - 1, r + agree)

    def values(self, cells: Sequence[State], system: System, axis: str, let: Let = plain) -> tuple[State, State]:
        """(u⁻, u⁺) at the face in the middle of 2r cells."""
        if self.on == "components":
            return self._row(cells, let), self._row(cells[::-1], let)
        r = self.size
        mean = [let((a + b) / 2) for a, b in zip(cells[r - 1], cells[r])]
        right, left = (m.applyfunc(let) for m in eigenvectors(system, axis, mean))
        turned = [tuple(let(e) for e in left * sympy.Matrix(list(c))) for c in cells]
        return tuple(tuple(right * sympy.Matrix(self._row(rows, let))) for rows in (turned, turned[::-1]))  # type: ignore

    def _row(self, cells: Sequence[State], let: Let) -> State:
        return tuple(self.value([c[i] for c in cells[:-1]], let) for i in range(len(cells[0])))

    def value(self, row: Sequence[Expr], let: Let = plain) -> Expr:
        """u⁻ of one unknown from its means over the cells 1 − r, …, r − 1."""
        r = self.size
        u = dict(zip(range(1 - r, r), row))
        betas = [let(_square_sum(form, [u[m] for m in cells])) for cells, form in zip(self.stencils, self.smoothness)]
        if self.name.endswith("-z"):
            tau = let(sympy.Abs(betas[0] - betas[-1]))
            alphas = [let(d * (1 + (tau / (b + EPSILON)) ** 2)) for d, b in zip(self.optimal, betas)]
        else:
            alphas = [let(d / (EPSILON + b) ** 2) for d, b in zip(self.optimal, betas)]
        values = [sum((w * u[m] for m, w in q.items()), sympy.S.Zero) for q in self.candidates]
        return sum((a * q for a, q in zip(alphas, values)), sympy.S.Zero) / sum(alphas)


def _over_cell(p: sympy.Poly) -> Expr:
    """∫ p over [−1/2, 1/2]: odd powers vanish."""
    return sum((c / (k + 1) / 2 ** k for (k,), c in p.terms() if k % 2 == 0), sympy.S.Zero)


def _square_sum(form: sympy.Matrix, u: Sequence[Expr]) -> Expr:
    """The quadratic form as a sum of squares of differences: Σ D_i (row_i · u)², by L D Lᵀ."""
    rest, total = sympy.Matrix(form), sympy.S.Zero
    for i in range(form.rows):
        pivot = rest[i, i]
        if pivot == 0:
            continue
        row = rest.row(i) / pivot
        total += pivot * sum((c * x for c, x in zip(row, u)), sympy.S.Zero) ** 2
        rest = rest - pivot * row.T * row
    return total


def weno_names() -> tuple[str, ...]:
    """The names of the reconstructions of this file."""
    return tuple(f"weno{p}{z}" for p, z in product((3, 5, 7), ("", "-z")) if (p, z) != (3, "-z"))
