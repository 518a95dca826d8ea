"""source(plan), source(layer), source(network): stand-alone text that needs torch only."""
from __future__ import annotations

import keyword
from dataclasses import replace

import torch

import reptheory as rt
from reptheory.plan import Plan
from reptheory.space import GSet

from .emit_check import SelfCheck, self_check, set_check
from .emit_class import RESERVED, file_text
from .emit_exact import EXACT, RANGES, growth, scales
from .emit_plan import PlanText
from .linear import EquivariantLinear, Intertwiner
from .module import PlanModule
from .preserved import NoPreservedDomain


def source(what: Plan | torch.nn.Module, name: str | None = None) -> str:
    """The text of a module that needs torch only, with the parameters of the plan, or of a layer's plan.

    Checkpoints go from one to the other, and outputs are equal bit by bit. Where the question behind the plan is
    known, its docstring states group, types, dimension and certificate, and its `self_check()` tests
    f(g·x) = g·f(x) on the generators. Raises TypeError for a module that runs no plan, ValueError for a name that
    no class can have.

    >>> from fractions import Fraction
    >>> from reptheory.plan import Param, Plan, Step
    >>> w = Param("weight", (3, 2), Fraction(1))
    >>> step = Step.make("y", "conv", "x", "weight", stride=(), padding=(), dilation=())
    >>> print(source(Plan(("x",), (w,), (), (step,), "y")).partition("def forward")[2])
    (self, x):
            return F.linear(x.movedim(1, -1), self.weight).movedim(-1, 1)
    <BLANKLINE>
    """
    plan = what if isinstance(what, Plan) else getattr(what, "plan", None)
    if not isinstance(plan, Plan):
        raise TypeError(f"source takes a Plan or a layer that runs one, not {type(what).__name__}. "
                        "Emit the layers that it contains one by one.")
    name = _checked("Layer" if name is None else name)
    text = PlanText(plan, rows=isinstance(what, EquivariantLinear) and plan.steps[-1].op != "conv")
    found = text.text()
    hom = plan.origin if isinstance(plan.origin, rt.Hom) else None
    check = _check(what, hom, text) if hom is not None else "the plan states no types"
    title = _facts(hom) if hom is not None else plan.note or f"The map of a plan, as {name}."
    title += f"\n\nEmitted from the plan {plan.digest}."
    if isinstance(check, str):
        return file_text(title, [found.constants("TABLES")], [found.lines(name, "TABLES")])
    lines = [*found.lines(name, "TABLES"), *check.method()]
    constants = [found.constants("TABLES"), *check.constants()]
    return file_text(title, constants, [*(text.splitlines() for text in check.functions()), lines], main(name))


def main(name: str) -> str:
    """What the file does when it is run: check itself, and say so in a line."""
    return f"""\
if __name__ == "__main__":
    print("{name} commutes with", *ACTIONS, "up to a relative error of", {name}().self_check())"""


def _check(what: Plan | torch.nn.Module, hom: rt.Hom, text: PlanText) -> SelfCheck | str:
    """The check of a plan between the types of its question; the reason where there can be none."""
    module = what if isinstance(what, Intertwiner) else PlanModule(text.plan)
    try:
        if isinstance(hom.on, GSet):
            check = set_check(hom.source, hom.target, hom.on)
        else:
            check = self_check(module, hom.source, hom.target, _action(hom))
    except (NoPreservedDomain, rt.NotPreserved, ValueError) as error:
        return str(error)
    bounds = {r: growth(text, r, r) for r in RANGES}
    exact = [r for r, bound in bounds.items() if bound is not None and bound <= EXACT]
    signed = all(a.is_monomial and len(set(a.gram)) == 1 for rep in (hom.source, hom.target) for _, a in rep.summands)
    if not exact or not signed:
        return check
    return replace(check, integers=exact[0], scales=tuple(scales(text).values()))


def _action(hom: rt.Hom):
    """How the space of the question moves that of the features."""
    if isinstance(hom.on, rt.space.Hexagonal):
        return hom.on
    return hom.on.action_name(hom.group)


def _facts(hom: rt.Hom) -> str:
    """The question and its answer, a line each."""
    certificate = repr(hom.certificate).removeprefix("<Certificate: ").removesuffix(">")
    names = ", ".join(hom.group.names)
    on = "" if hom.on == rt.POINT else f"\nSpace: {hom.on!r}, {hom.on.size} points."
    return (f"{hom.expression}\n\nGroup: {hom.group!r}, generators {names}.\n"
            f"Input: {hom.source.expression}, {hom.source.dim} channels.\n"
            f"Output: {hom.target.expression}, {hom.target.dim} channels.{on}\n"
            f"Dimension: {hom.dim} of {hom.unknowns}, exact over {hom.field}.\nCertificate: {certificate}.")


def _checked(name: str) -> str:
    if not name.isidentifier() or keyword.iskeyword(name) or name in RESERVED:
        raise ValueError(f"{name!r} cannot be the name of the class. Choose another, as in name='Layer'.")
    return name
