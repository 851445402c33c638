"""Recordings annotated frame by frame for the localisation of sound events (SELD): STARSS23 and Stereo SELD."""

from .data_set import Starss23, StereoSeld

__all__ = ["Starss23", "StereoSeld"]
