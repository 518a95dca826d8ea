"""Bases of permutation and monomial representations by orbits of index tuples: time against targets."""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from itertools import combinations

import paired


def ours(kind: str, n: int, k: int) -> paired.Result:
    """The question of this kind and size, after a small one that loads what is imported late."""
    import reptheory as rt

    small = rt.S(3).natural
    (small >> small).certificate  # noqa: B018
    if kind == "symmetric":
        V = rt.S(n).natural
        H = rt.Hom(V ** (k // 2), V ** (k - k // 2))
    elif kind == "octahedral":
        V = rt.octahedral().vector
        H = rt.Hom(V ** (k // 2), V ** (k - k // 2))
    elif kind == "grid":
        G = rt.octahedral(full=True)
        H = rt.Hom(G.regular, G.regular, on=rt.grid(n, ndim=3))
    else:
        M = rt.group(a="(0 1 2 3 4 5 6 7 8 9 10)", b="(2 6 10 7)(3 9 4 5)")
        sets = list(combinations(range(11), k))
        place = {s: i for i, s in enumerate(sets)}
        moved = {name: [place[tuple(sorted(g[i] for i in s))] for s in sets] for name, g in zip(M.names, M.images)}
        V = M.permutation(**moved)
        H = rt.Hom(V, V)
    start = time.perf_counter()
    dim = H.dim
    solved = time.perf_counter()
    H.certificate  # noqa: B018
    return {
        "solve": solved - start, "total": time.perf_counter() - start, "dim": dim, "unknowns": H.unknowns,
        "peak": paired.peak_megabytes(),
    }


# kind, n, k; then the seconds to reach, certificate included
CASES: dict[str, tuple[str, int, int, float | None]] = {
    "S(5): T³ → T³": ("symmetric", 5, 6, None),
    "S(8): T² → T²": ("symmetric", 8, 4, 0.05),
    "S(10): T³ → T³": ("symmetric", 10, 6, 0.5),
    "S(12): T³ → T³": ("symmetric", 12, 6, None),
    "octahedral: vector⁶ → vector⁶": ("octahedral", 0, 12, None),
    "octahedral(full): regular → regular, 7×7×7": ("grid", 7, 0, 1),
    "M11: 3-subsets": ("mathieu", 11, 3, None),
    "M11: 5-subsets": ("mathieu", 11, 5, None),
}


def rows(asked: argparse.Namespace) -> Iterator[list[str]]:
    for name, (kind, n, k, limit) in CASES.items():
        if asked.only in name:
            case = {"kind": kind, "n": n, "k": k}
            answer = paired.compare(__file__, ("ours",), case, asked.repeats, threads=asked.threads)["ours"]
            if answer is not None:
                yield [
                    name, f"{answer['unknowns']:,.0f}".replace(",", " "), paired.number(answer, "dim"),
                    paired.seconds(limit), paired.seconds(answer["solve"]), paired.seconds(answer["total"]),
                    paired.number(answer, "peak"),
                ]


def parent(asked: argparse.Namespace) -> None:
    head = ("question", "unknowns", "dim", "target", "solved", "with certificate", "peak MB")
    paired.table("Permutation and monomial representations", head, rows(asked))


if __name__ == "__main__":
    paired.main(__file__, {"ours": ours}, parent)
