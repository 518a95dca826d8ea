"""Character tables: ours against GAP's Irr, each from its own permutations in a fresh process."""

from __future__ import annotations

import argparse
import subprocess
import time
from collections.abc import Iterator

import paired

M11 = '(a="(0 1 2 3 4 5 6 7 8 9 10)", b="(2 6 10 7)(3 9 4 5)")'
M12 = M11[:-1] + ', c="(0 11)(1 10)(2 5)(3 7)(4 8)(6 9)")'


def ours(text: str, peer: str) -> paired.Result:
    """The group, its exact table, and the proof that its rows are orthonormal."""
    start = time.perf_counter()
    import reptheory as rt

    imported = time.perf_counter()
    table = rt.read(text).character_table
    _ = table.values
    made = time.perf_counter()
    table.verify()
    return {
        "start": imported - start, "table": made - imported, "verify": time.perf_counter() - made,
        "classes": len(table.classes), "order": table.group.order,
    }


def gap(text: str, peer: str) -> paired.Result:
    """`Irr(G)` for the same permutations, or for GAP's own symmetric and alternating groups."""
    if not peer:
        import reptheory as rt

        images = ", ".join(f"PermList({[i + 1 for i in g]})" for g in rt.read(text).images)
        peer = f"Group({images})"
    script = (
        f"a := NanosecondsSinceEpoch();; G := {peer};; n := Length(Irr(G));; b := NanosecondsSinceEpoch();;"
        'Print(b - a, " ", n, " ", Size(G), "\\n");\n'
    )
    start = time.perf_counter()
    answer = subprocess.run(["gap", "-q", "-T"], input=script, capture_output=True, text=True, check=True)
    whole = time.perf_counter() - start
    taken, classes, order = map(int, answer.stdout.split())
    return {"start": whole - taken / 1e9, "table": taken / 1e9, "classes": classes, "order": order}


CASES = {
    "S(8)": ("S(8)", "SymmetricGroup(8)"),
    "S(12)": ("S(12)", "SymmetricGroup(12)"),
    "A(8)": ("A(8)", "AlternatingGroup(8)"),
    "M11": (f"group{M11}", ""),
    "M12": (f"group{M12}", ""),
    "PSL(2,7)": ("PSL(2, 7)", ""),
    "PSL(2,23)": ("PSL(2, 23)", ""),
    "PSL(2,43)": ("PSL(2, 43)", ""),
    "PSL(3,3)": ("PSL(3, 3)", ""),
    "SL(2,5) = 2I": ("SL(2, 5)", ""),
    "GL(2,7)": ("GL(2, 7)", ""),
    "O_h": ("octahedral(full=True)", ""),
    "I_h": ("icosahedral(full=True)", ""),
    "C2 ≀ S5": ("wreath(C(2), 5)", ""),
    "S4 ≀ S2": ("wreath(S(4), 2)", ""),
    "5^(1+2)": ("unitriangular(3, 5)", ""),
    "D(100)": ("D(100)", ""),
}


def rows(asked: argparse.Namespace) -> Iterator[list[str]]:
    for name, (text, peer) in CASES.items():
        if asked.only not in name:
            continue
        answers = paired.compare(__file__, ("ours", "gap"), {"text": text, "peer": peer}, asked.repeats)
        mine, theirs = answers["ours"], answers["gap"]
        if theirs is not None and mine is not None:
            assert (mine["classes"], mine["order"]) == (theirs["classes"], theirs["order"]), name
        yield [
            name, paired.number(mine, "order"), paired.number(mine, "classes"), *paired.ratio(theirs, mine, "table"),
            paired.seconds(mine and mine["verify"]), *paired.ratio(theirs, mine, "start", "table"),
        ]


def parent(asked: argparse.Namespace) -> None:
    head = (
        "group", "order", "classes", "ours", "GAP", "ratio", "proved again", "ours with import", "GAP with its start",
        "ratio",
    )
    paired.table("Character tables: ours and GAP's Irr", head, rows(asked))


if __name__ == "__main__":
    paired.main(__file__, {"ours": ours, "gap": gap}, parent)
