"""Types under another group or in another order: the numbers stay, or move by an exact permutation."""
from __future__ import annotations

import copy
import pickle

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import reptheory as rt
from nn.change import DifferentTypes, Pullback, Reorder, Restrict
from nn.check import assert_equivariant
from nn.conv import EquivariantConv2d
from nn.feature import WrongChannels, transform

D4 = rt.D(4)
C4 = D4.subgroup(t="r")
MIRROR = D4.subgroup(m="r*s", h="r^2")


def numbers(rep: rt.Rep) -> torch.Tensor:
    return torch.arange(2.0 * rep.dim).reshape(2, rep.dim)


@given(st.permutations([0, 1, 2, 3]), st.integers(1, 3), st.integers(1, 3))
def test_reordering_commutes_with_the_group_and_has_an_inverse(order, m, n):
    terms = [m * D4.vector, n * D4.regular, 2 * D4.vector, D4.trivial]
    V = terms[0] + terms[1] + terms[2] + terms[3]
    W = terms[order[0]] + terms[order[1]] + terms[order[2]] + terms[order[3]]
    there, back, x = Reorder(V, W.copies), Reorder(W.copies, V), numbers(V)
    assert torch.equal(back(there(x)), x)
    for g in D4.names:
        assert torch.equal(there(transform(x, V, g)), transform(there(x), W.copies, g))


def test_reordering_is_the_permutation_between_the_types():
    V, W = 2 * D4.vector + D4.trivial, D4.trivial + D4.vector + D4.vector
    matrix = torch.from_numpy(V.permutation_to(W).to_matrix().to_numpy())
    assert torch.equal(Reorder(V, W)(numbers(V)).double(), numbers(V).double() @ matrix.T)


@pytest.mark.parametrize("H", [C4, MIRROR])
def test_restriction_keeps_every_number(H):
    V = 2 * D4.regular + D4.vector
    layer, x = Restrict(V, H), torch.randn(2, V.dim, 3, 3)
    assert layer.out_type == V.restrict(H)
    assert layer(x) is x
    assert_equivariant(layer, V.restrict(H), V.restrict(H), size=4, exact=True)


def test_restriction_into_a_type_of_the_subgroup():
    V = 2 * D4.trivial + 3 * D4.vector
    W = 3 * C4.vector + 2 * C4.trivial
    layer, x = Restrict(V, C4, W), numbers(V)
    assert layer(x)[0].tolist() == [2, 3, 4, 5, 6, 7, 0, 1]
    assert torch.equal(layer(transform(x, V, "r")), transform(layer(x), W, "t"))


def test_a_network_may_lose_symmetry_on_the_way():
    net = torch.nn.Sequential(
        EquivariantConv2d(D4.trivial, 2 * D4.regular, 3, padding=1), down := Restrict(2 * D4.regular, C4),
        EquivariantConv2d(down.out_type, C4.vector, 3, padding=1))
    W = D4.vector.restrict(C4)
    assert_equivariant(net, D4.trivial.restrict(C4), C4.vector)
    assert W.dim == 2


def test_pullback_from_a_factor_lifts_features_to_the_product():
    G = rt.C(4) * rt.S(3)
    turns, colours = G.projections
    V = 2 * rt.C(4).regular
    layer, x = Pullback(V, turns), numbers(V)
    assert layer(x) is x
    assert layer.out_type == V.pullback(turns)
    r, colour_names = G.names[0], G.names[1:]
    assert torch.equal(transform(x, layer.out_type, r), transform(x, V, "r"))
    assert all(torch.equal(transform(x, layer.out_type, name), x) for name in colour_names)
    image = Pullback(rt.S(3).natural, colours).out_type
    conv = EquivariantConv2d(image, layer.out_type, 3, padding=1, action=rt.C(4).vector.pullback(turns))
    assert_equivariant(conv, image, layer.out_type)


def test_inside_torch():
    V, W = 2 * D4.vector + D4.trivial, D4.trivial + 2 * D4.vector
    layer, x = Reorder(V, W), numbers(V)
    compiled = torch.compile(layer, fullgraph=True, backend="aot_eager")
    traced = torch.export.export(layer, (x,)).module(), compiled
    for again in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer)), layer.double(), *traced):
        assert torch.equal(again(x), layer(x))
    assert not layer.state_dict()


def test_bad_input():
    with pytest.raises(DifferentTypes, match=r"too few summands with the matrices of D\(4\).regular"):
        Reorder(2 * D4.vector, D4.regular)
    with pytest.raises(DifferentTypes, match="has 1 more copies of its summands"):
        Reorder(2 * D4.vector, D4.vector)
    with pytest.raises(rt.DifferentGroups, match="Give types of one group"):
        Restrict(D4.vector, C4, D4.vector)
    with pytest.raises(rt.NotASubgroup):
        Restrict(D4.vector, rt.D(5))
    with pytest.raises(rt.DifferentGroups):
        Pullback(rt.D(5).regular, (rt.C(4) * rt.S(3)).projections[0])
    with pytest.raises(WrongChannels):
        Restrict(D4.vector, C4)(torch.zeros(1, 3))


def test_repr():
    V = 2 * D4.vector
    assert repr(Reorder(V, V.copies)) == "Reorder(2*D(4).vector → D(4).vector + D(4).vector)"
