"""Convolutions: exactly equivariant for every option, all of Hom, and a plain torch convolution in the end.
"""
from __future__ import annotations

import copy
import io
import pickle

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.func import functional_call, jacrev

import nn
import reptheory as rt
from nn.check import assert_equivariant, equivariance_error
from nn.conv import EquivariantConv1d, EquivariantConv2d, EquivariantConv3d
from nn.domain import WindowsDoNotFit
from nn.feature import WrongChannels, transform
from nn.linear import EmptyHom
from nn.module import PlanModule

MODES = ("zeros", "reflect", "replicate", "circular")
CONVS = {1: EquivariantConv1d, 2: EquivariantConv2d, 3: EquivariantConv3d}
D4 = rt.D(4)
FLIP = rt.C(2).rep(r=[[-1]])
O = rt.octahedral()
MIXED = D4.trivial + 2 * D4.regular + D4.vector + 3 * D4.irrep("B1")


def whole_numbers(hom: rt.Hom, dtype: torch.dtype, **options) -> PlanModule:
    """The layer on the exact basis, without square roots, with integer weights."""
    layer = PlanModule(rt.lower(hom, normalise=False, **options), dtype=dtype)
    draw = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for weight in layer.parameters():
            weight.copy_(torch.randint(-3, 4, weight.shape, generator=draw))
    return layer


def integers(*shape: int, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    return torch.randint(-4, 5, shape, generator=torch.Generator().manual_seed(2)).to(dtype)


def commutes_exactly(layer, source: rt.Rep, target: rt.Rep, x: torch.Tensor, action=None) -> bool:
    return all(torch.equal(layer(transform(x, source, g, action)), transform(layer(x), target, g, action))
               for g in source.group.names)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("side, stride, padding, dilation, size", [
    (1, 1, 0, 1, 6), (2, 1, 0, 1, 6), (3, 1, 1, 1, 6), (3, 2, 1, 1, 7), (4, 2, 1, 1, 6), (3, 1, 2, 2, 6),
    (5, 3, 2, 1, 7), (2, 2, 1, 3, 6),
])
def test_integer_kernels_commute_in_every_bit(side, stride, padding, dilation, size, mode, dtype):
    hom = rt.Hom(MIXED, D4.regular + 2 * D4.vector + D4.irrep("A2"), on=rt.grid(side))
    layer = whole_numbers(hom, dtype, bias=True, stride=stride, padding=padding, padding_mode=mode,
                          dilation=dilation)
    assert commutes_exactly(layer, hom.source, hom.target, integers(2, MIXED.dim, size, size, dtype=dtype))


@pytest.mark.parametrize("ndim, side, source, target, action", [
    (1, 3, rt.C(2).regular, rt.C(2).regular + 2 * rt.C(2).sign, FLIP),
    (1, 4, 2 * FLIP, rt.C(2).regular, FLIP),
    (3, 3, O.trivial + O.vector, O.vector + O.vector.orbit((1, 0, 0)), None),
    (3, 2, O.vector.orbit((1, 1, 1)), 2 * O.vector + O.vector.alt(3), None),
], ids=["line 3", "line 4", "cube 3", "cube 2"])
def test_lines_and_cubes_too(ndim, side, source, target, action):
    hom = rt.Hom(source, target, on=rt.grid(side, ndim, action))
    layer = whole_numbers(hom, torch.float32, bias=True, padding=1)
    assert commutes_exactly(layer, source, target, integers(1, source.dim, *(5,) * ndim), action)


@pytest.mark.parametrize("size", range(3, 9))
def test_strides_commute_exactly_where_nothing_is_left_over(size):
    hom = rt.Hom(D4.regular, D4.vector, on=rt.grid(3))
    layer = whole_numbers(hom, torch.float32, stride=2, padding=1)
    fits = (size + 2 - 3) % 2 == 0
    assert commutes_exactly(layer, D4.regular, D4.vector, integers(1, 8, size, size)) == fits


def test_a_rectangle_is_turned_into_another():
    hom = rt.Hom(D4.regular, D4.vector, on=rt.grid(3))
    layer = whole_numbers(hom, torch.float32, padding=1)
    assert commutes_exactly(layer, D4.regular, D4.vector, integers(1, 8, 4, 7))


def test_a_product_acts_on_space_by_one_factor_and_on_channels_by_both():
    turns, colours = rt.C(4), rt.S(3)
    G = turns * colours
    onto_turns, onto_colours = G.projections
    action = turns.vector.pullback(onto_turns)
    image = colours.natural.pullback(onto_colours)
    hidden = turns.regular.pullback(onto_turns) * image
    layer = whole_numbers(rt.Hom(image, hidden, on=rt.grid(3, action=action)), torch.float32, bias=True)
    assert commutes_exactly(layer, image, hidden, integers(2, 3, 6, 6), action)
    assert_equivariant(EquivariantConv2d(2 * image, hidden, 3, padding=1, action=action), 2 * image, hidden)


@pytest.mark.parametrize("group", [rt.C(6), rt.D(6), rt.D(3)], ids=lambda g: g.expression)
def test_the_hexagonal_lattice(group):
    space = rt.lattice("hexagonal", 1)
    V = group.trivial + group.vector + group.regular
    layer = EquivariantConv2d(V, 2 * V, on=space, padding=1)
    assert_equivariant(layer, V, 2 * V)
    corner = layer.filter()[:, :, 0, 2]
    assert torch.equal(corner, torch.zeros_like(corner))  # (1, 1) is no point of the hexagon
    exact = whole_numbers(rt.Hom(group.regular, group.regular, on=space), torch.float32, padding=1)
    assert_equivariant(exact, group.regular, group.regular, size=7, action=space, exact=True)


def test_strides_on_the_hexagonal_lattice_keep_the_centre():
    V = rt.D(6).trivial + rt.D(6).vector
    layer = EquivariantConv2d(V, V, on=rt.lattice("hexagonal", 1), stride=2, padding=1)
    assert_equivariant(layer, V, V, size=9)  # five points an axis, the middle one among them


@pytest.mark.parametrize("dilation", [1, 2])
def test_the_hexagonal_torus(dilation):
    """Z²/5Z² is preserved by integer matrices, and circular padding is its convolution."""
    group, side = rt.D(6), 5
    V, space = group.regular, rt.lattice("hexagonal", 1)
    layer = whole_numbers(rt.Hom(V, V, on=space), torch.float64, padding=dilation, padding_mode="circular",
                          dilation=dilation)
    rows, columns = torch.meshgrid(torch.arange(side), torch.arange(side), indexing="ij")
    places = torch.stack([columns, -rows]).flatten(1)  # a along the rows, b up
    x = integers(1, V.dim, side, side, dtype=torch.float64)

    def turned(f, matrix, g):
        a, b = torch.from_numpy(matrix) @ places % side
        moved = torch.empty_like(f)
        moved[:, :, -b % side, a] = f.flatten(2)
        return transform(moved[..., None].flatten(2), V, g, group.trivial).reshape(f.shape)

    for matrix, g in zip(space.lattice_matrices(group), group.names):
        assert torch.equal(layer(turned(x, matrix, g)), turned(layer(x), matrix, g))


@pytest.mark.parametrize("group", [rt.D(3), rt.D(5), rt.D(6)], ids=lambda g: g.expression)
def test_irrational_types_within_rounding(group):
    flip = group.rep(r=[[1, 0], [0, 1]], s=[[-1, 0], [0, 1]])
    V, W = group.irrep(1) + 2 * group.trivial, group.regular + 3 * group.vector + group.irrep("A2")
    for dtype, eps in ((torch.float32, 2 ** -23), (torch.float64, 2 ** -52)):
        layer = EquivariantConv2d(V, W, 3, padding=1, action=flip, dtype=dtype)
        assert equivariance_error(layer, V, W) <= 8 * V.dim * 9 * eps


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("ndim, stride, padding, dilation", [
    (1, 1, 1, 1), (1, 3, 2, 2), (2, 1, "same", 1), (2, 2, 1, 1), (2, 1, 0, 2), (2, 2, 2, 2), (3, 2, 1, 1),
])
def test_the_plain_convolution_has_the_same_bits(ndim, stride, padding, dilation, mode):
    group = {1: rt.C(2), 2: D4, 3: O}[ndim]
    V = group.trivial + (FLIP if ndim == 1 else group.vector)
    layer = CONVS[ndim](V, 2 * V, 3, stride=stride, padding=padding, padding_mode=mode, dilation=dilation,
                        action=FLIP if ndim == 1 else None)
    with torch.no_grad():
        for p in layer.parameters():
            p.normal_()
    plain = getattr(layer, f"to_conv{ndim}d")()
    assert type(plain) is (torch.nn.Conv1d, torch.nn.Conv2d, torch.nn.Conv3d)[ndim - 1]
    x = torch.randn(2, V.dim, *(9,) * ndim)
    assert torch.equal(plain(x), layer(x))
    assert torch.equal(plain(x), layer.eval()(x))
    assert [(n, p.requires_grad) for n, p in plain.named_parameters()] == [("weight", True), ("bias", True)]


def test_the_weights_are_coordinates_of_an_isometry_onto_all_equivariant_filters():
    V, W = D4.trivial + D4.regular + D4.vector, 2 * D4.vector + D4.regular
    layer = EquivariantConv2d(V, W, 3, bias=False, dtype=torch.float64)
    rows = torch.cat([j.flatten(4).movedim(4, 0).flatten(1) for j in _jacobian(layer).values()])
    assert torch.allclose(rows @ rows.T, torch.eye(len(rows), dtype=torch.float64), atol=1e-14)
    kernel = torch.randn(W.dim, V.dim, 3, 3, dtype=torch.float64)
    mean = sum(_moved(kernel, V, W, g) for g in D4.elements) / D4.order
    assert torch.allclose(rows.T @ (rows @ kernel.ravel()), mean.ravel(), atol=1e-14)


def _jacobian(layer) -> dict[str, torch.Tensor]:
    weights = {name: p.detach() for name, p in layer.named_parameters()}

    class Filter(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = layer

        def forward(self):
            return self.layer.filter()

    return jacrev(lambda w: functional_call(Filter(), {f"layer.{n}": p for n, p in w.items()}, ()))(weights)


def _moved(kernel: torch.Tensor, V: rt.Rep, W: rt.Rep, g) -> torch.Tensor:
    """(g·κ)(x) = ρ_W(g) κ(g⁻¹x) ρ_V(g)⁻¹."""
    left, right = torch.from_numpy(W.to_numpy(g)), torch.from_numpy(V.to_numpy(g))
    turned = transform(kernel.flatten(0, 1)[:, None], D4.trivial, g).reshape(kernel.shape)
    return torch.einsum("ab,bchw,dc->adhw", left, turned, right)


@pytest.mark.parametrize("init, gain", [("he", 2), ("lecun", 1)])
def test_the_initial_variance_is_exact(init, gain):
    V, W = 3 * D4.regular + 2 * D4.trivial, D4.trivial + D4.vector + 2 * D4.regular
    layer = EquivariantConv2d(V, W, 3, bias=False, init=init, dtype=torch.float64)
    variances = {p.name: float(p.variance) for p in layer.plan.params}
    total = sum(variances[n] * (j ** 2).flatten(4).sum((1, 2, 3, 4)) for n, j in _jacobian(layer).items())
    start = 0
    for m, a in W.summands:  # on average over the components of a summand
        assert total[start:start + m * a.dim].mean().item() == pytest.approx(gain, rel=1e-12)
        start += m * a.dim


@given(st.integers(1, 3), st.integers(1, 2), st.integers(0, 2), st.integers(1, 2), st.sampled_from(MODES),
       st.integers(0, 2))
def test_output_sizes_are_those_of_torch(side, stride, padding, dilation, mode, extra):
    size = 5 + extra
    layer = EquivariantConv2d(D4.trivial, D4.regular, side, stride, padding, mode, dilation)
    plain = torch.nn.Conv2d(1, 8, side, stride, padding, dilation, padding_mode=mode)
    x = torch.randn(1, 1, size, size + 1)
    assert layer(x).shape == plain(x).shape


# Inside torch ---------------------------------------------------------------------------------------------


@pytest.fixture
def layer() -> EquivariantConv2d:
    torch.manual_seed(0)
    return EquivariantConv2d(MIXED, 2 * D4.regular + D4.vector, 3, padding=1)


@pytest.fixture
def x() -> torch.Tensor:
    return torch.randn(2, MIXED.dim, 6, 6, generator=torch.Generator().manual_seed(3))


def test_compile_without_graph_breaks(layer, x):
    compiled = torch.compile(layer, fullgraph=True, backend="aot_eager")
    assert torch.allclose(compiled(x), layer(x), atol=1e-5)
    compiled(x).sum().backward()
    assert all(p.grad is not None for p in layer.parameters())


@pytest.mark.parametrize("mode", ["train", "eval"])
def test_export(layer, x, mode):
    layer.train(mode == "train")
    assert torch.allclose(torch.export.export(layer, (x,)).module()(x), layer(x), atol=1e-5)


@pytest.mark.parametrize("mode", ["train", "eval"])
@pytest.mark.parametrize("again", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))],
                         ids=["deepcopy", "pickle"])
def test_copies_give_the_same_output(layer, x, mode, again):
    layer.train(mode == "train")(x)
    twin = again(layer)
    assert torch.equal(twin(x), layer(x))
    assert (twin.in_type, twin.out_type, twin.hom) == (layer.in_type, layer.out_type, layer.hom)


def test_a_checkpoint_holds_the_weights_and_nothing_else(layer, x):
    file = io.BytesIO()
    torch.save(layer.eval().state_dict(), file)
    file.seek(0)
    other = EquivariantConv2d(MIXED, 2 * D4.regular + D4.vector, 3, padding=1)
    other.load_state_dict(torch.load(file, weights_only=True))
    assert torch.equal(other(x), layer(x))
    assert sum(v.numel() for v in layer.state_dict().values()) == layer.plan.size == layer.hom.dim + 2


def test_double_after_float_is_exact_again(layer, x):
    assert equivariance_error(layer.double(), layer.in_type, layer.out_type) < 8 * MIXED.dim * 9 * 2 ** -52
    assert layer(x.double()).dtype == layer.to_conv2d().weight.dtype == torch.float64


def test_autocast(layer, x):
    with torch.autocast("cpu", dtype=torch.bfloat16):
        y = layer(x)
    assert y.dtype == torch.bfloat16
    assert torch.allclose(y.float(), layer(x), atol=0.1, rtol=0.05)


def test_gradients():
    layer = EquivariantConv2d(D4.trivial + D4.vector, D4.regular, 3, padding=1, dtype=torch.float64)
    x = torch.randn(1, 3, 4, 4, dtype=torch.float64, requires_grad=True)
    names, weights = zip(*layer.named_parameters())

    def function(x, *weights):
        return functional_call(layer, dict(zip(names, weights)), (x,))

    assert torch.autograd.gradcheck(function, (x, *weights))


def test_complex_types_have_complex_weights():
    G = rt.C(3)
    V = G.irrep(1, over="C") + G.trivial.complexify()
    layer = EquivariantConv2d(V, 2 * V, on=rt.lattice("hexagonal", 1))
    assert {p.dtype for p in layer.parameters()} == {torch.complex64}
    assert_equivariant(layer, V, 2 * V)
    x = torch.randn(1, V.dim, 5, 5, dtype=torch.complex64)
    assert torch.equal(layer.to_conv2d()(x), layer(x))


def test_a_loss_on_the_filter_reaches_the_weights(layer):
    layer.filter().square().sum().backward()
    for p in (p for name, p in layer.named_parameters() if name.startswith("weight")):
        assert torch.allclose(p.grad, 2 * p, rtol=1e-5)  # an isometry: ‖κ‖² = ‖w‖²


def test_a_deep_network_of_windows_is_tested_on_a_domain_that_fits():
    R = D4.regular
    net = torch.nn.Sequential(
        EquivariantConv2d(D4.trivial, 2 * R, 3, stride=2, padding=1), nn.Pointwise(2 * R, "relu"),
        nn.MaxPool(2 * R, 3, 2, 1), EquivariantConv2d(2 * R, R, 2), nn.BlurPool(R), nn.Upsample(R, 3),
        nn.InvariantPool(R, "max", "mean"))
    assert_equivariant(net, D4.trivial, D4.trivial)


def test_a_network_trains_and_stays_equivariant():
    R = D4.regular
    net = torch.nn.Sequential(
        EquivariantConv2d(D4.trivial, 2 * R, 3, padding=1), nn.Pointwise(2 * R, "relu"),
        EquivariantConv2d(2 * R, D4.trivial, 3, stride=2, padding=1))
    optimiser = torch.optim.Adam(net.parameters(), 0.01)
    x = torch.randn(8, 1, 7, 7, generator=torch.Generator().manual_seed(0))
    target = torch.nn.functional.avg_pool2d(x.abs(), 3, 2, 1)
    losses = []
    for _ in range(20):
        loss = (net(x) - target).square().mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0] / 2
    assert_equivariant(net, D4.trivial, D4.trivial)


# Bad input ------------------------------------------------------------------------------------------------


def test_an_empty_space_names_summand_orbit_and_stabiliser():
    with pytest.raises(EmptyHom) as error:
        EquivariantConv2d(2 * D4.trivial, D4.regular + D4.irrep("A2"), 3)
    assert str(error.value).startswith(
        "Hom(2*D(4).trivial, D(4).regular + D(4).irrep('A2'), on=grid(3)) is zero into D(4).irrep('A2'): no "
        "linear map that commutes with D(4) reaches it, so its channels would not depend on the input.\n"
        "  D(4).trivial → D(4).irrep('A2') at x = (-1, 1): orbit of 4, stabiliser of order 2, dimension 0\n")
    EquivariantConv2d(D4.trivial, D4.irrep("A2"), 5)  # the orbit of (2, 1) is free


@pytest.mark.parametrize("shape, said", [
    ((1, 7, 5, 5), r"D\(4\).regular has 8 channels, and this tensor has 7"),
    ((8, 5), "has 8 channels, and this tensor has 5"),
    ((1, 8, 5), r"takes features with 2 spatial axes, \(batch, 8, \*spatial\), and this tensor has the "
                r"shape \(1, 8, 5\)"),
])
def test_wrong_channels(shape, said):
    with pytest.raises(WrongChannels, match=said):
        EquivariantConv2d(D4.regular, D4.regular, 3)(torch.zeros(shape))


@pytest.mark.parametrize("options, error, said", [
    ({"kernel_size": 2, "padding": "same"}, WindowsDoNotFit, "pads one end of an axis by one pixel more"),
    ({"kernel_size": 3, "padding": "same", "stride": 2}, ValueError, "the same only with stride 1"),
    ({"kernel_size": 3, "padding": "full"}, ValueError, "give an integer, 'same' or 'valid'"),
    ({"kernel_size": 3, "padding_mode": "edge"}, ValueError, "circular, reflect, replicate, zeros"),
    ({"kernel_size": 3, "stride": (1, 2)}, WindowsDoNotFit,
     r"stride=\(1, 2\) differs on the axes 0, 1, which D\(4\) exchanges"),
    ({"kernel_size": (3, 5)}, ValueError, "kernels of EquivariantConv2d have one side"),
    ({"kernel_size": 0}, ValueError, "kernel_size=0: give an integer ≥ 1"),
    ({"kernel_size": 3, "init": "zeros"}, ValueError, "initial variances are 'he', 'xavier', 'lecun'"),
    ({}, TypeError, "needs kernel_size, the side of its kernel, or on="),
    ({"on": rt.grid(3, ndim=3)}, ValueError, "convolves over a grid or lattice in 2 dimensions"),
    ({"kernel_size": 5, "on": rt.grid(3)}, ValueError, r"kernels on grid\(3\) are stored in \(3, 3\)"),
])
def test_bad_options_say_what_to_change(options, error, said):
    with pytest.raises(error, match=said):
        EquivariantConv2d(D4.regular, D4.regular, **options)


def test_strides_may_differ_on_axes_that_the_group_leaves_apart():
    group = rt.C(2)
    half_turn = group.vector
    layer = EquivariantConv2d(half_turn, group.regular, 3, stride=(1, 2), padding=(1, 0), action=half_turn)
    x = torch.randn(1, 2, 6, 7)
    assert layer(x).shape == (1, 2, 6, 3)
    turned = transform(layer(x), group.regular, "r")
    assert torch.allclose(layer(transform(x, half_turn, "r")), turned, atol=1e-5)


def test_a_group_that_does_not_preserve_the_grid():
    with pytest.raises(rt.NotPreserved, match="the generator r does not preserve grid"):
        EquivariantConv2d(rt.C(5).regular, rt.C(5).regular, 3)
    with pytest.raises(ValueError, match="continues a square"):
        hexagon = rt.lattice("hexagonal", 1)
        EquivariantConv2d(rt.C(6).regular, rt.C(6).regular, on=hexagon, padding_mode="reflect")


def test_different_groups_and_no_types():
    with pytest.raises(TypeError, match="needs representations, and V is 8"):
        EquivariantConv2d(8, 16, 3)
    with pytest.raises(rt.DifferentGroups):
        EquivariantConv2d(D4.regular, rt.C(4).regular, 3)


def test_not_a_number_is_passed_on():
    layer = EquivariantConv2d(D4.trivial, D4.regular, 3, padding=1)
    x = torch.zeros(2, 1, 5, 5)
    x[0] = float("nan")
    y = layer(x)
    assert y[0].isnan().all()
    assert not y[1].isnan().any()


def test_reprs():
    layer = EquivariantConv2d(2 * D4.vector, D4.regular, 3, 2, 1, "circular", init="xavier")
    assert repr(layer) == (
        "EquivariantConv2d(2*D(4).vector, D(4).regular, 3, stride=2, padding=1, padding_mode='circular', "
        "init='xavier')  # 37 weights")
    G = rt.C(6)
    assert repr(EquivariantConv2d(G.trivial, G.regular, on=rt.lattice("hexagonal", 1), bias=False)) == (
        "EquivariantConv2d(C(6).trivial, C(6).regular, on=lattice('hexagonal', 1), bias=False)  # 7 weights")
