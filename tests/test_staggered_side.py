"""Walls of Yee's grid: energy kept to rounding, cavity modes by the dispersion relation, the same on every back end."""
from __future__ import annotations

import pickle
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import pdeconv as pde
from pdeconv import Wall, catalog
from pdeconv.march import Rule
from pdeconv.staggered_side import StaggeredSide, settled
from pdeconv.stepper import Stepper

SOUND = catalog.acoustics(ndim=2).at(K=2, rho=3)
LINE = catalog.acoustics().at(K=1, rho=1)
SOLID = catalog.elasticity().at(la=1, mu=2, rho=1)
TM, TE, BOX = catalog.maxwell("tm"), catalog.maxwell("te"), catalog.maxwell()
MAGNETIC = {"x": Wall(odd=("E_x", "H_y", "H_z")), "y": Wall(odd=("E_y", "H_x", "H_z")), "z": Wall(
    odd=("E_z", "H_x", "H_y"))}
FREE = {"x": Wall(odd=("p", "v_y")), "y": Wall(odd=("p", "v_x"))}
ROLLER = {"x": Wall(odd=("v_x", "s_xy")), "y": Wall(odd=("v_y", "s_xy"))}
CLOSED = [
    (TM, "conductor"), (TE, "conductor"), (BOX, "conductor"), (BOX, MAGNETIC), (SOUND, "wall"), (SOUND, FREE),
    (SOUND, {"x": ("wall", FREE["x"]), "y": (FREE["y"], "wall")}), (SOUND, {"x": "periodic", "y": "wall"}),
    (SOLID, "wall"), (SOLID, ROLLER), (LINE, "wall"), (LINE, {"x": (Wall(odd=("p",)), "wall")}),
    (TM, {"x": "periodic", "y": ("conductor", Wall(odd=("H_x",)))}),
    (SOUND, {"x": (pde.dirichlet(p=0), "wall"), "y": "wall"})]
NAMES = ["tm", "te", "box", "magnetic", "rigid", "free", "mixed", "channel", "solid", "roller", "line", "pipe",
         "guide", "dirichlet"]


@cache
def parts(index):
    """The stepper of a closed box, its scheme, and a step with C = 1/2 on cells of length 1."""
    system, sides = CLOSED[index]
    sides = pde.boundary(system, sides)
    scheme = system.scheme("yee").beside(sides)
    return (Stepper(pde.lower(scheme), sides, (1.0,) * system.ndim), scheme,
            0.5 / float(pde.speed.max_speed(system)))


def noise(index, dtype=float):
    stepper, scheme, _ = parts(index)
    shape = (7, 6, 5)[-scheme.system.ndim:]
    u = np.random.default_rng(0).standard_normal((scheme.system.size, *shape)).astype(dtype)
    return settled(scheme, stepper.boundary, u)


def weights(scheme, boundary, shape):
    """1, and 1/2 for what is stored on a high side, by unknown."""
    found = np.ones((scheme.system.size, *shape))
    for j, (_, high) in enumerate(boundary.sides):
        for k, place in enumerate(scheme.places):
            if place[j] and isinstance(high, StaggeredSide):
                np.moveaxis(found[k], -1 - j, -1)[..., 0 if j == 1 else -1] *= 0.5
    return found


@cache
def measure(index):
    """The symmetriser with weights of cells, and where the second class is."""
    stepper, scheme, _ = parts(index)
    norm = np.array(scheme.system.symmetriser.matrix, float)
    w = weights(scheme, stepper.boundary, noise(index).shape[1:])
    later = np.array([place[-1] for place in scheme.places], bool).reshape(-1, *[1] * scheme.system.ndim)
    return norm[..., *[None] * scheme.system.ndim] * w, later


def energy(index, before, after):
    """⟨pⁿ, pⁿ⟩ + ⟨vⁿ⁻¹ᐟ², vⁿ⁺¹ᐟ²⟩ in the norm of the symmetriser, from the fields before and after a step."""
    norm, later = measure(index)
    return (np.where(later, before, after)[:, None] * norm * after).sum()


@pytest.mark.parametrize("index", range(len(CLOSED)), ids=NAMES)
def test_the_energy_of_a_closed_box_is_kept_to_rounding(index):
    (stepper, _, step), u, first = parts(index), noise(index), None
    for _ in range(1000):
        before, u = u, stepper(u, step)
        first = energy(index, before, u) if first is None else first
        assert abs(energy(index, before, u) - first) <= 1e-12 * abs(first)
    assert first > 1 and np.abs(u - before).max() > 1e-3


@settings(max_examples=20, deadline=None)
@given(st.sampled_from([0, 1, 2, 3, 10, 11, 12]), st.data())
def test_energy_is_kept_exactly(index, data):
    """With integers and Δt/Δx = 1/2 all numbers of some steps are dyadic and short: floats make no error."""
    stepper, scheme, _ = parts(index)
    u = np.array(data.draw(st.lists(st.integers(-4, 4), min_size=noise(index).size, max_size=noise(index).size)), float)
    u, first = settled(scheme, stepper.boundary, u.reshape(noise(index).shape)), None
    for _ in range(5):
        before, u = u, stepper(u, 0.5)
        first = energy(index, before, u) if first is None else first
        assert energy(index, before, u) == first


def shape_of_mode(scheme, grid, name, waves):
    """Σ-free products: what is odd across an axis is a sine along it, the rest a cosine."""
    at = scheme.coordinates(grid)[name]
    factors = [(np.sin if name in odd else np.cos)(np.pi * m * at[axis]) for axis, odd, m in zip(
        grid.axes, scheme.odd, waves)]
    return np.prod(np.broadcast_arrays(*factors), 0)


@pytest.mark.parametrize("waves", [(1, 1), (2, 3), (1, 5)])
@pytest.mark.parametrize("index, name", [
    (0, "E_z"), (1, "H_z"), (4, "p"), (5, "p")], ids=["tm", "te", "rigid", "free"])
def test_modes_of_a_closed_box_have_the_frequency_of_the_dispersion_relation(index, name, waves):
    """p^{n+1} + p^{n−1} = 2 cos(ωΔt) pⁿ with sin²(ωΔt/2) = C² Σ sin²(θ_j/2) and θ_j = π m_j/N_j."""
    stepper, scheme, step = parts(index)
    grid, k = pde.Grid(x=(0, 1, 8), y=(0, 1, 10)), scheme.system.names.index(name)
    u, history = np.zeros((3, *grid.shape)), []
    u[k] = shape_of_mode(scheme, grid, name, waves)
    assert scheme.places[k][-1] == 0
    for _ in range(200):
        history.append(u[k])
        u = stepper(u, step)
    values = {"C": 0.5, "theta_x": np.pi * waves[0] / 8, "theta_y": np.pi * waves[1] / 10}
    relation = scheme.dispersion()
    sine = float(relation.rhs.subs({s: values[s.name] for s in relation.rhs.free_symbols}))
    errors = [np.abs(a + c - 2 * (1 - 2 * sine) * b).max() for a, b, c in zip(history[1:], history[2:], history[3:])]
    assert max(errors) <= 1e-13 and np.abs(history[-1]).max() > 1e-3


def test_a_mode_of_a_conducting_box_in_space_has_its_frequency():
    """E_x = s_y cos sin sin, E_y = −s_x sin cos sin with s_j = sin(θ_j/2), which is free of divergence on the grid."""
    cells, waves = (4, 5, 6), (1, 2, 1)
    grid = pde.Grid(**{a: (0, 1, n) for a, n in zip("xyz", cells)})
    stepper, scheme, step = parts(2)
    s = [np.sin(np.pi * m / n / 2) for m, n in zip(waves, cells)]
    u, history = np.zeros((6, *grid.shape)), []
    u[0], u[1] = (f * shape_of_mode(scheme, grid, name, waves) for f, name in ((s[1], "E_x"), (-s[0], "E_y")))
    for _ in range(60):
        history.append(u[:3])
        u = stepper(u, step)
    factor = 2 * (1 - 2 * 0.25 * sum(x ** 2 for x in s))
    errors = [np.abs(a + c - factor * b).max() for a, b, c in zip(history[1:], history[2:], history[3:])]
    assert max(errors) <= 1e-14 and np.abs(history[-1][2]).max() <= 1e-14 and np.abs(history[-1]).max() > 1e-3


@pytest.mark.parametrize("index, amplitudes", [
    (0, {"E_z": 1, "H_x": -2, "H_y": 1}),  # H_x,t = −∂_y E_z, H_y,t = ∂_x E_z
    (1, {"H_z": 1, "E_x": -2, "E_y": 1}),  # E_x,t = ∂_y H_z, E_y,t = −∂_x H_z
    (4, {"p": 1, "v_x": 1 / 3, "v_y": 2 / 3}), (5, {"p": 1, "v_x": -1 / 3, "v_y": -2 / 3})],
    ids=["tm", "te", "rigid", "free"])
def test_modes_converge_to_the_exact_ones_to_second_order(index, amplitudes):
    """p = cos(ωt) φ, v_j = sin(ωt)/ω a_j ∂_jφ with ω = π √(m² + n²) c, known half a step after p."""
    stepper, scheme, step = parts(index)
    waves, speed, errors = (1, 2), 0.5 / step, []
    omega = np.pi * np.hypot(*waves) * speed
    for n in (16, 32):
        grid = pde.Grid(x=(0, 1, n), y=(0, 1, n))
        fine, length, count = replace(stepper, spacing=grid.spacing), step / n, n  # to the time 1/(2c)

        def field(t, grid=grid, step=length):
            return np.stack([a * shape_of_mode(scheme, grid, name, waves) * (
                np.sin(omega * (t + step / 2)) * np.pi / omega if scheme.places[k][-1] else np.cos(omega * t))
                for k, (name, a) in enumerate(amplitudes.items())])
        u = field(0)
        for _ in range(count):
            u = fine(u, length)
        errors.append(np.abs(u - field(count * length)).max())
    assert 1.9 < np.log2(errors[0] / errors[1]) < 2.1 and errors[1] < 0.02


# Back ends ----------------------------------------------------------------------------------------------------
def steps(stepper, u, step, count):
    for _ in range(count):
        u = stepper(u, step)
    return u


@pytest.mark.parametrize("index", [
    0, 6, *(pytest.param(k, marks=pytest.mark.slow) for k in (2, 7, 8, 11))], ids=[NAMES[k] for k in (
        0, 6, 2, 7, 8, 11)])
def test_compiled_steps_are_those_of_numpy_bit_for_bit(index):
    pytest.importorskip("numba")
    stepper, _, step = parts(index)
    fused, u = replace(stepper, backend="numba"), noise(index)
    expected, before = steps(stepper, u, step, 5), steps(stepper, u, step, 4)
    assert np.array_equal(steps(fused, u, step, 5), expected)
    assert np.array_equal(fused.measured(before, step)[0], expected)
    found = fused.march(u, 0.0, stepper.kernel.max_speeds(u), Rule(9.0, step, 99.0, 99.0), 5)
    assert fused._march(u) is not None and found.steps == 5 and np.array_equal(found.u, expected)


def test_threads_and_floats_of_32_bits_change_nothing():
    pytest.importorskip("numba")
    stepper, _, step = parts(0)
    u = noise(0, np.float32)
    fused = replace(stepper, backend="numba", threads=2)
    found = steps(fused, u, np.float32(step), 3)
    assert found.dtype == np.float32 and np.abs(found - steps(stepper, noise(0), step, 3)).max() <= 1e-5


@pytest.mark.parametrize("index", [0, 2, 6, 8], ids=[NAMES[k] for k in (0, 2, 6, 8)])
def test_tensors_give_the_same_to_rounding(index):
    torch = pytest.importorskip("torch")
    stepper, _, step = parts(index)
    u = noise(index)
    found = steps(replace(stepper, backend="torch"), torch.from_numpy(u), step, 5)
    assert np.abs(found.numpy() - steps(stepper, u, step, 5)).max() <= 1e-13


def test_steps_beside_walls_are_one_graph():
    torch = pytest.importorskip("torch")
    stepper, _, step = parts(0)
    tensors, u = replace(stepper, backend="torch"), torch.from_numpy(noise(0))
    compiled = torch.compile(tensors, fullgraph=True, backend="eager")
    torch.testing.assert_close(compiled(u, step), tensors(u, step), rtol=1e-14, atol=1e-14)


def test_steppers_beside_walls_are_pickled():
    stepper, _, step = parts(0)
    assert np.array_equal(pickle.loads(pickle.dumps(stepper))(noise(0), step), stepper(noise(0), step))


def test_steps_beside_walls_have_their_transpose_for_gradient():
    torch = pytest.importorskip("torch")
    stepper, _, step = parts(0)
    tensors, u = replace(stepper, backend="torch"), torch.from_numpy(noise(0))
    v = torch.randn_like(u)
    w = torch.autograd.grad((tensors(u.requires_grad_(), step) * v).sum(), u)[0]
    e = torch.randn_like(u)
    assert abs((w * e).sum() - (tensors(e, step) * v).sum()) <= 1e-12


# Sides --------------------------------------------------------------------------------------------------------
def test_padding_mirrors_centres_across_and_faces_about_the_side():
    stepper = parts(10)[0]
    line = np.array([[1., 2., 3.], [4., 5., 0.]])  # p at centres, v on faces, 0 on the last
    assert stepper.boundary.pad(line, 1).tolist() == [[1, 1, 2, 3, 3], [0, 4, 5, 0, 0]]
    assert stepper.boundary.pad(line, 2).tolist() == [[2, 1, 1, 2, 3, 3, 2], [-4, 0, 4, 5, 0, -5, 0]]
    pipe = parts(11)[0]  # p on faces, 0 on the low side; v at centres, odd at the high side, which is a wall
    assert pipe.kernel.scheme.places == ((1, 0), (0, 1))
    assert pipe.boundary.pad(line, 1).tolist() == [[0, 1, 2, 3, 0], [4, 4, 5, 0, 0]]


def test_what_vanishes_on_sides_lies_on_them():
    for index in range(len(CLOSED)):
        stepper, scheme, _ = parts(index)
        for j, (low, _) in enumerate(stepper.boundary.sides):
            if isinstance(low, StaggeredSide):
                of = dict(zip(scheme.system.names, scheme.places))
                assert all(of[name][j] for name in low.odd) and sum(p[j] for p in of.values()) == len(low.odd)


def test_values_on_high_sides_stay_what_they_are_to_the_bit():
    stepper, _, step = parts(2)
    u = noise(2)
    after = steps(stepper, u, step, 20)
    for j, name in ((0, "E_y"), (0, "E_z"), (0, "H_x"), (1, "E_x"), (2, "H_z")):
        at = np.moveaxis(after[BOX.names.index(name)], -1 - j, 0)[0 if j == 1 else -1]
        assert not at.any()


def test_conductors_are_dual_to_magnetic_walls():
    """(E, H) ↦ (H, −E) exchanges them: TM beside conductors is TE beside magnetic walls."""
    electric, _, step = parts(0)
    sides = {"x": Wall(odd=("H_z", "E_x")), "y": Wall(odd=("H_z", "E_y"))}
    scheme = TE.scheme("yee").beside(sides)
    magnetic = Stepper(pde.lower(scheme), pde.boundary(TE, sides), (1.0, 1.0))
    assert scheme.places == electric.kernel.scheme.places
    u = noise(0)
    sign = np.array([1.0, -1.0, -1.0])[:, None, None]  # E_z, H ↦ H_z, −E
    assert np.abs(steps(magnetic, sign * u, step, 20) - sign * steps(electric, u, step, 20)).max() <= 1e-14
    other = steps(parts(1)[0], settled(TE.scheme("yee"), parts(1)[0].boundary, sign * u), step, 20)
    assert np.abs(other - sign * steps(electric, u, step, 20)).max() > 0.1


def test_values_of_numbers_are_constant_solutions():
    sides = {"x": (pde.dirichlet(p=2), pde.dirichlet(p=2)), "y": "wall"}
    system = catalog.acoustics(ndim=2).at(K=1, rho=1)
    level = {"p": 2, "v_x": 0, "v_y": 0}
    found = pde.solve(system, "yee", pde.Grid(x=(0, 1, 6), y=(0, 1, 5)), level, 1, boundary=sides)
    assert np.array_equal(found["p"], np.full((5, 6), 2.0)) and not found["v_x"].any()
    flow = {"x": (pde.dirichlet(v_x=3), pde.dirichlet(p=1)), "y": "periodic"}
    for backend in ("numpy", "torch"):
        found = pde.solve(system, "yee", pde.Grid(x=(0, 1, 6), y=(0, 1, 5)), {"p": 1, "v_x": 3, "v_y": 0}, 1,
                          boundary=flow, backend=backend)
        assert np.array_equal(found["v_x"], np.full((5, 6), 3.0)) and np.array_equal(found["p"], np.ones((5, 6)))


def test_solve_puts_unknowns_and_functions_where_they_lie():
    grid = pde.Grid(x=(0, 1, 16), y=(0, 1, 16))

    def cavity(x, y):
        return {"E_z": np.sin(np.pi * x) * np.sin(np.pi * y), "H_x": 0 * x, "H_y": 0 * x}
    first = pde.solve(TM, "yee", grid, cavity, 0, boundary="conductor")
    x, y = grid.centres("x") + 1 / 32, grid.centres("y") + 1 / 32
    assert np.abs(first["E_z"] - np.sin(np.pi * x) * np.sin(np.pi * y)).max() <= 1e-15
    assert not first["E_z"][0].any() and not first["E_z"][:, -1].any()
    period = np.sqrt(2)
    found = pde.solve(TM, "yee", grid, cavity, period, boundary="conductor", courant="1/2")
    assert np.abs(found["E_z"] - first["E_z"]).max() < 0.12  # H is known half a step later


# What is refused ----------------------------------------------------------------------------------------------
@pytest.mark.parametrize("system, sides, message", [
    (SOUND, "outflow", r"half a cell apart, for which Outflow\(\) along x is not defined\. Use 'periodic', 'wall'"),
    (SOUND, {"x": "periodic", "y": (pde.dirichlet(p=lambda t: t), "wall")}, "along y is not defined.*with numbers"),
    (TM, "conductor", r"H_y of .* lie on the low side of x, where Conductor.*Use scheme\.beside\(boundary\)"),
    (SOUND, {"x": Wall(odd=("p",)), "y": "wall"}, r"is no reflection.*Use Wall\(odd=\('p', 'v_y'\)\)"),
    (SOLID, {"x": ("wall", "free-surface"), "y": "wall"}, "is no reflection of the whole system.*Use the scheme")],
    ids=["outflow", "function", "places", "part", "surface"])
def test_sides_that_are_not_defined_are_refused(system, sides, message):
    with pytest.raises(pde.NotASide, match=message):
        Stepper(pde.lower(system.scheme("yee")), pde.boundary(system, sides), (1.0,) * system.ndim)


def test_schemes_beside_walls_are_named_and_compared():
    scheme = TM.scheme("yee", courant="1/2").beside({"x": "periodic", "y": "conductor"})
    text = "catalog.maxwell('tm').scheme('yee', courant='1/2').beside({'x': 'periodic', 'y': Wall(odd=('E_z', 'H_y'))})"
    assert scheme.expression == text
    again = TM.scheme("yee", courant="1/2").beside({"x": "periodic", "y": Wall(odd=("E_z", "H_y"))})
    assert scheme == again and hash(scheme) == hash(again) and scheme != TM.scheme("yee", courant="1/2")
    general = catalog.acoustics(ndim=2).scheme("yee").beside(FREE)
    assert general.at(K=2, rho=3).places == general.places == SOUND.scheme("yee").beside(FREE).places
