"""What linear maps of space do to polynomials with exact coefficients: f(gx), and the derivative of f along Xx."""
from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from itertools import combinations_with_replacement
from typing import Any

from .field import Number, Q, exact
from .matrix import Matrix
from .polynomial import Exponents, Polynomial


def substituted(polynomials: Sequence[Polynomial], g: Matrix) -> list[Polynomial]:
    """The polynomials f(gx).

    >>> x, y = Polynomial.variables(2); substituted([x * y], Matrix.of([[0, -1], [1, 0]]))
    [-x*y]
    """
    n = g.shape[0]
    rows = [Polynomial(n, {_unit(n, j): g[i, j] for j in range(n)}) for i in range(n)]
    one = Polynomial.constant(n, Q(1))
    made: dict[Exponents, Polynomial] = {(0,) * n: one}

    def image(a: Exponents) -> Polynomial:
        if a not in made:
            i = next(i for i, k in enumerate(a) if k)
            made[a] = rows[i] * image((*a[:i], a[i] - 1, *a[i + 1:]))
        return made[a]
    zero = Polynomial(n, {})
    return [reduce(Polynomial.__add__, (image(a) * c for a, c in f.terms.items()), zero) for f in polynomials]


def along(f: Polynomial, x: Matrix) -> Polynomial:
    """The derivative Σ X_jk x_k ∂_j f of t ↦ f(exp(tX) x) at t = 0.

    >>> x, y = Polynomial.variables(2); along(x * x, Matrix.of([[0, -1], [1, 0]]))
    -2*x*y
    """
    n = x.shape[0]
    rows = [Polynomial(n, {_unit(n, k): x[j, k] for k in range(n)}) for j in range(n)]
    return reduce(Polynomial.__add__, (row * f.derivative(j) for j, row in enumerate(rows)), Polynomial(n, {}))


def value(f: Polynomial, point: Sequence[Any]) -> Number:
    """f(x) for coefficients and coordinates in any fields.

    >>> x, y = Polynomial.variables(2); value(x * y, ("1/2", 4))
    2
    """
    numbers = [exact(x) for x in point]
    total = Q(0)
    for a, c in f.terms.items():
        total = total + reduce(lambda t, power: t * power[0] ** power[1], zip(numbers, a), exact(c))
    return total


def coefficients(polynomials: Sequence[Polynomial], degree: int) -> Matrix:
    """The coefficients of homogeneous polynomials of one degree on its monomials, one row each.

    >>> x, y = Polynomial.variables(2); coefficients([x * x - y * y], 2)
    [1 0 -1]
    """
    n = polynomials[0].n
    words = combinations_with_replacement(range(n), degree)
    columns = [tuple(word.count(i) for i in range(n)) for word in words]
    return Matrix.of([[f.terms.get(a, 0) for a in columns] for f in polynomials])


def divided_by_square(f: Polynomial, metric: Sequence[Number]) -> Polynomial | None:
    """f/|x|² for |x|² = Σ D_i x_i², or None where it is no polynomial.

    >>> x, y = Polynomial.variables(2); divided_by_square(x * x * x + x * y * y, (Q(1), Q(1)))
    x
    """
    n, rest, found = f.n, f, {}
    square = Polynomial(n, {tuple(2 * int(i == j) for j in range(n)): d for i, d in enumerate(metric)})
    while rest.terms:
        a = max(rest.terms)  # the lexicographically first monomial, led by x₁
        if a[0] < 2:
            return None
        b = (a[0] - 2, *a[1:])
        found[b] = exact(rest.terms[a]) / metric[0]
        rest = rest - square * Polynomial(n, {b: found[b]})
    return Polynomial(n, found)


def _unit(n: int, j: int) -> Exponents:
    return tuple(int(i == j) for i in range(n))
