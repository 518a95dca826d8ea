"""The irreps of SO(3), O(3), SU(2), SO(2) and O(2) as representations, by their keys."""
from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

from . import rotation
from .field import Number, Q
from .harmonic import Harmonics
from .lie import LieGroup
from .matrix import Matrix
from .monomial import monomial_if
from .rep import ONE, Action, Rep

PARITIES = {"e": 1, "o": -1}


class NoSuchIrrep(ValueError):
    """A key that names no irreducible representation of the group."""


class RotationIrrep(Rep):
    """An irrep of one of the groups of this file: its key, and what they have in common."""

    group: LieGroup  # type: ignore[assignment]
    key: Any

    @property
    def expression(self) -> str:  # type: ignore[override]
        """`G.irrep(key)`."""
        return f"{self.group.atom}.irrep({self.key!r})"

    @property
    def is_irreducible(self) -> bool:
        """True."""
        return True

    def _act(self, i: int) -> Action:
        return monomial_if(self._at(self.group.components[i]))

    @property
    def casimir(self) -> Number:
        """The scalar −Σ dρ(X_a)² by which the Casimir operator acts: l(l + 1), j(j + 1), or k² on the circle."""
        raise NotImplementedError  # abstract: every kind below defines it


@dataclass(frozen=True, repr=False)
class SphericalIrrep(RotationIrrep):
    """The irrep l of SO(3) or O(3), on the values of the spherical harmonics of degree l: Y(gx) = ρ(g) Y(x).

    Its basis and metric are those of `spherical_harmonics(l)`: m = l, −l, …, 1, −1, 0, so that l = 1 is (x, y, z). For
    O(3) the parity, "e" or "o", says how −1 acts: by +1 or −1; the polynomials themselves have (−1)^l.

    >>> import reptheory as rt
    >>> V = rt.SO(3).irrep(2); V
    SO(3).irrep(2)  # dim 5
    >>> V.derivatives[2] @ V.derivatives[0] - V.derivatives[0] @ V.derivatives[2] == V.derivatives[1]
    True
    >>> rt.O(3).irrep("1o").actions
    (Monomial([0, 1, 2], [-1, -1, -1]),)
    """

    group: LieGroup
    l: int
    parity: str | None = None

    @property
    def key(self) -> int | str:
        """l, or l and the parity: 2, "1o"."""
        return labelled(self.l, self.parity)

    @property
    def dim(self) -> int:  # type: ignore[override]
        """2l + 1."""
        return 2 * self.l + 1

    @cached_property
    def gram(self) -> tuple[Number, ...]:
        """The metric D of the harmonics, with Σ D_i Y_i² = |x|^{2l}."""
        return Harmonics(self.l).gram

    @property
    def type(self) -> str:
        """"real"."""
        return "real"

    @property
    def casimir(self) -> Number:
        """l(l + 1)."""
        return Q(self.l * (self.l + 1))

    def _derive(self, a: int) -> Matrix:
        return rotation.derivatives(self.l)[a]

    def _at(self, g: Matrix) -> Matrix:
        natural = 1 if self.l % 2 == 0 else -1
        if self.parity is None or natural == PARITIES[self.parity]:
            return rotation.matrix(self.l, g)
        return rotation.matrix(self.l, g) * g.det()


@dataclass(frozen=True, repr=False)
class SpinIrrep(RotationIrrep):
    """The irrep of spin j of SU(2), on the binary forms u^{j+m} v^{j−m}, m = j, …, −j: Sym^{2j} of the defining one.

    Its metric is D = C(2j, j − m), with Σ D |u^{j+m} v^{j−m}|² = (|u|² + |v|²)^{2j}.

    >>> import reptheory as rt
    >>> V = rt.SU(2).irrep("3/2"); V, V.gram
    (SU(2).irrep('3/2')  # dim 4, complex, (1, 3, 3, 1))
    """

    group: LieGroup
    twice: int

    @property
    def key(self) -> int | str:
        """j: 1, "3/2"."""
        return f"{self.twice}/2" if self.twice % 2 else self.twice // 2

    @property
    def spin(self) -> Fraction:
        """j."""
        return Fraction(self.twice, 2)

    @property
    def dim(self) -> int:  # type: ignore[override]
        """2j + 1."""
        return self.twice + 1

    @property
    def gram(self) -> tuple[Number, ...]:
        """The binomials C(2j, j − m)."""
        return rotation.form_gram(self.twice)

    @property
    def scalars(self) -> str:
        """"C"."""
        return "C"

    @property
    def type(self) -> str:
        """"real" for integers j, otherwise "quaternionic"."""
        return "quaternionic" if self.twice % 2 else "real"

    @property
    def casimir(self) -> Number:
        """j(j + 1)."""
        return Q(self.spin * (self.spin + 1))

    def _derive(self, a: int) -> Matrix:
        return rotation.form_derivative(self.twice, self.group.algebra[a])

    def _at(self, g: Matrix) -> Matrix:
        return rotation.form_matrix(self.twice, g)


@dataclass(frozen=True, repr=False)
class CircularIrrep(RotationIrrep):
    """The irrep k of SO(2) or O(2), on (Re, Im)(x + iy)^k; the trivial one for k = 0, and det for the key "0o" of O(2).

    Over R the irreps k ≥ 1 of SO(2) are irreducible of complex type.

    >>> import reptheory as rt
    >>> rt.SO(2).irrep(2).derivatives, rt.O(2).irrep("0o").actions
    (([0 -2; 2 0],), (Monomial([0], [-1]),))
    """

    group: LieGroup
    k: int
    parity: str | None = None

    @property
    def key(self) -> int | str:
        """k, "0e" or "0o"."""
        return labelled(self.k, self.parity)

    @property
    def dim(self) -> int:  # type: ignore[override]
        """2, and 1 for k = 0."""
        return 2 if self.k else 1

    @property
    def type(self) -> str:
        """"complex" for SO(2) and k ≥ 1, otherwise "real"."""
        return "complex" if self.k and not self.group.components else "real"

    @property
    def casimir(self) -> Number:
        """k²."""
        return Q(self.k * self.k)

    def _derive(self, a: int) -> Matrix:
        return Matrix.of([[0, -self.k], [self.k, 0]]) if self.k else Matrix.zeros(1, 1)

    def _at(self, g: Matrix) -> Matrix:
        if self.k:
            return rotation.circular_matrix(self.k, g)
        return Matrix.of([[g.det() if self.parity == "o" else ONE]])


def labelled(degree: int, parity: str | None) -> int | str:
    """The key of an irrep: the degree, and the parity where there is one.

    >>> labelled(2, None), labelled(1, "o")
    (2, '1o')
    """
    return degree if parity is None else f"{degree}{parity}"


def rotation_irrep(group: LieGroup, key: Any) -> Rep:
    """The irrep of SO(3), O(3), SU(2), SO(2) or O(2) with this key.

    Keys: SO(3) l = 0, 1, 2, …; O(3) "0e", "1o", …; SU(2) spins 0, "1/2", 1, …; SO(2) k = 0, 1, 2, …; O(2) "0e", "0o",
    1, 2, …. Raises NoSuchIrrep for another key.

    >>> import reptheory as rt
    >>> [rotation_irrep(rt.SU(2), j).dim for j in ("1/2", 1)]
    [2, 3]
    """
    return READERS[group.family](group, key)  # type: ignore[index]


def _of_so3(group: LieGroup, key: Any) -> Rep:
    if _natural(key):
        return SphericalIrrep(group, int(key))
    if isinstance(key, str) and re.fullmatch(r"\d+[eo]", key):
        raise NoSuchIrrep(f"SO(3) has no irrep {key!r}: parity tells how −1 acts, and −1 is no rotation. Use "
                          f"rt.SO(3).irrep({key[:-1]}), or rt.O(3).irrep({key!r}).")
    spin = _half(key)
    if spin is not None:
        raise NoSuchIrrep(f"SO(3) has no irrep {_shown(key)}: exp(2πL_z) = 1 acts by −1 for a half-integer. Use its "
                          f"double cover, rt.SU(2).irrep('{spin}').")
    raise NoSuchIrrep(f"SO(3) has no irrep {_shown(key)}: its irreps are l = 0, 1, 2, …, of dimension 2l + 1. Use "
                      "rt.SO(3).irrep(1).")


def _of_o3(group: LieGroup, key: Any) -> Rep:
    if isinstance(key, str) and re.fullmatch(r"\d{1,9}[eo]", key):
        return SphericalIrrep(group, int(key[:-1]), key[-1])
    if _natural(key):
        natural = f"{key}{'eo'[key % 2]}"
        raise NoSuchIrrep(f"O(3) has two irreps of degree {key}, '{key}e' and '{key}o': −1 acts by +1 or by −1. Use "
                          f"rt.O(3).irrep('{natural}') for the spherical harmonics.")
    spin = _half(key)
    if spin is not None:
        raise NoSuchIrrep(f"O(3) has no irrep {_shown(key)}: exp(2πL_z) = 1 acts by −1 for a half-integer. Use "
                          f"rt.SU(2).irrep('{spin}').")
    raise NoSuchIrrep(f"O(3) has no irrep {_shown(key)}: its irreps are '0e', '0o', '1e', '1o', …, a degree l ≥ 0 and "
                      "how −1 acts. Use rt.O(3).irrep('1o') for vectors.")


def _of_su2(group: LieGroup, key: Any) -> Rep:
    twice = 2 * int(key) if _natural(key) else None
    if isinstance(key, (str, Fraction)) and re.fullmatch(r"\d{1,9}(/2)?", str(key)):
        twice = int(2 * Fraction(key))
    if twice is None:
        raise NoSuchIrrep(f"SU(2) has no irrep {_shown(key)}: its irreps are the spins 0, '1/2', 1, '3/2', …, of "
                          "dimension 2j + 1. Use rt.SU(2).irrep('1/2').")
    return SpinIrrep(group, twice)


def _of_so2(group: LieGroup, key: Any) -> Rep:
    if not _natural(key):
        raise NoSuchIrrep(f"SO(2) has no real irrep {_shown(key)}: its irreps are the frequencies k = 0, 1, 2, …, "
                          "where −k is isomorphic to k. Use rt.SO(2).irrep(1).")
    return CircularIrrep(group, int(key))


def _of_o2(group: LieGroup, key: Any) -> Rep:
    if key in ("0e", "0o"):
        return CircularIrrep(group, 0, key[-1])
    if not _natural(key) or key == 0:
        raise NoSuchIrrep(f"O(2) has no irrep {_shown(key)}: its irreps are '0e' (trivial), '0o' (the determinant) and "
                          "the frequencies k = 1, 2, …. Use rt.O(2).irrep('0e') or rt.O(2).irrep(1).")
    return CircularIrrep(group, int(key))


READERS = {("SO", 3): _of_so3, ("O", 3): _of_o3, ("SU", 2): _of_su2, ("SO", 2): _of_so2, ("O", 2): _of_o2}


def _natural(key: Any) -> bool:
    return isinstance(key, int) and not isinstance(key, bool) and key >= 0


def _half(key: Any) -> str | None:
    """The half-integer that a key spells, as text."""
    found = re.fullmatch(r"(\d{1,9})/2", str(key)) if isinstance(key, (str, Fraction)) else None
    return str(key) if found and int(found[1]) % 2 else None


def _shown(key: Any) -> str:
    return repr(str(key)) if isinstance(key, Fraction) else repr(key)[:60]
