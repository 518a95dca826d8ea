"""Exact hyperbolic systems: derived, discretised, compiled."""
from . import catalog
from .eigenstructure import Eigenstructure, NoClosedForm
from .formula import FormulaError, NotExactFormula
from .hyperbolicity import Hyperbolicity, NotHyperbolic
from .system import NotASystem, System

__all__ = ["Eigenstructure", "FormulaError", "Hyperbolicity", "NoClosedForm", "NotASystem", "NotExactFormula",
           "NotHyperbolic", "System", "catalog"]
