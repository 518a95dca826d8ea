"""Any module made equivariant by its mean over a finite group."""
from __future__ import annotations

import torch

import reptheory as rt

from .feature import check_type, transform


class Symmetrised(torch.nn.Module):
    """The map x ↦ |G|⁻¹ Σ_g ρ_W(g)⁻¹ f(ρ_V(g) x), the Reynolds mean of f: equivariant whatever f is.

    It equals f where f is equivariant, and costs |G| calls. `nn.symmetrize` makes it.
    """

    def __init__(self, module: torch.nn.Module, in_type: rt.Rep, out_type: rt.Rep, action: rt.Rep | None = None):
        super().__init__()
        for rep in (in_type, out_type):
            check_type(rep)
        if in_type.group != out_type.group:
            raise rt.DifferentGroups(f"the mean is over one group, but V is a representation of "
                                     f"{in_type.group.expression} and W of {out_type.group.expression}. Restrict one.")
        if in_type.group.is_lie:
            raise ValueError(f"{in_type.group.expression} is not finite, and the mean is a sum over all elements. Use "
                             "a finite subgroup of it.")
        self.module, self.in_type, self.out_type, self.action = module, in_type, out_type, action

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The mean of g⁻¹ f(g x)."""
        total = None
        for g in self.in_type.group.elements:
            y = transform(self.module(transform(x, self.in_type, g, self.action)), self.out_type, g.inverse,
                          self.action)
            total = y if total is None else total + y
        assert total is not None
        return total / self.in_type.group.order

    def extra_repr(self) -> str:
        """The types."""
        return f"{self.in_type.expression}, {self.out_type.expression}"


def symmetrize(module: torch.nn.Module, in_type: rt.Rep, out_type: rt.Rep,
               action: rt.Rep | None = None) -> Symmetrised:
    """The module x ↦ |G|⁻¹ Σ_g ρ_W(g)⁻¹ f(ρ_V(g) x) around f, whose weights stay those of f.

    Raises DifferentGroups, and ValueError for a Lie group.

    >>> G = rt.C(4); f = symmetrize(torch.nn.Linear(4, 4).double(), G.regular, G.regular)
    >>> from .check import equivariance_error
    >>> equivariance_error(f, G.regular, G.regular) < 1e-12
    True
    """
    return Symmetrised(module, in_type, out_type, action)
