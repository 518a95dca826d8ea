"""Root data, formal characters and the irreps of classical groups by highest weight."""

from __future__ import annotations

from math import comb

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import reptheory as rt
from reptheory.branching import NotAnEmbedding, branching
from reptheory.formal_character import FormalCharacter, NotACharacter, torus
from reptheory.frame import Frame, spins
from reptheory.highest_weight import HighestWeightModule
from reptheory.lie_algebra import commutator
from reptheory.lie_named import special_linear
from reptheory.lie_named import torus as torus_group
from reptheory.lie_solve import intertwiners
from reptheory.matrix import Matrix
from reptheory.monomial import as_matrix
from reptheory.root_datum import NotDominant, RootDatum, cartan_matrix
from reptheory.weight_count import NoWeights, by_weights
from reptheory.weight_irrep import WeightIrrep, weight_irrep

TYPES = [("A", 1), ("A", 2), ("A", 3), ("B", 2), ("B", 3), ("C", 2), ("C", 3), ("D", 4), ("G", 2)]
data = st.sampled_from([RootDatum.simple(*t) for t in TYPES] + [torus(1) * RootDatum.simple("A", 2)])


@st.composite
def dominant(draw, datum: RootDatum, total: int = 2):
    labels = [0] * datum.rank
    for _ in range(draw(st.integers(0, total))):
        labels[draw(st.integers(0, datum.rank - 1))] += 1
    return tuple(labels)


pairs = data.flatmap(lambda d: st.tuples(st.just(d), dominant(d), dominant(d)))

# Dimension of the adjoint group and number of positive roots: Bourbaki, Lie VI, plates I–IX.
DIMENSIONS = {("A", 4): 24, ("B", 4): 36, ("C", 4): 36, ("D", 4): 28, ("E", 6): 78, ("E", 7): 133, ("E", 8): 248,
              ("F", 4): 52, ("G", 2): 14}
# Slansky, Group theory for unified model building (1981), tables 23–40.
IRREPS = [("A", 2, (2, 2), 27), ("A", 2, (3, 0), 10), ("B", 3, (1, 1, 0), 105), ("B", 3, (0, 0, 1), 8),
          ("D", 4, (0, 0, 0, 1), 8), ("D", 5, (0, 0, 0, 0, 1), 16), ("E", 6, (1, 0, 0, 0, 0, 0), 27),
          ("E", 7, (0, 0, 0, 0, 0, 0, 1), 56), ("F", 4, (0, 0, 0, 1), 26), ("G", 2, (2, 0), 27), ("G", 2, (1, 1), 64)]


# Root data and characters ----------------------------------------------------------------------------------------
@pytest.mark.parametrize("kind", DIMENSIONS, ids=str)
def test_the_exceptional_and_classical_groups_have_their_dimensions(kind):
    datum = RootDatum.simple(*kind)
    assert datum.dim == FormalCharacter.adjoint(datum).dim == DIMENSIONS[kind]
    assert datum.two_rho == (2,) * datum.rank


@pytest.mark.parametrize("series, n, labels, dim", IRREPS)
def test_irreps_have_the_dimensions_of_the_tables(series, n, labels, dim):
    datum = RootDatum.simple(series, n)
    assert datum.dimension(labels) == FormalCharacter.irrep(datum, labels).dim == dim


@given(pairs)
def test_freudenthal_and_weyl_agree_and_decompositions_add_up(found):
    datum, first, second = found
    v, w = FormalCharacter.irrep(datum, first), FormalCharacter.irrep(datum, second)
    assert v.dim == datum.dimension(first)
    assert v.decompose() == {first: 1}
    product = (v * w).decompose()
    assert product == v.tensor_irrep(second) == w.tensor_irrep(first)
    assert sum(m * datum.dimension(mu) for mu, m in product.items()) == v.dim * w.dim
    assert (v * w.dual).invariants() == v.hom(w) == (first == second)


@given(pairs)
def test_squares_split_in_symmetric_and_exterior(found):
    _, first, _ = found
    v = FormalCharacter.irrep(found[0], first)
    assert v * v == v.sym(2) + v.alt(2)
    assert v.sym(2).dim == comb(v.dim + 1, 2)
    # Frobenius–Schur: the invariant form is symmetric, alternating, or absent.
    assert v.sym(2).invariants() - v.alt(2).invariants() == found[0].indicator(first)


@given(pairs)
def test_the_casimir_of_a_product_has_the_mean_of_its_trace(found):
    """tr over V ⊗ W of C is dim V dim W (c_V + c_W), as the generators of simple algebras have trace 0."""
    datum, first, second = found
    v, w = FormalCharacter.irrep(datum, first), FormalCharacter.irrep(datum, second)
    total = sum(m * datum.dimension(mu) * datum.casimir(mu) for mu, m in (v * w).decompose().items())
    assert total == v.dim * w.dim * (datum.casimir(first) + datum.casimir(second))


def test_products_of_su3():
    """Slansky, table 23: 8 ⊗ 8 = 1 + 8 + 8 + 10 + 10̄ + 27; 27 ⊗ 27 has 19 irreps with multiplicity."""
    a2 = RootDatum.simple("A", 2)
    eight = FormalCharacter.irrep(a2, (1, 1))
    assert (eight * eight).decompose() == {(2, 2): 1, (3, 0): 1, (0, 3): 1, (1, 1): 2, (0, 0): 1}
    assert sum(FormalCharacter.irrep(a2, (2, 2)).tensor_irrep((2, 2)).values()) == 19


def test_products_of_g2_and_e8():
    """Slansky, table 47: 7 ⊗ 7 = 1 + 7 + 14 + 27 for G2; 248 ⊗ 248 = 1 + 248 + 3875 + 27000 + 30380 for E8."""
    g2, e8 = RootDatum.simple("G", 2), RootDatum.simple("E", 8)
    assert FormalCharacter.irrep(g2, (1, 0)).tensor_irrep((1, 0)) == {(2, 0): 1, (0, 1): 1, (1, 0): 1, (0, 0): 1}
    dims = {e8.dimension(mu): m for mu, m in FormalCharacter.adjoint(e8).tensor_irrep((0,) * 7 + (1,)).items()}
    assert dims == {1: 1, 248: 1, 3875: 1, 27000: 1, 30380: 1}


def test_branching_by_projections_of_weights():
    """Slansky, table 58: SU(3) ⊃ SO(3) with 3 → 3: 8 → 3 + 5; SU(3) ⊃ SU(2) × U(1): 8 → 1 + 2 + 2 + 3."""
    a2, a1 = RootDatum.simple("A", 2), RootDatum.simple("A", 1)
    eight = FormalCharacter.irrep(a2, (1, 1))
    assert eight.pulled_back(a1, [(2, 2)]).decompose() == {(4,): 1, (2,): 1}
    isospin = eight.pulled_back(a1 * torus(1), [(1, 0), (1, 2)])
    assert isospin.decompose() == {(2, 0): 1, (1, 3): 1, (1, -3): 1, (0, 0): 1}


def test_long_roots_have_squared_length_2():
    """The adjoint Casimir is twice the dual Coxeter number: Kac, Infinite-dimensional Lie algebras, 6.1."""
    coxeter = {("A", 3): 4, ("B", 3): 5, ("C", 3): 4, ("D", 4): 6, ("E", 8): 30, ("F", 4): 9, ("G", 2): 4}
    for kind, h in coxeter.items():
        datum = RootDatum.simple(*kind)
        assert datum.casimir(datum.positive[-1][0]) == 2 * h


def test_refusals_of_weights():
    a2 = RootDatum.simple("A", 2)
    with pytest.raises(NotDominant, match=r"highest weight with the same orbit is \(0, 1\)"):
        a2.dimension((-1, 0))
    with pytest.raises(NotACharacter, match="invariant under the Weyl group"):
        FormalCharacter.of(a2, {(1, 0): 1}).decompose()
    with pytest.raises(NotACharacter, match="that of no representation"):
        FormalCharacter.trivial(a2, -1).decompose()
    with pytest.raises(ValueError, match="no Cartan matrix E5"):
        cartan_matrix("E", 5)
    with pytest.raises(ValueError, match="one integer for each coordinate"):
        FormalCharacter.of(a2, {(1,): 1})


# Modules ---------------------------------------------------------------------------------------------------------
@settings(max_examples=20)
@given(pairs)
def test_modules_satisfy_the_relations_of_chevalley(found):
    datum, highest, _ = found
    if datum.dimension(highest) > 40:
        return
    module = HighestWeightModule(datum, highest)
    assert module.dim == len(module.weights) == len(module.metric)
    assert all(d.sign() > 0 for d in module.metric)
    metric = Matrix.diagonal(module.metric)
    rank = range(len(datum.roots))
    e, f = [module.raising(i) for i in rank], [module.lowering(i) for i in rank]
    for i in rank:
        assert e[i].T @ metric == metric @ f[i]
        for j in rank:
            h = Matrix.diagonal([datum.labels(mu)[i] if i == j else 0 for mu in module.weights])
            assert commutator(e[i], f[j]) == h


# Representations of groups ---------------------------------------------------------------------------------------
CASES = [(rt.SO(4), (2, 0)), (rt.SO(4), ("1/2", "3/2")), (rt.SO(5), (0, 2)), (rt.SO(6), (0, 2, 0)),
         (rt.SO(7), (0, 1, 0)), (rt.SO(1, 3), ("1/2", "1/2")), (rt.SO(1, 3), (2, 0)), (rt.SO(2, 3), (1, 0)),
         (rt.O(4), ((1, 1), "-")), (rt.O(4), (2, 0)), (rt.O(5), ((1, 0), "-")), (rt.O(6), (0, 1, 1)),
         (rt.O(1, 3), (1, 1)), (rt.SU(3), (1, 1)), (rt.U(2), (2, -1)), (rt.Sp(2), (0, 1)),
         (rt.Sp(4, over="R"), (1, 0)), (special_linear(3), (1, 1)), (torus_group(2), (2, -1))]


@pytest.mark.parametrize("group, key", CASES, ids=lambda x: getattr(x, "expression", str(x)))
def test_irreps_are_representations_of_the_group(group, key):
    rep = weight_irrep(group, key)
    assert rep.dim == rep.derivatives[0].shape[0] == rep.weights.dim
    table, zero = group.lie_algebra.structure, Matrix.zeros(rep.dim, rep.dim)

    def image(coordinates):
        return sum((d * c for c, d in zip(coordinates, rep.derivatives) if c), zero)
    for a in range(group.dim):
        for b in range(a):
            assert commutator(rep.derivatives[a], rep.derivatives[b]) == image(table[a][b])
    g, h = group.sample(1).matrix, group.sample(8).matrix
    if group.components:
        h = h @ group.components[-1]
    assert rep(g) @ rep(h) == rep(g @ h)
    inverse, there = h.inverse(), rep(h)
    for x, d in zip(group.algebra, rep.derivatives):
        assert there @ d == image(group.coefficient(h @ x @ inverse)) @ there
    if group.is_compact:
        assert rep.is_unitary


def test_the_casimir_element_acts_by_its_eigenvalue():
    """−Σ L_ij² on so(n), and Σ over an orthonormal basis of the form −2 tr on su(2): j(j + 1)."""
    rep = rt.SO(5).irrep((1, 2))
    total = sum((d @ d for d in rep.derivatives), Matrix.zeros(rep.dim, rep.dim))
    assert -total == Matrix.identity(rep.dim) * rep.casimir
    assert WeightIrrep(rt.SU(2), (3,)).casimir == rt.Q("15/4")
    assert rt.SU(3).irrep((1, 0)).casimir == rt.Q("4/3")


def test_fields_and_types():
    assert (rt.SO(6).irrep((0, 2, 0)).scalars, rt.SO(6).irrep((0, 2, 0)).type) == ("C", "complex")
    assert (rt.SO(4).irrep((2, 0)).scalars, rt.SO(1, 3).irrep((2, 0)).scalars) == ("R", "C")
    assert rt.SO(1, 3).irrep((2, 0)).realify().dim == 6  # the electromagnetic field
    assert rt.Sp(2).irrep((1, 0)).type == "quaternionic"
    assert rt.O(4).irrep((2, 0)).dim == 6 and rt.O(4).irrep(((2, 0), "-")) == rt.O(4).irrep((2, 0))
    assert rt.O(4).irrep(((1, 1), "-"))("s") == -rt.O(4).irrep((1, 1))("s")


def test_refusals_of_irreps():
    with pytest.raises(NotDominant, match=r"spinor.*Use an even last label, or take .*rt.Sp\(2\)"):
        rt.SO(5).irrep((0, 1))
    with pytest.raises(NotDominant, match="never negative"):
        rt.SU(3).irrep((-1, 0))
    with pytest.raises(NotDominant, match="the key is 2 integers, the Dynkin labels"):
        rt.SU(3).irrep((1, 0, 0))
    with pytest.raises(NotDominant, match="highest weights have none below 0"):
        rt.U(2).irrep((0, 1))
    with pytest.raises(NotDominant, match="pairs of spins name the irreps of SO"):
        rt.SU(3).irrep(("1/2", 0))
    with pytest.raises(NotDominant, match="no pair of spins"):
        spins(("1/3", 0))
    with pytest.raises(rt.TooLarge, match="dimension 4913"):
        HighestWeightModule(RootDatum.simple("A", 2), (16, 16)).lowering(0)
    assert Frame.of(("E", 8)) is None


# Counting --------------------------------------------------------------------------------------------------------
def questions():
    for group in (rt.SO(2), rt.O(2), rt.SO(3), rt.O(3), rt.SO(4), rt.O(4), rt.SU(2), rt.U(2), rt.SO(1, 2), rt.O(1, 2)):
        v = group.vector
        found = [group.trivial, v, v**2, v.alt(2), group.adjoint, v.dual * v, v + v.sym(2)]
        if group == rt.O(4):
            found += [group.irrep(key) for key in ((1, 1), ((1, 1), "-"), (2, 0), (2, 2))]
        if group == rt.O(2):
            found += [group.irrep("0o"), group.irrep(2)]
        if group == rt.O(3):
            found += [group.irrep("1e"), group.irrep("2o")]
        yield pytest.param(found, id=group.expression)


@pytest.mark.parametrize("reps", list(questions()))
def test_weights_count_what_the_equations_of_the_lie_algebra_leave(reps):
    for source in reps:
        for target in reps:
            if source.dim * target.dim <= 64:
                assert by_weights(source, target) == intertwiners(source, target).shape[0]


def test_invariants_of_tensor_powers_of_orthogonal_groups():
    """Brauer: pairings of k points for O(n), k ≤ 2n, and one more for SO(n), k = n: the determinant. OEIS A001147."""
    assert [by_weights(rt.O(5).vector**k, rt.O(5).trivial) for k in range(7)] == [1, 0, 1, 0, 3, 0, 15]
    assert by_weights(rt.SO(5).vector**5, rt.SO(5).trivial) == 1
    assert by_weights(rt.SO(4).vector**4, rt.SO(4).trivial) == 4
    # Riordan numbers, OEIS A005043: invariants of the powers of the vector of SO(3).
    assert [by_weights(rt.SO(3).vector**k, rt.SO(3).trivial) for k in range(8)] == [1, 0, 1, 1, 3, 6, 15, 36]


def test_certificates_name_the_count_by_weights():
    hom = rt.SU(3).irrep((1, 1)) * rt.SU(3).irrep((1, 1)) >> rt.SU(3).irrep((1, 1))
    assert by_weights(hom.source, hom.target) == 2
    assert rt.Hom(rt.SO(3).vector**2, rt.SO(3).vector).certificate.by_characters == 1


def test_refusals_of_counting():
    turn = rt.SO(2).rep(L=[[0, -3], [3, 0]])
    with pytest.raises(NoWeights, match=r"not read off how it is made. Build it from G.vector"):
        by_weights(turn, turn)
    with pytest.raises(NoWeights, match="of no family whose weights are known"):
        by_weights(rt.C(3).regular, rt.C(3).regular)


# Decompositions --------------------------------------------------------------------------------------------------
DECOMPOSED = [(rt.SO(3).vector**2, {5: 1, 3: 1, 1: 1}), (rt.O(2).vector**2, {2: 1, 1: 2}),
              (rt.SO(2).vector**2, {2: 1, 1: 2}),
              (rt.SU(3).vector * rt.SU(3).irrep((1, 1)), {15: 1, 6: 1, 3: 1}), (rt.SU(3).adjoint, {8: 1}),
              (rt.O(4).vector**2, {9: 1, 6: 1, 1: 1}), (rt.SO(4).vector**2, {9: 1, 3: 2, 1: 1}),
              (rt.SO(6).vector.alt(3), {20: 1}), (rt.SO(1, 3).vector**2, {9: 1, 6: 1, 1: 1}),
              (rt.SU(2).vector**3, {4: 1, 2: 2}), (rt.Sp(2).vector**2, {10: 1, 5: 1, 1: 1})]


@pytest.mark.parametrize("rep, dims", DECOMPOSED, ids=lambda x: getattr(x, "expression", None))
def test_decompositions_intertwine(rep, dims):
    found = rep.decompose()
    counted: dict[int, int] = {}
    for m, a in found.multiplicities:
        counted[a.dim] = counted.get(a.dim, 0) + m
    assert counted == dims
    change, kind = found.change, found.type
    assert not change.det().is_zero
    assert all(change @ v == w @ change for v, w in zip(rep.derivatives, kind.derivatives))
    assert all(change @ as_matrix(v) == as_matrix(w) @ change for v, w in zip(rep.actions, kind.actions))


def test_matrices_beyond_the_limit_are_refused():
    V = rt.SU(3).irrep((2, 2)).sym(2) * rt.SU(3).irrep((3, 3))
    with pytest.raises(rt.TooLarge, match=r"by 8 matrices of 24192×24192, and up to 67108864 .* Take V.weights"):
        _ = V.derivatives
    assert V.weights.dim == 24192


def test_multiplicities_come_without_matrices(monkeypatch):
    """27 ⊗ 27 of SU(3) has dimension 729; its 13 kinds of constituents are told by weights (Slansky 1981, table 23)."""
    monkeypatch.setattr("reptheory.lie_decomposition._isotypic", None)
    V = rt.SU(3).irrep((2, 2))
    found = {a.dynkin: m for m, a in (V * V).decompose().multiplicities}
    assert found == {(4, 4): 1, (5, 2): 1, (2, 5): 1, (6, 0): 1, (0, 6): 1, (3, 3): 2, (4, 1): 2, (1, 4): 2, (2, 2): 3,
                     (3, 0): 1, (0, 3): 1, (1, 1): 2, (0, 0): 1}


def test_groups_that_are_not_reductive_have_no_decomposition():
    shift = rt.lie_group([[[0, 1], [0, 0]]])
    with pytest.raises(rt.NotReductive, match="ask for V >> W"):
        shift.vector.decompose()


# Branching -------------------------------------------------------------------------------------------------------
def dims(terms):
    return sorted(a.dim for m, a in terms for _ in range(m))


def test_branching_of_vectors_and_adjoints():
    """Slansky, tables 14 and 58: SU(3) ⊃ SU(2), SU(3) ⊃ SO(3), SO(7) ⊃ SO(6), SO(6) ⊃ U(3), SU(4) ⊃ Sp(2)."""
    assert dims(branching(rt.SU(3).irrep((1, 1)), rt.SU(2).vector + rt.SU(2).trivial)) == [1, 2, 2, 3]
    assert dims(branching(rt.SU(3).irrep((1, 1)), rt.SO(3).vector)) == [3, 5]
    assert dims(branching(rt.SO(7).irrep((0, 1, 0)), rt.SO(6).vector + rt.SO(6).trivial)) == [6, 15]
    assert dims(branching(rt.SO(6).irrep((0, 1, 1)), rt.U(3).vector + rt.U(3).vector.dual)) == [1, 3, 3, 8]
    assert dims(branching(rt.SU(4).irrep((0, 1, 0)), rt.Sp(2).vector)) == [1, 5]
    assert dims(branching(rt.SO(3).irrep(3), rt.SO(2).vector + rt.SO(2).trivial)) == [1, 2, 2, 2]


@given(st.integers(0, 3), st.integers(0, 3))
def test_branching_keeps_dimensions_and_interlaces(a, b):
    """SO(5) ⊃ SO(4): λ₁ ≥ μ₁ ≥ λ₂ ≥ |μ₂|, each once (Zhelobenko, Compact Lie Groups, §129)."""
    whole = rt.SO(5).irrep((a, 2 * b))
    found = branching(whole, rt.SO(4).vector + rt.SO(4).trivial)
    assert sum(m * x.dim for m, x in found) == whole.dim
    first, second = whole.highest
    assert {x.highest: m for m, x in found} == {
        (i, j): 1 for i in range(second, first + 1) for j in range(-second, second + 1)}


def test_refusals_of_branching():
    with pytest.raises(NotAnEmbedding, match="has dimension 3, and SU"):
        branching(rt.SU(4).vector, rt.SO(3).vector)
    with pytest.raises(NotAnEmbedding, match="do not add up to 0"):
        branching(rt.SU(2).vector, rt.U(2).vector)
    with pytest.raises(NotAnEmbedding, match="Add the dual"):
        branching(rt.SO(3).vector, rt.U(3).vector)
    with pytest.raises(NotAnEmbedding, match=r"Take SO\(n\) for O\(n\)"):
        branching(rt.SU(3).vector, rt.O(3).vector)


@pytest.mark.parametrize("act, message", [
    (lambda: rt.SO(1, 3).irrep((1, 0)), r"spinor, .* orthogonal groups of size 4.*whose last two have an even sum"),
    (lambda: rt.SO(6).irrep((0, 1, 0)), "whose last two have an even sum"),
    (lambda: rt.SO(4).irrep((1,)), r"Write \(1, 1\) for the defining one"),
    (lambda: rt.branching(rt.SU(3), rt.SU(2)), r"takes two representations.*Write rt\.branching"),
    (lambda: rt.branching(rt.D(4).vector, rt.SO(2).vector), r"D\(4\) is finite.*V\.restrict\(H\)\.decompose"),
    (lambda: rt.SO(3).vector("r"), r"'r' names no element of SO\(3\), which is connected.*G\.exp"),
])
def test_more_refusals_end_with_the_way_out(act, message):
    with pytest.raises((ValueError, TypeError), match=message):
        act()
