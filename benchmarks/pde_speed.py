"""Steps on 512² cells by each back end, as users take them: by a Stepper, boundaries and allocation included.

The least processor time of a few steps in turn, by one thread, which other work on the machine disturbs little.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import time
from collections.abc import Callable

import numpy as np
import torch

import pdeconv as pde
from pdeconv import catalog
from pdeconv.stepper import Stepper

SYSTEMS = {
    "acoustics": catalog.acoustics(ndim=2).at(K=1, rho=1),
    "shallow water": catalog.shallow_water(ndim=2).at(g=1),
    "Euler": catalog.euler(ndim=2).at(gamma="7/5"),
}
SCHEMES = {"rusanov": {}, "muscl": {"limiter": "minmod"}}
CELLS, ROUNDS, FAST = 512, 3, 60  # rounds of all, and steps of compiled code in each


def steps(kernel: pde.Kernel, dtype: str) -> tuple[list, float]:
    """A step by compiled code, by NumPy and by torch, on the same field; and how long the first one took."""
    sides = pde.boundary(kernel.scheme.system)
    u = np.random.default_rng(0).random((kernel.size, CELLS, CELLS)) / 4
    u[0] += 1
    u[-1] += 2
    u = u.astype(dtype)
    numba, numpy, torched = (Stepper(kernel, sides, (0.1, 0.1), b) for b in ("numba", "numpy", "torch"))
    tensor, last = torch.from_numpy(u), [u]

    def compiled() -> None:
        last[0] = numba(last[0], 1e-4)

    start = time.perf_counter()
    compiled()
    return [compiled, lambda: numpy(u, 1e-4), lambda: torched(tensor, 1e-4)], time.perf_counter() - start


def least(call: Callable[[], object], rounds: int) -> float:
    """The least milliseconds of processor time."""
    found = []
    for _ in range(rounds):
        start = time.process_time()
        call()
        found.append(1e3 * (time.process_time() - start))
    return min(found)


torch.set_num_threads(1)
print(f"{'ms a step':34}{'compile s':>10}{'numba':>9}{'numpy':>9}{'ratio':>7}{'torch':>9}{'ratio':>7}")
for scheme, options in SCHEMES.items():
    for name, system in SYSTEMS.items():
        for dtype in ("float64", "float32"):
            calls, cold = steps(pde.lower(system.scheme(scheme, **options)), dtype)
            taken = [[least(call, count) for call, count in zip(calls, (FAST, 1, 1))] for _ in range(ROUNDS)]
            numba, numpy, tensors = map(min, zip(*taken))
            what = f"{scheme} {name} {dtype}"
            print(f"{what:34}{cold:10.1f}{numba:9.2f}{numpy:9.1f}{numpy / numba:7.1f}{tensors:9.1f}"
                  f"{tensors / numba:7.1f}", flush=True)
