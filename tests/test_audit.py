"""The audit of torch models by others: exact spaces of their layers, functions tried, and what is not known said."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch
import torch.nn.functional as F

import nn
import reptheory as rt

C4, D4 = rt.C(4), rt.D(4)
CROSS = [(0, 1), (1, 0), (1, 1), (1, 2), (2, 1)]
SKEW = [(0, 0), (0, 1), (1, 0), (1, 2), (2, 1)]


class Block(torch.nn.Module):
    """The basic block of a residual network (He et al., arXiv 1512.03385)."""

    def __init__(self, inputs, outputs, stride=1):
        super().__init__()
        self.conv1 = torch.nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = torch.nn.BatchNorm2d(outputs)
        self.relu = torch.nn.ReLU(inplace=True)
        self.conv2 = torch.nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = torch.nn.BatchNorm2d(outputs)
        self.downsample = None
        if stride != 1 or inputs != outputs:
            self.downsample = torch.nn.Sequential(torch.nn.Conv2d(inputs, outputs, 1, stride, bias=False),
                                                  torch.nn.BatchNorm2d(outputs))

    def forward(self, x):
        y = self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x)))))
        y += x if self.downsample is None else self.downsample(x)
        return self.relu(y)


class ResNet(torch.nn.Module):
    """ResNet-18 with another width."""

    def __init__(self, width=64, classes=1000):
        super().__init__()
        self.conv1 = torch.nn.Conv2d(3, width, 7, 2, 3, bias=False)
        self.bn1, self.relu = torch.nn.BatchNorm2d(width), torch.nn.ReLU(inplace=True)
        self.maxpool = torch.nn.MaxPool2d(3, 2, 1)
        sizes = [width, width, 2 * width, 4 * width, 8 * width]
        for k, (a, b) in enumerate(pairwise(sizes), start=1):
            setattr(self, f"layer{k}", torch.nn.Sequential(Block(a, b, 1 if k == 1 else 2), Block(b, b)))
        self.avgpool, self.fc = torch.nn.AdaptiveAvgPool2d(1), torch.nn.Linear(8 * width, classes)

    def forward(self, x):
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(torch.flatten(self.avgpool(x), 1))


class Supported(torch.nn.Module):
    """A convolution whose kernels are spanned by a few fixed ones."""

    def __init__(self, basis, inputs, outputs):
        super().__init__()
        self.register_buffer("basis", basis)
        self.weights = torch.nn.Parameter(torch.randn(len(basis), outputs, inputs) / 3)

    def forward(self, x):
        return F.conv2d(x, torch.einsum("koi,kxy->oixy", self.weights, self.basis), padding=1)


def units(taps):
    basis = torch.zeros(len(taps), 3, 3)
    for n, t in enumerate(taps):
        basis[n][t] = 1
    return basis


def net(basis):
    return torch.nn.Sequential(Supported(basis, 1, 2), torch.nn.Tanh(), Supported(basis, 2, 2), torch.nn.Flatten(),
                               torch.nn.Linear(2 * 49, 3, bias=False))


def asked(model, side=7, group=C4):
    return nn.audit(model, group.trivial, 3 * group.trivial, input_shape=(1, side, side))


@pytest.fixture(scope="module")
def resnet():
    torch.manual_seed(0)
    return ResNet(width=4, classes=5)


# Convolutions
def test_the_dimensions_of_the_paper_on_a_computed_kernel():
    table = asked(net(units(CROSS)))
    assert table and [(r.dim_L, r.dim_E) for r in table if r.weights][:2] == [(10, 4), (20, 8)]
    skew = asked(net(units(SKEW)))
    assert not skew and [r.compatible for r in skew] == [False, True, False, True]
    assert [(r.dim_L, r.dim_E) for r in skew if r.weights][:2] == [(10, 2), (20, 4)]
    assert skew[0].weights[0].answer.norm_squared == 2 * rt.Q("3/8")  # two channel pairs
    assert "the unit kernel at tap (0, 0)" in skew[0].change and "has dimension 16 of 18" in skew[0].change


def test_a_crooked_basis_spans_the_same_space_and_is_not_unitary():
    torch.manual_seed(1)
    crooked = torch.einsum("kl,lxy->kxy", torch.randn(5, 5), units(CROSS))
    table = asked(net(crooked))
    assert not table and all(r.compatible for r in table)
    assert [r.unitary for r in table if r.weights] == [False, False, True]
    assert table[0].dim_L == 10 and "orthonormal weights" in table[0].change


def test_an_orthonormal_equivariant_basis_is_its_own_equivariant_part():
    cross = units(CROSS)
    table = asked(net(torch.stack([cross[2], (cross[0] + cross[1] + cross[3] + cross[4]) / 2])))
    assert table and [(r.dim_L, r.dim_E) for r in table if r.weights][:2] == [(4, 4), (8, 8)]
    assert table[0].distance < 1e-12


@pytest.mark.parametrize("make", [
    lambda: torch.nn.Conv2d(4, 4, 3, padding=1, groups=2), lambda: torch.nn.Conv2d(4, 4, 3, padding=2, dilation=2),
    lambda: torch.nn.Conv2d(4, 8, 3, padding=1, padding_mode="circular", groups=4),
    lambda: torch.nn.Conv2d(4, 2, 3, padding=1, padding_mode="reflect"), lambda: torch.nn.Conv2d(4, 4, 2, stride=2),
    lambda: torch.nn.ConvTranspose2d(4, 2, 3, stride=2, padding=1), lambda: torch.nn.ConvTranspose2d(4, 4, 4, groups=2),
    lambda: torch.nn.Conv2d(4, 4, 3, stride=2), lambda: torch.nn.Conv2d(4, 4, 5, stride=3, padding=2, groups=4)])
@pytest.mark.parametrize("kind", [0, 1])
def test_a_layer_projected_onto_E_is_equivariant_exactly_where_the_audit_says_so(make, kind):
    torch.manual_seed(2)
    layer = make().double()
    rep = [lambda n: n * D4.trivial, lambda n: n // 2 * D4.vector if n % 2 == 0 else n * D4.trivial][kind]
    source, out = rep(4), rep(layer.out_channels)
    for side in (8, 9, 10):
        table = nn.audit(layer, source, hidden={"model": out}, input_shape=(4, side, side))
        row = table.row("model")
        projected = nn.project_(make().double(), table)
        assert nn.audit(projected, source, hidden={"model": out}, input_shape=(4, side, side)).distance < 1e-12
        nn.assert_equivariant(projected, source, out, size=side, tolerance=1e-10)
        assert 0 < row.dim_E <= row.dim_L
        if layer.stride == (1, 1):
            assert row.compatible


def test_a_stride_of_two_on_an_even_side_names_the_tap_that_leaves_and_what_fits():
    conv = torch.nn.Conv2d(1, 2, 3, stride=2, padding=1)
    even, odd = (nn.audit(conv, D4.trivial, input_shape=(1, n, n)) for n in (28, 29))
    assert odd and not even
    assert even[0].change == ("tap (0, 0) goes to (0, 3), outside the kernel: use images of side 27 or 29, or a kernel "
                              "of side 4")


# Whole networks
def test_a_residual_network_is_compatible_on_sides_that_its_strides_fit(resnet):
    table = nn.audit(resnet, 3 * D4.trivial, 5 * D4.trivial, input_shape=(3, 33, 33))
    assert table and not table.unknown
    assert sum(bool(r.weights) for r in table) == 41  # 20 convolutions, 20 normalisations, a linear map
    assert sum(row.dim_L for row in table) == sum(p.numel() for p in resnet.parameters())
    assert "the group moves pixels and fixes the channels after conv1, layer1.0.conv1" in repr(table)
    assert repr(table).splitlines()[0].split()[:4] == ["layer", "kind", "dim", "L"]


def test_the_layers_of_a_residual_network_that_break_on_even_sides_are_the_strided_ones(resnet):
    table = nn.audit(resnet, 3 * D4.trivial, 5 * D4.trivial, input_shape=(3, 64, 64))
    wrong = [row.name for row in table if not row.compatible]
    strided = [f"layer{k}.0.{part}" for k in (2, 3, 4) for part in ("conv1", "downsample.0")]
    assert wrong == ["conv1", "maxpool", *strided]
    assert "use images of side 31 or 33, or a kernel of side 4" in table.row("maxpool").change


def test_projecting_makes_a_residual_network_invariant(resnet):
    table = nn.audit(resnet, 3 * D4.trivial, 5 * D4.trivial, input_shape=(3, 33, 33))
    model = ResNet(width=4, classes=5).double().eval()
    nn.project_(model, table)
    nn.assert_equivariant(model, 3 * D4.trivial, 5 * D4.trivial, size=33, tolerance=1e-9)
    assert table.distance > 1 > 1e-12 > table.question.of(model).distance


def test_made_compatible_it_is_compatible_and_computes_the_same_kernels(resnet):
    table = nn.audit(resnet, 3 * D4.trivial, 5 * D4.trivial, input_shape=(3, 32, 32))
    better = nn.make_compatible(resnet, table)
    assert better.layer2[0].conv1.kernel_size == (4, 4)
    assert table.question.of(better)
    assert torch.equal(better.conv1.weight[..., :7, :7], resnet.conv1.weight)


@pytest.mark.parametrize("layer", [
    torch.nn.Conv2d(2, 2, (3, 5), padding=(1, 2)), torch.nn.Conv2d(2, 2, (3, 1), padding=(1, 0)),
    torch.nn.ConvTranspose2d(2, 2, 3, stride=2, padding=1, output_padding=1),
    torch.nn.Conv2d(2, 4, 3, stride=2, padding=2, dilation=2, groups=2)])
def test_made_compatible_a_layer_computes_the_same_function(layer):
    table = nn.audit(layer, 2 * D4.trivial, input_shape=(2, 8, 8))
    better = nn.make_compatible(layer, table)
    x = torch.randn(2, 2, 8, 8)
    assert table.question.of(better) and not table
    assert torch.allclose(better(x), layer(x), atol=1e-5)


def test_layers_that_no_larger_kernel_makes_compatible_are_refused():
    grouped = torch.nn.Conv2d(8, 8, 3, padding=1, groups=4)
    table = nn.audit(grouped, D4.regular, D4.regular, input_shape=(8, 5, 5))
    with pytest.raises(ValueError, match="takes the 4 groups of channels of model apart"):
        nn.make_compatible(grouped, table)
    turned = torch.nn.ConvTranspose2d(1, 2, (3, 5), padding=(1, 2))
    table = nn.audit(turned, D4.trivial, input_shape=(1, 5, 5))
    with pytest.raises(ValueError, match="model has no larger kernel"):
        nn.make_compatible(turned, table)


@pytest.mark.parametrize("taps", [CROSS, SKEW])
def test_made_compatible_a_computed_kernel_is_unitary_on_the_closed_support_and_the_same_function(taps):
    torch.manual_seed(3)
    model = net(torch.einsum("kl,lxy->kxy", torch.randn(5, 5), units(taps)))
    better = nn.make_compatible(model, asked(model))
    again = asked(better)
    assert again and again[0].dim_L == (10 if taps is CROSS else 16)
    x = torch.randn(2, 1, 7, 7)
    assert torch.allclose(better(x), model(x), atol=1e-5)


def test_projecting_a_parametrisation_changes_its_weights():
    torch.manual_seed(4)
    model = net(torch.einsum("kl,lxy->kxy", torch.randn(5, 5), units(CROSS))).double()
    table = asked(model)
    nn.project_(model, table)
    assert table.question.of(model).distance < 1e-9 < table.distance


class Attention(torch.nn.Module):
    """Patches, positions, attention twice, and the mean over tokens."""

    def __init__(self, positions, **options):
        super().__init__()
        self.patch, self.norm = torch.nn.Conv2d(1, 8, 3, 3), torch.nn.LayerNorm(8)
        self.position = torch.nn.Parameter(torch.randn(positions))
        self.attention = torch.nn.MultiheadAttention(8, 2, batch_first=True, **options)
        self.qkv, self.head = torch.nn.Linear(8, 24), torch.nn.Linear(8, 3)

    def forward(self, x):
        t = self.norm(self.patch(x).flatten(2).transpose(1, 2) + self.position)
        t = t + self.attention(t, t, t, need_weights=False)[0]
        q, k, v = self.qkv(t).chunk(3, -1)
        t = t + torch.softmax(q @ k.transpose(-2, -1) / 8 ** 0.5, -1) @ v
        return self.head(F.gelu(t).mean(1))


@pytest.mark.parametrize("options, more", [({}, 0), ({"add_bias_kv": True, "add_zero_attn": True}, 2 * 8)])
def test_attention_over_patches_with_positions(options, more):
    table = nn.audit(Attention((1, 9, 8), **options), D4.trivial, 3 * D4.trivial, input_shape=(1, 9, 9))
    assert table and not table.unknown
    kinds = {row.kind: row for row in table}
    assert (kinds["add"].dim_L, kinds["add"].dim_E) in ((72, 24), (0, 0))
    assert (table[1].dim_L, table[1].dim_E) == (72, 24)  # three orbits of nine patches: centre, edges, corners
    assert kinds["MultiheadAttention"].dim_L == 4 * 8 * 8 + 4 * 8 + more
    model = nn.project_(Attention((1, 9, 8), **options).double(), table)
    nn.assert_equivariant(model, D4.trivial, 3 * D4.trivial, size=9, tolerance=1e-10)


# Functions
def test_a_function_that_does_not_commute_with_the_type_that_it_meets_is_named():
    model = torch.nn.Sequential(torch.nn.Linear(8, 16), torch.nn.ReLU(), torch.nn.Linear(16, 2))
    table = nn.audit(model, D4.regular, D4.vector, hidden={"0": 8 * D4.vector})
    assert not table and table.row("1").compatible is False
    assert "ReLU does not commute with D(4).vector: r acts by" in table.row("1").change
    odd = torch.nn.Sequential(torch.nn.Linear(8, 16), torch.nn.Tanh(), torch.nn.Linear(16, 2))
    assert nn.audit(odd, D4.regular, D4.vector, hidden={"0": 8 * D4.vector})
    assert nn.audit(model, D4.regular, D4.vector, hidden={"0": 2 * D4.regular})


class Skip(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b = torch.nn.Linear(8, 8), torch.nn.Linear(8, 8)

    def forward(self, x):
        return self.a(x) + self.b(x)


def test_skip_connections_must_agree():
    assert nn.audit(Skip(), D4.regular, D4.regular, hidden={"a": D4.regular, "b": D4.regular})
    table = nn.audit(Skip(), D4.regular, hidden={"a": D4.regular, "b": 4 * D4.vector})
    assert "the branches disagree: D(4).regular and 4*D(4).vector" in table[-1].change and not table


class Joined(torch.nn.Module):
    """Branches joined along channels, as in DenseNets and U-Nets."""

    def __init__(self):
        super().__init__()
        self.a, self.b = torch.nn.Conv2d(1, 8, 3, padding=1), torch.nn.Conv2d(8, 2, 3, padding=1)
        self.c = torch.nn.Conv2d(10, 8, 1)

    def forward(self, x):
        a = torch.relu(self.a(x))
        return self.c(torch.cat([a, torch.tanh(self.b(a))], 1))


def test_joined_branches_are_direct_sums():
    types = {"a": D4.regular, "b": D4.vector}
    table = nn.audit(Joined(), D4.trivial, D4.regular, hidden=types, input_shape=(1, 6, 6))
    assert table and table.row("c").dim_E == 8 + 2 + 1  # from D(4).regular, from D(4).vector, and a bias
    model = nn.project_(Joined().double(), table)
    nn.assert_equivariant(model, D4.trivial, D4.regular, size=6, tolerance=1e-10)


class Transformer(torch.nn.Module):
    """Patches and two layers of torch's transformer."""

    def __init__(self):
        super().__init__()
        layer = torch.nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
        self.patch, self.layer, self.head = torch.nn.Conv2d(1, 8, 2, 2), layer, torch.nn.Linear(8, 3)

    def forward(self, x):
        return self.head(self.layer(self.patch(x).flatten(2).transpose(1, 2)).mean(1))


def test_transformers_are_taken_apart():
    table = nn.audit(Transformer(), D4.trivial, 3 * D4.trivial, input_shape=(1, 6, 6))
    assert table and sum(row.dim_L for row in table) == sum(p.numel() for p in Transformer().parameters())


def test_an_output_of_another_type_than_was_said_is_a_row():
    model = torch.nn.Sequential(torch.nn.Conv2d(1, 2, 3), torch.nn.AvgPool2d(3))
    table = nn.audit(model, D4.trivial, D4.vector, hidden={"0": 2 * D4.trivial}, input_shape=(1, 5, 5))
    assert table[-1].name == "(output)" and "D(4).vector was said" in table[-1].change


def test_a_bias_that_moves_has_an_equivariant_part():
    table = nn.audit(torch.nn.Linear(8, 8), D4.regular, D4.regular)
    assert (table[0].dim_L, table[0].dim_E) == (72, 9)


# What is not known
class Branching(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.head = torch.nn.Conv2d(1, 2, 3), torch.nn.Linear(2, 3)

    def forward(self, x):
        y = self.conv(x)
        if y.sum() > 0:  # torch.fx cannot see through this
            y = y + 1
        return self.head(y.mean((2, 3)))


def test_a_model_that_cannot_be_traced_is_seen_by_hooks():
    table = nn.audit(Branching(), D4.trivial, 3 * D4.trivial, input_shape=(1, 5, 5))
    assert "torch.fx cannot trace it" in repr(table)
    assert [row.name for row in table] == ["conv", "head"] and table.row("conv").compatible
    assert table.row("head").compatible is None and "does not come from features" in table.row("head").change


def test_parametrised_layers_are_seen_by_hooks_too():
    model = Branching()
    torch.nn.utils.parametrize.register_parametrization(model.conv, "weight", Halved())
    table = nn.audit(model, D4.trivial, 3 * D4.trivial, input_shape=(1, 5, 5))
    assert [row.name for row in table] == ["conv", "head"] and table.row("conv").unitary is False


class Halved(torch.nn.Module):
    def forward(self, weight):
        return weight / 2


def test_kinds_that_are_not_known_are_rows():
    class Odd(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.bilinear, self.loose = torch.nn.Bilinear(4, 4, 4), torch.nn.Parameter(torch.ones(3))

        def forward(self, x):
            return self.bilinear(x, x)
    table = nn.audit(Odd(), C4.regular)
    assert [row.kind for row in table.unknown] == ["Bilinear", "parameter"] and not table
    assert "unknown" in repr(table).splitlines()[1]
    with pytest.raises(ValueError, match=r"bilinear \(Bilinear\) is not decided"):
        nn.make_compatible(Odd(), table)


def test_results_of_unknown_layers_are_features_like_others():
    class Recurrent(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.cell, self.head = torch.nn.LSTM(4, 4, batch_first=True), torch.nn.Linear(4, 2)

        def forward(self, x):
            return self.head(self.cell(x[:, None])[0][:, 0])
    table = nn.audit(Recurrent(), C4.regular)
    assert [row.name for row in table.unknown] == ["cell"] and table.row("head").compatible


def test_frozen_weights_are_judged_as_if_trained_and_the_table_says_so():
    model = torch.nn.Sequential(torch.nn.Conv2d(1, 2, 3))
    model[0].weight.requires_grad_(False)
    table = nn.audit(model, D4.trivial, 2 * D4.trivial, input_shape=(1, 5, 5))
    assert repr(table).splitlines()[-1] == "assumed: 0.weight: frozen, and judged as if it were trained"


def test_one_number_may_scale_features():
    class Scaled(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.share, self.head = torch.nn.Parameter(torch.ones(1)), torch.nn.Linear(4, 2)

        def forward(self, x):
            return self.head(x + self.share * x)
    table = nn.audit(Scaled(), C4.regular)
    assert (table[0].kind, table[0].dim_L, table[0].dim_E, bool(table)) == ("mul", 1, 1, True)


def test_normalised_weights_are_no_linear_function_of_parameters():
    layer = torch.nn.utils.parametrizations.weight_norm(torch.nn.Linear(4, 4))
    table = nn.audit(torch.nn.Sequential(layer), C4.regular)
    assert table[0].compatible is None and "no linear function of the parameters" in table[0].change


def test_tied_weights_say_so():
    class Tied(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.b = torch.nn.Linear(4, 4), torch.nn.Linear(4, 4)
            self.b.weight = self.a.weight

        def forward(self, x):
            return self.b(torch.tanh(self.a(x)))
    same = nn.audit(Tied(), C4.regular, C4.regular, hidden={"a": C4.regular})
    assert same and same.row("b").change == "tied with a"
    other = nn.audit(Tied(), C4.regular, 2 * C4.vector, hidden={"a": C4.regular})
    assert other.row("b").compatible is None and "on another type: not decided" in other.row("b").change


def test_bad_input_is_refused_with_what_to_change():
    conv = torch.nn.Conv2d(1, 1, 3)
    with pytest.raises(nn.NoLinearLayer, match="no parameters"):
        nn.audit(torch.nn.ReLU(), D4.trivial, input_shape=(1, 5, 5))
    with pytest.raises(nn.NoAction, match=r"exchanges axes of different sides\. Use square"):
        nn.audit(conv, D4.trivial, input_shape=(1, 5, 6))
    with pytest.raises(nn.NoAction, match="has dimension 1, and an input of shape"):
        nn.audit(conv, D4.trivial, input_shape=(3, 5, 5))
    with pytest.raises(nn.NoAction, match="does not act on 2 spatial axes"):
        nn.audit(conv, rt.C(5).trivial, input_shape=(1, 5, 5))
    with pytest.raises(rt.DifferentGroups, match="Restrict one of them"):
        nn.audit(conv, D4.trivial, C4.trivial, input_shape=(1, 5, 5))
    with pytest.raises(KeyError, match="hidden names b, and the calls with weights are 0"):
        nn.audit(torch.nn.Sequential(conv), D4.trivial, hidden={"b": D4.trivial}, input_shape=(1, 5, 5))
    with pytest.raises(ValueError, match=r"hidden gives 0 the type D\(4\).vector of dimension 2"):
        nn.audit(torch.nn.Sequential(conv), D4.trivial, hidden={"0": D4.vector}, input_shape=(1, 5, 5))
    skewed = C4.rep(r=[[0, "-1/2"], [2, 0]])
    with pytest.raises(rt.NotOrthogonal, match=r"give gram=\[5/2, 5/8\]"):
        nn.audit(torch.nn.Linear(2, 2), skewed)
    with pytest.raises(nn.NoAction, match=r"Use its realify\(\)"):
        nn.audit(torch.nn.Linear(1, 1), C4.irrep(1, over="C"))
    with pytest.raises(TypeError, match="layers take types"):
        nn.audit(conv, 1, input_shape=(1, 5, 5))
    with pytest.raises(TypeError, match="the parameter weight of Conv2d is complex"):
        nn.audit(torch.nn.Conv2d(1, 1, 3, dtype=torch.complex64), D4.trivial, input_shape=(1, 5, 5))


def test_a_model_that_changes_its_parameters_is_refused():
    class Changing(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.linear = torch.nn.Linear(4, 4)

        def forward(self, x):
            self.linear.weight.data.mul_(0.5)
            return self.linear(x)
    model = Changing()
    before = model.linear.weight.detach().clone()
    with pytest.raises(nn.ChangesParameters, match=r"linear\.weight in place"):
        nn.audit(model, C4.regular)
    assert torch.equal(model.linear.weight, before)
