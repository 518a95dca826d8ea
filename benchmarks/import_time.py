"""The import of each package in a fresh process: `import reptheory` under a second, without torch."""

from __future__ import annotations

import argparse
import importlib
import sys
import time
from collections.abc import Iterator

import paired


def timed(package: str) -> paired.Result:
    start = time.perf_counter()
    importlib.import_module(package)
    return {"import": time.perf_counter() - start, "torch": "torch" in sys.modules}


CASES = {
    "reptheory": "ours", "nn": "ours", "torch": "ours", "sympy": "ours",
    "escnn.nn": "escnn", "emlp.reps": "emlp",
}


def rows(asked: argparse.Namespace) -> Iterator[list[str]]:
    for package, side in CASES.items():
        answer = paired.compare(__file__, (side,), {"package": package}, asked.repeats, threads=asked.threads)
        taken = answer[side]
        if taken is not None:
            yield [package, paired.seconds(taken["import"]), "yes" if taken["torch"] else "no"]


def parent(asked: argparse.Namespace) -> None:
    paired.table("Imports", ("package", "time", "loads torch"), rows(asked))


if __name__ == "__main__":
    paired.main(__file__, dict.fromkeys(("ours", "escnn", "emlp"), timed), parent)
