"""The laws: each test is named as its theorem, and runs over random groups, representations and spaces."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from symmetries import groups, homs, reps, spaces, subgroups, typed

import reptheory as rt
from reptheory.kernel import Kernel
from reptheory.matrix import Matrix
from reptheory.piece import DensePiece, SignedPiece

NAMES = {name: getattr(rt, name) for name in rt.__all__}


def reynolds(hom: rt.Hom) -> np.ndarray:
    """|G|⁻¹ Σ_g of the action of g on kernels in orthonormal coordinates, as a float matrix, from all elements."""
    n, (w, v) = hom.on.size, (hom.target.dim, hom.source.dim)
    total = np.zeros((n, w, v, n, w, v), complex)
    for g in hom.group.elements:
        a, b = hom.source.to_numpy(g), hom.target.to_numpy(g)
        move = np.arange(n)
        for s, e in reversed(hom.group.word(g)):
            move = hom.moves[s][move] if e > 0 else np.argsort(hom.moves[s])[move]
        block = np.einsum("ik,lj->ijkl", b, np.linalg.inv(a))  # κ ↦ b κ a⁻¹
        for x in range(n):
            total[move[x], :, :, x] += block
    return total.reshape(n * w * v, n * w * v) / hom.group.order


@given(typed(2, 6))
def test_dim_hom_is_the_inner_product_of_characters(drawn):
    _, v, w = drawn
    assert (v >> w).dim == w.character.inner(v.character)


@given(homs(4))
def test_the_reynolds_operator_is_the_orthogonal_projector_onto_the_basis(hom):
    assume(hom.unknowns <= 300 and hom.source.is_unitary and hom.target.is_unitary)
    basis = hom.basis.to_numpy().reshape(hom.dim, hom.unknowns)
    np.testing.assert_allclose(basis.T @ basis.conj(), reynolds(hom), atol=1e-11)
    np.testing.assert_allclose(basis @ basis.conj().T, np.eye(hom.dim), atol=1e-12)


@given(homs(6))
def test_every_basis_element_satisfies_the_constraint_in_floats(hom):
    kernel = np.tensordot(np.arange(1, hom.dim + 1), hom.basis.to_numpy(), 1)
    kernel = kernel.reshape(hom.on.size, hom.target.dim, hom.source.dim)
    for move, g in zip(hom.moves, hom.group.generators):
        left, right = kernel[move] @ hom.source.to_numpy(g), hom.target.to_numpy(g) @ kernel
        np.testing.assert_allclose(left, right, atol=1e-12 * (1 + np.abs(kernel).max()) * hom.source.dim)


@given(homs(6))
def test_certificates_verify(hom):
    assert hom.certificate.ok and hom.certificate.verify()
    assert hom.certificate.dim == hom.certificate.by_characters == hom.dim


@given(st.data())
def test_mackey_counts_intertwiners_of_induced_representations(data):
    group = data.draw(groups())
    h, k = data.draw(subgroups(group)), data.draw(subgroups(group))
    u, v = data.draw(st.sampled_from([h.trivial, h.sign, h.natural])), data.draw(st.sampled_from([k.trivial, k.sign]))
    assume(group.order // h.order * u.dim <= 24 and group.order // k.order * v.dim <= 24)
    table = rt.mackey(u, v, group)
    assert table.dim == (u.induce(group) >> v.induce(group)).dim
    assert sum(row.size for row in table) == group.order


@given(st.data())
def test_frobenius_reciprocity(data):
    group, v = data.draw(typed(1, 6))
    h = data.draw(subgroups(group))
    u = data.draw(st.sampled_from([h.trivial, h.sign]))
    assume(group.order // h.order <= 24)
    assert (u.induce(group) >> v).dim == (u >> v.restrict(h)).dim


@given(st.data())
def test_induction_in_stages(data):
    group = data.draw(groups())
    middle = data.draw(subgroups(group))
    small = data.draw(subgroups(middle))
    u = small.sign
    inner = small.conjugate(small.identity)
    assert inner.order == small.order
    direct, staged = u.induce(group).character, u.induce(middle).induce(group).character
    assert direct.values == staged.values


@given(st.data())
def test_maps_between_quotients_are_kernels_on_a_homogeneous_space(data):
    group = data.draw(groups())
    h = data.draw(subgroups(group))
    w = data.draw(reps(group, 4))
    assume(group.order // h.order <= 12)
    assert rt.Hom(group.trivial, w, on=group.space(h)).dim == (group.quotient(h) >> w).dim


@given(st.data())
def test_hom_splits_over_direct_sums(data):
    group, v, w, u = data.draw(typed(3, 4))
    on = data.draw(spaces(group))
    assert rt.Hom(2 * v + w, u, on=on).dim == 2 * rt.Hom(v, u, on=on).dim + rt.Hom(w, u, on=on).dim
    assert rt.Hom(u, v + 3 * w, on=on).dim == rt.Hom(u, v, on=on).dim + 3 * rt.Hom(u, w, on=on).dim


@given(st.integers(2, 6), st.data())
def test_the_basis_does_not_depend_on_the_generators(n, data):
    one, two = rt.D(n), None
    r, s = one.generators
    k = data.draw(st.integers(0, n - 1))
    two = one.subgroup(a=(r**k * s).word, b=(r ** (k + 1) * s).word, c=r.word)
    assert two.order == one.order
    for v, w in ((one.vector, one.natural), (one.natural, one.natural), (one.vector, one.vector)):
        first, second = v >> w, v.restrict(two) >> w.restrict(two)
        assert [first.basis[d] for d in range(first.dim)] == [second.basis[d] for d in range(second.dim)]


@given(st.data())
def test_a_repr_evaluates_to_what_it_shows(data):
    hom = data.draw(homs(5))
    for x in (hom.group, hom.source, hom.target, hom.on, hom):
        assert eval(repr(x), dict(NAMES)) == x
        assert hash(eval(repr(x), dict(NAMES))) == hash(x)


@given(homs(4), st.data())
def test_exact_combinations_are_members_and_perturbed_ones_are_not(hom, data):
    assume(0 < hom.unknowns <= 400)
    kernel = np.zeros(hom.shape, object)
    for d in range(hom.dim):
        kernel = kernel + data.draw(st.integers(-3, 3)) * hom.basis[d].entries
    assert kernel in hom
    assert hom.project(kernel) == Kernel(kernel)
    place = tuple(data.draw(st.integers(0, n - 1)) for n in hom.shape)
    broken = kernel.copy()
    broken[place] = broken[place] + 1
    projected = hom.project(broken)
    assert projected in hom and hom.project(projected) == projected
    assert (broken in hom) == (projected == Kernel(broken))


@given(homs(3))
def test_the_projector_is_idempotent_and_of_rank_dim(hom):
    assume(hom.unknowns <= 40)
    p = hom.projector
    assert p @ p == p and p.trace() == hom.dim


@given(homs(5))
def test_integer_plans_are_exactly_equivariant_in_numpy(hom):
    assume(hom.on == rt.POINT and hom.dim and all(p.is_monomial for p in (hom.source, hom.target)))
    plan = rt.lower(hom, normalise=False)
    rng = np.random.default_rng(0)
    weights, x = rng.integers(-4, 5, plan.size).astype(float), rng.integers(-4, 5, (3, hom.source.dim)).astype(float)
    for g in hom.group.generators:
        a, b = (rep.action(g).to_integers() for rep in (hom.source, hom.target))
        assert (plan(weights, x @ a.T) == plan(weights, x) @ b.T).all()


@given(homs(4))
def test_the_plan_applies_the_basis(hom):
    assume(hom.dim)
    for normalise in (True, False):
        plan = rt.lower(hom, normalise=normalise)
        assert plan.size == hom.dim
        weights = np.arange(1.0, hom.dim + 1)
        kernel = np.tensordot(weights, hom.basis.to_numpy(normalise=normalise), 1)
        if hom.on == rt.POINT:
            x = np.eye(hom.source.dim)
            np.testing.assert_allclose(plan(weights, x), kernel.T, atol=1e-11 * (1 + np.abs(kernel).max()))


@given(st.sampled_from([rt.C(n) for n in range(1, 8)] + [rt.D(n) for n in range(1, 7)]), st.data())
def test_the_change_of_basis_of_a_decomposition_intertwines_and_is_invertible(group, data):
    v = data.draw(reps(group, 8))
    found = v.decompose()
    assert found.type.dim == v.dim and not found.change.det().is_zero
    for g in group.generators:
        assert found.change @ v(g) == found.type(g) @ found.change


@given(homs(5))
def test_tampering_with_a_basis_is_caught(hom):
    assume(hom.dim)
    basis = hom.basis
    (key, piece), *_ = [(k, p) for k, p in basis.pieces.items() if p.dim]
    if isinstance(piece, SignedPiece):
        labels = piece.labels.copy()
        labels[labels == piece.dim - 1] = -1
        bad = replace(piece, labels=labels)
    else:
        assert isinstance(piece, DensePiece)
        bad = replace(piece, tables=tuple(t.submatrix(range(max(0, t.shape[0] - 1)), range(t.shape[1]))
                                          for t in piece.tables))
    certificate = replace(hom.certificate, basis=replace(basis, pieces=basis.pieces | {key: bad}))
    assert not certificate.ok
    with pytest.raises(rt.NotCertified):
        certificate.verify()


def test_a_wrong_entry_is_a_residual():
    """An element with one entry changed satisfies no constraint, whatever its dimension count."""
    group = rt.D(3)
    basis = (group.vector >> group.vector).basis
    (key, piece), = basis.pieces.items()
    bad = replace(piece, tables=(piece.tables[0] + Matrix.of([[0, 1, 0, 0]]),))
    certificate = replace(basis.hom.certificate, basis=replace(basis, pieces={key: bad}))
    with pytest.raises(rt.NotCertified, match="nonzero residual"):
        certificate.verify()


@given(homs(5))
def test_solving_again_gives_the_same_bits(hom):
    again = rt.Hom(hom.source, hom.target, on=hom.on)
    assert again.certificate.digest == hom.certificate.digest


@given(typed(1, 6))
def test_floats_of_a_representation_are_orthogonal_when_it_is_unitary(drawn):
    group, v = drawn
    for g in group.generators:
        m = v.to_numpy(g)
        if v.is_unitary:
            np.testing.assert_allclose(m.conj().T @ m, np.eye(v.dim), atol=1e-14 * max(1, v.dim))


def test_projection_is_orthogonal_for_metrics_too():
    """The plane of D(3) in a basis with metric (2, 6): ⟨κ − Pκ, κ_d⟩ = 0 for the weighted product."""
    group = rt.D(3)
    plane = group.rep(r=[["-1/2", "-3/2"], ["1/2", "-1/2"]], s=[[1, 0], [0, -1]], gram=(2, 6))
    assert plane.is_unitary
    hom = group.natural >> plane
    kernel = [[Fraction(1, 3), 0, 2], [1, -1, 5]]
    residual = np.array(kernel, object) - hom.project(kernel).entries
    weights = np.array([[2], [6]], object)
    assert all((residual * weights * hom.basis[d].entries).sum() == 0 for d in range(hom.dim))


def test_tampering_with_orbits_or_pieces_is_caught_by_lower_and_verify():
    hom = rt.Hom(rt.D(4).vector + rt.D(4).trivial, rt.D(4).vector, on=rt.grid(3))
    basis = hom.basis
    few = replace(basis, orbits=basis.orbits[:1])
    key = next(iter(basis.pieces))
    gap = replace(basis, pieces={k: p for k, p in basis.pieces.items() if k != key})
    for bad in (few, gap):
        certificate = replace(hom.certificate, basis=bad)
        assert not certificate.ok
        with pytest.raises(rt.NotCertified):
            certificate.verify()
    object.__setattr__(basis, "orbits", basis.orbits[:1])
    with pytest.raises(rt.NotCertified):
        rt.lower(hom)
