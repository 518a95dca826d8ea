"""Lowering, boundaries and time stepping: back ends against each other and against exact solutions."""
from __future__ import annotations

from functools import cache

import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import formulas

import pdeconv as pde
from pdeconv import catalog
from pdeconv.operations import NUMPY
from pdeconv.program import NotLowered, program
from pdeconv.reflection import reflection
from pdeconv.stepper import Stepper

WATER = catalog.shallow_water(ndim=2).at(g=1)
GAS = catalog.euler(ndim=2).at(gamma="7/5")
SOUND = catalog.acoustics(ndim=2).at(K=1, rho=1)


@cache
def lowered(system, name):
    return pde.lower(system.scheme(name))


def state(system, shape=(9, 11), seed=0):
    """A positive field of the system."""
    u = np.random.default_rng(seed).random((system.size, *shape)) / 4
    u[0] += 1
    u[-1] += 2 if system is GAS else 0
    return u


# Programs ----------------------------------------------------------------------------------------------------
@settings(max_examples=40, deadline=None)
@given(formulas())
def test_a_program_computes_its_formula(text):
    e = sympy.sympify(text)
    x, y = sympy.symbols("x y")
    for at in ((0.3, -1.7), (2.5, 0.25)):
        (found,) = program([e], {x: "x", y: "y"})(NUMPY, {"x": np.float64(at[0]), "y": np.float64(at[1])})
        assert float(found) == pytest.approx(float(e.subs({x: at[0], y: at[1]})), rel=1e-12, abs=1e-12)


def test_what_no_back_end_has_is_refused():
    x = sympy.Symbol("x")
    with pytest.raises(NotLowered, match="gamma, which no back end computes"):
        program([sympy.gamma(x)], {x: "x"})
    with pytest.raises(NotLowered, match=r"has the parameters g, and programs run on numbers. Give them"):
        pde.lower(catalog.shallow_water().scheme("rusanov"))


def test_what_reads_one_cell_is_computed_once_a_cell():
    kernel = lowered(GAS, "rusanov")
    assert not any(s.op in ("sqrt", "pow") for face in kernel.faces for s in face.program.steps)
    assert kernel.cell.cost["sqrt"] <= 2 and kernel.reach == 1


# Back ends ---------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", ["rusanov", "lax-friedrichs", "lax-wendroff", "maccormack"])
@pytest.mark.parametrize("system", [WATER, GAS], ids=["water", "gas"])
@pytest.mark.parametrize("sides", ["periodic", "wall", {"x": "outflow", "y": ("wall", "outflow")}])
def test_back_ends_agree(system, name, sides):
    torch = pytest.importorskip("torch")
    kernel, u = lowered(system, name), state(system)
    made = [Stepper(kernel, pde.boundary(system, sides), (0.1, 0.1), backend) for backend in ("numpy", "torch")]
    assert np.abs(made[0](u, 0.01) - made[1](torch.from_numpy(u), 0.01).numpy()).max() <= 1e-15


@settings(max_examples=10, deadline=None)
@given(st.lists(st.lists(st.fractions(-1, 1, max_denominator=4), min_size=5, max_size=5), min_size=4, max_size=4),
       st.sampled_from(["euler", "ssp-rk2", "ssp-rk3", "rk4"]))
def test_back_ends_agree_on_random_systems_with_quadratic_fluxes(coefficients, time):
    torch = pytest.importorskip("torch")

    def flux(a, b):
        return [f"{r[0]}*u**2 + {r[1]}*u*v + {r[2]}*v**2 + {r[3]}*u + {r[4]}*v" for r in (a, b)]
    system = pde.System({"x": flux(*coefficients[:2]), "y": flux(*coefficients[2:])}, ["u", "v"], source=["v", "-u"])
    kernel = pde.lower(system.scheme("lax-friedrichs", time=time))
    u = state(system)
    numpy, tensors = (Stepper(kernel, pde.boundary(system), (0.1, 0.1), b) for b in ("numpy", "torch"))
    found = numpy(u, 0.003)
    assert np.abs(found - tensors(torch.from_numpy(u), 0.003).numpy()).max() <= 1e-14 * (1 + np.abs(found).max())


@pytest.mark.parametrize("system, name", [(WATER, "rusanov"), (GAS, "rusanov"), (WATER, "lax-wendroff")],
                         ids=["water", "gas", "water-lw"])
def test_fused_kernels_agree(system, name):
    pytest.importorskip("numba")
    kernel, u = lowered(system, name), state(system)
    made = [Stepper(kernel, pde.boundary(system, "wall"), (0.1, 0.1), backend) for backend in ("numpy", "numba")]
    assert np.abs(made[0](u, 0.01) - made[1](u, 0.01)).max() <= 4e-15


def test_a_linear_scheme_is_its_stencil():
    torch = pytest.importorskip("torch")
    scheme = SOUND.scheme("lax-wendroff", courant="1/2")
    u = state(SOUND)
    weights = torch.from_numpy(scheme.stencil.to_conv())
    padded = torch.from_numpy(np.pad(u, [(0, 0), (1, 1), (1, 1)], mode="wrap"))
    expected = torch.nn.functional.conv2d(padded[None], weights)[0].numpy()
    found = Stepper(pde.lower(scheme), pde.boundary(SOUND), (1.0, 1.0))(u, 0.5)
    assert np.abs(found - expected).max() <= 1e-14


def test_torch_steps_are_differentiable():
    torch = pytest.importorskip("torch")
    kernel = lowered(WATER, "rusanov")
    step = Stepper(kernel, pde.boundary(WATER, "wall"), (0.1, 0.1), "torch")
    u = torch.from_numpy(state(WATER, (4, 5))).requires_grad_()
    assert torch.autograd.gradcheck(lambda v: step(v, 0.01), (u,))


# Boundaries --------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("system, axis, odd", [
    (catalog.acoustics(ndim=2), "y", ("v_y",)), (catalog.euler(ndim=3), "z", ("m_z",)),
    (catalog.elasticity(), "x", ("s_xy", "v_x")), (catalog.p_system(), "x", ("w",))])
def test_walls_come_from_the_reflection_of_the_system(system, axis, odd):
    assert reflection(system, axis) == odd


@pytest.mark.parametrize("sides", ["periodic", "wall", "outflow"])
def test_filling_in_place_is_padding(sides):
    made, u = pde.boundary(WATER, sides), state(WATER)
    padded = np.full((3, 13, 15), np.nan)
    padded[:, 2:-2, 2:-2] = u
    made.fill(padded, 2)
    assert np.array_equal(padded, made.pad(u, 2))


def test_the_number_of_conditions_is_that_of_incoming_characteristics():
    flow, grid = catalog.advection().at(a_x=1), pde.Grid(x=(0, 1, 8))
    one = pde.dirichlet(u=1)
    assert pde.solve(flow, "upwind", grid, [0], 4, boundary={"x": (one, "outflow")}, courant=1).u.min() == 1
    with pytest.raises(pde.NotWellPosed, match=r"^0 characteristics enter through the high side of x, at u = "):
        pde.solve(flow, "upwind", grid, [0], 1, boundary=one, courant=1)
    with pytest.raises(pde.NotWellPosed, match="all 1 characteristics enter there"):
        pde.solve(flow, "upwind", grid, [0], 1, boundary="outflow", courant=1)
    with pytest.raises(pde.NotASide, match="has no wall across x"):
        pde.boundary(flow, "wall")
    with pytest.raises(pde.NotASide, match="one side of x is periodic and the other is not"):
        pde.boundary(flow, {"x": ("periodic", "outflow")})


# Solutions ---------------------------------------------------------------------------------------------------
def test_the_dam_break_has_the_exact_middle_state():
    """h* = 0.7269204461872864 for h = 1 | 1/2, g = 1 (Stoker 1957)."""
    system = catalog.shallow_water().at(g=1)
    errors = []
    for n in (100, 200, 400):
        found = pde.solve(system, "rusanov", pde.Grid(x=(-1, 1, n)),
                          lambda x: {"h": np.where(x < 0, 1, 0.5), "m_x": 0}, 0.5, boundary="outflow", courant="9/10")
        errors.append(abs(found["h"][n // 2 + n // 20] - 0.7269204461872864))
    assert errors[2] < errors[1] < errors[0] < 2e-3


@pytest.mark.parametrize("system", [WATER, GAS, SOUND], ids=["water", "gas", "sound"])
def test_what_is_conserved_stays(system):
    u = state(system, (16, 16))
    found = pde.solve(system, "rusanov", pde.Grid(x=(0, 1, 16), y=(0, 1, 16)), u, 0.2, courant="2/5")
    assert np.abs(found.total / u.mean((1, 2)) - 1).max() <= 1e-14


def test_a_lake_at_rest_stays_at_rest():
    grid = pde.Grid(x=(0, 1, 12), y=(0, 2, 24))
    found = pde.solve(WATER, "rusanov", grid, {"h": 2, "m_x": 0, "m_y": 0}, 1, boundary="wall", courant="2/5")
    assert not found["m_x"].any() and not found["m_y"].any() and (found["h"] == 2).all()


def test_what_does_not_fit_is_refused():
    flow, grid = catalog.advection().at(a_x=1), pde.Grid(x=(0, 1, 8))
    with pytest.raises(pde.Unstable):
        pde.solve(flow, "upwind", grid, [0], 1, courant="3/2")
    with pytest.raises(pde.BadGrid, match="2 fields are given, and one is needed for each of u"):
        pde.solve(flow, "upwind", grid, [0, 1], 1)
    with pytest.raises(pde.BadGrid, match="the grid has the axes x, and the system x, y"):
        pde.solve(WATER, "rusanov", grid, [1, 0, 0], 1, courant="2/5")
    with pytest.raises(ValueError, match="no Courant number is proved"):
        pde.solve(WATER, "muscl", pde.Grid(x=(0, 1, 8), y=(0, 1, 8)), [1, 0, 0], 1)
    with pytest.raises(pde.Unstable, match=r"above the limit 1/2 up to which 'rusanov' keeps h positive"):
        pde.solve(WATER, "rusanov", pde.Grid(x=(0, 1, 8), y=(0, 1, 8)), [1, 0, 0], 1, courant="3/4")
    with pytest.raises(pde.NotASide, match=r"the boundary is one of .*, not of .*. Make it with boundary"):
        pde.solve(WATER, "rusanov", pde.Grid(x=(0, 1, 8), y=(0, 1, 8)), [1, 0, 0], 1, boundary=pde.boundary(flow))
    with pytest.raises(pde.NoBackend, match="there is no back end 'fortran'"):
        pde.solve(flow, "upwind", grid, [0], 1, backend="fortran")
    with pytest.raises(pde.NotDefined, match=r"with the source of .* it would be of order 1. Use 'muscl'"):
        pde.solve(pde.System({"x": ["u"]}, ["u"], source=["-u"]), "lax-wendroff", grid, [1], 1, courant="1/2")
    with pytest.raises(ValueError, match="Take square cells"):
        pde.solve(WATER, "lax-friedrichs", pde.Grid(x=(0, 1, 8), y=(0, 2, 8)), [1, 0, 0], 1, courant="2/5")


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_tensors_are_first_fields_in_their_precision(dtype: str):
    torch = pytest.importorskip("torch")
    system, grid = catalog.shallow_water().at(g=1), pde.Grid(x=(0, 1, 8))
    u = 1 + np.random.default_rng(0).random((2, 8)).astype(dtype) / 4
    for backend in ("numpy", "torch"):
        expected = pde.solve(system, "rusanov", grid, u, 0.1, courant="1/2", backend=backend)
        found = pde.solve(system, "rusanov", grid, torch.from_numpy(u), 0.1, courant="1/2", backend=backend)
        assert found.u.dtype == dtype and np.array_equal(found.u, expected.u)
    with pytest.raises(pde.BadGrid, match=r"asks for gradients, and a run keeps none\. Give u0\.detach\(\).*Stepper"):
        pde.solve(system, "rusanov", grid, torch.from_numpy(u).requires_grad_(), 0.1, courant="1/2", backend="torch")


def test_a_courant_number_runs_where_no_limit_is_known():
    """Yee's limit for speeds that depend on the direction: C_x² + C_y² ≤ 1 is sufficient."""
    sound = pde.System({"x": ["v", "p", "0"], "y": ["w/4", "0", "p/4"]}, ["p", "v", "w"])
    grid, u = pde.Grid(x=(0, 1, 8), y=(0, 1, 8)), np.random.default_rng(0).random((3, 8, 8))
    with pytest.raises(pde.NotDefined, match="is not known then"):
        pde.solve(sound, "yee", grid, u, 1)
    assert np.abs(pde.solve(sound, sound.scheme("yee", courant="1/2"), grid, u, 9).u).max() < 4
