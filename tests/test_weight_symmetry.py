"""The algebras that move the weights of networks: known dimensions, and outputs that do not change along them."""
from __future__ import annotations

import pytest
import torch

import nn
from nn.weight_symmetry import NoRule, weight_symmetry


class Residual(torch.nn.Module):
    """x + inner(x), and a map after the sum."""

    def __init__(self, inner, after=None):
        super().__init__()
        self.inner, self.after = inner, after or torch.nn.Identity()

    def forward(self, x):
        return self.after(x + self.inner(x))


def stack(blocks, n=8) -> torch.nn.Module:
    """Linear maps before and after, so that the stream is free."""
    return torch.nn.Sequential(torch.nn.Conv2d(3, n, 1), *blocks, torch.nn.Conv2d(n, 5, 1)).double()


def pde_blocks(after, n=8, r=12):
    made = []
    for _ in range(3):
        depthwise = torch.nn.Conv2d(r, 2 * r, 3, padding=1, groups=r)
        wide = torch.nn.Sequential(torch.nn.Conv2d(n, 2 * r, 1), Halves(), depthwise, torch.nn.Conv2d(2 * r, n, 1))
        made.append(Residual(wide, after(n)))
    return made


class Halves(torch.nn.Module):
    """The product of the two halves of the channels."""

    def forward(self, x):
        p, q = x.chunk(2, dim=1)
        return p * q


def plain_blocks(act, n=8, r=12):
    conv = torch.nn.Conv2d
    return [Residual(torch.nn.Sequential(conv(n, r, 3, padding=1), act(), conv(r, n, 3, padding=1))) for _ in range(3)]


def shifted(n):
    norm = torch.nn.BatchNorm2d(n)
    norm.running_mean.uniform_(), norm.running_var.uniform_(0.5, 1)
    return norm


X = torch.randn(2, 3, 4, 4, generator=torch.Generator().manual_seed(0), dtype=torch.float64)

# Counted by hand: stream 8² + 3 (2·12 + 12·2²); a ball leaves so(8), a ReLU the diagonals; one diagonal of 12 a block.
KNOWN = {
    "quadratic": (lambda: pde_blocks(lambda n: None), 280, {"gl(8)": 1, "gl(2)": 36, "R": 72}),
    "quadratic, ball": (lambda: pde_blocks(lambda n: nn.HardBall(2.)), 244, {"so(8)": 1, "gl(2)": 36, "R": 72}),
    "quadratic, metric": (lambda: pde_blocks(lambda n: nn.MetricBall(n, 2.)), 280, {"gl(8)": 1, "gl(2)": 36, "R": 72}),
    "quadratic, ReLU": (lambda: pde_blocks(lambda n: torch.nn.ReLU()), 224, {"gl(2)": 36, "R": 80}),
    "ReLU inside": (lambda: plain_blocks(torch.nn.ReLU), 100, {"gl(8)": 1, "R": 36}),
    "ReLU, then normalised": (lambda: [torch.nn.ReLU(), shifted(8)], 16, {"R": 16}),
    "GELU inside": (lambda: plain_blocks(torch.nn.GELU), 64, {"gl(8)": 1}),
}


@pytest.mark.parametrize("name", KNOWN)
def test_known_dimensions_and_factors(name):
    make, dim, factors = KNOWN[name]
    found = weight_symmetry(stack(make()), X)
    assert found.dim == dim and dict(found.factors) == factors


@pytest.mark.parametrize("name", KNOWN)
def test_no_output_changes_along_a_generator(name):
    found = weight_symmetry(stack(KNOWN[name][0]()), X)
    size = float(found.model(X).detach().abs().max())
    for k in range(0, found.dim, max(1, found.dim // 12)):
        tangent = found.tangent(k)
        assert tangent
        assert float(nn.directional_derivative(found.model, tangent, X).abs().max()) < 1e-11 * (1 + size)
        one = next(key for key, value in tangent.items() if bool((value != 0).any()))
        assert float(nn.directional_derivative(found.model, {one: tangent[one]}, X).abs().max()) > 1e-9


@pytest.mark.parametrize("layers, n, dim", [
    ([torch.nn.Tanh()], 4, 0), ([torch.nn.LeakyReLU()], 4, 4), ([nn.SoftBall(1.)], 4, 6), ([], 4, 16),
    ([torch.nn.RMSNorm(4, elementwise_affine=False)], 4, 7)])
def test_intertwiners_of_nonlinear_functions_of_four_channels(layers, n, dim):
    # dims of {(X, Y) : Dφ(u) X u = Y φ(u)} for n = 4
    net = torch.nn.Sequential(torch.nn.Linear(2, n), *layers, torch.nn.Linear(n, 3)).double()
    found = weight_symmetry(net, torch.randn(5, 2, dtype=torch.float64))
    assert found.dim == dim


def test_the_network_of_the_paper_has_the_groups_that_act_on_its_weights():
    net = nn.HyperbolicResNet(5, (1, 2), (4, 6), ball="hard", expansion=lambda n: 1).double()
    found = weight_symmetry(net, torch.randn(2, 3, 32, 32, dtype=torch.float64))
    # stage 0 begins with a ReLU: 4 scales; stage 1: so(6); blocks: 2w + 4w for w = 4, 4, 6
    assert found.dim == 4 + 15 + 6 * (4 + 4 + 6)
    assert dict(found.factors) == {"so(6)": 1, "gl(2)": 14, "R": 4 + 2 * 14}


def test_calls_without_a_rule_say_so():
    with pytest.raises(NoRule, match="the symmetries of softmax are not in the table"):
        weight_symmetry(torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.Softmax(1), torch.nn.Linear(2, 2)),
                        torch.ones(1, 2))
    with pytest.raises(NoRule, match="does not act on the second one alone"):
        weight_symmetry(torch.nn.Sequential(torch.nn.Linear(2, 2)), torch.ones(1, 3, 2))
    twice = torch.nn.Linear(2, 2)
    with pytest.raises(NoRule, match="is called twice"):
        weight_symmetry(torch.nn.Sequential(twice, twice), torch.ones(1, 2))
