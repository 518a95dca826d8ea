"""Features: the layout of a type and the active action of a group on spatial tensors."""
from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import reptheory as rt
from nn.feature import WrongChannels, check_features, join, layout, split, transform

D4, OCT, C6 = rt.D(4), rt.octahedral(full=True), rt.C(6)
TYPES = {
    "regular": D4.regular, "vector": D4.vector, "mixed": 2 * D4.regular + 3 * D4.vector + D4.trivial,
    "tensor": 2 * (D4.vector * D4.regular) + D4.sign, "dense": rt.D(3).vector,
    "turned": 2 * C6.vector + C6.regular,
}


def features(rep: rt.Rep, *spatial: int, dtype=torch.float64) -> torch.Tensor:
    draw = torch.Generator().manual_seed(0)
    return torch.randint(-9, 10, (2, rep.dim, *spatial), generator=draw).to(dtype)


def elements(group: rt.Group):
    return st.sampled_from([str(g) for g in group.elements])


def test_a_type_is_laid_out_with_the_representation_index_slow_and_the_channel_fast():
    V = 3 * D4.vector + 2 * D4.trivial
    x = torch.arange(8.0)[None]
    vectors, scalars = split(x, V)
    assert layout(V) == ((3, 2), (2, 1))
    assert vectors[0].tolist() == [[0, 1, 2], [3, 4, 5]]
    assert scalars[0].tolist() == [[6, 7]]


@pytest.mark.parametrize("name", TYPES)
def test_split_and_join_are_inverse(name):
    x = features(TYPES[name], 3, 4)
    parts = split(x, TYPES[name])
    assert torch.equal(join(parts), x)
    place = x.untyped_storage().data_ptr()
    assert all(part.untyped_storage().data_ptr() == place for part in parts)  # views, no copies


@pytest.mark.parametrize("name", TYPES)
def test_on_channels_the_action_is_the_matrix_in_orthonormal_coordinates(name):
    V = TYPES[name]
    x = features(V)
    for g in V.group.elements:
        expected = x @ torch.from_numpy(V.to_numpy(g)).T
        torch.testing.assert_close(transform(x, V, g), expected, rtol=1e-14, atol=1e-13)


@given(elements(D4), elements(D4))
def test_the_action_is_a_homomorphism_on_space_and_channels(g, h):
    V = TYPES["mixed"]
    x = features(V, 4, 4)
    product = D4.element(g) * D4.element(h)
    assert torch.equal(transform(transform(x, V, h), V, g), transform(x, V, product))


@given(st.integers(0, len(OCT.elements) - 1), st.integers(0, len(OCT.elements) - 1))
def test_the_action_is_a_homomorphism_in_three_dimensions(i, j):
    V = OCT.vector
    x = features(V, 3, 3, 3)
    g, h = OCT.elements[i], OCT.elements[j]
    assert torch.equal(transform(transform(x, V, h), V, g), transform(x, V, g * h))


@pytest.mark.parametrize("group, ndim, side", [(D4, 2, 3), (D4, 2, 4), (OCT, 3, 3), (OCT, 3, 2)])
def test_space_is_moved_as_the_points_of_the_grid_are(group, ndim, side):
    V = group.trivial
    x = torch.arange(float(side**ndim)).reshape(1, 1, *(side,) * ndim)
    for name, moved in zip(group.names, rt.grid(side, ndim).permutations(group)):
        expected = torch.empty(side**ndim)
        expected[torch.from_numpy(np.asarray(moved))] = x.ravel()  # (g·f)(gp) = f(p)
        assert torch.equal(transform(x, V, name).ravel(), expected)


def test_a_rectangle_is_turned_into_the_other_rectangle():
    x = torch.arange(6.0).reshape(1, 1, 2, 3)
    assert transform(x, D4.trivial, "r")[0, 0].tolist() == [[2, 5], [1, 4], [0, 3]]  # counter-clockwise
    assert transform(x, D4.trivial, "s")[0, 0].tolist() == [[3, 4, 5], [0, 1, 2]]    # s = diag(1, −1): y ↦ −y


def test_a_line_is_reversed_by_an_action_of_one_dimension():
    G = rt.C(2)
    flip = G.rep(r=[[-1]])
    x = torch.arange(3.0).reshape(1, 1, 3)
    assert transform(x, G.trivial, "r", flip).tolist() == [[[2, 1, 0]]]
    assert torch.equal(transform(x, G.trivial, "r", G.trivial), x)


def test_the_hexagon_is_turned_as_its_points_are_and_is_zero_outside():
    hexagon = rt.lattice("hexagonal", 2)
    x = torch.zeros(1, 1, 5, 5)
    values = torch.arange(1.0, hexagon.size + 1)
    x.flatten()[torch.from_numpy(hexagon.embed())] = values
    (move,) = hexagon.permutations(C6)
    y = transform(x, C6.trivial, "r", rt.lattice("hexagonal", 1)).flatten()[torch.from_numpy(hexagon.embed())]
    assert torch.equal(y[torch.from_numpy(move)], values)
    full = transform(torch.ones(1, 1, 5, 5), C6.trivial, "r^2", hexagon)
    assert full.sum() == hexagon.size
    assert torch.equal(transform(transform(x, C6.trivial, "r", hexagon), C6.trivial, "r^-1", hexagon), x)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
def test_nan_is_moved_and_not_spread(dtype):
    V = 2 * D4.regular + D4.vector
    x = features(V, 3, 3, dtype=dtype)
    x[0, 3, 1, 2] = float("nan")
    for name in D4.names:
        y = transform(x, V, name)
        assert y.dtype == dtype and int(y.isnan().sum()) == 1


def test_complex_representations_act_on_complex_features():
    V = rt.C(3).irreps(over="C")[1]
    x = torch.complex(features(V), features(V))
    y = transform(x, V, "r")
    assert y.is_complex()
    torch.testing.assert_close(y, x @ torch.from_numpy(V.to_numpy("r")).T)


def test_the_wrong_number_of_channels_names_the_type_and_both_numbers():
    with pytest.raises(WrongChannels, match=r"2\*D\(4\)\.vector has 4 channels, and this tensor has 5"):
        split(torch.zeros(1, 5, 3, 3), 2 * D4.vector)
    with pytest.raises(WrongChannels, match=r"\(batch, 2, \*spatial\), and this one has the shape \(2,\)"):
        check_features(torch.zeros(2), D4.vector)


def test_what_moves_no_square_grid_is_refused():
    with pytest.raises(rt.NotPreserved, match=r"r does not preserve square grids: its matrix on space is"):
        transform(torch.zeros(1, 1, 3, 3), C6.trivial, "r")
    with pytest.raises(ValueError, match=r"D\(4\)\.vector acts on 2 dimensions, and these features have 3 "
                                         r"spatial"):
        transform(torch.zeros(1, 1, 3, 3, 3), D4.trivial, "r")
    with pytest.raises(ValueError, match=r"names no action on space"):
        transform(torch.zeros(1, 1, 3, 3), rt.S(3).trivial, "r")
    with pytest.raises(rt.NotPreserved, match=r"a square array of odd side, .* shape \(4, 4\)"):
        transform(torch.zeros(1, 1, 4, 4), C6.trivial, "r", rt.lattice("hexagonal", 1))
    with pytest.raises(rt.DifferentGroups):
        transform(torch.zeros(1, 1, 3, 3), C6.trivial, "r", D4.vector)


def test_the_check_of_channels_is_traced_by_torch_compile():
    V = 2 * (D4.vector * D4.regular)

    def layer(x):
        return join([2 * part for part in split(x, V)])

    compiled = torch.compile(layer, fullgraph=True, backend="eager")
    x = features(V, 3, 3)
    assert torch.equal(compiled(x), 2 * x)
    with pytest.raises(Exception, match="has 32 channels, and this tensor has 5"):
        compiled(torch.zeros(1, 5))
