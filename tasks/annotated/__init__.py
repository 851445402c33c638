"""Recordings annotated frame by frame in the form of DCASE's metadata: a user's own, and public sets."""

from .data_set import Annotated, Starss23, Starss23Binaural, StereoSeld

__all__ = ["Annotated", "Starss23", "Starss23Binaural", "StereoSeld"]
