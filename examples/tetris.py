"""Eight shapes of four cubes, two of them mirror images: learned in one orientation, told apart in all others."""
import torch

import nn
import reptheory as rt

SHAPES = {"screw": "000 001 100 110", "screw, mirrored": "000 001 010 110", "square": "000 100 010 110",
          "line": "000 001 002 003", "corner": "000 001 010 100", "L": "000 001 002 010", "T": "000 001 002 011",
          "zigzag": "000 100 110 210"}                              # four cubes each, by their coordinates x, y, z
G = rt.SO(3)
hidden = 16 * G.irrep(0) + 8 * G.irrep(1) + 4 * G.irrep(2)
gate = nn.Gate(hidden)
print(rt.Hom(G.irrep(1), G.irrep(2), on=rt.R(3)))
torch.manual_seed(0)
types = [(G.irrep(0), gate.in_type), (hidden, gate.in_type), (hidden, 8 * G.irrep(0))]   # a triple product takes three
convs = torch.nn.ModuleList(nn.PointConv(V, W, cutoff=1.5, average_degree=2, hidden=(16,)) for V, W in types)
positions = torch.tensor([[float(c) for c in cube] for shape in SHAPES.values() for cube in shape.split()])
node = torch.arange(len(positions))
near = (torch.cdist(positions, positions) < 1.1) & (node[:, None] != node) & (node[:, None] // 4 == node // 4)
edges = near.nonzero().T.contiguous()


def logits(pos: torch.Tensor) -> torch.Tensor:
    """One score for each of the eight shapes, added up over its four cubes."""
    x = torch.ones(len(pos), 1)
    for conv in convs:
        x = conv(gate(x) if conv is not convs[0] else x, edges, pos)
    return x.unflatten(0, (8, 4)).sum(1)


optimiser = torch.optim.Adam(convs.parameters(), lr=0.02)
for _ in range(100):
    optimiser.zero_grad()
    torch.nn.functional.cross_entropy(logits(positions), torch.arange(8)).backward()
    optimiser.step()
turned = [torch.linalg.qr(torch.randn(3, 3)).Q for _ in range(100)]
turned = [q * q.det().sign() for q in turned]                       # rotations, no reflections
with torch.no_grad():
    right = sum((logits(positions @ q.T).argmax(1) == torch.arange(8)).float().mean().item() for q in turned)
print(f"seen in one orientation, told apart in 100 others: {right:.0f} %")
