"""Enclosure: a limit of stability between two proved numbers, with a wave that grows beyond it."""
from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
import sympy
from flint import acb, acb_mat, arb, ctx, fmpq
from sympy import Expr, Rational

from .coefficients import Coefficients, absolute
from .speed import max_speed, spectral_radius

if TYPE_CHECKING:
    from .scheme import Scheme
    from .system import System

Point = tuple[Rational, Rational]  # (cos θ, sin θ)


@dataclass(frozen=True)
class Instability:
    """A wave e^{iθ·x} that grows: at this Courant number the symbol has an eigenvalue of modulus above `modulus` > 1.

    `points` are the (cos θ_j, sin θ_j), rational; the eigenvalue is enclosed by ball arithmetic.
    """

    courant: Rational
    points: tuple[Point, ...]
    modulus: Rational

    @property
    def angles(self) -> tuple[Expr, ...]:
        """The θ_j."""
        return tuple(sympy.atan2(s, c) for c, s in self.points)

    def __str__(self) -> str:
        at = ", ".join(f"{float(t):.4f}" for t in self.angles)
        return f"|g| > {float(self.modulus):.6f} at θ = ({at})"


@dataclass(frozen=True)
class Enclosure:
    """A limit that is only enclosed: stable up to `lower`, which is proved, unstable beyond `upper`, also proved.

    `witness` is a wave that grows at the Courant number `upper`, where a search found one.
    """

    lower: Expr
    upper: Expr
    reason: str
    witness: Instability | None = None

    def __repr__(self) -> str:
        grows = f"; {self.witness}" if self.witness is not None else ""
        return f"<between {self.lower} and {self.upper}: {self.reason}{grows}>"


class _Entry:
    """A square matrix of floats or of balls as an element of a ring of coefficients."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __add__(self, other: _Entry) -> _Entry:
        return _Entry(self.value + other.value)

    def __neg__(self) -> _Entry:
        return self * -1

    def __sub__(self, other: _Entry) -> _Entry:
        return self + (-other)

    def __mul__(self, other: Any) -> _Entry:
        if isinstance(other, _Entry):
            return _Entry(self.value @ other.value if isinstance(self.value, np.ndarray) else self.value * other.value)
        q = sympy.sympify(other)
        return _Entry(self.value * (float(q) if isinstance(self.value, np.ndarray) else acb(ball(q))))

    __rmul__ = __mul__


def ball(e: Expr) -> arb:
    """An enclosure of a real number made of rational numbers, sums, products, square roots and roots of polynomials.

    >>> 1.41421356 < ball(sympy.sqrt(2)) < 1.41421357
    True
    """
    if e.is_Rational:
        return arb(fmpq(int(e.p), int(e.q)))
    if e.is_Add or e.is_Mul:
        parts = [ball(x) for x in e.args]
        total = parts[0]
        for x in parts[1:]:
            total = total + x if e.is_Add else total * x
        return total
    if e.is_Pow and (2 * e.exp).is_Integer:
        return ball(e.base) ** int(e.exp) if e.exp.is_Integer else ball(e.base).sqrt() ** int(2 * e.exp)
    if isinstance(e, sympy.CRootOf) and e.is_real:  # within 10^−40 of the rational number
        middle = e.eval_rational(sympy.Rational(1, 10**40))
        return arb(fmpq(int(middle.p), int(middle.q))) + arb(0, 1e-39)
    raise ValueError(f"{e} is not made of square roots and roots of polynomials. Give numbers for its symbols.")


def _ring(system: System, courant: Rational, exact: bool) -> Coefficients:
    """The ring of matrices of floats or of balls, at one Courant number."""
    scale = courant / max_speed(system)

    def entry(m: sympy.Matrix) -> _Entry:
        if exact:
            return _Entry(acb_mat([[acb(ball(sympy.radsimp(scale * x))) for x in row] for row in m.tolist()]))
        return _Entry(float(scale) * np.array(m.tolist(), float))
    one = sympy.eye(system.size) / scale
    return Coefficients(tuple(entry(m) for m in system.matrices),
                        tuple(scale * spectral_radius(system, a) for a in system.axes), entry(one),
                        lambda j: entry(absolute(system, system.axes[j])))


def grows(scheme: Scheme, courant: Rational, points: tuple[Point, ...]) -> Instability | None:
    """The proof that the symbol has an eigenvalue outside the unit circle at a rational frequency; None without one."""
    with ctx.workprec(256):  # eigenvalues that meet are known to half as many digits
        operator = scheme.linear(_ring(scheme.system, courant, True))
        waves = [(acb(ball(c), ball(s)), acb(ball(c), -ball(s))) for c, s in points]
        total = acb_mat([[acb(0)] * scheme.system.size] * scheme.system.size)
        for k, m in operator.terms.items():
            factor = acb(1)
            for x, (forward, backward) in zip(k, waves):
                factor *= forward ** x if x >= 0 else backward ** -x
            total = total + m.value * factor
        modulus = _outside(total)
    return None if modulus is None else Instability(courant, points, modulus)


def _outside(matrix: Any) -> Rational | None:
    """A number above 1 that is exceeded by the modulus of an eigenvalue, by Gershgorin's discs of R⁻¹GR for approximate
    eigenvectors R: discs apart from all others hold as many eigenvalues as they are."""
    n = matrix.nrows()
    try:
        _, vectors = matrix.eig(right=True, algorithm="approx")
        turned = vectors.inv() * matrix * vectors
    except (ValueError, ZeroDivisionError):
        return None
    centres = [turned[i, i] for i in range(n)]
    radii = [sum((abs(turned[i, j]) for j in range(n) if j != i), arb(0)) for i in range(n)]
    least = [abs(c) - r for c, r in zip(centres, radii)]
    largest = max((float(m.mid() - m.rad()) for m in least if m > 1), default=1.)
    below = Rational(int(largest * 2 ** 40), 2 ** 40)
    outside = [i for i in range(n) if least[i] > arb(fmpq(int(below.p), int(below.q)))]
    apart = all(abs(centres[i] - centres[j]) > radii[i] + radii[j] for i in outside for j in range(n)
                if j not in outside)
    return below if below > 1 and outside and apart else None


def search(scheme: Scheme, lower: Expr, upper: Expr) -> Instability | None:
    """A growing wave at a Courant number in (lower, upper) as small as a search in floats finds, then proved."""
    d = scheme.system.ndim
    symbol = _Symbol.of(scheme, upper)
    steps = {2: 12, 3: 5}.get(d, 4)
    grid = [*np.linspace(-np.pi, np.pi, 2 * steps + 1)[1:], .2, -.2, .05, -.05]
    angles = np.array([p for p in product(grid, repeat=d) if p[0] >= 0])
    best, step, rounds = float(upper), np.pi / steps, list[tuple[float, np.ndarray]]()
    for _ in range(6):
        found, where = symbol.bisect(angles, float(lower), best)
        if found >= best:
            break
        rounds.append((found, where))
        best, step = found, step / 2
        angles = where + step * np.array([*product((-1, 0, 1), repeat=d)])
    for wider in (1024, 128, 32):
        for found, where in rounds[::-1]:
            courant = Rational(int(np.ceil(found * (1 + 1 / wider) * 1024)), 1024)
            proof = grows(scheme, courant, tuple(map(_rational, where))) if courant < upper else None
            if proof is not None:
                return proof
    return None


def _rational(t: float) -> Point:
    """A rational point of the unit circle near e^{it}."""
    if abs(abs(t) - np.pi) < 1e-9:
        return sympy.S.NegativeOne, sympy.S.Zero
    half = sympy.nsimplify(Rational(np.tan(t / 2)).limit_denominator(512))
    return (1 - half ** 2) / (1 + half ** 2), 2 * half / (1 + half ** 2)


@dataclass(frozen=True, eq=False)
class _Symbol:
    """The symbol in floats: offsets, and for each power of the Courant number the taps."""

    offsets: np.ndarray
    taps: np.ndarray

    @staticmethod
    def of(scheme: Scheme, upper: Expr) -> _Symbol:
        """By interpolation: the taps are polynomials in the Courant number."""
        degree = max(2, len(scheme.time.stability_polynomial) - 1)
        nodes = [Rational(k, degree) * Rational(float(upper)).limit_denominator(1000) for k in range(1, degree + 2)]
        values = [scheme.linear(_ring(scheme.system, c, False)).terms for c in nodes]
        offsets = sorted(set().union(*values))
        zero = np.zeros((scheme.system.size,) * 2)
        table = np.array([[v[k].value if k in v else zero for k in offsets] for v in values])
        powers = np.vander([float(c) for c in nodes], increasing=True)
        return _Symbol(np.array(offsets, float), np.tensordot(np.linalg.inv(powers), table, 1))

    def moduli(self, waves: np.ndarray, courant: float) -> np.ndarray:
        """The spectral radii for the waves e^{ik·θ}, one a row."""
        taps = np.tensordot(courant ** np.arange(len(self.taps)), self.taps, 1)
        return np.abs(np.linalg.eigvals(np.tensordot(waves, taps, 1))).max(1)

    def bisect(self, angles: np.ndarray, low: float, high: float) -> tuple[float, np.ndarray]:
        """The least Courant number, by bisection, at which one of the waves grows, and that wave."""
        where, waves = angles[0], np.exp(1j * angles @ self.offsets.T)
        for _ in range(11):
            middle = (low + high) / 2
            moduli = self.moduli(waves, middle)
            if moduli.max() > 1 + 3e-7:
                high, where = middle, angles[moduli.argmax()]
            else:
                low = middle
        return high, where


def without_parameters(scheme: Scheme) -> Scheme | None:
    """The scheme of a similar system without symbols, of largest speed 1: D^{1/2} A_j D^{−1/2} for a diagonal
    symmetriser D; None where symbols remain."""
    from .symmetriser import NotSymmetrisable
    from .system import System
    system = scheme.system
    speed = max_speed(system)
    if not any(m.free_symbols for m in system.matrices):
        return scheme
    try:
        s = system.symmetriser.in_state
    except NotSymmetrisable:
        return None
    if not s.is_diagonal():
        return None
    from .radical import tidy
    n = system.size
    made: dict[str, Any] = {
        a: [[tidy(sympy.sqrt(s[i, i] / s[k, k]) * m[i, k] / speed) for k in range(n)] for i in range(n)]
        for a, m in zip(system.axes, system.matrices)}
    if any(not e.is_number for rows in made.values() for row in rows for e in row):
        return None
    return replace(scheme, system=System(**made))
