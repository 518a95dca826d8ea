"""MUSCL in one stage: what is proved of it, and how it runs."""
from __future__ import annotations

import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Rational

import pdeconv as pde
from pdeconv import catalog
from pdeconv.numerical_flux import physical
from pdeconv.stepper import Stepper

FLOW, AIR = catalog.advection().at(a_x=1), catalog.euler().at(gamma="7/5")


@settings(max_examples=30, deadline=None)
@given(st.lists(st.fractions(-3, 3, max_denominator=5), min_size=8, max_size=8),
       st.fractions("1/9", 1, max_denominator=9), st.sampled_from(["minmod", "mc", "superbee", "van-leer"]))
def test_it_moves_lines_exactly_and_keeps_the_variation(row, courant, limiter):
    """For u_t + u_x = 0 a step is the mean over cells of the lines moved by Δt: their exact integral, in fractions."""
    scheme = FLOW.scheme("muscl-hancock", courant=Rational(courant), limiter=limiter)
    u, n, c = [Rational(x) for x in row], len(row), Rational(courant)
    flux = [scheme.face_flux("x", {(k,): (u[(j + k) % n],) for k in range(-1, 3)})[0] for j in range(n)]
    after = [sympy.nsimplify(u[j] - c * (flux[j] - flux[j - 1])) for j in range(n)]
    slopes = [scheme.limiter(u[j] - u[j - 1], u[(j + 1) % n] - u[j]) for j in range(n)]
    # what crosses a face is the integral of the line over the last part c of the cell
    carried = [c * (u[j] + slopes[j] * (1 - c) / 2) for j in range(n)]
    assert after == [u[j] - carried[j] + carried[j - 1] for j in range(n)]
    assert sum(abs(a - b) for a, b in zip(after, after[1:] + after[:1])) <= sum(
        abs(a - b) for a, b in zip(u, u[1:] + u[:1]))
    assert scheme.courant_max == 1


def test_bounds_are_those_that_are_proved():
    wave = catalog.wave().at(c=1)
    assert wave.scheme("muscl-hancock", on="characteristics", flux="upwind").courant_max == 1
    for options in ({}, {"flux": "upwind"}, {"on": "characteristics"}):  # slopes or fluxes that mix characteristics
        with pytest.raises(pde.NotLinear):
            _ = wave.scheme("muscl-hancock", **options).courant_max
    with pytest.raises(pde.Unstable, match="above the limit 1 of 'muscl-hancock'"):
        FLOW.scheme("muscl-hancock", courant="11/10")


@pytest.mark.parametrize("limiter, bend", [("van-leer", 0), ("mc", 0), ("minmod", 1), ("superbee", 1)])
def test_the_leading_error_is_that_of_waves(limiter, bend):
    """On linear systems it is the wave-propagation scheme: its lines moved are Lax–Wendroff's corrections, limited."""
    given = {"bend": bend} if bend else {}
    one, two = (FLOW.scheme(name, limiter=limiter).modified_equation(**given)
                for name in ("muscl-hancock", "wave-propagation"))
    assert one.order == two.order == 2 and sympy.expand(one.leading - two.leading) == 0
    with pytest.raises(pde.NotLinear, match="Take flux='upwind'"):
        catalog.wave().at(c=1).scheme("muscl-hancock", limiter=limiter).modified_equation(**given)


def test_unknowns_meet_a_corner_each_at_its_side():
    wave = catalog.wave().at(c=1)
    own = wave.scheme("muscl-hancock", flux="upwind", on="characteristics", limiter="minmod")
    assert own.modified_equation(bend=1).order == 2
    with pytest.raises(pde.NotDefined, match="its own sign of"):
        wave.scheme("muscl-hancock", flux="upwind", limiter="minmod").modified_equation(bend=1)


@pytest.mark.parametrize("on, flux", [("components", "rusanov"), ("characteristics", "hllc"), ("primitive", "hllc"), *(
    pytest.param(*x, marks=pytest.mark.slow) for x in (
        ("components", "roe"), ("characteristics", "roe"), ("characteristics", "rusanov"), ("primitive", "roe")))])
def test_fluxes_are_consistent_and_conservative(on, flux):
    scheme = AIR.scheme("muscl-hancock", on=on, flux=flux)
    u = tuple(map(sympy.Integer, (2, 1, 5)))
    found = scheme.face_flux("x", dict.fromkeys(scheme.face_offsets("x"), u))
    assert all(sympy.simplify(a - b) == 0 for a, b in zip(found, physical(AIR, u, "x")))
    assert scheme.conservation().verify() and scheme.order == 2


def test_second_order_where_the_gas_is_smooth():
    """A sound wave to the right of finite height, before it breaks: the invariants are exact, Richardson tells p."""
    fields = []
    for n in (40, 80, 160):
        grid = pde.Grid(x=(0, 1, n))
        scheme = AIR.scheme("muscl-hancock", flux="hllc", limiter="van-leer", on="primitive", courant="1/2")
        fine = (np.arange(8 * n) + .5) / (8 * n)
        rho = 1 + np.sin(2 * np.pi * fine) / 10
        v, p = 5 * np.sqrt(1.4) * (rho ** .2 - 1), rho ** 1.4
        u = np.stack([rho, rho * v, p / .4 + rho * v ** 2 / 2]).reshape(3, n, 8).mean(2)
        fields.append(pde.solve(AIR, scheme, grid, u, .2).u[0])
    coarse, middle, finest = fields
    errors = [np.abs(b.reshape(-1, 2).mean(1) - a).mean() for a, b in ((coarse, middle), (middle, finest))]
    assert np.log2(errors[0] / errors[1]) > 1.7


@pytest.mark.parametrize("limiter, error", [("superbee", 4.14e-3), ("mc", 5.09e-3)])
def test_sod(limiter, error):
    """L1 error of the density with 100 cells at 9/10; PyClaw's limited Lax–Wendroff (MC) has 4.06e-3 there."""
    left, right = {"rho": 1, "v_x": 0, "p": 1}, {"rho": "1/8", "v_x": 0, "p": "1/10"}
    x = (np.arange(100) + .5) / 100
    scheme = AIR.scheme("muscl-hancock", flux="hllc", limiter=limiter, courant="9/10")
    found = pde.solve(AIR, scheme, pde.Grid(x=(0, 1, 100)), lambda x: [
        np.where(x < .5, 1, .125), 0 * x, np.where(x < .5, 2.5, .25)], .2, boundary="outflow")
    exact = pde.riemann(AIR, left, right)((x - .5) * 5)[0]
    assert np.abs(found["rho"] - exact).mean() == pytest.approx(error, rel=.03)


@pytest.mark.parametrize("on", ["components", "characteristics", "primitive"])
def test_back_ends_agree(on):
    torch = pytest.importorskip("torch")
    pytest.importorskip("numba")
    kernel = pde.lower(AIR.scheme("muscl-hancock", flux="hllc", limiter="van-leer", on=on))
    u = np.random.default_rng(0).random((3, 23)) / 4 + np.array([1, 0, 2])[:, None]
    made = {b: Stepper(kernel, pde.boundary(AIR), (.1,), b) for b in ("numpy", "numba", "torch")}
    found = made["numpy"](u, .01)
    assert np.array_equal(found, made["numba"](u, .01))
    assert np.abs(found - made["torch"](torch.from_numpy(u), .01).numpy()).max() <= 4e-15


@pytest.mark.parametrize("make, words", [
    (lambda: AIR.scheme("muscl-hancock", time="rk4"), "limited lines and one stage"),
    (lambda: AIR.scheme("muscl-hancock", reconstruction="weno5"), "limited lines and one stage"),
    (lambda: pde.System({"x": ["u"]}, ["u"], ["-u"]).scheme("muscl-hancock"), "whose stages take the source too")])
def test_refusals(make, words):
    with pytest.raises(pde.NotDefined, match=words):
        make()
    with pytest.raises(pde.NotLinear, match="Use 'fromm'"):
        _ = FLOW.scheme("muscl-hancock", courant="1/2").operator
