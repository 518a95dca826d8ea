"""The largest questions answered, with certificate, within a minute: permutations, signs on a grid, a number field."""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator

import paired


def ours(kind: str, n: int) -> paired.Result:
    """One question of the kind, of size n, from a fresh process."""
    import reptheory as rt

    start = time.perf_counter()
    if kind == "permutation":
        V = rt.S(n).natural
        H = rt.Hom(V**3, V**3)
    elif kind == "regular":
        G = rt.octahedral(full=True)
        H = rt.Hom(G.regular, G.regular, on=rt.grid(n, ndim=3))
    elif kind == "signed":
        V = rt.octahedral(full=True).vector
        H = rt.Hom(V**3, V**3, on=rt.grid(n, ndim=3))
    elif kind == "icosahedral":
        V = rt.icosahedral().vector
        H = rt.Hom(V ** (n // 2), V ** (n - n // 2))
    else:
        W = rt.A(6).irrep(((3, 2, 1), "+"))
        H = rt.Hom(W ** (n // 2), W ** (n - n // 2))
    dim = H.dim
    derived = time.perf_counter()
    H.certificate  # noqa: B018 (proved here)
    return {
        "unknowns": H.unknowns,
        "dim": dim,
        "derive": derived - start,
        "certify": time.perf_counter() - derived,
        "peak": paired.peak_megabytes(),
    }


# the kind and size; the larger sizes need some gigabytes of memory
CASES: dict[str, tuple[str, int]] = {
    "S(10): T³ → T³": ("permutation", 10),
    "S(16): T³ → T³": ("permutation", 16),
    "S(24): T³ → T³": ("permutation", 24),
    "octahedral(full): regular → regular, 7×7×7": ("regular", 7),
    "octahedral(full): regular → regular, 41×41×41": ("regular", 41),
    "octahedral(full): vector³ → vector³, 7×7×7": ("signed", 7),
    "octahedral(full): vector³ → vector³, 55×55×55": ("signed", 55),
    "icosahedral: vector³ → vector³, Q(√5)": ("icosahedral", 6),
    "icosahedral: vector³ → vector⁴, Q(√5)": ("icosahedral", 7),
    "icosahedral: vector⁴ → vector⁴, Q(√5)": ("icosahedral", 8),
    "A(6): W² → W³, dim W = 8, Q(√5)": ("alternating", 5),
}


def rows(asked: argparse.Namespace) -> Iterator[list[str]]:
    for name, (kind, n) in CASES.items():
        if asked.only not in name:
            continue
        case = {"kind": kind, "n": n}
        answer = paired.compare(__file__, ("ours",), case, asked.repeats, threads=asked.threads)["ours"]
        if answer is not None:
            yield [
                name, f"{answer['unknowns']:,.0f}".replace(",", " "), paired.number(answer, "dim"),
                paired.seconds(answer["derive"]), paired.seconds(answer["certify"]), paired.number(answer, "peak"),
            ]


def parent(asked: argparse.Namespace) -> None:
    head = ("question", "unknowns", "dim", "derived", "certified", "peak MB")
    paired.table("The largest solve in a minute", head, rows(asked))


if __name__ == "__main__":
    paired.main(__file__, {"ours": ours}, parent)
