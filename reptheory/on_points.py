"""Representations read off the permutation that an element is: no word for the element is sought."""
from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .monomial import Monomial
from .partition import cycle_type

if TYPE_CHECKING:
    from .group import Group
    from .matrix import Matrix
    from .rep import Rep


def kind_on_points(group: Group, given: Sequence[Monomial | Matrix]) -> str | None:
    """"trivial", "sign" or "natural" where the generators act trivially, by their signs, or as they move the points.

    >>> import reptheory as rt
    >>> kind_on_points(rt.S(3), rt.S(3).natural.actions)
    'natural'
    """
    signed = [a for a in given if isinstance(a, Monomial)]
    if not signed or len(signed) < len(given):
        return None
    if all(a.is_identity for a in signed):
        return "trivial"
    if signed[0].shape == (1, 1) and all(a == action("sign", g, 1) for a, g in zip(signed, group.images)):
        return "sign"
    if signed[0].shape[0] == group.degree and all(a == action("natural", g, 0) for a, g in zip(signed, group.images)):
        return "natural"
    return None


def action(kind: str, images: tuple[int, ...], dim: int) -> Monomial:
    """The action of the permutation with these images, for the kinds that `kind_on_points` names.

    >>> action("sign", (1, 0, 2), 1)
    Monomial([0], [-1])
    """
    if kind == "natural":
        return Monomial.of(images)
    if kind == "sign":
        return Monomial.of([0], [-1 if (len(images) - len(cycle_type(images))) % 2 else 1])
    return Monomial.identity(dim)


def needs_words(rep: Rep) -> bool:
    """Whether traces of the representation are found by words, rather than read off permutations.

    >>> import reptheory as rt
    >>> needs_words(2*rt.S(4).natural**2 + rt.S(4).sign), needs_words(rt.S(4).regular)
    (False, True)
    """
    from .direct_sum import Sum
    from .rep import Explicit
    from .tensor import Tensor
    if isinstance(rep, Sum):
        return any(needs_words(a) for _, a in rep.terms)
    if isinstance(rep, Tensor):
        return any(needs_words(f) for f in rep.factors)
    return not isinstance(rep, Explicit) or rep.kind is None
