"""Mackey's theorem: intertwiners of induced representations, one row for each double coset."""
from __future__ import annotations

from dataclasses import dataclass

from .field import Q
from .group import Element, Group, NotASubgroup
from .rep import Rep
from .tabular import Tabular


@dataclass(frozen=True)
class MackeyRow:
    """One double coset K x H: its size, |K ∩ xHx⁻¹| and dim Hom over that intersection of U^x and V."""

    representative: Element
    size: int
    intersection: int
    dim: int


@dataclass(frozen=True, repr=False)
class Mackey(Tabular):
    """The table of `rt.mackey`; its dimensions add up to dim Hom(Ind U, Ind V)."""

    rows: tuple[MackeyRow, ...]

    @property
    def dim(self) -> int:
        """The sum of the rows, dim Hom_G(Ind U, Ind V)."""
        return sum(row.dim for row in self.rows)

    @property
    def cells(self) -> list[list[str]]:
        """The table as text, the heading first."""
        return [["x", "|KxH|", "|K ∩ xHx⁻¹|", "dim"]] + [
            [str(r.representative), str(r.size), str(r.intersection), str(r.dim)] for r in self.rows]

    def __repr__(self) -> str:
        return f"{super().__repr__()}\nsum {self.dim}"


def mackey(source: Rep, target: Rep, group: Group) -> Mackey:
    """The intertwiners Ind_H^G U → Ind_K^G V: dim = Σ_{KxH} dim Hom_{K ∩ xHx⁻¹}(U^x, V), with U^x(k) = U(x⁻¹kx).

    Source: Mackey's theorem (Serre, Linear Representations of Finite Groups, §7.3). Raises NotASubgroup.

    >>> import reptheory as rt
    >>> G = rt.S(4); H = G.stabiliser(3)
    >>> rt.mackey(H.trivial, H.trivial, G).dim
    2
    """
    for rep in (source, target):
        if not rep.group.is_subgroup(group):
            raise NotASubgroup(f"{rep.group.expression} is not a subgroup of {group.expression}, so nothing is "
                               "induced. Make the subgroup by G.subgroup(…).")
    h, k = source.group, target.group
    rows = []
    for representative, size in group.double_cosets(k, h):
        inverse = representative.inverse
        meet = k.intersection(h.conjugate(representative))
        total = sum((target.trace(k.element(l.images)) * source.trace(h.element((inverse * group.element(l.images)
                     * representative).images)).conj() for l in meet.elements), Q(0))
        rows.append(MackeyRow(representative, size, meet.order, int((total / meet.order).to_fraction())))
    return Mackey(tuple(rows))
