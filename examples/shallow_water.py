"""A dam breaks: shallow water on refined grids beside the exact solution, a convergence table, and moving pictures."""
from pathlib import Path

import numpy as np

import pdeconv as pde
from pdeconv import catalog

SYSTEM, TIME = catalog.shallow_water().at(g=1), 0.5
SCHEMES = {"rusanov": SYSTEM.scheme("rusanov", courant="9/10"), "muscl": SYSTEM.scheme("muscl", courant="9/20")}
EXACT = pde.riemann(SYSTEM, {"h": 1, "m_x": 0}, {"h": "1/2", "m_x": 0})


def depth(x: np.ndarray) -> np.ndarray:
    """The exact depth: a function of x/t, constant between the fan and the shock."""
    return np.array([EXACT(xi)[0] for xi in x / TIME])


def dam(x: np.ndarray) -> dict:
    return {"h": np.where(x < 0, 1.0, 0.5), "m_x": 0}


print(f"The dam breaks: {EXACT}\n")
print(f"{'cells':>6}" + "".join(f"{name + ' L1':>16}{'order':>7}" for name in SCHEMES))
found, last = {}, dict.fromkeys(SCHEMES)
for n in (50, 100, 200, 400):
    grid, row = pde.Grid(x=(-1, 1, n)), f"{n:6}"
    for name, scheme in SCHEMES.items():
        found[name] = pde.solve(SYSTEM, scheme, grid, dam, TIME, boundary="outflow")
        error = np.abs(found[name]["h"] - depth(grid.centres("x"))).sum() * grid.spacing[0]
        row += f"{error:16.3e}" + (f"{np.log2(last[name] / error):7.2f}" if last[name] else " " * 7)
        last[name] = error
    print(row)

lake = pde.solve(SYSTEM, SCHEMES["rusanov"], pde.Grid(x=(0, 1, 50)), {"h": 1, "m_x": 0}, 1, boundary="wall")
print(f"\nA lake at rest moves by {np.abs(lake['m_x']).max()} and its depth by {np.abs(lake['h'] - 1).max()}.")

try:
    import matplotlib
except ImportError:
    raise SystemExit("For the picture install intertwiner[demo].") from None
matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402

grid = pde.Grid(x=(-1, 1, 50))
figure, axes = plt.subplots(figsize=(8, 4), layout="constrained")
x = np.linspace(-1, 1, 1001)
axes.plot(x, depth(x), color="0.2", linewidth=1, label="exact")
for (name, scheme), marker in zip(SCHEMES.items(), "ox"):
    h = pde.solve(SYSTEM, scheme, grid, dam, TIME, boundary="outflow")["h"]
    axes.plot(grid.centres("x"), h, marker, markersize=4, linestyle="none", label=f"{name}, 50 cells")
axes.set(xlabel="x", ylabel="depth h", title=f"A dam break at time {TIME}")
axes.legend(frameon=False)
path = Path("out/shallow_water.png")
path.parent.mkdir(exist_ok=True)
figure.savefig(path, dpi=120)
run = pde.solve(SYSTEM, SCHEMES["muscl"], pde.Grid(x=(-1, 1, 200)), dam, 2, boundary="wall", every=0.05)
moving = run.series.animate(path.with_suffix(".gif"), labels={"h": "depth h", "m_x": "discharge $m_x$"})
print(f"Written: {path}, and between walls: {moving}")
