"""Two symmetries at once: turn the picture, and permute the colours red, green and blue, each on its own.

The group C(4) × S(3) acts on space through its first factor and on colour channels through its second. The network must
not change its answer when a picture is turned, nor when its colours are exchanged, nor both.
"""
import torch

import nn
import reptheory as rt

G = rt.C(4) * rt.S(3)
turn, mix = G.projections
colours = rt.S(3).natural.pullback(mix)                    # three channels, permuted
space = rt.C(4).vector.pullback(turn)                      # the plane, turned
H = rt.Hom(colours, G.regular, on=rt.grid(3, action=space))
print(G, H, H.certificate, H.blocks, sep="\n")

torch.manual_seed(0)
model = torch.nn.Sequential(
    nn.EquivariantConv2d(colours, 2 * G.regular, 3, padding=1, action=space),
    nn.Pointwise(2 * G.regular, "relu"),
    nn.InvariantPool(2 * G.regular, "max", spatial="mean")).eval()
picture = torch.rand(1, 3, 9, 9)
for name, other in {"turned": picture.rot90(1, (2, 3)), "colours exchanged": picture[:, [1, 2, 0]],
                    "mirrored": picture.flip(3)}.items():
    with torch.no_grad():
        same = torch.allclose(model(other), model(picture), atol=1e-5)
    print(f"{name + ':':20}{'same' if same else 'another'} answer")
