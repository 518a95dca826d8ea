"""Orders that are observed, and solutions that are known, by pde.solve alone.

L1 errors of advection after one period on 40 … 320 cells (80 for WENO): sine waves converge with the order of the
scheme, square waves with p/(p + 1) (Brenner, Thomée and Wahlbin, Lecture Notes in Mathematics 434, 1975).
"""
from __future__ import annotations

import numpy as np
import pytest

import pdeconv as pde
from pdeconv import catalog

FLOW = catalog.advection().at(a_x=1)
GAS = catalog.euler().at(gamma="7/5")
GAS2 = catalog.euler(ndim=2).at(gamma="7/5")
WATER = catalog.shallow_water(ndim=2).at(g=1)
MINMOD, VAN_LEER, MC = ({"limiter": name} for name in ("minmod", "van-leer", "mc"))


def sine(n):
    """Cell averages."""
    return -np.diff(np.cos(2 * np.pi * np.arange(n + 1) / n)) * n / (2 * np.pi)


def square(n):
    x = (np.arange(n) + 0.5) / n
    return ((x > 0.25) & (x < 0.75)).astype(float)


def orders(name, data, cells, power=1.0, **options):
    scheme = FLOW.scheme(name, courant="1/2", beyond_limit=True, **options)
    errors = []
    for n in cells:
        step = None if power == 1 else 0.5 / cells[0] * (cells[0] / n) ** power
        found = pde.solve(FLOW, scheme, pde.Grid(x=(0, 1, n)), data(n)[None], 1, max_step=step)
        errors.append(np.abs(found["u"] - data(n)).mean())
    return np.log2(np.array(errors[:-1]) / errors[1:])


@pytest.mark.parametrize("name, options, expected", [
    ("upwind", {}, 0.98), ("lax-friedrichs", {}, 0.93), ("lax-wendroff", {}, 2.0), ("muscl", MINMOD, 1.87),
    ("muscl", VAN_LEER, 1.99), ("muscl", MC, 1.95)])
def test_smooth_waves_converge_with_the_order(name, options, expected):
    assert abs(orders(name, sine, (160, 320), **options)[-1] - expected) < 0.01


def test_weno_converges_with_order_five_when_steps_shrink_faster():
    """Δt ~ Δx^{5/3}, so that the error Δt³ of the Runge–Kutta method is of order 5 too."""
    assert abs(orders("weno5", sine, (20, 40), 5 / 3)[-1] - 4.99) < 0.02


@pytest.mark.parametrize("name, options, expected", [
    ("upwind", {}, 0.5), ("lax-friedrichs", {}, 0.5), ("lax-wendroff", {}, 0.6), ("muscl", MINMOD, 0.66)])
def test_square_waves_converge_with_a_part_of_the_order(name, options, expected):
    assert abs(orders(name, square, (200, 400), **options)[-1] - expected) < 0.01


@pytest.mark.slow
@pytest.mark.parametrize("name, options, data, cells, power, expected", [
    ("weno5", {}, sine, (40, 80), 5 / 3, 5.0),
    ("muscl", VAN_LEER, square, (400, 800), 1.0, 0.68), ("muscl", MC, square, (400, 800), 1.0, 0.66),
    ("weno5", {}, square, (400, 800), 1.0, 0.84), ("lax-friedrichs", {}, sine, (1280, 2560), 1.0, 1.0)])
def test_orders_on_fine_grids(name, options, data, cells, power, expected):
    assert abs(orders(name, data, cells, power, **options)[-1] - expected) < 0.02


# Exact solutions ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", ["upwind", "lax-friedrichs", "lax-wendroff", "wave-propagation"])
def test_courant_number_one_is_a_shift(name):
    u = np.random.default_rng(0).random((1, 32))
    found = pde.solve(FLOW, name, pde.Grid(x=(0, 1, 32)), u, 0.25, courant=1)
    assert found.steps == 8 and np.abs(found.u - np.roll(u, 8, -1)).max() <= 1e-15


@pytest.mark.parametrize("name, order", [("lax-wendroff", 2), ("central4", 4)])
def test_a_standing_wave_in_two_dimensions(name, order):
    """p = cos 2πx cos 2πy cos 2√2πt, on cells that are not square where the scheme has them."""
    system = catalog.acoustics(ndim=2).at(K=1, rho=1)
    errors = []
    for n in (16, 32):
        grid = pde.Grid(x=(0, 1, n), y=(1, 2, n if order == 2 else n * 3 // 4))
        found = pde.solve(system, name, grid, lambda x, y: [np.cos(2 * np.pi * x) * np.cos(2 * np.pi * y), 0, 0], 0.5,
                          courant="3/10", beyond_limit=True)
        x, y = (2 * np.pi * grid.centres(a) for a in "xy")
        errors.append(np.abs(found["p"] - np.cos(x) * np.cos(y) * np.cos(np.sqrt(2) * np.pi)).mean())
    assert np.log2(errors[0] / errors[1]) > order - 0.15


def vortex(x, y, at=0.0):
    """The isentropic vortex of strength 5 in a wind (1, 1) on the square of side 10 (Shu 1998)."""
    x, y = ((z - at + 5) % 10 - 5 for z in (x, y))
    r2 = x ** 2 + y ** 2
    k = 5 / (2 * np.pi) * np.exp((1 - r2) / 2)
    t = 1 - 0.4 / (2 * 1.4) * k ** 2
    return {"rho": t ** 2.5, "v_x": 1 - k * y, "v_y": 1 + k * x, "p": t ** 3.5}


@pytest.mark.slow
def test_a_vortex_is_carried_by_the_wind():
    scheme, errors = GAS2.scheme("muscl", limiter="mc", flux="hllc", courant="1/4", beyond_limit=True), []
    for n in (40, 80):
        grid = pde.Grid(x=(-5, 5, n), y=(-5, 5, n))
        found = pde.solve(GAS2, scheme, grid, vortex, 1)
        errors.append(np.abs(found["rho"] - vortex(grid.centres("x"), grid.centres("y"), 1)["rho"]).mean())
    assert np.log2(errors[0] / errors[1]) > 1.7


# What stays ---------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", ["rusanov", "hll", "muscl", "weno5"])
def test_mass_stays(name):
    options = {"flux": "hll"} if name == "hll" else {}
    scheme = GAS.scheme("rusanov" if name == "hll" else name, courant="2/5", beyond_limit=True, **options)
    grid = pde.Grid(x=(0, 1, 64))
    given = {"rho": 1 + square(64), "v_x": 1, "p": 1 + 2 * square(64)}
    found, first = (pde.solve(GAS, scheme, grid, given, t) for t in (0.2, 0))
    assert np.abs(found.total / first.total - 1).max() <= 1e-14


@pytest.mark.parametrize("flux", ["rusanov", "hll", "hllc"])
def test_gas_that_is_pulled_apart_stays_positive(flux):
    """The 123 problem (Einfeldt et al. 1991): ρ = 1, v = ∓2, p = 0.4; p* = 0.001893873420054763."""
    scheme = GAS.scheme("rusanov", courant="1/2", flux=flux)
    given = {"rho": 1, "v_x": np.where(np.arange(100) < 50, -2, 2), "p": 0.4}
    found = pde.solve(GAS, scheme, pde.Grid(x=(0, 1, 100)), given, 0.15, boundary="outflow")
    pressure = 0.4 * (found["E"] - found["m_x"] ** 2 / (2 * found["rho"]))
    assert found["rho"].min() > 0 and 0 < pressure.min() < 0.02


@pytest.mark.parametrize("name", ["rusanov", "muscl", "weno5"])
def test_symmetric_data_stay_symmetric(name):
    grid = pde.Grid(x=(-1, 1, 24), y=(-1, 1, 24))
    found = pde.solve(WATER, WATER.scheme(name, courant="1/5", beyond_limit=True), grid,
                      lambda x, y: {"h": 1 + np.exp(-9 * (x ** 2 + y ** 2)), "m_x": 0, "m_y": 0}, 0.5, boundary="wall")
    h, m, n = found["h"], found["m_x"], found["m_y"]
    for other in (h[::-1], h[:, ::-1], h.T):
        assert np.abs(h - other).max() <= 1e-14
    assert np.abs(m + m[:, ::-1]).max() <= 1e-14 and np.abs(n + n[::-1]).max() <= 1e-14
    assert np.abs(n + m.T).max() <= 1e-14  # rows run down


# Sources -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name, order", [("rusanov", 1), ("muscl", 2), ("weno5", 3)])
def test_friction_has_the_order_of_the_time_stepping(name, order):
    """m_t = −m|m|/h² in uniform flow: m = m₀/(1 + m₀ t)."""
    system = pde.System({"x": ["m", "m**2/h + g*h**2/2"]}, ["h", "m"], source=[0, "-m*Abs(m)/h**2"],
                        positive=["g", "h"]).at(g=1)
    scheme, errors = system.scheme(name, courant="2/5", beyond_limit=True), []
    for step in (0.05, 0.025):
        found = pde.solve(system, scheme, pde.Grid(x=(0, 4, 8)), [1, 2], 1, max_step=step)
        errors.append(abs(found["m"] - 2 / 3).max())
    assert abs(np.log2(errors[0] / errors[1]) - order) < 0.2
    assert np.abs(found["h"] - 1).max() <= 1e-14


@pytest.mark.parametrize("source, name, order", [
    ("-u", "upwind5", 3), ("-u**2", "upwind5", 2), ("-u**2", "weno5", 2), ("-u", "muscl", 2), ("-u", "lax-wendroff", 1),
    ("-u", "wave-propagation", 1)])
def test_a_source_has_its_order(source, name, order):
    """Means of a source that is not linear are not its values at means; schemes in one step take it by Euler's."""
    assert pde.System({"x": ["u"]}, ["u"], [source]).scheme(name).order == order
    with pytest.raises(pde.NotLinear):
        _ = pde.System({"x": ["u"]}, ["u"], [source]).scheme(name).courant_max
