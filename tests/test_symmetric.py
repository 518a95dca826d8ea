"""The symmetric and alternating groups: partitions, character tables, seminormal matrices."""

from __future__ import annotations

from collections import Counter
from itertools import permutations
from math import factorial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

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
