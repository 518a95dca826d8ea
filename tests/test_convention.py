"""Changes of basis to e3nn, sphericart and scipy, beside those libraries and beside facts that they state."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

import reptheory as rt
from reptheory.monomial import Monomial, as_matrix
from reptheory.signed_root import SignedRoot

SO3, O3 = rt.SO(3), rt.O(3)
POINTS = np.random.default_rng(0).normal(size=(20, 3))


def dense(T) -> np.ndarray:
    return T.to_integers().astype(float) if isinstance(T, Monomial) else T.to_numpy()


def values(l: int) -> np.ndarray:
    """Our orthonormal harmonics at the points, normalised to the sphere: (20, 2l+1)."""
    Y, points = rt.spherical_harmonics(l), POINTS / np.linalg.norm(POINTS, axis=1, keepdims=True)
    found = np.zeros((len(points), Y.dim))
    for i, (polynomial, d) in enumerate(zip(Y.polynomials, Y.gram)):
        for powers, c in polynomial.terms.items():
            found[:, i] += float(c) * np.prod(points ** powers, axis=1)
        found[:, i] *= float(d) ** 0.5
    return found


def test_e3nn_states_its_harmonics_of_degree_two():
    # e3nn 0.6, o3/_spherical_harmonics.py: sqrt(3) x z, sqrt(3) x y, y² - (x² + z²)/2, sqrt(3) y z, sqrt(3)/2 (z² - x²)
    T = rt.convention(SO3.irrep(2), "e3nn")
    ours = {"xx-yy": 0, "xy": 1, "xz": 2, "yz": 3, "zz": 4}  # √3/2 (x²−y²), √3 xy, √3 xz, √3 yz, z² − (x²+y²)/2
    assert T.entries == {
        (0, ours["xz"]): SignedRoot.of(1), (1, ours["xy"]): SignedRoot.of(1), (3, ours["yz"]): SignedRoot.of(1),
        (2, ours["zz"]): SignedRoot.of(Fraction(-1, 2)), (2, ours["xx-yy"]): SignedRoot.of(Fraction(-1, 2), 3),
        (4, ours["zz"]): SignedRoot.of(Fraction(1, 2), 3), (4, ours["xx-yy"]): SignedRoot.of(Fraction(-1, 2))}


@pytest.mark.parametrize("l", range(7))
def test_e3nn_has_these_harmonics(l):
    o3, torch = pytest.importorskip("e3nn.o3"), pytest.importorskip("torch")
    theirs = o3.spherical_harmonics(l, torch.tensor(POINTS), True, "norm").numpy()
    assert np.abs(theirs - values(l) @ dense(rt.convention(SO3.irrep(l), "e3nn")).T).max() < 1e-12


@pytest.mark.parametrize("l", [1, 2, 4])
def test_e3nn_turns_by_the_same_matrices(l):
    o3, torch = pytest.importorskip("e3nn.o3"), pytest.importorskip("torch")
    g = SO3.sample(3)
    T = dense(rt.convention(SO3.irrep(l), "e3nn"))
    theirs = o3.Irrep(l, 1).D_from_matrix(torch.tensor(g.matrix.to_numpy(), dtype=torch.float64)).numpy()
    assert np.abs(theirs - T @ SO3.irrep(l).to_numpy(g) @ T.T).max() < 1e-5  # e3nn keeps its generators in float32


def test_e3nn_lays_out_whole_types_so():
    o3, torch = pytest.importorskip("e3nn.o3"), pytest.importorskip("torch")
    V = 3*O3.irrep("0e") + 2*O3.irrep("1o") + 4*O3.irrep("2e") + O3.irrep("1e")
    g = O3.element(-SO3.sample(5).matrix)
    T = dense(rt.convention(V, "e3nn"))
    irreps = o3.Irreps("3x0e+2x1o+4x2e+1x1e")
    theirs = irreps.D_from_matrix(torch.tensor(g.matrix.to_numpy(), dtype=torch.float64)).numpy()
    assert np.abs(theirs - T @ V.to_numpy(g) @ T.T).max() < 1e-5


@pytest.mark.parametrize("l", range(9))
def test_sphericart_has_these_harmonics(l):
    torch, sphericart = pytest.importorskip("torch"), pytest.importorskip("sphericart.torch")
    points = torch.from_numpy(POINTS / np.linalg.norm(POINTS, axis=1, keepdims=True))
    theirs = sphericart.SphericalHarmonics(l_max=l).compute(points).numpy()
    ours = values(l) @ dense(rt.convention(SO3.irrep(l), "sphericart")).T * ((2 * l + 1) / 4 / np.pi) ** 0.5
    assert np.abs(theirs[:, l * l:] - ours).max() < 1e-12


@pytest.mark.parametrize("l", range(7))
def test_scipy_has_these_harmonics(l):
    special = pytest.importorskip("scipy.special")
    x, y, z = POINTS.T
    polar, azimuth = np.arctan2(np.hypot(x, y), z), np.arctan2(y, x)
    theirs = np.array([special.sph_harm_y(l, m, polar, azimuth) for m in range(-l, l + 1)]).T
    ours = values(l) @ dense(rt.convention(SO3.irrep(l), "scipy")).T * ((2 * l + 1) / 4 / np.pi) ** 0.5
    assert np.abs(theirs - ours).max() < 1e-13


@pytest.mark.parametrize("l", range(4))
def test_scipys_basis_is_that_of_wigners_matrices(l):
    T = dense(rt.convention(SO3.irrep(l), "scipy"))[::-1]
    angles = 0.3, 1.1, -2.0
    assert np.abs(T.conj() @ rt.wigner_D_real(l, *angles) @ T.T - rt.wigner_D(l, *angles)).max() < 1e-14


@pytest.mark.parametrize("name", ["e3nn", "sphericart", "scipy"])
@pytest.mark.parametrize("l", [0, 1, 2, 3, 6])
def test_changes_of_basis_are_unitary(name, l):
    T = dense(rt.convention(SO3.irrep(l), name))
    assert np.abs(T @ T.conj().T - np.eye(2 * l + 1)).max() < 1e-14


def test_copies_are_e3nns_layout():
    V = 2*O3.irrep("0e") + 3*O3.irrep("1o")
    T = rt.convention(V, "e3nn")
    assert isinstance(T, Monomial) and T == V.permutation_to(V.copies)
    g = O3.sample(1)
    assert as_matrix(T) @ V(g) == V.copies(g) @ as_matrix(T)


@pytest.mark.parametrize("make, pieces", [
    (lambda: rt.convention(SO3.irrep(1), "lie_learn"), ["'lie_learn' is no convention", "'e3nn'"]),
    (lambda: rt.convention(SO3.vector**2, "e3nn"), ["no irrep of SO(3) or O(3)", "V.decompose()"]),
    (lambda: rt.convention(rt.SU(2).irrep(1), "scipy"), ["SU(2).irrep(1) is no irrep of SO(3)"]),
])
def test_refusals(make, pieces):
    with pytest.raises(rt.NoConvention) as caught:
        make()
    assert all(piece in str(caught.value) for piece in pieces), str(caught.value)
