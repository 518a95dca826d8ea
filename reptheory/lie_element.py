"""LieElement: an element of a Lie group, exact as a matrix, or exp(Σ c_a X_a) in floats."""
from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from .exact import NotExact
from .field import Number, Q, quadratic
from .lie_algebra import evaluated
from .matrix import Matrix

if TYPE_CHECKING:
    from .lie import LieGroup
    from .rep import Rep

TURNS = ((Fraction(3, 5), Fraction(4, 5)), (Fraction(5, 13), Fraction(12, 13)), (Fraction(4, 5), Fraction(3, 5)),
         (Fraction(15, 17), Fraction(8, 17)), (Fraction(0), Fraction(1)))  # rational points (cos, sin) of the circle
STEPS = 6  # the largest k for which eigenvalues ±ik and ±k are tried


@dataclass(frozen=True, repr=False)
class LieElement:
    """An element g of a Lie group, by its exact matrix or by the coefficients c of g = exp(Σ c_a X_a).

    >>> import reptheory as rt
    >>> g = rt.SO(2).element([["3/5", "-4/5"], ["4/5", "3/5"]]); (g * g).matrix
    [-7/25 -24/25; 24/25 -7/25]
    """

    group: LieGroup
    exact: Matrix | None
    log: tuple[float, ...] = ()

    @property
    def is_exact(self) -> bool:
        """Whether the matrix is known exactly."""
        return self.exact is not None

    @property
    def matrix(self) -> Matrix:
        """The exact matrix; NotExact for exp(…)."""
        if self.exact is None:
            raise NotExact(f"{self!r} is known in floats only, so ρ(g) has no exact matrix. Use V.to_numpy(g), or an "
                           "exact element: G.element(matrix), G.sample(seed).")
        return self.exact

    @property
    def inverse(self) -> LieElement:
        """g⁻¹."""
        if self.exact is None:
            return LieElement(self.group, None, tuple(-c for c in self.log))
        return LieElement(self.group, self.exact.inverse())

    def __mul__(self, other: LieElement) -> LieElement:
        return LieElement(self.group, self.matrix @ other.matrix)

    @property
    def is_identity(self) -> bool:
        """Whether g = 1."""
        return not any(self.log) if self.exact is None else self.exact.is_identity

    def to_numpy(self, rep: Rep, dtype="float64") -> np.ndarray:
        """exp(Σ c_a dρ̂(X_a)) in orthonormal coordinates, by scipy's scaling and squaring, to rounding."""
        from scipy.linalg import expm

        from .matrix import float_table
        total = np.zeros((rep.dim, rep.dim), complex if rep.scalars == "C" else float)
        ratios = [a / b for a in rep.gram for b in rep.gram]
        for c, derivative in zip(self.log, rep.derivatives):
            if c:
                entries = [x for row in derivative.rows() for x in row]
                total = total + c * float_table(entries, ratios, "float64").reshape(total.shape)
        return expm(total).astype(np.result_type(dtype, total.dtype) if rep.scalars == "C" else dtype)

    def __repr__(self) -> str:
        if self.exact is not None:
            return f"{self.group.atom}.element({self.exact})"
        terms = ", ".join(f"{n}={c:g}" for n, c in zip(self.group.algebra_names, self.log) if c)
        return f"{self.group.atom}.exp({terms})"


@dataclass(frozen=True)
class OneParameter:
    """The exact one-parameter group t ↦ exp(tX) where it has rational points: X nilpotent, or with eigenvalues ik or k.

    There exp is a polynomial in X: Σ Xⁿ/n! for nilpotent X, Lagrange's interpolation of λ ↦ e^{tλ} otherwise.
    """

    generator: Matrix

    @cached_property
    def kind(self) -> tuple[str, int] | None:
        """"nilpotent", "turn" (Xλ = ikλ) or "stretch" (Xλ = kλ) with the largest k; None where it is none of these."""
        one = Matrix.identity(self.generator.shape[0])
        x, power = self.generator, one
        for _ in range(x.shape[0]):
            power = power @ x
        if power.is_zero:
            return "nilpotent", 0
        turned = stretched = x
        for k in range(1, STEPS + 1):
            turned = turned @ (x @ x + one * (k * k))
            stretched = stretched @ (x @ x - one * (k * k))
            if turned.is_zero:
                return "turn", k
            if stretched.is_zero:
                return "stretch", k
        return None

    def at(self, cos: Fraction, sin: Fraction) -> Matrix | None:
        """exp(tX) at a rational point: for turns e^{it} = cos + i sin, for the others by t or e^t = 1 + sin."""
        if self.kind is None:
            return None
        name, k = self.kind
        if name == "nilpotent":
            total = term = Matrix.identity(self.generator.shape[0])
            for n in range(1, self.generator.shape[0]):
                term = term @ self.generator * Q(sin / n)
                total = total + term
            return total
        i = quadratic(-1).generator if name == "turn" else Q(1)
        base = Q(cos) + i * Q(sin) if name == "turn" else Q(1 + sin)
        nodes = [i * m for m in range(-k, k + 1)]
        return evaluated(interpolated(nodes, [base ** m for m in range(-k, k + 1)]), self.generator)


def interpolated(nodes: Sequence[Number], values: Sequence[Number]) -> list[Number]:
    """The coefficients of the polynomial of least degree with p(node) = value, Lagrange's, ascending.

    >>> interpolated([Q(0), Q(1), Q(2)], [Q(0), Q(1), Q(4)])
    [0, 0, 1]
    """
    total = [Q(0)] * len(nodes)
    for j, (node, value) in enumerate(zip(nodes, values)):
        term = [value]
        for other in (n for m, n in enumerate(nodes) if m != j):
            shifted, scale = [Q(0), *term], 1 / (node - other)
            term = [(a - other * b) * scale for a, b in zip(shifted, [*term, Q(0)])]
        total = [a + b for a, b in zip(total, term)]
    return [Q(c.to_fraction()) if c.is_rational else c for c in total]


def sample(group: LieGroup, seed: int, length: int) -> LieElement:
    """A random product of exact one-parameter elements and component generators; ValueError where X_a has neither
    eigenvalues in ½Z ∪ ½iZ nor a vanishing power for any a."""
    draw = random.Random(seed)
    tried = ((OneParameter(x), OneParameter(x * 2)) for x in group.algebra)  # of spins, exp(t·2X) is rational
    curves = [once if once.kind else twice for once, twice in tried if once.kind or twice.kind]
    if not curves and not group.components:
        raise ValueError(f"no basis element of the Lie algebra of {group.expression} has exact exponentials: none is "
                         "nilpotent, or has all eigenvalues in ½Z or ½iZ. Use G.exp(…) in floats.")
    result = group.identity.matrix
    for curve in draw.sample(curves, min(length, len(curves))):
        point = curve.at(*draw.choice(TURNS))
        assert point is not None
        result = result @ point
    for component in group.components:
        if draw.random() < 0.5:
            result = result @ component
    return LieElement(group, result)
