"""Exact hyperbolic systems: derived, discretised, compiled."""
from . import catalog
from .conservation import Conservation, NotConservative
from .differential_operator import DifferentialOperator, NotAKernel
from .eigenstructure import Eigenstructure, NoClosedForm
from .equivariance import Undecided
from .face_program import FaceProgram
from .formula import FormulaError, NotExactFormula
from .hyperbolicity import Hyperbolicity, NotHyperbolic
from .laurent import Laurent
from .limiter import Limiter, limiter
from .modified_equation import ModifiedEquation, NotConsistent
from .numerical_flux import NumericalFlux
from .prolongation import NotRational
from .reconstruction import Reconstruction, reconstruction
from .runge_kutta import RungeKutta, runge_kutta
from .scheme import NotDefined, NotLinear, Scheme, UnknownScheme, Unstable
from .stability import Enclosure
from .stencil import NotANumber, Stencil
from .summation_by_parts import SummationByParts, summation_by_parts
from .symmetry import NotClosed, Symmetries, TooManyUnknowns, linear_symmetries, symmetries
from .system import NotASystem, System
from .vector_field import VectorField

__all__ = ["Conservation", "DifferentialOperator", "Eigenstructure", "Enclosure", "FaceProgram", "FormulaError",
           "Hyperbolicity", "Laurent", "Limiter", "ModifiedEquation", "NoClosedForm", "NotAKernel", "NotANumber",
           "NotASystem", "NotClosed", "NotConservative", "NotConsistent", "NotDefined", "NotExactFormula",
           "NotHyperbolic", "NotLinear", "NotRational", "NumericalFlux", "Reconstruction", "RungeKutta", "Scheme",
           "Stencil", "SummationByParts", "Symmetries", "System", "TooManyUnknowns", "Undecided", "UnknownScheme",
           "Unstable", "VectorField", "catalog", "limiter", "linear_symmetries", "reconstruction", "runge_kutta",
           "summation_by_parts", "symmetries"]
