"""Steerable kernels on Rⁿ: paths known from papers, completeness by brute force, the law with zero tolerance."""
from __future__ import annotations

import copy
import pickle
from dataclasses import replace
from fractions import Fraction as F

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import reptheory as rt
from reptheory.matrix import Matrix
from reptheory.polynomial import Polynomial
from reptheory.steerable import frequency_bound
from reptheory.steerable_certificate import certify

SO2, O2, SO3, O3 = rt.SO(2), rt.O(2), rt.SO(3), rt.O(3)


def multiset(hom: rt.Hom) -> list[int]:
    return sorted(path.degree for path in hom.paths for _ in range(path.dim))


def quaternion(a: int, b: int, c: int, d: int) -> Matrix:
    """The rational rotation of an integer quaternion (Euler, Rodrigues)."""
    n = a * a + b * b + c * c + d * d
    rows = [[a * a + b * b - c * c - d * d, 2 * (b * c - a * d), 2 * (b * d + a * c)],
            [2 * (b * c + a * d), a * a - b * b + c * c - d * d, 2 * (c * d - a * b)],
            [2 * (b * d - a * c), 2 * (c * d + a * b), a * a - b * b - c * c + d * d]]
    return Matrix.of([[F(x, n) for x in row] for row in rows])


def turn(p: int, q: int, mirror: bool = False) -> Matrix:
    """The Pythagorean rotation with cosine (p² − q²)/(p² + q²), after a reflection where asked for."""
    n = p * p + q * q
    c, s = F(p * p - q * q, n), F(2 * p * q, n)
    return Matrix.of([[c, s if mirror else -s], [s, -c if mirror else c]])


def obeys(hom: rt.Hom, g, x: tuple) -> bool:
    """κ(gx) ρ_V(g) = ρ_W(g) κ(x) exactly, for every path."""
    moved = [row[0] for row in (hom.action(g) @ Matrix.of([[c] for c in x])).rows()]
    return all(p(*moved) @ p.source(g) == p.target(g) @ p(*x) for p in hom.paths)


def test_the_repr_of_the_contract():
    hom = rt.Hom(SO3.irrep(1), SO3.irrep(2), on=rt.R(3))
    assert repr(hom) == "Hom(SO(3).irrep(1), SO(3).irrep(2), on=R(3))  # 3 paths J = 1, 2, 3, exact over Q"
    assert eval(repr(hom), vars(rt)) == hom == rt.read(repr(hom))
    assert pickle.loads(pickle.dumps(hom)) == copy.deepcopy(hom) == hom


# Weiler et al., 3D steerable CNNs, arXiv 1807.02547, table 1: J = |j − l|, …, j + l, one path each.
@pytest.mark.parametrize("l", range(3))
@pytest.mark.parametrize("j", range(4))
def test_so3_has_the_paths_of_clebsch_and_gordan(l, j):
    hom = rt.Hom(SO3.irrep(l), SO3.irrep(j), on=rt.R(3))
    assert multiset(hom) == list(range(abs(j - l), j + l + 1))
    assert hom.certificate.ok and hom.certificate.verify()


# Weiler and Cesa, arXiv 1911.08251, table 8 (SO(2)) and table 10 (O(2)).
@pytest.mark.parametrize("m, n, so2, o2", [
    (0, 0, [0], [0]), (0, 2, [2, 2], [2]), (3, 0, [3, 3], [3]), (1, 1, [0, 0, 2, 2], [0, 2]),
    (1, 3, [2, 2, 4, 4], [2, 4]), (2, 1, [1, 1, 3, 3], [1, 3]),
])
def test_circles_have_two_paths_for_each_frequency_and_one_with_reflections(m, n, so2, o2):
    assert multiset(rt.Hom(SO2.irrep(m), SO2.irrep(n), on=rt.R(2))) == so2
    assert multiset(rt.Hom(O2.irrep(m or "0e"), O2.irrep(n or "0e"), on=rt.R(2))) == o2


@pytest.mark.parametrize("a, b, found", [("0e", "0o", []), ("0o", "0o", [0]), ("0o", 2, [2]), (3, "0o", [3])])
def test_the_sign_representation_of_o2(a, b, found):
    hom = rt.Hom(O2.irrep(a), O2.irrep(b), on=rt.R(2))
    assert multiset(hom) == found and hom.certificate.verify()


@pytest.mark.parametrize("a, b, found", [
    ("1o", "1o", [0, 2]), ("1o", "1e", [1]), ("0e", "0o", []), ("0e", "1o", [1]), ("0e", "1e", []),
    ("2e", "1o", [1, 3]),
])
def test_parity_selects_the_paths_of_o3(a, b, found):
    hom = rt.Hom(O3.irrep(a), O3.irrep(b), on=rt.R(3))
    assert multiset(hom) == found and hom.certificate.verify()


@given(st.integers(0, 2), st.integers(0, 2), st.tuples(*[st.integers(-4, 4)] * 4).filter(any),
       st.tuples(*[st.integers(-5, 5)] * 3))
def test_the_law_holds_with_zero_tolerance_at_rational_rotations(l, j, q, x):
    assert obeys(rt.Hom(SO3.irrep(l), SO3.irrep(j), on=rt.R(3)), quaternion(*q), x)


@given(st.integers(0, 3), st.integers(0, 3), st.integers(1, 5), st.integers(-5, 5), st.booleans(),
       st.tuples(st.integers(-5, 5), st.integers(-5, 5)))
def test_the_law_holds_with_zero_tolerance_on_the_plane(k, j, p, q, mirror, x):
    assert obeys(rt.Hom(O2.irrep(k or "0o"), O2.irrep(j or "0e"), on=rt.R(2)), turn(p, q, mirror), x)
    if not mirror:
        assert obeys(rt.Hom(SO2.irrep(k), SO2.irrep(j), on=rt.R(2)), turn(p, q), x)


FINITE = [(rt.C(4), 2), (rt.D(3), 2), (rt.C(5), 2), (rt.D(8), 2), (rt.octahedral(), 3), (rt.icosahedral(), 3),
          (rt.point_group("3m"), 3)]


@pytest.mark.parametrize("group, n", FINITE, ids=lambda x: str(x).split(" ")[0])
def test_finite_groups_obey_the_law_exactly_whatever_their_metric(group, n):
    hom = rt.Hom(group.vector, group.vector + group.trivial, on=rt.R(n, max_frequency=3))
    assert hom.certificate.verify()
    for name in group.names:
        assert obeys(hom, name, (2, -1, 3)[:n])
    for path in hom.paths:
        assert path.kernel in rt.Hom(path.source, path.target, on=hom.on)


# The number of paths up to J is dim of the kernels on a generic orbit once the orbit resolves the harmonics.
@pytest.mark.parametrize("group, n, limit", [(rt.C(4), 2, 3), (rt.D(4), 2, 4), (rt.octahedral(), 3, 2)])
def test_completeness_by_a_dense_numeric_constraint(group, n, limit, rng):
    """Polynomial kernels on random points: the least squares problem κ(gx) = ρ_W κ ρ_V⁻¹ has as large a null space."""
    from reptheory.harmonic import Harmonics
    source, target = group.vector, group.vector
    hom = rt.Hom(source, target, on=rt.R(n, max_frequency=limit))
    ys = [Harmonics(l, n) for l in range(limit + 1)]

    def values(x: np.ndarray) -> np.ndarray:
        return np.array([float(v) for y in ys for v in y(*map(F, x))])
    equations = []
    for _ in range(12):
        x = np.array([F(int(c), 7) for c in rng.integers(-20, 20, n)], object)
        for name in group.names:
            g, a, b = (r.to_numpy(name) for r in (group.vector, source, target))
            gx = np.array([sum(F(int(c)) * v for c, v in zip(row, x)) for row in np.rint(g)], object)
            equations.append(np.kron(np.eye(b.shape[0] * a.shape[0]), values(gx))
                             - np.kron(np.kron(b, np.linalg.inv(a).T), values(x)))
    singular = np.linalg.svd(np.concatenate(equations), compute_uv=False)
    unknowns = equations[0].shape[1]
    nullity = unknowns - int((singular > 1e-9 * singular[0]).sum())
    assert hom.dim == nullity


@pytest.mark.parametrize("source, target", [(SO3.vector**2, SO3.vector), (O3.vector, O3.vector.sym(2)),
                                            (SO3.vector, SO3.vector + SO3.trivial)])
def test_the_value_at_the_pole_determines_a_kernel_of_so3(source, target):
    """Frobenius: kernels on S² = SO(3)/SO(2) are Hom over SO(2), embedded about the pole."""
    hom = rt.Hom(source, target, on=rt.sphere())
    pole = [p(0, 0, 1) for p in hom.paths]
    free = sum(p.dim for p in hom.paths)
    axis = source.derivatives[2], target.derivatives[2]
    if source.group == SO3:
        whole = Matrix.vstack([axis[1].kron(Matrix.identity(source.dim))
                               - Matrix.identity(target.dim).kron(axis[0].T)])
        from reptheory.linalg import rank
        assert free == source.dim * target.dim - rank(whole)
    assert not any(v.is_zero for v in pole)


def test_only_the_constant_path_survives_at_the_origin():
    hom = rt.Hom(SO3.irrep(1), SO3.irrep(1), on=rt.R(3))
    assert [p.degree for p in hom.paths if not p(0, 0, 0).is_zero] == [0]


def test_multiplicities_count_as_weights():
    hom = rt.Hom(2 * O3.irrep("1o"), 3 * O3.irrep("0e") + O3.irrep("1o"), on=rt.R(3))
    assert hom.dim == 2 * 3 * 1 + 2 * 1 * 2
    assert [(p.degree, p.copies) for p in hom.paths] == [(1, (2, 3)), (0, (2, 1)), (2, (2, 1))]


def test_a_torus_in_space_needs_a_limit():
    group = SO2
    about_z = SO2.vector + SO2.trivial
    with pytest.raises(rt.TooLarge, match=r"J, infinitely many\. Give the largest: max_frequency=4"):
        rt.Hom(group.irrep(1), group.irrep(1), on=rt.R(3, action=about_z))
    hom = rt.Hom(group.irrep(0), group.irrep(0), on=rt.R(3, max_frequency=2, action=about_z))
    assert multiset(hom) == [0, 1, 2]  # one zonal harmonic each
    assert obeys(hom, turn(2, 1), (1, 2, 3)) and hom.certificate.verify()


def test_another_action_turns_twice_as_fast():
    hom = rt.Hom(SO2.irrep(0), SO2.irrep(4), on=rt.R(2, action=SO2.irrep(2)))
    assert multiset(hom) == [2, 2] and obeys(hom, turn(2, 1), (1, 3))
    assert frequency_bound(hom, SO2.irrep(0), SO2.irrep(4)) == 2


def test_octahedral_paths_are_those_of_so3_and_more():
    group = rt.octahedral()
    few = rt.Hom(group.vector, group.vector, on=rt.R(3, max_frequency=2))
    assert multiset(few) == [0, 1, 2, 2]  # 2 = E + T2, each once in T1 ⊗ T1
    assert multiset(rt.Hom(SO3.irrep(1), SO3.irrep(1), on=rt.R(3))) == [0, 1, 2]


def test_membership_is_decided_for_polynomials():
    hom = rt.Hom(SO3.irrep(0), SO3.irrep(1), on=rt.R(3))
    x, y, z = Polynomial.variables(3)
    square = x * x + y * y + z * z
    assert [[x], [y], [z]] in hom and [[x * square], [y * square], [z * square]] in hom
    assert [[x], [y], [y]] not in hom
    assert hom.paths[0].kernel * F(3, 2) + hom.paths[0].kernel * square in hom
    message = hom.violation([[y], [x], [z]])
    assert "in the Lie algebra, entry (" in message and "on the left of d/dt κ(exp(t" in message
    with pytest.raises(rt.NotEquivariant, match="is not in Hom"):
        hom.check([[x], [y], [y]])
    with pytest.raises(ValueError, match=r"has shape \(3, 1\)"):
        hom.check([[x, y, z]])
    with pytest.raises(rt.NotExact):
        hom.check([[0.5], [x], [x]])


def test_a_band_limit_bounds_membership():
    group = rt.C(4)
    hom = rt.Hom(group.trivial, group.trivial, on=rt.R(2, max_frequency=3))
    x, y = Polynomial.variables(2)
    four = x * x * x * x - 6 * (x * x * y * y) + y * y * y * y  # Re (x + iy)⁴
    square = x * x + y * y
    assert [[square * square + 1 * square]] in hom and [[four]] not in hom
    assert "has harmonics of degree above 3" in hom.violation([[four + square]])
    assert [[four]] in rt.Hom(group.trivial, group.trivial, on=rt.R(2, max_frequency=4))
    assert "for the generator r, entry (0, 0)" in hom.violation([[x * x]])


def test_a_broken_path_is_not_certified():
    hom = rt.Hom(SO3.irrep(1), SO3.irrep(1), on=rt.R(3))
    pieces = hom.pieces[SO3.irrep(1), SO3.irrep(1)]
    certificate = hom.certificate
    removed = pieces.pop(1)
    with pytest.raises(rt.NotCertified, match="of degree J = 1 number 1 by Clebsch–Gordan, but 0 are listed"):
        certify(hom)
    assert not certificate.ok and "BROKEN" in repr(certificate)
    pieces[1] = pieces[2]
    with pytest.raises(rt.NotCertified, match="of degree J = 1 are intertwiners of other representations"):
        certify(hom)
    pieces[1] = replace(removed, tables=(removed.tables[0] * 2,))
    with pytest.raises(rt.NotCertified, match="digest differs"):
        certificate.verify()
    pieces[1] = replace(removed, tables=(Matrix.of([[1] + [0] * 26]),))
    with pytest.raises(rt.NotCertified, match="of degree J = 1 have a nonzero residual"):
        certificate.verify()


@pytest.mark.parametrize("make, words", [
    (lambda: rt.R(4), "Use n = 2 or n = 3"),
    (lambda: rt.R(3, max_frequency=-1), "an integer ≥ 0, or None"),
    (lambda: rt.R(3, action=SO2.vector), r"Use R\(2\), or R\(3, action=V\) with a real V of dimension 3"),
    (lambda: rt.R(2, action=rt.SO(1, 1).vector), r"SO\(1, 1\) is not compact. Restrict to a compact subgroup"),
    (lambda: rt.Hom(rt.U(1).vector, rt.U(1).vector, on=rt.R(2)),
     r"complex, .* Use R\(2, action=U\(1\).vector.realify\(\)\)"),
    (lambda: rt.R(2, action=rt.SU(2).vector), r"Use R\(3, action=SU\(2\).adjoint\), or R\(2, action=V\)"),
    (lambda: rt.Hom(SO2.vector, SO2.vector, on=rt.R(3)), "acts on 2 dimensions"),
    (lambda: rt.Hom(rt.D(4).vector, rt.D(4).vector, on=rt.R(2)), "Give the largest: max_frequency=4"),
    (lambda: rt.Hom(SO3.irrep(1), SO3.irrep(1), on=rt.R(3)).project([[1]]), "no exact projection"),
    (lambda: rt.Hom(SO3.irrep(0), SO3.irrep(0), on=rt.R(3)).paths[0](1, 2), "at 2 coordinates. Give 3"),
    (lambda: rt.R(2).permutations(SO2), "infinitely many points"),
], ids=range(11))
def test_refusals_say_what_to_change(make, words):
    with pytest.raises((ValueError, TypeError), match=words):
        make()
