"""The spaces Rⁿ and its unit sphere, on which a compact group acts by rotations and reflections."""
from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from .group import DifferentGroups, TooLarge
from .linalg import rank
from .matrix import Matrix
from .rep import Rep
from .space import NotPreserved, Space

if TYPE_CHECKING:
    from .sampling import Sampling

DIMENSIONS = (2, 3)


@dataclass(frozen=True)
class Euclidean(Space):
    """Rⁿ for n = 2 or 3, on which G acts by G.vector, or by `action`: kernels are Σ φ(|x|) κ(x/|x|).

    `max_frequency` is the largest degree J of the harmonics in the angular part; None keeps all, which is finite
    where the group moves every point of the sphere to every other.
    """

    n: int
    max_frequency: int | None = None
    action: Rep | None = None

    def __post_init__(self) -> None:
        if self.n not in DIMENSIONS or isinstance(self.n, bool):
            raise ValueError(f"{self.name}({self.n!r}): steerable kernels are on R² and R³. Use n = 2 or n = 3.")
        limit = self.max_frequency
        if limit is not None and (not isinstance(limit, int) or isinstance(limit, bool) or limit < 0):
            raise ValueError(f"max_frequency={limit!r}: the largest degree of harmonics is an integer ≥ 0, or None.")
        if self.action is not None:
            self.checked(self.action)

    @property
    def name(self) -> str:
        """The name of the constructor."""
        return "R"

    @property
    def shape(self) -> tuple[int, ...]:  # type: ignore[override]
        """(): the value at one point is a matrix."""
        return ()

    @property
    def hom_class(self) -> type:
        """SteerableHom."""
        from .steerable import SteerableHom
        return SteerableHom

    def action_name(self, group: Any) -> Rep:
        """The representation on space: the `action` given, otherwise G.vector, checked to be orthogonal."""
        if self.action is None:
            return self.checked(group.vector)
        if self.action.group != group:
            raise DifferentGroups(f"the action on {self!r} is a representation of {self.action.group.expression}, but "
                                  f"the kernel's group is {group.expression}. Restrict or pull back one of them.")
        return self.action

    def checked(self, rep: Rep) -> Rep:
        """The representation, if it moves Rⁿ by rotations and reflections; ValueError or NotPreserved otherwise."""
        group: Any = rep.group
        if group.is_lie and not group.is_compact:
            raise NotPreserved(f"{rep.expression} does not preserve the spheres |x| = r, as {group.expression} is not "
                               "compact. Restrict to a compact subgroup, of O(n).")
        if rep.scalars != "R":
            raise NotPreserved(f"the matrices of {rep.expression} are complex, and those that move Rⁿ are real. "
                               f"{self._way(rep)}")
        if rep.dim != self.n:
            raise ValueError(f"{rep.expression} acts on {rep.dim} dimensions and {self.name}({self.n}) has {self.n}. "
                             f"{self._way(rep)}")
        if not rep.is_unitary:
            raise NotPreserved(f"{rep.expression} does not preserve the spheres |x| = r: its matrices are not "
                               "orthogonal. Steerable kernels are for compact groups: use a subgroup of O(n).")
        return rep

    def _way(self, rep: Rep) -> str:
        """Another space or action for a representation that does not act on this one."""
        group: Any = rep.group
        if rep.scalars == "R":
            ways = [f"{self.name}({rep.dim})"] if rep.dim in DIMENSIONS else []
        else:
            others = [rep.realify(), *([group.adjoint] if group.is_lie else [])]
            ways = [f"{self.name}({v.dim}, action={v.expression})" for v in others if v.dim in DIMENSIONS]
        ways += [f"{self.name}({self.n}, action=V) with a real V of dimension {self.n}"]
        return f"Use {', or '.join(ways)}."

    def is_transitive(self, group: Any) -> bool:
        """Whether the group moves every direction to every other: its Lie algebra spans the tangent space at one.

        Orbits of a compact connected group are closed, and this one is open as well, so it is the whole sphere.

        >>> import reptheory as rt
        >>> [rt.R(2).is_transitive(G) for G in (rt.SO(2), rt.O(2), rt.D(6))]
        [True, True, False]
        """
        if not group.is_lie or not group.dim:
            return False
        moved = [x.submatrix(range(self.n), [0]).T for x in self.action_name(group).derivatives]
        return rank(Matrix.vstack(moved)) == self.n - 1

    def sample(self, side: int, rings: Any = None, sigma: Any = None, frequencies: Any = None) -> Sampling:
        """The grid of this side with kernels sampled from Rⁿ, see `Sampling`: radial parts are Gaussian rings.

        `rings` are their radii, by default 0, 1, …, (side − 1)/2 or ½, 3/2, …; `sigma` their widths, one for all or one
        each, by default 0.6 and 0.4 for the outermost; `frequencies` the largest J on each, one for all or one each, by
        default the integer below π r: the Nyquist frequency of a circle through 2πr pixels.

        >>> import reptheory as rt
        >>> rt.R(2).sample(5).frequencies
        (0, 3, 6)
        """
        from .sampling import sampling
        return sampling(self, side, rings, sigma, frequencies)

    def refuse_infinite(self, group: Any) -> None:
        """Raise TooLarge where there are paths of infinitely many degrees."""
        if self.max_frequency is None and not self.is_transitive(group):
            raise TooLarge(f"{group.expression} does not move every direction of R^{self.n} to every other, so there "
                           "are kernels of every angular frequency J, infinitely many. Give the largest: "
                           "max_frequency=4.")

    def permutations(self, group: Any) -> tuple[np.ndarray, ...]:
        """TooLarge: the points are not finitely many."""
        raise TooLarge(f"{self!r} has infinitely many points, which are not permuted one by one. Ask Hom(V, W, "
                       f"on={self!r}) for its paths.")

    def __repr__(self) -> str:
        limit = "" if self.max_frequency is None else f", max_frequency={self.max_frequency}"
        action = "" if self.action is None else f", action={self.action.expression}"
        return f"{self.name}({self.n}{limit}{action})"


@dataclass(frozen=True, repr=False)
class Sphere(Euclidean):
    """The unit sphere of Rⁿ: kernels are the angular parts alone, and dim Hom is a dimension."""

    n: int = 3

    @property
    def name(self) -> str:
        """The name of the constructor."""
        return "sphere"


def R(n: int, max_frequency: int | None = None, action: Rep | None = None) -> Euclidean:
    """The space Rⁿ, n = 2 or 3, on which a group acts by G.vector, or by `action`, a representation on Rⁿ.

    Hom(V, W, on=R(n)) is the space of steerable kernels. For groups that are not transitive on the sphere, such as the
    finite ones, `max_frequency` bounds the degree of the harmonics in their angular parts.

    >>> import reptheory as rt
    >>> rt.Hom(rt.SO(3).irrep(1), rt.SO(3).irrep(2), on=R(3))
    Hom(SO(3).irrep(1), SO(3).irrep(2), on=R(3))  # 3 paths J = 1, 2, 3, exact over Q
    """
    return Euclidean(n, max_frequency, action)


def sphere(n: int = 3, max_frequency: int | None = None, action: Rep | None = None) -> Sphere:
    """The unit sphere Sⁿ⁻¹ of Rⁿ, n = 2 or 3; options are those of R(n).

    >>> import reptheory as rt
    >>> rt.Hom(rt.O(3).irrep("1o"), rt.O(3).irrep("1o"), on=sphere()).dim
    2
    """
    return Sphere(n, max_frequency, action)
