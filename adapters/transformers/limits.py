"""What each architecture takes in one prompt, as data.

Two limits cannot be asked of a checkpoint in a uniform way: how many clips its processor takes, and how
long one may be before its end is cut off silently. The rows are read from the processors and feature
extractors of transformers 5.23.0. Whatever is not listed is taken to cut at its front end's window, if it
has one: a clip that is refused can be seen, one that was cut cannot.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any


class Longest(Enum):
    """How long a clip may be before its end is cut off."""

    WINDOW = "the front end's window (chunk_length), after which Whisper's extractor cuts"
    STATED = "what the processor states as max_audio_len, after which it cuts"
    OPEN = "nothing is cut: the model's context is the limit"


@dataclass(frozen=True)
class Limits:
    """What one prompt may hold: clips, and seconds of each."""

    max_clips: int | None
    longest: Longest | float


#: By the library's name of the architecture (``config.model_type``).
LIMITS = {
    # One text, one clip: "Got 1 text but 2 audios; they must match 1:1".
    "audioflamingo3": Limits(1, Longest.STATED),
    "musicflamingo": Limits(1, Longest.STATED),
    "glmasr": Limits(1, Longest.STATED),
    "qwen2_audio": Limits(None, Longest.WINDOW),
    "qwen2_5_omni": Limits(None, Longest.WINDOW),
    # These pass truncation=False to the same extractor.
    "qwen3_omni_moe": Limits(None, Longest.OPEN),
    "voxtral": Limits(None, Longest.OPEN),
    # Their extractors cut at 480,000 samples by default.
    "gemma3n": Limits(None, 30.0),
    "gemma4": Limits(None, 30.0),
    "gemma4_unified": Limits(None, Longest.OPEN),
    "phi4_multimodal": Limits(None, Longest.OPEN),
    "granite_speech": Limits(None, Longest.OPEN),
    "nemotron_h_omni": Limits(None, Longest.OPEN),
    "muse_spark": Limits(None, Longest.OPEN),
}
_UNLISTED = Limits(None, Longest.WINDOW)


def limits_of(kind: str, processor: Any) -> tuple[int | None, float | None]:
    """Return the clips a prompt may hold, and the seconds a clip may last; None: no known limit.

    ``kind`` is the architecture; the checkpoint's ``processor`` states the lengths.
    """
    limits = LIMITS.get(kind, _UNLISTED)
    extractor = getattr(processor, "feature_extractor", None)
    stated = {
        Longest.WINDOW: getattr(extractor, "chunk_length", None),
        Longest.STATED: getattr(processor, "max_audio_len", None),
        Longest.OPEN: None,
    }
    seconds = limits.longest if isinstance(limits.longest, float) else stated[limits.longest]
    return limits.max_clips, None if seconds is None else float(seconds)
