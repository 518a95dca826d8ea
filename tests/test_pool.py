"""Pooling: invariants of fields, and windows that commute with the flips and turns of space."""
from __future__ import annotations

import copy
import pickle

import pytest
import torch
import torch.nn.functional as F
from hypothesis import assume, given
from hypothesis import strategies as st

import reptheory as rt
from nn.activation import DoesNotCommute
from nn.check import assert_equivariant
from nn.domain import WindowsDoNotFit
from nn.feature import WrongChannels, transform
from nn.pool import AvgPool, BlurPool, InvariantPool, MaxPool, Upsample

D4, C6, O = rt.D(4), rt.C(6), rt.octahedral()
FLIP = rt.C(2).rep(r=[[-1]])
V = D4.trivial + 2 * D4.regular + 3 * D4.vector
PERMUTED = D4.trivial + 2 * D4.regular + D4.natural


def integers(*shape: int, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    return torch.randint(-8, 9, shape, generator=torch.Generator().manual_seed(2)).to(dtype)


def commutes_exactly(layer, rep: rt.Rep, x: torch.Tensor, action: rt.Rep | None = None) -> bool:
    y, W = layer(x), layer.out_type
    return all(torch.equal(layer(transform(x, rep, g, action)), transform(y, W, g, action))
               for g in rep.group.names)


# Invariants -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["mean", "max"])
def test_the_orbits_of_a_permutation_give_one_invariant_each(kind):
    rep = 3 * D4.regular + 2 * (D4.natural ** 2)  # pairs of corners of a square: equal, adjacent, opposite
    layer = InvariantPool(rep, kind)
    assert layer.out_type == 9 * D4.trivial
    x = integers(2, rep.dim, 4, 4)
    y = layer(x)
    assert commutes_exactly(layer, rep, x)
    reduce = torch.amax if kind == "max" else torch.mean
    assert torch.equal(y[:, 1], reduce(x[:, 1:24:3], 1))
    pairs = x[:, 24:].unflatten(1, (4, 4, 2))
    assert torch.equal(y[:, 3], reduce(torch.stack([pairs[:, i, i, 0] for i in range(4)]), 0))
    opposite = [pairs[:, i, (i + 2) % 4, 1] for i in range(4)]
    assert any(torch.equal(y[:, c], reduce(torch.stack(opposite), 0)) for c in (6, 8))


def test_the_norm_is_invariant_for_every_unitary_type():
    complex_ = 2 * C6.irrep(1, over="C") + C6.trivial.complexify()
    for rep in (V, 2 * rt.D(5).vector + rt.D(5).irrep(2), complex_):
        layer = InvariantPool(rep, "norm")
        x = torch.randn(4, rep.dim, dtype=torch.complex128 if rep.scalars == "C" else torch.float64)
        y = layer(x)
        assert y.dtype == torch.float64
        assert layer.out_type == sum(m for m, _ in rep.summands) * rep.group.trivial
        for g in rep.group.names:
            torch.testing.assert_close(layer(transform(x, rep, g)), y, rtol=1e-14, atol=1e-14)
    x = torch.randn(1, V.dim)
    assert torch.allclose(InvariantPool(V, "norm")(x)[0, 3], (x[0, 17] ** 2 + x[0, 20] ** 2).sqrt())


@pytest.mark.parametrize("spatial, reduce", [("mean", torch.mean), ("max", torch.amax), ("sum", torch.sum)])
def test_space_may_be_pooled_too(spatial, reduce):
    x = integers(3, PERMUTED.dim, 5, 5)
    layer, plain = InvariantPool(PERMUTED, "max", spatial), InvariantPool(PERMUTED, "max")
    assert torch.equal(layer(x), reduce(plain(x), (2, 3)))
    assert torch.equal(layer(transform(x, PERMUTED, "r")), layer(x)) or spatial == "mean"
    assert layer(x[:, :, 0, 0]).shape == (3, 4)


def test_the_gradient_of_the_norm_at_zero_is_a_number():
    x = torch.zeros(1, V.dim, requires_grad=True)
    InvariantPool(V, "norm")(x).sum().backward()
    assert x.grad.isfinite().all()


def test_pools_that_do_not_commute_are_refused():
    with pytest.raises(DoesNotCommute, match=r"the maximum needs a group that permutes the channels, and in "
                                             r"D\(4\).vector r acts"):
        MaxPool(D4.regular + D4.vector, 2)
    for kind in ("mean", "max"):
        with pytest.raises(DoesNotCommute, match=rf"the {kind} over a field needs .* in D\(4\).vector r "
                                                 r"acts by \[0 -1; 1 0\]"):
            InvariantPool(D4.vector, kind)
    shear = rt.D(3).rep(r=[[0, -1], [1, -1]], s=[[0, 1], [1, 0]])
    with pytest.raises(DoesNotCommute, match="ρ\\(g\\) is not unitary for its metric"):
        InvariantPool(shear, "norm")
    with pytest.raises(DoesNotCommute, match="its scalars are complex"):
        MaxPool(D4.regular.complexify(), 2)
    with pytest.raises(ValueError, match="kinds are 'mean', 'max', 'norm'"):
        InvariantPool(D4.regular, "sum")


# Windows --------------------------------------------------------------------------------------------------


@given(st.integers(1, 4), st.integers(1, 3), st.integers(0, 2), st.integers(3, 9),
       st.sampled_from([AvgPool, MaxPool]))
def test_windows_commute_exactly_when_they_fit(window, stride, padding, size, pool):
    assume(padding <= window // 2 and size + 2 * padding >= window)
    layer = pool(PERMUTED, window, stride, padding)
    x = 144 * integers(1, PERMUTED.dim, size, size, dtype=torch.float64)
    if (size + 2 * padding - window) % stride == 0:
        assert commutes_exactly(layer, PERMUTED, x)
        return
    with pytest.raises(WindowsDoNotFit):
        layer(x)
    plain = torch.nn.AvgPool2d if pool is AvgPool else torch.nn.MaxPool2d
    layer.forward = plain(window, stride, padding).forward  # what the refusal saves from
    assert not commutes_exactly(layer, PERMUTED, x)


def test_the_error_names_the_size_and_the_nearest_good_ones():
    with pytest.raises(WindowsDoNotFit) as error:
        AvgPool(D4.vector, 2)(torch.zeros(1, 2, 6, 7))
    assert str(error.value) == (
        "AvgPool: windows of 2 with stride 2 and padding 0 leave 1 of the 7 pixels of spatial axis 1 over "
        "at one end, and D(4) reverses this axis, so pooling would not commute with it. The nearest sizes "
        "that fit are 6 and 8; or change kernel_size, stride or padding.")
    assert AvgPool(D4.vector, 2)(torch.zeros(1, 2, 6, 8)).shape == (1, 2, 3, 4)


def test_axes_that_the_group_exchanges_need_equal_windows():
    with pytest.raises(WindowsDoNotFit, match=r"kernel_size=\(2, 3\) differs on the axes 0, 1, which D\(4\) "
                                              r"exchanges"):
        AvgPool(D4.vector, (2, 3))(torch.zeros(1, 2, 6, 6))
    half = rt.C(2)
    layer = AvgPool(half.vector, (2, 3))
    x = 6 * integers(1, 2, 4, 6)
    assert torch.equal(layer(transform(x, half.vector, "r")), transform(layer(x), half.vector, "r"))


def test_a_group_that_leaves_space_alone_accepts_every_size():
    G = rt.S(3)
    still = 2 * G.trivial
    assert AvgPool(G.natural, 2, action=still)(torch.zeros(1, 3, 7, 7)).shape == (1, 3, 3, 3)
    with pytest.raises(WindowsDoNotFit):  # without action= every axis might be reversed
        AvgPool(G.natural, 2)(torch.zeros(1, 3, 7, 7))
    diagonal = rt.C(2).rep(r=[[0, -1], [-1, 0]])  # rows ↔ columns, neither reversed, as y points up
    layer = MaxPool(rt.C(2).regular, 2, action=diagonal)
    assert commutes_exactly(layer, rt.C(2).regular, integers(1, 2, 7, 7), diagonal)


def test_square_windows_are_refused_where_the_group_does_not_preserve_them():
    with pytest.raises(rt.NotPreserved, match="the generator r does not preserve grid"):
        AvgPool(C6.regular, 2)


@pytest.mark.parametrize("pool", [AvgPool, MaxPool])
@pytest.mark.parametrize("rep, ndim, action", [
    (rt.C(2).regular, 1, FLIP), (D4.regular, 2, None), (O.vector.orbit((1, 1, 1)), 3, None)])
def test_pooling_in_every_dimension_is_that_of_torch(pool, rep, ndim, action):
    x = 27 * integers(2, rep.dim, *(7,) * ndim)
    layer = pool(rep, 3, 2, 1, action=action)
    name = "avg" if pool is AvgPool else "max"
    assert torch.equal(layer(x), getattr(F, f"{name}_pool{ndim}d")(x, 3, 2, 1))
    assert commutes_exactly(layer, rep, x, action)


@pytest.mark.parametrize("mode", ["zeros", "reflect", "replicate", "circular"])
@pytest.mark.parametrize("taps, size", [(1, 7), (2, 6), (3, 7), (4, 8), (5, 9)])
def test_binomial_windows_are_exact(taps, size, mode):
    layer = BlurPool(V, 2, taps, padding_mode=mode)
    x = integers(1, V.dim, size, size)
    assert commutes_exactly(layer, V, x)
    if mode != "zeros":
        assert torch.equal(layer(torch.ones_like(x)), torch.ones_like(layer(x)))  # the weights add up to 1


def test_the_binomial_window_is_pascals_row():
    spike = torch.zeros(1, 2, 7)
    spike[..., 3] = 1
    assert (BlurPool(rt.C(2).regular, 1, 5, action=FLIP)(spike)[0, 0] * 16).tolist() == [0, 1, 4, 6, 4, 1, 0]
    assert BlurPool(O.regular)(torch.ones(1, 24, 6, 6, 6)).shape == (1, 24, 3, 3, 3)


@given(st.integers(1, 4), st.sampled_from(["nearest", "linear"]), st.integers(1, 5), st.integers(1, 5))
def test_upsampling_commutes_with_the_group(factor, mode, height, width):
    x = torch.randn(1, V.dim, height, width, dtype=torch.float64)
    layer = Upsample(V, factor, mode)
    y = layer(x)
    assert y.shape[2:] == (factor * height, factor * width)
    for g in D4.names:
        atol = 0 if mode == "nearest" else 1e-14
        torch.testing.assert_close(layer(transform(x, V, g)), transform(y, V, g), rtol=0, atol=atol)


@pytest.mark.parametrize("ndim, name", [(1, "linear"), (2, "bilinear"), (3, "trilinear")])
def test_upsampling_is_that_of_torch(ndim, name):
    x = torch.randn(1, 24, *(3,) * ndim)
    assert torch.equal(Upsample(O.regular, 2, name)(x), F.interpolate(x, scale_factor=2, mode=name))
    assert torch.equal(Upsample(O.regular, 2)(x), F.interpolate(x, scale_factor=2))


def test_complex_features():
    W = C6.irrep(1, over="C")
    still, x = 2 * C6.trivial, torch.randn(1, 1, 6, 6, dtype=torch.complex64)
    for layer in (AvgPool(W, 2, action=still), BlurPool(W, action=still), Upsample(W, 2, action=still),
                  Upsample(W, 2, "linear", action=still)):
        assert torch.equal(layer(x).real, layer(x.real)) and torch.equal(layer(x).imag, layer(x.imag))


LAYERS = [
    InvariantPool(PERMUTED), InvariantPool(PERMUTED, "max", "mean"), InvariantPool(D4.natural ** 2),
    InvariantPool(PERMUTED, "norm"), AvgPool(PERMUTED, 2), MaxPool(PERMUTED, 3, 1), BlurPool(PERMUTED),
    Upsample(PERMUTED), Upsample(PERMUTED, 3, "linear"),
]


@pytest.mark.parametrize("layer", LAYERS, ids=repr)
def test_inside_torch(layer):
    x = torch.randn(2, layer.in_type.dim, 6, 6)
    y = layer(x)
    assert y.shape[1] == layer.out_type.dim
    copies = copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))
    compiled = torch.compile(layer, fullgraph=True, backend="aot_eager")
    traced = torch.export.export(layer, (x,)).module(), compiled
    for again in (*copies, *traced):
        torch.testing.assert_close(again(x), y)
    assert not layer.state_dict()
    assert copy.deepcopy(layer).double()(x.double()).dtype == torch.float64
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert layer(x).shape == y.shape
    assert_equivariant(layer, layer.in_type, layer.out_type, size=6)
    x[0] = float("nan")
    assert layer(x)[0].isnan().all() and not layer(x)[1].isnan().any()


def test_wrong_shapes():
    with pytest.raises(WrongChannels):
        AvgPool(V, 2)(torch.zeros(1, 3, 4, 4))
    with pytest.raises(ValueError, match="AvgPool needs 1 to 3 spatial axes"):
        AvgPool(D4.vector, 2)(torch.zeros(1, 2))
    with pytest.raises(ValueError, match="factor=0: give an integer ≥ 1"):
        Upsample(D4.vector, 0)(torch.zeros(1, 2, 3, 3))
    with pytest.raises(ValueError, match="choose nearest or linear"):
        Upsample(D4.vector, 2, "bicubic")
    with pytest.raises(ValueError, match="a binomial window has 1 to 24 taps"):
        BlurPool(D4.vector, taps=0)
