"""Smooth regions: the linear scheme to which limiters and WENO weights tend where the solution is smooth, u_x ≠ 0."""
from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import sympy
from sympy import Expr, Poly

from .coefficients import COURANT, NU
from .laurent import Laurent, on_axis, shift
from .limiter import Limiter, pieces
from .reconstruction import Linear

if TYPE_CHECKING:
    from .scheme import Scheme


@dataclass(frozen=True)
class Tangent(Linear):
    """The linear reconstruction with these weights: the derivative of one that is not linear, at straight lines."""

    table: tuple[tuple[int, Expr], ...] = ()

    @cached_property
    def weights(self) -> dict[int, Expr]:
        """The weights."""
        return {k: w for k, w in self.table if w != 0}


def slope_weight(limiter: Limiter, bend: int = 0) -> Expr:
    """φ′(1), so that L(a, b) = φ′(1) a + (1 − φ′(1)) b + o(h) for the differences a, b of a smooth function, u_x ≠ 0.

    Where φ has a corner at 1 the sides differ: a/b < 1 where bend = sign(u_x u_xx) = 1, a/b > 1 where it is −1.
    NotDefined without a bend there.

    >>> from pdeconv import limiter
    >>> slope_weight(limiter("van-leer")), slope_weight(limiter("minmod"), 1), slope_weight(limiter("minmod"), -1)
    (1/2, 1, 0)
    """
    r = sympy.Symbol("r", positive=True)
    phi = limiter.phi(r)
    found, breaks = pieces(phi, r)
    gap = min((abs(b - 1) for b in breaks if b != 1), default=sympy.S.One) / 3
    slopes = {}
    for side in (1, -1):  # bend 1: r < 1
        points = [1 - side * gap / k for k in (1, 2, 3)]
        piece = next(p for p in found if all(sympy.simplify(p.subs(r, x) - phi.subs(r, x)) == 0 for x in points))
        slopes[side] = sympy.diff(piece, r).subs(r, 1)
    if slopes[1] == slopes[-1]:
        return slopes[1]
    if bend not in (1, -1):
        from .scheme import NotDefined
        raise NotDefined(f"φ of {limiter.name!r} has a corner at r = 1, with the slopes {slopes[1]} and {slopes[-1]}, "
                         "so that the leading term depends on the sign of u_x u_xx. Give it: "
                         "modified_equation(bend=1), or bend=-1.")
    return slopes[bend]


def tangent(scheme: Scheme, bend: int = 0) -> Laurent:
    """The characteristic of the linear scheme whose leading error is that of a limited one where u is smooth, u_x ≠ 0.

    Slopes L(a, b) become φ′(1) a + (1 − φ′(1)) b, and WENO weights ω_k their limits d_k; what is left is of higher
    order. NotLinear for nonlinear systems, NotDefined where the rest is not of higher order.
    """
    from .hancock import Hancock
    from .muscl import Muscl
    from .scheme import NotDefined, NotLinear
    from .wave_propagation import WavePropagation
    from .weno import Weno
    if not scheme.system.is_linear or scheme.system.ndim > 1:
        raise NotLinear(f"the modified equation of {scheme.expression} is known for linear systems in one dimension. "
                        f"Linearise it, scheme.at({', '.join(f'{n}=…' for n in scheme.system.names)}), or take one "
                        "axis.")
    if isinstance(scheme, Hancock) and not scheme.is_upwind:
        raise NotLinear(f"the flux of {scheme.expression} mixes characteristics, and its limit in smooth regions is "
                        "not known. Take flux='upwind'.")
    if isinstance(scheme, Hancock) and scheme.lines.on != "characteristics":
        _require_one_bend(scheme, scheme.limiter, bend)
    if isinstance(scheme, (Hancock, WavePropagation)):
        return _waves(slope_weight(scheme.limiter, bend))
    rows = scheme.reconstruction
    half = sympy.S.Half
    if isinstance(rows, Muscl):
        back = slope_weight(rows.limiter, bend)
        _require_one_bend(scheme, rows.limiter, bend)
        table = ((-1, -back * half), (0, 1 + back - half), (1, (1 - back) * half))
    elif isinstance(rows, Weno):
        if rows.order <= scheme.time.order:
            raise NotDefined(f"the weights of {rows.name!r} differ from their limits by a term of the order of the "
                             "error, which is not linear in u. Take 'weno5', or a time stepping of lower order.")
        total: dict[int, Expr] = {}
        for d, q in zip(rows.optimal, rows.candidates):
            for k, w in q.items():
                total[k] = total.get(k, sympy.S.Zero) + d * w
        table = tuple(sorted(total.items()))  # type: ignore[assignment]
    else:
        raise NotLinear(f"{scheme.expression} is not linear, and its limit in smooth regions is not known. Take "
                        "'muscl', 'muscl-hancock', 'weno5' or 'wave-propagation'.")
    made = replace(scheme, reconstruction=Tangent(f"{rows.name}'", table))
    return made.characteristic_of(scheme.system.size == 1)


def _require_one_bend(scheme: Scheme, limiter: Limiter, bend: int) -> None:
    """Raise NotDefined where several unknowns meet a corner of φ, each at a side of its own."""
    if bend and scheme.system.size > 1 and slope_weight(limiter, bend) != slope_weight(limiter, -bend):
        from .scheme import NotDefined
        raise NotDefined(f"φ of {limiter.name!r} has a corner at r = 1, and each characteristic has its own sign of "
                         "u_x u_xx. Take one unknown, or a smooth limiter such as 'van-leer'.")


def _waves(back: Expr) -> Laurent:
    """1 − (1 − E⁻¹)(ν + ν (1 − ν)/2 (φ′ (1 − E⁻¹) + (1 − φ′)(E − 1)))."""
    one: Any = Poly(1, NU, COURANT)
    nu = Poly(NU, NU, COURANT)
    correction = on_axis({-1: -back, 0: 2 * back - 1, 1: 1 - back}, 0, 1, one).scaled(nu * (one - nu) * sympy.S.Half)
    flux = Laurent({(0,): nu}) + correction
    return Laurent({(0,): one}) - (flux - flux * shift(0, 1, -1, one))
