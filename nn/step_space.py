"""Schemes as layers of an audit: the weights that a group moves, and those that it fixes."""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

import reptheory as rt
from reptheory.project import Part, Projection
from reptheory.span import Span

from .field_type import Block, FieldType, flat, same
from .layer_kind import bias
from .scheme_layer import SchemeConv
from .symmetric_hyperbolic import SymmetricHyperbolicBlock
from .weight_span import NotDecided, Source, Weights, source_of, weights_in

ROUGH = {"rusanov": "‖M‖", "upwind": "|M|"}


def step_weights(layer: torch.nn.Module, x: FieldType) -> list[Weights]:
    """The weights θ of a scheme on features of type V, as representations with f_{gθ}(gx) = g f_θ(x).

    Let A be the action on space, by signed permutations of the axes, and ρ that on channels, orthogonal. A SchemeConv
    is a function of the symmetric matrices S in A ⊗ V ⊗ V, and M ↦ ‖M‖, |M|, M_j M_k and 2cS(1 + S²)⁻¹ commute with
    conjugation by ρ. A SymmetricHyperbolicBlock is one of W: V → R^w, of s in A ⊗ R^w and of ν, for (gW)u = W ρ(g)⁻¹u:
    the flux Wᵀ(s_j ⊙ (Wu)²), ‖W‖ and max |s_jr (Wu)_r| move along; units that the group permutes are not counted. So
    it acts orthogonally on all of θ, which gradient flow with augmentation respects: where g θ = θ it stays so, and
    there the layer commutes with g. Raises NotDecided for other features, and for weights that are computed.

    >>> G = rt.D(4); x = FieldType.of(3*G.trivial, (3, 5, 5))
    >>> [(w.name, w.space.dim, w.answer.dims["meet"]) for w in step_weights(SchemeConv(3).double(), x)]
    [('weight', 12, 0)]
    """
    if len(x.blocks) != 3 or x.blocks[2].action is None or not x.blocks[0].is_trivial:
        raise NotDecided(f"a step of a scheme acts on (batch, channels, *pixels), and its input is {x.text}")
    if not all(p.is_leaf for p in (layer.weight, *layer.parameters())):
        raise NotDecided("its weights are computed from others. Train its own")
    channels, axes = x.blocks[1], x.blocks[2].action
    if isinstance(layer, SchemeConv):
        return [_symmetric(layer, channels, axes)]
    assert isinstance(layer, SymmetricHyperbolicBlock)
    group, (width, n), d = channels.group, layer.weight.shape, layer.ndim
    order = np.arange(n) if channels.order is None else channels.order
    hom = channels.rep >> width * group.trivial
    index = np.arange(width)[:, None] * n + order
    first = weights_in("weight", source_of(layer.weight, [layer.weight]), rt.full(hom), index)
    signs = torch.tensor([-1. if j == d - 2 else 1. for j in range(d)], dtype=layer.scale.dtype)  # rows run down
    place = np.arange(d)[::-1, None] * width + np.arange(width)
    scale = bias(width * axes, source_of(layer.scale * signs[:, None], [layer.scale]), place, "scale")
    return [first, scale, bias(group.trivial, source_of(layer.logit, [layer.logit]), name="logit")]


def step_change(layer: torch.nn.Module, found: Sequence[Weights], x: FieldType,
                given: rt.Rep | None) -> tuple[bool, str]:
    """Whether a step keeps the type that was said of its result, and what to know or change."""
    block = x.blocks[1]
    if given is not None and not same(block, Block((given.dim,), given.group, given)):
        return False, (f"a step begins with the identity, so it keeps the type {block.text}, and {given.expression} "
                       "was said. Leave it out, or put a layer between them")
    fixed = [w.name for w in found if not w.answer.dims["meet"]]
    if not fixed:
        return True, ""
    if not isinstance(layer, SchemeConv):
        return False, (f"the group fixes no {fixed[0]} but 0, where the step has no derivative, being the same for all "
                       "multiples. Use nn.SchemeConv, or a group that fixes a direction of space and some channels")
    if layer.scheme in ROUGH:
        return False, (f"the group fixes no matrix M but 0, where {ROUGH[layer.scheme]} has no derivative. Use "
                       "channels that it moves, as pressure and velocity, or the scheme 'lax-friedrichs'")
    return True, "M = 0 where the group fixes it, so nothing flows: use channels that it moves"


def _symmetric(layer: SchemeConv, channels: Block, axes: rt.Rep) -> Weights:
    """The symmetric matrices (W_j + W_jᵀ)/2, as maps V → A ⊗ V."""
    n, d = layer.channels, layer.ndim
    source = Source((layer.weight + layer.weight.mT) / 2, (layer.weight,), "orthogonal")
    target = flat([Block((d,), channels.group, axes), channels])
    order = np.arange(n) if channels.order is None else channels.order
    rows = np.arange(d * n) if target.order is None else target.order
    hom = channels.rep >> target.rep
    index = rows.reshape(d, n, 1) * n + order
    metric = [channels.rep.gram[k] for k in order]
    spanned: list[list[tuple[int, Any]]] = []
    for j in range(d):
        for a in range(n):
            spanned.append([(int(index[j, a, a]), 1)])
            for b in range(a):  # symmetric in orthonormal coordinates: κ_ab D_a = κ_ba D_b
                equal = metric[a] == metric[b]
                spanned.append([(int(index[j, a, b]), 1 if equal else metric[b]),
                                (int(index[j, b, a]), 1 if equal else metric[a])])
    part = Part(None, np.ones((1, 1), bool), Span.of(spanned, hom.unknowns))
    return Weights("weight", source, Projection(hom, (part,), "L"), index)
