"""Equivariant linear layers: what all layers over an exact Hom share, and the one on a point."""
from __future__ import annotations

from math import inf

import torch

import reptheory as rt
from reptheory.basis import Basis
from reptheory.piece import Piece

from .feature import check_features
from .module import PlanModule

SHOWN = 4  # the orbits that EmptyHom lists for a pair of summands


class EmptyHom(ValueError):
    """A space of equivariant maps that is zero, or zero into one summand of the output."""


class Intertwiner(PlanModule):
    """The layer f ↦ κ·f + b with κ in Hom(V, W, on=X) and b invariant in W, weights their coordinates.

    `hom` is the exact space behind it, with its certificate. EmptyHom where a summand of W gets nothing.
    """

    spatial_ndim: int

    def __init__(self, hom: rt.Hom, bias: bool, init: str, device, dtype, **convolution):
        refuse_empty(hom.basis)
        super().__init__(rt.lower(hom, bias=bias, init=init, **convolution), device=device, dtype=dtype)
        self.hom, self.in_type, self.out_type = hom, hom.source, hom.target
        self.init = init
        last = self.plan.steps[-1]  # a convolution, or the paths of Schur's lemma and perhaps a bias
        self._filter_name = last.args[1] if last.op == "conv" else None
        self._linear_name = last.args[0] if last.name == "biased" else last.name
        biased = last.name == "biased" or (last.op == "conv" and len(last.args) == 3)
        self._bias_name = last.args[-1] if biased else None

    @property
    def has_bias(self) -> bool:
        """Whether the layer adds an invariant vector: asked for, and W contains a trivial representation."""
        return self._bias_name is not None

    def filter(self) -> torch.Tensor:
        """The expanded kernel κ, of shape (dim W, dim V, *box): differentiable in the weights."""
        if self._filter_name is not None:
            return self.value(self._filter_name)
        kind = next(self.parameters())
        identity = torch.eye(self.in_type.dim, dtype=kind.dtype, device=kind.device)
        return self.run_to(self._linear_name, identity).T

    def expanded_bias(self) -> torch.Tensor | None:
        """The invariant vector b, of shape (dim W,), or None where the layer has none."""
        return None if self._bias_name is None else self.value(self._bias_name)

    def _tail(self) -> str:
        """The end of a repr: what every layer over a Hom says of itself."""
        bias = "" if self.has_bias else ", bias=False"
        init = "" if self.init == "he" else f", init={self.init!r}"
        return f"{bias}{init})  # {self.plan.size} weights"


class EquivariantLinear(Intertwiner):
    """The linear map x ↦ κx + b with κ ρ_V(g) = ρ_W(g) κ and ρ_W(g) b = b: all such maps.

    Features are (batch, dim V) or (batch, dim V, *trailing), where it acts at each point. There is a weight
    for each dimension of Hom(V, W), and it starts with the exact variance of `init` ("he", "xavier" or
    "lecun"). Raises EmptyHom, WrongChannels.

    >>> G = rt.D(4); layer = EquivariantLinear(2*G.regular, 3*G.vector, bias=False); layer
    EquivariantLinear(2*D(4).regular, 3*D(4).vector, bias=False)  # 12 weights
    """

    spatial_ndim = 0

    def __init__(self, in_type: rt.Rep, out_type: rt.Rep, bias: bool = True, init: str = "he",
                 device=None, dtype=None):
        super().__init__(rt.Hom(in_type, out_type), bias, init, device, dtype)

    def forward(self, x: torch.Tensor) -> torch.Tensor:  # type: ignore[override]  # one input, where a plan takes any number
        """The features of type W, (batch, dim W, *trailing)."""
        check_features(x, self.in_type)
        if x.ndim == 2 or self._filter_name is not None:
            return super().forward(x)
        rows = x.movedim(1, -1)  # the plan of paths takes (batch, dim V)
        y = super().forward(rows.reshape(-1, x.shape[1]))
        return y.reshape(*rows.shape[:-1], -1).movedim(-1, 1)

    @torch.no_grad()
    def to_linear(self) -> torch.nn.Linear:
        """The plain torch.nn.Linear with the expanded matrix and bias, cut off from these weights.

        >>> G = rt.C(4); layer = EquivariantLinear(G.regular, G.regular); x = torch.randn(5, 4)
        >>> torch.equal(layer.to_linear()(x), layer(x))
        True
        """
        matrix, bias = self.filter(), self.expanded_bias()
        rows, columns = matrix.shape
        plain = torch.nn.Linear(columns, rows, bias is not None, matrix.device, matrix.dtype)
        return copied(plain, matrix, bias).train(self.training)

    def __repr__(self) -> str:
        return f"EquivariantLinear({self.in_type.expression}, {self.out_type.expression}{self._tail()}"


def copied(plain, matrix: torch.Tensor, bias: torch.Tensor | None):
    """The plain layer with these numbers as its weight and bias."""
    plain.weight.copy_(matrix)
    if bias is not None:
        plain.bias.copy_(bias)
    return plain


def refuse_empty(basis: Basis) -> None:
    """Raise EmptyHom, with orbits and stabilisers that admit no map, where a summand of W gets nothing."""
    hom = basis.hom
    for b, (_, target) in enumerate(hom.target.summands):
        pieces = [piece for b_, _, _, _, piece in basis.layout if b_ == b]
        if any(piece.dim for piece in pieces):
            continue
        reasons = "\n".join(line for piece in dict.fromkeys(pieces) for line in _reasons(basis, piece))
        everything = ("a tensor power of G.vector, say" if hom.group.is_lie else
                      "G.regular maps to every representation")
        larger = "" if hom.on == rt.POINT else ", or use a larger kernel"
        raise EmptyHom(
            f"{hom.expression} is zero into {target.expression}: no linear map that commutes with "
            f"{hom.group.expression} reaches it, so its channels would not depend on the input.\n{reasons}\n"
            f"Leave {target.expression} out of the output, or give the input a representation that maps to "
            f"it ({everything}){larger}.")


def _reasons(basis: Basis, piece: Piece) -> list[str]:
    """One line for each orbit: its point, its size, and the order of the stabiliser that admits no map."""
    order, orbits, on = basis.hom.group.order, basis.orbits, basis.hom.on
    pair = f"  {piece.source.expression} → {piece.target.expression}"
    lines = []
    for orbit in orbits[:SHOWN]:
        where = "the point" if on == rt.POINT else f"x = {on.label(orbit.representative)}"
        stabiliser = f"order {order // orbit.size}" if order < inf else "infinite order"
        lines.append(f"{pair} at {where}: orbit of {orbit.size}, stabiliser of {stabiliser}, dimension 0")
    more = len(orbits) - SHOWN
    return lines if more <= 0 else [*lines, f"  and on {more} more orbits"]
