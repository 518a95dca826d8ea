"""Chevalley generators: the complex Lie algebra of a classical group as it acts on a representation."""
from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from .field import Q, quadratic
from .frame import Frame
from .linalg import nullspace
from .matrix import Matrix
from .rep import Rep
from .root_datum import Weight


@dataclass(frozen=True, eq=False)
class ChevalleyAction:
    """dρ of e_i, f_i and of the coordinates h_k of the torus, complex matrices that are made once for all irreps in V.

    >>> import reptheory as rt
    >>> ChevalleyAction(rt.SU(2).adjoint, Frame.of(("SU", 2))).highest((2,))
    [1 √-1 0]
    """

    rep: Rep
    frame: Frame

    @cached_property
    def raising(self) -> tuple[Matrix, ...]:
        """dρ(e_i)."""
        return tuple(map(self._of, self.frame.raising))

    @cached_property
    def lowering(self) -> tuple[Matrix, ...]:
        """dρ(f_i)."""
        return tuple(map(self._of, self.frame.lowering))

    @cached_property
    def torus(self) -> tuple[Matrix, ...]:
        """dρ(h_k), whose eigenvalues are the coordinates of the weights."""
        return tuple(self._of(Matrix.diagonal([mu[k] for mu in self.frame.weights]))
                     for k in range(self.frame.datum.rank))

    @cached_property
    def weights(self) -> list[Weight] | None:
        """The weight of each vector of the basis, where all are weight vectors."""
        n = self.rep.dim
        found = [[h[i, i] for i in range(n)] for h in self.torus]
        if any(h != Matrix.diagonal(values) for h, values in zip(self.torus, found)):
            return None
        return [tuple(int(x.to_fraction()) for x in row) for row in zip(*found)]

    def highest(self, weight: Weight) -> Matrix:
        """The vectors of this weight that all e_i annihilate, as rows."""
        n = self.rep.dim
        if self.weights is None:
            one = Matrix.identity(n)
            return nullspace(Matrix.vstack([*self.raising, *(h - one * x for h, x in zip(self.torus, weight))]))
        kept = [i for i, mu in enumerate(self.weights) if mu == tuple(weight)]
        equations = []
        for e, root in zip(self.raising, self.frame.datum.roots):
            above = tuple(x + a for x, a in zip(weight, root))
            equations.append(e.submatrix([i for i, mu in enumerate(self.weights) if mu == above], kept))
        inside = nullspace(Matrix.vstack(equations)) if equations else Matrix.identity(len(kept))
        return inside @ Matrix.identity(n).submatrix(kept, range(n))

    def _of(self, y: Matrix) -> Matrix:
        """dρ of an element of the complex Lie algebra, a matrix in the frame: x = x₀ + i x₁ with x₀, x₁ in the real
        Lie algebra, for compact groups of complex matrices the antihermitian parts."""
        i, group = quadratic(-1).generator, self._group
        x = self.frame.basis @ y @ self.frame.inverse
        bar = x.conj() if group.over == "R" else -x.H
        first, second = (x + bar) * "1/2", (x - bar) * (i * Q("-1/2"))
        pairs = zip(group.coefficient(first), group.coefficient(second), self.rep.derivatives)
        found = sum((d * (a + i * b) for a, b, d in pairs if a or b), Matrix.zeros(self.rep.dim, self.rep.dim))
        return Matrix(Q, found.parts[:1]) if found.is_rational else found

    @property
    def _group(self) -> Any:
        return self.rep.group
