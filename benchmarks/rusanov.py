"""The first-order Rusanov scheme of three systems in two dimensions by hand, for peers: SymPy and NumPy alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

State = Sequence[Any]
SYSTEMS = ("acoustics", "shallow water", "Euler")
SIZE = {"acoustics": 3, "shallow water": 3, "Euler": 4}
RATIO = 0.1  # Δt/Δx along both axes


def flux(system: str, u: State, axis: int) -> tuple[list[Any], Any]:
    """The flux along an axis and the largest speed, with K = ρ = g = 1 and γ = 7/5."""
    from sympy import Abs, Rational, S, sqrt

    if system == "acoustics":  # p, u, v
        return [u[1 + axis], u[0] if axis == 0 else 0, u[0] if axis == 1 else 0], S.One
    velocity = u[1 + axis] / u[0]
    if system == "shallow water":  # h, hu, hv
        pressure, speed = u[0] ** 2 / 2, sqrt(u[0])
    else:  # ρ, ρu, ρv, E
        pressure = Rational(2, 5) * (u[3] - (u[1] ** 2 + u[2] ** 2) / (2 * u[0]))
        speed = sqrt(Rational(7, 5) * pressure / u[0])
    f = [u[1 + axis], u[1] * velocity, u[2] * velocity]
    f[1 + axis] += pressure
    if system == "Euler":
        f.append((u[3] + pressure) * velocity)
    return f, Abs(velocity) + speed


def step(system: str, cell: Callable[[int, int], State]) -> list[Any]:
    """The new state of cell (0, 0) of rows and columns; y runs against the rows."""
    from sympy import Float, Max

    new = list(cell(0, 0))
    for axis, (di, dj) in enumerate([(0, 1), (-1, 0)]):
        for sign in (1, -1):
            here, there = cell(0, 0), cell(sign * di, sign * dj)
            (f, s), (g, t) = flux(system, here, axis), flux(system, there, axis)
            for k in range(len(new)):
                half = sign * (f[k] + g[k]) / 2 - Max(s, t) * (there[k] - here[k]) / 2
                new[k] -= Float(RATIO, 17) * half
    return new


def start(system: str, cells: int, dtype: str) -> Any:
    """The same random field for every side, (unknowns, y, x)."""
    import numpy as np

    u = np.random.default_rng(0).random((SIZE[system], cells, cells)) / 4
    u[0] += 1
    u[-1] += 2
    return u.astype(dtype)
