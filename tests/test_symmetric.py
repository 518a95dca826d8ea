"""The symmetric and alternating groups: partitions, character tables, seminormal matrices."""

from __future__ import annotations

from collections import Counter
from itertools import permutations
from math import factorial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reptheory import young
from reptheory.alternating import (
    alternating_class,
    alternating_class_size,
    alternating_classes,
    alternating_irreps,
    alternating_representative,
    alternating_table,
    associator_root,
    half,
)
from reptheory.field import Q, quadratic
from reptheory.group import TooLarge
from reptheory.matrix import Matrix
from reptheory.murnaghan import character_value, symmetric_table
from reptheory.partition import (
    NotAPartition,
    centraliser_order,
    class_size,
    conjugate,
    cycle_type,
    diagonal_hooks,
    dimension,
    hook_lengths,
    partition,
    partitions,
    representative,
    sign,
)
from reptheory.young import Half, Seminormal, seminormal, sorting_word

# Fulton and Harris, Representation Theory: S_3 in 1.3, S_4 and A_4 in 2.3, S_5 and A_5 in 3.1, our order.
SYMMETRIC = {
    3: [[1, 1, 1],
        [-1, 0, 2],
        [1, -1, 1]],
    4: [[1, 1, 1, 1, 1],
        [-1, 0, -1, 1, 3],
        [0, -1, 2, 0, 2],
        [1, 0, -1, -1, 3],
        [-1, 1, 1, -1, 1]],
    5: [[1, 1, 1, 1, 1, 1, 1],
        [-1, 0, -1, 1, 0, 2, 4],
        [0, -1, 1, -1, 1, 1, 5],
        [1, 0, 0, 0, -2, 0, 6],
        [0, 1, -1, -1, 1, -1, 5],
        [-1, 0, 1, 1, 0, -2, 4],
        [1, -1, -1, 1, 1, -1, 1]],
}
OMEGA = quadratic(-3).number("-1/2", "1/2")
PHI = quadratic(5).number("1/2", "1/2")
ALTERNATING = {
    4: [[1, 1, 1, 1],
        [0, 0, -1, 3],
        [OMEGA, OMEGA**2, 1, 1],
        [OMEGA**2, OMEGA, 1, 1]],
    5: [[1, 1, 1, 1, 1],
        [-1, -1, 1, 0, 4],
        [0, 0, -1, 1, 5],
        [PHI, 1 - PHI, 0, -1, 3],
        [1 - PHI, PHI, 0, -1, 3]],
}
PARTITIONS = (1, 1, 2, 3, 5, 7, 11, 15, 22, 30, 42, 56, 77)  # OEIS A000041
ALTERNATING_CLASSES = (1, 1, 1, 3, 4, 5, 7, 9, 14, 18, 24)   # OEIS A000702, from n = 0

shapes = st.integers(1, 9).flatmap(lambda n: st.sampled_from(partitions(n)))


def image_tuples(n: int, even: bool = False):
    drawn = st.permutations(range(n)).map(tuple)
    return drawn.filter(lambda images: sign(cycle_type(images)) == 1) if even else drawn


def conjugated(images, by):
    moved = [0] * len(images)
    for i, image in enumerate(images):
        moved[by[i]] = by[image]
    return tuple(moved)


def transposition(n: int, i: int) -> tuple[int, ...]:
    return (*range(i), i + 1, i, *range(i + 2, n))


def product(g, h):
    return tuple(g[i] for i in h)


# Partitions ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("n", range(len(PARTITIONS)))
def test_partitions_are_counted_and_in_reverse_lexicographic_order(n):
    found = partitions(n)
    assert len(found) == PARTITIONS[n] and list(found) == sorted(set(found), reverse=True)
    assert all(sum(p) == n and partition(p) == p for p in found)
    for largest in range(n + 1):
        assert partitions(n, largest) == tuple(p for p in found if not p or p[0] <= largest)


@given(shapes)
def test_conjugation_transposes_the_diagram_and_its_hooks(shape):
    other = conjugate(shape)
    assert conjugate(other) == shape and dimension(other) == dimension(shape)
    table, transposed = hook_lengths(shape), hook_lengths(other)
    assert all(table[i][j] == transposed[j][i] for i, row in enumerate(table) for j in range(len(row)))
    assert diagonal_hooks(shape) == tuple(row[i] for i, row in enumerate(table) if i < len(row))
    assert sum(diagonal_hooks(shape)) == sum(shape)


def test_class_sizes_are_those_of_the_listed_group():
    counted = Counter(cycle_type(images) for images in permutations(range(6)))
    assert counted == {mu: class_size(mu) for mu in partitions(6)}
    assert all(cycle_type(representative(mu)) == mu for mu in partitions(6))
    assert all(class_size(mu) * centraliser_order(mu) == 720 for mu in partitions(6))


@given(image_tuples(7), image_tuples(7))
def test_the_cycle_type_is_a_class_function(images, by):
    assert cycle_type(conjugated(images, by)) == cycle_type(images)


def test_numbers_that_are_no_partition_are_refused():
    with pytest.raises(NotAPartition, match=r"its parts do not decrease. Write \(2, 1\)"):
        partition((1, 2))
    with pytest.raises(NotAPartition, match="its parts are positive integers"):
        partition((2, 0))
    with pytest.raises(ValueError, match="Give n ≥ 0"):
        partitions(-1)
    with pytest.raises(TooLarge, match="61 has more than a million partitions"):
        partitions(61)
    assert len(partitions(61, 2)) == 31


# The symmetric group -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("n", SYMMETRIC)
def test_the_table_is_the_published_one(n):
    assert symmetric_table(n).tolist() == SYMMETRIC[n]


@pytest.mark.parametrize("n", [0, 1, 2, 6, 9, 12])
def test_rows_and_columns_are_orthogonal(n):
    table = symmetric_table(n).astype(object)
    centralisers = np.diag([centraliser_order(mu) for mu in partitions(n)]).astype(object)
    sizes = np.diag([class_size(mu) for mu in partitions(n)]).astype(object)
    assert (table.T @ table == centralisers).all()
    assert (table @ sizes @ table.T == factorial(n) * np.eye(len(table), dtype=int)).all()
    assert table[:, -1].tolist() == [dimension(shape) for shape in partitions(n)]
    assert sum(table[:, -1] ** 2) == factorial(n)


@given(shapes)
def test_the_conjugate_character_is_the_product_with_the_sign(shape):
    n = sum(shape)
    table, place = symmetric_table(n), {p: i for i, p in enumerate(partitions(n))}
    signs = [sign(mu) for mu in partitions(n)]
    assert (table[place[conjugate(shape)]] == table[place[shape]] * signs).all()


@given(st.integers(2, 14))
def test_the_second_row_counts_fixed_points_but_one(n):
    assert symmetric_table(n)[1].tolist() == [mu.count(1) - 1 for mu in partitions(n)]


@given(shapes, st.data())
def test_single_values_are_those_of_the_table(shape, data):
    n = sum(shape)
    j = data.draw(st.integers(0, len(partitions(n)) - 1))
    assert character_value(shape, partitions(n)[j]) == symmetric_table(n)[partitions(n).index(shape), j]


def test_single_values_are_exact_beyond_64_bits():
    """χ(50, 50): the beads 51 and 50 come down 50 places one after the other, in two orders of even height."""
    assert character_value((50, 50), (1,) * 100) == dimension((50, 50)) > 2**64
    assert character_value((50, 50), (50, 50)) == 2


def test_refusals_of_tables_and_values():
    with pytest.raises(TooLarge, match=r"up to n = 30\. Ask for single values"):
        symmetric_table(31)
    with pytest.raises(ValueError, match=r"\(2, 1\) is one of 3 and \(2, 2\) one of 4"):
        character_value((2, 1), (2, 2))


# The alternating group -----------------------------------------------------------------------------------------------
@pytest.mark.parametrize("n", ALTERNATING)
def test_the_table_of_the_alternating_group_is_the_published_one(n):
    assert alternating_table(n) == tuple(map(tuple, ALTERNATING[n]))


@pytest.mark.parametrize("n", range(len(ALTERNATING_CLASSES)))
def test_there_are_as_many_irreps_of_the_alternating_group_as_classes(n):
    assert len(alternating_classes(n)) == len(alternating_irreps(n)) == ALTERNATING_CLASSES[n]
    assert sum(map(alternating_class_size, alternating_classes(n))) == max(factorial(n) // 2, 1)
    assert [alternating_class(alternating_representative(key)) for key in alternating_classes(n)] == list(
        alternating_classes(n))


@pytest.mark.parametrize("n", [0, 1, 2, 3, 4, 6, 8, 9])
def test_the_rows_of_the_alternating_group_are_orthonormal(n):
    table, order = alternating_table(n), max(factorial(n) // 2, 1)
    sizes = list(map(alternating_class_size, alternating_classes(n)))
    for i, chi in enumerate(table):
        for j, psi in enumerate(table[:i + 1]):
            inner = sum((size * x * y.conj() for size, x, y in zip(sizes, chi, psi)), Q(0))
            assert inner == (order if i == j else 0)


@given(st.sampled_from([(3,), (3, 1), (5,), (5, 1), (7,), (5, 3), (5, 3, 1)]), st.data())
def test_a_half_is_kept_by_even_and_changed_by_odd_permutations(mu, data):
    images = data.draw(image_tuples(sum(mu)).map(lambda by: conjugated(representative(mu), by)))
    by = data.draw(image_tuples(sum(mu)))
    assert (half(conjugated(images, by)) == half(images)) == (sign(cycle_type(by)) == 1)


@given(shapes.filter(lambda shape: conjugate(shape) == shape))
def test_the_root_of_a_self_conjugate_shape_squares_to_the_signed_product_of_its_diagonal(shape):
    hooks = diagonal_hooks(shape)
    expected = (-1) ** ((sum(hooks) - len(hooks)) // 2) * int(np.prod(hooks))
    root = associator_root(shape)
    assert root * root == expected and character_value(shape, hooks) == (1 if expected > 0 else -1)


def test_an_odd_permutation_has_no_class_in_the_alternating_group():
    with pytest.raises(ValueError, match=r"cycle type \(2, 1\) and is odd"):
        alternating_class((1, 0, 2))


# Matrices ------------------------------------------------------------------------------------------------------------
SELF_CONJUGATE = [shape for n in range(2, 9) for shape in partitions(n) if conjugate(shape) == shape]
halves = st.sampled_from([(shape, which) for shape in SELF_CONJUGATE for which in "+-"])


@given(st.integers(0, 6).flatmap(lambda n: st.sampled_from(partitions(n))))
def test_the_transpositions_satisfy_the_coxeter_relations(shape):
    n, form = sum(shape), Seminormal(shape)
    s = [form.matrix(transposition(n, i)) for i in range(n - 1)]
    for i, a in enumerate(s):
        assert (a @ a).is_identity
        for j, b in enumerate(s[:i]):
            assert a @ b == b @ a if j < i - 1 else a @ b @ a == b @ a @ b


@given(shapes.filter(lambda shape: sum(shape) <= 7), st.data())
def test_the_seminormal_form_is_a_representation_with_a_metric_and_the_right_character(shape, data):
    form = Seminormal(shape)
    g, h = (data.draw(image_tuples(sum(shape))) for _ in range(2))
    assert form.matrix(product(g, h)) == form.matrix(g) @ form.matrix(h)
    assert form.matrix(g).trace() == character_value(shape, cycle_type(g))
    metric = Matrix.diagonal(form.metric)
    assert form.matrix(g).T @ metric @ form.matrix(g) == metric
    assert len(form.metric) == form.dim == dimension(shape) and all(d > 0 for d in form.metric)


@pytest.mark.parametrize("shape", [shape for n in range(1, 7) for shape in partitions(n)], ids=str)
def test_the_jucys_murphy_elements_are_diagonal_and_read_off_the_contents(shape):
    """(0 k) + … + (k−1 k) is the content of k on each tableau: Okounkov and Vershik, A new approach (1996)."""
    form, n = Seminormal(shape), sum(shape)
    spectra = []
    for k in range(n):
        total = Matrix.zeros(form.dim, form.dim)
        for j in range(k):
            total = total + form.matrix((*range(j), k, *range(j + 1, k), j, *range(k + 1, n)))
        spectra.append([total[t, t] for t in range(form.dim)])
        assert total == Matrix.diagonal(spectra[-1])
    contents = Counter(Q(j - i) for i, row in enumerate(shape) for j in range(row))
    found = set(zip(*spectra))
    assert len(found) == form.dim and all(Counter(vector) == contents for vector in found)


def test_long_words_in_integers_of_any_size_give_the_same(monkeypatch):
    form, g = Seminormal((4, 2, 1, 1)), (7, 3, 5, 1, 6, 0, 4, 2)
    expected = form.matrix(g)
    for word in (1, 10**3, 10**7):
        monkeypatch.setattr(young, "WORD", word)
        assert form.matrix(g) == expected


def test_the_largest_irrep_of_s10():
    form, cycle = Seminormal((4, 3, 2, 1)), (*range(1, 10), 0)
    assert form.dim == 768 and form.matrix(cycle).trace() == character_value(form.shape, (10,)) == 0


@given(st.permutations(range(7)))
def test_a_sorting_word_is_shortest_and_spells_the_permutation(images):
    word, spelled = sorting_word(images), tuple(range(7))
    for i in word:
        spelled = product(transposition(7, i), spelled)
    assert spelled == tuple(images)
    assert len(word) == sum(images[i] > images[j] for j in range(7) for i in range(j))


@pytest.mark.parametrize("n", range(8))
def test_every_irrep_of_the_alternating_group_has_its_row_of_the_table_as_traces(n):
    for key, row in zip(alternating_irreps(n), alternating_table(n)):
        form = seminormal(key)
        assert tuple(form.matrix(alternating_representative(c)).trace() for c in alternating_classes(n)) == row


@given(halves, st.data())
def test_a_half_is_a_unitary_representation_over_the_field_of_its_character(key, data):
    form = seminormal(key)
    g, h = (data.draw(image_tuples(form.degree, even=True)) for _ in range(2))
    assert form.matrix(product(g, h)) == form.matrix(g) @ form.matrix(h)
    metric = Matrix.diagonal(form.metric)
    assert form.matrix(g).H @ metric @ form.matrix(g) == metric and len(form.metric) == form.dim
    assert form.matrix(g).field == associator_root(key[0]).field


@given(st.sampled_from(SELF_CONJUGATE), st.data())
def test_the_associator_squares_to_a_scalar_and_anticommutes_with_transpositions(shape, data):
    form, half_form = Seminormal(shape), Half(shape, "+")
    associator = Matrix.of([[form.signed_metric[t] if s == form.dim - 1 - t else 0 for t in range(form.dim)]
                            for s in range(form.dim)])
    s = form.matrix(transposition(form.degree, data.draw(st.integers(0, form.degree - 2))))
    assert associator @ s == -(s @ associator)
    assert associator @ associator == Matrix.identity(form.dim) * half_form.eigenvalue**2
    assert Half(shape, "-").eigenvalue == -half_form.eigenvalue


def test_the_halves_are_real_or_conjugate():
    assert Half((3, 1, 1), "+").matrix((1, 2, 3, 4, 0)).field.is_real
    plus, minus = (Half((3, 3, 3), which).matrix((1, 2, 3, 4, 0, 6, 7, 5, 8)) for which in "+-")
    assert plus.conj() == minus != plus


def test_refusals_of_matrices():
    with pytest.raises(ValueError, match=r"has cycle type \(2, 1, 1\) and is odd.*Use S\^\(2, 2\)"):
        Half((2, 2), "+").matrix((1, 0, 2, 3))
    with pytest.raises(ValueError, match=r"belong to λ = λ' of n ≥ 2, and \(2, 1, 1\)' is \(3, 1\)"):
        seminormal(((2, 1, 1), "+"))
    with pytest.raises(ValueError, match=r"S\(3\), and \[1, 0\] permutes 2 points"):
        Seminormal((2, 1)).matrix((1, 0))
    with pytest.raises(ValueError, match=r"\[1, 1, 0\] is no permutation of 0…2"):
        Seminormal((2, 1)).matrix((1, 1, 0))
    with pytest.raises(NotAPartition, match=r"Write \(2, 1\)"):
        seminormal((1, 2))
    with pytest.raises(TooLarge, match=r"dimension 292864, and matrices are made up to dimension 2500"):
        Seminormal((5, 4, 3, 2, 1)).matrix(tuple(range(15)))
