"""All convolution kernels from scalars to vectors on a 5×5 grid, for the symmetries of the square, as text and SVG."""
from pathlib import Path

import reptheory as rt
from reptheory.picture import kernel_svg

G = rt.D(4)
H = rt.Hom(G.trivial, G.vector, on=rt.grid(5))
print(H, H.certificate, H.blocks, sep="\n")
for d in range(H.dim):
    print(f"\nκ{d}: the x and y components")
    x, y = (H.basis[d].entries[..., i, 0] for i in (0, 1))
    for left, right in zip(x, y):
        print("  ".join("".join(f"{v:>3}" for v in row) for row in (left, right)))

picture = Path("out/kernels.svg")
picture.parent.mkdir(exist_ok=True)
picture.write_text(kernel_svg(H), encoding="utf-8")
print(f"\nWritten: {picture}")
