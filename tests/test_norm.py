"""Batch normalisation: torch's on scalars, and equivariant in training and evaluation on every type."""
from __future__ import annotations

import copy
import pickle
from dataclasses import replace

import pytest
import torch

import reptheory as rt
from nn.activation import DoesNotCommute
from nn.feature import WrongChannels, split, transform
from nn.norm import EquivariantBatchNorm, TooFewValues

G = rt.D(4)
PLANE = rt.D(3).vector
TRIPLE = rt.S(3).natural                                # invariant (1, 1, 1)
SIGNED = G.rep(r=[[0, -1], [-1, 0]], s=[[0, -1], [-1, 0]])   # monomial, invariant (1, −1)
WEIGHTED = rt.C(2).rep(r=[["-1/3", "4/3"], ["2/3", "1/3"]], gram=[1, 2])  # dense, invariant (1, 1)
TYPES = {
    "regular": 2 * G.regular, "vector": 3 * G.vector, "mixed": 2 * G.regular + 3 * G.vector + 2 * G.trivial,
    "dense": 2 * PLANE + rt.D(3).regular, "signed": 2 * SIGNED, "weighted": 2 * WEIGHTED,
    "intransitive": 2 * G.permutation(r="(0 1 2 3)(4 5)", s="(0 3)(1 2)"),
    "product": 2 * (G.vector * G.vector), "still": 2 * G.permutation(r="(0)(1)", s="(0)(1)"),
}


def features(rep: rt.Rep, *spatial: int, batch: int = 6, seed: int = 0, dtype=torch.float64) -> torch.Tensor:
    draw = torch.Generator().manual_seed(seed)
    return 2 * torch.randn(batch, rep.dim, *spatial, generator=draw, dtype=dtype) + 1


def trained(rep: rt.Rep, **options) -> EquivariantBatchNorm:
    """A layer with weights of its own, after three batches."""
    layer = EquivariantBatchNorm(rep, dtype=torch.float64, **options)
    draw = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for p in layer.parameters():
            p.copy_(torch.randn(p.shape, generator=draw, dtype=torch.float64))
    for seed in range(3):
        layer(features(rep, seed=seed))
    return layer


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("options", [{}, {"momentum": None}, {"affine": False}, {"eps": 0.1, "momentum": 0.5},
                                     {"track_running_stats": False}], ids=str)
def test_on_scalars_it_is_torchs_batch_norm_in_every_bit(training, options):
    ours = EquivariantBatchNorm(4 * G.trivial, **options).train()
    torchs = torch.nn.BatchNorm2d(4, **options).train()
    for seed in range(3):
        x = features(ours.in_type, 3, 3, seed=seed, dtype=torch.float32)
        assert torch.equal(ours(x), torchs(x))
    ours.train(training), torchs.train(training)
    assert torch.equal(ours(x), torchs(x))
    assert ours.state_dict().keys() == torchs.state_dict().keys()
    for name, value in torchs.state_dict().items():
        assert torch.equal(ours.state_dict()[name], value)


@pytest.mark.parametrize("name", TYPES)
@pytest.mark.parametrize("training", [True, False])
def test_it_commutes_with_every_generator(name, training):
    V = TYPES[name]
    layer = trained(V).train(training)
    x = features(V)
    y = copy.deepcopy(layer)(x)
    for g in V.group.names:
        moved = copy.deepcopy(layer)(transform(x, V, g))
        torch.testing.assert_close(moved, transform(y, V, g), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", ["regular", "vector", "mixed", "intransitive", "still"])
def test_in_evaluation_it_commutes_with_signed_permutations_in_every_bit(name):
    V = TYPES[name]
    layer = trained(V).eval()
    x = features(V)
    for g in V.group.names:
        assert torch.equal(layer(transform(x, V, g)), transform(layer(x), V, g))


@pytest.mark.parametrize("name", TYPES)
def test_the_running_statistics_do_not_see_the_group(name):
    V = TYPES[name]
    for g in V.group.names:
        one, other = EquivariantBatchNorm(V).double(), EquivariantBatchNorm(V).double()
        x = features(V)
        one(x), other(transform(x, V, g))
        torch.testing.assert_close(one.running_mean, other.running_mean)
        torch.testing.assert_close(one.running_var, other.running_var)


@pytest.mark.parametrize("name, means, variances", [
    ("regular", 2, 2), ("vector", 0, 3), ("mixed", 2 + 0 + 2, 7), ("dense", 0 + 1, 3), ("signed", 2, 2),
    ("weighted", 2, 2), ("intransitive", 4, 4), ("product", 2, 4), ("still", 4, 4),
])
def test_there_is_a_mean_for_each_invariant_and_a_variance_for_each_block(name, means, variances):
    layer = EquivariantBatchNorm(TYPES[name])
    assert layer.running_mean.shape == layer.bias.shape == (means,)
    assert layer.running_var.shape == layer.weight.shape == (variances,)


@pytest.mark.parametrize("name", ["dense", "signed", "weighted", "product", "intransitive"])
def test_in_training_the_invariant_mean_is_removed_and_the_variance_is_one(name):
    V = TYPES[name]
    y = EquivariantBatchNorm(V, eps=1e-14).double()(features(V, batch=8))
    for (_, a), part in zip(V.summands, split(y, V)):
        average = sum(torch.from_numpy(a.to_numpy(g)) for g in V.group.elements) / V.group.order  # Reynolds
        torch.testing.assert_close(average @ part.mean(0), torch.zeros_like(part[0]), rtol=0, atol=1e-12)
        apart = {"intransitive": [[0, 1, 2, 3], [4, 5]], "product": [[0, 3], [1, 2]]}
        for orbit in apart.get(name, [list(range(a.dim))]):
            energy = (part[:, orbit] ** 2).mean((0, 1))
            torch.testing.assert_close(energy, torch.ones_like(energy))


def test_the_general_path_agrees_with_the_short_one_on_a_regular_representation():
    V = 3 * TRIPLE
    short, general = trained(V), trained(V)
    part, = general._parts
    general._parts = (replace(part, uniform=False),)
    for name, table in general._exact[0].items():
        general.register_buffer(f"_{name}_0", torch.from_numpy(table), persistent=False)
    x = features(V, 4)
    for _ in range(2):
        torch.testing.assert_close(general(x), short(x))
        torch.testing.assert_close(general.running_var, short.running_var)
        torch.testing.assert_close(general.running_mean, short.running_mean)
    torch.testing.assert_close(general.eval()(x), short.eval()(x))


def test_the_bias_of_a_signed_field_is_along_its_invariant():
    layer = EquivariantBatchNorm(SIGNED).eval()
    with torch.no_grad():
        layer.bias.fill_(3)
    y = layer(torch.zeros(1, 2))
    assert y.tolist() in ([[3, -3]], [[-3, 3]])


@pytest.mark.parametrize("name", TYPES)
def test_the_gradient_is_right(name):
    V = TYPES[name]
    layer = trained(V)
    x = features(V, batch=3).requires_grad_()
    assert torch.autograd.gradcheck(lambda x: layer(x), (x,), atol=1e-5)


def test_the_forward_may_run_twice_before_the_backward():
    layer = trained(TYPES["mixed"])
    one, other = (layer(features(layer.in_type, seed=seed)).square().sum() for seed in range(2))
    (one + other).backward()
    assert bool(layer.weight.grad.isfinite().all())


def test_float32_then_double_is_double_throughout():
    V = 2 * WEIGHTED
    late, early = EquivariantBatchNorm(V).float().double(), EquivariantBatchNorm(V, dtype=torch.float64)
    x = features(V)
    assert torch.equal(late(x), early(x))
    assert late(x).dtype == torch.float64


def test_the_default_dtype_is_used():
    torch.set_default_dtype(torch.float64)
    try:
        assert EquivariantBatchNorm(WEIGHTED)(features(WEIGHTED)).dtype == torch.float64
    finally:
        torch.set_default_dtype(torch.float32)


def test_checkpoints_hold_weights_and_statistics_and_no_tables():
    layer = trained(TYPES["dense"])
    assert set(layer.state_dict()) == {"weight", "bias", "running_mean", "running_var", "num_batches_tracked"}
    other = EquivariantBatchNorm(TYPES["dense"]).double().eval()
    other.load_state_dict(layer.state_dict())
    x = features(layer.in_type)
    assert torch.equal(other(x), layer.eval()(x))


@pytest.mark.parametrize("name", ["mixed", "dense", "intransitive"])
@pytest.mark.parametrize("training", [True, False])
def test_it_copies_pickles_compiles_and_exports(name, training):
    layer = trained(TYPES[name]).train(training)
    x = features(layer.in_type, 3, 3)
    y = copy.deepcopy(layer)(x)
    assert torch.equal(pickle.loads(pickle.dumps(layer))(x), y)
    compiled = copy.deepcopy(layer)
    torch.testing.assert_close(torch.compile(compiled, fullgraph=True, backend="aot_eager")(x), y)
    stepped = copy.deepcopy(layer)
    stepped(x)
    torch.testing.assert_close(compiled.state_dict(), stepped.state_dict())
    if not training:
        torch.testing.assert_close(torch.export.export(layer, (x,)).module()(x), y)


def test_autocast_keeps_the_statistics_in_full_precision():
    for V in (2 * G.regular, 2 * PLANE):
        layer = EquivariantBatchNorm(V)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            y = layer(features(V, dtype=torch.float32).bfloat16())
        assert y.dtype == torch.bfloat16 and layer.running_var.dtype == torch.float32


def test_nan_reaches_its_own_field_and_no_other_as_in_torch():
    V = G.regular + 2 * G.vector
    x = features(V)
    x[0, 8] = float("nan")    # the first component of the first vector
    y = EquivariantBatchNorm(V).double()(x)
    assert bool(y[:, [8, 10]].isnan().all()) and bool(y[:, [*range(8), 9, 11]].isfinite().all())


def test_complex_types_have_real_variances():
    V = 2 * rt.C(3).irreps(over="C")[1] + rt.C(3).trivial.complexify()
    layer = EquivariantBatchNorm(V)
    assert layer.running_var.dtype == torch.float32 and layer.bias.dtype == torch.complex64
    x = torch.complex(features(V), features(V, seed=1)).to(torch.complex64)
    y = layer(x)
    torch.testing.assert_close((y * y.conj()).real.mean(0), torch.ones(V.dim), rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(layer(transform(x, V, "r")), transform(y, V, "r"))


def test_one_value_a_field_has_no_variance():
    with pytest.raises(TooFewValues, match=r"this batch of 1 gives a field of D\(4\)\.trivial 1 of them for "
                                           r"1\. Use a larger batch, or call eval\(\)"):
        EquivariantBatchNorm(G.regular + G.trivial)(torch.zeros(1, 9))
    EquivariantBatchNorm(G.regular + G.trivial).eval()(torch.zeros(1, 9))
    EquivariantBatchNorm(G.regular + G.trivial)(torch.zeros(1, 9, 2, 2))


def test_what_is_not_unitary_is_refused():
    skew = G.rep(r=[[0, -2], ["1/2", 0]], s=[[1, 0], [0, -1]])
    with pytest.raises(DoesNotCommute, match=r"the variance of a field is no invariant of .*: r acts by \[0 "
                                             r"-2; 1/2 0\]"):
        EquivariantBatchNorm(skew)


def test_the_wrong_number_of_channels_is_refused():
    with pytest.raises(WrongChannels, match=r"D\(4\)\.regular has 8 channels, and this tensor has 4"):
        EquivariantBatchNorm(G.regular)(torch.zeros(2, 4))


def test_it_prints_its_type_and_options():
    assert repr(EquivariantBatchNorm(2 * G.vector)) == (
        "EquivariantBatchNorm(2*D(4).vector, eps=1e-05, momentum=0.1, affine=True, track_running_stats=True)")
