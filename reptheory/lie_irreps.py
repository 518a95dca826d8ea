"""The irreps of Lie groups by key, family by family."""
from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from operator import mul
from typing import Any

from .construct import Derived
from .frame import Frame
from .irreps import NoIrreps
from .lie import LieGroup
from .rep import Rep
from .weight_irrep import weight_irrep


def irrep(group: LieGroup, key: Any) -> Rep:
    """The irreducible representation with this key: SO(3) l, O(3) "1o", SU(2) "1/2", others Dynkin labels (1, 1).

    That of a product takes one key for each factor and is A ⊠ B, the tensor product of the pull-backs; over R it is
    irreducible where all factors but one are of real type. Raises NoIrreps for a group whose irreps have no names here.

    >>> import reptheory as rt
    >>> irrep(rt.SO(3) * rt.SU(2), (1, "1/2"))
    (SO(3) * SU(2)).irrep((1, '1/2'))  # dim 6, complex
    """
    if key not in group.known_irreps:
        group.known_irreps[key] = _made(group, key)
    return group.known_irreps[key]


@dataclass(frozen=True, repr=False)
class Outer(Derived):
    """The outer product A ⊠ B of irreps of the factors of a product."""

    base: Rep
    key: tuple[Any, ...]

    @property
    def group(self) -> Any:  # type: ignore[override]
        """The product."""
        return self.base.group

    @property
    def expression(self) -> str:  # type: ignore[override]
        """`G.irrep(key)`."""
        return f"{self.group.atom}.irrep({self.key!r})"

    @property
    def parts(self) -> tuple[Rep, ...]:
        """The irreps of the factors."""
        return tuple(factor.irrep(k) for factor, k in zip(self.group.factors, self.key))

    @property
    def type(self) -> str | None:
        """The type of A ⊠ B from those of A and B, ν(A ⊠ B) = ν(A) ν(B) for the Frobenius–Schur indicators over C;
        None where A ⊠ B splits: over R two factors not of real type, over C one that is irreducible over R alone.

        >>> import reptheory as rt
        >>> G = rt.SU(2) * rt.SU(2); G.irrep(("1/2", "1/2")).type, G.irrep(("1/2", 1)).type
        ('real', 'quaternionic')
        """
        apart = [part.type for part in self.parts if part.type != "real"]
        if self.scalars == "R":
            return None if len(apart) > 1 else (*apart, "real")[0]
        if None in apart or any(part.scalars == "R" and part.type != "real" for part in self.parts):
            return None
        return "complex" if "complex" in apart else ("real", "quaternionic")[len(apart) % 2]


def _made(group: LieGroup, key: Any) -> Rep:
    if group.factors:
        if not isinstance(key, tuple) or len(key) != len(group.factors):
            raise NoIrreps(f"an irrep of {group.expression} has one key for each of its {len(group.factors)} factors: "
                           f"{key!r} is no tuple of them. Write G.irrep((1, 2)).")
        parts = [f.irrep(k).pullback(p) for f, k, p in zip(group.factors, key, group.projections)]
        return Outer(reduce(mul, parts), key)
    from .rotation_irrep import READERS, rotation_irrep
    if group.family in READERS:
        return rotation_irrep(group, key)
    if group.family is not None and Frame.of(group.family) is not None:
        return weight_irrep(group, key)
    raise NoIrreps(f"the irreps of {group.expression} have no keys. Build representations from G.vector by *, sym, alt "
                   "and dual, or give matrices: G.rep(…).")
