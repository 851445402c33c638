"""The version of starbench."""

__version__ = "0.1.0"
