"""Groups from those of sympy: permutation groups and finitely presented ones."""
from __future__ import annotations

from typing import Any

from .exact import shown
from .group import Group
from .named import group
from .presentation import presentation


def from_sympy(given: Any) -> Group:
    """The group of a sympy PermutationGroup, on its points, or of an FpGroup ⟨x, y | relators⟩, acting on itself.

    Generators of permutation groups are called g1, g2, … A product p*q of permutations is "q first" here and "p first"
    in sympy, so that words are read backwards; the permutations are the same. Raises what rt.group and rt.presentation
    raise.

    >>> from sympy.combinatorics.named_groups import AlternatingGroup
    >>> from_sympy(AlternatingGroup(5))
    group(g1=[1, 2, 0, 3, 4], g2=[1, 2, 3, 4, 0])  # order 60
    >>> from sympy.combinatorics.free_groups import free_group
    >>> from sympy.combinatorics.fp_groups import FpGroup
    >>> F, x, y = free_group("x y"); from_sympy(FpGroup(F, [x**2, y**3, (x*y)**3]))
    presentation('x y', 'x**2, y**3, x*y*x*y*x*y')  # order 12
    """
    from sympy.combinatorics import PermutationGroup
    from sympy.combinatorics.fp_groups import FpGroup

    if isinstance(given, FpGroup):
        return presentation(" ".join(map(str, given.generators)), ", ".join(map(str, given.relators)))
    if not isinstance(given, PermutationGroup):
        raise TypeError(f"{shown(given)} is no PermutationGroup or FpGroup of sympy. Single Permutations and matrices "
                        "are generators: rt.group(r=p).")
    return group(**{f"g{k + 1}": p for k, p in enumerate(given.generators)})
