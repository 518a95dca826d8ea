"""Reduced tensor products, ours exact, and MACE's symmetric contraction: construction, paths, and training steps."""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator

import paired

FORMULAS = {
    "ij=ji, 1o+2e": ("ij=ji", "1o+2e"),
    "ijkl=jikl=ijlk=klij, 1o": ("ijkl=jikl=ijlk=klij", "1o"),
    "ijk=-jik=-ikj, 1o+2e": ("ijk=-jik=-ikj", "1o+2e"),
    "ijk=jik=jki, 0e+1o+2e": ("ijk=jik=jki", "0e+1o+2e"),
    "ijk=jik=jki, 0e+1o+2e+3o": ("ijk=jik=jki", "0e+1o+2e+3o"),
}
BATCH, ELEMENTS = 100, 10


def sum_of(keys: str, group):
    """The type 0e + 1o + …, one copy each."""
    first, *rest = (group.irrep(key) for key in keys.split("+"))
    return sum(rest, start=first)


def ours_reduced(formula: str, irreps: str) -> paired.Result:
    import reptheory as rt

    V = sum_of(irreps, rt.O(3))
    start = time.perf_counter()
    found = rt.reduced_tensor_product(formula, i=V).reduction()
    found.to_numpy()
    return {"time": time.perf_counter() - start, "dim": found.tensors.dim}


def e3nn_reduced(formula: str, irreps: str) -> paired.Result:
    from e3nn import o3

    start = time.perf_counter()
    found = o3.ReducedTensorProducts(formula, i=irreps)
    return {"time": time.perf_counter() - start, "dim": found.irreps_out.dim}


def training(make, rounds: int) -> paired.Result:
    """Construction, paths per element and channel, and the forward pass with gradients of input and weights."""
    import os

    import torch

    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    start = time.perf_counter()
    layer, dim, paths = make()
    made = time.perf_counter() - start
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(BATCH, dim, generator=generator).requires_grad_()
    z = torch.randint(ELEMENTS, (BATCH,), generator=generator, dtype=torch.int32)
    z = z if "cuequivariance" in type(layer).__module__ else z.long()

    def step():
        layer(x, z).square().sum().backward()

    return {"made": made, "paths": paths, "time": paired.interleaved([step], rounds)[0]}


def ours_contraction(source: str, target: str, degree: int, channels: int, rounds: int) -> paired.Result:
    def make():
        import reptheory as rt

        V, W = sum_of(source, rt.O(3)), sum_of(target, rt.O(3))
        layer = nn.SymmetricContraction(V, W, degree, channels, ELEMENTS)
        return layer, layer.in_type.dim, layer.plan.size // (ELEMENTS * channels)

    import nn

    return training(make, rounds)


def cuequivariance_contraction(source: str, target: str, degree: int, channels: int, rounds: int) -> paired.Result:
    import cuequivariance as cue
    import cuequivariance_torch as cuet

    def make():
        V, W = (cue.Irreps("O3", "+".join(f"{channels}x{key}" for key in keys.split("+"))) for keys in (source, target))
        layer = cuet.SymmetricContraction(V, W, degree, ELEMENTS, layout_in=cue.ir_mul, layout_out=cue.ir_mul,
                                          use_fallback=True)
        return layer, V.dim, layer.weight.numel() // (ELEMENTS * channels)

    return training(make, rounds)


CONTRACTIONS = {
    "0e+1o+2e → 0e+1o+2e, 32 channels": ("0e+1o+2e", "0e+1o+2e", 3, 32),
    "0e+1o+2e+3o → 0e+1o, 64 channels": ("0e+1o+2e+3o", "0e+1o", 3, 64),
}


def ours(task: str, case: list) -> paired.Result:
    return ours_reduced(*case) if task == "reduced" else ours_contraction(*case)


def e3nn(task: str, case: list) -> paired.Result:
    return e3nn_reduced(*case)


def cuequivariance(task: str, case: list) -> paired.Result:
    return cuequivariance_contraction(*case)


SIDES = {"ours": ours, "e3nn": e3nn, "cuequivariance": cuequivariance}
PEER = {"reduced": "e3nn", "contraction": "cuequivariance"}


def asked_of(asked: argparse.Namespace, task: str, case: tuple) -> tuple[paired.Result | None, paired.Result | None]:
    found = paired.compare(__file__, ("ours", PEER[task]), {"task": task, "case": case}, asked.repeats,
                           threads=asked.threads)
    return found["ours"], found[PEER[task]]


def tensors(asked: argparse.Namespace) -> Iterator[list[str]]:
    for name, case in FORMULAS.items():
        if asked.only in name:
            mine, theirs = asked_of(asked, "reduced", case)
            yield [name, paired.number(mine, "dim"), paired.number(theirs, "dim"), *paired.ratio(theirs, mine, "time")]


def contractions(asked: argparse.Namespace) -> Iterator[list[str]]:
    for name, case in CONTRACTIONS.items():
        if asked.only in name:
            mine, theirs = asked_of(asked, "contraction", (*case, 5))
            yield [name, paired.number(mine, "paths"), paired.number(theirs, "paths"),
                   *paired.ratio(theirs, mine, "made"), *paired.ratio(theirs, mine, "time")]


def parent(asked: argparse.Namespace) -> None:
    paired.table("Reduced tensor products: the change of basis in float64", (
        "formula", "dim", "e3nn", "ours", "e3nn", "ratio"), tensors(asked))
    paired.table(f"Symmetric contractions of degree 3, batch {BATCH}, {ELEMENTS} elements, threads: {asked.threads}", (
        "types", "paths", "cuequivariance", "made", "cuequivariance", "ratio", "step", "cuequivariance", "ratio"),
        contractions(asked))


if __name__ == "__main__":
    paired.main(__file__, SIDES, parent)
