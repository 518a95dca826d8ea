"""The spaces a group acts on: a point, grids, the hexagonal lattice, finite G-sets and G/K."""
from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from math import isqrt

import numpy as np

from .field import Q
from .group import DifferentGroups, Group
from .matrix import Matrix
from .monomial import Monomial, as_matrix
from .rep import Rep


class NotPreserved(ValueError):
    """A matrix that moves a point of the space out of it."""


class Space:
    """A finite set X of points, numbered, on which a group acts by permutations.

    >>> import reptheory as rt
    >>> rt.grid(3).permutations(rt.C(4))[0].tolist()
    [6, 3, 0, 7, 4, 1, 8, 5, 2]
    """

    shape: tuple[int, ...]

    @property
    def size(self) -> int:
        """The number of points."""
        return int(np.prod(self.shape, dtype=np.int64))

    def permutations(self, group: Group) -> tuple[np.ndarray, ...]:
        """For each generator g of the group, the array with entry x ↦ g·x on point numbers."""
        raise NotImplementedError  # abstract: every kind below defines it

    def label(self, point: int) -> str:
        """The point as people write it."""
        return str(point)

    def embed(self) -> np.ndarray:
        """The position of each point in the array of shape `box`, where kernels on this space are stored."""
        return np.arange(self.size)

    @property
    def box(self) -> tuple[int, ...]:
        """The shape of the array that holds a function on the space."""
        return self.shape

    def action_name(self, group: Group) -> Rep | None:
        """The representation by integer matrices that moves the points, where the space has coordinates."""
        return None

    @property
    def hom_class(self) -> type | None:
        """The kind of Hom that kernels on this space are; None for the kind that lists its points."""
        return None


@dataclass(frozen=True)
class Point(Space):
    """One point, fixed by every group: kernels on it are the plain intertwiners V → W."""

    @property
    def shape(self) -> tuple[int, ...]:  # type: ignore[override]
        """()."""
        return ()

    def permutations(self, group: Group) -> tuple[np.ndarray, ...]:
        """The identity of one point, for each generator."""
        return (np.zeros(1, np.int64),) * len(group.generators)

    def __repr__(self) -> str:
        return "POINT"


POINT = Point()


class Lattice(Space):
    """A finite set of integer vectors in the lattice basis of the space, preserved by integer matrices."""

    @property
    def coordinates(self) -> np.ndarray:
        """The integer coordinates of the points, shape (size, ndim), in units that make them integers."""
        raise NotImplementedError  # abstract: Grid and Hexagonal define it

    def lattice_matrices(self, group: Group) -> list[np.ndarray]:
        """The integer matrix of each generator in the lattice basis."""
        raise NotImplementedError  # abstract: Grid and Hexagonal define it

    def permutations(self, group: Group) -> tuple[np.ndarray, ...]:
        """The permutation of the points by each integer matrix; raises NotPreserved with the point that leaves."""
        points = self.coordinates
        radius = int(np.abs(points).max(initial=0))
        strides = (2 * radius + 1) ** np.arange(points.shape[1])
        keys = (points + radius) @ strides
        order = np.argsort(keys)
        found = []
        for name, matrix in zip(group.names, self.lattice_matrices(group)):
            moved = points @ matrix.T
            inside = (np.abs(moved) <= radius).all(axis=1)
            wanted = np.where(inside, (moved + radius) @ strides, -1)
            place = order[np.searchsorted(keys, wanted, sorter=order).clip(max=len(keys) - 1)]
            lost = np.flatnonzero(keys[place] != wanted)
            if len(lost):
                raise NotPreserved(self._lost(name, matrix, points[lost[0]], moved[lost[0]]))
            found.append(place)
        return tuple(found)

    def _lost(self, name: str, matrix: np.ndarray, point: np.ndarray, image: np.ndarray) -> str:
        return (f"the generator {name} does not preserve {self!r}: its matrix {Matrix.from_integers(matrix)} moves the "
                f"point {tuple(map(int, point))} to {tuple(map(int, image))}, which is outside. Use a space that the "
                "matrices preserve, or another action: grid(n, action=rep).")


@dataclass(frozen=True)
class Grid(Lattice):
    """The square grid {0, …, n − 1}^ndim about its centre: rows run down, y points up, the last axis is x.

    The group acts by G.vector, or by `action`, in coordinates (x, y, z). Even sides are centred between pixels.
    """

    n: int
    ndim: int = 2
    action: Rep | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.n, int) or self.n < 1:
            raise ValueError(f"grid({self.n!r}): the side of a grid is a positive integer.")
        if self.ndim not in (1, 2, 3):
            raise ValueError(f"grid({self.n}, ndim={self.ndim!r}): grids have 1, 2 or 3 dimensions.")
        if self.action is not None and self.action.dim != self.ndim:
            raise ValueError(f"grid({self.n}, ndim={self.ndim}) needs {self.ndim}×{self.ndim} matrices, and "
                             f"{self.action.expression} has dimension {self.action.dim}. Change ndim or the action.")
        if self.action is not None:
            self.permutations(self.action.group)  # refuses an action that does not preserve the grid

    @property
    def shape(self) -> tuple[int, ...]:  # type: ignore[override]
        """(n,) * ndim."""
        return (self.n,) * self.ndim

    @property
    def coordinates(self) -> np.ndarray:
        """Twice the position from the centre, as (x, y, z): odd integers on an even side."""
        index = np.array(list(product(range(self.n), repeat=self.ndim)), np.int64).reshape(-1, self.ndim)
        centred = 2 * index - (self.n - 1)
        if self.ndim >= 2:
            centred[:, -2] *= -1  # rows run down, y points up
        return centred[:, ::-1]

    def action_name(self, group: Group) -> Rep:
        """The representation on space: the `action` given, otherwise G.vector."""
        if self.action is None:
            return group.vector
        if self.action.group != group:
            raise DifferentGroups(f"the grid's action is a representation of {self.action.group.expression}, but the "
                                  f"kernel's group is {group.expression}. Pull the action back to it.")
        return self.action

    def lattice_matrices(self, group: Group) -> list[np.ndarray]:
        """The integer matrices of the action in the orthonormal basis (x, y, z)."""
        rep = self.action_name(group)
        if rep.dim != self.ndim:
            raise ValueError(f"{rep.expression} acts on {rep.dim} dimensions and {self!r} has {self.ndim}. "
                             f"Use grid({self.n}, ndim={rep.dim}), or grid(…, action=rep).")
        return [_integers(rep, i, self) for i in range(len(group.generators))]

    def label(self, point: int) -> str:
        """The position (x, y) from the centre, in pixels."""
        return "(" + ", ".join(_half(int(c)) for c in self.coordinates[point]) + ")"

    def __repr__(self) -> str:
        ndim = f", ndim={self.ndim}" if self.ndim != 2 else ""
        action = f", action={self.action.expression}" if self.action is not None else ""
        return f"grid({self.n}{ndim}{action})"


@dataclass(frozen=True)
class Hexagonal(Lattice):
    """The hexagon of radius r in the triangular lattice: (a, b) with |a|, |b|, |a + b| ≤ r, basis e_x and e_x turned
    by 60°.

    C(6), D(6) and their subgroups act exactly, by integer matrices. Kernels are stored in the (2r + 1)² array with
    b running up the rows and a along them, zero outside the hexagon.
    """

    radius: int
    action: Rep | None = None

    @property
    def shape(self) -> tuple[int, ...]:  # type: ignore[override]
        """(3r(r + 1) + 1,)."""
        return (3 * self.radius * (self.radius + 1) + 1,)

    @property
    def box(self) -> tuple[int, ...]:
        """(2r + 1, 2r + 1)."""
        return (2 * self.radius + 1,) * 2

    @property
    def coordinates(self) -> np.ndarray:
        """The pairs (a, b), by rows from the top."""
        r = self.radius
        pairs = [(a, b) for b in range(r, -r - 1, -1) for a in range(-r, r + 1) if abs(a + b) <= r]
        return np.array(pairs, np.int64)

    def embed(self) -> np.ndarray:
        """The flat index of each point in the square array."""
        r = self.radius
        return (r - self.coordinates[:, 1]) * (2 * r + 1) + self.coordinates[:, 0] + r

    def action_name(self, group: Group) -> Rep:
        """The `action` given, by integer matrices in the lattice basis, otherwise G.vector."""
        return group.vector if self.action is None else self.action

    def lattice_matrices(self, group: Group) -> list[np.ndarray]:
        """The integer matrix of each generator in the lattice basis."""
        rep = self.action_name(group)
        if rep.group != group:
            raise DifferentGroups(f"the lattice's action is a representation of {rep.group.expression}, but the "
                                  f"kernel's group is {group.expression}. Pull the action back to it.")
        if rep.dim != 2:
            raise ValueError(f"{rep.expression} acts on {rep.dim} dimensions, and the hexagonal lattice has 2.")
        basis = Matrix.identity(2) if self.action is not None else _triangular_basis(rep)
        found = []
        for name, action in zip(group.names, rep.actions):
            m = basis.inverse() @ as_matrix(action) @ basis
            if not m.is_integer:
                raise NotPreserved(f"the generator {name} does not preserve {self!r}: in the lattice basis its "
                                   f"matrix is {m}, which is not integral. Use a subgroup of D(6), or another space.")
            found.append(m.to_integers())
        return found

    def label(self, point: int) -> str:
        """The lattice coordinates (a, b)."""
        return str(tuple(map(int, self.coordinates[point])))

    def __repr__(self) -> str:
        action = f", action={self.action.expression}" if self.action is not None else ""
        return f"lattice('hexagonal', {self.radius}{action})"


@dataclass(frozen=True)
class GSet(Space):
    """A finite G-set: the points that a permutation representation permutes. G.space(K) is the set of cosets G/K."""

    rep: Rep
    text: str = ""

    def __post_init__(self) -> None:
        if not self.rep.is_permutation:
            raise ValueError(f"{self.rep.expression} does not permute its basis, so it names no G-set. Use "
                             " G.natural, G.quotient(K) or G.permutation(…).")

    @property
    def shape(self) -> tuple[int, ...]:  # type: ignore[override]
        """(number of points,)."""
        return (self.rep.dim,)

    def permutations(self, group: Group) -> tuple[np.ndarray, ...]:
        """The images of the points under each generator."""
        if self.rep.group != group:
            raise DifferentGroups(f"{self!r} is a set of {self.rep.group.expression}, but the kernel's group is "
                                  f"{group.expression}. Use one group.")
        return tuple(a.images for a in self.rep.actions if isinstance(a, Monomial))

    def __repr__(self) -> str:
        return self.text or f"gset({self.rep.expression})"


def grid(n: int, ndim: int = 2, action: Rep | None = None) -> Grid:
    """The square grid of side n in 1, 2 or 3 dimensions, moved by G.vector or by `action` (integer matrices).

    >>> grid(3, ndim=1).coordinates.ravel().tolist()
    [-2, 0, 2]
    """
    return Grid(n, ndim if action is None or ndim != 2 else action.dim, action)


def lattice(kind: str, radius: int, action: Rep | None = None) -> Hexagonal:
    """The lattice named by `kind`, cut off at a radius; "hexagonal" is the triangular lattice with its six-fold axis.

    >>> lattice("hexagonal", 1).size
    7
    """
    if kind != "hexagonal":
        raise ValueError(f"lattice({kind!r}): the lattices are 'hexagonal'. Square lattices are rt.grid(n).")
    if not isinstance(radius, int) or radius < 0:
        raise ValueError(f"lattice({kind!r}, {radius!r}): the radius is an integer ≥ 0.")
    return Hexagonal(radius, action)


def gset(rep: Rep) -> GSet:
    """The finite G-set of points that a permutation representation permutes.

    >>> import reptheory as rt
    >>> rt.gset(rt.S(4).natural).size
    4
    """
    return GSet(rep)


def quotient(group: Group, subgroup: Group) -> GSet:
    """The homogeneous space G/K of cosets tK, on which g·tK = gtK."""
    return GSet(group.quotient(subgroup), f"{_bracket(group)}.space({subgroup.expression})")


def _bracket(group: Group) -> str:
    return f"({group.expression})" if " * " in group.expression else group.expression


def _integers(rep: Rep, i: int, space: Space) -> np.ndarray:
    """The integer matrix of generator i in orthonormal coordinates, or NotPreserved."""
    m = as_matrix(rep.actions[i])
    uniform = len(set(rep.gram)) <= 1
    if m.is_integer and (uniform or m.T @ m == Matrix.identity(rep.dim)):
        return m.to_integers()
    raise NotPreserved(f"the generator {rep.group.names[i]} does not preserve {space!r}: its matrix {m} on space is "
                       "not integral in orthonormal coordinates. Use lattice('hexagonal', r) for C(3), C(6), D(3), "
                       "D(6), or "
                       "grid(n, action=rep) with integer matrices.")


def _triangular_basis(rep: Rep) -> Matrix:
    """The lattice basis e_x, e_x turned by 60°, in the coordinates of the representation.

    Its height √(3/4 · D_x/D_y) is rational for groups with a three-fold axis; where every matrix is diagonal
    the conjugate does not depend on it, and 1 will do.
    """
    square = (Q("3/4") * rep.gram[0] / rep.gram[1]).to_fraction()
    height = Fraction(isqrt(square.numerator), isqrt(square.denominator))
    return Matrix.of([[1, Fraction(1, 2)], [0, height if height * height == square else 1]])


def _half(c: int) -> str:
    return str(c // 2) if c % 2 == 0 else f"{c}/2"
