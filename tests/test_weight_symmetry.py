"""The algebras that move the weights of networks: known dimensions, and outputs that do not change along them."""
from __future__ import annotations

import copy

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
    torch.manual_seed(0)
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


def test_functions_of_each_channel_of_many_channels():
    wide = torch.nn.Sequential(torch.nn.Conv2d(3, 64, 1), torch.nn.MaxPool2d(2), torch.nn.Conv2d(64, 5, 1)).double()
    assert weight_symmetry(wide, X).factors == (("R", 64),)
    clipped = torch.nn.Sequential(torch.nn.Linear(2, 64), torch.nn.Hardtanh(0, 1e9), torch.nn.Linear(64, 1))
    assert weight_symmetry(clipped, torch.ones(1, 2)).factors == (("R", 64),)


def test_calls_without_a_rule_say_so():
    with pytest.raises(NoRule, match=r"memory.*gives several tensors, and its symmetries are not.*Write it out"):
        weight_symmetry(Recurrent(), torch.ones(1, 3, 5))
    with pytest.raises(NoRule, match=r"torch\.fx cannot follow Branches.*Write its forward without branches"):
        weight_symmetry(Branches(), torch.ones(1, 4))
    with pytest.raises(NoRule, match=r"%\w+ .*functions of 64 channels to 64 have 8192 unknowns, above 2500.*Split it"):
        weight_symmetry(torch.nn.Sequential(torch.nn.Linear(2, 64), Whitened(), torch.nn.Linear(64, 1)),
                        torch.ones(3, 2))
    with pytest.raises(NoRule, match=r"acts on axis 1, and the channels of its input are axis 2\. Move the channels"):
        weight_symmetry(torch.nn.Sequential(torch.nn.Linear(2, 4), torch.nn.Conv1d(3, 2, 1)), torch.ones(1, 3, 2))


class Attends(torch.nn.Module):
    """A module of torch with weights inside, between linear maps."""

    def __init__(self, **options):
        super().__init__()
        self.before, self.after = torch.nn.Linear(5, 4), torch.nn.Linear(4, 3)
        self.attention = torch.nn.MultiheadAttention(4, 2, **options)

    def forward(self, x):
        y = self.before(x)
        return self.after(self.attention(y, y, y)[0])


class Recurrent(torch.nn.Module):
    """A module of torch without a rule, after a linear map."""

    def __init__(self):
        super().__init__()
        self.before, self.memory = torch.nn.Linear(5, 4), torch.nn.GRU(4, 3)

    def forward(self, x):
        return self.memory(self.before(x))[0]


class Crossed(torch.nn.Module):
    """A decoder whose memory has a map of its own."""

    def __init__(self):
        super().__init__()
        self.one, self.two, self.after = torch.nn.Linear(5, 4), torch.nn.Linear(5, 4), torch.nn.Linear(4, 3)
        self.decoder = torch.nn.TransformerDecoderLayer(4, 2, 6, 0., norm_first=True, batch_first=True)

    def forward(self, x):
        return self.after(self.decoder(self.one(x), self.two(x)))


class Constant(torch.nn.Module):
    """A vector that no step moves is added or multiplied."""

    def __init__(self, call):
        super().__init__()
        self.call = call
        self.register_buffer("shift", torch.tensor([1., 0.5, 3, 0]))

    def forward(self, x):
        return self.call(x, self.shift)


class Branches(torch.nn.Module):
    """A branch on values."""

    def forward(self, x):
        return x if x.sum() > 0 else -x


class Whitened(torch.nn.Module):
    """Channels mixed by their own products."""

    def forward(self, x):
        return torch.tanh(x.cumsum(1)) * x


class Attention(torch.nn.Module):
    """Two heads, written in full or with the function of torch."""

    def __init__(self, n=6, heads=2, fused=False):
        super().__init__()
        self.heads, self.fused = heads, fused
        self.qkv, self.out = torch.nn.Linear(n, 3 * n), torch.nn.Linear(n, n)

    def forward(self, x):
        batch, length, n = x.shape
        q, k, v = self.qkv(x).reshape(batch, length, 3, self.heads, n // self.heads).permute(2, 0, 3, 1, 4).unbind(0)
        if self.fused:
            y = torch.nn.functional.scaled_dot_product_attention(q, k, v)
        else:
            y = torch.softmax(q @ k.transpose(-2, -1) / (n // self.heads) ** 0.5, -1) @ v
        return self.out(y.transpose(1, 2).flatten(2))


class Position(torch.nn.Module):
    """A learnt vector for each place."""

    def __init__(self, length, n):
        super().__init__()
        self.place = torch.nn.Parameter(torch.randn(1, length, n))

    def forward(self, x):
        return x + self.place


class Transformer(torch.nn.Module):
    """x + attention(norm(x)), x + mlp(norm(x))."""

    def __init__(self, n=6):
        super().__init__()
        lin = torch.nn.Linear
        self.one, self.two, self.attention = torch.nn.LayerNorm(n), torch.nn.LayerNorm(n), Attention(n)
        self.mlp = torch.nn.Sequential(lin(n, 4), torch.nn.GELU(), lin(4, n))

    def forward(self, x):
        x = x + self.attention(self.one(x))
        return x + self.mlp(self.two(x))


class Tied(torch.nn.Module):
    """An embedding whose table is the head as well."""

    def __init__(self, tied=True):
        super().__init__()
        self.table, self.mlp = torch.nn.Embedding(7, 4), torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.Tanh(),
                                                                              torch.nn.Linear(3, 4))
        self.head = torch.nn.Linear(4, 7, bias=False)
        if tied:
            self.head.weight = self.table.weight

    def forward(self, words):
        x = self.table(words)
        return self.head(x + self.mlp(x))


class Folded(torch.nn.Module):
    """An autoencoder whose decoder is the transposed encoder, with one layer between."""

    def __init__(self, between, biased=False, matmul=False):
        super().__init__()
        self.weight, self.between, self.matmul = torch.nn.Parameter(torch.randn(4, 5)), between, matmul
        self.down, self.up = (torch.nn.Parameter(torch.randn(n)) if biased else None for n in (4, 5))

    def forward(self, x):
        if self.matmul:
            return self.between(x @ self.weight.t()) @ self.weight
        hidden = self.between(torch.nn.functional.linear(x, self.weight, self.down))
        return torch.nn.functional.linear(hidden, self.weight.T, self.up)


class Packed(torch.nn.Module):
    """Two maps in one parameter, with nothing between the first and the last."""

    def __init__(self):
        super().__init__()
        self.before, self.after = torch.nn.Linear(5, 4), torch.nn.Linear(3, 2)
        self.both, self.bias = torch.nn.Parameter(torch.randn(6, 4)), torch.nn.Parameter(torch.randn(6))

    def forward(self, x):
        x = self.before(x)
        p, q = (torch.nn.functional.linear(x, self.both[s], self.bias[s]) for s in (slice(3), slice(3, 6)))
        return self.after(p * torch.sigmoid(q))


class Twice(torch.nn.Module):
    """One map called twice, with a function between."""

    def __init__(self, act, bias):
        super().__init__()
        self.before, self.after = torch.nn.Linear(3, 4), torch.nn.Linear(4, 2)
        self.map = torch.nn.Linear(4, 4, bias=bias)
        self.act = act

    def forward(self, x):
        return self.after(self.map(self.act(self.map(self.before(x)))))


class Functional(torch.nn.Module):
    """Weights that are parameters of the module itself."""

    def __init__(self):
        super().__init__()
        for name, shape in (("one", (5, 4)), ("bias", (4,)), ("two", (4, 3)), ("scale", (3,)), ("three", (2, 3))):
            setattr(self, name, torch.nn.Parameter(torch.randn(shape)))

    def forward(self, x):
        hidden = torch.relu(x @ self.one + self.bias) @ self.two
        return torch.nn.functional.linear(torch.nn.functional.silu(hidden) * self.scale, self.three)


class Linearised(torch.nn.Module):
    """Attention without softmax: q (kᵀ v)."""

    def __init__(self):
        super().__init__()
        self.q, self.k, self.v, self.out = (torch.nn.Linear(5, 3), torch.nn.Linear(5, 3), torch.nn.Linear(5, 4),
                                            torch.nn.Linear(4, 2))

    def forward(self, x):
        return self.out(torch.einsum("btd,bde->bte", self.q(x), self.k(x).transpose(1, 2) @ self.v(x)))


class Unit(torch.nn.Module):
    """y/‖y‖, written inline."""

    def __init__(self):
        super().__init__()
        self.before, self.after = torch.nn.Linear(5, 4), torch.nn.Linear(4, 2)

    def forward(self, x):
        y = self.before(x)
        return self.after(y / torch.linalg.vector_norm(y, dim=1, keepdim=True))


def between(*layers, n=4):
    return torch.nn.Sequential(torch.nn.Linear(5, n), *layers, torch.nn.Linear(n, 3))


X2, X3 = X[0, :, 0, :1].expand(3, 5) * torch.randn(3, 5, dtype=torch.float64), torch.randn(2, 3, 5, dtype=torch.float64)
WORDS = torch.arange(6).reshape(2, 3)

# Counted by hand. Attention of two heads: gl(3) for q and k, and for v, of each; layer normalisation of n = 4: 1aᵀ,
# b1ᵀ, so(3), and with eps = 0 a scale; its own scale leaves 1aᵀ and n numbers.
BLOCKS = {
    "attention": (lambda: between(Attention(), n=6), X3, 36 + 36 + 4 * 9, "gl(3)^4 + gl(6)^2"),
    "attention of torch": (lambda: between(Attention(fused=True), n=6), X3, 36 + 36 + 4 * 9, "gl(3)^4 + gl(6)^2"),
    "transformer": (lambda: between(Transformer(), n=6), X3, 4 * 9 + 2 * 6 + 6, "[dim 6] + gl(3)^4 + R^12"),
    "MultiheadAttention": (Attends, X3, 16 + 16 + 4 * 4, "gl(2)^4 + gl(4)^2"),
    "and zero": (lambda: Attends(add_zero_attn=True), X3, 48, "gl(2)^4 + gl(4)^2"),
    "and keys of its own": (lambda: Attends(add_bias_kv=True, add_zero_attn=True), X3, 48, "gl(2)^4 + gl(4)^2"),
    "TransformerEncoder": (lambda: between(torch.nn.TransformerEncoder(torch.nn.TransformerEncoderLayer(
        4, 2, 6, 0., batch_first=True), 2)), X3, 8 * 4 + 4 + 2 * 6 + 4, "[dim 4] + gl(2)^8 + R^16"),
    "TransformerDecoderLayer": (Crossed, X3, 8 * 4 + 16 + 4 + 6 + 3 * 4,
                                "[dim 4] + gl(2)^8 + gl(4) + R^18"),
    "added constant": (lambda: between(Constant(torch.add)), X2, 12, "[dim 12]"),  # the rows of X are orthogonal to it
    "added number": (lambda: between(Constant(lambda x, c: 1 - x)), X2, 12, "[dim 12]"),
    "multiplied constant": (lambda: between(Constant(lambda x, c: x / (c + 1))), X2, 16, "gl(4)"),
    "multiplied by many": (lambda: between(Constant(lambda x, c: x * (c + torch.eye(3, 4)))), X2, 11,
                           "[dim 4]^2 + R^3"),
    "places": (lambda: between(Position(3, 4)), X3, 16, "gl(4)"),
    "layer normalisation": (lambda: between(torch.nn.LayerNorm(4)), X2, 4 + 4, "[dim 4] + R^4"),
    "and without weights": (lambda: between(torch.nn.LayerNorm(4, elementwise_affine=False)), X2, 11, "[dim 11]"),
    "and without eps": (lambda: between(torch.nn.LayerNorm(4, 0., False)), X2, 12, "[dim 12]"),
    "root mean square": (lambda: between(torch.nn.RMSNorm(4, eps=1e-5, elementwise_affine=False)), X2, 6, "so(4)"),
    "softmax": (lambda: between(torch.nn.Softmax(1)), X2, 4, "[dim 4]"),
    "GLU": (lambda: torch.nn.Sequential(torch.nn.Linear(5, 8), torch.nn.GLU(1), torch.nn.Linear(4, 3)), X2, 4, "R^4"),
    "PReLU": (lambda: between(torch.nn.PReLU(4)), X2, 4, "R^4"),
    "sampled together": (lambda: between(Whitened(), n=2), X2, 0, ""),
    "tied to its table": (Tied, WORDS, 6, "so(4)"),
    "not tied": (lambda: Tied(False), WORDS, 16, "gl(4)"),
    "folded": (lambda: Folded(torch.nn.Linear(4, 4)), X2, 16, "gl(4)"),  # V ↦ −YᵀV − VY
    "folded, with biases": (lambda: Folded(torch.nn.ReLU(), True), X2, 0, ""),
    "folded, with products": (lambda: Folded(nn.HardBall(1.), matmul=True), X2, 6, "so(4)"),
    "packed": (Packed, X2, 16 + 3, "gl(4) + R^3"),
    "called twice": (lambda: Twice(torch.nn.ReLU(), True), X2[:, :3], 4, "R^4"),
    "called twice, no bias": (lambda: Twice(torch.nn.ReLU(), False), X2[:, :3], 5, "R^5"),
    "called twice, linear": (lambda: Twice(torch.nn.Identity(), True), X2[:, :3], 16, "gl(4)"),
    "functions": (Functional, X2, 4 + 3, "R^7"),
    "attention without softmax": (Linearised, X3, 9 + 16 + 1, "[dim 26]"),
    "unit vectors": (Unit, X2, 7, "so(4) + R"),
    "flattened": (lambda: torch.nn.Sequential(torch.nn.Conv2d(3, 2, 1), torch.nn.ReLU(), torch.nn.MaxPool2d(2),
                                              torch.nn.Flatten(), torch.nn.Linear(8, 3)), X, 2, "R^2"),
}


@pytest.mark.parametrize("name", BLOCKS)
def test_blocks_of_users_have_their_algebras_and_no_output_changes_along_them(name):
    make, x, dim, names = BLOCKS[name]
    torch.manual_seed(0)
    found = weight_symmetry(make().double(), x)
    assert found.dim == dim and repr(found) == f"<WeightSymmetry: dim {dim}{' = ' * bool(names)}{names}>"
    assert found.error is None
    one = {key: torch.randn_like(p) for key, p in found.model.named_parameters()}
    size = nn.directional_derivative(found.model, one, x).abs().max()
    for k in range(0, dim, max(1, dim // 10)):
        assert float(nn.directional_derivative(found.model, found.tangent(k), x).abs().max() / size) < 1e-12


class Ellipse(torch.nn.Module):
    """u/√(1 + u₁² + √2 u₂²), whose rotations are no rational matrices."""

    def forward(self, u):
        return u * torch.rsqrt(1 + u[:, :1] ** 2 + 2 ** 0.5 * u[:, 1:] ** 2)


def test_where_no_basis_is_rational_floats_say_how_good_they_are():
    found = weight_symmetry(between(Ellipse(), n=2).double(), X2)
    assert found.dim == 1 and 0 <= found.error < 1e-13
    assert float(nn.directional_derivative(found.model, found.tangent(0), X2).abs().max()) < 1e-13
    turn = next(m for m in found.generator(0).values() if len(m) == 2).astype(float)
    assert turn[0, 1] / turn[1, 0] == pytest.approx(-2 ** 0.5)


@pytest.mark.parametrize("name, count", [("ReLU inside", 36 + 36), ("transformer", 4 * 6 + 12 + 1)])
def test_charges_drift_by_the_size_of_the_step(name, count):
    torch.manual_seed(1)
    model, x = (stack(KNOWN[name][0]()), X) if name in KNOWN else (BLOCKS[name][0]().double(), X3)
    symmetry = weight_symmetry(model, x)
    assert len(symmetry.charges()) == count  # symmetric matrices of each gl, and scales
    drifts = []
    for rate in (1e-2, 1e-3):  # over the same time
        net = copy.deepcopy(symmetry.model)
        before = symmetry.charges(net)
        for _ in range(round(0.02 / rate)):
            loss = (net(x) ** 2).mean()
            for p, g in zip(net.parameters(), torch.autograd.grad(loss, list(net.parameters()))):
                p.data -= rate * g
        drifts.append(float((symmetry.charges(net) - before).abs().max()))
    assert 0 < drifts[1] < 0.2 * drifts[0]
    with pytest.raises(nn.NotAdmitted, match=r"is not folded in.*Put it behind its linear map"):
        weight_symmetry(stack([torch.nn.ReLU(), shifted(8)]), X).charges()
