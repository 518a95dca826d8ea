"""What the audit foretells, in torch and in float64: nets trained with augmentation stay on E, or leave it at once.

Nordenfors, Ohlsson and Flinth, arXiv 2303.13458; 2410.01452 on ensembles; 2502.06331 on the penalty.
"""

from __future__ import annotations

from copy import deepcopy

import pytest
import torch
import torch.nn.functional as F

import nn
import reptheory as rt

C4 = rt.C(4)
TAPS = {"cross": [(0, 1), (1, 0), (1, 1), (1, 2), (2, 1)], "skew": [(0, 0), (0, 1), (1, 0), (1, 2), (2, 1)]}


class Net(torch.nn.Module):
    """Two 3×3 convolutions on 7×7 pixels with kernels Σ_k c_k κ_k, tanh and normalisation, and a linear map."""

    def __init__(self, basis, seed):
        super().__init__()
        draw = torch.Generator().manual_seed(seed)
        self.register_buffer("basis", basis)
        sizes = [(len(basis), 3, 1), (len(basis), 3, 3), (2, 147)]
        self.weights = torch.nn.ParameterList([torch.randn(s, generator=draw, dtype=torch.float64) / 2 for s in sizes])

    def forward(self, x):
        for w in list(self.weights)[:2]:
            kernel = torch.einsum("koi,kxy->oixy", w, self.basis)
            x = F.layer_norm(torch.tanh(F.conv2d(x, kernel, padding=1)), x.shape[2:])
        return F.linear(x.flatten(1), self.weights[2])


def basis(name):
    taps = TAPS.get(name, TAPS["cross"])
    found = torch.zeros(len(taps), 3, 3, dtype=torch.float64)
    for n, t in enumerate(taps):
        found[n][t] = 1
    if name == "crooked":
        mix = torch.randn(5, 5, generator=torch.Generator().manual_seed(9), dtype=torch.float64)
        found = torch.einsum("kl,lxy->kxy", mix / mix.norm(dim=1, keepdim=True), found)
    return found


DRAW = torch.Generator().manual_seed(1)
X = torch.randn(16, 1, 7, 7, generator=DRAW, dtype=torch.float64)
Y = torch.stack([X[:, 0, 3, 3].abs(), X.square().mean((1, 2, 3))], 1)
ORBIT = torch.cat([torch.rot90(X, k, (2, 3)) for k in range(4)])


def risk(net, augmented=True):
    return F.mse_loss(net(ORBIT), Y.repeat(4, 1)) if augmented else F.mse_loss(net(X), Y)


def step(net, rate=0.05, augmented=True, pull=0.0, table=None):
    loss = risk(net, augmented)
    gradients = torch.autograd.grad(loss, list(net.parameters()))
    nearest = list(nn.project_(deepcopy(net), table).parameters()) if pull else list(net.parameters())
    with torch.no_grad():
        for p, g, q in zip(net.parameters(), gradients, nearest):
            p -= rate * (g + pull * (p - q))


def table_of(net):
    return nn.audit(net, C4.trivial, 2 * C4.trivial, input_shape=(1, 7, 7))


def trained(name, seed=0, steps=10):
    """A net on E, trained there: the plain steps are projected back."""
    net = Net(basis(name), seed)
    table = table_of(net)
    nn.project_(net, table)
    for _ in range(steps):
        step(net, augmented=False)
        nn.project_(net, table)
    return net, table


def distance(net, table):
    return table.question.of(net).distance


def test_the_augmented_gradient_is_the_projected_one_on_equivariant_nets():
    net, _ = trained("cross", steps=2)
    plain = deepcopy(net)
    for p, g in zip(plain.parameters(), torch.autograd.grad(risk(net, False), list(net.parameters()))):
        p.data = g  # a net with the gradient as its weights, to be projected; the parametrisation is unitary
    nn.project_(plain, table_of(plain))
    for left, right in zip(torch.autograd.grad(risk(net), list(net.parameters())), plain.parameters()):
        assert (left - right).abs().max() <= 1e-12


@pytest.mark.parametrize("name", ["cross", "skew", "crooked"])
def test_the_audit_foretells_whether_one_augmented_step_leaves_E(name):
    net, table = trained(name)
    assert bool(table) == (name == "cross") and distance(net, table) <= 1e-12
    step(net)
    if table:
        assert distance(net, table) <= 1e-10
        for _ in range(4):
            step(net)
        assert distance(net, table) <= 1e-10
    else:
        assert distance(net, table) >= 1e-4


@pytest.mark.parametrize("name", ["skew", "crooked"])
def test_made_compatible_the_same_net_stays(name):
    net, table = trained(name)
    better = nn.make_compatible(net, table)
    assert torch.allclose(better(X), net(X), atol=1e-12)
    again = table_of(better)
    assert again and again.distance <= 1e-10
    step(better)
    assert again.question.of(better).distance <= 1e-10


def test_an_ensemble_closed_under_the_group_stays_invariant_on_a_compatible_layer_only():
    found = {}
    for name in ("cross", "skew"):
        first = Net(basis(name), 3)
        members = []
        for k in range(4):  # ρ(g) turns kernels and the last map; on L where it is invariant, otherwise projected
            member = deepcopy(first)
            with torch.no_grad():
                for w in list(member.weights)[:2]:
                    kernel = torch.rot90(torch.einsum("koi,kxy->oixy", w, first.basis), k, (2, 3))
                    w.copy_(torch.einsum("kxy,oixy->koi", first.basis, kernel))
                last = member.weights[2]
                last.copy_(torch.rot90(last.reshape(2, 3, 7, 7), k, (2, 3)).reshape(2, 147))
            members.append(member)
        for _ in range(3):
            for member in members:
                step(member)
        with torch.no_grad():
            means = [sum(member(torch.rot90(X, k, (2, 3))) for member in members) / 4 for k in range(4)]
        found[name] = max(float((m - means[0]).abs().max()) for m in means)
    assert found["cross"] <= 1e-10 and found["skew"] >= 1e-3


def test_the_distance_to_E_as_a_penalty_pulls_an_augmented_net_back():
    net, table = trained("cross")
    draw = torch.Generator().manual_seed(4)
    with torch.no_grad():
        for p in net.parameters():
            p += 1e-4 * torch.randn(p.shape, generator=draw, dtype=p.dtype)
    start = distance(net, table)
    plain = deepcopy(net)
    for _ in range(5):
        step(net, pull=4.0, table=table)
        step(plain, augmented=False)
    assert distance(net, table) < 0.6 * start < start < distance(plain, table)
