"""Polynomials in several variables with integer or rational coefficients: a dictionary of exponents."""
from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from flint import fmpq

from .field import Number, Q, exact

Exponents = tuple[int, ...]


class Polynomial:
    """An immutable polynomial Σ c_a x^a in n variables, which multiplies, differentiates and is evaluated exactly.

    >>> x, y = Polynomial.variables(2); (x + y) * (x - y)
    x^2 - y^2
    """

    __slots__ = ("n", "terms")

    def __init__(self, n: int, terms: dict[Exponents, Any]) -> None:
        self.n, self.terms = n, {a: c for a, c in terms.items() if c}

    @staticmethod
    def variables(n: int) -> tuple[Polynomial, ...]:
        """The variables x₁, …, x_n as polynomials."""
        return tuple(Polynomial(n, {tuple(int(i == j) for i in range(n)): 1}) for j in range(n))

    @staticmethod
    def constant(n: int, c: Any) -> Polynomial:
        """The constant c."""
        return Polynomial(n, {(0,) * n: c})

    @property
    def degree(self) -> int:
        """The largest |a| with c_a ≠ 0; −1 for the zero polynomial."""
        return max((sum(a) for a in self.terms), default=-1)

    def __add__(self, other: Polynomial) -> Polynomial:
        found = dict(self.terms)
        for a, c in other.terms.items():
            found[a] = found.get(a, 0) + c
        return Polynomial(self.n, found)

    def __neg__(self) -> Polynomial:
        return Polynomial(self.n, {a: -c for a, c in self.terms.items()})

    def __sub__(self, other: Polynomial) -> Polynomial:
        return self + -other

    def __mul__(self, other: Any) -> Polynomial:
        if not isinstance(other, Polynomial):
            return Polynomial(self.n, {a: c * other for a, c in self.terms.items()})
        found: dict[Exponents, Any] = {}
        for a, c in self.terms.items():
            for b, d in other.terms.items():
                key = tuple(i + j for i, j in zip(a, b))
                found[key] = found.get(key, 0) + c * d
        return Polynomial(self.n, found)

    __rmul__ = __mul__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Polynomial) and (self.n, self.terms) == (other.n, other.terms)

    def __hash__(self) -> int:
        return hash((self.n, frozenset(self.terms.items())))

    def derivative(self, i: int) -> Polynomial:
        """∂/∂x_i, counted from 0.

        >>> x, y = Polynomial.variables(2); (x * x * y).derivative(0)
        2*x*y
        """
        return Polynomial(self.n, {(*a[:i], a[i] - 1, *a[i + 1:]): a[i] * c for a, c in self.terms.items() if a[i]})

    @property
    def gradient(self) -> tuple[Polynomial, ...]:
        """The partial derivatives (∂f/∂x₁, …, ∂f/∂x_n)."""
        return tuple(self.derivative(i) for i in range(self.n))

    @property
    def laplacian(self) -> Polynomial:
        """Δf = Σ ∂²f/∂x_i²."""
        return sum((self.derivative(i).derivative(i) for i in range(self.n)), Polynomial(self.n, {}))

    def __call__(self, *point: Any) -> Number:
        """The value at exact numbers, in the field they generate.

        Raises NotExact for floats, and ValueError for another number of coordinates.

        >>> x, y = Polynomial.variables(2); (x * y)("1/2", 4)
        2
        """
        if len(point) != self.n:
            raise ValueError(f"a polynomial in {self.n} variables has no value at {len(point)} coordinates. Give "
                             f"{self.n} exact numbers.")
        numbers = [exact(x) for x in point]
        if all(x.is_rational for x in numbers):
            return Q(self._value([x.poly[0] for x in numbers], fmpq(0), fmpq(1)))
        field = numbers[0].field
        for x in numbers[1:]:
            field = field.compositum(x.field)
        return self._value([field(x) for x in numbers], field(0), field(1))

    def _value(self, point: Sequence[Any], zero: Any, one: Any) -> Any:
        powers = []
        for i, x in enumerate(point):
            row = [one]
            for _ in range(max((a[i] for a in self.terms), default=0)):
                row.append(row[-1] * x)
            powers.append(row)
        total = zero
        for a, c in self.terms.items():
            term = c * one
            for row, k in zip(powers, a):
                term = term * row[k] if k else term
            total = total + term
        return total

    def sphere_mean(self) -> Fraction:
        """The mean over the unit sphere Sⁿ⁻¹: x^a ↦ ∏ (a_i − 1)!! / (n (n + 2) ⋯ (n + |a| − 2)) for even a_i, else 0.

        Source: Folland, How to integrate a polynomial over a sphere (2001).

        >>> x, y, z = Polynomial.variables(3); (x * x).sphere_mean()
        Fraction(1, 3)
        """
        total = Fraction(0)
        for a, c in self.terms.items():
            if any(k % 2 for k in a):
                continue
            top, bottom = 1, 1
            for k in a:
                for j in range(1, k, 2):
                    top *= j
            for j in range(0, sum(a), 2):
                bottom *= self.n + j
            total += Fraction(c) * Fraction(top, bottom)
        return total

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the variables: x, y, z up to three, otherwise x1, x2, …."""
        return ("x", "y", "z")[:self.n] if self.n <= 3 else tuple(f"x{i + 1}" for i in range(self.n))

    def to_sympy(self):
        """The sympy expression in real symbols of these names."""
        import sympy
        symbols = sympy.symbols(self.names, real=True)
        terms = [sympy.Rational(c) * sympy.Mul(*(s ** k for s, k in zip(symbols, a))) for a, c in self.terms.items()]
        return sympy.Add(*terms)

    def __repr__(self) -> str:
        if not self.terms:
            return "0"
        text = ""
        for a, c in sorted(self.terms.items(), key=lambda term: (-sum(term[0]), tuple(-k for k in term[0]))):
            powers = [f"{s}^{k}" if k > 1 else s for s, k in zip(self.names, a) if k]
            size = [] if abs(c) == 1 and powers else [str(abs(c))]
            sign = " - " if c < 0 else " + "
            text += (sign if text else "-" if c < 0 else "") + "*".join(size + powers)
        return text

    def _repr_latex_(self) -> str:
        import sympy
        return f"${sympy.latex(self.to_sympy())}$"
