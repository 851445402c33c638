"""The same sound in other bytes: a WAV with a chunk that every reader must skip.

A cache, a seed or a name made from the bytes of a request changes with the bytes; what a model hears does
not. So each repeat of a probe is sent in bytes of its own: replies that depend on the bytes then vary as
much between repeats of one sound as between sounds.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from functools import cached_property

from starbench.audio import Audio

#: "RIFF" and the size; then "WAVE" and the format chunk as ``wave`` writes it: behind it a chunk may follow.
_RIFF, _HEAD = 8, 36
#: Bytes to skip in the first variant, and more in each next one: more than a reader that takes the file's
#: beginning for text sees; zeros, so that a reader that takes them for samples hears silence.
_SKIPPED, _MORE = 2001, 57


@dataclass(frozen=True, eq=False)
class ByteVariant(Audio):
    """A clip whose WAV holds a chunk to be skipped before its samples."""

    variant: int = 1

    @cached_property
    def wav(self) -> bytes:
        """The clip as PCM_16 WAV, with a ``JUNK`` chunk (RIFF 1.0: to be ignored by readers)."""
        plain = super().wav
        size = _SKIPPED + _MORE * self.variant
        junk = b"JUNK" + struct.pack("<I", size) + bytes(size + size % 2)  # chunks begin at even places
        body = plain[_RIFF:_HEAD] + junk + plain[_HEAD:]
        return b"RIFF" + struct.pack("<I", len(body)) + body


def byte_variant(clip: Audio, variant: int) -> Audio:
    """The clip in bytes of its own for each ``variant``; variant 0 is as a run sends it."""
    return ByteVariant(clip.pcm, clip.rate, variant) if variant else clip
