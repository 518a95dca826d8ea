"""Exact hyperbolic systems: derived, discretised, compiled."""
from . import catalog
from .differential_operator import DifferentialOperator, NotAKernel
from .eigenstructure import Eigenstructure, NoClosedForm
from .formula import FormulaError, NotExactFormula
from .hyperbolicity import Hyperbolicity, NotHyperbolic
from .laurent import Laurent
from .modified_equation import ModifiedEquation, NotConsistent
from .numerical_flux import NumericalFlux
from .reconstruction import Reconstruction, reconstruction
from .runge_kutta import RungeKutta, runge_kutta
from .scheme import NotDefined, NotLinear, Scheme, UnknownScheme, Unstable
from .stability import Enclosure
from .stencil import NotANumber, Stencil
from .system import NotASystem, System

__all__ = ["DifferentialOperator", "Eigenstructure", "Enclosure", "FormulaError", "Hyperbolicity", "Laurent",
           "ModifiedEquation", "NoClosedForm", "NotAKernel", "NotANumber", "NotASystem", "NotConsistent",
           "NotDefined", "NotExactFormula", "NotHyperbolic", "NotLinear", "NumericalFlux", "Reconstruction",
           "RungeKutta", "Scheme", "Stencil", "System", "UnknownScheme", "Unstable", "catalog", "reconstruction",
           "runge_kutta"]
