"""EquivariantLinear on m×(0e + 1o + 2e), over the three bare matrix products, and the peers' layers over the same."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

import paired

BATCH, ROUNDS, DIMS = 1000, 20, (1, 3, 5)


def measure(make, case: paired.Case) -> paired.Result:
    """The median seconds of a training step and a forward pass, and those of the bare products beside them."""
    import torch

    m, device = int(str(case["channels"])), str(case["device"])
    torch.manual_seed(0)
    layer = make(m).to(device)
    x = torch.randn(BATCH, 9 * m, device=device, requires_grad=True)
    cotangent = torch.randn(BATCH, 9 * m, device=device)
    parts = [torch.randn(BATCH * d, m, device=device, requires_grad=True) for d in DIMS]
    weights = [torch.randn(m, m, device=device, requires_grad=True) for _ in DIMS]
    outs = [torch.randn(BATCH * d, m, device=device) for d in DIMS]
    wait = torch.cuda.synchronize if device == "cuda" else lambda: None

    def step():
        for p in (x, *layer.parameters()):
            p.grad = None
        layer(x).backward(cotangent)
        wait()

    def bare_step():
        for p in (*parts, *weights):
            p.grad = None
        for part, weight, out in zip(parts, weights, outs):
            (part @ weight).backward(out)
        wait()

    @torch.no_grad()
    def infer():
        layer(x)
        wait()

    @torch.no_grad()
    def bare_infer():
        for part, weight in zip(parts, weights):
            part @ weight
        wait()

    trained, bare, inferred, bare_inferred = paired.interleaved([step, bare_step, infer, bare_infer], ROUNDS)
    return {"step": trained, "bare": bare, "forward": inferred, "ratio": trained / bare,
            "forward_ratio": inferred / bare_inferred}


def text(m: int) -> str:
    return " + ".join(f"{m}x{key}" for key in ("0e", "1o", "2e"))


def ours(**case: object) -> paired.Result:
    import nn
    import reptheory as rt

    def make(m: int):
        G = rt.O(3)
        V = m * G.irrep("0e") + m * G.irrep("1o") + m * G.irrep("2e")
        return nn.EquivariantLinear(V, V, bias=False)

    return measure(make, case)


def e3nn(**case: object) -> paired.Result:
    from e3nn import o3

    return measure(lambda m: o3.Linear(text(m), text(m)), case)


def cuequivariance(**case: object) -> paired.Result:
    import cuequivariance as cue
    import cuequivariance_torch as cuet

    def make(m: int):
        V = cue.Irreps("O3", text(m))
        return cuet.Linear(V, V, layout=cue.ir_mul, internal_weights=True)

    return measure(make, case)


def rows(asked: argparse.Namespace) -> Iterator[list[str]]:
    import torch

    for device in ("cpu", "cuda") if torch.cuda.is_available() else ("cpu",):
        for m in (64, 256):
            found = paired.compare(__file__, ("ours", "e3nn", "cuequivariance"), {"channels": m, "device": device},
                                   asked.repeats, threads=asked.threads, **paired.ALLOCATOR)
            for side, answer in found.items():
                if answer is not None:
                    yield [f"{device}, {m} channels", side, paired.seconds(answer["forward"]),
                           f"{answer['forward_ratio']:.2f}×", paired.seconds(answer["step"]), f"{answer['ratio']:.2f}×"]


def parent(asked: argparse.Namespace) -> None:
    paired.table(f"m×(0e + 1o + 2e) → the same, batch {BATCH}, float32, threads: {asked.threads}",
                 ("", "side", "forward", "over bare products", "step", "over bare products"), rows(asked))


if __name__ == "__main__":
    paired.main(__file__, {"ours": ours, "e3nn": e3nn, "cuequivariance": cuequivariance}, parent)
