"""Exact numbers: the rationals and number fields Q(α) with a chosen complex root α."""
from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import lcm
from numbers import Rational
from typing import Any

import flint
from flint import acb, arb, fmpq, fmpq_poly, fmpz, fmpz_mat, fmpz_poly


class NotExact(TypeError):
    """A float where an exact number is needed."""


class FieldTooSmall(ValueError):
    """A field that does not hold the number asked of it."""


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
        return self is other or (isinstance(other, Field) and self.minpoly == other.minpoly
                                 and self.index == other.index)

    def __hash__(self) -> int:
        return hash((self.minpoly, self.index))

    def __repr__(self) -> str:
        return self.expression

    @property
    def degree(self) -> int:
        """[Q(α) : Q]."""
        return len(self.minpoly) - 1

    @cached_property
    def modulus(self) -> fmpq_poly:
        """The minimal polynomial."""
        return fmpq_poly([_fmpq(c) for c in self.minpoly])

    @cached_property
    def powers(self) -> tuple[tuple[fmpq, ...], ...]:
        """The coefficients of α^k for k ≤ 2·degree − 2: products reduce by them, without division."""
        return tuple(_padded(fmpq_poly([0] * k + [1]) % self.modulus, self.degree) for k in range(2 * self.degree - 1))

    def root(self, bits: int = 64) -> acb:
        """α as a complex ball of radius below 2^−bits."""
        return _complex_roots(self.minpoly, bits)[self.index]

    @cached_property
    def is_real(self) -> bool:
        """Whether α is real."""
        return self.root().imag == 0

    @cached_property
    def generator(self) -> Number:
        """The number α."""
        return Number(self, fmpq_poly([0, 1]) % self.modulus)

    @cached_property
    def conjugate_generator(self) -> Number:
        """ᾱ as a number of the field; FieldTooSmall when the field is not closed under conjugation."""
        if self.is_real:
            return self.generator
        if self.conductor:
            return self.generator ** (self.conductor[0] - 1)
        found = _express(self, self.modulus, lambda bits: self.root(bits).conjugate())
        if found is None:
            raise FieldTooSmall(f"{self} does not contain the complex conjugate of its generator. Use a field closed under "
                                "conjugation, a cyclotomic one say.")
        return found

    def real_subfield(self) -> Field:
        """The subfield of real numbers of a field closed under conjugation."""
        if self.is_real:
            return self
        if self.conductor:
            return real_cyclotomic(self.conductor[0])
        alpha = self.generator
        if self.degree == 2:
            return Q
        candidates = (alpha * self.conjugate_generator, alpha + self.conjugate_generator)
        best = max(candidates, key=lambda x: x.minimal_polynomial().degree())
        return _field_of(best)

    def embed(self, other: Field) -> Number:
        """The number of this field that is the generator of the other; FieldTooSmall when there is none."""
        if other.degree == 1:
            return Number(self, fmpq_poly([-_fmpq(other.minpoly[0])]))
        if other == self:
            return self.generator
        if self.conductor and other.conductor and self.conductor[0] % other.conductor[0] == 0:
            (m, real), (n, other_real) = self.conductor, other.conductor
            if not real:
                zeta = self.generator ** (m // n)
                return zeta + self.generator ** (m - m // n) if other_real else zeta
            if other_real:
                return _chebyshev(self.generator, m // n)
        if self.degree % other.degree == 0 and (other.is_real or not self.is_real):
            found = _express(self, other.modulus, other.root)
            if found is not None:
                return found
        raise FieldTooSmall(f"{self} does not hold the generator of {other}. Use a field that holds both: "
                            "K.compositum(L).")

    def compositum(self, other: Field) -> Field:
        """The smallest field of the library that holds both."""
        if self == other or other.degree == 1:
            return self
        if self.degree == 1:
            return other
        if self.conductor and other.conductor:
            (m, real), (n, other_real) = self.conductor, other.conductor
            return (real_cyclotomic if real and other_real else cyclotomic)(lcm(m, n))
        for big, small in ((self, other), (other, self)):
            try:
                big.embed(small)
                return big
            except FieldTooSmall:
                pass
        return _primitive(self, other)

    def __call__(self, x: Any) -> Number:
        number = x if isinstance(x, Number) else _parse(x)
        if number.field == self:
            return number
        if number.field.degree == 1:
            return Number(self, number.poly)
        try:
            return number.image(self.embed(number.field))
        except FieldTooSmall:
            return _descend(number, self)

    def __deepcopy__(self, memo) -> Field:
        return self


class Number:
    """An exact number Σ c_k α^k of a number field; equality and zero are decided algebraically.

    >>> x = quadratic(5)("1/2") + quadratic(5).generator / 2; x * x == x + 1
    True
    """

    __slots__ = ("field", "poly")

    def __init__(self, field: Field, poly: fmpq_poly) -> None:
        self.field, self.poly = field, poly

    def __reduce__(self):
        return _unpickle, (self.field, tuple(str(c) for c in self.poly.coeffs()))

    @property
    def key(self) -> tuple:
        """A cheap key that tells numbers of one field apart."""
        return self.field.expression, *((int(c.p), int(c.q)) for c in self.poly.coeffs())

    @property
    def coefficients(self) -> tuple[fmpq, ...]:
        """(c_0, …, c_{d−1})."""
        return _padded(self.poly, self.field.degree)

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
            raise FieldTooSmall(f"{self} is irrational, so it is no Fraction. Use to_sympy(), to_mpmath(dps) or float().")
        c = self.poly[0]
        return Fraction(int(c.p), int(c.q))

    def image(self, root: Number) -> Number:
        """Σ c_k β^k for the image β of α in a larger field."""
        total = Number(root.field, fmpq_poly([0]))
        for c in reversed(self.poly.coeffs()):
            total = total * root + Number(root.field, fmpq_poly([c]))
        return total

    # Arithmetic ----------------------------------------------------------------------------------------
    def _pair(self, other: Any) -> tuple[Number, Number] | None:
        if not isinstance(other, Number):
            if isinstance(other, (int, fmpz, fmpq)) or isinstance(other, Rational):
                return self, Number(self.field, fmpq_poly([_fmpq(other)]))
            if isinstance(other, (float, complex)):
                raise NotExact(_float_message(other))
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
            base, k = base * base, k >> 1
        return result

    def conj(self) -> Number:
        """The complex conjugate."""
        return self if self.field.is_real or self.is_rational else self.image(self.field.conjugate_generator)

    # Comparison ----------------------------------------------------------------------------------------
    def __bool__(self) -> bool:
        return bool(self.poly)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Number) and other.field is self.field:
            return self.poly == other.poly
        if isinstance(other, (float, complex)):
            return NotImplemented
        pair = self._pair(other)
        return NotImplemented if pair is None else pair[0].poly == pair[1].poly

    def __hash__(self) -> int:
        if self.is_rational:
            return hash(self.to_fraction())
        return hash(tuple(map(str, self.minimal_polynomial().coeffs())))

    def minimal_polynomial(self) -> fmpq_poly:
        """The monic minimal polynomial over Q, from the matrix of multiplication."""
        d = self.field.degree
        rows = [_padded((self * self.field.generator ** k).poly, d) for k in range(d)]
        poly = flint.fmpq_mat(d, d, [c for row in rows for c in row]).charpoly()
        return poly / poly.gcd(poly.derivative())  # the characteristic polynomial is a power of the minimal one

    def sign(self) -> int:
        """−1, 0 or 1 for a real number; zero is decided algebraically, the rest by a ball refined until it excludes 0."""
        if self.is_zero:
            return 0
        if self.poly.degree() == 0:
            return 1 if self.poly[0] > 0 else -1
        bits = 64
        while True:
            ball = self.ball(bits)
            if not self.field.is_real and not self.conj() == self:
                raise TypeError(f"{self} is not real, so it has no sign. Compare real numbers only.")
            if ball.real > 0:
                return 1
            if ball.real < 0:
                return -1
            bits *= 2

    def __lt__(self, other: Any) -> bool:
        return (self - other).sign() < 0

    def __gt__(self, other: Any) -> bool:
        return (self - other).sign() > 0

    def __le__(self, other: Any) -> bool:
        return (self - other).sign() <= 0

    def __ge__(self, other: Any) -> bool:
        return (self - other).sign() >= 0

    # Conversion ----------------------------------------------------------------------------------------
    def ball(self, bits: int = 64) -> acb:
        """A complex ball that holds the number, computed with this many bits."""
        with _precision(bits):
            if self.poly.degree() <= 0:
                return acb(arb(self.poly[0]))
            root, total = self.field.root(bits), acb(0)
            for c in reversed(self.poly.coeffs()):
                total = total * root + acb(arb(c))
            return total

    def to_float(self, dtype: str = "float64"):
        """The nearest float of this dtype; complex numbers as Python complex."""
        from .rounding import round_complex, round_real
        if self.field.is_real or self.is_rational:
            return round_real(self, None, dtype)
        return round_complex(self, None, dtype)

    def sqrt_to_float(self, dtype: str = "float64") -> float:
        """√x rounded to the nearest float of this dtype; x ≥ 0."""
        from .rounding import round_real
        return round_real(Q(1), self, dtype)

    def __float__(self) -> float:
        return float(self.to_float())

    def __complex__(self) -> complex:
        return complex(self.to_float())

    def to_mpmath(self, dps: int = 50):
        """The value as an mpmath number with `dps` correct digits."""
        import mpmath

        ball = self.ball(int(dps * 3.33) + 32)
        with mpmath.workdps(dps + 5):
            re, im = (mpmath.mpf(x.mid().str(dps + 5, radius=False)) for x in (ball.real, ball.imag))
            return re if im == 0 else mpmath.mpc(re, im)

    def to_sympy(self):
        """The value as a sympy expression in radicals where the field has them, otherwise in CRootOf."""
        import sympy

        root = _sympy_root(self.field)
        return sum((sympy.Rational(int(c.p), int(c.q)) * root ** k for k, c in enumerate(self.poly.coeffs())),
                   sympy.Integer(0))

    def __str__(self) -> str:
        if self.is_rational:
            return str(self.to_fraction())
        name = _symbol(self.field)
        terms = []
        for k, c in enumerate(self.poly.coeffs()):
            if c:
                power = name if k == 1 else f"{name}^{k}"
                terms.append(str(c) if k == 0 else power if c == 1 else f"-{power}" if c == -1 else f"{c}*{power}")
        return " + ".join(terms).replace("+ -", "- ")

    def __repr__(self) -> str:
        if self.is_rational:
            return str(self)
        return f"{self.field!r}.number({', '.join(repr(str(c)) if c.q != 1 else str(c) for c in self.poly.coeffs())})"

    def _repr_latex_(self) -> str:
        import sympy
        return f"${sympy.latex(self.to_sympy())}$"


# Constructors ------------------------------------------------------------------------------------------
Q = Field((Fraction(0), Fraction(1)), 0, "Q", None)


def quadratic(d: int) -> Field:
    """Q(√d) for an integer d; √d is positive, or i√|d| for negative d. Q itself when d is a square.

    >>> quadratic(5), quadratic(9)
    (quadratic(5), Q)
    """
    if not isinstance(d, int):
        raise NotExact(f"quadratic({d!r}): d is an integer.")
    root = _isqrt(abs(d))
    if d >= 0 and root * root == d:
        return Q
    return Field((Fraction(-d), Fraction(0), Fraction(1)), 1, f"quadratic({d})", None)


def cyclotomic(n: int) -> Field:
    """Q(ζ_n) with ζ_n = e^{2πi/n}.

    >>> z = cyclotomic(5).generator; z ** 5 == 1
    True
    """
    if n in (1, 2):
        return Q
    poly = fmpz_poly.cyclotomic(n)
    minpoly = tuple(Fraction(int(c)) for c in poly.coeffs())
    import cmath
    return Field(minpoly, _nearest(minpoly, cmath.exp(2j * cmath.pi / n)), f"cyclotomic({n})", (n, False))


def real_cyclotomic(n: int) -> Field:
    """Q(2cos 2π/n), the real subfield of Q(ζ_n).

    >>> real_cyclotomic(5).generator.to_sympy()
    -1/2 + sqrt(5)/2
    """
    if n in (1, 2, 3, 4, 6):
        return Q
    from math import cos, pi
    minpoly = tuple(Fraction(int(c)) for c in fmpz_poly.cos_minpoly(n).coeffs())
    return Field(minpoly, _nearest(minpoly, complex(2 * cos(2 * pi / n))), f"real_cyclotomic({n})", (n, True))


def number_field(minpoly: Any, root: complex) -> Field:
    """Q(α) for the root α of an irreducible polynomial (ascending coefficients) nearest to `root`.

    Raises ValueError for a reducible polynomial, and when two roots are equally near.

    >>> number_field([-2, 0, 0, 1], root=1.26).degree
    3
    """
    poly = fmpq_poly([_fmpq(_parse(c).to_fraction()) for c in _ascending(minpoly)])
    if poly.degree() < 1:
        raise ValueError(f"number_field({minpoly!r}): a minimal polynomial has degree ≥ 1.")
    poly = poly / poly[poly.degree()]
    factors = fmpz_poly([int(c) for c in (poly * poly.denom()).coeffs()]).factor()[1]
    if len(factors) > 1 or factors[0][1] > 1:
        raise ValueError(f"number_field({minpoly!r}): the polynomial is reducible, with factors "
                         f"{', '.join(str(f) for f, _ in factors)}. Give the factor whose root you mean.")
    coefficients = tuple(Fraction(int(c.p), int(c.q)) for c in poly.coeffs())
    if len(coefficients) == 2:
        return Q
    text = "[" + ", ".join(str(c) if c.denominator == 1 else f"'{c}'" for c in coefficients) + "]"
    return Field(coefficients, _nearest(coefficients, complex(root)), f"number_field({text}, root={root!r})", None)


# Roots, embeddings, parsing ----------------------------------------------------------------------------
def _complex_roots(minpoly: tuple[Fraction, ...], bits: int) -> list[acb]:
    """The roots as disjoint balls, by real part, then imaginary part (conjugates share their real part)."""
    scale = lcm(*(c.denominator for c in minpoly))
    poly = fmpz_poly([int(c * scale) for c in minpoly])
    with _precision(bits):
        roots = [r for r, _ in poly.complex_roots()]
    return sorted(roots, key=lambda r: (round(float(r.real.mid()), 9), float(r.imag.mid())))


def _nearest(minpoly: tuple[Fraction, ...], target: complex) -> int:
    roots = [complex(r) for r in _complex_roots(minpoly, 64)]
    order = sorted(range(len(roots)), key=lambda i: abs(roots[i] - target))
    if len(order) > 1 and abs(abs(roots[order[0]] - target) - abs(roots[order[1]] - target)) < 1e-9:
        raise ValueError(f"root={target} does not single out one of the roots "
                         f"{', '.join(f'{r:.6g}' for r in roots)}. Give a nearer approximation.")
    return order[0]


def _express(field: Field, minpoly: fmpq_poly, target: Any) -> Number | None:
    """The number of the field that is the root `target(bits)` of a polynomial: proposed by LLL, verified exactly."""
    d = field.degree
    for bits in (64 * d, 256 * d):
        root, goal = field.root(bits + 64), target(bits + 64)
        with _precision(bits + 64):
            values, power = [], acb(1)
            for _ in range(d):
                values.append(power)
                power = power * root
            rows = []
            for k, value in enumerate([*values, goal]):
                unit = [int(k == j) for j in range(d + 1)]
                rows.append(unit + [_scaled(value.real, bits), _scaled(value.imag, bits)])
        for row in fmpz_mat(rows).lll().tolist():
            if row[d] != 0:
                found = Number(field, fmpq_poly([-fmpq(int(c), int(row[d])) for c in row[:d]]))
                total = Number(field, fmpq_poly([0]))
                for c in reversed(minpoly.coeffs()):
                    total = total * found + Number(field, fmpq_poly([c]))
                if total.is_zero and found.ball(128).overlaps(target(128)):
                    return found
    return None


def _scaled(x: arb, bits: int) -> int:
    return int((x * arb(2) ** bits).mid().floor().unique_fmpz() or 0)


def _primitive(a: Field, b: Field) -> Field:
    """Q(α + kβ) for the first k that makes it hold both, from the characteristic polynomial of α ⊗ 1 + k 1 ⊗ β."""
    left, right = _companion(a.modulus), _companion(b.modulus)
    for k in range(1, 20):
        n, m = a.degree, b.degree
        total = flint.fmpq_mat(n * m, n * m)
        for i in range(n):
            for j in range(m):
                for i2 in range(n):
                    total[i * m + j, i2 * m + j] += left[i, i2]
                for j2 in range(m):
                    total[i * m + j, i * m + j2] += k * right[j, j2]
        poly = total.charpoly()
        goal = complex(a.root()) + k * complex(b.root())
        for factor, _ in fmpz_poly([int(c) for c in (poly * poly.denom()).coeffs()]).factor()[1]:
            lead = int(factor[factor.degree()])
            minpoly = tuple(Fraction(int(c), lead) for c in factor.coeffs())
            if min(abs(complex(r) - goal) for r in _complex_roots(minpoly, 64)) < 1e-9:
                text = "[" + ", ".join(str(c) if c.denominator == 1 else f"'{c}'" for c in minpoly) + "]"
                field = Field(minpoly, _nearest(minpoly, goal), f"number_field({text}, root={goal!r})", None)
                try:
                    field.embed(a), field.embed(b)
                    return field
                except FieldTooSmall:
                    continue
    raise FieldTooSmall(f"no field with a small primitive element holds both {a} and {b}. Give one with number_field.")


def _companion(poly: fmpq_poly) -> flint.fmpq_mat:
    d = poly.degree()
    matrix = flint.fmpq_mat(d, d)
    for i in range(d):
        matrix[i, d - 1] = -poly[i]
        if i:
            matrix[i, i - 1] = fmpq(1)
    return matrix


def _field_of(x: Number) -> Field:
    minpoly = tuple(Fraction(int(c.p), int(c.q)) for c in x.minimal_polynomial().coeffs())
    return number_field(minpoly, complex(x))


def _descend(x: Number, field: Field) -> Number:
    """A number of a larger field that lies in this one, by linear algebra over Q; FieldTooSmall when it does not."""
    big = x.field.compositum(field)
    root, target = big.embed(field), big(x)
    d = big.degree
    powers = [_padded((root ** k).poly, d) for k in range(field.degree)]
    matrix = flint.fmpq_mat(d, field.degree + 1, [row[i] for i in range(d) for row in [*powers, target.coefficients]])
    reduced, rank = matrix.rref()
    if rank > field.degree or any(reduced[field.degree, field.degree] != 0 for _ in range(rank > field.degree)):
        raise FieldTooSmall(f"{field} does not hold {x}. Use a larger field: {big} does.")
    solution = [reduced[k, field.degree] for k in range(field.degree)]
    found = Number(field, fmpq_poly(solution))
    if found.image(root) != target:
        raise FieldTooSmall(f"{field} does not hold {x}. Use a larger field: {big} does.")
    return found


def _chebyshev(x: Number, k: int) -> Number:
    """2cos(kθ) from x = 2cos θ."""
    before, now = Number(x.field, fmpq_poly([2])), x
    for _ in range(k - 1):
        before, now = now, x * now - before
    return now if k else before


def _parse(x: Any) -> Number:
    if isinstance(x, bool):
        raise NotExact(f"{x!r} is a truth value where an exact number is needed. Write 0 or 1.")
    if isinstance(x, (int, fmpz, fmpq)) or isinstance(x, Rational):
        return Number(Q, fmpq_poly([_fmpq(x)]))
    if isinstance(x, str):
        try:
            return Number(Q, fmpq_poly([_fmpq(Fraction(x))]))
        except ValueError:
            raise NotExact(f"{x!r} is no rational number. Write it as \"p/q\", or as a number of a field: "
                           "quadratic(5).generator.") from None
    if isinstance(x, (float, complex)) or type(x).__module__ == "numpy" and not hasattr(x, "__index__"):
        raise NotExact(_float_message(x))
    if hasattr(x, "__index__"):
        return Number(Q, fmpq_poly([x.__index__()]))
    if type(x).__module__.startswith("sympy"):
        return _from_sympy(x)
    raise NotExact(f"{x!r} is no exact number. Write an integer, a Fraction, \"p/q\", a sympy number or a Number.")


def _float_message(x: Any) -> str:
    try:
        written = str(Fraction(str(x)))
    except ValueError:
        return f"{x!r} is not a number, and exact numbers are needed here. Write an integer or a fraction \"p/q\"."
    return (f"{x!r} is a float, and exact numbers are needed here. Write \"{written}\" or Fraction({written.replace('/', ', ')})"
            " if that is what you mean, or a root of a polynomial as a number of a field: quadratic(2).generator.")


def _from_sympy(x: Any) -> Number:
    import sympy

    if x.is_Rational:
        return Number(Q, fmpq_poly([fmpq(int(x.p), int(x.q))]))
    if x.is_Float:
        raise NotExact(_float_message(float(x)))
    t = sympy.Symbol("t")
    poly = sympy.Poly(sympy.minimal_polynomial(x, t), t)
    if poly.degree() == 2 and x.is_real is not None:
        c, b, a = (int(v) for v in poly.all_coeffs()[::-1])
        square = b * b - 4 * a * c
        free = _squarefree(square)
        field = quadratic(free)
        root = field.generator * _isqrt(square // free)
        for sign in (1, -1):
            value = (sign * root - b) / (2 * a)
            if abs(complex(value) - complex(x)) < 1e-12 * (1 + abs(complex(x))):
                return value
    return number_field([Fraction(str(c)) for c in poly.all_coeffs()[::-1]], complex(x)).generator


def _squarefree(n: int) -> int:
    result = 1 if n > 0 else -1
    for p, e in fmpz(abs(n)).factor():
        result *= int(p) if e % 2 else 1
    return result


def _ascending(minpoly: Any) -> list[Any]:
    if isinstance(minpoly, str):
        import sympy
        minpoly = sympy.Poly(sympy.sympify(minpoly))
    return list(minpoly.all_coeffs())[::-1] if hasattr(minpoly, "all_coeffs") else list(minpoly)


def _symbol(field: Field) -> str:
    if field.conductor:
        n, real = field.conductor
        return f"2cos(2π/{n})" if real else f"ζ{n}"
    return f"√{-field.minpoly[0]}" if field.expression.startswith("quadratic") else "α"


def _sympy_root(field: Field):
    import sympy

    if field.degree == 1:
        return sympy.Integer(0)
    if field.conductor:
        n, real = field.conductor
        value = 2 * sympy.cos(2 * sympy.pi / n) if real else sympy.exp(2 * sympy.pi * sympy.I / n)
        return value if real is False and n not in (3, 4, 6, 8, 12) else sympy.expand(value.rewrite(sympy.cos), complex=True)
    if field.degree == 2 and field.minpoly[1] == 0:
        return sympy.sqrt(sympy.Rational(str(-field.minpoly[0])))
    t = sympy.Symbol("t")
    poly = sympy.Poly([sympy.Rational(str(c)) for c in reversed(field.minpoly)], t)
    goal = complex(field.root())
    return min(poly.all_roots(), key=lambda r: abs(complex(r.evalf(30)) - goal))


def _padded(poly: fmpq_poly, degree: int) -> tuple[fmpq, ...]:
    found = tuple(poly.coeffs())
    return found + (fmpq(0),) * (degree - len(found))


def _fmpq(x: Any) -> fmpq:
    return x if isinstance(x, fmpq) else fmpq(x) if isinstance(x, (int, fmpz)) else fmpq(int(x.numerator), int(x.denominator))


def _isqrt(n: int) -> int:
    from math import isqrt
    return isqrt(n)


def _unpickle(field: Field, coefficients: tuple[str, ...]) -> Number:
    return Number(field, fmpq_poly([_fmpq(Fraction(c)) for c in coefficients]))


class _precision:
    """The working precision of flint's balls inside a `with`, put back afterwards."""

    def __init__(self, bits: int) -> None:
        self.bits = bits

    def __enter__(self) -> None:
        self.before, flint.ctx.prec = flint.ctx.prec, self.bits + 32

    def __exit__(self, *error: object) -> None:
        flint.ctx.prec = self.before


