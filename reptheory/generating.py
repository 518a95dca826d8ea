"""Generating subsets: the few X_a that bring all others with them, by brackets and by conjugation."""
from __future__ import annotations

import numpy as np

from .modular import reduce_mod, split_prime
from .monomial import Monomial
from .tensor_derivation import TensorDerivation

LARGE = 2_000   # the most entries of the matrices of one X_a for which a subset is looked for
PRIME = 2 ** 26  # sums of products of residues are exact in int64


def generating(action: TensorDerivation, turns: tuple[tuple[Monomial, ...], ...]) -> list[int]:
    """Numbers a such that what X_a kills, and the turns fix, every X of the Lie algebra kills.

    With X and Y, an unknown tensor that they kill is killed by [X, Y], and by gXg⁻¹ where g fixes it. The span of what
    is reached has at least the dimension found modulo a prime, so that it is everything when that is dim g.

    >>> import reptheory as rt
    >>> V = rt.SO(3).vector; generating(TensorDerivation.over(V, V), ())
    [0, 1]
    """
    everything = list(range(action.dim))
    distinct = list(dict.fromkeys(action.factors))
    if action.dim < 2 or sum(factor[0].shape[0] ** 2 for factor in distinct) > LARGE:
        return everything
    field = action.field
    p, roots = split_prime(field, *(m.over(field) for factor in distinct for m in factor), below=PRIME)
    images = [[np.array([[int(x) for x in row] for row in reduce_mod(m.over(field), p, roots[0]).tolist()], np.int64)
               for m in factor] for factor in distinct]
    places = [action.factors.index(factor) for factor in distinct]
    around = [[turn[k] for k in places] for turn in turns]
    span = Span(p)
    chosen: list[int] = []
    order = sorted(everything, key=lambda a: sum(len(rows) for rows, _, _ in action.integral[a]))
    known: list[list[np.ndarray]] = []
    for a in order:
        x = [factor[a] for factor in images]
        if not span.add(x):
            continue
        chosen.append(a)
        queue = [x]
        while queue and len(span) < action.dim:
            y = queue.pop()
            fresh = [[_conjugate(g, m) for g, m in zip(turn, y)] for turn in around]
            fresh += [[(m @ n - n @ m) % p for m, n in zip(y, z)] for z in known]
            known.append(y)
            queue += [z for z in fresh if span.add(z)]
        if len(span) == action.dim:
            return sorted(chosen)
    return everything


class Span:
    """The span modulo p of lists of matrices, by an echelon form of their entries.

    >>> span = Span(7); span.add([np.array([[2]])]), span.add([np.array([[3]])]), len(span)
    (True, False, 1)
    """

    def __init__(self, p: int) -> None:
        self.p, self.rows = p, {}  # type: int, dict[int, np.ndarray]

    def __len__(self) -> int:
        return len(self.rows)

    def add(self, matrices: list[np.ndarray]) -> bool:
        """Add a list of matrices; whether it was outside."""
        x = np.concatenate([m.ravel() for m in matrices]) % self.p
        for lead, row in self.rows.items():
            if x[lead]:
                x = (x - x[lead] * row) % self.p
        found = np.flatnonzero(x)
        if not len(found):
            return False
        lead = int(found[0])
        self.rows[lead] = x * pow(int(x[lead]), -1, self.p) % self.p
        return True


def _conjugate(g: Monomial, x: np.ndarray) -> np.ndarray:
    """gXg⁻¹."""
    out = np.empty_like(x)
    out[np.ix_(g.images, g.images)] = x * g.signs[:, None] * g.signs
    return out
