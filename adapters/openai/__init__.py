"""OpenAI's Chat Completions: at OpenAI, or at any compatible server."""

from .adapter import OpenAI

__all__ = ["OpenAI"]
