"""Seconds to Sod's shock tube at equal error: MUSCL with HLLC and our waves against PyClaw's limited Lax–Wendroff.

PyClaw runs its second-order wave propagation with the MC limiter and Roe's solver (Fortran), split by dimensions in the
plane, Courant number 9/10. Ours gets as many cells as it needs for an L1 error of the density no larger; in the plane,
where the box is a quarter high, along both axes, and is split as PyClaw's steps are where it does not say otherwise.
Both take adaptive steps; time is that of the processor from the initial field to t = 1/5, compilation apart.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from typing import Any

import paired

END = 0.2
SPLIT = {"splitting": "godunov"}
SCHEMES: dict[str, tuple[str, dict[str, str], float, tuple[dict[str, str] | None, ...]]] = {
    # name, options, Courant number, and further options in one and in two dimensions
    "MUSCL-HLLC, MC": ("muscl", {"flux": "hllc", "limiter": "mc"}, 0.7, ({}, SPLIT)),
    "MUSCL-HLLC, superbee": ("muscl", {"flux": "hllc", "limiter": "superbee"}, 0.7, ({}, SPLIT)),
    "MUSCL-HLLC, superbee, unsplit": ("muscl", {"flux": "hllc", "limiter": "superbee"}, 0.45, (None, {})),
    "MUSCL-HLLC, superbee on waves": ("muscl", {"flux": "hllc", "limiter": "superbee", "on": "characteristics"}, 0.7,
                                      ({}, SPLIT)),
    "one stage, MC": ("muscl-hancock", {"flux": "hllc", "limiter": "mc"}, 0.9, ({}, SPLIT)),
    "one stage, superbee": ("muscl-hancock", {"flux": "hllc", "limiter": "superbee"}, 0.9, ({}, SPLIT)),
    "wave propagation, MC": ("wave-propagation", {"limiter": "mc"}, 0.9, ({}, SPLIT)),
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


def tube(cells: int, ndim: int) -> Any:
    """The membrane across x, in a box of quarter the height in two dimensions."""
    import numpy as np

    x = centres(cells)
    rows = [np.where(x < 0.5, 1, 0.125), *[0 * x] * ndim, np.where(x < 0.5, 2.5, 0.25)]
    return np.stack([f if ndim == 1 else np.tile(f, (cells // 4, 1)) for f in rows])


def error(rho: Any) -> float:
    """The mean over all cells."""
    import numpy as np

    return float(np.abs(rho - density(centres(rho.shape[-1]))).mean())


def ours(scheme: str, ndim: int, cells: int, target: float) -> paired.Result:
    """With target > 0 the cells are sought: the fewest, by steps of 5 %, whose error is no larger."""
    import pdeconv as pde
    from pdeconv import catalog
    from pdeconv.march import Rule

    began = time.perf_counter()
    system = catalog.euler(ndim=ndim).at(gamma="7/5")
    name, options, courant, more = SCHEMES[scheme]
    kernel = pde.lower(system.scheme(name, **options, **(more[ndim - 1] or {})))
    sides = pde.boundary(system, dict(zip(system.axes, ("outflow", "periodic"))))
    rule = Rule(courant, END, END, END)

    def run(cells: int) -> Callable[[], Any]:
        stepper = pde.Stepper(kernel, sides, (1 / cells,) * ndim, "numba")

        def solution() -> Any:
            u = tube(cells, ndim)
            found = stepper.march(u, 0.0, kernel.max_speeds(u), rule, 10**9)
            assert found.time == END
            return found.u

        return solution

    solution = run(cells)
    found = error(solution()[0])
    cold = time.perf_counter() - began
    while target and found > target:
        cells = -(-cells * 21 // 20)
        solution = run(cells)
        found = error(solution()[0])
    return {"seconds": least(solution, ndim), "error": found, "cells": cells, "cold": cold}


def pyclaw(ndim: int, cells: int) -> paired.Result:
    os.chdir(tempfile.gettempdir())  # it writes its log where it is
    from clawpack import pyclaw as claw
    from clawpack import riemann

    def prepared() -> tuple[Any, Any]:
        kind, waves = {1: (claw.ClawSolver1D, riemann.euler_with_efix_1D),
                       2: (claw.ClawSolver2D, riemann.euler_4wave_2D)}[ndim]
        solver = kind(waves)
        solver.order, solver.limiters = 2, claw.limiters.tvd.MC
        if ndim == 2:
            solver.dimensional_split = True
        solver.cfl_desired, solver.cfl_max, solver.max_steps = 0.9, 1.0, 10**9
        solver.all_bcs = claw.BC.extrap
        domain = claw.Domain([0, 0][:ndim], [1, 0.25][:ndim], [cells, cells // 4][:ndim])
        state = claw.State(domain, 2 + ndim)
        state.problem_data.update(gamma=1.4, gamma1=0.4, efix=True)
        u = tube(cells, ndim)
        state.q[:] = u if ndim == 1 else u.transpose(0, 2, 1)
        solution = claw.Solution(state, domain)
        solver.dt_initial = 0.4 / cells
        solver.setup(solution)
        solver.dt = solver.dt_initial
        return solver, solution

    taken = []
    for _ in range(rounds(ndim)):
        solver, solution = prepared()
        start = time.process_time()
        solver.evolve_to_time(solution, END)
        taken.append(time.process_time() - start)
    rho = solution.q[0]
    return {"seconds": min(taken), "error": error(rho if ndim == 1 else rho.T), "cells": cells}


def rounds(ndim: int) -> int:
    return 7 if ndim == 1 else 3


def least(call: Callable[[], Any], ndim: int) -> float:
    """The least processor time of some calls."""
    taken = []
    for _ in range(rounds(ndim)):
        start = time.process_time()
        call()
        taken.append(time.process_time() - start)
    return min(taken)


def rows(asked: argparse.Namespace) -> Iterator[list[str]]:
    for ndim, cells in ((1, 100), (1, 400), (1, 1600), (2, 100), (2, 400)):
        base = paired.once(__file__, "pyclaw", {"ndim": ndim, "cells": cells})
        target = base["error"] if base else 0.0
        for scheme, (_, _, _, more) in SCHEMES.items():
            if asked.only not in scheme or more[ndim - 1] is None:
                continue
            sought = paired.once(__file__, "ours", {"scheme": scheme, "ndim": ndim, "cells": cells, "target": target})
            case = {"scheme": scheme, "ndim": ndim, "cells": int(sought["cells"]), "target": 0.0}
            theirs_case = {"ndim": ndim, "cells": cells}
            turns = [(paired.once(__file__, "ours", case), paired.once(__file__, "pyclaw", theirs_case))
                     for _ in range(asked.repeats)]
            mine, theirs = (paired.medians(list(side)) for side in zip(*turns))
            yield [scheme, f"{ndim}-D", paired.number(mine, "cells"), paired.number(theirs, "cells"),
                   f"{mine['error']:.2e}", "–" if theirs is None else f"{theirs['error']:.2e}",
                   *paired.ratio(theirs, mine, "seconds"), paired.seconds(mine["cold"])]


def report(asked: argparse.Namespace) -> None:
    head = ["ours", "", "cells", "PyClaw's", "L1 error", "PyClaw's", "seconds", "PyClaw's", "over ours", "cold, once"]
    paired.table("Sod's tube to t = 1/5", head, rows(asked))


if __name__ == "__main__":
    paired.main(__file__, {"ours": ours, "pyclaw": pyclaw}, report)
