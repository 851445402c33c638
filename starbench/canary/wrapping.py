"""The same sound in other bytes: a WAV with a chunk that every reader must skip.

A cache, a seed or a name made from the bytes of a request changes with the bytes; what a model hears does
not. So each repeat of a probe is sent in bytes of its own, and replies that hang on the bytes vary as much
between repeats of one sound as between sounds.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from functools import cached_property

from starbench.audio import Audio

#: RIFF's name, its size and WAVE; then the format chunk as ``wave`` writes it: here others may stand.
_RIFF, _HEAD = 8, 36
#: Bytes to skip in the first wrapping, and more in each next: more than whoever reads the file's beginning as
#: text gets to see of the sound; zeros, so that whoever reads them as samples hears silence.
_SKIPPED, _MORE = 2001, 57


@dataclass(frozen=True, eq=False)
class Wrapped(Audio):
    """A clip whose WAV holds a chunk to be skipped before its samples.

    Attributes
    ----------
    copy : int
        Which wrapping, from 1: each has bytes of its own.
    """

    copy: int = 1

    @cached_property
    def wav(self) -> bytes:
        """The clip as PCM_16 WAV, with a ``JUNK`` chunk (RIFF 1.0: to be ignored by readers)."""
        plain = super().wav
        size = _SKIPPED + _MORE * self.copy
        junk = b"JUNK" + struct.pack("<I", size) + bytes(size + size % 2)  # chunks begin at even places
        body = plain[_RIFF:_HEAD] + junk + plain[_HEAD:]
        return b"RIFF" + struct.pack("<I", len(body)) + body


def wrapped(clip: Audio, copy: int) -> Audio:
    """The clip in bytes of its own for each ``copy``; copy 0 is as a run sends it."""
    return Wrapped(clip.pcm, clip.rate, copy) if copy else clip
