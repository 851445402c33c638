"""The Gemini API: at Google, or at any compatible server."""

from .adapter import Gemini

__all__ = ["Gemini"]
