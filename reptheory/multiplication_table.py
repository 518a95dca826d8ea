"""A group from its multiplication table, once the table is that of a group."""
from __future__ import annotations

from collections.abc import Hashable, Sequence
from keyword import iskeyword
from typing import Any

import numpy as np

from .element import cycle_text
from .exact import shown
from .group import Group, TooLarge

ORDER = 2_000  # the largest table that is read


class NotAGroup(ValueError):
    """A multiplication table that breaks an axiom of groups."""


def from_table(table: Sequence[Sequence[Any]], names: Sequence[Hashable] | None = None) -> Group:
    """The group with this multiplication table, row g and column h holding g·h, acting on itself from the left.

    Entries are the numbers 0, …, n − 1, or the `names` of the elements in the order of the rows. Generators are chosen
    greedily, and called by their names where Python can read them, g1, g2, … otherwise. Closure, an identity and
    inverses are checked, and associativity by Light's test, (x·g)·y = x·(g·y) for the generators g: the elements g that
    pass it for all x and y are closed under products. Source: Clifford and Preston, The Algebraic Theory of Semigroups
    I (1961), §1.2. Raises NotAGroup with the first place that fails.

    >>> from_table([[0, 1, 2], [1, 2, 0], [2, 0, 1]])
    group(g1='(0 1 2)')  # order 3
    >>> from_table(["eab", "abe", "bea"], names="eab")
    group(a='(0 1 2)')  # order 3
    """
    labels = _labels(table, names)
    numbers = _numbers(table, labels)
    n = len(labels)
    every = np.arange(n)
    units = np.flatnonzero((numbers == every).all(1) & (numbers == every[:, None]).all(0))
    if not len(units):
        raise NotAGroup(f"the table has no identity, no element e with e·x = x·e = x for all x{_half(numbers, labels)}."
                        " Check the order of rows and columns, which has to be the same.")
    one = int(units[0])
    lacking = np.flatnonzero(~((numbers == one) & (numbers.T == one)).any(1))
    if len(lacking):
        g = labels[lacking[0]]
        raise NotAGroup(f"{g} has no inverse: no x has {g}·x = {labels[one]} = x·{g}. Check the row and the column of "
                        f"{g}.")
    chosen: list[int] = []
    reached = np.zeros(n, bool)
    reached[one] = True
    while not reached.all():
        g = int(reached.argmin())
        _associates(numbers, g, labels)
        chosen.append(g)
        frontier = every[reached]
        while len(frontier):
            frontier = np.unique(numbers[np.ix_(frontier, np.array(chosen))])
            frontier = frontier[~reached[frontier]]
            reached[frontier] = True
    chosen = chosen or [one]
    called = tuple(_called(labels[g], k, names is not None) for k, g in enumerate(chosen))
    called = called if len(set(called)) == len(called) else tuple(f"g{k + 1}" for k in range(len(chosen)))
    images = tuple(tuple(numbers[g].tolist()) for g in chosen)
    text = ", ".join(f"{name}={cycle_text(g)!r}" for name, g in zip(called, images))
    return Group(called, images, n, expression=f"group({text})", known_order=n, base=(0,))


def _labels(table: Any, names: Any) -> list[Any]:
    """What the elements are called: their names, or 0, …, n − 1."""
    try:
        n, widths = len(table), [len(row) for row in table]
    except TypeError:
        raise NotAGroup(f"{shown(table)} is no table. Give a list of rows, [[0, 1], [1, 0]].") from None
    if not n or any(width != n for width in widths):
        raise NotAGroup(f"the table has {n} rows of lengths {shown(sorted(set(widths)))}. Give one row and one column "
                        "for each element, in the same order.")
    if n > ORDER:
        raise TooLarge(f"the table has {n} rows, and tables are read up to {ORDER}. Give the group by generators: "
                       "rt.group(r=[1, 2, 0], …).")
    labels = list(range(n)) if names is None else list(names)
    if len(labels) != n or len(set(labels)) != n:
        raise NotAGroup(f"the table has {n} rows, and there are {len(set(labels))} distinct names. Give one name for "
                        "each row.")
    return labels


def _numbers(table: Any, labels: list[Any]) -> np.ndarray:
    """The table with elements by their numbers."""
    place = {label: i for i, label in enumerate(labels)}
    found = np.zeros((len(labels),) * 2, np.int64)
    for i, row in enumerate(table):
        for j, x in enumerate(row):
            if isinstance(x, (bool, float)) or not isinstance(x, Hashable) or x not in place:
                raise NotAGroup(f"the table is not closed: {labels[i]}·{labels[j]} = {shown(x)} is no element. The "
                                f"elements are {shown(labels)}.")
            found[i, j] = place[x]
    return found


def _half(numbers: np.ndarray, labels: list[Any]) -> str:
    """What the nearest thing to an identity does: a left identity e, and an x with x·e ≠ x."""
    left = np.flatnonzero((numbers == np.arange(len(labels))).all(1))
    if not len(left):
        return ""
    e = int(left[0])
    x = int(np.flatnonzero(numbers[:, e] != np.arange(len(labels)))[0])
    return f" ({labels[e]} is one on the left, but {labels[x]}·{labels[e]} = {labels[numbers[x, e]]})"


def _associates(numbers: np.ndarray, g: int, labels: list[Any]) -> None:
    """Refuse an element g with (x·g)·y ≠ x·(g·y)."""
    left, right = numbers[numbers[:, g]], numbers[:, numbers[g]]
    if (left == right).all():
        return
    x, y = map(int, np.argwhere(left != right)[0])
    a, b, c = labels[x], labels[g], labels[y]
    rows = ", ".join(str(labels[i]) for i in dict.fromkeys((x, g, int(numbers[x, g]))))
    raise NotAGroup(f"the product is not associative: ({a}·{b})·{c} = {labels[left[x, y]]}, and {a}·({b}·{c}) = "
                    f"{labels[right[x, y]]}. Check the rows of {rows}.")


def _called(label: Any, k: int, named: bool) -> str:
    """The name of generator k."""
    readable = named and isinstance(label, str) and label.isascii() and label.isidentifier() and not iskeyword(label)
    return label if readable and label not in ("e", "limit") else f"g{k + 1}"
