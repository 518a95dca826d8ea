"""Couplings with multiplicities: exact intertwiners, orthonormal, ordered and signed by their rule."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import reptheory as rt
from reptheory.lie_decomposition import constituents
from reptheory.monomial import as_matrix
from reptheory.signed_root import SignedRoot

SU3, SO4 = rt.SU(3), rt.SO(4)
OCTET = SU3.irrep((1, 1))

CASES = [
    (SU3, (1, 0), (1, 1), (2, 1)), (SU3, (1, 1), (1, 1), (1, 1)), (SU3, (1, 1), (1, 1), (3, 0)),
    (SU3, (2, 0), (1, 1), (2, 0)), (rt.SU(4), (1, 0, 0), (0, 1, 0), (0, 0, 1)), (rt.U(2), (1, 0), (1, 0), (1, 1)),
    (SO4, ("1/2", "1/2"), ("1/2", "1/2"), ("1", "1")), (SO4, (1, 1), (2, 0), (1, 1)),
    (rt.SO(5), (1, 0), (1, 0), (0, 2)), (rt.Sp(2), (1, 0), (0, 1), (1, 0)), (rt.O(4), (1, 1), (1, 1), (2, 2)),
    (rt.SO(2), 1, 2, 3), (rt.SO(3), 1, 2, 2), (rt.icosahedral(), "5a", "5a", "5a"),
    (rt.icosahedral(), "3a", "3a", "5a"), (rt.S(4), (3, 1), (3, 1), (2, 2)), (rt.Q8(), "2a", "2a", "1b"),
    (rt.C(5), 1, 2, 2), (rt.D(5), 1, 1, 2),
]


def couple(G, *keys):
    return rt.couplings(*(G.irrep(key) for key in keys))


@pytest.mark.parametrize("G, a, b, c", CASES, ids=lambda x: str(x).split(" ")[0])
def test_couplings_are_orthonormal_intertwiners(G, a, b, c):
    C = couple(G, a, b, c)
    first, second, target = C.reps
    product = first * second
    assert len(C) and C.shape == (len(C), first.dim, second.dim, target.dim)
    dense = C.to_numpy()
    for n in range(len(C)):
        K = C.map(n)
        assert all(K @ x == y @ K for x, y in zip(product.derivatives, target.derivatives))
        assert all(K @ as_matrix(x) == as_matrix(y) @ K for x, y in zip(product.actions, target.actions))
        assert np.abs(np.einsum("ijk,ijl->kl", dense[n], dense[n].conj()) - np.eye(target.dim)).max() < 1e-14
    grams = np.einsum("aijk,bijk->ab", dense, dense.conj())
    assert np.abs(grams - target.dim * np.eye(len(C))).max() < 1e-13


@pytest.mark.parametrize("G, a, b, c", CASES, ids=lambda x: str(x).split(" ")[0])
def test_they_are_all_of_them(G, a, b, c):
    first, second, target = (G.irrep(key) for key in (a, b, c))
    if first.dim * second.dim * target.dim < 200:
        assert len(rt.couplings(first, second, target)) == rt.Hom(first * second, target).dim


@pytest.mark.parametrize("G, a, b, c", [case for case in CASES if case[1] != case[2]])
def test_the_rule_of_signs(G, a, b, c):
    firsts = [next((place, x) for place, x in enumerate(row.ravel()) if x) for row in couple(G, a, b, c).to_numpy()]
    assert all(x.real > 0 == x.imag for _, x in firsts)
    assert [place for place, _ in firsts] == sorted({place for place, _ in firsts})


def test_the_octets_d_and_f():
    d, f = couple(SU3, (1, 1), (1, 1), (1, 1)).to_numpy()
    assert np.abs(d - d.transpose(1, 0, 2)).max() == 0 == np.abs(f + f.transpose(1, 0, 2)).max()
    jacobi = np.einsum("ijm,mkn->ijkn", f, f)
    assert np.abs(jacobi + jacobi.transpose(1, 2, 0, 3) + jacobi.transpose(2, 0, 1, 3)).max() < 1e-15
    # de Swart, Rev. Mod. Phys. 35 (1963) 916: isoscalar factors of 8 ⊗ 8 are roots of fractions with denominators | 60
    squares = {root.square for root in couple(SU3, (1, 1), (1, 1), (1, 1)).tensor.entries.values()}
    assert all(60 % square.denominator == 0 for square in squares)


def test_the_product_of_27_with_8_holds_27_twice():
    C = couple(SU3, (2, 2), (1, 1), (2, 2))
    assert C.shape == (2, 27, 8, 27)
    dense = C.to_numpy()
    assert np.abs(np.einsum("aijk,bijl->abkl", dense, dense)
                  - np.einsum("ab,kl->abkl", np.eye(2), np.eye(27))).max() < 1e-14


@settings(max_examples=10, deadline=None)
@given(*[st.tuples(st.integers(0, 2), st.integers(0, 1))] * 2)
def test_weights_count_the_same(a, b):
    first, second = SU3.irrep(a), SU3.irrep(b)
    for m, target in constituents(first * second):
        if target.dim < 20:
            assert len(rt.couplings(first, second, target)) == m


def test_so3_agrees_with_its_closed_form():
    for keys in [(1, 1, 0), (1, 1, 1), (2, 1, 2), (2, 2, 2)]:
        [general], closed = couple(rt.SO(3), *keys).to_numpy(), rt.clebsch_gordan(*keys).to_numpy()
        assert min(np.abs(general - closed).max(), np.abs(general + closed).max()) < 1e-15


def test_groups_that_are_not_compact_have_couplings_too():
    C = couple(rt.SO(1, 3), ("1/2", "1/2"), ("1/2", "1/2"), ("1", "1"))
    x = C.reps[0] * C.reps[1]
    assert len(C) == 1 and all(C.map(0) @ d == e @ C.map(0) for d, e in zip(x.derivatives, C.reps[2].derivatives))


def test_entries_beyond_roots_of_rationals():
    C = couple(rt.icosahedral(), "3a", "3a", "3a")  # the cross product
    assert C.to_numpy()[0].any() and np.abs(C.to_numpy() + C.to_numpy().transpose(0, 2, 1, 3)).max() < 1e-15
    third = couple(rt.icosahedral(), "3a", "5a", "3b")
    with pytest.raises(rt.FieldTooSmall, match="no roots of rational numbers"):
        _ = third.tensor


def test_sympy_and_entries():
    C = couple(SU3, (1, 0), (1, 0), (0, 1))
    assert C[0, 0, 1, 0] == SignedRoot.of(1, C[0, 0, 1, 0].square) and len(C.tensor.entries) == 6
    assert np.abs(np.array(C.to_sympy().tolist(), float) - C.to_numpy()).max() < 1e-15


@pytest.mark.parametrize("reps", [(OCTET, OCTET, rt.SU(4).vector), (OCTET, rt.SU(4).irrep((1, 0, 0)), OCTET),
                                  (OCTET, OCTET, rt.SU(4).irrep((1, 0, 1)))])
def test_one_group_for_all(reps):
    with pytest.raises(rt.DifferentGroups, match=r"SU\(3\) and .* of SU\(4\)"):
        rt.couplings(*reps)
