"""Limits of stability in several dimensions: exact, or enclosed by a norm and by a wave that grows."""
import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Rational, sqrt

import pdeconv as pde
from pdeconv import System, catalog
from pdeconv.enclosure import ball, grows
from pdeconv.numerical_range import is_convex, parts

ELASTICITY = catalog.elasticity()
NUMBERS = ELASTICITY.at(la="1/2", mu="1/4", rho=1)  # c_s = c_p/2


@pytest.mark.parametrize("system, name, limit", [
    (ELASTICITY, "ftcs", None), (ELASTICITY, "rusanov", Rational(1, 2)), (ELASTICITY, "lax-friedrichs", 1 / sqrt(2)),
    (ELASTICITY, "central2", 2), (ELASTICITY, "yee", 1 / sqrt(2)),
    (catalog.advection(ndim=2).at(a_x=1, a_y=2), "upwind", Rational(2, 3)),  # ν_x + ν_y ≤ 1
    (catalog.advection(ndim=2).at(a_x=1, a_y=2), "central2", 4 * sqrt(2) / 3),  # ν_x + ν_y ≤ 2√2
    # ν_x^(2/3) + ν_y^(2/3) ≤ 1 (Turkel, SIAM J. Numer. Anal. 14, 1977)
    (catalog.advection(ndim=2).at(a_x=1, a_y=1), "lax-wendroff", sqrt(2) / 4),
    (catalog.advection(ndim=2).at(a_x=1, a_y=8), "lax-wendroff", Rational(8, 5 ** 3) * sqrt(125)),
], ids=str)
def test_limits_in_two_dimensions(system, name, limit):
    found = system.scheme(name).courant_max
    assert found == limit or sympy.simplify(found - limit) == 0


@pytest.mark.parametrize("system, name, lower, ratio", [
    (catalog.wave(ndim=2), "lax-wendroff", Rational(1, 2), 1.24),
    (catalog.acoustics(ndim=2), "lax-wendroff", Rational(1, 2), 1.24),
    (catalog.wave(ndim=3), "lax-wendroff", Rational(1, 3), 1.43),
    (NUMBERS, "lax-wendroff", 1 / sqrt(6), 1.39), (NUMBERS, "upwind", Rational(1, 2), 1.34),
    (ELASTICITY, "upwind", Rational(1, 2), 2), (catalog.wave(ndim=2), "upwind3", .8, 1.17),
], ids=str)
def test_enclosures_are_narrow(system, name, lower, ratio):
    found = system.scheme(name).courant_max
    assert isinstance(found, pde.Enclosure) and found.lower >= lower and found.upper <= ratio * found.lower


def test_convex_spectra_give_sharp_bounds():
    """|R| ≤ 1 on the hull of a convex spectrum is stability in one dimension: the limits are its parts."""
    fromm = {"reconstruction": "fromm", "time": "ssp-rk2"}
    assert catalog.wave(ndim=2).scheme("upwind", **fromm).courant_max == Rational(1, 2)
    assert catalog.advection(ndim=2).at(a_x=1, a_y=2).scheme("upwind", **fromm).courant_max == Rational(2, 3)
    one = catalog.advection().at(a_x=1).scheme("rusanov", time="ssp-rk3").courant_max
    two = catalog.wave(ndim=2).scheme("rusanov", time="ssp-rk3").courant_max
    assert not isinstance(two, pde.Enclosure) and abs(float(two) - float(one) / 2) < 1e-14
    central = {-1: Rational(-1, 6), 0: Rational(5, 6), 1: Rational(1, 3)}
    assert is_convex(*parts(central)) and not is_convex(*parts({0: Rational(1, 2), 1: Rational(1, 2)}))


def test_an_enclosure_shows_a_wave_that_grows():
    scheme = catalog.wave(ndim=2).at(c=1).scheme("lax-wendroff")
    found = scheme.courant_max
    wave = found.witness
    assert wave.courant == found.upper and all(c ** 2 + s ** 2 == 1 for c, s in wave.points)
    assert grows(scheme, wave.courant, wave.points) == wave and wave.modulus > 1
    matrix = catalog.wave(ndim=2).at(c=1).scheme("lax-wendroff", courant=wave.courant, beyond_limit=True)
    symbol = matrix.amplification_matrix().subs(dict(zip(sympy.symbols("theta_x theta_y", real=True), wave.angles)))
    assert np.abs(np.linalg.eigvals(np.array(symbol.evalf(30), complex))).max() >= float(wave.modulus) - 1e-12
    assert "numerical radius" in repr(found) and "|g| > 1.0" in repr(found)


def test_a_growing_wave_is_proved_where_eigenvalues_are_double():
    from pdeconv.enclosure import Instability
    point = (Rational(99, 101), Rational(20, 101))
    scheme = catalog.maxwell().scheme("lax-wendroff")  # every speed is double
    found = grows(scheme, Rational(1, 2), (point,) * 3)
    assert isinstance(found, Instability) and 1 < found.modulus < 1.0001
    assert grows(scheme, Rational(1, 4), (point,) * 3) is None


def test_maccormack_has_no_estimate_and_a_wave_that_grows():
    found = catalog.wave(ndim=2).scheme("maccormack").courant_max
    assert found.lower == 0 and found.upper < .51 and "imaginary eigenvalue" in found.reason


def test_speeds_in_irrational_ratios_are_inside_the_hull():
    found = System(x=[[1, 1], [1, 0]]).scheme("rusanov", time="ssp-rk3").courant_max
    assert found == catalog.advection().at(a_x=1).scheme("rusanov", time="ssp-rk3").courant_max


def test_one_norm_for_all_axes_is_found_by_the_symmetriser():
    scheme = System(x=[[1, 0], [0, -1]], y=[[0, 1], [4, 0]]).scheme("upwind")  # symmetric by diag(4, 1)
    assert scheme.courant_max == Rational(2, 3) or scheme.courant_max.lower == Rational(2, 3)  # speeds 1 and 2
    assert ball(sqrt(2) / 3 + 1) > 1.4714 and ball(sqrt(2) / 3 + 1) < 1.4715


@st.composite
def symmetric_pairs(draw):
    n = draw(st.integers(1, 3))
    entries = st.integers(-2, 2)
    made = []
    for _ in range(2):
        m = [[0] * n for _ in range(n)]
        for i in range(n):
            for j in range(i + 1):
                m[i][j] = m[j][i] = draw(entries)
        made.append(m)
    return made


@settings(max_examples=12, deadline=None)
@given(symmetric_pairs(), st.sampled_from(["lax-wendroff", "upwind3", "central2", "rusanov"]))
def test_the_lower_bound_holds(pair, name):
    """Powers of the symbol stay bounded at the lower bound, for random symmetric systems in floats."""
    a, b = (np.array(m, float) for m in pair)
    speed = max(np.abs(np.linalg.eigvalsh(m)).max() for m in (a, b))
    if speed == 0:
        return
    from pdeconv.numerical_range import hull_limit, lax_wendroff_limit
    system = System(x=pair[0], y=pair[1])
    known = {"lax-wendroff": lambda: lax_wendroff_limit(catalog.advection(ndim=2).at(a_x=1, a_y=1)),
             "upwind3": lambda: hull_limit(catalog.advection().at(a_x=1).scheme("upwind3")) / 2,
             "central2": lambda: sqrt(2), "rusanov": lambda: Rational(1, 2)}[name]()
    assert system.ndim == 2
    a, b = (float(known) / speed * m for m in (a, b))
    rng = np.random.default_rng(0)
    for x, y in rng.uniform(-np.pi, np.pi, (40, 2)):
        assert np.linalg.norm(np.linalg.matrix_power(_symbol(name, a, b, x, y, float(known)), 400), 2) < 2.5


def _symbol(name, a, b, x, y, courant):
    one, p = np.eye(len(a)), np.sin(x) * a + np.sin(y) * b
    if name == "lax-wendroff":
        return one - 1j * p - p @ p / 2 - ((1 - np.cos(x)) ** 2 * a @ a + (1 - np.cos(y)) ** 2 * b @ b) / 2
    if name == "rusanov":
        return one - 1j * p - courant * (2 - np.cos(x) - np.cos(y)) * one
    z = np.zeros_like(one, complex)
    for m, t in ((a, x), (b, y)):
        values, vectors = np.linalg.eigh(m)
        size = vectors @ np.diag(np.abs(values)) @ vectors.T
        if name == "upwind3":
            face = (-np.exp(-1j * t) + 5 + 2 * np.exp(1j * t)) / 6
            w = (1 - np.exp(-1j * t)) * face
            z -= size * w.real + 1j * m * w.imag
        else:
            z -= 1j * np.sin(t) * m
    terms = [one, z, z @ z / 2, z @ z @ z / 6] + ([z @ z @ z @ z / 24] if name == "central2" else [])
    return sum(terms)


@pytest.mark.parametrize("name, order", [("upwind", 1), ("lax-wendroff", 2), ("central4", 4), ("upwind5", 3),
                                         ("maccormack", 2), ("yee", 2)])
def test_orders_in_two_dimensions(name, order):
    assert catalog.acoustics(ndim=2).scheme(name).order == order
