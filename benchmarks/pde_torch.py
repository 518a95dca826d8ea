"""First-order Rusanov steps on tensors of 512² cells: ours over the best hand-written form, eager and compiled.

By hand are a form that rolls periodic fields and one that takes slices of a padded one. The time is the least that the
processor spent on a call, of calls in turn, on one thread; the fields must agree.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

import paired
import rusanov

R, CELLS = rusanov.RATIO, 512
FORMS = ("ours", "roll", "slices")


def flux(system: str, u: list[Any], axis: int) -> tuple[list[Any], Any]:
    import torch

    if system == "acoustics":
        return ([u[1], u[0], None] if axis == 0 else [u[2], None, u[0]]), None
    v = u[1 + axis] / u[0]
    if system == "shallow water":
        pressure, sound = 0.5 * u[0] * u[0], torch.sqrt(u[0])
    else:
        pressure = 0.4 * (u[3] - 0.5 * (u[1] * u[1] + u[2] * u[2]) / u[0])
        sound = torch.sqrt(1.4 * pressure / u[0])
    f = [u[1 + axis], u[1] * v, u[2] * v]
    f[1 + axis] = f[1 + axis] + pressure
    if system == "Euler":
        f.append((u[3] + pressure) * v)
    return f, v.abs() + sound


def through(f: list[Any], s: Any, u: list[Any], first: Callable, second: Callable) -> list[Any]:
    """The flux between two views of the fields."""
    import torch

    half = 0.5 if s is None else 0.5 * torch.maximum(first(s), second(s))
    return [-half * (second(a) - first(a)) if x is None else
            0.5 * (first(x) + second(x)) - half * (second(a) - first(a)) for x, a in zip(f, u)]


def roll(system: str, u: Any) -> Any:
    import torch

    fields = list(u)
    new = list(fields)
    for axis, (dim, shift) in enumerate([(-1, -1), (-2, 1)]):
        f, s = flux(system, fields, axis)
        faces = through(f, s, fields, lambda a: a, lambda a, d=dim, k=shift: torch.roll(a, k, d))
        new = [a - R * (h - torch.roll(h, -shift, dim)) for a, h in zip(new, faces)]
    return torch.stack(new)


def slices(system: str, u: Any) -> Any:
    import torch

    new = list(u)
    wide = torch.cat([u[..., -1:], u, u[..., :1]], -1)
    wide = torch.cat([wide[:, -1:], wide, wide[:, :1]], 1)
    x, y = list(wide[:, 1:-1]), list(wide[:, :, 1:-1])
    f, s = flux(system, x, 0)
    faces = through(f, s, x, lambda a: a[:, :-1], lambda a: a[:, 1:])
    new = [a - R * (h[:, 1:] - h[:, :-1]) for a, h in zip(new, faces)]
    f, s = flux(system, y, 1)
    faces = through(f, s, y, lambda a: a[1:], lambda a: a[:-1])
    return torch.stack([a - R * (h[:-1] - h[1:]) for a, h in zip(new, faces)])


def forms(system: str) -> dict[str, Callable]:
    import pdeconv as pde
    from pdeconv import catalog

    made = {"acoustics": lambda: catalog.acoustics(ndim=2).at(K=1, rho=1),
            "shallow water": lambda: catalog.shallow_water(ndim=2).at(g=1),
            "Euler": lambda: catalog.euler(ndim=2).at(gamma="7/5")}[system]()
    step = pde.Stepper(pde.lower(made.scheme("rusanov")), pde.boundary(made), (1.0, 1.0), "torch")
    return {"ours": lambda u: step(u, R), "roll": lambda u: roll(system, u), "slices": lambda u: slices(system, u)}


def measured(system: str, dtype: str, compiled: bool) -> paired.Result:
    import torch

    torch.set_num_threads(1)
    u = torch.from_numpy(rusanov.start(system, CELLS, dtype))
    calls = forms(system)
    with torch.no_grad():
        expected = calls["roll"](u)
        if compiled:
            calls = {name: torch.compile(call, fullgraph=True) for name, call in calls.items()}
        for name, call in calls.items():
            if not torch.allclose(call(u), expected, rtol=0, atol=1e-12 if dtype == "float64" else 1e-5):
                raise ValueError(f"{name} computes another field")
        taken: dict[str, list[float]] = {name: [] for name in calls}
        for _ in range(40 if compiled else 10):
            for name, call in calls.items():
                start = time.process_time()
                call(u)
                taken[name].append(time.process_time() - start)
    return {name: min(times) for name, times in taken.items()}


def rows(only: str) -> Iterator[list[str]]:
    for system, dtype, compiled in product(rusanov.SYSTEMS, ("float64", "float32"), (False, True)):
        if only not in system:
            continue
        found = paired.once(__file__, "ours", {"system": system, "dtype": dtype, "compiled": compiled},
                            **paired.ALLOCATOR)
        best = min(found["roll"], found["slices"])
        yield [system, dtype, "compiled" if compiled else "eager", *(paired.seconds(found[name]) for name in FORMS),
               f"{found['ours'] / best:.2f}"]


def report(asked: argparse.Namespace) -> None:
    head = ["system", "", "", "ours", "rolls by hand", "slices by hand", "ours over the best"]
    paired.table("A step on tensors", head, rows(asked.only))


if __name__ == "__main__":
    paired.main(__file__, {"ours": measured}, report)
