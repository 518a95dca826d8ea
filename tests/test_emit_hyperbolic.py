"""Source of the layers of hyperbolic networks: the same weights by name, the same bits, alone."""
from __future__ import annotations

import copy

import pytest
import torch

import nn
from nn.emit_hyperbolic import HYPERBOLIC
from nn.emit_torch import NoSource
from nn.scheme_layer import PADDINGS, SCHEMES

LAYERS = [
    nn.HyperbolicBlock(3), nn.HyperbolicBlock(3, 5, stride=2, expansion=2), nn.HyperbolicBlock(3, 4, ball="soft"),
    nn.HyperbolicBlock(3, 4, ball="metric"), nn.HyperbolicBlock(3, 4, ball=None), nn.HardBall(2.), nn.SoftBall(2.5),
    nn.MetricBall(3, 1.), nn.SymmetricHyperbolicBlock(3, 5), nn.SymmetricHyperbolicBlock(3, padding_mode="zeros"),
    nn.SchemeConv(3),
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


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("ndim, padding", [*((2, mode) for mode in PADDINGS), (1, "zeros"), (3, "circular")])
def test_a_scheme_has_the_bits_of_its_source(scheme, ndim, padding):
    torch.manual_seed(0)
    layer = nn.SchemeConv(3, ndim, scheme, steps=3, courant=0.9, padding_mode=padding, dtype=torch.float64)
    other, x = emitted(layer), torch.randn(2, 3, *(5,) * ndim, dtype=torch.float64)
    assert torch.equal(other(x), layer(x)) and torch.equal(other.matrices(), layer.matrices())
    grads = [torch.autograd.grad(f(x).square().sum(), f.weight)[0] for f in (layer, other)]
    assert torch.equal(*grads) and bool(grads[0].any())
    for f in (layer, other):
        f.float()
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(other(x.float()), layer(x.float()))
    half, alone = copy.deepcopy(layer).bfloat16(), copy.deepcopy(other).bfloat16()
    assert torch.equal(alone(x.bfloat16()), half(x.bfloat16()))


@pytest.mark.parametrize("options", [{}, {"ball": None}, {"ball": "soft"}, {"ball": "metric"}, {"stem": 1}])
def test_a_network_is_one_module_with_the_same_names(options):
    torch.manual_seed(0)
    if "stem" in options:
        options = {"stem": torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), nn.SchemeConv(4, 2), torch.nn.ReLU())}
    net = nn.HyperbolicResNet(4, (1, 2), (4, 6), **options).double()
    for p in net.parameters():
        torch.nn.init.normal_(p, std=0.3)
    alone, x = emitted(net), torch.randn(2, 3, 32, 32, dtype=torch.float64)
    assert list(alone.state_dict()) == list(net.state_dict())
    for train in (True, False):
        assert torch.equal(alone.train(train)(x), net.train(train)(x))
    inside = torch.nn.Sequential(net, torch.nn.Softmax(1))
    assert torch.equal(emitted(inside).eval()(x), inside(x))


def test_the_network_of_the_paper_is_written_with_each_class_once():
    text = nn.source(nn.HyperbolicResNet(100, device="meta"), name="Paper")
    names: dict = {"__name__": "emitted"}
    exec(compile(text, "emitted", "exec"), names)
    with torch.device("meta"):
        assert sum(p.numel() for p in names["Paper"]().parameters()) == 9531940
    assert text.count("class HyperbolicBlock_") == 7 and len(text.splitlines()) < 250  # four kinds stay, three change


def test_networks_that_were_changed_are_refused():
    class Own(nn.HyperbolicResNet):
        def forward(self, x):
            return super().forward(2 * x)

    with pytest.raises(NoSource, match="Own has a forward of its own"):
        nn.source(Own(4, (1,), (4,)))
    net = nn.HyperbolicResNet(4, (2,), (4,))
    net.stages[0][1] = net.stages[0][0]
    with pytest.raises(NoSource, match=r"the layer 'stages.0.1' is also that of 'stages.0.0'"):
        nn.source(net)
    net = nn.HyperbolicResNet(4, (1,), (4,), stem=torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), Cube(1.)))
    with pytest.raises(NoSource, match=r"the layer '0.stem.1' of the network, Cube, has no source"):
        nn.source(net)


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
