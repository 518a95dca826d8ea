"""Exact representation theory: group → representations → Hom → basis with certificate → plan.

The public names, in the order of the pipeline.
"""
from .automorphism import NotAGraph, automorphisms
from .bilinear import Bilinear, NoPath, WrongChannelCount
from .bilinear_plan import lower_bilinear
from .branching import NotAnEmbedding, branching
from .certificate import NotCertified
from .character_table import CharacterTable
from .check import NotARepresentation
from .clebsch_gordan import ClebschGordan, NoCoupling, clebsch_gordan
from .commutation import Commutation, commute
from .convention import NoConvention, convention
from .coupling import Couplings, couplings
from .covariant import Covariants, covariants
from .crystal import point_group, wallpaper
from .derivation import derive
from .diagram import Diagram, NotADiagram
from .euclidean_space import R, sphere
from .expression import ExpressionError, read
from .family import abelian, frobenius, hyperoctahedral
from .field import FieldTooSmall, NotExact, Number, Q, cyclotomic, number_field, quadratic, real_cyclotomic
from .finite_field import AGL, GL, PGL, PSL, SL, matrix_group, unitriangular
from .formal_character import FormalCharacter, NotACharacter
from .group import DifferentGroups, Element, Group, InfiniteGroup, NotASubgroup, TooLarge
from .group_file import GroupFileError, load_group, save_group
from .harmonic import NoHarmonics, spherical_harmonics
from .hom import Hom, NotEquivariant
from .homomorphism import Homomorphism, NotAHomomorphism
from .index_symmetry import BadFormula
from .irreps import NoIrreps
from .ladder import NotSpherical
from .layer_space import (
    OutsideKernel,
    causal,
    circulant,
    full,
    low_rank,
    subspace,
    support,
    tied,
    toeplitz,
)
from .lie import LieGroup, NotReductive
from .lie_algebra import NotALieAlgebra
from .lie_element import LieElement
from .lie_named import G2, SO, SU, O, Sp, U, lie_group, torus
from .lower import lower
from .mackey import mackey
from .matrix import Matrix
from .multiplication_table import NotAGroup, from_table
from .named import Q8, A, C, D, Dic, S, group, icosahedral, octahedral, tetrahedral
from .on_space import in_space
from .parametrisation import Parametrisation, parametrisation
from .permutation_family import NotATensorType, WrongSizes, permutation_family
from .plan import Plan
from .plan_file import PlanFileError, load, save
from .presentation import presentation
from .product import central_product, semidirect, wreath
from .product_space import affine, product_space
from .progress import progress_bar
from .project import DifferentSpaces, DoNotCommute, NotOrthogonal, Projection, reynolds
from .quotient import NotNormal, natural_projection, quotient_group
from .reduced import ReducedTensors, reduced_tensor_product
from .reduction import Reduction
from .rep import Rep
from .root_datum import NotDominant, RootDatum
from .rotation_irrep import NoSuchIrrep
from .signed_root import RootTensor, SignedRoot
from .space import POINT, NotPreserved, grid, gset, lattice
from .stabiliser import setwise_stabiliser, stabiliser
from .sympy_group import from_sympy, to_sympy
from .tap_window import NoWindow, conv_layer
from .wigner_d import NotACosine, euler_angles, wigner_D, wigner_d, wigner_d_numpy, wigner_D_real
from .wigner_symbol import NotASpin, wigner_3j, wigner_3j_table, wigner_6j, wigner_9j

__version__ = "0.1.0"

__all__ = [  # noqa: RUF022 (the order of the pipeline)
    "Q", "quadratic", "cyclotomic", "real_cyclotomic", "number_field", "Number", "Matrix",
    "C", "D", "S", "A", "Dic", "Q8", "tetrahedral", "octahedral", "icosahedral",
    "abelian", "hyperoctahedral", "frobenius", "GL", "SL", "PGL", "PSL", "AGL", "unitriangular", "matrix_group",
    "point_group", "wallpaper", "group", "presentation", "from_table", "from_sympy",
    "semidirect", "wreath", "central_product", "quotient_group", "natural_projection", "in_space",
    "stabiliser", "setwise_stabiliser", "automorphisms", "to_sympy", "load_group", "save_group",
    "SO", "O", "SU", "U", "Sp", "G2", "torus", "lie_group", "spherical_harmonics", "LieGroup", "LieElement",
    "RootDatum", "FormalCharacter", "branching",
    "Group", "Element", "Homomorphism", "CharacterTable", "Rep",
    "reduced_tensor_product", "ReducedTensors", "Reduction", "covariants", "Covariants",
    "POINT", "grid", "lattice", "gset", "R", "sphere", "Hom", "derive", "progress_bar", "read",
    "reynolds", "support", "full", "tied", "circulant", "toeplitz", "causal", "low_rank", "subspace",
    "conv_layer", "product_space", "affine", "parametrisation", "Parametrisation", "Projection",
    "commute", "Commutation", "OutsideKernel", "NoWindow", "DifferentSpaces", "DoNotCommute", "NotOrthogonal",
    "clebsch_gordan", "ClebschGordan", "couplings", "Couplings",
    "wigner_3j", "wigner_3j_table", "wigner_6j", "wigner_9j", "wigner_d", "wigner_d_numpy", "wigner_D", "wigner_D_real",
    "euler_angles", "convention",
    "SignedRoot", "RootTensor",
    "mackey", "lower", "Bilinear", "lower_bilinear", "Plan", "save", "load",
    "permutation_family", "Diagram",
    "NotExact", "FieldTooSmall", "TooLarge", "InfiniteGroup", "NotAGroup", "NotAGraph", "NotALieAlgebra",
    "NoPath", "WrongChannelCount", "NotDominant", "NotACharacter", "NotAnEmbedding",
    "NotReductive", "NotSpherical", "BadFormula", "NotASubgroup", "NotNormal",
    "DifferentGroups", "NotARepresentation", "NotAHomomorphism", "NoIrreps", "NoSuchIrrep", "NoHarmonics",
    "NotPreserved", "NotEquivariant", "NotCertified", "NotADiagram", "NotATensorType", "WrongSizes",
    "PlanFileError", "GroupFileError", "ExpressionError",
    "NoCoupling", "NotASpin", "NotACosine", "NoConvention",
]
