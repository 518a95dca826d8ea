"""One-step schemes: Lax–Wendroff, MacCormack, and those that interpolate along the characteristics."""
from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sympy
from sympy import Poly, Rational

from .coefficients import NU, Coefficients
from .interpolation import lagrange
from .laurent import Laurent, Offset, on_axis
from .numerical_flux import State, at, physical
from .reconstruction import Let, plain
from .scheme import NotDefined, NotLinear, Scheme

HALF = sympy.S.Half


class LaxWendroff(Scheme):
    """uⁿ⁺¹ = u − Δt f_x + Δt²/2 (A f_x)_x with central differences (Lax and Wendroff, 1960; 1964 for d > 1).

    The face flux is (f_L + f_R)/2 − Δt/2Δx A((u_L + u_R)/2) Σ_k δ_k f_k, with the differences δ_k at the face.
    """

    def linear(self, ring: Coefficients) -> Laurent:
        """1 − Σ M_j D_j + ½ Σ_j M_j² D_jj + ½ Σ_{j≠k} M_j M_k D_j D_k."""
        d, m = ring.ndim, ring.matrices
        first = [on_axis({1: HALF, -1: -HALF}, j, d, ring.one) for j in range(d)]
        total = Laurent({(0,) * d: ring.one})
        for j in range(d):
            second = on_axis({1: 1, 0: -2, -1: 1}, j, d, ring.one)
            total = total - first[j].scaled(m[j]) + second.scaled(HALF * m[j] * m[j])
            for k in range(d):
                if k != j:
                    total = total + (first[j] * first[k]).scaled(HALF * m[j] * m[k])
        return total

    def face_offsets(self, axis: str) -> tuple[Offset, ...]:
        """The two cells beside the face, and their neighbours along the other axes."""
        j, d = self.axes.index(axis), len(self.axes)
        pairs = [tuple(s if i == j else 0 for i in range(d)) for s in (0, 1)]
        return tuple(pairs + [_moved(p, k, s) for k in range(d) if k != j for p in pairs for s in (-1, 1)])

    def face_flux(self, axis: str, cells: Mapping[Offset, State], let: Let = plain) -> State:
        """(f_L + f_R)/2 − Δt/2Δx A((u_L + u_R)/2) Σ_k δ_k f_k."""
        system, j = self.system, self.axes.index(axis)
        pair = self.face_offsets(axis)[:2]
        left, right = (cells[p] for p in pair)
        f, g = (physical(system, u, axis) for u in (left, right))
        jump = [b - a for a, b in zip(f, g)]
        for k, other in enumerate(self.axes):
            if k != j:
                for p in pair:
                    up, down = (physical(system, cells[_moved(p, k, s)], other) for s in (1, -1))
                    jump = [x + (a - b) / 4 for x, a, b in zip(jump, up, down)]
        mean = [let((a + b) / 2) for a, b in zip(left, right)]
        a = system.jacobian(axis).applyfunc(lambda e: at(system, e, mean))
        step = a * sympy.Matrix(jump)
        return tuple((x + y) / 2 - self.ratio * s / 2 for x, y, s in zip(f, g, step))


class MacCormack(Scheme):
    """u* = u − Δt Σ δ⁺f, uⁿ⁺¹ = (u + u*)/2 − Δt/2 Σ δ⁻f(u*): forward, then backward differences (MacCormack, 1969)."""

    def linear(self, ring: Coefficients) -> Laurent:
        """(1 + P)/2 − ½ Σ M_j D⁻_j P with the predictor P = 1 − Σ M_j D⁺_j."""
        d = ring.ndim
        one = Laurent({(0,) * d: ring.one})
        forward, backward = Laurent({}), Laurent({})
        for j, m in enumerate(ring.matrices):
            forward = forward + on_axis({1: 1, 0: -1}, j, d, ring.one).scaled(m)
            backward = backward + on_axis({0: 1, -1: -1}, j, d, ring.one).scaled(m)
        predicted = one - forward
        return (one + predicted - backward * predicted).scaled(HALF)

    def face_offsets(self, axis: str) -> tuple[Offset, ...]:
        """The cell on the left, its neighbours ahead along every axis."""
        d = len(self.axes)
        origin = (0,) * d
        return (origin, *(_moved(origin, k, 1) for k in range(d)))

    def face_flux(self, axis: str, cells: Mapping[Offset, State], let: Let = plain) -> State:
        """(f(u*_L) + f(u_R))/2."""
        system, origin = self.system, (0,) * len(self.axes)
        star = list(cells[origin])
        for k, other in enumerate(self.axes):
            f, g = (physical(system, cells[p], other) for p in (origin, _moved(origin, k, 1)))
            star = [let(u - self.ratio * (b - a)) for u, a, b in zip(star, f, g)]
        right = physical(system, cells[_moved(origin, self.axes.index(axis), 1)], axis)
        return tuple((a + b) / 2 for a, b in zip(physical(system, star, axis), right))


POINTS = {"beam-warming": ((-2, -1, 0),), "fromm": ((-2, -1, 0), (-1, 0, 1)), "quickest": ((-2, -1, 0, 1),)}


class Interpolating(Scheme):
    """uⁿ⁺¹_j = p(x_j − λΔt) with p through the values of u at fixed points upwind, on each characteristic.

    "beam-warming": points −2, −1, 0; "quickest": −2 … 1 (Leonard, 1979); "fromm": the mean of Beam–Warming and
    Lax–Wendroff. For linear systems in one dimension.
    """

    def linear(self, ring: Coefficients) -> Laurent:
        """1 + Σ_k (p_k − δ_k0)(M⁺) E^k + (p_k − δ_k0)(M⁻) E^{−k}, with p_k(ν) the weights of Lagrange at −ν."""
        if ring.ndim > 1:
            raise NotDefined(f"{self.name!r} is a scheme in one dimension, and {self.system.expression} has "
                             f"{ring.ndim}. Give splitting='godunov', or use 'upwind3'.")
        plus = HALF * (ring.matrices[0] + ring.absolute(0))
        minus = HALF * (ring.absolute(0) - ring.matrices[0])
        found = Laurent({(0,): ring.one})
        rows = POINTS[self.name]
        for points in rows:
            for k, p in lagrange(points, -NU).items():
                rest = Poly(p - (1 if k == 0 else 0), NU) * Rational(1, len(rows))
                for sign, value in ((1, plus), (-1, minus)):
                    found = found + Laurent({(sign * k,): _at(rest, value, ring.one)})
        return found

    def face_offsets(self, axis: str) -> tuple[Offset, ...]:
        """Not defined for nonlinear systems: NotLinear."""
        raise NotLinear(f"{self.name!r} follows characteristics of constant speed, and {self.system.expression} has no "
                        "flux form of it. Use 'lax-wendroff', or a limited scheme such as 'muscl'.")

    def face_flux(self, axis: str, cells: Mapping[Offset, State], let: Let = plain) -> State:
        """Not defined for nonlinear systems: NotLinear."""
        self.face_offsets(axis)
        raise AssertionError


def _at(p: Poly, value: Any, one: Any) -> Any:
    total = 0 * one
    for c in p.all_coeffs():
        total = total * value + c * one
    return total


def _moved(p: Offset, axis: int, steps: int) -> Offset:
    return tuple(x + steps * (j == axis) for j, x in enumerate(p))


