"""torch layers from plans."""
from .module import PlanModule

__all__ = ["PlanModule"]
