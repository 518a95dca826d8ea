"""torch layers from plans."""
from .activation import DoesNotCommute, Gate, NormActivation, Pointwise
from .check import BrokenEquivariance, assert_equivariant, equivariance_error
from .emit import source
from .feature import WrongChannels, join, split, transform
from .module import PlanModule
from .norm import EquivariantBatchNorm, TooFewValues
from .preserved import NoPreservedDomain

__all__ = [
    "BrokenEquivariance", "DoesNotCommute", "EquivariantBatchNorm", "Gate", "NoPreservedDomain",
    "NormActivation", "PlanModule", "Pointwise", "TooFewValues", "WrongChannels", "assert_equivariant",
    "equivariance_error", "join", "source", "split", "transform",
]
