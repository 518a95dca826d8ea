"""Means of modules over a group, and equivariant layers with a free part."""

from __future__ import annotations

import pytest
import torch

import nn
import reptheory as rt

C4, D4 = rt.C(4), rt.D(4)


def test_the_mean_over_the_group_is_equivariant_and_keeps_equivariant_modules():
    torch.manual_seed(5)
    conv = torch.nn.Conv2d(1, 2, 3, padding=1).double()
    nn.assert_equivariant(nn.symmetrize(conv, D4.trivial, D4.vector), D4.trivial, D4.vector, size=5, tolerance=1e-12)
    layer = nn.EquivariantConv2d(D4.trivial, D4.regular, 3, padding=1).double()
    x = torch.randn(2, 1, 5, 5, dtype=torch.float64)
    assert torch.allclose(nn.symmetrize(layer, D4.trivial, D4.regular)(x), layer(x), atol=1e-12)
    with pytest.raises(ValueError, match="not finite"):
        nn.symmetrize(conv, rt.SO(2).trivial, rt.SO(2).trivial)
    with pytest.raises(rt.DifferentGroups):
        nn.symmetrize(conv, D4.trivial, C4.trivial)


@pytest.mark.parametrize("layer", [lambda: nn.EquivariantLinear(D4.regular, 2 * D4.vector),
                                   lambda: nn.EquivariantConv2d(D4.trivial, D4.regular, 3, padding=1)])
def test_a_relaxed_layer_leaves_the_equivariant_maps_and_is_projected_back_exactly(layer):
    torch.manual_seed(6)
    relaxed = nn.Relaxed(layer().double(), seed=7)
    kind = relaxed.layer
    side = {} if isinstance(kind, nn.EquivariantLinear) else {"size": 5}

    def error(module):
        return nn.equivariance_error(module, kind.in_type, kind.out_type, **side)
    assert error(relaxed) < 1e-12 and float(relaxed.penalty().detach()) == 0
    relaxed.step(0.5)
    assert error(relaxed) > 1e-2 and float(relaxed.penalty().detach()) > 1e-3
    projected = relaxed.projected()
    assert error(projected) < 1e-12
    gap = kind.filter() + relaxed.free - projected.filter()
    assert torch.allclose((gap ** 2).sum(), relaxed.penalty(), rtol=1e-9)
    with pytest.raises(TypeError, match=r"Use nn\.audit"):
        nn.Relaxed(torch.nn.Linear(2, 2))
