"""Spatial reasoning: questions about scenes of one to five sources."""

from .task import Spatial

__all__ = ["Spatial"]
