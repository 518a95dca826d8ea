"""Exact representation theory: group → representations → Hom → basis with certificate → plan.

The public names, in the order of the pipeline.
"""
from .field import FieldTooSmall, NotExact, Number, Q, cyclotomic, number_field, quadratic, real_cyclotomic
from .matrix import Matrix
from .group import DifferentGroups, Element, Group, InfiniteGroup, NotASubgroup, TooLarge
from .homomorphism import Homomorphism
from .named import A, C, D, Dic, Q8, S, group, icosahedral, octahedral, tetrahedral
from .presentation import presentation
from .product import semidirect, wreath
from .check import NotARepresentation
from .rep import Rep
from .irreps import NoIrreps
from .space import POINT, NotPreserved, grid, gset, lattice
from .hom import Hom, NotEquivariant
from .certificate import NotCertified
from .mackey import mackey
from .plan import Plan
from .lower import lower
from .plan_file import PlanFileError, load, save

__version__ = "0.1.0"

__all__ = [
    "Q", "quadratic", "cyclotomic", "real_cyclotomic", "number_field", "Number", "Matrix",
    "C", "D", "S", "A", "Dic", "Q8", "tetrahedral", "octahedral", "icosahedral", "group", "presentation",
    "semidirect", "wreath", "Group", "Element", "Homomorphism", "Rep",
    "POINT", "grid", "lattice", "gset", "Hom", "mackey", "lower", "Plan", "save", "load",
    "NotExact", "FieldTooSmall", "TooLarge", "InfiniteGroup", "NotASubgroup", "DifferentGroups",
    "NotARepresentation", "NoIrreps", "NotPreserved", "NotEquivariant", "NotCertified", "PlanFileError",
]
