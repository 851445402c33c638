"""Anybody's questions: a table in any of the usual formats, and the sounds that it names."""

from .task import Questions

__all__ = ["Questions"]
