"""High-order and limited schemes as they run: observed orders, errors in Sod's problem, and equal back ends."""
from functools import cache

import numpy as np
import pytest

import pdeconv as pde
from pdeconv import catalog
from pdeconv.stepper import Stepper

FLOW, AIR, LAKE = catalog.advection().at(a_x=1), catalog.euler().at(gamma="7/5"), catalog.shallow_water().at(g=1)


def transported(scheme, n, dt):
    """The L1 error of means over cells of a sine after one period."""
    step = Stepper(pde.lower(scheme), pde.boundary(FLOW), (1 / n,))
    start = -np.diff(np.cos(2 * np.pi * np.arange(n + 1) / n))[None] * n / 2 / np.pi
    u, steps = start, int(np.ceil(1 / dt))
    for _ in range(steps):
        u = step(u, 1 / steps)
    return np.abs(u - start).mean()


@pytest.mark.parametrize("name, options, order, cells, p", [  # LeVeque, Finite Volume Methods, 8.7; Jiang and Shu 1996
    ("upwind", {}, .98, 80, 1), ("lax-friedrichs", {}, .935, 160, 1), ("lax-wendroff", {}, 2, 40, 1),
    ("muscl", {"limiter": "minmod", "flux": "upwind"}, 1.84, 80, 1),
    ("muscl", {"limiter": "van-leer", "flux": "upwind"}, 1.95, 80, 1),
    ("muscl", {"limiter": "mc", "flux": "upwind"}, 1.91, 80, 1), ("wave-propagation", {"limiter": "mc"}, 2.1, 40, 1),
    ("weno5", {"reconstruction": "weno5-z"}, 5, 40, 5 / 3), ("weno7", {}, 7, 24, 7 / 3)], ids=str)
def test_observed_orders(name, options, order, cells, p):
    """Δt ~ Δx^p makes the third order of the Runge–Kutta method no smaller than that of the reconstruction."""
    scheme = FLOW.scheme(name, **options)
    coarse, fine = (transported(scheme, n, .5 / cells * (cells / n) ** p) for n in (cells, 2 * cells))
    assert np.log2(coarse / fine) == pytest.approx(order, abs=.06)


@cache
def exact_tube(n):
    """Means over cells of the exact density at t = 1/5."""
    left, right = ({"rho": r, "v_x": 0, "p": p} for r, p in (("1", "1"), ("1/8", "1/10")))
    x = (np.arange(8 * n) + .5) / (8 * n)
    return pde.riemann(AIR, left, right)((x - .5) * 5)[0].reshape(n, 8).mean(1)


@pytest.mark.parametrize("name, options, courant, error", [  # L1 of the density with 100 cells, by hand-written codes
    ("rusanov", {}, "9/10", 2.20e-2), ("hllc", {"beyond_limit": True}, "9/10", 1.46e-2),
    ("muscl", {"flux": "hllc", "limiter": "minmod"}, "9/20", 7.7e-3),
    ("muscl", {"flux": "hllc", "limiter": "mc"}, "9/20", 5.36e-3),
    ("wave-propagation", {"limiter": "minmod"}, "9/10", 5.26e-3),  # PyClaw, Roe's solver
    ("wave-propagation", {"limiter": "mc"}, "9/10", 3.05e-3),
    ("weno5", {"reconstruction": "weno5-z", "on": "characteristics", "flux": "hllc"}, "9/20", 4.23e-3)], ids=str)
def test_sod(name, options, courant, error):
    grid = pde.Grid(x=(0, 1, 100))
    found = pde.solve(AIR, AIR.scheme(name, courant=courant, **options), grid, lambda x: [
        np.where(x < .5, 1, .125), 0 * x, np.where(x < .5, 2.5, .25)], .2, boundary="outflow")
    assert np.abs(found["rho"] - exact_tube(100)).mean() == pytest.approx(error, rel=.06)


@pytest.mark.parametrize("flux, limiter", [("hllc", "mc"), ("rusanov", "superbee")])
def test_slopes_of_primitive_unknowns_survive_a_near_vacuum(flux, limiter):
    """Toro's second problem, the 123 problem, where slopes of the state's unknowns give negative pressures."""
    def solve(on):
        scheme = AIR.scheme("muscl", flux=flux, limiter=limiter, on=on, courant="1/4")
        return pde.solve(AIR, scheme, pde.Grid(x=(0, 1, 60)), lambda x: {
            "rho": 1, "v_x": np.where(x < .5, -2, 2), "p": .4}, .15, boundary="outflow")
    with pytest.raises(pde.Diverged):
        solve("components")
    rho, m, e = solve("primitive").u
    assert rho.min() > .01 and (.4 * (e - m ** 2 / rho / 2)).min() > .001


@pytest.mark.parametrize("name, options", [
    ("weno3", {}), ("weno5", {"on": "characteristics", "flux": "hllc"}), ("weno7", {}),
    ("weno5", {"reconstruction": "weno5-z", "flux": "roe"}), ("wave-propagation", {"limiter": "van-leer"}),
    ("muscl", {"on": "primitive", "flux": "hll"}),
    ("muscl", {"on": "characteristics", "flux": "hll", "limiter": "superbee"})], ids=str)
def test_back_ends_agree(name, options):
    torch = pytest.importorskip("torch")
    kernel, u = pde.lower(LAKE.scheme(name, **options)), 1 + np.random.default_rng(0).random((2, 17)) / 4
    made = {b: Stepper(kernel, pde.boundary(LAKE), (.1,), b) for b in ("numpy", "torch")}
    found = made["numpy"](u, .01)
    assert np.abs(found - made["torch"](torch.from_numpy(u), .01).numpy()).max() <= 1e-14
    if name in ("wave-propagation", "weno7"):
        pytest.importorskip("numba")
        assert np.abs(found - Stepper(kernel, pde.boundary(LAKE), (.1,), "numba")(u, .01)).max() <= 4e-15
