"""Exact representation theory: group → representations → Hom → basis with certificate → plan.

The public names, in the order of the pipeline.
"""
from .certificate import NotCertified
from .check import NotARepresentation
from .expression import ExpressionError, read
from .field import FieldTooSmall, NotExact, Number, Q, cyclotomic, number_field, quadratic, real_cyclotomic
from .group import DifferentGroups, Element, Group, InfiniteGroup, NotASubgroup, TooLarge
from .group_file import GroupFileError, load_group, save_group
from .hom import Hom, NotEquivariant
from .homomorphism import Homomorphism, NotAHomomorphism
from .irreps import NoIrreps
from .lower import lower
from .mackey import mackey
from .matrix import Matrix
from .named import Q8, A, C, D, Dic, S, group, icosahedral, octahedral, tetrahedral
from .on_space import in_space
from .plan import Plan
from .plan_file import PlanFileError, load, save
from .presentation import presentation
from .product import semidirect, wreath
from .rep import Rep
from .space import POINT, NotPreserved, grid, gset, lattice
from .stabiliser import setwise_stabiliser, stabiliser

__version__ = "0.1.0"

__all__ = [  # noqa: RUF022 (the order of the pipeline)
    "Q", "quadratic", "cyclotomic", "real_cyclotomic", "number_field", "Number", "Matrix",
    "C", "D", "S", "A", "Dic", "Q8", "tetrahedral", "octahedral", "icosahedral", "group", "presentation",
    "semidirect", "wreath", "in_space", "load_group", "save_group", "stabiliser", "setwise_stabiliser",
    "Group", "Element", "Homomorphism", "Rep",
    "POINT", "grid", "lattice", "gset", "Hom", "read", "mackey", "lower", "Plan", "save", "load",
    "NotExact", "FieldTooSmall", "TooLarge", "InfiniteGroup", "NotASubgroup", "DifferentGroups",
    "NotARepresentation", "NotAHomomorphism", "NoIrreps", "NotPreserved", "NotEquivariant", "NotCertified",
    "PlanFileError", "GroupFileError", "ExpressionError",
]
