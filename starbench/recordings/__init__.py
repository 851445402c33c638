"""A user's folder of recordings: what its sounds are called, which of them can be used, and why others cannot."""

from .library import LeftOut, Library, Recording, load_library

__all__ = ["LeftOut", "Library", "Recording", "load_library"]
