"""Bilinear → Plan: contract with small tables, then multiply by weights, one matrix product for each summand of W."""
from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

import numpy as np

from .bilinear import Bilinear, Path
from .draft import Draft
from .plan import Param, Plan
from .rep import Rep

WIDTH = 16  # the representation indices of V₁ taken together: tables have zeros between different summands


def lower_bilinear(question: Bilinear, external: bool = False) -> Plan:
    """The program (x1, x2) ↦ Σ_p w_p β_p(x1, x2) over the paths; with `external` (x1, x2, w), weights for each row.

    The second factor makes a small matrix for each row, M = Σ_j κ_kij x2_j; it takes the representation index of x1 to
    that of all paths, t = M x1, with channels in place, and the channels of t are mixed by one matrix product for
    each summand of W. Weights are coordinates in an orthonormal basis, of the exact variance that gives outputs of
    variance 1 for inputs of independent entries of variance 1. External weights, (batch, dim), should have variance 1
    themselves: the standard deviation is in the tables.

    >>> import reptheory as rt
    >>> G = rt.SO(3); V = 8*G.irrep(0) + 8*G.irrep(1)
    >>> plan = lower_bilinear(Bilinear(V, G.irrep(1), V)); plan([0.1] * plan.size, [[1.] * 32], [[1, 0, 0]]).shape
    (1, 32)
    """
    program = _Program(question, external)
    outputs = [program.summand(c) for c in range(len(question.wanted.summands))]
    output = outputs[0] if len(outputs) == 1 else program.step("y", "concat", *outputs, axis=1)
    inputs = ("x1", "x2", "w") if external else ("x1", "x2")
    return program.plan(inputs, output, f"{question.expression}, {len(question.paths)} paths")


def variance(question: Bilinear, c: int) -> Fraction:
    """The exact variance σ² of weights into summand c of W for which outputs have variance 1.

    An element κ of an orthonormal basis of Hom(A ⊗ B, C) has ‖κ‖² = 1, so on inputs of variance 1 its outputs have the
    mean variance 1 / dim C; a channel of the output adds up `fan` of them for each element.
    """
    size = question.wanted.summands[c][1].dim
    if question.mode == "separate":
        return Fraction(size)
    return Fraction(size, sum(path.dim * question.fan(path) for path in question.paths if path.c == c))


@dataclass
class _Program(Draft):
    """The plan of a bilinear map while it is being written."""

    question: Bilinear
    external: bool
    used: int = 0  # of the columns of external weights

    def table(self, name: str, value: np.ndarray, c: int) -> str:
        """Add a constant, with the standard deviation of external weights in it."""
        return self.const(name, value * float(variance(self.question, c)) ** 0.5 if self.external else value)

    def weight(self, name: str, shape: tuple[int, int], c: int) -> str:
        """The weights of a block, as a parameter or as a slice of what is given for each row."""
        if not self.external:
            self.params.append(Param(name, shape, variance(self.question, c), self.question.scalars))
            return name
        start, self.used = self.used, self.used + shape[0] * shape[1]
        columns = self.step(f"{name}_columns", "slice", "w", axis=1, start=start, stop=self.used)
        return self.step(name, "reshape", columns, shape=(-1, *shape))

    def part(self, x: str, rep: Rep, run: range) -> str:
        """The summands of a run as (batch, Σ dim, m): representation index slow, channel fast."""
        ends = _ends(rep)
        m, name, size = rep.summands[run.start][0], x, ends[run.stop] - ends[run.start]
        if len(run) < len(rep.summands):
            name = self.step(f"{x}_{run.start}_flat", "slice", x, axis=1, start=ends[run.start], stop=ends[run.stop])
        return self.step(f"{x}_{run.start}", "reshape", name, shape=(-1, size // m, m))

    def summand(self, c: int) -> str:
        """The output of type n·C, (batch, dim C · n): the sum over blocks, or their channels side by side."""
        question = self.question
        paths = [path for path in question.paths if path.c == c]
        if question.mode == "elementwise":
            terms = [self.elementwise(path) for path in paths]
        else:
            blocks = [(one, two, [p for p in paths if p.a in one and p.b in two])
                      for one in runs(question.left, WIDTH) for two in runs(question.right)]
            terms = [self.block(c, one, two, found) for one, two, found in blocks if found]
        n, rep = question.target.summands[c]
        if question.mode == "separate" and len(terms) > 1:
            total = self.step(f"y_{c}_parts", "concat", *terms, axis=2)
        else:
            total = terms[0]
            for k, term in enumerate(terms[1:]):
                total = self.step(f"y_{c}_sum_{k}", "add", total, term)
        return self.step(f"y_{c}", "reshape", total, shape=(-1, n * rep.dim))

    def block(self, c: int, one: range, two: range, paths: list[Path]) -> str:
        """The paths into C from two runs, (batch, dim C, n): x2 ↦ M, then t = M x1, then the channels of t mixed."""
        question, key = self.question, f"{c}_{one.start}_{two.start}"
        n, size = question.wanted.summands[c][0], question.wanted.summands[c][1].dim
        m, p = question.left.summands[one.start][0], question.right.summands[two.start][0]
        table = _stacked(question, one, two, paths)
        j, k, e, i = table.shape
        x1, x2 = self.part("x1", question.left, one), self.part("x2", question.right, two)
        if p == 1:
            flat = self.table(f"table_{key}", table.reshape(j, -1), c)
            row = self.step(f"{x2}_row", "reshape", x2, shape=(-1, j))
            matrix = self.step(f"mix_{key}", "einsum", row, flat, equation="zj,jr->zr")
        else:
            matrix = self.step(f"mix_{key}", "einsum", x2, self.table(f"table_{key}", table, c),
                               equation="zjv,jkpi->zkpvi")
        matrix = self.step(f"matrix_{key}", "reshape", matrix, shape=(-1, k * e * p, i))
        mapped = self.step(f"mapped_{key}", "einsum", matrix, x1, equation="zri,ziu->zru")
        if question.mode == "full":
            rows = self.step(f"rows_{key}", "reshape", mapped, shape=(-1, size, e * p * m))
            weight = self.weight(f"weight_{key}", (e * p * m, n), c)
            return self.step(f"block_{key}", "einsum", rows, weight,
                             equation="zka,zan->zkn" if self.external else "zka,an->zkn")
        rows = self.step(f"rows_{key}", "reshape", mapped, shape=(-1, size, e * p, m))
        weighted = self.weighted(rows, f"weight_{key}", (e * p, m), c)
        if question.mode == "separate":
            return self.step(f"block_{key}", "reshape", weighted, shape=(-1, size, e * p * m))
        return self.step(f"block_{key}", "reduce", weighted, kind="sum", axes=(2,))

    def elementwise(self, path: Path) -> str:
        """A path from a channel of V₁ and the same channel of V₂, (batch, dim C, n), by the products of all entries."""
        question, key = self.question, f"{path.c}_{path.a}_{path.b}"
        n = question.left.summands[path.a][0]
        x1 = self.part("x1", question.left, range(path.a, path.a + 1))
        x2 = self.part("x2", question.right, range(path.b, path.b + 1))
        e, k, i, j = path.table.shape
        outer = self.step(f"outer_{path.a}_{path.b}", "einsum", x1, x2, equation="ziu,zju->ziju")
        flat = self.step(f"products_{path.a}_{path.b}", "reshape", outer, shape=(-1, i * j, n))
        table = self.table(f"table_{key}", path.table.transpose(1, 0, 2, 3).reshape(k * e, i * j), path.c)
        mapped = self.step(f"mapped_{key}", "einsum", table, flat, equation="rq,zqu->zru")
        rows = self.step(f"rows_{key}", "reshape", mapped, shape=(-1, k, e, n))
        weighted = self.weighted(rows, f"weight_{key}", (e, n), path.c)
        return self.step(f"block_{key}", "reduce", weighted, kind="sum", axes=(2,))

    def weighted(self, rows: str, name: str, shape: tuple[int, int], c: int) -> str:
        """Rows (batch, dim C, elements, channels) times their weights (elements, channels)."""
        weight = self.weight(name, shape, c)
        if self.external:
            weight = self.step(f"{name}_rows", "reshape", weight, shape=(-1, 1, *shape))
        return self.step(f"{name}_times", "mul", rows, weight)


def runs(rep: Rep, width: float = float("inf")) -> list[range]:
    """Positions of neighbouring summands of equal multiplicity, taken together up to a total dimension.

    >>> import reptheory as rt
    >>> G = rt.D(4); runs(2*G.trivial + 2*G.vector + G.regular)
    [range(0, 2), range(2, 3)]
    """
    found: list[range] = []
    for a, (m, part) in enumerate(rep.summands):
        last = found[-1] if found else range(0)
        if last and rep.summands[last.start][0] == m and sum(
                rep.summands[q][1].dim for q in last) + part.dim <= width:
            found[-1] = range(last.start, a + 1)
        else:
            found.append(range(a, a + 1))
    return found


def _ends(rep: Rep) -> list[int]:
    """The first channel of each summand, and the number of all."""
    return [0, *np.cumsum([m * part.dim for m, part in rep.summands]).tolist()]


def _stacked(question: Bilinear, one: range, two: range, paths: list[Path]) -> np.ndarray:
    """The tables of some paths into C as one, (Σ dim B, dim C, Σ dim Hom, Σ dim A), with zeros between summands."""
    first, second = ({q: slice(*ends) for q, ends in zip(run, pairwise(np.cumsum(
        [0, *(rep.summands[q][1].dim for q in run)]).tolist()))} for run, rep in ((one, question.left),
                                                                                 (two, question.right)))
    k = paths[0].table.shape[1]
    table = np.zeros((second[two[-1]].stop, k, sum(p.dim for p in paths), first[one[-1]].stop),
                     np.result_type(*(p.table for p in paths)))
    start = 0
    for path in paths:
        table[second[path.b], :, start:start + path.dim, first[path.a]] = path.table.transpose(3, 1, 0, 2)
        start += path.dim
    return table
