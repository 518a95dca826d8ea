"""Runs of pde.solve: snapshots, files that survive, times, and states that are none."""
from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time

import numpy as np
import pytest

import pdeconv as pde
from pdeconv import catalog
from pdeconv.stepper import Stepper

WATER = catalog.shallow_water(ndim=2).at(g=1)
GAS = catalog.euler().at(gamma="7/5")
FLOW = catalog.advection().at(a_x=1)
GRID = pde.Grid(x=(0, 1, 11), y=(0, 1, 9))
LINE = pde.Grid(x=(0, 1, 8))
FORMS = ["run.npz", "run.zarr"]


def pool(x, y):
    return {"h": 1 + np.exp(-20 * ((x - 0.4) ** 2 + (y - 0.3) ** 2)) / 2, "v_x": 0.1, "v_y": 0}


def run(t_end=0.3, **options):
    return pde.solve(WATER, "rusanov", GRID, pool, t_end, courant="2/5", **options)


@pytest.fixture(params=FORMS)
def path(request, tmp_path):
    if request.param.endswith("zarr"):
        pytest.importorskip("zarr")
    return tmp_path / "deep" / request.param


# Snapshots ---------------------------------------------------------------------------------------------------
def test_snapshots_are_at_the_times_that_are_asked(path):
    found = run(every=0.1)
    assert found.series.times == (0.0, 0.1, 0.2, 0.3)
    assert np.array_equal(found.series[-1].u, found.u) and np.array_equal(found.series["h"][3], found["h"])
    kept = run(every=0.1, path=path, checkpoint=2)
    read = pde.series(path)
    assert read.times == found.series.times and read.steps == found.series.steps and read.names == WATER.names
    assert read.grid == GRID and np.array_equal(kept.u, found.u)
    assert all(np.array_equal(a.u, b.u) and a.time == b.time for a, b in zip(read, found.series))
    assert run(snapshots=[0.05, 0.3]).series.times == (0.05, 0.3)
    assert run(every=0.2).series.times == (0.0, 0.2, 0.3) and not run(0.1).series


def test_an_interrupted_run_ends_as_one_that_was_not(path, monkeypatch):
    expected = run(every=0.1)
    original, calls = Stepper.__call__, []

    def interrupted(self, *args):
        calls.append(args)
        if len(calls) == 5:
            raise KeyboardInterrupt
        return original(self, *args)
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Stepper, "__call__", interrupted)
        run(every=0.1, path=path, checkpoint=2)
    found = run(every=0.1, path=path)
    assert np.array_equal(found.u, expected.u) and found.steps == expected.steps
    assert found.series.times == expected.series.times
    assert all(np.array_equal(a.u, b.u) for a, b in zip(found.series, expected.series))
    assert [p.name for p in path.parent.iterdir()] == [path.name]


@pytest.mark.slow
def test_compiled_runs_go_on_to_the_same_bits(path):
    pytest.importorskip("numba")
    expected = run(every=0.1, backend="numba")
    assert np.array_equal(expected.u, run(every=0.1).u)
    run(0.2, path=path, every=0.1, backend="numba")
    found = run(0.3, path=path, every=0.1, backend="numba")
    assert np.array_equal(found.u, expected.u) and np.array_equal(found.series["m_x"], expected.series["m_x"])


def test_a_run_that_ended_goes_on_to_a_later_time(path):
    run(0.1, path=path, every=0.05)
    found = run(0.2, path=path, every=0.05)
    assert found.series.times == (0.0, 0.05, 0.1, 3 * 0.05, 0.2)
    assert np.array_equal(found.u, run(0.2, every=0.05).u)
    with pytest.raises(pde.NotResumable, match=r"is at time 0.2, after t_end=0.1. Give a later t_end"):
        run(0.1, path=path)
    with pytest.raises(pde.NotResumable, match=r"holds a run of .*, not of .*. Give another file, or remove it."):
        pde.solve(WATER, "rusanov", GRID, pool, 0.3, courant="1/5", path=path)
    with pytest.raises(pde.NotResumable, match=r"from the float64 field .* from the float32 field"):
        pde.solve(WATER, "rusanov", GRID, np.ones((3, 9, 11), np.float32), 0.3, courant="2/5", path=path)


KILLED = """
    import sys, time
    import numpy as np
    import pdeconv as pde
    from pdeconv import catalog
    from pdeconv.stepper import Stepper
    step = Stepper.__call__
    Stepper.__call__ = lambda *args: (time.sleep(0.001), step(*args))[1]
    water = catalog.shallow_water().at(g=1)
    pde.solve(water, "rusanov", pde.Grid(x=(0, 1, 20)), lambda x: {"h": 1 + x, "m_x": 0}, 20, courant="9/10",
              boundary="wall", path=sys.argv[1], every=0.05, checkpoint=1)
"""


def begun_at(path):
    """How many snapshots a run has written so far."""
    try:
        return len(pde.series(path))
    except pde.NotResumable:
        return 0


def test_a_run_killed_at_any_moment_goes_on_to_the_same_bits(path):
    def solved(where):
        return pde.solve(catalog.shallow_water().at(g=1), "rusanov", pde.Grid(x=(0, 1, 20)),
                         lambda x: {"h": 1 + x, "m_x": 0}, 3, courant="9/10", boundary="wall", path=where, every=0.05)
    child = subprocess.Popen([sys.executable, "-c", textwrap.dedent(KILLED), str(path)], env=dict(os.environ))
    deadline = time.monotonic() + 60
    while not begun_at(path) and time.monotonic() < deadline and child.poll() is None:
        time.sleep(0.01)
    child.send_signal(signal.SIGKILL)
    assert child.wait() == -signal.SIGKILL
    expected = solved(None)
    begun = len(pde.series(path))
    found = solved(path)
    assert 0 < begun < len(found.series) and found.steps == expected.steps
    assert np.array_equal(found.u, expected.u) and np.array_equal(found.series["h"], expected.series["h"])


def test_a_last_snapshot_is_not_taken_again_beside_itself(path):
    run(0.3, path=path, every=0.1)  # 3 · 0.1 is a float above 0.3
    assert np.allclose(run(0.5, path=path, every=0.1).series.times, [0, 0.1, 0.2, 0.3, 0.4, 0.5])


def test_what_is_no_run_is_refused(tmp_path):
    (tmp_path / "a.npz").write_text("nothing")
    np.savez(tmp_path / "b.npz", u=1)
    with pytest.raises(pde.NotResumable, match=r"a.npz is no npz file"):
        run(path=tmp_path / "a.npz")
    with pytest.raises(pde.NotResumable, match=r"b.npz has no at_steps, fields, .*, so it is no run"):
        run(path=tmp_path / "b.npz")
    with pytest.raises(pde.NotResumable, match=r"ends with neither .npz nor .zarr"):
        run(path=tmp_path / "c.h5")
    with pytest.raises(pde.NotResumable, match=r"c.npz does not exist"):
        pde.series(tmp_path / "c.npz")


def test_what_is_no_zarr_run_is_refused(tmp_path):
    zarr = pytest.importorskip("zarr")
    zarr.open_group(tmp_path / "a.zarr", mode="w")
    (tmp_path / "b.zarr").mkdir()
    (tmp_path / "b.zarr" / "mine").write_text("keep me")
    with pytest.raises(pde.NotResumable, match=r"a.zarr is a zarr group, but no run"):
        run(path=tmp_path / "a.zarr")
    with pytest.raises(pde.NotResumable, match=r"b.zarr is no zarr group"):
        run(path=tmp_path / "b.zarr")
    assert (tmp_path / "b.zarr" / "mine").exists()


def test_what_is_not_finite_stops_the_run_and_keeps_the_last_field(path):
    system, grid = catalog.shallow_water().at(g=1), pde.Grid(x=(-1, 1, 20))
    with pytest.raises(pde.Diverged, match=r"gave no finite state in cell .* The field before is in ") as caught:
        pde.solve(system, "lax-wendroff", grid, lambda x: {"h": 1 + np.cos(30 * x) / 50, "m_x": 0}, 5,
                  courant=3, beyond_limit=True, every=1, path=path)
    error = caught.value
    assert np.isfinite(error.last).all() and error.step > 1 and len(error.cell) == 1
    assert pde.series(path).times[0] == 0
    if path.suffix == ".npz":
        with np.load(path) as saved:
            assert saved["steps"] == error.step - 1 and np.array_equal(saved["u"], error.last)


def test_a_run_from_another_field_is_another_run(path):
    run(0.1, path=path)
    with pytest.raises(pde.NotResumable, match=r"from the float64 field .* not of .* from the float64 field"):
        pde.solve(WATER, "rusanov", GRID, {"h": 2, "m_x": 0, "m_y": 0}, 0.3, courant="2/5", path=path)


def test_where_nothing_can_be_written_nothing_is_run(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError):
        run(1e9, path=tmp_path / "file" / "run.npz")


def test_a_part_of_a_series_is_a_series(path):
    found = run(0.3, path=path, snapshots=np.linspace(0, 0.3, 4)).series
    assert found[1:3].times == found.times[1:3] and np.array_equal(found[1:3]["h"], found["h"][1:3])
    assert len(found[5:]) == 0 and found[::-1].steps == found.steps[::-1]


# Data --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("system, field, what", [
    (WATER, {"h": 0, "m_x": 0, "m_y": 0}, "h = 0 in cell"),
    (WATER, {"h": -1, "m_x": 0, "m_y": 0}, "h = -1 in cell"),
    (GAS, {"rho": 1, "m_x": 3, "E": 1}, "p = -1.4 in cell"),
    (GAS, {"rho": -1, "m_x": 0, "E": -1}, "rho = -1 in cell"),
    (GAS, {"rho": 0, "m_x": 0, "E": 0}, "rho = 0 in cell")])
def test_vacuum_and_dry_states_are_refused(system, field, what):
    with pytest.raises(pde.NotAdmissible, match=f"the initial field has {what} .* Put a small positive number there"):
        pde.solve(system, "rusanov", GRID if system is WATER else LINE, field, 1, courant="2/5")


@pytest.mark.parametrize("given, message", [
    (5, "5 is given, and one is needed for each of u"), ([1, 2], "2 fields are given"),
    ({"v": 1}, "values are given for v"),
    ([[1, 2, 3]], r"the field of u is none on .* Give a number, or an array \(8,\)"), ([1j], "it is complex"),
    (np.ones((2, 8)), r"has the shape \(2, 8\)"), (np.ones((1, 8), complex), "fields are real"),
    (lambda y: [y], "a function that does not take x"), ("u", "'u' is given, and one is needed for each of u")])
def test_fields_that_do_not_fit_are_refused(given, message):
    with pytest.raises(pde.BadGrid, match=message):
        pde.solve(FLOW, "upwind", LINE, given, 1)


@pytest.mark.parametrize("row", [5, (0, 1), (1, 0, 4), (0, 1, 0), (0, 1, 2.0), (0, float("inf"), 4), ("a", 1, 4)])
def test_axes_that_are_none_are_refused(row):
    with pytest.raises(pde.BadGrid, match=r"is no axis. Give its ends in rising order and its number of cells"):
        pde.Grid(x=row)


def test_a_field_that_is_not_finite_is_refused():
    with pytest.raises(pde.NotAdmissible, match=r"not finite in cell \(3,\), where it is u = nan"):
        pde.solve(FLOW, "upwind", LINE, np.where(np.arange(8) == 3, np.nan, 1.0)[None], 1)


def test_primitive_unknowns_are_taken():
    found = pde.solve(GAS, "rusanov", LINE, {"rho": 2, "v_x": 3, "p": 1}, 0, courant="1/2")
    assert found.steps == 0 and found.u[:, 0].tolist() == [2, 6, 11.5]


def test_values_of_both_kinds_are_refused():
    with pytest.raises(pde.BadGrid, match=r"given for rho, m_x, p, and the unknowns are rho, m_x, E, or rho, v_x, p"):
        pde.solve(GAS, "rusanov", LINE, {"rho": 1, "m_x": 0, "p": 1}, 1, courant="1/2")


def test_schemes_that_are_not_defined_are_refused_before_their_courant_number():
    with pytest.raises(pde.NotDefined, match="'yee' needs a linear system"):
        pde.solve(catalog.burgers(), "yee", LINE, [1], 1)


@pytest.mark.parametrize("field", [np.arange(8)[None], [range(8)], {"u": list(range(8))}])
def test_integers_become_floats(field):
    found = pde.solve(FLOW, "upwind", LINE, field, 0.25, courant=1)
    assert found.u.dtype == np.float64 and found["u"].tolist() == [6, 7, 0, 1, 2, 3, 4, 5]


@pytest.mark.parametrize("backend", ["numpy", "torch", "numba"])
def test_float32_stays_float32(backend):
    if backend != "numpy":
        pytest.importorskip(backend)
    u = WATER_FIELD.astype(np.float32)
    found = pde.solve(WATER, "rusanov", GRID, u, 0.1, courant="2/5", backend=backend, boundary="wall")
    wide = pde.solve(WATER, "rusanov", GRID, WATER_FIELD, 0.1, courant="2/5", boundary="wall")
    assert found.u.dtype == np.float32 and np.abs(found.u - wide.u).max() < 1e-5


WATER_FIELD = np.random.default_rng(0).random((3, 9, 11)) / 4 + 1


# Times -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("options, message", [
    ({"t_end": -1}, "t_end=-1 is no time"), ({"t_end": "soon"}, "t_end='soon' is no time"),
    ({"t_end": float("nan")}, "t_end=nan is no time"), ({"every": 0}, "every=0 is no time"),
    ({"max_step": 0}, "max_step=0 is no time"), ({"every": 1, "snapshots": [1]}, "Give one of them"),
    ({"snapshots": [0.2, 0.1]}, "do not rise from 0"), ({"snapshots": [7]}, "or give a later t_end"),
    ({"snapshots": 5}, "snapshots=5 are no times"),
    ({"checkpoint": 0}, "checkpoint=0 is no number of steps")])
def test_times_that_are_none_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        run(**({"t_end": 0.1} | options))


def test_time_zero_is_the_initial_field():
    assert np.array_equal(pde.solve(WATER, "rusanov", GRID, WATER_FIELD, 0, courant="2/5").u, WATER_FIELD)


def test_no_step_is_longer_than_the_longest():
    assert run(0.3, max_step=0.01).steps == 30


def test_a_courant_number_above_the_limit_has_to_be_asked_for():
    with pytest.raises(pde.Unstable, match=r"above the limit 1 .* or say beyond_limit=True"):
        pde.solve(FLOW, "upwind", LINE, [1], 1, courant=2)
    assert pde.solve(FLOW, "upwind", LINE, [1], 1, courant=2, beyond_limit=True).steps == 4


@pytest.mark.parametrize("cells", [1, 2])
def test_grids_of_one_and_two_cells(cells):
    found = pde.solve(FLOW, "upwind", pde.Grid(x=(0, 1, cells)), lambda x: [x], 1, courant=1)
    assert found["u"].tolist() == pde.Grid(x=(0, 1, cells)).centres("x").tolist()
