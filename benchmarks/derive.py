"""Deriving a complete basis with its certificate, from cold: time and memory against targets."""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator

import paired


def ours(group: str, n: int, fields: int, grid: list[int]) -> paired.Result:
    """Hom(V, V, on=X) for V = fields regular representations; grid = [side, dimension], or [] for a point."""
    start = time.perf_counter()
    import reptheory as rt

    imported = time.perf_counter()
    G = getattr(rt, group)(n) if n else getattr(rt, group)()
    V = fields * G.regular
    H = rt.Hom(V, V, on=rt.grid(grid[0], grid[1])) if grid else V >> V
    certificate = H.certificate
    derived = time.perf_counter()
    certificate.verify()
    verified = time.perf_counter()
    plan = rt.lower(H)
    lowered = time.perf_counter()
    return {
        "import": imported - start,
        "derive": derived - imported,
        "verify": verified - derived,
        "lower": lowered - verified,
        "dim": H.dim,
        "weights": plan.size,
        "peak": paired.peak_megabytes(),
    }


def escnn(group: str, n: int, fields: int, grid: list[int]) -> paired.Result:
    """The same question after an installation: a layer without its initialisation."""
    paired.forget_escnn_cache()
    start = time.perf_counter()
    from escnn import group as groups
    from escnn import gspaces
    from escnn.nn import FieldType, Linear, R2Conv, R3Conv

    imported = time.perf_counter()
    if grid[1:] == [2]:
        space, layer, size = gspaces.flipRot2dOnR2(n), R2Conv, (grid[0],)
    elif grid[1:] == [3]:
        space, layer, size = gspaces.octaOnR3(), R3Conv, (grid[0],)
    else:
        makers = {
            "D": lambda: groups.dihedral_group(n),
            "octahedral": groups.octa_group,
            "icosahedral": groups.ico_group,
        }
        space, layer, size = gspaces.no_base_space(makers[group]()), Linear, ()
    V = FieldType(space, fields * [space.regular_repr])
    weights = layer(V, V, *size, bias=False, initialize=False).weights.numel()
    return {
        "import": imported - start,
        "derive": time.perf_counter() - imported,
        "dim": weights,
        "peak": paired.peak_megabytes(),
    }


# group, n, multiplicity of the regular representation, grid; then the seconds and megabytes to reach
CASES: dict[str, tuple[str, int, int, list[int], float | None, float | None]] = {
    "D(4), 5×5": ("D", 4, 1, [5, 2], 0.02, None),
    "D(4), 7×7": ("D", 4, 1, [7, 2], 0.3, None),
    "D(4), 15×15": ("D", 4, 1, [15, 2], 1, None),
    "64 D(4), 5×5": ("D", 4, 64, [5, 2], 1, 500),
    "octahedral, 5×5×5": ("octahedral", 0, 1, [5, 3], None, None),
    "D(8), a point": ("D", 8, 1, [], None, None),
    "D(16), a point": ("D", 16, 1, [], 0.01, None),
    "octahedral, a point": ("octahedral", 0, 1, [], None, None),
    "icosahedral, a point": ("icosahedral", 0, 1, [], None, None),
}


def rows(asked: argparse.Namespace) -> Iterator[list[str]]:
    for name, (group, n, fields, grid, limit, megabytes) in CASES.items():
        if asked.only not in name:
            continue
        case = {"group": group, "n": n, "fields": fields, "grid": grid}
        answers = paired.compare(__file__, ("ours", "escnn"), case, asked.repeats, threads=asked.threads)
        mine, theirs = answers["ours"], answers["escnn"]
        target = paired.seconds(limit) + (f", {megabytes} MB" if megabytes else "")
        yield [
            name, target, paired.number(mine, "dim"), paired.number(theirs, "dim"),
            *paired.ratio(theirs, mine, "derive"),
            paired.seconds(mine["verify"]), paired.seconds(mine["lower"]),
            paired.number(mine, "peak"), paired.number(theirs, "peak"),
        ]


def parent(asked: argparse.Namespace) -> None:
    """The dimensions differ on grids: escnn's kernels are band-limited samples, ours are all there are."""
    head = (
        "regular → regular", "target", "dim", "escnn", "derived and certified", "escnn", "ratio",
        "verified again", "lowered", "peak MB", "escnn",
    )
    paired.table("Derivations from cold", head, rows(asked))


if __name__ == "__main__":
    paired.main(__file__, {"ours": ours, "escnn": escnn}, parent)
