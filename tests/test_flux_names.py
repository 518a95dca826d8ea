"""Every numerical flux by its name: consistency, conservation, order, linearisation, back ends, and solutions."""
from functools import cache

import numpy as np
import pytest
import sympy

import pdeconv as pde
from pdeconv import RiemannFlux, System, catalog
from pdeconv.numerical_flux import flux_names
from pdeconv.riemann_flux import NAMES
from pdeconv.stepper import Stepper

BURGERS, LAKE, AIR = catalog.burgers(), catalog.shallow_water(ndim=1).at(g=1), catalog.euler().at(gamma="7/5")
WAVE, PLANE = catalog.wave().at(c=2), catalog.shallow_water(ndim=2).at(g=1)
PAIRS = [*((BURGERS, f) for f in NAMES if f != "hllc"), *((LAKE, f) for f in NAMES),
         *((AIR, f) for f in NAMES if f != "godunov"), *((WAVE, f) for f in NAMES), (PLANE, "hll"), (PLANE, "roe")]


def label(x):
    return {BURGERS: "burgers", LAKE: "lake", AIR: "air", WAVE: "wave", PLANE: "plane"}[x] if isinstance(
        x, System) else None


@cache
def lowered(system, flux, **options):
    return pde.lower(system.scheme("muscl", flux=flux, limiter="mc"))


def field(system, shape, seed=0):
    u = np.random.default_rng(seed).random((system.size, *shape)) / 4
    u[0] += 1
    u[-1] += 2 if system is AIR else 0
    return u


@pytest.mark.parametrize("system, name", PAIRS, ids=label)
def test_fluxes_are_consistent_exactly(system, name):
    """F(u, u) = f(u) in every branch, whatever the speeds are."""
    assert all(RiemannFlux(system, name).is_consistent(axis) for axis in system.axes)


def test_what_is_not_consistent_is_seen():
    class Wrong(RiemannFlux):
        def flux(self, left, right, axis=None, let=None):
            return tuple(f + right[0] for f in super().flux(left, right, axis))
    assert not Wrong(LAKE, "hll").is_consistent("x") and not Wrong(LAKE, "hllc").is_consistent("x")


@pytest.mark.parametrize("system, name", PAIRS, ids=label)
def test_schemes_have_every_flux_by_name(system, name):
    scheme = system.scheme("muscl", flux=name, limiter="van-leer")
    assert scheme.order == 2 and scheme._repr_latex_().startswith("$u")
    assert eval(repr(scheme), {"System": System, "catalog": catalog}) == scheme
    if system.size * system.ndim < 3:
        assert system.scheme("upwind", flux=name).conservation().verify()


@pytest.mark.parametrize("system, state, upwind", [
    (BURGERS, {"u": 3}, "roe godunov hll"), (LAKE, {"h": 4, "m_x": 4}, "roe hllc godunov"),
    (AIR, {"rho": 7, "m_x": 0, "E": "5/2"}, "roe hllc godunov")], ids=label)
def test_linearised_fluxes_are_upwind_or_central(system, state, upwind):
    """Solvers that resolve every wave are (A u⁻ + A u⁺)/2 − |A| (u⁺ − u⁻)/2 to first order."""
    def taps(name):
        return system.scheme("upwind", flux=name, courant="1/2", beyond_limit=True).at(**state).stencil.to_numpy()
    expected = taps("upwind") if system is BURGERS else system.at(**state).scheme("upwind", "1/2").stencil.to_numpy()
    for name in upwind.split():
        assert np.abs(taps(name) - expected).max() <= 1e-14
    assert np.array_equal(taps("entropy-conservative"), system.scheme("ftcs", "1/2", beyond_limit=True).at(
        **state).stencil.to_numpy())


@pytest.mark.parametrize("system, name", [*((LAKE, f) for f in NAMES), (AIR, "hllc"), (AIR, "godunov")], ids=label)
def test_the_linearised_flux_is_the_derivative(system, name):
    """(F(u, u + εv) − f(u))/ε agrees with the flux of the linearised system, to O(ε)."""
    state = [7, 1, 2.5][-system.size:]
    u = np.array(state)[:, None] * np.ones((1, system.size))
    flux = RiemannFlux(system, name)
    linear = RiemannFlux(system.at(**dict(zip(system.names, (sympy.Rational(x) for x in state)))), name)
    e, eye = 1e-6, np.eye(system.size)
    for left, right in ((0, eye), (eye, 0)):
        slope = (flux.evaluate(u + e * left, u + e * right) - flux.evaluate(u, u)) / e
        assert np.abs(slope - linear.evaluate(left + 0 * eye, right + 0 * eye)).max() < 1e-4


@pytest.mark.parametrize("system, name", PAIRS, ids=label)
def test_back_ends_agree(system, name):
    torch = pytest.importorskip("torch")
    kernel, shape = lowered(system, name), (13,) if system.ndim == 1 else (7, 9)
    u, sides = field(system, shape), pde.boundary(system)
    numpy, tensors = (Stepper(kernel, sides, (.1,) * system.ndim, b) for b in ("numpy", "torch"))
    found = numpy(u, .01)
    assert np.abs(found - tensors(torch.from_numpy(u), .01).numpy()).max() <= 1e-14
    assert np.abs(found.sum(tuple(range(1, u.ndim))) - u.sum(tuple(range(1, u.ndim)))).max() <= 1e-13


@pytest.mark.parametrize("system, name", [(BURGERS, "godunov"), (AIR, "hllc"), (AIR, "entropy-stable")], ids=label)
def test_fused_kernels_agree(system, name):
    pytest.importorskip("numba")
    u = field(system, (13,))
    numpy, fused = (Stepper(lowered(system, name), pde.boundary(system), (.1,), b) for b in ("numpy", "numba"))
    assert np.abs(numpy(u, .01) - fused(u, .01)).max() <= 4e-15


def test_names_and_options():
    assert flux_names() == ("central", "lax-friedrichs", "rusanov", "upwind", *NAMES)
    scheme = LAKE.scheme("muscl", flux="roe", fix="1/10")
    assert eval(repr(scheme), {"System": System}) == scheme and scheme.flux.fix == sympy.Rational(1, 10)
    assert eval(repr(scheme.flux), {"System": System, "RiemannFlux": RiemannFlux}) == RiemannFlux(LAKE, "roe", "1/10")
    with pytest.raises(pde.NotDefined, match="is the entropy fix of the flux 'roe', and 'hll' has none"):
        LAKE.scheme("muscl", flux="hll", fix=0)
    with pytest.raises(pde.NoSuchFlux, match="a number from 0 to 1"):
        LAKE.scheme("muscl", flux="roe", fix=2)


@pytest.mark.parametrize("name, fix, smooth", [("roe", None, True), ("roe", "1/4", True), ("roe", 0, False),
                                               ("hll", None, True), ("godunov", None, True)])
def test_transonic_fans_of_burgers(name, fix, smooth):
    """u = −1 | 1 opens a fan x/t; Roe's flux without a fix keeps the jump, which violates the entropy condition."""
    scheme, grid = BURGERS.scheme("upwind", flux=name, fix=fix, courant="1/2"), pde.Grid(x=(-1, 1, 100))
    found = pde.solve(BURGERS, scheme, grid, lambda x: [np.where(x < 0, -1., 1.)], .5, boundary="outflow")
    x = grid.centres("x")
    error = np.abs(found["u"] - np.clip(x / .5, -1, 1))[np.abs(x) < .3].max()
    assert error < .25 if smooth else error > .9


def test_a_class_of_fluxes_is_printed_by_its_name():
    from pdeconv.numerical_flux import Rusanov
    scheme = catalog.burgers().scheme("upwind", flux=Rusanov)
    assert scheme.expression == "catalog.burgers(ndim=1).scheme('upwind', flux=Rusanov)"
    assert eval(scheme.expression, {"catalog": catalog, "Rusanov": Rusanov}) == scheme
