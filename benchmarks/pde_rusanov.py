"""First-order Rusanov steps on 512² periodic cells against Devito, pystencils (vectorised) and PyClaw's Godunov.

The peers get the formulas of `rusanov` by hand. Every side fills its periodic boundary in the time of the step. The
fields after ten steps must agree: to 1e-12 in float64, 1e-5 in float32, of the largest value. PyClaw solves another
scheme of the same order, first-order Godunov with Roe's solver, split by dimensions, in float64 only. All run on one
thread, and a step's time is the least that the processor spent on one, in rounds in which the sides take turns.
"""

from __future__ import annotations

import argparse
import math
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path

import paired
import rusanov

CELLS, CHECKED, BLOCK, BLOCKS = 512, 10, 50, 6
AGREES = {"float64": 1e-12, "float32": 1e-5}
SIDES = ("ours", "devito", "pystencils", "pyclaw")


def timed(began: float, ready: float, advance: Callable[[int], None], field: Callable, keep: str) -> paired.Result:
    """The seconds up to the import's end and from there to the tenth step, and the least of a step over blocks."""
    import numpy as np

    advance(CHECKED)
    cold = time.perf_counter() - ready
    np.save(keep, field())
    taken = []
    for _ in range(BLOCKS):
        start = time.process_time()
        advance(BLOCK)
        taken.append((time.process_time() - start) / BLOCK)
    return {"import": ready - began, "cold": cold, "step": min(taken)}


def ours(system: str, dtype: str, keep: str) -> paired.Result:
    began = time.perf_counter()
    import pdeconv as pde
    from pdeconv import catalog
    from pdeconv.march import Rule

    ready = time.perf_counter()
    made = {"acoustics": lambda: catalog.acoustics(ndim=2).at(K=1, rho=1),
            "shallow water": lambda: catalog.shallow_water(ndim=2).at(g=1),
            "Euler": lambda: catalog.euler(ndim=2).at(gamma="7/5")}[system]()
    stepper = pde.Stepper(pde.lower(made.scheme("rusanov")), pde.boundary(made), (1.0, 1.0), "numba")
    u = [rusanov.start(system, CELLS, dtype)]

    rule = Rule(math.inf, rusanov.RATIO, math.inf, math.inf)  # equal steps, without end

    def advance(steps: int) -> None:
        u[0] = stepper.march(u[0], 0.0, [1.0, 1.0], rule, steps).u

    return timed(began, ready, advance, lambda: u[0], keep)


def devito(system: str, dtype: str, keep: str) -> paired.Result:
    began = time.perf_counter()
    os.environ |= {"DEVITO_LOGGING": "ERROR", "DEVITO_LANGUAGE": "C", "DEVITO_ARCH": "gcc"}
    import numpy as np
    from devito import Eq, Grid, Operator, TimeFunction

    ready = time.perf_counter()
    start = rusanov.start(system, CELLS, dtype)
    n = CELLS
    grid = Grid(shape=(n + 2, n + 2), dtype=np.dtype(dtype).type)
    (i, j), t = grid.dimensions, grid.stepping_dim
    fields = [TimeFunction(name=f"u{k}", grid=grid, space_order=2, time_order=1) for k in range(len(start))]
    new = rusanov.step(system, lambda di, dj: [u[t, i + di, j + dj] for u in fields])
    steps = [Eq(u.forward, e, subdomain=grid.interior) for u, e in zip(fields, new)]
    for u in fields:
        steps += [Eq(u[t + 1, 0, j], u[t + 1, n, j]), Eq(u[t + 1, n + 1, j], u[t + 1, 1, j]),
                  Eq(u[t + 1, i, 0], u[t + 1, i, n]), Eq(u[t + 1, i, n + 1], u[t + 1, i, 1])]
    operator = Operator(steps)
    for u, a in zip(fields, start):
        u.data[0] = np.pad(a, 1, mode="wrap")

    def field() -> np.ndarray:
        return np.stack([np.asarray(u.data[0])[1:-1, 1:-1] for u in fields])

    return timed(began, ready, lambda steps: operator.apply(time_m=0, time_M=steps - 1), field, keep)


def pystencils(system: str, dtype: str, keep: str) -> paired.Result:
    began = time.perf_counter()
    import numpy as np
    import pystencils as ps

    ready = time.perf_counter()
    start = rusanov.start(system, CELLS, dtype)
    n = len(start)
    old, new = (ps.fields(f"{','.join(f'{a}{k}' for k in range(n))}: {dtype}[2D]") for a in "ab")
    updates = rusanov.step(system, lambda i, j: [f[i, j] for f in old])
    config = ps.CreateKernelConfig(default_dtype=dtype, ghost_layers=1, target=ps.Target.CurrentCPU)
    config.cpu.vectorize.enable = True
    config.cpu.vectorize.assume_inner_stride_one = True
    assignments = ps.AssignmentCollection([ps.Assignment(f.center, e) for f, e in zip(new, updates)])
    kernel = ps.create_kernel(ps.simp.sympy_cse(assignments), config).compile()
    arrays = [np.pad(start, ((0, 0), (1, 1), (1, 1)), mode="wrap") for _ in range(2)]

    def advance(steps: int) -> None:
        for _ in range(steps):
            a, b = arrays
            kernel(**{f"a{k}": x for k, x in enumerate(a)}, **{f"b{k}": x for k, x in enumerate(b)})
            b[:, 0], b[:, -1] = b[:, -2], b[:, 1]
            b[:, :, 0], b[:, :, -1] = b[:, :, -2], b[:, :, 1]
            arrays.reverse()

    return timed(began, ready, advance, lambda: arrays[0][:, 1:-1, 1:-1], keep)


def pyclaw(system: str, dtype: str, keep: str) -> paired.Result:
    began = time.perf_counter()
    os.chdir(Path(keep).parent)  # it writes its log where it is
    from clawpack import pyclaw as claw
    from clawpack import riemann

    ready = time.perf_counter()
    solver = claw.ClawSolver2D({"acoustics": riemann.acoustics_2D, "shallow water": riemann.shallow_roe_with_efix_2D,
                                "Euler": riemann.euler_4wave_2D}[system])
    solver.order, solver.dimensional_split, solver.dt_variable = 1, True, False
    solver.all_bcs = claw.BC.periodic
    solver.max_steps, solver.cfl_max, step = 10**9, 2, rusanov.RATIO / CELLS
    domain = claw.Domain([0, 0], [1, 1], [CELLS, CELLS])
    state = claw.State(domain, rusanov.SIZE[system])
    state.problem_data.update(rho=1.0, bulk=1.0, zz=1.0, cc=1.0, grav=1.0, gamma=1.4, gamma1=0.4, efix=True)
    state.q[:] = rusanov.start(system, CELLS, dtype).transpose(0, 2, 1)[:, :, ::-1]
    solution, solver.dt_initial = claw.Solution(state, domain), step
    solver.setup(solution)
    solver.dt = step
    return timed(began, ready, lambda n: solver.evolve_to_time(solution, solution.t + n * step),
                 lambda: state.q.transpose(0, 2, 1)[:, ::-1], keep)


def answers(system: str, dtype: str, repeats: int) -> dict[str, paired.Result | None]:
    """The least times of all sides, each with empty caches, after a check that they computed the same field."""
    import numpy as np

    with tempfile.TemporaryDirectory() as folder:
        found: dict[str, list[paired.Result | None]] = {side: [] for side in SIDES}
        for turn in range(repeats):
            for side in SIDES:
                home = Path(folder) / f"{side}{turn}"
                home.mkdir()
                case = {"system": system, "dtype": dtype, "keep": str(Path(folder) / f"{side}.npy")}
                run = side != "pyclaw" or dtype == "float64"
                found[side].append(paired.once(__file__, side, case, TMPDIR=str(home), HOME=str(home))
                                   if run else None)
        mine = np.load(Path(folder) / "ours.npy")
        for side in ("devito", "pystencils"):
            if found[side][0] is not None:
                off = np.abs(np.load(Path(folder) / f"{side}.npy") - mine).max() / np.abs(mine).max()
                if not off <= AGREES[dtype]:
                    sys.exit(f"{system} in {dtype}: the field of {side} is {off:.1e} from ours")
    return {side: least(results) for side, results in found.items()}


def least(results: list[paired.Result | None]) -> paired.Result | None:
    made = [result for result in results if result is not None]
    return {key: min(result[key] for result in made) for key in made[0]} if made else None


def rows(asked: argparse.Namespace) -> Iterator[list[str]]:
    for system, dtype in product(rusanov.SYSTEMS, AGREES):
        if asked.only in system:
            found = answers(system, dtype, asked.repeats)
            steps = [paired.ratio(found[peer], found["ours"], "step") for peer in SIDES[1:]]
            colds = [paired.ratio(found[side], found[side], "cold")[0] for side in SIDES]
            yield [system, dtype, steps[0][0], *(cell for step in steps for cell in step[1:]), ", ".join(colds)]


def report(asked: argparse.Namespace) -> None:
    head = [cell for peer in ("Devito", "pystencils", "PyClaw Godunov") for cell in (peer, "over ours")]
    paired.table("A step; and from imported to the tenth step, nothing cached, of all four",
                 ["system", "", "ours", *head, "cold"], rows(asked))


if __name__ == "__main__":
    paired.main(__file__, {side: globals()[side] for side in SIDES}, report)
