"""Steps of linear systems as one convolution: the numbers of the programs, chosen for many unknowns."""

import pytest

import pdeconv as pde
from pdeconv import System, catalog
from pdeconv.convolution import MANY, Convolution
from pdeconv.tensor_kernel import TensorKernel

torch = pytest.importorskip("torch")

PLANE = catalog.acoustics(ndim=2).at(K=2, rho=3)
LINEAR = [(PLANE, name) for name in ("upwind", "rusanov", "lax-friedrichs", "lax-wendroff", "maccormack")] + [
    (catalog.wave().at(c="3/2"), "upwind3"), (catalog.acoustics(ndim=3).at(K=1, rho=1), "upwind"),
    (catalog.elasticity().at(la=1, mu=2, rho=1), "rusanov")]


def many(count: int) -> System:
    """Waves along x and y between the halves of the unknowns, each with its own speed."""
    half = count // 2
    rows = [[[0] * count for _ in range(count)] for _ in "xy"]
    for axis, shift in enumerate((0, 1)):
        for i in range(half):
            j = half + (i + shift) % half
            rows[axis][i][j] = rows[axis][j][i] = 1 + i % 3
    return System(x=rows[0], y=rows[1], state=[f"u_{k}" for k in range(count)])


@pytest.mark.parametrize(("system", "name"), LINEAR, ids=lambda value: value if isinstance(value, str) else "")
def test_it_computes_what_the_programs_do(system: System, name: str):
    kernel = pde.lower(system.scheme(name))
    made = Convolution.of(kernel)
    assert made is not None
    u = torch.randn(system.size, *[4 + 2 * kernel.reach] * system.ndim, dtype=torch.float64)
    base, ratios = torch.randn(system.size, *[4] * system.ndim, dtype=torch.float64), [0.3, 0.3, 0.3][:system.ndim]
    for start, weight in ((None, 1.0), (base, 0.25)):
        expected = TensorKernel.of(kernel)(u, start, weight, ratios, 0.1)
        torch.testing.assert_close(made(u, start, weight, ratios, 0.1), expected, rtol=1e-13, atol=1e-13)
    if not kernel.needs_ratio:
        ratios = [0.3, 0.2, 0.1][:system.ndim]
        torch.testing.assert_close(made(u, base, 0.5, ratios, 0.1), TensorKernel.of(kernel)(u, base, 0.5, ratios, 0.1),
                                   rtol=1e-13, atol=1e-13)


@pytest.mark.parametrize(("system", "name"), [
    (catalog.burgers(), "rusanov"), (catalog.wave().at(c=1), "muscl"), (catalog.wave().at(c=1), "wave-propagation"),
    (catalog.wave().at(c=1), "yee")])
def test_what_is_not_linear_has_none(system: System, name: str):
    assert Convolution.of(pde.lower(system.scheme(name))) is None


def test_it_is_differentiable_in_the_field_and_the_ratios():
    made = Convolution.of(pde.lower(PLANE.scheme("lax-wendroff")))
    u = torch.randn(3, 5, 5, dtype=torch.float64, requires_grad=True)
    r = torch.tensor(0.2, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda u, r: made(u, None, 1.0, [r, r], 0.1), (u, r))


@pytest.mark.parametrize("sides", ["periodic", "outflow"])
def test_many_unknowns_take_it_in_single_precision(sides: str):
    system = many(MANY)
    kernel = pde.lower(system.scheme("rusanov", time="ssp-rk2"))
    array, step = (pde.Stepper(kernel, pde.boundary(system, sides), (0.1, 0.2), name) for name in ("numpy", "torch"))

    class Module(torch.nn.Module):
        def forward(self, u: torch.Tensor) -> torch.Tensor:
            return step(u, 0.01)
    u = torch.randn(MANY, 6, 7, dtype=torch.float64)
    expected = torch.from_numpy(array(u.numpy(), 0.01))
    torch.testing.assert_close(step(u, 0.01), expected, rtol=1e-13, atol=1e-13)
    torch.testing.assert_close(step(u.float(), 0.01), expected.float(), rtol=1e-5, atol=1e-5)
    counts = []
    for dtype in (torch.float32, torch.float64):
        graph = torch.export.export(Module(), (u.to(dtype),))
        counts.append(sum("conv2d" in str(node.target) for node in graph.graph.nodes))
        torch.testing.assert_close(graph.module()(u.to(dtype)), step(u.to(dtype), 0.01), rtol=0, atol=0)
    assert counts == [2, 0]


def test_few_unknowns_do_not():
    step = pde.Stepper(pde.lower(PLANE.scheme("upwind")), pde.boundary(PLANE), (1.0, 1.0), "torch")
    assert step._tensors.convolution is None
