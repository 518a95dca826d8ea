"""The irreps of Lie groups by key, family by family."""
from __future__ import annotations

from typing import Any

from .frame import Frame
from .irreps import NoIrreps
from .lie import LieGroup
from .rep import Rep
from .weight_irrep import weight_irrep


def irrep(group: LieGroup, key: Any) -> Rep:
    """The irreducible representation with this key: SO(3) l, O(3) "1o", SU(2) "1/2", others Dynkin labels (1, 1).

    Raises NoIrreps for a group whose irreps have no names here.
    """
    if key not in group.known_irreps:
        group.known_irreps[key] = _made(group, key)
    return group.known_irreps[key]


def _made(group: LieGroup, key: Any) -> Rep:
    from .rotation_irrep import READERS, rotation_irrep
    if group.family in READERS:
        return rotation_irrep(group, key)
    if group.family is not None and Frame.of(group.family) is not None:
        return weight_irrep(group, key)
    raise NoIrreps(f"the irreps of {group.expression} have no keys. Build representations from G.vector by *, sym, alt "
                   "and dual, or give matrices: G.rep(…).")
