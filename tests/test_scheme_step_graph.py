"""Scheme steps as graphs: exported and compiled, they take the steps that data ask for."""
from __future__ import annotations

import copy
import io

import pytest
import torch
from torch.export import Dim

import nn
from pdeconv import catalog

CASES = {
    "advection": (catalog.advection(), "upwind", {"a_x": -0.75}, torch.float64),
    "water": (catalog.shallow_water(ndim=1), "muscl", {"g": 9.5}, torch.float32),
    "waves in the plane": (catalog.wave(ndim=2), "rusanov", {"c": 1.5}, torch.float64),
    "light": (catalog.maxwell("tm"), "yee", {}, torch.float64),
    "Burgers": (catalog.burgers(), "weno5", {}, torch.float64),
}


def made(name: str, boundary: str = "periodic") -> nn.SchemeStep:
    system, scheme, learn, dtype = CASES[name]
    return nn.SchemeStep(system.scheme(scheme, courant="2/5"), 0.05, (0.1,) * system.ndim, learn, dtype=dtype,
                         boundary=boundary)


def fields(name: str, count: int = 2, size: int = 8) -> torch.Tensor:
    system, _, _, dtype = CASES[name]
    draw = torch.Generator().manual_seed(0)
    u = 0.1 * torch.rand(count, system.size, *[size] * system.ndim, generator=draw, dtype=dtype)
    u[:, 0] += 1
    return u


def near(one: torch.Tensor, two: torch.Tensor) -> bool:
    return bool(torch.allclose(one, two, rtol=0, atol=64 * torch.finfo(one.dtype).eps))


@pytest.mark.parametrize("name", [
    "advection", "light",
    *(pytest.param(name, marks=pytest.mark.slow) for name in ("waves in the plane", "water", "Burgers"))])
def test_exported_it_is_the_layer_at_any_batch_and_speed(name):
    layer, u = made(name), fields(name)
    exported = torch.export.export(layer, (u,), dynamic_shapes=({0: Dim.AUTO},))
    file = io.BytesIO()
    torch.export.save(exported, file)
    file.seek(0)
    graph = torch.export.load(file).module()
    for given in (u, fields(name, 5), torch.cat([u, 4 * u])):  # water four times as deep takes more steps
        assert near(graph(given), layer(given)) and not near(layer(given), given)
    other = copy.deepcopy(layer)
    for p in other.parameters():
        p.data *= 1.5
        graph.load_state_dict(other.state_dict())
        assert near(graph(u), other(u)) and not near(other(u), layer(u))


@pytest.mark.slow
def test_exported_strictly_it_takes_any_number_of_cells():
    layer, u = copy.deepcopy(made("water", "wall")), fields("water")
    graph = torch.export.export(layer, (u,), dynamic_shapes=({0: Dim.AUTO, 2: Dim.AUTO},), strict=True).module()
    wide = fields("water", 3, 14)
    assert near(graph(wide), layer(wide))


@pytest.mark.parametrize("name, count", [
    ("advection", 2), pytest.param("water", 1, marks=pytest.mark.slow)])
def test_compiled_whole_it_has_the_same_derivatives(name, count):
    layer, u = made(name).double(), fields(name, count).double()
    compiled = torch.compile(copy.deepcopy(layer), fullgraph=True, backend="aot_eager")
    found = []
    for f in (layer, compiled):
        x = u.clone().requires_grad_()
        y = f(x)
        found.append((y, *torch.autograd.grad(y.square().sum(), (x, *f.parameters()))))
    for one, two in zip(*found):
        assert torch.allclose(one, two, rtol=1e-12, atol=1e-15) and bool(two.any())


def test_in_a_model_under_autocast_it_keeps_its_precision():
    model, u = torch.nn.Sequential(torch.nn.Softplus(), made("advection").float()), fields("advection").float()
    graph, y = torch.export.export(model, (u,)).module(), model(u)
    with torch.autocast("cpu", torch.bfloat16):
        for f in (graph, model):
            assert near(f(u), y) and y.dtype == torch.float32


def test_a_graph_refuses_what_is_too_fast():
    layer, u = made("advection"), fields("advection")
    graph = torch.export.export(layer, (u,)).module()
    for value in (1e30, float("nan")):
        graph.load_state_dict({"coefficients.a_x": torch.tensor(value, dtype=torch.float64)})
        with pytest.raises(RuntimeError, match="the speeds are too large, or not finite: begin nearer to the truth"):
            graph(u)
