"""The theorems on augmentation, run: Nordenfors, Ohlsson and Flinth, arXiv 2303.13458, 2410.01452 and 2502.06331.

A net x ↦ A₁ tanh(A₀ x) on 3×3 images under quarter turns, float64, full batches and full orbits. A₀ is a convolution
padded by zeros, in the space of all linear maps; A₁ an invariant sum with any weights.
"""

from __future__ import annotations

import numpy as np
import pytest

import reptheory as rt

C4 = rt.C(4)
PIXELS = C4.permutation(r=rt.grid(3).permutations(C4)[0].tolist())
HOMS = (PIXELS >> PIXELS, PIXELS >> C4.trivial)
TAPS = {"cross": [(0, 1), (1, 0), (1, 1), (1, 2), (2, 1)], "skew": [(0, 0), (0, 1), (1, 0), (1, 2), (2, 1)]}
TURNS = [PIXELS.to_numpy(g) for g in C4.elements]
SHAPES = ((9, 9), (1, 9))
RNG = np.random.default_rng(7)
X = RNG.normal(size=(12, 9))
Y = np.sin(X).sum(1, keepdims=True) + X[:, 4:5] ** 2   # an invariant of quarter turns
PI_G = [hom.projector.to_numpy() for hom in HOMS]


def tap(i: int, j: int) -> np.ndarray:
    """The linear map of a tap of a 3×3 convolution padded by zeros on 3×3 images."""
    table = np.zeros((3, 3, 3, 3), int)
    for p in range(3):
        for q in range(3):
            if 0 <= p + i - 1 < 3 and 0 <= q + j - 1 < 3:
                table[p, q, p + i - 1, q + j - 1] = 1
    return table.reshape(9, 9)


SPACES = {name: (rt.subspace(HOMS[0], [tap(*t) for t in taps]), rt.full(HOMS[1])) for name, taps in TAPS.items()}
PI_L = {name: [space.matrix.to_numpy() for space in spaces] for name, spaces in SPACES.items()}
PI_E = {name: [rt.commute(space, hom).meet.matrix.to_numpy() for space, hom in zip(spaces, HOMS)]
        for name, spaces in SPACES.items()}


def apply(projections, maps):
    return [(p @ a.ravel()).reshape(a.shape) for p, a in zip(projections, maps)]


def predict(maps, x):
    return np.tanh(x @ maps[0].T) @ maps[1].T


def gradient(maps, x=X, y=Y):
    """∇R for R = mean |Φ(x) − y|²; analytic, so that it may be evaluated at complex maps."""
    hidden = np.tanh(x @ maps[0].T)
    error = 2 * (hidden @ maps[1].T - y) / len(x)
    return [((error @ maps[1]) * (1 - hidden ** 2)).T @ x, error.T @ hidden]


def augmented(maps):
    """∇R^aug, the mean over the orbit of every example."""
    turned = [gradient(maps, X @ g.T) for g in TURNS]
    return [sum(parts) / len(TURNS) for parts in zip(*turned)]


def distance(name, maps):
    return np.sqrt(sum(np.linalg.norm(a - b) ** 2 for a, b in zip(maps, apply(PI_E[name], maps))))


def start(name, seed=0):
    rng = np.random.default_rng(seed)
    return apply(PI_E[name], [rng.normal(size=shape) for shape in SHAPES])


def trained(name, steps=300, rate=0.05):
    """A net trained on E, by −Π_E ∇R."""
    maps = start(name)
    for _ in range(steps):
        maps = [a - rate * d for a, d in zip(maps, apply(PI_E[name], gradient(maps)))]
    return maps


def test_the_supports_are_what_they_are_among_all_linear_maps():
    assert rt.commute(SPACES["cross"][0], HOMS[0])
    c = rt.commute(SPACES["skew"][0], HOMS[0])
    assert not c and c.dims["meet"] == 1


def test_the_augmented_gradient_is_the_projected_one_on_equivariant_maps():
    rng = np.random.default_rng(1)
    maps = apply(PI_G, [rng.normal(size=shape) for shape in SHAPES])
    for left, right in zip(augmented(maps), apply(PI_G, gradient(maps))):
        assert np.abs(left - right).max() <= 1e-12
    free = [rng.normal(size=shape) for shape in SHAPES]   # away from Hom_G they differ
    assert max(np.abs(a - b).max() for a, b in zip(augmented(free), apply(PI_G, gradient(free)))) > 1e-2


def step(maps, metric, rate=0.05):
    return [a - rate * d for a, d in zip(maps, apply(metric, augmented(maps)))]


def test_the_equivariant_maps_of_a_compatible_layer_are_invariant_under_the_augmented_flow():
    maps = equivariant = trained("cross")
    for _ in range(5):
        maps = step(maps, PI_L["cross"])
        equivariant = [a - 0.05 * d for a, d in zip(equivariant, apply(PI_E["cross"], gradient(equivariant)))]
        assert distance("cross", maps) <= 1e-12
        assert all(np.abs(a - b).max() <= 1e-12 for a, b in zip(maps, equivariant))


def test_a_skew_layer_leaves_them_at_the_first_step():
    assert distance("skew", step(trained("skew"), PI_L["skew"])) > 1e-4


def test_so_does_a_compatible_layer_whose_parametrisation_is_not_unitary():
    crooked = [tap(*t) for t in TAPS["cross"]]
    crooked[0] = crooked[0] + crooked[1]
    crooked[3] = 2 * crooked[3]
    found = rt.parametrisation(HOMS[0], crooked)
    assert found.space == SPACES["cross"][0] and not found.is_unitary and not found.keeps()
    rows = found.rows.to_numpy()
    assert distance("cross", step(trained("cross"), [rows.T @ rows, np.eye(9)])) > 1e-4


def test_taps_that_are_longer_by_orbits_are_not_unitary_but_keep_the_equivariant_maps():
    found = rt.parametrisation(HOMS[0], [tap(*t) for t in TAPS["cross"]])
    assert found.witness == "vector 0 has squared length 6" and found.keeps()
    rows = found.rows.to_numpy()
    maps = trained("cross", rate=0.02)
    for _ in range(5):
        maps = step(maps, [rows.T @ rows, np.eye(9)], rate=0.01)
        assert distance("cross", maps) <= 1e-12


def stationary(name):
    """A point of E with Π_E ∇R = 0, by Newton's method from a trained net, in coordinates of E."""
    frames = [np.linalg.svd(p)[0][:, :round(np.trace(p))] for p in PI_E[name]]
    cuts = [f.shape[1] for f in frames]

    def maps_of(c):
        parts = np.split(c, [cuts[0]])
        return [(f @ p).reshape(shape) for f, p, shape in zip(frames, parts, SHAPES)]

    def slope(c):
        return np.concatenate([f.T @ g.ravel() for f, g in zip(frames, gradient(maps_of(c)))])
    c = np.concatenate([f.T @ a.ravel() for f, a in zip(frames, trained(name, 3000))])
    for _ in range(20):
        hessian = np.array([slope(c + 1e-30j * e).imag / 1e-30 for e in np.eye(len(c))]).T
        c = c - np.linalg.lstsq(hessian, slope(c), rcond=1e-10)[0]
    assert np.abs(slope(c)).max() <= 1e-12
    return maps_of(c)


def test_the_stationary_points_on_equivariant_maps_are_those_of_the_augmented_risk():
    at = stationary("cross")
    assert max(np.abs(d).max() for d in apply(PI_L["cross"], augmented(at))) <= 1e-10
    elsewhere = stationary("skew")
    assert max(np.abs(d).max() for d in apply(PI_L["skew"], augmented(elsewhere))) > 1e-4


def test_the_hessian_of_the_augmented_risk_has_no_entry_between_equivariant_maps_and_the_rest():
    maps = trained("cross")
    blocks = []
    for name in ("cross", "skew"):
        inside = [a.ravel() for a in start(name, 3)]
        outside = [rng_part - e @ rng_part for rng_part, e in zip(
            [p @ np.random.default_rng(4).normal(size=p.shape[0]) for p in PI_L[name]], PI_E[name])]
        bent = [a + 1e-30j * v.reshape(a.shape) for a, v in zip(maps, inside)]
        image = [g.imag.ravel() / 1e-30 for g in augmented(bent)]
        blocks.append(abs(sum(v @ w for v, w in zip(outside, image))))
    assert blocks[0] <= 1e-10 < 1e-3 < blocks[1]


def test_a_minimum_among_equivariant_maps_may_be_unstable_with_augmentation():
    import sympy

    H = rt.C(2).sign >> rt.C(2).trivial   # x ↦ a₀ x, from the sign representation to the trivial one
    assert rt.commute(rt.full(H), H).dims["meet"] == 0
    a0, a1, x, fourth, penalty = sympy.symbols("a0 a1 x fourth penalty", positive=True)
    risk = sympy.expand((a1 * (a0 * x) ** 2 - x ** 2) ** 2).subs(x ** 4, fourth) + penalty / 2 * (a1 - 1) ** 2
    assert risk.subs(a0, -a0) == risk     # so augmentation changes nothing
    at = {a0: 0, a1: 1}
    assert [sympy.diff(risk, v).subs(at) for v in (a0, a1)] == [0, 0]
    hessian = sympy.hessian(risk, (a0, a1)).subs(at)
    assert hessian == sympy.diag(-4 * fourth, penalty)   # −4 E[x⁴], beside a strict minimum on E = {a₀ = 0}


def ensemble(name, first, steps=5):
    """max |Φ̄(gx) − Φ̄(x)| of the mean predictor of {Π_L ρ(g)A}, before and after augmented steps."""
    members = [apply(PI_L[name], [g @ first[0] @ g.T, first[1] @ g.T]) for g in TURNS]
    found = []
    for n in range(steps + 1):
        mean = [sum(predict(maps, X @ g.T) for maps in members) / len(members) for g in TURNS]
        found.append(max(np.abs(m - mean[0]).max() for m in mean))
        members = [step(maps, PI_L[name]) for maps in members] if n < steps else members
    return found


def test_ensembles_closed_under_the_group_stay_equivariant_on_an_invariant_layer():
    first = [np.random.default_rng(5).normal(size=shape) for shape in SHAPES]
    assert max(ensemble("cross", apply(PI_L["cross"], first))) <= 1e-12
    assert min(ensemble("skew", apply(PI_L["skew"], first))) > 1e-3


def test_on_a_skew_layer_they_drift_even_from_an_equivariant_start():
    found = ensemble("skew", start("skew", 6))
    assert found[0] <= 1e-12 and found[1] > 1e-6


@pytest.mark.parametrize("pull", [0.0, 1.0])
def test_the_distance_to_equivariant_maps_as_a_penalty_pulls_back(pull):
    """dist(A, E)²/2 has the gradient A − Π_E A; without it the plain risk pulls away."""
    maps = trained("cross")
    rng = np.random.default_rng(8)
    off = apply(PI_L["cross"], [rng.normal(size=shape) for shape in SHAPES])
    off = [a - b for a, b in zip(off, apply(PI_E["cross"], off))]
    size = np.sqrt(sum(np.linalg.norm(a) ** 2 for a in off))
    maps = [a + 1e-3 / size * b for a, b in zip(maps, off)]
    for _ in range(20):
        slope = apply(PI_L["cross"], augmented(maps) if pull else gradient(maps))
        back = [a - b for a, b in zip(maps, apply(PI_E["cross"], maps))]
        maps = [a - 0.05 * (d + pull * b) for a, d, b in zip(maps, slope, back)]
    assert (distance("cross", maps) < 1e-3) == bool(pull)
