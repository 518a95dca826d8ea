"""Frames: the defining representation of a classical group in a basis of weight vectors, with Chevalley generators."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

from .field import quadratic
from .linalg import Inconsistent, solve
from .matrix import Matrix
from .root_datum import NotDominant, RootDatum, Weight, unit

LINEAR, SPECIAL, ORTHOGONAL = ("U", "GL"), ("SU", "SL"), ("SO", "O")
COVERS = {3: "SU(2)", 4: "SU(2) * SU(2)", 5: "Sp(2)", 6: "SU(4)"}


@dataclass(frozen=True)
class Frame:
    """A basis of weight vectors of the defining representation, the Borel subalgebra being upper triangular in it.

    The columns of `basis` are the vectors, `weights` their weights, and e_i, f_i the Chevalley generators in this
    basis, with e_iᴴ = f_i for the metric of the compact form. In so(n) the vectors are e₁ − ie₂, e₃ − ie₄, …, e_n for
    odd n, and half the conjugates in the opposite order; negative directions of SO(p, q) are multiplied by i.

    >>> Frame.of(("SO", 5)).weights
    ((1, 0), (0, 1), (0, 0), (0, -1), (-1, 0))
    """

    datum: RootDatum
    weights: tuple[Weight, ...]
    basis: Matrix
    raising: tuple[Matrix, ...]
    lowering: tuple[Matrix, ...]

    @staticmethod
    def of(family: tuple) -> Frame | None:
        """The frame of ("SO", n), ("SO", p, q), ("O", …), ("SU", n), ("SL", n), ("U", n), ("GL", n), ("Sp", n),
        ("Sp", 2n, "R"), ("torus", n) and ("G", 2), all of them forms of connected complex groups and O(n, C); None
        otherwise."""
        name, n = family[0], family[1]
        if name in (*LINEAR, *SPECIAL, "torus"):
            return _linear(name, n)
        if name == "Sp":
            return _symplectic(n // 2 if len(family) > 2 else n)
        if name == "G":
            return _exceptional()
        if name in ORTHOGONAL:
            q = family[2] if len(family) > 2 else 0
            return _orthogonal(n, q)
        return None

    @cached_property
    def inverse(self) -> Matrix:
        """The inverse of the matrix of the basis."""
        return self.basis.inverse()

    @cached_property
    def coordinates(self) -> Matrix:
        """The integer matrix P with x = P d, the point of the Lie algebra of the torus with ⟨ν_j, x⟩ = d_j."""
        r, n = self.datum.rank, len(self.weights)
        return Matrix.hstack([Matrix.of(self.weights[:r]).inverse(), Matrix.zeros(r, n - r)])

    def inside(self, x: Matrix) -> Matrix:
        """The matrix of x in this basis."""
        return self.inverse @ x @ self.basis

    @cached_property
    def roots(self) -> tuple[tuple[Weight, int, int, Matrix, Matrix], ...]:
        """For each positive root β, by height: β, the i with E_β = [e_i, E_{β−α_i}] and the number of β − α_i (−1 for
        simple β), E_β and its adjoint F_β."""
        found: list[tuple[Weight, int, int, Matrix, Matrix]] = []
        numbers: dict[Weight, int] = {}
        for beta, _ in self.datum.positive:
            if beta in self.datum.roots:
                i, before = self.datum.roots.index(beta), -1
                e, f = self.raising[i], self.lowering[i]
            else:
                lower = [(i, tuple(x - y for x, y in zip(beta, a))) for i, a in enumerate(self.datum.roots)]
                i, before = next((i, numbers[mu]) for i, mu in lower if mu in numbers)
                e, f = self.raising[i], self.lowering[i]
                e, f = e @ found[before][3] - found[before][3] @ e, found[before][4] @ f - f @ found[before][4]
            numbers[beta] = len(found)
            found.append((beta, i, before, e, f))
        return tuple(found)

    def expand(self, x: Matrix) -> tuple[dict[Weight, Any], list[Any]]:
        """The coefficients of an element of the complex Lie algebra, a matrix in this basis: of E_β and F_β by β and
        −β, and the point of the Lie algebra of the torus."""
        found = {}
        for beta, _, _, e, f in self.roots:
            for root, vector in ((beta, e), (tuple(-b for b in beta), f)):
                i, j = next((i, j) for i, row in enumerate(vector.rows()) for j, y in enumerate(row) if y)
                if x[i, j]:
                    found[root] = x[i, j] / vector[i, j]
        point = self.coordinates @ Matrix.of([[x[i, i]] for i in range(len(self.weights))])
        return found, [row[0] for row in point.rows()]

    @property
    def defining(self) -> tuple[int, ...]:
        """The key of the defining representation.

        >>> [Frame.of(family).defining for family in (("SU", 3), ("SO", 4), ("SO", 5), ("U", 2))]
        [(1, 0), (1, 1), (1, 0), (1, 0)]
        """
        highest = self.weights[0]
        return self.datum.labels(highest) if len(self.datum.roots) == self.datum.rank else tuple(highest)

    def weight(self, labels: Sequence[int]) -> Weight:
        """The highest weight with these Dynkin labels; with a centre, the labels are the weight itself.

        Raises NotDominant where there is none: for spinors of SO(n), and for negative labels.

        >>> Frame.of(("SO", 7)).weight((1, 1, 0)), Frame.of(("U", 2)).weight((1, -1))
        ((2, 1, 0), (1, -1))
        """
        given, datum = tuple(labels), self.datum
        if len(given) != datum.rank or not all(isinstance(a, int) and not isinstance(a, bool) for a in given):
            raise NotDominant(f"{labels!r} names no irrep here: the key is {datum.rank} integers, "
                              + ("the Dynkin labels" if len(datum.roots) == datum.rank else "the highest weight")
                              + f". Write {self.defining} for the defining one.")
        if len(datum.roots) < datum.rank:
            return datum.highest(given)
        if min(given, default=0) < 0:
            raise NotDominant(f"the Dynkin labels {given} are not those of a highest weight, which are never negative. "
                              f"Give {tuple(map(abs, given))}, or the labels of the dual.")
        try:
            found = solve(Matrix.of(datum.coroots), Matrix.of([[a] for a in given]))
        except Inconsistent:  # the coroots are independent
            raise NotDominant(f"no weight has the Dynkin labels {given}. Give others.") from None
        if not found.is_integer:
            n = len(self.weights)
            way = "Use labels whose last two have an even sum" if n % 2 == 0 else "Use an even last label"
            way += f", or take the covering group of SO({n}), rt.{COVERS[n]}." if n in COVERS else "."
            raise NotDominant(f"the Dynkin labels {given} belong to a spinor, which is no representation of the "
                              f"orthogonal groups of size {n}: its highest weight is half-integral. {way}")
        return tuple(int(row[0].to_fraction()) for row in found.rows())


def spins(key: tuple) -> tuple[int, int]:
    """The Dynkin labels (2j₁, 2j₂) of a pair of spins of so(4) = su(2) ⊕ su(2), or of so(1, 3).

    >>> spins(("1/2", "1/2")), spins((1, "0"))
    ((1, 1), (2, 0))
    """
    try:
        doubled = [2 * Fraction(j) for j in key]
    except (ValueError, TypeError):
        doubled = []
    if len(doubled) != 2 or any(j.denominator != 1 or j < 0 for j in doubled):
        raise NotDominant(f"{key!r} is no pair of spins. Write two numbers of 0, 1/2, 1, …, as in ('1/2', '1/2').")
    return int(doubled[0]), int(doubled[1])


def _linear(name: str, n: int) -> Frame:
    steps = [] if name == "torus" else [(i, i + 1) for i in range(n - 1)]
    raising = tuple(_placed(n, {place: 1}) for place in steps)
    if name in SPECIAL:
        datum = RootDatum.simple("A", n - 1)
        weights = tuple(tuple((j == k) - (j == k - 1) for j in range(n - 1)) for k in range(n))
    else:
        roots = tuple(tuple((k == i) - (k == j) for k in range(n)) for i, j in steps)
        datum, weights = RootDatum(n, roots, roots), tuple(unit(k, n) for k in range(n))
    return Frame(datum, weights, Matrix.identity(n), raising, tuple(e.T for e in raising))


def _symplectic(m: int) -> Frame:
    """e₁, …, e_m, e_2m, …, e_{m+1}: the form is Σ x_i y_{m+i} − x_{m+i} y_i."""
    n = 2 * m
    basis = _placed(n, {(j if j < m else n - 1 - (j - m), j): 1 for j in range(n)})
    raising = [*_steps(m, n), _placed(n, {(m - 1, m): 1})]
    roots = (*_differences(m), tuple(2 * x for x in unit(m - 1, m)))
    coroots = (*_differences(m), unit(m - 1, m))
    return Frame(RootDatum(m, roots, coroots), _signed(m, False), basis, tuple(raising), tuple(e.T for e in raising))


def _orthogonal(p: int, q: int) -> Frame:
    n = p + q
    m, odd, i = n // 2, n % 2, quadratic(-1).generator
    table = [[quadratic(-1)(0)] * n for _ in range(n)]
    for j in range(m):
        table[2 * j][j], table[2 * j + 1][j] = i / i, -i
        table[2 * j][n - 1 - j], table[2 * j + 1][n - 1 - j] = i / i / 2, i / 2
    if odd:
        table[n - 1][m] = i / i
    table = [row if k < p else [i * x for x in row] for k, row in enumerate(table)]
    raising, lowering = list(_steps(m, n)), [e.T for e in _steps(m, n)]
    roots, coroots = list(_differences(m)), list(_differences(m))
    if odd and m:  # ε_m
        raising.append(_placed(n, {(m - 1, m): 1, (m, m + 1): -1}))
        lowering.append(_placed(n, {(m, m - 1): 2, (m + 1, m): -2}))
        roots.append(unit(m - 1, m))
        coroots.append(tuple(2 * x for x in unit(m - 1, m)))
    elif m > 1:    # ε_{m−1} + ε_m
        e = _placed(n, {(m - 2, m): 1, (m - 1, m + 1): -1})
        raising.append(e * "1/2")
        lowering.append(e.T * 2)
        roots.append(tuple(int(k >= m - 2) for k in range(m)))
        coroots.append(roots[-1])
    datum = RootDatum(m, tuple(roots), tuple(coroots))
    return Frame(datum, _signed(m, bool(odd)), Matrix.of(table), tuple(raising), tuple(lowering))


def _exceptional() -> Frame:
    """G₂ ⊂ SO(7): e₁ = e_{ε₁−ε₂} + e_{ε₃} and e₂ = e_{ε₂−ε₃} of so(7), with ε₁ = ε₂ + ε₃ on the torus.

    Source: Fulton and Harris, Representation Theory, §22.3.
    """
    whole, datum = _orthogonal(7, 0), RootDatum.simple("G", 2)
    joined = [(e[0] + e[2], e[1]) for e in (whole.raising, whole.lowering)]
    first = ((1, 0), (-1, 1), (2, -1))
    weights = (*first, (0, 0), *((-a, -b) for a, b in reversed(first)))
    return Frame(datum, weights, whole.basis, *joined)


def _differences(m: int) -> tuple[Weight, ...]:
    return tuple(tuple((k == i) - (k == i + 1) for k in range(m)) for i in range(m - 1))


def _steps(m: int, n: int) -> tuple[Matrix, ...]:
    return tuple(_placed(n, {(i, i + 1): 1, (n - 2 - i, n - 1 - i): -1}) for i in range(m - 1))


def _signed(m: int, odd: bool) -> tuple[Weight, ...]:
    plus = [unit(k, m) for k in range(m)]
    return (*plus, *([(0,) * m] if odd else []), *(tuple(-x for x in w) for w in reversed(plus)))


def _placed(n: int, entries: dict[tuple[int, int], int]) -> Matrix:
    return Matrix.of([[entries.get((i, j), 0) for j in range(n)] for i in range(n)])
