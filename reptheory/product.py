"""Direct, semidirect, wreath and central products."""
from __future__ import annotations

from math import factorial
from typing import Any

import numpy as np

from .check import NotARepresentation, homomorphism_check
from .element import Element, Word, parse_word
from .group import Group, TooLarge
from .homomorphism import Homomorphism
from .listing import components
from .monomial import Monomial
from .quotient import on_orbits
from .subgroup import text_of

POINTS = 100_000  # the most points of a central product


def direct(first: Group, second: Group) -> Group:
    """The direct product G × H on the disjoint union of their points; where generator names clash, all get a suffix.

    >>> import reptheory as rt
    >>> (rt.C(4) * rt.S(3)).names
    ('r1', 'r2', 's2')
    """
    one, two = _names(first, second)
    n, m = first.degree, second.degree
    images = tuple((*g, *range(n, n + m)) for g in first.images)
    images += tuple((*range(n), *(n + i for i in g)) for g in second.images)
    base = None if first.base is None or second.base is None else (*first.base, *(n + b for b in second.base))
    relators = None
    if first.relators is not None and second.relators is not None:
        k = len(first.names)
        relators = first.relators + tuple(tuple((i + k, e) for i, e in w) for w in second.relators) + tuple(
            ((i, 1), (j + k, 1), (i, -1), (j + k, -1)) for i in range(k) for j in range(len(second.names)))
    right = second.atom if " * " in second.expression else second.expression
    return Group((*one, *two), images, n + m, expression=f"{first.expression} * {right}",
                 known_order=first.order * second.order, base=base, relators=relators, factors=(first, second))


def _names(first: Group, second: Group) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Generator names of the two factors, with suffixes where they clash."""
    if not set(first.names) & set(second.names):
        return first.names, second.names
    return tuple(f"{n}1" for n in first.names), tuple(f"{n}2" for n in second.names)


def projections(group: Group) -> tuple[Homomorphism, ...]:
    """The projections of a direct product onto its factors, along which representations are pulled back.

    >>> import reptheory as rt
    >>> G = rt.C(4) * rt.S(3); G.factors[0].vector.pullback(G.projections[0]).dim
    2
    """
    if not group.factors:
        raise ValueError(f"{group.expression} was not made as a direct product G * H, so it has no projections. Use "
                         "rt.Homomorphism(source, target, images).")
    found, start = [], 0
    for k, factor in enumerate(group.factors):
        stop = start + len(factor.names)
        images = {n: factor.generators[i - start] if start <= i < stop else factor.identity
                  for i, n in enumerate(group.names)}
        found.append(Homomorphism.trusted(group, factor, images, f"{group.atom}.projections[{k}]"))
        start = stop
    return tuple(found)


def embeddings(group: Group) -> tuple[Homomorphism, ...]:
    """The embeddings of the factors into a direct product.

    >>> import reptheory as rt
    >>> G = rt.C(4) * rt.S(3); f = G.embeddings[1]; str(f("s")), (G.projections[1] @ f)("r*s").word
    ('s2', 'r*s')
    """
    if not group.factors:
        raise ValueError(f"{group.expression} was not made as a direct product G * H, so it has no factors to embed. "
                         "Use rt.Homomorphism(source, target, images).")
    found, start = [], 0
    for k, factor in enumerate(group.factors):
        images = {n: group.generators[start + i] for i, n in enumerate(factor.names)}
        found.append(Homomorphism.trusted(factor, group, images, f"{group.atom}.embeddings[{k}]"))
        start += len(factor.names)
    return tuple(found)


def semidirect(normal: Group, top: Group, action: dict[str, dict[str, Any]]) -> Group:
    """The semidirect product N ⋊ H, where h n h⁻¹ = φ_h(n) and action[h][n] is the word φ_h(n) in N.

    It permutes the elements of N by (n, h)·x = n φ_h(x), and the points of H. Raises ValueError when some φ_h is no
    automorphism, or h ↦ φ_h breaks a relation of H.

    >>> import reptheory as rt
    >>> rt.semidirect(rt.C(7), rt.C(3), {"r": {"r": "r^2"}}).order
    21
    """
    missing = [h for h in top.names if h not in action] + [h for h in action if h not in top.names]
    if missing:
        raise ValueError(f"action needs one entry for each generator of {top.expression} ({', '.join(top.names)}); "
                         f"check {', '.join(missing)}.")
    size, degree = normal.order, top.degree
    automorphisms = [_automorphism(normal, h, action[h]) for h in top.names]
    try:
        homomorphism_check(top, tuple(Monomial.of(p) for p in automorphisms))
    except NotARepresentation as error:
        raise ValueError(f"h ↦ φ_h is no action of {top.expression} on {normal.expression}: {error}") from None
    one, two = _names(normal, top)
    images = tuple((*map(int, normal.listing.left[i]), *range(size, size + degree)) for i in range(len(one)))
    images += tuple((*map(int, p), *(size + i for i in g)) for p, g in zip(automorphisms, top.images))
    base = None if top.base is None else (0, *(size + b for b in top.base))
    words = {h: {n: str(w) for n, w in action[h].items()} for h in top.names}
    text = f"semidirect({normal.expression}, {top.expression}, {words!r})"
    return Group((*one, *two), images, size + degree, expression=text, known_order=size * top.order, base=base)


def _automorphism(normal: Group, h: str, words: dict[str, Any]) -> np.ndarray:
    """The permutation of the listing of N by φ_h, built along the listing: φ(s·x) = φ(s) φ(x)."""
    unknown = [n for n in words if n not in normal.names]
    if unknown:
        raise ValueError(f"φ_{h} has an image for {', '.join(unknown)}, no generator of {normal.expression}. Give "
                         f"a word for each of {', '.join(normal.names)}.")
    absent = [n for n in normal.names if n not in words]
    if absent:
        raise ValueError(f"φ_{h} has no image for {', '.join(absent)}. Give a word for each of "
                         f"{', '.join(normal.names)}.")
    letters = [_word(normal, words[n]) for n in normal.names]
    listing = normal.listing
    table = np.zeros(listing.size, np.int64)
    lefts = [_left(normal, word) for word in letters]
    for i in range(1, listing.size):
        table[i] = lefts[listing.letter[i]][table[listing.parent[i]]]
    bad = len(np.unique(table)) < listing.size or any(
        (table[listing.left[s]] != lefts[s][table]).any() for s in range(len(letters)))
    if bad:
        raise ValueError(f"φ_{h} is no automorphism of {normal.expression}: the images "
                         f"{', '.join(f'{n} ↦ {words[n]}' for n in normal.names)} break a relation or are not onto. "
                         "Give the images of an automorphism.")
    return table


def _word(group: Group, value: Any) -> Word:
    return group.word(value) if isinstance(value, Element) else parse_word(str(value), group.names)


def _left(group: Group, word: Word) -> np.ndarray:
    """The numbers of w·h_i for all i."""
    here = np.arange(group.listing.size)
    for s, e in reversed(word):
        row = group.listing.left[s]
        here = row[here] if e > 0 else np.argsort(row)[here]
    return here


def wreath(group: Group, n: int) -> Group:
    """The wreath product G ≀ S_n = Gⁿ ⋊ S_n on n copies of the points of G: G moves the first copy, S_n the copies.

    >>> import reptheory as rt
    >>> rt.wreath(rt.C(2), 3).order
    48
    """
    from .named import S

    if not isinstance(n, int) or n < 1:
        raise ValueError(f"wreath({group.expression}, {n!r}): the number of copies is a positive integer.")
    top, d = S(n), group.degree
    one, two = _names(group, top)
    images = tuple((*g, *range(d, n * d)) for g in group.images)
    images += tuple(tuple(d * g[c] + i for c in range(n) for i in range(d)) for g in top.images)
    base = None if group.base is None else tuple(c * d + b for c in range(n) for b in (group.base or (0,)))
    return Group((*one, *two), images, n * d, expression=f"wreath({group.expression}, {n})",
                 known_order=group.order ** n * factorial(n), base=base)


def central_product(first: Group, second: Group, identify: dict[str, Any]) -> Group:
    """The central product G × H / {(z, θ(z)⁻¹)}, where θ: Z → W, z ↦ w is an isomorphism of central subgroups.

    `identify` gives θ on generators, words of G to words of H. The product permutes pairs of points of G and H, up to
    the pairs (z, θ(z)⁻¹); where Z or W has fixed points, the factor acts on itself instead. That is faithful: where
    (g·x, h·y) = (z·x, θ(z)⁻¹·y), z is known from x alone and from y alone, so it is the same for all pairs. Raises
    ValueError where θ is no such isomorphism, and TooLarge.

    >>> import reptheory as rt
    >>> G = central_product(rt.Q8(), rt.D(4), {"i^2": "r^2"}); G, G.center.order  # extraspecial, 2^(1+4)
    (central_product(Q8(), D(4), {'i^2': 'r^2'})  # order 32, 2)
    """
    if not identify:
        raise ValueError("central_product needs central elements to identify, {\"r^2\": \"r^2\"}. Without any it is "
                         "the direct product G * H.")
    left = [_central(first, z) for z in identify]
    right = [_central(second, w) for w in identify.values()]
    size = _isomorphic(first, second, left, right, identify)
    on_points = [_is_free(first, left, size), _is_free(second, right, size)]
    n, m = (group.degree if free else group.order for group, free in zip((first, second), on_points))
    if n * m > POINTS * size:
        raise TooLarge(f"the central product of {first.expression} and {second.expression} permutes {n * m // size} "
                       f"points, and up to {POINTS} are numbered. Give the factors on fewer points.")
    one, two = _moves(first, left, on_points[0]), _moves(second, right, on_points[1])
    grid = np.arange(n * m).reshape(n, m)
    k, l = len(first.names), len(second.names)
    moves = [_pairs(grid, g, np.arange(m)) for g in one[:k]] + [_pairs(grid, np.arange(n), h) for h in two[:l]]
    glue = [_pairs(grid, z, np.argsort(w)) for z, w in zip(one[k:], two[l:])]
    images = on_orbits(n * m, moves, glue)
    names = sum(_names(first, second), ())
    words = ", ".join(f"{text_of(z)}: {text_of(w)}" for z, w in identify.items())
    text = f"central_product({first.expression}, {second.expression}, {{{words}}})"
    return Group(names, images, len(images[0]), expression=text, known_order=first.order * second.order // size)


def _central(group: Group, value: Any) -> Element:
    """The element that a word names, once it commutes with the generators."""
    z = group.element(value)  # its own word is not asked for, which takes long in a large group
    other = next((n for n, g in zip(group.names, group.generators) if g * z != z * g), None)
    if other is not None:
        raise ValueError(f"{value} is not central in {group.expression}: {other}·{value} ≠ {value}·{other}. Identify "
                         "elements of G.center.")
    return z


def _isomorphic(first: Group, second: Group, left: list[Element], right: list[Element], given: dict[str, Any]) -> int:
    """The order of ⟨left⟩, once left ↦ right is an isomorphism onto ⟨right⟩; `given` is how they were written."""
    for (z, w), a, b in zip(given.items(), left, right):
        if a.order != b.order:
            raise ValueError(f"{z} has order {a.order} in {first.expression}, and {w} has order {b.order} in "
                             f"{second.expression}. Identify elements of one order.")
    names = tuple(f"z{i + 1}" for i in range(len(left)))
    source, target = (Group(names, tuple(z.images for z in some), group.degree, expression="Z")
                      for group, some in ((first, left), (second, right)))
    try:
        homomorphism_check(source, tuple(Monomial.of(w.images) for w in right))
    except NotARepresentation as error:
        fact = str(error).splitlines()[0].replace("these matrices give", "the images do not satisfy it")
    else:
        if source.order == target.order:
            return source.order
        fact = f"{source.order // target.order} elements go to 1"
    pairs = ", ".join(f"{z} ↦ {w}" for z, w in given.items())
    raise ValueError(f"{pairs} is no isomorphism of central subgroups: {fact}. Identify generators of isomorphic "
                     "subgroups.")


def _is_free(group: Group, central: list[Element], size: int) -> bool:
    """Whether only 1 of the central subgroup of this order fixes a point: all its orbits are of this size."""
    orbits = np.unique(components(group.degree, [np.array(z.images) for z in central]), return_counts=True)[1]
    return bool((orbits == size).all())


def _moves(group: Group, central: list[Element], on_points: bool) -> list[np.ndarray]:
    """How the generators and these elements move the points, or the elements of the group."""
    moving = (*group.generators, *central)
    return [np.array(g.images) if on_points else _left(group, group.word(g)) for g in moving]


def _pairs(grid: np.ndarray, g: np.ndarray, h: np.ndarray) -> np.ndarray:
    """(x, y) ↦ (g·x, h·y) on the numbers of pairs."""
    return grid[np.ix_(g, h)].ravel()
