"""Dropout by field: one coin for each copy of a summand."""
from __future__ import annotations

import copy
import pickle

import pytest
import torch

import reptheory as rt
from nn.dropout import FieldDropout
from nn.feature import WrongChannels, split, transform

D4 = rt.D(4)
V = 3 * D4.regular + 2 * D4.vector + D4.trivial


def test_fields_are_dropped_whole_and_the_rest_scaled():
    torch.manual_seed(0)
    x = torch.rand(64, V.dim, 3, 2) + 1
    y = FieldDropout(V, 0.25)(x)
    seen = set()
    for before, after in zip(split(x, V), split(y, V)):
        ratio = after / before
        one = ratio[:, :1, :, :1, :1]
        assert torch.allclose(ratio, one.expand_as(ratio))  # the same on every component and pixel of a field
        seen |= {round(c, 5) for c in one.ravel().tolist()}
    assert seen == {0.0, 1.33333}


def test_the_mean_is_kept():
    torch.manual_seed(0)
    kept = FieldDropout(20 * D4.vector, 0.3)(torch.ones(2000, 40)).mean().item()
    assert kept == pytest.approx(1, abs=6 * (0.3 / 0.7 / 40_000) ** 0.5)


def test_it_commutes_with_the_group_for_one_draw_of_the_coins():
    x = torch.randn(4, V.dim, 5, 5)
    layer = FieldDropout(V, 0.5)
    for g in D4.elements:
        torch.manual_seed(1)
        left = layer(transform(x, V, g))
        torch.manual_seed(1)
        assert torch.equal(left, transform(layer(x), V, g))


@pytest.mark.parametrize("layer", [FieldDropout(V, 0.5).eval(), FieldDropout(V, 0)])
def test_identity(layer):
    x = torch.randn(2, V.dim, 4)
    assert layer(x) is x


def test_inside_torch():
    layer = FieldDropout(V, 0.5)
    x = torch.randn(2, V.dim, 4, dtype=torch.float64)
    assert layer(x).dtype == torch.float64
    assert layer(x.to(torch.complex64)).dtype == torch.complex64
    assert copy.deepcopy(layer).in_type == pickle.loads(pickle.dumps(layer)).in_type == V
    assert torch.compile(layer, fullgraph=True, backend="aot_eager")(x).shape == x.shape
    assert torch.equal(torch.export.export(layer.eval(), (x,)).module()(x), x)
    assert not layer.state_dict()
    x.requires_grad_()
    FieldDropout(V, 0.5)(x).sum().backward()
    assert x.grad is not None


def test_bad_input():
    with pytest.raises(ValueError, match="at least 0 and less than 1"):
        FieldDropout(V, 1.0)
    with pytest.raises(WrongChannels, match="has 29 channels, and this tensor has 3"):
        FieldDropout(V, 0.5)(torch.zeros(1, 3))
