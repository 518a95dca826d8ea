"""Groups that move the weights of a network and leave what it computes."""
from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import torch
from torch.nn.attention import SDPBackend, sdpa_kernel

from .fuse import fuse_batch_norm
from .stream import NoStream, NotAdmitted, Stream
from .written_out import written_out


def act_on_weights(model: torch.nn.Module, stage: Any, q: Any, *, check: bool = True) -> torch.nn.Module:
    """A copy that computes the same function from the weights W ↦ QW, b ↦ Qb before the features of a stage and
    W ↦ WQ⁻¹ after them.

    Batch normalisation is folded in first, so the copy is in evaluation mode. Q, an n×n tensor or array, is in O(n)
    where the stage passes through a ball, and in GL(n) where it does not, or where the ball has a metric, H ↦ Q⁻ᵀHQ⁻¹.
    The model has a method `stream(stage)` that gives the `Stream`, as HyperbolicResNet does. Products are taken in
    float64. Raises NotAdmitted for other Q, unless check=False; NoStream. Source: Liu, Shao and Bai (arXiv 2308.01621).

    >>> import nn; net = nn.HyperbolicResNet(10, (1, 1), (4, 8)).eval(); x = torch.randn(1, 3, 32, 32)
    >>> q = torch.linalg.qr(torch.randn(8, 8))[0]; moved = nn.act_on_weights(net, 1, q)
    >>> torch.allclose(moved(x), net(x), atol=1e-4)
    True
    """
    moved = fuse_batch_norm(model)
    stream = stream_of(moved, stage)
    q = _beside(stream, q)
    if check:
        stream.require(q)
    q = q.double()
    with torch.no_grad():
        for layer in stream.outputs:
            layer.weight.copy_(torch.einsum("ij,j...->i...", q, layer.weight.double()))
            if layer.bias is not None:
                layer.bias.copy_(q @ layer.bias.double())
        inverse = torch.linalg.inv(q)
        for layer in stream.inputs:
            layer.weight.copy_(torch.einsum("ij...,jk->ik...", layer.weight.double(), inverse))
        for ball in stream.metrics:
            ball.factor.copy_(ball.factor.double() @ inverse)
    return moved


def weight_tangent(model: torch.nn.Module, stage: Any, x: Any, *, check: bool = True) -> dict[str, torch.Tensor]:
    """The velocity of the weights under exp(tX) at t = 0: Ẇ = XW, ḃ = Xb before the stage, Ẇ = −WX after it, by name.

    The model has its batch normalisation folded in. X is in so(n) behind a ball, any n×n matrix otherwise; NotAdmitted.

    >>> import nn; net = nn.fuse_batch_norm(nn.HyperbolicResNet(10, (1, 1), (4, 8)))
    >>> a = torch.randn(8, 8); sorted(nn.weight_tangent(net, 1, a - a.T))[:3]
    ['head.weight', 'stages.1.0.conv3.0.bias', 'stages.1.0.conv3.0.weight']
    """
    stream = stream_of(model, stage)
    x = _beside(stream, x)
    if check:
        stream.require_generator(x)
    x = x.to(stream.outputs[0].weight.dtype)
    velocity: dict[int, torch.Tensor] = {}

    def add(p: torch.Tensor, v: torch.Tensor) -> None:
        velocity[id(p)] = velocity[id(p)] + v if id(p) in velocity else v

    for layer in stream.outputs:
        add(layer.weight, torch.einsum("ij,j...->i...", x, layer.weight.detach()))
        if layer.bias is not None:
            add(layer.bias, x @ layer.bias.detach())
    for layer in stream.inputs:
        add(layer.weight, -torch.einsum("ij...,jk->ik...", layer.weight.detach(), x))
    for ball in stream.metrics:
        add(ball.factor, -ball.factor.detach() @ x)
    return {name: velocity[id(p)] for name, p in model.named_parameters() if id(p) in velocity}


def _beside(stream: Stream, matrix: Any) -> torch.Tensor:
    """The matrix as floats, on the device of the weights."""
    try:
        matrix = torch.as_tensor(matrix)
    except (TypeError, ValueError, RuntimeError) as error:
        raise NotAdmitted(f"{matrix!r} is no matrix: {error}. Give a finite real tensor or array.") from error
    if matrix.is_complex():
        raise NotAdmitted(f"Q is {matrix.dtype}, and the weights are real. Give its real part, or a real matrix.")
    return (matrix if matrix.is_floating_point() else matrix.double()).to(stream.outputs[0].weight.device)


def directional_derivative(model: torch.nn.Module, tangent: Mapping[str, torch.Tensor], *inputs: torch.Tensor) -> Any:
    """d/dt f(W + tẆ; x) at t = 0, by forward differentiation: zero along the symmetries of the weights.

    >>> directional_derivative(torch.nn.Linear(2, 1), {"bias": torch.ones(1)}, torch.ones(1, 2))
    tensor([[1.]])
    """
    known = {name: p.detach() for name, p in model.named_parameters()}
    primal = {name: known[name] for name in tangent}
    fixed = {**known, **dict(model.named_buffers())}
    model = written_out(model)  # attention of torch has a form without derivatives, which it takes here

    def outputs(weights: dict[str, torch.Tensor]) -> Any:
        return torch.func.functional_call(model, {**fixed, **weights}, inputs)

    with warnings.catch_warnings(), sdpa_kernel(SDPBackend.MATH):  # fused attention has no forward derivative
        # the first use in a process loads torch.jit, which says that it is deprecated
        warnings.simplefilter("ignore", DeprecationWarning)
        return torch.func.jvp(outputs, (primal,), (dict(tangent),))[1]


def conserved_charge(model: torch.nn.Module, stage: Any) -> torch.Tensor:
    """Σ (WWᵀ + bbᵀ) over what writes a stage − Σ WᵀW over what reads it: constant under gradient flow, (n, n).

    Symmetric X ∈ gl(n) leave the loss, so the gradient is orthogonal to XW on the writers and −WX on the readers, which
    is half the derivative of tr X·charge (Noether). With steps of size η over a fixed time it drifts by O(η). Behind
    functions of each channel the diagonal is conserved, with zeros elsewhere; so(n) has no such charge: NotAdmitted.
    The model has its batch normalisation folded in. Source: Zhao, Ganev, Walters, Yu and Dehmamy (arXiv 2210.17216).

    >>> import nn; net = nn.fuse_batch_norm(nn.HyperbolicResNet(10, (1, 1), (4, 8), ball=None))
    >>> nn.conserved_charge(net, 1).shape
    torch.Size([8, 8])
    """
    stream = stream_of(model, stage)
    if stream.group.startswith(("O", "permutation")):
        raise NotAdmitted(f"{stream.name} moves along {stream.group}, which has no symmetric generators, so that no "
                          "charge of this form is conserved. Take a stage without a ball, or with a metric.")
    n = stream.channels
    total = torch.zeros(n, n, dtype=stream.inputs[0].weight.dtype, device=stream.inputs[0].weight.device)
    for layer in stream.outputs:
        w = layer.weight.detach().flatten(1)
        total = total + w @ w.T
        if layer.bias is not None:
            total = total + torch.outer(layer.bias.detach(), layer.bias.detach())
    for layer in stream.inputs:
        w = layer.weight.detach().movedim(1, 0).flatten(1)
        total = total - w @ w.T
    for ball in stream.metrics:
        total = total - ball.metric.detach()
    return total if stream.group.startswith("GL") else total.diag().diag()


def stream_of(model: torch.nn.Module, stage: Any) -> Stream:
    """The Stream of a stage of the model; NoStream where the model names none."""
    find = getattr(model, "stream", None)
    if not callable(find):
        raise NoStream(f"{type(model).__name__} has no method stream(stage). Add one that returns an nn.Stream: what "
                       "writes the features of a stage, what acts on them, and what reads them.")
    return find(stage)
