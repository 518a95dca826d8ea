"""torch layers from plans."""
from .emit import source
from .module import PlanModule

__all__ = ["PlanModule", "source"]
