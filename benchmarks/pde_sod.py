"""Seconds to Sod's shock tube at equal error: MUSCL with HLLC and our waves against PyClaw's limited Lax–Wendroff.

PyClaw runs its second-order wave propagation with the MC limiter and Roe's solver (Fortran), Courant number 9/10. Ours
gets as many cells as it needs for an L1 error of the density no larger. Both take adaptive steps; time is that of the
processor from the initial field to t = 1/5, compilation apart.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from typing import Any

import paired

END, ROUNDS = 0.2, 7
SCHEMES = {
    "MUSCL-HLLC, MC": ("muscl", {"flux": "hllc", "limiter": "mc", "courant": "1/2"}),
    "MUSCL-HLLC, van Leer": ("muscl", {"flux": "hllc", "limiter": "van-leer", "courant": "1/2"}),
    "wave propagation, MC": ("wave-propagation", {"limiter": "mc", "courant": "9/10"}),
}


def density(x: Any) -> Any:
    """The exact density at t = 1/5 (Toro, Riemann Solvers, §4.3; γ = 7/5, membrane at 1/2)."""
    import numpy as np

    pressure, speed = 0.3031301780506468, 0.9274526200489499
    sound = 1.4**0.5
    xi = (x - 0.5) / END
    fan = (2 / 2.4 + 0.4 / 2.4 / sound * (0 - xi)) ** 5
    left, right = pressure ** (1 / 1.4), 0.26557371170531
    return np.select([xi < -sound, xi < speed - (1.4 * pressure / left) ** 0.5, xi < speed, xi < 1.7521557320301779],
                     [1 + 0 * xi, fan, left + 0 * xi, right + 0 * xi], 0.125)


def centres(cells: int) -> Any:
    import numpy as np

    return (np.arange(cells) + 0.5) / cells


def tube(x: Any) -> Any:
    import numpy as np

    return np.stack([np.where(x < 0.5, 1, 0.125), 0 * x, np.where(x < 0.5, 2.5, 0.25)])


def error(rho: Any) -> float:
    import numpy as np

    return float(np.abs(rho - density(centres(len(rho)))).mean())


def ours(scheme: str, cells: int, target: float) -> paired.Result:
    """With target > 0 the cells are sought: the fewest, by steps of 5 %, whose error is no larger."""
    import pdeconv as pde
    from pdeconv import catalog

    began = time.perf_counter()
    system = catalog.euler(ndim=1).at(gamma="7/5")
    name, options = SCHEMES[scheme]
    made = system.scheme(name, **options)
    kernel, sides, courant = pde.lower(made), pde.boundary(system, "outflow"), float(made.courant)

    def run(cells: int) -> Callable[[], Any]:
        stepper = pde.Stepper(kernel, sides, (1 / cells,), "numba")

        def solution() -> Any:
            u, t = tube(centres(cells)), 0.0
            speeds = kernel.max_speeds(u)
            while t < END:
                step = min(courant / cells / speeds[0], END - t)
                u, speeds = stepper.measured(u, step)
                t += step if t + step < END * (1 - 1e-14) else END
            return u.copy()

        return solution

    solution = run(cells)
    found = error(solution()[0])
    cold = time.perf_counter() - began
    while target and found > target:
        cells = -(-cells * 21 // 20)
        solution = run(cells)
        found = error(solution()[0])
    return {"seconds": least(solution), "error": found, "cells": cells, "cold": cold}


def pyclaw(cells: int) -> paired.Result:
    os.chdir(tempfile.gettempdir())  # it writes its log where it is
    from clawpack import pyclaw as claw
    from clawpack import riemann

    def prepared() -> tuple[Any, Any]:
        solver = claw.ClawSolver1D(riemann.euler_with_efix_1D)
        solver.order, solver.limiters = 2, claw.limiters.tvd.MC
        solver.cfl_desired, solver.cfl_max, solver.max_steps = 0.9, 1.0, 10**9
        solver.all_bcs = claw.BC.extrap
        domain = claw.Domain([0], [1], [cells])
        state = claw.State(domain, 3)
        state.problem_data.update(gamma=1.4, gamma1=0.4, efix=True)
        state.q[:] = tube(centres(cells))
        solution = claw.Solution(state, domain)
        solver.dt_initial = 0.4 / cells
        solver.setup(solution)
        solver.dt = solver.dt_initial
        return solver, solution

    taken = []
    for _ in range(ROUNDS):
        solver, solution = prepared()
        start = time.process_time()
        solver.evolve_to_time(solution, END)
        taken.append(time.process_time() - start)
    return {"seconds": min(taken), "error": error(solution.q[0]), "cells": cells}


def least(call: Callable[[], Any]) -> float:
    """The least processor time of some calls."""
    taken = []
    for _ in range(ROUNDS):
        start = time.process_time()
        call()
        taken.append(time.process_time() - start)
    return min(taken)


def rows(asked: argparse.Namespace) -> Iterator[list[str]]:
    for cells in (100, 400, 1600):
        base = paired.once(__file__, "pyclaw", {"cells": cells})
        target = base["error"] if base else 0.0
        for scheme in SCHEMES:
            if asked.only not in scheme:
                continue
            sought = paired.once(__file__, "ours", {"scheme": scheme, "cells": cells, "target": target})
            case = {"scheme": scheme, "cells": int(sought["cells"]), "target": 0.0}
            turns = [(paired.once(__file__, "ours", case), paired.once(__file__, "pyclaw", {"cells": cells}))
                     for _ in range(asked.repeats)]
            mine, theirs = (paired.medians(list(side)) for side in zip(*turns))
            yield [scheme, paired.number(mine, "cells"), paired.number(theirs, "cells"), f"{mine['error']:.2e}",
                   "–" if theirs is None else f"{theirs['error']:.2e}", *paired.ratio(theirs, mine, "seconds"),
                   paired.seconds(mine["cold"])]


def report(asked: argparse.Namespace) -> None:
    head = ["ours", "cells", "PyClaw's", "L1 error", "PyClaw's", "seconds", "PyClaw's", "over ours", "cold, once"]
    paired.table("Sod's tube to t = 1/5", head, rows(asked))


if __name__ == "__main__":
    paired.main(__file__, {"ours": ours, "pyclaw": pyclaw}, report)
