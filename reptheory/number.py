"""Number: an exact element of a number field, by its coefficients in the powers of the generator."""
from __future__ import annotations

from fractions import Fraction
from numbers import Rational
from typing import TYPE_CHECKING, Any

from flint import acb, arb, fmpq, fmpq_mat, fmpq_poly, fmpz

from .exact import NotExact, float_message, fraction, padded, precision, spelled

if TYPE_CHECKING:
    from .field import Field


class FieldTooSmall(ValueError):
    """A field that does not hold the number asked of it."""


class Number:
    """An exact number Σ c_k α^k of a number field; equality and zero are decided algebraically.

    >>> from reptheory import quadratic
    >>> phi = (1 + quadratic(5).generator) / 2; phi * phi == phi + 1
    True
    """

    __slots__ = ("field", "poly")

    def __init__(self, field: Field, poly: fmpq_poly) -> None:
        self.field, self.poly = field, poly

    def __reduce__(self):
        return _unpickle, (self.field, tuple(str(c) for c in self.poly.coeffs()))

    def __copy__(self) -> Number:
        return self

    def __deepcopy__(self, memo) -> Number:
        return self

    @property
    def key(self) -> tuple:
        """A cheap key that tells numbers of one field apart."""
        return self.field.expression, *((int(c.p), int(c.q)) for c in self.poly.coeffs())

    @property
    def coefficients(self) -> tuple[fmpq, ...]:
        """(c_0, …, c_{d−1})."""
        return padded(self.poly, self.field.degree)

    @property
    def is_zero(self) -> bool:
        """Whether the number is 0."""
        return not self.poly

    @property
    def is_rational(self) -> bool:
        """Whether the number lies in Q."""
        return self.poly.degree() <= 0

    def to_fraction(self) -> Fraction:
        """The value of a rational number; FieldTooSmall otherwise."""
        if not self.is_rational:
            raise FieldTooSmall(f"{self} is irrational, so it is no Fraction. Use to_sympy(), to_mpmath() or float().")
        return fraction(self.poly[0])

    def image(self, root: Number) -> Number:
        """Σ c_k β^k for the image β of α in a larger field."""
        total = Number(root.field, fmpq_poly([0]))
        for c in reversed(self.poly.coeffs()):
            total = total * root + Number(root.field, fmpq_poly([c]))
        return total

    def minimal_polynomial(self) -> fmpq_poly:
        """The monic minimal polynomial over Q, from the matrix of multiplication.

        >>> from reptheory import cyclotomic
        >>> (cyclotomic(5).generator + cyclotomic(5).generator ** 4).minimal_polynomial()
        x^2 + x + (-1)
        """
        d = self.field.degree
        rows = [padded((self * self.field.generator ** k).poly, d) for k in range(d)]
        poly = fmpq_mat(d, d, [c for row in rows for c in row]).charpoly()
        return poly / poly.gcd(poly.derivative())  # the characteristic polynomial is a power of the minimal one

    # Arithmetic ------------------------------------------------------------------------------------------------------
    def _pair(self, other: Any) -> tuple[Number, Number] | None:
        if not isinstance(other, Number):
            if isinstance(other, (int, fmpz)):
                return self, Number(self.field, fmpq_poly([other]))
            if isinstance(other, fmpq) or isinstance(other, Rational):
                return self, Number(self.field, fmpq_poly([fmpq(int(other.numerator), int(other.denominator))]))
            if isinstance(other, (float, complex)):
                raise NotExact(float_message(other))
            return None
        if self.field is other.field or self.field == other.field:
            return self, other
        field = self.field.compositum(other.field)
        return field(self), field(other)

    def __add__(self, other: Any):
        pair = self._pair(other)
        return NotImplemented if pair is None else Number(pair[0].field, pair[0].poly + pair[1].poly)

    def __sub__(self, other: Any):
        pair = self._pair(other)
        return NotImplemented if pair is None else Number(pair[0].field, pair[0].poly - pair[1].poly)

    def __mul__(self, other: Any):
        pair = self._pair(other)
        if pair is None:
            return NotImplemented
        poly = pair[0].poly * pair[1].poly
        return Number(pair[0].field, poly if poly.degree() < pair[0].field.degree else poly % pair[0].field.modulus)

    def __truediv__(self, other: Any):
        pair = self._pair(other)
        return NotImplemented if pair is None else pair[0] * pair[1].inverse()

    def __rsub__(self, other: Any):
        return -self + other

    def __rtruediv__(self, other: Any):
        return self.inverse() * other

    __radd__, __rmul__ = __add__, __mul__

    def inverse(self) -> Number:
        """1/x; ZeroDivisionError for 0."""
        if self.is_zero:
            raise ZeroDivisionError("0 has no inverse. Check the denominator.")
        if self.poly.degree() == 0:
            return Number(self.field, fmpq_poly([1 / self.poly[0]]))
        _, s, _ = self.poly.xgcd(self.field.modulus)
        return Number(self.field, s % self.field.modulus)

    def __neg__(self) -> Number:
        return Number(self.field, -self.poly)

    def __pos__(self) -> Number:
        return self

    def __abs__(self) -> Number:
        return -self if self.sign() < 0 else self

    def __pow__(self, k: int) -> Number:
        if k < 0:
            return self.inverse() ** -k
        result, base = Number(self.field, fmpq_poly([1])), self
        while k:
            if k & 1:
                result = result * base
            base, k = base * base if k > 1 else base, k >> 1
        return result

    def conj(self) -> Number:
        """The complex conjugate x̄ = Σ c_k ᾱ^k; a number of Q(ᾱ) where the field does not hold ᾱ."""
        if self.field.is_real or self.is_rational:
            return self
        if self.field.conductor:  # ζ^k ↦ ζ^(n−k)
            n, c = self.field.conductor[0], self.poly.coeffs()
            return Number(self.field, fmpq_poly([c[0], *[0] * (n - len(c)), *c[:0:-1]]) % self.field.modulus)
        try:
            return self.image(self.field.conjugate_generator)
        except FieldTooSmall:
            return Number(self.field.conjugate, self.poly)

    # Comparison ------------------------------------------------------------------------------------------------------
    def __bool__(self) -> bool:
        return bool(self.poly)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Number) and other.field is self.field:
            return self.poly == other.poly
        if isinstance(other, (float, complex)):
            return NotImplemented
        if isinstance(other, Number) and (self.is_rational or other.is_rational):
            return self.poly == other.poly
        if isinstance(other, Number) and other.field != self.field and not self.ball().overlaps(other.ball()):
            return False  # disjoint balls prove it without a common field
        pair = self._pair(other)
        return NotImplemented if pair is None else pair[0].poly == pair[1].poly

    def __hash__(self) -> int:
        """From Tr(x)/d and Tr(x²)/d, which do not depend on the field in which x is written."""
        if self.is_rational:
            return hash(self.to_fraction())
        return hash((fraction(self._mean()), fraction((self * self)._mean())))

    def _mean(self) -> fmpq:
        """Tr(x)/d, the mean of the conjugates."""
        return sum((c * t for c, t in zip(self.poly.coeffs(), self.field.traces)), fmpq(0)) / self.field.degree

    def sign(self) -> int:
        """−1, 0 or 1 for a real number: zero is decided algebraically, the rest by a ball that excludes 0."""
        if self.is_zero:
            return 0
        if self.poly.degree() == 0:
            return 1 if self.poly[0] > 0 else -1
        self._real()
        bits = 64
        while True:
            ball = self.ball(bits).real
            if ball > 0 or ball < 0:
                return 1 if ball > 0 else -1
            bits *= 2

    def _real(self) -> None:
        if not self.field.is_real and self.conj() != self:
            raise TypeError(f"{self} is not real, so it has no sign and is no float. Use x.conj() or complex(x).")

    def __lt__(self, other: Any) -> bool:
        return (self - other).sign() < 0

    def __gt__(self, other: Any) -> bool:
        return (self - other).sign() > 0

    def __le__(self, other: Any) -> bool:
        return (self - other).sign() <= 0

    def __ge__(self, other: Any) -> bool:
        return (self - other).sign() >= 0

    # Conversion ------------------------------------------------------------------------------------------------------
    def ball(self, bits: int = 64) -> acb:
        """A complex ball that holds the number, computed with this many bits."""
        with precision(bits):
            if self.poly.degree() <= 0:
                return acb(arb(self.poly[0]))
            root, total = self.field.root(bits), acb(0)
            for c in reversed(self.poly.coeffs()):
                total = total * root + acb(arb(c))
            return total

    def to_float(self, dtype: str = "float64"):
        """The nearest float of this dtype; a Python complex with nearest parts over a field that is not real.

        >>> from reptheory import quadratic
        >>> quadratic(2).generator.to_float("float32")
        1.4142135381698608
        """
        from .rounding import round_complex, round_real
        return round_real(self, None, dtype) if self.field.is_real else round_complex(self, None, dtype)

    def sqrt_to_float(self, dtype: str = "float64") -> float:
        """√x rounded to the nearest float of this dtype; ValueError for x < 0."""
        from .rounding import round_real
        if self.sign() < 0:
            raise ValueError(f"{self} is negative, so it has no real square root. Give a number x ≥ 0.")
        return round_real(Number(self.field, fmpq_poly([1])), self, dtype)

    def __float__(self) -> float:
        from .rounding import round_real
        self._real()
        return round_real(self, None, "float64")

    def __complex__(self) -> complex:
        return complex(self.to_float())

    def to_mpmath(self, dps: int = 50):
        """The value as an mpmath number with `dps` correct digits in each part.

        >>> from reptheory import quadratic
        >>> import mpmath; mpmath.nstr(quadratic(2).generator.to_mpmath(30), 30)
        '1.41421356237309504880168872421'
        """
        from .rounding import to_mpmath
        return to_mpmath(self, dps)

    def to_sympy(self):
        """The value as a sympy expression: radicals or cosines where the field has them, otherwise CRootOf."""
        from .sympy_form import to_sympy
        return to_sympy(self)

    def __str__(self) -> str:
        if self.is_rational:
            return str(self.poly[0])
        name, terms = self.field.symbol, []
        for k, c in enumerate(self.poly.coeffs()):
            if c:
                power = name if k == 1 else f"{name}^{k}"
                terms.append(str(c) if k == 0 else power if c == 1 else f"-{power}" if c == -1 else f"{c}*{power}")
        return " + ".join(terms).replace("+ -", "- ")

    def __repr__(self) -> str:
        """Text that evaluates to the number: 3, Q('1/2'), quadratic(5).number('1/2', '1/2')."""
        coefficients = [fraction(c) for c in self.poly.coeffs()]
        if self.is_rational:
            text = spelled(coefficients or [Fraction(0)])
            return f"Q({text})" if "/" in text else text
        return f"{self.field!r}.number({spelled(coefficients)})"

    def _repr_latex_(self) -> str:
        import sympy
        return f"${sympy.latex(self.to_sympy())}$"


def _unpickle(field: Field, coefficients: tuple[str, ...]) -> Number:
    return field.number(*coefficients)
