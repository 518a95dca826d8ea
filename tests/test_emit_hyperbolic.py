"""Source of the layers of hyperbolic networks: the same weights by name, the same bits, alone."""
from __future__ import annotations

import copy

import pytest
import torch

import nn
from nn.emit_hyperbolic import HYPERBOLIC
from nn.emit_torch import NoSource

LAYERS = [
    nn.HyperbolicBlock(3), nn.HyperbolicBlock(3, 5, stride=2, expansion=2), nn.HyperbolicBlock(3, 4, ball="soft"),
    nn.HyperbolicBlock(3, 4, ball="metric"), nn.HyperbolicBlock(3, 4, ball=None), nn.HardBall(2.), nn.SoftBall(2.5),
    nn.MetricBall(3, 1.), nn.SymmetricHyperbolicBlock(3, 5), nn.SymmetricHyperbolicBlock(3, padding_mode="zeros"),
]


def emitted(layer: torch.nn.Module) -> torch.nn.Module:
    """The class that the text makes, with the weights of the layer."""
    text = nn.source(layer, name="Emitted")
    assert max(map(len, text.splitlines())) <= 120 and "import nn" not in text
    names: dict = {"__name__": "emitted"}
    exec(compile(text, "emitted", "exec"), names)
    other = names["Emitted"](dtype=torch.float64)
    other.load_state_dict(layer.state_dict())
    return other


@pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: type(layer).__name__)
def test_a_layer_has_the_bits_of_its_source(layer):
    torch.manual_seed(0)
    layer = copy.deepcopy(layer).double()
    for p in layer.parameters():
        torch.nn.init.normal_(p)
    other, x = emitted(layer), torch.randn(2, 3, 6, 6, dtype=torch.float64)
    for train in (True, False):
        assert torch.equal(other.train(train)(x), layer.train(train)(x))
    assert not torch.equal(other(x), x)
    for one, two in zip(other.state_dict().values(), layer.state_dict().values()):
        assert torch.equal(one, two)  # running statistics too


def test_every_kind_is_tried():
    assert {type(layer) for layer in LAYERS} >= set(HYPERBOLIC)


def test_a_network_is_a_sequential_of_its_parts():
    net = nn.HyperbolicResNet(4, (1, 2), (4, 6)).double()
    for p in net.parameters():
        torch.nn.init.normal_(p, std=0.3)
    parts = torch.nn.Sequential(*net.stem, *(block for stage in net.stages for block in stage), net.ball,
                                torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten(), net.head).eval()
    x = torch.randn(2, 3, 32, 32, dtype=torch.float64)
    assert torch.equal(emitted(parts).eval()(x), parts(x)) and torch.allclose(parts(x), net.eval()(x))


class Cube(nn.HardBall):
    """Another length."""

    def length(self, y):
        return y.abs().amax(1, keepdim=True)


def test_changed_layers_are_refused():
    block = nn.HyperbolicBlock(3, 4)
    block.ball = Cube(1.)
    with pytest.raises(NoSource, match="Cube is none of HardBall, SoftBall and MetricBall"):
        nn.source(block)
    with pytest.raises(NoSource, match="Cube has a length of its own"):
        nn.source(Cube(1.))
    block.ball = torch.nn.Tanh()
    with pytest.raises(NoSource, match="its ball is Tanh, and those of nn are HardBall"):
        nn.source(block)
