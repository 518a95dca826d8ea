"""3j, 6j, 9j symbols and Clebsch–Gordan coefficients: known values, symmetries, laws, refusals."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations_with_replacement
from math import isqrt

import numpy as np
import pytest
from flint import arb
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import reptheory as rt
from reptheory.exact import precision
from reptheory.polynomial import Polynomial
from reptheory.root_sum import squarefree
from reptheory.rounding import round_root
from reptheory.signed_root import RootTensor, SignedRoot
from reptheory.wigner_symbol import NotASpin, wigner_3j, wigner_3j_table, wigner_6j, wigner_9j

SU2, O3 = rt.SU(2), rt.O(3)
spins = st.integers(0, 6).map(lambda twice: Fraction(twice, 2))
degrees = st.integers(0, 5)


@st.composite
def triads(draw, strategy):
    a, b = draw(strategy), draw(strategy)
    c = abs(a - b) + draw(st.integers(0, int(a + b - abs(a - b))))
    return a, b, c


def total(roots) -> dict[int, Fraction]:
    """A sum of signed roots as Σ r_d √d over squarefree d; zero is {}."""
    parts: dict[int, Fraction] = {}
    for root in roots:
        if root.sign:
            d = squarefree(root.square)
            part = root.square / d
            r = root.sign * Fraction(isqrt(part.numerator), isqrt(part.denominator))
            parts[d] = parts.get(d, Fraction(0)) + r
    return {d: r for d, r in parts.items() if r}


@pytest.mark.parametrize("symbol, value", [
    # Varshalovich, Moskalev, Khersonskii, Quantum Theory of Angular Momentum, chapters 8 to 10
    (wigner_3j(2, 2, 0, 0, 0, 0), SignedRoot.of(1, Fraction(1, 5))),
    (wigner_3j(1, 1, 2, 0, 0, 0), SignedRoot.of(1, Fraction(2, 15))),
    (wigner_3j(2, 2, 2, 0, 0, 0), SignedRoot.of(-1, Fraction(2, 35))),
    (wigner_3j(1, 1, 1, 0, 0, 0), SignedRoot.of(0)),
    (wigner_6j(2, 2, 2, 2, 2, 2), SignedRoot.of(Fraction(-3, 70))),
    (wigner_6j(1, 1, 1, 1, 1, 0), SignedRoot.of(Fraction(-1, 3))),
    (wigner_9j(1, 1, 1, 1, 1, 1, 1, 1, 0), SignedRoot.of(Fraction(1, 18))),
])
def test_known_symbols(symbol, value):
    assert symbol == value


@settings(max_examples=30, deadline=None)
@given(triads(spins))
def test_3j_symbols_are_orthogonal_and_symmetric(spins):
    a, b, c = spins
    table = wigner_3j_table(a, b, c)
    norms = [Fraction(0)] * table.shape[2]
    for (_, _, k), root in table.entries.items():
        norms[k] += root.square
    assert norms == [1 / (2 * c + 1)] * len(norms)  # NIST DLMF, eq. 34.3.16
    turned = wigner_3j_table(b, a, c)  # eq. 34.3.9
    odd = SignedRoot.of((-1) ** int(a + b + c))
    assert {(j, i, k): odd * root for (i, j, k), root in table.entries.items()} == turned.entries


@settings(max_examples=15, deadline=None)
@given(triads(st.integers(0, 4)), st.data())
def test_sympy_has_the_same_symbols(degrees, data):
    from sympy.physics.wigner import wigner_3j as theirs

    m1, m2 = (data.draw(st.integers(-l, l)) for l in degrees[:2])
    assume(abs(m1 + m2) <= degrees[2])
    assert wigner_3j(*degrees, m1, m2, -m1 - m2).to_sympy() == theirs(*degrees, m1, m2, -m1 - m2)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(0, 3), min_size=4, max_size=4), st.data())
def test_6j_symbols_are_orthogonal(four, data):
    a, b, d, e = four
    shared = range(max(abs(a - e), abs(d - b)), min(a + e, d + b) + 1)
    columns = list(range(max(abs(a - b), abs(d - e)), min(a + b, d + e) + 1))
    assume(columns)
    c, other = (data.draw(st.sampled_from(columns)) for _ in range(2))
    found = total(SignedRoot.of(2 * f + 1) * wigner_6j(a, b, c, d, e, f) * wigner_6j(a, b, other, d, e, f)
                  for f in shared)
    assert found == ({1: Fraction(1, 2 * c + 1)} if c == other else {})  # NIST DLMF, eq. 34.5.14


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(0, 2), min_size=9, max_size=9))
def test_9j_symbols_have_their_symmetries(nine):
    value = wigner_9j(*nine)
    assert wigner_9j(*(nine[3 * j + i] for i in range(3) for j in range(3))) == value
    assert wigner_9j(*nine[3:6], *nine[:3], *nine[6:]) == SignedRoot.of((-1) ** sum(nine)) * value


@settings(max_examples=10, deadline=None)
@given(st.lists(st.integers(0, 3), min_size=9, max_size=9))
def test_9j_symbols_have_their_other_symmetries(nine):
    # NIST DLMF, 34.6: odd permutations of columns give (−1)^(sum), even ones nothing; a zero leaves one 6j (eq. 34.6.3)
    value, odd = rt.wigner_9j(*nine), SignedRoot.of((-1) ** sum(nine))
    turned = [nine[3 * i + (j + 1) % 3] for i in range(3) for j in range(3)]
    swapped = [nine[3 * i + (1, 0, 2)[j]] for i in range(3) for j in range(3)]
    assert rt.wigner_9j(*turned) == value and rt.wigner_9j(*swapped) == odd * value
    a, b, c, d, e, _, g, *_ = nine
    left = rt.wigner_9j(a, b, c, d, e, c, g, g, 0)
    if all(abs(x - y) <= z <= x + y for x, y, z in [(a, b, c), (d, e, c), (a, d, g), (b, e, g)]):
        right = SignedRoot.of((-1) ** (b + c + d + g), Fraction(1, (2 * c + 1) * (2 * g + 1)))
        assert left == right * rt.wigner_6j(a, b, c, e, d, g)


@pytest.mark.parametrize("six", [(1, 1, 1, 1, 1, 1), (1, 2, 2, 1, 1, 2), ("1/2", 1, "3/2", 1, "1/2", 1)])
def test_6j_symbols_recouple(six):
    """Σ ⟨ab|c⟩⟨cd|e⟩⟨bd|f⟩⟨af|e⟩ = (−1)^(a+b+d+e) √((2c+1)(2f+1)) {a b c; d e f} at the highest vector."""
    a, b, c, d, e, f = six
    ab, cd, bd, af = (rt.clebsch_gordan(*three, group=SU2) for three in ((a, b, c), (c, d, e), (b, d, f), (a, f, e)))
    top = 0  # m = e
    found = total(x * y * z * w for (i, j, k), x in ab.entries.items() for (k2, l, m), y in cd.entries.items()
                  if (k2, m) == (k, top) for (j2, l2, n), z in bd.entries.items() if (j2, l2) == (j, l)
                  for w in [af[i, n, top]])
    spins = [Fraction(j) for j in six]
    sign = (-1) ** int(spins[0] + spins[1] + spins[3] + spins[4])
    assert found == total([SignedRoot.of(sign, (2 * spins[2] + 1) * (2 * spins[5] + 1)) * wigner_6j(*six)])


# Clebsch–Gordan ------------------------------------------------------------------------------------------------
def test_the_dot_and_the_cross_product():
    dot, cross = rt.clebsch_gordan(1, 1, 0), rt.clebsch_gordan(1, 1, 1)
    assert dot.entries == {(i, i, 0): SignedRoot.of(1, Fraction(1, 3)) for i in range(3)}
    levi = {(0, 1, 2): 1, (1, 2, 0): 1, (2, 0, 1): 1, (1, 0, 2): -1, (2, 1, 0): -1, (0, 2, 1): -1}
    assert cross.entries == {place: SignedRoot.of(sign, Fraction(1, 2)) for place, sign in levi.items()}


@settings(max_examples=20, deadline=None)
@given(triads(st.integers(0, 4)) | triads(spins.filter(lambda j: j < 3)))
def test_couplings_are_exact_co_isometries(keys):
    whole = all(key == int(key) for key in keys)
    for C in [rt.clebsch_gordan(*keys, group=SU2)] + ([rt.clebsch_gordan(*keys)] if whole else []):
        rows: dict[tuple[int, int], list[SignedRoot]] = {}
        for (i, j, k), root in C.entries.items():
            for other in range(C.shape[2]):
                rows.setdefault((k, other), []).append(root * C[i, j, other])
        assert all(total(roots) == ({1: 1} if k == other else {}) for (k, other), roots in rows.items())


@pytest.mark.parametrize("keys", [(1, 1, 1), (1, 1, 2), (2, 1, 2), (2, 2, 3), (3, 2, 2)])
def test_real_couplings_intertwine_the_irreps_exactly(keys):
    G = rt.SO(3)
    C, reps = rt.clebsch_gordan(*keys, group=G), [G.irrep(l) for l in keys]
    for a in range(3):
        moved: dict[tuple[int, int, int], list[SignedRoot]] = {}
        lie = [{(i, j): SignedRoot.of(x.to_fraction(), (V.gram[i] / V.gram[j]).to_fraction())
                for i, row in enumerate(V.derivatives[a].rows()) for j, x in enumerate(row) if not x.is_zero}
               for V in reps]
        for (i, j, k), root in C.entries.items():
            for (row, column), x in lie[2].items():
                if column == k:
                    moved.setdefault((i, j, row), []).append(x * root)
            for (row, column), x in lie[0].items():
                if row == i:
                    moved.setdefault((column, j, k), []).append(-(x * root))
            for (row, column), x in lie[1].items():
                if row == j:
                    moved.setdefault((i, column, k), []).append(-(x * root))
        assert moved and all(total(roots) == {} for roots in moved.values())


@given(triads(degrees), st.permutations(range(3)))
@settings(max_examples=20, deadline=None)
def test_real_couplings_are_symmetric_in_their_three_indices(keys, order):
    odd = np.linalg.det(np.eye(3)[list(order)]) < 0 and sum(keys) % 2
    C = rt.clebsch_gordan(*keys).to_numpy() / np.sqrt(2 * keys[2] + 1)
    turned = [keys[i] for i in order]
    D = rt.clebsch_gordan(*turned).to_numpy() / np.sqrt(2 * turned[2] + 1)
    assert np.abs(C.transpose(order) * (-1 if odd else 1) - D).max() < 1e-15


@pytest.mark.parametrize("top", [4, pytest.param(6, marks=pytest.mark.slow)])
def test_real_couplings_have_the_signs_of_products_and_poisson_brackets(top):
    # both sides are totally symmetric or antisymmetric in the three, so a ≤ b ≤ c is enough
    x = Polynomial.variables(3)
    for a, b, c in (t for t in combinations_with_replacement(range(top + 1), 3) if t[2] <= t[0] + t[1]):
        (i, j, k), root = min(rt.clebsch_gordan(a, b, c).entries.items(), key=lambda entry: sum(
            len(rt.spherical_harmonics(l).polynomials[place].terms) for l, place in zip((a, b, c), entry[0])))
        f, g, h = (rt.spherical_harmonics(l).polynomials[place] for l, place in ((a, i), (b, j), (c, k)))
        if (a + b + c) % 2:
            (fx, fy, fz), (gx, gy, gz) = f.gradient, g.gradient
            image = x[0] * (fy * gz - fz * gy) + x[1] * (fz * gx - fx * gz) + x[2] * (fx * gy - fy * gx)
        else:
            image = f * g
        assert (image * h).sphere_mean() * root.sign > 0


def test_o3_takes_parities():
    assert rt.clebsch_gordan("1o", "1o", "1e", group=O3).tensor == rt.clebsch_gordan(1, 1, 1).tensor


def test_e3nn_has_the_same_signs():
    o3 = pytest.importorskip("e3nn.o3")
    places = {l: [l + s * m for m in range(l, 0, -1) for s in (1, -1)] + [l] for l in range(5)}
    for a, b, c in [(1, 1, 1), (2, 1, 2), (2, 3, 4), (4, 4, 3), (2, 2, 2), (3, 2, 1)]:
        theirs = o3.wigner_3j(a, b, c).numpy()[np.ix_(places[a], places[b], places[c])] * (2 * c + 1) ** 0.5
        assert np.abs(theirs - rt.clebsch_gordan(a, b, c).to_numpy()).max() < 1e-6


@pytest.mark.parametrize("keys, group, kind, pieces", [
    ((1, 1, 3), None, rt.NoCoupling, ["1 ⊗ 1 does not hold 3", "up to 1 + 1 = 2"]),
    (("1/2", 1, "1/2"), None, NotASpin, ["no irrep of spin 1/2", "SU(2)"]),
    (("1o", 1, 1), None, NotASpin, ["has a parity", "O(3)"]),
    ((-1, 1, 1), None, NotASpin, ["-1 is no spin"]),
    ((1.0, 1, 1), None, rt.NotExact, ["1.0 is a float"]),
    (("1o", "1o", "1o"), O3, rt.NoCoupling, ["inversion acts by +1", "Ask for '1e'"]),
    ((1, 1, 1), O3, NotASpin, ["no irrep of O(3)"]),
    (("1/2", "1/2", "1/2"), SU2, rt.NoCoupling, ["1/2 ⊗ 1/2 does not hold 1/2"]),
    (((1, 0), (1, 0), (1, 1)), rt.SU(3), rt.NoCoupling, ["holds SU(3).irrep((2, 0)), SU(3).irrep((0, 1))."]),
    (((3,), (2, 1), (3,)), rt.S(3), rt.NoCoupling, ["it holds S(3).irrep((2, 1))."]),
    ((1, 1, 1), "SU(3)", TypeError, ["'SU(3)' is no group", "group=rt.SU(3)"]),
])
def test_refusals_say_what_to_ask(keys, group, kind, pieces):
    with pytest.raises(kind) as caught:
        rt.clebsch_gordan(*keys, group=group)
    assert all(piece in str(caught.value) for piece in pieces), str(caught.value)


def test_weights_are_refused():
    with pytest.raises(NotASpin, match="no weight of spin 1"):
        wigner_3j(1, 1, 1, 2, -1, -1)


# Rounding ------------------------------------------------------------------------------------------------------
@given(st.integers(1, 10**40), st.integers(1, 10**40))
def test_roots_are_rounded_to_the_nearest(p, q):
    found = round_root(p, q)
    low, high = (Fraction(np.nextafter(found, towards)) for towards in (0, np.inf))
    middle = Fraction(found)
    assert ((low + middle) / 2) ** 2 <= Fraction(p, q) <= ((high + middle) / 2) ** 2
    with precision(200):
        assert abs((arb(p) / q).sqrt() / found - 1) < 2.0 ** -52
    single = round_root(p, q, "float32")
    low, high = (Fraction(float(np.nextafter(np.float32(single), np.float32(to)))) for to in (0, np.inf))
    assert ((low + Fraction(single)) / 2) ** 2 <= Fraction(p, q) <= ((high + Fraction(single)) / 2) ** 2


def test_signed_roots():
    half = SignedRoot.of(1, Fraction(-1, 2))
    assert half * half == SignedRoot.of(Fraction(-1, 2)) and half * half.conj() == SignedRoot.of(Fraction(1, 2))
    assert complex(half) == 0.7071067811865476j and str(half) == "i√(1/2)"
    assert SignedRoot.of(-1, Fraction(8, 9)).to_number() ** 2 == rt.Q("8/9")
    with pytest.raises(TypeError, match="imaginary"):
        float(half)
    with pytest.raises(ValueError, match="no signed root"):
        SignedRoot(0, Fraction(1))
    assert RootTensor.of((1,), {(0,): half}).to_numpy().dtype == np.complex128
