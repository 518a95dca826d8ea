"""Bases of steerable kernels and layers ready to train: ours (complete, exact) against escnn, from cold."""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator

import paired


def ours(group: str, fields: int, size: int, layer: bool) -> paired.Result:
    """A layer with its initial weights, or the certified basis as a float64 array."""
    start = time.perf_counter()
    import reptheory as rt

    if layer:
        import nn
    imported = time.perf_counter()
    G = rt.C(4) if group == "C4" else rt.D(4)
    V = fields * G.regular
    if layer:
        weights = sum(w.numel() for w in nn.EquivariantConv2d(V, V, size, bias=False).parameters())
    else:
        H = rt.Hom(V, V, on=rt.grid(size))
        H.certificate.verify()
        weights = len(H.basis.to_numpy("float64"))
    return {"import": imported - start, "build": time.perf_counter() - imported, "dim": weights}


def escnn(group: str, fields: int, size: int, layer: bool) -> paired.Result:
    """The first run after an installation."""
    paired.forget_escnn_cache()
    return escnn_again(group, fields, size, layer)


def escnn_again(group: str, fields: int, size: int, layer: bool) -> paired.Result:
    """R2Conv with its He initialisation, or without it: then what remains is the sampled basis."""
    start = time.perf_counter()
    from escnn import gspaces
    from escnn.nn import FieldType, R2Conv

    imported = time.perf_counter()
    space = gspaces.rot2dOnR2(4) if group == "C4" else gspaces.flipRot2dOnR2(4)
    V = FieldType(space, fields * [space.regular_repr])
    weights = R2Conv(V, V, size, bias=False, initialize=layer).weights.numel()
    return {"import": imported - start, "build": time.perf_counter() - imported, "dim": weights}


CASES = {
    **{
        f"{group} regular → regular, {size}×{size}: basis": (group, 1, size, False)
        for group in ("C4", "D4")
        for size in (3, 5, 7)
    },
    "C4, 8 → 8 fields, 5×5: layer": ("C4", 8, 5, True),
    "D4, 1 → 1 field, 5×5: layer": ("D4", 1, 5, True),
    "D4, 8 → 8 fields, 5×5: layer": ("D4", 8, 5, True),
    "D4, 16 → 16 fields, 7×7: layer": ("D4", 16, 7, True),
}


def rows(asked: argparse.Namespace) -> Iterator[list[str]]:
    for name, values in CASES.items():
        if asked.only not in name:
            continue
        case = dict(zip(("group", "fields", "size", "layer"), values, strict=True))
        mine, first, again = paired.with_cache(__file__, case, asked)
        yield [
            name, paired.number(mine, "dim"), paired.number(first, "dim"),
            *paired.ratio(first, mine, "build"), *paired.ratio(again, mine, "build")[1:],
            *paired.ratio(first, mine, "import", "build"),
        ]


def parent(asked: argparse.Namespace) -> None:
    head = (
        "question", "weights", "escnn", "ours", "escnn, first run", "ratio", "escnn, its disk cache filled",
        "ratio", "ours with import", "escnn with import", "ratio",
    )
    paired.table("Kernel bases and layers from cold: ours and escnn", head, rows(asked))


if __name__ == "__main__":
    paired.main(__file__, {"ours": ours, "escnn": escnn, "escnn_again": escnn_again}, parent)
