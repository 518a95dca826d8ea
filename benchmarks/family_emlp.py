"""S_n in every dimension: all maps of tensor powers, ours and EMLP's from cold; then the layer beside its matrix."""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator

import paired

CHANNELS, BATCH = 8, 16


def ours(k: int, l: int, n: int) -> paired.Result:
    start = time.perf_counter()
    import reptheory as rt

    imported = time.perf_counter()
    basis = rt.permutation_family(k, l).to_numpy(n)
    solved = time.perf_counter()
    return {"import": imported - start, "solve": solved - imported, "dim": len(basis), "entries": basis.size}


def emlp(k: int, l: int, n: int) -> paired.Result:
    start = time.perf_counter()
    import numpy as np
    from emlp.groups import S
    from emlp.reps import T

    imported = time.perf_counter()
    basis = np.asarray((T(k)(S(n)) >> T(l)(S(n))).equivariant_basis())
    solved = time.perf_counter()
    return {
        "import": imported - start, "solve": solved - imported, "dim": basis.shape[1], "entries": basis.size,
    }


CASES = {f"S({n}): T{k} → T{l}": {"k": k, "l": l, "n": n}
         for k, l, n in ((1, 1, 8), (2, 1, 8), (2, 2, 4), (2, 2, 6), (2, 2, 8), (3, 1, 6), (3, 2, 4))}


def layers(asked: argparse.Namespace) -> Iterator[list[str]]:
    """The same map of graphs, as diagrams and as a matrix, at growing n; no matrix above n = 32, for its 4 GB."""
    import torch

    import nn

    torch.set_num_threads(asked.threads)
    layer = nn.PermutationLinear([(CHANNELS, 2)], [(CHANNELS, 2)]).eval()
    for n in (8, 16, 32, 64):
        x = torch.randn(BATCH, CHANNELS, n, n)
        calls = [lambda x=x: layer(x)]
        if n <= 32:
            size = CHANNELS * n * n
            flat, matrix = x.flatten(1), torch.randn(size, size)  # what the expanded map would be
            calls.append(lambda flat=flat, matrix=matrix: flat @ matrix)
        with torch.no_grad():
            taken = paired.interleaved(calls, 9)
        mine, dense = {"time": taken[0]}, {"time": taken[1]} if len(taken) > 1 else None
        yield [str(n), *paired.ratio(dense, mine, "time")]


def parent(asked: argparse.Namespace) -> None:
    """Our orthonormal basis in float64, EMLP's in float32; each in a fresh process."""
    head = (
        "question", "dim", "EMLP", "ours", "EMLP", "ratio", "ours with import", "EMLP with import", "ratio",
    )
    paired.table("Tensor powers of S(n) from cold: ours and EMLP", head, paired.answers(__file__, "emlp", CASES, asked))
    if not asked.only:
        head = ("n", "layer", "matrix product", "ratio")
        paired.table(f"A layer of graphs, {CHANNELS} → {CHANNELS} channels, batch {BATCH}", head, layers(asked))


if __name__ == "__main__":
    paired.main(__file__, {"ours": ours, "emlp": emlp}, parent)
