"""DifferentialOperator: the dictionary between convolution kernels and differential operators, exact both ways."""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from math import factorial
from typing import Any

import numpy as np

from .formula import FormulaError, rational

AXES = "xyz"
Index = tuple[int, ...]


class NotAKernel(ValueError):
    """An array that is no kernel of odd sides."""


@dataclass(frozen=True, init=False, repr=False)
class DifferentialOperator:
    """L = Σ c_ab ∂x^a ∂y^b with rational c, given as {(a, b): c}; the kernels k×k are those with a, b < k.

    Let D_a be the stencil of k points with Σ_x x^b D_a(x) = a! δ_ab for b < k, that is ∂^a on polynomials of degree
    below k: for k = 3 these are 1, [−1, 0, 1]/2 and [1, −2, 1]. Their tensor products are a basis of all kernels
    (Vandermonde), so each is Σ c_ab D_a ⊗ D_b for exactly one L, with c_ab = Σ x^a y^b κ(x, y)/(a! b!). Arrays are
    torch's cross-correlation kernels: rows run down, y points up, the last axis is x.

    >>> sobel = DifferentialOperator.of_kernel([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]); sobel
    DifferentialOperator({(1, 0): '8', (1, 2): '2'})  # 8 ∂x + 2 ∂x ∂y²
    >>> sobel.kernel(3).astype(int).tolist()
    [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]
    """

    ndim: int
    terms: tuple[tuple[Index, Fraction], ...]

    def __init__(self, coefficients: Mapping[Index, Any]) -> None:
        found: dict[Index, Fraction] = {}
        for index, value in coefficients.items():
            if not isinstance(index, tuple) or not 1 <= len(index) <= 3 or not all(
                    isinstance(a, int) and 0 <= a <= 64 for a in index):
                raise FormulaError(f"{index!r} is no list of orders of derivatives. Write (1, 0) for ∂x in the "
                                   "plane.")
            found[index] = exact_fraction(value)
        lengths = {len(index) for index in found}
        if len(lengths) != 1:
            raise FormulaError("an operator has orders of derivatives for each axis, the same number in each term, and "
                               f"these are {sorted(found)}. Write {{(0, 0): 0}} for zero.")
        object.__setattr__(self, "ndim", lengths.pop())
        object.__setattr__(self, "terms", tuple(sorted((k, c) for k, c in found.items() if c)))

    @classmethod
    def of_kernel(cls, kernel: Any, spacing: Any = 1) -> DifferentialOperator:
        """The operator that a kernel is on a grid of this spacing; floats are read as the exact numbers that they are.

        Raises NotAKernel unless all sides are odd.
        """
        entries = np.asarray(kernel, object)
        if not 1 <= entries.ndim <= 3 or any(side % 2 == 0 for side in entries.shape):
            raise NotAKernel(f"a kernel of shape {entries.shape}: its centre is a point of the grid where all sides "
                             "are odd, in at most three dimensions. Pad it with zeros.")
        h = exact_fraction(spacing)
        table = np.vectorize(exact_fraction, otypes=[object])(entries)
        for axis, k in enumerate(entries.shape):  # the last axis is x, and y runs against the rows
            rows = _moments(k, -1 if axis == entries.ndim - 2 else 1)
            table = np.moveaxis(np.tensordot(rows, table, (1, axis)), 0, axis)
        return cls({index: table[index[::-1]] * h ** sum(index) for index in product(*map(range, table.shape[::-1]))})

    @property
    def coefficients(self) -> dict[Index, Fraction]:
        """The c_ab ≠ 0 by their orders (a, b)."""
        return dict(self.terms)

    @property
    def order(self) -> int:
        """The largest a + b with c_ab ≠ 0; 0 for a multiple of 1."""
        return max((sum(index) for index, _ in self.terms), default=0)

    def kernel(self, size: int, spacing: Any = 1) -> np.ndarray:
        """The kernel of this many points along each axis, Fractions: the inverse of `of_kernel`.

        Raises NotAKernel where a derivative along one axis is of higher order than these points can hold.
        """
        most = max((max(index) for index, _ in self.terms), default=0)
        if size % 2 == 0 or size <= most:
            raise NotAKernel(f"{size} points hold derivatives of order below {size} and a centre where they are odd, "
                             f"and this operator has one of order {most}. Take {most + 1 + most % 2} or a larger odd "
                             "number.")
        rows, h = _stencils(size), exact_fraction(spacing)
        total = np.full((size,) * self.ndim, Fraction(0), object)
        for index, c in self.terms:
            part: Any = np.array(c / h ** sum(index), object)
            for j, a in reversed(list(enumerate(index))):
                part = np.multiply.outer(part, np.array(rows[a][::-1] if j == 1 else rows[a], object))
            total = total + part
        return total

    def accuracy(self, size: int) -> int | None:
        """The power of h in the error of the kernel of this size on smooth functions; None where it is exact (a
        multiple of 1)."""
        self.kernel(size)
        found = [size - a + (1 if a % 2 == 0 else 0) for index, _ in self.terms for a in index if a]
        return min(found, default=None)

    def latex(self) -> str:
        """The operator in LaTeX."""
        def number(c: Fraction) -> str:
            return str(c) if c.denominator == 1 else rf"\frac{{{c.numerator}}}{{{c.denominator}}}"

        return self._text(lambda a, j: rf"\partial_{AXES[j]}" + (f"^{{{a}}}" if a > 1 else ""), number, r" \, ")

    def __str__(self) -> str:
        def derivative(a: int, j: int) -> str:
            return f"∂{AXES[j]}" + ("" if a == 1 else "".join("⁰¹²³⁴⁵⁶⁷⁸⁹"[int(d)] for d in str(a)))

        return self._text(derivative, str, " ")

    def _text(self, derivative, number, between: str) -> str:
        text = ""
        for index, c in self.terms:
            name = between.join(derivative(a, j) for j, a in enumerate(index) if a)
            size = "" if abs(c) == 1 and name else number(abs(c))
            sign = (" − " if c < 0 else " + ") if text else ("−" if c < 0 else "")
            text += sign + between.join(part for part in (size, name) if part)
        return (text or "0").replace("−", "-") if between != " " else text or "0"

    def __repr__(self) -> str:
        inner = ", ".join(f"{k}: {str(c)!r}" for k, c in self.terms) or f"{(0,) * self.ndim}: '0'"
        return f"DifferentialOperator({{{inner}}})  # {self}"


def exact_fraction(value: Any) -> Fraction:
    """The rational number that an integer, fraction, text or float is, the float exactly.

    >>> exact_fraction("1/3"), exact_fraction(0.5)
    (Fraction(1, 3), Fraction(1, 2))
    """
    if isinstance(value, (int, Fraction)) and not isinstance(value, bool):
        return Fraction(value)
    if isinstance(value, (float, np.floating)):
        if not np.isfinite(value):
            raise FormulaError(f"{value!r} is no number. Check the weights that are read.")
        return Fraction(float(value))
    if isinstance(value, np.integer):
        return Fraction(int(value))
    found = rational(value)
    return Fraction(int(found.p), int(found.q))


def _moments(k: int, sign: int) -> np.ndarray:
    """The matrix x^a/a! over the points x = −r … r, or r … −r for the sign −1."""
    r = k // 2
    return np.array([[Fraction((sign * x) ** a, factorial(a)) for x in range(-r, r + 1)] for a in range(k)], object)


def _stencils(k: int) -> list[np.ndarray]:
    """The stencils D_a: a! times the coefficients of tᵃ in the Lagrange polynomials of the points −r … r."""
    r = k // 2
    columns = []
    for x in range(-r, r + 1):
        polynomial = [Fraction(1)]
        for y in range(-r, r + 1):
            if y != x:
                shifted = [Fraction(0), *polynomial]
                polynomial = [(s - y * p) / (x - y) for s, p in zip(shifted, [*polynomial, Fraction(0)])]
        columns.append(polynomial)
    return [np.array([factorial(a) * column[a] for column in columns], object) for a in range(k)]
