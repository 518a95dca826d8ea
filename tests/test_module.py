"""PlanModule: torch agrees with NumPy, filters kept in eval mode are never stale, and torch's own tools work on it."""

from __future__ import annotations

import copy
import io
import pickle
import warnings
from fractions import Fraction

import numpy as np
import pytest
import torch
from hypothesis import given
from strategies import plans

from nn.module import PlanModule
from reptheory.plan import Const, Param, Plan, Step, Table

THIRD = 1 / 3  # neither float32 nor float64 holds it, and they differ


def convolution() -> Plan:
    """A 4 → 4 convolution of side 3 from 18 weights, with signs, a length that is irrational, and a bias."""
    rng = np.random.default_rng(0)
    consts = (
        Const("index", Table.of(np.concatenate([rng.permutation(18) for _ in range(2)]))),
        Const("sign", Table.of(rng.choice([-1.0, 1.0], 36))),
        Const("length", Table.of(THIRD)),
        Const("zero", Table.of([0, 0, 0, 0])),
    )
    steps = (
        Step.make("scaled", "mul", "weight", "length"),
        Step.make("rows", "gather", "scaled", "index", "sign"),
        Step.make("split", "reshape", "rows", shape=(2, 2, 9, 2, 2)),
        Step.make("ordered", "permute", "split", axes=(0, 3, 1, 4, 2)),
        Step.make("kernel", "reshape", "ordered", shape=(4, 4, 3, 3)),
        Step.make("shared", "gather", "bias", "zero"),
        Step.make("y", "conv", "x", "kernel", "shared", stride=(1, 1), dilation=(1, 1), padding=(1, 1)),
    )
    params = (Param("weight", (18, 2, 2), Fraction(1, 9)), Param("bias", (1,), Fraction(1, 4)))
    return Plan(("x",), params, consts, steps, "y")


def layer(**options) -> PlanModule:
    torch.manual_seed(0)
    return PlanModule(convolution(), **options)


def features(dtype: torch.dtype | None = None) -> torch.Tensor:
    return torch.randn(2, 4, 5, 5, generator=torch.Generator().manual_seed(1), dtype=dtype)


def fresh(module: PlanModule, x: torch.Tensor) -> torch.Tensor:
    """The output at the weights as they are, with nothing kept."""
    other = PlanModule(module.plan, dtype=x.dtype)
    with torch.no_grad():
        for name, weight in module.named_parameters():
            getattr(other, name).copy_(weight)
        return other(x)


def evaluated(module: PlanModule, x: torch.Tensor) -> torch.Tensor:
    with torch.no_grad():
        return module(x)


def in_numpy(module: PlanModule, x: torch.Tensor) -> np.ndarray:
    return module.plan({name: w.detach().numpy() for name, w in module.named_parameters()}, x.numpy())


@given(plans())
def test_torch_agrees_with_numpy(drawn):
    plan, x = drawn
    module = PlanModule(plan, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    x = torch.from_numpy(x)
    y = module(x).detach()
    expected = in_numpy(module, x)
    assert y.shape == expected.shape and y.dtype == torch.float64
    np.testing.assert_allclose(y, expected, rtol=1e-11, atol=1e-11 * max(1, np.abs(expected).max(initial=0)))
    y = evaluated(module, x)
    assert torch.equal(evaluated(module.eval(), x), y)  # the first time, and
    assert torch.equal(evaluated(module, x), y)  # from what was kept


@pytest.mark.parametrize("fn, low", [("log", 0.1), ("sqrt", 0.1), ("reciprocal", 0.1), ("exp", -5), ("sign", -5),
                                     ("softplus", -60), ("gelu", -8), ("sigmoid", -60)])
def test_scalar_functions_agree_with_numpy(fn, low):
    x = torch.linspace(low, 60 if fn == "softplus" else 6, 101, dtype=torch.float64)
    plan = Plan(("x",), (), (), (Step.make("y", "pointwise", "x", fn=fn),), "y")
    np.testing.assert_allclose(PlanModule(plan)(x), plan({}, x.numpy()), rtol=1e-14, atol=1e-16)


def test_a_complex_plan_agrees_with_numpy():
    rng = np.random.default_rng(0)
    table = rng.normal(size=(8, 2)) + 1j * rng.normal(size=(8, 2))
    steps = (
        Step.make("rows", "expand", "real", "w"),
        Step.make("more", "expand", "table", "w"),
        Step.make("both", "add", "rows", "more"),
        Step.make("kernel", "reshape", "both", shape=(2, 2, 2)),
        Step.make("y", "conv", "x", "kernel", stride=(1,), dilation=(1,), padding=(1,)),
    )
    consts = (Const("table", Table.of(table)), Const("real", Table.of(table.real)))
    plan = Plan(("x",), (Param("w", (2,), Fraction(1), "C"),), consts, steps, "y")
    module = PlanModule(plan, dtype=torch.float64)
    x = torch.randn(2, 2, 5, dtype=torch.complex128)
    np.testing.assert_allclose(module(x).detach(), in_numpy(module, x), rtol=1e-12)
    assert PlanModule(plan).w.dtype == torch.complex64
    assert torch.autograd.gradcheck(module, (x.requires_grad_(),))


def test_weights_start_with_the_variance_of_the_plan():
    plan = Plan((), (Param("w", (40_000,), Fraction(2, 7)), Param("b", (3,), Fraction(0))), (), (), "w")
    module = PlanModule(plan, generator=torch.Generator().manual_seed(0))
    assert abs(module.w.var().item() - 2 / 7) < 5 * (2 / 7) * (2 / 40_000) ** 0.5
    assert module.b.tolist() == [0, 0, 0]
    assert torch.equal(module.w, PlanModule(plan, generator=torch.Generator().manual_seed(0)).w)


def test_a_checkpoint_holds_the_weights_and_nothing_else():
    module = layer()
    evaluated(module.eval(), features())
    assert list(module.state_dict()) == ["weight", "bias"]
    file = io.BytesIO()
    torch.save(module.state_dict(), file)
    file.seek(0)
    other = PlanModule(convolution())
    other.load_state_dict(torch.load(file, weights_only=True))
    assert torch.equal(evaluated(other, features()), evaluated(module, features()))


# What is kept in eval mode -------------------------------------------------------------------------------------------


def kept(module: PlanModule) -> torch.Tensor | None:
    return dict(module.named_buffers()).get("kept_kernel")


def test_the_filter_is_kept_in_eval_mode_only():
    module, x = layer(), features()
    assert kept(module) is None
    evaluated(module.eval(), x)
    filter_ = kept(module)
    assert filter_.shape == (4, 4, 3, 3) and not filter_.requires_grad
    evaluated(module, x)
    assert kept(module) is filter_  # not made again
    assert kept(module.train()) is None


def test_a_kept_filter_is_what_runs():
    module, x = layer().eval(), features()
    kept(module).zero_()
    assert (evaluated(module, x) == module.bias).all()
    assert not torch.equal(module(x), evaluated(module, x))  # with gradients it is made anew


def changes():
    other = PlanModule(convolution(), generator=torch.Generator().manual_seed(7))

    def load(module):
        module.load_state_dict(other.state_dict())

    def assign(module):
        module.load_state_dict(other.state_dict(), assign=True)

    def in_place(module):
        with torch.no_grad():
            module.weight[0, 0, 0] += 1

    def through_data(module):
        module.weight.data[0, 0, 0] += 1

    def new_data(module):
        module.weight.data = other.weight.detach().clone()

    def new_parameter(module):
        module.bias = torch.nn.Parameter(torch.ones(1))

    def vector(module):
        torch.nn.utils.vector_to_parameters(torch.linspace(0, 1, module.plan.size), module.parameters())

    def step(module):
        module(features()).square().sum().backward()
        torch.optim.SGD(module.parameters(), lr=0.1).step()

    def step_in_training(module):
        step(module.train())
        module.eval()

    def reset(module):
        module.reset_parameters()

    def through_numpy(module):
        module.bias.detach().numpy()[:] = 3

    return [load, assign, in_place, through_data, new_data, new_parameter, vector, step, step_in_training, reset,
            through_numpy]


@pytest.mark.parametrize("change", changes(), ids=lambda change: change.__name__)
def test_a_kept_filter_follows_the_weights(change):
    module, x = layer().eval(), features()
    before = evaluated(module, x)
    change(module)
    after = evaluated(module, x)
    assert not torch.equal(after, before)
    assert torch.equal(after, fresh(module, x))


@pytest.mark.parametrize("convert, dtype", [
    (lambda m: m.double(), torch.float64), (lambda m: m.to(torch.float64), torch.float64),
    (lambda m: m.double().float(), torch.float32), (lambda m: m.type(torch.float64), torch.float64),
    (lambda m: torch.nn.Sequential(m).double()[0], torch.float64),
])
def test_a_kept_filter_and_constants_follow_the_dtype(convert, dtype):
    module = layer().eval()
    evaluated(module, features())
    module = convert(module)
    y = evaluated(module, features(dtype))
    assert y.dtype == dtype and torch.equal(y, fresh(module, features(dtype)))
    assert module.const_length.item() == torch.tensor(THIRD, dtype=dtype).item()  # rounded once, not twice


def test_bfloat16_and_back_leaves_constants_exact():
    module = layer().bfloat16().half().double()
    assert module.const_length.item() == THIRD
    assert module.const_index.dtype == torch.int64


def test_gradients_of_weights_never_meet_a_kept_filter():
    module, x = layer(), features()
    module(x).square().sum().backward()
    expected = module.weight.grad.clone()
    module.zero_grad()
    evaluated(module.eval(), x)
    module(x).square().sum().backward()
    assert torch.equal(module.weight.grad, expected)


def test_gradients_of_inputs_pass_through_a_kept_filter():
    module, x = layer().requires_grad_(False), features().requires_grad_()
    module(x).square().sum().backward()
    expected, x.grad = x.grad, None
    with torch.inference_mode():
        module.eval()(features())  # what is made here must serve a backward pass too
    module(x).square().sum().backward()
    assert torch.equal(x.grad, expected) and kept(module) is not None


def test_a_module_made_in_inference_mode_works():
    with torch.inference_mode():
        module = layer().eval()
        assert torch.equal(module(features()), layer()(features()))


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m)), copy.copy])
def test_copies_after_eval(copied):
    module, x = layer().eval(), features()
    y = evaluated(module, x)
    other = copied(module)
    assert torch.equal(evaluated(other, x), y) and not other.training
    if copied is not copy.copy:
        with torch.no_grad():
            other.weight.zero_()
        assert not torch.equal(evaluated(other, x), y)
        assert torch.equal(evaluated(module, x), y)


def test_a_pickle_holds_no_filter():
    module = layer()
    size = len(pickle.dumps(module))
    evaluated(module.eval(), features())
    assert len(pickle.dumps(module)) <= size + 8


def test_autocast_does_not_enter_what_is_kept():
    table = Const("table", Table.of(np.random.default_rng(0).normal(size=(16, 3))))
    steps = (
        Step.make("rows", "expand", "table", "w"),
        Step.make("kernel", "reshape", "rows", shape=(4, 4)),
        Step.make("y", "conv", "x", "kernel", stride=(), dilation=(), padding=()),
    )
    plan = Plan(("x",), (Param("w", (3, 1), Fraction(1)),), (table,), steps, "y")
    module, x = PlanModule(plan).eval(), features()
    with torch.no_grad():
        module.w.mul_(2)  # so that the filter is made while autocast is on
    with torch.autocast("cpu", dtype=torch.bfloat16):
        low = evaluated(module, x)
    assert low.dtype == torch.bfloat16 and kept(module).dtype == torch.float32
    assert torch.equal(evaluated(module, x), fresh(module, x))
    torch.testing.assert_close(low.float(), fresh(module, x), rtol=0.05, atol=0.05)


def test_autocast_trains():
    module = layer()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        module(features()).float().square().sum().backward()
    assert module.weight.grad.dtype == torch.float32 and module.weight.grad.isfinite().all()


# The tools of torch --------------------------------------------------------------------------------------------------


def test_gradients_are_those_of_the_map():
    module, x = layer(dtype=torch.float64), features(torch.float64)[:1, :, :3, :3].requires_grad_()
    weights = tuple(module.parameters())

    def run(x, weight, bias):
        return torch.func.functional_call(module, {"weight": weight, "bias": bias}, (x,))

    assert torch.autograd.gradcheck(run, (x, *weights))
    assert torch.autograd.gradgradcheck(run, (x, *weights))


@pytest.mark.parametrize("training", [True, False])
def test_torch_compile_makes_one_graph(training):
    module, x = layer().train(training), features()
    compiled = torch.compile(module, fullgraph=True, backend="aot_eager")
    with torch.set_grad_enabled(training):
        assert torch.equal(compiled(x), module(x))
    with torch.no_grad():
        module.weight.mul_(2)
        assert torch.equal(compiled(x), fresh(module, x))


@pytest.mark.parametrize("strict", [True, False])
@pytest.mark.parametrize("training", [True, False])
def test_torch_export_keeps_the_batch_free(training, strict):
    module, x = layer().train(training), features()
    batch = torch.export.Dim("batch")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", (DeprecationWarning, FutureWarning))  # torch's own
        program = torch.export.export(module, (x,), dynamic_shapes={"inputs": ({0: batch},)}, strict=strict)
    more = torch.cat([x, x, x])
    assert torch.equal(program.module()(more), module(more))
    assert set(program.state_dict) == {"weight", "bias"}


@pytest.mark.parametrize("strict", [True, False])
def test_an_exported_program_makes_its_filters_from_its_weights(strict):
    module, x = layer().eval(), features()
    with torch.no_grad():
        expected = 2 * module(x)
        program = torch.export.export(module, (x,), strict=strict).module()
        program.weight.mul_(2)
        program.bias.mul_(2)
        torch.testing.assert_close(program(x), expected)


def test_vmap_over_an_ensemble_of_weights():
    module, x = layer().eval(), features()
    evaluated(module, x)
    stacked = {name: torch.stack([w.detach(), 2 * w.detach()]) for name, w in module.named_parameters()}

    def run(weights):
        return torch.func.functional_call(module, weights, (x,))

    both = torch.vmap(run)(stacked)
    for n in range(2):
        torch.testing.assert_close(both[n], run({name: w[n] for name, w in stacked.items()}))
    before = kept(module)
    with torch.no_grad():
        run({name: w[1] for name, w in stacked.items()})
    assert kept(module) is before  # the weights of others are not kept
    assert torch.equal(evaluated(module, x), fresh(module, x))


@pytest.mark.filterwarnings("ignore:`torch.jit.script` is deprecated:DeprecationWarning")  # torch's own
def test_jacobians_of_a_frozen_layer_leave_nothing_behind():
    module, x = layer().requires_grad_(False), features()[:1, :, :2, :2]
    expected = torch.func.jacrev(module)(x)
    module.eval()
    with torch.no_grad():
        module.weight.mul_(1)  # what was kept is stale now, inside the transform as well
    assert torch.equal(torch.func.jacrev(module)(x), expected)
    assert kept(module).untyped_storage().nbytes() == 4 * 4 * 9 * 4  # not the transform's wrapper, which has none
    torch.testing.assert_close(torch.func.jacfwd(module)(x), expected)
    assert torch.equal(torch.vmap(module)(x[None])[0], module(x))
    assert torch.equal(evaluated(module, x), fresh(module, x))


def test_parametrised_weights():
    module, x = layer().eval(), features()
    before = evaluated(module, x)
    torch.nn.utils.parametrizations.weight_norm(module, "weight")
    torch.testing.assert_close(evaluated(module, x), before)
    with torch.no_grad():
        module.parametrizations.weight.original0.mul_(2)
    assert not torch.allclose(evaluated(module, x), before)


def test_the_default_dtype_is_respected():
    torch.set_default_dtype(torch.float64)
    try:
        module = layer()
    finally:
        torch.set_default_dtype(torch.float32)
    assert {t.dtype for t in (*module.parameters(), module.const_length, module.const_sign)} == {torch.float64}
    assert module.const_length.item() == THIRD


def test_the_meta_device_and_back():
    with torch.device("meta"):
        module = layer()
    assert module.eval()(features().to("meta")).shape == (2, 4, 5, 5)
    module.to_empty(device="cpu").load_state_dict(layer().state_dict())
    assert torch.equal(evaluated(module, features()), evaluated(layer(), features()))


def test_shared_memory_is_kept():
    module = layer().share_memory()
    assert all(t.is_shared() for t in (*module.parameters(), *module.buffers()))


def in_two_processes(rank: int, folder: str) -> None:
    """Train on half of a batch each, evaluate, train again; rank 0 writes the weights."""
    torch.distributed.init_process_group("gloo", init_method=f"file://{folder}/init", rank=rank, world_size=2)
    torch.set_num_threads(1)
    torch.manual_seed(rank)  # different weights, until DistributedDataParallel sends those of rank 0
    module = layer() if rank == 0 else PlanModule(convolution())
    parallel = torch.nn.parallel.DistributedDataParallel(module)
    optimiser = torch.optim.SGD(parallel.parameters(), lr=0.01)
    for _ in range(2):
        parallel.train()
        optimiser.zero_grad()
        parallel(features()[rank : rank + 1]).square().mean().backward()
        optimiser.step()
        parallel.eval()
        evaluated(parallel, features())
    torch.save({"weights": module.state_dict(), "y": evaluated(parallel, features())}, f"{folder}/rank{rank}")
    torch.distributed.destroy_process_group()


@pytest.mark.slow
def test_two_processes_train_as_one(tmp_path):
    torch.multiprocessing.spawn(in_two_processes, (str(tmp_path),), nprocs=2)
    module = layer()
    optimiser = torch.optim.SGD(module.parameters(), lr=0.01)
    for _ in range(2):
        optimiser.zero_grad()
        module(features()).square().mean().backward()
        optimiser.step()
    for rank in range(2):
        found = torch.load(tmp_path / f"rank{rank}", weights_only=True)
        torch.testing.assert_close(found["weights"], dict(module.state_dict()))
        torch.testing.assert_close(found["y"], evaluated(module, features()))


@pytest.mark.gpu
def test_a_kept_filter_follows_to_the_gpu():
    module, x = layer().eval(), features(torch.float64)
    y = evaluated(module.double(), x)
    module.cuda()
    torch.testing.assert_close(evaluated(module, x.cuda()).cpu(), y)
    with torch.no_grad():
        module.weight.mul_(2)
    torch.testing.assert_close(evaluated(module, x.cuda()).cpu(), fresh(module.cpu(), x))


def test_the_value_of_a_filter_is_differentiable():
    module = layer()
    module.value("kernel").square().sum().backward()
    assert module.weight.grad.abs().sum() > 0
    assert module.value("bias") is module.bias
    with pytest.raises(ValueError, match=r"'y' is not made from weights alone. These are: weight, bias,"):
        module.value("y")


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="the plan has the inputs x, but 2 were given"):
        layer()(features(), features())
    plan = Plan((), (Param("forward", (1,), Fraction(1)),), (), (), "forward")
    with pytest.raises(ValueError, match=r"a torch module has an attribute 'forward' already. Rename this"):
        PlanModule(plan)


def test_a_module_prints_its_plan():
    assert repr(layer()) == f"PlanModule(<Plan {convolution().digest[:12]}: x -> y, 7 steps, 73 weights>)"


def test_slices_that_follow_each_other_are_one_split_and_overlapping_ones_are_not():
    def sums(*bounds: tuple[int, int]) -> PlanModule:
        cuts = [Step.make(f"p{k}", "slice", "x", axis=1, start=i, stop=j) for k, (i, j) in enumerate(bounds)]
        return PlanModule(Plan(("x",), (), (), (*cuts, Step.make("y", "mul", "p0", "p1")), "y"))

    x = torch.arange(10.).reshape(2, 5).requires_grad_()
    for bounds, ops in (((3, 5), (0, 2)), ["split", "mul"]), (((0, 2), (1, 3)), ["slice", "slice", "mul"]):
        module = sums(*bounds)
        assert [op for _, op, _, _ in module._data_program] == ops
        assert torch.equal(module(x), x[:, slice(*bounds[0])] * x[:, slice(*bounds[1])])
        assert torch.autograd.gradcheck(module, x.double())
