"""How a group moves a tensor: one representation for each axis, pixels moved about their centre, and what an
operation does to it."""
from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from math import prod
from typing import Any

import numpy as np
import torch

import reptheory as rt
from reptheory.monomial import Monomial, as_matrix

from .feature import action_on_space, preserves, turned_axes

CANDIDATES = 64  # the most types that are tried for the output of an operation


class NoAction(ValueError):
    """A group that does not act on tensors of this shape."""


@dataclass(frozen=True, eq=False)
class Block:
    """An axis on which a representation acts, or spatial axes of these sides whose pixels are moved together.

    `order` gives for each entry of the axis the basis vector that it is the coefficient of, where they are not in
    order; `parts` are the blocks that were flattened into it.
    """

    sides: tuple[int, ...]
    group: rt.Group
    channels: rt.Rep | None = None
    action: rt.Rep | None = None
    order: np.ndarray | None = None
    parts: tuple[Block, ...] = ()

    @cached_property
    def rep(self) -> rt.Rep:
        """The representation on the block, flattened in C order: of pixels, by permutations."""
        if self.channels is not None:
            return self.channels
        images = {name: self.pixels(g).tolist() for name, g in zip(self.group.names, self.group.generators)}
        return self.group.permutation(**images)

    @cached_property
    def is_trivial(self) -> bool:
        """Whether nothing moves."""
        return self.channels is not None and self.channels.is_trivial

    def pixels(self, g: Any) -> np.ndarray:
        """The number of the pixel to which g moves each pixel."""
        index = torch.arange(prod(self.sides)).reshape(self.sides)
        back = self._turned(index, g).ravel().numpy()
        images = np.empty_like(back)
        images[back] = np.arange(len(back))
        return images

    def _turned(self, x: torch.Tensor, g: Any) -> torch.Tensor:
        assert self.action is not None
        axes, flips = turned_axes(x.ndim, self.action, g)
        if tuple(x.shape[a] for a in axes) != tuple(x.shape):
            raise NoAction(f"{self.group.expression} does not act on images of {'×'.join(map(str, self.sides))} "
                           f"pixels: {g} exchanges axes of different sides. Use square images, or a group that keeps "
                           "each axis.")
        return x.permute(axes).flip(flips) if flips else x.permute(axes)

    def moved(self, x: torch.Tensor, axis: int, g: Any) -> torch.Tensor:
        """g·x on the axes of the block, which start at `axis`."""
        if self.is_trivial:
            return x
        if self.channels is None:
            last = list(range(x.ndim - len(self.sides), x.ndim))
            here = list(range(axis, axis + len(self.sides)))
            return self._turned(x.movedim(here, last), g).movedim(last, here)
        x = x.movedim(axis, -1)
        action = None if self.group.is_lie else self.channels.action(g)
        if isinstance(action, Monomial) and preserves(action, self.channels.gram):
            to, signs = action.images, action.signs
            if self.order is not None:
                to, signs = np.argsort(self.order)[to[self.order]], signs[self.order]
            out = torch.empty_like(x)
            out[..., torch.as_tensor(to)] = x * torch.as_tensor(signs).to(x.dtype)
        else:
            matrix = torch.from_numpy(np.ascontiguousarray(self.channels.to_numpy(g))).to(x.dtype)
            if self.order is not None:
                matrix = matrix[self.order][:, self.order]
            out = x @ matrix.T
        return out.movedim(-1, axis)

    @property
    def text(self) -> str:
        """The block in words."""
        return self.channels.expression if self.channels is not None else f"{'×'.join(map(str, self.sides))} pixels"


@dataclass(frozen=True, eq=False)
class FieldType:
    """The action of a group on tensors (batch, …): a block for each axis, or for spatial axes together.

    >>> G = rt.D(4); FieldType.of(3*G.trivial, (3, 5, 5)).text
    '3*D(4).trivial on 5×5 pixels'
    """

    blocks: tuple[Block, ...]

    @staticmethod
    def of(rep: rt.Rep, shape: Sequence[int], action: rt.Rep | None = None, batch: int = 2) -> FieldType:
        """Features (batch, dim V, *sides) of type V, moved by G.vector or by `action`; NoAction, with the reason."""
        group: Any = rep.group
        sides = tuple(shape[1:])
        if not shape or rep.dim != shape[0]:
            raise NoAction(f"{rep.expression} has dimension {rep.dim}, and an input of shape {tuple(shape)} has "
                           f"{shape[0] if shape else 'no'} channels. input_shape is (channels, *sides), without the "
                           "batch.")
        blocks = [Block((batch,), group, batch * group.trivial), Block((rep.dim,), group, rep)]
        if sides:
            try:
                space = Block(sides, group, action=action_on_space(group, len(sides), action))
                for g in group.generators:
                    space.pixels(g)
            except NoAction:
                raise
            except ValueError as error:
                raise NoAction(f"{group.expression} does not act on {len(sides)} spatial axes of sides {sides}: "
                               f"{error}") from error
            if group.is_lie and group.dim:
                raise NoAction(f"{group.expression} turns pixels off the grid. Audit a finite subgroup of it, such as "
                               "D(4) on squares.")
            blocks.append(space)
        return FieldType(tuple(blocks))

    @cached_property
    def group(self) -> Any:
        """The group that acts."""
        return self.blocks[0].group

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the tensors."""
        return tuple(n for block in self.blocks for n in block.sides)

    @cached_property
    def elements(self) -> list[tuple[str, Any]]:
        """The generators with their names; for Lie groups also exp(X) for the basis of the algebra."""
        found = list(zip(self.group.names, self.group.generators))
        if self.group.is_lie:
            found += [(f"exp({name})", self.group.exp(**{name: 1.0})) for name in self.group.algebra_names]
        return found

    def moved(self, x: torch.Tensor, g: Any) -> torch.Tensor:
        """g·x."""
        axis = 0
        for block in self.blocks:
            x = block.moved(x, axis, g)
            axis += len(block.sides)
        return x

    def axis(self, axis: int) -> tuple[Block, int]:
        """The block of an axis of the tensor, and its number."""
        axis %= len(self.shape)
        for number, block in enumerate(self.blocks):
            if axis < len(block.sides):
                return block, number
            axis -= len(block.sides)
        raise IndexError(axis)

    def replaced(self, number: int, *blocks: Block) -> FieldType:
        """The type with other blocks in the place of one."""
        return FieldType((*self.blocks[:number], *blocks, *self.blocks[number + 1:]))

    @property
    def text(self) -> str:
        """The type in words, without the batch."""
        return " on ".join(block.text for block in self.blocks[1:]) or self.blocks[0].text


def flat(blocks: Sequence[Block]) -> Block:
    """The block of consecutive ones flattened in C order: on m*A and pixels P it is m*(A ⊗ P)."""
    group = blocks[0].group
    moving = [block for block in blocks if not block.is_trivial]
    size = prod(n for block in blocks for n in block.sides)
    if not moving:
        return Block((size,), group, size * group.trivial, parts=tuple(blocks))
    order, found = np.zeros(1, np.int64), None
    for block in blocks:
        here = np.arange(prod(block.sides)) if block.order is None else block.order
        if found is None:
            found, order = block.rep, here
        else:
            found, order = _product(found, order, block.rep, here)
    return Block((size,), group, found, order=None if (order == np.arange(size)).all() else order,
                 parts=tuple(blocks))


def _product(first: rt.Rep, one: np.ndarray, second: rt.Rep, other: np.ndarray) -> tuple[rt.Rep, np.ndarray]:
    """V ⊗ W = ⊕ (m n)(A ⊗ B), and for each entry of a C-ordered product of two axes its place in that basis."""
    place = np.empty((first.dim, second.dim), np.int64)
    total, start, rows = None, 0, 0
    for m, a in first.summands:
        columns = 0
        for n, b in second.summands:
            k, i, l, j = np.ogrid[:a.dim, :m, :b.dim, :n]
            pair = b if a.is_trivial and a.dim == 1 else a if b.is_trivial and b.dim == 1 else a * b
            place[rows + k * m + i, columns + l * n + j] = start + ((k * b.dim + l) * m + i) * n + j
            term = (m * n) * pair
            total = term if total is None else total + term
            start += m * n * a.dim * b.dim
            columns += n * b.dim
        rows += m * a.dim
    assert total is not None
    return total, place[one[:, None], other[None, :]].ravel()


def commuting(f: Callable[..., Any], xs: Sequence[torch.Tensor], types: Sequence[FieldType], out: FieldType,
              y: torch.Tensor, tolerance: float = 1e-9) -> str | None:
    """None where f(g·x) = g·f(x) on these tensors for all generators, otherwise the generator and the difference.

    A float path: to `tolerance` of max |f(x)|.
    """
    scale = float(y.abs().nan_to_num().max()) if y.numel() else 0.0
    for name, g in out.elements:
        left = f(*(t.moved(x, g) for x, t in zip(xs, types)))
        right = out.moved(y, g)
        worst = float((left - right).abs().nan_to_num().max()) if y.numel() else 0.0
        if left.shape != right.shape or worst > tolerance * max(scale, 1e-300):
            return f"f({name}·x) and {name}·f(x) differ by {worst / (scale or 1.0):.2g} of max |f(x)|"
    return None


def candidates(types: Sequence[FieldType], shape: Sequence[int]) -> list[FieldType]:
    """The types that tensors of this shape may have after an operation on tensors of these types: each axis keeps a
    block, is flattened from several or split again, or does not move; what moves comes first."""
    group = types[0].group
    blocks: list[Block] = []
    for t in types:
        blocks += [b for b in t.blocks if not b.is_trivial and not any(same(b, c) for c in blocks)]
        for start in range(1, len(t.blocks)):
            for stop in range(start + 1, len(t.blocks) + 1):
                run = t.blocks[start:stop]
                if (stop - start > 1 or run[0].channels is None) and not all(b.is_trivial for b in run):
                    if prod(n for b in run for n in b.sides) in shape:
                        blocks.append(flat(run))
    first = types[0]
    found = [first] if first.shape == tuple(shape) else [t for t in _joined(types) if t.shape == tuple(shape)]
    return found + [FieldType(b) for b in islice(_typed(blocks, tuple(shape), group), CANDIDATES)]


def _joined(types: Sequence[FieldType]) -> Iterator[FieldType]:
    """The direct sums of the types along one axis, as after a concatenation."""
    first = types[0]
    if len(types) < 2 or len({len(t.blocks) for t in types}) > 1:
        return
    for number in range(1, len(first.blocks)):
        blocks = [t.blocks[number] for t in types]
        if any(b.channels is None for b in blocks):
            continue
        total, order = blocks[0].rep, [_order(blocks[0])]
        for block in blocks[1:]:
            order.append(total.dim + _order(block))
            total = total + block.rep
        places = np.concatenate(order)
        plain = bool((places == np.arange(total.dim)).all())
        yield first.replaced(number, Block((total.dim,), first.group, total, order=None if plain else places))


def _order(block: Block) -> np.ndarray:
    return np.arange(block.rep.dim) if block.order is None else block.order


def _typed(blocks: list[Block], shape: tuple[int, ...], group: Any) -> Iterator[tuple[Block, ...]]:
    if not shape:
        yield ()
        return
    options: list[tuple[tuple[Block, ...], int]] = []
    for block in blocks:
        if block.channels is None and len(shape) >= len(block.sides):
            resized = Block(shape[:len(block.sides)], group, action=block.action)
            if _acts(resized):
                options.append(((resized,), len(block.sides)))
        elif block.channels is not None and block.sides == shape[:1]:
            options.append(((block,), 1))
        sides = tuple(n for part in block.parts for n in part.sides)
        if block.parts and sides == shape[:len(sides)]:
            options.append((block.parts, len(sides)))
    options.append(((Block(shape[:1], group, shape[0] * group.trivial),), 1))
    for chosen, length in options:
        for rest in _typed(blocks, shape[length:], group):
            yield (*chosen, *rest)


def _acts(block: Block) -> bool:
    try:
        for g in block.group.generators:
            block.pixels(g)
    except ValueError:
        return False
    return True


def same(one: Block, other: Block) -> bool:
    """Whether two blocks are moved in the same way."""
    if one.sides != other.sides or (one.channels is None) != (other.channels is None):
        return False
    if one.channels is None or other.channels is None:
        return one.action == other.action
    if one.channels != other.channels:
        return bool(one.channels.dim == other.channels.dim and one.order is None and other.order is None and all(
            as_matrix(a) == as_matrix(b) for a, b in zip(one.channels.actions, other.channels.actions)))
    if one.order is None or other.order is None:
        return one.order is other.order
    return bool((one.order == other.order).all())
