"""Constants of layers: the same numbers after every conversion, and on layers that were made without memory."""

from __future__ import annotations

import copy

import pytest
import torch

import nn
import reptheory as rt

G = rt.D(4)
R, V = G.regular, G.regular + 2 * G.vector
LAYERS = [
    (lambda: nn.PermutationLinear("2*nn", "3*nn + n"), (2, 2, 4, 4)),
    (lambda: nn.BlurPool(V, taps=20), (2, V.dim, 40, 40)),
    (lambda: nn.Reorder(2 * R, R + R), (2, 16)), (lambda: nn.InvariantPool(G.natural**2, "max"), (2, 16)),
    (lambda: nn.EquivariantLinear(V, V), (2, V.dim)), (lambda: nn.EquivariantBatchNorm(V), (9, V.dim)),
]
every_layer = pytest.mark.parametrize("make, shape", LAYERS, ids=lambda value: "" if callable(value) else str(value))


def outputs(layer: torch.nn.Module, x: torch.Tensor) -> tuple[torch.Tensor, ...]:
    y = layer(x)
    return y if isinstance(y, tuple) else (y,)


def same(one: torch.nn.Module, other: torch.nn.Module, x: torch.Tensor) -> bool:
    return all(map(torch.equal, outputs(one, x), outputs(other, x)))


@every_layer
def test_a_layer_made_without_memory_is_filled_by_its_checkpoint(make, shape):
    layer = make()
    with torch.device("meta"):
        empty = make()
    assert all(t.is_meta for t in [*empty.parameters(), *empty.buffers()])
    empty = empty.to_empty(device="cpu")
    empty.load_state_dict(layer.state_dict())
    assert same(layer, empty, torch.randn(shape))


@every_layer
def test_no_digit_is_lost_on_the_way_through_half_precision(make, shape):
    layer = make()
    again = copy.deepcopy(layer).half().double()
    again.load_state_dict(layer.double().state_dict())
    assert same(layer, again, torch.randn(shape, dtype=torch.float64))


@every_layer
def test_the_source_of_a_layer_does_not_depend_on_its_precision(make, shape):
    layer = make()
    if not isinstance(layer, nn.PermutationLinear):
        assert nn.source(copy.deepcopy(layer).half()) == nn.source(layer)
