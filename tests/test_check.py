"""The checks: what is equivariant passes, what is not fails, and the module is left as it was."""
from __future__ import annotations

import re

import pytest
import torch

import reptheory as rt
from nn.activation import Gate, NormActivation, Pointwise
from nn.change import Restrict
from nn.check import BrokenEquivariance, assert_equivariant, equivariance_error
from nn.conv import EquivariantConv1d, EquivariantConv2d, EquivariantConv3d
from nn.dropout import FieldDropout
from nn.linear import EquivariantLinear
from nn.module import PlanModule
from nn.norm import EquivariantBatchNorm
from nn.pool import AvgPool, BlurPool, InvariantPool, MaxPool, Upsample
from nn.preserved import NoPreservedDomain, preserved_side

G = rt.D(4)
R, T, V = G.regular, G.trivial, G.vector
DEEP = torch.nn.Sequential(torch.nn.Conv2d(1, 1, 3, 2), torch.nn.MaxPool2d(2), torch.nn.Conv2d(1, 1, 5, 2))
EPS = torch.finfo(torch.float64).eps


def network(stride: int = 2) -> torch.nn.Sequential:
    """Scalars to scalars through everything: convolution, norm, activation, pooling, gate, linear."""
    gate = Gate(2 * T + 3 * V)
    return torch.nn.Sequential(
        EquivariantConv2d(T, 2 * R, 3, padding=1), EquivariantBatchNorm(2 * R), Pointwise(2 * R, "relu"),
        MaxPool(2 * R, 3, stride=stride), EquivariantConv2d(2 * R, gate.in_type, 3, stride=stride), gate,
        NormActivation(gate.out_type, "tanh"), EquivariantConv2d(gate.out_type, 2 * R, 3),
        FieldDropout(2 * R), InvariantPool(2 * R, spatial="mean"), torch.nn.Linear(2, 10))


# What is equivariant passes -----------------------------------------------------------------------------

@pytest.mark.parametrize("stride", [1, 2, 3])
def test_a_whole_network_passes_at_rounding_error(stride):
    net = network(stride).double()
    assert equivariance_error(net, T, 10 * T) < 1000 * EPS
    assert_equivariant(net, T, 10 * T)
    assert_equivariant(network(stride), T, 10 * T)


@pytest.mark.parametrize("options", [
    {}, {"padding": 1}, {"stride": 2}, {"stride": 2, "padding": 1}, {"stride": 3, "padding": 2},
    {"dilation": 2}, {"padding": 2, "padding_mode": "circular"},
    {"padding": 1, "padding_mode": "reflect", "stride": 2},
], ids=str)
@pytest.mark.parametrize("side", [2, 3, 5])
def test_strided_and_padded_convolutions_pass_in_every_bit(options, side):
    layer = EquivariantConv2d(2 * R, R + 2 * V, side, bias=False, **options)
    integer = PlanModule(rt.lower(layer.hom, normalise=False, **options))
    with torch.no_grad():
        for w in integer.parameters():
            w.copy_(torch.randint(-3, 4, w.shape))
    plain = layer.to_conv2d()  # with the same windows, and now with integer entries
    plain.weight.data = integer.value(layer._filter_name).detach()
    assert_equivariant(plain, 2 * R, R + 2 * V, exact=True)
    assert_equivariant(plain.double(), 2 * R, R + 2 * V, exact=True)


@pytest.mark.parametrize("options", [
    {}, {"stride": 2, "padding": 1}, {"stride": 3, "dilation": 2}, {"padding": 2, "padding_mode": "circular"},
    {"padding": 1, "padding_mode": "reflect", "stride": 2},
], ids=str)
@pytest.mark.parametrize("side", [2, 3])
def test_a_bare_plan_of_a_convolution_is_checked_on_the_windows_of_its_program(options, side):
    hom = rt.Hom(2 * R, R + 2 * V, on=rt.grid(side))
    integer = PlanModule(rt.lower(hom, normalise=False, **options))
    with torch.no_grad():
        integer.weight_0_0.copy_(torch.randint(-3, 4, integer.weight_0_0.shape))
        integer.weight_1_0.copy_(torch.randint(-3, 4, integer.weight_1_0.shape))
    assert_equivariant(integer, 2 * R, R + 2 * V, exact=True)
    assert_equivariant(PlanModule(rt.lower(hom, **options)).double(), 2 * R, R + 2 * V)


def test_nan_is_shown_where_it_is():
    with pytest.raises(BrokenEquivariance, match=r"f\(r·x\) = nan\n  r·f\(x\) = nan"):
        assert_equivariant(lambda x: x * float("nan"), R, R)


def test_linear_layers_are_checked_on_vectors():
    assert_equivariant(EquivariantLinear(2 * R + V, 3 * R + T), 2 * R + V, 3 * R + T)
    assert_equivariant(torch.nn.Sequential(EquivariantLinear(R, R), torch.nn.ReLU()), R, R)


def test_lines_cubes_and_hexagons_are_checked_on_their_own_domains():
    C2 = rt.C(2)
    flip = C2.rep(r=[[-1]])
    line = EquivariantConv1d(C2.regular, 2 * C2.regular, 4, stride=2, padding=1, action=flip).double()
    assert_equivariant(line, C2.regular, 2 * C2.regular)          # the action is that of the layer
    O = rt.octahedral()
    assert_equivariant(EquivariantConv3d(O.trivial, O.vector, 3, stride=2).double(), O.trivial, O.vector)
    C6 = rt.C(6)
    for padding in (0, 1):
        hexagon = EquivariantConv2d(C6.trivial, C6.regular, padding=padding, on=rt.lattice("hexagonal", 1))
        assert_equivariant(hexagon.double(), C6.trivial, C6.regular)


def test_space_may_stand_still():
    P = rt.S(3).natural
    still = 2 * rt.S(3).trivial
    layer = EquivariantConv2d(P, P, 2, stride=2, padding=1, action=still).double()
    assert_equivariant(layer, P, P, action=still)


def test_complex_layers_are_checked_on_complex_features():
    W = rt.C(3).irreps(over="C")[1]
    layer = EquivariantLinear(2 * W, 3 * W, dtype=torch.complex128)
    assert equivariance_error(layer, 2 * W, 3 * W) < 100 * EPS


def test_a_network_is_checked_under_a_subgroup():
    H = G.subgroup(t="r")
    scalars, restricted = T.restrict(H), R.restrict(H)
    net = torch.nn.Sequential(EquivariantConv2d(T, R, 3), Restrict(R, H),
                              EquivariantConv2d(restricted, H.regular, 3))
    assert_equivariant(net.double(), scalars, H.regular)
    assert_equivariant(EquivariantConv2d(T, R, 3, action=V), scalars, restricted)
    with pytest.raises(BrokenEquivariance, match=r"up to 1 \(Restrict\), and broken after it"):
        assert_equivariant(net[:2].append(torch.nn.Conv2d(8, 8, 3)).double(), scalars, restricted)


def test_layers_of_any_dimension_are_checked_in_that_of_the_action():
    for layer in (AvgPool(R, 2), BlurPool(R), MaxPool(R, 3, 2), Upsample(R, 2), Upsample(R, 3, "linear")):
        assert_equivariant(layer, R, R)


def test_groups_too_large_to_list_are_checked_on_generators():
    P = rt.S(12).natural
    assert_equivariant(EquivariantLinear(2 * P, P), 2 * P, P)
    with pytest.raises(BrokenEquivariance):
        assert_equivariant(torch.nn.Linear(24, 12), 2 * P, P)


def test_a_size_means_spatial_features_also_for_layers_on_vectors():
    layer = EquivariantLinear(R, V).double()
    assert equivariance_error(layer, R, V, size=4) < 100 * EPS


def test_any_function_of_a_tensor_can_be_checked():
    assert_equivariant(lambda x: x.square(), R, R)
    D1 = rt.D(1)
    assert_equivariant(lambda x: x.flip(2), D1.trivial, D1.trivial, size=4, exact=True)  # flips commute


# What is not fails ---------------------------------------------------------------------------------------

def test_a_plain_layer_fails_with_generator_entry_and_both_values():
    plain = torch.nn.Conv2d(8, 8, 3, bias=False)
    with pytest.raises(BrokenEquivariance) as caught:
        assert_equivariant(plain, R, R)
    assert re.match(
        r"Conv2d is not equivariant from D\(4\)\.regular to D\(4\)\.regular: for the generator [rs], on "
        r"features of shape \(2, 8, 3, 3\), at batch \d, channel \d, position \(0, 0\)\n"
        r"  f\((r|s)·x\) = \S+\n  \1·f\(x\) = \S+\n"
        r"a difference of \S+ of max \|f\(x\)\| = \S+; \S+ is allowed\.\n"
        r"Build it from layers of nn with these types", str(caught.value))
    assert isinstance(caught.value, AssertionError) and isinstance(caught.value, rt.NotEquivariant)


def test_the_first_layer_that_breaks_is_named():
    net = torch.nn.Sequential(EquivariantConv2d(T, R, 3), Pointwise(R, "relu"), torch.nn.Conv2d(8, 8, 1),
                              InvariantPool(R, spatial="mean"))
    where = r"up to 1 \(Pointwise\), and broken after 3 \(InvariantPool\)\. Change what lies between"
    with pytest.raises(BrokenEquivariance, match=where):
        assert_equivariant(net, T, T)
    with pytest.raises(BrokenEquivariance, match=r"up to 1 \(Pointwise\), and broken after it\. Change what "
                                                 r"comes after"):
        assert_equivariant(net[:3], T, R)


def test_a_border_that_the_group_does_not_preserve_is_an_error_of_the_size_not_of_the_layer():
    layer = EquivariantConv2d(R, R, 3, stride=2).double()
    assert equivariance_error(layer, R, R) < 100 * EPS            # found: 3, 5, … and not 4
    assert equivariance_error(layer, R, R, size=4) > 0.1
    assert equivariance_error(layer, R, R, size=5) < 100 * EPS


def test_the_scale_of_the_output_does_not_matter():
    plain = torch.nn.Linear(8, 8, bias=False).double()
    small = torch.nn.Linear(8, 8, bias=False).double()
    small.weight.data = plain.weight.data * 2.0**-100
    assert equivariance_error(small, R, R) == equivariance_error(plain, R, R) > 0.1


def test_nan_fails():
    with pytest.raises(BrokenEquivariance, match="nan"):
        assert_equivariant(lambda x: x * torch.where(torch.arange(8) == 3, torch.nan, 1.0), R, R)


def test_exact_means_every_bit_and_a_tolerance_is_taken_at_its_word():
    def nearly(x):
        return x + 1e-6 * torch.arange(8.0) * x

    with pytest.raises(BrokenEquivariance, match="; 0 is allowed"):
        assert_equivariant(nearly, R, R, exact=True)
    assert_equivariant(nearly, R, R, tolerance=1e-4)
    with pytest.raises(BrokenEquivariance, match="; 1e-08 is allowed"):
        assert_equivariant(nearly, R, R, tolerance=1e-8)


def test_one_wrong_weight_is_seen_in_both_precisions():
    for dtype in (torch.float32, torch.float64):
        net = network().to(dtype)
        with torch.no_grad():
            plain = net[0].to_conv2d()
            plain.weight[0, 0, 0, 0] += 1e-2
        net[0] = plain
        with pytest.raises(BrokenEquivariance):
            assert_equivariant(net, T, 10 * T)


# Domains --------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("layer, side", [
    (torch.nn.Conv2d(1, 1, 3), 3), (torch.nn.Conv2d(1, 1, 3, stride=2, padding=1), 3),
    (torch.nn.Conv2d(1, 1, 4, stride=3), 4), (torch.nn.Conv2d(1, 1, 3, stride=2, dilation=2), 5),
    (torch.nn.MaxPool2d(2), 2), (torch.nn.AvgPool2d(3, 2, 1), 3), (AvgPool(T, 2, padding=1), 2),
    (BlurPool(T), 4), (DEEP, 21),
    (torch.nn.Conv2d(1, 1, 3, padding="same"), 3), (torch.nn.ConvTranspose2d(1, 1, 3, stride=2), 1),
], ids=str)
def test_the_side_found_is_the_smallest_with_full_windows(layer, side):
    assert preserved_side(layer, G, torch.zeros(1, 1), 2, G.vector) == side


def test_where_windows_are_never_full_the_largest_side_that_fits_is_taken():
    deep = torch.nn.Sequential(*(torch.nn.Conv2d(1, 1, 3, 2, 1) for _ in range(8)))
    assert preserved_side(deep, G, torch.zeros(1, 1), 2, G.vector) == 1
    assert preserved_side(deep[:5], G, torch.zeros(1, 1), 2, G.vector) == 33


@pytest.mark.parametrize("layer, message", [
    (torch.nn.Conv2d(8, 8, 2, padding="same"), r"padding='same' with an even window, which pads one end"),
    (torch.nn.ConvTranspose2d(8, 8, 3, stride=2, output_padding=1), r"output_padding=\(1, 1\), which adds "
                                                                    r"pixels at one end"),
    (torch.nn.Sequential(torch.nn.MaxPool2d(2), torch.nn.AdaptiveAvgPool2d(4), torch.nn.AvgPool2d(3, 2)),
     r"2 \(AvgPool2d\): windows of 3 with stride 2 and padding 0 leave 1 of 4 pixels over"),
    (torch.nn.Conv2d(3, 8, 3), r"expected input.* to have 3 channels"),
], ids=["same", "transpose", "fixed", "channels"])
def test_a_module_without_a_preserved_domain_is_refused_with_the_layer_and_the_sides(layer, message):
    sides = r"(?s)on no square domain of side 1 to 160 that D\(4\) preserves.*"
    with pytest.raises(NoPreservedDomain, match=sides + message):
        equivariance_error(layer, R, R)


def test_groups_that_reverse_no_axis_ask_nothing_of_the_sides():
    still = 2 * rt.C(2).trivial
    layer = torch.nn.Conv2d(2, 2, 2, stride=3, padding=1)
    assert preserved_side(layer, rt.C(2), torch.zeros(1, 2), 2, still) == 2
    assert preserved_side(layer, rt.C(2), torch.zeros(1, 2), 2, rt.C(2).vector) == 3


# The module is left as it was -----------------------------------------------------------------------------

@pytest.mark.parametrize("check", [equivariance_error, assert_equivariant])
def test_modes_statistics_random_numbers_and_hooks_are_left_alone(check):
    net = network().train()
    net[1].eval()
    before = {name: value.clone() for name, value in net.state_dict().items()}
    modes = [m.training for m in net.modules()]
    torch.manual_seed(3)
    expected = torch.rand(1)
    torch.manual_seed(3)
    check(net, T, 10 * T)
    assert torch.equal(torch.rand(1), expected)
    assert [m.training for m in net.modules()] == modes
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in net.modules())
    assert before.keys() == net.state_dict().keys()
    assert all(torch.equal(value, before[name]) for name, value in net.state_dict().items())
    assert all(p.grad is None for p in net.parameters())


def test_modes_and_hooks_are_restored_after_a_failure():
    net = torch.nn.Sequential(EquivariantConv2d(R, R, 3), torch.nn.Conv2d(8, 8, 3), Pointwise(R, "relu"))
    with pytest.raises(BrokenEquivariance):
        assert_equivariant(net, R, R)
    with pytest.raises(ValueError):
        equivariance_error(net, R, 2 * R)
    assert all(m.training for m in net.modules())
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in net.modules())


def test_the_seed_decides():
    plain = torch.nn.Linear(8, 8)
    assert equivariance_error(plain, R, R) == equivariance_error(plain, R, R)
    assert equivariance_error(plain, R, R) != equivariance_error(plain, R, R, seed=1)


# Bad questions -------------------------------------------------------------------------------------------

def test_bad_questions_are_refused():
    with pytest.raises(rt.DifferentGroups, match=r"V is a representation of D\(4\) and W of C\(4\)"):
        equivariance_error(torch.nn.ReLU(), R, rt.C(4).regular)
    with pytest.raises(ValueError, match=r"2\*D\(4\)\.regular has 16 channels, and this tensor has 8"):
        equivariance_error(torch.nn.ReLU(), R, 2 * R)
    with pytest.raises(TypeError, match="the module gives tuple, and equivariance is checked on one tensor"):
        equivariance_error(lambda x: (x, x), R, R)
    with pytest.raises(ValueError, match=r"D\(4\)\.vector acts on 2 dimensions, and these features have 3"):
        equivariance_error(torch.nn.Conv3d(8, 8, 3), R, R)
    with pytest.raises(ValueError, match="names no action on space"):
        equivariance_error(torch.nn.Conv2d(3, 3, 3), rt.S(3).natural, rt.S(3).natural)
