"""The networks of arXiv 2308.01621: their size, and the groups that move their weights; negative controls fail."""
from __future__ import annotations

import copy
import pickle

import pytest
import torch

import nn

TIGHT = 1e-12  # relative, float64
SINGLE = 1.5e-5  # absolute, float32: the paper's own figure


def randomised(model: torch.nn.Module, seed: int = 0) -> torch.nn.Module:
    """The model in evaluation mode with random batch statistics, scales (also of the zeroed ones) and biases."""
    draw = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for module in model.modules():
            if isinstance(module, torch.nn.BatchNorm2d):
                for p, low in ((module.weight, 0.5), (module.bias, -0.5), (module.running_mean, -0.5),
                               (module.running_var, 0.5)):
                    p.copy_(low + torch.rand(p.shape, generator=draw, dtype=torch.float64))
    return model.eval()


def network(ball="hard", seed: int = 0, dtype=torch.float64) -> nn.HyperbolicResNet:
    torch.manual_seed(seed)
    return randomised(nn.HyperbolicResNet(7, (2, 2, 2), (8, 12, 16), ball=ball, dtype=dtype), seed)


def matrix(n: int, kind: str, seed: int = 1, dtype=torch.float64) -> torch.Tensor:
    draw = torch.Generator().manual_seed(seed)
    a = torch.randn(n, n, generator=draw, dtype=torch.float64)
    q, r = torch.linalg.qr(a)
    q = q * r.diag().sign()
    if kind == "GL":
        q = q @ torch.diag(torch.logspace(-1, 1, n, dtype=torch.float64)) @ torch.linalg.qr(a.T)[0]
    if kind == "permutation":
        q = torch.eye(n, dtype=torch.float64)[torch.randperm(n, generator=draw)]
    if kind == "monomial":
        q = torch.eye(n, dtype=torch.float64)[torch.randperm(n, generator=draw)] * torch.linspace(0.5, 2, n)
    return q.to(dtype)


def images(dtype=torch.float64) -> torch.Tensor:
    return torch.randn(3, 3, 48, 48, generator=torch.Generator().manual_seed(2), dtype=dtype)


def change(model: torch.nn.Module, stage: int, q: torch.Tensor, **options) -> float:
    """The largest relative change of a logit."""
    x = images(q.dtype)
    with torch.no_grad():
        y = model(x)
        return float((nn.act_on_weights(model, stage, q, **options)(x) - y).abs().max() / y.abs().max())


def test_the_network_of_the_paper_has_its_number_of_parameters():
    # A.1 of the paper's repository: 9 531 940 with 100 classes; its notebook: layer3 has 1024×256 and 256×1024 matrices
    net = nn.HyperbolicResNet(100, device="meta")
    assert sum(p.numel() for p in net.parameters()) == 9_531_940
    assert net.stages[2][1].conv1[0].weight.shape[:2] == (1024, 256)
    assert net.stages[2][1].conv3[0].weight.shape[:2] == (256, 1024)
    assert net.stages[3][2].conv1[0].weight.shape[:2] == (2048, 512)
    assert net(torch.empty(2, 3, 224, 224, device="meta")).shape == (2, 100)


def test_a_block_is_the_formula():
    block = randomised(nn.HyperbolicBlock(3, expansion=2).double())
    fused, x = nn.fuse_batch_norm(block), torch.randn(2, 3, 5, 6, dtype=torch.float64)
    p, q = fused.conv1(x)[:, :6], fused.conv1(x)[:, 6:]
    y = x + torch.einsum("ij,bjhw->bihw", fused.conv3[0].weight[..., 0, 0], torch.nn.functional.conv2d(
        p * q, fused.conv2[0].weight, fused.conv2[0].bias, padding=1, groups=6)) + fused.conv3[0].bias[:, None, None]
    assert torch.allclose(block(x), y, rtol=1e-12, atol=1e-12)
    assert not block.changes_channels and isinstance(block.ball, torch.nn.Identity)
    new = nn.HyperbolicBlock(3)
    assert torch.equal(new(x.float()), x.float())  # the last scale is zero at first


@pytest.mark.parametrize("ball, bound", [("hard", True), ("soft", True), ("metric", True), (None, False)])
def test_balls_bound_what_leaves_a_stage(ball, bound):
    net, x = network(ball), images()
    norms = torch.linalg.vector_norm(net.stages[1][0](net.stages[0](net.stem(100 * x))), dim=1)
    assert bool((norms <= 12 ** 0.5 * (1 + 1e-12)).all()) is bound


def test_the_hard_ball_keeps_what_is_inside_and_has_a_gradient_at_zero():
    y = torch.zeros(1, 4, dtype=torch.float64, requires_grad=True)
    nn.HardBall(1.).forward(y).sum().backward()
    assert torch.equal(y.grad, torch.ones_like(y))
    inside = torch.tensor([[0.6, 0.7999]])
    assert torch.equal(nn.HardBall(1.)(inside), inside)


@pytest.mark.parametrize("ball, kind, stage", [
    ("hard", "O", 1), ("hard", "O", 2), ("soft", "O", 1), ("metric", "GL", 1), ("metric", "GL", 2), (None, "GL", 1),
    (None, "GL", 2), ("hard", "monomial", 0), (None, "permutation", 0), ("hard", "permutation", 1)])
def test_moved_weights_compute_the_same(ball, kind, stage):
    net = network(ball)
    q = matrix((8, 12, 16)[stage], kind)
    before = copy.deepcopy(net.state_dict())
    assert change(net, stage, q) <= TIGHT
    assert all(torch.equal(v, before[k]) for k, v in net.state_dict().items())  # the original is left as it was
    moved = nn.act_on_weights(net, stage, q)
    fused = nn.fuse_batch_norm(net)
    pair = [model.stages[stage][0].conv3[0].weight.detach() for model in (moved, fused)]
    assert not torch.allclose(*pair, atol=0.05)


def test_in_single_precision_logits_move_by_less_than_in_the_paper():
    net, x = network(dtype=torch.float32), images(torch.float32)
    q = matrix(12, "O", dtype=torch.float32)
    with torch.no_grad():
        scale = net(x).abs().max()
        assert float((nn.act_on_weights(net, 1, q)(x) - net(x)).abs().max() / scale) <= SINGLE


def test_the_group_acts():
    net = nn.fuse_batch_norm(network())
    a, b = matrix(12, "O", 3), matrix(12, "O", 4)
    twice = nn.act_on_weights(nn.act_on_weights(net, 1, b), 1, a).state_dict()
    once = nn.act_on_weights(net, 1, a @ b).state_dict()
    assert all(torch.allclose(twice[k], once[k], rtol=0, atol=1e-12) for k in once)


def test_a_general_matrix_behind_a_hard_ball_changes_the_logits():
    assert change(network("hard"), 1, matrix(12, "GL"), check=False) > 1e-4
    assert change(network(None), 0, matrix(8, "O"), check=False) > 1e-4  # the ReLU of the stem


class ReLUBlock(torch.nn.Module):
    """relu(x + conv(relu(conv(x)))), as in residual networks."""

    def __init__(self, n: int):
        super().__init__()
        self.a, self.b = torch.nn.Conv2d(n, n, 3, padding=1), torch.nn.Conv2d(n, n, 3, padding=1)

    def forward(self, x):
        return torch.relu(x + self.b(torch.relu(self.a(x))))


class ReLUNet(torch.nn.Module):
    """A residual network with a stream of one stage."""

    def __init__(self, n: int = 12):
        super().__init__()
        self.stem, self.blocks = torch.nn.Conv2d(3, n, 3), torch.nn.Sequential(ReLUBlock(n), ReLUBlock(n))
        self.head = torch.nn.Linear(n, 7)

    def forward(self, x):
        return self.head(self.blocks(torch.relu(self.stem(x))).mean((2, 3)))

    def stream(self, stage):
        one, two = self.blocks
        return nn.Stream((self.stem, one.b, two.b), (torch.nn.ReLU(),), (one.a, two.a, self.head), "the only stage")


def test_a_relu_network_admits_permutations_and_nothing_continuous_but_scales():
    torch.manual_seed(0)
    net = ReLUNet().double()
    assert net.stream(0).group == "positive monomial matrices"
    assert change(net, 0, matrix(12, "permutation")) <= TIGHT
    assert change(net, 0, matrix(12, "monomial")) <= TIGHT
    assert change(net, 0, matrix(12, "O"), check=False) > 1e-2
    with pytest.raises(nn.NotAdmitted, match="commutes with positive monomial matrices only, and Q has more than one"):
        nn.act_on_weights(net, 0, matrix(12, "O"))
    with pytest.raises(nn.NotAdmitted, match="Q has a negative entry"):
        nn.act_on_weights(net, 0, -matrix(12, "permutation"))


@pytest.mark.parametrize("ball", ["hard", "metric", None])
def test_logits_do_not_change_along_generators(ball):
    net = nn.fuse_batch_norm(network(ball))
    x = torch.randn(12, 12, generator=torch.Generator().manual_seed(5), dtype=torch.float64)
    x = x - x.T if ball == "hard" else x
    tangent = nn.weight_tangent(net, 1, x)
    flat = nn.directional_derivative(net, tangent, images())
    one = {k: v for k, v in tangent.items() if k.endswith("conv1.0.weight")}  # readers alone do change them
    assert float(flat.abs().max()) <= TIGHT * max(1., float(nn.directional_derivative(net, one, images()).abs().max()))
    assert float(nn.directional_derivative(net, one, images()).abs().max()) > 1e-2
    if ball == "hard":
        wrong = nn.weight_tangent(net, 1, x @ x, check=False)
        assert float(nn.directional_derivative(net, wrong, images()).abs().max()) > 1e-2
        with pytest.raises(nn.NotAdmitted, match=r"whose infinitesimal symmetries are so\(12\)"):
            nn.weight_tangent(net, 1, x @ x)


def test_the_tangent_is_the_derivative_of_the_action():
    net = nn.fuse_batch_norm(network("metric"))
    x = torch.randn(12, 12, generator=torch.Generator().manual_seed(5), dtype=torch.float64)
    step = 1e-5
    ahead = nn.act_on_weights(net, 1, torch.linalg.matrix_exp(step * x)).state_dict()
    behind = nn.act_on_weights(net, 1, torch.linalg.matrix_exp(-step * x)).state_dict()
    tangent = nn.weight_tangent(net, 1, x)
    assert "stages.1.0.ball.factor" in tangent
    for name in ahead:
        difference = (ahead[name] - behind[name]) / (2 * step)
        assert torch.allclose(difference, tangent.get(name, torch.zeros_like(difference)), rtol=1e-6, atol=1e-7), name


@pytest.mark.parametrize("ball, stage", [("metric", 1), (None, 2), ("hard", 0)])
def test_charges_drift_by_the_size_of_the_step(ball, stage):
    drifts = []
    for rate in (1e-4, 1e-5):  # over the same time
        net, x = nn.fuse_batch_norm(network(ball)), images()[:1, :, :8, :8]
        before = nn.conserved_charge(net, stage)
        weight = net.head.weight.detach().clone()
        for _ in range(round(1e-3 / rate)):
            loss = (net(x) ** 2).mean()
            for p, g in zip(net.parameters(), torch.autograd.grad(loss, list(net.parameters()))):
                p.data -= rate * g
        drifts.append(float((nn.conserved_charge(net, stage) - before).abs().max()))
        moved = float((net.head.weight.detach() - weight).abs().max())
    assert drifts[0] < 0.2 * moved and 7 < drifts[0] / drifts[1] < 14
    with pytest.raises(nn.NotAdmitted, match="has no symmetric generators"):
        nn.conserved_charge(nn.fuse_batch_norm(network("hard")), 1)


def test_a_metric_moves_by_its_law():
    net, t = nn.fuse_batch_norm(network("metric")), matrix(12, "GL")
    h, moved = net.stages[1][0].ball.metric, nn.act_on_weights(net, 1, t).stages[1][0].ball.metric
    assert torch.allclose(t.T @ moved @ t, h, atol=1e-10)


@pytest.mark.parametrize("q, words", [
    (torch.eye(12) * 2, r"passes through HardBall\(3.4641\), which commutes with O\(12\) only.*‖QQᵀ − 1‖ = 3"),
    (torch.zeros(12, 12), "least singular value is 0"), ("Q", "'Q' is no matrix: .*Give a finite real tensor"),
    (torch.eye(12) * 1j, r"Q is torch.complex64, and the weights are real\. Give its real part"),
    (torch.eye(3), r"has 12 channels, and Q is torch.float32 of shape \(3, 3\)"),
    (torch.full((12, 12), float("nan")), "Give a finite real 12×12 matrix")])
def test_refusals_say_why(q, words):
    with pytest.raises(nn.NotAdmitted, match=words):
        nn.act_on_weights(network(), 1, q)


def test_what_has_no_stream_says_so():
    with pytest.raises(nn.NoStream, match="Linear has no method stream"):
        nn.act_on_weights(torch.nn.Linear(2, 2), 0, torch.eye(2))
    with pytest.raises(nn.NoStream, match="this network has the stages 0 to 2"):
        nn.act_on_weights(network(), 3, torch.eye(2))
    with pytest.raises(nn.NoStream, match=r"is written by BatchNorm2d.*nn\.fuse_batch_norm"):
        nn.weight_tangent(network(), 1, torch.zeros(12, 12, dtype=torch.float64))
    bare = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.BatchNorm1d(2, track_running_stats=False))
    with pytest.raises(nn.NotFusable, match="keeps no running statistics"):
        nn.fuse_batch_norm(bare)
    with pytest.raises(ValueError, match="the balls are"):
        nn.HyperbolicBlock(2, 4, ball="round")
    with pytest.raises(ValueError, match="channels=0"):
        nn.HyperbolicBlock(0)


def test_fused_networks_compute_the_same():
    net, x = network(), images()
    with torch.no_grad():
        assert torch.allclose(nn.fuse_batch_norm(net)(x), net(x), rtol=1e-12, atol=1e-12)
    assert not any(isinstance(m, torch.nn.BatchNorm2d) for m in nn.fuse_batch_norm(net).modules())


def test_a_map_in_two_places_keeps_its_normalisation():
    same = torch.nn.Linear(3, 3)
    net = randomised(torch.nn.Sequential(same, torch.nn.BatchNorm1d(3), same, torch.nn.BatchNorm1d(3))).double()
    net[1].running_mean.uniform_(), net[3].running_var.uniform_(1, 2)
    x = torch.randn(4, 3, dtype=torch.float64)
    assert torch.allclose(nn.fuse_batch_norm(net)(x), net(x), rtol=1e-12)


def test_networks_compile_copy_and_pickle():
    net, x = network(), images()
    moved = nn.act_on_weights(net, 1, matrix(12, "O"))
    with torch.no_grad():
        compiled = torch.compile(moved, backend="eager", fullgraph=True)
        assert torch.equal(compiled(x), moved(x))
        assert torch.equal(pickle.loads(pickle.dumps(moved))(x), moved(x))
        of_compiled = nn.act_on_weights(torch.compile(net, backend="eager"), 1, matrix(12, "O"))
        assert torch.allclose(of_compiled(x), net(x), rtol=1e-10, atol=1e-10)


@pytest.mark.gpu
def test_moved_weights_compute_the_same_on_a_device():
    net, x, q = network().cuda(), images().cuda(), matrix(12, "O").cuda()
    with torch.no_grad():
        y = net(x)
        assert float((nn.act_on_weights(net, 1, q)(x) - y).abs().max() / y.abs().max()) <= TIGHT
