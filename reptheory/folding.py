"""Folding: what exact signed permutations and tori of a Lie group leave of the unknowns of an equivariant map."""
from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from math import isqrt
from typing import Any

import numpy as np

from .field import Q
from .lie_algebra import evaluated
from .lie_element import interpolated
from .matrix import Matrix
from .monomial import Monomial, monomial_if
from .rep import Action, Rep
from .tensor import factors_of
from .tensor_derivation import TensorDerivation
from .tuples import signed_orbits

LARGE = 64     # the largest factor on which exponentials are tried
SPECTRUM = 16  # the largest k for which eigenvalues ±ik are


@dataclass(frozen=True, eq=False)
class Folding:
    """κ[n] = signs[n] · c[labels[n]] for every equivariant κ, with κ[n] = 0 where the label is −1.

    Labels are numbered by first unknown, where the sign is +. `turns` are the signed permutations behind them, of each
    index of κ; every one is ρ(g) for an element g of the group.
    """

    labels: np.ndarray
    signs: np.ndarray
    turns: tuple[tuple[Monomial, ...], ...]

    @property
    def count(self) -> int:
        """The number of coordinates c."""
        return int(self.labels.max(initial=-1)) + 1

    @property
    def firsts(self) -> np.ndarray:
        """The first unknown of each label."""
        alive = np.flatnonzero(self.labels >= 0)
        found = np.empty(self.count, np.int64)
        found[self.labels[alive[::-1]]] = alive[::-1]
        return found


def fold(source: Rep, target: Rep, action: TensorDerivation) -> Folding:
    """The orbits of unknowns under the elements exp(tX), t ∈ {π/2, π}, and the components that act on every index by
    signed permutations, on the unknowns of weight 0 under the X that are diagonal.

    >>> import reptheory as rt
    >>> V = rt.SO(3).vector; fold(V**3, V**3, TensorDerivation.over(V**3, V**3)).count  # of 729; the octahedral group
    31
    """
    reps = factors_of(target) + factors_of(source)
    found = turns(reps)
    labels, signs = signed_orbits(action.sizes, [tuple(turn[k] for turn in found) for k in range(len(reps))])
    dead = np.zeros(action.size, bool)
    for a in range(action.dim):
        if action.is_diagonal(a):
            dead |= _weights(action, a).any(0)
    if dead.any():
        gone = np.zeros(int(labels.max(initial=-1)) + 2, bool)
        gone[labels[dead]] = True
        gone[-1] = True  # the label −1
        number = np.where(gone, -1, np.cumsum(~gone) - 1)
        labels = number[labels]
        signs = np.where(labels < 0, 0, signs).astype(np.int8)
    return Folding(labels, signs, found)


def turns(reps: tuple[Rep, ...]) -> tuple[tuple[Monomial, ...], ...]:
    """The signed permutations by which elements of the group act on all of these representations, among its component
    generators and exp(tX) for X = X_a or X_a − X_aᵀ.

    They act in the same way on the duals.
    """
    distinct = tuple(dict.fromkeys(reps))
    group = reps[0].group
    found: list[dict[Rep, Monomial]] = []
    for s in range(len(group.generators)):
        actions = {rep: signed(rep.actions[s]) for rep in distinct}
        if all(isinstance(x, Monomial) for x in actions.values()):
            found.append(actions)  # type: ignore[arg-type]
    if all(rep.dim <= LARGE for rep in distinct):
        for coefficients in _candidates(group.algebra):
            turn = _turn({rep: _combination(coefficients, rep) for rep in distinct})
            if turn is not None and not all(x.is_identity for x in turn.values()):
                found.append(turn)
    return tuple(dict.fromkeys(tuple(turn[rep] for rep in reps) for turn in found))


def quarter_turns(group: Any) -> dict[str, Any]:
    """The elements exp(½πX_a) of a Lie group that are exact, by name.

    >>> import reptheory as rt
    >>> quarter_turns(rt.SO(2))["exp(½π·L)"].matrix
    [0 -1; 1 0]
    """
    spectra = [_spectrum(x) for x in group.algebra]
    return {f"exp(½π·{name})": group.element(exponential(x, k, 1))
            for name, x, k in zip(group.algebra_names, group.algebra, spectra) if k}


def signed(action: Action) -> Action:
    """The signed permutation that an action is, however it is written."""
    return action if isinstance(action, Monomial) else monomial_if(action)


def _candidates(algebra: tuple[Matrix, ...]) -> list[dict[int, int]]:
    """The X by their coefficients: the basis, and X_a − X_b where X_b is the transpose of X_a."""
    place = {x: a for a, x in enumerate(algebra)}
    pairs = [(a, place.get(x.T)) for a, x in enumerate(algebra)]
    return [{a: 1} for a in range(len(algebra))] + [{a: 1, b: -1} for a, b in pairs if b is not None and a < b]


def _combination(coefficients: dict[int, int], rep: Rep) -> Matrix:
    return reduce(Matrix.__add__, (rep.derivatives[a] * c if c != 1 else rep.derivatives[a]
                                   for a, c in coefficients.items()))


def _turn(matrices: dict[Rep, Matrix]) -> dict[Rep, Monomial] | None:
    """exp(½πX), otherwise exp(πX), on each representation, where these are signed permutations; X or 2X has its
    eigenvalues in iZ."""
    for scale in (1, 2):
        spectra = {rep: (x * scale, _spectrum(x * scale)) for rep, x in matrices.items()}
        if any(k is None for _, k in spectra.values()):
            continue
        for quarters in (1, 2):
            found = {}
            for rep, (x, spectrum) in spectra.items():
                action = monomial_if(exponential(x, spectrum or 0, quarters))
                if not isinstance(action, Monomial):
                    break
                found[rep] = action
            else:
                return found
        return None
    return None


def _spectrum(x: Matrix) -> int | None:
    """The K with X ∏_{k≤K} (X² + k²) = 0, so that X is semisimple with eigenvalues ±ik; None where there is none."""
    one, square = Matrix.identity(x.shape[0]), x @ x
    trace = square.trace()
    if not trace.is_rational or trace.to_fraction() > 0:
        return None  # Σ −k² is neither
    value = x
    for k in range(min(isqrt(int(-trace.to_fraction())), SPECTRUM) + 1):
        if k:
            value = value @ (square + one * (k * k))
        if value.is_zero:
            return k
    return None


def exponential(x: Matrix, largest: int, quarters: int) -> Matrix:
    """exp(qπX/2) for semisimple X with eigenvalues ±ik, k ≤ K: c(X²) + X s(X²) with the polynomials that interpolate
    c(−k²) = cos(qkπ/2) and s(−k²) = sin(qkπ/2)/k.

    >>> exponential(Matrix.of([[0, -1], [1, 0]]), 1, 1)
    [0 -1; 1 0]
    """
    square, degrees = x @ x, range(largest + 1)
    even = interpolated([Q(-k * k) for k in degrees], [Q((1, 0, -1, 0)[quarters * k % 4]) for k in degrees])
    odd = interpolated([Q(-k * k) for k in degrees[1:]], [Q((0, 1, 0, -1)[quarters * k % 4]) / k for k in degrees[1:]])
    return evaluated(even, square) + x @ evaluated(odd, square)


def _weights(action: TensorDerivation, a: int) -> np.ndarray:
    """The eigenvalues of a diagonal X_a on the unknowns, as integer coefficients (powers, unknowns)."""
    parts: np.ndarray = np.zeros((action.field.degree, 1), np.int64)
    for size, (rows, _, values) in zip(action.sizes, action.integral[a]):
        own = np.zeros((action.field.degree, size), np.int64)
        own[:, rows] = np.array(values, np.int64).reshape(-1, action.field.degree).T
        parts = (parts[:, :, None] + own[:, None]).reshape(action.field.degree, -1)
    return parts
