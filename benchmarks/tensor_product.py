"""The fully connected product 64×(0e + 1o + 2e) ⊗ (0e + 1o + 2e) → 64×(0e + 1o + 2e): making, running, compiling it."""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator

import paired

CHANNELS, BATCH, ROUNDS = 64, 1000, 30
TEXT = " + ".join(f"{CHANNELS}x{key}" for key in ("0e", "1o", "2e"))


def measure(make, case: paired.Case) -> paired.Result:
    """Seconds to make the layer, of a forward pass, and of a training step, eager or compiled."""
    import torch

    device, dtype = str(case["device"]), getattr(torch, str(case["dtype"]))
    torch.set_default_dtype(dtype)
    torch.manual_seed(0)
    start = time.perf_counter()
    layer = make()
    made = time.perf_counter() - start
    layer = layer.to(device)
    x = torch.randn(BATCH, 9 * CHANNELS, device=device, requires_grad=True)
    y = torch.randn(BATCH, 9, device=device, requires_grad=True)
    cotangent = torch.randn(BATCH, 9 * CHANNELS, device=device)
    wait = torch.cuda.synchronize if device == "cuda" else lambda: None
    run = torch.compile(layer, fullgraph=True) if case["compiled"] else layer

    def step():
        for weight in (x, y, *layer.parameters()):
            weight.grad = None
        run(x, y).backward(cotangent)
        wait()

    def infer():
        with torch.no_grad():
            run(x, y)
        wait()

    start = time.perf_counter()
    step()
    first = time.perf_counter() - start
    trained, inferred = paired.interleaved([step, infer], ROUNDS)
    return {"make": made, "first": first, "forward": inferred, "step": trained}


def ours(**case: object) -> paired.Result:
    import nn
    import reptheory as rt

    def make():
        G = rt.O(3)
        scalar, vector, tensor = map(G.irrep, ("0e", "1o", "2e"))
        V = CHANNELS * scalar + CHANNELS * vector + CHANNELS * tensor
        return nn.TensorProduct(V, scalar + vector + tensor, V)

    return measure(make, case)


def e3nn(**case: object) -> paired.Result:
    from e3nn import o3

    return measure(lambda: o3.FullyConnectedTensorProduct(TEXT, "0e + 1o + 2e", TEXT), case)


def cuequivariance(**case: object) -> paired.Result:
    import cuequivariance as cue
    import cuequivariance_torch as cuet

    def make():
        V, W = cue.Irreps("O3", TEXT), cue.Irreps("O3", "0e + 1o + 2e")
        return cuet.FullyConnectedTensorProduct(V, W, V, layout=cue.ir_mul, internal_weights=True)

    return measure(make, case)


def devices() -> tuple[str, ...]:
    import torch

    return ("cpu", "cuda") if torch.cuda.is_available() else ("cpu",)


def rows(asked: argparse.Namespace) -> Iterator[list[str]]:
    for device in devices():
        for dtype in ("float32", "float64"):
            for compiled in (False, True):
                case = {"device": device, "dtype": dtype, "compiled": compiled}
                found = paired.compare(__file__, ("ours", "e3nn", "cuequivariance"), case, asked.repeats,
                                       threads=asked.threads, **paired.ALLOCATOR)
                mine = found["ours"]
                for side, answer in found.items():
                    if answer is not None and mine is not None:
                        times = [paired.seconds(answer[part]) for part in ("make", "first", "forward", "step")]
                        yield [f"{device}, {dtype}, {'compiled' if compiled else 'eager'}", side, *times,
                               f"{answer['step'] / mine['step']:.2f}×"]


def parent(asked: argparse.Namespace) -> None:
    paired.table(f"{TEXT} ⊗ 0e + 1o + 2e → the same, batch {BATCH}, threads: {asked.threads}",
                 ("", "side", "make", "first step", "forward", "step", "step over ours"), rows(asked))


if __name__ == "__main__":
    paired.main(__file__, {"ours": ours, "e3nn": e3nn, "cuequivariance": cuequivariance}, parent)
