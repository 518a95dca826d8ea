"""SymmetricContraction: all equivariant polynomials of a feature up to a degree, channel by channel."""
from __future__ import annotations

import torch

import reptheory as rt
from reptheory.covariant import Covariants, covariants
from reptheory.covariant_plan import lower_covariants

from .feature import WrongChannels, check_features, check_type
from .linear import EmptyHom
from .module import PlanModule


class SymmetricContraction(PlanModule):
    """The map x ↦ Σ_{ν ≤ correlation} Σ_p w_{z,p,c} P_p(x_c, …, x_c) over a basis P_p of Hom(Sym^ν V, W), channelwise.

    These are all equivariant polynomials of degree 1 to `correlation` of one channel, as in MACE (Batatia et al., arXiv
    2206.07697), on a basis that is complete and without redundancy: `counts` are the dimensions of Hom(Sym^ν V, A),
    which characters prove (`verify()`), and `basis_digest` names the exact basis with its order and signs, stated at
    `reptheory.reduction.Reduction`. Features are of type channels·V and channels·W, channel fast. With num_elements > 1
    each row has weights by its element: an int64 tensor (batch,), or one-hot rows (batch, num_elements).
    Raises EmptyHom where no polynomial reaches a summand of W, WrongChannels.

    >>> G = rt.O(3); V = G.irrep("0e") + G.irrep("1o")
    >>> layer = SymmetricContraction(V, V, correlation=3, channels=8, num_elements=4)
    >>> layer.counts, layer(torch.randn(5, 32), torch.tensor([0, 1, 2, 3, 0])).shape
    ({1: (1, 1), 2: (2, 1), 3: (2, 2)}, torch.Size([5, 32]))
    """

    def __init__(self, in_type: rt.Rep, out_type: rt.Rep, correlation: int, channels: int = 1, num_elements: int = 1,
                 device=None, dtype=None, generator: torch.Generator | None = None) -> None:
        for rep in (in_type, out_type):
            check_type(rep)
        for name, value in (("correlation", correlation), ("channels", channels), ("num_elements", num_elements)):
            if not isinstance(value, int) or isinstance(value, bool) or value < 1:
                raise ValueError(f"{name}={value!r} is no integer at least 1. Write {name}=1, or a larger integer.")
        parts = tuple(covariants(in_type, out_type, d) for d in range(1, correlation + 1))
        for b, (_, a) in enumerate(out_type.summands):
            if not any(part.counts[b] for part in parts):
                raise EmptyHom(f"no equivariant polynomial of degree 1 to {correlation} takes {in_type.expression} to "
                               f"{a.expression}: its channels would be zero. Leave {a.expression} out of the output, "
                               "or raise the correlation.")
        plan = lower_covariants(parts, channels, num_elements)
        super().__init__(plan, device=device, dtype=dtype, generator=generator)
        self.correlation, self.channels, self.num_elements = correlation, channels, num_elements
        self.source, self.target = in_type, out_type
        self.in_type, self.out_type = channels * in_type, channels * out_type
        self._parts = parts

    @property
    def counts(self) -> dict[int, tuple[int, ...]]:
        """For each degree, the number of paths into each summand of W."""
        return {part.degree: part.counts for part in self._parts}

    @property
    def covariants(self) -> tuple[Covariants, ...]:
        """The polynomials of each degree."""
        return self._parts

    @property
    def basis_digest(self) -> str:
        """SHA-256 of the exact polynomials of all degrees."""
        from hashlib import sha256
        return sha256("".join(part.digest for part in self._parts).encode()).hexdigest()

    def verify(self) -> None:
        """Prove the basis of every degree again; NotCertified where it fails."""
        for part in self._parts:
            part.verify()

    def forward(  # type: ignore[override]  # one input and an option, where a plan takes any number of inputs
            self, x: torch.Tensor, element: torch.Tensor | None = None) -> torch.Tensor:
        """The features of type channels·W, (batch, channels · dim W)."""
        check_features(x, self.in_type)
        if x.ndim > 2:
            raise WrongChannels(f"a symmetric contraction takes features (batch, channels), and this one has the shape "
                                f"{tuple(x.shape)}. Flatten the other axes into the batch.")
        if self.num_elements == 1:
            return super().forward(x)
        if element is None:
            raise ValueError(f"this layer has weights for {self.num_elements} elements. Give the element of each row, "
                             "int64 of shape (batch,), or one-hot rows.")
        shape = tuple(element.shape)
        if len(shape) == 2 and shape[1] == self.num_elements:
            element = element.argmax(1)
        elif len(shape) != 1 or element.is_floating_point():
            raise ValueError(f"elements are int64 of shape (batch,) or one-hot rows (batch, {self.num_elements}), and "
                             f"these are {element.dtype} of shape {shape}.")
        if element.shape[0] != x.shape[0]:
            raise WrongChannels(f"the feature has {x.shape[0]} rows and there are {element.shape[0]} elements. Give "
                                "one for each row.")
        return super().forward(x, element)

    def __repr__(self) -> str:
        elements = f", num_elements={self.num_elements}" if self.num_elements > 1 else ""
        paths = sum(map(sum, self.counts.values()))
        return (f"SymmetricContraction({self.source.expression}, {self.target.expression}, "
                f"correlation={self.correlation}, channels={self.channels}{elements})  # {paths} paths, "
                f"{self.plan.size} weights")
