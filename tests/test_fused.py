"""Compiled steps: equal to NumPy's bit for bit, by any number of threads, in one, two and three dimensions."""
from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import pdeconv as pde
from pdeconv import catalog
from pdeconv.padded import Layout
from pdeconv.runge_kutta import METHODS, runge_kutta
from pdeconv.stages import stages
from pdeconv.stepper import Stepper

pytest.importorskip("numba")
WATER = catalog.shallow_water(ndim=2).at(g=1)
GAS = catalog.euler(ndim=2).at(gamma="7/5")
TUBE = catalog.euler().at(gamma="7/5")
BOX = catalog.acoustics(ndim=3).at(K=1, rho=2)


@cache
def steppers(system, name, sides="periodic", **options):
    kernel, made = pde.lower(system.scheme(name, **options)), pde.boundary(system, sides)
    return [Stepper(kernel, made, (0.1,) * system.ndim, b) for b in ("numpy", "numba")]


def state(system, shape, dtype=float, seed=0):
    """A positive field of the system."""
    u = np.random.default_rng(seed).random((system.size, *shape)) / 4
    u[0] += 1
    u[-1] += 2 if system in (GAS, TUBE) else 0
    return u.astype(dtype)


@pytest.mark.parametrize("system, name, options, dtype", [
    (WATER, "rusanov", {}, "float32"), (GAS, "lax-wendroff", {}, "float64"),
     (GAS, "muscl", {"limiter": "minmod"}, "float32"),
    (TUBE, "muscl", {"limiter": "van-leer"}, "float64"), (BOX, "rusanov", {"time": "ssp-rk3"}, "float64"),
    (WATER, "weno3", {}, "float64")], ids=["rusanov", "lax-wendroff", "muscl", "line", "box", "weno"])
def test_steps_are_those_of_numpy(system, name, options, dtype):
    """Bit for bit: what is compiled does the same operations in the same order."""
    numpy, fused = steppers(system, name, **options)
    shape = {1: (37,), 2: (9, 21), 3: (6, 5, 19)}[system.ndim]
    u = state(system, shape, dtype)
    expected, found = numpy(u, 0.01), fused(u, 0.01)
    assert found.dtype == expected.dtype == dtype and np.array_equal(found, expected)
    assert np.array_equal(fused(found, 0.01), numpy(expected, 0.01))
    assert np.array_equal(u, state(system, shape, dtype))


@settings(max_examples=4, deadline=None)
@given(st.lists(st.fractions(-1, 1, max_denominator=4), min_size=20, max_size=20), st.integers(1, 12),
       st.sampled_from(["euler", "ssp-rk2", "rk4"]), st.sampled_from(["periodic", "outflow"]), st.sampled_from("fd"))
def test_steps_are_those_of_numpy_on_random_systems(numbers, width, time, sides, dtype):
    def flux(c):
        return [f"{r[0]}*u**2 + {r[1]}*u*v + {r[2]}*v**2 + {r[3]}*u + {r[4]}*v" for r in (c[:5], c[5:])]
    system = pde.System({"x": flux(numbers[:10]), "y": flux(numbers[10:])}, ["u", "v"], source=["v", "-u/3"])
    kernel, made = pde.lower(system.scheme("lax-friedrichs", time=time)), pde.boundary(system, sides)
    u = state(system, (5, width), dtype)
    numpy, fused = (Stepper(kernel, made, (0.5, 0.5), b)(u, 0.25) for b in ("numpy", "numba"))
    assert np.abs(numpy - fused).max() <= (0 if dtype == "d" else 1e-6) * (1 + np.abs(numpy).max())


@pytest.mark.parametrize("sides", ["wall", {"x": "outflow", "y": ("wall", pde.dirichlet(h=1))}], ids=["wall", "mixed"])
def test_boundaries_are_those_of_numpy(sides):
    kernel, made = pde.lower(WATER.scheme("rusanov")), pde.boundary(WATER, sides)
    u = state(WATER, (7, 300))
    numpy, fused = (Stepper(kernel, made, (0.1, 0.2), b) for b in ("numpy", "numba"))
    assert np.array_equal(numpy(u, 0.01), fused(u, 0.01))


@pytest.mark.parametrize("time", METHODS)
def test_stages_need_few_arrays_and_change_nothing(time):
    numpy, fused = steppers(WATER, "rusanov", time=time)
    u = state(WATER, (5, 9))
    assert np.array_equal(numpy(u, 0.01), fused(u, 0.01))
    made = stages(runge_kutta(time))
    assert all(s.source != s.target and s.target != 0 for s in made)
    assert max(s.target for s in made) <= {"ssp-rk104": 4, "rk4": 5}.get(time, 2)


@pytest.mark.parametrize("threads", [2, 50])
def test_threads_change_no_bit(threads):
    one = steppers(GAS, "rusanov")[1]
    many = Stepper(one.kernel, one.boundary, one.spacing, "numba", threads)
    u = state(GAS, (11, 20))
    assert np.array_equal(one(u, 0.01), many(u, 0.01))
    assert one.measured(u, 0.01)[1] == many.measured(u, 0.01)[1]


@pytest.mark.parametrize("system, dtype", [(TUBE, "float64"), (GAS, "float32"), (BOX, "float64")],
                         ids=["line", "plane", "box"])
def test_largest_speeds_come_with_the_step(system, dtype):
    fused = steppers(system, "rusanov")[1]
    u = state(system, {1: (300,), 2: (4, 19), 3: (3, 4, 5)}[system.ndim], dtype)
    after, speeds = fused.measured(u, 0.01)
    assert speeds == pytest.approx(fused.kernel.max_speeds(np.ascontiguousarray(after)), rel=1e-7)
    u[(-1, *(1,) * system.ndim)] = np.nan
    assert fused.measured(u, 0.01)[1] is None


@pytest.mark.parametrize("flux", ["rusanov", "hllc", "roe"])
def test_what_is_no_number_stays_none_as_in_numpy(flux):
    """Limited slopes give faces of negative pressure, whose speeds are no numbers: no maximum may drop them."""
    numpy, fused = steppers(TUBE, "muscl", "outflow", flux=flux, limiter="mc")
    rng, stopped = np.random.default_rng(0), 0
    for _ in range(40):
        rho, p = rng.choice([.1, 1.], 24), rng.choice([.01, 10.], 24)
        u = np.stack([rho, 0 * rho, p / .4])
        with np.errstate(all="ignore"):
            expected, speeds = numpy.measured(u, .1 * .3 / max(numpy.kernel.max_speeds(u)))
            found, measured = fused.measured(u, .1 * .3 / max(numpy.kernel.max_speeds(u)))
        assert np.array_equal(found, expected, equal_nan=True) and measured == speeds
        stopped += speeds is None
    assert 10 < stopped < 40


def test_no_field_that_is_held_is_written():
    fused = steppers(WATER, "rusanov")[1]
    u, fields = state(WATER, (6, 7)), []
    for _ in range(8):
        u = fused(u, 0.01)
        fields.append((u[0], u.copy()[0]))
        fused(u, 0.02)
    assert all(np.array_equal(kept, then) for kept, then in fields)


def test_steps_go_on_from_their_own_arrays_and_from_copies():
    fused = steppers(WATER, "muscl", limiter="mc")[1]
    u = state(WATER, (6, 7))
    first = fused(u, 0.01)
    kept = first.copy()
    assert np.array_equal(fused(first, 0.01), fused(kept, 0.01)) and np.array_equal(first, kept)
    part = fused(first[:, 1:5], 0.01)
    assert np.array_equal(part, fused(np.ascontiguousarray(first[:, 1:5]), 0.01)) and np.array_equal(first, kept)


def test_what_is_conserved_stays():
    fused = steppers(GAS, "rusanov")[1]
    u = state(GAS, (16, 16))
    total = u.sum((1, 2))
    for _ in range(100):
        u = fused(u, 0.01)
    assert np.abs(u.sum((1, 2)) / total - 1).max() <= 1e-14


@given(st.integers(1, 4), st.lists(st.integers(1, 40), min_size=1, max_size=3), st.integers(1, 20),
       st.sampled_from("fd"))
def test_arrays_are_found_from_their_cells(size, cells, reach, dtype):
    layout = Layout(size, tuple(cells), reach, np.dtype(dtype))
    u = layout.empty()
    assert u.shape == (size, *cells[::-1]) and u.ctypes.data % 64 == 0
    whole = layout.whole(u)
    assert np.shares_memory(whole, u) and layout.whole(u.copy()) is None
    assert layout.padded(whole).shape == (size, *(n + 2 * reach for n in cells[::-1]))


def test_what_kernels_do_not_take_is_refused():
    fused = steppers(WATER, "rusanov")[1]
    with pytest.raises(TypeError, match=r"the field holds int64.*Convert it: u\.astype\(float\)"):
        fused(np.ones((3, 4, 4), int), 0.01)
    with pytest.raises(ValueError, match="threads=0 is no number of threads"):
        Stepper(fused.kernel, fused.boundary, fused.spacing, "numba", 0)


@pytest.mark.parametrize("system", [catalog.wave(ndim=2).at(c=1), catalog.maxwell("tm"), catalog.elasticity().at(
    la=1, mu=1, rho=1), catalog.acoustics().at(K=1, rho=1)], ids=["wave", "maxwell", "elasticity", "line"])
def test_staggered_steps_are_the_convolution_with_their_stencil(system):
    scheme = system.scheme("yee", courant="1/2")
    shape = (6, 20)[-system.ndim:]
    u = np.random.default_rng(0).random((system.size, *shape))
    numpy, fused = (Stepper(pde.lower(scheme), pde.boundary(system), (1.0,) * system.ndim, b)
                    for b in ("numpy", "numba"))
    step = 0.5 / float(pde.speed.max_speed(system))
    expected = sum(np.einsum("ab,b...->a...", np.array(m, float), np.roll(u, (-k[0], *k[1:]), (-1, -2)[:system.ndim]))
                   for k, m in scheme.stencil.taps.items())
    found = numpy(u, step)
    assert np.abs(found - expected).max() <= 1e-14
    assert np.array_equal(found, fused(u, step)) and np.array_equal(found, fused.measured(u, step)[0])


def test_staggered_steps_keep_what_is_constant():
    wave = catalog.wave(ndim=2).at(c=1)
    found = pde.solve(wave, "yee", pde.Grid(x=(0, 1, 8), y=(0, 1, 8)), np.ones((3, 8, 8)), 0.5, backend="numba")
    assert np.abs(found.u - 1).max() <= 1e-14


@pytest.mark.parametrize("source", ["sin(u) + cos(u)", "exp(u) + log(2 + u)", "tan(u/8) + tanh(u)", "u**(7/5)",
                                    "sign(u - 11/10)*u"])
def test_functions_are_those_of_numpy_to_rounding(source):
    system = pde.System({"x": ["u**2/2"]}, ["u"], source=[source])
    kernel = pde.lower(system.scheme("lax-friedrichs"))
    numpy, fused = (Stepper(kernel, pde.boundary(system), (0.5,), b) for b in ("numpy", "numba"))
    u = state(system, (21,))
    assert np.abs(numpy(u, 0.25) - fused(u, 0.25)).max() <= 4e-15


@pytest.mark.parametrize("ndim", [1, 2])
@pytest.mark.parametrize("flux", ["rusanov", "hll"])
def test_faces_with_two_amounts_and_dry_cells_are_those_of_numpy(ndim, flux):
    system = catalog.shallow_water(ndim=ndim, bottom=True).at(g=1)
    kernel, shape = pde.lower(system.scheme("hydrostatic", flux=flux, time="ssp-rk2")), (6, 21)[-ndim:]
    numpy, fused = (Stepper(kernel, pde.boundary(system, "wall"), (0.5,) * ndim, b) for b in ("numpy", "numba"))
    b = np.random.default_rng(0).random(shape) * 3
    u = np.stack([np.maximum(0, 2 - b), *[0 * b] * ndim, b])
    assert np.array_equal(fused(u, 0.01), u)
    u[1] = 0.1 * u[0]
    with np.errstate(all="ignore"):
        assert np.array_equal(fused(u, 0.01), numpy(u, 0.01))
