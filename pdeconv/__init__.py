"""Exact hyperbolic systems: derived, discretised, compiled."""
from . import catalog
from .characteristic_field import CharacteristicField
from .conservation import Conservation, NotConservative
from .decompile import Equation, NotDecompiled, decompile
from .differential_operator import DifferentialOperator, NotAKernel
from .eigenstructure import Eigenstructure, NoClosedForm
from .entropy import Entropy, NoEntropy, entropy
from .entropy_flux import EntropyFlux, entropy_flux, entropy_flux_family
from .equivariance import Undecided
from .face_program import FaceProgram
from .formula import FormulaError, NotExactFormula
from .hyperbolicity import Hyperbolicity, NotHyperbolic
from .integrate import NotIntegrated
from .laurent import Laurent
from .limiter import Limiter, limiter
from .modified_equation import ModifiedEquation, NotConsistent
from .numerical_flux import NumericalFlux
from .prolongation import NotRational
from .reconstruction import Reconstruction, reconstruction
from .report import Report
from .riemann import BadState, NoRiemannSolver, RiemannSolution, riemann
from .riemann_flux import NoSuchFlux, RiemannFlux
from .roe import NoRoeMatrix, RoeMatrix, roe_matrix
from .runge_kutta import RungeKutta, runge_kutta
from .scheme import NotDefined, NotLinear, Scheme, UnknownScheme, Unstable
from .stability import Enclosure
from .stencil import NotANumber, Stencil
from .summation_by_parts import SummationByParts, summation_by_parts
from .symmetriser import NotSymmetrisable, Symmetriser
from .symmetry import NotClosed, Symmetries, TooManyUnknowns, linear_symmetries, symmetries
from .system import NotASystem, System
from .vector_field import VectorField

__all__ = ["BadState", "CharacteristicField", "Conservation", "DifferentialOperator", "Eigenstructure", "Enclosure",
           "Entropy", "EntropyFlux", "Equation", "FaceProgram", "FormulaError", "Hyperbolicity", "Laurent",
           "Limiter", "ModifiedEquation", "NoClosedForm", "NoEntropy", "NoRiemannSolver", "NoRoeMatrix",
           "NoSuchFlux", "NotAKernel", "NotANumber", "NotASystem", "NotClosed", "NotConservative", "NotConsistent",
           "NotDecompiled", "NotDefined", "NotExactFormula", "NotHyperbolic", "NotIntegrated", "NotLinear",
           "NotRational", "NotSymmetrisable", "NumericalFlux", "Reconstruction", "Report", "RiemannFlux",
           "RiemannSolution", "RoeMatrix", "RungeKutta", "Scheme", "Stencil", "SummationByParts", "Symmetries",
           "Symmetriser", "System", "TooManyUnknowns", "Undecided", "UnknownScheme", "Unstable", "VectorField",
           "catalog", "decompile", "entropy", "entropy_flux", "entropy_flux_family", "limiter", "linear_symmetries",
           "reconstruction", "riemann", "roe_matrix", "runge_kutta", "summation_by_parts", "symmetries"]
