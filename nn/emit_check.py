"""The self-check of emitted source: how the generators move its features, and f(g·x) = g·f(x) on random ones."""
from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

import reptheory as rt
from reptheory.monomial import Monomial
from reptheory.plan import Table
from reptheory.space import GSet, Hexagonal

from .check import TIME, Trial
from .emit_text import docstring, fits, quoted, sequence
from .feature import preserves, transform, turned_axes
from .literal import literal
from .preserved import Action

SHORT = 40  # summands with a longer expression are numbered in the tables

MOVED = '''\
def moved(x, summands, g):
    """The features g·x: each summand's rows are moved and signed, or mixed by a matrix, in all its copies."""
    parts, start = [], 0
    for copies, summand in summands:
        action, *signs = (entries.to(x.device) for entries in ACTIONS[g][summand])
        part = x[:, start:start + copies * len(action)].unflatten(1, (len(action), copies))
        start += copies * len(action)
        if action.ndim == 2:
            part = torch.einsum("ij,bj...->bi...", action.to(x.dtype), part)
        else:
            part = part[:, action]
        for sign in signs:
            part = part * sign.reshape(-1, *[1] * (part.ndim - 2))
        parts.append(part.flatten(1, 2))
    x = torch.cat(parts, 1)
'''
TURNED = {
    "": "    return x\n",
    "grid": '''\
    if x.ndim == 2:
        return x
    axes, flips = TURNS[g]  # space is moved by exchanging axes, then running some of them backwards
    return x.permute(axes).flip(flips)
''',
    "hexagon": '''\
    if x.ndim == 2:
        return x
    places = TURNS[g][x.shape[-1]].to(x.device)  # where each position comes from, or -1 outside the hexagon
    return x.flatten(2)[:, :, places].masked_fill(places < 0, 0).reshape(x.shape)
''',
    "set": "    return x if x.ndim == 2 else x[:, :, TURNS[g].to(x.device)]  # which point each point comes from\n",
}
INSIDE = '''\
def inside(x):
    """The features, zero outside the hexagon that the group preserves."""
    if x.ndim == 2:
        return x
    places = next(iter(TURNS.values()))[x.shape[-1]].to(x.device)
    return x * (places >= 0).reshape(x.shape[2:])
'''
LARGEST = '''\
def largest_error(layer, x, bound):
    """max |f(g·x) - g·f(x)| / max |f(x)| over the generators g; AssertionError with the first above the bound."""
    y, worst = layer(x), 0.0
    if not y.any():
        raise AssertionError("f(x) is 0 on these features, which proves nothing. Take another seed.")
    for g in ACTIONS:
        difference = layer(moved(x, INPUT, g)) - moved(y, OUTPUT, g)
        error = float(difference.abs().max()) / float(y.abs().max())
        if not error <= bound:
            raise AssertionError(
                f"{type(layer).__name__} does not commute with the generator {g}: f({g}·x) and {g}·f(x) differ by "
                f"{error:.3g} of max |f(x)|, and {bound:.3g} is allowed. The text was changed: emit it again.")
        worst = max(worst, error)
    return worst
'''


@dataclass(frozen=True)
class SelfCheck:
    """What the text needs to test f(g·x) = g·f(x): the types, the shape of x, how space is moved, and a bound.

    `integers` is the range of weights and features where all sums are exact, otherwise 0, and `bound` is the largest
    relative error; `scales` are the constants that are set to 1 for it.
    """

    in_type: rt.Rep
    out_type: rt.Rep
    shape: tuple[int, ...]
    kind: str
    turns: dict[str, str]
    is_complex: bool
    integers: int
    terms: int
    scales: tuple[str, ...]
    statistics: bool

    @property
    def elements(self) -> dict[str, Any]:
        """The generators by name; of a Lie group also exp(0.7 X_a), except on a grid, which they do not preserve."""
        group: Any = self.in_type.group
        turned = {f"exp({TIME}·{x})": group.exp(**{x: TIME}) for x in group.algebra_names} if group.is_lie else {}
        return {name: name for name in group.names} | ({} if self.kind else turned)

    def constants(self) -> list[str]:
        """The assignments of INPUT, OUTPUT, ACTIONS and TURNS."""
        names = _names([a for rep in (self.in_type, self.out_type) for _, a in rep.summands])
        types = "\n".join(_type(title, rep, names)
                          for title, rep in (("INPUT", self.in_type), ("OUTPUT", self.out_type)))
        lines = ["ACTIONS = {  # of each generator, by summand: row i of g·x is row index[i] (times its sign), or a "
                 "matrix acts"]
        for number, (name, g) in enumerate(self.elements.items()):
            lines.append(f"    {quoted(name)}: {{")
            lines += [f"        {quoted(key)}: {sequence(_action(a, number, g))}," for a, key in names.items()]
            lines.append("    },")
        found = [types, "\n".join([*lines, "}"])]
        if self.turns:
            entries = [f"    {quoted(g)}: {turn}," for g, turn in self.turns.items()]
            found.append("\n".join(["TURNS = {  # how each generator moves space", *entries, "}"]))
        return found

    def functions(self) -> list[str]:
        """The functions of the file that the method calls."""
        moved = MOVED + TURNED[self.kind]
        if self.kind != "hexagon":
            return [moved, LARGEST]
        cut = LARGEST.replace("y, worst = layer(x), 0.0", "x = inside(x)\n    y, worst = inside(layer(x)), 0.0")
        return [moved, INSIDE, cut.replace("layer(moved(x, INPUT, g))", "inside(layer(moved(x, INPUT, g)))")]

    def method(self) -> list[str]:
        """The lines of `self_check`."""
        r = self.integers
        how = (f"Weights and features are integers up to {r}, drawn at random: nothing is rounded, so it is 0."
               if r else "Weights and features are normal random numbers in float64.")
        bound = "0.0" if r else f"8 * {self.terms} * torch.finfo(torch.float64).eps"
        terms = "" if r else f"\n\nThe bound is 8 eps for each of the {self.terms} numbers that are summed on the way."
        lines = ["", "    def self_check(self, seed=0):", *docstring(
            "The largest |f(g·x) - g·f(x)| / max |f(x)| over the generators g, in a fresh copy.\n\n"
            f"{how} AssertionError with the generator where it is above the bound.{terms}", 8)]
        lines += ['        layer = type(self)(device="cpu", dtype=torch.float64).eval()',
                  '        draw = torch.Generator(device="cpu").manual_seed(seed)',
                  "        with torch.no_grad():",
                  "            for weight in layer.parameters():"]
        if r:
            lines.append(f"                weight.copy_({_integers('weight.shape', r)})")
        else:
            lines.append("                weight.normal_(generator=draw)")
        if r and self.scales:
            names = sequence(map(quoted, self.scales))
            if not fits(f"            for scale in {names}:"):
                names = "\n".join(["(", *(f"                {quoted(name)}," for name in self.scales), "            )"])
            lines += [f"            for scale in {names}:",
                      "                layer.get_buffer(scale).fill_(1)  # lengths, which only scale the weights"]
        if self.statistics:
            lines += ["            for name, value in layer.named_buffers():",
                      '                if name.endswith("running_mean"):',
                      "                    value.normal_(generator=draw)",
                      '                if name.endswith("running_var"):',
                      "                    value.uniform_(0.5, 2, generator=draw)"]
        kind = "torch.complex128" if self.is_complex else "torch.float64"
        x = (f"{_integers(self.shape, r)}.double()" if r else
             f'torch.randn({self.shape}, generator=draw, dtype={kind}, device="cpu")')
        return [*lines, f"            x = {x}", f"            return largest_error(layer, x, bound={bound})"]


def self_check(module: torch.nn.Module, in_type: rt.Rep, out_type: rt.Rep, action: Action = None) -> SelfCheck:
    """The check of a module between these types on the smallest domain that suits it, as yet without a range.

    Raises ValueError, with the reason, where the group moves nothing that could be checked.
    """
    group: Any = in_type.group
    if not group.names and not (group.is_lie and group.dim):
        raise ValueError(f"{group.expression} has no generators")
    model = copy.deepcopy(module).cpu().double().eval()
    trial = Trial(model, in_type, out_type, None, 2, action, 0)
    ndim, action = trial.space
    if ndim and not group.names:
        raise ValueError(f"{group.expression} has no generator that preserves a grid")
    shape = (_batch(in_type), *trial.x.shape[1:])
    kind = "hexagon" if isinstance(action, Hexagonal) else "grid" if ndim else ""
    turns = {}
    for g in group.names if kind else ():
        element = group.element(g)
        if isinstance(action, Hexagonal):
            y = trial.output(trial.x)
            sides = sorted({shape[-1], *y.shape[3:]})
            tables = [f"{n}: {literal(Table.of(_places(n, group, g, action)), 8)}" for n in sides]
            turns[g] = "{" + ", ".join(tables) + "}"
        elif action is not None:
            turns[g] = repr(turned_axes(ndim + 2, action, element))
    complex_ = "C" in (in_type.scalars, out_type.scalars)
    terms = round(trial.tolerance / (8 * torch.finfo(trial.kind[0]).eps))
    return SelfCheck(in_type, out_type, shape, kind, turns, complex_, 0, terms, (), False)


def set_check(in_type: rt.Rep, out_type: rt.Rep, on: GSet) -> SelfCheck:
    """The check of a plan over a finite G-set: features (batch, dim V, |X|) ↦ (batch, dim W)."""
    group = in_type.group
    turns = {g: literal(Table.of(np.argsort(move)), 4) for g, move in zip(group.names, on.permutations(group))}
    complex_ = "C" in (in_type.scalars, out_type.scalars)
    terms = in_type.dim * (on.size + 1) + out_type.dim
    shape = (_batch(in_type), in_type.dim, on.size)
    return SelfCheck(in_type, out_type, shape, "set", turns, complex_, 0, terms, (), False)


def _batch(rep: rt.Rep) -> int:
    """Enough features for all of them to be of either sign."""
    return max(2, 32 // rep.dim)


def _places(side: int, group: rt.Group, g: str, action: Hexagonal) -> np.ndarray:
    """For each position of the square array the one that g brings there, or −1 outside the hexagon."""
    numbered = torch.arange(1, side * side + 1, dtype=torch.float64).reshape(1, 1, side, side)
    return transform(numbered, group.trivial, g, action).flatten().long().numpy() - 1


def _names(summands: list[rt.Rep]) -> dict[rt.Rep, str]:
    """A key for each distinct summand: its expression, where that is short and its own."""
    found: dict[rt.Rep, str] = {}
    for a in summands:
        if a not in found:
            text = a.expression if len(a.expression) <= SHORT else f"summand {len(found)}"
            found[a] = text if text not in found.values() else f"summand {len(found)}"
    return found


def _type(title: str, rep: rt.Rep, names: dict[rt.Rep, str]) -> str:
    """The list of (copies, summand) of a type, an entry a line where there are many."""
    entries = [f"({m}, {quoted(names[a])})" for m, a in rep.summands]
    comment = "  # the type: copies of each summand" if title == "INPUT" else ""
    short = f"{title} = [{', '.join(entries)}]{comment}"
    if len(entries) == 1 or len(short) <= 100:
        return short
    return "\n".join([f"{title} = [{comment}", *(f"    {entry}," for entry in entries), "]"])


def _action(a: rt.Rep, number: int, g: Any) -> list[str]:
    """The text of the tables of an element on a summand: index, and signs where there are any; or the matrix."""
    action: Any = a.actions[number] if isinstance(g, str) else None
    if isinstance(action, Monomial) and preserves(action, a.gram):
        back = action.inverse()
        tables = [back.images] if back.is_permutation else [back.images, back.signs.astype(np.int64)]
    else:
        tables = [np.ascontiguousarray(a.to_numpy(g))]
    return [literal(Table.of(table), 8) for table in tables]


def _integers(shape: object, r: int) -> str:
    return f'torch.randint({-r}, {r + 1}, {shape}, generator=draw, device="cpu")'
