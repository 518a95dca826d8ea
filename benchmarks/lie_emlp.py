"""All equivariant maps of Lie groups: ours (exact, certified) against EMLP (float32), from cold."""

from __future__ import annotations

import argparse
import time

import paired


def ours(group: str, n: int, power: int) -> paired.Result:
    start = time.perf_counter()
    import reptheory as rt

    imported = time.perf_counter()
    if group == "SO3xS5":
        G = rt.SO(3) * rt.S(5)
        V = rt.SO(3).vector.pullback(G.projections[0]) * rt.S(5).natural.pullback(G.projections[1])
    elif group in ("SO13", "O13"):
        V = (rt.SO(1, 3) if group == "SO13" else rt.O(1, 3)).vector
    else:
        V = getattr(rt, group)(n).vector
    V = V * V.dual if group == "SU" else V**power
    H = V >> V
    state = H.certificate.ok
    dense = H.basis.to_numpy("float64")
    solved = time.perf_counter()
    assert state
    return {"import": imported - start, "solve": solved - imported, "dim": H.dim, "entries": dense.size}


def emlp(group: str, n: int, power: int) -> paired.Result:
    start = time.perf_counter()
    import emlp.groups as groups
    import numpy as np
    from emlp.reps import T, V

    imported = time.perf_counter()
    if group == "SO3xS5":
        rep = V(groups.SO(3) * groups.S(5))
    elif group in ("SO13", "O13"):
        rep = T(power)(groups.SO13() if group == "SO13" else groups.O13())
    elif group == "Sp":
        rep = T(power)(groups.Sp(n))
    elif group == "SU":
        rep = T(1, 1)(groups.SU(n))
    else:
        rep = T(power)(getattr(groups, group)(n))
    basis = np.asarray((rep >> rep).equivariant_basis())
    solved = time.perf_counter()
    return {"import": imported - start, "solve": solved - imported, "dim": basis.shape[1], "entries": basis.size}


CASES = {
    **{f"SO(3): T{k} → T{k}": {"group": "SO", "n": 3, "power": k} for k in (1, 2, 3)},
    "O(3): T3 → T3": {"group": "O", "n": 3, "power": 3},
    "SO(1, 3): T3 → T3": {"group": "SO13", "n": 4, "power": 3},
    "O(1, 3): T3 → T3": {"group": "O13", "n": 4, "power": 3},
    "SU(3): T(1,1) → T(1,1)": {"group": "SU", "n": 3, "power": 1},
    "Sp(2): T2 → T2": {"group": "Sp", "n": 2, "power": 2},
    "SO(3) × S(5): V → V": {"group": "SO3xS5", "n": 3, "power": 1},
}


def parent(asked: argparse.Namespace) -> None:
    """Ours exact, certified and expanded to float64; EMLP's float32. Each in a fresh process."""
    head = (
        "question", "dim", "EMLP", "ours", "EMLP", "ratio", "ours with import", "EMLP with import", "ratio",
    )
    rows = paired.answers(__file__, "emlp", CASES, asked)
    paired.table("Equivariant maps of Lie groups from cold: ours and EMLP", head, rows)


if __name__ == "__main__":
    paired.main(__file__, {"ours": ours, "emlp": emlp}, parent)
