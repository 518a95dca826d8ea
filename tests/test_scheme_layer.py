"""Schemes as layers: the estimates hold for all weights, kernels are the exact stencils, matrices are recovered."""
from __future__ import annotations

import copy

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import nn
from pdeconv import catalog
from pdeconv.system import System

POSITIVE = ["rusanov", "lax-friedrichs", "upwind"]
every = pytest.mark.parametrize("scheme", [*POSITIVE, "lax-wendroff"])


def layer(scheme="rusanov", channels=3, ndim=2, seed=0, size=1., **options) -> nn.SchemeConv:
    made = nn.SchemeConv(channels, ndim, scheme, dtype=torch.float64, **options,
                         generator=torch.Generator().manual_seed(seed)).requires_grad_(False)
    made.weight *= size
    return made


def field(channels=3, ndim=2, seed=0, size=5) -> torch.Tensor:
    return torch.randn(2, channels, *[size] * ndim, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def energy(u: torch.Tensor) -> torch.Tensor:
    return u.square().flatten(1).sum(1)


cases = given(scheme=st.sampled_from([*POSITIVE, "lax-wendroff"]), seed=st.integers(0, 10 ** 6), ndim=st.integers(1, 3),
              channels=st.integers(1, 4), mode=st.sampled_from(["circular", "zeros"]),
              size=st.sampled_from([0., 1e-3, 1., 2., 1e3]))


@cases
def test_no_weights_break_the_courant_condition_or_the_estimate(scheme, seed, ndim, channels, mode, size):
    made, x = layer(scheme, channels, ndim, seed, size, padding_mode=mode), field(channels, ndim, seed)
    m = made.matrices()
    assert torch.equal(m, m.mT) and float(torch.linalg.matrix_norm(m, 2).max()) <= made.limit * (1 + 1e-12)
    y = made(x)
    if mode == "circular":
        assert torch.allclose(y.flatten(2).sum(2), x.flatten(2).sum(2), rtol=0, atol=1e-11)
    if scheme in POSITIVE or ndim == 1:
        assert bool((energy(y) <= energy(x) * (1 + 1e-12)).all())
    for _ in range(8):
        x0, x = x, made(x)
    assert bool((energy(x) <= 4 * energy(field(channels, ndim, seed)) * (1 + 1e-12)).all())
    assert x0.shape == x.shape == y.shape


@given(seed=st.integers(0, 10 ** 6), ndim=st.integers(1, 3))
def test_the_symbol_of_lax_and_wendroff_has_numerical_radius_at_most_one(seed, ndim):
    made = layer("lax-wendroff", 3, ndim, seed, size=3.)
    angles = 2 * torch.pi * torch.rand(ndim, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    grid = torch.cartesian_prod(*[torch.arange(-1., 2.)] * ndim).reshape(-1, ndim).double()
    g = (made.kernel().flatten(2) * torch.exp(1j * (grid @ angles))).sum(2)
    for phi in torch.linspace(0, torch.pi, 25, dtype=torch.float64):
        turned = torch.exp(1j * phi) * g
        assert float(torch.linalg.eigvalsh((turned + turned.mH) / 2).abs().max()) <= 1 + 1e-12


@pytest.mark.parametrize("ndim", [1, 2, 3])
def test_the_limit_of_lax_and_wendroff_is_sharp(ndim):
    """Equal Courant numbers c on all axes, θ = (t, …, t): |g|² = 1 + (d⁴c⁴ − dc²) t⁴/4 + O(t⁶), so c = d^(−3/2)."""
    made = layer("lax-wendroff", 1, ndim)
    total = torch.cartesian_prod(*[torch.arange(-1., 2.)] * ndim).reshape(-1, ndim).double()
    total[:, -2:-1] *= -1  # y runs up the rows
    for part, stable in ((1., True), (1.05, False)):
        made.matrices = lambda c=part * made.limit: torch.full((ndim, 1, 1), c, dtype=torch.float64)
        g = (made.kernel().flatten() * torch.exp(0.2j * total.sum(1))).sum()
        assert (float(g.abs()) <= 1 + 1e-14) is stable


def test_beyond_the_limit_energy_grows():
    """The estimate is about the limit: twice the matrices, and the same step is unstable."""
    made, x = layer("rusanov", 2, 2, size=0.), field(2)
    m = torch.eye(2, dtype=torch.float64).expand(2, 2, 2)
    made.matrices = lambda: m  # Courant number 1 an axis, where 1/2 is the limit
    u = x
    for _ in range(10):
        u = made(u)
    assert bool((energy(u) > 100 * energy(x)).all())


@every
@pytest.mark.parametrize("system", [catalog.wave(1).at(c=3), catalog.wave(2).at(c=2),
                                    System(x=[[1, 2], [2, -2]], y=[[0, 2], [2, 3]])], ids=repr)
def test_the_kernel_is_the_exact_stencil_of_the_scheme(scheme, system):
    exact = system.scheme(scheme, courant="1/4", beyond_limit=True)  # it is below: this skips the proof, for time
    made = nn.SchemeConv.of(exact, dtype=torch.float64)
    assert torch.allclose(made.kernel().detach(), torch.tensor(exact.stencil.to_conv()), rtol=0, atol=1e-14)


@every
def test_matrices_are_set_and_read(scheme):
    for seed in range(5):
        made = layer(scheme, 4, 2, seed, size=5., courant=0.7)
        m = made.matrices()
        other = layer(scheme, 4, 2, courant=0.7).set_matrices(m)
        assert torch.allclose(other.matrices(), m, rtol=0, atol=1e-12)
        assert float(torch.linalg.matrix_norm(other.weight, 2).max()) <= 1 + 1e-12


@pytest.mark.parametrize("scheme, equal", [
    ("rusanov", False),  # the spectral radius has no derivative where two speeds have the largest size
    *((name, equal) for name in ("lax-friedrichs", "upwind", "lax-wendroff") for equal in (False, True))])
def test_gradients_are_those_of_differences_also_where_speeds_are_equal(scheme, equal):
    made, x = layer(scheme, 3, 1, seed=1, courant=0.9), field(3, 1)
    if equal:  # 1/2 twice and −1/2: |M| is smooth there
        made.set_matrices(torch.diag(torch.tensor([0.5, 0.5, -0.5], dtype=torch.float64))[None])
    weight = made.weight.clone().requires_grad_()
    assert torch.autograd.gradcheck(lambda w: torch.func.functional_call(made, {"weight": w}, (x,)), weight)


def test_steps_are_repeated_and_copies_agree():
    x, one = field(), layer("upwind", steps=1)
    three = copy.deepcopy(one)
    three.steps = 3
    assert torch.equal(three(x), one(one(one(x))))
    other = nn.SchemeConv(3, 2, "upwind", dtype=torch.float64)
    other.load_state_dict(one.state_dict())
    assert list(one.state_dict()) == ["weight"] and torch.equal(other(x), one(x))
    assert layer().float()(x.float()).dtype == torch.float32


@every
def test_it_exports(scheme):
    made, x = layer(scheme, steps=2), field()
    assert torch.allclose(torch.export.export(made, (x,)).module()(x), made(x), rtol=0, atol=1e-14)


def test_it_compiles():
    made, x = layer("upwind", steps=2), field()
    assert torch.allclose(torch.compile(made, backend="aot_eager", fullgraph=True)(x), made(x), rtol=0, atol=1e-14)


def test_waves_leave_where_the_border_is_copied():
    made = nn.SchemeConv(1, 1, "upwind", padding_mode="replicate", dtype=torch.float64).set_matrices([[[1.]]])
    x = torch.tensor([[[0., 0., 1., 2.]]], dtype=torch.float64)
    assert made(x).tolist() == [[[0., 0., 0., 1.]]]  # one cell to the right; what stands at the border stays there


@pytest.mark.parametrize("make, error, words", [
    (lambda: nn.SchemeConv(0), ValueError, "channels=0 of a SchemeConv: it is a positive integer"),
    (lambda: nn.SchemeConv(1, 4), ValueError, "ndim at most 3"),
    (lambda: nn.SchemeConv(1, 1, "weno"), ValueError, "scheme='weno': a SchemeConv is one of 'rusanov'"),
    (lambda: nn.SchemeConv(1, padding_mode="reflect"), ValueError, "padding_mode='reflect'"),
    (lambda: nn.SchemeConv(1, courant=1.5), ValueError, "Give 0 < courant ≤ 1"),
    (lambda: nn.SchemeConv(2, 1).set_matrices([[[0., 1.], [0., 0.]]]), ValueError, "Give 1 symmetric matrices"),
    (lambda: nn.SchemeConv(1, 2).set_matrices([[[1.]], [[0.]]]), nn.TooFast, "number 1 is above 0.5.*smaller time"),
    (lambda: nn.SchemeConv.of(catalog.wave().scheme("upwind")), ValueError, "hold c, dt/dx. Give courant=…"),
])
def test_refusals_say_what_to_change(make, error, words):
    with pytest.raises(error, match=words):
        make()
