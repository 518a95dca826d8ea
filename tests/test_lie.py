"""Lie groups: brackets, elements, representations as homomorphisms, restriction, products, refusals."""
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import reptheory as rt
from reptheory.lie_algebra import commutator, is_semisimple, minimal_polynomial

HEISENBERG = {"P": [[0, 1, 0], [0, 0, 0], [0, 0, 0]], "Q": [[0, 0, 0], [0, 0, 1], [0, 0, 0]]}
GALILEI = {  # boosts K and shifts X of one space dimension, shifts T of time, on (x, t, 1)
    "K": [[0, 1, 0], [0, 0, 0], [0, 0, 0]], "X": [[0, 0, 1], [0, 0, 0], [0, 0, 0]],
    "T": [[0, 0, 0], [0, 0, 1], [0, 0, 0]]}
GROUPS = [rt.SO(2), rt.SO(3), rt.SO(4), rt.O(2), rt.O(3), rt.SU(2), rt.SU(3), rt.U(2), rt.Sp(1), rt.Sp(2), rt.SO(1, 3),
          rt.O(1, 3), rt.O(2, 1), rt.SL(2), rt.GL(2), rt.Sp(4, over="R"), rt.torus(2), rt.SO(3) * rt.S(3),
          rt.SO(2) * rt.SU(2), rt.lie_group(GALILEI, name="Galilei")]
DIMENSIONS = {  # n(n−1)/2, n²−1, n², n(2n+1)
    "SO(2)": 1, "SO(3)": 3, "SO(4)": 6, "O(2)": 1, "O(3)": 3, "SU(2)": 3, "SU(3)": 8, "U(2)": 4, "Sp(1)": 3,
    "Sp(2)": 10, "SO(1, 3)": 6, "O(1, 3)": 6, "O(2, 1)": 3, "SL(2)": 3, "GL(2)": 4, "Sp(4, over='R')": 10,
    "torus(2)": 2, "SO(3) * S(3)": 3, "SO(2) * SU(2)": 4}

groups = st.sampled_from(GROUPS)
seeds = st.integers(0, 10 ** 6)


@st.composite
def functors(draw):
    """A representation made from the defining one by up to two functors."""
    group = draw(groups)
    rep = group.vector
    for _ in range(draw(st.integers(0, 2))):
        kind = draw(st.sampled_from(["dual", "sym", "alt", "square", "sum", "complexify"]))
        if rep.dim > 8:
            break
        rep = {"dual": lambda v: v.dual, "sym": lambda v: v.sym(2), "alt": lambda v: v.alt(min(2, v.dim)),
               "square": lambda v: v * v, "sum": lambda v: 2*v + v.group.trivial,
               "complexify": lambda v: v.complexify()}[kind](rep)
    return rep


@pytest.mark.parametrize("group", GROUPS, ids=repr)
def test_dimension_and_bracket(group):
    """[X_a, X_b] = Σ_c c_ab^c X_c in every named group, and the dimensions of the textbooks."""
    if group.expression in DIMENSIONS:
        assert group.dim == DIMENSIONS[group.expression]
    for a, x in enumerate(group.algebra):
        for b, y in enumerate(group.algebra):
            expected = sum((z * c for c, z in zip(group.lie_algebra.structure[a][b], group.algebra)),
                           x * 0)
            assert commutator(x, y) == expected


@given(functors())
def test_derivatives_are_a_homomorphism_of_lie_algebras(rep):
    for a, x in enumerate(rep.derivatives):
        for b, y in enumerate(rep.derivatives[:a]):
            expected = sum((z * c for c, z in zip(rep.group.lie_algebra.structure[a][b], rep.derivatives)), x * 0)
            assert commutator(x, y) == expected


@given(functors(), seeds, seeds)
def test_matrices_are_a_homomorphism(rep, one, two):
    g, h = rep.group.sample(one), rep.group.sample(two)
    assert rep(g * h) == rep(g) @ rep(h)
    assert (rep(g) @ rep(g.inverse)).is_identity


@given(functors(), st.integers(0, 9), seeds)
def test_derivative_is_the_derivative(rep, a, seed):
    """ρ(exp tX) from exp(t dρ(X)) in floats agrees with ρ at the float matrix of exp tX for the defining one."""
    group = rep.group
    a = a % group.dim
    t = 0.3
    g = group.exp([t if b == a else 0.0 for b in range(group.dim)])
    whole = rep.to_numpy(g)
    half = rep.to_numpy(group.exp([t / 2 if b == a else 0.0 for b in range(group.dim)]))
    assert np.allclose(half @ half, whole, atol=1e-12)


@given(functors())
def test_compact_groups_act_unitarily(rep):
    assert not rep.group.is_compact or rep.is_unitary


@given(groups, seeds)
def test_samples_are_elements(group, seed):
    g = group.sample(seed).matrix
    assert group.defect(g) is None
    assert group.adjoint(group.element(g)).shape == (group.dim, group.dim)


def test_which_groups_are_reductive():
    """Galilei and Heisenberg are nilpotent or solvable without semisimple centre; the classical ones are reductive."""
    assert all(g.is_reductive for g in GROUPS[:-1])
    assert not rt.lie_group(GALILEI).is_reductive
    assert not rt.lie_group(HEISENBERG, dim=3).is_reductive
    assert rt.lie_group([[[1, 0], [0, 2]]]).is_reductive
    assert not rt.lie_group([[[1, 1], [0, 1]]]).is_reductive


def test_semisimple():
    assert is_semisimple(rt.Matrix.of([[0, -1], [1, 0]])) and not is_semisimple(rt.Matrix.of([[1, 1], [0, 1]]))
    assert minimal_polynomial(rt.Matrix.of([[2, 0], [0, 2]])) == (-2, 1)


@pytest.mark.parametrize("finite, group", [
    (rt.octahedral(), rt.SO(3)), (rt.icosahedral(), rt.SO(3)), (rt.octahedral(full=True), rt.O(3)), (rt.D(3), rt.O(2)),
    (rt.D(5), rt.O(2)), (rt.C(7), rt.SO(2)), (rt.C(8), rt.O(2)), (rt.D(12), rt.O(2))], ids=repr)
def test_restriction_to_finite_subgroups_is_a_representation(finite, group):
    """Branching of the vector: irreducible, and its square decomposes as that of the finite group's own vector."""
    rep = group.vector.restrict(finite)
    assert rep.is_unitary
    assert rep.character == finite.vector.character
    assert (group.vector * group.vector).restrict(finite).character == (finite.vector * finite.vector).character


def test_restriction_to_a_lie_subgroup():
    V = rt.GL(3).vector.sym(2).restrict(rt.SO(3))
    assert V.group == rt.SO(3) and (rt.SO(3).trivial >> V).dim == 1
    assert rt.O(3).vector.restrict(rt.SO(3)).derivatives == rt.SO(3).vector.derivatives


def test_products_pull_back():
    G = rt.SO(3) * rt.S(4)
    V, W = rt.SO(3).vector.pullback(G.projections[0]), rt.S(4).natural.pullback(G.projections[1])
    assert (V >> V).dim == 1 and (W >> W).dim == 2 and ((V * W) >> (V * W)).dim == 2 and (V >> W).dim == 0
    g = G.sample(5)
    assert (V * W)(g) == V(g).kron(W(g))


@pytest.mark.parametrize("source, target, dim", [
    (rt.SO(3).vector**2, rt.SO(3).vector, 1),              # ε_ijk
    (rt.SO(3).vector**2, rt.SO(3).vector**2, 3),           # the isotropic tensors of rank 4
    (rt.O(3).vector**2, rt.O(3).vector, 0),                # ε is no tensor of O(3)
    (rt.SU(2).vector**2, rt.SU(2).vector**2, 2),           # Catalan number C_2
    (rt.U(2).vector**2, rt.U(2).vector**2, 2),             # Schur–Weyl: |S_2|
    (rt.SO(1, 3).vector**2, rt.SO(1, 3).vector**2, 4),     # three pairings and ε
    (rt.O(1, 3).vector**2, rt.O(1, 3).vector**2, 3),
    (rt.Sp(4, over="R").vector, rt.Sp(4, over="R").vector.dual, 1),  # the symplectic form
    (rt.GL(2).vector, rt.GL(2).vector.dual, 0),
])
def test_dimensions_of_hom(source, target, dim):
    """Classical invariant theory (Weyl, The Classical Groups): pairings, ε, permutations."""
    H = source >> target
    assert H.dim == dim and H.certificate.verify()


@pytest.mark.parametrize("group", [g for g in GROUPS if not g.factors], ids=repr)
def test_repr_reads_back(group):
    assert rt.read(repr(group)) == group
    assert rt.read(repr(group.vector * group.vector)) == group.vector * group.vector
    assert pickle.loads(pickle.dumps(group)) == group


REFUSALS = [
    (lambda: rt.lie_group(HEISENBERG), rt.NotALieAlgebra, r"the commutator \[P, Q\] = \[0 0 1; .* or give dim="),
    (lambda: rt.lie_group(GALILEI, dim=2), rt.NotALieAlgebra, "more than the declared dimension 2"),
    (lambda: rt.lie_group(HEISENBERG, dim=5), rt.NotALieAlgebra, "of dimension 3, less than the declared 5"),
    (lambda: rt.lie_group([[[0, 1], [0, 0]], [[0, 2], [0, 0]]]), rt.NotALieAlgebra, "X2 is a combination"),
    (lambda: rt.lie_group([[[0, 0.5], [0, 0]]]), rt.NotExact, "0.5"),
    (lambda: rt.lie_group([[[0, 1], [0, 0]]], [[[0, 1], [1, 0]]]), ValueError, "c1 does not preserve the Lie algebra"),
    (lambda: rt.lie_group([], []), ValueError, "needs matrices"),
    (lambda: rt.SO(1), ValueError, "from 2 to 64"),
    (lambda: rt.Sp(3, over="R"), ValueError, "even number of rows"),
    (lambda: rt.SO(3).element([[1, 0, 0], [0, 1, 0], [0, 0, -1]]), ValueError, "determinant is -1"),
    (lambda: rt.SO(3).element([[2, 0, 0], [0, 1, 0], [0, 0, 1]]), ValueError, "F g ≠ F"),
    (lambda: rt.SO(3).vector(rt.SO(3).exp(Lz=0.1)), rt.NotExact, "known in floats only"),
    (lambda: rt.SO(3).vector.restrict(rt.octahedral(full=True)), rt.NotASubgroup, r"or O\(3\)"),
    (lambda: rt.SO(3).vector.restrict(rt.S(3)), rt.NotASubgroup, "names no action on space"),
    (lambda: rt.SO(3).rep(Lx=[[1]], Ly=[[0]], Lz=[[1]]), rt.NotARepresentation, r"\[Lx, Ly\] = Lz"),
    (lambda: rt.SO(2).rep(L=[[0, "-1/2"], ["1/2", 0]]), rt.NotARepresentation, "integrate to a covering group"),
    (lambda: rt.SO(2).rep(L=[[1]]), rt.NotARepresentation, "eigenvalues are not integer multiples of i"),
    (lambda: rt.O(2).rep(L=[[0]], s=[[2]]), rt.NotARepresentation, r"s\^2 = 1"),
    (lambda: rt.SO(3).rep(Lx=[[0]]), TypeError, "none for Ly, Lz"),
]


@pytest.mark.parametrize("act, kind, message", REFUSALS)
def test_refusals(act, kind, message):
    with pytest.raises(kind, match=message) as caught:
        act()
    assert str(caught.value).rstrip().endswith(".")


@pytest.mark.parametrize("rep, kind", [
    (rt.SU(3).vector, "complex"), (rt.SU(3).vector.realify(), "complex"), (rt.SU(3).adjoint, "real"),
    (rt.SU(2).vector, "quaternionic"), (rt.SU(2).vector.realify(), "quaternionic"), (rt.SU(2).irrep(1), "real"),
    (2*rt.SU(2).vector.realify(), None), (rt.SO(2).vector, "complex"), (rt.O(2).vector, "real"),
    (rt.SO(3).vector**2, None), (rt.U(1).vector.realify(), "complex"), (rt.Sp(1).vector, "quaternionic"),
    (rt.SO(1, 3).irrep((2, 0)).realify(), "complex")], ids=lambda x: x.expression if hasattr(x, "expression") else "")
def test_types(rep, kind):
    """Frobenius–Schur types: Bröcker and tom Dieck, Representations of Compact Lie Groups, II.6 and VI.4–5."""
    assert rep.type == kind and rep.is_irreducible == (kind is not None)


@pytest.mark.parametrize("name", ["elements", "irreps", "regular", "classes", "character_table", "quotient"])
def test_what_only_finite_groups_have_is_refused_with_the_way_out(name):
    with pytest.raises(AttributeError, match=rf"SO\(3\) is infinite, so it has no {name}\. .*\.$"):
        getattr(rt.SO(3), name)


def test_induction_of_lie_groups_is_refused():
    with pytest.raises(rt.TooLarge, match="Use irreps of the larger group"):
        rt.SO(3).irrep(1).induce(rt.O(3))


def test_components_that_are_no_signed_permutations_bound_the_dimension():
    """The group of a circle and a reflection in the line through (2, 1): O(2) in another basis of components."""
    other = rt.lie_group({"L": [[0, -1], [1, 0]]}, {"s": [["3/5", "4/5"], ["4/5", "-3/5"]]})
    for k in (1, 2, 3):
        H = other.vector**k >> other.vector**k
        assert H.dim == (rt.O(2).vector**k >> rt.O(2).vector**k).dim and H.certificate.verify()


def test_hom_of_a_product_is_a_product():
    G = rt.SO(3) * rt.S(5)
    V = rt.SO(3).vector.pullback(G.projections[0]) * rt.S(5).natural.pullback(G.projections[1])
    assert (V >> V).dim == 2 and (V >> V).certificate.verify()


def test_large_products_answer_from_their_factors():
    power = rt.SO(3).vector ** 9  # its derivatives as one matrix would have 4·10⁸ entries
    assert (power.is_monomial, power.is_trivial, power.is_unitary) == (False, False, True)
    assert (power.dual.is_monomial, power.dual.is_trivial, power.dual.is_unitary) == (False, False, True)


SCALE = rt.lie_group(algebra=[[[1]]], name="scale").vector
PRODUCTS = [rt.U(1).vector * rt.U(1).vector.dual, rt.U(1).vector ** 2, SCALE * SCALE.dual, SCALE ** 2,
            rt.O(3).irrep("0o") ** 2, rt.O(3).irrep("0o") * rt.O(3).irrep("1o"), rt.D(4).vector ** 2,
            rt.D(3).vector ** 2, rt.SO(3).vector ** 2, rt.SO(1, 3).vector ** 2, (rt.U(1).vector ** 2).dual]


@pytest.mark.parametrize("product", PRODUCTS, ids=lambda v: v.expression)
def test_products_answer_as_their_matrices_do(product):
    for name in ("is_monomial", "is_trivial", "is_unitary"):
        assert getattr(product, name) == getattr(rt.Rep, name).func(product), name


def test_irreps_of_products_have_a_key_for_each_factor():
    G = rt.SO(3) * rt.SU(2)
    V = G.irrep((1, "1/2"))
    assert V.dim == 6 and V.scalars == "C" and (V >> V).dim == 1 and (V >> G.irrep((1, 1))).dim == 0
    assert rt.read(repr(V)) == V and V.is_unitary
    one, two = G.sample(1), G.sample(2)
    assert V(one * two) == V(one) @ V(two)
    assert (rt.SO(3) * rt.S(3)).irrep((2, (2, 1))).dim == 10
    with pytest.raises(ValueError, match="one key for each of its 2 factors"):
        G.irrep(1)
