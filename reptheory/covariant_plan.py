"""A symmetric contraction as a plan: monomials once, one matrix product for each component of the coefficients."""
from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import comb

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from .covariant import Covariants
from .draft import Draft
from .plan import Param, Plan


@dataclass(frozen=True)
class Component:
    """Rows (b, p, k) and monomials of one degree that no others share: `table` are their coefficients."""

    rows: list[tuple[int, int, int]]
    monomials: np.ndarray
    table: np.ndarray


def components(tables: tuple[np.ndarray, ...]) -> list[Component]:
    """The connected components of (b, k) ~ α where some path p has a coefficient c_pkα ≠ 0, in order of their rows.

    The matrix of all coefficients is block diagonal by them: parities under reflections, for O(3), part it in eight.

    >>> [c.rows for c in components((np.eye(2)[None],))]
    [[(0, 0, 0)], [(0, 0, 1)]]
    """
    outputs = [(b, k) for b, t in enumerate(tables) for k in range(t.shape[1])]
    width = tables[0].shape[2]
    used = np.array([np.any(tables[b][:, k] != 0, axis=0) for b, k in outputs])
    rows, columns = np.nonzero(used)
    size = len(outputs) + width
    graph = coo_array((np.ones(len(rows), np.int8), (rows, columns + len(outputs))), (size, size))
    labels = connected_components(graph, directed=False)[1]
    found = []
    for label in dict.fromkeys(labels[:len(outputs)].tolist()):
        members = [outputs[n] for n in np.flatnonzero(labels[:len(outputs)] == label)]
        monomials = np.flatnonzero(labels[len(outputs):] == label)
        names = [(b, p, k) for b, k in members for p in range(len(tables[b]))]
        if names and len(monomials):
            found.append(Component(names, monomials, np.array([tables[b][p, k, monomials] for b, p, k in names])))
    return found


def lower_covariants(parts: tuple[Covariants, ...], channels: int, elements: int) -> Plan:
    """The plan of y_b = Σ_ν Σ_p w_{z,p,c} P_p(x_c, …, x_c), for covariants of degrees 1, …, ν, from lowest to highest.

    Features are (batch, dim V · channels) and (batch, dim W · channels), channel fast; with several elements a second
    input holds the element z of each row. Weights w_b_ν of W's summand m·A are (elements, paths, m, channels), of
    variance one over the number of paths into A. Monomials of degree d are those of degree d − 1 times coordinates.
    """
    source, target = parts[0].source, parts[0].target
    build, n = Draft(), source.dim
    build.step("fields", "reshape", "x", shape=(-1, n, channels))
    build.step("x1", "permute", "fields", axes=(1, 0, 2))
    totals = [sum(part.counts[b] for part in parts) for b in range(len(target.summands))]
    found: dict[int, str] = {}
    before: list[tuple[int, ...]] = []  # the monomials of the degree before,
    place = np.arange(n)                # and where they are
    for part in parts:
        d, tables = part.degree, part.tables()
        blocks = components(tables)
        kept = [c.monomials for c in blocks]
        rest = np.setdiff1d(np.arange(comb(n + d - 1, d)), np.concatenate([np.zeros(0, np.int64), *kept]))
        last = part is parts[-1]
        order = np.concatenate([np.zeros(0, np.int64), *kept, *([] if last else [rest])])
        if d == 1:
            monomials = build.step("m1", "gather", "x1", build.const("order1", order))
        else:
            number = {t: i for i, t in enumerate(before)}
            tuples = [part.monomials[i] for i in order]
            prefix = np.array([place[number[t[:-1]]] for t in tuples], np.int64)
            build.step(f"head{d}", "gather", f"m{d - 1}", build.const(f"prefix{d}", prefix))
            build.step(f"tail{d}", "gather", "x1", build.const(f"last{d}", np.array([t[-1] for t in tuples], np.int64)))
            monomials = build.step(f"m{d}", "mul", f"head{d}", f"tail{d}")
        before = part.monomials
        place = np.full(len(before), -1)
        place[order] = np.arange(len(order))
        if not blocks:
            continue
        _degree(build, part, monomials, blocks, found, channels, elements, totals)
    outputs = []
    for b, (m, a) in enumerate(target.summands):
        outputs.append(build.step(f"y{b}", "reshape", found[b], shape=(-1, a.dim * m * channels)))
    if len(outputs) > 1:
        build.step("y", "concat", *outputs, axis=1)
    inputs = ("x", "element") if elements > 1 else ("x",)
    degrees = ", ".join(str(part.degree) for part in parts)
    note = f"symmetric contraction {source.expression} → {target.expression}, degrees {degrees}, {channels} channels"
    return build.plan(inputs, build.steps[-1].name, note).prune()


def _degree(build: Draft, part: Covariants, monomials: str, blocks: list[Component], found: dict[int, str],
            channels: int, elements: int, totals: list[int]) -> None:
    """What one degree adds to each summand of the output."""
    d, names, start, pieces = part.degree, [], 0, []
    for i, block in enumerate(blocks):
        stop = start + len(block.monomials)
        view = build.step(f"m{d}_{i}", "slice", monomials, axis=0, start=start, stop=stop)
        table = build.const(f"c{d}_{i}", block.table)
        pieces.append(build.step(f"q{d}_{i}", "einsum", table, view, equation="qa,abc->qbc"))
        names += block.rows
        start = stop
    rows = build.step(f"q{d}", "concat", *pieces, axis=0) if len(pieces) > 1 else pieces[0]
    where = {name: i for i, name in enumerate(names)}
    for b, (m, a) in enumerate(part.target.summands):
        count = part.counts[b]
        if not count:
            continue
        index = build.const(f"rows{b}_{d}", np.array([where[b, p, k] for p in range(count) for k in range(a.dim)]))
        build.step(f"paths{b}_{d}_flat", "gather", rows, index)
        paths = build.step(f"paths{b}_{d}", "reshape", f"paths{b}_{d}_flat", shape=(count, a.dim, -1, channels))
        weight = f"w{b}_{d}"
        build.params.append(Param(weight, (elements, count, m, channels), Fraction(1, totals[b])))
        if elements > 1:
            build.step(f"{weight}_rows", "gather", weight, "element")
            equation, weight = "pkbc,bpmc->bkmc", f"{weight}_rows"
        else:
            equation = "pkbc,pmc->bkmc"
            weight = build.step(f"{weight}_all", "reshape", weight, shape=(count, m, channels))
        term = build.step(f"t{b}_{d}", "einsum", paths, weight, equation=equation)
        found[b] = build.step(f"s{b}_{d}", "add", found[b], term) if b in found else term
