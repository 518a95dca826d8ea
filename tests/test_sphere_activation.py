"""Pointwise functions on the sphere: exact for polynomials, and an error of equivariance that falls with the grid."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import torch

import nn
import reptheory as rt
from nn.sphere_activation import circle_grid, sphere_grid
from reptheory.harmonic import Harmonics
from reptheory.polynomial import Polynomial

DOUBLE = torch.float64


def signals(channels: int, degree: int, group=None) -> rt.Rep:
    group = group or rt.SO(3)
    return sum((channels * group.irrep(l) for l in range(1, degree + 1)), channels * group.irrep(0))


@pytest.mark.parametrize("degree", [0, 1, 4, 9])
def test_the_quadrature_is_exact_up_to_its_degree(degree):
    points, weights = sphere_grid(degree)
    assert points.shape == ((degree // 2 + 1) * (degree + 1), 3)
    for a in range(degree + 1):
        for b in range(degree + 1 - a):
            exact = float(Polynomial(3, {(a, b, degree - a - b): 1}).sphere_mean())
            values = points[:, 0]**a * points[:, 1]**b * points[:, 2]**(degree - a - b)
            assert abs((weights * values).sum() - exact) < 1e-15
    points, weights = circle_grid(degree)
    assert abs((weights * points[:, 0]**degree).sum() - float(Polynomial(2, {(degree, 0): 1}).sphere_mean())) < 1e-15


@pytest.mark.parametrize("group", [rt.SO(3), rt.SO(2)], ids=lambda g: g.expression)
def test_the_identity_comes_back(group):
    V = signals(2, 4, group)
    layer = nn.SphereActivation(V, "identity", exact_for=1).double()
    x = torch.randn(3, V.dim, 2, dtype=DOUBLE)
    assert torch.allclose(layer(x), x, atol=1e-13)


def test_the_square_is_the_exact_product_of_polynomials():
    V = signals(1, 1)
    W = signals(1, 2)
    layer = nn.SphereActivation(V, "square", exact_for=2, out_type=W).double()
    x = torch.tensor([[0.0, 0.0, 0.0, 2.0]], dtype=DOUBLE)  # f = 2√3 z/√4, f² = 3z² = 1 + 2 P₂(z)
    size = 2.0 * np.array([1, 0, 0, 0, 0, 0, 0, 0, 2 / np.sqrt(5)])
    assert torch.allclose(layer(x)[0], torch.tensor(size), atol=1e-14)


@pytest.mark.parametrize("fn", ["square", "identity", lambda f: f ** 3 - f])
def test_polynomials_are_exactly_equivariant(fn):
    V = signals(2, 3)
    assert nn.SphereActivation(V, fn, exact_for=3).double().equivariance_error() < 1e-13


def test_the_error_of_smooth_functions_falls_with_the_grid():
    V = signals(2, 3)
    errors = [nn.SphereActivation(V, "tanh", exact_for=k).double().equivariance_error() for k in (1, 3, 5, 9)]
    assert errors == sorted(errors, reverse=True)
    assert errors[0] > 1e-3 and errors[-1] < 1e-3


def test_reflections_commute_too():
    G = rt.O(3)
    V = 2 * G.irrep("0e") + 2 * G.irrep("1o") + 2 * G.irrep("2e")
    layer = nn.SphereActivation(V, "square").double()
    x = torch.randn(3, V.dim, dtype=DOUBLE)
    assert torch.allclose(layer(nn.transform(x, V, "i")), nn.transform(layer(x), V, "i"), atol=1e-13)


def test_values_on_the_grid_are_those_of_the_harmonics():
    V = 1 * rt.SO(3).irrep(2)
    layer = nn.SphereActivation(V).double()
    f = layer.to_grid(torch.eye(5, dtype=DOUBLE))
    space = Harmonics(2)
    for i, (y, d) in enumerate(zip(space.polynomials, space.gram)):
        exact = [float(y(*map(Fraction, p))) * float(d) ** 0.5 for p in layer.points.tolist()[:4]]
        assert np.allclose(f[i, :4, 0], exact, atol=1e-13)  # of mean square 1, times 1/√5


def test_gradients():
    V = signals(1, 2)
    layer = nn.SphereActivation(V, "tanh").double()
    assert torch.autograd.gradcheck(layer, (torch.randn(2, V.dim, dtype=DOUBLE, requires_grad=True),))
    assert not layer.state_dict()


@pytest.mark.parametrize(("make", "words"), [
    (lambda: nn.SphereActivation(2 * rt.SO(3).irrep(0) + rt.SO(3).irrep(1)), ["one multiplicity", "C*A + C*B"]),
    (lambda: nn.SphereActivation(rt.SO(3).irrep(1) + rt.SO(3).irrep(1)), ["each degree has to occur once"]),
    (lambda: nn.SphereActivation(rt.O(3).irrep("1e")), ["parity 'o'"]),
    (lambda: nn.SphereActivation(rt.D(4).vector), ["no irrep on spherical harmonics"]),
    (lambda: nn.SphereActivation(rt.SO(3).irrep(1), exact_for=0), ["exact_for=0", "degree ≥ 1"]),
    (lambda: nn.SphereActivation(rt.SO(3).irrep(1), out_type=2 * rt.SO(3).irrep(1)), ["holds 1 signals", "one group"]),
])
def test_refusals(make, words):
    with pytest.raises(ValueError) as raised:
        make()
    assert all(word in str(raised.value) for word in words), str(raised.value)
