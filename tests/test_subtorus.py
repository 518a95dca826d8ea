"""Weights of products of Lie groups and of restrictions to Lie subgroups."""

from __future__ import annotations

import numpy as np
import pytest

import reptheory as rt
from reptheory.lie_solve import intertwiners
from reptheory.weight_count import NoWeights, by_weights

PRODUCTS = [
    ((rt.SO(3) * rt.SU(2)).irrep((1, "1/2")), {(1, "1/2"): 1}, "quaternionic"),
    ((rt.SU(2) * rt.SU(2)).irrep(("1/2", "1/2")), {("1/2", "1/2"): 1}, "real"),
    ((rt.SU(3) * rt.SU(2)).adjoint.complexify(), {((1, 1), "0"): 1, ((0, 0), "1"): 1}, None),
    ((rt.SO(3) * rt.SO(2)).vector ** 2, {(2, 0): 1, (1, 1): 2, (1, 0): 1, (0, 2): 1, (0, 0): 3}, None),
    ((rt.SO(3) * rt.SO(2)).irrep((2, 1)), {(2, 1): 1}, "complex")]


@pytest.mark.parametrize("rep, keys, kind", PRODUCTS, ids=lambda x: getattr(x, "expression", None))
def test_weights_of_products_are_pairs(rep, keys, kind):
    found = rep.decompose()
    assert {a.key: m for m, a in found.multiplicities} == keys and rep.type == kind
    assert rep.is_irreducible == (kind is not None)
    assert by_weights(rep, rep) == intertwiners(rep, rep).shape[0]
    assert all(found.change @ v == w @ found.change for v, w in zip(rep.derivatives, found.type.derivatives))


def test_planes_of_two_circles_split_and_have_no_keys():
    torus = rt.SO(2) * rt.SO(2)
    assert not torus.irrep((1, 1)).is_irreducible and torus.irrep((1, 0)).is_irreducible
    with pytest.raises(rt.NoIrreps, match=r"which splits, as two of its factors .* Ask for V >> W."):
        (torus.vector**2).decompose()
    for other in (rt.S(3), rt.O(3)):
        with pytest.raises(NoWeights, match=rf"for its factor {other.expression[0]}\(3\) is no connected classical"):
            _ = (rt.SO(3) * other).vector.weights


RESTRICTED = [
    (rt.SU(3).irrep((2, 2)), rt.SO(3), [(4, 1), (3, 1), (2, 2), (0, 1)]),
    (rt.SO(5).irrep((2, 0)), rt.SO(3) * rt.SO(2), [((2, 0), 1), ((1, 1), 1), ((0, 2), 1), ((0, 0), 1)]),
    (rt.U(2).irrep((2, 0)), rt.SU(2), [(1, 1)]), (rt.O(3).irrep("2o"), rt.SO(3), [(2, 1)]),
    (rt.SO(6).vector.alt(3), rt.SO(3) * rt.SO(3), [((1, 1), 2), ((0, 0), 2)]),
    (rt.SU(3).vector * rt.SU(3).vector.dual, rt.SO(3), [(2, 1), (1, 1), (0, 1)])]


@pytest.mark.parametrize("rep, subgroup, terms", RESTRICTED, ids=lambda x: getattr(x, "expression", None))
def test_weights_restrict_to_subgroups(rep, subgroup, terms):
    below = rep.restrict(subgroup)
    found = below.decompose()
    assert [(a.key, m) for m, a in found.multiplicities] == terms
    assert by_weights(below, below) == intertwiners(below, below).shape[0]
    assert all(found.change @ v == w @ found.change for v, w in zip(below.derivatives, found.type.derivatives))


@pytest.mark.parametrize("larger, circles, key", [
    (rt.SO(4), rt.SO(2) * rt.SO(2), (2, 0)), (rt.SO(4), rt.SO(2) * rt.SO(2), (0, 2)),
    (rt.SO(6), rt.SO(2) * rt.SO(2) * rt.SO(2), (0, 2, 0)), (rt.SO(6), rt.SO(2) * rt.SO(2) * rt.SO(2), (0, 0, 2))])
def test_restricted_weights_are_those_of_the_matrices(larger, circles, key):
    """In SO(2m) an orientation tells V_λ from its mirror image; the traces at an element of the torus see it."""
    rep = larger.irrep(key).restrict(circles)
    angles = dict(zip(circles.algebra_names, (0.3, 0.7, 1.9)))
    trace = np.trace(rep.to_numpy(circles.exp(**angles), "complex128"))
    turned = np.array(list(angles.values()))
    told = {sign: sum(m * np.exp(sign * 1j * np.dot(mu, turned)) for mu, m in rep.weights.terms) for sign in (1, -1)}
    mirrored = sum(m * np.exp(1j * np.dot((*mu[:-1], -mu[-1]), turned)) for mu, m in rep.weights.terms)
    assert min(abs(trace - x) for x in told.values()) < 1e-12 < abs(trace - mirrored)
