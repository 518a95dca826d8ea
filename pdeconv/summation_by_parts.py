"""SummationByParts: first derivatives on an interval with ∫ u v′ + ∫ u′ v = u v at the ends, exactly."""
from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import sympy
from sympy import Expr, Rational


@dataclass(frozen=True)
class SummationByParts:
    """D = H⁻¹Q/h with H diagonal and positive, Q + Qᵀ = diag(−1, 0, …, 0, 1): order 2p inside, p at the ends.

    Derived: the rows near the ends are the solution of H D x^m = m H x^{m−1}, m ≤ p, with Q skew but for its corner
    (Kreiss and Scherer, 1974; Strand, J. Comput. Phys. 110, 1994). For 2p = 6 one parameter is free; it minimises the
    squared error on x^{p+1} at the end. Orders 2, 4, 6.

    >>> summation_by_parts(2).derivative(4)
    Matrix([
    [  -1,    1,   0,   0],
    [-1/2,    0, 1/2,   0],
    [   0, -1/2,   0, 1/2],
    [   0,    0,  -1,   1]])
    """

    order: int

    @cached_property
    def interior(self) -> dict[int, Expr]:
        """The central weights of order 2p: Σ_k c_k k^m = δ_m1."""
        p = self.order // 2
        c = sympy.symbols(f"c_1:{p + 1}")
        equations = [2 * sum((x * k ** m for k, x in enumerate(c, 1)), sympy.S.Zero) - int(m == 1)
                     for m in range(1, 2 * p, 2)]
        (found,) = sympy.linsolve(equations, c)
        return {s * k: s * x for k, x in enumerate(found, 1) for s in (1, -1)}

    @cached_property
    def closure(self) -> tuple[tuple[Expr, ...], sympy.ImmutableMatrix]:
        """The diagonal of H and the rows of Q near the left end, which has 1 or 2p rows of its own."""
        p, inside = self.order // 2, self.interior
        size, width = (1, 2) if p == 1 else (2 * p, 3 * p)
        h = sympy.symbols(f"h_0:{size}")
        entries = {(i, j): sympy.Symbol(f"q_{i}_{j}") for i in range(size) for j in range(i + 1, size)}

        def q(i: int, j: int) -> Expr:
            if j >= size:
                return inside.get(j - i, sympy.S.Zero)
            if i == j:
                return Rational(-1, 2) if i == 0 else sympy.S.Zero
            return entries[i, j] if i < j else -entries[j, i]
        table = sympy.Matrix(size, width, q)

        def fault(i: int, m: int) -> Expr:
            exact = h[i] * (m * sympy.Integer(i) ** (m - 1) if m else 0)
            return sum((table[i, j] * sympy.Integer(j) ** m for j in range(width)), sympy.S.Zero) - exact
        unknowns = [*h, *entries.values()]
        (solved,) = sympy.linsolve([fault(i, m) for i in range(size) for m in range(p + 1)], unknowns)
        values = dict(zip(unknowns, solved))
        free = sorted(set().union(*(e.free_symbols for e in solved)), key=str)
        if free:
            squares = sum((fault(i, p + 1).subs(values, simultaneous=True) ** 2 for i in range(size)), sympy.S.Zero)
            (best,) = sympy.linsolve([sympy.diff(squares, f) for f in free], free)
            values = {k: e.subs(dict(zip(free, best))) for k, e in values.items()}
        return tuple(values[x] for x in h), table.subs(values).as_immutable()

    def norm(self, n: int) -> sympy.Matrix:
        """H for n points at distance 1."""
        left = self.closure[0]
        self._room(n)
        return sympy.diag(*left, *[1] * (n - 2 * len(left)), *left[::-1])

    def boundary(self, n: int) -> sympy.Matrix:
        """Q for n points."""
        self._room(n)
        rows, size = self.closure[1], len(self.closure[0])
        q = sympy.zeros(n)
        for i in range(size, n - size):
            for k, c in self.interior.items():
                q[i, i + k] = c
        for i in range(size):
            for j in range(rows.cols):
                q[i, j] = rows[i, j]
                q[n - 1 - i, n - 1 - j] = -rows[i, j]
        return q

    def derivative(self, n: int) -> sympy.Matrix:
        """D for n points at distance 1."""
        return self.norm(n).inv() * self.boundary(n)

    def verify(self) -> bool:
        """Whether H > 0, Q + Qᵀ = diag(−1, 0, …, 1), and D is exact to order 2p inside and p at the ends, exactly."""
        p, size = self.order // 2, len(self.closure[0])
        n = 2 * self.closure[1].cols + 2
        q, d, x = self.boundary(n), self.derivative(n), sympy.Matrix(range(n))
        corner = sympy.zeros(n)
        corner[0, 0], corner[n - 1, n - 1] = -1, 1
        faults = [d * x.applyfunc(lambda e, m=m: e ** m) - x.applyfunc(lambda e, m=m: m * e ** (m - 1) if m else 0)
                  for m in range(2 * p + 1)]
        inner = all(f[i] == 0 for f in faults for i in range(size, n - size))
        return q + q.T == corner and all(e > 0 for e in self.closure[0]) and inner and all(
            e == 0 for f in faults[:p + 1] for e in f)

    def _room(self, n: int) -> None:
        least = max(2 * len(self.closure[0]), self.closure[1].cols)
        if n < least:
            raise ValueError(f"{n} points are too few for order {self.order}: the ends need {least}. Take more.")

    def __repr__(self) -> str:
        return f"summation_by_parts({self.order})  # order {self.order} inside, {self.order // 2} at the ends"


def summation_by_parts(order: int) -> SummationByParts:
    """The diagonal-norm operator of order 2, 4 or 6 inside.

    >>> summation_by_parts(4).norm(9)[0, 0], summation_by_parts(4).verify()
    (17/48, True)
    """
    if not isinstance(order, int) or order not in (2, 4, 6):
        raise ValueError(f"summation_by_parts({order!r}): the orders are 2, 4 and 6. Take one of them.")
    return SummationByParts(order)
