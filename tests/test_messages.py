"""The wording of refusals: the fact, the smallest witness, the way out."""

from __future__ import annotations

import re

import numpy as np
import pytest
import torch

import nn
import reptheory as rt

D4 = rt.D(4)

REFUSALS = {
    "no homomorphism": (
        lambda: D4.rep(r=[[0, -1], [1, 0]], s=[[1, 2], [0, 1]]), ValueError,
        ["in D(4) we have s² = 1, but these matrices give", "ρ(s²) = [1 4; 0 1]", "Change the matrix of s"]),
    "no homomorphism of permutations": (
        lambda: D4.permutation(r="(0 1 2)", s="(0 1)"), rt.NotARepresentation, ["r⁴ = 1", "use a group without this"]),
    "no homomorphism of many points": (
        lambda: D4.permutation(r="(0 1)", s="(0 99)"), rt.NotARepresentation, ["(r s)² = 1", "ρ((r s)²) e_0 = e_1\n"]),
    "no homomorphism of many dimensions": (
        lambda: rt.C(2).rep(r=[[2 if i == j else 0 for j in range(20)] for i in range(20)]), rt.NotARepresentation,
        ["ρ(r²) has the entry 4 in row 0, column 0, where ρ(1) has 1"]),
    "singular": (lambda: rt.C(2).rep(r=[[0]]), rt.NotARepresentation, ["singular", "det ρ(r) = 0", "invertible"]),
    "a missing generator": (
        lambda: D4.rep(r=[[1]]), TypeError, ["generators r, s", "none for s", "one value for each"]),
    "shapes": (lambda: D4.rep(r=[[1]], s=[[1, 0], [0, 1]]), ValueError, ["ρ(s) has shape 2×2", "1×1", "one size"]),
    "no subgroup": (
        lambda: rt.A(4).subgroup(t="(0 1)"), rt.NotASubgroup, ["no subgroup of A(4)", "(0 1)", "Give a word"]),
    "restriction to no subgroup": (
        lambda: D4.vector.restrict(rt.C(3)), rt.NotASubgroup, ["C(3) is not a subgroup of D(4)", "G.subgroup"]),
    "induction from no subgroup": (
        lambda: rt.C(3).trivial.induce(D4), rt.NotASubgroup, ["C(3) is not a subgroup of D(4)", "contains it"]),
    "different groups": (
        lambda: rt.Hom(D4.regular, rt.C(4).regular), TypeError, ["needs one group", "D(4)", "C(4)", "Restrict"]),
    "different groups in a sum": (lambda: D4.regular + rt.C(4).regular, rt.DifferentGroups, ["V + W needs one group"]),
    "a grid that is not preserved": (
        lambda: rt.Hom(rt.D(3).trivial, rt.D(3).trivial, on=rt.grid(3)), rt.NotPreserved,
        ["the generator r does not preserve grid(3)", "lattice('hexagonal', r)"]),
    "integer matrices that leave the grid": (
        lambda: rt.Hom(D4.trivial, D4.trivial, on=rt.grid(3, action=rt.D(4).rep(
            r=[[1, -1], [2, -1]], s=[[1, 0], [2, -1]]))), rt.NotPreserved,
        ["moves the point", "which is outside", "another action"]),
    "dimensions": (
        lambda: rt.Hom(D4.trivial, D4.trivial, on=rt.grid(3, ndim=3)), ValueError, ["2 dimensions", "has 3"]),
    "no action on space": (lambda: rt.S(4).vector, ValueError, ["names no action on space", "G.rep("]),
    "an infinite matrix group": (
        lambda: rt.group(u=[[1, 1], [0, 1]]), rt.InfiniteGroup, ["the matrix of u, [1 1; 0 1], has infinite order"]),
    "an infinite group of finite generators": (
        lambda: rt.group(limit=500, a=[[-1, 1], [0, 1]], b=[[1, 0], [1, -1]], c=[[0, 1], [1, 0]], d=[[1, 3], [0, -1]]),
        rt.TooLarge, ["more than 500 vectors", "limit=…"]),
    "an infinite presentation": (
        lambda: rt.presentation("a b", "a^2"), rt.InfiniteGroup, ["abelianisation has free rank 1", "Add a relation"]),
    "a presentation past its limit": (
        lambda: rt.presentation("a b", "a^2, b^3, (a*b)^7", limit=500), rt.TooLarge,
        ["more than 500 cosets", "limit=…"]),
    "a word": (lambda: D4.element("r*q"), ValueError, ["no word in the generators r, s", "'q'"]),
    "cycles": (lambda: rt.group(r="(0 1)(1 2)"), ValueError, ["moves the point 1 twice", "disjoint"]),
    "images": (lambda: rt.group(r=[0, 0, 1]), ValueError, ["no permutation", "2 is no image"]),
    "a float in a matrix": (lambda: rt.group(r=[[0.5]]), rt.NotExact, ["0.5 is a float", '"1/2"', "Fraction(1, 2)"]),
    "NaN in a matrix": (lambda: rt.C(2).rep(r=[[float("nan")]]), rt.NotExact, ["nan is not a number"]),
    "a float in a kernel": (
        lambda: np.full((3, 3, 1, 1), 0.25) in rt.Hom(D4.trivial, D4.trivial, on=rt.grid(3)), rt.NotExact,
        ["0.25 is a float", "decided exactly", "Fraction"]),
    "the shape of a kernel": (
        lambda: rt.Hom(D4.trivial, D4.trivial, on=rt.grid(3)).project([[1]]), ValueError, ["(3, 3, 1, 1)", "(1, 1)"]),
    "a kernel that is not equivariant": (
        lambda: (D4.vector >> D4.vector).check([[1, 0], [0, 2]]), rt.NotEquivariant,
        ["for the generator r", "entry (0, 1)", "H.project"]),
    "an empty Hom": (
        lambda: nn.EquivariantLinear(D4.trivial, D4.vector), nn.EmptyHom,
        ["zero into D(4).vector", "would not depend on the input", "G.regular maps to every representation"]),
    "an empty Hom on a grid": (
        lambda: nn.EquivariantConv2d(D4.irrep("A1"), D4.irrep("A2"), 3), nn.EmptyHom, ["orbit", "stabiliser"]),
    "an activation": (
        lambda: nn.Pointwise(D4.vector, "relu"), nn.DoesNotCommute, ["relu", "D(4).vector"]),
    "a character": (
        lambda: rt.Q8().character_table.character("3a"), ValueError, ["no irreducible character '3a'", "'1a', '1b'"]),
    "a character table": (
        lambda: rt.C(3000).character_table, rt.TooLarge, ["3000 conjugacy classes", "2000", "need no table"]),
    "an irrep key": (lambda: D4.irrep("E"), ValueError, ["no irrep 'E'", "'A1', 'A2', 'B1', 'B2', 1"]),
    "a dense basis": (
        lambda: rt.Hom(64 * D4.regular, 64 * D4.regular, on=rt.grid(5)).basis.to_numpy(), rt.TooLarge,
        ["819200", "rt.lower(H)"]),
    "a projector": (
        lambda: rt.Hom(D4.regular, D4.regular, on=rt.grid(7)).projector, rt.TooLarge, ["H.project(kernel)"]),
    "a multiplicity": (lambda: 0 * D4.regular, ValueError, ["positive integer", "3*V"]),
    "a homomorphism": (
        lambda: rt.Homomorphism(D4, rt.C(4), {"r": "r", "s": "1"}), ValueError, ["D(4)", "Change the images"]),
    "a semidirect product": (
        lambda: rt.semidirect(rt.C(7), rt.C(3), {"r": {"r": "r^3"}}), ValueError, ["no action of C(3) on C(7)"]),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_a_refusal_says_the_fact_the_witness_and_the_way_out(name):
    act, kind, phrases = REFUSALS[name]
    with pytest.raises(kind) as caught:
        act()
    text = str(caught.value)
    for phrase in phrases:
        assert phrase in text, text
    assert re.search(r"[.)…]$", text.strip()), "ends with a way out: " + text


@pytest.mark.parametrize("make", [
    lambda: nn.Pointwise(8, "relu"), lambda: nn.NormActivation(8), lambda: nn.Gate(8),
    lambda: nn.EquivariantBatchNorm(8),
    lambda: nn.InvariantPool(8), lambda: nn.AvgPool(8, 2), lambda: nn.MaxPool(8, 2), lambda: nn.BlurPool(8),
    lambda: nn.Upsample(8), lambda: nn.FieldDropout(8), lambda: nn.Restrict(8, rt.C(2)), lambda: nn.Reorder(8, 8),
    lambda: nn.equivariance_error(torch.nn.ReLU(), 8, 8),
])
def test_layers_refuse_a_channel_count_for_a_type(make):
    with pytest.raises(TypeError, match=r"^layers take types, not channel counts: .* such as 8\*G.regular, not 8\.$"):
        make()


@pytest.mark.parametrize("option", [2.5, None, True, "3", (1, 2, 3)])
def test_options_of_windows_are_integers(option):
    R = rt.D(4).regular
    with pytest.raises(ValueError, match="give an integer ≥ 1, or a tuple of 2 of them"):
        nn.EquivariantConv2d(R, R, 3, stride=option)


def test_a_module_runs_a_plan_and_nothing_else():
    with pytest.raises(TypeError, match=r"PlanModule runs a Plan, and this is a Basis\. Make one by rt\.lower"):
        nn.PlanModule((rt.D(4).regular >> rt.D(4).regular).basis)


def test_wrong_channels_name_the_type_and_both_numbers():
    import torch

    layer = nn.EquivariantConv2d(2 * D4.regular, D4.regular, 3)
    with pytest.raises(nn.WrongChannels, match=r"2\*D\(4\)\.regular.*16.*15|15.*16"):
        layer(torch.zeros(1, 15, 5, 5))


def test_a_plan_of_another_version_is_refused(tmp_path):
    from safetensors import safe_open
    from safetensors.numpy import load_file, save_file

    path = tmp_path / "a.plan"
    rt.save(rt.lower(D4.regular >> D4.regular), path)
    with safe_open(path, "np") as file:
        metadata = dict(file.metadata())
    save_file(load_file(path), path, metadata | {"intertwiner": "99"})
    with pytest.raises(rt.PlanFileError, match="version"):
        rt.load(path)
