"""Modified equations of systems, staggered and limited schemes, and orders observed."""
import re

import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Matrix, Rational

import pdeconv as pde
from pdeconv import System, catalog
from pdeconv.coefficients import NU as nu

ADVECTION = catalog.advection().at(a_x=1)
WAVE = catalog.wave(ndim=2).at(c=1)


@pytest.mark.parametrize("name", ["rusanov", "upwind", "lax-friedrichs"])
def test_the_leading_matrices_of_first_order_schemes(name):
    """h (Σ Q_j ∂_jj/2 − Δt/Δx (Σ A_j ∂_j)²/2) with the dissipation Q_j: 1, |A_j| and Δx/2Δt."""
    found = WAVE.scheme(name, courant="1/4").modified_equation()
    a, b = WAVE.matrices
    dissipation = {"rusanov": sympy.eye(3), "upwind": (a * a), "lax-friedrichs": 2 * sympy.eye(3)}[name]
    assert found.order == 1 and found.term(x=2) == dissipation / 2 - a * a / 8
    assert found.term(x=1, y=1) == -(a * b + b * a) / 8 and repr(found).startswith("<u_t + A_x*u_x + A_y*u_y = h*(")
    assert "u_{xx}" in found._repr_latex_()


def test_the_leading_matrices_of_lax_and_wendroff():
    """h² (Δt²/Δx² (Σ A_j ∂_j)³ − Σ A_j ∂_j³)/6."""
    found = WAVE.scheme("lax-wendroff", courant="1/2").modified_equation()
    a, b = WAVE.matrices
    assert found.order == 2 and found.term(x=3) == (a ** 3 / 4 - a) / 6
    assert found.term(x=2, y=1) == (a * a * b + a * b * a + b * a * a) / 24


def test_schemes_of_order_k_in_space_and_q_in_time_without_the_whole_logarithm():
    from pdeconv.coefficients import of_system
    from pdeconv.modified_equation import logarithm
    scheme = catalog.advection(ndim=2).at(a_x=1, a_y=2).scheme("upwind3", courant="1/2")
    found = scheme.modified_equation()
    one = of_system(scheme.system, scheme.ratio).one
    whole = {k: m / scheme.ratio for k, m in logarithm(scheme.operator, 4, one, 2).terms.items() if sum(k) == 4}
    assert found.order == 3 and {k: m for k, m in whole.items() if m[0] != 0} == dict(found.terms)


def test_yee_has_a_modified_equation():
    found = catalog.wave().at(c=1).scheme("yee", courant="1/2").modified_equation()
    assert found.order == 2 and set(found.terms) == {(3,)}
    eigen = (found.term(x=3) * catalog.wave().at(c=1).matrices[0]).trace() / 2  # −(1 − ν²)/24, as a u_xxx
    assert eigen == -Rational(1, 24) * (1 - Rational(1, 4))


@pytest.mark.parametrize("make, printed", [
    (lambda: catalog.advection(ndim=2).scheme("lax-wendroff").modified_equation(), "a_x*a_y**2*(dt/dx)**2/2]]*u_xyy"),
    (lambda: catalog.wave(ndim=2).scheme("rusanov").modified_equation(), "-c**2*(dt/dx)/2"),
    (lambda: catalog.wave().scheme("yee").modified_equation(), "(dt/dx)**2/6"),
    (lambda: catalog.wave().scheme("lax-wendroff").stencil, "(dt/dx)**2/2"),
    (lambda: catalog.burgers().scheme("lax-friedrichs").face_flux("x", {(0,): (1,), (1,): (2,)})[0], "1/(2*(dt/dx))"),
    (lambda: -sympy.Symbol("a") / catalog.burgers().scheme("upwind").ratio, "-a/(dt/dx)")])
def test_powers_of_the_step_by_the_cell_are_printed_in_brackets(make, printed):
    text = repr(make())
    assert printed in text and not re.search(r"[*/]dt/dx|dt/dx[*]", text)


def test_what_is_printed_of_the_step_by_the_cell_is_what_is_meant():
    """Δt/Δx is one symbol; read as a quotient the text gives the same value."""
    for scheme in (catalog.wave(ndim=2).scheme("lax-wendroff"), catalog.wave(ndim=2).scheme("yee")):
        for m in scheme.modified_equation().terms.values():
            for e in m:
                values = {"c": 3, "dt": 2, "dx": 7}
                meant = e.subs({s: Rational(2, 7) if s == scheme.ratio else 3 for s in e.free_symbols})
                assert sympy.sympify(str(e)).subs(values) == meant
    tex = catalog.wave(ndim=2).scheme("lax-wendroff").modified_equation()._repr_latex_()
    assert r"\left(\frac{\Delta t}{\Delta x}\right)^{2}" in tex and "dt/dx" not in tex


# Limited schemes -----------------------------------------------------------------------------------------------
@pytest.mark.parametrize("scheme, bend, leading", [
    (ADVECTION.scheme("muscl", limiter="van-leer"), 0, -sympy.I * nu * (2 * nu ** 2 + 1) / 12),  # as Fromm
    (ADVECTION.scheme("muscl", limiter="minmod"), -1, -sympy.I * nu * (nu ** 2 - 1) / 6),
    (ADVECTION.scheme("wave-propagation", limiter="superbee"), 1, -sympy.I * nu * (nu ** 2 - 1) / 6),
    (ADVECTION.scheme("wave-propagation", limiter="minmod"), 1, -sympy.I * nu * (nu - 1) * (nu - 2) / 6),
    (ADVECTION.scheme("weno5"), 0, -nu ** 4 / 24), (ADVECTION.scheme("weno7"), 0, -nu ** 4 / 24),
], ids=repr)
def test_leading_terms_where_the_solution_is_smooth(scheme, bend, leading):
    found = scheme.modified_equation(bend=bend)
    assert sympy.expand(found.leading - leading) == 0 and found.order == scheme.order


@pytest.mark.parametrize("limiter, bend", [("minmod", 1), ("van-leer", 0), ("mc", 0), ("superbee", 1), ("koren", 0),
                                           ("van-albada", 0), ("ospre", 0)])
def test_one_step_of_muscl_has_the_leading_error(limiter, bend):
    """u = e^x has u_x u_xx > 0: the error of a step over Δt h² is the coefficient of u_xxx, up to O(h)."""
    scheme = ADVECTION.scheme("muscl", limiter=limiter)
    program = scheme.face_program("x")
    flux = sympy.lambdify([s for _, row in program.cells for s in row], program.inlined()[0], "numpy", cse=True)
    courant, h = .4, 1e-3
    x = h * np.arange(-12, 13)
    u = np.exp(x) * 2 * np.sinh(h / 2) / h  # means

    def rate(v):
        faces = flux(*[v[k:len(v) - 3 + k] for k in range(4)])
        return -np.diff(faces)
    first = u[2:-2] + courant * rate(u)
    new = (u[4:-4] + first[2:-2] + courant * rate(first)) / 2
    error = (new - u[4:-4] * np.exp(-courant * h)) / (courant * h ** 3 * u[4:-4])
    term = scheme.modified_equation(bend=bend).term(3).subs({"a": 1, "h": 1, "nu": Rational(2, 5)})
    assert np.abs(error - float(term)).max() < 3e-3


def test_limits_of_the_linear_theory():
    with pytest.raises(pde.NotDefined, match=r"corner at r = 1.*modified_equation\(bend=1\)"):
        ADVECTION.scheme("muscl").modified_equation()
    with pytest.raises(pde.NotDefined, match="which is not linear in u"):
        ADVECTION.scheme("weno3").modified_equation()
    with pytest.raises(pde.NotDefined, match="its own sign"):
        catalog.acoustics().scheme("muscl").modified_equation(bend=1)
    with pytest.raises(pde.NotLinear, match=r"scheme\.at\(u=…\)"):
        catalog.burgers().scheme("muscl").modified_equation()
    assert ADVECTION.scheme("weno3", time="ssp-rk2").modified_equation().order == 2


# Orders observed ------------------------------------------------------------------------------------------------
@st.composite
def hyperbolic(draw):
    """T diag(λ) T⁻¹ with rational speeds, one of them 1, and a unimodular T."""
    n = draw(st.integers(1, 3))
    speeds = [Rational(draw(st.sampled_from([-4, -3, -2, 2, 3, 4])), 4) for _ in range(n - 1)] + [sympy.S.One]
    t = sympy.eye(n)
    for i in range(n):
        for j in range(i):
            t[i, j] = draw(st.integers(-1, 1))
    return System(x=(t * sympy.diag(*speeds) * t.inv()).tolist()), t, speeds


@settings(max_examples=8, deadline=None)
@given(hyperbolic(), st.sampled_from(["upwind", "lax-friedrichs", "lax-wendroff", "maccormack", "beam-warming", "fromm",
                                      "quickest", "central4"]))
def test_the_order_by_taylor_is_the_order_observed(drawn, name):
    """Least squares through the errors on a sine over a fixed time, against the exact translation of each wave."""
    system, t, speeds = drawn
    scheme = system.scheme(name, courant="1/4")
    taps = {k[0]: np.array(m.tolist(), float) for k, m in scheme.operator.terms.items()}
    vectors = np.array(t.tolist(), float)
    sizes, errors = (48, 64, 96, 128), []
    for n in sizes:
        x, steps = np.arange(n) / n, n // 8
        u = vectors @ np.sin(2 * np.pi * (x + np.arange(len(speeds))[:, None] / 7))
        for _ in range(steps):
            u = sum(m @ np.roll(u, -k, 1) for k, m in taps.items())
        shift = np.array([[float(s)] for s in speeds]) * .25 * steps / n
        exact = vectors @ np.sin(2 * np.pi * (x - shift + np.arange(len(speeds))[:, None] / 7))
        errors.append(np.abs(u - exact).max())
    slope = -np.polyfit(np.log(sizes), np.log(errors), 1)[0]
    assert abs(slope - scheme.order) < .25


def test_matrices_add_up_to_those_of_one_axis():
    one = catalog.wave().at(c=1).scheme("rusanov", courant="1/4").modified_equation(1).term(2)  # a h c_2/ν
    both = WAVE.scheme("rusanov", courant="1/4").modified_equation()
    value = one.subs({"a": 1, "h": 1, "nu": Rational(1, 4), "C": Rational(1, 4)})
    assert both.term(x=2)[0, 0] == value and Matrix(both.term(x=2)).is_diagonal()
