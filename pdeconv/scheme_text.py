"""Schemes for reading: LaTeX of one step."""
from __future__ import annotations

from typing import TYPE_CHECKING

import sympy

from .factorisation import factored

if TYPE_CHECKING:
    from .scheme import Scheme


def latex(scheme: Scheme) -> str:
    """One step: with its coefficients for one unknown in one dimension, otherwise in flux form.

    >>> from pdeconv import catalog
    >>> latex(catalog.advection().at(a_x=1).scheme("upwind"))
    '$u^{n+1}_{j} = \\\\nu u^n_{j-1} + \\\\left(1 - \\\\nu\\\\right) u^n_{j}$'
    """
    from .scheme import NotLinear
    if scheme.system.ndim == 1:
        try:
            terms = sorted(scheme.characteristic.terms.items())
        except NotLinear:
            return _flux_form(scheme)
        parts = []
        for (k,), a in terms:
            e = factored(a.as_expr())
            factor = sympy.latex(e) if not e.is_Add else rf"\left({sympy.latex(e)}\right)"
            parts.append(f"{factor} u^n_{{j{k:+d}}}" if k else f"{factor} u^n_{{j}}")
        return f"$u^{{n+1}}_{{j}} = {' + '.join(parts)}$"
    return _flux_form(scheme)


def _flux_form(scheme: Scheme) -> str:
    faces = " + ".join(rf"F^{{{a}}}_{{j+e_{a}/2}} - F^{{{a}}}_{{j-e_{a}/2}}" for a in scheme.axes)
    ratio = sympy.latex(scheme.ratio) if scheme.ratio.is_number else r"\frac{\Delta t}{\Delta x}"
    return rf"$u_j \mapsto u_j - {ratio}\left({faces}\right)$"
