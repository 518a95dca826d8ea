"""torch layers from plans."""
from .activation import DoesNotCommute, Gate, NormActivation, Pointwise
from .audit import Audit, BadInput, ChangesParameters, NoLinearLayer, audit
from .ball import HardBall, MetricBall, SoftBall
from .change import DifferentTypes, Pullback, Reorder, Restrict
from .check import BrokenEquivariance, assert_equivariant, equivariance_error
from .compatible import make_compatible, project_
from .conv import EquivariantConv1d, EquivariantConv2d, EquivariantConv3d
from .domain import WindowsDoNotFit
from .dropout import FieldDropout
from .emit import source
from .emit_torch import NoSource
from .feature import WrongChannels, join, split, transform
from .field_type import NoAction
from .fuse import NotFusable, fuse_batch_norm
from .hyperbolic import HyperbolicBlock, HyperbolicResNet
from .intertwiners import Intertwiners, NoVerdict, intertwiners
from .linear import EmptyHom, EquivariantLinear
from .module import PlanModule
from .norm import EquivariantBatchNorm, TooFewValues
from .permutation import PermutationLinear, WrongShape
from .point import BadGraph, PointConv
from .pool import AvgPool, BlurPool, InvariantPool, MaxPool, Upsample
from .preserved import NoPreservedDomain
from .radial import BesselBasis
from .relax import Relaxed
from .scheme_layer import SchemeConv, TooFast
from .scheme_step import SchemeStep
from .sphere import NotHarmonic, SphericalHarmonics
from .sphere_activation import SphereActivation
from .steerable import SteerableConv2d, SteerableConv3d
from .stream import NoStream, NotAdmitted, Stream
from .symmetric_contraction import SymmetricContraction
from .symmetric_hyperbolic import SymmetricHyperbolicBlock
from .symmetrise import Symmetrised, symmetrize
from .symmetry_rules import NoRule
from .tensor_product import TensorProduct, WrongWeights
from .weight_action import act_on_weights, conserved_charge, directional_derivative, weight_tangent
from .weight_span import NotDecided
from .weight_symmetry import WeightSymmetry, weight_symmetry

__all__ = [
    "Audit", "AvgPool", "BadGraph", "BadInput", "BesselBasis", "BlurPool", "BrokenEquivariance", "ChangesParameters",
    "DifferentTypes", "DoesNotCommute", "EmptyHom", "EquivariantBatchNorm", "EquivariantConv1d", "EquivariantConv2d",
    "EquivariantConv3d", "EquivariantLinear", "FieldDropout", "Gate", "HardBall", "HyperbolicBlock", "HyperbolicResNet",
    "Intertwiners", "InvariantPool", "MaxPool", "MetricBall", "NoAction", "NoLinearLayer", "NoPreservedDomain",
    "NoRule", "NoSource", "NoStream", "NoVerdict", "NormActivation", "NotAdmitted", "NotDecided", "NotFusable",
    "NotHarmonic", "PermutationLinear", "PlanModule", "PointConv", "Pointwise", "Pullback", "Relaxed", "Reorder",
    "Restrict", "SchemeConv", "SchemeStep", "SoftBall", "SphereActivation", "SphericalHarmonics", "SteerableConv2d",
    "SteerableConv3d", "Stream", "SymmetricContraction", "SymmetricHyperbolicBlock", "Symmetrised", "TensorProduct",
    "TooFast", "TooFewValues", "Upsample", "WeightSymmetry", "WindowsDoNotFit", "WrongChannels", "WrongShape",
    "WrongWeights", "act_on_weights", "assert_equivariant", "audit", "conserved_charge", "directional_derivative",
    "equivariance_error", "fuse_batch_norm", "intertwiners", "join", "make_compatible", "project_", "source", "split",
    "symmetrize", "transform", "weight_symmetry", "weight_tangent",
]
