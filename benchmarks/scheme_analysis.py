"""What is derived of schemes: the exact limit of stability, order and modified equation, in seconds.

No other tool derives limits of stability of systems exactly. Beside ours stands what one does by hand: |g| in floats on
400 angles, by bisection, which gives a number without a proof, on one characteristic alone.
"""
from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import sympy

sys.path.insert(0, str(Path(__file__).parents[1]))

from pdeconv import catalog
from pdeconv.coefficients import NU

NAMES = ("ftcs", "upwind", "rusanov", "lax-friedrichs", "lax-wendroff", "maccormack", "beam-warming", "fromm",
         "quickest", "central2", "central4", "upwind3", "upwind5")
SEVERAL = ("upwind", "rusanov", "lax-wendroff", "central4", "upwind3")


def seconds(act: Callable[[], Any]) -> tuple[float, Any]:
    """The CPU time that one call takes, and its value."""
    start = time.process_time()
    value = act()
    return time.process_time() - start, value


def sampled(scheme: Any) -> float:
    """The limit of one characteristic by |g| on 400 angles and bisection in floats."""
    theta = np.linspace(0, np.pi, 400)
    taps = {k[0]: np.poly1d([float(c) for c in sympy.Poly(a.as_expr(), NU).all_coeffs()])
            for k, a in scheme.characteristic_of(True).terms.items()}
    low, high = 0., 4.
    for _ in range(40):
        middle = (low + high) / 2
        g = sum(p(middle) * np.exp(1j * k * theta) for k, p in taps.items())
        low, high = (middle, high) if np.abs(g).max() <= 1 + 1e-9 else (low, middle)
    return low


def main() -> None:
    """A row a scheme in one dimension, then the systems in several."""
    _ = catalog.advection().at(a_x=1).scheme("upwind").courant_max  # imports
    print("| scheme | limit | seconds | sampled in floats | seconds | order | and modified equation, seconds |")
    print("|---|---|---|---|---|---|---|")
    for name in NAMES:
        scheme = catalog.advection().at(a_x=1).scheme(name)
        took, limit = seconds(lambda scheme=scheme: scheme.courant_max)
        by_hand, number = seconds(lambda scheme=scheme: sampled(scheme))
        after, order = seconds(lambda scheme=scheme: (scheme.order, scheme.modified_equation(1))[0])
        shown = "none" if limit is None else f"{float(limit):.7g}"
        print(f"| {name} | {shown} | {took:.2f} | {number:.7g} | {by_hand:.3f} | {order} | {after:.2f} |")
    print("\n| system | scheme | limit | seconds |\n|---|---|---|---|")
    numbers = catalog.elasticity().at(la="1/2", mu="1/4", rho=1)
    for label, system in (("wave, 2-D", catalog.wave(ndim=2)), ("elasticity, c_s = c_p/2", numbers),
                          ("Maxwell, 3-D", catalog.maxwell())):
        for name in SEVERAL:
            took, limit = seconds(lambda system=system, name=name: system.scheme(name).courant_max)
            ends = [limit.lower, limit.upper] if hasattr(limit, "lower") else [limit]
            print(f"| {label} | {name} | {' … '.join(f'{float(x):.4f}' for x in ends)} | {took:.1f} |")


if __name__ == "__main__":
    main()
