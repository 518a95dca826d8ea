"""Hom over Lie groups: laws, known dimensions, certificates, damage, and groups that are not reductive."""
from dataclasses import replace
from math import factorial

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import expm

import nn
import reptheory as rt
from reptheory.cache import load, store
from reptheory.certificate import certify
from reptheory.folding import exponential, fold, quarter_turns
from reptheory.lie_solve import intertwiners
from reptheory.linalg import nullspace, rref
from reptheory.matrix import Matrix
from reptheory.monomial import as_matrix, contragredient
from reptheory.tensor_derivation import TensorDerivation

GALILEI = {"K": [[0, 1, 0], [0, 0, 0], [0, 0, 0]], "X": [[0, 0, 1], [0, 0, 0], [0, 0, 0]],
           "T": [[0, 0, 0], [0, 0, 1], [0, 0, 0]]}
HEISENBERG = {"P": [[0, 1, 0], [0, 0, 0], [0, 0, 0]], "Q": [[0, 0, 0], [0, 0, 1], [0, 0, 0]]}
AFFINE = {"D": [[1, 0], [0, 0]], "X": [[0, 1], [0, 0]]}  # x ↦ ax + b on (x, 1)
GROUPS = [rt.SO(2), rt.SO(3), rt.O(3), rt.O(2), rt.SU(2), rt.U(2), rt.SO(1, 2), rt.O(1, 2), rt.SL(2), rt.GL(2),
          rt.torus(2), rt.lie_group(GALILEI, name="Galilei"), rt.lie_group(AFFINE, name="affine")]
KEYS = {"SO(3)": [1, 2], "O(3)": ["1o", "2e", "1e"], "SU(2)": ["1/2", 1], "SO(2)": [1, 2], "O(2)": ["0o", 2]}


def reps(group):
    """Small representations of a group."""
    named = [group.irrep(key) for key in KEYS.get(group.expression, ())]
    return [group.trivial, group.vector, group.vector.dual, group.vector.sym(2), *named]


@st.composite
def pairs(draw, count=2):
    """Representations of one group."""
    group = draw(st.sampled_from(GROUPS))
    return [draw(st.sampled_from(reps(group))) for _ in range(count)]


def by_dense_elimination(source, target):
    """The echelon basis from all equations at once, unknown by unknown."""
    one_a, one_b = Matrix.identity(source.dim), Matrix.identity(target.dim)
    rows = nullspace(Matrix.vstack([b.kron(one_a) - one_b.kron(a.T)
                                    for a, b in zip(source.derivatives, target.derivatives)]))
    for a, b in zip(source.actions, target.actions):
        if rows.shape[0]:
            rows = nullspace((rows @ as_matrix(b).kron(as_matrix(contragredient(a))).T - rows).T) @ rows
    return rref(rows)[0] if rows.shape[0] else rows


@settings(deadline=None)
@given(pairs(3))
def test_folding_and_sparse_elimination_find_what_dense_elimination_finds(given_):
    a, b, c = given_
    for source, target in ((a, b), (a * c, b)):
        assert intertwiners(source, target) == by_dense_elimination(source, target)


@settings(deadline=None)
@given(pairs(3))
def test_hom_splits_over_direct_sums(given_):
    a, b, c = given_
    assert ((a + b) >> c).dim == (a >> c).dim + (b >> c).dim
    assert (c >> (2*a + b)).dim == 2 * (c >> a).dim + (c >> b).dim


@settings(deadline=None)
@given(pairs(3))
def test_tensor_and_hom_are_adjoint(given_):
    """dim Hom(V ⊗ A, W) = dim Hom(V, W ⊗ A*), for any group."""
    v, a, w = given_
    assert ((v * a) >> w).dim == (v >> (w * a.dual)).dim


@settings(deadline=None)
@given(pairs())
def test_certificates_verify_and_elements_are_members(given_):
    hom = given_[0] >> given_[1]
    assert hom.certificate.verify() and "by rank" in str(hom.certificate)
    assert hom.certificate.by_characters in (None, hom.dim)
    for element in hom.basis:
        assert element in hom


@settings(deadline=None)
@given(st.integers(0, 10 ** 6))
def test_the_basis_does_not_depend_on_the_basis_of_the_algebra(seed):
    draw = np.random.default_rng(seed)
    change = draw.integers(-2, 3, (3, 3))
    if round(np.linalg.det(change)) == 0:
        change = np.eye(3, dtype=int)
    so3 = rt.SO(3)
    mixed = rt.lie_group([sum((x * int(c) for x, c in zip(so3.algebra, row)), so3.algebra[0] * 0) for row in change])
    assert intertwiners(mixed.vector**2, mixed.vector**2) == intertwiners(so3.vector**2, so3.vector**2)


@settings(deadline=None)
@given(st.integers(0, 10 ** 6))
def test_dimensions_do_not_depend_on_the_basis_of_space(seed):
    """Conjugated by g, where no signed permutations are left to fold by: κ ↦ gκg⁻¹ is a bijection."""
    draw = np.random.default_rng(seed)
    g = Matrix.of((np.tril(draw.integers(-2, 3, (3, 3)), -1) + np.eye(3, dtype=int)).tolist())
    g = g @ Matrix.of((np.triu(draw.integers(-2, 3, (3, 3)), 1) + np.eye(3, dtype=int)).tolist())
    group = rt.lie_group([g @ x @ g.inverse() for x in rt.SO(3).algebra])
    H = group.vector**2 >> group.vector**2
    assert H.dim == 3 and H.certificate.verify()


@pytest.mark.parametrize("group", [rt.SO(3), rt.SO(5), rt.SU(3), rt.Sp(2), rt.SO(1, 3)], ids=repr)
def test_exponentials_are_elements(group):
    """exp(½πX) by interpolation agrees with scipy's exponential, and is in the group."""
    for name, g in quarter_turns(group).items():
        x = group.algebra[group.algebra_names.index(name[7:-1])]
        assert np.allclose(g.matrix.to_numpy(), expm(np.pi / 2 * x.to_numpy()))
    if group.expression == "SO(3)":
        assert exponential(group.algebra[2] * 2, 2, 1) == Matrix.diagonal([-1, -1, 1])


CATALAN = [1, 2, 5, 14]                     # dim End of SU(2) on (C²)^{⊗k}: C_k. Temperley and Lieb 1971
RIORDAN = [1, 0, 1, 1, 3, 6, 15, 36, 91]    # invariants of SO(3) in (R³)^{⊗k}: OEIS A005043
G2_OCTONIONS = ((1, 2, 3), (1, 4, 5), (1, 7, 6), (2, 4, 6), (2, 5, 7), (3, 4, 7), (3, 6, 5))  # e_i e_j = e_k


@pytest.mark.parametrize("k", range(1, 5))
def test_catalan(k):
    V = rt.SU(2).vector**k
    assert (V >> V).dim == CATALAN[k - 1]


@pytest.mark.parametrize("k", range(1, 9))
def test_riordan(k):
    H = rt.SO(3).vector**k >> rt.SO(3).trivial
    assert H.dim == RIORDAN[k] and H.certificate.by_characters == RIORDAN[k]


@pytest.mark.parametrize("k", range(1, 4))
def test_schur_weyl_and_brauer(k):
    """End_{U(n)} V^{⊗k} has dimension k!, and O(n) has (2k − 1)!! invariants in V^{⊗2k}, for n ≥ k. Brauer 1937."""
    U, O = rt.U(3).vector**k, rt.O(4).vector**k
    assert (U >> U).dim == factorial(k)
    assert (O >> O).dim == [1, 3, 15][k - 1]


def test_the_lorentz_group():
    """Pairings, and ε for the connected component: 15 + 10 maps T³ → T³, as EMLP finds them."""
    for group, dims in ((rt.SO(1, 3), (1, 4, 25)), (rt.O(1, 3), (1, 3, 15))):
        for k, dim in enumerate(dims, 1):
            H = group.vector**k >> group.vector**k
            assert H.dim == dim and H.certificate.by_characters == dim


def g2():
    """The derivations of the octonions, from the associative form φ = Σ e_ijk that G2 preserves (Bryant 1987)."""
    phi = np.zeros((7, 7, 7), int)
    for triple in G2_OCTONIONS:
        i, j, k = (n - 1 for n in triple)
        for even in ((i, j, k), (j, k, i), (k, i, j)):
            phi[even], phi[even[::-1]] = 1, -1
    equations = np.zeros((343, 49), int)
    for k in range(7):
        for i in range(7):  # (X φ)(u, v, w) = φ(Xu, v, w) + φ(u, Xv, w) + φ(u, v, Xw), X = E_ki
            image = np.zeros((7, 7, 7), int)
            image[i] += phi[k]
            image[:, i] += phi[:, k]
            image[:, :, i] += phi[:, :, k]
            equations[:, 7 * k + i] = image.ravel()
    rows = nullspace(Matrix.from_integers(equations)).to_integers()
    return rt.lie_group([row.reshape(7, 7).tolist() for row in rows], name="G2")


def test_g2():
    """dim G2 = 14; one invariant form of degree 2 and one of degree 3, the metric and φ."""
    G = g2()
    V = G.vector
    assert G.dim == 14 and G.is_reductive and V.is_unitary
    assert [(V**k >> G.trivial).dim for k in (1, 2, 3)] == [0, 1, 1]
    assert (V**2 >> V).certificate.verify()


@pytest.mark.parametrize("algebra, dim, name", [(GALILEI, None, "Galilei"), (HEISENBERG, 3, "Heisenberg"),
                                                (AFFINE, None, "affine")])
def test_groups_that_are_not_reductive(algebra, dim, name):
    """Hom, its basis and its certificate exist; sums of irreps do not."""
    G = rt.lie_group(algebra, dim=dim, name=name)
    V = G.vector
    H = V >> V
    assert H.certificate.verify() and H.certificate.by_characters is None and not G.is_reductive
    assert Matrix.identity(V.dim) in H
    with pytest.raises(rt.NotReductive, match="ask for V >> W"):
        V.decompose()


def test_the_invariants_of_the_galilei_group():
    """Covectors (0, 0, c): time differences of simultaneous events are all that is invariant."""
    G = rt.lie_group(GALILEI)
    assert intertwiners(G.vector, G.trivial) == Matrix.of([[0, 0, 1]])
    assert intertwiners(G.trivial, G.vector) == Matrix.of([[1, 0, 0]])


def test_folding_leaves_few_unknowns():
    """6561 unknowns are 274 under the 24 rotations of the cube: (3⁸ + 15)/24, by Burnside's lemma."""
    V = rt.SO(3).vector**4
    assert fold(V, V, TensorDerivation.over(V, V)).count == 274


def damaged(hom, change):
    """The basis with one piece changed."""
    (key, piece), = hom.basis.pieces.items()
    return replace(hom.basis, pieces={key: change(piece)})


@pytest.mark.parametrize("change, message", [
    (lambda p: replace(p, coordinates=p.coordinates.submatrix(range(2), range(p.coordinates.shape[1]))),
     "has nullity 3 modulo 2147483647, but 2 elements"),
    (lambda p: replace(p, coordinates=p.coordinates + Matrix.of([[int(i == j == 0) for j in range(
        p.coordinates.shape[1])] for i in range(3)])), "nonzero residual on L[xyz] of the Lie algebra"),
    (lambda p: replace(p, coordinates=Matrix.vstack([p.coordinates.submatrix([k], range(p.coordinates.shape[1]))
                                                     for k in (0, 1, 1)])), "dependent elements"),
    (lambda p: replace(p, signs=p.signs * 2), "a sign other than"),
    (lambda p: replace(p, labels=p.labels[:-1]), "labels of 80 unknowns, and there are 81"),
])
def test_damaged_bases_are_refused(change, message):
    hom = rt.SO(3).vector**2 >> rt.SO(3).vector**2
    with pytest.raises(rt.NotCertified, match=message):
        certify(damaged(hom, change))


def test_a_component_that_breaks_a_basis_is_named():
    even = rt.SO(3).vector**3 >> rt.SO(3).trivial
    odd = rt.O(3).vector**3 >> rt.O(3).trivial
    (piece,) = even.basis.pieces.values()
    (key, own), = odd.basis.pieces.items()
    with pytest.raises(rt.NotCertified, match="nonzero residual on the generator i"):
        certify(replace(odd.basis, pieces={key: replace(own, labels=piece.labels, signs=piece.signs,
                                                        coordinates=piece.coordinates)}))


def test_violations_name_the_generator_and_the_entry():
    H = rt.O(3).vector >> rt.O(3).vector
    with pytest.raises(rt.NotEquivariant, match=r"for Lx of the Lie algebra, entry \(1, 2\) .* is -1 on the left"):
        H.check([[1, 0, 0], [0, 1, 0], [0, 0, 2]])
    with pytest.raises(rt.NotEquivariant, match=r"for the generator i, entry"):
        (rt.O(3).vector >> rt.O(3).trivial).check([[1, 0, 0]])


def test_projections():
    """The trace part of a matrix; P² = P of rank dim Hom."""
    H = rt.SO(3).vector >> rt.SO(3).vector
    assert H.project([[3, 1, 0], [0, 0, 5], [0, 0, 0]]).to_numpy().tolist() == np.eye(3).tolist()
    P = H.projector
    assert P @ P == P and P.trace() == 1


def test_orthonormal_floats():
    """In lowered coordinates the basis is orthonormal, also where the metric of an irrep is not 1."""
    H = 2*rt.SO(3).irrep(2) + rt.SO(3).vector >> rt.SO(3).irrep(1) * rt.SO(3).irrep(2)
    flat = H.basis.to_numpy().reshape(H.dim, -1)
    assert np.allclose(flat @ flat.T, np.eye(H.dim), atol=1e-14)


def test_the_cache_keeps_folded_bases(tmp_path):
    V, W = rt.SO(3).vector**2, rt.SO(3).irrep(2)
    H = rt.derive(V >> W, cache=tmp_path)
    again = load(V >> W, tmp_path)
    assert again is not None and again.digest == H.certificate.digest
    changed = rt.O(3).vector**2 >> rt.O(3).irrep("2e")
    assert load(changed, tmp_path) is None
    store(H.basis, tmp_path)
    assert rt.derive(V >> W, cache=tmp_path).certificate.ok


def test_layers_are_checked_along_the_lie_algebra():
    G = rt.SO(3)
    V, W = 2*G.vector + G.irrep(2), 2*G.irrep(2) + G.trivial + G.vector
    with pytest.raises(nn.EmptyHom, match=r"(?s)stabiliser of infinite order, dimension 0.*tensor power of G\.vector"):
        nn.EquivariantLinear(V, W)
    layer = nn.EquivariantLinear(V, 3*G.vector + G.irrep(2)).double()
    nn.assert_equivariant(layer, V, 3*G.vector + G.irrep(2))
    with pytest.raises(nn.BrokenEquivariance, match=r"for the generator exp\(0.7·L[xyz]\)"):
        nn.assert_equivariant(torch.nn.Linear(V.dim, V.dim), V, V)
    with pytest.raises(nn.BrokenEquivariance, match=r"for the generator exp\(½π·L[xyz]\)"):
        nn.assert_equivariant(torch.nn.ReLU(), V, V, exact=True)


def test_pointwise_functions_do_not_commute_with_rotations():
    with pytest.raises(ValueError, match="Lx of the Lie algebra acts by"):
        nn.Pointwise(rt.SO(3).vector, torch.relu)
    with pytest.raises(ValueError, match="K12 of the Lie algebra"):
        nn.NormActivation(rt.SO(1, 3).vector, torch.relu)
    with pytest.raises(ValueError, match="Lx of the Lie algebra acts"):
        nn.InvariantPool(rt.SO(3).vector, "max")


def test_components_that_are_no_signed_permutations():
    """O(3) in a skew basis: 3 maps T² → T², none T² → T; SO(3) × S(5) on R³ ⊗ R⁵: 1 · 2, by Schur."""
    c = Matrix.of([[1, 2, 0], [0, 1, 1], [0, 0, 1]])
    skew = rt.lie_group([c @ x @ c.inverse() for x in rt.O(3).algebra],
                        [c @ Matrix.diagonal([1, 1, -1]) @ c.inverse()])
    V, G = skew.vector, rt.SO(3) * rt.S(5)
    W = rt.SO(3).vector.pullback(G.projections[0]) * rt.S(5).natural.pullback(G.projections[1])
    for hom, dim in ((V**2 >> V**2, 3), (V**2 >> V, 0), (W >> W, 2)):
        assert hom.dim == dim and hom.certificate.verify()
