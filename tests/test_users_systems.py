"""Systems that are not in the catalog: what a user asks first, with answers known from the literature."""
import numpy as np
import pytest
import sympy

import pdeconv as pde
from pdeconv import System

QUINTIC = [[0, 1, 0, 0, 0], [0, 0, 1, 0, 0], [0, 0, 0, 1, 0], [0, 0, 0, 0, 1], [1, -4, 0, 5, 0]]  # x⁵ − 5x³ + 4x − 1
COMPLEX = [[0, 1, 0, 0, 0], [0, 0, 1, 0, 0], [0, 0, 0, 1, 0], [0, 0, 0, 0, 1], [1, 1, 0, 0, 0]]  # x⁵ − x − 1


def test_speeds_without_radicals_are_algebraic_numbers_in_intervals():
    system = System(x=QUINTIC)
    assert system.hyperbolicity.kind == "strict"
    with pytest.raises(pde.NoClosedForm, match=r"system.speeds\(…\) isolates them in certified intervals"):
        system.eigenstructure()
    found = system.speeds()
    x = sympy.Symbol("x")
    assert [s.root for s in found] == [sympy.rootof(x**5 - 5 * x**3 + 4 * x - 1, k) for k in range(5)]
    polynomial = sympy.Poly(x**5 - 5 * x**3 + 4 * x - 1)
    for s in found:  # a change of sign over each interval
        low, high = (sympy.Rational(e.numerator, e.denominator) for e in (s.low, s.high))
        assert polynomial.eval(low) * polynomial.eval(high) < 0 and high - low < sympy.Rational(1, 10**30)
    assert "speed" in dict(system.report().entries)


def test_schemes_without_radicals():
    """The largest speed is an algebraic number, so that Δt/Δx is one: stencils against matrices in float64."""
    system = System(x=QUINTIC)
    a = np.array(QUINTIC, float)
    ratio = 0.5 / abs(np.linalg.eigvals(a)).max()
    found = system.scheme("lax-friedrichs", courant="1/2").stencil.to_numpy()
    expected = [(np.eye(5) + ratio * a) / 2, 0 * a, (np.eye(5) - ratio * a) / 2]
    assert np.abs(found.reshape(3, 5, 5) - expected).max() < 1e-14
    assert [system.scheme(name).courant_max for name in ("lax-friedrichs", "lax-wendroff", "rusanov")] == [1, 1, 1]
    with pytest.raises(pde.NotHyperbolic, match=r"4 of the roots of lambda\*\*5 .* are not real"):
        System(x=COMPLEX).scheme("lax-friedrichs", courant="1/2")
    plane = System(x=[[1, 2, 3], [2, 0, 1], [3, 1, -2]], y=[[0, 1, 1], [1, 3, 0], [1, 0, -1]])
    limit = plane.scheme("lax-friedrichs").courant_max
    assert isinstance(limit, pde.Enclosure) and limit.lower <= limit.upper <= 1


def test_symmetrisers_without_radicals():
    system = System(x=QUINTIC)
    s, a = system.symmetriser.matrix, system.jacobian("x")
    assert s * a == (s * a).T and s.is_positive_definite and system.symmetriser.origin.endswith("power sums")


def test_roots_that_are_not_real_are_certified():
    system = System(x=COMPLEX)
    assert "is not real" in repr(system.hyperbolicity)
    with pytest.raises(pde.NotHyperbolic, match="imaginary part that is certified not to be zero"):
        system.speeds()
    with pytest.raises(ValueError, match=r"speeds\(u=…\)"):
        System({"x": ["u**3"]}, ["u"]).speeds()
    with pytest.raises(ValueError, match="need a direction"):
        System(x=[[1]], y=[[2]]).speeds()
    assert [s.root for s in System(x=[[1]], y=[[2]]).speeds((1, 1))] == [3]


def test_the_entropy_of_isentropic_gas_with_any_exponent():  # ρ v²/2 + k ρ^γ/(γ − 1): Dafermos, section 7.4
    gas = System({"x": ["m", "m**2/rho + k*rho**gamma"]}, ["rho", "m"], positive=["rho", "k", "gamma"],
                 primitive={"rho": "rho", "m": "rho*v"})
    rho, v = gas.primitive_symbols
    gamma, k = gas.parameters
    assert sympy.simplify(gas.entropy.density - rho * v**2 / 2 - k * rho**gamma / (gamma - 1)) == 0
    assert not gas.entropy.conditions


def test_the_energy_of_two_layers_is_their_entropy_where_it_is_convex():
    layers = System({"x": ["h1*u1", "u1**2/2 + g*(h1 + h2)", "h2*u2", "u2**2/2 + g*(r*h1 + h2)"]},
                    ["h1", "u1", "h2", "u2"], positive=["g", "h1", "h2", "r"])
    assert layers.hyperbolicity.kind == "conditional"
    h1, u1, h2, u2 = layers.state
    g, r = layers.parameters
    energy = r * h1 * u1**2 / 2 + h2 * u2**2 / 2 + g * r * h1**2 / 2 + g * h2**2 / 2 + g * r * h1 * h2
    assert sympy.expand(layers.entropy.density - energy / r) == 0 and len(layers.entropy.conditions) == 3
    s = layers.speeds(h1=1, h2=2, u1=0, u2=0, g=1, r="1/2")
    assert [round(float(x) ** 2, 12) for x in s] == [round(float(x), 12) for x in (
        (3 + sympy.sqrt(5)) / 2, (3 - sympy.sqrt(5)) / 2, (3 - sympy.sqrt(5)) / 2, (3 + sympy.sqrt(5)) / 2)]


def test_stored_energy_is_found_where_strains_have_any_sign():
    rod = System({"x": ["-v", "-(e + e**3)"]}, ["e", "v"])
    e, v = rod.state
    assert sympy.expand(rod.entropy.density - v**2 / 2 - e**2 / 2 - e**4 / 4) == 0
    assert [f.kind for f in rod.characteristic_fields()] == ["nonlinear"] * 2  # ∇λ·r = 3e changes sign


def test_traffic_of_second_order_has_a_degenerate_field():  # Aw and Rascle, SIAM J. Appl. Math. 60 (2000) 916
    traffic = System({"x": ["y - k*rho**2", "(y - k*rho**2)*y/rho"]}, ["rho", "y"], positive=["rho", "k"],
                     primitive={"rho": "rho", "y": "rho*(v + k*rho)"})
    assert [f.kind for f in traffic.characteristic_fields()] == ["genuinely nonlinear", "linearly degenerate"]


def test_a_roe_matrix_without_rational_entries_has_numbers():
    """The chain of Toda, w_t = (e^(−v))_x: A (u_R − u_L) = f(u_R) − f(u_L), and the energy e^(−v) + w²/2."""
    chain = System({"x": ["-w", "exp(-v)"]}, ["v", "w"])
    left, right = {"v_L": 1, "w_L": 2}, {"v_R": sympy.Rational(5, 2), "w_R": -1}
    values = {s: (left | right)[s.name] for s in pde.roe_matrix(chain, "x").matrix.free_symbols}
    jump = sympy.Matrix([sympy.Rational(3, 2), -3])
    found = (pde.roe_matrix(chain, "x").matrix.subs(values) * jump).evalf()
    expected = sympy.Matrix([3, sympy.exp(-sympy.Rational(5, 2)) - sympy.exp(-1)])
    assert max(abs(e) for e in (found - expected).evalf()) < 1e-14
    assert not pde.entropy(chain, "exp(-v) + w**2/2").conditions
    with pytest.raises(pde.NoEntropy, match=r"Give one to be verified"):
        pde.entropy(chain)
