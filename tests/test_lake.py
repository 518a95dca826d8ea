"""Shallow water over a bottom: lakes stay at rest by every bit, and no depth is negative beside dry cells."""
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import pdeconv as pde
from pdeconv import System, catalog
from pdeconv.stepper import Stepper

LINE = catalog.shallow_water(bottom=True).at(g="981/100")
PLANE = catalog.shallow_water(ndim=2, bottom=True).at(g=1)


@cache
def stepper(system, flux, sides, backend="numpy"):
    kernel = pde.lower(system.scheme("hydrostatic", flux=flux, time="ssp-rk2"))
    return Stepper(kernel, pde.boundary(system, sides), (.5,) * system.ndim, backend)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(0, 5), min_size=4, max_size=12), st.sampled_from(["rusanov", "hll"]),
       st.sampled_from(["periodic", "wall", "outflow"]), st.sampled_from([1., 2., 4.]))
def test_lakes_stay_at_rest(bottom, flux, sides, level):
    """h + b is one float, since b + fl(level − b) = level for powers of 2; islands reach above it."""
    b = np.array(bottom)
    u = np.stack([np.maximum(0, level - b), 0 * b, b])
    after, step = u, stepper(LINE, flux, sides)
    for _ in range(5):
        after = step(after, .01)
    assert np.array_equal(after, u)


@pytest.mark.parametrize("flux", ["rusanov", "hll"])
def test_lakes_in_the_plane_stay_at_rest_in_every_back_end(flux):
    torch = pytest.importorskip("torch")
    b = np.random.default_rng(0).random((9, 11)) * 3
    u = np.stack([np.maximum(0, 2 - b), 0 * b, 0 * b, b])
    scheme, grid = PLANE.scheme("hydrostatic", flux=flux, courant="1/2"), pde.Grid(x=(0, 1, 11), y=(0, 1, 9))
    found = pde.solve(PLANE, scheme, grid, u, 1, boundary="wall")
    assert np.array_equal(found.u, u) and found.steps > 20
    assert np.array_equal(stepper(PLANE, flux, "wall", "torch")(torch.from_numpy(u), .01).numpy(), u)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.one_of(st.just(0.), st.floats(1e-6, 4)), st.floats(-5, 5), st.floats(0, 3)), min_size=4,
                max_size=8), st.sampled_from(["rusanov", "hll"]))
def test_depths_stay_positive_up_to_the_courant_number(cells, flux):
    h, v, b = np.array(cells).T
    u = np.stack([h, h * v, b])
    step = stepper(LINE, flux, "periodic")
    speed = step.kernel.max_speeds(u)[0]
    courant = float(LINE.scheme("hydrostatic", flux=flux, time="ssp-rk2").positivity().courant)
    after = u + step.kernel.numpy(pde.boundary(LINE).pad(u, 1), [courant / max(speed, 1)], 0.)
    assert (after[0] >= -1e-15 * (1 + h.max())).all() and abs(after[0].sum() - h.sum()) <= 1e-13 * (1 + h.sum())
    assert np.array_equal(after[2], b)


@pytest.mark.parametrize("flux", ["rusanov", "hll"])
@pytest.mark.parametrize("system", [LINE, PLANE], ids=["line", "plane"])
def test_derivatives_beside_dry_cells_are_finite_and_those_of_differences(system, flux):
    """√h has no derivative at 0, and what is selected does not read it; central differences at every wet cell."""
    torch = pytest.importorskip("torch")
    rng, shape = np.random.default_rng(3), (4, 5)[-system.ndim:]
    u = rng.random((system.size, *shape)) + .2
    dry = rng.random(shape) < .4
    u[-1] *= 3
    u[:-1] *= ~dry
    assert dry.any() and not dry.all()
    step, weights = stepper(system, flux, "wall", "torch"), torch.from_numpy(rng.standard_normal(u.shape))

    def value(v):
        return (step(v, .01) * weights).sum()
    x = torch.from_numpy(u).requires_grad_()
    gradient, = torch.autograd.grad(value(x), x)
    assert torch.isfinite(gradient).all()
    for k in np.argwhere(np.broadcast_to(~dry, u.shape)):
        e = torch.zeros_like(x)
        e[tuple(k)] = 1e-6
        assert abs(float((value(x + e) - value(x - e)).detach()) / 2e-6 - gradient[tuple(k)]) <= 1e-7


def test_largest_speeds_beside_dry_cells_have_finite_derivatives():
    torch = pytest.importorskip("torch")
    kernel = pde.lower(LINE.scheme("hydrostatic"))
    u = torch.tensor([[0., 2.], [0., 1.], [1., 0.]], dtype=torch.float64, requires_grad=True)
    speed, = kernel.speeds_of(u, {})
    gradient, = torch.autograd.grad(speed.sum(), u)
    assert 0 <= speed[0] < 1e-5 and abs(speed[1] - .5 - 19.62 ** .5) <= 1e-15
    assert torch.isfinite(gradient).all() and gradient[:, 0].tolist() == [0] * 3


def test_positivity_and_texts():
    scheme = catalog.shallow_water(ndim=2, bottom=True).scheme("hydrostatic", flux="hll", courant="1/2")
    assert repr(scheme.positivity()) == "<Positivity: h > 0 up to the Courant number 1/2>"
    assert eval(repr(scheme), {"System": System, "catalog": catalog}) == scheme and scheme.order == 1
    assert repr(scheme).endswith("# hll flux, hydrostatic reconstruction, euler")


@pytest.mark.parametrize("flux", ["rusanov", "hll"])
def test_a_dam_breaks_on_a_dry_bed(flux):
    """Ritter 1892: h = (2 − x/t)²/9 for −1 ≤ x/t ≤ 2, g = h_L = 1."""
    system, grid = catalog.shallow_water(bottom=True).at(g=1), pde.Grid(x=(-1, 1, 200))
    found = pde.solve(system, system.scheme("hydrostatic", flux=flux, courant=1), grid,
                      lambda x: [np.where(x < 0, 1., 0.), 0, 0], .3, boundary="outflow")
    exact = np.clip((2 - grid.centres("x") / .3) / 3, 0, 1) ** 2
    assert np.abs(found["h"] - exact).mean() < .011 and found["h"].min() >= 0


def test_a_flat_bottom_is_no_bottom():
    flat, u = catalog.shallow_water().at(g="981/100"), np.random.default_rng(1).random((2, 12))
    u[0] += 1
    expected = Stepper(pde.lower(flat.scheme("upwind", flux="hll", time="ssp-rk2")), pde.boundary(flat), (.5,))(u, .01)
    found = stepper(LINE, "hll", "periodic")(np.stack([*u, 0 * u[0] + 7]), .01)
    assert np.abs(found[:2] - expected).max() <= 1e-13


def test_water_flows_over_a_hump():
    """Steady flow has m constant and m²/2h² + g (h + b) constant (Bernoulli): first order in the width of cells."""
    system, errors = catalog.shallow_water(bottom=True).at(g=1), []
    for n in (40, 80):
        grid = pde.Grid(x=(0, 10, n))
        b = .2 * np.exp(-(grid.centres("x") - 5) ** 2)
        m, head = .3, .3 ** 2 / 2 + 1
        h = np.array([max(np.roots([1, z - head, 0, m ** 2 / 2]).real) for z in b])
        found = pde.solve(system, system.scheme("hydrostatic", courant=1), grid, np.stack([h, 0 * h + m, b]), 1)
        errors.append(np.abs(found["h"] - h).max())
    assert errors[0] < .05 and 1.6 < errors[0] / errors[1]


REFUSALS = [
    (lambda: LINE.scheme("rusanov"), pde.NotDefined, "'hydrostatic' is for water over a bottom"),
    (lambda: LINE.scheme("hydrostatic", limiter="mc"), pde.NotDefined, "limiter has no place"),
    (lambda: LINE.scheme("hydrostatic", flux="hllc"), pde.NotDefined, "may divide by the depth"),
    (lambda: catalog.shallow_water().scheme("hydrostatic"), pde.NotDefined, "is not shallow water over a bottom"),
    (lambda: System(x=[[0, 1, 0], ["h", 0, "h"], [0, 0, 0]], state=["h", "m", "b"]).scheme("hydrostatic"),
     pde.NotDefined, "are not those of shallow water over a bottom"),
    (lambda: LINE.scheme("hydrostatic").conservation(), pde.NotConservative, "which the bottom changes"),
]


@pytest.mark.parametrize("act, kind, message", REFUSALS)
def test_refusals(act, kind, message):
    with pytest.raises(kind, match=message) as caught:
        act()
    assert str(caught.value).rstrip().endswith(".")
