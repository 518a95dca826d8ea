"""Schemes in an audit: their weights as representations, what a group fixes of them, and that training keeps it."""
from __future__ import annotations

import copy

import numpy as np
import pytest
import torch

import nn
import reptheory as rt
from nn.scheme_layer import SCHEMES

C4, D4, S3 = rt.C(4), rt.D(4), rt.S(3)
MIXED = [D4.trivial + D4.vector, C4.vector + C4.trivial, D4.regular]


def turn(x: torch.Tensor, V: rt.Rep, g: rt.Element, action: rt.Rep | None = None) -> torch.Tensor:
    return nn.transform(x, V, g, action=action)


def matrix(V: rt.Rep, g: rt.Element) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(V.to_numpy(g)))


def image(V: rt.Rep, sides: tuple[int, ...] = (5, 5)) -> torch.Tensor:
    return torch.randn(2, V.dim, *sides, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("V", MIXED, ids=lambda V: V.expression)
@pytest.mark.parametrize("padding", ["circular", "zeros", "replicate"])
def test_a_scheme_conv_moves_with_its_weights(V, scheme, padding):
    torch.manual_seed(0)
    layer = nn.SchemeConv(V.dim, 2, scheme, steps=2, padding_mode=padding, dtype=torch.float64)
    x, w = image(V), layer.weight.detach().clone()
    y = layer(x).detach()
    for g in V.group.generators:
        rho, axes = matrix(V, g), matrix(V.group.vector, g)
        layer.weight.data = torch.einsum("jk,ab,kbc,dc->jad", axes, rho, w, rho)
        assert torch.allclose(layer(turn(x, V, g)), turn(y, V, g), rtol=0, atol=1e-12)


@pytest.mark.parametrize("V", MIXED, ids=lambda V: V.expression)
@pytest.mark.parametrize("padding", ["circular", "zeros"])
def test_a_symmetric_block_moves_with_its_weights(V, padding):
    torch.manual_seed(0)
    layer = nn.SymmetricHyperbolicBlock(V.dim, 5, padding_mode=padding, dtype=torch.float64)
    x, w, s = image(V), layer.weight.detach().clone(), layer.scale.detach().clone()
    y = layer(x).detach()
    order = torch.diag(torch.tensor([-1., 1.], dtype=torch.float64)).flip(0)  # x, y from rows down and columns
    for g in V.group.generators:
        layer.weight.data = w @ matrix(V, g).T
        layer.scale.data = order.T @ matrix(V.group.vector, g) @ order @ s
        assert torch.allclose(layer(turn(x, V, g)), turn(y, V, g), rtol=0, atol=1e-12)


LINE = rt.C(2)
SPACE = S3.natural  # S(3) permutes the axes of three dimensions
ASKED = [  # a layer, its type, the action on space
    (nn.SchemeConv(3), D4.trivial + D4.vector, D4.vector), (nn.SchemeConv(3), C4.vector + C4.trivial, C4.vector),
    (nn.SchemeConv(8), D4.regular, D4.vector), (nn.SchemeConv(3, 2, "lax-wendroff"), 3 * D4.trivial, D4.vector),
    (nn.SchemeConv(3, 1), LINE.trivial + 2 * LINE.sign, LINE.sign),
    (nn.SchemeConv(3, 3), S3.irrep((2, 1)) + S3.trivial, SPACE),
    (nn.SymmetricHyperbolicBlock(3, 4, 3), S3.irrep((2, 1)) + S3.trivial, SPACE),
    (nn.SymmetricHyperbolicBlock(3, 4), LINE.regular + LINE.trivial, LINE.trivial + LINE.sign),
]
asked = pytest.mark.parametrize("layer, V, action", ASKED, ids=lambda a: getattr(a, "expression", type(a).__name__))


def mean(values) -> int:
    found = list(values)
    total = sum(found, rt.Q(0)) / len(found)
    assert total.is_rational
    return int(float(total))


def trace(V: rt.Rep, g: rt.Element):
    return sum((V(g)[k, k] for k in range(V.dim)), rt.Q(0))


@asked
def test_dimensions_are_those_by_characters(layer, V, action):
    row, = nn.audit(layer, V, V, input_shape=(V.dim, *(5,) * layer.ndim), action=action)
    n, d, elements = V.dim, layer.ndim, list(V.group.elements)
    if isinstance(layer, nn.SchemeConv):  # (A ⊗ Sym² V)^G
        whole = d * n * (n + 1) // 2
        fixed = mean(trace(action, g) * (trace(V, g) ** 2 + trace(V, g * g)) / 2 for g in elements)
    else:  # w dim V^G + w dim A^G + 1
        width = len(layer.weight)
        whole = width * (n + d) + 1
        fixed = width * (mean(trace(V, g) for g in elements) + mean(trace(action, g) for g in elements)) + 1
    assert (row.dim_L, row.dim_E, row.compatible, row.unitary) == (whole, fixed, True, True)
    assert row.kind == type(layer).__name__ and row.parameters == tuple(n for n, _ in layer.named_parameters())


@asked
def test_the_nearest_weights_that_are_fixed_make_it_commute_and_training_keeps_them(layer, V, action):
    torch.manual_seed(0)
    model, shape = copy.deepcopy(layer).double(), (V.dim, *(4,) * layer.ndim)
    for p in model.parameters():
        torch.nn.init.normal_(p)
    table = nn.audit(model, V, V, input_shape=shape, action=action)
    nn.project_(model, table)
    assert table.question.of(model).distance < 1e-12 and table
    x, y, loss = image(V, shape[1:]), image(V, shape[1:]).flip(0), torch.zeros(())
    for g in V.group.generators:
        assert torch.allclose(model(turn(x, V, g, action)), turn(model(x), V, g, action), rtol=0, atol=1e-12)
    for g in V.group.elements:
        loss = loss + (model(turn(x, V, g, action)) - turn(y, V, g, action)).square().mean()
    loss.backward()
    with torch.no_grad():
        for p in model.parameters():
            p -= 0.01 * p.grad
    assert table.question.of(model).distance < 1e-12


@pytest.mark.parametrize("scheme", SCHEMES)
def test_equal_speeds_do_no_harm_to_the_symmetry(scheme):
    V = D4.trivial + D4.vector  # acoustics: the speeds c, 0 and −c of both axes
    test_the_nearest_weights_that_are_fixed_make_it_commute_and_training_keeps_them(
        nn.SchemeConv(3, 2, scheme), V, D4.vector)


def test_a_model_of_such_layers_has_a_row_for_each():
    V = D4.trivial + D4.vector
    model = torch.nn.Sequential(nn.SchemeConv(3), nn.SymmetricHyperbolicBlock(3), torch.nn.Conv2d(3, 3, 1))
    table = nn.audit(model, V, 3 * D4.trivial, input_shape=(3, 6, 6))
    assert [(row.kind, row.compatible) for row in table] == [
        ("SchemeConv", True), ("SymmetricHyperbolicBlock", False), ("Conv2d", True)]
    assert table[0].change == "" and table.assumptions == () and not table
    assert table[1].change == (
        "the group fixes no scale but 0, where the step has no derivative, being the same for all multiples. Use "
        "nn.SchemeConv, or a group that fixes a direction of space and some channels")


def test_what_is_said_of_types_that_do_not_fit():
    V = D4.trivial + D4.vector
    row = nn.audit(nn.SchemeConv(3), V, 3 * D4.trivial, input_shape=(3, 6, 6)).row("model")
    assert not row.compatible and row.change == (
        "a step begins with the identity, so it keeps the type D(4).trivial + D(4).vector, and 3*D(4).trivial was "
        "said. Leave it out, or put a layer between them")
    for scheme, compatible, words in [
            ("lax-friedrichs", True, "M = 0 where the group fixes it, so nothing flows: use channels that it moves"),
            ("upwind", False, "the group fixes no matrix M but 0, where |M| has no derivative. Use channels that it "
             "moves, as pressure and velocity, or the scheme 'lax-friedrichs'")]:
        row, = nn.audit(nn.SchemeConv(3, 2, scheme), 3 * D4.trivial, input_shape=(3, 6, 6))
        assert (row.compatible, row.change) == (compatible, words)
    computed = torch.nn.utils.parametrizations.orthogonal(nn.SchemeConv(3))
    row = nn.audit(torch.nn.Sequential(computed), 3 * D4.trivial, input_shape=(3, 6, 6))[0]
    assert row.compatible is None and row.change == "unknown: its weights are computed from others. Train its own"
