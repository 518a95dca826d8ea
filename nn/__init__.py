"""torch layers from plans."""
from .activation import DoesNotCommute, Gate, NormActivation, Pointwise
from .change import DifferentTypes, Pullback, Reorder, Restrict
from .check import BrokenEquivariance, assert_equivariant, equivariance_error
from .conv import EquivariantConv1d, EquivariantConv2d, EquivariantConv3d
from .domain import WindowsDoNotFit
from .dropout import FieldDropout
from .emit import source
from .emit_torch import NoSource
from .feature import WrongChannels, join, split, transform
from .linear import EmptyHom, EquivariantLinear
from .module import PlanModule
from .norm import EquivariantBatchNorm, TooFewValues
from .permutation import PermutationLinear, WrongShape
from .pool import AvgPool, BlurPool, InvariantPool, MaxPool, Upsample
from .preserved import NoPreservedDomain
from .sphere import NotHarmonic, SphericalHarmonics
from .sphere_activation import SphereActivation
from .symmetric_contraction import SymmetricContraction
from .tensor_product import TensorProduct, WrongWeights

__all__ = [
    "AvgPool", "BlurPool", "BrokenEquivariance", "DifferentTypes", "DoesNotCommute", "EmptyHom",
    "EquivariantBatchNorm", "EquivariantConv1d", "EquivariantConv2d", "EquivariantConv3d",
    "EquivariantLinear", "FieldDropout", "Gate", "InvariantPool", "MaxPool", "NoPreservedDomain", "NoSource",
    "NormActivation", "NotHarmonic", "PermutationLinear", "PlanModule", "Pointwise", "Pullback", "Reorder", "Restrict",
    "SphereActivation", "SphericalHarmonics", "SymmetricContraction", "TensorProduct", "TooFewValues",
    "Upsample", "WindowsDoNotFit", "WrongChannels", "WrongShape", "WrongWeights", "assert_equivariant",
    "equivariance_error", "join", "source", "split", "transform",
]
