"""Whole networks in emitted source: the classes of the layers, each written once, and a Sequential of them."""
from __future__ import annotations

import copy
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np
import torch
import torch.nn.functional as F

import reptheory as rt

from .activation import Pointwise, identity
from .change import DifferentTypes, Pullback, Restrict, matching
from .check import Trial
from .dropout import FieldDropout
from .emit_check import SelfCheck, self_check
from .emit_class import RESERVED, ClassText
from .emit_exact import EXACT, RANGES, growth, scales
from .emit_layers import CHANGES, class_text, is_ours, plan_text, refuse_overridden
from .emit_text import free, quoted
from .emit_torch import NoSource, constructor, refuse_changed
from .hyperbolic import HyperbolicResNet
from .module import PlanModule
from .norm import EquivariantBatchNorm
from .pool import InvariantPool, MaxPool, Upsample
from .preserved import NoPreservedDomain

# What takes integers to integers that are no larger.
FUNCTIONS = (torch.abs, torch.relu, F.relu, F.relu6, torch.neg, torch.sign, identity)
MODULES = (torch.nn.ReLU, torch.nn.ReLU6, torch.nn.Identity, torch.nn.Flatten, torch.nn.Dropout, torch.nn.Dropout1d,
           torch.nn.Dropout2d, torch.nn.Dropout3d, torch.nn.MaxPool1d, torch.nn.MaxPool2d, torch.nn.MaxPool3d)
INITIAL = (
    "        for module in self.modules():",
    "            if isinstance(module, torch.nn.Conv2d):",
    '                torch.nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="linear")')
FORWARD = (
    "    def forward(self, x):",
    "        x = self.stem(x)",
    "        for stage in self.stages:",
    "            x = stage(x)",
    "        return self.head(self.ball(x).mean((2, 3)))")


@dataclass
class Network:
    """A Sequential while it is written: its classes by their text, and the calls that make its layers."""

    root: torch.nn.Sequential
    name: str
    classes: dict[str, ClassText] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _refuse_shared(self.root)
        self.taken = {self.name} | RESERVED
        self.body = self._body()

    def constants(self) -> list[str]:
        """The dictionaries of constants of the classes."""
        return [text.constants(self._tables(name)) for name, text in self.classes.items()]

    def blocks(self) -> list[list[str]]:
        """The classes of the layers, in the order in which they are first used."""
        return [text.lines(name, self._tables(name)) for name, text in self.classes.items()]

    def _tables(self, name: str) -> str:
        return f"{name.upper()}_TABLES"

    def lines(self, summary: list[str]) -> list[str]:
        """The class of the network itself."""
        return [f"class {self.name}(torch.nn.Sequential):", *summary, "",
                "    def __init__(self, device=None, dtype=None):", *self.body]

    def _body(self) -> list[str]:
        if not len(self.root):
            return ["        super().__init__()"]
        return ["        super().__init__(" + "OrderedDict([" * (not _numbered(self.root)),
                *self._children(self.root, "", 12), "        " + "])" * (not _numbered(self.root)) + ")"]

    def _children(self, parent: torch.nn.Sequential, path: str, indent: int) -> list[str]:
        """A line for each child, or several for a Sequential."""
        lines, pad, numbered = [], " " * indent, _numbered(parent)
        for name, child in parent._modules.items():
            where = f"{path}.{name}" if path else name
            before, after = ("", ",") if numbered else (f"({quoted(name)}, ", "),")
            if child is None:
                raise NoSource(f"the layer {where!r} of the network is None. Leave it out.")
            if isinstance(child, torch.nn.Sequential) and _is_sequential(child) and len(child):
                start, end = ("(", ")") if _numbered(child) else ("(OrderedDict([", "]))")
                lines += [f"{pad}{before}torch.nn.Sequential{start}", *self._children(child, where, indent + 4),
                          f"{pad}{end}{after}"]
            else:
                lines.append(f"{pad}{before}{self._call(where, child)}{after}")
        return lines

    def _call(self, path: str, layer: torch.nn.Module) -> str:
        """The expression that makes a layer; TypeError, naming it, where there is none."""
        if isinstance(layer, CHANGES) and layer._order is None:
            return "torch.nn.Identity()"
        try:
            if not is_ours(layer):
                return constructor(layer)
            text = self._resnet(path, layer) if isinstance(layer, HyperbolicResNet) else class_text(layer)
            if not (text.start or text.tables or text.base):
                text = replace(text, start=None)  # no state, and no `__init__`
        except NoSource as error:
            raise NoSource(f"the layer {path!r} of the network, {type(layer).__name__}, has no source: {error}. "
                           "Build the network from layers of nn and plain layers of torch.nn, or emit the parts "
                           "around it one by one.") from None
        name = next((name for name, known in self.classes.items() if known == text), "")
        if not name:
            kind = next(c.__name__ for c in type(layer).__mro__ if c.__module__.startswith("nn."))
            name = free(f"{kind}_{1 + sum(n.startswith(kind + '_') for n in self.classes)}", self.taken)
            self.taken.add(name)
            self.classes[name] = text
        return f"{name}()" if text.start is None and not text.base else f"{name}(device, dtype)"

    def _resnet(self, path: str, net: HyperbolicResNet) -> ClassText:
        """The class of a network of hyperbolic blocks, whose own classes are written before it."""
        refuse_changed(net)
        refuse_overridden(type(net))
        stages = torch.nn.Sequential(*net.stages)
        _refuse_shared(torch.nn.Sequential(OrderedDict(stem=net.stem, stages=stages, ball=net.ball, head=net.head)))
        start: list[str] = []
        for name, part in (("stem", net.stem), ("stages", stages), ("ball", net.ball), ("head", net.head)):
            where = f"{path}.{name}" if path else name
            if not (isinstance(part, torch.nn.Sequential) and _is_sequential(part) and _numbered(part)):
                start.append(f"        self.{name} = {self._call(where, part)}")
                continue
            opening, end = ("torch.nn.ModuleList([", "])") if name == "stages" else ("torch.nn.Sequential(", ")")
            start += [f"        self.{name} = {opening}", *self._children(part, where, 12), f"        {end}"]
        count = sum(p.numel() for p in net.parameters())
        return ClassText(f"{len(net.stages)} stages of hyperbolic blocks, with {count} weights.", (*start, *INITIAL),
                         FORWARD)

    def check(self) -> SelfCheck:
        """The self-check from the first type to the last; ValueError, with the reason, where there is none."""
        in_type, out_type = _ends(self.root)
        model = copy.deepcopy(self.root).cpu().double().eval()
        draw = torch.Generator(device="cpu").manual_seed(0)
        with torch.no_grad():  # statistics at which they are no identity
            for name, value in model.named_buffers():
                if name.endswith("running_var"):
                    value.uniform_(0.5, 2, generator=draw)
                elif name.endswith("running_mean"):
                    value.normal_(generator=draw)
        check = self_check(model, in_type, in_type if out_type is None else out_type)
        if out_type is None:
            channels = model(torch.zeros(check.shape, dtype=torch.float64)).shape[1]
            out_type = channels * in_type.group.trivial
        trial = Trial(model, in_type, out_type, None, 2, None, 0)
        found = trial.worst()
        if not found.error <= trial.tolerance:
            raise ValueError(f"for the generator {found.generator}, f(g·x) and g·f(x) differ by {found.error:.3g} of "
                             "max |f(x)|")
        check = replace(check, out_type=out_type,
                        statistics=any(n.endswith("running_var") for n, _ in self.root.named_buffers()))
        exact = [r for r in RANGES if _growth(self.root, r) <= EXACT]
        return replace(check, integers=exact[0], scales=tuple(_scales(self.root))) if exact and all(
            is_signed(rep) for rep in (in_type, out_type)) else check


def is_signed(rep: rt.Rep) -> bool:
    """Whether the group permutes the orthonormal coordinates of features up to sign, so that it moves integers
    exactly."""
    return all(a.is_monomial and len(set(a.gram)) == 1 for _, a in rep.summands)


def leaves(parent: torch.nn.Sequential, path: str = "") -> Iterator[tuple[str, torch.nn.Module]]:
    """The layers in order, each with its path, as often as they occur."""
    for name, child in parent._modules.items():
        where = f"{path}.{name}" if path else name
        if isinstance(child, torch.nn.Sequential) and _is_sequential(child):
            yield from leaves(child, where)
        elif child is not None:
            yield where, child


def _is_sequential(module: torch.nn.Module) -> bool:
    if not isinstance(module, torch.nn.Sequential) or type(module).forward is not torch.nn.Sequential.forward:
        return False
    try:
        refuse_changed(module)
    except NoSource:
        return False
    return True


def _numbered(parent: torch.nn.Sequential) -> bool:
    return list(parent._modules) == [str(n) for n in range(len(parent))]


def _refuse_shared(root: torch.nn.Sequential) -> None:
    """Raise NoSource where a weight occurs in two places: the emitted network would have two of it."""
    if not _is_sequential(root):
        raise NoSource(f"{type(root).__name__} is no plain torch.nn.Sequential: it has a forward pass or hooks of its "
                       "own. Emit a Sequential of its layers.")
    seen: dict[int, str] = {}
    for path, layer in leaves(root):
        for name, value in [*layer.named_parameters(), *layer.named_buffers()]:
            if seen.setdefault(id(value), path) != path:
                raise NoSource(f"{name!r} of the layer {path!r} is also that of {seen[id(value)]!r}, and emitted "
                               "networks share no weights. Call the shared layer twice in code of your own.")


def _ends(root: torch.nn.Sequential) -> tuple[rt.Rep, rt.Rep | None]:
    """The types at both ends, for the group under which all layers commute; None for any number of invariants.

    ValueError, with the reason, where one of them is not known.
    """
    first: rt.Rep | None = None
    last: rt.Rep | None = None
    for path, layer in leaves(root):
        source, target = getattr(layer, "in_type", None), getattr(layer, "out_type", None)
        if source is None or target is None:
            origin = layer.plan.origin if isinstance(layer, PlanModule) else None
            if isinstance(origin, rt.Hom):
                source, target = origin.source, origin.target
            elif first is None:
                raise ValueError(f"the type of the features that enter the layer {path!r} is not known")
            else:
                last = None if last is None or last.is_trivial else last
                continue
        if first is None:
            first = source
        elif last is None or not _equal(last, source):
            before = "features of no known type" if last is None else last.expression
            raise ValueError(f"the layer {path!r} takes {source.expression} and gets {before}")
        if isinstance(layer, Restrict):
            first = first.restrict(layer.out_type.group)
        elif isinstance(layer, Pullback):
            first = first.pullback(layer.along)
        last = target
    if first is None:
        raise ValueError("no layer has a type")
    return first, last


def _equal(one: rt.Rep, other: rt.Rep) -> bool:
    """Whether two types have equal matrices in the same order of channels."""
    try:
        return one.dim == other.dim and bool((matching(one, other) == np.arange(one.dim)).all())
    except (DifferentTypes, rt.DifferentGroups):
        return False


def _growth(root: torch.nn.Sequential, r: float) -> float:
    """A bound on all sums for weights and features up to r; infinite where a layer leaves the integers."""
    bound = r
    for _, layer in leaves(root):
        if isinstance(layer, PlanModule):
            found = growth(plan_text(layer), r, bound)
        else:
            found = bound if _keeps_integers(layer) else None
        if found is None:
            return float("inf")
        bound = found
    return bound


def _keeps_integers(layer: torch.nn.Module) -> bool:
    """Whether a layer takes integers to integers that are no larger, in evaluation mode."""
    if isinstance(layer, Pointwise):
        return layer.fn in FUNCTIONS or isinstance(layer.fn, torch.nn.ReLU | torch.nn.ReLU6)
    if isinstance(layer, InvariantPool):
        return layer.kind == "max" and layer.spatial in (None, "max")
    if isinstance(layer, Upsample):
        return layer.mode == "nearest"
    return isinstance(layer, (MaxPool, FieldDropout, *CHANGES, *MODULES)) and not isinstance(
        layer, EquivariantBatchNorm)


def _scales(root: torch.nn.Sequential) -> Iterator[str]:
    """The paths of the constants that only scale weights."""
    for path, layer in leaves(root):
        if isinstance(layer, PlanModule):
            yield from (f"{path}.{attribute}" for attribute in scales(plan_text(layer)).values())


def check_or_reason(network: Network) -> SelfCheck | str:
    """The self-check of a network, or why it has none."""
    try:
        return network.check()
    except (NoPreservedDomain, ValueError, TypeError, RuntimeError, IndexError) as error:
        return str(error).partition("\n")[0].rstrip(".")
