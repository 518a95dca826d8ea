"""The audit of a network of the size of ResNet-18 under D(4), and of one wide convolution.

No other tool decides this. Beside it stands the dense road for one layer: the commutator of the two projections as
N⁴ matrices, for the largest image on which it fits, and what it would take for the layer that the audit decides.
"""
from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import paired
import torch

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from test_audit import ResNet  # the network of the tests, in full width

import nn
import reptheory as rt

G = rt.D(4)


def dense(side: int) -> float:
    """‖[Π_L, Π_G]‖ of a 3×3 layer between images, on all side⁴ entries of their matrices."""
    pixels = G.permutation(**{name: p.tolist() for name, p in zip(G.names, rt.grid(side).permutations(G))})
    orbit = [pixels.to_numpy(g) for g in G.elements]
    group = sum(np.kron(g, g) for g in orbit) / len(orbit)
    rows = []
    for t in np.ndindex(3, 3):
        table = np.zeros((side, side, side, side))
        for i, j in np.ndindex(side, side):
            a, b = i + t[0] - 1, j + t[1] - 1
            if 0 <= a < side and 0 <= b < side:
                table[i, j, a, b] = 1
        rows.append(table.ravel() / np.linalg.norm(table))
    layer = np.array(rows).T @ np.array(rows)
    return float(np.linalg.norm(layer @ group - group @ layer))


if __name__ == "__main__":
    torch.manual_seed(0)
    net = ResNet()
    for side in (224, 225):
        found: list = []
        took = paired.shortest(lambda: found.append(repr(nn.audit(net, 3 * G.trivial, 1000 * G.trivial,  # noqa: B023
                                                          input_shape=(3, side, side)))))  # noqa: B023
        wrong = sum(" no " in line for line in found[0].splitlines())
        print(f"ResNet-18 on {side}×{side}, {sum(p.numel() for p in net.parameters())} weights: {took:.2f} s, "
              f"{wrong} calls that do not commute")
    conv = torch.nn.Conv2d(64, 64, 3, padding=1, bias=False)
    ours = paired.shortest(lambda: repr(nn.audit(conv, 64 * G.trivial, input_shape=(64, 28, 28))))
    side = 7
    theirs = paired.shortest(lambda: dense(side))
    print(f"3×3, 64 → 64 channels on 28×28: {ours:.3f} s. Dense, 1 → 1 channel on {side}×{side}: {theirs:.2f} s, "
          f"{theirs / ours:.0f} times as long; on 28×28 with all channels it has {(28 * 28 * 64) ** 2:.0e} rows.")
