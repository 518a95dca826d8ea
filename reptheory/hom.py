"""The question: all equivariant maps or kernels between two representations, over a space."""
from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from .field import Field
from .group import DifferentGroups, Group
from .kernel import Kernel, exact_kernel
from .matrix import Matrix
from .rep import Rep
from .space import POINT, Space

if TYPE_CHECKING:
    from .basis import Basis, Blocks
    from .certificate import Certificate


class NotEquivariant(ValueError):
    """A kernel that breaks κ(gx) ρ_V(g) = ρ_W(g) κ(x), with the generator and entry where it does."""


@dataclass(frozen=True, repr=False)
class Hom:
    """The space of all κ: X → Hom(V, W) with κ(gx) = ρ_W(g) κ(x) ρ_V(g)⁻¹ for every g in G.

    On a grid κ is the filter of an equivariant convolution (Cohen, Geiger and Weiler, arXiv 1811.02017); on POINT it is
    an intertwiner. Raises DifferentGroups when V and W belong to different groups, NotPreserved when G moves a point
    of X out of it.

    >>> import reptheory as rt
    >>> G = rt.D(4); rt.Hom(G.regular, G.regular, on=rt.grid(3))
    Hom(D(4).regular, D(4).regular, on=grid(3))  # dim 72 of 576, exact over Q
    """

    source: Rep
    target: Rep
    on: Space = POINT

    def __new__(cls, source: Any = None, target: Any = None, on: Any = POINT) -> Hom:
        return object.__new__((on.hom_class if isinstance(on, Space) else None) or cls)  # R(n) has paths, not points

    def __post_init__(self) -> None:
        for name, rep in (("V", self.source), ("W", self.target)):
            if not isinstance(rep, Rep):
                raise TypeError(f"Hom(V, W) needs representations, and {name} is {rep!r}. Write G.regular, say.")
        if not isinstance(self.on, Space):
            raise TypeError(f"Hom(V, W, on=X) needs a space, and X is {self.on!r}. Use rt.POINT, rt.grid(n), "
                            "rt.lattice('hexagonal', r), G.space(K), rt.gset(rep) or rt.R(n).")
        if self.source.group != self.target.group:
            raise DifferentGroups(
                f"Hom(V, W) needs one group, but V is a representation of {self.source.group.expression} and W of "
                f"{self.target.group.expression}. Restrict, induce or pull back one of them first.")
        _ = self.moves  # a group that does not preserve X is an error here, not later

    @property
    def group(self) -> Group:
        """The group G of both representations."""
        return self.source.group

    @cached_property
    def moves(self) -> tuple[np.ndarray, ...]:
        """For each generator, the permutation of the points of X."""
        return self.on.permutations(self.group)

    @property
    def shape(self) -> tuple[int, ...]:
        """(*X, dim W, dim V)."""
        return (*self.on.shape, self.target.dim, self.source.dim)

    @property
    def unknowns(self) -> int:
        """The number of entries of a kernel, |X| · dim W · dim V."""
        return self.on.size * self.target.dim * self.source.dim

    @property
    def field(self) -> Field:
        """The exact field in which the basis lives."""
        return self.source.field.compositum(self.target.field)

    @cached_property
    def basis(self) -> Basis:
        """The basis of all solutions, one problem per orbit of X and distinct pair of summands."""
        from .derivation import derived
        return derived(self)

    @property
    def dim(self) -> int:
        """The dimension, over R or C as the representations say."""
        return self.basis.dim

    @property
    def blocks(self) -> Blocks:
        """The table of orbits: pair of summands, orbit of X, stabiliser, dimension."""
        return self.basis.blocks

    @cached_property
    def certificate(self) -> Certificate:
        """The proof that the basis is right and complete, already checked once; `verify()` checks it again."""
        from .certificate import certify
        return certify(self.basis)

    def violation(self, kernel: Any) -> str | None:
        """The generator and entry where an exact kernel breaks the constraint, as text; None when it is equivariant."""
        return exact_kernel(kernel, self.shape).violation(self)

    def check(self, kernel: Any) -> None:
        """Raise NotEquivariant, naming generator and entry, unless the exact kernel is in the space."""
        found = self.violation(kernel)
        if found is not None:
            raise NotEquivariant(f"the kernel is not in {self.expression}: {found}\n"
                                 "Project it with H.project(kernel), or change the entry.")

    def __contains__(self, kernel: Any) -> bool:
        return self.violation(kernel) is None

    def project(self, kernel: Any) -> Kernel:
        """The exact orthogonal projection Σ_d ⟨κ_d, κ⟩ κ_d / ‖κ_d‖² of a kernel given exactly.

        >>> import reptheory as rt
        >>> H = rt.S(2).natural >> rt.S(2).natural; H.project([[1, 0], [0, 0]]).to_numpy().tolist()
        [[0.5, 0.0], [0.0, 0.5]]
        """
        return self.basis.project(exact_kernel(kernel, self.shape))

    @property
    def projector(self) -> Matrix:
        """The exact matrix of `project` on kernels flattened in C order; TooLarge above 2000 unknowns."""
        return self.basis.projector

    @property
    def expression(self) -> str:
        """The text that makes it."""
        on = "" if self.on == POINT else f", on={self.on!r}"
        return f"Hom({self.source.expression}, {self.target.expression}{on})"

    def __repr__(self) -> str:
        return f"{self.expression}  # dim {self.dim} of {self.unknowns}, exact over {self.field}"

    def _repr_html_(self) -> str:
        from .show import hom_html
        return hom_html(self)

    def _repr_latex_(self) -> str:
        from .show import hom_latex
        return hom_latex(self)

    def __deepcopy__(self, memo) -> Hom:
        return self  # immutable
