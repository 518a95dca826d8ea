"""Steps of schemes on tensors: NumPy's numbers, gradients, whole graphs, exports."""

from functools import cache

import numpy as np
import pytest
import sympy

import pdeconv as pde
from pdeconv import catalog
from pdeconv.lower import NotLowered
from pdeconv.neighbours import Slices
from pdeconv.operations import torch_operations
from pdeconv.program import program
from pdeconv.straight import straight

torch = pytest.importorskip("torch")

SYSTEMS = {
    "acoustics": catalog.acoustics(ndim=2).at(K=2, rho=3),
    "shallow water": catalog.shallow_water(ndim=2).at(g=1),
    "Euler": catalog.euler(ndim=2).at(gamma="7/5"),
}


def field(system: pde.System, *cells: int) -> np.ndarray:
    u = np.random.default_rng(0).random((system.size, *cells)) / 4
    u[0] += 1
    u[-1] += 2
    return u


@cache
def kernel(name: str, scheme: str) -> pde.Kernel:
    return pde.lower(SYSTEMS[name].scheme(scheme))


def both(name: str, scheme: str, sides: str | dict) -> tuple[pde.Stepper, pde.Stepper]:
    boundary = pde.boundary(SYSTEMS[name], sides)
    return tuple(pde.Stepper(kernel(name, scheme), boundary, (0.1, 0.2), backend) for backend in ("numpy", "torch"))


@pytest.mark.parametrize(("name", "scheme", "sides"), [
    ("acoustics", "weno3", "wall"), ("acoustics", "upwind", "periodic"), ("shallow water", "rusanov", "wall"),
    ("shallow water", "muscl", "outflow"), ("Euler", "rusanov", "outflow")])
def test_tensors_step_to_the_field_of_numpy(name: str, scheme: str, sides: str | dict):
    array, tensor = both(name, scheme, sides)
    u = field(SYSTEMS[name], 7, 9)
    after = tensor(torch.from_numpy(u), 0.01).numpy()
    np.testing.assert_allclose(after, array(u, 0.01), rtol=1e-13, atol=1e-13)
    single = tensor(torch.from_numpy(u).float(), 0.01)
    assert single.dtype == torch.float32
    np.testing.assert_allclose(single.numpy(), after, rtol=1e-5, atol=1e-5)


def test_the_step_is_differentiable_in_the_field_and_in_its_length():
    _, step = both("shallow water", "muscl", "wall")
    u = torch.from_numpy(field(SYSTEMS["shallow water"], 5, 5)).requires_grad_()
    length = torch.tensor(0.01, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(step, (u, length), fast_mode=True)


def test_a_step_is_one_graph_for_steps_of_any_length():
    _, step = both("shallow water", "rusanov", {"x": "wall", "y": "periodic"})
    u = torch.from_numpy(field(SYSTEMS["shallow water"], 6, 6))
    compiled = torch.compile(step, fullgraph=True, backend="eager")
    for length in (0.01, 0.02):
        torch.testing.assert_close(compiled(u, length), step(u, length), rtol=1e-14, atol=1e-14)
    length = torch.tensor(0.01, dtype=torch.float64)
    torch.testing.assert_close(compiled(u, length), step(u, 0.01), rtol=1e-14, atol=1e-14)


def test_a_step_is_exported():
    _, step = both("Euler", "rusanov", "periodic")

    class Module(torch.nn.Module):
        def forward(self, u: torch.Tensor) -> torch.Tensor:
            return step(u, 0.01)
    u = torch.from_numpy(field(SYSTEMS["Euler"], 6, 6))
    made = torch.export.export(Module(), (u,)).module()
    torch.testing.assert_close(made(u), step(u, 0.01), rtol=0, atol=0)


def test_no_constant_is_bound_to_a_device():
    """On the device "meta" every tensor of the step must be made from the field's own."""
    inflow = {"x": (pde.dirichlet(rho=1, m_x=1, m_y=0, E=3), "outflow"), "y": "wall"}
    for sides in ("periodic", inflow):
        _, step = both("Euler", "rusanov", sides)
        after = step(torch.empty(4, 6, 6, device="meta"), 0.01)
        assert after.device.type == "meta" and after.dtype == torch.float32


def test_numbers_are_folded_and_products_joined_to_sums():
    x, y, z = sympy.symbols("x y z")
    made = straight(program([x / 2 + y / 3, x - y * z, sympy.sqrt(7) * x, sympy.S(3)], {x: "x", y: "y", z: "z"}))
    names = [line[1] for lines, _ in made.parts for line in lines]
    assert names.count("axpy") == 1 and names.count("fms") == 1 and "sqrt" not in names
    a, b, c = torch.tensor([1.0, 2.0]), torch.tensor([3.0, 5.0]), torch.tensor([2.0, -1.0])
    found = list(made(torch_operations(), {"x": a, "y": b, "z": c}))
    torch.testing.assert_close(torch.stack(found[:3]), torch.stack([a / 2 + b / 3, a - b * c, 7 ** 0.5 * a]))
    assert found[3] == 3.0


@pytest.mark.parametrize(("name", "scheme", "sides"), [
    ("acoustics", "upwind", "periodic"), ("shallow water", "rusanov", {"x": "wall", "y": "periodic"}),
    ("Euler", "lax-friedrichs", "periodic"), ("acoustics", "lax-wendroff", "periodic")])
def test_rolled_rows_give_the_bits_of_slices(monkeypatch, name: str, scheme: str, sides: str | dict):
    """What compilers get where rows come in turn, also of fewer rows than the scheme reads."""
    step = pde.Stepper(kernel(name, scheme), pde.boundary(SYSTEMS[name], sides), (0.1, 0.1), "torch")
    for rows in (1, 6):
        u = torch.from_numpy(field(SYSTEMS[name], rows, 9))
        assert_same_bits(monkeypatch, step, u)


def test_rolled_layers_give_the_bits_of_slices(monkeypatch):
    system = catalog.euler(ndim=3).at(gamma="7/5")
    step = pde.Stepper(pde.lower(system.scheme("rusanov")), pde.boundary(system), (0.1, 0.2, 0.3), "torch")
    assert_same_bits(monkeypatch, step, torch.from_numpy(field(system, 3, 4, 5)))


def assert_same_bits(monkeypatch, step: pde.Stepper, u: torch.Tensor) -> None:
    slices = step(u, 0.01)
    with monkeypatch.context() as patch:
        patch.setattr(torch.compiler, "is_compiling", lambda: True)
        patch.setattr(Slices, "sides", None)  # they must not be used
        assert torch.equal(step(u, 0.01), slices)


def test_two_sided_faces_and_staggered_halves_run_on_tensors():
    """Over a bottom, faces give another amount to each side; in Yee's scheme halves of the step come in turn."""
    lake, sound = catalog.shallow_water(ndim=2, bottom=True).at(g=1), catalog.acoustics(ndim=2).at(K=2, rho=3)
    cases = [(lake, lake.scheme("hydrostatic", flux=flux, time="ssp-rk2"), sides)
             for flux in ("rusanov", "hll") for sides in ("wall", "periodic")]
    for system, scheme, sides in [*cases, (sound, sound.scheme("yee"), "periodic")]:
        u = field(system, 6, 7)
        u[0, 2:4] *= system is sound  # dry rows
        array, tensor = (pde.Stepper(pde.lower(scheme), pde.boundary(system, sides), (0.1, 0.2), name)
                         for name in ("numpy", "torch"))
        expected = torch.from_numpy(array(u, 0.01))
        torch.testing.assert_close(tensor(torch.from_numpy(u), 0.01), expected, rtol=1e-13, atol=1e-13)
        torch.testing.assert_close(tensor(torch.from_numpy(u).float(), 0.01), expected.float(), rtol=1e-5, atol=1e-5)
        wet = torch.from_numpy(field(system, 6, 7)).requires_grad_()  # √h has no derivative at 0
        assert torch.autograd.gradcheck(lambda v, step=tensor: step(v, 0.01), wet, fast_mode=True)


@pytest.mark.parametrize("backend", ["numpy", "numba", "torch"])
def test_steppers_refuse_parameters_to_learn(backend: str):
    pytest.importorskip("numba")
    system = catalog.shallow_water()
    made = pde.lower(system.scheme("rusanov"), learn=["g"])
    with pytest.raises(NotLowered, match=r"keeps g to learn.*system\.at\(g=…\).*SchemeStep"):
        pde.Stepper(made, pde.boundary(system), (0.1,), backend)(field(system, 5), 0.01)


def test_steps_are_functions_for_torch_func():
    _, step = both("shallow water", "muscl", "wall")
    u = torch.from_numpy(np.stack([field(SYSTEMS["shallow water"], 4, 5) * k for k in (1, 2)]))
    expected = torch.stack([step(v, 0.01) for v in u])
    torch.testing.assert_close(torch.func.vmap(lambda v: step(v, 0.01))(u), expected, rtol=1e-14, atol=1e-14)
    v = u[0].clone().requires_grad_()
    slope, = torch.autograd.grad(step(v, 0.01).square().sum(), v)
    torch.testing.assert_close(torch.func.grad(lambda w: step(w, 0.01).square().sum())(u[0]), slope)
    lengths = torch.tensor([0.01, 0.02], dtype=torch.float64)
    several = torch.func.vmap(lambda length: step(u[0], length))(lengths)
    torch.testing.assert_close(several[1], step(u[0], 0.02), rtol=1e-14, atol=1e-14)
