"""What is proved of nonlinear schemes: positivity and total variation, up to the Courant number said and sharply."""
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import pdeconv as pde
from pdeconv import System, catalog
from pdeconv.stepper import Stepper

LAKE, AIR = catalog.shallow_water(ndim=1).at(g=1), catalog.euler().at(gamma="7/5")
BUCKLEY = System({"x": ["u**2/(u**2 + (1 - u)**2)"]}, ["u"])
CUBIC = System({"x": ["u**3 + u"]}, ["u"], positive=["u"])


@cache
def kernel(system, flux):
    return pde.lower(system.scheme("upwind", flux=flux))


def pressure(u):
    return .4 * (u[2] - u[1] ** 2 / u[0] / 2)


# Positivity ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("system, flux, found, courant", [
    (AIR, "rusanov", "rho p", "1"), (AIR, "hll", "rho p", "1"), (AIR, "hllc", "rho p", "1/2"), (LAKE, "hll", "h", "1"),
    (LAKE, "hllc", "h", "1/2"), (LAKE, "godunov", "h", "1/2"),
    (catalog.euler(ndim=2).at(gamma="5/3"), "hllc", "rho p", "1/4"),
    (catalog.euler(), "hll", "rho", "1"), (catalog.euler(), "hllc", "", "0"), (AIR, "roe", "", "0"),
    (AIR, "entropy-stable", "", "0")], ids=str)
def test_positivity(system, flux, found, courant):
    proved = system.scheme("upwind", flux=flux).positivity()
    assert proved.unknowns == tuple(found.split()) and str(proved.courant) == courant


log = st.floats(-4, 4).map(lambda x: 10 ** x)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(log, st.floats(-30, 30), log), min_size=3, max_size=3),
       st.sampled_from(["rusanov", "hll", "hllc"]))
def test_density_and_pressure_stay_positive_up_to_the_number(states, flux):
    """One step from any three states, at the Courant number that is proved, of the largest speed of all cells."""
    rho, v, p = np.array(states).T
    u = np.array([rho, rho * v, p / .4 + rho * v ** 2 / 2])
    made = kernel(AIR, flux)
    courant = float(AIR.scheme("upwind", flux=flux).positivity().courant)
    after = Stepper(made, pde.boundary(AIR), (1.,))(u, courant / made.max_speeds(u)[0])
    assert (after[0] > 0).all()
    assert (pressure(after) > -1e-12 * after[2]).all()


@pytest.mark.parametrize("flux, courant", [("rusanov", "1"), ("hll", "1"), ("hllc", "1/2")])
def test_the_123_problem_stays_positive(flux, courant):
    """Toro's second test: two fast rarefactions leave p* = 0.00189 between them."""
    grid = pde.Grid(x=(0, 1, 100))
    found = pde.solve(AIR, AIR.scheme("upwind", flux=flux, courant=courant), grid,
                      lambda x: [1, np.where(x < .5, -2., 2.), 3.], .15, boundary="outflow")
    exact = pde.riemann(AIR, [1, -2, 3], [1, 2, 3])((grid.centres("x") - .5) / .15)
    assert found["rho"].min() > 0 and pressure(found.u).min() > 0
    assert np.abs(found["rho"] - exact[0]).mean() < .04


# Total variation -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("system, options, bound", [
    (catalog.burgers(), {"flux": "hll"}, "1"), (catalog.burgers(), {"flux": "godunov"}, "1"),
    (catalog.burgers(), {"flux": "roe"}, "1"), (CUBIC, {"flux": "roe"}, "1/2"),
    (CUBIC, {"flux": "roe", "fix": "1/2"}, "1"), (catalog.traffic(), {"flux": "godunov", "time": "ssp-rk3"}, "1"),
], ids=str)
def test_total_variation_bounds(system, options, bound):
    assert str(system.scheme("upwind", **options).courant_max) == bound


@pytest.mark.parametrize("flux", ["rusanov", "upwind", "hll", "roe"])
def test_fluxes_with_turning_points_have_no_bound(flux):
    """Buckley and Leverett: f′(0) = f′(1) = 0 and f(1) − f(0) = 1, so that the secant is steeper than either end."""
    with pytest.raises(pde.NotLinear, match="one unknown with a convex flux"):
        _ = BUCKLEY.scheme("upwind", flux=flux).courant_max


def test_total_variation_grows_where_the_secant_is_steeper():
    """Rusanov's flux at 1 | 0 has no dissipation there: one step at the Courant number 1 of the cells' own speeds."""
    u = np.array([[1., 1., 1., .5, 0., 0., 0.]])
    made = kernel(BUCKLEY, "rusanov")
    after = Stepper(made, pde.boundary(BUCKLEY, "outflow"), (1.,))(u, 1 / made.max_speeds(u)[0])
    jump = np.array([[1., 1., 1., 0., 0., .02, 0.]])
    grown = Stepper(made, pde.boundary(BUCKLEY, "outflow"), (1.,))(jump, 1 / made.max_speeds(jump)[0])
    assert np.abs(np.diff(after)).sum() <= 1 + 1e-12 and np.abs(np.diff(grown)).sum() > 2


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(-3, 3), min_size=5, max_size=9), st.sampled_from(["rusanov", "hll", "roe", "godunov"]))
def test_total_variation_does_not_grow(values, flux):
    u, made = np.array([values]), kernel(catalog.burgers(), flux)
    speed = made.max_speeds(u)[0]
    after = Stepper(made, pde.boundary(catalog.burgers()), (1.,))(u, 1 / speed if speed else 1.)

    def variation(w):
        return np.abs(np.diff(w, append=w[:, :1])).sum()
    assert variation(after) <= variation(u) * (1 + 1e-12)
