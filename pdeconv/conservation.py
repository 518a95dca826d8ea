"""Conservation: the update as a telescoping sum of differences of fluxes, proved."""
from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sympy

from .face_program import cell_symbol
from .laurent import Laurent, Offset, shift

if TYPE_CHECKING:
    from .scheme import Scheme


class NotConservative(ValueError):
    """A linear scheme that changes the sum over a periodic grid."""


@dataclass(frozen=True, eq=False)
class Conservation:
    """One step is u − Σ_axis (1 − E⁻¹) F_axis, so that sums over cells change through the boundary alone.

    `fluxes` are, by axis, the Laurent polynomials Δt/Δx F of a linear scheme, or the program of the flux through the
    face on the right of cell 0; of a split scheme the proofs for the sweeps along each axis.
    """

    scheme: Scheme
    fluxes: tuple[Any, ...]

    def verify(self) -> bool:
        """Whether the identity holds: as Laurent polynomials, or as the sum of a step over a periodic row of cells."""
        scheme = self.scheme
        d = scheme.system.ndim
        if isinstance(self.fluxes[0], Conservation):
            return all(sweep.verify() for sweep in self.fluxes)
        if isinstance(self.fluxes[0], Laurent):
            one = sympy.ImmutableMatrix(sympy.eye(scheme.system.size))
            total = Laurent({(0,) * d: one})
            for j, flux in enumerate(self.fluxes):
                total = total - (flux - flux * shift(j, d, -1, one))
            return total == scheme.operator
        for axis, flux in zip(scheme.axes, self.fluxes):
            offsets = scheme.face_offsets(axis)
            j, length = scheme.axes.index(axis), 1 + max(abs(k) for p in offsets for k in p)

            def moved(p: Offset, steps: int, j: int = j, length: int = length) -> Offset:
                return tuple((x + steps) % length if i == j else x for i, x in enumerate(p))
            faces = []
            for s in range(length):
                names = {cell_symbol(u, p): cell_symbol(u, moved(p, s)) for p in offsets for u in scheme.system.state}
                names |= {name: sympy.Symbol(f"{name}@{s}") for name, _ in flux.lines}  # the same functions of cells
                faces.append([e.xreplace(names) for e in flux.flux])
            change = [sum((faces[s][i] - faces[s - 1][i] for s in range(length)), sympy.S.Zero)
                      for i in range(scheme.system.size)]
            if any(e != 0 for e in change):
                return False
        return True

    def __repr__(self) -> str:
        form = "a product of u − (1 − E⁻¹) F" if isinstance(self.fluxes[0], Conservation) else "u − Σ (1 − E⁻¹) F"
        return f"<Conservation: {self.scheme.expression} is {form} along {', '.join(self.scheme.axes)}>"


def require_no_source(scheme: Scheme) -> None:
    """Raise NotConservative where the system has a source."""
    if any(scheme.system.source):
        raise NotConservative(f"{scheme.system.expression} has a source, which changes sums over cells. Make the "
                              "system without it, and ask for the scheme of that.")


def conservation(scheme: Scheme) -> Conservation:
    """The flux form of a scheme: by division of G − 1 by 1 − E⁻¹, one axis at a time, or by its face fluxes.

    Raises NotConservative where Σ_k G_k ≠ 1, or there is a source.

    >>> from pdeconv import catalog
    >>> catalog.advection().at(a_x=1).scheme("beam-warming", courant="1/2").conservation().verify()
    True
    """
    require_no_source(scheme)
    if not scheme.is_linear:
        return Conservation(scheme, tuple(scheme.face_program(a) for a in scheme.axes))
    d = scheme.system.ndim
    one = sympy.ImmutableMatrix(sympy.eye(scheme.system.size))
    rest, fluxes = Laurent({(0,) * d: one}) - scheme.operator, []
    for axis in range(d):
        flux, projected = Laurent({}), Laurent({})
        for k, m in rest.terms.items():  # E^n − 1 = (1 − E⁻¹)(E + … + E^n), or −(1 − E⁻¹)(1 + E⁻¹ + … + E^{n+1})
            steps = range(1, k[axis] + 1) if k[axis] > 0 else range(0, k[axis], -1)
            for s in steps:
                place = tuple(s if j == axis else x for j, x in enumerate(k))
                flux = flux + Laurent({place: m if k[axis] > 0 else -m})
            projected = projected + Laurent({tuple(0 if j == axis else x for j, x in enumerate(k)): m})
        fluxes.append(flux)
        rest = projected
    if (rest.map(lambda m: m.applyfunc(sympy.cancel))).terms:
        raise NotConservative(f"{scheme.expression} does not keep constants: its coefficients add up to "
                              f"{(one - rest.terms[(0,) * d]).tolist()}. Check the weights.")
    return Conservation(scheme, tuple(fluxes))
