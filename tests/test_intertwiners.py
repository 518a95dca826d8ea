"""Linear maps through nonlinear functions: known dimensions, exact bases, and what floats cannot tell."""
from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

import nn
import reptheory as rt


def complex_product(p, q):
    (a, b), (c, d) = p.unbind(1), q.unbind(1)
    return torch.stack([a * c - b * d, a * d + b * c], 1)


def matrix_product(p, q):
    return (p.view(-1, 2, 2) @ q.view(-1, 2, 2)).flatten(1)


def bracket(p, q):
    return torch.linalg.cross(p, q)


# dim {(X, Y) : Dφ(u) X u = Y φ(u)} on four channels: diagonals, 0, tori, so(4), so(4) + R, C*² , gl(2)³/R; for layer
# normalisation 1aᵀ, b1ᵀ, so(3) and a scale that eps breaks, for softmax 1aᵀ; cross products pass gl(3), and a scale.
KNOWN = {
    "relu": (torch.relu, (4,), 4, 0), "leaky relu": (F.leaky_relu, (4,), 4, 0), "square": (torch.square, (4,), 4, 0),
    "x|x|": (lambda x: x * x.abs(), (4,), 4, 0), "gelu": (F.gelu, (4,), 0, 0), "tanh": (torch.tanh, (4,), 0, 0),
    "silu": (F.silu, (4,), 0, 0), "product": (torch.mul, (4, 4), 8, 4),
    "gated": (lambda p, q: p * torch.sigmoid(q), (4, 4), 4, 0), "glu": (F.glu, (8,), 4, 0),
    "swiglu": (lambda p, q: p * F.silu(q), (4, 4), 4, 0), "hard ball": (nn.HardBall(1.), (4,), 6, 0),
    "soft ball": (nn.SoftBall(1.), (4,), 6, 0), "rms": (lambda x: F.rms_norm(x, (4,)), (4,), 7, 1),
    "complex": (complex_product, (2, 2), 4, 2), "matrices": (matrix_product, (4, 4), 11, 4),
    "cubic": (lambda u: u * (u * u).sum(1, keepdim=True), (4,), 7, 0),
    "layer norm": (lambda x: F.layer_norm(x, (4,), eps=0.), (4,), 12, 9),
    "layer norm, eps": (lambda x: F.layer_norm(x, (4,)), (4,), 11, 8), "cross": (bracket, (3, 3), 10, 1),
    "softmax": (lambda x: F.softmax(x, 1), (4,), 4, 4),
}


@pytest.mark.parametrize("name", KNOWN)
def test_known_dimensions(name):
    function, channels, dim, trivial = KNOWN[name]
    found = nn.intertwiners(function, *channels)
    assert (found.dim, found.trivial) == (dim, trivial)
    assert found.exact and found.error < 1e-12 and all(isinstance(c, Fraction) for c in found.basis.ravel())


@settings(max_examples=5)
@given(st.integers(0, 10 ** 6))
def test_they_pass_through_the_function(seed):
    found = nn.intertwiners(matrix_product, 4, 4)
    c = np.random.default_rng(seed).normal(size=found.dim)
    x, y, z = (torch.tensor(sum(a * m.astype(float) for a, m in zip(c, column)))
               for column in zip(*(found.matrices(k) for k in range(found.dim))))
    p, q = torch.randn(2, 3, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))
    left = matrix_product(p @ torch.linalg.matrix_exp(x).T, q @ torch.linalg.matrix_exp(y).T)
    assert torch.allclose(left, matrix_product(p, q) @ torch.linalg.matrix_exp(z).T, rtol=1e-9, atol=1e-9)


def test_floats_say_their_error():
    found = nn.intertwiners(lambda u: u * torch.rsqrt(1 + u[:, :1] ** 2 + 2 ** 0.5 * u[:, 1:] ** 2), 2)
    assert not found.exact and found.dim == 1 and 0 < found.error < 1e-12
    assert "dim 1, floats, error" in repr(found)


def test_refusals():
    with pytest.raises(rt.TooLarge, match="functions of 64 channels to 64 have 8192 unknowns, above 2500"):
        nn.intertwiners(torch.relu, 64)
    with pytest.raises(ValueError, match=r"channels=\(\): give the positive number of channels"):
        nn.intertwiners(torch.relu)
    with pytest.raises(nn.NoVerdict, match="0 equations for 8 unknowns: the function is constant or not finite"):
        nn.intertwiners(torch.zeros_like, 2)
    with pytest.raises(nn.NoVerdict, match=r"a singular value of \S+ is neither zero nor not.*Smooth the function"):
        nn.intertwiners(lambda u: u * (1 + 1e-6 * torch.tanh(u[:, :1])), 2)
