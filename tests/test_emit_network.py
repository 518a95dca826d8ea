"""Emitted networks: the same checkpoints, the same bits in training and evaluation, alone in their process."""

from __future__ import annotations

import ast
import copy
import json
import subprocess
import sys
from collections import OrderedDict
from pathlib import Path
from types import ModuleType

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn.utils.parametrizations import weight_norm

import nn
import reptheory as rt
from nn.emit import source
from nn.emit_hyperbolic import HYPERBOLIC
from nn.emit_layers import WRITERS
from nn.emit_torch import NoSource, constructor

G = rt.D(4)
R, V = 2 * G.regular, G.regular + 2 * G.vector + 2 * G.trivial
GATE = nn.Gate(2 * G.trivial + 2 * G.vector)
TO_C4 = nn.Restrict(R, G.subgroup(t="r"))
C4 = TO_C4.out_type.group
UP = nn.Pullback(2 * rt.C(4).regular, (rt.C(4) * rt.S(3)).projections[0])


def classifier() -> torch.nn.Sequential:
    """Signed permutations only, up to the invariants."""
    return torch.nn.Sequential(
        nn.EquivariantConv2d(G.trivial, R, 3, padding=1), nn.Pointwise(R, "relu"), nn.MaxPool(R, 2),
        nn.EquivariantConv2d(R, R, 3, padding=1), nn.Pointwise(R, "relu"), nn.FieldDropout(R, 0.3),
        nn.InvariantPool(R, "max", spatial="max"))


def everything() -> torch.nn.Sequential:
    """A layer of every kind in space, and plain torch on the invariants."""
    W = GATE.out_type
    return torch.nn.Sequential(
        nn.EquivariantConv2d(G.trivial, V, 3, padding=1), nn.EquivariantBatchNorm(V), nn.AvgPool(V, 3, stride=2),
        nn.NormActivation(V, "tanh", bias=True), nn.NormActivation(V, "sin"),
        torch.nn.Sequential(nn.EquivariantConv2d(V, GATE.in_type, 3, padding=1), copy.deepcopy(GATE)),
        nn.BlurPool(W, taps=3), nn.Upsample(W, 2), nn.BlurPool(W, taps=3, stride=1, padding_mode="zeros"),
        nn.Upsample(W, 2, mode="bilinear"), nn.InvariantPool(W, "norm", spatial="mean"), torch.nn.Flatten(),
        torch.nn.Linear(4, 10), torch.nn.BatchNorm1d(10), torch.nn.GELU(approximate="tanh"), torch.nn.Dropout(0.2),
        torch.nn.Linear(10, 3, bias=False))


def vectors() -> torch.nn.Sequential:
    """Linear layers, a change of group and of order, weights inside a function; names that need care."""
    return torch.nn.Sequential(OrderedDict([
        ('a"\n\'{x}\\', nn.EquivariantLinear(R, R)), ("norm", nn.EquivariantBatchNorm(R, momentum=None)),
        ("act", nn.Pointwise(R, torch.nn.PReLU())), ("fewer", TO_C4),
        ("inner", torch.nn.Sequential(nn.EquivariantLinear(TO_C4.out_type, 2 * C4.regular, bias=False))),
        ("order", nn.Reorder(2 * C4.regular, C4.regular + C4.regular)),
        ("last", nn.Pointwise(C4.regular + C4.regular, torch.nn.Tanh())),
    ]))


def lifted() -> torch.nn.Sequential:
    """From a factor to the product."""
    return torch.nn.Sequential(nn.EquivariantLinear(2 * rt.C(4).regular, 2 * rt.C(4).regular), UP,
                               nn.EquivariantLinear(UP.out_type, UP.out_type.group.regular))


def complexes() -> torch.nn.Sequential:
    """Complex features and weights."""
    Z = 2 * rt.C(4).regular.complexify()
    return torch.nn.Sequential(nn.EquivariantLinear(Z, Z), nn.EquivariantBatchNorm(Z), nn.NormActivation(Z, "tanh"),
                               nn.InvariantPool(Z, "norm"))


NETWORKS = {
    "classifier": (classifier, (3, 1, 8, 8)), "everything": (everything, (3, 1, 11, 11)),
    "vectors": (vectors, (3, R.dim)), "lifted": (lifted, (3, 8)), "complexes": (complexes, (3, 8)),
}
every_network = pytest.mark.parametrize("name", NETWORKS)


def built(name: str) -> tuple[torch.nn.Sequential, torch.Tensor]:
    """A network after two steps of its running statistics, and an input."""
    make, shape = NETWORKS[name]
    torch.manual_seed(0)
    network, x = make(), torch.randn(shape, dtype=torch.complex64 if name == "complexes" else torch.float32)
    for _ in range(2):
        network(x)
    return network, x


def imported(network: torch.nn.Module, name: str = "Network", title: str = "emitted") -> ModuleType:
    module = ModuleType(title)
    exec(compile(source(network, name), "emitted", "exec"), module.__dict__)
    return module


def emitted(network: torch.nn.Sequential) -> torch.nn.Sequential:
    """The emitted network, with the same checkpoint."""
    other = imported(network).Network()
    assert list(other.state_dict()) == list(network.state_dict())
    other.load_state_dict(network.state_dict())
    return other


def same(one, other, x: torch.Tensor) -> bool:
    """Equal bits in training (coins included), in the statistics after it, and in evaluation."""
    for training in (True, False):
        outputs = []
        for network in (one, other):
            torch.manual_seed(1)
            outputs.append(network.train(training)(x))
        if not torch.equal(*outputs):
            return False
    return all(map(torch.equal, one.state_dict().values(), other.state_dict().values()))


@every_network
def test_an_emitted_network_is_the_network(name: str):
    network, x = built(name)
    other = emitted(network)
    assert same(network, other, x)
    network.load_state_dict(other.state_dict())  # and back
    if not x.is_complex():
        assert same(network.double(), other.double(), x.double())


@every_network
def test_an_emitted_network_checks_itself(name: str):
    network, _ = built(name)
    text = source(network)
    assert imported(network).Network().self_check() <= 1e-12
    assert ("integers up to" in text) == (name in ("classifier", "lifted"))


def test_a_changed_network_is_found():
    for name, table in (("classifier", "EQUIVARIANTCONV2D_2_TABLES"), ("everything", "EQUIVARIANTCONV2D_1_TABLES"),
                        ("vectors", "EQUIVARIANTLINEAR_2_TABLES")):
        module = imported(built(name)[0])
        index = getattr(module, table)["index_0"]
        index[0] = (index[0] + 1) % (index.max() + 1)
        with pytest.raises(AssertionError, match="Network does not commute with the generator"):
            module.Network().self_check()
    module = imported(built("everything")[0])
    module.EquivariantBatchNorm_1.summands = module.EquivariantBatchNorm_1.summands[::-1]
    with pytest.raises((AssertionError, RuntimeError)):
        module.Network().self_check()


ALONE = """
import json, sys, warnings

class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {"reptheory", "pdeconv", "nn", "numpy", "flint", "sympy"}:
            raise ModuleNotFoundError(name + " is not here")

sys.meta_path.insert(0, Refuse())
warnings.filterwarnings("ignore", message="Failed to initialize NumPy")
import torch

found = {}
for name in sys.argv[2:]:
    space = {"__name__": name}
    with open(f"{sys.argv[1]}/{name}.py", encoding="utf-8") as file:
        exec(compile(file.read(), name, "exec"), space)
    case = torch.load(f"{sys.argv[1]}/{name}.pt", weights_only=True)
    network = space["Network"]()
    network.load_state_dict(case["state"])
    found[name] = [torch.equal(network.eval()(case["x"]), case["y"]), network.self_check() <= 1e-12]
print(json.dumps(found))
"""


def test_emitted_networks_run_where_our_packages_are_not(tmp_path: Path):
    for name in NETWORKS:
        network, x = built(name)
        tmp_path.joinpath(f"{name}.py").write_text(source(network), encoding="utf-8")
        case = {"state": network.state_dict(), "x": x, "y": network.eval()(x).detach()}
        torch.save(case, tmp_path / f"{name}.pt")
    run = subprocess.run([sys.executable, "-I", "-c", ALONE, str(tmp_path), *NETWORKS], capture_output=True, text=True,
                         cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout) == {name: [True, True] for name in NETWORKS}


@st.composite
def networks(draw) -> tuple[torch.nn.Sequential, torch.Tensor]:
    """A random network of one group, on vectors or in the plane."""
    group = draw(st.sampled_from([rt.C(4), rt.D(4), rt.C(2)]))
    spatial = group.order > 2 and draw(st.booleans())
    atoms = [group.trivial, group.regular] + [group.vector] * (group.order > 2)
    kinds = st.lists(st.tuples(st.integers(1, 2), st.sampled_from(atoms)), min_size=1, max_size=2)
    types = kinds.map(lambda terms: sum((m * a for m, a in terms[1:]), terms[0][0] * terms[0][1]))
    here = first = draw(types)
    layers: list[torch.nn.Module] = []
    for _ in range(draw(st.integers(1, 3))):
        there = draw(types) + group.regular
        gate = nn.Gate(there)
        kind = draw(st.sampled_from(["gate", "norm", "batch", "point", "drop", "signed"]))
        target = gate.in_type if kind == "gate" else there
        bias = draw(st.booleans())
        here = here + group.regular if not layers else here
        first = here if not layers else first
        layers.append(nn.EquivariantConv2d(here, target, draw(st.sampled_from([1, 3])), padding=1, bias=bias)
                      if spatial else nn.EquivariantLinear(here, target, bias=bias))
        follow = {
            "gate": lambda g=gate: g, "norm": lambda w=there: nn.NormActivation(w, "softsign", bias=True),
            "batch": lambda w=there: nn.EquivariantBatchNorm(w, affine=draw(st.booleans())),
            "point": lambda w=there: nn.Pointwise(w, "tanh"), "drop": lambda w=there: nn.FieldDropout(w, 0.25),
            "signed": lambda w=there: nn.Pointwise(w, torch.nn.Softsign()),
        }
        layers.append(follow[kind]())
        here = there
    if draw(st.booleans()):
        layers.append(nn.InvariantPool(here, "norm", spatial="sum" if spatial else None))
        layers.append(torch.nn.LayerNorm(layers[-1].out_type.dim))
    if len(layers) > 2 and draw(st.booleans()):
        layers = [torch.nn.Sequential(*layers[:2]), *layers[2:]]
    return torch.nn.Sequential(*layers), torch.randn(2, first.dim, *((5, 5) if spatial else ()))


@settings(max_examples=15)
@given(networks())
def test_random_networks_keep_their_bits_and_check_themselves(drawn):
    network, x = drawn
    other = emitted(network)
    assert same(network, other, x)
    assert other.self_check() <= 1e-11


def test_emitted_networks_compile_and_export(monkeypatch):
    network, x = built("everything")
    module = imported(network, title="everything")
    monkeypatch.setitem(sys.modules, "everything", module)  # where the compiler looks for names
    other = module.Network().eval()
    with torch.no_grad():
        assert torch.equal(torch.compile(other, fullgraph=True, backend="eager")(x), other(x))
        assert torch.equal(torch.export.export(other, (x,)).module()(x), other(x))


SINGLE = [
    nn.Pointwise(R, "softplus"), nn.Pointwise(R, "mish"), nn.Pointwise(R, "identity"), nn.NormActivation(V, "tanh"),
    nn.EquivariantBatchNorm(V), nn.EquivariantBatchNorm(V, affine=False, track_running_stats=False), GATE,
    nn.Gate(2 * G.trivial), nn.InvariantPool(R), nn.InvariantPool(2 * G.trivial + G.vector, "norm"), nn.FieldDropout(V),
    nn.MaxPool(R, (3, 3), (2, 2), padding=(1, 1)), nn.AvgPool(V, 3), nn.BlurPool(V, taps=3, padding_mode="replicate"),
    nn.Upsample(V, (2, 2)), TO_C4, UP, nn.Reorder(2 * R, R + R),
]


@pytest.mark.parametrize("layer", SINGLE, ids=repr)
def test_every_kind_of_layer_has_a_source(layer: torch.nn.Module):
    module = imported(layer, "Layer")
    other = module.Layer()
    x = 30 * torch.randn(4, layer.in_type.dim, *((9, 9) if layer.in_type.group == G else ()))
    assert same(layer, other, x) and same(layer.double(), other.double(), x.double())
    layer.float()
    assert other.self_check() <= 1e-12


def test_every_kind_of_layer_is_tried():
    tried = {type(layer) for layer in SINGLE}
    assert tried >= set(WRITERS) - set(HYPERBOLIC)  # those are in test_emit_hyperbolic


def test_a_size_that_does_not_fit_is_refused_as_by_the_layer():
    other = imported(nn.MaxPool(R, 2), "Layer").Layer()
    with pytest.raises(ValueError, match="windows of 2 with stride 2 and padding 0 do not fit the 5 pixels of spatial"):
        other(torch.zeros(1, R.dim, 5, 5))


@every_network
def test_an_emitted_network_is_tidy(name: str):
    text = source(built(name)[0])
    assert max(map(len, text.splitlines())) <= 120
    assert not any(line != line.rstrip() for line in text.splitlines())
    assert all(ast.get_docstring(node) for node in ast.parse(text).body if isinstance(node, ast.ClassDef))


def test_equal_layers_are_written_once():
    twice = torch.nn.Sequential(nn.EquivariantLinear(R, R), nn.Pointwise(R, "relu"), nn.EquivariantLinear(R, R))
    text = source(twice)
    assert text.count("class EquivariantLinear_") == 1 and text.count("EquivariantLinear_1(device, dtype)") == 2
    assert text.count("class Tabled") == 1
    relu = torch.nn.ReLU()
    assert source(torch.nn.Sequential(relu, relu)).count("torch.nn.ReLU()") == 2


@pytest.mark.parametrize("layer", [
    torch.nn.ReLU(inplace=True), torch.nn.Linear(3, 4, bias=False), torch.nn.Dropout(0.1),
    torch.nn.MaxPool2d(2, ceil_mode=True),
    torch.nn.Conv2d(4, 6, 3, padding="same", groups=2), torch.nn.BatchNorm2d(4, affine=False), torch.nn.LayerNorm(5),
    torch.nn.AvgPool2d(2, count_include_pad=False), torch.nn.AdaptiveAvgPool2d((None, 2)), torch.nn.Softmax(dim=1),
    torch.nn.ConvTranspose2d(3, 4, 2, stride=2), torch.nn.Unflatten(1, (2, 3)), torch.nn.Hardtanh(-2.5, 2),
], ids=repr)
def test_plain_layers_are_made_again(layer: torch.nn.Module):
    text = constructor(layer)
    again = eval(text, {"torch": torch, "device": None, "dtype": None})
    assert repr(again) == repr(layer) and again.state_dict().keys() == layer.state_dict().keys()
    options = [{k: v for k, v in vars(m).items() if not k.startswith("_")} for m in (again, layer)]
    assert options[0] == options[1]


class Own(torch.nn.Linear):
    """A layer that has the attributes of a plain one, and does something else."""

    def forward(self, x):
        return super().forward(x) ** 2


class OwnLinear(nn.EquivariantLinear):
    """A layer of ours with another forward pass."""

    def forward(self, x):
        return super().forward(x) ** 2


class OwnFilter(nn.EquivariantLinear):
    """A layer of ours whose forward pass is inherited, and what it calls is not."""

    def run_to(self, name, *inputs):
        return 2 * super().run_to(name, *inputs)


class Renamed(nn.EquivariantLinear):
    """A layer of ours that takes other arguments, prints otherwise, and has a method that we do not know."""

    def __init__(self, copies):
        super().__init__(R, copies * G.regular)

    def extra_repr(self):
        return ""

    def penalty(self):
        return self.weight.square().sum()


def hooked(register: str) -> torch.nn.Module:
    layer = nn.EquivariantLinear(R, R)
    getattr(layer, register)(lambda *_: None)
    return layer


def patched(layer: torch.nn.Module) -> torch.nn.Module:
    layer.forward = torch.tanh
    return layer


@pytest.mark.parametrize("layer, why", [
    (Own(2, 2), "Own is no layer of torch.nn"), (OwnLinear(R, R), "OwnLinear has a forward of its own"),
    (OwnFilter(R, R), "OwnFilter has a run_to of its own"), (torch.nn.LSTM(2, 2), "the options of LSTM do not say all"),
    (hooked("register_forward_hook"), "a forward hook changes what"),
    (hooked("register_forward_pre_hook"), "a forward hook changes what"),
    (hooked("register_full_backward_hook"), "a backward hook changes the gradients"),
    (patched(torch.nn.ReLU()), "this ReLU has a forward of its own"),
    (patched(torch.nn.Sequential()), "this Sequential has a forward of its own"),
    (patched(nn.Pointwise(R, "relu")), "this Pointwise has a forward of its own"),
    (nn.Pointwise(R, patched(torch.nn.ReLU())), "this ReLU has a forward of its own"),
    (weight_norm(torch.nn.Linear(2, 2)), "a parametrization makes the weights of this ParametrizedLinear"),
    (weight_norm(nn.EquivariantLinear(R, R)), "a parametrization makes the weights of this ParametrizedEquivariantL"),
    (nn.PermutationLinear(2, 2), r"PermutationLinear runs at every n, and its plan at one: write layer.at\(n\)"),
    (nn.Pointwise(R, lambda x: x), "the function <lambda> is none of torch's"),
    (nn.MaxPool(R, "2); evil(", 2), r"the size '2\); evil\(' is no integer"),
], ids=lambda value: type(value).__name__ if isinstance(value, torch.nn.Module) else "")
def test_what_has_no_source_is_named(layer: torch.nn.Module, why: str):
    kind = type(layer).__name__
    with pytest.raises(NoSource, match=rf"the layer 'b.0' of the network, {kind}, has no source: {why}"):
        source(torch.nn.Sequential(OrderedDict(a=torch.nn.ReLU(), b=torch.nn.Sequential(layer))))


def test_a_class_that_only_names_things_is_the_layer_it_comes_from():
    network, x = torch.nn.Sequential(Renamed(2)), torch.randn(3, R.dim)
    assert torch.equal(emitted(network)(x), network(x))


def test_shared_weights_are_refused():
    layer = nn.EquivariantLinear(R, R)
    with pytest.raises(NoSource, match="'weight' of the layer '2' is also that of '0', and emitted networks share no"):
        source(torch.nn.Sequential(layer, nn.Pointwise(R, "relu"), layer)[::2])


@pytest.mark.parametrize("network, why", [
    (torch.nn.Sequential(nn.EquivariantLinear(R, V), torch.nn.ReLU()),
     "for the generator [rs], f(g·x) and g·f(x) differ"),
    (torch.nn.Sequential(torch.nn.Linear(3, R.dim), nn.EquivariantLinear(R, R)),
     "the type of the features that enter the layer '0' is not known"),
    (torch.nn.Sequential(torch.nn.ReLU()), "the type of the features that enter the layer '0'"),
    (torch.nn.Sequential(nn.EquivariantLinear(R, 2 * R), nn.EquivariantLinear(R + R, R)),
     "the layer '1' takes 2*D(4).regular + 2*D(4).regular and gets 4*D(4).regular"),
])
def test_a_network_that_is_not_equivariant_says_why_it_has_no_check(network, why):
    module = imported(network)
    assert not hasattr(module.Network, "self_check")
    stated = " ".join(module.__doc__.split())
    assert any(f"No self-check: {text}" in stated for text in (why.replace("[rs]", g) for g in "rs"))
