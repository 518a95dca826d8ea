"""Sampled steerable convolutions: exact for what preserves the grid, and layers like the others."""
from __future__ import annotations

import copy
import io
import subprocess
import sys

import numpy as np
import pytest
import torch

import nn
import reptheory as rt
from nn.domain import WindowsDoNotFit
from nn.feature import transform
from nn.linear import EmptyHom
from reptheory.matrix import Matrix

SO2, O2, SO3, O3 = rt.SO(2), rt.O(2), rt.SO(3), rt.O(3)
QUARTER, MIRROR = Matrix.of([[0, -1], [1, 0]]), Matrix.of([[1, 0], [0, -1]])
CYCLE, ABOUT_Z = Matrix.of([[0, 0, 1], [1, 0, 0], [0, 1, 0]]), Matrix.of([[0, -1, 0], [1, 0, 0], [0, 0, 1]])
INVERSION = Matrix.of([[-1, 0, 0], [0, -1, 0], [0, 0, -1]])
OCTAHEDRAL = rt.octahedral()
CASES = [
    (nn.SteerableConv2d, SO2.irrep(0) + 2 * SO2.irrep(1), SO2.irrep(2) + SO2.irrep(3), [QUARTER]),
    (nn.SteerableConv2d, O2.irrep("0e") + 2 * O2.irrep(1) + O2.irrep("0o"), O2.irrep(2) + 2 * O2.irrep("0o"),
     [QUARTER, MIRROR]),
    (nn.SteerableConv2d, rt.D(4).regular, 2 * rt.D(4).vector, ["r", "s"]),
    (nn.SteerableConv2d, rt.D(8).regular, rt.D(8).vector, ["s"]),
    (nn.SteerableConv2d, rt.C(3).regular, rt.C(3).vector, []),
    (nn.SteerableConv3d, SO3.irrep(0) + 2 * SO3.irrep(1), SO3.irrep(1) + SO3.irrep(2), [CYCLE, ABOUT_Z]),
    (nn.SteerableConv3d, O3.irrep("0e") + O3.irrep("1o"), O3.irrep("1o") + O3.irrep("1e"),
     [CYCLE, ABOUT_Z, INVERSION]),
    (nn.SteerableConv3d, OCTAHEDRAL.vector, OCTAHEDRAL.vector + OCTAHEDRAL.trivial, list(OCTAHEDRAL.names)),
]


@pytest.mark.parametrize("kind, source, target, elements", CASES, ids=range(len(CASES)))
@pytest.mark.parametrize("side", [3, 4])
def test_what_preserves_the_grid_commutes_to_rounding(kind, source, target, elements, side):
    torch.manual_seed(0)
    options = {"max_frequency": 2} if kind is nn.SteerableConv3d else {}
    try:
        layer = kind(source, target, side, padding=1, dtype=torch.float64, **options)
    except EmptyHom:  # rings through few pixels have no high frequencies
        layer = kind(source, target, side, padding=1, dtype=torch.float64, rings=[1.5], max_frequency=4)
    x = torch.randn(2, source.dim, *(6,) * layer.spatial_ndim, dtype=torch.float64)
    y = layer(x)
    for g in elements:
        error = (layer(transform(x, source, g)) - transform(y, target, g)).abs().max() / y.abs().max()
        assert error < 1e-14
    assert y.abs().max() > 0.01


@pytest.mark.parametrize("group, n", [(rt.D(4), 2), (rt.C(4), 2), (OCTAHEDRAL, 3)])
def test_samples_lie_in_the_exact_space_of_kernels_on_the_grid(group, n):
    """For a group of the grid: projecting the sampled filters on Hom(V, W, on=grid) changes nothing."""
    source, target = group.trivial + group.vector, group.vector
    sampled = rt.Hom(source, target, on=rt.R(n).sample(3, frequencies=2)).basis.to_numpy()
    exact = rt.Hom(source, target, on=rt.grid(3, ndim=n)).basis.to_numpy()
    flat, onto = sampled.reshape(len(sampled), -1), exact.reshape(len(exact), -1)
    assert np.abs(flat @ onto.T @ onto - flat).max() < 1e-14
    assert np.allclose((flat ** 2).sum(1), 1, rtol=1e-14)


def test_enough_rings_and_frequencies_span_all_kernels_of_the_grid():
    group = rt.D(4)
    hom = rt.Hom(group.regular, group.regular, on=rt.R(2).sample(3, rings=[0, 1, 1.4], sigma=0.2, frequencies=4))
    table = hom.basis.to_numpy().reshape(hom.dim, -1)
    assert np.linalg.matrix_rank(table, tol=1e-8) == rt.Hom(group.regular, group.regular, on=rt.grid(3)).dim == 72


def test_no_weight_is_without_effect_and_the_variance_is_exact():
    """QUVA-Lab/escnn#3: filters of O(2) silently zero. Here each has norm 1, and E‖κ‖² of an output is the gain 2."""
    source, target = 3 * O2.irrep("0e") + 2 * O2.irrep(1), O2.irrep(2) + 2 * O2.irrep("0o")
    layer = nn.SteerableConv2d(source, target, 5, dtype=torch.float64)
    basis = layer.hom.basis.to_numpy().reshape(layer.hom.dim, -1)
    assert np.allclose((basis ** 2).sum(1), 1)
    total = torch.zeros(target.dim, dtype=torch.float64)
    for p in layer.plan.params:  # E‖κ_row‖² = Σ σ² ∂κ/∂w squared
        weight = getattr(layer, p.name)
        if not p.variance:
            continue
        rows = torch.autograd.functional.jacobian(lambda w, name=p.name: _filter(layer, name, w), weight.detach())
        total += float(p.variance) * rows.flatten(1).square().sum(1)
    means = total[:2].mean(), total[2], total[3]  # the grid tells the channels of irrep 2 apart; their mean is exact
    assert all(abs(m - 2) < 1e-12 for m in means)


def _filter(layer, name: str, weight: torch.Tensor) -> torch.Tensor:
    copied = copy.deepcopy(layer)
    del copied._parameters[name]
    setattr(copied, name, weight)
    return copied.filter()


def test_a_constant_kernel_survives_at_the_centre_only():
    layer = nn.SteerableConv2d(SO2.irrep(1), SO2.irrep(3), 5)
    assert not layer.filter()[:, :, 2, 2].any()


def test_it_is_a_layer_like_the_others(tmp_path):
    source, target = O2.irrep("0e") + O2.irrep(1), O2.irrep("0e") + 2 * O2.irrep(2)
    layer = nn.SteerableConv2d(source, target, 5, padding=2, stride=2, padding_mode="circular")
    x = torch.randn(2, source.dim, 9, 9)
    assert torch.equal(layer.to_conv2d()(x), layer(x))
    assert torch.equal(copy.deepcopy(layer)(x), layer(x))
    buffer = io.BytesIO()
    torch.save(layer.state_dict(), buffer)
    other = nn.SteerableConv2d(source, target, 5, padding=2, stride=2, padding_mode="circular")
    other.load_state_dict(torch.load(io.BytesIO(buffer.getvalue())))
    assert torch.equal(other(x), layer(x))
    assert torch.equal(torch.export.export(layer.eval(), (x,)).module()(x), layer(x))
    twice = copy.deepcopy(layer).double()
    assert (twice(x.double()) - layer(x)).abs().max() < 1e-5
    small = copy.deepcopy(layer).double()
    assert torch.autograd.gradcheck(small, torch.randn(1, source.dim, 5, 5, dtype=torch.float64, requires_grad=True))
    assert nn.SteerableConv2d(source, target, 5, device="meta")(torch.empty(1, 3, 9, 9, device="meta")).is_meta


def test_the_source_runs_alone(tmp_path):
    layer = nn.SteerableConv2d(O2.irrep("0e"), O2.irrep("0e") + O2.irrep(1), 3, padding=1, dtype=torch.float64)
    text = nn.source(layer, "Ring")
    assert "Certificate: 2 paths" in text
    x = torch.randn(1, 1, 5, 5, dtype=torch.float64)
    torch.save((layer.state_dict(), x, layer(x)), tmp_path / "case.pt")
    (tmp_path / "ring.py").write_text(text, encoding="utf-8")
    run = ("import torch; from ring import Ring; s, x, y = torch.load('case.pt'); m = Ring().double(); "
           "m.load_state_dict(s); assert torch.equal(m(x), y)")
    subprocess.run([sys.executable, "-c", run], cwd=tmp_path, check=True, env={"PYTHONPATH": ""})


def test_a_repr_makes_the_same_layer():
    layer = nn.SteerableConv2d(O2.irrep(1), O2.irrep(1), 5, padding=1, rings=[0, 1.5], sigma=0.5, max_frequency=2)
    again = eval(repr(layer), vars(nn) | vars(rt))
    assert repr(again) == repr(layer) and again.plan.digest == layer.plan.digest


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU")
def test_on_a_gpu():
    layer = nn.SteerableConv2d(O2.irrep("0e"), O2.irrep(1), 5, dtype=torch.float64)
    x = torch.randn(1, 1, 9, 9, dtype=torch.float64)
    assert torch.allclose(copy.deepcopy(layer).cuda()(x.cuda()).cpu(), layer(x))


@pytest.mark.parametrize("make, error, words", [
    (lambda: nn.SteerableConv2d(O2.irrep("0e"), O2.irrep("0o"), 5), EmptyHom, "zero into O\\(2\\)"),
    (lambda: nn.SteerableConv2d(O2.irrep(1), O2.irrep(1), 5, stride=(1, 2)), WindowsDoNotFit, "Use one stride"),
    (lambda: nn.SteerableConv2d(O2.irrep(1), O2.irrep(1), 5, rings=[-1]), ValueError, "at least one radius"),
    (lambda: nn.SteerableConv2d(O2.irrep(1), O2.irrep(1), 5, sigma=0), ValueError, "widths of rings are positive"),
    (lambda: nn.SteerableConv2d(O2.irrep(1), O2.irrep(1), 5, sigma=[1, 2]), ValueError, "all 3 rings, or one for each"),
    (lambda: nn.SteerableConv2d(O2.irrep(1), O2.irrep(1), 5, max_frequency=-1), ValueError, "integers ≥ 0"),
    (lambda: nn.SteerableConv2d(SO3.irrep(1), SO3.irrep(1), 5), ValueError, "acts on 3 dimensions"),
    (lambda: nn.SteerableConv2d(O2.irrep(1), O2.irrep(1), 5, padding_mode="odd"), ValueError, "choose one of"),
    (lambda: [[1]] in nn.SteerableConv2d(O2.irrep(1), O2.irrep(1), 5).hom, TypeError, "Ask hom.steerable"),
], ids=range(9))
def test_refusals_say_what_to_change(make, error, words):
    with pytest.raises(error, match=words):
        make()


def test_dense_samples_past_memory_are_refused_at_once():
    G = rt.octahedral()  # 1585 filters of 125·24·24 samples, most of a gigabyte
    with pytest.raises(rt.TooLarge, match=r"1\d\d\d filters on R\(3\)\.sample\(5\), .* nn\.EquivariantConv3d\."):
        nn.SteerableConv3d(G.regular, G.regular, 5)


def test_derive_keeps_the_filters_of_a_sampled_space():
    """`rt.derive` solves on orbits of points, and a sampled space has filters of its own."""
    hom, fresh = (rt.Hom(SO2.irrep(1), SO2.irrep(2), on=rt.R(2).sample(5)) for _ in range(2))
    assert rt.derive(hom).dim == fresh.dim > 0
    assert (hom.basis.to_numpy() == fresh.basis.to_numpy()).all()
    paths = rt.Hom(SO2.irrep(1), SO2.irrep(2), on=rt.R(2))
    assert rt.derive(paths).dim == 4
