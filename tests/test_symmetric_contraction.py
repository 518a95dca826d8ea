"""Symmetric contractions: equivariance, completeness, gradients, the plan, the counts of MACE, and the messages."""
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import nn
import reptheory as rt
from reptheory.covariant import covariants

O3, SO3 = rt.O(3), rt.SO(3)
V3 = O3.irrep("0e") + O3.irrep("1o") + O3.irrep("2e") + O3.irrep("3o")


def features(layer, batch: int = 5, seed: int = 0) -> tuple[torch.Tensor, ...]:
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(batch, layer.in_type.dim, dtype=torch.float64, generator=generator)
    if layer.num_elements == 1:
        return (x,)
    return x, torch.randint(layer.num_elements, (batch,), generator=generator)


def error(layer, g) -> float:
    x, *rest = features(layer)
    rho, sigma = (torch.from_numpy(V.to_numpy(g)) for V in (layer.in_type, layer.out_type))
    y = layer(x, *rest)
    return ((layer(x @ rho.T, *rest) - y @ sigma.T).abs().max() / y.abs().max()).item()


# Laws ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("V", "W", "degree"), [
    (V3, O3.irrep("0e") + O3.irrep("1o"), 3), (2 * SO3.irrep(1) + SO3.trivial, 2 * SO3.irrep(1) + SO3.irrep(2), 3),
    (O3.vector, O3.irrep("0e") + O3.irrep("2e"), 4),
])
def test_it_commutes_with_rotations(V, W, degree):
    layer = nn.SymmetricContraction(V, W, degree, channels=2, num_elements=3, dtype=torch.float64)
    for g in (V.group.exp((0.3, -1.2, 0.7)), V.group.sample(2), *V.group.generators):
        assert error(layer, g) < 1e-14


@pytest.mark.parametrize(("V", "W"), [(rt.S(3).natural, rt.S(3).natural + rt.S(3).trivial),
                                      (rt.D(4).vector + rt.D(4).trivial, rt.D(4).vector),
                                      (rt.D(3).vector, rt.D(3).vector)])
def test_it_commutes_with_finite_groups(V, W):
    layer = nn.SymmetricContraction(V, W, 3, channels=3, dtype=torch.float64)
    layer.verify()
    assert all(error(layer, g) < 1e-14 for g in V.group.generators)


@settings(max_examples=8, deadline=None)
@given(st.lists(st.sampled_from(["0e", "0o", "1e", "1o", "2e"]), min_size=1, max_size=2), st.integers(1, 4))
def test_bases_are_complete_and_independent(keys, degree):
    V = sum((O3.irrep(k) for k in keys[1:]), start=O3.irrep(keys[0]))
    W = O3.irrep("0e") + O3.irrep("1o") + O3.irrep("2e")
    P = covariants(V, W, degree)
    P.verify()  # the counts are those of characters
    for count, table in zip(P.counts, P.tables()):
        assert np.linalg.matrix_rank(table.reshape(count, -1)) == count if count else table.size == 0


def test_the_polynomials_are_those_of_the_symmetric_tensors():
    P, x = covariants(O3.vector, O3.irrep("2e"), 2), np.array([1.0, -2, 0.5])
    Q = rt.reduced_tensor_product("ij=ji", i=O3.vector).reduction(keep=["2e"]).to_numpy()
    values = np.array([np.prod(x[list(t)]) for t in P.monomials])
    assert P.tables()[0][0] @ values == pytest.approx(np.einsum("kij,i,j", Q, x, x))


# Known values ----------------------------------------------------------------------------------------------
def test_molien_series_of_permutations_and_rotations():
    # S_3 on R³: 1/((1−t)(1−t²)(1−t³)) = 1 + t + 2t² + 3t³ + 4t⁴ + …; SO(3) on l = 1: 1/(1−t²).
    assert [covariants(rt.S(3).natural, rt.S(3).trivial, d).counts for d in (1, 2, 3, 4)] == [(1,), (2,), (3,), (4,)]
    assert [covariants(SO3.vector, SO3.trivial, d).counts for d in (1, 2, 3, 4)] == [(0,), (1,), (0,), (1,)]
    # The binary quartic has invariants of degrees 2 and 3 (Sylvester 1851): 1/((1−t²)(1−t³)).
    assert [covariants(SO3.irrep(2), SO3.trivial, d).counts[0] for d in range(1, 7)] == [0, 1, 1, 1, 1, 2]


def test_mace_has_29_paths():
    # ACEsuit/mace#1558: 29 weights for each element and channel without redundancy, 86 with it.
    layer = nn.SymmetricContraction(V3, O3.irrep("0e") + O3.irrep("1o"), 3)
    assert layer.counts == {1: (1, 1), 2: (4, 3), 3: (8, 12)} and layer.plan.size == 29
    layer.verify()


def test_the_basis_is_named_by_its_digest():
    layer = nn.SymmetricContraction(V3, O3.irrep("0e") + O3.irrep("1o"), 3)
    assert layer.basis_digest[:16] == "5e13f1ffb8dc62ba"


# The layer -------------------------------------------------------------------------------------------------
def small(**options):
    V = O3.irrep("0e") + O3.irrep("1o")
    return nn.SymmetricContraction(V, V, 3, **{"channels": 2, "num_elements": 2, "dtype": torch.float64, **options})


def test_the_layer_is_its_polynomials():
    layer = small()
    x, z = features(layer)
    fields, expected = x.unflatten(1, (4, 2)), 0
    for part in layer.covariants:
        values = torch.stack([fields[:, list(t)].prod(1) for t in part.monomials], 1)
        terms = []
        for b, table in enumerate(part.tables()):
            w = getattr(layer, f"w{b}_{part.degree}")[z, :, 0]
            terms.append(torch.einsum("pka,bac,bpc->bkc", torch.from_numpy(table), values, w))
        expected = expected + torch.cat(terms, 1).flatten(1)
    assert torch.allclose(layer(x, z), expected, atol=1e-14)


def test_one_hot_rows_are_elements():
    layer = small()
    x, z = features(layer)
    assert torch.equal(layer(x, torch.nn.functional.one_hot(z, 2)), layer(x, z))


def test_gradients():
    layer = small()
    x, z = features(layer, 2)
    assert torch.autograd.gradcheck(lambda x: layer(x, z), x.requires_grad_())
    assert torch.autograd.gradgradcheck(lambda x: layer(x, z), x)


def test_plan_in_numpy_and_compiled():
    layer = small()
    x, z = features(layer)
    weights = {name: p.detach().numpy() for name, p in layer.named_parameters()}
    y = layer(x, z)
    assert np.allclose(layer.plan(weights, x.numpy(), z.numpy()), y.detach().numpy(), atol=1e-14)
    assert torch.allclose(torch.compile(layer, backend="eager", fullgraph=True)(x, z), y, atol=1e-14)
    exported = torch.export.export(layer, (x, z), dynamic_shapes=({0: torch.export.Dim("rows")},) * 2)
    assert torch.allclose(exported.module()(x[:3], z[:3]), y[:3], atol=1e-14)


@pytest.mark.parametrize("elements", [1, 2])
def test_the_emitted_source_agrees(elements):
    layer, space = small(num_elements=elements), {}
    exec(compile(nn.source(layer, "Contraction"), "contraction", "exec"), space)
    other = space["Contraction"](dtype=torch.float64)
    other.load_state_dict(layer.state_dict())
    assert torch.equal(other(*features(layer)), layer(*features(layer)))


def test_float32_and_an_empty_batch():
    layer = small(dtype=torch.float32)
    x, z = features(layer)
    double = small()
    double.load_state_dict(layer.state_dict())
    assert (layer(x.float(), z) - double(x, z)).abs().max() < 1e-5
    assert layer(x[:0].float(), z[:0]).shape == (0, 8)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU")
def test_on_a_gpu_without_synchronisation():
    layer = small(device="cuda")
    x, z = (t.cuda() for t in features(layer))
    layer(x, z)
    torch.cuda.set_sync_debug_mode("error")
    try:
        y = layer(x.requires_grad_(), z)
        y.sum().backward()
    finally:
        torch.cuda.set_sync_debug_mode("default")
    assert torch.allclose(y.cpu(), layer.cpu()(x.cpu(), z.cpu()), atol=1e-13)


# Messages --------------------------------------------------------------------------------------------------
def test_messages():
    with pytest.raises(nn.EmptyHom, match=r"no equivariant polynomial of degree 1 to 2 takes O\(3\).vector to .*'0o'"):
        nn.SymmetricContraction(O3.vector, O3.irrep("0e") + O3.irrep("0o"), 2)
    with pytest.raises(ValueError, match="correlation=0 is no integer at least 1"):
        nn.SymmetricContraction(V3, V3, 0)
    with pytest.raises(ValueError, match=r"weights for 2 elements\. Give the element of each row"):
        small()(torch.zeros(3, 8))
    with pytest.raises(ValueError, match="int64 of shape"):
        small()(torch.zeros(3, 8), torch.zeros(3))
    with pytest.raises(nn.WrongChannels, match="one for each row"):
        small()(torch.zeros(3, 8), torch.zeros(4, dtype=torch.int64))
    with pytest.raises(nn.WrongChannels, match="has 8 channels"):
        small()(torch.zeros(3, 9), torch.zeros(3, dtype=torch.int64))
    with pytest.raises(rt.TooLarge, match="monomials of degree 9"):
        rt.covariants(V3, V3, 9)
    with pytest.raises(rt.DifferentGroups, match="Restrict"):
        rt.covariants(V3, SO3.trivial, 2)
    with pytest.raises(ValueError, match="degree=0"):
        rt.covariants(V3, V3, 0)
