"""source(plan), source(layer), source(network): stand-alone text that needs torch only."""
from __future__ import annotations

import builtins
import keyword
from dataclasses import replace
from typing import Any

import torch

import reptheory as rt
from reptheory.plan import Plan
from reptheory.space import GSet, Hexagonal

from .emit_check import SelfCheck, self_check, set_check
from .emit_class import RESERVED, ClassText, file_text
from .emit_exact import EXACT, RANGES, growth, scales
from .emit_layers import class_text, facts, plan_text
from .emit_network import Network, check_or_reason, is_signed, leaves
from .emit_plan import PlanText
from .emit_text import docstring, is_plain
from .emit_torch import NoSource
from .hyperbolic import HyperbolicResNet
from .linear import Intertwiner
from .module import PlanModule
from .preserved import NoPreservedDomain


def source(what: Plan | torch.nn.Module, name: str | None = None) -> str:
    """The text of a module that needs torch only: that of a plan, a layer, a HyperbolicResNet, a Sequential of these.

    Checkpoints go from one to the other, and outputs are equal bit by bit. Where the types at both ends are known,
    the docstring states group, types, dimension and certificate, and `self_check()` tests f(g·x) = g·f(x) on the
    generators. Raises NoSource, a TypeError, for what it cannot write, ValueError for a name that no class can have.

    >>> from fractions import Fraction
    >>> from reptheory.plan import Param, Plan, Step
    >>> w = Param("weight", (3, 2), Fraction(1))
    >>> step = Step.make("y", "conv", "x", "weight", stride=(), padding=(), dilation=())
    >>> print(source(Plan(("x",), (w,), (), (step,), "y")).partition("def forward")[2])
    (self, x):
            return F.linear(x.movedim(1, -1), self.weight).movedim(-1, 1)
    <BLANKLINE>
    """
    if isinstance(what, torch.nn.Sequential):
        return _network(what, _checked("Network" if name is None else name))
    name = _checked("Layer" if name is None else name)
    if isinstance(what, Plan):
        text = PlanText(what)
        draw = torch.Generator(device="cpu").manual_seed(0)  # the numbers of the caller stay as they are
        module = PlanModule(text.plan, device="cpu", generator=draw)
        return _file(name, what, text.text(), _plan_check(what, module, text))
    if not isinstance(what, torch.nn.Module):
        raise NoSource(f"source writes plans, layers of nn, and torch.nn.Sequential of them, not "
                       f"{type(what).__name__}. Give one of these.")
    if isinstance(what, HyperbolicResNet):
        return _network(torch.nn.Sequential(what), name, whole=True)
    try:
        found = class_text(what)
    except NoSource as error:
        raise NoSource(f"source writes plans, layers of nn, and torch.nn.Sequential of them, and {error}. Give one of "
                       "these.") from None
    if isinstance(what, PlanModule):
        text = plan_text(what)
        return _file(name, what.plan, text.text(), _plan_check(what.plan, what, text))
    return _network(torch.nn.Sequential(what), name, found)


def _file(name: str, plan: Plan, found: ClassText, check: SelfCheck | str) -> str:
    """The file of one class that runs a plan."""
    hom = plan.origin if isinstance(plan.origin, rt.Hom) else None
    lines = [plan.note or f"The map of a plan, as {name}.", "", f"Emitted from the plan {plan.digest}."]
    if hom is not None:
        on = [] if hom.on == rt.POINT else [f"Space: {hom.on!r}, {hom.on.size} points."]
        lines = [hom.expression, "", *_types(hom.source, hom.target), *on, *facts(plan)]
    return _assembled(name, lines, [found.constants("TABLES")], [], found.lines(name, "TABLES"), check)


def _network(root: torch.nn.Sequential, name: str, single: ClassText | None = None, whole: bool = False) -> str:
    """The file of a network, or of a single layer that runs no plan; `whole` where the one layer is a network."""
    network = Network(root, name)
    parts: tuple[list[str], list[list[str]]] = [], []
    if whole:
        single = network.classes.popitem()[1]  # after those of its blocks
        parts = network.constants(), network.blocks()
    check = check_or_reason(network)
    types = _types(check.in_type, check.out_type) if isinstance(check, SelfCheck) else []
    if single is not None:
        return _assembled(name, [single.summary, *([""] if types else []), *types],
                          [*parts[0], single.constants("TABLES")], parts[1], single.lines(name, "TABLES"), check)
    count = sum(p.numel() for p in root.parameters())
    layers = sum(1 for _ in leaves(root))
    lines = [f"A network of {layers} layers, with {count} weights.", *([""] if types else []), *types]
    summary = docstring(f"{layers} layers, with {count} weights.", 4)
    return _assembled(name, lines, network.constants(), network.blocks(), network.lines(summary), check)


def _assembled(name: str, title: list[str], constants: list[str], blocks: list[list[str]], lines: list[str],
               check: SelfCheck | str) -> str:
    """The file, with the check where there is one, or the reason why there is none."""
    if isinstance(check, str):
        reason = ["", f"No self-check: {check}."] if check else []
        return file_text("\n".join(title + reason), constants, [*blocks, lines])
    functions = [text.splitlines() for text in check.functions()]
    return file_text("\n".join(title), [*constants, *check.constants()],
                     [*functions, *blocks, [*lines, *check.method()]], _main(name))


def _main(name: str) -> str:
    """What the file does when it is run: check itself, and say so in a line."""
    return f"""\
if __name__ == "__main__":
    print("{name} commutes with", *ACTIONS, "up to a relative error of", {name}().self_check())"""


def _types(source: rt.Rep, target: rt.Rep) -> list[str]:
    """Group and types, a line each."""
    group = source.group
    generated = f", generators {', '.join(group.names)}" if group.names else ""
    return [f"Group: {group!r}{generated}.",
            f"Input: {source.expression}, {source.dim} channels.",
            f"Output: {target.expression}, {target.dim} channels."]


def _plan_check(plan: Plan, module: PlanModule, text: PlanText) -> SelfCheck | str:
    """The check of a plan between the types of its question; the reason where there can be none."""
    hom = plan.origin
    if not isinstance(hom, rt.Hom):
        return ""
    if not plan.size:
        return "it has no weights: zero is the only such map"
    try:
        if isinstance(hom.on, GSet):
            check = set_check(hom.source, hom.target, hom.on)
        else:
            check = self_check(module, hom.source, hom.target, _action(hom, module))
    except (NoPreservedDomain, ValueError, RuntimeError) as error:
        return str(error).partition("\n")[0].rstrip(".")
    bounds = {r: growth(text, r, r) for r in RANGES}
    exact = [r for r, bound in bounds.items() if bound is not None and bound <= EXACT]
    if not exact or not (is_signed(hom.source) and is_signed(hom.target)):
        return check
    return replace(check, integers=exact[0], scales=tuple(scales(text).values()))


def _action(hom: rt.Hom, module: PlanModule) -> Any:
    """How the space of the question moves that of the features, for a module that does not say so itself."""
    if isinstance(module, Intertwiner):
        return None
    return hom.on if isinstance(hom.on, Hexagonal) else hom.on.action_name(hom.group)


def _checked(name: str) -> str:
    taken = name in RESERVED or keyword.iskeyword(name) or hasattr(builtins, name)
    if not name.isidentifier() or not is_plain(name) or taken:
        raise ValueError(f"{name!r} cannot be the name of the class. Choose another, as in name='Layer'.")
    return name
