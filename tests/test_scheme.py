"""Schemes: exact Courant numbers, orders and modified equations against known values; stencils in Hom; laws."""
import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import I, Rational, sqrt

import pdeconv as pde
import reptheory as rt
from pdeconv import System, catalog
from pdeconv.coefficients import NU as nu
from pdeconv.coefficients import normal

NAMES = {"System": System, "catalog": catalog}
ADVECTION = catalog.advection().at(a_x=1)

# name, options: Courant number, order, leading term of log g + iνε. Exact values and decimals by an independent
# decomposition of 1 − |g|² in (cos θ, ν); upwind … Fromm in LeVeque, Finite Volume Methods, chapters 4, 6, 8
TABLE = [
    ("ftcs", {}, None, 1, nu ** 2 / 2),
    ("upwind", {}, 1, 1, nu * (nu - 1) / 2),
    ("rusanov", {}, 1, 1, nu * (nu - 1) / 2),
    ("lax-friedrichs", {}, 1, 1, (nu - 1) * (nu + 1) / 2),
    ("lax-wendroff", {}, 1, 2, -I * nu * (nu ** 2 - 1) / 6),
    ("maccormack", {}, 1, 2, -I * nu * (nu ** 2 - 1) / 6),
    ("beam-warming", {}, 2, 2, -I * nu * (nu - 1) * (nu - 2) / 6),
    ("fromm", {}, 1, 2, -I * nu * (nu - 1) * (2 * nu - 1) / 12),
    ("quickest", {}, 1, 3, -nu * (nu - 2) * (nu - 1) * (nu + 1) / 24),
    ("central2", {"time": "ssp-rk3"}, sqrt(3), 2, I * nu / 6),
    ("central2", {}, 2 * sqrt(2), 2, I * nu / 6),
    ("central4", {}, 2.0612023, 4, I * nu * (nu ** 4 + 4) / 120),
    ("upwind3", {}, 1.6258907, 3, -nu * (nu ** 3 + 2) / 24),
    ("upwind5", {}, 1.4349836, 3, -nu ** 4 / 24),
    ("upwind", {"reconstruction": "fromm", "time": "ssp-rk2"}, 1, 2, -I * nu * (2 * nu ** 2 + 1) / 12),
    ("upwind3", {"time": "euler"}, None, 1, nu ** 2 / 2),
    ("central2", {"time": "ssp-rk2"}, None, 2, -I * nu * (nu ** 2 - 1) / 6),
]


@pytest.mark.parametrize("name, options, limit, order, leading", TABLE, ids=lambda x: str(x)[:30])
def test_known_limits_orders_and_leading_terms(name, options, limit, order, leading):
    scheme = ADVECTION.scheme(name, **options)
    if isinstance(limit, float):
        assert scheme.courant_max.is_algebraic and abs(float(scheme.courant_max) - limit) < 1e-7
    else:
        assert scheme.courant_max == limit
    assert scheme.order == order
    assert sympy.expand(scheme.modified_equation(1).leading - leading) == 0


@pytest.mark.parametrize("name, options, limit, order, leading", TABLE, ids=lambda x: str(x)[:30])
def test_known_limits_hold_for_systems_with_symbols(name, options, limit, order, leading):
    """Acoustics with K and rho: the same numbers on each characteristic, where C = ν for the flux of Rusanov."""
    scheme = catalog.acoustics().scheme(name, **options)
    assert limit == scheme.courant_max or abs(float(scheme.courant_max) - limit) < 1e-7
    assert scheme.order == order
    assert sympy.expand(scheme.modified_equation(1).leading.subs("C", nu) - leading) == 0


@pytest.mark.parametrize("system, name, limit", [
    (catalog.acoustics(ndim=2), "rusanov", Rational(1, 2)),  # the symbol is normal: 1/d
    (catalog.wave(ndim=3), "rusanov", Rational(1, 3)),
    (catalog.maxwell("tm"), "upwind", Rational(1, 2)),
    (catalog.wave(ndim=2), "lax-friedrichs", 1 / sqrt(2)),
    (catalog.wave(ndim=2), "central2", 2),  # 2√2/√2
    (catalog.wave(ndim=2), "ftcs", None),
    (catalog.wave(), "lax-wendroff", 1),
    (catalog.acoustics(), "rusanov", 1),
    (catalog.maxwell(), "rusanov", Rational(1, 3)),
], ids=str)
def test_known_limits_of_systems(system, name, limit):
    assert system.scheme(name).courant_max == limit


def test_enclosures_say_so():
    found = catalog.wave(ndim=2).scheme("lax-wendroff").courant_max
    assert isinstance(found, pde.Enclosure) and found.lower == Rational(1, 2) and found.upper < 1 / sqrt(2)
    assert repr(found).startswith("<between 1/2 and ")


def test_the_contract():
    group = rt.D(4)
    rep = group.trivial + group.vector
    wave = catalog.wave(ndim=2)
    hom = rt.Hom(rep, rep, on=rt.grid(3))
    assert wave.scheme("lax-wendroff", courant="1/2").stencil in hom
    assert wave.scheme("rusanov", courant="1/2").stencil in hom
    assert wave.scheme("maccormack", courant="1/2").stencil not in hom  # forward before backward


def test_a_stencil_is_a_cross_correlation():
    stencil = catalog.advection(ndim=2).at(a_x=1, a_y=0).scheme("upwind", courant="1/4").stencil
    assert stencil.to_numpy()[..., 0, 0].tolist() == [[0, 0, 0], [.25, .75, 0], [0, 0, 0]]  # from the left
    up = catalog.advection(ndim=2).at(a_x=0, a_y=1).scheme("upwind", courant="1/4").stencil
    assert up.to_numpy()[..., 0, 0].tolist() == [[0, 0, 0], [0, .75, 0], [0, .25, 0]]  # from below: rows run down
    assert up.total == sympy.eye(1) and up.to_conv().shape == (1, 1, 3, 3)


SCHEMES = [ADVECTION.scheme("upwind", courant="1/2"), catalog.euler(ndim=2).scheme("rusanov", time="ssp-rk3"),
           catalog.wave().scheme("upwind3", reconstruction="fromm"), catalog.burgers().scheme("lax-wendroff"),
           ADVECTION.scheme("ftcs", courant=1, beyond_limit=True)]


@pytest.mark.parametrize("scheme", SCHEMES, ids=repr)
def test_repr_evaluates(scheme):
    assert eval(repr(scheme), dict(NAMES)) == scheme
    assert hash(eval(repr(scheme), dict(NAMES))) == hash(scheme)
    assert scheme._repr_latex_().startswith("$u") and str(scheme.courant or "") in repr(scheme)


def test_modified_equations_print():
    found = ADVECTION.scheme("upwind").modified_equation(2)
    assert repr(found) == "<u_t + a*u_x = -a*h*(nu - 1)/2*u_xx + -a*h**2*(nu - 1)*(2*nu - 1)/6*u_xxx + …>"
    assert r"\partial_x^{2} u" in found._repr_latex_() and found.is_dissipative


@pytest.mark.parametrize("name, stages, order, ssp", [
    ("euler", 1, 1, 1), ("ssp-rk2", 2, 2, 1), ("ssp-rk3", 3, 3, 1), ("ssp-rk104", 10, 4, 6), ("rk4", 4, 4, 0)])
def test_runge_kutta(name, stages, order, ssp):
    method = pde.runge_kutta(name)
    assert (method.stages, method.order, method.ssp_coefficient) == (stages, order, ssp)


@pytest.mark.parametrize("name, order", [("constant", 1), ("central2", 2), ("fromm", 2), ("upwind3", 3),
                                         ("central4", 4), ("upwind5", 5)])
def test_reconstructions_have_their_order(name, order):
    assert pde.reconstruction(name).order == order


@pytest.mark.parametrize("name", ["lax-wendroff", "maccormack"])
def test_order_of_nonlinear_schemes_by_taylor(name):
    assert catalog.burgers().scheme(name).order == 2


# Laws -------------------------------------------------------------------------------------------------------
integers = st.integers(-3, 3)


@st.composite
def symmetric_systems(draw, ndim=1):
    n = draw(st.integers(1, 2))
    matrices = {}
    for axis in "xy"[:ndim]:
        a, b = draw(integers.filter(bool)), draw(integers)
        matrices[axis] = [[a]] if n == 1 else [[a, b], [b, a]]  # rational speeds
    return System(**matrices)


@settings(max_examples=10, deadline=None)
@given(symmetric_systems(), st.sampled_from(["upwind", "rusanov", "lax-friedrichs", "lax-wendroff", "maccormack"]))
def test_the_operator_is_the_update_in_flux_form(system, name):
    """uⁿ⁺¹ = u − Δt/Δx (F_{j+1/2} − F_{j−1/2}), which telescopes, and the Laurent polynomial are one map."""
    scheme = system.scheme(name, courant="1/3")
    cells = {(k,): tuple(Rational(7 * k + 3, 5 + i) for i in range(system.size)) for k in range(-2, 3)}
    faces = [scheme.face_flux("x", {k: cells[(k[0] + s,)] for k in scheme.face_offsets("x")}) for s in (0, -1)]
    step = [u - scheme.ratio * (f - g) for u, f, g in zip(cells[(0,)], *faces)]
    linear = sum((m * sympy.Matrix(cells[k]) for k, m in scheme.operator.terms.items()), sympy.zeros(system.size, 1))
    assert all(normal(a - b) == 0 for a, b in zip(step, linear))
    assert scheme.stencil.total == sympy.eye(system.size)


def test_irrational_speeds_stay_exact():
    scheme = System(x=[[1, 1], [1, 0]]).scheme("upwind", courant="1/2")
    assert scheme.stencil.total == sympy.eye(2) and scheme.stencil.to_numpy().shape == (3, 2, 2)


@settings(max_examples=8, deadline=None)
@given(symmetric_systems(), st.sampled_from([[[1, 1], [0, 1]], [[2, 0], [1, -1]]]),
       st.sampled_from(["upwind", "rusanov", "lax-wendroff", "quickest"]))
def test_schemes_are_covariant_under_gl(system, change, name):
    """T Scheme(A) T⁻¹ = Scheme(T A T⁻¹) for schemes that use polynomials and absolute values of A alone."""
    t = sympy.Matrix(change)[:system.size, :system.size]
    other = System(x=(t * system.jacobian("x") * t.inv()).tolist())
    left = system.scheme(name, courant="1/2").operator.map(lambda m: sympy.ImmutableMatrix(t * m * t.inv()))
    right = other.scheme(name, courant="1/2").operator
    assert not any(normal(e) != 0 for m in (left - right).terms.values() for e in m)


def test_the_order_by_taylor_is_the_order_observed():
    """Lax–Wendroff on a sine over one period: the error falls by 4 when the grid is halved."""
    taps = catalog.advection().at(a_x=1).scheme("lax-wendroff", courant="1/2").stencil.to_numpy()[:, 0, 0]
    errors = []
    for n in (40, 80):
        x = np.arange(n) / n
        u = np.sin(2 * np.pi * x)
        for _ in range(2 * n):
            u = taps[0] * np.roll(u, 1) + taps[1] * u + taps[2] * np.roll(u, -1)
        errors.append(np.abs(u - np.sin(2 * np.pi * x)).mean())
    assert abs(np.log2(errors[0] / errors[1]) - 2) < .05


@settings(max_examples=3, deadline=None)
@given(st.integers(1, 5), st.sampled_from(["rusanov", "lax-friedrichs", "lax-wendroff", "upwind"]))
def test_stencils_of_equivariant_systems_are_in_hom(c, name):
    """Waves in two dimensions, p a scalar and v a vector, under D(4) on the grid."""
    group = rt.D(4)
    rep = group.trivial + group.vector
    assert catalog.wave(ndim=2).at(c=c).scheme(name, courant="1/3").stencil in rt.Hom(rep, rep, on=rt.grid(3))


REFUSALS = [
    (lambda: ADVECTION.scheme("roe-ish"), pde.UnknownScheme, "The names are 'ftcs', 'upwind'"),
    (lambda: ADVECTION.scheme("upwind", flux="nope"), pde.UnknownScheme, "'rusanov'"),
    (lambda: ADVECTION.scheme("upwind", time="rk9"), pde.UnknownScheme, "'ssp-rk104'"),
    (lambda: ADVECTION.scheme("upwind", reconstruction="weno99"), pde.UnknownScheme, "'upwind5'"),
    (lambda: ADVECTION.scheme("upwind", courant="3/2"), pde.Unstable, "above the limit 1 of 'upwind'"),
    (lambda: ADVECTION.scheme("upwind3", courant="2"), pde.Unstable, r"1\.6258907"),
    (lambda: ADVECTION.scheme("ftcs", courant="1/9"), pde.Unstable, "unstable for every Courant number"),
    (lambda: ADVECTION.scheme("upwind", courant=0), pde.Unstable, "not positive"),
    (lambda: ADVECTION.scheme("upwind", courant=.5), pde.NotExactFormula, "0.5"),
    (lambda: ADVECTION.scheme("lax-wendroff", time="rk4"), pde.NotDefined, "steps in time by itself"),
    (lambda: catalog.wave(ndim=2).scheme("quickest").operator, pde.NotDefined, "in one dimension"),
    (lambda: catalog.burgers().scheme("rusanov").stencil, pde.NotLinear, "is not linear"),
    (lambda: catalog.burgers().scheme("lax-wendroff").symbol(), pde.NotLinear, "is not linear"),
    (lambda: catalog.burgers().scheme("rusanov").modified_equation(), pde.NotLinear, r"scheme\.at\(u=…\)"),
    (lambda: catalog.acoustics().scheme("upwind", courant="1/2").stencil.to_numpy(), pde.NotANumber, "K, rho"),
    (lambda: System(x=[["u"]], state=["u"]).scheme("rusanov"), pde.NotDefined, "need fluxes"),
    (lambda: System(x=[[1]], state=["u"], source=["-u"]).scheme("upwind").stencil, pde.NotLinear, "has a source"),
]


@pytest.mark.parametrize("act, kind, message", REFUSALS)
def test_refusals(act, kind, message):
    with pytest.raises(kind, match=message) as caught:
        act()
    assert str(caught.value).rstrip().endswith(".")
