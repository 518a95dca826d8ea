"""Stages: a Runge–Kutta step as passes over few arrays, each of which is written in place of a dead one."""
from __future__ import annotations

from dataclasses import dataclass

from .runge_kutta import RungeKutta


@dataclass(frozen=True)
class Stage:
    """target = Σ a · term + weight · Δt L(source); Δt L(source) goes to `rate` where a later stage reads it; the source
    is u⁽ᵏ⁾ with k = `number`.

    Arrays are numbers: 0 is uⁿ, which no stage writes.
    """

    source: int
    number: int
    target: int
    rate: int | None
    terms: tuple[tuple[float, int], ...]
    weight: float


def stages(time: RungeKutta) -> tuple[Stage, ...]:
    """The stages of a step; the target of the last one is uⁿ⁺¹.

    >>> from .runge_kutta import runge_kutta
    >>> [(s.terms, s.weight, s.target) for s in stages(runge_kutta("ssp-rk2"))]
    [(((1.0, 0),), 1.0, 1), (((0.5, 0), (0.5, 1)), 0.5, 2)]
    >>> 1 + max(s.target for s in stages(runge_kutta("ssp-rk104")))
    5
    """
    steps = _abstract(time)
    last = {name: at for at, (source, terms, _, _, _) in enumerate(steps) for name in [source, *(n for _, n in terms)]}
    places, free, found = {("u", 0): 0}, [], []
    for at, (source, terms, weight, target, rate) in enumerate(steps):
        for name in [n for n in places if last.get(n, -1) == at and n not in (("u", 0), source)]:
            free.append(places[name])  # read where it is written, cell by cell
        for name in filter(None, (target, rate)):
            places[name] = free.pop() if free else len(set(places.values()) | {0})
        found.append(Stage(places[source], source[1], places[target], None if rate is None else places[rate],
                           tuple((a, places[n]) for a, n in terms), weight))
        if last[source] == at and source != ("u", 0):
            free.append(places[source])
    return tuple(found)


Name = tuple[str, int]  # u⁽ᵏ⁾ or the rate at u⁽ᵏ⁾


def _abstract(time: RungeKutta) -> list[tuple[Name, list[tuple[float, Name]], float, Name, Name | None]]:
    """(source, terms, weight, target, rate) by names."""
    steps: list[tuple[Name, list[tuple[float, Name]], float, Name, Name | None]] = []
    known: set[int] = set()
    for i, (alpha, beta) in enumerate(zip(time.alpha, time.beta)):
        active = [k for k, b in enumerate(beta) if b]
        *others, own = [k for k in active if k not in known] or active[-1:] or [i]
        for k in others:
            steps.append((("u", k), [], 1.0, ("rate", k), None))
            known.add(k)
        later = any(own < len(row) and row[own] for row in time.beta[i + 1:])
        terms = [(float(a), ("u", k)) for k, a in enumerate(alpha) if a]
        terms += [(float(beta[k]), ("rate", k)) for k in active if k != own]
        weight = float(beta[own]) if own < len(beta) else 0.0
        steps.append((("u", own), terms, weight, ("u", i + 1), ("rate", own) if later and own not in known else None))
        known |= {own} if later else set()
    return steps
