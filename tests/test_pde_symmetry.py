"""Symmetry algebras: known dimensions, brackets, and each field checked by an independent prolongation."""
import random

import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import QQ, Rational

import pdeconv as pde
import reptheory as rt
from pdeconv import System, VectorField, catalog
from pdeconv.prolongation import determining_equations, null_space
from pdeconv.special_value import pivot_factors

CROSS = System(x=[[0, "-u_3", "u_2"], ["u_3", 0, "-u_1"], ["-u_2", "u_1", 0]])


def cayley_dickson(levels: int) -> list[list[list[int]]]:
    """The products e_a e_b of R, C, H, O …: (a, b)(c, d) = (ac − d* b, da + b c*)."""
    if levels == 0:
        return [[[1]]]
    small, n = cayley_dickson(levels - 1), 2 ** (levels - 1)

    def conj(v):
        return [v[0], *(-x for x in v[1:])]

    def times(v, w):
        return [sum(v[i] * w[j] * small[i][j][k] for i in range(n) for j in range(n)) for k in range(n)]

    def product(v, w):
        a, b, c, d = v[:n], v[n:], w[:n], w[n:]
        left = [x - y for x, y in zip(times(a, c), times(conj(d), b))]
        return left + [x + y for x, y in zip(times(d, a), times(b, conj(c)))]
    basis = [[int(i == j) for j in range(2 * n)] for i in range(2 * n)]
    return [[product(v, w) for w in basis] for v in basis]


def multiplication(table: list) -> System:
    """u_t + u ∘ u_x = 0."""
    n = len(table)
    return System(x=[[sum((table[a][b][c] * sympy.Symbol(f"u_{a + 1}", real=True) for a in range(n)), sympy.S.Zero)
                      for b in range(n)] for c in range(n)])


def residual(field: VectorField, system: System, seed: int = 0) -> list:
    """pr X (u_t + Σ A_j u_j − s) on the solution manifold at a random rational point, from formal total derivatives."""
    rng = random.Random(seed)
    equations = determining_equations(system, state=not (set(field.variables) >= set(system.primitive_symbols)))
    n, width = len(equations.unknowns), system.ndim + 1
    u = equations.unknowns
    jets = [[sympy.Symbol(f"J{k}{m}") for k in range(n)] for m in range(width)]

    def total(f, m):
        return sympy.diff(f, field.variables[m]) + sum(jets[m][k] * sympy.diff(f, u[k]) for k in range(n))
    ξ, φ = field.components[:width], field.components[width:]
    first = [[total(φ[k], m) - sum(jets[v][k] * total(ξ[v], m) for v in range(width)) for k in range(n)]
             for m in range(width)]
    law = [jets[0][i] + sum(equations.matrices[j][i, k] * jets[j + 1][k] for j in range(width - 1) for k in range(n))
           - equations.source[i] for i in range(n)]
    value = [sum(φ[k] * sympy.diff(e, u[k]) for k in range(n))
             + sum(first[m][k] * sympy.diff(e, jets[m][k]) for m in range(width) for k in range(n)) for e in law]
    at = {s: Rational(rng.randint(1, 9), rng.randint(1, 9))
          for s in [*field.variables, *equations.parameters, *(s for row in jets[1:] for s in row)]}
    for k in range(n):
        at[jets[0][k]] = (jets[0][k] - law[k]).subs(at)
    return [sympy.simplify(v.subs(at)) for v in value]


@pytest.mark.parametrize("system, degree, dim", [
    (catalog.shallow_water(ndim=2), 2, 9),           # Bila, Mansfield, Clarkson, Quart. J. Mech. Appl. Math. 59 (2006)
    (catalog.euler(ndim=2), 2, 9),                   # Ovsiannikov, Group analysis of differential equations, 1982
    (catalog.euler(ndim=2).at(gamma=2), 2, 10),      # γ = (d + 2)/d: the projective field
    (catalog.euler(), 2, 6), (catalog.euler().at(gamma=3), 2, 7),
    (catalog.shallow_water(ndim=1), 1, 5),
], ids=lambda x: str(x)[:30])
def test_point_symmetries(system, degree, dim):
    found = system.symmetries(degree)
    assert found.dim == len(found.basis) == dim
    assert all(residual(field, system) == [0] * system.size for field in found)
    assert len(found.structure) == dim
    assert all(found.structure[a][b] == tuple(-c for c in found.structure[b][a]) for a in range(dim) for b in range(a))


def test_special_values_of_parameters():  # γ = (d + 2)/d: Ovsiannikov, 1982
    assert [(v.value, v.dim) for v in catalog.euler().symmetries().special_values()] == [(3, 7)]
    assert catalog.shallow_water(ndim=1).symmetries(1).special_values() == ()
    system = System({"x": ["a*u + b*v", "b*u + a*v"]}, ["u", "v"])  # A = a + b S is scalar where b = 0
    found = pde.linear_symmetries(system)
    special = {(v.parameter.name, v.value): v.dim for v in found.special_values()}
    assert special == {("b", 0): pde.linear_symmetries(system.at(b=0)).dim}


@settings(max_examples=30, deadline=None)
@given(st.lists(st.lists(st.sampled_from(["0", "1", "a", "a-1", "a+2", "a**2-1"]), min_size=3, max_size=3), min_size=1,
                max_size=4))
def test_ranks_fall_only_where_pivots_vanish(texts):
    a = sympy.Symbol("a")
    field = QQ.frac_field(a)
    table = sympy.Matrix([[sympy.sympify(e) for e in row] for row in texts])
    rows = [{j: c for j, e in enumerate(row) if (c := field.from_sympy(e))} for row in table.tolist()]
    found = pivot_factors(rows)
    generic = table.rank()
    for value in range(-3, 4):
        if table.subs(a, value).rank() < generic:
            assert any(f.subs(a, value) == 0 for f in found)


def test_a_field_that_is_no_symmetry_leaves_a_residual():
    system = catalog.shallow_water(ndim=2)
    boost = system.symmetries(1)["Galilean boost along x"]
    wrong = VectorField(boost.variables, (*boost.components[:3], boost.components[3] + 1, *boost.components[4:]))
    assert residual(boost, system) == [0] * 3 and residual(wrong, system) != [0] * 3
    assert boost in system.symmetries(1) and wrong not in system.symmetries(1)


@pytest.mark.parametrize("system, dim", [
    (catalog.maxwell(), 6),  # the evolution equations: scale, duality, so(3), dilation
    (catalog.acoustics(ndim=2), 3), (catalog.elasticity(), 3), (catalog.shallow_water(ndim=2), 5),
], ids=str)
def test_linear_maps(system, dim):
    found = pde.linear_symmetries(system)
    assert found.dim == dim
    assert all(residual(field, system, 1) == [0] * system.size for field in found)
    assert len(found.structure) == dim


@pytest.mark.parametrize("system, dim", [
    (CROSS, 3), (multiplication(cayley_dickson(2)), 3), (multiplication(cayley_dickson(3)), 14),
    (System(x=[["u_1", "u_2"], ["u_2", "-u_1"]]), 0),
], ids=["cross product", "quaternions", "octonions", "generic"])
def test_derivations_of_algebras(system, dim):  # Der(H) = so(3), Der(O) = g2: Schafer, Nonassociative algebras, III.8
    found = pde.linear_symmetries(system, space=False)
    assert found.dim == dim
    if dim:
        assert found.algebra.derived.shape[0] == dim and found.algebra.centre.shape[0] == 0
        assert pde.linear_symmetries(system).dim > dim


def test_galilean_algebra():
    found = catalog.burgers().symmetries(1)
    assert found.names[:5] == ("translation of t", "translation of x", "Galilean boost along x", "dilation",
                               "scaling of t")
    t, x, boost = (found[name] for name in found.names[:3])
    assert t.bracket(boost).components == x.components
    assert str(boost) == "t*∂_x + ∂_u" and r"\partial_{x}" in found.latex()
    row = found.coordinates(t.bracket(boost))
    assert row == (0, 1, *[0] * (found.dim - 2))


@settings(max_examples=5, deadline=None)
@given(st.lists(st.integers(-3, 3), min_size=4, max_size=4).filter(lambda m: m[0] * m[3] != m[1] * m[2]))
def test_the_dimension_does_not_depend_on_the_unknowns(entries):
    T = sympy.Matrix(2, 2, entries)
    system = catalog.p_system()
    v, w = sympy.symbols("a b", real=True)
    old = T.inv() * sympy.Matrix([v, w])
    flux = T * sympy.Matrix(system.flux("x")).subs(dict(zip(system.state, old)), simultaneous=True)
    changed = System({"x": [sympy.together(f) for f in flux]}, ["a", "b"])
    assert changed.symmetries(1).dim == System({"x": system.flux("x")}, system.names).symmetries(1).dim


@settings(max_examples=30, deadline=None)
@given(st.lists(st.lists(st.integers(-2, 2), min_size=4, max_size=4), min_size=1, max_size=5))
def test_null_space(rows):
    found = null_space([{j: QQ(c) for j, c in enumerate(row) if c} for row in rows if any(row)] or [{}], 4, QQ)
    assert len(found) == 4 - sympy.Matrix(rows).rank()
    assert all(sum(row[j] * c for j, c in x.items()) == 0 for row in rows for x in found)


D4 = rt.D(4)


@pytest.mark.parametrize("system, expected", [
    (catalog.acoustics(ndim=2), D4.trivial + D4.vector), (catalog.shallow_water(ndim=2), D4.trivial + D4.vector),
    (catalog.euler(ndim=2), D4.trivial + D4.vector + D4.trivial),
    # stress is a symmetric tensor; H in the plane is an axial vector
    (catalog.elasticity(), D4.vector.sym(2) + D4.vector), (catalog.maxwell("tm"), D4.trivial + D4.vector),
], ids=str)
def test_lattice_symmetry(system, expected):
    V = system.lattice_symmetry(D4)
    assert V.character == expected.character


def test_stencils_lie_in_hom_of_the_lattice_symmetry():
    system = catalog.wave(ndim=2).at(c=2)
    V, scheme = system.lattice_symmetry(D4), system.scheme("rusanov", courant="1/4")
    assert scheme.stencil in rt.Hom(V, V, on=rt.grid(3)) and scheme.is_equivariant(D4, V)
    assert not scheme.is_equivariant(D4, D4.trivial * 3)
    water = catalog.shallow_water(ndim=2)
    assert water.scheme("rusanov").is_equivariant(D4, water.lattice_symmetry(D4))


def test_limited_updates_commute_with_the_square():
    system = catalog.wave(ndim=2).at(c=2)
    scheme = system.scheme("muscl")
    assert scheme.is_equivariant(D4, system.lattice_symmetry(D4))
    assert not scheme.is_equivariant(D4, D4.trivial * 3)


def test_maxwell_in_space_has_a_polar_and_an_axial_field():
    G = rt.octahedral(full=True)
    V = catalog.maxwell().lattice_symmetry(G)
    assert V.character == (G.vector + G.vector.alt(2)).character


def test_what_has_no_lattice_symmetry():
    with pytest.raises(pde.NotSymmetric, match="makes the generator r of D"):
        catalog.burgers(ndim=2).lattice_symmetry(D4)
    with pytest.raises(ValueError, match="a representation on the axes"):
        catalog.euler(ndim=3).lattice_symmetry(D4)
    G = rt.S(2)
    V = catalog.wave().lattice_symmetry(G, space=G.sign)  # x ↦ −x turns v around
    assert V.character == (G.trivial + G.sign).character


def test_messages():
    with pytest.raises(pde.NotRational, match=r"not a rational function.*primitive="):
        System({"x": ["sqrt(u)"]}, ["u"]).symmetries()
    with pytest.raises(pde.TooManyUnknowns, match="at most 20000"):
        catalog.euler(ndim=3).symmetries(9)
    with pytest.raises(ValueError, match="no degree of polynomials"):
        catalog.burgers().symmetries(-1)
    with pytest.raises(pde.NotClosed, match="infinite dimension"):
        catalog.burgers().symmetries(2).structure  # noqa: B018
    with pytest.raises(KeyError, match="translation of t"):
        catalog.traffic().symmetries(1)["rotation"]
