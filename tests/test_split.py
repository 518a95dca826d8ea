"""Schemes split by axes: exact limits and orders, and the runs of all back ends."""
from __future__ import annotations

import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Rational

import pdeconv as pde
import reptheory as rt
from pdeconv import catalog
from pdeconv.march import Rule
from pdeconv.stepper import Stepper

SOUND, WATER = catalog.acoustics(ndim=2).at(K=1, rho=1), catalog.shallow_water(ndim=2).at(g=1)
GAS, WIND = catalog.euler(ndim=2).at(gamma="7/5"), catalog.advection(ndim=2).at(a_x=1, a_y="1/2")
BOTH = pytest.mark.parametrize("splitting", ["godunov", "strang"])


# What is derived --------------------------------------------------------------------------------------------
@BOTH
@pytest.mark.parametrize("name, limit", [("upwind", 1), ("lax-wendroff", 1), ("fromm", 1), ("quickest", 1),
                                         ("beam-warming", 2), ("central4", None)])
def test_the_limit_is_that_of_one_axis(splitting, name, limit):
    expected = catalog.acoustics(ndim=1).at(K=1, rho=1).scheme(name).courant_max if limit is None else limit
    assert SOUND.scheme(name, splitting=splitting).courant_max == expected


def test_a_slow_axis_has_room():
    assert WIND.scheme("upwind", splitting="godunov").courant_max == 1
    system = catalog.advection(ndim=2).at(a_x=2, a_y=1)
    assert system.scheme("upwind", splitting="strang").courant_max == 2  # half steps along x, half the speed along y
    other = catalog.advection(ndim=2).at(a_x=1, a_y="1/8")
    assert other.scheme("upwind", splitting="strang").courant_max == 2
    third = catalog.advection(ndim=2).at(a_x="1/8", a_y=1)
    assert third.scheme("upwind", splitting="strang").courant_max == 1  # the last axis takes its step at once
    with pytest.raises(pde.Unstable, match="above the limit 1 of 'upwind'"):
        system.scheme("upwind", splitting="godunov", courant="9/8")


def test_parameters_may_decide_which_axis_is_fast():
    system = catalog.advection(ndim=2)
    assert system.scheme("upwind", splitting="godunov", courant=1).courant_max == 1
    found = system.scheme("upwind", splitting="strang", courant=1).courant_max
    assert (found.lower, found.upper) == (1, 2) and "which axis" in found.reason
    with pytest.raises(pde.Unstable, match="above the limit 2"):
        system.scheme("upwind", splitting="strang", courant="9/4")


@pytest.mark.parametrize("splitting, limit", [(None, "1/2"), ("strang", "1")])
def test_limits_are_those_of_the_cells(splitting, limit):
    """Cells that are flat along the slow axis: Δt/Δy |b| is as large as Δt/Δx |a|, as on square cells with b = a."""
    wind, grid = catalog.advection(ndim=2).at(a_x=1, a_y="1/8"), pde.Grid(x=(0, 1, 8), y=(0, 1, 64))
    u = np.random.default_rng(0).random((1, 64, 8))
    options = {} if splitting is None else {"splitting": splitting}
    found = pde.solve(wind, wind.scheme("upwind", **options), grid, u, 5)
    assert np.abs(found.u).max() <= 1
    with pytest.raises(pde.Unstable, match=f"limit {limit} of 'upwind' on cells with the sides 0.125, 0.0156"):
        pde.solve(wind, wind.scheme("upwind", courant=Rational(limit) * Rational(7, 4), **options), grid, u, 5)


DECAY = pde.System({"x": ["u"], "y": ["u"]}, ["u"], ["-u"])


def test_what_is_proved_without_a_source_is_not_said_with_one():
    for name in ("upwind", "muscl"):
        with pytest.raises(pde.NotLinear):
            _ = DECAY.scheme(name, splitting="strang").courant_max
        with pytest.raises(pde.NotConservative, match="has a source, which changes sums"):
            DECAY.scheme(name, splitting="strang").conservation()
    for name in ("lax-wendroff", "wave-propagation", "muscl-hancock"):
        assert DECAY.scheme(name, splitting="strang").order == 1
    assert DECAY.scheme("muscl", splitting="strang").order == 2


def test_a_run_with_another_source_is_not_gone_on_with(tmp_path):
    grid, path = pde.Grid(x=(0, 1, 4), y=(0, 1, 4)), tmp_path / "run.npz"
    twice = pde.System({"x": ["u"], "y": ["u"]}, ["u"], ["-2*u"])
    for system, end in ((DECAY, 0.1), (DECAY, 0.2)):
        scheme = system.scheme("muscl", splitting="strang", courant="1/2")
        found = pde.solve(system, scheme, grid, np.ones((1, 4, 4)), end, path=path)
    assert "-u" in found.scheme
    with pytest.raises(pde.NotResumable):
        pde.solve(twice, twice.scheme("muscl", splitting="strang", courant="1/2"), grid, np.ones((1, 4, 4)), 0.3,
                  path=path)


def test_sweeps_are_schemes_of_their_own():
    scheme = WIND.scheme("upwind", splitting="strang")
    first, middle, last = scheme.sweeps
    assert len({scheme, first, middle, last}) == 4 and first == scheme.sweeps[0]
    u, v = sympy.symbols("u v")
    assert middle.order == 1 and middle.face_flux("y", {(0, 0): (u,), (0, 1): (v,)}) == (u / 2,)
    assert middle.face_flux("x", {(0, 0): (u,), (1, 0): (v,)}) == (0,)
    field = np.random.default_rng(0).random((1, 5, 4))
    for one in (scheme, WIND.scheme("lax-friedrichs", splitting="strang", courant="1/2")):
        sides, found = pde.boundary(WIND), field
        for sweep in one.sweeps:
            found = Stepper(pde.lower(sweep), sides, (1.0, 1.0))(found, 0.25 * sweep.span[1])
        assert np.abs(found - Stepper(pde.lower(one), sides, (1.0, 1.0))(field, 0.25)).max() <= 1e-15


@settings(max_examples=12, deadline=None)
@given(st.sampled_from(["upwind", "lax-wendroff", "fromm", "quickest"]), st.sampled_from(["godunov", "strang"]),
       *[st.fractions(0, 1, max_denominator=7)] * 2, st.sampled_from([1, Rational(5, 4)]))
def test_no_wave_grows_up_to_the_limit_and_one_does_beyond(name, splitting, s, t, courant):
    scheme = SOUND.scheme(name, splitting=splitting, courant=courant, beyond_limit=True)
    angles = sympy.symbols("theta_x theta_y", real=True)
    symbol = sympy.lambdify(angles, scheme.amplification_matrix(), "numpy")

    def radius(x, y):
        return abs(np.linalg.eigvals(np.array(symbol(x, y), dtype=complex))).max()
    if courant == 1:
        assert radius(2 * np.pi * float(s), 2 * np.pi * float(t)) <= 1 + 1e-12
    else:
        assert max(radius(0.0, x) for x in np.linspace(0.1, np.pi, 40)) > 1 + 1e-3


@pytest.mark.parametrize("system, name, splitting, order", [
    (WIND, "lax-wendroff", "godunov", 2), (WIND, "quickest", "godunov", 3), (SOUND, "lax-wendroff", "godunov", 1),
    (SOUND, "lax-wendroff", "strang", 2), (SOUND, "upwind", "strang", 1), (GAS, "muscl", "godunov", 1),
    pytest.param(SOUND, "fromm", "strang", 2, marks=pytest.mark.slow), (GAS, "muscl", "strang", 2),
    (WIND, "wave-propagation", "godunov", 2)])
def test_orders(system, name, splitting, order):
    scheme = system.scheme(name, splitting=splitting)
    assert scheme.order == order
    if scheme.is_linear:  # of log G, which knows nothing of splitting
        from pdeconv.accuracy import _matrix_order
        assert _matrix_order(scheme, 4) == order


def test_the_error_of_splitting_is_a_commutator():
    """e^{−tB} e^{−tA} = exp(−t(A + B) + t²/2 (BA − AB) + …): Lie's and Baker's formula, in the modified equation."""
    a, b = SOUND.matrices
    scheme = SOUND.scheme("lax-wendroff", splitting="godunov", courant="1/2")
    found = scheme.modified_equation()
    assert found.order == 1 and (found.term(x=1, y=1) - (b * a - a * b) / 4).is_zero_matrix
    assert found.term(x=2).is_zero_matrix and found.term(y=2).is_zero_matrix


@BOTH
def test_steps_conserve(splitting):
    for scheme in (GAS.scheme("hllc", splitting=splitting), SOUND.scheme("fromm", splitting=splitting, courant=1)):
        proof = scheme.conservation()
        assert proof.verify() and "product" in repr(proof)


def test_exchanging_axes_is_lost_and_reflecting_them_is_kept():
    """Sweeps of x and then y: D(4) exchanges the axes, its subgroup of reflections of each does not."""
    group = rt.D(4)
    linear = SOUND.scheme("upwind", splitting="godunov", courant="1/2")
    assert SOUND.scheme("upwind", courant="1/4").is_equivariant(group, group.trivial + group.vector)
    assert not linear.is_equivariant(group, group.trivial + group.vector)
    small = rt.hyperoctahedral(1) * rt.hyperoctahedral(1)
    taps = linear.stencil.taps
    for sign in (sympy.diag(1, -1, 1), sympy.diag(1, 1, -1)):
        turn = [sign[1, 1], sign[2, 2]]
        assert all(sign * taps[k] * sign == taps[tuple(int(s * x) for s, x in zip(turn, k))] for k in taps)
    assert small.order == 4
    with pytest.raises(pde.NotDefined, match="takes the axes in turn"):
        GAS.scheme("hllc", splitting="godunov").is_equivariant(group, group.trivial + group.vector + group.trivial)


# Runs ---------------------------------------------------------------------------------------------------------
def state(system, shape=(9, 12), seed=0):
    u = np.random.default_rng(seed).random((system.size, *shape)) / 4
    u[0] += 1
    u[-1] += 2 if system is GAS else 0
    return u


@pytest.mark.parametrize("system, name, options, splitting", [
    (WATER, "rusanov", {}, "godunov"), (WATER, "rusanov", {}, "strang"), (SOUND, "wave-propagation", {}, "strang"),
    (WATER, "muscl-hancock", {}, "godunov"),
    pytest.param(GAS, "muscl", {"flux": "hllc", "limiter": "mc"}, "strang", marks=pytest.mark.slow),
    (SOUND, "weno5", {}, "godunov")], ids=lambda x: "" if isinstance(x, pde.System) else str(x))
def test_a_step_is_its_sweeps(system, name, options, splitting):
    """Each sweep takes rows as problems of their own: the one-dimensional scheme on every line, one after the other."""
    scheme = system.scheme(name, splitting=splitting, **options)
    kernel, u = pde.lower(scheme), state(system)
    found = Stepper(kernel, pde.boundary(system, "outflow"), (0.5, 0.25))(u, 0.05)
    for j, _, length in scheme.parts:
        axis = system.axes[j]
        line = system.homogeneous(axis)
        step = Stepper(pde.lower(line.scheme(name, **options)), pde.boundary(line, "outflow"), ((0.5, 0.25)[j],))
        lines = u if j == 0 else u[:, ::-1].swapaxes(1, 2)
        after = np.stack([step(lines[:, i], 0.05 * float(length)) for i in range(lines.shape[1])], 1)
        u = after if j == 0 else after.swapaxes(1, 2)[:, ::-1]
    assert np.abs(found - u).max() <= 1e-14


@pytest.mark.parametrize("system, name, splitting", [
    (WATER, "muscl-hancock", "godunov"), (SOUND, "wave-propagation", "strang"),
    pytest.param(GAS, "muscl", "strang", marks=pytest.mark.slow)], ids=["water", "sound", "gas"])
def test_back_ends_agree(system, name, splitting):
    torch = pytest.importorskip("torch")
    pytest.importorskip("numba")
    kernel, u = pde.lower(system.scheme(name, splitting=splitting)), state(system)
    for sides in ("periodic", "outflow", "wall"):
        made = {b: Stepper(kernel, pde.boundary(system, sides), (1.0, 1.25), b) for b in ("numpy", "numba", "torch")}
        found = made["numpy"](u, 0.1)
        assert np.array_equal(found, made["numba"](u, 0.1))
        assert np.abs(found - made["torch"](torch.tensor(u), 0.1).numpy()).max() <= 4e-15
        rule, v, time = Rule(0.4, 9.0, 9.0, 9.0), u, 0.0
        speeds = kernel.max_speeds(u)
        marched = made["numba"].march(u, 0.0, speeds, rule, 4)
        for _ in range(4):
            step, time = rule.next(time, speeds, (1.0, 1.25))
            v, speeds = made["numpy"].measured(v, step)
        assert np.array_equal(v, marched.u) and marched.speeds == speeds and marched.time == time


@pytest.mark.slow
def test_a_box_is_split_too():
    pytest.importorskip("numba")
    system = catalog.acoustics(ndim=3).at(K=1, rho=1)
    scheme = system.scheme("wave-propagation", splitting="strang")
    assert [j for j, _, _ in scheme.parts] == [0, 1, 2, 1, 0] and system.scheme(
        "upwind", splitting="strang").courant_max == 1
    u, kernel = np.random.default_rng(0).random((4, 5, 6, 7)), pde.lower(scheme)
    one, two = (Stepper(kernel, pde.boundary(system), (1.0,) * 3, b) for b in ("numpy", "numba"))
    found = one(u, 0.5)
    assert np.array_equal(found, two(u, 0.5)) and np.abs((found - u).sum((1, 2, 3))).max() <= 1e-12
    assert np.array_equal(two.march(u, 0.0, [1.0] * 3, Rule(0.5, 9.0, 9.0, 9.0), 1).u, found)


@pytest.mark.parametrize("splitting, order", [("godunov", 1), ("strang", 2)])
def test_observed_orders(splitting, order):
    """p = cos 2πx cos 2πy cos 2√2πt: sweeps by "lax-wendroff", at a time when the commutator is not at rest."""
    errors = []
    for n in (24, 48):
        grid = pde.Grid(x=(0, 1, n), y=(0, 1, n))
        scheme = SOUND.scheme("lax-wendroff", splitting=splitting, courant="3/4")
        found = pde.solve(SOUND, scheme, grid, lambda x, y: [np.cos(2 * np.pi * x) * np.cos(2 * np.pi * y), 0, 0], 0.4)
        x, y = (2 * np.pi * grid.centres(a) for a in "xy")
        w = np.sin(x) * np.cos(y) * np.sin(0.8 * np.sqrt(2) * np.pi) / np.sqrt(2)
        errors.append(np.abs(found["v_x"] - w).mean())
    assert abs(np.log2(errors[0] / errors[1]) - order) < 0.15


def test_a_source_acts_once():
    """h_t + a h_x + b h_y = −h, constant in space: every stage of the last sweep decays, no other."""
    system = pde.System({"x": ["u"], "y": ["u"]}, ["u"], ["-u"])
    u = np.ones((1, 5, 6))
    for splitting in ("godunov", "strang"):
        step = Stepper(pde.lower(system.scheme("muscl", splitting=splitting)), pde.boundary(system), (1.0, 1.0))
        assert np.abs(step(u, 0.25) - (1 - 0.25 + 0.25 ** 2 / 2)).max() <= 1e-15
    found = pde.solve(system, system.scheme("muscl", splitting="strang", courant="1/2"),
                      pde.Grid(x=(0, 1, 8), y=(0, 1, 8)), lambda x, y: [1 + 0 * x * y], 0.5)
    assert np.abs(found.u - np.exp(-0.5)).max() < 1e-3
    with pytest.raises(pde.NotDefined, match="one step for the homogeneous system"):
        pde.solve(system, system.scheme("lax-wendroff", splitting="strang", courant="1/2"),
                  pde.Grid(x=(0, 1, 8), y=(0, 1, 8)), lambda x, y: [1 + 0 * x * y], 0.5)


@pytest.mark.parametrize("make, error, words", [
    (lambda: SOUND.scheme("upwind", splitting="lie"), pde.UnknownScheme, "Use one of 'godunov', 'strang'"),
    (lambda: catalog.burgers().scheme("upwind", splitting="strang"), pde.NotDefined, "one axis, and nothing is there"),
    (lambda: SOUND.scheme("yee", splitting="strang"), pde.NotDefined, "no scheme of one axis at a time"),
    (lambda: WATER.scheme("muscl-hancock"), pde.NotDefined, "Give splitting='strang'"),
    (lambda: GAS.scheme("hllc", splitting="strang").courant_max, pde.NotLinear, "no bound on its total variation"),
    (lambda: SOUND.scheme("upwind", splitting="strang").face_program("x"), pde.NotDefined, "Use .sweeps"),
    (lambda: SOUND.scheme("upwind", splitting="strang").characteristic, pde.NotDefined, "along the first axis"),
    (lambda: GAS.scheme("hllc", splitting="strang").symmetries(), pde.NotDefined, "Ask for those of a sweep")])
def test_refusals(make, error, words):
    with pytest.raises(error, match=words):
        make()


@BOTH
def test_schemes_are_read_back_and_linearised(splitting):
    scheme = WATER.scheme("muscl", limiter="mc", splitting=splitting)
    assert eval(scheme.expression, {"System": pde.System}) == scheme and "splitting" in repr(scheme)
    there = catalog.shallow_water(ndim=2).scheme("rusanov", splitting=splitting).at(g=1, h=1, m_x=0, m_y=0)
    assert there.is_linear and there.courant_max == 1
    assert r"S_y(\Delta t)" in scheme._repr_latex_()
