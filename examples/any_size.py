"""A network for graphs of every size: trained on graphs of 5 nodes, run on graphs of 50, with the same weights.

Its linear layers hold every map that commutes with relabelling the nodes; there is one for each set partition, whatever
the number of nodes. It learns how far the degree of each node is from the mean degree of its graph.
"""
import torch

import nn
import reptheory as rt

print(rt.permutation_family(2, 2))
print(*rt.permutation_family(2, 2).diagrams)
print("at n = 3:", *rt.permutation_family(2, 2).dependent(3))

torch.manual_seed(0)
model = torch.nn.Sequential(
    nn.PermutationLinear("nn", "8*n", bias=False),       # a matrix to 8 vectors
    torch.nn.ReLU(),
    nn.PermutationLinear("8*n", "n", bias=False),
)


def graphs(n):
    edges = (torch.rand(128, 1, n, n) < torch.rand(128, 1, 1, 1)).float().triu(1)
    edges = edges + edges.mT
    degrees = edges.mean(-1)
    return edges, (degrees - degrees.mean(-1, keepdim=True)).abs()


optimiser = torch.optim.Adam(model.parameters(), lr=0.03)
for _ in range(300):
    x, y = graphs(5)
    loss = (model(x) - y).square().mean()
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()
with torch.no_grad():
    for n in (5, 50):
        x, y = graphs(n)
        print(f"{n} nodes: R² = {1 - (model(x) - y).square().mean() / y.var():.4f}")
