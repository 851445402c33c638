"""Foundational acoustic perception: tones and places, identified and discriminated."""

from .task import Perception

__all__ = ["Perception"]
