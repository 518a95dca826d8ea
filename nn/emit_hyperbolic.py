"""The blocks and balls of hyperbolic networks in emitted source, with weights of the same names."""
from __future__ import annotations

from typing import Any

import torch

from .ball import HardBall, MetricBall, SoftBall
from .emit_class import ClassText
from .emit_scheme import scheme_text
from .emit_torch import NoSource, constructor, refuse_changed
from .hyperbolic import HyperbolicBlock
from .scheme_layer import SchemeConv
from .symmetric_hyperbolic import SymmetricHyperbolicBlock


def block_text(layer: HyperbolicBlock) -> ClassText:
    """The class of a block: y = S x + C K((P x) ⊙ (Q x)), and the ball after it."""
    start = [f"self.{name} = {_chain(getattr(layer, name))}" for name in ("conv1", "conv2", "conv3", "skip")]
    if type(layer.conv3) is torch.nn.Sequential and isinstance(layer.conv3[-1], torch.nn.BatchNorm2d):
        start.append(f"torch.nn.init.zeros_(self.conv3[{len(layer.conv3) - 1}].weight)")
    body = ["p, q = self.conv1(x).chunk(2, dim=1)", "x = self.skip(x) + self.conv3(self.conv2(p * q))"]
    ball = layer.ball
    if isinstance(ball, HardBall):
        refuse_changed(ball)
        if isinstance(ball, MetricBall):
            start += ["self.ball = torch.nn.Module()", f"self.ball.factor = {_factor(ball)}"]
        body += _ball(ball, "self.ball.factor")
    elif type(ball) is torch.nn.Identity:
        body += ["return x"]
    else:
        raise NoSource(f"its ball is {type(ball).__name__}, and those of nn are HardBall, SoftBall and MetricBall")
    return _text("S x + C K((P x) ⊙ (Q x)), a step of forward Euler.", start, body)


def ball_text(layer: HardBall) -> ClassText:
    """The class of a ball."""
    start = [f"self.factor = {_factor(layer)}"] if isinstance(layer, MetricBall) else []
    return _text(repr(layer), start, _ball(layer, "self.factor"))


def symmetric_text(layer: SymmetricHyperbolicBlock) -> ClassText:
    """The class of a step of a symmetric hyperbolic system."""
    width, n, d = *layer.weight.shape, layer.ndim
    ends = "last, first" if layer.padding_mode == "circular" else "torch.zeros_like(last), torch.zeros_like(first)"
    made = "device=device, dtype=dtype"
    start = [f"self.weight = torch.nn.Parameter(torch.randn({width}, {n}, {made}) / {n ** 0.5!r})",
             f"self.scale = torch.nn.Parameter(torch.randn({d}, {width}, {made}))",
             f"self.logit = torch.nn.Parameter(torch.zeros((), {made}))"]
    sides = ["    def sides(self, x, axis):", "        count = x.shape[axis]",
             "        first, last = x.narrow(axis, 0, 1), x.narrow(axis, count - 1, 1)",
             f"        before, after = {ends}",
             "        return torch.cat([before, x], axis), torch.cat([x, after], axis)", ""]
    body = [
        "with torch.autocast(x.device.type, enabled=False):",
        "    return self.step(x.to(torch.promote_types(x.dtype, self.weight.dtype)))"]
    step = ["", "    def step(self, x):", *(f"        {line}" for line in (
        "w = self.weight.to(torch.promote_types(self.weight.dtype, torch.float32))",
        "norm = torch.linalg.eigvalsh(w.T @ w)[-1].to(self.weight.dtype)",
        'a = torch.einsum("rk,bk...->br...", self.weight, x)',
        "s = self.scale.abs()  # equal ones count alike in derivatives",
        "near = s.detach() >= s.detach().amax(0, keepdim=True) * (1 - 64 * torch.finfo(s.dtype).eps)",
        "s = torch.where(near, s, 0).sum(0) / near.sum(0)",
        "speed = 2 * norm * (a.abs().flatten(2).amax(2) * s).amax(1)",
        "speed = speed.reshape(-1, *(1,) * (x.ndim - 1)).clamp(min=torch.finfo(x.dtype).tiny)",
        "total, smooth = torch.zeros_like(a), torch.zeros_like(x)",
        f"for j in range({d}):",
        "    low, high = self.sides(a, 2 + j)",
        f"    s = self.scale[j].reshape(-1, *(1,) * {d})",
        "    total = total - (s / 3 * (low * low + low * high + high * high)).diff(dim=2 + j)",
        "    low, high = self.sides(x, 2 + j)",
        "    smooth = smooth + (high - low).diff(dim=2 + j)",
        'rate = torch.einsum("rk,br...->bk...", self.weight, total)',
        f"return x + torch.sigmoid(self.logit) / {4 * d} * (rate / speed + smooth / 2)"))]
    plain = _text(repr(layer), start, body)
    return ClassText(plain.summary, plain.start, (*sides, *plain.methods, *step))


def _text(summary: str, start: list[str], body: list[str]) -> ClassText:
    return ClassText(summary, tuple(f"        {line}" for line in start),
                     ("    def forward(self, x):", *(f"        {line}" for line in body)))


def _ball(ball: HardBall, factor: str) -> list[str]:
    """The lines that return the ball of x; NoSource for a class derived from one."""
    if type(ball) not in (HardBall, SoftBall, MetricBall):
        raise NoSource(f"{type(ball).__name__} is none of HardBall, SoftBall and MetricBall")
    moved = f'torch.einsum("ij,bj...->bi...", {factor}, x)' if isinstance(ball, MetricBall) else "x"
    r = repr(ball.radius)
    last = f"torch.rsqrt(1 + (length / {r}) ** 2)" if isinstance(ball, SoftBall) else f"({r} / length.clamp(min={r}))"
    return [f"length = torch.linalg.vector_norm({moved}, dim=1, keepdim=True)", f"return x * {last}"]


def _factor(ball: MetricBall) -> str:
    return f"torch.nn.Parameter(torch.eye({len(ball.factor)}, device=device, dtype=dtype))"


def _chain(module: torch.nn.Module) -> str:
    """The call that makes a layer of torch, or a Sequential of them."""
    if type(module) is not torch.nn.Sequential:
        return constructor(module)
    refuse_changed(module)
    pad = "\n" + " " * 12
    calls = (call if len(call) < 105 else call.replace(" device=", f"{pad}    device=") for call in map(
        constructor, module))
    return f"torch.nn.Sequential({pad}{f',{pad}'.join(calls)})"


HYPERBOLIC: dict[type[torch.nn.Module], Any] = {
    HyperbolicBlock: block_text, HardBall: ball_text, SoftBall: ball_text, SymmetricHyperbolicBlock: symmetric_text,
    SchemeConv: scheme_text}
