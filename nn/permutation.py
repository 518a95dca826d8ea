"""The linear layer between sums of tensor powers of R^n that commutes with S_n: the same weights at every n."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod

import torch

from reptheory.diagram import Labels
from reptheory.permutation_family import permutation_family
from reptheory.permutation_plan import paths, step_up
from reptheory.plan import Plan

from .constants import Constants
from .module import PlanModule

Masks = torch.Tensor | Mapping[str, torch.Tensor] | None


class WrongShape(ValueError):
    """Tensors that do not have the channels, or the sizes of each kind of index, that the layer takes."""


class PermutationLinear(Constants):
    """The map y = Σ_D w_D D x + b over all diagrams D, equivariant for S_n at every n, with one set of weights.

    Types are those of `reptheory.permutation_family`: PermutationLinear("8*nn", "4*nn") takes (*batch, 8, n, n) to
    (*batch, 4, n, n), for graphs; "8*n" are sets (Zaheer et al., arXiv 1703.06114). One tensor for each summand, in and
    out. With `average` every sum over indices is a mean, so that every diagram has norm 1 for max |x| at each n; then
    the initial variance is exact at every n: E y² ≤ gain where the output's indices differ, for inputs with E x² ≤ 1,
    with equality for inputs that are equal at all indices (`PermutationFamily.variances`). Without it sums are sums.
    Diagrams are not orthogonal: gradient flow depends on this basis.

    >>> layer = PermutationLinear("2*nn", "3*n"); layer
    PermutationLinear('2*nn', '3*n')  # 33 weights
    >>> layer(torch.ones(1, 2, 5, 5)).shape, layer(torch.ones(1, 2, 9, 9)).shape
    (torch.Size([1, 3, 5]), torch.Size([1, 3, 9]))
    """

    def __init__(self, source: int | str | Sequence, target: int | str | Sequence, bias: bool = True,
                 average: bool = True, init: str = "he", device=None, dtype=None,
                 generator: torch.Generator | None = None) -> None:
        super().__init__()
        self.family = permutation_family(source, target)
        self.average, self.has_bias, self.init = average, bias, init
        self._variances: dict[str, float] = {}
        self._pairs, self._biases = [], []
        single = len(self.family.layout) == 1
        for (b, a, n, m, diagrams), variance in zip(self.family.layout, self.family.variances(init).values()):
            name = "weight" if single else f"weight_{b}_{a}"
            found = paths(diagrams)
            order = [number for path in found for number in path.numbers]
            self.constant(f"order_{b}_{a}", torch.tensor(order, device="cpu"), device)
            self._add(name, (len(diagrams), n, m), float(variance), device, dtype)
            self._pairs.append((b, a, name, found))
        for b, (n, _) in enumerate(self.family.target):
            if bias:
                name = "bias" if len(self.family.target) == 1 else f"bias_{b}"
                self._add(name, (len(self.family.invariants[b]), n), 0.0, device, dtype)
                places = [(invariant.labels, len(invariant.blocks)) for invariant in self.family.invariants[b]]
                self._biases.append((b, name, places))
        self.reset_parameters(generator)

    def _add(self, name: str, shape: tuple[int, ...], variance: float, device, dtype) -> None:
        self.register_parameter(name, torch.nn.Parameter(torch.empty(shape, device=device, dtype=dtype)))
        self._variances[name] = variance

    def reset_parameters(self, generator: torch.Generator | None = None) -> None:
        """Draw the weights anew: normal, of mean 0 and the variances of the family; biases 0."""
        with torch.no_grad():
            for name, variance in self._variances.items():
                getattr(self, name).normal_(0, variance ** 0.5, generator=generator)

    def forward(self, *inputs: torch.Tensor, mask: Masks = None,
                **sizes: int) -> torch.Tensor | tuple[torch.Tensor, ...]:
        """The tensors (*batch, channels, *indices), one for each summand of the target; alone if there is one.

        `mask` is True at the nodes that are there, (*batch, n), by kind where there are several: what is padded is read
        as absent, does not count in means, and is 0 in the output. `sizes` are those of kinds that no input has.
        """
        found, batch = self._measure(inputs, sizes)
        masks = self._masks(mask, found, batch)
        counts = {kind: present.sum(-1).clamp(min=1) for kind, present in masks.items()}
        inputs = tuple(_masked(x, word, masks) for x, (_, word) in zip(inputs, self.family.source))
        start = len(batch) + 1
        stores: list[dict[tuple[Labels, Labels], torch.Tensor]] = [{} for _ in inputs]
        totals: list[dict[Labels, torch.Tensor]] = [{} for _ in self.family.target]
        for b, a, name, found_paths in self._pairs:
            weight = getattr(self, name).index_select(0, getattr(self, f"order_{b}_{a}"))
            word, done = self.family.source[a][1], 0
            for path in found_paths:
                parts = []
                for _, source, kept in path.members:
                    part = self._contraction(stores[a], inputs[a], word, source, tuple(sorted(kept)), start, counts)
                    parts.append(_ordered(part, kept, start))
                stack = parts[0] if len(parts) == 1 else torch.cat(parts, dim=start - 1)
                rows = weight.narrow(0, done, len(parts)).transpose(0, 1).flatten(1)
                flat = stack.reshape(*stack.shape[:start], prod(stack.shape[start:]))
                shape = [1] * path.letters
                for place, axis in enumerate(path.axes):
                    shape[axis] = stack.shape[start + place]
                _accumulate(totals[b], path.write, (rows @ flat).reshape(*batch, len(rows), *shape))
                done += len(parts)
        for b, name, places in self._biases:
            for (labels, axes), row in zip(places, getattr(self, name)):
                _accumulate(totals[b], labels, row.reshape(-1, *[1] * axes))
        outputs = tuple(self._written(b, totals[b], found, batch, masks) for b in range(len(totals)))
        return outputs[0] if len(outputs) == 1 else outputs

    def at(self, n: int | None = None, /, **sizes: int) -> PlanModule:
        """The layer at one n, on flat features of `family.at(n)`, with a copy of the weights: what `nn.source` writes.

        >>> layer = PermutationLinear(1, 1); x = torch.randn(4, 1, 3)
        >>> torch.allclose(layer.at(3)(x.flatten(1)), layer(x).flatten(1), atol=1e-6)
        True
        """
        weight = next(self.parameters())
        module = PlanModule(self.plan(n, **sizes), device=weight.device, dtype=weight.dtype)
        module.load_state_dict(self.state_dict())
        return module.train(self.training)

    def plan(self, n: int | None = None, /, **sizes: int) -> Plan:
        """The plan at one n, with parameters of the same names and shapes."""
        return self.family.plan(n, average=self.average, bias=self.has_bias, init=self.init, **sizes)

    def _measure(self, inputs: tuple[torch.Tensor, ...], sizes: dict[str, int]) -> tuple[dict[str, int], torch.Size]:
        """The size of every kind, and the shape of the batch; WrongShape where the inputs do not agree."""
        terms = self.family.source
        if len(inputs) != len(terms):
            raise WrongShape(f"{self.family.expression} takes {len(terms)} tensors, one for each summand, and "
                             f"{len(inputs)} were given.")
        for kind, size in sizes.items():
            if kind not in self.family.kinds or isinstance(size, bool) or not isinstance(size, int | torch.SymInt):
                raise WrongShape(f"{kind}={size!r}: sizes are integers, of the kinds {', '.join(self.family.kinds)} of "
                                 f"{self.family.expression}. Leave it out, or give the size of one of these.")
            if size < 0:
                raise WrongShape(f"{kind}={size}: there are no sizes below 0. Give the number of nodes.")
        found, batch = dict(sizes), None
        for x, (m, word) in zip(inputs, terms):
            if not isinstance(x, torch.Tensor):
                raise TypeError(f"the summand {m}*{word or '1'} is a tensor, and this is a {type(x).__name__}. Give "
                                "the tensors one by one, layer(x, y).")
            start = x.ndim - len(word)
            if start < 1 or x.shape[start - 1] != m:
                shape = ", ".join(["*batch", str(m), *word])
                raise WrongShape(f"the summand {m}*{word or '1'} is a tensor ({shape}), and this one has the shape "
                                 f"{tuple(x.shape)}. Put the channels before the indices.")
            batch = x.shape[:start - 1] if batch is None else batch
            if x.shape[:start - 1] != batch:
                raise WrongShape(f"the inputs have the batches {tuple(batch)} and {tuple(x.shape[:start - 1])}. Give "
                                 "tensors of one batch.")
            for kind, size in zip(word, x.shape[start:]):
                if found.setdefault(kind, size) != size:
                    raise WrongShape(f"the kind {kind} has the sizes {found[kind]} and {size}: indices of one kind are "
                                     "permuted together. Give them one size, or name another kind.")
        for kind in self.family.kinds:
            if kind not in found:
                raise WrongShape(f"no input has an index of the kind {kind}, so its size is not known. Say it: "
                                 f"layer(x, {kind}=5).")
        return found, batch if batch is not None else torch.Size()

    def _masks(self, mask: Masks, sizes: dict[str, int], batch: torch.Size) -> dict[str, torch.Tensor]:
        """The mask of each kind that has one; WrongShape where it is none."""
        if mask is None:
            return {}
        if isinstance(mask, torch.Tensor):
            if len(self.family.kinds) != 1:
                raise WrongShape(f"{self.family.expression} has the kinds {', '.join(self.family.kinds)}, and one mask "
                                 "does not say which. Give a dictionary by kind.")
            mask = {self.family.kinds: mask}
        for kind, present in mask.items():
            if kind not in sizes or present.dtype != torch.bool or present.shape != (*batch, sizes[kind]):
                wanted = f"{(*batch, sizes[kind])}" if kind in sizes else f"one of the kinds {', '.join(sizes)}"
                raise WrongShape(f"the mask of {kind} is {present.dtype} of shape {tuple(present.shape)}. Give True "
                                 f"for each node that is there: a boolean tensor (*batch, n), here {wanted}.")
        return dict(mask)

    def _contraction(self, store: dict, x: torch.Tensor, word: str, source: Labels, kept: Labels, start: int,
                     counts: dict[str, torch.Tensor]) -> torch.Tensor:
        """The input on the diagonals of its labels, reduced to those kept, in increasing order; made once."""
        if (source, kept) not in store:
            up = step_up(source, kept)
            if up is None:
                store[source, kept] = _diagonal(x, source, start)
            else:
                larger, axis = up
                found = self._contraction(store, x, word, source, larger, start, counts)
                kind = word[source.index(larger[axis])]
                if not self.average:
                    found = found.sum(start + axis)
                elif kind in counts:
                    found = found.sum(start + axis)
                    found = found / counts[kind].reshape(*counts[kind].shape, *[1] * (found.ndim - counts[kind].ndim))
                else:
                    found = found.mean(start + axis)
                store[source, kept] = found
        return store[source, kept]

    def _written(self, b: int, totals: dict[Labels, torch.Tensor], sizes: dict[str, int], batch: torch.Size,
                 masks: dict[str, torch.Tensor]) -> torch.Tensor:
        """The sum of the totals: first what is written everywhere, then what is written on diagonals, in place."""
        n, word = self.family.target[b]
        everywhere = tuple(range(len(word)))
        shape = (*batch, n, *(sizes[c] for c in word))
        y = totals[everywhere].expand(shape).contiguous()
        for write, total in totals.items():
            if write != everywhere:
                _diagonal(y, write, len(batch) + 1).add_(total)
        return _masked(y, word, masks)

    def __repr__(self) -> str:
        given = self.family.expression.removeprefix("permutation_family(").removesuffix(")")
        bias = "" if self.has_bias else ", bias=False"
        average = "" if self.average else ", average=False"
        init = "" if self.init == "he" else f", init={self.init!r}"
        return f"PermutationLinear({given}{bias}{average}{init})  # {sum(p.numel() for p in self.parameters())} weights"


def _accumulate(totals: dict[Labels, torch.Tensor], write: Labels, term: torch.Tensor) -> None:
    totals[write] = totals[write] + term if write in totals else term


def _diagonal(x: torch.Tensor, labels: Labels, start: int) -> torch.Tensor:
    """The view of the entries whose indices are equal where the labels are: one axis a label, from `start` on."""
    left = list(labels)
    for label in dict.fromkeys(labels):
        while left.count(label) > 1:
            i = left.index(label)
            j = left.index(label, i + 1)
            x = x.diagonal(dim1=start + i, dim2=start + j)  # its axis is the last now
            left = [*left[:i], *left[i + 1:j], *left[j + 1:], label]
    order = sorted(range(len(left)), key=left.__getitem__)
    return x.permute(*range(start), *(start + i for i in order))


def _ordered(x: torch.Tensor, kept: Labels, start: int) -> torch.Tensor:
    """The axes of increasing labels put into the order of `kept`."""
    ordered = sorted(kept)
    return x.permute(*range(start), *(start + ordered.index(label) for label in kept))


def _masked(x: torch.Tensor, word: str, masks: dict[str, torch.Tensor]) -> torch.Tensor:
    """The tensor with 0 wherever an index points at a node that is not there."""
    for i, kind in enumerate(word):
        if kind in masks:
            present = masks[kind]
            shape = (*present.shape[:-1], 1, *[1] * i, present.shape[-1], *[1] * (len(word) - 1 - i))
            x = torch.where(present.reshape(shape), x, 0)
    return x
