"""The octahedral and icosahedral groups with all their irreps, from cold: ours (exact) against escnn."""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator

import paired


def ours(group: str) -> paired.Result:
    """The group and its exact real irreps, with matrices for every generator."""
    start = time.perf_counter()
    import reptheory as rt

    imported = time.perf_counter()
    G = getattr(rt, group)()
    irreps = G.irreps()
    built = time.perf_counter()
    for v in irreps:
        rt.check.homomorphism_check(G, v.actions)
    return {
        "import": imported - start, "build": built - imported, "check": time.perf_counter() - built,
        "order": G.order, "irreps": len(irreps), "squares": sum(v.dim**2 for v in irreps),
    }


def escnn(group: str) -> paired.Result:
    """The first run after an installation."""
    paired.forget_escnn_cache()
    return escnn_again(group)


def escnn_again(group: str) -> paired.Result:
    """The group, which comes with its irreps as floats."""
    start = time.perf_counter()
    from escnn import group as groups

    imported = time.perf_counter()
    G = {"octahedral": groups.octa_group, "icosahedral": groups.ico_group}[group]()
    irreps = G.irreps()
    return {
        "import": imported - start, "build": time.perf_counter() - imported, "order": G.order(),
        "irreps": len(irreps), "squares": sum(v.size**2 for v in irreps),
    }


def rows(asked: argparse.Namespace) -> Iterator[list[str]]:
    for group in ("octahedral", "icosahedral"):
        if asked.only not in group:
            continue
        mine, first, again = paired.with_cache(__file__, {"group": group}, asked)
        if mine is not None and first is not None:
            assert all(mine[key] == first[key] for key in ("order", "irreps", "squares")), group
        yield [
            group, paired.number(mine, "irreps"), *paired.ratio(first, mine, "build"),
            *paired.ratio(again, mine, "build")[1:], paired.seconds(mine and mine["check"]),
            *paired.ratio(first, mine, "import", "build"),
        ]


def parent(asked: argparse.Namespace) -> None:
    head = (
        "group", "irreps", "ours", "escnn, first run", "ratio", "escnn, its disk cache filled", "ratio",
        "relations checked", "ours with import", "escnn with import", "ratio",
    )
    paired.table("Groups with their irreps from cold: ours and escnn", head, rows(asked))


if __name__ == "__main__":
    paired.main(__file__, {"ours": ours, "escnn": escnn, "escnn_again": escnn_again}, parent)
