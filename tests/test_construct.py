"""Functors: powers, duals, restriction, induction, pull-back, change of scalars; their characters by formula."""

from __future__ import annotations

import copy
import pickle
from fractions import Fraction
from math import comb

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from symmetries import groups, reps, subgroups, typed

import reptheory as rt
from reptheory.matrix import Matrix
from reptheory.monomial import as_matrix
from reptheory.rep import Explicit

NAMES = {name: getattr(rt, name) for name in rt.__all__}


@st.composite
def small(draw, dim: int = 4):
    """A group, a representation of it, and two elements."""
    group = draw(groups())
    elements = [group.elements[draw(st.integers(0, group.order - 1))] for _ in range(2)]
    return group, draw(reps(group, dim)), *elements


def is_homomorphic(rep: rt.Rep, g: rt.Element, h: rt.Element) -> bool:
    return rep(g * h) == rep(g) @ rep(h)


def is_itself_again(rep: rt.Rep) -> bool:
    others = (eval(repr(rep), dict(NAMES)), copy.deepcopy(rep), pickle.loads(pickle.dumps(rep)))
    return all(other == rep and hash(other) == hash(rep) and other.actions == rep.actions for other in others)


# Powers --------------------------------------------------------------------------------------------------


@given(small(), st.integers(0, 3), st.sampled_from(["sym", "alt"]))
def test_powers_are_representations_with_an_invariant_metric(drawn, k, kind):
    _, v, g, h = drawn
    assume(kind == "sym" or k <= v.dim)
    power = getattr(v, kind)(k)
    assert power.dim == (comb(v.dim + k - 1, k) if kind == "sym" else comb(v.dim, k)) == len(power.gram)
    assert is_homomorphic(power, g, h) and power.is_unitary and is_itself_again(power)


@given(small(), st.integers(1, 4))
def test_characters_of_powers_satisfy_newtons_identities(drawn, k):
    """k h_k = Σ p_i h_{k−i} and k e_k = Σ (−1)^{i−1} p_i e_{k−i}, where p_i = χ(gⁱ): Macdonald, I.2."""
    _, v, g, _ = drawn
    assume(v.dim <= 3 or k <= 2)
    p = [v.trace(g**i) for i in range(k + 1)]
    h = [v.sym(j).trace(g) for j in range(k + 1)]
    assert k * h[k] == sum((p[i] * h[k - i] for i in range(1, k + 1)), rt.Q(0))
    e = [v.alt(j).trace(g) if j <= v.dim else rt.Q(0) for j in range(k + 1)]
    assert k * e[k] == sum(((-1) ** (i - 1) * p[i] * e[k - i] for i in range(1, k + 1)), rt.Q(0))


@given(small(), st.integers(1, 3), st.sampled_from(["sym", "alt"]))
def test_powers_of_signed_permutations_and_of_matrices_agree(drawn, k, kind):
    """The same representation, once with its signed permutations written as matrices."""
    group, v, g, _ = drawn
    assume(kind == "sym" or k <= v.dim)
    dense = Explicit(group, tuple(map(as_matrix, v.actions)), v.gram, v.scalars, v.expression)
    assert getattr(v, kind)(k)(g) == getattr(dense, kind)(k)(g)
    assert getattr(v, kind)(k).gram == getattr(dense, kind)(k).gram


@given(small())
def test_the_square_is_symmetric_plus_alternating_and_the_top_power_is_the_determinant(drawn):
    _, v, g, _ = drawn
    assert v.alt(v.dim)(g)[0, 0] == v(g).det()
    two = v.sym(2).character + v.alt(2).character if v.dim > 1 else v.sym(2).character
    assert (v * v).character == two
    assert v.sym(1)(g) == v(g) == v.alt(1)(g) and v.sym(0).is_trivial and v.alt(0).is_trivial


def test_the_symmetric_square_acts_on_quadratic_forms():
    """On the plane, e₁², e₁e₂, e₂²: the quarter turn takes e₁ to e₂ and e₂ to −e₁."""
    v = rt.D(4).vector
    assert v.sym(2)("r") == Matrix.of([[0, 0, 1], [0, -1, 0], [1, 0, 0]])
    assert v.alt(2)("r") == Matrix.of([[1]]) and v.alt(2)("s") == Matrix.of([[-1]])
    assert v.sym(2).gram == (1, Fraction(1, 2), 1)


@pytest.mark.parametrize("k, dims", [  # spherical harmonics: Sym^k of 3-space has the dimension of degrees k, k − 2, …
    (2, 6), (3, 10), (4, 15)])
def test_powers_of_space(k, dims):
    power = rt.icosahedral().vector.sym(k)
    assert power.dim == dims and power.is_unitary
    assert power.character == sum_of_powers(power.group, k)


def sum_of_powers(group: rt.Group, k: int):
    """χ of Sym^k for a rotation with eigenvalues 1, z, z̄: Σ over a + b + c = k of z^(b − c), from the traces of gʲ."""
    values = []
    for c in group.classes:
        waves = [group.vector.trace(c.representative**j) - 1 for j in range(k + 1)]  # zʲ + z⁻ʲ, and 2 for j = 0
        total = rt.Q(0)
        for b in range(k + 1):
            for d in range(k + 1 - b):
                total = total + waves[abs(b - d)] / 2
        values.append(total)
    from reptheory.character import Character
    return Character(group, tuple(values))


# Duals and products --------------------------------------------------------------------------------------


@given(small())
def test_the_dual_is_the_inverse_transpose(drawn):
    _, v, g, h = drawn
    dual = v.dual
    assert dual(g) == v(g).inverse().T and dual.dual(g) == v(g) and is_homomorphic(dual, g, h)
    assert dual.is_unitary and dual.dual.gram == v.gram and is_itself_again(dual)
    assert [(m, a.dim) for m, a in dual.summands] == [(m, a.dim) for m, a in v.summands]


def test_the_dual_of_a_sum_is_the_sum_of_the_duals():
    group = rt.D(5)
    v, w = group.vector, group.natural
    dual, apart = (2 * v + w).dual, 2 * v.dual + w.dual
    assert dual.summands == apart.summands and dual("r*s") == apart("r*s") and dual.gram == apart.gram


@given(typed(3, 4), st.data())
def test_products_are_kronecker_products(drawn, data):
    group, u, v, w = drawn
    g = group.elements[data.draw(st.integers(0, group.order - 1))]
    product = u * v * w
    assert product(g) == u(g).kron(v(g)).kron(w(g)) and product == u * (v * w)
    assert product.trace(g) == u.trace(g) * v.trace(g) * w.trace(g) and product.is_unitary
    assert product.gram == tuple(a * b * c for a in u.gram for b in v.gram for c in w.gram)
    assert is_itself_again(product)


# Restriction and induction -------------------------------------------------------------------------------


@given(small(), st.data())
def test_a_restriction_has_the_same_matrices(drawn, data):
    group, v, *_ = drawn
    sub = data.draw(subgroups(group))
    less = v.restrict(sub)
    h = sub.elements[data.draw(st.integers(0, sub.order - 1))]
    assert less(h) == v(h) and less.gram == v.gram and less.dim == v.dim and is_itself_again(less)
    assert [(m, a(h)) for m, a in less.summands] == [(m, a(h)) for m, a in v.summands]


@st.composite
def induced(draw):
    """A group, a subgroup of index at most 12, and a representation of it."""
    group = draw(groups())
    sub = draw(subgroups(group))
    assume(group.order <= 12 * sub.order)
    return group, sub, draw(reps(sub, 3))


@given(induced(), st.data())
def test_induced_characters_by_frobenius_formula(drawn, data):
    """χ(g) = |H|⁻¹ Σ χ_H(x⁻¹gx) over the x with x⁻¹gx in H: Serre, Linear Representations, §3.3."""
    group, sub, u = drawn
    v = u.induce(group)
    assert v.dim == group.order // sub.order * u.dim == len(v.gram)
    g, h = (group.elements[data.draw(st.integers(0, group.order - 1))] for _ in range(2))
    moved = (x.inverse * g * x for x in group.elements)
    total = sum((u.trace(sub.element(k.images)) for k in moved if sub.contains(k.images)), rt.Q(0))
    assert v.trace(g) == total / sub.order
    assert is_homomorphic(v, g, h) and v.is_unitary and is_itself_again(v)


@given(induced(), st.data())
def test_frobenius_reciprocity_and_the_projection_formula_of_characters(drawn, data):
    """⟨Ind u, v⟩ = ⟨u, Res v⟩, and Ind(u ⊗ Res v) = Ind u ⊗ v."""
    group, sub, u = drawn
    v = data.draw(reps(group, 3))
    assert u.induce(group).character.inner(v.character) == u.character.inner(v.restrict(sub).character)
    assert (u * v.restrict(sub)).induce(group).character == (u.induce(group) * v).character


@given(groups(), st.data())
def test_inducing_the_trivial_representation_gives_the_permutation_of_the_cosets(group, data):
    sub = data.draw(subgroups(group))
    assert sub.trivial.induce(group).actions == group.quotient(sub).actions
    one = group.subgroup(e="1")
    assert one.trivial.induce(group).character == group.regular.character
    assert group.trivial.induce(group).is_trivial


def test_dihedral_planes_are_induced_from_turns():
    """Serre §5.3: the planes of D(n) are induced from the characters of C(n)."""
    group = rt.D(5)
    sub = group.subgroup(t="r")
    for k in (1, 2):
        line = sub.irrep(k, over="C")
        assert line.induce(group).character.values == group.irrep(k).character.values
        assert line.induce(group).is_irreducible and line.induce(group).scalars == "C"


# Pull-back -----------------------------------------------------------------------------------------------


def test_a_pullback_is_the_representation_of_the_image():
    sign = rt.Homomorphism(rt.D(4), rt.C(2), {"r": "1", "s": "r"})
    v = (2 * rt.C(2).regular + rt.C(2).sign).pullback(sign)
    for g in rt.D(4).elements:
        assert v(g) == (2 * rt.C(2).regular + rt.C(2).sign)(sign(g))
    assert v.group == rt.D(4) and [m for m, _ in v.summands] == [2, 1] and is_itself_again(v)
    assert all(rt.C(2).sign.pullback(sign)(g).is_identity for g in sign.kernel.elements)


def test_pullbacks_compose_and_restrict():
    group = rt.C(4) * rt.S(3)
    first, second = group.projections
    plane, points = group.factors[0].vector.pullback(first), group.factors[1].natural.pullback(second)
    assert plane.is_irreducible and (plane * points).dim == 6 and is_itself_again(plane * points)
    for f, v in zip(group.embeddings, (plane, points)):
        assert v.pullback(f).actions == v.base.actions
    half = rt.Homomorphism(rt.C(8), rt.C(4), {"r": "r"})
    assert rt.C(4).vector.pullback(half).pullback(rt.Homomorphism(rt.C(8), rt.C(8), {"r": "r^3"}))(
        "r") == rt.C(4).vector.pullback(half @ rt.Homomorphism(rt.C(8), rt.C(8), {"r": "r^3"}))("r")


# Scalars -------------------------------------------------------------------------------------------------


def complex_reps() -> list[rt.Rep]:
    i, w = rt.cyclotomic(4).generator, rt.cyclotomic(3).generator
    spin = rt.Q8().rep(i=[[i, 0], [0, -i]], j=[[0, -1], [1, 0]])
    heisenberg = rt.group(x="(0 1 2)(3 4 5)(6 7 8)", z="(0 3 6)(1 4 7)(2 5 8)")
    characters = heisenberg.rep(x=[[w]], z=[[w * w]])
    skew = rt.C(3).rep(r=[[0, -1], [1, -1]]).complexify()
    lines = [rt.C(n).irrep(k, over="C") for n in (3, 4, 5, 8) for k in (1, n - 1)]
    return [spin, characters, skew, spin * spin, 2 * lines[0] + lines[1], spin.dual, lines[4].sym(2), *lines]


@pytest.mark.parametrize("rep", complex_reps(), ids=str)
def test_realification_is_multiplication_on_real_and_imaginary_parts(rep):
    real = rep.realify()
    assert real.dim == 2 * rep.dim and real.scalars == "R" and real.field.is_real and is_itself_again(real)
    assert real.is_unitary == rep.is_unitary
    for g in rep.group.elements:
        z = rep.to_numpy(g)
        if rep.is_unitary:
            blocks = np.array([[[[x.real, -x.imag], [x.imag, x.real]] for x in row] for row in z])
            np.testing.assert_allclose(real.to_numpy(g), blocks.transpose(0, 2, 1, 3).reshape(real.dim, -1), atol=1e-14)
        assert real.trace(g) == rep.trace(g) + rep.trace(g).conj()
    g, h = rep.group.elements[-1], rep.group.generators[0]
    assert is_homomorphic(real, g, h)


@given(typed(1, 5))
def test_complexification_keeps_the_matrices_and_doubles_back(drawn):
    group, v = drawn
    over = v.complexify()
    assert over.scalars == "C" and over.complexify() == over and v.realify() == v and is_itself_again(over)
    assert all(over(g) == v(g) for g in group.generators) and over.gram == v.gram
    assert [m for m, _ in over.summands] == [m for m, _ in v.summands]
    assert over.character == v.character and over.realify().character == (2 * v).character


# Orbits --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("group, start, size", [
    (rt.octahedral(), (1, 1, 1), 8), (rt.octahedral(), (1, 0, 0), 6), (rt.octahedral(), (1, 1, 0), 12),
    (rt.octahedral(), ("1/2", 2, 3), 24), (rt.octahedral(full=True), (1, 2, 3), 48),
    (rt.tetrahedral(), (1, 1, 1), 4), (rt.icosahedral(), (1, 1, 1), 20), (rt.icosahedral(), (1, 0, 0), 30),
    (rt.icosahedral(), (0, 1, (1 + rt.quadratic(5).generator) / 2), 12),  # Coxeter, Regular Polytopes, Table I
    (rt.D(4), (Fraction(1, 2), 0), 4), (rt.D(4), (0, 0), 1), (rt.C(2), ("1/3", 1), 2),
])
def test_orbits_of_vectors(group, start, size):
    v = group.vector.orbit(start)
    assert v.dim == size and v.is_permutation and is_itself_again(v)
    first = Matrix.of([[x] for x in start])
    for g in group.elements[:20]:
        moved, image = group.vector(g) @ first, v(g)
        assert (moved == first) == (image[0, 0] == 1)


def test_orbits_on_a_line():
    assert repr(rt.C(2).irrep(1).orbit([3])) == "C(2).irrep(1).orbit((3,))  # dim 2"
    assert is_itself_again(rt.C(2).irrep(1).orbit([3]))


# Refusals ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("act, kind, message", [
    (lambda: rt.D(4).vector.sym(-1), ValueError, r"sym\(-1\): the degree of a power is an integer k ≥ 0"),
    (lambda: rt.D(4).vector.alt(1.5), ValueError, r"alt\(1\.5\): the degree"),
    (lambda: rt.D(4).vector.alt(3), ValueError, r"alt\(3\) of a representation of dimension 2 is zero. Use k ≤ 2"),
    (lambda: rt.D(5).vector.sym(13)("r"), rt.TooLarge, r"2\^13 = 8192 dimensions.*limit is 4096.*signed permutations"),
    (lambda: rt.D(4).vector.restrict(rt.C(3)), rt.NotASubgroup, r"C\(3\) is not a subgroup of D\(4\).*V\.pullback"),
    (lambda: rt.C(3).trivial.induce(rt.D(4)), rt.NotASubgroup, "Induce to a group that contains it"),
    (lambda: rt.D(4).vector.pullback(rt.Homomorphism(rt.C(2), rt.C(2), {"r": "r"})), rt.DifferentGroups,
     r"ends in C\(2\), but V is a representation of D\(4\)"),
    (lambda: rt.D(4).vector.orbit((1, 0, 0)), ValueError, "has 2 entries, and .* has 3"),
    (lambda: rt.D(4).vector.orbit((0.5, 0)), rt.NotExact, "0.5 is a float"),
])
def test_refusals(act, kind, message):
    with pytest.raises(kind, match=message):
        act()


def test_long_orbits_are_refused(monkeypatch):
    monkeypatch.setattr("reptheory.construct.ORBIT_LIMIT", 23)
    assert rt.S(4).natural.orbit((0, 0, 1, 2)).dim == 12
    with pytest.raises(rt.TooLarge, match="more than 23 vectors"):
        rt.S(4).natural.orbit((0, 1, 2, 3))
