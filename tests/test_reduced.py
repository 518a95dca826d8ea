"""Reduced tensor products: laws over groups and formulas, known plethysms, messages, and e3nn where it is installed."""
from collections import Counter
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import reptheory as rt
from reptheory.index_symmetry import IndexSymmetry, symmetric
from reptheory.ladder import Ladder

O3, SO3 = rt.O(3), rt.SO(3)
FORMULAS = ["ij=ji", "ij=-ji", "ijk=-jik", "ijk=jik=jki", "ijk=-jik=-ikj", "ijk=jki", "ij", "ijkl=-jikl=-ijlk=klij"]
FINITE = [rt.S(3).natural, rt.D(4).vector, 2 * rt.C(3).vector + rt.C(3).trivial, rt.D(3).vector]


def integers(matrix: rt.Matrix) -> tuple[np.ndarray, int]:
    """A rational matrix as integers over one denominator."""
    d = matrix.denominator
    return (matrix * d).to_integers(), d


def full(T: rt.Rep, matrices) -> tuple[np.ndarray, int]:
    """(ρ ⊗ ρ ⊗ …) E, one axis at a time, over one denominator."""
    dense, denominator = T.embedding, 1
    for axis, m in enumerate(matrices):
        table, d = integers(m)
        dense, denominator = np.moveaxis(np.tensordot(table, dense, ([1], [axis])), 0, axis), denominator * d
    return dense, denominator


def same(T: rt.Rep, matrix: rt.Matrix, whole: np.ndarray, denominator: int) -> bool:
    """Whether E ρ(g) is this array over the denominator."""
    table, d = integers(matrix)
    return (np.tensordot(T.embedding, table, 1) * denominator == whole * d).all()


# The representation ----------------------------------------------------------------------------------------
@settings(max_examples=25, deadline=None)
@given(st.sampled_from(FORMULAS[:7]), st.sampled_from(FINITE))
def test_embedding_commutes_with_finite_groups(formula, V):
    T = rt.reduced_tensor_product(formula, **dict.fromkeys(IndexSymmetry(formula).letters, V)) if (
        V.dim > 2 or "-ikj" not in formula) else rt.reduced_tensor_product("ij=ji", i=V)
    for name, g in zip(T.group.names, T.group.generators):
        assert same(T, T(g), *full(T, [f(g) for f in T.factors])), name
    assert T.is_unitary == all(f.is_unitary for f in T.factors)


@pytest.mark.parametrize("formula", FORMULAS)
def test_embedding_commutes_with_rotations_and_their_algebra(formula):
    V = SO3.irrep(1) if "k" in formula else SO3.irrep(1) + SO3.irrep(2)
    T = rt.reduced_tensor_product(formula, **dict.fromkeys(IndexSymmetry(formula).letters, V))
    for a in range(2):  # they generate the algebra
        ones = [rt.Matrix.identity(f.dim) for f in T.factors]
        parts = [full(T, [*ones[:axis], f.derivatives[a], *ones[axis + 1:]]) for axis, f in enumerate(T.factors)]
        assert same(T, T.derivatives[a], sum(w * (12 // d) for w, d in parts), 12)
    assert T.is_unitary
    g = SO3.sample(3)
    assert same(T, T(g), *full(T, [f(g) for f in T.factors]))


def test_monomial_actions_stay_monomial():
    T = rt.reduced_tensor_product("ij=-ji", i=rt.S(4).natural)
    assert T.is_monomial and T.character == rt.S(4).natural.alt(2).character


@settings(max_examples=20, deadline=None)
@given(st.sampled_from(FORMULAS), st.integers(1, 5))
def test_dimension_is_that_of_polya(formula, n):
    S = IndexSymmetry(formula)
    assert len(S.orbits((n,) * len(S.letters)).sizes) == S.dimension([[n] * len(S.letters)] * len(S.letters))


# Known values ----------------------------------------------------------------------------------------------
# Fulton and Harris, Representation Theory, 11.3; Itin and Hehl, The constitutive tensor of linear elasticity, 2013:
# 21 = 2·0 + 2·2 + 4. Curvature tensors without Bianchi's identity: n²(n² − 1)/12 + C(n, 4), 6 for n = 3 and 21 for 4.
@pytest.mark.parametrize(("formula", "l", "found"), [
    ("ij=ji", 1, {0: 1, 2: 1}), ("ij=-ji", 1, {1: 1}), ("ijk=jik=jki", 1, {1: 1, 3: 1}), ("ijk=-jik=-ikj", 1, {0: 1}),
    ("ij=ji", 2, {0: 1, 2: 1, 4: 1}), ("ij=-ji", 2, {1: 1, 3: 1}), ("ijk=jik=jki", 2, {0: 1, 2: 1, 3: 1, 4: 1, 6: 1}),
    ("ijkl=jikl=ijlk=klij", 1, {0: 2, 2: 2, 4: 1}), ("ijkl=-jikl=-ijlk=klij", 1, {0: 1, 2: 1}),
    ("ijk=-jik", 1, {0: 1, 1: 1, 2: 1}),
])
def test_plethysms(formula, l, found):
    R = rt.reduced_tensor_product(formula, i=SO3.irrep(l), k=SO3.irrep(l)).reduction() if formula == "ijk=-jik" else (
        rt.reduced_tensor_product(formula, i=SO3.irrep(l)).reduction())
    assert Counter(R.keys) == found
    R.verify()


def test_curvature_in_four_dimensions():
    assert rt.reduced_tensor_product("ijkl=-jikl=-ijlk=klij", i=rt.SO(4).vector).dim == 21


def test_dot_and_cross_have_the_signs_of_vectors():
    R = rt.reduced_tensor_product("ij", i=O3.vector, j=O3.vector).reduction()
    Q, x, y = R.to_numpy(), np.array([1.0, 2, 3]), np.array([-1.0, 0, 2])
    assert R.keys == ("0e", "1e", "2e")
    assert np.einsum("kij,i,j", Q[:4], x, y) == pytest.approx([x @ y / 3 ** .5, *np.cross(x, y) / 2 ** .5])


def test_parities_multiply():
    R = rt.reduced_tensor_product("ijk=jik=jki", i=O3.irrep("1o") + O3.irrep("0o")).reduction()
    assert Counter(R.keys) == {"1o": 2, "3o": 1, "0o": 2, "2o": 1}  # Sym³(1) + Sym²(1)·0 + 1·0·0 + 0·0·0


# The change of basis ---------------------------------------------------------------------------------------
@settings(max_examples=12, deadline=None)
@given(st.sampled_from(FORMULAS[:7]), st.lists(st.sampled_from(["0e", "0o", "1e", "1o", "2e", "2o"]), min_size=1,
                                               max_size=2), st.integers(0, 9))
def test_change_of_basis_is_orthonormal_and_equivariant(formula, keys, seed):
    V = sum((O3.irrep(k) for k in keys[1:]), start=O3.irrep(keys[0]))
    if V.dim < len(formula.split("=")[0]) and "-" in formula:
        V = V + O3.irrep("1o")
    T = rt.reduced_tensor_product(formula, **dict.fromkeys(IndexSymmetry(formula).letters, V))
    R = T.reduction()
    Q = R.to_numpy()
    assert R.type.dim == T.dim == len(Q)
    rows = Q.reshape(T.dim, -1)
    assert abs(rows @ rows.T - np.eye(T.dim)).max() < 1e-14
    for p, s in T.symmetry.elements.items():
        assert (Q == s * Q.transpose(0, *(1 + np.argsort(p)))).all()
    for g in (O3.sample(seed), O3.element(O3.names[0])):
        turned = Q
        for axis, f in enumerate(T.factors):
            turned = np.moveaxis(np.tensordot(turned, f.to_numpy(g), ([axis + 1], [0])), -1, axis + 1)
        assert abs(np.tensordot(R.type.to_numpy(g), Q, 1) - turned).max() < 1e-13
    R.verify()


def test_copies_that_share_a_block_are_orthogonal():
    R = rt.reduced_tensor_product("ijkl=jikl=jkli", i=SO3.irrep(3)).reduction()
    assert max(Counter(R.keys).values()) > 1
    R.verify()


def test_keeping_some_irreps_gives_the_same_copies():
    T = rt.reduced_tensor_product("ijk=jik=jki", i=O3.irrep("1o") + O3.irrep("2e"))
    R, S = T.reduction(), T.reduction(keep=["1o"])
    where = [r for c, rows in zip(R.copies, R.positions) if c.irrep.key == "1o" for r in rows]
    assert set(S.keys) == {"1o"} and np.array_equal(np.sort(S.to_numpy(), 0), np.sort(R.to_numpy()[sorted(where)], 0))
    S.verify()


def test_digest_is_that_of_this_basis():
    R = rt.reduced_tensor_product("ijk=jik=jki", i=O3.irrep("0e") + O3.irrep("1o") + O3.irrep("2e")).reduction()
    assert R.digest[:16] == "747555ba0eb035e0"


def test_verify_finds_a_changed_number():
    from dataclasses import replace
    R = rt.reduced_tensor_product("ij=ji", i=SO3.irrep(2)).reduction()
    changed = replace(R.copies[1], rows=R.copies[1].rows + np.eye(*R.copies[1].rows.shape, dtype=int))
    with pytest.raises(rt.NotCertified):
        replace(R, copies=(R.copies[0], changed, *R.copies[2:])).verify()
    with pytest.raises(rt.NotCertified, match="was found 0 times"):
        replace(R, copies=R.copies[1:]).verify()


def test_symmetric_and_all_permutations():
    assert symmetric(4).order == len(list(permutations(range(4)))) and symmetric(1).order == 1


def test_multiplicities_by_characters_alone():
    T = rt.reduced_tensor_product("ij=ji", i=SO3.irrep(3))
    assert Ladder(T).multiplicities() == {(l, 1): 1 for l in (0, 2, 4, 6)}


# Messages --------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("formula", "message"), [
    ("ij=-ij", "forces T = 0: T_ij = −T_ij by its rules"),
    ("ij=ji=-ji", "T_ij = −T_ji by its rules, but also T_ij = T_ji"),
    ("ijk=jki=-kij", "forces T = 0"), ("iij=jii", "occurs twice"), ("ij=jk", "no permutation of the indices"),
    ("i2=2i", "no list of indices"), ("", "no list of indices"), ("ij=-ji", "leaves no tensor but 0"),
])
def test_bad_formulas_are_refused_with_a_witness(formula, message):
    V = SO3.irrep(0) if formula == "ij=-ji" else SO3.vector
    with pytest.raises(rt.BadFormula, match=message):
        rt.reduced_tensor_product(formula, **dict.fromkeys({c for c in formula if c.isalpha()}, V))


def test_representations_must_agree_with_the_formula():
    with pytest.raises(rt.BadFormula, match=r"i and j have different .*, but T_ij = T_ji exchanges them"):
        rt.reduced_tensor_product("ij=ji", i=SO3.irrep(1), j=SO3.irrep(2))
    with pytest.raises(rt.BadFormula, match="the index k of 'ijk=jik' has no representation"):
        rt.reduced_tensor_product("ijk=jik", i=SO3.vector)
    with pytest.raises(rt.BadFormula, match="'k' is no index"):
        rt.reduced_tensor_product("ij=ji", i=SO3.vector, k=SO3.vector)
    with pytest.raises(rt.DifferentGroups, match="Restrict"):
        rt.reduced_tensor_product("ij", i=SO3.vector, j=O3.vector)
    with pytest.raises(TypeError, match="no representation"):
        rt.reduced_tensor_product("ij=ji", i=3)


def test_other_bases_are_refused():
    with pytest.raises(rt.NotSpherical, match="Write it as a sum"):
        rt.reduced_tensor_product("ij=ji", i=SO3.vector.sym(2)).reduction()


def test_the_expression_is_read_back():
    T = rt.reduced_tensor_product("ijk=-jik", i=SO3.irrep(1) + SO3.trivial, k=SO3.irrep(2))
    assert rt.read(T.expression) == T


# e3nn ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("formula", ["ij=ji", "ijk=jik=jki", "ijkl=jikl=ijlk=klij"])
def test_the_same_subspaces_as_e3nn(formula):
    o3 = pytest.importorskip("e3nn.o3")
    theirs = o3.ReducedTensorProducts(formula, i="1o")
    R = rt.reduced_tensor_product(formula, i=O3.irrep("1o")).reduction()
    order = [1, 2, 0]  # e3nn's l = 1 is (y, z, x)
    ours, start = R.to_numpy()[(slice(None), *np.ix_(*[order] * (R.to_numpy().ndim - 1)))], 0
    change = theirs.change_of_basis.double().numpy()
    for multiplicity, irrep in theirs.irreps_out:
        rows = change[start:start + multiplicity * irrep.dim].reshape(multiplicity * irrep.dim, -1)
        start += len(rows)
        mine = np.concatenate([ours[r].reshape(1, -1) for c, p in zip(R.copies, R.positions)
                               if c.irrep.key == str(irrep) for r in p])
        projector = np.linalg.pinv(rows) @ rows
        assert abs(mine.T @ mine - projector).max() < 1e-6
