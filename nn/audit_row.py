"""A line of an audit."""
from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from .weight_span import Weights


@dataclass(frozen=True, eq=False)
class Row:
    """A line of the audit: a call, the spaces of its weights, and whether it commutes with the group otherwise.

    `commutes` is None where it was not decided; `change` says what to do.
    """

    name: str
    kind: str
    weights: tuple[Weights, ...] = ()
    commutes: bool | None = True
    change: str = ""
    parameters: tuple[str, ...] = ()

    @property
    def is_known(self) -> bool:
        """Whether the audit knows this kind of layer."""
        return self.commutes is not None

    @cached_property
    def compatible(self) -> bool | None:
        """Whether Π_L Π_G = Π_G Π_L for every tensor of weights, and the rest commutes; None where it is unknown."""
        if self.commutes is None:
            return None
        return self.commutes and all(w.answer for w in self.weights)

    @cached_property
    def unitary(self) -> bool | None:
        """Whether L L* = Π_L on the kernels; None without weights."""
        return all(w.source.is_unitary for w in self.weights) if self.weights else None

    @property
    def dim_L(self) -> int:
        """The dimension of the space that the weights span."""
        return sum(w.space.dim for w in self.weights)

    @property
    def dim_E(self) -> int:
        """The dimension of its equivariant part L ∩ Hom_G."""
        return sum(w.answer.dims["meet"] for w in self.weights)

    @cached_property
    def distance(self) -> float:
        """‖w − Π_E w‖ of the weights at the time of the audit, a float."""
        return float(sum(w.distance(w.source.weight) ** 2 for w in self.weights) ** 0.5)
