"""Groups from sympy's objects, and back."""
from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from .element import Element, generator_names
from .exact import shown
from .group import PROBE, Group
from .presentation import COSETS, presentation
from .subgroup import printed


def from_sympy(x: Any, names: str | Iterable[str] | None = None, limit: int = COSETS) -> Group:
    """The group that a sympy object is: a PermutationGroup as it permutes its points, an FpGroup by coset enumeration.

    A Polyhedron stands for its rotations. Generators of permutation groups are named g1, g2, … unless `names` says
    otherwise; those of an FpGroup keep theirs. sympy multiplies permutations from the left, p·q being first p, and this
    library from the right, so its p*q is q*p here: the group is the same. Raises TypeError for other objects,
    InfiniteGroup and TooLarge as `presentation` does.

    >>> from sympy.combinatorics.named_groups import DihedralGroup
    >>> from_sympy(DihedralGroup(4), "r s")
    group(r='(0 1 2 3)', s='(0 3)(1 2)')  # order 8
    """
    from sympy.combinatorics import PermutationGroup, Polyhedron
    from sympy.combinatorics.fp_groups import FpGroup
    from sympy.combinatorics.free_groups import FreeGroup

    chosen = re.split(r"[\s,]+", names.strip()) if isinstance(names, str) else None if names is None else list(names)
    if isinstance(x, (FpGroup, FreeGroup)):
        return _presented(x, chosen, limit)
    x = x.pgroup if isinstance(x, Polyhedron) else x
    if not isinstance(x, PermutationGroup):
        raise TypeError(f"{shown(x)} is no PermutationGroup or FpGroup of sympy. Single Permutations and matrices "
                        "are generators: rt.group(r=p).")
    images = tuple(tuple(g.array_form) or (0,) for g in x.generators)
    found = _named(chosen, [f"g{k + 1}" for k in range(len(images))], x)
    group = Group(found, images, len(images[0]), expression=printed(found, images))
    if group.order <= PROBE and group.order != x.order():
        raise ArithmeticError(f"sympy gives the order {x.order()} for {shown(x)}, but it is {group.order}. Report this "
                              "to us.")
    return group


def _presented(x: Any, names: list[str] | None, limit: int) -> Group:
    """The group of sympy's generators and relations."""
    own = [str(s) for s in x.symbols] if hasattr(x, "symbols") else [str(g) for g in x.generators]
    found = _named(names, own, x)
    letters = dict(zip(own, found))
    texts = ["*".join(f"{letters[str(s)]}^{e}" for s, e in r.array_form) for r in getattr(x, "relators", ())]
    return presentation(" ".join(found), ", ".join(texts), limit)


def _named(chosen: list[str] | None, otherwise: list[str], x: Any) -> tuple[str, ...]:
    if chosen is not None and len(chosen) != len(otherwise):
        raise ValueError(f"{shown(x)} has {len(otherwise)} generators, and {len(chosen)} names are given. Give one "
                         "name for each.")
    return generator_names(chosen or otherwise)


def to_sympy(x: Group | Element, presented: bool = False) -> Any:
    """The PermutationGroup with the same generators in order; an element as a Permutation.

    Where there are others, sympy leaves out the identity. `presented=True` gives the FpGroup of the relations instead;
    TooLarge where they are not known, as for G.relations.

    >>> from reptheory import D
    >>> to_sympy(D(4)).order(), to_sympy(D(4), presented=True).order()
    (8, 8)
    """
    from sympy.combinatorics import Permutation, PermutationGroup
    if isinstance(x, Element):
        return Permutation(list(x.images))
    if not isinstance(x, Group):
        raise TypeError(f"{shown(x)} is no group and no element of one. Give a Group, or use .to_sympy() of a "
                        "number, a matrix or a basis.")
    if not presented:
        return PermutationGroup([Permutation(list(g)) for g in x.images], dups=False)
    from sympy.combinatorics.fp_groups import FpGroup
    from sympy.combinatorics.free_groups import free_group
    free, *generators = free_group(", ".join(x.names))
    relators = []
    for word in x.relations:
        product = free.identity
        for i, e in word:
            product = product * generators[i] ** e
        relators.append(product)
    return FpGroup(free, relators)
