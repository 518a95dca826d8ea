"""The assertions for other people's suites fail where they should, with the witness."""

from __future__ import annotations

import numpy as np
import pytest

import reptheory as rt
from reptheory.rep import Explicit
from reptheory.testing import assert_complete, assert_in, assert_representation

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
