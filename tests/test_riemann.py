"""Systems in depth: fields, invariants, symmetrisers, entropies, Roe matrices, Riemann problems with known values."""
from functools import cache
from itertools import product

import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

import pdeconv as pde
from pdeconv import RiemannFlux, System, catalog
from pdeconv.formula import formula
from pdeconv.jump import jump, log_mean, numeric_log_mean, numeric_power_jump, sides, vanishes
from pdeconv.symmetriser import family

WATER = catalog.shallow_water(ndim=1)
GAS = catalog.euler()
AIR, LAKE = GAS.at(gamma="7/5"), WATER.at(g=1)
BUCKLEY = System({"x": ["u**2/(u**2 + (1 - u)**2)"]}, ["u"])


# Characteristic fields ------------------------------------------------------------------------------------------
@pytest.mark.parametrize("system, kinds", [  # Lax 1957; LeVeque, Finite Volume Methods, chapter 13
    (catalog.burgers(), "g"), (catalog.traffic(), "g"), (WATER, "gg"), (catalog.shallow_water(ndim=2), "glg"),
    (catalog.p_system(), "gg"), (GAS, "glg"), (catalog.euler(ndim=2), "glg"),
    (catalog.elasticity(), "lllll"),
    (BUCKLEY, "n"),
], ids=lambda x: x.expression if isinstance(x, System) else x)
def test_fields_are_classified(system, kinds):
    along = [1, 0] if system == catalog.elasticity() else None  # isotropic, and slow in a general direction
    assert "".join(f.kind[0] for f in system.characteristic_fields(along)) == kinds


@pytest.mark.parametrize("system, invariants", [
    (WATER, [["v_x + 2*sqrt(g*h)"], ["v_x - 2*sqrt(g*h)"]]),
    (catalog.p_system(), [["w + 2*sqrt(2*k/v)"], ["w - 2*sqrt(2*k/v)"]]),
    (GAS, [["p/rho**gamma", "v_x + 2*sqrt(gamma*p/rho)/(gamma - 1)"], ["v_x", "p"],
           ["p/rho**gamma", "v_x - 2*sqrt(gamma*p/rho)/(gamma - 1)"]]),
], ids=["water", "p-system", "gas"])
def test_riemann_invariants(system, invariants):
    names = {s.name for s in (*system.primitive_symbols, *system.parameters) if s.is_positive}
    for field, expected in zip(system.characteristic_fields(), invariants):
        found = field.riemann_invariants
        assert len(found) == system.size - field.multiplicity
        assert all(sympy.simplify(a - formula(b, names)) == 0 for a, b in zip(found, expected))


# Symmetrisers and entropies ----------------------------------------------------------------------------------------
def test_the_symmetriser_of_elasticity_is_the_energy():
    """Compliance, 1/μ, ρ, ρ: the elastic and the kinetic energy."""
    system = catalog.elasticity()
    s, stiffness = system.symmetriser.matrix, sympy.Matrix([["la + 2*mu", "la"], ["la", "la + 2*mu"]])
    known = {x.name: x for x in system.parameters}
    assert sympy.simplify(s[:2, :2] - stiffness.subs(known).inv()) == sympy.zeros(2)
    assert s[2:, 2:] == sympy.diag(1 / known["mu"], known["rho"], known["rho"]) and len(family(system)) == 1
    assert system.hyperbolicity.is_symmetric


@pytest.mark.parametrize("system", [catalog.acoustics(ndim=2), catalog.elasticity(), catalog.maxwell("tm"), WATER,
                                    catalog.shallow_water(ndim=2), catalog.p_system()], ids=repr)
def test_symmetrisers_symmetrise_the_state(system):
    s = system.symmetriser.in_state
    back = {} if system.primitive is None else dict(zip(system.state, system.primitive))
    for axis in system.axes:
        product = (s * system.jacobian(axis)).subs(back)
        assert all(sympy.cancel(e) == 0 for e in product - product.T)


def test_a_system_without_symmetriser():
    with pytest.raises(pde.NotSymmetrisable, match=r"not hyperbolic: in the direction ξ = \(1, 1\) .* is not real"):
        _ = System(x=[[0, 1, 0], [1, 0, 0], [0, 0, 1]], y=[[0, 1, 2], [-3, 0, 1], [5, 1, 0]]).symmetriser


def test_the_entropy_of_a_gas_is_physical():
    """−ρ log(p/ρ^γ), convex where γ > 1, with the flux −ρ v log(p/ρ^γ) (Harten 1983)."""
    found = GAS.entropy
    assert found.density == formula("gamma*rho*log(rho) - rho*log(p)", ["gamma", "rho", "p"])
    assert vanishes(found.flux("x") - found.density * GAS.primitive_symbols[1])
    assert set(map(str, found.conditions)) == {"gamma - 1"}


def test_conditions_have_the_sign_of_the_minors():
    from pdeconv.entropy import _essential
    x, y = sympy.Symbol("x", real=True), sympy.Symbol("y", positive=True)
    for a, b, c in product((-3, -2, -1, 1, 2), repeat=3):
        minor = a * (x - 1) ** b * (x + 2) ** c * y ** b
        for value in (-3, -1, 0, 2):
            at = {x: value, y: 2}
            assert sympy.sign(_essential(minor).subs(at)) == sympy.sign(minor.subs(at))


def test_given_entropies_are_verified():
    assert pde.entropy(WATER, "h*v_x**2/2 + g*h**2/2").flux("x") == formula("g*h**2*v_x + h*v_x**3/2", ["g", "h"])
    assert pde.entropy(WATER, "m_x**2/h/2 + g*h**2/2").density == WATER.entropy.density
    with pytest.raises(pde.NoEntropy, match="differs from its mirror image"):
        pde.entropy(WATER, "h**3")
    with pytest.raises(pde.NoEntropy, match="is not convex"):
        pde.entropy(WATER, "-h*v_x**2/2 - g*h**2/2")


@pytest.mark.parametrize("system, unknowns, positive", [
    (catalog.burgers(), None, ()), (catalog.traffic(), None, ()), (WATER, None, ()), (catalog.p_system(), None, ()),
    (catalog.elasticity(), None, ()), (GAS, {"p": "rho/(2*beta)"}, ["beta"]),
    (GAS, {"rho": "z_1*z_3", "v_x": "z_2/z_1", "p": "z_3/z_1"}, ["z_1", "z_3"]),
    pytest.param(catalog.mhd().at(gamma="5/3"), {"p": "rho/(2*beta)"}, ["beta"], marks=pytest.mark.slow),
], ids=["burgers", "traffic", "water", "p-system", "elasticity", "chandrashekar", "ismail-roe", "mhd"])
def test_entropy_fluxes_are_conservative_and_consistent(system, unknowns, positive):
    flux = pde.entropy_flux(system.entropy, "x", unknowns, positive)
    assert flux.is_conservative and flux.is_consistent


def test_the_flux_of_chandrashekar():
    """Comm. Comput. Phys. 14 (2013) 1252, equation (3.17): F_ρ = ρ̂ v̄, F_m = ρ̄/2β̄ + v̄ F_ρ."""
    mass, momentum, _ = pde.entropy_flux(GAS.entropy, "x", {"p": "rho/(2*beta)"}, ["beta"]).value
    rho, v, beta = (sides([sympy.Symbol(n, real=True, positive=True if n != "v_x" else None)]) for n in (
        "rho", "v_x", "beta"))
    (r0, r1), (v0, v1), (b0, b1) = ((a[0][0], a[1][0]) for a in (rho, v, beta))
    assert vanishes(mass - log_mean(r0, r1) * (v0 + v1) / 2)
    assert vanishes(momentum - (r0 + r1) / 2 / (b0 + b1) - (v0 + v1) / 2 * mass)


def test_entropy_fluxes_take_any_names():
    flux, (u, v) = pde.entropy_flux(WATER.entropy, "x"), sides(WATER.state)
    others = [sympy.Symbol(f"a_{k}", **s.assumptions0) for k, s in enumerate((*u, *v))]
    expected = [e.xreplace(dict(zip(others, (*v, *u)))) for e in flux.flux(others[:2], others[2:])]
    assert all(vanishes(a - b) for a, b in zip(flux.flux(v, u), expected))  # h_R on the left, h_L on the right


def test_shallow_water_has_one_parameter_of_entropy_fluxes():
    """Fjordholm, Mishra and Tadmor (2011) h̄v̄, and Wintermeyer et al. (2017) mean(hv), are members."""
    (mass, momentum), (c,) = pde.entropy_flux_family(WATER.entropy, "x")
    h0, h1, v0, v1, g = (next(s for e in (mass, momentum) for s in e.free_symbols if s.name == n)
                         for n in ("h_L", "h_R", "v_x_L", "v_x_R", "g"))
    first, second = ((h0 + h1) * (v0 + v1) / 4, (h0 * v0 + h1 * v1) / 2)
    for wanted, pressure in ((first, g * (h0 ** 2 + h1 ** 2) / 4),
                             (second, g * (h0 + h1) ** 2 / 4 - g * (h0 ** 2 + h1 ** 2) / 4)):
        [value] = sympy.solve(mass - wanted, c)
        assert sympy.expand(momentum.subs(c, value) - wanted * (v0 + v1) / 2 - pressure) == 0


@cache
def roe(system):
    return pde.roe_matrix(system, "x")


# Laws of jumps, Roe matrices -----------------------------------------------------------------------------------------
@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(-3, 3), st.integers(-2, 3), st.integers(0, 3)), min_size=1, max_size=4))
def test_jumps_are_exact(terms):
    x, y = sympy.Symbol("x", positive=True), sympy.Symbol("y", real=True)
    e = sum((c * x ** a * y ** b for c, a, b in terms), sympy.S.Zero)
    (x0, y0), (x1, y1) = sides([x, y])
    row = jump(e, [x, y])
    assert vanishes(row[0] * (x1 - x0) + row[1] * (y1 - y0) - e.subs({x: x1, y: y1}) + e.subs({x: x0, y: y0}))


@pytest.mark.parametrize("system, origin", [
    (catalog.burgers(), "parameter vector"), (WATER, "parameter vector"), (GAS, "parameter vector"),
    (catalog.shallow_water(ndim=2), "parameter vector"), (catalog.p_system(), "jumps"),
    (System({"x": ["u**3 + u*w**2", "u**2*w"]}, ["u", "w"]), "path integral"),
], ids=["burgers", "water", "gas", "water-2d", "p-system", "cubic"])
def test_roe_matrices(system, origin):
    found = roe(system)
    assert found.origin == origin and found.is_exact and found.is_consistent
    assert bool(found.failed) == (origin != "parameter vector")


@settings(max_examples=20, deadline=None)
@given(st.floats(0.1, 9), st.floats(0.1, 9), st.floats(-3, 3), st.floats(-3, 3), st.floats(0.1, 9), st.floats(0.1, 9))
def test_the_roe_average_of_a_gas_has_the_mean_enthalpy(r0, r1, v0, v1, p0, p1):
    """Roe 1981: v̂ and Ĥ are means with weights √ρ."""
    g = 1.4
    h0, h1 = (g / (g - 1) * p / r + v * v / 2 for r, v, p in ((r0, v0, p0), (r1, v1, p1)))
    a, b = r0 ** 0.5 / (r0 ** 0.5 + r1 ** 0.5), r1 ** 0.5 / (r0 ** 0.5 + r1 ** 0.5)
    rho, v, p = (float(e) for e in average()(r0, r1, v0, v1, p0, p1))
    assert v == pytest.approx(a * v0 + b * v1, abs=1e-12)
    assert g / (g - 1) * p / rho + v * v / 2 == pytest.approx(a * h0 + b * h1, rel=1e-11)


@cache
def average():
    (r0, v0, p0), (r1, v1, p1) = sides(AIR.primitive_symbols)
    [gamma] = GAS.parameters
    return sympy.lambdify([r0, r1, v0, v1, p0, p1], [e.subs(gamma, sympy.Rational(7, 5)) for e in roe(GAS).average])


# Exact Riemann problems -------------------------------------------------------------------------------------------
@pytest.mark.parametrize("left, right, h, u", [  # shallow water, g = 1: Toro, Shock-Capturing Methods, chapter 5
    ((1, 0), (.5, 0), 0.7269204461872864, 0.2948074053793379),
    ((1, 0), (.1, 0), 0.3961748167994429, 0.7411516107180454),
    ((3, 0), (1, 0), 1.848576603096757, 0.7448542169801267), ((1, -.5), (1, .5), 9 / 16, 0),
])
def test_dam_breaks(left, right, h, u):
    star = pde.riemann(LAKE, *({"h": a, "v_x": b} for a, b in (left, right))).star
    assert star["h"] == pytest.approx(h, rel=1e-12) and star["u"] == pytest.approx(u, rel=1e-12, abs=1e-12)


def test_dry_beds():
    """Ritter 1892: the front runs with 2√(g h), and h(0) = 4h/9; beds fall dry between fast rarefactions."""
    found = pde.riemann(LAKE, [1, 0], [0, 0])
    assert found.waves[0].tail == 2 and found(0.0)[0] == pytest.approx(4 / 9, rel=1e-14)
    assert found([2.1])[0] == 0
    assert pde.riemann(LAKE, [1, -5], [1, 5])(0.0).tolist() == [0, 0]


@pytest.mark.parametrize("left, right, p, u", [  # Toro, Riemann Solvers, table 4.2; Lax
    ((1, 0, 1), (.125, 0, .1), 0.3031301780506468, 0.9274526200489499),
    ((.445, .698, 3.528), (.5, 0, .571), 2.466097919207357, 1.528723026632884),
    ((1, -2, .4), (1, 2, .4), 0.001893873420054763, 0),
    ((1, 0, 1000), (1, 0, .01), 460.8937874913835, 19.59745138872305),
    ((1, 0, .01), (1, 0, 100), 46.09504424886797, -6.196328249787036),
    ((5.99924, 19.5975, 460.894), (5.99242, -6.19633, 46.0950), 1691.646955399126, 8.689774411632381),
])
def test_gases(left, right, p, u):
    star = pde.riemann(AIR, *(dict(zip(("rho", "v_x", "p"), s)) for s in (left, right))).star
    assert star["p"] == pytest.approx(p, rel=1e-12) and star["u"] == pytest.approx(u, rel=1e-12, abs=1e-12)


def test_sod_in_full():
    found = pde.riemann(AIR, {"rho": 1, "v_x": 0, "p": 1}, {"rho": "1/8", "v_x": 0, "p": "1/10"})
    assert [w.kind for w in found.waves] == ["rarefaction", "contact", "shock"]
    assert found.waves[2].head == pytest.approx(1.75215573203, rel=1e-11)
    assert found.star["rho_left"] == pytest.approx(.4263194281785, rel=1e-12)
    assert found.star["rho_right"] == pytest.approx(.26557371170531, rel=1e-12)


@settings(max_examples=30, deadline=None)
@given(*[st.floats(0.1, 4)] * 2, *[st.floats(-1, 1)] * 2, *[st.floats(0.1, 4)] * 2)
def test_shocks_and_contacts_satisfy_rankine_and_hugoniot(r0, r1, v0, v1, p0, p1):
    """s [[u]] = [[f]] across each discontinuity; Lax's inequality: characteristics run into shocks."""
    from pdeconv.riemann import evaluated
    f = evaluated(AIR.flux("x"), AIR.state)
    found = pde.riemann(AIR, {"rho": r0, "v_x": v0, "p": p0}, {"rho": r1, "v_x": v1, "p": p1})
    assert all(a.tail <= b.head + 1e-12 for a, b in zip(found.waves, found.waves[1:]))
    for wave in found.waves:
        if wave.head == wave.tail:
            change = wave.head * (wave.right - wave.left)
            assert f(wave.right) - f(wave.left) == pytest.approx(change, rel=1e-9, abs=1e-9)


def test_acoustics_by_characteristics():
    """p* = (pL + pR)/2 + Z (uL − uR)/2, u* = (uL + uR)/2 + (pL − pR)/2Z with Z = ρc."""
    found = pde.riemann(catalog.acoustics().at(K=4, rho=1), [3, 1], [1, 4])
    assert found(0.0).tolist() == pytest.approx([2 + 2 * (1 - 4) / 2, 2.5 + 2 / 4], rel=1e-14)
    assert [w.head for w in found.waves] == [-2, 2]


@pytest.mark.parametrize("z", [(1, 3), (4, 1), (2, 2)])
def test_waves_at_an_interface(z):
    """A right-going wave meets another impedance: T = 2 Z₂/(Z₁ + Z₂) and R = (Z₂ − Z₁)/(Z₁ + Z₂) of its pressure, with
    pressure and velocity continuous (LeVeque, Finite Volume Methods, section 9.8)."""
    speeds, vectors = zip(*((e.speeds, e.right) for e in (
        catalog.acoustics().at(K=x, rho=x).eigenstructure().in_state for x in z)))  # Z = √(K ρ), c = 1
    assert speeds == ((-1, 1),) * 2
    coming, back, through = vectors[0].col(1), vectors[0].col(0), vectors[1].col(1)
    found = sympy.Matrix.hstack(through, -back).solve(coming)  # coming + R back = T through
    pressures = [amount * v[0] / coming[0] for amount, v in zip(found, (through, back))]
    assert pressures == [sympy.Rational(2 * z[1], sum(z)), sympy.Rational(z[1] - z[0], sum(z))]


def test_traffic():
    """s = v_m (1 − (ρ_L + ρ_R)/ρ_m); a red light sends −v_m ρ_L/ρ_m back, a green one opens ρ = (1 − x/t v_m) ρ_m/2."""
    road = catalog.traffic()
    names = {s.name: s for s in road.parameters}
    road = road.at(**{name: 2 if name.startswith("v") else 3 for name in names})
    assert pde.riemann(road, ["1/2"], [2]).waves[0].head == pytest.approx(2 * (1 - 2.5 / 3), rel=1e-14)
    red, green = pde.riemann(road, [1], [3]), pde.riemann(road, [3], [0])
    assert [w.kind for w in red.waves] == ["shock"] and red.waves[0].head == pytest.approx(-2 / 3, rel=1e-14)
    assert green([-2, -1, 0, 1, 2])[0] == pytest.approx([3, 2.25, 1.5, .75, 0], rel=1e-12, abs=1e-12)


def test_scalar_laws_by_the_hull():
    burgers = catalog.burgers()
    assert pde.riemann(burgers, [-1], [1])([-2, -.5, .25, 3]).tolist() == [[-1, -.5, .25, 1]]
    assert pde.riemann(burgers, [2], [0]).waves[0].head == 1
    waves = pde.riemann(BUCKLEY, [1], [0]).waves  # tangent: f(u)/u = f′(u) at u = 1/√2, LeVeque section 16.1
    assert [w.kind for w in waves] == ["rarefaction", "shock"]
    assert waves[1].left[0] == pytest.approx(2 ** -.5, abs=5e-3)
    assert pde.riemann(BUCKLEY, [1], [0])((1 + 2 ** .5) / 2 - 1e-9)[0] == pytest.approx(2 ** -.5, abs=1e-4)


# Fluxes ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("system, state", [(LAKE, [2, 1]), (AIR, [1, .3, 2.5])], ids=["water", "gas"])
def test_the_exact_flux_is_consistent_in_numbers(system, state):
    """As floats too; in symbols it is proved in test_godunov.py."""
    from pdeconv.riemann import evaluated
    u = np.array(state, dtype=float)[:, None]
    found = RiemannFlux(system, "godunov").evaluate(u, u)[:, 0]
    assert found == pytest.approx(evaluated(system.flux("x"), system.state)(u[:, 0]), rel=1e-12)


def test_hllc_and_roe_keep_a_contact_at_rest():
    """Toro: F = (0, p, 0) for a stationary contact; HLL smears it."""
    u, v = np.array([[1.], [0.], [2.5]]), np.array([[.125], [0.], [2.5]])
    for name in ("hllc", "roe", "godunov"):
        assert RiemannFlux(AIR, name).evaluate(u, v)[:, 0] == pytest.approx([0, 1, 0], abs=1e-14)
    assert RiemannFlux(AIR, "hll").evaluate(u, v)[0, 0] > .1


def test_roe_is_exact_for_one_shock():
    """[[f]] = s [[u]]: Roe's flux is upwind at a single shock (Roe 1981); with the speed s > 0 it is f⁻."""
    found = pde.riemann(LAKE, {"h": 2, "v_x": 3}, {"h": 1, "v_x": 3 - (3 / 4) ** .5})
    assert len([w for w in found.waves if np.abs(w.right - w.left).max() > 1e-12]) == 1
    u, v = np.array([[2.], [6.]]), np.array([[1.], [3 - (3 / 4) ** .5]])
    assert RiemannFlux(LAKE, "roe").evaluate(u, v)[:, 0] == pytest.approx([6, 20], rel=1e-12)


def test_roe_of_the_p_system():
    """|A| = √(−[[p]]/[[v]]), as A² is that number; exact at one shock, by which w falls by √(−[[p]] [[v]])."""
    system = catalog.p_system().at(k=1)
    flux = RiemannFlux(system, "roe")
    assert flux.is_consistent("x") and system.scheme("roe").conservation().verify()
    u, v = np.array([[1.], [0.]]), np.array([[2.], [-(3 / 4) ** .5]])
    mean = np.array([[(3 / 4) ** .5 / 2], [(1 + .25) / 2]])
    assert flux.evaluate(u, v) == pytest.approx(mean - (3 / 4) ** .5 * (v - u) / 2, rel=1e-14)
    assert flux.evaluate(u, v)[:, 0] == pytest.approx(RiemannFlux(system, "godunov").evaluate(u, v)[:, 0], rel=1e-12)
    assert RiemannFlux(system, "roe", "1/2").evaluate(u, u)[:, 0] == pytest.approx([0, 1])


def test_godunov_of_a_transonic_fan():
    flux = RiemannFlux(catalog.burgers(), "godunov")
    assert flux.flux([-1], [1]) == (0,) and flux.flux([2], [1]) == (2,) and flux.flux([1], [-2]) == (2,)
    assert RiemannFlux(LAKE, "godunov").evaluate([[1], [0]], [[0], [0]])[:, 0] == pytest.approx([8 / 27, 8 / 27])


# Means, reports, refusals -------------------------------------------------------------------------------------------
@settings(max_examples=40, deadline=None)
@given(st.floats(0.01, 100), st.floats(1e-9, 1))
def test_means_have_no_cancellation(a, d):
    b = a * (1 + d)
    exact = sympy.Float(a, 60), sympy.Float(b, 60)
    assert float(numeric_log_mean(a, b)) == pytest.approx(float((exact[1] - exact[0]) / sympy.log(exact[1] / exact[0])),
                                                          rel=1e-12)
    assert float(numeric_power_jump(a, b, 1.4)) == pytest.approx(
        float((exact[1] ** sympy.Rational(7, 5) - exact[0] ** sympy.Rational(7, 5)) / (exact[1] - exact[0])), rel=1e-8)


def test_reports_hold_everything():
    found = str(WATER.report())
    for part in ("strictly hyperbolic", "genuinely nonlinear", "2*sqrt(g)*sqrt(h) + v_x", "g*h**2/2 + h*v_x**2/2",
                 "Matrix"):
        assert part in found
    assert WATER.report()._repr_latex_().startswith("$$") and r"\partial_t h" in WATER._repr_latex_()


@pytest.mark.slow
@pytest.mark.parametrize("system", [catalog.euler(ndim=3), catalog.mhd(), catalog.maxwell()], ids=repr)
def test_reports_of_large_systems(system):
    assert "symmetriser" in str(system.report())


REFUSALS = [
    (lambda: pde.riemann(WATER, [1, 0], [1, 0]), pde.NoRiemannSolver, "has the parameters g"),
    (lambda: pde.riemann(LAKE, [-1, 0], [1, 0]), pde.BadState, "h = -1 is negative"),
    (lambda: pde.riemann(LAKE, [1], [1, 0]), pde.BadState, r"\(1\) is no state of .*, which is h, m_x\. Give"),
    (lambda: pde.riemann(LAKE, {"h": 1}, [1, 0]), pde.BadState, "the state names h"),
    (lambda: pde.riemann(AIR, [1, 0, -1], [1, 0, 1]), pde.BadState, "the pressure is"),
    (lambda: pde.riemann(catalog.mhd().at(gamma="5/3", B_x=1), [1] * 7, [1] * 7), pde.NoRiemannSolver, "is none of"),
    (lambda: RiemannFlux(WATER, "ausm"), pde.NoSuchFlux, "no Riemann flux 'ausm'"),
    (lambda: RiemannFlux(catalog.burgers(), "hllc").flux([1], [0]), pde.NoSuchFlux, "has no density"),
    pytest.param(lambda: RiemannFlux(catalog.mhd(), "roe").flux([1] * 7, [2] * 7), pde.NoSuchFlux,
                 "at no known state", marks=pytest.mark.slow),
    (lambda: RiemannFlux(LAKE, "godunov").flux(LAKE.state, LAKE.state), pde.NoSuchFlux, "is a program"),
    (lambda: pde.entropy_flux(WATER, "x"), TypeError, "takes an entropy, and .* is none. Give system.entropy"),
    (lambda: pde.roe_matrix(System(x=[[0, "u_1"], [1, 0]]), "x"), pde.NotASystem, "has no flux"),
]


@pytest.mark.parametrize("act, kind, message", REFUSALS)
def test_refusals(act, kind, message):
    with pytest.raises(kind, match=message) as caught:
        act()
    assert str(caught.value).rstrip().endswith(".")
