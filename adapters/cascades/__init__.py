"""Cascades: a separator or a recogniser in front of any other model, as an adapter."""

from .recognise import Recognise
from .separate import Separate

__all__ = ["Recognise", "Separate"]
