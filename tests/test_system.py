"""Systems: texts ↔ objects, speeds and vectors, hyperbolicity with witnesses, the catalog against known values."""
import copy

import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

import pdeconv as pde
from pdeconv import System, catalog
from pdeconv.eigenstructure import characteristic_factors

CATALOG = [catalog.advection(), catalog.advection(ndim=3), catalog.burgers(ndim=2), catalog.traffic(), catalog.wave(),
           catalog.wave(ndim=3), catalog.acoustics(ndim=2), catalog.elasticity(), catalog.shallow_water(),
           catalog.shallow_water(ndim=2), catalog.p_system(), catalog.euler(), catalog.euler(ndim=2),
           catalog.maxwell("tm"), catalog.maxwell("te"), catalog.maxwell()]
NAMES = {"System": System, "catalog": catalog}


@pytest.mark.parametrize("system", CATALOG, ids=repr)
def test_repr_evaluates(system):
    assert eval(repr(system), dict(NAMES)) == system
    assert eval(system._expression(), dict(NAMES)) == system
    assert hash(eval(repr(system), dict(NAMES))) == hash(system) and copy.deepcopy(system) is system


@pytest.mark.parametrize("system", CATALOG, ids=repr)
def test_the_catalog_is_hyperbolic_with_biorthonormal_vectors(system):
    assert system.hyperbolicity
    found = system.eigenstructure()
    assert len(found.speeds) == system.size and found.residual() < sympy.Float(10) ** -45


@pytest.mark.parametrize("system, speeds", [
    # along a unit normal: LeVeque, Finite Volume Methods for Hyperbolic Problems, chapters 2, 13, 14, 22
    (catalog.acoustics(), ["-sqrt(K/rho)", "sqrt(K/rho)"]),
    (catalog.elasticity(), ["-sqrt((la + 2*mu)/rho)", "-sqrt(mu/rho)", "0", "sqrt(mu/rho)", "sqrt((la + 2*mu)/rho)"]),
    (catalog.shallow_water(), ["m_x/h - sqrt(g*h)", "m_x/h + sqrt(g*h)"]),
    (catalog.euler(), ["m_x/rho - sqrt(gamma*(gamma - 1)*(E - m_x**2/(2*rho))/rho)", "m_x/rho",
                       "m_x/rho + sqrt(gamma*(gamma - 1)*(E - m_x**2/(2*rho))/rho)"]),
    (catalog.maxwell(), ["-1", "-1", "0", "0", "1", "1"]),
    (catalog.p_system(), ["-sqrt(2*k/v**3)", "sqrt(2*k/v**3)"]),
], ids=lambda x: x.expression if isinstance(x, System) else "")
def test_known_speeds(system, speeds):
    found = system.eigenstructure().in_state.speeds
    expected = [pde.formula.formula(s, system.positive) for s in speeds]
    assert all(sympy.simplify(a ** 2 - b ** 2) == 0 or sympy.simplify(a - b) == 0 for a, b in zip(found, expected))
    at = pde.eigenstructure.sample_point(system, system.direction)
    assert all(abs(complex((a - b).subs(at).evalf())) < 1e-12 for a, b in zip(found, expected))


def test_euler_in_three_dimensions():
    found = catalog.euler(ndim=3).eigenstructure()
    assert found.residual() < sympy.Float(10) ** -45
    assert sorted(found.multiplicities.values()) == [1, 1, 3]
    assert str(found.abbreviations) == "((c, sqrt(gamma)*sqrt(p)/sqrt(rho)),)"


@pytest.mark.slow
def test_mhd_has_alfven_and_magnetosonic_waves():
    """Seven waves: entropy, two Alfvén at B_x/√ρ, slow and fast from a biquadratic (Brio and Wu, 1988)."""
    system = catalog.mhd()
    assert sorted(f.degree for f in characteristic_factors(system)) == [1, 2, 4]
    found = system.eigenstructure()
    assert found.residual() < sympy.Float(10) ** -45
    assert "B_x/sqrt(rho)" in map(str, dict(found.abbreviations).values())
    assert system.hyperbolicity.kind == "conditional"


# Laws -------------------------------------------------------------------------------------------------------
integers = st.integers(-3, 3)


@st.composite
def symmetric_systems(draw):
    n, d = draw(st.integers(1, 3)), draw(st.integers(1, 2))
    matrices = {}
    for axis in "xy"[:d]:
        entries = {(i, j): draw(integers) for i in range(n) for j in range(i + 1)}
        matrices[axis] = [[entries[max(i, j), min(i, j)] for j in range(n)] for i in range(n)]
    return System(**matrices)


@settings(max_examples=25, deadline=None)
@given(symmetric_systems())
def test_symmetric_systems_are_hyperbolic(system):
    """Friedrichs: real symmetric matrices have real eigenvalues and complete eigenvectors, in every direction."""
    assert system.hyperbolicity and not system.hyperbolicity.conditions


@settings(max_examples=25, deadline=None)
@given(st.lists(st.lists(integers, min_size=2, max_size=2), min_size=2, max_size=2))
def test_the_verdict_on_2x2_matrices_is_that_of_the_discriminant(rows):
    """A real 2×2 matrix: strict where tr² > 4 det; defective where equal, unless it is a multiple of 1."""
    (a, b), (c, d) = rows
    discriminant = (a - d) ** 2 + 4 * b * c
    kind = System(x=rows).hyperbolicity.kind
    if discriminant > 0:
        assert kind == "strict"
    elif discriminant < 0 or b or c:
        assert kind == "not hyperbolic"
    else:
        assert kind == "strong"


@settings(max_examples=5, deadline=None)
@given(st.lists(st.lists(integers, min_size=3, max_size=3), min_size=3, max_size=3))
def test_the_verdict_on_3x3_matrices_is_that_of_the_eigenvalues(rows):
    matrix = sympy.Matrix(rows)
    real = all(sympy.Poly(f, sympy.Symbol("t")).count_roots() == sympy.degree(f)
               for f, _ in sympy.factor_list(matrix.charpoly(sympy.Symbol("t")).as_expr())[1])
    complete = matrix.is_diagonalizable()
    assert bool(System(x=rows).hyperbolicity) == (real and complete)


def test_conditions_are_named():
    verdict = System(fluxes={"x": ["-w", "a*v"]}, state=["v", "w"]).hyperbolicity
    assert repr(verdict) == "<hyperbolic where -a > 0>" and not verdict


@pytest.mark.parametrize("system, verdict", [
    # speeds ±n_y, and a Jordan block along x; the slope 2 makes 2 n_x = n_y; speeds u and v, a Jordan block at u = v
    (System(x=[[0, 1], [0, 0]], y=[[1, 0], [0, -1]]), "not hyperbolic: in the direction ξ = (1, 0) the eigenvalue 0"),
    (System(x=[[2, 1], [0, 0]], y=[[1, 0], [0, 2]]), "not hyperbolic: in the direction ξ = (1, 2) the eigenvalue 4"),
    (System(x=[["u", 1], [0, "v"]], state=["u", "v"]), "hyperbolic where (u - v)**2 > 0>"),
    (System(x=[["u", "u - v"], [0, "v"]], state=["u", "v"]), "<hyperbolic>"),  # u times the unit matrix at u = v
    (System(x=[["a", 0], [0, "-a"]], y=[[0, 1], [-1, 0]], state=["p", "q"]), "ξ = (0, 1) the eigenvalue -I is not"),
    # the bottom, of speed 0, in resonance with a wave at v = ±√(g h): A has the row (0, 0, 0), of rank 2 there
    (catalog.shallow_water(ndim=1, bottom=True), "hyperbolic where (g*h - v_x**2)**2 > 0>"),
    (System(x=[[0, "4/3", "5/3"], [1, "-2/3", "-1/3"], [3, 1, -2]], y=[["-1/3", "-1/3", "2/3"], ["2/3", "5/3", "-1/3"],
                                                                      [1, 0, -1]]), "<hyperbolic>"),  # S⁻¹ symmetric
], ids=str)
def test_vectors_are_complete_where_speeds_meet(system, verdict):
    assert verdict in repr(system.hyperbolicity)
    if system.hyperbolicity:
        assert system.hyperbolicity.is_symmetric
    elif system.ndim == 1:
        assert system.symmetriser.conditions == system.hyperbolicity.conditions


def test_no_symmetriser_without_hyperbolicity():
    dust = System({"x": ["m", "m**2/rho"]}, ["rho", "m"], positive=["rho"])  # gas without pressure
    assert not dust.hyperbolicity.is_symmetric
    with pytest.raises(pde.NotSymmetrisable, match=r"because it is not hyperbolic: .* fewer eigenvectors"):
        dust.hyperbolicity.symmetriser.matrix.det()
    with pytest.raises(pde.NotHyperbolic, match=r"in the direction \(1\) its speed -I is not real"):
        System(x=[[0, 1], [-1, 0]]).characteristic_fields()


def test_a_speed_is_positive_where_the_system_is_hyperbolic():
    found = System({"x": ["-w", "v**3 - 3*v"]}, ["v", "w"]).eigenstructure()
    assert found.abbreviations[0][1].subs(found.system.state[0], 0) == sympy.sqrt(3) and str(found.speeds) == "(-c, c)"


def test_formulas_may_have_room_around():
    assert System({"x": [" u**2/2 "]}, ["u"]) == System({"x": ["u**2/2"]}, ["u"])


def test_numbers_in_place_of_symbols():
    water = catalog.shallow_water().at(h=4, m_x=2, g=1)
    assert water.is_linear and sorted(water.eigenstructure().speeds, key=float) == [
        sympy.Rational(1, 2) - 2, sympy.Rational(1, 2) + 2]
    assert catalog.shallow_water().at(g=9).parameters == ()


REFUSALS = [
    (lambda: System(), pde.NotASystem, "either fluxes"),
    (lambda: System(fluxes={"x": ["u", "v"]}, state=["u"]), pde.NotASystem, "has 2 entries, and the state u has 1"),
    (lambda: System(x=[[1, 0]]), pde.NotASystem, "not 1×1"),
    (lambda: System(fluxes={"x": ["x*u"]}, state=["u"]), pde.NotASystem, "x names an axis"),
    (lambda: System(fluxes={"x": ["0.5*u"]}, state=["u"]), pde.NotExactFormula, "decimal number 0.5"),
    (lambda: System(fluxes={"x": [0.5]}, state=["u"]), pde.NotExactFormula, "0.5"),
    (lambda: System(fluxes={"x": ["__import__('os')"]}, state=["u"]), pde.FormulaError, "no part of a formula"),
    (lambda: System(fluxes={"x": ["u**"]}, state=["u"]), pde.FormulaError, "is no formula"),
    (lambda: System(fluxes={"x": ["9**99999"]}, state=["u"]), pde.FormulaError, "exponent"),
    (lambda: System(fluxes={"x": ["u/0"]}, state=["u"]), pde.FormulaError, "divides by zero"),
    (lambda: System(fluxes={"x": ["Piecewise(u)"]}, state=["u"]), pde.FormulaError, "'u' is no case"),
    (lambda: System(fluxes={"x": ["Piecewise((u, u))"]}, state=["u"]), pde.FormulaError, "'u' is no condition"),
    (lambda: System(fluxes={"x": ["min()"]}, state=["u"]), pde.FormulaError, "no part of a formula"),
    (lambda: System(fluxes={"x": ["u"]}), pde.NotASystem, "name its unknowns"),
    (lambda: System(x=[[0, 1], [-1, 0]]).hyperbolicity.require(), pde.NotHyperbolic, "eigenvalue -I is not real"),
    (lambda: System(x=[[0, 1], [0, 0]]).hyperbolicity.require(), pde.NotHyperbolic, "fewer eigenvectors"),
    (lambda: catalog.euler(ndim=4), ValueError, "1 to 3 space dimensions"),
    (lambda: catalog.maxwell("2d"), ValueError, "'tm', 'te' and '3d'"),
    (lambda: catalog.burgers().jacobian("z"), ValueError, "no axis"),
    (lambda: catalog.burgers().at(w=1), ValueError, "does not stand in"),
    (lambda: catalog.burgers().eigenstructure((1, 2)), ValueError, "has 1 axes, and the direction has 2 entries"),
    (lambda: catalog.shallow_water().at(h=0), pde.FormulaError, "finite real numbers"),
    (lambda: System({"x": [sympy.I * sympy.Symbol("u")]}, ["u"]), pde.FormulaError, "√−1"),
    (lambda: System({"x": ["sqrt(-2)*u"]}, ["u"]), pde.FormulaError, "√−1"),
    (lambda: System({}, ["u"]), pde.NotASystem, "either fluxes"),
    (lambda: pde.summation_by_parts(2.0), ValueError, "orders are 2, 4 and 6"),
]


@pytest.mark.parametrize("act, kind, message", REFUSALS)
def test_refusals(act, kind, message):
    with pytest.raises(kind, match=message) as caught:
        act()
    assert str(caught.value).rstrip().endswith(".")


@pytest.mark.parametrize("flux, slopes", [
    ("min(u, (1 - u)/4)", {"1/10": 1, "1/2": "-1/4"}),  # a triangular fundamental diagram: Daganzo, 1994
    ("max(min(u, 1), 0)", {"-1": 0, "1/2": 1, "2": 0}), ("abs(u)", {"-1": -1, "1": 1}),
    ("Piecewise((u*(1 - u), (u > 0) & (u < 1/2)), (1/4, True))", {"1/4": "1/2", "3/4": 0})])
def test_fluxes_in_cases(flux, slopes):
    road = System(fluxes={"x": [flux]}, state=["u"])
    assert pde.formula.formula(pde.formula.text(road.fluxes[0][0])) == road.fluxes[0][0]
    for u, slope in slopes.items():
        assert road.jacobian("x").subs(road.state[0], sympy.Rational(u))[0] == sympy.Rational(slope)
