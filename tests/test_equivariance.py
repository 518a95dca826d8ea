"""Schemes that commute with the symmetries of the grid: proved in formulas, refuted at rational states."""
import numpy as np
import pytest
import sympy
from flint import arb
from hypothesis import given, settings
from hypothesis import strategies as st

import pdeconv as pde
import reptheory as rt
from pdeconv import catalog
from pdeconv.covariance import Verdict, covariance
from pdeconv.numerical_flux import NumericalFlux, physical
from pdeconv.rational_identity import is_zero
from pdeconv.reconstruction import plain
from pdeconv.riemann_flux import RiemannFlux
from pdeconv.value_numbering import Values

D4 = rt.D(4)
WATER, AIR = catalog.shallow_water(ndim=2), catalog.euler(ndim=2).at(gamma="7/5")
V, W = D4.trivial + D4.vector, D4.trivial + D4.vector + D4.trivial


# Schemes --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("flux", [
    "hll", "hllc", "entropy-stable", *(pytest.param(n, marks=pytest.mark.slow) for n in ("rusanov", "roe"))])
def test_water_commutes_with_the_square(flux):
    assert WATER.scheme("muscl", flux=flux, limiter="van-leer").is_equivariant(D4, V)


@pytest.mark.parametrize("flux", ["hllc", *(pytest.param(n, marks=pytest.mark.slow) for n in ("godunov", "roe"))])
def test_air_commutes_with_the_square(flux):
    assert AIR.scheme(flux).is_equivariant(D4, W)


@pytest.mark.parametrize("options", [
    {"limiter": "minmod"}, {"limiter": "van-leer", "on": "primitive"},
    pytest.param({"limiter": "koren", "on": "characteristics"}, marks=pytest.mark.slow),
    pytest.param({"reconstruction": "weno5", "on": "characteristics"}, marks=pytest.mark.slow),
    {"reconstruction": "fromm"}], ids=str)
def test_reconstructions_commute_with_the_square(options):
    assert WATER.scheme("muscl", flux="hllc", **options).is_equivariant(D4, V)


def test_symbols_for_parameters_are_enough():
    assert catalog.euler(ndim=2).scheme("muscl", flux="hllc", limiter="van-leer").is_equivariant(D4, W)


@pytest.mark.slow
def test_air_commutes_with_the_cube():
    group, air = rt.octahedral(True), catalog.euler(ndim=3).at(gamma="7/5")
    scheme = air.scheme("muscl", flux="hllc", limiter="van-leer", on="primitive")
    assert scheme.is_equivariant(group, air.lattice_symmetry(group))


@pytest.mark.parametrize("name", ["weno5", "wave-propagation", "muscl-hancock", "godunov"])
def test_reflections_of_a_line(name):
    group, water = rt.hyperoctahedral(1), catalog.shallow_water(ndim=1).at(g=1)
    scheme = water.scheme(name)
    assert scheme.is_equivariant(group, group.trivial + group.vector)
    assert not scheme.is_equivariant(group, group.trivial * 2)


def test_a_turned_field_takes_the_turned_step_in_numpy():
    scheme = WATER.at(g=1).scheme("muscl", flux="hllc", limiter="van-leer", on="primitive")
    rng = np.random.default_rng(0)
    u = np.stack([1 + rng.random((9, 9)), *rng.normal(size=(2, 9, 9))])

    def turned(v):
        h, m, n = np.rot90(v, axes=(1, 2))
        return np.stack([h, -n, m])
    step = pde.Stepper(pde.lower(scheme), pde.boundary(WATER.at(g=1)), (1., 1.), "numpy")
    assert np.abs(step(turned(u), .01) - turned(step(u, .01))).max() <= 1e-15
    assert np.abs(step(u, .01) - u).max() > 1e-3


def test_other_kinds_of_schemes():
    bottom = catalog.shallow_water(ndim=2, bottom=True)
    assert bottom.scheme("hydrostatic").is_equivariant(D4, V + D4.trivial)
    assert WATER.scheme("lax-wendroff").is_equivariant(D4, V)
    assert not WATER.scheme("maccormack").is_equivariant(D4, V)  # forward before backward
    with pytest.raises(pde.Undecided, match=r"not seen as a formula.*known for"):
        WATER.scheme("godunov").is_equivariant(D4, V)


# Negative controls ------------------------------------------------------------------------------------------------
class Leaning(NumericalFlux):
    """A mean with more of one side."""

    name = "leaning"

    def flux(self, left, right, axis, let=plain):
        f, g = physical(self.system, left, axis), physical(self.system, right, axis)
        return tuple((2 * a + b) / 3 for a, b in zip(f, g))


class Exchanged(NumericalFlux):
    """HLLC of the states in the wrong order."""

    name = "exchanged"

    def flux(self, left, right, axis, let=plain):
        return RiemannFlux(self.system, "hllc").flux(right, left, axis, let)


class Leaving(NumericalFlux):
    """Central, and something else along x where water is deeper than in any sample."""

    name = "leaving"

    def flux(self, left, right, axis, let=plain):
        f, g = physical(self.system, left, axis), physical(self.system, right, axis)
        more = sympy.Max(0, left[0] + right[0] - 1000) if axis == "x" else 0
        return tuple((a + b) / 2 + more for a, b in zip(f, g))


class Uneven(NumericalFlux):
    """Upwind by the mean velocity, and the left side only where it is positive."""

    name = "uneven"

    def flux(self, left, right, axis, let=plain):
        f, g = physical(self.system, left, axis), physical(self.system, right, axis)
        flow = left[1 + self.system.axes.index(axis)] + right[1 + self.system.axes.index(axis)]
        return tuple(sympy.Piecewise((a, flow > 0), *self.between(a, b, flow), (b, True)) for a, b in zip(f, g))

    @staticmethod
    def between(a, b, flow):
        return ()


class Even(Uneven):
    """The same with the mean where it is 0."""

    name = "even"

    @staticmethod
    def between(a, b, flow):
        return [((a + b) / 2, sympy.Eq(flow, 0))]


@pytest.mark.parametrize("scheme, rep", [
    (WATER.scheme("hllc"), D4.trivial * 3), (AIR.scheme("godunov"), D4.trivial * 4),
    (AIR.scheme("muscl", flux="hllc"), D4.trivial * 2 + D4.vector),  # turns an energy to a momentum
    (WATER.scheme("rusanov", flux=Leaning), V)], ids=str)
def test_what_does_not_commute_is_refuted(scheme, rep):
    assert not scheme.is_equivariant(D4, rep)


def test_the_order_of_states_does_not_matter_to_the_square():
    assert WATER.scheme("rusanov", flux=Exchanged).is_equivariant(D4, V)  # wrong, and equally so in all directions


def test_limiters_on_components_do_not_commute_with_a_change_that_mixes_them():
    """u = (p + v, p − 2v): the reflection v → −v is no signed permutation of these unknowns."""
    t = sympy.Matrix([[1, 1], [1, -2]])
    system = catalog.wave(ndim=2).at(c=1)
    change = sympy.diag(t, 1)
    made = {a: (change * system.jacobian(a) * change.inv()).tolist() for a in "xy"}
    turned = pde.System(state=["a", "b", "c"], **made)
    group = rt.D(2)
    plain_rep = system.lattice_symmetry(group)
    matrices = {n: (change * sympy.Matrix(m) * change.inv()).tolist() for n, m in zip(
        group.names, (rt.monomial.as_matrix(x).to_sympy() for x in plain_rep.actions))}
    rep = group.rep(**matrices)
    assert turned.scheme("rusanov", courant="1/4").is_equivariant(group, rep)
    assert not turned.scheme("muscl").is_equivariant(group, rep)


def test_the_part_that_is_not_seen_is_named():
    with pytest.raises(pde.Undecided, match=r"the numerical flux of .* along x is not seen to go to that along y .*at"):
        WATER.scheme("rusanov", flux=Leaving).is_equivariant(D4, V)


def test_equality_in_a_case_is_looked_at():
    assert WATER.scheme("rusanov", flux=Even).is_equivariant(D4, V)
    with pytest.raises(pde.Undecided, match=r"numerical flux .* covariant where .*m_.* is not 0.*their mean"):
        WATER.scheme("rusanov", flux=Uneven).is_equivariant(D4, V)


# Value numbering ----------------------------------------------------------------------------------------------------
X, Y = sympy.symbols("x y", real=True)
A, B = sympy.symbols("a b", positive=True)
POINTS = [{X: arb(2), Y: arb(3), A: arb(2), B: arb(3)}, {X: arb(-5), Y: arb(1), A: arb(5), B: arb(7)}]


@pytest.mark.parametrize("a, b", [
    (sympy.sqrt(A / B), sympy.sqrt(A) / sympy.sqrt(B)), (A / sympy.sqrt(A), sympy.sqrt(A)),
    (sympy.sqrt(A) * (A / B) ** sympy.Rational(1, 4), (A ** 3 / B) ** sympy.Rational(1, 4)),
    (sympy.Max(X, Y), -sympy.Min(-X, -Y)), (sympy.Abs(X - Y), sympy.Abs(Y - X)),
    (sympy.Piecewise((X, X > Y), (Y, X < Y), (7, True)), sympy.Piecewise((Y, Y > X), (X, Y < X), (7, True))),
    (1 / (sympy.Abs(X) + 1) + 1 / (sympy.Abs(Y) + 1),
     (sympy.Abs(X) + sympy.Abs(Y) + 2) / ((sympy.Abs(X) + 1) * (sympy.Abs(Y) + 1)))])
def test_equal_formulas_have_one_value(a, b):
    values = Values(POINTS)
    assert values(a) == values(b)


@pytest.mark.parametrize("a, b", [
    (sympy.Max(X, Y), Y), (sympy.Piecewise((X, X > 0), (Y, True)), sympy.Piecewise((X, X >= 0), (Y, True))),
    (sympy.sqrt(X ** 2), X), (sympy.Abs(X * Y), X * Y)])
def test_other_formulas_have_two(a, b):
    values = Values([{X: arb(2), Y: arb(3)}])  # where they agree
    assert values(a) != values(b)


def test_a_root_says_nothing_of_signs_where_its_case_does_not_hold():
    values = Values([{X: arb(2), Y: arb(3)}])
    values(sympy.Piecewise((sympy.sqrt(X), X > 0), (0, True)))
    assert values(sympy.Abs(X)) != values(X)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(-3, 3), min_size=6, max_size=6), st.lists(st.integers(-3, 3), min_size=6, max_size=6))
def test_identities_of_rational_functions(p, q):
    basis = [1, X, Y, X * Y, X ** 2, Y ** 2]
    f, g = (sum(c * m for c, m in zip(row, basis)) for row in (p, q))
    if g == 0:
        return
    assert is_zero(f / g - f * (X + Y + 1) / (g * (X + Y + 1)))
    assert is_zero(f / g - 1) == (sympy.expand(f - g) == 0)


def rewritten(draw, depth):
    """A random formula, and another that is equal, or is where no condition of a case is an equality."""
    if not depth:
        e = draw.choice([X, -X, Y, X - Y, X * Y, sympy.Integer(1)])
        return e, e
    (a, u), (b, v), (s, t) = rewritten(draw, depth - 1), rewritten(draw, depth - 1), rewritten(draw, 0)
    cases = sympy.Piecewise
    return draw.choice([
        lambda: (sympy.Max(a, b), -sympy.Min(-v, -u)), lambda: (sympy.Abs(a), sympy.Abs(-u)),
        lambda: ((a + b) * (a - b), u ** 2 - v ** 2),
        lambda: (cases((a, s > 0), (b, True)), cases((v, t <= 0), (u, True))),
        lambda: (cases((a, s > 0), (b, True)), cases((v, -t > 0), (u, True))),
        lambda: (cases((s * a, s > 0), (b * s, True)), cases((t * v, t < 0), (t * u, True)))])()


@settings(max_examples=60, deadline=None)
@given(st.randoms(use_true_random=False), st.integers(1, 3))
def test_what_is_proved_holds_where_conditions_are_equalities_too(draw, depth):
    a, b = map(sympy.sympify, rewritten(draw, depth))
    found = covariance(lambda values: ([values(a)], [values(b)]), POINTS[:1])
    if found == Verdict(True):
        grid = [{X: x, Y: y} for x in range(-2, 3) for y in range(-2, 3)]
        assert [a.subs(at) for at in grid] == [b.subs(at) for at in grid]


def test_a_tie_is_left_only_where_the_sides_differ():
    def question(at_zero):
        return lambda values: ([values(sympy.Piecewise((X * Y, X > 0), (at_zero, True)))],
                               [values(sympy.Piecewise((at_zero, -X > 0), (X * Y, True)))])
    assert covariance(question(X * Y ** 2), POINTS) == Verdict(True)  # both are 0 where X is
    assert covariance(question(Y), POINTS) == Verdict(True, (X,))
