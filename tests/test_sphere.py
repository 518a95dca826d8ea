"""Spherical harmonics as a layer: exact values, agreement with other libraries, equivariance, gradients."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import nn
import reptheory as rt
from nn.solid import Recurrence, Solid, Unit, tables, unit

DOUBLE = torch.float64


def points(count: int, n: int = 3, seed: int = 0) -> torch.Tensor:
    return torch.randn(count, n, dtype=DOUBLE, generator=torch.Generator().manual_seed(seed))


def exact_values(l: int, n: int, point) -> np.ndarray:
    """√D_i Y_i at a point of floats, each taken as the rational number that it is."""
    space = rt.spherical_harmonics(l, n)
    values = space(*map(Fraction, point))
    return np.array([float(v) * math.sqrt(d.to_fraction()) for v, d in zip(values, space.gram)])


@given(st.integers(0, 6), st.integers(2, 5), st.integers(0, 99))
def test_values_are_the_exact_ones_to_rounding(degree, n, seed):
    x = points(1, n, seed)
    ours = nn.SphericalHarmonics(degree, n=n, normalise=False).double()(x)[0].numpy()
    exact = np.concatenate([exact_values(l, n, x[0].tolist()) for l in range(degree + 1)])
    size = max(1.0, float(x.norm())) ** degree
    assert abs(ours - exact).max() <= 10 * max(degree, 1) * 2 ** -53 * size


@given(st.integers(0, 8), st.sampled_from(["norm", "component", "integral"]))
def test_the_fused_values_are_those_of_the_recurrence(degree, scale):
    x = points(7).T.contiguous()
    fused, plain = Solid.apply(x, *tables(degree, scale)), Recurrence(3, degree, scale)(x)
    assert torch.allclose(fused, plain, rtol=1e-13, atol=1e-13)


def test_high_degrees_are_accurate():
    x = points(3, seed=5)
    layer = nn.SphericalHarmonics(40, normalise=True).double()
    exact = exact_values(40, 3, [Fraction(3, 7), Fraction(2, 7), Fraction(6, 7)])
    ours = layer(torch.tensor([[3.0, 2.0, 6.0]], dtype=DOUBLE))[0, 40 * 40:].numpy()
    assert abs(ours - exact).max() < 1e-13
    assert abs(layer(x)[:, 40 * 40:].square().sum(1) - 1).max() < 1e-12


@pytest.mark.parametrize(("scale", "n", "total"), [
    ("norm", 3, 1.0), ("component", 3, 7.0), ("integral", 3, 7 / (4 * math.pi)),
    ("integral", 2, 1 / math.pi), ("component", 4, 16.0), ("integral", 4, 16 / (2 * math.pi ** 2)),
])
def test_scales(scale, n, total):
    layer = nn.SphericalHarmonics(3, scale=scale, n=n).double()
    last = rt.spherical_harmonics(3, n).dim
    assert torch.allclose(layer(points(5, n))[:, -last:].square().sum(1), torch.tensor(total, dtype=DOUBLE))


TYPES = {
    "degrees of O(3)": lambda: rt.O(3).irrep("0e") + 2 * rt.O(3).irrep("2e") + rt.O(3).irrep("1o"),
    "a degree of SO(3)": lambda: 1 * rt.SO(3).irrep(3),
    "frequencies of SO(2)": lambda: rt.SO(2).irrep(2) + 2 * rt.SO(2).irrep(1) + rt.SO(2).irrep(0),
    "frequencies of O(2)": lambda: rt.O(2).irrep("0e") + rt.O(2).irrep(3),
}


@pytest.mark.parametrize("make", TYPES.values(), ids=TYPES)
@pytest.mark.parametrize("normalise", [True, False])
def test_the_layer_is_equivariant(make, normalise):
    V = make()
    layer = nn.SphericalHarmonics(V, normalise=normalise).double()
    x = points(4, layer.n)
    for g in (V.group.sample(1), *V.group.generators):
        turn, image = (torch.tensor(rep.to_numpy(g)) for rep in (layer.in_type, V))
        assert torch.allclose(layer(x @ turn.T), layer(x) @ image.T, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("n", [2, 3, 4])
@pytest.mark.parametrize("normalise", [True, False])
def test_gradients_of_the_first_and_second_order(n, normalise):
    layer = nn.SphericalHarmonics(3, normalise=normalise, n=n).double()
    x = points(3, n).requires_grad_()
    assert torch.autograd.gradcheck(layer, (x,))
    assert torch.autograd.gradgradcheck(layer, (x,))


def test_third_derivatives_agree_with_those_of_plain_operations():
    table, sizes = tables(4)
    x = points(2).T.contiguous().requires_grad_()

    def third(f):
        y = f(x).sin().sum()
        for _ in range(3):
            y = torch.autograd.grad(y, x, create_graph=True)[0].square().sum()
        return y
    assert torch.allclose(third(lambda x: Solid.apply(Unit.apply(x), table, sizes)),
                          third(lambda x: Recurrence(3, 4)(unit(x))))


def test_the_origin_has_a_value_and_a_finite_gradient():
    x = torch.zeros(1, 3, dtype=DOUBLE, requires_grad=True)
    y = nn.SphericalHarmonics(3).double()(x)
    assert y.tolist() == [[1.0] + [0.0] * 15]
    assert torch.autograd.grad(y.sum(), x)[0].tolist() == [[0.0, 0.0, 0.0]]
    y = nn.SphericalHarmonics(3, normalise=False).double()(x)
    assert y.tolist() == [[1.0] + [0.0] * 15]
    assert torch.autograd.grad(y.sum(), x)[0].tolist() == [[1.0, 1.0, 1.0]]  # that of x + y + z
    second = torch.autograd.functional.hessian(lambda x: nn.SphericalHarmonics(2).double()(x).sum(), x)
    assert torch.isfinite(second).all()


def test_very_long_and_very_short_vectors_keep_their_direction():
    layer = nn.SphericalHarmonics(2)
    x = torch.tensor([[3.0, 4.0, 12.0]])
    for size in (1e-30, 1e30):
        assert torch.allclose(layer(x * size), layer(x), atol=1e-6)


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_nan_and_infinity_give_nan(bad):
    x = torch.tensor([[bad, 0.0, 1.0], [0.0, 0.0, 1.0]])
    for n in (2, 3):
        y = nn.SphericalHarmonics(2, n=n)(x[:, :n])
        assert y[0].isnan().all() and y[1].isfinite().all()


def test_shapes():
    layer = nn.SphericalHarmonics(2)
    assert layer(torch.zeros(0, 3)).shape == (0, 9)
    assert layer(torch.randn(3)).shape == (9,)
    assert layer(torch.randn(2, 5, 3)).shape == (2, 5, 9)
    assert torch.equal(layer(torch.arange(30.0).reshape(2, 5, 3))[1, 2], layer(torch.tensor([21.0, 22.0, 23.0])))
    assert layer(torch.randn(2, 3, dtype=torch.bfloat16)).dtype == torch.bfloat16


def test_copies_of_a_degree_stand_beside_one_another():
    x = points(2)
    single, double = (nn.SphericalHarmonics(m * rt.SO(3).irrep(1)).double()(x) for m in (1, 2))
    assert torch.equal(double, single.repeat_interleave(2, 1))


@pytest.mark.filterwarnings("ignore:.*torch.jit.script.*:DeprecationWarning")  # torch's own, in forward mode
@pytest.mark.parametrize("normalise", [True, False])
def test_functional_transforms_and_dual_numbers(normalise):
    layer = nn.SphericalHarmonics(3, normalise=normalise).double()
    x = points(4)
    assert torch.allclose(torch.func.vmap(layer)(x), layer(x))
    forward = torch.func.jacfwd(layer)(x[0])
    assert torch.allclose(forward, torch.autograd.functional.jacobian(layer, x[0]))


def test_export_and_state():
    layer = nn.SphericalHarmonics(2)
    x = torch.randn(4, 3)
    assert torch.allclose(torch.export.export(layer, (x,)).module()(x), layer(x), atol=1e-6)
    assert not layer.state_dict()


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.*torch.jit.script.*:DeprecationWarning")  # torch's own, in its compiler
def test_compiled():
    layer = nn.SphericalHarmonics(3)
    x = torch.randn(8, 3)
    assert torch.allclose(torch.compile(layer, fullgraph=True)(x), layer(x), atol=1e-6)


def test_agreement_with_scipy():
    special = pytest.importorskip("scipy.special")
    x = points(6)
    x = x / x.norm(dim=1, keepdim=True)
    theta, phi = torch.arccos(x[:, 2]).numpy(), torch.atan2(x[:, 1], x[:, 0]).numpy()
    ours = nn.SphericalHarmonics(5, scale="integral").double()(x).numpy()
    for l in range(6):
        for i, (m,) in enumerate(rt.spherical_harmonics(l).orders):
            theirs = special.sph_harm_y(l, abs(m), theta, phi) * (-1) ** m
            theirs = math.sqrt(2) * (theirs.real if m > 0 else theirs.imag) if m else theirs.real
            np.testing.assert_allclose(ours[:, l * l + i], theirs, atol=1e-13)


@pytest.mark.parametrize("scale", ["norm", "component", "integral"])
def test_agreement_with_sphericart(scale):
    pytest.importorskip("sphericart.torch")
    x = torch.cat([points(6), torch.zeros(1, 3, dtype=DOUBLE)])
    for normalise in (True, False):
        ours, theirs = (nn.SphericalHarmonics(8, normalise, scale, engine=e).double() for e in ("torch", "sphericart"))
        assert torch.allclose(ours(x), theirs(x), rtol=1e-12, atol=1e-13)


def test_agreement_with_e3nn():
    o3 = pytest.importorskip("e3nn.o3")
    x = points(6)
    for scale in ("norm", "component", "integral"):
        ours = nn.SphericalHarmonics(4, scale=scale).double()(x)
        theirs = o3.spherical_harmonics(list(range(5)), x[:, [1, 2, 0]], True, scale)  # e3nn's axes are (y, z, x)
        for l in range(5):
            order = [l + m for (m,) in rt.spherical_harmonics(l).orders]
            assert torch.allclose(ours[:, l * l:(l + 1) ** 2], theirs[:, l * l:(l + 1) ** 2][:, order], atol=1e-5)


@pytest.mark.parametrize(("make", "error", "words"), [
    (lambda: nn.SphericalHarmonics(-1), nn.NotHarmonic, ["(-1)", "l ≥ 0"]),
    (lambda: nn.SphericalHarmonics(rt.O(3).irrep("1e")), nn.NotHarmonic, ["parity 'o'", "O(3).irrep('1o')"]),
    (lambda: nn.SphericalHarmonics(rt.O(2).irrep("0o")), nn.NotHarmonic, ["parity 'e'", "O(2).irrep('0e')"]),
    (lambda: nn.SphericalHarmonics(rt.SU(2).irrep("1/2")), nn.NotHarmonic, ["no irrep on spherical harmonics"]),
    (lambda: nn.SphericalHarmonics(2, scale="norms"), nn.NotHarmonic, ["scale='norms'", "\"component\""]),
    (lambda: nn.SphericalHarmonics(2, engine="jax"), nn.NotHarmonic, ["engine='jax'"]),
    (lambda: nn.SphericalHarmonics(2, n=4, engine="sphericart"), nn.NotHarmonic, ["R^4", "\"sphericart\" for R³"]),
    (lambda: nn.SphericalHarmonics(2, n=1), rt.NoHarmonics, ["R^1"]),
    (lambda: nn.SphericalHarmonics(2)(torch.zeros(4, 2)), ValueError, ["3 coordinates", "(4, 2)"]),
    (lambda: nn.SphericalHarmonics(2)(torch.zeros(4, 3, dtype=torch.int64)), TypeError, ["int64", "x.double()"]),
])
def test_refusals(make, error, words):
    with pytest.raises(error) as raised:
        make()
    assert all(word in str(raised.value) for word in words), str(raised.value)


def test_repr():
    assert repr(nn.SphericalHarmonics(1)) == "SphericalHarmonics(O(3).irrep('0e') + O(3).irrep('1o'))"
    assert repr(nn.SphericalHarmonics(2, n=4, scale="component")) == "SphericalHarmonics(2, n=4, scale='component')"


@pytest.mark.gpu
def test_on_a_gpu():
    if not torch.cuda.is_available():
        pytest.skip("no CUDA device")
    layer, x = nn.SphericalHarmonics(4).cuda(), torch.randn(100, 3)
    assert torch.allclose(layer(x.cuda()).cpu(), nn.SphericalHarmonics(4)(x), atol=1e-5)
