"""Plans on exact numbers: equivariance with zero tolerance at rational rotations, in the NumPy meaning."""
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import reptheory as rt

SO3, O3, LORENTZ = rt.SO(3), rt.O(3), rt.SO(1, 3)
QUESTIONS = [
    (2 * SO3.irrep(1) + SO3.irrep(2), 3 * SO3.irrep(1) + 2 * SO3.irrep(2)),
    (SO3.vector**2, SO3.irrep(2) + SO3.vector),
    (SO3.vector * SO3.irrep(2), SO3.irrep(3) + SO3.irrep(1)),
    (O3.irrep("1o").sym(2) + O3.irrep("2e"), 2 * O3.irrep("2e") + O3.irrep("0e")),
    (LORENTZ.vector**2, LORENTZ.vector**2),
    (rt.SL(2).vector**2, rt.SL(2).trivial + rt.SL(2).vector.sym(2)),
    (rt.D(4).regular, rt.D(4).vector + rt.D(4).regular),
]


def fractions(rng: np.random.Generator, *shape: int) -> np.ndarray:
    flat = [Fraction(int(a), int(b)) for a, b in zip(rng.integers(-9, 10, np.prod(shape)),
                                                     rng.integers(1, 6, np.prod(shape)))]
    return np.array(flat, object).reshape(shape)


def rotation(quaternion: tuple[int, int, int, int]) -> list[list[Fraction]]:
    """The rational rotation matrix of an integer quaternion (Euler and Rodrigues)."""
    a, b, c, d = quaternion
    n = a * a + b * b + c * c + d * d
    rows = [[a*a + b*b - c*c - d*d, 2 * (b*c - a*d), 2 * (b*d + a*c)],
            [2 * (b*c + a*d), a*a - b*b + c*c - d*d, 2 * (c*d - a*b)],
            [2 * (b*d - a*c), 2 * (c*d + a*b), a*a - b*b - c*c + d*d]]
    return [[Fraction(x, n) for x in row] for row in rows]


def acted(rep: rt.Rep, g, x: np.ndarray) -> np.ndarray:
    matrix = np.array([[e.to_fraction() for e in row] for row in rep(g).rows()], object)
    return x @ matrix.T


@pytest.mark.parametrize("source, target", QUESTIONS, ids=lambda v: v.expression)
@settings(max_examples=5, deadline=None)
@given(st.tuples(*[st.integers(-3, 3)] * 4).filter(any), st.integers(0, 99))
def test_plans_commute_exactly_with_rational_elements(source, target, quaternion, seed):
    """f(ρ(g)x) = ρ(g)f(x) in Q, for integer quaternions, and for rational Lorentz transformations and shears."""
    group, rng = source.group, np.random.default_rng(seed)
    if group in (SO3, O3):
        g = rt.Matrix.of(rotation(quaternion))
    else:
        g = group.sample(seed) if group.is_lie else group.generators[seed % 2]
    plan = rt.lower(rt.Hom(source, target), normalise=False)
    weights, x = fractions(rng, plan.size), fractions(rng, 2, source.dim)
    y = plan(weights, x)
    assert all(isinstance(v, Fraction) for v in y.ravel()) and y.any()
    assert (plan(weights, acted(source, g, x)) == acted(target, g, y)).all()
