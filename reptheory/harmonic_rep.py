"""The representation of a group of rotations and reflections on harmonic polynomials of one degree."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, reduce
from typing import Any

from . import rotation
from .field import Number, Q
from .harmonic import Harmonics
from .matrix import Matrix
from .monomial import as_matrix, monomial_if
from .polynomial import Polynomial
from .rep import ONE, Action, Rep
from .rotation_irrep import CircularIrrep, SphericalIrrep
from .substitution import along, coefficients, substituted


@dataclass(frozen=True, repr=False)
class HarmonicRep(Rep):
    """The representation ρ of G on the harmonics of degree l of Rⁿ, moved by `action`: Y(gx) = ρ(g) Y(x).

    In coordinates x with the metric D of the action the orthonormal ones are √D x, and Y_i(√D x) is a square root
    √(∏ D_k^{p_k}), p_k the parity of Y_i in x_k, times a polynomial over the field of D: these are the basis. Its
    orthonormal coordinates are those of `spherical_harmonics(l, n)` at √D x.

    >>> import reptheory as rt
    >>> HarmonicRep(rt.D(3).vector, 2).gram
    (1, Q('4/3'))
    """

    action_on_space: Rep
    l: int

    @property
    def group(self) -> Any:  # type: ignore[override]
        """The group of the action."""
        return self.action_on_space.group

    @property
    def dim(self) -> int:  # type: ignore[override]
        """The number of harmonics."""
        return self._standard.dim

    @property
    def expression(self) -> str:  # type: ignore[override]
        """The action and the degree, in words; it is not read back."""
        return f"harmonics({self.action_on_space.expression}, {self.l})"

    @cached_property
    def gram(self) -> tuple[Number, ...]:
        """The metric of the standard harmonics times ∏ D_k^{p_k}."""
        return tuple(d * _power(self._metric, p) for d, p in zip(self._standard.gram, self._parities))

    @property
    def _metric(self) -> tuple[Number, ...]:
        return self.action_on_space.gram

    @property
    def _n(self) -> int:
        return self.action_on_space.dim

    @cached_property
    def _standard(self) -> Harmonics:
        return Harmonics(self.l, self._n)

    @cached_property
    def _parities(self) -> tuple[tuple[int, ...], ...]:
        return tuple(tuple(k % 2 for k in next(iter(y.terms))) for y in self._standard.polynomials)

    @property
    def _is_euclidean(self) -> bool:
        return self._n == 3 and all(d == 1 for d in self._metric)

    @property
    def _is_plane(self) -> bool:
        return self._n == 2 and self._metric[0] == 1

    @cached_property
    def polynomials(self) -> tuple[Polynomial, ...]:
        """The basis, as polynomials in the coordinates of the action."""
        def scaled(y: Polynomial, p: tuple[int, ...]) -> Polynomial:
            return Polynomial(self._n, {a: Q(c) * _power(self._metric, [(k - odd) // 2 for k, odd in zip(a, p)])
                                        for a, c in y.terms.items()})
        return tuple(map(scaled, self._standard.polynomials, self._parities))

    @cached_property
    def _right_inverse(self) -> Matrix:
        table = coefficients(self.polynomials, self.l)
        return table.T @ (table @ table.T).inverse()

    def _act(self, i: int) -> Action:
        return monomial_if(self._turned(as_matrix(self.action_on_space.actions[i])))

    def _at(self, g: Matrix) -> Matrix:
        return self._turned(self.action_on_space._at(g))

    def _derive(self, a: int) -> Matrix:
        x = self.action_on_space.derivatives[a]
        if self.l == 0:
            return Matrix.zeros(1, 1)
        if self._is_plane:
            return x * self.l
        if self._is_euclidean:
            along_axes = rotation.derivatives(self.l)
            return along_axes[0] * x[2, 1] + along_axes[1] * x[0, 2] + along_axes[2] * x[1, 0]
        return coefficients([along(y, x) for y in self.polynomials], self.l) @ self._right_inverse

    def _turned(self, g: Matrix) -> Matrix:
        """ρ(g), from the rotation itself: on the plane the power of w in z ↦ wz or wz̄."""
        if not self.l:
            return Matrix.identity(1)
        if self._is_euclidean:
            return rotation.matrix(self.l, g)
        if not self._is_plane:
            return coefficients(substituted(self.polynomials, g), self.l) @ self._right_inverse
        turn = Matrix.of([[g[0, 0], -(g[1, 0] * self._metric[1])], [g[1, 0], g[0, 0]]]) ** self.l
        return turn if g.det() == 1 else turn @ Matrix.diagonal([1, -1])


def harmonic_rep(action: Rep, l: int) -> Rep:
    """The representation on the harmonics of degree l: an irrep by key where the action is that of SO(n) or O(n).

    >>> import reptheory as rt
    >>> harmonic_rep(rt.O(3).vector, 3).expression, harmonic_rep(rt.C(4).vector, 1).actions
    ("O(3).irrep('3o')", (Monomial([1, 0], [1, -1]),))
    """
    group: Any = action.group
    if group.is_lie and action == group.vector:
        match group.family:
            case ("SO", 2):
                return CircularIrrep(group, l)
            case ("O", 2):
                return CircularIrrep(group, l, None if l else "e")
            case ("SO", 3):
                return SphericalIrrep(group, l)
            case ("O", 3):
                return SphericalIrrep(group, l, "eo"[l % 2])
    return HarmonicRep(action, l)


def harmonic_polynomials(action: Rep, l: int) -> tuple[Polynomial, ...]:
    """The basis of `harmonic_rep(action, l)`, as polynomials in the coordinates of the action.

    >>> import reptheory as rt
    >>> harmonic_polynomials(rt.D(3).vector, 2)
    (x^2 - 4/3*y^2, 2*x*y)
    """
    rep = harmonic_rep(action, l)
    return rep.polynomials if isinstance(rep, HarmonicRep) else Harmonics(l, action.dim).polynomials


def _power(metric: Sequence[Number], exponents: Sequence[int]) -> Number:
    """∏ D_k^{e_k}."""
    return reduce(lambda a, b: a * b, (d ** e for d, e in zip(metric, exponents)), ONE)
