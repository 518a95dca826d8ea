"""G₂ as a group of matrices, with its irreps by Dynkin labels."""

from __future__ import annotations

import pytest

import reptheory as rt
from reptheory.matrix import Matrix

G = rt.G2()
# Slansky, Group theory for unified model building (1981), tables 7 and 48; Fulton and Harris, §22.3.
DIMENSIONS = {(0, 0): 1, (1, 0): 7, (0, 1): 14, (2, 0): 27, (1, 1): 64, (3, 0): 77}
PRODUCTS = [(G.vector**2, {(2, 0): 1, (0, 1): 1, (1, 0): 1, (0, 0): 1}),
            (G.vector.alt(3), {(2, 0): 1, (1, 0): 1, (0, 0): 1}), (G.adjoint, {(0, 1): 1}),
            (rt.SO(7).vector.alt(2).restrict(G), {(0, 1): 1, (1, 0): 1})]


def test_dimensions_and_types():
    assert {key: G.irrep(key).dim for key in DIMENSIONS} == DIMENSIONS
    assert all(G.irrep(key).type == "real" and G.irrep(key).scalars == "R" for key in ((1, 0), (0, 1)))


@pytest.mark.parametrize("rep, terms", PRODUCTS, ids=lambda x: getattr(x, "expression", None))
def test_decompositions(rep, terms):
    found = rep.decompose()
    assert {a.labels: m for m, a in found.multiplicities} == terms
    assert all(found.change @ v == w @ found.change for v, w in zip(rep.derivatives, found.type.derivatives))


def test_the_cross_product_is_the_only_product_of_the_imaginary_octonions():
    """x × y is alternating with x × (x × y) = ⟨x, y⟩x − ⟨x, x⟩y, up to a scale c² (Brown and Gray 1967)."""
    V = G.vector
    H = V * V >> V
    assert H.dim == 1 and H.certificate.ok
    product = Matrix.of(H.basis[0].entries.tolist())
    scale = None
    for i in range(7):
        left = product.submatrix(range(7), range(7 * i, 7 * i + 7))
        square = (left @ left).rows()
        scale = scale or square[(i + 1) % 7][(i + 1) % 7]
        assert scale < 0 and left.T == -left
        assert all(square[a][b] == (scale if a == b != i else 0) for a in range(7) for b in range(7))


def test_elements_are_told_from_the_rest_of_SO7():
    g = G.sample(1).matrix
    assert all(G.irrep(key)(g) @ G.irrep(key)(g) == G.irrep(key)(g @ g) for key in ((1, 0), (0, 1)))
    turn = rt.SO(7).sample(3).matrix
    with pytest.raises(ValueError, match=r"is no element of G2.*leaves the Lie algebra"):
        G.element(turn)
    with pytest.raises(ValueError, match="its determinant is -1"):
        G.element(-g)
