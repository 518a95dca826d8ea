"""Sound in wind, recovered from pictures: the matrices of a hyperbolic system as the weights of a stable scheme.

Pressure and velocity obey u_t + A_x u_x + A_y u_y = 0 with a speed of sound and a wind, both unknown. The layer sees
exact solutions at two times and learns two symmetric 3×3 matrices. No weights leave the Courant limit, so training
cannot blow up, and what is learnt is run thirty times as far on waves that it has not seen. The error that remains is
the dispersion of the scheme, of order Δx².
"""
import argparse
import sys
from pathlib import Path

import matplotlib
import torch
from tqdm import tqdm

import nn

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # after the backend is chosen

torch.set_default_dtype(torch.float64)
CELLS, STEPS, RATIO, SOUND, WIND = 96, 4, 0.25, 1.0, (0.3, -0.2)  # steps between pictures; Δt/Δx
AXES = torch.tensor([[[0, 1, 0], [1, 0, 0], [0, 0, 0]], [[0, 0, 1], [0, 0, 0], [1, 0, 0]]])
TRUTH = torch.stack([SOUND * a + w * torch.eye(3) for a, w in zip(AXES, WIND)])  # A_x and A_y
K = torch.fft.fftfreq(CELLS, 1 / CELLS)  # wave numbers on the square of side 2π


def waves(count: int) -> torch.Tensor:
    """Random fields (count, 3, rows, columns) of wave numbers up to 2."""
    noise = torch.fft.fft2(torch.randn(count, 3, CELLS, CELLS))
    return torch.fft.ifft2(CELLS / 5 * noise * ((K.abs()[:, None] <= 2) & (K.abs() <= 2))).real


def exact(u: torch.Tensor, steps: int) -> torch.Tensor:
    """The solution exp(−i t Σ k_j A_j) û after these steps, for fields of finitely many waves; y runs up the rows."""
    symbol = K[:, None, None] * TRUTH[0] - K[:, None, None, None] * TRUTH[1]
    moved = torch.linalg.matrix_exp(-2j * torch.pi * RATIO / CELLS * steps * symbol)
    return torch.fft.ifft2(torch.einsum("yxab,nbyx->nayx", moved, torch.fft.fft2(u))).real


def main(rounds: int, out: Path) -> None:
    """Learn, compare with the truth, run ahead, draw."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    before = waves(4)
    after = exact(before, STEPS)
    layer = nn.SchemeConv(3, 2, "lax-wendroff", steps=STEPS)
    optimiser = torch.optim.LBFGS(layer.parameters(), max_iter=5, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        optimiser.zero_grad()
        error = (layer(before) - after).square().mean() / (after - before).square().mean()
        error.backward()
        return error

    for _ in (bar := tqdm(range(rounds), desc="learning", disable=not sys.stderr.isatty())):
        bar.set_postfix(loss=f"{optimiser.step(loss).item():.1e}")
    learnt = layer.matrices().detach() / RATIO
    sound, wind = (learnt * AXES).sum() / AXES.sum(), learnt.diagonal(dim1=1, dim2=2).mean(1)
    print("A_x and A_y as learnt, side by side:", torch.cat(list(learnt), 1).numpy().round(3), sep="\n")
    for name, found, true in (("matrices", learnt, TRUTH), ("sound", sound, SOUND), ("wind", wind, WIND)):
        miss = (found - torch.as_tensor(true)).norm() / torch.as_tensor(true).norm()
        print(f"{name:8} relative error {100 * miss:.3f} %")
    start, layer.steps = waves(1), 30 * STEPS
    true, found = exact(start, layer.steps), layer(start).detach()
    print(f"{layer.steps} steps on, waves not seen: relative error {100 * (found - true).norm() / true.norm():.2f} %")
    figure, axes = plt.subplots(1, 4, figsize=(13, 3.4), layout="constrained")
    names = ("pressure at first", f"exact, {layer.steps} steps on", "learnt scheme", "100 times its error")
    most = start[0, 0].abs().max().item()
    for axis, u, name in zip(axes, (start, true, found, 100 * (found - true)), names):
        image = axis.imshow(u[0, 0].numpy(), cmap="RdBu_r", vmin=-most, vmax=most)
        axis.set(title=name, xticks=[], yticks=[])
    figure.colorbar(image, ax=axes, shrink=0.8)
    out.mkdir(parents=True, exist_ok=True)
    figure.savefig(out / "learn_pde.png", dpi=130)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--out", type=Path, default=Path("out"))
    main(**vars(parser.parse_args()))
