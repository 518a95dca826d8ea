"""Ratio: the symbol Δt/Δx, which is printed as the quotient that it is."""
from __future__ import annotations

from typing import Any

import sympy
from sympy.printing.precedence import PRECEDENCE


class Ratio(sympy.Symbol):
    """A symbol that is named as a quotient, and printed in brackets in products and powers.

    >>> RATIO, RATIO ** 2 / 6, -1 / RATIO
    (dt/dx, (dt/dx)**2/6, -1/(dt/dx))
    """

    precedence = PRECEDENCE["Add"]  # that of a product would do, but those with a minus have that of a sum

    @classmethod
    def class_key(cls) -> tuple:
        """That of symbols, so that terms are printed in the order of names."""
        return sympy.Symbol.class_key()

    def _latex(self, printer: Any) -> str:
        above, below = (rf"\Delta {name[1:]}" for name in self.name.split("/"))
        return rf"\frac{{{above}}}{{{below}}}"


RATIO = Ratio("dt/dx", positive=True)
