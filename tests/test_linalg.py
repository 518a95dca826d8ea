"""Exact linear algebra: echelon forms, null spaces, solutions and ranks over Q and number fields."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import reptheory as rt
from reptheory.linalg import Inconsistent, gram_schmidt, nullspace, rank, rref, solve
from reptheory.matrix import Matrix
from reptheory.modular import split_prime
from reptheory.sparse import Sparse, rank_mod

FIELDS = [rt.Q, rt.quadratic(5), rt.quadratic(-1), rt.cyclotomic(5), rt.real_cyclotomic(7),
          rt.number_field([-2, 0, 0, 1], root=1.26)]


@st.composite
def matrices(draw, rows=None, field=None) -> Matrix:
    """A small matrix of low rank: a product of two thin ones."""
    field = field or draw(st.sampled_from(FIELDS))
    m, n, r = rows or draw(st.integers(1, 5)), draw(st.integers(1, 6)), draw(st.integers(1, 4))
    entry = st.builds(lambda a, b: a + b * field.generator, st.integers(-4, 4), st.integers(-2, 2))
    left = [[draw(entry) for _ in range(r)] for _ in range(m)]
    right = [[draw(entry) for _ in range(n)] for _ in range(r)]
    return Matrix.of(left, field) @ Matrix.of(right, field)


@given(matrices())
def test_the_echelon_form_is_canonical_and_has_the_same_row_space(a):
    reduced, pivots = rref(a)
    k = len(pivots)
    assert a.submatrix(range(a.shape[0]), pivots) @ reduced.submatrix(range(k), range(a.shape[1])) == a
    assert reduced.submatrix(range(k), pivots) == Matrix.identity(k)
    m = a.shape[0]
    shear = Matrix.of([[1 if i == j else 2 if j == i + 1 else 0 for j in range(m)] for i in range(m)])
    assert rref(shear @ a) == (reduced, pivots)


@given(matrices())
def test_rank_and_nullity_add_up_and_the_null_space_is_annihilated(a):
    kernel = nullspace(a)
    assert kernel.shape[0] + rank(a) == a.shape[1]
    assert (a @ kernel.T).is_zero
    assert rref(kernel)[0] == kernel and rank(kernel) == kernel.shape[0]


@given(st.data())
def test_solve_solves_or_names_why_not(data):
    a = data.draw(matrices())
    x = data.draw(matrices(rows=a.shape[1], field=a.field))
    assert a @ solve(a, a @ x) == a @ x
    wrong = Matrix.vstack([a, a.submatrix([0], range(a.shape[1]))])
    right = Matrix.of([[0]] * a.shape[0] + [[1]])
    with pytest.raises(Inconsistent, match="0 = 1"):
        solve(wrong, right)


@given(matrices())
def test_sparse_rank_modulo_a_prime_ideal_is_the_rank(a):
    sparse = Sparse.from_dense(a)
    assert sparse.to_dense() == a
    prime, roots = split_prime(a.field, a)
    assert rank_mod(sparse, prime, roots[0]) == rank(a)
    assert len(roots) == a.field.degree
    assert sparse.annihilates(nullspace(a).T) if nullspace(a).shape[0] else True


@given(matrices(field=rt.quadratic(5)))
def test_gram_schmidt_is_orthogonal_for_weights(a):
    kept = rref(a)[0].submatrix(range(rank(a)), range(a.shape[1]))
    weights = [rt.Q(k + 1) for k in range(a.shape[1])]
    rows, norms = gram_schmidt(kept, weights)
    if kept.shape[0]:
        assert rows @ Matrix.diagonal(weights) @ rows.T == Matrix.diagonal(norms)
    else:
        assert norms == ()


def test_answers_of_large_height_need_several_primes_and_are_exact():
    root = rt.quadratic(2).generator
    a = Matrix.of([[root**i * (i + j + 1) ** 9 + 7**i * (j + 2) ** 5 for j in range(8)] for i in range(6)])
    kernel = nullspace(a)
    assert kernel.shape[0] == 8 - rank(a) and (a @ kernel.T).is_zero


@pytest.mark.parametrize("shape", [(0, 3), (3, 0), (2, 2)])
def test_empty_and_zero_matrices(shape):
    a = Matrix.zeros(*shape)
    assert rank(a) == 0 and nullspace(a).shape == (shape[1], shape[1])


@given(matrices())
def test_inverse_determinant_and_trace(a):
    n = min(a.shape)
    square = a.submatrix(range(n), range(n))
    if square.det().is_zero:
        with pytest.raises(ZeroDivisionError):
            square.inverse()
    else:
        assert (square @ square.inverse()).is_identity
        assert square.det() * square.inverse().det() == 1
    assert square.kron(square).trace() == square.trace() * square.trace()


@given(matrices(), matrices())
def test_the_kronecker_product_of_mixed_fields(a, b):
    assert (a.kron(b)).shape == (a.shape[0] * b.shape[0], a.shape[1] * b.shape[1])
    np.testing.assert_allclose(a.kron(b).to_numpy(), np.kron(a.to_numpy(), b.to_numpy()), rtol=1e-12, atol=1e-9)


def test_sympy_matrices_find_their_own_field():
    import sympy

    half = sympy.sqrt(2) / 2
    turn = Matrix.of(sympy.Matrix([[half, -half], [half, half]]))
    assert turn**8 == Matrix.identity(2) and turn.field == rt.quadratic(2)
    assert rt.group(r=[[half, -half], [half, half]]).order == 8
