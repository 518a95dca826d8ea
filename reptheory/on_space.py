"""How a group moves space: one exact matrix for each generator, in a basis with a diagonal metric."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from .field import Number, Q
from .irreps import rotation
from .matrix import Matrix
from .monomial import as_matrix
from .standard import matrices as rep_of

if TYPE_CHECKING:
    from .group import Group


@dataclass(frozen=True)
class Given:
    """The action on space by these matrices on the generators, with this diagonal metric."""

    matrices: tuple[Matrix, ...]
    gram: tuple[Number, ...]


@dataclass(frozen=True)
class Polygon:
    """The action of C(n), or of D(n) when `reflected`, on the plane, worked out when it is asked for.

    r turns by 2π/n on (e_x, e_y / sin 2π/n), and s reflects in the x axis.
    """

    n: int
    reflected: bool

    @cached_property
    def _turn(self) -> tuple[Matrix, tuple[Number, ...]]:
        if self.n <= 2:
            return Matrix.identity(2) * (1 if self.n == 1 else -1), (Q(1), Q(1))
        turn, gram = rotation(self.n, 1)
        return turn if isinstance(turn, Matrix) else turn.to_matrix(), gram

    @property
    def matrices(self) -> tuple[Matrix, ...]:
        """The matrices of r, and of s when reflected."""
        return (self._turn[0], Matrix.of([[1, 0], [0, -1]])) if self.reflected else (self._turn[0],)

    @property
    def gram(self) -> tuple[Number, ...]:
        """The metric (1, 1/sin²)."""
        return self._turn[1]


def in_space(group: Group, /, gram: Sequence | None = None, **matrices: Any) -> Group:
    """The same group, moved in space by these exact matrices on its generators: they become G.vector.

    They are checked as by G.rep, and raise what it raises: NotARepresentation, NotExact, ValueError.

    >>> import reptheory as rt
    >>> G = in_space(rt.group(r="(0 1 2 3)"), r=[[0, -1], [1, 0]]); G
    in_space(group(r='(0 1 2 3)'), r=[[0, -1], [1, 0]])  # order 4
    >>> rt.Hom(G.trivial, G.vector, on=rt.grid(3)).dim
    4
    """
    rep = rep_of(group, gram, **matrices)
    text = rep.expression.removeprefix(f"{group.atom}.rep(")
    space = Given(tuple(map(as_matrix, rep.actions)), rep.gram)
    return replace(group, on_space=space, expression=f"in_space({group.expression}, {text}")
