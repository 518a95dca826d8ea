"""One set of weights for every n: equal to the exact plan, equivariant in every bit, over several kinds and masks."""
from __future__ import annotations

import copy

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import nn
import reptheory as rt
from nn.permutation import PermutationLinear, WrongShape

words = st.sampled_from(["", "u", "v", "uu", "uv", "vuu"])
types = st.lists(st.tuples(st.integers(1, 3), words), min_size=1, max_size=2)
SIZES = {"u": 3, "v": 2}


def integers(layer: torch.nn.Module, seed: int) -> torch.nn.Module:
    """The layer with small integer weights and biases."""
    draw = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for p in layer.parameters():
            p.copy_(torch.randint(-3, 4, p.shape, generator=draw))
    return layer


def inputs(layer: PermutationLinear, sizes: dict[str, int], batch=(2,), seed=0) -> list[torch.Tensor]:
    draw = torch.Generator().manual_seed(seed)
    return [torch.randint(-4, 5, (*batch, m, *(sizes[c] for c in word)), generator=draw).to(next(layer.parameters()))
            for m, word in layer.family.source]


def outputs(layer, xs, **options) -> tuple[torch.Tensor, ...]:
    y = layer(*xs, **options)
    return y if isinstance(y, tuple) else (y,)


def moved(tensors, terms, permutations: dict[str, torch.Tensor]) -> list[torch.Tensor]:
    """The tensors with every index permuted as its kind is."""
    found = []
    for x, (_, word) in zip(tensors, terms):
        for i, kind in enumerate(word):
            x = x.index_select(x.ndim - len(word) + i, permutations[kind])
        found.append(x)
    return found


def flat(tensors) -> torch.Tensor:
    """Features of `family.at`: channels last within a summand."""
    return torch.cat([x.movedim(1, -1).flatten(1) for x in tensors], 1)


@given(types, types, st.integers(0, 99))
def test_integer_weights_commute_with_permutations_in_every_bit(source, target, seed):
    layer = integers(PermutationLinear(source, target, average=False), seed)
    sizes = {kind: SIZES[kind] for kind in layer.family.kinds}
    xs = inputs(layer, sizes, seed=seed)
    draw = torch.Generator().manual_seed(seed)
    permutations = {kind: torch.randperm(size, generator=draw) for kind, size in sizes.items()}
    after = moved(outputs(layer, xs, **sizes), layer.family.target, permutations)
    before = outputs(layer, moved(xs, layer.family.source, permutations), **sizes)
    assert all(torch.equal(a, b) for a, b in zip(after, before))


@given(types, types, st.booleans(), st.booleans(), st.integers(0, 99))
def test_the_layer_is_the_exact_plan_with_the_same_checkpoint(source, target, average, bias, seed):
    layer = integers(PermutationLinear(source, target, bias, average, dtype=torch.float64), seed)
    sizes = {kind: SIZES[kind] for kind in layer.family.kinds}
    xs = inputs(layer, sizes, seed=seed)
    found, module = flat(outputs(layer, xs, **sizes)), layer.at(**sizes)
    assert dict(module.named_parameters()).keys() == dict(layer.named_parameters()).keys()
    expected = module(flat(xs))
    assert torch.equal(found, expected) if not average else torch.allclose(found, expected, rtol=1e-12, atol=1e-12)
    weights = {name: p.detach().numpy() for name, p in layer.named_parameters()}
    assert torch.allclose(found, torch.from_numpy(module.plan(weights, flat(xs).numpy())), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(("source", "target"), [(1, 1), (2, 2), (3, 1), (1, 3), (3, 3)])
def test_hyper_edges_of_one_kind_commute(source, target):
    layer = integers(PermutationLinear([(2, source)], [(3, target)], average=False), 0)
    (x,) = inputs(layer, {"n": 4})
    permutation = {"n": torch.tensor([2, 0, 3, 1])}
    assert torch.equal(layer(*moved([x], layer.family.source, permutation)),
                       moved([layer(x)], layer.family.target, permutation)[0])


def test_the_same_weights_act_at_every_n_as_the_same_diagrams():
    layer = PermutationLinear(2, 2, average=False, bias=False, dtype=torch.float64)
    for number, d in enumerate(layer.family.diagrams):
        with torch.no_grad():
            layer.weight.zero_()[number] = 1
        for n in (1, 3, 6):
            (x,) = inputs(layer, {"n": n}, batch=())
            assert torch.equal(layer(x)[0], torch.from_numpy(d(x[0].numpy())))


def test_means_give_a_layer_one_scale_at_every_n():
    """Every diagram with means has norm 1 for max |x|, so |y| ≤ Σ|w| max|x|, with equality for a constant input."""
    layer = PermutationLinear(2, 2, bias=False, dtype=torch.float64)
    with torch.no_grad():
        layer.weight.abs_()
    bound = layer.weight.sum()
    for n in (5, 50):
        y = layer(torch.ones(1, n, n, dtype=torch.float64))
        assert torch.allclose(y.amax(), bound, rtol=1e-12)
        assert layer(torch.empty(1, n, n, dtype=torch.float64).uniform_(-1, 1)).abs().amax() < bound


@pytest.mark.parametrize(("source", "target"), [(1, 1), (2, 2), (3, 2), (2, 3)])
def test_sums_commute_with_padding_by_zeros(source, target):
    """The compatibility of Levin and Díaz, arXiv 2306.06327: at n the layer is what it is at n + 2, padded and cut."""
    layer = integers(PermutationLinear(source, target, average=False, bias=False), 0)
    (x,) = inputs(layer, {"n": 3})
    padded = torch.nn.functional.pad(x, (0, 2) * source)
    assert torch.equal(layer(padded)[(..., *[slice(3)] * target)], layer(x))


def test_a_layer_trained_at_five_nodes_is_exact_at_fifty():
    """The number of paths of length 2, x ↦ row and column sums over n: in the span, so found by least squares."""
    torch.manual_seed(0)
    layer = PermutationLinear(2, 1, dtype=torch.float64)
    optimiser = torch.optim.LBFGS(layer.parameters(), max_iter=100, line_search_fn="strong_wolfe")
    def target(x):
        return x.mean(-1) - 2 * x.mean(-2) + x.diagonal(dim1=-2, dim2=-1)
    x = torch.randn(64, 1, 5, 5, dtype=torch.float64)

    def loss():
        optimiser.zero_grad()
        value = (layer(x) - target(x)).square().mean()
        value.backward()
        return value
    optimiser.step(loss)
    large = torch.randn(4, 1, 50, 50, dtype=torch.float64)
    assert (layer(large) - target(large)).abs().max() < 1e-4


@pytest.mark.parametrize("average", [True, False])
def test_a_padded_graph_is_the_graph(average):
    layer = integers(PermutationLinear("2*nn + n", "3*nn + n", average=average, dtype=torch.float64), 1)
    small = [inputs(layer, {"n": n}, batch=(1,), seed=n) for n in (3, 5)]
    padded = [torch.full((2, *x.shape[1:]), torch.nan, dtype=x.dtype) for x in small[1]]
    for row, xs in enumerate(small):
        for full, x in zip(padded, xs):
            full[row][(slice(None), *[slice(x.shape[-1])] * (x.ndim - 2))] = x[0]
    mask = torch.arange(5) < torch.tensor([[3], [5]])
    found = layer(*padded, mask=mask)
    for row, xs in enumerate(small):
        for y, alone in zip(found, layer(*xs)):
            inside = (slice(None), *[slice(alone.shape[-1])] * (alone.ndim - 2))
            assert torch.allclose(y[row][inside], alone[0], rtol=1e-13)
            assert y[row].count_nonzero() == y[row][inside].count_nonzero()


def test_masks_by_kind():
    layer = integers(PermutationLinear("uv", "u"), 0)
    x = inputs(layer, {"u": 2, "v": 3})[0]
    wide = torch.cat([x, torch.ones(2, 1, 2, 2)], -1)
    mask = torch.tensor([True, True, True, False, False]).expand(2, 5)
    assert torch.allclose(layer(wide, mask={"v": mask}), layer(x))
    with pytest.raises(WrongShape, match="a dictionary by kind"):
        layer(wide, mask=mask)
    for wrong, says in [({"v": mask.float()}, "a boolean tensor"), ({"v": mask[:1]}, r"here \(2, 5\)"),
                        ({"w": mask}, "one of the kinds u, v")]:
        with pytest.raises(WrongShape, match=says):
            layer(wide, mask=wrong)


def test_sizes_and_inputs_that_do_not_fit_are_refused():
    for sizes, says in [({"m": 5}, "m=5: sizes are integers, of the kinds n"), ({"n": -1}, "no sizes below 0"),
                        ({"n": 5.0}, "n=5.0: sizes are integers")]:
        with pytest.raises(WrongShape, match=says):
            PermutationLinear("1", "n")(torch.zeros(4, 1), **sizes)
    with pytest.raises(TypeError, match="and this is a list"):
        PermutationLinear("1", "n")([torch.zeros(4, 1)])


def test_batches_of_any_shape_and_none():
    layer = PermutationLinear("2*nn", "3*n + 2*1")
    x = torch.randn(4, 5, 2, 3, 3)
    found = layer(x)
    assert [y.shape for y in found] == [(4, 5, 3, 3), (4, 5, 2)]
    for y, z, w in zip(found, layer(x.flatten(0, 1)), layer(x[1, 2])):
        assert torch.allclose(y.flatten(0, 1), z, atol=1e-6) and torch.allclose(y[1, 2], w, atol=1e-6)
    assert layer(x[:0])[0].shape == (0, 5, 3, 3)
    assert layer(torch.randn(1, 2, 1, 1))[0].shape == (1, 3, 1)


def test_initial_weights_have_the_variances_of_the_family():
    layer = PermutationLinear("40*nn + 20*n", "30*n", init="lecun", generator=torch.Generator().manual_seed(0))
    for (b, a), variance in layer.family.variances("lecun").items():
        assert layer.get_parameter(f"weight_{b}_{a}").var().item() == pytest.approx(float(variance), rel=0.1)
    assert not layer.bias.any()
    again = PermutationLinear("40*nn + 20*n", "30*n", init="lecun", generator=torch.Generator().manual_seed(0))
    assert all(map(torch.equal, layer.parameters(), again.parameters()))


def test_gradients_are_right_and_do_not_depend_on_order():
    layer = PermutationLinear("2*uuv + v", "uv + uu", dtype=torch.float64)
    xs = [x.requires_grad_() for x in inputs(layer, SIZES, batch=(1,))]
    assert torch.autograd.gradcheck(lambda *args: layer(*args), xs)
    names = [name for name, _ in layer.named_parameters()]
    def call(*weights):
        return torch.func.functional_call(layer, dict(zip(names, weights)), tuple(x.detach() for x in xs))
    assert torch.autograd.gradcheck(call, tuple(p.detach().requires_grad_() for p in layer.parameters()))


def test_state_dict_holds_weights_alone_and_copies_agree():
    layer = PermutationLinear("2*nn", "3*nn")
    assert {name: tuple(p.shape) for name, p in layer.state_dict().items()} == {"weight": (15, 3, 2), "bias": (2, 3)}
    x = torch.randn(2, 2, 4, 4)
    other = PermutationLinear("2*nn", "3*nn")
    other.load_state_dict(layer.state_dict())
    assert torch.equal(other(x), layer(x)) and torch.equal(copy.deepcopy(layer)(x), layer(x))
    assert layer.double()(x.double()).dtype == torch.float64


def test_vmap_export_and_a_compiled_layer_agree():
    layer = PermutationLinear("2*nn", "3*nn + n")
    x = torch.randn(5, 2, 4, 4)
    for y, z, w in zip(layer(x), torch.vmap(layer)(x), torch.compile(layer, backend="aot_eager")(x)):
        assert torch.allclose(y, z, atol=1e-6) and torch.allclose(y, w, atol=1e-6)
    n = torch.export.Dim("n", min=2, max=64)
    program = torch.export.export(layer, (x,), dynamic_shapes=(({2: n, 3: n},),)).module()
    larger = torch.randn(5, 2, 9, 9)
    assert all(torch.allclose(a, b, atol=1e-6) for a, b in zip(program(larger), layer(larger)))


@pytest.mark.parametrize("source, target", [("2*uv + u", "v + uu"), ("1", "1"), ("vv", "vv")])
def test_a_layer_that_never_ran_compiles_as_one_graph(source, target):
    layer = PermutationLinear(source, target)
    compiled = torch.compile(layer, fullgraph=True, dynamic=True, backend="eager")
    for u, v in (5, 4), (7, 3):
        sizes = {kind: size for kind, size in (("u", u), ("v", v)) if kind in layer.family.kinds}
        xs = inputs(layer, sizes)
        found = compiled(*xs)
        assert all(torch.allclose(a, b, atol=1e-6)
                   for a, b in zip(found if isinstance(found, tuple) else (found,), outputs(layer, xs)))


def test_the_layer_at_one_n_is_written_as_source_that_checks_itself(tmp_path):
    layer = PermutationLinear("2*nn", "n", average=False)
    text = nn.source(layer.at(3), name="Nodes")
    namespace: dict = {"__name__": "nodes"}
    exec(compile(text, "nodes.py", "exec"), namespace)
    alone = namespace["Nodes"]()
    alone.load_state_dict(layer.state_dict())
    x = torch.randn(2, 2, 3, 3)
    assert torch.allclose(alone(flat([x])), flat([layer(x)]), atol=1e-6)
    assert alone.self_check() < 1e-14


def test_shapes_that_do_not_fit_are_refused():
    layer = PermutationLinear("2*nn + n", "nn")
    x, y = torch.zeros(1, 2, 3, 3), torch.zeros(1, 1, 3)
    for xs, says in [((x,), "takes 2 tensors"), ((x[:, :1], y), r"is a tensor \(\*batch, 2, n, n\)"),
                     ((x[0, 0], y), "Put the channels before"), ((x, y[..., :2]), "has the sizes 3 and 2"),
                     ((x[..., :2], y), "permuted together"),
                     ((x, torch.zeros(4, 1, 3)), "tensors of one batch")]:
        with pytest.raises(WrongShape, match=says):
            layer(*xs)
    with pytest.raises(WrongShape, match=r"layer\(x, v=5\)"):
        PermutationLinear("u", "v")(torch.zeros(1, 1, 3))
    assert PermutationLinear("u", "v")(torch.zeros(1, 1, 3), v=5).shape == (1, 1, 5)
    with pytest.raises(rt.NotATensorType):
        PermutationLinear("8*", 1)
    with pytest.raises(ValueError, match="initial variances are"):
        PermutationLinear(1, 1, init="zeros")


def test_the_repr_makes_the_layer():
    given = "2, 2", "'8*nn', '4*n', bias=False, average=False, init='lecun'"
    for text in map("PermutationLinear({})".format, given):
        assert repr(eval(text, {"PermutationLinear": PermutationLinear})).split("  #")[0] == text
