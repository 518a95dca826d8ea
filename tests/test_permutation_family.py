"""S_n in every dimension: diagrams and their algebra, counts, the exact solver at small n, plans cheap as tensors."""
from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import reptheory as rt
from reptheory.diagram import bell, growth_strings, stirling
from reptheory.linalg import rank
from reptheory.permutation_family import PermutationFamily

A000110 = [1, 1, 2, 5, 15, 52, 203, 877, 4140]  # OEIS: Bell numbers
# OEIS A102661, row m ≥ 1: the partitions of m letters into at most 1, …, m blocks.
A102661 = [[1], [1, 2], [1, 4, 5], [1, 8, 14, 15], [1, 16, 41, 51, 52], [1, 32, 122, 187, 202, 203]]
PAIRS = [(k, l) for k in range(4) for l in range(4) if k + l <= 4]


def diagrams(k: int, l: int) -> st.SearchStrategy[rt.Diagram]:
    labels = st.lists(st.integers(0, 3), min_size=k + l, max_size=k + l)
    return labels.map(lambda found: rt.Diagram.from_labels(k, found))


orders = st.integers(0, 3)
some_diagram = st.tuples(orders, orders).flatmap(lambda kl: diagrams(*kl))
words = st.sampled_from(["", "u", "v", "uu", "uv", "vu"])
types = st.lists(st.tuples(st.integers(1, 2), words), min_size=1, max_size=2)


# Diagrams ----------------------------------------------------------------------------------------------------

@given(some_diagram)
def test_a_diagram_reads_back_and_its_labels_grow_restrictedly(d):
    assert eval(repr(d), {"Diagram": rt.Diagram}) == d == rt.Diagram.of(str(d)) == rt.Diagram(d.k, d.l, d.blocks[::-1])
    assert all(label <= max(d.labels[:i], default=-1) + 1 for i, label in enumerate(d.labels))


@given(some_diagram, st.integers(1, 3), st.integers(0, 9))
def test_applying_a_diagram_is_its_dense_matrix_exactly(d, n, seed):
    x = np.random.default_rng(seed).integers(-9, 10, (n,) * d.k)
    y = d(x, (n,) * d.l)
    assert y.dtype == x.dtype and y.shape == (n,) * d.l
    assert np.array_equal(y.ravel(), d.matrix(n) @ x.ravel())


@given(st.tuples(orders, orders, orders).flatmap(lambda klm: st.tuples(diagrams(klm[1], klm[2]), diagrams(*klm[:2]))),
       st.integers(1, 3))
def test_composition_is_a_power_of_n_times_a_diagram(pair, n):
    first, second = pair
    product, lost = first.after(second)
    assert np.array_equal(first.matrix(n) @ second.matrix(n), n ** lost * product.matrix(n))
    assert first.after(second)[0].T == second.T.after(first.T)[0]


@given(diagrams(1, 2), diagrams(2, 1), st.integers(1, 3))
def test_the_tensor_product_is_the_kronecker_product(d, e, n):
    assert np.array_equal((d * e).matrix(n), np.kron(d.matrix(n), e.matrix(n)))
    assert np.array_equal(d.T.matrix(n), d.matrix(n).T)


@given(diagrams(2, 2), diagrams(2, 2))
def test_refinement_is_containment_of_the_ones_and_the_join_is_the_product(d, e):
    n = 4
    assert (d <= e) == bool((d.matrix(n) >= e.matrix(n)).all())
    assert np.array_equal(d.matrix(n) * e.matrix(n), d.join(e).matrix(n))
    assert (d.matrix(n) * e.matrix(n)).sum() == n ** len(d.join(e).blocks)
    assert (d < e) == (d <= e and d != e)


@given(some_diagram)
def test_the_mobius_function_inverts_the_sum_over_coarser_diagrams(d):
    for e in d.coarser():
        assert sum(d.mobius(f) for f in d.coarser() if f <= e) == (d == e)


def test_an_orbit_sum_is_one_where_indices_are_equal_exactly_in_blocks():
    family = rt.permutation_family(2, 1)
    total = np.zeros((3, 9), int)
    for number, d in enumerate(family.diagrams):
        orbit = sum(c * e.matrix(3) for e, c in family.orbit(number).items())
        assert set(np.unique(orbit)) <= {0, 1}
        for i in np.ndindex(3, 3, 3):
            equal = rt.Diagram.from_labels(2, i) == d
            assert orbit[i[2], 3 * i[0] + i[1]] == equal
        total += orbit
    assert (total == 1).all()


@pytest.mark.parametrize("m", range(1, 7))
def test_partitions_are_counted_by_bell_numbers(m):
    assert [bell(m, n) for n in range(1, m + 1)] == A102661[m - 1]
    found = list(growth_strings("n" * m))
    assert len(set(found)) == len(found) == A000110[m] and found == sorted(found)
    blocks = [len(set(labels)) for labels in found]
    assert [blocks.count(b) for b in range(m + 1)] == [stirling(m, b) for b in range(m + 1)]


# Families ----------------------------------------------------------------------------------------------------

@pytest.mark.parametrize(("k", "l"), [(k, l) for k in range(5) for l in range(5) if k + l <= 8])
def test_the_dimension_is_the_bell_number_and_a_truncated_one_at_small_n(k, l):
    family = rt.permutation_family(k, l)
    assert family.dim == A000110[k + l]
    if 1 <= k + l <= 6:
        assert [family.dim_at(n) for n in range(1, k + l + 1)] == A102661[k + l - 1]
        assert family.dim_at(k + l + 3) == family.dim == len(family.diagrams)


def test_the_known_small_cases():
    """Sets: 2 maps (Zaheer et al., arXiv 1703.06114). Graphs: 15, and 2 invariants (Maron et al., arXiv 1812.09902)."""
    assert [str(d) for d in rt.permutation_family(1, 1).diagrams] == ["a->a", "a->b"]
    assert rt.permutation_family(2, 2).dim == 15
    assert rt.permutation_family(2, 0).dim == rt.permutation_family(0, 2).dim == 2
    assert [len(found) for found in rt.permutation_family(2, "nn + n + 1").invariants] == [2, 1, 1]


@pytest.mark.parametrize("n", range(1, 6))
@pytest.mark.parametrize(("k", "l"), PAIRS)
def test_the_kept_diagrams_are_a_basis_of_the_exact_answer(k, l, n):
    family = rt.permutation_family(k, l)
    hom, dropped = family.at(n), {relation.diagram for relation in family.dependent(n)}
    kept = [d for d in family.diagrams if d not in dropped]
    assert len(kept) == family.dim_at(n) == hom.dim
    members = family.diagrams if n < 4 else [kept[-1], kept[len(kept) // 2]]
    assert all(d.matrix(n) in hom for d in members)
    flat = np.array([d.matrix(n).ravel() for d in kept])
    assert rank(rt.Matrix.from_integers(flat @ flat.T)) == hom.dim


@pytest.mark.parametrize("sizes", [{"u": 1, "v": 1}, {"u": 1, "v": 3}, {"u": 2, "v": 1}, {"u": 3, "v": 2}])
@pytest.mark.parametrize(("source", "target"), [("uv", "vu"), ("uuv", "u"), ("v", "uv"), ("1", "uuv")])
def test_diagrams_of_two_kinds_are_a_basis_for_the_product_of_two_groups(source, target, sizes):
    family = rt.permutation_family(source, target)
    hom = family.at(**sizes)
    shape = [sizes[c] for c in (source + target) if c != "1"]
    dropped = {relation.diagram for relation in family.dependent(**sizes)}
    flat = np.array([d.matrix(shape).ravel() for d in family.diagrams if d not in dropped])
    assert all(d.matrix(shape) in hom for d in family.diagrams)
    assert rank(rt.Matrix.from_integers(flat @ flat.T)) == len(flat) == hom.dim == family.dim_at(**sizes)


@pytest.mark.parametrize("n", range(1, 5))
@pytest.mark.parametrize(("k", "l"), PAIRS)
def test_a_dropped_diagram_is_the_stated_combination_of_kept_ones(k, l, n):
    family = rt.permutation_family(k, l)
    relations = family.dependent(n)
    assert len(relations) == family.dim - family.dim_at(n)
    dropped = {relation.diagram for relation in relations}
    for relation in relations:
        assert not dropped & {d for _, d in relation.combination}
        total = sum(c * d.matrix(n) for c, d in relation.combination)
        assert np.array_equal(relation.diagram.matrix(n), total)


def test_relations_for_two_kinds_hold_and_read_well():
    family = rt.permutation_family("uv", "uv")
    relations = family.dependent(u=1, v=3)
    assert [str(r) for r in relations] == ["ab->cb = ab->ab", "ab->cd = ab->ac"]
    for r in relations:
        assert np.array_equal(r.diagram.matrix([1, 3, 1, 3]), sum(c * d.matrix([1, 3, 1, 3]) for c, d in r.combination))


@pytest.mark.parametrize(("source", "target", "sizes"), [
    (1, 1, {"n": 3}), (2, 1, {"n": 2}), (2, 2, {"n": 3}), (0, 2, {"n": 4}), (2, 0, {"n": 1}), (0, 0, {}),
    ("uuv", "vu", {"u": 2, "v": 3}), ("uv", "uv", {"u": 1, "v": 2})])
def test_the_orbit_basis_is_the_solvers(source, target, sizes):
    family = rt.permutation_family(source, target)
    found, solved = family.to_numpy(**sizes), family.at(**sizes).basis.to_numpy()
    assert found.shape == solved.shape
    assert {tuple(row.ravel().round(12)) for row in found} == {tuple(row.ravel().round(12)) for row in solved}
    supports = family.to_numpy(**sizes, normalise=False)
    assert (supports.sum(0) == 1).all()


def test_orbit_sums_of_two_kinds_join_no_kinds():
    family = rt.permutation_family("uv", "u")
    assert family.orbit(1) == {rt.Diagram.of("ab->a"): -1, rt.Diagram.of("ab->c"): 1}
    dense = [sum(c * e.matrix([2, 2, 2]) for e, c in family.orbit(i).items()) for i in range(2)]
    assert np.array_equal(family.to_numpy(u=2, v=2, normalise=False), dense)


# Plans -------------------------------------------------------------------------------------------------------

def dense(family: PermutationFamily, plan: rt.Plan, sizes: dict[str, int], weights: np.ndarray) -> np.ndarray:
    hom = family.at(**sizes)
    return plan(weights, np.eye(hom.source.dim)).T


@given(types, types, st.sampled_from([{"u": 1, "v": 2}, {"u": 3, "v": 2}]), st.integers(0, 99))
def test_a_plan_with_integer_weights_is_in_hom_exactly(source, target, sizes, seed):
    family = rt.permutation_family(source, target)
    sizes = {kind: sizes[kind] for kind in family.kinds}
    plan = family.plan(average=False, **sizes)
    assert plan.size == family.dim
    hom = family.at(**sizes)
    rng = np.random.default_rng(seed)
    for _ in range(2):
        matrix = dense(family, plan, sizes, rng.integers(-3, 4, plan.size))
        assert np.array_equal(matrix, matrix.astype(int)) and matrix.astype(int) in hom


@pytest.mark.parametrize(("k", "l"), [*PAIRS, (3, 2), (2, 3)])
def test_a_unit_weight_is_a_diagram_and_means_divide_by_what_is_summed(k, l):
    family, n = rt.permutation_family(k, l), 2
    sums, means = family.plan(n, average=False), family.plan(n)
    for number, d in enumerate(family.diagrams):
        weights = np.eye(family.dim)[number]
        assert np.array_equal(sums(weights, np.eye(n ** k)).T, d.matrix(n))
        assert np.array_equal(means(weights, np.eye(n ** k)).T * n ** len(d.summed), d.matrix(n))


@pytest.mark.parametrize(("source", "target"), [(2, 2), ("3*nn + 2*n", "2*nn + n + 1"), ("uuv", "2*uv"), (1, 3)])
def test_a_bias_adds_the_invariant_tensors(source, target):
    family = rt.permutation_family(source, target)
    sizes = dict.fromkeys(family.kinds, 3)
    plan = family.plan(bias=True, average=False, **sizes)
    hom = family.at(**sizes)
    invariant = rt.Hom(hom.group.trivial, hom.target)
    weights = {p.name: np.ones(p.shape) * (p.name.startswith("bias")) for p in plan.params}
    assert plan.size == family.dim + sum(len(f) * n for f, (n, _) in zip(family.invariants, family.target))
    y = plan(weights, np.zeros((1, hom.source.dim)))
    assert y.any() and y.astype(int).T in invariant


@pytest.mark.parametrize(("k", "l"), [(1, 1), (2, 2), (3, 2), (2, 1), (1, 3)])
def test_the_cost_grows_as_the_tensors_and_not_as_their_product(k, l):
    family = rt.permutation_family(k, l)
    small, large = (family.plan(n).cost((1, n ** k)) for n in (8, 16))
    assert large.flops / small.flops < 2 ** max(k, l) * 1.1
    assert large.weights == small.weights == family.dim


def test_graphs_share_five_contractions():
    """Maron et al.: the diagonal, sums of rows, of columns, of the diagonal, and of all."""
    steps = rt.permutation_family(2, 2).plan(4).steps
    found = {s.name for s in steps if s.op == "reduce" or (s.op == "einsum" and "C->" in dict(s.attrs)["equation"])}
    assert found == {"x0_aa", "x0_ab_to_a", "x0_ab_to_b", "x0_aa_to_1", "x0_ab_to_1"}


@pytest.mark.parametrize("init", ["he", "lecun", "xavier"])
@pytest.mark.parametrize("n", [4, 7])
def test_the_initial_variance_is_exact_for_inputs_equal_at_all_indices(n, init):
    family = rt.permutation_family("3*nn + 2*n", "2*nn + 4*n")
    plan, hom = family.plan(n, init=init), family.at(n)
    second = np.zeros(hom.target.dim)
    for p in plan.params:
        for place in range(p.size):
            weights = {q.name: np.zeros(q.shape) for q in plan.params}
            weights[p.name].flat[place] = 1
            second += float(p.variance) * plan(weights, np.ones((1, hom.source.dim)))[0] ** 2
    first, last = second[:2 * n * n].reshape(n, n, 2), second[2 * n * n:]
    variances = family.variances(init)
    reach = {(0, 0): 10 * 3, (0, 1): 3 * 2, (1, 0): 5 * 3, (1, 1): 2 * 2}  # weights that reach every entry
    expected = [float(sum(variances[b, a] * reach[b, a] for a in (0, 1))) for b in (0, 1)]
    if init != "xavier":
        assert expected == [2 if init == "he" else 1] * 2
    assert np.allclose(first[~np.eye(n, dtype=bool)], expected[0], rtol=1e-12)
    assert np.allclose(last, expected[1], rtol=1e-12) and (first >= expected[0] * (1 - 1e-12)).all()


# Reading and refusing ----------------------------------------------------------------------------------------

@given(types, types)
def test_a_family_reads_back(source, target):
    family = rt.permutation_family(source, target)
    assert eval(repr(family), {"permutation_family": rt.permutation_family}) == family


def test_ways_to_write_a_type():
    written = "8*nn+4*n + 1", [(8, 2), (4, 1), (1, 0)], ((8, "nn"), (4, "n"), (1, ""))
    assert len({rt.permutation_family(given, 1) for given in written}) == 1
    assert rt.permutation_family(2, 0) == rt.permutation_family("nn", "1")


@pytest.mark.parametrize("given", ["", "8*", "u u", "0*u", "u+", "ß", -1, 1.5, [], [(2, -1)], [2], None, True, "-1*u"])
def test_what_is_no_type_is_refused(given):
    with pytest.raises(rt.NotATensorType, match=r"is no type of tensors\. Write an order such as 2"):
        rt.permutation_family(given, 1)


def test_sizes_are_asked_for_by_kind():
    family = rt.permutation_family("uv", "u")
    for call, says in [(lambda: family.dim_at(3), "does not say which"),
                       (lambda: family.dim_at(u=3), "v has no size"),
                       (lambda: family.plan(u=1, v=2, w=3), "w is none of them"),
                       (lambda: family.at(u=0, v=1), "from 1 on"),
                       (lambda: rt.permutation_family(1, 1).at(), "n has no size")]:
        with pytest.raises(rt.WrongSizes, match=says):
            call()


def test_what_is_too_large_to_list_is_still_counted():
    family = rt.permutation_family(6, 6)
    assert family.dim == 4213597 and family.dim_at(2) == 2 ** 11  # B(12), OEIS A000110
    with pytest.raises(rt.TooLarge, match="4213597 diagrams"):
        family.plan(2)
    with pytest.raises(rt.TooLarge, match="order above the limit, which is 26"):
        rt.permutation_family(10 ** 12, 1)
    with pytest.raises(rt.TooLarge, match="costs as much as the tensors"):
        rt.permutation_family(2, 2).to_numpy(60)
    with pytest.raises(rt.TooLarge, match="the limit is 67108864"):
        rt.Diagram.of("aabb->c").matrix(50)
    with pytest.raises(rt.NotATensorType, match="Ask for a pair"):
        rt.permutation_family("2*n", 1).to_numpy(2)


@pytest.mark.parametrize("text", ["aab", "a->b->c", "a1->b", "a b->c", "->->"])
def test_a_text_that_is_no_diagram_is_refused(text):
    with pytest.raises(rt.NotADiagram, match="a letter a to z"):
        rt.Diagram.of(text)


def test_diagrams_that_do_not_fit_are_refused():
    for blocks in [((0,),), ((0, 1), (1,)), ((0, 1), ()), ((0, 2),)]:
        with pytest.raises(rt.NotADiagram, match="is no partition of the positions"):
            rt.Diagram(1, 1, blocks)
    with pytest.raises(rt.NotADiagram, match="gives order 2"):
        rt.Diagram.of("a->a").after(rt.Diagram.of("a->aa"))
    with pytest.raises(rt.NotADiagram, match="neither is finer"):
        assert rt.Diagram.of("a->a") <= rt.Diagram.of("a->aa")
    with pytest.raises(rt.NotADiagram, match="say the shape of the output"):
        rt.Diagram.of("ab->a")(np.zeros((2, 3)))
    with pytest.raises(rt.TooLarge, match="the limit is 52"):
        rt.Diagram.from_labels(60, [0] * 60)
