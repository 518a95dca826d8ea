"""Schemes of linear systems in emitted source: the matrices, the kernel and the steps written out."""
from __future__ import annotations

import torch

from reptheory.plan import Table

from .emit_class import ClassText
from .emit_text import quoted
from .scheme_layer import PADDINGS, SchemeConv

SPREAD = "self.spread({}, self.{})"
ABSOLUTE = (
    "speeds, q = torch.linalg.eigh(m.detach())",
    "size = speeds.abs()",
    "below = size.unsqueeze(-1) + size.unsqueeze(-2)",
    "t = (speeds.unsqueeze(-1) + speeds.unsqueeze(-2)) / below.where(below > 0, torch.ones_like(below))",
    "dissipation = q @ (t * (q.mT @ m @ q)) @ q.mT")
NORMS = (
    "size = torch.linalg.eigvalsh(m).abs()  # equal ones count alike in derivatives",
    "near = size.detach() >= size.detach().amax(-1, keepdim=True) * (1 - 64 * torch.finfo(size.dtype).eps)",
    "norms = torch.where(near, size, 0).sum(-1) / near.sum(-1)",
    "dissipation = norms[:, None, None] * one")


def scheme_text(layer: SchemeConv) -> ClassText:
    """The class of a scheme whose symmetric matrices are learnt."""
    n, d = layer.channels, layer.ndim
    second = {"upwind": ABSOLUTE, "rusanov": NORMS, "lax-friedrichs": (f"dissipation = (one / {d}).expand_as(m)",),
              "lax-wendroff": ("pairs = torch.einsum(\"jab,kbc->jkac\", m, m).flatten(0, 1)",
                               f"kernel = kernel + {SPREAD.format('pairs', 'mixed')} / 2", "dissipation = m @ m")}
    names = ("identity", "first", "second") + ("mixed",) * (layer.scheme == "lax-wendroff")
    start = (f"self.weight = torch.nn.Parameter(torch.empty({d}, {n}, {n}, device=device, dtype=dtype))",
             f"self.weight.data.normal_(0, {(8 * n) ** -0.5!r})")
    kernel = ("m = self.matrices()", f"one = torch.eye({n}, device=m.device, dtype=m.dtype)",
              f"kernel = {SPREAD.format('one[None]', 'identity')} - {SPREAD.format('m', 'first')}",
              *second[layer.scheme], f"return kernel + {SPREAD.format('dissipation', 'second')} / 2")
    matrices = ("w = self.weight.to(torch.promote_types(self.weight.dtype, torch.float32))", "s = (w + w.mT) / 2",
                f"one = torch.eye({n}, device=w.device, dtype=w.dtype)",
                f"m = {2 * layer.courant * layer.limit!r} * torch.linalg.solve(one + s @ s, s)",
                "return (m + m.mT) / 2")
    mode = PADDINGS[layer.padding_mode]
    padded = f"F.pad(x, {[1] * (2 * d)}, mode={quoted(mode)})"
    forward = ("with torch.autocast(x.device.type, enabled=False):",
               "    kernel = self.kernel().to(self.weight.dtype)", f"for _ in range({layer.steps}):",
               f"    x = F.conv{d}d({padded}, kernel)", "return x")
    spread = ("return torch.tensordot(matrices, taps.to(matrices.dtype), ([0], [0]))",)
    methods = (*_method("matrices(self)", "M_j = Δt/Δx A_j, symmetric and of norm at most the limit.", matrices), "",
               *_method("kernel(self)", "One step as the weights of a convolution.", kernel), "",
               *_method("spread(self, matrices, taps)", "Σ_r matrices[r] ⊗ taps[r].", spread), "",
               *_method("forward(self, x)", f"{layer.steps} step{'s' * (layer.steps > 1)}.", forward))
    tables = {name: Table.of(getattr(layer, name).detach().cpu().to(torch.float64).numpy()) for name in names}
    return ClassText(repr(layer), tuple(f"        {line}" for line in start), methods, tables)


def _method(head: str, summary: str, body: tuple[str, ...]) -> tuple[str, ...]:
    return (f"    def {head}:", f'        """{summary}"""', *(f"        {line}" for line in body))
