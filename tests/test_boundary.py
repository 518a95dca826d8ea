"""Boundary conditions: what lies beyond each side, how many are given, and what comes back from walls."""
from __future__ import annotations

import numpy as np
import pytest

import pdeconv as pde
from pdeconv import catalog
from pdeconv.reflection import is_mirror, is_reflection
from pdeconv.stepper import Stepper

FLOW = catalog.advection().at(a_x=1)
GAS = catalog.euler().at(gamma="7/5")
GAS2 = catalog.euler(ndim=2).at(gamma="7/5")
WATER = catalog.shallow_water().at(g=1)
LINE = pde.Grid(x=(0, 1, 20))


def field(system, shape, seed=0):
    u = np.random.default_rng(seed).random((system.size, *shape)) / 4
    u[0] += 1
    u[-1] += 2
    return u


# Values ------------------------------------------------------------------------------------------------------
def test_values_depend_on_position_and_time():
    """u(x, y, t) = sin(x − t) + y solves u_t + u_x = 0; the low side of x is inflow, y is outflow both ways."""
    system = catalog.advection(ndim=2).at(a_x=1, a_y=1)
    errors = []
    for n in (20, 40):
        grid = pde.Grid(x=(0, 2, n), y=(-1, 1, n // 2))
        given = pde.dirichlet(u=lambda x, y, t: np.sin(x - t) + y - t)
        found = pde.solve(system, "muscl", grid, lambda x, y: [np.sin(x) + y], 1, courant="1/5",
                          boundary={"x": (given, "outflow"), "y": (given, "outflow")})
        x, y = grid.centres("x"), grid.centres("y")
        errors.append(np.abs(found["u"] - np.sin(x - 1) - y + 1)[n // 4:, :n // 2].max())  # far from the outflow
    assert errors[1] < errors[0] / 3 < 1e-2


def agree(kernel, sides, grid, backend, u, times):
    """Steps of a back end are those of NumPy."""
    expected, step = (Stepper(kernel, sides, grid.spacing, b) for b in ("numpy", backend))
    for t in times:
        given = u
        if backend == "torch":
            import torch
            given = torch.from_numpy(u)
        found, u = np.asarray(step(given, 0.01, t)), expected(u, 0.01, t)
        assert np.abs(found - u).max() <= 1e-13


@pytest.mark.parametrize("backend", ["torch", "numba"])
def test_back_ends_agree_on_every_condition(backend):
    pytest.importorskip(backend)
    sides = {"x": (pde.dirichlet(rho=1.2, v_x=lambda y: 0.4 + y / 9, v_y=lambda t: 0.1 + t), "outflow"),
             "y": ("wall", pde.dirichlet(p=lambda x, t: 3 + x * t))}
    grid = pde.Grid(x=(0, 1, 6), y=(0, 2, 5))
    agree(pde.lower(GAS2.scheme("muscl")), pde.boundary(GAS2, sides, grid), grid, backend, field(GAS2, (5, 6)), [0.5])


@pytest.mark.parametrize("backend", ["torch", pytest.param("numba", marks=pytest.mark.slow)])
def test_back_ends_agree_where_four_cells_are_read_beyond_a_side(backend):
    pytest.importorskip(backend)
    system, grid = catalog.wave().at(c=1), pde.Grid(x=(0, 1, 12))
    kernel = pde.lower(system.scheme("weno7", courant="1/2", beyond_limit=True))
    assert kernel.reach == 4
    for name in ("periodic", "wall", "outflow"):
        agree(kernel, pde.boundary(system, name, grid), grid, backend, field(system, (12,)), [0, 0.01, 0.02])


def test_primitive_values_are_put_beyond_the_side():
    made = pde.boundary(GAS, {"x": (pde.dirichlet(v_x=3, p=2), "outflow")})
    padded = made.pad(np.array([[1.0, 1], [0, 1], [5, 6]]), 2)
    assert padded[:, 0].tolist() == [1, 3, 2 / 0.4 + 4.5] and padded[:, -1].tolist() == [1, 1, 6]


def test_filling_in_place_is_padding_in_three_dimensions():
    system, grid = catalog.wave(ndim=3).at(c=1), pde.Grid(x=(0, 1, 5), y=(0, 2, 6), z=(0, 3, 7))
    low = pde.dirichlet(p=lambda x, y, z, t: x + 2 * y + 3 * z + t)
    sides = {"x": ("wall", "outflow"), "y": "periodic", "z": (low, "wall")}
    made, u = pde.boundary(system, sides, grid), field(system, (7, 6, 5))
    for width in (1, 4):
        padded = np.full((4, *(n + 2 * width for n in (7, 6, 5))), np.nan)
        inner = (slice(None), *[slice(width, -width)] * 3)
        padded[inner] = u
        made.fill(padded, width, 0.5)
        assert np.isfinite(padded).all() and np.array_equal(padded, made.pad(u, width, 0.5))
        below = padded[0, width - 1, width:-width, width:-width]
        x, y = grid.centres("x")[0], grid.centres("y")[0]
        assert np.allclose(below, x + 2 * y - 3 * grid.spacing[2] / 2 + 0.5, atol=1e-14)


def test_few_cells_are_repeated_but_not_mirrored():
    assert pde.boundary(FLOW).pad(np.array([[1.0, 2]]), 5)[0].tolist() == [2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1]
    assert pde.boundary(catalog.burgers(), "outflow").pad(np.array([[7.0]]), 3)[0].tolist() == [7] * 7
    with pytest.raises(pde.NotASide, match=r"1 cells along x are fewer than the 4 that the scheme reads beyond a wall"):
        pde.boundary(WATER, "wall").pad(np.ones((2, 1)), 4)


# Counts ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("state, sides", [
    ({"rho": 1, "v_x": 0.5, "p": 1}, (pde.dirichlet(rho=1, v_x=0.5), pde.dirichlet(p=1))),        # subsonic
    ({"rho": 1, "v_x": 3, "p": 1}, (pde.dirichlet(rho=1, v_x=3, p=1), "outflow")),                # supersonic
    ({"rho": 1, "v_x": 0.5, "p": 1}, (pde.dirichlet(rho=1, m_x=0.5), "outflow"))])
def test_a_uniform_flow_stays(state, sides):
    found = pde.solve(GAS, "rusanov", LINE, state, 0.5, courant="1/2", boundary={"x": sides})
    expected = pde.solve(GAS, "rusanov", LINE, state, 0, courant="1/2")
    assert np.abs(found.u - expected.u).max() <= 1e-14


@pytest.mark.parametrize("state, sides, message", [
    ({"rho": 1, "v_x": 0.5, "p": 1}, (pde.dirichlet(rho=1), "outflow"),
     r"2 characteristics enter through the low side of x, at rho = 1, m_x = 0.5, .* speeds along x are -0.6832, 0.5, "
     r"1.683, and 1 condition is given. Give 2"),
    ({"rho": 1, "v_x": 3, "p": 1}, (pde.dirichlet(rho=1, v_x=3), "outflow"), "^3 characteristics enter"),
    ({"rho": 1, "v_x": 3, "p": 1}, ("outflow", "outflow"), "is an outflow, and all 3 characteristics enter there"),
    ({"rho": 1, "v_x": 3, "p": 1}, (pde.dirichlet(rho=1, v_x=3, p=1), pde.dirichlet(p=1)), r"^0 .* Give 0: 'outflow'")])
def test_a_number_of_conditions_that_is_wrong_is_refused(state, sides, message):
    with pytest.raises(pde.NotWellPosed, match=message):
        pde.solve(GAS, "rusanov", LINE, state, 0.5, courant="1/2", boundary={"x": sides})


def test_the_state_at_the_side_is_that_of_the_condition():
    """A jet of Mach 2.5 into gas at rest: three characteristics enter."""
    jet = pde.dirichlet(rho=1, v_x=3, p=1)
    still = {"rho": 1, "v_x": 0, "p": 1}
    found = pde.solve(GAS, "rusanov", LINE, still, 0.2, courant="1/2", boundary={"x": (jet, "outflow")})
    assert found["m_x"][0] > 2


def test_values_that_do_not_determine_what_enters_are_refused():
    """The transverse velocity is carried by the flow, and here sound enters alone."""
    grid = pde.Grid(x=(0, 1, 4), y=(0, 1, 4))
    state = {"rho": 1, "v_x": -0.5, "v_y": 0, "p": 1}
    sides = {"x": (pde.dirichlet(v_y=0), pde.dirichlet(rho=1, v_x=-0.5, v_y=0)), "y": "periodic"}
    with pytest.raises(pde.NotWellPosed, match=r"v_y on the low side of x do not determine the waves that enter there"):
        pde.solve(GAS2, "rusanov", grid, state, 0.1, courant="2/5", boundary=sides)


@pytest.mark.parametrize("given, message", [
    ({"x": (pde.dirichlet(q=1), "outflow")}, "q is no unknown of .* They are rho, m_x, E, v_x, p"),
    ({"x": (pde.dirichlet(E=1, p=1), "outflow")}, "partly unknowns and partly primitive"),
    ({"x": (pde.dirichlet(p=lambda r: r), "outflow")}, r"is a function of r. Name its arguments among t, x"),
    ("conductor", "has no conductors"), ("free-surface", "has no free surfaces"), ("open", "is no boundary condition"),
    ({"x": ("wall",)}, "1 conditions are given along x"), ({"y": "wall"}, "conditions are given along y"),
    (pde.Wall(odd=("rho",)), "is no reflection of")])
def test_conditions_that_do_not_exist_are_refused(given, message):
    with pytest.raises(pde.NotASide, match=message):
        pde.boundary(GAS, given)


def test_no_values_and_no_grid_are_refused():
    with pytest.raises(pde.NotASide, match="gives no values, and that is an outflow"):
        pde.dirichlet()
    with pytest.raises(pde.NotASide, match="there is no grid to read coordinates from"):
        pde.boundary(FLOW, {"x": (pde.dirichlet(u=lambda x: x), "outflow")}).pad(np.ones((1, 3)), 1)


def test_values_that_are_none_are_refused():
    for value in ("one", float("nan"), None):
        with pytest.raises(pde.NotASide, match=r"is no value. Give a finite number, or a function"):
            pde.dirichlet(u=value)
    with pytest.raises(pde.NotASide, match=r"the value of u has the shape \(3,\), and the cells beyond the side"):
        pde.solve(FLOW, "upwind", LINE, [0], 1, boundary={"x": (pde.dirichlet(u=lambda t: np.ones(3)), "outflow")})
    with pytest.raises(pde.NotAdmissible, match=r"the state at the low side of x has h = -1"):
        pde.solve(WATER, "rusanov", LINE, [1, 0], 1, boundary={"x": (pde.dirichlet(h=-1), "outflow")})


# Walls -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("kind, ndim", [("tm", 2), ("te", 2), ("3d", 3)])
def test_conductors_keep_the_energy_in_and_reflect_the_field(kind, ndim):
    system = catalog.maxwell(kind)
    made = pde.boundary(system, "conductor")
    for axis, (low, _) in zip(system.axes, made.sides):
        odd = low.signs(system, axis)
        assert is_reflection(system, axis, odd) and f"E_{axis}" not in odd
    grid = pde.Grid(**dict.fromkeys(system.axes, (0, 1, 6)))
    u = np.random.default_rng(0).random((system.size, *grid.shape))
    found = pde.solve(system, "rusanov", grid, u, 0.5, courant=f"1/{ndim}", boundary="conductor")
    assert 0 < (found.u ** 2).sum() < (u ** 2).sum()
    with pytest.raises(pde.NotASide, match=r"has two kinds of walls across x, .* Use 'conductor'"):
        pde.boundary(system, "wall")


def test_free_surfaces_reflect_the_stress_with_the_other_sign():
    system = catalog.elasticity().at(la=1, mu=1, rho=1)
    assert is_mirror(system, "y", ["s_yy", "s_xy"]) and not is_reflection(system, "y", ["s_yy", "s_xy"])
    speed, grid = np.sqrt(3), pde.Grid(x=(0, 1, 200), y=(0, 1, 1))

    def pulse(x, y):
        p = np.exp(-200 * (x - 0.5) ** 2)
        return {"s_xx": -speed * p, "s_yy": -p / speed, "s_xy": 0, "v_x": p, "v_y": 0}
    found = pde.solve(system, "muscl", grid, pulse, 1 / speed, courant="1/4",
                      boundary={"x": ("outflow", "free-surface"), "y": "periodic"})
    assert found["s_xx"].max() > 0.8 * speed and found["v_x"].max() > 0.8 and found["s_xx"].min() > -0.1


def test_a_wall_is_a_symmetric_flow():
    """Half of a symmetric flow with a wall in the middle is the half of the whole, to the bit."""
    def pool(x):
        return {"h": 1 + np.exp(-20 * (np.abs(x) - 0.5) ** 2), "m_x": 0}
    whole = pde.solve(WATER, "muscl", pde.Grid(x=(-1, 1, 40)), pool, 0.7, courant="9/20", boundary="wall")
    half = pde.solve(WATER, "muscl", pde.Grid(x=(0, 1, 20)), pool, 0.7, courant="9/20", boundary="wall")
    assert np.abs(whole["h"][20:] - half["h"]).max() <= 1e-13
    assert np.abs(whole["h"] - whole["h"][::-1]).max() <= 1e-13
    assert abs(half.total[0] - pde.Grid(x=(0, 1, 20)).spacing[0] * pool(LINE.centres("x"))["h"].sum()) <= 1e-13


def test_staggered_schemes_have_no_outflow():
    args = (catalog.maxwell("tm"), "yee", pde.Grid(x=(0, 1, 4), y=(0, 1, 4)), [0, 0, 0], 1)
    assert not pde.solve(*args, courant="1/2").u.any()
    with pytest.raises(pde.NotASide, match=r"for which Outflow\(\) along x is not defined"):
        pde.solve(*args, courant="1/2", boundary="outflow")
