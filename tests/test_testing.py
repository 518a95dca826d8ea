"""The assertions for other people's suites fail where they should, with the witness."""

from __future__ import annotations

import numpy as np
import pytest

import reptheory as rt
from reptheory.rep import Explicit
from reptheory.testing import (
    assert_complete,
    assert_complete_basis,
    assert_equivariant,
    assert_in,
    assert_projections_commute,
    assert_representation,
)

G = rt.D(4)
H = rt.Hom(G.trivial, G.vector, on=rt.grid(3))


def test_a_representation_passes_and_a_forged_one_does_not():
    assert_representation(2 * G.vector + G.regular)
    forged = Explicit(G, (G.vector.actions[1], G.vector.actions[0]), G.vector.gram)
    with pytest.raises(AssertionError, match="we have"):
        assert_representation(forged)


def test_a_member_passes_and_an_edited_one_names_its_entry():
    kernel = H.basis[0].entries
    assert_in(kernel, H)
    kernel = kernel.copy()
    kernel[0, 0, 0, 0] += 1
    with pytest.raises(AssertionError, match="generator"):
        assert_in(kernel, H)


def test_a_whole_basis_passes_a_partial_or_foreign_one_does_not():
    basis = H.basis.to_numpy()
    mixed = np.tensordot(np.random.default_rng(0).normal(size=(H.dim + 2, H.dim)), basis, 1)
    assert_complete(mixed, H)
    with pytest.raises(AssertionError, match=f"{H.dim - 1} of the {H.dim} dimensions"):
        assert_complete(basis[1:], H)
    with pytest.raises(AssertionError, match="not in"):
        assert_complete(np.ones_like(basis), H)


def test_projections_that_do_not_commute_name_the_witness_and_the_way_out():
    hom = rt.Hom(G.trivial, G.trivial, on=rt.grid(3))
    assert_projections_commute(rt.support(hom, [(0, 1), (1, 0), (1, 2), (2, 1)]), hom)
    with pytest.raises(AssertionError, match=r"do not commute: the unit kernel at tap \(0, 1\).*commutator is "
                                             r"1/4\*√6.*has 2 .*inside 0 .*generates 4 \(.closure\)"):
        assert_projections_commute(rt.support(hom, [(0, 1)]), hom)


def test_any_function_of_features_is_tried_on_every_generator():
    assert_complete_basis(H.basis.to_numpy(), H)
    assert_equivariant(lambda x: np.maximum(x, 0), G.regular, G.regular, size=4, exact=True)
    assert_equivariant(lambda x: x - x.mean((2, 3), keepdims=True), G.vector, G.vector, size=3)
    with pytest.raises(AssertionError, match=r"generator r, .* at batch \d, channel \d, position \(\d, \d\)"):
        assert_equivariant(lambda x: np.maximum(x, 0), G.vector, G.vector, size=3)
    with pytest.raises(AssertionError, match=r"to \(2, 1\), and equivariant ones .* shape \(batch, 2\)"):
        assert_equivariant(lambda x: x[:, :1], G.vector, G.vector)
    with pytest.raises(AssertionError, match="nan"):
        assert_equivariant(lambda x: x * np.nan, G.vector, G.vector)


def test_functions_of_a_lie_group_are_tried_on_exponentials():
    V = rt.SO(3).vector
    assert_equivariant(lambda x: x * (x ** 2).sum(-1, keepdims=True), V, V)
    with pytest.raises(AssertionError, match=r"generator exp\(Lx\)"):
        assert_equivariant(lambda x: np.maximum(x, 0), V, V)
