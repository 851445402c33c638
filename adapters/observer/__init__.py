"""A listener made of signal processing: it shows that questions about sound can be answered by ear."""

from .listener import Observer

__all__ = ["Observer"]
