"""TensorProduct: the layer over all equivariant bilinear maps of two features."""
from __future__ import annotations

import torch

import reptheory as rt

from .feature import WrongChannels, check_features, check_type
from .module import PlanModule

WEIGHTS = ("internal", "external")


class WrongWeights(ValueError):
    """External weights that are missing, superfluous, or not of the shape (batch, weight_numel)."""


class TensorProduct(PlanModule):
    """The bilinear map (x, y) ↦ Σ_p w_p β_p(x, y), where β_p(ρ₁(g)x, ρ₂(g)y) = ρ_W(g) β_p(x, y) are the paths.

    Features are (batch, dim V₁) and (batch, dim V₂). For summands m·A, p·B, n·C the paths are an orthonormal basis of
    Hom(A ⊗ B, C); how they mix channels u < m, v < p, w < n is the `mode`: "full" (every u, v into every w),
    "channelwise" (u with every v into u, m = n), "separate" (the same with channels of its own for each path, whose
    number `out_type` states) or "elementwise" (u with u into u, m = p = n). Internal weights are parameters, external
    ones a third input (batch, weight_numel), as a network of the lengths of edges gives them; they should have variance
    1. At the start outputs have variance 1 for inputs of independent entries of variance 1.
    Raises NoPath, WrongChannelCount, WrongChannels, WrongWeights.

    >>> G = rt.SO(3); V = 8*G.irrep(0) + 8*G.irrep(1)
    >>> layer = TensorProduct(V, G.irrep(1), 4*G.irrep(2)); layer
    TensorProduct(8*SO(3).irrep(0) + 8*SO(3).irrep(1), SO(3).irrep(1), 4*SO(3).irrep(2))  # 1 path, 32 weights
    >>> layer(torch.randn(10, 32), torch.randn(10, 3)).shape
    torch.Size([10, 20])
    """

    def __init__(self, left_type: rt.Rep, right_type: rt.Rep, out_type: rt.Rep, mode: str = "full",
                 weights: str = "internal", device=None, dtype=None):
        for rep in (left_type, right_type, out_type):
            check_type(rep)
        if weights not in WEIGHTS:
            raise ValueError(f'weights={weights!r}: weights are "internal", parameters of the layer, or "external", '
                             "an input.")
        question = rt.Bilinear(left_type, right_type, out_type, mode)
        super().__init__(rt.lower_bilinear(question, weights == "external"), device=device, dtype=dtype)
        self.question, self.weights, self.mode = question, weights, mode
        self.left_type, self.right_type, self.out_type = left_type, right_type, question.target
        self.weight_numel = question.dim

    def forward(  # type: ignore[override]  # two inputs and an option, where a plan takes any number of inputs
            self, x: torch.Tensor, y: torch.Tensor, weights: torch.Tensor | None = None) -> torch.Tensor:
        """The features of type W, (batch, dim W)."""
        for feature, rep in ((x, self.left_type), (y, self.right_type)):
            check_features(feature, rep)
            if feature.ndim > 2:
                raise WrongChannels(f"a tensor product takes features (batch, channels), and this one has the shape "
                                    f"{tuple(feature.shape)}. Flatten the other axes into the batch.")
        batch = x.shape[0]  # len(x) would fix it in an exported program
        if y.shape[0] != batch:
            raise WrongChannels(f"the first feature has {batch} rows and the second {y.shape[0]}. Gather the rows that "
                                "belong together, x[edges], or expand the single one.")
        return super().forward(*((x, y) if self._checked(weights, batch) is None else (x, y, weights)))

    def _checked(self, weights: torch.Tensor | None, batch: int) -> torch.Tensor | None:
        """The external weights, or None where they are internal."""
        shape = (batch, self.weight_numel)
        if self.weights == "internal" and weights is not None:
            raise WrongWeights("this layer has weights of its own, and was given others. Make it with "
                               'weights="external".')
        if self.weights == "external" and (weights is None or weights.shape != shape):
            found = "none were given" if weights is None else f"these have the shape {tuple(weights.shape)}"
            raise WrongWeights(f'a layer with weights="external" takes weights of the shape {shape}, and {found}. Give '
                               "weight_numel of them for each row.")
        return weights

    def __repr__(self) -> str:
        mode = "" if self.mode == "full" else f", mode={self.mode!r}"
        mode += "" if self.weights == "internal" else f", weights={self.weights!r}"
        q, count = self.question, len(self.question.paths)
        types = ", ".join(rep.expression for rep in (q.left, q.right, q.wanted))
        return f"TensorProduct({types}{mode})  # {count} path{'s' * (count != 1)}, {self.weight_numel} weights"
