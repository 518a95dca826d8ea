"""Many steps in compiled code: those of single steps bit for bit, by the same times, whatever the sides."""
from __future__ import annotations

import copy
import pickle
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import pdeconv as pde
from pdeconv import catalog
from pdeconv.march import Rule
from pdeconv.stepper import Stepper

pytest.importorskip("numba")
LINE = catalog.shallow_water(ndim=1).at(g=1)
WATER = catalog.shallow_water(ndim=2).at(g=1)
CURVE = catalog.burgers()
BOX = catalog.acoustics(ndim=3).at(K=1, rho=2)
OPEN = {"x": ("outflow", "wall"), "y": (pde.dirichlet(h=1), "outflow")}
ROUND = {"x": "wall", "y": "periodic", "z": ("outflow", pde.dirichlet(p=0.5))}


def state(system, shape, dtype):
    u = np.random.default_rng(0).random((system.size, *shape)) / 4
    u[0] += 1
    return u.astype(dtype)


def single(stepper, u, rule, count):
    """The field, speeds and time after steps one by one."""
    time, speeds = 0.0, stepper.kernel.max_speeds(u)
    for _ in range(count):
        step, after = rule.next(time, speeds, stepper.spacing)
        u, speeds = stepper.measured(u, step, time)
        time = after
    return u, speeds, time


@pytest.mark.parametrize("system, shape, name, options, sides, dtype", [
    pytest.param(LINE, (300,), "rusanov", {"time": "rk4"}, "wall", "float64", marks=pytest.mark.slow),
    pytest.param(CURVE, (2,), "lax-wendroff", {}, "periodic", "float64", marks=pytest.mark.slow),
    pytest.param(WATER, (1, 21), "muscl", {"limiter": "minmod"}, OPEN, "float32", marks=pytest.mark.slow),
    (BOX, (5, 4, 18), "rusanov", {}, ROUND, "float64"),
    (catalog.wave(ndim=2).at(c=1), (5, 7), "yee", {"courant": "1/2"}, "periodic", "float64")],
    ids=["line", "two cells", "plane", "box", "staggered"])
def test_steps_are_those_taken_one_by_one(system, shape, name, options, sides, dtype):
    kernel, u = pde.lower(system.scheme(name, **options)), state(system, shape, dtype)
    stepper = Stepper(kernel, pde.boundary(system, sides), tuple(0.1 * (j + 1) for j in range(system.ndim)), "numba")
    rule, kept = Rule(0.25, 0.02, 9.0, 9.0), u.copy()
    for count in (1, 4, 5):
        expected = single(stepper, u, rule, count)
        found = stepper.march(u, 0.0, kernel.max_speeds(u), rule, count)
        assert found.steps == count and found.u.dtype == dtype
        assert np.array_equal(found.u, expected[0]) and (found.speeds, found.time) == expected[1:]
        assert np.array_equal(found.before, single(stepper, u, rule, count - 1)[0])
    assert np.array_equal(u, kept) and np.ptp(found.u[0]) > 0


@cache
def line():
    return Stepper(pde.lower(LINE.scheme("rusanov", time="ssp-rk2")), pde.boundary(LINE, "outflow"), (0.1,), "numba")


@settings(max_examples=20, deadline=None)
@given(st.floats(0.01, 0.4), st.floats(0.2, 0.9), st.floats(0.05, 1))
def test_steps_end_at_the_target(target, courant, longest):
    stepper, rule, u = line(), Rule(courant, longest, 2.0, target), state(LINE, (20,), float)
    found = stepper.march(u, 0.0, stepper.kernel.max_speeds(u), rule, 10**6)
    assert found.time == target > found.earlier
    expected = single(stepper, u, rule, found.steps)
    assert expected[2] == target and np.array_equal(found.u, expected[0])


def test_steps_stop_where_a_cell_is_not_finite():
    stepper, u = line(), state(LINE, (20,), float)
    found = stepper.march(u, 0.0, stepper.kernel.max_speeds(u), Rule(30.0, 9.0, 99.0, 99.0), 1000)
    assert found.speeds is None and 1 <= found.steps < 1000 and np.isfinite(found.before).all()
    with np.errstate(all="ignore"):
        assert not np.isfinite(stepper.kernel.max_speeds(found.u)).all()


def test_conditions_that_are_functions_take_one_step_at_a_time():
    grid = pde.Grid(x=(0, 1, 12))
    sides = pde.boundary(LINE, {"x": (pde.dirichlet(h=lambda t: 1 + t), "outflow")}, grid)
    assert sides.copies((12,), 1) is None and pde.boundary(LINE, "wall").copies((1,), 2) is None
    stepper, u = Stepper(pde.lower(LINE.scheme("rusanov")), sides, grid.spacing, "numba"), state(LINE, (12,), float)
    assert stepper.march(u, 0.0, [2.0], Rule(0.5, 9.0, 9.0, 9.0), 100).steps == 1


def test_runs_are_those_of_numpy_by_any_number_of_threads():
    grid = pde.Grid(x=(0, 1, 16), y=(0, 1, 8))
    scheme, u = WATER.scheme("rusanov", courant="2/5"), state(WATER, grid.shape, float)
    one, two, numpy = (pde.solve(WATER, scheme, grid, u, 0.2, boundary="wall", every=0.05, backend=b, threads=n)
                       for b, n in (("numba", 1), ("numba", 2), ("numpy", 1)))
    assert one.steps == two.steps == numpy.steps and one.series.times == numpy.series.times
    assert all(np.array_equal(a.u, b.u) and np.array_equal(a.u, c.u) for a, b, c in
               zip(one.series, two.series, numpy.series))


def test_what_is_compiled_is_kept_with_the_scheme_and_not_with_its_copies():
    scheme = LINE.scheme("rusanov", courant="1/2")
    pde.solve(LINE, scheme, pde.Grid(x=(0, 1, 9)), state(LINE, (9,), float), 0.1, backend="numba")
    made = scheme.kernel.passes.march
    pde.solve(LINE, scheme, pde.Grid(x=(0, 1, 30)), state(LINE, (30,), float), 0.1, backend="numba")
    assert pde.lower(scheme) is scheme.kernel and scheme.kernel.passes.march is made and len(made.signatures) == 1
    for twin in (copy.deepcopy(scheme.kernel), pickle.loads(pickle.dumps(scheme.kernel))):
        assert twin == scheme.kernel and "passes" not in vars(twin)
