"""The flux of Roe with an entropy fix: upwind by the eigenvectors of a Roe matrix."""
from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import sympy
from sympy import Abs, Expr, Max, Piecewise

from .factorisation import factored
from .hll import NoSuchFlux
from .jump import sides
from .numerical_flux import State, at, physical, upwind
from .reconstruction import Let, plain
from .speed import spectral_radius

if TYPE_CHECKING:
    from .system import System


def roe(system: System, u: Sequence[Expr], v: Sequence[Expr], axis: str, let: Let = plain,
        fix: Expr | None = None) -> State:
    """(f⁻ + f⁺)/2 − Σ_k q(λ̂_k) (l̂_k·(u⁺ − u⁻)) r̂_k/2 with q(λ) = |λ|, or (λ²/w + w)/2 where |λ| < w.

    w is that of Harten and Hyman (J. Comput. Phys. 50 (1983) 235), max(0, λ̂ − λ(u⁻), λ(u⁺) − λ̂), where `fix` is not
    given; else Harten's (J. Comput. Phys. 49 (1983) 357), `fix` times the larger spectral radius of both states. Linear
    systems have no fans, and need none; |A| = s where A² = s². NoSuchFlux where the Roe matrix is f′(û) at no known û.
    """
    if system.is_linear:
        return upwind(system, u, v, axis)
    if (square := balanced(system, axis)) is not None:
        at_faces = {n: x for names, side in zip(sides(system.state), (u, v)) for n, x in zip(names, side)}
        s = let(sympy.sqrt(square.subs(at_faces, simultaneous=True)))
        size = s if fix is None else absolute(s, let(fix * Max(*(at(system, spectral_radius(system, axis), x)
                                                                 for x in (u, v)))), let)
        return tuple((a + b - size * (y - x)) / 2 for a, b, x, y in zip(
            physical(system, u, axis), physical(system, v, axis), u, v))
    change = [y - x for x, y in zip(u, v)]
    f, g = physical(system, u, axis), physical(system, v, axis)
    width = None
    if fix is not None:
        radius = spectral_radius(system, axis)
        width = let(fix * Max(*(at(system, radius, x) for x in (u, v))))
    total = [(a + b) / 2 for a, b in zip(f, g)]
    for speed, beside, left, right in _waves(system, u, v, axis, let):
        s = let(speed)
        around = Max(0, s - beside[0], beside[1] - s) if width is None else width
        size = let(absolute(s, around, let) * sum(x * y for x, y in zip(left, change)) / 2)
        total = [t - size * r for t, r in zip(total, right)]
    return tuple(total)


def balanced(system: System, axis: str) -> Expr | None:
    """s² where the Roe matrix has no known û and A² = s², as that of the p-system, s² = −[[p]]/[[v]]: |A| = s then, and
    no wave is transonic. None otherwise."""
    from .roe import NoRoeMatrix, roe_matrix
    if system.size == 1 or system.primitive is not None:
        return None
    try:
        found = roe_matrix(system, axis)
    except NoRoeMatrix:
        return None
    square = (found.matrix ** 2).applyfunc(factored)
    if found.average is not None or square != square[0, 0] * sympy.eye(system.size):
        return None
    return square[0, 0]


def absolute(s: Expr, width: Expr, let: Let = plain) -> Expr:
    """q(s) = |s|, or (s²/w + w)/2 where |s| < w: with W = max(|s|, w) it is (s²/W + W)/2 on both sides."""
    top = let(Max(Abs(s), width))
    return (s ** 2 / let(Piecewise((top, top > 0), (sympy.S.One, True))) + top) / 2


def _waves(system: System, u: Sequence[Expr], v: Sequence[Expr], axis: str, let: Let) -> list[tuple[Any, ...]]:
    """(λ̂_k, (λ_k(u⁻), λ_k(u⁺)), l̂_k, r̂_k) of a Roe matrix; the secant for one unknown."""
    if system.size == 1:
        x, f = system.state[0], system.flux(axis)[0]
        names = [sympy.Dummy(s, **x.assumptions0) for s in "lr"]
        secant = sympy.cancel((f.subs(x, names[1]) - f.subs(x, names[0])) / (names[1] - names[0]))
        slope = sympy.diff(f, x)
        one = [sympy.S.One]
        return [(secant.subs(dict(zip(names, (u[0], v[0])))), tuple(at(system, slope, w) for w in (u, v)), one, one)]
    structure = system.eigenstructure([1 if a == axis else 0 for a in system.axes])
    ends, hat = roe_average(system, u, v, axis, let)
    back = dict(structure.abbreviations)
    short = {c: let(e.subs(hat, simultaneous=True)) for c, e in back.items()}

    def here(e: Expr) -> Expr:
        return e.subs(short).subs(hat, simultaneous=True)
    waves = []
    for k, speed in enumerate(structure.speeds):
        beside = tuple(let(speed.subs(back).subs(side, simultaneous=True)) for side in ends)
        waves.append((here(speed), beside, [here(e) for e in structure.left.row(k)],
                      [here(e) for e in structure.right.col(k)]))
    return waves


def roe_average(system: System, u: Sequence[Expr], v: Sequence[Expr], axis: str, let: Let = plain
                ) -> tuple[list[dict[Expr, Expr]], dict[Expr, Expr]]:
    """The primitive unknowns of both states, and those of û, at which f′(û) is a Roe matrix; NoSuchFlux where it is at
    no known state."""
    from .eigenstructure import primitive_inverse
    from .roe import roe_matrix
    found = roe_matrix(system, axis)
    if found.average is None:
        raise NoSuchFlux(f"the Roe matrix of {system.expression} is by {found.origin}, and is f′(û) at no known state, "
                         "so its vectors are not known. Use 'hll'.")
    inverse, w = primitive_inverse(system), system.primitive_symbols
    ends = [dict(zip(w, (let(at(system, sympy.sympify(inverse.get(y, y)), x)) for y in w))) for x in (u, v)]
    both = {n: side[y] for side, names in zip(ends, sides(w)) for y, n in zip(w, names)}
    return ends, dict(zip(w, (let(e.subs(both, simultaneous=True)) for e in found.average)))
