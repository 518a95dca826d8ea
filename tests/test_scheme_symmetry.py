"""Symmetries of schemes: known dimensions, and each kept field checked on finite transformations of exact data."""
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Rational

import pdeconv as pde
from pdeconv import System, catalog
from pdeconv.certified import Certified, NotCertified, kernel
from pdeconv.equivariance import _offsets, _step
from pdeconv.scheme import RATIO
from pdeconv.tangent import Tangents, weighted

MOTIONS = ("translation of t", "translation of x", "dilation", "scaling of t")


@pytest.mark.parametrize("name", ["upwind", "lax-friedrichs", "maccormack", "rusanov", "lax-wendroff"])
def test_burgers_keeps_translations_and_two_scalings_and_loses_the_boost(name):
    scheme = catalog.burgers().scheme(name)
    kept = scheme.symmetries()
    assert kept.names == MOTIONS
    lost = {x.name: x for x in kept.lost}
    assert "moves cells" in lost["Galilean boost along x"].reason
    assert lost["Galilean boost along x"].witness == kept.variables[0]
    moving = scheme.symmetries(moving=True)
    assert set(moving.names) == {*MOTIONS, "Galilean boost along x"}
    assert kept.dim + len(kept.lost) == moving.dim + len(moving.lost) == catalog.burgers().symmetries(1).dim


def test_weights_of_shallow_water():
    kept = catalog.shallow_water(ndim=1).scheme("lax-friedrichs").symmetries()
    field = kept.in_state[kept.names.index("scaling of t")]
    h, m = field.variables[2:]
    assert [sympy.diff(field.components[2], h), sympy.diff(field.components[3], m)] == [-2, -3]


@settings(max_examples=10, deadline=None)
@given(st.sampled_from(["upwind", "rusanov", "lax-friedrichs", "maccormack", "lax-wendroff"]),
       st.lists(st.fractions(-3, 3, max_denominator=5), min_size=3, max_size=3), st.fractions(Rational(1, 3), 3))
def test_scaled_data_take_scaled_steps(name, values, factor):  # t ↦ t/a, u ↦ a u: exp of the kept field −∂_t t + u ∂_u
    scheme, r, a = catalog.burgers().scheme(name), Rational(1, 3), Rational(factor)
    assert "scaling of t" in scheme.symmetries().names
    cells = {k: (Rational(v),) for k, v in zip([(-1,), (0,), (1,)], values)}
    cells = {k: cells[k] for k in _offsets(scheme)}
    (plain,) = _step(scheme, cells)
    (scaled,) = _step(scheme, {k: (a * v,) for k, (v,) in cells.items()})
    assert sympy.simplify(scaled.subs(RATIO, r / a) / a - a * plain.subs(RATIO, r)) == 0


def test_limiters_on_components_lose_what_mixes_components():
    names = {on: catalog.wave().scheme("muscl", on=on).symmetries().names for on in ("components", "characteristics")}
    assert "internal" in names["characteristics"] and "internal" not in names["components"]
    assert "internal" in catalog.wave().scheme("upwind").symmetries().names
    water = catalog.shallow_water(ndim=1)
    found = water.scheme("muscl").symmetries(moving=True)
    assert [x.name for x in found.lost] == ["Galilean boost along x"] and found.lost[0].witness != 0
    assert not water.scheme("rusanov").symmetries(moving=True).lost
    assert not water.scheme("muscl", on="primitive").symmetries(moving=True).lost


def test_small_numbers_in_weights_break_scalings():
    found = catalog.burgers().scheme("weno5").symmetries()
    assert found.names == MOTIONS[:3] and found.lost[0].name == "scaling of t"


def test_linear_schemes_and_sources():
    maxwell = catalog.maxwell("tm").scheme("yee").symmetries()
    assert [x.name for x in maxwell.lost] == ["rotation of x, y"]
    damped = System({"x": ["u**2/2"]}, ["u"], source=["-k*u"]).scheme("rusanov").symmetries()
    assert damped.names == ("translation of t", "translation of x", "scaling of x")
    kept = catalog.advection().at(a_x=1).scheme("quickest", courant="1/2").symmetries(2)
    assert {"superposition 1", "scaling"} <= set(kept.names)


def test_messages():
    with pytest.raises(pde.Undecided, match=r"stages.*degree=1"):
        catalog.advection().scheme("muscl").symmetries(2)
    with pytest.raises(KeyError, match="no symmetry"):
        catalog.burgers().scheme("upwind").symmetries()["Galilean boost along x"]
    assert "# lost: t*∂_x moves cells" in repr(catalog.burgers().scheme("upwind").symmetries())


def test_tangents_by_homogeneity_and_by_cases():
    u, v = sympy.symbols("u v", real=True)
    scaled = Tangents({u: weighted(u, sympy.S.One), v: weighted(v, sympy.S.One)})
    assert scaled(sympy.sqrt(u ** 2 + v ** 2) * sympy.Max(sympy.Abs(u), 2 * v)).weight == 2
    shifted = Tangents({u: weighted(u, sympy.S.Zero, sympy.S.One), v: weighted(v, sympy.S.Zero, sympy.S.One)})
    assert shifted(sympy.Max(u, v) - sympy.Min(u, v)).value == 0
    mixed = Tangents({u: weighted(u, sympy.S.One), v: weighted(v, sympy.Integer(2))})(sympy.Max(u, v))
    read = Certified([mixed.value])
    values = [read({u: sympy.Integer(a), v: sympy.Integer(b)})[0] for a, b in ((3, 1), (1, 3))]
    assert values[0] == 3 and values[1] == 6
    with pytest.raises(NotCertified, match="told apart"):
        read({u: sympy.Integer(1), v: sympy.Integer(1)})


@settings(max_examples=20, deadline=None)
@given(st.lists(st.lists(st.integers(-2, 2), min_size=3, max_size=3), min_size=1, max_size=4))
def test_kernel(rows):
    from flint import arb
    rank, found = kernel([[arb(x) for x in row] for row in rows], 3)
    assert rank == sympy.Matrix(rows).rank() and len(found) == 3 - rank
    assert all(sum(x * c for x, c in zip(row, vector)) == 0 for row in rows for vector in found)
