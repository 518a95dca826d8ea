"""Layers as equations: what a layer computes on polynomials is what the equation says, exactly; hyperbolic or not."""
from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import sympy
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import nn
import pdeconv as pde
from pdeconv import catalog

X, Y = sympy.symbols("x y")


def block(n: int = 2, seed: int = 0, expansion: int = 2) -> torch.nn.Module:
    """A block with all its weights random, batch normalisation folded in, float64."""
    torch.manual_seed(seed)
    made = nn.fuse_batch_norm(nn.HyperbolicBlock(n, expansion=expansion).double()).requires_grad_(False)
    for p in made.parameters():
        p.copy_(torch.randn_like(p))
    return made


def linear_state(n: int, seed: int) -> list[sympy.Expr]:
    a = np.random.default_rng(seed).integers(-3, 4, (n, 3)).tolist()
    return [p + q * X + r * Y for p, q, r in a]


def on_grid(state: list[sympy.Expr]) -> torch.Tensor:
    """The values on 5×5 points around the origin, y pointing up."""
    points = [[[float(u.subs({X: x, Y: y})) for x in range(-2, 3)] for y in range(2, -3, -1)] for u in state]
    return torch.tensor(points, dtype=torch.float64)[None]


def right_side(equation: pde.Equation, state: list[sympy.Expr]) -> list[float]:
    """Σ ∂^α (M_α h(u)) + c at the origin."""
    zero = (0,) * equation.ndim
    total = np.array(equation.term(zero, state), object)
    for index, _ in equation.matrices:
        if any(index):
            total = total + [sympy.diff(sympy.expand(e), X, index[0], Y, index[1]) for e in equation.term(index, state)]
    return [float(sympy.expand(e).subs({X: 0, Y: 0})) for e in total]


@settings(max_examples=4)
@given(st.integers(0, 1000))
def test_a_block_computes_its_equation_on_polynomials(seed):
    layer, state = block(seed=seed), linear_state(2, seed)
    u = on_grid(state)
    change = (layer(u) - u)[0, :, 2, 2].tolist()
    assert change == pytest.approx(right_side(pde.decompile(layer), state), rel=1e-10, abs=1e-9)


@settings(max_examples=4)
@given(st.integers(0, 1000), st.sampled_from([1, 2]))
def test_a_convolution_computes_its_equation_on_polynomials(seed, groups):
    torch.manual_seed(seed)
    conv = torch.nn.Conv2d(4, 2, 3, padding=1, groups=groups, dtype=torch.float64)
    state = [u + v * X for u, v in zip(linear_state(4, seed), linear_state(4, seed + 1))]
    value = conv(on_grid(state))[0, :, 2, 2].tolist()
    assert value == pytest.approx(right_side(pde.decompile(conv), state), rel=1e-10, abs=1e-10)


@settings(max_examples=4)
@given(st.integers(0, 1000))
def test_the_symmetric_block_is_its_system_and_always_hyperbolic(seed):
    torch.manual_seed(seed)
    layer = nn.SymmetricHyperbolicBlock(3, 4, dtype=torch.float64).requires_grad_(False)
    equation, state = pde.decompile(layer), linear_state(3, seed)
    assert layer.rate(on_grid(state))[0, :, 2, 2].tolist() == pytest.approx(right_side(equation, state), abs=1e-10)
    at = np.random.default_rng(seed).normal(size=3).tolist()
    assert (equation.jacobian("x", at) == equation.jacobian("x", at).T).all()
    assert equation.violation(at, (1, "-1/2")) is None
    jacobian = layer.jacobian(torch.tensor(at, dtype=torch.float64), 1).numpy()  # the last axis of an image is x
    assert np.allclose(equation.jacobian("x", at).astype(float), jacobian)


def test_random_blocks_of_eight_channels_are_not_hyperbolic_and_the_witness_is_an_eigenvalue():
    for seed in range(5):
        equation = pde.decompile(block(8, seed))
        at = np.random.default_rng(seed).normal(size=8).tolist()
        witness = equation.violation(at, (3, 4))
        a = 3 * equation.jacobian("x", at).astype(float) + 4 * equation.jacobian("y", at).astype(float)
        values = np.linalg.eigvals(a)
        assert abs(complex(witness.eigenvalue).imag) > 0 and not witness.defective
        assert abs(values - complex(witness.eigenvalue)).min() < 1e-8 * abs(values).max()


@pytest.mark.parametrize("n, low, high", [(2, 0.55, 0.95), (4, 0.02, 0.45), (8, 0, 0)])
def test_few_random_blocks_are_hyperbolic_and_all_symmetric_ones(n, low, high):
    """Shares of random quadratic systems with real speeds: 0.77, 0.18 and 0 for 2, 4 and 8 unknowns."""
    shares = {"block": 0, "symmetric": 0}
    for seed in range(40):
        at = np.random.default_rng(seed).normal(size=n).tolist()
        torch.manual_seed(seed)
        symmetric = nn.SymmetricHyperbolicBlock(n, dtype=torch.float64).requires_grad_(False)
        for name, layer in (("block", block(n, seed, 1)), ("symmetric", symmetric)):
            values = np.linalg.eigvals(pde.decompile(layer).jacobian("x", at).astype(float))
            shares[name] += abs(values.imag).max() < 1e-9 * abs(values).max()
    assert low <= shares["block"] / 40 <= high and shares["symmetric"] == 40


def test_tied_weights_are_hyperbolic():
    layer = block(4, 1)
    p = layer.conv1[0].weight[:8]
    layer.conv1[0].weight[8:] = p
    layer.conv1[0].bias[8:] = layer.conv1[0].bias[:8]
    layer.conv3[0].weight.copy_(p.movedim(0, 1).repeat_interleave(2, 1))  # C = Pᵀ on both filters of a channel
    at = [1, "1/2", -2, 0]
    assert pde.decompile(layer).violation(at, (1, 1)) is None and pde.decompile(block(4, 1)).violation(at, (1, 1))


def test_the_system_of_a_block_has_its_matrices_and_its_verdict():
    equation = pde.decompile(block())
    system, at = equation.system, [Fraction(1, 3), -2]
    values = dict(zip(system.state, map(sympy.Rational, ("1/3", "-2"))))
    for axis in "xy":
        assert system.jacobian(axis).subs(values) == sympy.Matrix(equation.at(at).jacobian(axis))
    assert system.source == tuple(sympy.expand(e) for e in equation.term((0, 0), system.state))
    with pytest.raises(pde.NotASystem, match="13 unknowns give fluxes of 91 products"):
        _ = pde.decompile(block(13, expansion=1)).system


def test_jordan_blocks_are_found():
    conv = torch.nn.Conv1d(2, 2, 3, padding=1, bias=False)
    conv.weight.data.zero_()
    conv.weight.data[:, :, 2], conv.weight.data[:, :, 0] = torch.tensor([[1., 1.], [0., 1.]]), torch.zeros(2, 2)
    witness = pde.decompile(conv).violation((0, 0))
    assert witness.defective and complex(witness.eigenvalue) == -1
    conv.weight.data[0, 1] = 0
    assert pde.decompile(conv).violation((0, 0)) is None


def test_text():
    conv = torch.nn.Conv1d(1, 1, 3, padding=1, padding_mode="circular")
    conv.weight.data[:], conv.bias.data[:] = torch.tensor([[[0.5, 0., -0.5]]]), 3.
    equation = pde.decompile(conv)
    assert repr(equation) == "<Equation: 1 unknowns, linear, of order 1 in x, periodic>".replace("unknowns", "unknown")
    assert equation.latex(None) == ("\\begin{aligned}\n\\partial_t u_{1} &= 3 + \\partial_x \\left(- u_{1}\\right)\n"
                                    "\\end{aligned}")
    assert equation.hyperbolicity.is_strict
    assert equation.system == pde.System(fluxes={"x": ["u_1"]}, state=["u_1"], source=["3"])
    text = pde.decompile(block()).latex()
    assert r"\partial_x^{2}" in text and text.count("&=") == 2 and r"u_{1} u_{2}" in text


@pytest.mark.parametrize("dilation", [1, 3, (1, 2), (3, 1)])
@pytest.mark.parametrize("size", [1, 3, (3, 5)])
def test_dilated_convolutions_compute_their_equations_on_polynomials(dilation, size):
    torch.manual_seed(0)
    conv = torch.nn.Conv2d(2, 2, size, dilation=dilation, padding="same", dtype=torch.float64)
    state = [u * (1 + X + Y) for u in linear_state(2, 0)]
    points = [[[float(u.subs({X: x, Y: y})) for x in range(-6, 7)] for y in range(6, -7, -1)] for u in state]
    value = conv(torch.tensor(points, dtype=torch.float64)[None])[0, :, 6, 6].tolist()
    assert value == pytest.approx(right_side(pde.decompile(torch.nn.Sequential(conv)), state), rel=1e-10, abs=1e-10)


@pytest.mark.parametrize("scheme", ["rusanov", "upwind", "lax-wendroff"])
def test_a_scheme_is_its_system_with_its_diffusion(scheme):
    wave = catalog.wave(ndim=2).at(c=1)
    layer = nn.SchemeConv.of(wave.scheme(scheme, courant="1/4"), dtype=torch.float64, steps=3)
    equation = pde.decompile(layer)
    assert equation.boundary == "periodic" and equation.violation([0, 0, 0], (1, "1/3")) is None
    for axis in "xy":  # Δt = Δx/4
        assert np.allclose(equation.jacobian(axis, [0, 0, 0]).astype(float), np.array(wave.jacobian(axis) / 4, float))
    second = dict(equation.matrices)[2, 0].astype(float)
    known = {"rusanov": np.eye(3) / 8, "upwind": np.diag([1, 1, 0]) / 8, "lax-wendroff": np.diag([1, 1, 0]) / 32}
    assert np.allclose(second, known[scheme])


@pytest.mark.parametrize("make, words", [
    (lambda: torch.nn.Conv2d(2, 2, 4, padding="same"), "an even side.*Use odd sides"),
    (lambda: torch.nn.Sequential(torch.nn.Conv2d(1, 1, 1), torch.nn.BatchNorm2d(1)), r"several steps\. Fold batch"),
    (lambda: torch.nn.Sequential(torch.nn.Conv2d(1, 1, 1), torch.nn.ReLU()), "of Conv2d, ReLU is several steps"),
    (lambda: torch.nn.Conv2d(1, 1, 1, device="meta"), "on the device meta and have no values"),
    (lambda: torch.nn.ReLU(), "neither a convolution nor a hyperbolic block"),
    (lambda: torch.nn.Conv2d(2, 2, 3), "keeps the grid"),
    (lambda: torch.nn.Conv2d(2, 2, 3, stride=2, padding=1), "Use stride 1"),
    (lambda: torch.nn.ConvTranspose2d(2, 2, 3, padding=1), "keeps the grid"),
    (lambda: nn.HyperbolicBlock(2), "nn.fuse_batch_norm"),
    (lambda: nn.fuse_batch_norm(nn.HyperbolicBlock(2, 4)), "identity skip")])
def test_what_is_no_equation_says_so(make, words):
    with pytest.raises(pde.NotDecompiled, match=words):
        pde.decompile(make())
    with pytest.raises(pde.NotASystem, match="makes 3 channels of 2"):
        pde.decompile(torch.nn.Conv2d(2, 3, 1)).violation((0, 0))
