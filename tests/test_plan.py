"""Plans: the meaning of each operation, passes that preserve it, digests, shapes, and what is refused."""

from __future__ import annotations

import copy
import pickle
from fractions import Fraction
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from strategies import plans

import reptheory.plan_meaning
from reptheory.plan import BadPlan, Const, Param, Plan, Step, Table
from reptheory.plan_cost import shapes_of
from reptheory.plan_meaning import evaluate


def small(variance: Fraction = Fraction(1, 3), note: str = "") -> Plan:
    """y = (w with its rows 1, 0, 1 read, the last one negated) x."""
    steps = (
        Step.make("rows", "gather", "w", "index", "sign"),
        Step.make("y", "conv", "x", "rows", stride=(), padding=(), dilation=()),
    )
    consts = (Const("index", Table.of([1, 0, 1])), Const("sign", Table.of([1.0, 1.0, -1.0])))
    return Plan(("x",), (Param("w", (2, 2), variance),), consts, steps, "y", note)


def meaning(op: str, *args, **attrs) -> np.ndarray:
    """The value of one step."""
    names = [f"a{n}" for n in range(len(args))]
    values = {name: np.asarray(arg) for name, arg in zip(names, args)}
    return evaluate([Step.make("y", op, *names, **attrs)], values)["y"]


def test_gather_reads_rows_with_signs(rng):
    w, index, sign = rng.normal(size=(4, 2, 3)), [3, 0, 3, 1, 2], [1.0, -1.0, 0.0, 1.0, -1.0]
    expected = np.stack([s * w[i] for i, s in zip(index, sign)])
    assert (meaning("gather", w, index, sign) == expected).all()


def test_expand_is_a_linear_combination_of_columns(rng):
    table, w = rng.normal(size=(5, 4)), rng.normal(size=(4, 2, 3))
    expected = sum(table[:, d, None, None] * w[d] for d in range(4))
    np.testing.assert_allclose(meaning("expand", table, w), expected, rtol=1e-14)


@pytest.mark.parametrize("groups", [1, 2])
def test_convolution_is_its_formula(rng, groups):
    stride, dilation, padding = (2, 1), (1, 2), (1, 2)
    x, w, bias = rng.normal(size=(2, 4, 5, 6)), rng.normal(size=(6, 4 // groups, 3, 2)), rng.normal(size=6)
    y = meaning("conv", x, w, bias, stride=stride, dilation=dilation, padding=padding, groups=groups)
    assert y.shape == (2, 6, 3, 8)
    for b, o, i, j in np.ndindex(y.shape):
        total = bias[o]
        for c, p, q in np.ndindex(w.shape[1:]):
            row, column = 2 * i + p - 1, j + 2 * q - 2
            if 0 <= row < 5 and 0 <= column < 6:
                total += w[o, c, p, q] * x[b, o // (6 // groups) * (4 // groups) + c, row, column]
        assert y[b, o, i, j] == pytest.approx(total, rel=1e-12)


def test_convolution_without_spatial_axes_is_a_matrix_product(rng):
    w, x = rng.normal(size=(3, 4)), rng.normal(size=(2, 4, 5))
    y = meaning("conv", x, w, stride=(), dilation=(), padding=())
    np.testing.assert_allclose(y, np.einsum("oi,bix->box", w, x), rtol=1e-13)


def test_circular_padding_wraps_more_than_once():
    x = np.arange(3.0).reshape(1, 1, 3)
    y = meaning("pad", x, widths=((7, 5),), mode="circular")
    assert y.ravel().tolist() == [float(i % 3) for i in range(-7, 8)]


def test_variance_is_of_the_population():
    assert meaning("reduce", [[1.0, 3.0]], kind="var", axes=(1,), keepdims=False).tolist() == [1.0]


@pytest.mark.parametrize("fn, x, y", [
    ("relu", -2.0, 0.0), ("square", -3.0, 9.0), ("sign", -0.5, -1.0), ("reciprocal", 4.0, 0.25), ("log", 1.0, 0.0),
    ("sqrt", 9.0, 3.0), ("abs", -2.0, 2.0), ("negative", 2.0, -2.0), ("softplus", 0.0, np.log(2)),
    ("sigmoid", 0.0, 0.5), ("silu", 2.0, 2 / (1 + np.exp(-2))), ("elu", -1.0, np.exp(-1) - 1), ("exp", 1.0, np.e),
    ("gelu", 1.0, 0.8413447460685429),  # x Φ(x), Φ(1) from the tables of the normal distribution
    ("softplus", 800.0, 800.0), ("sigmoid", -800.0, 0.0), ("elu", 800.0, 800.0),  # no overflow
])
def test_scalar_functions(fn, x, y):
    assert meaning("pointwise", np.array(x), fn=fn) == pytest.approx(y, rel=1e-15)


def test_the_meaning_is_at_most_sixty_lines():
    assert len(Path(reptheory.plan_meaning.__file__).read_text(encoding="utf-8").splitlines()) <= 60


@given(plans())
def test_folding_and_pruning_preserve_meaning(drawn):
    plan, x = drawn
    weights = plan.initial(0)
    y = plan(weights, x)
    for simpler in (plan.fold(), plan.prune(), plan.fold().prune(), plan.prune().fold()):
        assert np.array_equal(simpler(weights, x), y)
        assert len(simpler.steps) <= len(plan.steps)


@given(plans())
def test_nothing_is_left_to_fold_or_prune(drawn):
    plan = drawn[0].fold().prune()
    assert plan.fold() == plan == plan.prune()
    assert {a for s in plan.steps for a in s.args} | {plan.output} >= {s.name for s in plan.steps}


@given(plans())
def test_shapes_are_those_of_the_values(drawn):
    plan, x = drawn
    values = {"x": x} | plan.initial(0) | {c.name: c.value.array for c in plan.consts}
    values = evaluate(plan.steps, values)
    assert shapes_of(plan, {"x": x.shape}) == {name: value.shape for name, value in values.items()}


@given(plans())
def test_the_steps_are_those_on_weights_and_those_on_data(drawn):
    plan, x = drawn
    weights = plan.initial(0)
    values = weights | {c.name: c.value.array for c in plan.consts}
    made = evaluate(plan.weight_steps, dict(values))  # needs no input
    leaves = values | {name: made[name] for name in plan.kept} | {"x": x}
    assert np.array_equal(evaluate(plan.data_steps, leaves)[plan.output], plan(weights, x))
    assert set(plan.weight_steps) | set(plan.data_steps) == set(plan.steps)


@given(plans())
def test_equal_plans_have_equal_digests(drawn):
    plan, _ = drawn
    again = pickle.loads(pickle.dumps(plan))
    assert again == plan and hash(again) == hash(plan) and again.digest == plan.digest
    assert copy.deepcopy(plan) is plan


@given(plans())
def test_flat_weights_are_the_parameters_in_order(drawn):
    plan, x = drawn
    weights = plan.initial(1)
    flat = np.concatenate([weights[p.name].ravel() for p in plan.params])
    assert flat.shape == (plan.size,)
    assert np.array_equal(plan(flat, x), plan(weights, x))


def test_a_digest_is_the_same_everywhere():
    assert small().digest == "359253b6e1ea4eba6b07f0ff6ebabffbf13e2852ed554a8ea89f544a478039b6"


@pytest.mark.parametrize("other", [
    small(Fraction(1, 4)),
    Plan(("z",), *(getattr(small(), f) for f in ("params", "consts")),
         tuple(Step(s.name, s.op, tuple("z" if a == "x" else a for a in s.args), s.attrs) for s in small().steps), "y"),
    Plan(("x",), small().params, (Const("index", Table.of([1, 0, 0])), small().consts[1]), small().steps, "y"),
    Plan(("x",), small().params, small().consts, small().steps, "rows"),
])
def test_different_plans_have_different_digests(other):
    assert other != small() and other.digest != small().digest


def test_a_note_says_where_a_plan_came_from_and_no_more():
    assert small(note="by hand") == small() and small(note="by hand").digest == small().digest
    assert str(small(note="by hand")).startswith("# by hand\n")


def test_a_plan_prints_as_a_program():
    assert str(small()) == f"""\
plan(x):  # 4 weights, digest {small().digest[:12]}
    w = param (2, 2), variance 1/3
    index = int64 (3,) [1, 0, 1]
    sign = float64 (3,) [ 1., 1., -1.]
    rows = gather(w, index, sign)
    y = conv(x, rows, dilation=(), groups=1, padding=(), stride=())
    return y"""
    assert repr(small()) == f"<Plan {small().digest[:12]}: x -> y, 2 steps, 4 weights>"


def test_cost_counts_products_and_sums():
    cost = small().cost((5, 2))
    assert (cost.flops, cost.filter_flops, cost.weights) == (2 * 5 * 3 * 2, 3 * 2, 4)
    assert repr(cost) == "<Cost: 60 FLOP on inputs, 6 FLOP to make filters, 188 B moved, 4 weights>"
    with pytest.raises(ValueError, match=r"a filter \(3, 2\) in 1 groups takes 2 channels, not 4"):
        small().cost((5, 4))


@pytest.mark.parametrize("scalars", ["R", "C"])
def test_initial_weights_have_the_exact_variance(scalars):
    n = 40_000
    w = Plan((), (Param("w", (n,), Fraction(2, 7), scalars),), (), (), "w").initial(0)["w"]
    assert np.iscomplexobj(w) == (scalars == "C")
    assert abs(np.mean(np.abs(w) ** 2) - 2 / 7) < 5 * (2 / 7) * np.sqrt(2 / n)  # five standard deviations
    assert abs(np.mean(w)) < 5 * np.sqrt(2 / 7 / n)


def test_tables_are_immutable_and_exact():
    value = np.array([[1.0, -0.0]])
    table = Table.of(value)
    value[:] = 5
    assert table.array.tolist() == [[1.0, -0.0]] and np.signbit(table.array[0, 1])
    with pytest.raises(ValueError, match="read-only"):
        table.array[0, 0] = 2
    assert Table.of(np.float32(0.1)).array == np.float32(0.1)
    assert Table.of([[1, 2], [3, 4]]) == Table.of(np.array([[1, 3], [2, 4]]).T)
    assert Table.of([1]) != Table.of([1.0]) and Table.of([0.0]) != Table.of([-0.0])


@pytest.mark.parametrize("value, message", [
    ([1.0, float("nan")], r"a table holds finite numbers, but entry \(1,\) is nan"),
    ([[float("inf")]], r"entry \(0, 0\) is inf"),
    ([Fraction(1, 2)], "a table holds int64, float64, complex128, bool, not object. Convert the array"),
    (["1"], "not <U1"),
])
def test_tables_refuse_what_they_cannot_hold(value, message):
    with pytest.raises(ValueError, match=message):
        Table.of(value)


W = Param("w", (2, 2), Fraction(1))


def build(*steps: Step, output: str = "y", inputs: tuple[str, ...] = ("x",), params: tuple[Param, ...] = (W,)) -> Plan:
    return Plan(inputs, params, (Const("index", Table.of([1, 0, 1])),), steps, output)


@pytest.mark.parametrize("make, message", [
    (lambda: build(Step.make("y", "matmul", "x", "w")),
     r"step 'y = matmul\(x, w\)': there is no operation 'matmul'. The operations are gather, expand, einsum,"),
    (lambda: build(Step.make("y", "add", "x", "z")), "'z' is not defined before it is used. Define it before"),
    (lambda: build(Step.make("y", "add", "x", "y")), "'y' is not defined before"),
    (lambda: build(Step.make("w", "add", "x", "x")), "step 'w': the name is taken; a plan assigns each name once"),
    (lambda: build(Step.make("y-1", "add", "x", "x")), "step 'y-1': names are Python identifiers"),
    (lambda: build(Step.make("for", "add", "x", "x")), "step 'for': names are Python identifiers"),
    (lambda: build(Step.make("y", "add", "x")), "add takes 2 to 2 arguments, not 1"),
    (lambda: build(Step.make("y", "reshape", "x")), "the attributes of reshape are shape, in this order"),
    (lambda: build(Step.make("y", "reshape", "x", shape=(2,), order="F")), "the attributes of reshape are shape"),
    (lambda: build(Step.make("y", "reshape", "x", shape=2)), "shape=2 is not a tuple of integers"),
    (lambda: build(Step.make("y", "pointwise", "x", fn="rely")), "fn='rely' is not one of abs, cos,"),
    (lambda: build(Step.make("y", "einsum", "x", "w", equation="bi,oi")), "is not letters with an explicit output"),
    (lambda: build(Step.make("y", "gather", "w", "w")), r"gather needs w \(D, …\), index \(N,\) and sign \(N,\)"),
    (lambda: build(Step.make("y", "reshape", "w", shape=(3, -1))), r"an array of shape \(2, 2\) does not have the"),
    (lambda: build(Step.make("y", "permute", "w", axes=(0, 0))), r"the axes \(0, 0\) are not distinct"),
    (lambda: build(Step.make("y", "slice", "w", axis=1, start=1, stop=3)), "1:3 is not inside axis 1"),
    (lambda: build(Step.make("y", "add", "w", "index")), r"the shapes \(2, 2\) and \(3,\) do not broadcast"),
    (lambda: build(output="y"), "the output 'y' is not defined"),
    (lambda: build(inputs=("x", "x"), output="x"), "input 'x': the name is taken"),
    (lambda: build(params=(Param("w", (2,), 0.5),), output="x"), "variance 0.5 is not an exact number ≥ 0"),
    (lambda: build(params=(Param("w", (2,), Fraction(1), "H"),), output="x"), "scalars are 'R' or 'C', not 'H'"),
])
def test_programs_that_make_no_sense_are_refused(make, message):
    with pytest.raises(BadPlan, match=message):
        make()


@pytest.mark.parametrize("weights, message", [
    (np.zeros(3), r"the plan has 4 weights, but the vector has shape \(3,\)"),
    ({}, "the parameters are w, and 'w' is missing"),
    ({"w": np.zeros((2, 2)), "v": 0}, "the parameters are w, and 'v' is not one of them"),
    ({"w": np.zeros((2, 3))}, r"parameter 'w' has shape \(2, 2\), not \(2, 3\)"),
])
def test_weights_that_do_not_fit_are_refused(weights, message):
    with pytest.raises(ValueError, match=message):
        small()(weights, np.zeros((1, 2)))


def test_a_plan_names_its_inputs_when_their_number_is_wrong():
    with pytest.raises(ValueError, match="the plan has the inputs x, but 2 were given"):
        small()(np.zeros(4), np.zeros((1, 2)), np.zeros((1, 2)))


def test_a_small_plan_is_a_matrix_of_shared_weights():
    w = np.array([[1.0, 2.0], [3.0, 4.0]])
    for x in product((0.0, 1.0), repeat=2):
        assert (small()(w.ravel(), [x])[0] == [[3, 4], [1, 2], [-3, -4]] @ np.array(x)).all()
