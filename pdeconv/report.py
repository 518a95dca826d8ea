"""Reports: everything known of a system, as text and as LaTeX."""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import sympy

from .eigenstructure import NoClosedForm
from .entropy import NoEntropy
from .hyperbolicity import NotHyperbolic
from .integrate import NotIntegrated
from .symmetriser import NotSymmetrisable

if TYPE_CHECKING:
    from .system import System

REFUSED = (NoClosedForm, NoEntropy, NotHyperbolic, NotIntegrated, NotSymmetrisable)


@dataclass(frozen=True, eq=False)
class Report:
    """Titles with what is known under each: values, or the sentence that says which step failed."""

    system: System
    entries: tuple[tuple[str, Any], ...]

    def __str__(self) -> str:
        width = max(len(title) for title, _ in self.entries)
        lines = [self.system.expression]
        for title, value in self.entries:
            lines.append(f"  {title:<{width}}  {_text(value)}")
        return "\n".join(lines)

    def __repr__(self) -> str:
        return str(self)

    def _repr_latex_(self) -> str:
        rows = [rf"\text{{{title}}} && {_latex(value)}" for title, value in self.entries]
        return r"$$\begin{aligned}" + system_latex(self.system) + r" && \\ " + r" \\ ".join(rows) + r"\end{aligned}$$"


def report(system: System) -> Report:
    """Everything that is known of a system: kind, speeds, fields, ∇λ·r, Riemann invariants, entropy, symmetriser.

    What has no closed form stands there as the sentence that says so.

    >>> from pdeconv import catalog
    >>> report(catalog.burgers())
    catalog.burgers(ndim=1)
      hyperbolicity  <strictly hyperbolic>
      speed u        genuinely nonlinear; ∇λ·r = 1
      entropy        u**2/2
      entropy flux   x: u**3/3
      symmetriser    Matrix([[1]])
    """
    entries: list[tuple[str, Any]] = [("hyperbolicity", system.hyperbolicity)]
    fields = _tried(system.characteristic_fields)
    if isinstance(fields, str):
        entries.append(("fields", fields))
        if system.ndim == 1 and not any(m.free_symbols for m in system.matrices):
            found = _tried(system.speeds)
            entries += [("speeds", found)] if isinstance(found, str) else [("speed", repr(s)) for s in found]
    else:
        for c, value in fields[0].abbreviations:
            entries.append((str(c), value))
        for field in fields:
            slope = ", ".join(map(str, field.nonlinearity))
            times = f" ({field.multiplicity}-fold)" if field.multiplicity > 1 else ""
            entries.append((f"speed {field.speed}{times}",
                            field.kind + ("" if field.kind == "linearly degenerate" else f"; ∇λ·r = {slope}")))
            if system.size > 1:
                found = _tried(partial(getattr, field, "riemann_invariants"))
                entries.append(("Riemann invariants", found))
    found = _tried(lambda: system.entropy)
    if isinstance(found, str):
        entries.append(("entropy", found))
    else:
        where = " where " + ", ".join(f"{c} > 0" for c in found.conditions) if found.conditions else ""
        entries.append(("entropy", found.density if not where else f"{found.density}{where}"))
        for axis in system.axes:
            value = _tried(partial(found.flux, axis))
            entries.append(("entropy flux", f"{axis}: {value}"))
    s = _tried(lambda: system.symmetriser)
    entries.append(("symmetriser", s if isinstance(s, str) else s.matrix))
    return Report(system, tuple(entries))


def _tried(act: Callable[[], Any]) -> Any:
    """The value, or the sentence of a refusal."""
    try:
        return act()
    except REFUSED as error:
        return str(error)


def _text(value: Any) -> str:
    if isinstance(value, sympy.MatrixBase):
        return f"Matrix({value.tolist()})"
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _latex(value: Any) -> str:
    if isinstance(value, tuple):
        return r",\; ".join(map(sympy.latex, value))
    if isinstance(value, sympy.Basic | sympy.MatrixBase):
        return sympy.latex(value)
    return rf"\text{{{value}}}".replace("_", r"\_").replace("^", r"\^{}")


def system_latex(system: System) -> str:
    """The equations in LaTeX, u_t + Σ ∂_j f_j(u) = s(u).

    >>> from pdeconv import catalog
    >>> print(system_latex(catalog.burgers()))
    \\partial_t u + \\partial_x \\left(\\frac{u^{2}}{2}\\right) = 0
    """
    n = system.size
    if system.fluxes is not None:
        rows = [r" + ".join([rf"\partial_t {sympy.latex(u)}", *(
            rf"\partial_{a} \left({sympy.latex(f[i])}\right)" for a, f in zip(system.axes, system.fluxes)
            if f[i] != 0)])
            + f" = {sympy.latex(system.source[i])}" for i, u in enumerate(system.state)]
        return rows[0] if n == 1 else r"\begin{aligned}" + r" \\ ".join(rows) + r"\end{aligned}"
    u = sympy.latex(sympy.Matrix(system.state))
    parts = [rf"\partial_t {u}", *(f"{sympy.latex(m)} \\partial_{a} {u}" for a, m in zip(system.axes, system.matrices))]
    return " + ".join(parts) + f" = {sympy.latex(sympy.Matrix(system.source))}"
