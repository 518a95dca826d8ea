"""Exact hyperbolic systems: derived, discretised, compiled."""
from . import catalog
from .admissible import Admissible, NotAdmissible
from .animation import NotAnimated
from .boundary import Boundary, NotWellPosed, boundary
from .characteristic_field import CharacteristicField
from .condition import Wall, dirichlet
from .conservation import Conservation, NotConservative
from .decompile import Equation, NotDecompiled, decompile
from .differential_operator import DifferentialOperator, NotAKernel
from .eigenstructure import Eigenstructure, NoClosedForm
from .enclosure import Enclosure, Instability
from .entropy import Entropy, NoEntropy, entropy
from .entropy_flux import EntropyFlux, entropy_flux, entropy_flux_family
from .equivariance import Undecided
from .face_program import FaceProgram
from .formula import FormulaError, NotExactFormula
from .grid import BadGrid, Grid
from .hyperbolicity import Hyperbolicity, NotHyperbolic
from .integrate import NotIntegrated
from .lattice_symmetry import NotSymmetric, lattice_symmetry
from .laurent import Laurent
from .limiter import Limiter, limiter
from .lower import Kernel, NotLowered, lower
from .modified_equation import ModifiedEquation, NotConsistent
from .modified_system import ModifiedSystem
from .numeric_speed import Speed
from .numerical_flux import NumericalFlux
from .prolongation import NotRational
from .reconstruction import Reconstruction, reconstruction
from .reflection import NotASide
from .report import Report
from .riemann import BadState, NoRiemannSolver, RiemannSolution, riemann
from .riemann_flux import NoSuchFlux, RiemannFlux
from .roe import NoRoeMatrix, RoeMatrix, roe_matrix
from .runge_kutta import RungeKutta, runge_kutta
from .scheme import NotDefined, NotLinear, Scheme, UnknownScheme, Unstable
from .scheme_symmetry import Lost, SchemeSymmetries, scheme_symmetries
from .simultaneous_approximation import SimultaneousApproximation, simultaneous_approximation
from .snapshot import NotResumable, series
from .solution import Series, Solution
from .solve import Diverged, solve
from .special_value import SpecialValue
from .stencil import NotANumber, Stencil
from .stepper import NoBackend, Stepper
from .summation_by_parts import SummationByParts, summation_by_parts
from .symmetriser import NotSymmetrisable, Symmetriser
from .symmetry import NotClosed, Symmetries, TooManyUnknowns, linear_symmetries, symmetries
from .system import NotASystem, System
from .vector_field import VectorField

__all__ = ["Admissible", "BadGrid", "BadState", "Boundary", "CharacteristicField", "Conservation",
           "DifferentialOperator", "Diverged", "Eigenstructure", "Enclosure", "Entropy", "EntropyFlux", "Equation",
           "FaceProgram", "FormulaError", "Grid", "Hyperbolicity", "Instability", "Kernel", "Laurent", "Limiter",
           "Lost", "ModifiedEquation", "ModifiedSystem", "NoBackend", "NoClosedForm", "NoEntropy", "NoRiemannSolver",
           "NoRoeMatrix", "NoSuchFlux", "NotAKernel", "NotANumber", "NotASide", "NotASystem", "NotAdmissible",
           "NotAnimated", "NotClosed", "NotConservative", "NotConsistent", "NotDecompiled", "NotDefined",
           "NotExactFormula", "NotHyperbolic", "NotIntegrated", "NotLinear", "NotLowered", "NotRational",
           "NotResumable", "NotSymmetric", "NotSymmetrisable", "NotWellPosed", "NumericalFlux", "Reconstruction",
           "Report", "RiemannFlux", "RiemannSolution", "RoeMatrix", "RungeKutta", "Scheme", "SchemeSymmetries",
           "Series", "SimultaneousApproximation", "Solution", "SpecialValue", "Speed", "Stencil", "Stepper",
           "SummationByParts", "Symmetries", "Symmetriser", "System", "TooManyUnknowns", "Undecided", "UnknownScheme",
           "Unstable", "VectorField", "Wall", "boundary", "catalog", "decompile", "dirichlet", "entropy",
           "entropy_flux", "entropy_flux_family", "lattice_symmetry", "limiter", "linear_symmetries", "lower",
           "reconstruction", "riemann", "roe_matrix", "runge_kutta", "scheme_symmetries", "series",
           "simultaneous_approximation", "solve", "summation_by_parts", "symmetries"]
