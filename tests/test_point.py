"""Steerable convolutions on point clouds: equivariance, forces, the origin, and graphs that are none."""
from __future__ import annotations

import copy
import io

import pytest
import torch

import nn
import reptheory as rt
from nn.linear import EmptyHom
from nn.point import BadGraph

SO2, O2, SO3, O3 = rt.SO(2), rt.O(2), rt.SO(3), rt.O(3)
V, W = O3.irrep("0e") + 2 * O3.irrep("1o"), 2 * O3.irrep("0e") + O3.irrep("1e") + 3 * O3.irrep("2e")


def graph(nodes: int = 6, edges: int = 14, dim: int = 3, seed: int = 0):
    draw = torch.Generator().manual_seed(seed)
    pos = torch.randn(nodes, dim, generator=draw, dtype=torch.float64) / 3
    pairs = torch.randint(0, nodes, (2, edges), generator=draw)
    return pos, pairs[:, pairs[0] != pairs[1]], draw


def layer(source: rt.Rep = V, target: rt.Rep = W, seed: int = 0, **options) -> nn.PointConv:
    torch.manual_seed(seed)
    return nn.PointConv(source, target, **{"cutoff": 3.0, "hidden": (8,), "dtype": torch.float64} | options)


def turned(rep: rt.Rep, g, x: torch.Tensor) -> torch.Tensor:
    return nn.transform(x, rep, g)


QUATERNION = rt.Matrix.of([["-2/3", "2/15", "11/15"], ["2/3", "-1/3", "2/3"], ["1/3", "14/15", "2/15"]])


@pytest.mark.parametrize("source, target, dim, options", [
    (V, W, 3, {}), (SO3.irrep(1), SO3.irrep(0) + SO3.irrep(2), 3, {"reduce": "mean"}),
    (O2.irrep("0e") + O2.irrep(1), O2.irrep(2) + O2.irrep("0e"), 2, {}),
    (SO2.irrep(1), SO2.irrep(1) + SO2.irrep(2), 2, {"average_degree": 4.0}),
    (rt.octahedral().vector, rt.octahedral().vector + rt.octahedral().trivial, 3, {"max_frequency": 3}),
    (rt.D(5).vector, rt.D(5).regular, 2, {"max_frequency": 4}),
], ids=range(6))
def test_it_commutes_with_the_group_and_translations(source, target, dim, options):
    pos, edges, draw = graph(dim=dim)
    conv = layer(source, target, dim=dim, **options)
    x = torch.randn(len(pos), source.dim, generator=draw, dtype=torch.float64)
    y = conv(x, edges, pos)
    group = source.group
    elements = [group.sample(3).matrix] if group.is_lie else list(group.names)
    if group.is_lie:
        elements += list(group.components)
    for g in elements:
        space = torch.from_numpy(group.vector.to_numpy(g))
        error = (conv(turned(source, g, x), edges, pos @ space.T + 1.0) - turned(target, g, y)).abs().max()
        assert error < 3e-14 * y.abs().max()
    assert y.abs().max() > 1e-3


def test_edge_vectors_say_the_same_as_positions():
    pos, edges, draw = graph()
    conv = layer()
    x = torch.randn(len(pos), V.dim, generator=draw, dtype=torch.float64)
    vectors = pos[edges[0]] - pos[edges[1]]
    assert torch.equal(conv(x, edges, pos), conv(x, edges, edge_vectors=vectors))


def test_it_is_the_sum_over_dense_kernels():
    """y_i = Σ_j κ(x_j − x_i) f_j with κ = Σ L φ κ_p written out, from the exact paths."""
    pos, edges, draw = graph()
    source, target = 2 * SO3.irrep(1), SO3.irrep(1)
    conv = layer(source, target)
    x = torch.randn(len(pos), 6, generator=draw, dtype=torch.float64)
    expected = torch.zeros(len(pos), 3, dtype=torch.float64)
    for j, i in edges.T.tolist():
        v = pos[j] - pos[i]
        r = v.norm()
        weights = (conv.radial(conv.radial_basis(r[None]))[0] * nn.radial.envelope(r / 3)).reshape(-1, 2)
        for p, path in enumerate(conv.hom.paths):
            unit = [float(c) for c in v / r]
            exact = torch.tensor([[sum(float(c) * unit[0] ** a[0] * unit[1] ** a[1] * unit[2] ** a[2]
                                       for a, c in f.terms.items()) for f in row] for row in path.kernel.entries],
                                 dtype=torch.float64)
            scale = (3 * (2 * path.degree + 1) / float(path.piece.norms[path.index])) ** 0.5
            for m in range(2):
                expected[i] += conv.mix_0_0[0, p, m] * weights[p, m] * scale * (exact @ x[j, m::2])
    assert (conv(x, edges, pos) - expected).abs().max() < 1e-12


def test_gradients_and_forces():
    pos, edges, draw = graph(4, 6)
    conv = layer(O3.irrep("0e") + O3.irrep("1o"), O3.irrep("0e") + O3.irrep("1o"), hidden=(4,), radial=2)
    x = torch.randn(4, 4, generator=draw, dtype=torch.float64, requires_grad=True)
    pos.requires_grad_()
    assert torch.autograd.gradcheck(lambda f, p: conv(f, edges, p), (x, pos))
    assert torch.autograd.gradgradcheck(lambda p: conv(x.detach(), edges, p)[:, 0].sum(), pos)


def test_forces_turn_with_the_molecule():
    pos, edges, _ = graph()
    conv = layer(O3.irrep("0e"), O3.irrep("0e"))
    x = torch.ones(len(pos), 1, dtype=torch.float64)

    def forces(p: torch.Tensor) -> torch.Tensor:
        p = p.clone().requires_grad_()
        return torch.autograd.grad(conv(x, edges, p).sum(), p)[0]
    g = torch.from_numpy(O3.vector.to_numpy(O3.sample(5)))
    assert (forces(pos @ g.T) - forces(pos) @ g.T).abs().max() < 1e-13


def test_coinciding_points_carry_j_0_only_and_have_zero_gradient():
    conv = layer(SO3.irrep(0), SO3.irrep(0) + SO3.irrep(1), radial=3)
    pos = torch.zeros(2, 3, dtype=torch.float64, requires_grad=True)
    edges = torch.tensor([[0, 1], [0, 0]])  # a loop, and a point at the same place
    y = conv(torch.ones(2, 1, dtype=torch.float64), edges, pos)
    assert y[0, 0] != 0 and not y[:, 1:].any()
    gradient, = torch.autograd.grad(y.square().sum(), pos, create_graph=True)
    assert not gradient.any() and torch.isfinite(torch.autograd.grad(gradient.sum(), pos)[0]).all()


def test_beyond_the_cutoff_nothing_is_felt():
    conv = layer(cutoff=1.0)
    pos = torch.tensor([[0., 0, 0], [0, 0, 1.5]], dtype=torch.float64)
    assert not conv(torch.ones(2, V.dim, dtype=torch.float64), torch.tensor([[1], [0]]), pos).any()


@pytest.mark.parametrize("reduce", ["sum", "mean"])
def test_graphs_without_edges_and_without_nodes_give_zeros(reduce):
    conv, none = layer(reduce=reduce), torch.empty(2, 0, dtype=torch.int64)
    assert torch.equal(conv(torch.ones(3, V.dim, dtype=torch.float64), none, torch.zeros(3, 3, dtype=torch.float64)),
                       torch.zeros(3, W.dim, dtype=torch.float64))
    assert conv(torch.ones(0, V.dim, dtype=torch.float64), none, torch.zeros(0, 3, dtype=torch.float64)).shape == (
        0, W.dim)


def test_nan_reaches_its_neighbours_and_no_others():
    conv, (pos, _, _) = layer(), graph(3)
    pos[0] = float("nan")
    y = conv(torch.ones(3, V.dim, dtype=torch.float64), torch.tensor([[0, 1], [1, 2]]), pos)
    assert y[1].isnan().any() and not y[2].isnan().any()


def test_checks_name_the_edge_and_the_row():
    conv, (pos, _, _) = layer(check=True), graph(3)
    x = torch.ones(3, V.dim, dtype=torch.float64)
    with pytest.raises(BadGraph, match="edge 1 has the source 3, and there are 3 nodes"):
        conv(x, torch.tensor([[0, 3], [1, 2]]), pos)
    pos[1, 2] = float("inf")
    with pytest.raises(BadGraph, match="row 1 of the positions"):
        conv(x, torch.tensor([[0], [1]]), pos)


@pytest.mark.parametrize("edges, given, words", [
    (torch.zeros(3, 2, dtype=torch.int64), {"pos": torch.zeros(2, 3)}, "int64 tensor \\(2, E\\)"),
    (torch.zeros(2, 2), {"pos": torch.zeros(2, 3)}, "int64 tensor \\(2, E\\)"),
    (torch.zeros(2, 2, dtype=torch.int64), {}, "positions pos=\\(N, n\\) or edge_vectors"),
    (torch.zeros(2, 2, dtype=torch.int64), {"pos": torch.zeros(2, 2)}, "\\(2, 3\\) is needed: a row for each node"),
    (torch.zeros(2, 5, dtype=torch.int64), {"edge_vectors": torch.zeros(2, 3)}, "a row for each edge"),
], ids=range(5))
def test_what_is_no_graph_is_refused(edges, given, words):
    with pytest.raises(BadGraph, match=words):
        nn.PointConv(V, W)(torch.zeros(2, V.dim), edges, **given)


@pytest.mark.parametrize("make, error, words", [
    (lambda: nn.PointConv(O3.irrep("0e"), O3.irrep("0o")), EmptyHom, "zero into O\\(3\\)"),
    (lambda: nn.PointConv(rt.D(4).vector, rt.D(4).vector, dim=2), rt.TooLarge, "max_frequency=4"),
    (lambda: nn.PointConv(V, W, cutoff=0), ValueError, "a positive number"),
    (lambda: nn.PointConv(V, W, reduce="max"), ValueError, "'sum' or 'mean'"),
    (lambda: nn.PointConv(V, W, average_degree=0), ValueError, "above 0"),
    (lambda: nn.PointConv(8, W), TypeError, "layers take types"),
    (lambda: nn.PointConv(V, W, radial=torch.nn.Flatten(0)), ValueError, "a row for each distance"),
], ids=range(7))
def test_refusals_say_what_to_change(make, error, words):
    with pytest.raises(error, match=words):
        make()


def test_copies_checkpoints_dtypes_and_devices():
    pos, edges, draw = graph()
    conv = layer()
    x = torch.randn(len(pos), V.dim, generator=draw, dtype=torch.float64)
    y = conv(x, edges, pos)
    assert torch.equal(copy.deepcopy(conv)(x, edges, pos), y)
    buffer = io.BytesIO()
    torch.save(conv.state_dict(), buffer)
    other = layer(seed=1)
    other.load_state_dict(torch.load(io.BytesIO(buffer.getvalue())))
    assert torch.equal(other(x, edges, pos), y)
    single = copy.deepcopy(conv).float()
    assert (single(x.float(), edges, pos.float()) - y).abs().max() < 1e-5 * y.abs().max()
    assert torch.equal(single.double().table_0, conv.table_0)
    exported = torch.export.export(conv, (x, edges, pos)).module()
    assert torch.allclose(exported(x, edges, pos), y, rtol=1e-13)
    meta = nn.PointConv(V, W, device="meta")
    assert meta(torch.empty(4, V.dim, device="meta"), torch.empty(2, 3, dtype=torch.int64, device="meta"),
                torch.empty(4, 3, device="meta")).shape == (4, W.dim)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU")
def test_on_a_gpu():
    pos, edges, draw = graph()
    conv = layer()
    x = torch.randn(len(pos), V.dim, generator=draw, dtype=torch.float64)
    there = copy.deepcopy(conv).cuda()(x.cuda(), edges.cuda(), pos.cuda()).cpu()
    assert torch.allclose(there, conv(x, edges, pos))
