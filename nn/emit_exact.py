"""Where an emitted layer computes with integers alone: how large they grow when weights and features are integers."""
from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from reptheory.plan import Step
from reptheory.plan_ops import einsum_sizes

from .emit_plan import PlanText

EXACT = 2.0**53  # float64 holds every integer up to this one
RANGES = (99, 9, 3)  # weights and features are drawn up to one of these
SAME = {"reshape", "permute", "slice", "pad", "shift", "gather"}
NO_LARGER = {"abs", "negative", "relu", "sign"}  # of the pointwise functions: integers to integers


def scales(text: PlanText) -> dict[str, str]:
    """The constants that only scale weights, as lengths do, with their attributes: 1 does as well for a check."""
    params = {p.name for p in text.plan.params}
    found = {}
    for const, attribute in text.attributes.items():
        uses = [step for step in text.plan.steps if const in step.args]
        if uses and const != text.plan.output and all(
                step.op == "mul" and step.args[0] in params and step.args[1] == const for step in uses):
            found[const] = attribute
    return found


def growth(text: PlanText, weight: float, feature: float) -> float | None:
    """A bound on every sum of the plan for integer weights and features within these; None where it leaves the
    integers (or their multiples by a power of 2, which count by their numerators)."""
    plan, ones = text.plan, scales(text)
    sizes: dict[str, float | None] = dict.fromkeys(plan.inputs, feature)
    sizes |= dict.fromkeys((p.name for p in plan.params), weight)
    if plan.is_complex:
        return None
    for const in plan.consts:
        array = const.value.array
        if const.name in ones:
            sizes[const.name] = 1.0
        elif (array == np.rint(array)).all():
            sizes[const.name] = float(np.abs(array).max(initial=0))
        else:  # a number in the text has at most seven binary places
            sizes[const.name] = None if const.name in text.attributes else 128.0 * abs(float(array))
    largest = feature
    for step in plan.steps:
        bounds = [sizes[arg] for arg in step.args]
        known = [bound for bound in bounds if bound is not None]
        found = _bound(step, known, text) if len(known) == len(bounds) else None
        sizes[step.name] = found
        largest = max(largest, found or 0.0)
    return None if sizes[plan.output] is None else largest


def _bound(step: Step, bounds: list[float], text: PlanText) -> float | None:
    """The bound of a step, from those of its arguments."""
    a: dict[str, Any] = dict(step.attrs)
    shapes = [text.shapes.get(arg) for arg in step.args]
    match step.op:
        case op if op in SAME:
            return prod(bounds[:1] + bounds[2:])  # a gather multiplies by its signs
        case "concat":
            return max(bounds)
        case "add":
            return sum(bounds)
        case "mul":
            return prod(bounds)
        case "expand":
            assert shapes[0] is not None
            return prod(bounds) * shapes[0][1]
        case "conv":
            width = shapes[1]
            return None if width is None else bounds[0] * bounds[1] * prod(width[1:]) + sum(bounds[2:])
        case "einsum":
            terms, _, target = a["equation"].partition("->")
            known = [(term, shape) for term, shape in zip(terms.split(","), shapes) if shape is not None]
            letters = einsum_sizes(",".join(t for t, _ in known) + "->", tuple(s for _, s in known)) if known else {}
            summed = set(terms) - set(target) - {","}
            return prod(bounds) * prod(letters[c] for c in summed) if summed <= letters.keys() else None
        case "pointwise":
            return bounds[0] if a["fn"] in NO_LARGER else None
        case "reduce":
            return bounds[0] if a["kind"] == "max" else None
    return None
