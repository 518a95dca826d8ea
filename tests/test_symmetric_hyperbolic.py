"""The symmetric hyperbolic block: its flux is a gradient, its energy an identity, and its step never raises it."""
from __future__ import annotations

from functools import partial
from itertools import pairwise

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import nn


def block(channels=3, width=5, ndim=2, seed=0, **options) -> nn.SymmetricHyperbolicBlock:
    torch.manual_seed(seed)
    return nn.SymmetricHyperbolicBlock(channels, width, ndim, dtype=torch.float64, **options).requires_grad_(False)


def features(channels=3, ndim=2, seed=0, size=6) -> torch.Tensor:
    return torch.randn(2, channels, *range(size, size + ndim), generator=torch.Generator().manual_seed(seed),
                       dtype=torch.float64)


def physical_flux(layer, axis, u):
    return layer.flux(u, u, axis)


cases = given(seed=st.integers(0, 10 ** 6), ndim=st.integers(1, 3), mode=st.sampled_from(["circular", "zeros"]))


@cases
def test_the_conservative_rate_conserves_energy_and_mass(seed, ndim, mode):
    layer, x = block(ndim=ndim, seed=seed, padding_mode=mode), features(ndim=ndim, seed=seed)
    rate = layer.rate(x)
    size = (x * rate).abs().sum()
    assert float((x * rate).flatten(1).sum(1).abs().max() / size) < 1e-13
    if mode == "circular":
        assert float(rate.flatten(2).sum(2).abs().max() / rate.abs().sum()) < 1e-13


@cases
def test_the_step_obeys_the_energy_estimate(seed, ndim, mode):
    layer, x = block(ndim=ndim, seed=seed, padding_mode=mode, courant=0.9), features(ndim=ndim, seed=seed)
    nu = layer.courant
    for size in (1e-3, 1., 1e3):
        y = layer(size * x)
        loss = nu * (1 - nu) / (8 * ndim) * layer.variation(size * x)
        assert bool((layer.energy(y) <= layer.energy(size * x) - loss).all())
        assert torch.allclose(y, size * layer(x), rtol=1e-10)


def test_energy_falls_over_many_steps_for_weights_of_any_size():
    layer, x = block(seed=3), 1e2 * features(size=8)
    layer.weight *= 50
    layer.logit.fill_(40.)  # ν = 1 to rounding
    energies = []
    for _ in range(200):
        energies.append(layer.energy(x))
        x = layer(x)
    assert all(bool((b <= a * (1 + 1e-14)).all()) for a, b in pairwise(energies))
    # the step of a usual block is not bounded: the same system by forward Euler without dissipation blows up
    u = features(size=8)
    for _ in range(200):
        u = u + 0.05 * layer.rate(u)
    assert not bool(u.isfinite().all())


@given(st.integers(0, 10 ** 6))
def test_the_flux_is_tadmors(seed):
    layer = block(seed=seed)
    u, v = features(seed=seed).movedim(1, -1).unbind(0)
    for axis in range(2):
        jump = layer.potential(v, axis) - layer.potential(u, axis)
        assert torch.allclose(((v - u) * layer.flux(u, v, axis)).sum(-1), jump, rtol=1e-9, atol=1e-11)
        assert torch.equal(layer.flux(u, v, axis), layer.flux(v, u, axis)) or torch.allclose(
            layer.flux(u, v, axis), layer.flux(v, u, axis), rtol=1e-13)
        f = layer.flux(u, u, axis)
        gradient = torch.func.vmap(torch.func.vmap(torch.func.grad(partial(layer.potential, axis=axis))))(u)
        assert torch.allclose(gradient, f)


def test_matrices_are_symmetric_derivatives_of_the_flux_with_speeds_below_the_bound():
    layer, x = block(), features()
    u = x[0].movedim(0, -1).reshape(-1, 3)
    for axis in range(2):
        a = layer.jacobian(u, axis)
        assert torch.allclose(a, a.mT, rtol=1e-14)
        derivative = torch.func.vmap(torch.func.jacrev(partial(physical_flux, layer, axis)))(u)
        assert torch.allclose(a, derivative, rtol=1e-12)
        assert float(torch.linalg.eigvalsh(a).abs().max()) <= float(layer.speed(x)[0])


def test_rotations_of_the_channels_move_the_weights():
    layer, moved, x = block(), block(), features()
    q = torch.linalg.qr(torch.randn(3, 3, dtype=torch.float64))[0]
    moved.weight.copy_(layer.weight @ q.T)
    turn = torch.einsum("ij,bjhw->bihw", q, x)
    assert torch.allclose(moved(turn), torch.einsum("ij,bjhw->bihw", q, layer(x)), rtol=1e-12, atol=1e-13)


def test_translations_commute_and_gradients_reach_every_weight():
    layer, x = block(), features()
    assert torch.allclose(layer(x.roll((2, 3), (2, 3))), layer(x).roll((2, 3), (2, 3)), rtol=1e-12)
    layer.requires_grad_(True)
    layer(x).pow(3).sum().backward()
    assert all(bool((p.grad != 0).any()) for p in layer.parameters())
    assert torch.equal(layer(torch.zeros_like(x)), torch.zeros_like(x))


@pytest.mark.parametrize("make, words", [
    (lambda: block()(features(4)), r"features of shape \(2, 4, 6, 7\) do not fit a block of 3 channels"),
    (lambda: block(courant=1.), "0 < ν < 1"), (lambda: block(padding_mode="reflect"), "energy is conserved with"),
    (lambda: block(0), "channels=0")])
def test_bad_input(make, words):
    with pytest.raises(ValueError, match=words):
        make()
