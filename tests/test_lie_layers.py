"""Layers made for finite groups, on types of SO(3), O(3) and SU(2): they commute, or refuse with a witness."""
import pytest
import torch

import nn
import reptheory as rt

O3, SO3, SU2 = rt.O(3), rt.SO(3), rt.SU(2)
TYPES = {
    "SO(3)": 2 * SO3.irrep(0) + 3 * SO3.irrep(1) + 2 * SO3.irrep(2),
    "O(3)": 2 * O3.irrep("0e") + 2 * O3.irrep("0o") + 3 * O3.irrep("1o") + 2 * O3.irrep("2e"),
    "SU(2)": 2 * SU2.irrep(0) + 3 * SU2.irrep("1/2") + 2 * SU2.irrep(1),
}
TURN = (0.3, -0.8, 1.1)


def features(V: rt.Rep, batch: int = 6) -> torch.Tensor:
    dtype = torch.complex128 if V.scalars == "C" else torch.float64
    return torch.randn(batch, V.dim, dtype=dtype, generator=torch.Generator().manual_seed(1))


def error(layer, group) -> float:
    """max |f(ρ(g)x) − ρ(g)f(x)| at a random rotation and at each component generator."""
    x, found = features(layer.in_type), 0.0
    for g in (group.exp(TURN), *group.generators):
        rho, sigma = (torch.from_numpy(V.to_numpy(g)) for V in (layer.in_type, layer.out_type))
        rho, y = rho.to(x.dtype), layer(x)
        found = max(found, (layer(x @ rho.T) - y @ sigma.to(y.dtype).T).abs().max().item())
    return found


@pytest.mark.parametrize("V", TYPES.values(), ids=TYPES)
def test_layers_commute_with_rotations(V):
    group = V.group
    layers = [nn.Gate(V), nn.NormActivation(V, "tanh"), nn.NormActivation(V, "relu", bias=True).double(),
              nn.EquivariantBatchNorm(V, dtype=torch.float64), nn.EquivariantBatchNorm(V, dtype=torch.float64).eval(),
              nn.FieldDropout(V, 0.5).eval(), nn.InvariantPool(V, "norm"),
              nn.EquivariantLinear(V, V, dtype=torch.complex128 if V.scalars == "C" else torch.float64)]
    for layer in layers:
        assert error(layer, group) < 1e-13, layer


@pytest.mark.parametrize("V", TYPES.values(), ids=TYPES)
def test_batch_norm_has_one_variance_a_field_and_means_for_scalars_alone(V):
    norm = nn.EquivariantBatchNorm(V)
    assert len(norm.running_var) == sum(m for m, _ in V.summands)
    assert len(norm.running_mean) == 2


def test_dropout_keeps_or_drops_whole_fields():
    V = 4 * SO3.irrep(2)
    torch.manual_seed(0)
    y = nn.FieldDropout(V, 0.5)(torch.ones(50, V.dim)).unflatten(1, (5, 4))
    assert (y == y[:, :1]).all() and (y == 0).any() and (y == 2).any()


@pytest.mark.parametrize(("rep", "message"), [
    (SO3.irrep(1), r"relu does not commute with SO\(3\).irrep\(1\): Lx of the Lie algebra acts by \[0 0 0; 0 0 -1"),
    (O3.irrep("2e"), "Use nn.NormActivation, nn.Gate or nn.SphereActivation"),
    (rt.SO(2).irrep(1), "L of the Lie algebra acts by"),
])
def test_pointwise_functions_of_vectors_are_refused(rep, message):
    with pytest.raises(nn.DoesNotCommute, match=message):
        nn.Pointwise(3 * rep.group.trivial + rep, "relu")


def test_pseudoscalars_take_odd_functions_only():
    V = 3 * O3.irrep("0o")
    assert error(nn.Pointwise(V, "tanh"), O3) < 1e-15
    with pytest.raises(nn.DoesNotCommute, match="changes signs, and relu is not known to be odd"):
        nn.Pointwise(V, "relu")
    assert error(nn.Pointwise(3 * O3.irrep("0e"), "relu"), O3) < 1e-15


@pytest.mark.parametrize("kind", ["mean", "max"])
def test_means_over_a_vector_are_refused(kind):
    with pytest.raises(nn.DoesNotCommute, match="the group does not permute the basis"):
        nn.InvariantPool(2 * SO3.irrep(1), kind)


def test_norms_of_the_lorentz_group_are_refused():
    with pytest.raises(nn.DoesNotCommute, match=r"does not preserve the metric D = .* Restrict to a compact subgroup"):
        nn.NormActivation(rt.SO(1, 3).vector)
