"""Groups of matrices over GF(p), on vectors, lines and affine space."""

from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction
from itertools import product
from math import gcd, prod

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import reptheory as rt
from reptheory.matrix import Matrix

NAMES = {name: getattr(rt, name) for name in rt.__all__}
small_primes = st.sampled_from([2, 3, 5, 7])


def listed(group: rt.Group) -> int:
    """The order, found without the formula and without the base that the source states."""
    return replace(group, known_order=None, base=None).order


def shape(group: rt.Group) -> list[tuple[int, int]]:
    """Orders and sizes of the classes, equal for isomorphic groups."""
    return sorted((c.order, c.size) for c in group.classes)


@pytest.mark.parametrize("n, p", [(1, 2), (1, 7), (2, 2), (2, 3), (2, 5), (2, 7), (2, 11), (3, 2), (3, 3), (4, 2),
                                  (4, 3), (5, 2)])
def test_orders_of_linear_groups(n, p):
    general = prod(p**n - p**i for i in range(n))  # ordered bases
    special = general // (p - 1)
    wanted = {rt.GL: general, rt.SL: special, rt.PGL: special, rt.PSL: special // gcd(n, p - 1),
              rt.AGL: p**n * general, rt.unitriangular: p ** (n * (n - 1) // 2)}
    for make, order in wanted.items():
        group = make(n, q=p)
        assert group.order == order == listed(group)
        assert eval(repr(group), dict(NAMES)) == group
        if order < 3000:
            assert group.listing.size == order  # the stated base tells the elements apart
    assert rt.SL(n, q=p).is_subgroup(rt.GL(n, q=p)) and rt.PSL(n, q=p).is_subgroup(rt.PGL(n, q=p))


@pytest.mark.parametrize("group, classes", [  # Dornhoff, Group Representation Theory A, §38; Steinberg (1951)
    (rt.SL(2, q=5), 9), (rt.SL(2, q=7), 11), (rt.GL(2, q=3), 8), (rt.GL(2, q=5), 24), (rt.PSL(2, q=5), 5),
    (rt.PSL(2, q=7), 6), (rt.PSL(2, q=11), 8), (rt.PGL(2, q=7), 9), (rt.GL(3, q=3), 24), (rt.SL(3, q=3), 12),
    (rt.GL(4, q=2), 14), (rt.unitriangular(3, q=5), 29), (rt.AGL(1, q=7), 7),
], ids=lambda value: getattr(value, "expression", ""))
def test_class_numbers_of_linear_groups(group, classes):
    assert len(group.classes) == classes


@pytest.mark.parametrize("one, two", [  # R. A. Wilson, The Finite Simple Groups (2009), chapter 3
    (rt.PSL(2, q=7), rt.GL(3, q=2)), (rt.PSL(2, q=2), rt.S(3)), (rt.PSL(2, q=3), rt.A(4)), (rt.PSL(2, q=5), rt.A(5)),
    (rt.PGL(2, q=3), rt.S(4)), (rt.PGL(2, q=5), rt.S(5)), (rt.GL(4, q=2), rt.A(8)), (rt.AGL(2, q=2), rt.S(4)),
    (rt.AGL(1, q=5), rt.semidirect(rt.C(5), rt.C(4), {"r": {"r": "r^2"}})),
    (rt.SL(2, q=3), rt.semidirect(rt.Q8(), rt.C(3), {"r": {"i": "j", "j": "i*j"}})),  # the binary tetrahedral group
    (rt.SL(2, q=5), rt.presentation("s t", "s^3 = t^5, t^5 = (s*t)^2")),              # the binary icosahedral group
    (rt.unitriangular(3, q=2), rt.D(4)), (rt.wallpaper("p6m"), rt.D(6)), (rt.point_group("Td"), rt.S(4)),
    (rt.hyperoctahedral(2), rt.D(4)), (rt.hyperoctahedral(3), rt.octahedral(full=True)),
    (rt.hyperoctahedral(4), rt.wreath(rt.C(2), 4)), (rt.point_group("T"), rt.tetrahedral()),
    (rt.frobenius(7, 3), rt.semidirect(rt.C(7), rt.C(3), {"r": {"r": "r^2"}})), (rt.frobenius(7, 6), rt.AGL(1, q=7)),
], ids=lambda group: group.expression)
def test_exceptional_isomorphisms(one, two):
    assert shape(one) == shape(two)


@given(small_primes.filter(lambda p: p < 7), st.data())
def test_matrices_act_on_vectors_as_they_multiply(p, data):
    entry = st.integers(-p, 2 * p)
    matrices = data.draw(st.lists(st.tuples(*[st.lists(entry, min_size=2, max_size=2)] * 2).filter(
        lambda m: (m[0][0] * m[1][1] - m[0][1] * m[1][0]) % p), min_size=1, max_size=2))
    group = rt.matrix_group(p, **{f"g{k}": list(m) for k, m in enumerate(matrices)})
    vectors = [v for v in product(range(p), repeat=2) if any(v)]
    assert group.degree == len(vectors)
    for g, m in zip(group.generators, matrices):
        for i, v in enumerate(vectors):
            assert vectors[g(i)] == tuple(sum(x * y for x, y in zip(row, v)) % p for row in m)
    assert eval(repr(group), dict(NAMES)) == group and rt.read(repr(group)) == group
    assert rt.GL(2, q=p).order % group.order == 0 and group.is_subgroup(rt.GL(2, q=p))


@given(st.sampled_from([2, 3, 5]), st.integers(2, 3), st.data())
def test_the_kernel_of_the_action_on_lines_is_the_scalars(p, n, data):
    matrix = st.lists(st.lists(st.integers(0, p - 1), min_size=n, max_size=n), min_size=n, max_size=n).filter(
        lambda m: int(Matrix.of(m).det().to_fraction()) % p)
    given_ = {f"g{k}": data.draw(matrix) for k in range(data.draw(st.integers(1, 2)))}
    upstairs, downstairs = (rt.matrix_group(p, on=on, **given_) for on in ("vectors", "lines"))
    assert downstairs.degree == (p**n - 1) // (p - 1)
    kernel = rt.Homomorphism(upstairs, downstairs, {name: name for name in given_}).kernel
    scalars = [rt.matrix_group(p, s=(c * np.eye(n, dtype=int)).tolist()).generators[0] for c in range(1, p)]
    assert kernel.order == sum(upstairs.contains(s.images) for s in scalars)
    assert kernel.order * downstairs.order == upstairs.order


def test_projective_groups_are_the_linear_ones_modulo_scalars():
    for p in (3, 5, 7):
        up = rt.SL(2, q=p)
        center = rt.Homomorphism(up, rt.PSL(2, q=p), {"x": "x", "w": "w"}).kernel
        assert center.order == 2 == up.center.order
        assert shape(rt.quotient_group(up, up.center)) == shape(rt.PSL(2, q=p))


def test_large_linear_groups_need_no_list():
    group = rt.SL(4, q=5)
    assert group.order == 29_016_000_000 and group.orbits() == (tuple(range(624)),)
    assert (group.natural >> group.natural).dim == 4 + 1  # the pairs (v, λv), and the independent ones


REFUSALS = [
    (lambda: rt.PGL(2), ValueError, r"PGL\(2\) without q would be the real Lie group PGL\(2, R\).*Write PGL\(2, q"),
    (lambda: rt.GL(2, q=4), ValueError, r"prime fields GF\(p\), and q = 4 is no prime up to 100000. Give a prime"),
    (lambda: rt.SL(2, q=1), ValueError, "q = 1 is no prime"),
    (lambda: rt.PSL(2, q="7"), ValueError, "q = '7' is no prime"),
    (lambda: rt.PGL(2, q=True), ValueError, "q = True is no prime"),
    (lambda: rt.AGL(0, q=3), ValueError, r"AGL\(0, …\): n is a positive integer"),
    (lambda: rt.GL(2, q=2147483647), ValueError, "no prime up to 100000"),
    (lambda: rt.SL(65, q=2), rt.TooLarge, r"SL\(65, q=2\) has matrices of size 65.*up to 64. Take a smaller n"),
    (lambda: rt.SL(17, q=2), rt.TooLarge, r"permutes 131071 vectors, and up to 100000 are numbered"),
    (lambda: rt.PSL(40, q=3), rt.TooLarge, r"permutes more than 10\^12 lines"),
    (lambda: rt.matrix_group(6, a=[[1]]), ValueError, "q = 6 is no prime"),
    (lambda: rt.matrix_group(7), ValueError, r"needs generators: matrix_group\(7, a="),
    (lambda: rt.matrix_group(7, on="planes", a=[[1]]), ValueError, "on=\"vectors\" or on=\"lines\""),
    (lambda: rt.matrix_group(7, on=[[1]]), ValueError, "A generator needs another name than on"),
    (lambda: rt.matrix_group(7, a=[[7, 0], [0, 1]]), ValueError, "matrix of a is singular modulo 7, det = 0"),
    (lambda: rt.matrix_group(7, a=[[1, 0]]), ValueError, r"rows of lengths \[2\]. Give square"),
    (lambda: rt.matrix_group(7, a=[[1]], b=[[1, 0], [0, 1]]), ValueError, "sizes 1, 2. Give square matrices of one"),
    (lambda: rt.matrix_group(7, a=[[0.5]]), ValueError, r"entry 0.5, which is no integer.*c \* pow\(d, -1, 7\)"),
    (lambda: rt.matrix_group(7, a=[[Fraction(1, 2)]]), ValueError, "no integer"),
    (lambda: rt.matrix_group(7, a="(0 1)"), ValueError, r"a = '\(0 1\)' is no matrix. Give a list of rows"),
    (lambda: rt.matrix_group(7, a=[]), ValueError, "Give square"),
]


@pytest.mark.parametrize("act, kind, message", REFUSALS)
def test_refusals(act, kind, message):
    with pytest.raises(kind, match=message) as caught:
        act()
    assert re.search(r"[.)…]$", str(caught.value))
