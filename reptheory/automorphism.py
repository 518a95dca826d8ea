"""Automorphism groups of graphs, found by bliss and checked here, edge by edge."""
from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import isclose
from typing import Any

import numpy as np

from .exact import NotExact, float_message, shown
from .group import Group, TooLarge
from .subgroup import printed

VERTICES, ARCS = 100_000, 10_000_000  # the most that are read
COMPARED, SMALL = 32, 20_000  # on so many vertices, or for orders so small, bliss's order is compared with ours


class NotAGraph(ValueError):
    """What is no graph: an adjacency matrix that is not square, or an edge to a vertex that is not there."""


@dataclass(frozen=True, eq=False)
class _Graph:
    """Vertices 0…n−1 with colours, and the label of each arc."""

    colours: tuple[Hashable, ...]
    arcs: Mapping[tuple[int, int], Hashable]

    @property
    def is_directed(self) -> bool:
        """Whether some arc has no twin u ← v of its label."""
        return any(self.arcs.get((v, u)) != label or (v, u) not in self.arcs for (u, v), label in self.arcs.items())

    def keeps(self, g: Sequence[int]) -> bool:
        """Whether a permutation of the vertices takes colours to colours and arcs to arcs of their labels."""
        return (all(self.colours[i] == c for i, c in zip(g, self.colours))
                and {(g[u], g[v]): label for (u, v), label in self.arcs.items()} == self.arcs)


def automorphisms(graph: Any, n: int | None = None, *, colours: Any = None, directed: bool = False,
                  weight: str = "weight") -> Group:
    """The group Aut(Γ) = {g : label(gu, gv) = label(u, v), colour(gv) = colour(v)} of permutations of the vertices.

    The graph is an adjacency matrix, whose entries are labels and 0 stands for no edge; or a list of edges (u, v) or
    (u, v, label) on n vertices; or a networkx graph, its vertices numbered in order and labelled by the attribute
    `weight`. `colours` is one colour for each vertex, or the name of a networkx attribute. Loops and parallel edges
    count.

    The generators come from bliss (T. Junttila and P. Kaski, Engineering an efficient canonical labeling tool for large
    and sparse graphs, ALENEX 2007) and each is checked exactly; that they are all rests on bliss, whose order is
    compared with theirs up to 32 vertices or order 20 000. NotAGraph, NotExact for floats, TooLarge past 10⁵
    vertices or 10⁷ arcs.

    >>> automorphisms([[0, 1, 0], [1, 0, 1], [0, 1, 0]])
    group(a='(0 2)')  # order 2
    >>> automorphisms([(k, (k + 1) % 5) for k in range(5)], 5, directed=True).order
    5
    """
    read = _read(graph, n, colours, directed, weight)
    found, size = _search(read)
    if not all(map(read.keeps, found)):
        raise ArithmeticError("bliss gave a permutation that is no automorphism. Report this graph to us.")
    images = tuple(dict.fromkeys(found)) or (tuple(range(len(read.colours))),)
    names = ("a",) if len(images) == 1 else tuple(f"a{k + 1}" for k in range(len(images)))
    group = Group(names, images, len(read.colours), expression=printed(names, images))
    if (len(read.colours) <= COMPARED or size <= SMALL) and not isclose(group.order, size, rel_tol=1e-9):
        raise ArithmeticError(f"bliss gave generators of a group of order {group.order}, but states {size:g}. Report "
                              "this graph to us.")
    return group


def _search(graph: _Graph) -> tuple[list[tuple[int, ...]], float]:
    """Generators of the automorphism group and its order, by bliss, which knows colours of vertices and none of edges.

    The k-th label stands on the layers of the binary digits of k, each a copy of the vertices, joined by paths:
    B. McKay and A. Piperno, nauty and Traces user's guide, "edge colours".
    """
    try:
        from bliss_bind import Digraph, Graph
    except ImportError:
        raise ModuleNotFoundError("automorphisms of graphs are found by bliss, which is not installed. Run pip install "
                                  "'intertwiner[graphs]'.") from None
    n, loops = len(graph.colours), {u: label for (u, v), label in graph.arcs.items() if u == v}
    numbers: dict[Hashable, int] = {}
    for (u, v), label in graph.arcs.items():
        if u != v:
            numbers.setdefault(label, len(numbers) + 1)
    layers = max(1, len(numbers).bit_length())
    directed = graph.is_directed
    net, kinds = (Digraph if directed else Graph)(), dict[Hashable, int]()
    for layer in range(layers):
        for v in range(n):
            net.add_vertex(kinds.setdefault((layer, graph.colours[v], v in loops, loops.get(v)), len(kinds)))
    for layer in range(1, layers):
        for v in range(n):
            net.add_edge((layer - 1) * n + v, layer * n + v)
    for (u, v), label in graph.arcs.items():
        if u < v or (directed and u != v):
            for layer in range(layers):
                if numbers[label] >> layer & 1:
                    net.add_edge(layer * n + u, layer * n + v)
    found: list[tuple[int, ...]] = []
    stats = net.find_automorphisms(lambda g: found.append(tuple(g[:n])))
    return found, stats.get_group_size_approx()


# Reading -------------------------------------------------------------------------------------------------------------
def _read(graph: Any, n: int | None, colours: Any, directed: bool, weight: str) -> _Graph:
    if hasattr(graph, "nodes") and hasattr(graph, "edges") and hasattr(graph, "is_directed"):
        nodes = list(graph.nodes)
        number = {node: k for k, node in enumerate(nodes)}
        edges = [(number[u], number[v], data.get(weight)) for u, v, data in graph.edges(data=True)]
        if isinstance(colours, str):
            colours = [graph.nodes[node].get(colours) for node in nodes]
        return _joined(len(nodes), edges, colours, graph.is_directed())
    if n is not None:
        return _joined(n, [_edge(e) for e in graph], colours, directed)
    rows = graph.tolist() if hasattr(graph, "tolist") else graph
    if not isinstance(rows, Sequence) or isinstance(rows, str) or not all(
            isinstance(row, Sequence) and not isinstance(row, str) and len(row) == len(rows) for row in rows):
        raise NotAGraph(f"{shown(rows)} is no square adjacency matrix. Give a square matrix, or a list of edges and "
                        "the number of vertices: automorphisms([(0, 1), (1, 2)], 3).")
    _bounded(len(rows), len(rows) ** 2)
    arcs = {(u, v): _label(x) for u, row in enumerate(rows) for v, x in enumerate(row) if not _is_zero(x)}
    return _Graph(_coloured(len(rows), colours), arcs)


def _edge(edge: Any) -> tuple[Any, ...]:
    if not isinstance(edge, (tuple, list)) or len(edge) not in (2, 3):
        raise NotAGraph(f"{shown(edge)} is no edge. Write (u, v), or (u, v, label).")
    return (*edge, None)[:3]


def _joined(n: int, edges: Sequence[tuple[Any, ...]], colours: Any, directed: bool) -> _Graph:
    """The graph with these edges; parallel ones make one arc, labelled by how often each label occurs."""
    _bounded(n, len(edges) * (1 if directed else 2))
    bundles: dict[tuple[int, int], dict[Hashable, int]] = {}
    for u, v, label in edges:
        for end in (u, v):
            if isinstance(end, bool) or not isinstance(end, (int, np.integer)) or not 0 <= end < n:
                raise NotAGraph(f"the edge {shown((u, v))} has the end {shown(end)}, and the vertices are 0…{n - 1}. "
                                "Number them 0, 1, 2, …, and give more of them if need be.")
        for arc in {(int(u), int(v))} if directed else {(int(u), int(v)), (int(v), int(u))}:
            bundle = bundles.setdefault(arc, {})
            bundle[_label(label)] = bundle.get(_label(label), 0) + 1
    return _Graph(_coloured(n, colours), {arc: frozenset(bundle.items()) for arc, bundle in bundles.items()})


def _bounded(n: Any, arcs: int) -> None:
    if isinstance(n, bool) or not isinstance(n, (int, np.integer)) or n < 1:
        raise NotAGraph(f"the graph has {shown(n)} vertices. Give a graph with at least one.")
    if n > VERTICES or arcs > ARCS:
        raise TooLarge(f"the graph has {n} vertices and {arcs} arcs, and up to {VERTICES} and {ARCS} are read. Take a "
                       "smaller graph.")


def _coloured(n: int, colours: Iterable[Any] | None) -> tuple[Hashable, ...]:
    found = (None,) * n if colours is None else tuple(map(_label, colours))
    if len(found) != n:
        raise NotAGraph(f"there are {n} vertices and {len(found)} colours. Give one colour for each vertex.")
    return found


def _label(x: Any) -> Hashable:
    """A label or colour, which is compared and nothing else; NotExact for floats, which two roads may round apart."""
    if isinstance(x, (float, complex, np.inexact)):
        raise NotExact(float_message(x))
    if not isinstance(x, Hashable):
        raise NotAGraph(f"{shown(x)} is no label, as it cannot be compared by value. Use numbers, text or tuples.")
    return x


def _is_zero(x: Any) -> bool:
    return not isinstance(x, str) and _label(x) == 0
