"""Field: the rationals and number fields Q(α) with a chosen complex root α."""
from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import count
from math import isqrt, lcm
from typing import Any

from flint import acb, arb, fmpq, fmpq_poly, fmpz, fmpz_poly

from .embedding import approximation, complex_roots, descend, express, monic, nearest, primitive, refined
from .exact import NotExact, clipped, padded, polynomial, precision, rational, shown, spelled
from .number import FieldTooSmall, Number

__all__ = ["Field", "FieldTooSmall", "NotExact", "Number", "Q", "cyclotomic", "number_field", "quadratic",
           "real_cyclotomic"]


@dataclass(frozen=True, eq=False, repr=False)
class Field:
    """The number field Q(α), given by the minimal polynomial of α (monic, ascending) and which complex root α is.

    >>> quadratic(5).generator ** 2 == 5
    True
    """

    minpoly: tuple[Fraction, ...]
    index: int
    expression: str
    conductor: tuple[int, bool] | None = None  # (n, real) for Q(ζ_n) and Q(2cos 2π/n)

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        return isinstance(other, Field) and (self.expression == other.expression or (
            self.index == other.index and self.minpoly == other.minpoly))

    def __hash__(self) -> int:
        return hash((self.index, len(self.minpoly), self.minpoly[0], self.minpoly[-2]))

    def __repr__(self) -> str:
        return self.expression

    def __reduce__(self):
        return Field, (self.minpoly, self.index, self.expression, self.conductor)

    def __deepcopy__(self, memo) -> Field:
        return self

    @property
    def degree(self) -> int:
        """[Q(α) : Q]."""
        return len(self.minpoly) - 1

    @cached_property
    def modulus(self) -> fmpq_poly:
        """The minimal polynomial."""
        return fmpq_poly([fmpq(c.numerator, c.denominator) for c in self.minpoly])

    @cached_property
    def powers(self) -> tuple[tuple[fmpq, ...], ...]:
        """The coefficients of α^k for k ≤ 2·degree − 2: products reduce by them, without division."""
        powers, power, shift = [], fmpq_poly([1]), fmpq_poly([0, 1])
        for _ in range(2 * self.degree - 1):
            powers.append(padded(power, self.degree))
            power = power * shift % self.modulus
        return tuple(powers)

    @cached_property
    def traces(self) -> tuple[fmpq, ...]:
        """Tr(α^k) for k < degree, by Newton's identities Tr(α^k) = −k a_{d−k} − Σ_{0<i<k} a_{d−i} Tr(α^{k−i}).

        >>> quadratic(5).traces
        (2, 0)
        """
        d, a, found = self.degree, self.modulus.coeffs(), [fmpq(self.degree)]
        for k in range(1, d):
            found.append(-k * a[d - k] - sum((a[d - i] * found[k - i] for i in range(1, k) if a[d - i]), fmpq(0)))
        return tuple(found)

    @cached_property
    def _isolating(self) -> acb:
        """A ball that holds α and no other root."""
        return complex_roots(self.minpoly)[self.index]

    def root(self, bits: int = 64) -> acb:
        """α as a complex ball of relative radius about 2^−bits."""
        if self.conductor:
            n, real = self.conductor
            with precision(bits):
                return acb(2 * (arb(2) / n).cos_pi()) if real else (acb(2) / n).exp_pi_i()
        if self.degree <= 2 and not self.minpoly[-2]:  # ±√d
            with precision(bits):
                root = acb(arb(fmpq(self.minpoly[0].numerator, self.minpoly[0].denominator))).__neg__().sqrt()
                return root if self.index else -root
        return refined(self.minpoly, self._isolating, bits)

    @cached_property
    def is_real(self) -> bool:
        """Whether α is real."""
        return self.conductor[1] if self.conductor else bool(self.root().imag == 0)

    @cached_property
    def symbol(self) -> str:
        """How α is written in text: √5, i, ζ5, 2cos(2π/7), or α."""
        if self.conductor:
            n, real = self.conductor
            if n == 4:
                return "i"
            return f"2cos(2π/{n})" if real else f"ζ{n}"
        return f"√{-self.minpoly[0]}" if self.expression.startswith("quadratic") else "α"

    @cached_property
    def generator(self) -> Number:
        """The number α."""
        return Number(self, fmpq_poly([0, 1]) % self.modulus)

    def number(self, *coefficients: Any) -> Number:
        """The number Σ c_k α^k with these rational coefficients.

        >>> quadratic(5).number("1/2", "1/2") ** 2
        quadratic(5).number('3/2', '1/2')
        """
        values = [value for c in coefficients if (value := rational(c)) is not None]
        if len(values) < len(coefficients):
            raise NotExact(f"{self}.number{coefficients!r}: the coefficients are rational numbers. Write 1 or \"1/2\".")
        return Number(self, fmpq_poly(values) % self.modulus)

    def __call__(self, x: Any) -> Number:
        """The number x of this field: an integer, a fraction, "p/q", a sympy number, or a Number that lies in it.

        Raises NotExact for floats, FieldTooSmall for numbers outside the field.
        """
        x = exact(x)
        if x.field == self:
            return x
        if x.is_rational:
            return Number(self, x.poly)
        try:
            if self._holds_roots_of(x.field):
                return Number(self, fmpq_poly(self._spread(x)) % self.modulus)
            return x.image(self.embed(x.field))
        except FieldTooSmall:
            return descend(x, self)

    def _holds_roots_of(self, other: Field) -> bool:
        """Whether both are cyclotomic, and ζ_m = ζ_n^(n/m)."""
        return bool(self.conductor and other.conductor and not self.conductor[1] and not other.conductor[1]
                    and self.conductor[0] % other.conductor[0] == 0)

    def _spread(self, x: Number) -> list[Any]:
        """The coefficients of a number of Q(ζ_m) over the powers of ζ_n, where ζ_m = ζ_n^(n/m)."""
        assert self.conductor and x.field.conductor
        zeros = [0] * (self.conductor[0] // x.field.conductor[0] - 1)
        return [c for k in x.poly.coeffs() for c in (k, *zeros)]

    # Fields in one another -------------------------------------------------------------------------------------------
    @property
    def conjugate(self) -> Field:
        """Q(ᾱ), the field of the complex conjugates."""
        if self.is_real or self.conductor:
            return self
        return number_field(self.minpoly, self._isolating.conjugate())

    def _conjugate_root(self, bits: int) -> acb:
        with precision(bits):
            return self.root(bits).conjugate()

    @cached_property
    def conjugate_generator(self) -> Number:
        """ᾱ as a number of the field; FieldTooSmall when the field is not closed under conjugation."""
        if self.is_real:
            return self.generator
        if self.conductor:
            return self.generator.conj()
        found = express(self, self.modulus, self._conjugate_root)
        if found is None:
            raise FieldTooSmall(f"{self} does not contain the complex conjugate of its generator. Use a field closed "
                                "under conjugation, a cyclotomic one say.")
        return found

    def real_subfield(self) -> Field:
        """The subfield of real numbers of a field closed under conjugation.

        >>> cyclotomic(5).real_subfield(), quadratic(-3).real_subfield()
        (real_cyclotomic(5), Q)
        """
        if self.is_real:
            return self
        if self.conductor:
            return real_cyclotomic(self.conductor[0])
        alpha, bar = self.generator, self.conjugate_generator
        if self.degree == 2:
            return Q
        for k in count():  # all but finitely many k give all of Q(α + ᾱ, αᾱ)
            found = alpha + bar + k * (alpha * bar)
            minpoly = monic(found.minimal_polynomial())
            if 2 * (len(minpoly) - 1) == self.degree:
                break
        return number_field(minpoly, found.ball(128))

    def embed(self, other: Field) -> Number:
        """The number of this field that is the generator of the other; FieldTooSmall when there is none.

        >>> cyclotomic(8).embed(cyclotomic(4)) == cyclotomic(8).generator ** 2
        True
        """
        if other.degree == 1:
            return Number(self, fmpq_poly([-other.modulus[0]]))
        if other == self:
            return self.generator
        if self.conductor and other.conductor:
            (m, real), (n, other_real) = self.conductor, other.conductor
            if not real and (m % n == 0 or (m % 2 and 2 * m % n == 0)):
                zeta = self._zeta(m // n) if m % n == 0 else -self._zeta((m + 1) // 2 * (2 * m // n))
                return zeta + zeta.conj() if other_real else zeta
            if real and other_real and m % n == 0:
                return _chebyshev(self.generator, m // n)
        if self.conductor and not self.conductor[1] and other.expression.startswith("quadratic"):
            found = self._square_root(int(-other.minpoly[0]))
            if found is not None:
                return found
        if self.degree % other.degree == 0 and (other.is_real or not self.is_real):
            found = express(self, other.modulus, other.root)
            if found is not None:
                return found
        raise FieldTooSmall(f"{self} does not hold the generator of {other}. Use a field that holds both: "
                            "K.compositum(L).")

    def _zeta(self, k: int) -> Number:
        """ζ_n^k."""
        k %= self.conductor[0] if self.conductor else 1
        return Number(self, fmpq_poly([0] * k + [1]) % self.modulus)

    def _square_root(self, d: int) -> Number | None:
        """√d in Q(ζ_n): the product of the Gauss sums Σ ζ_p^(a²) = √±p and of ζ_8 + ζ_8⁻¹ = √2; None where n is too
        small."""
        assert self.conductor
        n, root = self.conductor[0], self(1)
        for prime, power in fmpz(abs(d)).factor():
            p, order = int(prime), 8 if prime == 2 else int(prime)
            root = root * p ** (power // 2)
            if power % 2 and n % order:
                return None
            if power % 2:
                squares = [1, -1] if p == 2 else [a * a for a in range(p)]
                root = root * sum((self._zeta(k * n // order) for k in squares), self(0))
        if root * root != d:
            if n % 4:
                return None
            root = root * self._zeta(n // 4)
        part = root.ball().real if d > 0 else root.ball().imag
        return root if part > 0 else -root

    def _holds_square_root(self, other: Field) -> bool:
        """Whether the other is Q(√d) and its conductor, |d| or 4|d|, shows that it lies in this cyclotomic field."""
        d, (n, real) = int(-other.minpoly[0]), self.conductor or (1, True)
        return (bool(self.conductor) and other.expression.startswith("quadratic")
                and n % (abs(d) if d % 4 == 1 else 4 * abs(d)) == 0 and (d > 0 or not real))

    def compositum(self, other: Field) -> Field:
        """The smallest field of the library that holds both.

        >>> quadratic(2).compositum(quadratic(3)).degree
        4
        """
        if self == other or other.degree == 1:
            return self
        if self.degree == 1:
            return other
        if self.conductor and other.conductor:
            (m, real), (n, other_real) = self.conductor, other.conductor
            return (real_cyclotomic if real and other_real else cyclotomic)(lcm(m, n))
        if self._holds_square_root(other) or other._holds_square_root(self):
            return self if self.conductor else other
        minpoly, theta = primitive(self.modulus, self.root, other.modulus, other.root)
        for field in (self, other):
            if field.degree == minpoly.degree():
                return field
        return number_field(monic(minpoly), theta)


# Constructors --------------------------------------------------------------------------------------------------------
Q = Field((Fraction(0), Fraction(1)), 0, "Q", None)


def exact(x: Any) -> Number:
    """The exact number that x spells, in a field of its own: rational input in Q, a sympy number where it lies.

    Raises NotExact for floats.

    >>> exact("1/2") + exact(2)
    Q('5/2')
    """
    if isinstance(x, Number):
        return x
    value = rational(x)
    if value is not None:
        return Number(Q, fmpq_poly([value]))
    from .sympy_form import from_sympy
    return from_sympy(x)


def quadratic(d: int) -> Field:
    """Q(√d) for an integer d; √d is positive, or i√|d| for negative d. Q itself when d is a square.

    >>> quadratic(5), quadratic(9)
    (quadratic(5), Q)
    """
    _integer("quadratic", d)
    if d >= 0 and isqrt(d) ** 2 == d:
        return Q
    return Field((Fraction(-d), Fraction(0), Fraction(1)), 1, f"quadratic({d})", None)


def cyclotomic(n: int) -> Field:
    """Q(ζ_n) with ζ_n = e^{2πi/n}.

    >>> z = cyclotomic(5).generator; z ** 5 == 1
    True
    """
    _order("cyclotomic", n)
    if n in (1, 2):
        return Q
    minpoly = tuple(Fraction(int(c)) for c in fmpz_poly.cyclotomic(n).coeffs())
    # e^{2πi/n} is the last root by real part, then imaginary part, and 2cos 2π/n the last real one.
    return Field(minpoly, len(minpoly) - 2, f"cyclotomic({n})", (n, False))


def real_cyclotomic(n: int) -> Field:
    """Q(2cos 2π/n), the real subfield of Q(ζ_n).

    >>> real_cyclotomic(5).generator.to_sympy()
    -1/2 + sqrt(5)/2
    """
    _order("real_cyclotomic", n)
    if n in (1, 2, 3, 4, 6):
        return Q
    minpoly = tuple(Fraction(int(c)) for c in fmpz_poly.cos_minpoly(n).coeffs())
    return Field(minpoly, len(minpoly) - 2, f"real_cyclotomic({n})", (n, True))


def number_field(minpoly: Any, root: Any) -> Field:
    """Q(α) for the root α of an irreducible polynomial (ascending coefficients) nearest to `root`.

    The polynomial may be text, "x**3 - 2". Raises ValueError for a reducible polynomial, and when two roots are equally
    near.

    >>> number_field([-2, 0, 0, 1], root=1.26)
    number_field([-2, 0, 0, 1], root=1.26)
    """
    poly = fmpq_poly([_coefficient(c) for c in _ascending(minpoly)])
    if poly.degree() < 1:
        raise ValueError(f"number_field({shown(minpoly)}): a minimal polynomial has degree ≥ 1. Give its coefficients, "
                         "ascending: [-2, 0, 0, 1] for x³ − 2.")
    factors = fmpz_poly([int(c) for c in (poly * poly.denom()).coeffs()]).factor()[1]
    if len(factors) > 1 or factors[0][1] > 1:
        raise ValueError(f"number_field({shown(minpoly)}): the polynomial is reducible, with factors "
                         f"{clipped(', '.join(str(f) for f, _ in factors))}. Give the factor whose root you mean.")
    coefficients = monic(poly)
    if len(coefficients) == 2:
        return Q
    index = nearest(coefficients, root if isinstance(root, acb) else acb(complex(root)))
    if len(coefficients) == 3 and coefficients[1] == 0 and coefficients[0].denominator == 1 and index:
        return quadratic(-coefficients[0].numerator)
    near = approximation(coefficients, index)
    return Field(coefficients, index, f"number_field([{spelled(coefficients)}], root={near})", None)


def _integer(name: str, n: Any) -> None:
    if not isinstance(n, int):
        raise NotExact(f"{name}({n!r}): an integer is needed here. Write {name}(5).")


def _order(name: str, n: Any) -> None:
    _integer(name, n)
    if n < 1:
        raise ValueError(f"{name}({n}): there is no root of unity of order {n}. Give n ≥ 1.")


def _ascending(minpoly: Any) -> list[Any]:
    if isinstance(minpoly, str):
        return polynomial(minpoly)
    return list(minpoly.all_coeffs())[::-1] if hasattr(minpoly, "all_coeffs") else list(minpoly)


def _coefficient(x: Any) -> fmpq:
    return Q(x).coefficients[0]


def _chebyshev(x: Number, k: int) -> Number:
    """2cos(kθ) from x = 2cos θ: halving k, 2cos 2φ = (2cos φ)² − 2 and
    2cos(m + (m + 1))φ = 2cos mφ · 2cos(m + 1)φ − 2cos φ."""
    now, after = Number(x.field, fmpq_poly([2])), x  # 2cos mθ and 2cos (m + 1)θ, from m = 0
    for bit in bin(k)[2:]:
        odd = now * after - x
        now, after = (odd, after * after - 2) if bit == "1" else (now * now - 2, odd)
    return now
