"""Activations: they commute with the group, exactly where they can, and refuse where they do not."""
from __future__ import annotations

import copy
import pickle

import pytest
import torch

import reptheory as rt
from nn.activation import FUNCTIONS, ODD, DoesNotCommute, Gate, NormActivation, Pointwise, is_odd, named
from nn.check import assert_equivariant
from nn.emit import source
from nn.feature import WrongChannels, split, transform
from nn.module import PlanModule
from reptheory.plan_ops import POINTWISE

G = rt.D(4)
PLANE = rt.D(3).vector                       # dense: neither a permutation nor a signed one
MIXED = 2 * G.regular + 3 * G.vector + 2 * G.trivial
SKEW = rt.D(4).rep(r=[[0, -2], ["1/2", 0]], s=[[1, 0], [0, -1]])  # D(4).vector with y in other units


def features(rep: rt.Rep, *spatial: int, dtype=torch.float64) -> torch.Tensor:
    return torch.randn(2, rep.dim, *spatial, generator=torch.Generator().manual_seed(0), dtype=dtype)


# Pointwise ---------------------------------------------------------------------------------------------

# Functions without rounding inside.
EXACT = {"hardtanh", "hardshrink", "identity", "negative", "sign", "softshrink", "relu", "abs"}


def commutes(layer: Pointwise, dtype: torch.dtype = torch.float64) -> None:
    """layer(g·x) = g·layer(x): in every bit, but where torch rounds a function differently at the end of a
    vector."""
    V, x = layer.in_type, features(layer.in_type, 5, 5, dtype=dtype)
    eps = 0 if layer.name in EXACT else 4 * torch.finfo(dtype).eps
    for g in V.group.names:
        torch.testing.assert_close(layer(transform(x, V, g)), transform(layer(x), V, g), rtol=eps, atol=eps)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("fn", ["relu", "abs", "gelu", "tanh", torch.nn.SiLU(), torch.nn.functional.elu])
def test_any_function_commutes_with_permutations(fn, dtype):
    commutes(Pointwise(2 * G.regular + G.trivial + G.quotient(G.subgroup(t="r^2")), fn), dtype)


@pytest.mark.parametrize("fn", sorted(ODD))
def test_odd_functions_commute_with_signed_permutations(fn):
    commutes(Pointwise(G.regular + 2 * G.vector + G.sign, fn))


@pytest.mark.parametrize("fn", sorted(FUNCTIONS))
def test_a_function_is_listed_as_odd_exactly_when_it_is(fn):
    x = torch.linspace(0.05, 5, 100, dtype=torch.float64)
    function = FUNCTIONS[fn]
    assert torch.allclose(function(-x), -function(x), rtol=1e-12, atol=0) == is_odd(fn)


@pytest.mark.parametrize("fn, odd", [
    (torch.tanh, True), (torch.nn.functional.tanh, True), (torch.nn.Tanh(), True),
    (torch.nn.Hardtanh(), True), (torch.nn.Hardtanh(-1, 2), False), (torch.nn.ReLU6(), False),
    (torch.relu, False), (torch.nn.ReLU(), False), (lambda x: x, False),
])
def test_oddness_is_known_of_torchs_functions_and_of_no_others(fn, odd):
    assert is_odd(fn) is odd


def test_a_function_that_does_not_commute_is_refused_with_summand_and_generator():
    with pytest.raises(DoesNotCommute, match=r"relu does not commute with D\(4\)\.vector: r acts by \[0 -1; "
                                             r"1 0\], which changes signs, and relu is not known to be odd\. "
                                             r"Use an odd"):
        Pointwise(MIXED, "relu")
    with pytest.raises(DoesNotCommute, match=r"tanh does not commute with D\(3\)\.vector: r acts by .* which "
                                             r"is no signed permutation\. Use nn\.NormActivation, nn\.Gate"):
        Pointwise(PLANE, "tanh")
    with pytest.raises(DoesNotCommute, match=r"r acts by .*, which is no signed permutation"):
        Pointwise(SKEW, "tanh")


def test_a_signed_permutation_of_unequal_lengths_is_refused():
    swap = rt.C(2).rep(r=[[0, 1], [1, 0]], gram=[1, 1])
    assert Pointwise(swap, "relu").in_type == swap
    lopsided = rt.C(2).rep(r=[[0, "1/2"], [2, 0]], gram=[4, 1])
    with pytest.raises(DoesNotCommute):
        Pointwise(lopsided, "relu")


def test_your_own_function_is_odd_when_you_say_so_and_it_is():
    def cube(x):
        return x**3

    with pytest.raises(DoesNotCommute, match="cube is not known to be odd"):
        Pointwise(G.vector, cube)
    assert_equivariant(Pointwise(G.vector, cube, odd=True), G.vector, G.vector, exact=True)
    with pytest.raises(DoesNotCommute, match=r"relu is not odd: relu\(0\.25\) = 0\.25 and relu\(-0\.25\) = "
                                             r"0"):
        Pointwise(G.vector, "relu", odd=True)


def test_names_and_classes_that_are_no_functions_are_refused():
    with pytest.raises(ValueError, match=r"'rellu' names no function\. The names are abs, .*relu, "):
        Pointwise(G.regular, "rellu")
    with pytest.raises(TypeError, match="an activation module"):
        Pointwise(G.regular, torch.nn.ReLU)
    with pytest.raises(DoesNotCommute, match="PReLU with 8 weights is another function on each channel"):
        Pointwise(G.regular, torch.nn.PReLU(8))
    assert named(torch.nn.PReLU())[1] == "PReLU"


@pytest.mark.parametrize("fn", sorted(set(POINTWISE) & set(FUNCTIONS)))
def test_the_plan_of_a_pointwise_layer_is_the_layer(fn):
    layer, x = Pointwise(2 * G.regular, fn), features(2 * G.regular, 3)
    assert torch.equal(PlanModule(layer.plan)(x), layer(x))


def test_a_function_outside_the_list_of_plans_has_no_plan():
    assert Pointwise(G.regular, "mish").plan is None
    with pytest.raises(TypeError, match="the function <lambda> is none of torch's"):
        source(Pointwise(G.regular, lambda x: x))


# NormActivation -----------------------------------------------------------------------------------------

def test_the_norm_of_each_field_becomes_its_function():
    V = 2 * PLANE + rt.D(3).trivial
    x = features(V, 4, 4)
    y = NormActivation(V, "tanh")(x)
    for before, after in zip(split(x, V), split(y, V)):
        length = before.norm(dim=1)
        torch.testing.assert_close(after.norm(dim=1), length.tanh())
        torch.testing.assert_close(after * length[:, None], before * length.tanh()[:, None])


@pytest.mark.parametrize("fn", ["tanh", "sigmoid", "softplus", "relu"])
def test_a_field_that_vanishes_stays_zero_with_a_finite_gradient(fn):
    x = torch.zeros(1, 4, dtype=torch.float64)
    x[0, 0], x[0, 2] = 3, 4            # channel 0 is (3, 4), channel 1 is zero
    x.requires_grad_()
    y = NormActivation(2 * G.vector, fn)(x)
    y.sum().backward()
    assert y[0, 1] == 0 and y[0, 3] == 0 and bool(x.grad.isfinite().all())


def test_norm_activations_are_equivariant_and_exact_on_signed_permutations():
    assert_equivariant(NormActivation(MIXED, "tanh"), MIXED, MIXED, exact=True)
    for V in (2 * PLANE, rt.icosahedral().vector, rt.C(5).vector + rt.C(5).regular):
        assert_equivariant(NormActivation(V, "sigmoid").double(), V, V)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_keeps_its_dtype_and_sums_in_a_wider_one(dtype):
    x = torch.tensor([[300.0, 400.0]], dtype=dtype)   # 300² is no float16
    y = NormActivation(G.vector, "hardtanh")(x)
    assert y.dtype == dtype
    torch.testing.assert_close(y, torch.tensor([[0.6, 0.8]], dtype=dtype))


def test_the_bias_shifts_the_norm_of_its_own_field():
    layer = NormActivation(2 * G.vector + G.trivial, "relu", bias=True, dtype=torch.float64)
    x = torch.tensor([[3.0, 0.0, 4.0, 1.0, -2.0]], dtype=torch.float64)
    assert torch.equal(layer(x), x)    # relu(|x|) = |x|
    with torch.no_grad():
        layer.bias.copy_(torch.tensor([-2.5, -7.0, 1.0]))
    torch.testing.assert_close(layer(x), torch.tensor([[1.5, 0.0, 2.0, 0.0, -3.0]], dtype=torch.float64))
    assert list(layer.state_dict()) == ["bias"]


def test_the_gradient_of_a_norm_activation_is_right():
    layer = NormActivation(2 * PLANE + rt.D(3).trivial, "sigmoid", bias=True, dtype=torch.float64)
    x = features(layer.in_type, 2).requires_grad_()
    assert torch.autograd.gradcheck(layer, (x,))


def test_a_representation_that_is_not_unitary_has_no_norm():
    with pytest.raises(DoesNotCommute, match=r"the norm of a field is no invariant of .*: r acts by \[0 -2; "
                                             r"1/2 0\], which does not preserve the metric D = \[1 0; 0 1\]"):
        NormActivation(G.trivial + SKEW)
    unitary = G.rep(r=[[0, -2], ["1/2", 0]], s=[[1, 0], [0, -1]], gram=[1, 4])
    assert_equivariant(NormActivation(unitary).double(), unitary, unitary)


def test_complex_fields_keep_their_phase():
    V = 2 * rt.C(3).irreps(over="C")[1]
    x = torch.complex(features(V), features(V, dtype=torch.float64).flip(0))
    y = NormActivation(V, "tanh")(x)
    torch.testing.assert_close(y.abs(), x.abs().tanh())
    torch.testing.assert_close(y.angle(), x.angle())


# Gate ----------------------------------------------------------------------------------------------------

def test_a_gate_multiplies_each_field_by_its_own_invariant():
    V = G.trivial + 2 * G.vector
    gate = Gate(V, scalars="relu", gates="identity")
    assert gate.in_type == V + 2 * G.trivial and gate.out_type == V
    x = torch.tensor([[-1.0, 1.0, 2.0, 3.0, 4.0, 10.0, 100.0]])
    assert gate(x).tolist() == [[0, 10, 200, 30, 400]]


@pytest.mark.parametrize("V", [MIXED, SKEW + 2 * G.vector, 3 * G.vector, G.sign + G.trivial],
                         ids=["mixed", "skew", "vector", "sign"])
def test_gates_commute_with_every_representation(V):
    gate = Gate(V).double()
    x = features(gate.in_type, 3, 3)
    for g in G.names:
        moved = gate(transform(x, gate.in_type, g))
        torch.testing.assert_close(moved, transform(gate(x), V, g), rtol=1e-14, atol=1e-14)


def test_a_type_of_scalars_alone_needs_no_gates():
    gate = Gate(3 * G.trivial, scalars="relu")
    assert gate.in_type == gate.out_type
    assert gate(torch.tensor([[-1.0, 0.0, 2.0]])).tolist() == [[0, 0, 2]]


def test_complex_gates_use_the_real_part_of_the_invariant():
    V = rt.C(3).irreps(over="C")[1]
    gate = Gate(V, gates="identity")
    assert gate(torch.tensor([[1 + 1j, 2 + 5j]])).tolist() == [[2 + 2j]]


def test_a_type_in_the_place_of_a_function_is_refused():
    with pytest.raises(TypeError, match=r"2\*D\(4\)\.vector stands where a function is expected\. Give one type"):
        Gate(4 * G.trivial, 2 * G.vector)


# All -----------------------------------------------------------------------------------------------------

LAYERS = {
    "pointwise": lambda: Pointwise(G.regular, "relu"),
    "norm": lambda: NormActivation(2 * PLANE, "tanh", bias=True),
    "gate": lambda: Gate(G.trivial + 2 * G.vector),
}


@pytest.mark.parametrize("name", LAYERS)
def test_activations_copy_pickle_compile_and_export(name):
    layer = LAYERS[name]().eval()
    x = features(layer.in_type, 3, 3, dtype=torch.float32)
    y = layer(x)
    assert torch.equal(copy.deepcopy(layer)(x), y)
    assert torch.equal(pickle.loads(pickle.dumps(layer))(x), y)
    torch.testing.assert_close(torch.compile(layer, fullgraph=True, backend="aot_eager")(x), y)
    torch.testing.assert_close(torch.export.export(layer, (x,)).module()(x), y)


@pytest.mark.parametrize("name", LAYERS)
def test_activations_refuse_the_wrong_number_of_channels(name):
    layer = LAYERS[name]()
    with pytest.raises(WrongChannels, match=f"has {layer.in_type.dim} channels, and this tensor has 1:"):
        layer(torch.zeros(1, 1, 3, 3))


def test_the_reprs_name_the_type_and_the_function():
    assert repr(Pointwise(2 * G.regular, torch.nn.ReLU())) == "Pointwise(2*D(4).regular, 'ReLU')"
    assert repr(NormActivation(G.vector, bias=True)) == "NormActivation(D(4).vector, 'tanh', bias=True)"
    assert repr(Gate(G.vector)) == "Gate(D(4).vector, scalars='silu', gates='sigmoid')"
