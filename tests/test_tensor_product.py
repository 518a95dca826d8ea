"""Tensor products: all equivariant bilinear maps, path by path, in NumPy, torch and emitted source."""

from __future__ import annotations

import copy
import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import nn
import reptheory as rt
from nn.feature import transform

D4, CUBE, ROTATIONS = rt.D(4), rt.octahedral(), rt.SO(3)
ONE, PLANE, SIGN = D4.trivial, D4.vector, D4.sign
REPS = (ONE, SIGN, PLANE, D4.irrep("B1"), D4.regular)
L = [ROTATIONS.irrep(l) for l in range(3)]
EPS = {torch.float64: 2.0**-52, torch.float32: 2.0**-23}


def types(*reps: rt.Rep, most: int = 3):
    term = st.tuples(st.integers(1, most), st.sampled_from(reps))
    return st.lists(term, min_size=1, max_size=3).map(lambda ts: rt.direct_sum.Sum(tuple(ts)))


def draw(*shape: int, dtype=torch.float64, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed + sum(shape)), dtype=dtype)


def features(layer: nn.TensorProduct, batch: int = 4, dtype=torch.float64) -> list[torch.Tensor]:
    sizes = [layer.left_type.dim, layer.right_type.dim] + [layer.weight_numel] * (layer.weights == "external")
    return [draw(batch, n, dtype=dtype, seed=k) for k, n in enumerate(sizes)]


def moved(layer: nn.TensorProduct, given: list[torch.Tensor], g) -> list[torch.Tensor]:
    return [transform(given[0], layer.left_type, g), transform(given[1], layer.right_type, g), *given[2:]]


def dense(question: rt.Bilinear, weights: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The full product by one einsum a path, with a flat vector of weights: for each c, each path's (p, v, u, n)."""
    parts, start = [], 0
    left, right = (nn.split(torch.from_numpy(f), t) for f, t in ((x, question.left), (y, question.right)))
    for c, (n, rep) in enumerate(question.wanted.summands):
        out = np.zeros((len(x), rep.dim, n))
        for path in question.paths:
            if path.c == c:
                m, p = left[path.a].shape[2], right[path.b].shape[2]
                w = weights[start:start + path.dim * p * m * n].reshape(path.dim, p, m, n)
                start += w.size
                out += np.einsum("ekij,evun,ziu,zjv->zkn", path.table, w, left[path.a].numpy(), right[path.b].numpy())
        parts.append(out.reshape(len(x), -1))
    return np.concatenate(parts, 1)


# The space of maps ----------------------------------------------------------------------------------------------
@given(types(*REPS), types(*REPS), types(*REPS))
@settings(max_examples=20)
def test_full_weights_are_the_coordinates_of_hom_of_the_product(V1, V2, W):
    try:
        question = rt.Bilinear(V1, V2, W)
    except rt.NoPath:
        assert any(rt.Hom(V1 * V2, C).dim == 0 for _, C in W.summands)
        return
    assert question.dim == rt.Hom(V1 * V2, W).dim == rt.lower_bilinear(question).size


@pytest.mark.parametrize("l1, l2", [(0, 1), (1, 1), (1, 2), (2, 2)])
def test_products_of_rotations_have_a_path_for_each_degree_of_the_triangle(l1, l2):
    W = L[0] + L[1] + L[2] + ROTATIONS.irrep(3)
    wanted = [l for l in range(4) if abs(l1 - l2) <= l <= l1 + l2]
    found = rt.Bilinear(L[l1], L[l2], rt.direct_sum.Sum(tuple(W.summands[l] for l in wanted))).paths
    assert [path.dim for path in found] == [1] * len(wanted)


@pytest.mark.parametrize("group, keys", [(rt.O(3), ("1o", "2e", "3o")), (rt.SU(2), ("1/2", 1, "3/2")),
                                         (ROTATIONS, (2, 2, 1))])
def test_clebsch_gordan_paths_span_hom_of_the_product(group, keys):
    A, B, C = map(group.irrep, keys)
    table = rt.Bilinear(A, B, C).paths[0].table
    other = rt.Hom(A * B, C).basis.to_numpy().reshape(table.shape)
    assert abs(np.vdot(table, other)) == pytest.approx(1, abs=1e-14)


def test_multiplicities_of_paths_above_one_are_all_there():
    assert rt.Bilinear(D4.regular, PLANE, D4.regular).paths[0].dim == 16  # 8 · 2 · 8 / |D4|


def test_the_scalar_path_is_the_dot_product_and_the_vector_path_the_cross_product():
    layer = nn.TensorProduct(L[1], L[1], L[0] + L[1], dtype=torch.float64)
    with torch.no_grad():
        for weight, factor in zip(layer.parameters(), (math.sqrt(3), math.sqrt(6))):
            weight.fill_(factor)
    x, y = features(layer)
    out = layer(x, y)
    dot, cross = (x * y).sum(1), torch.linalg.cross(x, y)
    torch.testing.assert_close(out[:, 0].abs(), dot.abs(), rtol=1e-14, atol=1e-14)
    torch.testing.assert_close(out[:, 1:].abs(), cross.abs(), rtol=1e-14, atol=1e-14)


# Equivariance ---------------------------------------------------------------------------------------------------
MADE = [
    nn.TensorProduct(2*ONE + 3*PLANE, 2*PLANE + SIGN, 2*PLANE + 3*SIGN, dtype=torch.float64),
    nn.TensorProduct(2*ONE + 2*PLANE, PLANE + SIGN, 2*PLANE + 2*SIGN, "channelwise", "external", dtype=torch.float64),
    nn.TensorProduct(2*ONE + 3*PLANE, PLANE + 2*SIGN, PLANE + SIGN, "separate", dtype=torch.float64),
    nn.TensorProduct(2*ONE + 2*PLANE, 2*ONE + 2*PLANE, 2*PLANE + 2*ONE, "elementwise", dtype=torch.float64),
    nn.TensorProduct(2*L[0] + 2*L[1], L[1] + L[2], 2*L[1] + 3*L[2], weights="external", dtype=torch.float64),
    nn.TensorProduct(3*L[1] + 2*L[2], L[1] + L[2], L[1] + L[2], "separate", "external", dtype=torch.float64),
    nn.TensorProduct(3*L[1], 3*L[1] + 3*L[2], 3*L[1] + 3*L[2], "elementwise", "external", dtype=torch.float64),
]
ids = [f"{layer.mode}-{layer.weights}-{layer.left_type.group.expression}" for layer in MADE]


@pytest.mark.parametrize("layer", MADE, ids=ids)
def test_products_commute_with_the_group_at_rounding_level(layer):
    group = layer.left_type.group
    elements = [group.sample(1), group.sample(2)] if group.is_lie else group.names
    for dtype, eps in EPS.items():
        module = copy.deepcopy(layer).to(dtype)
        given_ = features(layer, dtype=dtype)
        for g in elements:
            out, rotated = module(*given_), module(*moved(layer, given_, g))
            error = (rotated - transform(out, layer.out_type, g)).norm() / out.norm()
            assert error < 16 * eps


def test_signed_permutations_commute_in_every_bit():
    V, W = 2*ONE + 2*PLANE, PLANE + SIGN
    layer = nn.TensorProduct(V, W, 2*PLANE)
    given_ = [torch.randint(-4, 5, f.shape, generator=torch.Generator().manual_seed(1)).float()
              for f in features(layer)]
    with torch.no_grad():
        for p in layer.parameters():
            p.copy_(torch.randint(-3, 4, p.shape).float())
        for c in layer.plan.consts:  # √½ in every entry: integers instead, for sums without rounding
            buffer = getattr(layer, f"const_{c.name}")
            buffer.copy_(buffer.sign())
    for g in D4.names:
        assert torch.equal(layer(*moved(layer, given_, g)), transform(layer(*given_), layer.out_type, g))


# Agreement ------------------------------------------------------------------------------------------------------
@given(types(*REPS), types(*REPS, most=2), st.sampled_from(REPS))
@settings(max_examples=15)
def test_the_program_is_the_sum_over_paths(V1, V2, C):
    W = 2 * C
    if rt.Hom(V1 * V2, C).dim == 0:
        return
    question = rt.Bilinear(V1, V2, W)
    plan = rt.lower_bilinear(question)
    x, y = draw(3, V1.dim).numpy(), draw(3, V2.dim, seed=5).numpy()
    layer = nn.PlanModule(plan, dtype=torch.float64)
    weights = {name: p.detach().numpy() for name, p in layer.named_parameters()}
    np.testing.assert_allclose(layer(torch.from_numpy(x), torch.from_numpy(y)).detach().numpy(), plan(weights, x, y),
                               rtol=1e-12, atol=1e-13)
    if len({m for m, _ in V1.summands}) == len({m for m, _ in V2.summands}) == 1 and V1.dim <= 16:
        flat = draw(plan.size, seed=9).numpy()
        rows = plan(flat, x, y)
        np.testing.assert_allclose(rows, dense(question, flat, x, y), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("layer", MADE, ids=ids)
def test_torch_and_the_emitted_source_agree_with_numpy(layer):
    given_ = features(layer)
    with torch.no_grad():
        out = layer(*given_)
    wanted = layer.plan({n: p.detach().numpy() for n, p in layer.named_parameters()}, *(f.numpy() for f in given_))
    torch.testing.assert_close(out, torch.from_numpy(wanted), rtol=1e-13, atol=1e-13)
    space: dict = {}
    exec(compile(nn.source(layer, "Product"), "product", "exec"), space)
    other = space["Product"](dtype=torch.float64)
    other.load_state_dict(layer.state_dict())
    assert torch.equal(other(*given_).detach(), out)


def test_external_weights_of_every_row_are_internal_weights_there():
    V, W = 2*L[0] + 2*L[1], 3*L[1]
    inside, outside = (nn.TensorProduct(V, L[1], W, weights=w, dtype=torch.float64) for w in nn.tensor_product.WEIGHTS)
    x, y, w = features(outside)
    scale = float(rt.lower_bilinear(inside.question).params[0].variance) ** 0.5
    for row in range(len(x)):
        with torch.no_grad():
            next(inside.parameters()).copy_(w[row].reshape(-1, 3) * scale)
        torch.testing.assert_close(inside(x[row:row + 1], y[row:row + 1]), outside(x, y, w)[row:row + 1])


@pytest.mark.parametrize("layer", MADE, ids=ids)
def test_outputs_start_with_variance_one(layer):
    torch.manual_seed(0)
    total = 0.0
    for _ in range(20):
        if layer.weights == "internal":
            layer.reset_parameters()
        given_ = [torch.randn(200, f.shape[1], dtype=torch.float64) for f in features(layer)]
        parts = nn.split(layer(*given_).detach(), layer.out_type)
        total += sum(part.square().mean().item() for part in parts) / len(parts) / 20
    assert 0.8 < total < 1.2


@pytest.mark.parametrize("l", [0, 1])
def test_vector_products_are_e3nn_s_up_to_the_sign_of_a_path(l):
    o3 = pytest.importorskip("e3nn.o3")
    G = rt.O(3)
    layer = nn.TensorProduct(4*G.irrep("1o"), G.irrep("1o"), 3*G.irrep(f"{l}e"), dtype=torch.float64)
    theirs = o3.FullyConnectedTensorProduct("4x1o", "1o", f"3x{l}e").double()
    with torch.no_grad():
        next(layer.parameters()).copy_(theirs.weight.reshape(4, 3) * ((2*l + 1) / 4) ** 0.5)
    x, y = features(layer)
    order = [1, 2, 0]  # e3nn's vectors are (y, z, x), and its channels slow
    wanted = theirs(x.reshape(4, 3, 4)[:, order].transpose(1, 2).reshape(4, 12), y[:, order]).reshape(4, 3, 2*l + 1)
    out = layer(x, y).reshape(4, 2*l + 1, 3).transpose(1, 2)
    out = out[..., order] if l else out
    sign = (out * wanted).sum().sign()
    torch.testing.assert_close(out * sign, wanted, rtol=1e-6, atol=1e-6)  # e3nn's tables are rounded to float32 once


# torch's own tools ----------------------------------------------------------------------------------------------
@pytest.mark.parametrize("layer", [MADE[0], MADE[1], MADE[3], MADE[4]], ids=lambda m: f"{m.mode}-{m.weights}")
def test_first_and_second_derivatives(layer):
    names = [n for n, _ in layer.named_parameters()]
    given_ = [f[:2].clone().requires_grad_() for f in features(layer)]
    weights = [p.detach().clone().requires_grad_() for p in layer.parameters()]

    def call(*args):
        return torch.func.functional_call(layer, dict(zip(names, args[len(given_):])), args[:len(given_)])

    assert torch.autograd.gradcheck(call, (*given_, *weights), fast_mode=True)
    assert torch.autograd.gradgradcheck(call, (*given_, *weights), fast_mode=True)


def test_vmap_over_weights_is_a_loop():
    layer = MADE[0]
    given_ = features(layer)
    stacked = {n: torch.stack([p.detach(), 2 * p.detach()]) for n, p in layer.named_parameters()}
    out = torch.func.vmap(lambda w: torch.func.functional_call(layer, w, tuple(given_)))(stacked)
    torch.testing.assert_close(out, torch.stack([layer(*given_), 2 * layer(*given_)]).detach())


def test_export_copies_and_checkpoints():
    layer = MADE[0]
    given_ = features(layer)
    batch = torch.export.Dim("batch", min=2)
    program = torch.export.export(layer, tuple(given_), dynamic_shapes={"x": {0: batch}, "y": {0: batch}})
    more = features(layer, 7)
    torch.testing.assert_close(program.module()(*more), layer(*more))
    other = nn.TensorProduct(layer.left_type, layer.right_type, layer.out_type, dtype=torch.float64)
    other.load_state_dict(layer.state_dict())
    assert torch.equal(other(*given_), layer(*given_)) and torch.equal(copy.deepcopy(layer)(*given_), layer(*given_))


def test_float32_and_back_loses_no_digit_of_the_tables():
    layer = nn.TensorProduct(L[1], L[2], L[1], weights="external", dtype=torch.float64)
    given_ = features(layer)
    assert torch.equal(copy.deepcopy(layer).float().double()(*given_), layer(*given_))


def test_autocast_and_an_empty_batch():
    layer = nn.TensorProduct(2*ONE + 2*PLANE, PLANE, 2*PLANE)
    x, y = (torch.zeros(0, t.dim, requires_grad=True) for t in (layer.left_type, layer.right_type))
    layer(x, y).sum().backward()
    assert layer(x, y).shape == (0, 4) and x.grad.shape == (0, 6)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert layer(torch.ones(3, 6), torch.ones(3, 2)).dtype == torch.bfloat16


@pytest.mark.gpu
def test_products_run_on_a_gpu():
    layer = copy.deepcopy(MADE[4]).cuda()
    given_ = features(layer)
    torch.testing.assert_close(layer(*(f.cuda() for f in given_)).cpu(), MADE[4](*given_))


# Errors ---------------------------------------------------------------------------------------------------------
def test_a_summand_that_no_path_reaches_is_named():
    with pytest.raises(rt.NoPath, match=r"no equivariant bilinear map SO\(3\).irrep\(1\) × SO\(3\).irrep\(1\) → "
                                        r"SO\(3\).irrep\(3\) but zero, .* Take SO\(3\).irrep\(3\) out of W"):
        nn.TensorProduct(L[1], L[1], L[1] + ROTATIONS.irrep(3))


def test_channels_that_a_mode_cannot_pair_are_named():
    with pytest.raises(rt.WrongChannelCount, match=r"2\*D\(4\).vector ⊗ D\(4\).vector → 3\*D\(4\).trivial"):
        nn.TensorProduct(2*PLANE, PLANE, 3*ONE, "channelwise")
    with pytest.raises(rt.WrongChannelCount, match=r"Write D\(4\).trivial"):
        nn.TensorProduct(2*PLANE, PLANE, 3*ONE, "separate")
    with pytest.raises(rt.WrongChannelCount, match='use mode="full"'):
        nn.TensorProduct(2*PLANE, PLANE, 2*ONE, "elementwise")


def test_wrong_inputs_say_what_to_change():
    layer, other = MADE[0], MADE[1]
    x, y = features(layer)
    with pytest.raises(nn.WrongChannels, match="has 8 channels, and this tensor has 5"):
        layer(y, y)
    with pytest.raises(nn.WrongChannels, match="4 rows and the second 3"):
        layer(x, y[:3])
    with pytest.raises(nn.WrongChannels, match="Flatten the other axes"):
        layer(x[..., None], y)
    with pytest.raises(nn.WrongWeights, match='weights="external"'):
        layer(x, y, x)
    with pytest.raises(nn.WrongWeights, match="none were given"):
        other(*features(other)[:2])
    with pytest.raises(ValueError, match="the modes are 'full'"):
        rt.Bilinear(PLANE, PLANE, ONE, "uvw")
    with pytest.raises(ValueError, match="internal"):
        nn.TensorProduct(PLANE, PLANE, ONE, weights="shared")
    with pytest.raises(rt.DifferentGroups, match="Restrict"):
        rt.Bilinear(PLANE, CUBE.vector, ONE)
    with pytest.raises(TypeError, match="channel counts"):
        nn.TensorProduct(8, PLANE, ONE)


@pytest.mark.parametrize("dtype, allowed", [(torch.float32, 1e-6), (torch.float64, 1e-14)])
def test_the_equivariance_error_is_rounding(dtype, allowed):
    G = rt.O(3)
    V, Y = (m * G.irrep("0e") + m * G.irrep("1o") + m * G.irrep("2e") for m in (64, 1))
    layer = nn.TensorProduct(V, Y, V).to(dtype)
    x, y = torch.randn(50, V.dim, dtype=torch.float64), torch.randn(50, Y.dim, dtype=torch.float64)
    with torch.no_grad():
        for g in (G.exp([0.3, 0.2, 0.9]), G.exp([-1.1, 2.0, 0.4]), "i"):
            left = layer(transform(x, V, g).to(dtype), transform(y, Y, g).to(dtype)).double()
            right = transform(layer(x.to(dtype), y.to(dtype)).double(), V, g)
            assert (left - right).norm() < allowed * right.norm()
