"""What models are given and give back: shapes that do not fit, outputs in containers, borders that wrap around."""

from __future__ import annotations

import pytest
import torch

import nn
import reptheory as rt

D4 = rt.D(4)


class Boxed(torch.nn.Module):
    """A linear map and |x|, given back in a container."""

    def __init__(self, box):
        super().__init__()
        self.linear, self.box = torch.nn.Linear(4, 4), box

    def forward(self, x):
        return self.box(self.linear(x).abs())


BOXES = {"a tensor": lambda y: y, "a dict": lambda y: {"y": y}, "a tuple": lambda y: (y, 1),
         "a nest": lambda y: {"y": [y]}}


@pytest.mark.parametrize("box", BOXES.values(), ids=BOXES)
def test_outputs_are_checked_in_every_container(box):
    """|−x| = |x|, so that the result is fixed by the group, whatever the signs before."""
    table = nn.audit(Boxed(box), 4 * D4.trivial, 4 * D4.sign)
    assert not table and "4*D(4).sign was said" in table.row("(output)").change
    assert nn.audit(Boxed(box), 4 * D4.trivial, 4 * D4.trivial)


def test_a_model_that_does_not_run_on_its_input_says_which_shape_it_had():
    conv = torch.nn.Conv2d(1, 1, 3)
    with pytest.raises(nn.BadInput, match=r"shape \(2, 1\): Expected 3D .* as in input_shape=\(3, 32, 32\)\.$"):
        nn.audit(conv, D4.trivial)
    flat = torch.nn.Sequential(conv, torch.nn.Flatten(), torch.nn.Linear(30, 2))
    with pytest.raises(nn.BadInput, match=r"\(2, 1, 8, 8\): mat1 and mat2 shapes cannot be multiplied"):
        nn.audit(flat, D4.trivial, input_shape=(1, 8, 8))


@pytest.mark.parametrize("side, stride", [(8, 2), (9, 3), (12, 4)])
def test_the_advice_for_strides_around_a_torus_is_followed(side, stride):
    """Around a torus the stride divides the side, so that no other side helps: only the kernel is changed."""
    def asked(kernel: int) -> nn.Audit:
        conv = torch.nn.Conv2d(1, 1, kernel, stride=stride, padding=1, padding_mode="circular")
        return nn.audit(conv, D4.trivial, input_shape=(1, side, side))
    found = asked(3)
    assert not found and "images of side" not in found[0].change
    assert asked(int(found[0].change.rpartition("kernel of side ")[2]))
