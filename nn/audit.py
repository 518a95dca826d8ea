"""Does training with augmentation keep this model equivariant? The spaces of its layers beside Hom_G, one a row."""
from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import torch

import reptheory as rt
from reptheory.project import check_orthogonal
from reptheory.tabular import Tabular

from .feature import check_type
from .field_type import Block, FieldType, NoAction, same
from .judge import Judgement, Row
from .walk import WHOLE, Walk, hooked, is_single, tensors_in, traced


class NoLinearLayer(ValueError):
    """A model without weights to audit."""


class ChangesParameters(ValueError):
    """A model that changes its parameters while it is run, so that their space is not defined."""


class BadInput(ValueError):
    """Features on which a model does not run."""


SHOWN = 4  # the layers that are named in a line of assumptions


@dataclass(frozen=True, eq=False, repr=False)
class Audit(Tabular):
    """The answer of `nn.audit`: a `Row` for each call, true when every layer is known, compatible and unitary.

    Then the equivariant weights E = L ∩ Hom_G are invariant under gradient flow with augmentation (Nordenfors, Ohlsson
    and Flinth, arXiv 2303.13458).
    """

    rows: tuple[Row, ...]
    assumptions: tuple[tuple[str, str], ...]
    question: Question

    def __bool__(self) -> bool:
        return all(row.compatible and row.unitary is not False for row in self.rows)

    @property
    def distance(self) -> float:
        """√Σ‖w − Π_E w‖² over the layers, at the time of the audit."""
        return float(sum(row.distance ** 2 for row in self.rows) ** 0.5)

    @property
    def unknown(self) -> tuple[Row, ...]:
        """The rows that were not decided."""
        return tuple(row for row in self.rows if not row.is_known)

    def row(self, name: str) -> Row:
        """The row of a layer; KeyError with the names there are."""
        for row in self.rows:
            if row.name == name:
                return row
        raise KeyError(f"the audit has no row {name!r}; it has {', '.join(row.name for row in self.rows)}.")

    @property
    def cells(self) -> list[list[str]]:
        """The table as text, the heading first."""
        words = {True: "yes", False: "no", None: "?"}
        found = [["layer", "kind", "dim L", "dim E", "compatible", "unitary", "distance to E", "what to change"]]
        for row in self.rows:
            w = bool(row.weights)
            found.append([row.name, row.kind, str(row.dim_L) if w else "", str(row.dim_E) if w else "",
                          "unknown" if row.compatible is None else words[row.compatible],
                          words[row.unitary] if w else "", f"{row.distance:.3g}" if w else "", row.change])
        return found

    def __repr__(self) -> str:
        text = super().__repr__()
        fixed = [name for name, kind in self.assumptions if kind == "channels"]
        shown = ", ".join(fixed[:SHOWN]) + (f" and {len(fixed) - SHOWN} more" if len(fixed) > SHOWN else "")
        lines = [f"the group moves pixels and fixes the channels after {shown}"] if fixed else []
        lines += [f"{name}: {kind}" for name, kind in self.assumptions if kind != "channels"]
        return text + ("\nassumed: " + "; ".join(lines) if lines else "")


@dataclass(frozen=True, eq=False)
class Question:
    """What was asked of a model: its types and its input shape. `of(model)` asks it."""

    input_type: FieldType
    output_rep: rt.Rep | None
    hidden: Mapping[str, rt.Rep]

    def of(self, model: torch.nn.Module) -> Audit:
        """The audit of a model, run once in double precision on a copy."""
        rows, assumptions, _ = self.judged(model)
        return Audit(rows, assumptions, self)

    def judged(self, model: torch.nn.Module) -> tuple[tuple[Row, ...], tuple[tuple[str, str], ...], torch.nn.Module]:
        """The rows, the assumptions, and the copy whose parameters they speak of."""
        if next(model.parameters(), None) is None:
            raise NoLinearLayer(f"{type(model).__name__} has no parameters, so there is no space of layers to audit. "
                                "Check functions with nn.assert_equivariant.")
        number = next((name for name, p in model.named_parameters() if p.is_complex()), None)
        if number is not None:
            raise TypeError(f"the parameter {number} of {type(model).__name__} is complex, and the audit is of real "
                            "weights. Judge its layers with rt.commute(P, H) over the complex numbers.")
        copy = deepcopy(model).cpu().double().eval()
        for p in copy.parameters():
            p.requires_grad_()
        leaves = dict(copy.named_parameters())
        kept = {name: leaf.detach().clone() for name, leaf in leaves.items()}
        judge = Judgement(self.input_type.group, dict(self.hidden), self.output_rep, leaves)
        judge.assumptions += [(name, "frozen, and judged as if it were trained")
                              for name, p in model.named_parameters() if not p.requires_grad]
        x = torch.randn(self.input_type.shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
        judge.types[id(x)] = x, self.input_type
        single = isinstance(copy, WHOLE) or (is_single(copy) and type(copy).__module__.startswith("torch.nn"))
        whole = torch.nn.Sequential(OrderedDict(model=copy)) if single else copy  # a single layer is a call
        graph = traced(whole)
        with torch.enable_grad():
            try:
                if graph is None:
                    judge.assumptions.append((type(model).__name__, "torch.fx cannot trace it, so that calls "
                                              "between its modules are not seen"))
                    y = hooked(whole, x, judge)
                else:
                    y = Walk(graph, judge, None).run(x)
            except RuntimeError as error:
                if "in-place operation" in str(error):
                    raise ChangesParameters(f"{type(model).__name__} changes a parameter in place while it runs, "
                                            "so its space is not defined. Compute the changed weights "
                                            "beside it.") from error
                raise BadInput(f"{type(model).__name__} does not run on features of shape {tuple(x.shape)}: "
                               f"{_first(error)}. Give the shape of one input, as in "
                               "input_shape=(3, 32, 32).") from error
        for name, leaf in leaves.items():
            if not torch.equal(leaf.detach(), kept[name]):
                raise ChangesParameters(f"{type(model).__name__} changes its parameter {name} in place while it runs, "
                                        "so its space is not defined. Compute the changed weights beside it.")
        missing = [name for name in self.hidden if name not in {row.name for row in judge.rows}]
        if missing:
            raise KeyError(f"hidden names {', '.join(missing)}, and the calls with weights are "
                           f"{', '.join(row.name for row in judge.rows if row.weights)}.")
        rows = [*judge.rows, *self._result(judge, y), *_unused(leaves, judge)]
        return tuple(rows), tuple(judge.assumptions), copy

    def _result(self, judge: Judgement, y: Any) -> Iterator[Row]:
        """A row where no tensor that the model returns, alone or in tuples and dicts, has the type that was said."""
        known = [judge.types[id(t)][1] for t in tensors_in(y) if id(t) in judge.types]
        if self.output_rep is None or not known:
            return
        wanted = Block((self.output_rep.dim,), self.output_rep.group, self.output_rep)
        if not any(block.channels is not None and same(block, wanted) for t in known for block in t.blocks[1:]):
            yield Row("(output)", "result", commutes=False,
                      change=f"the output has the type {known[0].text}, and {self.output_rep.expression} was said. "
                             "Give the last layers their types with hidden={…}")


def _first(error: RuntimeError) -> str:
    """The first line of what torch says, without its full stop."""
    return str(error).partition("\n")[0].rstrip(".")


def _unused(leaves: Mapping[str, torch.Tensor], judge: Judgement) -> Iterator[Row]:
    """A row for parameters of which no call told anything."""
    told = {p for row in judge.rows for p in row.parameters}
    for name in leaves:
        if name not in told and not any(name.rpartition(".")[0] == row.name for row in judge.rows):
            yield Row(name, "parameter", commutes=None, change="unknown: no layer that the audit knows uses it")


def audit(model: torch.nn.Module, input_rep: rt.Rep, output_rep: rt.Rep | None = None,
          hidden: Mapping[str, rt.Rep] | None = None, input_shape: Sequence[int] | None = None,
          action: rt.Rep | None = None) -> Audit:
    """The table of all layers of any torch model: dim L, dim E, whether Π_L Π_G = Π_G Π_L, whether L L* = Π_L, ‖w − Π_E
    w‖ and what to change, for the group G of `input_rep`.

    `input_shape` is (channels, *sides), without the batch; pixels are moved by G.vector or by `action`. The result of a
    layer has the type hidden[name], that of the last layer `output_rep`; otherwise the group moves its pixels and fixes
    its channels, which is printed as an assumption. Dimensions and compatibility are exact; functions without weights
    are tried on random features in float64. Raises NoAction, NoLinearLayer, BadInput, ChangesParameters, NotOrthogonal,
    TypeError for complex weights.

    >>> G = rt.C(4)
    >>> table = audit(torch.nn.Conv2d(1, 1, 3, stride=2, padding=1), G.trivial, input_shape=(1, 8, 8))
    >>> bool(table), table[0].change
    (False, 'tap (0, 0) goes to (0, 3), outside the kernel: use images of side 7 or 9, or a kernel of side 4')
    """
    check_type(input_rep)
    if output_rep is not None:
        check_type(output_rep)
    shape = (input_rep.dim,) if input_shape is None else tuple(input_shape)
    for rep in (output_rep, *(hidden or {}).values()):
        if rep is not None and rep.group != input_rep.group:
            raise rt.DifferentGroups(f"the audit is for {input_rep.group.expression}, and {rep.expression} is a "
                                     f"representation of {rep.group.expression}. Restrict one of them.")
    for rep in (input_rep, output_rep, *(hidden or {}).values()):
        if rep is not None:
            check_orthogonal(rep)
            if rep.scalars == "C":
                raise NoAction(f"{rep.expression} is complex, and the audit runs models on real features. Use "
                               "its realify().")
    return Question(FieldType.of(input_rep, shape, action), output_rep, dict(hidden or {})).of(model)
