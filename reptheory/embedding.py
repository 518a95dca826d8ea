"""Roots of polynomials as balls, and one number field inside another, decided exactly."""
from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import count
from math import lcm
from typing import TYPE_CHECKING, Any

from flint import acb, arb, fmpq, fmpq_mat, fmpq_poly, fmpz_mat, fmpz_poly

from .exact import fraction, precision
from .number import FieldTooSmall, Number

if TYPE_CHECKING:
    from .field import Field

LABELS = 128  # the bits at which the roots of a polynomial are put in order


def complex_roots(minpoly: tuple[Fraction, ...]) -> list[acb]:
    """The roots of a squarefree polynomial as disjoint balls, by real part, then imaginary part.

    >>> [complex(r) for r in complex_roots((Fraction(1), Fraction(0), Fraction(1)))]
    [-1j, 1j]
    """
    def order(root: acb) -> tuple[int, arb, arb]:
        return round(float(root.real.mid() * 2 ** 40)), root.imag.mid(), root.real.mid()
    with precision(LABELS):
        return sorted(_isolated(minpoly, LABELS), key=order)


def refined(minpoly: tuple[Fraction, ...], near: acb, bits: int) -> acb:
    """The root in the isolating ball `near` with this many bits."""
    return next(r for r in _isolated(minpoly, bits) if r.overlaps(near))


def nearest(minpoly: tuple[Fraction, ...], target: acb) -> int:
    """The place among the roots of the one nearest to the target; ValueError when two are equally near."""
    roots = complex_roots(minpoly)
    with precision(LABELS):
        distance = [abs(r - target).mid() for r in roots]
    order = sorted(range(len(roots)), key=distance.__getitem__)
    if len(order) > 1 and not distance[order[1]] - distance[order[0]] > distance[order[1]] * 1e-9:  # so for NaN too
        raise ValueError(f"root={_short(complex(target))} does not single out one of the roots "
                         f"{', '.join(_short(complex(r)) for r in roots)}. Give a nearer approximation.")
    return order[0]


def approximation(minpoly: tuple[Fraction, ...], index: int) -> str:
    """The shortest decimal text, of 3 digits or more, that singles out the root at this place."""
    value = complex(complex_roots(minpoly)[index])
    for digits in range(3, 18):
        text = _short(value, digits)
        try:
            if nearest(minpoly, acb(complex(text))) == index:
                return text
        except ValueError:
            continue
    return repr(value)


def express(field: Field, minpoly: fmpq_poly, target: Callable[[int], acb]) -> Number | None:
    """The number of the field that is the root `target(bits)` of an irreducible polynomial; None when there is none.

    Integer relations between 1, α, …, α^{d−1}, β are proposed by LLL and verified exactly. Whether there is one is
    decided by degrees: β lies in Q(α) exactly when a primitive element of Q(α, β) has degree d.
    """
    bits = 64 * field.degree
    found = _relation(field, minpoly, target, bits)
    if found is None and primitive(field.modulus, field.root, minpoly, target)[0].degree() > field.degree:
        return None
    while found is None:
        bits *= 2
        found = _relation(field, minpoly, target, bits)
    return found


def primitive(first: fmpq_poly, alpha: Callable[[int], acb], second: fmpq_poly,
              beta: Callable[[int], acb]) -> tuple[fmpq_poly, acb]:
    """The minimal polynomial of a θ = α + kβ with Q(θ) = Q(α, β), and θ as a ball.

    The conjugates α_i + kβ_j are the roots of the characteristic polynomial of α ⊗ 1 + k 1 ⊗ β; where they are all
    different, θ generates the compositum.
    """
    left, right = _companion(first), _companion(second)
    for k in count(1):
        poly = _kronecker_sum(left, right, k).charpoly()
        factors = fmpz_poly([int(c) for c in (poly * poly.denom()).coeffs()]).factor()[1]
        if all(e == 1 for _, e in factors):
            break
    bits, candidates = 64, [fmpq_poly(f) for f, _ in factors]
    while True:
        with precision(bits):
            theta = alpha(bits) + k * beta(bits)
            candidates = [f for f in candidates if _value(f, theta).contains(0)]
        if len(candidates) == 1:
            with precision(LABELS):
                theta = alpha(LABELS) + k * beta(LABELS)
            return candidates[0] / candidates[0][candidates[0].degree()], theta
        bits *= 2


def descend(x: Number, field: Field) -> Number:
    """A number of a larger field that lies in this one, by linear algebra over Q; FieldTooSmall when it does not."""
    big = x.field.compositum(field)
    root, target = big.embed(field), big(x)
    d, e = big.degree, field.degree
    powers, power = [], big(1)
    for _ in range(e):
        powers.append(power.coefficients)
        power = power * root
    reduced, rank = fmpq_mat(d, e + 1, [row[i] for i in range(d) for row in [*powers, target.coefficients]]).rref()
    if rank > e:  # the powers are independent, so the last column is a pivot: x is no combination of them
        raise FieldTooSmall(f"{field} does not hold {x}. Use a larger field: {big} does.")
    return Number(field, fmpq_poly([reduced[k, e] for k in range(e)]))


def monic(poly: fmpq_poly) -> tuple[Fraction, ...]:
    """The coefficients of a polynomial divided by the leading one, ascending."""
    lead = poly[poly.degree()]
    return tuple(fraction(c / lead) for c in poly.coeffs())


def _isolated(minpoly: tuple[Fraction, ...], bits: int) -> list[acb]:
    """Disjoint balls for the roots; real ones have the imaginary part 0 exactly."""
    scale = lcm(*(c.denominator for c in minpoly))
    with precision(bits):
        pairs: list[Any] = fmpz_poly([int(c * scale) for c in minpoly]).complex_roots()
        return [root for root, _ in pairs]


def _short(value: complex, digits: int = 6) -> str:
    return f"{value.real:.{digits}g}" if value.imag == 0 else f"{value:.{digits}g}"


def _value(poly: fmpq_poly, x: acb) -> acb:
    total = acb(0)
    for c in reversed(poly.coeffs()):
        total = total * x + acb(arb(c))
    return total


def _relation(field: Field, minpoly: fmpq_poly, target: Callable[[int], acb], bits: int) -> Number | None:
    """The number that the shortest integer relation proposes at this precision, when it is the root."""
    d, root, goal = field.degree, field.root(bits + 64), target(bits + 64)
    with precision(bits + 64):
        values = [acb(1)]
        for _ in range(d - 1):
            values.append(values[-1] * root)
        lattice = [[int(k == j) for j in range(d + 1)] + [_scaled(value.real, bits), _scaled(value.imag, bits)]
                   for k, value in enumerate([*values, goal])]
    for row in fmpz_mat(lattice).lll().tolist():
        if row[d] != 0:
            found = Number(field, fmpq_poly([-fmpq(int(c), int(row[d])) for c in row[:d]]))
            if Number(field, minpoly).image(found).is_zero and _same_root(minpoly, found, target):
                return found
    return None


def _same_root(minpoly: fmpq_poly, found: Number, target: Callable[[int], acb]) -> bool:
    """Whether a root of the polynomial is the one meant: their balls meet the same isolating ball."""
    roots, bits = _isolated(monic(minpoly), LABELS), LABELS
    while True:
        here, there = ([i for i, r in enumerate(roots) if r.overlaps(ball)]
                       for ball in (found.ball(bits), target(bits)))
        if len(here) == len(there) == 1:
            return here == there
        bits *= 2


def _scaled(x: arb, bits: int) -> int:
    return int((x * arb(2) ** bits).mid().floor().unique_fmpz() or 0)


def _companion(poly: fmpq_poly) -> fmpq_mat:
    d = poly.degree()
    return fmpq_mat(d, d, [-poly[i] / poly[d] if j == d - 1 else fmpq(int(i == j + 1))
                           for i in range(d) for j in range(d)])


def _kronecker_sum(a: fmpq_mat, b: fmpq_mat, k: int) -> fmpq_mat:
    """a ⊗ 1 + k 1 ⊗ b."""
    n, m = a.nrows(), b.nrows()
    return fmpq_mat(n * m, n * m, [
        (a[i, x] if j == y else fmpq(0)) + (k * b[j, y] if i == x else fmpq(0))
        for i in range(n) for j in range(m) for x in range(n) for y in range(m)])
