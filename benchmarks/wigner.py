"""All 3j symbols and real coupling tables with l ≤ 8, and real Wigner matrices: ours beside sympy and float libraries.

Ours are exact and then correctly rounded; of the peers sympy alone is exact, the others are floating. Each in a fresh
process without its import, so that no cache is warm.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator

import paired

TOP = 8
TRIADS = [(a, b, c) for a in range(TOP + 1) for b in range(TOP + 1) for c in range(abs(a - b), min(TOP, a + b) + 1)]
SYMBOLS = [(a, b, c, m, n, -m - n) for a, b, c in TRIADS for m in range(-a, a + 1) for n in range(-b, b + 1)
           if abs(m + n) <= c]


def timed(call: Callable[[], list]) -> tuple[list, float]:
    start = time.perf_counter()
    found = call()
    return found, time.perf_counter() - start


def symbols(side: Callable) -> paired.Result:
    values, seconds = timed(lambda: [side(*six) for six in SYMBOLS])
    return {"symbols": seconds, "sum": sum(abs(float(v)) for v in values)}


def tables(build: Callable) -> paired.Result:
    found, seconds = timed(lambda: [build(*triad) for triad in TRIADS])
    return {"tables": seconds, "sum": sum(float((t**2).sum()) for t in found)}


def matrices(build: Callable, degree: int) -> paired.Result:
    import numpy as np

    angles = np.random.default_rng(0).uniform(-3, 3, (3, 1000))
    build(angles[:, :2])
    found, seconds = timed(lambda: build(angles))
    product = np.einsum("gij,gkj->gik", found, found, optimize=True)
    return {"matrices": seconds, "error": float(abs(product - np.eye(2 * degree + 1)).max())}


def ours(what: str, degree: int = 0) -> paired.Result:
    import reptheory as rt

    if what == "tables":
        return tables(lambda *triad: rt.clebsch_gordan(*triad).to_numpy())
    if what == "matrices":
        return matrices(lambda angles: rt.wigner_D_real(degree, *angles), degree)
    found, exact = timed(lambda: [rt.wigner_3j_table(*triad) for triad in TRIADS])
    arrays, rounding = timed(lambda: [t.to_numpy() for t in found])
    return {"exact": exact, "symbols": exact + rounding, "sum": sum(float(abs(t).sum()) for t in arrays)}


def e3nn(what: str, degree: int = 0) -> paired.Result:
    import torch
    from e3nn import o3

    torch.set_num_threads(1)
    if what == "matrices":
        return matrices(lambda angles: o3.wigner_D(degree, *torch.tensor(angles)).numpy(), degree)
    return tables(lambda a, b, c: o3.wigner_3j(a, b, c, dtype=torch.float64) * (2 * c + 1) ** 0.5)


def cuequivariance(what: str) -> paired.Result:
    import cuequivariance as cue

    return tables(lambda a, b, c: cue.SO3.clebsch_gordan(cue.SO3(a), cue.SO3(b), cue.SO3(c))[0])


def e3nn_sympy(what: str) -> paired.Result:
    from sympy.physics.wigner import wigner_3j

    return symbols(wigner_3j)


def wigner_wigners(what: str) -> paired.Result:
    import wigners

    return symbols(wigners.wigner_3j)


def wigner_wignernj(what: str) -> paired.Result:
    import wignernj

    return symbols(wignernj.wigner3j)


SIDES = {side.__name__: side for side in (
    ours, e3nn, cuequivariance, e3nn_sympy, wigner_wigners, wigner_wignernj)}


def rows(asked: argparse.Namespace, what: str, peers: list[str]) -> Iterator[list[str]]:
    answers = paired.compare(__file__, ["ours", *peers], {"what": what}, asked.repeats, threads=asked.threads)
    mine = answers["ours"]
    assert mine is not None
    for side in peers:
        answer = answers[side]
        assert answer is None or abs(answer["sum"] / mine["sum"] - 1) < 1e-6, side
        exact = [paired.seconds(mine["exact"])] if "exact" in mine else []
        yield [side.split("_")[-1], *exact, *paired.ratio(answer, mine, what)]


def parent(asked: argparse.Namespace) -> None:
    if asked.only in "symbols":
        paired.table(f"All {len(SYMBOLS)} symbols 3j with l ≤ {TOP}",
                     ("peer", "ours, exact", "ours, exact and rounded", "peer", "ratio"),
                     rows(asked, "symbols", ["e3nn_sympy", "wigner_wigners", "wigner_wignernj"]))
    if asked.only in "tables":
        paired.table(f"All {len(TRIADS)} real coupling tables with l ≤ {TOP}",
                     ("peer", "ours, exact and rounded", "peer", "ratio"),
                     rows(asked, "tables", ["e3nn", "cuequivariance"]))
    if asked.only in "matrices":
        found = []
        for degree in (2, 8, 11, 50):
            sides = ["ours", *(["e3nn"] if degree <= 11 else [])]
            case: paired.Case = {"what": "matrices", "degree": degree}
            answers = paired.compare(__file__, sides, case, asked.repeats, threads=asked.threads)
            mine, theirs = answers["ours"], answers.get("e3nn")
            found.append([degree, *paired.ratio(theirs, mine, "matrices"),
                          *("–" if side is None else f"{side['error']:.1e}" for side in (mine, theirs))])
        paired.table("1000 real Wigner matrices in float64",
                     ("l", "ours", "e3nn", "ratio", "ours, largest entry of DDᵀ − 1", "e3nn's"), found)


if __name__ == "__main__":
    paired.main(__file__, SIDES, parent)
