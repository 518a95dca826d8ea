"""Limited, weighted and staggered schemes: derived coefficients, bounds, conservation, symmetry."""
import pytest
import sympy
from sympy import Rational, sqrt

import pdeconv as pde
import reptheory as rt
from pdeconv import System, catalog

ADVECTION = catalog.advection().at(a_x=1)
NAMES = {"System": System, "catalog": catalog}


# Limiters: φ(r)/r and φ(r) are bounded by these (Sweby, SIAM J. Numer. Anal. 21, 1984; LeVeque, section 6.11)
@pytest.mark.parametrize("name, bound, symmetric", [
    ("minmod", 1, True), ("mc", 2, True), ("superbee", 2, True), ("van-leer", 2, True), ("koren", 2, False),
    ("van-albada", (1 + sqrt(2)) / 2, True), ("umist", 2, True), ("ospre", Rational(3, 2), True)])
def test_limiters(name, bound, symmetric):
    limiter = pde.limiter(name)
    assert sympy.simplify(limiter.bounds[0] - bound) == 0 and sympy.simplify(limiter.bounds[1] - bound) == 0
    assert limiter.is_tvd and limiter.is_second_order and limiter.is_symmetric == symmetric
    assert [limiter(2, 1), limiter(-2, 1), limiter(3, 3)] == [limiter.phi(2), 0, 3]


@pytest.mark.parametrize("scheme, bound", [
    (ADVECTION.scheme("muscl"), Rational(2, 3)),
    (ADVECTION.scheme("muscl", limiter="superbee"), Rational(1, 2)),
    (ADVECTION.scheme("muscl", limiter="mc", time="ssp-rk104"), 3),
    (ADVECTION.scheme("wave-propagation", limiter="van-leer"), 1),
    (catalog.burgers().scheme("rusanov"), 1),
    (catalog.traffic().scheme("upwind", time="ssp-rk3"), 1),
    (catalog.acoustics().scheme("muscl", on="characteristics", flux="upwind"), Rational(2, 3)),
], ids=repr)
def test_total_variation_bounds(scheme, bound):
    assert scheme.courant_max == bound


def test_total_variation_does_not_grow_up_to_the_bound():
    """One Euler step of MUSCL with minmod at ν = 2/3 on data with jumps, in rational numbers; at ν = 1 it grows."""
    program = ADVECTION.scheme("muscl", time="euler").face_program("x")
    offsets = [k[0] for k, _ in program.cells]
    flux = sympy.lambdify([s for _, row in program.cells for s in row], program.inlined()[0], "sympy")

    def growth(nu, u):
        n = len(u)
        faces = [flux(*[u[(j + k) % n] for k in offsets]) for j in range(n)]
        new = [u[j] - nu * (faces[j] - faces[j - 1]) for j in range(n)]
        return sum(abs(a - b) for a, b in zip(new, new[1:] + new[:1])) - sum(
            abs(a - b) for a, b in zip(u, u[1:] + u[:1]))
    rows = [[sympy.Integer((k * k * 7 + 3 * k * s) % 11) for k in range(12)] for s in range(6)]
    assert all(growth(Rational(2, 3), u) <= 0 for u in rows) and any(growth(Rational(1), u) > 0 for u in rows)


# WENO (Jiang and Shu, J. Comput. Phys. 126, 1996; Balsara and Shu, J. Comput. Phys. 160, 2000)
def test_weno_coefficients():
    five = pde.reconstruction("weno5")
    assert five.candidates[0] == {-2: Rational(1, 3), -1: Rational(-7, 6), 0: Rational(11, 6)}
    assert five.optimal == (Rational(1, 10), Rational(3, 5), Rational(3, 10))
    u = sympy.symbols("a b c")
    form = sympy.expand((sympy.Matrix([u]) * five.smoothness[0] * sympy.Matrix(u))[0])
    known = Rational(13, 12) * (u[0] - 2 * u[1] + u[2]) ** 2 + (u[0] - 4 * u[1] + 3 * u[2]) ** 2 / 4
    assert sympy.expand(form - known) == 0
    assert pde.reconstruction("weno3").optimal == (Rational(1, 3), Rational(2, 3))
    assert pde.reconstruction("weno7").optimal == tuple(Rational(k, 35) for k in (1, 12, 18, 4))


@pytest.mark.parametrize("name, order", [("weno3", 3), ("weno5", 5), ("weno5-z", 5), ("weno7", 7)])
def test_weno_orders(name, order):
    assert pde.reconstruction(name).order == order
    row = [sympy.Integer(k) for k in range(1 - pde.reconstruction(name).size, pde.reconstruction(name).size)]
    assert pde.reconstruction(name).value(row) == Rational(1, 2)  # exact on lines


def test_orders_of_nonlinear_schemes():
    assert catalog.burgers().scheme("weno5").order == 3 and catalog.euler().scheme("muscl").order == 2
    assert catalog.shallow_water(ndim=2).scheme("weno5").order == 2  # means over faces


def test_positivity():
    assert repr(catalog.euler(ndim=3).scheme("rusanov").positivity()) == (
        "<Positivity: rho > 0 up to the Courant number 1/3>")
    assert catalog.euler().scheme("rusanov", time="ssp-rk104").positivity().courant == 6
    assert not catalog.shallow_water().scheme("lax-wendroff").positivity()
    assert not catalog.p_system().scheme("rusanov").positivity()  # v is not carried


# Covariance ---------------------------------------------------------------------------------------------------
def _rates(system, options, cells):
    scheme = system.scheme("muscl", flux="upwind", **options)
    offsets = scheme.face_offsets("x")
    faces = [scheme.face_flux("x", {k: cells[k[0] + s] for k in offsets}) for s in (0, -1)]
    return [sympy.nsimplify(sympy.simplify(a - b)) for a, b in zip(*faces)]


@pytest.mark.parametrize("on, covariant", [("characteristics", True), ("components", False)])
def test_limiters_on_characteristics_are_covariant_under_gl_and_on_components_not(on, covariant):
    """T Scheme(A) T⁻¹ = Scheme(T A T⁻¹): component-wise limiters break it as ReLU does, up to diagonal T."""
    a, t = sympy.Matrix([[0, 4], [1, 0]]), sympy.Matrix([[1, 1], [0, 1]])
    cells = {k: (Rational(k * k), Rational((3 * k + k ** 3) % 5)) for k in range(-3, 4)}
    moved = {k: tuple(t * sympy.Matrix(u)) for k, u in cells.items()}
    for change, expected in ((t, covariant), (sympy.diag(2, 3), True)):
        moved = {k: tuple(change * sympy.Matrix(u)) for k, u in cells.items()}
        left = list(change * sympy.Matrix(_rates(System(x=a.tolist()), {"on": on}, cells)))
        right = _rates(System(x=(change * a * change.inv()).tolist()), {"on": on}, moved)
        assert (left == right) == expected


def test_nonlinear_updates_commute_with_the_symmetries_of_the_square():
    group = rt.D(4)
    rep = group.trivial + group.vector
    water = catalog.shallow_water(ndim=2)
    assert water.scheme("rusanov").is_equivariant(group, rep)
    assert not water.scheme("maccormack").is_equivariant(group, rep)  # forward before backward
    rest = water.scheme("rusanov", courant="1/4").at(h=4, m_x=0, m_y=0, g=1)  # a state that D(4) fixes
    assert rest.stencil in rt.Hom(rep, rep, on=rt.grid(3)) and rest.is_equivariant(group, rep)


# Conservation --------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("scheme", [
    ADVECTION.scheme("quickest", courant="1/2"), catalog.wave(ndim=2).scheme("lax-wendroff", courant="1/2"),
    catalog.wave().scheme("central4", courant=1), catalog.burgers().scheme("muscl", limiter="van-leer"),
    catalog.shallow_water().scheme("rusanov"), catalog.burgers(ndim=2).scheme("lax-wendroff"),
    ADVECTION.scheme("wave-propagation"), catalog.wave(ndim=2).scheme("yee", courant="1/2")], ids=repr)
def test_updates_telescope(scheme):
    assert scheme.conservation().verify()
    assert eval(repr(scheme), dict(NAMES)) == scheme


def test_consistency_of_fluxes():
    for system in (catalog.burgers(), catalog.shallow_water(ndim=2), catalog.euler()):
        for name in ("rusanov", "lax-friedrichs", "central"):
            assert system.scheme("rusanov", flux=name).flux.is_consistent("x")


def test_face_programs_are_the_face_flux():
    scheme = catalog.burgers().scheme("muscl", limiter="mc")
    program = scheme.face_program("x")
    direct = scheme.face_flux("x", dict(program.cells))
    assert sympy.simplify(program.inlined()[0] - direct[0]) == 0
    assert repr(program).startswith("t0 = -u[-1] + u[0]\n") and repr(program).splitlines()[-1].startswith("F_0 = ")


# Staggered -----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("system, limit", [
    (catalog.wave(), 1), (catalog.wave(ndim=2), 1 / sqrt(2)), (catalog.acoustics(ndim=3), 1 / sqrt(3)),
    (catalog.maxwell("te"), 1 / sqrt(2))], ids=repr)
def test_yee(system, limit):
    scheme = system.scheme("yee")
    assert scheme.courant_max == limit and scheme.order == 2


def test_the_places_of_yee_and_virieux_are_found():
    places = catalog.maxwell("tm").scheme("yee").places
    assert [p[:2] for p in places] == [(0, 0), (0, 1), (1, 0)]  # E_z at nodes, H_x and H_y half a cell up, right
    s_xx, s_yy, s_xy, v_x, v_y = catalog.elasticity().scheme("yee").places
    assert s_xx == s_yy == (0, 0, 0) and s_xy == (1, 1, 0) and v_x == (1, 0, 1) and v_y == (0, 1, 1)


def test_the_symbol_of_yee_has_its_dispersion_relation():
    """sin²(ω Δt/2) = C² Σ sin²(θ_j/2): the factor g² − (2 − 4 C² Σ sin²(θ_j/2)) g + 1 of det(g − G)."""
    scheme = catalog.wave(ndim=2).scheme("yee", courant="1/2")
    at = {"theta_x": sympy.pi / 3, "theta_y": sympy.pi / 2}
    matrix = scheme.amplification_matrix()
    matrix = matrix.subs({s: at[s.name] for s in matrix.free_symbols}).applyfunc(sympy.expand_complex)
    g = sympy.Symbol("g")
    trace = 2 - 4 * Rational(1, 4) * (Rational(1, 4) + Rational(1, 2))
    assert sympy.expand(sympy.simplify(matrix.charpoly(g).as_expr() - (g - 1) * (g ** 2 - trace * g + 1))) == 0
    assert "omega_dt" in str(scheme.dispersion())


# Summation by parts: H of order 4 is (17, 59, 43, 49)/48, of order 6 (13649, …)/43200 (Strand, 1994)
@pytest.mark.parametrize("order, first", [(2, Rational(1, 2)), (4, Rational(17, 48)), (6, Rational(13649, 43200))])
def test_summation_by_parts(order, first):
    operator = pde.summation_by_parts(order)
    assert operator.verify() and operator.closure[0][0] == first
    assert operator.interior[1] == {2: Rational(1, 2), 4: Rational(2, 3), 6: Rational(3, 4)}[order]


REFUSALS = [
    (lambda: catalog.euler().scheme("muscl").courant_max, pde.NotLinear, "no bound on its total variation"),
    (lambda: ADVECTION.scheme("muscl", time="rk4").courant_max, pde.NotLinear, "SSP method"),
    (lambda: ADVECTION.scheme("muscl", courant=1), pde.Unstable, "proved not to grow"),
    (lambda: ADVECTION.scheme("muscl").stencil, pde.NotLinear, "its reconstruction 'muscl' is not"),
    (lambda: catalog.burgers().scheme("rusanov").stencil, pde.NotLinear, r"scheme\.at\(u=…\)"),
    (lambda: ADVECTION.scheme("muscl", limiter="maxmod"), pde.UnknownScheme, "'superbee'"),
    (lambda: ADVECTION.scheme("weno5", limiter="mc"), pde.NotDefined, "takes no limiter"),
    (lambda: ADVECTION.scheme("muscl", on="faces"), pde.UnknownScheme, "'characteristics'"),
    (lambda: ADVECTION.scheme("upwind", on="components"), pde.NotDefined, "is linear"),
    (lambda: ADVECTION.scheme("muscl", on="primitive"), pde.NotDefined, "has no primitive unknowns"),
    (lambda: catalog.euler().scheme("weno5", on="primitive"), pde.NotDefined, "would be of order 2"),
    (lambda: catalog.wave(ndim=2).scheme("wave-propagation"), pde.NotDefined, "one dimension"),
    (lambda: ADVECTION.scheme("wave-propagation", time="rk4"), pde.NotDefined, "a limiter alone"),
    (lambda: ADVECTION.scheme("yee").operator, pde.NotDefined, "u would have two"),
    (lambda: catalog.burgers().scheme("yee").courant_max, pde.NotLinear, "not linear"),
    (lambda: System(x=[[0, 1], [-1, 0]]).scheme("lax-friedrichs").courant_max, pde.NotHyperbolic, "is not real"),
    (lambda: pde.summation_by_parts(8), ValueError, "2, 4 and 6"),
    (lambda: pde.summation_by_parts(4).derivative(5), ValueError, "too few"),
]


@pytest.mark.parametrize("act, kind, message", REFUSALS)
def test_refusals(act, kind, message):
    with pytest.raises(kind, match=message) as caught:
        act()
    assert str(caught.value).rstrip().endswith(".")
