"""One first-order Rusanov step on 512² cells by each back end, padding included, over the fused kernel by numba."""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import paired
import torch

import pdeconv as pde
from pdeconv import catalog
from pdeconv.fused import fused

SYSTEMS = {
    "acoustics": catalog.acoustics(ndim=2).at(K=1, rho=1),
    "shallow water": catalog.shallow_water(ndim=2).at(g=1),
    "Euler": catalog.euler(ndim=2).at(gamma="7/5"),
}
CELLS, ROUNDS = 512, 15


def steps(system: pde.System) -> list:
    """A step by the fused kernel, by NumPy and by torch, on the same field."""
    kernel, sides = pde.lower(system.scheme("rusanov")), pde.boundary(system)
    u = np.random.default_rng(0).random((system.size, CELLS, CELLS)) / 4
    u[0] += 1
    u[-1] += 2
    compiled, padded, r = fused(kernel), sides.pad(u, 1), np.array([0.1, 0.1])
    out, tensor = padded.copy(), torch.from_numpy(u)

    def numba() -> None:
        sides.fill(padded, 1)
        compiled(padded, padded, 1.0, r, 0.01, out)

    return [numba, lambda: u + kernel.numpy(sides.pad(u, 1), (0.1, 0.1), 0.01),
            lambda: tensor + kernel.torch(sides.pad(tensor, 1), (0.1, 0.1), 0.01)]


torch.set_num_threads(1)
print(f"{'ms a step':16}{'numba':>9}{'numpy':>9}{'ratio':>7}{'torch':>9}{'ratio':>7}")
for name, system in SYSTEMS.items():
    numba, numpy, tensors = (1e3 * t for t in paired.interleaved(steps(system), ROUNDS))
    print(f"{name:16}{numba:9.2f}{numpy:9.1f}{numpy / numba:7.1f}{tensors:9.1f}{tensors / numba:7.1f}", flush=True)
