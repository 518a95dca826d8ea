"""Projections on kernel spaces: known values, laws, and a dense numeric oracle."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import reptheory as rt

CROSS = [(0, 1), (1, 0), (1, 1), (1, 2), (2, 1)]
SKEW = [(0, 0), (0, 1), (1, 0), (1, 2), (2, 1)]
C4 = rt.C(4)
IMAGE = rt.Hom(C4.trivial, C4.trivial, on=rt.grid(3))


def dense(hom: rt.Hom) -> np.ndarray:
    basis = hom.basis.to_numpy().reshape(hom.dim, hom.unknowns)
    return basis.T @ basis.conj()


# Known values: Nordenfors, Ohlsson and Flinth, arXiv 2303.13458, and Maron et al., arXiv 1812.09902 (15 and 2).
def test_the_cross_under_quarter_turns_is_compatible():
    c = rt.commute(rt.support(IMAGE, CROSS), IMAGE)
    assert c and c.norm == 0 and c.angles == () and c.witness is None
    assert (c.dims["first"], c.dims["meet"]) == (5, 2)
    assert "dim E = 2" in repr(c)


def test_the_skew_support_is_not_and_its_norm_is_the_root_of_three_eighths():
    c = rt.commute(rt.support(IMAGE, SKEW), IMAGE)
    assert not c
    assert c.norm ** 2 == rt.Q("3/8") == c.norm_squared
    assert c.dims == {"first": 5, "second": 3, "meet": 1, "join": 7, "smallest": 6, "largest": 4}
    [angle] = c.angles
    assert angle.cos_squared == rt.Q("1/4") and angle.degrees == 60.0
    assert str(c.witness) == (
        "the unit kernel at tap (0, 0), output channel 0, input channel 0 has 0 at tap (0, 2) after Π_L Π_G, and "
        "1/4 after Π_G Π_L")
    assert np.argwhere(~c.closure.mask.reshape(3, 3)).tolist() == [[1, 1]]


def test_every_tap_under_quarter_turns():
    assert rt.commute(rt.full(IMAGE), IMAGE).dims["meet"] == 3


@pytest.mark.parametrize("n", [4, 10])
def test_graphs_have_fifteen_maps_and_two_invariants(n):
    G = rt.S(n)
    matrices = G.natural * G.natural
    assert rt.commute(rt.full(matrices >> matrices), matrices >> matrices).dims["meet"] == 15
    assert rt.commute(rt.full(matrices >> G.trivial), matrices >> G.trivial).dims["meet"] == 2


def test_a_mask_on_large_orbits_is_decided_without_large_matrices():
    G = rt.S(8)
    H = G.natural * G.natural >> G.natural * G.natural
    mask = np.arange(H.unknowns).reshape(H.shape) % 7 > 0
    c = rt.commute(rt.support(H, mask), H)
    assert not c and c.witness is not None
    shares = [mask[kernel.to_numpy() != 0].mean() for kernel in rt.reynolds(H).basis()]
    assert np.isclose(float(c.norm_squared), sum(2 * s * (1 - s) for s in shares))


def test_circulants_are_the_maps_that_translations_fix_and_toeplitz_matrices_contain_them():
    H = rt.C(6).natural >> rt.C(6).natural
    assert rt.circulant(H) == rt.reynolds(H)
    assert rt.circulant(H) <= rt.toeplitz(H) and rt.commute(rt.toeplitz(H), H).meet == rt.reynolds(H)
    assert not rt.commute(rt.causal(H), H)
    flip = rt.group(s="(0 5)(1 4)(2 3)").natural
    assert rt.commute(rt.toeplitz(flip >> flip), flip >> flip)


def test_channels_are_never_expanded():
    V = 64 * C4.trivial
    c = rt.commute(rt.conv_layer(V, V, 3, size=28, padding=1, support_=SKEW), rt.Hom(V, V, on=rt.grid(3)))
    assert not c


@pytest.mark.parametrize("kind", ["support", "tied", "low rank", "causal", "subspace"])
def test_every_kind_of_space_has_the_laws_of_projections(kind: str):
    G = rt.D(4)
    V = 2 * G.trivial + G.vector
    H = V >> V
    space = {"support": lambda: rt.support(H, [(0, 0), (2, 3)]),
             "tied": lambda: rt.tied(H, np.arange(16).reshape(4, 4) % 5 - 1, (-1) ** (np.arange(16).reshape(4, 4) % 2)),
             "low rank": lambda: rt.low_rank(H, [[1, 0], [1, 1], [0, 2], [1, 1]], [[1], [2], [0], [1]]),
             "causal": lambda: rt.causal(H, 2),
             "subspace": lambda: rt.subspace(H, [np.eye(4, dtype=int), np.ones((4, 4), int)])}[kind]()
    P = space.matrix
    assert P @ P == P and P.H == P and P.trace() == space.dim
    assert all(kernel in space for kernel in space.basis())
    kernel = np.arange(16).reshape(4, 4)
    assert np.allclose(space.project(kernel).to_numpy().ravel(), P.to_numpy() @ kernel.ravel())


# Laws
GROUPS = [rt.C(4), rt.D(4)]


@st.composite
def questions(draw):
    group = draw(st.sampled_from(GROUPS))
    reps = [group.trivial, group.regular, group.vector, group.sign] if group.order == 8 else [
        group.trivial, group.regular, group.vector]
    V, W = draw(st.sampled_from(reps)), draw(st.sampled_from(reps[:1] + reps[2:]))
    return rt.Hom(V, draw(st.integers(1, 2)) * W, on=rt.grid(draw(st.sampled_from([2, 3]))))


@st.composite
def spaces(draw, hom):
    rng = np.random.default_rng(draw(st.integers(0, 10_000)))
    kind = draw(st.sampled_from(["taps", "entries", "tied", "span"]))
    if kind == "taps":
        return rt.support(hom, rng.random(hom.on.shape) < 0.6)
    if kind == "entries":
        return rt.support(hom, rng.random(hom.shape) < 0.7)
    if kind == "tied":
        return rt.tied(hom, rng.integers(-1, 4, hom.shape), rng.choice([-1, 1], hom.shape))
    return rt.subspace(hom, rng.integers(-1, 2, (draw(st.integers(1, 3)), *hom.shape)))


OTHERS = [  # metrics, irrational and complex entries, two Lie groups
    rt.Hom(rt.D(6).vector, rt.D(6).vector, on=rt.lattice("hexagonal", 1)),
    rt.D(5).irrep(1) + rt.D(5).regular >> rt.D(5).irrep(1),
    rt.C(3).irrep(1, over="C") + rt.C(3).regular.complexify() >> rt.C(3).regular.complexify(),
    rt.SO(3).irrep(1) + rt.SO(3).irrep(2) >> rt.SO(3).irrep(1),
    rt.SU(2).irrep("1/2") >> 2 * rt.SU(2).irrep("1/2"),
]


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_a_dense_numeric_oracle_agrees(data):
    hom = data.draw(st.one_of(questions(), st.sampled_from(OTHERS)))
    space = data.draw(spaces(hom))
    c = rt.commute(space, hom)
    P, Q = space.matrix.to_numpy(), dense(hom)
    scale = np.sqrt([float(w) for w in space.weights(None) or [1] * hom.unknowns])
    P = scale[:, None] * P / scale
    assert np.isclose(np.linalg.norm(P @ Q - Q @ P), float(c.norm), atol=1e-9)
    assert bool(c) == (np.linalg.norm(P @ Q - Q @ P) < 1e-9)
    cosines = np.linalg.svd(P @ Q, compute_uv=False) ** 2
    strict = cosines[(cosines > 1e-9) & (cosines < 1 - 1e-9)]
    assert c.dims["meet"] == (cosines > 1 - 1e-9).sum()
    found = [float(a.cos_squared) for a in c.angles for _ in range(a.multiplicity)]
    assert np.allclose(sorted(found), sorted(strict))
    assert c.meet.dim == c.dims["meet"] and c.join.dim == c.dims["join"]
    assert c.smallest.dim == c.dims["smallest"] == np.linalg.matrix_rank(np.hstack([P, Q @ P]))
    assert c.largest.dim == c.dims["largest"]


@settings(max_examples=10, deadline=None)
@given(st.data())
def test_the_spaces_around_a_layer_are_what_they_are_said_to_be(data):
    hom = data.draw(questions())
    space = data.draw(spaces(hom))
    c = rt.commute(space, hom)
    assert space <= c.smallest and c.largest <= space and c.meet <= c.largest
    assert rt.commute(c.smallest, hom) and rt.commute(c.largest, hom) and rt.commute(c.closure, hom)
    assert c.smallest <= c.closure
    assert (c.smallest == space) == bool(c) == (c.largest == space)
    closed = rt.commute(c.closure, hom).closure
    assert closed.dim == c.closure.dim


@settings(max_examples=40, deadline=None)
@given(st.data(), st.sampled_from(["trivial", "regular", "sign", "vector"]))
def test_a_support_commutes_exactly_when_stable_for_unsigned_permutations(data, name):
    G = rt.D(4)
    rep = getattr(G, name)
    hom = rt.Hom(G.trivial, rep, on=rt.grid(3))
    mask = np.array(data.draw(st.lists(st.booleans(), min_size=9, max_size=9))).reshape(3, 3)
    c = rt.commute(rt.support(hom, mask), hom)
    stable = all((mask.ravel()[move] == mask.ravel()).all() for move in hom.moves)
    assert stable == (c.closure.dim == c.first.dim)
    if stable:
        assert c
    elif rep.is_permutation:
        assert not c
    carried = c.second.mask[..., 0].any(-1)  # orbits that carry an intertwiner
    if (mask & carried).any() and carried.all():
        assert bool(c) == stable


def test_the_closure_is_the_smallest_stable_space():
    G = rt.D(4)
    hom = rt.Hom(G.vector, G.vector, on=rt.grid(3))
    rng = np.random.default_rng(0)
    space = rt.subspace(hom, rng.integers(-1, 2, (1, *hom.shape)))
    images, kernel = [], space.basis().__next__().entries.astype(float).reshape(9, 2, 2)
    for g in G.elements:
        perm = rt.gset(G.permutation(r=hom.moves[0].tolist(), s=hom.moves[1].tolist()))
        move = perm.rep.action(g).images
        moved = np.empty_like(kernel)
        moved[move] = G.vector.to_numpy(g) @ kernel @ G.vector.to_numpy(g).T
        images.append(moved.ravel())
    assert rt.commute(space, hom).closure.dim == np.linalg.matrix_rank(np.array(images))


def test_commuting_is_that_the_product_is_a_projection():
    for points in (CROSS, SKEW):
        P, Q = rt.support(IMAGE, points).matrix, IMAGE.projector
        product = P @ Q
        assert (product @ product == product and product.H == product) == bool(rt.commute(rt.support(IMAGE, points), Q))


def test_products_are_taken_only_of_projections_that_commute():
    assert (rt.support(IMAGE, CROSS) @ rt.reynolds(IMAGE)).dim == 2
    with pytest.raises(rt.DoNotCommute, match=r"is no projection: the unit kernel at tap \(0, 0\).*smallest"):
        rt.support(IMAGE, SKEW) @ rt.reynolds(IMAGE)


def test_compact_lie_groups_need_no_mean():
    V = rt.SO(3).vector
    H = V >> V
    diagonal = rt.commute(rt.support(H, [(0, 0), (1, 1), (2, 2)]), H)
    assert diagonal and diagonal.dims["meet"] == 1
    corner = rt.commute(rt.support(H, [(0, 0)]), H)
    assert not corner and corner.norm_squared == rt.Q("4/9")  # cos² = 1/3
    assert corner.closure.dim == 6  # the symmetric matrices


# Linear maps between images: the honest ambient, for small sides
@pytest.mark.parametrize(("n", "k", "stride", "padding", "mode"),
                         [(4, 3, 1, 1, "zeros"), (4, 3, 1, 1, "circular"), (4, 3, 2, 1, "zeros"),
                          (5, 3, 2, 1, "zeros"), (4, 1, 2, 0, "zeros"), (4, 2, 2, 0, "zeros"),
                          (4, 3, 2, 1, "circular"), (5, 2, 1, 0, "zeros")])
def test_taps_decide_for_linear_maps_between_images(n, k, stride, padding, mode):
    taps = [(i, j) for i in range(k) for j in range(k) if k < 3 or (i, j) != (2, 2)]
    for chosen in (taps, None):
        layer = rt.conv_layer(C4.trivial, C4.trivial, k, size=n, stride=stride, padding=padding, padding_mode=mode,
                              support_=chosen)
        m = n // stride if mode == "circular" else (n + 2 * padding - k) // stride + 1
        pixels = [C4.permutation(r=rt.grid(side).permutations(C4)[0].tolist()) for side in (n, m)]
        maps = []
        for ti, tj in chosen or [(i, j) for i in range(k) for j in range(k)]:
            table = np.zeros((m, m, n, n), int)
            for i in range(m):
                for j in range(m):
                    a, b = stride * i - padding + ti, stride * j - padding + tj
                    if mode == "circular":
                        table[i, j, a % n, b % n] = 1
                    elif 0 <= a < n and 0 <= b < n:
                        table[i, j, a, b] = 1
            maps.append(table.reshape(m * m, n * n))
        hom = pixels[0] >> pixels[1]
        honest, short = rt.commute(rt.subspace(hom, maps), hom), rt.commute(layer, layer.hom)
        assert honest.norm_squared == short.norm_squared
        assert honest.angles == short.angles
        assert honest.dims["first"] == short.dims["first"] and honest.dims["meet"] == short.dims["meet"]


def test_stride_two_on_an_even_side_leaves_the_kernel():
    L = rt.conv_layer(C4.trivial, C4.trivial, 3, size=8, stride=2, padding=1)
    c = rt.commute(L, L.hom)
    assert not c
    assert c.witness.start.tap == (0, 0) and c.witness.entry.tap == (0, 3)
    odd = rt.conv_layer(C4.trivial, C4.trivial, 3, size=9, stride=2, padding=1)
    assert rt.commute(odd, odd.hom)


# Bad input
def test_bad_input_is_refused_with_what_to_change():
    other = rt.Hom(C4.trivial, C4.trivial, on=rt.grid(5))
    with pytest.raises(rt.DifferentSpaces, match="Make both from one Hom"):
        rt.commute(rt.support(IMAGE, CROSS), other)
    with pytest.raises(rt.OutsideKernel, match=r"\(3, 0\), which is outside"):
        rt.support(IMAGE, [(3, 0)])
    with pytest.raises(rt.OutsideKernel, match="Reshape it"):
        rt.support(IMAGE, np.ones((4, 4), bool))
    with pytest.raises(ValueError, match="no orthogonal projection: Π² = Π fails"):
        rt.commute(rt.support(IMAGE, CROSS), 2 * rt.Matrix.identity(9))
    with pytest.raises(rt.NoWindow, match="square images"):
        rt.conv_layer(C4.trivial, C4.trivial, 3, size=(8, 9))
    with pytest.raises(rt.NotExact):
        rt.subspace(IMAGE, [np.ones(IMAGE.shape) / 3])


def test_spaces_that_couple_channels_are_expanded_up_to_a_limit(monkeypatch):
    H = 8 * C4.trivial >> 8 * C4.trivial
    coupled = rt.tied(H, np.zeros((8, 8), int))
    assert rt.commute(coupled, rt.support(H, [(0, 0)])).norm_squared == rt.Q("63/2048")
    monkeypatch.setattr("reptheory.project.ENTRIES", 63)
    with pytest.raises(rt.TooLarge, match=r"couples channels .* takes 64 entries; the limit is 63"):
        rt.commute(coupled, rt.full(H))


def test_a_representation_that_is_not_orthogonal_is_told_its_gram_matrix():
    skewed = C4.rep(r=[[0, "-1/2"], [2, 0]])
    with pytest.raises(rt.NotOrthogonal, match=r"give gram=\[5/2, 5/8\]"):
        rt.support(skewed >> skewed, [(0, 0)])
    with pytest.raises(rt.NotOrthogonal, match="change to a basis"):
        sheared = rt.C(2).rep(r=[[1, 1], [0, -1]])
        rt.commute(sheared >> sheared, sheared >> sheared)
    good = C4.rep(r=[[0, "-1/2"], [2, 0]], gram=["5/2", "5/8"])
    assert rt.commute(rt.support(good >> good), good >> good)


def test_angles_of_irrational_representations_are_exact():
    hom = rt.D(5).irrep(1) + rt.D(5).regular >> rt.D(5).irrep(1)
    c = rt.commute(rt.support(hom, np.random.default_rng(0).random(hom.shape) < 0.5), hom)
    assert c.angles and all(angle.is_exact for angle in c.angles)
    assert [angle.cos_squared.field.degree for angle in c.angles] == [1, 4, 4]


@pytest.mark.parametrize("points", [3, [(0.5, 1)], ["ab"]])
def test_supports_are_of_integers(points):
    with pytest.raises(TypeError, match="tuples of integers"):
        rt.support(IMAGE, points)


def test_masks_may_be_written_as_lists_of_truth_values():
    rows = [[False, True, False], [True, True, True], [False, True, False]]
    assert rt.support(IMAGE, rows) == rt.support(IMAGE, CROSS)


def test_norms_with_numbers_that_are_hard_to_factor_are_still_exact():
    hom = 16 * C4.trivial + 2 * C4.vector >> 16 * C4.trivial
    space = rt.subspace(hom, np.random.default_rng(0).integers(-1, 2, (12, *hom.shape)))
    c = rt.commute(space, hom)
    assert c.norm ** 2 == c.norm_squared and "…, smallest 24" in repr(c)


# Parametrisations
def test_a_parametrisation_says_which_vectors_are_not_orthonormal():
    hom = rt.S(2).natural >> rt.S(2).trivial
    assert rt.parametrisation(hom, [[[1, 0]], [[0, 1]]]).is_unitary
    assert rt.parametrisation(hom, [[[1, 0]], [["3/5", "4/5"]]]).witness == "vectors 0 and 1 have inner product 3/5"
    long = rt.parametrisation(hom, [[[2, 0]], [[1, 1]], [[0, 1]]])
    assert long.witness == "vector 0 has squared length 4" and long.space.dim == 2
    basis = long.to_numpy().reshape(2, 2)
    assert np.allclose(basis @ basis.T, np.eye(2))


@settings(max_examples=30, deadline=None)
@given(st.lists(st.lists(st.integers(-2, 2), min_size=4, max_size=4), min_size=1, max_size=5))
def test_unitary_is_that_the_square_is_the_projection(rows):
    hom = rt.S(2).natural >> rt.S(2).natural
    found = rt.parametrisation(hom, np.array(rows).reshape(-1, 2, 2))
    L = np.array(rows, float).T
    assert found.is_unitary == np.allclose(L @ L.T, found.space.matrix.to_numpy())
    pi = hom.projector.to_numpy()
    assert found.keeps() == np.allclose(L @ L.T @ pi, pi @ L @ L.T)


# Networks and fixed parts
def test_a_network_is_compatible_when_each_layer_is_and_names_the_one_that_is_not():
    cross, skew = rt.support(IMAGE, CROSS), rt.support(IMAGE, SKEW)
    assert rt.product_space([cross, cross]).commute()
    found = rt.product_space([cross, skew, skew], ["first", "second", "third"]).commute()
    assert not found and found.norm == rt.quadratic(3).number(0, "1/2")
    assert found.dims["meet"] == 4 and [(a.cos_squared, a.multiplicity) for a in found.angles] == [(rt.Q("1/4"), 2)]
    assert str(found.witness).startswith("in second: the unit kernel at tap (0, 0)")
    with pytest.raises(rt.DifferentSpaces, match="Give one for each layer"):
        rt.product_space([cross, skew]).commute([IMAGE])
    with pytest.raises(ValueError, match="Give a name for each"):
        rt.product_space([cross, skew], ["first"])


def test_a_fixed_part_has_to_be_equivariant_where_the_layer_cannot_move_it():
    V = rt.S(3).natural
    diagonal = rt.support(V >> V, [(0, 0), (1, 1), (2, 2)])
    assert rt.affine(diagonal, [[5, 1, 1], [1, 0, 1], [1, 1, 0]]).violation(V >> V) is None
    assert "fixed part" in rt.affine(diagonal, [[0, 1, 1], [1, 0, 1], [1, 2, 0]]).violation(V >> V)
    assert "unit kernel" in rt.affine(rt.causal(V >> V), [[0] * 3] * 3).violation(V >> V)
