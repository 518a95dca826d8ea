"""Linear layers: all equivariant matrices, by paths of irreps or by expansion, and a plain torch.nn.Linear in
the end.
"""
from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import reptheory as rt
from nn.check import assert_equivariant, equivariance_error
from nn.feature import WrongChannels, transform
from nn.linear import EmptyHom, EquivariantLinear
from nn.module import PlanModule

D3, D4, D5 = rt.D(3), rt.D(4), rt.D(5)
CUBE = rt.octahedral()


def summands(*reps: rt.Rep):
    """Types with one to three of these representations, each with multiplicity one to three."""
    term = st.tuples(st.integers(1, 3), st.sampled_from(reps))
    return st.lists(term, min_size=1, max_size=3).map(lambda ts: rt.direct_sum.Sum(tuple(ts)))


PERMUTED = summands(D4.trivial, D4.regular, D4.vector, D4.natural, D4.sign)
TURNED = summands(D5.trivial, D5.regular, D5.vector, D5.irrep(2), D5.irrep("A2"))


@given(PERMUTED, PERMUTED)
def test_integer_weights_commute_with_the_group_in_every_bit(V, W):
    hom = rt.Hom(V, D4.regular + W)
    layer = PlanModule(rt.lower(hom, normalise=False, bias=True))
    draw = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for p in layer.parameters():
            p.copy_(torch.randint(-3, 4, p.shape, generator=draw))
    x = torch.randint(-4, 5, (3, V.dim), generator=draw).float()
    for g in D4.names:
        assert torch.equal(layer(transform(x, V, g)), transform(layer(x), hom.target, g))


@given(TURNED)
def test_irrational_types_commute_within_rounding(V):
    W = V + D5.regular
    for dtype, eps in ((torch.float32, 2 ** -23), (torch.float64, 2 ** -52)):
        layer = EquivariantLinear(D5.regular + V, W, dtype=dtype)
        assert equivariance_error(layer, layer.in_type, W) <= 8 * (V.dim + 10) * eps


@given(TURNED, st.booleans())
def test_the_matrix_is_the_sum_of_the_exact_basis(V, bias):
    hom = rt.Hom(V, V)
    layer = EquivariantLinear(V, V, bias=bias, dtype=torch.float64)
    matrix = layer.filter().detach()
    basis = torch.from_numpy(hom.basis.to_numpy()).flatten(1)
    inside = basis.T @ (basis @ matrix.ravel())
    assert torch.allclose(inside, matrix.ravel(), atol=1e-13)
    assert sum(p.numel() for n, p in layer.named_parameters() if n.startswith("weight")) == hom.dim


def test_the_number_of_weights_counts_pairs_of_set_partitions():
    """Maron et al., arXiv 1812.09902: equivariant maps T₂ → T₂ of S_n are B(4) = 15 for n ≥ 4."""
    G = rt.S(4)
    T2 = G.natural ** 2
    assert EquivariantLinear(T2, T2, bias=False).plan.size == 15
    assert EquivariantLinear(T2, T2).plan.size == 15 + 2


def test_a_type_of_irreps_is_one_matrix_product_for_each():
    V, W = 5 * D4.irrep(1) + 3 * D4.trivial, 2 * D4.trivial + 4 * D4.irrep(1)
    layer = EquivariantLinear(V, W, bias=False, dtype=torch.float64)
    assert {p.name: p.shape for p in layer.plan.params} == {"weight_0_1": (2, 3), "weight_1_0": (4, 5)}
    assert not [s for s in layer.plan.steps if s.op in ("conv", "gather", "expand")]
    x = torch.randn(7, V.dim, dtype=torch.float64)
    assert torch.allclose(layer(x), x @ layer.filter().T, atol=1e-14)
    assert_equivariant(layer, V, W)


@pytest.mark.parametrize("V, W, bias", [
    (2 * D4.regular, D4.vector + D4.trivial, True), (3 * D4.irrep(1), 2 * D4.irrep(1), False),
    (3 * D4.irrep(1) + D4.trivial, 2 * D4.trivial + D4.irrep(1), True), (D3.regular, D3.vector, True),
], ids=["gather", "paths", "biased paths", "expand"])
def test_trailing_axes_are_a_batch(V, W, bias):
    layer = EquivariantLinear(V, W, bias=bias)
    with torch.no_grad():
        for p in layer.parameters():
            p.normal_()
    x = torch.randn(5, V.dim, 4, 3)
    y = layer(x)
    assert y.shape == (5, W.dim, 4, 3)
    assert torch.allclose(y[:, :, 2, 1], layer(x[:, :, 2, 1]), atol=1e-5)
    plain = layer.to_linear()
    assert torch.allclose(y[:, :, 2, 1], plain(x[:, :, 2, 1]), atol=1e-5)


def test_a_bias_stands_only_on_invariants():
    layer = EquivariantLinear(D4.regular, D4.vector + 2 * D4.regular + D4.sign)
    with torch.no_grad():
        layer.bias_1.copy_(torch.tensor([[[2.0], [-1.0]]]))
    expected = torch.tensor([0.0, 0.0, *[2 / 8 ** 0.5, -1 / 8 ** 0.5] * 8, 0.0])
    assert torch.allclose(layer.expanded_bias(), expected)
    assert {n for n, _ in layer.named_parameters() if n.startswith("bias")} == {"bias_1"}
    assert EquivariantLinear(D4.regular, D4.vector).expanded_bias() is None
    assert not EquivariantLinear(D4.regular, D4.regular, bias=False).has_bias


@pytest.mark.parametrize("V, W", [(2 * D4.regular, D4.regular + D4.vector), (D3.regular, D3.vector)])
def test_the_plain_layer_has_the_same_bits(V, W):
    layer = EquivariantLinear(V, W)
    x = torch.randn(9, V.dim)
    assert type(layer.to_linear()) is torch.nn.Linear
    assert torch.equal(layer.to_linear()(x), layer(x))


def test_the_plain_layer_of_paths_agrees_within_rounding():
    layer = EquivariantLinear(3 * D4.irrep(1), 2 * D4.irrep(1), bias=False, dtype=torch.float64)
    x = torch.randn(9, 6, dtype=torch.float64)
    assert torch.allclose(layer.to_linear()(x), layer(x), rtol=0, atol=1e-14)


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("V, W", [
    (2 * D4.regular + D4.vector, D4.regular), (3 * D4.irrep(1) + D4.trivial, 2 * D4.irrep(1)),
    (D3.regular, 2 * D3.vector),
], ids=["gather", "paths", "expand"])
def test_inside_torch(V, W, bias):
    layer, x = EquivariantLinear(V, W, bias=bias), torch.randn(4, V.dim)
    y = layer(x)
    assert torch.allclose(torch.compile(layer, fullgraph=True, backend="aot_eager")(x), y, atol=1e-6)
    assert torch.allclose(torch.export.export(layer, (x,)).module()(x), y, atol=1e-6)
    layer.eval()(x)
    assert torch.equal(copy.deepcopy(layer)(x), y) and torch.equal(pickle.loads(pickle.dumps(layer))(x), y)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert layer(x).dtype == torch.bfloat16
    assert equivariance_error(layer.double(), V, W) <= 8 * V.dim * 2 ** -52
    other = EquivariantLinear(V, W, bias=bias, dtype=torch.float64)
    other.load_state_dict(layer.state_dict())
    assert torch.equal(other(x.double()), layer(x.double()))


def test_complex_types():
    G = rt.C(5)
    V = 2 * G.irrep(1, over="C") + G.trivial.complexify()
    layer = EquivariantLinear(V, V, dtype=torch.float64)
    assert {p.dtype for p in layer.parameters()} == {torch.complex128}
    assert layer.plan.size == 2 * 2 + 1 + 1
    assert_equivariant(layer, V, V)
    x = torch.randn(3, 3, dtype=torch.complex128)
    assert torch.allclose(layer.to_linear()(x), layer(x))


def test_faces_of_a_cube_to_its_corners():
    """Faces at a corner and faces opposite: the octahedral group has two orbits on pairs (face, corner)."""
    faces, corners = CUBE.vector.orbit((1, 0, 0)), CUBE.vector.orbit((1, 1, 1))
    layer = EquivariantLinear(faces, corners, bias=False)
    assert layer.plan.size == 2
    with torch.no_grad():
        layer.weight.zero_()[0] = 24 ** 0.5
    assert np.array_equal(np.sort(layer.filter().round().detach().numpy().sum(1)), [3.0] * 8)


def test_empty_spaces():
    with pytest.raises(EmptyHom) as error:
        EquivariantLinear(D4.trivial, 2 * D4.trivial + D4.vector)
    assert str(error.value) == (
        "Hom(D(4).trivial, 2*D(4).trivial + D(4).vector) is zero into D(4).vector: no linear map that "
        "commutes with D(4) reaches it, so its channels would not depend on the input.\n"
        "  D(4).trivial → D(4).vector at the point: orbit of 1, stabiliser of order 8, dimension 0\n"
        "Leave D(4).vector out of the output, or give the input a representation that maps to it (G.regular "
        "maps to every representation).")


def test_wrong_channels():
    layer = EquivariantLinear(2 * D4.vector, D4.regular)
    with pytest.raises(WrongChannels, match=r"2\*D\(4\).vector has 4 channels, and this tensor has 5"):
        layer(torch.zeros(3, 5))
    with pytest.raises(WrongChannels, match="Add the missing axes"):
        layer(torch.zeros(4))


def test_repr():
    layer = EquivariantLinear(2 * D4.vector, D4.regular)
    assert repr(layer) == "EquivariantLinear(2*D(4).vector, D(4).regular)  # 5 weights"
