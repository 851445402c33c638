"""Mixtures: several recorded sounds at one time, each from a place of its own, with every stem kept."""

from .task import Mixtures

__all__ = ["Mixtures"]
