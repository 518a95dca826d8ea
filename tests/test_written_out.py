"""Attention written out: the outputs of torch's own, with masks, other sizes of keys, and keys that it adds."""
from __future__ import annotations

import pytest
import torch

from nn.written_out import Attention, written_out

ADDED = [{}, {"add_zero_attn": True}, {"add_bias_kv": True}, {"add_bias_kv": True, "add_zero_attn": True}]


@pytest.mark.parametrize("added", ADDED, ids=str)
@pytest.mark.parametrize("options", [{}, {"bias": False, "batch_first": True}, {"kdim": 3, "vdim": 5}], ids=str)
@pytest.mark.parametrize("masked", [False, True])
def test_attention_has_the_outputs_and_weights_of_torch(added, options, masked):
    torch.manual_seed(0)
    layer = torch.nn.MultiheadAttention(4, 2, **options, **added, dtype=torch.float64)
    for p in layer.parameters():
        torch.nn.init.normal_(p)
    own = written_out(layer)
    assert type(own) is Attention
    q, k, v = (torch.randn(*((3, t) if layer.batch_first else (t, 3)), n, dtype=torch.float64)
               for t, n in ((5, 4), (6, layer.kdim), (6, layer.vdim)))
    masks = {"attn_mask": torch.ones(5, 6).triu(2).bool(),
             "key_padding_mask": torch.arange(6).expand(3, 6) > torch.tensor([[5], [3], [1]])} if masked else {}
    for average in (True, False):
        found, known = (f(q, k, v, average_attn_weights=average, **masks) for f in (own, layer))
        for one, other in zip(found, known):
            assert one.shape == other.shape and torch.allclose(one, other, rtol=0, atol=1e-12)


def test_it_has_them_without_a_batch():
    layer = torch.nn.MultiheadAttention(4, 2, add_bias_kv=True, dtype=torch.float64)
    torch.nn.init.normal_(layer.bias_k)
    x = torch.randn(5, 4, dtype=torch.float64)
    assert torch.allclose(written_out(layer)(x, x, x)[0], layer(x, x, x)[0], rtol=0, atol=1e-12)
