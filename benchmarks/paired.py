"""Two sides of one question, each in fresh processes of its own interpreter, in turn; then the ratio.

A benchmark script defines one function for each side, which imports what it needs, answers one case and
returns a dict of numbers, and a `parent` that asks the sides and prints; `main` at its end makes the script
the one or the other.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
PEERS = ROOT / ".venv-peers"
ALLOCATOR = {"MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": str(2**33)}  # no page faults in large outputs

Case = dict[str, object]
Result = dict[str, float]


def interpreter(side: str) -> Path | None:
    """The Python of a side: ours and GAP's run this; a peer's is None until `make bench-peers` has built it, and GAP's
    where there is no `gap` (Debian: gap-core)."""
    if side == "ours" or (side == "gap" and shutil.which("gap")):
        return Path(sys.executable)
    python = PEERS / side.split("_")[0] / "bin" / "python"
    return python if python.exists() else None


def once(script: str, side: str, case: Case, threads: int = 1, **env: str) -> Result | None:
    """The side's answer to the case from a fresh process; None where the peer is not built."""
    python = interpreter(side)
    if python is None:
        return None
    limits = {"OMP_NUM_THREADS": str(threads), "MKL_NUM_THREADS": str(threads)}
    start = time.perf_counter()
    child = subprocess.run(
        [str(python), "-W", "ignore", script, "--side", side, json.dumps(case)],
        env=os.environ | limits | env, cwd=ROOT, capture_output=True, text=True,
    )
    wall = time.perf_counter() - start
    if child.returncode:
        raise RuntimeError(f"{side} failed on {case}:\n{child.stderr[-2000:]}")
    return {**json.loads(child.stdout.splitlines()[-1]), "process": wall}


def compare(
    script: str, sides: Sequence[str], case: Case, repeats: int, **options
) -> dict[str, Result | None]:
    """The medians of `repeats` rounds, in which the sides take turns so that both see the same machine."""
    rounds = [{side: once(script, side, case, **options) for side in sides} for _ in range(repeats)]
    return {side: medians([answer[side] for answer in rounds]) for side in sides}


def medians(results: list[Result | None]) -> Result | None:
    first = results[0]
    if first is None:
        return None
    return {key: statistics.median(result[key] for result in results if result) for key in first}


def interleaved(calls: Sequence[Callable[[], object]], rounds: int, warm: int = 3) -> list[float]:
    """The median seconds of each call, taken in turn within one process, after `warm` untimed rounds."""
    times: list[list[float]] = [[] for _ in calls]
    for turn in range(warm + rounds):
        for call, taken in zip(calls, times, strict=True):
            start = time.perf_counter()
            call()
            if turn >= warm:
                taken.append(time.perf_counter() - start)
    return [statistics.median(taken) for taken in times]


def shortest(call: Callable[[], object]) -> float:
    """The seconds of the shortest of three calls."""
    times = []
    for _ in range(3):
        began = time.perf_counter()
        call()
        times.append(time.perf_counter() - began)
    return min(times)


def peak_megabytes() -> float:
    """The largest resident set of this process so far."""
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 2**10)


def forget_escnn_cache() -> None:
    """Make the next run of escnn its first: it keeps decompositions of tensor products in its folder."""
    for cache in (PEERS / "escnn").glob("lib/python*/site-packages/escnn/group/_cache/joblib"):
        shutil.rmtree(cache)


def seconds(value: float | None) -> str:
    if value is None:
        return "–"
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if value >= size:
            return f"{value / size:.3g} {unit}"
    return f"{value:.1e} s"


def ratio(peer: Result | None, ours: Result | None, *parts: str) -> list[str]:
    """Three cells: our time, the peer's, and how many times longer that is; a time is a sum of parts."""
    mine, theirs = (None if side is None else sum(side[part] for part in parts) for side in (ours, peer))
    times = "–" if mine is None or theirs is None else f"{theirs / mine:.3g}×"
    return [seconds(mine), seconds(theirs), times]


def number(answer: Result | None, key: str) -> str:
    return "–" if answer is None else f"{answer[key]:.0f}"


def answers(script: str, peer: str, cases: dict[str, Case], asked: argparse.Namespace) -> Iterator[list[str]]:
    """For each case asked for: its name, the two dimensions, and the ratios of the solutions and of all from cold."""
    for name, case in cases.items():
        if asked.only not in name:
            continue
        found = compare(script, ("ours", peer), case, asked.repeats, threads=asked.threads)
        mine, theirs = found["ours"], found[peer]
        yield [
            name, number(mine, "dim"), number(theirs, "dim"),
            *ratio(theirs, mine, "solve"), *ratio(theirs, mine, "import", "solve"),
        ]


def with_cache(script: str, case: Case, asked: argparse.Namespace) -> list[Result | None]:
    """Ours, escnn's first run, and its next, when its cache on disk is filled."""
    sides = ("ours", "escnn", "escnn_again")
    found = compare(script, sides, case, asked.repeats, threads=asked.threads)
    return [found[side] for side in sides]


def table(title: str, head: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print Markdown, row by row as the rows come."""
    print(f"### {title}\n\n| {' | '.join(head)} |\n|{' --- |' * len(head)}", flush=True)
    for row in rows:
        print(f"| {' | '.join(map(str, row))} |", flush=True)
    print(flush=True)


def main(script: str, names: dict[str, Callable], parent: Callable[[argparse.Namespace], None]) -> None:
    """Be the child that answers one case when asked for a side, otherwise the parent that prints."""
    parser = argparse.ArgumentParser(description=(sys.modules["__main__"].__doc__ or "").split("\n")[0])
    parser.add_argument("--side", help=argparse.SUPPRESS)
    parser.add_argument("case", nargs="?", type=json.loads, help=argparse.SUPPRESS)
    parser.add_argument("--repeats", type=int, default=3, help="fresh processes for each side and case")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--only", default="", help="the cases whose name holds this")
    asked = parser.parse_args()
    if asked.side:
        print(json.dumps(names[asked.side](**asked.case)))
        return
    parent(asked)
