"""The same features under another group or in another order: restriction, pull-back, reordering."""
from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import numpy as np
import torch

import reptheory as rt
from reptheory.monomial import Monomial, as_matrix

from .constants import Constants
from .feature import check_features, check_type


class DifferentTypes(ValueError):
    """Two types that no permutation of channels turns into each other."""


class _Change(Constants):
    """The permutation of channels x ↦ P x with P ρ_V(g) = ρ_W(g) P, between types of one group."""

    _order: torch.Tensor | None

    def __init__(self, in_type: rt.Rep, same: rt.Rep, out_type: rt.Rep):
        super().__init__()
        self.in_type, self.out_type = in_type, out_type
        order = matching(same, out_type)
        identity = np.array_equal(order, np.arange(len(order)))
        self.constant("_order", None if identity else torch.from_numpy(order))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The same numbers, their channels in the order of `out_type`."""
        check_features(x, self.in_type)
        return x if self._order is None else x[:, self._order]

    def extra_repr(self) -> str:
        """The two types."""
        return f"{self.in_type.expression} → {self.out_type.expression}"


class Reorder(_Change):
    """The permutation of channels between types with equal summands in another order, such as 2*A and A + A.

    Raises DifferentTypes (the first summand without a partner) otherwise.

    >>> A = rt.D(4).vector; Reorder(2*A, A + A)(torch.tensor([[1., 2., 3., 4.]]))
    tensor([[1., 3., 2., 4.]])
    """

    def __init__(self, in_type: rt.Rep, out_type: rt.Rep):
        check_type(in_type)
        check_type(out_type)
        super().__init__(in_type, in_type, out_type)


class Restrict(_Change):
    """The identity V → Res_H V: G-features as features of a subgroup H, which asks less of the next layer.

    With `out_type` the channels come in the order of that type of H, which must have the same matrices as Res
    V, copy by copy. Raises NotASubgroup, DifferentTypes.

    >>> G = rt.D(4); H = G.subgroup(t="r")
    >>> Restrict(2*G.regular, H).out_type.group.order
    4
    """

    def __init__(self, in_type: rt.Rep, subgroup: rt.Group, out_type: rt.Rep | None = None):
        check_type(in_type)
        restricted = in_type.restrict(subgroup)
        super().__init__(in_type, restricted, restricted if out_type is None else out_type)


class Pullback(_Change):
    """The identity V → f*V along f: G' → G: G-features as G'-features, on which g acts by ρ(f(g)).

    It lifts features from a quotient, or from a factor of a product, to the larger group. With `out_type` the
    channels come in the order of that type. Raises DifferentGroups unless f ends in the group of V,
    DifferentTypes.

    >>> G = rt.C(4) * rt.S(3); onto, _ = G.projections
    >>> Pullback(2*rt.C(4).regular, onto).out_type.dim
    8
    """

    def __init__(self, in_type: rt.Rep, along: rt.Homomorphism, out_type: rt.Rep | None = None):
        check_type(in_type)
        pulled = in_type.pullback(along)
        super().__init__(in_type, pulled, pulled if out_type is None else out_type)
        self.along = along


def matching(source: rt.Rep, target: rt.Rep) -> np.ndarray:
    """For each channel of the target, its partner in the source: copies with equal matrices, in order.

    Two summands match when they have equal actions on generators and equal metrics, however they were made.
    """
    if source.group != target.group:
        raise rt.DifferentGroups(f"{source.expression} is a representation of {source.group.expression} and "
                                 f"{target.expression} of {target.group.expression}. Give types of one "
                                 "group.")
    waiting: dict[Hashable, list[np.ndarray]] = {}
    for rep, channels in _copies(source):
        waiting.setdefault(_matrices(rep), []).append(channels)
    order = np.empty(target.dim, np.int64)
    for rep, channels in _copies(target):
        found = waiting.get(_matrices(rep))
        if not found:
            raise DifferentTypes(
                f"{source.expression} has too few summands with the matrices of {rep.expression} to be "
                f"turned into {target.expression} by a permutation of channels. Compare V.summands, or use "
                "nn.EquivariantLinear between isomorphic types.")
        order[channels] = found.pop(0)
    left = sum(map(len, waiting.values()))
    if left:
        raise DifferentTypes(
            f"{source.expression} has {left} more copies of its summands than {target.expression}. A "
            "permutation of channels keeps them all; compare V.summands.")
    return order


def _copies(rep: rt.Rep):
    """Each copy of each summand, with its channels."""
    start = 0
    for m, a in rep.summands:
        yield from ((a, start + c + m * np.arange(a.dim)) for c in range(m))
        start += m * a.dim


def _matrices(rep: rt.Rep) -> Hashable:
    """What decides whether two summands are equal on the channels: actions, derivatives, metric and scalars."""
    def exact(action: Any) -> Hashable:
        return action if isinstance(action, Monomial) else as_matrix(action)
    return tuple(map(exact, rep.actions)), rep.derivatives, tuple(rep.gram), rep.scalars
