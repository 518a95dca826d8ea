"""Laws of schemes: conservation of every name, covariance under GL(n), stencils in Hom, Yee's waves."""
import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Rational

import pdeconv as pde
import reptheory as rt
from pdeconv import System, catalog
from pdeconv.coefficients import normal
from pdeconv.recipe import NAMES

ADVECTION = catalog.advection().at(a_x=1)


@pytest.mark.parametrize("name", sorted({*NAMES} - {"hydrostatic"}))  # whose momenta the bottom changes
def test_every_scheme_telescopes(name):
    system = catalog.wave().at(c=1) if name == "yee" else ADVECTION
    assert system.scheme(name, courant="1/9", beyond_limit=True).conservation().verify()


# T Scheme(A) T⁻¹ = Scheme(T A T⁻¹) ----------------------------------------------------------------------------
@st.composite
def changes(draw, n=2):
    """A unimodular T, which is not diagonal, and a matrix with rational speeds."""
    a, b = draw(st.integers(-2, 2).filter(bool)), draw(st.integers(-2, 2))
    t = sympy.Matrix([[1, a], [0, 1]]) * sympy.Matrix([[1, 0], [b, 1]])
    r = sympy.Matrix([[1, draw(st.integers(-2, 2))], [0, 1]])
    speeds = draw(st.sampled_from([(1, -1), (2, 1), (-1, 3), (1, 2)]))
    return t, r * sympy.diag(*speeds) * r.inv()


def _update(matrix, options, cells):
    system = System(x=matrix.tolist())
    scheme = system.scheme(courant="1/4", beyond_limit=True, **options)
    offsets = scheme.face_offsets("x")
    faces = [scheme.face_flux("x", {k: cells[k[0] + s] for k in offsets}) for s in (0, -1)]
    return sympy.Matrix([scheme.ratio * (a - b) for a, b in zip(*faces)])


COVARIANT = [{"name": n} for n in ("upwind", "rusanov", "lax-friedrichs", "lax-wendroff", "maccormack",
                                   "wave-propagation")] + [
    {"name": "upwind", "flux": f} for f in ("roe", "hll", "godunov")] + [
    {"name": "muscl", "limiter": x, "on": "characteristics"} for x in ("van-leer", "mc")]


@settings(max_examples=14, deadline=None)
@given(changes(), st.sampled_from(COVARIANT))
def test_updates_are_covariant_under_gl(drawn, options):
    t, a = drawn
    cells = {k: sympy.Matrix([Rational(k * k), Rational((3 * k + k ** 3) % 5)]) for k in range(-4, 5)}
    plain = _update(a, options, {k: tuple(u) for k, u in cells.items()})
    moved = _update(t * a * t.inv(), options, {k: tuple(t * u) for k, u in cells.items()})
    assert all(normal(sympy.simplify(e)) == 0 for e in t * plain - moved)


def test_weno_on_components_is_not_covariant():
    t, a = sympy.Matrix([[1, 1], [0, 1]]), sympy.Matrix([[0, 4], [1, 0]])
    cells = {k: sympy.Matrix([Rational(k * k), Rational((3 * k + k ** 3) % 5)]) for k in range(-4, 5)}
    options = {"name": "weno3", "on": "components"}
    plain = _update(a, options, {k: tuple(u) for k, u in cells.items()})
    moved = _update(t * a * t.inv(), options, {k: tuple(t * u) for k, u in cells.items()})
    assert any(normal(e) != 0 for e in t * plain - moved)


# Stencils -----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("system, group, name", [
    (catalog.wave(), rt.hyperoctahedral(1), "upwind"), (catalog.wave(), rt.hyperoctahedral(1), "lax-wendroff"),
    (catalog.wave(ndim=2), rt.D(4), "upwind"), (catalog.maxwell("tm"), rt.D(4), "rusanov"),
    (catalog.wave(ndim=3), rt.octahedral(), "rusanov"), (catalog.wave(ndim=3), rt.octahedral(), "lax-wendroff"),
    (catalog.maxwell(), rt.octahedral(), "lax-friedrichs")], ids=str)
def test_stencils_of_equivariant_systems_are_in_hom(system, group, name):
    numbers = system.at(**dict.fromkeys(sorted({s.name for m in system.matrices for s in m.free_symbols}), 2))
    rep = numbers.lattice_symmetry(group)
    stencil = numbers.scheme(name, courant="1/4").stencil
    assert stencil in rt.Hom(rep, rep, on=rt.grid(3, ndim=system.ndim))


def test_a_stencil_that_is_not_equivariant_is_not_in_hom():
    group = rt.hyperoctahedral(1)
    rep = catalog.wave().at(c=1).lattice_symmetry(group)
    skew = System(x=[[0, 1], [1, 1]]).scheme("upwind", courant="1/4").stencil  # speeds are not ±
    assert skew not in rt.Hom(rep, rep, on=rt.grid(3, ndim=1))


# Yee ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("modes", [(1, 0), (1, 2), (3, 3), (5, 7)])
def test_waves_of_yee_move_by_its_dispersion_relation_to_rounding(modes):
    """p^{n+1} + p^{n−1} = 2 cos(ωΔt) p^n with sin²(ωΔt/2) = C² Σ sin²(θ_j/2), on 16 × 16 cells."""
    n, courant = 16, Rational(1, 2)
    taps = catalog.wave(ndim=2).at(c=1).scheme("yee", courant=courant).operator.terms
    y, x = np.mgrid[0:n, 0:n]
    theta = [2 * np.pi * m / n for m in modes]
    u = np.zeros((3, n, n))
    u[0] = np.cos(theta[0] * x + theta[1] * y + .3)
    history = [u]
    for _ in range(50):
        u = sum(np.einsum("ij,jyx->iyx", np.array(m.tolist(), float), np.roll(u, (-k[1], -k[0]), (1, 2)))
                for k, m in taps.items())
        history.append(u)
    factor = 2 * (1 - 2 * float(courant) ** 2 * sum(np.sin(t / 2) ** 2 for t in theta))
    assert max(np.abs(a[0] + c[0] - factor * b[0]).max() for a, b, c in zip(history, history[1:], history[2:])) < 1e-13


def test_yee_keeps_the_divergence_of_the_magnetic_field_to_rounding():
    scheme = catalog.maxwell("tm").scheme("yee", courant="1/2")
    h_x, h_y = 1, 2
    rng = np.random.default_rng(0)
    u = rng.standard_normal((3, 12, 12))

    def divergence(u):  # H_x half a cell up, H_y half a cell right of the nodes
        places = scheme.places
        assert places[h_x][:2] == (0, 1) and places[h_y][:2] == (1, 0)
        return np.roll(u[h_x], -1, 1) - u[h_x] + np.roll(u[h_y], -1, 0) - u[h_y]
    before = divergence(u)
    for _ in range(40):
        u = sum(np.einsum("ij,jyx->iyx", np.array(m.tolist(), float), np.roll(u, (-k[1], -k[0]), (1, 2)))
                for k, m in scheme.operator.terms.items())
    assert np.abs(divergence(u) - before).max() < 1e-13


REFUSALS = [
    (lambda: ADVECTION.scheme("upwind", courant=.45), pde.NotExactFormula, "'9/20'"),
    (lambda: ADVECTION.scheme("upwind", courant=True), pde.FormulaError, "True"),
    (lambda: ADVECTION.scheme("upwnd"), pde.UnknownScheme, "The names are"),
    (lambda: catalog.wave(ndim=2).scheme("lax-wendroff", courant="7/10"), pde.Unstable,
     r"\|g\| > 1\.0\d+ at θ = \(.*beyond_limit=True"),
    (lambda: catalog.wave(ndim=2).scheme("fromm", courant="1/4").stencil, pde.NotDefined, "in one dimension"),
    (lambda: System(x=[[1]], state=["u"], source=["1"]).scheme("upwind").courant_max, pde.NotLinear, "has a source"),
    (lambda: ADVECTION.scheme("muscl").stencil, pde.NotLinear, "is not linear"),
]


@pytest.mark.parametrize("act, kind, message", REFUSALS)
def test_refusals(act, kind, message):
    with pytest.raises(kind, match=message) as caught:
        act()
    assert str(caught.value).rstrip().endswith(".")
