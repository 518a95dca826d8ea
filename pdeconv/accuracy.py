"""Accuracy: the order of a scheme, by Taylor expansion on smooth solutions."""
from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import sympy
from sympy import Expr

from .coefficients import NU, normal, of_system
from .laurent import Laurent
from .modified_equation import NotConsistent, logarithm, modified_equation

if TYPE_CHECKING:
    from .scheme import Scheme

MOST = 6  # the highest order that is looked for


def order(scheme: Scheme) -> int:
    """The largest p with local error O(Δt^{p+1}) for smooth solutions at fixed Δt/Δx.

    Linear systems: by the logarithm of the symbol; that of waves along an axis bounds it, and in more dimensions order
    k in space and q in time give min(k, q) at least, since each axis differentiates means exactly. Nonlinear:
    reconstructions of order k on means over cells and Runge–Kutta methods of order q give min(k, q), at most 2 in more
    than one dimension, where means over faces and values at their centres differ, or with a source that is not linear,
    where means of it and its values at means do; other schemes by Taylor expansion of the update in the jets of a
    solution, and 1 with a source, which they take by a step of Euler's.
    """
    from .scheme import NotLinear
    from .semi_discrete import SemiDiscrete
    from .staggered import Staggered
    if isinstance(scheme, Staggered):
        return scheme.staggered_order
    if scheme.is_linear and not any(scheme.system.source):
        try:
            along = modified_equation(scheme.characteristic_of(scheme.system.size == 1), NU, 1).order or MOST
        except NotLinear:  # dissipation that is not even in the speed: no one characteristic stands for all
            return _matrix_order(scheme, MOST)
        if scheme.system.ndim == 1:
            return along
        if isinstance(scheme, SemiDiscrete) and scheme.reconstruction is not None and along == min(
                scheme.reconstruction.order, scheme.time.order):
            return along
        return _matrix_order(scheme, along)
    if isinstance(scheme, SemiDiscrete) and scheme.reconstruction is not None:
        space = scheme.reconstruction.order
        most = space if scheme.system.ndim == 1 and _keeps_means(scheme) else 2
        return min(space, most, scheme.time.order)
    return min(taylor_order(scheme), 1) if any(scheme.system.source) else taylor_order(scheme)


def _keeps_means(scheme: Scheme) -> bool:
    """Whether the source of the mean over a cell is the mean of the source: where it is linear."""
    state = scheme.system.state
    return not any(sympy.diff(s, x).has(*state) for s in scheme.system.source for x in state)


def _matrix_order(scheme: Scheme, most: int) -> int:
    """The first total degree above 1 in which log G(−iw) has a term, less one; it is at most that along an axis."""
    ring = of_system(scheme.system, scheme.ratio)
    d, operator = scheme.system.ndim, scheme.operator
    for degree in range(2, most + 1):
        log = logarithm(operator, degree, ring.one, d)
        log = log + Laurent({tuple(int(i == j) for i in range(d)): m for j, m in enumerate(ring.matrices)})
        left = {sum(k) for k, m in log.terms.items() if any(normal(e) != 0 for e in m)}
        if 1 in left or 0 in left:
            raise NotConsistent(f"{scheme.expression} is not consistent with its system. Check its flux.")
        if left:
            return min(left) - 1
    return most


def taylor_order(scheme: Scheme, most: int = 3) -> int:
    """The order of a scheme in flux form, by expansion in h of the update of the jets of a solution, up to `most`.

    Time derivatives are those of the equation (Cauchy and Kovalevskaya): u_t = −Σ ∂_j f_j(u).
    """
    system, d = scheme.system, scheme.system.ndim
    h, ratio = sympy.Symbol("h", positive=True), scheme.ratio
    jets = {powers: [sympy.Symbol(f"{name}_{powers}", real=True) for name in system.names]
            for powers in product(range(most + 2), repeat=d) if sum(powers) <= most + 1}

    def total(e: Expr, axis: int) -> Expr:
        result = sympy.S.Zero
        for powers, symbols in jets.items():
            above = tuple(p + (j == axis) for j, p in enumerate(powers))
            if above in jets:
                result += sum(sympy.diff(e, s) * t for s, t in zip(symbols, jets[above]))
        return result

    def evolve(e: Expr) -> Expr:
        result = sympy.S.Zero
        for powers, symbols in jets.items():
            for s, rate in zip(symbols, rates.get(powers, ())):
                result += sympy.diff(e, s) * rate
        return result
    zero = (0,) * d
    here = dict(zip(system.state, jets[zero]))
    base = [-sum((total(f.subs(here, simultaneous=True), j) for j, f in enumerate(row)), sympy.S.Zero)
            for row in zip(*(system.flux(a) for a in system.axes))]
    rates = {zero: base}
    for powers in sorted(jets, key=sum):
        if powers != zero and sum(powers) < most + 1:
            axis = next(j for j, p in enumerate(powers) if p)
            below = tuple(p - (j == axis) for j, p in enumerate(powers))
            rates[powers] = [total(e, axis) for e in rates[below]]
    derivative, exact = list(jets[zero]), []
    for k in range(1, most + 1):
        derivative = [evolve(e) for e in derivative]
        exact.append([e * ratio ** k / sympy.factorial(k) for e in derivative])

    def cell(offset: tuple[int, ...]) -> tuple[Expr, ...]:
        return tuple(sum((s[i] * h ** sum(p) * sympy.prod(
            [sympy.Integer(o) ** m / sympy.factorial(m) for o, m in zip(offset, p)])
            for p, s in jets.items() if sum(p) <= most), sympy.S.Zero) for i in range(system.size))
    change = [sympy.S.Zero] * system.size
    for j, name in enumerate(system.axes):
        for side, sign in ((0, -1), (-1, 1)):
            moved = {k: cell(tuple(x + side * (i == j) for i, x in enumerate(k))) for k in scheme.face_offsets(name)}
            change = [c + sign * ratio * f for c, f in zip(change, scheme.face_flux(name, moved))]
    sample = {s: sympy.Rational(7 * n + 3, 5 + n) for n, s in enumerate(s for row in jets.values() for s in row)}
    sampled = [sympy.cancel(c.subs(sample)) for c in change]
    for k in range(1, most + 1):  # a number that does not vanish decides; one that does is checked in symbols
        for full, part, target in zip(change, sampled, exact[k - 1]):
            value = sympy.diff(part, h, k).subs(h, 0) / sympy.factorial(k) - target.subs(sample)
            if sympy.cancel(value) != 0 or sympy.cancel(
                    sympy.diff(full, h, k).subs(h, 0) / sympy.factorial(k) - target) != 0:
                return k - 1
    return most
