"""The question of a tensor product layer: all equivariant bilinear maps V₁ × V₂ → W between types, path by path."""
from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from .clebsch_gordan import FAMILIES, NoCoupling, clebsch_gordan
from .group import DifferentGroups, Group
from .hom import Hom
from .rep import Rep
from .rotation_irrep import RotationIrrep
from .tabular import Tabular

MODES = ("full", "channelwise", "separate", "elementwise")


class NoPath(ValueError):
    """A summand of W into which there is no equivariant bilinear map but zero."""


class WrongChannelCount(ValueError):
    """Multiplicities that a mode does not allow, with those that it needs."""


@dataclass(frozen=True, eq=False)
class Path:
    """Hom(A ⊗ B, C) for a summand each of V₁, V₂ and W: positions a, b, c, and an orthonormal basis as a table.

    The table has the shape (dim Hom, dim C, dim A, dim B), in orthonormal coordinates.
    """

    a: int
    b: int
    c: int
    table: np.ndarray

    @property
    def dim(self) -> int:
        """dim Hom(A ⊗ B, C): the multiplicity of C in A ⊗ B where C is irreducible and of real type."""
        return len(self.table)


@dataclass(frozen=True, repr=False)
class Paths(Tabular):
    """The table of the paths of a question, one `Path` a row."""

    rows: tuple[Path, ...]
    names: tuple[tuple[str, str, str, int], ...]

    @property
    def cells(self) -> list[list[str]]:
        """The table as text, the heading first."""
        return [["A", "B", "C", "dim"], *([*map(str, row)] for row in self.names)]


@dataclass(frozen=True, repr=False)
class Bilinear:
    """The equivariant bilinear maps V₁ × V₂ → W, β(ρ₁(g)x, ρ₂(g)y) = ρ_W(g) β(x, y): that is Hom(V₁ ⊗ V₂, W) by paths.

    For summands m·A, p·B, n·C a path is an element of an orthonormal basis of Hom(A ⊗ B, C), which mixes representation
    indices; weights mix the channels u < m, v < p, w < n, by `mode`:

    - "full": every (u, v) into every w, a weight for each, so that this is all of Hom(V₁ ⊗ V₂, W);
    - "channelwise": channel u of V₁, with every v, into channel u of W (m = n), paths added up;
    - "separate": the same, but each path, element and v has channels of its own: W lists irreps once, and `target` has
      the multiplicities Σ dim Hom · p · m;
    - "elementwise": channel u of V₁ with channel u of V₂ into channel u of W (m = p = n).

    Raises TypeError, DifferentGroups, WrongChannelCount, and NoPath where a summand of W would be zero.

    >>> import reptheory as rt
    >>> G = rt.D(4); V = G.trivial + 2*G.vector; q = Bilinear(V, G.vector, V); q.dim
    4
    >>> q.paths
    A             B            C             dim
    D(4).vector   D(4).vector  D(4).trivial  1
    D(4).trivial  D(4).vector  D(4).vector   1
    """

    left: Rep
    right: Rep
    wanted: Rep
    mode: str = "full"

    def __post_init__(self) -> None:
        for name, rep in (("V1", self.left), ("V2", self.right), ("W", self.wanted)):
            if not isinstance(rep, Rep):
                raise TypeError(f"a tensor product is between representations, and {name} is {rep!r}. Write "
                                "8*G.regular, say.")
            if rep.group != self.left.group:
                raise DifferentGroups(f"V1 is a representation of {self.left.group.expression}, and {name} of "
                                      f"{rep.group.expression}. Restrict, induce or pull back one of them first.")
        if self.mode not in MODES:
            raise ValueError(f"mode={self.mode!r}: the modes are {', '.join(map(repr, MODES))}.")
        for c, (_, target) in enumerate(self.wanted.summands):
            if all(path.c != c for path in self.paths):
                raise NoPath(f"there is no equivariant bilinear map {self.left.expression} × {self.right.expression} → "
                             f"{target.expression} but zero, so this summand of W would not depend on the input. "
                             f"Take {target.expression} out of W.")
        self._check_channels()

    @property
    def group(self) -> Group:
        """The group G of the three types."""
        return self.left.group

    @cached_property
    def paths(self) -> Paths:
        """The nonzero Hom(A ⊗ B, C), by the summands of W, then of V₁, then of V₂; equal triples are solved once."""
        tables: dict[tuple[Rep, Rep, Rep], np.ndarray] = {}
        rows, names = [], []
        for c, (_, target) in enumerate(self.wanted.summands):
            for a, (_, first) in enumerate(self.left.summands):
                for b, (_, second) in enumerate(self.right.summands):
                    key = first, second, target
                    if key not in tables:
                        tables[key] = _table(*key)
                    if len(tables[key]):
                        rows.append(Path(a, b, c, tables[key]))
                        names.append((first.expression, second.expression, target.expression, len(tables[key])))
        return Paths(tuple(rows), tuple(names))

    @cached_property
    def target(self) -> Rep:
        """The type of the output: W, but in the mode "separate" with the multiplicities that the paths give."""
        if self.mode != "separate":
            return self.wanted
        counts: Counter[int] = Counter()
        for path in self.paths:
            counts[path.c] += path.dim * self.left.summands[path.a][0] * self.right.summands[path.b][0]
        parts = [counts[c] * rep for c, (_, rep) in enumerate(self.wanted.summands)]
        return sum(parts[1:], parts[0])

    @property
    def dim(self) -> int:
        """The number of weights."""
        return sum(path.dim * self._weights(path) for path in self.paths)

    @property
    def scalars(self) -> str:
        """"C" as soon as one of the types is complex."""
        return "C" if "C" in (self.left.scalars, self.right.scalars, self.wanted.scalars) else "R"

    def fan(self, path: Path) -> int:
        """The number of channel pairs (u, v) that an element of a path adds up into one channel."""
        m, p = self.left.summands[path.a][0], self.right.summands[path.b][0]
        return {"full": m * p, "channelwise": p, "separate": 1, "elementwise": 1}[self.mode]

    def _weights(self, path: Path) -> int:
        m, p = self.left.summands[path.a][0], self.right.summands[path.b][0]
        return {"full": m * p * self.wanted.summands[path.c][0], "elementwise": m}.get(self.mode, m * p)

    def _check_channels(self) -> None:
        if self.mode == "full":
            return
        for path in self.paths:
            (m, first), (p, second) = self.left.summands[path.a], self.right.summands[path.b]
            n, third = self.wanted.summands[path.c]
            if self.mode == "separate" and n != 1:
                raise WrongChannelCount(f'with mode="separate" the multiplicities of W follow from the paths, and '
                                        f"{n}*{third.expression} states one. Write {third.expression}.")
            counts = {"channelwise": {m, n}, "elementwise": {m, p, n}}.get(self.mode, {m})
            if len(counts) > 1:
                factor = f"{p}*{second.expression}" if self.mode == "elementwise" else second.expression
                raise WrongChannelCount(
                    f'with mode="{self.mode}" channels are not mixed, and the path {m}*{first.expression} ⊗ {factor} → '
                    f"{n}*{third.expression} has different numbers of them. Make them equal, or use mode=\"full\".")

    @property
    def expression(self) -> str:
        """The text that makes it."""
        mode = "" if self.mode == "full" else f", mode={self.mode!r}"
        return f"Bilinear({self.left.expression}, {self.right.expression}, {self.wanted.expression}{mode})"

    def __repr__(self) -> str:
        return f"{self.expression}  # {len(self.paths)} paths, {self.dim} weights"

    def __deepcopy__(self, memo) -> Bilinear:
        return self  # immutable


def _table(first: Rep, second: Rep, target: Rep) -> np.ndarray:
    """The orthonormal basis of Hom(A ⊗ B, C), (dim, dim C, dim A, dim B): Clebsch–Gordan coefficients over √dim C, or
    the general solver where there is no closed form."""
    keys = [rep.key for rep in (first, second, target) if isinstance(rep, RotationIrrep)]
    if len(keys) == 3 and target.group.family in FAMILIES:  # type: ignore[attr-defined]
        try:
            found = clebsch_gordan(keys[0], keys[1], keys[2], group=target.group).tensor
        except NoCoupling:
            return np.zeros((0, target.dim, first.dim, second.dim))
        scaled = replace(found, denominators=tuple(q * target.dim for q in found.denominators))
        return scaled.to_numpy().transpose(2, 0, 1)[None]
    hom = Hom(first * second, target)
    return hom.basis.to_numpy().reshape(hom.dim, target.dim, first.dim, second.dim)
