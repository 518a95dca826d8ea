"""Automorphism groups of graphs: known orders, brute force, and every way to give a graph."""

from __future__ import annotations

import itertools
import sys
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import reptheory as rt
from reptheory import automorphism

nx = pytest.importorskip("networkx", reason="networkx, which torch brings, draws the graphs")
pytest.importorskip("bliss_bind", reason="bliss is in the extra: pip install intertwiner[graphs]")
NAMES = {name: getattr(rt, name) for name in rt.__all__}


def cayley(n: int, steps) -> nx.Graph:
    """The Cayley graph of Z_n for these steps."""
    return nx.Graph([(i, (i + s) % n) for i in range(n) for s in steps])


SHRIKHANDE = nx.Graph([((a, b), ((a + d) % 4, (b + e) % 4)) for a in range(4) for b in range(4)
                       for d, e in ((0, 1), (1, 0), (1, 1))])
ROOK = nx.line_graph(nx.complete_bipartite_graph(4, 4))
KNOWN = {
    "Petersen: S_5 (Holton and Sheehan, The Petersen graph, 1993)": (nx.petersen_graph(), 120),
    "cube: S_4 × C_2": (nx.cubical_graph(), 48),
    "Heawood: PGL(2, 7) (Coxeter 1950)": (nx.heawood_graph(), 336),
    "Paley 13: x ↦ ax + b, a a square: 13·6 (Carlitz 1960)": (cayley(13, {x * x % 13 for x in range(1, 13)}), 78),
    "4×4 rook: S_4 wr S_2, 2·24² (Brouwer and Van Maldeghem, Strongly regular graphs, 10.6)": (ROOK, 1152),
    "Shrikhande, with the same parameters (16, 6, 2, 2) (the same, 10.6)": (SHRIKHANDE, 192),
    "directed cycle": (nx.cycle_graph(7, create_using=nx.DiGraph), 7),
    "cycle": (nx.cycle_graph(7), 14),
    "complete": (nx.complete_graph(6), 720),
    "empty": (nx.empty_graph(4), 24),
    "Frucht, without symmetry (Frucht 1939)": (nx.frucht_graph(), 1),
    "5-cube: 2⁵·5!": (nx.hypercube_graph(5), 3840),
}


@pytest.mark.parametrize("name", KNOWN)
def test_known_orders(name):
    graph, order = KNOWN[name]
    group = rt.automorphisms(graph)
    assert group.order == order and group.degree == len(graph)
    assert eval(group.expression, dict(NAMES)) == group
    matrix = nx.to_numpy_array(graph, dtype=int)
    assert all((matrix[np.ix_(g, g)] == matrix).all() for g in group.images)


def test_strongly_regular_graphs_of_the_same_parameters_are_told_apart():
    for graph in (ROOK, SHRIKHANDE):
        matrix = nx.to_numpy_array(graph, dtype=int)
        assert (matrix @ matrix == 6 * np.eye(16) + 2 * matrix + 2 * (1 - matrix - np.eye(16))).all()


@st.composite
def labelled(draw):
    """A square matrix of labels on at most 5 vertices, symmetric or not, and colours or none."""
    n = draw(st.integers(1, 5))
    label = st.sampled_from([0, 0, 1, 1, 2, "a"])
    matrix = draw(st.lists(st.lists(label, min_size=n, max_size=n), min_size=n, max_size=n))
    if draw(st.booleans()):
        matrix = [[matrix[min(i, j)][max(i, j)] for j in range(n)] for i in range(n)]
    return matrix, draw(st.none() | st.lists(st.sampled_from(["red", "blue"]), min_size=n, max_size=n))


@given(labelled())
def test_automorphisms_are_what_brute_force_finds(drawn):
    matrix, colours = drawn
    n = len(matrix)
    keep = [g for g in itertools.permutations(range(n))
            if all(matrix[g[i]][g[j]] == matrix[i][j] for i in range(n) for j in range(n))
            and (colours is None or all(colours[g[i]] == colours[i] for i in range(n)))]
    group = rt.automorphisms(matrix, colours=colours)
    assert group.order == len(keep) and all(map(group.contains, keep))
    assert eval(group.expression, dict(NAMES)) == group


@given(labelled(), st.randoms())
def test_renumbering_the_vertices_conjugates_the_group(drawn, rng):
    matrix, _ = drawn
    n = len(matrix)
    g = list(range(n))
    rng.shuffle(g)
    moved = [[0] * n for _ in range(n)]
    for i, j in itertools.product(range(n), repeat=2):
        moved[g[i]][g[j]] = matrix[i][j]
    back = np.argsort(g)
    group, other = rt.automorphisms(matrix), rt.automorphisms(moved)
    assert other.order == group.order
    assert all(other.contains([g[h[k]] for k in back]) for h in group.images)


@given(labelled())
def test_an_edge_list_and_a_matrix_are_the_same_graph(drawn):
    matrix, colours = drawn
    n = len(matrix)
    edges = [(i, j, x) for i, row in enumerate(matrix) for j, x in enumerate(row) if x != 0]
    one, two = rt.automorphisms(matrix, colours=colours), rt.automorphisms(edges, n, colours=colours, directed=True)
    assert one.order == two.order and one.is_subgroup(two)


def test_weights_colours_loops_and_parallel_edges_count():
    square = [(0, 1), (1, 2), (2, 3), (3, 0)]
    assert rt.automorphisms(square, 4).order == 8
    assert rt.automorphisms(square, 4, directed=True).order == 4
    assert rt.automorphisms(square, 4, colours=[0, 1, 0, 1]).order == 4
    assert rt.automorphisms([*square, (0, 0)], 4).order == 2
    assert rt.automorphisms([*square, (0, 1)], 4).order == 2
    assert rt.automorphisms([(0, 1, 2), (1, 2, 3), (2, 3, 2), (3, 0, 3)], 4).order == 4
    weighted = nx.Graph()
    weighted.add_weighted_edges_from([(0, 1, 2), (1, 2, 3), (2, 3, 2), (3, 0, 3)])
    assert rt.automorphisms(weighted).order == 4
    assert rt.automorphisms(weighted, weight="none").order == 8
    nx.set_node_attributes(weighted, {0: "red"}, "paint")
    assert rt.automorphisms(weighted, weight="none", colours="paint").order == 2
    many = nx.MultiGraph([(0, 1), (0, 1), (1, 2), (2, 0)])
    assert rt.automorphisms(many).order == 2
    assert Counter(rt.automorphisms(many).images) == Counter([(1, 0, 2)])


def test_a_vertex_that_stays_is_a_point_all_the_same():
    star = rt.automorphisms([(3, 0), (3, 1), (3, 2)], 4)
    assert star.order == 6 and star.degree == 4 and star.natural.dim == 4
    assert rt.automorphisms([[0]]).degree == 1


def test_the_layers_of_a_network_of_nodes_follow_from_its_graph():
    G = rt.automorphisms(nx.petersen_graph())
    assert (G.natural >> G.natural).dim == 3  # rank 3: same, adjacent, not adjacent


@pytest.mark.parametrize("act, kind, message", [
    (lambda: rt.automorphisms([[0, 1]]), rt.NotAGraph, "no square adjacency matrix. Give a square matrix, or a l"),
    (lambda: rt.automorphisms([[0, 0.5], [0.5, 0]]), rt.NotExact, r"0.5 is a float, .*\"1/2\""),
    (lambda: rt.automorphisms([(0, 3)], 3), rt.NotAGraph, r"the edge \(0, 3\) has the end 3, and the vertices are 0…2"),
    (lambda: rt.automorphisms([(0,)], 3), rt.NotAGraph, r"\(0,\) is no edge. Write \(u, v\)"),
    (lambda: rt.automorphisms([], 0), rt.NotAGraph, "has 0 vertices"),
    (lambda: rt.automorphisms([], 10**9), rt.TooLarge, "1000000000 vertices and 0 arcs, and up to 100000"),
    (lambda: rt.automorphisms([(0, 1)], 2, colours=[1]), rt.NotAGraph, "2 vertices and 1 colours. Give one colour"),
    (lambda: rt.automorphisms([(0, 1, [])], 2), rt.NotAGraph, r"\[\] is no label"),
    (lambda: rt.automorphisms("petersen"), rt.NotAGraph, "'petersen' is no square adjacency matrix"),
])
def test_refusals(act, kind, message):
    with pytest.raises(kind, match=message):
        act()


def test_without_bliss_the_way_to_it_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "bliss_bind", None)
    with pytest.raises(ModuleNotFoundError, match=r"pip install 'intertwiner\[graphs\]'\.$"):
        rt.automorphisms([[0, 1], [1, 0]])


@pytest.mark.parametrize("found, size", [([(1, 0, 2)], 2.0), ([(0, 2, 1)], 4.0)])
def test_what_bliss_says_is_checked(monkeypatch, found, size):
    monkeypatch.setattr(automorphism, "_search", lambda graph: (found, size))
    with pytest.raises(ArithmeticError, match=r"bliss gave .*Report this graph to us"):
        rt.automorphisms([(0, 1), (0, 2)], 3)
