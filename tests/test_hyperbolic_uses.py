"""What torch does with layers: compile, export, copy, cast, save, train in processes; for all hyperbolic layers."""
from __future__ import annotations

import copy
import io
import os
import pickle
import warnings

import pytest
import torch
import torch.distributed as dist
import torch.multiprocessing

import nn

LAYERS = {
    "block": lambda: nn.HyperbolicBlock(4, expansion=2),
    "block that changes": lambda: nn.HyperbolicBlock(4, 6, 2, expansion=2),
    "block with a metric": lambda: nn.HyperbolicBlock(4, 6, expansion=1, ball="metric"),
    "network": lambda: nn.HyperbolicResNet(5, (1, 2), (4, 6), expansion=lambda n: 2,
                                           stem=torch.nn.Sequential(torch.nn.Conv2d(4, 4, 1))),
    "hard ball": lambda: nn.HardBall(1.), "soft ball": lambda: nn.SoftBall(1.),
    "metric ball": lambda: nn.MetricBall(4, 1.),
    "symmetric": lambda: nn.SymmetricHyperbolicBlock(4, 5),
    "symmetric, zeros": lambda: nn.SymmetricHyperbolicBlock(4, padding_mode="zeros"),
    **{name: (lambda name=name: nn.SchemeConv(4, 2, name, steps=2)) for name in (
        "rusanov", "lax-friedrichs", "upwind", "lax-wendroff")},
}
every = pytest.mark.parametrize("name", LAYERS)


def made(name: str, dtype=torch.float64) -> torch.nn.Module:
    torch.manual_seed(0)
    layer = LAYERS[name]().to(dtype)
    for p in layer.parameters():
        p.data.add_(0.2 * torch.randn_like(p))
    return layer


def images(dtype=torch.float64, count: int = 3) -> torch.Tensor:
    return torch.randn(count, 4, 8, 8, generator=torch.Generator().manual_seed(1), dtype=torch.float64).to(dtype)


@every
def test_copies_and_files_compute_the_same_in_both_modes(name):
    layer, x = made(name), images()
    layer(x)  # running statistics
    for mode in (False, True):
        layer.train(mode)
        other = LAYERS[name]().double().train(mode)
        file = io.BytesIO()
        torch.save(layer.state_dict(), file)
        file.seek(0)
        other.load_state_dict(torch.load(file, weights_only=True))
        expected = copy.deepcopy(layer)(x)
        assert torch.equal(other(x), expected)
        assert torch.equal(copy.deepcopy(layer)(x), expected)
        if name != "network":  # its expansion is a function of this file
            assert torch.equal(pickle.loads(pickle.dumps(layer))(x), expected)


@pytest.mark.slow
@every
def test_they_compile_and_export(name):
    layer, x = made(name).eval(), images()
    expected = layer(x)
    compiled = torch.compile(layer, backend="aot_eager", fullgraph=True)(x)
    assert torch.allclose(compiled, expected, rtol=1e-12, atol=1e-12)
    exported = torch.export.export(layer, (x,), dynamic_shapes=({0: torch.export.Dim("batch", min=1)},)).module()
    assert torch.allclose(exported(x), expected, rtol=1e-12, atol=1e-12)
    assert torch.allclose(exported(x[:2]), layer(x[:2]), rtol=1e-12, atol=1e-12)


@every
def test_they_run_in_every_precision(name):
    layer, x = made(name).eval(), images()
    exact = layer(x)
    single = copy.deepcopy(layer).float()(x.float())
    assert single.dtype == torch.float32 and torch.allclose(single.double(), exact, rtol=1e-4, atol=1e-4)
    with torch.autocast("cpu", torch.bfloat16):
        rough = copy.deepcopy(layer).float()(x.float())
    half = copy.deepcopy(layer).bfloat16()(x.bfloat16())
    assert half.dtype == torch.bfloat16
    for y in (rough, half):
        assert float((y - exact).detach().norm() / exact.detach().norm()) < 0.1


@every
def test_derivatives_of_both_kinds_are_those_of_differences(name):
    layer = made(name).eval()
    x = images(count=1)[:, :, :4, :4].requires_grad_()
    with warnings.catch_warnings():  # the first use in a process loads torch.jit, which says that it is deprecated
        warnings.simplefilter("ignore", DeprecationWarning)
        assert torch.autograd.gradcheck(layer, x, check_forward_ad=True)


@every
def test_they_run_on_no_samples_and_on_meta(name):
    layer = made(name).eval()
    assert layer(images(count=0)).shape[0] == 0
    assert layer.to("meta")(images().to("meta")).shape[0] == 3


def _train(rank: int, world: int, file: str, name: str, result) -> None:
    os.environ["GLOO_SOCKET_IFNAME"] = "lo"
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    dist.init_process_group("gloo", init_method=f"file://{file}", rank=rank, world_size=world)
    try:
        torch.manual_seed(0)
        net = torch.nn.Sequential(*(made(n) for n in name.split(" + ")))
        shared = torch.nn.parallel.DistributedDataParallel(net)
        shared(images(count=4)[rank::world]).square().mean().backward()
        result[rank] = [p.grad.clone() for p in net.parameters()]
    finally:
        dist.destroy_process_group()


@pytest.mark.slow
def test_two_processes_have_the_gradient_of_one(tmp_path):
    name = "symmetric + rusanov + upwind + lax-wendroff + metric ball"
    net = torch.nn.Sequential(*(made(n) for n in name.split(" + ")))
    net(images(count=4)).square().mean().backward()
    context = torch.multiprocessing.get_context("spawn")
    with context.Manager() as manager:
        result = manager.dict()
        torch.multiprocessing.spawn(_train, (2, str(tmp_path / "meet"), name, result), nprocs=2)
        for rank in range(2):
            for got, p in zip(result[rank], net.parameters()):
                assert torch.allclose(got, p.grad, rtol=1e-10, atol=1e-12)
