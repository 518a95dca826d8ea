"""Features: tensors (batch, channels, *spatial) with a type, their parts, and how a group moves them."""
from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np
import torch

import reptheory as rt
from reptheory.monomial import Monomial, monomial_if
from reptheory.space import Grid, Hexagonal

Result = TypeVar("Result")


class WrongChannels(ValueError):
    """A tensor whose shape is not (batch, V.dim, *spatial)."""


def _constant(function: Callable[..., Result]) -> Callable[..., Result]:
    """Mark a function as torch.compiler.assume_constant_result does, without its import of the whole compiler."""
    function._dynamo_marked_constant = True  # type: ignore[attr-defined]  # functions declare no attributes
    return function


@_constant
def layout(rep: rt.Rep) -> tuple[tuple[int, int], ...]:
    """The pairs (multiplicity, dimension) of the summands, as plain integers.

    >>> G = rt.D(4); layout(3*G.regular + G.trivial)
    ((3, 8), (1, 1))
    """
    return tuple((int(m), int(a.dim)) for m, a in rep.summands)


@_constant
def _expected(rep: rt.Rep) -> tuple[int, str]:
    return int(rep.dim), rep.expression


def check_features(x: torch.Tensor, rep: rt.Rep) -> None:
    """Raise WrongChannels, naming V and both numbers, unless x has the shape (batch, V.dim, *spatial).

    >>> check_features(torch.zeros(2, 5), rt.D(4).regular)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    nn.feature.WrongChannels: D(4).regular has 8 channels, and this tensor has 5: its shape ...
    """
    dim, text = _expected(rep)
    if x.ndim < 2:
        raise WrongChannels(f"a feature of type {text} is a tensor (batch, {dim}, *spatial), and this one "
                            f"has the shape {tuple(x.shape)}. Add the missing axes.")
    if x.shape[1] != dim:
        raise WrongChannels(f"{text} has {dim} channels, and this tensor has {x.shape[1]}: its shape is "
                            f"{tuple(x.shape)}. Axis 1 holds the channels: change the type, or the layer "
                            "before.")


def check_type(rep: Any) -> None:
    """Raise TypeError unless this is a representation: layers take types, not channel counts.

    >>> check_type(8)
    Traceback (most recent call last):
    TypeError: layers take types, not channel counts: give a representation such as 8*G.regular, not 8.
    """
    if not isinstance(rep, rt.Rep):
        raise TypeError("layers take types, not channel counts: give a representation such as 8*G.regular, "
                        f"not {rep!r}.")


def split(x: torch.Tensor, rep: rt.Rep) -> list[torch.Tensor]:
    """The views (batch, dim A, m, *spatial) of the summands m*A of a type: representation index slow, channel
    fast.

    Raises WrongChannels.

    >>> G = rt.D(4); [tuple(p.shape) for p in split(torch.zeros(2, 25, 7, 7), 3*G.regular + G.trivial)]
    [(2, 8, 3, 7, 7), (2, 1, 1, 7, 7)]
    """
    check_features(x, rep)
    parts = layout(rep)
    pieces = x.split([m * dim for m, dim in parts], 1)
    return [piece.unflatten(1, (dim, m)) for piece, (m, dim) in zip(pieces, parts)]


def join(parts: Sequence[torch.Tensor]) -> torch.Tensor:
    """The feature (batch, channels, *spatial) whose summands are these parts: the inverse of `split`.

    >>> V = 2*rt.D(4).vector; x = torch.arange(4.)[None]; torch.equal(join(split(x, V)), x)
    True
    """
    flat = [part.flatten(1, 2) for part in parts]
    return flat[0] if len(flat) == 1 else torch.cat(flat, 1)


def transform(x: torch.Tensor, rep: rt.Rep, g: Any, action: rt.Rep | Hexagonal | None = None) -> torch.Tensor:
    """The active action (g·f)(p) = ρ̂(g) f(g⁻¹p) on a feature of type V, for an element or word g.

    Spatial axes are moved about their centre by G.vector, or by `action`: a representation by signed
    permutation matrices, or rt.lattice("hexagonal", r), whose hexagon has the radius (side − 1)/2 of the
    tensor and is zero outside. Where ρ is monomial every entry is only moved and signed, so the result is
    exact. Raises WrongChannels, NotPreserved.

    >>> x = torch.arange(4.).reshape(1, 1, 2, 2); transform(x, rt.C(4).trivial, "r")[0, 0]
    tensor([[1., 3.],
            [0., 2.]])
    """
    element = rep.group.element(g)
    parts = split(x, rep)
    moved = join([_act(part, a, element) for part, (_, a) in zip(parts, rep.summands)])
    if x.ndim == 2:
        return moved
    if isinstance(action, Hexagonal):
        return _turn_hexagon(moved, rep.group, element, action)
    return _turn(moved, action_on_space(rep.group, x.ndim - 2, action), element)


def action_on_space(group: rt.Group, ndim: int, action: rt.Rep | None = None) -> rt.Rep:
    """The representation that moves points in `ndim` dimensions: `action`, otherwise G.vector; checked.

    Raises ValueError where the dimension is another or G names none, DifferentGroups for an action of another
    group.
    """
    space = Grid(1, ndim, action) if action is not None else None
    found = space.action_name(group) if space is not None else group.vector
    if found.dim != ndim:
        raise ValueError(f"{found.expression} acts on {found.dim} dimensions, and these features have {ndim} "
                         f"spatial axes. Give action=, a representation by {ndim}×{ndim} signed "
                         "permutations.")
    return found


def _act(part: torch.Tensor, rep: rt.Rep, element: rt.Element) -> torch.Tensor:
    """ρ̂(g) on axis 1, by moving and signing entries where it is a signed permutation."""
    exact = getattr(element, "is_exact", True)  # G.exp(…) of a Lie group is known in floats
    action = rep.action(element) if exact else None
    if isinstance(action, Monomial) and preserves(action, rep.gram):
        back = action.inverse()
        if back.is_identity:
            return part
        moved = part[:, torch.as_tensor(back.images, device=part.device)]
        if back.is_permutation:
            return moved
        signs = torch.as_tensor(back.signs, device=part.device).to(part.dtype)
        return moved * signs.reshape(-1, *(1,) * (part.ndim - 2))
    matrix = torch.from_numpy(np.ascontiguousarray(rep.to_numpy(element)))
    if not matrix.is_complex() or part.is_complex():
        matrix = matrix.to(part.dtype)
    return torch.einsum("ij,bj...->bi...", matrix.to(part.device), part)


def preserves(action: Monomial, gram: Sequence[Any]) -> bool:
    """Whether a signed permutation only exchanges coordinates of equal length, so that ρ̂ = ρ.

    >>> preserves(Monomial.of([1, 0]), (1, 2))
    False
    """
    return all(gram[i] == gram[int(j)] for i, j in enumerate(action.images))


def turned_axes(ndim: int, action: rt.Rep, element: rt.Element) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """f ↦ f(g⁻¹ ·) as (axes, flips): x.permute(axes).flip(flips) for a tensor of `ndim` axes, the last of them spatial.

    x is the last axis, y runs up the one before. Raises NotPreserved unless g acts by a signed permutation.

    >>> G = rt.D(4); turned_axes(4, G.vector, G.element("r"))
    ((0, 1, 3, 2), (2,))
    """
    moves = action.action(element)
    moves = moves if isinstance(moves, Monomial) else monomial_if(moves)  # Lie groups give matrices
    if not (isinstance(moves, Monomial) and preserves(moves, action.gram)):
        raise rt.NotPreserved(
            f"{element} does not preserve square grids: its matrix on space is {action(element)}, which is "
            "no signed permutation. Use action=rt.lattice('hexagonal', r) for C(3), C(6), D(3), D(6), or "
            "action=rep with signed permutation matrices.")
    order, flips = list(range(ndim)), []
    for source, (target, sign) in enumerate(zip(moves.images.tolist(), moves.signs.tolist())):
        order[-1 - target] = ndim - 1 - source
        downwards = ((source == 1) + (target == 1)) % 2  # the y axis is stored from the top
        if (sign < 0) != bool(downwards):
            flips.append(ndim - 1 - target)
    return tuple(order), tuple(flips)


def _turn(x: torch.Tensor, action: rt.Rep, element: rt.Element) -> torch.Tensor:
    """f ↦ f(g⁻¹ ·) by permuting and flipping axes."""
    order, flips = turned_axes(x.ndim, action, element)
    x = x.permute(order)
    return x.flip(flips) if flips else x


def _turn_hexagon(x: torch.Tensor, group: rt.Group, element: rt.Element, like: Hexagonal) -> torch.Tensor:
    """f ↦ f(g⁻¹ ·) on the hexagon inscribed in the square array, zero outside it."""
    hexagon = hexagon_of(x, like)
    points = np.arange(hexagon.size)
    moves = hexagon.permutations(group)
    for i, sign in reversed(group.word(element)):
        points = (moves[i] if sign > 0 else np.argsort(moves[i]))[points]
    place = torch.as_tensor(hexagon.embed(), device=x.device)
    flat, out = x.flatten(2), torch.zeros_like(x.flatten(2))
    out[:, :, place[torch.as_tensor(points, device=x.device)]] = flat[:, :, place]
    return out.reshape(x.shape)


def hexagon_of(x: torch.Tensor, like: Hexagonal) -> Hexagonal:
    """The hexagon of radius (side − 1)/2 inscribed in the spatial axes of x, moved as `like` is."""
    side = tuple(x.shape[2:])
    if len(side) != 2 or side[0] != side[1] or side[0] % 2 == 0:
        raise rt.NotPreserved(f"a hexagon about a point is stored in a square array of odd side, and these "
                              f"features have the spatial shape {side}. Pad or crop them to an odd square.")
    return Hexagonal((side[0] - 1) // 2, like.action)
