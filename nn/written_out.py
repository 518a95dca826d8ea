"""Attention and transformers of torch, written out in calls that torch.fx follows, with their own parameters."""
from __future__ import annotations

import copy
from typing import Any

import torch

F = torch.nn.functional


class Attention(torch.nn.MultiheadAttention):
    """softmax(q kᵀ/√d) v in each head between linear maps, of which three are rows of one parameter; with keys and
    values of its own, or zero, after the others."""

    def forward(self, query: Any, key: Any, value: Any, key_padding_mask: Any = None, need_weights: bool = True,
                attn_mask: Any = None, average_attn_weights: bool = True, is_causal: bool = False) -> tuple[Any, Any]:
        """The result and the weights of the positions; what is not zero in a mask is left out."""
        parts = [slice(s, s + self.embed_dim) for s in range(0, 3 * self.embed_dim, self.embed_dim)]
        maps = [self.in_proj_weight[s] for s in parts] if self._qkv_same_embed_dim else [
            self.q_proj_weight, self.k_proj_weight, self.v_proj_weight]
        shifts = [None if self.in_proj_bias is None else self.in_proj_bias[s] for s in parts]
        q, k, v = (F.linear(x if self.batch_first else x.movedim(0, -2), w, b)
                   for x, w, b in zip((query, key, value), maps, shifts))
        more = [(self.bias_k, self.bias_v)] * (self.bias_k is not None) + [(None, None)] * self.add_zero_attn
        for one, other in more:
            k, v = _with_row(k, one), _with_row(v, other)
            attn_mask, key_padding_mask = (
                None if m is None else F.pad(m, (0, 1)) for m in (attn_mask, key_padding_mask))
        q, k, v = (x.unflatten(-1, (self.num_heads, self.head_dim)).transpose(-2, -3) for x in (q, k, v))
        scores = q @ k.transpose(-1, -2) * self.head_dim ** -0.5
        if attn_mask is not None:
            one_a_head = isinstance(attn_mask, torch.Tensor) and attn_mask.ndim == 3
            scores = scores + _left_out(attn_mask.unflatten(0, (-1, self.num_heads)) if one_a_head else attn_mask)
        if key_padding_mask is not None:
            scores = scores + _left_out(key_padding_mask).unsqueeze(-2).unsqueeze(-2)
        weights = scores.softmax(-1)
        out = self.out_proj((weights @ v).transpose(-2, -3).flatten(-2))
        return out if self.batch_first else out.movedim(-2, 0), weights.mean(-3) if average_attn_weights else weights


class EncoderLayer(torch.nn.TransformerEncoderLayer):
    """x + attention(x), x + mlp(x), with normalisations before or after."""

    def forward(self, src: Any, src_mask: Any = None, src_key_padding_mask: Any = None, is_causal: bool = False) -> Any:
        """The features."""
        if self.norm_first:
            src = src + self._sa_block(self.norm1(src), src_mask, src_key_padding_mask)
            return src + self._ff_block(self.norm2(src))
        src = self.norm1(src + self._sa_block(src, src_mask, src_key_padding_mask))
        return self.norm2(src + self._ff_block(src))


class DecoderLayer(torch.nn.TransformerDecoderLayer):
    """As it is; torch.fx follows it once it is no class of torch."""


class Encoder(torch.nn.TransformerEncoder):
    """Layers in turn."""

    def forward(self, src: Any, mask: Any = None, src_key_padding_mask: Any = None, is_causal: Any = None) -> Any:
        """The features."""
        for layer in self.layers:
            src = layer(src, mask, src_key_padding_mask)
        return src if self.norm is None else self.norm(src)


class Decoder(torch.nn.TransformerDecoder):
    """Layers in turn, each with attention to the memory."""

    def forward(self, tgt: Any, memory: Any, tgt_mask: Any = None, memory_mask: Any = None,
                tgt_key_padding_mask: Any = None, memory_key_padding_mask: Any = None, tgt_is_causal: Any = None,
                memory_is_causal: bool = False) -> Any:
        """The features."""
        for layer in self.layers:
            tgt = layer(tgt, memory, tgt_mask, memory_mask, tgt_key_padding_mask, memory_key_padding_mask)
        return tgt if self.norm is None else self.norm(tgt)


class Transformer(torch.nn.Transformer):
    """An encoder, and a decoder with its result as memory."""

    def forward(self, src: Any, tgt: Any, src_mask: Any = None, tgt_mask: Any = None, memory_mask: Any = None,
                src_key_padding_mask: Any = None, tgt_key_padding_mask: Any = None, memory_key_padding_mask: Any = None,
                src_is_causal: Any = None, tgt_is_causal: Any = None, memory_is_causal: bool = False) -> Any:
        """The features of the target."""
        memory = self.encoder(src, src_mask, src_key_padding_mask)
        return self.decoder(tgt, memory, tgt_mask, memory_mask, tgt_key_padding_mask, memory_key_padding_mask)


WRITTEN: dict[type[torch.nn.Module], type[torch.nn.Module]] = {
    written.__bases__[0]: written for written in (Attention, EncoderLayer, DecoderLayer, Encoder, Decoder, Transformer)}


def written_out(model: torch.nn.Module) -> torch.nn.Module:
    """The model, as a copy where attention and transformers of torch are given these forms.

    >>> layer = torch.nn.TransformerEncoderLayer(4, 2, 8, batch_first=True).eval(); x = torch.randn(1, 3, 4)
    >>> torch.allclose(written_out(layer)(x), layer(x), atol=1e-5)
    True
    """
    if not any(map(_has_form, model.modules())):
        return model
    found = copy.deepcopy(model)
    for module in filter(_has_form, found.modules()):
        module.__class__ = WRITTEN[type(module)]
    return found


def _has_form(module: torch.nn.Module) -> bool:
    return type(module) in WRITTEN


def _with_row(x: Any, row: Any) -> Any:
    """The positions and one more: a row (1, 1, n) of weights, or zeros."""
    longer = F.pad(x, (0, 0, 0, 1))
    return longer if row is None else longer + F.pad(row.flatten(0, 1), (0, 0, x.shape[-2], 0))


def _left_out(mask: Any) -> Any:
    """0 where a mask is zero or False, −∞ elsewhere."""
    return torch.where(mask != 0, -torch.inf, 0.)
