"""Special parameters: the values at which a system has more symmetries than for generic ones, from pivots."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sympy
from sympy import Expr

from .factorisation import factor_list

if TYPE_CHECKING:
    from .symmetry import Symmetries

Row = dict[int, Any]


@dataclass(frozen=True)
class SpecialValue:
    """A parameter at the value where a pivot vanishes, and the dimension of the symmetries there, solved for again."""

    parameter: sympy.Symbol
    value: Expr
    dim: int

    def __repr__(self) -> str:
        return f"{self.dim} at {self.parameter} = {self.value}"


def special_values(found: Symmetries) -> tuple[SpecialValue, ...]:
    """The values of one parameter, rational in the others, at which there are more symmetries of the same degree.

    Elimination over Q[parameters] has the generic rank wherever its pivots, and the contents of rows that it divides
    by, do not vanish: their irreducible factors are all the conditions there are. Each that gives a parameter as a
    rational function of the others, with the signs that are assumed, is put in and solved for again. Factors of higher
    degree, and two conditions at once, are left out.

    >>> from pdeconv import catalog
    >>> special_values(catalog.euler().symmetries(2))
    (7 at gamma = 3,)
    """
    if not found.equations.parameters:
        return ()
    made, tried = [], set()
    for factor in pivot_factors(found.equations.matrix(found.unknowns)):
        for parameter in found.equations.parameters:
            if sympy.degree(factor, parameter) != 1:
                continue
            slope, rest = sympy.Poly(factor, parameter).all_coeffs()
            value = sympy.cancel(-rest / slope)
            if (parameter, value) in tried or (parameter.is_positive and not _may_be_positive(value)):
                continue
            tried.add((parameter, value))
            dim = _dimension(found, parameter, value)
            if dim is not None and dim > found.dim:
                made.append(SpecialValue(parameter, value, dim))
    return tuple(sorted(made, key=lambda s: (s.parameter.name, str(s.value))))


def _may_be_positive(value: Expr) -> bool:
    return not (value.is_nonpositive or value.has(sympy.zoo, sympy.nan))


def _dimension(found: Symmetries, parameter: sympy.Symbol, value: Expr) -> int | None:
    """The dimension at the value; None where the system is not defined there."""
    from .prolongation import determining_equations, null_space
    try:
        system = found.system.at(**{parameter.name: value})
        equations = determining_equations(system, state=found.equations.unknowns == found.system.state)
        rows = equations.matrix(found.unknowns)
    except (ValueError, ZeroDivisionError):
        return None
    return len(null_space(rows, len(found.unknowns), equations.field))


def pivot_factors(rows: Sequence[Row]) -> tuple[Expr, ...]:
    """The irreducible polynomials, by which elimination divides, of rows over a field of rational functions."""
    left = [_whole(row) for row in rows if row]
    if not left:
        return ()
    one = next(iter(left[0].values())).ring.one
    divisors: set[Any] = set()
    waiting, zero = left, set[int]()
    while True:  # unknowns that single equations make zero: by a number, where there is one
        single: dict[int, list[Any]] = {}
        for row in waiting:
            if len(row) == 1:
                (j, c), = row.items()
                single.setdefault(j, []).append(c)
        if not single:
            break
        for j, values in single.items():
            common = values[0]
            for c in values[1:]:
                common = common.gcd(c)
            divisors.add(common)
            zero.add(j)
        waiting = [kept for row in waiting if (kept := {j: c for j, c in row.items() if j not in zero})]
    distinct = {tuple(sorted(row.items())): row for row in waiting}
    waiting = list(distinct.values())
    while waiting:
        at, j = min(((k, j) for k, row in enumerate(waiting) for j in row),
                    key=lambda kj: (not waiting[kj[0]][kj[1]].is_ground, len(waiting[kj[0]]), kj))
        pivot = waiting.pop(at)
        p = pivot[j]
        divisors.add(p)
        after: dict[tuple, Row] = {}
        for row in waiting:
            c = row.get(j)
            if c is not None:
                total = {k: p * x for k, x in row.items()}
                for k, x in pivot.items():
                    total[k] = total[k] - c * x if k in total else -c * x
                row = {k: x for k, x in total.items() if x}
                if row:
                    content = one * 0
                    for x in row.values():
                        content = content.gcd(x)
                    divisors.add(content)
                    row = {k: x.exquo(content) for k, x in row.items()}
            if row:
                after[tuple(sorted(row.items()))] = row
        waiting = list(after.values())
    polynomials = [sympy.Poly(d.as_expr(), *d.ring.symbols, domain="QQ") for d in divisors if not d.is_ground]
    factors = {f.monic() for p in polynomials for f, _ in factor_list(p)[1]}
    return tuple(sorted((f.as_expr() for f in factors), key=str))


def _whole(row: Row) -> Row:
    """A row of fractions, over their ring."""
    common = next(iter(row.values())).denom
    for c in row.values():
        common = common.lcm(c.denom)
    return {j: c.numer * common.exquo(c.denom) for j, c in row.items()}


__all__ = ["SpecialValue", "pivot_factors", "special_values"]
