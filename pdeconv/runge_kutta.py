"""Explicit Runge–Kutta methods as steps u⁽ⁱ⁾ = Σ_k α_ik u⁽ᵏ⁾ + β_ik Δt L(u⁽ᵏ⁾), with their order conditions."""
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations_with_replacement

import sympy
from sympy import Expr, Rational

Row = tuple[Rational, ...]
Tree = tuple  # the trees grafted on the root, as a sorted tuple


@dataclass(frozen=True)
class RungeKutta:
    """The explicit method with stages u⁽⁰⁾ = uⁿ, u⁽ⁱ⁾ = Σ_{k<i} α_ik u⁽ᵏ⁾ + β_ik Δt L(u⁽ᵏ⁾), uⁿ⁺¹ = u⁽ˢ⁾.

    This is the form of Shu and Osher (J. Comput. Phys. 77, 1988): where all α and β are nonnegative, each stage is a
    convex combination of forward Euler steps.

    >>> runge_kutta("ssp-rk3").order, runge_kutta("ssp-rk3").ssp_coefficient
    (3, 1)
    """

    name: str
    alpha: tuple[Row, ...]
    beta: tuple[Row, ...]

    @property
    def stages(self) -> int:
        """The number of evaluations of L."""
        return len(self.alpha)

    @cached_property
    def butcher(self) -> tuple[sympy.ImmutableMatrix, sympy.ImmutableMatrix]:
        """The matrix A and the row b with u⁽ⁱ⁾ = uⁿ + Δt Σ a_ij L(u⁽ʲ⁾) and uⁿ⁺¹ = uⁿ + Δt Σ b_j L(u⁽ʲ⁾)."""
        rows = [[sympy.S.Zero] * self.stages]
        for alpha, beta in zip(self.alpha, self.beta):
            rows.append([sum((a * rows[k][j] for k, a in enumerate(alpha)), sympy.S.Zero)
                         + (beta[j] if j < len(beta) else 0) for j in range(self.stages)])
        return sympy.ImmutableMatrix(rows[:-1]), sympy.ImmutableMatrix([rows[-1]])

    @cached_property
    def nodes(self) -> tuple[float, ...]:
        """When each stage is evaluated, in steps: the row sums of A, as floats."""
        a, _ = self.butcher
        return tuple(float(sum(a.row(i))) for i in range(a.rows))

    @cached_property
    def stability_polynomial(self) -> tuple[Expr, ...]:
        """The coefficients of R(z) = 1 + z b (1 − zA)⁻¹ 1, ascending: uⁿ⁺¹ = R(Δt L) uⁿ for linear L."""
        a, b = self.butcher
        column, found = sympy.ones(self.stages, 1), [sympy.S.One]
        for _ in range(self.stages):
            found.append((b * column)[0])
            column = a * column
        while found[-1] == 0:
            found.pop()
        return tuple(found)

    @cached_property
    def order(self) -> int:
        """The largest p such that Σ_j b_j Φ_j(t) = 1/γ(t) for every rooted tree t with at most p nodes (Butcher, 1963);
        checked exactly, up to p = 5."""
        for p in range(1, 6):
            if any(self._weight(t) != Rational(1, _density(t)) for t in _trees(p)):
                return p - 1
        return 5

    def _weight(self, tree: Tree) -> Expr:
        a, b = self.butcher

        def inner(t: Tree) -> sympy.Matrix:
            column = sympy.ones(self.stages, 1)
            for child in t:
                column = column.multiply_elementwise(a * inner(child))
            return column
        return (b * inner(tree))[0]

    @cached_property
    def ssp_coefficient(self) -> Expr:
        """min α_ik / β_ik in this form: what is preserved by Euler steps of Courant number ν is preserved up to this
        times ν; 0 where a coefficient is negative or an α vanishes under a β."""
        ratios = []
        for alpha, beta in zip(self.alpha, self.beta):
            for a, b in zip(alpha, beta):
                if b < 0 or a < 0:
                    return sympy.S.Zero
                if b:
                    ratios.append(a / b)
        return min(ratios)

    def __repr__(self) -> str:
        return f"runge_kutta({self.name!r})  # {self.stages} stage{'s' if self.stages > 1 else ''}, order {self.order}"


def runge_kutta(name: str) -> RungeKutta:
    """The method of this name: "euler", "ssp-rk2", "ssp-rk3", "ssp-rk104" (ten stages, order 4) or "rk4".

    Sources: Shu and Osher 1988; Ketcheson, SIAM J. Sci. Comput. 30 (2008) for ten stages; Kutta 1901. Raises
    UnknownScheme.
    """
    if name not in METHODS:
        from .scheme import UnknownScheme
        raise UnknownScheme(f"there is no time stepping {name!r}. The names are {', '.join(map(repr, METHODS))}.")
    alpha, beta = METHODS[name]() if callable(METHODS[name]) else METHODS[name]
    return RungeKutta(name, *(tuple(tuple(Rational(x) for x in row) for row in rows) for rows in (alpha, beta)))


def _ten_stages() -> tuple[list, list]:
    """Ketcheson's SSP-RK(10, 4): five steps of 1/6, a return to 3/5 u + 2/5 u⁽⁵⁾, four more, a combination."""
    sixth = Rational(1, 6)
    alpha = [[0] * i + [1] for i in range(10)]
    beta = [[0] * i + [sixth] for i in range(10)]
    alpha[4] = [Rational(3, 5), 0, 0, 0, Rational(2, 5)]
    beta[4] = [0, 0, 0, 0, Rational(1, 15)]
    alpha[9] = [Rational(1, 25), 0, 0, 0, Rational(9, 25), 0, 0, 0, 0, Rational(3, 5)]
    beta[9] = [0, 0, 0, 0, Rational(3, 50), 0, 0, 0, 0, Rational(1, 10)]
    return alpha, beta


METHODS: dict = {
    "euler": ([[1]], [[1]]),
    "ssp-rk2": ([[1], ["1/2", "1/2"]], [[1], [0, "1/2"]]),
    "ssp-rk3": ([[1], ["3/4", "1/4"], ["1/3", 0, "2/3"]], [[1], [0, "1/4"], [0, 0, "2/3"]]),
    "ssp-rk104": _ten_stages,
    "rk4": ([[1], [1, 0], [1, 0, 0], [1, 0, 0, 0]], [["1/2"], [0, "1/2"], [0, 0, 1], ["1/6", "1/3", "1/3", "1/6"]]),
}


def _trees(nodes: int) -> Iterator[Tree]:
    """The rooted trees with so many nodes, each once."""
    def forests(total: int, largest: int) -> Iterator[Tree]:
        if total == 0:
            yield ()
            return
        for size in range(min(total, largest), 0, -1):
            for count in range(1, total // size + 1):
                for chosen in combinations_with_replacement(list(_trees(size)), count):
                    for rest in forests(total - size * count, size - 1):
                        yield (*chosen, *rest)
    yield from forests(nodes - 1, nodes - 1)


def _nodes(tree: Tree) -> int:
    return 1 + sum(map(_nodes, tree))


def _density(tree: Tree) -> int:
    """γ(t): the product of the numbers of nodes of all subtrees."""
    product = _nodes(tree)
    for child in tree:
        product *= _density(child)
    return product
