"""Schemes of systems with parameters to learn: the steps of pdeconv, derivatives of differences, what is recovered."""
from __future__ import annotations

import copy
import pickle
from fractions import Fraction

import pytest
import torch

import nn
from pdeconv import NotDefined, System, boundary, catalog, lower
from pdeconv.limiter import LIMITERS
from pdeconv.stepper import Stepper

WATER = {"g": 9.5}
CASES = {
    "advection": (catalog.advection(), "upwind", {"a_x": -0.75}), "wave": (catalog.wave(), "lax-wendroff", {"c": 1.5}),
    "water": (catalog.shallow_water(ndim=1), "muscl", WATER), "gas": (catalog.euler(), "rusanov", {"gamma": 1.25}),
    "water in the plane": (catalog.shallow_water(ndim=2), "rusanov", WATER),
    "staggered sound": (catalog.acoustics(ndim=2), "yee", {"K": 1.5, "rho": 0.75}),
}
every = pytest.mark.parametrize("name", CASES)


def layer(name: str, time=0.05, **options) -> nn.SchemeStep:
    system, scheme, learn = CASES[name]
    return nn.SchemeStep(system.scheme(scheme, courant="2/5"), time, (0.1,) * system.ndim, learn, dtype=torch.float64,
                         **options)


def fields(name: str, count=2, size=8) -> torch.Tensor:
    system = CASES[name][0]
    draw = torch.Generator().manual_seed(0)
    u = 0.1 * torch.rand(count, system.size, *[size] * system.ndim, generator=draw, dtype=torch.float64)
    u[:, 0] += 1
    u[:, -1] += 2 * (name == "gas")
    return u


@every
def test_it_takes_the_steps_of_the_scheme_with_these_numbers(name):
    system, scheme, learn = CASES[name]
    numbers = system.at(**{k: str(Fraction(v)) for k, v in learn.items()})
    step = Stepper(lower(numbers.scheme(scheme)), boundary(numbers), (0.1,) * system.ndim, "torch")
    made, u = layer(name, 1e-4), fields(name)
    assert torch.allclose(made(u), torch.stack([step(v, 1e-4) for v in u]), rtol=1e-14, atol=1e-14)
    found = {k: float(v.detach()) for k, v in made.parameter_values().items()}
    assert found == pytest.approx(learn, rel=1e-15)


@pytest.mark.parametrize("splitting", ["godunov", "strang"])
def test_sweeps_are_taken_one_after_the_other(splitting):
    water = catalog.shallow_water(ndim=2)
    made = nn.SchemeStep(water.scheme("muscl", courant="2/5", splitting=splitting), 1e-4, (0.1, 0.2), WATER,
                         dtype=torch.float64)
    numbers, u = water.at(g="19/2"), fields("water in the plane")
    step = Stepper(lower(numbers.scheme("muscl", splitting=splitting)), boundary(numbers), (0.1, 0.2), "torch")
    assert torch.allclose(made(u), torch.stack([step(v, 1e-4) for v in u]), rtol=1e-14, atol=1e-14)


@every
def test_derivatives_are_those_of_differences(name):
    made, u = layer(name, 1e-3), fields(name, 1, 4)
    names = list(made.state_dict())
    weights = [p.detach().clone().requires_grad_() for p in made.parameters()]

    def call(x, *w):
        return torch.func.functional_call(made, dict(zip(names, w)), (x,))

    assert torch.autograd.gradcheck(call, (u.requires_grad_(), *weights), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("limiter", LIMITERS)
def test_derivatives_are_finite_where_slopes_vanish(limiter):
    # a + b = 0 and a = b = 0, where the quotient of a smooth limiter is 0/0 in the branch that is not taken
    scheme = catalog.burgers().scheme("muscl", limiter=limiter, courant="2/5")
    made = nn.SchemeStep(scheme, 0.05, (0.1,), {}, dtype=torch.float64)
    for values in ([1.] * 16, [1., 2.] * 8, [0., 1, 2, 3, 2, 1, 0, 0] * 2):
        u = torch.tensor(values, dtype=torch.float64)[None, None].requires_grad_()
        slope, = torch.autograd.grad(made(u).square().sum(), u)
        assert bool(slope.isfinite().all()) and bool((slope != 0).any())


def test_no_parameter_breaks_the_courant_condition():
    made, u = layer("water", 0.2), fields("water")
    for g in (1e-3, 1., 1e3):
        made.coefficients["g"].data.fill_(g).log_()
        y = made(u).detach()
        assert bool(y.isfinite().all()) and bool((y[:, 0] > 0).all())
        assert torch.allclose(y.sum(2), u.sum(2), rtol=1e-12)
    made.coefficients["g"].data.fill_(1e30)
    with pytest.raises(nn.TooFast, match=r"the speeds are too large, or not finite.*lower the learning rate"):
        made(u)


@pytest.mark.parametrize("name, first", [("water", {"g": 4.}), ("gas", {"gamma": 1.6}), ("wave", {"c": 1.})])
def test_parameters_are_recovered_from_two_snapshots(name, first):
    truth, made = layer(name), layer(name)
    u = fields(name)
    after = truth(u).detach()
    (key, value), = first.items()
    made.coefficients[key].data.fill_(value)
    if key in made.positive:
        made.coefficients[key].data.log_()
    optimiser = torch.optim.LBFGS(made.parameters(), 0.2, max_iter=40, line_search_fn="strong_wolfe",
                                  tolerance_grad=1e-14, tolerance_change=1e-16)

    def loss():
        optimiser.zero_grad()
        error = 1e4 * (made(u) - after).square().mean()
        error.backward()
        return error

    optimiser.step(loss)
    assert float(made.parameter_values()[key].detach()) == pytest.approx(CASES[name][2][key], rel=1e-4)


def test_copies_files_and_other_precisions():
    made, u = layer("water"), fields("water")
    y = made(u)
    other = layer("water")
    other.coefficients["g"].data.zero_()
    other.load_state_dict(made.state_dict())
    for same in (other, copy.deepcopy(made), pickle.loads(pickle.dumps(made))):
        assert torch.equal(same(u), y)
    assert list(made.state_dict()) == ["coefficients.g"]
    assert torch.allclose(copy.deepcopy(made).float()(u.float()).double(), y, rtol=1e-5, atol=1e-5)
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.allclose(copy.deepcopy(made).float()(u.float()).double(), y, rtol=1e-5, atol=1e-5)
    assert made(u[:0]).shape == u[:0].shape
    wall = layer("water", boundary="wall")
    assert torch.allclose(wall(u)[:, 0].sum(1), u[:, 0].sum(1), rtol=1e-12)


@pytest.mark.parametrize("make, error, words", [
    (lambda: nn.SchemeStep(catalog.wave().scheme("rusanov", courant="1/2"), 1., (1.,), {"k": 1.}), ValueError,
     "has no parameter k. Learn some of c"),
    (lambda: nn.SchemeStep(catalog.wave().scheme("rusanov"), 1., (1.,), {"c": 1.}), ValueError,
     "has no Courant number"),
    (lambda: nn.SchemeStep(catalog.wave().scheme("rusanov", courant="1/2"), 1., (1., 1.), {"c": 1.}), ValueError,
     "for each of the axes x"),
    (lambda: nn.SchemeStep(catalog.shallow_water().scheme("rusanov", courant="1/2"), 1., (1.,), {"g": -1.}), ValueError,
     "takes g to be positive"),
    (lambda: nn.SchemeStep(System({"x": ["a*u"]}, ["u"], ["-u"]).scheme("lax-wendroff", courant="2/5"), 1., (1.,),
                           {"a": 1.}), NotDefined, "whose stages take the source too"),
    (lambda: layer("water")(torch.ones(2, 3, 4)), ValueError, r"do not fit 2 unknowns in 1 dimensions\. Give \(batch"),
])
def test_refusals_say_what_to_change(make, error, words):
    with pytest.raises(error, match=words):
        make()
